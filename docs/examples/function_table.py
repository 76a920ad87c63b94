"""The table of supported functions in docs/engine.md, from the engine's own table."""

from __future__ import annotations

import sys
from pathlib import Path

from simdistrict.engine.functions import FUNCTIONS

PAGE = Path(__file__).parents[1] / "engine.md"
BEGIN, END = "<!-- functions: begin -->", "<!-- functions: end -->"


def table() -> str:
    """One row per function, in alphabetical order."""
    rows = ["| function | arguments | kind |", "|---|---|---|"]
    for name, function in sorted(FUNCTIONS.items()):
        arity = " or ".join(map(str, function.arity))
        rows.append(f"| {name} | {arity} | {function.kind} |")
    return "\n".join(rows)


def page(text: str) -> str:
    """The page with the table between its marks."""
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


def main() -> int:
    """Write the table into the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote the table of functions in {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
