"""Tables written into models: numbers change, all else is kept, mistakes are named."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.base.errors import ModelError
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.number_tables.cells import cell_rows, with_cells
from simdistrict.exchange.number_tables.fill import fill_text, filled
from simdistrict.exchange.number_tables.tables import (
    ConstantTable,
    parse_table,
    read_tables,
    update_table,
    updated,
)
from simdistrict.exchange.text.files import plain, read_exact, write_exact
from simdistrict.exchange.text.splice import Edit, spliced
from simdistrict.model.expr import Array, Number
from simdistrict.model.model import constant_values, lookup_points
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]

MODEL = mdl(
    """
    region : north, middle, south ~ ~ |
    shore : middle, south ~ ~ |
    good : cloth, heavy tools ~ ~ |
    rate = {a first guess: 7} 0.50 ~ 1/Year [0,1] ~ A rate of 12 to growth. |
    share[region] = 1,2, 3 ~ Dmnl ~ ~ |
    cost[region,good] = 1,2;3,4;5,6; ~ EUR ~ ~ |
    flat[region] = 4 ~ Dmnl ~ ~ |
    cube[region,good,shore] = 0 ~ Dmnl ~ ~ |
    part[north] = 1 ~~|
    part[shore] = -2,3e0 ~ Dmnl ~ ~ |
    mixed[north] = 5 ~~|
    mixed[shore] = rate * share[shore] ~ Dmnl ~ ~ |
    path([(0,0)-(10,9)],(0,1),(5,2),(10,3)) ~ Dmnl ~ ~ |
    columns(0,5,10,7,8,9) ~ Dmnl ~ ~ |
    "odd = name 3" = 2 ~ Dmnl ~ ~ |
    level = INTEG(rate, 1) ~ Dmnl ~ ~ |
    """
)

LABELS = {
    "region": ("north", "middle", "south"),
    "shore": ("middle", "south"),
    "good": ("cloth", "heavy tools"),
}
# element -> (columns of dimensions, dimensions in the column label), x of a lookup
PLACES: dict[str, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]] = {
    "rate": ((), ()),
    "share": (("region",), ()),
    "cost": (("region",), (LABELS["good"],)),
    "flat": (("region",), ()),
    "cube": (("region",), (LABELS["good"], LABELS["shore"])),
    "part": ((), (LABELS["region"],)),
    "path": ((), (("0", "5", "10"),)),
    "columns": ((), (("0", "5.0", "1e1"),)),
    "odd = name 3": ((), ()),
}
Values = dict[tuple[str, ...], float]


def keys() -> list[tuple[str, ...]]:
    return [
        (name, *labels)
        for name, (columns, rest) in PLACES.items()
        for labels in itertools.product(*(LABELS[c] for c in columns), *rest)
    ]


def as_csv(values: Values) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("element", "label", "region", "value", "source"))
    for (name, *labels), value in values.items():
        count = len(PLACES[name][0])
        region = labels[0] if count else ""
        writer.writerow((name, ";".join(labels[count:]), region, repr(value), 'a "source", dated'))
    return out.getvalue()


def table(text: str, where: str = "data/t.csv") -> ConstantTable:
    found = parse_table(text, where)
    assert found
    return found


def read_back(text: str) -> Values:
    model = read_mdl_text(plain(text), "m")
    found: Values = {}
    for name in PLACES:
        element = model[name]
        if element.kind == "lookup":
            points = lookup_points(model, element)[()]
            xs = PLACES[name][1][0]
            found.update({(name, x): y for x, y in zip(xs, points.y, strict=True)})
            continue
        for place, value in constant_values(model, element).items():
            labels = [LABELS[d][i] for d, i in zip(element.dims, place, strict=True)]
            found[name, *labels] = value
    return found


def numbers(low: float = -1e6) -> st.SearchStrategy[float]:
    return st.one_of(
        st.sampled_from([0.0, 1.0, 50517.0, 1e-5, 0.05]),
        st.floats(low, 1e6, allow_nan=False).map(lambda x: x + 0.0),
    )


@st.composite
def values(draw: st.DrawFn) -> Values:
    found = {key: draw(numbers()) for key in keys()}
    found["rate",] = draw(st.floats(0, 1))
    if draw(st.booleans()):
        found.update(dict.fromkeys((k for k in found if k[0] == "flat"), draw(numbers())))
    return found


def skeleton(text: str) -> str:
    """The text without the right-hand sides that a table can fill."""
    for name in PLACES:
        name = f'"{name}"' if "=" in name else name
        pattern = rf"^({re.escape(name)})[\[(= ][^~]*(~ Dmnl|~ EUR|~ 1/Year|~~\|)"
        text = re.sub(pattern, r"\1", text, flags=re.MULTILINE)
    return re.sub(r"(cube\n*)+", "cube", text)


@settings(max_examples=60, deadline=None)
@given(values(), st.sampled_from(["\n", "\r\n"]))
def test_filled_numbers_are_read_back_and_the_rest_is_kept(wanted: Values, end: str) -> None:
    text = MODEL.replace("\n", end)
    tables = [table(as_csv(wanted))]
    once = filled(text, tables)
    assert read_back(once) == wanted
    assert filled(once, tables) == once
    assert fill_text(once, tables).differences == ()
    assert ("\r\n" in once) == (end == "\r\n")
    assert once.count("\n") == once.count(end)
    assert skeleton(plain(once)) == skeleton(MODEL)


def test_equal_numbers_keep_their_spelling() -> None:
    now = read_back(MODEL)
    assert filled(MODEL, [table(as_csv(now))]) == MODEL
    now.update({("flat", label): 7.0 for label in LABELS["region"]})
    now["rate",] = 1e-05
    text = filled(MODEL, [table(as_csv(now))])
    assert text == MODEL.replace("flat[region] = 4", "flat[region] = 7").replace("0.50", "1e-05")


def test_number_for_all_labels_becomes_an_array() -> None:
    now = read_back(MODEL)
    now["flat", "south"] = 6.0
    now["cube", "south", "cloth", "middle"] = 1.5
    text = filled(MODEL, [table(as_csv(now))])
    assert "flat[region]=\n\t4,4,6 ~ Dmnl" in text
    assert "cube[middle,good,shore]=\n\t0,0;0,0; ~~|\n" in text
    assert "cube[south,good,shore]=\n\t1.5,0;0,0; ~ Dmnl" in text


def test_numbers_of_a_partly_computed_element_are_filled() -> None:
    text = filled(MODEL, [table("element,label,value\nmixed,north,9\n")])
    assert text == MODEL.replace("mixed[north] = 5", "mixed[north] = 9")


HEAD = "element,label,region,unit,value,low,high\n"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("ratte,,,1/Year,0.5,,", ['t.csv:2 | there is no element called "ratte"', '"rate"']),
        ("share,,nort,Dmnl,1,,", ['"nort" is not a label of region', '"north"']),
        ("share,,north,Dmnl,1,,", ['no row for "share[middle]", "share[south]"']),
        ("rate,,,1/Month,0.5,,", ['unit of "rate" is 1/Month here and 1/Year in the model']),
        ("rate,,,1/Year,0.5,0,2", ["high of", "is 2, outside the range [0, 1]"]),
        ("rate,,,1/Year,0.5,0.6,0.7", ["0.5", "not within its range 0.6 to 0.7"]),
        ("rate,,,1/Year,3,,", ["value of", "outside the range [0, 1]"]),
        ("rate,,,1/Year,0.5,,\nrate,,,1/Year,0.5,,", ["t.csv:3", "is also in data/t.csv:2"]),
        ("rate,,,1/Year,half,,", ['"half" in the column value is not a number']),
        ("rate,,,1/Year,,,", ['the row of "rate" has no value']),
        (",,,1/Year,1,,", ["the row names no element"]),
        ("rate,,north,1/Year,0.5,,", ['"rate" has no dimension region']),
        ("cost,,north,EUR,1,,", ['"cost" needs 1 (good) in the column label; the row has none']),
        ("level,,,Dmnl,1,,", ['"level" is computed']),
        ("mixed,south,,Dmnl,1,,", ['"mixed[south]" is computed by a formula']),
        ("path,4,,Dmnl,1,,", ['"path" has no point at 4', "the nearest are 0 and 5"]),
        ("path,x,,Dmnl,1,,", ["not a number", "the x of a point"]),
        ("rate,,,1/Year", ["the row has 4 cells, the header 7"]),
    ],
)
def test_row_without_a_match_is_named(rows: str, said: list[str]) -> None:
    with pytest.raises(ModelError) as caught:
        filled(MODEL, [table(HEAD + rows + "\n")])
    for text in said:
        assert text in str(caught.value)


def test_all_problems_are_reported() -> None:
    text = HEAD + "ratte,,,1/Year,0.5,,\nrate,,,Dmnl,3,,\nshare,,nort,Dmnl,1,,\n"
    with pytest.raises(ModelError) as caught:
        filled(MODEL, [table(text)])
    assert [p.where for p in caught.value.problems] == [f"data/t.csv:{n}" for n in (2, 3, 3, 4)]


def test_headers_are_checked() -> None:
    assert parse_table("year,observed\n1980,1\n", "t.csv") is None
    assert parse_table("", "t.csv") is None
    for header, said in {
        "elemnt,value": 'is "elemnt" meant to be "element"?',
        "element,unit": 'no column "value"',
        "element,value,value": 'two columns "value"',
    }.items():
        with pytest.raises(ModelError, match=re.escape(said)):
            parse_table(header + "\n", "t.csv")
    with pytest.raises(ModelError, match='"regoin" is not a dimension'):
        filled(MODEL, [table("element,regoin,value\nrate,,0.5\nshare,north,1\n")])


# ---------------------------------------------------------------- values into tables


def test_value_is_written_and_other_bytes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    text = (
        "element,label,region,value,low,high,source,confidence\r\n"
        'cost,cloth,north,1.50,0,9,"old, ""typed""",low\r\n\r\n'
        "cost,cloth,south,2,0,9,x,low\r\n"
        "path,5,,2,,,y,low"
    )
    path.write_bytes(text.encode())
    found = {("Cost", "north", "cloth"): 1.5, ("cost", "south", "cloth"): 0.00001}
    assert update_table(path, found) == 1
    assert path.read_bytes().decode() == text.replace("south,2", "south,1e-05")
    assert update_table(path, {("path", "5.0"): 4}, source="fit, 2026", confidence="high") == 1
    assert path.read_bytes().decode().endswith('path,5,,4,,,"fit, 2026",high')


