"""The text of a .mdl file with a new layout of its views."""

from __future__ import annotations

from pathlib import Path

from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.sketch.records import sketch
from simdistrict.exchange.text.files import plain
from simdistrict.exchange.text.settings import BLOCK, VIEW, settings_text
from simdistrict.exchange.text.splice import Edit, spliced


def with_sketch(text: str, where: str = "model.mdl", effort: float = 1.0) -> str:
    """The text of a model with a new layout of its views; every other character is kept.

    effort: search effort; 1 takes a second or two for each view.
    """
    flat = plain(text)
    model = read_mdl_text(flat, Path(where).stem, where)
    views = sketch(model, effort)
    end = BLOCK.search(flat)
    stop = end.start() if end else len(flat)
    first = VIEW.search(flat, 0, stop)
    start = first.start() if first else stop
    if not end:
        views += settings_text(model)
    if start and flat[start - 1] != "\n":
        views = "\n" + views
    return spliced(text, [Edit(start, stop, views)])
