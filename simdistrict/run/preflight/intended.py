"""A run that has not started, and one warning about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simdistrict.base.errors import Problem
from simdistrict.engine.program import Program
from simdistrict.model.model import Model, TimeGrid
from simdistrict.scenario import Resolved

# names in one sentence
NAMED = 3


@dataclass(frozen=True, slots=True)
class RunWarning:
    """Something that a run hardly means, known before it starts.

    kind: its name in `docs/warnings.md`; where: file and line, or the model and line; element: in
    the model's spelling, empty for the whole run; line: in the model file, 0 where there is none;
    what, hint: as of `Problem`; names: the elements and labels about which it is, where there is
    an equation.
    """

    kind: str
    where: str
    what: str
    hint: str = ""
    element: str = ""
    line: int = 0
    names: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What is wrong, after the first of the names."""
        if not self.names:
            return self.what
        subject = ", ".join(f'"{name}"' for name in self.names[:NAMED])
        more = f" and {len(self.names) - NAMED} more" if len(self.names) > NAMED else ""
        return f"{subject}{more}: {self.what}"

    @property
    def problem(self) -> Problem:
        """The same as an error."""
        return Problem(self.where, self.sentence, self.hint)


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
