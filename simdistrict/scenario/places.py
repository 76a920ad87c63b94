"""Names of constants as users write them, looked up in a model: `capacity[north,steel]`.

Names match as in Vensim: without case, spaces and underscores equal. Problems are returned as
values, so that a caller can collect them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from simdistrict.base.counts import counted
from simdistrict.base.errors import Problem, did_you_mean, nearest
from simdistrict.model.expr import fold
from simdistrict.model.model import CONTROL, Constant, Element, Model, Stock, constant_values

# an element, flat indices into its array, and the model's spelling of both
Found = tuple[Element, tuple[int, ...], str]

_RUN_KEYS = {"saveper": "save step"}
_MANY = 12
# a name and its brackets, which end the text and do not stand in quotes
_LABELLED = re.compile(r'((?:"(?:\\.|[^"\\])*"|[^"\[])*)\[(.*)\]', re.DOTALL)
# a name up to the next comma that stands neither in quotes nor in brackets
_NAMES = re.compile(r'(?:"(?:\\.|[^"\\])*"|\[[^\]]*\]|[^,])+')


def split_name(text: str) -> tuple[str, tuple[str, ...] | None]:
    """The name and the text in its brackets; None where there are none."""
    text = text.strip()
    found = _LABELLED.fullmatch(text)
    if found is None:
        return text, None
    return found[1].strip(), tuple(split_names(found[2]))


def split_names(text: str) -> list[str]:
    """Names separated by commas; a comma in quotes or brackets separates nothing."""
    names = [m.group().strip() for m in _NAMES.finditer(text)]
    return [name for name in names if name]


def key_of(text: str) -> str:
    """The form in which written names are compared."""
    base, subscripts = split_name(text)
    if subscripts is None:
        return fold(base)
    return f"{fold(base)}[{','.join(fold(s) for s in subscripts)}]"


def find_element(model: Model, text: str) -> tuple[Element | None, tuple[str, ...] | None]:
    """The element that a written name refers to, and the subscripts written with it.

    The whole text is tried first: a quoted Vensim name may hold brackets.
    """
    whole = model.by_name.get(fold(text))
    if whole is not None:
        return whole, None
    base, subscripts = split_name(text)
    return model.by_name.get(fold(base)), subscripts


def find_places(
    model: Model, element: Element, subscripts: tuple[str, ...] | None, where: str
) -> tuple[tuple[int, ...], str] | Problem:
    """Flat row-major indices into the element's array, and the name in the model's spelling.

    subscripts: a label or a range for each dimension; None for the whole array.
    """
    found = find_axes(model, element, subscripts, where)
    if isinstance(found, Problem):
        return found
    axes, spelled = found
    return flat_places(axes, model.shape(element)), spelled


def find_axes(
    model: Model, element: Element, subscripts: tuple[str, ...] | None, where: str
) -> tuple[list[tuple[int, ...]], str] | Problem:
    """As `find_places`, with the indices along each dimension."""
    if subscripts is None:
        return [tuple(range(n)) for n in model.shape(element)], element.name
    if not element.dims:
        what = f'"{element.name}" is one number and takes no [{",".join(subscripts)}]'
        return Problem(where, what, f'write "{element.name}"')
    if len(subscripts) != len(element.dims):
        what = (
            f'"{element.name}" has {counted(len(element.dims), "dimension")}, '
            f"and the brackets hold {counted(len(subscripts), 'subscript')}"
        )
        return Problem(where, what, f"write {element.name}[{','.join(element.dims)}]")
    axes, spelled = [], []
    for subscript, dim in zip(subscripts, element.dims, strict=True):
        found = _axis(model, subscript, dim, where)
        if isinstance(found, Problem):
            return found
        axes.append(found[0])
        spelled.append(found[1])
    return axes, f"{element.name}[{','.join(spelled)}]"


def find_constant(model: Model, text: str, where: str) -> Found | Problem:
    """The constant that a written name refers to, the flat indices, and the model's spelling.

    A Problem where the name is unknown, a control value or no constant, or has labels that its
    dimensions lack.
    """
    element, subscripts = find_element(model, text)
    if element is None:
        return unknown(model, text, where, Constant)
    name = fold(element.name)
    if name in CONTROL:
        key = _RUN_KEYS.get(name, name)
        what = f"{element.name} is a setting of the run, not an assumption"
        hint = f"write it under `run:` as `{key}:`, or use --{key.replace(' ', '-')}"
        hint += f" ({key.replace(' ', '_')}= in Python)"
        return Problem(where, what, hint)
    if not isinstance(element, Constant):
        return _not_constant(model, element, where)
    found = find_places(model, element, subscripts, where)
    if isinstance(found, Problem):
        return found
    places, spelled = found
    shape = model.shape(element)
    # an array may be undefined at some indices (:EXCEPT:)
    defined = {flat_place(place, shape) for place in constant_values(model, element)}
    return _among(defined, element, places, spelled, where)


def find_stock(model: Model, text: str, where: str) -> Found | Problem:
    """The stock that a written name refers to, the flat indices, and the model's spelling.

    A Problem where the name is unknown or no stock, or has labels that its dimensions lack.
    """
    element, subscripts = find_element(model, text)
    if element is None:
        return unknown(model, text, where, Stock)
    if not isinstance(element, Stock):
        what = f'"{element.name}" is {with_article(element)}, and only stocks have an initial value'
        hint = "set it under `assume:`" if isinstance(element, Constant) else ""
        return Problem(where, what, hint)
    found = find_places(model, element, subscripts, where)
    if isinstance(found, Problem):
        return found
    shape = model.shape(element)
    defined = {
        flat_place(place, shape)
        for equation in element.equations
        for place in model.positions(element, equation)
    }
    return _among(defined, element, *found, where)


def _among(
    defined: set[int], element: Element, places: tuple[int, ...], spelled: str, where: str
) -> Found | Problem:
    """The indices that the model defines; a Problem where there is none."""
    places = tuple(p for p in places if p in defined)
    if not places:
        return Problem(where, f"the model gives {spelled} no value that could be changed")
    return element, places, spelled


def unknown(model: Model, text: str, where: str, kind: type[Element] = Element) -> Problem:
    """The problem for a name that the model does not have, with the nearest names.

    kind: of the elements that the name may stand for.
    """
    base, _ = split_name(text)
    names = [e.name for e in model if isinstance(e, kind) and fold(e.name) not in CONTROL]
    hints = [did_you_mean(base, names), model.listing(kind is Constant)]
    if "[" in text and not text.strip().endswith("]"):
        hints.insert(0, "a bracket is not closed;")
    what = f'there is no {kind.__name__.lower()} called "{base}" in the model {model.name}'
    return Problem(where, what, " ".join(filter(None, hints)))


def with_article(element: Element) -> str:
    """The kind of an element in a sentence, as in "a stock"."""
    return f"{'an' if element.kind[0] in 'aeiou' else 'a'} {element.kind}"


def flat_place(place: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """The flat row-major index of an index tuple; 0 for the `()` of a scalar."""
    position = 0
    for index, size in zip(place, shape, strict=True):
        position = position * size + index
    return position


def flat_places(axes: Iterable[tuple[int, ...]], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The flat row-major indices of all combinations of the indices along each dimension."""
    return tuple(flat_place(place, shape) for place in itertools.product(*axes))


