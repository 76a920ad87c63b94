"""`simdistrict show`: print a model or a scenario."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from simdistrict.base.counts import counted
from simdistrict.cli import complete, options
from simdistrict.cli.common import Group

if TYPE_CHECKING:
    from simdistrict.model.model import Element, Model


@click.group("show", cls=Group)
def command() -> None:
    """Show a model or a scenario.

    Example: simdistrict show model district --causes capacity --depth 2
    """


@command.command("scenario")
@click.argument("scenario", shell_complete=complete.scenarios)
@options.sets
@options.as_json
@options.encoding
@options.outside
def scenario_command(scenario: str, sets: tuple[str, ...], as_json: bool) -> None:
    """Show every value of SCENARIO and its origin.

    Example: simdistrict show scenario security_tariffs
    """
    from simdistrict.cli.show_scenario import show_scenario

    show_scenario(scenario, sets, as_json)


@command.command("model")
@click.argument("model", shell_complete=complete.models)
@click.option("--constants", is_flag=True, help="List the constants with values and ranges.")
@click.option("--equations", is_flag=True, help="List every equation.")
@click.option(
    "--causes",
    metavar="NAME",
    shell_complete=complete.elements(),
    help="Show the causes of an element as a tree.",
)
@click.option(
    "--uses",
    metavar="NAME",
    shell_complete=complete.elements(),
    help="Show the uses of an element as a tree.",
)
@click.option("--depth", default=2, show_default=True, help="Depth of a tree.")
@click.option("--loops", is_flag=True, help="List the shortest feedback loops.")
@options.as_json
@options.encoding
@options.outside
def model_command(
    model: str,
    constants: bool,
    equations: bool,
    causes: str | None,
    uses: str | None,
    depth: int,
    loops: bool,
    as_json: bool,
) -> None:
    """Show the elements, units, equations and documentation of MODEL.

    Example: simdistrict show model core --equations
    """
    from simdistrict.base.library import find_model
    from simdistrict.exchange.models import read_model_file

    read = read_model_file(find_model(model))
    document: dict[str, object] = {"model": read.name, "sha256": read.sha256}
    if causes or uses:
        name = causes or uses or ""
        rows = _tree(read, name, depth, users=causes is None)
        document["uses" if causes is None else "causes"] = rows
        lines = ["  " * int(str(r["depth"])) + str(r["text"]) for r in rows]
    elif loops:
        document["loops"], lines = _loops(read)
    else:
        chosen = [e for e in read if e.kind == "constant" or not constants]
        elements = [_facts(read, e) for e in chosen]
        document["elements"] = elements
        values = _values(read, chosen) if constants else None
        lines = _listing(elements, values, equations=equations)
        if not constants and not equations:
            lines = [*_heading(read), *lines]
    click.echo(json.dumps(document, indent=2) if as_json else "\n".join(lines))


def _facts(model: Model, element: Element) -> dict[str, object]:
    """One element as plain data."""
    from simdistrict.exchange.text.equations import EquationText
    from simdistrict.model.model import Stock

    text = EquationText(model)
    limited = isinstance(element, Stock) and element.non_negative
    return {
        "name": element.name,
        "kind": element.kind,
        "dims": list(element.dims),
        "units": element.units,
        "range": [element.range.low, element.range.high],
        "group": element.group,
        "line": element.line,
        "equations": [text.equation(element, e) for e in element.equations],
        "documentation": element.documentation,
        **({"non_negative": True} if limited else {}),
    }


def _heading(model: Model) -> list[str]:
    kinds: dict[str, int] = {}
    for element in model:
        kinds[element.kind] = kinds.get(element.kind, 0) + 1
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    lines = [f"{model.name}: {counted(len(model.elements), 'element')} ({counts})"]
    for dimension in model.dimensions:
        lines.append(f"  {dimension.name}: {', '.join(dimension.labels)}")
    for _, known, name in model.external.files:
        lines.append(f"  reads {name} (sha256 {known[:12]})" if known else f"  lacks {name}")
    return [*lines, *model.notes]


def _values(model: Model, constants: list[Element]) -> list[str]:
    """The values of constants, shortened."""
    from simdistrict.exchange.text.equations import EquationText

    text = EquationText(model)
    values = [
        text.right(element, element.equations[0]) if len(element.equations) == 1 else "by label"
        for element in constants
    ]
    return [value if len(value) <= 40 else value[:37] + "..." for value in values]


def _listing(
    elements: list[dict[str, object]], values: list[str] | None, *, equations: bool
) -> list[str]:
    """One line per element; values: of constants, where they are wanted."""
    lines = []
    group = None
    for i, facts in enumerate(elements):
        if facts["group"] != group:
            group = facts["group"]
            lines += ["", f"[{group}]"] if group else [""]
        dims = facts["dims"]
        assert isinstance(dims, list)
        name = f"{facts['name']}" + (f"[{','.join(dims)}]" if dims else "")
        units = facts["units"] or "no unit"
        if equations:
            texts = facts["equations"]
            assert isinstance(texts, list)
            lines += [str(t) for t in texts]
            kind = f"{'non-negative ' if 'non_negative' in facts else ''}{facts['kind']}"
            lines.append(f"    {kind}, {units}. {facts['documentation']}")
        elif values is not None:
            lines.append(f"{name} = {values[i]}  ({units}) {_range(facts)}".rstrip())
        else:
            lines.append(f"{facts['kind']:<9} {name}  ({units})")
    return lines


def _range(facts: dict[str, object]) -> str:
    bounds = facts["range"]
    assert isinstance(bounds, list)
    low, high = ("?" if b is None else f"{b:g}" for b in bounds)
    return "" if bounds == [None, None] else f"in [{low}, {high}]"


def _tree(model: Model, name: str, depth: int, *, users: bool) -> list[dict[str, object]]:
    from simdistrict.model.causality import tree

    rows: list[dict[str, object]] = []
    for branch in tree(model, name, depth, users=users):
        element = model.by_name[branch.name]
        more = " (shown above)" if branch.cut and branch.depth < depth else ""
        text = f"{element.name}  ({element.kind}, {element.units or 'no unit'}){more}"
        rows.append({"name": element.name, "depth": branch.depth, "text": text})
    return rows


def _loops(model: Model) -> tuple[list[list[str]], list[str]]:
    from simdistrict.model.causality import feedback_loops

    found, more = feedback_loops(model)
    loops = [[model.by_name[n].name for n in loop.names] for loop in found]
    lines = [f"{len(loop)}: {' -> '.join([*loop, loop[0]])}" for loop in loops]
    if more:
        lines.append(f"and more; these are the {len(loops)} shortest")
    return loops, lines or ["no feedback loop"]
