from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.encoding import decoded
from simdistrict.base.errors import ExchangeError, ModelError
from simdistrict.exchange.xmile.reader import read_xmile_text
from simdistrict.exchange.xmile.writer import xmile_text
from simdistrict.model.expr import Binary, Call, Number, Ref
from simdistrict.model.model import (
    Auxiliary,
    Constant,
    Dimension,
    Equation,
    Flow,
    Lookup,
    Model,
    Range,
    Stock,
)
from simdistrict.run.simulate import simulate
from tests.oracle.test_functions import flat
from tests.program import call
from tests.reading import read_model
from tests.xmile_text import aux, small, xmile


def values(variables: str, name: str, **parts: str) -> list[float]:
    """The series of one element of a small model."""
    return [round(float(v), 12) for v in flat(simulate(small(variables, **parts)))[name]]


def last(equation: str, **parts: str) -> float:
    """The value of an equation at the end."""
    return values(aux("x", equation), "x", **parts)[-1]


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("-2^2", -4.0),
        ("2^-1", 0.5),
        ("2^3^2", 512.0),
        ("2 - 3 - 4", -5.0),
        ("12 / 3 * 2", 8.0),
        ("7 MOD 4 * 2", 6.0),
        ("-7 MOD 4", 1.0),
        ("INT(-2.5)", -3.0),
        ("INT(2.5)", 2.0),
        ("ROUND(-2.6)", -3.0),
        ("NOT 1 = 0", 1.0),
        ("IF NOT (TIME > 3) OR 1 = 1 AND 2 <> 2 THEN 5 ELSE 6", 6.0),
        ("if Time >= 4 then 1 else if Time = 3 then 2 else 3", 1.0),
        ("{a comment} 3 {another} + .5e1", 8.0),
        ("MAX(1, 7, 3) + MIN(4, 2)", 9.0),
        ("MEAN(1, 2, 6)", 3.0),
        ("LOG10(1000)", 3.0),
        ("PI()", round(float(np.pi), 12)),
        ("SAFEDIV(1, 0) + SAFEDIV(1, 0, 9)", 9.0),
        ("5 // 0", 0.0),
        ("STARTTIME + STOPTIME * 10 + DT * 100", 140.0),
        ("STEP(3, 2) + RAMP(2, 1)", 9.0),
        ("SIZE(D)", 2.0),
        ("D.b * 10", 20.0),
        ("1" + " + 2 - 1" * 5000, 5001.0),
        ("*".join(["1"] * 5000), 1.0),
        ("(" * 70 + "TIME" + ")" * 70, 4.0),
        ("IF TIME > 5 THEN 2 ELSE " * 70 + "1", 1.0),
    ],
)
def test_value_of_an_xmile_equation(equation: str, expected: float) -> None:
    assert last(equation, dimensions="D: a, b") == expected


def test_int_and_mod_in_files_of_vensim() -> None:
    assert last("INT(-2.5)", vendor="Ventana Systems, Inc.") == -2
    assert last("-7 mod 4", vendor="Ventana Systems, Inc.") == -3


def test_pulse_is_a_volume_within_one_time_step() -> None:
    specs = "<start>0</start><stop>2</stop><dt>0.5</dt>"
    assert values(aux("x", "PULSE(3, 1)"), "x", specs=specs) == [0, 0, 6, 0, 0]
    assert values(aux("x", "PULSE(3, 0, 1)"), "x", specs=specs) == [6, 0, 6, 0, 6]


def test_stocks_and_flows_with_units_and_documentation() -> None:
    model = small(
        '<stock name="full\\nof tea"><eqn>10</eqn><inflow>pour_in</inflow>'
        '<outflow>"drink (up)"</outflow><units>cup</units><doc> Tea.  </doc>'
        '<range min="0"/></stock>'
        '<flow name="pour in"><eqn>2</eqn></flow>'
        '<flow name="drink (up)"><eqn>full_of_tea / 5</eqn></flow>'
        '<group name="Drinks"><entity name="pour in"/></group>'
    )
    stock = model["full of tea"]
    assert isinstance(stock, Stock)
    assert (stock.units, stock.documentation, stock.range) == ("cup", "Tea.", Range(0.0))
    assert isinstance(model["drink (up)"], Flow)
    assert isinstance(model["pour in"], Constant)
    assert model["pour in"].group == "Drinks"
    assert flat(simulate(model))["full of tea"][1] == 10


