"""The figures of docs/regimes.md: the core model's two worlds, drawn from its studies."""

from __future__ import annotations

import sys
from pathlib import Path

from simdistrict.plot import draw
from simdistrict.regimes import figure_of
from simdistrict.regimes.studies.basins_along import BasinsAlongStudy
from simdistrict.regimes.studies.branch import BranchStudy
from simdistrict.regimes.studies.regime_map import RegimeMapStudy
from simdistrict.regimes.studies.study import Grid, Interval
from simdistrict.run.plan import plans_for

IMAGES = Path(__file__).parents[1] / "images"
STUDIES = {
    "worlds_branch": BranchStudy(
        parameter=Interval("tariff", 0.0, 2.0), starts=20, outputs=("home share",)
    ),
    "worlds_map": RegimeMapStudy(
        along=(Grid("tariff", 0.0, 2.0, 160), Grid("experience exponent", 0.1, 0.6, 160)),
        members=4,
        rule="home share >= 0.5",
    ),
    "worlds_basins": BasinsAlongStudy(
        along=Grid("tariff", 0.4, 1.2, 81),
        members=200,
        box=(Interval("home experience", 0.01, 1.0),),
    ),
}


def main() -> int:
    """Draw each of them as .svg and .png."""
    plans = plans_for(["core"])
    for name, study in STUDIES.items():
        draw(figure_of(study.run(plans), name), IMAGES / name)
    print(f"drew {', '.join(STUDIES)} into {IMAGES.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
