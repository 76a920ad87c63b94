"""Every reader of the program with its seeds, its words and the commands that read its files.

An attempt writes one input into an empty folder and runs commands of the program on it in this
process. It raises what the program raised; a refusal is a SimdistrictError.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import random
import shutil
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from simdistrict.base.errors import Problem, SimdistrictError
from simdistrict.cli.main import group
from simdistrict.exchange.models import read_model_file, write_model
from simdistrict.exchange.xmile.reader import read_xmile_text
from simdistrict.exchange.xmile.writer import xmile_text
from simdistrict.model.model import Model
from tests.faults.fuzz import seeds
from tests.faults.fuzz.mutations import NUMBERS, broken
from tests.small import mdl

QUICK = ("--backend", "interpreted")


@dataclass(frozen=True)
class Reader:
    """seeds: valid inputs; words: with a meaning in the format; attempt: reads one input.

    mutate: makes a broken input, where that needs the structure of the file.
    """

    attempt: Callable[[bytes, Path], object]
    seeds: Callable[[], Sequence[bytes]]
    words: Sequence[str] = ()
    mutate: Callable[[Sequence[bytes], Sequence[str], random.Random], bytes] = broken

    def inputs(self, name: str, seed: int) -> Callable[[int], bytes]:
        """The input of a number; the first ones are the seeds themselves."""
        known = list(self.seeds())

        def made(number: int) -> bytes:
            if number < len(known):
                return known[number]
            return self.mutate(known, self.words, random.Random(f"{name} {seed} {number}"))

        return made


class ProgramError(Exception):
    """The program ended with a code that is not one of its own."""


def program(*args: object) -> int:
    """Run a command in this process; its exit code. Raises what a shell would see as a fault."""
    words = ["--debug", *map(str, args)]
    out, said = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            group.main(words, standalone_mode=False)
    except click.ClickException:
        return 2
    except click.exceptions.Exit as error:
        return error.exit_code
    except SystemExit as error:
        if error.code not in (None, 0, 2, 3, 4, 5):
            raise ProgramError(f"exit code {error.code}: {said.getvalue()[-300:]}") from None
        return int(error.code or 0)
    return 0


def emptied(folder: Path) -> None:
    """Remove all files of a folder."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def one_file(
    name: str, *commands: str, beside: dict[str, str] | None = None
) -> Callable[[bytes, Path], None]:
    """An attempt with one file next to others, and one of the commands, by the content."""

    def attempt(content: bytes, folder: Path) -> None:
        emptied(folder)
        for other, text in (beside or {}).items():
            (folder / other).parent.mkdir(parents=True, exist_ok=True)
            (folder / other).write_text(text, encoding="utf-8")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        command = commands[zlib.crc32(content) % len(commands)]
        if program(*command.split()) not in (0, 4, 5):
            raise RefusedError

    return attempt


class RefusedError(SimdistrictError):
    """The program refused its command line, which a file can be part of."""

    def __init__(self) -> None:
        super().__init__(Problem("", "refused as wrong usage"))


def essence(model: Model) -> list[tuple[str, ...]]:
    """What must survive writing and reading: the elements with their equations and units."""
    return sorted(
        (
            e.name,
            type(e).__name__,
            str(e.units),
            repr([replace(equation, line=0, source=None) for equation in e.equations]),
        )
        for e in model
    )


def model_twice(content: bytes, folder: Path) -> None:
    """Read a .mdl file, write it anew, read that: the same model. Then write it as XMILE."""
    emptied(folder)
    path = folder / "m.mdl"
    path.write_bytes(content)
    model = read_model_file(path)
    from simdistrict.exchange.mdl.reader import read_mdl_text
    from simdistrict.exchange.mdl.writing import model_text

    again = read_mdl_text(model_text(model, layout=False), "m", str(path))
    if essence(model) != essence(again):
        differ = [a for a, b in zip(essence(model), essence(again), strict=False) if a != b]
        raise ProgramError(f"written and read again, it is another model: {str(differ[:1])[:400]}")
    if zlib.crc32(content) % 4 == 0:
        try:
            text = xmile_text(model, drawn=False)
        except SimdistrictError:  # functions that XMILE lacks
            return
        read_xmile_text(text, "m")
    if zlib.crc32(content) % 4 == 1:
        program("check", "m.mdl", "--only", "structure", "--only", "units", "--only", "lookups")


