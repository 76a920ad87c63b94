"""Series from results, tables and data files for the data variables of a model."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from simdistrict.base.errors import ExchangeError, Problem, did_you_mean
from simdistrict.base.inputs import digest
from simdistrict.exchange.vensim.series import ElementSeries, SeriesFile, element_key
from simdistrict.model.expr import NA, Points, Tables, fold
from simdistrict.model.model import Data, Element, Equation, External, Model

log = logging.getLogger(__name__)
# the points of a series that is :NA: at all times
NOTHING = Points((0.0,), (NA,))


def with_data(model: Model, files: Sequence[SeriesFile]) -> Model:
    """The model with the series of files as its data; later files override earlier ones.

    Data from a spreadsheet stay. The part of an array without a series is :NA: at all times, as
    in Vensim, with a warning. Raises ExchangeError if no series matches a data variable.
    """
    found: dict[str, ElementSeries] = {}
    for series in files:
        found.update(series.records)
    wanted = [element for element in model if any(map(_is_open, element.equations))]
    where = ", ".join(series.where for series in files)
    used: dict[str, Points] = {}
    problems: list[Problem] = []
    for element in wanted:
        places = [p for equation in element.equations for p in _places(model, element, equation)]
        titles = {_key(title): title for p in places if (title := _title(model, element, p))}
        points = {key: _points(found[key]) for key in titles if key in found}
        have = {key: series for key, series in points.items() if series.x}
        if points and not have:
            title = titles[next(iter(points))]
            problems.append(Problem(where, f'"{title}" has no number at any time'))
        elif have:
            gone = [title for key, title in titles.items() if key not in have]
            if gone:
                told = ", ".join(f'"{t}"' for t in gone[:5]) + (", ..." if gone[5:] else "")
                log.warning("%s | there are no data for %s: :NA: at all times", where, told)
            used |= {key: have.get(key, NOTHING) for key in titles}
    if not used and not problems:
        problems.append(_nothing(where, wanted, found))
    if problems:
        raise ExchangeError(problems)
    paths = [Path(series.where) for series in files]
    # a user named these files: their folder says nothing about the model
    return _attached(model, used, [(str(path), digest(path), path.name) for path in paths])


def with_record(model: Model, record: str) -> Model:
    """The model with the series of a record (`External.record`)."""
    kept = json.loads(record).get("series", {}) if record else {}
    if not kept:
        return model
    return _attached(
        model,
        {
            key: Points(tuple(s["times"]), tuple(s["values"]), constant=s.get("constant", False))
            for key, s in kept.items()
        },
    )


def _attached(
    model: Model, kept: Mapping[str, Points], files: Iterable[tuple[str, str, str]] = ()
) -> Model:
    elements = tuple(_filled(model, element, kept) for element in model)
    document = json.loads(model.external.record or "{}")
    document["series"] = {
        key: {"times": points.x, "values": points.y}
        | ({"constant": True} if points.constant else {})
        for key, points in sorted(kept.items())
    }
    old = model.external
    record = json.dumps(document, ensure_ascii=False)
    external = External(record, old.problems, tuple(sorted({*old.files, *files})))
    return replace(model, elements=elements, external=external)


def _filled(model: Model, element: Element, kept: Mapping[str, Points]) -> Element:
    equations = []
    for equation in element.equations:
        places = _places(model, element, equation)
        keys = [_key(_title(model, element, place)) for place in places]
        if keys and all(key in kept for key in keys):
            assert isinstance(equation.expression, Tables)
            tables = Tables(tuple(kept[key] for key in keys), equation.expression.between)
            equation = replace(equation, expression=tables)
        equations.append(equation)
    return replace(element, equations=tuple(equations)) if isinstance(element, Data) else element


def _is_open(equation: Equation) -> bool:
    """Whether an equation defines data without numbers."""
    expression = equation.expression
    return isinstance(expression, Tables) and not expression.points and equation.source is None


def _places(model: Model, element: Element, equation: Equation) -> Iterable[tuple[int, ...]]:
    """The array positions of an equation of data without numbers; none for another equation."""
    return model.positions(element, equation) if _is_open(equation) else ()


def _title(model: Model, element: Element, place: tuple[int, ...]) -> str:
    names = model.labels_at(element, place)
    return element.name + (f"[{','.join(names)}]" if names else "")


def _key(title: str) -> str:
    return element_key(title)[0]


def _points(record: ElementSeries) -> Points:
    there = np.isfinite(record.values)
    times, values = record.time[there].tolist(), record.values[there].tolist()
    return Points(tuple(times), tuple(values), constant=record.constant)


def _nothing(where: str, wanted: Sequence[Element], found: Mapping[str, ElementSeries]) -> Problem:
    if not wanted:
        return Problem(where, "the model has no data variable without numbers", "omit --data")
    names = [element.name for element in wanted]
    what = f"there is no series of {', '.join(names[:5])}{' and others' if names[5:] else ''}"
    return Problem(where, what, did_you_mean(fold(names[0]), [r.title for r in found.values()]))
