"""Ensembles: many runs of scenarios over a design, in chunks of members.

All scenarios share the design: member k has the same draw in each. Writes nothing; see `file`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.errors import EngineError, Problem, ScenarioError
from simdistrict.base.identity import code_identity, code_record
from simdistrict.engine.backends import AUTO, check_way, recorded_backend
from simdistrict.engine.batches import batch_class, check_backend
from simdistrict.engine.integrators.adaptive import Tolerance
from simdistrict.engine.native.batch import LANES, Batch
from simdistrict.engine.over_time import reductions
from simdistrict.engine.program import Program
from simdistrict.ensemble.blocks import BLOCKED, Shape, check_shape
from simdistrict.ensemble.design import METHODS, Design, columns
from simdistrict.ensemble.given import FILE, SHA256, GivenDesign
from simdistrict.ensemble.prior import GROUP, SCOPE, Prior
from simdistrict.model.model import TimeGrid
from simdistrict.result.naming import names_of
from simdistrict.result.selection import Selection
from simdistrict.run.plan import (
    Plan,
    check_free,
    check_one_grid,
    constants_of,
    has_fixed_end,
    moves_of,
)
from simdistrict.run.saving import points_of, selection_of, spelled
from simdistrict.run.simulate import check_alike, provenance

MAX_MEMBERS = 10**9
_AT_ONCE = 1 << 22  # numbers of a chunk in memory
_MOST = 1 << 14  # members of a chunk, which an interruption may lose
# factor for it: fewer members where runs are slow, more to keep a GPU busy
_SCALE = {"interpreted": 1 / 64, "native": 1, "cuda": 8}

# variable -> values of the members of a chunk, (scenarios, members, ...)
Chunk = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is saved of an element: slots of the vector, those without a value, and the shape."""

    slots: tuple[int, ...]
    undefined: tuple[int, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Everything that determines the numbers of an ensemble.

    plans: the scenarios; prior_text: the prior table as read, empty for a design that is given;
    selection: what is saved; points:
    the saved time steps; fast: powers accurate to 1 ulp (euler and rk4); chunk: members per chunk,
    default by memory; stated: names of the priors that every scenario sets, which are not drawn;
    reduce: names of `over_time.REDUCTIONS`, saved in addition; backend: one of
    `backends.MEMBER_BACKENDS`.
    """

    plans: tuple[Plan, ...]
    design: Design | GivenDesign
    prior_text: str
    selection: Selection
    points: tuple[int, ...]
    fast: bool = False
    chunk: int | None = None
    stated: tuple[str, ...] = ()
    reduce: tuple[str, ...] = ()
    backend: str = "native"

    @property
    def program(self) -> Program:
        """The program of all scenarios."""
        return self.plans[0].prepared.program

    @property
    def grid(self) -> TimeGrid:
        """The time grid of all scenarios."""
        return self.plans[0].grid

    @cached_property
    def saved(self) -> tuple[str, ...]:
        """Folded names of the saved elements, in the order of the program."""
        return tuple(name for name in self.program.order if name in self.selection.names)

    @cached_property
    def _kept(self) -> list[_Kept]:
        return [self._kept_of(name) for name in self.saved]

    def _kept_of(self, name: str) -> _Kept:
        model, slot = self.plans[0].prepared.model, self.program.shown(name)
        places = self.selection.places(model, model[name])
        defined = range(slot.size) if slot.defined is None else frozenset(slot.defined)
        undefined = tuple(k for k, place in enumerate(places) if place not in defined)
        shape = self.selection.shape(model, model[name])
        return _Kept(tuple(slot.offset + p for p in places), undefined, shape)

    @property
    def numbers(self) -> int:
        """How many numbers of a member are kept, without its draws."""
        kept = len(self.points) + len(self.reduce)
        return sum(len(own.slots) for own in self._kept) * kept * len(self.plans)

    @property
    def bytes(self) -> int:
        """The size of all numbers, with the design; an outcome with its time has 9 bytes."""
        own = 8 * (self.numbers + len(self.design.priors)) + 9 * len(self.plans)
        return own * self.design.members

    @property
    def chunk_size(self) -> int:
        """Members per chunk."""
        some = _AT_ONCE // (self.numbers + len(self.design.priors))
        most = max(int(_MOST * _SCALE[self.backend]), 1)
        return max(min(some, most, self.chunk or most) // LANES, 1) * LANES

    @property
    def chunks(self) -> int:
        """The number of chunks; only the last may be smaller than `chunk_size`."""
        return -(-self.design.members // self.chunk_size)

    def bounds(self, chunk: int) -> tuple[int, int]:
        """The first member of a chunk and one past its last."""
        first = chunk * self.chunk_size
        return first, min(first + self.chunk_size, self.design.members)

    @cached_property
    def _batches(self) -> list[tuple[Batch, list[int]]]:
        return [self._batch(plan) for plan in self.plans]

    def _batch(self, plan: Plan) -> tuple[Batch, list[int]]:
        """The batch of a scenario, and the column of the design for each sampled slot."""
        sampled, column = columns(self.design.priors, sorted(stated_places(plan)))
        batch = batch_class(self.backend)(
            plan.prepared.program,
            plan.grid,
            constants_of(plan),
            sampled,
            [slot for own in self._kept for slot in own.slots],
            self.points,
            moves_of(plan),
            plan.integrator,
            Tolerance(plan.rtol, plan.atol),
            fast=self.fast,
            reduce=self.reduce,
        )
        return batch, column

    def run_chunk(self, chunk: int, workers: int | None = None) -> Chunk:
        """Run the members of a chunk in every scenario.

        workers: cores to use, default all. A member that diverges is NaN from then on.
        """
        return self.run_rows(self.design.rows(*self.bounds(chunk)), workers)

    def run_rows(self, rows: NDArray[np.float64], workers: int | None = None) -> Chunk:
        """As `run_chunk`, for any members by their rows of the design."""
        values, found_over_time, outcomes, times = [], [], [], []
        for batch, column in self._batches:
            found = batch.run(rows[:, column], workers)
            values.append(found.values)
            found_over_time.append(found.reduced)
            outcomes.append(found.outcome)
            times.append(found.time)
        made: Chunk = {
            "design": rows,
            "outcome": np.stack(outcomes),
            "outcome_time": np.stack(times),
        }
        made |= dict(zip(self.saved, self._blocks(np.stack(values)), strict=True))
        over_time = np.stack(found_over_time)
        for k, reduction in enumerate(self.reduce):
            names = [self.reduced_names[name, reduction] for name in self.saved]
            made |= dict(zip(names, self._blocks(over_time[:, :, k]), strict=True))
        return made

    def _blocks(self, numbers: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
        """The numbers of each saved element, (..., *its shape), from (..., all slots)."""
        at = 0
        for own in self._kept:
            block = numbers[..., at : at + len(own.slots)]
            at += len(own.slots)
            if own.undefined:
                block = block.copy()
                block[..., own.undefined] = np.nan
            yield block.reshape(*block.shape[:-1], *own.shape)

    @cached_property
    def reduced_names(self) -> Mapping[tuple[str, str], str]:
        """(element, reduction) -> variable name."""
        names = names_of(self.plans[0].prepared.model)
        taken = {*names.elements.values(), *names.dims.values()}
        found = {}
        for reduction in self.reduce:
            for name in self.saved:
                own = f"{names.elements[name]}_{reduction}"
                while own in taken:
                    own += "_"
                taken.add(own)
                found[name, reduction] = own
        return found

    def check(self) -> None:
        """Raise EngineError where this machine cannot run the members."""
        check_backend(self.backend)

    def record(self) -> Mapping[str, object]:
        """The record in a result file, sufficient to repeat the ensemble."""
        times = [self.grid.at(i) for i in self.points]
        return {
            **provenance(self.plans),
            **code_record(self.backend),
            "backend": recorded_backend(self.backend, self.plans[0].integrator),
            "members": self.design.members,
            "method": self.design.method,
            **self._drawn_record(),
            "not_drawn": ", ".join(self.stated) or "nothing",
            "saved": spelled(self.plans[0].prepared.model, self.selection),
            "saved_times": np.array(times),
            "reductions": ", ".join(self.reduce),
            "powers": "fast" if self.fast else "exact",
        }

    def _drawn_record(self) -> dict[str, object]:
        """The record of how the members were drawn; a design that is given is its own record."""
        design = self.design
        if isinstance(design, GivenDesign):
            origin = {} if design.origin is None else design.origin.record()
            return {"seed": "none: the design was given", SHA256: design.sha256, **origin}
        shape = design.shape.record(design.method, len(design.priors), design.members)
        return {"seed": design.seed, **shape, "prior": self.prior_text}

    @cached_property
    def identity(self) -> str:
        """Equal for two ensembles only if they have the same numbers in the same chunks."""
        # the folder of a file of draws changes no number
        known = sorted(item for item in self.record().items() if item[0] != FILE)
        parts = [f"{key}={value!r}" for key, value in known]
        parts += [repr(self.points), str(self.chunk_size), repr(self.design.priors)]
        parts.append(code_identity())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def ensemble_of(
    plans: Sequence[Plan],
    priors: Sequence[Prior],
    prior_text: str,
    members: int,
    *,
    seed: int = 0,
    method: str = "lhs",
    save: str | None = None,
    times: str = "final",
    fast: bool = False,
    shape: Shape = Shape(),
    chunk: int | None = None,
    reduce: str = "",
    backend: str = AUTO,
) -> Ensemble:
    """An ensemble of one or several scenarios.

    save: as in `run.saving.selection_of`; None for the elements that the scenarios report, or the
    stocks where they report none. times: `final`, `all` (the saved steps of the time grid) or
    times separated by commas; reduce: names of `over_time.REDUCTIONS`, separated by commas; shape:
    of a design in blocks; fast, chunk, backend: see `Ensemble`; `auto` is native.
    A prior that every scenario sets is left out of the design, see `drawn`.
    Raises ScenarioError or EngineError for invalid arguments.
    """
    if method not in METHODS:
        what = f'there is no method "{method}"'
        raise EngineError(Problem("method", what, f"use one of {', '.join(METHODS)}"))
    _check_members(members)
    if seed < 0:
        raise EngineError(Problem("seed", f"{seed} is below 0"))
    streams = drawn(plans, priors)
    own = tuple(priors[k] for k in streams)
    check_shape(shape, method, len(own), members)
    design = Design(own, members, seed, method, shape, streams)
    if method in BLOCKED and not design.coupling.independent:
        what = f"the method {method} needs priors that do not depend on each other"
        hint = f"leave out the columns {GROUP} and {SCOPE} of the prior table, or use lhs"
        raise EngineError(Problem("method", what, hint))
    stated = tuple(prior.name for k, prior in enumerate(priors) if k not in streams)
    return _ensemble(plans, design, prior_text, stated, save, times, fast, chunk, reduce, backend)


def ensemble_over(
    plans: Sequence[Plan],
    design: GivenDesign,
    *,
    save: str | None = None,
    times: str = "final",
    fast: bool = False,
    chunk: int | None = None,
    reduce: str = "",
    backend: str = AUTO,
) -> Ensemble:
    """An ensemble of one or several scenarios over a design that was drawn elsewhere.

    A column that every scenario sets is left out. Other arguments and errors as of `ensemble_of`.
    """
    _check_members(design.members)
    kept = drawn(plans, design.priors)
    left_out = tuple(k for k in range(len(design.priors)) if k not in kept)
    stated = tuple(design.priors[k].name for k in left_out)
    own = design.without(left_out) if left_out else design
    return _ensemble(plans, own, "", stated, save, times, fast, chunk, reduce, backend)


def _ensemble(
    plans: Sequence[Plan],
    design: Design | GivenDesign,
    prior_text: str,
    stated: tuple[str, ...],
    save: str | None,
    times: str,
    fast: bool,
    chunk: int | None,
    reduce: str,
    backend: str,
) -> Ensemble:
    """An ensemble over any design; see `ensemble_of`."""
    if save is None:
        save = "indicators" if any(plan.resolved.report for plan in plans) else "stocks"
    kept = reductions(reduce)
    backend = "native" if backend == AUTO else backend
    check_way(backend, plans[0].integrator, fast=fast)
    selection = selection_of(plans, save)
    check_drawn(plans[0], design.priors)
    points = points_of(plans[0].grid, times)
    return Ensemble(
        tuple(plans), design, prior_text, selection, points, fast, chunk, stated, kept, backend
    )


def _check_members(members: int) -> None:
    if not 1 <= members <= MAX_MEMBERS:
        what = f"{members} is not between 1 and {MAX_MEMBERS:.0e}"
        raise EngineError(Problem("members", what))


def drawn(plans: Sequence[Plan], priors: Sequence[Prior]) -> tuple[int, ...]:
    """The indices of the priors that at least one scenario leaves open, in part or whole.

    Raises ScenarioError where the scenarios do not fit together, or set every prior.
    """
    check_alike(plans)
    _check_programs(plans)
    stated = frozenset.intersection(*map(stated_places, plans))
    found = tuple(k for k, prior in enumerate(priors) if not stated.issuperset(prior.places))
    if not found:
        what = "nothing is left to draw: the scenarios state every constant of the prior table"
        hint = "leave out a --set, or give a table with other constants by --prior"
        names = "+".join(plan.resolved.name for plan in plans)
        raise ScenarioError(Problem(f"scenario {names}", what, hint))
    return found


def stated_places(plan: Plan) -> frozenset[int]:
    """The slots that a scenario sets, so that they are not uncertain in it."""
    slots = plan.prepared.program.layout.slots
    return frozenset(
        slots[change.element].offset + place
        for change in plan.resolved.assumptions
        for place in change.places
    )


def _check_programs(plans: Sequence[Plan]) -> None:
    """Priors name slots of the vector, so all scenarios must run the same program."""
    first = plans[0]
    for plan in plans[1:]:
        if plan.prepared.program.source != first.prepared.program.source:
            what = f"it runs with other equations than {first.resolved.name}, because one of "
            what += "them sets a time that the model computes"
            where = f"scenario {plan.resolved.name}"
            raise ScenarioError(Problem(where, what, "set it in both, or in neither"))


def check_drawn(plan: Plan, priors: Sequence[Prior]) -> None:
    """Refuse priors that would change the program or the time grid."""
    slots = plan.prepared.program.layout.slots
    places = {place for prior in priors for place in prior.places}
    names = [
        name
        for name, slot in slots.items()
        if not places.isdisjoint(range(slot.offset, slot.offset + slot.size))
    ]
    check_free(plan.prepared, names)
    if not has_fixed_end(plan):
        what = "FINAL TIME changes during the run, so that members would end at different times"
        hint = "give all of them one end with --final-time"
        raise EngineError(Problem(f"model {plan.prepared.model.name}", what, hint))
    check_one_grid(plan.prepared, names)
