"""How much work a program is: the operations of one evaluation, counted in its source."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simdistrict.engine.program import Program

_LOOP = re.compile(r"for \w+ in range\((?:(\d+), )?(\d+)\):")
_FUNCTION = re.compile(r"def (\w+)\(")
# functions that run at every evaluation; the others run at the start or after a change
_EVERY = ("derive",)


@dataclass(frozen=True, slots=True)
class Work:
    """Operations at the start and at every evaluation; element: the one with the most of them."""

    start: float
    every: float
    element: str
    most: float


def work_of(program: Program) -> Work:
    """The operations of a program: lines of its source, as often as loops repeat them."""
    start = every = 0.0
    by_element: dict[str, float] = {}
    loops: list[tuple[int, float]] = []
    function = element = ""
    for number, line in enumerate(program.source.splitlines(), 1):
        text = line.lstrip()
        if not text:
            continue
        indent = len(line) - len(text)
        while loops and loops[-1][0] >= indent:
            loops.pop()
        times = loops[-1][1] if loops else 1.0
        element = program.origin.get(number, element)
        if found := _FUNCTION.match(text):
            function = found[1]
        elif found := _LOOP.match(text):
            loops.append((indent, times * (int(found[2]) - int(found[1] or 0))))
        elif function in _EVERY:
            every += times
            by_element[element] = by_element.get(element, 0.0) + times
        else:
            start += times
            by_element[element] = by_element.get(element, 0.0) + times
    name = max(by_element, key=lambda key: by_element[key], default="")
    return Work(start, every, name, by_element.get(name, 0.0))
