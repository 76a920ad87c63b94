"""XMILE written and read by us and by simlin: the models of this folder."""

from __future__ import annotations

import re
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simdistrict.base.encoding import decoded
from simdistrict.base.errors import ModelError, SimdistrictError
from simdistrict.base.library import find_model
from simdistrict.exchange.xmile.reader import read_xmile_text
from simdistrict.exchange.xmile.writer import xmile_text
from simdistrict.model.expr import (
    Binary,
    Call,
    Expr,
    LookupCall,
    Number,
    Points,
    Ref,
    Unary,
    WithLookup,
    reduced,
)
from simdistrict.model.model import (
    Auxiliary,
    Constant,
    Dimension,
    Element,
    Equation,
    Flow,
    Lookup,
    Model,
    Stock,
)
from simdistrict.run.simulate import simulate
from tests.models import models
from tests.oracle.faults import faulty
from tests.oracle.test_functions import MODELS, assert_alike, flat
from tests.oracle.witnesses import Series, plain_key
from tests.reading import read_model
from tests.xmile_text import aux, xmile

each_model = pytest.mark.parametrize("stem", MODELS)
CONTROL = ("time", "initial time", "final time", "time step", "saveper")

# what simlin loses or changes when it writes XMILE; we read the text as it is
SIMLINS_FILES = {
    "constant_array": "It drops every list of numbers after the first.",
    "integer": "It writes INT, which rounds down, for INTEGER, which rounds towards zero.",
    "label_by_label": "It drops every list of numbers after the first.",
    "mapping": "It writes the ranges of a mapping without the mapping.",
    "mapping_lists": "It writes the ranges of a mapping without the mapping.",
    "modulo": "It writes MOD, with the sign of the divisor, for MODULO.",
    "pulse_train": "It writes a pulse without width as none.",
    "subscripted_inputs": "It writes MOD, with the sign of the divisor, for MODULO.",
}
_NO_FUNCTION = "It has no such function under the name by which we write it."
SIMLINS_FILES |= dict.fromkeys(
    ("cosh", "gamma_ln", "sinh", "tanh"), "It calls a function that it does not define."
)
SIMLINS_FILES |= dict.fromkeys(("external", "get_data"), "It reads no numbers of other files.")
SIMLINS_FILES |= {
    "lookup_extrapolate": "It writes LOOKUP EXTRAPOLATE as a call of the lookup.",
    "random_counts": "It calls a function that it does not define.",
    "random": "It writes UNIFORM and others, whose numbers are those of another generator.",
    "subscripted_lookup_modes": "It writes LOOKUP EXTRAPOLATE as a call of the lookup.",
    "vector_select": "It writes SUM without a subscript to be summed over.",
    "vector_sort": "It writes VECTOR RANK as RANK, which picks one element.",
    "vector_sort_one": "It writes VECTOR RANK as RANK, which picks one element.",
}
# models that simlin cannot run
NOT_RUN = {"prod": "It has no PROD."} | dict.fromkeys(
    """cosh delay_n forecast game gamma_ln log lookup_extrapolate lookup_invert na npve power
    random random_other sinh smooth_n subscripted_lookup_modes subscripted_memory tanh""".split(),
    _NO_FUNCTION,
)
# models that XMILE cannot hold, with the message
REFUSED = {
    "allocate_available": "ALLOCATE AVAILABLE",
    "allocate_by_priority": "ALLOCATE BY PRIORITY",
    "allocate_fixed": "ALLOCATE AVAILABLE",
    "delay_material": "DELAY MATERIAL",
    "depreciate_straightline": "DEPRECIATE STRAIGHTLINE",
    "get_data": "RAW",
    "get_time_value": "GET TIME VALUE",
    "get_time_value_initial": "GET TIME VALUE",
    "invert_matrix": "INVERT MATRIX",
    "lookup_area": "LOOKUP AREA",
    "lookup_slope": "LOOKUP SLOPE",
    "market": "FIND MARKET PRICE",
    "random_counts": "RANDOM",
    "vector_elm_map": "VECTOR ELM MAP",
    "vector_elm_map_beside": "VECTOR ELM MAP",
    "vector_lookup": "VECTOR LOOKUP",
    "vector_select": "VECTOR SELECT",
    "vector_sort": "VECTOR",
    "vector_sort_one": "VECTOR",
}
# models whose external numbers are inlined, as their documentation states
WRITTEN_IN = {"external"}


@cache
def ours(stem: str) -> tuple[Model, Series]:
    model = read_model(MODELS[stem])
    return model, flat(simulate(model))


def without_views(text: str) -> str:
    """An automatic layout depends on the order in which an equation names its causes."""
    return re.sub(r"<views>.*</views>", "", text, flags=re.DOTALL)


