"""Values as Python users have them, turned into values of a scenario.

A value is a number, an array, a pandas Series or DataFrame, or an xarray DataArray; the libraries
are recognised by what their objects offer, and none is imported. Labels are checked, their order is
free. A value with times becomes policies: one for each date at which a number changes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.api.given import is_number, number
from simdistrict.base.errors import Problem, ScenarioError, did_you_mean
from simdistrict.model.expr import fold
from simdistrict.model.model import Element, Model, Stock
from simdistrict.result.naming import names_of, snake
from simdistrict.scenario.command_line import TIMES
from simdistrict.scenario.places import (
    find_constant,
    find_element,
    find_places,
    find_stock,
    unknown,
)
from simdistrict.scenario.values import Assignment, SetOption, WrittenPolicy

TIME = "time"
# labels that a message names
_MANY = 8


@dataclass(frozen=True, slots=True)
class Given:
    """Values for the constants of a model.

    numbers: for the whole run, or of a policy, as `--set` writes them; policies: values over time.
    """

    numbers: tuple[SetOption, ...] = ()
    policies: tuple[WrittenPolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class _Axis:
    """A dimension along which a value has labels.

    names: what an array may call it, in the form of `snake`; number: of the dimension in the
    element; labels: in the model's spelling; places: their positions in the dimension.
    """

    name: str
    names: tuple[str, ...]
    number: int
    labels: tuple[str, ...]
    places: tuple[int, ...]


@dataclass(frozen=True)
class _Target:
    """What a key names: an element or a part of one.

    spelled: in the model's spelling; axes: along which a value may have labels; fixed: label of
    each other dimension, by its number; places: the flat indices that may be set.
    """

    model: Model
    element: Element
    spelled: str
    axes: tuple[_Axis, ...]
    fixed: Mapping[int, str]
    places: frozenset[int]
    where: str

    def problem(self, what: str, hint: str = "") -> ScenarioError:
        return ScenarioError(Problem(self.where, what, hint))

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(axis.labels) for axis in self.axes)

    def assignments(self, numbers: NDArray[np.float64], origin: str) -> list[Assignment]:
        """A number per label, or one for all where they are equal; numbers: of the shape."""
        values: dict[tuple[int, ...], float] = {}
        for index in itertools.product(*map(range, self.shape)):
            if self._flat(index) in self.places:
                values[index] = float(numbers[index])
        for index, value in values.items():
            if not math.isfinite(value):
                raise self.problem(f"{value} for {self._name(index)} is not a finite number")
        if len(set(values.values())) == 1 and not any(
            value == 0.0 and math.copysign(1.0, value) < 0 for value in values.values()
        ):
            return [Assignment(self.spelled, next(iter(values.values())), origin)]
        return [Assignment(self._name(index), v, origin) for index, v in values.items()]

    def _position(self, index: tuple[int, ...]) -> Iterator[tuple[str, int]]:
        """The label of each dimension of the element and its position."""
        free = iter(zip(self.axes, index, strict=True))
        for k, labels in enumerate(self.model.labels(self.element)):
            if k in self.fixed:
                yield self.fixed[k], labels.index(self.fixed[k])
            else:
                axis, i = next(free)
                yield axis.labels[i], axis.places[i]

    def _flat(self, index: tuple[int, ...]) -> int:
        flat = 0
        sizes = self.model.shape(self.element)
        for (_, place), size in zip(self._position(index), sizes, strict=True):
            flat = flat * size + place
        return flat

    def _name(self, index: tuple[int, ...]) -> str:
        labels = [label for label, _ in self._position(index)]
        return f"{self.element.name}[{','.join(labels)}]" if labels else self.element.name


@dataclass(frozen=True, slots=True)
class _Named:
    """What a key sets; what: a folded policy or nothing, and an element, or a date of the policy.

    places: the flat indices of the element.
    """

    key: str
    where: str
    what: tuple[str, str]
    places: frozenset[int]


@dataclass(frozen=True)
class _Numbers:
    """A value, read: the shape of the target, after one row per time where it has times."""

    values: NDArray[np.float64]
    times: tuple[float, ...] | None = None


def read_params(params: Mapping[str, Any], model: Model, name: str = "params") -> Given:
    """Values for constants, by the name of an element, a part of one, or `policy: element`.

    name: of the mapping, for messages. Raises ScenarioError with everything that does not fit.
    """
    numbers: list[SetOption] = []
    policies: list[WrittenPolicy] = []
    problems: list[Problem] = []
    named: list[_Named] = []
    for key, value in _items(params, name):
        where = f'{name}["{key}"]'
        policy, text = _of_policy(model, key)
        try:
            if policy and text.lower() in TIMES:
                right = "none" if value is None else repr(number(value, where))
                numbers.append(SetOption(key, right, where, where))
                named.append(_Named(key, where, (fold(policy), fold(text)), frozenset((0,))))
                continue
            target = _target(model, text, where)
            read = _read(target, value)
            named.append(_Named(key, where, (fold(policy), target.element.name), target.places))
            if read.times is None:
                prefix = f"{policy}: " if policy else ""
                for one in target.assignments(read.values, where):
                    numbers.append(SetOption(f"{prefix}{one.text}", repr(one.value), where, where))
            elif policy:
                what = "a policy sets numbers, and this is a value over time"
                raise target.problem(what, "leave out the policy, or give it another start")
            else:
                policies += _over_time(target, read)
        except ScenarioError as error:
            problems += error.problems
    problems += _without_effect(named)
    if problems:
        raise ScenarioError(problems)
    return Given(tuple(numbers), tuple(policies))


def read_numbers(
    values: Mapping[str, Any], model: Model, name: str, *, of_stocks: bool = False
) -> list[Assignment]:
    """Values without times, of constants or of stocks, as assignments; raises as `read_params`."""
    found: list[Assignment] = []
    problems: list[Problem] = []
    named: list[_Named] = []
    for key, value in _items(values, name):
        where = f'{name}["{key}"]'
        try:
            target = _target(model, key, where, of_stocks=of_stocks)
            read = _read(target, value)
            if read.times is not None:
                raise target.problem("this is a value over time, and one number is needed")
            found += target.assignments(read.values, where)
            named.append(_Named(key, where, ("", target.element.name), target.places))
        except ScenarioError as error:
            problems += error.problems
    problems += _without_effect(named)
    if problems:
        raise ScenarioError(problems)
    return found


def read_array(model: Model, key: str, value: Any, where: str) -> NDArray[np.float64]:
    """A value without times for any element or a part of one, of its shape.

    where: the location that messages give. Raises ScenarioError for values that do not fit.
    """
    element, subscripts = find_element(model, key)
    if element is None:
        raise ScenarioError(unknown(model, key, where))
    found = find_places(model, element, subscripts, where)
    if isinstance(found, Problem):
        raise ScenarioError(found)
    target = _target_of(model, element, subscripts, *found, where)
    read = _read(target, value)
    if read.times is not None:
        raise target.problem("this is a value over time, and one number is needed")
    if not np.isfinite(read.values).all():
        bad = read.values[~np.isfinite(read.values)][0]
        raise target.problem(f"{bad} is not a finite number")
    return read.values


def _without_effect(named: Sequence[_Named]) -> Iterator[Problem]:
    """As in a file: a value that later ones override completely is a mistake."""
    for k, one in enumerate(named):
        later = [n for n in named[k + 1 :] if n.what == one.what and n.places & one.places]
        if later and not one.places.difference(*(n.places for n in later)):
            names = " and ".join(f'"{n.key}"' for n in later)
            what = f'"{one.key}" has no effect: {names} after it sets all of it'
            hint = "give the whole first and its parts after it, and each name once"
            yield Problem(one.where, what, hint)


def _items(values: Mapping[str, Any], name: str) -> list[tuple[str, Any]]:
    if not hasattr(values, "items"):
        what = f"{name} is a {type(values).__name__}, not names with values"
        raise ScenarioError(Problem(name, what, f'write {name}={{"NAME": VALUE}}'))
    return [(str(key), value) for key, value in values.items()]


def _of_policy(model: Model, key: str) -> tuple[str, str]:
    """The policy and the name in `POLICY: NAME`; no policy where the whole text is a name."""
    if ":" not in key or find_element(model, key)[0] is not None:
        return "", key
    for at in (k for k, char in enumerate(key) if char == ":"):
        name = key[at + 1 :].strip()
        if name.lower() in TIMES or find_element(model, name)[0] is not None:
            return key[:at].strip(), name
    policy, _, name = key.partition(":")
    return policy.strip(), name.strip()


def _target(model: Model, text: str, where: str, *, of_stocks: bool = False) -> _Target:
    found = (find_stock if of_stocks else find_constant)(model, text, where)
    if isinstance(found, Problem):
        if not of_stocks and isinstance(find_element(model, text)[0], Stock):
            hint = 'give the number that it starts from: initial={"NAME": VALUE}'
            found = Problem(found.where, found.what, hint)
        raise ScenarioError(found)
    element, places, spelled = found
    _, subscripts = find_element(model, text)
    return _target_of(model, element, subscripts, places, spelled, where)


def _target_of(
    model: Model,
    element: Element,
    subscripts: tuple[str, ...] | None,
    places: tuple[int, ...],
    spelled: str,
    where: str,
) -> _Target:
    axes, fixed = [], {}
    for k, (dim, labels) in enumerate(zip(element.dims, model.labels(element), strict=True)):
        subscript = dim if subscripts is None else subscripts[k]
        if fold(subscript) in map(fold, labels):
            fixed[k] = labels[model.subscript_positions(subscript, dim)[0]]
            continue
        positions = model.subscript_positions(subscript, dim)
        known = (snake(dim), snake(subscript))
        axes.append(_Axis(dim, known, k, tuple(labels[p] for p in positions), positions))
    return _Target(model, element, spelled, tuple(axes), fixed, frozenset(places), where)


# ---------------------------------------------------------------------- what Python users have


def _read(target: _Target, value: Any) -> _Numbers:
    """A value of any kind, of the shape of a target."""
    if is_number(value):
        return _Numbers(np.full(target.shape, number(value, target.where)))
    if hasattr(value, "dims") and hasattr(value, "coords") and hasattr(value, "values"):
        if not hasattr(value, "ndim"):
            raise target.problem("this is a Dataset", 'take a variable of it: dataset["name"]')
        labels = {
            str(dim): value.coords[dim].values if dim in value.coords else None
            for dim in value.dims
        }
        return _labelled(target, np.asarray(value.values), labels)
    if hasattr(value, "index") and hasattr(value, "columns"):
        _check_index(target, value)
        table = np.asarray(value.values)
        axis = target.axes[0].name if target.axes else "columns"
        return _labelled(
            target, table, {TIME: np.asarray(value.index), axis: np.asarray(value.columns)}
        )
    if hasattr(value, "index") and hasattr(value, "values") and not callable(value.values):
        return _series(target, value)
    if isinstance(value, np.ndarray | Sequence) and not isinstance(value, str | bytes):
        return _plain_array(target, value)
    raise _no_value(target.where, value)


def _series(target: _Target, series: Any) -> _Numbers:
    """A pandas Series: over the labels of one dimension, or over time."""
    _check_index(target, series)
    index = np.asarray(series.index)
    over_time = str(series.index.name or "").lower() == TIME or (
        not target.axes and index.dtype.kind in "iuf"
    )
    if over_time:
        return _labelled(target, np.asarray(series.values), {TIME: index})
    if len(target.axes) != 1:
        kind = "is one number" if not target.axes else f"has {len(target.axes)} dimensions"
        what = f'"{target.spelled}" {kind}, and this is a Series over labels'
        hint = "give a number, or a Series over time (its index: times)"
        if target.axes:
            hint = "give a DataArray with these dimensions: " + _listed(a.name for a in target.axes)
        raise target.problem(what, hint)
    return _labelled(target, np.asarray(series.values), {target.axes[0].name: index})


def _check_index(target: _Target, value: Any) -> None:
    """Refuse an index that pandas has made, and one over members: it names no times or labels."""
    index = value.index
    if str(index.name or "").lower() == "member":
        what = "its index is members, and no times or labels"
        raise target.problem(what, "give an array, or a DataArray with the dimension member")
    made = type(index).__name__ == "RangeIndex" and index.name is None
    if made and (index.start, index.step) == (0, 1):
        what = f"its index counts from 0 to {len(index) - 1}, which may be times or a mere order"
        hint = 'for times, name the index: series.rename_axis("time"); else give a list of numbers'
        raise target.problem(what, hint)


def _plain_array(target: _Target, value: Any) -> _Numbers:
    try:
        numbers = np.asarray(value)
    except ValueError:
        numbers = np.asarray(None)
    if numbers.dtype.kind not in "iuf":
        raise _no_value(target.where, value)
    if numbers.shape != target.shape:
        of = " x ".join(map(str, target.shape)) if target.shape else "one number"
        what = f'"{target.spelled}" needs {of}, and this has the shape {numbers.shape}'
        hint = "its labels: " + "; ".join(f"{a.name}: {_listed(a.labels)}" for a in target.axes)
        raise target.problem(what, hint if target.axes else "")
    return _Numbers(numbers.astype(float))


def _labelled(target: _Target, values: NDArray[Any], labels: Mapping[str, Any]) -> _Numbers:
    """Numbers with labels along dimensions in any order, one of which may be time."""
    if values.dtype.kind not in "iuf":
        raise _no_value(target.where, values)
    dims = list(labels)
    order: list[int] = []
    times = None
    if TIME in dims and not any(TIME in axis.names for axis in target.axes):
        order.append(dims.index(TIME))
        values, times = _sorted_times(target, values, dims.index(TIME), labels[TIME])
        if len(dims) == 1:
            # one number for all labels
            every = np.broadcast_to(
                values[(..., *[None] * len(target.shape))], (len(times), *target.shape)
            )
            return _Numbers(every.astype(float), times)
    problems = []
    for axis in target.axes:
        mine = [k for k, dim in enumerate(dims) if k not in order and snake(dim) in axis.names]
        if len(set(target.element.dims)) < len(target.element.dims) or not mine:
            # in a result a dimension may have another name
            own = names_of(target.model).dims_of(target.element)[axis.number]
            mine = [dims.index(own)] if own in dims else mine
        if not mine:
            problems.append(f"lacks the dimension {axis.name}")
            continue
        order.append(mine[0])
        given = labels[dims[mine[0]]]
        if given is None:
            problems.append(f"has no labels along {axis.name}")
            continue
        at = _positions(target, axis, [str(label) for label in given])
        values = np.take(values, at, axis=mine[0])
    for k, dim in enumerate(dims):
        if k not in order:
            problems.append(f"has the dimension {dim}, which the element lacks")
    if problems:
        needs = f'"{target.spelled}" has ' + (_listed(a.name for a in target.axes) or "no labels")
        raise target.problem(f"the array {', '.join(problems)}", needs)
    return _Numbers(np.transpose(values, order).astype(float), times)


def _positions(target: _Target, axis: _Axis, given: Sequence[str]) -> list[int]:
    """For each label of an axis its position among the given ones."""
    at: dict[str, int] = {}
    unknown, twice = [], []
    known = {fold(label) for label in axis.labels}
    for k, label in enumerate(given):
        if fold(label) not in known:
            unknown.append(label)
        elif fold(label) in at:
            twice.append(label)
        else:
            at[fold(label)] = k
    missing = [label for label in axis.labels if fold(label) not in at]
    if unknown:
        what = f"no {'label' if len(unknown) == 1 else 'labels'} of {axis.name}"
        near = did_you_mean(unknown[0], axis.labels)
        hint = f"{near} {axis.name} has {_listed(axis.labels)}".strip()
        raise target.problem(f"{_listed(unknown)}: {what}", hint)
    if twice:
        raise target.problem(f"{_listed(twice)} of {axis.name}: given twice")
    if missing:
        part = f'"{target.element.name}[{missing[0]}]"'
        what = f"{_listed(missing)} of {axis.name}: not given"
        raise target.problem(what, f"give all labels, or name a part, such as {part}")
    return [at[fold(label)] for label in axis.labels]


# ---------------------------------------------------------------------- over time


def _sorted_times(
    target: _Target, values: NDArray[Any], axis: int, given: Any
) -> tuple[NDArray[Any], tuple[float, ...]]:
    """The values with their times ascending."""
    times = np.asarray(given) if given is not None else np.asarray(None)
    if times.dtype.kind not in "iuf":
        hint = "times are numbers in the model's time unit, such as 2026.5"
        raise target.problem("its times are not numbers", hint)
    times = times.astype(float)
    if not len(times):
        raise target.problem("it has no times")
    order = np.argsort(times, kind="stable")
    found = times[order]
    if not np.isfinite(found).all():
        raise target.problem("its times are not finite numbers")
    if (np.diff(found) == 0).any():
        raise target.problem(f"it has the time {found[:-1][np.diff(found) == 0][0]:g} twice")
    return np.take(values, order, axis=axis), tuple(map(float, found))


def _over_time(target: _Target, read: _Numbers) -> list[WrittenPolicy]:
    """A policy for each time at which a number changes; each holds until the next."""
    assert read.times is not None
    found = []
    before: dict[str, float] = {}
    for time, row in zip(read.times, read.values, strict=True):
        values = target.assignments(row, target.where)
        now = {one.text: one.value for one in values}
        if now == before:
            continue
        before = now
        name = f"{target.spelled} from {time:.10g}"
        found.append(WrittenPolicy(name, time, None, 0.0, tuple(values), "", target.where))
    return found


# ---------------------------------------------------------------------- numbers and words


def _no_value(where: str, value: Any) -> ScenarioError:
    if isinstance(value, str):
        return ScenarioError(Problem(where, f'"{value}" is text, not a number', "write a number"))
    what = f"{type(value).__name__} is no value for an element"
    hint = "give a number, an array of numbers, a pandas Series or an xarray DataArray"
    return ScenarioError(Problem(where, what, hint))


def _listed(names: Any) -> str:
    found = list(names)
    more = f" and {len(found) - _MANY} more" if len(found) > _MANY else ""
    return ", ".join(found[:_MANY]) + more
