"""The settings block of a .mdl file, and the marks of its views: all that follows the equations."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simdistrict.model.model import Model, Stock

# the line above each view, and the line between the last view and the settings
VIEW = re.compile(r"^\\+---///.*$", re.MULTILINE)
BLOCK = re.compile(r"^///---\\+.*$", re.MULTILINE)
_METHOD = re.compile(r"^15:\d+,\d+,\d+,(\d+)", re.MULTILINE)
_TEXT = """///---\\\\\\
:L\x7f<%^E!@
1:Current.vdf
9:Current
15:0,0,0,{method},0,0
19:100,0
27:2,
34:0,
4:Time
5:{shown}
"""


@dataclass(frozen=True, slots=True)
class MdlSettings:
    """Settings of a .mdl file.

    integrator: `euler` or `rk4` (code 15).
    unit_synonyms: the names of one unit in each tuple (code 22).
    file_tags: (tag, file name) for each `?tag` (code 30).
    """

    integrator: str
    unit_synonyms: tuple[tuple[str, ...], ...]
    file_tags: tuple[tuple[str, str], ...]


def read_settings(text: str) -> MdlSettings:
    """The settings in the part of a .mdl file after the equations."""
    method = method_span(text)
    code = text[slice(*method)] if method else ""
    synonyms = re.findall(r"^22:(.*)$", text, re.MULTILINE)
    tags = re.findall(r"^30:\?([^=\n]*)=(.*)$", text, re.MULTILINE)
    return MdlSettings(
        # 1 and 5 are fourth-order Runge-Kutta
        "rk4" if code in ("1", "5") else "euler",
        tuple(tuple(filter(None, map(str.strip, line.split(",")))) for line in synonyms),
        tuple((tag.strip(), file.strip()) for tag, file in tags),
    )


def method_span(text: str, start: int = 0) -> tuple[int, int] | None:
    """Where the code of the integration method stands (code 15)."""
    method = _METHOD.search(text, start)
    return method.span(1) if method else None


def method_code(integrator: str) -> str:
    """The code of an integration method, in the settings and so in `method_span`."""
    return "1" if integrator == "rk4" else "0"


def settings_text(model: Model) -> str:
    """The settings block of a model: integration method and unit synonyms."""
    shown = next((e.name for e in model if isinstance(e, Stock)), "Time")
    text = _TEXT.format(method=method_code(model.integrator), shown=shown)
    return text + "".join(f"22:{','.join(units)}\n" for units in model.unit_synonyms)
