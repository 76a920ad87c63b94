"""The compiler of emitted source, and what surrounds a compiled run."""

from __future__ import annotations

import ctypes
import math
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.base.cache import folder
from simdistrict.base.library import find_model
from simdistrict.engine.helpers import curves, runtime
from simdistrict.engine.integrators.fixed import Trajectory
from simdistrict.engine.integrators.stiff import stiff_steps
from simdistrict.engine.lowering.build import build
from simdistrict.engine.native import code
from simdistrict.engine.native.batch import LANES, Batch
from simdistrict.engine.native.lookups import FEW
from simdistrict.engine.native.machine import MachineCode, compiled, has_fma, rounds_well
from simdistrict.engine.native.module import UntranslatableError
from simdistrict.engine.native.single import native_adaptive, native_stiff
from simdistrict.engine.native.translate import translated
from simdistrict.engine.outcome import Outcome
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid
from simdistrict.result.netcdf import read_netcdf
from simdistrict.run.plan import plan_run, prepare, quickest, repeated
from simdistrict.run.simulate import result_of, run_one, simulate
from simdistrict.scenario import bare_scenario, load_scenario, resolve
from tests.members import run_members
from tests.program import call
from tests.reading import read_model
from tests.small import mdl, small

# every helper that emitted source may call, with its number of arguments
HELPERS: dict[str, int] = {
    "integer": 1,
    "modulo": 2,
    "modulo_near": 3,
    "integer_near": 2,
    "quantum_near": 3,
    "xidz": 3,
    "zidz": 2,
    "step": 3,
    "pulse": 5,
    "pulse_train": 8,
    "ramp": 4,
    "quantum": 2,
    "gamma_ln": 1,
    "lag": 2,
    "order": 3,
    "demand_at_price": 5,
    "supply_at_price": 5,
    "random_0_1": 4,
    "random_uniform": 6,
    "random_normal": 8,
    "random_exponential": 8,
    "random_weibull": 9,
    "random_triangular": 9,
    "random_poisson": 9,
    "random_binomial": 10,
    "random_negative_binomial": 10,
    "random_gamma": 9,
    "random_beta": 10,
    "exp": 1,
    "log": 1,
    "sqrt": 1,
    "sin": 1,
    "cos": 1,
    "tan": 1,
    "acos": 1,
    "asin": 1,
    "atan": 1,
    "sinh": 1,
    "cosh": 1,
    "tanh": 1,
    "pow": 2,
    "divide": 2,
    "min": 2,
    "max": 2,
    "abs": 1,
}
_BUILT_IN: dict[str, Callable[..., float]] = {"min": min, "max": max, "abs": abs}


def machine_code(source: str, lanes: int, powers: code.Powers = "library") -> MachineCode:
    """The functions of emitted source as machine code."""
    reader = code.reader_of(None, lanes, powers)
    names = [reader.name_of(function) for function in reader.emitted(source).values()]
    return MachineCode(compiled(translated(reader, lanes, names, bits=powers != "library")))


def function(lanes: int) -> Callable[[str, list[list[float]]], list[float]]:
    """Calls a helper in machine code: name, arguments of each lane -> result of each lane."""
    source = ""
    for name, count in HELPERS.items():
        args = ", ".join(f"v[{k}]" for k in range(count))
        text = f"{name}({args})" if name != "divide" else "v[0] / v[1]"
        source += f"def try_{name}(v: Vector) -> None:\n    v[15] = {text}\n"
    loaded = machine_code(source, lanes)

    def run(name: str, arguments: list[list[float]]) -> list[float]:
        v = np.zeros((16, lanes))
        v[: HELPERS[name]] = np.array(arguments).T
        loaded.function(f"try_{name}", [ctypes.c_void_p])(v.ctypes.data)
        return [float(x) for x in v[15]]

    return run


IN_ONE, IN_LANES = function(1), function(LANES)
numbers = st.one_of(
    st.floats(-100, 100),
    st.floats(),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-7, 1e300, math.inf, -math.inf, math.nan]),
)


def bits(x: float) -> bytes:
    return b"nan" if x != x else struct.pack("<d", x)


