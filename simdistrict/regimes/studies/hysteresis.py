"""A slow sweep of a constant up and down, again slower, and what kind of memory that shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.plot import STYLES, Block, Line, Panel, Sheet
from simdistrict.regimes.numerics.sweep import SPEEDS, hysteresis
from simdistrict.regimes.studies.data import StudyData, named
from simdistrict.regimes.studies.drawing import Units, span
from simdistrict.regimes.studies.frozen_study import REST, FrozenStudy, Setup
from simdistrict.regimes.studies.study import Interval, option, variable
from simdistrict.regimes.studies.words import MOST, number
from simdistrict.result.dataset import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class HysteresisStudy(FrozenStudy):
    """Sweep a constant.

    parameter: the constant; duration: of one way, in time units; speeds: multiples of the
    duration, ascending, the first is 1.
    """

    name = "hysteresis"
    example = "core --parameter tariff --from 0 --to 2 --duration 40"

    parameter: Interval = option(
        "--parameter",
        Interval,
        "The constant to sweep.",
        varied=True,
        ends=("Its lowest value.", "Its highest value."),
    )
    duration: float = option("--duration", float, "Of one way, in time units.", above=0)
    speeds: tuple[float, ...] = option(
        "--slower",
        float,
        "Repeat with this many times the duration (repeatable).",
        SPEEDS,
        count=0,
        above=1,
        shown=SPEEDS[1:],
        made=lambda slower: (1.0, *sorted(slower)),
    )

    def solve(self, setup: Setup) -> Result:
        found = hysteresis(
            setup.field,
            self.parameter.low,
            self.parameter.high,
            self.duration,
            start=setup.field.start(),
            time_step=setup.plan.grid.time_step,
            integrator="euler" if setup.plan.integrator == "euler" else "rk4",
            observe=setup.observe if setup.outputs else None,
            speeds=self.speeds,
            horizon=max(self.horizon, REST),
        )
        sweeps, dims = found.sweeps, "sweep step output"
        rounded = "of one way, before it was rounded to whole time steps"
        share = "area as a share of what the sweep moves the output by"
        name, area = setup.field.parameters[0].name, "mean distance between the ways"
        variables = {
            "duration": variable("sweep", [s.duration for s in sweeps], "of one way"),
            "duration_asked": variable("sweep", [s.asked for s in sweeps], rounded),
            "parameter": variable("step", sweeps[0].parameters, name),
            "up": variable(dims, [s.up for s in sweeps]),
            "down": variable(dims, [s.down for s in sweeps]),
            "area": variable("sweep output", [s.area for s in sweeps], area),
            "relative_area": variable("sweep output", [s.relative for s in sweeps], share),
        }
        return setup.result(
            variables,
            f"{found.verdict}: {found.why}",
            after={"verdict": found.verdict, "verdict_why": found.why},
            labels=setup.outputs or setup.field.names,
        )

    def document(self, result: StudyData) -> dict[str, Any]:
        names = result.labels("output")
        sweeps = [
            {
                "duration": duration,
                "duration_asked": result["duration_asked"][k],
                "area": named(names, result["area"][k]),
                "relative_area": named(names, result["relative_area"][k]),
                "up": result.outputs("up", k),
                "down": result.outputs("down", k),
            }
            for k, duration in enumerate(result["duration"])
        ]
        return {
            "parameter": {
                "name": result.long_name("parameter"),
                "values": result["parameter"],
            },
            "verdict": result.attr("verdict"),
            "why": result.attr("verdict_why"),
            "sweeps": sweeps,
        }

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        for s in found["sweeps"]:
            areas = ", ".join(
                f"{name} {number(area, 4)} ({number(s['relative_area'][name], 3)} of its span)"
                for name, area in list(s["area"].items())[:MOST]
            )
            real, wanted = s["duration"], s["duration_asked"]
            rounded = "" if real == wanted else f" ({wanted:.10g} in whole time steps)"
            yield f"{real:.10g} each way{rounded}: area {areas}"

    def figure(self, result: StudyData) -> Sheet:
        """One panel for each sweep, of the first output."""
        x = result["parameter"]
        up, down = result["up"][..., 0], result["down"][..., 0]
        units = Units(result)
        panels = tuple(
            Panel(
                " ".join(f"{duration:.10g} {units.of_time} each way".split()),
                (Line(x, up[k], "up", STYLES[0]), Line(x, down[k], "down", STYLES[1])),
            )
            for k, duration in enumerate(result["duration"])
        )
        ends = span(np.concatenate([up.ravel(), down.ravel()]))
        labels = units.of(result.long_name("parameter")), units.of(result.labels("output")[0])
        block = Block(panels, len(panels), *labels, x_range=span(x, 0.0), y_range=ends)
        return Sheet((block,))
