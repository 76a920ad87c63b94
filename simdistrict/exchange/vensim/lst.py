"""Vensim's save lists (.lst): the elements that a run saves, one per line."""

from __future__ import annotations

from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.inputs import InputKind
from simdistrict.exchange.text.equations import quoted
from simdistrict.exchange.text.files import text_lines
from simdistrict.exchange.vensim.series import element_key
from simdistrict.model.model import Model

KIND = InputKind("a save list", 10_000_000)
MAX_PROBLEMS = 20


def read_lst(path: Path, model: Model) -> tuple[str, ...]:
    """The names in a .lst file, in quotes where needed, each with the labels that stand there.

    Raises ExchangeError for a file that is not text, and ScenarioError with every line that
    names no element.
    """
    names: dict[str, None] = {}
    problems: list[Problem] = []
    for at, line in enumerate(text_lines(path, KIND), 1):
        if not line.strip():
            continue
        key, element = element_key(line)
        if element in model.by_name:
            labels = "" if key == element else line.strip()[line.strip().rindex("[") :]
            names[quoted(model.by_name[element].name) + labels] = None
        elif len(problems) < MAX_PROBLEMS:
            unknown = model.unknown(element)
            problems.append(Problem(f"{path}:{at}", unknown.what, unknown.hint))
    if not names and not problems:
        problems.append(Problem(str(path), "the list is empty"))
    if problems:
        raise ScenarioError(problems)
    return tuple(names)
