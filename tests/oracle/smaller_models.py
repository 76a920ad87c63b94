"""A failing random model made smaller, as text, as long as it fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tests.oracle.random_models import Drawn


def reduced(drawn: Drawn, fails: Callable[[Drawn], bool]) -> Drawn:
    """The smallest model that still fails: elements go, calls and parentheses become 1."""
    grown = True
    while grown:
        grown = False
        for smaller in _smaller(drawn.text):
            candidate = Drawn(smaller, drawn.reads_data)
            if fails(candidate):
                drawn, grown = candidate, True
                break
    return drawn


def _smaller(text: str) -> Iterator[str]:
    """Texts with one thing less, the largest things first."""
    blocks = text.split("\n\n")
    names = [re.match(r"(?:item|stock) \d+(?=[ \[])", block) for block in blocks]
    for name in dict.fromkeys(found[0] for found in names if found):
        rest = [block for block in blocks if not re.match(rf"{name}[ \[]", block)]
        yield re.sub(rf"\b{name}\b(?:\[[^]]*\])?", "1", "\n\n".join(rest))
    for block in blocks:
        bare = re.sub(r"\W", " ", block).split()
        ours = block.startswith(("item", "stock"))
        if (
            not ours
            and bare
            and block.endswith("~~|")
            and text.count(bare[0]) <= block.count(bare[0])
        ):
            yield text.replace(block + "\n\n", "")
    for start, stop in sorted(_groups(text), key=lambda group: group[0] - group[1]):
        yield f"{text[:start]}1{text[stop:]}"
    for op in re.finditer(r"(?<== )[^()=~]+? [-+*] (?=\S)", text):
        yield text[: op.start()] + text[op.end() :]


def _groups(text: str) -> Iterator[tuple[int, int]]:
    """Where calls and parentheses on a right-hand side begin and end."""
    for block in re.finditer(r"(?m)^(?:item|stock) .*~~\|$", text):
        open_at: list[int] = []
        for sign in re.finditer(r"(?:[A-Z][A-Z0-9 ]*)?\(|\)", block[0]):
            at = block.start() + sign.start()
            if sign[0] != ")":
                open_at.append(at)
            elif text[open_at[-1] : at].partition("(")[0] != "INTEG":
                yield open_at.pop(), at + 1
            else:
                open_at.pop()
