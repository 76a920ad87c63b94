"""Numbers saved per member for several tables.

A module of its own, so that a change of a table does not run members again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.members import Kept, MemberRun

END = 2060.0
HERE = (Path(__file__),)
LOOPS = ("home share", "relative output", "employment")
SENSITIVITY = ("home share", "relative employment", "completeness")
# floor of relative jobs, before the logarithm
FEWEST = 0.01
# a district survives with at least LEAST of its chain, its suppliers and its market
SURVIVAL = ("home share", "completeness", "relative output")
LEAST = 0.5


def loop_ends(run: MemberRun) -> dict[str, Reals]:
    """(members, districts, elements) in the last year."""
    return {"ends": np.stack([run.at(name, END) for name in LOOPS], axis=-1)}


def sensitivity_ends(run: MemberRun) -> dict[str, Reals]:
    """(members, districts, elements) in the last year, jobs by their logarithm."""
    ends = [run.at(name, END) for name in SENSITIVITY]
    ends[1] = np.log(np.maximum(ends[1], FEWEST))
    return {"ends": np.stack(ends, axis=-1)}


def home_and_survival(run: MemberRun) -> dict[str, Reals]:
    """(members, districts, 2) in the last year: the home share; one where a district survives."""
    found = np.stack([run.at(name, END) for name in SURVIVAL], axis=-1)
    alive = np.where(np.isnan(found).any(axis=-1), np.nan, (found >= LEAST).all(axis=-1))
    return {"ends": np.stack([found[..., 0], alive], axis=-1)}


def outcomes(exchanged: tuple[str, ...] = ()) -> Kept:
    """Home share and survival, of members that may have exchanged some of their constants."""
    return Kept(SURVIVAL, (END,), home_and_survival, HERE, tells="outcomes", exchanged=exchanged)


LOOP_ENDS = Kept(LOOPS, (END,), loop_ends, HERE, tells="loops")
SENSITIVITY_ENDS = Kept(
    SENSITIVITY, (END,), sensitivity_ends, HERE, method="saltelli", tells="sensitivity"
)
