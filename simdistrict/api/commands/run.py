"""Runs of scenarios into one result file, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simdistrict.engine.backends import ADAPTIVE, AUTO, recorded_backend
from simdistrict.engine.outcome import Outcome
from simdistrict.result.dataset import Result
from simdistrict.result.netcdf import check_netcdf_target, write_netcdf
from simdistrict.run import summary
from simdistrict.run.plan import Plan, file_stem, plans_for
from simdistrict.run.simulate import result_of
from simdistrict.scenario import RunSettings


@dataclass(frozen=True, slots=True)
class RunReport:
    """How one run ended, and the elements that its scenario reports at both ends.

    steps, method: the time grid and the integrator in words; policies: with their dates.
    """

    plan: Plan
    outcome: Outcome
    message: str
    policies: str
    changes: tuple[summary.EndPoints, ...]

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.plan.resolved.name

    @property
    def completed(self) -> bool:
        """Whether the run reached its final time."""
        return self.outcome is Outcome.completed

    def lines(self) -> list[str]:
        """The report as text."""
        plan, grid = self.plan, self.plan.grid
        model = plan.prepared.model
        steps = f"{grid.steps} steps of {grid.time_step:g} "
        steps += model["time step"].units or "time unit"
        if plan.integrator in ADAPTIVE:
            steps = f"adaptive steps (rtol {plan.rtol:g})"
        span = f"{model.name}, {grid.start:g} to {grid.stop:g}"
        return [
            f"{self.name}: {plan.resolved.title}",
            f"  {span} in {steps}, {_method(plan)}: {self.outcome.name}",
            f"  {self.policies}",
            *(f"  {change}" for change in self.changes),
        ]

    def document(self) -> dict[str, object]:
        """The report for JSON."""
        return {
            "scenario": self.name,
            "title": self.plan.resolved.title,
            "model": self.plan.prepared.model.name,
            "outcome": self.outcome.name,
            "message": self.message,
            "warnings": [asdict(warning) for warning in self.plan.warnings],
            "indicators": [
                {
                    "name": change.name,
                    "units": change.units,
                    "first": change.first,
                    "last": change.last,
                    "last_time": change.stop,
                }
                for change in self.changes
            ],
        }


def run_into(
    scenarios: Sequence[str],
    file: Path | None = None,
    *,
    sets: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    backend: str = "auto",
    strict: bool = False,
    changes: Sequence[Path] = (),
    data: Sequence[Path] = (),
    save: str = "all",
    force: bool = False,
) -> tuple[Path, list[RunReport]]:
    """Run scenarios into one NetCDF file; its path and a report of each run.

    file: default runs/NAME.nc; settings: fields of `RunSettings`; the others as the options of
    the command. Nothing is run where the file cannot be written.
    """
    run = RunSettings(**(settings or {}))
    plans = plans_for(scenarios, sets, run, backend, strict, changes, data)
    path = file or Path("runs") / f"{file_stem(scenarios, plans)}.nc"
    check_netcdf_target(path, force=force)
    result = result_of(plans, save, say=True)
    write_netcdf(result, path, force=force)
    return path, [_report(plan, result, k) for k, plan in enumerate(plans)]


def _report(plan: Plan, result: Result, k: int) -> RunReport:
    model = plan.prepared.model
    names = summary.reported(plan.resolved, model)
    return RunReport(
        plan,
        summary.outcome(result, k),
        summary.message(result, k),
        summary.policies(plan.resolved),
        tuple(summary.changes(result, model, names, k)),
    )


def _method(plan: Plan) -> str:
    """The integrator, and the backend where it decides the numbers."""
    backend = recorded_backend(plan.backend, plan.integrator)
    return plan.integrator if backend == AUTO else f"{plan.integrator}, {backend}"
