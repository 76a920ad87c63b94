"""Changes of a model in Python, written into the text that it was read from.

Unchanged definitions keep their text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simdistrict.base.errors import ModelError, Problem, typed
from simdistrict.exchange.mdl.document import Document, stretch
from simdistrict.exchange.mdl.literals import NumberSlot, edits, pieces
from simdistrict.exchange.mdl.writing import (
    dimension_text,
    element_text,
    units_text,
    wrapped,
)
from simdistrict.exchange.text.equations import EquationText
from simdistrict.exchange.text.outline import MdlBlock
from simdistrict.exchange.text.settings import method_code, method_span
from simdistrict.exchange.text.splice import Edit
from simdistrict.model.expr import fold
from simdistrict.model.model import Constant, Element, Model, constant_values


def revised(model: Model) -> str:
    """The text that a model was read from, with the changes made since."""
    document = Document(model.text, f"{model.name}.mdl", record=model.external.record)
    return document.edited(_edits(document, model)).text


def _edits(document: Document, model: Model) -> Iterator[Edit]:
    old = document.model
    for name, dimension in old.dims_by_name.items():
        if name not in model.dims_by_name:
            yield from document.removal(name)
        elif dimension != model.dims_by_name[name]:
            yield from instead(document, name, dimension_text(model, model.dims_by_name[name]))
    for name, element in old.by_name.items():
        new = model.by_name.get(name)
        if new == element:
            continue
        if name not in document.blocks:
            what = f'"{element.name}" comes from a macro, whose text cannot be changed here'
            raise ModelError(Problem(document.where, what, "change the macro in the file"))
        if new is None:
            yield from document.removal(name)
        elif _same_form(element, new):
            yield from _parts(document, model, element, new)
        else:
            yield from instead(document, name, element_text(model, new))
    added = [
        dimension_text(model, d) for n, d in model.dims_by_name.items() if n not in old.dims_by_name
    ]
    added += [element_text(model, e) for n, e in model.by_name.items() if n not in old.by_name]
    if added:
        # new definitions come first: after the last definition they would join its group
        at = document.outline.blocks[0].span[0]
        yield Edit(at, at, "\n\n".join(added) + "\n\n")
    yield from settings_edits(document, model)


def _same_form(old: Element, new: Element) -> bool:
    """Whether elements differ in right-hand sides, unit, range and documentation at most."""
    left = [(e.subscripts, e.exceptions) for e in old.equations]
    return (
        old.name == new.name
        and isinstance(new, Constant) == isinstance(old, Constant)
        and new.dims == old.dims
        and left == [(e.subscripts, e.exceptions) for e in new.equations]
        and new.group == old.group
    )


def _parts(document: Document, model: Model, old: Element, new: Element) -> Iterator[Edit]:
    text = EquationText(model)
    blocks: Sequence[MdlBlock] = document.blocks[fold(old.name)]
    if isinstance(new, Constant):
        yield from _numbers(document, model, new)
    else:
        for block, before, after in zip(blocks, old.equations, new.equations, strict=True):
            if (before.expression, before.initial) != (after.expression, after.initial):
                right = wrapped(text.right(new, after))
                span = (block.right_start, block.fields[0][1])
                yield from stretch(document.flat, span, right)
    if (old.units, old.range) != (new.units, new.range):
        yield from document.field_edits(old.name, 1, units_text(new))
    if old.documentation != new.documentation:
        yield from document.field_edits(old.name, 2, new.documentation)


def _numbers(document: Document, model: Model, new: Element) -> Iterator[Edit]:
    values: dict[NumberSlot, float] = {
        (place, None): value for place, value in constant_values(model, new).items()
    }
    old = document.model
    element = old.by_name[fold(new.name)]
    for piece in pieces(document.flat, old, element, document.blocks, document.where):
        yield from edits(piece, old, values, document.where)


def instead(document: Document, name: str, text: str) -> Iterator[Edit]:
    """The edits that replace all definitions of an element or range by a text."""
    first, *others = document.blocks[name]
    yield Edit(first.span[0], first.stop, text)
    for block in others:
        yield document.removed(block)


def settings_edits(document: Document, model: Model) -> Iterator[Edit]:
    """The edit for a changed integration method."""
    if model.integrator == document.model.integrator:
        return
    span = method_span(document.flat, document.outline.stop)
    if span is None:
        what = "the file has no settings block to state an integrator"
        hint = f"draw its views: {typed('layout', document.where)}"
        raise ModelError(Problem(document.where, what, hint))
    yield Edit(*span, method_code(model.integrator))
