"""Fuzz the readers: python -m tests.faults.fuzz --minutes 5 --reader mdl --seed 3.

Prints a line for each reader: inputs, accepted, refused, crashes, hangs, the slowest. Keeps one
small input for each fault in the folder of --keep, and adds the figures to figures.json there.
Exit code 5 where there is a fault.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
import time
import zlib
from collections import Counter
from pathlib import Path

from tests.faults.fuzz.readers import READERS
from tests.faults.fuzz.watch import Tried, smaller, tried

KEEP = Path("runs/faults")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="for each reader")
    parser.add_argument("--reader", action="append", choices=READERS, help="default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=KEEP)
    parser.add_argument("--number", type=int, help="try one input only, and print its end")
    wanted = parser.parse_args()
    faults = 0
    for name in wanted.reader or READERS:
        faults += fuzz(name, wanted.minutes, wanted.seed, wanted.keep.resolve(), wanted.number)
    sys.exit(5 if faults else 0)


def fuzz(name: str, minutes: float, seed: int, keep: Path, only: int | None = None) -> int:
    """Fuzz one reader and print its line; returns the number of different faults."""
    with tempfile.TemporaryDirectory(prefix="fuzz-cache-") as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        return _fuzz(name, minutes, seed, keep, only)


def _fuzz(name: str, minutes: float, seed: int, keep: Path, only: int | None) -> int:
    reader = READERS[name]
    inputs = reader.inputs(name, seed)
    counts: Counter[str] = Counter()
    faults: dict[str, Tried] = {}
    slowest = Tried(0, "", 0.0)
    numbers = itertools.count() if only is None else iter([only])
    for one in tried(reader.attempt, inputs, numbers, time.monotonic() + 60 * minutes):
        counts[one.end] += 1
        if one.seconds > slowest.seconds:
            slowest = one
        if one.found:
            faults.setdefault(one.what.partition(": ")[0], one)
        if only is not None:
            print(one.end, one.what, one.trace)
    print(
        f"{name:<12} {sum(counts.values()):>7} inputs: {counts['accepted']} accepted, "
        f"{counts['refused']} refused, {counts['crash']} crashes, {counts['hang']} hangs; "
        f"{len(faults)} different faults; slowest {slowest.seconds:.1f} s",
        flush=True,
    )
    if only is not None:
        return len(faults)
    keep.mkdir(parents=True, exist_ok=True)
    _add(keep / "figures.json", name, minutes, counts)
    for place, one in faults.items():
        content = inputs(one.number)
        content = smaller(reader.attempt, content, one.what, 60 if one.end == "hang" else 20)
        file = keep / f"{name}-{zlib.crc32(place.encode()):08x}"
        file.write_bytes(content)
        text = f"{name} seed {seed} number {one.number}\n{one.what}\n{one.trace}\n"
        file.with_suffix(".txt").write_text(text)
        print(f"    {one.what}\n        {file}", flush=True)
    return len(faults)


def _add(file: Path, name: str, minutes: float, counts: Counter[str]) -> None:
    """Add the figures of one reader to those of earlier ones."""
    known = json.loads(file.read_text()) if file.exists() else {}
    own = Counter(known.get("fuzz", {}).get(name, {}))
    own.update(counts)
    own.update({"seconds": round(60 * minutes)})
    known.setdefault("fuzz", {})[name] = dict(own)
    file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
