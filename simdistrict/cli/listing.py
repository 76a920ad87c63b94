"""`simdistrict list`: the models, scenarios, tables and figures there are, one line each."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("list")
@click.argument("what", type=click.Choice(["scenarios", "models", "tables", "figures"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(what: str, as_json: bool) -> None:
    """List the shipped models, or the scenarios that are shipped or in ./scenarios.

    Tables and figures are those of the results of the district model.

    Example: simdistrict list scenarios
    """
    rows = _results(what) if what in ("tables", "figures") else _files(what)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        click.echo(f"{row['name']:<{width}}  {row['title']}".rstrip())


def _files(what: str) -> list[dict[str, str]]:
    """Models or scenarios, with the file of each."""
    from simdistrict import library

    scenarios = what == "scenarios"
    found = library.scenarios() if scenarios else library.models()
    rows = []
    for name, path in found.items():
        title = _scenario_title(path) if scenarios else _model_title(path)
        rows.append({"name": name, "title": title, "file": library.shown(path)})
    return rows


def _results(what: str) -> list[dict[str, str]]:
    """Tables or figures."""
    if what == "figures":
        from simdistrict.tables.figures import FIGURES

        return [{"name": name, "title": title} for name, title in FIGURES.items()]
    from simdistrict.tables.catalogue import TABLES

    return [
        {"name": name, "title": entry.title + " (slow)" * entry.slow}
        for name, entry in TABLES.items()
    ]


def _scenario_title(path: Path) -> str:
    """The title of a scenario, or what keeps it from being read: one bad file hides no other."""
    from simdistrict.errors import ScenarioError
    from simdistrict.scenario import scenario_title

    try:
        title = scenario_title(path)
    except ScenarioError as error:
        problem = error.problems[0]
        return f"(not valid: {problem.where} | {problem.what})"
    return " ".join(title.split())


def _model_title(path: Path) -> str:
    """The first heading of the README beside a model; empty without one."""
    try:
        text = (path.parent / "README.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    headings = (line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("# "))
    return next(headings, "")
