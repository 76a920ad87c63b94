"""Graphical functions: points from XML, with the kinds discrete and extrapolate."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from simdistrict.base.errors import ModelError
from simdistrict.base.numbers import real, too_large
from simdistrict.exchange.text.numbers import as_number
from simdistrict.exchange.text.points import ascending
from simdistrict.exchange.xmile.document import XmlNode
from simdistrict.exchange.xmile.scope import Graph
from simdistrict.model.expr import Binary, Call, Expr, Number, Points, WithLookup

KINDS = ("continuous", "extrapolate", "discrete")


def read_graph(node: XmlNode, element: str, where: str) -> Graph:
    """The graphical function of a `gf`. Raises ModelError for wrong points."""

    def error(what: str) -> ModelError:
        return node.error(where, f'the graph of "{element}" {what}')

    y = _numbers(node.first("ypts"), error)
    # early files have discrete="true" in place of a type
    old = "discrete" if node.attributes.get("discrete") == "true" else KINDS[0]
    kind = node.attributes.get("type", old).strip().lower()
    if kind not in KINDS:
        raise error(f'is of the kind "{kind}"; there are {", ".join(KINDS)}')
    if not y:
        raise error("has no points")
    limits = (_scale(node.first("xscale"), error), _scale(node.first("yscale"), error))
    x = _numbers(node.first("xpts"), error)
    if not x:
        if limits[0] is None:
            raise error("has neither xpts nor an xscale")
        low, high = limits[0]
        last = max(len(y) - 1, 1)
        x = [low + (high - low) * k / last for k in range(len(y))]
    if len(x) != len(y):
        raise error(f"has {len(x)} xpts and {len(y)} ypts")
    pairs = ascending(list(zip(x, y, strict=True)), element, f"{where}:{node.line}")
    # a scale from 0 to 0 states nothing
    shown = tuple(limit for limit in limits if limit and limit[0] < limit[1])
    points = Points(
        tuple(a for a, _ in pairs),
        tuple(b for _, b in pairs),
        shown if len(shown) == 2 else (),
    )
    return Graph(_stepped(points) if kind == "discrete" else points, kind)


def graphed(value: Expr, graph: Graph) -> Expr:
    """A graphical function applied to a value."""
    through = WithLookup(value, graph.points)
    return extended(through, value, graph.points) if graph.kind == "extrapolate" else through


def extended(inside: Expr, x: Expr, points: Points) -> Expr:
    """A lookup that continues its first and last segment beyond the ends."""
    if len(points.x) < 2:
        return inside
    (x0, x1), (y0, y1) = points.x[:2], points.y[:2]
    (x2, x3), (y2, y3) = points.x[-2:], points.y[-2:]
    zero = Number(0.0)
    result = inside
    if x1 > x0 and y1 != y0:
        below = Call("MIN", (Binary("-", x, Number(x0)), zero))
        result = Binary("+", result, Binary("*", Number((y1 - y0) / (x1 - x0)), below))
    if x3 > x2 and y3 != y2:
        above = Call("MAX", (Binary("-", x, Number(x3)), zero))
        result = Binary("+", result, Binary("*", Number((y3 - y2) / (x3 - x2)), above))
    return result


def _stepped(points: Points) -> Points:
    """Points that hold each value up to the next x, with a vertical step there."""
    x, y = [points.x[0]], [points.y[0]]
    for k in range(1, len(points.x)):
        x += [points.x[k], points.x[k]]
        y += [points.y[k - 1], points.y[k]]
    return Points(tuple(x), tuple(y), points.limits)


def _numbers(node: XmlNode | None, error: Callable[[str], ModelError]) -> list[float]:
    if node is None or not node.text.strip():
        return []
    separator = node.attributes.get("sep", ",")
    text = node.text.strip().strip(separator)
    words = re.split(r"\s+", text) if separator.isspace() else text.split(separator or ",")
    numbers = [n for word in words if (n := as_number(word[:200])) is not None]
    if any(map(too_large, words)):
        raise error(f'has a number that is not finite in "{text[:30]}"')
    if len(numbers) < len(words):
        raise error(f'has "{text[:30]}" where numbers are expected')
    if not all(map(math.isfinite, numbers)):
        raise error(f'has a number that is not finite in "{text[:30]}"')
    return numbers


def _scale(node: XmlNode | None, error: Callable[[str], ModelError]) -> tuple[float, float] | None:
    if node is None:
        return None
    low, high = (real(node.attributes.get(name, "")) for name in ("min", "max"))
    if low is None or high is None:
        raise error(f"has a scale in line {node.line} without the numbers min and max")
    return low, high