def xmile_twice(content: bytes, folder: Path) -> None:
    """Read an XMILE file, write it in both languages, read both."""
    emptied(folder)
    path = folder / "m.xmile"
    path.write_bytes(content)
    model = read_model_file(path)
    write_model(model, folder / "out.mdl", layout=zlib.crc32(content) % 3 == 0, force=True)
    read_model_file(folder / "out.mdl")
    read_xmile_text(xmile_text(model, drawn=False), "m")


def parts_of_a_zip(known: Sequence[bytes], words: Sequence[str], rng: random.Random) -> bytes:
    """A zip file of which one or two members are broken; now and then the file itself."""
    if rng.random() < 0.2:
        return broken(known, words, rng)
    files = seeds.unpacked(rng.choice(known))
    for _ in range(rng.choice((1, 1, 2, 4))):
        name = rng.choice(sorted(files))
        match rng.randrange(12):
            case 0:
                del files[name]
                if not files:
                    return b""
            case 1:
                files[rng.choice(sorted(files))] = files[name]
            case 2:
                files[name] = b""
            case _:
                alike = [seeds.unpacked(s).get(name, b"") for s in known]
                files[name] = broken([files[name], *alike], words, rng)
    return seeds.packed(files)


def damaged_netcdf(known: Sequence[bytes], words: Sequence[str], rng: random.Random) -> bytes:
    """A NetCDF file with other attributes or values; in a third of the cases other bytes."""
    content = rng.choice(known)
    if rng.random() < 0.3:
        return broken([content], words, rng, most=len(content) + 10_000)
    import netCDF4

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.nc"
        path.write_bytes(content)
        with (
            contextlib.suppress(
                RuntimeError, OSError, ValueError, AttributeError, TypeError, IndexError
            ),
            netCDF4.Dataset(path, "a") as file,
        ):
            for _ in range(rng.choice((1, 1, 2, 5))):
                _damage(file, words, rng)
        return path.read_bytes()


def _damage(file: object, words: Sequence[str], rng: random.Random) -> None:
    variables = sorted(file.variables)  # type: ignore[attr-defined]
    owner = file if rng.random() < 0.7 else file.variables[rng.choice(variables)]  # type: ignore[attr-defined]
    names = sorted(owner.ncattrs())  # type: ignore[attr-defined]
    match rng.randrange(7):
        case 0 if names:
            owner.delncattr(rng.choice(names))  # type: ignore[attr-defined]
        case 1:
            variable = file.variables[rng.choice(variables)]  # type: ignore[attr-defined]
            if variable.dtype != str and variable.size and variable.dtype.kind in "iuf":
                values = variable[...]
                values.flat[rng.randrange(values.size)] = rng.choice(
                    (0, -1, 1e308, float("nan"), 7)
                )
                variable[...] = values
        case 2:
            name = rng.choice(variables)
            file.renameVariable(name, rng.choice((name.upper(), "x", "time", name * 9, "é")))  # type: ignore[attr-defined]
        case 3 if names:
            value = rng.choice((1, -1, 1e308, float("nan"), [1, 2, 3], [], 2**62))
            owner.setncattr(rng.choice(names), value)  # type: ignore[attr-defined]
        case _ if names:
            name = rng.choice(names)
            text = str(owner.getncattr(name)).encode("utf-8", "replace")  # type: ignore[attr-defined]
            other = broken([text or b"x"], words, rng).decode("utf-8", "replace").replace("\0", "0")
            owner.setncattr(name, other)  # type: ignore[attr-defined]


