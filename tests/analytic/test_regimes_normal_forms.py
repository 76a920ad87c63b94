"""Continuation, equilibria and hysteresis against systems whose bifurcations are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.arrays import Reals
from simdistrict.regimes.frozen import freeze
from simdistrict.regimes.model_field import field_of
from simdistrict.regimes.numerics.branch import Family
from simdistrict.regimes.numerics.curve import Steps
from simdistrict.regimes.numerics.diagram import BifurcationDiagram, Tracer, branches
from simdistrict.regimes.numerics.ending import CurveEnding, Reason
from simdistrict.regimes.numerics.equilibrium import equilibria
from simdistrict.regimes.numerics.field import Scaled
from simdistrict.regimes.numerics.fold_curve import fold_curves
from simdistrict.regimes.numerics.stability import Stability, spectrum
from simdistrict.regimes.numerics.sweep import BAND, BISTABLE, UNDECIDED, hysteresis
from simdistrict.run.plan import lowered, plan_run
from simdistrict.scenario import bare_scenario, resolve
from tests.formula import FormulaField
from tests.small import small

Formula = Callable[[Reals, Sequence[float]], Reals]


def lab(formula: Formula, low: Sequence[float], high: Sequence[float]) -> FormulaField:
    names = [f"x{k}" for k in range(len(low))]
    return FormulaField(formula, names, np.array(low, float), np.array(high, float))


def at(found: BifurcationDiagram, kind: str) -> list[float]:
    return sorted(s.parameter for s in found.specials(kind))


def test_cubic_fold() -> None:
    found = branches(lab(lambda x, p: p[0] + x - x**3, [-2], [2]), -1, 1)
    exact = 2 / (3 * math.sqrt(3))
    assert at(found, "fold") == pytest.approx([-exact, exact], abs=1e-8)
    (branch,) = found.branches
    states = sorted(float(s.state[0]) for s in branch.specials)
    assert states == pytest.approx([-1 / math.sqrt(3), 1 / math.sqrt(3)], abs=1e-6)
    turning = [s.unstable for s in branch.spectra]
    assert sum(a != b for a, b in zip(turning[1:], turning[:-1], strict=True)) == 2


def test_a_fold_of_a_model_file_in_a_frame_of_two_stocks() -> None:
    model = small(
        """
        x = INTEG(p + y - x^3, 1)
        y = INTEG(2*(x - y), 1)
        p = 0
        """
    )
    resolved = resolve(bare_scenario(Path("small.mdl")), model)
    frozen = freeze(plan_run(lowered(model), resolved))
    lab_ = field_of(frozen, ["p"])
    # the box of a stock that was never negative begins at zero, and so does the branch
    found = branches(lab_, -1, 1)
    exact = 2 / (3 * math.sqrt(3))
    assert at(found, "fold") == pytest.approx([-exact], abs=1e-8)
    assert any("leaves the values" in e.sentence for b in found.branches for e in b.endings)


def hopf(x: Reals, p: Sequence[float]) -> Reals:
    a, b = x[:, 0], x[:, 1]
    square, mu, omega = a * a + b * b, p[0] - 0.3, 2.0
    return np.stack([mu * a - omega * b - a * square, omega * a + mu * b - b * square], 1)


def test_hopf_normal_form() -> None:
    found = branches(lab(hopf, [-2, -2], [2, 2]), -1, 1)
    (point,) = found.specials("hopf")
    assert point.parameter == pytest.approx(0.3, abs=1e-8)
    assert point.frequency == pytest.approx(2.0, abs=1e-6)
    assert not found.specials("fold")
    assert not found.specials("branch point")


def test_transcritical() -> None:
    found = branches(lab(lambda x, p: p[0] * x - x**2, [-2], [2]), -1, 1)
    assert len(found.branches) == 2
    assert at(found, "branch point") == pytest.approx([0, 0], abs=1e-8)
    assert not found.specials("fold")
    for branch in found.branches:
        assert all(ending.reason is Reason.bounds for ending in branch.endings)
        kinds = {s.stability for s in branch.spectra}
        assert {Stability.stable, Stability.unstable} <= kinds


@pytest.mark.parametrize("starts", [2, 5])
def test_pitchfork(starts: int) -> None:
    found = branches(lab(lambda x, p: p[0] * x - x**3, [-2], [2]), -1, 1, stops=starts)
    assert len(found.branches) == 2
    assert at(found, "branch point") == pytest.approx([0, 0], abs=1e-6)
    assert not found.specials("fold")
    straight, forked = sorted(found.branches, key=lambda b: float(np.ptp(b.states)))
    assert np.abs(straight.states).max() < 1e-8
    assert forked.states[:, 0] ** 2 == pytest.approx(forked.parameters, abs=1e-6)
    # next to the branch point the eigenvalue is too small to be decided
    assert {s.stability for s in forked.spectra} <= {Stability.stable, Stability.undecided}


def test_the_other_branch_is_found_from_the_branch_point_alone() -> None:
    fork = lab(lambda x, p: p[0] * x - x**3, [-2], [2])
    tracer = Tracer(Family(Scaled(fork), -1, 1), Steps())
    tracer.trace(tracer.point(-0.5, np.array([0.0])), "given")
    straight, forked = tracer.branches
    assert np.abs(straight.states).max() < 1e-8
    assert forked.states[:, 0] ** 2 == pytest.approx(forked.parameters, abs=1e-6)
    assert forked.origin.startswith("branch point at")


def budworm(x: Reals, p: Sequence[float]) -> Reals:
    """Spruce budworm (Ludwig, Jones and Holling 1978), scaled: r x (1 - x/q) - x^2/(1 + x^2)."""
    r, q = p[0], 10.0
    return r * x * (1 - x / q) - x**2 / (1 + x**2)


def test_spruce_budworm_folds_lie_on_the_parametric_curve() -> None:
    # folds: r = 2 x^3/(1 + x^2)^2, q = 2 x^3/(x^2 - 1)
    roots = np.roots([2, -10, 0, 10])
    expected = sorted(2 * x**3 / (1 + x**2) ** 2 for x in roots.real if x > 1)
    found = branches(lab(budworm, [0], [10]), 0.1, 0.9)
    assert at(found, "fold") == pytest.approx(expected, abs=1e-8)
    three = equilibria(lab(budworm, [0], [10]), (0.5,))
    kinds = [e.spectrum.stability for e in three.equilibria]
    assert kinds == [Stability.stable, Stability.unstable, Stability.stable, Stability.unstable]


def test_the_budworm_region_ends_in_a_cusp_at_the_known_place() -> None:
    def both(x: Reals, p: Sequence[float]) -> Reals:
        return p[0] * x * (1 - x / p[1]) - x**2 / (1 + x**2)

    found = branches(lab(budworm, [0], [10]), 0.1, 0.9)
    curves = fold_curves(lab(both, [0], [20]), found.specials("fold"), 10.0, (0.1, 0.9), (4, 12))
    cusps = [c for curve in curves for c in curve.cusps]
    assert len(cusps) == 1
    # x^2 = 3: r = 3 sqrt(3)/8, q = 3 sqrt(3)
    assert cusps[0].parameters == pytest.approx((3 * math.sqrt(3) / 8, 3 * math.sqrt(3)), abs=1e-6)


def test_cusp_normal_form() -> None:
    def one(x: Reals, p: Sequence[float]) -> Reals:
        return p[0] + x - x**3

    def two(x: Reals, p: Sequence[float]) -> Reals:
        return p[0] + p[1] * x - x**3

    found = branches(lab(one, [-3], [3]), -2, 2)
    (curve,) = fold_curves(lab(two, [-3], [3]), found.specials("fold"), 1.0, (-2, 2), (-1, 2))
    (cusp,) = curve.cusps
    assert cusp.parameters == pytest.approx((0, 0), abs=1e-7)
    a, b = curve.parameters.T
    assert 27 * a**2 == pytest.approx(4 * b**3, abs=1e-8)


def test_an_isolated_closed_branch_is_followed_once_round() -> None:
    found = branches(lab(lambda x, p: x**2 + p[0] ** 2 - 0.25, [-2], [2]), -1, 1)
    (branch,) = found.branches
    assert branch.endings == (CurveEnding(Reason.closed), CurveEnding(Reason.closed))
    assert len(branch.spectra) == len(branch.parameters)
    assert at(found, "fold") == pytest.approx([-0.5, 0.5], abs=1e-8)


def test_a_corner_is_called_a_kink_and_not_a_fold() -> None:
    found = branches(lab(lambda x, p: p[0] - np.abs(x), [-2], [2]), -1, 1)
    (branch,) = found.branches
    assert not found.specials("fold")
    assert at(found, "kink") == pytest.approx([0], abs=1e-6)
    assert {float(branch.parameters[0]), float(branch.parameters[-1])} == {1.0}
    assert np.ptp(branch.states) > 1.9


@pytest.mark.slow
def test_a_stability_that_jumps_at_a_corner_is_a_kink_and_not_a_hopf_point() -> None:
    def formula(x: Reals, p: Sequence[float]) -> Reals:
        a, b = x[:, 0], x[:, 1]
        pull = -1.0 if p[0] < 0.25 else 1.0
        return np.stack([pull * a - 2 * b, 2 * a + pull * b], 1)

    found = branches(lab(formula, [-1, -1], [1, 1]), -1, 1)
    assert not found.specials("hopf")
    assert at(found, "kink") == pytest.approx([0.25], abs=1e-6)


def test_a_neutral_equilibrium_is_undecided() -> None:
    found = equilibria(
        lab(lambda x, p: np.stack([-x[:, 1], x[:, 0]], 1), [-1, -1], [1, 1]),
        starts=5,
        horizon=10,
    )
    (only,) = found.equilibria
    assert only.spectrum.stability is Stability.undecided


def test_a_line_of_equilibria_at_one_value_has_no_folds() -> None:
    """x' = x (p - c): at p = c every x is an equilibrium, at all other values only 0."""
    found = branches(lab(lambda x, p: x * (p[0] - 0.3137), [0], [1]), 0, 1)
    assert at(found, "branch point") == pytest.approx([0.3137], abs=1e-8)
    assert len(found.branches[0].specials) == 1
    line = found.branches[1]
    assert not line.specials
    assert len(line.parameters) < 20
    assert line.parameters == pytest.approx(0.3137, abs=1e-8)
    assert line.endings[0].reason is Reason.line
    assert line.endings[0].at == pytest.approx([0.3137], abs=1e-8)


