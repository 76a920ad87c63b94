"""Constants that move during a run because a policy moves them.

Several moves of one constant act on top of each other in the order of their starts: each leads
from where the value is by then to its own target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simdistrict.engine.layout import SWITCH_TIME, TIME


@dataclass(frozen=True, slots=True)
class Move:
    """One constant's way to a target value.

    place: in the vector; start, end: dates in the model's time unit, end None for good;
    ramp: how long the way takes, each way; zero for a jump.
    """

    place: int
    target: float
    start: float
    end: float | None = None
    ramp: float = 0.0

    def share(self, t: float, s: float) -> float:
        """How much of the way is gone: 0 before the move, 1 when it is complete."""
        if self.ramp <= 0.0:
            return 1.0 if s > self.start and (self.end is None or s < self.end) else 0.0
        share = min(max((t - self.start) / self.ramp, 0.0), 1.0)
        if self.end is not None:
            share *= min(max(1.0 - (t - self.end) / self.ramp, 0.0), 1.0)
        return share


class Schedule:
    """All moves of a run. `apply` puts the constants where they belong at the times in v."""

    def __init__(self, moves: Sequence[Move], template: Sequence[float] | None = None) -> None:
        by_place: dict[int, list[Move]] = {}
        for move in sorted(moves, key=lambda m: m.start):
            by_place.setdefault(move.place, []).append(move)
        self._moves = by_place
        self._base = {place: template[place] for place in by_place} if template else {}

    @property
    def groups(self) -> Mapping[int, Sequence[Move]]:
        """For each place that moves its moves, in the order in which they act."""
        return self._moves

    @property
    def places(self) -> tuple[int, ...]:
        """The places that move."""
        return tuple(self._moves)

    def apply(self, v: list[float]) -> bool:
        """Set the moved constants for the times in v; whether any value changed."""
        t, s = v[TIME], v[SWITCH_TIME]
        changed = False
        for place, moves in self._moves.items():
            value = self._base[place]
            for move in moves:
                share = move.share(t, s)
                value = move.target if share == 1.0 else value + (move.target - value) * share
            if v[place] != value:
                v[place] = value
                changed = True
        return changed

    def dates(self) -> list[float]:
        """Every date at which a move begins, is complete, or ends."""
        found: list[float] = []
        for moves in self._moves.values():
            for move in moves:
                found += [move.start, move.start + move.ramp]
                if move.end is not None:
                    found += [move.end, move.end + move.ramp]
        return found
