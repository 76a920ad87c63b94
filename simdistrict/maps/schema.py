"""The closed schema of a map file: sectors, variables and loops of one model, with their places.

Reads the text of one file; `reading` looks its names up in a model.
`python -m simdistrict.maps.schema` prints the JSON schema that editors use.
"""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.scenario.schema import (
    Closed,
    FiniteNumber,
    Section,
    by_line,
    json_schema_text,
    keys_at,
    repeated_names,
    validated,
)
from simdistrict.scenario.tree import KeyPath, YamlNode, read_tree


def _so_many(count: int) -> AfterValidator:
    def check(numbers: list[float]) -> list[float]:
        if len(numbers) != count:
            given = {"count": count, "found": len(numbers)}
            raise PydanticCustomError("own", "{count} numbers are due, not {found}", given)
        return numbers

    return AfterValidator(check)


def _list_of(count: int) -> WithJsonSchema:
    items = {"type": "number"}
    return WithJsonSchema({"type": "array", "items": items, "minItems": count, "maxItems": count})


Place = Annotated[list[FiniteNumber], _so_many(2), _list_of(2)]
Corners = Annotated[list[FiniteNumber], _so_many(4), _list_of(4)]


class VariableFile(Closed):
    """A variable of the map: an element of the model, or some of its labels."""

    label: str = Field("", description="The words of the map; default: the key.")
    element: str = Field(
        "",
        description="An element, or part of an array such as `capacity[home]`; default: the key.",
    )
    at: Place = Field(description="Its centre: inches from the left and from the bottom.")


class LoopFile(Closed):
    """A feedback loop with a name."""

    polarity: Literal["R", "B"] = Field(description="R: reinforcing; B: balancing.")
    through: Annotated[list[str], Field(min_length=2)] = Field(
        description="Its variables in causal order; the last one acts on the first."
    )
    at: Place = Field(description="Where its mark stands, or near it.")


class ArrowFile(Closed):
    """An arrow; signs are measured and not stated."""

    source: str = Field(alias="from", description="A variable of the map.")
    target: str = Field(alias="to", description="A variable of the map.")
    bend: FiniteNumber | None = Field(
        None, description="Its curve, as a share of its length, positive to the left."
    )


class MapFile(Closed):
    """A map of one model: what it shows, and where."""

    title: str = Field("", description="One line for lists.")
    scenario: str | None = Field(
        None,
        description="Signs are measured in the run of this scenario; default: the model alone.",
    )
    size: Place = Field(description="Width and height in inches.")
    sectors: Annotated[dict[str, Corners], Section] = Field(
        default_factory=dict, description="Rectangles by name: left, bottom, right, top."
    )
    variables: Annotated[dict[str, VariableFile], Field(min_length=2)] = Field(
        description="Variables by a short name."
    )
    loops: Annotated[dict[str, LoopFile], Section] = Field(
        default_factory=dict, description="Loops by name; their arrows are part of the map."
    )
    arrows: list[ArrowFile] = Field(
        default_factory=list, description="Arrows that belong to no loop, and bends of others."
    )


def read_map_file(text: str, where: str) -> tuple[MapFile, YamlNode]:
    """The content of one map file, and its tree, which knows the lines.

    Raises ScenarioError with everything that is wrong with the file.
    """
    tree = read_tree(text, where, "a map file", "variables", "Maps")
    problems: list[Problem] = []
    file = validated(MapFile, tree, where, _part, problems)
    names = [(name,) for name in ("sectors", "variables", "loops") if keys_at(tree, name)]
    problems += repeated_names(tree, where, names)
    if problems or file is None:
        raise ScenarioError(sorted(problems, key=by_line))
    return file, tree


def _part(path: KeyPath) -> tuple[type[BaseModel], str]:
    """The schema of the mapping that holds a key, and its name in messages."""
    match path:
        case ("variables", name, _, *_):
            return VariableFile, f'the variable "{name}"'
        case ("loops", name, _, *_):
            return LoopFile, f'the loop "{name}"'
        case ("arrows", int(), _, *_):
            return ArrowFile, "an arrow"
    return MapFile, "the map"


def map_schema_text() -> str:
    """The JSON schema as it is committed under docs/schema/map.json."""
    return json_schema_text(MapFile, "simdistrict map")


if __name__ == "__main__":
    sys.stdout.write(map_schema_text())