@pytest.mark.parametrize("name", HELPERS)
@given(data=st.data())
def test_a_helper_gives_the_bits_of_cpython_in_every_lane(name: str, data: st.DataObject) -> None:
    count = HELPERS[name]
    arguments = data.draw(
        st.lists(st.lists(numbers, min_size=count, max_size=count), min_size=LANES, max_size=LANES)
    )
    cpython = _BUILT_IN.get(name) or runtime.GUARDED[name]
    try:
        wanted = [bits(float(cpython(*args))) for args in arguments]  # type: ignore[arg-type]
    except (ArithmeticError, ValueError):
        return  # what even the guarded helpers raise for, such as an infinite date
    assert [bits(x) for x in IN_LANES(name, arguments)] == wanted
    assert [bits(IN_ONE(name, [args])[0]) for args in arguments] == wanted


# those that read or write slices of the vector: a call on 40 numbers, of which v[5] is a point
SLICED: dict[str, str] = {
    "slopes": "slopes(v, 20, 4)",
    "element": "v[39] = element(v, 20, 6, 22, v[0])",
    "vector_rank": "vector_rank(v, 30, 20, 6, v[0])",
    "vector_sort_order": "vector_sort_order(v, 30, 20, 6, v[0])",
    "vector_reorder": "vector_reorder(v, 30, 20, 4, 8, 3)",
    "invert_matrix": "invert_matrix(v, 30, 20, 3)",
    "vector_lookup": "v[39] = vector_lookup(v, 20, 6, v[0], v[1], v[2], v[3])",
    "allocate_available": "allocate_available(v, 30, 8, 3, 20, 3, v[0])",
    "allocate_by_priority": "allocate_by_priority(v, 30, 8, 3, 20, 3, v[0], v[1])",
    "find_market_price": "v[39] = find_market_price(v, 8, 2, 20, 3, 12, 2, 26, 4)",
    "delayed": "v[39] = delayed(v, 8, 2, lag(abs(v[0]), 1.0), v[1])",
    "delay_material": "v[39] = delay_material(v, 8, 2, 20, 2, v[0], v[1], v[2])",
    "delay_information": "v[39] = delay_information(v, 8, 2, 20, 2, v[0])",
    "depreciation": "v[39] = depreciation(v, 8, 2, v[0], v[1], v[2], v[3], v[4])",
    **{
        name: f"v[39] = {name}(v, 20, 4, {extra})"
        for name, extra in (
            ("lookup_forward", "v[0]"),
            ("lookup_backward", "v[0]"),
            ("lookup_extrapolate", "v[0]"),
            ("lookup_invert", "v[0]"),
            ("lookup_area", "v[0], v[1]"),
            ("lookup_slope", "v[0], v[1]"),
            ("data_forward", "v[0]"),
            ("data_backward", "v[0]"),
            ("data_raw", "v[0]"),
            ("data_between", "v[0], v[5] - 3.0, v[1], abs(v[2]) + 0.125"),
            ("data_first_time", "v[0]"),
            ("data_last_time", "v[0]"),
            ("data_points", "v[0]"),
        )
    },
}


def sliced(lanes: int) -> Callable[[str, np.ndarray], np.ndarray]:
    """Runs a call of `SLICED` in machine code: name, (40, lanes) -> the same after it."""
    source = "".join(
        f"def try_{name}(v: Vector) -> None:\n    {text}\n" for name, text in SLICED.items()
    )
    loaded = machine_code(source, lanes)

    def run(name: str, given: np.ndarray) -> np.ndarray:
        v = given.copy()
        loaded.function(f"try_{name}", [ctypes.c_void_p])(v.ctypes.data)
        return v

    return run


SLICED_ALONE, SLICED_IN_LANES = sliced(1), sliced(LANES)
SPECIAL = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, -1.0, 0.5, math.nan, math.inf, -math.inf])


def same_numbers(a: np.ndarray, b: np.ndarray) -> bool:
    nan = np.isnan(a) & np.isnan(b)
    return bool((nan | ((a == b) & (np.signbit(a) == np.signbit(b)))).all())


