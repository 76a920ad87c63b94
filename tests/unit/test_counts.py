"""Counts in sentences."""

from __future__ import annotations

import re
from pathlib import Path

from simdistrict.base.counts import counted

ROOT = Path(__file__).parents[2] / "simdistrict"


def test_a_noun_follows_its_number() -> None:
    assert [counted(n, "table") for n in (0, 1, 2)] == ["0 tables", "1 table", "2 tables"]
    assert [counted(n, "branch", "branches") for n in (1, 3)] == ["1 branch", "3 branches"]


def test_commands_and_studies_write_no_plural_behind_a_plain_length() -> None:
    plain = re.compile(r"\{len\([\w.]+\)\} (?!of\b|are\b|more\b|common\b)\w+s\b")
    files = [*(ROOT / "cli").glob("*.py"), *(ROOT / "regimes" / "studies").glob("*.py")]
    found = {
        f"{path.name}: {hit}" for path in files for hit in plain.findall(path.read_text("utf-8"))
    }
    assert found == set()
