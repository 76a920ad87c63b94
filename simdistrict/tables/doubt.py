"""Tests of committed statistics against members that are run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.compare import Discrepancy
from simdistrict.tables.intervals import quantile_is_doubtful, share_is_doubtful


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
        told = _number(cell)
        if told is None:
            if cell or len(good):
                yield Discrepancy(f"{where} {column}", cell, "a number")
        elif quantile_is_doubtful(told, good, share, unit(told)):
            near = f"near {np.quantile(good, share):.4g}"
            yield Discrepancy(f"{where} {column}", cell, near)


def doubted_share(
    where: str, column: str, cell: str, flags: Reals, unit: float
) -> Iterator[Discrepancy]:
    """The cell, if it cannot be the share of flags that are one."""
    good = flags[np.isfinite(flags)]
    told = _number(cell)
    if told is None:
        yield Discrepancy(f"{where} {column}", cell, "a number")
    elif len(good) and share_is_doubtful(told, int(good.sum()), len(good), unit):
        yield Discrepancy(f"{where} {column}", cell, f"near {good.mean():.3f}")


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
