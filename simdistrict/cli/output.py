"""Checks of output file names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

Callback = Callable[[click.Context, click.Parameter, Path | None], Path | None]


def ending_in(*suffixes: str) -> Callback:
    """An option callback: the file name must have one of the suffixes."""

    def check(ctx: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
        if path is None or path.suffix in suffixes:
            return path
        seen = f'ends in "{path.suffix}"' if path.suffix else "has no suffix"
        wanted = " or ".join(suffixes)
        first = path.with_suffix(suffixes[0]) if path.name else f"FILE{suffixes[0]}"
        what = f'"{path}" {seen}: only {wanted} can be written, for example {first}'
        raise click.BadParameter(what, ctx, option)

    return check
