"""`simdistrict show scenario`: every resolved value with its origin."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click


def show_scenario(name: str, sets: Sequence[str], as_json: bool) -> None:
    """Print a scenario, or a model without one, with `--set` on top.

    Raises ScenarioError or ModelError as reading and resolving do.
    """
    from simdistrict.base.library import shown
    from simdistrict.exchange.models import read_model_file
    from simdistrict.run.plan import find
    from simdistrict.scenario import origins, resolve

    scenario, path = find(name)
    model = read_model_file(path)
    resolved = resolve(scenario, model, sets)
    rows = origins(resolved, model, shown(path))
    variants = [variant.name for variant in scenario.variants]
    if as_json:
        document = {
            "scenario": resolved.name,
            "title": resolved.title,
            "why": resolved.why,
            "model": model.name,
            "sha256": resolved.sha256,
            "chain": list(scenario.chain),
            "variants": variants,
            "claims": dict(resolved.claims),
            "values": [
                {"name": text, "value": value, "unit": unit, "origin": origin}
                for text, value, unit, origin in rows
            ],
            "report": list(resolved.report),
        }
        click.echo(json.dumps(document, indent=2))
        return
    click.echo(f"{resolved.name}: {' '.join(resolved.title.split())}")
    if resolved.why:
        click.echo(f"  {' '.join(resolved.why.split())}")
    click.echo(f"  model {model.name}, from {' on '.join(scenario.chain)}")
    if variants:
        click.echo(f"  as written, without its variants: {', '.join(variants)}")
    click.echo("")
    for text, value, unit, origin in rows:
        click.echo(f"{text} = {value}{f' [{unit}]' if unit else ''}  ({origin})")
    if resolved.report:
        click.echo("")
        click.echo(f"report: {', '.join(resolved.report)}")
