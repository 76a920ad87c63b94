"""A map file in terms of one model: its names exist, its loops are closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from simdistrict.base.errors import Problem, ScenarioError, did_you_mean
from simdistrict.base.library import MODEL_SUFFIXES, shown
from simdistrict.base.outside import check_inside
from simdistrict.maps.values import ModelMap, Sector, StatedArrow, StatedLoop, Variable
from simdistrict.model.expr import fold
from simdistrict.model.model import Lookup, Model, Stock
from simdistrict.scenario.places import find_element, find_places
from simdistrict.scenario.tree import YamlNode, read_text

if TYPE_CHECKING:
    from simdistrict.maps.schema import MapFile

FILE = "map.yaml"


def map_file(model: Path) -> Path | None:
    """The map file of a model file, or None.

    It is `<stem>.map.yaml` in the same folder; else `map.yaml`, where the folder has the model's
    name or holds no other model.
    """
    own = model.with_name(f"{model.stem}.{FILE}")
    common = model.with_name(FILE)
    found = own if own.is_file() else common if common.is_file() else None
    if found is None:
        return None
    check_inside(found.name, model.parent, shown(found), ScenarioError)
    if found == own or model.resolve().parent.name == model.stem:
        return found
    others = [f for f in model.parent.iterdir() if f.suffix.lower() in MODEL_SUFFIXES]
    return found if len(others) <= 1 else None


def read_map(path: Path, model: Model) -> ModelMap:
    """The map in a file, for a model.

    Raises ScenarioError with everything that is invalid or does not fit the model.
    """
    return map_from_text(read_text(path, shown(path)), shown(path), model)


def map_from_text(text: str, where: str, model: Model) -> ModelMap:
    """As `read_map`, from text."""
    # pydantic and ruamel.yaml take 0.2 s, needed only with a map
    from simdistrict.maps.schema import read_map_file

    file, tree = read_map_file(text, where)
    reader = _Reader(model, where, tree)
    found = reader.map_of(file)
    if reader.problems:
        raise ScenarioError(reader.problems)
    return found


class _Reader:
    """Looks names up and collects problems."""

    def __init__(self, model: Model, where: str, tree: YamlNode) -> None:
        self.model, self.where, self.tree = model, where, tree
        self.problems: list[Problem] = []

    def map_of(self, file: MapFile) -> ModelMap:
        variables = tuple(self._variables(file))
        known = {fold(key): key for key in file.variables}
        loops = tuple(
            StatedLoop(
                name,
                loop.polarity,
                tuple(self._key(key, known, "loops", name) for key in loop.through),
                *loop.at,
            )
            for name, loop in file.loops.items()
        )
        arrows = []
        for k, arrow in enumerate(file.arrows):
            ends = [self._key(key, known, "arrows", k) for key in (arrow.source, arrow.target)]
            arrows.append(StatedArrow(ends[0], ends[1], arrow.bend))
        return ModelMap(
            self.where,
            file.title,
            file.scenario or "",
            (file.size[0], file.size[1]),
            tuple(Sector(n, (c[0], c[1]), (c[2], c[3])) for n, c in file.sectors.items()),
            variables,
            loops,
            tuple(arrows),
        )

    def _say(self, what: str, hint: str, *path: str | int) -> None:
        self.problems.append(Problem(f"{self.where}:{self.tree.at(path).line}", what, hint))

    def _key(self, key: str, known: dict[str, str], *path: str | int) -> str:
        if fold(key) not in known:
            hint = did_you_mean(key, list(known.values())) or "name it under `variables`"
            self._say(f'the map has no variable "{key}"', hint, *path)
        return known.get(fold(key), key)

    def _variables(self, file: MapFile) -> Iterator[Variable]:
        for key, stated in file.variables.items():
            text = stated.element or key
            element, subscripts = find_element(self.model, text)
            path = ("variables", key)
            if element is None or isinstance(element, Lookup):
                problem = self.model.unknown(text)
                what = f'"{text}" is a lookup, which has no value' if element else problem.what
                self._say(what, "" if element else problem.hint, *path)
                continue
            if subscripts is not None and len(subscripts) < len(element.dims):
                subscripts = self._filled(element.dims, subscripts)
            places = find_places(self.model, element, subscripts, self.where)
            if isinstance(places, Problem):
                self._say(places.what, places.hint, *path)
                continue
            stock = isinstance(element, Stock)
            label = stated.label or key
            x, y = stated.at
            yield Variable(key, label, text, fold(element.name), places[0], x, y, stock)

    def _filled(self, dims: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
        """Subscripts for all dimensions: the whole of each that is not written.

        `capacity[home]` is all of capacity at home: each label or range goes to the first
        dimension that has it.
        """
        left = list(given)
        found = []
        for dim in dims:
            known = {fold(x) for x in self.model.dims_by_name[fold(dim)].labels}
            own = next((s for s in left if self._labels(s) <= known), None)
            found.append(dim if own is None else own)
            if own is not None:
                left.remove(own)
        return given if left else tuple(found)

    def _labels(self, subscript: str) -> set[str]:
        """The labels of a range, or the label itself."""
        found = self.model.dims_by_name.get(fold(subscript))
        return {fold(subscript)} if found is None else {fold(x) for x in found.labels}
