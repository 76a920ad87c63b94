"""What the calibration was to reach on data to 2019: band, value, verdict; failed ones first."""

from __future__ import annotations

from .common import (
    BASELINE,
    ENGINEERING,
    MIDWEST,
    MITTELSTAND,
    Test,
    failing_first,
    hands_on_offshore,
    percent,
    verdict_columns,
)
from .jobs import rank_correlation
from simdistrict.tables.study import Study
from simdistrict.tables.table import Table

NOTE = """Data to 2019. The bands were set before the fit, but the middle of each band of claim C11,
the series of jobs and the labour costs are among the data that are fitted: a target that holds says
that the structure can follow the record, not that it predicts it. The band of the US Midwest is
wider than that of the claim (-30 to -35%), since states and sources differ; the claim itself
stands in the table of claims. Labour cost: the model over the record in one year, both relative to
the home country."""
TO = 2019
COSTS = ("labour cost Romania/Italy", "labour cost China/Italy")


def tests(study: Study) -> list[Test]:
    """All targets, in the order of the specification."""
    return [_ranks(study), *_decade(study), *_prato_and_sassuolo(study), *_labour_cost(study)]


def table(study: Study) -> Table:
    """One row per target."""
    rows = failing_first(tests(study))
    title = "What the calibration was to reach"
    return Table("targets", title, verdict_columns("target"), rows, NOTE)


def _ranks(study: Study) -> Test:
    rank, n = rank_correlation(study)
    what = f"Spearman's rank correlation with the record, {n} districts"
    return Test("rank of districts", what, 0.8, None, rank)


def _decade(study: Study) -> list[Test]:
    """Jobs from 2000 to 2010."""
    run = study.run(BASELINE)
    bands = {MIDWEST: (-38.0, -28.0), MITTELSTAND: (-12.0, -5.0)}
    bands |= dict.fromkeys(ENGINEERING, (-20.0, -5.0))
    found = []
    for district, (low, high) in bands.items():
        change = percent(run.ratio("employment", 2010, 2000, district=district))
        what = f"{district}: jobs 2000-2010, %"
        found.append(Test("jobs 2000-2010", what, low, high, change))
    return found


def _prato_and_sassuolo(study: Study) -> list[Test]:
    run = study.run(BASELINE)
    prato = run.ratio("employment", TO, 1981, district="Prato")
    tiles = run.ratio("employment", TO, 2003, district="Sassuolo")
    past = run.years <= TO
    abroad = 100 * float(hands_on_offshore(run, "Sassuolo")[past].max())
    what = "Sassuolo: largest offshore share of assembly and making to 2019, %"
    return [
        Test("Prato", "Prato: textile jobs 2019 over 1981", 0.30, 0.45, prato),
        Test("Sassuolo", "Sassuolo: jobs 2019 over 2003", 0.65, 0.85, tiles),
        Test("Sassuolo", what, None, 15, abroad),
    ]


def _labour_cost(study: Study) -> list[Test]:
    found = []
    for p in study.assessment.points:
        if p.series in COSTS and p.year <= TO:
            what = f"{p.series} {p.year:.0f}, model {p.model:.3f} over record {p.data:.3f}"
            found.append(Test("labour cost", what, 0.8, 1.2, p.model / p.data))
    return found
