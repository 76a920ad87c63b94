"""Repeats of a result file from its own record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.errors import EngineError, Problem
from simdistrict.base.identity import other_code
from simdistrict.base.progress import Progress, Tick, ticking
from simdistrict.ensemble.rerun import Repetition, changed_files, sentence
from simdistrict.inference.repeat import is_posterior, repeat_design, repeat_posterior
from simdistrict.inference.sampling import Progress as Stage
from simdistrict.regimes.studies.register import repeat_any
from simdistrict.result.dataset import Result
from simdistrict.result.netcdf import groups_of
from simdistrict.result.opening import read_result


@dataclass(frozen=True, slots=True)
class Repeated:
    """The repeat of a result: whether the numbers are the same, and what has changed since.

    where: what messages call the result.
    """

    where: str
    report: Repetition
    changed_files: tuple[str, ...]
    other_code: str

    @property
    def same(self) -> bool:
        """Whether every number is the same to the last bit."""
        return self.report.same

    def line(self) -> str:
        """The result in a sentence."""
        return sentence(self.report, self.where)

    def warnings(self) -> list[str]:
        """What has changed since."""
        kept = "has changed since; the run was repeated with what it held then"
        said = [f"{name} {kept}" for name in self.changed_files]
        other = self.other_code
        return [*said, f"{self.where} was written by other code: {other}"] if other else said

    def document(self) -> dict[str, object]:
        """The result for JSON."""
        return {
            "file": self.where,
            "same": self.report.same,
            "variables": self.report.variables,
            "differing": list(self.report.differing),
            "largest_relative_difference": self.report.largest,
            "changed_files": list(self.changed_files),
            "other_code": self.other_code,
        }


def rerun(file: Path, backend: str | None = None, progress: Progress = None) -> Repeated:
    """Repeat a result file; backend: another one for single runs; progress: of members."""
    recorded = read_result(file)
    if is_posterior(recorded.attrs) and groups_of(file):
        _check_backend(backend, str(file))
        with ticking(progress, "runs") as tick:
            report = repeat_posterior(file, tick=runs_of(tick))
        return _repeated(recorded, str(file), report)
    return repeat(recorded, str(file), backend, progress)


def repeat(recorded: Result, where: str, backend: str | None, progress: Progress) -> Repeated:
    """Repeat a result; otherwise as `rerun`."""
    if is_posterior(recorded.attrs):
        _check_backend(backend, where)
        with ticking(progress, "runs") as tick:
            report = repeat_design(recorded, where, tick=runs_of(tick))
        return _repeated(recorded, where, report)
    with ticking(progress, "members") as tick:
        report = repeat_any(recorded, where, backend, tick)
    return _repeated(recorded, where, report)


def runs_of(tick: Tick) -> Callable[[Stage], None]:
    """Count the runs of a sampler, and those that are left."""
    return lambda now: tick(now.runs, now.runs + max(now.remaining, 1))


def _check_backend(backend: str | None, where: str) -> None:
    if backend is not None:
        what = f"{where} holds no single runs, and only those can have another backend"
        raise EngineError(Problem("--backend", what, "leave it out"))


def _repeated(recorded: Result, where: str, report: Repetition) -> Repeated:
    return Repeated(where, report, changed_files(recorded), other_code(recorded.attrs))
