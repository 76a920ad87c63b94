"""The closed schema of a checks file: what a model's author states about its behaviour.

Reads the text of one file; `statements` looks its names up in a model.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from simdistrict.errors import Problem, ScenarioError
from simdistrict.scenario.schema import (
    Closed,
    Number,
    Section,
    by_line,
    keys_at,
    repeated_names,
    validated,
)
from simdistrict.scenario.tree import Node, read_tree

Path = tuple[str | int, ...]
Names = Annotated[list[str], Field(min_length=1)]
Values = Annotated[dict[str, Number], Field(min_length=1)]


class BalanceFile(Closed):
    """What flows into a group of stocks and out of it is all that changes them."""

    why: str = ""
    stocks: Names
    gains: list[str] = Field(default_factory=list)
    losses: list[str] = Field(default_factory=list)
    per: list[str] | None = None


class AccountFile(Closed):
    """A total is the sum of its parts; a part that begins with a minus sign is taken off."""

    why: str = ""
    total: str
    parts: Names
    per: list[str] | None = None


class SteadyFile(Closed):
    """Constants under which nothing moves."""

    why: str = ""
    values: Values = Field(alias="set")


class ExpectationFile(Closed):
    """One element at one time, below or above a number; the last time when none is given."""

    element: str
    at: Number | None = None
    below: Number | None = None
    above: Number | None = None
    of: Literal["initial", "unchanged"] | None = None


class ExtremeFile(Closed):
    """An extreme condition, and what must be true under it."""

    why: str = ""
    values: Values = Field(alias="set")
    begin: Number | None = Field(None, alias="from")
    expect: list[ExpectationFile] = Field(default_factory=list)


class BoundFile(Closed):
    """Limits within which an element stays in every run."""

    low: Number | None = None
    high: Number | None = None


class CornersFile(Closed):
    """What random corners leave as it is: constants that are tied to each other."""

    why: str = ""
    keep: Names


class ChecksFile(Closed):
    """All that is stated about a model."""

    why: str = ""
    scenarios: list[str] = Field(default_factory=list)
    may_be_negative: list[str] = Field(default_factory=list)
    conservation: Annotated[dict[str, BalanceFile], Section] = Field(default_factory=dict)
    accounts: Annotated[dict[str, AccountFile], Section] = Field(default_factory=dict)
    steady_state: SteadyFile | None = None
    extremes: Annotated[dict[str, ExtremeFile], Section] = Field(default_factory=dict)
    bounds: Annotated[dict[str, BoundFile], Section] = Field(default_factory=dict)
    indicators: list[str] = Field(default_factory=list)
    corners: CornersFile | None = None


def read_checks_file(text: str, where: str) -> tuple[ChecksFile, Node]:
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


def _part(path: Path) -> tuple[type[BaseModel], str]:
    """The schema of the mapping that holds a key, and what messages call it."""
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


def _mappings(tree: Node) -> list[tuple[str, ...]]:
    """Where names of elements and of statements are keys."""
    sets = [("extremes", name, "set") for name in keys_at(tree, "extremes")]
    sections = [("conservation",), ("accounts",), ("extremes",), ("bounds",)]
    return [*sections, ("steady_state", "set"), *sets]


def _empty_limits(file: ChecksFile, tree: Node, where: str) -> list[Problem]:
    """Limits that limit nothing, or that contradict each other."""
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
            # a closed system is legal, but as easily a forgotten line
            place = f"{where}:{tree.at(('conservation', name)).line}"
            what = f'the balance "{name}" has neither gains nor losses'
            hint = "name them; for a closed system say so in `why:`"
            found.append(Problem(place, what, hint))
    return found
