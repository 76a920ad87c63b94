"""The order in which non-negative stocks are limited: causes first."""

from __future__ import annotations

from collections.abc import Sequence, Set

from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.graph import components
from simdistrict.engine.lowering.lay_out import PlacedSymbols
from simdistrict.engine.lowering.lower import ModelStatements


def levels(
    placed: PlacedSymbols,
    statements: ModelStatements,
    stocks: Sequence[int],
    ends: Sequence[Sequence[tuple[int, int]]],
    flows: Sequence[Symbol],
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The level of each non-negative stock, and the last level in its ring.

    Those that a stock depends on have lower levels. It depends on what its flows read, and on the
    stocks that limit these. Stocks in a feedback are ordered by their flows alone, label by label;
    those in a ring of flows by the order of the file. stocks: slots; ends: flows of each stock
    with signs; flows: the symbol of each.
    """
    owners = [_owner(placed, slot) for slot in stocks]
    number: dict[Symbol, int] = {}
    for symbol in placed.slots:
        number[symbol] = len(number)
    causes: list[list[int]] = [[] for _ in number]
    for symbol, rate in placed.rates.items():
        causes[number[symbol]].append(number[rate.symbol])
    for statement in statements.run:
        own = causes[number[statement.target.symbol]]
        own += (number[load.symbol] for load in statement.reads)
    drained: dict[int, list[int]] = {}
    for k, own_ends in enumerate(ends):
        for flow, sign in own_ends:
            if sign < 0:
                drained.setdefault(flow, []).append(k)
                causes[number[flows[flow]]].append(number[owners[k]])
    depths = _depths(causes, {number[owner] for owner in owners})
    before = [
        [i for flow, _ in own for i in drained.get(flow, ()) if i != k]
        for k, own in enumerate(ends)
    ]
    positions = _depths(before, set(range(len(stocks))))
    groups = [(depths[number[owner]], at) for owner, at in zip(owners, positions, strict=True)]
    seats = [0] * len(stocks)
    for ring in components(before):
        for seat, k in enumerate(ring):
            seats[k] = seat
    keys = list(zip(groups, seats, strict=True))
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    last = {group: rank for (group, _), rank in ranks.items()}
    return tuple(ranks[key] for key in keys), tuple(last[group] for group in groups)


def _owner(placed: PlacedSymbols, slot: int) -> Symbol:
    """The symbol of a stock, by one of its slots."""
    return next(
        symbol
        for symbol in placed.rates
        if 0 <= slot - placed.slots[symbol].offset < placed.slots[symbol].size
    )


def _depths(causes: list[list[int]], counted: Set[int]) -> list[int]:
    """Of each node how many rings with counted nodes lie on the longest way to it, its own too."""
    depths = [0] * len(causes)
    for ring in components(causes):
        inside = set(ring)
        depth = max(
            (depths[i] for node in ring for i in causes[node] if i not in inside), default=0
        )
        for node in ring:
            depths[node] = depth + (not inside.isdisjoint(counted))
    return depths
