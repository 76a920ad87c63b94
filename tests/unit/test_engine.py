"""The engine by itself: order, fusion, folding of loops, policies, divergence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdistrict.base.errors import EngineError, ModelError
from simdistrict.engine.helpers.runtime import GUARDED, HELPERS
from simdistrict.engine.integrators.adaptive import adaptive_steps
from simdistrict.engine.integrators.fixed import Trajectory, fixed_steps
from simdistrict.engine.integrators.schedule import Move
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.layout import FIRST
from simdistrict.engine.lowering.build import build
from simdistrict.engine.outcome import Outcome
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid
from simdistrict.run.simulate import simulate
from tests.members import run_members
from tests.small import small

TEN = TimeGrid.of(0, 10, 1, 1)


def column(program: Program, path: Trajectory, name: str, place: int = 0) -> list[float]:
    offset = program.layout.slots[name].offset + place
    return [row[offset] for row in path.rows]


def test_what_depends_on_constants_alone_is_computed_once() -> None:
    program = build(small("a = 2\nb = a * 3\nc = b * Time\nlevel = INTEG(c, b)"))
    assert {"a", "b"} <= program.constant
    assert not {"c", "level"} & program.constant
    derive = program.source[program.source.index("def derive") :]
    assert "# b" not in derive


def test_a_stock_with_a_constant_net_flow_still_moves() -> None:
    program = build(small("level = INTEG(rate, 1)\nrate = 2\nheld = INITIAL(level) + 1"))
    assert "level" not in program.settled
    assert {"rate", "held"} <= program.settled
    path = fixed_steps(program, TEN, program.layout.template)
    assert column(program, path, "level")[:3] == [1, 3, 5]
    assert column(program, path, "held")[-1] == 2


def test_every_line_of_source_knows_its_element() -> None:
    program = build(small("r : a, b\nx[r] = 1, 2\ny[r] = x[r] * Time\nz = SUM(y[r!])"))
    lines = program.source.splitlines()
    for number, label in program.origin.items():
        assert label in ("y[r]", "z", "x[r]"), lines[number - 1]
    assert {"y[r]", "z"} <= set(program.origin.values())


def test_an_array_may_depend_on_its_own_other_labels() -> None:
    model = small(
        """
        stage : first, second, third
        after : second, third -> before
        before : first, second
        level[first] = Time
        level[after] = level[before] * 2
        """
    )
    program = build(model)
    path = fixed_steps(program, TEN, program.layout.template)
    assert [column(program, path, "level", k)[3] for k in range(3)] == [3, 6, 12]


def test_a_loop_through_labels_is_still_a_loop() -> None:
    with pytest.raises(ModelError, match="algebraic loop"):
        build(small("r : a, b\nx[a] = x[b] + Time\nx[b] = x[a] * 2"))


@given(st.lists(st.floats(-1e3, 1e3), min_size=6, max_size=6))
def test_reductions_are_those_of_numpy(values: list[float]) -> None:
    listed = "; ".join(", ".join(repr(v) for v in row) for row in (values[:3], values[3:]))
    model = small(
        f"""
        r : a, b
        s : k, l, m
        x[r,s] = {listed};
        total = SUM(x[r!,s!])
        rows[r] = VMAX(x[r,s!])
        columns[s] = VMIN(x[r!,s])
        product = PROD(x[a,s!])
        """
    )
    program = build(model)
    v = list(program.layout.template)
    Kernel(program).once(v)
    array = np.array(values).reshape(2, 3)
    slots = program.layout.slots

    def get(name: str) -> list[float]:
        slot = slots[name]
        return v[slot.offset : slot.offset + slot.size]

    assert get("total") == pytest.approx([array.sum()], rel=1e-12, abs=1e-9)
    assert get("rows") == array.max(axis=1).tolist()
    assert get("columns") == array.min(axis=0).tolist()
    assert get("product") == pytest.approx([array[0].prod()], rel=1e-12)


def test_exceptions_and_label_definitions_fill_one_array() -> None:
    model = small(
        """
        r : a, b, c, d
        x[r] :EXCEPT: [b], [d] = Time
        x[b] = 2 * Time
        x[d] = 4 * Time
        """
    )
    program = build(model)
    path = fixed_steps(program, TEN, program.layout.template)
    assert [column(program, path, "x", k)[1] for k in range(4)] == [1, 2, 1, 4]


def test_active_initial_breaks_a_loop_of_initial_values_only() -> None:
    model = small("a = INTEG(1, b)\nb = ACTIVE INITIAL(a * 2, 5)")
    program = build(model)
    path = fixed_steps(program, TEN, program.layout.template)
    assert column(program, path, "a")[:2] == [5, 6]
    assert column(program, path, "b")[:2] == [10, 12]


# ---------------------------------------------------------------------- policies


def run_with(moves: list[Move], integrator: str, time_step: float = 0.25) -> Trajectory:
    program = build(small("lever = 1\nlevel = INTEG(lever, 0)"))
    place = program.layout.slots["lever"].offset
    moves = [Move(place, m.target, m.start, m.end, m.ramp) for m in moves]
    grid = TimeGrid.of(0, 10, time_step, 1)
    if integrator == "adaptive":
        return adaptive_steps(program, grid, program.layout.template, moves)
    return fixed_steps(program, grid, program.layout.template, moves, integrator=integrator)


LEVER, LEVEL = (
    FIRST,
    FIRST + 5,
)  # places in the vector of the model above: five constants, one stock


@pytest.mark.parametrize("integrator", ["euler", "rk4", "adaptive"])
def test_a_policy_jumps_on_its_date_and_returns(integrator: str) -> None:
    path = run_with([Move(0, 3.0, 2.0, 6.0)], integrator)
    exact = [t + 2 * min(max(t - 2, 0), 4) for t in range(11)]
    assert [row[LEVEL] for row in path.rows] == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("integrator", ["rk4", "adaptive"])
def test_a_policy_ramps_up_and_down(integrator: str) -> None:
    path = run_with([Move(0, 3.0, 2.0, 6.0, ramp=2.0)], integrator)
    lever = [1, 1, 1, 2, 3, 3, 3, 2, 1, 1, 1]
    assert [row[LEVER] for row in path.rows] == pytest.approx(lever)
    # the area of the trapezium: two years of ramp each way and two at the top
    assert path.rows[-1][LEVEL] == pytest.approx(10 + 2 + 4 + 2, abs=1e-9)


def test_a_later_policy_acts_on_top_of_an_earlier_one() -> None:
    path = run_with([Move(0, 3.0, 2.0, 8.0), Move(0, 5.0, 4.0, 6.0)], "euler")
    assert [row[LEVER] for row in path.rows] == [1, 1, 3, 3, 5, 5, 3, 3, 1, 1, 1]


def test_what_follows_from_a_moved_constant_moves_with_it() -> None:
    program = build(small("lever = 1\ndouble = 2 * lever\nlevel = INTEG(double, 0)"))
    move = Move(program.layout.slots["lever"].offset, 4.0, 5.0)
    path = fixed_steps(program, TEN, program.layout.template, [move])
    assert column(program, path, "double") == [2] * 5 + [8] * 6


# ---------------------------------------------------------------------- failure as data


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_a_run_that_diverges_keeps_what_was_computed(integrator: str) -> None:
    program = build(small("level = INTEG(level * level * level, 5)"))
    path = fixed_steps(program, TEN, program.layout.template, integrator=integrator)
    assert path.ending.outcome is Outcome.diverged
    assert "level" in path.ending.message
    assert 1 <= len(path.rows) < 11
    assert all(math.isfinite(row[program.layout.stocks.start]) for row in path.rows)


def test_adaptive_ends_as_data_at_a_pole() -> None:
    program = build(small("level = INTEG(level * level, 1)"))
    grid = TimeGrid.of(0, 10, 0.5, 0.5)
    path = adaptive_steps(program, grid, program.layout.template, max_evaluations=20_000)
    assert path.ending.outcome in (Outcome.diverged, Outcome.step_limit)
    assert path.ending.message
    assert len(path.rows) < 21


def test_division_by_zero_follows_ieee_and_does_not_stop_the_run() -> None:
    program = build(small("ratio = 1 / (Time - 3)\nlevel = INTEG(1, 0)\nroot = SQRT(Time - 2)"))
    path = fixed_steps(program, TEN, program.layout.template)
    assert path.ending.outcome is Outcome.completed
    assert column(program, path, "ratio")[3] == math.inf
    assert math.isnan(column(program, path, "root")[0])
    assert column(program, path, "root")[6] == 2


def test_the_branch_not_taken_may_divide_by_zero() -> None:
    program = build(small("x = IF THEN ELSE(Time > 0, 6 / Time, 7)"))
    path = fixed_steps(program, TEN, program.layout.template)
    assert column(program, path, "x")[:3] == [7, 6, 3]


def test_adaptive_refuses_to_look_for_an_equality() -> None:
    program = build(small("x = SAMPLE IF TRUE(MODULO(Time, 5) = 0, Time, 0)"))
    with pytest.raises(EngineError, match="equality"):
        adaptive_steps(program, TEN, program.layout.template)


@given(st.floats(), st.floats())
def test_guarded_helpers_never_raise_and_agree_where_the_plain_ones_work(
    x: float, y: float
) -> None:
    for name in ("pow", "modulo"):
        guarded = GUARDED[name](x, y)
        try:
            plain = HELPERS[name](x, y)
        except (ArithmeticError, ValueError):
            continue
        assert plain == guarded or plain != plain
    for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "integer"):
        guarded = GUARDED[name](x)
        try:
            plain = HELPERS[name](x)
        except (ArithmeticError, ValueError):
            continue
        assert plain == guarded or plain != plain
    with np.errstate(all="ignore"):
        assert np.array_equal(GUARDED["divide"](x, y), np.float64(x) / np.float64(y), True)


# ---------------------------------------------------------------------- the time grid


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, 10, 0, 1), "not positive"),
        ((0, 10, 1, -1), "not positive"),
        ((10, 0, 1, 1), "before"),
        ((0, math.nan, 1, 1), "finite"),
        ((0, 100, 1e-12, 1), "more than a run can have"),
        ((0, 1e9, 1, 1), "more than a run can have"),
        ((0, 1, 4e-320, 1), "more than a run can have"),
        ((0, 1e300, 1e-300, 1e308), "more than a run can have"),
    ],
)
def test_grids_that_make_no_sense(values: tuple[float, ...], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        TimeGrid.of(*values)


@given(st.integers(1, 50), st.integers(1, 20), st.integers(1, 200), st.integers(-3000, 3000))
def test_a_grid_saves_both_ends_and_every_save_step(
    parts: int, every: int, saves: int, start: int
) -> None:
    grid = TimeGrid.of(start, start + saves * every / parts, 1 / parts, every / parts)
    assert grid.every == every
    assert grid.saved[0] == 0
    assert grid.saved[-1] == grid.steps == saves * every
    assert set(np.diff(grid.saved)) == {every}


def test_a_stock_inside_a_function_that_is_not_finite_is_named() -> None:
    found = simulate(small("a = SMOOTH(Time, 0)"))
    assert found["outcome_message"].item() == 'a stock inside "a" became nan after time 0'


def test_conditions_of_numbers_alone_are_those_of_arithmetic_on_both_backends() -> None:
    text = """
        a = IF THEN ELSE(1 > 2 :OR: Time > 3, 1, 0)
        b = IF THEN ELSE(:NOT: (1 > 2) :AND: Time > 3, 1, 0)
        c = IF THEN ELSE(1 > 2 :OR: 3 > 2, Time, 0)
        d = (2 < 1) + (1 < 2) * Time
    """
    wanted = {
        "a": [0, 0, 0, 0, 1],
        "b": [0, 0, 0, 0, 1],
        "c": [0, 1, 2, 3, 4],
        "d": [0, 1, 2, 3, 4],
    }
    model = small(text, stop=4)
    program = build(model)
    grid = TimeGrid.of(0, 4, 1, 1)
    names = [program.layout.slots[name].offset for name in wanted]
    lanes = run_members(program, grid, program.layout.template, [], np.empty((9, 0)), places=names)
    for k, (name, values) in enumerate(wanted.items()):
        for backend in ("interpreted", "native"):
            assert simulate(model, backend=backend)[name].values.tolist() == values
        assert (lanes.values[:, :, k] == values).all()
