"""Numbers and labels of a model from spreadsheets and text files in its folder."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.workbook.defined_name import DefinedName

from simdistrict.base.errors import ExchangeError, ModelError
from simdistrict.exchange.external.inlined import inlined
from simdistrict.exchange.external.references import area_of, cell_name, cell_place
from simdistrict.exchange.external.sheet import cell_value, recorded_sheet, text_sheet
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.models import write_model
from simdistrict.exchange.text.files import text_lines
from simdistrict.model.expr import Array, Number, Points, Tables
from simdistrict.model.model import Constant, Data, Lookup, Model, constant_values
from simdistrict.run.plan import prepare
from simdistrict.run.simulate import simulate
from tests.program import call
from tests.reading import read_model
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
Cell = float | str | None

# a table as people type it: a title, times in rows and times in columns
TABLE: list[list[Cell]] = [
    ["year", "north", "south", None, "2000", "2001", "2002"],
    [2000, 1, 10, None, 7, 8, 9],
    [2001, 2, None, None, 4, 5, 6],
    [2003, 4, 40, "rate", 0.25, None, "n/a"],
]
TABLE[0][4:] = [2000, 2001, 2002]


def write_text(path: Path, rows: list[list[Cell]], delimiter: str = ",") -> None:
    lines = [delimiter.join("" if c is None else str(c) for c in row) for row in rows]
    path.write_bytes("\r\n".join(lines).encode("utf-8-sig"))


def write_book(path: Path, sheets: dict[str, list[list[Cell]]], **names: str) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    for name, area in names.items():
        book.defined_names[name] = DefinedName(name, attr_text=area)
    book.save(path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one table in three formats."""
    monkeypatch.chdir(tmp_path)
    write_text(tmp_path / "t.csv", TABLE)
    write_text(tmp_path / "t.tab", TABLE, "\t")
    names = {"years": "Data!$A$2:$A$4", "both": "Data!$B$2:$C$4", "pair": "Data!$E$2:$F$2"}
    write_book(tmp_path / "t.xlsx", {"Other": [[None]], "Data": TABLE}, **names)
    return tmp_path


def model(equations: str, settings: str = "") -> Model:
    """A model in the folder of the files."""
    text = mdl("region : north, south ~~|\ntime of it : a, b, c ~~|\n" + equations)
    return read_mdl_text(text + settings, "m", "m.mdl")


def complaint(equations: str, settings: str = "") -> str:
    found = model(equations, settings)
    with pytest.raises(ModelError) as caught:
        simulate(found)
    return str(caught.value)


# ------------------------------------------------------------------------------ places


@given(st.integers(0, 1_048_575), st.integers(0, 16_383))
def test_cell_reference_round_trips(row: int, column: int) -> None:
    assert cell_place(cell_name(row, column)) == (row, column)
    assert cell_place(cell_name(row, column).lower()) == (row, column)


@pytest.mark.parametrize(
    "text", ["", "A", "7", "A0", "AAAA1", "XFE1", "A1048577", "1A", "A1B", "é1"]
)
def test_texts_that_are_no_cell_reference(text: str) -> None:
    assert cell_place(text) is None
    assert area_of("B2:A1") is None


# ---------------------------------------------------------------------------- geometry


@pytest.mark.parametrize("file", ["'t.csv', ','", "'t.csv', ''", "'t.tab', ''", "'t.xlsx', 'data'"])
def test_all_formats_give_the_same_model(folder: Path, file: str) -> None:
    found = model(
        f"""
        rate = GET DIRECT CONSTANTS({file}, 'E4')
        across[time of it] = GET XLS CONSTANTS({file}, 'e2')
        down[region] = GET DIRECT CONSTANTS({file}, 'E2*')
        square[region,time of it] = GET DIRECT CONSTANTS({file}, 'E2')
        turned[time of it,region] = GET_DIRECT_CONSTANTS({file}, 'E2*')
        price[region] := GET DIRECT DATA({file}, 'A', 'B2')
        later[region] := GET DIRECT DATA({file}, '1', 'E2')
        curve[region] = GET DIRECT LOOKUPS({file}, 'A', 'B2')
        one( GET XLS LOOKUPS({file}, '1', 'E3'))
        """
    )
    assert not found.external.problems
    right = {e.name: e.equations[0].expression for e in found}
    assert right["rate"] == Number(0.25)
    assert right["across"] == Array((7, 8, 9), (3,))
    assert right["down"] == Array((7, 4), (2,))
    assert right["square"] == Array((7, 8, 9, 4, 5, 6), (2, 3))
    assert right["turned"] == Array((7, 4, 8, 5, 9, 6), (3, 2))
    columns = (Points((2000, 2001, 2003), (1, 2, 4)), Points((2000, 2003), (10, 40)))
    assert right["price"] == right["curve"] == Tables(columns)
    rows = (Points((2000, 2001, 2002), (7, 8, 9)), Points((2000, 2001, 2002), (4, 5, 6)))
    assert right["later"] == Tables(rows)
    assert right["one"] == Tables(rows[1:])
    kinds = [type(found[name]) for name in ("rate", "square", "price", "curve", "one")]
    assert kinds == [Constant, Constant, Data, Lookup, Lookup]