@each_model
def test_written_xmile_is_read_with_the_same_results(stem: str) -> None:
    model, expected = ours(stem)
    if stem in REFUSED:
        with pytest.raises(ModelError, match=REFUSED[stem]):
            xmile_text(model)
        return
    text = xmile_text(model)
    read = read_xmile_text(text, model.name)
    assert_alike(expected, flat(simulate(read)))
    assert without_views(xmile_text(read)) == without_views(text)
    assert xmile_text(model) == text
    for name in model.by_name:
        assert read[name].units == model[name].units
        before = model[name].documentation
        assert read[name].documentation == before or stem in WRITTEN_IN
        assert read[name].documentation.startswith(before)
        assert read[name].group == model[name].group
        assert (read[name].range.low, read[name].range.high) == (
            model[name].range.low,
            model[name].range.high,
        )


@each_model
def test_simlin_reads_written_xmile_with_the_same_results(stem: str, tmp_path: Path) -> None:
    if stem in REFUSED:
        pytest.skip(f"XMILE cannot say {REFUSED[stem]}")
    if stem in NOT_RUN:
        pytest.skip(f"simlin cannot run {stem}: {NOT_RUN[stem]}")
    model, expected = ours(stem)
    assert_simlin_agrees(model, expected, stem, tmp_path)


