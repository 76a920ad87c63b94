"""The laboratory of regimes: frozen models, balanced growth, studies, files, command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import EngineError, ScenarioError
from simdistrict.base.library import find_model
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.lowering.restrict import causes_of, restricted
from simdistrict.regimes import branches, document
from simdistrict.regimes.frozen import freeze
from simdistrict.regimes.model_field import field_of
from simdistrict.regimes.numerics.equilibrium import refine
from simdistrict.regimes.numerics.field import Scaled
from simdistrict.regimes.numerics.flow import settle
from simdistrict.regimes.studies.branch import BranchStudy
from simdistrict.regimes.studies.study import Interval
from simdistrict.result.netcdf import read_netcdf
from simdistrict.run.plan import Plan, lowered, plan_run, plans_for
from simdistrict.scenario import bare_scenario, resolve
from tests.program import call
from tests.small import mdl, small

# constants that the checks of the district model set for its steady state
STEADY = """
demand growth=0; labour productivity growth=0; trade cost scale=1e9; last year of history=1980;
financial crisis depth=0; convergence rate=0; labour demand pressure strength=0;
quality response=0; imitation rate=0; frontier growth=0; adoption by innovation=0;
adoption by imitation=0; automation obsolescence=0; automation cost decline rate=0;
analytical depreciation=0; research intensity=0; university inflow per link=0;
foreign knowledge rate=0; entry time=1e30; exit time=1e30; initial state capacity=0.5
"""

GROWING = """
market = INTEG(growth*market, 1)
growth = 0.03
firms = INTEG(firms*entry*(1 - firms/(10*market)) - 0*market, 2)
entry = 0.2
share = INTEG((firms/market/10 - share)/4, 0.5)
"""


def plan_of(equations: str, **control: float) -> Plan:
    model = small(equations, **control)
    return plan_run(lowered(model), resolve(bare_scenario(Path("small.mdl")), model))


def district(*sets: str) -> Plan:
    (plan,) = plans_for(["district"], list(sets))
    return plan


# ---------------------------------------------------------------------- frozen models


def test_a_trend_is_held_and_the_frame_grows_with_it() -> None:
    plan = plan_of(GROWING)
    frozen = freeze(plan, 5)
    assert [str(slot.symbol) for slot in frozen.trends] == ["market"]
    assert frozen.names == ("firms", "share")
    field = field_of(frozen)
    assert field.growth.trends == (("market", pytest.approx(0.03), True),)
    assert field.growth.dilution == pytest.approx([0.03, 0.0], abs=1e-6)
    # balanced growth: entry (1 - n/10) = growth, with n = firms/market
    found = refine(field, (), np.array([9.0, 0.8]))
    assert found is not None
    market = 1.03**5
    assert found.state[0] == pytest.approx(10 * market * (1 - 0.03 / 0.2), rel=1e-6)
    assert found.state[1] == pytest.approx(1 - 0.03 / 0.2, rel=1e-6)
    assert found.stable


def test_stocks_inside_functions_have_names_of_their_own() -> None:
    text = 'y = SMOOTH(1, 2) + SMOOTH(2, 3)\n"smooth 1 of y" = INTEG(y - "smooth 1 of y", 1)'
    names = freeze(plan_of(text)).names
    assert names == ("smooth 1 of y (2)", "smooth 1 of y (3)", "smooth 1 of y")


def test_a_trend_without_a_symmetry_is_held_without_dilution() -> None:
    plan = plan_of(GROWING.replace("(10*market)", "(10*market + 7)"))
    field = field_of(freeze(plan, 5))
    assert field.growth.trends == (("market", pytest.approx(0.03), False),)
    assert not field.growth.dilution.any()


def test_a_stock_alone_is_a_trend_only_where_something_else_is_left() -> None:
    assert freeze(plan_of("x = INTEG(0.1*x, 1)")).names == ("x",)
    plan = plan_of(GROWING)
    assert freeze(plan, 5, free=["market"]).names == ("market", "firms", "share")
    assert freeze(plan, 5, hold=["Share"]).names == ("firms",)
    with pytest.raises(EngineError, match="no stock is free"):
        freeze(plan, 5, hold=["firms", "share", "market"])


def test_a_decay_towards_a_goal_is_no_trend() -> None:
    plan = plan_of("x = INTEG((3 - x)/2, 1)\ny = INTEG((x - y)/5, 0)")
    frozen = freeze(plan, 4)
    assert frozen.trends == ()
    assert frozen.names == ("x", "y")


def test_time_and_policies_stay_as_they_are_at_the_date() -> None:
    plan = plan_of("x = INTEG(goal - x, 1)\ngoal = RAMP(1, 2, 6)")
    found = refine(field_of(freeze(plan, 4)), (), np.array([1.0]))
    assert found is not None
    assert found.state == pytest.approx([2.0])
    found = refine(field_of(freeze(plan)), (), np.array([1.0]))
    assert found is not None
    assert found.state == pytest.approx([4.0])


def test_freezing_reports_dates_names_and_runs_that_are_invalid() -> None:
    plan = plan_of("x = INTEG(1 - x, 1)")
    with pytest.raises(ScenarioError, match="no time step"):
        freeze(plan, 0.5)
    with pytest.raises(ScenarioError, match="is no stock"):
        freeze(plan, hold=["z"])
    with pytest.raises(ScenarioError, match='no stock of small has a label "Prato"'):
        freeze(plan, element="Prato")
    with pytest.raises(ScenarioError, match="did you mean"):
        freeze(district(), 1981, element="Pratto")
    with pytest.raises(EngineError, match="does not get to"):
        freeze(plan_of("x = INTEG(x*x*x, 3)"))


# ---------------------------------------------------------------------- the district model


def test_an_isolated_label_has_the_flows_of_the_whole_model() -> None:
    plan = district()
    frozen = freeze(plan, 1990, element="vicenza")
    assert all("[Vicenza" in name for name in frozen.names)
    field = field_of(frozen, ["tariff level[far]"])
    assert field.fast
    program = plan.prepared.program
    v = list(frozen.vector)
    for place in next(p for p in field.parameters).places:
        v[place] = 0.3
    state = field.start() * 1.1
    for place, value in zip(frozen.free, state, strict=True):
        v[place] = value
    kernel = Kernel(program)
    kernel.once(v)
    kernel.settle(v)
    kernel.derive(v)
    shift = program.layout.rates.start - program.layout.stocks.start
    whole = np.array([v[p + shift] for p in frozen.free])
    flows = field(state[None, :], (0.3,))[0] + state * field.growth.dilution
    assert flows == pytest.approx(whole, rel=1e-12)


def test_a_flow_that_depends_on_other_labels_is_evaluated_as_a_whole() -> None:
    """The flow reads values that other labels derive from the stock: no fast evaluation."""
    plan = plan_of(
        """
        d: A, B, C ~ ~ |
        x[d] = INTEG(pull - x[d], start[d])
        start[d] = 1, 2, 3
        share[d] = x[d]/SUM(x[d!])
        pull = VMAX(share[d!])*3
        """
    )
    frozen = freeze(plan, element="B")
    field = field_of(frozen)
    assert not field.fast
    _, b, _ = (plan.prepared.program.layout.slots["x"].offset + k for k in range(3))
    others = sum(frozen.vector[p] for p in (b - 1, b + 1))
    largest = max(frozen.vector[p] for p in (b - 1, b + 1))
    for state in (0.1, 5.0):
        expected = 3 * max(largest, state) / (others + state) - state
        assert field(np.array([[state]]), ())[0, 0] == pytest.approx(expected)


@pytest.mark.slow
def test_folds_of_the_district_model_are_where_an_eigenvalue_is_zero_and_kinks_are_not() -> None:
    field = field_of(freeze(district(), 2019, element="Montebelluna"), ["labour cost relief"])
    found = branches(field, 0.0, 0.5, stops=2, starts=3, known=[field.start()])
    assert found.branches
    for branch in found.branches:
        rates = [
            np.abs(field(x[None, :], (p,))[0] / field.scale).max()
            for x, p in zip(branch.states, branch.parameters, strict=True)
        ]
        assert max(rates) < 1e-8
        for special in branch.specials:
            smallest = np.abs(special.spectrum.eigenvalues.real).min()
            assert (smallest < 1e-5) == (special.kind in ("fold", "branch point"))


def test_a_restricted_program_is_a_small_part_of_the_whole() -> None:
    plan = district()
    causes = causes_of(plan.prepared.model, plan.prepared.program)
    stocks = freeze(plan, 1980, element="Prato").free
    part = restricted(causes, stocks, (), "district", 0)
    assert len(part.source) < len(plan.prepared.program.source)
    assert "range(10)" not in part.source


def test_the_reference_state_is_the_equilibrium_of_1980_with_the_drifts_off() -> None:
    plan = district(*(s.strip() for s in STEADY.replace("\n", " ").split(";")))
    for label in ("Prato", "Mirandola", "US Midwest"):
        field = field_of(freeze(plan, 1980, element=label))
        start = field.start()
        rates = field(start[None, :], ())[0] / field.scale
        assert np.abs(rates).max() < 1e-9
        found = refine(field, (), start)
        assert found is not None
        assert np.abs((found.state - start) / field.scale).max() < 1e-4


def test_growth_alone_moves_the_reference_state_a_little() -> None:
    """Balanced growth is an equilibrium of the frame that grows, next to the reference state."""
    still = [s.strip() for s in STEADY.replace("\n", " ").split(";")]
    plan = district(*(s for s in still if not s.startswith("demand growth")))
    field = field_of(freeze(plan, 1980, element="Mirandola"))
    name, rate, relative = field.growth.trends[0]
    assert (name, relative) == ("demand index", True)
    assert rate == pytest.approx(0.02)
    degrees = dict(zip(field.names, field.growth.dilution / rate, strict=True))
    assert degrees["capacity[Mirandola,making,home]"] == pytest.approx(1)
    assert degrees["tacit knowledge[Mirandola,making,home]"] == pytest.approx(1)
    assert degrees["quality[Mirandola]"] == pytest.approx(0, abs=1e-9)
    start = field.start() / field.scale
    end = settle(Scaled(field), (), start, 200.0)
    gaps = dict(zip(field.names, np.abs(end - start), strict=True))
    # construction and training are ahead of growth; everything else hardly moves
    assert max(gaps.values()) < 0.2
    ahead = ("capacity under construction", "apprentices", "expected demand")
    assert max(g for n, g in gaps.items() if not n.startswith(ahead)) < 0.1


# ---------------------------------------------------------------------- studies and files


def test_a_study_is_the_same_twice_and_holds_its_outputs() -> None:
    plans = plans_for(["core"])
    study = BranchStudy(parameter=Interval("tariff", 0.0, 2.0), outputs=("home share",))
    one, two = study.run(plans), study.run(plans)
    for name, variable in one.variables.items():
        other = two.variables[name].values
        assert np.array_equal(variable.values, other, equal_nan=variable.values.dtype.kind == "f")
    found = document(one)
    assert [f["parameter"] for f in found["folds"]] == pytest.approx([1.02291, 0.694546], abs=1e-5)
    assert found["folds"][0]["outputs"]["home share"] == pytest.approx(0.0321, abs=1e-4)
    assert set(found["branches"][0]["stability"]) == {"stable", "unstable"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["equilibria", "core"],
        ["branch", "core", "--parameter", "tariff", "--from", "0", "--to", "2"],
        [
            *["branch", "core", "--parameter", "tariff", "--from", "0", "--to", "3"],
            *["--second", "experience exponent=0.1:0.6"],
        ],
        [
            *["hysteresis", "core", "--parameter", "tariff", "--from", "0.3", "--to", "1.5"],
            *["--duration", "20", "--slower", "10"],
        ],
        ["basins", "core", "--initial", "home experience=0.01:1", "--members", "20"],
        [
            *["policy", "core", "--parameter", "tariff", "--from", "0", "--to", "0.8"],
            *["--longest", "60", "--doses", "3", "--durations", "4"],
        ],
        [
            *["basins", "core", "--initial", "home experience=0.01:1", "--members", "20"],
            *["--along", "tariff=0.4:1.2:5"],
        ],
        [
            *["map", "core", "--along", "tariff=0:2:5", "--along", "cost ratio=1:2:3"],
            *["--where", "home share >= 0.5"],
        ],
        [
            *["map", "core", "--along", "tariff=0:2:4", "--along", "cost ratio=1:2:3"],
            *["--where", "Home_Share >= 0.5"],
        ],
        ["map", "core", "--along", "tariff=0:2:4", "--along", "cost ratio=1:2:3"],
    ],
    ids="equilibria branch folds hysteresis basins policy along where spelled map".split(),
)
def test_every_study_has_a_file_that_is_repeated_to_the_last_bit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    file = tmp_path / "study.nc"
    said = call(capsys, "regimes", *arguments, "--output", "home share", "-o", file)
    assert said.code == 0, said.err
    assert f"wrote {file}" in said.out
    again = call(capsys, "rerun", file)
    assert (again.code, again.err) == (0, "")
    assert "the same numbers to the last bit" in again.out
    told = call(capsys, "regimes", *arguments, "--output", "home share", "--json")
    assert told.code == 0
    assert json.loads(told.out) == document(read_netcdf(file))
    import xarray as xr

    with xr.open_dataset(file) as opened:
        assert opened.attrs["model_name"] == "core"


@pytest.mark.parametrize(
    "arguments",
    [
        ["loops", "core"],
        pytest.param(["loops", "security_tariffs", "--element", "Prato"], marks=pytest.mark.slow),
        [
            *["classes", "neoliberal_globalisation", "security_tariffs", "--members", "12"],
            *["--survives", "home share >= 0.5, completeness >= 0.5", "--at", "2050", "--fast"],
            *["--method", "sobol", "--seed", "2"],
        ],
    ],
    ids=["loops", "loops of one label", "classes"],
)
def test_a_study_of_runs_has_a_file_that_is_repeated_to_the_last_bit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    if arguments[0] == "loops":
        pytest.importorskip("simlin")
    file = tmp_path / "study.nc"
    said = call(capsys, "regimes", *arguments, "-o", file)
    assert said.code == 0, said.err
    assert f"wrote {file}" in said.out
    again = call(capsys, "rerun", file)
    assert (again.code, again.err) == (0, "")
    told = call(capsys, "regimes", *arguments, "--json")
    assert json.loads(told.out) == document(read_netcdf(file))


def test_the_lines_name_classes_and_equilibria(capsys: pytest.CaptureFixture[str]) -> None:
    said = call(
        capsys,
        *["regimes", "map", "core", "--along", "tariff=0:2:5", "--along", "cost ratio=1:2:3"],
        *["--where", "home share >= 0.5"],
    )
    assert "home share >= 0.5: at 5 pairs in every world, at 3 in some, at 7 in none" in said.out
    said = call(
        capsys,
        *["regimes", "basins", "core", "--initial", "home experience=0.01:1", "--members", 50],
        *["--along", "tariff=0.4:1.2:3"],
    )
    lines = [line for line in said.out.splitlines() if "tariff =" in line]
    assert [line.count(" at home experience") for line in lines] == [1, 2, 1]
    said = call(
        capsys,
        *["regimes", "classes", "neoliberal_globalisation", "security_tariffs", "--members", 8],
        *["--survives", "home share >= 0.5", "--fast"],
    )
    assert "policy decides: security_tariffs" in said.out
    assert "US Midwest" in said.out


def test_the_lines_name_folds_and_equilibria(capsys: pytest.CaptureFixture[str]) -> None:
    said = call(
        capsys, "regimes", "branch", "core", "--parameter", "tariff", "--from", 0, "--to", 2
    )
    assert "fold at tariff = 0.6945459" in said.out
    assert "fold at tariff = 1.0229099" in said.out
    said = call(capsys, "regimes", "equilibria", "core", "--output", "home share")
    assert said.out.count("  stable: home share") == 2
    assert said.out.count("  unstable: home share") == 1


TWO = ["--along", "tariff=0:2:4", "--along", "cost ratio=1:2:3"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["branch", "core", "--parameter", "tarif", "--from", "0", "--to", "1"], "tariff"),
        (["branch", "core", "--parameter", "tariff", "--from", "1", "--to", "0"], "--from below"),
        (["equilibria", "core", "--output", "home shar"], "home share"),
        (["basins", "core", "--initial", "x=0:1", "--members", "3"], "none of the free stocks"),
        (["basins", "core", "--members", "5000000000"], "5000000000 are not between 1 and 1000"),
        (["map", "core", *TWO, "--members", "5000000000"], "as are followed side by side"),
        (["equilibria", "core", "--at", "0.1"], "no time step"),
        (
            ["branch", "core", "--parameter", "tariff", "--from", "4", "--to", "9"],
            "lie outside its range",
        ),
        (["map", "core", *TWO, "--where", "home share"], '--where | "home share" is no rule'),
        (["equilibria", "core", "--hold", "nosuch"], "its stocks are home experience"),
        (["equilibria", "core", "--free", "nosuch"], '--free | "nosuch" is no stock of core'),
        (["map", "core", *TWO, "--where", "home shar > 1"], "home share"),
        (["classes", "core", "--survives", "home share > 1", "--members", "3"], "no prior table"),
        (
            ["classes", "district", "--survives", "home share > 1", "--members", "3"],
            "no policy to decide",
        ),
    ],
)
def test_a_wrong_request_says_what_to_do(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    said = call(capsys, "regimes", *arguments)
    assert said.code == 3
    assert message in said.err


def test_usage_errors_are_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    said = call(capsys, "regimes", "basins", "core", "--initial", "x=1", "--members", 3)
    assert said.code == 2
    said = call(
        capsys,
        *["regimes", "hysteresis", "core", "--parameter", "tariff"],
        *["--from", 0, "--to", 1, "--duration", -1],
    )
    assert said.code == 2
    for wrong in (TWO[:2], ["--along", "tariff=0:2:1", *TWO[2:]], ["--along", "tariff", *TWO[2:]]):
        assert call(capsys, "regimes", "map", "core", *wrong).code == 2
    asked = ["regimes", "basins", "core", "--members", 3, "--along"]
    assert call(capsys, *asked, "tariff=2:0:4").code == 2


HYSTERESIS = ["regimes", "hysteresis", "core", "--parameter", "tariff", "--from", 0]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["--duration", 1, "--slower", 5, "--slower", 30], "a way of 1 is 4 time steps of 0.25"),
        (["--duration", 1, "--slower", 30], "give at least 5, 20 time steps"),
        (["--duration", 10, "--slower", 2, "--slower", 2], "two sweeps take 80 time steps"),
        (["--duration", 10, "--slower", 1.001], "two sweeps take 40 time steps"),
    ],
)
def test_sweeps_that_are_too_short_or_equal_are_refused(
    capsys: pytest.CaptureFixture[str], asked: list[object], message: str
) -> None:
    said = call(capsys, *HYSTERESIS, "--to", 2, *asked)
    assert said.code == 3
    assert message in said.err


def test_a_sweep_takes_as_long_as_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    asked = [*HYSTERESIS, "--to", 2, "--duration", 10.1, "--slower", 3, "--slower", 10]
    said = call(capsys, *asked, "--json")
    sweeps = json.loads(said.out)["sweeps"]
    assert [s["duration"] for s in sweeps] == [10.0, 30.25, 101.0]
    assert [s["duration_asked"] for s in sweeps] == pytest.approx([10.1, 30.3, 101.0])
    areas = [s["area"]["home experience"] for s in sweeps]
    assert areas == sorted(set(areas), reverse=True)
    said = call(capsys, *asked)
    assert "  10 each way (10.1 in whole time steps): area" in said.out
    assert "  101 each way: area" in said.out


def test_a_loop_as_small_as_the_tolerance_of_the_flow_is_no_bistability(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for slower in (2, 100):
        said = call(capsys, *HYSTERESIS, "--to", 0.1, "--duration", 10, "--slower", slower)
        assert "slow stocks: " in said.out


def test_two_equilibria_are_found_inside_a_wide_fast_loop(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = call(
        capsys,
        *["regimes", "hysteresis", "core", "--parameter", "tariff", "--from", -0.5, "--to", 4],
        *["--duration", 10, "--slower", 2],
    )
    assert "true bistability: " in said.out


def test_a_sweep_without_finite_states_reports_where(capsys: pytest.CaptureFixture[str]) -> None:
    said = call(
        capsys,
        *["regimes", "hysteresis", "core", "--parameter", "tariff", "--from", -3, "--to", 2],
        *["--duration", 40],
    )
    assert said.code == 0, said.err
    assert "undecided: the way up of 4000 has no finite state from -1.25 on" in said.out


@pytest.mark.parametrize(
    "study",
    [
        ["branch", "--stops", 2, "--starts", 2],
        ["hysteresis", "--duration", 10, "--slower", 2],
        ["policy", "--longest", 20, "--doses", 2, "--durations", 1],
    ],
    ids=["branch", "hysteresis", "policy"],
)
def test_bounds_outside_the_range_of_the_model_are_reported(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, study: list[object]
) -> None:
    name, *more = study
    asked = ["regimes", name, "core", "--parameter", "tariff", *more]
    said = call(capsys, *asked, "--from", -0.5, "--to", 4)
    assert said.code == 0, said.err
    for value in ("-0.5", "4"):
        what = f"tariff = {value} is outside the range [0, 3] that the model core states"
        assert what in caplog.text
    caplog.clear()
    assert call(capsys, *asked, "--from", 0.5, "--to", 3).code == 0
    assert "outside" not in caplog.text


def test_a_branch_ends_with_a_reason_where_the_model_has_no_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # without stated ranges a branch is followed between any bounds
    path = tmp_path / "open.mdl"
    core = find_model("core").read_text(encoding="utf-8")
    path.write_text(re.sub(r"Dmnl \[[^]]*\]", "Dmnl", core), encoding="utf-8")
    asked = ["regimes", "branch", path, "--parameter"]
    said = call(capsys, *asked, "tariff", "--from", 0, "--to", 1e300)
    assert said.code == 0, said.err
    assert "undefined: the flows have no finite value next to it, at 0" in said.out
    said = call(capsys, *asked, "cost ratio", "--from", -1, "--to", 3)
    assert "undefined: the flows have no finite value next to it, at -0.0019" in said.out


def test_a_branch_ends_where_the_parameter_leaves_its_range(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["regimes", "branch", "core", "--parameter", "tariff"]
    said = call(capsys, *asked, "--from", -2, "--to", 2)
    assert "ends: left its range [0, 3] at 0; bounds at 2" in said.out
    said = call(capsys, *asked, "--from", 0, "--to", 9)
    assert "ends: bounds at 0; left its range [0, 3] at 3" in said.out
    folds = [line for line in said.out.splitlines() if "fold at" in line]
    assert len(folds) == 2
    said = call(capsys, *asked, "--from", -2, "--to", 9, "--second", "experience exponent=-1:2")
    assert said.code == 0
    assert "bounds at 2.6" in said.out


def test_a_district_has_no_tariff_below_its_range(capsys: pytest.CaptureFixture[str]) -> None:
    said = call(
        capsys,
        *["regimes", "branch", "district", "--at", 2019, "--element", "Brenta", "--starts", 1],
        *["--parameter", "tariff level[far]", "--from", -2, "--to", 0.5, "--stops", 2],
    )
    assert said.code == 0, said.err
    assert "left its range [0, 1.5] at 0" in said.out
    assert "too many points" not in said.out


@pytest.mark.slow
def test_a_drift_without_end_is_undecided_and_has_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "drift.mdl").write_text(mdl("pop = INTEG(pop * rate, 100)\nrate = 0.05\n"))
    model = str(tmp_path / "drift.mdl")
    along = ["--parameter", "rate", "--from", "0.01", "--to", "0.1"]
    policy = call(capsys, "regimes", "policy", model, *along, "--longest", "20")
    assert "undecided: without a policy the flow settles on nothing" in policy.out
    assert "enough" not in policy.out
    for name, options in (("policy", [*along, "--longest", "20"]), ("basins", ["--members", "9"])):
        file = str(tmp_path / f"{name}.nc")
        assert call(capsys, "regimes", name, model, *options, "-o", file).code == 0
        assert call(capsys, "rerun", file).code == 0
    assert "9 of 9 settle on nothing" in call(capsys, "regimes", "basins", model, *options).out


TWINS = """
birth = 0.05
initial = 100
north = INTEG(north * birth * (1 - (north + south) / 1000), initial)
south = INTEG(south * birth * (1 - (north + south) / 1000), 2 * initial)
"""


def test_a_line_of_equilibria_is_one_and_no_branch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Only the sum of the two is fixed: any share of it is an equilibrium."""
    (tmp_path / "twins.mdl").write_text(mdl(TWINS))
    model = str(tmp_path / "twins.mdl")
    said = call(capsys, "regimes", "equilibria", model)
    assert "1 equilibria and 1 line of them" in said.out
    assert "stands for a line of equilibria" in said.out
    assert "north 0, south 0" in said.out
    along = ["--parameter", "birth", "--from", "0.01", "--to", "0.09"]
    said = call(capsys, "regimes", "branch", model, *along)
    assert "1 branch; 0 folds, 0 Hopf points" in said.out
    assert "lie on a line at 3 of 3 values" in caplog.text
    assert "hold 1 stock more with --hold" in caplog.text
    held = call(capsys, "regimes", "equilibria", model, "--hold", "south")
    assert "line" not in held.out


