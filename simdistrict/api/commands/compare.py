"""Comparisons of two results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simdistrict.exchange.vensim.series import SeriesFile
from simdistrict.result.comparison import Comparison, upstream_first
from simdistrict.result.comparison_text import document, report
from simdistrict.result.run_pairs import Choice
from simdistrict.result.series_file import load

# of a, of b
Pair = tuple[str | None, str | None]
EITHER: Pair = None, None


@dataclass(frozen=True, eq=False, slots=True)
class Compared:
    """Two results and where they differ."""

    found: Comparison
    a: SeriesFile
    b: SeriesFile
    rtol: float
    atol: float

    def lines(self, complete: str = "--json") -> list[str]:
        """What was found, in sentences; complete: has the differences that the text leaves out."""
        return report(self.found, self.a, self.b, self.rtol, self.atol, complete)

    def document(self) -> dict[str, object]:
        """What was found, for JSON."""
        return document(self.found, self.a, self.b, self.rtol, self.atol)


def compare(
    a: SeriesFile,
    b: SeriesFile,
    *,
    rtol: float,
    atol: float,
    scenarios: Pair = EITHER,
    members: Pair = EITHER,
) -> Compared:
    """Compare two results; scenarios, members: the runs to compare.

    Raises ExchangeError where nothing is in both.
    """
    one, other = (Choice(scenarios[k], members[k]) for k in (0, 1))
    found = upstream_first(a, b, rtol=rtol, atol=atol, choices=(one, other))
    return Compared(found, a, b, rtol, atol)


def compare_files(
    a: Path, b: Path, *, rtol: float, atol: float, scenarios: Pair, members: Pair
) -> Compared:
    """Compare two result files, which may be one."""
    left = load(a)
    right = left if a == b else load(b)
    return compare(left, right, rtol=rtol, atol=atol, scenarios=scenarios, members=members)
