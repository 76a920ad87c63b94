"""Studies as labelled results, the content of their files; JSON is made of the same content."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.regimes.model_field import ModelField
from simdistrict.regimes.numerics.attractors import Attractor
from simdistrict.regimes.numerics.basin import Basins
from simdistrict.regimes.numerics.branch import Kind
from simdistrict.regimes.numerics.diagram import Diagram
from simdistrict.regimes.numerics.equilibrium import Search
from simdistrict.regimes.numerics.fold_curve import FoldCurve
from simdistrict.regimes.numerics.policies import PolicyMap
from simdistrict.regimes.numerics.stability import UNDECIDED, Stability
from simdistrict.regimes.numerics.sweep import Hysteresis
from simdistrict.result.dataset import CONVENTIONS, KEYWORDS, Result, Variable, plain, text

Observe = Callable[[Reals, Sequence[float]], Reals]


@dataclass(frozen=True, slots=True)
class Output:
    """An element that is read in every state: its spelling, its place, its unit."""

    name: str
    place: int
    units: str


def equilibria_result(
    field: ModelField,
    found: Search,
    outputs: Sequence[Output],
    observe: Observe,
    attrs: Mapping[str, object],
) -> Result:
    """The equilibria of a search along the dimension `equilibrium`."""
    here = found.equilibria
    n, m = len(here), len(field.names)
    values = np.array([e.spectrum.eigenvalues for e in here]).reshape(n, m)
    read = np.array([observe(e.state, field.values()) for e in here]).reshape(n, len(outputs))
    dims = ("equilibrium",)
    variables = {
        "state": states_variable(field, np.array([e.state for e in here]).reshape(n, m), dims),
        "at_low_bound": Variable(
            (*dims, "stock"),
            np.array([e.state <= field.low + 1e-9 * field.scale for e in here], np.int8).reshape(
                n, m
            ),
            {"long_name": "whether the stock is at the lower end of its box"},
        ),
        "stability": _flag(dims, [e.spectrum.stability for e in here], Stability, "stability"),
        "focus": Variable(
            dims,
            np.array([e.spectrum.focus for e in here], np.int8),
            {"long_name": "whether the leading eigenvalues are a complex pair"},
        ),
        "eigenvalue_real": Variable(
            (*dims, "mode"), values.real.copy(), {"long_name": "real part, largest first"}
        ),
        "eigenvalue_imaginary": Variable(
            (*dims, "mode"), values.imag.copy(), {"long_name": "imaginary part"}
        ),
        "residual": Variable(
            dims,
            np.array([e.residual for e in here], float),
            {"long_name": "largest net flow left, in scales per time unit"},
        ),
        "origin": Variable(dims, text([e.origin for e in here]), {"long_name": "kind of start"}),
        "continuum": Variable(
            dims,
            np.array([e.continuum for e in here], np.int32),
            {"long_name": "roots found on one line of equilibria, 0 where it is alone"},
        ),
        **read_variables(outputs, read, dims),
    }
    counts = {
        "starts": found.starts,
        "starts_that_failed": found.failed,
        "roots_outside_the_box": found.outside,
        "undecided_below": UNDECIDED,
    }
    lines = sum(e.continuum > 0 for e in here)
    which = f"{n - lines} equilibria"
    if lines:
        which += f" and {lines} line{'s' if lines > 1 else ''} of them"
    summary = f"{which} of {len(field.names)} free stocks; others may exist"
    return result_with(field, variables, {**counts, **attrs, "summary": summary}, outputs)


def branch_result(
    field: ModelField,
    found: Diagram,
    outputs: Sequence[Output],
    observe: Observe,
    attrs: Mapping[str, object],
) -> Result:
    """All branches one after the other along the dimension `point`."""
    number = [k for k, b in enumerate(found.branches) for _ in b.parameters]
    parameters = np.array([p for b in found.branches for p in b.parameters])
    states = np.array([x for b in found.branches for x in b.states])
    spectra = [s for b in found.branches for s in b.spectra]
    n, m = len(parameters), len(field.names)
    states = states.reshape(n, m)
    read = [observe(x, (float(p),)) for x, p in zip(states, parameters, strict=True)]
    special = [(k, s) for k, b in enumerate(found.branches) for s in b.specials]
    special_states = np.array([s.state for _, s in special]).reshape(len(special), m)
    special_read = [observe(s.state, (s.parameter,)) for _, s in special]
    dims, at = ("point",), ("special",)
    variables = {
        "branch": Variable(dims, np.array(number, np.int32), {"long_name": "number of the branch"}),
        "parameter": Variable(dims, parameters, {"long_name": field.parameters[0].name}),
        "state": states_variable(field, states, dims),
        "stability": _flag(dims, [s.stability for s in spectra], Stability, "stability"),
        "unstable_modes": Variable(
            dims,
            np.array([s.unstable for s in spectra], np.int32),
            {"long_name": "number of eigenvalues with a positive real part"},
        ),
        "leading_real_part": Variable(
            dims,
            np.array([s.eigenvalues[0].real for s in spectra]),
            {"long_name": "largest real part of an eigenvalue"},
        ),
        **read_variables(outputs, np.array(read).reshape(n, len(outputs)), dims),
        "special_kind": Variable(
            at, text([s.kind for _, s in special]), {"long_name": "kind of special point"}
        ),
        "special_branch": Variable(
            at, np.array([k for k, _ in special], np.int32), {"long_name": "its branch"}
        ),
        "special_parameter": Variable(
            at,
            np.array([s.parameter for _, s in special], float),
            {"long_name": field.parameters[0].name},
        ),
        "special_state": states_variable(field, special_states, at),
        "special_frequency": Variable(
            at,
            np.array([s.frequency for _, s in special], float),
            {"long_name": "of a Hopf point, radians per time unit"},
        ),
        **read_variables(
            outputs, np.array(special_read).reshape(len(special), len(outputs)), at, "special_"
        ),
        "branch_ending_low": _words(
            found, lambda b: b.endings[0].sentence, "why it ends at its first point"
        ),
        "branch_ending_high": _words(
            found, lambda b: b.endings[1].sentence, "why it ends at its last point"
        ),
        "branch_origin": _words(found, lambda b: b.origin, "what it was followed from"),
    }
    counts = {kind: sum(s.kind == kind for _, s in special) for kind in Kind}
    summary = f"{len(found.branches)} branches; " + ", ".join(
        f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items()
    )
    return result_with(field, variables, {**attrs, "summary": summary}, outputs)


def fold_curve_result(
    field: ModelField, found: Sequence[FoldCurve], attrs: Mapping[str, object]
) -> Result:
    """Folds followed in two parameters, one curve after the other along `point`."""
    m = len(field.names)
    number = [k for k, c in enumerate(found) for _ in c.parameters]
    cusps = [(k, c) for k, curve in enumerate(found) for c in curve.cusps]
    one, two = (p.name for p in field.parameters)
    pairs = np.array([p for c in found for p in c.parameters]).reshape(-1, 2)
    at = np.array([c.parameters for _, c in cusps]).reshape(-1, 2)
    variables = {
        "curve": Variable(("point",), np.array(number, np.int32), {"long_name": "curve of folds"}),
        "parameter": Variable(("point",), pairs[:, 0].copy(), {"long_name": one}),
        "second_parameter": Variable(("point",), pairs[:, 1].copy(), {"long_name": two}),
        "state": states_variable(
            field, np.array([x for c in found for x in c.states]).reshape(-1, m), ("point",)
        ),
        "cusp_parameter": Variable(("cusp",), at[:, 0].copy(), {"long_name": one}),
        "cusp_second_parameter": Variable(("cusp",), at[:, 1].copy(), {"long_name": two}),
        "cusp_state": states_variable(
            field, np.array([c.state for _, c in cusps]).reshape(-1, m), ("cusp",)
        ),
        **{
            f"curve_ending_{side}": Variable(
                ("fold_curve",),
                text([c.endings[k].sentence for c in found]),
                {"long_name": "why it ends"},
            )
            for k, side in enumerate(("low", "high"))
        },
    }
    summary = f"{len(found)} curves of folds, {len(cusps)} cusps"
    return result_with(field, variables, {**attrs, "summary": summary}, ())


def hysteresis_result(
    field: ModelField, found: Hysteresis, outputs: Sequence[Output], attrs: Mapping[str, object]
) -> Result:
    """Sweeps along `duration`, read at the same parameters."""
    dims = ("sweep", "step")
    sweeps = found.sweeps
    labels = [(o.name, o.units) for o in outputs] or [(n, "") for n in field.names]
    variables = {
        "duration": Variable(
            ("sweep",), np.array([s.duration for s in sweeps]), {"long_name": "of one way"}
        ),
        "duration_asked": Variable(
            ("sweep",),
            np.array([s.asked for s in sweeps]),
            {"long_name": "of one way, before it was rounded to whole time steps"},
        ),
        "parameter": Variable(
            ("step",), sweeps[0].parameters, {"long_name": field.parameters[0].name}
        ),
        "up": Variable((*dims, "output"), np.array([s.up for s in sweeps]), {}),
        "down": Variable((*dims, "output"), np.array([s.down for s in sweeps]), {}),
        "area": Variable(
            ("sweep", "output"),
            np.array([s.area for s in sweeps]),
            {"long_name": "mean distance between the ways"},
        ),
        "relative_area": Variable(
            ("sweep", "output"),
            np.array([s.relative for s in sweeps]),
            {"long_name": "area as a share of what the sweep moves the output by"},
        ),
        "output": Variable(("output",), text([n for n, _ in labels]), {"long_name": "output"}),
    }
    record = {**attrs, "verdict": found.verdict, "verdict_why": found.why}
    return result_with(field, variables, {**record, "summary": f"{found.verdict}: {found.why}"}, ())


def basins_result(
    field: ModelField,
    found: Basins,
    outputs: Sequence[Output],
    observe: Observe,
    attrs: Mapping[str, object],
) -> Result:
    """Attractors with the shares of initial states that end in them; -1 for undecided."""
    n, m = len(found.attractors), len(field.names)
    read = np.array([observe(a.state, field.values()) for a in found.attractors])
    dims = ("attractor",)
    variables = {
        "state": states_variable(
            field, np.array([a.state for a in found.attractors]).reshape(n, m), dims
        ),
        "period": period_variable(found.attractors, dims),
        "share": Variable(dims, np.array(found.shares), {"long_name": "share of initial states"}),
        "share_low": Variable(dims, np.array([a for a, _ in found.intervals]), {}),
        "share_high": Variable(dims, np.array([b for _, b in found.intervals]), {}),
        "initial_state": states_variable(field, found.starts, ("member",)),
        "attractor_id": Variable(
            ("member",),
            found.ids.astype(np.int32),
            {"long_name": "attractor in which the member ends, -1 for undecided"},
        ),
        **read_variables(outputs, read.reshape(n, len(outputs)), dims),
    }
    undecided = int((found.ids < 0).sum())
    summary = f"{n} attractors of {len(found.ids)} initial states, {undecided} of them undecided"
    return result_with(field, variables, {**attrs, "summary": summary}, outputs)


def policy_map_result(
    field: ModelField,
    found: PolicyMap,
    outputs: Sequence[Output],
    observe: Observe,
    attrs: Mapping[str, object],
) -> Result:
    """Attractors after repeal along `dose` and `length`."""
    n, m = len(found.attractors), len(field.names)
    read = np.array([observe(a.state, field.values()) for a in found.attractors])
    variables = {
        "attractor_id": Variable(
            ("dose", "length"),
            found.ids.astype(np.int32),
            {"long_name": "attractor after repeal, -1 for undecided"},
        ),
        "shortest": Variable(
            ("dose",),
            found.shortest,
            {"long_name": "shortest duration that ends elsewhere than no policy"},
        ),
        "state": states_variable(
            field, np.array([a.state for a in found.attractors]).reshape(n, m), ("attractor",)
        ),
        "period": period_variable(found.attractors, ("attractor",)),
        **read_variables(outputs, read.reshape(n, len(outputs)), ("attractor",)),
        "dose_value": Variable(("dose",), found.doses, {"long_name": field.parameters[0].name}),
        "length_value": Variable(("length",), found.durations, {"long_name": "duration"}),
    }
    crossed = int((~np.isnan(found.shortest)).sum())
    attractors = f"{n} attractor{'' if n == 1 else 's'}"
    summary = (
        f"{attractors}; without a policy attractor {found.untouched}; "
        f"{crossed} of {len(found.doses)} doses lead elsewhere for some duration"
        if found.untouched >= 0
        else f"{attractors}; undecided: without a policy the flow settles on nothing"
    )
    record = {**attrs, "untouched": found.untouched, "summary": summary}
    return result_with(field, variables, record, outputs)


# ---------------------------------------------------------------------- parts


def result_with(
    field: ModelField,
    variables: Mapping[str, Variable],
    attrs: Mapping[str, object],
    outputs: Sequence[Output],
) -> Result:
    """A study's variables with the labels and attributes that all studies have."""
    found = dict(variables)
    coords = {"stock": Variable(("stock",), text(field.names), {"long_name": "free stock"})}
    if outputs or "output" in found:
        given = found.pop("output", None)
        names = Variable(("output",), text([o.name for o in outputs]), {"long_name": "output"})
        coords["output"] = given or names
    head = {"Conventions": CONVENTIONS, "keywords": KEYWORDS}
    return Result(coords, found, {k: plain(v) for k, v in {**head, **attrs}.items() if v != ""})


