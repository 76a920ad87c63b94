"""Stocks connected by pipes as rigid pieces: horizontal pipes, names under the valves.

The corner of a piece is (0, 0); `page` positions it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from simdistrict.exchange.sketch.boxes import Rectangle, stock_size, text_size
from simdistrict.exchange.sketch.content import FlowPipe

# minimum distances; long names need more
LANE = 76
TO_VALVE, TO_CLOUD, STRIDE, WIDE_STRIDE = 140, 235, 280, 420
CLEAR = 14
VALVE, CLOUD = (6, 8), (10, 8)


@dataclass(frozen=True, slots=True)
class PlacedPipe:
    """A pipe with its valve, the name below it, and a cloud at an end without a stock."""

    pipe: FlowPipe
    valve: Rectangle
    label: Rectangle
    cloud: Rectangle | None

    @property
    def unit(self) -> Rectangle:
        """The box of valve and name."""
        top, bottom = self.valve.y - self.valve.h, self.label.y + self.label.h
        middle = (top + bottom) // 2
        return Rectangle(self.valve.x, middle, self.label.w, bottom - middle)


@dataclass(frozen=True, slots=True)
class StockChain:
    """Stocks and the pipes that connect them."""

    stocks: Mapping[str, Rectangle]
    pipes: tuple[PlacedPipe, ...]

    @property
    def boxes(self) -> list[Rectangle]:
        """All boxes of the piece."""
        found = list(self.stocks.values())
        for pipe in self.pipes:
            found += [pipe.unit, *([pipe.cloud] if pipe.cloud else [])]
        return found

    @property
    def extent(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom."""
        boxes = self.boxes
        return (
            min(b.x - b.w for b in boxes),
            min(b.y - b.h for b in boxes),
            max(b.x + b.w for b in boxes),
            max(b.y + b.h for b in boxes),
        )

    def moved(self, dx: int, dy: int) -> StockChain:
        """The piece, shifted."""
        pipes = tuple(
            PlacedPipe(
                p.pipe,
                p.valve.moved(dx, dy),
                p.label.moved(dx, dy),
                p.cloud and p.cloud.moved(dx, dy),
            )
            for p in self.pipes
        )
        return StockChain({n: b.moved(dx, dy) for n, b in self.stocks.items()}, pipes)


def chains(
    stocks: Sequence[str], pipes: Sequence[FlowPipe], spelled: Callable[[str], str]
) -> tuple[tuple[StockChain, ...], tuple[FlowPipe, ...]]:
    """The pieces of a view, and the pipes as drawn.

    A pipe without a free lane ends in a cloud instead of its target; the caller draws an arrow.
    """
    found = [_ChainBuilder(group, spelled) for group in _groups(stocks, pipes)]
    drawn: list[FlowPipe] = []
    for builder in found:
        drawn += builder.lay(pipes)
    return tuple(builder.built() for builder in found), tuple(drawn)


def _groups(stocks: Sequence[str], pipes: Sequence[FlowPipe]) -> list[list[str]]:
    """Groups of stocks connected by pipes, each in the direction of its flows if possible."""
    after: dict[str, list[str]] = {s: [] for s in stocks}
    linked: dict[str, list[str]] = {s: [] for s in stocks}
    for pipe in pipes:
        if pipe.source and pipe.target:
            after[pipe.source].append(pipe.target)
            linked[pipe.source].append(pipe.target)
            linked[pipe.target].append(pipe.source)
    groups: list[list[str]] = []
    seen: set[str] = set()
    for start in stocks:
        if start in seen:
            continue
        members, stack = {start}, [start]
        while stack:
            for other in linked[stack.pop()]:
                if other not in members:
                    members.add(other)
                    stack.append(other)
        seen |= members
        groups.append(_downstream([s for s in stocks if s in members], after))
    return groups


def _downstream(members: list[str], after: Mapping[str, list[str]]) -> list[str]:
    fed = {t for s in members for t in after[s] if t != s}
    order: list[str] = []

    def visit(name: str) -> None:
        if name not in order:
            order.append(name)
            for other in after[name]:
                visit(other)

    for name in [*(m for m in members if m not in fed), *members]:
        visit(name)
    return order


