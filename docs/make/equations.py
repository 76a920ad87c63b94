"""The equations of the shipped models, one page for each model."""

from __future__ import annotations

from pathlib import Path

from docs.make.pages import ROOT
from simdistrict.base.counts import counted
from simdistrict.exchange.models import read_model_file
from simdistrict.exchange.text.equations import EquationText
from simdistrict.model.model import Element, Model

# below the pages that explain, among what a search finds
SEARCH = "---\nsearch:\n  boost: 0.2\n---"
PLURALS = {"auxiliary": "auxiliaries", "data": "data variables"}


def models() -> list[Path]:
    """The files of the shipped models."""
    return sorted(path for path in (ROOT / "models").glob("*/*.mdl"))


def page(path: Path) -> str:
    """All elements of a model by group, with unit, range, equations and documentation."""
    model = read_model_file(path)
    text = EquationText(model)
    kinds = [e.kind for e in model]
    counts = ", ".join(
        counted(kinds.count(kind), kind, PLURALS.get(kind, "")) for kind in sorted({*kinds})
    )
    parts = [
        SEARCH,
        f"# Equations of {model.name}",
        f"Written from [{path.name}]({path.name}): {len(kinds)} elements ({counts}).",
        *_dimensions(model),
    ]
    group = None
    for element in model:
        if element.group != group:
            group = element.group
            parts.append(f"## {group or 'Elements'}")
        parts.append(_element(element, text))
    return "\n\n".join(parts) + "\n"


def _dimensions(model: Model) -> list[str]:
    if not model.dimensions:
        return []
    rows = [f"| {d.name} | {', '.join(d.labels)} |" for d in model.dimensions]
    return ["## Dimensions", "\n".join(["| dimension | labels |", "|---|---|", *rows])]


def _element(element: Element, text: EquationText) -> str:
    low, high = element.range.low, element.range.high
    ends = "" if low is None and high is None else f", range {_end(low)} to {_end(high)}"
    lines = [f"#### {element.name}", f"{element.kind}, {element.units or 'no unit'}{ends}"]
    equations = "\n".join(text.equation(element, e) for e in element.equations)
    if equations:
        lines.append(f"```vensim\n{equations}\n```")
    if element.documentation:
        lines.append(_plain(element.documentation))
    return "\n\n".join(lines)


def _end(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"


def _plain(text: str) -> str:
    """Text of an author as Markdown that shows the same signs."""
    for sign in "\\*_<[]`":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
