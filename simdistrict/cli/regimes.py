"""`simdistrict regimes`: studies of the register, each with its options; regimes of a run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Group
from simdistrict.cli.output import ending_in
from simdistrict.regimes.studies.commands import COMMANDS

if TYPE_CHECKING:
    from simdistrict.regimes.rules import Rule
    from simdistrict.regimes.studies.study import Option, RegimeStudy, WithOptions
    from simdistrict.run.plan import Plan

_ENDS = ("low", "high"), ("--from", "--to")
F = TypeVar("F", bound=Callable[..., Any])
S = TypeVar("S", bound="WithOptions")
_OUTPUT = (
    options.sets,
    options.encoding,
    options.outside,
    options.large,
    click.option(
        "-o",
        "file",
        type=click.Path(path_type=Path),
        callback=ending_in(".nc"),
        help="The NetCDF file to write.",
    ),
    click.option("--force", is_flag=True, help="Replace a file that simdistrict did not write."),
    options.as_json,
)
_PRIOR = (
    click.option(
        "--prior",
        type=click.Path(path_type=Path),
        metavar="FILE.csv",
        help="The ranges of constants; default: data/parameters.csv in the model's folder.",
    ),
    click.option("--workers", type=options.WholeRange(1), help="Cores to use; default: all."),
    options.steps,
)


class StudyGroup(Group):
    """A group that makes the command of a study when it is called, so that --help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name == "detect":
            return _detect_command()
        return _command(name) if name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


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

    nargs, metavar = (-1, "SCENARIO POLICY...") if first.several else (1, "MODEL|SCENARIO")
    names = click.argument(
        "scenarios", nargs=nargs, required=True, metavar=metavar, shell_complete=complete.scenarios
    )
    prior = _PRIOR if first.several else ()
    return _built(name, run, [names, *_made(kinds), *prior, *_OUTPUT], first)


def _options(kinds: Sequence[type[WithOptions]]) -> dict[str, Option]:
    """The options of some studies by field, those of all frozen ones last."""
    from simdistrict.regimes.studies.frozen_study import FrozenStudy

    found = {name: option for kind in kinds for name, option in kind.options().items()}
    common = FrozenStudy.options()
    return {name: found[name] for name in sorted(found, key=lambda name: name in common)}


def _made(kinds: Sequence[type[WithOptions]]) -> Iterator[Callable[[F], F]]:
    """The options of the command line for the fields of some studies."""
    for field, option in _options(kinds).items():
        needed = option.required and field in kinds[0].options()
        about: dict[str, Any] = {"required": needed, "help": option.help}
        if option.ends:
            about["shell_complete"] = complete.elements("constant")
            yield click.option(option.flag, field, metavar="NAME", **about)
            for end, flag, text in zip(*_ENDS, option.ends, strict=True):
                yield click.option(flag, end, type=options.REAL, required=needed, help=text)
            continue
        if not option.required:
            about["default"] = option.shown
            about["show_default"] = option.shown not in (None, "", ()) and option.kind is not bool
        if option.kind is bool:
            about["is_flag"] = True
        else:
            about["type"], about["multiple"] = _type(option), option.count != 1
            about["metavar"] = option.form or getattr(option.kind, "form", None)
            about["shell_complete"] = complete.BY_FORM.get(about["metavar"])
        yield click.option(option.flag, field, **about)


def _type(option: Option) -> Any:
    """What click converts the text of an option with."""
    from simdistrict.regimes.studies.study import Interval

    kind: Any = option.kind

    def read(text: str) -> object:
        try:
            return kind.read(text)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint=option.flag) from None

    if option.choices:
        return click.Choice(option.choices)
    if kind is float:
        least, above = option.least, option.above
        if least is above is None:
            return options.REAL
        bound = least if above is None else above
        return options.RealRange(bound, option.most, min_open=above is not None)
    if option.least is not None:
        return options.WholeRange(min=option.least)
    if kind is int:
        return options.WHOLE
    return read if issubclass(kind, Interval) else kind


def _study(kinds: Sequence[type[S]], given: dict[str, Any]) -> S:
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


def _rules_of(study: str) -> tuple[Rule, ...]:
    """The rules of a study, of which nothing is run."""
    from simdistrict.base.errors import Problem, ScenarioError
    from simdistrict.tables import find_study, read_definition

    definition = read_definition(find_study(study))
    if not definition.rules:
        hint = "write rules under `regimes:`, or give them with --rule"
        raise ScenarioError(Problem(definition.where, "the study has no rules of regimes", hint))
    return definition.rules


def _detect_command() -> click.Command:
    """The command that reads a result file."""
    from simdistrict.regimes.studies.detection import DetectionStudy

    def run(file: Path, study: str | None, as_json: bool, **given: Any) -> None:
        from simdistrict.result.netcdf import read_netcdf

        detection = _study([DetectionStudy], given)
        if bool(detection.rules) == (study is not None):
            raise click.UsageError("give the rules of regimes, by --study MODEL or by --rule")
        if study is not None:
            detection = replace(detection, rules=_rules_of(study))
        found = detection.run(read_netcdf(file), str(file))
        if as_json:
            click.echo(json.dumps(found, indent=2, allow_nan=False))
            return
        for line in detection.lines(found):
            click.echo(line)
        if not found["runs"]:
            sys.exit(5)

    rules = click.option(
        "--study",
        metavar="MODEL",
        shell_complete=complete.studies,
        help="Use the rules of the study of a model.",
    )
    file = click.argument("file", type=click.Path(path_type=Path))
    return _built(
        "detect", run, [file, rules, *_made([DetectionStudy]), _OUTPUT[-1]], DetectionStudy
    )


def _built(
    name: str,
    run: Callable[..., None],
    parameters: Sequence[Callable[[F], F]],
    kind: type[WithOptions],
) -> click.Command:
    """A command with its parameters and its help."""
    for parameter in reversed(parameters):
        run = parameter(run)
    example = f"Example: simdistrict regimes {name} {kind.example}"
    text = "\n\n".join(filter(None, (COMMANDS[name], kind.about, example)))
    return click.command(name, cls=Command, help=text)(run)
