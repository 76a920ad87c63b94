"""Detects that explicit steps were short because the model is stiff.

An explicit method is stable only while its step is a few times shorter than the fastest time
constant of the model. Where accuracy decides, steps are much shorter than that; where steps stay
at that bound, stability decides, and an implicit method takes longer ones (Hairer and Wanner,
Solving Ordinary Differential LoopEquations II, chapter IV.2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from simdistrict.engine.helpers.primitives import Vector
from simdistrict.engine.integrators.fixed import Trajectory
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.program import Program

# a run with fewer evaluations is too short for a warning
REMARKABLE = 20_000
# evaluations per step of the pair of Dormand and Prince
_PER_STEP = 6
# mean step times the fastest rate: 3.3 is the bound of stability, 0.3 is usual at --rtol 1e-8
_BOUND = 1.0
_PLACES = 5
_ROUNDS = 30


def advice(program: Program, path: Trajectory, constants: Sequence[float]) -> str:
    """Recommend an implicit integrator, in one sentence; empty if the model is not stiff.

    path: of a run with adaptive steps; constants: the vector before it.
    """
    rows = path.rows
    if path.evaluations < REMARKABLE or len(rows) < 2:
        return ""
    step = (path.times[-1] - path.times[0]) * _PER_STEP / path.evaluations
    kernel = Kernel(program)
    wanted = [round(k * (len(rows) - 1) / (_PLACES - 1)) for k in range(_PLACES)]
    rates = sorted(fastest(program, kernel, _vector(rows[k], constants)) for k in wanted)
    rate = rates[_PLACES // 2]
    if not rate * step > _BOUND:
        return ""
    return (
        f"the model is stiff: {path.evaluations} evaluations in steps of {step:.2g}, because its "
        f"fastest time constant is about {1 / rate:.2g}; use --integrator stiff, bdf or radau"
    )


def fastest(program: Program, kernel: Kernel, v: Vector) -> float:
    """The largest magnitude among the eigenvalues of the Jacobian at the state in v, per time.

    By the power method on differences of rates, each stock in units of its own size; NaN where a
    rate is not finite.
    """
    stocks = range(program.layout.stocks.start, program.layout.stocks.stop)
    shift = program.layout.rates.start - program.layout.stocks.start
    state = [v[p] for p in stocks]
    kernel.derive(v)
    before = [v[p + shift] for p in stocks]
    largest = max(map(abs, state), default=0.0) or 1.0
    scale = [max(abs(y), 1e-9 * largest) for y in state]
    # not orthogonal to a direction by a symmetry of the model
    way = [1.0 + 0.1 * math.sin(k + 1.0) for k in range(len(state))]
    logs: list[float] = []
    for _ in range(_ROUNDS):
        length = math.sqrt(sum(d * d for d in way))
        if length == 0.0 or length - length != 0.0:
            return length
        small = 1e-7 / length
        for p, y, s, d in zip(stocks, state, scale, way, strict=True):
            v[p] = y + small * s * d
        kernel.derive(v)
        way = [
            (v[p + shift] - r) / (small * s * length)
            for p, r, s in zip(stocks, before, scale, strict=True)
        ]
        grown = math.sqrt(sum(d * d for d in way))
        if grown == 0.0:
            return 0.0
        logs.append(math.log(grown))
    for p, y in zip(stocks, state, strict=True):
        v[p] = y
    # a pair of complex eigenvalues makes the growth swing around their magnitude
    late = logs[_ROUNDS // 2 :]
    return math.exp(sum(late) / len(late))


def _vector(row: Sequence[float], constants: Sequence[float]) -> Vector:
    """A saved row, followed by the points of the lookups."""
    return [float(x) for x in row] + list(constants[len(row) :])
