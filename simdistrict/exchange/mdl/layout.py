"""A model's text with its views laid out anew."""

from __future__ import annotations

import re
from pathlib import Path

from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.sketch.records import settings, sketch
from simdistrict.exchange.text.splice import Edit, plain, spliced

_VIEW = re.compile(r"^\\+---///.*$", re.MULTILINE)
_END = re.compile(r"^///---\\+.*$", re.MULTILINE)
# a variable, a valve, a cloud, an arrow, with its number; no setting begins so
_RECORD = re.compile(r"^(?:1|10|11|12),\d+,", re.MULTILINE)


def has_sketch(text: str) -> bool:
    """Whether a model's text has a view already on which something stands."""
    first = _VIEW.search(text)
    return first is not None and bool(_RECORD.search(text, first.end()))


def with_sketch(text: str, where: str = "model.mdl", effort: float = 1.0) -> str:
    """The text of a model with its views laid out anew, every other character as it was.

    effort: how long to search for a good arrangement; 1 takes a second or two for each view.
    """
    flat = plain(text)
    model = read_mdl_text(flat, Path(where).stem, where)
    views = sketch(model, effort)
    end = _END.search(flat)
    stop = end.start() if end else len(flat)
    first = _VIEW.search(flat, 0, stop)
    start = first.start() if first else stop
    if not end:
        views += settings(model)
    if start and flat[start - 1] != "\n":
        views = "\n" + views
    return spliced(text, [Edit(start, stop, views)])
