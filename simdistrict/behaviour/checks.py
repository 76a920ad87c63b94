"""Checks of a model without a run: units and structure, each with a name.

A finding is data; the caller decides what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from simdistrict.base.errors import ModelError, Problem, did_you_mean
from simdistrict.engine.lowering.build import build
from simdistrict.model.balance import imbalances
from simdistrict.model.expr import fold
from simdistrict.model.literals import magic_numbers
from simdistrict.model.model import CONTROL, Constant, Lookup, Model, constant_values, lookup_points


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a check.

    severity: `error` or `warning`; line: in the model file, 0 where there is no single line; kind:
    that of a warning before a run, see docs/warnings.md.
    """

    check: str
    severity: str
    element: str
    line: int
    what: str
    kind: str = ""


def check_model(
    model: Model, only: Sequence[str] = (), strict: Iterable[str] = ()
) -> list[Finding]:
    """All findings, or those of the named checks, in the order of the checks and of the file.

    strict: names of checks whose warnings count as errors. Raises ModelError for an unknown check.
    """
    refuse_unknown((*only, *strict), CHECKS)
    found: list[Finding] = []
    for name, check in CHECKS.items():
        if not only or name in only:
            found += check(model)
    return hardened(found, strict)


def refuse_unknown(names: Iterable[str], known: Iterable[str]) -> None:
    """Raise ModelError with the nearest names for an unknown check."""
    known = tuple(known)
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"checks: {', '.join(known)}"
            raise ModelError(Problem("check", f'there is no check called "{name}"', hint))


def hardened(found: Iterable[Finding], strict: Iterable[str]) -> list[Finding]:
    """The findings, with warnings of strict checks as errors."""
    hard = set(strict)
    return [replace(f, severity="error") if f.check in hard else f for f in found]


def _structure(model: Model) -> Iterator[Finding]:
    """The engine can order and run the equations."""
    try:
        build(model)
    except ModelError as error:
        for problem in error.problems:
            line = problem.where.rpartition("line ")[2].split(",")[0]
            number = int(line) if line.isdigit() else 0
            yield Finding("structure", "error", "", number, problem.what)


def _units(model: Model) -> Iterator[Finding]:
    """Both sides of every equation have the same unit."""
    for found in imbalances(model):
        yield Finding("units", "error", found.element, found.line, str(found))


def _missing_units(model: Model) -> Iterator[Finding]:
    """Every element states a unit."""
    for element in model:
        if not element.units.strip():
            yield Finding("missing-units", "warning", element.name, element.line, "has no unit")


def _documentation(model: Model) -> Iterator[Finding]:
    """Every element is documented."""
    for element in model:
        if not element.documentation.strip():
            what = "has no documentation"
            yield Finding("documentation", "warning", element.name, element.line, what)


def _unused(model: Model) -> Iterator[Finding]:
    """Every constant and lookup is used."""
    for element in model:
        name = fold(element.name)
        inputs = isinstance(element, Constant | Lookup) and name not in CONTROL
        if inputs and name not in model.users:
            what = f"is a {element.kind} that no equation uses"
            yield Finding("unused", "warning", element.name, element.line, what)


def _range(model: Model) -> Iterator[Finding]:
    """Every constant is within its stated range."""
    for element in model:
        if isinstance(element, Constant):
            values = constant_values(model, element).values()
            outside = [v for v in values if v not in element.range]
            if outside:
                what = f"is {outside[0]:g}, outside its own range {element.range}"
                yield Finding("range", "warning", element.name, element.line, what)


def _lookups(model: Model) -> Iterator[Finding]:
    """The points of every lookup ascend."""
    for element in model:
        if isinstance(element, Lookup):
            for points in lookup_points(model, element).values():
                if any(a >= b for a, b in zip(points.x, points.x[1:], strict=False)):
                    what = "has two points at one x"
                    yield Finding("lookups", "warning", element.name, element.line, what)


def _magic_numbers(model: Model) -> Iterator[Finding]:
    """No equation holds a number that should be a constant."""
    for element, line, number in magic_numbers(model):
        what = f"holds the number {number:g}; make it a constant with a unit and a source"
        yield Finding("magic-numbers", "warning", element.name, line, what)


CHECKS: dict[str, Callable[[Model], Iterator[Finding]]] = {
    "structure": _structure,
    "units": _units,
    "missing-units": _missing_units,
    "documentation": _documentation,
    "unused": _unused,
    "range": _range,
    "lookups": _lookups,
    "magic-numbers": _magic_numbers,
}
