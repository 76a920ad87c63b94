"""Tables and data files of other programs, in the forms that occur in practice."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdistrict.base.errors import ExchangeError
from simdistrict.exchange.text.numbers import as_number
from simdistrict.exchange.vensim.series import MAX_PROBLEMS, SeriesFile, element_key, read_series


def read(tmp_path: Path, content: str | bytes, name: str = "x.tab") -> SeriesFile:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_series(path)


def complaint(tmp_path: Path, content: str | bytes, name: str = "x.tab") -> str:
    with pytest.raises(ExchangeError) as caught:
        read(tmp_path, content, name)
    return str(caught.value)


def numbers(series: SeriesFile, key: str) -> tuple[list[float], list[float]]:
    record = series.records[key]
    return record.time.tolist(), record.values.tolist()


# ------------------------------------------------------------------------------- tables

TABLE = 'Time\tStock A\t"Flow_A[Entry 1,Column 2]"\n0\t1\t2.5\n1\t3\t4e2\n'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_times_in_rows_with_any_line_end(tmp_path: Path, end: str, mark: bytes) -> None:
    found = read(tmp_path, mark + TABLE.replace("\n", end).encode())
    assert list(found.records) == ["stock a", "flow a[entry 1,column 2]"]
    assert numbers(found, "stock a") == ([0, 1], [1, 3])
    assert numbers(found, "flow a[entry 1,column 2]") == ([0, 1], [2.5, 400])
    assert found.records["flow a[entry 1,column 2]"].name == "Flow_A[Entry 1,Column 2]"
    assert found.records["flow a[entry 1,column 2]"].element == "flow a"


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_any_delimiter_with_any_suffix(tmp_path: Path, delimiter: str) -> None:
    found = read(tmp_path, delimiter.join("t a b".split()) + "\n" + delimiter.join("0 1 2".split()))
    assert numbers(found, "b") == ([0], [2])


def test_times_in_columns(tmp_path: Path) -> None:
    found = read(tmp_path, "Time\t0\t1\t2\nA\t5\t6\t7\nB[x]\t8\t\t\n")
    assert numbers(found, "a") == ([0, 1, 2], [5, 6, 7])
    assert found.records["b[x]"].constant


def test_constant_in_the_first_row_only(tmp_path: Path) -> None:
    found = read(
        tmp_path, "Time\tc\trepeated\tlate\tnever\n0\t5\t1\t\t\n1\t\t1\t2\t\n2\t\t1\t3\t\n"
    )
    assert found.records["c"].constant
    assert numbers(found, "c") == ([0], [5])
    assert not found.records["repeated"].constant
    assert numbers(found, "late") == ([1, 2], [2, 3])
    assert not found.records["late"].constant
    assert "never" not in found.records


def test_table_of_one_row_has_no_constants(tmp_path: Path) -> None:
    assert not read(tmp_path, "Time\ta\n0\t5\n").records["a"].constant


def test_rows_are_sorted_by_time(tmp_path: Path) -> None:
    assert numbers(read(tmp_path, "Time\ta\n2\t20\n0\t0\n1\t10\n"), "a") == ([0, 1, 2], [0, 10, 20])


def test_missing_values_are_nan(tmp_path: Path) -> None:
    cells = ":NA: -6.49037e+32 -6.4903711e+32 1.#QNAN -1.#IND 1.#INF -1.#INF 7".split()
    text = "Time\ta\n" + "".join(f"{i}\t{cell}\n" for i, cell in enumerate(cells))
    values = read(tmp_path, text).records["a"].values
    assert np.array_equal(values, [math.nan] * 5 + [math.inf, -math.inf, 7], equal_nan=True)


def test_text_in_windows_1252(tmp_path: Path) -> None:
    assert list(read(tmp_path, "Time\tGröße\n0\t1\n".encode("cp1252")).records) == ["größe"]


def test_text_in_utf_16(tmp_path: Path) -> None:
    table = read(tmp_path, "Time\tä\n0\t1\n1\t2\n".encode("utf-16"))
    assert numbers(table, "ä") == ([0, 1], [1, 2])


@pytest.mark.parametrize("number", ["1_000", "１２", "1,000"])
def test_numbers_of_python_are_no_numbers(tmp_path: Path, number: str) -> None:
    assert "is not a number" in complaint(tmp_path, f'Time\ta\n0\t"{number}"\n')


def test_number_with_underscore_in_a_data_file(tmp_path: Path) -> None:
    assert 'x.dat:2 | "1_000" is not a number' in complaint(tmp_path, "a\n0 1_000\n", "x.dat")


def test_quoted_names_keep_their_commas(tmp_path: Path) -> None:
    found = read(tmp_path, 'Time,"R&D, share","A[x,y]"\n0,1,2\n', "x.csv")
    assert list(found.records) == ["r&d, share", "a[x,y]"]


def test_wrong_cells_are_named_with_their_lines(tmp_path: Path) -> None:
    said = complaint(tmp_path, "Time\ta\tb\n0\tx\t1\n\n1\t2\t3,5\n\t4\t5\nlast\t6\t7\n2\t1\t2\t9\n")
    assert 'x.tab:2 | "x" is not a number (in "a")' in said
    assert 'x.tab:4 | "3,5" is not a number (in "b")' in said
    assert "a decimal point, not a comma" in said
    assert "x.tab:5 | there is no time in this row" in said
    assert 'x.tab:6 | "last" is not a number (in "Time")' in said
    assert "x.tab:7 | there are 4 columns, the first row has 3" in said


def test_duplicate_names_and_times_are_refused(tmp_path: Path) -> None:
    said = complaint(tmp_path, "Time\tA b\ta_B\t\n0\t1\t2\t\n0\t1\t2\t\n")
    assert 'x.tab:1 | "a_B" occurs twice (column 2 and column 3)' in said
    assert "x.tab:3 | the time 0 occurs twice" in said
    said = complaint(tmp_path, "Time\t0\t1\nA\t1\t2\na\t1\t2\n")
    assert 'x.tab:3 | "a" occurs twice (line 2 and line 3)' in said


def test_values_without_a_name_are_refused(tmp_path: Path) -> None:
    assert "column 3 has values but no name" in complaint(tmp_path, "Time\ta\t\tb\n0\t1\t2\t3\n")


def test_table_without_names_is_refused(tmp_path: Path) -> None:
    assert "x.csv:1 | the first line holds numbers" in complaint(tmp_path, "0,1\n1,2\n", "x.csv")


def test_many_problems_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"{i}\tx\n" for i in range(100))
    with pytest.raises(ExchangeError) as caught:
        read(tmp_path, f"Time\ta\n{rows}")
    assert len(caught.value.problems) == MAX_PROBLEMS + 1
    assert "80 more problems" in str(caught.value.problems[-1])


@pytest.mark.parametrize("name", ["x.tab", "x.csv", "x.dat"])
@pytest.mark.parametrize("content", ["", "\n\n", "Dear reader,\nthis is a letter.\n"])
def test_file_without_series_is_refused(tmp_path: Path, name: str, content: str) -> None:
    assert name in complaint(tmp_path, content, name)


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    assert "binary" in complaint(tmp_path, b"Time\ta\n0\t\x00\n")
    with pytest.raises(ExchangeError, match="there is no such file"):
        read_series(tmp_path / "none.tab")
    with pytest.raises(ExchangeError, match="this is a folder"):
        read_series(tmp_path)


# ------------------------------------------------------------------------------- data files

DATA = """A
0\t1
1\t2.5

