"""The diagram of an XMILE file: stocks, flows, auxiliaries and connectors with positions.

The positions are those of the .mdl file's sketch, or of an automatic layout without one. Views are
stacked, because XMILE has one diagram per model; a ghost becomes an alias.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

from simdistrict.exchange.sketch.records import sketch
from simdistrict.exchange.sketch.views import Drawing, DrawnArrow, Spot, drawings, has_sketch
from simdistrict.exchange.xmile.equations import XmileEquationText
from simdistrict.exchange.xmile.prepared import XmileModel, is_flow
from simdistrict.model.model import CONTROL, Model, Stock

_PAD = " " * 16
_MARGIN, _GAP, _COLUMN, _ROW = 60, 120, 150, 60
_EFFORT = 0.1  # of the automatic layout: a fifth of a second for each view


def diagram(
    source: Model, prepared: XmileModel, words: XmileEquationText, flows: set[str]
) -> Iterator[str]:
    """The lines of `views`; source: the model with the text that it was read from."""
    model = prepared.model
    text = source.text if has_sketch(source.text) else sketch(model, _EFFORT)
    work = _DiagramWriter(prepared, words, flows)
    yield "        <views>"
    yield '            <view type="stock_flow">'
    for drawing in drawings(text):
        yield from work.view(drawing)
    yield from work.rest()
    yield "            </view>"
    yield "        </views>"


@dataclass
class _Placed:
    """The position of an object, and its reference in a connector."""

    x: float
    y: float
    words: str
    alias: bool = False


class _DiagramWriter:
    def __init__(self, prepared: XmileModel, words: XmileEquationText, flows: set[str]) -> None:
        self.model = prepared.model
        self.ends = prepared.ends
        self.words = words
        self.flows = flows
        self.drawn: set[str] = set()
        self.number = 0
        self.top = _MARGIN

    def next(self) -> int:
        self.number += 1
        return self.number

    def view(self, drawing: Drawing) -> Iterator[str]:
        spots = [*drawing.spots.values(), *drawing.valves.values()]
        if not spots:
            return
        dx = _MARGIN - min(s.x - s.w for s in spots)
        dy = self.top - min(s.y - s.h for s in spots)
        self.top = max(s.y + s.h for s in spots) + dy + _GAP

        def moved(spot: Spot) -> Spot:
            return replace(spot, x=spot.x + dx, y=spot.y + dy)

        placed: dict[int, _Placed] = {}
        for number, spot in drawing.spots.items():
            if number in drawing.valves or spot.name not in self.model.by_name:
                continue
            yield from self.single(number, moved(spot), placed)
        done: set[str] = set()
        for number, spot in drawing.valves.items():
            if spot.name not in self.model.by_name:
                continue
            ends = [
                moved(drawing.spots[n]) for n in drawing.pipes.get(number, ()) if n in drawing.spots
            ]
            if ends and spot.name not in done:
                done.add(spot.name)
                yield from self.flow(moved(spot), ends, number, placed)
        for number, spot in drawing.valves.items():
            if spot.name in self.model.by_name and number not in placed:
                same = (n for n, s in drawing.valves.items() if s.name == spot.name)
                twin = next((placed[n] for n in same if n in placed), None)
                if twin is None:
                    yield from self.single(number, moved(spot), placed)
                else:
                    placed[number] = twin
        for link in drawing.arrows:
            yield from self.connector(link, placed, (dx, dy))

    def single(self, number: int, spot: Spot, placed: dict[int, _Placed]) -> Iterator[str]:
        """A stock, an auxiliary, a flow without a pipe, or an alias of one in another place."""
        name = self.words.name(spot.name)
        place = f'x="{spot.x}" y="{spot.y}"'
        element = self.model.by_name[spot.name]
        if spot.ghost or spot.name in self.drawn:
            uid = self.next()
            placed[number] = _Placed(spot.x, spot.y, f'<alias uid="{uid}"/>', alias=True)
            yield f'{_PAD}<alias {place} uid="{uid}">'
            yield f"{_PAD}    <of>{escape(name)}</of>"
            yield f"{_PAD}</alias>"
            return
        self.drawn.add(spot.name)
        placed[number] = _Placed(spot.x, spot.y, escape(name))
        shown = quoteattr(" ".join(element.name.split()).replace("\\", "\\\\"))
        if self.is_flow(spot.name):
            yield from _flow_lines(shown, place, ((spot.x - 60, spot.y), (spot.x + 60, spot.y)))
            return
        tag = "stock" if isinstance(element, Stock) else "aux"
        yield f"{_PAD}<{tag} {place} name={shown}/>"

    def is_flow(self, name: str) -> bool:
        return is_flow(self.model.by_name[name], self.flows)

    def flow(
        self, valve: Spot, ends: list[Spot], number: int, placed: dict[int, _Placed]
    ) -> Iterator[str]:
        if valve.name in self.drawn or not self.is_flow(valve.name):
            yield from self.single(number, valve, placed)
            return
        self.drawn.add(valve.name)
        placed[number] = _Placed(valve.x, valve.y, escape(self.words.name(valve.name)))
        into = [e for e in ends if e.name and self.fills(valve.name, e.name)]
        out = [e for e in ends if e.name and e not in into]
        clouds = [e for e in ends if not e.name]
        target = into[0] if into else clouds.pop() if clouds else None
        source = out[0] if out else clouds.pop() if clouds else None
        points = []
        for end, side in ((source, -60), (target, 60)):
            points.append(_edge(end, valve) if end else (valve.x + side, valve.y))
        name = " ".join(self.model.by_name[valve.name].name.split()).replace("\\", "\\\\")
        yield from _flow_lines(quoteattr(name), f'x="{valve.x}" y="{valve.y}"', tuple(points))

    def fills(self, flow: str, stock: str) -> bool:
        return stock in self.ends and flow in self.ends[stock].inflows

    def connector(
        self, link: DrawnArrow, placed: dict[int, _Placed], shift: tuple[int, int]
    ) -> Iterator[str]:
        start, stop = placed.get(link.start), placed.get(link.stop)
        if start is None or stop is None or start is stop or stop.alias:
            return
        middle = None
        if link.middle is not None and link.middle != (0, 0):
            middle = (link.middle[0] + shift[0], link.middle[1] + shift[1])
        yield f'{_PAD}<connector uid="{self.next()}" angle="{_angle(start, stop, middle):.6g}">'
        yield f"{_PAD}    <from>{start.words}</from>"
        yield f"{_PAD}    <to>{stop.words}</to>"
        yield f"{_PAD}</connector>"

    def rest(self) -> Iterator[str]:
        """The elements that no view shows, in rows below the views."""
        left = [n for n in self.model.by_name if n not in self.drawn and n not in CONTROL]
        left += [n for n in CONTROL if n in self.model.by_name and n not in self.drawn]
        for k, name in enumerate(left):
            x, y = _MARGIN + 60 + k % 6 * _COLUMN, self.top + k // 6 * _ROW
            yield from self.single(0, Spot(name, x, y, 20, 20), {})


def _flow_lines(name: str, place: str, points: tuple[tuple[float, float], ...]) -> Iterator[str]:
    yield f"{_PAD}<flow {place} name={name}>"
    yield f"{_PAD}    <pts>"
    for x, y in points:
        yield f'{_PAD}        <pt x="{x:g}" y="{y:g}"/>'
    yield f"{_PAD}    </pts>"
    yield f"{_PAD}</flow>"


def _edge(end: Spot, valve: Spot) -> tuple[float, float]:
    """The point where a pipe meets a stock or a cloud."""
    if not end.name:
        return end.x, end.y
    if abs(valve.x - end.x) > end.w:
        y = min(max(valve.y, end.y - end.h), end.y + end.h)
        return end.x + math.copysign(end.w, valve.x - end.x), y
    return valve.x, end.y + math.copysign(end.h, valve.y - end.y)


def _angle(start: _Placed, stop: _Placed, middle: tuple[int, int] | None) -> float:
    """The direction of an arrow at its start, in degrees anticlockwise (y points down)."""
    dx, dy = stop.x - start.x, start.y - stop.y
    straight = math.degrees(math.atan2(dy, dx))
    half = math.hypot(dx, dy) / 2
    if middle is None or not half:
        return straight % 360
    # the distance of the arc from the straight line, positive to the left
    mx, my = middle[0] - start.x, start.y - middle[1]
    bulge = (dx * my - dy * mx) / (2 * half)
    return (straight + math.degrees(2 * math.atan2(bulge, half))) % 360
