"""What `--save` asks for: the text of the option as a `Selection`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.numbers import hint_for, real
from simdistrict.exchange.text.equations import quoted
from simdistrict.model.expr import fold
from simdistrict.model.model import Element, Lookup, Model, Stock, TimeGrid
from simdistrict.result.selection import Selection
from simdistrict.scenario.places import find_axes, find_element, split_names, unknown

if TYPE_CHECKING:
    from simdistrict.run.plan import Plan

WHERE = "--save"


def selection_of(plans: Sequence[Plan], save: str) -> Selection:
    """The elements and labels that `save` asks for, of runs of one model.

    save: `all`, `stocks`, `indicators` (what the scenarios report) or names separated by commas,
    each with or without labels: `capacity[north,steel]`; `@FILE.lst` is a save list. Raises
    ScenarioError with every name that a run does not compute.
    """
    model, order = plans[0].prepared.model, plans[0].prepared.program.order
    if save.startswith("@"):
        from simdistrict.exchange.vensim.lst import read_lst

        save = ",".join(read_lst(Path(save[1:]), model))
    if save == "all":
        return Selection(frozenset(order))
    if save == "stocks":
        return Selection(frozenset(n for n in order if isinstance(model[n], Stock)))
    if save == "indicators":
        return Selection(_indicators(plans))
    return _named(model, frozenset(order), save)


def points_of(grid: TimeGrid, times: str) -> tuple[int, ...]:
    """The time steps to save: `final`, `all` (the saved ones) or times separated by commas.

    Raises ScenarioError for a time that is no step of the grid.
    """
    if times == "final":
        return (grid.steps,)
    if times == "all":
        return tuple(grid.saved)
    found, problems = set(), []
    for text in times.split(","):
        date = real(text)
        if date is None:
            problems.append(Problem("--times", f'"{text.strip()}" is no date', hint_for(text)))
            continue
        point = grid.point(date)
        if point is None or not 0 <= point <= grid.steps:
            problems.append(
                Problem(
                    "--times",
                    f"{text.strip()} is no point of the time grid",
                    f"it goes from {grid.start:g} to {grid.stop:g} in steps of {grid.time_step:g}",
                )
            )
            continue
        found.add(point)
    if problems:
        raise ScenarioError(problems)
    return tuple(sorted(found))


def rows_of(grid: TimeGrid, times: str) -> tuple[int, ...] | None:
    """The positions of the requested times among the saved steps; None for all of them.

    times: as in `points_of`. Raises ScenarioError for a time that is not saved.
    """
    if times == "all":
        return None
    saved = {step: row for row, step in enumerate(grid.saved)}
    points = points_of(grid, times)
    problems = [
        Problem(
            "--times",
            f"{grid.at(step):g} is no saved time: every {grid.save_step:g} is saved",
            f"add a save step of {grid.time_step:g}",
        )
        for step in points
        if step not in saved
    ]
    if problems:
        raise ScenarioError(problems)
    return tuple(saved[step] for step in points)


def spelled(model: Model, selection: Selection) -> str:
    """The names of a selection as text from which `selection_of` makes it again."""
    words = []
    for key, element in model.by_name.items():
        if key not in selection.names:
            continue
        kept = [selection.labels.get(fold(dim)) for dim in element.dims]
        name = quoted(element.name)
        if not any(kept):
            words.append(name)
            continue
        # every label that is kept of a dimension stands in one of the entries at least
        for k in range(max(len(places) for places in kept if places)):
            labels = [
                quoted(model.dims_by_name[fold(dim)].labels[places[min(k, len(places) - 1)]])
                if places
                else quoted(dim)
                for dim, places in zip(element.dims, kept, strict=True)
            ]
            words.append(f"{name}[{','.join(labels)}]")
    return ", ".join(words)


def _indicators(plans: Sequence[Plan]) -> frozenset[str]:
    found = frozenset(fold(name) for plan in plans for name in plan.resolved.report)
    if not found:
        where = "+".join(plan.resolved.name for plan in plans)
        what = "it reports nothing, so there are no indicators to save"
        hint = "add `report: [...]` to the scenario, or name the elements in --save"
        raise ScenarioError(Problem(f"scenario {where}", what, hint))
    return found


def _named(model: Model, order: frozenset[str], save: str) -> Selection:
    found: dict[str, None] = {}
    wanted: dict[str, set[int]] = {}
    problems: list[Problem] = []
    for text in [save] if fold(save) in model.by_name else split_names(save):
        element, subscripts = find_element(model, text)
        if element is None:
            problems.append(unknown(model, text, WHERE))
            continue
        if fold(element.name) not in order:
            problems.append(_no_number(element))
            continue
        axes = find_axes(model, element, subscripts, WHERE)
        if isinstance(axes, Problem):
            problems.append(axes)
            continue
        found[fold(element.name)] = None
        for dim, positions in zip(element.dims, axes[0], strict=True):
            wanted.setdefault(fold(dim), set()).update(positions)
    if not found and not problems:
        stocks = [e.name for e in model if isinstance(e, Stock)]
        hint = f"name elements, such as {', '.join(stocks[:3])}" if stocks else ""
        problems.append(Problem(WHERE, "nothing is to be saved", hint))
    if problems:
        raise ScenarioError(problems)
    labels = {
        dim: tuple(sorted(positions))
        for dim, positions in wanted.items()
        if len(positions) < len(model.dims_by_name[dim].labels)
    }
    return Selection(frozenset(found), labels)


def _no_number(element: Element) -> Problem:
    what = f'"{element.name}" is no number that a run computes'
    if isinstance(element, Lookup):
        what = f'"{element.name}" is a lookup, which has no value over time'
    return Problem(WHERE, what, "name stocks, flows, auxiliaries or constants")
