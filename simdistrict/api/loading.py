"""Load a model; list the models and scenarios that are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simdistrict.api.loaded import LoadedModel
from simdistrict.base import library
from simdistrict.base.encoding import reading_as, stated
from simdistrict.base.outside import outside_allowed

if TYPE_CHECKING:
    import pandas as pd


def load(
    model: str | Path,
    *,
    data: str | Path | Sequence[str | Path] = (),
    encoding: str = "",
    outside: bool = False,
) -> LoadedModel:
    """Read a model, by a shipped name or by path.

    >>> import simdistrict as sd
    >>> sd.load("core").name
    'core'
    """
    from simdistrict.run.plan import prepare

    files = [data] if isinstance(data, str | Path) else data
    path = library.find_model(str(model))
    with reading_as(encoding or stated()), outside_allowed(outside):
        return LoadedModel(path, prepare(path, [Path(file) for file in files]))


def models() -> pd.DataFrame:
    """The shipped models: a table with the index `name` and the columns title and file.

    >>> import simdistrict as sd
    >>> "core" in sd.models().index
    True
    """
    from simdistrict.api.frames import frame

    rows = [
        {"name": name, "title": "", "file": library.shown(path)}
        for name, path in library.models().items()
    ]
    return frame(rows, "name", ("title", "file"))


def scenarios() -> pd.DataFrame:
    """The scenarios that are shipped or in ./scenarios: title, model and variants of each.

    >>> import simdistrict as sd
    >>> "security_tariffs" in sd.scenarios().index
    True
    """
    from simdistrict.api.frames import frame

    rows = [
        {"name": name, "title": "", "model": "", "variants": ()} for name in library.scenarios()
    ]
    return frame(rows, "name", ("title", "model", "variants"))