def test_single_labels_and_exceptions_in_a_table(folder: Path) -> None:
    found = model(
        """
        x[north,time of it] = GET DIRECT CONSTANTS('t.csv', ',', 'E2')
        x[south,time of it] = 0
        y[time of it] :EXCEPT: [b] = GET DIRECT CONSTANTS('t.csv', ',', 'E2')
        y[b] = 1
        """
    )
    assert found["x"].equations[0].expression == Array((7, 8, 9), (3,))
    assert found["y"].equations[0].expression == Array((7, 9), (2,))
    result = simulate(found)
    assert result["y"].to_numpy().tolist() == [7, 1, 9]


def test_named_areas(folder: Path) -> None:
    found = model(
        """
        price[region] := GET DIRECT DATA('t.xlsx', 'Data', 'YEARS', 'both')
        beside := GET DIRECT DATA('t.xlsx', 'Data', 'years', 'B2')
        pair[region] = GET DIRECT CONSTANTS('t.xlsx', 'Data', 'pair')
        """
    )
    columns = (Points((2000, 2001, 2003), (1, 2, 4)), Points((2000, 2003), (10, 40)))
    assert found["price"].equations[0].expression == Tables(columns)
    assert found["beside"].equations[0].expression == Tables(columns[:1])
    assert found["pair"].equations[0].expression == Array((7, 8), (2,))
    wrong = "x[region] = GET DIRECT CONSTANTS('t.xlsx', 'Data', 'pair*')"
    assert "1 row of 2 cells; 2 rows of 1 cell are read; omit the *" in complaint(wrong)


def test_area_of_a_sheet_overrides_area_of_the_workbook(folder: Path) -> None:
    book = openpyxl.load_workbook("t.xlsx")
    book["Data"].defined_names["years"] = DefinedName("years", attr_text="Data!$A$2:$A$3")
    book.save("t.xlsx")
    found = model("x := GET DIRECT DATA('t.xlsx', 'Data', 'years', 'C2')")
    assert found["x"].equations[0].expression == Tables((Points((2000,), (10,)),))


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("B1", "C1", ["l north", "l south"]),
        ("B1", "1", ["l north", "l south", "l 2000", "l 2001", "l 2002"]),
        ("B1", "C", ["l north", "l south", "l 1", "l 10", "l 2", "l 4", "l 40"]),
        ("E4", "", ["l 0.25", "l n/a"]),
        ("D1", "ZZ9999", ["l 2000", "l 2001", "l 2002", "l 7", "l 8", "l 9", "l 4", "l 5", "l 6"]),
    ],
)
def test_labels(folder: Path, first: str, last: str, labels: list[str]) -> None:
    if first == "D1":
        write_text(folder / "t.csv", [row[:7] for row in TABLE[:3]])
    found = model(f"""names : GET DIRECT SUBSCRIPT('t.csv', ',', '{first}', '{last}', 'l ') ~~|
        x[names] = 1""")
    assert list(found.dims_by_name["names"].labels) == labels


WORDS = ["nan", "NA", "None", "null", "inf", "true", "1e5", "007", "1.0", "+3", "12"]


