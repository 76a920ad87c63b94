"""An XMILE file as a Model.

`document` reads the tree, `collect` the definitions, `grammar` and `meaning` the equations; this
module makes the elements.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from simdistrict.base.errors import ModelError, Problem, collecting
from simdistrict.exchange.text.numbers import as_number
from simdistrict.exchange.xmile.collect import Collection, collect, plain_name
from simdistrict.exchange.xmile.document import XmlNode, parse, read_text
from simdistrict.exchange.xmile.functions import ZERO
from simdistrict.exchange.xmile.grammar import Applied, parse_equation, parts
from simdistrict.exchange.xmile.graphs import graphed
from simdistrict.exchange.xmile.instances import Instances, Trees
from simdistrict.exchange.xmile.macros import XmileMacro, read_macros
from simdistrict.exchange.xmile.meaning import XmileEquationReader, applied_name
from simdistrict.exchange.xmile.scope import Definition, EquationPart, XmileNames
from simdistrict.exchange.xmile.specs import Specs, read_specs
from simdistrict.exchange.xmile.spelling import spelled
from simdistrict.model.expr import Array, Binary, Call, Expr, Number, Ref, Unary, fold
from simdistrict.model.model import (
    CONTROL,
    Auxiliary,
    Constant,
    Element,
    Equation,
    Flow,
    Lookup,
    Model,
    Range,
    Stock,
    as_kind,
)

_ARITHMETIC = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_KINDS: dict[str, type[Element]] = {"stock": Stock, "flow": Flow, "aux": Auxiliary, "gf": Lookup}


def read_xmile(path: Path) -> Model:
    """Read an XMILE file (.xmile, .stmx).

    Raises ExchangeError for a file that cannot be read, and ModelError with every problem found
    in the model.
    """
    return read_xmile_text(read_text(path), path.stem, str(path))


def read_xmile_text(text: str, name: str, where: str = "") -> Model:
    """The model in the text of an XMILE file; where: the file's name for messages."""
    file, where = where, where or f"{name}.xmile"
    root, unclosed = parse(text, where)
    if root.tag != "xmile":
        hint = "an XMILE file begins with <xmile>"
        raise root.error(where, f"this is <{root.tag}>, not XMILE", hint)
    specs = read_specs(root, where)
    found = collect(root, where)
    work = _ElementReader(found, specs, read_macros(root, where), root)
    elements = work.elements()
    if found.problems:
        raise ModelError(list(dict.fromkeys(found.problems)))
    notes = [*unclosed, *specs.notes]
    notes += [f"{line} is flattened: its names begin with its own" for line in found.modules]
    dimensions = tuple(found.dimensions.values())
    synonyms = tuple(_synonyms(root))
    settings = specs.integrator, tuple(notes), synonyms
    return Model(name, elements, dimensions, text, *settings, file=file)


def _from_vensim(root: XmlNode) -> bool:
    """Whether Vensim or a translator of its files wrote the file: INT and MOD are then Vensim's."""
    header = root.first("header")
    return header is not None and "ventana" in header.text_of("vendor").lower()


def _synonyms(root: XmlNode) -> Iterator[tuple[str, ...]]:
    for units in root.all("model_units"):
        for unit in units.all("unit"):
            names = [unit.name]
            names += [alias.text.strip() for alias in unit.all("alias")]
            if len(names) > 1 and all(names):
                yield tuple(names)


