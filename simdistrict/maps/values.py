"""What a model map says: sectors, variables, loops and arrows, with names of one model."""

from __future__ import annotations

from dataclasses import dataclass

from simdistrict.model.expr import fold


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a map: an element, or some of its labels.

    label: the words of the map; element: as written, `capacity[home]`; name: folded name of the
    element; places: flat indices into its array; x, y: its centre, y upwards.
    """

    key: str
    label: str
    element: str
    name: str
    places: tuple[int, ...]
    x: float
    y: float
    stock: bool


@dataclass(frozen=True, slots=True)
class StatedArrow:
    """An arrow that a map states; bend: its curve, None where the drawing chooses."""

    source: str
    target: str
    bend: float | None = None


@dataclass(frozen=True, slots=True)
class StatedLoop:
    """A loop of a map: its name, R or B as stated, its variables in causal order, its centre."""

    name: str
    polarity: str
    through: tuple[str, ...]
    x: float
    y: float

    @property
    def arrows(self) -> tuple[tuple[str, str], ...]:
        """The arrows of the loop as pairs of keys."""
        return tuple(zip(self.through, (*self.through[1:], self.through[0]), strict=True))


@dataclass(frozen=True, slots=True)
class Sector:
    """A rectangle with a name; low and high: its corners."""

    name: str
    low: tuple[float, float]
    high: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ModelMap:
    """A map as its author states it.

    where: its file; scenario: in whose run the signs are measured, empty for the model alone;
    size: width and height in units of the places; arrows: those that belong to no loop, too.
    """

    where: str
    title: str
    scenario: str
    size: tuple[float, float]
    sectors: tuple[Sector, ...]
    variables: tuple[Variable, ...]
    loops: tuple[StatedLoop, ...]
    arrows: tuple[StatedArrow, ...]

    def __getitem__(self, key: str) -> Variable:
        """The variable with a key."""
        return next(v for v in self.variables if fold(v.key) == fold(key))

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All arrows as pairs of keys, each once: those of loops first."""
        of_loops = [pair for loop in self.loops for pair in loop.arrows]
        return tuple(dict.fromkeys([*of_loops, *((a.source, a.target) for a in self.arrows)]))
