"""Public models against the output of Vensim (or Stella) that comes with them.

The files are not part of this project. They are looked for in a checkout of SDXorg/test-models
that SIMDISTRICT_TEST_MODELS names, or in ../shared/test-models, and in ../shared/corpus.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from simdistrict.base.errors import ModelError
from simdistrict.run.simulate import simulate
from tests.oracle.expected import read_expected
from tests.oracle.test_functions import flat
from tests.oracle.witnesses import Series
from tests.reading import read_model

BESIDE = Path(__file__).resolve().parents[3] / "shared"
TEST_MODELS = Path(os.environ.get("SIMDISTRICT_TEST_MODELS") or BESIDE / "test-models")
CORPUS = BESIDE / "corpus"
LISTED = Path(__file__).resolve().parents[2] / "docs" / "examples" / "public_models.csv"

# a column agrees when it lies within this part of its own largest magnitude: the files are in
# single precision, six digits
TOLERANCE = 1e-3
# as counted in 2026-11; raise it when more is read
MINIMUM_PASSING = {"test-models": 135, "corpus": 32}

# the expected output of these lies in a file of another name
ELSEWHERE = {"tests/data_from_other_model/model_to_generate_data.mdl": "data.tab"}
# models whose expected output is that of another one
FOREIGN_OUTPUT = {
    "tests/get_time_value/test_get_time_value.mdl": (
        "the output beside it is that of test_get_time_value_simple.mdl"
    ),
}
# the file with the numbers of data variables that have none in the model
DATA = {
    "tests/data_from_other_model/test_data_from_other_model.mdl": "data.tab",
    "sdeverywhere:models/extdata/extdata.mdl": "extdata_data.dat",
    "sdeverywhere:models/getdata/getdata.mdl": "getdata_data.dat",
    "sdeverywhere:models/prune/prune.mdl": "prune_data.dat",
    "sdeverywhere:tests/integration/override-lookups/override-lookups.mdl": "override-lookups.dat",
}
# what is not compared although it is read
NOT_COMPARED = {
    "sdeverywhere:models/directconst_invalidcell/directconst_invalidcell.mdl": (
        "a word stands in the place of a constant, which Vensim refuses too"
    ),
    "sdeverywhere:models/directlookups_invalidcell/directlookups_invalidcell.mdl": (
        "Vensim puts a zero behind each cell without a number, which the file calls a fault"
    ),
}
# columns that come from another version of the model, or from Vensim's own random numbers
NOT_IN_MODEL = {
    "samples/Query_file/Query_file.mdl": (
        "kwhperstoveperday",
        "energyconsumptionrate",
        "totalenergyconsumption",
    ),
    "sdeverywhere:models/same_family_179/same_family_179.mdl": ("fractional increase[",),
}


class Case(NamedTuple):
    """A model file and the file of its expected output."""

    collection: str
    name: str
    model: Path
    expected: Path


def beside(name: str, model: Path) -> Path | None:
    """The expected output that lies beside a model of SDXorg/test-models."""
    usual = ("output.tab", "output.csv")
    names = (ELSEWHERE[name],) if name in ELSEWHERE else usual
    paths = (model.with_name(name) for name in names)
    return next((path for path in paths if path.exists()), None)


def cases() -> Iterator[Case]:
    """Every .mdl file there that has an expected output in a text file."""
    for model in sorted(TEST_MODELS.rglob("*.[mM][dD][lL]")):
        name = model.relative_to(TEST_MODELS).as_posix()
        expected = beside(name, model)
        if expected:
            yield Case("test-models", name, model, expected)
    index = CORPUS / "index.csv"
    rows = index.read_text(encoding="utf-8").splitlines() if index.exists() else []
    for row in csv.DictReader(rows):
        model = CORPUS / row["id"].replace(":", "/", 1)
        expected = model.with_name(row["expected"])
        if model.suffix == ".mdl" and expected.suffix in (".dat", ".tab", ".csv"):
            yield Case("corpus", row["id"], model, expected)


CASES = list(cases())

needs_files = pytest.mark.skipif(
    not CASES, reason="no public models here: set SIMDISTRICT_TEST_MODELS to a checkout of them"
)


@needs_files
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_agrees_with_the_expected_output(case: Case) -> None:
    skipped, complaints = verdict(case)
    if skipped:
        pytest.skip(skipped)
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("collection", MINIMUM_PASSING)
def test_enough_public_models_agree(collection: str) -> None:
    """Guards against a reader that begins to refuse what it used to read."""
    found = [case for case in CASES if case.collection == collection]
    if not found:
        pytest.skip(f"no {collection} here")
    agreeing = [case.name for case in found if verdict(case) == ("", ())]
    assert len(agreeing) >= MINIMUM_PASSING[collection], f"{len(agreeing)} of {len(found)} agree"


def table() -> str:
    """The cases that do not agree with the reasons, as docs/examples/public_models.csv has them."""
    lines = ["collection,cases,model,reason"]
    for collection in MINIMUM_PASSING:
        found = [case for case in CASES if case.collection == collection]
        lines.append(f"{collection},{len(found)},,")
        for case in found:
            skipped, complaints = verdict(case)
            reason = (skipped or "; ".join(complaints)).replace('"', "'")
            # without the place in a file that is not here
            reason = reason.split(" | ")[-1]
            if reason:
                lines.append(f'{collection},1,{case.name},"{reason}"')
    return "\n".join([*lines, ""])


@pytest.mark.skipif(
    {case.collection for case in CASES} != set(MINIMUM_PASSING), reason="not all of them are here"
)
def test_the_list_in_the_documentation_is_up_to_date() -> None:
    listed = LISTED.read_text(encoding="utf-8")
    command = "python -m tests.oracle.test_public_models, then docs/examples/public_models.py"
    assert listed == table(), f"run {command}"


@cache
def verdict(case: Case) -> tuple[str, tuple[str, ...]]:
    """Why the model is not compared, or empty; and what is wrong with our result."""
    if case.name in FOREIGN_OUTPUT:
        return FOREIGN_OUTPUT[case.name], ()
    if case.name in NOT_COMPARED:
        return NOT_COMPARED[case.name], ()
    try:
        data = [case.model.with_name(DATA[case.name])] if case.name in DATA else []
        ours = flat(simulate(read_model(case.model), data=data))
    except ModelError as error:
        first = str(error).splitlines()[0]
        return (first, ()) if "not supported" in str(error) else ("", (first,))
    foreign = NOT_IN_MODEL.get(case.name, ())
    expected = {
        name: series
        for name, series in read_expected(case.expected).items()
        if not name.startswith(foreign)
    }
    return "", tuple(compare(ours, expected))


def compare(ours: Series, expected: dict[str, Series]) -> list[str]:
    """One line for each column that differs or that our result lacks."""
    known = [name for name in expected if name in ours]
    if not known:
        return ["no column of the expected output is in our result"]
    lacking = sorted(set(expected) - set(known))
    complaints = [f"our result lacks {', '.join(lacking)}"] if lacking else []
    for name in known:
        times, values = expected[name]["time"], expected[name]["value"]
        row = np.abs(ours["time"][:, None] - times).argmin(axis=0)
        apart = np.abs(ours["time"][row] - times).max()
        if apart > 1e-4 * max(1.0, float(np.abs(times).max())):
            complaints.append(f"{name}: a time of the expected output is not saved by us")
            continue
        off = np.abs(ours[name][row] - values)
        # written so that a NaN of ours is off
        if not off.max() <= TOLERANCE * max(float(np.abs(values).max()), 1e-12):
            worst = int(np.nanargmax(off)) if np.isfinite(off).any() else 0
            got, time = ours[name][row[worst]], times[worst]
            complaints.append(f"{name}: {got:g} at {time:g}, expected {values[worst]:g}")
    return complaints


if __name__ == "__main__":
    LISTED.write_text(table(), encoding="utf-8")
