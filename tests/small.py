"""Small models as text, for tests: equations plus the control variables."""

from __future__ import annotations

from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.model.model import Model


def mdl(
    equations: str,
    *,
    start: float = 0,
    stop: float = 10,
    time_step: float = 1,
    save_step: float = 1,
    settings: str = "",
) -> str:
    """A .mdl file. equations: one per line, `name = right-hand side`, or blocks that end in |."""
    blocks = []
    for line in equations.strip().splitlines():
        line = line.strip()
        if line:
            blocks.append(line if line.endswith("|") else f"{line} ~ Dmnl ~ A test. |")
    control = {
        "INITIAL TIME": start,
        "FINAL TIME": stop,
        "TIME STEP": time_step,
        "SAVEPER": save_step,
    }
    blocks += [f"{name} = {value!r} ~ Year ~ Control. |" for name, value in control.items()]
    return "{UTF-8}\n" + "\n\n".join(blocks) + "\n" + settings


def small(equations: str, **control: float) -> Model:
    """The model in such a file."""
    return read_mdl_text(mdl(equations, **control), "small")  # type: ignore[arg-type]
