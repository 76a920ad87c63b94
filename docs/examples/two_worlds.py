"""Two worlds in the core model: the table in docs/regimes.md, found and by the formula."""

from __future__ import annotations

import math
import sys
from pathlib import Path

from simdistrict.regimes import branches, field_of, freeze
from simdistrict.run.plan import plans_for

PAGE = Path(__file__).parents[1] / "regimes.md"
BEGIN, END = "<!-- example: begin -->", "<!-- example: end -->"
# sourcing elasticity, experience exponent, background experience, cost ratio
ROWS = ((5, 0.15, 0.03, 1.3), (5, 0.3, 0.03, 1.3), (5, 0.4, 0.03, 1.3), (8, 0.3, 0.03, 1.3))


def exact(eta: float, g: float, eps: float, kappa: float) -> list[float]:
    """The tariffs at which industry is lost and gained, from models/core/README.md."""
    a = eta * g
    inside = (a - 1) ** 2 - 4 * a * eps
    if a <= 1 or inside <= 0:
        return []
    shares = [(a - 1 + sign * math.sqrt(inside)) / (2 * a) for sign in (1, -1)]
    return [kappa * (x / (1 - x)) ** (1 / eta) * ((x + eps) / (1 + eps)) ** -g - 1 for x in shares]


def found(eta: float, g: float, eps: float, kappa: float) -> list[float]:
    """The same from following the equilibria along the tariff."""
    names = ("sourcing elasticity", "experience exponent", "background experience", "cost ratio")
    values = zip(names, (eta, g, eps, kappa), strict=True)
    (plan,) = plans_for(["core"], [f"{name}={value}" for name, value in values])
    diagram = branches(field_of(freeze(plan), ["tariff"]), 0.0, 3.0)
    return sorted(fold.parameter for fold in diagram.specials("fold"))


def table() -> str:
    """One row per set of constants."""
    rows = [
        "| elasticity | exponent | background | cost ratio | lost below | gained above | formula |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in ROWS:
        folds, formula = found(*row), exact(*row)
        texts = [f"{t:.6f}" for t in folds] or ["never", "never"]
        check = ", ".join(f"{t:.6f}" for t in formula) or "no fold"
        cells = [*(f"{c:g}" for c in row), *texts, check]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def page(text: str) -> str:
    """The page with the table between its marks."""
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


def main() -> int:
    """Write the table into the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote the folds of the core model in {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
