"""The kinds of errors and the exit codes, from the classes of exceptions."""

from __future__ import annotations

import re

import simdistrict
from docs.make.python import public_names, section
from simdistrict.cli.main import EXIT_CODES

INTRODUCTION = """# Errors and exit codes

Every error that simdistrict raises on purpose is a `SimdistrictError`. Its text has the form

```text
where | what is wrong
    what to do about it
```

where `where` is a file with its line, or an element. An input with several faults raises one
error that lists them all; `error.problems` has them one by one, with `where`, `what` and `hint`.
Warnings do not stop a run: see [warnings](../warnings.md).

## Kinds of errors

| error in Python | meaning | exit code of the command |
|---|---|---|
"""
CODES = """
## Exit codes

| code | meaning |
|---|---|
"""
END = """
`--debug` prints a traceback with an error. An exit code of 1 without a message of this form is a
fault of simdistrict.
"""


def page() -> str:
    """The whole page."""
    rows = []
    for name in public_names():
        if section(name) == "Errors":
            error = getattr(simdistrict, name)
            meaning = (error.__doc__ or "").strip().splitlines()[0]
            link = f"[`{name}`](python.md#simdistrict.api.{name})"
            rows.append(f"| {link} | {meaning} | {error.exit_code} |")
    codes = [f"| {code} | {meaning} |" for code, meaning in exit_codes()]
    return "\n".join([INTRODUCTION + rows[0], *rows[1:], CODES + codes[0], *codes[1:], END])


def exit_codes() -> list[tuple[str, str]]:
    """The codes and their meanings, as `--help` prints them."""
    words = " ".join(EXIT_CODES.split())
    return re.findall(r"(\d+) ([^,.]+)", words)
