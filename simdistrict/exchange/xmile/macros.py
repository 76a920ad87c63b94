"""Macros of a file: a function by name, whose equation takes the place of every call of it.

A macro with stocks of its own would need elements for every call, and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simdistrict.errors import ModelError, Problem
from simdistrict.exchange.xmile.document import Node
from simdistrict.exchange.xmile.grammar import Applied, Reading, parse_equation, parts, with_parts
from simdistrict.exchange.xmile.lexer import spelled
from simdistrict.expr import Expr, fold


@dataclass(frozen=True, slots=True)
class Macro:
    """parameters and local elements by folded name; locals keep their equations."""

    parameters: tuple[str, ...]
    body: Expr
    local: Mapping[str, Expr]


def read_macros(root: Node, where: str) -> dict[str, Macro]:
    """The macros by folded name. Raises ModelError for one that cannot stand for an expression."""
    found: dict[str, Macro] = {}
    for node in root.all("macro"):
        name = spelled(node.attributes.get("name", ""))
        local: dict[str, Expr] = {}
        for home in (node, *node.all("variables")):
            for element in home.all("stock", "flow", "aux", "gf"):
                own = spelled(element.attributes.get("name", ""))
                if element.tag == "stock" or element.first("gf", "dimensions"):
                    what = f'the macro "{name}" has the {element.tag} "{own}" of its own'
                    place = f"{where}:{element.line}"
                    raise ModelError(Problem(place, f"{what}, which is not supported"))
                local[fold(own)] = _equation(element, own, where)
        body = _equation(node, name, where)
        parameters = tuple(fold(spelled(parm.text)) for parm in node.all("parm"))
        found[fold(name)] = Macro(parameters, body, local)
    return found


def _equation(node: Node, name: str, where: str) -> Expr:
    equation = node.first("eqn")
    if equation is None or not equation.text.strip():
        raise ModelError(Problem(f"{where}:{node.line}", f'"{name}" has no equation'))
    return parse_equation(equation.text.strip(), name, where, equation.line)


def called(macro: Macro, args: tuple[Expr, ...], depth: int = 0) -> Expr | None:
    """The equation of a macro with its arguments in place; None where it has no end."""
    if len(args) != len(macro.parameters) or depth > 20:
        return None
    return _placed(macro.body, macro, dict(zip(macro.parameters, args, strict=True)), depth)


def _placed(expr: Expr, macro: Macro, args: Mapping[str, Expr], depth: int) -> Expr | None:
    if isinstance(expr, Reading) and not expr.subscripts:
        name = fold(expr.name)
        if name in args:
            return args[name]
        if name in macro.local:
            return None if depth > 20 else _placed(macro.local[name], macro, args, depth + 1)
    nodes = []
    for part in parts(expr):
        node = _placed(part, macro, args, depth)
        if node is None:
            return None
        nodes.append(node)
    return with_parts(expr, tuple(nodes)) if nodes or isinstance(expr, Applied) else expr