def test_missing_row_changes_nothing(tmp_path: Path) -> None:
    text = "element,label,value,low,high\nrate,,1,0,2\npath,5,2,,\n"
    found = {("ratte",): 1.0, ("rate",): 3.0, ("path", "6"): 1.0}
    with pytest.raises(ModelError) as caught:
        updated(text, found, where="t.csv")
    said = str(caught.value)
    assert 'no row of "ratte"\n    did you mean "rate"?' in said
    assert "t.csv:2 | the value 3 of" in said
    assert 'no row of "path[6]"\n    its rows are for 5' in said


cell_text = st.text(st.sampled_from('ab ,"\n;é'), max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(cell_text, min_size=2, max_size=4), max_size=5), st.data())
def test_cells_equal_those_of_the_csv_module(rows: list[list[str]], data: st.DataObject) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=data.draw(st.sampled_from(["\n", "\r\n"]))).writerows(rows)
    text = out.getvalue()
    found = list(cell_rows(text))
    assert [[c.value for c in row.cells] for row in found] == rows
    cells = [c for row in found for c in row.cells]
    assert with_cells(text, []) == text
    if cells:
        cell, value = data.draw(st.sampled_from(cells)), data.draw(cell_text)
        again = list(cell_rows(with_cells(text, [(cell, value)])))
        expected = [[value if c is cell else c.value for c in row.cells] for row in found]
        assert [[c.value for c in row.cells] for row in again] == expected


