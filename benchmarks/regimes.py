"""How many worlds has each district, and how far does policy bend them? Prints one table.

Each archetype alone, the world frozen: equilibria, and the branches along three constants. Takes
a minute or two for each archetype: python benchmarks/regimes.py [YEAR [ARCHETYPE...|all]]
"""

from __future__ import annotations

import sys
import time

from simdistrict.plan import plans_for
from simdistrict.regimes.documents import document
from simdistrict.regimes.request import Request
from simdistrict.regimes.studies import study

OUTPUTS = ("home share", "completeness", "relative employment", "criticality")
ALONG = (
    ("tariff level[far]", 0.0, 1.5),
    ("cost gap needed to offshore", 0.0, 0.6),
    ("labour cost relief", 0.0, 0.5),
)


def _numbers(point: dict[str, dict[str, float]]) -> str:
    return " ".join(f"{point['outputs'][name]:.3f}" for name in OUTPUTS)


def main() -> None:
    """Print the table."""
    at = float(sys.argv[1]) if sys.argv[1:] else 2019.0
    (plan,) = plans_for(["district"])
    labels = sys.argv[2:] or ["Montebelluna"]
    if labels == ["all"]:
        labels = list(plan.prepared.model.dims_by_name["district"].labels)
    for label in labels:
        begin = time.perf_counter()
        request = Request("equilibria", at=at, element=label, outputs=OUTPUTS, starts=12)
        found = document(study(plan, request))
        print(f"{label}, frozen at {at:g}: {time.perf_counter() - begin:.0f} s", flush=True)
        for e in found["equilibria"]:
            edge = [n for n in e["at_low_bound"] if n.startswith("relative labour cost")]
            print(f"  {e['stability']}: {_numbers(e)} {'at the edge: ' if edge else ''}", *edge)
        for name, low, high in ALONG:
            begin = time.perf_counter()
            request = Request(
                "branch",
                at=at,
                element=label,
                outputs=OUTPUTS,
                starts=3,
                stops=2,
                parameters=((name, low, high),),
            )
            found = document(study(plan, request))
            spent = time.perf_counter() - begin
            stable = [b for b in found["branches"] if "stable" in b["stability"]]
            kinds = {k: len(found[k]) for k in ("folds", "hopf_points", "branch_points", "kinks")}
            print(
                f"  {name} {low:g} to {high:g}: {spent:.0f} s, {len(found['branches'])} branches,"
            )
            print(f"    {len(stable)} of them stable somewhere, {kinds}")
            for b in stable:
                ends = [" ".join(f"{b['outputs'][o][k]:.3f}" for o in OUTPUTS) for k in (0, -1)]
                print(f"    {ends[0]} -> {ends[1]}", b["endings"])
            for key in kinds:
                for s in found[key]:
                    print(f"    {key} at {s['parameter']:.6g}: {_numbers(s)}", flush=True)


if __name__ == "__main__":
    main()