def test_labels_are_texts_as_the_file_has_them(folder: Path, capsys: Capsys) -> None:
    rows = "".join(f"{word},{k}\n" for k, word in enumerate(WORDS))
    (folder / "l.csv").write_text(rows, encoding="utf-8")
    text = mdl("""place : GET DIRECT SUBSCRIPT('l.csv', ',', 'A1', 'A', '') ~~|
        size[place] = GET DIRECT CONSTANTS('l.csv', ',', 'B1*')
        total = SUM(size[place!]) + 100 * size[nan] + 1000 * size[NA]""")
    (folder / "l.mdl").write_text(text, encoding="utf-8")
    found = read_model(folder / "l.mdl")
    assert list(found.dims_by_name["place"].labels) == WORDS
    again = read_mdl_text(text, "l", record=found.external.record)
    assert again.dimensions == found.dimensions
    assert call(capsys, "run", "l.mdl", "-o", "l.nc").code == 0
    assert call(capsys, "rerun", "l.nc").code == 0
    with xr.open_dataset("l.nc") as data:
        assert [str(label) for label in data["place"].values] == WORDS
        assert data["total"].values == 55 + 100 * 0 + 1000 * 1


def test_labels_of_a_workbook(folder: Path) -> None:
    write_book(folder / "l.xlsx", {"s": [[True], [1.0], ["007"], ["nan"], [2.5], [2030]]})
    found = model("""place : GET XLS SUBSCRIPT('l.xlsx', 's', 'A1', 'A', '') ~~|
        size[place] = 1""")
    assert found.dims_by_name["place"].labels == ("TRUE", "1", "007", "nan", "2.5", "2030")


def test_labels_from_a_file_with_a_mapping(folder: Path) -> None:
    found = model("""names : GET DIRECT SUBSCRIPT('t.csv', ',', 'B1', 'C1', 'x') -> region ~~|
        x[names] = 1""")
    assert found.dims_by_name["names"].mappings == (("region", (("north",), ("south",))),)


# ------------------------------------------------------------------------------- times


def test_blanks_among_times_are_skipped_up_to_another_table(folder: Path) -> None:
    rows: list[list[Cell]] = [
        [1, 2, "x", 4, None, 1, 2],
        [10, None, 30, 40, None, 70, 80],
    ]
    write_text(folder / "t.csv", rows)
    found = model("x := GET DIRECT DATA('t.csv', ',', '1', 'A2')")
    assert found["x"].equations[0].expression == Tables((Points((1, 4), (10, 40)),))


