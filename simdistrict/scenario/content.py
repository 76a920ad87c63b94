"""The content of one scenario file, as plain values that need neither YAML nor a schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simdistrict.scenario.tree import Node
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
