"""All kinds of warnings, in the order in which they are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simdistrict.run.preflight.intended import IntendedRun, RunWarning
from simdistrict.run.preflight.settings import policies, ranges, time_grid

_KINDS: tuple[Callable[[IntendedRun], Iterator[RunWarning]], ...] = (ranges, time_grid, policies)


def warnings_of(run: IntendedRun) -> tuple[RunWarning, ...]:
    """What a run hardly means, known before it starts."""
    return tuple(warning for kind in _KINDS for warning in kind(run))
