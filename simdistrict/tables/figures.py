"""Which figures there are; each is described by one function and drawn by `plot`."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simdistrict.base.errors import Problem, ScenarioError, did_you_mean

if TYPE_CHECKING:
    from simdistrict.plot import Diagram, Figure, Ranges
    from simdistrict.tables.study import Study


@dataclass(frozen=True, slots=True)
class Drawn:
    """One figure.

    title: one line for lists; module: below `district`, with a function of the figure's name;
    from_tables: it is drawn from committed tables, else from runs.
    """

    title: str
    module: str = "figures"
    from_tables: bool = False


_TABLES, _REGIMES = ("ensemble_figures", True), "regime_figures"
FIGURES = {
    "jobs_record": Drawn("Jobs of the ten districts: the model's line, the record's points"),
    "home_share": Drawn("Home share of the ten districts under four scenarios"),
    "criticality": Drawn("The criticality index of the ten districts, with the line at one"),
    "model_map": Drawn("The model of one district as a stock-and-flow diagram", "map"),
    "strip_workforce": Drawn("Causes strip of the skilled workforce", "strips"),
    "strip_quality": Drawn("Causes strip of quality", "strips"),
    "strip_output": Drawn("Causes strip of output", "strips"),
    "fan_home": Drawn("Home share as bands over the prior", *_TABLES),
    "fan_jobs": Drawn("Jobs as bands over the prior", *_TABLES),
    "policy_home": Drawn("Change of the home share in 2060 by every scenario", *_TABLES),
    "policy_jobs": Drawn("Change of jobs in 2060 by every scenario", *_TABLES),
    "claims": Drawn("In what share of the members each claim holds", *_TABLES),
    "loops": Drawn("What is left when one loop is cut, over the prior", *_TABLES),
    "survival": Drawn("In what share of the members a district survives", *_TABLES),
    "sensitivity": Drawn("Which constants decide the home share of each district", *_TABLES),
    "worlds": Drawn("In what share of the members policy decides", _REGIMES, True),
    "technology": Drawn("What share of variance goes with technology and timing", _REGIMES, True),
    "calibration": Drawn("How far the model is from each series of the record", _REGIMES, True),
    "branches_tariff": Drawn("Worlds of each district along the tariff on far parts", _REGIMES),
    "branches_gap": Drawn("Worlds of each district along the labour-cost gap", _REGIMES),
    "branches_renaissance": Drawn("Worlds along the share of the renaissance", _REGIMES),
    "lasting_output": Drawn("What is left of output long after a policy", _REGIMES),
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


def describe(name: str, study: Study, tables: Path) -> Figure | Ranges | Diagram:
    """One figure, ready to be drawn; tables: the folder of the committed ones."""
    entry = FIGURES[name]
    module = importlib.import_module(f"simdistrict.tables.district.{entry.module}")
    figure: Figure | Ranges | Diagram = getattr(module, name)(
        tables if entry.from_tables else study
    )
    return figure