class _ElementReader:
    """Makes elements of definitions."""

    def __init__(
        self, found: Collection, specs: Specs, macros: dict[str, XmileMacro], root: XmlNode
    ) -> None:
        self.found = found
        self.specs = specs
        self.trees: Trees = {}
        self.parse_all()
        Instances(found, root, macros, self.parsed).expand(self.trees)
        names = found.definitions
        # the control elements, which every equation may read
        self.control = {
            key: Definition(e.name, "aux", XmlNode("aux", e.line, {}), "", (), ())
            for key, e in specs.control.items()
            if key not in names
        }
        plain = XmileNames({**names, **self.control}, found.dimensions)
        applied = frozenset(self.applied(plain))
        from_vensim = _from_vensim(root)
        self.scope = XmileNames(plain.definitions, found.dimensions, applied, from_vensim, macros)

    def parse_all(self) -> None:
        for key, definition in self.found.definitions.items():
            with collecting(self.found.problems):
                self.trees[key] = self.parsed(definition)

    def parsed(self, definition: Definition) -> list[tuple[Expr | None, Expr | None]]:
        """The trees of the equations and initial equations of a definition."""
        return [
            (self.tree(p.text, definition, p), self.tree(p.initial, definition, p))
            for p in definition.parts
        ]

    def tree(self, text: str, definition: Definition, part: EquationPart) -> Expr | None:
        if not text or definition.source:
            return None
        return parse_equation(text, definition.name, self.found.where, part.line)

    def applied(self, scope: XmileNames) -> Iterator[str]:
        """Folded names that equations apply as functions."""
        for key, trees in self.trees.items():
            home = self.found.definitions[key].home
            left = [tree for pair in trees for tree in pair if tree is not None]
            while left:
                node = left.pop()
                left += parts(node)
                if isinstance(node, Applied):
                    full = scope.find(applied_name(node), home)
                    if full is not None:
                        yield full

    def elements(self) -> tuple[Element, ...]:
        """The elements in the order of the file, then missing control elements."""
        made: dict[str, Element] = {}
        for key, definition in self.found.definitions.items():
            if key not in self.trees:
                continue
            with collecting(self.found.problems):
                made[key] = self.element(key, definition)
        own: dict[str, Element] = {}
        for key in CONTROL:
            with collecting(self.found.problems):
                own[key] = self.control_element(key, made)
        return tuple({**made, **own}.values())

    def control_element(self, key: str, made: dict[str, Element]) -> Element:
        """A control element of sim_specs, with the documentation of an element of that name."""
        stated = self.specs.control[key]
        there = made.get(key)
        if key in self.specs.formulas:
            expression = self.control_value(key)
            if there is not None and expression == Ref(key):
                return there  # the file names its own element
            kind = Constant if isinstance(expression, Number) else Auxiliary
            equations = (replace(stated.equations[0], expression=expression),)
            stated = as_kind(kind, stated, equations=equations)
        if there is None:
            return stated
        if key == "saveper" and isinstance(stated, Auxiliary):
            return there
        same = [e.expression for e in there.equations] == [e.expression for e in stated.equations]
        if same or not isinstance(there, Constant):
            return there
        units = there.units or stated.units
        return as_kind(type(stated), there, equations=stated.equations, units=units, dims=())

    def control_value(self, key: str) -> Expr:
        """A control value that sim_specs states as a name or an expression."""
        formula = self.specs.formulas[key]
        name = f"<{formula.tag}> of sim_specs"
        part = EquationPart((), formula.text, formula.line)
        node = XmlNode("aux", formula.line, {})
        definition = Definition(name, "aux", node, "", (), (part,))
        tree = parse_equation(formula.text, name, self.found.where, formula.line)
        place = f"{self.found.where}:{formula.line}"
        value = _computed(XmileEquationReader(self.scope, definition, (), place).whole(tree))
        if isinstance(value, Array) or (
            isinstance(value, Number) and not math.isfinite(value.value)
        ):
            what = f'{name} is "{formula.text[:60]}", which is not one finite number'
            raise ModelError(Problem(place, what))
        if not formula.reciprocal:
            return value
        return _computed(Binary("/", Number(1.0), value))

    def element(self, key: str, definition: Definition) -> Element:
        node = definition.node
        equations = self.equations(key, definition)
        kind = _KINDS[definition.tag]
        if self.scope.is_lookup(key):
            kind = Lookup
        elif definition.source:
            kind = Auxiliary
        elif kind is not Stock and all(
            isinstance(e.expression, Number | Array) and e.initial is None for e in equations
        ):
            kind, equations = Constant, _gathered(equations, definition, self.scope)
        element = kind(
            name=definition.name,
            equations=tuple(equations),
            units=node.text_of("units"),
            range=_range(node),
            documentation=" ".join(node.text_of("doc").split()),
            dims=definition.dims,
            group=self.found.groups.get(key, ""),
        )
        if isinstance(element, Stock) and definition.non_negative:
            return replace(element, non_negative=True)
        return element

    def equations(self, key: str, definition: Definition) -> list[Equation]:
        everywhere = tuple(map(fold, definition.dims))
        where = self.found.where
        if definition.source:
            reader = XmileEquationReader(self.scope, definition, (), f"{where}:{definition.line}")
            name = self.scope.find(definition.source, "")
            if name is None:
                raise reader.undefined(definition.source)
            return [Equation(reader.ref(name, ()), None, everywhere, (), definition.line)]
        found = []
        for part, (tree, initial) in zip(definition.parts, self.trees[key], strict=True):
            place = f"{where}:{part.line}"
            reader = XmileEquationReader(self.scope, definition, part.labels, place)
            value = self.value(key, definition, part, tree, reader)
            first = reader.whole(initial) if initial is not None else None
            subscripts = part.labels or everywhere
            if definition.tag == "stock":
                first, value = value, self.net_flow(definition, reader, subscripts)
            found.append(Equation(value, first, subscripts, (), part.line))
        if not found:
            raise definition.node.error(where, f'"{definition.name}" is empty')
        return found

    def value(
        self,
        key: str,
        definition: Definition,
        part: EquationPart,
        tree: Expr | None,
        reader: XmileEquationReader,
    ) -> Expr:
        if self.scope.is_lookup(key):
            assert part.graph is not None
            return part.graph.points
        if tree is None:
            raise reader.error("has no equation", "is the file unfinished or cut off?")
        value = _folded(reader.whole(tree))
        if isinstance(value, Array):
            self.check_list(value, definition, part, reader)
        if part.graph is not None:
            value = graphed(value, part.graph)
        if definition.tag == "flow" and definition.non_negative:
            match value:
                case Number(number):
                    return Number(0.0 if number <= 0 else number)
                case Array(numbers, shape):
                    return Array(tuple(0.0 if x <= 0 else x for x in numbers), shape)
            return Call("MAX", (value, ZERO))
        return value

    def check_list(
        self, value: Array, definition: Definition, part: EquationPart, reader: XmileEquationReader
    ) -> None:
        sizes = [len(self.found.dimensions[fold(d)].labels) for d in definition.dims]
        if part.labels or definition.tag not in ("aux", "flow") or part.graph is not None:
            raise reader.error("has a list of numbers where one number is expected")
        if math.prod(sizes) != len(value.values) or not sizes:
            needed = math.prod(sizes) if sizes else 1
            raise reader.error(f"needs {needed} numbers and has {len(value.values)}")

    def net_flow(
        self, definition: Definition, reader: XmileEquationReader, subscripts: tuple[str, ...]
    ) -> Expr:
        """The inflows minus the outflows of a stock."""
        result: Expr | None = None
        for op, flows in (("+", "inflow"), ("-", "outflow")):
            for node in definition.node.all(flows):
                name = self.flow_name(node, definition)
                if name is None:
                    raise reader.undefined(spelled(node.text))
                ref = reader.ref(name, ())
                if result is None:
                    result = ref if op == "+" else Unary("-", ref)
                else:
                    result = Binary(op, result, ref)
        return ZERO if result is None else result

    def flow_name(self, node: XmlNode, definition: Definition) -> str | None:
        """The folded name of a flow; of its source where it is an input of a module.

        So both stocks of a flow name the same one.
        """
        name = self.scope.find(plain_name(node.text), definition.home)
        for _ in self.found.modules:
            source = "" if name is None else self.scope.definitions[name].source
            name = self.scope.find(source, "") or name if source else name
        return name


