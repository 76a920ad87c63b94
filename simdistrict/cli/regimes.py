"""`simdistrict regimes`: equilibria, branches, hysteresis, basins; regimes of a run."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simdistrict.cli import options

if TYPE_CHECKING:
    from simdistrict.regimes.rules import Rule
    from simdistrict.result.dataset import Result

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS = (
    click.option("--at", type=float, metavar="TIME", help="Freeze the world at this date."),
    click.option("--element", default="", metavar="LABEL", help="Isolate the stocks of a label."),
    click.option("--hold", multiple=True, metavar="STOCK", help="Hold a stock (repeatable)."),
    click.option("--free", multiple=True, metavar="STOCK", help="Do not hold it (repeatable)."),
    click.option(
        "--output", "outputs", multiple=True, metavar="NAME", help="Read it (repeatable)."
    ),
    options.sets,
    click.option("--seed", type=int, default=0, show_default=True),
    click.option("--horizon", type=float, default=400.0, show_default=True, help="Of flows."),
    click.option("-o", "file", type=click.Path(path_type=Path), help="The NetCDF file to write."),
    click.option("--force", is_flag=True, help="Replace a file that simdistrict did not write."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
)


def _common(function: F) -> F:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.group("regimes")
def command() -> None:
    """Equilibria, branches, hysteresis and basins of MODEL; regimes in a run.

    Example: simdistrict regimes branch core --parameter tariff --from 0 --to 2
    """


@command.command("equilibria")
@click.argument("model", metavar="MODEL|SCENARIO")
@click.option("--starts", type=int, default=20, show_default=True, help="Random starts.")
@_common
@click.pass_obj
def equilibria_command(
    settings: dict[str, bool], /, model: str, starts: int, **common: Any
) -> None:
    """Equilibria with their stability, all exogenous inputs frozen at a date.

    Example: simdistrict regimes equilibria district --at 2019 --element Prato
    """
    _do(settings, model, common, study="equilibria", starts=starts)


@command.command("branch")
@click.argument("model", metavar="MODEL|SCENARIO")
@click.option("--parameter", required=True, metavar="NAME", help="The constant to vary.")
@click.option("--from", "low", type=float, required=True)
@click.option("--to", "high", type=float, required=True)
@click.option(
    "--second",
    metavar="NAME=LOW:HIGH",
    help="Follow the folds in a second constant as well, to where they meet.",
)
@click.option("--starts", type=int, default=10, show_default=True, help="Random starts per stop.")
@click.option("--stops", type=int, default=3, show_default=True, help="Values to start from.")
@_common
@click.pass_obj
def branch_command(
    settings: dict[str, bool],
    /,
    model: str,
    parameter: str,
    low: float,
    high: float,
    second: str | None,
    starts: int,
    stops: int,
    **common: Any,
) -> None:
    """Equilibria followed along a constant: branches, folds, Hopf and branch points.

    Example: simdistrict regimes branch core --parameter tariff --from 0 --to 2
    """
    parameters = [(parameter, low, high)]
    if second is not None:
        parameters.append(_bounds(second, "--second"))
    _do(
        settings,
        model,
        common,
        study="fold curve" if second is not None else "branch",
        parameters=tuple(parameters),
        starts=starts,
        stops=stops,
    )


@command.command("hysteresis")
@click.argument("model", metavar="MODEL|SCENARIO")
@click.option("--parameter", required=True, metavar="NAME", help="The constant to sweep.")
@click.option("--from", "low", type=float, required=True)
@click.option("--to", "high", type=float, required=True)
@click.option("--duration", type=float, required=True, help="Of one way, in time units.")
@click.option(
    "--slower",
    type=float,
    multiple=True,
    default=(10.0, 100.0),
    show_default=True,
    help="Repeat with this many times the duration (repeatable).",
)
@_common
@click.pass_obj
def hysteresis_command(
    settings: dict[str, bool],
    /,
    model: str,
    parameter: str,
    low: float,
    high: float,
    duration: float,
    slower: tuple[float, ...],
    **common: Any,
) -> None:
    """A slow sweep of a constant up and down, again slower, and what kind of memory that shows.

    Example: simdistrict regimes hysteresis core --parameter tariff --from 0 --to 2 --duration 40
    """
    if duration <= 0 or min(slower, default=2.0) <= 1:
        raise click.UsageError("--duration is positive, --slower more than 1")
    _do(
        settings,
        model,
        common,
        study="hysteresis",
        parameters=((parameter, low, high),),
        duration=duration,
        speeds=(1.0, *sorted(slower)),
    )


@command.command("basins")
@click.argument("model", metavar="MODEL|SCENARIO")
@click.option(
    "--initial",
    multiple=True,
    metavar="STOCK=LOW:HIGH",
    help="Draw this stock (repeatable); the others start as they are. Default: draw all.",
)
@click.option("--members", type=click.IntRange(1), required=True, help="Initial states.")
@click.option(
    "--along",
    metavar="NAME=FROM:TO:COUNT",
    help="At so many values of a constant, attractors matched from one to the next.",
)
@_common
@click.pass_obj
def basins_command(
    settings: dict[str, bool],
    /,
    model: str,
    initial: tuple[str, ...],
    members: int,
    along: str | None,
    **common: Any,
) -> None:
    """The share of initial states that end in each attractor, also along a constant.

    Example: simdistrict regimes basins core --initial "home experience=0.01:1" --members 200
    """
    box = tuple(_bounds(text, "--initial") for text in initial)
    if along is None:
        _do(settings, model, common, study="basins", members=members, box=box)
        return
    parameter, count = _values(along, "--along")
    _do(
        settings,
        model,
        common,
        study="basins along",
        members=members,
        box=box,
        parameters=(parameter,),
        grid=(count,),
    )


@command.command("map")
@click.argument("model", metavar="MODEL|SCENARIO")
@click.option(
    "--along",
    multiple=True,
    required=True,
    metavar="NAME=FROM:TO:COUNT",
    help="The two constants, and how many values of each (give it twice).",
)
@click.option(
    "--initial",
    multiple=True,
    metavar="STOCK=LOW:HIGH",
    help="Draw this stock (repeatable); the others start as they are. Default: draw all.",
)
@click.option(
    "--members", type=click.IntRange(2), default=4, show_default=True, help="Initial states."
)
@click.option("--where", "rule", default="", metavar='"NAME >= X, ..."', help="The wanted worlds.")
@_common
@click.pass_obj
def map_command(
    settings: dict[str, bool],
    /,
    model: str,
    along: tuple[str, ...],
    initial: tuple[str, ...],
    members: int,
    rule: str,
    **common: Any,
) -> None:
    """Which worlds there are over two constants.

    Example: simdistrict regimes map core --along "tariff=0:2:50" --along "cost ratio=1:2:50"
    """
    if len(along) != 2:
        raise click.UsageError("a map has two constants: give --along twice")
    (first, n), (second, m) = (_values(text, "--along") for text in along)
    _do(
        settings,
        model,
        common,
        study="regime map",
        members=members,
        box=tuple(_bounds(text, "--initial") for text in initial),
        parameters=(first, second),
        grid=(n, m),
        rule=rule,
    )


@command.command("policy")
@click.argument("model", metavar="MODEL|SCENARIO")
@click.option("--parameter", required=True, metavar="NAME", help="The constant that policy moves.")
@click.option("--from", "low", type=float, required=True, help="The smallest dose.")
@click.option("--to", "high", type=float, required=True, help="The largest dose.")
@click.option("--longest", type=float, required=True, help="The longest duration.")
@click.option("--doses", type=click.IntRange(2), default=20, show_default=True)
@click.option("--durations", type=click.IntRange(1), default=20, show_default=True)
@click.option(
    "--as-it-is", is_flag=True, help="Begin with the state of the date, not where it leads."
)
@_common
@click.pass_obj
def policy_command(
    settings: dict[str, bool],
    /,
    model: str,
    parameter: str,
    low: float,
    high: float,
    longest: float,
    doses: int,
    durations: int,
    as_it_is: bool,
    **common: Any,
) -> None:
    """The smallest policy, dose and duration, after whose repeal another world remains.

    Example: simdistrict regimes policy core --parameter tariff --from 0 --to 2 --longest 80
    """
    if longest <= 0:
        raise click.UsageError("--longest is positive")
    _do(
        settings,
        model,
        common,
        study="policy map",
        parameters=((parameter, low, high),),
        duration=longest,
        doses=doses,
        lengths=durations,
        settled=not as_it_is,
    )


@command.command("classes")
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO POLICY...")
@click.option(
    "--survives", "rule", required=True, metavar='"NAME >= X, ..."', help="Who has survived."
)
@click.option("--at", type=float, metavar="TIME", help="Date of the verdict; default: the end.")
@click.option("--members", type=click.IntRange(1), required=True, help="Draws of the prior.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--method", type=click.Choice(["lhs", "sobol", "random"]), default="lhs", show_default=True
)
@click.option(
    "--prior",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="The bands of constants; default: data/parameters.csv beside the model.",
)
@options.sets
@options.steps
@click.option("--workers", type=click.IntRange(1), help="Cores to use; default: all.")
@click.option("--fast", is_flag=True, help="Powers with an error in their last digit.")
@click.option("-o", "file", type=click.Path(path_type=Path), help="The NetCDF file to write.")
@click.option("--force", is_flag=True, help="Replace a file that simdistrict did not write.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def classes_command(
    settings: dict[str, bool],
    /,
    scenarios: tuple[str, ...],
    rule: str,
    at: float | None,
    members: int,
    seed: int,
    method: str,
    prior: Path | None,
    sets: tuple[str, ...],
    workers: int | None,
    fast: bool,
    file: Path | None,
    force: bool,
    as_json: bool,
    **run: Any,
) -> None:
    """Over a prior: survives anyway, lost whatever is done, or policy decides.

    SCENARIO is the world without a policy, each POLICY a scenario with one. A draw counts for the
    first policy under which it survives.

    Example: simdistrict regimes classes neoliberal_globalisation security_tariffs --members 100
    --survives "home share >= 0.5"
    """
    from simdistrict.ensemble.prior import prior_beside, read_prior_file
    from simdistrict.regimes.class_study import STUDY, study_classes
    from simdistrict.regimes.request import Request
    from simdistrict.result.netcdf import check_netcdf_target, write_netcdf
    from simdistrict.run.plan import find, plans_for
    from simdistrict.scenario import RunSettings

    if file is not None:
        check_netcdf_target(file, force=force)
    plans = plans_for(scenarios, sets, RunSettings(**run), "native")
    table = prior or prior_beside(find(scenarios[0])[1])
    request = Request(STUDY, at=at, members=members, seed=seed, rule=rule, method=method, fast=fast)
    result = study_classes(plans, read_prior_file(table), str(table), request, workers)
    if file is not None:
        write_netcdf(result, file, force=force)
    _say(result, file, as_json=as_json, quiet=settings["quiet"])


@command.command("loops")
@click.argument("scenario", metavar="MODEL|SCENARIO")
@click.option("--element", default="", metavar="LABEL", help="The model of one label alone.")
@options.sets
@click.option("-o", "file", type=click.Path(path_type=Path), help="The NetCDF file to write.")
@click.option("--force", is_flag=True, help="Replace a file that simdistrict did not write.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def loops_command(
    settings: dict[str, bool],
    /,
    scenario: str,
    element: str,
    sets: tuple[str, ...],
    file: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Which feedback loops drive a run when, by simlin's loops that matter.

    Needs pysimlin: pip install 'simdistrict[loops]'.

    Example: simdistrict regimes loops neoliberal_globalisation --element Montebelluna
    """
    from simdistrict.regimes.loop_study import STUDY, study_loops
    from simdistrict.regimes.request import Request
    from simdistrict.result.netcdf import check_netcdf_target, write_netcdf
    from simdistrict.run.plan import plans_for

    if file is not None:
        check_netcdf_target(file, force=force)
    (plan,) = plans_for([scenario], sets)
    result = study_loops(plan, Request(STUDY, element=element))
    if file is not None:
        write_netcdf(result, file, force=force)
    _say(result, file, as_json=as_json, quiet=settings["quiet"])


