"""What stands in one file of a scenario, and the cache of files that were read before.

Plain values, so that a file that was read before needs neither YAML nor a schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simdistrict.cache import cached
from simdistrict.scenario.tree import Node, read_text
from simdistrict.scenario.values import RunSettings


@dataclass(frozen=True, slots=True)
class PolicyContent:
    """A policy: constants and the values they move to. Times are in the model's time unit."""

    start: float
    end: float | None
    ramp: float
    changes: Mapping[str, float]
    why: str


@dataclass(frozen=True, slots=True)
class VariantContent:
    """A variant; changes: what `--set` takes on its left, None for an end that is taken away."""

    title: str
    base: str | None
    parts: tuple[str, ...]
    changes: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class ScenarioContent:
    """A scenario file; the fields are described in `schema.ScenarioFile`.

    policies: None for one that is taken away; report: None where the file says nothing; tree:
    the same content, which knows the lines.
    """

    name: str | None
    title: str
    why: str
    model: str | None
    base: str | None
    parts: tuple[str, ...]
    claims: Mapping[str, str]
    policies: Mapping[str, PolicyContent | None]
    assume: Mapping[str, float]
    run: RunSettings
    report: tuple[str, ...] | None
    variants: Mapping[str, VariantContent]
    tree: Node


@dataclass(frozen=True, slots=True)
class PartContent:
    """A file that scenarios share; tree: the same content, which knows the lines."""

    title: str
    policies: Mapping[str, PolicyContent]
    assume: Mapping[str, float]
    tree: Node


def scenario_content(path: Path, where: str) -> ScenarioContent:
    """The content of a scenario file, from the cache where its text was read before.

    where: what messages call the file. Raises ScenarioError with everything that is wrong.
    """
    text = read_text(path, where)

    def read() -> ScenarioContent:
        # pydantic and ruamel.yaml take 0.1 s
        from simdistrict.scenario.schema import read_scenario_file

        return read_scenario_file(text, where)

    return cached(ScenarioContent, text, read)


def part_content(path: Path, where: str) -> PartContent:
    """The same for a file that scenarios share."""
    text = read_text(path, where)

    def read() -> PartContent:
        from simdistrict.scenario.schema import read_part_file

        return read_part_file(text, where)

    return cached(PartContent, text, read)
