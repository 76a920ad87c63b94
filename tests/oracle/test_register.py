"""No function is called supported that no model of this folder uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simdistrict.engine.lowering.functions import FUNCTIONS

MODELS = Path(__file__).parent / "models"


def equations(text: str) -> str:
    """The equations of a .mdl file: what stands before the first ~ of each block."""
    return "\n".join(block.split("~", 1)[0] for block in text.split("|"))


@pytest.fixture(scope="module")
def corpus() -> str:
    """The equations of every model, with single blanks."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(MODELS.glob("*.mdl")))
    return " ".join(" ".join(map(equations, texts)).split())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_supported_function_is_used_in_a_model(function: str, corpus: str) -> None:
    # :NA: stands without parentheses
    opening = r" ?\(" if FUNCTIONS[function].arity != (0,) else ""
    call = rf"[-+*/^(,=<>:] ?{re.escape(function)}{opening}"
    assert re.search(call, corpus), f"add tests/oracle/models/{function.lower()}.mdl"
