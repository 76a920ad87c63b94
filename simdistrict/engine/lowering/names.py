"""The one allocator of the names that emitted source prints.

Every name is handed out here: locals, temporaries, loop variables, index positions and tables. A
local differs from every other local of its function, from helpers, builtins and keywords; locals
are lower case and tables upper case, so these never meet.
"""

from __future__ import annotations

import builtins
import keyword
import re

from simdistrict.engine.helpers.runtime import GUARDED

# what the emitter prints by itself: functions, arguments, times
_PRINTED = "once start settle derive switches margins v out stop t u s m e inf nan"
_FIXED = frozenset(
    {*GUARDED, *dir(builtins), *keyword.kwlist, *keyword.softkwlist, *_PRINTED.split()}
)
_NO_LETTERS = re.compile(r"\W+", re.ASCII)
# enough letters to recognise an element by
_LONGEST = 60


class PrintedNames:
    """The names of one source. tables: the name of each table, by its numbers."""

    def __init__(self) -> None:
        self.tables: dict[tuple[int, ...], str] = {}
        self._here: set[str] = set()
        self._next: dict[str, int] = {}
        self._loops: dict[int, str] = {}

    def begin(self) -> None:
        """Start a function: its locals are its own."""
        self._here = set()
        self._next = {}
        self._loops = {}

    def local(self, wish: str) -> str:
        """A new local of the function, spelled like the wish where that is free."""
        stem = _NO_LETTERS.sub("_", wish).lower()[:_LONGEST].strip("_")
        if not stem or stem[0].isdigit():
            stem = f"x_{stem}"
        name, k = stem, self._next.get(stem, 2)
        while name in _FIXED or name in self._here:
            name, k = f"{stem}_{k}", k + 1
        self._next[stem] = k
        self._here.add(name)
        return name

    def loop(self, number: int) -> str:
        """The variable of a loop: one name for all loops of that number in the function."""
        if number not in self._loops:
            self._loops[number] = self.local("ijk"[number] if number < 3 else f"i{number}")
        return self._loops[number]

    def table(self, numbers: tuple[int, ...]) -> str:
        """The table that holds the numbers."""
        return self.tables.setdefault(numbers, f"PLACES_{len(self.tables)}")
