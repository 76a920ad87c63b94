"""Macros of a .mdl file, expanded to elements.

A call `F(a, b)` becomes an element `F 1` with the macro's equation, and the local names of the
macro become `F 1 name`. The text of the file keeps the macro.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from simdistrict.base.errors import ModelError, Problem, collecting
from simdistrict.exchange.text.grammar import OutputCall
from simdistrict.exchange.text.outline import MdlBlock
from simdistrict.model.expr import (
    Call,
    Expr,
    LookupCall,
    Number,
    Points,
    Ref,
    children,
    fold,
    is_reduced,
    rebuild,
    references,
)
from simdistrict.model.model import Auxiliary, Constant, Element, Equation, Lookup, Stock

MAX_DEPTH = 20  # of macros that call macros
MAX_ELEMENTS = 20_000


@dataclass(frozen=True, slots=True)
class MdlDefinition:
    """A block with its equation; integrates: it is an INTEG, the equation of a stock."""

    block: MdlBlock
    equation: Equation
    integrates: bool


# reads the equation of a block, given the folded names of lookups
ReadDefinition = Callable[[MdlBlock, set[str]], MdlDefinition]


@dataclass(frozen=True, slots=True)
class MdlMacro:
    """A macro of a .mdl file: folded names of inputs and outputs, definitions by folded name."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    body: Mapping[str, MdlDefinition]


def read_macros(
    blocks: Iterable[MdlBlock], read: ReadDefinition, where: str
) -> tuple[dict[str, MdlMacro], list[Problem]]:
    """The macros by folded name, and their problems."""
    found: dict[str, MdlMacro] = {}
    problems: list[Problem] = []
    for block in blocks:
        own = [b for b in block.body if b.kind not in ("group", "check")]
        lookups = {fold(b.name) for b in own if b.kind == "lookup"}
        body: dict[str, MdlDefinition] = {}
        for inner in own:
            name = fold(inner.name)
            if inner.subscripts or inner.kind not in ("equation", "lookup") or name in body:
                what = f'the macro "{block.name}" defines "{inner.name}" with subscripts, as data '
                what += "or twice, which macros of Vensim cannot"
                problems.append(inner.problem(where, what))
                continue
            with collecting(problems):
                body[name] = read(inner, lookups)
        inputs, outputs = (tuple(map(fold, n)) for n in (block.arguments, block.outputs))
        if fold(block.name) in found:
            problems.append(block.problem(where, f'the macro "{block.name}" is defined twice'))
        gone = {fold(block.name), *outputs} - body.keys()
        if gone and not problems:
            what = f'the macro "{block.name}" does not define {" and ".join(sorted(gone))}'
            problems.append(block.problem(where, what))
        found[fold(block.name)] = MdlMacro(block.name, inputs, outputs, body)
    return found, problems


def expanded(
    elements: Sequence[Element], macros: Mapping[str, MdlMacro], where: str
) -> tuple[list[Element], list[Problem]]:
    """The elements with calls of macros expanded, new elements after their caller; problems."""
    if not macros:
        return list(elements), []
    work = _MacroExpansion(macros, {fold(e.name) for e in elements}, where)
    for element in elements:
        try:
            work.element(element)
        except ModelError as error:
            work.problems += error.problems
        except RecursionError:
            what = f'"{element.name}" nests macros too deeply'
            work.problems.append(Problem(f"{where}:{element.line}", what))
            break
    return work.elements, work.problems


