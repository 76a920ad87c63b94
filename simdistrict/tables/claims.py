"""All claims of docs/claims.md that runs can speak to, on the model as it is; failed ones first."""

from __future__ import annotations

import math

import numpy as np

from simdistrict.tables.district import (
    claims_districts,
    claims_knowledge,
    claims_offshoring,
    claims_places,
    claims_shocks,
    claims_turn,
    claims_work,
    claims_worlds,
)
from simdistrict.tables.district.common import FAILS, HOLDS, NO_CASE, SHOWN, verdict_columns
from simdistrict.tables.evidence import Claim, Measure, StudyRuns
from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Table

CLAIMS: tuple[Claim, ...] = (
    *claims_offshoring.CLAIMS,
    *claims_shocks.CLAIMS,
    *claims_districts.CLAIMS,
    *claims_places.CLAIMS,
    *claims_knowledge.CLAIMS,
    *claims_work.CLAIMS,
    *claims_turn.CLAIMS,
    *claims_worlds.CLAIMS,
)
# what this model cannot speak to, and what it lacks
NOT_TESTED = {
    "C24": "needs a stock of firms by size that enter, grow and leave; the model has the capacity "
    "and jobs of a district, and a multinational share of foreign owners only",
    "C33": "needs a second technology with a cost path and a ceiling of its own, a start in 1978 "
    "(runs begin in 1980, in balance), and firms of two sizes between which a gap can close",
    "C42": "a judgement, of which C37 to C41 are what can be tested; there is no economy around "
    "the districts to have a share of (how much of making stays: the policy table)",
    "C43": "needs a sector of platforms and engineers for whom it competes; a district has one "
    "trade, so the mix of sectors enters by the constants only",
}
# what no single run can show, and where it is tested over the prior
ELSEWHERE = {"C46": "shares of variance over many draws, with their bands: the table technology"}
NOT_HERE, OVER_DRAWS = "not tested", "over the prior"
NEVER = "never"
NOTE = """Each row is a number that a claim speaks of, beside the band written down before the run;
[docs/claims.md](../../docs/claims.md) says in which scenarios it is read. A claim holds where all
of its rows do. Scenario: the baseline unless said otherwise. "Exposed" districts have more than
25% of assembly offshore in 2008. Rows marked *shown* have no band of their own; *no case* means
that the model has no district or year of the kind that the claim speaks of, which is a failure of
another sort; *never* is a year that does not come. One run with the calibrated constants says
nothing about how often a claim holds within the bands of the constants."""


def verdict(measure: Measure, value: float) -> str:
    """Whether a number lies in its band."""
    if not measure.has_band:
        return SHOWN
    if math.isnan(value):
        return NO_CASE
    return HOLDS if measure.holds(np.array([value]))[0] else FAILS


def table(study: Study) -> Table:
    """One row per number that a claim speaks of, failing ones first; then what is not tested."""
    runs = StudyRuns(study)
    rows: list[tuple[Cell, ...]] = []
    for claim in CLAIMS:
        for m in claim.measures:
            value = float(m.value(runs)[0])
            detail = f" ({m.detail(runs)})" if m.detail else ""
            shown: Cell = NEVER if math.isinf(value) else value
            rows.append((verdict(m, value), claim.id, m.what + detail, m.low, m.high, shown))
    order = {FAILS: 0, NO_CASE: 1}
    rows.sort(key=lambda row: order.get(str(row[0]), 2))
    for told, names in ((OVER_DRAWS, ELSEWHERE), (NOT_HERE, NOT_TESTED)):
        rows += [(told, name, why, None, None, None) for name, why in names.items()]
    title = "Claims with a band"
    return Table("claims", title, verdict_columns("claim"), tuple(rows), NOTE)
