"""A model's calibration settings: `calibration.yaml` in the folder of the model file.

Text in, plain values out; `evaluation.free_constants` looks names up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.library import shown
from simdistrict.base.outside import check_inside
from simdistrict.calibration.section import Section
from simdistrict.scenario.tree import YamlNode, read_text, read_tree

NAME = "calibration.yaml"
INFER = "infer"
KEYS = ("data", "free", "until", "starts", "evaluations", "seed", INFER)
INFER_KEYS = ("statements", "prior", "free", "until", "likelihood", "ess", "runs", "seed")
_BOUNDS = "write `name: [low, high]`"


@dataclass(frozen=True, slots=True)
class InferSettings:
    """The section `infer`; None where it states nothing.

    statements, prior: resolved paths; free: names of constants of the prior table, None for all;
    until: the last time of the data that count; likelihood: `series` or `payoff`; ess: effective
    draws; runs: most model runs.
    """

    statements: Path | None = None
    prior: Path | None = None
    free: tuple[str, ...] | None = None
    until: float | None = None
    likelihood: str | None = None
    ess: int | None = None
    runs: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings; None or empty where the file states none.

    data: the resolved path; free: name -> (low, high); where: name -> `file:line`; infer: what
    holds for a posterior.
    """

    data: Path | None = None
    free: dict[str, tuple[float, float]] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    until: float | None = None
    starts: int | None = None
    evaluations: int | None = None
    seed: int | None = None
    infer: InferSettings | None = None


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
    section = Section(entries, where, path.parent, problems)
    section.check_keys(KEYS)
    data = section.path("data")
    stated = entries.get("data")
    if stated is None or stated.value is None:
        problems.append(Problem(where, "data: the path of a file is missing"))
    free, places = _free(entries.get("free"), where, problems)
    until = section.number("until")
    settings = Settings(
        data,
        free,
        places,
        until,
        section.count("starts", 1),
        section.count("evaluations", 1),
        section.count("seed", 0),
        _infer(section, until),
    )
    if problems:
        raise ScenarioError(problems)
    return settings


def _infer(section: Section, until: float | None) -> InferSettings | None:
    """The section `infer`; until: that of the fit, which holds for both."""
    node = section.entries.get(INFER)
    if node is None:
        return None
    if not isinstance(node.value, dict):
        section.problem(node, f"{INFER}: this is no mapping")
        return None
    own = replace(section, entries=node.value, name=f"{INFER}.")
    own.check_keys(INFER_KEYS)
    stated = own.number("until")
    return InferSettings(
        own.path("statements"),
        own.path("prior"),
        own.names("free"),
        until if stated is None else stated,
        own.word("likelihood", ("series", "payoff")),
        own.count("ess", 1),
        own.count("runs", 1),
        own.count("seed", 0),
    )


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


def _finite(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)
