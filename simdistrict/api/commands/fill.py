"""The numbers of a model's tables, written into the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from simdistrict.base.counts import counted
from simdistrict.base.errors import Problem, ScenarioError, typed
from simdistrict.base.library import find_model
from simdistrict.exchange.number_tables.fill import FilledModel
from simdistrict.exchange.number_tables.fill import fill as fill_file
from simdistrict.exchange.vensim.cin import read_cin

SHOWN = 10
# the key of a row of a table: the element and its labels
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """The numbers of a model that differ from its tables; checked: nothing was written."""

    model: str
    file: str
    found: FilledModel
    checked: bool

    @property
    def differs(self) -> bool:
        """Whether a number differs, or did."""
        return bool(self.found.differences)

    def document(self) -> dict[str, object]:
        """The differences for JSON."""
        rows = [asdict(difference) for difference in self.found.differences]
        head = {"model": self.model, "numbers": self.found.count, "written": not self.checked}
        return {**head, "differences": rows}

    def lines(self) -> list[str]:
        """The first differences, and how many there are."""
        differences, count = self.found.differences, self.found.count
        if not differences:
            return [f"{self.file}: all {count} numbers are those of the tables"]
        said = [
            f"{self.file}:{d.line} | {d.element}: {d.was:.12g} "
            + (f"is {d.now:.12g} in {d.where}" if self.checked else f"-> {d.now:.12g} of {d.where}")
            for d in differences[:SHOWN]
        ]
        if len(differences) > SHOWN:
            said.append(f"and {len(differences) - SHOWN} more")
        done = "differ from the tables" if self.checked else "changed"
        said.append(f"{self.file}: {len(differences)} of {counted(count, 'number')} {done}")
        if self.checked:
            said.append(f"    write the numbers of the tables with: {typed('fill', self.model)}")
        return said


def fill(
    model: str,
    *,
    check: bool = False,
    values: Mapping[Row, float] | None = None,
    changes: Path | None = None,
    digits: int = 17,
    source: str | None = None,
    confidence: str | None = None,
) -> Filled:
    """Write the numbers of the tables in the folder of a model into the model.

    values: first written into the tables; changes: a .cin file whose constants are, too, rounded
    to a number of significant digits. check: writes nothing.
    """
    path = find_model(model)
    given = {**(_changed(changes, digits) if changes else {}), **(values or {})}
    found = fill_file(path, check=check, values=given, source=source, confidence=confidence)
    return Filled(model, path.name, found, check)


def _changed(path: Path, digits: int) -> dict[Row, float]:
    """The constants of a .cin file as keys of rows and values, rounded."""
    found = {}
    for change in read_cin(path):
        if change.points is not None or change.text is not None or len(change.values) != 1:
            what = f'"{change.name}" is no single number'
            hint = "a table takes one number for each row: give each label a separate line"
            raise ScenarioError(Problem(f"{path}:{change.line}", what, hint))
        found[(change.name, *change.subscripts)] = float(f"{change.values[0]:.{digits}g}")
    return found
