"""Every element of the district model states unit, range and source."""

from __future__ import annotations

import re

from simdistrict.base.library import find_model
from simdistrict.model.expr import fold
from simdistrict.model.model import CONTROL, Lookup
from tests.reading import read_model

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
