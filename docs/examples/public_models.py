"""The list of public models in docs/public_models.md, from what the tests found."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

FOUND = Path(__file__).with_name("public_models.csv")
PAGE = Path(__file__).parents[1] / "public_models.md"
MARKS = "<!-- models: begin -->", "<!-- models: end -->"
SOURCES = {
    "test-models": "[SDXorg/test-models](https://github.com/SDXorg/test-models)",
    "corpus": "SDEverywhere and simlin, their own test models",
}


def table(text: str) -> str:
    """How many models agree, and a row for each that is not compared."""
    rows = list(csv.DictReader(text.splitlines()))
    counts = ["| models | with expected output | agree |", "|---|---|---|"]
    others = ["| model | why it is not compared |", "|---|---|"]
    for name, source in SOURCES.items():
        own = [row for row in rows if row["collection"] == name]
        total = sum(int(row["cases"]) for row in own if not row["model"])
        left = [row for row in own if row["model"]]
        counts.append(f"| {source} | {total} | {total - len(left)} |")
        others += [f"| {row['model']} | {row['reason']} |" for row in left]
    return "\n".join([*counts, "", *others])


def page(text: str) -> str:
    """The page with the list between its marks."""
    begin, end = MARKS
    head, _, rest = text.partition(begin)
    tail = rest.partition(end)[2]
    found = table(FOUND.read_text(encoding="utf-8"))
    return f"{head}{begin}\n{found}\n{end}{tail}"


def main() -> int:
    """Write the list into the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote the list of public models in {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
