"""The group of commands; imports the module of a command only when it is called.

Knows names, verbosity and exit codes; the commands are in their own modules.
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from typing import Any

import click

from simdistrict.base import interrupt
from simdistrict.base.errors import SimdistrictError
from simdistrict.base.version import version
from simdistrict.cli.common import COMPLETE, Group, new_settings, start_log

# name -> (module below simdistrict.cli, one line for --help); each module has `command`
COMMANDS = {
    "new": ("new", "Copy a runnable example project."),
    "list": ("listing", "List scenarios, models, tables or figures."),
    "show": ("show", "Show a model or a scenario."),
    "run": ("run", "Simulate scenarios into NetCDF."),
    "ensemble": ("ensemble", "Run many members of scenarios into NetCDF or Zarr."),
    "sensitivity": ("sensitivity", "Analyse which constants of an ensemble matter."),
    "rerun": ("rerun", "Repeat a result file from its own record."),
    "compare": ("compare", "Compare two results; report where they first differ."),
    "check": ("check", "Check units, structure and behaviour of a model."),
    "convert": ("convert", "Convert models, changes and results."),
    "layout": ("layout", "Lay out the views of a model for Vensim's editor."),
    "fill": ("fill", "Write the numbers of a model's tables into the model."),
    "regimes": ("regimes", "Equilibria, branches, hysteresis, basins; regimes of a run."),
    "calibrate": ("calibrate", "Fit constants of a model to observed data."),
    "infer": ("infer", "Find the values of constants that agree with data."),
    "tables": ("tables", "Make the result tables, or compare the committed ones."),
    "plot": ("plot", "Draw the figures of the results."),
    "completion": ("completion", "Print the script that completes names in a shell."),
}

PIPE_CLOSED = 141  # as shells have it: 128 and the number of the signal
EXIT_CODES = """\b
Exit codes: 0 ok, 1 unexpected failure, 2 usage, 3 an input or output file is invalid,
4 a run did not complete, 5 a check or comparison failed or a posterior is not to be trusted,
130 interrupted, 143 terminated.
"""


class LazyGroup(Group):
    """A group that imports a command when it is called, so that --help stays fast."""

    def invoke(self, ctx: click.Context) -> Any:
        # click ends an interrupted program, or one whose reader has gone, with 1, the code of an
        # unexpected failure
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            if sys.stderr.isatty():
                click.echo(err=True)  # after a line of progress
            click.echo(interrupt.message(), err=True)
            ctx.exit(interrupt.exit_code())
        except BrokenPipeError:
            ctx.exit(PIPE_CLOSED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"simdistrict.cli.{COMMANDS[name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(version())
        ctx.exit()


@click.group(
    cls=LazyGroup,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and exit.",
)
@click.pass_context
def group(ctx: click.Context) -> None:
    """The open laboratory for value-chain regime shifts.

    Example: simdistrict run security_tariffs
    """
    start_log(ctx)


def main() -> None:
    """Entry point of the `simdistrict` program; turns errors into messages and exit codes."""
    settings = new_settings()
    if COMPLETE in os.environ:
        from simdistrict.cli.shells import register

        register()
    # a command runs for a second and creates few cycles; collecting them would cost a tenth of it
    gc.set_threshold(200_000, 50, 50)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # do not fail where the terminal cannot encode a title
            stream.reconfigure(errors="backslashreplace")
    try:
        group(standalone_mode=True, obj=settings, complete_var=COMPLETE)
    except SimdistrictError as error:
        if settings["debug"]:
            raise
        for problem in error.problems:
            click.echo(f"error: {problem}", err=True)
        sys.exit(error.exit_code)
    except RecursionError:
        if settings["debug"]:
            raise
        click.echo("error: the input is nested too deeply", err=True)
        sys.exit(3)
    except OSError as error:
        if settings["debug"]:
            raise
        # errors of files have a name, and a stream has none
        where = error.filename or "the output"
        click.echo(f"error: {where} | {error.strerror or error}", err=True)
        sys.exit(1)
    except Exception as error:
        if settings["debug"]:
            raise
        what = f"unexpected {type(error).__name__}: {error}"
        hint = "this is a fault of simdistrict, not of the input; --debug shows where it happened"
        click.echo(f"error: {what}\n    {hint}", err=True)
        sys.exit(1)