"R&D / share, total"[x , Y] / a comment <Year>
0  7
B c[e1,e2] <Time Base>
 -1, 3.5e-1
2 :NA:
a / goes on
1 99
3 4 : a comment behind the pair
"""


def test_a_data_file(tmp_path: Path) -> None:
    found = read(tmp_path, DATA, "x.dat")
    assert list(found.records) == ["a", "r&d / share, total[x,y]", "b c[e1,e2]"]
    assert numbers(found, "a") == ([0, 1, 3], [1, 99, 4])
    assert found.records["r&d / share, total[x,y]"].constant
    assert found.records["b c[e1,e2]"].time.tolist() == [-1, 2]
    assert np.array_equal(found.records["b c[e1,e2]"].values, [0.35, np.nan], equal_nan=True)


def test_byte_order_mark_is_not_part_of_a_name(tmp_path: Path) -> None:
    assert list(read(tmp_path, "\ufeffA\n0 1\n", "x.dat").records) == ["a"]


def test_single_pair_is_a_constant_only_next_to_longer_series(tmp_path: Path) -> None:
    assert not read(tmp_path, "A\n0 1\nB\n0 2\n", "x.dat").records["a"].constant


def test_data_file_that_begins_with_numbers_is_refused(tmp_path: Path) -> None:
    assert "x.dat:2 | there are numbers" in complaint(tmp_path, "\n0 1\nA\n", "x.dat")


def test_time_without_a_value_is_refused(tmp_path: Path) -> None:
    assert "x.dat:3 | the time 1 has no value" in complaint(tmp_path, "A\n0 1\n1\n", "x.dat")


@pytest.mark.parametrize("line", ["5\tword", "5 word", "5,word", "5  a longer text", "5\t-"])
def test_a_time_with_a_word_is_refused(tmp_path: Path, line: str) -> None:
    word = line[1:].strip(" \t,").split(None, 1)[0]
    text = complaint(tmp_path, f"level\n0\t1\n{line}\n9\t2\n", "w.dat")
    assert f'w.dat:3 | "{word}" is not a number' in text
    assert "in double quotes" in text


def test_a_name_in_quotes_may_begin_with_a_number(tmp_path: Path) -> None:
    assert list(read(tmp_path, '"5 year plan"\n0 1\n5year\n0 2\n', "n.dat").records) == [
        "5 year plan",
        "5year",
    ]


# ------------------------------------------------------------------------------- names, numbers


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Stock A", "stock a"),
        (" Stock_A [ Entry 1 , B_2 ] ", "stock a[entry 1,b 2]"),
        ('"a [b] c"', "a [b] c"),
        ('"a [b] c"[d]', "a [b] c[d]"),
        ("[odd]", "[odd]"),
    ],
)
def test_keys(name: str, key: str) -> None:
    assert element_key(name)[0] == key


@pytest.mark.parametrize("text", ["", "x", "1_000", "1 2", "1,5", "--1"])
def test_texts_that_are_no_number(text: str) -> None:
    assert as_number(text) is None


@given(
    st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2),
        min_size=2,
        max_size=6,
    )
)
def test_numbers_round_trip_exactly(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[float]]
) -> None:
    rows = [[0.0 if as_number(repr(v)) != v else v for v in row] for row in rows]
    folder = tmp_path_factory.mktemp("full")
    text = "Time\ta\tb\n" + "".join(f"{i}\t{a!r}\t{b!r}\n" for i, (a, b) in enumerate(rows))
    found = read(folder, text)
    assert found.records["a"].values.tolist() == [a for a, _ in rows]
    assert found.records["b"].values.tolist() == [b for _, b in rows]


def test_line_of_commas_in_a_data_file_is_blank(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_text("x\n0\t1\n , ,\n1\t2\n")
    assert read_series(tmp_path / "a.dat").records["x"].values.tolist() == [1, 2]