def test_time_grid_of_sim_specs() -> None:
    specs = (
        '<sim_specs method="RK4" time_units="Years" savestep="0.5"><start>1</start>'
        '<stop>3</stop><dt reciprocal="true">4</dt></sim_specs>'
    )
    model = small(aux("x", "1"), specs=specs)
    assert model.integrator == "rk4"
    assert model["time step"].units == "Years"
    assert flat(simulate(model))["time"].tolist() == [1, 1.5, 2, 2.5, 3]
    other = small(aux("x", "1"), specs=specs.replace("RK4", "Gear"))
    assert other.integrator == "rk4"
    assert "Gear" in other.notes[0]


GRAPH = "<gf{}><xpts>1,2,4</xpts><ypts>10,20,0</ypts></gf>"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("", [10, 10, 20, 10, 0, 0, 0]),
        (' type="continuous"', [10, 10, 20, 10, 0, 0, 0]),
        (' type="extrapolate"', [0, 10, 20, 10, 0, -10, -20]),
        (' type="discrete"', [10, 10, 20, 20, 0, 0, 0]),
    ],
)
@pytest.mark.parametrize("alone", [False, True])
def test_three_kinds_of_graphical_function(kind: str, expected: list[float], alone: bool) -> None:
    specs = "<start>0</start><stop>6</stop><dt>1</dt>"
    graph = GRAPH.format(kind)
    if alone:
        text = graph.replace("<gf", '<gf name="g"') + aux("x", "g(TIME)")
    else:
        text = aux("x", "TIME", graph)
    assert values(text, "x", specs=specs) == expected


def test_applied_graphical_function_is_a_lookup() -> None:
    text = aux("g", "0", GRAPH.format("")) + aux("x", "LOOKUP(g, TIME)")
    model = small(text)
    assert isinstance(model["g"], Lookup)
    assert flat(simulate(model))["x"].tolist() == [10, 10, 20, 10, 0]


def test_points_from_a_scale() -> None:
    graph = '<gf><xscale min="0" max="4"/><yscale min="0" max="9"/><ypts>0,8,0</ypts></gf>'
    assert values(aux("x", "TIME", graph), "x") == [0, 4, 8, 4, 0]


DIMENSIONS = "D: a, b\nE: u, v, w"
ARRAYS = (
    '<aux name="m"><dimensions><dim name="D"/><dim name="E"/></dimensions>'
    + "".join(
        f'<element subscript="{d}, {e}"><eqn>{k}</eqn></element>'
        for k, (d, e) in enumerate((d, e) for d in "ab" for e in "uvw")
    )
    + "</aux>"
)


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("m[b, w]", 5),
        ("m[2, 3]", 5),
        ("SUM(m[*, *])", 15),
        ("SUM(m)", 15),
        ("SUM(m[b, *])", 12),
        ("PROD(m[b, *])", 60),
        ("MAX(m[*, v]) + MIN(m[b, *])", 7),
        ("MEAN(m[*, u])", 1.5),
        ("SUM(m[a, *] * m[b, *])", 14),
        ("SIZE(m[a, *])", 3),
    ],
)
def test_array_reading_and_reduction(equation: str, expected: float) -> None:
    assert values(ARRAYS + aux("x", equation), "x", dimensions=DIMENSIONS)[-1] == expected


def test_equation_for_all_elements_or_one() -> None:
    dims = '<dimensions><dim name="D"/></dimensions>'
    text = ARRAYS + (
        f'<aux name="all">{dims}<eqn>SUM(m[D, *]) + D</eqn></aux>'
        f'<aux name="bare">{dims}<eqn>all * 2</eqn></aux>'
        f'<aux name="single">{dims}<element subscript="a"><eqn>all[D]</eqn></element>'
        '<element subscript="b"><eqn>TIME</eqn></element></aux>'
        f'<aux name="in order">{dims}<eqn>7</eqn><eqn>8</eqn></aux>'
        f'<aux name="listed">{dims}<eqn>3, 4</eqn></aux>'
    )
    series = flat(simulate(small(text, dimensions=DIMENSIONS)))
    wanted = {"all": (4, 14), "bare": (8, 28), "single": (4, 4), "in order": (7, 8)}
    for name, pair in {**wanted, "listed": (3, 4)}.items():
        assert (series[f"{name}[a]"][-1], series[f"{name}[b]"][-1]) == pair


