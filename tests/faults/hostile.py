"""Files that nobody would write by accident, for every kind of file that the program reads.

Each is made in an empty folder next to a model, with the command that reads it. None may hang,
fill the memory or end in a traceback: the program refuses it in words, with exit code 2 or 3.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.fuzz import readers, seeds
from tests.small import mdl

Make = Callable[[Path], object]

RUN = "run tank.mdl -o o.nc --backend interpreted"
# kind of file -> its name, and a command that reads it
COMMANDS = {
    "model": ("m.mdl", "run m.mdl -o o.nc --backend interpreted"),
    "XMILE": ("m.xmile", "check m.xmile"),
    "changes": ("f.cin", f"{RUN} --changes f.cin"),
    "control": ("f.vsc", "convert f.vsc o.csv"),
    "list": ("f.lst", f"{RUN} --save @f.lst"),
    "data": ("f.dat", "convert f.dat o.csv"),
    "series": ("f.csv", "compare f.csv f.csv"),
    "table of text": ("f.tab", "convert f.tab o.csv"),
    "prior": ("f.csv", "ensemble tank.mdl --members 2 --prior f.csv --workers 1 -o o.nc"),
    "record": ("f.csv", "calibrate tank.mdl --data f.csv --assess --backend interpreted"),
    "settings": ("calibration.yaml", "calibrate tank.mdl --backend interpreted -o o"),
    "number table": ("data/f.csv", "fill tank.mdl --check"),
    "scenario": ("f.yaml", "show scenario f.yaml"),
    "checks": ("tank.checks.yaml", "check tank.mdl"),
    "study": ("study/study.yaml", "list tables study/study.yaml"),
    "workbook": ("f.xlsx", "run book.mdl -o o.nc --backend interpreted"),
    "old workbook": ("f.xls", "run old.mdl -o o.nc --backend interpreted"),
    "text of a model": ("f.txt", "run text.mdl -o o.nc --backend interpreted"),
    "result": ("f.nc", "rerun f.nc"),
    "store": ("f.zarr", "sensitivity f.zarr --method pawn --indicator total"),
}
YAML = ("settings", "scenario", "checks", "study")
DIRECT = "\nfixed[region] = GET DIRECT CONSTANTS('{file}', '{tab}', 'B2')"


def _beside(folder: Path) -> None:
    for name, text in {
        "tank.mdl": mdl(seeds.TANK),
        "book.mdl": mdl(seeds.TANK + DIRECT.format(file="f.xlsx", tab="Data")),
        "old.mdl": mdl(seeds.TANK + DIRECT.format(file="f.xls", tab="Data")),
        "text.mdl": mdl(seeds.TANK + DIRECT.format(file="f.txt", tab=",")),
    }.items():
        (folder / name).write_text(text)


# ------------------------------------------------------------------ the same for every kind


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link(to: str) -> Make:
    return lambda path: path.symlink_to(to)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(60_000_000_000)


def _nulls(path: Path) -> None:
    path.write_bytes(b"\0" * 30_000_000)


def _noise(path: Path) -> None:
    path.write_bytes(bytes((k * k * 31 + k // 7) % 256 for k in range(200_000)))


def _one_line(path: Path) -> None:
    path.write_bytes(b"a" * 9_000_000)


def _commas(path: Path) -> None:
    path.write_bytes(b"," * 5_000_000)


def _newlines(path: Path) -> None:
    path.write_bytes(b"\n" * 5_000_000)


EVERY: dict[str, Make] = {
    "a named pipe": _pipe,
    "a device without end": _link("/dev/zero"),
    "a device of random bytes": _link("/dev/urandom"),
    "the memory of the process": _link("/proc/self/mem"),
    "the environment of the process": _link("/proc/self/environ"),
    "the log of the kernel": _link("/proc/kmsg"),
    "a folder": lambda path: path.mkdir(),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "nothing": lambda path: path.write_bytes(b""),
    "60 GB without content": _sparse,
    "30 MB of zeros": _nulls,
    "noise": _noise,
    "one line of 9 MB": _one_line,
    "5 million commas": _commas,
    "5 million lines": _newlines,
}


# ------------------------------------------------------------------ bombs of one format


def _text(text: str) -> Make:
    return lambda path: path.write_text(text)


def _nested(open_: str, close: str, depth: int = 100_000) -> Make:
    return _text("a: " + open_ * depth + close * depth)


def _laughs() -> str:
    rows = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    for before, name in zip("abcdefghij", "bcdefghijk", strict=False):
        rows.append(f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]")
    return "\n".join(rows)


def _entities(depth: int = 12) -> str:
    rows = ['<!ENTITY a0 "lol">']
    rows += [f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, depth)]
    return f'<?xml version="1.0"?><!DOCTYPE x [{"".join(rows)}]><xmile>&a{depth - 1};</xmile>'


def _zip_bomb(path: Path) -> None:
    """A workbook whose sheet unpacks to 3 GB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in seeds.unpacked(seeds.xlsx()).items():
            if "sheet1" not in name:
                archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            head, tail = b'<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>', b"</v>"
            sheet.write(head)
            for _ in range(300):
                sheet.write(b"0" * 10_000_000)
            sheet.write(tail)