def _do(settings: dict[str, bool], model: str, common: dict[str, Any], **asked: Any) -> None:
    """Do a study and say what came out."""
    from simdistrict.regimes.request import Request
    from simdistrict.regimes.studies import study
    from simdistrict.result.netcdf import check_netcdf_target, write_netcdf
    from simdistrict.run.plan import plans_for

    file, force = common["file"], common["force"]
    if file is not None:
        check_netcdf_target(file, force=force)
    (plan,) = plans_for([model], common["sets"])
    keys = ("at", "element", "hold", "free", "outputs", "seed", "horizon")
    result = study(plan, Request(**asked, **{key: common[key] for key in keys}))
    if file is not None:
        write_netcdf(result, file, force=force)
    _say(result, file, as_json=common["as_json"], quiet=settings["quiet"])


def _say(result: Result, file: Path | None, *, as_json: bool, quiet: bool) -> None:
    from simdistrict.regimes.documents import document
    from simdistrict.regimes.text import lines

    found = document(result)
    if as_json:
        click.echo(json.dumps(found, indent=2, allow_nan=False))
    elif not quiet:
        for line in lines(found):
            click.echo(line)
        if file is not None:
            click.echo(f"wrote {file}")


def _bounds(text: str, hint: str) -> tuple[str, float, float]:
    name, _, bounds = text.rpartition("=")
    try:
        low, high = (float(part) for part in bounds.split(":"))
    except ValueError:
        raise click.BadParameter(f'"{text}" is not NAME=LOW:HIGH', param_hint=hint) from None
    if not name.strip() or not low < high:
        raise click.BadParameter(f'"{text}" is not NAME=LOW:HIGH', param_hint=hint)
    return name.strip(), low, high


