"""Pipes, devices, bombs and huge files are refused in words: no hang, no crash, no full memory."""

from __future__ import annotations

import time

import pytest

from tests.faults.fuzz.watch import tried
from tests.faults.hostile import Case, attempt, cases

# the short form: one of each, of kinds that are read fast
QUICK = {
    "a named pipe": ("changes", "scenario", "model", "prior"),
    "a device without end": ("data", "XMILE", "record", "result"),
    "the environment of the process": ("settings", "list", "study"),
    "a link to itself": ("control", "checks", "number table"),
    "60 GB without content": ("series", "table of text", "old workbook", "text of a model"),
    "aliases of aliases": ("scenario",),
    "entities of entities": ("XMILE", "workbook"),
    "a Python object": ("settings",),
}


def ends(case: Case) -> None:
    (found,) = tried(attempt(case), lambda _: b"", iter([0]), time.monotonic() + 600)
    assert not found.found, f"{case}: {found.what}"


@pytest.mark.parametrize(
    "case", [case for case in cases() if case.kind in QUICK.get(case.what, ())], ids=str
)
def test_a_hostile_file_is_refused(case: Case) -> None:
    ends(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_every_hostile_file_is_refused(case: Case) -> None:
    ends(case)
