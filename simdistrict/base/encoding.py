"""Text from the bytes of an input file, and back: which encoding a file is in.

A byte-order mark decides, then a declaration in the file that its bytes fit, then UTF-8. What fits
none of them is in a guessed encoding, and a warning shows the first letters that depend on it.
`reading_as` states the encoding instead (the option --encoding).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from simdistrict.base.errors import ExchangeError, Problem, SimdistrictError, did_you_mean
from simdistrict.base.remarks import remark

# as users know the encodings
_NAMES = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp1253": "Windows-1253",
    "mac_roman": "Mac Roman",
    "gb18030": "GBK",
    "cp950": "Big5",
    "cp932": "Shift-JIS",
    "euc_jp": "EUC-JP",
    "cp949": "EUC-KR",
    "koi8-r": "KOI8-R",
}
# the longer marks first: that of UTF-32 begins as that of UTF-16
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32-le-sig"),
    (b"\0\0\xfe\xff", "utf-32-be-sig"),
    (b"\xff\xfe", "utf-16-le-sig"),
    (b"\xfe\xff", "utf-16-be-sig"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_MARK_OF = {encoding: mark for mark, encoding in _MARKS}
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_DECLARED = (
    re.compile(rb"""\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{1,40})["']"""),
    re.compile(rb"\s*\{\s*([A-Za-z][\w.:-]{1,40})\s*\}"),
)
# what programs that declare the first really write
_WIDER = {
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "ascii": "utf-8",
}
_NO_FILES = ("idna", "punycode", "raw-unicode-escape", "unicode-escape")
_ASCII = bytes([9, 10, 13, *range(32, 127)])
_CONTROLS = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_END_OF_DOS = re.compile(r"\x1a[\s\x1a]*\Z")
_UNDECODED = re.compile("[\ud800-\udfff]+")
_STATED: ContextVar[str] = ContextVar("stated encoding", default="")
_SHOWN = 60


@contextmanager
def reading_as(name: str) -> Iterator[None]:
    """Read files that do not declare UTF-8 in this encoding. Raises LookupError, see `codec`."""
    token = _STATED.set(codec(name) if name else "")
    try:
        yield
    finally:
        _STATED.reset(token)


def stated() -> str:
    """The encoding of `reading_as`; empty outside it."""
    return _STATED.get()


def codec(name: str) -> str:
    """Python's name of an encoding of text files. Raises LookupError with a message."""
    try:
        found = codecs.lookup(name.strip()).name
        if found in _NO_FILES:
            raise LookupError
        wide = found.startswith(("utf-16", "utf-32"))
        if not wide and _ASCII.decode(found) != _ASCII.decode("ascii"):
            raise LookupError
        if found in ("utf-16", "utf-32"):
            return f"{found}-le"  # where the file has no mark of its own
    except (LookupError, UnicodeError, ValueError):
        known = ["utf-8", "utf-16", "gbk", "big5", "shift_jis", "euc_kr", "windows-1252", "latin-1"]
        hint = did_you_mean(name, known) or f"use {', '.join(known)} or the like"
        raise LookupError(f'there is no encoding of text files called "{name}": {hint}') from None
    return found


def decoded(
    content: bytes,
    where: str,
    noun: str = "a text file",
    error: type[SimdistrictError] = ExchangeError,
    *,
    utf8_first: bool = False,
) -> tuple[str, str]:
    """The text in the bytes of a file and its encoding, for `encoded`.

    where: the file's name for messages; noun: its kind; error: what is raised for a binary file
    and for bytes that are not in the stated encoding. utf8_first: UTF-8 goes before a stated
    encoding. Bytes without a meaning in the encoding become surrogates (see `shown`).
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            name = encoding.removesuffix("-sig")
            return _lenient(content[len(mark) :], name, where), encoding
    if b"\0" in content and (wide := _wide(content)):
        guess = content.decode(wide)
        _say(where, guess, f"has no byte-order mark and was read as {_name(wide)} (guessed)")
        return guess, wide
    declared = _declared(content)
    if (text := _utf8(content)) is not None and (declared == "utf-8" or utf8_first):
        _refuse_binary(text, where, noun, error)
        return text, "utf-8"
    if wanted := stated():
        return _as_stated(content, wanted, where, error), wanted
    if declared not in ("", "utf-8"):
        for name in (declared, _WIDER.get(declared, "")):
            found = name and _strict(content, name)
            if found and not (name == "iso8859-1" and re.search("[\x80-\x9f]", found)):
                _refuse_binary(found, where, noun, error)
                return found, name
    if text is None:
        from simdistrict.base.guess import guessed  # rarely needed

        encoding = guessed(content)
        text = content.decode(encoding, "surrogateescape")
        _refuse_binary(text, where, noun, error)
        how = f"declares {declared}, is" if declared else "is"
        if encoding == "utf-8":
            _say(where, text, f"{how} not valid UTF-8; the faulty bytes are shown as �")
        else:
            _say(where, text, f"{how} not UTF-8 and was read as {_name(encoding)} (guessed)")
        return text, encoding
    _refuse_binary(text, where, noun, error)
    return text, "utf-8"


def declared_utf8(text: str) -> str:
    """The text of a .mdl file that is written in UTF-8: with Vensim's mark where it needs one."""
    head = text[:100].encode("utf-8", "replace")
    if text.isascii() or _declared(head) == "utf-8":
        return text
    mark = _DECLARED[1].match(head) if _declared(head) else None
    rest = text[mark.end() :].lstrip("\r\n") if mark else text
    newline = "\r\n" if "\r\n" in text[:10_000] else "\n"
    return "{UTF-8}" + newline + rest


