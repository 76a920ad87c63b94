"""Stock-and-flow diagrams: boxes, pipes with valves, and arrows of influence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simdistrict.plot.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

BOX = (1.34, 0.54)
STUB = 0.42  # length of a pipe that ends in a cloud
CLOUD, PIPE = "#FFFFFF", "#555555"


@dataclass(frozen=True, slots=True)
class DiagramNode:
    """A stock (a box) or an auxiliary (text); x, y: its centre; colour: of its arrows."""

    name: str
    x: float
    y: float
    stock: bool = True
    colour: str = INK


@dataclass(frozen=True, slots=True)
class Pipe:
    """A flow: names of its source and target stocks, None for a cloud; label: its name."""

    label: str
    source: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """An influence of one node on another."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """size: in inches, as x and y of the nodes."""

    nodes: tuple[DiagramNode, ...]
    pipes: tuple[Pipe, ...]
    links: tuple[Link, ...]
    size: tuple[float, float]
    note: str = ""


def fill_diagram(canvas: Canvas, diagram: Diagram) -> None:
    """Draw on an empty canvas."""
    canvas.set_size_inches(*diagram.size)
    axis = canvas.add_axes((0.0, 0.0, 1.0, 1.0))
    axis.set_xlim(0, diagram.size[0])
    axis.set_ylim(0, diagram.size[1])
    axis.axis("off")
    places = {node.name: node for node in diagram.nodes}
    outlines = {node.name: _node(axis, node) for node in diagram.nodes}
    for link in diagram.links:
        _link(axis, places[link.source], places[link.target], outlines)
    _pipes(axis, diagram, places)
    if diagram.note:
        axis.text(0.15, 0.12, diagram.note, fontsize=7, color=INK)


def _node(axis: Axes, node: DiagramNode) -> Any:
    """Draw a node; returns the outline at which arrows end."""
    from matplotlib.patches import Rectangle

    words = node.name.replace(" ", "\n", 1) if len(node.name) > 14 else node.name
    lines = words.split("\n")
    width, height = BOX
    if not node.stock:
        width, height = 0.075 * max(map(len, lines)) + 0.06, 0.15 * len(lines) + 0.06
    corner = node.x - width / 2, node.y - height / 2
    edge = node.colour if node.stock else "none"
    outline = Rectangle(corner, width, height, fc="white", ec=edge, lw=1.6, zorder=4)
    axis.add_patch(outline)
    axis.text(
        node.x,
        node.y,
        words,
        fontsize=7.5,
        weight="bold" if node.stock else "normal",
        style="normal" if node.stock else "italic",
        ha="center",
        va="center",
        color=node.colour,
        zorder=5,
    )
    return outline


def _link(axis: Axes, source: DiagramNode, target: DiagramNode, outlines: dict[str, Any]) -> None:
    from matplotlib.patches import FancyArrowPatch

    axis.add_patch(
        FancyArrowPatch(
            (source.x, source.y),
            (target.x, target.y),
            connectionstyle="arc3,rad=0.14",
            arrowstyle="-|>",
            mutation_scale=7,
            patchA=outlines[source.name],
            patchB=outlines[target.name],
            shrinkA=0,
            shrinkB=2,
            lw=0.7,
            color=source.colour,
            alpha=0.75,
            zorder=2,
        )
    )


def _pipes(axis: Axes, diagram: Diagram, places: dict[str, DiagramNode]) -> None:
    """Draw inflows at the left of a stock, outflows at its right, stacked."""
    half = BOX[0] / 2
    for node in (n for n in diagram.nodes if n.stock):
        fills = [p for p in diagram.pipes if p.target == node.name]
        leaves = [p for p in diagram.pipes if p.source == node.name]
        for side, own in ((-1, fills), (1, leaves)):
            for k, pipe in enumerate(own):
                y = node.y + 0.17 * ((len(own) - 1) / 2 - k)
                near = node.x + side * half
                if pipe.source is None or pipe.target is None:
                    far = near + side * STUB
                    ends = (far, near) if side < 0 else (near, far)
                    _pipe(axis, (ends[0], y), (ends[1], y), far, "")
                elif side > 0:
                    # horizontal, regardless of other flows into the target
                    end = places[pipe.target].x - half
                    _pipe(axis, (near, y), (end, y), None, pipe.label)


def _pipe(
    axis: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    cloud: float | None,
    label: str,
) -> None:
    from matplotlib.patches import FancyArrowPatch

    axis.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=8,
            shrinkA=0,
            shrinkB=0,
            lw=1.8,
            color=PIPE,
            zorder=3,
        )
    )
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    axis.plot([x], [y], marker="d", ms=5, mfc="white", mec=PIPE, mew=1.0, zorder=4)
    if cloud is not None:
        axis.plot([cloud], [start[1]], "o", ms=5, mfc=CLOUD, mec=PIPE, mew=0.8, zorder=4)
    if label:
        axis.text(x, y + 0.14, label, fontsize=6.5, ha="center", color=PIPE, zorder=5)