def test_words_among_numbers_are_skipped_with_a_note(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_text(folder / "t.csv", [[1, 2, 3], [10, "n/a", 30]])
    found = model("x := GET DIRECT DATA('t.csv', ',', '1', 'A2')")
    assert found["x"].equations[0].expression == Tables((Points((1, 3), (10, 30)),))
    told = 'm.mdl | t.csv: a word is skipped where a number is meant: B2 "n/a"'
    assert found.notes == (told,)
    assert told in caplog.text


def test_words_among_times_are_skipped_with_a_note(folder: Path) -> None:
    rows: list[list[Cell]] = [[1, "later", 3, "end", None, "1st"], [10, 20, 30, 40, None, 6]]
    write_text(folder / "t.csv", rows)
    found = model("x := GET DIRECT DATA('t.csv', ',', '1', 'A2')")
    assert found["x"].equations[0].expression == Tables((Points((1, 3), (10, 30)),))
    assert found.notes == (
        'm.mdl | t.csv: words are skipped where a number is meant: B1 "later", D1 "end"',
    )


MEANT = ["7q", "8%", "$2", "€ 2", "４", "2_500", "2,500", "0x1F", "3 000", "inf", "NaN", "1e999",
         "(6)", "~5", "5 USD", "USD 5", "½", "−3", "2025-01-31", "1.#INF"]  # fmt: skip


@pytest.mark.parametrize("kind", ["DATA", "LOOKUPS"])
@pytest.mark.parametrize("door", ["DIRECT", "XLS"])
def test_cells_that_are_nearly_numbers_are_refused_at_once(
    folder: Path, door: str, kind: str
) -> None:
    rows: list[list[Cell]] = [["year", "v"], [0, 1]]
    rows += [[k, text] for k, text in enumerate(MEANT, 1)]
    write_text(folder / "near.tab", rows, "\t")
    write_book(folder / "near.xlsx", {"Data": rows})
    sign = "" if kind == "LOOKUPS" else ":"
    for file, tab in (("near.tab", ""), ("near.xlsx", "Data")):
        text = f"x {sign}= GET {door} {kind}('{file}', '{tab}', 'A', 'B2')"
        told = [str(problem) for problem in model(text).external.problems]
        assert len(told) == len(MEANT)
        for line, (row, cell) in zip(told, enumerate(MEANT, 3), strict=True):
            assert f'cell B{row}: "{cell}" is not a number' in line
            assert file in line


def test_a_quoted_number_with_a_comma_in_a_csv_is_refused(folder: Path) -> None:
    (folder / "q.csv").write_text('t,v\n0,1\n1,"2,500"\n2,3\n')
    said = complaint("x := GET DIRECT DATA('q.csv', ',', 'A', 'B2')")
    assert 'q.csv, cell B3: "2,500" is not a number' in said


def test_times_that_are_nearly_numbers_are_refused(folder: Path) -> None:
    rows: list[list[Cell]] = [["t", 0, "1y", 2, "3y"], ["v", 5, 6, 7, 8]]
    write_text(folder / "near.csv", rows)
    said = complaint("x := GET DIRECT DATA('near.csv', ',', '1', 'B2')")
    assert 'near.csv, cell C1: "1y" is not a number' in said
    assert 'near.csv, cell E1: "3y" is not a number' in said


def test_many_wrong_cells_are_counted(folder: Path) -> None:
    write_text(folder / "many.csv", [[0, 1], *([k, "1x"] for k in range(1, 31))])
    problems = model("x := GET DIRECT DATA('many.csv', ',', 'A', 'B1')").external.problems
    assert len(problems) == 21
    assert "10 more cells are not numbers" in str(problems[-1])


@pytest.mark.parametrize(
    "text", ["", ":NA:", "#N/A", "#DIV/0!", "-", "n/a", "none", "-6.49037e+32"]
)
def test_cells_without_a_number_are_gaps(folder: Path, text: str) -> None:
    write_text(folder / "gap.csv", [[0, 1], [1, text], [2, 5]])
    found = model("x := GET DIRECT DATA('gap.csv', ',', 'A', 'B1')")
    assert not found.external.problems
    assert found["x"].equations[0].expression == Tables((Points((0, 2), (1, 5)),))


def test_number_stored_as_text_is_reported(folder: Path) -> None:
    write_book(folder / "text.xlsx", {"Data": [["1.5"]]})
    said = complaint("x = GET DIRECT CONSTANTS('text.xlsx', 'Data', 'A1')")
    assert '"1.5" is not a number' in said
    assert "the cell is a text" in said


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        ("x = GET DIRECT CONSTANTS('u.csv', ',', 'A1')", 'm.mdl:10 | "x": there is no file u.csv'),
        ("x = GET DIRECT CONSTANTS('t.cvs', ',', 'A1')", 'did you mean "t.csv"'),
        ("x = GET DIRECT CONSTANTS('t.xlsx', 'Dat', 'A1')", 't.xlsx has no sheet "Dat"'),
        ("x = GET DIRECT CONSTANTS('t.xlsx', 'Dat', 'A1')", 'did you mean "Data"'),
        ("x = GET DIRECT CONSTANTS('t.xlsx', 'Data', 'D2')", 't.xlsx, sheet "Data", cell D2: the'),
        ("x = GET DIRECT CONSTANTS('t.xlsx', 'Data', 'D2')", "the cell is empty"),
        ("x = GET DIRECT CONSTANTS('t.csv', ',', 'G4')", 't.csv, cell G4: "n/a" is not a number'),
        ("x = GET DIRECT CONSTANTS('t.csv', ',', 'ZZ99')", "cell ZZ99: the cell is empty"),
        (
            "x = GET DIRECT CONSTANTS('t.csv', ',', 'nowhere')",
            '"nowhere" is neither a cell nor a named',
        ),
        ("x = GET DIRECT CONSTANTS('t.csv', ',')", "needs 3 texts in single quotes"),
        ("x = GET DIRECT CONSTANTS(file, ',', 'A1')", "needs 3 texts in single quotes"),
        ("x[region,time of it,deep] = GET DIRECT CONSTANTS('t.csv', ',', 'E2')", "two subscript"),
        ("x := GET DIRECT DATA('t.csv', ',', 'A', 'D2')", "cell D2: there is no number from here"),
        ("x := GET DIRECT DATA('t.csv', ',', 'D', 'A2')", "cell D2: there are no times"),
        ("x := GET DIRECT DATA('t.csv', ',', 'A', 'ZZ2')", "cell ZZ2: there is no number"),
        ("x := GET DIRECT DATA('t.csv', ',', '99', 'B2')", "cell B99: there are no times"),
        ("x := GET DIRECT DATA('t.csv', ',', 'E', 'B2')", "cell E3: the times do not ascend: 4"),
        ("x := GET DIRECT DATA('t.xlsx', 'Data', 'both', 'B2')", "is a table, not one row"),
        ("x := GET DIRECT DATA('t.xlsx', 'Data', 'years', 'pair')", "1 row of 2 cells; 3 rows"),
        ("x = GET DIRECT CONSTANTS('?tables', 'Data', 'A1')", "have no file for ?tables"),
        ("x = 2 * GET DIRECT CONSTANTS('t.csv', ',', 'E2')", "stands alone behind the equals sign"),
        (f"x = GET DIRECT CONSTANTS('{'long' * 100}.csv', ',', 'A1')", "there is no file long"),
        ("x = GET VDF DATA('a.vdf', 'y', 0, 1)", "binary files are not read"),
        ("x:RAW:", 'x" is a data variable without numbers'),
        ("x:LOOK FORWARD: := 2 + 3", "computes data with :LOOK FORWARD:"),
        ("x = GET DATA FIRST TIME(file)", 'GET DATA FIRST TIME "file", which is no data variable'),
    ],
)
def test_run_reports_missing_numbers(folder: Path, equation: str, words: str) -> None:
    assert words in complaint(f"deep : d, e ~~|\nfile = 1\n{equation}")


