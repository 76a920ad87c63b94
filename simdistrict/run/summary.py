"""A summary of a run in a few lines, for the command `run`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.engine.outcome import Outcome
from simdistrict.model.expr import fold
from simdistrict.model.model import Model, Stock
from simdistrict.result.dataset import Result
from simdistrict.scenario import Resolved


@dataclass(frozen=True, slots=True)
class EndPoints:
    """An element at both ends of a run: means over its labels, in its own unit.

    stop: the time of the last value; early: the run ended before its final time.
    """

    name: str
    units: str
    first: float
    last: float
    mean_of: int
    stop: float
    early: bool = False

    def __str__(self) -> str:
        over = f", mean of {self.mean_of}" if self.mean_of > 1 else ""
        unit = "" if self.units in ("", "Dmnl") else f" {self.units}"
        end = f" at {self.stop:g}, where it ends" if self.early else ""
        return f"{self.name}: {self.first:.4g} -> {self.last:.4g}{unit}{over}{end}"


def changes(result: Result, model: Model, names: Sequence[str], run: int) -> list[EndPoints]:
    """The named elements at the first and the last computed time of one run."""
    by_name = {fold(str(v.attrs.get("vensim_name", ""))): v for v in result.variables.values()}
    times = np.asarray(result.coords["time"].values, dtype=float)
    early = outcome(result, run) is not Outcome.completed
    found = []
    for name in names:
        variable = by_name.get(fold(name))
        if variable is None or "time" not in variable.dims:
            continue
        values = np.asarray(variable.values, dtype=float)
        if variable.dims[0] == "scenario":
            values = values[run]
        rows = values.reshape(values.shape[0], -1)
        done = np.flatnonzero(np.isfinite(rows).any(axis=1))
        if len(done):
            with np.errstate(all="ignore"):
                first, last = (float(np.nanmean(rows[k])) for k in (done[0], done[-1]))
            element, size, stop = model[name], rows.shape[1], float(times[done[-1]])
            found.append(EndPoints(element.name, element.units, first, last, size, stop, early))
    return found


def reported(resolved: Resolved, model: Model, count: int = 3) -> list[str]:
    """The elements to summarise: those that the scenario reports, else the first stocks."""
    names = list(resolved.report) or [e.name for e in model if isinstance(e, Stock)]
    return names[:count]


def policies(resolved: Resolved) -> str:
    """The policies with their dates in one line."""
    texts = []
    for policy in resolved.policies:
        end = "" if policy.end is None else f" to {policy.end:g}"
        texts.append(f"{policy.name} from {policy.start:g}{end}")
    return "; ".join(texts) or "no policy"


def outcome(result: Result, run: int) -> Outcome:
    """How a run of the result ended."""
    return Outcome(int(np.atleast_1d(result.variables["outcome"].values)[run]))


def message(result: Result, run: int) -> str:
    """Why a run ended early; empty when it completed."""
    return str(np.atleast_1d(result.variables["outcome_message"].values)[run])
