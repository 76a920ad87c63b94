"""YAML text as a tree of plain values with their lines. The one door to ruamel.yaml.

It knows YAML 1.2 (`no` and `off` are text) but not what a scenario is. Refuses, with the line,
constructs that make a small file large or slow: anchors, deep nesting, very long lines.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simdistrict.base import inputs
from simdistrict.base.encoding import decoded, shown
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.numbers import SIGNED, real

KIND = inputs.InputKind("a scenario file", 1_000_000, ScenarioError)
MAX_DEPTH = 8
MAX_ENTRIES = 20_000
# an escaped key then stays below the 1024 characters that YAML allows
MAX_KEY = 400
# ruamel's scanner takes quadratic time for some long lines
MAX_LINE = 10_000

# YAML 1.2 core schema, without 0x and 0o: nobody writes a tariff in hexadecimal
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|" + SIGNED)
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip

# keys and indices from the top of a file to one entry
KeyPath = tuple[str | int, ...]
Plain = bool | float | str | list["Plain"] | dict[str, "Plain"] | None


@dataclass(frozen=True, slots=True)
class YamlNode:
    """A value with its line (from 1); for an entry of a mapping, the line of its key.

    quoted: a text written in quotes.
    """

    value: bool | float | str | list[YamlNode] | dict[str, YamlNode] | None
    line: int
    quoted: bool = False

    def plain(self) -> Plain:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def at(self, path: KeyPath) -> YamlNode:
        """The node at the end of a path, or the deepest one on it that exists."""
        node = self
        for step in path:
            match node.value, step:
                case dict() as entries, str() if step in entries:
                    node = entries[step]
                case list() as items, int():
                    node = items[step]
                case _:
                    break
        return node


def read_text(path: Path, where: str) -> str:
    """The text of a small file.

    Raises ScenarioError where the file is missing, too large or binary;
    checks the size before reading.
    """
    content = inputs.content(path, KIND, where)
    # YAML is in UTF-8, whatever the encoding of the files that it names
    text, _ = decoded(content, where, "a scenario", ScenarioError, utf8_first=True)
    return shown(text)


def read_tree(
    text: str, where: str, what: str = "a scenario", key: str = "title", page: str = "Scenarios"
) -> YamlNode:
    """The mapping at the top of a YAML text.

    what, key, page: for the message about a text without a mapping: the kind of file, a key
    that it could have, the page of the docs.
    Raises ScenarioError with the line where the text is not YAML, holds more than plain
    values, lists and mappings, or repeats a key.
    """
    # imported here, because it takes 70 ms and most commands read scenarios from the cache
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            what = f"the line has {len(line)} characters; at most {MAX_LINE} are read"
            raise ScenarioError(Problem(f"{where}:{number}", what))
    try:
        builder = _YamlBuilder(where, YAML(typ="safe", pure=True).parse(text))
        top = builder.document()
    except MarkedYAMLError as error:
        raise ScenarioError(_syntax(error, text, where)) from None
    except YAMLError as error:
        raise ScenarioError(_unreadable(error, text, where)) from None
    if builder.problems:
        raise ScenarioError(builder.problems)
    if not isinstance(top.value, dict):
        what = f"this is not {what}: it has no keys such as `{key}:`"
        hint = f"the docs show a complete one under {page}"
        raise ScenarioError(Problem(f"{where}:{top.line}", what, hint))
    return top


class _YamlBuilder:
    """Builds the tree from the parser's events, checking each before it is expanded."""

    def __init__(self, where: str, events: Iterator[Any]) -> None:
        self.where = where
        self.events = events
        self.problems: list[Problem] = []
        self.entries = 0

    def document(self) -> YamlNode:
        """The single document of the stream."""
        top = YamlNode(None, 1)
        documents = 0
        for event in self.events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise self.stop(event, "a second document begins; a file holds one scenario")
            elif kind not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                top = self.node(event, 1)
        return top

    def node(self, event: Any, depth: int) -> YamlNode:
        kind = type(event).__name__
        line: int = event.start_mark.line + 1
        self.entries += 1
        if kind == "AliasEvent" or event.anchor:
            mark = "*" if kind == "AliasEvent" else "&"
            what = f"`{mark}{event.anchor}`: anchors and aliases are not read in scenario files"
            raise self.stop(event, what, "write the value out, or put a text in quotes")
        if getattr(event, "tag", None):
            raise self.stop(event, "tags (`!`) are not read in scenario files")
        if depth > MAX_DEPTH:
            raise self.stop(event, f"nested deeper than {MAX_DEPTH} levels")
        if self.entries > MAX_ENTRIES:
            raise self.stop(event, f"more than {MAX_ENTRIES} entries in one file")
        if kind == "MappingStartEvent":
            return YamlNode(self.mapping(depth), line)
        if kind == "SequenceStartEvent":
            items = []
            while type(item := next(self.events)).__name__ != "SequenceEndEvent":
                items.append(self.node(item, depth + 1))
            return YamlNode(items, line)
        return self.scalar(event, line)

    def mapping(self, depth: int) -> dict[str, YamlNode]:
        found: dict[str, YamlNode] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            if type(event).__name__ != "ScalarEvent":
                hint = "put a name that begins with [ or { in quotes"
                raise self.stop(event, "a list or a mapping in place of a name", hint)
            key_node = self.node(event, depth + 1)
            key, line = str(event.value), key_node.line
            value = self.node(next(self.events), depth + 1)
            if key in found:
                what = f'"{key}" is given twice, first in line {found[key].line}'
                self.problems.append(Problem(f"{self.where}:{line}", what, "remove one of them"))
            elif not key.strip():
                self.problems.append(Problem(f"{self.where}:{line}", "a key is empty"))
            elif len(key) > MAX_KEY or not key.isprintable():
                what = "a key is not printable" if len(key) <= MAX_KEY else "a key is too long"
                hint = f"at most {MAX_KEY} characters on one line"
                self.problems.append(Problem(f"{self.where}:{line}", what, hint))
            else:
                found[key] = YamlNode(value.value, line, value.quoted)
        return found

    def scalar(self, event: Any, line: int) -> YamlNode:
        text: str = event.value
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise self.stop(event, "half a character (a lone surrogate) cannot be stored")
        if not event.implicit[0]:
            return YamlNode(text, line, quoted=True)
        if text in _WORDS:
            return YamlNode(_WORDS[text], line)
        if (value := real(text)) is not None:
            return YamlNode(value, line)
        if _SPECIAL.fullmatch(text):
            value = math.nan if text.lower() == ".nan" else math.inf
            return YamlNode(-value if text.startswith("-") else value, line)
        return YamlNode(text, line)

    def stop(self, event: Any, what: str, hint: str = "") -> ScenarioError:
        line = event.start_mark.line + 1
        return ScenarioError([*self.problems, Problem(f"{self.where}:{line}", what, hint)])


