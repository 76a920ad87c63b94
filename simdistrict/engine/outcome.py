"""How a run ended. A run's failure is data: it is stored, never raised."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Outcome(IntEnum):
    """The flag stored with every run."""

    completed = 0
    diverged = 1
    stopped_by_event = 2
    step_limit = 3


@dataclass(frozen=True, slots=True)
class Ending:
    """An outcome with its time and its message.

    time: the last time that was computed, in the model's time unit; message: one sentence,
    empty when the run completed.
    """

    outcome: Outcome
    time: float
    message: str = ""
