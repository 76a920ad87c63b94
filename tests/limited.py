"""Small XMILE models of tanks, and what flows between them in exact fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from simdistrict.run.simulate import simulate
from tests.oracle.test_functions import flat
from tests.xmile_text import aux, small

LIMITED = "<non_negative/>"
_SPECS = '<sim_specs method="{}"><start>0</start><stop>{}</stop><dt>{}</dt></sim_specs>'


def tank(name: str, first: object, ends: str, more: str = LIMITED) -> str:
    """A stock; ends: `<` and an inflow, `>` and an outflow, in the order of the file."""
    tags = [("inflow" if word[0] == "<" else "outflow", word[1:]) for word in ends.split()]
    inside = "".join(f"<{tag}>{flow}</{tag}>" for tag, flow in tags)
    return f'<stock name="{name}">{more}<eqn>{first}</eqn>{inside}</stock>\n'


def flow(name: str, equation: object, more: str = "") -> str:
    """A flow with one equation."""
    return f'<flow name="{name}">{more}<eqn>{equation}</eqn></flow>\n'


# three tanks in a ring; flows that read flows, a delay, a smooth and a sample
RIVER = (
    tank("a", 9, "<rain >spill >ab") + tank("b", 2, "<ab <ca >bc") + tank("c", 1, "<bc >ca >sea")
    + flow("rain", "MAX(0, 3 - TIME)") + flow("spill", 1) + flow("ab", 5) + flow("bc", "b / 2 + 1")
    + flow("ca", "1 - TIME / 2") + flow("sea", "ab + SMTH1(bc, 2)") + aux("seen", "sea + spill")
    + aux("kept", "IF ab > 4 THEN TIME ELSE PREVIOUS(SELF, -1)")
    + aux("late", "DELAY(ab, 1, 7)")
)  # fmt: skip


def run(
    text: str,
    method: str = "Euler",
    stop: object = 4,
    step: object = 1,
    backend: str = "interpreted",
    **parts: str,
) -> dict[str, list[float]]:
    """The series of a small model."""
    model = small(text, specs=_SPECS.format(method, stop, step), **parts)
    result = simulate(model, backend=backend)
    return {name: np.asarray(series).tolist() for name, series in flat(result).items()}


def served(
    contents: Mapping[str, Fraction],
    requests: Mapping[str, Fraction],
    ends: Mapping[str, Sequence[str]],
) -> dict[str, Fraction]:
    """What flows in one step, by name.

    requests: not negative; ends: of each tank `<` and its inflows, `>` and its outflows, in order.
    Each round lets each tank give, in order, what it holds and what its inflows gave before.
    """
    given = dict(requests)
    while True:
        before = dict(given)
        for name, flows in ends.items():
            left = contents[name] + sum(before[f[1:]] for f in flows if f[0] == "<")
            for f in flows:
                if f[0] == ">":
                    given[f[1:]] = min(requests[f[1:]], left)
                    left -= given[f[1:]]
        if given == before:
            return given
