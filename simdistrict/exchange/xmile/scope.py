"""The names of an XMILE file: definitions by full name, with modules flattened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simdistrict.exchange.xmile.document import XmlNode
from simdistrict.exchange.xmile.macros import XmileMacro
from simdistrict.model.expr import Points, fold
from simdistrict.model.model import Dimension


@dataclass(frozen=True, slots=True)
class Graph:
    """A graphical function: points, and kind: continuous, extrapolate or discrete."""

    points: Points
    kind: str = "continuous"


@dataclass(frozen=True, slots=True)
class EquationPart:
    """One equation of a definition, for the whole array or for one element.

    labels: folded, empty for the whole array; text: the equation; initial: the equation of the
    initial value; graph: applied to the value of the equation.
    """

    labels: tuple[str, ...]
    text: str
    line: int
    initial: str = ""
    graph: Graph | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A stock, flow or auxiliary of the file, or a standalone graphical function (`gf`).

    name: with its modules first; home: those modules, each with a dot.
    source: for a connected input of a module, the name of its source.
    """

    name: str
    tag: str
    node: XmlNode
    home: str
    dims: tuple[str, ...]
    parts: tuple[EquationPart, ...]
    non_negative: bool = False
    source: str = ""

    @property
    def line(self) -> int:
        return self.node.line


@dataclass(frozen=True)
class XmileNames:
    """All names of a model; applied: folded names that equations apply as functions."""

    definitions: Mapping[str, Definition]
    dimensions: Mapping[str, Dimension]
    applied: frozenset[str] = frozenset()
    from_vensim: bool = False
    macros: Mapping[str, XmileMacro] = field(default_factory=dict)

    def find(self, name: str, home: str) -> str | None:
        """The folded full name of a name used in a module; None if it is not defined."""
        folded = fold(name)
        # a leading dot refers to the main model, unless a quoted name begins with one
        for full in (fold(home) + folded, folded, folded.removeprefix(".")):
            if full in self.definitions:
                return full
        return None

    def labels(self, dimension: str) -> list[str]:
        """The folded labels of a dimension."""
        return list(map(fold, self.dimensions[fold(dimension)].labels))

    def is_lookup(self, name: str) -> bool:
        """Whether a definition is only a graphical function for other equations."""
        found = self.definitions[name]
        if not all(part.graph for part in found.parts) or not found.parts:
            return False
        return name in self.applied or all(not part.text for part in found.parts)
