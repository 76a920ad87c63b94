"""Equations to statements: names become places, subscripts become loops.

Everything that the engine does not support is refused here, by name and with its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from simdistrict.base.errors import ModelError, Problem, did_you_mean
from simdistrict.engine.layout import Layout
from simdistrict.engine.lowering.expand import HELD, Held, Sampled, is_internal
from simdistrict.engine.lowering.functions import FUNCTIONS, REFUSED
from simdistrict.engine.lowering.nodes import (
    Axis,
    Interpolate,
    Latch,
    Load,
    Loop,
    Place,
    Record,
    Reduce,
    Slice,
    Statement,
    Time,
    Whole,
)
from simdistrict.engine.lowering.whole import Filled
from simdistrict.model.expr import (
    Array,
    Binary,
    Call,
    Expr,
    LookupCall,
    Number,
    Points,
    Ref,
    Tables,
    Text,
    WithLookup,
    children,
    fold,
    rebuild,
    walk,
)
from simdistrict.model.model import Constant, Data, Element, Equation, Lookup, Model, Stock

# how data are read between their points
READERS = {
    "interpolate": "lookup",
    "hold backward": "data_backward",
    "look forward": "data_forward",
    "raw": "data_raw",
}
NO_NUMBERS = (
    "is a data variable without numbers",
    "give the file that has them: --data FILE (a .nc, .tab, .csv or .dat file)",
)
_OF_DATA = {name for name, function in FUNCTIONS.items() if function.kind == "data"}


@dataclass(frozen=True)
class Statements:
    """The statements of a model by the phase that they belong to.

    run: in any order, evaluated whenever time moves on (what depends on constants alone
    included); initial: evaluated once at the start; start_values: what replaces a run statement
    at the start (ACTIVE INITIAL); conditions: SAMPLE IF TRUE's, by target.
    """

    run: tuple[Statement, ...]
    initial: tuple[Statement, ...]
    start_values: tuple[Statement, ...]
    conditions: tuple[Statement, ...]


@dataclass
class _Scope:
    """What the subscripts of one equation mean.

    ranges: folded range -> (labels of its rounds, loop or -1 when there is one round only).
    """

    ranges: dict[str, tuple[tuple[str, ...], int]] = field(default_factory=dict)
    next_loop: int = 0


def inline_points(elements: Sequence[Element]) -> list[Points]:
    """The points written inside equations, in the order in which `lower` numbers them."""
    found: dict[Points, None] = {}
    for element in elements:
        for equation in element.equations:
            for expr in (equation.expression, equation.initial):
                if expr is not None:
                    found.update(
                        (node.points, None) for node in walk(expr) if isinstance(node, WithLookup)
                    )
    return list(found)


def lower(model: Model, elements: Sequence[Element], layout: Layout) -> Statements:
    """All statements of the expanded elements. Raises ModelError with every problem found."""
    work = _Lowering(model, elements, layout)
    for element in elements:
        if not isinstance(element, Constant | Lookup):
            try:
                work.element(element)
            except ModelError as error:
                work.problems += error.problems
    if work.problems:
        raise ModelError(list(dict.fromkeys(work.problems)))
    return Statements(
        tuple(work.run), tuple(work.initial), tuple(work.start_values), tuple(work.conditions)
    )


class _Lowering:
    def __init__(self, model: Model, elements: Sequence[Element], layout: Layout) -> None:
        self.model = model
        self.layout = layout
        self.by_name = {fold(e.name): e for e in elements}
        first = len(layout.tables) - len(inline_points(elements))
        self.inline = {points: first + k for k, points in enumerate(inline_points(elements))}
        self.positions: dict[str, dict[str, int]] = {
            fold(d.name): {fold(label): i for i, label in enumerate(d.labels)}
            for d in model.dimensions
        }
        self.problems: list[Problem] = []
        self.run: list[Statement] = []
        self.initial: list[Statement] = []
        self.start_values: list[Statement] = []
        self.conditions: list[Statement] = []
        self.owner: Element = Element(name="", equations=())
        self.line = 0

    def error(self, what: str, hint: str = "") -> ModelError:
        where = f"model {self.model.name}, line {self.line}"
        return ModelError(Problem(where, f'"{_readable(self.owner.name)}" {what}', hint))

    def element(self, element: Element) -> None:
        self.owner = element
        for equation in _without_lists(self.model, element):
            self.line = equation.line
            if isinstance(equation.expression, Tables) and not equation.expression.points:
                raise self.error(*NO_NUMBERS)
            for box in _boxes(list(self.model.positions(element, equation))):
                self.statements(element, equation, box)

    def statements(
        self, element: Element, equation: Equation, box: tuple[tuple[int, ...], ...]
    ) -> None:
        """The statements of one equation over one box of its element's places."""
        scope = _Scope()
        slot = self.layout.slots[fold(element.name)]
        axes: list[Axis] = []
        loops: list[Loop] = []
        rows = zip(equation.subscripts, box, slot.strides, self.model.labels(element), strict=True)
        looped = _looped(element, equation)
        for subscript, places, stride, labels in rows:
            loop = -1
            if len(axes) >= looped:
                # written by one call for all labels
                axes.append(Axis(stride, places))
                continue
            if len(places) > 1:
                loop = scope.next_loop
                scope.next_loop += 1
                loops.append(Loop(loop, len(places)))
            axes.append(Axis(stride, places, loop))
            if subscript in self.positions:
                scope.ranges[subscript] = (tuple(fold(labels[p]) for p in places), loop)
        label = _readable(element.name)
        if equation.subscripts:
            label += f"[{','.join(equation.subscripts)}]"

        def statement(base: int, expr: Expr) -> Statement:
            target = Load(slot.name, base, tuple(axes))
            return Statement(target, self.expr(expr, scope), tuple(loops), label, equation.line)

        layout = self.layout
        if isinstance(element, Stock):
            rate = slot.offset - layout.stocks.start + layout.rates.start
            self.run.append(statement(rate, equation.expression))
            assert equation.initial is not None
            self.initial.append(statement(slot.offset, equation.initial))
        elif isinstance(element, Held):
            self.initial.append(statement(slot.offset, equation.expression))
        elif isinstance(element, Sampled):
            assert isinstance(equation.expression, Call)
            condition, source, first = equation.expression.args
            number = slot.offset - layout.sampled.start
            held = Load(slot.name, number + layout.held_samples.start, tuple(axes))
            follows = Load(slot.name, number + layout.conditions.start, tuple(axes))
            self.initial.append(statement(held.base, first))
            self.run.append(statement(follows.base, Latch(follows, condition)))
            choice = Call("IF THEN ELSE", (follows, source, held))
            self.run.append(statement(slot.offset, choice))
            self.conditions.append(statement(slot.offset, condition))
        elif isinstance(equation.expression, Tables):
            helper = READERS[equation.expression.between]
            table = layout.first_table[slot.name]
            read = Interpolate(slot.name, table, tuple(axes), Time(), helper)
            self.run.append(replace(statement(slot.offset, Number(0.0)), expr=read))
        else:
            self.run.append(statement(slot.offset, equation.expression))
            if equation.initial is not None:
                self.start_values.append(statement(slot.offset, equation.initial))

    def expr(self, expr: Expr, scope: _Scope) -> Expr:
        match expr:
            case Ref():
                return self.ref(expr, scope)
            case LookupCall(lookup, x):
                return self.lookup(lookup, self.expr(x, scope), scope)
            case WithLookup(x, points):
                table = self.inline[points]
                return Interpolate("", table, (), self.expr(x, scope))
            case Call("SUM" | "PROD" | "VMIN" | "VMAX", (body,)):
                return self.reduce(expr.function, body, scope)
            case Call(function, (Ref() as table, x, *more)) if _reads_lookup(expr):
                found = self.lookup(table, self.expr(x, scope), scope)
                others = tuple(self.expr(other, scope) for other in more)
                return replace(found, helper=FUNCTIONS[function].python, more=others)
            case Call(function, (Ref() as data, *others)) if function in _OF_DATA:
                return self.of_data(expr, data, others, scope)
            case Call("ELMCOUNT", (Ref(name, ()),)) if name in self.model.dims_by_name:
                return Number(float(len(self.model.dims_by_name[name].labels)))
            case Call(function, _) if function.startswith("#"):
                return self.internal(expr, scope)
            case Call():
                return self.call(expr, scope)
            case Array():
                raise self.error("holds a list of numbers inside an expression")
            case Load():
                return expr
            case Latch(own, condition):
                return Latch(own, self.expr(condition, scope))
        nodes = children(expr)
        return rebuild(expr, tuple(self.expr(node, scope) for node in nodes)) if nodes else expr

    def internal(self, call: Call, scope: _Scope) -> Expr:
        """A call that `expand` made."""
        match call:
            case Call("#STREAM", (Call() as drawn, Number(stream))):
                return self.drawn(drawn, stream, scope)
            case Call("#RECORDED", (Text(helper), Number(count), *args)):
                records = tuple(self.record(arg, scope) for arg in args[: int(count)])
                rest = tuple(self.expr(arg, scope) for arg in args[int(count) :])
                return Whole(helper, (*records, *rest))
            case Call("#WHOLE", (Text(helper), Number(own), *args)):
                given = tuple(self.argument(arg, int(own), scope) for arg in args)
                return Whole(helper, given, isinstance(self.owner, Filled))
            case Call("#HELPER", (Text(helper), *args)):
                return Whole(helper, tuple(self.expr(arg, scope) for arg in args))
            case Call("#ELEMENT", (Ref() as source, offset)):
                return self.shifted(source, self.expr(offset, scope), scope)
            case Call("#LAG" | "#ORDER", args):
                return Call(call.function, tuple(self.expr(arg, scope) for arg in args))
        raise AssertionError(f"no meaning for {call.function}")

    def call(self, call: Call, scope: _Scope) -> Expr:
        known = FUNCTIONS.get(call.function)
        if known is None:
            what = f"uses the function {call.function}, which is not supported"
            if call.function in REFUSED:
                raise self.error(f"{what}: {REFUSED[call.function]}")
            raise self.error(what, did_you_mean(call.function, FUNCTIONS))
        if len(call.args) not in known.arity:
            wanted = " or ".join(map(str, known.arity))
            raise self.error(f"gives {call.function} {len(call.args)} arguments, not {wanted}")
        if known.kind in ("rewritten", "lookup"):
            # what is allowed was replaced before
            what = f"gives {call.function} other arguments than the engine can take"
            raise self.error(what, "see the list of functions in the documentation of the engine")
        args = tuple(self.expr(arg, scope) for arg in call.args)
        if call.function in ("PULSE", "PULSE TRAIN"):
            args = (*args, self.ref(Ref("time step"), scope))
        if call.function == "RAMP" and len(args) == 2:
            args = (*args, self.ref(Ref("final time"), scope))
        return Call(call.function, args)

    def argument(self, arg: Expr, own: int, scope: _Scope) -> Expr:
        """An argument of a function of whole arrays: a slice of a copied array, or a number."""
        if not isinstance(arg, Ref) or not is_internal(arg.name):
            return self.expr(arg, scope)
        element, slot = self.by_name[arg.name], self.layout.slots[arg.name]
        if len(element.dims) <= own:
            return self.expr(arg, scope)
        outer = replace(element, dims=element.dims[:own])
        axes = self.axes(Ref(arg.name, arg.subscripts[:own]), outer, slot.strides[:own], scope)
        inner = _all_places(slot.shape[own:], slot.strides[own:])
        return Slice(Load(slot.name, slot.offset, (*axes, *inner)), slot.shape[-1])

    def record(self, source: Expr, scope: _Scope) -> Record:
        """Where a recorded element has its record."""
        assert isinstance(source, Ref)
        own = self.ref(source, scope)
        assert isinstance(own, Load)
        return Record(own.name, own.base, own.axes)

    def shifted(self, source: Ref, offset: Expr, scope: _Scope) -> Expr:
        """The place of an array that lies so many places behind another one."""
        own = self.ref(source, scope)
        assert isinstance(own, Load)
        slot = self.layout.slots[source.name]
        array = Load(slot.name, slot.offset, _all_places(slot.shape, slot.strides))
        return Whole("element", (Slice(array, slot.size), Slice(own), offset))

    def drawn(self, call: Call, stream: float, scope: _Scope) -> Expr:
        """A random number: other labels have other streams; see `noise`."""
        known = self.call(call, scope)
        assert isinstance(known, Call)
        label: Expr = Number(stream)
        size = 1
        for labels, loop in scope.ranges.values():
            if loop >= 0:
                place = Place(Axis(1, tuple(range(len(labels))), loop))
                label = Binary("+", label, Binary("*", place, Number(float(size))))
                size *= len(labels)
        seeded = "noise seed" in self.by_name
        noise = self.ref(Ref("noise seed"), scope) if seeded else Number(0.0)
        *args, seed = known.args or (Number(0.0),)
        return Call(call.function, (*args, label, seed, noise))

    def ref(self, ref: Ref, scope: _Scope) -> Expr:
        if ref.name.startswith(HELD):
            return self.held(Ref(ref.name.removeprefix(HELD), ref.subscripts), scope)
        element = self.by_name.get(ref.name)
        if element is None:
            return self.bare(ref, scope)
        if isinstance(element, Lookup):
            raise self.error(f'uses the lookup "{element.name}" without an argument')
        slot = self.layout.slots[ref.name]
        return Load(ref.name, slot.offset, self.axes(ref, element, slot.strides, scope))

    def held(self, ref: Ref, scope: _Scope) -> Expr:
        """What a SAMPLE IF TRUE held before: the meaning of its own name in its arguments."""
        slot = self.layout.slots[ref.name]
        base = slot.offset - self.layout.sampled.start + self.layout.held_samples.start
        return Load(ref.name, base, self.axes(ref, self.by_name[ref.name], slot.strides, scope))

    def bare(self, ref: Ref, scope: _Scope) -> Expr:
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
        names = [e.name for e in self.by_name.values() if not is_internal(e.name)]
        what = f'uses "{ref.name}", which the model does not define'
        raise self.error(what, did_you_mean(ref.name, names))

    def number(self, label: str) -> int:
        """Where a label stands in its family: the first of the largest ranges that hold it."""
        holding = [p for p in self.positions.values() if label in p]
        return max(holding, key=len)[label]

    def lookup(self, ref: Ref, x: Expr, scope: _Scope) -> Interpolate:
        element = self.by_name.get(ref.name)
        if not isinstance(element, Lookup):
            if element is not None:
                raise self.error(f'applies "{ref.name}", which is no lookup')
            raise self.error(f"applies the function {ref.name.upper()}, which is not supported")
        shape = self.model.shape(element)
        strides = tuple(_product(shape[k + 1 :]) for k in range(len(shape)))
        axes = self.axes(ref, element, strides, scope)
        return Interpolate(ref.name, self.layout.first_table[ref.name], axes, x)

    def of_data(self, call: Call, ref: Ref, others: Sequence[Expr], scope: _Scope) -> Expr:
        """A function of a data variable by its name: of its points, not of its present value."""
        known = FUNCTIONS[call.function]
        if len(call.args) not in known.arity:
            wanted = " or ".join(map(str, known.arity))
            raise self.error(f"gives {call.function} {len(call.args)} arguments, not {wanted}")
        element = self.by_name.get(ref.name)
        if not isinstance(element, Data):
            raise self.error(f'gives {call.function} "{ref.name}", which is no data variable')
        shape = self.model.shape(element)
        strides = tuple(_product(shape[k + 1 :]) for k in range(len(shape)))
        axes = self.axes(ref, element, strides, scope)
        x, *rest = (self.expr(other, scope) for other in others) if others else (Number(0.0),)
        if call.function == "GET DATA BETWEEN TIMES":
            rest += [self.ref(Ref(name), scope) for name in ("initial time", "time step")]
        first = self.layout.first_table[ref.name]
        return Interpolate(ref.name, first, axes, x, known.python, tuple(rest))

    def reduce(self, op: str, body: Expr, scope: _Scope) -> Expr:
        names: dict[str, None] = {}
        for node in walk(body):
            if isinstance(node, Ref):
                names.update((s, None) for s in node.subscripts if s.endswith("!"))
        if not names:
            raise self.error(f"uses {op} without a subscript marked with !")
        inner = _Scope(dict(scope.ranges), scope.next_loop)
        loops = []
        for name in names:
            dimension = self.model.dims_by_name.get(name[:-1])
            if dimension is None:
                raise self.error(f'reduces over "{name[:-1]}", which is no subscript range')
            labels = tuple(map(fold, dimension.labels))
            loops.append(Loop(inner.next_loop, len(labels)))
            inner.ranges[name] = (labels, inner.next_loop)
            inner.next_loop += 1
        result = Reduce(op, tuple(loops), self.expr(body, inner))
        scope.next_loop = inner.next_loop
        return result

    def axes(
        self, ref: Ref, element: Element, strides: tuple[int, ...], scope: _Scope
    ) -> tuple[Axis, ...]:
        if len(ref.subscripts) != len(element.dims):
            given = f"[{','.join(ref.subscripts)}]" if ref.subscripts else "no subscripts"
            needed = f"[{','.join(element.dims)}]" if element.dims else "none"
            raise self.error(f'gives "{_readable(element.name)}" {given}; it has {needed}')
        return tuple(
            self.axis(subscript, fold(dim), stride, element)
            if subscript not in scope.ranges and not self.related(subscript, scope)
            else self.moving(subscript, fold(dim), stride, element, scope)
            for subscript, dim, stride in zip(ref.subscripts, element.dims, strides, strict=True)
        )

    def axis(self, label: str, dim: str, stride: int, element: Element) -> Axis:
        """A subscript that is one label."""
        place = self.positions[dim].get(label)
        if place is None:
            name = _readable(element.name)
            if label.rstrip("!") in self.positions:
                raise self.error(
                    f'reads "{name}" over the range "{label}", which its own subscripts '
                    "do not run over"
                )
            labels = ", ".join(self.model.dims_by_name[dim].labels)
            raise self.error(f'reads "{name}" at "{label}"; it is defined for {labels}')
        return Axis(stride, (place,))

    def related(self, subscript: str, scope: _Scope) -> str | None:
        """The range of the left-hand side whose rounds a range on the right follows."""
        dimension = self.model.dims_by_name.get(subscript)
        if dimension is None:
            return None
        for name, (labels, _) in scope.ranges.items():
            if name.endswith("!"):
                continue
            if any(other == name or self.covers(other, labels) for other, _ in dimension.mappings):
                return name
            own = self.model.dims_by_name[name]
            if any(other == subscript for other, _ in own.mappings):
                return name
        for name, (labels, _) in scope.ranges.items():
            if set(labels) <= set(self.positions[subscript]):
                return name
        return None

    def covers(self, dim: str, labels: tuple[str, ...]) -> bool:
        return dim in self.positions and set(labels) <= set(self.positions[dim])

    def moving(
        self, subscript: str, dim: str, stride: int, element: Element, scope: _Scope
    ) -> Axis:
        """A subscript that follows a loop, directly or through a mapping."""
        source = subscript if subscript in scope.ranges else self.related(subscript, scope)
        assert source is not None
        labels, loop = scope.ranges[source]
        if source != subscript:
            labels = tuple(self.mapped(label, source, subscript) for label in labels)
        places = []
        for label in labels:
            place = self.positions[dim].get(label)
            if place is None:
                name = _readable(element.name)
                raise self.error(
                    f'reads "{name}" at "{label}" of "{subscript.rstrip("!")}", '
                    "for which it is not defined"
                )
            places.append(place)
        return Axis(stride, tuple(places), loop)

    def mapped(self, label: str, source: str, target: str) -> str:
        """The label of the target range that goes with a label of the source range."""
        there = self.model.dims_by_name[target]
        for _, theirs in there.mappings:
            for own, others in zip(there.labels, theirs, strict=False):
                if label in map(fold, others):
                    return fold(own)
        here = self.model.dims_by_name[source]
        for name, theirs in here.mappings:
            if name == target:
                for own, others in zip(here.labels, theirs, strict=False):
                    if fold(own) == label and others:
                        return fold(others[0])
        return label


