"""Regimes by thresholds: the first rule that holds names the regime, and none is a transition."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.numbers import real
from simdistrict.scenario.places import split_names

TRANSITION = "in transition"

_COMPARE: dict[str, Callable[[Any, float], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_NAME = r'"(?:\\.|[^"\\])*"(?:\[.*?\])?|.+?'
_CONDITION = re.compile(rf"^({_NAME})\s*(>=|<=|>|<)\s*([^<>=]+)$")


@dataclass(frozen=True, slots=True)
class Condition:
    """An element compared with a number."""

    name: str
    comparison: str
    threshold: float

    def holds(self, values: Any) -> Any:
        """Elementwise; false where there is no value."""
        return _COMPARE[self.comparison](values, self.threshold)

    def __str__(self) -> str:
        return f"{self.name} {self.comparison} {self.threshold:g}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A regime that is on where all conditions hold."""

    regime: str
    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        return f"{self.regime}: {', '.join(map(str, self.conditions))}"


def read_rules(texts: Sequence[str]) -> tuple[Rule, ...]:
    """Rules from `REGIME: NAME >= X, NAME < Y`. Raises ScenarioError with all bad ones."""
    rules, problems = [], []
    for text in texts:
        regime, _, rest = text.partition(":")
        conditions = _conditions(rest)
        if not regime.strip() or not conditions:
            hint = 'write "REGIME: ELEMENT >= 0.8, ELEMENT < 0.7"'
            problems.append(Problem("rules (--rule)", f'"{text}" is no rule', hint))
        rules.append(Rule(regime.strip(), conditions))
    if problems:
        raise ScenarioError(problems)
    return tuple(rules)


def read_conditions(text: str, flag: str) -> tuple[Condition, ...]:
    """Conditions from `NAME >= X, NAME < Y`, the value of an option. Raises ScenarioError."""
    conditions = _conditions(text)
    if not conditions:
        hint = 'write "ELEMENT >= 0.8, ELEMENT < 0.7"'
        raise ScenarioError(Problem(flag, f'"{text}" is no rule', hint))
    return conditions


def _conditions(text: str) -> tuple[Condition, ...]:
    """The conditions of a text; none where a part of it is no condition."""
    parts = [_CONDITION.match(part) for part in split_names(text)]
    found = [
        Condition(m[1].strip(), m[2], threshold)
        for m in parts
        if m is not None and (threshold := real(m[3])) is not None
    ]
    return tuple(found) if len(found) == len(parts) else ()