def test_labels_and_names_with_special_characters() -> None:
    both = '<dimensions><dim name="01"/></dimensions>'
    array = (
        f'<aux name="m">{both}<element subscript="&quot;a, b&quot;"><eqn>1</eqn></element>'
        '<element subscript="c"><eqn>2</eqn></element></aux>'
    )
    more = f'<aux name="n">{both}<eqn>m * 10 + m[01]</eqn></aux>' + aux(".x", "TIME")
    stock = '<stock name="s"><eqn>0</eqn><inflow>"a \\"b\\""</inflow></stock>'
    flow = '<flow name="a \\&quot;b\\&quot;"><eqn>".x" + "7"</eqn></flow>' + aux("7", "1")
    dims = '<dim name="01"><elem name="a, b"/><elem name="c"/></dim>'
    text = xmile(array + more + stock + flow).replace(
        "<dimensions></dimensions>", f"<dimensions>{dims}</dimensions>"
    )
    series = flat(simulate(read_xmile_text(text, "m")))
    assert (series["n[a,b]"][0], series["n[c]"][0]) == (11, 22)
    assert series["s"].tolist() == [0, 1, 3, 6, 10]


def test_dimension_with_a_dot_after_the_name_of_another() -> None:
    """Such a name is that of the dimension, and no label of the other."""
    name, other = Dimension("M. 2", ("x", "y")), Dimension("M", ("u", "v"))
    own = ("m. 2",)
    control = [("INITIAL TIME", 0.0), ("FINAL TIME", 1.0), ("TIME STEP", 1.0), ("SAVEPER", 1.0)]
    elements = [Constant(name=n, equations=(Equation(Number(v)),)) for n, v in control]
    elements.append(
        Constant(name="c", equations=(Equation(Number(2.0), subscripts=own),), dims=own)
    )
    reads = Equation(Binary("+", Ref("c", own), Number(1.0)), subscripts=own)
    model = Model(
        "m", (*elements, Auxiliary(name="x", equations=(reads,), dims=own)), (name, other)
    )
    found = flat(simulate(read_xmile_text(xmile_text(model, drawn=False), "m")))
    assert found["x[y]"][-1] == 3.0


def test_no_break_spaces_are_underscores() -> None:
    variables = '<aux name="unit\u00a0 cost"><eqn>3</eqn></aux>'
    variables += (
        '<aux name="x"><eqn>unit_cost + Unit\u00a0 _COST {a {nested} comment} * 2</eqn></aux>'
    )
    assert values(variables, "x")[-1] == 9


def test_modules_are_flattened_and_noted() -> None:
    inner = (
        '<model name="inner"><variables><aux name="in" access="input"><eqn>0</eqn></aux>'
        '<stock name="level"><eqn>1</eqn><inflow>grow</inflow></stock>'
        '<flow name="grow"><eqn>in * level</eqn></flow></variables></model>'
    )
    text = (
        aux("rate", "0.5")
        + '<module name="one" model="inner"><connect to="one.in" from=".rate"/></module>'
        + '<module name="two" model="inner"><connect to="in" from="one.level"/></module>'
        + aux("sum", "one.level + two.level")
    )
    model = small(text, more=inner)
    series = flat(simulate(model))
    assert series["one.level"][:3].tolist() == [1, 1.5, 2.25]
    assert series["two.in"][:3].tolist() == [1, 1.5, 2.25]
    assert series["sum"][1] == 3.5
    assert "the module one is flattened" in model.notes[0]


