"""Causes strips: an element above each of its direct causes, over time."""

from __future__ import annotations

from simdistrict.figures import Wanted, causes_sheet
from simdistrict.plot import Sheet
from simdistrict.tables.study import Study

from .common import BASELINE, FILE

DISTRICTS = ("Prato", "Montebelluna", "Mirandola", "US Midwest")
SCENARIOS = (BASELINE, "security_tariffs", "district_renaissance")


def strip_workforce(study: Study) -> Sheet:
    """Skilled workers and their flows."""
    return strip(study, "skilled workforce")


def strip_quality(study: Study) -> Sheet:
    """Quality and its flows."""
    return strip(study, "quality")


def strip_output(study: Study) -> Sheet:
    """Output and its limits."""
    return strip(study, "output")


def strip(study: Study, element: str) -> Sheet:
    """One column per district: the element on top, its causes in the model's order below."""
    data = [study.run(scenario).data for scenario in SCENARIOS]
    wanted = Wanted(labels=DISTRICTS, baseline=BASELINE, known=FILE.palette.styles.get)
    return causes_sheet(data, element, wanted)
