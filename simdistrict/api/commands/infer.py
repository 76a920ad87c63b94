"""Posteriors of constants given data: from the options of a command to a folder of results."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from simdistrict.base.atomic import no_empty_folders, writable_target
from simdistrict.base.counts import counted
from simdistrict.base.errors import Problem, UsageError
from simdistrict.base.progress import Stages, a_line
from simdistrict.calibration.data import data_file_text
from simdistrict.calibration.settings import NAME, InferSettings, settings_beside
from simdistrict.calibration.statements import statements_file_text
from simdistrict.ensemble.draws_file import write_sample_tab
from simdistrict.inference.asked import Inference, Text
from simdistrict.inference.findings import report_of
from simdistrict.inference.infer import Question, draw, question
from simdistrict.inference.keeping import Keeper
from simdistrict.inference.posterior import constants_of
from simdistrict.inference.report import (
    Report,
    check_folder,
    summary_lines,
    write_report,
)
from simdistrict.inference.sampling import Progress
from simdistrict.inference.start import check_start
from simdistrict.inference.starting import start_of
from simdistrict.inference.together import Runner
from simdistrict.run.plan import Plan, find, plans_for


@dataclass(frozen=True, eq=False, slots=True)
class Inferred:
    """A posterior and its folder; name: of the scenario."""

    name: str
    report: Report
    files: tuple[Path, ...]

    @property
    def trusted(self) -> bool:
        """Whether its draws may be used."""
        return self.report.posterior.converged

    def lines(self) -> list[str]:
        """What a reader needs first."""
        return [line.removeprefix("## ") for line in summary_lines(self.report)]

    def last_line(self, seconds: float) -> str:
        """What was written, and in which time."""
        found = self.report.posterior
        files, runs = counted(len(self.files), "file"), counted(found.runs, "run")
        return f"\nwrote {files} into {self.files[0].parent} in {seconds:.1f} s, {runs}"

    def warnings(self) -> list[str]:
        """What makes it doubtful; first whether it may be trusted."""
        return self.report.warnings()

    def document(self) -> dict[str, Any]:
        """The posterior for JSON, without its draws; null for a number that is not finite."""
        report, found = self.report, self.report.posterior
        chains, draws = found.shape
        made = {
            "converged": found.converged,
            "reasons": list(found.reasons),
            "chains": chains,
            "draws": draws,
            "runs": found.runs,
            "rhat": found.rhat,
            "ess": found.ess,
            "constants": [asdict(row) for row in found.summaries],
            "learned": list(report.learned),
            "unknown": list(report.unknown),
            "warnings": self.warnings(),
            **{section.title: [dict(row) for row in section.rows] for section in report.sections},
            "files": [str(path) for path in self.files],
        }
        plain: dict[str, Any] = _plain(made)
        return plain


def asked(
    plan: Plan,
    path: Path,
    *,
    data: Path | None = None,
    data_text: str | None = None,
    prior: Any = None,
    statements: Path | None = None,
    free: Sequence[str] | None = None,
    leave_out: Sequence[str] = (),
    **given: Any,
) -> Inference:
    """The inference of a plan: what is given, else what the model's calibration.yaml says.

    path: of the model file; data_text: in place of a file; given: until, likelihood, ess, runs,
    seed, waves, method. With other data, none of the own settings apply.
    """
    from simdistrict.api.designs import prior_of

    other = data is not None or data_text is not None
    own = None if other else settings_beside(path)
    if not other and (own is None or own.data is None):
        what = f"there is no {NAME} next to the model"
        raise UsageError(Problem(path.name, what, "give --data FILE.csv"))
    settings = None if own is None else own.infer or InferSettings(until=own.until)
    if own is not None:
        data = own.data
    if data_text is None:
        assert data is not None
        text = Text(data_file_text(data, plan.prepared.model), str(data))
    else:
        text = Text(data_text, "data")
    if settings is not None:
        prior = settings.prior if prior is None else prior
        statements = statements or settings.statements
    table = prior_of(prior, plan.prepared, path)
    made = Inference(Text(table.text, table.where), text)
    if statements is not None:
        said = Text(statements_file_text(statements), str(statements))
        made = replace(made, statements=said)
    if settings is not None:
        made = replace(made, **_own(settings))
    named = {key: value for key, value in given.items() if value is not None}
    if free:
        named["free"] = tuple(free)
    return replace(made, left_out=tuple(leave_out), **named)


def _own(settings: InferSettings) -> dict[str, Any]:
    """What a section `infer` of calibration.yaml states."""
    names = ("until", "likelihood", "ess", "seed", "runs", "free")
    found = {name: getattr(settings, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def infer(
    model: str,
    *,
    output: Path | None = None,
    export: Path | None = None,
    sets: Sequence[str] = (),
    changes: Sequence[Path] = (),
    scheduler: str | None = None,
    workers: int | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Stages = None,
    begun: Callable[[Path], object] = lambda _: None,
    **given: Any,
) -> Inferred:
    """Infer constants of a model, or of a scenario, and write the folder of results.

    The arguments are the options of the command; given: those of `asked`. progress: as of
    `LoadedModel.infer`; begun: called with the folder of the parts before the work starts.
    """
    (plan,) = plans_for([model], sets, backend="native", changes=changes)
    made = asked(plan, find(model)[1], **given)
    folder = output or Path("runs") / f"{plan.resolved.name}-posterior"
    parts = folder.with_name(f"{folder.name}.parts")
    with no_empty_folders(folder, parts, *([] if export is None else [export.parent])):
        check_folder(folder, force=force)
        if export is not None:
            writable_target(export, force=force)
        begun(parts)
        report = report_on(
            plan,
            made,
            folder=parts,
            resume=resume,
            scheduler=scheduler,
            workers=workers,
            progress=progress,
        )
        written = write_report(report, folder, force=force)
        if export is not None:
            write_sample_tab(export, *constants_of(report.posterior), force=force)
            written.append(export)
        Keeper(parts, "").remove()
    return Inferred(plan.resolved.name, report, tuple(written))


def report_on(
    plan: Plan,
    made: Inference,
    *,
    folder: Path | None = None,
    resume: bool = False,
    scheduler: str | None = None,
    workers: int | None = None,
    progress: Stages = None,
) -> Report:
    """Draw the posterior and check it; folder: keeps what is finished, for `resume`."""
    asked_of = question(plan, made)
    warned = check_start(asked_of.target, made.seed, workers=workers)
    start, waves = start_of(asked_of, workers)
    with _running(asked_of, scheduler) as runner, a_line(progress, Lines()) as tick:
        sampled = draw(
            asked_of,
            start=start,
            folder=folder,
            resume=resume,
            workers=workers,
            runner=runner,
            tick=tick,
        )
    return report_of(asked_of, sampled, workers, waves, warned)


@contextmanager
def _running(asked_of: Question, scheduler: str | None) -> Iterator[Runner | None]:
    """What runs the populations; None for the cores of this machine."""
    if scheduler is None:
        yield None
        return
    from simdistrict.ensemble.cluster import tasks_on
    from simdistrict.inference.together import OnCluster

    tasks = tasks_on(scheduler, asked_of.target)
    try:
        yield OnCluster(tasks)
    finally:
        tasks.close()


class Lines:
    """Where a sampler is, in a line; knows how fast it has been."""

    def __init__(self) -> None:
        self.begin, self.before = time.perf_counter(), -1

    def __call__(self, now: Progress) -> str:
        """The line of a stage."""
        if self.before < 0:  # a resumed call has runs from before
            self.begin, self.before = time.perf_counter(), now.runs
        best = f"best log likelihood {now.best:.1f}" if math.isfinite(now.best) else "none fits yet"
        parts = [now.stage, f"{now.runs:,} runs", best]
        if now.stage == "tempering":
            parts.insert(1, f"temperature {now.temperature:.3g}")
        if now.rhat == now.rhat:
            parts.append(f"R-hat {now.rhat:.3f}")
        if now.ess == now.ess:
            parts += [f"{now.ess:,.0f} effective draws", self._left(now)]
        return ", ".join(part for part in parts if part)

    def _left(self, now: Progress) -> str:
        """The time that is left; empty where nothing is known."""
        passed, done = time.perf_counter() - self.begin, now.runs - self.before
        if now.remaining <= 0 or done <= 0:
            return ""
        seconds = passed / done * now.remaining
        if seconds < 90:
            return f"about {max(seconds, 1):.0f} s left"
        if seconds < 5400:
            return f"about {seconds / 60:.0f} min left"
        return f"about {seconds / 3600:.1f} h left"


def _plain(value: Any) -> Any:
    """null for a number that is not finite."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
