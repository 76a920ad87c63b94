"""A model in the form that XMILE requires: net flows as sums of flows, XMILE's functions only.

What XMILE cannot hold in an equation becomes an element: a net flow that is not a sum of flows,
points and samples inside an equation.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from simdistrict.exchange.xmile.functions import ZERO, XmileCall
from simdistrict.model.expr import (
    Array,
    Call,
    Expr,
    LookupCall,
    Number,
    Ref,
    Unary,
    WithLookup,
    children,
    fold,
    free_name,
    named_terms,
    rebuild,
    signed_terms,
    walk,
)
from simdistrict.model.model import (
    Auxiliary,
    Constant,
    Data,
    Element,
    Equation,
    Flow,
    Lookup,
    Model,
    Stock,
)


@dataclass
class StockFlows:
    """Folded names of the inflows and outflows of a stock."""

    inflows: list[str] = field(default_factory=list)
    outflows: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class XmileModel:
    """The model to write, and the flows of its stocks by folded name."""

    model: Model
    ends: dict[str, StockFlows]


def prepare(model: Model) -> XmileModel:
    """The model with net flows as sums of flows, and without nested points and samples."""
    return _Preparation(_counted(model)).prepared()


def _counted(model: Model) -> Model:
    """The model with numbers for ELMCOUNT: XMILE cannot name a range in an equation."""

    def number(expr: Expr) -> Expr:
        if isinstance(expr, Call) and expr.function == "ELMCOUNT" and isinstance(expr.args[0], Ref):
            labels = model.dims_by_name[expr.args[0].name].labels
            return Number(float(len(labels)))
        return rebuild(expr, tuple(number(child) for child in children(expr)))

    def equation(old: Equation) -> Equation:
        initial = None if old.initial is None else number(old.initial)
        return replace(old, expression=number(old.expression), initial=initial)

    uses = [e for e in model if any(map(_counts, e.equations))]
    if not uses:
        return model
    elements = (
        replace(e, equations=tuple(map(equation, e.equations))) if e in uses else e for e in model
    )
    return replace(model, elements=tuple(elements))


def _counts(equation: Equation) -> bool:
    trees = filter(None, (equation.expression, equation.initial))
    nodes = (node for tree in trees for node in walk(tree))
    return any(isinstance(node, Call) and node.function == "ELMCOUNT" for node in nodes)


class _Preparation:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.names = set(model.by_name)
        self.made: list[Element] = []
        # the value of a label is its index in the first of the largest ranges that contain it
        self.numbers: dict[str, float] = {}
        for dimension in sorted(model.dimensions, key=lambda d: -len(d.labels)):
            for k, label in enumerate(dimension.labels):
                self.numbers.setdefault(fold(label), k + 1.0)
        for taken in ("time", *model.dims_by_name):
            self.numbers.pop(taken, None)
        self.ends: dict[str, StockFlows] = {}
        # sign and name of the flows that fill, or drain, more than one stock
        ends = Counter(end for e in model if isinstance(e, Stock) for end in _ends(e))
        self.shared = {end for end, count in ends.items() if count > 1}
        self.filled: set[str] = set()
        self.drained: set[str] = set()

    def prepared(self) -> XmileModel:
        elements: list[Element] = []
        for element in self.model:
            done = self.stock(element) if isinstance(element, Stock) else element
            elements.append(self.element(done))
            # a new element may need new elements too
            while self.made:
                made, self.made = self.made, []
                elements += [self.element(e) for e in made]
        return XmileModel(replace(self.model, elements=tuple(elements), text=""), self.ends)

    def name(self, stem: str) -> str:
        found = free_name(stem, self.names)
        self.names.add(fold(found))
        return found

    # ----------------------------------------------------------------- stocks

    def stock(self, stock: Element) -> Element:
        ends = self.ends[fold(stock.name)] = StockFlows()
        terms = self.terms(stock)
        if terms is None:
            name = self.name(f"{stock.name} net flow")
            flow = Flow(
                name=name,
                equations=tuple(replace(e, initial=None) for e in stock.equations),
                units=_per(stock.units, self.model),
                documentation=f"All that changes {stock.name}.",
                dims=stock.dims,
                group=stock.group,
            )
            self.made.append(flow)
            terms = [(1, fold(name))]
            stock = replace(
                stock,
                equations=tuple(
                    replace(e, expression=Ref(fold(name), e.subscripts)) for e in stock.equations
                ),
            )
        for sign, flow_name in terms:
            (ends.inflows if sign > 0 else ends.outflows).append(flow_name)
            (self.filled if sign > 0 else self.drained).add(flow_name)
        return stock

    def terms(self, stock: Element) -> list[tuple[int, str]] | None:
        """Sign and name of the flows that a net flow sums; None for another net flow."""
        expressions = {e.expression for e in stock.equations}
        if expressions <= {ZERO, Number(-0.0)}:
            return []
        alike = {
            tuple(
                # no name where a term is not a flow at the same subscripts as the stock
                (sign, t.name if isinstance(t, Ref) and t.subscripts == e.subscripts else "")
                for sign, t in signed_terms(e.expression)
            )
            for e in stock.equations
        }
        if len(alike) > 1 or any(e.exceptions for e in stock.equations):
            return None
        found = list(alike.pop())
        names = [name for _, name in found]
        if isinstance(stock, Stock) and stock.non_negative and self.shared & set(found):
            return None  # such a flow is not limited
        if not names or "" in names or len(set(names)) < len(names):
            return None
        for sign, name in found:
            element = self.model.by_name.get(name)
            # in XMILE a flow fills one stock and drains one stock
            taken = self.filled if sign > 0 else self.drained
            if not isinstance(element, Flow | Auxiliary | Constant) or name in taken:
                return None
            if element.dims != stock.dims:
                return None
        return found

    # -------------------------------------------------------------- equations

    def element(self, element: Element) -> Element:
        if isinstance(element, Lookup | Data | Constant):
            return element
        return replace(
            element, equations=tuple(self.equation(element, e) for e in element.equations)
        )

    def equation(self, owner: Element, old: Equation) -> Equation:
        expression = old.expression
        match expression:
            case WithLookup(x, points) if not isinstance(owner, Stock):
                expression = WithLookup(self.visit(owner, old, x), points)
            case Call("SAMPLE IF TRUE", (_, _, _)) if not isinstance(owner, Stock):
                expression = self.sample(owner, old, expression)
            case Array():
                pass
            case _:
                expression = self.visit(owner, old, expression)
        initial = old.initial
        if initial is not None:
            initial = self.visit(owner, old, initial)
        return replace(old, expression=expression, initial=initial)

    def sample(self, owner: Element, old: Equation, call: Call) -> Expr:
        condition, source, first = call.args
        first = self.visit(owner, old, first)
        before = XmileCall("PREVIOUS SELF", (first,))
        own = fold(owner.name)
        args = (self.visit(owner, old, _replaced(arg, own, before)) for arg in (condition, source))
        return Call("IF THEN ELSE", (*args, before))

    def visit(self, owner: Element, old: Equation, expr: Expr) -> Expr:
        """The expression without nested points and samples."""
        nodes = tuple(self.visit(owner, old, node) for node in children(expr))
        expr = rebuild(expr, nodes) if nodes else expr
        match expr:
            case Unary("-", Number(value)):
                return Number(-value)
            case Ref(name, ()) if name not in self.model.by_name and name in self.numbers:
                return Number(self.numbers[name])
            case WithLookup(x, points):
                lookup = Lookup(
                    name=self.name(f"{owner.name} lookup"),
                    equations=(Equation(points, line=old.line),),
                    group=owner.group,
                )
                self.made.append(lookup)
                return LookupCall(Ref(fold(lookup.name)), x)
            case Call("SAMPLE IF TRUE", (_, _, _)):
                helper = Auxiliary(
                    name=self.name(f"{owner.name} sample"),
                    equations=(replace(old, expression=expr, initial=None),),
                    units=owner.units,
                    dims=owner.dims,
                    group=owner.group,
                )
                self.made.append(helper)
                return Ref(fold(helper.name), old.subscripts)
        return expr


def _ends(stock: Stock) -> set[tuple[int, str]]:
    """Sign and name of the elements that a net flow adds or subtracts."""
    return {end for equation in stock.equations for end in named_terms(equation.expression)}


def is_flow(element: Element, flows: set[str]) -> bool:
    """Whether an element is written as a flow; a number that no stock uses is not."""
    moving = any(not isinstance(e.expression, Number | Array) for e in element.equations)
    return fold(element.name) in flows or (isinstance(element, Flow) and moving)


def _replaced(expr: Expr, name: str, other: Expr) -> Expr:
    if isinstance(expr, Ref) and expr.name == name:
        return other
    nodes = tuple(_replaced(node, name, other) for node in children(expr))
    return rebuild(expr, nodes) if nodes else expr


def _per(units: str, model: Model) -> str:
    """The unit of the flows of a stock with these units."""
    time = model.by_name["time step"].units if "time step" in model.by_name else ""
    if not units or not time:
        return ""
    return f"({units})/{time}" if "/" in units else f"{units}/{time}"
