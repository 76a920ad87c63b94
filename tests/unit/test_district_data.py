"""The tables of the district model: each number with a source, and none only in the model file.

That the model has the numbers, units and labels of the tables is what `simdistrict fill` checks.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.exchange.mdl.reader import read_mdl
from simdistrict.exchange.number_tables.cells import cell_rows
from simdistrict.exchange.number_tables.fill import fill
from simdistrict.exchange.number_tables.tables import COLUMNS, read_tables
from simdistrict.model.model import CONTROL, Constant, Lookup

FOLDER = Path(__file__).parents[2] / "models" / "district"
MODEL = read_mdl(FOLDER / "district.mdl")
TABLES = read_tables(FOLDER / "data")
FILES = sorted(path.name for path in (FOLDER / "data").glob("*.csv"))


def rows(name: str) -> list[dict[str, str]]:
    header, *lines = cell_rows((FOLDER / "data" / name).read_text("utf-8"))
    names = [cell.value for cell in header.cells]
    return [dict(zip(names, (c.value for c in r.cells), strict=True)) for r in lines]


def test_the_model_has_the_numbers_of_its_tables() -> None:
    found = fill(FOLDER / "district.mdl", check=True)
    assert found.differences == (), "simdistrict fill district writes them"
    assert found.count > 500


@pytest.mark.parametrize("name", FILES)
def test_every_number_has_a_source_and_a_confidence(name: str) -> None:
    for row in rows(name):
        assert row["confidence"] in {"high", "medium", "low, judgement"}
        assert row["source"]
        assert set(row) <= {*COLUMNS, *(d.name for d in MODEL.dimensions)}


def test_every_constant_that_is_no_lever_stands_in_a_table() -> None:
    named = {row.element for table in TABLES for row in table.rows}
    neutral = {"one year"} | {
        element.name
        for element in MODEL
        if element.documentation.startswith(("Lever:", "Hook:", "Switch of loop"))
        or element.name.lower() in CONTROL
    }
    figures = {e.name for e in MODEL if isinstance(e, Constant | Lookup)}
    assert figures - named <= neutral


def test_what_is_fixed_has_no_band_and_the_rest_has_one() -> None:
    for row in rows("parameters.csv"):
        assert (row["distribution"] == "fixed") == (float(row["low"]) == float(row["high"])), row
