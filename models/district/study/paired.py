"""Every scenario compared with the baseline, member by member: levels and changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.run.plan import Plan
from simdistrict.tables.members import Variant
from simdistrict.tables.study import Study
from simdistrict.tables.table import Rounded

from .common import BASELINE
from .indicators import (
    COLUMNS,
    KEPT,
    PATH,
    PRESENT,
    YEARS,
    Indicator,
    place,
)

# scenario and array -> its values, for all members of a study or for some
Source = Callable[[Variant, str], Reals]
AFTER = 15.0
PERSISTENCE = "home share of the chain, 15 years after repeal"
COST = "subsidy per job-year kept"
# S0 to S13; of the return to the old rules, policies of 2045 that have no end themselves
POLICIES = (
    BASELINE,
    "security_tariffs",
    "carbon_social_tariffs",
    "friend_shoring",
    "industrial_policy",
    "industry40_colocation",
    "district_renaissance",
    "defensive_lockin_prato",
    "fdi_openness",
    "pandemic_shock",
    "crisis_2008",
    "tariff_only",
    "capability_only",
    "return_to_globalisation:security_2045",
    "return_to_globalisation:tariffs_2045",
)


@dataclass(frozen=True)
class Numbers:
    """One indicator of one scenario, over its members.

    level, change: (members, districts); one of them may be empty. year: a date, or the years
    that the number speaks of. digits, decimals: as in `Indicator`.
    """

    scenario: str
    indicator: str
    year: str
    level: Reals | None
    change: Reals | None
    digits: int = 3
    decimals: int = 1

    @property
    def counted(self) -> bool:
        """Whether the level is 1 or 0, so that the share of members is printed, and no quantile."""
        return self.indicator.startswith("regime: ")

    def told(self, value: float, *, change: bool) -> Rounded:
        """A level or change with its rounding."""
        if change:
            return Rounded(value, decimals=self.decimals)
        return Rounded(value, significant=self.digits)


def all_of(study: Study) -> Source:
    """All members of the study."""
    return lambda variant, wanted: study.members(variant, KEPT, wanted)[wanted]


def some_of(study: Study, count: int) -> Source:
    """A fixed random choice of members, which are run now."""
    found: dict[Variant, dict[str, Reals]] = {}

    def source(variant: Variant, wanted: str) -> Reals:
        if variant not in found:
            members = study.sampling.some(count, study.sampling.members)
            found[variant] = study.some(variant, KEPT, members.tolist())
        return found[variant][wanted]

    return source


def numbers(study: Study, source: Source) -> Iterator[Numbers]:
    """All indicators of all scenarios; first the baseline, which has no changes."""
    base = source(Variant(BASELINE), "indicators")
    base_home = source(Variant(BASELINE), "home")
    for name in POLICIES:
        variant = Variant(name)
        own = source(variant, "indicators")
        for k, (indicator, year) in enumerate(COLUMNS):
            level, other = own[..., k], base[..., k]
            change = None if name == BASELINE else indicator.changed(level, other)
            yield _numbers(name, indicator, year, level, change)
        if name == BASELINE:
            continue
        yield _cost(name, own, base)
        ended = repeal(study.plan(variant))
        if ended is not None and ended + AFTER <= PATH[-1]:
            later = float(math.ceil(ended + AFTER))
            k = PATH.index(later)
            moved = 100.0 * (source(variant, "home")[:, k] - base_home[:, k])
            yield Numbers(name, PERSISTENCE, f"{later:g}", None, moved)


def _numbers(
    name: str, indicator: Indicator, year: float, level: Reals, change: Reals | None
) -> Numbers:
    when = f"{year:g}" if indicator.dated else f"{PRESENT:g}-{YEARS[-1]:g}"
    return Numbers(
        name,
        indicator.name,
        when,
        level,
        change,
        indicator.digits,
        indicator.decimals,
    )


def _cost(name: str, own: Reals, base: Reals) -> Numbers:
    """Subsidies over job-years, both discounted and beyond the baseline's, where both are more."""
    money = place("subsidy cost, present value")
    years = place("job-years, discounted")
    paid, gained = (own[..., k] - base[..., k] for k in (money, years))
    with np.errstate(invalid="ignore", divide="ignore"):
        cost = np.where((paid > 0) & (gained > 0), paid / gained, np.nan)
    return Numbers(name, COST, f"{PRESENT:g}-{YEARS[-1]:g}", None, cost)


def repeal(plan: Plan) -> float | None:
    """The end of the last temporary policy; None if there is none."""
    ends = [policy.end for policy in plan.resolved.policies if policy.end is not None]
    return max(ends, default=None)
