"""Before a sampler starts: whether draws from the prior have a likelihood at all."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.random_numbers import key_of, uniform
from simdistrict.engine.alone import InterpretedBatch
from simdistrict.engine.native.batch import Batch
from simdistrict.inference.density import Evaluation
from simdistrict.inference.distributions import quantile
from simdistrict.inference.target import Target

MEMBERS = 1000
# shares of draws with a likelihood: below the first there is nothing to start from; below the
# second the user is warned
_TOO_FEW, _FEW = 0.01, 0.5
_CAUSES = 3
# standard errors by which the mean score of the draws with a likelihood differs from zero
_SEPARATES = 4.0
# the stream of random numbers of these draws
_STREAM = 0x57A47


def prior_scores(size: int, members: int, seed: int) -> Reals:
    """Independent standard normal scores, (members, size); counter-based."""
    counts = np.arange(members, dtype=np.uint64)
    levels = [uniform(counts, key_of(seed, k, _STREAM)) for k in range(size)]
    return quantile(np.clip(np.stack(levels, axis=1), 2.0**-53, 1 - 2.0**-53))


def check_start(
    target: Target, seed: int = 1, members: int = MEMBERS, workers: int | None = None
) -> tuple[Problem, ...]:
    """Warnings about draws from the prior without a likelihood.

    Raises ScenarioError where fewer than 1% have one, with the first causes and the constants that
    separate these draws from the others.
    """
    scores = prior_scores(target.size, members, seed)
    found = target.evaluate(scores, workers)
    good = np.isfinite(found.likelihood)
    share = float(good.mean())
    if share >= _FEW:
        return ()
    failed = int(found.failed.sum())
    what = f"{members - int(good.sum())} of {members} draws have no likelihood: {failed} runs "
    what += f"fail, and {members - int(good.sum()) - failed} exclude the data"
    problems = [Problem("prior", what, "narrow the prior, or widen the errors of the data")]
    problems += _causes(target, scores, found)
    problems += _separating(target, scores, good)
    if share < _TOO_FEW:
        raise ScenarioError(problems)
    return tuple(problems)


def _causes(target: Target, scores: Reals, found: Evaluation) -> list[Problem]:
    """The first different causes."""
    causes: dict[str, Problem] = {}
    for k in np.flatnonzero(~np.isfinite(found.likelihood))[:100]:
        if found.failed[k]:
            what = f"a run fails: {_message(target, scores[[k]])}"
        else:
            what = _excluded(target, found, int(k))
        # numbers differ from draw to draw
        causes.setdefault("".join(c for c in what if c not in "0123456789.-+e"), Problem("", what))
        if len(causes) == _CAUSES:
            break
    return [Problem(f"cause {k + 1}", p.what) for k, p in enumerate(causes.values())]


def _message(target: Target, scores: Reals) -> str:
    """Why the run of one draw fails."""
    batch = target.batch
    alone = InterpretedBatch(**{f.name: getattr(batch, f.name) for f in fields(Batch) if f.init})
    constants = np.array(batch.constants, float)
    constants[list(batch.sampled)] = target.numbers(scores)[0, list(target.columns)]
    try:
        ending = alone.alone(batch.grid, constants.tolist()).ending
    except ArithmeticError as error:
        return str(error)
    return ending.message or f"it ends at {ending.time:g}"


def _excluded(target: Target, found: Evaluation, member: int) -> str:
    """Which series has no likelihood in a run that is complete."""
    series = int(np.flatnonzero(~np.isfinite(found.series[member]))[0])
    name = target.series_names[series]
    if series >= len(target.data.series):
        return f'a run excludes the statement "{name}"'
    own = [k for k, point in enumerate(target.points) if point.series == series]
    values = found.points[member, own]
    kind = target.data.series[series].error.kind
    worst = np.argmin(values) if np.isfinite(values).all() else np.argmin(np.isfinite(values))
    what = f'a run excludes the data of "{name}" ({kind} errors): in '
    return what + f"{target.points[own[int(worst)]].year:g} the model has {values[worst]:g}"


def _separating(target: Target, scores: Reals, good: Flags) -> list[Problem]:
    """The constants whose scores differ most between draws with and without a likelihood."""
    count = int(good.sum())
    if not 0 < count < len(good):
        return []
    means = scores[good].mean(axis=0)
    size = np.abs(means) * np.sqrt(count)
    order = [int(k) for k in np.argsort(-size) if size[k] > _SEPARATES][:_CAUSES]
    words = [f"{'higher' if means[k] > 0 else 'lower'} {target.names[k]}" for k in order]
    if not words:
        return []
    what = f"draws with a likelihood have {', '.join(words)}"
    return [Problem("prior", what, "move or narrow these priors")]