@pytest.mark.parametrize("scale", [1e-3, 1e-6])
def test_a_small_fold_in_a_wide_range_is_no_line(scale: float) -> None:
    found = branches(lab(lambda x, p: p[0] / scale + x - x**3, [-2], [2]), -1, 1)
    exact = 2 / (3 * math.sqrt(3)) * scale
    assert at(found, "fold") == pytest.approx([-exact, exact], abs=1e-8 * scale)


@pytest.mark.parametrize(
    ("eigenvalues", "stability"),
    [
        ((0.1, 0.0, -1e-30), Stability.unstable),
        ((0.1, 0.0, -0.2), Stability.saddle),
        ((0.1, 0.3, 0.2), Stability.unstable),
        ((0.1, -0.3, -0.2), Stability.saddle),
        ((0.0, -0.3, -0.2), Stability.undecided),
        ((1e-7, 0.0, 0.0), Stability.undecided),
        ((-0.1, -0.3, -0.2), Stability.stable),
    ],
)
def test_a_positive_eigenvalue_decides_whatever_those_near_zero_do(
    eigenvalues: tuple[float, ...], stability: Stability
) -> None:
    assert spectrum(np.diag(eigenvalues)).stability is stability


def test_two_stocks_with_known_equilibria() -> None:
    """Two competitors (Lotka and Volterra): four equilibria, the inner one a saddle."""

    def formula(x: Reals, p: Sequence[float]) -> Reals:
        a, b = x[:, 0], x[:, 1]
        return np.stack([a * (1 - a - 1.5 * b), b * (1 - b - 1.5 * a)], 1)

    found = equilibria(lab(formula, [0, 0], [1.5, 1.5]), starts=30)
    kinds = {tuple(np.round(e.state, 9)): e.spectrum.stability for e in found.equilibria}
    assert kinds == {
        (1.0, 0.0): Stability.stable,
        (0.0, 1.0): Stability.stable,
        (0.4, 0.4): Stability.saddle,
        (0.0, 0.0): Stability.unstable,
    }


