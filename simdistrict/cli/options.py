"""Options that several commands have, each written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from simdistrict.engine.backends import BACKENDS, INTEGRATORS

_Function = TypeVar("_Function", bound=Callable[..., Any])

sets = click.option("--set", "sets", multiple=True, metavar='"NAME=VALUE"', help="Set a constant.")
changes = click.option(
    "--changes",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE.cin",
    help="Vensim changes file (repeatable, later wins; --set is on top).",
)
data = click.option(
    "--data",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Numbers of data variables without any: .nc, .tab, .csv or .dat (later wins).",
)
backend = click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="auto",
    show_default=True,
)
_STEPS = (
    click.option(
        "--integrator",
        type=click.Choice(INTEGRATORS),
        help="Default: what the model file says; stiff, bdf, radau for very unlike time constants.",
    ),
    click.option(
        "--rtol", type=float, help="Relative tolerance, where steps have lengths of their own."
    ),
    click.option("--atol", type=float, help="Absolute tolerance, likewise."),
    click.option("--time-step", type=float, help="In the model's time unit."),
    click.option("--save-step", type=float, help="In the model's time unit."),
    click.option("--initial-time", type=float),
    click.option("--final-time", type=float),
)


def steps(function: _Function) -> _Function:
    """How a run moves through time: integrator, tolerances, time grid."""
    for option in reversed(_STEPS):
        function = option(function)
    return function
