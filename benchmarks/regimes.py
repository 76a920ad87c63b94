"""How many worlds has each district, and how long does it take to say? Prints Markdown tables.

Each archetype of the district model alone, the world frozen: the branches along the security
tariff and along the labour-cost gap, which in the long run is one minus the ceiling of the
relative labour cost of the far location; then the two maps. Wall time is that of whatever else
the machine does besides; CPU time is that of all threads of this process.

python benchmarks/regimes.py [YEAR [ARCHETYPE...|all|maps]]
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

from simdistrict.regimes import document
from simdistrict.regimes.studies.branch import BranchStudy
from simdistrict.regimes.studies.policy_map import PolicyMapStudy
from simdistrict.regimes.studies.regime_map import RegimeMapStudy
from simdistrict.regimes.studies.study import Grid, Interval, RegimeStudy
from simdistrict.run.plan import Plan, plans_for

OUTPUTS = ("home share",)
LIMIT = 60.0
HEAD = (
    "| archetype | along | s | CPU s | equilibria at the ends | branches | folds | kinks | "
    "branch and Hopf points | home share, stable | ends |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def timed(plan: Plan, study: RegimeStudy) -> tuple[dict[str, Any], float, float]:
    """The document of a study, with wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = document(study.run([plan]))
    return found, time.perf_counter() - wall, time.process_time() - cpu


def row(label: str, name: str, found: dict[str, Any], wall: float, cpu: float) -> str:
    """One line of the table of branches."""
    branches = found["branches"]
    low, high = found["bounds"]
    ends = [
        sum(b["parameter"][k] == bound for b in branches for k in (0, -1)) for bound in (low, high)
    ]
    shares = [
        share
        for b in branches
        for share, verdict in zip(b["outputs"]["home share"], b["stability"], strict=True)
        if verdict == "stable"
    ]
    endings = Counter(end for b in branches for end in b["endings"])
    cells = (
        label,
        name,
        f"{wall:.0f}" + (" (!)" if wall > LIMIT else ""),
        f"{cpu:.0f}",
        f"{ends[0]}, {ends[1]}",
        len(branches),
        len(found["folds"]),
        len(found["kinks"]),
        len(found["branch_points"]) + len(found["hopf_points"]),
        f"{min(shares):.2f} to {max(shares):.2f}" if shares else "none",
        ", ".join(f"{n} {end}" for end, n in endings.items()),
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def branches(plan: Plan, at: float, labels: list[str]) -> None:
    """The table of branches."""
    print(HEAD, flush=True)
    for label in labels:
        along = (("tariff level[far]", 0.0, 1.5), (f"labour cost ceiling[{label},far]", 0.1, 1.0))
        for name, low, high in along:
            study = BranchStudy(
                parameter=Interval(name, low, high),
                at=at,
                element=label,
                outputs=OUTPUTS,
                starts=3,
                stops=2,
            )
            found, wall, cpu = timed(plan, study)
            found["bounds"] = (low, high)
            print(row(label, name.partition("[")[0], found, wall, cpu), flush=True)


def maps(plan: Plan, at: float) -> None:
    """The map of the core model and the map of doses and durations."""
    (core,) = plans_for(["core"])
    worlds = RegimeMapStudy(
        along=(Grid("tariff", 0.0, 2.0, 200), Grid("cost ratio", 1.0, 2.0, 200)),
        members=4,
        rule="home share >= 0.5",
    )
    print("\n| map | s | CPU s | found |\n|---|---|---|---|")
    found, wall, cpu = timed(core, worlds)
    print(f"| core, 200 x 200 | {wall:.1f} | {cpu:.1f} | {found['summary']} |", flush=True)
    for label in ("Prato", "Mirandola"):
        policies = PolicyMapStudy(
            parameter=Interval("tariff level[far]", 0.0, 1.5),
            duration=40.0,
            doses=40,
            lengths=40,
            at=at,
            element=label,
        )
        found, wall, cpu = timed(plan, policies)
        print(f"| {label}, 40 x 40 | {wall:.1f} | {cpu:.1f} | {found['summary']} |", flush=True)


def main() -> None:
    """Print the tables."""
    at = float(sys.argv[1]) if sys.argv[1:] else 2019.0
    (plan,) = plans_for(["district"])
    labels = sys.argv[2:] or ["Montebelluna"]
    if labels == ["maps"]:
        maps(plan, at)
        return
    if labels == ["all"]:
        labels = list(plan.prepared.model.dims_by_name["district"].labels)
    branches(plan, at, labels)
    maps(plan, at)


if __name__ == "__main__":
    main()
