"""Tables as pandas.DataFrame. The only door to pandas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd


def frame(rows: Iterable[Mapping[str, object]], index: str, columns: Sequence[str]) -> pd.DataFrame:
    """A table of rows by the values of one key; the other columns in this order."""
    return pd.DataFrame(list(rows), columns=[index, *columns]).set_index(index)
