"""An ensemble from a prior table and the settings of its draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from simdistrict.base.errors import EngineError, Problem
from simdistrict.ensemble.blocks import Shape
from simdistrict.ensemble.members import Ensemble, drawn, ensemble_of
from simdistrict.ensemble.prior import PriorTable, read_prior
from simdistrict.run.plan import Plan


@dataclass(frozen=True, slots=True)
class Drawing:
    """How members are drawn; None for what is not stated.

    members, or blocks for the methods saltelli and morris; shape: of their designs.
    """

    members: int | None = None
    blocks: int | None = None
    seed: int | None = None
    method: str | None = None
    shape: Shape = Shape()

    def over(self, table: PriorTable) -> Drawing:
        """What is not stated as a sensitivity control of Vensim states it."""
        counted = self.members is not None or self.blocks is not None
        return replace(
            self,
            members=self.members if counted else table.members,
            seed=table.seed if self.seed is None else self.seed,
            method=self.method or table.method,
        )


def drawn_ensemble(
    plans: Sequence[Plan],
    table: PriorTable,
    drawing: Drawing,
    *,
    strict: bool = False,
    **how: Any,
) -> Ensemble:
    """An ensemble of scenarios with draws from a prior table.

    strict: a prior beyond the model's range is an error, not a warning; how: as of `ensemble_of`.
    Raises EngineError where not one of members and blocks is stated, ScenarioError for a table
    that does not fit the model, and as `ensemble_of` does.
    """
    drawing = drawing.over(table)
    if (drawing.members is None) == (drawing.blocks is None):
        what = "of members and blocks, one is needed"
        raise EngineError(Problem("members", what, "blocks are of saltelli and morris"))
    prepared = plans[0].prepared
    priors = read_prior(table.text, table.where, prepared.model, prepared.program, strict=strict)
    method, members = drawing.method or "lhs", drawing.members or 0
    if drawing.blocks is not None:
        # a block depends on how many priors are drawn
        members = drawing.blocks * drawing.shape.block(method, len(drawn(plans, priors)))
    seed = drawing.seed or 0
    return ensemble_of(
        plans, priors, table.text, members, seed=seed, method=method, shape=drawing.shape, **how
    )
