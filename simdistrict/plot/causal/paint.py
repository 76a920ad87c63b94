"""Draws an arranged causal map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simdistrict.plot.causal import words
from simdistrict.plot.causal.arrange import arrange
from simdistrict.plot.causal.values import Arranged, CausalMap, Curve, MapNode, Mark
from simdistrict.plot.words import width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

PLUS, MINUS, OPEN = "#2F4256", "#B3400A", "#7A7A7A"
INK, RING = "#1B2733", "#6B5300"
FILLS = ("#F1EEF8", "#EAF2FB", "#FDF3E7", "#EBF6EF", "#F6F0EC", "#EEF3F3")
FOOT = 0.3  # height of the key below the map, in inches
NARROWEST = 6.8  # room for the key


def fill_map(canvas: Canvas, of: CausalMap) -> None:
    """Draw on an empty canvas."""
    placed = arrange(of)
    wide = max(of.size[0], NARROWEST)
    canvas.set_size_inches(wide, of.size[1] + FOOT)
    axis = canvas.add_axes((0.0, 0.0, 1.0, 1.0))
    middle = of.size[0] / 2
    axis.set_xlim(middle - wide / 2, middle + wide / 2)
    axis.set_ylim(-FOOT, of.size[1])
    axis.axis("off")
    _sectors(axis, placed)
    for curve in placed.curves:
        _arrow(axis, curve)
    for node in of.nodes:
        _node(axis, node, placed)
    for curve, mark in zip(placed.curves, placed.signs, strict=True):
        _sign(axis, mark, _colour(curve.arrow.sign))
    for loop, mark in zip(of.loops, placed.loops, strict=True):
        _loop(axis, loop.name if loop.numbered else loop.polarity, mark)
    _key(axis, of, middle - wide / 2)


def _colour(sign: str) -> str:
    return {"+": PLUS, "-": MINUS}.get(sign, OPEN)


def _sectors(axis: Axes, placed: Arranged) -> None:
    from matplotlib.patches import FancyBboxPatch

    for k, (sector, title) in enumerate(zip(placed.of.sectors, placed.titles, strict=True)):
        (x0, y0), (x1, y1) = sector.low, sector.high
        patch = FancyBboxPatch(
            (x0, y0),
            x1 - x0,
            y1 - y0,
            boxstyle="round,pad=0,rounding_size=0.08",
            fc=FILLS[k % len(FILLS)],
            ec="none",
            zorder=0,
        )
        axis.add_patch(patch)
        axis.text(
            title.x,
            title.y,
            title.words,
            fontsize=words.TITLE,
            weight="bold",
            color="#55606B",
            va="top",
            zorder=1,
        )


def _node(axis: Axes, node: MapNode, placed: Arranged) -> None:
    from matplotlib.patches import Rectangle

    box = placed.boxes[node.key]
    if node.stock:
        corner = (box.x0, box.y0)
        size = (box.x1 - box.x0, box.y1 - box.y0)
        axis.add_patch(Rectangle(corner, *size, fc="white", ec=INK, lw=1.1, zorder=4))
    axis.text(
        node.x,
        node.y,
        "\n".join(words.lines_of(node.label)),
        fontsize=words.LABEL,
        linespacing=words.LEADING - 0.1,
        ha="center",
        va="center",
        color=INK,
        zorder=5,
    )


def _arrow(axis: Axes, curve: Curve) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    sign = curve.arrow.sign
    colour = _colour(sign)
    path = Path(curve.control, [Path.MOVETO, Path.CURVE3, Path.CURVE3])
    dash: Any = (0, (3.2, 1.8)) if sign == "-" else "-" if sign == "+" else (0, (1, 1.5))
    axis.add_patch(PathPatch(path, fc="none", ec=colour, lw=1.0, ls=dash, zorder=2))
    # the head points along the end of the curve
    tip = curve.control[2]
    along = tip - curve.points[-4]
    along = along / max(float((along**2).sum()) ** 0.5, 1e-9)
    across = along[::-1] * (-1, 1)
    back = tip - 0.1 * along
    corners = [tip, back + 0.038 * across, back - 0.038 * across]
    axis.add_patch(Polygon(corners, closed=True, fc=colour, ec="none", zorder=3))


def _sign(axis: Axes, mark: Mark, colour: str) -> None:
    """A plus or a minus of two strokes, so that its size does not depend on a font."""
    if not mark.words:
        return
    half = 0.042
    ends = [((mark.x - half, mark.x + half), (mark.y, mark.y))]
    if mark.words == "+":
        ends.append(((mark.x, mark.x), (mark.y - half, mark.y + half)))
    for x, y in ends:
        axis.plot(x, y, color=colour, lw=1.5, solid_capstyle="butt", zorder=6)


def _loop(axis: Axes, letter: str, mark: Mark) -> None:
    from matplotlib.patches import Circle

    axis.add_patch(Circle((mark.x, mark.y), words.RING, fc="white", ec=RING, lw=1.1, zorder=6))
    whole: dict[str, Any] = {"ha": "center", "color": RING, "zorder": 7}
    size = words.LETTER - (len(letter) > 1)
    axis.text(
        mark.x,
        mark.y,
        letter,
        fontsize=size,
        weight="bold",
        va="center_baseline",
        **whole,
    )
    axis.text(
        mark.x,
        mark.y - words.RING - words.GAP,
        "\n".join(words.lines_of(mark.words, 13)),
        fontsize=words.LOOP,
        linespacing=words.LEADING - 0.1,
        va="top",
        **whole,
    )


def _key(axis: Axes, of: CausalMap, left: float) -> None:
    """What lines and marks mean, in one line below the map."""
    from matplotlib.patches import Rectangle

    y, x = -FOOT / 2 + 0.03, left + 0.15
    small: dict[str, Any] = {"fontsize": 6.5, "color": "#444444", "va": "center"}

    def say(text: str) -> None:
        nonlocal x
        axis.text(x, y, text, **small)
        x += width_of(text, 6.5) + 0.28

    axis.add_patch(Rectangle((x, y - 0.06), 0.2, 0.12, fc="white", ec=INK, lw=0.9))
    x += 0.27
    say("stock")
    signs = {a.sign for a in of.arrows}
    for sign, dash, text in (
        ("+", "-", "more makes more"),
        ("-", (0, (3.2, 1.8)), "more makes less"),
        ("", (0, (1, 1.5)), "depends"),
    ):
        if sign in signs:
            line: Any = dash
            axis.plot([x, x + 0.3], [y, y], color=_colour(sign), lw=1.0, ls=line)
            x += 0.37
            say(text)
    if of.loops:
        say("R: reinforcing loop   B: balancing loop")
    if of.note:
        say(of.note)
