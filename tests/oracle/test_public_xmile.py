"""Public XMILE files against the output of Stella or Vensim that comes with them.

The files are not part of this project; `test_public_models` says where they are looked for.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import ModelError, SimdistrictError
from simdistrict.conversion.field_ends import without_ends
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.mdl.writing import model_text
from simdistrict.exchange.xmile.reader import read_xmile_text
from simdistrict.exchange.xmile.writer import xmile_text
from simdistrict.run.simulate import simulate
from tests.oracle.public_xmile import (
    BEGIN,
    COUNTED,
    END,
    PAGE,
    Case,
    committed,
    complaints,
    counted,
    reason,
    section,
    xmile_cases,
)
from tests.oracle.test_functions import assert_alike, flat
from tests.oracle.test_public_models import cases
from tests.reading import read_model

CASES = list(xmile_cases())
MINIMUM_PASSING = {"test-models": 91, "corpus": 15}

needs_files = pytest.mark.skipif(
    not CASES, reason="no public models here: set SIMDISTRICT_TEST_MODELS to a checkout of them"
)


@needs_files
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_agrees_with_the_expected_output(case: Case) -> None:
    found = complaints(case)
    if found and reason(case):
        pytest.skip(reason(case))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("collection", MINIMUM_PASSING)
def test_enough_public_files_agree(collection: str) -> None:
    """Fails if the reader refuses files that it used to read."""
    found = [case for case in CASES if case.collection == collection]
    if not found:
        pytest.skip(f"no {collection} here")
    agreeing = [case.name for case in found if not complaints(case)]
    assert len(agreeing) >= MINIMUM_PASSING[collection], f"{len(agreeing)} of {len(found)} agree"


EVERY = [*CASES, *cases()]
# models that XMILE cannot hold: part of the message
UNSAID = {
    "test_allocate_by_priority": "uses ALLOCATE BY PRIORITY, which XMILE does not have",
    "test_dynamic_final_time": "FINAL TIME is computed, and XMILE requires a number",
    "test_get_time_value_simple": "uses GET TIME VALUE, which XMILE does not have",
    "test_invert_matrix": "uses INVERT MATRIX, which XMILE does not have",
    "test_vector_order": "is :RAW: data, missing between its points",
    "invertmatrixio": "uses INVERT MATRIX, which XMILE does not have",
    "allocate_ptype": "uses ALLOCATE AVAILABLE, which XMILE does not have",
    "allocate_price": "uses FIND MARKET PRICE, which XMILE does not have",
}


@needs_files
@pytest.mark.parametrize("case", EVERY, ids=[case.name for case in EVERY])
def test_written_xmile_of_a_public_model_has_its_results(case: Case) -> None:
    with np.errstate(all="ignore"):
        try:
            model = read_model(case.model)
            expected = flat(simulate(model))
        except SimdistrictError as error:
            pytest.skip(str(error).splitlines()[0])
        if case.model.stem in UNSAID and case.model.suffix == ".mdl":
            with pytest.raises(ModelError, match=UNSAID[case.model.stem]):
                xmile_text(model, drawn=False)
            return
        text = xmile_text(model, drawn=False)
        read = read_xmile_text(text, model.name)
        assert_alike(expected, flat(simulate(read)))
    assert xmile_text(read, drawn=False) == text


@needs_files
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_written_mdl_of_a_public_model_has_its_results(case: Case) -> None:
    with np.errstate(all="ignore"):
        try:
            model = read_model(case.model)
            expected = flat(simulate(model))
        except SimdistrictError as error:
            pytest.skip(str(error).splitlines()[0])
        model, _ = without_ends(model)
        text = model_text(model, layout=False)
        read = read_mdl_text(text, model.name)
        assert_alike(expected, flat(simulate(read)))
    assert model_text(read, layout=False) == text
    for name in model.by_name:
        for part in ("units", "documentation", "group", "range", "dims"):
            assert getattr(read[name], part) == getattr(model[name], part), (name, part)


@needs_files
def test_committed_table_equals_the_results() -> None:
    assert counted() == COUNTED.read_text(encoding="utf-8"), "python -m tests.oracle.public_xmile"


def test_page_equals_the_committed_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.split(BEGIN, 1)[1].split(END, 1)[0] == section()
    for verdict in committed():
        known = reason(Case(verdict.collection, verdict.name, Path(), Path()))
        assert verdict.why in ("", known)
