"""Runs at random corners of all stated ranges, and at points inside them.

Draws are seeded; a failing point is reduced to the few values that make it fail.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.behaviour.checks import Finding
from simdistrict.behaviour.conditions import outside
from simdistrict.behaviour.runs import AS_IS, Runs, bracket
from simdistrict.model.expr import fold
from simdistrict.model.model import CONTROL, Constant, Model, constant_values
from simdistrict.scenario import Change
from simdistrict.scenario.places import flat_place

# digits of a value inside a range, so that it can be typed
DIGITS = 4
# at most this many failing points are reduced: one fault often makes many fail
REDUCED = 3


@dataclass(frozen=True, slots=True)
class _RangedPlace:
    """One number of a constant with its range. text: as a user would write it."""

    element: str
    place: int
    text: str
    low: float
    high: float


def corners(runs: Runs, count: int, seed: int) -> Iterator[Finding]:
    """`count` random corners of all stated ranges, and as many random points inside them.

    Every number of every constant with a closed range is drawn independently, levers included,
    except those that the checks file keeps: dependent values, such as shares that sum to one.
    The run must complete, every value be finite, no stock be negative, every bound hold.
    """
    kept = {(term.element, place) for term in runs.statements.kept for place in term.places}
    usual, _ = runs.as_is()
    wrong = [*runs.tell("corners", AS_IS, usual), *outside(runs, usual, "corners", AS_IS)]
    if wrong or any(runs.flaws(usual)):
        # every point would fail alike
        yield from wrong
        return
    free = [f for f in _free(runs.model) if (f.element, f.place) not in kept]
    failed = 0
    seen: set[tuple[str, ...]] = set()
    for k in range(2 * count if free else 0):
        corner = k < count
        kind = f"{'corner' if corner else 'inner point'} {k % count + 1} of seed {seed}"
        drawn = _drawn(free, np.random.default_rng([seed, k]), corner=corner)
        if not _faults(runs, drawn, kind):
            continue
        failed += 1
        if failed > REDUCED:
            continue
        least = _reduced(drawn, lambda some, kind=kind: bool(_faults(runs, some, kind)))  # type: ignore[misc]
        sets = " ".join(f'--set "{c.text}={c.value!r}"' for c in least)
        for finding in _faults(runs, least, f"in {kind}; reproduce with {sets}"):
            if (finding.element, *(c.text for c in least)) not in seen:
                seen.add((finding.element, *(c.text for c in least)))
                yield finding
    if failed > REDUCED:
        what = f"{failed} of {2 * count} points fail; the first {REDUCED} are reported"
        yield runs.finding("corners", "", what)


def _free(model: Model) -> Iterator[_RangedPlace]:
    """Every number with a closed range, in the order of the file."""
    for element in model:
        low, high = element.range.low, element.range.high
        name = fold(element.name)
        if not isinstance(element, Constant) or name in CONTROL or low is None or high is None:
            continue
        if not math.isfinite(high - low):
            continue
        shape = model.shape(element)
        for position in constant_values(model, element):
            place = flat_place(position, shape)
            labels = bracket(model, tuple(map(fold, element.dims)), place)
            yield _RangedPlace(name, place, f"{element.name}{labels}", low, high)


def _drawn(
    free: Sequence[_RangedPlace], random: np.random.Generator, *, corner: bool
) -> list[Change]:
    shares = random.integers(0, 2, len(free)) if corner else random.random(len(free))
    changes = []
    for place, share in zip(free, shares, strict=True):
        value = place.low + float(share) * (place.high - place.low)
        if not corner:
            value = min(max(float(f"{value:.{DIGITS}g}"), place.low), place.high)
        value = place.high if corner and share else value
        changes.append(Change(place.element, (place.place,), value, place.text))
    return changes


def _faults(runs: Runs, changes: Sequence[Change], name: str) -> list[Finding]:
    run, _ = runs.changed(changes)
    found = [
        runs.finding("corners", flaw.element, f"{flaw.what} ({name})", runs.weight(flaw))
        for flaw in runs.flaws(run)
    ]
    return found or list(outside(runs, run, "corners", name))


def _reduced(changes: list[Change], fails: Callable[[list[Change]], bool]) -> list[Change]:
    """A minimal subset of the changes that still fails.

    Tests whole constants, then single numbers; large groups first, so that irrelevant changes
    cost few runs.
    """
    by_constant = [list(g) for _, g in itertools.groupby(changes, lambda c: c.element)]
    kept = _least(by_constant, fails)
    return [c for group in _least([[c] for g in kept for c in g], fails) for c in group]


def _least(groups: list[list[Change]], fails: Callable[[list[Change]], bool]) -> list[list[Change]]:
    size = len(groups)
    while size >= 1:
        start = 0
        while start < len(groups):
            rest = groups[:start] + groups[start + size :]
            if fails([c for group in rest for c in group]):
                groups = rest
            else:
                start += size
        size //= 2
    return groups
