"""The No-U-Turn sampler of mici. The only door to it; it is imported when somebody asks for it.

Hoffman and Gelman (2014, Journal of Machine Learning Research 15), with the multinomial choice of
Betancourt (2017, arXiv:1701.02434); step sizes by dual averaging.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem

# the log density of a position, and its gradient; -inf and zeros where it is zero
LogDensity = Callable[[Reals], tuple[float, Reals]]
_ACCEPTANCE = 0.8  # mean acceptance that step sizes are tuned to: Stan's default
_BY_DEMC = "use --method demc"


@dataclass(frozen=True, eq=False, slots=True)
class Walked:
    """Successive positions of one chain, (steps, size).

    step: the step size at the end; accepted: mean acceptance of the points of the trajectories;
    divergent: trajectories that were given up because the density falls too steeply.
    """

    positions: Reals
    step: float
    accepted: float
    divergent: int


def missing() -> list[Problem]:
    """A problem where the library is not installed."""
    if find_spec("mici") is not None:
        return []
    what = "it needs the library mici, which is not installed"
    return [Problem("method nuts", what, f"pip install 'simdistrict[nuts]', or {_BY_DEMC}")]


def library() -> str:
    """The library with its version."""
    return f"mici {version('mici')}"


def walk(
    density: LogDensity,
    position: Reals,
    count: int,
    step: float,
    random: np.random.Generator,
    *,
    tune: bool,
) -> Walked:
    """Take steps of one chain with a unit metric; the last bits depend on library and numpy.

    step: the step size; tune: find a better one on the way, after which the steps are no draws.
    Raises EngineError where no step size is small enough, as at jumps of the density.
    """
    from mici.adapters import DualAveragingStepSizeAdapter
    from mici.errors import AdaptationError
    from mici.integrators import LeapfrogIntegrator
    from mici.states import ChainState
    from mici.systems import EuclideanMetricSystem
    from mici.transitions import (
        IndependentMomentumTransition,
        MultinomialDynamicIntegrationTransition,
    )

    own = _Negative(density)
    system = EuclideanMetricSystem(own.value, grad_neg_log_dens=own.slopes)
    integrator = LeapfrogIntegrator(system, step_size=step)
    turn = IndependentMomentumTransition(system)
    move = MultinomialDynamicIntegrationTransition(system, integrator)
    tuner = DualAveragingStepSizeAdapter(_ACCEPTANCE)
    state: Any = ChainState(pos=position, mom=None, dir=1)
    state.mom = system.sample_momentum(state, random)
    positions, accepted, divergent = np.empty((count, len(position))), 0.0, 0
    try:
        tuned = tuner.initialize(state, move) if tune else None
    except AdaptationError as error:
        what = f"NUTS finds no step size: {error}"
        raise EngineError(Problem("method nuts", what, _BY_DEMC)) from None
    for k in range(count):
        state, _ = turn.sample(state, random)
        state, said = move.sample(state, random)
        positions[k] = state.pos
        accepted += said["accept_stat"]
        divergent += bool(said["diverging"])
        if tune:
            tuner.update(tuned, state, said, move)
    if tune:
        tuner.finalize(tuned, state, move, random)
    return Walked(positions, float(integrator.step_size), float(accepted / count), divergent)


class _Negative:
    """Minus the log density as the library takes it; a position is evaluated once."""

    def __init__(self, density: LogDensity) -> None:
        self.density = density
        self.last: tuple[bytes, float, Reals] | None = None

    def value(self, position: Reals) -> float:
        return self._at(position)[0]

    def slopes(self, position: Reals) -> tuple[Reals, float]:
        value, slopes = self._at(position)
        return slopes, value

    def _at(self, position: Reals) -> tuple[float, Reals]:
        key = position.tobytes()
        if self.last is None or self.last[0] != key:
            value, slopes = self.density(position)
            self.last = (key, -value, -slopes)
        return self.last[1], self.last[2]
