"""The least policy that, after its repeal, leaves another equilibrium."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.policies import PolicyMap, policy_map
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import districts, short
from .frozen_worlds import (
    AT,
    HIGHEST_TARIFF,
    TARIFF,
    WHOLE,
    World,
    programme,
    stable_worlds,
    whole,
    world,
)

DOSES = np.linspace(0.1, 1.0, 10)
DURATIONS = np.arange(10.0, 61.0, 10.0)
FAR_TARIFF = "tariff on far parts"
NOW, LOST = f"the state of {AT:g}", "the lost world"
CROSSES, NONE, ONE = "crosses", "none of those tried", "one world only"
# by runs of the moving world: an instrument, the variants that end it, and the number that lasts
HISTORY = "return_to_globalisation"
BEGIN, ENDS, JUDGED = 2025, (2030, 2035, 2040, 2045), 2070
MORE = 1.2
HISTORIES = {
    "security": "security tariffs",
    "tariffs": "tariffs alone",
    "renaissance": WHOLE,
}
BY_RUNS = "2025, by runs"
COLUMNS = (
    Column("district"),
    Column("begins in"),
    Column("policy"),
    Column("verdict"),
    Column("least dose", decimals=2),
    Column("its years"),
    Column("fewest years"),
    Column("its dose", decimals=2),
    Column("relative output before", decimals=3),
    Column("relative output after", decimals=3),
    Column("undecided"),
)
NOTE = """In the frozen world of [regimes](regimes.md): an instrument is held at a dose for some
years and repealed; where the district goes then says whether it has crossed the separatrix between
two worlds. Tried: {doses} doses from {least:g} to 1 by {durations} durations from {shortest:g} to
{longest:g} years. A dose of 1 is a tariff of {tariff:g} on far parts, or what the renaissance does
(state capacity, which belongs to no district, stays). It begins in the state of {at:g}, and where
there are two worlds in the lost one too, which asks whether a district could be won back; from a
state that leads to the better world, to cross would be to lose it. *One world only*: there is no
separatrix, so that nothing lasts for good, however long it takes to fade. *Undecided*: pairs after
which no state of rest was reached.

