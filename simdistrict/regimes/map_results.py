"""Results over a grid of parameters: basins along one, worlds over two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.model.expr import fold
from simdistrict.regimes.model_field import ModelField
from simdistrict.regimes.numerics.basin import BasinsAlong
from simdistrict.regimes.numerics.proportion import wilson
from simdistrict.regimes.numerics.worlds import WorldMap
from simdistrict.regimes.results import (
    Observe,
    Output,
    read_variables,
    result_with,
    states_variable,
)
from simdistrict.regimes.rules import Rule
from simdistrict.result.dataset import Result, Variable


def basins_along_result(
    field: ModelField,
    found: BasinsAlong,
    outputs: Sequence[Output],
    observe: Observe,
    attrs: Mapping[str, object],
) -> Result:
    """Shares along `point` and `attractor`: the same number is the same attractor."""
    points, n, m = len(found.values), found.attractors, len(field.names)
    members = len(found.basins[0].ids) if found.basins else 0
    states = np.full((points, n, m), np.nan)
    read = np.full((points, n, len(outputs)), np.nan)
    periods, shares = np.full((points, n), np.nan), np.zeros((points, n))
    low, high = np.zeros((points, n)), np.zeros((points, n))
    for k, (value, here) in enumerate(zip(found.values, found.basins, strict=True)):
        parts = zip(found.ids[k], here.attractors, here.shares, here.intervals, strict=True)
        for own, attractor, share, interval in parts:
            states[k, own] = attractor.state
            periods[k, own] = attractor.period
            shares[k, own] = share
            low[k, own], high[k, own] = interval
            read[k, own] = observe(attractor.state, (float(value),))
    ids = np.array([found.members(k) for k in range(points)], np.int32).reshape(points, members)
    lost = [int((row < 0).sum()) for row in ids]
    edges = np.array([wilson(count, members) for count in lost]).reshape(points, 2)
    dims = ("point", "attractor")
    name = field.parameters[0].name
    variables = {
        "parameter": Variable(("point",), found.values, {"long_name": name}),
        "share": Variable(dims, shares, {"long_name": "share of initial states"}),
        "share_low": Variable(dims, low, {"long_name": "lower end of the 95% interval"}),
        "share_high": Variable(dims, high, {"long_name": "upper end of the 95% interval"}),
        "undecided": Variable(
            ("point",),
            np.array([count / max(members, 1) for count in lost]),
            {"long_name": "share of initial states that are undecided"},
        ),
        "undecided_low": Variable(("point",), edges[:, 0].copy(), {}),
        "undecided_high": Variable(("point",), edges[:, 1].copy(), {}),
        "state": states_variable(field, states, dims),
        "period": Variable(
            dims,
            periods,
            {"long_name": "of the cycle, 0 for an equilibrium; its state is the middle"},
        ),
        "initial_state": states_variable(
            field, found.basins[0].starts if found.basins else np.empty((0, m)), ("member",)
        ),
        "attractor_id": Variable(
            ("point", "member"),
            ids,
            {"long_name": "attractor in which the member ends, -1 for undecided"},
        ),
        **read_variables(outputs, read, dims),
    }
    summary = (
        f"{n} attractors along {name} at {points} values, {members} initial states each; "
        f"at most {max(lost, default=0)} undecided"
    )
    return result_with(field, variables, {**attrs, "summary": summary}, outputs)


def world_map_result(
    field: ModelField,
    found: WorldMap,
    outputs: Sequence[Output],
    observe: Observe,
    attrs: Mapping[str, object],
    rule: Rule | None = None,
) -> Result:
    """Worlds along `first` and `second`; rule: which worlds count as those that are wanted."""
    one, two = (p.name for p in field.parameters)
    dims = ("first", "second")
    shape = (*found.worlds.shape, found.states.shape[2])
    read = np.full((*shape, len(outputs)), np.nan)
    if outputs:
        for i, j, k in np.ndindex(*shape):
            if not np.isnan(found.states[i, j, k, 0]):
                pair = (float(found.first[i]), float(found.second[j]))
                read[i, j, k] = observe(found.states[i, j, k], pair)
    variables = {
        "first_value": Variable(("first",), found.first, {"long_name": one}),
        "second_value": Variable(("second",), found.second, {"long_name": two}),
        "worlds": Variable(
            dims, found.worlds.astype(np.int32), {"long_name": "states of rest that were reached"}
        ),
        "undecided": Variable(
            dims,
            found.undecided.astype(np.int32),
            {"long_name": "initial states from which none was reached"},
        ),
        "state": states_variable(field, found.states, (*dims, "world")),
        "initial_state": states_variable(field, found.starts, ("member",)),
        **read_variables(outputs, read, (*dims, "world")),
    }
    counts = {k: int((found.worlds == k).sum()) for k in range(int(found.worlds.max()) + 1)}
    said = ", ".join(f"{n} of them with {k}" for k, n in counts.items() if n)
    summary = f"worlds at {found.worlds.size} pairs of values: {said}"
    if rule is not None:
        variables["held"] = Variable(
            dims,
            _held(read, outputs, rule).astype(np.int32),
            {"long_name": f"states of rest in which {', '.join(map(str, rule.conditions))}"},
        )
    return result_with(field, variables, {**attrs, "summary": summary}, outputs)


def _held(read: Reals, outputs: Sequence[Output], rule: Rule) -> Reals:
    """In how many worlds of each cell all conditions hold."""
    names = [fold(o.name) for o in outputs]
    holds = np.ones(read.shape[:3], bool)
    for condition in rule.conditions:
        with np.errstate(invalid="ignore"):
            holds &= condition.holds(read[..., names.index(fold(condition.name))])
    found: Reals = holds.sum(axis=2)
    return found
