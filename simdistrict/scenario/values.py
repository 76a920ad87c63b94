"""Scenarios as values: what files say, and what that is for one model.

Nothing here reads a file or looks a name up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

COMMAND_LINE = "command line"
# folded name of a control element -> field of RunSettings
CONTROL_FIELDS = {
    "initial time": "initial_time",
    "final time": "final_time",
    "time step": "time_step",
    "saveper": "save_step",
}


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How a run is computed; None leaves the choice to the model file.

    Times and steps are in the model's time unit; rtol and atol are the tolerances of the
    integrators that choose their own steps.
    """

    initial_time: float | None = None
    final_time: float | None = None
    time_step: float | None = None
    save_step: float | None = None
    integrator: str | None = None
    rtol: float | None = None
    atol: float | None = None

    def over(self, other: RunSettings) -> RunSettings:
        """These settings; each that is None is taken from `other`."""
        merged = {}
        for f in fields(self):
            mine = getattr(self, f.name)
            merged[f.name] = getattr(other, f.name) if mine is None else mine
        return RunSettings(**merged)


# ---------------------------------------------------------------------- what files say


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of a policy or of another file; origin: `file:line` where it is written."""

    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A number for a constant, before the name is looked up in a model.

    origin: `file:line`, or `command line`.
    """

    text: str
    value: float
    origin: str


@dataclass(frozen=True, slots=True)
class SetOption:
    """`left=right`, from --set or from a variant; both sides are still text.

    where: the location that messages give; origin: as of `Assignment`.
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
    values: tuple[Assignment, ...]
    why: str
    origin: str


@dataclass(frozen=True, slots=True)
class ScenarioVariant:
    """One variant of a scenario file: another parent, more parts, other numbers."""

    name: str
    title: str
    base: Reference | None
    parts: tuple[Reference, ...]
    sets: tuple[SetOption, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario or a part, as one file says it or merged with its parents; names are text.

    model: as written (a shipped name or a path); None, as for report, inherits.
    folder: what such a path is relative to; None for the current directory.
    initial: stocks and the values that they start from.
    base, parts, removed: the parent, the parts and the policies to remove; empty once merged.
    variants: those of the file; sets: what the chosen one sets.
    origins: where `model`, `report`, each run setting (by field name) and the keys that name
    other files were written.
    chain: the files, this one first.
    """

    name: str
    title: str
    why: str = ""
    model: str | None = None
    folder: Path | None = None
    claims: tuple[tuple[str, str], ...] = ()
    policies: tuple[WrittenPolicy, ...] = ()
    assume: tuple[Assignment, ...] = ()
    initial: tuple[Assignment, ...] = ()
    run: RunSettings = RunSettings()
    report: tuple[str, ...] | None = None
    origins: tuple[tuple[str, str], ...] = ()
    chain: tuple[str, ...] = ()
    variants: tuple[ScenarioVariant, ...] = ()
    sets: tuple[SetOption, ...] = ()
    base: Reference | None = None
    parts: tuple[Reference, ...] = ()
    removed: tuple[Reference, ...] = ()

    def origin(self, key: str) -> str:
        """Where a key was written; the scenario itself where that is not known."""
        return dict(self.origins).get(key, self.chain[0] if self.chain else self.name)


# ---------------------------------------------------------------------- for one model


@dataclass(frozen=True, slots=True)
class Change:
    """A value for a constant, or for part of an array; or what a stock starts from.

    element: folded name; places: flat row-major indices into the element's array, `(0,)` for
    a scalar; value: in the element's own unit; text: the name as a user would write it.
    Changes with equal values are equal, wherever they were written.
    """

    element: str
    places: tuple[int, ...]
    value: float
    text: str
    origin: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """Constants that change to new values from `start` on, over `ramp`, and back from `end` on.

    value(t) = v + (target - v) * fraction(t), where v is the value without this policy and the
    fraction rises from 0 to 1 between start and start + ramp and, where there is an end, falls
    back to 0 between end and end + ramp. Policies act in the order of their starts.
    No index occurs in two changes of one policy.
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
    """A scenario in terms of one model: every name is known, every constant has one value.

    assumptions: constant for the whole run; no index occurs twice. initial: what stocks start from,
    in place of the model's initial values; no index occurs twice.
    policies: sorted by start, then name.
    run: what the scenario and the command line set; None where the model decides.
    report: elements in the model's spelling.
    sha256: identity of what is computed: model name, assumptions, policies and run settings,
    without title and other prose.
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
    initial: tuple[Change, ...] = ()
    run_origins: tuple[tuple[str, str], ...] = field(default=(), compare=False)
