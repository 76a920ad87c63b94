"""Parameters of which only some run in the fast tests."""

from __future__ import annotations

from collections.abc import Iterable

import pytest


def thinned(values: Iterable[object], every: int) -> list[object]:
    """The values; all but the first of each `every` are marked slow."""
    slow = pytest.mark.slow
    return [v if k % every == 0 else pytest.param(v, marks=slow) for k, v in enumerate(values)]
