"""The models, scenarios and parts that are there, with their titles and files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from simdistrict.base import inputs, library
from simdistrict.base.errors import ExchangeError, ScenarioError

README = inputs.InputKind("a README", 1_000_000)


def files(what: str) -> list[dict[str, Any]]:
    """Models, scenarios or parts: name, title, file and, where there are any, variants of each."""
    kinds = {"scenarios": library.scenarios, "parts": library.parts, "models": library.models}
    rows = []
    for name, path in kinds[what]().items():
        row: dict[str, Any] = {"name": name, "title": "", "file": library.shown(path)}
        if what == "models":
            row["title"] = _model_title(path)
        else:
            row["title"], variants = _head(path, of_part=what == "parts")
            if variants:
                row["variants"] = list(variants)
        rows.append(row)
    return rows


def results_of_study(what: str, model: str) -> list[dict[str, Any]]:
    """Tables or figures of the study of a model, of which nothing is run: name and title."""
    from simdistrict.tables.definition import (
        ENSEMBLE,
        FIT,
        POSTERIOR,
        RUNS,
        kind_of,
    )
    from simdistrict.tables.find import read_definition

    file = read_definition(library.find_study(model)).file
    if what == "figures":
        return [{"name": name, "title": figure.title} for name, figure in file.figures.items()]
    suffix = {RUNS: "", ENSEMBLE: " (ensemble)", POSTERIOR: " (posterior)", FIT: " (slow)"}
    return [
        {"name": name, "title": table.title + suffix[kind_of(table)]}
        for name, table in file.tables.items()
    ]


def model_of(path: Path) -> str:
    """The model that a scenario names, itself or by its parents; empty for an invalid one."""
    from simdistrict.scenario import load_scenario

    try:
        return load_scenario(path).model or ""
    except ScenarioError:
        return ""


def _head(path: Path, *, of_part: bool) -> tuple[str, tuple[str, ...]]:
    """Title and variants of a scenario or part, or its error.

    An invalid file does not hide the others.
    """
    from simdistrict.scenario import part_title, scenario_title, scenario_variants

    try:
        title = part_title(path) if of_part else scenario_title(path)
        variants = () if of_part else scenario_variants(path)
    except ScenarioError as error:
        problem = error.problems[0]
        return f"(not valid: {problem.where} | {problem.what})", ()
    return " ".join(title.split()), variants


def _model_title(path: Path) -> str:
    """The first heading of the README in a model's folder; empty without one."""
    try:
        text = inputs.text(path.parent / "README.md", README)
    except (ExchangeError, UnicodeDecodeError):
        return ""
    heading = re.search(r"^# +(.*?) *$", text, re.MULTILINE)
    return heading[1] if heading else ""
