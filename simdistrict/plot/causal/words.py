"""Sizes of texts on a causal map, in inches."""

from __future__ import annotations

from simdistrict.plot.words import width_of

LABEL, LOOP, TITLE, SIGN, LETTER = 8.0, 7.0, 8.0, 10.0, 8.0  # points
LEADING = 1.25
RING = 0.125  # radius of the ring around the letter of a loop, in inches
GAP = 0.03  # between the ring and the name


def lines_of(label: str, longest: int = 15) -> list[str]:
    """A label in lines of about equal length; a line break that is written stays."""
    if "\n" in label:
        return label.split("\n")
    if len(label) <= longest:
        return [label]
    words = label.split()
    count = -(-len(label) // longest)
    best = [label]
    for wide in range(longest - 3, len(label)):
        lines: list[str] = []
        for word in words:
            if lines and len(lines[-1]) + 1 + len(word) <= wide:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        best = lines
        if len(lines) <= count:
            return lines
    return best


def size_of(lines: list[str], points: float, *, bold: bool = False) -> tuple[float, float]:
    """Width and height of lines below each other."""
    wide = width_of("\n".join(lines), points, "bold" if bold else "normal")
    return wide, len(lines) * LEADING * points / 72
