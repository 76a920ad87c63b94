"""Expressions with names become expressions with slots; what is not supported is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simdistrict.base.errors import did_you_mean
from simdistrict.engine.layout import strides_of
from simdistrict.engine.lowering.calls import (
    Past,
    RandomDraw,
    Record,
    Shifted,
    Slice,
    Switch,
    Whole,
)
from simdistrict.engine.lowering.functions import FUNCTIONS, REFUSED, Function
from simdistrict.engine.lowering.lay_out import PlacedSymbols
from simdistrict.engine.lowering.made import (
    ArrayCall,
    Before,
    ElementMap,
    Filled,
    PastCall,
    RandomCall,
    SymbolDefinition,
    SymbolRef,
)
from simdistrict.engine.lowering.nodes import Axis, Interpolate, Load, Loop, Place, Reduce, Time
from simdistrict.engine.lowering.statements import parts, walk, with_parts
from simdistrict.engine.lowering.subscripts import Scope, Subscripts
from simdistrict.model.expr import (
    Array,
    Binary,
    Call,
    Expr,
    LookupCall,
    Number,
    Ref,
    WithLookup,
    fold,
    is_reduced,
    range_of,
)
from simdistrict.model.model import Data, Lookup, Model


class EquationReader(Subscripts):
    """Reads the expressions of the definitions of a model."""

    def __init__(
        self, model: Model, definitions: Sequence[SymbolDefinition], placed: PlacedSymbols
    ) -> None:
        super().__init__(model)
        self.placed = placed
        self.by_symbol = {d.symbol: d.element for d in definitions}
        self.own = {fold(d.symbol.name): d for d in definitions if not d.symbol.internal}

    def expr(self, expr: Expr, scope: Scope) -> Expr:
        """The expression with slots. Raises ModelError for what the engine does not support."""
        match expr:
            case Ref():
                return self.ref(expr, scope)
            case SymbolRef(symbol, subscripts) | Before(symbol, subscripts):
                slots = self.placed.before if isinstance(expr, Before) else self.placed.slots
                slot = slots[symbol]
                axes = self.axes(subscripts, self.by_symbol[symbol], slot.strides, scope)
                return Load(slot.symbol, slot.offset, axes)
            case LookupCall(lookup, x):
                return self.lookup(lookup, self.expr(x, scope), scope)
            case WithLookup(x, points):
                return Interpolate(self.placed.inline[points], (), self.expr(x, scope))
            case Call():
                return self.call(expr, scope)
            case RandomCall():
                return self.drawn(expr, scope)
            case PastCall(helper, args, records):
                read = tuple(self.record(record, scope) for record in records)
                return Past(helper, read, tuple(self.expr(arg, scope) for arg in args))
            case ArrayCall(helper, args, own):
                given = tuple(self.argument(arg, own, scope) for arg in args)
                return Whole(helper, given, isinstance(self.owner, Filled))
            case ElementMap(source, offset):
                return self.shifted(source, self.expr(offset, scope), scope)
            case Array():
                raise self.error("holds a list of numbers inside an expression")
        nodes = parts(expr)
        return with_parts(expr, tuple(self.expr(n, scope) for n in nodes)) if nodes else expr

    # ------------------------------------------------------------------ functions

    def call(self, call: Call, scope: Scope) -> Expr:
        """A function of Vensim."""
        known = FUNCTIONS.get(call.function)
        if known is None:
            what = f"uses the function {call.function}, which is not supported"
            if call.function in REFUSED:
                raise self.error(f"{what}: {REFUSED[call.function]}")
            raise self.error(what, did_you_mean(call.function, FUNCTIONS))
        fits = len(call.args) in known.arity
        match known.kind, call.args:
            case "reduction", (body,):
                return self.reduce(call.function, body, scope)
            case "lookup", (Ref() as table, x, *more) if fits:
                found = self.lookup(table, self.expr(x, scope), scope)
                others = tuple(self.expr(other, scope) for other in more)
                return replace(found, helper=known.python, more=others)
            case "data", (Ref() as data, *others):
                self.check_arity(call, known)
                return self.of_data(call, data, others, scope)
            case "rewritten", (Ref(name, ()),) if (
                call.function == "ELMCOUNT" and name in self.model.dims_by_name
            ):
                return Number(float(len(self.model.dims_by_name[name].labels)))
        self.check_arity(call, known)
        args = tuple(self.expr(arg, scope) for arg in call.args)
        if known.kind == "switch":
            return self.switch(call.function, args, scope)
        if known.kind not in ("scalar", "condition"):
            # what is allowed was replaced before
            what = f"gives {call.function} other arguments than the engine can take"
            raise self.error(what, "see the list of functions in the documentation of the engine")
        return Call(call.function, args)

    def check_arity(self, call: Call, known: Function) -> None:
        """Refuse a wrong number of arguments."""
        if len(call.args) not in known.arity:
            wanted = " or ".join(map(str, known.arity))
            raise self.error(f"gives {call.function} {len(call.args)} arguments, not {wanted}")

    def switch(self, function: str, args: tuple[Expr, ...], scope: Scope) -> Switch:
        """A function of the time, with what it reads of the time grid."""
        if function in ("PULSE", "PULSE TRAIN"):
            args = (*args, self.ref(Ref("time step"), scope))
        if function == "RAMP" and len(args) == 2:
            args = (*args, self.ref(Ref("final time"), scope))
        return Switch(function, args)

    def of_data(self, call: Call, ref: Ref, others: Sequence[Expr], scope: Scope) -> Expr:
        """A function of a data variable by its name: of its points, not of its present value."""
        definition = self.own.get(ref.name)
        if definition is None or not isinstance(definition.element, Data):
            raise self.error(f'gives {call.function} "{ref.name}", which is no data variable')
        x, *rest = (self.expr(other, scope) for other in others) if others else (Number(0.0),)
        if call.function == "GET DATA BETWEEN TIMES":
            rest += [self.ref(Ref(name), scope) for name in ("initial time", "time step")]
        helper = FUNCTIONS[call.function].python
        return replace(self.table(ref, definition, x, scope), helper=helper, more=tuple(rest))

    def lookup(self, ref: Ref, x: Expr, scope: Scope) -> Interpolate:
        """A lookup by its name, applied to a number."""
        definition = self.own.get(ref.name)
        if definition is None:
            raise self.error(f"applies the function {ref.name.upper()}, which is not supported")
        if not isinstance(definition.element, Lookup):
            raise self.error(f'applies "{ref.name}", which is no lookup')
        return self.table(ref, definition, x, scope)

    def table(self, ref: Ref, definition: SymbolDefinition, x: Expr, scope: Scope) -> Interpolate:
        """The tables of a lookup or of data, one for each label."""
        shape = self.model.shape(definition.element)
        strides = strides_of(shape)
        axes = self.axes(ref.subscripts, definition.element, strides, scope)
        return Interpolate(self.placed.tables[definition.symbol], axes, x)

    def reduce(self, op: str, body: Expr, scope: Scope) -> Expr:
        """SUM, PROD, VMIN or VMAX over the subscripts marked with `!`."""
        names: dict[str, None] = {}
        for node in walk(body):
            if isinstance(node, Ref):
                names.update((s, None) for s in node.subscripts if is_reduced(s))
        if not names:
            raise self.error(f"uses {op} without a subscript marked with !")
        inner = Scope(dict(scope.ranges), scope.next_loop)
        loops = []
        for name in names:
            dimension = self.model.dims_by_name.get(range_of(name))
            if dimension is None:
                raise self.error(f'reduces over "{range_of(name)}", which is no subscript range')
            labels = tuple(map(fold, dimension.labels))
            loops.append(Loop(inner.loop(), len(labels)))
            inner.ranges[name] = (labels, loops[-1].id)
        result = Reduce(op, tuple(loops), self.expr(body, inner))
        scope.next_loop = inner.next_loop
        return result

    # ------------------------------------------------------------------ what `expand` made

    def drawn(self, drawn: RandomCall, scope: Scope) -> Expr:
        """A random number: other labels have other streams; see `noise`."""
        known = FUNCTIONS[drawn.call.function]
        self.check_arity(drawn.call, known)
        *args, seed = [self.expr(arg, scope) for arg in drawn.call.args] or [Number(0.0)]
        stream: Expr = Number(float(drawn.stream))
        size = 1
        for labels, loop in scope.ranges.values():
            if loop >= 0:
                place = Place(Axis(1, tuple(range(len(labels))), loop))
                stream = Binary("+", stream, Binary("*", place, Number(float(size))))
                size *= len(labels)
        noise = self.ref(Ref("noise seed"), scope) if "noise seed" in self.own else Number(0.0)
        return RandomDraw(known.python, tuple(args), stream, seed, noise)

    def argument(self, arg: Expr, own: int, scope: Scope) -> Expr:
        """An argument of a function of whole arrays: a slice of a copied array, or a number."""
        if not isinstance(arg, SymbolRef) or len(self.by_symbol[arg.symbol].dims) <= own:
            return self.expr(arg, scope)
        element, slot = self.by_symbol[arg.symbol], self.placed.slots[arg.symbol]
        outer = replace(element, dims=element.dims[:own])
        axes = self.axes(arg.subscripts[:own], outer, slot.strides[:own], scope)
        inner = _all_places(slot.shape[own:], slot.strides[own:])
        return Slice(Load(slot.symbol, slot.offset, (*axes, *inner)), slot.shape[-1])

    def record(self, source: SymbolRef, scope: Scope) -> Record:
        """Where a recorded symbol has its record."""
        own = self.expr(source, scope)
        assert isinstance(own, Load)
        return Record(own.symbol, own.base, own.axes)

    def shifted(self, source: Ref, offset: Expr, scope: Scope) -> Expr:
        """VECTOR ELM MAP."""
        own = self.ref(source, scope)
        assert isinstance(own, Load)
        slot = self.placed.slots[own.symbol]
        array = Load(slot.symbol, slot.offset, _all_places(slot.shape, slot.strides))
        return Shifted(Slice(array, slot.size), own, offset)

    # ------------------------------------------------------------------ names

    def ref(self, ref: Ref, scope: Scope) -> Expr:
        """The slot of an element, the time, or the number of a label."""
        definition = self.own.get(ref.name)
        if definition is None:
            return self.bare(ref, scope)
        element = definition.element
        if isinstance(element, Lookup):
            raise self.error(f'uses the lookup "{element.name}" without an argument')
        slot = self.placed.slots[definition.symbol]
        axes = self.axes(ref.subscripts, element, slot.strides, scope)
        return Load(slot.symbol, slot.offset, axes)

    def bare(self, ref: Ref, scope: Scope) -> Expr:
        """A name that is no element: Time, or the number of a label."""
        if ref.name == "time":
            return Time()
        source = ref.name if ref.name in scope.ranges else self.related(ref.name, scope)
        if source is not None:
            labels, loop = scope.ranges[source]
            if source != ref.name:
                labels = tuple(self.mapped(label, source, ref.name) for label in labels)
            return Place(Axis(1, tuple(self.number(label) for label in labels), loop))
        if any(ref.name in labels_of for labels_of in self.positions.values()):
            return Number(self.number(ref.name) + 1.0)
        what = f'uses "{ref.name}", which the model does not define'
        raise self.error(what, did_you_mean(ref.name, [d.symbol.name for d in self.own.values()]))


def _all_places(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[Axis, ...]:
    """Axes that stand for every slot at once."""
    return tuple(
        Axis(stride, tuple(range(size))) for size, stride in zip(shape, strides, strict=True)
    )
