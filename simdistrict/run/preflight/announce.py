"""Warnings before a run in the log, or as errors."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from simdistrict.base.counts import counted
from simdistrict.base.errors import ScenarioError
from simdistrict.run.preflight.intended import RunWarning

log = logging.getLogger(__name__)
# warnings that are printed; the others are counted
SHOWN = 10


def announce(found: Sequence[Sequence[RunWarning]], strict: bool = False) -> None:
    """Log the warnings of several runs, each once.

    Raises ScenarioError with all of them where strict.
    """
    every = list(dict.fromkeys(warning for of_run in found for warning in of_run))
    if strict and every:
        raise ScenarioError([warning.problem for warning in every])
    for warning in every[:SHOWN]:
        log.warning("%s", warning.problem)
    if len(every) > SHOWN:
        more = counted(len(every) - SHOWN, "more warning")
        log.warning("%s before the run: --json or simdistrict check MODEL lists all", more)
