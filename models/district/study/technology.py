"""Claim C46: shares of variance of technology and of the timing of policy.

Shares of variance as Sobol defines them, of groups. Two ensembles in which paired members share
the constants of a group and no others, or all others, give those of technology (Saltelli et al.
2010); the timing ladder, run with the same draws at each step, gives that of timing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.compare import Discrepancy
from simdistrict.tables.members import Variant
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table
from simdistrict.tables.verdicts import FAILS, HOLDS, NO_CASE, SHOWN

from .common import BASELINE, short
from .kept import END, outcomes

AUTOMATION = (
    "adoption by innovation",
    "adoption by imitation",
    "automation cost",
    "automation cost decline rate",
    "payback spread",
    "automation obsolescence",
    "labour saving",
)
# besides automation: productivity, learning, knowledge and quality
WIDE = (
    *AUTOMATION,
    "labour productivity growth",
    "learning retention",
    "transfer rate",
    "home background learning",
    "offshore background learning",
    "knowledge of leavers",
    "experience offset",
    "frontier analytical knowledge",
    "university inflow per link",
    "foreign knowledge rate",
    "analytical depreciation",
    "weight of tacit knowledge",
    "quality response",
    "attainable quality",
    "imitation rate",
    "imitable quality",
    "frontier growth",
    "knowledge threshold",
    "knowledge half saturation",
)
GROUPS = {"technology": WIDE, "of it automation": AUTOMATION}
TIMING = "timing of policy"
LADDER = tuple(
    f"timing_ladder:{step}" for step in ("never", *(f"from_{y}" for y in range(2005, 2036, 10)))
)
# ranges written down before the run, for claim C46
BANDS: dict[str, tuple[float | None, float | None]] = {
    "technology": (None, 0.7),
    TIMING: (0.15, None),
}
OUTCOMES = ("home share", "survives")
BLOCKS = 25  # of the jackknife
STUDENT = 2.064  # 97.5% of Student's t with one degree of freedom less than that
COLUMNS = (
    Column("district"),
    Column("indicator"),
    Column("goes with"),
    Column("members"),
    *(Column(name, decimals=3) for name in ("first", "first low", "first high")),
    *(Column(name, decimals=3) for name in ("total", "total low", "total high")),
    Column("low", decimals=2),
    Column("high", decimals=2),
    Column("verdict"),
)
NOTE = """Claim C46, *technology alone does not decide*, of {members} draws of the prior: technology
should explain less than {most:.0%} of the variance of where a district ends in {end:g} with policy
fixed (the baseline), the timing of policy {least:.0%} of it or more (the renaissance, never or from
2005, 2015, 2025 or 2035 on, for twenty years; every step with the same draws). First: the share
of the variance that would go if the group were known, of which the claim speaks; total: the share
that would be left if all others were. Technology: {wide} constants of automation, productivity,
learning, knowledge and quality, a wide reading, which the claim finds harder to pass than a narrow
one; of it automation: {narrow} of them. *Survives*: one or zero, as in [survival](survival.md).
Intervals of 95% from a jackknife over {blocks} blocks of members; a share below zero is zero within
its interval. *No case*: all members end alike."""

Estimate = Callable[[Sequence[Reals]], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of variance, first order and total, each with the ends of its interval."""

    first: tuple[float, float, float]
    total: tuple[float, float, float]
    members: int


def group_share(plain: Reals, exchanged: Reals) -> Share:
    """Of a group, from members and those that took its constants from the member after them.

    plain, exchanged: (members,). Member k of `exchanged` shares the group with member k + 1 of
    `plain`, and all other constants with member k.
    """
    return _with_intervals(_group, (plain, np.roll(plain, -1), exchanged))


def _group(found: Sequence[Reals]) -> tuple[float, float]:
    own, after, exchanged = found
    variance = float(np.concatenate([own, exchanged]).var())
    if variance == 0:
        return np.nan, np.nan
    first = float(np.cov(after, exchanged, bias=True)[0, 1]) / variance
    others = float(np.cov(own, exchanged, bias=True)[0, 1]) / variance
    return first, 1 - others


def level_share(levels: Reals) -> Share:
    """Of something that takes each of its levels in every member; levels: (levels, members)."""
    return _with_intervals(_levels, tuple(levels))


def _levels(found: Sequence[Reals]) -> tuple[float, float]:
    values = np.stack(found)
    variance = float(values.var())
    if variance == 0:
        return np.nan, np.nan
    first = float(values.mean(axis=1).var()) / variance
    return first, float(values.var(axis=0).mean()) / variance