QUOTED = "a name that holds `[`, `,` or `:` must be in quotes here"
# part of the parser's complaint -> (our sentence, what to do)
_SENTENCES = (
    (
        "mapping values are not allowed",
        "an unexpected colon, or uneven indentation",
        "a text that holds `: ` must be in quotes",
    ),
    (
        "while scanning a quoted scalar",
        "a quote is opened and never closed, or holds an unknown `\\`",
        "inside double quotes write \\\\ for one backslash",
    ),
    ("while scanning a double-quoted", "an unknown `\\` in double quotes", "write \\\\ for one"),
    ("flow sequence", "a `[` is opened and never closed, or a comma is missing", QUOTED),
    ("flow mapping", "a `{` is opened and never closed, or a comma is missing", QUOTED),
    (
        "cannot start any token",
        "a text cannot begin with the character here",
        "put the text in quotes",
    ),
    ("could not find expected ':'", "a key without its colon", "write `key: value`"),
    (
        "expected <block end>",
        "the indentation changes in the middle, or text follows a closed quote",
        "entries of one level begin in the same column",
    ),
    ("found undefined tag", "tags (`!`) are not read in scenario files", ""),
    ("alias", "a text cannot begin with `*`", "put the text in quotes"),
    ("anchor", "a text cannot begin with `&`", "put the text in quotes"),
    ("directive", "a line cannot begin with `%`", "put the text in quotes"),
    ("expected the node content", "a value is missing before the bracket here", ""),
)


def _syntax(error: Any, text: str, where: str) -> Problem:
    """The problem for text that is not YAML, in our own words."""
    mark = error.problem_mark or error.context_mark
    number = mark.line + 1 if mark else 1
    lines = text.split("\n")
    line = lines[number - 1] if number <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        what = "the line is indented with a tab"
        return Problem(f"{where}:{number}", what, "YAML is indented with blanks only")
    complaint = f"{error.context or ''} {error.problem or ''}"
    if error.context_mark and ("quoted scalar" in complaint or "flow" in complaint):
        # the line of the opening quote or bracket, not of the end of the file
        number = error.context_mark.line + 1
    for part, what, hint in _SENTENCES:
        if part in complaint:
            return Problem(f"{where}:{number}", what, hint)
    return Problem(f"{where}:{number}", "this is not valid YAML")


def _unreadable(error: Any, text: str, where: str) -> Problem:
    """The problem for a character that YAML does not allow."""
    position = getattr(error, "position", None)
    if not isinstance(position, int) or position >= len(text):
        return Problem(where, "this is not valid YAML")
    number = text.count("\n", 0, position) + 1
    what = f"a control character (U+{ord(text[position]):04X}) is not allowed in the file"
    return Problem(f"{where}:{number}", what, "is it a binary file?")
