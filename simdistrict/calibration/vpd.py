"""Payoff definitions of Vensim as data files: the data are data variables of the model."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.exchange.text.equations import quoted
from simdistrict.exchange.text.numbers import number
from simdistrict.exchange.vensim.vpd import Compared, read_vpd
from simdistrict.model.expr import Number
from simdistrict.model.model import (
    CONTROL,
    Constant,
    Data,
    Element,
    Lookup,
    Model,
    constant_values,
    lookup_points,
)
from simdistrict.scenario.places import find_element, find_places, flat_place, unknown

COLUMNS = ("series", "element", "year", "value", "error", "scale")


def text_of_vpd(path: Path, model: Model) -> str:
    """The data file (CSV) that says the same as a .vpd file of a model.

    One series for each number of the model that is compared; data outside the run are left out.
    Raises ScenarioError for names that are not in the model, and data without numbers.
    """
    problems: list[Problem] = []
    rows = []
    for one in read_vpd(path):
        rows += _rows(one, model, f"{path}:{one.line}", problems)
    if not rows and not problems:
        problems.append(Problem(str(path), "no data lie within the run of the model"))
    if problems:
        raise ScenarioError(problems)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return out.getvalue()


def _rows(one: Compared, model: Model, where: str, problems: list[Problem]) -> list[list[str]]:
    element = _places(one.name, model, where, problems)
    data = _places(one.data, model, where, problems)
    if element is None or data is None:
        return []
    if not isinstance(data[0], Data):
        what = f'"{data[0].name}" holds no data: it is of the kind {data[0].kind}'
        problems.append(Problem(where, what, "name a data variable after the bar"))
        return []
    if len(element[1]) != len(data[1]):
        what = f'"{one.name}" is {len(element[1])} numbers, and "{one.data}" {len(data[1])}'
        problems.append(Problem(where, what, "compare numbers one by one"))
        return []
    points = {
        flat_place(p, model.shape(data[0])): t for p, t in lookup_points(model, data[0]).items()
    }
    first, last = _run(model)
    rows = []
    for place, source in zip(element[1], data[1], strict=True):
        if source not in points or not points[source].x:
            what = f'the data variable "{one.data}" has no numbers in the model'
            hint = "write the data as a data file (.csv), or read them in with GET DIRECT DATA"
            problems.append(Problem(where, what, hint))
            return []
        name = _title(model, element[0], place)
        kind = "lognormal" if one.lognormal else "normal"
        rows += [
            [name, name, number(x), number(y), kind, number(one.scale)]
            for x, y in zip(points[source].x, points[source].y, strict=True)
            if first <= x <= last
        ]
    return rows


def _places(
    text: str, model: Model, where: str, problems: list[Problem]
) -> tuple[Element, tuple[int, ...]] | None:
    """An element and the flat indices that a name with subscripts stands for."""
    element, subscripts = find_element(model, text)
    if element is None or isinstance(element, Lookup):
        problems.append(unknown(model, text, where))
        return None
    found = find_places(model, element, subscripts, where)
    if isinstance(found, Problem):
        problems.append(found)
        return None
    return element, found[0]


def _title(model: Model, element: Element, flat: int) -> str:
    """The name of one number of an element."""
    place: list[int] = []
    for size in reversed(model.shape(element)):
        flat, index = divmod(flat, size)
        place.insert(0, index)
    labels = model.labels_at(element, tuple(place))
    return quoted(element.name) + (f"[{','.join(labels)}]" if labels else "")


def _run(model: Model) -> tuple[float, float]:
    """The ends of the model's own run; infinite where it computes them."""
    ends = []
    for name, open_end in zip(CONTROL[:2], (float("-inf"), float("inf")), strict=True):
        element = model.by_name.get(name)
        stated = isinstance(element, Constant) and isinstance(
            element.equations[0].expression, Number
        )
        ends.append(constant_values(model, element)[()] if stated else open_end)  # type: ignore[arg-type]
    return ends[0], ends[1]
