"""The renaming law: a model under other names has the same numbers, and all of them.

Judged by the run of the model under its own names, to the last bit, on both backends, in memory,
in a file, and after the renamed model has been written as text and read again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simdistrict.base.errors import Problem, SimdistrictError
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.mdl.writing import model_text
from simdistrict.exchange.text.equations import quoted
from simdistrict.model.expr import fold
from simdistrict.model.model import Lookup, Model
from simdistrict.result.dataset import Result, Variable, to_xarray
from simdistrict.result.netcdf import read_netcdf, write_netcdf
from simdistrict.run.plan import lowered, plan_run
from simdistrict.run.simulate import result_of
from simdistrict.scenario import bare_scenario, resolve
from tests.oracle.renaming import (
    HOSTILE,
    KEPT,
    TEMPORARIES,
    Renaming,
    can_be_a_name,
    free_name,
    is_no_function,
    old_names,
    renamed,
    renamings,
    wild_names,
)
from tests.oracle.test_functions import MODELS
from tests.oracle.test_native import same_bits
from tests.oracle.test_public_models import CORPUS
from tests.reading import read_model
from tests.small import small

SHIPPED = Path(__file__).resolve().parents[2] / "models"
REGISTER = {f"register:{stem}": path for stem, path in MODELS.items()}
REGISTER |= {f"shipped:{path.stem}": path for path in sorted(SHIPPED.glob("*/*.mdl"))}
PUBLIC = {
    f"corpus:{path.relative_to(CORPUS).as_posix()}": path
    for path in sorted(CORPUS.rglob("*"))
    if path.suffix in (".mdl", ".stmx", ".xmile", ".xml")
}
BACKENDS = ("interpreted", "native")
# for each model and message; the first one renames nothing; more by hand
EXAMPLES = int(os.environ.get("SIMDISTRICT_EXAMPLES", "3"))

needs_corpus = pytest.mark.skipif(not PUBLIC, reason="no public models beside this checkout")
few = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Run(NamedTuple):
    """A run as it is seen from outside: variables by folded name of their element.

    places: the dimensions of a variable, each with its own name and its labels, folded.
    """

    values: Mapping[str, np.ndarray]
    places: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]
    ending: tuple[int, float, str]


def run(model: Model, backend: str) -> Result:
    """A run of a model as it is, with steps of equal length."""
    prepared = lowered(model)
    plan = plan_run(prepared, resolve(bare_scenario(Path("law.mdl")), model), backend)
    if plan.integrator == "adaptive":
        plan = replace(plan, integrator="rk4")
    return result_of([plan])


def seen(result: Result) -> Run:
    """What a result says, told by the names of the model that it carries."""
    values, places = {}, {}
    for variable in result.variables.values():
        name = variable.attrs.get("vensim_name")
        if name is not None:
            key = fold(str(name))
            assert key not in values, f"two variables are called {name}"
            values[key] = np.asarray(variable.values)
            places[key] = tuple(_axis(result.coords[dim]) for dim in variable.dims)
    ending = (
        int(result.variables["outcome"].values),
        float(result.variables["outcome_time"].values),
    )
    return Run(values, places, (*ending, str(result.variables["outcome_message"].values)))


def _axis(coordinate: Variable) -> tuple[str, tuple[str, ...]]:
    name = str(coordinate.attrs.get("vensim_name", "time"))
    is_time = coordinate.dims == ("time",)
    return fold(name), () if is_time else tuple(map(fold, map(str, coordinate.values)))


def assert_same(before: Run, after: Run, names: Renaming) -> None:
    """Every element has its counterpart with the same numbers along the same labels."""
    assert {names.folded(name) for name in before.values} == set(after.values)
    for name, numbers in before.values.items():
        new = names.folded(name)
        wanted = tuple(
            (names.folded(dim), tuple(map(names.folded, labels)))
            for dim, labels in before.places[name]
        )
        assert after.places[new] == wanted, name
        assert same_bits(numbers, after.values[new]), name
    assert after.ending[:2] == before.ending[:2]


def assert_whole(model: Model, found: Run) -> None:
    """The result of a model holds all that has a value."""
    wanted = {name for name, element in model.by_name.items() if not isinstance(element, Lookup)}
    assert set(found.values) == wanted


@cache
def original(path: Path) -> tuple[Model, Run]:
    """A model under its own names, and its run; skips what cannot be run."""
    try:
        model = read_model(path)
        return model, seen(run(model, "interpreted"))
    except SimdistrictError as error:
        pytest.skip(f"{path.name} does not run: {error.problems[0].what}")


def check(path: Path, names: Renaming, folder: Path) -> None:
    """The law itself, for one model and one renaming."""
    model, before = original(path)
    other = names.model(model)
    for backend in BACKENDS:
        result = run(other, backend)
        after = seen(result)
        assert_same(before, after, names)
        assert_whole(other, after)
    # the message of a run that ends early
    assert (before.ending[2] == "") == (after.ending[2] == "")
    assert set(to_xarray(result).variables) == {*result.variables, *result.coords}
    file = write_netcdf(result, folder / "law.nc", force=True)
    assert_same(before, seen(read_netcdf(file)), names)
    again = written_and_read(model, other)
    if again is not None:
        assert_same(before, seen(run(again, "interpreted")), names)


def written_and_read(model: Model, other: Model) -> Model | None:
    """The renamed model after its way through text; None where a .mdl cannot hold the model."""
    try:
        model_text(model, layout=False)
    except SimdistrictError:
        return None
    text = model_text(other, layout=False)
    return read_mdl_text(text, other.name, record=other.external.record)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("renaming")


@settings(few, max_examples=8)
@given(data=st.data())
def test_a_renamed_model_of_the_register_has_the_same_bits(
    data: st.DataObject, folder: Path
) -> None:
    path = data.draw(st.sampled_from(list(REGISTER.values())))
    check(path, data.draw(renamings(original(path)[0])), folder)


# what is computed before loops of every kind and read again behind them, beside a stock, a lookup,
# a delay, a memory and a random number
CRITICAL = 12
_BEFORE = "\n".join(f"early {k} = {k + 2} + Time" for k in range(CRITICAL))
_BEHIND = " + ".join(f"early {k} * {k + 3}" for k in range(CRITICAL))
DENSE = f"""
D: d1, d2, d3 ~~|
E: d2, d3 ~~|
F: f1, f2, f3 -> D ~~|
price[D] = 5, 6, 7
matrix[D, F] = 1, 2, 3; 4, 5, 6; 7, 8, 9;
{_BEFORE}
least = VMIN(price[D!] * Time)
most[D] = VMAX(matrix[D, F!] * Time) + price[D]
sum of all = SUM(matrix[D!, F!] * price[D!]) + PROD(price[E!] + Time)
mapped[F] = price[D] * early 0
some = VECTOR SELECT(price[D!], matrix[D!, f1] + Time, 0, 0, 0)
sorted[D] = VECTOR SORT ORDER(most[D], 1)
curve((0, 0), (5, 7), (10, 3))
read = curve(early 1) + LOOKUP FORWARD(curve, Time)
late = DELAY3(early 2, 2) + SMOOTHI(least, 3, early 3) + DELAY FIXED(early 4, 2, 9)
kept = SAMPLE IF TRUE(Time > 3, early 5, early 6) + INITIAL(early 7) + PULSE(2, 3)
drawn = RANDOM UNIFORM(0, 1, 7)
begun = ACTIVE INITIAL(early 8 + kept, early 9)
growth = least / 10 + drawn
content = INTEG(growth - content / 9, early 10)
each[D] = INTEG(most[D] - each[D], price[D])
total = {_BEHIND} + least + SUM(most[D!]) + read
"""


@cache
def dense() -> tuple[Model, Run]:
    model = small(DENSE)
    return model, seen(run(model, "interpreted"))


def first_name(names: tuple[str, ...]) -> str:
    """A window's label; some names have hundreds of letters."""
    return names[0][:12]


