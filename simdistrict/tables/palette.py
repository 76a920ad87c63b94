"""One style for each scenario, the same in every figure.

Colours of Okabe and Ito (2008), distinct for the colour-blind; dashes and markers are distinct in
black and white.
"""

from __future__ import annotations

from collections.abc import Mapping

from simdistrict.plot import STYLES, Style

BLACK, ORANGE, SKY, GREEN = "#444444", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PURPLE = "#B8A800", "#0072B2", "#D55E00", "#CC79A7"
COLOURS = {
    "black": BLACK,
    "orange": ORANGE,
    "sky": SKY,
    "green": GREEN,
    "yellow": YELLOW,
    "blue": BLUE,
    "red": RED,
    "purple": PURPLE,
}
LINES: dict[str, str | tuple[int, tuple[float, ...]]] = {
    "solid": "-",
    "dashed": "--",
    "dash-dot": "-.",
    "dotted": ":",
    "dots": (0, (1.0, 1.2)),
    "long": (0, (7.0, 2.0)),
}
# for what is no scenario
RECORD, BASE_YEAR, SECOND = Style(RED, "-", "o"), Style(BLUE, "-", "s"), Style(BLUE, "-.", "D")


class Palette:
    """Styles of scenarios, from the names of their colour, line and marker."""

    def __init__(self, styles: Mapping[str, tuple[str, str, str]]) -> None:
        self.styles = {n: Style(COLOURS[c], LINES[line], m) for n, (c, line, m) in styles.items()}

    def of(self, scenario: str) -> Style:
        """The style of a scenario, else of the file of a variant, else the next general style."""
        family = scenario.partition(":")[0]
        if scenario not in self.styles and family in self.styles:
            return self.styles[family]
        if scenario not in self.styles:
            self.styles[scenario] = STYLES[len(self.styles) % len(STYLES)]
        return self.styles[scenario]
