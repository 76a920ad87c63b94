"""A model that is linear in its constants, and its posterior in closed form.

A stock grows by a constant inflow that itself grows: with Euler steps of one year its value after
t years is initial level + slope t + curvature t (t - 1) / 2, exactly. With normal priors and normal
errors the posterior is normal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

MODEL = """{UTF-8}
level = INTEG(inflow, initial level) ~ m ~ Grows. |
inflow = slope + curvature * (Time - INITIAL TIME) ~ m/Year ~ Growth of the level. |
initial level = 1 ~ m ~ Level of 2000. |
slope = 1 ~ m/Year ~ Inflow of 2000. |
curvature = 0 ~ m/(Year*Year) ~ Growth of the inflow. |
INITIAL TIME = 2000 ~ Year ~ Start. |
FINAL TIME = 2014 ~ Year ~ End. |
TIME STEP = 1 ~ Year ~ Step. |
SAVEPER = 1 ~ Year ~ Step. |
"""
YEARS = np.array([2001.0, 2002, 2004, 2005, 2007, 2008, 2010, 2012])
VALUES = np.array([7.3, 8.1, 13.9, 13.2, 20.8, 22.9, 32.7, 38.4])
SCALE = 1.5


@dataclass(frozen=True)
class Known:
    """Mean and covariance of the posterior, the logarithm of the evidence."""

    mean: np.ndarray
    covariance: np.ndarray
    evidence: float
    names: ClassVar[tuple[str, ...]] = ("initial level", "slope", "curvature")
    prior_mean: ClassVar[tuple[float, ...]] = (4.0, 2.0, 0.0)
    prior_sd: ClassVar[tuple[float, ...]] = (3.0, 1.0, 0.5)

    @classmethod
    def of(cls, covariance: np.ndarray, years: int = 1) -> Known:
        """The posterior for a covariance of the errors; years: which each datum is a mean of."""
        t = YEARS - 2000 + np.arange(years)[:, None]
        effect = np.stack([np.ones_like(t), t, t * (t - 1) / 2], axis=2).mean(axis=0)
        prior_mean, prior = np.array(cls.prior_mean), np.diag(np.square(cls.prior_sd))
        total = effect @ prior @ effect.T + covariance
        gain = prior @ effect.T @ np.linalg.inv(total)
        surprise = VALUES - effect @ prior_mean
        evidence = -0.5 * (
            surprise @ np.linalg.solve(total, surprise) + np.linalg.slogdet(2 * np.pi * total)[1]
        )
        return cls(prior_mean + gain @ surprise, prior - gain @ effect @ prior, float(evidence))


def independent() -> np.ndarray:
    """The covariance of independent errors."""
    return SCALE**2 * np.eye(len(YEARS))


def autocorrelated(phi: float) -> np.ndarray:
    """The covariance of errors with an autocorrelation."""
    return SCALE**2 * phi ** np.abs(YEARS[:, None] - YEARS)


def with_discrepancy(size: float) -> np.ndarray:
    """The covariance of independent errors and a discrepancy."""
    length = (YEARS[-1] - YEARS[0]) / 3
    return independent() + size**2 * np.exp(-((YEARS[:, None] - YEARS) ** 2) / (2 * length**2))


def data_text(columns: str = "", cells: str = "") -> str:
    """The data file; columns and cells: more of them, each with a comma before it."""
    rows = "".join(
        f"level,level,{year:g},{value},{SCALE}{cells}\n"
        for year, value in zip(YEARS, VALUES, strict=True)
    )
    return f"series,element,year,value,scale{columns}\n{rows}"


def prior_text() -> str:
    """The prior table; its ends are eight standard deviations away."""
    rows = "".join(
        f"{name},,{mean},{mean - 8 * sd},{mean + 8 * sd},normal,{sd}\n"
        for name, mean, sd in zip(Known.names, Known.prior_mean, Known.prior_sd, strict=True)
    )
    return f"element,label,value,low,high,distribution,spread\n{rows}"
