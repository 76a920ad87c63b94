"""A view as records of Vensim's sketch.

Record 10 is a variable, 11 a valve, 12 a cloud, 1 an arrow or half of a pipe; the other numbers
are those that Vensim writes.
"""

from __future__ import annotations

from collections.abc import Callable

from simdistrict.exchange.sketch.boxes import Rectangle
from simdistrict.exchange.sketch.chains import PlacedPipe
from simdistrict.exchange.sketch.content import TIME, contents
from simdistrict.exchange.sketch.page import Page, laid_out, pipe_lines
from simdistrict.exchange.text.equations import quoted
from simdistrict.model.model import Model

HEAD = r"""\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*{name}
$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|72,72,100,0
"""
GHOST = "2,0,3,{place},0,0,0,128-128-128,0-0-0,|12||128-128-128"
# the view that Vensim saves of a model without a drawing; other programs find the end of the
# equations by the first view
EMPTY = "View 1"


def sketch(model: Model, effort: float = 1.0) -> str:
    """The views of a model, at least an empty one, without the line that ends them."""

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
    """The records of a view in order, numbered."""

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

    def _variable(self, name: str, box: Rectangle, shape: int) -> None:
        self._numbers[name] = self._next()
        place = -1 if shape == 40 else 0  # the name of a flow is below its valve
        rest = GHOST.format(place=place) if name in self._ghosts else f"3,0,0,{place},0,0,0"
        text = quoted(self._spelled(name))
        self.lines.append(f"10,{self._last},{text},{box.x},{box.y},{box.w},{box.h},{shape},{rest}")

    def _pipe(self, placed: PlacedPipe, stocks: dict[str, Rectangle]) -> None:
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
        # 4 has an arrowhead, 100 does not
        for k, shape in ((1, 4), (0, 100)):
            self.lines.append(
                f"1,{numbers[1 - k]},{self._last},{ends[k]},{shape},0,0,22,0,0,0,-1--1--1,,"
                f"1|({halves[k]},{valve.y})|"
            )
        self.lines.append(
            f"11,{self._last},0,{valve.x},{valve.y},{valve.w},{valve.h},34,3,0,0,1,0,0,0"
        )
        self._variable(pipe.flow, placed.label, 40)
