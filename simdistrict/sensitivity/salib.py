"""Sobol, Morris and PAWN indices by SALib. The only door to SALib.

SALib accepts any numbers; here they come with their design, a failed member excludes its block,
and every random draw has a seed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem, ScenarioError
from simdistrict.sensitivity.indices import Indices, check_design
from simdistrict.sensitivity.pawn import half_widths, without_influence
from simdistrict.sensitivity.sample import Sample

RESAMPLES = 100


def sobol(sample: Sample, resamples: int = RESAMPLES, seed: int = 0) -> Indices:
    """First-order and total variance indices; second-order ones where the design is of order 2.

    Raises ScenarioError for another design, or where no complete blocks are left.
    """
    check_design(sample, "sobol")
    used = sample.complete()
    found = _salib("sobol").analyze(
        _problem(used),
        used.values,
        calc_second_order=used.shape.order == 2,
        num_resamples=resamples,
        # SALib (1.6.0) ignores the seed 0
        seed=seed + 1,
    )
    columns = {
        **_with_interval("total", found["ST"], found["ST_conf"]),
        **_with_interval("first", found["S1"], found["S1_conf"]),
    }
    pairs = {}
    if used.shape.order == 2:
        pairs = _with_interval("second", found["S2"], found["S2_conf"])
    return _indices("sobol", sample, used, columns, resamples, seed, pairs=pairs)


def morris(sample: Sample, resamples: int = RESAMPLES, seed: int = 0) -> Indices:
    """Elementary effects: mean absolute value (mu_star), mean and standard deviation.

    An effect is the change of the indicator across the whole range of a number, in quantile
    levels. Raises as `sobol`.
    """
    check_design(sample, "morris")
    used = sample.complete()
    found = _salib("morris").analyze(
        _problem(used),
        used.design,
        used.values,
        num_levels=used.shape.levels,
        num_resamples=resamples,
        seed=seed + 1,
    )
    columns = {
        **_with_interval("mu_star", found["mu_star"], found["mu_star_conf"]),
        "mu": np.asarray(found["mu"], float),
        "sigma": np.asarray(found["sigma"], float),
    }
    return _indices("morris", sample, used, columns, resamples, seed)


def pawn(sample: Sample, resamples: int = RESAMPLES, seed: int = 0, slides: int = 10) -> Indices:
    """The median distance between the distribution of the indicator and those within slides.

    slides: number of intervals of equal probability for a sampled number. `noise`: the level that
    a number without influence exceeds in 5 of 100 cases. Raises as `sobol`, and EngineError for a
    number of slides that SALib does not support.
    """
    check_design(sample, "pawn")
    used = sample.complete()
    if slides < 2 or len(used.values) < 5 * slides:
        what = f"{len(used.values)} members are too few for {slides} slides"
        hint = "a slide needs five members or more, and there are two slides at least"
        raise ScenarioError(Problem("slides", what, hint))
    analyze = _salib("pawn").analyze
    try:
        found = analyze(_problem(used), used.design, used.values, S=slides, seed=seed + 1)
    except ValueError as error:
        # its edges are sums of 1/slides, which rounding can take above 1
        what = f"SALib cannot cut {slides} slides ({error})"
        raise EngineError(Problem("slides", what, "use 5, 8, 10, 16 or 20")) from None
    half = half_widths(used.design, used.values, slides, resamples, seed)
    level = without_influence(used.values, slides, resamples, seed)
    columns = {
        **_with_interval("median", found["median"], half),
        "maximum": np.asarray(found["maximum"], float),
    }
    options = {"slides": slides, "noise": level}
    return _indices("pawn", sample, used, columns, resamples, seed, options=options)


def _salib(name: str) -> Any:
    """A module of SALib.analyze. Raises EngineError where SALib is not installed."""
    try:
        from SALib.analyze import morris, pawn, sobol
    except ImportError:
        what = "SALib is not installed"
        hint = 'pip install "simdistrict[sensitivity]"'
        raise EngineError(Problem(f"method {name}", what, hint)) from None
    return {"sobol": sobol, "morris": morris, "pawn": pawn}[name]


def _problem(sample: Sample) -> dict[str, object]:
    """SALib's problem dictionary; only its samplers use the bounds."""
    names = list(sample.names)
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def _with_interval(name: str, found: Any, half: Any) -> dict[str, Reals]:
    """An index with its 95% interval; SALib returns half the width."""
    middle, width = np.asarray(found, float), np.asarray(half, float)
    return {name: middle, f"{name}_low": middle - width, f"{name}_high": middle + width}


def _indices(
    method: str,
    sample: Sample,
    used: Sample,
    columns: dict[str, Reals],
    resamples: int,
    seed: int,
    **more: Any,
) -> Indices:
    blocks = len(sample.values) // sample.block
    dropped = blocks - len(used.values) // sample.block
    return Indices(method, used, columns, blocks, dropped, sample.failed, resamples, seed, **more)
