"""The fitted constants in the tables of the district model are those that the fit gives."""

from __future__ import annotations

import csv

import pytest

from simdistrict.base.library import find_model
from simdistrict.calibration import calibrate
from simdistrict.calibration.settings import settings_beside
from tests.reading import read_model

MODEL = find_model("district")


def in_the_tables() -> dict[str, float]:
    with (MODEL.parent / "data" / "parameters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["element"] + (f"[{row['label']}]" if row["label"] else ""): float(row["value"])
        for row in rows
        if "calibrated" in row["source"]
    }


def test_the_fit_gives_the_constants_of_the_tables() -> None:
    settings = settings_beside(MODEL)
    assert settings is not None
    assert settings.data is not None
    # from a start of its own: the bounds' middle, not the values that are to be found
    middle = [f"{name}={(low + high) / 2}" for name, (low, high) in settings.free.items()]
    found = calibrate(
        read_model(MODEL),
        settings.data,
        settings.free,
        sets=middle,
        until=settings.until,
        starts=1,
    )
    tables = in_the_tables()
    assert set(found.fitted) == set(tables)
    for name, value in found.fitted.items():
        assert value == pytest.approx(tables[name], rel=5e-3), name
