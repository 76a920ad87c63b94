"""Parts of a posterior as named arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.inference.evolution import Chains, Stretch
from simdistrict.inference.tempering import Particles, Stage

Arrays = dict[str, NDArray[np.generic]]

_OF_STRETCH = (*("archive", "steps", "draws", "likelihood", "tried", "taken", "jumps", "moved"),)


def packed(part: Particles | Stretch) -> Arrays:
    """The arrays of a part."""
    if isinstance(part, Stretch):
        found: dict[str, Any] = {name: getattr(part, name) for name in _OF_STRETCH}
        end = part.chains
        return found | {"end": end.scores, "end_likelihood": end.likelihood, "end_step": end.step}
    rows = [
        (own.temperature, own.ess, own.moves, own.acceptance, own.informed, own.stuck)
        for own in part.stages
    ]
    state = (part.temperature, part.evidence, part.step)
    return {
        "scores": part.scores,
        "likelihood": part.likelihood,
        "state": np.array(state, float),
        "runs": np.array(part.runs),
        "stages": np.array(rows, float).reshape(-1, 6),
    }


def particles_of(arrays: Mapping[str, NDArray[Any]]) -> Particles:
    """The inverse of `packed`. Raises KeyError or ValueError for other arrays."""
    stages = tuple(
        Stage(float(power), float(ess), int(moves), float(rate), int(informed), bool(stuck))
        for power, ess, moves, rate, informed, stuck in arrays["stages"]
    )
    temperature, evidence, step = (float(number) for number in arrays["state"])
    state = (temperature, evidence, int(arrays["runs"]), step, stages)
    return Particles(arrays["scores"], arrays["likelihood"], *state)


def stretch_of(arrays: Mapping[str, NDArray[Any]]) -> Stretch:
    """The inverse of `packed`. Raises KeyError or ValueError for other arrays."""
    end = Chains(arrays["end"], arrays["end_likelihood"], int(arrays["end_step"]))
    return Stretch(end, *(arrays[name] for name in _OF_STRETCH))