@functools.cache
def results() -> dict[str, bytes]:
    """Result files of every kind, made by the program: name -> content; a store as a zip file."""
    made: dict[str, bytes] = {}
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)
        try:
            (folder / "tank.mdl").write_text(mdl(seeds.TANK))
            (folder / "two.mdl").write_text(
                mdl("x = INTEG(a + x - x^3, -1)\na = 0 ~ Dmnl [-1,1] ~ |")
            )
            (folder / "prior.csv").write_bytes(seeds.PRIOR[0])
            (folder / "base.yaml").write_text("title: Base\nmodel: tank.mdl\nassume: {rate: 1}\n")
            members = ("--members", "8", "--prior", "prior.csv", "--workers", "1", "--chunk", "4")
            for command in (
                ("run", "tank.mdl", "-o", "run.nc", *QUICK),
                ("run", "tank.mdl", "base.yaml", "-o", "two.nc", *QUICK),
                ("ensemble", "tank.mdl", *members, "-o", "ens.nc", "--reduce", "max"),
                ("ensemble", "tank.mdl", *members, "-o", "ens.zarr"),
                ("regimes", "equilibria", "two.mdl", "-o", "eq.nc"),
                (
                    "regimes",
                    "branch",
                    "two.mdl",
                    "--parameter",
                    "a",
                    "--from",
                    "-1",
                    "--to",
                    "1",
                    "-o",
                    "branch.nc",
                ),
            ):
                code = program(*command)
                assert code == 0, (command, code)
            for path in folder.glob("*.nc"):
                made[path.name] = path.read_bytes()
            store = folder / "ens.zarr"
            files = {
                str(p.relative_to(store)): p.read_bytes()
                for p in sorted(store.rglob("*"))
                if p.is_file()
            }
            made["ens.zarr"] = seeds.packed(files)
        finally:
            os.chdir(home)
    return made


def netcdf(content: bytes, folder: Path) -> None:
    """Every command that reads a result file, one of them for each content."""
    emptied(folder)
    (folder / "f.nc").write_bytes(content)
    (folder / "run.nc").write_bytes(results()["run.nc"])
    commands = (
        "rerun f.nc",
        "rerun f.nc --json",
        "compare f.nc run.nc",
        "compare run.nc f.nc",
        "convert f.nc out.csv",
        "regimes detect f.nc --warn total",
        "sensitivity f.nc --method pawn --indicator level[north]",
        "plot f.nc",
        "ensemble tank.mdl --members 8 --prior prior.csv --workers 1 --chunk 4 --resume -o f.nc",
    )
    command = commands[zlib.crc32(content) % len(commands)]
    if command.startswith("ensemble"):
        (folder / "tank.mdl").write_text(mdl(seeds.TANK))
        (folder / "prior.csv").write_bytes(seeds.PRIOR[0])
    if program(*command.split()) == 2:
        raise RefusedError


