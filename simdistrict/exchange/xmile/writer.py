"""A Model as an XMILE file: header, time, dimensions, variables and a diagram.

The same model gives the same bytes. An equation that does not serve all elements of an array is
written for each element.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from simdistrict.base.atomic import write_text
from simdistrict.base.errors import ModelError, Problem, collecting
from simdistrict.base.version import version
from simdistrict.exchange.external.inlined import inlined
from simdistrict.exchange.text.numbers import number
from simdistrict.exchange.xmile.control import control_values
from simdistrict.exchange.xmile.diagram import diagram
from simdistrict.exchange.xmile.elementwise import Labelling, at_place, follows
from simdistrict.exchange.xmile.equations import XmileEquationText, identifier
from simdistrict.exchange.xmile.functions import VENSIMS_OWN
from simdistrict.exchange.xmile.prepared import XmileModel, is_flow, prepare
from simdistrict.model.expr import Array, Call, Expr, Number, Points, Text, WithLookup, fold, walk
from simdistrict.model.model import Element, Equation, Lookup, Model, Range, Stock

_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0" \
xmlns:isee="http://iseesystems.com/XMILE">
"""
_METHODS = {"euler": "Euler", "rk4": "RK4"}


def write_xmile(model: Model, path: Path, *, force: bool = False) -> None:
    """Write a model to a file, completely or not at all.

    force: replace an existing file. Raises ModelError for what XMILE cannot hold, ExchangeError
    for a file that cannot be written.
    """
    text = xmile_text(model)
    write_text(path, text, force=force)


def xmile_text(model: Model, *, drawn: bool = True) -> str:
    """The text of an XMILE file. Raises ModelError for what XMILE cannot hold.

    drawn: with a diagram; an automatic layout takes longer than the rest.
    """
    return _HEAD + "\n".join(_Writing(model).lines(drawn=drawn)) + "\n</xmile>\n"


