"""The layout of one view: positions of all boxes, pipes and arrows.

Stocks and pipes are placed first, in the middle, other elements around them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.exchange.sketch.boxes import Rectangle, text_size
from simdistrict.exchange.sketch.chains import PlacedPipe, StockChain, chains
from simdistrict.exchange.sketch.content import Arrow, Content
from simdistrict.exchange.sketch.curves import bent
from simdistrict.exchange.sketch.placing import Scene, placed

GAP_X, GAP_Y, MARGIN = 26, 26, 40
ROOM, SHAPE = 1.9, 1.55
CLEAR = 10


@dataclass(frozen=True, slots=True)
class PlacedArrow:
    """An arrow with its middle point.

    from_valve, to_valve: it starts or ends at the valve of a flow, not at its name.
    """

    arrow: Arrow
    middle: tuple[int, int]
    from_valve: bool = False
    to_valve: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One view: boxes by folded name; flows are in `pipes`."""

    content: Content
    stocks: dict[str, Rectangle]
    pipes: tuple[PlacedPipe, ...]
    others: dict[str, Rectangle]
    arrows: tuple[PlacedArrow, ...]


def laid_out(content: Content, spelled: Callable[[str], str], effort: float = 1.0) -> Page:
    """The layout of a view; spelled: returns the model's spelling of a folded name."""
    found, drawn = chains(content.stocks, content.pipes, spelled)
    arrows = list(content.arrows)
    ends = {pipe.flow: (pipe.source, pipe.target) for pipe in drawn}
    for pipe in content.pipes:
        if pipe.target and pipe.target not in ends[pipe.flow]:
            arrows.append(Arrow(pipe.flow, pipe.target))
    free = [n for n in (*content.others, *content.ghosts) if n not in ends]
    # Vensim shows a ghost in angle brackets
    ghosts = set(content.ghosts)
    sizes = [text_size(f"<{spelled(n)}>" if n in ghosts else spelled(n)) for n in free]
    pieces = _composed(found, content, sizes)
    stocks = {name: box for piece in pieces for name, box in piece.stocks.items()}
    pipes = [pipe for piece in pieces for pipe in piece.pipes]
    names = [*stocks, *(p.pipe.flow for p in pipes)]
    still = [*stocks.values(), *(p.unit for p in pipes)]
    numbers = {name: k for k, name in enumerate(names)}
    clouds = [p.cloud for p in pipes if p.cloud]
    first = len(still) + len(clouds)
    numbers |= {name: first + k for k, name in enumerate(free)}
    lines = [line for p in pipes for line in pipe_lines(p, stocks)]
    links = sorted({(numbers[a.cause], numbers[a.use]) for a in arrows})
    slots = _slots([*still, *clouds], lines, sizes)
    boxes = placed(Scene([*still, *clouds], sizes, links, lines, slots), effort)
    others = dict(zip(free, boxes, strict=True))
    return _drawn(Page(content, stocks, tuple(pipes), others, ()), arrows)


