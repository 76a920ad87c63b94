"""Documentation and units of an XMILE model without the characters that end a .mdl field."""

from __future__ import annotations

from dataclasses import replace

from simdistrict.model.model import Model

_ENDS = str.maketrans({"|": "/", "~": "-"})


def without_ends(model: Model) -> tuple[Model, tuple[str, ...]]:
    """The model with `/` for `|` and `-` for `~` in documentation and units; a note for each."""
    elements, notes = [], []
    for element in model:
        words = (element.documentation, element.units)
        if any("|" in text or "~" in text for text in words):
            documentation, units = (text.translate(_ENDS) for text in words)
            element = replace(element, documentation=documentation, units=units)
            notes.append(f'"{element.name}": / replaces | and - replaces ~, which end a .mdl field')
        elements.append(element)
    return replace(model, elements=tuple(elements)), tuple(notes)
