"""Tables stored on disk, with the inputs that each read.

A stored table is used as long as its inputs and its code have the same content. File times do not
matter. What is no such table, or not this user's own, counts as missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.cache import own_folder, read_own, write_own
from simdistrict.tables.files import Stamp, file_names
from simdistrict.tables.sources import code_sha256
from simdistrict.tables.study import Study

# names of modules, and paths of files, that make a table
Code = Sequence[str | Path]
CORE = ("simdistrict.tables.files", "simdistrict.tables.study")


@dataclass(frozen=True, slots=True)
class Made:
    """A table as text: file name -> text; of what it was made."""

    name: str
    texts: dict[str, str]
    stamp: Stamp
    inputs: dict[str, str]


def look_up(name: str, code: Code, study: Study) -> Made | None:
    """The stored table, if nothing that it depends on has changed."""
    place = _place(name, study)
    data = place and read_own(place)
    try:
        stored = json.loads(data or b"")
        inputs, texts = _texts(stored["inputs"]), _texts(stored["texts"])
        if stored["code"] != code_sha256(*code, *CORE):
            return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None  # missing or foreign: computed again
    # the names become files in a folder of results
    if set(texts) != set(file_names(name)):
        return None
    if any(study.input_sha256(key) != sha for key, sha in inputs.items()):
        return None
    return Made(name, texts, study.stamp(inputs), inputs)


def keep(made: Made, code: Code, study: Study) -> None:
    """Store a table; if the store cannot be written, only time is lost."""
    document = {
        "code": code_sha256(*code, *CORE),
        "inputs": made.inputs,
        "texts": made.texts,
    }
    place = _place(made.name, study)
    if place is not None:
        write_own(place, json.dumps(document).encode() + b"\n")


def _texts(stored: object) -> dict[str, str]:
    """A dictionary of texts. Raises TypeError for anything else."""
    if not isinstance(stored, dict) or not all(
        isinstance(text, str) for pair in stored.items() for text in pair
    ):
        raise TypeError(stored)
    return stored


def _place(name: str, study: Study) -> Path | None:
    # one file per table, model file and design, so that they do not replace each other
    own = f"{name}\0{study.path.resolve()}\0{study.sampling!r}\0{study.other_posterior!r}"
    tables = own_folder("tables")
    return tables and tables / f"{hashlib.sha256(own.encode()).hexdigest()[:32]}.json"
