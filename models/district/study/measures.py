"""Functions of targets that are more than one element at one time."""

from __future__ import annotations

from simdistrict.tables.study import Study

from .common import BASELINE, hands_on_offshore
from .jobs import rank_correlation

TO = 2019


def rank_of_districts(study: Study) -> float:
    """Spearman's rank correlation of late over early jobs, model and record."""
    return rank_correlation(study)[0]


def tiles_abroad_to_2019(study: Study) -> float:
    """The largest offshore share of assembly and making of Sassuolo until 2019, in percent."""
    run = study.run(BASELINE)
    return 100 * float(hands_on_offshore(run, "Sassuolo")[run.years <= TO].max())
