"""Reads the sketch of a .mdl file: positions of elements, clouds, pipes and arrows."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field

from simdistrict.exchange.text.settings import BLOCK, VIEW
from simdistrict.model.expr import fold

# a variable, valve, cloud or arrow with its number; no setting begins like this
_RECORD = re.compile(r"^(?:1|10|11|12),[0-9]+,", re.MULTILINE)
_MIDDLE = re.compile(r"\|\((-?[0-9]+),(-?[0-9]+)\)\|")
_PIPE = "22"  # line width of the halves of a flow


@dataclass(frozen=True, slots=True)
class Spot:
    """An element, or a cloud without a name, by centre and half sizes."""

    name: str
    x: int
    y: int
    w: int
    h: int
    ghost: bool = False


@dataclass(frozen=True, slots=True)
class DrawnArrow:
    """An arrow between two objects by their numbers, with its middle point."""

    start: int
    stop: int
    middle: tuple[int, int] | None = None


@dataclass
class Drawing:
    """One view, objects by number.

    valves: the flow's name at the position of its valve; pipes: number of a valve -> numbers of
    the stocks and clouds at its ends.
    """

    spots: dict[int, Spot] = field(default_factory=dict)
    valves: dict[int, Spot] = field(default_factory=dict)
    pipes: dict[int, list[int]] = field(default_factory=dict)
    arrows: list[DrawnArrow] = field(default_factory=list)


def has_sketch(text: str) -> bool:
    """Whether the text of a .mdl file has a view that shows anything."""
    first = VIEW.search(text)
    return first is not None and bool(_RECORD.search(text, first.end()))


def drawings(text: str) -> list[Drawing]:
    """The views in the text of a .mdl file; empty without a sketch."""
    end = BLOCK.search(text)
    stop = end.start() if end else len(text)
    starts = [match.end() for match in VIEW.finditer(text, 0, stop)]
    return [
        _drawing(text[start:until].splitlines())
        for start, until in zip(starts, [*starts[1:], stop], strict=True)
    ]


def _drawing(lines: list[str]) -> Drawing:
    found = Drawing()
    waiting: list[int] = []  # a valve whose name follows
    links: list[tuple[list[str], DrawnArrow]] = []
    for line in lines:
        try:
            fields = next(csv.reader([line], escapechar="\\"), [])
            kind, number = int(fields[0]), int(fields[1])
            if kind == 1:
                links.append((fields, DrawnArrow(int(fields[2]), int(fields[3]), _middle(line))))
                continue
            x, y, w, h = (int(fields[k]) for k in (3, 4, 5, 6))
        except (ValueError, IndexError, csv.Error):
            continue
        if kind == 10:
            shown = fields[8] if len(fields) > 8 else "3"
            ghost = shown.isdigit() and not int(shown) & 1
            spot = Spot(fold(fields[2]), x, y, w, h, ghost)
            found.spots[number] = spot
            if waiting:
                valve = found.valves[waiting.pop()]
                found.valves[number] = Spot(spot.name, valve.x, valve.y, valve.w, valve.h, ghost)
                for key in [k for k, v in found.valves.items() if v is valve]:
                    found.valves[key] = found.valves[number]
        elif kind == 11:
            found.valves[number] = Spot("", x, y, w, h)
            waiting = [number]
        elif kind == 12 and fields[2] == "48":
            found.spots[number] = Spot("", x, y, w, h)
    for fields, link in links:
        if link.start in found.valves and len(fields) > 7 and fields[7] == _PIPE:
            found.pipes.setdefault(link.start, []).append(link.stop)
        else:
            found.arrows.append(link)
    return found


def _middle(line: str) -> tuple[int, int] | None:
    match = _MIDDLE.search(line)
    return (int(match.group(1)), int(match.group(2))) if match else None
