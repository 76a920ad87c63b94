"""Where every value lies in the flat vector of a run.

The vector begins with the times of an evaluation and holds, in this order: constants, stocks, net
flows in the order of the stocks, samples with what each held before and its condition, records,
everything else, and last the tables of lookups: the x of the points, their y, and the slopes
between them. After the template, a run on a grid keeps a record: one row per time point with the
values that a DELAY FIXED reads later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

# roles of the constants from which a stock starts where a run gives its initial value: the number,
# and 1 where it is given
GIVEN, IS_GIVEN = "given initial value", "whether the initial value is given"
# indices of the times; see program.Program
TIME, HELD_TIME, SWITCH_TIME, MOVING_TIME, SAMPLING, POINT, SLACK = range(7)
FIRST = 7


@dataclass(frozen=True, eq=False, slots=True)
class Symbol:
    """A value of a program. Two symbols are the same only if they are one object.

    name: the element of the model, in its spelling, for messages and results; role: what the value
    is for where the lowering made it for that element, empty for the element itself.
    """

    name: str
    role: str = ""

    @property
    def internal(self) -> bool:
        """Whether the lowering made it."""
        return bool(self.role)

    def __str__(self) -> str:
        return f"{self.role} of {self.name}" if self.role else self.name


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the numbers of one symbol lie: row-major from the index `offset` on.

    kind: what it is, such as stock, auxiliary or held; defined: the flat indices that the model
    defines, None when it defines all of them.
    """

    symbol: Symbol
    kind: str
    offset: int
    shape: tuple[int, ...]
    defined: tuple[int, ...] | None = None

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    @property
    def strides(self) -> tuple[int, ...]:
        """How far one step along each dimension goes."""
        return strides_of(self.shape)


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive indices."""

    start: int
    size: int

    @property
    def stop(self) -> int:
        """The first index after the block."""
        return self.start + self.size


@dataclass(frozen=True)
class Layout:
    """All slots and blocks; `tables` lists (start, number of points) of every lookup table.

    slots: of the model's elements, by folded name; internal: of the values inside functions;
    template: the vector before a run, constants and lookup points filled in.
    first_table: folded name of a lookup -> number of its first table.
    """

    slots: Mapping[str, Slot]
    internal: Mapping[Symbol, Slot]
    constants: Block
    stocks: Block
    rates: Block
    sampled: Block
    held_samples: Block
    conditions: Block
    recorded: Block
    values: int
    tables: tuple[tuple[int, int], ...]
    first_table: Mapping[str, int]
    template: tuple[float, ...]

    @property
    def every(self) -> list[Slot]:
        """All slots in the order of the vector."""
        return sorted((*self.slots.values(), *self.internal.values()), key=lambda s: s.offset)

    def shared(self, other: Layout) -> list[tuple[Slot, Slot]]:
        """The slots of symbols that two programs share: here and in the other.

        Symbols are equal by name, role and shape; those with the same name and role are counted.
        """
        here, there = _by_name(self), _by_name(other)
        pairs = [(slot, there[key]) for key, slot in here.items() if key in there]
        return [(one, twin) for one, twin in pairs if one.shape == twin.shape]


def _by_name(layout: Layout) -> dict[tuple[str, str, int], Slot]:
    found: dict[tuple[str, str, int], Slot] = {}
    for slot in layout.every:
        name, role, count = slot.symbol.name, slot.symbol.role, 0
        while (name, role, count) in found:
            count += 1
        found[name, role, count] = slot
    return found


@dataclass(frozen=True, slots=True)
class Limits:
    """The non-negative stocks of a program and their flows, as tables that a loop reads.

    stocks: slots of the stocks; first: where the ends of each begin, and the number of all ends;
    flows, signs: of each end the number of the flow, and 1 where it fills the stock, -1 where it
    drains it, those that are served first before the others; held, rates, amounts: slots of each
    flow: whether it is held for the present step, at which rate, and how much flows in a step;
    forced: of each stock 1 if it is set to zero where it would be below it, because one of its
    flows drains, or fills, several stocks, so that it cannot be limited for one of them;
    levels, last: of each stock its place among those that its flows may depend on, causes first,
    and the last place in the ring of flows that it is in;
    shown: the slots of the actual flows of constants, by folded name.
    """

    stocks: tuple[int, ...] = ()
    first: tuple[int, ...] = ()
    flows: tuple[int, ...] = ()
    signs: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
    rates: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()
    forced: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    shown: Mapping[str, Slot] = field(default_factory=dict)


@cache
def strides_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """How far one step along each dimension of an array goes, row-major."""
    return tuple(math.prod(shape[k + 1 :]) for k in range(len(shape)))


def record_size(layout: Layout, points: int) -> int:
    """How many numbers a run of so many time points keeps after the template."""
    return layout.recorded.size * points


def flat(position: tuple[int, ...], strides: tuple[int, ...]) -> int:
    """The row-major number of a position."""
    return sum(p * s for p, s in zip(position, strides, strict=True))
