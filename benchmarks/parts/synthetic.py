"""A model of World3's size and make: 40 stocks, 180 auxiliaries, 55 lookups, 400 steps.

Its equations mean nothing; they are as many and of the same kinds, and stay within bounds.
"""

from __future__ import annotations

import random

STOCKS, AUXILIARIES, LOOKUPS, DIVISIONS = 40, 180, 55, 94


def synthetic(seed: int = 3) -> str:
    """The text of the .mdl file."""
    draw = random.Random(seed)
    blocks = []
    for k in range(LOOKUPS):
        xs = [round(0.25 * i, 2) for i in range(draw.randint(6, 11))]
        points = ",".join(f"({x},{draw.uniform(0.2, 1.8):.3f})" for x in xs)
        blocks.append(f"table {k}({points}) ~ Dmnl ~ |")
    for k in range(STOCKS):
        a, b = draw.sample(range(AUXILIARIES), 2)
        blocks.append(f"life {k} = {draw.uniform(3, 40):.2f} ~ Year ~ |")
        blocks.append(
            f"stock {k} = INTEG((aux {a} * (2 - stock {k}) - aux {b} * stock {k}) / life {k}, "
            f"{draw.uniform(0.5, 1.5):.2f}) ~ Dmnl ~ |"
        )
    for k in range(AUXILIARIES):
        one, other = draw.randrange(STOCKS), draw.randrange(STOCKS)
        earlier = f"aux {draw.randrange(k)}" if k else f"stock {one}"
        if k < LOOKUPS:
            text = f"table {k}((stock {one} + {earlier}) / (1 + stock {other}))"
        elif k < DIVISIONS:
            text = f"(stock {one} + {earlier}) / (1 + stock {other} * stock {other})"
        elif k % 7 == 0:
            text = f"IF THEN ELSE(Time > {draw.randint(1910, 2090)}, stock {one}, {earlier})"
        elif k % 7 == 1:
            text = f"MIN(stock {one}, {earlier}) + MAX(0.1, stock {other} - {earlier})"
        else:
            text = f"0.5 * stock {one} + 0.3 * {earlier} * stock {other}"
        blocks.append(f"aux {k} = MIN(2, {text}) ~ Dmnl ~ |")
    control = {"INITIAL TIME": 1900, "FINAL TIME": 2100, "TIME STEP": 0.5, "SAVEPER": 1}
    blocks += [f"{name} = {value} ~ Year ~ |" for name, value in control.items()]
    return "{UTF-8}\n" + "\n\n".join(blocks) + "\n"
