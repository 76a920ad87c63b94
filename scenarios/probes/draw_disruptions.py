"""Draws the parts of the probe stochastic_disruptions; run it here to write them anew.

Disruptions of the far location come as a Poisson process, one in 3.7 years (McKinsey Global
Institute 2020), from 2025 to 2060. The loss of each is lognormal with a mean of .019 of a year's
cost and a spread of .8 of its logarithm (judgement), taken in a quarter of a year. Seed 7; PCG64.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

DRAWS, SEED = 10, 7
FIRST, LAST, INTERVAL = 2025.0, 2060.0, 3.7
MEAN_LOSS, SPREAD = 0.019, 0.8
# a step of the model's clock, and how long a disruption lasts: two of them
STEP, LENGTH = 0.125, 0.25
HEAD = """\
# yaml-language-server: $schema=../../../docs/schema/scenario.json
# written by draw_disruptions.py
title: Disruptions of the far location, draw {number}
why: >-
  One in 3.7 years by a Poisson process, loss lognormal around .019 of a year's cost
  (McKinsey Global Institute 2020; spread is judgement).
policies:
"""
POLICY = """\
  disruption {number}:
    start: {start!r}
    end: {end!r}
    set: {{"supply disruption[far]": {size:.3f}}}
"""


def text(number: int, random: np.random.Generator) -> str:
    """One draw as a part; what begins while another goes on adds to its loss."""
    time, losses = FIRST, dict[float, float]()
    middle = math.log(MEAN_LOSS) - SPREAD**2 / 2
    while (time := time + random.exponential(INTERVAL)) < LAST - LENGTH:
        loss = math.exp(middle + SPREAD * random.standard_normal())
        start = round(time / STEP) * STEP
        last = max(losses, default=FIRST - LENGTH)
        where = last if start < last + LENGTH else start
        losses[where] = losses.get(where, 0.0) + loss
    lines = [HEAD.format(number=number)]
    for start, loss in losses.items():
        size = min(loss / LENGTH, 0.95)
        end = start + LENGTH
        lines.append(POLICY.format(number=len(lines), start=start, end=end, size=size))
    return "".join(lines)


def texts() -> dict[str, str]:
    """All draws, by the name of their files."""
    random = np.random.Generator(np.random.PCG64(SEED))
    numbers = range(1, DRAWS + 1)
    return {f"disruptions_{number:02d}.yaml": text(number, random) for number in numbers}


if __name__ == "__main__":
    folder = Path(__file__).parent / "parts"
    for name, content in texts().items():
        (folder / name).write_text(content, encoding="utf-8")
