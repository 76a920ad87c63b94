"""The exceptions of simdistrict and the format of their messages.

Nothing here knows what a model is; every other module may import this one.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

# letters of a sentence; a damaged file may have a name of a million letters
LONGEST = 1500


@dataclass(frozen=True, slots=True)
class Problem:
    """One error in an input.

    where: file and line, or the name of an element.
    what: one sentence.
    hint: what to do about it; may be empty.
    """

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        what = self.what if len(self.what) <= LONGEST else f"{self.what[:LONGEST]}..."
        line = f"{self.where} | {what}" if self.where else what
        return f"{line}\n    {self.hint}" if self.hint else line


class SimdistrictError(Exception):
    """Base of all exceptions raised on purpose; holds every problem of one input.

    problems: of each where it is (file and line, or an element), what it is, and a hint; its text
    has one line or two for each.

    >>> import simdistrict as sd
    >>> try:
    ...     sd.load("cor")
    ... except sd.SimdistrictError as error:
    ...     print(error.problems[0].what)
    there is no model called "cor"
    """

    exit_code = 1

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__("\n".join(str(p) for p in self.problems))

    def __reduce__(self) -> tuple[type[SimdistrictError], tuple[tuple[Problem, ...]]]:
        # unpickling rebuilds an exception from its problems, not from its text
        return type(self), (self.problems,)


@contextmanager
def collecting(problems: list[Problem]) -> Iterator[None]:
    """Append the problems of an exception raised inside to a list, and continue."""
    try:
        yield
    except SimdistrictError as error:
        problems += error.problems


class UsageError(SimdistrictError):
    """The arguments of a command do not fit together."""

    exit_code = 2


class ModelError(SimdistrictError):
    """A model file is not valid, or there is no such model or element.

    >>> import simdistrict as sd
    >>> try:
    ...     sd.load("core")["tarif"]
    ... except sd.ModelError as error:
    ...     print(error.problems[0].what)
    there is no element called "tarif" in the model core
    """

    exit_code = 3


class ScenarioError(SimdistrictError):
    """A scenario file, or a value for an element, is not valid.

    >>> import simdistrict as sd
    >>> try:
    ...     sd.load("core").run(params={"tariff": "high"})
    ... except sd.ScenarioError as error:
    ...     print(error.problems[0].what)
    "high" is text, not a number
    """

    exit_code = 3


class EngineError(SimdistrictError):
    """The chosen backend or integrator cannot run this model, or a library is missing.

    >>> import simdistrict as sd
    >>> try:
    ...     sd.load("core").run(integrator="heun")
    ... except sd.EngineError as error:
    ...     print(error.problems[0].what)
    there is no integrator "heun"
    """

    exit_code = 3


class WorkerError(SimdistrictError):
    """A worker process or a cluster failed: neither the input nor the run."""

    exit_code = 1


class ExchangeError(SimdistrictError):
    """A file cannot be read or written.

    >>> import simdistrict as sd
    >>> try:
    ...     sd.open("missing.nc")
    ... except sd.ExchangeError as error:
    ...     print(error.problems[0].where)
    missing.nc
    """

    exit_code = 3


def typed(*words: str) -> str:
    """A command line for a hint, with the quotes that a shell needs."""
    return shlex.join(("simdistrict", *words))


def nearest(name: str, names: Iterable[str], count: int = 3) -> list[str]:
    """The names most similar to `name`, best first, ignoring case and underscores."""
    if len(name) > LONGEST:
        return []
    folded = {n.lower().replace("_", " "): n for n in names}
    hits = difflib.get_close_matches(name.lower().replace("_", " "), folded, count, 0.6)
    return [folded[h] for h in hits]


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A hint with the names nearest to a misspelt one; empty where none is near."""
    hits = nearest(name, names)
    return "did you mean " + " or ".join(f'"{h}"' for h in hits) + "?" if hits else ""
