"""`simdistrict regimes`: studies of the register, each with its options; regimes of a run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simdistrict.cli import complete, options
from simdistrict.cli.common import Command, Group, Settings
from simdistrict.cli.output import ending_in
from simdistrict.regimes.studies.commands import COMMANDS

if TYPE_CHECKING:
    from simdistrict.api.commands.regimes import Option, RegimeStudy, WithOptions

_ENDS = ("low", "high"), ("--from", "--to")
F = TypeVar("F", bound=Callable[..., Any])
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
    options.design,
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
    from simdistrict.api.commands.regimes import studies_of

    kinds = studies_of(name)
    first = kinds[0]

    @click.pass_obj
    def run(settings: Settings, /, scenarios: Any, **given: Any) -> None:
        _do(settings, kinds, scenarios if first.several else (scenarios,), given)

    nargs, metavar = (-1, "SCENARIO POLICY...") if first.several else (1, "MODEL|SCENARIO")
    names = click.argument(
        "scenarios", nargs=nargs, required=True, metavar=metavar, shell_complete=complete.scenarios
    )
    prior = _PRIOR if first.several else ()
    return _built(name, run, [names, *_made(kinds), *prior, *_OUTPUT], first)


def _made(kinds: Sequence[type[WithOptions]]) -> Iterator[Callable[[F], F]]:
    """The options of the command line for the fields of some studies."""
    from simdistrict.api.commands.regimes import options_of

    for field, option in options_of(kinds).items():
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
    return read if hasattr(kind, "read") else kind


def _do(
    settings: Settings,
    kinds: Sequence[type[RegimeStudy]],
    scenarios: Sequence[str],
    given: dict[str, Any],
) -> None:
    """Do a study and print what it found."""
    from simdistrict.api.commands.regimes import study

    file = given["file"]
    found = study(kinds, scenarios, given, sets=given["sets"], file=file, force=given["force"])
    if given["as_json"]:
        click.echo(json.dumps(found.document(), indent=2, allow_nan=False))
    elif not settings["quiet"]:
        for line in found.lines():
            click.echo(line)
        if file is not None:
            click.echo(f"wrote {file}")


def _detect_command() -> click.Command:
    """The command that reads a result file."""
    from simdistrict.api.commands.regimes import DETECTION, detect

    def run(file: Path, study: str | None, as_json: bool, **given: Any) -> None:
        detected = detect(file, given, study)
        if as_json:
            click.echo(json.dumps(detected.found, indent=2, allow_nan=False))
            return
        for line in detected.lines():
            click.echo(line)
        if not detected.found["runs"]:
            sys.exit(5)

    rules = click.option(
        "--study",
        metavar="MODEL",
        shell_complete=complete.studies,
        help="Use the rules of the study of a model.",
    )
    file = click.argument("file", type=click.Path(path_type=Path))
    return _built("detect", run, [file, rules, *_made([DETECTION]), _OUTPUT[-1]], DETECTION)


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
