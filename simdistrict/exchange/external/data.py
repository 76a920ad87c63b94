"""Series from results, tables and data files for the data variables of a model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from simdistrict.base.errors import ExchangeError, Problem, did_you_mean
from simdistrict.exchange.external.files import digest
from simdistrict.exchange.vensim.series import ElementSeries, SeriesFile, element_key
from simdistrict.model.expr import Points, Tables, fold
from simdistrict.model.model import Data, Element, Equation, External, Model

# folded key of a series -> times and values
SeriesPoints = Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]]


def with_data(model: Model, files: Sequence[SeriesFile]) -> Model:
    """The model with the series of files as its data; later files override earlier ones.

    Data from a spreadsheet stay. Raises ExchangeError if no series matches a data variable, and
    if a file has only part of an array.
    """
    found: dict[str, ElementSeries] = {}
    for series in files:
        found.update(series.records)
    wanted = [element for element in model if any(map(_is_open, element.equations))]
    where = ", ".join(series.where for series in files)
    used: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {}
    problems: list[Problem] = []
    for element in wanted:
        places = [p for equation in element.equations for p in _places(model, element, equation)]
        keys = [_key(model, element, place) for place in places]
        have = [key for key in keys if key in found]
        if have and len(have) < len(keys):
            gone = next(key for key in keys if key not in found)
            problems.append(Problem(where, f'there are data for "{have[0]}" but not for "{gone}"'))
        used |= {key: _points(found[key]) for key in have}
    empty = [key for key, (times, _) in used.items() if not times]
    problems += [Problem(where, f'"{key}" has no number at any time') for key in empty]
    if not used and not problems:
        problems.append(_nothing(where, wanted, found))
    if problems:
        raise ExchangeError(problems)
    digests = [(series.where, digest(Path(series.where))) for series in files]
    return _attached(model, used, digests)


def with_record(model: Model, record: str) -> Model:
    """The model with the series of a record (`External.record`)."""
    kept = json.loads(record).get("series", {}) if record else {}
    if not kept:
        return model
    return _attached(model, {k: (tuple(s["times"]), tuple(s["values"])) for k, s in kept.items()})


def _attached(model: Model, kept: SeriesPoints, files: Iterable[tuple[str, str]] = ()) -> Model:
    elements = tuple(_filled(model, element, kept) for element in model)
    document = json.loads(model.external.record or "{}")
    document["series"] = {
        key: {"times": times, "values": values} for key, (times, values) in sorted(kept.items())
    }
    old = model.external
    record = json.dumps(document, ensure_ascii=False)
    external = External(record, old.problems, tuple(sorted({*old.files, *files})))
    return replace(model, elements=elements, external=external)


def _filled(model: Model, element: Element, kept: SeriesPoints) -> Element:
    equations = []
    for equation in element.equations:
        keys = [_key(model, element, place) for place in _places(model, element, equation)]
        if keys and all(key in kept for key in keys):
            assert isinstance(equation.expression, Tables)
            tables = Tables(tuple(Points(*kept[key]) for key in keys), equation.expression.between)
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


def _key(model: Model, element: Element, place: tuple[int, ...]) -> str:
    names = model.labels_at(element, place)
    return element_key(element.name + (f"[{','.join(names)}]" if names else ""))[0]


def _points(record: ElementSeries) -> tuple[tuple[float, ...], tuple[float, ...]]:
    there = np.isfinite(record.values)
    return tuple(record.time[there].tolist()), tuple(record.values[there].tolist())


def _nothing(where: str, wanted: Sequence[Element], found: Mapping[str, ElementSeries]) -> Problem:
    if not wanted:
        return Problem(where, "the model has no data variable without numbers", "omit --data")
    names = [element.name for element in wanted]
    what = f"there is no series of {', '.join(names[:5])}{' and others' if names[5:] else ''}"
    return Problem(where, what, did_you_mean(fold(names[0]), [r.title for r in found.values()]))
