"""Small valid files of every kind that the program reads, written for the fuzzers."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import openpyxl
from openpyxl.workbook.defined_name import DefinedName

from tests.small import mdl
from tests.xmile_text import aux, xmile

ROOT = Path(__file__).resolve().parents[3]

TANK = """region : north, south ~~|
curve( [(0,0)-(10,10)],(0,1),(5,2),(10,4) ) ~ Dmnl ~ Slower when full. |
share[region] = 0.25, 0.5 ~ Dmnl [0,1] ~ By region. |
rate = 2 ~ 1/Year [0,5,0.1] ~ A constant. |
"weight (dry)" = 3 ~ Dmnl [0,9] ~ A constant. |
"draw (off)" = rate * curve(SUM(level[region!]))
drawn[region] = "draw (off)" * share[region] * level[region] / "weight (dry)" ~ 1/Year ~ A flow. |
level[region] = INTEG(-drawn[region], 8) ~ Dmnl ~ A stock. |
total = SUM(level[region!])"""
PLANT = TANK + "\nweather := GET DIRECT DATA('f.FILE', 'Data', 'A', 'B2')"
MACRO = """:MACRO: LAG(x, t)
LAG = INTEG((x - LAG) / t, x) ~ x ~ |
:END OF MACRO:
"""
SKETCH = r"""\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*View 1
$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|72,72,100,0
10,1,level,380,180,46,22,3,3,0,0,0,0,0,0
12,2,48,150,180,10,8,0,3,0,0,-1,0,0,0
1,4,6,1,4,0,0,22,0,0,0,-1--1--1,,1|(312,180)|
1,5,6,2,100,0,0,22,0,0,0,-1--1--1,,1|(206,180)|
11,6,48,262,180,6,8,34,3,0,0,1,0,0,0
10,7,drawn,262,199,25,11,40,3,0,0,-1,0,0,0
10,23,"draw (off)",380,80,20,11,8,3,0,0,0,0,0,0
1,33,1,6,1,0,0,0,0,64,0,-1--1--1,,1|(321,144)|
///---\\\
:L<%^E!@
1:run.vdf
4:Time
5:rate
15:0,0,0,0,0,0
19:100,0
22:Year,Years
24:0
25:10
26:10
"""
MODELS = [
    mdl(TANK),
    mdl(TANK, settings=SKETCH),
    MACRO + mdl("a = LAG(b, 4) + LAG(2 * b, 2)\nb = STEP(1, 3) + DELAY3(Time, 2)"),
    mdl(
        "d : (a1-a4) ~~|\ne : x, y -> (d : a1, a2) ~~|\n"
        "p[d] :EXCEPT: [a2] = 1\np[a2] = IF THEN ELSE(Time > 3 :AND: q[x] < 2, 1, SMOOTH(Time, 2))\n"
        "q[e] = TABBED ARRAY(1 2)\nr = WITH LOOKUP(Time, ([(0,0)-(9,9)],(0,1),(9,0.5)))\n"
        "s = PULSE TRAIN(1, 1, 3, 9) + RANDOM UNIFORM(0, 1, 7) + VMAX(p[d!])"
    ),
]

LAG = """<macro name="LAG"><parm>x</parm><parm default="2">t</parm><eqn>s</eqn><variables>
<stock name="s"><eqn>x</eqn><inflow>f</inflow></stock><flow name="f"><eqn>(x-s)/t</eqn></flow>
</variables></macro>"""
STELLA = [
    xmile(
        aux("x", "IF x2 > 1 THEN m[a] ELSE PREVIOUS(SELF, -1) MOD 2^3")
        + aux("x2", "LAG(TIME) + DELAY(TIME, 2) + STEP(1, 2)")
        + aux("g", "TIME", '<gf type="discrete"><xpts>0,1</xpts><ypts>1,2</ypts></gf>')
        + '<aux name="m"><dimensions><dim name="D"/></dimensions><element subscript="a">'
        '<eqn>1</eqn></element><element subscript="b"><eqn>TIME</eqn></element></aux>'
        '<stock name="s"><eqn>1</eqn><outflow>f</outflow><non_negative/></stock>'
        '<flow name="f"><eqn>SUM(m[*])</eqn><non_negative/><units>1/Month</units></flow>',
        dimensions="D: a, b",
        more=LAG,
    ),
    xmile(
        '<module name="part"><connect to="i" from="o"/></module>'
        + aux("o", "TIME * 2")
        + aux("r", "part.out + 1"),
        more='<model name="part"><variables><aux name="i" access="input"><eqn>0</eqn></aux>'
        '<aux name="out" access="output"><eqn>TIME</eqn></aux></variables><views><view>'
        '<aux name="i" x="10" y="20"/></view></views></model>',
        specs="<start>0</start><stop>4</stop><dt reciprocal='true'>4</dt><save_step>1</save_step>",
    ),
]

CIN = [
    b'rate = 0.2 :C a comment\n"weight (dry)"=1\nshare[region]=1,2\n',
    b"0 <= rate = 3 <= 5\nshare[region] = 0.5\nFINAL TIME = 12\nTIME STEP = 0.5\n",
    b"curve([(0,0)-(10,10)],(0,1),(5,2))\nshare[north]=0.1\n",
]
VSC = [
    b"200,M,1234,,0\nrate=RANDOM_UNIFORM(0,4)\nshare[north]=RANDOM_NORMAL(0,1,0.5,0.1)\n",
    b"8,L,7,,0\nrate=RANDOM_TRIANGULAR(0,4,0,1,4)\n",
]
LST = [b'level\ntotal\nshare[north]\n"draw (off)"\n', b"rate\n"]
SERIES = [
    b'Time\tlevel[north]\t"a, b"[near]\n0\t1\t\n1\t2.5\t:NA:\n2\t-1e3\t4\n',
    b"Time,rate,total\n0,1,2\n0.5,2,3\n1,3,\n",
    b"name,0,1,2\nrate,1,2,3\ntotal,4,,\n",
]
DAT = [b'rate\n0\t1\n1\t2\n"draw (off)"[near]<Year> /C\n0,5\n2,6\n', b"total\n0\t1\n2\t3\n"]
PRIOR = [
    b"element,label,value,low,high,distribution\nrate,,0.1,0,0.2,uniform\nshare,north,0.2,0,1,triangular\n",
    b"element,label,value,low,high,distribution,spread\nrate,,1,0,2,normal,0.5\nshare,,0.3,0.1,1,uniform,\n",
]
RECORD = [
    b"series,element,relative_to,year,value,weight,scale\ntotals,total,,0,16,1,0.1\ntotals,total,,2,15,,10%\n",
    b"series,element,year,value\nn,level[north],1,7\nn,level[north],3,6\n",
]
CALIBRATION = [
    b"data: f.csv\nfree:\n  rate: [0.1, 4]\n  share[north]: [0, 1]\nuntil: 3\nstarts: 1\nevaluations: 3\nseed: 1\n"
]
TABLE = [
    b"element,label,value,unit,low,high,source,confidence\nrate,,2,1/Year,0,5,a book,high\n"
    b"share,north,0.25,Dmnl,0,1,guess,low\nshare,south,0.5,Dmnl,0,1,guess,low\n",
    b"element,label,value\nrate,,2.5\n",
]
SCENARIO = [
    b"""title: A test
