"""Tables stored on disk, with the inputs that each read.

A stored table is used as long as its inputs and its code have the same content. File times do not
matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.atomic import write_text
from simdistrict.base.cache import folder
from simdistrict.base.errors import ExchangeError
from simdistrict.tables.files import Stamp
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
    try:
        stored = json.loads(_place(name, study).read_text(encoding="utf-8"))
        inputs: dict[str, str] = stored["inputs"]
        texts: dict[str, str] = stored["texts"]
        if stored["code"] != code_sha256(*code, *CORE):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # missing or foreign: computed again
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
    try:
        write_text(_place(made.name, study), json.dumps(document) + "\n", force=True)
    except ExchangeError:
        return


def _place(name: str, study: Study) -> Path:
    # one file per model file and design, so that they do not replace each other
    own = f"{study.path.resolve()}\0{study.sampling!r}"
    return folder() / "tables" / f"{name}-{hashlib.sha256(own.encode()).hexdigest()[:16]}.json"
