"""Where the numbers of constants and lookups stand in the text of a .mdl file.

Finds and lays out numbers; which value belongs there is not known here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from simdistrict.base.errors import ModelError, Problem
from simdistrict.exchange.text.numbers import SPACED, number, spaced_number
from simdistrict.exchange.text.outline import MdlBlock
from simdistrict.exchange.text.points import PAIR
from simdistrict.exchange.text.splice import Edit
from simdistrict.exchange.text.tokens import masked
from simdistrict.model.expr import Array, Number, Points, fold
from simdistrict.model.model import Element, Equation, Lookup, Model, Stock, constant_values

# the place of one number: positions along the dimensions, and the x of a lookup
NumberSlot = tuple[tuple[int, ...], float | None]

_LITERAL = re.compile(SPACED)
_DISPLAY = re.compile(r"\[.*?\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Literal:
    """A number in the text; line counts from 1."""

    start: int
    stop: int
    value: float
    line: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One definition that holds numbers, with the places it defines.

    literals: one per place, or a single one that stands for all; none where another file has
    the numbers.
    """

    element: Element
    equation: Equation
    block: MdlBlock
    places: tuple[NumberSlot, ...]
    literals: tuple[Literal, ...]

    @property
    def by_place(self) -> Iterator[tuple[NumberSlot, Literal]]:
        """Each place with the number that it has now."""
        shared = len(self.literals) == 1
        numbers = itertools.repeat(self.literals[0]) if shared else iter(self.literals)
        return zip(self.places, numbers, strict=False)


def by_name(blocks: Iterable[MdlBlock]) -> dict[str, list[MdlBlock]]:
    """The definitions of each element and range by folded name, in the order of the file."""
    found: dict[str, list[MdlBlock]] = {}
    for block in blocks:
        if block.kind in ("equation", "lookup", "data", "empty", "dimension"):
            found.setdefault(fold(block.name), []).append(block)
    return found


def pieces(
    text: str, model: Model, element: Element, blocks: Mapping[str, Sequence[MdlBlock]], where: str
) -> tuple[Piece, ...]:
    """The definitions of an element that hold numbers, not formulas.

    text: with plain line ends; blocks: what `by_name` gives.
    """
    found = []
    own = blocks[fold(element.name)]
    for equation, block in zip(element.equations, own, strict=True):
        if not isinstance(element, Stock) and isinstance(
            equation.expression, Number | Array | Points
        ):
            found.append(_piece(text, model, element, equation, block, where))
    return tuple(found)


def _piece(
    text: str, model: Model, element: Element, equation: Equation, block: MdlBlock, where: str
) -> Piece:
    positions = list(model.positions(element, equation))
    if equation.call is not None:
        return Piece(element, equation, block, tuple((p, None) for p in positions), ())
    head = masked(text[slice(*block.span)])
    begin = block.right_start - block.span[0]
    places: list[NumberSlot]
    match equation.expression:
        case Points(x, y, _):
            pairs = _pairs(head, begin)
            spans = [span for _, span in pairs]
            places = [(p, x_) for p in positions for x_, _ in pairs]
            known = sorted((x_, _value(head, s)) for x_, s in pairs) == sorted(
                zip(x, y, strict=True)
            )
            known = known and len({x_ for x_, _ in pairs}) == len(pairs)
            # one set of points may serve several labels; it can hold one set of values only
            spans = spans * len(positions)
        case Array(values, _):
            spans = [m.span() for m in _LITERAL.finditer(head, begin)]
            places = [(p, None) for p in positions]
            known = tuple(_value(head, s) for s in spans) == values
        case Number(value):
            spans = [m.span() for m in _LITERAL.finditer(head, begin)]
            places = [(p, None) for p in positions]
            known = [_value(head, s) for s in spans] == [value]
        case other:
            raise TypeError(f"{element.name} is not made of numbers: {other!r}")
    if not known:
        what = f'the numbers of "{element.name}" stand in a form that a table cannot fill'
        hint = "write plain numbers, and each x of a lookup once"
        raise ModelError(Problem(f"{where}:{block.line}", what, hint))
    start = block.span[0]
    literals = tuple(
        Literal(start + a, start + b, _value(head, (a, b)), _line(text, start + a))
        for a, b in spans
    )
    return Piece(element, equation, block, tuple(places), literals)


