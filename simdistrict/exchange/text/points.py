"""The points of a lookup from their text in Vensim's language."""

from __future__ import annotations

import math
import re

from simdistrict.base.errors import ModelError, Problem
from simdistrict.base.numbers import real
from simdistrict.exchange.text.numbers import SPACED, spaced_number
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
    if not all(math.isfinite(number) for pair in pairs for number in pair):
        what = f'the lookup "{element}" has a value that is not a finite number'
        raise ModelError(Problem(where, what, "write numbers below 1.8e308"))
    # Vensim requires ascending x; a stable sort keeps the order of a vertical step
    pairs.sort(key=lambda pair: pair[0])
    return Points(tuple(x for x, _ in pairs), tuple(y for _, y in pairs), limits)


def _pairs(text: str) -> list[tuple[float, float]]:
    return [(spaced_number(x), spaced_number(y)) for x, y in PAIR.findall(text)]


def _columns(body: str) -> list[tuple[float, float]]:
    """The points of x1,..,xn,y1,..,yn; none for a text that is not an even list of numbers."""
    numbers = [value for part in body.split(",") if (value := real(part)) is not None]
    if len(numbers) <= body.count(","):
        return []
    half, odd = divmod(len(numbers), 2)
    return [] if odd else list(zip(numbers[:half], numbers[half:], strict=True))