class _MacroExpansion:
    def __init__(self, macros: Mapping[str, MdlMacro], taken: set[str], where: str) -> None:
        self.macros = macros
        self.taken = taken
        self.where = where
        self.elements: list[Element] = []
        self.problems: list[Problem] = []
        self.depth = self.made = 0
        self.counts: dict[str, int] = {}

    def element(self, element: Element) -> None:
        new: list[Element] = []
        self.depth = 0
        equations = []
        for equation in element.equations:
            initial = equation.initial
            expression = self.visit(equation.expression, element, equation, new)
            if initial is not None:
                initial = self.visit(initial, element, equation, new)
            equations.append(replace(equation, expression=expression, initial=initial))
        self.elements.append(replace(element, equations=tuple(equations)) if new else element)
        self.elements += new

    def visit(self, expr: Expr, owner: Element, equation: Equation, new: list[Element]) -> Expr:
        nodes = tuple(self.visit(node, owner, equation, new) for node in children(expr))
        if isinstance(expr, Call) and fold(expr.function) in self.macros:
            return self.call(expr, nodes, owner, equation, new)
        return rebuild(expr, nodes) if nodes else expr

    def call(
        self,
        call: Call,
        args: tuple[Expr, ...],
        owner: Element,
        equation: Equation,
        new: list[Element],
    ) -> Expr:
        macro = self.macros[fold(call.function)]
        outputs = call.outputs if isinstance(call, OutputCall) else ()
        place = f"{self.where}:{equation.line}"
        if len(args) != len(macro.inputs) or len(outputs) not in (0, len(macro.outputs)):
            what = f'"{owner.name}" gives the macro {macro.name} {len(args)} inputs and '
            what += f"{len(outputs)} outputs; it has {len(macro.inputs)} and {len(macro.outputs)}"
            raise ModelError(Problem(place, what))
        if self.depth >= MAX_DEPTH:
            raise ModelError(Problem(place, f"the macro {macro.name} calls itself without end"))
        self.made += len(macro.body) + len(args)
        if self.made > MAX_ELEMENTS:
            what = f"the macros of the model expand to more than {MAX_ELEMENTS} elements"
            raise ModelError(Problem(place, what))
        prefix = self.free(macro.name)
        names = {n: prefix if n == fold(macro.name) else f"{prefix} {n}" for n in macro.body}
        self.taken |= {fold(name) for name in names.values()}
        inputs: dict[str, Expr] = {}
        for name, arg in zip(macro.inputs, args, strict=True):
            if any(is_reduced(s) for ref in references(arg) for s in ref.subscripts):
                what = f'"{owner.name}" calls the macro {macro.name} inside a sum over a subscript'
                raise ModelError(Problem(place, f"{what}, which is not supported"))
            inputs[name] = arg
            if not isinstance(arg, Ref | Number):
                spelled = f"{prefix} {name}"
                inputs[name] = Ref(fold(spelled), equation.subscripts)
                new.append(_like(owner, spelled, replace(equation, expression=arg, initial=None)))
        self.depth += 1
        scope = _MacroScope(inputs, names, equation.subscripts, place, macro.name)
        for name, local in macro.body.items():
            value, initial = local.equation.expression, local.equation.initial
            own = Equation(
                self.visit(scope.of(value), owner, equation, new),
                initial and self.visit(scope.of(initial), owner, equation, new),
                equation.subscripts,
                equation.exceptions,
                local.block.line,
            )
            new.append(_like(owner, names[name], own, local.integrates))
        self.depth -= 1
        for given, output in zip(outputs, macro.outputs, strict=False):
            if given.subscripts not in ((), equation.subscripts):
                what = f'the output "{given.name}" of the macro {macro.name} has other subscripts '
                raise ModelError(Problem(place, f'{what}than "{owner.name}"'))
            ref = Ref(fold(names[output]), equation.subscripts)
            new.append(_like(owner, given.name, replace(equation, expression=ref, initial=None)))
        return Ref(fold(prefix), equation.subscripts)

    def free(self, name: str) -> str:
        count = self.counts.get(name, 0) + 1
        while fold(f"{name} {count}") in self.taken:
            count += 1
        self.counts[name] = count
        return f"{name} {count}"


@dataclass(frozen=True, slots=True)
class _MacroScope:
    """The meaning of the names in a macro's body in one call."""

    inputs: Mapping[str, Expr]
    names: Mapping[str, str]
    subscripts: tuple[str, ...]
    place: str
    macro: str

    def of(self, expr: Expr) -> Expr:
        nodes = tuple(self.of(node) for node in children(expr))
        match expr:
            case Ref(name, ()) if name in self.inputs:
                return self.inputs[name]
            case Ref(name, ()) if name in self.names:
                return Ref(fold(self.names[name]), self.subscripts)
            case Ref(name, subscripts) if name.endswith("$"):
                return Ref(name.removesuffix("$").strip(), subscripts)
            case Ref(_, (_, *_)):
                what = f"the macro {self.macro} uses subscripts, which macros of Vensim cannot have"
                raise ModelError(Problem(self.place, what))
            case Call(function, (_,)) if fold(function) in self.inputs:
                table = self.inputs[fold(function)]
                if isinstance(table, Ref):
                    return LookupCall(table, nodes[0])
                raise ModelError(Problem(self.place, f"{function} is given no lookup"))
        return rebuild(expr, nodes) if nodes else expr


def _like(owner: Element, name: str, equation: Equation, stock: bool = False) -> Element:
    kind: type[Element] = Auxiliary
    if stock:
        kind = Stock
    elif isinstance(equation.expression, Points):
        kind = Lookup
    elif isinstance(equation.expression, Number) and equation.initial is None:
        kind = Constant
    return kind(name=name, equations=(equation,), dims=owner.dims, group=owner.group)
