"""What a loaded model consists of: elements, causes, loops, checks; and the model as a file."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdistrict.api import facts
from simdistrict.api.builder import ScenarioBuilder
from simdistrict.api.plans import Planning
from simdistrict.api.views import ElementView, Loops, Tree, model_html
from simdistrict.api.wording import in_python
from simdistrict.base.counts import counted
from simdistrict.base.errors import ModelError, Problem, SimdistrictError
from simdistrict.model.expr import fold
from simdistrict.run.plan import plan_run

if TYPE_CHECKING:
    import pandas as pd

    from simdistrict.exchange.mdl.document import Document

log = logging.getLogger(__name__)


class Structure(Planning):
    """What a loaded model says of itself without a run."""

    @property
    def elements(self) -> pd.DataFrame:
        """Every element, in the order of the file: a table with the index `name`.

        Columns: kind, unit, low and high (the stated range, in the unit; NaN is open), dimensions
        (names), group and documentation.

        >>> import simdistrict as sd
        >>> table = sd.load("core").elements
        >>> table.loc["tariff", "kind"], int((table.kind == "stock").sum())
        ('constant', 1)
        """
        from simdistrict.api.frames import frame

        rows = [
            {
                "name": element.name,
                "kind": element.kind,
                "unit": element.units,
                "low": float("nan") if element.range.low is None else element.range.low,
                "high": float("nan") if element.range.high is None else element.range.high,
                "dimensions": element.dims,
                "group": element.group,
                "documentation": " ".join(element.documentation.split()),
            }
            for element in self._prepared.model
        ]
        columns = ("kind", "unit", "low", "high", "dimensions", "group", "documentation")
        return frame(rows, "name", columns)

    @property
    def dimensions(self) -> dict[str, tuple[str, ...]]:
        """The labels of each dimension, in the model's spelling and order.

        >>> import simdistrict as sd
        >>> sd.load("district").dimensions["location"]
        ('home', 'near', 'far')
        """
        return {d.name: d.labels for d in self._prepared.model.dimensions}

    def __getitem__(self, name: str) -> ElementView:
        """An element by name: its kind, unit, equation, documentation, causes and uses.

        Names match as in Vensim, without case, `_` as a space. Raises ModelError with the nearest
        names where there is no such element.

        >>> import simdistrict as sd
        >>> sd.load("core")["Home_Experience"]
        <stock home experience (Dmnl)>
        """
        model = self._prepared.model
        given: object = name
        if not isinstance(given, str):
            what = f"{given!r:.80} is no name of an element"
            raise ModelError(Problem("name", what, 'write m["NAME"]; list(m) has the names'))
        (found,) = facts.facts_of(model, [name])
        return ElementView(model, found)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and fold(name) in self._prepared.model.by_name

    def __iter__(self) -> Iterator[str]:
        return (element.name for element in self._prepared.model)

    def __len__(self) -> int:
        return len(self._prepared.model.elements)

    def _ipython_key_completions_(self) -> list[str]:
        return [element.name for element in self._prepared.model]

    @in_python
    def causes(self, name: str, depth: int = 1) -> Tree:
        """The elements on which an element depends, as a tree; depth: how far to follow them.

        Its `names` are a tuple, and its text is the tree. Raises ModelError for an unknown name.

        >>> import simdistrict as sd
        >>> sd.load("core").causes("experience lost").names
        ('forgetting rate', 'home experience')
        """
        return Tree(tuple(facts.tree_rows(self._prepared.model, name, depth, users=False)))

    @in_python
    def uses(self, name: str, depth: int = 1) -> Tree:
        """The elements that depend on an element; otherwise as `causes`.

        Raises ModelError for an unknown name.

        >>> import simdistrict as sd
        >>> "relative attractiveness of home" in sd.load("core").uses("tariff")
        True
        """
        return Tree(tuple(facts.tree_rows(self._prepared.model, name, depth, users=True)))

    def loops(self) -> Loops:
        """The shortest feedback loops, at most fifty: of each the names in causal order.

        An array counts as one element, and a loop passes through at least one stock.

        >>> import simdistrict as sd
        >>> len(sd.load("core").loops())
        2
        """
        return Loops(*facts.loops(self._prepared.model))

    @in_python
    def check(
        self,
        only: str | Sequence[str] = (),
        *,
        strict: str | Sequence[str] = (),
        corners: int = 0,
        seed: int = 1,
    ) -> pd.DataFrame:
        """Check units, structure and behaviour: a table with a row per finding.

        Columns: severity (`error` or `warning`), check, element, line (in the file) and message.
        only: names of checks, as of `simdistrict check`; strict: checks whose warnings are errors;
        corners: also run so many random corners of all stated ranges, with this seed. Raises
        ModelError for an unknown check, and for a model that cannot run.

        >>> import simdistrict as sd
        >>> len(sd.load("core").check("units"))
        0
        """
        from simdistrict.api.frames import table
        from simdistrict.behaviour.findings import findings

        names, hard = ([n] if isinstance(n, str) else list(n) for n in (only, strict))
        found, _ = findings(self._prepared, self._path, names, hard, corners, seed)
        columns = ("severity", "check", "element", "line", "message")
        return table(columns, [(f.severity, f.check, f.element, f.line, f.what) for f in found])

    @in_python
    def to_mdl(
        self,
        path: str | Path | None = None,
        *,
        scenario: str | Path | ScenarioBuilder | None = None,
        params: Mapping[str, Any] | None = None,
        force: bool = False,
    ) -> str:
        """The model as a Vensim file; returns its text.

        path: also write it there, force: in place of another file. scenario, params: written into
        the model, a policy as a formula of time. Of a model that was read from a .mdl file every
        other character stays. Raises ModelError for what the format cannot hold, ExchangeError for
        a file that cannot be written.

        >>> import simdistrict as sd
        >>> "tariff" in sd.load("core").to_mdl()
        True
        """
        from simdistrict.base.atomic import writable_target

        document = self._document(scenario, params)
        if path is not None:
            document.write(writable_target(path, force=force))
        return document.text

    @in_python
    def to_xmile(
        self,
        path: str | Path | None = None,
        *,
        scenario: str | Path | ScenarioBuilder | None = None,
        params: Mapping[str, Any] | None = None,
        force: bool = False,
    ) -> str:
        """The model as an XMILE file, as Stella reads it; returns its text.

        path, scenario, params and force: as of `to_mdl`. Raises ModelError for what XMILE cannot
        hold, ExchangeError for a file that cannot be written.

        >>> import simdistrict as sd
        >>> sd.load("core").to_xmile().startswith("<?xml")
        True
        """
        from simdistrict.base.atomic import write_text
        from simdistrict.exchange.xmile.writer import xmile_text

        text = xmile_text(self._document(scenario, params).model)
        if path is not None:
            write_text(path, text, force=force)
        return text

    def _document(
        self, scenario: str | Path | ScenarioBuilder | None, params: Mapping[str, Any] | None
    ) -> Document:
        from simdistrict.conversion.models import document_of, with_scenario

        document, notes = document_of(self._path, self._prepared.model)
        for note in notes:
            log.info("%s", note)
        if scenario is None and not params:
            return document
        return with_scenario(document, self._resolved(self._one_written(scenario), params))

    def _title(self) -> str:
        """Name, counts and years."""
        model = self._prepared.model
        stocks = sum(element.kind == "stock" for element in model)
        counts = f"{counted(len(model.elements), 'element')} ({counted(stocks, 'stock')})"
        if model.dimensions:
            counts += f", {counted(len(model.dimensions), 'dimension')}"
        try:
            grid = plan_run(self._prepared, self._resolved(self._bare)).grid
        except SimdistrictError:
            return f"{model.name}: {counts}"
        unit = model["time step"].units or "time units"
        return (
            f"{model.name}: {counts}, {grid.start:g} to {grid.stop:g} by {grid.time_step:g} {unit}"
        )

    def __repr__(self) -> str:
        text = f"<model {self._title()}>"
        return text if len(text) < 200 else f"{text[:195]}...>"

    def _repr_html_(self) -> str:
        model = self._prepared.model
        # without the equations, which nobody sees here
        light = replace(model, elements=tuple(replace(e, equations=()) for e in model))
        return model_html(model, f"Model {self._title()}", list(facts.facts(light)))
