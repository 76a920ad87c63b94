"""A continuation is an iterator: stopped, copied, resumed and extended, it gives the same bits."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.branch import BranchContinuation
from simdistrict.regimes.numerics.continuation import Continuation
from simdistrict.regimes.numerics.curve import Steps
from simdistrict.regimes.numerics.diagram import continuations
from simdistrict.regimes.numerics.ending import CurveEnding, Reason
from tests.formula import FormulaField


def cubic(x: Reals, p: Sequence[float]) -> Reals:
    return p[0] + x - x**3


def corner(x: Reals, p: Sequence[float]) -> Reals:
    return p[0] - np.abs(x)


def circle(x: Reals, p: Sequence[float]) -> Reals:
    return x**2 + p[0] ** 2 - 0.25


# a stock, the parameter, and which half is followed
STARTS = {cubic: (0.0, 0.0, 1), corner: (-0.5, 0.5, 0), circle: (-0.5, 0.0, 1)}
Formula = Callable[[Reals, Sequence[float]], Reals]


def begin(formula: Formula, most: int = 4000) -> BranchContinuation:
    field = FormulaField(formula, ["x"], np.array([-2.0]), np.array([2.0]))
    x, p, half = STARTS[formula]
    return continuations(field, -1.0, 1.0, p, np.array([x]), Steps(most=most))[half]


def bits(curve: Continuation) -> list[bytes]:
    return [array.tobytes() for p in curve.points for array in (p.z, p.tangent)]


def same(one: BranchContinuation, other: BranchContinuation) -> bool:
    def notes(c: BranchContinuation) -> list[tuple[str, int, bytes, float]]:
        return [(f.kind, f.position, f.point.z.tobytes(), f.frequency) for f in c.found]

    spectra = (
        [s.eigenvalues.tobytes() for s in one.spectra],
        [s.eigenvalues.tobytes() for s in other.spectra],
    )
    return bits(one) == bits(other) and notes(one) == notes(other) and spectra[0] == spectra[1]


@pytest.fixture(params=STARTS, ids=lambda f: f.__name__)
def formula(request: pytest.FixtureRequest) -> Formula:
    found: Formula = request.param
    return found


def test_a_stopped_curve_is_resumed_with_the_same_bits(formula: Formula) -> None:
    whole, stopped = begin(formula), begin(formula)
    whole.run()
    assert whole.found
    for _ in range(2, len(whole.points), 7):
        for point in itertools.islice(stopped, 7):
            assert any(point is known for known in stopped.points[-2:])
    stopped.run()
    assert stopped.ended is whole.ended
    assert same(whole, stopped)
    assert next(stopped, None) is None


def test_a_copy_of_the_state_gives_the_same_bits(formula: Formula) -> None:
    whole, first = begin(formula), begin(formula)
    whole.run()
    list(itertools.islice(first, 5))
    kept = copy.deepcopy(first)
    first.run()
    assert len(kept.points) == 6
    kept.run()
    assert same(whole, first)
    assert same(whole, kept)


def test_a_curve_that_ended_at_its_number_of_points_is_extended(formula: Formula) -> None:
    whole, short = begin(formula), begin(formula, most=9)
    whole.run()
    short.run()
    assert short.ended is Reason.too_many_points
    assert len(short.points) == 9
    short.extend(12)
    short.run()
    assert len(short.points) == 12
    short.extend(4000)
    short.run()
    assert short.ended is whole.ended
    assert same(whole, short)


def test_a_closed_curve_has_a_spectrum_for_each_point() -> None:
    curve = begin(circle)
    curve.run()
    assert curve.ending(("", "")) == CurveEnding(Reason.closed)
    assert len(curve.spectra) == len(curve.points)
    assert curve.points[-1] is curve.points[0]
    curve.extend(10000)
    assert next(curve, None) is None


@pytest.mark.parametrize(
    ("ending", "sentence"),
    [
        (CurveEnding(Reason.bounds, (2.0,)), "bounds at 2"),
        (CurveEnding(Reason.range, (0.0,), "[0, 3]"), "left its range [0, 3] at 0"),
        (CurveEnding(Reason.closed), "closed"),
        (CurveEnding(Reason.closed, (1.0, 2.0)), "closed at 1, 2"),
        (CurveEnding(Reason.too_many_points, (1.0,)), "too many points at 1"),
        (
            CurveEnding(Reason.region, (0.5,), "a {b}"),
            'region: "a {b}" leaves the values that make sense, at 0.5',
        ),
        (CurveEnding(Reason.region, (0.5, 1.0), "a"), 'region: "a" at 0.5, 1'),
        (
            CurveEnding(Reason.undefined, (0.123456789,)),
            "undefined: the flows have no finite value next to it, at 0.12345679",
        ),
    ],
)
def test_an_ending_says_why_and_where(ending: CurveEnding, sentence: str) -> None:
    assert ending.sentence == sentence
