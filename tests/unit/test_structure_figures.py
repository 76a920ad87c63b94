"""The stock-and-flow diagram and the causes strips say what the model says."""

from __future__ import annotations

import pytest

from simdistrict.model.expr import fold
from simdistrict.model.model import Flow, Stock
from simdistrict.tables import Study
from simdistrict.tables.shown import describe
from tests.study import definition, module

GIVEN, model_map = module("map").GIVEN, module("map").model_map
causes = module("strips").causes
FIGURES = definition().file.figures


@pytest.fixture(scope="module")
def study() -> Study:
    return Study("district")


def test_the_diagram_has_every_stock_and_every_flow(study: Study) -> None:
    diagram = model_map(study)
    stocks = {e.name for e in study.model if isinstance(e, Stock)}
    assert {node.name for node in diagram.nodes if node.stock} == stocks
    flows = {e.name for e in study.model if isinstance(e, Flow)}
    assert {pipe.label for pipe in diagram.pipes} <= flows
    both = {p.label: (p.source, p.target) for p in diagram.pipes if p.source and p.target}
    assert both == {
        "capacity completion": ("capacity under construction", "capacity"),
        "graduation": ("apprentices", "skilled workforce"),
    }
    ends = {p.label: (p.source, p.target) for p in diagram.pipes}
    assert ends["layoffs"] == ("skilled workforce", None)
    assert ends["hiring"] == (None, "apprentices")


def test_every_arrow_is_a_path_in_the_model(study: Study) -> None:
    diagram, model = model_map(study), study.model
    assert len(diagram.links) > 50
    for link in diagram.links:
        assert link.source not in GIVEN
        seen, todo = set(), [fold(link.target)]
        while todo:
            for cause in model.causes(model.by_name[todo.pop()]):
                if cause in model.by_name and cause not in seen:
                    seen.add(cause)
                    todo.append(cause)
        assert fold(link.source) in seen, link


def test_what_nothing_in_the_picture_moves_is_given_from_outside(study: Study) -> None:
    diagram = model_map(study)
    moved = {link.target for link in diagram.links} | {p.target for p in diagram.pipes if p.source}
    still = {node.name for node in diagram.nodes} - moved
    assert still <= {*GIVEN, "automation cost index", "perceived disruption loss"}


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