# ---------------------------------------------------------------- bytes


@given(st.text(st.sampled_from("ab\n"), max_size=20), st.data())
def test_edit_position_with_any_line_ends(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    edit = Edit(start, stop, "X\nY")
    wanted = text[:start] + "X\nY" + text[stop:]
    assert spliced(text, [edit]) == wanted
    if "\n" in text:
        assert spliced(text.replace("\n", "\r\n"), [edit]) == wanted.replace("\n", "\r\n")


@pytest.mark.parametrize("content", [b"caf\xc3\xa9\r\n", b"\xef\xbb\xbfa\n", b"caf\xe9 \x81\n"])
def test_read_and_write_keep_every_byte(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes(content)
    write_exact(path, *read_exact(path))
    assert path.read_bytes() == content


# ---------------------------------------------------------------- the command


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "m.mdl").write_bytes(MODEL.replace("\n", "\r\n").encode())
    (tmp_path / "data" / "t.csv").write_text(as_csv(read_back(MODEL)))
    (tmp_path / "data" / "observed.csv").write_text("year,sales\n1980,1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_number_edited_in_the_model_is_found_and_corrected(project: Path, capsys: Capsys) -> None:
    model = project / "m.mdl"
    before = model.read_bytes()
    assert call(capsys, "fill", "m.mdl", "--check").code == 0
    model.write_bytes(before.replace(b"3,4;5", b"3,44;5"))
    stale = model.read_bytes()
    answer = call(capsys, "fill", "m.mdl", "--check")
    assert answer.code == 5
    assert "cost[middle" in answer.out
    assert "44 is 4 in data/t.csv:" in answer.out
    assert "simdistrict fill m.mdl" in answer.out
    assert model.read_bytes() == stale
    assert call(capsys, "fill", "m.mdl").code == 0
    assert model.read_bytes() == before


def test_number_edited_in_the_table_is_found_and_written(project: Path, capsys: Capsys) -> None:
    update_table(project / "data" / "t.csv", {("share", "south"): 8.25})
    answer = call(capsys, "fill", "m.mdl", "--check", "--json")
    assert answer.code == 5
    (row,) = json.loads(answer.out)["differences"]
    assert (row["element"], row["was"], row["now"]) == ('"share[south]"', 3, 8.25)
    assert call(capsys, "fill", "m.mdl").code == 0
    assert b"1,2, 8.25 ~" in (project / "m.mdl").read_bytes()
    assert call(capsys, "fill", "m.mdl", "--check").code == 0


def test_set_value_reaches_table_and_model(project: Path, capsys: Capsys) -> None:
    path = project / "data" / "t.csv"
    before = path.read_bytes()
    answer = call(capsys, "fill", "m.mdl", "--set", "cost[south, Cloth]=9.5", "--source", "a fit")
    assert answer.code == 0
    wanted = before.replace(
        b'cost,cloth,south,5.0,"a ""source"", dated"', b"cost,cloth,south,9.5,a fit"
    )
    assert path.read_bytes() == wanted != before
    assert b"3,4;9.5,6;" in (project / "m.mdl").read_bytes()
    model, files = (project / "m.mdl").read_bytes(), path.read_bytes()
    # outside the range of the model: neither the table nor the model changes
    answer = call(capsys, "fill", "m.mdl", "--set", "rate=3", "--set", "share[nort]=1")
    assert answer.code == 3
    assert 'there is no row of "share[nort]"' in answer.err
    answer = call(capsys, "fill", "m.mdl", "--set", "rate=3")
    assert answer.code == 3
    assert "outside the range [0, 1]" in answer.err
    assert ((project / "m.mdl").read_bytes(), path.read_bytes()) == (model, files)
    assert call(capsys, "fill", "m.mdl", "--set", "rate=half").code == 2
    assert call(capsys, "fill", "m.mdl", "--source", "x").code == 2


def test_mistakes_are_reported_with_file_and_line(project: Path, capsys: Capsys) -> None:
    before = (project / "m.mdl").read_bytes()
    (project / "data" / "u.csv").write_text("element,value\nratte,1\n")
    answer = call(capsys, "fill", "m.mdl")
    assert answer.code == 3
    assert "data/u.csv:2 | there is no element" in answer.err
    assert (project / "m.mdl").read_bytes() == before
    for path in (project / "data").glob("*.csv"):
        path.unlink()
    answer = call(capsys, "fill", "m.mdl")
    assert answer.code == 3
    assert "there is no table of constants in data" in answer.err


def test_arrays_in_every_layout_have_plain_numbers() -> None:
    model = read_mdl_text(MODEL, "m")
    kinds = {type(e.expression) for n in ("cost", "flat", "part") for e in model[n].equations}
    assert kinds == {Array, Number}


def test_constants_of_a_changes_file_go_into_the_tables(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from simdistrict.cli.fill import command

    model, table = tmp_path / "m.mdl", tmp_path / "data" / "numbers.csv"
    table.parent.mkdir()
    model.write_text(
        "{UTF-8}\nside: left, right ~~|\nrate[side]= 1,2 ~ Dmnl ~|\npull= 3 ~ Dmnl ~|\n"
        "INITIAL TIME= 0 ~~|\nFINAL TIME= 1 ~~|\nTIME STEP= 1 ~~|\nSAVEPER= 1 ~~|\n",
        encoding="utf-8",
    )
    table.write_text(
        "element,side,unit,value\nrate,left,Dmnl,1\nrate,right,Dmnl,2\npull,,Dmnl,3\n",
        encoding="utf-8",
    )
    changes = tmp_path / "fitted.cin"
    changes.write_text("rate[right] = 2.34567\npull = 3.98765\n", encoding="utf-8")
    arguments = [str(model), "--changes", str(changes), "--digits", "3"]
    assert CliRunner().invoke(command, arguments, catch_exceptions=False).exit_code == 0
    assert "rate,right,Dmnl,2.35\npull,,Dmnl,3.99\n" in table.read_text(encoding="utf-8")
    assert "1,2.35" in model.read_text(encoding="utf-8")


@pytest.mark.parametrize(("separator", "sign"), [(";", '";"'), ("\t", "tabs")])
def test_table_without_commas_is_refused(tmp_path: Path, separator: str, sign: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    text = "element,unit,value\npull,Dmnl,3\n".replace(",", separator)
    (folder / "numbers.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=f"separated by {sign}, not by commas"):
        read_tables(folder)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_table_in_utf_16_is_read(tmp_path: Path, encoding: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "numbers.csv").write_text("element,unit,value\npull,Dmnl,3\n", encoding=encoding)
    assert [row.value for table in read_tables(folder) for row in table.rows] == [3.0]