def test_macro_equation_replaces_its_call() -> None:
    macro = (
        '<macro name="TWICE OVER"><parm>p</parm><parm>q</parm><eqn>half * 4 / q</eqn>'
        '<variables><aux name="half"><eqn>p / 2</eqn></aux></variables></macro>'
    )
    assert values(aux("x", "TWICE_OVER(TIME + 1, 2)"), "x", more=macro) == [1, 2, 3, 4, 5]


LAG = """
<macro name="LAG"><parm>input</parm><parm>time to adapt</parm><parm default="input">start</parm>
<eqn>level</eqn><variables>
<stock name="level"><eqn>start</eqn><inflow>change</inflow></stock>
<flow name="change"><eqn>(input - level) / time_to_adapt</eqn></flow>
</variables></macro>
<macro name="TWO LAGS"><parm>x</parm><eqn>LAG(LAG(x, 2), 2, 7)</eqn></macro>
"""


def test_macro_with_a_stock_makes_elements_for_each_call() -> None:
    text = (
        aux("x", "LAG(STEP(10, 1), 2) + LAG(TIME, 4, 1)")
        + aux("same", "SMTH1(STEP(10, 1), 2) + SMTH1(TIME, 4, 1)")
        + aux("y", "TWO_LAGS(TIME)")
        + aux("like", "SMTH1(SMTH1(TIME, 2), 2, 7)")
    )
    model = small(text, more=LAG)
    series = flat(simulate(model))
    assert series["x"].tolist() == series["same"].tolist()
    assert series["y"].tolist() == series["like"].tolist()
    assert model["LAG 1.time to adapt"].name == "LAG 1.time to adapt"
    assert "LAG 1, a call of a macro, is flattened" in model.notes[0]


def test_macro_with_a_stock_called_in_an_array() -> None:
    both = '<dimensions><dim name="D"/></dimensions>'
    text = (
        f'<aux name="rate">{both}<element subscript="a"><eqn>TIME</eqn></element>'
        '<element subscript="b"><eqn>3</eqn></element></aux>'
        f'<aux name="x">{both}<eqn>LAG(rate, 2, D)</eqn></aux>'
        f'<aux name="same">{both}<eqn>SMTH1(rate, 2, D)</eqn></aux>'
    )
    series = flat(simulate(small(text, more=LAG, dimensions="D: a, b")))
    for label in "ab":
        assert series[f"x[{label}]"].tolist() == series[f"same[{label}]"].tolist()


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("LAG(1)", '"x" calls the macro "LAG" with 1 arguments, not 3'),
        ("SUM(LAG(m, 2))", '"x" calls the macro "LAG" inside a sum over an array'),
        ("LAG(SELF, 2)", '"x" passes SELF to a macro'),
        ("ROUND_ROBIN(1)", 'calls the macro "ROUND ROBIN" which calls itself without end'),
    ],
)
def test_invalid_macro_calls_are_refused(equation: str, message: str) -> None:
    endless = (
        '<macro name="ROUND ROBIN"><parm>p</parm><eqn>s + ROUND_ROBIN(p)</eqn>'
        '<stock name="s"><eqn>p</eqn></stock></macro>'
    )
    array = '<aux name="m"><dimensions><dim name="D"/></dimensions><eqn>1</eqn></aux>'
    with pytest.raises(ModelError) as caught:
        small(aux("x", equation) + array, more=LAG + endless, dimensions="D: a, b")
    assert message in str(caught.value)


def test_not_after_its_operand() -> None:
    text = (
        aux("no", "0")
        + aux("x", "IF no not THEN 1 ELSE 2")
        + aux("y", "IF (1>2) NOT AND 1>0 THEN 1 ELSE 2")
    )
    assert values(text, "x") == values(text, "y") == [1] * 5


def test_unclosed_element_ends_where_the_next_begins() -> None:
    text = (
        '<flow name="f"><eqn>TIME</eqn>\n<stock name="s"><eqn>1</eqn><inflow>f</inflow></stock>'
        '<aux name="x"><eqn>s + 1</eqn><aux name="y"><eqn>x</eqn></aux>'
    )
    model = small(text)
    assert flat(simulate(model))["y"].tolist() == [2, 2, 3, 5, 8]
    assert model.notes == (
        'small.xmile:7 | the flow "f" is never closed in the file',
        'small.xmile:8 | the aux "x" is never closed in the file',
    )


