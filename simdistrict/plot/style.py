"""How lines and marks look: what two figures that show the same thing have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADE, RULE, INK, PALE = "#E6E6E6", "#666666", "#333333", "#888888"
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
    """Colour, dashes and marker of one thing that is shown, as matplotlib spells them."""

    colour: str = "#444444"
    dash: str | tuple[int, tuple[float, ...]] = "-"
    marker: str = "o"

    @property
    def width(self) -> float:
        """A broken line needs a little more to look as strong as a whole one."""
        return 1.2 if self.dash == "-" else 1.5


PLAIN = Style()
# lines and marks that stand for no scenario, in the order in which they are used
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
# kinds of cells, each of another brightness
FILLS = ("#FFFFFF", "#56B4E9", "#D55E00", "#444444", "#CC79A7", "#009E73")


def small_print(axis: Axes, text: str) -> None:
    """One line inside a panel, below left."""
    axis.text(0.03, 0.04, text, transform=axis.transAxes, fontsize=6.5, color="#555555")
