"""`simdistrict show`: print a model or a scenario."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from simdistrict.cli import complete, options
from simdistrict.cli.common import Group

if TYPE_CHECKING:
    from simdistrict.api.facts import ElementFacts


@click.group("show", cls=Group)
def command() -> None:
    """Show a model or a scenario.

    Example: simdistrict show model district capacity
    """


@command.command("scenario")
@click.argument("scenario", shell_complete=complete.scenarios)
@click.option("--constants", is_flag=True, help="Also list every value with its origin.")
@options.sets
@options.as_json
@options.encoding
@options.outside
def scenario_command(scenario: str, constants: bool, sets: tuple[str, ...], as_json: bool) -> None:
    """Show what SCENARIO does: policies with dates and values, changed assumptions, reports.

    A value is shown with the one that it replaces. --json always has every value.

    Example: simdistrict show scenario security_tariffs
    """
    from simdistrict.api.commands.show import scenario as shown

    found = shown(scenario, sets)
    if as_json:
        click.echo(json.dumps(found.document(), indent=2))
    else:
        click.echo("\n".join(found.lines(constants=constants)))


@command.command("model")
@click.argument("model", shell_complete=complete.models)
@click.argument("elements", nargs=-1, metavar="[ELEMENT]...", shell_complete=complete.elements())
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
    elements: tuple[str, ...],
    constants: bool,
    equations: bool,
    causes: str | None,
    uses: str | None,
    depth: int,
    loops: bool,
    as_json: bool,
) -> None:
    """Show the elements of MODEL with their kinds and units.

    Of each ELEMENT that is named: equation, unit, range, documentation, causes and uses.

    Example: simdistrict show model district capacity
    """
    from simdistrict.api import facts
    from simdistrict.api.commands.show import read_model

    read = read_model(model)
    document: dict[str, object] = {"model": read.name, "sha256": read.sha256}
    if elements:
        found = facts.facts_of(read, elements)
        document["elements"] = [element.document() for element in found]
        lines = [line for element in found for line in (*element.lines(), "")][:-1]
    elif causes or uses:
        rows = facts.tree_rows(read, causes or uses or "", depth, users=causes is None)
        document["uses" if causes is None else "causes"] = [asdict(row) for row in rows]
        lines = [str(row) for row in rows]
    elif loops:
        rings, more = facts.loops(read)
        document["loops"] = rings
        lines = facts.loop_lines(rings, more)
    else:
        chosen = [e for e in facts.facts(read) if e.kind == "constant" or not constants]
        document["elements"] = [element.document() for element in chosen]
        lines = _listing(chosen, constants=constants, equations=equations)
        if not constants and not equations:
            lines = [*facts.overview(read), *lines]
    click.echo(json.dumps(document, indent=2) if as_json else "\n".join(lines))


def _listing(elements: Sequence[ElementFacts], *, constants: bool, equations: bool) -> list[str]:
    """One line per element, by group; with equations several."""
    lines = []
    group = None
    for element in elements:
        if element.group != group:
            group = element.group
            lines += ["", f"[{group}]"] if group else [""]
        if equations:
            lines += [*element.equations, f"    {element.nature}. {element.documentation}"]
        elif constants:
            unit = element.units or "no unit"
            lines.append(f"{element.title} = {element.value}  ({unit}){element.bounds}")
        else:
            lines.append(f"{element.kind:<9} {element.title}  ({element.units or 'no unit'})")
    return lines
