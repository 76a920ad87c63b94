"""What a shell offers for an argument or an option: functions for click's `shell_complete`.

A name is offered with underscores for spaces, as simdistrict reads it, so that it needs no
quotes; once somebody has typed a space, with spaces. An input that cannot be read offers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simdistrict.base.errors import SimdistrictError
from simdistrict.base.library import MODEL_SUFFIXES, SCENARIO_SUFFIXES

if TYPE_CHECKING:
    from simdistrict.api.names import ElementName

FAULTS = (SimdistrictError, OSError)
Complete = Callable[[click.Context, click.Parameter, str], list[str]]
GROUPS = ("all", "stocks", "indicators")
# the parameters that hold a model or scenarios
_OWNERS = ("scenarios", "scenario", "model", "source")


def scenarios(ctx: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Scenarios, their variants after a colon, models, and their files."""
    from simdistrict.api import names

    if ":" in typed:
        with suppress(*FAULTS):
            return _starting(typed, names.variant_names(typed.partition(":")[0]))
        return []
    known = [*names.scenario_names(), *names.model_names()]
    return _starting(typed, known) + paths(typed, (*SCENARIO_SUFFIXES, *MODEL_SUFFIXES))


def models(ctx: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Models and their files."""
    from simdistrict.api import names

    return _starting(typed, names.model_names()) + paths(typed, MODEL_SUFFIXES)


def studies(ctx: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Models that have a study."""
    from simdistrict.api import names

    return _starting(typed, names.study_models())


def results_of_study(kind: str, suffixes: tuple[str, ...] = ()) -> Complete:
    """The tables or the figures of the study of a model, and its models; kind: either word."""

    def complete(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
        from simdistrict.api import names

        given = tuple(ctx.params.get(parameter.name or "") or ())
        first = given[0] if given and given[0] in names.model_names() else ""
        found = [] if given else studies(ctx, parameter, typed)
        with suppress(*FAULTS):
            found += _starting(typed, getattr(names.study_names(first), kind))
        return found + (paths(typed, suffixes) if suffixes else [])

    return complete


def elements(*kinds: str, end: str = "", several: bool = False) -> Complete:
    """Elements of the model on the command line, of these kinds; their labels after `[`.

    end: what follows a complete name, as in `NAME=VALUE`; several: a list with commas.
    """

    def complete(ctx: click.Context, _: click.Parameter, typed: str) -> list[str]:
        before, word = _last(typed) if several else ("", typed)
        wanted = [e for e in _elements_of(ctx) if not kinds or e.kind in kinds]
        if "[" in word:
            found = _labelled(word, wanted, end)
        else:
            offered = [e.name + ("[" if e.labels and end else end) for e in wanted]
            found = _starting(word, [*_spelled(word, offered), *(GROUPS if several else ())])
            if len(found) == 1 and found[0].endswith("["):
                found = _labelled(found[0], wanted, end)
        return [before + text for text in found]

    return complete


def label_of_element(ctx: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Labels of the model on the command line."""
    labels = (label for e in _elements_of(ctx) for axis in e.labels for label in axis)
    return _starting(typed, dict.fromkeys(labels))


def paths(typed: str, suffixes: tuple[str, ...]) -> list[str]:
    """Files with one of the suffixes; folders once something is typed."""
    lead = typed[: typed.rfind("/") + 1]
    part = typed[len(lead) :]
    found = []
    try:
        for path in sorted(Path(lead or ".").expanduser().iterdir()):
            hidden = path.name.startswith(".") and not part.startswith(".")
            if hidden or not path.name.startswith(part):
                continue
            if path.is_dir() and typed:
                found.append(f"{lead}{path.name}/")
            elif path.name.lower().endswith(suffixes) and path.is_file():
                found.append(f"{lead}{path.name}")
    except OSError:
        return []
    return found


def _labelled(word: str, elements: Iterable[ElementName], end: str) -> list[str]:
    """`NAME[LABEL,...`: the labels typed so far, and each that may follow."""
    from simdistrict.model.expr import fold

    name, _, typed = word.partition("[")
    element = next((e for e in elements if fold(e.name) == fold(name)), None)
    before = typed[: typed.rfind(",") + 1]
    axis = before.count(",")
    if element is None or axis >= len(element.labels):
        return []
    close = "," if axis + 1 < len(element.labels) else f"]{end}"
    labels = _starting(typed[len(before) :], element.labels[axis])
    return [f"{name}[{before}{label}{close}" for label in labels]


def _starting(typed: str, names: Iterable[str]) -> list[str]:
    """The names that start as typed, whatever the case."""
    return [name for name in names if name.lower().startswith(typed.lower())]


def _spelled(typed: str, names: Iterable[str]) -> list[str]:
    """Names with underscores, or with spaces where one was typed."""
    return list(names) if " " in typed else [name.replace(" ", "_") for name in names]


def _last(typed: str) -> tuple[str, str]:
    """A list with commas: all but the last name, and that; commas in brackets part nothing."""
    depth, cut = 0, 0
    for i, letter in enumerate(typed):
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth == 0:
            cut = i + 1
    return typed[:cut], typed[cut:]


def _elements_of(ctx: click.Context) -> tuple[ElementName, ...]:
    """The elements of the model or the first scenario on the command line."""
    from simdistrict.api.names import element_names

    given = next((ctx.params[owner] for owner in _OWNERS if ctx.params.get(owner)), None)
    # click gives no arguments where the last option has no value yet
    words = [given] if isinstance(given, str) else list(given or ctx.args)
    with suppress(*FAULTS):
        return element_names(words[0]) if words else ()
    return ()


# by the form of an option's value
BY_FORM = {
    "LABEL": label_of_element,
    "NAME": elements(),
    "NAME=LOW:HIGH": elements("constant", end="="),
    "NAME=FROM:TO:COUNT": elements("constant", end="="),
    "STOCK": elements("stock"),
    "STOCK=LOW:HIGH": elements("stock", end="="),
}
