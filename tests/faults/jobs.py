"""The commands that the fault tests interrupt, each with its inputs, an older and a new output.

A bench is a folder with the inputs and, once, the outputs of an undisturbed command; every trial
gets a copy of the inputs and, in half of the trials, of the older outputs.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.small import mdl

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-m", "simdistrict")

# name of a file below a folder -> its bytes
Files = dict[str, bytes]

FIELD = """place : (a1-a40) ~~|
rate = 0.1 ~ 1/Year [0,1] ~ A constant. |
inflow[place] = 1 ~ 1/Year ~ Constant. |
level[place] = INTEG(inflow[place] - rate * level[place], 5) ~ Dmnl ~ A stock. |
double[place] = level[place] * 2
total = SUM(level[place!])"""
PRIOR = "element,label,value,low,high,distribution\nrate,,0.1,0.05,0.2,uniform\n"
RECORD = "series,element,year,value\n" + "".join(
    f"t,total,{year},{200 + 2 * year}\n" for year in range(1, 40, 2)
)
DECAY = """loss rate = 0.2 ~ 1/Year [0,2] ~ A constant. |
start = 8 ~ su ~ A constant. |
level = INTEG(-loss rate * level, start) ~ su ~ A stock. |"""
DECAY_PRIOR = """element,label,value,low,high,distribution
loss rate,,0.3,0.01,1.5,uniform
start,,8,1,20,uniform
"""
SEEN = "series,element,year,value,scale\n" + "".join(
    f"t,level,{year},{10 * 0.78**year:.3f},0.3\n" for year in range(1, 11)
)
STUDY = """why: Does the field fill?
model: ../field.mdl
baseline: base
tables:
  first:
    title: The total
    rows: {elements: [total], scenarios: [base, fast], at: [0, 10, 40], decimals: 2}
  second:
    title: Levels
    rows: {elements: [level], scenarios: [base, fast], at: [0, 40], decimals: 3}
  third:
    title: More levels
    rows: {elements: [double], scenarios: [base, fast], at: [0, 20], decimals: 1}
