"""Sensitivity indices with their intervals, one row per sampled number.

Each method accepts certain designs and refuses all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.ensemble.design import PLAIN
from simdistrict.ensemble.given import METHOD as GIVEN
from simdistrict.sensitivity.sample import Sample

# the designs that each method accepts
_SAMPLED = (*PLAIN, GIVEN)
DESIGNS = {"sobol": ("saltelli",), "morris": ("morris",), "pawn": _SAMPLED, "prim": _SAMPLED}


@dataclass(frozen=True, eq=False)
class Indices:
    """The indices of each sampled number.

    sample: the analysed members, complete blocks only; columns: one number per name, the first
    ranks them; pairs: of second order, names x names, NaN outside the upper triangle; blocks,
    dropped: of the design, all and incomplete; failed: members by outcome; resamples, seed: of
    the bootstrap; options: other settings.
    """

    method: str
    sample: Sample
    columns: Mapping[str, Reals]
    blocks: int
    dropped: int
    failed: Mapping[str, int]
    resamples: int
    seed: int
    pairs: Mapping[str, Reals] = field(default_factory=dict)
    options: Mapping[str, float] = field(default_factory=dict)

    @property
    def ranked(self) -> list[int]:
        """Indices of the names, the most important first."""
        first = next(iter(self.columns.values()))
        return sorted(range(len(first)), key=lambda k: (-first[k], k))


def check_design(sample: Sample, method: str) -> None:
    """Raise ScenarioError where a method does not accept the design of an ensemble."""
    if sample.method in DESIGNS[method]:
        return
    if sample.correlated:
        what = (
            f"the draws are those of a posterior, which are correlated, and {method} needs numbers "
            "that vary independently of each other"
        )
        hint = "analyse them with --method pawn or prim, or draw from a prior"
        raise ScenarioError(Problem(f"method {method}", what, hint))
    what = (
        f"the design of this ensemble is {sample.method}, and the method {method} "
        f"needs {' or '.join(DESIGNS[method])}"
    )
    fits = [name for name, designs in DESIGNS.items() if sample.method in designs]
    made = f"simdistrict ensemble SCENARIO --method {DESIGNS[method][0]}"
    hint = f"make another ensemble ({made}), or analyse with "
    raise ScenarioError(Problem(f"method {method}", what, hint + " or ".join(fits)))
