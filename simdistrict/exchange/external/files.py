"""The files that a model takes numbers from: each is opened once, the cells used are recorded."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from simdistrict.base.errors import ExchangeError, Problem, did_you_mean
from simdistrict.base.inputs import InputKind, digest, is_regular, opened
from simdistrict.base.outside import HINT, is_outside, relative_name
from simdistrict.exchange.external.sheet import Sheet, TooLargeError, recorded_sheet, text_sheet
from simdistrict.exchange.text.files import text_lines
from simdistrict.model.model import External

_BOOKS = (".xlsx", ".xlsm", ".xls")
BOOK = InputKind("a workbook", 200_000_000)


class UnreadableError(Exception):
    """A file, sheet or cell cannot be read; what, hint: as in a Problem.

    others: the same for more cells.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint
        self.others: tuple[UnreadableError, ...] = ()


class Files:
    """The sheets that one reading of a model takes numbers from.

    folder: of the model, None if only its text is known; tags: file names by `?tag`.
    record: what an earlier reading took, which then replaces the files.
    notes: what was chosen for a tag, one line each.
    skipped: the words in the place of numbers, by sheet and cell.
    """

    def __init__(
        self, folder: Path | None, tags: Mapping[str, str] | None = None, record: str = ""
    ) -> None:
        self.folder = folder
        self.tags = {tag.lower(): name for tag, name in (tags or {}).items()}
        self.notes: list[str] = []
        self.skipped: dict[str, dict[str, str]] = {}
        self._sheets: dict[tuple[str, str], Sheet] = {}
        self._digests: dict[Path, str] = {}
        self._recorded: dict[tuple[str, str], Sheet] | None = None
        if record:
            kept = json.loads(record).get("sheets", [])
            self._recorded = {(s["file"], s["tab"]): recorded_sheet(s) for s in kept}

    def sheet(self, file: str, tab: str) -> Sheet:
        """The sheet for a file and a tab. Raises UnreadableError."""
        key = file, tab
        if key not in self._sheets:
            self._sheets[key] = self._read(file, tab)
        return self._sheets[key]

    def skip(self, sheet: str, cell: str, text: str) -> None:
        """Keep a word in the place of a number, to be reported."""
        self.skipped.setdefault(sheet, {})[cell] = text[:40]

    def told_skipped(self) -> list[str]:
        """What was skipped, one line for each sheet, with the first cells."""
        lines = []
        for sheet, cells in self.skipped.items():
            listed = ", ".join(f'{cell} "{text}"' for cell, text in list(cells.items())[:5])
            more = f" and {len(cells) - 5} more" if len(cells) > 5 else ""
            what = "a word is" if len(cells) == 1 else "words are"
            lines.append(f"{sheet}: {what} skipped where a number is meant: {listed}{more}")
        return lines

    def external(self, problems: Sequence[Problem]) -> External:
        """The cells used so far."""
        used = sorted(key for key, sheet in self._sheets.items() if sheet.used)
        sheets = [{"file": f, "tab": t, **self._sheets[f, t].record()} for f, t in used]
        record = json.dumps({"sheets": sheets}, ensure_ascii=False) if sheets else ""
        read = [
            (str(path), known, relative_name(path, self.folder or Path()))
            for path, known in self._digests.items()
        ]
        return External(record, tuple(problems), tuple(sorted(read)))

    def _read(self, file: str, tab: str) -> Sheet:
        if self._recorded is not None:
            if (file, tab) not in self._recorded:
                raise UnreadableError(f"{file} was not there when the model was read")
            return self._recorded[file, tab]
        path = self._path(file)
        self._digests[path] = digest(path)
        # unlike pathlib's, these functions do not raise for an impossible file name
        if not os.path.exists(path):
            folder = path.parent
            beside = [p.name for p in folder.iterdir()] if os.path.isdir(folder) else []
            hint = did_you_mean(path.name, beside) or "it must be in the folder of the model"
            raise UnreadableError(f"there is no file {path}", hint)
        try:
            if path.suffix.lower() in _BOOKS:
                return _page(path, tab)
            return text_sheet(text_lines(path), _delimiter(path, tab))
        except ExchangeError as error:
            raise UnreadableError(f"{path}: {error.problems[0].what}") from None
        except (TooLargeError, csv.Error) as error:
            raise UnreadableError(f"{path} cannot be read: {error}") from None

    def _path(self, file: str) -> Path:
        if self.folder is None:
            raise UnreadableError(f"{file} cannot be found: only the text of the model is known")
        if not file.startswith("?"):
            return self._named(file, self.folder)
        tag = file[1:].lower()
        if tag in self.tags:
            # the path may be that of another computer
            stated = self.tags[tag]
            names = (stated, tag, stated.replace("\\", "/").rpartition("/")[2])
            inside = [name for name in names if not is_outside(_slashes(name), self.folder)]
            paths = [_in_any_case(self.folder, name) for name in inside]
            there = [p for p in paths if is_regular(p) and not is_outside(p, self.folder)]
            # for the message: the file that should be there
            return there[0] if there else self._named(stated, self.folder)
        books = [p for p in sorted(self.folder.glob("*")) if p.suffix.lower() in _BOOKS]
        matching = [p for p in books if p.stem.lower() == tag]
        if len(matching) == 1:
            note = f"the settings have no file for {file}: {matching[0].name} is used"
            if note not in self.notes:
                self.notes.append(note)
            return matching[0]
        hint = "name it in Vensim, Model > Settings > XLS Files, or write its name in the equation"
        raise UnreadableError(f"the settings of the model have no file for {file}", hint)

    def _named(self, name: str, folder: Path) -> Path:
        """The file that the model names. Raises UnreadableError where it is outside."""
        outside = is_outside(_slashes(name), folder)
        path = folder if outside else _in_any_case(folder, name)
        if outside or is_outside(path.absolute(), folder):
            raise UnreadableError(f"{name} is outside the folder of the model", HINT)
        return path


