"""Boxes on a page, and the size of a name.

Sizes are half widths and half heights in pixels, as in Vensim's sketch.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import cache

# half the width of a letter and half the height of a line of Vensim's standard font
LETTER, LINE = 3.2, 8
LONG_LINE = 19
MANY_WORDS = 40  # beyond these, lines are filled one by one, not made even


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle by centre and half sizes."""

    x: int
    y: int
    w: int
    h: int

    def overlaps(self, other: Rectangle, gap: int = 0) -> bool:
        """Whether the distance of two boxes is below the gap in both directions."""
        near = abs(self.x - other.x) < self.w + other.w + gap
        return near and abs(self.y - other.y) < self.h + other.h + gap

    def moved(self, dx: int, dy: int) -> Rectangle:
        """The box, shifted."""
        return Rectangle(self.x + dx, self.y + dy, self.w, self.h)


def lines(name: str, longest: int = LONG_LINE) -> list[str]:
    """A name in as few lines as possible, of lengths as even as possible."""
    words = name.split()
    longest = max(longest, *map(len, words)) if words else longest
    if len(name) <= longest or len(words) == 1:
        return [name]
    if len(words) > MANY_WORDS:
        return textwrap.wrap(name, longest, break_long_words=False, break_on_hyphens=False)

    @cache
    def broken(start: int, count: int) -> list[str]:
        """The words from `start` in `count` lines with the shortest longest line."""
        if count == 1:
            return [" ".join(words[start:])]
        stops = range(start + 1, len(words) - count + 2)
        candidates = [[" ".join(words[start:k]), *broken(k, count - 1)] for k in stops]
        return min(candidates, key=lambda rows: max(map(len, rows)))

    # fewer lines than these cannot hold the name
    for count in range(max(2, len(name) // (longest + 1)), len(words)):
        best = broken(0, count)
        if max(map(len, best)) <= longest:
            return best
    return words


def text_size(name: str, longest: int = LONG_LINE) -> tuple[int, int]:
    """Half width and half height of a name."""
    rows = lines(name, longest)
    width = max(map(len, rows))
    return max(18, round(width * LETTER) + 3), LINE * len(rows) + 3


def stock_size(name: str) -> tuple[int, int]:
    """Half width and half height of the box of a stock with a name."""
    width, height = text_size(name)
    return max(40, width + 6), max(20, height + 5)
