"""A model file of any kind as a Model: Vensim's .mdl and XMILE, told apart by suffix or by text."""

from __future__ import annotations

from pathlib import Path

from simdistrict.exchange.mdl import file as mdl_file
from simdistrict.exchange.xmile import document
from simdistrict.model.model import Model


def read_model_file(path: Path) -> Model:
    """Read a .mdl, .xmile, .stmx or .xml file.

    Raises ExchangeError when the file cannot be read, ModelError when it is not a model that
    simdistrict understands; a ModelError holds every problem found.
    """
    return read_model_text(read_text(path), path.stem, str(path))


def read_text(path: Path) -> str:
    """The text of a model file, decoded, with plain line ends."""
    if path.suffix.lower() in document.SUFFIXES:
        return document.read_text(path)
    return mdl_file.read_text(path)


def read_model_text(text: str, name: str, where: str = "", record: str = "") -> Model:
    """The model in the text of a file of either kind; where is its name for messages.

    record: what an earlier reading took from other files (`External.record`).
    """
    # the readers here, because a model that the cache holds is not read again
    if is_xmile(text) or Path(where).suffix.lower() in document.SUFFIXES:
        from simdistrict.exchange.xmile.reader import read_xmile_text

        return read_xmile_text(text, name, where)
    from simdistrict.exchange.mdl.reader import read_mdl_text

    return read_mdl_text(text, name, where, record)


def is_xmile(text: str) -> bool:
    """Whether the text of a model is XML; none in Vensim's language begins so."""
    return text.lstrip("\ufeff \t\n").startswith("<")
