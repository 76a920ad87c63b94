"""The command line, called in this process as a shell would call it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from unittest.mock import patch

import pytest

from simdistrict.cli.main import main


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


def call(capsys: pytest.CaptureFixture[str], *args: object) -> Answer:
    """Run `simdistrict ARGS`; its exit code and what it printed."""
    capsys.readouterr()
    arguments = ["simdistrict", *map(str, args)]
    with patch.object(sys, "argv", arguments), pytest.raises(SystemExit) as stopped:
        main()
    printed = capsys.readouterr()
    code = stopped.value.code
    return Answer(0 if code is None else int(code), printed.out, printed.err)
