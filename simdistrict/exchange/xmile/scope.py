"""What stands in a model file under which name: definitions by name, modules flattened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simdistrict.exchange.xmile.document import XmlNode
from simdistrict.exchange.xmile.macros import XmileMacro
from simdistrict.model.expr import Points, fold
from simdistrict.model.model import Dimension


@dataclass(frozen=True, slots=True)
class Graph:
    """A graphical function: its points, and what it does beyond and between them."""

    points: Points
    kind: str = "continuous"


@dataclass(frozen=True, slots=True)
class EquationPart:
    """One equation of a definition, for all of its dimensions or for one element.

    labels: folded, empty where it holds for all; text: the equation; initial: what replaces it
    at the start; graph: what the equation's value is put through.
    """

    labels: tuple[str, ...]
    text: str
    line: int
    initial: str = ""
    graph: Graph | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A stock, flow or auxiliary of the file, or a standalone graphical function (`gf`).

    name: in full, the modules that it is in first; home: those modules, each with a dot;
    source: set where a module's input is connected: the name that it stands for.
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
    """All names of a model.

    applied: folded names of definitions that equations apply as functions.
    """

    definitions: Mapping[str, Definition]
    dimensions: Mapping[str, Dimension]
    applied: frozenset[str] = frozenset()
    from_vensim: bool = False
    macros: Mapping[str, XmileMacro] = field(default_factory=dict)

    def find(self, name: str, home: str) -> str | None:
        """The folded full name of what a module means by a name; None where there is nothing."""
        folded = fold(name)
        # a dot in front means the main model, unless a name in quotes begins with one
        for full in (fold(home) + folded, folded, folded.removeprefix(".")):
            if full in self.definitions:
                return full
        return None

    def is_lookup(self, name: str) -> bool:
        """Whether a definition is nothing but a graphical function to be applied."""
        found = self.definitions[name]
        if not all(part.graph for part in found.parts) or not found.parts:
            return False
        return name in self.applied or all(not part.text for part in found.parts)
