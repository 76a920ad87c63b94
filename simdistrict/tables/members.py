"""Members of an ensemble: the design, their values by name, what is saved of them.

Runs and stores nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.random_numbers import shuffled
from simdistrict.model.expr import fold
from simdistrict.model.model import Model
from simdistrict.result.naming import Names, names_of

MEMBERS = 10_000
SEED = 7
_CHOICE = 1_000_003  # the random stream that chooses members to be run again


@dataclass(frozen=True, slots=True)
class Sampling:
    """The design that all ensembles of a study share.

    members: of a Latin hypercube; blocks: of a Saltelli design, a power of two.
    """

    members: int = MEMBERS
    blocks: int = 512
    seed: int = SEED

    def __str__(self) -> str:
        return (
            f"{self.members} members (Latin hypercube) and {self.blocks} blocks, seed {self.seed}"
        )

    def some(self, count: int, of: int) -> NDArray[np.int64]:
        """A fixed random choice of members in ascending order; all if there are fewer."""
        order = shuffled(np.arange(of, dtype=np.uint64), of, self.seed, _CHOICE)
        return np.sort(order[:count].astype(np.int64))


@dataclass(frozen=True, slots=True)
class Variant:
    """A scenario with constants set on top: `"NAME=VALUE"`."""

    scenario: str
    sets: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.scenario, *self.sets))


@dataclass(frozen=True)
class MemberRun:
    """Some elements at some times for many members of one scenario.

    values: folded name -> (members, years, *shape of the element).
    """

    model: Model
    years: Reals
    values: Mapping[str, Reals]

    @cached_property
    def names(self) -> Names:
        """Of the dimensions, by which labels are given."""
        return names_of(self.model)

    def series(self, element: str, **labels: str) -> Reals:
        """An element, (members, years, ...): dimensions without a label stay, in their order."""
        found = self.values[fold(element)]
        places: list[slice | int] = [slice(None), slice(None)]
        own = self.model[element]
        for dim, key in zip(own.dims, self.names.dims_of(own), strict=True):
            known = self.model.dims_by_name[fold(dim)].labels
            places.append(known.index(labels[key]) if key in labels else slice(None))
        return found[tuple(places)]

    def at(self, element: str, year: float, **labels: str) -> Reals:
        """An element at one time, (members, ...)."""
        (place,) = np.nonzero(self.years == year)[0]
        return self.series(element, **labels)[:, place]


@dataclass(frozen=True)
class Kept:
    """What is saved of every member of a run.

    elements, years: what `reduce` reads; reduce: gives arrays whose first axis is the members;
    code: names of the modules, or paths of the files, in which it is written;
    method: of the design, `lhs` or `saltelli`; tells: what else determines the result of `reduce`;
    exchanged: constants whose numbers each member takes from the member after it, the last one
    from the first. Two members that share these, or all others, say what share of the variance
    goes with them.
    """

    elements: tuple[str, ...]
    years: tuple[float, ...]
    reduce: Callable[[MemberRun], dict[str, Reals]]
    code: Sequence[str | Path]
    method: str = "lhs"
    tells: str = ""
    exchanged: tuple[str, ...] = ()