def test_missing_labels_are_the_only_problem(folder: Path) -> None:
    with pytest.raises(ModelError) as caught:
        model("""names : GET DIRECT SUBSCRIPT('u.csv', ',', 'B1', '', '') ~~|
            x[names] = 1""")
    assert len(caught.value.problems) == 1
    assert 'the labels of "names": there is no file u.csv' in str(caught.value)


@pytest.mark.parametrize("suffix", ["xlsx", "xls"])
def test_file_that_is_no_workbook(folder: Path, suffix: str) -> None:
    (folder / f"u.{suffix}").write_bytes(b"PK\x03\x04 and no more")
    words = complaint(f"x = GET DIRECT CONSTANTS('u.{suffix}', 'a', 'A1')")
    assert f"u.{suffix} cannot be read as an .{suffix} workbook" in words


def test_file_name_in_other_letters(folder: Path) -> None:
    (folder / "Tables").mkdir()
    (folder / "Tables" / "Wages.csv").write_text("w,6\n")
    found = model(r"x = GET DIRECT CONSTANTS('tables\WAGES.CSV', ',', 'B1')")
    assert constant_values(found, found["x"]) == {(): 6}


def test_tag_with_the_path_of_another_computer(folder: Path) -> None:
    (folder / "wages.csv").write_text("w,6\n")
    settings = "\n///---\\\\\\\n30:?pay=D:\\work\\of\\others\\wages.csv\n"
    found = model("x = GET DIRECT CONSTANTS('?pay', ',', 'B1')", settings)
    assert constant_values(found, found["x"]) == {(): 6}


def test_pipe_is_not_read(folder: Path) -> None:
    os.mkfifo(folder / "pipe.csv")
    assert "not a regular file" in complaint("x = GET DIRECT CONSTANTS('pipe.csv', ',', 'B1')")
    with pytest.raises(ExchangeError, match="not a regular file"):
        text_lines(folder / "pipe.csv")


def test_missing_numbers_cannot_be_inlined(folder: Path) -> None:
    equations = "r: a, b ~~|\nx[r] = GET DIRECT CONSTANTS('gone.csv', ',', 'B1')"
    with pytest.raises(ModelError, match="there is no file"):
        inlined(model(equations))


def test_formula_without_value_is_an_empty_cell(folder: Path) -> None:
    write_book(folder / "f.xlsx", {"a": [["=1+1"]]})
    words = complaint("x = GET DIRECT CONSTANTS('f.xlsx', 'a', 'A1')")
    assert "cell A1: the cell is empty" in words
    assert "once a spreadsheet program has saved the file" in words


def test_tag_is_resolved_by_settings_or_file_name(folder: Path) -> None:
    equation = "x = GET DIRECT CONSTANTS('?NUMBERS', 'Data', 'E2')"
    settings = "\n\\\\\\---/// Sketch\n///---\\\\\\\n:L\x7f<%^E!@\n30:?numbers=t.xlsx\n"
    assert model(equation, settings)["x"].equations[0].expression == Number(7)
    (folder / "numbers.xlsx").write_bytes((folder / "t.xlsx").read_bytes())
    found = model(equation)
    assert found["x"].equations[0].expression == Number(7)
    assert "have no file for ?NUMBERS: numbers.xlsx is used" in found.notes[0]


