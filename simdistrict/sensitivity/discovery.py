"""Scenario discovery: the members of interest in an ensemble, and boxes that contain them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.sensitivity.indices import check_design
from simdistrict.sensitivity.prim import Choices, PrimBox, prim
from simdistrict.sensitivity.sample import Sample


@dataclass(frozen=True, eq=False)
class Discovery:
    """sample: members with a finite number; above, below: the thresholds of interest.

    interesting: the number of members of interest; failed: members left out, by outcome.
    """

    sample: Sample
    above: float | None
    below: float | None
    choices: Choices
    interesting: int
    boxes: tuple[PrimBox, ...]
    failed: Mapping[str, int]


def discover(
    sample: Sample,
    *,
    above: float | None = None,
    below: float | None = None,
    choices: Choices | None = None,
) -> Discovery:
    """Boxes for the members whose indicator is at least `above` and at most `below`.

    Raises ScenarioError for a design in blocks, or where no or all members are of interest.
    """
    check_design(sample, "prim")
    if above is None and below is None:
        what = "no threshold says which members are of interest"
        raise ScenarioError(Problem("method prim", what, "give --above X, --below X or both"))
    used = sample.complete()
    choices = choices or Choices()
    cases = np.ones(len(used.values), bool)
    if above is not None:
        cases &= used.values >= above
    if below is not None:
        cases &= used.values <= below
    boxes = tuple(prim(used.design, cases, choices))
    return Discovery(used, above, below, choices, int(cases.sum()), boxes, sample.failed)
