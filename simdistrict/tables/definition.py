"""The content of a study file: rules, palette, and where its parts lie.

Runs nothing of the study; `modules` imports its Python files when a table needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from simdistrict.base.errors import Problem, ScenarioError, did_you_mean, typed
from simdistrict.base.library import find_model, study_arguments
from simdistrict.regimes.rules import Condition, Rule
from simdistrict.scenario.tree import YamlNode
from simdistrict.tables.palette import Palette

if TYPE_CHECKING:
    from simdistrict.tables.schema import StudyFile, TableEntry

# tables of single runs, of an ensemble over the prior or the posterior, or of a fit that takes
# minutes
RUNS, ENSEMBLE, POSTERIOR, FIT = "runs", "ensemble", "posterior", "fit"
_OVER_POSTERIOR = ("claims over the posterior", "constants over the posterior")


@dataclass(frozen=True)
class StudyDefinition:
    """A study file. where: its name in messages; tree: the line of every entry."""

    where: str
    path: Path
    file: StudyFile
    tree: YamlNode

    @property
    def folder(self) -> Path:
        """The folder of the file and of its Python files."""
        return self.path.parent

    @property
    def model(self) -> Path:
        """The model file. Raises ModelError if there is none."""
        return find_model(self.file.model, self.folder)

    @property
    def posterior(self) -> Path | None:
        """The file of draws of the posterior, if the study states one."""
        stated = self.file.posterior
        return None if stated is None else self.folder / stated.file

    @property
    def scenarios(self) -> Path | None:
        """The folder of scenarios next to the model, if any; it is searched first."""
        folder = (self.folder / self.file.model).parent / "scenarios"
        return folder if folder.is_dir() else None

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of regimes, in their order."""
        signs = (("low", ">="), ("above", ">"), ("high", "<="), ("below", "<"))
        return tuple(
            Rule(
                written.regime,
                tuple(
                    Condition(c.element, sign, getattr(c, key))
                    for c in written.where
                    for key, sign in signs
                    if getattr(c, key) is not None
                ),
            )
            for written in self.file.regimes
        )

    @cached_property
    def palette(self) -> Palette:
        """The style of each scenario."""
        return Palette({n: (s.colour, s.line, s.marker) for n, s in self.file.palette.items()})

    def place(self, *path: str | int) -> str:
        """File and line of an entry."""
        return f"{self.where}:{self.tree.at(path).line}"


def kind_of(table: TableEntry) -> str:
    """The kind of a table: RUNS, ENSEMBLE, POSTERIOR or FIT."""
    if table.of_posterior or table.standard in _OVER_POSTERIOR:
        return POSTERIOR
    if table.of_fit or table.standard == "fitted constants":
        return FIT
    return ENSEMBLE if table.of_members or table.standard == "claims over the prior" else RUNS


def named(d: StudyDefinition, what: str, names: Sequence[str]) -> list[str]:
    """The tables or figures of these names, in the order of the file; all without names.

    what: `table` or `figure`. Raises ScenarioError for names that the study lacks.
    """
    known = list(d.file.tables if what == "table" else d.file.figures)
    problems = [
        Problem(
            f"{what} {name}",
            f'there is no {what} called "{name}"',
            did_you_mean(name, known)
            or f"{typed('list', f'{what}s', *study_arguments(d.path))} shows all",
        )
        for name in names
        if name not in known
    ]
    if problems:
        raise ScenarioError(problems)
    return [name for name in known if name in names or not names]
