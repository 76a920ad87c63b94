"""Fits of constants to data, and assessments of a model without a fit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from simdistrict.base.errors import Problem, UsageError
from simdistrict.base.progress import Progress, ticking
from simdistrict.calibration import Assessment, Calibration
from simdistrict.calibration.data import read_data
from simdistrict.calibration.evaluation import free_constants
from simdistrict.calibration.fit import effort_of, evaluate, fit, runs_of
from simdistrict.calibration.report import (
    NAMES,
    check_folder,
    doubts,
    files,
    origin_of,
    page,
    write_files,
)
from simdistrict.calibration.settings import NAME, Settings, settings_for
from simdistrict.run.plan import find, plans_for


@dataclass(frozen=True, eq=False, slots=True)
class Fitted:
    """A fit, or an assessment; name: of the scenario; files: what was written."""

    name: str
    found: Calibration | Assessment
    files: tuple[Path, ...]

    @property
    def failure(self) -> str:
        """Why the last run did not complete; empty where it did."""
        found = self.found
        return (found.after if isinstance(found, Calibration) else found).message

    def page(self) -> str:
        """The fit as text."""
        return page(self.found)

    def doubts(self) -> list[str]:
        """What makes the fit unreliable."""
        return list(doubts(self.found))

    def document(self) -> dict[str, Any]:
        """The fit for JSON; null for a number that is not finite."""
        names = [str(path) for path in self.files]
        document: dict[str, Any] = _plain({**asdict(self.found), "files": names})
        return document


def calibrate(
    model: str,
    *,
    data: Path | None = None,
    free: Mapping[str, tuple[float, float]] | None = None,
    until: float | None = None,
    only_assess: bool = False,
    starts: int | None = None,
    evaluations: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    profile: bool = False,
    sets: Sequence[str] = (),
    changes: Sequence[Path] = (),
    output: Path | None = None,
    backend: str = "auto",
    force: bool = False,
    progress: Progress = None,
) -> Fitted:
    """Fit constants of a model, or of a scenario, to data; or assess it.

    The arguments are the options of the command; progress: as of `LoadedModel.calibrate`. Raises
    UsageError where neither the call nor the model says what the data are.
    """
    (plan,) = plans_for([model], sets, backend=backend, changes=changes)
    path = find(model)[1]
    wanted = _wanted(path, data, dict(free or {}), until, only_assess=only_assess)
    prepared, resolved = plan.prepared, plan.resolved
    assert wanted.data is not None
    observed = read_data(wanted.data, prepared.model)
    found: Calibration | Assessment
    if wanted.free:
        output = output or Path("runs") / f"{resolved.name}-calibration"
        check_folder(output, NAMES, force=force)
        effort = effort_of(wanted, starts, evaluations, seed, workers, profile)
        constants = free_constants(wanted.free, prepared.model, resolved, wanted.where)
        how = (prepared, resolved, observed, constants, wanted.until, effort, backend)
        with ticking(progress, "runs") as tick:
            found = fit(*how, lambda now: tick(*runs_of(now, effort)))
    else:
        found = evaluate(prepared, resolved, observed, wanted.until, backend)
    written: Sequence[Path] = ()
    if output is not None:
        written = write_files(output, files(found, origin_of(model, path, output)), force=force)
    return Fitted(resolved.name, found, tuple(written))


def _wanted(
    model: Path,
    data: Path | None,
    free: dict[str, tuple[float, float]],
    until: float | None,
    *,
    only_assess: bool,
) -> Settings:
    """The settings of the model's own file, overridden by the call."""
    if data is None and not model.with_name(NAME).is_file():
        what = f"there is no {NAME} next to the model"
        raise UsageError(Problem(model.name, what, "give --data FILE.csv"))
    own = settings_for(model, data, {} if only_assess else free or None, until)
    return replace(own, where={name: f'--free "{name}"' for name in free}) if free else own


def _plain(value: Any) -> Any:
    """null for a number that is not finite."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
