"""Warnings about delays, smooths and outflows that are shorter than the time step."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.counts import counted
from simdistrict.engine.helpers.pasts import lag
from simdistrict.run.preflight.intended import IntendedRun
from simdistrict.run.preflight.numbers import PLACE, Part, Remark, place_of

# rounding in a delay time that a model computes from its time step
SLACK = 1e-6
# the largest share of itself that a stock can lose per time step without growing from it
_BOUNDED = {"euler": 2.0, "rk4": 2.785}


@dataclass(frozen=True, slots=True)
class _Loss:
    """What one label of a stock loses per time step through one part, in its worst state.

    lasts: the time over which a stock is lost, or all stages of a delay; stages: their number.
    """

    part: Part
    place: int
    share: float
    lasts: float
    stages: float


def delays(run: IntendedRun, parts: Sequence[Part]) -> Iterator[Remark]:
    """No stock loses more than all of itself in one time step, and no delay is rounded away."""
    if run.adaptive:
        return
    stocks: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        if part.watched.kind == "drain":
            stocks[part.watched.stock].append(part)
        elif part.watched.kind == "lag":
            yield from _lag(run, part)
    for group in stocks.values():
        yield from _drained(run, group)


def _lag(run: IntendedRun, part: Part) -> Iterator[Remark]:
    """A fixed delay lasts for at least one time step."""
    step = run.grid.time_step
    lags = part.column(0).min(axis=0)
    short = np.flatnonzero(lags < step * (1.0 - SLACK))
    if len(short):
        delay = float(lags[short[0]])
        acts = lag(delay, step) * step
        what = f"a fixed delay of {delay:.6g}, shorter than TIME STEP {step:.6g}: "
        what += f"it delays by {acts:.6g}{_more(len(short) - 1)}"
        hint = f"give a time step of at most {delay:.6g}" if delay > 0.0 else ""
        yield Remark("delay", part.watched, place_of(part, int(short[0])), what, hint)


def _drained(run: IntendedRun, parts: Sequence[Part]) -> Iterator[Remark]:
    """The worst label of one stock that loses more than itself."""
    step = run.grid.time_step
    shares = [_shares(part) * step for part in parts]
    if sum(float(share.max()) for share in shares) <= 1.0 + SLACK:
        return
    total: dict[int, Reals] = {}
    losses: dict[int, list[_Loss]] = defaultdict(list)
    for part, of_part in zip(parts, shares, strict=True):
        for column, place in enumerate(part.numbers[0, 0, :, PLACE].astype(int).tolist()):
            share = of_part[:, column]
            total[place] = total.get(place, np.zeros(len(share))) + share
            worst = int(share.argmax())
            time, factor = part.column(2)[worst, column], part.column(1)[worst, column]
            losses[place].append(
                _Loss(part, place, float(share[worst]), float(time), float(factor))
            )
    over = {p: float(t.max()) for p, t in total.items() if t.max() > 1.0 + SLACK}
    if over:
        place = max(over, key=lambda p: over[p])
        loss = max(losses[place], key=lambda one: one.share)
        yield _told(run, loss, over[place], _more(len(over) - 1))


def _shares(part: Part) -> Reals:
    """What each label of a stock loses of itself per unit of time: (states, labels)."""
    sign, factor, time = (part.column(k) for k in range(3))
    with np.errstate(all="ignore"):
        lost: Reals = np.nan_to_num(-sign * factor / time, nan=0.0)
    # a delay of no time, or of less, loses all at once; a share that a stock gains is none
    return np.where(time <= 0.0, math.inf, lost) if part.watched.delay else lost


def _told(run: IntendedRun, loss: _Loss, share: float, more: str) -> Remark:
    """The warning about a stock. share: what it loses per time step, by all of its parts."""
    step, watched = run.grid.time_step, loss.part.watched
    grows = share > _BOUNDED[run.integrator] * (1.0 + SLACK)
    effect = "it swings ever wider" if grows else "it overshoots"
    if run.integrator == "rk4" and not grows:
        effect = "it is inaccurate"
    enough = step / share
    hints = [f"a time step of at most {enough:.6g}"] if enough > 0.0 else []
    place = loss.place if watched.rounds > 1 else -1
    if watched.delay:
        stages = f" in {loss.stages:g} stages" if loss.stages > 1.0 else ""
        what = f"{watched.delay} over {loss.lasts:.6g}{stages}, too short for TIME STEP "
        what += f"{step:.6g}: {effect}{more}"
        hints.append(f"a time of at least {loss.stages * step:.6g}")
        return Remark("delay", watched, place, what, f"give {', or '.join(hints)}")
    lasts = loss.lasts / loss.stages
    what = f'moves "{watched.what}" with a time constant of {lasts:.6g}, '
    what += f"shorter than TIME STEP {step:.6g}: "
    if loss.share <= 1.0 + SLACK:
        what = f'with its other outflows, takes more than all of "{watched.what}" in a TIME STEP '
        what += f"of {step:.6g}: "
    hint = f"give {hints[0]}" if hints else ""
    return Remark("delay", watched, place, f"{what}{effect}{more}", hint)


def _more(labels: int) -> str:
    does = "does" if labels == 1 else "do"
    return f" (so {does} {counted(labels, 'other label')})" if labels else ""
