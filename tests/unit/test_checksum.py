"""Seals: an edit of a table that takes long to make is found without making it."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.tables import Column, Stamp, Table, texts
from simdistrict.tables.files import mismatches, with_checksums, write_texts

STAMP = Stamp((("model tank", "a" * 64), ("3 scenarios", "b" * 64)))
TABLE = Table("few", "A few", (Column("place"), Column("share", decimals=2)), (("north", 0.12),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_texts(tmp_path, with_checksums(texts(TABLE, STAMP)))
    return tmp_path


def test_an_untouched_table_is_whole(folder: Path) -> None:
    assert list(mismatches(folder, "few", STAMP)) == []


@pytest.mark.parametrize("name", ["few.csv", "few.md"])
@pytest.mark.parametrize(("old", "new"), [("0.12", "0.13"), ("north", "south")])
def test_an_edit_is_found(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    path.write_text(path.read_text().replace(old, new))
    (found,) = mismatches(folder, "few", STAMP)
    assert found.where.startswith(name)
    assert found.where.endswith("content sha256")


def test_another_origin_is_found(folder: Path) -> None:
    other = Stamp((("model tank", "c" * 64), ("3 scenarios", "b" * 64)))
    found = list(mismatches(folder, "few", other))
    assert [d.where for d in found] == ["few.csv:1 made of", "few.md:11 made of"]
    assert "cccccccccccc" in found[0].should_be


def test_a_table_without_a_seal_or_a_file_is_found(folder: Path) -> None:
    write_texts(folder, texts(TABLE, STAMP))
    assert [d.is_now for d in mismatches(folder, "few", STAMP)] == ["", ""]
    (folder / "few.csv").unlink()
    (folder / "few.md").write_bytes(b"\xff")
    assert [d.should_be for d in mismatches(folder, "few", STAMP)] == ["a table", "a table"]
