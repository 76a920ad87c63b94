"""The stable equilibria over two constants, and in how many of them a rule holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.counts import counted
from simdistrict.model.expr import fold
from simdistrict.plot import FILLS, Sheet
from simdistrict.regimes.numerics.regime_map import RegimeMap, regime_map
from simdistrict.regimes.rules import Condition, read_conditions
from simdistrict.regimes.studies.basins import initial
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.drawing import UNDECIDED, Units, plane
from simdistrict.regimes.studies.frozen_study import REST, FrozenStudy, Setup
from simdistrict.regimes.studies.study import Grid, Interval, option, variable
from simdistrict.result.dataset import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeMapStudy(FrozenStudy):
    """Follow the flow from the same initial states at each pair of values of two constants.

    box: the stocks that are drawn, all where there are none; members: number of initial states;
    rule: conditions on elements, as `rules.read_conditions` reads them.
    """

    name = "regime map"
    example = 'core --along "tariff=0:2:50" --along "cost ratio=1:2:50"'

    along: tuple[Grid, Grid] = option(
        "--along",
        Grid,
        "The two constants, and how many values of each (give it twice).",
        count=2,
        varied=True,
    )
    box: tuple[Interval, ...] = initial()
    members: int = option("--members", int, "Initial states.", 4, least=2)
    rule: str = option(
        *("--where", str, "Count the equilibria in which this holds.", ""),
        form='"NAME >= X, ..."',
    )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of the rule."""
        return read_conditions(self.rule, "--where") if self.rule else ()

    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.outputs, *(c.name for c in self.conditions))))

    def mapped(self, setup: Setup) -> RegimeMap:
        """The states of rest at each pair of values."""
        low, high = setup.box(self.box)
        return regime_map(
            setup.field,
            self.along[0].values,
            self.along[1].values,
            low,
            high,
            self.members,
            seed=self.seed,
            horizon=max(self.horizon, REST),
        )

    def solve(self, setup: Setup) -> Result:
        found = self.mapped(setup)
        one, two = (p.name for p in setup.field.parameters)
        dims, read = "first second", outputs_of(setup, found)
        reached, lost = "states of rest that were reached", found.undecided
        variables = {
            "first_value": variable("first", found.first, one),
            "second_value": variable("second", found.second, two),
            "worlds": variable(dims, found.worlds, reached, np.int32),
            "undecided": variable(
                dims, lost, "initial states from which none was reached", np.int32
            ),
            "state": setup.states(found.states, f"{dims} world"),
            "initial_state": setup.states(found.starts, "member"),
            **setup.read(read, f"{dims} world"),
        }
        counts = {k: int((found.worlds == k).sum()) for k in range(int(found.worlds.max()) + 1)}
        parts = ", ".join(f"{n} of them with {k}" for k, n in counts.items() if n)
        summary = f"worlds at {found.worlds.size} pairs of values: {parts}"
        if self.rule:
            name = f"states of rest in which {self.rule_text}"
            variables["held"] = variable(dims, self.held(setup, read), name, np.int32)
        return setup.result(variables, summary)

    @property
    def rule_text(self) -> str:
        """The conditions as they are shown."""
        return ", ".join(map(str, self.conditions))

    def held(self, setup: Setup, read: Reals) -> Reals:
        """The number of equilibria in which all conditions hold, for each pair of values."""
        names = [fold(name) for name in setup.outputs]
        holds = np.ones(read.shape[:3], bool)
        for condition in self.conditions:
            with np.errstate(invalid="ignore"):
                holds &= condition.holds(read[..., names.index(fold(condition.name))])
        found: Reals = holds.sum(axis=2)
        return found

    def document(self, result: StudyData) -> dict[str, Any]:
        found = {
            "parameters": [result.long_name("first_value"), result.long_name("second_value")],
            "values": [result["first_value"], result["second_value"]],
            "worlds": result["worlds"],
            "undecided": result["undecided"],
            "members": len(result["initial_state"]),
            "outputs": result.outputs("value", ...),
        }
        if "held" in result:
            found |= {"held": result["held"], "rule": self.rule_text}
        return found

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        for name, values in zip(found["parameters"], found["values"], strict=True):
            between = f"{values[0]:.6g} to {values[-1]:.6g}"
            yield f"{name}: {counted(len(values), 'value')} from {between}"
        lost = sum(n > 0 for row in found["undecided"] for n in row)
        if lost:
            yield f"at {lost} pairs some of the {found['members']} initial states are undecided"
        if "rule" in found:
            worlds, held = (np.array(found[key]) for key in ("worlds", "held"))
            some = worlds > 0
            every, none = (int((some & own).sum()) for own in (worlds == held, held == 0))
            rest = int(some.sum()) - every - none
            where = f"at {every} pairs in every world, at {rest} in some, at {none} in none"
            yield f"{found['rule']}: {where}"

    def figure(self, result: StudyData) -> Sheet:
        """The number of equilibria, or in how many of them the rule holds."""
        worlds = result["worlds"].astype(np.int64)
        labels: tuple[str, ...]
        if "held" in result:
            held = result["held"]
            kinds = np.where(held == 0, 0, np.where(held < worlds, 1, 3))
            kinds[worlds == 0] = 2
            labels = (
                f"{self.rule_text}: in no equilibrium",
                "in some equilibria",
                UNDECIDED,
                "in every equilibrium",
            )
        else:
            most = len(FILLS) - 1
            kinds = np.minimum(worlds, most)
            names = [_equilibria(k) for k in range(1, most)]
            labels = (UNDECIDED, *names, f"{most} equilibria or more")
        units = Units(result)
        axes = units.of(result.long_name("first_value")), units.of(result.long_name("second_value"))
        return plane(self, result, ("first_value", "second_value"), kinds.T, labels, axes)


def _equilibria(count: int) -> str:
    return "1 equilibrium" if count == 1 else f"{count} equilibria"


def outputs_of(setup: Setup, found: RegimeMap) -> Reals:
    """The outputs of every equilibrium, NaN where there are fewer."""
    shape = (*found.worlds.shape, found.states.shape[2])
    read = np.full((*shape, len(setup.outputs)), np.nan)
    if setup.outputs:
        for i, j, k in np.ndindex(*shape):
            if not np.isnan(found.states[i, j, k, 0]):
                pair = (float(found.first[i]), float(found.second[j]))
                read[i, j, k] = setup.observe(found.states[i, j, k], pair)
    return read