def _pairs(head: str, begin: int) -> list[tuple[float, tuple[int, int]]]:
    """The x of each point, and where its y stands: `(x,y),...` or all x before all y."""
    body = _DISPLAY.sub(lambda m: " " * len(m.group()), head[begin:])
    found = [(_value(body, m.span(1)), m.span(2)) for m in PAIR.finditer(body)]
    if not found:
        spans = [m.span() for m in _LITERAL.finditer(body)]
        half = len(spans) // 2
        found = [
            (_value(body, x), y) for x, y in zip(spans[:half], spans[half : 2 * half], strict=True)
        ]
    return [(x, (a + begin, b + begin)) for x, (a, b) in found]


def _value(text: str, span: tuple[int, int]) -> float:
    return spaced_number(text[slice(*span)])


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def edits(piece: Piece, model: Model, values: Mapping[NumberSlot, float], where: str) -> list[Edit]:
    """What changes in the text so that the places of a piece have these values.

    A number that is right already keeps its spelling. What another file gives stays a call as
    long as all its values do.
    """
    if piece.equation.call is not None:
        return _instead_of_call(piece, model, values, where)
    if len(piece.literals) == len(piece.places):
        wanted: dict[Literal, float] = {}
        for place, literal in piece.by_place:
            if wanted.setdefault(literal, values[place]) != values[place]:
                raise ModelError(_shared_points(piece, where))
        pairs = list(wanted.items())
    elif len({values[place] for place in piece.places}) == 1:
        pairs = [(piece.literals[0], values[piece.places[0]])]
    else:
        return [_as_array(piece, model, values, where)]
    return [Edit(old.start, old.stop, number(new)) for old, new in pairs if old.value != new]


def _instead_of_call(
    piece: Piece, model: Model, values: Mapping[NumberSlot, float], where: str
) -> list[Edit]:
    """Numbers in the place of a `GET ...` call, where any of them differs from what it gives."""
    old = {
        p: v for p, v in constant_values(model, piece.element).items() if (p, None) in piece.places
    }
    if all(values[place, None] == value for place, value in old.items()):
        return []
    block = piece.block
    if any(subscript in model.dims_by_name for subscript in piece.equation.subscripts):
        return [_as_array(piece, model, values, where)]
    start = block.right_start
    return [Edit(start, block.fields[0][1], f"\n\t{number(values[piece.places[0]])}\n\t")]


def _shared_points(piece: Piece, where: str) -> Problem:
    what = f'the points of "{piece.element.name}" serve several labels, and the table differs'
    return Problem(f"{where}:{piece.block.line}", what, "write one set of points for each label")


def _as_array(piece: Piece, model: Model, values: Mapping[NumberSlot, float], where: str) -> Edit:
    """One number for several labels becomes an array: rows, and an equation for each matrix."""
    element, block = piece.element, piece.block
    if piece.equation.exceptions or isinstance(element, Lookup):
        what = f'"{element.name}" has one number for several labels here, and the table differs'
        raise ModelError(
            Problem(f"{where}:{block.line}", what, "write an equation without :EXCEPT:")
        )
    subscripts = piece.equation.subscripts
    axes = [model.subscript_positions(s, d) for s, d in zip(subscripts, element.dims, strict=True)]
    ranges = [k for k, s in enumerate(subscripts) if s in model.dims_by_name]
    outer, inner = ranges[:-2], ranges[-2:]
    equations = []
    for heads in itertools.product(*(axes[k] for k in outer)):
        fixed = dict(zip(outer, heads, strict=True))
        within = [(fixed[k],) if k in fixed else axes[k] for k in range(len(axes))]
        places: list[NumberSlot] = [(p, None) for p in itertools.product(*within)]
        numbers = [number(values[place]) for place in places]
        row = len(axes[inner[-1]])
        rows = [",".join(numbers[k : k + row]) for k in range(0, len(numbers), row)]
        # Vensim ends every row of a matrix with a semicolon, the rows of a vector with none
        right = "".join(f"{r};" for r in rows) if len(inner) > 1 else rows[0]
        labels = [
            model.labels(element)[k][fixed[k]] if k in fixed else spelled
            for k, spelled in enumerate(block.subscripts)
        ]
        equations.append(f"{block.name}[{','.join(labels)}]=\n\t{right}")
    # behind a number may stand what the file keeps, behind a call nothing can
    stop = piece.literals[0].stop if piece.literals else block.fields[0][1]
    tail = "" if piece.literals else "\n\t"
    return Edit(block.span[0], stop, " ~~|\n".join(equations) + tail)
