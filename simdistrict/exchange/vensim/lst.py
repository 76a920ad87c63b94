"""Save lists of Vensim (.lst): the elements that a run keeps, one in a line."""

from __future__ import annotations

from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.exchange.text.files import text_lines
from simdistrict.exchange.vensim.series import element_key
from simdistrict.model.model import Model


def read_lst(path: Path, model: Model) -> tuple[str, ...]:
    """The names of the elements that a .lst file lists, in the model's spelling, each once.

    An element with subscripts, `NAME[label]`, stands for all of NAME: a result keeps whole
    arrays. Raises ExchangeError where the file is no text, ScenarioError with every line that
    the model has no element for.
    """
    names: dict[str, None] = {}
    problems: list[Problem] = []
    for at, line in enumerate(text_lines(path), 1):
        if not line.strip():
            continue
        _, element = element_key(line)
        if element in model.by_name:
            names[model.by_name[element].name] = None
        else:
            unknown = model.unknown(element)
            problems.append(Problem(f"{path}:{at}", unknown.what, unknown.hint))
    if not names and not problems:
        problems.append(Problem(str(path), "the list is empty"))
    if problems:
        raise ScenarioError(problems[:20])
    return tuple(names)
