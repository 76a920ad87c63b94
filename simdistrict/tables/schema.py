"""The closed schema of a study file: the questions put to one model.

Reads the text of one file; `definition` finds the functions and the model that it names.
`python -m simdistrict.tables.schema` prints the JSON schema that editors use.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.behaviour.schema import BoundFile, NameList
from simdistrict.scenario.schema import (
    SHORT_NAME,
    Closed,
    FiniteNumber,
    Section,
    by_line,
    finite_number,
    json_schema_text,
    keys_at,
    repeated_names,
    validated,
)
from simdistrict.scenario.tree import KeyPath, YamlNode, read_tree
from simdistrict.tables.table import MOST_DECIMALS

Standard = Literal[
    "claims",
    "claims over the prior",
    "claims over the posterior",
    "constants over the posterior",
    "targets",
    "fit",
    "fitted constants",
]


def _whole(value: float) -> int:
    if value % 1 or not 0 <= value <= MOST_DECIMALS:
        given = {"value": f"{value:g}", "most": MOST_DECIMALS}
        raise PydanticCustomError("own", "{value} is no whole number from 0 to {most}", given)
    return int(value)


Decimals = Annotated[
    int,
    BeforeValidator(lambda v: _whole(finite_number(v))),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MOST_DECIMALS}),
]
# the name of files in the folder of results
Name = Annotated[str, Field(pattern=SHORT_NAME)]
Marker = Literal[
    "o", "s", "D", "d", "^", "v", "<", ">", "p", "P", "h", "H",
    "8", "*", "x", "X", "+", ".", "|", "_", "1", "2", "3", "4",
]  # fmt: skip
FUNCTION = "`MODULE:FUNCTION` of a Python file in the folder of this file"


class AgainstFile(Closed):
    """What a number is compared with; what is absent is as in the number itself."""

    element: str | None = Field(None, description="Another element.")
    scenario: str | None = Field(None, description="Another scenario.")
    at: FiniteNumber | None = Field(None, description="Another time.")


class MeasureFile(BoundFile):
    """One number, and the range that it should lie in; without a range it is only shown."""

    what: str = Field(description="The number in words, with its unit.")
    element: str | None = Field(None, description="An element, or one label of an array.")
    scenario: str | None = Field(None, description="A scenario; default: the baseline.")
    at: FiniteNumber | None = Field(None, description="The time; default: the last one.")
    against: AgainstFile | None = Field(None, description="What it is compared with.")
    compared: Literal["ratio", "percent", "difference"] = Field(
        "ratio", alias="as", description="How it is compared: x/y, 100*(x/y - 1) or x - y."
    )
    times: FiniteNumber = Field(1.0, description="The result is multiplied by this.")
    by: str | None = Field(None, description=f"In place of an element: {FUNCTION}.")
    arguments: Annotated[dict[str, Any], Section] = Field(
        default_factory=dict, alias="with", description="Arguments of the function, by name."
    )
    detail: str | None = Field(
        None,
        description=f"Words about a single run: {FUNCTION}, called with the same arguments.",
    )


class ClaimFile(Closed):
    """A claim; it holds where all of its numbers lie in their ranges."""

    text: str = Field(description="The claim, in one sentence.")
    measures: Annotated[list[MeasureFile], Field(min_length=1)] = Field(
        description="The numbers that it speaks of."
    )


class TargetFile(MeasureFile):
    """What a calibration was to reach; a function gets the study."""

    of: str = Field(description="What the target is about, in a word or two.")
    what: str = Field("", description="The number in words; not needed with `record:`.")
    record: list[str] = Field(
        default_factory=list,
        description="Series of the record: one number for each point, model over record.",
    )
    until: FiniteNumber | None = Field(
        None, description="The last time of the points of `record:`."
    )


class ShownFile(Closed):
    """Elements of some scenarios: rows of a table, or panels of a figure."""

    elements: NameList = Field(description="Each element, or part of one, with all of its labels.")
    scenarios: list[str] = Field(
        default_factory=list, description="One or more scenarios; default: the baseline."
    )


class RowsFile(ShownFile):
    """A table of elements by scenarios and times."""

    at: Annotated[list[FiniteNumber], Field(min_length=1)] = Field(description="The times.")
    decimals: Decimals | None = Field(
        None, description="Digits after the point; default: 3 digits."
    )


class TableEntry(Closed):
    """A table; exactly one of the keys after `note:` says how it is made."""

    title: str = Field(description="One line for lists.")
    heading: str = Field("", description="The heading of its page; default: the title.")
    note: str = Field("", description="What a reader must know, in Markdown.")
    standard: Standard | None = Field(
        None,
        description="The claims or targets of this file with their verdicts; the series of the "
        "record beside the model; the constants that a fit gives, made only by name.",
    )
    rows: RowsFile | None = Field(None, description="Elements by scenarios and times.")
    of_runs: str | None = Field(None, description=f"Made from single runs: {FUNCTION}.")
    of_members: str | None = Field(None, description=f"Made from ensembles: {FUNCTION}.")
    of_posterior: str | None = Field(
        None, description=f"Made from ensembles over the posterior, where there is one: {FUNCTION}."
    )
    of_fit: str | None = Field(None, description=f"Made from a fit, only by name: {FUNCTION}.")
    doubts: str | None = Field(
        None, description=f"Checks a committed table of ensembles by some members: {FUNCTION}."
    )


class FigureFile(Closed):
    """A figure; exactly one of the keys after `title:` says how it is made."""

    title: str = Field(description="One line for lists.")
    lines: ShownFile | None = Field(None, description="Elements over time, a line a scenario.")
    of_runs: str | None = Field(None, description=f"Described from the study: {FUNCTION}.")
    of_tables: str | None = Field(
        None, description=f"Described from the folder of committed tables: {FUNCTION}."
    )


class ConditionFile(BoundFile):
    """An element within limits."""

    element: str = Field(description="An element; it is read for every label.")
    below: FiniteNumber | None = Field(None, description="It is less than this.")
    above: FiniteNumber | None = Field(None, description="It is more than this.")


class RegimeFile(Closed):
    """A regime that is on where all conditions hold."""

    regime: str = Field(min_length=1, description="Its name; several rules may share one.")
    why: str = Field("", description="One or two sentences: what the limits stand for.")
    where: Annotated[list[ConditionFile], Field(min_length=1)] = Field(
        description="What must hold at once."
    )


class StyleFile(Closed):
    """How a scenario looks in every figure."""

    colour: Literal["black", "orange", "sky", "green", "yellow", "blue", "red", "purple"] = Field(
        description="Colours that the colour-blind tell apart."
    )
    line: Literal["solid", "dashed", "dash-dot", "dotted", "dots", "long"] = Field(
        description="The dashes of its line."
    )
    marker: Marker = Field(description="A marker, in matplotlib's notation.")


class PosteriorFile(Closed):
    """Draws of constants that agree with the record."""

    file: str = Field(
        min_length=1, description="A file of draws, such as design.nc, relative to this file."
    )
    rest: Literal["model", "prior"] = Field(
        "model", description="Constants that it lacks: as in the model, or drawn from the prior."
    )


class StudyFile(Closed):
    """A study of simdistrict: the questions put to one model."""

    why: str = Field("", description="One or two sentences on the whole.")
    model: str = Field(min_length=1, description="The model file, relative to this file.")
    baseline: str = Field(min_length=1, description="The scenario that others are compared with.")
    posterior: PosteriorFile | None = Field(
        None, description="Draws over which the tables of a posterior are made."
    )
    claims: Annotated[dict[str, ClaimFile], Section] = Field(
        default_factory=dict, description="Claims by a short name."
    )
    tested_elsewhere: Annotated[dict[str, str], Section] = Field(
        default_factory=dict, description="Claims that only a table over the prior tests, and why."
    )
    not_tested: Annotated[dict[str, str], Section] = Field(
        default_factory=dict, description="Claims that no run can speak to, and why."
    )
    targets: list[TargetFile] = Field(
        default_factory=list, description="What the calibration was to reach."
    )
    tables: Annotated[dict[Name, TableEntry], Section] = Field(
        default_factory=dict, description="Tables by name."
    )
    figures: Annotated[dict[Name, FigureFile], Section] = Field(
        default_factory=dict, description="Figures by name."
    )
    regimes: list[RegimeFile] = Field(
        default_factory=list,
        description="Rules in order: the first that holds names the regime, none is a transition.",
    )
    palette: Annotated[dict[str, StyleFile], Section] = Field(
        default_factory=dict, description="The look of each scenario."
    )


def read_study_file(text: str, where: str) -> tuple[StudyFile, YamlNode]:
    """The content of one study file, and its tree, which knows the lines.

    Raises ScenarioError with everything that is wrong with the file.
    """
    tree = read_tree(text, where, "a study file", "claims", "Studies")
    problems: list[Problem] = []
    file = validated(StudyFile, tree, where, _part, problems)
    problems += repeated_names(tree, where, _mappings(tree))
    if problems or file is None:
        raise ScenarioError(sorted(problems, key=by_line))
    return file, tree


def _part(path: KeyPath) -> tuple[type[BaseModel], str]:
    """The schema of the mapping that holds a key, and what messages call it."""
    match path:
        case ("claims", name, "measures", int(), "against", _, *_):
            return AgainstFile, f'the comparison of "{name}"'
        case ("claims", name, "measures", int(), _, *_):
            return MeasureFile, f'a measure of "{name}"'
        case ("claims", name, _, *_):
            return ClaimFile, f'the claim "{name}"'
        case ("targets", int(), "against", _, *_):
            return AgainstFile, "the comparison of a target"
        case ("targets", int(), _, *_):
            return TargetFile, "a target"
        case ("tables", name, "rows", _, *_):
            return RowsFile, f'the rows of "{name}"'
        case ("tables", name, _, *_):
            return TableEntry, f'the table "{name}"'
        case ("figures", name, "lines", _, *_):
            return ShownFile, f'the lines of "{name}"'
        case ("figures", name, _, *_):
            return FigureFile, f'the figure "{name}"'
        case ("regimes", int(), "where", int(), _, *_):
            return ConditionFile, "a condition"
        case ("regimes", int(), _, *_):
            return RegimeFile, "a regime"
        case ("posterior", _, *_):
            return PosteriorFile, "the posterior"
        case ("palette", name, _, *_):
            return StyleFile, f'the style of "{name}"'
    return StudyFile, "the file"


def _mappings(tree: YamlNode) -> list[tuple[str, ...]]:
    """Where names are keys."""
    sections = ("claims", "tested_elsewhere", "not_tested", "tables", "figures", "palette")
    return [(name,) for name in sections if keys_at(tree, name)]


def study_schema_text() -> str:
    """The JSON schema as it is committed under docs/schema/study.json."""
    return json_schema_text(StudyFile, "simdistrict study")


if __name__ == "__main__":
    sys.stdout.write(study_schema_text())