class _Writing:
    def __init__(self, model: Model) -> None:
        self.source = model
        self.prepared: XmileModel = prepare(inlined(model))
        self.model = self.prepared.model
        self.words = XmileEquationText(self.model)
        ends = self.prepared.ends.values()
        self.flows = {n for e in ends for n in (*e.inflows, *e.outflows)}

    def lines(self, *, drawn: bool) -> Iterator[str]:
        yield from self.header()
        yield from self.specs()
        yield from self.units()
        yield from self.dimensions()
        yield "    <model>"
        yield "        <variables>"
        problems: list[Problem] = []
        for element in self.model:
            with collecting(problems):
                yield from self.element(element)
        if problems:
            raise ModelError(problems)
        yield from self.groups()
        yield "        </variables>"
        if drawn:
            yield from diagram(self.source, self.prepared, self.words, self.flows)
        yield "    </model>"

    def header(self) -> Iterator[str]:
        yield "    <header>"
        yield "        <vendor>simdistrict</vendor>"
        yield f'        <product version="{version()}" lang="en">simdistrict</product>'
        yield f"        <name>{escape(self.model.name)}</name>"
        rank = max((len(e.dims) for e in self.model), default=0)
        if rank:
            yield '        <options namespace="std">'
            yield f'            <uses_arrays maximum_dimensions="{rank}"/>'
            yield "        </options>"
        else:
            yield '        <options namespace="std"/>'
        yield "    </header>"

    def specs(self) -> Iterator[str]:
        values = control_values(self.model)
        method = _METHODS[self.model.integrator]
        unit = quoteattr(self.model["time step"].units or "Time")
        save = number(values["saveper"])
        yield f'    <sim_specs method="{method}" time_units={unit} isee:save_interval="{save}">'
        for tag, name in (("start", "initial time"), ("stop", "final time"), ("dt", "time step")):
            yield f"        <{tag}>{number(values[name])}</{tag}>"
        yield "    </sim_specs>"

    def units(self) -> Iterator[str]:
        if not self.model.unit_synonyms:
            return
        yield "    <model_units>"
        for name, *others in self.model.unit_synonyms:
            yield f"        <unit name={quoteattr(name)}>"
            for other in others:
                yield f"            <alias>{escape(other)}</alias>"
            yield "        </unit>"
        yield "    </model_units>"

    def dimensions(self) -> Iterator[str]:
        if not self.model.dimensions:
            return
        yield "    <dimensions>"
        for dimension in self.model.dimensions:
            size = len(dimension.labels)
            yield f'        <dim name={quoteattr(_name(dimension.name))} size="{size}">'
            for label in dimension.labels:
                yield f"            <elem name={quoteattr(_name(label))}/>"
            yield "        </dim>"
        yield "    </dimensions>"

    # --------------------------------------------------------------- elements

    def element(self, element: Element) -> Iterator[str]:
        if foreign := next(filter(None, map(_foreign, element.equations)), ""):
            what = f'"{element.name}" uses {foreign}, which XMILE does not have'
            where = f"model {self.model.name}, line {element.line}"
            raise ModelError(Problem(where, what, "keep the model as .mdl"))
        tag = "aux"
        if isinstance(element, Stock):
            tag = "stock"
        elif is_flow(element, self.flows):
            tag = "flow"
        yield f"            <{tag} name={quoteattr(_name(element.name))}>"
        pad = " " * 16
        for dim in element.dims[:1]:
            yield f"{pad}<dimensions>"
            for dim in element.dims:
                yield f"{pad}    <dim name={quoteattr(_name(dim))}/>"
            yield f"{pad}</dimensions>"
        yield from (pad + line for line in self.equations(element))
        if ends := self.prepared.ends.get(fold(element.name)):
            for name in ends.inflows:
                yield f"{pad}<inflow>{escape(self.words.name(name))}</inflow>"
            for name in ends.outflows:
                yield f"{pad}<outflow>{escape(self.words.name(name))}</outflow>"
        if isinstance(element, Stock) and element.non_negative:
            yield f"{pad}<non_negative/>"
        if element.documentation:
            yield f"{pad}<doc>{escape(element.documentation)}</doc>"
        if element.units:
            yield f"{pad}<units>{escape(element.units)}</units>"
        if element.range != Range():
            bounds = (("min", element.range.low), ("max", element.range.high))
            text = " ".join(f'{k}="{number(v)}"' for k, v in bounds if v is not None)
            yield f"{pad}<range {text}/>"
        yield f"            </{tag}>"

    def equations(self, element: Element) -> Iterator[str]:
        if not element.dims:
            for _, expression, initial in self.by_element(element):
                yield from self.one(element, expression, initial)
            return
        first = element.equations[0]
        if len(element.equations) == 1 and self.alike(element, first):
            yield from self.one(element, first.expression, first.initial)
            return
        for labels, expression, initial in self.by_element(element):
            names = [_name(label) for label in labels]
            # a label with a comma or a quote must be in quotes
            words = [identifier(n, True) if "," in n or '"' in n else n for n in names]
            yield f"<element subscript={quoteattr(','.join(words))}>"
            yield from ("    " + line for line in self.one(element, expression, initial))
            yield "</element>"

    def alike(self, element: Element, equation: Equation) -> bool:
        """Whether one equation serves all elements."""
        everywhere = tuple(map(fold, element.dims))
        if equation.subscripts != everywhere or equation.exceptions:
            return False
        if len(set(everywhere)) < len(everywhere) or isinstance(element, Lookup):
            return False
        if isinstance(equation.expression, Array):
            return False
        found = [e for e in (equation.expression, equation.initial) if e is not None]
        return all(follows(self.model, element, e) for e in found)

    def by_element(self, element: Element) -> list[tuple[tuple[str, ...], Expr, Expr | None]]:
        """Labels, equation and initial value of each element of an array, in order."""
        found: dict[tuple[int, ...], tuple[tuple[str, ...], Expr, Expr | None]] = {}
        for equation in element.equations:
            for k, place in enumerate(self.model.positions(element, equation)):
                labels = self.model.labels_at(element, place)
                where = {
                    subscript: fold(label)
                    for subscript, label in zip(equation.subscripts, labels, strict=True)
                    if subscript in self.model.dims_by_name
                }
                expression = self.placed(element, equation.expression, k, where)
                initial = equation.initial
                if initial is not None:
                    initial = at_place(self.model, initial, where, element)
                found[place] = (labels, expression, initial)
        return [found[place] for place in sorted(found)]

    def placed(self, element: Element, expression: Expr, k: int, where: Labelling) -> Expr:
        """The right-hand side at the k-th element that an equation defines."""
        match expression:
            case Array(values, _):
                return Number(values[k])
            case WithLookup(x, points):
                return WithLookup(at_place(self.model, x, where, element), points)
            case Points():
                return expression
        return at_place(self.model, expression, where, element)

    def one(self, element: Element, expression: Expr, initial: Expr | None) -> Iterator[str]:
        """One equation: `eqn`, initial value and points."""
        if isinstance(element, Stock):
            assert initial is not None
            yield f"<eqn>{escape(self.words.text(initial))}</eqn>"
            return
        points: Points | None = None
        match expression:
            case Points():
                points = expression
            case WithLookup(x, within):
                points = within
                yield f"<eqn>{escape(self.words.text(x))}</eqn>"
            case _:
                yield f"<eqn>{escape(self.words.text(expression))}</eqn>"
        if initial is not None:
            yield f"<init_eqn>{escape(self.words.text(initial))}</init_eqn>"
        if points is not None:
            yield "<gf>"
            for tag, limits in zip(("xscale", "yscale"), points.limits, strict=False):
                low, high = map(number, limits)
                yield f'    <{tag} min="{low}" max="{high}"/>'
            yield f"    <xpts>{','.join(map(number, points.x))}</xpts>"
            yield f"    <ypts>{','.join(map(number, points.y))}</ypts>"
            yield "</gf>"

    def groups(self) -> Iterator[str]:
        groups: dict[str, list[str]] = {}
        for element in self.model:
            if element.group:
                groups.setdefault(element.group, []).append(element.name)
        for group, names in groups.items():
            yield f"            <group name={quoteattr(_name(group))}>"
            for name in names:
                yield f"                <entity name={quoteattr(_name(name))}/>"
            yield "            </group>"


def _name(name: str) -> str:
    """A name in an attribute, with backslashes escaped."""
    return " ".join(name.split()).replace("\\", "\\\\")


def _foreign(equation: Equation) -> str:
    """The first function of an equation that XMILE does not have, or an empty text.

    XMILE has no texts, so that a function with a text as an argument is one of them.
    """
    exprs = filter(None, (equation.expression, equation.initial))
    calls = (node for expr in exprs for node in walk(expr) if isinstance(node, Call))
    own = (
        c for c in calls if c.function in VENSIMS_OWN or any(isinstance(a, Text) for a in c.args)
    )
    return next((call.function for call in own), "")
