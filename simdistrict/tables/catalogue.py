"""Which tables there are, and the function that makes each; nothing is imported to list them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

from simdistrict.errors import Problem, ScenarioError, did_you_mean
from simdistrict.tables.study import Study
from simdistrict.tables.table import Table

MODEL = "district"


@dataclass(frozen=True, slots=True)
class Entry:
    """One table.

    title: one line for lists; module: below simdistrict.tables, with a function `table`; slow: it
    takes minutes and is made only when it is asked for by name.
    """

    title: str
    module: str
    slow: bool = False


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
    "constants": Entry(
        "The constants that are fitted to the record", "district.constants", slow=True
    ),
}


def chosen(names: Sequence[str]) -> list[str]:
    """The tables asked for, in the order of the catalogue; without names all that are not slow.

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
    return [n for n, entry in TABLES.items() if (n in names if names else not entry.slow)]


def make(name: str, study: Study) -> Table:
    """One table of a study."""
    module = importlib.import_module(f"simdistrict.tables.{TABLES[name].module}")
    table: Table = module.table(study)
    return table
