"""The confidence interval of a share that is counted in draws."""

from __future__ import annotations

import math

# two-sided 95 percent
_QUANTILE = 1.959963984540054


def wilson(count: float, total: float) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927); from 0 to 1 where nothing is drawn.

    count, total: of independent draws, or effective ones, which need not be whole.
    """
    if total == 0:
        return 0.0, 1.0
    z2, share = _QUANTILE**2, count / total
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = (
        _QUANTILE
        / (1 + z2 / total)
        * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    )
    # a count of none or all has an exact end, which rounding would hide
    return (
        0.0 if count == 0 else max(0.0, middle - half),
        1.0 if count == total else min(1.0, middle + half),
    )
