"""Basins: the share of initial states that end in each attractor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.base.counts import counted
from simdistrict.regimes.numerics.basin import basins
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.frozen_study import REST, FrozenStudy, Setup
from simdistrict.regimes.studies.study import Interval, option, variable
from simdistrict.regimes.studies.words import LONGER, interval, settled
from simdistrict.result.dataset import Result

ENDS = "attractor in which the member ends, -1 for undecided"


def initial() -> Any:
    """The field for the box of initial states."""
    return option(
        "--initial",
        Interval,
        "Draw this stock (repeatable); the others start as they are. Default: draw all.",
        (),
        form="STOCK=LOW:HIGH",
        count=0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BasinsStudy(FrozenStudy):
    """Follow the flow from drawn initial states.

    box: the stocks that are drawn, all where there are none; members: number of initial states.
    """

    name = "basins"
    example = 'core --initial "home experience=0.01:1" --members 200'

    box: tuple[Interval, ...] = initial()
    members: int = option("--members", int, "Initial states.", least=1)

    def solve(self, setup: Setup) -> Result:
        field, dims = setup.field, "attractor"
        low, high = setup.box(self.box)
        horizon = max(self.horizon, REST)
        found = basins(
            field, field.values(), low, high, self.members, seed=self.seed, horizon=horizon
        )
        variables = {
            **setup.attractors(found.attractors),
            "share": variable(dims, found.shares, "share of initial states"),
            "share_low": variable(dims, [a for a, _ in found.intervals]),
            "share_high": variable(dims, [b for _, b in found.intervals]),
            "initial_state": setup.states(found.starts, "member"),
            "attractor_id": variable("member", found.ids, ENDS, np.int32),
            **setup.observed(found.attractors),
        }
        undecided = int((found.ids < 0).sum())
        summary = (
            f"{counted(len(found.attractors), 'attractor')} of "
            f"{counted(len(found.ids), 'initial state')}, "
            f"{undecided} of them undecided"
        )
        return setup.result(variables, summary)

    def document(self, result: StudyData) -> dict[str, Any]:
        found = [
            {"id": k, **result.share("share", k), "period": period, **result.at(k)}
            for k, period in enumerate(result["period"])
        ]
        ids = result["attractor_id"]
        return {"attractors": found, "members": len(ids), "undecided": (ids < 0).sum()}

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        for a in found["attractors"]:
            yield f"{interval(a, 3)} end in {a['id']}: {settled(a)}"
        if found["undecided"]:
            yield f"{found['undecided']} of {found['members']} settle on nothing: {LONGER}"
