"""Claims over many members: save what their measures read, then evaluate them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.asked import numbers_asked
from simdistrict.tables.evidence import Claim, Measure, Need, needs
from simdistrict.tables.members import Kept, Variant

Key = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class MemberRuns:
    """Runs of some members of many scenarios, as `evidence.ScenarioRuns` needs them.

    values: scenario, element and labels -> years, and numbers (members, years).
    """

    members: int
    values: Mapping[Key, tuple[Reals, Reals]]

    def at(self, scenario: str, element: str, year: float, **labels: str) -> Reals:
        """See `evidence.ScenarioRuns`."""
        years, numbers = self.values[scenario, element, tuple(sorted(labels.items()))]
        return numbers[:, np.flatnonzero(years == year)[0]]

    def series(self, scenario: str, element: str, first: int, last: int, **labels: str) -> Reals:
        """See `evidence.ScenarioRuns`."""
        years, numbers = self.values[scenario, element, tuple(sorted(labels.items()))]
        return numbers[:, (years >= first) & (years <= last)]


def kept_by_scenario(claims: Sequence[Claim]) -> dict[str, tuple[tuple[Need, ...], Kept]]:
    """For each scenario that the claims read: the needs, and what to save per member."""
    by_scenario: dict[str, list[Need]] = {}
    for need in needs(claims):
        by_scenario.setdefault(need.scenario, []).append(need)
    return {
        name: (tuple(own), numbers_asked([(n.element, n.labels, n.years) for n in own]))
        for name, own in by_scenario.items()
    }


def runs_of(
    kept: Mapping[str, tuple[tuple[Need, ...], Kept]], numbers: Mapping[str, Reals]
) -> MemberRuns:
    """Runs from the saved numbers of each scenario, (members, numbers)."""
    values: dict[Key, tuple[Reals, Reals]] = {}
    for scenario, (own, _) in kept.items():
        at = 0
        for need in own:
            years = np.array(need.years)
            block = numbers[scenario][:, at : at + len(years)]
            values[scenario, need.element, need.labels] = years, block
            at += len(years)
    return MemberRuns(len(next(iter(numbers.values()))), values)


def evaluated(
    claims: Sequence[Claim], chunks: Callable[[Variant, Kept], Iterable[Reals]]
) -> dict[tuple[str, int], Reals]:
    """Claim and number of the measure -> its values, over all members of all chunks.

    chunks: yields the saved numbers of a scenario, the same members for every scenario.
    """
    kept = kept_by_scenario(claims)
    parts: dict[tuple[str, int], list[Reals]] = {}
    sources = [iter(chunks(Variant(name), own)) for name, (_, own) in kept.items()]
    for found in zip(*sources, strict=True):
        runs = runs_of(kept, dict(zip(kept, found, strict=True)))
        # NaN marks members that ended early or have no case
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            for claim, k, measure in measures(claims):
                parts.setdefault((claim.id, k), []).append(measure.value(runs))
    return {key: np.concatenate(values) for key, values in parts.items()}


def measures(claims: Sequence[Claim]) -> Iterator[tuple[Claim, int, Measure]]:
    """Every measure with its claim and its index there."""
    for claim in claims:
        for k, measure in enumerate(claim.measures):
            yield claim, k, measure