def subscript_spelling(model: Model, subscript: str, dim: str) -> str:
    """A folded label or range in the model's spelling."""
    for label in model.dims_by_name[fold(dim)].labels:
        if fold(label) == fold(subscript):
            return label
    return model.dims_by_name[fold(subscript)].name


def _labels_text(labels: Iterable[str]) -> str:
    """Labels for a message, cut to about one line."""
    labels = list(labels)
    more = f", and {len(labels) - _MANY} more" if len(labels) > _MANY else ""
    return ", ".join(labels[:_MANY]) + more


def _axis(
    model: Model, subscript: str, dim: str, where: str
) -> tuple[tuple[int, ...], str] | Problem:
    """The indices of a label or a range along a dimension, and its spelling."""
    dimension = model.dims_by_name[fold(dim)]
    name = fold(subscript)
    spelled = {fold(label): label for label in dimension.labels}
    if name in spelled:
        return model.subscript_positions(name, dim), spelled[name]
    ranges = {
        key: d.name
        for key, d in model.dims_by_name.items()
        if all(fold(label) in spelled for label in d.labels)
    }
    if name in ranges:
        return model.subscript_positions(name, dim), ranges[name]
    near = nearest(subscript, [*dimension.labels, *ranges.values()])
    hint = f'did you mean "{near[0]}"? ' if near else ""
    hint += f"{dimension.name} has {_labels_text(dimension.labels)}"
    return Problem(where, f'"{subscript}" is no label of {dimension.name}', hint)


def _not_constant(model: Model, element: Element, where: str) -> Problem:
    what = f'"{element.name}" is {with_article(element)}, and only constants can be set'
    causes = _constant_causes(model, element)
    hint = ""
    if causes:
        listed = ", ".join(f'"{name}"' for name in causes[:6])
        hint = f"it depends on the constants {listed}{', ...' if len(causes) > 6 else ''}"
    return Problem(where, what, hint)


def _constant_causes(model: Model, element: Element) -> list[str]:
    """Constants that an element depends on, most direct first."""
    seen = {fold(element.name)}
    queue, found = [element], []
    while queue:
        effect = queue.pop(0)
        for name in model.causes(effect):
            cause = model.by_name.get(name)
            if cause is None or name in seen or name in CONTROL:
                continue
            seen.add(name)
            queue.append(cause)
            if isinstance(cause, Constant):
                found.append(cause.name)
    return found