def _values(text: str, hint: str) -> tuple[tuple[str, float, float], int]:
    """A constant with its bounds, and how many values of it."""
    head, _, number = text.rpartition(":")
    try:
        count = int(number)
        found = _bounds(head, hint)
    except (ValueError, click.BadParameter):
        count, found = 0, ("", 0.0, 0.0)
    if count < 2:
        what = f'"{text}" is not NAME=FROM:TO:COUNT, with FROM below TO and a COUNT of 2 or more'
        raise click.BadParameter(what, param_hint=hint)
    return found, count


def _check_warning(window: float, bandwidth: float, lasting: float) -> None:
    """Written so that what is no number is refused as well."""
    if not 0 < window <= 1:
        what = f"{window:g} is no share of the series; give more than 0, at most 1"
        raise click.BadParameter(what, param_hint="--window")
    if not 0 < bandwidth < math.inf:
        what = f"{bandwidth:g} is no width of a smoother; give a share of the series above 0"
        raise click.BadParameter(what, param_hint="--bandwidth")
    if not lasting >= 0:
        what = f"{lasting:g} is no span of time; give 0 or more"
        raise click.BadParameter(what, param_hint="--lasting")


def _rules_of(study: str) -> tuple[Rule, ...]:
    """The rules of a study, of which nothing is run."""
    from simdistrict.base.errors import Problem, ScenarioError
    from simdistrict.tables import find_study, read_definition

    definition = read_definition(find_study(study))
    if not definition.rules:
        hint = "write rules under `regimes:`, or give them with --rule"
        raise ScenarioError(Problem(definition.where, "the study has no rules of regimes", hint))
    return definition.rules


