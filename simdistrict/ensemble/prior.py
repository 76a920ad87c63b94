"""Prior distributions of constants, each with a range.

A prior file is a CSV table with the columns element, label, value, low, high, distribution;
other columns are ignored. Draws nothing.
"""

from __future__ import annotations

import csv
import io
import logging
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path

from simdistrict.base import inputs
from simdistrict.base.encoding import decoded
from simdistrict.base.encoding import shown as readable
from simdistrict.base.errors import Problem, ScenarioError, did_you_mean, nearest
from simdistrict.base.library import shown
from simdistrict.base.numbers import hint_for, real
from simdistrict.base.outside import check_inside
from simdistrict.engine.program import Program
from simdistrict.exchange.number_tables.tables import MORE_CELLS, unlike_csv
from simdistrict.exchange.text.files import plain
from simdistrict.exchange.text.numbers import as_number
from simdistrict.model.expr import fold
from simdistrict.model.model import Lookup, Model, lookup_points
from simdistrict.scenario.places import find_constant, find_element

DISTRIBUTIONS = ("uniform", "triangular", "normal", "lognormal")
FIXED = "fixed"
COLUMNS = ("element", "label", "value", "low", "high", "distribution")
# an optional column
SPREAD = "spread"
KIND = inputs.InputKind("a prior table", 20_000_000, ScenarioError)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior of one constant, or of one point of a lookup.

    name: as a user would write it, `path[1989]` for a point of a lookup; places:
    slots in the vector of a run, which all get the same number. value: the mode of a triangular
    distribution, the mean of a normal, the median of a lognormal; unused for uniform.
    spread: the standard deviation of a normal before truncation; None for a quarter of the range.
    """

    name: str
    places: tuple[int, ...]
    value: float
    low: float
    high: float
    distribution: str
    spread: float | None = None


def prior_beside(model_file: Path) -> Path:
    """The prior table of a model file. Raises ScenarioError where there is none."""
    path = model_file.parent / "data" / "parameters.csv"
    if not path.is_file():
        hint = f"name one with --prior: a CSV file with the columns {', '.join(COLUMNS)}"
        where = f"model {model_file.stem}"
        raise ScenarioError(Problem(where, "there is no prior table in its folder", hint))
    check_inside("data/parameters.csv", model_file.parent, shown(path), ScenarioError)
    return path


@dataclass(frozen=True, slots=True)
class PriorTable:
    """A prior table that is read: its text, and what messages call it.

    members, method, seed: what a sensitivity control of Vensim states in addition; draws: the
    file of draws that it names in place of distributions (method F), with an empty text.
    """

    text: str
    where: str
    members: int | None = None
    method: str | None = None
    seed: int | None = None
    draws: Path | None = None


def prior_table(path: Path) -> PriorTable:
    """The table of a .csv file, or of a sensitivity control of Vensim (.vsc).

    Raises ScenarioError where there is no such file, or a control states what is not supported.
    """
    if path.suffix.lower() != ".vsc":
        return PriorTable(read_prior_file(path), str(path))
    from simdistrict.exchange.vensim.vsc import FILE, prior_text, read_vsc

    control = read_vsc(path)
    if control.method == FILE:
        check_inside(control.sample, path.parent, shown(path), ScenarioError)
        return PriorTable("", str(path), draws=path.parent / control.sample)
    text = prior_text(control)
    return PriorTable(text, str(path), control.members, control.method, control.seed)


def read_prior(
    text: str, where: str, model: Model, program: Program, *, strict: bool = False
) -> tuple[Prior, ...]:
    """The rows of a prior table to sample, in order.

    strict: a prior beyond the model's range is an error, not a warning.
    Raises ScenarioError with every row that is invalid or does not fit the model.
    """
    priors, outside = _read(text, where, model, program)
    if strict and outside:
        raise ScenarioError(outside)
    for problem in outside:
        log.warning("%s | %s", problem.where, problem.what)
    return priors


def recorded_prior(text: str, where: str, model: Model, program: Program) -> tuple[Prior, ...]:
    """As `read_prior`, of a table whose ranges were judged when it was drawn from."""
    return _read(text, where, model, program)[0]


def _read(
    text: str, where: str, model: Model, program: Program
) -> tuple[tuple[Prior, ...], list[Problem]]:
    """The rows to sample, and problems for those beyond the model's range."""
    heads, rows = _table(text, where)
    if problem := unlike_csv(heads, where):
        raise ScenarioError(problem)
    missing = [name for name in COLUMNS if name not in heads]
    if missing:
        what = f"the column {missing[0]} is missing"
        raise ScenarioError(Problem(f"{where}:1", what, f"its columns are {', '.join(COLUMNS)}"))
    problems: list[Problem] = []
    outside: list[Problem] = []
    found: dict[int, Prior] = {}
    for at, row in rows:
        line = f"{where}:{at}"
        if None in row:
            what = f"the row has more cells than the header, which has {len(heads)}"
            problems.append(Problem(line, what, MORE_CELLS))
            continue
        prior = _row(row, line, model, program, problems)
        if prior is not None:
            found[at] = prior
            outside += filter(None, [_outside(prior, line, model)])
    problems += _twice(found, where)
    if not found and not problems:
        problems.append(Problem(where, "no row is to be sampled", f"{FIXED} rows are not"))
    if problems:
        raise ScenarioError(problems)
    return tuple(found.values()), outside


