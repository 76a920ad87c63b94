"""Macros of a file: a function by name, whose equation takes the place of every call of it.

A macro that holds stocks, graphs or arrays is no expression: its calls are elements, made by
`instances`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simdistrict.base.errors import ModelError, Problem
from simdistrict.exchange.xmile.document import XmlNode
from simdistrict.exchange.xmile.grammar import Applied, NameUse, parse_equation, parts, with_parts
from simdistrict.exchange.xmile.lexer import spelled
from simdistrict.model.expr import Expr, fold

MAX_DEPTH = 20  # of macros within each other


@dataclass(frozen=True, slots=True)
class XmileMacro:
    """One macro of a file.

    parameters: folded names, each with the equation that stands for a missing argument, or None;
    body: its equation; local: the XML of its own elements; equations: theirs by folded name, of
    those that have one; standing: whether every call needs elements of its own.
    """

    name: str
    node: XmlNode
    parameters: Mapping[str, Expr | None]
    body: Expr
    local: tuple[XmlNode, ...]
    equations: Mapping[str, Expr]
    standing: bool = False

    def arguments(self, given: tuple[Expr, ...]) -> dict[str, Expr] | None:
        """Parameter -> argument; None where there are too many or too few."""
        found = dict(zip(self.parameters, given, strict=False))
        for name, default in self.parameters.items():
            if name not in found and default is not None:
                found[name] = default
        return found if len(found) == len(self.parameters) >= len(given) else None


def read_macros(root: XmlNode, where: str) -> dict[str, XmileMacro]:
    """The macros by folded name. Raises ModelError for one that has no equation."""
    found = {fold(name_of(node)): _macro(node, where) for node in root.all("macro")}
    standing = {name for name, macro in found.items() if _has_elements(macro)}
    # whoever calls such a macro is one as well
    while more := {n for n, m in found.items() if n not in standing and _calls(m) & standing}:
        standing |= more
    return {
        name: XmileMacro(
            m.name, m.node, m.parameters, m.body, m.local, m.equations, name in standing
        )
        for name, m in found.items()
    }


def name_of(node: XmlNode) -> str:
    """The name of an element of the file, as people read it."""
    return spelled(node.attributes.get("name", ""))


def _macro(node: XmlNode, where: str) -> XmileMacro:
    name = name_of(node)
    if node.first("sim_specs"):
        what = f'the macro "{name}" has a time grid of its own, which is not supported'
        raise ModelError(Problem(f"{where}:{node.line}", what))
    body = _equation(node, name, where)
    if body is None:
        raise ModelError(Problem(f"{where}:{node.line}", f'"{name}" has no equation'))
    parameters: dict[str, Expr | None] = {}
    for parm in node.all("parm"):
        default = parm.attributes.get("default", "").strip()
        own = fold(spelled(parm.text))
        parameters[own] = parse_equation(default, name, where, parm.line) if default else None
    local = tuple(e for h in (node, *node.all("variables")) for e in h.all(*_ELEMENTS))
    equations: dict[str, Expr] = {}
    for element in local:
        own = name_of(element)
        equation = _equation(element, own, where)
        if equation is not None:
            equations[fold(own)] = equation
        elif element.tag != "gf" and not element.first("gf", "element"):
            raise ModelError(Problem(f"{where}:{element.line}", f'"{own}" has no equation'))
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
    """Folded names of what the equations of a macro apply."""
    left = [macro.body, *macro.equations.values()]
    return {fold(node.name) for node in _nodes(left) if isinstance(node, Applied)}


def _nodes(left: list[Expr]) -> Iterator[Expr]:
    while left:
        node = left.pop()
        yield node
        left += parts(node)


def called(macro: XmileMacro, args: tuple[Expr, ...]) -> Expr | None:
    """The equation of a macro with its arguments in place; None where it has no end."""
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
