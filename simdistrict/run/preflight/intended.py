"""A run that has not started, and one warning about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simdistrict.base.errors import Problem
from simdistrict.engine.program import Program
from simdistrict.model.model import Model, TimeGrid
from simdistrict.scenario import Resolved


@dataclass(frozen=True, slots=True)
class RunWarning:
    """Something that a run hardly means, known before it starts.

    kind: its name in `docs/warnings.md`; where: file and line, the model and line, or the run;
    element: in the model's spelling, empty for the whole run; line: in the model file, 0 where
    there is none; what, hint: as of `Problem`.
    """

    kind: str
    where: str
    what: str
    hint: str = ""
    element: str = ""
    line: int = 0

    @property
    def problem(self) -> Problem:
        """The same as an error."""
        return Problem(self.where, self.what, self.hint)


@dataclass(frozen=True)
class IntendedRun:
    """Everything that determines the numbers of one run, before it starts.

    control: the control values as the model or the user states them, by folded name; fixed: FINAL
    TIME is known in advance; adaptive: the integrator chooses its own steps; constants: the
    vector at the start of the run, with the scenario's values.
    """

    model: Model
    program: Program
    resolved: Resolved
    grid: TimeGrid
    control: Mapping[str, float]
    fixed: bool
    integrator: str
    adaptive: bool
    constants: Sequence[float]
