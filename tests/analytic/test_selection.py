"""VECTOR SELECT whose action is computed, against the sums of its help page by numpy."""

from __future__ import annotations

import numpy as np
import pytest

from simdistrict.run.simulate import simulate
from tests.small import small

SELECTION = np.array([0.0, 2.0, 0.5, 1.0])
VALUES = np.array([7.0, 3.0, 8.0, 2.0])
MODEL = """
shop : north, east, south, west
chosen[shop] = 0, 2, 0.5, 1
size[shop] = 7, 3, 8, 2
nobody[shop] = 0
by time = VECTOR SELECT(chosen[shop!], size[shop!], -1, Time, 0)
by kind[shop] = VECTOR SELECT(chosen[shop!], size[shop!], -1, kind[shop], severity[shop])
kind[shop] = IF THEN ELSE(Time < 5, 3, order[shop])
order[shop] = 0, 5.5, 9, 10
severity[shop] = Time
none = VECTOR SELECT(nobody[shop!], size[shop!], -1, Time, Time)
"""


def selected(action: int) -> float:
    """What the help page says of an action."""
    here = SELECTION != 0
    weighted = (SELECTION * VALUES)[here]
    plain = VALUES[here]
    if action == 5:
        return float(np.prod(plain ** SELECTION[here]))
    numbers = weighted if action < 5 else plain
    functions = [np.sum, np.prod, np.min, np.max, np.mean]
    return float(functions[action % 6](numbers))


@pytest.mark.parametrize("backend", ["interpreted", "native"])
def test_an_action_may_be_any_expression(backend: str) -> None:
    run = simulate(small(MODEL, stop=11), backend=backend)
    due = [selected(action) for action in range(11)]
    np.testing.assert_allclose(run["by_time"][:11], due, rtol=1e-15)
    # the help page lists no action 11
    assert np.isnan(run["by_time"][11])
    np.testing.assert_allclose(run["by_kind"][:5], selected(3), rtol=1e-15)
    last = [selected(0), selected(5), selected(9), selected(10)]
    np.testing.assert_allclose(run["by_kind"][5], last, rtol=1e-15)
    assert (run["none"][:11] == -1).all()
