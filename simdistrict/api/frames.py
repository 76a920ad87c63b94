"""Tables as pandas.DataFrame. The only door to pandas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd


def frame(rows: Iterable[Mapping[str, object]], index: str, columns: Sequence[str]) -> pd.DataFrame:
    """A table of rows by the values of one key; the other columns in this order."""
    kept = [{key: row.get(key) for key in (index, *columns)} for row in rows]
    return pd.DataFrame(kept, columns=[index, *columns]).set_index(index)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> pd.DataFrame:
    """A table of rows with these columns, numbered from 0."""
    return pd.DataFrame(list(rows), columns=list(columns))


def is_frame(value: object) -> bool:
    """Whether a value is a DataFrame."""
    return isinstance(value, pd.DataFrame)


def rows(table: Any) -> list[Mapping[str, object]]:
    """The rows of a DataFrame; a named index is a column, too."""
    named = any(name is not None for name in table.index.names)
    whole = table.reset_index() if named else table
    return [{str(k): v for k, v in row.items()} for row in whole.to_dict("records")]


def is_series(value: object) -> bool:
    """Whether a value is a Series."""
    return isinstance(value, pd.Series)