def test_a_band_of_inaction_is_distinguished_from_bistability() -> None:
    def band(x: Reals, p: Sequence[float]) -> Reals:
        return np.maximum(0, p[0] - 0.3 - x) - np.maximum(0, x - p[0] - 0.3)

    def two(x: Reals, p: Sequence[float]) -> Reals:
        return p[0] + x - x**3

    start = np.array([0.0])
    found = hysteresis(lab(band, [-2], [2]), -1, 1, 40.0, start=start, time_step=0.25)
    assert found.verdict == BAND
    # the play operator: the ways are 0.6 apart but for the turns
    assert float(found.sweeps[-1].area[0]) == pytest.approx(0.6 * (1 - 0.3), rel=0.02)
    found = hysteresis(lab(two, [-2], [2]), -1, 1, 40.0, start=start, time_step=0.25)
    assert found.verdict == BISTABLE


def test_a_branch_ends_where_the_formula_does() -> None:
    found = branches(lab(lambda x, p: 1 + np.sqrt(p[0] - 0.3) - x, [0], [3]), -1, 1, stops=2)
    (branch,) = found.branches
    assert branch.endings[1].sentence == "bounds at 1"
    assert branch.endings[0].sentence.startswith("undefined: the flows have no finite value")
    assert branch.parameters[0] == pytest.approx(0.3, abs=1e-4)
    # a search that begins exactly where the slopes have no value
    found = branches(lab(lambda x, p: 1 + np.sqrt(p[0]) - x, [0], [3]), 0, 1, stops=2)
    assert any(end.reason is Reason.undefined for b in found.branches for end in b.endings)


