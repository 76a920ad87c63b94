"""The points of a lookup from their text in Vensim's language."""

from __future__ import annotations

import math
import re
from itertools import pairwise

from simdistrict.base.errors import ModelError, Problem
from simdistrict.base.numbers import real
from simdistrict.base.remarks import remark
from simdistrict.exchange.text.numbers import SPACED, number, spaced_number
from simdistrict.model.expr import Points

PAIR = re.compile(rf"\(\s*({SPACED})\s*,\s*({SPACED})\s*\)")
_DISPLAY = re.compile(r"^\s*\[(.*?)\]\s*,?", re.DOTALL)


def read_points(text: str, element: str, where: str) -> Points:
    """Points from `( [(0,0)-(10,10)], (0,1), (5,2) )` or from `( 0,5, 1,2 )`, all x before all y.

    where: file and line for messages. Raises ModelError for any other form.
    """
    body = text.strip()
    if not (body.startswith("(") and body.endswith(")")):
        raise ModelError(Problem(where, f'the lookup "{element}" does not end in a parenthesis'))
    body = body[1:-1]
    limits: tuple[tuple[float, float], ...] = ()
    if display := _DISPLAY.match(body):
        corners = _pairs(display.group(1))
        if len(corners) >= 2:
            (x0, y0), (x1, y1) = corners[:2]
            limits = ((x0, x1), (y0, y1))
        body = body[display.end() :]
    pairs = _pairs(body)
    left_over = PAIR.sub("", body).replace(",", "").strip()
    if not pairs:
        pairs = _columns(body)
        left_over = ""
    if not pairs or left_over:
        what = f'near "{left_over[:20]}"' if left_over else "there are no points"
        raise ModelError(Problem(where, f'the lookup "{element}" cannot be read: {what}'))
    if not all(math.isfinite(value) for pair in pairs for value in pair):
        what = f'the lookup "{element}" has a value that is not a finite number'
        raise ModelError(Problem(where, what, "write numbers below 1.8e308"))
    pairs = ascending(pairs, element, where)
    return Points(tuple(x for x, _ in pairs), tuple(y for _, y in pairs), limits)


def ascending(
    pairs: list[tuple[float, float]], element: str, where: str
) -> list[tuple[float, float]]:
    """The points by x, with a remark where they are in another order or share an x.

    Points with one x are a vertical step and keep their order.
    """
    for (before, low), (x, y) in pairwise(pairs):
        if x < before:
            what = f"x = {number(x)} follows x = {number(before)}: the points are used by x"
            remark(where, f'the points of the lookup "{element}" are not in order: {what}')
            break
        if x == before and y != low:
            what = f"x = {number(x)}, with y = {number(low)} and y = {number(y)}: it jumps there"
            remark(where, f'the lookup "{element}" has two points at {what}')
            break
    return sorted(pairs, key=lambda pair: pair[0])


def _pairs(text: str) -> list[tuple[float, float]]:
    return [(spaced_number(x), spaced_number(y)) for x, y in PAIR.findall(text)]


def _columns(body: str) -> list[tuple[float, float]]:
    """The points of x1,..,xn,y1,..,yn; none for a text that is not an even list of numbers."""
    numbers = [value for part in body.split(",") if (value := real(part)) is not None]
    if len(numbers) <= body.count(","):
        return []
    half, odd = divmod(len(numbers), 2)
    return [] if odd else list(zip(numbers[:half], numbers[half:], strict=True))
