"""Tests of claims: what they read exists, and they say the same of one run and of many."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simdistrict.base.arrays import Reals
from simdistrict.base.library import find_model
from simdistrict.scenario import load_scenario, members, resolve
from simdistrict.tables import Study
from simdistrict.tables.claims import verdict
from simdistrict.tables.evidence import Claim, Measure, Need, ScenarioRuns, needs
from simdistrict.tables.reading import first_year, least, mean, most
from simdistrict.tables.stated import claims_of
from tests.reading import read_model
from tests.study import definition, module

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")
CLAIMS = claims_of(Study("district"))
ELSEWHERE, NOT_TESTED = definition().file.tested_elsewhere, definition().file.not_tested
DISTRICTS = module("common").DISTRICTS
MODEL = read_model(find_model("district"))
MEASURES = [(c, k) for c in CLAIMS for k in range(len(c.measures))]
NEEDS = needs(CLAIMS)


class Made:
    """Runs with numbers out of a hash: the same question, the same answer, whoever asks."""

    def __init__(self, *which: int) -> None:
        self.which = which
        self.members = len(which)

    def at(self, scenario: str, element: str, year: float, **labels: str) -> Reals:
        return np.array([self._number(m, scenario, element, year, labels) for m in self.which])

    def series(self, scenario: str, element: str, first: int, last: int, **labels: str) -> Reals:
        years = range(first, last + 1)
        return np.stack([self.at(scenario, element, y, **labels) for y in years], axis=-1)

    @staticmethod
    def _number(
        member: int, scenario: str, element: str, year: float, labels: dict[str, str]
    ) -> float:
        text = repr((member, scenario, element, float(year), sorted(labels.items())))
        share = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32
        # trends make some things happen only late, or never
        return 0.05 + 0.9 * share * (0.2 + 0.8 * min(1.0, (year - 1980) / 60))


# ---------------------------------------------------------------------- the list


def test_every_claim_is_tested_or_said_not_to_be() -> None:
    tested = [c.id for c in CLAIMS]
    assert len(set(tested)) == len(tested)
    everywhere = [*tested, *ELSEWHERE, *NOT_TESTED]
    assert sorted(everywhere, key=lambda name: int(name[1:])) == [f"C{n}" for n in range(1, 48)]
    assert set(re.findall(r"^\| [^|]+ \| (C\d+) \| [^|]+ \|.*\|$", PAGE, re.MULTILINE)) == set(
        everywhere
    )


def test_what_the_page_calls_open_is_what_cannot_be_tested() -> None:
    assert re.findall(r"^\| [^|]+ \| (C\d+) \|.*\*open\* \|$", PAGE, re.MULTILINE) == list(
        NOT_TESTED
    )


def test_the_words_are_those_of_the_page() -> None:
    for claim in CLAIMS:
        assert f"| {claim.text} | {claim.id} |" in PAGE


def test_every_claim_but_the_normative_one_can_fail() -> None:
    assert [c.id for c in CLAIMS if not any(m.has_range for m in c.measures)] == ["C47"]
    for claim in CLAIMS:
        for m in claim.measures:
            assert m.low is None or m.high is None or m.low < m.high, m.what
        assert len({m.what for m in claim.measures}) == len(claim.measures)


def test_the_districts_are_the_models() -> None:
    assert MODEL.dims_by_name["district"].labels == DISTRICTS


# ---------------------------------------------------------------------- what they read


@pytest.mark.parametrize("scenario", sorted({n.scenario for n in NEEDS}))
def test_what_is_read_exists(scenario: str) -> None:
    assert members(scenario) == (scenario,)
    resolved = resolve(load_scenario(scenario), MODEL)
    last = resolved.run.final_time or 2060
    for need in NEEDS:
        if need.scenario != scenario:
            continue
        element = MODEL[need.element]
        labels = dict(need.labels)
        assert sorted(labels) == sorted(d.replace(" ", "_") for d in element.dims), need
        for name, axis in zip(element.dims, MODEL.labels(element), strict=True):
            assert labels[name.replace(" ", "_")] in axis, need
        assert 1980 <= min(need.years) <= max(need.years) <= last, need


def test_needs_are_what_is_asked() -> None:
    def value(runs: ScenarioRuns) -> Reals:
        early = runs.series("b", "y", 2000, 2002, stage="making")[:, 0]
        return early + runs.at("a", "x", 2019, stage="s", district="d") + runs.at("b", "y", 2010)

    claim = Claim("C0", "", (Measure("", 0, 1, value),))
    assert needs([claim]) == (
        Need("a", "x", (("district", "d"), ("stage", "s")), (2019,)),
        Need("b", "y", (), (2010,)),
        Need("b", "y", (("stage", "making"),), (2000, 2001, 2002)),
    )


@pytest.mark.parametrize(("claim", "number"), MEASURES)
def test_nothing_is_read_beyond_the_needs(claim: Claim, number: int) -> None:
    """Also where numbers differ: what is asked must not depend on what was answered."""
    told = {(n.scenario, n.element, n.labels, y) for n in needs([claim]) for y in n.years}

    class Strict(Made):
        def at(self, scenario: str, element: str, year: float, **labels: str) -> Reals:
            assert (scenario, element, tuple(sorted(labels.items())), year) in told
            return super().at(scenario, element, year, **labels)

    with np.errstate(all="ignore"):
        claim.measures[number].value(Strict(5))


@pytest.mark.parametrize(("claim", "number"), MEASURES)
def test_many_members_are_each_one_alone(claim: Claim, number: int) -> None:
    value = claim.measures[number].value
    with np.errstate(all="ignore"):
        together = value(Made(3, 1, 4, 1, 5))
        alone = [value(Made(m)) for m in (3, 1, 4, 1, 5)]
    assert together.shape == (5,)
    assert together.dtype == np.float64
    assert np.array_equal(together, np.concatenate(alone), equal_nan=True)


# ---------------------------------------------------------------------- verdicts


def banded(low: float | None, high: float | None, *values: float) -> Measure:
    return Measure("", low, high, lambda runs: np.array(values))


def test_the_ends_of_a_band_are_in_it_and_nan_is_not() -> None:
    values = np.array([0.9, 1, 1.5, 2, 2.1, np.nan, np.inf, -np.inf])
    both = [False, True, True, True, False, False, False, False]
    assert banded(1, 2).holds(values).tolist() == both
    assert banded(1, None).holds(values).tolist() == [*both[:4], True, False, True, False]
    assert banded(None, 2).holds(values).tolist() == [True, *both[1:4], False, False, False, True]


def test_a_claim_holds_where_all_its_banded_measures_do() -> None:
    claim = Claim(
        "C0",
        "",
        (banded(0, None, 1, 1, -1, np.nan), banded(None, 2, 1, 3, 1, 1), banded(None, None, 9)),
    )
    assert claim.holds(Made(0, 1, 2, 3)).tolist() == [True, False, False, False]


def test_verdicts_in_words() -> None:
    assert verdict(banded(0, 1), 0.5) == "holds"
    assert verdict(banded(0, 1), np.inf) == "FAILS"
    assert verdict(banded(0, 1), np.nan) == "no case"
    assert verdict(banded(None, None), 3) == "shown"


# ---------------------------------------------------------------------- reading

floats = st.one_of(st.floats(-1e3, 1e3), st.just(np.nan))


@given(arrays(np.float64, (3, 4), elements=floats))
def test_what_is_no_case_is_left_out(values: Reals) -> None:
    for row, low, high, middle in zip(
        values, least(values), most(values), mean(values), strict=True
    ):
        cases = row[~np.isnan(row)]
        if len(cases):
            assert (low, high) == (cases.min(), cases.max())
            assert middle == pytest.approx(cases.mean())
        else:
            assert np.isnan([low, high, middle]).all()


@given(arrays(np.bool_, (2, 6)))
def test_the_first_year(flags: np.ndarray) -> None:
    for row, year in zip(flags, first_year(flags, 1980), strict=True):
        assert year == next((1980 + k for k, flag in enumerate(row) if flag), np.inf)
