"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from simdistrict.base.numbers import hint_for, real, whole
from simdistrict.cli import complete
from simdistrict.cli.common import json_wanted
from simdistrict.engine.backends import BACKENDS, INTEGRATORS


class _Real(click.types.FloatParamType):
    """A finite number, as files have it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str):
            number = real(value)
            if number is None:
                hint = hint_for(value)
                self.fail(f'"{value}" is not a finite number{hint and ": "}{hint}', param, ctx)
            value = number
        return super().convert(value, param, ctx)


class _Whole(click.types.IntParamType):
    """A whole number, as files have it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str):
            number = whole(value)
            if number is None:
                self.fail(f'"{value}" is not a whole number', param, ctx)
            value = number
        return super().convert(value, param, ctx)


class RealRange(_Real, click.FloatRange):
    """A finite number within bounds."""


def _read_as(ctx: click.Context, param: click.Parameter, name: str | None) -> None:
    if name is None:
        return
    from simdistrict.base.encoding import reading_as

    try:
        ctx.with_resource(reading_as(name))
    except LookupError as error:
        raise click.BadParameter(str(error), ctx, param) from None


class WholeRange(_Whole, click.IntRange):
    """A whole number within bounds."""


REAL = _Real()
WHOLE = _Whole()
SEED = WholeRange(min=0)
_Function = TypeVar("_Function", bound=Callable[..., Any])

encoding = click.option(
    "--encoding",
    metavar="NAME",
    expose_value=False,
    callback=_read_as,
    help="Encoding of text files that declare none, such as gbk.  [default: UTF-8, or guessed]",
)


def _allow_outside(ctx: click.Context, param: click.Parameter, allowed: bool) -> None:
    from simdistrict.base.outside import outside_allowed

    ctx.with_resource(outside_allowed(allowed))


def _allow_large(ctx: click.Context, param: click.Parameter, allowed: bool) -> None:
    from simdistrict.base.budget import large_allowed

    ctx.with_resource(large_allowed(allowed))


large = click.option(
    "--allow-large",
    is_flag=True,
    expose_value=False,
    callback=_allow_large,
    help="Lift the limits on memory, disk and work of a run.",
)
outside = click.option(
    "--allow-outside",
    is_flag=True,
    expose_value=False,
    callback=_allow_outside,
    help="Read files outside the folder of the model or scenario that names them.",
)
sets = click.option(
    "--set",
    "sets",
    multiple=True,
    metavar='"NAME=VALUE"',
    shell_complete=complete.elements("constant", end="="),
    help="Set a constant (repeatable).",
)
changes = click.option(
    "--changes",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE.cin",
    help="Vensim changes file (repeatable; a later one wins, --set overrides them).",
)
data = click.option(
    "--data",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Series for data variables without any: .nc, .tab, .csv or .dat (a later one wins).",
)
backend = click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="auto",
    show_default=True,
)

as_json = click.option(
    "--json", "as_json", is_flag=True, callback=json_wanted, help="Print one JSON document."
)
force = click.option("--force", is_flag=True, help="Replace files that simdistrict did not write.")
strict = click.option("--strict", is_flag=True, help="Treat warnings before a run as errors.")
_DESIGN = (
    click.option(
        "--design",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Take the draws from FILE: design.nc or posterior.nc of `infer`, another .nc of "
        "ArviZ, .csv, or Vensim's .tab; --members N takes N of them, evenly spaced.",
    ),
    click.option(
        "--rest",
        type=click.Choice(["model", "prior"]),
        help="Constants that --design lacks: as in the model, or drawn from the prior.  "
        "[default: model]",
    ),
    click.option(
        "--unconverged",
        is_flag=True,
        help="Take a posterior whose chains have not converged.",
    ),
)
_STEPS = (
    click.option(
        "--integrator",
        type=click.Choice(INTEGRATORS),
        help="Default: that of the model file; stiff, bdf and radau are for stiff models.",
    ),
    click.option("--rtol", type=REAL, help="Relative tolerance of adaptive integrators."),
    click.option("--atol", type=REAL, help="Absolute tolerance of adaptive integrators."),
    click.option("--time-step", type=REAL, help="In the model's time unit."),
    click.option("--save-step", type=REAL, help="In the model's time unit."),
    click.option("--initial-time", type=REAL),
    click.option("--final-time", type=REAL),
)

# the names of their values, which are the fields of the settings of a run
STEPS = (
    *("integrator", "rtol", "atol", "time_step", "save_step"),
    *("initial_time", "final_time"),
)


def steps(function: _Function) -> _Function:
    """Add the options of the integrator and the time grid."""
    for option in reversed(_STEPS):
        function = option(function)
    return function


def design(function: _Function) -> _Function:
    """Add the options of draws from a file."""
    for option in reversed(_DESIGN):
        function = option(function)
    return function