"""
INPUTS = {
    "field.mdl": mdl(FIELD, stop=40, time_step=0.01),
    "prior.csv": PRIOR,
    "decay.mdl": mdl(DECAY, time_step=0.25),
    "decay_prior.csv": DECAY_PRIOR,
    "seen.csv": SEEN,
    "record.csv": RECORD,
    "other.csv": RECORD.replace(",200\n", ",210\n").replace("203", "199"),
    "scenarios/base.yaml": "title: Base\nmodel: ../field.mdl\n",
    "scenarios/fast.yaml": "title: Fast\nmodel: ../field.mdl\nassume: {rate: 0.2}\n",
    "study/study.yaml": STUDY,
    "filled/field.mdl": mdl(FIELD, stop=40),
    "filled/data/numbers.csv": "element,label,value\nrate,,0.15\n",
}


@dataclass(frozen=True)
class Job:
    """A command; what it writes; how it is repeated after an interruption.

    outputs: files and folders that it writes, below the folder; older: words that make another
    valid output in the same place; again: words added to repeat it, such as --resume.
    one: the outputs appear as one, all old or all new.
    """

    name: str
    words: tuple[str, ...]
    outputs: tuple[str, ...]
    older: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    workers: bool = False


def _ensemble(output: str, workers: int) -> Job:
    words = ("ensemble", "field.mdl", "--members", "400", "--prior", "prior.csv", "--chunk", "25")
    words = (*words, "--save", "level,double", "--times", "0,10,20,30,40", "-o", output)
    name = f"ensemble to {output[4:]}, {workers} worker{'s' * (workers > 1)}"
    words = (*words, "--workers", str(workers))
    return Job(name, words, (output,), ("--seed", "7"), ("--resume",), workers > 1)


JOBS = {
    job.name: job
    for job in (
        Job(
            "run",
            ("run", "field.mdl", "--save-step", "0.01", "-o", "out.nc"),
            ("out.nc",),
            ("--set", "rate=0.3"),
        ),
        _ensemble("out.nc", 1),
        _ensemble("out.nc", 2),
        _ensemble("out.zarr", 1),
        _ensemble("out.zarr", 2),
        Job("tables", ("tables", "study/study.yaml", "-o", "out", "--force"), ("out",)),
        Job(
            "tables, 2 workers",
            ("tables", "study/study.yaml", "-o", "out", "--workers", "2", "--force"),
            ("out",),
            workers=True,
        ),
        Job(
            "calibrate",
            ("calibrate", "field.mdl", "--data", "record.csv", "--free", "rate=0.01:0.9",
             "--starts", "3", "--evaluations", "60", "-o", "out"),
            ("out",),
            ("--data", "other.csv"),
        ),
        Job(
            "calibrate, 2 workers",
            ("calibrate", "field.mdl", "--data", "record.csv", "--free", "rate=0.01:0.9",
             "--starts", "3", "--evaluations", "60", "-o", "out", "--workers", "2"),
            ("out",),
            ("--data", "other.csv"),
            workers=True,
        ),
        Job(
            "infer",
            ("infer", "decay.mdl", "--data", "seen.csv", "--prior", "decay_prior.csv",
             "--ess", "200", "--workers", "1", "-o", "out"),
            ("out",),
            ("--seed", "7"),
            ("--resume",),
        ),
        Job(
            "convert",
            ("convert", "field.mdl", "out.xmile", "--force"),
            ("out.xmile",),
            ("--set", "rate=0.3"),
        ),
        Job("fill", ("fill", "filled/field.mdl"), ("filled/field.mdl",)),
    )
}  # fmt: skip


@dataclass
class Bench:
    """A job with its inputs, its outputs, the time and the changes of files that it takes."""

    job: Job
    folder: Path
    seconds: float = 0.0
    changes: int = 0
    inputs: Files = field(default_factory=dict)
    old: Files = field(default_factory=dict)
    new: Files = field(default_factory=dict)

    @classmethod
    def made(cls, job: Job, folder: Path) -> Bench:
        """Run the job twice undisturbed: for the older output and for the new one."""
        bench = cls(job, folder)
        for name, text in INPUTS.items():
            path = folder / "inputs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        bench.inputs = files(folder / "inputs")
        first = bench.trial("first", older=False)
        if job.older:
            bench.run(first, (*job.words, *job.older))
            bench.old = _below(files(first), job.outputs)
        elif job.name == "fill":
            bench.old = _below(bench.inputs, job.outputs)
        second = bench.trial("second", older=False)
        bench.run(second, job.words)
        third = bench.trial("third", older=False)
        begin = time.monotonic()
        with subprocess.Popen(
            [*PROGRAM, *job.words],
            cwd=third,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            bench.changes = max(changes_of(third, process), default=0)
        bench.seconds = time.monotonic() - begin
        bench.new = _below(files(second), job.outputs)
        assert bench.new
        assert bench.new != bench.old
        return bench

    def trial(self, name: str, *, older: bool) -> Path:
        """A folder for one trial, with the inputs and perhaps the older output."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder / "inputs", folder)
        for path, content in self.old.items() if older else ():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return folder

    def run(self, folder: Path, words: Sequence[str]) -> None:
        """Run undisturbed; the command must succeed."""
        done = subprocess.run(
            [*PROGRAM, *words], cwd=folder, env=environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, (words, done.stderr)

    def state(self, folder: Path) -> str:
        """What is under the final names: `old`, `new`, `nothing`; anything else is a fault."""
        there = _below(files(folder), self.job.outputs)
        # a temporary file is no final name; whether the next command removes it, `left` tells
        temporary = {n for n in there if n.rpartition("/")[2].startswith(".") and n not in self.new}
        there = {n: content for n, content in there.items() if n not in temporary}
        if there == self.new:
            return "new"
        if there == self.old:
            return "old" if self.old else "nothing"
        if not there:
            return "nothing"
        wrong = sorted(n for n in there if there[n] not in (self.new.get(n), self.old.get(n)))
        if wrong:
            return f"half a file: {', '.join(wrong)}"
        return f"some of a set: {', '.join(sorted(there))}"

    def left(self, folder: Path) -> list[str]:
        """Files that neither an input nor an output explains."""
        expected = {*self.inputs, *self.new}
        return sorted(set(files(folder)) - expected)


def environment(**more: str) -> dict[str, str]:
    """The environment of a command: the code of this checkout."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def files(folder: Path) -> Files:
    """All files below a folder."""
    found: Files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _below(found: Mapping[str, bytes], outputs: Sequence[str]) -> Files:
    return {
        name: content
        for name, content in found.items()
        if any(name == output or name.startswith(f"{output}/") for output in outputs)
    }


def changes_of(folder: Path, process: subprocess.Popen[bytes]) -> Iterator[int]:
    """The number of changes below a folder so far, again and again until a process ends."""
    before, count = _sizes(str(folder)), 0
    while process.poll() is None:
        now = _sizes(str(folder))
        if now != before:
            before, count = now, count + 1
        yield count
        time.sleep(0.0003)


def _sizes(folder: str) -> list[tuple[str, int, int]]:
    """Name, size and number of every file below a folder."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                found += [(entry.name, 0, 0), *_sizes(entry.path)]
            else:
                about = entry.stat(follow_symlinks=False)
                found.append((entry.name, about.st_size, about.st_ino))
    return found


def members(session: int) -> list[int]:
    """The processes of a session that live, by /proc."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            text = Path(f"/proc/{entry}/stat").read_text()
        except OSError:
            continue
        rest = text.rpartition(")")[2].split()
        if int(rest[3]) == session and rest[0] != "Z":
            found.append(int(entry))
    return found
