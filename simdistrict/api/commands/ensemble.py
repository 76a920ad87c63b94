"""Ensembles of scenarios into one file or store, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simdistrict.base.counts import counted
from simdistrict.base.errors import Problem, UsageError
from simdistrict.base.progress import Progress, ticking
from simdistrict.ensemble.blocks import Shape
from simdistrict.ensemble.content import Runner
from simdistrict.ensemble.drawing import Drawing, drawn_ensemble
from simdistrict.ensemble.file import Written, write_ensemble
from simdistrict.ensemble.members import Ensemble
from simdistrict.ensemble.prior import prior_beside, prior_table
from simdistrict.run.plan import file_stem, find, plans_for
from simdistrict.scenario import RunSettings


@dataclass(frozen=True, eq=False, slots=True)
class WrittenEnsemble:
    """An ensemble in a file, and how its members ended."""

    ensemble: Ensemble
    path: Path
    written: Written

    def lines(self) -> list[str]:
        """What was drawn and run, without the file."""
        plans, design = self.ensemble.plans, self.ensemble.design
        said = [
            f"{plans[0].prepared.model.name}: {counted(design.members, 'member')}, "
            f"{counted(len(design.priors), 'number')} drawn for each ({design.method}, "
            f"seed {design.seed}), {plans[0].integrator}, {self.ensemble.backend}"
        ]
        if self.ensemble.stated:
            said.append(f"  set, and so not drawn: {', '.join(self.ensemble.stated)}")
        for plan, counts in zip(plans, self.written.outcomes, strict=True):
            ends = ", ".join(f"{n} {outcome.name}" for outcome, n in counts.items())
            said.append(f"  {plan.resolved.name}: {ends}")
        return said

    def last_line(self, seconds: float) -> str:
        """What was written, and in which time."""
        if self.written.complete:
            return f"{self.path} is complete: nothing was run or written"
        before = self.written.resumed
        again = f", {counted(before, 'member')} from before" if before else ""
        return f"wrote {self.path} in {seconds:.1f} s{again}"

    def document(self) -> dict[str, object]:
        """The ensemble for JSON."""
        plans, design = self.ensemble.plans, self.ensemble.design
        return {
            "file": str(self.path),
            "members": design.members,
            "seed": design.seed,
            "method": design.method,
            "resumed": self.written.resumed,
            "runs": [
                {"scenario": plan.resolved.name, "outcomes": {o.name: n for o, n in counts.items()}}
                for plan, counts in zip(plans, self.written.outcomes, strict=True)
            ],
            "drawn": [prior.name for prior in design.priors],
            "not_drawn": list(self.ensemble.stated),
            "complete_before": self.written.complete,
        }


def ensemble(
    scenarios: Sequence[str],
    *,
    members: int | None = None,
    blocks: int | None = None,
    seed: int | None = None,
    method: str | None = None,
    order: int = 1,
    levels: int = 4,
    prior: Path | None = None,
    sets: Sequence[str] = (),
    changes: Sequence[Path] = (),
    data: Sequence[Path] = (),
    settings: Mapping[str, Any] | None = None,
    strict: bool = False,
    **how: Any,
) -> tuple[Ensemble, str]:
    """The ensemble of some scenarios, not run, and a name for its file.

    members or blocks: how many, unless the prior is a sensitivity control that says so; settings:
    fields of `RunSettings`; how: as of `ensemble.drawing.drawn_ensemble`. Raises UsageError where
    neither or both of members and blocks are given.
    """
    table = None if prior is None else prior_table(prior)
    drawing = Drawing(members, blocks, seed, method, Shape(order, levels))
    asked = drawing if table is None else drawing.over(table)
    if (asked.members is None) == (asked.blocks is None):
        what = "the number of runs is not given, or given twice"
        hint = "give --members N, or --blocks N for the methods saltelli and morris"
        raise UsageError(Problem("ensemble", what, hint))
    run = RunSettings(**(settings or {}))
    plans = plans_for(scenarios, sets, run, "native", strict, changes, data)
    if table is None:
        table = prior_table(prior_beside(find(scenarios[0])[1]))
    made = drawn_ensemble(plans, table, drawing, strict=strict, **how)
    return made, file_stem(scenarios, plans)


def write(
    made: Ensemble,
    path: Path,
    *,
    resume: bool = False,
    force: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress = None,
) -> WrittenEnsemble:
    """Run an ensemble into a file; scheduler: the address of a Dask cluster that runs it."""
    runner = runner_of(made, scheduler)
    with ticking(progress, "members") as tick:
        written = write_ensemble(
            made, path, resume=resume, force=force, workers=workers, runner=runner, tick=tick
        )
    return WrittenEnsemble(made, path, written)


def runner_of(made: Ensemble, scheduler: str | None) -> Runner | None:
    """What runs the members on a Dask cluster; None for the cores of this machine."""
    if scheduler is None:
        return None
    from simdistrict.ensemble.cluster import runner_on

    return runner_on(made, scheduler)
