"""The definitions of an XMILE file: modules flattened, arrays split into elements, not parsed."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from simdistrict.base.errors import ModelError, Problem, did_you_mean
from simdistrict.base.numbers import whole
from simdistrict.exchange.text.patterns import COMMENT, QUOTED
from simdistrict.exchange.xmile.document import XmlNode
from simdistrict.exchange.xmile.graphs import read_graph
from simdistrict.exchange.xmile.scope import Definition, EquationPart, Graph
from simdistrict.exchange.xmile.spelling import spelled
from simdistrict.model.expr import fold
from simdistrict.model.model import Dimension

MAX_MODULES, MAX_LABELS = 1000, 100_000
_REFUSED = ("conveyor", "queue", "oven")
# a label, in quotes or up to a comma
_LABEL = re.compile(rf"\s*({QUOTED}|[^,]*?)\s*,")
_COMMENT = re.compile(COMMENT)


@dataclass
class Collection:
    """All definitions of a file, with problems and notes; groups: folded name -> group."""

    where: str
    dimensions: dict[str, Dimension] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def collect(root: XmlNode, where: str) -> Collection:
    """The definitions of a file; problems are collected, not raised."""
    found = Collection(where)
    for node in root.all("dimensions"):
        for dim in node.all("dim"):
            _dimension(dim, found)
    models = list(root.all("model"))
    if not models:
        hint = "XMILE holds its equations in <model>; is this another kind of XML file?"
        raise ModelError(Problem(where, "there is no model in this file", hint))
    named = {fold(spelled(m.attributes["name"])): m for m in models if m.attributes.get("name")}
    main = next((m for m in models if not m.attributes.get("name")), None) or _main(models, named)
    _Flattening(found, root, named).model(main, "", {}, 0)
    return found


def defined(
    node: XmlNode, home: str, root: XmlNode, model: XmlNode, found: Collection
) -> Definition | None:
    """Add the definition of a local element of a macro; None with a problem if it is wrong."""
    work = _Flattening(found, root, {})
    count = len(found.problems)
    work.define(node, home, {}, work.default_limits(model))
    name = fold(home + node.name)
    return found.definitions[name] if len(found.problems) == count else None


def _main(models: list[XmlNode], named: dict[str, XmlNode]) -> XmlNode:
    """The main model, if all models have names: the first that is not a module."""
    used = {
        fold(spelled(module.attributes.get("model") or module.attributes.get("name", "")))
        for model in models
        for home in (model, *model.all("variables"))
        for module in home.all("module")
    }
    return next((m for name, m in named.items() if name not in used), models[0])


def _dimension(node: XmlNode, found: Collection) -> None:
    name = node.name
    labels = [e.name for e in node.all("elem")]
    size = whole(node.attributes.get("size", ""))
    if not labels and size is not None and size <= MAX_LABELS:
        labels = [str(k + 1) for k in range(size)]
    place = f"{found.where}:{node.line}"
    if not name or not labels or not all(labels):
        found.problems.append(Problem(place, f'the dimension "{name}" has no labels'))
    elif len(set(map(fold, labels))) < len(labels):
        found.problems.append(Problem(place, f'the dimension "{name}" has a label twice'))
    elif fold(name) in found.dimensions:
        found.problems.append(Problem(place, f'there are two dimensions "{name}"'))
    else:
        found.dimensions[fold(name)] = Dimension(name, tuple(labels))


class _Flattening:
    """Flattens a model and its modules; names are prefixed with those of their modules."""

    def __init__(self, found: Collection, root: XmlNode, named: dict[str, XmlNode]) -> None:
        self.found = found
        self.root = root
        self.named = named

    def model(self, model: XmlNode, home: str, sources: dict[str, str], depth: int) -> None:
        """Flatten a model; sources: folded full name of a connected input -> full source name."""
        default = self.default_limits(model)
        homes = [model, *model.all("variables")]
        modules = [m for h in homes for m in h.all("module")]
        siblings = {fold(m.name) for m in modules}
        inner: dict[str, str] = {}
        for module in modules:
            inner |= self.connections(module, siblings, home)
        for at in homes:
            for node in at.children:
                if node.tag in ("stock", "flow", "aux", "gf"):
                    self.define(node, home, sources, default)
                elif node.tag == "group":
                    for var in node.all("var", "entity"):
                        name = fold(home + spelled(var.attributes.get("name", "") or var.text))
                        self.found.groups[name] = node.name
        for module in modules:
            self.module(module, home, inner, depth)

    def module(self, node: XmlNode, home: str, sources: dict[str, str], depth: int) -> None:
        name = node.name
        place = f"{self.found.where}:{node.line}"
        if node.attributes.get("resource"):
            what = f'the module "{name}" is in another file, which is not read'
            self.found.problems.append(Problem(place, what, "put the model into this file"))
            return
        model = self.named.get(fold(spelled(node.attributes.get("model") or name)))
        if model is None:
            what = f'there is no model for the module "{name}"'
            self.found.problems.append(Problem(place, what, did_you_mean(name, self.named)))
        elif depth > 50 or len(self.found.modules) >= MAX_MODULES:
            raise ModelError(Problem(place, f'the module "{name}" contains itself or too many'))
        else:
            self.found.modules.append(f"{place} | the module {home}{name}")
            self.model(model, f"{home}{name}.", sources, depth + 1)

    def connections(self, node: XmlNode, siblings: set[str], home: str) -> dict[str, str]:
        own = node.name
        found: dict[str, str] = {}
        for connect in node.all("connect"):
            to, source = (plain_name(connect.attributes.get(k, "")) for k in ("to", "from"))
            if not to or not source:
                continue
            first = fold(to.partition(".")[0])
            target = to if "." in to and first in siblings else f"{own}.{to.lstrip('.')}"
            # a leading dot refers to the model that contains the module
            found[fold(home + target)] = home + source.lstrip(".")
        return found

    def default_limits(self, model: XmlNode) -> dict[str, bool]:
        """The kinds of element that are non-negative by default."""
        found: dict[str, bool] = {}
        for at in (self.root, model):
            for behaviour in at.all("behavior"):
                if flag := behaviour.first("non_negative"):
                    found |= dict.fromkeys(("stock", "flow"), _is_true(flag))
                for kind in behaviour.all("stock", "flow"):
                    if flag := kind.first("non_negative"):
                        found[kind.tag] = _is_true(flag)
        return found

    def define(
        self, node: XmlNode, home: str, sources: dict[str, str], default: dict[str, bool]
    ) -> None:
        name = home + node.name
        place = f"{self.found.where}:{node.line}"
        problem = ""
        if name == home:
            problem = f"this {node.tag} has no name"
        elif fold(name) in self.found.definitions:
            first = self.found.definitions[fold(name)].line
            problem = f'"{name}" is defined twice, first in line {first}'
        for kind in _REFUSED:
            if node.first(kind):
                article = "an" if kind == "oven" else "a"
                problem = f'"{name}" is {article} {kind}, which is not supported'
        try:
            dims = self.dims(node, name)
            parts = tuple(self.parts(node, name, dims))
        except ModelError as error:
            self.found.problems += error.problems
            return
        if problem:
            self.found.problems.append(Problem(place, problem))
            return
        flag = node.first("non_negative")
        limited = _is_true(flag) if flag else default.get(node.tag, False)
        source = sources.get(fold(name), "")
        self.found.definitions[fold(name)] = Definition(
            name, node.tag, node, home, dims, parts, limited, source
        )

    def dims(self, node: XmlNode, name: str) -> tuple[str, ...]:
        listed = node.first("dimensions")
        names = [d.name for d in listed.all("dim")] if listed else []
        for dim in names:
            if fold(dim) not in self.found.dimensions:
                known = [d.name for d in self.found.dimensions.values()]
                what = f'"{name}" has the dimension "{dim}", which is not defined'
                place = f"{self.found.where}:{node.line}"
                raise ModelError(Problem(place, what, did_you_mean(dim, known)))
        return tuple(self.found.dimensions[fold(dim)].name for dim in names)

    def parts(self, node: XmlNode, name: str, dims: tuple[str, ...]) -> Iterator[EquationPart]:
        """The equations; those of the whole array serve elements without their own."""
        where = self.found.where
        whole = _part((), node, None, name, where)
        elements = list(node.all("element"))
        listed = list(node.all("eqn"))
        if dims and not elements and len(listed) > 1:
            # Vensim writes one equation for each element, in order
            yield from self.in_order(listed, whole, name, dims)
            return
        if not elements or not dims:
            yield whole
            return
        seen: set[tuple[str, ...]] = set()
        for element in elements:
            labels = self.labels(element, name, dims)
            if labels in seen:
                what = f'"{name}" is defined twice for {", ".join(labels)}'
                raise element.error(where, what)
            seen.add(labels)
            yield _part(labels, element, whole, name, where)

    def in_order(
        self, listed: list[XmlNode], whole: EquationPart, name: str, dims: tuple[str, ...]
    ) -> Iterator[EquationPart]:
        names = [list(map(fold, self.found.dimensions[fold(d)].labels)) for d in dims]
        places = list(itertools.product(*names)) if math.prod(map(len, names)) <= MAX_LABELS else []
        if len(listed) != len(places):
            what = f'"{name}" has {len(listed)} equations for {len(places)} elements'
            raise ModelError(Problem(f"{self.found.where}:{listed[0].line}", what))
        for labels, equation in zip(places, listed, strict=True):
            single = XmlNode("element", equation.line, {}, children=[equation])
            yield _part(labels, single, whole, name, self.found.where)

    def labels(self, element: XmlNode, name: str, dims: tuple[str, ...]) -> tuple[str, ...]:
        given = element.attributes.get("subscript", "")
        labels = tuple(fold(spelled(plain_name(part))) for part in _LABEL.findall(given + ","))
        known = [list(map(fold, self.found.dimensions[fold(d)].labels)) for d in dims]
        fits = len(labels) == len(dims) and all(
            label in names for label, names in zip(labels, known, strict=True)
        )
        if not fits:
            what = f'"{name}" has an equation for "{given}", which is not one of its elements'
            hint = f"its dimensions are {', '.join(dims)}"
            raise element.error(self.found.where, what, hint)
        return labels


def _part(
    labels: tuple[str, ...], node: XmlNode, whole: EquationPart | None, name: str, where: str
) -> EquationPart:
    equation = node.first("eqn")
    text = equation.text.strip() if equation else ""
    # a comment alone is no equation; Stella writes ??? for a missing one
    if _COMMENT.sub("", text).strip() in ("", "???"):
        text = ""
    line = equation.line if equation else node.line
    graph: Graph | None = None
    if drawn := (node if node.tag == "gf" else node.first("gf")):
        graph = read_graph(drawn, name, where)
    initial = node.text_of("init_eqn")
    if whole is not None:
        text, line = (text, line) if text else (whole.text, whole.line)
        initial, graph = initial or whole.initial, graph or whole.graph
    if equation and text == equation.text.strip():
        # skip the blank lines before the equation
        line += len(equation.text) - len(equation.text.lstrip("\n"))
    return EquationPart(labels, text, line, initial, graph)


def _is_true(flag: XmlNode) -> bool:
    return flag.text.strip().lower() not in ("false", "0")


def plain_name(text: str) -> str:
    """A name without the quotes around it or its parts."""
    return spelled(re.sub(QUOTED, lambda m: m.group()[1:-1], text.strip()))