That nothing lasts for good does not mean that nothing lasts. The second table says, by runs of the
moving world, after how many years of a policy from {begin} on output of {judged} is still
{more:g} times what it is without or more, and what that ratio is after the longest."""


@dataclass(frozen=True, slots=True)
class Least:
    """The least dose with its years, and the fewest years with their dose; NaN if none suffices."""

    dose: float
    its_years: float
    years: float
    its_dose: float


def table(study: Study) -> Table:
    """One row per district, initial equilibrium and policy; then the rows of histories."""
    rows: list[tuple[Cell, ...]] = []
    pages: list[tuple[Cell, ...]] = []
    levers = _levers(study)
    for district in districts(study):
        own = list(_frozen(study, world(study, district), levers))
        rows += own
        pages.append((short(district), *(_told(own, begin) for begin in (NOW, LOST))))
    found = [row for district in districts(study) for row in _by_runs(study, district)]
    rows += found
    heads = (Column("district"), Column(f"from {NOW}"), Column(f"from {LOST}"))
    crossing = Table("least_policy", "Into another world", heads, tuple(pages))
    note = NOTE.format(
        doses=len(DOSES),
        least=DOSES[0],
        durations=len(DURATIONS),
        shortest=DURATIONS[0],
        longest=DURATIONS[-1],
        tariff=HIGHEST_TARIFF,
        at=AT,
        begin=BEGIN,
        judged=JUDGED,
        more=MORE,
    )
    title = "The smallest policy that changes the world"
    return Table("least_policy", title, COLUMNS, tuple(rows), note, (crossing, _lasting(found)))


def _levers(study: Study) -> dict[str, Mapping[str, float]]:
    """The policies, and the constants that a dose of 1 sets."""
    return {
        FAR_TARIFF: {TARIFF: HIGHEST_TARIFF},
        **{name: sets for name, sets in programme(study).items() if TARIFF not in sets},
        WHOLE: whole(study),
    }


def _frozen(
    study: Study, here: World, levers: Mapping[str, Mapping[str, float]]
) -> Iterator[tuple[Cell, ...]]:
    _, states = stable_worlds(study, here)
    begins = {NOW: here.known[-1]}
    if len(states) > 1:
        begins[LOST] = states[-1]
    # where nothing can last, the strongest show that no world was missed
    strongest = {name: levers[name] for name in (FAR_TARIFF, WHOLE)}
    for policy, sets in (levers if len(states) > 1 else strongest).items():
        field = here.moved(sets)
        for begin, start in begins.items():
            found = policy_map(field, DOSES, DURATIONS, start=start, usual=0.0, settled=False)
            least = least_of(found)
            outputs = [float(here.read(field, 0.0, a.state)[1]) for a in found.attractors]
            crosses = np.isfinite(least.dose)
            verdict = CROSSES if crosses else NONE if len(states) > 1 else ONE
            after = outputs[_where(found, least)] if crosses else None
            numbers = (least.dose, least.its_years, least.years, least.its_dose)
            head = (here.district, begin, policy, verdict, *numbers)
            before = outputs[found.untouched] if found.untouched >= 0 else None
            yield (*head, before, after, int((found.ids < 0).sum()))


def least_of(found: PolicyMap) -> Least:
    """The corners of the region of policies that suffice."""
    shortest = found.shortest
    enough = np.flatnonzero(np.isfinite(shortest))
    if not len(enough):
        return Least(*[float("nan")] * 4)
    quick = enough[np.argmin(shortest[enough])]
    first = enough[0]
    numbers = (found.doses[first], shortest[first], shortest[quick], found.doses[quick])
    return Least(*map(float, numbers))


def _where(found: PolicyMap, least: Least) -> int:
    """The equilibrium that the policy of the least dose leads to."""
    dose = np.flatnonzero(found.doses == least.dose)[0]
    duration = np.flatnonzero(found.durations == least.its_years)[0]
    return int(found.ids[dose, duration])


def _by_runs(study: Study, district: str) -> Iterator[tuple[Cell, ...]]:
    for name, policy in HISTORIES.items():
        kept = lasting(study, name, district)
        enough = [end - BEGIN for end, ratio in zip(ENDS, kept, strict=True) if ratio >= MORE]
        verdict = "lasts" if enough else NONE
        years = float(enough[0]) if enough else None
        yield (district, BY_RUNS, policy, verdict, 1.0, None, years, 1.0, 1.0, kept[-1], None)


def lasting(study: Study, name: str, district: str) -> Reals:
    """Output long after the end of a policy over that without it, for each end."""
    ends = [
        study.run(f"{HISTORY}:{path}").at("relative output", JUDGED, district=district)
        for path in ("never", *(f"{name}_{end}" for end in ENDS))
    ]
    return np.array(ends[1:]) / ends[0]


def _told(rows: list[tuple[Cell, ...]], begin: str) -> str:
    """The policies that suffice, from one initial equilibrium."""
    own = [row for row in rows if row[1] == begin]
    if not own:
        return "there is none"
    crossing = [
        f"{row[2]}: dose {COLUMNS[4].text(row[4])} for {row[5]:.0f} years, "
        f"or {COLUMNS[7].text(row[7])} for {row[6]:.0f}"
        for row in own
        if row[3] == CROSSES
    ]
    return "; ".join(crossing) or str(own[0][3])


def _lasting(rows: list[tuple[Cell, ...]]) -> Table:
    """Years that suffice, and the ratio after the longest, district by policy."""
    heads = (Column("district"), *(Column(name) for name in HISTORIES.values()))
    lines: dict[str, list[Cell]] = {}
    for row in rows:
        years = "none" if row[6] is None else f"{row[6]:.0f} years"
        ratio = f"{COLUMNS[9].text(row[9])} after {ENDS[-1] - BEGIN}"
        lines.setdefault(short(str(row[0])), []).append(f"{years} ({ratio})")
    table_rows = tuple((name, *cells) for name, cells in lines.items())
    title = f"Years after which output of {JUDGED} stays {MORE - 1:.0%} higher or more"
    return Table("least_policy", title, heads, table_rows)
