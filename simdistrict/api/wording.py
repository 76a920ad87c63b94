"""Errors of the rooms below in the words of Python: `save`, where the command line has --save."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from simdistrict.base.errors import Problem, SimdistrictError

P = ParamSpec("P")
T = TypeVar("T")

# an option; not in the words of a command, which a user types as they stand
_OPTION = re.compile(r"(?<!\w)--([a-z][a-z-]*)")
# an option with the words for it in Python, where they are not its name
_BOTH = re.compile(r"--[a-z][a-z-]* \(([^()]*) in Python\)")
_COMMAND = re.compile(r"simdistrict [a-z]+[^()`;]*|`[^`]*`")


def in_python(function: Callable[P, T]) -> Callable[P, T]:
    """A function whose errors name parameters in place of options."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except SimdistrictError as error:
            found = [Problem(*map(reworded, (p.where, p.what, p.hint))) for p in error.problems]
            if found == list(error.problems):
                raise
            raise type(error)(found) from None

    return call


def reworded(text: str) -> str:
    """A text with parameters in place of options, but for commands in it."""
    parts, end = [], 0
    text = _BOTH.sub(r"\1", text)
    for command in _COMMAND.finditer(text):
        parts += [_parameters(text[end : command.start()]), command.group()]
        end = command.end()
    return "".join([*parts, _parameters(text[end:])])


def _parameters(text: str) -> str:
    return _OPTION.sub(lambda option: option[1].replace("-", "_"), text)
