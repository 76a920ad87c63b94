"""Parts of a model as values that a user looks at: an element, trees of causes, feedback loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, overload

import numpy as np

from simdistrict.api.facts import ElementFacts, TreeRow, loop_lines
from simdistrict.base.counts import counted
from simdistrict.model.model import Constant, Element, Model, constant_values

if TYPE_CHECKING:
    import xarray as xr

# letters of a documentation in a row of a notebook, and names that a repr shows
_LONG, _MANY = 160, 6
_LEFT = "<td style='text-align:left'>"


class ElementView:
    """An element of a model: what the file says of it, and what it depends on.

    >>> import simdistrict as sd
    >>> tariff = sd.load("core")["tariff"]
    >>> tariff
    <constant tariff = 0.85 (Dmnl in [0, 3])>
    >>> tariff.uses
    ('relative attractiveness of home',)
    """

    __slots__ = ("_element", "_facts", "_model")

    def __init__(self, model: Model, facts: ElementFacts) -> None:
        self._model = model
        self._facts = facts
        self._element: Element = model[facts.name]

    @property
    def name(self) -> str:
        """The name in the model's spelling."""
        return self._facts.name

    @property
    def kind(self) -> str:
        """stock, flow, auxiliary, constant, lookup or data."""
        return self._facts.kind

    @property
    def unit(self) -> str:
        """The unit as the model writes it, empty where it states none."""
        return self._facts.units

    @property
    def range(self) -> tuple[float | None, float | None]:
        """The lowest and the highest value that the model states, in its unit; None is open."""
        return self._facts.range.low, self._facts.range.high

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The names of the dimensions; `LoadedModel.dimensions` has their labels."""
        return self._facts.dims

    @property
    def documentation(self) -> str:
        """What the model says of it."""
        return self._facts.documentation

    @property
    def equations(self) -> tuple[str, ...]:
        """The equations in Vensim's language; an array may have several."""
        return self._facts.equations

    @property
    def equation(self) -> str:
        """The equations as one text."""
        return "\n".join(self._facts.equations)

    @property
    def causes(self) -> tuple[str, ...]:
        """The names of the elements that its equations use."""
        return self._facts.causes

    @property
    def uses(self) -> tuple[str, ...]:
        """The names of the elements whose equations use it."""
        return self._facts.uses

    @property
    def value(self) -> float | xr.DataArray | None:
        """The value of a constant in its unit, with labels where it is an array; else None."""
        if not isinstance(self._element, Constant):
            return None
        values = constant_values(self._model, self._element)
        if not self._element.dims:
            return values[()]
        from simdistrict.result.dataset import to_array

        array = np.full(self._model.shape(self._element), np.nan)
        for place, number in values.items():
            array[place] = number
        return to_array(self._model, self._element, array)

    def __repr__(self) -> str:
        facts = self._facts
        dims = f" [{', '.join(facts.dims)}]" if facts.dims else ""
        value = f" = {facts.value}" if facts.value else ""
        text = (
            f"<{facts.kind} {facts.name}{dims}{value} ({facts.units or 'no unit'}{facts.bounds})>"
        )
        return text if len(text) <= 190 else f"{text[:186]}...>"

    def _repr_html_(self) -> str:
        facts = self._facts
        causes, uses = (", ".join(map(escape, names)) for names in (facts.causes, facts.uses))
        equations = escape(self.equation)
        if len(facts.equations) > _MANY:
            inside = f"<pre>{equations}</pre>"
            equations = (
                f"<details><summary>{len(facts.equations)} equations</summary>{inside}</details>"
            )
        else:
            equations = f"<pre>{equations}</pre>"
        parts = [
            f"<b>{escape(facts.title)}</b> ({escape(facts.nature)})",
            f"<p>{escape(facts.documentation)}</p>" if facts.documentation else "",
            equations,
            f"<p>causes: {causes}</p>" if causes else "",
            f"<p>uses: {uses}</p>" if uses else "",
        ]
        return f"<div>{''.join(parts)}</div>"


@dataclass(frozen=True, slots=True, repr=False)
class Tree:
    """The causes of an element, or its uses, as a tree.

    rows: name, depth (0 for the element itself), kind, unit, and whether its own causes or uses
    are shown above.

    >>> import simdistrict as sd
    >>> sd.load("core").uses("tariff")
    tariff  (constant, Dmnl)
      relative attractiveness of home  (auxiliary, Dmnl)
    """

    rows: tuple[TreeRow, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names below the element, each once."""
        return tuple(dict.fromkeys(row.name for row in self.rows[1:]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __repr__(self) -> str:
        return "\n".join(map(str, self.rows))

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


class Loops(Sequence[tuple[str, ...]]):
    """Feedback loops: of each the names in causal order, the last of which causes the first.

    more: whether the model has more than these, which are the shortest.

    >>> import simdistrict as sd
    >>> sd.load("core").loops()[0]
    ('experience lost', 'home experience')
    """

    __slots__ = ("_rings", "more")

    def __init__(self, rings: Sequence[Sequence[str]], more: bool) -> None:
        self._rings = tuple(tuple(ring) for ring in rings)
        self.more = more

    @overload
    def __getitem__(self, at: int) -> tuple[str, ...]: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[tuple[str, ...]]: ...

    def __getitem__(self, at: int | slice) -> tuple[str, ...] | Sequence[tuple[str, ...]]:
        return self._rings[at]

    def __len__(self) -> int:
        return len(self._rings)

    def __repr__(self) -> str:
        return "\n".join(loop_lines(self._rings, self.more))

    def _repr_html_(self) -> str:
        summary = f"<summary>{counted(len(self), 'feedback loop')}</summary>"
        return f"<details open>{summary}<pre>{escape(repr(self))}</pre></details>"


def model_html(model: Model, title: str, facts: Sequence[ElementFacts]) -> str:
    """A model for a notebook: its sectors, which fold, with stocks first; no scripts."""
    groups: dict[str, list[ElementFacts]] = {}
    for one in facts:
        groups.setdefault(one.group, []).append(one)
    parts = [f"<b>{escape(title)}</b>"]
    if model.dimensions:
        rows = "".join(
            f"<tr><td>{escape(d.name)}</td>{_LEFT}{escape(', '.join(d.labels))}</td></tr>"
            for d in model.dimensions
        )
        summary = f"<summary>{len(model.dimensions)} dimensions</summary>"
        parts.append(f"<details>{summary}<table>{rows}</table></details>")
    for group, members in groups.items():
        stocks = [one for one in members if one.kind == "stock"]
        others = [one for one in members if one.kind != "stock"]
        name = escape(group) or "elements"
        inside = _table(stocks) if stocks else ""
        if others:
            rest = f"{len(others)} other elements" if stocks else f"{len(others)} elements"
            inside += f"<details><summary>{rest}</summary>{_table(others)}</details>"
        counts = f"{len(members)} elements, {len(stocks)} stocks"
        parts.append(f"<details><summary>{name} ({counts})</summary>{inside}</details>")
    return f"<div>{''.join(parts)}</div>"


def _table(facts: Sequence[ElementFacts]) -> str:
    rows = []
    for one in facts:
        said = one.documentation
        said = said if len(said) <= _LONG else f"{said[:_LONG]}..."
        cells = (one.title, one.kind, one.units or "no unit", said)
        inside = "".join(f"{_LEFT}{escape(cell)}</td>" for cell in cells)
        rows.append(f"<tr>{inside}</tr>")
    head = "".join(f"<th>{name}</th>" for name in ("name", "kind", "unit", "documentation"))
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"