def _cells(count: int) -> Make:
    """A workbook with a million small cells, and a bomb of entities in front of them."""

    def make(path: Path) -> None:
        files = seeds.unpacked(seeds.xlsx())
        row = "".join(f'<row r="{k}"><c r="A{k}"><v>1</v></c></row>' for k in range(1, 1000))
        body = row * (count // 1000)
        files["xl/worksheets/sheet1.xml"] = (
            f"<worksheet><sheetData>{body}</sheetData></worksheet>".encode()
        )
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        path.write_bytes(out.getvalue())

    return make


def _far_cell(path: Path) -> None:
    files = seeds.unpacked(seeds.xlsx())
    page = files["xl/worksheets/sheet1.xml"].replace(b'r="C4"', b'r="XFD1048576"')
    files["xl/worksheets/sheet1.xml"] = page.replace(b'r="A5"', b'r="A1048570"')
    path.write_bytes(seeds.packed(files))


def _entity_book(path: Path) -> None:
    files = seeds.unpacked(seeds.xlsx())
    files["xl/sharedStrings.xml"] = _entities().encode()
    files["xl/workbook.xml"] = _entities().encode()
    path.write_bytes(seeds.packed(files))


def _store(text: str) -> Make:
    def make(path: Path) -> None:
        for name, content in seeds.unpacked(readers.results()["ens.zarr"]).items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
        for described in path.glob("*/.zarray"):
            described.write_text(text)

    return make


BOMBS: dict[tuple[str, str], Make] = {
    **{(kind, "lists in lists"): _nested("[", "]") for kind in YAML},
    **{(kind, "maps in maps"): _nested("{a: ", "}") for kind in YAML},
    **{(kind, "aliases of aliases"): _text(_laughs()) for kind in YAML},
    **{
        (kind, "a Python object"): _text("title: !!python/object/apply:os.abort []")
        for kind in YAML
    },
    ("XMILE", "entities of entities"): _text(_entities()),
    ("XMILE", "an entity of a file"): _text(
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xmile>&a;</xmile>'
    ),
    ("XMILE", "elements in elements"): _text("<xmile>" + "<a>" * 200_000),
    ("XMILE", "an equation in parentheses"): _text(
        seeds.STELLA[0].replace("PREVIOUS(SELF, -1)", "(" * 50_000 + "1" + ")" * 50_000)
    ),
    ("model", "parentheses"): _text(mdl("a = " + "(" * 100_000 + "1" + ")" * 100_000)),
    ("model", "ranges of ranges"): _text(
        mdl(
            "".join(
                f"r{k} : r{k + 1}, s{k + 1} ~~|\ns{k} : r{k + 1}, s{k + 1} ~~|\n" for k in range(99)
            )
        )
    ),
    ("model", "an array of 10^20 numbers"): _text(mdl("d : (a1-a99999) ~~|\na[d,d,d,d] = 1")),
    ("model", "a sum of 10^9 terms"): _text(
        mdl("d : (a1-a1000) ~~|\na[d] = 1\nb = SUM(a[d!] * a[d!])\n").replace(
            "a[d!] * a[d!]", "a[d!]"
        )
        + "e : (b1-b1000) ~~| f : (c1-c1000) ~~|"
        " x[d,e,f] = a[d] * Time ~~| y = SUM(x[d!,e!,f!]) ~~|"
    ),
    ("model", "10^15 time steps"): _text(mdl("a = Time", stop=1e9, time_step=1e-6)),
    ("model", "10^12 saved times"): _text(mdl("a = Time", stop=1e12)),
    ("model", "a delay of 10^12 steps"): _text(mdl("a = DELAY FIXED(Time, 1e12, 0)")),
    ("model", "a delay of order 10^9"): _text(mdl("a = DELAY N(Time, 5, 0, 1000000000)")),
    ("workbook", "3 GB in 3 MB"): _zip_bomb,
    ("workbook", "6 million cells"): _cells(6_000_000),
    ("workbook", "a cell in the last corner"): _far_cell,
    ("workbook", "entities of entities"): _entity_book,
    ("store", "10^12 numbers"): _store(
        '{"shape": [1000000, 1000000], "chunks": [1, 1], "dtype": "<f8", "zarr_format": 2}'
    ),
    ("store", "10^9 chunks"): _store(
        '{"shape": [1000000000], "chunks": [1], "dtype": "|i1", "zarr_format": 2}'
    ),
    ("store", "objects"): _store('{"shape": [1], "chunks": [1], "dtype": "|O", "zarr_format": 2}'),
    ("prior", "a line of 100,000 cells"): _text("element,label" + ",x" * 100_000 + "\n"),
    ("changes", "100,000 open parentheses"): _text("curve" + "(" * 100_000),
    ("list", "a million names"): _text("".join(f"name {k}\n" for k in range(200_000))),
    ("control", "10^9 members"): _text("999999999,M,1,,0\nrate=RANDOM_UNIFORM(0,1)\n"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile file."""

    kind: str
    what: str
    make: Make

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


def cases() -> Iterator[Case]:
    """All of them."""
    for kind in COMMANDS:
        for what, make in EVERY.items():
            yield Case(kind, what, make)
    for (kind, what), make in BOMBS.items():
        yield Case(kind, what, make)


def attempt(case: Case) -> Callable[[bytes, Path], None]:
    """Make the file and run the command on it, in this process; raises what the program raises."""

    def run(_: bytes, folder: Path) -> None:
        readers.emptied(folder)
        _beside(folder)
        name, command = COMMANDS[case.kind]
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        case.make(path)
        if readers.program(*command.split()) == 2:
            raise readers.RefusedError

    return run
