"""All checks of behaviour by name, and the function that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from simdistrict.base.errors import ModelError
from simdistrict.behaviour.before_run import before_run
from simdistrict.behaviour.checks import Finding, hardened, refuse_unknown
from simdistrict.behaviour.conditions import bounds, completes, extremes, steady_state
from simdistrict.behaviour.corners import corners
from simdistrict.behaviour.halving import halving
from simdistrict.behaviour.identities import accounts, conservation
from simdistrict.behaviour.lookups import lookup_range
from simdistrict.behaviour.mass import mass
from simdistrict.behaviour.runs import Runs
from simdistrict.behaviour.scaling import unit_of_account
from simdistrict.behaviour.statements import Statements
from simdistrict.model.model import Model
from simdistrict.run.plan import Prepared, lowered
from simdistrict.scenario import bare_scenario, resolve

# default number of corners and inner points for `--only corners`
CORNERS = 20

BEHAVIOUR: dict[str, Callable[[Runs], Iterator[Finding]]] = {
    "before-run": before_run,
    "run": completes,
    "mass": mass,
    "lookup-range": lookup_range,
    "unit-of-account": unit_of_account,
    "halving": halving,
    "conservation": conservation,
    "accounts": accounts,
    "bounds": bounds,
    "steady-state": steady_state,
    "extremes": extremes,
}
"""The default checks; `corners` needs many runs and runs only on request."""

NAMES = (*BEHAVIOUR, "corners")

# check -> the field of Statements that it needs, and its key in a checks file
_NEEDS: dict[str, tuple[str, str]] = {
    "conservation": ("balances", "conservation"),
    "accounts": ("accounts", "accounts"),
    "bounds": ("bounds", "bounds"),
    "steady-state": ("steady", "steady_state"),
    "extremes": ("extremes", "extremes"),
}


def check_behaviour(
    model: Model | Prepared,
    statements: Statements | None = None,
    only: Sequence[str] = (),
    strict: Iterable[str] = (),
    *,
    corners_count: int = 0,
    seed: int = 1,
) -> list[Finding]:
    """Findings of all checks that run the model, or of the named ones.

    statements: those of the checks file, see `read_statements`; a check without a statement finds
    nothing, or warns where only or strict names it. corners_count: number of random corners, and
    of inner points; 0 means none, or CORNERS where only names them. strict: as in `check_model`.
    Raises ModelError for a model that cannot run, and for an unknown check.
    """
    strict = tuple(strict)
    refuse_unknown((*only, *strict), NAMES)
    prepared = model if isinstance(model, Prepared) else lowered(model)
    stated = statements or Statements()
    bare = resolve(bare_scenario(Path(f"{prepared.model.name}.mdl")), prepared.model)
    runs = Runs(prepared, stated, bare)
    found: list[Finding] = []
    try:
        runs.as_is()
    except ModelError as error:
        # invalid control values: no check can run the model
        for p in error.problems:
            what = f"cannot be run: {p.where}, {p.what}" + (f"; {p.hint}" if p.hint else "")
            found.append(Finding("run", "error", "", 0, what))
        return hardened(found, strict)
    for name in made(stated, only, corners_count):
        if name == "corners":
            found += corners(runs, corners_count or CORNERS, seed)
        else:
            found += BEHAVIOUR[name](runs)
    for name in dict.fromkeys((*only, *strict)):
        if name in _NEEDS and not getattr(stated, _NEEDS[name][0]):
            where = stated.where or "no checks file"
            what = f"nothing is stated about it ({where} has no `{_NEEDS[name][1]}:`)"
            found.append(Finding(name, "warning", "", 0, what))
    return hardened(found, strict)


def made(stated: Statements, only: Sequence[str] = (), corners_count: int = 0) -> list[str]:
    """The names of the checks to run, in order."""
    names = [n for n in BEHAVIOUR if n not in _NEEDS or getattr(stated, _NEEDS[n][0])]
    if corners_count or "corners" in only:
        names.append("corners")
    return [n for n in names if not only or n in only]
