"""The definitions of a .mdl file as blocks of text with their positions.

Splits text only: parses no equation and builds no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from simdistrict.base.errors import ModelError, Problem
from simdistrict.base.numbers import hint_for, real
from simdistrict.base.remarks import remark
from simdistrict.exchange.text.left_side import (
    BEFORE_SECOND_COLON,
    EXCEPTION,
    LeftSide,
    foreign_sign,
    left_side,
)
from simdistrict.exchange.text.patterns import COMMENT, QUOTED
from simdistrict.exchange.text.settings import BLOCK, VIEW, MdlSettings, read_settings
from simdistrict.exchange.text.tokens import masked, split_commas
from simdistrict.model.expr import unquoted
from simdistrict.model.model import Range

_KEYWORD = re.compile(r":(?:INTERPOLATE|RAW|HOLD BACKWARD|LOOK FORWARD):", re.IGNORECASE)
_RANGE = re.compile(r"^(.*?)\[([^\[\]]*)\]\s*$", re.DOTALL)
_STRETCH = re.compile(rf"{QUOTED}|[^\"\[\]:=(<]++|.", re.DOTALL)
# quotes and {comments} count in equations only: documentation may have unbalanced ones
_HEAD = re.compile(rf"(?:[^\"~|{{]++|{QUOTED}|{COMMENT}|\{{)*+", re.DOTALL)
_FIELD = re.compile(r"[^~|]*+")
# an end of a range that is open; the last three as programs in Python write them
_OPEN = frozenset({"", "?", ":na:", "inf", "-inf", "nan"})
MOST_FIELDS = 4  # equation, units, documentation, :SUPPLEMENTARY
_BLANK = re.compile(r"[\s\x1a]*+")  # Ctrl-Z ends the text files of DOS
_ENCODING = re.compile(r"\s*+\{[^{}\n]*+\}")
_MACRO = re.compile(r":MACRO:\s*+([^()]*+)\(([^()]*+)\)", re.IGNORECASE)
_END_OF_MACRO = re.compile(r":END OF MACRO:", re.IGNORECASE)

TextSpan = tuple[int, int]


@dataclass(frozen=True, slots=True)
class MdlBlock:
    """One definition of a .mdl file.

    kind: equation, lookup, data, dimension, macro, check (a reality check), group or empty.
    name: without quotes; spelling: as the file has it, with quotes.
    subscripts, exceptions: of the left-hand side, in the file's spelling.
    right: the right-hand side with blanks for line continuations and {comments}.
    line, right_line: first line of the definition and of its right-hand side, from 1.
    span: start and stop of the equation in the text; right_start: start of `right`.
    fields: the spans of equation, units, documentation and flag, as far as present.
    stop: the position after the closing sign.
    between: interpolation of data between points; empty where the file does not state it.
    arguments, outputs, body: inputs, additional outputs and definitions of a macro.
    """

    kind: str
    name: str
    right: str
    line: int
    subscripts: tuple[str, ...] = ()
    exceptions: tuple[tuple[str, ...], ...] = ()
    units: str = ""
    range: Range = Range()
    documentation: str = ""
    group: str = ""
    span: TextSpan = (0, 0)
    right_start: int = 0
    right_line: int = 0
    fields: tuple[TextSpan, ...] = ()
    stop: int = 0
    between: str = ""
    arguments: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    body: tuple[MdlBlock, ...] = ()
    spelling: str = ""

    def problem(self, where: str, what: str, hint: str = "") -> Problem:
        """A problem of this definition; where: the file's name."""
        return Problem(f"{where}:{self.line}", what, hint)

    def error(self, where: str, what: str, hint: str = "") -> ModelError:
        """The error of such a problem."""
        return ModelError(self.problem(where, what, hint))


@dataclass(frozen=True, slots=True)
class Outline:
    """The blocks of a file in order, its settings, and where its equations end."""

    blocks: tuple[MdlBlock, ...]
    settings: MdlSettings
    stop: int


