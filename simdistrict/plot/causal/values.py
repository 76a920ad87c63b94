"""A causal map as its author states it, in inches, and as it is arranged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MapNode:
    """A variable: words, its centre in inches, and whether it is a stock, which has a frame."""

    key: str
    label: str
    x: float
    y: float
    stock: bool = False


@dataclass(frozen=True, slots=True)
class MapArrow:
    """An influence; sign: `+`, `-` or empty where it depends; bend: None is chosen."""

    source: str
    target: str
    sign: str = ""
    bend: float | None = None


@dataclass(frozen=True, slots=True)
class MapLoop:
    """A loop: R or B, and where its mark should stand; a name such as R1 stands in the ring."""

    name: str
    polarity: str
    x: float
    y: float

    @property
    def numbered(self) -> bool:
        """Whether the name is the polarity with a number."""
        return self.name[:1] == self.polarity and self.name[1:].isdigit()


@dataclass(frozen=True, slots=True)
class MapSector:
    """A rectangle with a name at its upper left corner."""

    name: str
    low: tuple[float, float]
    high: tuple[float, float]


@dataclass(frozen=True, slots=True)
class CausalMap:
    """size: in inches; note: small print after the key below the map."""

    nodes: tuple[MapNode, ...]
    arrows: tuple[MapArrow, ...]
    loops: tuple[MapLoop, ...]
    sectors: tuple[MapSector, ...]
    size: tuple[float, float]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle around a text or a frame, in inches."""

    x0: float
    y0: float
    x1: float
    y1: float

    @classmethod
    def around(cls, x: float, y: float, width: float, height: float) -> Box:
        """The box of a size around a centre."""
        return cls(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def grown(self, by: float) -> Box:
        """The box with a margin on all sides."""
        return Box(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def meets(self, other: Box) -> bool:
        """Whether two boxes share an area."""
        return (
            self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1
        )

    def holds(self, points: Points) -> NDArray[np.bool_]:
        """Which points lie inside."""
        x, y = points[..., 0], points[..., 1]
        found: NDArray[np.bool_] = (x > self.x0) & (x < self.x1) & (y > self.y0) & (y < self.y1)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """An arrow as drawn: three control points of a parabola, and points along it."""

    arrow: MapArrow
    control: Points
    points: Points


@dataclass(frozen=True, slots=True)
class Mark:
    """A text that must touch nothing: where it stands and its box."""

    words: str
    x: float
    y: float
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """A map with everything placed. boxes: of nodes by key; signs: one for each curve."""

    of: CausalMap
    boxes: dict[str, Box]
    curves: tuple[Curve, ...]
    signs: tuple[Mark, ...]
    loops: tuple[Mark, ...]
    titles: tuple[Mark, ...]
