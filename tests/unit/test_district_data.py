"""The district model and its data files: the same figures in both, each with a source."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest

from simdistrict.exchange.mdl import read_mdl
from simdistrict.expr import Points
from simdistrict.model import CONTROL, Constant, Element, Lookup, constant_values

FOLDER = Path(__file__).parents[2] / "models" / "district"
MODEL = read_mdl(FOLDER / "district.mdl")
DIMENSIONS = {dimension.name: dimension for dimension in MODEL.dimensions}
COLUMNS = {
    "parameters": {"element", "label", "unit", "value", "low", "high", "distribution"},
    "archetypes": {"element", "label", "district", "value"},
}
FILES = {
    name: list(csv.DictReader(StringIO((FOLDER / "data" / f"{name}.csv").read_text("utf-8"))))
    for name in COLUMNS
}
PARAMETERS, ARCHETYPES = FILES["parameters"], FILES["archetypes"]


def expected(element: Element) -> dict[tuple[str, ...], float]:
    """The values in the model file by their labels; those of a lookup by the year."""
    if isinstance(element, Lookup):
        points = element.equations[0].expression
        assert isinstance(points, Points)
        return {(f"{x:g}",): y for x, y in zip(points.x, points.y, strict=True)}
    return {
        tuple(DIMENSIONS[d].labels[i] for d, i in zip(element.dims, place, strict=True)): v
        for place, v in constant_values(MODEL, element).items()
    }


def labels(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[key] for key in ("district", "label") if row.get(key))


@pytest.mark.parametrize("name", FILES)
def test_columns_and_confidence(name: str) -> None:
    for row in FILES[name]:
        assert set(row) == COLUMNS[name] | {"source", "confidence"}
        assert row["confidence"] in {"high", "medium", "low, judgement"}
        assert row["source"]


@pytest.mark.parametrize("name", FILES)
def test_every_row_has_the_value_of_the_model(name: str) -> None:
    for row in FILES[name]:
        element = MODEL[row["element"]]
        assert element.name == row["element"]
        assert float(row["value"]) == expected(element)[labels(row)], row


def test_no_row_twice_and_none_missing() -> None:
    rows = [(row["element"], labels(row)) for row in (*PARAMETERS, *ARCHETYPES)]
    assert len(rows) == len(set(rows))
    named = {element for element, _ in rows}
    assert set(rows) == {(name, place) for name in named for place in expected(MODEL[name])}


def test_every_constant_that_is_no_lever_stands_in_a_file() -> None:
    named = {row["element"] for row in (*PARAMETERS, *ARCHETYPES)}
    neutral = {"one year"} | {
        element.name
        for element in MODEL
        if element.documentation.startswith(("Lever:", "Hook:")) or element.name.lower() in CONTROL
    }
    figures = {e.name for e in MODEL if isinstance(e, Constant | Lookup)}
    assert figures - named <= neutral


def test_bands_enclose_the_value_and_keep_to_the_range_of_the_model() -> None:
    for row in PARAMETERS:
        element = MODEL[row["element"]]
        assert row["unit"] == element.units
        low, high = float(row["low"]), float(row["high"])
        assert low <= float(row["value"]) <= high, row
        assert low in element.range, row
        assert high in element.range, row
        assert (row["distribution"] == "fixed") == (low == high), row


def test_every_archetype_is_complete() -> None:
    districts = set(DIMENSIONS["district"].labels)
    for name in {row["element"] for row in ARCHETYPES}:
        assert {r["district"] for r in ARCHETYPES if r["element"] == name} == districts
