"""Macros of an XMILE file: functions whose equation replaces their calls.

The calls of a macro with stocks, graphs or arrays become elements instead, see `instances`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from simdistrict.exchange.xmile.document import XmlNode
from simdistrict.exchange.xmile.grammar import Applied, NameUse, parse_equation, parts, with_parts
from simdistrict.exchange.xmile.spelling import spelled
from simdistrict.model.expr import Expr, fold

MAX_DEPTH = 20  # of nested macros


@dataclass(frozen=True, slots=True)
class XmileMacro:
    """A macro of an XMILE file.

    parameters: folded name -> equation of the default, or None; body: its equation.
    local: the XML of its elements; equations: theirs by folded name, if they have one.
    standing: each call needs elements.
    """

    name: str
    node: XmlNode
    parameters: Mapping[str, Expr | None]
    body: Expr
    local: tuple[XmlNode, ...]
    equations: Mapping[str, Expr]
    standing: bool = False

    def arguments(self, given: tuple[Expr, ...]) -> dict[str, Expr] | None:
        """Parameter -> argument; None for a wrong number of arguments."""
        found = dict(zip(self.parameters, given, strict=False))
        for name, default in self.parameters.items():
            if name not in found and default is not None:
                found[name] = default
        return found if len(found) == len(self.parameters) >= len(given) else None


def read_macros(root: XmlNode, where: str) -> dict[str, XmileMacro]:
    """The macros by folded name. Raises ModelError for one without an equation."""
    found = {fold(node.name): _macro(node, where) for node in root.all("macro")}
    standing = {name for name, macro in found.items() if _has_elements(macro)}
    # a macro that calls a standing one is standing too
    while more := {n for n, m in found.items() if n not in standing and _calls(m) & standing}:
        standing |= more
    return {name: replace(macro, standing=name in standing) for name, macro in found.items()}


def _macro(node: XmlNode, where: str) -> XmileMacro:
    name = node.name
    if node.first("sim_specs"):
        what = f'the macro "{name}" has a time grid of its own, which is not supported'
        raise node.error(where, what)
    body = _equation(node, name, where)
    if body is None:
        raise node.error(where, f'"{name}" has no equation')
    parameters: dict[str, Expr | None] = {}
    for parm in node.all("parm"):
        default = parm.attributes.get("default", "").strip()
        own = fold(spelled(parm.text))
        parameters[own] = parse_equation(default, name, where, parm.line) if default else None
    local = tuple(e for h in (node, *node.all("variables")) for e in h.all(*_ELEMENTS))
    equations: dict[str, Expr] = {}
    for element in local:
        own = element.name
        equation = _equation(element, own, where)
        if equation is not None:
            equations[fold(own)] = equation
        elif element.tag != "gf" and not element.first("gf", "element"):
            raise element.error(where, f'"{own}" has no equation')
    return XmileMacro(name, node, parameters, body, local, equations)


_ELEMENTS = ("stock", "flow", "aux", "gf")


def _equation(node: XmlNode, name: str, where: str) -> Expr | None:
    equation = node.first("eqn")
    if equation is None or not equation.text.strip():
        return None
    return parse_equation(equation.text.strip(), name, where, equation.line)


def _has_elements(macro: XmileMacro) -> bool:
    return any(e.tag in ("stock", "gf") or e.first("gf", "dimensions") for e in macro.local)


def _calls(macro: XmileMacro) -> set[str]:
    """Folded names of the functions that the equations of a macro call."""
    left = [macro.body, *macro.equations.values()]
    return {fold(node.name) for node in _nodes(left) if isinstance(node, Applied)}


def _nodes(left: list[Expr]) -> Iterator[Expr]:
    while left:
        node = left.pop()
        yield node
        left += parts(node)


def called(macro: XmileMacro, args: tuple[Expr, ...]) -> Expr | None:
    """The equation of a macro with its arguments; None for endless recursion."""
    found = macro.arguments(args)
    return None if found is None else _placed(macro.body, macro, found, 0)


def _placed(expr: Expr, macro: XmileMacro, args: Mapping[str, Expr], depth: int) -> Expr | None:
    if isinstance(expr, NameUse) and not expr.subscripts:
        name = fold(expr.name)
        if name in args:
            return args[name]
        if name in macro.equations:
            if depth > MAX_DEPTH:
                return None
            return _placed(macro.equations[name], macro, args, depth + 1)
    nodes = []
    for part in parts(expr):
        node = _placed(part, macro, args, depth)
        if node is None:
            return None
        nodes.append(node)
    return with_parts(expr, tuple(nodes)) if nodes or isinstance(expr, Applied) else expr
