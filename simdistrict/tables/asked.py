"""What is kept of the members of a scenario for claims: the numbers that their measures read.

Apart from the claims, so that a claim may change without members being run again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.members import Kept, MemberRun

# element, labels and times of what a claim reads
Asked = tuple[str, tuple[tuple[str, str], ...], tuple[float, ...]]


def numbers_asked(asked: Sequence[Asked]) -> Kept:
    """What some tests read of one scenario: (members, numbers), in the order asked."""

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
