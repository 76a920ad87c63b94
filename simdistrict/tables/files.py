"""Tables as files: CSV for programs, Markdown for readers, both with their inputs.

The same table gives the same bytes. Tables that are expensive to recompute carry checksums, so
that edits are detected: the line with the stamp, first of a .csv file and last of a .md file, ends
in the hash of all other lines.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base import atomic, inputs
from simdistrict.base.errors import ExchangeError
from simdistrict.tables.compare import Discrepancy, committed_text
from simdistrict.tables.table import Rounded, Table

CSV_MARK = "# simdistrict tables "
PAGE_MARK = "<!-- simdistrict tables "
MARK = "; content sha256 "
# far above differences between machines, far below the printed digits
NUDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Stamp:
    """The inputs of a table: pairs of a description and a hash."""

    parts: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "; ".join(f"{what} sha256 {sha[:12]}" for what, sha in self.parts)


def texts(table: Table, stamp: Stamp) -> dict[str, str]:
    """File name -> text."""
    made = as_csv(table, stamp), as_markdown(table, stamp)
    return dict(zip(file_names(table.name), made, strict=True))


def file_names(table: str) -> tuple[str, str]:
    """The names of the files of a table: for programs, and for readers."""
    return f"{table}.csv", f"{table}.md"


def accepted(table: Table, stamp: Stamp) -> list[dict[str, str]]:
    """The texts of a table, and of the table a millionth larger and smaller: see `compare`."""
    return [texts(table.nudged(share), stamp) for share in (0.0, NUDGE, -NUDGE)]


def write(folder: Path, table: Table, stamp: Stamp, *, force: bool = False) -> list[Path]:
    """Write the files of a table; replaces a foreign file only if forced."""
    return write_texts(folder, texts(table, stamp), force=force)


def write_texts(folder: Path, found: Mapping[str, str], *, force: bool = False) -> list[Path]:
    """The same for the texts of tables, which appear as one. Leaves unchanged files untouched."""
    changed = {}
    for name, text in found.items():
        expected = text.encode()
        if inputs.head(folder / name, len(expected) + 1) != expected:
            changed[name] = text
    atomic.write_texts(folder, changed, ours=_is_ours, force=force)
    return [folder / name for name in found]


def check_files(folder: Path, tables: Iterable[str], *, force: bool = False) -> None:
    """Raise ExchangeError where a file of the tables may not be written; call it first."""
    for table in tables:
        for name in file_names(table):
            atomic.writable_target(folder / name, ours=_is_ours, force=force)


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
    for name in file_names(table):
        try:
            text = committed_text(folder / name)
        except ExchangeError as error:
            yield Discrepancy(name, error.problems[0].what, "a table")
            continue
        except UnicodeDecodeError:
            yield Discrepancy(name, "no text in UTF-8", "a table")
            continue
        at, lines = _stamp_line(name, text)
        origin, _, content = lines[at].removesuffix(".").partition(MARK)
        where = f"{name}:{at % len(lines) + 1}"
        stated = origin.partition(": ")[2]
        if stated != str(stamp):
            yield Discrepancy(f"{where} made of", stated, str(stamp))
        if content != _content(lines, at):
            yield Discrepancy(f"{where} content sha256", content, _content(lines, at))


def as_csv(table: Table, stamp: Stamp) -> str:
    """A line with the inputs of the table, the names of the columns, the rows."""
    out = io.StringIO()
    out.write(f"{CSV_MARK}{table.name}: {stamp}\n")
    csv.writer(out, lineterminator="\n").writerows([table.head, *table.cells()])
    return out.getvalue()


def as_markdown(table: Table, stamp: Stamp) -> str:
    """A page with the table, or with the tables that are shown in its place."""
    lines = [f"{PAGE_MARK}{table.name} -->", "", f"# {table.title}", ""]
    if table.note:
        lines += [table.note, ""]
    if table.shown:
        for part in table.shown:
            lines += [f"## {part.title}", ""]
            lines += [part.note, ""] if part.note else []
            lines += [*markdown_rows(part), ""]
        lines += [f"All rows: `{table.name}.csv`.", ""]
    else:
        lines += [*markdown_rows(table), ""]
    lines += _rounding(table)
    lines += [f"Made by `simdistrict tables {table.name}`: {stamp}."]
    return "\n".join(lines) + "\n"


def markdown_rows(table: Table) -> Iterator[str]:
    """The rows in Markdown, numbers right-aligned."""
    numeric = [
        any(isinstance(row[k], float | int | Rounded) for row in table.rows)
        for k in range(len(table.head))
    ]
    yield _line(table.head)
    yield _line(["---:" if right else "---" for right in numeric])
    for row in table.cells():
        yield _line([cell.replace("|", "/") for cell in row])


def _rounding(table: Table) -> list[str]:
    """How numbers are rounded."""
    own = table.rounding()
    parts = [f"{part.title}: {part.rounding()}" for part in table.shown if part.rounding()]
    if own:
        parts.append(f"{table.name}.csv: {own}" if parts or table.shown else own)
    return ["Rounding: " + "; ".join(parts) + ".", ""] if parts else []


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _is_ours(path: Path) -> bool:
    first = inputs.head(path, 200).decode("utf-8", "replace")
    return first.startswith((CSV_MARK, PAGE_MARK))


def _stamp_line(name: str, text: str) -> tuple[int, list[str]]:
    lines = text.removesuffix("\n").split("\n")
    return (0 if name.endswith(".csv") else -1), lines


def _content(lines: list[str], at: int) -> str:
    rest = lines[1:] if at == 0 else lines[:-1]
    return hashlib.sha256("\n".join(rest).encode()).hexdigest()[:16]
