"""Indicators of a policy, one named function each, over the members of a run.

Each gives one number per member and district. Years: 2035, while policies last, and 2060, after
those of 2025 to 2045 have ended for 15 years.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.model.model import Model
from simdistrict.regimes.rules import TRANSITION
from simdistrict.tables.find import read_definition
from simdistrict.tables.members import Kept, MemberRun

YEARS = (2035.0, 2060.0)
PATH = tuple(float(year) for year in range(1980, 2061))
PRESENT, RATE = 2020.0, 0.03
POINTS, PERCENT, MONEY = "percentage points", "%", "million EUR"
ELEMENTS = (
    "sourcing share",
    "home share",
    "near share",
    "far share",
    "district employment",
    "employment",
    "skilled workforce",
    "entrant employment",
    "entrant share",
    "value added per worker",
    "completeness",
    "automation",
    "parts to sales ratio",
    "expected disruption loss",
    "consumer price index",
    "relative output",
    "tariff revenue",
    "subsidy cost",
)
RULES = read_definition(Path(__file__).with_name("study.yaml")).rules
REGIMES = (*dict.fromkeys(rule.regime for rule in RULES), TRANSITION)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A number per member and district.

    unit: of the level; value: of a run and a year, (members, districts); digits: significant
    ones of the level; change: how a difference from the baseline is printed: PERCENT of the
    baseline, else the difference itself in this unit, `scale` times that of the level; decimals:
    of the change; dated: has a value in each year, else one for the run; element: of the model,
    whose documentation defines it, where `said` does not.
    """

    name: str
    unit: str
    value: Callable[[MemberRun, float], Reals]
    change: str
    digits: int = 3
    decimals: int = 1
    scale: float = 1.0
    dated: bool = True
    element: str = ""
    said: str = ""

    def definition(self, model: Model) -> str:
        """The definition in words; by default the documentation of the element."""
        if self.said:
            return self.said
        words = model[self.element].documentation.split(" (")[0].strip()
        return words if words.endswith(".") else words + "."

    def changed(self, level: Reals, base: Reals) -> Reals:
        """The change from the baseline with the same draws."""
        if self.change == PERCENT:
            with np.errstate(invalid="ignore", divide="ignore"):
                return 100 * (level / base - 1)
        return self.scale * (level - base)


def home_share_of(stage: str) -> Callable[[MemberRun, float], Reals]:
    """The part of a stage's output that is made in the district."""
    return lambda run, year: run.at("sourcing share", year, stage=stage, location="home")


def plain(element: str) -> Callable[[MemberRun, float], Reals]:
    """An element of the model."""
    return lambda run, year: run.at(element, year)


def automation(run: MemberRun, year: float) -> Reals:
    """Automation, mean of the hands-on stages."""
    return np.asarray(run.at("automation", year).mean(axis=-1))


def present_value(run: MemberRun, element: str) -> Reals:
    """Of a yearly flow from 2020 on, at 3% to 2020, by the trapezoid rule over years."""
    later = run.years >= PRESENT
    years = run.years[later]
    flow = run.series(element)[:, later]
    discounted = flow * ((1 + RATE) ** (PRESENT - years))[None, :, None]
    return np.asarray(np.trapezoid(discounted, years, axis=1))


def tariffs(run: MemberRun, _: float) -> Reals:
    """Present value of the tariffs on parts that the state receives, in millions."""
    return present_value(run, "tariff revenue") / 1e6


def subsidies(run: MemberRun, _: float) -> Reals:
    """Present value of what is paid on home capital, in millions."""
    return present_value(run, "subsidy cost") / 1e6


def job_years(run: MemberRun, _: float) -> Reals:
    """Discounted like money, all jobs in the district, in thousands."""
    return present_value(run, "district employment") / 1e3


def jobs(element: str) -> Callable[[MemberRun, float], Reals]:
    """Jobs in thousands."""
    return lambda run, year: run.at(element, year) / 1e3


