"""The content of a scenario file, from the cache where its text was read before."""

from __future__ import annotations

from pathlib import Path

from simdistrict.base.cache import cached
from simdistrict.scenario.content import PartContent, ScenarioContent
from simdistrict.scenario.tree import read_text


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
