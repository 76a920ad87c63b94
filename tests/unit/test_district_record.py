"""The record of the district model: its ratios are those of its figures, its names the model's."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from simdistrict.calibration import assess, read_data
from simdistrict.calibration.evaluation import free_constants
from simdistrict.calibration.settings import settings_beside
from simdistrict.run.plan import find, prepare
from simdistrict.scenario import resolve

FOLDER = Path(__file__).resolve().parents[2] / "models" / "district"
RECORD = FOLDER / "record" / "record.csv"


def rows() -> list[dict[str, str]]:
    with RECORD.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_ratio_is_that_of_its_figures() -> None:
    for row in rows():
        figures = re.fullmatch(r"([\d.]+)/([\d.]+)", row["note"])
        if figures:
            assert float(row["value"]) == pytest.approx(
                float(figures[1]) / float(figures[2]), abs=5.1e-5
            )
        # jobs of a proxy are comparable as ratios only; a band of a claim has no figures
        if row["element"].startswith("employment"):
            assert figures or row["series"].startswith("band: ")
            assert row["relative_to"]


def test_every_row_has_a_source_and_a_confidence() -> None:
    for row in rows():
        assert row["source"]
        assert row["confidence"] in ("high", "medium", "low")


def test_every_series_is_explained() -> None:
    text = (FOLDER / "record" / "README.md").read_text(encoding="utf-8")
    for row in rows():
        name = row["series"].partition(":")[0]
        parts = [p.strip() for p in re.split(r"[/,]", name)]
        assert name in text or all(part.split()[0] in text for part in parts), name


def test_the_record_and_the_settings_fit_the_model() -> None:
    scenario, path = find("district")
    prepared = prepare(path)
    settings = settings_beside(path)
    assert settings is not None
    assert settings.data == path.parent / "record" / "record.csv"
    assert free_constants(
        settings.free, prepared.model, resolve(scenario, prepared.model), settings.where
    )
    data = read_data(settings.data, prepared.model)
    found = assess(prepared.model, data, until=settings.until)
    assert found.message == ""
    (group,) = found.groups
    assert group.fit_n == 8
    assert group.fit is not None
