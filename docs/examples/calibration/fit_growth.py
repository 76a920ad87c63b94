"""The example of docs/calibration.md: a fit in Python, and its tables written into the page."""

from __future__ import annotations

import sys
from pathlib import Path

from simdistrict.calibration import Calibration, calibrate
from simdistrict.calibration.report import constant_table, fit_table, markdown
from simdistrict.exchange.models import read_model_file

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "calibration.md"
BEGIN, END = "<!-- example: begin -->", "<!-- example: end -->"
FREE = {"growth rate": (0.05, 1.0), "carrying capacity": (20.0, 500.0)}


def fit() -> Calibration:
    """The example's fit: data up to 2000, the rest predicted."""
    model = read_model_file(HERE / "growth.mdl")
    return calibrate(model, HERE / "growth.csv", FREE, until=2000)


def page(text: str) -> str:
    """The page with the tables of the fit between its marks."""
    found = fit()
    tables = [*markdown(constant_table(found, 4)), "", *markdown(fit_table(found.after, 4))]
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    lines = "\n".join(tables)
    return f"{head}{BEGIN}\n{lines}\n{END}{tail}"


def main() -> int:
    """Write the tables into the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote the tables of {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