def _folded(expr: Expr) -> Expr:
    """A number with its sign as one node."""
    match expr:
        case Unary("-", Number(value)):
            return Number(-value)
    return expr


def _computed(expr: Expr) -> Expr:
    """An expression of numbers as one number; any other expression unchanged."""
    match expr:
        case Unary("-", operand):
            inner = _computed(operand)
            return Number(-inner.value) if isinstance(inner, Number) else expr
        case Binary(op, left, right) if op in _ARITHMETIC:
            a, b = _computed(left), _computed(right)
            if isinstance(a, Number) and isinstance(b, Number) and (op != "/" or b.value):
                return Number(_ARITHMETIC[op](a.value, b.value))
    return expr


def _gathered(
    equations: list[Equation], definition: Definition, scope: XmileNames
) -> list[Equation]:
    """The numbers of all elements of an array as one list, if each has one."""
    labels = [scope.labels(dim) for dim in definition.dims]
    if any(isinstance(e.expression, Array) for e in equations):
        return equations
    if len(equations) < 2 or len(equations) != math.prod(map(len, labels)):
        return equations

    def place(equation: Equation) -> tuple[int, ...]:
        pairs = zip(equation.subscripts, labels, strict=True)
        return tuple(names.index(label) for label, names in pairs)

    ordered = sorted(equations, key=place)
    values = tuple(e.expression.value for e in ordered if isinstance(e.expression, Number))
    shape = tuple(len(names) for names in labels)
    everywhere = tuple(map(fold, definition.dims))
    return [Equation(Array(values, shape), None, everywhere, (), equations[0].line)]


def _range(node: XmlNode) -> Range:
    stated = node.first("range")
    if stated is None:
        return Range()
    low, high = (as_number(stated.attributes.get(name, "")) for name in ("min", "max"))
    return Range(low, high)
