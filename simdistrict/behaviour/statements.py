"""The statements of a checks file in terms of one model: names known, units consistent.

Runs nothing. Collects all problems of a file before it raises one ScenarioError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.library import MODEL_SUFFIXES, shown
from simdistrict.base.outside import check_inside
from simdistrict.model.expr import fold
from simdistrict.model.model import Model, Stock
from simdistrict.model.units import Units
from simdistrict.scenario import Assignment, Change, Scenario, load_scenario, model_path
from simdistrict.scenario.places import find_element, find_places, unknown
from simdistrict.scenario.resolve import changes_of
from simdistrict.scenario.tree import YamlNode, read_text

if TYPE_CHECKING:
    from pint.facets.plain import PlainUnit as Unit

    from simdistrict.behaviour.schema import ChecksFile, ExpectationFile, ExtremeFile


@dataclass(frozen=True, slots=True)
class Term:
    """An element, or part of an array, in a sum.

    element: folded name; text: as a user would write it; places: flat row-major indices.
    """

    element: str
    text: str
    places: tuple[int, ...]
    sign: float = 1.0


@dataclass(frozen=True, slots=True)
class Balance:
    """Stocks that change by gains minus losses; per: folded dimensions that are not summed."""

    name: str
    stocks: tuple[Term, ...]
    gains: tuple[Term, ...]
    losses: tuple[Term, ...]
    per: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """A total and its parts; per: folded dimensions that are not summed."""

    name: str
    total: Term
    parts: tuple[Term, ...]
    per: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expectation:
    """Limits of an element at a time; None is the last time.

    of: "" for plain numbers; `initial` or `unchanged` for shares of the element's value at the
    start of the run, or at that time in the unchanged model.
    """

    term: Term
    at: float | None
    below: float | None
    above: float | None
    of: str
    origin: str


@dataclass(frozen=True, slots=True)
class Extreme:
    """Extreme values of constants, from a time on or (None) for the whole run."""

    name: str
    changes: tuple[Change, ...]
    begin: float | None
    expect: tuple[Expectation, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class Bound:
    """Limits of an element in every run."""

    term: Term
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Statements:
    """All statements; where: the file in messages, empty where there is none.

    may_be_negative: folded names of stocks; moving: stocks that change even in the steady state;
    kept: constants that random corners do not vary.
    """

    where: str = ""
    scenarios: tuple[Scenario, ...] = ()
    may_be_negative: frozenset[str] = frozenset()
    balances: tuple[Balance, ...] = ()
    accounts: tuple[Account, ...] = ()
    steady: tuple[Change, ...] = ()
    moving: frozenset[str] = frozenset()
    extremes: tuple[Extreme, ...] = ()
    bounds: tuple[Bound, ...] = ()
    indicators: tuple[Term, ...] = ()
    kept: tuple[Term, ...] = ()


def checks_file(model: Path) -> Path | None:
    """The checks file of a model file, or None.

    It is `<stem>.checks.yaml` in the same folder; else `checks.yaml`, where the folder has the
    model's name or holds no other model, so that it cannot be used for the wrong one.
    """
    own = model.with_name(f"{model.stem}.checks.yaml")
    if own.is_file():
        check_inside(own.name, model.parent, shown(own), ScenarioError)
        return own
    common = model.with_name("checks.yaml")
    if not common.is_file():
        return None
    beside = [f for f in model.parent.iterdir() if f.suffix.lower() in MODEL_SUFFIXES]
    alone = len(beside) <= 1 or model.resolve().parent.name == model.stem
    if not alone:
        return None
    check_inside(common.name, model.parent, shown(common), ScenarioError)
    return common


def read_statements(path: Path, model: Model, model_file: Path) -> Statements:
    """The statements of a checks file for a model.

    model_file: the file of the model, which the scenarios in the checks file must run.
    Raises ScenarioError with everything that is invalid or does not fit the model.
    """
    return statements_from_text(read_text(path, shown(path)), shown(path), model, model_file)


def statements_from_text(
    text: str, where: str, model: Model, model_file: Path | None = None
) -> Statements:
    """As `read_statements`, from text; without a model file it may name no scenarios."""
    # pydantic and ruamel.yaml take 0.2 s, needed only with a checks file
    from simdistrict.behaviour.schema import read_checks_file

    file, tree = read_checks_file(text, where)
    reader = _StatementReader(model, where, tree)
    statements = reader.statements(file, model_file)
    if reader.problems:
        raise ScenarioError(reader.problems)
    return statements


def _load(name: str, model_file: Path | None) -> Scenario:
    if model_file is None:
        raise ScenarioError(Problem("", f'the scenario "{name}" cannot be looked up here'))
    scenario = load_scenario(name, model_file.parent)
    theirs = model_path(scenario)
    if theirs.resolve() != model_file.resolve():
        what = f'the scenario "{name}" runs another model, {shown(theirs)}'
        raise ScenarioError(Problem("", what, "name scenarios of this model"))
    return scenario


class _StatementReader:
    """Looks names up and collects problems."""

    def __init__(self, model: Model, where: str, tree: YamlNode) -> None:
        self.model = model
        self.where = where
        self.tree = tree
        self.units = Units(model.unit_synonyms)
        self.problems: list[Problem] = []

    def statements(self, file: ChecksFile, model_file: Path | None) -> Statements:
        rest = file.steady_state
        return Statements(
            where=self.where,
            scenarios=self.scenarios(file.scenarios, model_file),
            may_be_negative=self.stocks(file.may_be_negative, ("may_be_negative",)),
            balances=tuple(self.balance(name, file) for name in file.conservation),
            accounts=tuple(self.account(name, file) for name in file.accounts),
            steady=self.changes(rest.values, "steady_state", "set") if rest else (),
            moving=self.stocks(rest.moving, ("steady_state", "except")) if rest else frozenset(),
            extremes=tuple(self.extreme(name, e) for name, e in file.extremes.items()),
            bounds=tuple(
                Bound(term, bound.low, bound.high)
                for name, bound in file.bounds.items()
                for term in self.terms([name], ("bounds", name))
            ),
            indicators=self.terms(file.indicators, ("indicators",)),
            kept=self.terms(file.corners.keep if file.corners else [], ("corners", "keep")),
        )

    # ------------------------------------------------------------------ names

    def place(self, *path: str | int) -> str:
        return f"{self.where}:{self.tree.at(path).line}"

    def terms(
        self, texts: Sequence[str], path: tuple[str | int, ...], *, signed: bool = False
    ) -> tuple[Term, ...]:
        """The elements of a list; path: that of the list, or of a single name."""
        found = []
        for i, text in enumerate(texts):
            place = self.place(*path, i)
            sign = -1.0 if signed and text.startswith("-") else 1.0
            name = text[1:].strip() if sign < 0 else text
            element, subscripts = find_element(self.model, name)
            if element is None:
                self.problems.append(unknown(self.model, name, place))
                continue
            places = find_places(self.model, element, subscripts, place)
            if isinstance(places, Problem):
                self.problems.append(places)
                continue
            found.append(Term(fold(element.name), places[1], places[0], sign))
        return tuple(found)

    def changes(self, values: Mapping[str, float], *path: str) -> tuple[Change, ...]:
        written = [Assignment(n, v, self.place(*path, n)) for n, v in values.items()]
        return tuple(changes_of(written, self.model, self.problems))

    def stocks(self, names: Sequence[str], path: tuple[str, ...]) -> frozenset[str]:
        terms = self.terms(names, path)
        for term in terms:
            self.must_be_stock(term, self.place(*path))
        return frozenset(term.element for term in terms)

    def must_be_stock(self, term: Term, place: str) -> None:
        element = self.model.by_name[term.element]
        if not isinstance(element, Stock):
            what = f'"{term.text}" is no stock but of the kind {element.kind}'
            self.problems.append(Problem(place, what, "only stocks are allowed here"))

    def scenarios(self, names: Sequence[str], model_file: Path | None) -> tuple[Scenario, ...]:
        found = []
        for i, name in enumerate(names):
            try:
                found.append(_load(name, model_file))
            except ScenarioError as error:
                place = self.place("scenarios", i)
                self.problems += [Problem(place, p.what, p.hint) for p in error.problems]
        return tuple(found)

    # ------------------------------------------------------------------ statements

    def balance(self, name: str, file: ChecksFile) -> Balance:
        written = file.conservation[name]
        at = ("conservation", name)
        stocks = self.terms(written.stocks, (*at, "stocks"))
        for term in stocks:
            self.must_be_stock(term, self.place(*at, "stocks"))
        gains = self.terms(written.gains, (*at, "gains"))
        losses = self.terms(written.losses, (*at, "losses"))
        self.one_unit(stocks, gains + losses, self.place(*at), f'the balance "{name}"')
        per = self.per(written.per, (*stocks, *gains, *losses), (*at, "per"))
        return Balance(name, stocks, gains, losses, per)

    def account(self, name: str, file: ChecksFile) -> Account:
        written = file.accounts[name]
        at = ("accounts", name)
        total = self.terms([written.total], (*at, "total"))
        parts = self.terms(written.parts, (*at, "parts"), signed=True)
        self.one_unit((*total, *parts), (), self.place(*at), f'the account "{name}"')
        per = self.per(written.per, (*total, *parts), (*at, "per"))
        return Account(name, total[0] if total else Term("", "", ()), parts, per)

    def extreme(self, name: str, written: ExtremeFile) -> Extreme:
        at = ("extremes", name)
        expect = tuple(
            found
            for i, expectation in enumerate(written.expect)
            for found in self.expectation(expectation, (*at, "expect", i))
        )
        changes = self.changes(written.values, *at, "set")
        return Extreme(name, changes, written.begin, expect, self.place(*at))

    def expectation(self, written: ExpectationFile, at: tuple[str | int, ...]) -> list[Expectation]:
        terms = self.terms([written.element], (*at, "element"))
        limits = (written.at, written.below, written.above, written.of or "")
        return [Expectation(term, *limits, self.place(*at)) for term in terms]

    def per(
        self, written: list[str] | None, terms: Sequence[Term], at: tuple[str | int, ...]
    ) -> tuple[str, ...]:
        """The dimensions that are not summed; by default those that all elements have."""
        elements = [self.model.by_name[term.element] for term in terms]
        own = [tuple(map(fold, element.dims)) for element in elements]
        if written is None:
            return tuple(d for d in own[0] if all(d in dims for dims in own)) if own else ()
        for dim in written:
            lacking = next((e for e in elements if fold(dim) not in map(fold, e.dims)), None)
            if lacking is not None:
                what = f'"{lacking.name}" has no dimension "{dim}"'
                has = f"it has {', '.join(lacking.dims)}" if lacking.dims else "it is one number"
                self.problems.append(Problem(self.place(*at), what, has))
        return tuple(map(fold, written))

    def one_unit(
        self, amounts: Iterable[Term], rates: Iterable[Term], where: str, what: str
    ) -> None:
        """Record a problem unless amounts, and rates times the time unit, have one unit."""
        time = self.units.of(self.model.by_name.get("time step"))
        first: tuple[Term, Unit] | None = None
        pairs = [(t, False) for t in amounts] + [(t, True) for t in rates]
        for term, is_rate in pairs:
            unit = self.units.of(self.model.by_name[term.element])
            if unit is None or (is_rate and time is None):
                continue
            if is_rate and time is not None:
                unit = unit * time
            first = first or (term, unit)
            if unit != first[1]:
                texts = self.units.text(unit), self.units.text(first[1])
                made = " times the time unit" if is_rate else ""
                said = f'{what}: "{term.text}"{made} is {texts[0]}, "{first[0].text}" is {texts[1]}'
                self.problems.append(Problem(where, said))