def pipe_lines(
    pipe: PlacedPipe, stocks: dict[str, Rectangle]
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """The two halves of a pipe, each from the valve to the edge of the stock or cloud."""
    found = []
    for stock in (pipe.pipe.source, pipe.pipe.target):
        box = stocks[stock] if stock else pipe.cloud
        if box:
            side = 1 if box.x < pipe.valve.x else -1
            found.append(((pipe.valve.x, pipe.valve.y), (box.x + side * box.w, pipe.valve.y)))
    return found


def _cell(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The distance of slots in x and y."""
    widths, heights = zip(*sizes, strict=True) if sizes else ((50,), (11,))
    return 2 * max(widths) + GAP_X, 2 * max(heights) + GAP_Y


def _composed(
    pieces: Sequence[StockChain], content: Content, sizes: Sequence[tuple[int, int]]
) -> list[StockChain]:
    """The chains on the page: one below the other, in two columns if there are many."""
    if not pieces:
        return []
    dx, dy = _cell(sizes)
    extents = [piece.extent for piece in pieces]
    widths = [right - left for left, _, right, _ in extents]
    heights = [bottom - top for _, top, _, bottom in extents]
    area = ROOM * len(sizes) * dx * dy
    area += sum((w + dx) * (h + dy) for w, h in zip(widths, heights, strict=True))
    columns = 2 if len(pieces) > 3 else 1
    rows = math.ceil(len(pieces) / columns)
    height = max(math.sqrt(area / SHAPE), sum(sorted(heights)[-rows:]) + rows * dy)
    width = max(area / height, columns * (max(widths) + dx))
    order = _order(pieces, content, columns)
    found = []
    for place, k in enumerate(order):
        row, column = divmod(place, columns)
        x = width * (column + 0.5) / columns
        y = height * (row + 0.5) / rows
        left, top, right, bottom = extents[k]
        found.append(pieces[k].moved(round(x - (left + right) / 2), round(y - (top + bottom) / 2)))
    return found


def _order(pieces: Sequence[StockChain], content: Content, columns: int) -> Sequence[int]:
    """The order in which chains with shared causes or uses are close to each other."""
    count = len(pieces)
    if count < 3 or count > 7:
        return range(count)
    of = {n: k for k, p in enumerate(pieces) for n in (*p.stocks, *(q.pipe.flow for q in p.pipes))}
    touched: dict[str, set[int]] = {}
    for arrow in content.arrows:
        for one, other in ((arrow.cause, arrow.use), (arrow.use, arrow.cause)):
            if one in of:
                touched.setdefault(other, set()).add(of[one])
                if other in of:
                    touched.setdefault(one, set()).update((of[one], of[other]))

    def spread(order: Sequence[int]) -> float:
        places = {k: divmod(place, columns) for place, k in enumerate(order)}
        return sum(
            math.dist(places[a], places[b])
            for group in touched.values()
            for a, b in itertools.combinations(sorted(group), 2)
        )

    return min(itertools.permutations(range(count)), key=spread)


def _slots(
    still: Sequence[Rectangle],
    lines: Sequence[tuple[tuple[int, int], tuple[int, int]]],
    sizes: Sequence[tuple[int, int]],
) -> list[tuple[int, int]]:
    """The free slots of a staggered grid around the fixed boxes, some more than needed."""
    if not sizes:
        return []
    dx, dy = _cell(sizes)
    largest = Rectangle(0, 0, max(w for w, _ in sizes), max(h for _, h in sizes))
    blocked = [*still]
    for (x0, y0), (x1, y1) in lines:
        blocked.append(Rectangle((x0 + x1) // 2, (y0 + y1) // 2, abs(x1 - x0) // 2, 4))
    left = min((b.x - b.w for b in blocked), default=0)
    right = max((b.x + b.w for b in blocked), default=0)
    top = min((b.y - b.h for b in blocked), default=0)
    bottom = max((b.y + b.h for b in blocked), default=0)
    centre = (left + right) / 2, (top + bottom) / 2
    wanted = ROOM * len(sizes) + 4
    height = max(bottom - top + 2 * dy, math.sqrt(wanted * dx * dy / SHAPE))
    while True:
        width = max(right - left + dx, SHAPE * height)
        columns, rows = round(width / dx) | 1, round(height / dy) | 1
        found = []
        for i, j in itertools.product(range(columns), range(rows)):
            x = round(centre[0] + (i - columns // 2) * dx)
            # every other column is half a step lower: a row of names leaves room for arrows
            y = round(centre[1] + (j - rows // 2) * dy + (i % 2) * dy / 2)
            if not any(largest.moved(x, y).overlaps(b, CLEAR) for b in blocked):
                found.append((x, y))
        if len(found) >= wanted:
            return found
        height *= 1.08


def _drawn(page: Page, arrows: Sequence[Arrow]) -> Page:
    """The page with its arrows, shifted to the margin."""
    flows = {pipe.pipe.flow: pipe for pipe in page.pipes}
    plain = page.stocks | page.others

    def ends(name: str, other: str) -> list[Rectangle]:
        if name not in flows:
            return [plain[name]]
        pipe = flows[name]
        far = plain[other] if other in plain else flows[other].valve
        # from above and from the side prefer the valve, from below the name
        above = far.y < pipe.label.y
        return [pipe.valve, pipe.label] if above else [pipe.label, pipe.valve]

    names = [*plain.values()]
    for pipe in page.pipes:
        names += [pipe.valve, pipe.label, *([pipe.cloud] if pipe.cloud else [])]
    lines = [line for pipe in page.pipes for line in pipe_lines(pipe, page.stocks)]
    arcs = bent(
        [(ends(a.cause, a.use), ends(a.use, a.cause)) for a in arrows],
        names,
        np.array(lines, dtype=float).reshape(-1, 2, 2),
    )
    corners = [(b.x - b.w, b.y - b.h) for b in names]
    corners += [tuple(map(round, one.path().min(axis=0))) for one in arcs]
    dx = MARGIN - min((x for x, _ in corners), default=0)
    dy = MARGIN - min((y for _, y in corners), default=0)
    piece = StockChain(page.stocks, page.pipes).moved(dx, dy)
    valves = {pipe.valve for pipe in page.pipes}
    drawn = tuple(
        PlacedArrow(
            arrow,
            (one.middle[0] + dx, one.middle[1] + dy),
            one.start in valves,
            one.stop in valves,
        )
        for arrow, one in zip(arrows, arcs, strict=True)
    )
    others = {name: box.moved(dx, dy) for name, box in page.others.items()}
    return Page(page.content, dict(piece.stocks), piece.pipes, others, drawn)
