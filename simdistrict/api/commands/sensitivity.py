"""Analyses of the constants that matter for an indicator of an ensemble."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simdistrict.base.counts import counted
from simdistrict.base.progress import Progress, ticking
from simdistrict.ensemble.content import ensemble_result
from simdistrict.ensemble.drawing import DrawsRequest, design_from_file
from simdistrict.ensemble.members import ensemble_over
from simdistrict.ensemble.prior import prior_beside, prior_table
from simdistrict.run.plan import find, plans_for
from simdistrict.scenario.places import find_element
from simdistrict.sensitivity.analysis import AnalysisSettings, analysed
from simdistrict.sensitivity.discovery import Discovery
from simdistrict.sensitivity.indices import Indices
from simdistrict.sensitivity.prim import Choices
from simdistrict.sensitivity.sample import CORRELATED, Sample, read_sample, sample_of
from simdistrict.sensitivity.table import document, write_table

SHOWN = 12


@dataclass(frozen=True, eq=False, slots=True)
class Analysis:
    """A sample of an ensemble, and what a method found in it."""

    sample: Sample
    found: Indices | Discovery

    def lines(self, *, everything: bool = False) -> list[str]:
        """The analysis as text; everything: all rows, not only the first twelve."""
        most = len(self.sample.names) if everything else SHOWN
        found = self.found
        rows = _table(found, most) if isinstance(found, Indices) else _boxes(found)
        note = [f"  {CORRELATED}"] if self.sample.correlated else []
        return [*_head(self.sample, found), *note, *rows]

    def document(self) -> dict[str, object]:
        """The analysis for JSON."""
        note = {"note": CORRELATED} if self.sample.correlated else {}
        return {**document(self.found), **note}


def sensitivity(
    ensemble: Path,
    method: str,
    indicator: str,
    *,
    at: float | None = None,
    over: str | None = None,
    scenario: str | None = None,
    output: Path | None = None,
    force: bool = False,
    resamples: int = 100,
    seed: int = 0,
    slides: int = 10,
    above: float | None = None,
    below: float | None = None,
    boxes: Mapping[str, Any] | None = None,
    draws: DrawsRequest | None = None,
    progress: Progress = None,
) -> Analysis:
    """Analyse an ensemble; the arguments as the options of the command.

    output: a table to write; boxes: fields of `prim.Choices`; draws: the first argument is a
    scenario, which is run over them.
    """
    how: dict[str, Any] = {"at": at, "scenario": scenario, "over": over}
    if draws is None:
        sample = read_sample(ensemble, indicator, **how)
    else:
        sample = _sample_over(str(ensemble), draws, indicator, how, progress)
    choices = Choices(**(boxes or {}))
    settings = AnalysisSettings(resamples, seed, slides, above, below, choices)
    found = analysed(sample, method, settings)
    if output is not None:
        write_table(found, output, force=force)
    return Analysis(sample, found)


def _sample_over(
    scenario: str,
    draws: DrawsRequest,
    indicator: str,
    how: Mapping[str, Any],
    progress: Progress,
) -> Sample:
    """One number per draw of a file, from runs of a scenario."""
    plans = plans_for([scenario], backend="native")
    prepared = plans[0].prepared
    design = design_from_file(draws, prepared, lambda: prior_table(prior_beside(find(scenario)[1])))
    element, _ = find_element(prepared.model, indicator)
    made = ensemble_over(
        plans,
        design,
        # an unknown name is reported by what saves it
        save=indicator if element is None else element.name,
        times="final" if how["at"] is None else repr(how["at"]),
        reduce=how["over"] or "",
    )
    with ticking(progress, "members") as tick:
        result = ensemble_result(made, tick=tick)
    return sample_of(result, scenario, indicator, **how)


def _head(sample: Sample, found: Indices | Discovery) -> list[str]:
    """The analysed members, and those left out."""
    scenario = f", {sample.scenario}" if sample.scenario else ""
    said = [
        f"{sample.indicator} {sample.when}{scenario}: {len(found.sample.values)} of "
        f"{counted(len(sample.values), 'member')}, {counted(len(sample.names), 'number')} "
        f"({sample.method}, seed {sample.seed})"
    ]
    dropped = len(sample.values) - len(found.sample.values)
    if dropped:
        why = ", ".join(f"{n} {name}" for name, n in found.failed.items())
        blocks = f", {dropped} in blocks with them" if sample.block > 1 else ""
        said.append(f"  left out: {why}{blocks}; the results do not cover where runs fail")
    return said


def _table(found: Indices, most: int) -> list[str]:
    names = found.sample.names
    heads = [key for key in found.columns if not key.endswith(("_low", "_high"))]
    width = max(len(names[k]) for k in found.ranked[:most])
    said = [f"  {'':{width}}" + "".join(f"  {head:>26}" for head in heads)]
    for k in found.ranked[:most]:
        cells = []
        for head in heads:
            cell = f"{found.columns[head][k]:.4g}"
            if f"{head}_low" in found.columns:
                ends = (found.columns[f"{head}_{end}"][k] for end in ("low", "high"))
                cell += " ({:.3g} to {:.3g})".format(*ends)
            cells.append(f"  {cell:>26}")
        said.append(f"  {names[k]:{width}}" + "".join(cells))
    if len(names) > most:
        said.append(f"  and {len(names) - most} more, see --all or -o")
    if "noise" in found.options:
        level = found.options["noise"]
        said.append(f"a number without influence exceeds {level:.3g} in 5 of 100 cases")
    for k, (i, j) in enumerate(_strongest(found)):
        second = found.pairs["second"]
        span = " to ".join(f"{found.pairs[f'second_{end}'][i, j]:.3g}" for end in ("low", "high"))
        lead = "pairs: " if k == 0 else "       "
        said.append(f"{lead}{names[i]} with {names[j]}: {second[i, j]:.4g} ({span})")
    return said


def _strongest(found: Indices, most: int = 5) -> list[tuple[int, int]]:
    """The pairs with the largest index."""
    if not found.pairs:
        return []
    count = len(found.sample.names)
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
    second = found.pairs["second"]
    return sorted(pairs, key=lambda pair: -abs(float(second[pair])))[:most]


def _boxes(found: Discovery) -> list[str]:
    total, names = len(found.sample.values), found.sample.names
    ends = [("at least", found.above), ("at most", found.below)]
    wanted = " and ".join(f"{word} {value:g}" for word, value in ends if value is not None)
    said = [f"{found.interesting} of {total} members are {wanted}"]
    if not found.boxes:
        said.append(
            f"no box: all members together have the density {found.interesting / total:.3f}, "
            f"and --density asks for {found.choices.density:g}"
        )
    for number, box in enumerate(found.boxes, 1):
        measures = box.measures
        said.append(
            f"box {number}: coverage {measures.coverage:.3f}, density {measures.density:.3f}, "
            f"{measures.mass:.1%} of the members"
        )
        for limit in box.limits:
            low = f"{limit.low:.4g} <= " if math.isfinite(limit.low) else ""
            high = f" <= {limit.high:.4g}" if math.isfinite(limit.high) else ""
            chance = "" if limit.quasi_p <= 0.05 else ", may be chance"
            said.append(f"  {low}{names[limit.place]}{high}  (quasi-p {limit.quasi_p:.2g}{chance})")
    return said
