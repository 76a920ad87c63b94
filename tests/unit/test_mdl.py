"""Reading .mdl files: kinds, dimensions, documentation and errors."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import ExchangeError, ModelError
from simdistrict.engine.lowering.build import build
from simdistrict.exchange.mdl.reader import read_mdl, read_mdl_text
from simdistrict.exchange.mdl.writing import model_text
from simdistrict.exchange.models import read_model_file
from simdistrict.exchange.text.equations import EquationText, in_quotes
from simdistrict.model.expr import Binary, Number, Points, fold, unquoted
from simdistrict.model.model import Constant, Flow, Lookup, Range, Stock, constant_values
from simdistrict.run.simulate import simulate
from tests.small import mdl, small


def problems(text: str) -> str:
    with pytest.raises(ModelError) as caught:
        build(read_mdl_text(text, "model"))
    return str(caught.value)


def test_kinds_units_ranges_documentation_and_groups() -> None:
    text = (
        "{UTF-8}\n****\n .Making\n****~\n A group.\n|\n"
        "Capacity = INTEG(building - 2, 10) ~ su/Year [0,?] ~ Installed \\\n capacity. |\n"
        "building = effort * 3 ~ su/(Year*Year) ~ A flow. |\n"
        "effort = 0.5 ~ Dmnl [0,1,0.1] ~ A constant. |\n"
        "curve([(0,0)-(2,2)],(0,0),(1,2)) ~ Dmnl ~ A lookup. |\n" + mdl("")
    )
    model = read_mdl_text(text, "model")
    capacity, building, effort = model["capacity"], model["building"], model["effort"]
    assert isinstance(capacity, Stock)
    assert isinstance(building, Flow)
    assert isinstance(effort, Constant)
    assert isinstance(model["curve"], Lookup)
    assert (capacity.units, capacity.group, capacity.line) == ("su/Year", "Making", 7)
    assert capacity.documentation == "Installed capacity."
    assert effort.range == Range(0, 1, 0.1)
    assert capacity.range == Range(0, None)
    assert model["curve"].equations[0].expression == Points((0, 1), (0, 2), ((0, 2), (0, 2)))


def test_messages_print_quoted_names_without_their_quotes() -> None:
    twice = problems(mdl('r: n, s ~~|\n"x#"[n] = 1 ~~|\n"x#"[r] = 3'))
    assert '| "x#" is defined twice' in twice
    unknown = problems(mdl('r: n, s ~~|\n"x#"["t?"] = 1'))
    assert '| "x#" has the subscript "t?"' in unknown


def test_function_names_keep_non_ascii_letters() -> None:
    # str.upper() would make two names of one: STRASSE and straße
    assert "STRAßE" in problems(mdl("straße = 1 ~~|\nx = straße(3)"))


def test_settings_state_integrator_and_unit_synonyms() -> None:
    settings = "\\\\\\---/// Sketch\n///---\\\\\\\n:L\x7f<%^E!@\n"
    settings += "15:0,0,0,1,0,0\n22:su,unit of output\n"
    model = small("a = 1", settings=settings)  # type: ignore[arg-type]
    assert model.integrator == "rk4"
    assert ("su", "unit of output") in model.unit_synonyms


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_any_line_end_and_encoding(tmp_path: Path, end: str, encoding: str) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes(mdl("caffè = 2").replace("\n", end).encode(encoding))
    assert constant_values(read_mdl(path), read_mdl(path)["CAFFÈ"]) == {(): 2.0}


def test_comments_and_line_continuations_in_equations() -> None:
    text = "a = b {half of it} + \\\n\t\t2 ~ Dmnl ~ A test. |\n" + mdl("b = 1")
    model = read_mdl_text(text.replace("{UTF-8}\n", ""), "model")
    assert EquationText(model).equation(model["a"], model["a"].equations[0]) == "a = b + 2"


def test_comments_nest() -> None:
    element = small("a = 4 {read {not run} or so} * 5 ~ kg {a {b}} ~ A test. |")["a"]
    assert element.equations[0].expression == Binary("*", Number(4), Number(5))
    assert element.units == "kg"


@pytest.mark.parametrize("left", ['"cost" of living', "cost[r] of living", "cost[r] [s] of living"])
def test_text_after_a_name_is_refused(left: str) -> None:
    assert 'of living" follows the name' in problems(mdl(f"r: a, b ~~|\ns: c ~~|\n{left} = 5"))


def test_bytes_without_a_meaning_in_a_comment(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes(mdl("price = 2 {?}").encode().replace(b"?", b"\x81\x8d\x90"))
    assert np.all(simulate(read_model_file(path))["price"] == 2)


def test_ctrl_z_after_the_last_definition() -> None:
    assert "price" in read_mdl_text(mdl("price = 2") + "\x1a", "m")


def test_range_with_repeated_labels_maps_by_position() -> None:
    model = small(
        """
        skill: low, high ~~|
        job: clean, cook, plan ~~|
        skill of job: low, low, high -> job ~~|
        wage[skill] = 7, 9
        pay[job] = wage[skill of job]"""
    )
    assert np.all(simulate(model)["pay"] == [7, 7, 9])


def test_exception_outside_the_range_excludes_nothing() -> None:
    ranges = "all: a, b, c ~~|\nsome: b, c ~~|\n"
    model = small(f"{ranges}x[some] :EXCEPT: [a] = 3")
    assert np.all(simulate(model)["x"] == [3, 3])
    assert '"x" has the subscript "d"' in problems(mdl(f"{ranges}x[some] :EXCEPT: [d] = 3"))


@pytest.mark.parametrize("right", ["１２", "WITH LOOKUP(1, ((0,０),(1,1)))"])
def test_digits_of_other_scripts_are_no_numbers(right: str) -> None:
    assert "x" in problems(mdl(f"x = {right}"))


def test_lookup_points_as_columns() -> None:
    expression = small("curve(0,1,2, 5,6,7)")["curve"].equations[0].expression
    assert expression == Points((0, 1, 2), (5, 6, 7))


def test_file_cut_inside_a_definition_names_it_with_its_line() -> None:
    text = mdl("first = 1\nsecond = first + 2")
    cut = text[: text.index("second") + 12]
    message = problems(cut)
    assert "model.mdl:4" in message
    assert "second" in message


def test_file_cut_between_definitions_lacks_control_elements() -> None:
    text = mdl("first = 1")
    assert "no FINAL TIME and no TIME STEP" in problems(text[: text.index("FINAL TIME")])


def test_unsupported_function_is_named_with_element_and_line() -> None:
    message = problems(mdl("a = 3\n\nb = SIMULTANEOUS(a, 1)"))
    assert "line 4" in message
    assert '"b" uses the function SIMULTANEOUS, which is not supported' in message


def test_all_problems_of_a_file_are_reported() -> None:
    message = problems(mdl("a = FIND ZERO(1, 2)\nb = MESSAGE(2, 3)\nc = nowhere + 1"))
    assert "nowhere" in message
    message = problems(mdl("a = FIND ZERO(1, 2)\nb = MESSAGE(2, 3)"))
    assert "FIND ZERO" in message
    assert "MESSAGE" in message


def test_misspelt_function_suggests_the_nearest() -> None:
    assert "SMOOTH3" in problems(mdl("a = SMOTH3(3, 4)"))


def test_undefined_name_suggests_the_nearest() -> None:
    assert 'did you mean "tariff level"?' in problems(mdl("tariff level = 1\nb = tarif level * 2"))


def test_algebraic_loop_lists_its_elements_in_order() -> None:
    message = problems(mdl("a = b + 1\nb = c * 2\nc = a - 3"))
    assert "algebraic loop" in message
    assert "a uses b uses c uses a" in message


def test_loop_of_initial_values_has_its_own_message() -> None:
    message = problems(mdl("a = INTEG(1, b)\nb = INTEG(1, a)"))
    assert "loop of initial values" in message


MACRO = """:MACRO: GAP CLOSED(goal, pace)
GAP CLOSED = INTEG(gap / pace, start) ~ goal ~ A stock. |
gap = goal - GAP CLOSED ~ goal ~ A local name. |
start = INITIAL(goal / 2 + 0 * TIME STEP$) ~ goal ~ Another. |
:END OF MACRO:
"""


def test_macro_equals_its_equations_written_out() -> None:
    calls = "a = GAP CLOSED(b, 4) + GAP CLOSED(2 * b, 2)\nb = 8"
    by_hand = """
        a = x + y
        x = INTEG((b - x) / 4, b / 2)
        y = INTEG((2 * b - y) / 2, b)
        b = 8"""
    macros = read_mdl_text(MACRO + mdl(calls), "model")
    assert isinstance(macros["GAP CLOSED 2"], Stock)
    result, expected = simulate(macros), simulate(small(by_hand))
    assert np.array_equal(result["a"], expected["a"])


def test_macro_called_for_each_label() -> None:
    calls = "r : n, s\nb[r] = 8, 4\na[r] = GAP CLOSED(b[r], 4)"
    by_hand = "r : n, s\nb[r] = 8, 4\na[r] = INTEG((b[r] - a[r]) / 4, b[r] / 2)"
    result = simulate(read_mdl_text(MACRO + mdl(calls), "model"))
    assert np.array_equal(result["a"], simulate(small(by_hand))["a"])


def test_macro_with_two_outputs_and_a_lookup_as_input() -> None:
    macro = ":MACRO: F(table, x : twice)\nF = table(x) ~~|\ntwice = 2 * F ~~|\n:END OF MACRO:\n"
    model = read_mdl_text(macro + mdl("t((0,0),(10,100))\na = F(t, Time : b)\nc = b + a"), "m")
    result = simulate(model)
    assert np.array_equal(result["c"], 30 * result["time"])


STOCKS = """:MACRO: ACC(inflow, time : gone)
ACC = INTEG(inflow - out, start) ~~|
out = ACC / time ~~|
start = 1 ~~|
gone = INTEG(out, 0) ~~|
:END OF MACRO:
"""


def test_macro_with_stocks_called_for_ranges_and_labels() -> None:
    calls = """
        r : n, s
        f[r] = 2, 3
        y[r] = ACC(f[r] + Time * 0, 4 : t[r])
        w[n] = ACC(f[n], 4)
        w[s] = 5 * ACC(f[s], 2)
        q[r] = ACC(ACC(f[r], 4), 2)
        u[r] = t[r] + y[r]"""
    by_hand = """
        r : n, s
        f[r] = 2, 3
        y[r] = INTEG(f[r] - y[r] / 4, 1)
        t[r] = INTEG(y[r] / 4, 0)
        w[n] = y[n]
        v = INTEG(f[s] - v / 2, 1)
        w[s] = 5 * v
        q[r] = INTEG(y[r] - q[r] / 2, 1)
        u[r] = t[r] + y[r]"""
    result, expected = simulate(read_mdl_text(STOCKS + mdl(calls), "m")), simulate(small(by_hand))
    for name in "y t w q u".split():
        assert np.array_equal(result[name], expected[name]), name


def test_macro_output_has_the_subscripts_of_its_call() -> None:
    calls = "r : n, s\nq : a, b\nf[r] = 2, 3\ny[r] = ACC(f[r], 4 : t[q])"
    assert 'output "t" of the macro ACC has other' in problems(STOCKS + mdl(calls))


def test_macros_cannot_define_subscripts() -> None:
    macro = ":MACRO: F(x)\nF = SUM(x[r!]) ~~|\n:END OF MACRO:\n"
    assert "which macros of Vensim cannot have" in problems(macro + mdl("r : n, s\ny = F(2)"))


def test_recursive_macro_and_missing_inputs_are_refused() -> None:
    macro = ":MACRO: F(x)\nF = F(x) + 1 ~~|\n:END OF MACRO:\n"
    assert "calls itself" in problems(macro + mdl("a = F(2)"))
    assert "gives the macro F 2 inputs" in problems(macro + mdl("a = F(2, 3)"))


def test_wrong_number_of_arguments() -> None:
    assert "XIDZ 2 arguments, not 3" in problems(mdl("a = XIDZ(1, 2)"))


def test_wrong_subscripts_list_the_labels() -> None:
    message = problems(mdl("region : north, south\na[region] = 1, 2\nb = a[nord]"))
    assert '"nord"' in message
    assert "north" in message


def test_too_few_numbers() -> None:
    assert "needs 3 numbers here and has 2" in problems(mdl("r : a, b, c\nx[r] = 1, 2"))


def test_defined_twice() -> None:
    assert "defined twice" in problems(mdl("a = 1\na = 2"))


def test_unreadable_equation_names_its_line() -> None:
    message = problems(mdl("good = 1\nbad = good + * 2"))
    assert "model.mdl:4" in message
    assert '"bad"' in message


@pytest.mark.parametrize(
    "right",
    ["1e400", "-1e400", "2 * 1e400", "1, 1e400", "TABBED ARRAY(1 1e400)", "INTEG(1, 1e400)"],
)
def test_infinite_number_is_refused(right: str) -> None:
    name = "bad[place]" if "1 " in right or "1," in right[:2] else "bad"
    message = problems(mdl(f"place: a, b ~ ~ |\n{name} = {right}"))
    assert "model.mdl:4" in message
    assert "1e400 is not a finite number" in message


def test_infinite_point_is_refused() -> None:
    message = problems(mdl("table((0,1),(1,1e400))\nx = table(Time)"))
    assert "model.mdl:2" in message
    assert "not a finite number" in message


def test_deep_nesting_is_refused_without_a_crash() -> None:
    begin = time.monotonic()
    assert problems(mdl("a = " + "(" * 10_000 + "1" + ")" * 10_000))
    assert time.monotonic() - begin < 20


def test_large_junk_is_refused_quickly(tmp_path: Path) -> None:
    path = tmp_path / "junk.mdl"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    begin = time.monotonic()
    with pytest.raises(ExchangeError, match="100 MB"):
        read_mdl(path)
    path.write_bytes(b"\x00\xff" * 1000)
    with pytest.raises(ModelError, match="binary"):
        read_mdl(path)
    path.write_text("not a model " * 100_000)
    with pytest.raises(ModelError):
        read_mdl(path)
    assert time.monotonic() - begin < 2


def test_missing_file() -> None:
    with pytest.raises(ExchangeError, match="there is no such file"):
        read_mdl(Path("nowhere.mdl"))


@pytest.mark.parametrize(
    "name", ['"\\"x\\""', '"a \\"b\\" c"', '"\\"x\\" y"', '"x\\""', '" a_b "', "a_B", '"\\""', '""']
)
def test_folding_a_folded_name_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert fold(in_quotes(unquoted(name))) == fold(name)


def test_a_name_in_escaped_quotes_is_another_name() -> None:
    model = small('"\\"x\\"" = 2\nx = 3\ny = "\\"x\\"" + 10 * x')
    assert simulate(model)["y"] == 32
    again = read_mdl_text(model_text(model, layout=False), "m")
    assert simulate(again)["y"] == 32


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("y = 2 * Missing  Name", '"y" uses "Missing Name"'),
        ('y = "Missing: It"', '"y" uses "Missing: It"'),
    ],
)
def test_an_unknown_name_is_shown_as_it_is_written(text: str, words: str) -> None:
    assert words in problems(mdl(text))


def test_ranges_and_labels_in_messages_are_spelled_as_in_the_file() -> None:
    ranges = "Row: Ra, Rb ~~|\nCol: Ca, Cb ~~|\nx[Row] = 1 ~~|\n"
    for text, words in (
        ("y = x[Row]", 'over the range "Row"'),
        ("y = x[Ca]", 'reads "x" at "Ca"'),
        ("y = SUM(x[Row!, Col!])", "[Row!,Col!]"),
    ):
        with pytest.raises(ModelError) as caught:
            build(read_mdl_text(mdl(ranges + text), "m"))
        assert words in str(caught.value)
