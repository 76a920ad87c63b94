"""Tables of results: how numbers are printed, files written, committed ones compared."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simdistrict.base.errors import ExchangeError, ScenarioError
from simdistrict.cli.main import group
from simdistrict.tables import (
    ENSEMBLE,
    RUNS,
    Column,
    Stamp,
    Table,
    accepted,
    chosen,
    differences,
    texts,
    write,
)
from simdistrict.tables.compare import same
from simdistrict.tables.definition import named
from tests.study import definition

STUDY = definition()
TABLES, FIGURES = STUDY.file.tables, STUDY.file.figures
STAMP = Stamp((("model tank", "a" * 64), ("record record.csv", "b" * 64)))
COLUMNS = (Column("place"), Column("share", decimals=2), Column("jobs", significant=3), Column("n"))
TABLE = Table("few", "A few", COLUMNS, (("north", 0.1234, 37189.0, 3), ("so|uth", None, 0.5, 4)))


def test_a_column_prints_by_its_policy() -> None:
    assert Column("a", decimals=2).text(1.005e3) == "1005.00"
    assert Column("a", significant=3).text(37189.0) == "37200"
    assert Column("a", significant=3).text(0.00123456) == "0.00123"
    assert Column("a", significant=3).text(9.996) == "10.00"
    assert Column("a").text(12) == "12"
    assert Column("a").text("as it is") == "as it is"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_undefined_is_empty(value: float | None) -> None:
    assert Column("a", decimals=1).text(value) == ""


def test_zero_has_no_sign() -> None:
    assert Column("a", decimals=1).text(-0.04) == "0.0"


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="3 cells in 4 columns"):
        Table("few", "A few", COLUMNS, (("north", 0.1, 3.0),))


def test_both_files_say_what_they_were_made_of(tmp_path: Path) -> None:
    write(tmp_path, TABLE, STAMP)
    for name in ("few.csv", "few.md"):
        text = (tmp_path / name).read_text()
        assert "aaaaaaaaaaaa;" in text
        assert "bbbbbbbbbbbb" in text
        assert "simdistrict tables few" in text


def test_the_rows_are_read_back_behind_one_line(tmp_path: Path) -> None:
    write(tmp_path, TABLE, STAMP)
    with (tmp_path / "few.csv").open(newline="") as file:
        assert next(file).startswith("# simdistrict tables few: model tank sha256 ")
        rows = list(csv.DictReader(file))
    assert rows[0] == {"place": "north", "share": "0.12", "jobs": "37200", "n": "3"}
    assert rows[1]["share"] == ""


def test_the_page_states_how_numbers_are_rounded(tmp_path: Path) -> None:
    page = texts(TABLE, STAMP)["few.md"]
    assert "Rounding: share: 2 decimals; jobs: 3 significant digits." in page
    assert "| --- | ---: | ---: | ---: |" in page
    assert "| so/uth |  | 0.500 | 4 |" in page


def test_the_page_may_show_other_tables_than_the_rows() -> None:
    shown = Table("few", "In short", (Column("place"),), (("north",),))
    page = texts(Table("few", "A few", COLUMNS, TABLE.rows, "", (shown,)), STAMP)["few.md"]
    assert "## In short" in page
    assert "37200" not in page
    assert "All rows: `few.csv`." in page


def test_a_foreign_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("mine\n")
    with pytest.raises(ExchangeError, match="was not written by simdistrict"):
        write(tmp_path, TABLE, STAMP)
    write(tmp_path, TABLE, STAMP, force=True)
    write(tmp_path, TABLE, STAMP)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("0.12", "0.13", True),
        ("0.12", "0.14", False),
        ("rises by 7.4 points", "rises by 7.5 points", True),
        ("rises by 7.4 points", "falls by 7.4 points", False),
        ("37200", "37300", True),
        ("37200", "37400", False),
        ("9.99", "10.0", True),
        ("-0.1", "0.0", True),
        ("2019", "2020", True),
        ("2019", "2021", False),
        ("sha256 1a2b3c", "sha256 1a2b3d", False),
        ("3", "", False),
    ],
)
def test_numbers_are_the_same_to_their_printed_digits(one: str, other: str, expected: bool) -> None:
    assert same(one, other) is expected


def test_a_difference_names_file_line_and_column(tmp_path: Path) -> None:
    write(tmp_path, TABLE, STAMP)
    path = tmp_path / "few.csv"
    path.write_text(path.read_text().replace("0.12", "0.21"))
    (found,) = differences(tmp_path, *accepted(TABLE, STAMP))
    assert str(found) == 'few.csv:3 share | "0.21" should be "0.12"'


def test_one_unit_of_the_last_digit_is_a_difference_and_a_rounding_is_none(tmp_path: Path) -> None:
    rows = (("north", 0.12), ("south", 0.125 - 1e-9))
    table = Table("few", "A few", (Column("place"), Column("share", decimals=2)), rows)
    write(tmp_path, table, STAMP)
    path = tmp_path / "few.csv"
    good = path.read_text()
    # 0.125 less next to nothing is printed 0.12 here, and might be 0.13 elsewhere
    path.write_text(good.replace("south,0.12", "south,0.13"))
    assert differences(tmp_path, *accepted(table, STAMP)) == []
    path.write_text(good.replace("north,0.12", "north,0.13"))
    assert [d.where for d in differences(tmp_path, *accepted(table, STAMP))] == ["few.csv:3 share"]
    path.write_bytes(b"\xff\x00")
    assert [d.where for d in differences(tmp_path, *accepted(table, STAMP))] == ["few.csv"]


def test_another_model_is_a_difference(tmp_path: Path) -> None:
    write(tmp_path, TABLE, STAMP)
    other = Stamp((("model tank", "c" * 64), ("record record.csv", "b" * 64)))
    assert {d.where for d in differences(tmp_path, *accepted(TABLE, other))} == {
        "few.csv:1",
        "few.md:12",
    }


@pytest.mark.parametrize("change", ["drop", "add", "none"])
def test_a_row_too_few_or_too_many_is_a_difference(tmp_path: Path, change: str) -> None:
    write(tmp_path, TABLE, STAMP)
    path = tmp_path / "few.csv"
    lines = path.read_text().splitlines(keepends=True)
    changed = {"drop": lines[:-1], "add": [*lines, "west,0.1,2,3\n"], "none": lines}[change]
    path.write_text("".join(changed))
    assert bool(differences(tmp_path, *accepted(TABLE, STAMP))) is (change != "none")


def test_a_missing_file_is_a_difference(tmp_path: Path) -> None:
    assert [d.where for d in differences(tmp_path, *accepted(TABLE, STAMP))] == [
        "few.csv",
        "few.md",
    ]


def test_slow_tables_are_made_only_by_name() -> None:
    assert "constants" not in chosen(STUDY, [], RUNS, ENSEMBLE)
    assert "policies" not in chosen(STUDY, [], RUNS)
    assert chosen(STUDY, ["constants"]) == ["constants"]
    assert chosen(STUDY, ["jobs", "targets"]) == ["targets", "jobs"]


def test_a_misspelt_name_is_told_with_its_neighbour() -> None:
    with pytest.raises(ScenarioError, match='did you mean "criticality"'):
        chosen(STUDY, ["criticalty"])
    with pytest.raises(ScenarioError, match='did you mean "home_share"'):
        named(STUDY, "figure", ["home share"])


@pytest.mark.parametrize(("what", "names"), [("tables", TABLES), ("figures", FIGURES)])
def test_they_are_listed(what: str, names: dict[str, object]) -> None:
    done = CliRunner().invoke(group, ["list", what])
    assert [line.split()[0] for line in done.output.splitlines()] == list(names)


def test_the_command_writes_and_checks(tmp_path: Path) -> None:
    def run(*options: str) -> tuple[int, str]:
        done = CliRunner().invoke(group, ["tables", "criticality", "-o", str(tmp_path), *options])
        return done.exit_code, done.output

    assert run("--check")[0] == 5
    assert run()[0] == 0
    assert run() == (0, f"made 0 tables in {tmp_path / 'district'}: none; 1 had not changed\n")
    assert run("--check")[0] == 0
    path = tmp_path / "district" / "criticality.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], *(line.replace(",0.", ",7.") for line in lines[2:])]))
    code, said = run("--check")
    assert code == 5
    assert said.splitlines()[0].startswith("criticality.csv:3 1980 | ")
    assert "and " in said
    assert "make them anew with: simdistrict tables criticality" in said
    code, said = run("--check", "--json")
    assert code == 5
    assert len(json.loads(said)["differences"]) > 10
