"""Text files with their line ends and encoding, so that a text can be given back exactly."""

from __future__ import annotations

from pathlib import Path

from simdistrict.base import inputs
from simdistrict.base.atomic import replacing
from simdistrict.base.encoding import decoded, encoded, shown
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.inputs import InputKind
from simdistrict.base.remarks import remark

TABLE = InputKind("a table", 200_000_000)
TEXT = InputKind("a text file", 200_000_000)


def text_lines(path: Path, kind: InputKind = TABLE) -> list[str]:
    """The lines of a text file with any line ends.

    Raises ExchangeError as `inputs.content` does, and for a binary file.
    """
    content = inputs.content(path, kind)
    text = shown(decoded(content, str(path), kind.noun)[0])
    # Ctrl-Z ends the text files of DOS
    text, _, rest = text.partition("\x1a")
    lines = plain(text).split("\n")
    if first := rest.strip("\x1a \t\r\n"):
        sample = " ".join(plain(first).split("\n")[0].split())[:60]
        remark(f"{path}:{len(lines)}", f'Ctrl-Z ends the file here: "{sample}" and on is not read')
    return lines


def plain(text: str) -> str:
    """The text with newlines for line ends of any kind."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_exact(path: Path) -> tuple[str, str]:
    """The text of a file with its own line ends, and its encoding."""
    return exact(inputs.content(path, TEXT), str(path))


def exact(content: bytes, where: str, noun: str = "a text file") -> tuple[str, str]:
    """The text in the bytes of a file and its encoding, from which the same bytes come back.

    Raises ExchangeError where they would not: some encodings have two spellings of a sign.
    """
    text, encoding = decoded(content, where, noun)
    if encoded(text, encoding) != content:
        what = f"the file has letters that {encoding} spells in two ways, so that a copy of it"
        raise ExchangeError(Problem(where, f"{what} would have other bytes", "save it as UTF-8"))
    return text, encoding


def write_exact(path: Path, text: str, encoding: str) -> None:
    """Write a text in the encoding from `read_exact`; the file appears when it is complete."""
    try:
        content = encoded(text, encoding)
    except UnicodeEncodeError as error:
        what = f"{text[error.start]!r} cannot be written in the encoding of the file ({encoding})"
        raise ExchangeError(Problem(str(path), what, "save the file as UTF-8")) from None
    with replacing(path, force=True) as part:
        part.write_bytes(content)
