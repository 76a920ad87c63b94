"""Checksums in tables that are expensive to recompute, so that edits are detected.

The line with the stamp, first of a .csv file and last of a .md file, ends in the hash of all
other lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from simdistrict.tables.compare import Discrepancy
from simdistrict.tables.files import Stamp

MARK = "; content sha256 "


def with_checksums(texts: dict[str, str]) -> dict[str, str]:
    """The texts of a table with their hashes."""
    found = {}
    for name, text in texts.items():
        at, lines = _stamp_line(name, text)
        line = lines[at]
        end = "." if line.endswith(".") else ""
        lines[at] = f"{line.removesuffix('.')}{MARK}{_content(lines, at)}{end}"
        found[name] = "\n".join(lines) + "\n"
    return found


def mismatches(folder: Path, table: str, stamp: Stamp) -> Iterator[Discrepancy]:
    """Where the files of a table are missing, of another origin, or edited."""
    for name in (f"{table}.csv", f"{table}.md"):
        try:
            text = (folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            yield Discrepancy(name, "no such file", "a table")
            continue
        except UnicodeDecodeError:
            yield Discrepancy(name, "no text in UTF-8", "a table")
            continue
        at, lines = _stamp_line(name, text)
        origin, _, content = lines[at].removesuffix(".").partition(MARK)
        where = f"{name}:{at % len(lines) + 1}"
        told = origin.partition(": ")[2]
        if told != str(stamp):
            yield Discrepancy(f"{where} made of", told, str(stamp))
        if content != _content(lines, at):
            yield Discrepancy(f"{where} content sha256", content, _content(lines, at))


def _stamp_line(name: str, text: str) -> tuple[int, list[str]]:
    lines = text.removesuffix("\n").split("\n")
    return (0 if name.endswith(".csv") else -1), lines


def _content(lines: list[str], at: int) -> str:
    rest = lines[1:] if at == 0 else lines[:-1]
    return hashlib.sha256("\n".join(rest).encode()).hexdigest()[:16]
