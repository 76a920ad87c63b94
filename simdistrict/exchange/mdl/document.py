"""The text of a .mdl file, edited in place.

Order, comments, sketch, settings, encoding and line ends are kept: what is not edited comes back
byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from simdistrict.base.encoding import reading_as, stated
from simdistrict.base.errors import ModelError, Problem, did_you_mean
from simdistrict.exchange.mdl.file import read_exact
from simdistrict.exchange.mdl.literals import NumberSlot, by_name, edits, pieces
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.text.files import plain, write_exact
from simdistrict.exchange.text.grammar import parse_expression
from simdistrict.exchange.text.numbers import number
from simdistrict.exchange.text.outline import MdlBlock, Outline, TextSpan, outline
from simdistrict.exchange.text.points import read_points
from simdistrict.exchange.text.splice import Edit, spliced
from simdistrict.model.expr import Points, fold
from simdistrict.model.model import Constant, Model, constant_values


@dataclass(frozen=True)
class Document:
    """The text of a .mdl file with its own line ends. Immutable: each edit returns a new one.

    where: the file's name for messages; encoding: of the file.
    record: what an earlier reading took from other files (`External.record`), which then replaces
    them.
    """

    text: str
    where: str = "model.mdl"
    encoding: str = "utf-8"
    record: str = ""

    @classmethod
    def read(cls, path: str | Path, *, encoding: str = "") -> Document:
        """Read the document from a file; raises as `read_mdl` for a file that is no model.

        encoding: of a file that declares none; default: UTF-8, or guessed with a warning.
        """
        path = Path(path)
        with reading_as(encoding or stated()):
            text, found = read_exact(path)
        return cls(text, str(path), found)

    def write(self, path: str | Path) -> None:
        """Write the document; the file appears when it is complete."""
        write_exact(Path(path), self.text, self.encoding)

    @cached_property
    def flat(self) -> str:
        """The text with newlines as line ends; all positions count in it."""
        return plain(self.text)

    @cached_property
    def outline(self) -> Outline:
        """The blocks of the text, in order."""
        return outline(self.flat, self.where)

    @cached_property
    def blocks(self) -> Mapping[str, Sequence[MdlBlock]]:
        """The definitions of elements and ranges by folded name."""
        return by_name(self.outline.blocks)

    @cached_property
    def model(self) -> Model:
        """The model that the text describes."""
        return read_mdl_text(self.flat, Path(self.where).stem, self.where, self.record)

    def edited(self, changes: Iterable[Edit]) -> Document:
        """The document with edits, whose positions count in `flat`."""
        return replace(self, text=spliced(self.text, changes))

    def block(self, name: str, subscripts: Sequence[str] = ()) -> MdlBlock:
        """The definition with a name and, if there are several, with these subscripts.

        Raises ModelError where none or several match.
        """
        own = self.blocks.get(fold(name))
        if own is None:
            names = [found[0].name for found in self.blocks.values()]
            what = f'there is no element called "{name}"'
            raise ModelError(Problem(self.where, what, did_you_mean(name, names)))
        wanted = tuple(map(fold, subscripts))
        fitting = [b for b in own if not wanted or tuple(map(fold, b.subscripts)) == wanted]
        if len(fitting) == 1:
            return fitting[0]
        there = ", ".join(f"[{','.join(b.subscripts)}]" for b in own)
        what = f'"{own[0].name}" is defined for {there}: choose one of them'
        raise own[0].error(self.where, what)

    def with_equation(self, name: str, right: str, subscripts: Sequence[str] = ()) -> Document:
        """The document with a new right-hand side of one equation, in Vensim's language."""
        block = self.block(name, subscripts)
        place = f"{self.where}:{block.line}"
        if block.kind == "lookup":
            read_points(right, block.name, place)
        else:
            parse_expression(right, block.name, place)
        return self.edited(stretch(self.flat, (block.right_start, block.fields[0][1]), right))

    def with_constant(
        self, name: str, value: float, places: Sequence[tuple[int, ...]] = ()
    ) -> Document:
        """The document with a new value of a constant.

        places: the positions in its array that get the value; empty: all.
        """
        element = self.model[name]
        if not isinstance(element, Constant):
            what = f'"{element.name}" is of the kind {element.kind}, not a constant'
            raise ModelError(Problem(f"{self.where}:{element.line}", what))
        values = constant_values(self.model, element)
        return self.with_values(name, dict.fromkeys(places or values, value))

    def with_values(self, name: str, values: Mapping[tuple[int, ...], float]) -> Document:
        """The document with new values of a constant by position in its array."""
        element = self.model[name]
        wanted: dict[NumberSlot, float] = {
            (place, None): value
            for place, value in (constant_values(self.model, element) | dict(values)).items()
        }
        changes: list[Edit] = []
        for piece in pieces(self.flat, self.model, element, self.blocks, self.where):
            changes += edits(piece, self.model, wanted, self.where)
        return self.edited(changes)

    def with_points(self, name: str, points: Points, subscripts: Sequence[str] = ()) -> Document:
        """The document with new points of a lookup; its display range is kept."""
        block = self.block(name, subscripts)
        pairs = zip(points.x, points.y, strict=True)
        text = ",".join(f"({number(x)},{number(y)})" for x, y in pairs)
        head, bracket, _ = block.right.strip().partition("]")
        display = head[1:] + bracket + "," if bracket else ""
        span = (block.right_start, block.fields[0][1])
        return self.edited(stretch(self.flat, span, f"({display}{text})"))

    def with_units(self, name: str, units: str) -> Document:
        """The document with a new unit of an element; its range is kept."""
        block = self._last(name, 1)
        if len(block.fields) > 1 and "[" in (old := self.flat[slice(*block.fields[1])]):
            units = f"{units} {old[old.index('[') :].strip()}"
        return self.edited(self.field_edits(name, 1, units))

    def with_documentation(self, name: str, text: str) -> Document:
        """The document with new documentation of an element."""
        return self.edited(self.field_edits(name, 2, text))

    def without(self, name: str) -> Document:
        """The document without the definitions of an element or range."""
        return self.edited(self.removal(name))

    def field_edits(self, name: str, field: int, text: str) -> list[Edit]:
        """The edits for a new unit and range (field 1) or documentation (field 2) of an element."""
        for sign in "|~":
            if sign in text:
                what = f"the sign {sign} ends a field of a .mdl file and cannot be part of one"
                raise ModelError(Problem(f'"{name}"', what))
        block = self._last(name, field)
        if len(block.fields) > field:
            return stretch(self.flat, block.fields[field], text)
        missing = "\n\t~\t" * (field - len(block.fields) + 1)
        at = block.stop - 1
        return [Edit(at, at, f"{missing}{text}\n\t")]

    def removal(self, name: str) -> list[Edit]:
        """The edits that remove the definitions of an element or range."""
        return [self.removed(block) for block in self.blocks.get(fold(name), ())]

    def removed(self, block: MdlBlock) -> Edit:
        """The edit that removes one definition and the blank lines before it."""
        start = block.span[0]
        while start and self.flat[start - 1].isspace():
            start -= 1
        return Edit(start, block.stop, "")

    def _last(self, name: str, field: int) -> MdlBlock:
        """The definition that gives an element's unit or documentation: the last that has it."""
        own = self.blocks.get(fold(name)) or (self.block(name),)
        full = [
            b for b in own if len(b.fields) > field and self.flat[slice(*b.fields[field])].strip()
        ]
        return full[-1] if full else own[-1]


def stretch(text: str, span: TextSpan, new: str) -> list[Edit]:
    """The edits that replace a stretch of the text; the blanks at its ends are kept."""
    start, stop = span
    old = text[start:stop]
    inner = old.strip()
    if not inner:
        return [Edit(start, start, f"\t{new}")] if new else []
    begin = start + old.index(inner)
    return [Edit(begin, begin + len(inner), new)] if inner != new else []
