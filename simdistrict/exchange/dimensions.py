"""Subscript ranges of a .mdl file, and the dimensions that an element spans."""

from __future__ import annotations

import re
from collections.abc import Mapping

from simdistrict.errors import ModelError, Problem, did_you_mean
from simdistrict.exchange.outline import Block
from simdistrict.expr import fold, unquoted
from simdistrict.model import Dimension, Element, Equation, Model

_NUMERIC = re.compile(r"^\(\s*(.*?)(\d+)\s*-\s*(.*?)(\d+)\s*\)$")


def read_dimensions(blocks: list[Block], where: str) -> tuple[tuple[Dimension, ...], list[Problem]]:
    """All ranges in the order of the file, and what is wrong with them."""
    problems: list[Problem] = []
    raw: dict[str, tuple[Block, list[str]]] = {}
    for block in blocks:
        if "(" in block.right and re.match(r"^\s*GET\b", block.right, re.IGNORECASE):
            problems.append(
                Problem(f"{where}:{block.line}", "GET XLS/DIRECT SUBSCRIPT is not supported")
            )
            continue
        try:
            raw[fold(block.name)] = (block, _labels(block, where))
        except ModelError as error:
            problems += error.problems
    found: dict[str, tuple[str, ...]] = {}
    for name in raw:
        try:
            found[name] = _expand(name, raw, found, where, ())
        except ModelError as error:
            problems += error.problems
    dimensions = [
        Dimension(unquoted(block.name), found[name], _mappings(block, found))
        for name, (block, _) in raw.items()
        if name in found
    ]
    return tuple(dimensions), problems


def _labels(block: Block, where: str) -> list[str]:
    text = block.right
    if text.startswith("<->"):
        return [text[3:].strip()]
    text = text.partition("->")[0]
    labels: list[str] = []
    for part in _split_commas(text):
        if not part:
            continue
        if not part.startswith("("):
            labels.append(unquoted(part))
            continue
        match = _NUMERIC.match(part)
        if not match or match.group(1) != match.group(3) or not match.group(1):
            raise ModelError(
                Problem(
                    f"{where}:{block.line}",
                    f'the range "{block.name}" holds {part}, which is not of the form (a1-a9)',
                )
            )
        first, last = int(match.group(2)), int(match.group(4))
        labels += [f"{match.group(1)}{i}" for i in range(first, last + 1)]
    if not labels:
        raise ModelError(
            Problem(f"{where}:{block.line}", f'the range "{block.name}" has no labels')
        )
    return labels


def _split_commas(text: str) -> list[str]:
    """Parts between commas that stand outside parentheses."""
    parts, depth, begin = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(text[begin:at].strip())
            begin = at + 1
    return [*parts, text[begin:].strip()]


def _expand(
    name: str,
    raw: Mapping[str, tuple[Block, list[str]]],
    found: Mapping[str, tuple[str, ...]],
    where: str,
    above: tuple[str, ...],
) -> tuple[str, ...]:
    """Labels of a range with the names of other ranges replaced by their labels."""
    if name in found:
        return found[name]
    block, labels = raw[name]
    if name in above:
        raise ModelError(
            Problem(f"{where}:{block.line}", f'the range "{block.name}" contains itself')
        )
    result: dict[str, str] = {}
    for label in labels:
        inner = (
            _expand(fold(label), raw, found, where, (*above, name))
            if fold(label) in raw
            else (label,)
        )
        result.update((fold(i), i) for i in inner)
    return tuple(result.values())


def _mappings(
    block: Block, found: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
    """`-> other` maps in order, `-> (other: b2, b1)` as listed (labels or ranges)."""
    _, arrow, text = block.right.partition("->")
    if not arrow or block.right.startswith("<->"):
        return ()
    mappings = []
    for part in _split_commas(text):
        name, colon, listed = part.strip("()").partition(":")
        other = fold(name)
        if colon:
            parts = listed.split(",")
            groups = tuple(found.get(fold(label), (label.strip(),)) for label in parts)
        else:
            groups = tuple((label,) for label in found.get(other, ()))
        mappings.append((other, groups))
    return tuple(mappings)


def element_dims(
    group: list[Block], dimensions: Mapping[str, Dimension], where: str
) -> tuple[tuple[str, ...], list[list[tuple[int, ...]]]]:
    """The dimensions that the definitions of one element span, and the places each defines.

    Raises ModelError for an unknown subscript or for definitions of different rank.
    """
    first = group[0]
    rank = len(first.subscripts)
    for block in group:
        if len(block.subscripts) != rank or any(len(e) != rank for e in block.exceptions):
            raise ModelError(
                Problem(
                    f"{where}:{block.line}",
                    f'"{block.name}" has {rank} subscripts in line {first.line} '
                    f"and another number of them here",
                )
            )
    dims = tuple(
        _dim([b.subscripts[k] for b in group], group, dimensions, where) for k in range(rank)
    )
    model = Model("", (), tuple(dimensions.values()))
    element = Element(name=first.name, equations=(), dims=dims)
    places = []
    for block in group:
        equation = Equation(
            expression=None,  # type: ignore[arg-type]
            subscripts=tuple(map(fold, block.subscripts)),
            exceptions=tuple(tuple(map(fold, e)) for e in block.exceptions),
        )
        try:
            places.append(list(model.positions(element, equation)))
        except KeyError as error:
            raise ModelError(
                Problem(
                    f"{where}:{block.line}",
                    f'"{block.name}" has an exception {error}, which is no label of its dimension',
                )
            ) from None
    return dims, places


def _dim(
    subscripts: list[str], group: list[Block], dimensions: Mapping[str, Dimension], where: str
) -> str:
    """The smallest range that holds all labels used at one place; one that is named wins."""
    labels: set[str] = set()
    labels_known = {fold(label) for d in dimensions.values() for label in d.labels}
    for block, subscript in zip(group, subscripts, strict=True):
        name = fold(subscript)
        if name in dimensions:
            labels.update(map(fold, dimensions[name].labels))
        elif name in labels_known:
            labels.add(name)
        else:
            everything = [d.name for d in dimensions.values()]
            everything += [label for d in dimensions.values() for label in d.labels]
            raise ModelError(
                Problem(
                    f"{where}:{block.line}",
                    f'"{block.name}" has the subscript "{subscript}", '
                    "which is neither a range nor a label",
                    did_you_mean(subscript, everything),
                )
            )
    named = [dimensions[fold(s)] for s in subscripts if fold(s) in dimensions]
    fitting = [d for d in (*named, *dimensions.values()) if labels <= set(map(fold, d.labels))]
    if not fitting:
        raise ModelError(
            Problem(
                f"{where}:{group[0].line}",
                f'no range holds all labels of "{group[0].name}": {", ".join(sorted(labels))}',
            )
        )
    return min(fitting, key=lambda d: len(d.labels)).name
