"""A resolved scenario as text: the YAML in result files, and rows for `show`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from simdistrict.model.expr import Array, fold
from simdistrict.model.model import CONTROL, Constant, Element, Equation, Model, constant_values
from simdistrict.scenario.places import flat_place, subscript_spelling
from simdistrict.scenario.values import CONTROL_FIELDS, Policy, Resolved, RunSettings

# a policy's times changed by --set or a variant
_MOVED = re.compile(r", (start|end|ramp) from ")

OriginRow = tuple[str, str, str, str]


def to_yaml(resolved: Resolved, model: Model, file: str = "") -> str:
    """The scenario as self-contained text: no base, no path, every number exact.

    `scenario_from_text` and `resolve` return an equal Resolved. Equal scenarios have equal texts.
    file: the path of the model in a text that is to be run, default its name.
    """
    lines = [f"name: {_quoted(resolved.name)}", f"title: {_quoted(resolved.title)}"]
    if resolved.why:
        lines.append(f"why: {_quoted(resolved.why)}")
    lines.append(f"model: {_quoted(file or model.name)}")
    if resolved.claims:
        lines.append("claims:")
        lines += [f"  {_key(k)} {_quoted(text)}" for k, text in resolved.claims]
    if resolved.policies:
        lines.append("policies:")
        for policy in resolved.policies:
            lines += _policy_lines(policy)
    if resolved.assumptions:
        lines.append("assume:")
        lines += [f"  {_key(c.text)} {c.value!r}" for c in resolved.assumptions]
    if resolved.initial:
        lines.append("initial:")
        lines += [f"  {_key(c.text)} {c.value!r}" for c in resolved.initial]
    run = [(f.name, getattr(resolved.run, f.name)) for f in fields(RunSettings)]
    if any(value is not None for _, value in run):
        lines.append("run:")
        lines += [f"  {n.replace('_', ' ')}: {v}" for n, v in run if v is not None]
    if resolved.report:
        lines.append("report:")
        lines += [f"  - {_quoted(name)}" for name in resolved.report]
    return "\n".join(lines) + "\n"


def origins(resolved: Resolved, model: Model, where: str = "") -> list[OriginRow]:
    """Every value of a run: (name, value, unit, origin), constants in the order of the model.

    where: the model's file in the origins; default: its name with `.mdl`. A constant has one row
    per equation, or per unchanged element where a scenario changes part of it. Policies follow,
    then given initial values, then the integrator.
    """
    where = where or f"{model.name}.mdl"
    rows: list[OriginRow] = []
    for element in model:
        if fold(element.name) in CONTROL:
            rows.append(_control_row(resolved, element, where))
        elif isinstance(element, Constant):
            rows += _constant_rows(resolved, model, element, where)
    for policy in resolved.policies:
        for change in policy.changes:
            units = model.by_name[change.element].units
            name = f"{policy.name}: {change.text}"
            origin = change.origin
            if _MOVED.search(policy.origin):
                origin += f"; times: {policy.origin}"
            rows.append((name, f"{_number(change.value)} {_when(policy)}", units, origin))
    for change in resolved.initial:
        units = model.by_name[change.element].units
        rows.append((f"initial {change.text}", _number(change.value), units, change.origin))
    settings = dict(resolved.run_origins)
    rows.append(
        (
            "integrator",
            resolved.run.integrator or model.integrator,
            "",
            settings.get("integrator", where),
        )
    )
    for name in ("rtol", "atol"):
        if (value := getattr(resolved.run, name)) is not None:
            rows.append((name, _number(value), "", settings.get(name, "")))
    return rows


def _when(policy: Policy) -> str:
    end = "" if policy.end is None else f" to {policy.end:.12g}"
    ramp = f" (ramp {policy.ramp:.12g})" if policy.ramp else ""
    return f"from {policy.start:.12g}{end}{ramp}"


def _policy_lines(policy: Policy) -> Iterator[str]:
    yield f"  {_key(policy.name)}"
    if policy.why:
        yield f"    why: {_quoted(policy.why)}"
    yield f"    start: {policy.start!r}"
    yield f"    ramp: {policy.ramp!r}"
    if policy.end is not None:
        yield f"    end: {policy.end!r}"
    yield "    set:"
    for change in policy.changes:
        yield f"      {_key(change.text)} {change.value!r}"


def _control_row(resolved: Resolved, element: Element, where: str) -> OriginRow:
    name = CONTROL_FIELDS[fold(element.name)]
    value = getattr(resolved.run, name)
    if value is not None:
        return element.name, _number(value), element.units, dict(resolved.run_origins).get(name, "")
    text = "computed by the model"
    if isinstance(element, Constant):
        # a control value is a scalar, and has one equation
        text = _number(element.equations[0].expression.value)  # type: ignore[attr-defined]
    return element.name, text, element.units, f"{where}:{element.line}"


def _constant_rows(
    resolved: Resolved, model: Model, element: Constant, where: str
) -> list[OriginRow]:
    changes = [c for c in resolved.assumptions if c.element == fold(element.name)]
    taken = {place for change in changes for place in change.places}
    shape = model.shape(element)
    values = constant_values(model, element)
    rows: list[OriginRow] = []
    for equation in element.equations:
        places = list(model.positions(element, equation))
        rest = [p for p in places if flat_place(p, shape) not in taken]
        origin = f"{where}:{equation.line or element.line}"
        if len(rest) == len(places):
            name = _equation_name(model, element, equation)
            rows.append((name, _value_text(equation, values, places), element.units, origin))
        else:
            for place in rest:
                labels = (axis[i] for axis, i in zip(model.labels(element), place, strict=True))
                name = f"{element.name}[{','.join(labels)}]"
                rows.append((name, _number(values[place]), element.units, origin))
    rows += [(c.text, _number(c.value), element.units, c.origin) for c in changes]
    return rows


def _equation_name(model: Model, element: Constant, equation: Equation) -> str:
    if not element.dims:
        return element.name
    spelled = (
        subscript_spelling(model, s, d)
        for s, d in zip(equation.subscripts, element.dims, strict=True)
    )
    return f"{element.name}[{','.join(spelled)}]"


def _value_text(
    equation: Equation,
    values: Mapping[tuple[int, ...], float],
    places: Iterable[tuple[int, ...]],
) -> str:
    """One number, or an array with `;` between its rows as in a .mdl file."""
    numbers = [(place, _number(values[place])) for place in places]
    if not isinstance(equation.expression, Array):
        return numbers[0][1] if numbers else ""
    rows = itertools.groupby(numbers, key=lambda item: item[0][:-1])
    return "; ".join(", ".join(text for _, text in row) for _, row in rows)


def _key(text: str) -> str:
    return f"{_quoted(text)}:"


def _number(value: float) -> str:
    """A number in full precision, 2025 rather than 2025.0."""
    return repr(float(value)).removesuffix(".0")


def _quoted(text: str) -> str:
    """A double-quoted YAML text with unprintable characters escaped.

    Long texts continue over several lines with backslashes, because `tree` refuses long lines.
    """
    lines: list[str] = []
    for start in range(0, len(text), 500):
        line = "".join(_escaped(char) for char in text[start : start + 500])
        # YAML drops a space at the start of a continued line
        lines.append("\\x20" + line[1:] if start and line.startswith(" ") else line)
    return '"' + "\\\n    ".join(lines) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    if char in '"\\':
        return "\\" + char
    if char == "\n":
        return "\\n"
    if char.isprintable():
        return char
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
