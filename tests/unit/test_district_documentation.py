"""Every element of the district model states unit, range and source, and keeps to its range."""

from __future__ import annotations

import re

import numpy as np
import pytest

from simdistrict import find_model, load_scenario, read_model, simulate
from simdistrict.expr import fold
from simdistrict.library import scenarios
from simdistrict.model import CONTROL, Constant, Lookup

PATH = find_model("district")
MODEL = read_model(PATH)
# a year, or one of the words for what no source stands behind
SOURCE = re.compile(
    r"\b(1[89]|20)\d\d\b|judgement|own (definition|accounting|form)|claim C\d|Switch"
)


def test_every_element_has_unit_and_documentation_with_its_source() -> None:
    for element in MODEL:
        if fold(element.name) in CONTROL:
            continue
        assert element.units, element.name
        assert SOURCE.search(element.documentation) or "definition" in element.documentation, (
            element.name
        )


def test_every_element_states_a_range() -> None:
    """`[?,?]` where any number makes sense; what is by definition needs none."""
    blocks = PATH.read_text(encoding="utf-8").partition("\\\\\\---///")[0].split("\n\t|\n")
    ranged = {
        fold(re.split(r"[\[(=]", block.strip().replace("{UTF-8}\n", ""))[0])
        for block in blocks
        if re.search(r"\n\t~\t[^\n~]*\[[^\n]*\]\n\t~\t", block)
    }
    by_definition = {"one year", "doubling", "reference unit cost"}
    for element in MODEL:
        if isinstance(element, Lookup) or fold(element.name) in {*CONTROL, *by_definition}:
            continue
        assert fold(element.name) in ranged, element.name


@pytest.mark.parametrize("name", scenarios())
def test_no_element_leaves_its_range(name: str) -> None:
    run = simulate(MODEL, load_scenario(name))
    assert int(run.outcome) == 0
    for variable in run.data_vars.values():
        element = MODEL.by_name.get(fold(str(variable.attrs.get("vensim_name", ""))))
        if element is None or isinstance(element, Constant | Lookup):
            continue
        low = -np.inf if element.range.low is None else element.range.low
        high = np.inf if element.range.high is None else element.range.high
        scale = 1e-9 * max(1.0, float(abs(variable).max()))
        assert float(variable.min()) >= low - scale, element.name
        assert float(variable.max()) <= high + scale, element.name
