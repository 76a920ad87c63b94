"""Functions of whole arrays, replaced by symbols that hold their arguments and their results.

An argument is copied into a symbol whose last dimensions are those that the function works on,
so that the numbers of one call lie side by side; the result of the call is another such symbol.
Other labels of the equation stay loops, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from simdistrict.base.errors import ModelError
from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.calls import Helper
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.engine.lowering.made import ArrayCall, ElementMap, Filled, Maker, SymbolRef
from simdistrict.model.expr import Call, Expr, Ref, fold, references, walk
from simdistrict.model.model import Auxiliary, Equation, Model

# How arguments are given, one letter each: v a vector over its last subscript, m a matrix over
# its last two, p the priority profiles of a vector, named by their first label; V, P the same
# named by the first label of the vector too; n a number, - a size that follows from the labels.
# Then how many of the last subscripts of the left-hand side the result fills.
_FORMS: dict[str, tuple[str, int]] = {
    "ALLOCATE AVAILABLE": ("vpn", 1),
    "ALLOCATE BY PRIORITY": ("vv-nn", 1),
    "FIND MARKET PRICE": ("VPVP", 0),
    "INVERT MATRIX": ("m-", 2),
    "VECTOR LOOKUP": ("Vnnnn", 0),
    "VECTOR RANK": ("vn", 1),
    "VECTOR REORDER": ("vv", 1),
    "VECTOR SORT ORDER": ("vn", 1),
}
# how many of the numbers of a priority profile are read
PROFILE = 3
_OWN_ELEMENT = "give that argument an element of its own"


def check(maker: Maker, call: Call) -> None:
    """Refuse arguments that would have symbols of their own over the labels of the result.

    To be called before the arguments are replaced. Raises ModelError.
    """
    if call.function not in _FORMS:
        return
    for node in walk(call):
        known = FUNCTIONS.get(node.function) if isinstance(node, Call) else None
        if known and node is not call and known.kind in ("memory", "random", "array"):
            assert isinstance(node, Call)
            raise _ArrayFunction(maker, call).error(
                f"an argument that uses {node.function}", _OWN_ELEMENT
            )


def replaced(maker: Maker, call: Call) -> Expr:
    """The expression that a call of a function of kind array stands for.

    Raises ModelError for arguments that the function does not take.
    """
    if len(call.args) not in FUNCTIONS[call.function].arity:
        return call  # reported where calls are checked
    work = _ArrayFunction(maker, call)
    if call.function == "VECTOR ELM MAP":
        return work.mapped()
    if call.function in ("DEMAND AT PRICE", "SUPPLY AT PRICE"):
        return work.at_price()
    return work.whole(*_FORMS[call.function])


@dataclass(frozen=True)
class _ArrayFunction:
    maker: Maker
    call: Call

    @property
    def model(self) -> Model:
        return self.maker.model

    @property
    def equation(self) -> Equation:
        return self.maker.equation

    def error(self, what: str, hint: str = "") -> ModelError:
        return self.maker.error(f"gives {self.call.function} {what}", hint)

    def whole(self, form: str, filled: int) -> Expr:
        left = self.equation.subscripts
        own = len(left) - filled
        ranges = left[own:] if own >= 0 else ()
        if own < 0 or any(name not in self.model.dims_by_name for name in ranges):
            what = f"no range to fill: the left-hand side needs {filled} as its last subscript"
            raise self.error(what + ("s" if filled > 1 else ""))
        args: list[Expr] = []
        runs: list[tuple[str, ...]] = []
        length = 0
        for kind, arg in zip(form, self.call.args, strict=True):
            if kind == "n":
                args.append(arg)
            elif kind != "-":
                names, source = self.named(kind, arg, length, own)
                length = self.size(names[0]) if kind in "vV" else 0
                args.append(self.copied(own, names, source))
                runs.append(names)
        self.compare(filled, ranges, runs)
        made = ArrayCall(FUNCTIONS[self.call.function].python, tuple(args), own)
        if not filled:
            return made
        names = tuple(self.model.dims_by_name[r].name for r in ranges)
        dims = (*self.maker.owner.dims[:own], *names)
        return self.maker.define(self.maker.new("result"), Filled, made, dims=dims)

    def size(self, range_name: str) -> int:
        return len(self.model.dims_by_name[range_name].labels)

    def compare(self, filled: int, ranges: tuple[str, ...], runs: list[tuple[str, ...]]) -> None:
        """Refuse arrays of other lengths. runs: the ranges that each array argument runs over."""
        wanted = [self.size(name) for name in ranges]
        if self.call.function == "VECTOR REORDER":
            # it reads as many values as the order has numbers
            runs = runs[1:]
        for names in runs if filled else ():
            sizes = [self.size(name) for name in names[:filled]]
            if sizes != wanted or len(set(sizes)) > 1:
                texts = [" by ".join(map(str, numbers)) for numbers in (sizes, wanted)]
                raise self.error(f"an array of {texts[0]} labels for a result of {texts[1]}")

    def named(self, kind: str, arg: Expr, length: int, own: int) -> tuple[tuple[str, ...], Expr]:
        """The ranges that an argument runs over, and the argument with its own ranges in it."""
        if kind in "vm":
            count = 2 if kind == "m" else 1
            found = [
                names
                for names in (r.subscripts[-count:] for r in references(arg))
                if len(names) == count and all(n in self.model.dims_by_name for n in names)
            ]
            if not found:
                what = "a number where it takes an array"
                raise self.error(what, "end its subscripts with a range")
            known = isinstance(arg, Ref) and arg.name in self.model
            if kind == "m" and known and len(set(found[0])) == 1:
                assert isinstance(arg, Ref)
                # one range for rows and columns: the matrix as it is defined
                found = [tuple(fold(d) for d in self.model[arg.name].dims[-2:])]
                arg = Ref(arg.name, (*arg.subscripts[:-2], *found[0]))
            new = [names for names in found if not set(names) & set(self.equation.subscripts[:own])]
            return (new or found)[0], arg
        if not isinstance(arg, Ref) or arg.name not in self.model:
            raise self.error("an expression where it takes the name of an array", _OWN_ELEMENT)
        dims = [fold(d) for d in self.model[arg.name].dims]
        if len(dims) != len(arg.subscripts) or len(dims) < (1 if kind == "V" else 2):
            raise self.error(f'"{arg.name}" with other subscripts than it has')
        count = 2 if kind == "P" else 1
        names = tuple(
            self.ranged(s, d) for s, d in zip(arg.subscripts[-count:], dims[-count:], strict=True)
        )
        source = Ref(arg.name, (*arg.subscripts[:-count], *names))
        if kind == "p":
            names = (arg.subscripts[-2], *names)
            if names[0] not in self.model.dims_by_name:
                raise self.error("the profile of one label", "name the range there")
        if kind in "pP":
            if self.size(names[-1]) < PROFILE:
                raise self.error(f"a profile of fewer than {PROFILE} numbers")
            if self.size(names[0]) != length:
                raise self.error("profiles for other labels than quantities")
        return names, source

    def ranged(self, subscript: str, dim: str) -> str:
        """The range that a subscript stands for: its own, or the one that it is the first of."""
        if subscript in self.model.dims_by_name:
            return subscript
        if fold(self.model.dims_by_name[dim].labels[0]) == subscript:
            return dim
        what = f'the label "{subscript}" to begin with'
        first = self.model.dims_by_name[dim].labels[0]
        raise self.error(what, f'name an array by its first label, "{first}"')

    def copied(self, own: int, names: tuple[str, ...], source: Expr) -> SymbolRef:
        """A symbol that holds an argument with its last dimensions side by side."""
        subscripts = (*self.equation.subscripts[:own], *names)
        if len(set(names)) < len(names) or set(names) & set(subscripts[:own]):
            what = "an array that runs over one range twice"
            raise self.error(what, "use a second range with the same labels, new <-> old")
        if self.equation.exceptions:
            raise self.error("to a left-hand side with exceptions", "list its labels instead")
        dims = tuple(self.model.dims_by_name[n].name for n in names)
        ref = SymbolRef(Symbol(self.maker.owner.name, "argument"), subscripts)
        dims = (*self.maker.owner.dims[:own], *dims)
        return self.maker.define(ref, Auxiliary, source, dims=dims)

    def mapped(self) -> Expr:
        """VECTOR ELM MAP: the number of an array that is so many slots after another one."""
        source, offset = self.call.args
        if not isinstance(source, Ref) or source.name not in self.model:
            raise self.error("an expression where it takes the name of an array", _OWN_ELEMENT)
        if not self.model[source.name].dims:
            raise self.error(f'"{source.name}", which is no array')
        return ElementMap(source, offset)

    def at_price(self) -> Expr:
        """DEMAND AT PRICE and SUPPLY AT PRICE: the profile as single numbers."""
        quantity, profile, price = self.call.args
        if not isinstance(profile, Ref) or profile.name not in self.model:
            raise self.error("an expression where it takes a profile", _OWN_ELEMENT)
        dims = [fold(d) for d in self.model[profile.name].dims]
        if len(dims) != len(profile.subscripts) or not dims:
            raise self.error(f'"{profile.name}" with other subscripts than it has')
        labels = self.model.dims_by_name[self.ranged(profile.subscripts[-1], dims[-1])].labels
        if len(labels) < PROFILE:
            raise self.error(f"a profile of fewer than {PROFILE} numbers")
        row = [Ref(profile.name, (*profile.subscripts[:-1], fold(x))) for x in labels[:PROFILE]]
        return Helper(FUNCTIONS[self.call.function].python, (quantity, *row, price))
