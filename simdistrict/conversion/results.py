"""Series in Vensim's tables and data files as a result for a .nc file."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.version import version
from simdistrict.exchange.vensim.series import ElementSeries, element_key, read_series
from simdistrict.model.expr import fold
from simdistrict.model.model import Element, Lookup, Model
from simdistrict.result.dataset import (
    CONVENTIONS,
    Result,
    Variable,
    dimension_labels,
    element_attrs,
    plain,
    time_attrs,
)
from simdistrict.result.naming import RESERVED, names_of, snake


def result_of_text(path: Path, model: Model | None = None) -> Result:
    """The series of a .tab, .csv or .dat file as a result.

    model: the source of dimensions, units and documentation. Without one, and for names that it
    does not have, each series is a separate variable. Raises ExchangeError for a file without
    series and for times that are not finite.
    """
    series = read_series(path)
    left = dict(series.records)
    times = _axis(left.values(), str(path))
    coords = {"time": Variable(("time",), times, time_attrs(model) if model else {})}
    variables: dict[str, Variable] = {}
    for element in model or ():
        if not isinstance(element, Lookup) and model is not None:
            _element(model, element, left, times, coords, variables)
    taken = {*RESERVED, *coords, *variables}
    for record in left.values():
        name, count = snake(record.name), 1
        while name in taken:
            count += 1
            name = f"{snake(record.name)}_{count}"
        taken.add(name)
        values = _values(record, times)
        attrs = {"long_name": plain(record.name), "vensim_name": plain(record.name)}
        dims = ("time",) if values.ndim else ()
        variables[name] = Variable(dims, values, attrs)
    of = f" of the model {model.name}" if model else ""
    attrs = {
        "Conventions": CONVENTIONS,
        "title": plain(f"Results in {path.name}{of}"),
        "history": plain(f"simdistrict {version()}: converted from {path.name}"),
        "source": plain(path.name),
        "simdistrict_version": version(),
    }
    return Result(coords, variables, attrs)


def _axis(records: Collection[ElementSeries], where: str) -> Reals:
    """The times of all series that vary."""
    axes = [r.time for r in records if not r.constant] or [r.time for r in records]
    times = np.unique(np.concatenate(axes))
    if not np.isfinite(times).all():
        raise ExchangeError(Problem(where, "a time is not a finite number"))
    return times


def _values(record: ElementSeries, times: Reals) -> Reals:
    """The values at the times, NaN where there is none; one number for a constant."""
    if record.constant:
        return np.asarray(record.values[0])
    values = np.full(len(times), np.nan)
    values[np.searchsorted(times, record.time)] = record.values
    return values


def _element(
    model: Model,
    element: Element,
    left: dict[str, ElementSeries],
    times: Reals,
    coords: dict[str, Variable],
    variables: dict[str, Variable],
) -> None:
    """Move the series of all labels of an element from `left` into one variable."""
    found: dict[tuple[int, ...], ElementSeries] = {}
    for place in product(*map(range, model.shape(element))):
        labels = model.labels_at(element, place)
        key, _ = element_key(element.name + (f"[{','.join(labels)}]" if labels else ""))
        if key in left:
            found[place] = left.pop(key)
    if not found:
        return
    names = names_of(model)
    own = names.dims_of(element)
    for dim, name in zip(own, element.dims, strict=True):
        coords.setdefault(dim, dimension_labels(model, name, dim))
    constant = all(record.constant for record in found.values())
    shape = model.shape(element)
    values = np.full(shape if constant else (len(times), *shape), np.nan)
    for place, record in found.items():
        # the values of one label: a number, or one for each time
        at: tuple[Any, ...] = (..., *place)
        values[at] = _values(record, times)
    dims = own if constant else ("time", *own)
    variables[names.elements[fold(element.name)]] = Variable(dims, values, element_attrs(element))
