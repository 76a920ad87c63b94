"""Measures of claims that are more than one element at one time."""

from __future__ import annotations

from simdistrict.base.arrays import Reals
from simdistrict.tables.evidence import ScenarioRuns


def years_of_loss(runs: ScenarioRuns, scenario: str, first: int, last: int) -> Reals:
    """Years with a negative margin, from the first to the last, over members."""
    margin = runs.series(scenario, "margin", first, last)
    found: Reals = (margin < 0).sum(axis=-1).astype(float)
    return found
