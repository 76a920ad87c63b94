"""The content of a .mdl file as text; other kinds of file are refused."""

from __future__ import annotations

from pathlib import Path

from simdistrict.base import inputs
from simdistrict.base.encoding import decoded, shown
from simdistrict.base.errors import ModelError, Problem
from simdistrict.exchange.text.files import exact, plain

# far beyond any model, yet read within seconds
KIND = inputs.InputKind("a model file", 20_000_000)
NOUN = "a Vensim model"


def read_text(path: Path) -> str:
    """The text of a .mdl file with newlines as line ends (at most 20 MB)."""
    return plain(shown(decoded(_content(path), str(path), NOUN, ModelError)[0]))


def read_exact(path: Path) -> tuple[str, str]:
    """The text of a .mdl file with its own line ends, and its encoding."""
    return exact(_content(path), str(path), NOUN)


def _content(path: Path) -> bytes:
    """The bytes of a .mdl file. Raises ModelError for XMILE."""
    if path.suffix.lower() in (".xmile", ".stmx", ".xml"):
        what = "this is an XMILE file; only Vensim's .mdl can be read"
        raise ModelError(Problem(str(path), what))
    return inputs.content(path, KIND)
