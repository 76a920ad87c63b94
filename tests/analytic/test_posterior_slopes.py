"""Gradients of log posteriors against central differences, for each error model and each prior.

The differences are of fourth order with a step of a thousandth of a prior standard deviation, so
that they are exact to some 1e-9 of the gradient's size where the density is smooth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.inference.target import PAYOFF, Target, target_of
from tests.analytic.linear_posterior import MODEL, SCALE, VALUES, YEARS, data_text, prior_text
from tests.posterior import density

CLOSE = 1e-6
STEP = 1e-3
BENT = MODEL.replace(
    "inflow = slope + curvature * (Time - INITIAL TIME)",
    "inflow = slope*EXP(curvature*(Time - INITIAL TIME)/4) + .02*SQRT(level*level + 1)",
)
ERRORS = {
    "normal": ("", ""),
    "student": (",error", ",student(4)"),
    "lognormal": (",error", ",lognormal"),
    "estimated": ("", ""),
    "estimated student": (",error", ",student(4)"),
    "autocorrelated": (",correlation", ",0.7"),
    "estimated correlation": (",correlation", ",?"),
    "discrepancy": (",discrepancy", ",2"),
    "estimated discrepancy": (",correlation,discrepancy", ",?,?"),
    "all together": (",error,correlation,discrepancy", ",lognormal,?,?"),
    "weight": (",weight", ",0.3"),
}
DISTRIBUTIONS = {
    "uniform": "uniform,",
    "triangular": "triangular,",
    "normal": "normal,",
    "narrow normal": "normal,.2",
    "lognormal": "lognormal,",
    "cauchy": "cauchy,.5",
}


def gradient(target: Target, scores: np.ndarray) -> np.ndarray:
    """Central differences of fourth order, (members, size)."""
    found = np.empty_like(scores)
    for k in range(scores.shape[1]):
        way = np.zeros(scores.shape[1])
        way[k] = STEP
        one, two = (
            target.log_likelihood(scores + n * way) - target.log_likelihood(scores - n * way)
            for n in (1, 2)
        )
        found[:, k] = (8 * one - two) / (12 * STEP)
    return found


def agree(target: Target, spread: float = 0.7) -> None:
    scores = spread * np.random.default_rng(3).standard_normal((6, target.size))
    assert target.why_no_slopes == ()
    likelihood, found = target.with_slopes(scores)
    assert likelihood == pytest.approx(target.log_likelihood(scores), rel=1e-12)
    wanted = gradient(target, scores)
    size = np.abs(wanted).max(axis=1, keepdims=True)
    assert (size > 0).all()
    assert (np.abs(found - wanted) <= CLOSE * (np.abs(wanted) + size)).all()


def written(folder: Path, data: str, prior: str, model: str = BENT) -> Target:
    (folder / "bent.mdl").write_text(model)
    (folder / "data.csv").write_text(data)
    (folder / "prior.csv").write_text(prior)
    return density(folder / "bent.mdl", folder / "data.csv", folder / "prior.csv")


@pytest.mark.parametrize("kind", ERRORS)
def test_each_error_model(kind: str, tmp_path: Path) -> None:
    text = data_text(*ERRORS[kind])
    if "lognormal" in text:
        text = text.replace(f",{SCALE},", ",30%,")
    if "estimated" in kind or kind == "all together":
        text = text.replace(f",{SCALE}", ",?").replace(",30%", ",?0.2")
    target = written(tmp_path, text, prior_text())
    # a stock below zero has no logarithm
    agree(target, 0.3 if "lognormal" in text else 0.7)


@pytest.mark.parametrize("error", ["normal", "student(4)", "lognormal"])
@pytest.mark.parametrize("scale", ["1.5", "?"])
def test_ranges_of_values(error: str, scale: str, tmp_path: Path) -> None:
    scale = scale if error != "lognormal" or scale == "?" else "30%"
    rows = [
        f"level,level,{year:g},{value - 1:g}..{value + 1:g},{scale},{error}\n"
        for year, value in zip(YEARS, VALUES, strict=True)
    ]
    rows[2] = f"level,level,2004,13,{scale},{error}\n"
    target = written(
        tmp_path, "series,element,year,value,scale,error\n" + "".join(rows), prior_text()
    )
    agree(target, 0.3)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_each_prior(distribution: str, tmp_path: Path) -> None:
    cell = DISTRIBUTIONS[distribution]
    rows = [f"initial level,,4,1,9,{cell}", f"slope,,2,1,4,{cell}", f"curvature,,.2,.1,.5,{cell}"]
    prior = "element,label,value,low,high,distribution,spread\n" + "\n".join(rows) + "\n"
    agree(written(tmp_path, data_text(), prior))


def test_priors_that_depend_on_each_other(tmp_path: Path) -> None:
    rows = [
        "initial level,,4,1,9,normal,g,.6",
        "slope,,2,1,4,uniform,g,.6",
        "curvature,,.2,.1,.5,uniform,g,.6",
    ]
    prior = "element,label,value,low,high,distribution,group,correlation\n" + "\n".join(rows)
    agree(written(tmp_path, data_text(), f"{prior}\n"))


def test_the_prior_of_a_scale(tmp_path: Path) -> None:
    prior = prior_text() + "scale of level,,1,.2,9,lognormal,\n"
    agree(written(tmp_path, data_text().replace(f",{SCALE}", ",?"), prior))


@pytest.mark.parametrize("error", ["normal,0%", "normal,20%", "lognormal,20%"])
def test_ratios_and_means_over_a_period(error: str, tmp_path: Path) -> None:
    rows = "".join(
        f"level,level,{y},1.{k},10%,2000,2,{error}\n" for k, y in enumerate((2003, 2006))
    )
    head = "series,element,year,value,scale,relative_to,mean_over,error,base_error\n"
    agree(written(tmp_path, head + rows, prior_text()), 0.3)


def test_the_payoff(tmp_path: Path) -> None:
    base = written(tmp_path, data_text(), prior_text()).request
    agree(target_of(base.plan, base.priors, base.data, likelihood=PAYOFF))


def test_a_run_that_fails_has_no_gradient(tmp_path: Path) -> None:
    model = BENT.replace("inflow = ", "inflow = MAX(slope - 2.5, 0)*1e300*level*level + ")
    target = written(tmp_path, data_text(), prior_text(), model)
    likelihood, found = target.with_slopes(np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    assert likelihood[0] == -np.inf
    assert not found[0].any()
    assert np.isfinite(likelihood[1])
    assert found[1].any()
