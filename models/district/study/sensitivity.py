"""The table of sensitivity: Sobol indices of the final state, with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from simdistrict.ensemble.blocks import Shape
from simdistrict.sensitivity.indices import Indices
from simdistrict.sensitivity.salib import sobol
from simdistrict.sensitivity.sample import Sample
from simdistrict.tables.compare import Discrepancy
from simdistrict.tables.members import Variant
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .common import BASELINE, short
from .kept import END, FEWEST, SENSITIVITY, SENSITIVITY_ENDS

INDICATORS = dict(
    zip(
        SENSITIVITY,
        (
            "Home share of the chain",
            "Jobs with incumbents, logarithm",
            "Completeness of the local chain",
        ),
        strict=True,
    )
)
MOST, SHOWN = 12, 4
COLUMNS = (
    Column("district"),
    Column("indicator"),
    Column("constant"),
    *(Column(name, decimals=3) for name in ("total", "total low", "total high")),
    *(Column(name, decimals=3) for name in ("first", "first low", "first high")),
)
NOTE = """Of the baseline in {end:g}, by a Saltelli design of {blocks} blocks of {block} members
(seed {seed}). First order: the share of the variance that would go if the constant were known;
total: the share that would be left if all others were. Intervals of 95% from 100 resamples. The
table holds the {most} constants with the largest total index of each district and indicator;
the page shows the first {shown}, with their total index. What is sampled is what
`models/district/data/parameters.csv` gives a band, {numbers} numbers; none of them is
particular to a district. Jobs enter by their logarithm, since a few members grow without end,
and below {fewest:.0%} of 1980 as none."""


def samples(study: Study) -> Iterator[tuple[str, str, Sample]]:
    """District, indicator, and the members of its Saltelli design."""
    variant = Variant(BASELINE)
    ends = study.members(variant, SENSITIVITY_ENDS, "ends")["ends"]
    design = study.ensemble(variant, SENSITIVITY_ENDS).design
    names = tuple(prior.name for prior in design.priors)
    rows = np.empty((len(ends), len(names)))  # Sobol indices need no draws, only their order
    for i, indicator in enumerate(INDICATORS):
        for d, district in enumerate(study.model.dims_by_name["district"].labels):
            label = f"{indicator}[{district}]"
            yield (
                district,
                indicator,
                Sample(
                    label,
                    names,
                    rows,
                    ends[:, d, i],
                    "saltelli",
                    study.sampling.seed,
                    Shape(1),
                    END,
                    BASELINE,
                ),
            )


def table(study: Study) -> Table:
    """One row per district, indicator and constant, largest index first."""
    rows: list[tuple[Cell, ...]] = []
    lines: dict[str, list[tuple[Cell, ...]]] = {indicator: [] for indicator in INDICATORS}
    names: tuple[str, ...] = ()
    # a sample is as large as all draws: one at a time
    for district, indicator, sample in samples(study):
        indices, names = sobol(sample), sample.names
        rows += _rows(district, indicator, indices)
        lines[indicator].append(_line(district, indices))
    pages = tuple(_page(title, lines[indicator]) for indicator, title in INDICATORS.items())
    note = NOTE.format(
        end=END,
        blocks=study.sampling.blocks,
        block=len(names) + 2,
        seed=study.sampling.seed,
        most=MOST,
        shown=SHOWN,
        numbers=len(names),
        fewest=FEWEST,
    )
    title = "Which constants decide where a district ends"
    return Table("sensitivity", title, COLUMNS, tuple(rows), note, pages)


def _rows(district: str, indicator: str, found: Indices) -> Iterator[tuple[Cell, ...]]:
    heads = [f"{kind}{end}" for kind in ("total", "first") for end in ("", "_low", "_high")]
    for k in found.ranked[:MOST]:
        numbers = [float(found.columns[head][k]) for head in heads]
        yield (district, indicator, found.sample.names[k], *numbers)


def _line(district: str, found: Indices) -> tuple[Cell, ...]:
    """The constants with the largest indices, in words."""
    cells = []
    for k in found.ranked[:SHOWN]:
        total, low, high = (found.columns[f"total{end}"][k] for end in ("", "_low", "_high"))
        cells.append(f"{found.sample.names[k]}: {total:.2f} ({low:.2f} to {high:.2f})")
    return (short(district), *cells)


def _page(title: str, lines: list[tuple[Cell, ...]]) -> Table:
    heads = (Column("district"), *(Column(f"number {k + 1}") for k in range(SHOWN)))
    return Table("sensitivity", title, heads, tuple(lines))


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """None, because an index says nothing of single members. Records the inputs."""
    study.ensemble(Variant(BASELINE), SENSITIVITY_ENDS)
    yield from ()
