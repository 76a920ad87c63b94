"""PRIM on the published example of scenario discovery, where its data are present.

Bryant and Lempert (2010): 882 futures of a renewable fuel standard, 9 uncertain numbers, the costs
above the 90th percentile of interest. The table is part of the examples of the EMA workbench
(`bryant et al 2010 data.csv`); its path comes from SIMDISTRICT_PRIM_DATA.
"""

from __future__ import annotations

import csv
import math
import os
from pathlib import Path

import numpy as np
import pytest

from simdistrict.sensitivity.prim import Choices, measured, prim

DATA = os.environ.get("SIMDISTRICT_PRIM_DATA", "")
# the box that the EMA workbench's documentation shows: limits, coverage, density, mass, quasi-p
BOX = {
    "Total biomass": (-math.inf, 755.799988, 4.716968553178765e-06),
    "Demand elasticity": (-0.422, math.inf, 1.1849299115762218e-16),
    "Biomass backstop price": (150.049995, math.inf, 3.515112530263049e-11),
    "Cellulosic cost": (72.650002, math.inf, 0.15741333528927348),
}

pytestmark = pytest.mark.skipif(not Path(DATA).is_file(), reason="SIMDISTRICT_PRIM_DATA is not set")


@pytest.fixture(scope="module")
def futures() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, numbers and which futures are of interest."""
    with Path(DATA).open(encoding="utf-8-sig") as file:
        head, *rows = csv.reader(file)
    numbers = np.array(rows, float)
    return head[2:11], numbers[:, 2:11], numbers[:, 15] == 1


def test_the_published_box_has_its_published_measures(futures: tuple) -> None:
    names, design, cases = futures
    bounds = np.full((2, 9), [[-math.inf], [math.inf]])
    for name, (low, high, _) in BOX.items():
        bounds[:, names.index(name)] = low - 1e-6, high + 1e-6
    measures, limits = measured(design, cases, bounds)
    assert measures.coverage == pytest.approx(0.752809, abs=1e-6)
    assert measures.density == pytest.approx(0.770115, abs=1e-6)
    assert measures.mass == pytest.approx(0.098639, abs=1e-6)
    assert measures.restricted == 4
    for limit in limits:
        assert limit.quasi_p == pytest.approx(BOX[names[limit.place]][2], rel=1e-9)


def test_prim_restricts_the_published_numbers_and_is_as_good(futures: tuple) -> None:
    names, design, cases = futures
    (box,) = prim(design, cases, Choices(density=0.77))
    assert {names[limit.place] for limit in box.limits} == set(BOX)
    assert box.measures.density >= 0.77
    # one case of 89 less: there the gain per member peeled away is what counts, here the density
    assert box.measures.coverage == pytest.approx(0.7528, abs=0.012)
    for limit in box.limits:
        low, high, _ = BOX[names[limit.place]]
        assert math.isfinite(limit.low) == math.isfinite(low)
        assert math.isfinite(limit.high) == math.isfinite(high)
    # the cost of cellulosic fuel is the one that may be chance, there and here
    assert [names[limit.place] for limit in box.limits if limit.quasi_p > 0.05] == [
        "Cellulosic cost"
    ]