class _ChainBuilder:
    """Columns of stocks and lanes of pipes.

    A stock spans the lanes from 0 to the last one with a pipe of its own. Gap k is left of column
    k; the last gap is right of all columns.
    """

    def __init__(self, stocks: Sequence[str], spelled: Callable[[str], str]) -> None:
        self._stocks = list(stocks)
        self._spelled = spelled
        self._lanes = [0] * len(stocks)
        self._used: set[tuple[int, int]] = set()
        self._passed: set[tuple[int, int]] = set()  # (column, lane) that a long pipe crosses
        self._laid: list[tuple[FlowPipe, int, int]] = []  # pipe, gap of its valve, lane

    def lay(self, pipes: Sequence[FlowPipe]) -> list[FlowPipe]:
        """Give each pipe of these stocks a lane; returns the pipes as drawn."""
        mine = [p for p in pipes if (p.source or p.target) in self._stocks]
        drawn = []
        for pipe in sorted(mine, key=self._reach):
            if not self._lay(pipe):
                pipe = replace(pipe, target=None)
                self._lay(pipe)
            drawn.append(pipe)
        return drawn

    def _column(self, stock: str | None) -> int | None:
        return None if stock is None else self._stocks.index(stock)

    def _reach(self, pipe: FlowPipe) -> int:
        """The order of pipes: between neighbours, then to clouds, then across other stocks."""
        a, b = self._column(pipe.source), self._column(pipe.target)
        if a is None or b is None:
            return 2
        return abs(a - b) if abs(a - b) == 1 else 1 + abs(a - b)

    def _lay(self, pipe: FlowPipe) -> bool:
        a, b = self._column(pipe.source), self._column(pipe.target)
        if a is None or b is None:
            ends = [c for c in (a, b) if c is not None]
            gaps = [ends[0] + 1 if b is None else ends[0]]
            between: list[int] = []
        else:
            low, high = sorted((a, b))
            ends, gaps = [a, b], list(range(low + 1, high + 1))
            between = list(range(low + 1, high))
        lowest = 1 + max((self._lanes[c] for c in between), default=-1)
        for lane in range(lowest, lowest + 12):
            taken = any((g, lane) in self._used for g in gaps)
            # a stock that extends down to this lane must not cut a pipe that crosses its column
            barred = any((c, k) in self._passed for c in ends for k in range(lane + 1))
            if taken or barred or not gaps:
                continue
            self._used.update((g, lane) for g in gaps)
            self._passed.update((c, lane) for c in between)
            for c in ends:
                self._lanes[c] = max(self._lanes[c], lane)
            self._laid.append((pipe, gaps[0], lane))
            return True
        return False

    def built(self) -> StockChain:
        """The piece with its boxes."""
        sizes = {name: stock_size(self._spelled(name)) for name in self._stocks}
        labels = [text_size(self._spelled(pipe.flow)) for pipe, _, _ in self._laid]
        stock = max(w for w, _ in sizes.values())
        label = max((w for w, _ in labels), default=0)
        lane = max([LANE, *(2 * (h + VALVE[1]) + CLEAR for _, h in labels)]) // 2 * 2
        valve = max(TO_VALVE, stock + label + CLEAR)
        cloud = max(TO_CLOUD, valve + label + CLOUD[0] + CLEAR)
        wide = max(WIDE_STRIDE, cloud + CLOUD[0] + CLEAR + stock)
        clouded = {g for pipe, g, _ in self._laid if not (pipe.source and pipe.target)}
        x, xs = 0, []
        for column in range(len(self._stocks)):
            if column:
                x += wide if column in clouded else max(STRIDE, 2 * valve)
            xs.append(x)
        boxes = {}
        for name, at, lanes in zip(self._stocks, xs, self._lanes, strict=True):
            w, h = sizes[name]
            boxes[name] = Rectangle(at, lanes * lane // 2, w, h + lanes * lane // 2)
        pipes = []
        for (pipe, gap, row), size in zip(self._laid, labels, strict=True):
            y, end = row * lane, None
            if pipe.source and pipe.target:
                at = (xs[gap - 1] + xs[gap]) // 2
            else:
                column = self._column(pipe.source or pipe.target) or 0
                side = 1 if pipe.target is None else -1
                at = xs[column] + side * valve
                end = Rectangle(xs[column] + side * cloud, y, *CLOUD)
            name_box = Rectangle(at, y + VALVE[1] + size[1], *size)
            pipes.append(PlacedPipe(pipe, Rectangle(at, y, *VALVE), name_box, end))
        return StockChain(boxes, tuple(pipes))
