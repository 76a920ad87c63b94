"""The public XMILE files with the output of Vensim or Stella beside them, and how ours compares."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simdistrict.base.errors import SimdistrictError
from simdistrict.exchange.xmile.document import SUFFIXES
from simdistrict.exchange.xmile.reader import read_xmile
from simdistrict.run.simulate import simulate
from tests.oracle.expected import read_expected
from tests.oracle.test_functions import flat
from tests.oracle.test_public_models import CORPUS, TEST_MODELS, Case, beside, compare

# the file asks for Runge-Kutta, its expected output is that of the .mdl beside it, by Euler
BY_EULER = ("tests/zeroled_decimals/test_zeroled_decimals.xmile",)
COUNTED = Path(__file__).with_name("public_xmile.csv")
PAGE = Path(__file__).parents[2] / "docs" / "xmile.md"
BEGIN, END = "<!-- public: begin -->\n", "\n<!-- public: end -->"
COLLECTIONS = {"test-models": "SDXorg/test-models", "corpus": "the corpus"}
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
    "The file is not whole: `???` stands where the .mdl beside it has a list of numbers, which is "
    "nowhere in the file. PySD and simlin refuse it as well."
)
_NO_MACRO = (
    "The file is not whole: it calls a macro that it does not define, whatever translated it from "
    "Vensim left the macros out. PySD and simlin refuse it as well."
)
_OWN = "An array that a function orders or picks from has to be an element of its own here: "
# part of a file's name -> why our result does not agree, or why there is none
REASONS = {
    "tests/macro_": _NO_MACRO,
    "tests/subscript_1d_arrays": _UNFINISHED,
    "tests/subscript_constant_call": _UNFINISHED,
    "tests/subscript_mixed_assembly": _UNFINISHED,
    "tests/subscript_multiples": _UNFINISHED,
    "tests/subscript_subranges/": _UNFINISHED,
    "tests/subscript_subranges_equal/": _UNFINISHED,
    "tests/subscript_updimensioning": _UNFINISHED,
    "tests/subscripted_flows": _UNFINISHED,
    "test/vector_snapshot_operand/": _OWN + "VECTOR SORT ORDER, VECTOR ELM MAP, a sum of PREVIOUS.",
    "test/vector_computed_operand/": _OWN + "VECTOR ELM MAP.",
}


def reason(case: Case) -> str:
    """Why a case is not expected to agree; empty where it is."""
    return next((why for part, why in REASONS.items() if part in case.name), "")


class Verdict(NamedTuple):
    """What was found of one file, as it is committed.

    why: empty where our result agrees with the expected output.
    """

    collection: str
    name: str
    why: str

    @property
    def whole(self) -> bool:
        """Whether the file holds all of the model's equations."""
        return self.why not in (_UNFINISHED, _NO_MACRO)


def verdicts() -> tuple[Verdict, ...]:
    """What is found of the files that are there."""
    return tuple(
        Verdict(case.collection, case.name, reason(case) or "; ".join(found) if found else "")
        for case in xmile_cases()
        for found in [complaints(case)]
    )


def committed() -> tuple[Verdict, ...]:
    """What was found when this was counted last."""
    rows = csv.DictReader(io.StringIO(COUNTED.read_text(encoding="utf-8")))
    return tuple(Verdict(row["collection"], row["file"], row["why"]) for row in rows)


def counted() -> str:
    """The table of `committed`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("collection", "file", "why"))
    writer.writerows(verdicts())
    return out.getvalue()


def section() -> str:
    """What the page says of these files, from what is committed."""
    found = committed()
    lines = []
    for scope, chosen in (
        ("of all", found),
        ("of those that hold a whole model", [v for v in found if v.whole]),
        *(
            (f"of {name}", [v for v in found if v.collection == label])
            for label, name in COLLECTIONS.items()
        ),
    ):
        agreeing = sum(not v.why for v in chosen)
        lines.append(f"| {scope} | {agreeing} of {len(chosen)} | {agreeing / len(chosen):.0%} |")
    rest: dict[str, list[str]] = {}
    for verdict in found:
        if verdict.why:
            rest.setdefault(verdict.why, []).append(f"`{verdict.name}`")
    listed = [f"| {why} | {', '.join(names)} |" for why, names in rest.items()]
    return "\n".join(
        [
            "| files whose result agrees | | |",
            "|---|---|---|",
            *lines,
            "",
            "| why the others do not | files |",
            "|---|---|",
            *listed,
        ]
    )


def main() -> None:
    """Count anew: `python -m tests.oracle.public_xmile`."""
    COUNTED.write_text(counted(), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN, 1)
    PAGE.write_text(head + BEGIN + section() + END + rest.split(END, 1)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