def test_random_numbers_are_within_their_bounds() -> None:
    made = {
        "EXPRND(4)": "RANDOM EXPONENTIAL",
        "NORMAL(1, 2, 7, 0, 3)": "RANDOM NORMAL",
        "POISSON(2, 3)": "RANDOM POISSON",
        "RANDOM(1, 2)": "RANDOM UNIFORM",
        "UNIFORM(1, 2, 5)": "RANDOM UNIFORM",
    }
    for equation, name in made.items():
        expression = small(aux("x", equation))["x"].equations[0].expression
        assert isinstance(expression, Call)
        assert expression.function == name
    long = "<start>0</start><stop>4000</stop><dt>1</dt>"
    means = {"EXPRND(4)": 4, "NORMAL(5, 2)": 5, "RANDOM(2, 6)": 4, "LOGNORMAL(3, 1)": 3}
    for equation, mean in means.items():
        drawn = flat(simulate(small(aux("x", equation), specs=long)))["x"]
        assert drawn.mean() == pytest.approx(mean, rel=0.05)
    spread = flat(simulate(small(aux("x", "LOGNORMAL(3, 1)"), specs=long)))["x"].std()
    assert spread == pytest.approx(1, rel=0.1)


def test_non_negative_stock_limits_its_outflows_in_order() -> None:
    text = (
        '<stock name="s"><eqn>5</eqn><inflow>in</inflow><outflow>first</outflow>'
        "<outflow>second</outflow><non_negative/></stock>"
        '<stock name="t"><eqn>0</eqn><inflow>second</inflow></stock>'
        '<flow name="in"><eqn>1</eqn></flow><flow name="first"><eqn>2 + 0 * TIME</eqn></flow>'
        '<flow name="second"><eqn>3 + 0 * TIME</eqn></flow>'
    )
    assert values(text, "s") == [5, 1, 0, 0, 0]
    assert values(text, "first") == [2, 2, 1, 1, 1]
    assert values(text, "second") == [3, 0, 0, 0, 0]
    assert values(text, "t") == [0, 3, 3, 3, 3]


def test_non_negative_flow() -> None:
    text = '<flow name="f"><eqn>TIME - 2</eqn>{}</flow>'
    assert values(text.format("<non_negative/>"), "f") == [0, 0, 0, 1, 2]
    assert values(text.format("<non_negative>false</non_negative>"), "f")[0] == -2


@pytest.mark.parametrize(
    ("start", "stop", "dt", "times"),
    [
        ("0", "Last_Year", "1", [0, 1, 2, 3]),
        ("last_year - 2", "2 * Last_Year - 4", "1", [1, 2]),
        ("0", '"last year" {in years}', "3/2", [0, 1.5, 3]),
        ("-1/2", "1/2", "1/fine", [-0.5, -0.25, 0, 0.25, 0.5]),
    ],
)
def test_sim_specs_with_names_and_expressions(
    start: str, stop: str, dt: str, times: list[float]
) -> None:
    text = aux("Last Year", "3") + aux("fine", "4") + aux("seen", "STOPTIME + DT")
    model = small(text, specs=f"<start>{start}</start><stop>{stop}</stop><dt>{dt}</dt>")
    found = flat(simulate(model))
    assert found["time"].tolist() == times
    assert found["seen"][0] == times[-1] + times[1] - times[0]


def test_numbers_of_sim_specs_stay_constants_and_names_do_not() -> None:
    specs = '<start>0</start><stop>1/2 + 3/2</stop><dt reciprocal="true">fine</dt>'
    model = small(aux("fine", "4"), specs=specs)
    assert isinstance(model["FINAL TIME"], Constant)
    assert not isinstance(model["TIME STEP"], Constant)
    assert flat(simulate(model))["time"].tolist() == [0.25 * i for i in range(9)]
    assert len(flat(simulate(model, sets=["fine=1"]))["time"]) == 3


