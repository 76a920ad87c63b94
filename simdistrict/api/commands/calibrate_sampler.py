"""Simulation-based calibration: whether the sampler draws what it should, for one model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simdistrict.api.commands.infer import asked
from simdistrict.base.atomic import no_empty_folders, write_texts
from simdistrict.base.counts import counted
from simdistrict.base.progress import Progress, ticking
from simdistrict.calibration.report import as_csv
from simdistrict.inference.infer import Question, question
from simdistrict.inference.report import Section, check_files, is_ours
from simdistrict.inference.sampling import Effort
from simdistrict.inference.sbc import Ranks, calibrate_sampler
from simdistrict.inference.simulated import ShortSampler, TargetSimulator
from simdistrict.run.plan import find, plans_for

NAMES = ("sbc.csv", "sbc.md")
# of each posterior; its draws are thinned to 63
_ESS, _CHAINS, _MOST_RUNS = 200, 8, 200_000


@dataclass(frozen=True, eq=False, slots=True)
class Calibrated:
    """The ranks of a calibration, and its files; name: of the scenario."""

    name: str
    ranks: Ranks
    files: tuple[Path, ...]

    @property
    def trusted(self) -> bool:
        """Whether all ranks are uniform."""
        return not self.ranks.failed

    def lines(self) -> list[str]:
        """What was found."""
        return list(self.ranks.lines())

    def last_line(self, seconds: float) -> str:
        """What was written, and in which time."""
        files = counted(len(self.files), "file")
        return f"wrote {files} into {self.files[0].parent} in {seconds:.1f} s"

    def warnings(self) -> list[str]:
        """The quantities whose ranks are not uniform."""
        if self.trusted:
            return []
        return [f"the posteriors are wrong: the ranks of {', '.join(self.ranks.failed)}"]

    def document(self) -> dict[str, Any]:
        """The ranks for JSON."""
        return {
            "calibrated": self.trusted,
            "posteriors": len(self.ranks.ranks),
            "unconverged": self.ranks.unconverged,
            "quantities": [dict(row) for row in self.ranks.rows()],
            "files": [str(path) for path in self.files],
        }


def check_sampler(
    model: str,
    sbc: int,
    *,
    output: Path | None = None,
    sets: Sequence[str] = (),
    changes: Sequence[Path] = (),
    workers: int | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress = None,
    begun: Callable[[Path], object] = lambda _: None,
    **given: Any,
) -> Calibrated:
    """Infer data that were simulated with draws of the prior, and look at the ranks of the truth.

    sbc: how many posteriors; the other arguments are those of `infer.infer`.
    """
    (plan,) = plans_for([model], sets, backend="native", changes=changes)
    made = question(plan, asked(plan, find(model)[1], **given))
    folder = output or Path("runs") / f"{plan.resolved.name}-sbc"
    parts = folder.with_name(f"{folder.name}.parts")
    with no_empty_folders(folder, parts):
        check_files(folder, NAMES, force=force)
        begun(parts)
        if not resume:
            _clear(parts)
        effort = Effort(ess=_ESS, chains=_CHAINS, runs=_MOST_RUNS)
        with ticking(progress, "posteriors") as tick:
            ranks = calibrate_sampler(
                TargetSimulator(made.target),
                ShortSampler(effort),
                sbc,
                seed=made.asked.seed,
                workers=workers or 1,
                folder=parts,
                identity=_identity(made, effort),
                tick=lambda done: tick(done, sbc),
            )
        section = Section("Ranks", ranks.lines(), ranks.rows())
        page = [f"# Posterior of {plan.prepared.model.name}: calibration of the sampler", ""]
        page += [*(f"- {line}" for line in section.lines), "", *section.markdown(), ""]
        texts = {"sbc.csv": as_csv(section.table(6)), "sbc.md": "\n".join(page)}
        write_texts(folder, texts, ours=is_ours, force=force)
        _clear(parts)
    return Calibrated(plan.resolved.name, ranks, tuple(folder / name for name in texts))


def _identity(made: Question, effort: Effort) -> str:
    return hashlib.sha256(f"{made.identity()}{effort!r}".encode()).hexdigest()


def _clear(parts: Path) -> None:
    """Remove finished replications, and their folder where it holds nothing else."""
    for file in parts.glob("replication-*.json"):
        file.unlink(missing_ok=True)
    if parts.is_dir() and not any(parts.iterdir()):
        parts.rmdir()
