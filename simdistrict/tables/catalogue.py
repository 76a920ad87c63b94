"""The tables of a study: listed, computed or taken from the store, and checked."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdistrict.tables.compare import Discrepancy, differences
from simdistrict.tables.definition import (
    ENSEMBLE,
    POSTERIOR,
    StudyDefinition,
    kind_of,
    named,
)
from simdistrict.tables.files import Stamp, accepted, mismatches, texts, with_checksums
from simdistrict.tables.modules import KindError, function
from simdistrict.tables.store import Code, Made, keep, look_up
from simdistrict.tables.study import Study
from simdistrict.tables.table import Table

if TYPE_CHECKING:
    from simdistrict.tables.schema import TableEntry

STANDARD = {
    "claims": ("simdistrict.tables.claims", "claims_table"),
    "claims over the prior": ("simdistrict.tables.claims_prior", "prior_table"),
    "claims over the posterior": ("simdistrict.tables.claims_posterior", "posterior_table"),
    "constants over the posterior": ("simdistrict.tables.constants_posterior", "constants_table"),
    "targets": ("simdistrict.tables.claims", "targets_table"),
    "fit": ("simdistrict.tables.fit", "series_table"),
    "fitted constants": ("simdistrict.tables.fit", "constants_table"),
}


# keys of the functions that make a table
FUNCTIONS = ("of_runs", "of_members", "of_posterior", "of_fit")
# tables that are checked by a few members
OF_MEMBERS = (ENSEMBLE, POSTERIOR)


def chosen(definition: StudyDefinition, names: Sequence[str], *kinds: str) -> list[str]:
    """The named tables in the order of the study; without names, those of some kinds.

    Raises ScenarioError for a name that no table has.
    """
    tables = definition.file.tables
    return [n for n in named(definition, "table", names) if names or kind_of(tables[n]) in kinds]


def make(name: str, study: Study) -> tuple[Table, Stamp, dict[str, str]]:
    """Compute one table; also its stamp and the inputs that it read."""
    with study.recording() as inputs:
        table = _table(name, study)
    return table, study.stamp(inputs), inputs


def _table(name: str, study: Study) -> Table:
    written = study.definition.file.tables[name]
    heading = written.heading or written.title
    if written.standard:
        module, own = STANDARD[written.standard]
        found: Table = getattr(importlib.import_module(module), own)(
            study, name, heading, written.note
        )
    elif written.rows is not None:
        from simdistrict.tables.shown import rows_table

        found = rows_table(study, name, written)
    else:
        found = _function(name, written, study)(study)
    return found


def _function(name: str, written: TableEntry, study: Study) -> Callable[[Study], Table]:
    key = next(k for k in FUNCTIONS if getattr(written, k))

    def result(returned: Any, _: Study) -> Table:
        if not isinstance(returned, Table) or returned.name != name:
            raise KindError
        return returned

    d, kind = study.definition, f'a Table called "{name}"'
    return function(d.folder, getattr(written, key), d.place("tables", name, key), result, kind)


def _code(name: str, study: Study) -> Code:
    """Code that makes a table; for a standard table, every function that claims may call."""
    definition = study.definition
    written = definition.file.tables[name]
    by = next((own for key in FUNCTIONS if (own := getattr(written, key))), None)
    if by:
        return [definition.path, definition.folder / f"{by.partition(':')[0]}.py"]
    own = STANDARD[written.standard][0] if written.standard else "simdistrict.tables.shown"
    return [own, definition.path, *sorted(definition.folder.glob("*.py"))]


def made(name: str, study: Study) -> tuple[Made, bool]:
    """One table as text, and whether it came unchanged from the store."""
    code = _code(name, study)
    found = look_up(name, code, study)
    if found is not None:
        return found, True
    table, stamp, inputs = make(name, study)
    own = texts(table, stamp)
    kind = kind_of(study.definition.file.tables[name])
    fresh = Made(name, with_checksums(own) if kind in OF_MEMBERS else own, stamp, inputs)
    keep(fresh, code, study)
    return fresh, False


def check(name: str, study: Study, folder: Path) -> list[Discrepancy]:
    """Differences between the committed files of a table and the results of the model.

    A table of single runs is recomputed and compared to its printed digits. For a table of an
    ensemble some members are run again: origin and checksum must match, and no number may be
    next to impossible given these members. A stored copy of the whole table is compared too.
    """
    written = study.definition.file.tables[name]
    if kind_of(written) not in OF_MEMBERS:
        table, stamp, _ = make(name, study)
        return differences(folder, *accepted(table, stamp))
    doubted = _doubts(name, written, study)
    with study.recording() as inputs:
        doubts = doubted(study, folder / f"{name}.csv")
    found = list(mismatches(folder, name, study.stamp(inputs)))
    before = look_up(name, _code(name, study), study)
    if before is not None and found:
        found += differences(folder, before.texts)
    return found + doubts


def _doubts(
    name: str, written: TableEntry, study: Study
) -> Callable[[Study, Path], list[Discrepancy]]:
    if written.doubts:
        d, kind = study.definition, "discrepancies of its table"
        return function(d.folder, written.doubts, d.place("tables", name, "doubts"), _found, kind)
    assert written.standard is not None
    module = importlib.import_module(STANDARD[written.standard][0])
    return lambda study, path: list(module.doubts(study, path))


def _found(returned: Any, *_: Any) -> list[Discrepancy]:
    found = list(returned)
    if not all(isinstance(one, Discrepancy) for one in found):
        raise KindError
    return found