@pytest.mark.parametrize("name", SLICED)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), odd=st.sampled_from([0.0, 0.1, 0.9]))
def test_a_helper_of_slices_gives_the_bits_of_cpython_in_every_lane(
    name: str, seed: int, odd: float
) -> None:
    draws = np.random.default_rng(seed)
    shape = (LANES, 40)
    rows = np.where(draws.random(shape) < odd, draws.choice(SPECIAL, shape), draws.normal(2, 3))
    rows = np.where(draws.random(shape) < 0.5, rows, draws.normal(2, 3, shape))
    rows[:, 5] = draws.integers(0, 6)
    if name.startswith(("lookup", "data")):
        rows[:, 20:24] = np.sort(np.nan_to_num(rows[:, 20:24], posinf=9.0, neginf=-9.0))
    wanted = []
    for row in rows:
        v = [float(x) for x in row]
        # the guarded helpers never raise
        exec(SLICED[name], {**runtime.GUARDED, "v": v})
        wanted.append(v)
    found = SLICED_IN_LANES(name, np.ascontiguousarray(rows.T)).T
    assert same_numbers(found, np.array(wanted))
    alone = [SLICED_ALONE(name, np.ascontiguousarray(row)) for row in rows]
    assert same_numbers(np.array(alone), np.array(wanted))


def test_every_helper_of_the_runtime_is_tried() -> None:
    tried = set(HELPERS) - {"divide", "min", "max", "abs"} | set(SLICED)
    assert tried == set(runtime.HELPERS) - {"lookup", "train_times"}


@pytest.mark.parametrize(
    "source",
    ["x = [1.0]", "import os", "v[0] = 'text'", "v[0] = unknown(1.0)", "v[0] = {}", "v[0] = True"],
)
def test_what_the_compiler_does_not_take_is_refused(source: str) -> None:
    with pytest.raises(UntranslatableError):
        machine_code(f"def f(v: Vector) -> None:\n    {source}\n", 1)


# ---------------------------------------------------------------------- runs

GROWTH = """
    stock = INTEG(stock * rate, 1)
    rate = 0.5
"""


@pytest.mark.parametrize("integrator", ["euler", "adaptive"])
def test_the_backend_is_recorded_where_it_decides_numbers(
    integrator: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "growth.mdl").write_text(mdl(GROWTH))
    for backend in ("native", "interpreted"):
        out = tmp_path / f"{backend}.nc"
        words = ["run", tmp_path / "growth.mdl", "--integrator", integrator, "--backend", backend]
        run = call(capsys, *words, "--force", "-o", out)
        assert run.code == 0
        decides = integrator == "adaptive"
        assert (f"{integrator}, {backend}: completed" if decides else "euler: completed") in run.out
        assert read_netcdf(out).attrs["backend"] == (backend if decides else "auto")
        again = call(capsys, "rerun", out)
        assert again.code == 0
        assert "the same numbers to the last bit" in again.out
    compared = call(capsys, "compare", tmp_path / "native.nc", tmp_path / "interpreted.nc")
    assert compared.code == 0
    pair = [(tmp_path / f"{name}.nc").read_bytes() for name in ("native", "interpreted")]
    assert (pair[0] == pair[1]) is (integrator == "euler")


def test_a_run_that_diverges_is_the_same_data() -> None:
    model = small("stock = INTEG(stock * stock, 2)\n twice = stock * 2", stop=30)
    runs = [simulate(model, backend=backend) for backend in ("interpreted", "native")]
    assert int(runs[0]["outcome"]) == 1
    for name in ("outcome", "outcome_time", "outcome_message"):
        assert runs[0][name].to_numpy() == runs[1][name].to_numpy()
    for name in ("stock", "twice"):
        assert np.isnan(runs[1][name].to_numpy()).any()
        np.testing.assert_array_equal(runs[0][name], runs[1][name])


