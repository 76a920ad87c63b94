"""The input of an analysis: the draws of an ensemble's members and one indicator.

The design stays with the numbers, so that each analysis can check it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import ExchangeError, Problem, ScenarioError, did_you_mean
from simdistrict.engine.outcome import Outcome
from simdistrict.ensemble.blocks import Shape
from simdistrict.ensemble.given import CHAINS_WORD, FILE, FILE_SHA256, KIND_OF_DRAWS
from simdistrict.ensemble.given import METHOD as GIVEN
from simdistrict.model.expr import fold
from simdistrict.result.dataset import Result, Variable, Wanted
from simdistrict.result.opening import read_result
from simdistrict.scenario.places import key_of, split_name
from simdistrict.sensitivity.recorded import check_drawn

_DRAWN = ("design", "outcome")
_ORIGIN = (
    *("model_name", "model_sha256", "scenario_sha256", "simdistrict_version"),
    *(FILE, FILE_SHA256, KIND_OF_DRAWS),
)
CORRELATED = (
    "the draws are correlated: what is found for a number is also the doing of numbers that vary "
    "with it"
)


@dataclass(frozen=True, eq=False)
class Sample:
    """Members x sampled numbers, and the indicator of each member.

    names: of the sampled numbers; values: NaN or infinite where a member failed; outcomes: of
    the members, to report why they failed; method, shape, seed: the design; time: of the
    indicator, NaN for a reduction over the run; origin: attributes of the ensemble for tables.
    """

    indicator: str
    names: tuple[str, ...]
    design: Reals
    values: Reals
    method: str
    seed: int = 0
    shape: Shape = Shape()
    time: float = 0.0
    scenario: str = ""
    outcomes: Reals | None = None
    origin: Mapping[str, object] = field(default_factory=dict)

    @property
    def when(self) -> str:
        """The time of the indicator, in words."""
        return f"at {self.time:g}" if self.time == self.time else "over the run"

    @property
    def correlated(self) -> bool:
        """Whether the draws come from a posterior."""
        return str(self.origin.get(KIND_OF_DRAWS, "")).startswith(CHAINS_WORD)

    @property
    def block(self) -> int:
        """Members per block of the design."""
        return self.shape.block(self.method, len(self.names))

    @property
    def failed(self) -> Mapping[str, int]:
        """The number of members without a finite value, by outcome."""
        bad = ~np.isfinite(self.values)
        counts: dict[str, int] = {}
        for outcome in Outcome:
            flags = np.zeros(len(bad)) if self.outcomes is None else self.outcomes
            count = int((bad & (flags == outcome)).sum())
            name = "not finite" if outcome is Outcome.completed else outcome.name
            counts |= {name: count} if count else {}
        return counts

    def complete(self) -> Sample:
        """Only the blocks in which every member has a finite number.

        Raises ScenarioError where too little is left to analyse.
        """
        size = self.block
        blocks = len(self.values) // size
        good = np.isfinite(self.values[: blocks * size]).reshape(blocks, size).all(axis=1)
        keep = np.repeat(good, size)
        values = self.values[: blocks * size][keep]
        where = f"indicator {self.indicator}"
        if good.sum() < 2:
            what = f"{good.sum()} of {blocks} {'members' if size == 1 else 'blocks'} are complete"
            said = ", ".join(f"{n} {name}" for name, n in self.failed.items())
            hint = f"failed members: {said or 'none'}; an analysis needs two or more"
            raise ScenarioError(Problem(where, what, hint))
        if np.ptp(values) == 0:
            what = f"it is {values[0]:g} in every member, so there is nothing to explain"
            raise ScenarioError(Problem(where, what, "choose another indicator or time"))
        outcomes = None if self.outcomes is None else self.outcomes[: blocks * size][keep]
        design = self.design[: blocks * size][keep]
        return replace(self, design=design, values=values, outcomes=outcomes)


def read_sample(
    path: Path,
    indicator: str,
    *,
    at: float | None = None,
    scenario: str | None = None,
    over: str | None = None,
) -> Sample:
    """One number per member from an ensemble's file; reads no other element.

    Arguments and errors as of `sample_of`; also raises ExchangeError where the file cannot be
    read.
    """
    read = partial(read_result, path)
    return sample_from(read, str(path), indicator, at=at, scenario=scenario, over=over)


def sample_from(
    read: Callable[[Wanted], Result],
    where: str,
    indicator: str,
    *,
    at: float | None = None,
    scenario: str | None = None,
    over: str | None = None,
) -> Sample:
    """`sample_of` what `read` gives; read: takes which variables are wanted."""
    names = fold(indicator), fold(split_name(indicator)[0])
    elements: list[str] = []

    def wanted(name: str, attrs: Mapping[str, object]) -> bool:
        elements.append(_element(attrs, over))
        return name in _DRAWN or fold(elements[-1]) in names

    stored = read(wanted)
    known = tuple(filter(None, elements))
    return sample_of(stored, where, indicator, at=at, scenario=scenario, over=over, known=known)


def sample_of(
    stored: Result,
    where: str,
    indicator: str,
    *,
    at: float | None = None,
    scenario: str | None = None,
    over: str | None = None,
    known: Sequence[str] | None = None,
) -> Sample:
    """One number per member of an ensemble.

    where: what messages call it; at: a saved time, default the last; over: instead, a reduction
    over the run such as `max`; scenario: required where there are several; known: the elements
    that messages list, default all in `stored`.
    Raises ScenarioError for a name that the ensemble lacks, and where its members are not those
    that it records, see `check_drawn`.
    """
    attrs = stored.attrs
    needed = {"members", "method", "seed", "design", "outcome", "sampled"}
    if not needed <= {*attrs, *stored.variables, *stored.coords}:
        what = "this is no ensemble"
        raise ScenarioError(
            Problem(where, what, "make one: simdistrict ensemble SCENARIO --members N")
        )
    _check_complete(stored, where)
    check_drawn(stored, where)
    if known is None:
        known = [e for v in stored.variables.values() if (e := _element(v.attrs, over))]
    variable = _named(stored, indicator, known, where, over)
    variable, chosen = _scenario(stored, variable, scenario, where)
    if over is None:
        variable, time = _at(stored, variable, at, where)
    else:
        time = math.nan
    values, name = _label(stored, variable, indicator)
    name = name if over is None else f"{over.replace('_', ' ')} of {name}"
    outcome = stored.variables["outcome"]
    if "scenario" in outcome.dims:
        outcome, _ = _scenario(stored, outcome, chosen, where)
    method = str(attrs["method"])
    return Sample(
        name,
        tuple(str(n) for n in stored.coords["sampled"].values),
        np.asarray(stored.variables["design"].values, float),
        values,
        method,
        0 if method == GIVEN else int(str(attrs["seed"])),
        Shape.recorded(attrs),
        time,
        chosen,
        np.asarray(outcome.values, float),
        {key: attrs[key] for key in _ORIGIN if key in attrs},
    )


def _element(attrs: Mapping[str, object], over: str | None) -> str:
    """The element whose numbers a variable holds, or their reduction over the run; else empty."""
    if over is None:
        return str(attrs.get("vensim_name", ""))
    return str(attrs.get("element", "")) if attrs.get("reduction") == over else ""


def _check_complete(stored: Result, where: str) -> None:
    """Raise ExchangeError where a dimension has no labels."""
    dims = {dim for variable in stored.variables.values() for dim in variable.dims}
    if lacking := sorted(dims - set(stored.coords)):
        what = f"it lacks {', '.join(lacking)}, which every ensemble has"
        raise ExchangeError(Problem(where, what, "write it again"))


def _named(
    stored: Result, indicator: str, elements: Sequence[str], where: str, over: str | None
) -> Variable:
    """The variable of the named element; labels are handled later."""
    key = "vensim_name" if over is None else "element"
    found = {
        fold(str(v.attrs[key])): v
        for v in stored.variables.values()
        if "member" in v.dims and key in v.attrs and over in (None, v.attrs.get("reduction"))
    }
    if over is not None and not found:
        kept = str(stored.attrs.get("reductions", "")) or "none"
        what = f'it keeps no "{over}" over the run'
        hint = f"it keeps {kept}; see --reduce of `ensemble`"
        raise ScenarioError(Problem(where, what, hint))
    for key in (fold(indicator), fold(split_name(indicator)[0])):
        if key in found:
            return found[key]
    hint = did_you_mean(split_name(indicator)[0], elements)
    hint = hint or f"it has {', '.join(elements[:8])}"
    what = f'it has no element "{indicator}"'
    raise ScenarioError(Problem(where, what, f"{hint}; see --save of `ensemble`"))


def _scenario(
    stored: Result, variable: Variable, scenario: str | None, where: str
) -> tuple[Variable, str]:
    """The numbers of one scenario."""
    if "scenario" not in variable.dims:
        name = str(stored.attrs.get("scenario_name", ""))
        if scenario not in (None, "", name):
            what = f'it holds the scenario "{name}", not "{scenario}"'
            raise ScenarioError(Problem(where, what, "leave --scenario out"))
        return variable, name
    names = [str(n) for n in stored.coords["scenario"].values]
    if scenario not in names:
        what = "it has several scenarios"
        if scenario is not None:
            what = f'it has no scenario "{scenario}"'
        raise ScenarioError(Problem(where, what, f"give --scenario {' or '.join(names)}"))
    return _taken(variable, "scenario", names.index(scenario)), scenario


def _at(stored: Result, variable: Variable, at: float | None, where: str) -> tuple[Variable, float]:
    """The numbers at one time."""
    times = np.asarray(stored.coords["time"].values, float)
    index = len(times) - 1 if at is None else int(np.abs(times - at).argmin())
    if at is not None and abs(times[index] - at) > 1e-6 * max(1.0, abs(at)):
        said = ", ".join(f"{t:g}" for t in (times if len(times) < 8 else (times[0], times[-1])))
        what = f"{at:g} was not saved"
        hint = f"saved times: {said}; see --times of `ensemble`"
        raise ScenarioError(Problem(where, what, hint))
    return _taken(variable, "time", index), float(times[index])


def _label(stored: Result, variable: Variable, indicator: str) -> tuple[Reals, str]:
    """One number per member, and its name in the model's spelling."""
    element = str(variable.attrs.get("vensim_name") or variable.attrs["element"])
    own = [dim for dim in variable.dims if dim != "member"]
    labels = [[str(x) for x in stored.coords[dim].values] for dim in own]
    given = () if fold(indicator) == fold(element) else split_name(indicator)[1] or ()
    if not own and not given:
        return np.asarray(variable.values, float), element
    example = f"{element}[{','.join(known[0] for known in labels)}]" if own else element
    if len(given) != len(own):
        spans = " and ".join(own)
        what = f'"{element}" has one number for each {spans}, and {len(given)} labels are given'
        if not own:
            what = f'"{element}" is one number and takes no label'
        raise ScenarioError(Problem(f"indicator {indicator}", what, f"write {example}"))
    spelled = []
    for text, known, dim in zip(given, labels, own, strict=True):
        folded = [key_of(x) for x in known]
        if key_of(text) not in folded:
            what = f'{dim} has no label "{text}"'
            hint = did_you_mean(text, known) or f"it has {', '.join(known)}"
            raise ScenarioError(Problem(f"indicator {indicator}", what, hint))
        index = folded.index(key_of(text))
        spelled.append(known[index])
        variable = _taken(variable, dim, index)
    return np.asarray(variable.values, float), f"{element}[{','.join(spelled)}]"


def _taken(variable: Variable, dim: str, index: int) -> Variable:
    """The variable at one index of a dimension."""
    axis = variable.dims.index(dim)
    dims = variable.dims[:axis] + variable.dims[axis + 1 :]
    return Variable(dims, np.asarray(variable.values).take(index, axis), variable.attrs)
