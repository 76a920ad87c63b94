"""Which figures there are; each is described by one function and drawn by `plot`."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simdistrict.errors import Problem, ScenarioError, did_you_mean

if TYPE_CHECKING:
    from simdistrict.plot import Figure
    from simdistrict.tables.study import Study

# name -> one line for lists; the function of that name stands in district.figures
FIGURES = {
    "jobs_record": "Jobs of the ten districts: the model's line, the record's points",
    "home_share": "Home share of the ten districts under four scenarios",
    "criticality": "The criticality index of the ten districts, with the line at one",
}


def chosen_figures(names: Sequence[str]) -> list[str]:
    """The figures asked for; all without names. Raises ScenarioError for an unknown name."""
    problems = [
        Problem(
            f"figure {name}",
            f'there is no figure called "{name}"',
            did_you_mean(name, FIGURES) or "simdistrict list figures shows all",
        )
        for name in names
        if name not in FIGURES
    ]
    if problems:
        raise ScenarioError(problems)
    return [n for n in FIGURES if n in names or not names]


def describe(name: str, study: Study) -> Figure:
    """One figure of a study, ready to be drawn."""
    module = importlib.import_module("simdistrict.tables.district.figures")
    figure: Figure = getattr(module, name)(study)
    return figure