@command.command("detect")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar='"REGIME: NAME >= X, ..."',
    help="A regime by thresholds (repeatable, the first that holds counts).",
)
@click.option("--study", metavar="MODEL", help="Use the rules of the study of this model.")
@click.option("--warn", "warned", multiple=True, metavar="NAME", help="Early warnings of it.")
@click.option("--window", type=float, default=0.5, show_default=True, help="Share of the series.")
@click.option("--bandwidth", type=float, default=0.1, show_default=True, help="Of the trend.")
@click.option(
    "--lasting", type=float, default=5.0, show_default=True, help="A shift lasts so long."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def detect_command(
    file: Path,
    rules: tuple[str, ...],
    study: str | None,
    warned: tuple[str, ...],
    window: float,
    bandwidth: float,
    lasting: float,
    as_json: bool,
) -> None:
    """Regime per time and label in the run of FILE, shifts with their dates, early warnings.

    Example: simdistrict regimes detect runs/security_tariffs.nc --study district
    """
    _check_warning(window, bandwidth, lasting)
    from simdistrict.regimes.detection import detect, detection_lines
    from simdistrict.regimes.rules import read_rules
    from simdistrict.result.netcdf import read_netcdf

    if bool(rules) == (study is not None):
        raise click.UsageError("give the rules of regimes, by --study MODEL or by --rule")
    stated = read_rules(rules) if study is None else _rules_of(study)
    found = detect(read_netcdf(file), str(file), stated, warned, window, bandwidth, lasting)
    if as_json:
        click.echo(json.dumps(found, indent=2, allow_nan=False))
        return
    for line in detection_lines(found):
        click.echo(line)
    if not found["runs"]:
        sys.exit(5)
