"""A map against its model: which arrows there are, their signs, and the polarity of its loops.

An arrow is there where a path of the model leads from one variable to another without passing a
third variable of the map. Its sign is that of the answer when the first is moved a little and all
others are held on their path (`opened`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.cache import cached
from simdistrict.base.errors import ModelError, Problem
from simdistrict.maps.opened import OpenedRun
from simdistrict.maps.values import ModelMap
from simdistrict.model.expr import fold, references
from simdistrict.model.model import Model
from simdistrict.run.plan import Plan, constants_of, moves_of

# an answer has a sign where this share of it, or more, goes one way
CLEAR = 0.9
# answers below this are rounding, relative to the strongest answer of a variable
ROUNDING = 1e-7
# weaker answers are not missed on a map, relative to the strongest answer of a variable
WEAK = 0.1


@dataclass(frozen=True, slots=True)
class Influence:
    """An arrow of the model between two variables of a map.

    sign: `+`, `-`, `?` where it goes both ways, or empty where the run does not show it; one_way:
    the share of the answer that has the sign; strength: relative to the strongest influence on
    the target.
    """

    source: str
    target: str
    sign: str
    one_way: float
    strength: float


@dataclass(frozen=True, slots=True)
class CheckedLoop:
    """A loop of a map: as stated, and what the signs of its arrows make it, `?` if unclear."""

    name: str
    stated: str
    found: str


@dataclass(frozen=True, slots=True)
class MapCheck:
    """What a check of a map found.

    influences: all of the model between the variables of the map; stated: those of the map;
    lacking: arrows of the map that the model does not have; left_out: clear influences that the
    map does not show, strongest first; loops: their polarities.
    """

    influences: tuple[Influence, ...]
    stated: tuple[Influence, ...]
    lacking: tuple[tuple[str, str], ...]
    left_out: tuple[Influence, ...]
    loops: tuple[CheckedLoop, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """What makes the map wrong, in words; empty where it is right."""
        found = [f'the model has no path from "{a}" to "{b}"' for a, b in self.lacking]
        for loop in self.loops:
            if loop.found not in ("?", loop.stated):
                found.append(f'the loop "{loop.name}" is {loop.found}, and not {loop.stated}')
        return tuple(found)

    def sign(self, source: str, target: str) -> str:
        """The sign of an arrow, empty where it is unclear."""
        for one in self.influences:
            if (one.source, one.target) == (source, target):
                return one.sign if one.sign in ("+", "-") else ""
        return ""


@dataclass(frozen=True, slots=True)
class _Kept:
    """Influences as cached."""

    influences: tuple[Influence, ...]


def check_map(of: ModelMap, plan: Plan) -> MapCheck:
    """Hold a map against the model of a plan, in whose run the signs are measured.

    One run for each variable; what they show is kept in the cache.
    """
    influences = influences_of(of, plan)
    by_pair = {(i.source, i.target): i for i in influences}
    stated = tuple(by_pair[pair] for pair in of.pairs if pair in by_pair)
    lacking = tuple(pair for pair in of.pairs if pair not in by_pair)
    left = [
        i
        for pair, i in by_pair.items()
        if pair not in of.pairs and i.sign in ("+", "-") and i.strength >= WEAK
    ]
    loops = tuple(
        CheckedLoop(loop.name, loop.polarity, _polarity(loop.arrows, by_pair)) for loop in of.loops
    )
    left.sort(key=lambda i: -i.strength)
    return MapCheck(influences, stated, lacking, tuple(left), loops)


def influences_of(of: ModelMap, plan: Plan) -> tuple[Influence, ...]:
    """All influences of the model between the variables of a map."""
    return cached(_Kept, _content(of, plan), lambda: _Kept(tuple(_influences(of, plan)))).influences


def refuse(of: ModelMap, found: MapCheck) -> None:
    """Raise ModelError where the map states what the model does not have."""
    if found.wrong:
        hint = "state the arrows of the model, or mend the model"
        raise ModelError([Problem(of.where, what, hint) for what in found.wrong])


def _content(of: ModelMap, plan: Plan) -> str:
    variables = [(v.key, v.name, v.places) for v in of.variables]
    numbers = (constants_of(plan), moves_of(plan), plan.grid)
    return repr((variables, plan.prepared.model.sha256, numbers))


def _polarity(
    arrows: tuple[tuple[str, str], ...], found: Mapping[tuple[str, str], Influence]
) -> str:
    signs = [found[pair].sign if pair in found else "?" for pair in arrows]
    if any(sign not in ("+", "-") for sign in signs):
        return "?"
    return "R" if prod(1 if sign == "+" else -1 for sign in signs) > 0 else "B"


def _influences(of: ModelMap, plan: Plan) -> Iterator[Influence]:
    model = plan.prepared.model
    paths = paths_of(model, of)
    run = OpenedRun(plan, of.variables)
    answers = {v.key: run.answer(v) for v in of.variables}
    strongest = {
        v.key: max(_size(answers[w.key][v.key]) for w in of.variables if w is not v)
        for v in of.variables
    }
    for source, target, certain in paths:
        values = answers[source][target]
        size, most = _size(values), strongest[target]
        strength = size / most if most > 0 else 0.0
        if strength < ROUNDING:
            if certain:
                yield Influence(source, target, "", 0.0, 0.0)
            continue
        up = float(np.maximum(values, 0).mean()) / size
        sign = "+" if up >= CLEAR else "-" if up <= 1 - CLEAR else "?"
        yield Influence(source, target, sign, max(up, 1 - up), strength)


def _size(answer: Reals) -> float:
    return float(np.abs(answer).mean()) if answer.size else 0.0


def paths_of(model: Model, of: ModelMap) -> list[tuple[str, str, bool]]:
    """Pairs of variables with a path that passes no third variable of the map.

    Third in a pair: whether the path is certain. It is not where a variable of the map, or what the
    path passes, is some labels of an element only; then the run decides. Initial values of stocks
    are no causes.
    """
    shown: dict[str, set[int]] = {}
    for v in of.variables:
        shown.setdefault(v.name, set()).update(v.places)
    sizes = {name: prod(model.shape(model.by_name[name])) for name in shown}
    partly = {name for name, places in shown.items() if len(places) < sizes[name]}
    some_labels = {v.key for v in of.variables if len(v.places) < sizes[v.name]}
    users: dict[str, set[str]] = {}
    for element in model:
        for equation in element.equations:
            for ref in references(equation.expression):
                users.setdefault(ref.name, set()).add(fold(element.name))
    found: list[tuple[str, str, bool]] = []
    for v in of.variables:
        certain = _reached(v.name, users, set(shown))
        possible = _reached(v.name, users, set(shown) - partly)
        found += [
            (v.key, w.key, w.name in certain and not {v.key, w.key} & some_labels)
            for w in of.variables
            if w.name in possible and w is not v
        ]
    return found


def _reached(start: str, users: Mapping[str, set[str]], stops: set[str]) -> set[str]:
    """What depends on an element, up to where a path stops."""
    seen: set[str] = set()
    todo = list(users.get(start, ()))
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            if name not in stops:
                todo += users.get(name, ())
    return seen