def outline(text: str, where: str) -> Outline:
    """Split the text of a .mdl file, whose line ends must be newlines.

    where: the file's name for messages. Raises ModelError for a text that ends inside a
    definition or has no definition.
    """
    end = VIEW.search(text) or BLOCK.search(text)
    stop = end.start() if end else len(text)
    encoding = _ENCODING.match(text, 0, stop)
    start = encoding.end() if encoding else 0
    blocks = tuple(_Splitter(text, where).blocks(start, stop))
    if not any(block.kind != "group" for block in blocks):
        what = "this is not a Vensim model: it has no definition that ends in |"
        raise ModelError(Problem(where, what))
    return Outline(blocks, read_settings(text[stop:]), stop)


class _Splitter:
    """Splits a text in one pass and counts its lines."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.counted = 0
        self.line = 1
        self.group = ""

    def line_at(self, at: int) -> int:
        """The line of a position; positions must be requested in ascending order."""
        self.line += self.text.count("\n", self.counted, at)
        self.counted = at
        return self.line

    def blocks(self, start: int, stop: int) -> Iterator[MdlBlock]:
        while (start := self.after_blanks(start, stop)) < stop:
            if self.text[start] == ":" and _MACRO.match(self.text, start, stop):
                block = self.macro(start, stop)
                start = block.stop
                yield block
                continue
            fields = self.fields(start, stop)
            begin, end = fields[0]
            line = self.line_at(start)
            start = fields[-1][1] + 1
            head = self.text[begin:end].strip()
            if head.startswith("****"):
                self.group = head.strip("*").strip().lstrip(".")
                span = (begin, end)
                yield MdlBlock("group", self.group, "", line, span=span, fields=fields, stop=start)
            elif head:
                if len(fields) > MOST_FIELDS:
                    raise self.run_together(fields, line)
                yield self.block(fields, line)

    def after_blanks(self, start: int, stop: int) -> int:
        match = _BLANK.match(self.text, start, stop)
        return match.end() if match else start

    def fields(self, start: int, stop: int) -> tuple[TextSpan, ...]:
        """The spans of the ~-separated fields of the block at `start`."""
        found: list[TextSpan] = []
        at = start
        group = self.text.startswith("****", start)
        while True:
            match = (_FIELD if found or group else _HEAD).match(self.text, at, stop)
            end = match.end() if match else at
            if end >= stop or self.text[end] not in "~|":
                raise self.cut_off(start)
            found.append((at, end))
            at = end + 1
            if self.text[end] == "|":
                return tuple(found)

    def cut_off(self, start: int) -> ModelError:
        head = " ".join(self.text[start : start + 60].split())
        what = f'the file ends inside the definition that begins "{head}"'
        hint = "a definition ends in |; is the file cut off, or not a Vensim model?"
        return ModelError(Problem(f"{self.where}:{self.line_at(start)}", what, hint))

    def run_together(self, fields: tuple[TextSpan, ...], line: int) -> ModelError:
        """The error for two definitions with a missing | between them."""
        head = " ".join(self.text[slice(*fields[0])].split())[:60]
        what = f'the definition that begins "{head}" has {len(fields) - 1} signs ~; '
        what += f"{MOST_FIELDS - 1} is the maximum"
        return ModelError(
            Problem(f"{self.where}:{line}", what, "a definition ends in |; is one missing?")
        )

    def macro(self, start: int, stop: int) -> MdlBlock:
        head = _MACRO.match(self.text, start, stop)
        end = _END_OF_MACRO.search(self.text, start, stop)
        if head is None or end is None:
            raise self.cut_off(start)
        line, group = self.line_at(start), self.group
        inputs, _, outputs = masked(head.group(2)).partition(":")
        body = tuple(self.blocks(head.end(), end.start()))
        self.group = group
        return MdlBlock(
            "macro",
            " ".join(masked(head.group(1)).split()),
            "",
            line,
            group=group,
            span=(start, end.end()),
            stop=end.end(),
            arguments=tuple(filter(None, split_commas(inputs))),
            outputs=tuple(filter(None, split_commas(outputs))),
            body=body,
        )

    def block(self, fields: tuple[TextSpan, ...], line: int) -> MdlBlock:
        texts = [self.text[a:b] for a, b in fields]
        head = masked(texts[0])
        units, limits = _units(texts[1] if len(fields) > 1 else "", f"{self.where}:{line}")
        documentation = " ".join(texts[2].replace("\\\n", " ").split()) if len(fields) > 2 else ""
        kind, left, right = split_head(head)
        side = left_side(left)
        if kind != "check":
            self.check_left(side, kind, f"{self.where}:{line}")
        right_start = fields[0][1] - len(right)
        keyword = _KEYWORD.match(head, len(left)) if kind == "data" else None
        return MdlBlock(
            kind,
            unquoted(side.spelling),
            right,
            line,
            side.subscripts,
            side.exceptions,
            units,
            limits,
            documentation,
            self.group,
            fields[0],
            right_start,
            line + self.text.count("\n", fields[0][0], right_start),
            fields,
            fields[-1][1] + 1,
            keyword.group().strip(":").lower() if keyword else "",
            spelling=side.spelling,
        )

    def check_left(self, side: LeftSide, kind: str, where: str) -> None:
        """Raise ModelError for a left-hand side with text that belongs to nothing."""
        what = hint = ""
        if side.junk:
            what = f'"{side.junk[:40]}" follows the name {side.spelling} on the left-hand side'
            hint = "is a sign missing?"
        elif sign := foreign_sign(side.spelling):
            what = f'the name "{side.spelling[:60]}" has the sign {sign}'
            hint = "a name with such a sign stands in quotes"
        elif kind == "dimension" and (side.subscripts or side.exceptions):
            what = f'the range "{side.spelling[:60]}" has subscripts'
            hint = "a colon alone begins the labels of a range; an exception is :EXCEPT: [label]"
        if what:
            raise ModelError(Problem(where, what, hint))


def _units(text: str, where: str) -> tuple[str, Range]:
    text = " ".join(masked(text).split())
    match = _RANGE.match(text)
    unit = match.group(1).strip() if match else text
    if sign := re.search(r"[=\[\]]", unit):
        what = f'the unit "{unit[:60]}" has the sign {sign.group()}'
        raise ModelError(Problem(where, what, "is a | missing, or a bracket?"))
    if not match:
        return text, Range()
    bounds: list[float | None] = []
    for bound in match.group(2).split(","):
        open_end = bound.strip().lower() in _OPEN
        value = None if open_end else real(bound)
        if value is None and not open_end:
            what = f"the range [{match.group(2)}] has {bound.strip()!r}, not a number"
            raise ModelError(Problem(where, what, hint_for(bound)))
        bounds.append(value)
    if len(bounds) > 3:
        what = f"the range [{match.group(2)}] has {len(bounds)} numbers: low, high and step are 3"
        raise ModelError(Problem(where, what))
    low, high, step = (*bounds, None, None, None)[:3]
    if low is not None and high is not None and low > high:
        remark(where, f"the range [{match.group(2)}] begins above its end")
    return unit, Range(low, high, step)


def split_head(head: str) -> tuple[str, str, str]:
    """Kind, left-hand side and right-hand side of a definition."""
    depth = 0
    for match in _STRETCH.finditer(head):
        char, at = match.group(), match.start()
        if char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
        elif depth:
            continue
        elif char == ":":
            kind, length = _colon(head, at)
            if kind:
                return kind, head[:at], head[at + length :]
        elif char == "=":
            return "equation", head[:at], head[at + 1 :].removeprefix("=")
        elif char == "(":
            return "lookup", head[:at], head[at:]
        elif char == "<" and head.startswith("<->", at):
            return "dimension", head[:at], head[at:]
    return "empty", head, ""


def _colon(head: str, at: int) -> tuple[str, int]:
    """The kind that a colon outside brackets marks and the mark's length; empty: none."""
    rest = head[at : at + 40]
    upper = rest.upper()
    if EXCEPTION.match(rest):
        return "", 0
    if upper.startswith((":THE CONDITION:", ":TEST INPUT:")):
        return "check", 1
    if keyword := _KEYWORD.match(rest):
        after = head[at + keyword.end() :].lstrip()
        return "data", len(head) - at - len(after.removeprefix(":="))
    if rest.startswith(":="):
        return "data", 2
    return ("", 0) if BEFORE_SECOND_COLON.search(head[:at]) else ("dimension", 1)
