"""Styles of lines and marks, shared by all figures."""

from __future__ import annotations

from dataclasses import dataclass

SHADE, RULE, INK, PALE = "#E6E6E6", "#666666", "#333333", "#888888"
SMALL = 6.5  # points: tick labels and notes
SETTINGS = {
    "svg.hashsalt": "simdistrict",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "hatch.linewidth": 0.5,
}


@dataclass(frozen=True, slots=True)
class Style:
    """Colour, dashes and marker, in matplotlib's notation."""

    colour: str = "#444444"
    dash: str | tuple[int, tuple[float, ...]] = "-"
    marker: str = "o"

    @property
    def width(self) -> float:
        """The line width; dashed lines are wider, to look as strong as solid ones."""
        return 1.2 if self.dash == "-" else 1.5


PLAIN = Style()
# lines and marks without a scenario, in order of use
STYLES = (
    Style("#444444", "-", "o"),
    Style("#D55E00", "--", "s"),
    Style("#0072B2", "-.", "^"),
    Style("#009E73", ":", "D"),
)
MARKS = (
    Style("#D55E00", "-", "o"),
    Style("#0072B2", "-", "s"),
    Style("#009E73", "-", "^"),
    Style("#444444", "-", "D"),
)
# categories of cells, of different brightness
FILLS = ("#FFFFFF", "#56B4E9", "#D55E00", "#444444", "#CC79A7", "#009E73")
