"""Waves of history matching before the draws, as a start for the sampler."""

from __future__ import annotations

from simdistrict.base.arrays import Reals
from simdistrict.inference.infer import Question
from simdistrict.inference.simulated import measure_of
from simdistrict.inference.waves import Waves, waves

# particles that a start holds; the sampler draws its own from them
_PARTICLES = 4096


def start_of(question: Question, workers: int | None = None) -> tuple[Reals | None, Waves | None]:
    """Scores to start from, and the waves; neither where none are asked for.

    Where nothing survives the waves, the sampler starts from the prior.
    """
    asked, target = question.asked, question.target
    if not asked.waves:
        return None, None
    names = tuple(series.name for series in target.data.series)
    measure = measure_of(target, workers)
    found = waves(measure, target.size, names, count=asked.waves, seed=asked.seed)
    if not len(found.scores):
        return None, found
    return found.start(_PARTICLES, asked.seed), found
