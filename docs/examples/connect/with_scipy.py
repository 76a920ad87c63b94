"""Optimise over runs of a model: a threshold, and the best of two numbers."""

import numpy as np
from scipy.optimize import brentq, minimize

import simdistrict as sd

model = sd.load("core")


def home(tariff: float, ratio: float = 1.3) -> float:
    """The experience that is left at home at the end of a run."""
    params = {"tariff": tariff, "cost ratio": ratio, "initial home experience": 0.3}
    run = model.run(params=params, save=["home experience"], times="final")
    return float(run["home_experience"][-1])


# the smallest tariff that keeps half of the experience
smallest = brentq(lambda tariff: home(tariff) - 0.5, 0.0, 3.0, xtol=1e-6)
print(f"half of the experience stays from a tariff of {smallest:.4f}")


def loss(x: np.ndarray) -> float:
    """How far the end is from 0.6, and what the tariff costs."""
    tariff, ratio = x
    return (home(tariff, ratio) - 0.6) ** 2 + 0.01 * tariff**2


best = minimize(loss, [1.0, 1.2], method="Nelder-Mead", bounds=[(0, 3), (1, 1.5)])
print(f"best: tariff {best.x[0]:.3f}, cost ratio {best.x[1]:.3f}, loss {best.fun:.5f}")
