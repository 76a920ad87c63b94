"""Run the fault harness and write its figures: python -m tests.faults [PART...] [--write].

Parts: kills, signals, workers, disk, hostile, fuzz; default: all. Each adds its figures to
runs/faults/figures.json; --write puts the table of all figures there into docs/reliability.md.
Exit code 5 where something was lost, half-written, different, hung or crashed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults import disk, hostile, trials
from tests.faults.fuzz.__main__ import KEEP, fuzz
from tests.faults.fuzz.readers import READERS
from tests.faults.fuzz.watch import tried
from tests.faults.jobs import JOBS, ROOT, Bench, Job
from tests.faults.trials import Trial

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures of make faults -->", "<!-- end of figures -->"

Tries = Callable[[Bench, random.Random], Trial]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--kills", type=int, default=100, help="in all, over all jobs")
    parser.add_argument("--job", action="append", choices=JOBS, help="default: all")
    parser.add_argument("--minutes", type=float, default=1.0, help="of fuzzing, for each reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    wanted = parser.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        for part in wanted.parts or PARTS:
            print(f"== {part}", flush=True)
            faults += PARTS[part](wanted, Path(folder))
    if wanted.write:
        write(PAGE, KEEP / "figures.json")
    sys.exit(5 if faults else 0)


def kills(wanted: argparse.Namespace, folder: Path) -> int:
    """SIGKILL for the command."""
    return _trials("kills", _spread(_jobs(wanted), wanted.kills), trials.killed, wanted, folder)


def signals(wanted: argparse.Namespace, folder: Path) -> int:
    """SIGINT and SIGTERM for the command."""

    def interrupted(bench: Bench, rng: random.Random) -> Trial:
        number = rng.choice((signal.SIGINT, signal.SIGTERM))
        return trials.interrupted(bench, rng, number)

    spread = _spread(_jobs(wanted), wanted.kills // 2)
    return _trials("signals", spread, interrupted, wanted, folder)


def workers(wanted: argparse.Namespace, folder: Path) -> int:
    """SIGKILL for one worker of the command."""

    def killed(bench: Bench, rng: random.Random) -> Trial:
        return trials.killed(bench, rng, "worker")

    jobs = [job for job in _jobs(wanted) if job.workers]
    return _trials("workers", _spread(jobs, wanted.kills // 5), killed, wanted, folder)


def full_disk(wanted: argparse.Namespace, folder: Path) -> int:
    """Files that cannot grow, a full disk, a read-only folder."""
    spread = _spread(_jobs(wanted), wanted.kills // 5)
    faults = _trials("file size", spread, trials.limited, wanted, folder)
    if not disk.can_mount():
        print("skipped: this user cannot mount a file system")
        return faults
    faults += _trials("full disk", spread, disk.full, wanted, folder)
    once = _spread(_jobs(wanted), len(_jobs(wanted)))
    return faults + _trials("read-only", once, lambda b, _: disk.read_only(b), wanted, folder)


def hostile_files(wanted: argparse.Namespace, folder: Path) -> int:
    """Files that nobody would write by accident."""
    counts: Counter[str] = Counter()
    for case in hostile.cases():
        (one,) = tried(hostile.attempt(case), lambda _: b"", iter([0]), time.monotonic() + 1e6)
        counts["tried"] += 1
        if one.found:
            counts["faults"] += 1
            print(f"    {case}: {one.what}", flush=True)
    print(f"{'hostile files':<28} {counts['tried']} tried, {counts['faults']} faults")
    _keep("hostile files", counts)
    return counts["faults"]


def fuzzed(wanted: argparse.Namespace, folder: Path) -> int:
    """Broken files of every kind."""
    return sum(fuzz(name, wanted.minutes, wanted.seed, KEEP.resolve()) for name in READERS)


PARTS = {
    "kills": kills,
    "signals": signals,
    "workers": workers,
    "disk": full_disk,
    "hostile": hostile_files,
    "fuzz": fuzzed,
}


def _jobs(wanted: argparse.Namespace) -> list[Job]:
    return [JOBS[name] for name in wanted.job or JOBS]


def _spread(jobs: list[Job], count: int) -> dict[str, int]:
    """A number of trials for each job, as equal as possible."""
    names = [job.name for job in jobs]
    return {name: len(range(k, count, len(names))) for k, name in enumerate(names)}


def _trials(
    part: str, spread: dict[str, int], one: Tries, wanted: argparse.Namespace, folder: Path
) -> int:
    """Trials of every job; prints a line for each and keeps the counts."""
    total = 0
    for name, count in spread.items():
        if not count:
            continue
        bench = Bench.made(JOBS[name], folder / f"{part}-{name}".replace(" ", "-"))
        counts: Counter[str] = Counter()
        for k in range(count):
            found = one(bench, random.Random(f"{part} {name} {wanted.seed} {k}"))
            counts["tried"] += 1
            counts[found.state if found.state in ("old", "new", "nothing") else "half"] += 1
            counts["faults"] += bool(found.faults)
            for fault in found.faults:
                print(f"    {part}, {name}, number {k}: {fault}", flush=True)
        ends = ", ".join(f"{counts[s]} {s}" for s in ("old", "new", "nothing") if counts[s])
        print(
            f"{part + ', ' + name:<40} {counts['tried']} tried: {ends}; {counts['faults']} faults"
        )
        _keep(part, counts, name)
        total += counts["faults"]
    return total


def _keep(part: str, counts: Counter[str], name: str = "") -> None:
    """Add counts to the figures."""
    file = KEEP / "figures.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(file.read_text()) if file.exists() else {}
    home = known.setdefault("trials", {}).setdefault(part, {})
    old = Counter(home.get(name, {}))
    old.update(counts)
    home[name] = dict(old)
    file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


# ------------------------------------------------------------------ the table

WORDS = {
    "kills": "SIGKILL at a random moment",
    "signals": "SIGINT or SIGTERM at a random moment",
    "workers": "SIGKILL for a worker",
    "file size": "no file may grow beyond a random size",
    "full disk": "a full disk",
    "read-only": "a folder that is read-only",
    "hostile files": "pipes, devices, bombs, huge files",
}


def table(known: dict[str, dict[str, dict[str, dict[str, int]]]]) -> Iterator[str]:
    """The figures in Markdown."""
    yield "| fault | tried | survived | half-written, lost, different or left behind |"
    yield "|---|---:|---:|---:|"
    for part, words in WORDS.items():
        rows = known.get("trials", {}).get(part)
        if rows:
            tries = sum(row.get("tried", 0) for row in rows.values())
            faults = sum(row.get("faults", 0) for row in rows.values())
            yield f"| {words} | {tries} | {tries - faults} | {faults} |"
    readers = known.get("fuzz", {})
    if not readers:
        return
    yield ""
    yield "| reader | minutes | inputs | accepted | refused | crashes | hangs |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    sums: Counter[str] = Counter()
    for name in (n for n in READERS if n in readers):
        own = Counter(readers[name])
        sums.update(own)  # type: ignore[arg-type]
        yield _row(name, own)  # type: ignore[arg-type]
    yield _row("all", sums)


def _row(name: str, own: Counter[str]) -> str:
    ends = ("accepted", "refused", "crash", "hang")
    cells = [f"{own['seconds'] / 60:.3g}", f"{sum(own[end] for end in ends):,}"]
    cells += [f"{own[end]:,}" for end in ends]
    return f"| {name} | {' | '.join(cells)} |"


def write(page: Path, figures: Path) -> None:
    """Put the table into the page, between its marks."""
    head, _, rest = page.read_text().partition(BEGIN)
    tail = rest.partition(END)[2]
    body = "\n".join(table(json.loads(figures.read_text())))
    page.write_text(f"{head}{BEGIN}\n\n{body}\n\n{END}{tail}")


if __name__ == "__main__":
    main()
