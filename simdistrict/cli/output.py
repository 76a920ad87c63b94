"""Checks of output file names, and the elements to save."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simdistrict.model.model import Model

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


def saved(save: str, model: Model) -> str:
    """The argument of --save, with `@FILE.lst` replaced by the names in the save list."""
    if not save.startswith("@"):
        return save
    from simdistrict.exchange.vensim.lst import read_lst

    return ",".join(read_lst(Path(save[1:]), model))
