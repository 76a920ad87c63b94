"""The causes strips say what the model says."""

from __future__ import annotations

import pytest

from simdistrict.tables import Study
from simdistrict.tables.shown import describe
from tests.study import definition, module

causes = module("strips").causes
FIGURES = definition().file.figures


@pytest.fixture(scope="module")
def study() -> Study:
    return Study("district")


def test_the_strip_of_a_stock_shows_its_flows(study: Study) -> None:
    assert causes(study, "skilled workforce") == ["graduation", "retirement", "layoffs"]
    assert causes(study, "quality") == ["quality improvement", "imitation", "quality erosion"]
    assert causes(study, "output") == ["product demand", "stage capacity"]


def test_a_figure_without_its_table_says_what_to_make(study: Study, tmp_path: object) -> None:
    from pathlib import Path

    from simdistrict.base.errors import ExchangeError

    wanted = [name for name, figure in FIGURES.items() if figure.of_tables]
    assert len(wanted) > 5
    for name in wanted:
        with pytest.raises(ExchangeError, match="make it first: simdistrict tables"):
            describe(name, study, Path(str(tmp_path)))
