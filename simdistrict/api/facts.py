"""What a model says of its elements, as plain data and as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simdistrict.base.counts import counted
from simdistrict.base.errors import ModelError
from simdistrict.exchange.text.equations import EquationText
from simdistrict.model.causality import feedback_loops, tree
from simdistrict.model.model import Constant, Element, Model, Range, Stock
from simdistrict.scenario.places import find_element, unknown


@dataclass(frozen=True, slots=True)
class ElementFacts:
    """An element: its equations in Vensim's language, what it depends on, and who uses it.

    dims: names of its dimensions; line: of the first equation in the file, 0 where there is none.
    causes, uses: names of elements; an array counts as one. value: of a constant, shortened.
    """

    name: str
    kind: str
    dims: tuple[str, ...]
    units: str
    range: Range
    group: str
    line: int
    equations: tuple[str, ...]
    documentation: str
    non_negative: bool
    causes: tuple[str, ...]
    uses: tuple[str, ...]
    value: str = ""

    @property
    def title(self) -> str:
        """The name with its dimensions."""
        return f"{self.name}[{','.join(self.dims)}]" if self.dims else self.name

    @property
    def bounds(self) -> str:
        """The range, after a space; empty where the model states none."""
        return "" if self.range == Range() else f" in {self.range}"

    @property
    def nature(self) -> str:
        """Kind, unit and range."""
        kind = f"non-negative {self.kind}" if self.non_negative else self.kind
        return f"{kind}, {self.units or 'no unit'}{self.bounds}"

    def document(self) -> dict[str, object]:
        """The facts for JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "dims": list(self.dims),
            "units": self.units,
            "range": [self.range.low, self.range.high],
            "group": self.group,
            "line": self.line,
            "equations": list(self.equations),
            "documentation": self.documentation,
            "non_negative": self.non_negative,
            "causes": list(self.causes),
            "uses": list(self.uses),
        }

    def lines(self) -> list[str]:
        """The facts as text."""
        said = [f"{self.title}  ({self.nature})", *(f"  {text}" for text in self.equations)]
        if self.documentation:
            said.append(f"  {self.documentation}")
        for title, names in (("causes", self.causes), ("uses", self.uses)):
            if names:
                said.append(f"  {title}: {', '.join(names)}")
        return said


def facts(model: Model) -> Iterator[ElementFacts]:
    """Every element, in the order of the file."""
    text = EquationText(model)
    return (_facts(model, text, element) for element in model)


def facts_of(model: Model, names: Sequence[str]) -> list[ElementFacts]:
    """The elements of these names; labels in brackets are ignored.

    Raises ModelError with every name that the model does not have.
    """
    text, found, problems = EquationText(model), [], []
    for name in names:
        element, _ = find_element(model, name)
        if element is None:
            problems.append(unknown(model, name, f"model {model.name}"))
        else:
            found.append(_facts(model, text, element))
    if problems:
        raise ModelError(problems)
    return found


@dataclass(frozen=True, slots=True)
class TreeRow:
    """An element in a tree of causes or uses; again: its own are shown above."""

    name: str
    depth: int
    kind: str
    units: str
    again: bool

    def __str__(self) -> str:
        more = " (shown above)" if self.again else ""
        return f"{'  ' * self.depth}{self.name}  ({self.kind}, {self.units or 'no unit'}){more}"


def tree_rows(model: Model, name: str, depth: int, *, users: bool) -> list[TreeRow]:
    """The causes of an element, or its users, as a tree.

    Raises ModelError where the model has no such element.
    """
    (start,) = facts_of(model, [name])
    rows = []
    for item in tree(model, start.name, depth, users=users):
        element = model.by_name[item.name]
        again = item.cut and item.depth < depth
        rows.append(TreeRow(element.name, item.depth, element.kind, element.units, again))
    return rows


def loops(model: Model) -> tuple[list[list[str]], bool]:
    """The shortest feedback loops, each in causal order, and whether there are more."""
    found, more = feedback_loops(model)
    return [[model.by_name[name].name for name in loop.names] for loop in found], more


def loop_lines(rings: Sequence[Sequence[str]], more: bool) -> list[str]:
    """Loops as text; more: whether the model has others."""
    lines = [f"{len(ring)}: {' -> '.join([*ring, ring[0]])}" for ring in rings]
    lines += [f"and more; these are the {len(rings)} shortest"] if more else []
    return lines or ["no feedback loop"]


def overview(model: Model) -> list[str]:
    """What a model holds: elements by kind, dimensions, files that it reads, notes."""
    kinds: dict[str, int] = {}
    for element in model:
        kinds[element.kind] = kinds.get(element.kind, 0) + 1
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    lines = [f"{model.name}: {counted(len(model.elements), 'element')} ({counts})"]
    for dimension in model.dimensions:
        lines.append(f"  {dimension.name}: {', '.join(dimension.labels)}")
    for _, known, name in model.external.files:
        lines.append(f"  reads {name} (sha256 {known[:12]})" if known else f"  lacks {name}")
    return [*lines, *model.notes]


def _facts(model: Model, text: EquationText, element: Element) -> ElementFacts:
    limited = isinstance(element, Stock) and element.non_negative
    causes, uses = (
        tuple(
            model.by_name[item.name].name
            for item in tree(model, element.name, 1, users=users)
            if item.depth == 1
        )
        for users in (False, True)
    )
    return ElementFacts(
        element.name,
        element.kind,
        element.dims,
        element.units,
        element.range,
        element.group,
        element.line,
        tuple(text.equation(element, e) for e in element.equations),
        " ".join(element.documentation.split()),
        limited,
        causes,
        uses,
        _value(text, element) if isinstance(element, Constant) else "",
    )


def _value(text: EquationText, element: Constant) -> str:
    if len(element.equations) != 1:
        return "by label"
    value = text.right(element, element.equations[0])
    return value if len(value) <= 40 else value[:37] + "..."
