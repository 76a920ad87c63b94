"""The table of regimes: equilibria of each district, and the folds where one ends."""

from __future__ import annotations

from collections.abc import Iterator

from simdistrict.regimes.numerics.diagram import BifurcationDiagram
from simdistrict.regimes.numerics.field import Scaled
from simdistrict.regimes.numerics.flow import settle
from simdistrict.regimes.numerics.mix import Mix
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import districts, short
from .frozen_worlds import (
    ALONG,
    AT,
    GAP,
    STARTS,
    STOPS,
    Along,
    World,
    dose_now,
    followed,
    nearest,
    stable_at,
    stable_worlds,
    stops,
    turns,
    world,
)

AS_IT_IS, ENDS = "nothing, as it is", "a world ends here"
HORIZON = 2000.0
COLUMNS = (
    Column("district"),
    Column("along"),
    Column("what"),
    Column("at", decimals=3),
    Column("home share", decimals=3),
    Column("relative output", decimals=3),
    Column("stable worlds"),
    Column("note"),
)
NOTE = """Each district alone in the world of {at:g}, frozen: policies, prices abroad, the other
districts and what belongs to no district stay as they were, growth is taken out
([how](../../docs/regimes.md)). A *world* is a stable equilibrium: what the district would come to
if that year went on for ever. It is followed along the tariff on far parts, along the gap between
home and far labour costs (one minus the relative cost to which far wages converge; as it is,
{least:.2f} to {most:.2f}), and along the share of the renaissance's instruments in force for good.
A world ends at a *fold*, where it meets a state that is not stable, or at a *kink*, a corner of
the equations; folds of other states are rows of `regimes.csv`. Searched from {starts} random states
at {stops} values each, so worlds can have been missed; none that is listed is invented. In bold:
where the state of {at:g} leads. Home share: of the chain; relative output: 1980 = 1."""


def table(study: Study) -> Table:
    """Per district the equilibria, then along each parameter those at its ends, and the folds."""
    rows: list[tuple[Cell, ...]] = []
    lines: list[tuple[Cell, ...]] = []
    gaps: list[float] = []
    for district in districts(study):
        here = world(study, district)
        own = list(_worlds(study, here))
        line: list[Cell] = [short(district), _told(own)]
        rows += own
        for along in ALONG:
            field, diagram = followed(study, here, along)
            found = list(_along(here, along, field, diagram))
            rows += found
            line.append(_in_words(found))
            if along is GAP:
                gaps.append(along.shown(dose_now(field)))
        lines.append(tuple(line))
    heads = (Column("district"), Column(f"worlds of {AT:g}"), *(Column(a.name) for a in ALONG))
    page = Table("regimes", "Worlds and folds", heads, tuple(lines))
    note = NOTE.format(at=AT, least=min(gaps), most=max(gaps), starts=STARTS, stops=STOPS)
    title = "How many worlds a district has"
    return Table("regimes", title, COLUMNS, tuple(rows), note, (page,))


def _worlds(study: Study, here: World) -> Iterator[tuple[Cell, ...]]:
    """One row per stable equilibrium, with a note on the one that the year leads to."""
    field, states = stable_worlds(study, here)
    scaled = Scaled(field)
    end = settle(scaled, (0.0,), here.known[-1] / field.scale, HORIZON) * field.scale
    leads = nearest(states, end, field.scale)
    for k, state in enumerate(states):
        home, output = here.read(field, 0.0, state)
        note = f"where the state of {AT:g} leads" if k == leads else ""
        row = (here.district, AS_IT_IS, "world", None, float(home), float(output))
        yield (*row, len(states), note)


def _along(
    here: World, along: Along, field: Mix, diagram: BifurcationDiagram
) -> Iterator[tuple[Cell, ...]]:
    """The two ends, the folds between them, and where branches stopped."""
    head = (here.district, along.name)
    ends = sorted((along.low, along.high), key=along.shown)
    yield (*head, "as it is", along.shown(dose_now(field)), None, None, None, "")
    for dose in ends:
        number = stable_at(diagram, dose)
        yield (*head, "end", along.shown(dose), None, None, number, "")
    found = sorted(turns(diagram), key=lambda turn: along.shown(turn.dose))
    for turn in found:
        home, output = here.read(field, turn.dose, turn.state)
        note = ENDS if turn.of_a_world else "between states that are not stable"
        at = along.shown(turn.dose)
        yield (*head, turn.kind, at, float(home), float(output), None, note)
    if not found:
        yield (*head, "no fold", None, None, None, None, "")
    for reason in stops(diagram):
        yield (*head, "branch stopped", None, None, None, None, reason)


def _told(rows: list[tuple[Cell, ...]]) -> str:
    """Output and home share of each equilibrium, in bold the one that the year leads to."""
    parts = []
    for row in rows:
        home, output = (COLUMNS[k].text(row[k]) for k in (4, 5))
        words = f"output {output}, home {home}"
        parts.append(f"**{words}**" if row[7] else words)
    return "; ".join(parts)


def _in_words(rows: list[tuple[Cell, ...]]) -> str:
    """The results along one parameter, in words."""
    first, last = (row for row in rows if row[2] == "end")
    number = f"{first[6]}" if first[6] == last[6] else f"{first[6]} to {last[6]}"
    ends = [COLUMNS[3].text(row[3]) for row in rows if row[7] == ENDS]
    told = (
        f"a world ends at {', '.join(ends)}"
        if ends
        else f"none ends in [{first[3]:g}, {last[3]:g}]"
    )
    stopped = [str(row[7]) for row in rows if row[2] == "branch stopped"]
    return "; ".join([f"{number} world{'s' * (number != '1')}", told, *stopped])
