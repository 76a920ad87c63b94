"""The closed schema of a checks file: statements of a model's author about its behaviour.

Reads the text of one file; `statements` looks its names up in a model.
`python -m simdistrict.behaviour.schema` prints the JSON schema that editors use.
"""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.scenario.schema import (
    Closed,
    FiniteNumber,
    Section,
    by_line,
    json_schema_text,
    keys_at,
    repeated_names,
    validated,
)
from simdistrict.scenario.tree import KeyPath, YamlNode, read_tree

NameList = Annotated[list[str], Field(min_length=1)]
Assumed = Annotated[dict[str, FiniteNumber], Field(min_length=1)]


Why = Annotated[str, Field(description="One or two sentences: why it must hold.")]
Per = Annotated[
    list[str] | None,
    Field(description="Dimensions that are not summed over; default: those that all of them have."),
]


class BalanceFile(Closed):
    """What flows into a group of stocks and out of it is all that changes them."""

    why: Why = ""
    stocks: NameList = Field(description="The stocks, which have one unit.")
    gains: list[str] = Field(default_factory=list, description="All that flows in from outside.")
    losses: list[str] = Field(default_factory=list, description="All that flows out of the group.")
    per: Per = None


class AccountFile(Closed):
    """A total is the sum of its parts."""

    why: Why = ""
    total: str = Field(description="The element that is the sum.")
    parts: NameList = Field(
        description="What it is the sum of; one with a minus sign is taken off."
    )
    per: Per = None


class SteadyFile(Closed):
    """Constants under which nothing moves."""

    why: Why = ""
    values: Assumed = Field(alias="set", description="Constants and their values for the run.")
    moving: list[str] = Field(
        default_factory=list,
        alias="except",
        description="Stocks that move even so, such as a sum over the years.",
    )


class ReadingFile(Closed):
    """One element at one time."""

    element: str = Field(description="An element, all of an array or a part of it.")
    at: FiniteNumber | None = Field(None, description="The time; default: the last one.")


class ExpectationFile(ReadingFile):
    """One element at one time, below or above a number."""

    below: FiniteNumber | None = Field(None, description="It is less than this.")
    above: FiniteNumber | None = Field(None, description="It is more than this.")
    of: Literal["initial", "unchanged"] | None = Field(
        None,
        description="The numbers are shares of its value at the start of the run, or at the same "
        "time in the model as it is; default: they are in its own unit.",
    )


class ExtremeFile(Closed):
    """An extreme condition, and what must be true under it."""

    why: Why = ""
    values: Assumed = Field(
        alias="set", description="Constants and their values, which may leave their ranges."
    )
    begin: FiniteNumber | None = Field(
        None, alias="from", description="The time from which they hold; default: always."
    )
    expect: list[ExpectationFile] = Field(
        default_factory=list, description="What must be true, besides a run that stays sound."
    )


class BoundFile(Closed):
    """Limits within which an element stays."""

    low: FiniteNumber | None = Field(None, description="It is never below this.")
    high: FiniteNumber | None = Field(None, description="It is never above this.")


class CornersFile(Closed):
    """What random corners of the ranges leave as it is."""

    why: Why = ""
    keep: NameList = Field(description="Constants that are tied to each other, such as shares.")


class ChecksFile(Closed):
    """Checks of simdistrict: what a model's author states about its behaviour."""

    why: str = Field("", description="One or two sentences on the whole.")
    scenarios: list[str] = Field(
        default_factory=list,
        description="Scenarios in which balances, accounts and bounds are checked, a variant as "
        "NAME:VARIANT; default: the model as it is.",
    )
    may_be_negative: list[str] = Field(
        default_factory=list, description="Stocks for which a negative value makes sense."
    )
    conservation: Annotated[dict[str, BalanceFile], Section] = Field(
        default_factory=dict, description="Balances by name."
    )
    accounts: Annotated[dict[str, AccountFile], Section] = Field(
        default_factory=dict, description="Accounts by name."
    )
    steady_state: SteadyFile | None = Field(
        None, description="Constants under which every stock stays at its initial value."
    )
    extremes: Annotated[dict[str, ExtremeFile], Section] = Field(
        default_factory=dict, description="Extreme conditions by name."
    )
    bounds: Annotated[dict[str, BoundFile], Section] = Field(
        default_factory=dict, description="Limits by element, which hold in every run."
    )
    indicators: list[str] = Field(
        default_factory=list,
        description="Elements that half the time step must leave as they are, within 1 %.",
    )
    corners: CornersFile | None = Field(
        None, description="What random corners of the ranges leave as it is."
    )


