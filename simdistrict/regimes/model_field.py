"""The field of a frozen model: `field_of` makes it, `observe` reads other elements.

The fast evaluation computes only what lies between the free stocks and their own flows. It is used
when it gives the same numbers as the whole model in a few random states.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.engine.lowering.restrict import restricted
from simdistrict.engine.native.flow import FrozenFlow
from simdistrict.engine.native.kernel import NativeKernel
from simdistrict.model.expr import fold
from simdistrict.model.model import Range
from simdistrict.regimes.frozen import Frozen
from simdistrict.regimes.growth import Growth, growth_of
from simdistrict.regimes.numerics.field import Scaled
from simdistrict.regimes.numerics.flow import EVALUATIONS, Accuracy, Ends, settle_one_by_one
from simdistrict.scenario.places import find_constant, find_element, find_places

# upper end of the box, relative to the largest values in the run
ROOM = 1.5
_PROBES = 4


@dataclass(frozen=True, slots=True)
class Parameter:
    """A constant that is varied: its name, its places in the vector, its value at the date."""

    name: str
    places: tuple[int, ...]
    value: float
    range: Range | None = None


@dataclass(frozen=True, eq=False)
class ModelField:
    """Net flows of the free stocks, relative to growth where there is any (see `growth`).

    parameters: the constants that the numbers in a call set.
    """

    frozen: Frozen
    parameters: tuple[Parameter, ...]
    scale: Reals
    low: Reals
    high: Reals
    growth: Growth
    fast: bool
    _work: _Evaluator = field(repr=False)

    @property
    def names(self) -> Sequence[str]:
        return self.frozen.names

    def __call__(self, states: Reals, parameters: Sequence[float]) -> Reals:
        flows = self._work.flows(states, tuple(map(float, parameters)))
        return flows - states * self.growth.dilution

    def start(self) -> Reals:
        """The free stocks at the date."""
        return np.array([self.frozen.vector[p] for p in self.frozen.free])

    def values(self) -> tuple[float, ...]:
        """The parameters at the date."""
        return tuple(p.value for p in self.parameters)

    def ends(self, parameters: Reals, states: Reals, horizon: float, exact: Accuracy) -> Ends:
        """The states to which the flow leads from many states, see `flow.settle_each`."""
        if not self.fast:
            return settle_one_by_one(Scaled(self), parameters, states, horizon, exact)
        work = self._work
        moved = [place for p in self.parameters for place in p.places]
        column = [k for k, p in enumerate(self.parameters) for _ in p.places]
        flow = FrozenFlow(
            work.moved_program,
            work.quick,
            work.free.tolist(),
            work.rates.tolist(),
            moved,
            self.scale,
            self.growth.dilution,
        )
        states, speeds = flow.ends(
            parameters[:, column],
            states,
            horizon,
            tolerance=exact.tolerance,
            arrived=exact.arrived,
            evaluations=EVALUATIONS,
        )
        return Ends(states, speeds)

    def observe(self, state: Reals, parameters: Sequence[float], places: Sequence[int]) -> Reals:
        """The values at some places of the vector in a state."""
        v = self._work.whole(state, tuple(map(float, parameters)))
        return v[list(places)]


class _Evaluator:
    """The vectors and kernels that all evaluations share."""

    def __init__(self, frozen: Frozen, parameters: Sequence[Parameter]) -> None:
        self.frozen = frozen
        self.parameters = tuple(parameters)
        program, causes, free = frozen.causes.program, frozen.causes, frozen.free
        layout = program.layout
        self.whole_kernel = NativeKernel(program)
        label = frozen.label
        where = (label.dimension, label.position) if label else ("", 0)
        moved = [place for p in self.parameters for place in p.places]
        self.moved_program = restricted(causes, free, moved, *where)
        self.moved = NativeKernel(self.moved_program)
        self.still = NativeKernel(restricted(causes, free, (), *where)) if moved else self.moved
        self.free = np.array(free)
        self.rates = self.free - layout.stocks.start + layout.rates.start
        self.fast = True
        self.base = np.array(frozen.vector)
        self.quick = self.at(tuple(p.value for p in self.parameters)).copy()
        self.last: tuple[float, ...] = (math.nan,)

    def at(self, parameters: tuple[float, ...]) -> Reals:
        """The vector at the frozen state, with the parameters, evaluated."""
        found = self.base.copy()
        self.put(found, parameters)
        self.whole_kernel.once(found)
        self.whole_kernel.settle(found)
        self.whole_kernel.derive(found)
        return found

    def put(self, v: Reals, parameters: tuple[float, ...]) -> None:
        for parameter, value in zip(self.parameters, parameters, strict=False):
            v[list(parameter.places)] = value

    def flows(self, states: Reals, parameters: tuple[float, ...]) -> Reals:
        out = np.empty(states.shape)
        v, derive = self.quick, self.still.derive
        if not self.fast:
            v, derive = self.at(parameters), self.whole_kernel.derive
        elif parameters != self.last:
            # after a change of the parameters, evaluate once all that depends on them
            self.put(v, parameters)
            v[self.free] = states[0]
            self.moved.derive(v)
            self.last = parameters
        free, rates = self.free, self.rates
        for i, row in enumerate(states):
            v[free] = row
            derive(v)
            out[i] = v[rates]
        return out

    def whole(self, state: Reals, parameters: tuple[float, ...]) -> Reals:
        v = self.at(parameters)
        v[self.free] = state
        self.whole_kernel.derive(v)
        return v


def field_of(frozen: Frozen, parameters: Sequence[str] = ()) -> ModelField:
    """The field of a frozen model, with some constants as its parameters.

    Raises ScenarioError for a name that is no constant.
    """
    found = tuple(_parameter(frozen, name) for name in parameters)
    work = _Evaluator(frozen, found)
    scale, low, high = _box(frozen)
    work.fast = _same_numbers(work, scale)
    trends = [slot.offset for slot in frozen.trends]
    growth = growth_of(frozen, work.whole_kernel, trends, scale)
    return ModelField(frozen, found, scale, low, high, growth, work.fast, work)


def output_places(frozen: Frozen, name: str) -> tuple[tuple[int, ...], str]:
    """Places of an element to observe, and its name; the isolated label is filled in."""
    model = frozen.plan.prepared.model
    element, subscripts = find_element(model, name)
    if element is None or fold(element.name) not in frozen.causes.program.layout.slots:
        raise ScenarioError(model.unknown(name))
    label = frozen.label
    filled = False
    if subscripts is None and label and fold(label.dimension) in map(fold, element.dims):
        filled = True
        same = fold(label.dimension)
        subscripts = tuple(label.name if fold(d) == same else d for d in element.dims)
    places = find_places(model, element, subscripts, f'"{name}"')
    if isinstance(places, Problem):
        raise ScenarioError(places)
    slot = frozen.causes.program.layout.slots[fold(element.name)]
    # with an isolated label the name alone is unambiguous
    spelled = element.name if filled and len(places[0]) == 1 else places[1]
    return tuple(slot.offset + p for p in places[0]), spelled


def _parameter(frozen: Frozen, name: str) -> Parameter:
    model = frozen.plan.prepared.model
    found = find_constant(model, name, f'parameter "{name}"')
    if isinstance(found, Problem):
        raise ScenarioError(found)
    element, places, spelled = found
    offset = frozen.causes.program.layout.slots[fold(element.name)].offset
    label = frozen.label
    if "[" not in spelled and label and fold(label.dimension) in map(fold, element.dims):
        axes = [label.name if fold(d) == fold(label.dimension) else d for d in element.dims]
        narrowed = find_constant(model, f"{element.name}[{','.join(axes)}]", f'"{name}"')
        assert not isinstance(narrowed, Problem)
        _, places, spelled = narrowed
    value = frozen.vector[offset + places[0]]
    where = tuple(offset + p for p in places)
    return Parameter(spelled, where, value, element.range)


def _box(frozen: Frozen) -> tuple[Reals, Reals, Reals]:
    """Scale of every free stock, and the box in which states make sense.

    The scale of an element is the largest magnitude of its free places up to the date, or one where
    it was always zero. A stock that was never negative stays so.
    """
    owner = [name.partition("[")[0] for name in frozen.names]
    largest: dict[str, float] = {}
    peaks = np.abs(frozen.past).max(axis=0)
    for name, peak in zip(owner, peaks, strict=True):
        largest[name] = max(largest.get(name, 0.0), float(peak))
    scale = np.array([largest[name] or 1.0 for name in owner])
    low = np.where(frozen.past.min(axis=0) < 0, -ROOM * scale, 0.0)
    return scale, low, ROOM * scale


def _same_numbers(work: _Evaluator, scale: Reals) -> bool:
    """Whether the fast evaluation gives the numbers of the whole model in random states."""
    draw = np.random.default_rng(0)
    base = np.array([work.frozen.vector[p] for p in work.frozen.free])
    values = [p.value for p in work.parameters]
    for k in range(_PROBES):
        state = np.abs(base * draw.uniform(0.7, 1.3, len(base)) + 0.05 * k * scale)
        parameters = tuple(value + 0.03 * k for value in values)
        quick = work.flows(state[None, :], parameters)[0]
        whole = work.whole(state, parameters)
        for a, rate in zip(quick, work.rates, strict=True):
            b = whole[rate]
            if not (math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-300) or (a != a and b != b)):
                return False
    return True
