"""The table of indicators: unit, change, rounding, definition."""

from __future__ import annotations

from simdistrict.tables.study import Study
from simdistrict.tables.table import Cell, Column, Table

from .indicators import INDICATORS, MONEY, PERCENT, POINTS, Indicator
from .paired import COST, PERSISTENCE

COLUMNS = (
    Column("indicator"),
    Column("unit"),
    Column("change in"),
    Column("rounding of level"),
    Column("rounding of change"),
    Column("definition"),
)
NOTE = """Each is a function of one run in `models/district/study/indicators.py`. A change
is that of a member from the same member of the baseline. A test holds that the last printed
digit of every indicator is at least 100 times what our backends differ by."""
# indicators that need the scenario and the baseline together
PAIRED: tuple[tuple[Cell, ...], ...] = (
    (
        PERSISTENCE,
        "",
        POINTS,
        "",
        "1 decimal",
        "change of the home share of the chain 15 years after the last policy that ends has ended",
    ),
    (
        COST,
        "",
        "thousand EUR",
        "",
        "1 decimal",
        "subsidies over job-years, both discounted and beyond the baseline's, of members in which "
        "both are more",
    ),
)


def table(study: Study) -> Table:
    """One row per indicator."""
    rows = tuple(_row(study, indicator) for indicator in INDICATORS)
    return Table("indicators", "Indicators of a policy", COLUMNS, (*rows, *PAIRED), NOTE)


def _row(study: Study, indicator: Indicator) -> tuple[Cell, ...]:
    digits = f"{indicator.digits} significant digits"
    decimals = f"{indicator.decimals} decimal" + "s" * (indicator.decimals != 1)
    change = f"{PERCENT} of the baseline" if indicator.change == PERCENT else indicator.change
    unit = indicator.unit + (" of 2015" if indicator.unit == MONEY else "")
    return indicator.name, unit, change, digits, decimals, indicator.definition(study.model)
