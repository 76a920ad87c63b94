"""Runs populations side by side: what they ask for at once goes to the density as one block."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Protocol, TypeVar

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem
from simdistrict.ensemble.cluster import ClusterTasks
from simdistrict.inference.density import Density

Out = TypeVar("Out")
# makes a generator that asks for log likelihoods of scores, (members, size) -> (members,)
Work = Callable[[], Generator[Reals, Reals, Out]]
# called with the log likelihoods of a block, as it is done
Seen = Callable[[Reals], None]


class Runner(Protocol):
    """Runs one piece of work of each population; the numbers do not depend on how."""

    def __call__(self, density: Density, work: Sequence[Work[Out]], seen: Seen) -> list[Out]:
        """The results in the order of the work."""
        ...


class Local:
    """Runs all populations in this process, step by step together.

    workers: cores for a block, default all.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers

    def __call__(self, density: Density, work: Sequence[Work[Out]], seen: Seen) -> list[Out]:
        """The results in the order of the work."""
        found: dict[int, Out] = {}
        asking = [make() for make in work]
        wanted: dict[int, Reals] = {}

        def go(k: int, answer: Reals | None) -> None:
            try:
                wanted[k] = next(asking[k]) if answer is None else asking[k].send(answer)
            except StopIteration as end:
                found[k] = end.value
                wanted.pop(k, None)

        for k in range(len(asking)):
            go(k, None)
        while wanted:
            several = dict(wanted)
            block = np.concatenate(list(several.values()))
            likelihood = likelihoods(density, block, self.workers)
            seen(likelihood)
            first = 0
            for k, own in several.items():
                go(k, likelihood[first : first + len(own)])
                first += len(own)
        return [found[k] for k in range(len(asking))]


def likelihoods(density: Density, scores: Reals, workers: int | None) -> Reals:
    """The log likelihoods; raises EngineError where one is infinite."""
    found = np.asarray(density.log_likelihood(scores, workers), float)
    if np.isnan(found).any():
        found = np.where(np.isnan(found), -np.inf, found)
    if found.max(initial=-np.inf) == np.inf:
        what = "the data have an infinite likelihood in some draws"
        hint = "an estimated scale that reaches zero does this: give it a prior away from zero"
        raise EngineError(Problem("likelihood", what, hint))
    return found


class OnCluster:
    """Runs each population as a task of a Dask cluster; a task uses one core.

    A population and the density travel as pickles between the processes of a command, as members
    of an ensemble do.
    """

    def __init__(self, tasks: ClusterTasks) -> None:
        self.tasks = tasks

    def __call__(self, density: Density, work: Sequence[Work[Out]], seen: Seen) -> list[Out]:
        """The results in the order of the work; the density is the one that the tasks share."""
        return self.tasks(alone, work)


def alone(density: Density, work: Work[Out]) -> Out:
    """One population by itself, on one core."""
    return Local(1)(density, [work], lambda _: None)[0]