def encoded(text: str, encoding: str) -> bytes:
    """The bytes of a text from `decoded`. Raises UnicodeEncodeError."""
    name = encoding.removesuffix("-sig")
    errors = "surrogatepass" if name in _WIDE else "surrogateescape"
    return _MARK_OF.get(encoding, b"") + text.encode(name, errors)


def shown(text: str) -> str:
    """The text with a replacement character for bytes that its encoding does not define.

    It has no Ctrl-Z at its end, which ends the text files of DOS.
    """
    text = _END_OF_DOS.sub("", text)
    if text.isascii():
        return text
    return _UNDECODED.sub(lambda match: "�" * len(match.group()), text)


def _lenient(content: bytes, name: str, where: str) -> str:
    """The text after a byte-order mark; what the encoding does not allow is reported."""
    try:
        return content.decode(name)
    except UnicodeDecodeError:
        text = content.decode(name, "surrogateescape" if name == "utf-8" else "replace")
        _say(where, text, f"is not valid {_name(name)}; the faulty bytes are shown as �")
        return text


def _utf8(content: bytes) -> str | None:
    return _strict(content, "utf-8")


def _strict(content: bytes, name: str) -> str | None:
    try:
        return content.decode(name)
    except UnicodeError:
        return None


def _as_stated(content: bytes, name: str, where: str, error: type[SimdistrictError]) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        what = f"the file is not in the encoding {name}: byte {content[fault.start]:#04x}"
        hint = "give another --encoding, or none"
        raise error(Problem(f"{where}:{line}", what, hint)) from None
    except UnicodeError:  # UTF-16 and UTF-32 without their marks
        what, hint = f"the file is not in the encoding {name}", "give another --encoding, or none"
        raise error(Problem(where, what, hint)) from None


def _declared(content: bytes) -> str:
    """The encoding that a file declares: in XML, or as {UTF-8} in a first comment."""
    for pattern in _DECLARED:
        match = pattern.match(content)
        if match:
            name = match.group(1).decode("ascii", "replace")
            # {Greek} is a comment, though Python knows an encoding of that name
            if not re.search(r"\d|gbk|euc|jis|ascii", name, re.IGNORECASE):
                return ""
            try:
                found = codec(name)
            except LookupError:
                return ""
            # a file whose declaration can be read byte by byte is not in UTF-16
            return "" if found.startswith(("utf-16", "utf-32")) else found
    return ""


def _wide(content: bytes) -> str:
    """The encoding of two or four bytes a sign that a file without a mark is in; or empty.

    Half of its signs at least must be ASCII: names of any script stand among digits and blanks.
    """
    for name in _WIDE:
        width = 4 if name.startswith("utf-32") else 2
        text = _strict(content, name) if len(content) % width == 0 else None
        if text is None or _CONTROLS.search(text):
            continue
        if 2 * sum(map(str.isascii, text)) >= len(text):
            return name
    return ""


def _refuse_binary(text: str, where: str, noun: str, error: type[SimdistrictError]) -> None:
    if (zero := text.find("\0")) >= 0:
        line = text.count("\n", 0, zero) + 1
        what = f"this is a binary file, not {noun} (a zero byte is here)"
        raise error(Problem(f"{where}:{line}", what))


def _say(where: str, text: str, what: str) -> None:
    """Warn that letters may be others, with the first line that has some."""
    found = re.search(r"[^\x00-\x7f]", text)
    at = found.start() if found else 0
    before, after = re.split(r"[\r\n]", text[:at])[-1], re.split(r"[\r\n]", text[at:])[0]
    number = len(re.split(r"\r\n|\r|\n", text[:at]))
    sample = shown(" ".join(f"{before[-20:]}{after[:_SHOWN]}".split())) if found else ""
    example = f', "{sample}"' if sample else ""
    remark(f"{where}:{number}", f"the file {what}{example}; --encoding NAME decides")


def _name(encoding: str) -> str:
    return _NAMES.get(encoding, encoding.upper())
