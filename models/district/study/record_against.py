"""The table of the record against a simple story of resilience, and of misses of the model.

Misses stand first. The items F1 to F8 are in `tensions`.
"""

from __future__ import annotations

from simdistrict.tables.study import Study
from simdistrict.tables.table import Column, Table

from .common import BASELINE, MIDWEST, percent
from .tensions import (
    TOLERANCE,
    Finding,
    beside,
    brenta_and_montebelluna,
    prato,
    returned,
    sassuolo,
    tariffs,
)

COLUMNS = (
    Column("verdict"),
    Column("item"),
    Column("district"),
    Column("what"),
    Column("record", significant=3),
    Column("model", significant=3),
)
TOLD = ("Prato textile jobs, ISTAT", "Brenta footwear jobs", "Montebelluna jobs")
NOTE = f"""*WRONG*: the model is off by more than {100 * TOLERANCE:.0f}%, or has another sign than
the record. *agrees*: it is not. *shown*: there is no number to compare with. Ratios are late over
early year. The rows "series" are the worst point of every series of
`models/district/record/record.csv` that the model misses by so much, predictions (after 2019) and
series outside the fit included, those that an item speaks of left out.

- F1 Firms that went abroad seldom came back (Bettiol, Burlina, Chiarvesio and Di Maria 2017). That
  at most a fifth is "seldom" is judgement.
- F2, F3 Footwear and sport shoes kept value, not jobs. Pairs in the record are of two definitions.
- F5 Tiles lost jobs with next to no offshoring. The change of jobs in log points (100 times the
  natural logarithm, which add up) is split in this order: world market, market share, places of
  production, automation, experience, general productivity; what is left is the lag of staffing.
- F6 The textile core of Prato shrank before and during the takeover, and not because of it.
- F8 The tariffs of 2018-19 raised no manufacturing jobs (Flaaen and Pierce 2024). Sizes here: 0.16
  on making and assembly from the far location, 0.16 on final goods of low-cost rivals, 0.12 as
  retaliation in the countries that retaliate, from 2018 on over two years.

Not in the model, so not here: districts that vanish (F4), the share of industry in GDP (F7), ageing
of owners and the gas price of 2021-23 (F9, hooks only), the measured premium of districts (F10)."""


def findings(study: Study) -> list[Finding]:
    """All findings, misses of the model first."""
    found = [
        *_missed_points(study),
        _midwest(study),
        *returned(study),
        *brenta_and_montebelluna(study),
        *sassuolo(study),
        *prato(study),
        *tariffs(study),
    ]
    return sorted(found, key=lambda f: f.verdict != "WRONG")


def table(study: Study) -> Table:
    """One row per number."""
    rows = tuple(
        (f.verdict, f.item, f.district, f.what, f.record, f.model) for f in findings(study)
    )
    title = "What the record says against a simple story, and where the model is wrong"
    return Table("record_against", title, COLUMNS, rows, NOTE)


def _missed_points(study: Study) -> list[Finding]:
    """The worst point of every series that the model misses."""
    worst: dict[str, tuple[float, Finding]] = {}
    for p in study.assessment.points:
        # the same numbers as other series, or part of an item
        if p.series.startswith("rank: ") or p.series in TOLD:
            continue
        off = abs(p.model / p.data - 1)
        notes = [
            "prediction" if p.period != "fit" else "",
            "outside the fit" if p.weight == 0 else "",
        ]
        text = ", ".join([f"{p.series} {p.year:.0f}", *filter(None, notes)])
        if off > max(TOLERANCE, worst.get(p.series, (0.0,))[0]):
            worst[p.series] = (off, beside("series", "", text, p.data, p.model))
    return [finding for _, finding in worst.values()]


def _midwest(study: Study) -> Finding:
    """US manufacturing won jobs after 2010."""
    at = {p.year: p.data for p in study.assessment.points if p.series == "US manufacturing jobs"}
    record = percent(at[2019] / at[2010])
    model = percent(study.run(BASELINE).ratio("employment", 2019, 2010, district=MIDWEST))
    verdict = "agrees" if record * model > 0 else "WRONG"
    return Finding(verdict, "series", MIDWEST, "jobs 2010-2019, %", record, model)
