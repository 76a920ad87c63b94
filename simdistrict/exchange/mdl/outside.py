"""Equations and ranges of a .mdl file with numbers and labels from other files."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from simdistrict.base.errors import Problem
from simdistrict.exchange.external.calls import constants, kind_of, labels, tables
from simdistrict.exchange.external.files import Files, UnreadableError
from simdistrict.exchange.text.equations import in_quotes
from simdistrict.exchange.text.grammar import parse_expression
from simdistrict.exchange.text.outline import MdlBlock
from simdistrict.exchange.text.tokens import split_arrows
from simdistrict.model.expr import Array, Call, Expr, Number, Points, Tables
from simdistrict.model.model import Element, Equation, Model, Source

_LOOKUPS = re.compile(r"\s*\(?\s*GET[\s_]+(?:XLS|DIRECT)[\s_]+LOOKUPS\s*\(", re.IGNORECASE)
_LABELS = re.compile(r"\s*GET[\s_]+(?:XLS|DIRECT)[\s_]+SUBSCRIPT\s*\(", re.IGNORECASE)


def is_lookup_call(block: MdlBlock) -> bool:
    """Whether a definition is a lookup with points from another file."""
    return _LOOKUPS.match(block.right) is not None


def is_lookup(block: MdlBlock) -> bool:
    """Whether a definition is a lookup, with its points here or in another file."""
    return block.kind == "lookup" or is_lookup_call(block)


def takes_labels(block: MdlBlock) -> bool:
    """Whether a definition is a range with labels from another file."""
    return _LABELS.match(block.right) is not None


def with_labels(block: MdlBlock, files: Files, where: str) -> MdlBlock:
    """The definition of a range with the labels from a file written out.

    Raises ModelError where they cannot be read: without labels there is no model.
    """
    if not takes_labels(block):
        return block
    left, *arrows = split_arrows(block.right)
    call = parse_expression(left, block.name, f"{where}:{block.right_line}")
    if not isinstance(call, Call) or kind_of(call) != "SUBSCRIPT":
        raise block.error(
            where, f'the labels of "{block.name}" are followed by more than a mapping'
        )
    try:
        found = labels(call, files)
    except UnreadableError as error:
        raise block.error(
            where, f'the labels of "{block.name}": {error.what}', error.hint
        ) from None
    listed = ", ".join(map(in_quotes, found))
    return replace(block, right=" -> ".join([listed, *arrows]))


class Outside:
    """Completes equations from other files; problems are collected, not raised."""

    def __init__(self, files: Files, where: str) -> None:
        self.files = files
        self.where = where
        self.problems: list[Problem] = []

    def resolved(
        self, equation: Equation, block: MdlBlock, model: Model, dims: tuple[str, ...]
    ) -> Equation:
        """The equation with the numbers of its `GET ...` call, if it is one.

        model: has the dimensions; dims: those of the element.
        """
        kind = kind_of(equation.expression)
        if not kind or kind == "SUBSCRIPT":
            return self.as_formula(equation, block)
        call = equation.expression
        assert isinstance(call, Call)
        element = Element(name=block.name, equations=(), dims=dims)
        everywhere = list(model.positions(element, replace(equation, exceptions=())))
        sizes = [
            len(model.dims_by_name[subscript].labels)
            for subscript in equation.subscripts
            if subscript in model.dims_by_name
        ]
        chosen = set(model.positions(element, equation))
        kept = [k for k, place in enumerate(everywhere) if place in chosen]
        gave: Expr = Tables((), block.between or "interpolate")
        try:
            if kind == "CONSTANTS":
                gave = call
                gave = _numbers(constants(call, self.files, sizes), sizes, kept)
            else:
                found = tables(call, self.files, math.prod(sizes))
                gave = Tables(tuple(found[k] for k in kept), block.between or "interpolate")
        except UnreadableError as error:
            for one in (error, *error.others):
                what = f'"{block.name}": {one.what}'
                self.problems.append(block.problem(self.where, what, one.hint))
        return replace(equation, expression=gave, source=Source(call, gave))

    def as_formula(self, equation: Equation, block: MdlBlock) -> Equation:
        """An equation that computes data, which holds at all times; problems of its keyword."""
        between = block.between or "interpolate"
        computes = not isinstance(equation.expression, Tables | Points)
        if block.kind == "data" and computes and between != "interpolate":
            what = f'"{block.name}" computes data with :{between.upper()}:, which is not supported'
            hint = "write the equation with = and no keyword"
            self.problems.append(block.problem(self.where, what, hint))
        return equation


def _numbers(values: tuple[float, ...], sizes: list[int], kept: list[int]) -> Expr:
    """One number, or the list of numbers for the labels that the equation defines."""
    if not sizes:
        return Number(values[0])
    numbers = tuple(values[k] for k in kept)
    whole = len(numbers) == len(values) and len(sizes) > 1
    return Array(numbers, (len(numbers) // sizes[-1], sizes[-1]) if whole else (len(numbers),))
