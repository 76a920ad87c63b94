"""Calls of macros with stocks, graphs or arrays, expanded to elements.

A call `F(a, b)` becomes the element `F 1`, its parameters and local elements `F 1.name`, like a
module; in an array they are arrays with the same dimensions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from simdistrict.base.errors import ModelError, Problem, collecting
from simdistrict.exchange.xmile.collect import Collection, defined
from simdistrict.exchange.xmile.document import XmlNode
from simdistrict.exchange.xmile.functions import REDUCTIONS, readable
from simdistrict.exchange.xmile.grammar import Applied, NameUse, parts, with_parts
from simdistrict.exchange.xmile.macros import MAX_DEPTH, XmileMacro
from simdistrict.exchange.xmile.scope import Definition, EquationPart
from simdistrict.model.expr import Expr, fold

MAX_CALLS = 1000  # of such macros in one model

# the trees of equation and initial value, where there is one
TreePairs = list[tuple[Expr | None, Expr | None]]
Trees = dict[str, TreePairs]


class Instances:
    """Adds the elements of each call to a collection, and replaces the calls by their names.

    parsed: returns the trees of a definition.
    """

    def __init__(
        self,
        found: Collection,
        root: XmlNode,
        macros: Mapping[str, XmileMacro],
        parsed: Callable[[Definition], TreePairs],
    ) -> None:
        self.found = found
        self.root = root
        self.macros = {name: macro for name, macro in macros.items() if macro.standing}
        self.parsed = parsed
        self.counts: Counter[str] = Counter()

    def expand(self, trees: Trees) -> None:
        """Replace all calls in the trees, and add the trees of the new elements."""
        if not self.macros:
            return
        for key in list(trees):
            definition = self.found.definitions[key]
            with collecting(self.found.problems):
                trees[key] = self.replaced(definition, trees[key], trees, 0)

    def replaced(self, owner: Definition, pairs: TreePairs, trees: Trees, depth: int) -> TreePairs:
        result: TreePairs = []
        for part, (value, initial) in zip(owner.parts, pairs, strict=True):
            call = _EquationCalls(
                self, replace(owner, dims=() if part.labels else owner.dims), trees, depth
            )
            place = f"{self.found.where}:{part.line}"
            result.append(
                (value and call.node(value, place), initial and call.node(initial, place))
            )
        return result

    def name(self, macro: XmileMacro, place: str) -> str:
        """An unused name for the next call of a macro."""
        while True:
            self.counts[macro.name] += 1
            name = f"{macro.name} {self.counts[macro.name]}"
            if self.counts.total() > MAX_CALLS:
                what = f"there are more than {MAX_CALLS} calls of macros that have elements"
                raise ModelError(Problem(place, what))
            if fold(name) not in self.found.definitions:
                return name


class _EquationCalls:
    """Expands the calls in one equation; owner: its definition, with the calls' dimensions."""

    def __init__(self, work: Instances, owner: Definition, trees: Trees, depth: int) -> None:
        self.work = work
        self.owner = owner
        self.trees = trees
        self.depth = depth

    def node(self, expr: Expr, place: str, reduced: bool = False) -> Expr:
        if not isinstance(expr, Applied):
            nodes = tuple(self.node(part, place, reduced) for part in parts(expr))
            return with_parts(expr, nodes) if nodes else expr
        macro = self.work.macros.get(fold(expr.name))
        inside = reduced or (len(expr.args) == 1 and readable(expr.name) in REDUCTIONS)
        args = tuple(self.node(arg, place, inside) for arg in expr.args)
        if macro is None:
            return with_parts(expr, args)
        if reduced:
            raise self.error(macro, place, "inside a sum over an array, which is not supported")
        if self.depth > MAX_DEPTH:
            raise self.error(macro, place, "which calls itself without end")
        return self.instance(macro, args, place)

    def error(self, macro: XmileMacro, place: str, what: str) -> ModelError:
        what = f'"{self.owner.name}" calls the macro "{macro.name}" {what}'
        return ModelError(Problem(place, what))

    def instance(self, macro: XmileMacro, given: tuple[Expr, ...], place: str) -> NameUse:
        """Add the elements of one call; returns the name that replaces the call."""
        args = macro.arguments(given)
        if args is None:
            wanted = len(macro.parameters)
            raise self.error(macro, place, f"with {len(given)} arguments, not {wanted}")
        name = self.work.name(macro, place)
        home = f"{name}."
        self.work.found.modules.append(f"{place} | {name}, a call of a macro,")
        self.add(
            Definition(name, "aux", _bare(macro.node), home, self.owner.dims, _ONE), macro.body
        )
        for parameter, value in args.items():
            # names in an argument are the caller's, names in a default the macro's
            at = self.owner.home if value is not macro.parameters[parameter] else home
            own = self.owner_in(value, place)
            self.add(
                Definition(home + parameter, "aux", own, at, self.owner.dims, _ONE),
                value,
                done=True,
            )
        for node in macro.local:
            definition = defined(node, home, self.work.root, macro.node, self.work.found)
            if definition is None:
                continue
            if definition.dims and self.owner.dims:
                raise self.error(macro, place, "with arrays of its own from an array")
            definition = replace(definition, dims=definition.dims or self.owner.dims)
            self.work.found.definitions[fold(definition.name)] = definition
            pairs = self.work.parsed(definition)
            self.trees[fold(definition.name)] = self.work.replaced(
                definition, pairs, self.trees, self.depth + 1
            )
        return NameUse(name, (), quoted=True)

    def owner_in(self, value: Expr, place: str) -> XmlNode:
        """The XML of a parameter. Raises ModelError for an argument with SELF."""
        left = [value]
        while left:
            node = left.pop()
            if isinstance(node, NameUse) and not node.quoted and fold(node.name) == "self":
                what = f'"{self.owner.name}" passes SELF to a macro, which is not supported'
                raise ModelError(Problem(place, what))
            left += parts(node)
        return XmlNode("aux", int(place.rpartition(":")[2]), {})

    def add(self, definition: Definition, tree: Expr, *, done: bool = False) -> None:
        """Add a definition and its tree; done: the calls in the tree are replaced."""
        part = replace(_ONE[0], line=definition.line)
        definition = replace(definition, parts=(part,))
        self.work.found.definitions[fold(definition.name)] = definition
        pairs: TreePairs = [(tree, None)]
        if not done:
            pairs = self.work.replaced(definition, pairs, self.trees, self.depth + 1)
        self.trees[fold(definition.name)] = pairs


_ONE = (EquationPart((), "x", 0),)


def _bare(node: XmlNode) -> XmlNode:
    """The XML of an auxiliary with the line, documentation and units of another element."""
    words = [child for child in node.children if child.tag in ("doc", "units")]
    return XmlNode("aux", node.line, {}, children=words)