def _reads_lookup(call: Call) -> bool:
    """Whether a call is one of a function of a lookup, with as many arguments as it takes."""
    known = FUNCTIONS.get(call.function)
    return known is not None and known.kind == "lookup" and len(call.args) in known.arity


def _looped(element: Element, equation: Equation) -> int:
    """How many dimensions of an element its statements loop over."""
    match equation.expression:
        case Call("#WHOLE", (_, Number(own), *_)) if isinstance(element, Filled):
            return int(own)
    return len(element.dims)


def _all_places(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[Axis, ...]:
    """Axes that stand for every place at once."""
    return tuple(
        Axis(stride, tuple(range(size))) for size, stride in zip(shape, strides, strict=True)
    )


def _without_lists(model: Model, element: Element) -> Iterator[Equation]:
    """The equations, with a list of numbers beside formulas taken apart into single numbers."""
    for equation in element.equations:
        if not isinstance(equation.expression, Array):
            yield equation
            continue
        labels = model.labels(element)
        places = model.positions(element, equation)
        for place, value in zip(places, equation.expression.values, strict=True):
            names = tuple(fold(axis[k]) for axis, k in zip(labels, place, strict=True))
            yield replace(equation, expression=Number(value), subscripts=names, exceptions=())


def _readable(name: str) -> str:
    """The name of the owner for an element that `expand` made."""
    return name.partition(" of ")[2] or name if is_internal(name) else name


def _product(sizes: tuple[int, ...]) -> int:
    result = 1
    for size in sizes:
        result *= size
    return result


def _boxes(places: list[tuple[int, ...]]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Split a set of positions into boxes, each a list of positions per axis."""
    if not places:
        return
    rank = len(places[0])
    axes = tuple(tuple(dict.fromkeys(p[k] for p in places)) for k in range(rank))
    if len(places) == _product(tuple(map(len, axes))):
        yield axes
        return
    rests: dict[int, list[tuple[int, ...]]] = {}
    for place in places:
        rests.setdefault(place[0], []).append(place[1:])
    alike: dict[tuple[tuple[int, ...], ...], list[int]] = {}
    for head, rest in rests.items():
        alike.setdefault(tuple(rest), []).append(head)
    for rest_places, heads in alike.items():
        for box in _boxes(list(rest_places)):
            yield (tuple(heads), *box)
