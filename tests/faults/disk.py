"""Commands on a disk that is full, or that nobody may write to.

Both need a mount of their own, which a user may make in a namespace where the system allows it.
"""

from __future__ import annotations

import functools
import random
import subprocess
from pathlib import Path

from tests.faults.jobs import PROGRAM, Bench, environment, files
from tests.faults.trials import Trial

_FULL = """
mount -t tmpfs -o size={size}k tmpfs "{folder}/disk"
cp -r "{folder}/inputs/." "{folder}/disk/"
cd "{folder}/disk"
"$@"
code=$?
cp -r . "{folder}/after"
exit $code
"""
_READ_ONLY = """
mount --bind "{folder}/disk" "{folder}/disk"
mount -o remount,bind,ro "{folder}/disk"
cd "{folder}/disk"
exec "$@"
"""


@functools.cache
def can_mount() -> bool:
    """Whether this user may mount a file system in a namespace."""
    words = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    try:
        return subprocess.run(words, capture_output=True).returncode == 0
    except OSError:
        return False


def full(bench: Bench, rng: random.Random) -> Trial:
    """Run on a disk with a random, too small size: refused in words, nothing half-written."""
    folder = _fresh(bench)
    need = sum(map(len, bench.new.values())) // 1024
    inputs = sum(map(len, bench.inputs.values())) // 1024 + 4 * len(bench.inputs)
    # a file of a byte takes a page, and a folder one more
    size = inputs + 40 + int(rng.uniform(0.05, 0.9) * need)
    done = _in_namespace(bench, folder, _FULL.format(size=size, folder=folder))
    faults = _in_words(done)
    there = files(folder / "after")
    state = bench.state(folder / "after")
    if state not in ("new", "nothing", "old"):
        faults.append(state)
    left = sorted(set(there) - {*bench.inputs, *bench.new})
    # finished chunks wait for a repetition
    left = [name for name in left if ".parts/" not in name]
    if left:
        faults.append(f"left behind: {', '.join(left[:5])}")
    if done.returncode == 0 and state != "new":
        faults.append("it reported success without an output")
    return Trial(bench.job.name, state, tuple(faults))


def read_only(bench: Bench) -> Trial:
    """Run in a folder that cannot be written to: refused in words, nothing changed."""
    folder = _fresh(bench)
    before = files(folder / "disk")
    done = _in_namespace(bench, folder, _READ_ONLY.format(folder=folder))
    faults = _in_words(done)
    if done.returncode != 3:
        faults.append(f"exit code {done.returncode} in a read-only folder")
    if files(folder / "disk") != before:
        faults.append("it changed a read-only folder")
    return Trial(bench.job.name, "old", tuple(faults))


def _fresh(bench: Bench) -> Path:
    folder = bench.trial("mounted", older=False)
    for name in ("inputs", "disk", "after"):
        (folder / name).mkdir()
    for path, content in bench.inputs.items():
        for inner in ("inputs", "disk"):
            target = folder / inner / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return folder


def _in_namespace(bench: Bench, folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    words = ["unshare", "-rm", "sh", "-c", script, "sh", *PROGRAM, *bench.job.words]
    return subprocess.run(words, env=environment(), capture_output=True, text=True)


def _in_words(done: subprocess.CompletedProcess[str]) -> list[str]:
    faults = []
    if done.returncode not in (0, 3):
        faults.append(f"exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    if "Traceback" in done.stderr or "unexpected" in done.stderr:
        faults.append(f"a traceback: {done.stderr.strip()[-300:]}")
    return faults