# ----------------------------------------------------------------------------- meaning


def test_data_equation_is_computed(folder: Path) -> None:
    found = model("""
        price := GET DIRECT DATA('t.csv', ',', 'A', 'B2')
        twice := 2 * price""")
    result = simulate(found, initial_time=2000, final_time=2003)
    assert result["twice"].to_numpy().tolist() == [2, 4, 6, 8]


@pytest.mark.parametrize("integrator", ["adaptive", "stiff"])
@pytest.mark.parametrize("backend", ["interpreted", "native"])
def test_adaptive_steps_end_at_jumps_of_data(folder: Path, integrator: str, backend: str) -> None:
    write_text(folder / "t.csv", [[0, 1.3, 2.7, 9], [1, -4, 8, 2]])
    found = model("""
        held:HOLD BACKWARD: := GET DIRECT DATA('t.csv', ',', '1', 'A2')
        next:LOOK FORWARD: := GET DIRECT DATA('t.csv', ',', '1', 'A2')
        line := GET DIRECT DATA('t.csv', ',', '1', 'A2')
        of held = INTEG(held, 0)
        of next = INTEG(next, 0)
        of line = INTEG(line, 0)""")
    result = simulate(found, integrator=integrator, backend=backend)
    widths = np.array([1.3, 1.4, 6.3, 1.0])
    y = np.array([1.0, -4, 8, 2])
    areas = {
        "of_held": (widths * y).sum(),
        "of_next": (widths * [-4, 8, 2, 2]).sum(),
        "of_line": (widths[:3] * (y[:-1] + y[1:]) / 2).sum() + 2,
    }
    for name, area in areas.items():
        # between the points implicit steps follow a line within their tolerance
        near = 1e-8 if (integrator, name) == ("stiff", "of_line") else 1e-12
        assert float(result[name][-1]) == pytest.approx(area, rel=near), name


def test_changes_file_sets_external_lookups(folder: Path, capsys: Capsys) -> None:
    text = mdl("""region : north, south ~~|
        curve[region] = GET DIRECT LOOKUPS('t.csv', ',', 'A', 'B2')
        y[region] = curve[region](2001)""")
    (folder / "m.mdl").write_text(text)
    (folder / "c.cin").write_text("curve[south]((0,5),(1,5))\n")
    assert call(capsys, "run", "m.mdl", "--changes", "c.cin", "-o", "r.nc").code == 0
    assert call(capsys, "rerun", "r.nc").code == 0
    prepared = prepare(folder / "m.mdl")
    assert simulate(prepared.model)["y"].to_numpy().tolist() == [2, 20]


# ------------------------------------------------------------------- records and writing


TEXT = mdl("""place : GET DIRECT SUBSCRIPT('t.csv', ',', 'B1', 'C1', '') ~~|
    price[place]:LOOK FORWARD: := GET DIRECT DATA('t.csv', ',', 'A', 'B2')
    area[place] = GET DIRECT CONSTANTS('t.xlsx', 'Data', 'pair')
    rate = GET DIRECT CONSTANTS('t.csv', ',', 'E4')
    outside
    y[place] = price[place] * rate + outside""")


def test_model_is_read_again_from_its_record(folder: Path) -> None:
    found = read_mdl_text(TEXT, "m", "m.mdl")
    again = read_mdl_text(TEXT, "m", record=found.external.record)
    assert again == found
    assert again.sha256 == found.sha256
    assert again.external.record == found.external.record
    write_text(folder / "t.csv", [[*row[:5], 1, 2] for row in TABLE])
    same = read_mdl_text(TEXT, "m", "m.mdl")
    assert same.sha256 == found.sha256, "cells that the model does not read changed"
    TABLE[3][4], kept = 0.5, TABLE[3][4]
    write_text(folder / "t.csv", TABLE)
    TABLE[3][4] = kept
    assert read_mdl_text(TEXT, "m", "m.mdl").sha256 != found.sha256


@given(
    st.lists(
        st.lists(
            st.none() | st.text(max_size=3) | st.floats(allow_nan=False, allow_infinity=False),
            max_size=5,
        ),
        max_size=5,
    )
)
def test_recorded_sheet_has_the_used_cells(rows: list[list[Cell]]) -> None:
    lines = [
        ",".join("" if c is None else '"' + str(c).replace('"', '""') + '"' for c in row)
        for row in rows
    ]
    sheet = text_sheet([line.replace("\n", " ").replace("\r", " ") for line in lines], ",")
    asked = [(r, c) for r in range(7) for c in range(7)]
    before = [sheet.at(*place) for place in asked]
    again = recorded_sheet(sheet.record())
    assert [again.at(*place) for place in asked] == before
    assert (again.height, again.width) == (sheet.height, sheet.width)