def _table(text: str, where: str) -> tuple[Sequence[str], list[tuple[int, dict[str, str]]]]:
    """The names of the columns, and the rows with their lines."""
    reader = csv.DictReader(io.StringIO(text))
    try:
        heads = reader.fieldnames or ()
        return heads, [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        what = f"the line is not CSV: {error}"
        raise ScenarioError(Problem(f"{where}:{reader.line_num}", what)) from None


def read_prior_file(path: Path) -> str:
    """The text of a prior file. Raises ScenarioError where there is no such file."""
    if not os.path.exists(path):
        beside = [f.name for f in path.parent.glob("*.csv")] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        hint = f"did you mean {' or '.join(near)}?" if near else ""
        raise ScenarioError(Problem(shown(path), "there is no such file", hint))
    content = inputs.content(path, KIND, shown(path))
    return plain(readable(decoded(content, shown(path), KIND.noun, ScenarioError)[0]))


def text_of_rows(rows: Iterable[Mapping[str, object]]) -> str:
    """The text of a prior table with these rows; cells by the names of columns.

    A number is written in full precision; a cell that is missing, None or NaN is empty.
    """
    out = io.StringIO()
    heads = (*COLUMNS, SPREAD)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([[_cell(row.get(head)) for head in heads] for row in rows])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None or value != value:
        return ""
    # a number of numpy, too
    return repr(float(value)) if isinstance(value, Real) else str(value)


def _row(
    row: dict[str, str], where: str, model: Model, program: Program, problems: list[Problem]
) -> Prior | None:
    kind = (row["distribution"] or "").strip()
    if kind == FIXED:
        return None
    if kind not in DISTRIBUTIONS:
        hint = did_you_mean(kind, [*DISTRIBUTIONS, FIXED])
        hint = hint or f"use one of {', '.join((*DISTRIBUTIONS, FIXED))}"
        problems.append(Problem(where, f'there is no distribution "{kind}"', hint))
        return None
    numbers = []
    for key in ("value", "low", "high"):
        number = as_number(row[key] or "")
        if number is None:
            problems.append(
                Problem(where, f'{key} is "{row[key]}", not a number', hint_for(row[key] or ""))
            )
            return None
        numbers.append(number)
    value, low, high = numbers
    spread = _spread(row, kind, where, problems)
    problem = _range_problem(kind, value, low, high, where)
    place = places_of(row["element"] or "", (row["label"] or "").strip(), where, model, program)
    if isinstance(place, Problem):
        problems.append(place)
    if problem is not None:
        problems.append(problem)
    if isinstance(place, Problem) or problem is not None:
        return None
    name, places = place
    return Prior(name, places, value, low, high, kind, spread)


def _spread(row: dict[str, str], kind: str, where: str, problems: list[Problem]) -> float | None:
    """The standard deviation of a normal distribution, where the row states one."""
    text = (row.get(SPREAD) or "").strip()
    if not text:
        return None
    spread = as_number(text)
    if not (kind == "normal" and spread is not None and 0 < spread < math.inf):
        what = f'{SPREAD} is "{text}", which is no positive number'
        if kind != "normal":
            what = f"a {kind} distribution has no {SPREAD}"
        problems.append(Problem(where, what, f"{SPREAD} is a normal distribution's, or empty"))
    return spread


def _range_problem(kind: str, value: float, low: float, high: float, where: str) -> Problem | None:
    if not all(map(math.isfinite, (value, low, high))):
        return Problem(where, "value, low and high must be finite numbers")
    if not low < high:
        hint = f"a constant without a range is `{FIXED}`"
        return Problem(where, f"low ({low:g}) is not below high ({high:g})", hint)
    if kind != "uniform" and not low <= value <= high:
        return Problem(where, f"value ({value:g}) does not lie between {low:g} and {high:g}")
    if kind == "lognormal" and low <= 0:
        return Problem(where, f"a lognormal prior begins above zero, not at {low:g}")
    return None


def places_of(
    name: str, label: str, where: str, model: Model, program: Program
) -> tuple[str, tuple[int, ...]] | Problem:
    """The name in the model's spelling, and the slots in the vector of a run."""
    text = f"{name}[{label}]" if label else name
    element, _ = find_element(model, name)
    if isinstance(element, Lookup):
        return _point(element, label, where, model, program)
    found = find_constant(model, text, where)
    if isinstance(found, Problem):
        return found
    constant, places, spelled = found
    offset = program.layout.slots[fold(constant.name)].offset
    return spelled, tuple(offset + place for place in places)


def _point(
    lookup: Lookup, label: str, where: str, model: Model, program: Program
) -> tuple[str, tuple[int, ...]] | Problem:
    """The slot of one point's y; label: labels of the lookup's dimensions, then its x."""
    *labels, at = (part.strip() for part in label.split(","))
    tables = lookup_points(model, lookup)
    shape = model.shape(lookup)
    position = []
    for part, dim in zip(labels, lookup.dims, strict=False):
        known = [fold(known) for known in model.dims_by_name[fold(dim)].labels]
        position.append(known.index(fold(part)) if fold(part) in known else -1)
    points = tables.get(tuple(position))
    if points is None:
        what = f'"{lookup.name}" has no table at [{label}]'
        return Problem(where, what, f"write {','.join((*lookup.dims, 'x'))} as label")
    try:
        k = [*points.x, None].index(real(at))
        points.x[k]
    except (ValueError, IndexError):
        xs = ", ".join(f"{x:g}" for x in points.x)
        what = f'"{lookup.name}" has no point at "{at}"'
        return Problem(where, what, f"its points lie at {xs}")
    number = program.layout.first_table[fold(lookup.name)]
    flat = 0
    for size, p in zip(shape, position, strict=True):
        flat = flat * size + p
    start, count = program.layout.tables[number + flat]
    return f"{lookup.name}[{label}]", (start + count + k,)


def _outside(prior: Prior, where: str, model: Model) -> Problem | None:
    """The problem for a prior that exceeds the model's range, if it does."""
    element, _ = find_element(model, prior.name)
    if element is None or isinstance(element, Lookup):  # whose range is that of its points
        return None
    if prior.low in element.range and prior.high in element.range:
        return None
    unit = f" {element.units}" if element.units not in ("", "Dmnl") else ""
    what = (
        f"the prior of {prior.name} from {prior.low:g} to {prior.high:g} leaves the range "
        f"{element.range}{unit} that the model {model.name} states"
    )
    return Problem(where, what)


def _twice(found: Mapping[int, Prior], where: str) -> list[Problem]:
    """Problems for rows, by line, whose number has a prior in an earlier row."""
    seen: dict[int, int] = {}
    problems = []
    for line, prior in found.items():
        for place in prior.places:
            if place in seen:
                first = seen[place]
                what = (
                    f'"{prior.name}" in line {line} and "{found[first].name}" in line {first} '
                    "draw the same number"
                )
                problems.append(Problem(f"{where}:{line}", what, "leave one of them out"))
                break
            seen[place] = line
    return problems
