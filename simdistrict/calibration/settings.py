"""A model's calibration settings: `calibration.yaml` in the folder of the model file.

Text in, plain values out; `evaluation.free_constants` looks names up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError, collecting, did_you_mean
from simdistrict.base.library import shown
from simdistrict.base.outside import check_inside
from simdistrict.scenario.tree import YamlNode, read_text, read_tree

NAME = "calibration.yaml"
KEYS = ("data", "free", "until", "starts", "evaluations", "seed")
_BOUNDS = "write `name: [low, high]`"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings; None or empty where the file states none.

    data: the resolved path; free: name -> (low, high); where: name -> `file:line`.
    """

    data: Path | None = None
    free: dict[str, tuple[float, float]] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    until: float | None = None
    starts: int | None = None
    evaluations: int | None = None
    seed: int | None = None


def settings_beside(model: Path) -> Settings | None:
    """The settings of a model file; None where it has none.

    Raises ScenarioError with everything in the file that is invalid.
    """
    path = model.parent / NAME
    if not path.is_file():
        return None
    check_inside(NAME, model.parent, shown(path), ScenarioError)
    return read_settings(path)


def settings_for(
    model: Path,
    data: Path | None = None,
    free: Mapping[str, tuple[float, float]] | None = None,
    until: float | None = None,
) -> Settings:
    """The settings of a model's own file, overridden by what is given.

    data: another file with data, to which none of the own settings apply; free: other constants
    to fit, none where it is empty. Raises ScenarioError where the model has no settings and no
    data are given.
    """
    own = settings_beside(model) if data is None else Settings(data)
    if own is None:
        what = f"there is no {NAME} next to {model.name}"
        raise ScenarioError(Problem(f"model {model.stem}", what, "give the data, and what is free"))
    if free is not None:
        places = {name: f'free constant "{name}"' for name in free}
        own = replace(own, free=dict(free), where=places)
    return own if until is None else replace(own, until=until)


def read_settings(path: Path) -> Settings:
    """Read one file of settings; its paths are relative to its folder."""
    where = shown(path)
    tree = read_tree(read_text(path, where), where)
    entries = tree.value
    assert isinstance(entries, dict)
    problems: list[Problem] = []
    for key, node in entries.items():
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f"the keys are {', '.join(KEYS)}"
            problems.append(Problem(f"{where}:{node.line}", f'there is no setting "{key}"', hint))

    def number(key: str) -> float | None:
        return _checked(entries.get(key), key, where, problems, _finite, "a finite number")

    def count(key: str, least: int) -> int | None:
        what = f"a whole number from {least} on"
        value = _checked(
            entries.get(key), key, where, problems, lambda v: _finite(v) and _whole(v, least), what
        )
        return None if value is None else int(value)

    data = entries.get("data")
    if data is None or not isinstance(data.value, str) or not data.value:
        line = f":{data.line}" if data else ""
        problems.append(Problem(where + line, "data: the path of a data file is missing"))
    free, places = _free(entries.get("free"), where, problems)
    if data is not None and isinstance(data.value, str):
        with collecting(problems):
            check_inside(data.value, path.parent, f"{where}:{data.line}", ScenarioError)
    settings = Settings(
        path.parent / str(data.value) if data else None,
        free,
        places,
        number("until"),
        count("starts", 1),
        count("evaluations", 1),
        count("seed", 0),
    )
    if problems:
        raise ScenarioError(problems)
    return settings


def _free(
    node: YamlNode | None, where: str, problems: list[Problem]
) -> tuple[dict[str, tuple[float, float]], dict[str, str]]:
    if node is None or node.value is None:
        return {}, {}
    if not isinstance(node.value, dict):
        problems.append(Problem(f"{where}:{node.line}", "free: this is no mapping", _BOUNDS))
        return {}, {}
    free: dict[str, tuple[float, float]] = {}
    places: dict[str, str] = {}
    for name, bounds in node.value.items():
        pair = [n.value for n in bounds.value] if isinstance(bounds.value, list) else []
        if len(pair) != 2 or not all(_finite(v) for v in pair):
            place = f"{where}:{bounds.line}"
            problems.append(Problem(place, f'free: "{name}" needs two numbers', _BOUNDS))
            continue
        low, high = (float(v) for v in pair if isinstance(v, float | int))
        free[name], places[name] = (low, high), f"{where}:{bounds.line}"
    return free, places


def _checked(
    node: YamlNode | None,
    key: str,
    where: str,
    problems: list[Problem],
    good: Callable[[object], bool],
    what: str,
) -> float | None:
    if node is None or node.value is None:
        return None
    if isinstance(node.value, float | int) and good(node.value):
        return float(node.value)
    problems.append(Problem(f"{where}:{node.line}", f"{key}: this is not {what}"))
    return None


def _finite(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: object, least: int) -> bool:
    return isinstance(value, float | int) and value == int(value) and value >= least
