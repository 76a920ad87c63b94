"""What a scenario is: as written in files, and as resolved against one model.

Plain values; nothing here reads a file or looks a name up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How a run is computed; None leaves the choice to the model file.

    Times and steps are in the model's time unit; rtol and atol are the tolerances of the
    integrators with steps of their own, adaptive and stiff.
    """

    initial_time: float | None = None
    final_time: float | None = None
    time_step: float | None = None
    save_step: float | None = None
    integrator: str | None = None
    rtol: float | None = None
    atol: float | None = None

    def over(self, other: RunSettings) -> RunSettings:
        """These settings, and where they say nothing those of `other`."""
        merged = {}
        for f in fields(self):
            mine = getattr(self, f.name)
            merged[f.name] = getattr(other, f.name) if mine is None else mine
        return RunSettings(**merged)


@dataclass(frozen=True, slots=True)
class Value:
    """A number given to a name, before the name is looked up in a model.

    origin: `file:line`, or `command line`.
    """

    text: str
    value: float
    origin: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """What `--set` or a variant says: `left=right`, both still text.

    where: what messages call it; origin: as of `Value`.
    """

    left: str
    right: str
    where: str
    origin: str


@dataclass(frozen=True, slots=True)
class WrittenPolicy:
    """A policy as files and the command line write it. Times are in the model's time unit."""

    name: str
    start: float
    end: float | None
    ramp: float
    values: tuple[Value, ...]
    why: str
    origin: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file merged with its parents; names are still text.

    model: as written (a shipped name or a path); folder: what such a path is relative to,
    None for the current directory.
    origins: where `model`, `report` and each run setting (by field name) were written.
    variants: the names of those that its file has; sets: what the chosen one says.
    chain: the files, this one first.
    """

    name: str
    title: str
    why: str = ""
    model: str | None = None
    folder: Path | None = None
    claims: tuple[tuple[str, str], ...] = ()
    policies: tuple[WrittenPolicy, ...] = ()
    assume: tuple[Value, ...] = ()
    run: RunSettings = RunSettings()
    report: tuple[str, ...] = ()
    origins: tuple[tuple[str, str], ...] = ()
    chain: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    sets: tuple[Assigned, ...] = ()

    def origin(self, key: str) -> str:
        """Where a setting was written; the scenario itself when that is not known."""
        return dict(self.origins).get(key, self.chain[0] if self.chain else self.name)


@dataclass(frozen=True, slots=True)
class Change:
    """A value for some places of one constant.

    element: folded name; places: flat row-major positions in the element's array, `(0,)` for
    a scalar; value: in the element's own unit; text: the name as a user would write it.
    Changes are equal when their values are, wherever they were written.
    """

    element: str
    places: tuple[int, ...]
    value: float
    text: str
    origin: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """Constants that move to new values from `start` on, over `ramp`, and back from `end` on.

    value(t) = v + (target - v) * fraction(t), where v is the value without this policy and the
    fraction rises from 0 to 1 between start and start + ramp and, when there is an end, falls
    back to 0 between end and end + ramp. Policies act in the order of their starts.
    No place occurs in two changes of one policy.
    """

    name: str
    start: float
    end: float | None
    ramp: float
    changes: tuple[Change, ...]
    why: str = ""
    origin: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A scenario in terms of one model: every name is known, every place has one value.

    assumptions: constant for the whole run; no place occurs twice.
    policies: sorted by start, then name.
    run: what the scenario and the command line ask for; None where the model decides.
    report: elements in the model's spelling.
    sha256: identity of what is computed: model name, assumptions, policies and run settings,
    but no title or other words.
    """

    name: str
    title: str
    model_name: str
    assumptions: tuple[Change, ...]
    policies: tuple[Policy, ...]
    run: RunSettings
    report: tuple[str, ...]
    sha256: str
    why: str = ""
    claims: tuple[tuple[str, str], ...] = ()
    run_origins: tuple[tuple[str, str], ...] = field(default=(), compare=False)
