"""Load a model; list the models and scenarios that are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simdistrict.api.listing import files, model_of
from simdistrict.api.loaded import LoadedModel
from simdistrict.api.wording import in_python
from simdistrict.base import library
from simdistrict.base.encoding import reading_as, stated
from simdistrict.base.outside import outside_allowed

if TYPE_CHECKING:
    import pandas as pd


@in_python
def load(
    model: str | Path,
    *,
    data: str | Path | Sequence[str | Path] = (),
    encoding: str = "",
    outside: bool = False,
) -> LoadedModel:
    """Read a model, by a shipped name or by the path of a .mdl, .xmile, .stmx or .xml file.

    data: files with numbers for data variables that have none in the model (.nc, .csv, .tab, .dat),
    a later one wins; encoding: of a file that declares none, default UTF-8 or guessed; outside:
    also read files outside the folder of the model that it names. The model is lowered once and
    kept in the cache. Raises ModelError with every problem of the model, ExchangeError for a file
    that cannot be read, LookupError for an unknown encoding.

    >>> import simdistrict as sd
    >>> sd.load("core").name
    'core'
    """
    from simdistrict.run.plan import prepare

    series = [data] if isinstance(data, str | Path) else data
    path = library.find_model(str(model))
    with reading_as(encoding or stated()), outside_allowed(outside):
        return LoadedModel(path, prepare(path, [Path(file) for file in series]))


def models() -> pd.DataFrame:
    """The shipped models: a table with the index `name` and the columns title and file.

    A model of your own is loaded by its path.

    >>> import simdistrict as sd
    >>> "core" in sd.models().index
    True
    """
    from simdistrict.api.frames import frame

    return frame(files("models"), "name", ("title", "file"))


def scenarios() -> pd.DataFrame:
    """The scenarios that are shipped or in ./scenarios: a table with the index `name`.

    Columns: title, model (a name or a path, as written) and variants (a tuple, often empty).

    >>> import simdistrict as sd
    >>> "security_tariffs" in sd.scenarios().index
    True
    """
    from simdistrict.api.frames import frame

    paths = library.scenarios()
    rows = [
        {**row, "model": model_of(paths[row["name"]]), "variants": tuple(row.get("variants", ()))}
        for row in files("scenarios")
    ]
    return frame(rows, "name", ("title", "model", "variants"))