def test_missing_value_of_vensim_is_a_blank() -> None:
    assert cell_value("-6.49037e+32") is None
    assert cell_value(":NA:") is None
    assert cell_value("1e999") == "1e999"
    assert cell_value(" 1,5 ") == "1,5"


def test_changed_files_are_read_again_and_rerun_reports_it(folder: Path, capsys: Capsys) -> None:
    (folder / "m.mdl").write_text(TEXT)
    (folder / "o.tab").write_text("Time\toutside\n0\t1\n10\t11\n")
    assert call(capsys, "run", "m.mdl", "-o", "r.nc").code == 3
    assert call(capsys, "run", "m.mdl", "--data", "o.tab", "-o", "r.nc").code == 0
    (folder / "far").mkdir()
    answer = call(capsys, "rerun", "r.nc")
    assert (answer.code, answer.err) == (0, "")
    rows = [list(row) for row in TABLE]
    rows[3][4] = 0.75
    write_text(folder / "t.csv", rows)
    answer = call(capsys, "rerun", "r.nc")
    assert answer.code == 0
    assert "t.csv has changed since" in answer.err
    assert call(capsys, "run", "m.mdl", "--data", "o.tab", "-o", "s.nc").code == 0
    answer = call(capsys, "compare", "r.nc", "s.nc")
    assert 'first difference: "rate" at time 0: 0.25 against 0.75' in answer.out
    (folder / "t.csv").unlink()
    assert call(capsys, "rerun", "r.nc").code == 0
    answer = call(capsys, "run", "m.mdl", "--data", "o.tab", "-o", "u.nc")
    assert answer.code == 3
    assert "there is no file t.csv" in answer.err


def test_ensemble_uses_the_data_of_its_runs(folder: Path, capsys: Capsys) -> None:
    (folder / "m.mdl").write_text(TEXT)
    (folder / "o.dat").write_text("outside\n0\t1\n10\t11\n")
    (folder / "p.csv").write_text(
        "element,label,value,low,high,distribution\nrate,,1,0.1,2,uniform\n"
    )
    args = ("ensemble", "m.mdl", "--data", "o.dat", "--prior", "p.csv", "--members", "3")
    assert call(capsys, *args, "--save", "y", "-o", "e.nc").code == 0
    (folder / "t.csv").unlink()
    assert call(capsys, "rerun", "e.nc").code == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Time\tother\n0\t1\n1\t2\n", "there is no series of outside"),
        ("Time\toutside\n0\tx\n", '"x" is not a number'),
    ],
)
def test_missing_data(folder: Path, capsys: Capsys, content: str, words: str) -> None:
    (folder / "m.mdl").write_text(TEXT)
    (folder / "o.tab").write_text(content)
    answer = call(capsys, "run", "m.mdl", "--data", "o.tab")
    assert answer.code == 3
    assert words in answer.err


@pytest.mark.parametrize(
    ("content", "here", "gone"),
    [
        ("Time\tx[North]\n0\t1\n1\t2\n", "north", "South"),
        ("Time\tx[South]\tx[North]\n0\t1\t\n1\t2\t\n", "south", "North"),
    ],
)
def test_the_part_of_an_array_without_data_is_missing(
    folder: Path,
    capsys: Capsys,
    caplog: pytest.LogCaptureFixture,
    content: str,
    here: str,
    gone: str,
) -> None:
    """Vensim's manual: a data variable without data has the value :NA:."""
    (folder / "m.mdl").write_text(
        mdl("r : North, South ~~|\nx[r]\nmissing[r] = IF THEN ELSE(x[r] = :NA:, 1, 0)")
    )
    (folder / "o.tab").write_text(content)
    answer = call(capsys, "run", "m.mdl", "--data", "o.tab", "-o", "o.nc")
    assert answer.code == 0
    assert f'there are no data for "x[{gone}]"' in answer.err + caplog.text
    result = xr.open_dataset(folder / "o.nc")
    assert result["missing"].sel(r=here.capitalize()).values.tolist() == [0] * 11
    assert result["missing"].sel(r=gone).values.tolist() == [1] * 11
    assert call(capsys, "rerun", "o.nc").code == 0