def period_variable(attractors: Sequence[Attractor], dims: tuple[str, ...]) -> Variable:
    """The periods of attractors; the state of one that is a cycle is the middle of it."""
    name = "period of the cycle in time units, 0 for an equilibrium; its state is the middle"
    return Variable(dims, np.array([a.period for a in attractors], float), {"long_name": name})


def states_variable(field: ModelField, values: Reals, dims: tuple[str, ...]) -> Variable:
    """States of the free stocks."""
    return Variable((*dims, "stock"), values, {"long_name": "free stocks, each in its own unit"})


def read_variables(
    outputs: Sequence[Output], values: Reals, dims: tuple[str, ...], prefix: str = ""
) -> dict[str, Variable]:
    """What is read in states, nothing where nothing is read."""
    if not outputs:
        return {}
    attrs = {"long_name": "outputs, each in its own unit"}
    return {f"{prefix}value": Variable((*dims, "output"), values, attrs)}


def _flag(
    dims: tuple[str, ...], values: Sequence[IntEnum], kind: type[IntEnum], name: str
) -> Variable:
    attrs = {
        "long_name": name,
        "flag_values": np.array([int(v) for v in kind], np.int8),
        "flag_meanings": " ".join(v.name for v in kind),
    }
    return Variable(dims, np.array([int(v) for v in values], np.int8), attrs)


def _words(found: Diagram, read: Callable[[Any], str], name: str) -> Variable:
    return Variable(
        ("branch_number",), text([read(b) for b in found.branches]), {"long_name": name}
    )