POLICIES = """
title: Two policies on one constant
policies:
  first: {start: 2.3, end: 7, ramp: 1.5, set: {rate: 0.1}}
  second: {start: 4, set: {rate: -0.2}}
"""


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_policies_move_constants_alike(tmp_path: Path, integrator: str) -> None:
    (tmp_path / "growth.mdl").write_text(mdl(GROWTH, time_step=0.25, save_step=0.25))
    path = tmp_path / "moved.yaml"
    path.write_text(f"model: growth.mdl\n{POLICIES}")
    model, scenario = read_model(tmp_path / "growth.mdl"), load_scenario(str(path))
    runs = [
        simulate(model, scenario, integrator=integrator, backend=b)
        for b in ("interpreted", "native")
    ]
    rate = runs[0]["rate"].to_numpy()
    assert len(set(rate)) > 5
    np.testing.assert_array_equal(rate, runs[1]["rate"])
    np.testing.assert_array_equal(runs[0]["stock"], runs[1]["stock"])


def test_a_diverged_member_leaves_its_neighbours_alone() -> None:
    program = build(small("stock = INTEG(rate * stock * stock, 1)\n rate = 0.1", stop=30))
    grid = TimeGrid(0.0, 30, 1.0, 1)
    rate, stock = (program.layout.slots[n].offset for n in ("rate", "stock"))
    rates = np.array([[0.0], [5.0], [-0.01], [0.3]] * 5)
    found = run_members(program, grid, program.layout.template, [rate], rates, places=[stock])
    assert list(found.outcome) == [0, 1, 0, 1] * 5
    assert (found.time[0::2] == 30).all()
    assert (found.time[1::4] < found.time[3::4]).all()
    assert np.isfinite(found.values[0::4]).all()
    gone = found.values[1, :, 0]
    last = int(found.time[1])
    assert np.isfinite(gone[: last + 1]).all()
    assert np.isnan(gone[last + 1 :]).all()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("members", [1, 2, LANES, LANES + 1, 1000])
def test_every_member_comes_back_in_its_place(members: int, threads: int) -> None:
    program = build(small("stock = INTEG(rate, level)\n rate = 1\n level = 0"))
    slots = program.layout.slots
    numbers = np.random.default_rng(1).uniform(size=(members, 2))
    found = run_members(
        program,
        TimeGrid(0.0, 10, 1.0, 1),
        program.layout.template,
        [slots["level"].offset, slots["rate"].offset],
        numbers,
        places=[slots["stock"].offset],
        points=[0, 10],
        threads=threads,
    )
    assert found.values.shape == (members, 2, 1)
    np.testing.assert_array_equal(found.values[:, 0, 0], numbers[:, 0])
    np.testing.assert_allclose(found.values[:, 1, 0], numbers[:, 0] + 10 * numbers[:, 1])


