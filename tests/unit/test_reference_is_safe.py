"""PySD makes Python code of a model's texts: no text of a model is executed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import SimdistrictError
from simdistrict.exchange.mdl.bare import bare_text
from simdistrict.run.simulate import simulate
from tests.program import call
from tests.reading import read_model
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
CODE = "open('executed','w').close()"
TEXTS = [
    f'"""\n{CODE}\n"""',
    f'\\"""\\{CODE}\\"""\\',
    f"'''\n{CODE}\n'''",
    f'")+{CODE}#',
    f"')+{CODE}#",
    f"\\\n{CODE}\n",
    f"\u2028{CODE}\u2028",
    f"\x0c{CODE}\x85",
    "{" + CODE.replace("'", "") + "}",
    "%(name)s %s {0.__class__}",
    f"x'), exec(\"{CODE}\"), str('",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as the current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def models(text: str) -> dict[str, str]:
    """Models that hold a text where a model can hold one."""
    quoted = '"' + text.replace('"', '\\"') + '"'
    documented = text.replace("|", "").replace("~", "")
    return {
        "documentation": mdl(f"a = 1 ~ Dmnl ~ {documented} |\nb = a + Time"),
        "units": mdl(f"a = 1 ~ {documented} ~ |\nb = a + Time"),
        "group": f"{'*' * 9}\n\t{documented}\n{'*' * 9}~\n\t{documented}|\n" + mdl("a = 1\nb = a"),
        "name": mdl(f"{quoted} = 1\nb = {quoted} + Time"),
        "escaped name": mdl(f'"{documented}" = 1\nb = 2'),
        "range": mdl(f"{quoted}: x, y ~~|\nb[{quoted}] = 1"),
        "label": mdl(f"r: x, {quoted} ~~|\nb[r] = 1"),
        "lookup": mdl(f"{quoted}( (0,1),(1,2) )\nb = {quoted}(Time)"),
        "function": mdl(f"b = {documented}(1)"),
        "file": mdl(f"b = GET DIRECT CONSTANTS('{documented}', ',', 'B1')"),
        "text": mdl(f"b :IS: '{documented}'\nc = 1"),
        "comment": mdl("a = 1 {" + documented + "}\nb = a"),
        "empty": mdl(f"{quoted}\nb = {quoted}"),
        "delay": mdl(f"b = DELAY FIXED(1, 2, {quoted})\n{quoted} = 3"),
        "macro": f":MACRO: {quoted}(p)\n{quoted} = p ~~|\n:END OF MACRO:\n" + mdl("b = 1"),
    }


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_no_sign_that_ends_a_text_reaches_pysd(number: int) -> None:
    for kind, text in models(TEXTS[number]).items():
        try:
            bare = bare_text(text, kind)
        except SimdistrictError:
            continue
        assert "executed" not in bare or not re.search(r"[\\'{}\x0c\x85\u2028]", bare), kind
        assert re.search(r'"[^"]*"[^\s=,:()\]\[+~]', bare) is None, kind


@pytest.mark.parametrize("kind", models(""))
def test_nothing_is_executed(kind: str, capsys: Capsys) -> None:
    text = TEXTS[1]
    Path("m.mdl").write_text(models(text)[kind], encoding="utf-8")
    before = set(os.listdir())
    answer = call(capsys, "run", "m.mdl", "--backend", "pysd", "-o", "out.nc")
    assert answer.code in (0, 3, 4)
    assert "unexpected" not in answer.err
    assert set(os.listdir()) - before <= {"out.nc"}


def test_pysd_gets_every_equation() -> None:
    text = mdl(
        "r: x, y ~~|\n"
        ":MACRO: TWICE(p)\nTWICE = 2 * p ~ ~ Of a macro. |\n:END OF MACRO:\n"
        'a[r] = 1, 2 ~ Dmnl ~ It\'s "documented" with \\ and {braces}. |\n'
        "long = a[x] + {a remark} a[y]\nshare = long / 100\n"
        "level = INTEG(share, 0)"
    )
    Path("m.mdl").write_text(text.replace("a[x] +", "a[x] \\\n\t\t+"))
    model = read_model("m.mdl")
    ours, theirs = simulate(model), simulate(model, backend="pysd")
    for name in ("long", "share", "level"):
        assert np.allclose(ours[name], theirs[name], rtol=1e-12)
