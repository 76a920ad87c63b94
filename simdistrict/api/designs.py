"""Priors and designs as users give them: files, tables, mappings, arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simdistrict.api import frames
from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem, ScenarioError
from simdistrict.ensemble.drawing import (
    MODEL,
    PRIOR,
    Drawing,
    DrawsRequest,
    design_from_file,
)
from simdistrict.ensemble.given import GivenDesign, element_and_label, given_design
from simdistrict.ensemble.prior import (
    COLUMNS,
    MORE,
    PriorTable,
    prior_beside,
    prior_table,
    text_of_rows,
)
from simdistrict.run.plan import Prepared

_FORMS = "give a file, a table, or a mapping of constants to (low, high)"


def prior_of(prior: Any, prepared: Prepared, path: Path) -> PriorTable:
    """The prior table that a user gives; None stands for that in the folder of the model file.

    A mapping has (low, high) for a uniform distribution, or the cells of a row by their columns.
    Raises ScenarioError for anything else.
    """
    if prior is None:
        return prior_table(prior_beside(path))
    if isinstance(prior, str | Path):
        return prior_table(Path(prior))
    if frames.is_frame(prior):
        rows = frames.rows(prior)
    elif isinstance(prior, Mapping):
        rows = [_row(str(name), value, prepared) for name, value in prior.items()]
    else:
        what = f"it is a {type(prior).__name__}"
        raise ScenarioError(Problem("prior", what, _FORMS))
    return PriorTable(text_of_rows(rows), "prior")


def _row(name: str, value: Any, prepared: Prepared) -> Mapping[str, object]:
    element, label = element_and_label(name, prepared.model)
    row: dict[str, object] = {"element": element, "label": label, "distribution": "uniform"}
    if isinstance(value, Mapping):
        if unknown := [key for key in value if key not in (*COLUMNS, *MORE)]:
            hint = f"the keys are {', '.join((*COLUMNS[2:], *MORE))}"
            problem = Problem(f'prior of "{name}"', f'there is no key "{unknown[0]}"', hint)
            raise ScenarioError(problem)
        row |= value
        # the value of a uniform distribution has no meaning
        return {"value": value.get("low"), **row}
    ends = np.asarray(value)
    if ends.shape != (2,) or ends.dtype.kind not in "iuf":
        what = f"{value!r} is not (low, high)"
        hint = 'give two numbers, or {"distribution": ..., "value": ..., "low": ..., "high": ...}'
        raise ScenarioError(Problem(f'prior of "{name}"', what, hint))
    low, high = (float(end) for end in ends)
    if not -math.inf < low < high < math.inf:
        what = f"({low:g}, {high:g}) are not two finite numbers"
        if low >= high:
            what = f"low ({low:g}) is not below high ({high:g})"
        hint = "give (low, high); a constant that does not vary belongs in params"
        raise ScenarioError(Problem(f'prior of "{name}"', what, hint))
    return {**row, "value": low, "low": low, "high": high}


@dataclass(frozen=True, slots=True)
class FromFile:
    """The arguments of a design that a file holds: what it lacks, and whether chains must agree."""

    rest: str | None
    unconverged: bool

    def design(
        self,
        design: Any,
        drawing: Drawing,
        prior: Any,
        prepared: Prepared,
        read: Callable[[], PriorTable],
        *,
        strict: bool = False,
    ) -> GivenDesign:
        """The design of a file or in memory.

        read: gives the prior table, from `prior`. Raises EngineError for arguments that would
        draw other members.
        """
        if not isinstance(design, str | Path):
            self.check_unused()
            names = ("members", "blocks", "seed", "method")
            _check_alone(prior=prior, **{name: getattr(drawing, name) for name in names})
            return design_of(design, prepared)
        more = {} if self.rest == PRIOR else {"prior": prior, "seed": drawing.seed}
        _check_alone(blocks=drawing.blocks, method=drawing.method, **more)
        asked = DrawsRequest(
            Path(design), drawing.members, self.rest or MODEL, drawing.seed, self.unconverged
        )
        return design_from_file(asked, prepared, read, strict=strict)

    def check_unused(self) -> None:
        """Raise EngineError for these arguments where no file holds the design."""
        if self.rest is not None or self.unconverged:
            name = "unconverged" if self.rest is None else "rest"
            raise EngineError(Problem(name, "it belongs to a file of draws", "give its path"))


def _check_alone(**drawn: Any) -> None:
    """Raise EngineError for arguments that draw members, next to a design."""
    if other := [name for name, value in drawn.items() if value is not None]:
        what = f"a design has its own members, and {', '.join(other)} draws others"
        raise EngineError(Problem("design", what, "leave one of them out"))


def design_of(design: Any, prepared: Prepared) -> GivenDesign:
    """The design that a user gives: numbers, members x constants, with the names of constants.

    A DataFrame has a column per constant; a DataArray the dimension `member` (else its first one
    is that of the members) and another one with the names as labels; a mapping has an array per
    constant. Raises ScenarioError for anything else.
    """
    where = "design"
    if frames.is_frame(design):
        names, numbers = [str(name) for name in design.columns], _numbers(design.to_numpy())
    elif isinstance(design, Mapping):
        names, numbers = [str(name) for name in design], _columns(list(design.values()))
    elif hasattr(design, "dims") and hasattr(design, "coords"):
        names, numbers = _labelled(design)
    else:
        what = f"a {type(design).__name__} does not name the constants"
        hint = "give a DataFrame, a DataArray with labels, a mapping, or a file"
        raise ScenarioError(Problem(where, what, hint))
    return given_design(names, numbers, prepared.model, prepared.program, where)


def _labelled(design: Any) -> tuple[list[str], Reals]:
    dims = [str(dim) for dim in design.dims]
    if len(dims) != 2:
        what = f"it has the dimensions {', '.join(dims) or 'of one number'}"
        raise ScenarioError(Problem("design", what, "two are needed: member, and the constants"))
    rows = "member" if "member" in dims else dims[0]
    (own,) = (dim for dim in dims if dim != rows)
    if own not in design.coords:
        what = f"the dimension {own} has no labels"
        raise ScenarioError(Problem("design", what, "label it with the names of the constants"))
    names = [str(name) for name in design.coords[own].values]
    return names, _numbers(design.transpose(rows, own).values)


def _columns(values: list[Any]) -> Reals:
    lengths = {np.shape(value) for value in values}
    if len(lengths) != 1 or any(len(shape) != 1 for shape in lengths):
        what = "its arrays are not lists of one length"
        raise ScenarioError(Problem("design", what, "give a number per member for each constant"))
    return _numbers(np.stack([np.asarray(value) for value in values], axis=1))


def _numbers(values: Any) -> Reals:
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        what = "it holds what is no number"
        raise ScenarioError(Problem("design", what, "give numbers only")) from None
