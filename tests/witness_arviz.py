"""ArviZ as a witness in tests; its versions before and from 1 on differ in names and defaults."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from simdistrict.base.arrays import Reals


def arviz() -> Any:
    """The installed library; skips the test where there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: Any = pytest.importorskip("arviz")
    if "Numba" in vars(found):
        found.Numba.disable_numba()  # the numba code of the older versions fails with numpy 2.4
    return found


def is_newer() -> bool:
    return "InferenceData" not in vars(arviz())


def ess(draws: Reals, method: str) -> float:
    """draws: [chain, draw]."""
    library = arviz()
    # the newer versions take the interval of their summaries for the tails
    options = {"prob": (0.05, 0.95)} if method == "tail" else {}
    return float(library.ess(draws, method=method, **options))


def mcse(draws: Reals, method: str, prob: float | None = None) -> float:
    return float(arviz().mcse(draws, method=method, prob=prob))


def rhat(draws: Reals) -> float:
    return float(arviz().rhat(draws))


def smoothed(log_weights: Reals, efficiency: float) -> tuple[Reals, float]:
    """Pareto-smoothed log weights, normalised, and k."""
    library = arviz()
    if is_newer():
        from arviz_stats.base import array_stats

        # the same tail: the newer versions round its length down, the older ones up
        count = log_weights.size
        tail = np.ceil(3 * (count / efficiency) ** 0.5)
        # of a log likelihood, which it negates
        found, k = array_stats.psislw(-log_weights, r_eff=9 * count / (tail + 1e-6) ** 2)
    else:
        found, k = library.psislw(log_weights.copy(), reff=efficiency)
    return np.asarray(found), float(k)


def power_scaling(
    draws: dict[str, Reals], prior: Reals, likelihood: Reals, component: str
) -> list[float]:
    """Sensitivity of each constant to the power of the "prior" or "likelihood"; [chain, draw]."""
    if is_newer():
        # its psense takes another step of the power, and a shorter tail of the weights
        from arviz_stats.base import array_stats

        part = (prior if component == "prior" else likelihood).ravel()
        powers = 1 / 1.01, 1.01
        weights = [np.exp(smoothed((power - 1) * part, 1.0)[0])[None] for power in powers]
        return [
            float(array_stats.power_scale_sense(own.ravel()[None], *weights, *powers))
            for own in draws.values()
        ]
    library = arviz()
    data = library.from_dict(posterior=draws, log_likelihood={"y": likelihood[..., None]})
    data.add_groups(log_prior={"a": prior})
    found = library.psens(data, component=component)
    return [float(found[name]) for name in draws]
