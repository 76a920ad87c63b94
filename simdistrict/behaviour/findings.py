"""All findings about a model, of checks that run it and of those that do not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simdistrict.behaviour.checking import NAMES, check_behaviour, made
from simdistrict.behaviour.checks import CHECKS, Finding, check_model, refuse_unknown
from simdistrict.behaviour.statements import Statements, checks_file, read_statements
from simdistrict.model.model import Model
from simdistrict.run.plan import Prepared


def findings(
    model: Model | Prepared,
    path: Path,
    only: Sequence[str] = (),
    strict: Sequence[str] = (),
    corners: int = 0,
    seed: int = 1,
) -> tuple[list[Finding], list[str]]:
    """All findings, and the names of the checks that ran.

    path: of the model, next to which its checks file lies; only: names of checks, default all but
    corners; strict: checks whose warnings are errors; corners: number of random corners, and of
    inner points. Raises ModelError for an unknown check.
    """
    refuse_unknown((*only, *strict), (*CHECKS, *NAMES))
    read = model.model if isinstance(model, Prepared) else model
    still = [n for n in only if n in CHECKS]
    moving = [n for n in only if n in NAMES]
    found: list[Finding] = []
    ran: list[str] = []
    if still or not only:
        found += check_model(read, still, [n for n in strict if n in CHECKS])
        ran += [n for n in CHECKS if not only or n in only]
    # a model without a causal order cannot run, which is reported already
    runnable = not any(f.check == "structure" and f.severity == "error" for f in found)
    if runnable and (moving or corners or not only):
        file = checks_file(path)
        stated = read_statements(file, read, path) if file else Statements()
        if corners and only and "corners" not in moving:
            moving.append("corners")
        hard = [n for n in strict if n in NAMES]
        # one finding per fault: units that do not balance do not scale either
        unbalanced = {f.element for f in found if f.check == "units"}
        found += [
            f
            for f in check_behaviour(model, stated, moving, hard, corners_count=corners, seed=seed)
            if f.check != "unit-of-account" or f.element not in unbalanced
        ]
        ran += made(stated, moving, corners)
    # report a fault once, however often the equation repeats it
    return list(dict.fromkeys(found)), ran
