"""The reference of functions, from the engine's own table."""

from __future__ import annotations

from simdistrict.engine.lowering.functions import FUNCTIONS, REFUSED

INTRODUCTION = """# Functions

The functions of Vensim and XMILE that an equation may use, with the numbers of arguments that each
accepts. A model that uses another one is refused, and the message names the function and the line.
"""

KINDS = {
    "scalar": "a number from numbers",
    "switch": "reads the time",
    "memory": "keeps a state or an initial value",
    "reduction": "over the labels of a dimension marked with `!`",
    "condition": "selects one of two values",
    "lookup": "reads a lookup, by its name",
    "data": "reads a data variable, by its name",
    "array": "takes and gives whole arrays",
    "random": "is drawn at every time step",
    "rewritten": "is replaced by an expression of other functions",
}


def page() -> str:
    """The whole page."""
    rows = ["| function | arguments | what it is |", "|---|---|---|"]
    for name, function in sorted(FUNCTIONS.items()):
        arity = " or ".join(map(str, function.arity))
        rows.append(f"| {name} | {arity} | {KINDS[function.kind]} |")
    return "\n".join([INTRODUCTION, *rows, "", "## Refused", "", *_refused(), ""])


def _refused() -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for name, reason in sorted(REFUSED.items()):
        by_reason.setdefault(reason, []).append(name)
    rows = [
        "Documented functions that are refused, and why.",
        "",
        "| function | reason |",
        "|---|---|",
    ]
    return rows + [f"| {', '.join(names)} | {reason} |" for reason, names in by_reason.items()]
