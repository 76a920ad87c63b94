"""Broken files of every other kind are read or refused with a message, and crash no reader.

The same readers were given coverage-guided input for an hour (docs/exchange.md); what was found
is in FOUND.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from simdistrict import read_model
from simdistrict.base.encoding import decoded
from simdistrict.base.errors import SimdistrictError
from simdistrict.behaviour.schema import read_checks_file
from simdistrict.calibration.data import read_data
from simdistrict.calibration.settings import read_settings
from simdistrict.engine.lowering.build import build
from simdistrict.ensemble.prior import read_prior, read_prior_file
from simdistrict.exchange.number_tables.tables import parse_table
from simdistrict.exchange.vensim.cin import read_cin
from simdistrict.exchange.vensim.series import read_series
from simdistrict.exchange.xmile.reader import read_xmile_text
from simdistrict.exchange.xmile.writer import xmile_text
from simdistrict.scenario.schema import read_scenario_file
from simdistrict.scenario.tree import read_text
from tests.fuzz import SIGNS, broken
from tests.xmile_text import aux, xmile

ROOT = Path(__file__).resolve().parents[2]
CORE = read_model(ROOT / "models" / "core" / "core.mdl")
PROGRAM = build(CORE)

NUMBERS = ["1e999", "nan", "-0", "1_000", "1,5", ":NA:", "0x1F", "9" * 400, "1e-400", "½"]
YAML = [
    "&a",
    "*a",
    "!!x",
    "? ",
    "- ",
    ": ",
    "|\n",
    ">-\n",
    "{",
    "[",
    "null",
    "---\n",
    "\t",
    "<<: *a",
]
XML = (
    '<stock name="s"> <flow> </aux> <gf> <eqn> </eqn> <dim name="D"/> <element subscript="a"> '
    '<non_negative/> <module name="n"/> <macro> <parm> <![CDATA[ ]]> <!-- --> <!ENTITY &amp; '
    "&lt; <?xml? IF THEN ELSE PREVIOUS(SELF, MOD SUM( [*] // <inflow>f</inflow> <xpts> <ypts>"
).split()

CIN = b"""tariff = 0.2 :C a comment
"a (b)"[near,far]=1,2
0 <= par = 3 <= 5
s:IS:'text'
curve([(0,0)-(10,10)],(0,1),(5,2))
"""
TABLE = b'Time\tx\t"a, b"[near]\n0\t1\t\n1\t2.5\t:NA:\n2\t-1e3\t4\n'
ACROSS = b"name,0,1,2\nx,1,2,3\ny,4,,\n"
DATA_FILE = b'x\n0\t1\n1\t2\n"y (z)"[near]<Year> /C\n0,5\n2,6\n'
PRIOR = b"element,label,value,low,high,distribution\ntariff,,0.1,0,0.2,uniform\n"
RECORD = b"""series,element,relative_to,year,value,weight,scale
shares,home share,1990,2000,0.5,,10%
shares,home share,1990,2001,0.6,2,0.1
"""
LAG = """<macro name="LAG"><parm>x</parm><parm default="2">t</parm><eqn>s</eqn><variables>
<stock name="s"><eqn>x</eqn><inflow>f</inflow></stock><flow name="f"><eqn>(x-s)/t</eqn></flow>
</variables></macro>"""
STELLA = xmile(
    aux("x", 'IF x > 1 THEN m[a] ELSE PREVIOUS(SELF, -1) MOD 2^3')
    + aux("g", "LAG(TIME)", '<gf type="discrete"><xpts>0,1</xpts><ypts>1,2</ypts></gf>')
    + '<aux name="m"><dimensions><dim name="D"/></dimensions><element subscript="a">'
    '<eqn>1</eqn></element><element subscript="b"><eqn>TIME</eqn></element></aux>'
    + '<stock name="s"><eqn>1</eqn><outflow>f</outflow><non_negative/></stock>'
    '<flow name="f"><eqn>SUM(m[*])</eqn></flow>',
    dimensions="D: a, b",
    more=LAG,
).encode()  # fmt: skip


def yaml_files(*patterns: str) -> list[bytes]:
    return [p.read_bytes() for pattern in patterns for p in sorted(ROOT.glob(pattern))]


class Reader(NamedTuple):
    """One reader: its function, valid files, and words with a meaning for it."""

    suffix: str
    read: Callable[[Path], object]
    seeds: list[bytes]
    words: list[str]


def both_ways(path: Path) -> None:
    model = read_xmile_text(decoded(path.read_bytes(), "m")[0], "m")
    read_xmile_text(xmile_text(model, drawn=False), "m")


READERS = {
    "changes": Reader(".cin", read_cin, [CIN], [*SIGNS, *NUMBERS, ":C ", ":IS:", "#a>b#"]),
    "tab": Reader(".tab", read_series, [TABLE, ACROSS], [*SIGNS, *NUMBERS]),
    "csv": Reader(".csv", read_series, [TABLE, ACROSS], [*SIGNS, *NUMBERS]),
    "dat": Reader(".dat", read_series, [DATA_FILE], [*SIGNS, *NUMBERS]),
    "scenario": Reader(
        ".yaml",
        lambda path: read_scenario_file(read_text(path, "x"), "x"),
        yaml_files("scenarios/*.yaml", "example/scenarios/*.yaml"),
        [*SIGNS, *NUMBERS, *YAML],
    ),
    "checks": Reader(
        ".yaml",
        lambda path: read_checks_file(read_text(path, "x"), "x"),
        yaml_files("models/*/checks.yaml", "example/*.checks.yaml"),
        [*SIGNS, *NUMBERS, *YAML],
    ),
    "calibration": Reader(
        ".yaml",
        read_settings,
        yaml_files("models/*/calibration.yaml"),
        [*SIGNS, *NUMBERS, *YAML],
    ),
    "prior": Reader(
        ".csv",
        lambda path: read_prior(read_prior_file(path), "x", CORE, PROGRAM),
        [PRIOR],
        [*SIGNS, *NUMBERS],
    ),
    "record": Reader(".csv", lambda path: read_data(path, CORE), [RECORD], [*SIGNS, *NUMBERS]),
    "table": Reader(
        ".csv",
        lambda path: parse_table(path.read_bytes().decode("utf-8", "replace"), "x.csv"),
        yaml_files("models/*/data/*.csv")[:1],
        [*SIGNS, *NUMBERS],
    ),
    "xmile": Reader(".xmile", both_ways, [STELLA], [*SIGNS, *XML]),
}  # fmt: skip

# reader, content that once crashed it
FOUND = [("dat", b"x\n0\t1\n,\n")]


def refused(reader: Reader, content: bytes, folder: Path) -> bool:
    """Whether the reader refuses the content with a message; any other exception is a crash."""
    path = folder / f"broken{reader.suffix}"
    path.write_bytes(content)
    try:
        reader.read(path)
    except SimdistrictError:
        return True
    return False


@pytest.mark.parametrize("name", READERS)
def test_broken_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    reader = READERS[name]
    assert reader.seeds
    assert not any(refused(reader, content, tmp_path) for content in reader.seeds)
    count = 60 if len(reader.seeds[0]) > 5_000 else 250
    found = [refused(reader, c, tmp_path) for c in broken(reader.seeds, count, 1, reader.words)]
    assert any(found)


@pytest.mark.parametrize(("name", "content"), FOUND)
def test_former_crashes_are_read_or_refused(name: str, content: bytes, tmp_path: Path) -> None:
    refused(READERS[name], content, tmp_path)
