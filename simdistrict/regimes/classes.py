"""The classes of draws: survives anyway, lost whatever is done, or policy decides.

Each draw of the uncertain constants is run without a policy and under each of several; whether a
label of the model survives is a rule on its state at one date. Draws are paired: member k has the
same constants in every scenario.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.engine.outcome import Outcome
from simdistrict.ensemble.effective import Effective, effective_of
from simdistrict.ensemble.members import Ensemble
from simdistrict.model.expr import fold
from simdistrict.model.model import Model
from simdistrict.regimes.rules import Rule

UNDECIDED = -1
ANYWAY, LOST = 0, 1
FIRST_POLICY = 2
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, eq=False)
class Classes:
    """The class of each label of a dimension in each draw.

    labels: of the dimension that all elements of the rule share, one empty label where there is
    none; policies: names of the scenarios but the first, which has no policy.
    of: (members, labels): 0 survives without a policy, 1 is lost under every policy, 2 + k
    survives under policy k and under none before it, -1 where a run did not complete.
    suffices, harms: (policies, labels, members): survives under the policy alone of the two, or
    without it alone. value: (members, labels), the rule's first element without a policy.
    worth: of the draws, which shares rest on.
    """

    dimension: str
    labels: tuple[str, ...]
    policies: tuple[str, ...]
    of: NDArray[np.int64]
    suffices: Flags
    harms: Flags
    value: Reals
    worth: Effective

    @property
    def members(self) -> int:
        """The number of draws."""
        return len(self.of)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the classes by number, without undecided."""
        decides = (f"policy decides: {name}" for name in self.policies)
        return ("survives anyway", "lost whatever is done", *decides)

    def inside(self, classes: Sequence[int]) -> Flags:
        """Whether a draw is in some classes: (members, labels)."""
        found: Flags = np.isin(self.of, classes)
        return found

    def shares(self, classes: Sequence[int]) -> Reals:
        """Share of all draws, the ends of its 95% interval, its standard error: (labels, 4)."""
        return self.worth.shares(self.inside(classes))

    @property
    def decides(self) -> Reals:
        """The same of the draws in which any policy decides: (labels, 4)."""
        return self.shares(range(FIRST_POLICY, FIRST_POLICY + len(self.policies)))

    def of_policies(self, flags: Flags) -> Reals:
        """The same of flags (policies, labels, members): (policies, labels, 4)."""
        return self.worth.shares(np.moveaxis(flags, 2, 0))


def classes_of(ensemble: Ensemble, rule: Rule, workers: int | None = None) -> Classes:
    """Run an ensemble and classify its draws.

    ensemble: its first scenario has no policy; it saves the elements of the rule at one date.
    workers: cores to use, default all.
    """
    model = ensemble.plans[0].prepared.model
    dimension, labels = shared_dimension(model, rule)
    survived, values, whole = [], [], []
    for chunk in range(ensemble.chunks):
        found = ensemble.run_chunk(chunk, workers)
        read = {
            fold(c.name): averaged(model, c.name, np.asarray(found[fold(c.name)]), dimension)
            for c in rule.conditions
        }
        holds = np.ones_like(next(iter(read.values())), bool)
        for condition in rule.conditions:
            holds &= condition.holds(read[fold(condition.name)])
        finite = np.all([np.isfinite(x) for x in read.values()], axis=0)
        complete = np.asarray(found["outcome"]) == Outcome.completed
        survived.append(holds)
        whole.append(finite & complete[:, :, None])
        values.append(read[fold(rule.conditions[0].name)][0])
    policies = tuple(plan.resolved.name for plan in ensemble.plans[1:])
    # (scenarios, members, labels)
    every, sure = np.concatenate(survived, axis=1), np.concatenate(whole, axis=1)
    worth = effective_of(ensemble.design)
    return classified(dimension, labels, policies, every, sure, np.concatenate(values), worth)


def classified(
    dimension: str,
    labels: Sequence[str],
    policies: Sequence[str],
    survived: Flags,
    sure: Flags,
    value: Reals,
    worth: Effective | None = None,
) -> Classes:
    """Classes from survival: (scenarios, members, labels), the first scenario without a policy.

    sure: the same shape, false where a run did not complete; worth: of the draws, by default
    that of independent ones.
    """
    known = sure.all(axis=0)
    of = np.full(survived.shape[1:], LOST, dtype=np.int64)
    for k in reversed(range(len(policies))):
        of[survived[k + 1]] = FIRST_POLICY + k
    of[survived[0]] = ANYWAY
    of[~known] = UNDECIDED
    suffices = survived[1:] & ~survived[0] & known
    harms = ~survived[1:] & survived[0] & known
    return Classes(
        dimension,
        tuple(labels),
        tuple(policies),
        of,
        np.swapaxes(suffices, 1, 2),
        np.swapaxes(harms, 1, 2),
        value,
        worth or Effective(survived.shape[1]),
    )


def shared_dimension(model: Model, rule: Rule) -> tuple[str, tuple[str, ...]]:
    """The first dimension that all elements of a rule have, with its labels.

    Raises ScenarioError for elements that the model lacks, or a rule without conditions.
    """
    if not rule.conditions:
        hint = 'write "ELEMENT >= 0.5, ELEMENT < 2"'
        raise ScenarioError(Problem("--survives", "the rule has no conditions", hint))
    lacking = [model.unknown(c.name) for c in rule.conditions if fold(c.name) not in model.by_name]
    if lacking:
        raise ScenarioError(lacking)
    own = [[fold(d) for d in model[c.name].dims] for c in rule.conditions]
    shared = [d for d in own[0] if all(d in dims for dims in own)]
    if not shared:
        return "", ("",)
    dimension = model.dims_by_name[shared[0]]
    return dimension.name, tuple(dimension.labels)


def averaged(model: Model, name: str, values: Reals, dimension: str) -> Reals:
    """Means over other dimensions: (scenarios, members, labels).

    values: (scenarios, members, 1, *shape of the element).
    """
    scenarios, members = values.shape[:2]
    dims = [fold(d) for d in model[name].dims]
    inside = values[:, :, 0]
    if dimension:
        inside = np.moveaxis(inside, 2 + dims.index(fold(dimension)), 2)
        flat = inside.reshape(scenarios, members, inside.shape[2], -1)
    else:
        flat = inside.reshape(scenarios, members, 1, -1)
    found: Reals = flat.mean(axis=3)
    return found


def summary_of(found: Classes, rule: Rule, at: float) -> str:
    """One line about the classification."""
    conditions = ", ".join(map(str, rule.conditions))
    lost = int((found.of == UNDECIDED).any(axis=1).sum())
    return (
        f"{found.members} draws of each; survives where {conditions} in {at:g}; "
        f"{lost} draws with a run that did not complete"
    )


def quantiles_of(found: Classes) -> Mapping[float, Reals]:
    """Quantiles over the draws of the rule's first element without a policy, (labels,) each."""
    with np.errstate(invalid="ignore"):
        return {q: np.array([_quantile(v, q) for v in found.value.T]) for q in QUANTILES}


def _quantile(values: Reals, share: float) -> float:
    good = values[np.isfinite(values)]
    return float(np.quantile(good, share)) if len(good) else float("nan")