def zarr(content: bytes, folder: Path) -> None:
    """Every command that reads a store, one of them for each content."""
    emptied(folder)
    try:
        files = seeds.unpacked(content)
    except Exception:  # noqa: BLE001 - no input for a store
        raise RefusedError from None
    for name, data in files.items():
        path = folder / "f.zarr" / name.replace("..", "__")
        with contextlib.suppress(OSError, ValueError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    commands = (
        "sensitivity f.zarr --method pawn --indicator level[north]",
        "sensitivity f.zarr --method prim --indicator level[south] --above 1",
        "ensemble tank.mdl --members 8 --prior prior.csv --workers 1 --chunk 4 --resume -o f.zarr",
        "ensemble tank.mdl --members 8 --prior prior.csv --workers 1 --chunk 4 -o f.zarr",
    )
    (folder / "tank.mdl").write_text(mdl(seeds.TANK))
    (folder / "prior.csv").write_bytes(seeds.PRIOR[0])
    if program(*commands[zlib.crc32(content) % len(commands)].split()) == 2:
        raise RefusedError


@functools.cache
def cache_files() -> bytes:
    """What the cache holds after a run: a zip file of its folder."""
    with tempfile.TemporaryDirectory() as name, _cache_in(Path(name)):
        (Path(name) / "tank.mdl").write_text(mdl(seeds.TANK))
        program("run", f"{name}/tank.mdl", "-o", f"{name}/o.nc")
        base = Path(name) / "cache"
        return seeds.packed(
            {
                str(p.relative_to(base)): p.read_bytes()
                for p in sorted(base.rglob("*"))
                if p.is_file()
            }
        )


@contextlib.contextmanager
def _cache_in(folder: Path):  # type: ignore[no-untyped-def]
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


def cache(content: bytes, folder: Path) -> None:
    """A run with damaged cache files writes the bytes of a run without them."""
    emptied(folder)
    try:
        files = seeds.unpacked(content)
    except Exception:  # noqa: BLE001 - no input for a folder
        raise RefusedError from None
    for name, data in files.items():
        path = folder / "cache" / name.replace("..", "__")
        with contextlib.suppress(OSError, ValueError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_bytes(data)
    (folder / "tank.mdl").write_text(mdl(seeds.TANK))
    with _cache_in(folder):
        code = program("run", "tank.mdl", "-o", "o.nc")
    if code or (folder / "o.nc").read_bytes() != _fresh():
        raise ProgramError(f"a damaged cache changed the result (exit code {code})")


@functools.cache
def _fresh() -> bytes:
    with tempfile.TemporaryDirectory() as name, _cache_in(Path(name)):
        (Path(name) / "tank.mdl").write_text(mdl(seeds.TANK))
        program("run", f"{name}/tank.mdl", "-o", f"{name}/o.nc")
        return (Path(name) / "o.nc").read_bytes()


def names(content: bytes, folder: Path) -> None:
    """Lines of an input as the texts of options: --set, --save, --rule, --times, --reduce."""
    emptied(folder)
    (folder / "tank.mdl").write_text(mdl(seeds.TANK))
    (folder / "run.nc").write_bytes(results()["run.nc"])
    text = content.decode("utf-8", "replace").replace("\0", "0")
    value, save, rule, times, reduce = [*text.split("\n"), "", "", "", "", ""][:5]
    match zlib.crc32(content) % 4:
        case 0:
            code = program("run", "tank.mdl", f"--set={value}", "-o", "o.nc", *QUICK)
        case 1:
            code = program("run", "tank.mdl", f"--save={save}", "-o", "o.nc", *QUICK)
        case 2:
            code = program("regimes", "detect", "run.nc", f"--rule={rule}", f"--warn={save}")
        case _:
            (folder / "prior.csv").write_bytes(seeds.PRIOR[0])
            more = (f"--times={times}", f"--reduce={reduce}", f"--save={save}")
            code = program(
                "ensemble",
                "tank.mdl",
                "--members=2",
                "--prior=prior.csv",
                "--workers=1",
                "-o",
                "o.nc",
                *more,
            )
    if code == 2:
        raise RefusedError


WORDS_MDL = [
    *"~~| :EXCEPT: :AND: :NOT: :OR: :IMPLIES: :NA: := == <-> -> (a1-a9) (a1-a99999999)".split(),
    *"INTEG( SMOOTH3I( SUM( d! region! [(0,0)-(1,1)], (1,2), 1,2;3,4; x[a,b,c] :RAW: { }".split(),
    *"\\\\\\---/// ///---\\\\\\ 22:a,b 15:0,0,0,1 :MACRO: {UTF-8} :SUPPLEMENTARY :INTERPOLATE:".split(),
    *("WITH LOOKUP(", "IF THEN ELSE(", "TABBED ARRAY(", "GET XLS DATA('a','b','c','d')"),
    *("~ Dmnl ~ x |", "\\\n", ":MACRO: M(x:y)", ":END OF MACRO:", ":TEST INPUT:", "TIME STEP$"),
    *("DELAY FIXED(", "RANDOM NORMAL(", "VECTOR SELECT(", "ALLOCATE AVAILABLE(", "A FUNCTION OF("),
    *("****\n.G\n****~|", "[0,?]", "Year,Years", "1/Year", "INITIAL(", "ACTIVE INITIAL(", "PULSE("),
    *(
        "FINAL TIME",
        "TIME STEP",
        "SAVEPER",
        "INITIAL TIME",
        "Time",
        "north",
        "region",
        "level[region]",
    ),
    *(
        "VECTOR SORT ORDER(",
        "SAMPLE IF TRUE(",
        "DELAY N(",
        "GET DIRECT CONSTANTS('f.csv',',','A1')",
    ),
]
WORDS_YAML = [
    *(
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
    ),
    *(
        "!!python/object:os.system",
        "!!binary ",
        "!!set",
        "!!timestamp ",
        "2001-01-01",
        "0o7",
        "yes",
    ),
    *(
        "{a: b}",
        "[1, 2]",
        "&a [*a]",
        "title: x\n",
        "model: ",
        "base: ",
        "set: ",
        "parts: [x]\n",
        "\n  ",
    ),
    *("rate", "total", "level[north]", "share[region]", ".nan", ".inf", "1:30", "~", "''", '""'),
]
WORDS_XML = [
    *'<stock name="s"> <flow> </aux> <gf> <eqn> </eqn> <dim name="D"/> <element subscript="a">'.split(
        "> "
    ),
    *(
        "<non_negative/>",
        '<module name="n"/>',
        "<macro>",
        "<parm>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
    ),
    *('<!DOCTYPE x [<!ENTITY a "b">]>', "&a;", "&amp;", "&lt;", "&#0;", "&#x1F600;", "<?xml?>"),
    *("IF THEN ELSE", "PREVIOUS(SELF,", "MOD", "SUM(", "[*]", "//", "<inflow>f</inflow>", "<xpts>"),
    *(
        "<ypts>",
        "<non_negative/>",
        "DELAY(",
        "SMTH3(",
        "TIME",
        "INF",
        "PI",
        "DT",
        "STARTTIME",
        "<units>",
    ),
    *("<conveyor>", "<len>", "<queue/>", '<dt reciprocal="true">', "<isee:x/>", "D.a", "part.out"),
]
WORDS_CSV = [
    *NUMBERS,
    ",,",
    "\n\n",
    '"',
    '""',
    "10%",
    "uniform",
    "triangular",
    "normal",
    "lognormal",
    "rate",
    "share",
    "north",
    "element,label,value",
]
WORDS_JSON = ["[1", "]", "{", "}", "null", "true", "-1", "1e999", "NaN", '"<f8"', '"|O"', '"<U4"', '"|V8"', "[]", "{}", '"shape"', "99999999", '"M8[ns]"', '"chunks"', "[0]", "[1000000000]"]  # fmt: skip

TANK_FILES = {"tank.mdl": mdl(seeds.TANK)}
DATA_FILES = {
    "plant.mdl": mdl(seeds.TANK + "\nweather ~ Dmnl ~ Data. |".replace(" ~ Dmnl", " ~ Dmnl", 1))
}
RUN = "run tank.mdl -o o.nc --backend interpreted"


def _texts(texts: Sequence[str | bytes]) -> Callable[[], Sequence[bytes]]:
    return lambda: [t.encode() if isinstance(t, str) else t for t in texts]


def _plant(kind: str, tab: str) -> dict[str, str]:
    more = (
        f"\nweather := GET DIRECT DATA('f.{kind}', '{tab}', 'A', 'B2')"
        f"\nfixed[region] = GET DIRECT CONSTANTS('f.{kind}', '{tab}', 'B2')"
        f"\nbent = GET DIRECT LOOKUPS('f.{kind}', '{tab}', 'A', 'C2')"
    )
    return {"plant.mdl": mdl(seeds.TANK + more)}


def shipped(*patterns: str) -> list[bytes]:
    return [p.read_bytes() for pattern in patterns for p in sorted(seeds.ROOT.glob(pattern))]


READERS: dict[str, Reader] = {
    "mdl": Reader(
        model_twice,
        lambda: [*_texts(seeds.MODELS)(), *shipped("tests/oracle/models/*.mdl", "example/*.mdl")],
        WORDS_MDL,
    ),
    "xmile": Reader(xmile_twice, _texts(seeds.STELLA), WORDS_XML),
    "sketch": Reader(
        one_file("m.mdl", "layout m.mdl -o o.mdl", "convert m.mdl o.xmile", "layout m.mdl --force"),
        lambda: [mdl(seeds.TANK, settings=seeds.SKETCH).encode(), *shipped("example/*.mdl")],
        WORDS_MDL,
    ),
    "cin": Reader(
        one_file("f.cin", "convert f.cin o.yaml --model tank.mdl", f"{RUN} --changes f.cin", beside=TANK_FILES),
        _texts(seeds.CIN),
        [":C ", ":IS:", "#a>b#", "<=", "'text'", *WORDS_MDL[-12:]],
    ),
    "vsc": Reader(one_file("f.vsc", "convert f.vsc o.csv"), _texts(seeds.VSC), ["RANDOM_UNIFORM(", "VECTOR(", ",L,", ",M,", "RANDOM_NORMAL("]),
    "lst": Reader(one_file("f.lst", f"{RUN} --save @f.lst", beside=TANK_FILES), _texts(seeds.LST), ["level[", "]", '"', "<Time>"]),
    "dat": Reader(
        one_file("f.dat", "convert f.dat o.csv", "convert f.dat o.nc", "compare f.dat g.dat", "run plant.mdl -o o.nc --backend interpreted --data f.dat", beside={**DATA_FILES, "g.dat": "rate\n0\t1\n1\t2\n"}),
        _texts([*seeds.DAT, b"weather\n0\t1\n10\t2\n"]),
        NUMBERS,
    ),
    "tab": Reader(
        one_file("f.tab", "convert f.tab o.csv", "convert f.tab o.nc --model tank.mdl", "compare f.tab f.tab", beside=TANK_FILES),
        _texts(seeds.SERIES), NUMBERS,
    ),
    "csv": Reader(
        one_file("f.csv", "convert f.csv o.dat", "convert f.csv o.nc", "compare f.csv f.csv", "run plant.mdl -o o.nc --backend interpreted --data f.csv", beside=DATA_FILES),
        _texts([*seeds.SERIES, b"Time,weather\n0,1\n10,2\n"]), WORDS_CSV,
    ),
    "direct": Reader(
        one_file("f.csv", "check plant.mdl", "run plant.mdl -o o.nc --backend interpreted", beside=_plant("csv", ",")),
        lambda: [b"year,north,south\n0,1,10\n5,2.5,\n10,4,40\nrate,0.25,7\n"], WORDS_CSV,
    ),
    "prior": Reader(
        one_file("f.csv", "ensemble tank.mdl --members 2 --prior f.csv --workers 1 -o o.nc", beside=TANK_FILES),
        _texts(seeds.PRIOR), WORDS_CSV,
    ),
    "record": Reader(
        one_file("f.csv", "calibrate tank.mdl --data f.csv --assess --backend interpreted", beside=TANK_FILES),
        _texts(seeds.RECORD), WORDS_CSV,
    ),
    "calibration": Reader(
        one_file("calibration.yaml", "calibrate tank.mdl --backend interpreted --evaluations 4 --starts 1 -o o", beside={**TANK_FILES, "f.csv": seeds.RECORD[0].decode()}),
        _texts(seeds.CALIBRATION), WORDS_YAML,
    ),
    "table": Reader(
        one_file("data/f.csv", "fill m.mdl", "fill m.mdl --check", "fill m.mdl --set rate=1", beside={"m.mdl": mdl(seeds.TANK)}),
        _texts(seeds.TABLE), WORDS_CSV,
    ),
    "scenario": Reader(
        one_file("f.yaml", "show scenario f.yaml", "convert f.yaml o.cin", "show scenario f.yaml --json", "run f.yaml -o o.nc --backend interpreted", beside=TANK_FILES),
        lambda: seeds.SCENARIO, WORDS_YAML,
    ),
    "checks": Reader(
        one_file("tank.checks.yaml", "check tank.mdl", beside=TANK_FILES), _texts(seeds.CHECKS), WORDS_YAML
    ),
    "study": Reader(
        one_file("study/study.yaml", "list tables study/study.yaml", "list figures study/study.yaml", "tables study/study.yaml -o o", beside={"study/tank.mdl": mdl(seeds.TANK), "study/base.yaml": "title: Base\nmodel: tank.mdl\n", "scenarios/base.yaml": "title: Base\nmodel: ../study/tank.mdl\n"}),
        lambda: seeds.STUDY, WORDS_YAML,
    ),
    "xlsx": Reader(
        one_file("f.xlsx", "run plant.mdl -o o.nc --backend interpreted", beside=_plant("xlsx", "Data")),
        lambda: [seeds.xlsx()], [*WORDS_XML[:20], "<c r=", 't="s"', "<v>", "</v>", "<row>", 'r="XFD1048576"', 'r="A0"', 't="d"', "#REF!"], parts_of_a_zip,
    ),
    "xls": Reader(
        one_file("f.xls", "run plant.mdl -o o.nc --backend interpreted", beside=_plant("xls", "Data")), lambda: [seeds.xls()]
    ),
    "netcdf": Reader(
        netcdf,
        lambda: [c for n, c in results().items() if n.endswith(".nc")],
        [*WORDS_YAML, *WORDS_MDL[:20], "pysd", "native", "adaptive", "---\n", '{"a": 1}', "sobol"],
        damaged_netcdf,
    ),
    "zarr": Reader(zarr, lambda: [results()["ens.zarr"]], WORDS_JSON, parts_of_a_zip),
    "cache": Reader(cache, lambda: [cache_files()], (), parts_of_a_zip),
    "names": Reader(names, lambda: seeds.NAMES, [*WORDS_MDL, ">=", "<", "!", "@", "=", "level[", "]", ",", "max", "final", "indicators", "all"]),
}  # fmt: skip
