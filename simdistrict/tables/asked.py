"""Numbers saved per member for claims: those that their measures read.

A module of its own, so that a change of a claim does not run members again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.members import Kept, MemberRun

# element, labels and times of what a claim reads
Asked = tuple[str, tuple[tuple[str, str], ...], tuple[float, ...]]


def numbers_asked(asked: Sequence[Asked]) -> Kept:
    """Numbers of one scenario, (members, numbers), in the order of the request."""

    def reduce(run: MemberRun) -> dict[str, Reals]:
        parts = []
        for element, labels, years in asked:
            series = run.series(element, **dict(labels))
            parts.append(series[:, np.isin(run.years, years)])
        return {"numbers": np.concatenate(parts, axis=1)}

    return Kept(
        tuple(dict.fromkeys(element for element, _, _ in asked)),
        tuple(sorted({year for _, _, years in asked for year in years})),
        reduce,
        ("simdistrict.tables.asked",),
        tells=repr(asked),
    )
