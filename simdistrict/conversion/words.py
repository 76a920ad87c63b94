"""Comments and units of a model from another language in signs that a .mdl file can hold."""

from __future__ import annotations

from dataclasses import replace

from simdistrict.model.model import Model

# these end a field of the file
_ENDS = str.maketrans({"|": "/", "~": "-"})


def without_ends(model: Model) -> tuple[Model, tuple[str, ...]]:
    """The model with `/` for `|` and `-` for `~` in comments and units, and a note for each."""
    elements, notes = [], []
    for element in model:
        words = (element.documentation, element.units)
        if any("|" in text or "~" in text for text in words):
            documentation, units = (text.translate(_ENDS) for text in words)
            element = replace(element, documentation=documentation, units=units)
            what = (
                f'the words of "{element.name}" have / for | and - for ~, as a .mdl file needs it'
            )
            notes.append(what)
        elements.append(element)
    return replace(model, elements=tuple(elements)), tuple(notes)
