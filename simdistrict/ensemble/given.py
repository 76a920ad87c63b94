"""Designs that were drawn elsewhere: a table of numbers, members x constants."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.engine.program import Program
from simdistrict.ensemble.blocks import Shape
from simdistrict.ensemble.prior import Prior, places_of
from simdistrict.model.model import Model
from simdistrict.scenario.places import split_name

METHOD = "given"
# the attribute of a result file that identifies the table; its numbers are the variable `design`
SHA256 = "design_sha256"


@dataclass(frozen=True, eq=False)
class GivenDesign:
    """Members x priors, as a `Design` has them, in memory.

    priors: what each column sets, with the smallest and the largest number of the column as its
    range; numbers: (members, priors).
    """

    priors: tuple[Prior, ...]
    numbers: Reals
    seed: int = 0
    method: str = METHOD
    shape: Shape = Shape()
    streams: tuple[int, ...] = ()

    @property
    def members(self) -> int:
        return len(self.numbers)

    @property
    def block(self) -> int:
        """Members per block: nothing is known of blocks."""
        return 1

    @property
    def sha256(self) -> str:
        """Of the names and the numbers."""
        names = "\0".join(prior.name for prior in self.priors).encode()
        return hashlib.sha256(names + b"\0" + self.numbers.tobytes()).hexdigest()

    def rows(self, first: int, last: int) -> Reals:
        """The values of the members `first` to `last`, exclusive."""
        return self.numbers[first:last].copy()

    def rows_of(self, members: Sequence[int]) -> Reals:
        """The values of any members."""
        return self.numbers[list(members)]

    def without(self, left_out: Sequence[int]) -> GivenDesign:
        """The design without some columns."""
        kept = [k for k in range(len(self.priors)) if k not in left_out]
        return GivenDesign(
            tuple(self.priors[k] for k in kept), np.ascontiguousarray(self.numbers[:, kept])
        )


def given_design(
    names: Sequence[str], numbers: Reals, model: Model, program: Program, where: str = "design"
) -> GivenDesign:
    """A design from the names of its columns and its numbers, (members, columns).

    names: constants, `NAME[LABEL]` for part of an array, `LOOKUP[x]` for the point of a lookup.
    Raises ScenarioError with every name that the model lacks, and where a number is not finite.
    """
    numbers = np.ascontiguousarray(numbers, float)
    if numbers.ndim != 2 or numbers.shape[1] != len(names) or 0 in numbers.shape:
        what = f"its shape is {numbers.shape}: it needs members x {len(names)} columns"
        raise ScenarioError(Problem(where, what, "give a row per member, a column per constant"))
    problems: list[Problem] = []
    priors: list[Prior] = []
    taken: dict[int, str] = {}
    for name, column in zip(names, numbers.T, strict=True):
        base, labels = split_name(name)
        found = places_of(base, ",".join(labels or ()), f'{where}, column "{name}"', model, program)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        spelled, places = found
        if not np.isfinite(column).all():
            member = int(np.flatnonzero(~np.isfinite(column))[0])
            what = f"the number of member {member} is {column[member]:g}"
            problems.append(Problem(f'{where}, column "{name}"', what, "give finite numbers"))
        if twice := next((taken[place] for place in places if place in taken), ""):
            what = f'it sets the same number as the column "{twice}"'
            problems.append(Problem(f'{where}, column "{name}"', what, "leave one of them out"))
        taken |= dict.fromkeys(places, name)
        low, high = float(column.min()), float(column.max())
        priors.append(Prior(spelled, places, low, low, high, METHOD))
    if problems:
        raise ScenarioError(problems)
    return GivenDesign(tuple(priors), numbers)