def in_regime(regime: str) -> Callable[[MemberRun, float], Reals]:
    """1 where the district is in a regime by the rules of the study, else 0."""

    def value(run: MemberRun, year: float) -> Reals:
        values = {
            condition.name: automation(run, year)
            if condition.name == "automation"
            else run.at(condition.name, year)
            for rule in RULES
            for condition in rule.conditions
        }
        open_ = np.ones_like(values["home share"], bool)
        inside = np.zeros_like(values["home share"])
        for rule in RULES:
            holds = open_.copy()
            for condition in rule.conditions:
                holds &= condition.holds(values[condition.name])
            inside[holds] = rule.regime == regime
            open_ &= ~holds
        inside[open_] = regime == TRANSITION
        inside[np.isnan(values["home share"])] = np.nan
        return inside

    return value


SHARE = "share"
THOUSAND = "thousand"
_PRESENT = "present value in 2020 of what is {} in 2020 to 2060, at 3%"


def _share(name: str, element: str) -> Indicator:
    return Indicator(name, SHARE, plain(element), POINTS, scale=100, element=element)


def _jobs(name: str, element: str) -> Indicator:
    return Indicator(name, THOUSAND, jobs(element), PERCENT, element=element)


INDICATORS = (
    *(
        Indicator(
            f"home share of {stage}",
            SHARE,
            home_share_of(stage),
            POINTS,
            scale=100,
            said=f"part of the output of {stage} that is made in the district",
        )
        for stage in ("assembly", "making", "design")
    ),
    _share("home share of the chain", "home share"),
    _share("near share", "near share"),
    _share("far share", "far share"),
    _jobs("jobs, all", "district employment"),
    _jobs("jobs with incumbents", "employment"),
    _jobs("skilled jobs", "skilled workforce"),
    Indicator(
        "jobs with entrants",
        THOUSAND,
        jobs("entrant employment"),
        THOUSAND,
        decimals=2,
        element="entrant employment",
    ),
    Indicator(
        "value added per worker",
        "EUR of 2015",
        plain("value added per worker"),
        PERCENT,
        element="value added per worker",
    ),
    Indicator(
        "relative output",
        "1980 = 1",
        plain("relative output"),
        PERCENT,
        element="relative output",
    ),
    _share("completeness", "completeness"),
    Indicator(
        "automation",
        SHARE,
        automation,
        POINTS,
        scale=100,
        said="share of tasks automated at home, mean of assembly and making",
    ),
    _share("parts over sales", "parts to sales ratio"),
    Indicator(
        "expected disruption loss",
        "share of cost",
        plain("expected disruption loss"),
        PERCENT,
        element="expected disruption loss",
    ),
    Indicator(
        "consumer price",
        "1980 = 1",
        plain("consumer price index"),
        PERCENT,
        digits=4,
        decimals=2,
        element="consumer price index",
    ),
    *(
        Indicator(
            f"regime: {regime}",
            "share of members",
            in_regime(regime),
            POINTS,
            scale=100,
            said="by the rules of `simdistrict regimes`",
        )
        for regime in REGIMES
    ),
    Indicator(
        "tariff revenue, present value",
        MONEY,
        tariffs,
        MONEY,
        dated=False,
        said=_PRESENT.format("received in tariffs on parts"),
    ),
    Indicator(
        "subsidy cost, present value",
        MONEY,
        subsidies,
        MONEY,
        dated=False,
        said=_PRESENT.format("paid in subsidies on home capital"),
    ),
    Indicator(
        "job-years, discounted",
        THOUSAND,
        job_years,
        PERCENT,
        decimals=2,
        dated=False,
        said="jobs of 2020 to 2060, all in the district, discounted like money",
    ),
)
# (indicator, year) in the order of the stored numbers; the year of what has none is the last
COLUMNS = tuple((i, year) for i in INDICATORS for year in (YEARS if i.dated else YEARS[-1:]))


def place(name: str, year: float = YEARS[-1]) -> int:
    """Index of an indicator in the stored numbers."""
    return [(i.name, y) for i, y in COLUMNS].index((name, year))


def reduce(run: MemberRun) -> dict[str, Reals]:
    """indicators: (members, districts, columns); home, jobs: paths, (members, years, districts)."""
    columns = [indicator.value(run, year) for indicator, year in COLUMNS]
    return {
        "indicators": np.stack(columns, axis=-1),
        # single precision suffices for plotted paths
        "home": run.series("home share").astype(np.float32),
        "jobs": run.series("district employment").astype(np.float32),
    }


KEPT = Kept(ELEMENTS, PATH, reduce, (Path(__file__),), tells=repr(RULES))
