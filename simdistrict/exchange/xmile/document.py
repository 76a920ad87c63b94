"""The XML of a model file as a small tree with line numbers; safe for hostile files.

Entities are refused, nothing is fetched, and bytes, elements and depth are limited. Elements that
only draw the model are not kept. The only importer of expat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

from simdistrict.base import inputs
from simdistrict.base.encoding import decoded, shown
from simdistrict.base.errors import ModelError, Problem
from simdistrict.exchange.text.files import plain
from simdistrict.exchange.xmile.spelling import spelled

SUFFIXES = (".xmile", ".stmx", ".itmx", ".xml")
KIND = inputs.InputKind("a model file", 50_000_000)
# a model of ten thousand elements has a fifth of this, and draws each once or twice
MAX_NODES, MAX_DRAWN, MAX_DEPTH = 500_000, 3_000_000, 100

# tags that only draw the model
_DRAWN = frozenset({"views", "style", "interface"})
# tags that cannot contain each other, and how many of them may lack their closing tag
_APART = frozenset({"stock", "flow", "aux"})
MAX_UNCLOSED = 20


@dataclass(slots=True)
class XmlNode:
    """One XML element; tag and attribute names without namespace prefix; line: from 1."""

    tag: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list[XmlNode] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The attribute `name` as people read it; empty without one."""
        return spelled(self.attributes.get("name", ""))

    def problem(self, where: str, what: str, hint: str = "") -> Problem:
        """A problem of this XML element; where: the file's name."""
        return Problem(f"{where}:{self.line}", what, hint)

    def error(self, where: str, what: str, hint: str = "") -> ModelError:
        """The error of such a problem."""
        return ModelError(self.problem(where, what, hint))

    def all(self, *tags: str) -> Iterator[XmlNode]:
        """The children with these tags, in order."""
        return (child for child in self.children if child.tag in tags)

    def first(self, *tags: str) -> XmlNode | None:
        """The first child with one of these tags."""
        return next(self.all(*tags), None)

    def text_of(self, tag: str) -> str:
        """The stripped text of the first child with a tag; empty without one."""
        child = self.first(tag)
        return child.text.strip() if child else ""


def read_text(path: Path) -> str:
    """The text of an XML file with newlines as line ends.

    Raises ExchangeError for a file that cannot be read, ModelError for a file that is not text.
    """
    content = inputs.content(path, KIND)
    return plain(shown(decoded(content, str(path), "a model", ModelError)[0]))


def parse(text: str, where: str) -> tuple[XmlNode, tuple[str, ...]]:
    """The tree of an XML document, and a note for each unclosed flow, stock or auxiliary.

    One of these inside another closes that other, as in other programs. Raises ModelError with
    the line of any other error.
    """
    from xml.parsers import expat

    content = _without_comments(normalize("NFC", text)).encode("utf-8", "replace")
    builder = _TreeBuilder(where)
    try:
        return _parsed(content, builder), ()
    except expat.ExpatError as error:
        problem = _broken(error, text, where)
    if not builder.unclosed:
        raise ModelError(problem)
    try:
        root = _parsed(_closed(content, builder.unclosed), _TreeBuilder(where))
    except expat.ExpatError:
        raise ModelError(problem) from None
    return root, tuple(note for _, _, note in builder.unclosed)


def _closed(content: bytes, unclosed: list[tuple[int, str, str]]) -> bytes:
    """The document with the missing closing tags."""
    for at, tags, _ in reversed(unclosed):
        content = content[:at] + tags.encode("utf-8") + content[at:]
    return content


def _parsed(content: bytes, builder: _TreeBuilder) -> XmlNode:
    from xml.parsers import expat

    parser = expat.ParserCreate("utf-8")  # the text is decoded: its declaration no longer holds
    parser.buffer_text = True
    builder.place = lambda: (parser.CurrentLineNumber, parser.CurrentByteIndex)
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.EntityDeclHandler = builder.refuse
    parser.ExternalEntityRefHandler = builder.refuse
    parser.UnparsedEntityDeclHandler = builder.refuse
    parser.SkippedEntityHandler = builder.refuse
    parser.Parse(content, True)
    if builder.root is None:
        raise ModelError(Problem(builder.where, "the file is empty"))
    return builder.root


