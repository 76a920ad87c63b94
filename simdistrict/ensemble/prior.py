"""Prior distributions of constants, each with a range.

A prior file is a CSV table with the columns element, label, value, low, high, distribution, and
optionally spread, group, correlation, scope; other columns are ignored. Draws nothing.
"""

from __future__ import annotations

import csv
import io
import itertools
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

DISTRIBUTIONS = ("uniform", "triangular", "normal", "lognormal", "cauchy")
FIXED = "fixed"
COLUMNS = ("element", "label", "value", "low", "high", "distribution")
# optional columns
SPREAD = "spread"
GROUP, CORRELATION, SCOPE = "group", "correlation", "scope"
MORE = (SPREAD, GROUP, CORRELATION, SCOPE)
SHARED, POOLED = "shared", "pooled"
# rows for what a likelihood estimates of a series, which are no constants
NUISANCE = ("scale of ", "correlation of ", "discrepancy of ")
KIND = inputs.InputKind("a prior table", 20_000_000, ScenarioError)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior of one constant, or of one point of a lookup.

    name: as a user would write it, `path[1989]` for a point of a lookup; places:
    slots in the vector of a run, which all get the same number. value: the mode of a triangular
    distribution, the mean of a normal, the median of a lognormal; unused for uniform.
    spread: the standard deviation of a normal, or of the logarithm of a lognormal, before
    truncation, None for a quarter of the range; the scale of a Cauchy distribution.
    group, correlation: priors of one group have this correlation in normal scores, each with all
    others. pool: the name of the array whose labels are pooled, see `coupling`.
    """

    name: str
    places: tuple[int, ...]
    value: float
    low: float
    high: float
    distribution: str
    spread: float | None = None
    group: str = ""
    correlation: float = 0.0
    pool: str = ""


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
    """The table of a .csv file, or of a control of Vensim (.vsc, .voc).

    Raises ScenarioError where there is no such file, or a control states what is not supported.
    """
    if path.suffix.lower() not in (".vsc", ".voc"):
        return PriorTable(read_prior_file(path), str(path))
    from simdistrict.exchange.vensim.voc import read_voc
    from simdistrict.exchange.vensim.vsc import FILE, prior_text, read_vsc

    if path.suffix.lower() == ".voc":
        return PriorTable(prior_text(read_voc(path)), str(path))
    control = read_vsc(path)
    if control.method == FILE:
        check_inside(control.sample, path.parent, shown(path), ScenarioError)
        return PriorTable("", str(path), draws=path.parent / control.sample)
    text = prior_text(control.draws)
    return PriorTable(text, str(path), control.members, control.method, control.seed)


def read_prior(
    text: str, where: str, model: Model, program: Program, *, strict: bool = False
) -> tuple[Prior, ...]:
    """The rows of a prior table to sample, in order.

    strict: a prior beyond the model's range is an error, not a warning.
    Raises ScenarioError with every row that is invalid or does not fit the model.
    """
    found, outside = _read(text, where, model, program)
    priors = _constants(found, where)
    if strict and outside:
        raise ScenarioError(outside)
    for problem in outside:
        log.warning("%s | %s", problem.where, problem.what)
    return priors


def recorded_prior(text: str, where: str, model: Model, program: Program) -> tuple[Prior, ...]:
    """As `read_prior`, of a table whose ranges were judged when it was drawn from."""
    return _constants(_read(text, where, model, program)[0], where)


def read_nuisance(text: str, where: str, model: Model, program: Program) -> dict[str, Prior]:
    """The priors of what a likelihood estimates, by name: rows such as `scale of SERIES`.

    They have no places. Raises ScenarioError as `read_prior` does.
    """
    return {
        prior.name: prior for prior in _read(text, where, model, program)[0] if not prior.places
    }


def _constants(priors: Sequence[Prior], where: str) -> tuple[Prior, ...]:
    """The priors of constants. Raises ScenarioError where there is none."""
    found = tuple(prior for prior in priors if prior.places)
    if not found:
        raise ScenarioError(Problem(where, "no row is to be sampled", f"{FIXED} rows are not"))
    return found


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
    found: list[tuple[int, Prior]] = []
    for at, row in rows:
        line = f"{where}:{at}"
        if None in row:
            what = f"the row has more cells than the header, which has {len(heads)}"
            problems.append(Problem(line, what, MORE_CELLS))
            continue
        priors = _row(row, line, model, program, problems)
        found += [(at, prior) for prior in priors]
        outside += filter(None, [_outside(prior, line, model) for prior in priors[:1]])
    problems += [*_twice(found, where), *_groups(found, where)]
    if problems:
        raise ScenarioError(problems)
    return tuple(prior for _, prior in found), outside


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

    A number is written in full precision; a cell that is missing, None or NaN is empty, and so
    are group, correlation and scope in all rows where no row states them.
    """
    out = io.StringIO()
    cells = [{head: _cell(row.get(head)) for head in (*COLUMNS, *MORE)} for row in rows]
    heads = [h for h in (*COLUMNS, *MORE) if h not in MORE[1:] or any(row[h] for row in cells)]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([[row[head] for head in heads] for row in cells])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None or value != value:
        return ""
    # a number of numpy, too
    return repr(float(value)) if isinstance(value, Real) else str(value)


