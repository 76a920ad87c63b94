"""Which tables there are, and the function that makes each; nothing is imported to list them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError, did_you_mean
from simdistrict.tables.compare import Difference, differences
from simdistrict.tables.files import Stamp, accepted, texts
from simdistrict.tables.seal import broken, sealed
from simdistrict.tables.store import Made, keep, look_up
from simdistrict.tables.study import Study
from simdistrict.tables.table import Table

MODEL = "district"
RUNS, ENSEMBLE, FIT = "runs", "ensemble", "fit"


@dataclass(frozen=True, slots=True)
class Entry:
    """One table.

    title: one line for lists; module: below simdistrict.tables, with a function `table`; kind:
    `runs` of a few dozen runs, made in seconds; `ensemble` of all members, and checked by some of
    them; `fit`, made in minutes, and only when it is asked for by name.
    """

    title: str
    module: str
    kind: str = RUNS

    @property
    def path(self) -> str:
        """The module as it is imported."""
        return f"simdistrict.tables.{self.module}"


TABLES = {
    "targets": Entry("What the calibration was to reach, failed targets first", "district.targets"),
    "claims": Entry("Claims with a band, failed ones first", "district.claims"),
    "record_against": Entry(
        "What the record says against a simple story, and where the model is wrong",
        "district.record_against",
    ),
    "jobs": Entry("Jobs of the ten districts against the record", "district.jobs"),
    "scenarios": Entry("Home share under four scenarios", "district.scenarios"),
    "knock_out": Entry("What is left when one feedback loop is cut", "district.knock_out"),
    "criticality": Entry("The criticality index by district and year", "district.criticality"),
    "calibration": Entry("How well the model follows each series", "district.calibration"),
    "policies": Entry("Every scenario against the baseline", "district.policies", ENSEMBLE),
    "claims_prior": Entry(
        "In what share of the members each claim holds", "district.claims_prior", ENSEMBLE
    ),
    "indicators": Entry("What each indicator of the policy table means", "district.meaning"),
    "fans": Entry(
        "Home share and jobs over time, as bands over the prior", "district.fans", ENSEMBLE
    ),
    "loops": Entry("What each feedback loop carries, over the prior", "district.loops", ENSEMBLE),
    "worlds": Entry("Where policy decides, over the prior", "district.worlds", ENSEMBLE),
    "regimes": Entry("How many worlds a district has, and where one ends", "district.regimes"),
    "least_policy": Entry(
        "The smallest policy after whose repeal another world remains", "district.least_policy"
    ),
    "survival": Entry("When a district survives", "district.survival", ENSEMBLE),
    "sensitivity": Entry(
        "Which constants decide where a district ends", "district.sensitivity", ENSEMBLE
    ),
    "technology": Entry(
        "What decides where a district ends, technology or the timing of policy",
        "district.technology",
        ENSEMBLE,
    ),
    "members": Entry("A few members of the ensembles one by one", "district.members"),
    "constants": Entry("The constants that are fitted to the record", "district.constants", FIT),
}


def chosen(names: Sequence[str], *kinds: str) -> list[str]:
    """The tables asked for, in the order of the catalogue; without names those of some kinds.

    Raises ScenarioError for a name that no table has.
    """
    problems = [
        Problem(
            f"table {name}",
            f'there is no table called "{name}"',
            did_you_mean(name, TABLES) or "simdistrict list tables shows all",
        )
        for name in names
        if name not in TABLES
    ]
    if problems:
        raise ScenarioError(problems)
    return [n for n, entry in TABLES.items() if (n in names if names else entry.kind in kinds)]


def make(name: str, study: Study) -> tuple[Table, Stamp, dict[str, str]]:
    """One table of a study, what it was made of, and the inputs that it asked for."""
    module = importlib.import_module(TABLES[name].path)
    with study.recording() as inputs:
        table: Table = module.table(study)
    return table, study.stamp(inputs), inputs


def made(name: str, study: Study) -> tuple[Made, bool]:
    """One table as text, and whether it had been made before and nothing has changed since."""
    entry = TABLES[name]
    found = look_up(name, entry.path, study)
    if found is not None:
        return found, True
    table, stamp, inputs = make(name, study)
    own = texts(table, stamp)
    fresh = Made(name, sealed(own) if entry.kind == ENSEMBLE else own, stamp, inputs)
    keep(fresh, entry.path, study)
    return fresh, False


def check(name: str, study: Study, folder: Path) -> list[Difference]:
    """Where the committed files of a table are not what the model gives.

    A table of runs is made anew and compared to its printed digits. Of a table over the ensemble
    some members are run again: its origin and its seal must be right, and no number may be next
    to impossible with them. Where the whole table was made here before, it is compared with that.
    """
    entry = TABLES[name]
    if entry.kind != ENSEMBLE:
        table, stamp, _ = make(name, study)
        return differences(folder, *accepted(table, stamp))
    module = importlib.import_module(entry.path)
    with study.recording() as inputs:
        doubts = list(module.doubts(study, folder / f"{name}.csv"))
    found = list(broken(folder, name, study.stamp(inputs)))
    before = look_up(name, entry.path, study)
    if before is not None and found:
        found += differences(folder, before.texts)
    return found + doubts
