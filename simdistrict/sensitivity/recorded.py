"""Whether the members of a stored ensemble are those that its record draws.

Indices count on the order of the members and of the sampled numbers, and a Dataset or a file may
have been cut, shuffled or labelled again.
"""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.ensemble.blocks import BLOCKED, Shape
from simdistrict.ensemble.design import Design
from simdistrict.ensemble.given import GivenDesign
from simdistrict.ensemble.rerun import recorded_ensemble
from simdistrict.result.dataset import Result

_AGAIN = "analyse the ensemble as it was made"
# of a range; the distributions of another machine may differ in the last bits
_CLOSE = 1e-9


def check_drawn(stored: Result, where: str) -> None:
    """Raise ScenarioError where an ensemble does not hold the members of its record.

    A design in blocks must be whole and in order; of other designs, any members and any sampled
    numbers may be left out, and they stand in any order, by their labels.
    """
    design = recorded_ensemble(stored, where).design
    names = [str(name) for name in stored.coords["sampled"].values]
    members = np.asarray(stored.coords["member"].values, float)
    numbers = np.asarray(stored.variables["design"].values, float)
    if stored.variables["design"].dims != ("member", "sampled"):
        raise _other(where, "its design is not (member, sampled)")
    known = [prior.name for prior in design.priors]
    if unknown := [name for name in names if name not in known]:
        raise _other(where, f'its record draws no number "{unknown[0]}"')
    if isinstance(design, GivenDesign):
        return
    if not np.isin(members, np.arange(design.members)).all():
        raise _other(where, f"its members are not numbers from 0 to {design.members - 1}")
    if design.method in BLOCKED:
        _check_order(names, known, members, design, where)
    if not len(members) or design.method == "sobol":
        return
    if design.method == "saltelli":
        # not drawn again: another version of scipy may scramble the sequence otherwise
        fits = _is_saltelli(numbers, design.shape)
    else:
        wanted = design.rows_of([int(member) for member in members])
        columns = [known.index(name) for name in names]
        spans = np.array([prior.high - prior.low for prior in design.priors])
        fits = bool((np.abs(numbers - wanted[:, columns]) <= _CLOSE * spans[columns]).all())
    if not fits:
        raise _other(where, "its design is not the one that its record draws")


def _check_order(
    names: list[str], known: list[str], members: Reals, design: Design, where: str
) -> None:
    if names != known:
        said = ", ".join(names)
        raise _other(where, f"its sampled numbers are {said}, and were drawn as {', '.join(known)}")
    if len(members) != design.members:
        what = f"it has {len(members)} of the {design.members} members that its record draws"
        raise _other(where, what)
    if not np.array_equal(members, np.arange(design.members)):
        raise _other(where, "its members are not in the order in which they were drawn")


def _is_saltelli(numbers: Reals, shape: Shape) -> bool:
    """Whether each block goes from one point to another as `blocks.saltelli` draws it."""
    count = numbers.shape[1]
    blocks = numbers.reshape(-1, shape.block("saltelli", count), count)
    first, last = blocks[:, 0], blocks[:, -1]
    for k in range(count):
        one, other = first.copy(), last.copy()
        one[:, k], other[:, k] = last[:, k], first[:, k]
        if not np.array_equal(blocks[:, 1 + k], one):
            return False
        if shape.order > 1 and not np.array_equal(blocks[:, 1 + count + k], other):
            return False
    return True


def _other(where: str, what: str) -> ScenarioError:
    return ScenarioError(Problem(where, what, _AGAIN))
