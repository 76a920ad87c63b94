"""A laid-out view as the records of Vensim's sketch, and a model's text with such views.

Record 10 is a variable, 11 a valve, 12 a cloud, 1 an arrow or half of a pipe; the numbers behind
are those that Vensim itself writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from simdistrict.exchange.equations import quoted
from simdistrict.exchange.mdl import read_mdl_text
from simdistrict.exchange.sketch.boxes import Box
from simdistrict.exchange.sketch.chains import PlacedPipe
from simdistrict.exchange.sketch.content import TIME, contents
from simdistrict.exchange.sketch.page import Page, laid_out, pipe_lines
from simdistrict.exchange.splice import Edit, plain, spliced
from simdistrict.model import Model, Stock

HEAD = r"""\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*{name}
$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|72,72,100,0
"""
GHOST = "2,0,3,{place},0,0,0,128-128-128,0-0-0,|12||128-128-128"
# what Vensim expects behind the last view; a file that ends without it gets it
SETTINGS = """///---\\\\\\
:L\x7f<%^E!@
1:Current.vdf
9:Current
15:0,0,0,{method},0,0
19:100,0
27:2,
34:0,
4:Time
5:{shown}
"""
_VIEW = re.compile(r"^\\+---///.*$", re.MULTILINE)
_END = re.compile(r"^///---\\+.*$", re.MULTILINE)
# a variable, a valve, a cloud, an arrow, with its number; no setting begins so
_RECORD = re.compile(r"^(?:1|10|11|12),\d+,", re.MULTILINE)
# what Vensim saves of a model of which nothing is drawn; without any view its file is no sound one
# to others, who take the line that begins the views for the end of the equations
EMPTY = "View 1"


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


def sketch(model: Model, effort: float = 1.0) -> str:
    """The views of a model, one empty one where there are none, without the mark that ends them."""

    def spelled(name: str) -> str:
        return "Time" if name == TIME else model.by_name[name].name

    pages = [laid_out(content, spelled, effort) for content in contents(model)]
    return "".join(view_text(page, spelled) for page in pages) or empty_sketch()


def empty_sketch() -> str:
    """One view with nothing on it."""
    return HEAD.format(name=EMPTY)


def view_text(page: Page, spelled: Callable[[str], str]) -> str:
    """The records of one view."""
    return HEAD.format(name=page.content.name) + "\n".join(_Records(page, spelled).lines) + "\n"


class _Records:
    """Records in the order of a view, each with a number of its own."""

    def __init__(self, page: Page, spelled: Callable[[str], str]) -> None:
        self.lines: list[str] = []
        self._last = 0
        self._ghosts = set(page.content.ghosts)
        self._spelled = spelled
        self._numbers: dict[str, int] = {}
        self._valves: dict[str, int] = {}
        for name, box in page.stocks.items():
            self._variable(name, box, 3)
        for pipe in page.pipes:
            self._pipe(pipe, page.stocks)
        for name, box in page.others.items():
            self._variable(name, box, 8)
        for drawn in page.arrows:
            arrow = drawn.arrow
            start = self._end(arrow.cause, drawn.from_valve)
            stop = self._end(arrow.use, drawn.to_valve)
            x, y = drawn.middle
            flag = int(arrow.initial)
            self.lines.append(
                f"1,{self._next()},{start},{stop},1,0,0,0,0,64,{flag},-1--1--1,,1|({x},{y})|"
            )

    def _next(self) -> int:
        self._last += 1
        return self._last

    def _end(self, name: str, valve: bool) -> int:
        return self._valves[name] if valve else self._numbers[name]

    def _variable(self, name: str, box: Box, shape: int) -> None:
        self._numbers[name] = self._next()
        place = -1 if shape == 40 else 0  # the name of a flow stands below its valve
        rest = GHOST.format(place=place) if name in self._ghosts else f"3,0,0,{place},0,0,0"
        text = quoted(self._spelled(name))
        self.lines.append(f"10,{self._last},{text},{box.x},{box.y},{box.w},{box.h},{shape},{rest}")

    def _pipe(self, placed: PlacedPipe, stocks: dict[str, Box]) -> None:
        pipe, valve = placed.pipe, placed.valve
        cloud = 0
        if placed.cloud:
            cloud = self._next()
            box = placed.cloud
            self.lines.append(f"12,{cloud},48,{box.x},{box.y},{box.w},{box.h},0,3,0,0,-1,0,0,0")
        ends = [self._numbers[s] if s else cloud for s in (pipe.source, pipe.target)]
        halves = [(x0 + x1) // 2 for (x0, _), (x1, _) in pipe_lines(placed, stocks)]
        numbers = [self._next(), self._next()]
        self._valves[pipe.flow] = self._next()
        # 4 ends in an arrowhead, 100 does not
        for k, shape in ((1, 4), (0, 100)):
            self.lines.append(
                f"1,{numbers[1 - k]},{self._last},{ends[k]},{shape},0,0,22,0,0,0,-1--1--1,,"
                f"1|({halves[k]},{valve.y})|"
            )
        self.lines.append(
            f"11,{self._last},0,{valve.x},{valve.y},{valve.w},{valve.h},34,3,0,0,1,0,0,0"
        )
        self._variable(pipe.flow, placed.label, 40)


def settings(model: Model) -> str:
    """The block behind the last view: the method of integration, and units of one meaning."""
    stocks = [e.name for e in model if isinstance(e, Stock)]
    shown = stocks[0] if stocks else "Time"
    text = SETTINGS.format(method=1 if model.integrator == "rk4" else 0, shown=shown)
    return text + "".join(f"22:{','.join(units)}\n" for units in model.unit_synonyms)