def test_stop_that_names_an_element_of_that_name_is_its_value() -> None:
    model = small(aux("FINAL TIME", "2"), specs="<start>0</start><stop>FINAL_TIME</stop>")
    assert flat(simulate(model))["time"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("backend", ["interpreted", "native"])
def test_nan_is_a_value_that_is_not_there(backend: str) -> None:
    text = aux("none", "NAN") + aux("some", "IF TIME > 1 THEN nan ELSE 5") + aux("full", "TIME")
    found = flat(simulate(small(text), backend=backend))
    np.testing.assert_array_equal(found["none"], [np.nan] * 5)
    np.testing.assert_array_equal(found["some"], [5, 5, np.nan, np.nan, np.nan])
    assert found["full"].tolist() == [0, 1, 2, 3, 4]
    own = flat(simulate(small(aux("NaN", "7") + aux("x", "NAN * 2")), backend=backend))
    assert own["x"].tolist() == [14] * 5


def test_nan_is_written_as_xmile_has_it() -> None:
    again = read_xmile_text(xmile_text(small(aux("x", "IF TIME > 1 THEN NAN ELSE 2"))), "again")
    np.testing.assert_array_equal(flat(simulate(again))["x"], [2, 2, np.nan, np.nan, np.nan])


def test_sample_is_recognised_by_its_form() -> None:
    text = aux("x", "IF TIME > 1 AND TIME < 4 THEN TIME ELSE PREVIOUS(SELF, -1)")
    assert values(text, "x") == [-1, -1, 2, 3, 3]


def test_control_elements_keep_their_documentation() -> None:
    text = '<aux name="TIME STEP"><eqn>2</eqn><doc>A step.</doc></aux>' + aux("x", "TIME_STEP")
    model = small(text)
    assert model["time step"].documentation == "A step."
    assert flat(simulate(model))["x"][-1] == 1  # the value of sim_specs


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (aux("x", "1 +"), 'm.xmile:7 | the equation of "x" cannot be read at its end'),
        (aux("x", "1 2"), 'cannot be read at "2"'),
        (aux("x", "(1"), "has its end where ) is expected"),
        (aux("x", "IF 1 ELSE 2"), 'has "else" where THEN is expected'),
        (aux("x", "a ? b"), 'the equation of "x" cannot be read at "? b"'),
        (aux("x", "\n\n 1 + £"), "m.xmile:9 |"),
        (aux("yes", "1") + aux("x", "yess"), 'did you mean "yes"?'),
        (aux("x", ""), '"x" has no equation'),
        (aux("x", "???"), '"x" has no equation'),
        (aux("x", "1") + aux("X", "2"), '"X" is defined twice, first in line 7'),
        (aux("x", "ABS(1, 2)"), '"x" calls ABS with 2 arguments, not 1'),
        (aux("x", "m[q]"), 'uses "m", which the model does not define'),
        (aux("x", "1'"), 'cannot be read at "\'"'),
        (aux("x", "y[1:2]") + "", 'uses "y"'),
        ('<stock name="s"><eqn>1</eqn><inflow>no</inflow></stock>', 'uses "no"'),
        ('<stock name="s"><eqn>1</eqn><conveyor/></stock>', '"s" is a conveyor'),
        ('<stock name="s"><eqn>1</eqn><queue/></stock>', '"s" is a queue'),
        ('<stock name="s"><eqn>1</eqn><oven/></stock>', '"s" is an oven'),
        ('<module name="far"/>', 'there is no model for the module "far"'),
        ('<module name="far" resource="http://x/y"/>', "is in another file"),
        (aux("x", "1", "<gf><ypts>1,2</ypts></gf>"), "neither xpts nor an xscale"),
        (aux("x", "1e400"), "1e400, which is not a finite number"),
        (aux("x", "1", "<gf><xpts>0,1</xpts><ypts>1,1e400</ypts></gf>"), "not finite"),
        (aux("x", "1", "<gf><xpts>1</xpts><ypts>1,2</ypts></gf>"), "has 1 xpts and 2 ypts"),
        ('<aux name="x"><dimensions><dim name="Q"/></dimensions></aux>', "is not defined"),
        (aux("x", "(" * 10_000 + "1" + ")" * 10_000), "is nested too deeply"),
        (aux("x", "^(1".join(["1"] * 90) + ")" * 89), "is nested too deeply"),
        (aux("x", "(" * 40 + "TIME" + " MOD 3)" * 40), "too large"),
    ],
)
def test_error_states_line_and_problem(variables: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_xmile_text(xmile(variables), "m", "m.xmile")
    assert message in str(caught.value)
    assert all(p.where.startswith("m.xmile:") for p in caught.value.problems)


def test_all_problems_of_a_file_are_reported() -> None:
    with pytest.raises(ModelError) as caught:
        small(aux("x", "1 +") + aux("y", "no") + aux("z", "nothing"))
    assert len(caught.value.problems) == 3


def test_unknown_function_is_named_with_element_and_line() -> None:
    with pytest.raises(ModelError, match='line 7 \\| "x" uses the function OVEN TIME, which'):
        simulate(small(aux("x", "OVEN_TIME(3)")))


HEAD = xmile(aux("x", "1"))
BOMB = "".join(f'<!ENTITY e{k + 1} "{f"&e{k};" * 10}">' for k in range(9))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("hello", "this is not an XML file"),
        ("<html><p/></html>", "this is <html>, not XMILE"),
        (HEAD[:-40], "it is cut off"),
        (HEAD[: len(HEAD) // 2], "it is cut off"),
        (HEAD.replace("</eqn>", ""), "not well formed"),
        (f'<!DOCTYPE x [<!ENTITY e0 "ha">{BOMB}]><xmile>&e9;</xmile>', "XML entities"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xmile>&a;</xmile>', "entities"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><xmile>&a;</xmile>', "entities"),
        ("<x>" * 5000, "nested more than 100 deep"),
        (HEAD.replace("<stop>4</stop>", ""), "sim_specs has no <stop>"),
        (
            HEAD.replace("<stop>4<", "<stop>four<"),
            '"<stop> of sim_specs" uses "four", which',
        ),
        ("<xmile><sim_specs><start>0</start><stop>1</stop></sim_specs></xmile>", "no model"),
    ],
)
def test_file_that_is_no_model_gives_one_message(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.xmile"
    path.write_text(text, encoding="utf-8")
    for command in (("show", "model"), ("check",), ("run",)):
        answer = call(capsys, *command, path)
        assert answer.code == 3
        assert message in answer.err
        assert answer.err.count("error:") == 1


def test_unbounded_growth_is_stopped() -> None:
    with pytest.raises(ModelError, match="more than 500000 XML elements"):
        read_xmile_text("<xmile>" + "<a/>" * 600_000 + "</xmile>", "m")
    with pytest.raises(ModelError, match="characters, more than 100000"):
        small(aux("x", "1+" * 60_000 + "1"))


def test_too_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.stmx"
    with path.open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(ExchangeError, match="60 MB is more than a model file can have"):
        read_model(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, newline: str) -> None:
    text = xmile(aux("Größe", "1")).replace('encoding="utf-8"', f'encoding="{encoding}"')
    if encoding == "cp1252":
        text = text.replace(' encoding="cp1252"', "")  # without a declared encoding
    content = text.replace("\n", newline).encode(encoding)
    assert "Größe" in read_xmile_text(decoded(content, "m")[0], "m")


def test_dashes_in_comments_and_unknown_prefixes_are_accepted() -> None:
    text = aux("x", "1").replace("<eqn>", "<!-- a -- b\n --><isee:odd/><eqn>")
    assert small(text)["x"].line == 8


def test_commands_accept_xmile_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tea.stmx"
    path.write_text(xmile(aux("x", "TIME * 2")), encoding="utf-8")
    result = tmp_path / "tea.nc"
    assert call(capsys, "run", path, "-o", result).code == 0
    assert "the same numbers to the last bit" in call(capsys, "rerun", result).out
    assert "x = Time * 2" in call(capsys, "show", "model", path, "--equations").out
    assert "tea.stmx:7" in call(capsys, "check", path, "--only", "documentation").out
    refused = call(capsys, "run", path, "--backend", "pysd", "-o", tmp_path / "other.nc")
    assert refused.code == 3
    assert "runs Vensim's .mdl files only" in refused.err
