"""Counts in sentences."""

from __future__ import annotations


def counted(n: int, noun: str, many: str = "") -> str:
    """A number with its noun: `1 table`, `2 tables`. many: a plural without an `s` at its end."""
    return f"{n} {noun if n == 1 else many or noun + 's'}"
