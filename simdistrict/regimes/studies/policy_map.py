"""The attractor after a policy and its repeal, by dose and duration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.base.counts import counted
from simdistrict.plot import Sheet
from simdistrict.regimes.numerics.policies import policy_map
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.drawing import UNDECIDED, Units, plane
from simdistrict.regimes.studies.frozen_study import REST, FrozenStudy, Setup
from simdistrict.regimes.studies.study import Interval, option, variable
from simdistrict.regimes.studies.words import LONGER, settled
from simdistrict.result.dataset import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyMapStudy(FrozenStudy):
    """Hold a constant at a dose for a while, repeal that, and follow the flow.

    parameter: the constant, with the smallest and the largest dose; duration: the longest;
    doses, lengths: how many of each; settled: whether the policy begins in the attractor to
    which the state of the date leads, and not in that state.
    """

    name = "policy map"
    example = "core --parameter tariff --from 0 --to 2 --longest 80"

    parameter: Interval = option(
        *("--parameter", Interval, "The constant that policy moves."),
        varied=True,
        ends=("The smallest dose.", "The largest dose."),
    )
    duration: float = option("--longest", float, "The longest duration.", above=0)
    doses: int = option("--doses", int, "Number of doses.", 20, least=2)
    lengths: int = option("--durations", int, "Number of durations.", 20, least=1)
    settled: bool = option(
        *("--as-it-is", bool, "Begin in the state of the date, not where it leads.", True),
        shown=False,
        made=lambda as_it_is: not as_it_is,
    )

    def solve(self, setup: Setup) -> Result:
        field, ids = setup.field, "attractor after repeal, -1 for undecided"
        shortest = "shortest duration that ends elsewhere than no policy"
        found = policy_map(
            field,
            np.linspace(self.parameter.low, self.parameter.high, self.doses),
            self.duration * np.arange(1, self.lengths + 1) / self.lengths,
            start=field.start(),
            usual=field.values()[0],
            settled=self.settled,
            horizon=max(self.horizon, REST),
        )
        variables = {
            "attractor_id": variable("dose length", found.ids, ids, np.int32),
            "shortest": variable("dose", found.shortest, shortest),
            **setup.attractors(found.attractors),
            **setup.observed(found.attractors),
            "dose_value": variable("dose", found.doses, field.parameters[0].name),
            "length_value": variable("length", found.durations, "duration"),
        }
        n = len(found.attractors)
        crossed = int((~np.isnan(found.shortest)).sum())
        attractors = counted(n, "attractor")
        summary = (
            f"{attractors}; without a policy attractor {found.untouched}; "
            f"{crossed} of {counted(len(found.doses), 'dose')} lead elsewhere for some duration"
            if found.untouched >= 0
            else f"{attractors}; undecided: without a policy the flow settles on nothing"
        )
        return setup.result(variables, summary, after={"untouched": found.untouched})

    def document(self, result: StudyData) -> dict[str, Any]:
        return {
            "parameter": result.long_name("dose_value"),
            "doses": result["dose_value"],
            "durations": result["length_value"],
            "untouched": result.attr("untouched"),
            "attractor_id": result["attractor_id"],
            "shortest": result["shortest"],
            "attractors": [
                {"id": k, "period": period, **result.at(k)}
                for k, period in enumerate(result["period"])
            ],
        }

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        for a in found["attractors"]:
            yield f"attractor {a['id']}: {settled(a)}"
        if found["untouched"] < 0:
            yield f"what a policy changes cannot be said: {LONGER}"
            return
        rows = zip(found["doses"], found["shortest"], found["attractor_id"], strict=True)
        for dose, shortest, ids in rows:
            enough = "no duration is enough" if shortest is None else f"{shortest:g} is enough"
            undecided = sum(i < 0 for i in ids)
            rest = f", {undecided} of {len(ids)} are undecided" if undecided else ""
            yield f"{found['parameter']} = {dose:.6g}: {enough}{rest}"

    def figure(self, result: StudyData) -> Sheet:
        """Where each policy leads: as without one, elsewhere, undecided."""
        ids = result["attractor_id"].astype(np.int64)
        kinds = np.where(ids == int(result.attr("untouched")), 0, 3)
        kinds[ids < 0] = 2
        labels = ("the attractor without a policy", "", UNDECIDED, "another attractor")
        units = Units(result)
        names = units.time("duration"), units.of(result.long_name("dose_value"))
        return plane(self, result, ("length_value", "dose_value"), kinds, labels, names)
