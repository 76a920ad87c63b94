"""The views of a model for Vensim's editor, drawn from its equations."""

from __future__ import annotations

from pathlib import Path

from simdistrict.base.atomic import writable_target
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.library import find_model
from simdistrict.exchange.mdl.file import read_exact
from simdistrict.exchange.mdl.layout import with_sketch
from simdistrict.exchange.sketch.views import has_sketch
from simdistrict.exchange.text.files import write_exact


def lay_out(model: str, output: Path | None = None, *, force: bool = False) -> tuple[Path, int]:
    """Write the sketch of a model into its file, or another; that file and the number of views.

    Raises ExchangeError where the file has a sketch, or the other one exists, and not force.
    """
    path = find_model(model)
    text, encoding = read_exact(path)
    target = output or path
    if not force and output is None and has_sketch(text):
        what = "the model has a sketch already"
        hint = "replace it with --force, or write to another file with -o"
        raise ExchangeError(Problem(str(path), what, hint))
    if output is not None:
        writable_target(output, force=force)
    drawn = with_sketch(text, str(path))
    write_exact(target, drawn, encoding)
    return target, drawn.count("---/// Sketch information")
