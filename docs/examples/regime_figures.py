"""The figures of docs/regimes.md: the core model's two worlds, drawn from its studies."""

from __future__ import annotations

import sys
from pathlib import Path

from simdistrict.plot import draw
from simdistrict.regimes import Request, figure_of, study
from simdistrict.run.plan import plans_for

IMAGES = Path(__file__).parents[1] / "images"
TARIFF = ("tariff", 0.0, 2.0)
REQUESTS = {
    "worlds_branch": Request("branch", parameters=(TARIFF,), outputs=("home share",)),
    "worlds_map": Request(
        "regime map",
        parameters=(TARIFF, ("experience exponent", 0.1, 0.6)),
        grid=(160, 160),
        members=4,
        rule="home share >= 0.5",
    ),
    "worlds_basins": Request(
        "basins along",
        parameters=(("tariff", 0.4, 1.2),),
        grid=(81,),
        members=200,
        box=(("home experience", 0.01, 1.0),),
    ),
}


def main() -> int:
    """Draw each of them as .svg and .png."""
    (plan,) = plans_for(["core"])
    for name, request in REQUESTS.items():
        draw(figure_of(study(plan, request), name), IMAGES / name)
    print(f"drew {', '.join(REQUESTS)} into {IMAGES.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
