"""`simdistrict regimes`: studies of the register, each with its options; regimes of a run."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simdistrict.cli import options
from simdistrict.regimes.studies.commands import COMMANDS

if TYPE_CHECKING:
    from simdistrict.regimes.rules import Rule
    from simdistrict.regimes.studies.study import Option, RegimeStudy
    from simdistrict.run.plan import Plan

_ENDS = ("low", "high"), ("--from", "--to")
F = TypeVar("F", bound=Callable[..., Any])
_OUTPUT = (
    options.sets,
    click.option("-o", "file", type=click.Path(path_type=Path), help="The NetCDF file to write."),
    click.option("--force", is_flag=True, help="Replace a file that simdistrict did not write."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
)
_PRIOR = (
    click.option(
        "--prior",
        type=click.Path(path_type=Path),
        metavar="FILE.csv",
        help="The ranges of constants; default: data/parameters.csv in the model's folder.",
    ),
    click.option("--workers", type=click.IntRange(1), help="Cores to use; default: all."),
    options.steps,
)


class StudyGroup(click.Group):
    """A group that makes the command of a study when it is called, so that --help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return _command(name) if name in COMMANDS else super().get_command(ctx, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = {name: made.get_short_help_str(100) for name, made in self.commands.items()}
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items(), *own.items()])


@click.group("regimes", cls=StudyGroup)
def command() -> None:
    """Equilibria, branches, hysteresis and basins of MODEL; regimes in a run.

    Example: simdistrict regimes branch core --parameter tariff --from 0 --to 2
    """


def _command(name: str) -> click.Command:
    """The command of one or several studies."""
    from simdistrict.regimes.studies.register import studies_of

    kinds = studies_of(name)
    first = kinds[0]

    @click.pass_obj
    def run(settings: dict[str, bool], /, scenarios: Any, **given: Any) -> None:
        _do(settings, kinds, scenarios if first.several else (scenarios,), given)

    for option in reversed((*_made(kinds), *(_PRIOR if first.several else ()), *_OUTPUT)):
        run = option(run)
    nargs, metavar = (-1, "SCENARIO POLICY...") if first.several else (1, "MODEL|SCENARIO")
    run = click.argument("scenarios", nargs=nargs, required=True, metavar=metavar)(run)
    example = f"Example: simdistrict regimes {name} {first.example}"
    text = "\n\n".join(filter(None, (COMMANDS[name], first.about, example)))
    return click.command(name, help=text)(run)


def _options(kinds: Sequence[type[RegimeStudy]]) -> dict[str, Option]:
    """The options of some studies by field, those of all frozen ones last."""
    from simdistrict.regimes.studies.frozen_study import FrozenStudy

    found = {name: option for kind in kinds for name, option in kind.options().items()}
    common = FrozenStudy.options()
    return {name: found[name] for name in sorted(found, key=lambda name: name in common)}


def _made(kinds: Sequence[type[RegimeStudy]]) -> Iterator[Callable[[F], F]]:
    """The options of the command line for the fields of some studies."""
    for field, option in _options(kinds).items():
        needed = option.required and field in kinds[0].options()
        about: dict[str, Any] = {"required": needed, "help": option.help}
        if option.ends:
            yield click.option(option.flag, field, metavar="NAME", **about)
            for end, flag, text in zip(*_ENDS, option.ends, strict=True):
                yield click.option(flag, end, type=float, required=needed, help=text)
            continue
        if not option.required:
            about["default"] = option.shown
            about["show_default"] = option.shown not in (None, "", ()) and option.kind is not bool
        if option.kind is bool:
            about["is_flag"] = True
        else:
            about["type"], about["multiple"] = _type(option), option.count != 1
            about["metavar"] = option.form or getattr(option.kind, "form", None)
        yield click.option(option.flag, field, **about)


def _type(option: Option) -> click.ParamType[Any]:
    """What the command line reads for an option."""
    from simdistrict.regimes.studies.study import Interval

    if option.choices:
        return click.Choice(option.choices)
    if option.above is not None:
        return click.FloatRange(min=option.above, min_open=True)
    if option.least is not None:
        return click.IntRange(min=option.least)
    if issubclass(option.kind, Interval):
        return _Read(option.kind)
    return click.types.convert_type(option.kind)


class _Read(click.ParamType[Any]):
    """A value that is read from text by its own class."""

    name = "text"

    def __init__(self, kind: Any) -> None:
        self.kind = kind

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if isinstance(value, self.kind):
            return value
        try:
            return self.kind.read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _study(kinds: Sequence[type[RegimeStudy]], given: dict[str, Any]) -> RegimeStudy:
    """The most special study whose options are all given."""
    from simdistrict.regimes.studies.study import Interval

    values = {}
    for name, option in _options(kinds).items():
        value = given[name]
        if value is None and option.required:
            continue
        if option.count > 1 and len(value) != option.count:
            raise click.UsageError(f"give {option.flag} {option.count} times")
        if option.ends:
            value = Interval(value, given["low"], given["high"])
        values[name] = option.made(value) if option.made else value
    (*_, kind) = (kind for kind in kinds if kind.options().keys() <= values.keys())
    return kind(**{name: values[name] for name in kind.options()})


def _do(
    settings: dict[str, bool],
    kinds: Sequence[type[RegimeStudy]],
    scenarios: Sequence[str],
    given: dict[str, Any],
) -> None:
    """Do a study and print what it found."""
    from simdistrict.regimes.studies.register import document, lines
    from simdistrict.result.netcdf import check_netcdf_target, write_netcdf
    from simdistrict.run.plan import plans_for

    file, force = given["file"], given["force"]
    if file is not None:
        check_netcdf_target(file, force=force)
    study = _study(kinds, given)
    if study.several:
        study, plans = _over_prior(study, scenarios, given)
    else:
        plans = plans_for(scenarios, given["sets"])
    result = study.run(plans)
    if file is not None:
        write_netcdf(result, file, force=force)
    if given["as_json"]:
        click.echo(json.dumps(document(result), indent=2, allow_nan=False))
    elif not settings["quiet"]:
        for line in lines(result):
            click.echo(line)
        if file is not None:
            click.echo(f"wrote {file}")


def _over_prior(
    study: RegimeStudy, scenarios: Sequence[str], given: dict[str, Any]
) -> tuple[RegimeStudy, list[Plan]]:
    """A study of several scenarios with its prior, and the scenarios."""
    from simdistrict.ensemble.prior import prior_beside, read_prior_file
    from simdistrict.run.plan import find, plans_for
    from simdistrict.scenario import RunSettings

    names = {f.name for f in fields(RunSettings)}
    steps = {name: value for name, value in given.items() if name in names}
    plans = plans_for(scenarios, given["sets"], RunSettings(**steps), "native")
    table = given["prior"] or prior_beside(find(scenarios[0])[1])
    prior = read_prior_file(table)
    more = {"prior": prior, "prior_name": str(table), "workers": given["workers"]}
    return replace(study, **more), plans


def _check_warning(window: float, bandwidth: float, lasting: float) -> None:
    """Refuse values out of range, and NaN."""
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
@click.option("--lasting", type=float, default=5.0, show_default=True, help="Shortest shift.")
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