def test_series_without_any_number_are_refused(folder: Path, capsys: Capsys) -> None:
    (folder / "m.mdl").write_text(mdl("x"))
    empty = ("time", [np.nan, np.nan], {"vensim_name": "x"})
    xr.Dataset({"x": empty}, {"time": [0.0, 1.0]}).to_netcdf(folder / "o.nc")
    answer = call(capsys, "run", "m.mdl", "--data", "o.nc")
    assert '"x" has no number at any time' in answer.err


def test_changed_constant_replaces_its_call_in_the_text(folder: Path, capsys: Capsys) -> None:
    content = TEXT.replace("\n", "\r\n").encode()
    (folder / "m.mdl").write_bytes(content)
    assert call(capsys, "convert", "m.mdl", "a.mdl").code == 0
    assert (folder / "a.mdl").read_bytes() == content
    assert call(capsys, "convert", "m.mdl", "b.mdl", "--set", "area[north]=5").code == 0
    changed = read_model(folder / "b.mdl")
    assert changed["area"].equations[0].expression == Array((5, 8), (2,))
    assert changed["rate"].equations[0].call is not None
    write_model(read_model(folder / "m.mdl"), folder / "c.mdl")
    assert (folder / "c.mdl").read_text() == TEXT
    # without its file the model can still be read, except for labels
    (folder / "t.xlsx").unlink()
    assert call(capsys, "convert", "m.mdl", "d.mdl").code == 0
    assert (folder / "d.mdl").read_bytes() == content


def test_cached_model_is_built_again_when_its_files_change(folder: Path) -> None:
    (folder / "m.mdl").write_text(mdl("x = GET DIRECT CONSTANTS('t.csv', ',', 'E2')"))
    first = prepare(folder / "m.mdl")
    kept = prepare(folder / "m.mdl")
    assert (kept.model, kept.program.source) == (first.model, first.program.source)
    write_text(folder / "t.csv", [[*row[:4], 5] for row in TABLE])
    again = prepare(folder / "m.mdl")
    assert again.model["x"].equations[0].expression == Number(5)
    (folder / "t.csv").unlink()
    with pytest.raises(ModelError, match="there is no file"):
        prepare(folder / "m.mdl")


def test_grid_time_equals_time_in_the_file(folder: Path) -> None:
    # in floating point 3 * 0.3 < 0.9 and 3 * 0.1 > 0.3
    write_text(folder / "t.csv", [[0, 0.3, 0.9], [1, 2, 3]])
    call = "GET DIRECT DATA('t.csv', ',', '1', 'A2')"
    found = model(
        f"held:HOLD BACKWARD: := {call}\nnext:LOOK FORWARD: := {call}\nraw:RAW: := {call}"
    )
    for time_step, expected in ((0.3, [1, 2, 2, 3]), (0.1, [1, 1, 1, 2])):
        result = simulate(found, final_time=0.95, time_step=time_step, save_step=time_step)
        assert result["held"].to_numpy()[:4].tolist() == expected
        assert result["raw"].to_numpy()[3] == expected[3]
    assert result["next"].to_numpy()[:5].tolist() == [1, 2, 2, 2, 3]


def test_call_is_kept_when_its_neighbours_change(folder: Path, capsys: Capsys) -> None:
    text = mdl(
        "region : north, south ~~|\nx[north] = GET DIRECT CONSTANTS('t.csv', ',', 'E2') ~~|"
        "\nx[south] = 3\ny = GET DIRECT CONSTANTS('t.csv', ',', 'E2')"
    )
    (folder / "m.mdl").write_text(text)
    assert call(capsys, "convert", "m.mdl", "a.mdl", "--set", "x[south]=4").code == 0
    assert (folder / "a.mdl").read_text() == text.replace("= 3", "= 4")
    assert call(capsys, "convert", "m.mdl", "b.mdl", "--set", "x[north]=4").code == 0
    found = read_model(folder / "b.mdl")
    assert [e.call is None for e in found["x"].equations] == [True, True]
    assert simulate(found)["x"].to_numpy().tolist() == [4, 3]
    assert found["y"].equations[0].call is not None


def test_labels_followed_by_more_than_a_mapping(folder: Path) -> None:
    with pytest.raises(ModelError, match="followed by more than a mapping"):
        model("""names : GET DIRECT SUBSCRIPT('t.csv', ',', 'B1', 'C1', '') + 1 ~~|
            x = 1""")
