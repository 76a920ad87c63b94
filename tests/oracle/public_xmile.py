"""The public XMILE files with the output of Vensim or Stella beside them, and how ours compares."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache

import numpy as np

from simdistrict import simulate
from simdistrict.errors import SimdistrictError
from simdistrict.exchange.xmile.reader import SUFFIXES, read_xmile
from tests.oracle.expected import read_expected
from tests.oracle.test_functions import flat
from tests.oracle.test_public_models import CORPUS, TEST_MODELS, Case, beside, compare

# the file asks for Runge-Kutta, its expected output is that of the .mdl beside it, by Euler
BY_EULER = ("tests/zeroled_decimals/test_zeroled_decimals.xmile",)
CONTROL = ("initial time", "final time", "time step", "saveper")


def xmile_cases() -> Iterator[Case]:
    """Every XMILE file there that has an expected output."""
    for model in sorted(p for s in SUFFIXES for p in TEST_MODELS.rglob(f"*{s}")):
        name = model.relative_to(TEST_MODELS).as_posix()
        # Stella's own output of the file, where it is there, before Vensim's of the .mdl
        stella = sorted(model.parent.glob("output_stella*.csv"))
        expected = stella[0] if stella else beside(name, model)
        if expected:
            yield Case("test-models", name, model, expected)
    index = CORPUS / "index.csv"
    rows = index.read_text(encoding="utf-8").splitlines() if index.exists() else []
    for row in csv.DictReader(rows):
        model = CORPUS / row["id"].replace(":", "/", 1)
        if model.suffix in SUFFIXES:
            yield Case("corpus", row["id"], model, model.with_name(row["expected"]))


@cache
def complaints(case: Case) -> tuple[str, ...]:
    """What is wrong with our result, or why there is none; empty where it agrees."""
    try:
        integrator = "euler" if case.name in BY_EULER else None
        ours = flat(simulate(read_xmile(case.model), integrator=integrator))
    except SimdistrictError as error:
        return (str(error).splitlines()[0],)
    expected = read_expected(case.expected)
    # a file of XMILE has no SAVEPER of its own, and need not repeat the others as elements
    compared = {
        name: series
        for name, series in expected.items()
        # the column of times is often named after their unit
        if name in ours or not (name in CONTROL or np.array_equal(series["time"], series["value"]))
    }
    return tuple(compare(ours, compared))


_UNFINISHED = (
    "The translator that made the file left ??? for lists of numbers: it holds no equation there."
)
_NO_MACRO = "The file calls a macro that it does not define: its translator left the macros out."
_BROKEN = "The XML is not well formed: a flow is never closed."
_WAITS = "The engine does not have the function yet: "
# part of a file's name -> why our result does not agree, or why there is none
REASONS = {
    "logicals/test_logicals.stmx": "NOT stands behind its operand, which is no XMILE.",
    "tests/macro_": _NO_MACRO,
    "tests/non_negative_flows": _BROKEN,
    "tests/subscript_1d_arrays": _UNFINISHED,
    "tests/subscript_constant_call": _UNFINISHED,
    "tests/subscript_mixed_assembly": _UNFINISHED,
    "tests/subscript_multiples": _UNFINISHED,
    "tests/subscript_subranges/": _UNFINISHED,
    "tests/subscript_subranges_equal/": _UNFINISHED,
    "tests/subscript_updimensioning": _UNFINISHED,
    "tests/subscripted_flows": _UNFINISHED,
    "test/vector_snapshot_operand/": _WAITS + "DELAY FIXED inside a sum, VECTOR SORT ORDER.",
    "test/vector_computed_operand/": _WAITS + "VECTOR SORT ORDER, RANK, VECTOR ELM MAP.",
}


def reason(case: Case) -> str:
    """Why a case is not expected to agree; empty where it is."""
    return next((why for part, why in REASONS.items() if part in case.name), "")


def table() -> str:
    """The reasons as a table of the pages."""
    lines = ["| public files | why there is no agreement |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{part}` | {why} |" for part, why in REASONS.items())])