def assert_simlin_agrees(model: Model, expected: Series, stem: str, folder: Path) -> None:
    import simlin

    path = folder / "model.xmile"
    path.write_text(xmile_text(model), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = simlin.load(str(path))
        assert not [i.message for i in loaded.check() if i.severity == "error"]
        frame = loaded.run(analyze_loops=False).results
    theirs = {plain_key(name): frame[name].to_numpy(dtype=float) for name in frame.columns}
    wanted = {k: s for k, s in expected.items() if k != "time" and not faulty("simlin", stem, k, 1)}
    assert_alike(wanted, theirs)


@each_model
def test_xmile_of_simlin_is_read_with_the_same_results(stem: str) -> None:
    """Our reader on simlin's translation of a .mdl file."""
    import simlin

    if stem in SIMLINS_FILES:
        pytest.skip(SIMLINS_FILES[stem])
    _, expected = ours(stem)
    text = simlin.load(str(MODELS[stem])).project.to_xmile()
    text = text if isinstance(text, str) else text.decode()
    series = flat(simulate(read_xmile_text(text, stem)))
    assert_alike({k: s for k, s in expected.items() if k not in CONTROL}, series)


@pytest.mark.parametrize("name", ["core", "district"])
def test_shipped_models_to_xmile_and_back(name: str, tmp_path: Path) -> None:
    model = read_model(find_model(name))
    run = {"final_time": 1990.0} if name == "district" else {}
    expected = flat(simulate(model, **run))
    text = xmile_text(model, drawn=False)
    assert_alike(expected, flat(simulate(read_xmile_text(text, name), **run)))
    if name == "core":
        assert_simlin_agrees(model, expected, name, tmp_path)


# ------------------------------------------------------------------ random models

NAMES = ["plain", "two words", "step", "a (b)", "ratio 1/2", "größe", "if"]
SPACE = Dimension("Space", ("near by", "far"))


def expressions(names: list[Ref]) -> st.SearchStrategy[Expr]:
    """Expressions of scalars, given elements and a lookup."""
    numbers = st.sampled_from([0.0, 1.0, -2.5, 1e-3, 3.25, 1e6]).map(Number)
    leaves = st.one_of(numbers, st.sampled_from([*names, Ref("time")]))

    def deeper(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        condition = st.builds(Binary, st.sampled_from(["<", ">=", "=", "<>"]), inner, inner)
        both = st.builds(Binary, st.sampled_from([":AND:", ":OR:"]), condition, condition)
        test = st.one_of(condition, both, st.builds(Unary, st.just(":NOT:"), condition))

        def call(name: str, *args: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
            return st.tuples(*args).map(lambda found: Call(name, found))

        points = Points((0.0, 2.0, 5.0), (1.0, -3.0, 4.0))
        return st.one_of(
            st.builds(Binary, st.sampled_from(["+", "-", "*"]), inner, inner),
            st.builds(Unary, st.just("-"), inner),
            call("MAX", inner, inner),
            call("ZIDZ", inner, inner),
            call("IF THEN ELSE", test, inner, inner),
            call("INTEGER", inner),
            call("MODULO", inner, st.just(Number(3.0))),
            call("STEP", inner, st.just(Number(2.0))),
            call("PULSE", st.just(Number(1.0)), st.just(Number(2.0))),
            call("SMOOTHI", inner, st.just(Number(4.0)), inner),
            call("SAMPLE IF TRUE", test, inner, st.just(Number(1.0))),
            st.builds(LookupCall, st.just(Ref("table")), inner),
            st.builds(WithLookup, inner, st.just(points)),
        )

    return st.recursive(leaves, deeper, max_leaves=6)


@st.composite
def random_models(draw: st.DrawFn) -> Model:
    """A model built in Python: constants, auxiliaries, a flow, stocks and an array."""
    elements: list[Element] = [
        Constant(name=name, equations=(Equation(Number(value)),))
        for name, value in (
            ("INITIAL TIME", 0.0),
            ("FINAL TIME", 6.0),
            ("TIME STEP", 0.5),
            ("SAVEPER", 1.0),
            ("level 0", 2.0),
        )
    ]
    table = Points((0.0, 1.0, 4.0), (0.0, 2.0, 1.0), ((0.0, 4.0), (0.0, 2.0)))
    elements.append(Lookup(name="table", equations=(Equation(table),)))
    known = [Ref("level 0")]
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4)):
        equation = Equation(draw(expressions(known)))
        elements.append(Auxiliary(name=name, equations=(equation,), units="Dmnl"))
        known.append(Ref(name))
    elements.append(Flow(name="rate", equations=(Equation(draw(expressions(known))),)))
    flow: Expr = Ref("rate")
    if draw(st.booleans()):
        flow = Binary("-", flow, draw(expressions(known)))
    elements.append(Stock(name="content", equations=(Equation(flow, Number(3.0)),)))
    by_label = Equation(draw(expressions(known)), None, ("far",))
    here = Binary("*", Ref("content"), Number(2.0))
    elements.append(
        Auxiliary(
            name="spread",
            equations=(Equation(here, None, ("near by",)), by_label),
            dims=("Space",),
        )
    )
    total = Call("SUM", (Binary("*", Ref("spread", (reduced("space"),)), Number(2.0)),))
    elements.append(Auxiliary(name="total", equations=(Equation(total),)))
    return Model(
        "random", tuple(elements), (SPACE,), integrator=draw(st.sampled_from(["euler", "rk4"]))
    )


@settings(max_examples=20)
@given(random_models())
def test_random_model_to_xmile_and_back(model: Model) -> None:
    with np.errstate(all="ignore"):
        expected = flat(simulate(model))
        text = xmile_text(model, drawn=False)
        read = read_xmile_text(text, model.name)
        series = flat(simulate(read))
    for name, values in expected.items():
        np.testing.assert_allclose(series[name], values, rtol=1e-9, atol=1e-9, err_msg=name)
    assert read.integrator == model.integrator
    assert xmile_text(read, drawn=False) == text


@settings(max_examples=8, phases=[Phase.generate])
@given(models())
def test_random_model_with_any_names_to_xmile_and_back(model: Model) -> None:
    """Names with any characters; arrays, delays, samples and lookups of any kind."""
    with np.errstate(all="ignore"):
        expected = flat(simulate(model))
        text = xmile_text(model, drawn=False)
        read = read_xmile_text(text, model.name)
        series = flat(simulate(read))
    for name, values in expected.items():
        largest = np.abs(values[np.isfinite(values)]).max(initial=1.0)
        np.testing.assert_allclose(series[name], values, rtol=1e-9, atol=1e-9 * largest)
    assert xmile_text(read, drawn=False) == text


# --------------------------------------------------------------------------- fuzz

SEED = xmile(
    aux("x", 'IF "a b" > 1 THEN m[a, *] ELSE PREVIOUS(SELF, -1) MOD 2^3')
    + aux("g", "TIME", '<gf type="discrete"><xpts>0,1</xpts><ypts>1,2</ypts></gf>')
    + '<stock name="s"><eqn>1</eqn><inflow>f</inflow><non_negative/></stock>'
    + '<module name="n"><connect to="n.i" from=".x"/></module>',
    dimensions="D: a, b",
    more='<macro name="M"><parm>p</parm><eqn>p+1</eqn></macro>',
)


@settings(max_examples=150)
@given(st.data())
def test_no_bytes_crash_the_reader(data: st.DataObject) -> None:
    content = bytearray(SEED.encode())
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 20))
        content[at : at + length] = data.draw(st.binary(max_size=10))
    with suppress(SimdistrictError):
        read_xmile_text(decoded(bytes(content), "m")[0], "m")


@settings(max_examples=300)
@given(st.text(alphabet="ab1.+-*/^()[]<>=,\"{}_ \n\\:@'$!&;ifthenlsoradm", max_size=40))
def test_no_equation_crashes_the_reader(equation: str) -> None:
    escaped = equation.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    with suppress(SimdistrictError):
        read_xmile_text(xmile(f'<aux name="a"><eqn>{escaped}</eqn></aux>'), "m")