def windows(names: tuple[str, ...], size: int) -> list[tuple[str, ...]]:
    usable = [name for name in names if can_be_a_name(name)]
    return [tuple(usable[k : k + size]) for k in range(0, len(usable), size)]


def check_window(window: tuple[str, ...], backend: str) -> None:
    """The law for the dense model, with these names at its critical places."""
    model, before = dense()
    critical = {f"early {k}" for k in range(CRITICAL)}
    waiting = iter(window)
    names = renamed(
        model, [next(waiting, None) if o in critical else None for o in old_names(model)]
    )
    after = seen(run(names.model(model), backend))
    assert_same(before, after, names)


@pytest.mark.parametrize("window", windows(HOSTILE, CRITICAL), ids=first_name)
def test_each_listed_name_can_be_that_of_an_element(window: tuple[str, ...]) -> None:
    check_window(window, "interpreted")


@pytest.mark.parametrize("window", windows(TEMPORARIES, CRITICAL), ids=first_name)
def test_a_compiled_run_has_no_names_of_its_own(window: tuple[str, ...]) -> None:
    check_window(window, "native")


# beside what fails in FAULTY; all of these names are replaced, in the text
SOUND = """
DDA: LLA, LLB, LLC ~~|
DDB: MMA, MMB ~~|
DDC: LLA, LLB ~~|
PPA[DDA] = 1, 2, 3
PPB = 4
PPC = Time * 2
LKA((0, 0), (1, 1))
"""
FAULTY = {
    "loop": "XA = XB + 1\nXB = XC * 2\nXC = XA - PPB",
    "loop of arrays": "XA[DDA] = XB[DDA] + 1\nXB[DDA] = SUM(XA[DDA!])",
    "loop of labels": "XA[DDC] = XB[DDC] + 1\nXA[LLC] = XA[LLA]\nXB[DDA] = XA[LLC]",
    "loop of initial values": "XA = INTEG(1, XB)\nXB = INITIAL(XA + 1)",
    "loop through a delay": "XA = DELAY FIXED(XB, XC, 1)\nXB = XA + 1\nXC = INITIAL(XA)",
    "loop of itself": "XA = XA + 1",
    "unknown function": "XA = FROB(PPB)",
    "refused function": "XA = SSHAPE(PPB, 1)",
    "arguments": "XA = MAX(PPB)",
    "missing label": "XA = PPA[LLD]",
    "missing range": "XA[DDA] = PPA[DDD]",
    "label of another range": "XA = PPA[MMA]",
    "no subscripts": "XA = PPA + 1",
    "needless subscripts": "XA[DDA] = PPB[DDA]",
    "unmapped": "XA[DDB] = PPA[DDA]",
    "missing element": "XA = PPD + 1",
    "no initial value": "XA = INTEG(1)",
    "defined twice": "XA[LLA] = PPB\nXA[DDC] = 3",
    "lookup as a number": "XA = LKA + 1",
    "lookup of an array": "XA[DDA] = LKA[DDA](1)",
    "number as a lookup": "XA = PPB(3)",
    "no reduction": "XA = SUM(PPA[DDA])",
    "order of a delay": "XA = DELAY N(PPC, 2, 0, PPC)",
    "no array": "XA = VECTOR ELM MAP(PPB, 1)",
    "no vector": "XA[DDA] = VECTOR SORT ORDER(PPB, 1)",
    "mark without a reduction": "XA = PPA[DDA!]",
    "demand": "XA[DDA] = ALLOCATE AVAILABLE(PPA[DDA], PPB, PPC)",
    "no data": "XA = GET DATA LAST TIME(PPB)",
    "numbers of a list": "XA[DDA] = 1, 2",
    "grows beyond numbers": "XA = INTEG(XA * XA * 1e200, 1e200)",
    "grows inside a delay": "XA = DELAY3(PPC * 1e308 * 10, 2)",
    "divides by zero": "XA[DDA] = INTEG(1 / (PPC - PPA[DDA]), 1)",
}
_NAME = re.compile(r"(?i)\b(?:DD[ABC]|LL[ABC]|MM[AB]|PP[ABC]|LKA|X[ABC])\b")
_OLD = ("DDA DDB DDC LLA LLB LLC MMA MMB PPA PPB PPC LKA XA XB XC").split()
_QUOTED = re.compile(r'"(\w+)!?"')