def _without_comments(text: str) -> str:
    """The text with empty lines for comments.

    XML forbids two dashes inside a comment; people write them, and other programs accept them.
    """
    kept: list[str] = []
    at = 0
    while (begin := text.find("<!--", at)) >= 0:
        data = text.rfind("<![CDATA[", at, begin)
        if data >= 0 and (close := text.find("]]>", data)) > begin:
            kept.append(text[at : close + 3])
            at = close + 3
            continue
        end = text.find("-->", begin + 4)
        if end < 0:
            break
        kept += [text[at:begin], "\n" * text.count("\n", begin, end)]
        at = end + 3
    return "".join([*kept, text[at:]])


class _TreeBuilder:
    """Builds the tree from the events of the parser.

    place: returns the parser's line and byte; unclosed: position of each missing closing tag,
    the tags, a note.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.place: Callable[[], tuple[int, int]] = lambda: (0, 0)
        self.unclosed: list[tuple[int, str, str]] = []
        self.root: XmlNode | None = None
        self.above: list[XmlNode] = []
        self.noted: set[int] = set()
        self.names: list[str] = []  # of the elements above, with prefixes
        self.count = [0, 0]  # of elements that are kept, and of those that only draw
        self.skipped = 0  # depth inside an element that is not kept

    def at(self) -> int:
        return self.place()[0]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.above) + self.skipped > MAX_DEPTH:
            raise self.error(f"XML elements are nested more than {MAX_DEPTH} deep")
        tag = name.rpartition(":")[2]
        drawn = bool(self.skipped) or (tag in _DRAWN and bool(self.above))
        self.count[drawn] += 1
        most = MAX_DRAWN if drawn else MAX_NODES
        if self.count[drawn] > most:
            raise self.error(f"there are more than {most} XML elements, too many for a model")
        if drawn:
            self.skipped += 1
            return
        if tag in _APART and len(self.unclosed) < MAX_UNCLOSED:
            self.find_unclosed()
        plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        node = XmlNode(tag, self.at(), plain)
        if self.above:
            self.above[-1].children.append(node)
        else:
            self.root = node
        self.above.append(node)
        self.names.append(name)

    def end(self, name: str) -> None:
        if self.skipped:
            self.skipped -= 1
        else:
            self.above.pop()
            self.names.pop()

    def find_unclosed(self) -> None:
        """Note the stock, flow or auxiliary that the element at this position begins inside."""
        for depth, node in enumerate(self.above):
            if node.tag not in _APART or id(node) in self.noted:
                continue
            self.noted.add(id(node))
            tags = "".join(f"</{name}>" for name in reversed(self.names[depth:]))
            name = node.attributes.get("name", "")
            note = f'{self.where}:{node.line} | the {node.tag} "{name}" is never closed in the file'
            self.unclosed.append((self.place()[1], tags, note))
            return

    def characters(self, data: str) -> None:
        if self.above and not self.skipped:
            self.above[-1].text += data

    def refuse(self, *_: object) -> int:
        what = "the file declares or uses XML entities, which models do not need"
        raise self.error(what, "delete the DOCTYPE; nothing was expanded and nothing was fetched")

    def error(self, what: str, hint: str = "") -> ModelError:
        return ModelError(Problem(f"{self.where}:{self.at()}", what, hint))


def _broken(error: object, text: str, where: str) -> Problem:
    from xml.parsers.expat import errors

    line = getattr(error, "lineno", 0)
    code = errors.messages.get(getattr(error, "code", 0), "")
    lines = text.count("\n") + 1
    last = code in (errors.XML_ERROR_NO_ELEMENTS, errors.XML_ERROR_UNCLOSED_TOKEN)
    if not text.strip():
        return Problem(where, "the file is empty")
    if not text.lstrip().startswith("<"):
        return Problem(f"{where}:1", "this is not an XML file", "XMILE begins with <?xml or <xmile")
    if last or line >= lines:
        what = "the file ends inside its XML: it is cut off"
        return Problem(f"{where}:{line}", what, "save or copy it again")
    what = "the XML is not well formed"
    if code == errors.XML_ERROR_TAG_MISMATCH:
        what = "the XML is not well formed: this closing tag does not match the last opening tag"
    elif code == errors.XML_ERROR_UNDEFINED_ENTITY:
        what = "the file uses an XML entity that is not defined"
    return Problem(f"{where}:{line}", what, "XMILE needs a closing tag for every opening one")
