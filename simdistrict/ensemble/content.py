"""The content of an ensemble's result: what a file holds, or a result in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from simdistrict.base.budget import HINT, is_allowed, memory_bytes, size_in_words
from simdistrict.base.errors import EngineError, Problem
from simdistrict.base.progress import Tick
from simdistrict.ensemble.design import Design
from simdistrict.ensemble.given import CHAINS, GivenDesign
from simdistrict.ensemble.members import Chunk, Ensemble
from simdistrict.model.expr import fold
from simdistrict.result.dataset import (
    Grown,
    Result,
    Variable,
    dimension_labels,
    element_attrs,
    global_attrs,
    outcome_attrs,
    outcome_time_attrs,
    reduced_attrs,
    text,
    time_attrs,
)
from simdistrict.result.naming import names_of

DESIGN_NAME = "the sampled numbers, in their own units"
# runs the chunks with these numbers, locally or elsewhere; yields each when done, in any order
Runner = Callable[[Sequence[int]], Iterable[tuple[int, Chunk]]]


def ensemble_result(
    ensemble: Ensemble, *, workers: int | None = None, tick: Tick, runner: Runner | None = None
) -> Result:
    """Run an ensemble in memory; the result is what `file.write_ensemble` writes.

    workers: local cores to use, default all; tick: called with (done, members) after each chunk;
    runner: runs the chunks in place of this machine. Raises EngineError where the numbers do not
    fit into memory, or this machine lacks a requirement of the backend.
    """
    check_memory_of(ensemble)
    if runner is None:
        ensemble.check()
    head, grown, members = head_of(ensemble), grown_of(ensemble), ensemble.design.members
    lengths = {name: len(variable.values) for name, variable in head.coords.items()}
    arrays = {
        name: np.empty([lengths[dim] for dim in kind.dims], kind.dtype)
        for name, kind in grown.items()
    }
    done = 0
    tick(done, members)
    chunks = range(ensemble.chunks)
    here = ((chunk, ensemble.run_chunk(chunk, workers)) for chunk in chunks)
    for chunk, values in here if runner is None else runner(chunks):
        first, last = ensemble.bounds(chunk)
        for name, part in variables_of(ensemble, values).items():
            before = (slice(None),) * grown[name].dims.index("member")
            arrays[name][(*before, slice(first, last))] = part
        done += last - first
        tick(done, members)
    made = {name: Variable(kind.dims, arrays[name], kind.attrs) for name, kind in grown.items()}
    return Result(head.coords, {**head.variables, **made}, head.attrs)


def check_memory_of(ensemble: Ensemble) -> None:
    """Raise EngineError where the result of an ensemble does not fit into memory."""
    size, limit = ensemble.bytes, memory_bytes() / 2
    if size > limit and not is_allowed():
        what = f"the ensemble has {size_in_words(size)} of numbers; half of the memory is "
        hint = "write it to a file, with fewer elements (save) or times (times); or " + HINT
        raise EngineError(Problem("members", what + size_in_words(limit), hint))


def variables_of(ensemble: Ensemble, chunk: Chunk) -> Chunk:
    """The arrays of a chunk by the names of variables; without scenarios where there is one."""
    names = names_of(ensemble.plans[0].prepared.model).elements
    several = len(ensemble.plans) > 1
    return {
        names.get(key, key): values if several or key == "design" else values[0]
        for key, values in chunk.items()
    }


def head_of(ensemble: Ensemble) -> Result:
    """Everything in the file except the numbers of the members."""
    model = ensemble.plans[0].prepared.model
    names = names_of(model)
    plans = ensemble.plans
    coords: dict[str, Variable] = {}
    variables: dict[str, Variable] = {}
    if len(plans) > 1:
        labels = text([plan.resolved.name for plan in plans])
        coords["scenario"] = Variable(("scenario",), labels, {"long_name": "scenario"})
        titles = text([plan.resolved.title for plan in plans])
        attrs = {"long_name": "title of the scenario"}
        variables["scenario_title"] = Variable(("scenario",), titles, attrs)
    numbers = np.arange(ensemble.design.members, dtype=np.int32)
    coords["member"] = Variable(("member",), numbers, {"long_name": "number of the member"})
    times = np.array([ensemble.grid.at(i) for i in ensemble.points])
    coords["time"] = Variable(("time",), times, time_attrs(model))
    coords["sampled"] = sampled_labels(ensemble.design)
    variables |= chains_of(ensemble.design)
    for name in ensemble.saved:
        element = model[name]
        for dim, label in zip(names.dims_of(element), element.dims, strict=True):
            kept = ensemble.selection.labels.get(fold(label))
            coords.setdefault(dim, dimension_labels(model, label, dim, kept))
    what = (
        f"An ensemble of {ensemble.design.members} members of the stock-and-flow model "
        f"{model.name}: numbers of saved elements for each, from sampled constants."
    )
    titles_of = [(plan.resolved.name, plan.resolved.title) for plan in plans]
    return Result(coords, variables, global_attrs(model, titles_of, what, ensemble.record()))


def sampled_labels(design: Design | GivenDesign) -> Variable:
    """The coordinate that names the columns of a design."""
    sampled = text([prior.name for prior in design.priors])
    return Variable(("sampled",), sampled, {"long_name": "what differs from member to member"})


def chains_of(design: Design | GivenDesign) -> dict[str, Variable]:
    """The variable with the chain of each member; none where they are independent."""
    if not isinstance(design, GivenDesign) or design.chain is None:
        return {}
    attrs = {"long_name": "chain of the draw of the member"}
    return {CHAINS: Variable(("member",), design.chain.astype(np.int32), attrs)}


def design_variables(design: GivenDesign) -> tuple[dict[str, Variable], dict[str, Variable]]:
    """The coordinates and variables with which a result holds a design that it was given."""
    count = np.arange(design.members, dtype=np.int32)
    coords = {"member": Variable(("member",), count, {"long_name": "number of the member"})}
    attrs = {"long_name": DESIGN_NAME}
    numbers = Variable(("member", "sampled"), design.numbers, attrs)
    return {**coords, "sampled": sampled_labels(design)}, {"design": numbers, **chains_of(design)}


def grown_of(ensemble: Ensemble) -> Mapping[str, Grown]:
    """The variables with a value per member."""
    model = ensemble.plans[0].prepared.model
    names = names_of(model)
    head = ("scenario", "member") if len(ensemble.plans) > 1 else ("member",)
    grown = {
        "design": Grown(("member", "sampled"), "f8", {"long_name": DESIGN_NAME}),
        "outcome": Grown(head, "i1", outcome_attrs()),
        "outcome_time": Grown(head, "f8", outcome_time_attrs(model)),
    }
    for name in ensemble.saved:
        element = model[name]
        dims = (*head, "time", *names.dims_of(element))
        grown[names.elements[name]] = Grown(dims, "f8", element_attrs(element))
    for (name, reduction), variable in ensemble.reduced_names.items():
        dims = (*head, *names.dims_of(model[name]))
        grown[variable] = Grown(dims, "f8", reduced_attrs(model, model[name], reduction))
    return grown
