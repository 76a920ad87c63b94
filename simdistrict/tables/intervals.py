"""Intervals over members, and tests of committed statistics against members that are run again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.numbers import real
from simdistrict.tables.compare import Discrepancy

LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95
# false alarms per cell; there are some ten thousand cells
DOUBT = 1e-9


def interval(values: Reals) -> tuple[float, float, float]:
    """Median, 5% and 95% quantile of the finite values; NaN if there are none."""
    good = values[np.isfinite(values)]
    if not len(good):
        return math.nan, math.nan, math.nan
    low, middle, high = np.quantile(good, (LOW, MIDDLE, HIGH))
    return float(middle), float(low), float(high)


def doubted_quantiles(
    where: str,
    cells: Mapping[str, tuple[str, float]],
    values: Reals,
    unit: Callable[[float], float],
) -> Iterator[Discrepancy]:
    """Cells that cannot be quantiles of the population that the values are drawn from.

    cells: name of the column -> the cell as it is printed, and the share of the quantile; unit:
    of the last digit of a printed number.
    """
    good = values[np.isfinite(values)]
    for column, (cell, share) in cells.items():
        shown = _number(cell)
        if shown is None:
            if cell or len(good):
                yield Discrepancy(f"{where} {column}", cell, "a number")
        elif quantile_is_doubtful(shown, good, share, unit(shown)):
            near = f"near {np.quantile(good, share):.4g}"
            yield Discrepancy(f"{where} {column}", cell, near)


def doubted_share(
    where: str, column: str, cell: str, flags: Reals, unit: float
) -> Iterator[Discrepancy]:
    """The cell, if it cannot be the share of flags that are one."""
    good = flags[np.isfinite(flags)]
    shown = _number(cell)
    if shown is None:
        yield Discrepancy(f"{where} {column}", cell, "a number")
    elif len(good) and share_is_doubtful(shown, int(good.sum()), len(good), unit):
        yield Discrepancy(f"{where} {column}", cell, f"near {good.mean():.3f}")


def quantile_is_doubtful(shown: float, values: Reals, share: float, unit: float) -> bool:
    """Whether a printed quantile is next to impossible given some members.

    values: of the members; share: of the quantile; unit: of the last printed digit. True if so
    many of them lie below, or above, that chance explains it once in a thousand million times.
    """
    good = values[np.isfinite(values)]
    if not len(good):
        return False
    below = int((good < shown - unit).sum())
    above = int((good > shown + unit).sum())
    return _rare(below, len(good), share) or _rare(above, len(good), 1 - share)


def share_is_doubtful(shown: float, hits: int, of: int, unit: float) -> bool:
    """The same for a share of members."""
    low, high = max(shown - unit, 0.0), min(shown + unit, 1.0)
    return _rare(hits, of, high) or _rare(of - hits, of, 1 - low)


def _rare(count: int, of: int, share: float) -> bool:
    """Whether a binomial count of at least `count` is next to impossible."""
    if count <= share * of:
        return False
    if share <= 0:
        return True
    if share >= 1:
        return False
    logs = [
        math.lgamma(of + 1)
        - math.lgamma(k + 1)
        - math.lgamma(of - k + 1)
        + k * math.log(share)
        + (of - k) * math.log1p(-share)
        for k in range(count, of + 1)
    ]
    return math.fsum(math.exp(x) for x in logs) < DOUBT


def _number(cell: str) -> float | None:
    return real(cell)
