"""Model files of either kind: reads Vensim's .mdl and XMILE, writes .mdl."""

from __future__ import annotations

from pathlib import Path

from simdistrict.base.atomic import replacing, writable_target
from simdistrict.base.encoding import declared_utf8
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
    """The text of a model file with newlines as line ends."""
    if path.suffix.lower() in document.SUFFIXES:
        return document.read_text(path)
    return mdl_file.read_text(path)


def read_model_text(text: str, name: str, where: str = "", record: str = "") -> Model:
    """The model in the text of a file of either kind; where: the file's name for messages.

    record: what an earlier reading took from other files (`External.record`).
    """
    # imported here: a model from the cache needs no reader
    if is_xmile(text) or Path(where).suffix.lower() in document.SUFFIXES:
        from simdistrict.exchange.xmile.reader import read_xmile_text

        return read_xmile_text(text, name, where)
    from simdistrict.exchange.mdl.reader import read_mdl_text

    return read_mdl_text(text, name, where, record)


def is_xmile(text: str) -> bool:
    """Whether the text of a model is XML; no text in Vensim's language begins with `<`."""
    return text.lstrip("\ufeff \t\n").startswith("<")


def write_model(
    model: Model, path: str | Path, *, layout: bool = True, force: bool = False
) -> None:
    """Write a model as a .mdl file.

    A model read from a .mdl file keeps the text of that file, except for what was changed in
    Python. A model built in Python or read from XMILE gets a new text; layout: with drawn views.
    The file is in UTF-8. force: replace an existing file. Raises ModelError for what the format
    cannot hold.
    """
    from simdistrict.exchange.mdl.revision import revised
    from simdistrict.exchange.mdl.writing import model_text

    path = writable_target(path, force=force)
    kept = bool(model.text) and not is_xmile(model.text)
    text = revised(model) if kept else model_text(model, layout=layout)
    with replacing(path, force=force) as part:
        part.write_bytes(declared_utf8(text).encode("utf-8"))
