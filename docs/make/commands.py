"""The reference of the command line, from click's own description of the commands."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from simdistrict.cli.main import COMMANDS, EXIT_CODES, group

INTRODUCTION = """# Command line

Every command, with its arguments and options, as `simdistrict COMMAND --help` prints them.
A model is the name of a shipped one or a file; so is a scenario.
"""


def page() -> str:
    """The whole page."""
    root = click.Context(group, info_name="simdistrict")
    parts = [INTRODUCTION, _summary(), *_sections(root)]
    return "\n".join(parts)


def all_commands() -> Iterator[tuple[str, ...]]:
    """The words of each command, such as ("regimes", "branch")."""
    root = click.Context(group, info_name="simdistrict")
    yield from (words for words, _, _ in _walk(root, group, ()))


def _walk(
    context: click.Context, command: click.Command, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Context, click.Command]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is None or child.hidden:
                continue
            below = click.Context(child, info_name=name, parent=context)
            yield (*words, name), below, child
            yield from _walk(below, child, (*words, name))


def _summary() -> str:
    rows = ["| command | what it does |", "|---|---|"]
    rows += [
        f"| [`{name}`](#simdistrict-{name}) | {text} |" for name, (_, text) in COMMANDS.items()
    ]
    codes = re.sub(r"\s+", " ", EXIT_CODES.replace("\b", "")).strip()
    return "\n".join([*rows, "", f"{codes} See [errors](errors.md).", ""])


def _sections(root: click.Context) -> Iterator[str]:
    yield "## Options of every command\n"
    yield _options(root, group)
    for words, context, command in _walk(root, group, ()):
        yield _section(words, context, command)


def _section(words: tuple[str, ...], context: click.Context, command: click.Command) -> str:
    title = f"{'#' * (1 + len(words))} simdistrict {' '.join(words)}"
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [title, "", *_help(command), "", f"```text\n{usage}\n```", ""]
    options = _options(context, command)
    return "\n".join([*parts, options, ""])


def _help(command: click.Command) -> list[str]:
    """The help of a command: its paragraphs, examples as code."""
    lines: list[str] = []
    text = (command.help or "") + "\n\n" + (command.epilog or "")
    for block in re.split(r"\n\s*\n", text.strip()):
        plain = block.replace("\b", "").strip("\n")
        example = re.match(r"\s*Examples?:\s*(.*)", plain, re.DOTALL)
        if example:
            lines += ["", "```text", *(line.strip() for line in example[1].splitlines()), "```"]
        elif "\b" in block:
            lines += ["", "```text", plain.strip(), "```"]
        else:
            lines += ["", _escaped(re.sub(r"\s+", " ", plain).strip())]
    return lines


def _options(context: click.Context, command: click.Command) -> str:
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1] and "--help" not in record[0]:
            names, meaning = (re.sub(r"\s+", " ", part) for part in record)
            rows.append(f"| `{names.replace('|', chr(92) + '|')}` | {_escaped(meaning)} |")
    return "\n".join(["| option | meaning |", "|---|---|", *rows, ""]) if rows else ""


def _escaped(text: str) -> str:
    return re.sub(r"([|<*\[\]_])", r"\\\1", text)