@pytest.mark.parametrize("duration", [5.0, 7.25, 49.75, 61.0])
def test_a_sweep_is_read_on_the_way_that_was_taken(duration: float) -> None:
    """x' = p with p from 0 to 1: after t time units of T, x = t^2/(2T), but for Euler's error."""
    field = lab(lambda x, p: np.full_like(x, p[0]), [0], [100])
    found = hysteresis(
        *(field, 0, 1, duration), start=np.array([0.0]), time_step=0.25, speeds=(1.0,), horizon=0.25
    )
    (sweep,) = found.sweeps
    assert sweep.duration == sweep.asked == duration
    assert sweep.up[:, 0] == pytest.approx(duration * sweep.parameters**2 / 2, abs=0.26)
    steps = duration / 0.25
    assert sweep.up[-1, 0] == pytest.approx(0.25 * (steps - 1) / 2)
    assert found.verdict == UNDECIDED


def test_sweeps_that_are_nearly_equal_give_no_verdict() -> None:
    two = lab(lambda x, p: p[0] + x - x**3, [-2], [2])
    start = np.array([0.0])
    found = hysteresis(two, -1, 1, 40.0, start=start, time_step=0.25, speeds=(1.0, 1.1))
    assert found.verdict == UNDECIDED
    assert "1.1 times as long" in found.why
