"""The model of one district as a stock-and-flow diagram.

Positions of stocks, flows and some auxiliaries are stated here. Pipes and arrows are read from the
model: an arrow is a short causal path that passes no other element of the diagram.
"""

from __future__ import annotations

from collections.abc import Iterator

from simdistrict.model.expr import Binary, Expr, Ref, fold
from simdistrict.model.model import Model, Stock
from simdistrict.plot import Diagram, DiagramNode, Link, Pipe
from simdistrict.tables.palette import BLUE, GREEN, ORANGE, PURPLE, RED
from simdistrict.tables.study import Study

SIZE = (12.2, 7.6)
FIRST, STEP = (1.4, 7.1), (2.35, 1.06)
POLICY, COST, CHAIN, MARKET, KNOWLEDGE, WORK = RED, ORANGE, "#444444", BLUE, GREEN, PURPLE
# rows of the diagram from the top; None is an empty cell
GRID: tuple[tuple[tuple[str, str] | None, ...], ...] = (
    (
        ("perceived disruption loss", POLICY),
        ("policy regime", POLICY),
        ("state capacity", POLICY),
        ("security tariff", POLICY),
        ("retaliatory tariff", POLICY),
    ),
    (
        ("home wage premium", COST),
        ("relative labour cost", COST),
        ("production cost", COST),
        ("delivered cost", COST),
        ("indicated sourcing share", CHAIN),
    ),
    (
        ("unit cost", COST),
        ("capacity under construction", CHAIN),
        ("capacity", CHAIN),
        ("sourcing share", CHAIN),
        ("home share", CHAIN),
    ),
    (
        ("price", MARKET),
        ("smoothed margin", MARKET),
        ("market share", MARKET),
        ("expected demand", CHAIN),
        ("output", CHAIN),
    ),
    (
        ("quality", KNOWLEDGE),
        ("automation", KNOWLEDGE),
        ("tacit knowledge", KNOWLEDGE),
        ("completeness", CHAIN),
        ("labour availability", WORK),
    ),
    (
        ("multinational share", KNOWLEDGE),
        ("analytical knowledge", KNOWLEDGE),
        ("absorptive capacity", KNOWLEDGE),
        ("apprentices", WORK),
        ("skilled workforce", WORK),
    ),
    (
        ("demand index", MARKET),
        ("labour productivity index", COST),
        ("automation cost index", KNOWLEDGE),
        ("entrant share", MARKET),
        ("employment", WORK),
    ),
)
# exogenous growth affects nearly everything; its arrows would hide the rest
GIVEN = ("demand index", "labour productivity index")
FARTHEST = 3
NOTE = (
    "Boxes: stocks, with the pipes of their flows. Words in italics: auxiliaries. Arrows: "
    f"influences, directly or through up to {FARTHEST} elements that are not shown, or as many as "
    "it takes; those of the two indices of growth are left out."
)


def model_map(study: Study) -> Diagram:
    """The diagram."""
    model = study.model
    nodes = tuple(_nodes(model))
    return Diagram(nodes, tuple(pipes(model)), tuple(links(model, nodes)), SIZE, NOTE)


def _nodes(model: Model) -> Iterator[DiagramNode]:
    for r, row in enumerate(GRID):
        for c, place in enumerate(row):
            if place is not None:
                name, colour = place
                x, y = FIRST[0] + STEP[0] * c, FIRST[1] - STEP[1] * r
                yield DiagramNode(name, x, y, isinstance(model[name], Stock), colour)


def pipes(model: Model) -> Iterator[Pipe]:
    """Every flow, from the stock that it leaves to the stock that it fills."""
    leaves: dict[str, str] = {}
    fills: dict[str, str] = {}
    for stock in (e for e in model if isinstance(e, Stock)):
        for name, sign in _terms(stock.equations[0].expression, 1):
            (fills if sign > 0 else leaves)[fold(name)] = stock.name
    for flow in dict.fromkeys([*leaves, *fills]):
        yield Pipe(model.by_name[flow].name, leaves.get(flow), fills.get(flow))


def _terms(expression: Expr, sign: int) -> Iterator[tuple[str, int]]:
    """What a stock adds and subtracts."""
    if isinstance(expression, Ref):
        yield expression.name, sign
    elif isinstance(expression, Binary) and expression.op in "+-":
        yield from _terms(expression.left, sign)
        yield from _terms(expression.right, sign if expression.op == "+" else -sign)


def links(model: Model, nodes: tuple[DiagramNode, ...]) -> Iterator[Link]:
    """The causal paths that pass no other element of the diagram."""
    names = {fold(node.name): node.name for node in nodes if node.name not in GIVEN}
    for node in nodes:
        for source in _sources(model, fold(node.name), names):
            yield Link(source, node.name)


def _sources(model: Model, start: str, shown: dict[str, str]) -> list[str]:
    found: dict[str, None] = {}
    # initial values of stocks are no causes over time
    element = model.by_name[start]
    first = list(model.causes(element))
    if isinstance(element, Stock):
        first = [fold(name) for name, _ in _terms(element.equations[0].expression, 1)]
    seen, todo = {start}, [(name, 0) for name in first]
    while todo:
        name, hidden = todo.pop(0)
        if name in seen or name not in model.by_name or name.startswith(("initial ", "loop ")):
            continue
        # nearest causes first; farther ones count only without a nearer one
        if hidden > FARTHEST and found:
            break
        seen.add(name)
        if name in shown:
            found[shown[name]] = None
        else:
            todo += [(cause, hidden + 1) for cause in model.causes(model.by_name[name])]
    return list(found)