why: >-
  Folded text.
model: tank.mdl
report: [total, level]
run: {final time: 8, time step: 0.5, integrator: rk4}
assume:
  rate: 1.5
  share[north]: 0.1
policies:
  less:
    start: 2
    end: 6
    ramp: 1
    set: {rate: 0.5, "share[south]": 0.2}
""",
    b"""title: Varied
model: tank.mdl
variants:
  low: {set: {rate: 1}}
  high: {title: High, set: {rate: 3}}
""",
]
CHECKS = [
    b"""why: It must hold.
conservation:
  water:
    why: Nothing comes in.
    stocks: [level]
    losses: [drawn]
extremes:
  closed:
    set: {rate: 0}
    expect:
      - {element: total, above: 15.9}
      - {element: "level[north]", below: 9, of: initial}
bounds:
  share: {low: 0, high: 1}
indicators: [total]
"""
]
STUDY = [
    b"""why: A question.
model: tank.mdl
baseline: base
claims:
  less:
    text: It gets less.
    measures:
      - {what: the end over the start, element: total, at: 10, against: {at: 0}, high: 0.9}
tables:
  claims: {title: Claims, standard: claims}
  ends:
    title: Ends
    rows: {elements: [total], scenarios: [base], at: [0, 10], decimals: 1}