def _slashes(name: str) -> str:
    return name.replace("\\", "/")


def _in_any_case(folder: Path, name: str) -> Path:
    """The file with a name; on Windows, where Vensim runs, the case of letters does not matter."""
    path = folder
    for part in Path(_slashes(name)).parts:
        step = path / part
        if not os.path.exists(step) and os.path.isdir(path):
            same = [p for p in path.iterdir() if p.name.lower() == part.lower()]
            step = same[0] if len(same) == 1 else step
        path = step
    return path


def unchanged(external: External, folder: Path) -> bool:
    """Whether the files that a model in a folder took numbers from are unchanged, and allowed."""
    paths = [(Path(path), known) for path, known, _ in external.files]
    if any(is_outside(path.absolute(), folder) for path, _ in paths):
        return False
    return all(digest(path) == known for path, known in paths)


def _page(path: Path, tab: str) -> Sheet:
    """A sheet of a workbook; its name is matched without case."""
    from simdistrict.exchange.external import xls, xlsx

    old = path.suffix.lower() == ".xls"
    try:
        with opened(path, BOOK) as file:
            names = xls.sheet_names(file) if old else xlsx.sheet_names(file)
            name = next((n for n in names if n.lower() == tab.lower()), None)
            if name is not None:
                return xls.read_sheet(file, name) if old else xlsx.read_sheet(file, name)
    except (TooLargeError, ExchangeError):
        raise
    except Exception as error:  # openpyxl and xlrd raise anything for a broken workbook
        kind = path.suffix.lower()
        what = f"{path} cannot be read as an {kind} workbook ({type(error).__name__})"
        raise UnreadableError(what, f"is it a workbook? save it again as {kind}") from error
    hint = did_you_mean(tab, names) or f"its sheets are {', '.join(names[:10])}"
    raise UnreadableError(f'{path} has no sheet "{tab}"', hint)


def _delimiter(path: Path, tab: str) -> str:
    """The delimiter of a text file: the tab argument, or that of its file type."""
    if len(tab) == 1 and not tab.isalnum() and tab not in "\"'\n":
        return tab
    return "," if path.suffix.lower() == ".csv" else "\t"
