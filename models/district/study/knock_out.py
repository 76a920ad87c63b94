"""The table of cut loops: what remains in 2019 and at the end of the run."""

from __future__ import annotations

from dataclasses import dataclass

from simdistrict.model.model import Model
from simdistrict.tables.study import Simulated, Study
from simdistrict.tables.table import Cell, Column, Table

from .common import BASELINE, districts, short

END, NOW = 2060, 2019
PREFIX = "loop "
TARIFFS = "security_tariffs"
WEIGHED = "decision weight on non cost factors=1"
# loops inactive in the baseline: the scenario and settings in which each one acts
ACTING = {
    "loop R10 retaliation": (TARIFFS, ()),
    "loop B1 risk diversification": ("friend_shoring", (WEIGHED,)),
    "loop B4 security tariff": (TARIFFS, ()),
}
COLUMNS = (
    Column("scenario"),
    Column("loop cut"),
    Column("district"),
    Column("home share 2060, points", decimals=1),
    Column("relative output 2060, ratio", decimals=3),
    Column("jobs 2060, ratio", decimals=3),
    Column("jobs 2019, ratio", decimals=3),
)
NOTE = """Each loop is cut by itself, by its switch, and the run is compared with the same scenario
uncut: change of the home share in percentage points, and ratios of relative output and of jobs with
incumbents. Cutting leaves the past before 1980 and all other equations as they are; with B2 cut the
sourcing of 1980 is another one too, since it is an equilibrium of the choice that B2 drives.

R10, B1 and B4 have little or nothing to do in the baseline, where there is no security tariff and
nobody weighs risk; they are also cut where they act: R10 and B4 under security tariffs, B1 under
friend-shoring with a full decision weight on what is no cost."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of cutting one loop on one district."""

    scenario: str
    loop: str
    district: str
    home: float
    output: float
    jobs: float
    jobs_now: float


def switches(model: Model) -> list[str]:
    """The constants that cut a loop, in the order of the model."""
    return [e.name for e in model if e.name.startswith(PREFIX)]


def effects(study: Study) -> list[Effect]:
    """All loops in the baseline, then those that act only in other scenarios."""
    found = []
    for loop in switches(study.model):
        found += _pair("baseline", loop, study, BASELINE, ())
    for loop, (scenario, sets) in ACTING.items():
        name = scenario.replace("_", " ") + (", risk weighed" if sets else "")
        found += _pair(name, loop, study, scenario, sets)
    return found


def _pair(name: str, loop: str, study: Study, scenario: str, sets: tuple[str, ...]) -> list[Effect]:
    whole, cut = study.run(scenario, *sets), study.run(scenario, *sets, f"{loop}=0")
    label = loop.removeprefix(PREFIX)
    return [
        Effect(
            name,
            label,
            district,
            100 * (_home(cut, district) - _home(whole, district)),
            _over(cut, whole, "relative output", END, district),
            _over(cut, whole, "employment", END, district),
            _over(cut, whole, "employment", NOW, district),
        )
        for district in districts(study)
    ]


def _home(run: Simulated, district: str) -> float:
    return run.at("home share", END, district=district)


def _over(cut: Simulated, whole: Simulated, element: str, year: float, district: str) -> float:
    return cut.at(element, year, district=district) / whole.at(element, year, district=district)


def table(study: Study) -> Table:
    """One row per loop and district; the page shows home share and output, loop by district."""
    found = effects(study)
    rows = [(e.scenario, e.loop, e.district, e.home, e.output, e.jobs, e.jobs_now) for e in found]
    home = _matrix("Home share 2060, change in points", found, {e: e.home for e in found}, 1)
    output = _matrix("Output 2060, ratio", found, {e: e.output for e in found}, 2)
    title = "What is left when one feedback loop is cut"
    return Table("knock_out", title, COLUMNS, tuple(rows), NOTE, (home, output))


def _matrix(title: str, found: list[Effect], values: dict[Effect, float], digits: int) -> Table:
    places = list(dict.fromkeys(e.district for e in found))
    columns = (Column("loop cut"), *(Column(short(d), decimals=digits) for d in places))
    lines: dict[str, list[Cell]] = {}
    for e in found:
        name = e.loop if e.scenario == "baseline" else f"{e.loop} ({e.scenario})"
        lines.setdefault(name, []).append(values[e])
    rows = tuple((name, *cells) for name, cells in lines.items())
    return Table("knock_out", title, columns, rows)