def _with_intervals(estimate: Estimate, found: Sequence[Reals]) -> Share:
    """An estimate of all complete members, and of all but one block after the other."""
    good = np.isfinite(np.stack(found)).all(axis=0)
    kept = [values[good] for values in found]
    here = estimate(kept)
    block = np.arange(good.sum()) * BLOCKS // max(int(good.sum()), 1)
    less = np.array([estimate([v[block != b] for v in kept]) for b in range(BLOCKS)])
    error = np.sqrt((BLOCKS - 1) / BLOCKS * ((less - less.mean(axis=0)) ** 2).sum(axis=0))
    first, total = ((x, x - STUDENT * e, x + STUDENT * e) for x, e in zip(here, error, strict=True))
    return Share(_floats(first), _floats(total), int(good.sum()))


def _floats(numbers: Sequence[float]) -> tuple[float, float, float]:
    middle, low, high = map(float, numbers)
    return middle, low, high


def table(study: Study) -> Table:
    """One row per district, indicator and group."""
    rows = tuple(_rows(study))
    pages = tuple(_page(rows, name) for name in OUTCOMES)
    note = NOTE.format(
        members=study.sampling.members,
        end=END,
        most=BANDS["technology"][1],
        least=BANDS[TIMING][0],
        wide=_numbers(study, WIDE),
        narrow=_numbers(study, AUTOMATION),
        blocks=BLOCKS,
    )
    title = "What decides: technology, or the timing of policy"
    return Table("technology", title, COLUMNS, rows, note, pages)


def _numbers(study: Study, group: tuple[str, ...]) -> int:
    """Number of sampled constants in a group."""
    priors = study.ensemble(Variant(BASELINE), outcomes()).design.priors
    return sum(prior.name.partition("[")[0] in group for prior in priors)


def _rows(study: Study) -> Iterator[tuple[Cell, ...]]:
    plain = _ends(study, BASELINE)
    exchanged = {name: _ends(study, BASELINE, group) for name, group in GROUPS.items()}
    ladder = np.stack([_ends(study, step) for step in LADDER])
    for d, district in enumerate(study.model.dims_by_name["district"].labels):
        for i, indicator in enumerate(OUTCOMES):
            for name, other in exchanged.items():
                share = group_share(plain[:, d, i], other[:, d, i])
                yield _row(district, indicator, name, share)
            yield _row(district, indicator, TIMING, level_share(ladder[:, :, d, i]))


def _ends(study: Study, scenario: str, exchanged: tuple[str, ...] = ()) -> Reals:
    """(members, districts, outcomes)."""
    return study.members(Variant(scenario), outcomes(exchanged), "ends")["ends"]


def _row(district: str, indicator: str, name: str, share: Share) -> tuple[Cell, ...]:
    low, high = BANDS.get(name, (None, None))
    head = (district, indicator, name, share.members)
    return (*head, *share.first, *share.total, low, high, verdict(name, share.first[0]))


def verdict(name: str, first: float) -> str:
    """Whether a share lies in the range of the claim."""
    if name not in BANDS:
        return SHOWN
    if np.isnan(first):
        return NO_CASE
    low, high = BANDS[name]
    return HOLDS if (low is None or first >= low) and (high is None or first < high) else FAILS


def _page(rows: tuple[tuple[Cell, ...], ...], indicator: str) -> Table:
    """First-order shares with intervals, district by group; failures in bold."""
    names = (*GROUPS, TIMING)
    lines: dict[str, list[Cell]] = {}
    for row in (row for row in rows if row[1] == indicator):
        value, low, high = (COLUMNS[k].text(row[k]) for k in (4, 5, 6))
        words = f"{value} ({low} to {high})" if value else NO_CASE
        failing = row[-1] == FAILS
        lines.setdefault(short(str(row[0])), []).append(
            f"**{words} {FAILS}**" if failing else words
        )
    heads = (Column("district"), *(Column(name) for name in names))
    title = "Home share of the chain" if indicator == OUTCOMES[0] else "Whether it survives"
    return Table("technology", title, heads, tuple((d, *cells) for d, cells in lines.items()))


def doubts(study: Study, committed: Path) -> Iterator[Discrepancy]:
    """None, because a share of variance says nothing of single members. Records the inputs."""
    for scenario in (BASELINE, *LADDER):
        study.ensemble(Variant(scenario), outcomes())
    yield from ()