def read_checks_file(text: str, where: str) -> tuple[ChecksFile, YamlNode]:
    """The content of one checks file, and its tree, which knows the lines.

    Raises ScenarioError with everything that is wrong with the file.
    """
    tree = read_tree(text, where, "a checks file", "conservation", "Checks")
    problems: list[Problem] = []
    file = validated(ChecksFile, tree, where, _part, problems)
    problems += repeated_names(tree, where, _mappings(tree))
    if file is not None:
        problems += _empty_limits(file, tree, where)
    if problems or file is None:
        raise ScenarioError(sorted(problems, key=by_line))
    return file, tree


def _part(path: KeyPath) -> tuple[type[BaseModel], str]:
    """The schema of the mapping that holds a key, and its name in messages."""
    match path:
        case ("conservation", name, _, *_):
            return BalanceFile, f'the balance "{name}"'
        case ("accounts", name, _, *_):
            return AccountFile, f'the account "{name}"'
        case ("steady_state", _, *_):
            return SteadyFile, "the steady state"
        case ("extremes", name, "expect", int(), _, *_):
            return ExpectationFile, f'an expectation of "{name}"'
        case ("extremes", name, _, *_):
            return ExtremeFile, f'the extreme condition "{name}"'
        case ("bounds", name, _, *_):
            return BoundFile, f'the bound of "{name}"'
        case ("corners", _, *_):
            return CornersFile, "the section on corners"
    return ChecksFile, "the file"


def _mappings(tree: YamlNode) -> list[tuple[str, ...]]:
    """Paths of the mappings whose keys are names of elements or statements."""
    sets = [("extremes", name, "set") for name in keys_at(tree, "extremes")]
    sections = [("conservation",), ("accounts",), ("extremes",), ("bounds",)]
    return [*sections, ("steady_state", "set"), *sets]


def _empty_limits(file: ChecksFile, tree: YamlNode, where: str) -> list[Problem]:
    """Problems for limits that are missing or contradict each other."""
    found = []
    for name, bound in file.bounds.items():
        place = f"{where}:{tree.at(('bounds', name)).line}"
        if bound.low is None and bound.high is None:
            what = f'the bound of "{name}" has no limit'
            found.append(Problem(place, what, "give it `low:`, `high:` or both"))
        elif bound.low is not None and bound.high is not None and bound.low > bound.high:
            what = f'the bound of "{name}" begins at {bound.low:g}, above its end {bound.high:g}'
            found.append(Problem(place, what))
    for name, extreme in file.extremes.items():
        for i, expected in enumerate(extreme.expect):
            if expected.below is None and expected.above is None:
                place = f"{where}:{tree.at(('extremes', name, 'expect', i)).line}"
                what = f'an expectation of "{name}" compares with nothing'
                found.append(Problem(place, what, "give it `below:`, `above:` or both"))
    for name, balance in file.conservation.items():
        if not balance.gains and not balance.losses and not balance.why:
            # a closed system is legal, but more likely a forgotten line
            place = f"{where}:{tree.at(('conservation', name)).line}"
            what = f'the balance "{name}" has neither gains nor losses'
            hint = "name them; for a closed system say so in `why:`"
            found.append(Problem(place, what, hint))
    return found


def checks_schema_text() -> str:
    """The JSON schema as it is committed under docs/schema/checks.json."""
    return json_schema_text(ChecksFile, "simdistrict checks")


if __name__ == "__main__":
    sys.stdout.write(checks_schema_text())
