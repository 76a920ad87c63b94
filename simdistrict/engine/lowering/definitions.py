"""What a program computes: the elements of a model, and the values that the lowering makes."""

from __future__ import annotations

from dataclasses import dataclass

from simdistrict.engine.layout import Symbol
from simdistrict.model.model import Element


@dataclass(frozen=True, eq=False, slots=True)
class SymbolDefinition:
    """A symbol with its equations.

    element: of the model, or one like it that the lowering made, with the name of the element that
    it was made for.
    """

    symbol: Symbol
    element: Element


class Held(Element):
    """Computed once, when the run starts: INITIAL."""


class Sampled(Element):
    """Follows its input while a condition is true and holds it otherwise: SAMPLE IF TRUE.

    The expression is Call("SAMPLE IF TRUE", (condition, input, initial)).
    """


class Recorded(Element):
    """Kept at every point of the grid, for a DELAY FIXED and its like."""


class Filled(Element):
    """Written by one call for all labels of its last dimensions; its expression is an ArrayCall."""
