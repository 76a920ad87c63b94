"""Values of constants that differ between the members of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from simdistrict.api.values import read_array
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.model.model import Model
from simdistrict.run.parts import Part, part_of
from simdistrict.run.plan import Plan, check_free, check_one_grid
from simdistrict.run.stepping import Drawn
from simdistrict.scenario.places import find_constant

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEMBER = "member"
Own = Mapping[str, tuple[Part, "NDArray[np.float64]"]]


def parted(model: Model, params: Mapping[str, Any], members: int) -> tuple[dict[str, Any], Own]:
    """Values that all members share, and by name those that differ, (members, places).

    Raises ScenarioError for own values of anything but constants.
    """
    shared: dict[str, Any] = {}
    own: dict[str, tuple[Part, NDArray[np.float64]]] = {}
    for name, value in params.items():
        where = f'params["{name}"]'
        if MEMBER not in getattr(value, "dims", ()):
            if not isinstance(value, np.ndarray | list | tuple):
                shared[name] = value
                continue
            part = part_of(model, name, where)
            shape = _shape(value)
            if shape != (members, *part.shape):
                if shape not in ((), part.shape):
                    raise _misshapen(part, shape, members, where)
                shared[name] = value
                continue
        found = find_constant(model, name, where)
        if isinstance(found, Problem):
            raise ScenarioError(found)
        part = part_of(model, name, where)
        own[name] = part, read_members(model, part, name, value, members, where)
    return shared, own


def _shape(value: Any) -> tuple[int, ...]:
    """The shape of an array; of what is none, which is refused later, that of a number."""
    try:
        return np.shape(value)
    except ValueError:
        return ()


def _misshapen(part: Part, shape: tuple[int, ...], members: int, where: str) -> ScenarioError:
    own = " x ".join(map(str, (members, *part.shape)))
    what = f'"{part.text}" needs {own}, members first, and this has the shape {shape}'
    one = " x ".join(map(str, part.shape)) or "one number"
    return ScenarioError(Problem(where, what, f"or give {one} for all members"))


def drawn_of(plan: Plan, own: Own, members: int) -> Drawn | None:
    """The slots of what differs, with their numbers; None where nothing does."""
    if not own:
        return None
    elements = [part.name for part, _ in own.values()]
    check_free(plan.prepared, elements)
    check_one_grid(plan.prepared, elements)
    columns: dict[int, NDArray[np.float64]] = {}
    for part, numbers in own.values():
        slot = plan.prepared.program.layout.slots[part.name]
        defined = range(slot.size) if slot.defined is None else slot.defined
        for k, place in enumerate(part.places):
            if place in defined:
                columns[slot.offset + place] = numbers[:, k]
    return Drawn(tuple(columns), np.column_stack([np.zeros((members, 0)), *columns.values()]))


def read_members(
    model: Model, part: Part, name: str, value: Any, members: int, where: str
) -> NDArray[np.float64]:
    """(members, places) from one value for all members, or one for each."""
    if MEMBER in getattr(value, "dims", ()):
        rows = value.transpose(MEMBER, ...)
        if rows.sizes[MEMBER] != members:
            what = f"it has {rows.sizes[MEMBER]} members, and the batch has {members}"
            raise ScenarioError(Problem(where, what))
        if rows.ndim > 1:
            each = [read_array(model, name, rows.isel({MEMBER: k}), where) for k in range(members)]
            return np.array(each).reshape(members, -1)
        value = np.asarray(rows.values)
    if isinstance(value, np.ndarray | list | tuple):
        found = np.asarray(value)
        if found.dtype.kind in "iuf" and found.shape == (members, *part.shape):
            if not np.isfinite(found).all():
                raise ScenarioError(Problem(where, "a value is not a finite number"))
            return found.astype(float).reshape(members, -1)
    one = read_array(model, name, value, where).ravel()
    return np.array(np.broadcast_to(one, (members, one.size)))
