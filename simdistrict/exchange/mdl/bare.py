"""The equations of a .mdl text alone, for a program that makes code of a model's texts.

Documentation, units, groups and drawings are left out, and only letters, digits and the signs of
equations are let through: no text can end a string of that program's code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simdistrict.base.errors import EngineError, Problem
from simdistrict.exchange.text.outline import MdlBlock, outline
from simdistrict.exchange.text.patterns import COMMENT, QUOTED

_CONTINUED = re.compile(r"\\[ \t]*\n")
_REMARK = re.compile(rf"({QUOTED})|{COMMENT}")
# letters and digits of any script come on top
_SIGNS = frozenset(' \n\t_$%.&/+-*^()[]<>=?!,;:#@"')


def bare_text(text: str, where: str) -> str:
    """The definitions of a .mdl text without anything that only people read.

    Raises EngineError for a definition with any other sign than those of equations.
    """
    return "\n".join(_parts(outline(text, where).blocks, text, where)) + "\n"


def _parts(blocks: tuple[MdlBlock, ...], text: str, where: str) -> Iterator[str]:
    for block in blocks:
        if block.kind == "macro":
            inputs, outputs = ", ".join(block.arguments), ", ".join(block.outputs)
            between = " : " if outputs else ""
            yield _checked(f":MACRO: {block.name}({inputs}{between}{outputs})", block, where)
            yield from _parts(block.body, text, where)
            yield ":END OF MACRO:"
        elif block.kind not in ("group", "check"):
            equation = _CONTINUED.sub(" ", text[slice(*block.span)])
            equation = _REMARK.sub(lambda found: found[1] or " ", equation)
            yield f"{_checked(equation.strip(), block, where)} ~~|"


def _checked(equation: str, block: MdlBlock, where: str) -> str:
    for sign in equation:
        if not (sign in _SIGNS or sign.isalnum()):
            what = f'"{block.name}" has the sign {sign!r}, which could end a text in Python code'
            hint = "use another backend, or other names"
            raise EngineError(Problem(f"{where}:{block.line}", what, hint))
    return equation
