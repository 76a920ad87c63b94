"""Random models: the same bits on both backends, and the numbers of PySD and simlin.

A failure is made smaller, and its .mdl is part of the message.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from simdistrict.base.errors import SimdistrictError
from simdistrict.engine.integrators.fixed import fixed_steps
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.engine.native.batch import LANES
from simdistrict.model.expr import Array, Expr, Number, fold
from simdistrict.model.model import Constant, Element, Model
from simdistrict.result.dataset import Run
from simdistrict.run.plan import constants_of, lowered, plan_run
from simdistrict.run.simulate import run_one, simulate
from simdistrict.scenario import bare_scenario, resolve
from tests.members import run_members
from tests.oracle.faults import FAULTS, REFUSALS
from tests.oracle.random_models import DATA, FORMS, WHOLE, Drawn, models
from tests.oracle.smaller_models import reduced
from tests.oracle.test_functions import WITNESSES, flat
from tests.oracle.test_native import same_bits
from tests.oracle.witnesses import CONTROL, WitnessError
from tests.reading import read_model

# of random models in the long form; more by hand
EXAMPLES = int(os.environ.get("SIMDISTRICT_EXAMPLES", "100"))
some = settings(
    max_examples=EXAMPLES,
    # a failure is made smaller by `reduced`, in some hundred runs instead of some thousand
    phases=[Phase.generate],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
)
# what a witness gets wrong in a way that the register's models do not show
LEFT_OUT = {
    # a sample inside a call is not kept; an element by its number is that of the first label
    "simlin": ("SAMPLE IF TRUE", "VECTOR ELM MAP"),
    "pysd": (),
}
# beyond it the last digits of a difference are all that is left
HUGE = 1e12
integrators = st.sampled_from(("euler", "rk4"))


def written(drawn: Drawn, folder: Path) -> Path:
    """The model as a file that can be run by itself."""
    if drawn.reads_data:
        (folder / "data.csv").write_text(DATA, encoding="utf-8")
    path = folder / "random_model.mdl"
    path.write_text(drawn.text, encoding="utf-8")
    return path


def one_run(model: Model, integrator: str, backend: str) -> Run:
    plan = plan_run(lowered(model), resolve(bare_scenario(Path("random.mdl")), model), backend)
    return run_one(replace(plan, integrator=integrator))


# what is wrong with a model, or nothing
Judge = Callable[[Drawn], str]


def check(drawn: Drawn, judge: Judge) -> None:
    """Fail with the smallest model that is judged wrong."""

    def fails(smaller: Drawn) -> bool:
        try:
            return bool(judge(smaller))
        except SimdistrictError:
            return False

    if judge(drawn):
        small = reduced(drawn, fails)
        raise AssertionError(f"{judge(small)}\n\n{small.text}")


def by_backend(drawn: Drawn, integrator: str, folder: Path) -> str:
    """Where a compiled run has not the bits of an interpreted one, or order changes a number."""
    path = written(drawn, folder)
    model = read_model(path)
    turned = replace(model, elements=model.elements[::-1], text="")
    ours = one_run(model, integrator, "interpreted")
    others = {
        "compiled": one_run(model, integrator, "native"),
        "in another order": one_run(turned, integrator, "interpreted"),
    }
    different = [
        f"{name}: {values.tolist()} interpreted, {other.values[name].tolist()} {how}"
        for how, other in others.items()
        for name, values in ours.values.items()
        if not same_bits(values, other.values[name])
    ]
    different += [
        f"{ours.ending} interpreted, {other.ending} {how}"
        for how, other in others.items()
        if (other.ending.outcome, other.ending.time) != (ours.ending.outcome, ours.ending.time)
    ]
    return "\n".join([f"{path} with {integrator}", *different]) if different else ""


def by_member(drawn: Drawn, integrator: str, folder: Path) -> str:
    """Where members side by side have not the bits of interpreted runs of their own."""
    path = written(drawn, folder)
    model = read_model(path)
    plan = plan_run(lowered(model), resolve(bare_scenario(path), model), "interpreted")
    program, vector = plan.prepared.program, constants_of(plan)
    wanted = [
        place
        for name, slot in program.layout.slots.items()
        if slot.kind == "constant" and name not in CONTROL
        for place in range(slot.offset, slot.offset + slot.size)
    ]
    factors = np.random.default_rng(4).uniform(0.5, 1.5, (LANES + 3, len(wanted)))
    numbers = np.array([vector[place] for place in wanted]) * factors
    places = range(program.layout.values)
    members = run_members(
        program, plan.grid, vector, wanted, numbers, places=places, integrator=integrator, threads=1
    )
    different = []
    for k, own in enumerate(numbers):
        changed = list(vector)
        for place, value in zip(wanted, own, strict=True):
            changed[place] = float(value)
        path_of_one = fixed_steps(program, plan.grid, changed, integrator=integrator)
        rows = np.array(path_of_one.rows).reshape(-1, len(places))
        theirs = members.values[k, : len(rows)]
        different += [
            f"{name} of member {k}"
            for name, slot in program.layout.slots.items()
            for part in [slice(slot.offset, slot.offset + slot.size)]
            if slot.offset + slot.size <= len(places)
            and not same_bits(rows[:, part], theirs[:, part])
        ]
    return "\n".join([f"{path} with {integrator}", *different]) if different else ""


def trusted(witness: str) -> tuple[str, ...]:
    """The functions of which no fault of a witness is known."""
    entries = [entry.model for entry in (*FAULTS, *REFUSALS) if entry.witness == witness]
    return tuple(
        function
        for function in FUNCTIONS
        if function in FORMS
        and function.lower().replace(" ", "_") not in entries
        and function not in LEFT_OUT[witness]
        and FUNCTIONS[function].kind not in ("random", "data")
    )


def by_witness(drawn: Drawn, witness: str, folder: Path) -> str:
    """Where PySD or simlin has other numbers, if it can read the model.

    Points at which a millionth of a millionth of the constants makes a difference of its own are
    not compared: a comparison may fall either way there.
    """
    path = written(drawn, folder)
    # PySD's translation is kept by its path
    path = path.rename(path.with_stem(f"random_{hashlib.sha256(drawn.text.encode()).hexdigest()}"))
    model = read_model(path)
    step = simulate(model, integrator="euler")
    try:
        theirs = WITNESSES[witness](path, time_step=float(step["time_step"]), save_step=1.0)
    except WitnessError:
        return ""
    finally:
        path.unlink()
    ours, moved = flat(step), flat(simulate(shifted(model), integrator="euler"))
    different = [
        f"{name}: {series.tolist()} ours, {theirs.get(name, np.array([])).tolist()} by {witness}"
        for name, series in ours.items()
        if name not in CONTROL and not alike(series, moved[name], theirs.get(name))
    ]
    return "\n".join(different)


def alike(ours: np.ndarray, moved: np.ndarray, theirs: np.ndarray | None) -> bool:
    """Whether two series agree where the numbers are finite and no matter of rounding."""
    if theirs is None or theirs.shape != ours.shape:
        return False
    with np.errstate(all="ignore"):
        finite = np.isfinite(ours) & (np.abs(ours) < HUGE)
        scale = max(1.0, float(np.abs(ours[finite]).max(initial=0.0)))
        firm = finite & np.isclose(moved, ours, rtol=1e-6, atol=1e-9 * scale)
        good = np.isclose(theirs, ours, rtol=1e-6, atol=1e-8 * scale)
    return bool(good[firm].all())


def shifted(model: Model) -> Model:
    """The model with each number of its constants a little larger."""

    def number(expr: Expr) -> Expr:
        match expr:
            case Number(value):
                return Number(value * (1 + 1e-12))
            case Array(values, shape):
                return Array(tuple(value * (1 + 1e-12) for value in values), shape)
        return expr

    def element(old: Element) -> Element:
        if not isinstance(old, Constant) or fold(old.name) in CONTROL:
            return old
        new = tuple(replace(e, expression=number(e.expression)) for e in old.equations)
        return replace(old, equations=new)

    return replace(model, elements=tuple(map(element, model.elements)), text="")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("random_models")


def test_each_supported_function_is_drawn() -> None:
    assert {*FORMS, *WHOLE} == set(FUNCTIONS)
    assert not set(FORMS) & set(WHOLE)


@settings(some, max_examples=1)
@given(drawn=models(each=True))
def test_all_functions_at_once_have_the_same_bits(drawn: Drawn, folder: Path) -> None:
    missing = [f for f in FUNCTIONS if (f if f == ":NA:" else f"{f}(") not in drawn.text]
    assert not missing
    check(drawn, lambda model: by_backend(model, "euler", folder))


@settings(some, max_examples=12)
@given(drawn=models(), integrator=integrators)
def test_a_random_model_has_the_same_bits_on_both_backends(
    drawn: Drawn, integrator: str, folder: Path
) -> None:
    check(drawn, lambda model: by_backend(model, integrator, folder))


@pytest.mark.slow
@some
@given(drawn=models(most=20), integrator=integrators)
def test_many_random_models_have_the_same_bits(drawn: Drawn, integrator: str, folder: Path) -> None:
    check(drawn, lambda model: by_backend(model, integrator, folder))


@pytest.mark.slow
@some
@given(drawn=models(), integrator=integrators)
def test_many_members_have_the_bits_of_their_own_runs(
    drawn: Drawn, integrator: str, folder: Path
) -> None:
    check(drawn, lambda model: by_member(model, integrator, folder))


def by(witness: str, most: int = 8) -> st.SearchStrategy[Drawn]:
    """Models that a witness can be compared with."""
    return models(trusted(witness), guarded=True, most=most, steps=(1.0, 0.5, 0.125))


@settings(some, max_examples=20)
@given(drawn=by("simlin"))
def test_a_random_model_has_the_numbers_of_simlin(drawn: Drawn, folder: Path) -> None:
    check(drawn, lambda model: by_witness(model, "simlin", folder))


@pytest.mark.slow
@pytest.mark.parametrize("witness", WITNESSES)
@some
@given(data=st.data())
def test_many_random_models_have_the_numbers_of_a_witness(
    witness: str, data: st.DataObject, folder: Path
) -> None:
    drawn = data.draw(by(witness, most=15))
    check(drawn, lambda model: by_witness(model, witness, folder))


def search(seconds: float, first: int, folder: Path) -> str:
    """Random models for some time, from a seed on: the message of the first failure, or nothing."""
    end, number = time.monotonic() + seconds, first
    while time.monotonic() < end:
        number += 1
        for kind in ("backend", "member", *WITNESSES):
            try:
                _searching(kind, number, folder)()
            except AssertionError as error:
                return f"seed {number}, {kind}: {error}"
    return ""


def _searching(kind: str, number: int, folder: Path) -> Callable[[], None]:
    judges: dict[str, Callable[[Drawn, str], str]] = {
        "backend": lambda model, integrator: by_backend(model, integrator, folder),
        "member": lambda model, integrator: by_member(model, integrator, folder),
    } | {w: lambda model, _, w=w: by_witness(model, w, folder) for w in WITNESSES}

    @seed(number)
    @settings(some, max_examples=30, derandomize=False, deadline=None, database=None)
    @given(drawn=by(kind, 15) if kind in WITNESSES else models(most=20), integrator=integrators)
    def one(drawn: Drawn, integrator: str) -> None:
        check(drawn, lambda model: judges[kind](model, integrator))

    return one
