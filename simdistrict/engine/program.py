"""A model lowered to one source of ordered scalar operations on a flat vector.

`build.build` makes a Program; every backend runs it as its docstring states.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from simdistrict.engine.layout import Layout, Limits, Slot
from simdistrict.engine.watched import Watch


@dataclass(frozen=True)
class Program:
    """What a backend runs.

    source: Python text of six functions on the vector v (see layout.Layout; emit describes its
    form): once(v) computes what depends on constants alone; start(v) the initial values of stocks
    and held values; settle(v) what depends on constants and held values; derive(v) everything else
    and the net flow of every stock; switches(v, out, stop) appends the dates at which the
    right-hand side is discontinuous; margins(v, out) a number per SAMPLE IF TRUE that passes zero
    where its condition changes.

    v[0:4] are times, set by the integrator: t, of the evaluation; u, at which comparisons of
    Time with a fixed date are read; s, at which STEP and PULSE with fixed dates are read; m,
    the same for dates that move with the run. On a fixed grid u is the beginning of the present
    step, s and m its middle less v[6], which is Vensim's rule (Time + TIME STEP/2 > date) and keeps
    a switch at the end of a step out of that step. For an adaptive integrator u and s are the
    middle of the segment between two switches (u is t itself where a point is saved), and m is t.
    v[4] is 1 where the conditions of SAMPLE IF TRUE are evaluated and 0 where they keep their last
    value, inside a step. v[5] is the number of the time point at which the present step begins.
    v[6] is e, how far Time may be from a number and still be equal to it: numbers of the grid that
    a model computes have rounding errors. It is zero between the points of an adaptive integrator.

    order: folded names of the elements, causes first; origin: line of source -> element.
    constant, settled: folded names of what depends on constants alone, and of what never changes
    after the start; as long as no policy moves a constant. After a move, once and settle are due.
    has_switches: whether `switches` has any dates, which may depend on constants.
    shaping: folded names of the constants and stocks that decided how many stocks there are (the
    order of a DELAY N); a run that changes them needs another program.
    stepwise: the first element that is defined at time steps only (DELAY FIXED, RANDOM), or empty.
    watch: parts of equations that may do what nobody means, with their numbers.
    equalities: elements whose SAMPLE IF TRUE tests an equality, which has no margin.
    limits: the non-negative stocks, whose flows a loop limits once a step; limited: the first of
    them, or empty.
    """

    layout: Layout
    source: str
    order: tuple[str, ...]
    origin: Mapping[int, str]
    constant: frozenset[str]
    settled: frozenset[str]
    shaping: frozenset[str]
    stepwise: str
    equalities: tuple[str, ...]
    has_margins: bool
    has_switches: bool
    watch: Watch
    limits: Limits
    limited: str

    def __repr__(self) -> str:
        return f"<Program of {self.layout.values} numbers, {self.digest[:12]}>"

    def shown(self, name: str) -> Slot:
        """The slot of the values of an element, by folded name, that a run shows."""
        return self.limits.shown.get(name) or self.layout.slots[name]

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the source, under which compiled code is cached."""
        return hashlib.sha256(self.source.encode()).hexdigest()
