"""Derivatives of runs against the complex step, whose error is that of rounding alone.

Squire and Trapp (1998), Using complex variables to estimate derivatives of real functions, SIAM
Review 40: the imaginary part of f(x + ih) / h, with an h far below the digits of x.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simdistrict.base.errors import EngineError
from simdistrict.engine.integrators.schedule import Move
from simdistrict.engine.tangents import Tangents
from simdistrict.run.plan import constants_of, lowered, plan_run
from simdistrict.scenario import bare_scenario, resolve
from tests.small import small

TINY = 1e-30
CLOSE = 1e-10

FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "EXP(a*b)": lambda a, b: np.exp(a * b),
    "LN(a+b)": lambda a, b: np.log(a + b),
    "LOG(a, b+2)": lambda a, b: np.log(a) / np.log(b + 2),
    "SIN(a/b)": lambda a, b: np.sin(a / b),
    "COS(a/b)": lambda a, b: np.cos(a / b),
    "TAN(a*b)": lambda a, b: np.tan(a * b),
    "ARCSIN(a*b)": lambda a, b: np.arcsin(a * b),
    "ARCCOS(a*b)": lambda a, b: np.arccos(a * b),
    "ARCTAN(a-b)": lambda a, b: np.arctan(a - b),
    "SINH(a*b)": lambda a, b: np.sinh(a * b),
    "COSH(a*b)": lambda a, b: np.cosh(a * b),
    "TANH(a*b)": lambda a, b: np.tanh(a * b),
    "SQRT(a*b)": lambda a, b: np.sqrt(a * b),
    "a^b": lambda a, b: a**b,
    "(-a)^3": lambda a, b: (-a) ** 3,
    "MAX(a, b) - MIN(2*a, b)": lambda a, b: a - b,
    "ABS(b - a)": lambda a, b: a - b,
    "MODULO(7*a, b)": lambda a, b: 7 * a - 10 * b,
    "7*a - INTEGER(7*a)": lambda a, b: 7 * a - 2,
    "IF THEN ELSE(a > b, a*a, b)": lambda a, b: a * a,
    "XIDZ(a, b, 1)": lambda a, b: a / b,
}
A, B = 0.41, 0.28


def slopes_of(
    equations: str, names: list[str], of: str, integrator: str = "euler", **control: float
) -> tuple[np.ndarray, np.ndarray]:
    """An element at all points, and its derivatives by constants: (points,), (points, names)."""
    given = lowered(small(equations, **control))
    resolved = resolve(bare_scenario(Path("small.mdl")), given.model)
    plan = plan_run(given, resolved, "native")
    slots = given.program.layout.slots
    sampled, vector = [slots[name].offset for name in names], constants_of(plan)
    points, places = list(range(plan.grid.steps + 1)), [slots[of].offset]
    tangents = Tangents(given.program, plan.grid, vector, sampled, places, points, (), integrator)
    found = tangents.run(np.array([[vector[place] for place in sampled]]))
    return found.values[0, :, 0], found.slopes[0, :, 0]


@pytest.mark.parametrize("text", FUNCTIONS)
def test_the_rule_of_each_function(text: str) -> None:
    values, slopes = slopes_of(f"a = {A}\nb = {B}\ny = {text}", ["a", "b"], "y", stop=1)
    f = FUNCTIONS[text]
    by_a, by_b = f(A + 1j * TINY, B).imag / TINY, f(A, B + 1j * TINY).imag / TINY
    assert values[0] == pytest.approx(f(complex(A), complex(B)).real, rel=1e-14)
    assert slopes[0] == pytest.approx([by_a, by_b], rel=CLOSE, abs=CLOSE)


def logistic(r: complex, k: complex, x: complex, h: float, steps: int, stages: int) -> complex:
    def rate(y: complex) -> complex:
        return r * y * (1 - y / k)

    for _ in range(steps):
        one = rate(x)
        if stages == 1:
            x = x + h * one
            continue
        two = rate(x + h / 2 * one)
        three = rate(x + h / 2 * two)
        x = x + h / 6 * (one + 2 * two + 2 * three + rate(x + h * three))
    return x


@pytest.mark.parametrize(("integrator", "stages"), [("euler", 1), ("rk4", 4)])
def test_steps_of_a_stock(integrator: str, stages: int) -> None:
    text = "r = .3\nk = 7\nbegin = .5\nx = INTEG(r*x*(1-x/k), begin)"
    names = ["r", "k", "begin"]
    values, slopes = slopes_of(text, names, "x", integrator, stop=20, time_step=0.25)
    at = (0.3, 7.0, 0.5)
    assert values[-1] == pytest.approx(logistic(*at, 0.25, 80, stages).real, rel=1e-13)
    for k in range(3):
        moved = [x + (1j * TINY if k == j else 0) for j, x in enumerate(at)]
        want = logistic(*moved, 0.25, 80, stages).imag / TINY
        assert slopes[-1, k] == pytest.approx(want, rel=CLOSE)


def test_a_delay_a_smooth_and_a_lookup() -> None:
    """Each moves as its definition says, here for one step of Euler."""
    text = """
    a = 2
    t = 4
    f((0,0),(1,3),(2,4),(5,4))
    seen = f(a/1.5)
    kept = SMOOTHI(a*a, t, 1)
    late = DELAY1I(a, t, a)
    """
    _, by = slopes_of(text, ["a", "t"], "seen", stop=1)
    assert by[0] == pytest.approx([1 / 1.5, 0])
    values, by = slopes_of(text, ["a", "t"], "kept", stop=1)
    # 1 + (a a - 1) / t
    assert values[1] == pytest.approx(1.75)
    assert by[1] == pytest.approx([2 * 2 / 4, -3 / 16])
    _, by = slopes_of(text, ["a", "t"], "late", stop=1)
    assert by[1] == pytest.approx([1, 0], abs=1e-12)


def test_at_a_tie_the_sides_have_equal_weight() -> None:
    values, by = slopes_of("a = 0\ny = MAX(a, 0) + MIN(a, 0)\nz = ABS(a)", ["a"], "y", stop=1)
    assert (values[0], by[0, 0]) == (0, 1)
    assert slopes_of("a = 0\nz = ABS(a)", ["a"], "z", stop=1)[1][0, 0] == 0


def test_what_has_no_derivative_is_named() -> None:
    with pytest.raises(EngineError) as found:
        slopes_of("a = 1\nnoise = RANDOM UNIFORM(0, a, 3)", ["a"], "noise", stop=1)
    assert 'element "noise"' in str(found.value)
    assert "draws at random" in str(found.value)


def test_adaptive_steps_are_refused() -> None:
    with pytest.raises(EngineError, match="adaptive"):
        slopes_of("a = 1\nx = INTEG(a, 0)", ["a"], "x", "adaptive", stop=1)


def test_a_policy_on_a_sampled_constant_is_refused() -> None:
    given = lowered(small("a = 2\ny = a", stop=4))
    plan = plan_run(given, resolve(bare_scenario(Path("small.mdl")), given.model), "native")
    place = given.program.layout.slots["a"].offset
    with pytest.raises(EngineError, match="a policy changes it"):
        Tangents(
            given.program, plan.grid, constants_of(plan), [place], [place], [0],
            [Move(place, 2.0, 1.0)],
        )  # fmt: skip


def test_a_run_that_ends_has_no_slopes_after_it() -> None:
    values, by = slopes_of("a = 1e200\nx = INTEG(x*x, a)", ["a"], "x", stop=4)
    assert np.isnan(values).any()
    assert np.array_equal(np.isnan(values), np.isnan(by[:, 0]))


def test_a_policy_with_a_ramp() -> None:
    """A constant on its way to a target: the part that is left of the base."""
    given = lowered(small("a = 2\nb = 3\ny = a*b", stop=4))
    slots = given.program.layout.slots
    plan = plan_run(given, resolve(bare_scenario(Path("small.mdl")), given.model), "native")
    moves = [Move(slots["b"].offset, 5.0, 0.0, None, 4.0)]
    tangents = Tangents(
        given.program, plan.grid, constants_of(plan), [slots["a"].offset],
        [slots["y"].offset], range(5), moves,
    )  # fmt: skip
    found = tangents.run(np.array([[2.0]]))
    assert found.slopes[0, :, 0, 0] == pytest.approx([3, 3.5, 4, 4.5, 5])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("b/(1+EXP(-a))", [0, 0]),
        ("b*EXP(a*EXP(-a))", [0, 0]),
        ("b*(1+TANH(a*EXP(-a)))", [0, 0]),
        ("b*ARCTAN(EXP(-a))", [0, np.pi / 2]),
        ("b*EXP(-a)^(-1)", [0, 0]),
        ("b*.5^EXP(-a)", [0, 0]),
    ],
)
def test_numbers_beyond_all_numbers_leave_no_slope(text: str, wanted: list[float]) -> None:
    values, slopes = slopes_of(f"a = -800\nb = 2\ny = {text}", ["a", "b"], "y", stop=1)
    assert np.isfinite(values).all()
    assert slopes[0] == pytest.approx(wanted)


def test_members_and_more_directions_than_fit_at_once() -> None:
    """Twenty constants and three members: every sum moves with its own constant."""
    names = [f"c{k}" for k in range(20)]
    text = "\n".join(
        [*(f"{n} = {k}" for k, n in enumerate(names)), "y = " + "+".join(f"{n}*{n}" for n in names)]
    )
    given = lowered(small(text, stop=1))
    slots = given.program.layout.slots
    plan = plan_run(given, resolve(bare_scenario(Path("small.mdl")), given.model), "native")
    numbers = np.random.default_rng(1).normal(size=(3, 20))
    tangents = Tangents(
        given.program, plan.grid, constants_of(plan), [slots[n].offset for n in names],
        [slots["y"].offset], [0, 1],
    )  # fmt: skip
    found = tangents.run(numbers)
    assert found.slopes.shape == (3, 2, 1, 20)
    assert found.slopes[:, 1, 0] == pytest.approx(2 * numbers)
    way = np.ones((1, 20))
    assert tangents.run(numbers, way).slopes[:, 0, 0, 0] == pytest.approx(2 * numbers.sum(axis=1))
    assert np.array_equal(found.slopes, tangents.run(numbers, threads=1).slopes)
