"""The words of the compiled subset of Python that are not built in: its types and primitives.

The subset has numbers, flat vectors, named tuples of them, `if`, `while` and `for ... in range`.
CPython runs it as it stands. `native` and `cuda` compile it, where a vector holds the numbers of
several members side by side and a comparison of floats gives one truth per member. `native.reader`
says what stands for the bodies below in compiled code.
"""

from __future__ import annotations

from typing import Protocol

# numbers of one run; of every member its own
Vector = list[float]


class IntTable(Protocol):
    """Whole numbers that all members share."""

    def __getitem__(self, k: int, /) -> int: ...

    def __len__(self) -> int: ...


class RealTable(Protocol):
    """Floats that all members share."""

    def __getitem__(self, k: int, /) -> float: ...

    def __len__(self) -> int: ...


def anywhere(truth: bool) -> bool:
    """Whether a condition holds in any of the members side by side."""
    return truth


def everywhere(truth: bool) -> bool:
    """Whether a condition holds in all of the members side by side."""
    return truth


def unrolled(first: int, stop: int) -> range:
    """A range of constants; a compiler repeats the body of the loop for each of them."""
    return range(first, stop)


def copy(to: Vector, at: int, source: Vector, first: int, count: int) -> None:
    """Copy `count` numbers; the two blocks do not overlap."""
    to[at : at + count] = source[first : first + count]


def total(v: Vector, first: int, count: int) -> float:
    """The sum of `count` numbers in any order: finite only if all of them are."""
    return sum(v[first : first + count])
