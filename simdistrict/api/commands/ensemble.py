"""Ensembles of scenarios into one file or store, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from simdistrict.base.counts import counted
from simdistrict.base.errors import Problem, UsageError
from simdistrict.base.progress import Progress, ticking
from simdistrict.ensemble.blocks import Shape
from simdistrict.ensemble.content import Runner
from simdistrict.ensemble.drawing import (
    MODEL,
    PRIOR,
    Drawing,
    DrawsRequest,
    design_from_file,
    drawn_ensemble,
)
from simdistrict.ensemble.file import Written, write_ensemble
from simdistrict.ensemble.given import GivenDesign
from simdistrict.ensemble.members import Ensemble, ensemble_over
from simdistrict.ensemble.prior import PriorTable, prior_beside, prior_table
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
        how = f"drawn for each ({design.method}, seed {design.seed})"
        if isinstance(design, GivenDesign):
            how = f"for each ({origin_words(design)})"
        said = [
            f"{plans[0].prepared.model.name}: {counted(design.members, 'member')}, "
            f"{counted(len(design.priors), 'number')} {how}, "
            f"{plans[0].integrator}, {self.ensemble.backend}"
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

    def _drawn(self) -> dict[str, object]:
        design = self.ensemble.design
        if not isinstance(design, GivenDesign):
            return {"seed": design.seed, "method": design.method}
        return {"method": design.method} | (design.origin.record() if design.origin else {})

    def document(self) -> dict[str, object]:
        """The ensemble for JSON."""
        plans, design = self.ensemble.plans, self.ensemble.design
        return {
            "file": str(self.path),
            "members": design.members,
            **self._drawn(),
            "resumed": self.written.resumed,
            "runs": [
                {"scenario": plan.resolved.name, "outcomes": {o.name: n for o, n in counts.items()}}
                for plan, counts in zip(plans, self.written.outcomes, strict=True)
            ],
            "drawn": [prior.name for prior in design.priors],
            "not_drawn": list(self.ensemble.stated),
            "complete_before": self.written.complete,
        }


def origin_words(design: GivenDesign) -> str:
    """Where a design that is given comes from."""
    origin = design.origin
    if origin is None:
        return "given"
    thinned = (
        "" if design.members == origin.draws else f", every {origin.draws / design.members:g}th"
    )
    said = f"{origin.file}{thinned}; what it lacks: {origin.rest}"
    return said if origin.converged is not False else f"{said}; NOT CONVERGED"


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
    design: Path | None = None,
    rest: str | None = None,
    unconverged: bool = False,
    sets: Sequence[str] = (),
    changes: Sequence[Path] = (),
    data: Sequence[Path] = (),
    settings: Mapping[str, Any] | None = None,
    strict: bool = False,
    **how: Any,
) -> tuple[Ensemble, str]:
    """The ensemble of some scenarios, not run, and a name for its file.

    members or blocks: how many, unless the prior is a sensitivity control that says so; design,
    rest, unconverged: draws from a file, as in `DrawsRequest`; settings: fields of
    `RunSettings`; how: as of `ensemble.drawing.drawn_ensemble`. Raises UsageError where neither
    or both of members and blocks are given, and where options do not go together.
    """
    table = None if prior is None else prior_table(prior)
    run = RunSettings(**(settings or {}))
    if table is not None and table.draws is not None and design is None:
        # a sensitivity control of the method F names its file of draws
        design, prior, table = table.draws, None, None
    if design is not None:
        drawn_only = {"prior": prior, "seed": seed} if rest != PRIOR else {}
        check_draws_alone(blocks=blocks, method=method, **drawn_only)
        plans = plans_for(scenarios, sets, run, "native", strict, changes, data)
        asked_file = DrawsRequest(design, members, rest or MODEL, seed, unconverged)
        read = partial(_table_of, table, scenarios[0])
        given = design_from_file(asked_file, plans[0].prepared, read, strict=strict)
        return ensemble_over(plans, given, **how), file_stem(scenarios, plans)
    check_no_file(rest, unconverged=unconverged)
    drawing = Drawing(members, blocks, seed, method, Shape(order, levels))
    asked = drawing if table is None else drawing.over(table)
    if (asked.members is None) == (asked.blocks is None):
        what = "the number of runs is not given, or given twice"
        hint = "give --members N, or --blocks N for the methods saltelli and morris"
        raise UsageError(Problem("ensemble", what, hint))
    plans = plans_for(scenarios, sets, run, "native", strict, changes, data)
    table = _table_of(table, scenarios[0])
    made = drawn_ensemble(plans, table, drawing, strict=strict, **how)
    return made, file_stem(scenarios, plans)


def _table_of(table: PriorTable | None, scenario: str) -> PriorTable:
    """A prior table, by default that in the folder of the model."""
    return table or prior_table(prior_beside(find(scenario)[1]))


def check_draws_alone(**options: object) -> None:
    """Raise UsageError for options that draw members, next to a file of draws."""
    if given := [f"--{name}" for name, value in options.items() if value is not None]:
        what = f"the file has its own draws, and {', '.join(given)} would draw others"
        raise UsageError(Problem("--design", what, "leave one out; --rest prior adds to a file"))


def check_no_file(rest: str | None, *, unconverged: bool) -> None:
    """Raise UsageError for options of a file of draws where there is none."""
    if rest is not None or unconverged:
        option = "--unconverged" if rest is None else "--rest"
        raise UsageError(Problem(option, "it belongs to a file of draws", "give --design FILE"))


def draws_of(
    design: Path | None,
    rest: str | None,
    *,
    unconverged: bool = False,
    members: int | None = None,
) -> DrawsRequest | None:
    """The draws of a file, as options give them; None where they do not."""
    if design is None:
        check_no_file(rest, unconverged=unconverged)
        return None
    return DrawsRequest(design, members, rest or MODEL, None, unconverged)


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
