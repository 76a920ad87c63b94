"""Basins at several values of a constant, attractors matched from one value to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.base.wilson import wilson
from simdistrict.plot import MARKS, STYLES, Band, Line, Markers, Panel, Sheet
from simdistrict.regimes.numerics.basin import BasinsAlong, basins_along
from simdistrict.regimes.studies.basins import ENDS, BasinsStudy
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.drawing import Units, single, title
from simdistrict.regimes.studies.frozen_study import REST, Setup
from simdistrict.regimes.studies.study import Grid, option, variable
from simdistrict.regimes.studies.words import interval, settled
from simdistrict.result.dataset import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class BasinsAlongStudy(BasinsStudy):
    """Follow the flow from the same initial states at each value of a constant."""

    name = "basins along"

    along: Grid = option(
        "--along",
        Grid,
        "At so many values of a constant, attractors matched from one to the next.",
        varied=True,
    )

    def solve(self, setup: Setup) -> Result:
        low, high = setup.box(self.box)
        found = basins_along(
            setup.field,
            self.along.values,
            low,
            high,
            self.members,
            seed=self.seed,
            horizon=max(self.horizon, REST),
        )
        points, n, m = len(found.values), found.attractors, len(setup.field.names)
        members = len(found.basins[0].ids)
        ids = np.array([found.members(k) for k in range(points)], np.int32)
        lost = [int((row < 0).sum()) for row in ids]
        edges = np.array([wilson(count, members) for count in lost]).reshape(points, 2)
        name = setup.field.parameters[0].name
        own = _AttractorTable(setup, found, (points, n), m)
        dims, undecided = "point attractor", "share of initial states that are undecided"
        period = "of the cycle, 0 for an equilibrium; its state is the middle"
        variables = {
            "parameter": variable("point", found.values, name),
            "share": variable(dims, own.shares, "share of initial states"),
            "share_low": variable(dims, own.low, "lower end of the 95% interval"),
            "share_high": variable(dims, own.high, "upper end of the 95% interval"),
            "undecided": variable("point", [k / max(members, 1) for k in lost], undecided),
            "undecided_low": variable("point", edges[:, 0].copy()),
            "undecided_high": variable("point", edges[:, 1].copy()),
            "state": setup.states(own.states, dims),
            "period": variable(dims, own.periods, period),
            "initial_state": setup.states(found.basins[0].starts, "member"),
            "attractor_id": variable("point member", ids, ENDS),
            **setup.read(own.outputs, dims),
        }
        summary = (
            f"{n} attractors along {name} at {points} values, {members} initial states each; "
            f"at most {max(lost, default=0)} undecided"
        )
        return setup.result(variables, summary)

    def document(self, result: StudyData) -> dict[str, Any]:
        points = [
            {
                "parameter": value,
                "attractors": [
                    {
                        "id": i,
                        **result.share("share", (k, i)),
                        "period": result["period"][k, i],
                        **result.at((k, i)),
                    }
                    for i in np.flatnonzero(~np.isnan(result["period"][k]))
                ],
                "undecided": result["undecided"][k],
                "undecided_interval_95": result.share("undecided", k)["interval_95"],
            }
            for k, value in enumerate(result["parameter"])
        ]
        return {
            "parameter": result.long_name("parameter"),
            "members": result["attractor_id"].shape[1],
            "points": points,
        }

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        for point in found["points"]:
            parts = [f"{a['id']}: {interval(a, 3)} at {settled(a)}" for a in point["attractors"]]
            if point["undecided"]:
                ends = point["undecided_interval_95"]
                share = interval({"share": point["undecided"], "interval_95": ends}, 3)
                parts.append(f"undecided: {share}")
            yield f"{found['parameter']} = {point['parameter']:.6g}: {'; '.join(parts)}"

    def figure(self, result: StudyData) -> Sheet:
        """The share of each attractor with its interval."""
        x = result["parameter"]
        lines, bands = [], []
        for k in range(result["share"].shape[1]):
            there = np.isfinite(result["period"][:, k])
            share, low, high = (
                np.where(there, result[n][:, k], np.nan)
                for n in ("share", "share_low", "share_high")
            )
            style = STYLES[k % len(STYLES)]
            lines.append(Line(x, share, f"attractor {k}", style))
            bands.append(Band(x, low, high, "", style))
        lost = result["undecided"]
        some = lost > 0
        points = (Markers(x[some], lost[some], "undecided", MARKS[3], True),) if some.any() else ()
        panel = Panel(title(self, result), tuple(lines), points, bands=tuple(bands))
        name = Units(result).of(result.long_name("parameter"))
        note = f"{len(result['initial_state'])} initial states; band: interval of 95%."
        label = "share of initial states, dimensionless"
        return single(panel, x, (-0.02, 1.02), name, label, x_room=0.0, note=note)


class _AttractorTable:
    """Numbers of each attractor at each value; NaN, and shares of zero, where it is not."""

    def __init__(self, setup: Setup, found: BasinsAlong, shape: tuple[int, int], m: int) -> None:
        self.states = np.full((*shape, m), np.nan)
        self.outputs = np.full((*shape, len(setup.outputs)), np.nan)
        self.periods = np.full(shape, np.nan)
        self.shares, self.low, self.high = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for k, (value, here) in enumerate(zip(found.values, found.basins, strict=True)):
            parts = zip(found.ids[k], here.attractors, here.shares, here.intervals, strict=True)
            for own, attractor, share, ends in parts:
                self.states[k, own] = attractor.state
                self.periods[k, own] = attractor.period
                self.shares[k, own] = share
                self.low[k, own], self.high[k, own] = ends
                self.outputs[k, own] = setup.observe(attractor.state, (float(value),))
