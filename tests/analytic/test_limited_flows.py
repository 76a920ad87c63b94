"""Non-negative stocks of XMILE against closed forms and an exact solution in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.engine.integrators.fixed import fixed_steps
from simdistrict.engine.lowering.build import build
from simdistrict.engine.native.single import native_steps
from simdistrict.model.model import TimeGrid
from tests.limited import LIMITED, RIVER, flow, run, served, tank
from tests.members import run_members
from tests.xmile_text import aux, small

METHODS = pytest.mark.parametrize("method", ["Euler", "RK4"])
D = '<dimensions><dim name="D"/></dimensions>'
E = '<dimensions><dim name="D"/><dim name="F"/></dimensions>'
DRAIN = tank("s", 20, ">out") + tank("t", 0, "<out", "")


def changing(found: dict[str, list[float]]) -> dict[str, list[float]]:
    return {k: v for k, v in found.items() if k != "time" and len(set(v)) > 1}


# twenty litres, eight per month: two full months and a half-full one
FORMS = {
    "number": flow("out", 8),
    "expression": flow("out", "8 + 0 * TIME"),
    "element": flow("out", "rate") + aux("rate", "8"),
    "uniflow": flow("out", 8, LIMITED),
    "graph": flow("out", "TIME", "<gf><xpts>0,9</xpts><ypts>8,8</ypts></gf>"),
}


@METHODS
@pytest.mark.parametrize("form", FORMS)
def test_a_tank_gives_what_it_holds_in_every_form_of_flow(form: str, method: str) -> None:
    found = run(DRAIN + FORMS[form], method)
    assert found["s"] == [20, 12, 4, 0, 0]
    assert found["t"] == [0, 8, 16, 20, 20]
    assert found["out"] == [8, 8, 4, 0, 0]


@METHODS
@pytest.mark.parametrize("size", ["D", "D, F"])
@pytest.mark.parametrize("form", ["number", "expression", "labels"])
def test_each_label_of_an_array_has_a_limit(form: str, size: str, method: str) -> None:
    dims = E if "F" in size else D
    out = flow("out", "8" if form == "number" else "8 + 0 * TIME", dims)
    labels = [f"{d},{f}" for d in "ab" for f in "cd"] if "F" in size else ["a", "b"]
    if form == "labels":
        parts = "".join(
            f'<element subscript="{label}"><eqn>{6 + 2 * k}</eqn></element>'
            for k, label in enumerate(labels)
        )
        out = f'<flow name="out">{dims}{parts}</flow>'
    text = tank("s", 20, ">out", LIMITED + dims) + tank("t", 0, "<out", dims) + out
    found = run(text, method, dimensions="D: a, b\nF: c, d")
    for k, label in enumerate(labels):
        rate = 6 + 2 * k if form == "labels" else 8
        held = [max(20 - rate * i, 0) for i in range(6)]
        assert found[f"s[{label}]"] == held[:5]
        assert found[f"t[{label}]"] == [20 - x for x in held[:5]]
        assert found[f"out[{label}]"] == [held[i] - held[i + 1] for i in range(5)]


@METHODS
def test_outflows_are_served_in_the_order_of_the_file(method: str) -> None:
    flows = flow("first", 3) + flow("second", "5") + flow("third", "1 + 0 * TIME")
    for order in (("first", "second", "third"), ("third", "first", "second")):
        ends = " ".join(f">{name}" for name in order)
        found = run(tank("s", 13, ends) + flows, method)
        wanted = {"first": 3, "second": 5, "third": 1}
        left = 13
        for i in range(5):
            for name in order:
                taken = min(wanted[name], left)
                left -= taken
                assert found[name][i] == taken
        assert found["s"] == [13, 4, 0, 0, 0]


@METHODS
def test_what_arrives_in_a_step_may_leave_in_it(method: str) -> None:
    text = tank("s", 0, "<fill >out") + flow("fill", 3) + flow("out", 5)
    found = run(text + tank("t", 0, "<out >rest") + flow("rest", "9 + TIME"), method)
    assert found["s"] == [0] * 5
    assert found["out"] == found["rest"] == [3] * 5
    assert found["t"] == [0] * 5


@METHODS
def test_what_reads_a_limited_flow_reads_what_flows(method: str) -> None:
    more = aux("twice", "2 * out") + tank("twin", 0, "<copied", "") + flow("copied", "out")
    found = run(DRAIN + flow("out", 8) + more, method)
    assert found["twice"] == [16, 16, 8, 0, 0]
    assert found["twin"] == found["t"]


@METHODS
def test_a_flow_that_runs_backwards_is_limited_by_the_tank_it_then_drains(method: str) -> None:
    text = tank("s", 1, ">f") + tank("t", 5, "<f") + flow("f", "-2")
    found = run(text, method)
    assert found["t"] == [5, 3, 1, 0, 0]
    assert found["s"] == [1, 3, 5, 6, 6]
    assert found["f"] == [-2, -2, -1, 0, 0]


@METHODS
def test_tanks_in_a_ring_pass_on_what_they_receive(method: str) -> None:
    ring = tank("a", 0, "<ba >ab") + tank("b", 0, "<ab >leak >ba")
    full = run(ring + flow("ab", 5) + flow("ba", 5) + flow("leak", 0), method)
    assert full["ab"] == full["ba"] == [5] * 5
    assert full["a"] == full["b"] == [0] * 5
    # with a leak nothing is left to pass on
    dry = run(ring + flow("ab", 5) + flow("ba", 5) + flow("leak", 1e-6), method)
    assert changing(dry) == {}
    assert dry["leak"] == dry["ab"] == [0] * 5


@METHODS
def test_a_flow_that_depends_on_the_one_it_limits(method: str) -> None:
    text = tank("s", 1, "<back >out") + flow("out", 6) + flow("back", "out / 2")
    found = run(text, method)
    # 1 + out / 2 - out = 0
    assert found["out"] == pytest.approx([2, 0, 0, 0, 0], abs=1e-12)
    assert found["back"] == pytest.approx([1, 0, 0, 0, 0], abs=1e-12)
    assert found["s"] == [1, 0, 0, 0, 0]


@METHODS
def test_a_flow_of_two_tanks_is_not_limited_and_both_stay_above_zero(method: str) -> None:
    text = tank("s", 9, ">own >both") + tank("t", 2, ">both") + tank("u", 0, "<both", "")
    found = run(text + flow("both", 4) + flow("own", 2), method)
    assert found["both"] == [4] * 5
    assert found["u"] == [0, 4, 8, 12, 16]
    assert found["s"] == [9, 3, 0, 0, 0]
    assert found["t"] == [2, 0, 0, 0, 0]
    # what one tank alone gives is cut first
    assert found["own"] == [2, 0, 0, 0, 0]


MODULE = """</variables></model><model name="M"><variables>
    <stock name="s"><eqn>20</eqn><outflow>gone</outflow>{}</stock>
    <flow name="gone" access="input"><eqn>0</eqn></flow></variables></model><model name="rest">
    <variables>"""


@METHODS
def test_a_stock_in_a_module_limits_a_flow_outside_it(method: str) -> None:
    text = flow("out", 8) + tank("t", 0, "<out", "")
    text += '<module name="M"><connect to="M.gone" from=".out"/></module>'
    found = run(text + MODULE.format(LIMITED), method)
    assert found["m.s"] == [20, 12, 4, 0, 0]
    assert found["t"] == [0, 8, 16, 20, 20]
    assert found["out"] == found["m.gone"] == [8, 8, 4, 0, 0]


@METHODS
def test_what_begins_with_a_limited_flow_begins_with_what_flows(method: str) -> None:
    more = aux("first", "INIT(out)") + aux("mean", "SMTH1(out, 4)") + aux("late", "DELAY(out, 1)")
    found = run(DRAIN + flow("out", 50) + more, method)
    assert found["out"][:2] == [20, 0]
    assert found["first"] == [20] * 5
    assert found["mean"][:2] == [20, 20]
    assert found["late"][:3] == [20, 20, 0]


def test_runge_kutta_limits_nothing_where_no_step_ends_below_zero() -> None:
    # stages go below zero, steps do not
    decay = flow("out", "1.5 * s")
    limited = run(DRAIN + decay, "RK4", stop=20)
    free = run(DRAIN.replace(LIMITED, "") + decay, "RK4", stop=20)
    assert limited == free
    factor = 1 - 1.5 + 1.5**2 / 2 - 1.5**3 / 6 + 1.5**4 / 24
    wanted = [20 * factor**i for i in range(21)]
    assert limited["s"] == pytest.approx(wanted, rel=1e-12)


def test_runge_kutta_empties_a_tank_at_the_end_of_a_step() -> None:
    # 20 - 8 t - 2 t^2 is zero at 1.74: between 1 and 2 flows what is left
    found = run(DRAIN + flow("out", "8 + 4 * TIME"), "RK4")
    assert found["s"] == pytest.approx([20, 10, 0, 0, 0], abs=1e-12)
    assert min(found["s"]) == 0
    assert found["t"] == pytest.approx([0, 10, 20, 20, 20], abs=1e-12)
    assert found["out"] == pytest.approx([8, 10, 0, 0, 0], abs=1e-12)


# the first tank is dry within a step; the second drains by its content
CASCADE = (
    tank("a", 1, ">spill") + tank("b", 8, "<spill >drain") + tank("c", 0, "<drain >use")
    + flow("spill", 4) + flow("drain", "b * 3") + flow("use", "c * 2 + 1")
)  # fmt: skip
# what Runge-Kutta makes of exp(-1.5)
DECAY = 1 - 1.5 + 1.5**2 / 2 - 1.5**3 / 6 + 1.5**4 / 24


@pytest.mark.parametrize("backend", ["interpreted", "native"])
def test_a_tank_below_a_dry_one_is_judged_by_what_arrives(backend: str) -> None:
    found = run(CASCADE, "RK4", stop=1.5, step=0.5, backend=backend)
    b = [8, 2 / 3 + (8 - 2 / 3) * DECAY]
    b += [b[1] * DECAY, b[1] * DECAY**2]
    assert found["spill"] == [2, 0, 0, 0]
    assert found["b"] == pytest.approx(b, rel=1e-12)
    # not limited, at the last point either
    assert found["drain"] == pytest.approx([3 * x for x in b], rel=1e-12)


def test_a_tank_in_a_ring_is_judged_by_what_arrives() -> None:
    ring = tank("a", 0, "<back >spill") + tank("b", 4, "<spill >drain")
    ring += tank("c", 50, "<drain >back") + flow("spill", 9) + flow("drain", "b * 3")
    found = run(ring + flow("back", 1), "RK4", stop=2, step=0.5)
    assert found["spill"] == [1] * 5
    wanted = [1 / 3 + (4 - 1 / 3) * DECAY**i for i in range(5)]
    assert found["b"] == pytest.approx(wanted, rel=1e-12)


@METHODS
@pytest.mark.parametrize("request_of_b", ["2 * spill", "4 * kept"])
def test_a_flow_that_reads_one_of_a_dry_tank_is_judged_by_what_flows(
    request_of_b: str, method: str
) -> None:
    text = tank("b", 3, ">drain") + flow("drain", request_of_b) + tank("kept", 0, "<spill", "")
    found = run(text + tank("a", 0, ">spill") + flow("spill", 5), method)
    assert found["drain"] == [0] * 5
    assert found["b"] == [3] * 5


@given(
    st.lists(st.tuples(st.integers(0, 20), st.floats(0.1, 2)), min_size=1, max_size=3),
    st.floats(0, 6),
    st.floats(0.5, 9),
    st.sampled_from([0.25, 0.5]),
)
@settings(max_examples=25, deadline=None)
def test_tanks_below_a_dry_one_are_those_of_a_linear_system(
    lower: list[tuple[int, float]], content: float, request: float, step: float
) -> None:
    text = tank("a", content, ">f0") + flow("f0", request)
    for k, (held, rate) in enumerate(lower):
        text += tank(f"t{k}", held, f"<f{k} >f{k + 1}") + flow(f"f{k + 1}", f"t{k} * {rate}")
    n = len(lower)
    text += tank("end", 0, f"<f{n}", "")
    found = run(text, "RK4", stop=3, step=step)
    matrix = np.diag([-rate for _, rate in lower] + [0.0])
    matrix += np.diag([rate for _, rate in lower], -1)
    y, left = np.array([float(held) for held, _ in lower] + [0.0]), content
    for i in range(len(found["a"])):
        series = np.array([found[f"t{k}"][i] for k in range(n)] + [found["end"][i]])
        assert series == pytest.approx(y, rel=1e-9, abs=1e-9)
        given = min(request, left / step)
        assert found["f0"][i] == pytest.approx(given, rel=1e-9, abs=1e-9)
        # all others as their equations say
        for k, (_, rate) in enumerate(lower):
            assert found[f"f{k + 1}"][i] == pytest.approx(rate * y[k], rel=1e-9, abs=1e-9)
        left -= given * step
        source = np.array([given] + [0.0] * n)
        # Taylor's series up to the fourth power, which is what the method makes of these
        term = step * (matrix @ y + source)
        for power in range(2, 6):
            y, term = y + term, step * (matrix @ term) / power
    total = sum(held for held, _ in lower) + content
    masses = [
        sum(found[x][i] for x in found if x[0] in "ae" or x in {f"t{k}" for k in range(n)})
        for i in range(len(found["a"]))
    ]
    assert masses == pytest.approx([total] * len(masses), rel=1e-12, abs=1e-12)


@st.composite
def networks(
    draw: st.DrawFn, kinds: tuple[str, ...] = ("{}", "{} + 0 * TIME", "{} * (1 + TIME)")
) -> tuple[dict[str, int], dict[str, list[str]], dict[str, tuple[int, str]]]:
    """Tanks with whole contents, the ends of each in a random order, and whole requests."""
    names = [f"t{k}" for k in range(draw(st.integers(1, 5)))]
    contents = {name: draw(st.integers(0, 30)) for name in names}
    ends: dict[str, list[str]] = {name: [] for name in names}
    flows: dict[str, tuple[int, str]] = {}
    for k in range(draw(st.integers(1, 8))):
        source, target = (draw(st.sampled_from([*names, None])) for _ in range(2))
        if source == target:
            continue
        flows[f"f{k}"] = draw(st.integers(0, 12)), draw(st.sampled_from(kinds))
        for tank_name, mark in ((source, ">"), (target, "<")):
            if tank_name is not None:
                ends[tank_name].insert(draw(st.integers(0, len(ends[tank_name]))), f"{mark}f{k}")
    return contents, ends, flows


@pytest.mark.parametrize("text", [RIVER, CASCADE])
@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_machine_code_and_members_side_by_side_have_the_bits_of_cpython(
    integrator: str, text: str
) -> None:
    model = small(text, specs="<start>0</start><stop>6</stop><dt>0.5</dt>")
    program = build(model)
    grid = TimeGrid.of(0, 6, 0.5, 0.5)
    own = list(program.layout.template)
    size = program.layout.values
    place = program.layout.slots["spill"].offset
    draws = np.arange(0.0, 4.5, 0.25)[:, None]
    members = run_members(
        program, grid, own, [place], draws, places=range(size), integrator=integrator
    )
    for k, (draw,) in enumerate(draws):
        own[place] = draw
        wanted = np.array(fixed_steps(program, grid, own, integrator=integrator).rows)
        alone = np.array(native_steps(program, grid, own, integrator=integrator).rows)
        assert wanted.tobytes() == alone.tobytes() == members.values[k].tobytes()
    assert (members.values[:, :, program.layout.slots["a"].offset] == 0).any()


def text_of(
    contents: dict[str, int], ends: dict[str, list[str]], flows: dict[str, tuple[int, str]]
) -> str:
    tanks = "".join(tank(name, contents[name], " ".join(ends[name])) for name in contents)
    return tanks + "".join(flow(name, form.format(n)) for name, (n, form) in flows.items())


@given(networks(), st.sampled_from([1, 2, 4]))
@settings(max_examples=30, deadline=None)
def test_random_tanks_have_the_exact_solution(
    network: tuple[dict[str, int], dict[str, list[str]], dict[str, tuple[int, str]]], parts: int
) -> None:
    contents, ends, flows = network
    found = run(text_of(*network), stop=3, step=1 / parts)
    held = {name: Fraction(n) for name, n in contents.items()}
    for i in range(3 * parts + 1):
        for name, content in held.items():
            assert found[name][i] == content
        requests = {
            name: Fraction(n, parts) * (1 + Fraction(i, parts) if "(" in form else 1)
            for name, (n, form) in flows.items()
        }
        moved = served(held, requests, ends)
        for name, amount in moved.items():
            assert found[name][i] == amount * parts
        for name, own in ends.items():
            held[name] += sum(moved[f[1:]] * (1 if f[0] == "<" else -1) for f in own)


@given(networks(), st.sampled_from(["Euler", "RK4"]), st.sampled_from([0.1, 1 / 3, 1]))
@settings(max_examples=20, deadline=None)
def test_random_tanks_keep_their_mass(
    network: tuple[dict[str, int], dict[str, list[str]], dict[str, tuple[int, str]]],
    method: str,
    step: float,
) -> None:
    contents, ends, flows = network
    outside = {
        name
        for name in flows
        for mark in "<>"
        if not any(f"{mark}{name}" in own for own in ends.values())
    }
    # the rest of the world is one more tank, which nothing limits
    world = [f">{n}" for n in outside if any(f"<{n}" in own for own in ends.values())]
    world += [f"<{n}" for n in outside if any(f">{n}" in own for own in ends.values())]
    text = text_of(contents, ends, flows) + tank("world", 0, " ".join(world), "")
    found = run(text, method, stop=3, step=step)
    series = np.array([found[name] for name in (*contents, "world")])
    assert np.abs(series.sum(axis=0) - sum(contents.values())).max() <= 1e-12 * np.abs(series).max()
    assert series[:-1].min() >= 0
    free = run(text.replace(LIMITED, ""), method, stop=3, step=step)
    if min(min(free[name]) for name in contents) >= 1e-9:
        # the flows of the last point are limited by a step beyond it
        assert {k: v[:-1] for k, v in found.items()} == {k: v[:-1] for k, v in free.items()}
