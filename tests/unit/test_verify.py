"""The verifier of lowered programs: it passes what is right and names what is planted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering import build as lowering
from simdistrict.engine.lowering.beginning import Beginning
from simdistrict.engine.lowering.build import build
from simdistrict.engine.lowering.calls import (
    Helper,
    Past,
    RandomDraw,
    Record,
    Shifted,
    Slice,
    Switch,
    Whole,
)
from simdistrict.engine.lowering.expand import expand
from simdistrict.engine.lowering.fuse import fuse, with_rates_last
from simdistrict.engine.lowering.lay_out import PlacedSymbols, lay_out
from simdistrict.engine.lowering.lower import lower
from simdistrict.engine.lowering.nodes import (
    Axis,
    Interpolate,
    Load,
    Loop,
    Place,
    Reduce,
    WrittenOut,
)
from simdistrict.engine.lowering.order import order
from simdistrict.engine.lowering.rules import ProgramError
from simdistrict.engine.lowering.statements import Statement, walk, with_parts
from simdistrict.engine.lowering.statements import parts as parts_of
from simdistrict.engine.lowering.verify import verify
from simdistrict.model.expr import Binary, Call, Chain, Expr, Number, Ref, Text
from tests.small import small

MODEL = small(
    """
    d: a, b, c ~ ~ |
    e: b, a ~ ~ |
    r: x, y ~ ~ |
    path([(0,0)-(9,9)],(0,0),(9,9))
    k[d] = 1, 2, 3
    stock[d] = INTEG(k[d] * total, 1)
    first[d] = k[d] * Time
    second[d] = first[d] + d
    other[e] = first[e] * 2
    third[a] = Time
    third[b] = Time * 2
    third[c] = Time * 3
    total = SUM(first[d!]) + path(Time) + STEP(1, 2)
    late = DELAY FIXED(total, 2, 0)
    drawn = RANDOM UNIFORM(0, 1, 7)
    ranks[d] = VECTOR RANK(first[d], 1)
    mapped = VECTOR ELM MAP(first[a], Time)
    held = SAMPLE IF TRUE(Time > 3, total, 0)
    slow = SMOOTH(total, 4)
    """
)


# of nodes of several kinds
Change = Callable[[Any], Any]


class Parts:
    """A lowered program in the pieces that `verify` takes, and a way to change one statement."""

    def __init__(self) -> None:
        definitions = expand(MODEL, Beginning(MODEL, build))
        self.placed: PlacedSymbols = lay_out(MODEL, definitions)
        phases = order(lower(MODEL, definitions, self.placed), self.placed, "small")
        self.once, self.start = fuse(phases.once), fuse(phases.start)
        self.settle = fuse(phases.settle)
        self.derive = with_rates_last(phases.derive, self.placed.layout)

    def verify(self) -> None:
        verify(self.once, self.start, self.settle, self.derive, self.placed)

    def change(self, name: str, change: Callable[[Statement], Statement], role: str = "") -> None:
        """Change the first statement of `derive` that defines a symbol."""
        for group in self.derive:
            for k, statement in enumerate(group):
                symbol = statement.target.symbol
                if symbol.name == name and symbol.role == role:
                    group[k] = change(statement)
                    return
        raise AssertionError(name)

    def node(self, name: str, kind: type[Expr], change: Change) -> None:
        """Change the nodes of one kind in a statement."""

        def visit(expr: Expr) -> Expr:
            nodes = tuple(map(visit, parts_of(expr)))
            expr = with_parts(expr, nodes) if nodes else expr
            return change(expr) if isinstance(expr, kind) else expr

        def changed(statement: Statement) -> Statement:
            assert any(isinstance(node, kind) for node in walk(statement.expr))
            return replace(statement, expr=visit(statement.expr))

        self.change(name, changed)


def test_a_right_program_passes() -> None:
    Parts().verify()


def test_every_program_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ProgramError("seen")

    monkeypatch.setattr(lowering, "verify", refuse)
    with pytest.raises(ProgramError, match="seen"):
        build(small("x = 1"))


def having(**values: object) -> Change:
    """The node with some fields changed."""
    return lambda node: replace(node, **values)


def _args(count: int) -> Change:
    return having(args=(Number(1.0),) * count)


# one fault each: where it is planted, the kind of node, what becomes of it, what is said
NODES: list[tuple[str, type[Expr], Change, str]] = [
    ("total", Switch, _args(1), "gives STEP 1 arguments"),
    ("total", Switch, lambda _: Call("STEP", (Number(1.0),) * 2), "no function of numbers"),
    ("total", Switch, lambda _: Call("MAX", (Number(1.0),)), "gives MAX 1 arguments"),
    ("total", Switch, lambda _: Helper("nothing", ()), "nothing, which is no helper"),
    ("total", Switch, lambda _: Helper("lag", (Number(1.0),)), "gives lag 1 arguments, not 2"),
    ("total", Switch, lambda _: Ref("total"), "node out of its place: Ref"),
    ("total", Switch, lambda _: Text("total"), "node out of its place: Text"),
    ("total", Switch, lambda _: Binary("%", Number(1.0), Number(1.0)), "an operator"),
    ("total", Switch, lambda _: Chain(("+",), (Number(1.0),)), "a term too many or too few"),
    ("total", Switch, lambda _: WrittenOut("SUM", ()), "reduces 0 terms"),
    ("total", Reduce, having(op="MEAN"), "reduces by MEAN"),
    ("total", Reduce, lambda n: Reduce("SUM", (Loop(0, 2),), n.body), "other length"),
    ("total", Reduce, lambda n: n.body, "loop that is not open"),
    ("second", Place, lambda n: Reduce("SUM", (Loop(0, 3),), n), "a loop inside itself"),
    ("second", Place, lambda n: Place(Axis(1, (0, 1), 0)), "other length"),
    ("total", Interpolate, having(first=1), "a table that there is not"),
    ("total", Interpolate, having(helper="lookup_area"), "lookup_area 4"),
    ("late", Past, having(records=()), "gives delayed"),
    ("drawn", RandomDraw, having(args=()), "gives random_uniform"),
    ("mapped", Shifted, lambda n: n.array, "node out of its place: Slice"),
    ("mapped", Slice, having(size=2), "longer or shorter"),
]


@pytest.mark.parametrize(("name", "kind", "change", "said"), NODES)
def test_a_planted_node_is_refused(name: str, kind: type[Expr], change: Change, said: str) -> None:
    parts = Parts()
    parts.node(name, kind, change)
    with pytest.raises(ProgramError, match=said) as error:
        parts.verify()
    assert f'"{name}"' in str(error.value)


def test_a_read_outside_its_slot_is_refused() -> None:
    for change in (
        lambda load: replace(load, base=load.base + 1),
        lambda load: replace(load, axes=()),
        lambda load: replace(load, axes=(Axis(1, (0, 1, 3), load.axes[0].loop),)),
        lambda load: replace(load, axes=(Axis(2, (0, 1, 2), load.axes[0].loop),)),
    ):
        parts = Parts()
        parts.node("second", Load, change)
        with pytest.raises(ProgramError, match='"second" names "first" outside its slot'):
            parts.verify()


def test_a_write_outside_its_slot_is_refused() -> None:
    parts = Parts()
    parts.change("total", lambda s: replace(s, target=replace(s.target, base=s.target.base + 1)))
    with pytest.raises(ProgramError, match='"total" outside its slot'):
        parts.verify()


def test_a_symbol_without_a_slot_is_refused() -> None:
    parts = Parts()
    parts.node("second", Load, lambda load: replace(load, symbol=Symbol("first")))
    with pytest.raises(ProgramError, match="no slot"):
        parts.verify()


def test_the_past_of_what_is_not_recorded_is_refused() -> None:
    parts = Parts()
    slot = parts.placed.layout.slots["total"]
    parts.node("late", Record, lambda _: Record(slot.symbol, slot.offset, ()))
    with pytest.raises(ProgramError, match='"total", which has no record'):
        parts.verify()


def test_a_value_in_use_before_it_is_defined_is_refused() -> None:
    parts = Parts()
    parts.derive.reverse()
    with pytest.raises(ProgramError, match="before it is defined"):
        parts.verify()
    parts = Parts()
    parts.start.clear()
    with pytest.raises(ProgramError, match="no value yet"):
        parts.verify()


def test_a_read_of_another_round_of_the_same_loops_is_refused() -> None:
    parts = Parts()
    (group,) = [g for g in parts.derive if any(s.target.symbol.name == "second" for s in g)]
    assert any(s.target.symbol.name == "first" for s in group)
    parts.node("second", Load, lambda load: replace(load, axes=(Axis(1, (1, 2, 0), 0),)))
    with pytest.raises(ProgramError, match='"second" reads "first" before it is defined'):
        parts.verify()


def test_a_symbol_that_is_defined_twice_is_refused() -> None:
    parts = Parts()
    (group,) = [g for g in parts.derive if any(s.target.symbol.name == "total" for s in g)]
    parts.derive.append(list(group))
    with pytest.raises(ProgramError, match="defined twice"):
        parts.verify()
    parts = Parts()
    parts.once.append([s for g in parts.derive for s in g if s.target.symbol.name == "third"][:1])
    with pytest.raises(ProgramError, match="twice"):
        parts.verify()


def test_a_symbol_that_is_never_defined_is_refused() -> None:
    parts = Parts()
    parts.derive = [[s for s in g if s.target.symbol.role != "net flow"] for g in parts.derive]
    with pytest.raises(ProgramError, match='"net flow of stock" is never defined'):
        parts.verify()


def test_statements_in_the_loops_of_others_are_refused() -> None:
    parts = Parts()
    parts.change("second", lambda s: replace(s, loops=(Loop(0, 2),)))
    with pytest.raises(ProgramError, match='"second" is in the loops of others'):
        parts.verify()


def test_slots_that_meet_or_lie_in_another_block_are_refused() -> None:
    parts = Parts()
    slots = dict(parts.placed.slots)
    first = parts.placed.layout.slots["first"]
    slots[first.symbol] = replace(first, offset=first.offset + 1)
    with pytest.raises(ProgramError, match="share a slot"):
        verify(
            parts.once, parts.start, parts.settle, parts.derive, replace(parts.placed, slots=slots)
        )
    slots[first.symbol] = replace(first, offset=parts.placed.layout.values)
    with pytest.raises(ProgramError, match='"first" lies outside'):
        verify(
            parts.once, parts.start, parts.settle, parts.derive, replace(parts.placed, slots=slots)
        )


def test_an_array_function_that_takes_too_few_arguments_is_refused() -> None:
    parts = Parts()
    assert any(isinstance(s.expr, Whole) and s.expr.fills for group in parts.derive for s in group)
    parts.change("ranks", _without_arguments, role="result")
    with pytest.raises(ProgramError, match="gives vector_rank 2 arguments"):
        parts.verify()


def _without_arguments(statement: Statement) -> Statement:
    assert isinstance(statement.expr, Whole)
    return replace(statement, expr=replace(statement.expr, args=()))
