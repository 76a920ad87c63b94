"""Prior tables: which numbers of a run they mean, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.base.errors import ScenarioError
from simdistrict.base.library import find_model
from simdistrict.ensemble.prior import Prior, prior_beside, read_prior, read_prior_file
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.run.plan import lowered, prepare
from tests.small import mdl

PREPARED = lowered(
    read_mdl_text(
        mdl(
            """
            place: north, south ~ ~ |
            stock = INTEG(rate * path(Time) * SUM(weight[place!]), 1)
            rate = 0.5 ~ 1/Year [0, 1] ~ A test. |
            weight[place] = 1, 2
            path((0,1),(5,2),(10,4))
            """
        ),
        "small",
    )
)
HEAD = "element,label,unit,value,low,high,distribution\n"


def read(rows: str) -> tuple[Prior, ...]:
    return read_prior(HEAD + rows, "prior.csv", PREPARED.model, PREPARED.program)


def test_rows_become_places_in_the_vector_of_a_run() -> None:
    rate, south, both, point = (
        read(row)[0]
        for row in (
            "RATE,,1,0.5,0,1,uniform\n",
            "weight,South,1,2,1,3,triangular\n",
            "weight,,1,2,1,3,normal\n",
            "path,5,1,2,1,3,lognormal\n",
        )
    )
    layout = PREPARED.program.layout
    assert rate == Prior("rate", (layout.slots["rate"].offset,), 0.5, 0.0, 1.0, "uniform")
    offset = layout.slots["weight"].offset
    assert (south.name, south.places) == ("weight[south]", (offset + 1,))
    assert both.places == (offset, offset + 1)
    assert point.name == "path[5]"
    assert [layout.template[place] for place in point.places] == [2.0]
    start, count = layout.tables[layout.first_table["path"]]
    assert point.places == (start + count + 1,)


def test_fixed_rows_are_not_sampled() -> None:
    assert len(read("rate,,1,0.5,0.5,0.5,fixed\nweight,south,1,2,1,3,uniform\n")) == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("rte,,1,1,0,1,uniform", "did you mean"),
        ("stock,,1,1,0,1,uniform", "stock"),
        ("weight,west,1,1,0,1,uniform", "west"),
        ("path,6,1,1,0,1,uniform", 'no point at "6"'),
        ("path,,1,1,0,1,uniform", 'no point at ""'),
        ("path,north,5,1,1,0,1", "no distribution"),
        ("rate,,1,1,0,1,unifrom", 'did you mean "uniform"'),
        ("rate,,1,x,0,1,uniform", 'value is "x", not a number'),
        ("rate,,1,1,1,1,uniform", "not below"),
        ("rate,,1,2,0,1,triangular", "does not lie between"),
        ("rate,,1,1,0,2,lognormal", "above zero"),
        ("rate,,1,nan,0,1,uniform", "not a number"),
        ("time step,,1,1,0,1,uniform", "setting of the run"),
        ("rate,,1,1,1,1,fixed", "no row is to be sampled"),
        (
            "rate,,1,1,0,1,uniform\n\nrate,,1,1,0,1,uniform",
            'prior.csv:4 | "rate" in line 4 and "rate" in line 2 draw the same number',
        ),
        (
            "weight,,1,1,0,2,uniform\nweight,south,1,1,0,2,uniform",
            'prior.csv:3 | "weight[south]" in line 3 and "weight" in line 2 draw the same number',
        ),
        ("rate,,1,0,5,0,1,uniform", "prior.csv:2 | the row has more cells than the header"),
        ("rate,,1,1,1,1,fixed,", "prior.csv:2 | the row has more cells than the header"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(row: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(row + "\n")
    assert words in str(caught.value)
    assert "prior.csv" in str(caught.value)


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        read("rte,,1,1,0,1,uniform\nrate,,1,x,0,1,uniform\n")
    assert [p.where for p in caught.value.problems] == ["prior.csv:2", "prior.csv:3"]


def test_a_table_without_a_column_is_refused() -> None:
    with pytest.raises(ScenarioError, match="the column high is missing"):
        read_prior("element,label,value,low,distribution\n", "p", PREPARED.model, PREPARED.program)


def test_the_table_of_the_district_model_fits_it() -> None:
    path = find_model("district")
    prepared = prepare(path)
    text = read_prior_file(prior_beside(path))
    priors = read_prior(text, "parameters.csv", prepared.model, prepared.program)
    lines = [line for line in text.splitlines()[1:] if ",fixed," not in line]
    assert len(priors) == len(lines)
    template = prepared.program.layout.template
    for prior in priors:
        assert {template[place] for place in prior.places} == {prior.value}


def test_a_model_without_a_table_needs_one(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="--prior"):
        prior_beside(tmp_path / "lonely.mdl")
    (tmp_path / "priors.csv").write_text(HEAD)
    with pytest.raises(ScenarioError, match=r"did you mean priors.csv"):
        read_prior_file(tmp_path / "prior.csv")


@pytest.mark.parametrize("row", ["rate,,1,0.5,-1,1,uniform", "rate,,1,0.5,0,2,triangular"])
def test_a_band_beyond_the_stated_range_is_a_warning_or_an_error(
    row: str, caplog: pytest.LogCaptureFixture
) -> None:
    low, high = row.split(",")[4:6]
    (prior,) = read(row + "\n")
    assert (prior.low, prior.high) == (float(low), float(high))
    said = (
        f"prior.csv:2 | the prior of rate from {low} to {high} leaves the range [0, 1] 1/Year "
        "that the model small states"
    )
    assert [r.getMessage() for r in caplog.records] == [said]
    with pytest.raises(ScenarioError) as caught:
        read_prior(HEAD + row, "prior.csv", PREPARED.model, PREPARED.program, strict=True)
    assert str(caught.value) == said


def test_bands_within_the_range_or_without_one_draw_no_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    read("rate,,1,0.5,0,1,uniform\nweight,,1,2,-9,9,uniform\npath,5,1,2,-9,9,uniform\n")
    assert caplog.text == ""


def test_a_workbook_is_named(tmp_path: Path) -> None:
    path = tmp_path / "prior.csv"
    path.write_bytes(b"PK\x03\x04\x14\x00\x06\x00\x08\x00")
    with pytest.raises(ScenarioError, match="binary file, not a prior table"):
        read_prior_file(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD.replace(",", ";").encode() + b"rate;;1;0,5;0;1;uniform\n", 'separated by ";", not'),
        (b"sep=;\n" + HEAD.replace(",", ";").encode(), 'separated by ";", not'),
        (HEAD.replace(",", "\t").encode(), "separated by tabs, not"),
    ],
)
def test_what_a_spreadsheet_saves_otherwise_is_named(
    tmp_path: Path, text: bytes, words: str
) -> None:
    path = tmp_path / "prior.csv"
    path.write_bytes(text)
    with pytest.raises(ScenarioError) as caught:
        read_prior(read_prior_file(path), "prior.csv", PREPARED.model, PREPARED.program)
    assert words in str(caught.value)
    assert "save it as a CSV file with commas and points, in UTF-8" in str(caught.value)
    assert "Vensim" not in str(caught.value)