EPIDEMIC = """
infectivity = 0.25
healthy = INTEG(-contagion, 990)
ill = INTEG(contagion - recovery, 10)
immune = INTEG(recovery, 0)
contagion = 2.5 * infectivity * healthy * ill / 1000
recovery = ill / 2
"""


def test_the_hint_of_a_line_counts_the_stocks_to_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Without infection the healthy and the recovered may be any number: two stocks to hold."""
    (tmp_path / "epidemic.mdl").write_text(mdl(EPIDEMIC))
    along = ["--parameter", "infectivity", "--from", "0", "--to", "1"]
    call(capsys, "regimes", "branch", tmp_path / "epidemic.mdl", *along)
    assert "hold 2 stocks more with --hold" in caplog.text


def test_an_epidemic_without_feedback_of_the_healthy_has_no_fold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the other two held, the number of ill grows or falls at a constant rate."""
    (tmp_path / "epidemic.mdl").write_text(mdl(EPIDEMIC))
    along = ["--parameter", "infectivity", "--from", "0", "--to", "20"]
    hold = ["--hold", "healthy", "--hold", "immune"]
    said = call(capsys, "regimes", "branch", tmp_path / "epidemic.mdl", *along, *hold)
    assert said.code == 0, said.err
    assert "2 branches; 0 folds, 0 Hopf points, 1 branch point, 0 kinks" in said.out
    assert "ends: a line of equilibria, not followed further, at " in said.out
    assert len(said.out.splitlines()) < 8


def test_a_branch_that_closes_has_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ring.mdl").write_text(mdl("x = INTEG(x*x + p*p - 0.25, -0.4)\np = 0"))
    file = tmp_path / "ring.nc"
    bounds = ["--parameter", "p", "--from", -1, "--to", 1]
    said = call(capsys, "regimes", "branch", tmp_path / "ring.mdl", *bounds, "-o", file)
    assert said.code == 0, said.err
    assert "ends: closed; closed" in said.out
    assert call(capsys, "rerun", file).code == 0


def test_a_parameter_that_changes_no_flow_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "twins.mdl").write_text(mdl(TWINS))
    model = str(tmp_path / "twins.mdl")
    for name, high in (("birth", "0.09"), ("initial", "90")):
        caplog.clear()
        along = ["--parameter", name, "--from", "0.01", "--to", high, "--hold", "south"]
        assert call(capsys, "regimes", "branch", model, *along).code == 0
        assert ("changes no net flow" in caplog.text) == (name == "initial")
