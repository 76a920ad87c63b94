"""The blocks of a .mdl file, with their places: what stands where, before any equation is read.

Splits text only. Knows no function of Vensim's language and builds no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from simdistrict.errors import ModelError, Problem
from simdistrict.model import Range

_SKETCH = re.compile(r"^\\+---///", re.MULTILINE)
_KEYWORD = re.compile(r":(?:INTERPOLATE|RAW|HOLD BACKWARD|LOOK FORWARD):", re.IGNORECASE)
_RANGE = re.compile(r"^(.*?)\[([^\[\]]*)\]\s*$", re.DOTALL)
_STRETCH = re.compile(r'"(?:[^"\\]|\\.)*"|[^"]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One definition in the file.

    kind: equation, lookup, data, dimension, macro, check (a reality check) or empty.
    name, subscripts, exceptions: the left-hand side, in the file's spelling.
    right: the right-hand side without line continuations and {comments}.
    span: where the equation, left- and right-hand side, begins and ends in the text.
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
    span: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Outline:
    """All blocks of a file in order, and what its settings ask for.

    unit_synonyms: names of one and the same unit (code 22 of the settings).
    """

    blocks: tuple[Block, ...]
    integrator: str
    unit_synonyms: tuple[tuple[str, ...], ...]


def outline(text: str, where: str) -> Outline:
    """Split the text of a .mdl file; line ends must be newlines already.

    where: the name of the file for messages. Raises ModelError when the text ends inside a
    definition or holds none at all.
    """
    sketch = _SKETCH.search(text)
    equations, rest = (text[: sketch.start()], text[sketch.end() :]) if sketch else (text, "")
    blocks: list[Block] = []
    group = ""
    position = _skip_encoding(equations)
    while True:
        fields, start, position = _next_block(equations, position, where)
        if fields is None:
            break
        line = text.count("\n", 0, start) + 1
        head = fields[0].strip()
        if head.startswith("****"):
            group = head.strip("*").strip().lstrip(".")
        elif head:
            block = _block(fields, line, group, where)
            blocks.append(replace(block, span=(start, start + len(fields[0]))))
    if not blocks:
        raise ModelError(
            Problem(where, "this is not a Vensim model: it holds no definition that ends in |")
        )
    synonyms = tuple(
        tuple(name.strip() for name in line.split(",") if name.strip())
        for line in re.findall(r"^22:(.*)$", rest, re.MULTILINE)
    )
    return Outline(tuple(blocks), _integrator(rest), synonyms)


def _skip_encoding(text: str) -> int:
    match = re.match(r"\s*\{[^{}\n]*\}", text)
    return match.end() if match else 0


def _next_block(text: str, position: int, where: str) -> tuple[list[str] | None, int, int]:
    """The ~-separated fields of the block at position, where it starts, where the next may."""
    start = _content_start(text, position)
    if start >= len(text):
        return None, start, start
    if text.startswith(":MACRO:", start):
        end = text.find(":END OF MACRO:", start)
        if end < 0:
            raise _cut_off(text, start, where)
        return [text[start:end]], start, end + len(":END OF MACRO:")
    fields: list[str] = []
    begin = at = start
    while at < len(text):
        char = text[at]
        # quotes bind in equations only: a comment may hold an odd number of them
        if char == '"' and not fields:
            close = _closing_quote(text, at)
            if close < 0:
                raise _cut_off(text, start, where)
            at = close
        elif char in "~|":
            fields.append(text[begin:at])
            begin = at + 1
            if char == "|":
                return fields, start, at + 1
        at += 1
    raise _cut_off(text, start, where)


def _content_start(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _closing_quote(text: str, at: int) -> int:
    at += 1
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] == '"':
            at += 1
        elif text[at] == '"':
            return at
        at += 1
    return -1


def _cut_off(text: str, start: int, where: str) -> ModelError:
    head = " ".join(text[start : start + 60].split())
    line = text.count("\n", 0, start) + 1
    return ModelError(
        Problem(
            f"{where}:{line}",
            f'the file ends inside the definition that begins "{head}"',
            "a definition ends in |; is the file cut off, or not a Vensim model?",
        )
    )


def _block(fields: list[str], line: int, group: str, where: str) -> Block:
    if fields[0].startswith(":MACRO:"):
        name = fields[0][len(":MACRO:") :].split("(")[0].strip()
        return Block("macro", name, "", line, group=group)
    fields = [_plain(fields[0]), *fields[1:]]
    units, limits = _units(fields[1] if len(fields) > 1 else "", f"{where}:{line}")
    documentation = " ".join(fields[2].replace("\\\n", " ").split()) if len(fields) > 2 else ""
    kind, left, right = split_head(fields[0])
    name, subscripts, exceptions = _left(left)
    return Block(
        kind, name, right.strip(), line, subscripts, exceptions, units, limits, documentation, group
    )


def _plain(text: str) -> str:
    """Without line continuations, and without {comments} outside quotes."""
    text = re.sub(r"\\\n\s*", " ", text)
    if "{" in text:
        text = re.sub(
            r'("(?:[^"\\]|\\.)*")|\{[^{}]*\}', lambda m: m.group(1) or " ", text, flags=re.DOTALL
        )
    return " ".join(text.split())


def _units(text: str, where: str) -> tuple[str, Range]:
    text = " ".join(text.split())
    match = _RANGE.match(text)
    if not match:
        return text, Range()
    bounds: list[float | None] = []
    for bound in match.group(2).split(","):
        try:
            bounds.append(None if bound.strip() in ("?", "") else float(bound))
        except ValueError:
            raise ModelError(
                Problem(where, f"the range [{match.group(2)}] holds {bound.strip()!r}, no number")
            ) from None
    low, high, step = (*bounds, None, None, None)[:3]
    return match.group(1).strip(), Range(low, high, step)


def split_head(head: str) -> tuple[str, str, str]:
    """The kind of a definition, its left-hand side and its right-hand side."""
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
        elif head.startswith("<->", at):
            return "dimension", head[:at], head[at:]
    return "empty", head, ""


def _colon(head: str, at: int) -> tuple[str, int]:
    """What a colon outside brackets begins, and how long the mark is; empty to read on."""
    rest = head[at:]
    upper = rest.upper()
    if upper.startswith(":EXCEPT:"):
        return "", 0
    if upper.startswith((":THE CONDITION:", ":TEST INPUT:")):
        return "check", 1
    if keyword := _KEYWORD.match(rest):
        after = rest[keyword.end() :].lstrip()
        return "data", keyword.end() + len(rest[keyword.end() :]) - len(after.removeprefix(":="))
    if rest.startswith(":="):
        return "data", 2
    # the second colon of :EXCEPT: stands behind a letter
    return ("", 0) if head[:at].upper().endswith(":EXCEPT") else ("dimension", 1)


def _left(text: str) -> tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Name, subscripts and exceptions of a left-hand side."""
    if text.lstrip().startswith('"'):
        close = _closing_quote(text, text.index('"'))
        name, rest = text[: close + 1], text[close + 1 :]
    else:
        name, bracket, rest = text.partition("[")
        rest = bracket + rest
    groups = [
        tuple(subscript.strip() for subscript in group.split(","))
        for group in re.findall(r"\[([^\[\]]*)\]", rest)
    ]
    return " ".join(name.split()), (groups[0] if groups else ()), tuple(groups[1:])


def _integrator(settings: str) -> str:
    """What code 15 of the settings block asks for: 1 and 5 are fourth-order Runge-Kutta."""
    match = re.search(r"^15:\d+,\d+,\d+,(\d+)", settings, re.MULTILINE)
    return "rk4" if match and match.group(1) in ("1", "5") else "euler"