def _row(
    row: dict[str, str], where: str, model: Model, program: Program, problems: list[Problem]
) -> list[Prior]:
    """The prior of a row, or those of the labels of a pooled row; none for a fixed one."""
    kind = (row["distribution"] or "").strip()
    if kind == FIXED:
        return []
    if kind not in DISTRIBUTIONS:
        hint = did_you_mean(kind, [*DISTRIBUTIONS, FIXED])
        hint = hint or f"use one of {', '.join((*DISTRIBUTIONS, FIXED))}"
        problems.append(Problem(where, f'there is no distribution "{kind}"', hint))
        return []
    numbers = []
    for key in ("value", "low", "high"):
        number = as_number(row[key] or "")
        if number is None:
            problems.append(
                Problem(where, f'{key} is "{row[key]}", not a number', hint_for(row[key] or ""))
            )
            return []
        numbers.append(number)
    value, low, high = numbers
    before = len(problems)
    spread = _spread(row, kind, where, problems)
    if (problem := _range_problem(kind, value, low, high, where)) is not None:
        problems.append(problem)
    named = _named(row, where, model, program, problems)
    group, correlation = _group(row, where, problems)
    if len(problems) > before:
        return []
    pool = named[0][0] if len(named) > 1 else ""
    if pool and group:
        problems.append(Problem(where, f'"{pool}" is pooled and in the group "{group}"', _POOL))
    return [
        Prior(name, places, value, low, high, kind, spread, group, correlation, pool)
        for name, places in (named[1:] if pool else named)
    ]


_POOL = "give it one of both"


def _named(
    row: dict[str, str], where: str, model: Model, program: Program, problems: list[Problem]
) -> list[tuple[str, tuple[int, ...]]]:
    """The name and the slots of a row; for a pooled row its name, then each of its labels."""
    element, label = (row["element"] or "").strip(), (row["label"] or "").strip()
    scope = (row.get(SCOPE) or "").strip() or SHARED
    if scope not in (SHARED, POOLED):
        hint = did_you_mean(scope, [SHARED, POOLED]) or f"use {SHARED} or {POOLED}"
        problems.append(Problem(where, f'there is no {SCOPE} "{scope}"', hint))
        return []
    if element.startswith(NUISANCE) and find_element(model, element)[0] is None:
        return [(element, ())]
    found = places_of(element, label, where, model, program)
    if isinstance(found, Problem):
        problems.append(found)
        return []
    if scope == SHARED:
        return [found]
    spelled, places = found
    constant, _ = find_element(model, spelled)
    if len(places) < 2 or constant is None:
        what = f'"{spelled}" is one number, and {POOLED} is for several labels'
        problems.append(Problem(where, what, "leave the label or the scope out"))
        return []
    offset = program.layout.slots[fold(constant.name)].offset
    labels = [",".join(parts) for parts in itertools.product(*model.labels(constant))]
    return [
        (spelled, places),
        *((f"{constant.name}[{labels[place - offset]}]", (place,)) for place in places),
    ]


def _group(row: dict[str, str], where: str, problems: list[Problem]) -> tuple[str, float]:
    """The group of a row and its correlation."""
    group, text = ((row.get(key) or "").strip() for key in (GROUP, CORRELATION))
    if not group and not text:
        return "", 0.0
    value = as_number(text)
    if not group or value is None or not -1 < value < 1:
        what = f'the group is "{group}" and the correlation "{text}"'
        hint = "fill both in, the correlation with a number between -1 and 1"
        problems.append(Problem(where, what, hint))
        return "", 0.0
    return group, value


def _groups(found: Sequence[tuple[int, Prior]], where: str) -> list[Problem]:
    """Problems for groups of rows."""
    groups: dict[str, list[tuple[int, Prior]]] = {}
    for line, prior in found:
        if prior.group:
            groups.setdefault(prior.group, []).append((line, prior))
    problems = []
    for name, rows in groups.items():
        line, first = rows[0]
        other = next((r for r in rows if r[1].correlation != first.correlation), None)
        if len(rows) == 1:
            what = f'the group "{name}" has one row'
            problems.append(Problem(f"{where}:{line}", what, "a group has two or more"))
        elif other is not None:
            what = f'the correlation of the group "{name}" is {other[1].correlation:g} here and '
            what += f"{first.correlation:g} in line {line}"
            problems.append(Problem(f"{where}:{other[0]}", what, "write one number in all rows"))
        elif first.correlation * (len(rows) - 1) <= -1:
            what = f'{len(rows)} numbers of the group "{name}" cannot all be correlated by '
            what += f"{first.correlation:g} with each other"
            hint = f"use a number above {-1 / (len(rows) - 1):.3g}"
            problems.append(Problem(f"{where}:{line}", what, hint))
    return problems


def _spread(row: dict[str, str], kind: str, where: str, problems: list[Problem]) -> float | None:
    """The width of a distribution before truncation, where the row states one."""
    text = (row.get(SPREAD) or "").strip()
    if not text and kind != "cauchy":
        return None
    spread = as_number(text)
    if not (kind in _SPREADS and spread is not None and 0 < spread < math.inf):
        what = f'{SPREAD} is "{text}", which is no positive number'
        hint = _SPREADS.get(kind, "")
        if kind not in _SPREADS:
            what, hint = f"a {kind} distribution has no {SPREAD}", "leave the cell empty"
        problems.append(Problem(where, what, hint))
    return spread


_SPREADS = {
    "normal": "write the standard deviation, or leave the cell empty",
    "lognormal": "write the standard deviation of the logarithm, or leave the cell empty",
    "cauchy": "write the scale of the distribution",
}


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


def _twice(found: Sequence[tuple[int, Prior]], where: str) -> list[Problem]:
    """Problems for rows, by line, whose number has a prior in an earlier row."""
    seen: dict[int | str, tuple[int, Prior]] = {}
    problems = []
    for line, prior in found:
        for place in prior.places or (prior.name,):
            if place in seen:
                first, earlier = seen[place]
                what = (
                    f'"{prior.name}" in line {line} and "{earlier.name}" in line {first} '
                    "draw the same number"
                )
                problems.append(Problem(f"{where}:{line}", what, "leave one of them out"))
                break
            seen[place] = line, prior
    return problems
