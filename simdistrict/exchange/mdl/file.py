"""The content of a .mdl file as text; other kinds of file are refused."""

from __future__ import annotations

from pathlib import Path

from simdistrict.base.errors import ModelError, Problem
from simdistrict.exchange.text.files import UTF_16, decoded, file_bytes, plain

# far beyond any model, yet read within seconds
MAX_BYTES = 20_000_000


def read_text(path: Path) -> tuple[str, str]:
    """The text of a .mdl file with newlines as line ends, and its encoding (at most 20 MB)."""
    text, encoding = decoded(read_bytes(path), undefined="replace")
    return plain(text), encoding


def read_bytes(path: Path) -> bytes:
    """The bytes of a .mdl file. Raises ModelError for XMILE, UTF-16 and binary files."""
    if path.suffix.lower() in (".xmile", ".stmx", ".xml"):
        what = "this is an XMILE file; only Vensim's .mdl can be read"
        raise ModelError(Problem(str(path), what))
    content = file_bytes(path, "a model file", MAX_BYTES, ModelError)
    if content.startswith(UTF_16):
        what = "the file is in the encoding UTF-16, which Vensim does not write"
        raise ModelError(Problem(f"{path}:1", what, "save it as UTF-8"))
    if (zero := content.find(b"\0")) >= 0:
        line = content.count(b"\n", 0, zero) + 1
        what = "this is a binary file, not a Vensim model (a zero byte is here)"
        raise ModelError(Problem(f"{path}:{line}", what))
    return content
