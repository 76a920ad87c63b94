"""Local identifiability against closed forms: a linear model, a product, a constant without use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simdistrict.inference.information import Information, information_at
from simdistrict.inference.target import PAYOFF, Target, target_of
from tests.analytic.linear_posterior import (
    MODEL,
    SCALE,
    VALUES,
    YEARS,
    Known,
    autocorrelated,
    data_text,
    independent,
    prior_text,
    with_discrepancy,
)
from tests.posterior import density

CASES = {
    "independent": (independent(), "", ""),
    "autocorrelated": (autocorrelated(0.7), ",correlation", ",0.7"),
    "discrepancy": (with_discrepancy(2.0), ",discrepancy", ",2"),
}
EFFECT = np.stack([np.ones_like(YEARS), YEARS - 2000, (YEARS - 2000) * (YEARS - 2001) / 2], axis=1)


def written(folder: Path, data: str, prior: str, model: str = MODEL) -> Target:
    (folder / "model.mdl").write_text(model)
    (folder / "data.csv").write_text(data)
    (folder / "prior.csv").write_text(prior)
    return density(folder / "model.mdl", folder / "data.csv", folder / "prior.csv")


def at_centre(target: Target) -> Information:
    return information_at(target, np.zeros(target.size))


@pytest.mark.parametrize("case", CASES)
def test_a_linear_model_has_the_standard_deviations_of_its_posterior(
    case: str, tmp_path: Path
) -> None:
    covariance, columns, cells = CASES[case]
    found = at_centre(written(tmp_path, data_text(columns, cells), prior_text()))
    known = Known.of(covariance)
    sd = np.sqrt(np.diag(known.covariance)) / known.prior_sd
    assert [own.sd for own in found.constants] == pytest.approx(sd, rel=1e-6)
    alone = np.diag(EFFECT.T @ np.linalg.solve(covariance, EFFECT)) * np.square(known.prior_sd)
    assert [own.alone for own in found.constants] == pytest.approx(1 / np.sqrt(1 + alone), rel=1e-6)
    assert found.differences == ""
    assert not found.open_together
    scaled = known.covariance / np.outer(known.prior_sd, known.prior_sd)
    values = np.sqrt(np.linalg.eigvalsh(scaled))
    assert [own.sd for own in found.directions] == pytest.approx(values, rel=1e-6)


def test_student_errors_have_less_information(tmp_path: Path) -> None:
    """(nu + 1) / (nu + 3) of that of normal errors: Lange, Little and Taylor (1989)."""
    text = data_text(",error", ",student(4)")
    found = at_centre(written(tmp_path, text, prior_text()))
    known = Known.of(SCALE**2 * 7 / 5 * np.eye(len(YEARS)))
    sd = np.sqrt(np.diag(known.covariance)) / known.prior_sd
    assert [own.sd for own in found.constants] == pytest.approx(sd, rel=1e-6)


def test_narrow_ranges_have_the_information_of_wide_scales(tmp_path: Path) -> None:
    """A range far narrower than its scale says what a value says."""
    rows = "".join(
        f"level,level,{y:g},{v - 1e-3}..{v + 1e-3},{SCALE}\n"
        for y, v in zip(YEARS, VALUES, strict=True)
    )
    found = at_centre(written(tmp_path, "series,element,year,value,scale\n" + rows, prior_text()))
    sd = np.sqrt(np.diag(Known.of(independent()).covariance)) / Known.prior_sd
    assert [own.sd for own in found.constants] == pytest.approx(sd, rel=1e-4)


def test_the_payoff_counts_a_series_once(tmp_path: Path) -> None:
    base = written(tmp_path, data_text(), prior_text()).request
    found = at_centre(target_of(base.plan, base.priors, base.data, likelihood=PAYOFF))
    known = Known.of(len(YEARS) * independent())
    sd = np.sqrt(np.diag(known.covariance)) / known.prior_sd
    assert [own.sd for own in found.constants] == pytest.approx(sd, rel=1e-6)


PRODUCT = MODEL.replace("INTEG(inflow, initial level)", "INTEG(inflow, first * second)").replace(
    "initial level = 1", "first = 1 ~ m ~ A. |\nsecond = 1 ~ Dmnl ~ B. |\nidle = 1"
)
PRIORS = """element,label,value,low,high,distribution
first,,2,1,3,uniform
second,,2,1,3,uniform
idle,,1,0,2,uniform
"""


@pytest.mark.parametrize("integrator", ["euler", "adaptive"])
def test_a_product_is_open_along_its_ridge(integrator: str, tmp_path: Path) -> None:
    """Only the product is known: the scores of its factors may move against each other.

    Adaptive steps have no slopes, so that differences of runs take their place.
    """
    narrow = data_text().replace(f",{SCALE}", ",.01")
    base = written(tmp_path, narrow, PRIORS, PRODUCT).request
    plan = replace(base.plan, integrator=integrator)
    found = at_centre(target_of(plan, base.priors, base.data))
    assert ("adaptive" in found.differences) == (integrator == "adaptive")
    assert found.without_effect == ("idle",)
    (direction,) = found.open_together
    shares = dict(direction.loadings)
    assert sorted(shares) == ["first", "second"]
    assert np.abs([*shares.values()]) == pytest.approx(0.5**0.5, abs=1e-6)
    assert shares["first"] * shares["second"] < 0
    assert "No datum depends there on idle." in found.lines()
    # one direction is known, the other leaves half of the variance of each
    assert found.constants[0].sd == pytest.approx(0.5**0.5, abs=1e-3)
    assert found.constants[0].alone < 0.01