def failure(text: str) -> list[Problem]:
    """What is wrong with the model of a text, or how its run ends."""
    try:
        message = seen(run(small(text), "interpreted")).ending[2]
        return [Problem("", message)] if message else []
    except SimdistrictError as error:
        return list(error.problems)


# a name that is no function's, because one of them stands before parentheses
_names = st.lists(wild_names().filter(is_no_function), min_size=len(_OLD), max_size=len(_OLD))


@pytest.mark.parametrize("fault", FAULTY)
@few
@given(drawn=_names)
def test_a_message_names_elements_as_the_model_does(fault: str, drawn: list[str]) -> None:
    text = SOUND + FAULTY[fault]
    taken: set[str] = set(KEPT)
    new = dict(zip(_OLD, (free_name(name, taken) for name in drawn), strict=True))
    before = failure(text)
    after = failure(_NAME.sub(lambda found: quoted(new[found[0]]), text))
    assert before
    for old, found in zip(before, after, strict=True):
        # a name may stand in the model's spelling or folded
        spelled = _NAME.sub(
            lambda name: new.get(name[0]) or fold(new[name[0].upper()]), f"{old.where} | {old.what}"
        )
        assert fold(f"{found.where} | {found.what}") == fold(spelled)


@pytest.mark.parametrize("fault", FAULTY)
def test_a_message_names_nothing_that_the_model_lacks(fault: str) -> None:
    written = set(re.findall(r"\w+", fold(SOUND + FAULTY[fault])))
    for problem in failure(SOUND + FAULTY[fault]):
        assert "#" not in problem.what
        assert {fold(name) for name in _QUOTED.findall(problem.what)} <= written
        if " loop" in problem.what:
            ring = problem.what.split(": ", 1)[1]
            assert {fold(name) for name in re.findall(r"(\w+)[^ ]*(?: uses|$)", ring)} <= written


@pytest.mark.slow
@pytest.mark.parametrize("stem", REGISTER)
@few
@given(data=st.data())
def test_each_model_of_the_register_obeys(stem: str, data: st.DataObject, folder: Path) -> None:
    path = REGISTER[stem]
    check(path, data.draw(renamings(original(path)[0])), folder)


@pytest.mark.slow
@needs_corpus
@pytest.mark.parametrize("stem", PUBLIC)
@few
@given(data=st.data())
def test_each_public_model_obeys(stem: str, data: st.DataObject, folder: Path) -> None:
    path = PUBLIC[stem]
    check(path, data.draw(renamings(original(path)[0])), folder)
