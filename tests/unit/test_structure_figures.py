"""The causes strips say what the model says."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.plot import Panel, Sheet
from simdistrict.tables import Study
from simdistrict.tables.shown import describe
from tests.study import definition

FIGURES = definition().file.figures


@pytest.fixture(scope="module")
def study() -> Study:
    return Study("district")


@pytest.mark.parametrize(
    ("name", "causes"),
    [
        ("strip_workforce", ["graduation", "retirement", "layoffs"]),
        ("strip_quality", ["quality improvement", "imitation", "quality erosion"]),
        ("strip_output", ["product demand", "stage capacity, mean over stage"]),
    ],
)
def test_the_strip_of_a_stock_shows_its_flows(study: Study, name: str, causes: list[str]) -> None:
    figure = describe(name, study, Path())
    assert isinstance(figure, Sheet)
    (block,) = figure.blocks
    heads = [p.heading for p in block.panels if isinstance(p, Panel) and p.heading]
    assert heads[1:] == [f"caused by {cause}" for cause in causes]
    assert len(block.panels) == 4 * len(heads)


def test_a_figure_without_its_table_says_what_to_make(study: Study, tmp_path: object) -> None:
    from simdistrict.base.errors import ExchangeError

    wanted = [name for name, figure in FIGURES.items() if figure.of_tables]
    assert len(wanted) > 5
    for name in wanted:
        with pytest.raises(ExchangeError, match="make it first: simdistrict tables"):
            describe(name, study, Path(str(tmp_path)))
