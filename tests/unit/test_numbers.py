"""The one parser of numbers, and that every reader uses it."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simdistrict
from simdistrict.base.errors import ExchangeError, ModelError, ScenarioError
from simdistrict.base.numbers import hint_for, real, whole
from simdistrict.cli.calibrate import _bounds
from simdistrict.cli.options import REAL, WHOLE
from simdistrict.exchange.external.sheet import cell_value
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.text.numbers import as_number
from simdistrict.exchange.vensim.cin import read_cin_text
from simdistrict.exchange.vensim.series import read_series
from simdistrict.exchange.xmile.reader import read_xmile_text
from simdistrict.regimes.rules import read_conditions
from simdistrict.regimes.studies.study import Grid
from tests.small import mdl

ROOT = Path(simdistrict.__file__).parent
# what Python's float() reads, or nearly reads, and no file format has
NOT_NUMBERS = {
    "2_000": "digits only",
    "٣": "digits 0 to 9",
    "４": "digits 0 to 9",
    "1e": "no digits",
    "1d5": "with e",
    "0x1F": "decimal number",
    "1,5": "decimal point",
    "12 %": "share",
    "−3": "minus sign",
    "1e999": "below",
    "nan": "",
    "inf": "",
    "-Infinity": "",
    "": "",
    "--1": "",
    "1.2.3": "",
}
# the parser itself; float() and int() of what is a number already, or of digits by a pattern
ALLOWED = {
    "base/interrupt.py int(signal.SIGINT)",
    "base/lock.py int(pid)",
    "base/numbers.py float(text)",
    "base/numbers.py int(text)",
    "base/renames.py int(content['process'])",
    "base/temporary.py int(found[1])",
    "base/random_numbers.py int(hashed(np.array([number & _MASK], np.uint64), key)[0])",
    "base/version.py int(last)",
    "behaviour/checks.py int(line)",
    "calibration/settings.py float(v)",
    "calibration/statements.py int(text)",
    "inference/scores.py float(np.mean(np.abs(levels - 0.5) <= part / 2))",
    "plot/words.py int(len(text) * width / width_of(text, size, weight))",
    "exchange/external/calls.py float(value)",
    "exchange/external/references.py int(text)",
    "exchange/external/sheet.py float(value)",
    "exchange/external/xlsx.py float(cell)",
    "exchange/number_tables/tables.py float(value)",
    "exchange/sketch/records.py int(arrow.initial)",
    "exchange/sketch/views.py int(fields[0])",
    "exchange/sketch/views.py int(fields[1])",
    "exchange/sketch/views.py int(fields[2])",
    "exchange/sketch/views.py int(fields[3])",
    "exchange/sketch/views.py int(fields[k])",
    "exchange/sketch/views.py int(shown)",
    "exchange/text/grammar.py int(line)",
    "exchange/vensim/vsc.py int(seed)",
    "exchange/xmile/instances.py int(place.rpartition(':')[2])",
    "exchange/xmile/meaning.py float(size)",
    "scenario/resolve.py float(value)",
    "scenario/schema.py float(value)",
    "scenario/schema.py int(number)",
    "scenario/write.py float(value)",
    "tables/table.py float(said)",
}
# rooms that read no text, and those where each text may come from a file
NUMERIC = (
    "engine/",
    "run/",
    "regimes/numerics/",
    "exchange/sketch/placing",
    "exchange/sketch/curves",
)
READING = ("base/", "calibration/settings", "cli/", "exchange/", "scenario/")
TEXTS = {"text", "cell", "word", "line", "part", "bound", "said", "right", "token", "string"}


def test_readers_use_the_one_parser() -> None:
    found = set()
    for path in ROOT.rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(NUMERIC):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id in ("float", "int") and node.args:
                argument = node.args[0]
                names = {n.id for n in ast.walk(argument) if isinstance(n, ast.Name)}
                plain = isinstance(argument, ast.Name | ast.Subscript | ast.Attribute)
                if names & TEXTS or (plain and name.startswith(READING)):
                    found.add(f"{name} {ast.unparse(node)}")
    assert found == ALLOWED


@given(st.text() | st.from_regex(r"[-+]?[0-9_.,eEdDxX ]{1,8}", fullmatch=True))
def test_a_number_is_one_for_python_too(text: str) -> None:
    value = real(text)
    if value is not None:
        assert math.isfinite(value)
        assert value == float(text)
        assert text.isascii() or "\xa0" in text
    number = whole(text)
    assert number is None or number == int(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_back(value: float) -> None:
    assert real(repr(value)) == value


@pytest.mark.parametrize(("text", "words"), NOT_NUMBERS.items())
def test_what_is_no_number(text: str, words: str) -> None:
    assert real(text) is None
    assert as_number(text) is None
    assert cell_value(text) == (text or None)
    assert words in hint_for(text)
    for kind in (REAL, WHOLE):
        with pytest.raises(click.BadParameter):
            kind.convert(text, None, None)


@pytest.mark.parametrize("text", [t for t in NOT_NUMBERS if t])
def test_readers_refuse_what_is_no_number(tmp_path: Path, text: str) -> None:
    with pytest.raises(ScenarioError, match=r"f\.cin:1"):
        read_cin_text(f"k = {text}\n", "f.cin")
    for name, content in (("d.dat", f"d\n0\t1\n1\t{text}\n"), ("d.tab", f"Time\td\n0\t{text}\n")):
        (tmp_path / name).write_text(content, encoding="utf-8")
        with pytest.raises(ExchangeError, match=rf"{name}:"):
            read_series(tmp_path / name)
    with pytest.raises(ScenarioError):
        read_conditions(f"x >= {text}", "--rule")
    with pytest.raises(ValueError, match="is not"):
        Grid.read(f"x={text}:2e9:3")
    with pytest.raises(click.BadParameter):
        _bounds((f"x={text}:2e9",))


# in an equation these are a name, a percentage sign of nothing, and a sign of a sign
_OTHERWISE = {"nan", "inf", "-Infinity", "−3", "--1"}


@pytest.mark.parametrize("text", [t for t in NOT_NUMBERS if t and t not in _OTHERWISE])
@pytest.mark.parametrize("block", ["k = {}", "k = 1 + {}", "l((0,0),(1,{}))"])
def test_equations_refuse_what_is_no_number(text: str, block: str) -> None:
    if (text, block) == ("1,5", "k = {}"):  # a list of two numbers
        pytest.skip("refused where the element has another number of labels")
    with pytest.raises(ModelError, match=r"model\.mdl:2|m\.mdl:2"):
        read_mdl_text(mdl(block.format(text)), "m")


@pytest.mark.parametrize("text", [t for t in NOT_NUMBERS if t and t != "1,5"])
@pytest.mark.parametrize("block", ["l(0,1,2,{})", "k = 1 ~ Dmnl [0,{}] ~ |"])
def test_points_and_ranges_refuse_what_is_no_number(text: str, block: str) -> None:
    if text in ("nan", "inf") and "[" in block:
        pytest.skip("an open end, as public models have it that a program wrote")
    with pytest.raises(ModelError, match=r"m\.mdl:2"):
        read_mdl_text(mdl(block.format(text)), "m")


@pytest.mark.parametrize("text", [t for t in NOT_NUMBERS if t])
def test_xmile_refuses_what_is_no_number(text: str) -> None:
    head = '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><sim_specs>'
    for stop, point, size in ((text, "1", "0"), ("2", text, "0"), ("2", "1", text)):
        body = f"<start>0</start><stop>{stop}</stop><dt>1</dt></sim_specs><model><variables>"
        body += f'<aux name="l"><eqn>TIME</eqn><gf><xscale min="{size}" max="9"/>'
        body += f"<ypts>0,{point}</ypts></gf></aux></variables></model></xmile>"
        if point == "1,5" or stop == "--1":  # two points; an expression
            continue
        with pytest.raises(ModelError):
            read_xmile_text(head + body, "m")
