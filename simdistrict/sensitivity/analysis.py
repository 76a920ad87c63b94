"""An analysis of a sample by the name of its method."""

from __future__ import annotations

from dataclasses import dataclass, field

from simdistrict.base.errors import EngineError, Problem, did_you_mean
from simdistrict.sensitivity.discovery import Discovery, discover
from simdistrict.sensitivity.indices import DESIGNS, Indices
from simdistrict.sensitivity.prim import Choices
from simdistrict.sensitivity.sample import Sample


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """The settings of an analysis.

    resamples, seed: of the bootstrap; slides: of PAWN; above, below, choices: of PRIM.
    """

    resamples: int = 100
    seed: int = 0
    slides: int = 10
    above: float | None = None
    below: float | None = None
    choices: Choices = field(default_factory=Choices)


def analysed(sample: Sample, method: str, settings: AnalysisSettings) -> Indices | Discovery:
    """The analysis of a sample by `sobol`, `morris`, `pawn` or `prim`.

    Raises EngineError for another name, and the errors of each method.
    """
    check_method(method)
    if method == "prim":
        above, below = settings.above, settings.below
        return discover(sample, above=above, below=below, choices=settings.choices)
    from simdistrict.sensitivity import salib

    if method == "pawn":
        return salib.pawn(sample, settings.resamples, settings.seed, settings.slides)
    analyse = salib.sobol if method == "sobol" else salib.morris
    return analyse(sample, settings.resamples, settings.seed)


def check_method(method: str) -> None:
    """Raise EngineError for a method that does not exist."""
    if method not in DESIGNS:
        hint = did_you_mean(method, DESIGNS) or f"use one of {', '.join(DESIGNS)}"
        raise EngineError(Problem("method", f'there is no method "{method}"', hint))
