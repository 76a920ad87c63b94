"""What every command takes, before its name or after it: -q, -v, --json and --debug.

A command is made with `cls=Command`, a group with `cls=Group`; `--json` is `options.as_json`.
"""

from __future__ import annotations

import logging
import sys
from functools import partial
from typing import Any, TypedDict

import click

# what the scripts of `simdistrict completion` set
COMPLETE = "_SIMDISTRICT_COMPLETE"


class Settings(TypedDict):
    """How a command answers; one for the whole command line, the `obj` of its contexts."""

    quiet: bool
    verbose: int
    json: bool
    debug: bool


def new_settings() -> Settings:
    """The settings of a command line without options."""
    return {"quiet": False, "verbose": 0, "json": False, "debug": False}


def settings_of(ctx: click.Context) -> Settings:
    """The settings of a context; new ones for a group that is called from Python."""
    if ctx.obj is None:
        ctx.obj = new_settings()
    settings: Settings = ctx.obj
    return settings


class _Once(logging.Filter):
    """Lets each warning pass once: a command may read one file several times."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        known = text in self.seen
        self.seen.add(text)
        return not known


def start_log(ctx: click.Context) -> None:
    """Log to stderr until a context closes, each message once."""
    logger = logging.getLogger()
    ctx.call_on_close(partial(logger.setLevel, logger.level))
    logging.basicConfig(format="%(levelname)s: %(message)s", stream=sys.stderr)
    _set_level(settings_of(ctx))
    for handler in logger.handlers:
        once = _Once()
        handler.addFilter(once)
        # once per command, where one process calls several
        ctx.call_on_close(partial(handler.removeFilter, once))


def without_traces() -> None:
    """Leave out what Dask logs where a connection is lost: the error says it in a line."""
    if logging.getLogger().level > logging.INFO:
        for handler in logging.getLogger().handlers:
            handler.addFilter(lambda record: not record.name.startswith("distributed"))


def _set_level(settings: Settings) -> None:
    levels = logging.WARNING, logging.INFO, logging.DEBUG
    level = logging.ERROR if settings["quiet"] else levels[min(settings["verbose"], 2)]
    logging.getLogger().setLevel(level)


def _quiet(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    settings_of(ctx)["quiet"] |= wanted


def _verbose(ctx: click.Context, _: click.Parameter, count: int) -> None:
    settings_of(ctx)["verbose"] += count


def _debug(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    settings_of(ctx)["debug"] |= wanted


def json_wanted(ctx: click.Context, _: click.Parameter, wanted: bool) -> bool:
    """Whether --json was given, before the name of the command or after it."""
    settings = settings_of(ctx)
    settings["json"] |= wanted
    return settings["json"]


def _common() -> list[click.Parameter]:
    """The options of every command; eager, so that they hold while the others are read."""
    about: dict[str, Any] = {"is_eager": True, "expose_value": False}
    quiet = "Print no summary, progress or warning."
    verbose = "Print more; -vv prints everything."
    debug = "Print a traceback with an error."
    return [
        click.Option(["-q", "--quiet"], is_flag=True, help=quiet, callback=_quiet, **about),
        click.Option(["-v", "--verbose"], count=True, help=verbose, callback=_verbose, **about),
        click.Option(["--debug"], is_flag=True, help=debug, callback=_debug, **about),
    ]


class Command(click.Command):
    """A command with the options that every command takes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _common()

    def invoke(self, ctx: click.Context) -> Any:
        # given after the name of the command, the level is known only now
        _set_level(settings_of(ctx))
        return super().invoke(ctx)


class Group(Command, click.Group):
    """A group of such commands; takes --json for all of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        about: dict[str, Any] = {"is_flag": True, "expose_value": False, "is_eager": True}
        self.params.append(
            click.Option(["--json"], callback=json_wanted, help="Print one JSON document.", **about)
        )

    command_class = Command
    group_class = type

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """The names of its commands, without importing them."""
        from click.shell_completion import CompletionItem

        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*map(CompletionItem, names), *options]
