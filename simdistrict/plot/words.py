"""Texts in figures: verbatim, broken into lines that fit, and measured."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def verbatim(text: str) -> str:
    """A text that matplotlib shows unchanged: a dollar sign begins no formula."""
    return text.replace("$", r"\$")


def fitted(text: str, width: float, size: float, most: int = 2, weight: str = "normal") -> str:
    """A text in at most so many lines of a width, in inches; what is left over is cut out.

    size: of the font, in points. The result is for matplotlib, as `verbatim` gives it.
    """
    if width_of(text, size, weight) <= width:
        return verbatim(text)
    letters = max(4, int(len(text) * width / width_of(text, size, weight)))
    for count in range(letters, 3, -1):
        lines = textwrap.wrap(text, count, break_long_words=True)
        if all(width_of(line, size, weight) <= width for line in lines):
            break
    if len(lines) > most:
        lines = [*lines[: most - 1], _shortened(" ".join(lines[most - 1 :]), count)]
    return verbatim("\n".join(lines))


def _shortened(text: str, count: int) -> str:
    """The first words and the last one, since names often differ at their end.

    A text without two words that fit is cut within a word.
    """
    if len(text) <= count:
        return text
    first, *middle, last = text.split() if " " in text else (text, "")
    if not last or len(first) + 1 + len(last) > count:
        end = (count - 1) // 3
        return text[: count - 1 - end].rstrip() + _ELLIPSIS + text[-end:]
    head = first
    for word in middle:
        if len(head) + 1 + len(word) + 1 + len(last) > count:
            break
        head += f" {word}"
    return head + _ELLIPSIS + last


def width_of(text: str, size: float, weight: str = "normal") -> float:
    """The width of a text in inches; the widest of its lines."""
    return max((_line_width(line, size, weight) for line in text.split("\n")), default=0.0)


@lru_cache(maxsize=4096)
def _line_width(line: str, size: float, weight: str) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    if not line:
        return 0.0
    font: Any = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(line, font, ismath=False)
    return float(width) / 72


def in_columns(labels: Sequence[str], width: float, size: float, handle: float) -> int:
    """The number of columns of a legend that fit into a width; handle: the space of a sample."""
    for columns in range(min(len(labels), 6), 1, -1):
        # matplotlib fills a legend by columns, the first ones with one more
        least, more = divmod(len(labels), columns)
        starts = [k * least + min(k, more) for k in range(columns + 1)]
        parts = [labels[a:b] for a, b in itertools.pairwise(starts)]
        if sum(max((width_of(t, size) for t in p), default=0.0) + handle for p in parts) <= width:
            return columns
    return 1
