"""The numbers of constants and lookups in the text of a .mdl file: their positions and edits."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from simdistrict.exchange.text.numbers import SPACED, number, spaced_number
from simdistrict.exchange.text.outline import MdlBlock
from simdistrict.exchange.text.points import PAIR
from simdistrict.exchange.text.splice import Edit
from simdistrict.exchange.text.tokens import masked
from simdistrict.model.expr import Array, Expr, Number, Points, fold
from simdistrict.model.model import Element, Equation, Lookup, Model, Stock, constant_values

# identifies one number of an element: its position in the array, and x for a lookup
NumberSlot = tuple[tuple[int, ...], float | None]

_LITERAL = re.compile(SPACED)
_DISPLAY = re.compile(r"\[.*?\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Literal:
    """A number in the text: its span, value and line (from 1)."""

    start: int
    stop: int
    value: float
    line: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One definition with numbers, and the slots that it fills.

    literals: one per slot, or one for all slots; none if the numbers are in another file.
    """

    element: Element
    equation: Equation
    block: MdlBlock
    slots: tuple[NumberSlot, ...]
    literals: tuple[Literal, ...]

    @property
    def by_slot(self) -> Iterator[tuple[NumberSlot, Literal]]:
        """Each slot with its present number."""
        shared = len(self.literals) == 1
        numbers = itertools.repeat(self.literals[0]) if shared else iter(self.literals)
        return zip(self.slots, numbers, strict=False)


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
    """The definitions of an element that have numbers, not formulas.

    text: with newlines as line ends; blocks: from `by_name`.
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
    slots: list[NumberSlot]
    if isinstance(equation.expression, Points):
        pairs = _pairs(head, begin)
        slots = [(p, x) for p in positions for x, _ in pairs]
        found = sorted((x, _value(head, span)) for x, span in pairs)
        points = zip(equation.expression.x, equation.expression.y, strict=True)
        known = found == sorted(points) and len({x for x, _ in pairs}) == len(pairs)
        # one set of points for several labels is the same numbers for each
        spans = [span for _, span in pairs] * len(positions)
    else:
        slots = [(p, None) for p in positions]
        spans = [m.span() for m in _LITERAL.finditer(head, begin)]
        known = tuple(_value(head, span) for span in spans) == _values(equation.expression)
    if not known:
        what = f'the numbers of "{element.name}" are in a form that a table cannot fill'
        raise block.error(where, what, "write plain numbers, and each x of a lookup once")
    start = block.span[0]
    literals = tuple(
        Literal(start + a, start + b, _value(head, (a, b)), text.count("\n", 0, start + a) + 1)
        for a, b in spans
    )
    return Piece(element, equation, block, tuple(slots), literals)


def _values(expr: Expr) -> tuple[float, ...]:
    match expr:
        case Number(value):
            return (value,)
        case Array(values, _):
            return values
    raise TypeError(f"not a number or a list of numbers: {expr!r}")


def _pairs(head: str, begin: int) -> list[tuple[float, tuple[int, int]]]:
    """The x of each point and the span of its y, in `(x,y),...` or with all x before all y."""
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


def edits(piece: Piece, model: Model, values: Mapping[NumberSlot, float], where: str) -> list[Edit]:
    """The edits that give the slots of a piece these values.

    A number with the right value keeps its spelling, and a `GET ...` call with the right values
    stays.
    """
    if piece.equation.call is not None:
        return _instead_of_call(piece, model, values, where)
    if len(piece.literals) == len(piece.slots):
        wanted: dict[Literal, float] = {}
        for slot, literal in piece.by_slot:
            if wanted.setdefault(literal, values[slot]) != values[slot]:
                what = f'the points of "{piece.element.name}" serve several labels, and the table '
                hint = "write one set of points for each label"
                raise piece.block.error(where, f"{what}has different ones", hint)
        pairs = list(wanted.items())
    elif len({values[slot] for slot in piece.slots}) == 1:
        pairs = [(piece.literals[0], values[piece.slots[0]])]
    else:
        return [_as_array(piece, model, values, where)]
    return [Edit(old.start, old.stop, number(new)) for old, new in pairs if old.value != new]


def _instead_of_call(
    piece: Piece, model: Model, values: Mapping[NumberSlot, float], where: str
) -> list[Edit]:
    """The edits that replace a `GET ...` call by numbers, if any differs from its result."""
    old = constant_values(model, piece.element)
    if all(values[slot] == old[slot[0]] for slot in piece.slots):
        return []
    block = piece.block
    if any(subscript in model.dims_by_name for subscript in piece.equation.subscripts):
        return [_as_array(piece, model, values, where)]
    start = block.right_start
    return [Edit(start, block.fields[0][1], f"\n\t{number(values[piece.slots[0]])}\n\t")]


def _as_array(piece: Piece, model: Model, values: Mapping[NumberSlot, float], where: str) -> Edit:
    """The edit that replaces one number for several labels by arrays, one for each matrix."""
    element, block = piece.element, piece.block
    if piece.equation.exceptions or isinstance(element, Lookup):
        what = f'"{element.name}" has one number for several labels here, and the table has '
        raise block.error(where, f"{what}different ones", "write an equation without :EXCEPT:")
    subscripts = piece.equation.subscripts
    axes = [model.subscript_positions(s, d) for s, d in zip(subscripts, element.dims, strict=True)]
    ranges = [k for k, s in enumerate(subscripts) if s in model.dims_by_name]
    outer, inner = ranges[:-2], ranges[-2:]
    equations = []
    for heads in itertools.product(*(axes[k] for k in outer)):
        fixed = dict(zip(outer, heads, strict=True))
        within = [(fixed[k],) if k in fixed else axes[k] for k in range(len(axes))]
        numbers = [number(values[place, None]) for place in itertools.product(*within)]
        row = len(axes[inner[-1]])
        rows = [",".join(numbers[k : k + row]) for k in range(0, len(numbers), row)]
        # Vensim ends each row of a matrix with a semicolon, and a vector with none
        right = "".join(f"{r};" for r in rows) if len(inner) > 1 else rows[0]
        labels = [
            model.labels(element)[k][fixed[k]] if k in fixed else spelled
            for k, spelled in enumerate(block.subscripts)
        ]
        equations.append(f"{block.spelling}[{','.join(labels)}]=\n\t{right}")
    # text after a number is kept; after a call there is none
    stop = piece.literals[0].stop if piece.literals else block.fields[0][1]
    tail = "" if piece.literals else "\n\t"
    return Edit(block.span[0], stop, " ~~|\n".join(equations) + tail)
