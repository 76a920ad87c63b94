"""The table of supported functions in docs/engine.md, from the engine's own table."""

from __future__ import annotations

import sys
from pathlib import Path

from simdistrict.engine.lowering.functions import FUNCTIONS, REFUSED

PAGE = Path(__file__).parents[1] / "engine.md"
MARKS = "<!-- {}: begin -->", "<!-- {}: end -->"


def table() -> str:
    """One row per function, in alphabetical order."""
    rows = ["| function | arguments | kind |", "|---|---|---|"]
    for name, function in sorted(FUNCTIONS.items()):
        arity = " or ".join(map(str, function.arity))
        rows.append(f"| {name} | {arity} | {function.kind} |")
    return "\n".join(rows)


def refused() -> str:
    """One row per reason, with the documented functions that are refused for it."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in sorted(REFUSED.items()):
        by_reason.setdefault(reason, []).append(name)
    rows = ["| refused | because |", "|---|---|"]
    rows += [f"| {', '.join(names)} | {reason} |" for reason, names in by_reason.items()]
    return "\n".join(rows)


def page(text: str) -> str:
    """The page with the tables between their marks."""
    for name, content in (("functions", table()), ("refused", refused())):
        begin, end = (mark.format(name) for mark in MARKS)
        head, _, rest = text.partition(begin)
        tail = rest.partition(end)[2]
        text = f"{head}{begin}\n{content}\n{end}{tail}"
    return text


def main() -> int:
    """Write the table into the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote the table of functions in {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
