"""A scenario written into the text of a model, so that Vensim can run it.

Assumptions become numbers, run settings become control values, and a policy becomes a formula
with STEP or RAMP in the equation of each constant that it changes. The rest of the text is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from simdistrict.base.errors import ModelError, Problem
from simdistrict.conversion.field_ends import without_ends
from simdistrict.exchange.mdl.document import Document, stretch
from simdistrict.exchange.mdl.literals import NumberSlot, edits, pieces
from simdistrict.exchange.mdl.revision import instead, settings_edits
from simdistrict.exchange.mdl.writing import element_text
from simdistrict.exchange.text.numbers import number
from simdistrict.exchange.text.splice import Edit
from simdistrict.exchange.xmile.document import SUFFIXES
from simdistrict.model.expr import Binary, Call, Expr, Number, fold
from simdistrict.model.model import (
    Auxiliary,
    Constant,
    Element,
    Equation,
    Model,
    as_kind,
    constant_values,
)
from simdistrict.scenario import Policy, Resolved, RunSettings
from simdistrict.scenario.places import flat_place
from simdistrict.scenario.values import CONTROL_FIELDS


def document_of(path: Path, model: Model | None = None) -> tuple[Document, tuple[str, ...]]:
    """A model in Vensim's language, the file itself or its translation, with notes on the latter.

    model: as read before, which counts where the file has changed since.
    """
    if path.suffix.lower() not in SUFFIXES:
        document = Document.read(path)
        if model is not None and document.flat != model.text:
            document = Document(model.text, str(path), record=model.external.record)
        return document, ()
    from simdistrict.exchange.mdl.limited import with_limiting_equations
    from simdistrict.exchange.mdl.writing import model_text
    from simdistrict.exchange.xmile.reader import read_xmile

    read = read_xmile(path) if model is None else model
    found, changed = without_ends(read)
    found, limited = with_limiting_equations(found)
    document = Document(model_text(found), str(path.with_suffix(".mdl")))
    return document, (*found.notes, *changed, *limited)


def with_scenario(document: Document, resolved: Resolved) -> Document:
    """The document with the assumptions, policies and run settings of a scenario.

    Raises ModelError for what a .mdl file cannot hold.
    """
    return document.edited(_edits(document, resolved))


def _edits(document: Document, resolved: Resolved) -> Iterator[Edit]:
    model = document.model
    values: dict[str, dict[int, float]] = {}
    for change in resolved.assumptions:
        values.setdefault(change.element, {}).update(dict.fromkeys(change.places, change.value))
    moves: dict[str, list[Policy]] = {}
    for policy in resolved.policies:
        for name in dict.fromkeys(change.element for change in policy.changes):
            moves.setdefault(name, []).append(policy)
    for name in dict.fromkeys((*values, *moves)):
        element = model.by_name[name]
        shape = model.shape(element)
        now = {
            place: values.get(name, {}).get(flat_place(place, shape), value)
            for place, value in constant_values(model, element).items()
        }
        if name not in document.blocks:
            what = f'"{element.name}" comes from a macro, whose text cannot be changed here'
            raise ModelError(Problem(document.where, what))
        if name in moves:
            moved = _moved(model, element, now, moves[name], resolved.name)
            yield from instead(document, name, element_text(model, moved))
        else:
            wanted: dict[NumberSlot, float] = {(place, None): value for place, value in now.items()}
            for piece in pieces(document.flat, model, element, document.blocks, document.where):
                yield from edits(piece, model, wanted, document.where)
    for name in dict.fromkeys(change.element for change in resolved.initial):
        if name not in document.blocks:
            what = f'"{model.by_name[name].name}" comes from a macro, whose text cannot be changed'
            raise ModelError(Problem(document.where, what))
        started = _started(model, model.by_name[name], resolved)
        yield from instead(document, name, element_text(model, started))
    yield from _run_settings(document, model, resolved.run)


def _moved(
    model: Model,
    element: Element,
    now: dict[tuple[int, ...], float],
    policies: Sequence[Policy],
    scenario: str,
) -> Element:
    """A constant changed by policies, as a formula of time: one equation for each label."""
    shape = model.shape(element)
    equations = []
    for place, value in now.items():
        expr: Expr = Number(value)
        for policy in policies:
            for change in policy.changes:
                if (
                    change.element == fold(element.name)
                    and flat_place(place, shape) in change.places
                ):
                    expr = _on_top(expr, change.value, fraction(policy))
        names = tuple(map(fold, model.labels_at(element, place)))
        equations.append(Equation(expr, None, names))
    named = ", ".join(f'"{policy.name}"' for policy in policies)
    note = f"[Moved by the policy {named} of the scenario {scenario}.]".replace("|", "/")
    words = " ".join(filter(None, (element.documentation, note.replace("~", "-"))))
    return as_kind(Auxiliary, element, equations=tuple(equations), documentation=words)


def _started(model: Model, stock: Element, resolved: Resolved) -> Element:
    """A stock that starts from given values, of which each of its equations can hold one."""
    shape = model.shape(stock)
    given = {
        place: change.value
        for change in resolved.initial
        if change.element == fold(stock.name)
        for place in change.places
    }
    equations = []
    for equation in stock.equations:
        places = [flat_place(place, shape) for place in model.positions(stock, equation)]
        values = {given.get(place) for place in places}
        if len(values) > 1:
            what = f'"{stock.name}" starts from several values, and its equation can hold one'
            raise ModelError(Problem(f"scenario {resolved.name}", what))
        (value,) = values
        equations.append(equation if value is None else replace(equation, initial=Number(value)))
    return replace(stock, equations=tuple(equations))


def _on_top(before: Expr, target: float, share: Expr) -> Expr:
    """The value without the policy, moved by a share of the distance to the target."""
    if before == Number(0.0):
        return Binary("*", Number(target), share)
    if isinstance(before, Number):
        way = Binary("*", Binary("-", Number(target), before), share)
        return Binary("+", before, way)
    # the earlier value appears once: with many policies the text would double with each
    rest = Binary("*", before, Binary("-", Number(1.0), share))
    return Binary("+", rest, Binary("*", Number(target), share))


def fraction(policy: Policy) -> Expr:
    """The share of a policy's change in force, from 0 to 1 and back, as a formula of time."""
    start, end, ramp = policy.start, policy.end, policy.ramp
    if ramp <= 0:
        begun: Expr = Call("STEP", (Number(1.0), Number(start)))
        if end is None:
            return begun
        return Binary("-", begun, Call("STEP", (Number(1.0), Number(end))))
    begun = _ramp(start, ramp)
    if end is None:
        return begun
    return Binary("*", begun, Binary("-", Number(1.0), _ramp(end, ramp)))


def _ramp(start: float, length: float) -> Expr:
    line = Call("RAMP", (Number(1.0), Number(start), Number(start + length)))
    return line if length == 1 else Binary("/", line, Number(length))


def _run_settings(document: Document, model: Model, run: RunSettings) -> Iterator[Edit]:
    for name, attribute in CONTROL_FIELDS.items():
        value = getattr(run, attribute)
        if value is None:
            continue
        if name not in document.blocks:
            what = f"the model has no {name.upper()}, which the scenario sets"
            raise ModelError(Problem(document.where, what, f"add {name.upper()} to the model"))
        block = document.block(name)
        element = model.by_name[name]
        if isinstance(element, Constant) and constant_values(model, element) == {(): value}:
            continue
        span = (block.right_start, block.fields[0][1])
        yield from stretch(document.flat, span, number(value))
    if run.integrator == "adaptive":
        what = "the scenario has adaptive steps, which the settings of a .mdl file cannot state"
        raise ModelError(Problem(document.where, what, "leave `integrator` out, or use rk4"))
    if run.integrator is not None:
        yield from settings_edits(document, replace(model, integrator=run.integrator))
