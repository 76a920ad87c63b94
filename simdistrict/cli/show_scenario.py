"""`simdistrict show scenario`: what a scenario does; every value with its origin on request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from simdistrict.base.counts import counted

if TYPE_CHECKING:
    from simdistrict.scenario import Resolved, Scenario
    from simdistrict.scenario.summary import ScenarioSummary
    from simdistrict.scenario.write import OriginRow


def show_scenario(name: str, sets: Sequence[str], *, constants: bool, as_json: bool) -> None:
    """Print a scenario, or a model without one, with `--set` on top.

    constants: also every value with its origin. Raises ScenarioError or ModelError as reading
    and resolving do.
    """
    from simdistrict.base.library import shown
    from simdistrict.exchange.models import read_model_file
    from simdistrict.run.plan import find
    from simdistrict.scenario import origins, resolve
    from simdistrict.scenario.summary import summarised, wrapped

    scenario, path = find(name)
    model = read_model_file(path)
    resolved = resolve(scenario, model, sets)
    summary = summarised(resolved, model)
    rows = origins(resolved, model, shown(path))
    if as_json:
        click.echo(json.dumps(_document(scenario, resolved, summary, rows), indent=2))
        return
    for line in _heading(scenario, resolved):
        click.echo(line)
    click.echo()
    for line in summary.lines():
        click.echo(line)
    if resolved.report:
        click.echo("reports")
        for line in wrapped(", ".join(resolved.report), "  "):
            click.echo(line)
    click.echo()
    if not constants:
        are = counted(summary.unchanged, "constant")
        click.echo(f"{are} as in the model: add --constants for every value and its origin")
        return
    for text, value, unit, origin in rows:
        click.echo(f"{text} = {value}{f' [{unit}]' if unit else ''}  ({origin})")


def _heading(scenario: Scenario, resolved: Resolved) -> list[str]:
    """Title, reasons, files and claims."""
    from simdistrict.scenario.summary import wrapped

    lines = [f"{resolved.name}: {' '.join(resolved.title.split())}"]
    lines += wrapped(" ".join(resolved.why.split()), "  ")
    lines += wrapped(f"model {resolved.model_name}, from {' on '.join(scenario.chain)}", "  ")
    variants = [variant.name for variant in scenario.variants]
    if variants:
        lines += wrapped(f"as written, without its variants: {', '.join(variants)}", "  ")
    for name, text in resolved.claims:
        lines += wrapped(f"claim: {text} ({name})", "  ")
    return lines


def _document(
    scenario: Scenario, resolved: Resolved, summary: ScenarioSummary, rows: Sequence[OriginRow]
) -> dict[str, object]:
    return {
        "scenario": resolved.name,
        "title": resolved.title,
        "why": resolved.why,
        "model": resolved.model_name,
        "sha256": resolved.sha256,
        "chain": list(scenario.chain),
        "variants": [variant.name for variant in scenario.variants],
        "claims": dict(resolved.claims),
        "policies": [asdict(policy) for policy in summary.policies],
        "assumptions": [asdict(value) for value in summary.assumptions],
        "initial": [asdict(value) for value in summary.initial],
        "run": dict(summary.run),
        "values": [
            {"name": text, "value": value, "unit": unit, "origin": origin}
            for text, value, unit, origin in rows
        ],
        "report": list(resolved.report),
    }