figures:
  total: {title: Total, lines: {elements: [total], scenarios: [base]}}
regimes:
  - regime: full
    why: Much is left.
    where: [{element: total, low: 8}]
palette:
  base: {colour: black, line: solid, marker: o}
"""
]
NAMES = [
    b"rate=1\ntotal\nfull: total >= 8, rate < 3\nfinal\nmax\n",
    b"share[north]=0.5\nlevel,share[south]\nlow: level[north] < 4\n0,5\nmin,mean\n",
    b'"weight (dry)"=3\nstocks\nany: "draw (off)" >= 0\nall\ntime_of_max\n',
]
CELLS: list[list[object]] = [
    ["year", "north", "south"],
    [0, 1, 10],
    [5, 2.5, None],
    [10, 4, 40],
    ["rate", 0.25, True],
]


def xlsx() -> bytes:
    """A workbook with one sheet and a named area."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Data"
    for row in CELLS:
        page.append(row)
    book.defined_names["years"] = DefinedName("years", attr_text="Data!$A$2:$A$4")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def packed(files: dict[str, bytes]) -> bytes:
    """Files as one zip file, without a clock."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files of a zip file that `packed` wrote."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def xls() -> bytes:
    """A workbook of Excel's format before 2007: records in a compound document."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    rows = b""
    for r, row in enumerate(CELLS):
        for c, value in enumerate(row):
            if isinstance(value, bool) or value is None:
                continue
            if isinstance(value, str):
                text = struct.pack("<HB", len(value), 0) + value.encode("latin-1")
                rows += record(0x0204, struct.pack("<HHH", r, c, 0) + text)
            else:
                rows += record(0x0203, struct.pack("<HHHd", r, c, 0, float(value)))
    head = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
    start = record(0x0809, head) + record(0x0042, struct.pack("<H", 1200))
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    sheet += (
        record(0x0200, struct.pack("<IIHHH", 0, len(CELLS), 0, 3, 0)) + rows + record(0x0A, b"")
    )
    named = struct.pack("<IBBBB", 0, 0, 0, 4, 0) + b"Data"
    at = len(start) + len(record(0x0085, named)) + len(record(0x0A, b""))
    named = struct.pack("<I", at) + named[4:]
    stream = start + record(0x0085, named) + record(0x0A, b"") + sheet
    return _compound(stream.ljust(4096, b"\0"))


def _compound(stream: bytes) -> bytes:
    """A compound document with the stream `Workbook`."""
    count = -(-len(stream) // 512)
    stream = stream.ljust(count * 512, b"\0")
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    sectors = [table, end, *range(3, count + 2), end]
    fat = struct.pack("<128I", *sectors, *[free] * (128 - len(sectors)))

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0" if name else b""
        body = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
        body += struct.pack("<III", free, free, child) + b"\0" * 36
        return body + struct.pack("<III", first, size, 0)

    folder = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 2, len(stream))
    folder += entry("", 0, free, 0, 0) * 2
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    head += struct.pack("<109I", 0, *[free] * 108)
    return head + fat + folder + stream