@pytest.mark.parametrize("count", [2, 5, FEW, FEW + 1, 60])
@given(data=st.data())
def test_members_read_a_lookup_as_cpython_does(count: int, data: st.DataObject) -> None:
    draw = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    # some points above one another, where the line jumps
    xs = np.sort(draw.integers(-20, 60, count) / 4)
    ys = draw.uniform(-1, 1, count)
    # all lanes between the same two points, or anywhere
    width = data.draw(st.sampled_from([0.01, 1.0, 40.0]))
    asked = draw.uniform(-6, 16) + draw.uniform(-width, width, 2 * LANES + 1)
    asked[:3] = xs[0], xs[-1], xs[count // 2]
    program = _table_of(count)
    start, _ = program.layout.tables[0]
    constants = np.array(program.layout.template)
    constants[start : start + 2 * count] = [*xs, *ys]
    curves.slopes(constants, start, count)
    wanted = [curves.lookup(constants.tolist(), start, count, x) for x in asked.tolist()]
    input_, output = (program.layout.slots[n].offset for n in ("input", "output"))
    found = run_members(
        program,
        TimeGrid(0.0, 1, 1.0, 1),
        constants.tolist(),
        [input_],
        asked[:, None],
        places=[output],
        points=[0],
    )
    assert list(map(bits, found.values[:, 0, 0])) == list(map(bits, wanted))
    if len(set(xs)) == count:
        np.testing.assert_allclose(wanted, np.interp(asked, xs, ys), atol=1e-12)


@cache
def _table_of(count: int) -> Program:
    points = ",".join(f"({k},{k})" for k in range(count))
    return build(small(f"table({points})\n input = 0\n output = table(input)"))


def test_a_point_that_is_drawn_moves_the_line_on_both_sides_of_it() -> None:
    program = build(small("table((0,0),(1,1),(2,0))\n output = table(Time)"))
    start, count = program.layout.tables[0]
    output = program.layout.slots["output"].offset
    heights = np.array([[1.0], [3.0], [-2.0]])
    found = run_members(
        program,
        TimeGrid(0.0, 4, 0.5, 1),
        program.layout.template,
        [start + count + 1],
        heights,
        places=[output],
    )
    np.testing.assert_array_equal(found.values[:, :, 0], heights * [0, 0.5, 1, 0.5, 0])


# ---------------------------------------------------------------------- adaptive steps


def test_adaptive_members_have_steps_of_their_own() -> None:
    program = build(small("stock = INTEG(-rate * stock, 1)\n rate = 1"))
    rate, stock = (program.layout.slots[n].offset for n in ("rate", "stock"))
    rates = np.array([[0.1], [1.0], [30.0], [-300.0], [0.5]])
    found = Batch(
        program,
        TimeGrid(0.0, 10, 1.0, 1),
        program.layout.template,
        [rate],
        [stock],
        [0, 5, 10],
        integrator="adaptive",
    ).run(rates, 2)
    assert list(found.outcome) == [0, 0, 0, 1, 0]
    times = np.array([0.0, 5.0, 10.0])
    good = [0, 1, 2, 4]
    wanted = np.exp(-rates[good] * times)
    np.testing.assert_allclose(found.values[good, :, 0], wanted, rtol=1e-6, atol=1e-8)
    assert found.time[3] < 5
    assert np.isnan(found.values[3, 1:]).all()


def test_adaptive_members_stop_at_dates_of_their_own() -> None:
    program = build(small("stock = INTEG(STEP(1, date), 0)\n date = 1"))
    date, stock = (program.layout.slots[n].offset for n in ("date", "stock"))
    dates = np.array([[0.5], [3.21], [7.77]])
    found = run_members(
        program,
        TimeGrid(0.0, 10, 1.0, 1),
        program.layout.template,
        [date],
        dates,
        places=[stock],
        points=[10],
        integrator="adaptive",
    )
    np.testing.assert_allclose(found.values[:, 0, 0], 10 - dates[:, 0], rtol=1e-12)


STIFF = """
    fast = INTEG(-1e6 * (fast - slow), 0)
    slow = INTEG(-0.1 * slow + push, 1)
    push = STEP(0.2, 5.3)
    held = SAMPLE IF TRUE(slow > 1.2, slow, 0)
"""


@pytest.mark.parametrize("steps", [stiff_steps, native_stiff])
def test_stiff_steps_need_few_evaluations_where_adaptive_ones_need_too_many(
    steps: Callable[..., Trajectory],
) -> None:
    program = build(small(STIFF, stop=20))
    grid = TimeGrid(0.0, 20, 1.0, 1)
    template = program.layout.template
    path = steps(program, grid, template, max_evaluations=20_000)
    assert path.ending.outcome == Outcome.completed
    rows = np.array([list(row) for row in path.rows])
    t = np.array(path.times)
    late = np.maximum(t - 5.3, 0)
    wanted = np.exp(-0.1 * t) + 2 * (1 - np.exp(-0.1 * late))
    slots = program.layout.slots
    np.testing.assert_allclose(rows[:, slots["slow"].offset], wanted, rtol=1e-6)
    np.testing.assert_allclose(rows[1:, slots["fast"].offset], wanted[1:], rtol=1e-5)
    held = rows[:, slots["held"].offset]
    assert (held[wanted < 1.19] == 0).all()
    np.testing.assert_allclose(held[wanted > 1.21], wanted[wanted > 1.21], rtol=1e-6)
    stopped = native_adaptive(program, grid, template, max_evaluations=20_000)
    assert stopped.ending.outcome == Outcome.step_limit
    assert "--integrator stiff" in stopped.ending.message


def test_stiff_members_are_their_own_runs() -> None:
    program = build(small(STIFF, stop=20))
    grid = TimeGrid(0.0, 20, 1.0, 5)
    slots = program.layout.slots
    template = list(program.layout.template)
    steps = np.array([[0.3], [1.7]])  # nothing reads it, so both members are the same run
    found = run_members(
        program,
        grid,
        template,
        [slots["time step"].offset],
        steps,
        places=[slots["slow"].offset],
        points=[0, 7, 20],
        integrator="stiff",
    )
    assert list(found.outcome) == [0, 0]
    path = native_stiff(program, TimeGrid(0.0, 20, 1.0, 1), template)
    slow = np.array([row[slots["slow"].offset] for row in path.rows])
    np.testing.assert_allclose(found.values[0, :, 0], slow[[0, 7, 20]], rtol=1e-7)
    np.testing.assert_allclose(found.values[1, :, 0], slow[[0, 7, 20]], rtol=1e-7)


def test_an_adaptive_run_that_exhausts_its_evaluations_says_so() -> None:
    program = build(small("stock = INTEG(-1000 * (stock - SIN(Time)), 0)", stop=100))
    grid = TimeGrid(0.0, 100, 1.0, 1)
    path = native_adaptive(program, grid, program.layout.template, max_evaluations=1000)
    assert path.ending.outcome == Outcome.step_limit
    assert "the limit of evaluations was reached" in path.ending.message
    assert path.ending.time == path.times[-1]
    assert 0 < len(path.rows) < 100


# ---------------------------------------------------------------------- powers


@pytest.mark.skipif(not has_fma(), reason="needs a processor that multiplies and adds at once")
@pytest.mark.parametrize("powers", ["same", "fast"])
def test_powers_side_by_side_are_those_of_the_c_library(powers: code.Powers) -> None:
    if powers == "same" and not rounds_well():
        pytest.skip("the error of this C library's powers is not known")
    text = "def many(x: Vector, y: Vector, z: Vector, n: int) -> None:\n"
    text += "    for k in range(n):\n        z[k] = pow(x[k], y[k])\n"
    loaded = machine_code(text, LANES, powers)
    many = loaded.function("many", [*[ctypes.c_void_p] * 3, ctypes.c_int64])
    draw = np.random.default_rng(7)
    count = 20_000 * LANES
    odd = [0.0, -0.0, 1.0, -1.0, 2.0, math.inf, -math.inf, math.nan, 1e-310, -8.0, 1e300, 3.0]
    for x, y in (
        (draw.uniform(0.01, 3, count), draw.uniform(-5, 5, count)),
        (np.exp(draw.uniform(-700, 700, count)), draw.uniform(-1.2, 1.2, count)),
        (1 + draw.uniform(-1e-4, 1e-4, count), draw.uniform(-1e6, 1e6, count)),
        (1 + draw.uniform(-1e-13, 1e-13, count), draw.uniform(-3, 3, count)),
        # powers that are floats, or lie in the middle between two
        (draw.integers(1, 2**27, count).astype(float), draw.integers(0, 3, count).astype(float)),
        (draw.integers(1, 200, count) / 16, draw.integers(-6, 6, count) / 2),
        (draw.choice(odd, count), draw.choice(odd, count)),
    ):
        z = np.empty(count)
        many(x.ctypes.data, y.ctypes.data, z.ctypes.data, count // LANES)
        wanted = np.array([runtime.GUARDED["pow"](a, b) for a, b in zip(x, y, strict=True)], float)
        same = (z == wanted) | (np.isnan(z) & np.isnan(wanted))
        if powers == "same":
            assert same.all()
        # of the others a few lie next to the middle between two floats
        assert same.mean() > 0.95
        gap = np.abs(z[~same] - wanted[~same]) / np.spacing(np.abs(wanted[~same]))
        assert gap.max(initial=0) <= 1


def test_a_fast_member_is_next_to_its_own_run() -> None:
    path = find_model("district")
    prepared = prepare(path)
    program = prepared.program
    layout = program.layout
    grid = TimeGrid(1980.0, 160, 0.25, 4)
    stocks = range(layout.stocks.start, layout.stocks.stop)
    quality = layout.slots["price elasticity"].offset
    numbers = np.linspace(1.5, 2.5, 16).reshape(-1, 1)
    exact, fast = (
        Batch(program, grid, layout.template, [quality], stocks, grid.saved, fast=f).run(numbers)
        for f in (False, True)
    )
    assert (exact.values != fast.values).any()
    np.testing.assert_allclose(fast.values, exact.values, rtol=1e-10, atol=1e-13)


# ---------------------------------------------------------------------- compiling


def test_a_program_is_compiled_once_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    program = build(small("stock = INTEG(0.125 * stock, 3.75)"))
    assert not code.is_ready(program)
    code.loaded(program)
    assert code.is_ready(program)
    # as another process would find it
    monkeypatch.setattr(code, "_loaded", {})
    monkeypatch.setattr(code, "assembly", None)
    assert code.is_ready(program)
    code.loaded(program)


def test_code_for_another_processor_is_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    program = build(small("stock = INTEG(0.25 * stock, 3.75)"))
    content = code._content(program, 1, False, False)
    code.keep(content, code.Compiled("another machine", b"no code at all"))
    monkeypatch.setattr(code, "_loaded", {})
    code.loaded(program)
    kept = code.peek(code.Compiled, content)
    assert kept is not None
    assert kept.machine != "another machine"
    assert any(folder().glob("*.entry"))


def test_a_process_that_repeats_runs_compiles_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simdistrict.run.plan._waited", {})
    prepared = prepare(find_model("core"))
    plan = plan_run(prepared, resolve(bare_scenario(find_model("core")), prepared.model))
    assert (plan.backend, plan.chosen) == ("interpreted", True)
    monkeypatch.setattr("simdistrict.run.plan._interpreting", lambda *_: 0.1)
    monkeypatch.setattr("simdistrict.run.plan._compiling", lambda _: 0.25)
    assert [repeated(plan) for _ in range(5)] == [*["interpreted"] * 3, "native", "native"]
    one, other = (run_one(p).values for p in (plan, replace(plan, chosen=False)))
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert result_of([plan]).attrs["backend"] == "auto"
    assert repeated(replace(plan, chosen=False)) == "interpreted"
    assert repeated(replace(plan, integrator="adaptive")) == "interpreted"


def test_auto_compiles_where_it_pays() -> None:
    program = build(small("stock = INTEG(0.5 * stock, 3.75)"))
    short, long = TimeGrid(0.0, 100, 1.0, 1), TimeGrid(0.0, 100_000, 1e-3, 1000)
    assert quickest(program, short, "euler", 1) == "interpreted"
    assert quickest(program, long, "euler", 1) == "interpreted"
    assert quickest(program, long, "euler", 100) == "native"
    some = TimeGrid(0.0, 10_000, 1e-2, 1000)
    assert quickest(program, some, "adaptive", 1) == "interpreted"
    code.loaded(program)
    code.loaded(program, adaptive=True)
    assert quickest(program, long, "euler", 1) == "native"
    assert quickest(program, some, "adaptive", 1) == "interpreted"
    assert quickest(program, some, "adaptive", 100) == "native"
    # not worth the load of a library
    assert quickest(program, short, "euler", 1) == "interpreted"


def test_a_program_run_by_many_processes_is_compiled_in_the_end() -> None:
    program = build(small("stock = INTEG(0.0625 * stock, 3.75)"))
    grid = TimeGrid(0.0, 100_000, 1e-3, 1000)
    # each time as if in a process of its own: what was waited for is kept on disk
    found = [quickest(program, grid, "euler", 1) for _ in range(5)]
    assert found[0] == "interpreted"
    assert found[-1] == "native"
    assert found == sorted(found)
    assert quickest(program, grid, "adaptive", 1) == "native"
    other = build(small("stock = INTEG(0.03125 * stock, 3.75)"))
    assert quickest(other, grid, "euler", 1) == "interpreted"
