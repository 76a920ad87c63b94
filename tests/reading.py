"""A model file of any format, read for a test."""

from __future__ import annotations

from pathlib import Path

from simdistrict.base.encoding import reading_as, stated
from simdistrict.exchange.models import read_model_file
from simdistrict.model.model import Model


def read_model(path: str | Path, *, encoding: str = "") -> Model:
    """The model of a .mdl, .xmile, .stmx or .xml file; encoding: of one that declares none."""
    with reading_as(encoding or stated()):
        return read_model_file(Path(path))
