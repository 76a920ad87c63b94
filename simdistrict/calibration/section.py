"""One mapping of a YAML file of settings: numbers, counts, words and paths by key."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError, collecting, did_you_mean
from simdistrict.base.outside import check_inside
from simdistrict.scenario.tree import YamlNode


@dataclass(frozen=True)
class Section:
    """Reads the values of a mapping and collects problems.

    where, folder: of the file; problems: of the whole file; name: of the section with a dot at
    its end, empty for the file itself.
    """

    entries: Mapping[str, YamlNode]
    where: str
    folder: Path
    problems: list[Problem]
    name: str = ""

    def check_keys(self, keys: Sequence[str]) -> None:
        """Problems for keys that do not exist."""
        for key, node in self.entries.items():
            if key not in keys:
                hint = did_you_mean(key, keys) or f"the keys are {', '.join(keys)}"
                self.problem(node, f'there is no setting "{self.name}{key}"', hint)

    def problem(self, node: YamlNode, what: str, hint: str = "") -> None:
        """A problem at the line of a value."""
        self.problems.append(Problem(f"{self.where}:{node.line}", what, hint))

    def number(self, key: str) -> float | None:
        """A finite number; None where it is missing."""
        return self._checked(key, _finite, "a finite number")

    def count(self, key: str, least: int) -> int | None:
        """A whole number."""
        what = f"a whole number from {least} on"
        value = self._checked(key, lambda v: _finite(v) and _whole(v, least), what)
        return None if value is None else int(value)

    def word(self, key: str, words: Sequence[str]) -> str | None:
        """One of some words."""
        node = self.entries.get(key)
        if node is None or node.value is None:
            return None
        if node.value in words:
            return str(node.value)
        hint = did_you_mean(str(node.value), words) or f"use one of {', '.join(words)}"
        self.problem(node, f'{self.name}{key}: there is no "{node.value}"', hint)
        return None

    def path(self, key: str) -> Path | None:
        """The path of a file that lies in the folder, or below."""
        node = self.entries.get(key)
        if node is None or node.value is None:
            return None
        if not isinstance(node.value, str) or not node.value:
            self.problem(node, f"{self.name}{key}: the path of a file is missing")
            return None
        with collecting(self.problems):
            check_inside(node.value, self.folder, f"{self.where}:{node.line}", ScenarioError)
        return self.folder / node.value

    def names(self, key: str) -> tuple[str, ...] | None:
        """A list of names; None where it is missing, or `all`."""
        node = self.entries.get(key)
        if node is None or node.value is None or node.value == "all":
            return None
        if isinstance(node.value, list) and node.value:
            names = [own.value for own in node.value]
            if all(isinstance(name, str) for name in names):
                return tuple(str(name) for name in names)
        self.problem(
            node, f"{self.name}{key}: this is no list of names", "write `all`, or `[a, b]`"
        )
        return None

    def _checked(self, key: str, good: Callable[[object], bool], what: str) -> float | None:
        node = self.entries.get(key)
        if node is None or node.value is None:
            return None
        if isinstance(node.value, float | int) and good(node.value):
            return float(node.value)
        self.problem(node, f"{self.name}{key}: this is not {what}")
        return None


def _finite(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: object, least: int) -> bool:
    return isinstance(value, float | int) and value == int(value) and value >= least
