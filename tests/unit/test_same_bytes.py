"""The same command writes the same bytes, whatever the cache, the place and the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simdistrict.base.library import PACKAGE, example_project
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
MODEL = mdl("""
    place: north, south ~ ~ |
    stock[place] = INTEG(growth[place] - loss[place], start[place])
    growth[place] = stock[place] * rate * (1 + SIN(Time))
    loss[place] = stock[place] ^ 1.5 / 40
    start[place] = 1, 2
    rate = 0.3
""")


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_the_first_run_writes_what_later_ones_write(
    integrator: str, tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("simdistrict.run.plan._waited", {})
    monkeypatch.setattr("simdistrict.engine.native.code._loaded", {})
    # one run is faster than compiling, two are slower
    monkeypatch.setattr("simdistrict.run.plan._interpreting", lambda *_: 0.2)
    monkeypatch.setattr("simdistrict.run.plan._compiling", lambda _: 0.3)
    Path("m.mdl").write_text(MODEL)
    ran, printed, written = [], [], []
    for _ in range(3):
        Path("m.nc").unlink(missing_ok=True)
        with monkeypatch.context() as patch:
            note = lambda _, *given: ran.append(given[-1])  # noqa: E731
            patch.setattr("simdistrict.run.simulate.log.info", note)
            answer = call(capsys, "run", "m.mdl", "--integrator", integrator, "-o", "m.nc")
        assert answer.code == 0, answer.err
        printed.append(answer.out)
        written.append(Path("m.nc").read_bytes())
    assert ran == ["interpreted", "native", "native"]
    assert len(set(printed)) == 1
    assert len(set(written)) == 1


# run in a process of its own: every command in turn, its output in a file
SCRIPT = """
import contextlib, sys
from pathlib import Path
from simdistrict.cli.main import main

workers = sys.argv[1]
Path("prior.csv").write_text(
    "element,label,unit,value,low,high,distribution\\ncareer length,,Year,25,20,30,uniform\\n"
)
Path("record.csv").write_text("series,element,year,value,source\\n" + "".join(
    f"a,workshops,{year},{330 + year - 2020},A book\\n" for year in range(2021, 2029)
))
Path("seen.csv").write_text("series,element,year,value,scale\\n" + "".join(
    f"a,workshops,{year},{330 + year - 2020},10\\n" for year in range(2021, 2029)
))
ensemble = ["ensemble", "scenarios/subsidy.yaml", "scenarios/baseline.yaml", "--prior", "prior.csv",
            "--members", "10", "--chunk", "4", "--workers", workers, "--json", "--times", "all"]
commands = {
    "run": ["run", "scenarios/baseline.yaml", "scenarios/subsidy.yaml", "-o", "run.nc"],
    "rk4": ["run", "workshops.mdl", "--integrator", "rk4", "-o", "rk4.nc"],
    "adaptive": ["run", "workshops.mdl", "--integrator", "adaptive", "-o", "adaptive.nc"],
    "stiff": ["run", "workshops.mdl", "--integrator", "stiff", "-o", "stiff.nc", "--json"],
    "nc": [*ensemble, "-o", "members.nc"],
    "zarr": [*ensemble, "-o", "members.zarr"],
    "sensitivity": ["sensitivity", "members.nc", "--method", "pawn", "--indicator", "workshops",
                    "--slides", "2", "--scenario", "subsidy", "-o", "pawn.nc"],
    "fit": ["calibrate", "workshops.mdl", "--data", "record.csv", "--free",
            "career length=15:40", "--starts", "2", "--evaluations", "30", "--workers", workers,
            "-o", "fit"],
    "infer": ["infer", "workshops.mdl", "--data", "seen.csv", "--prior", "prior.csv",
              "--ess", "200", "--workers", workers, "--json", "-o", "posterior"],
    "worlds": ["ensemble", "workshops.mdl", "--design", "posterior/posterior.nc", "--members",
               "20", "--workers", workers, "--json", "-o", "worlds.nc"],
    "equilibria": ["regimes", "equilibria", "workshops.mdl", "-o", "equilibria.nc"],
    "tables": ["tables", "--workers", workers],
    "table": ["convert", "run.nc", "run.tab", "--scenario", "subsidy"],
    "model": ["convert", "workshops.mdl", "model.xmile"],
    "compare": ["compare", "run.nc", "run.nc", "--scenario", "subsidy", "--scenario", "baseline"],
    "rerun": ["rerun", "members.nc"],
}
for name, words in commands.items():
    sys.argv = ["simdistrict", *words]
    with open(f"{name}.out", "w") as out, contextlib.redirect_stdout(out):
        try:
            main()
        except SystemExit as stopped:
            expected = (5,) if name == "compare" else (0, None)
            assert stopped.code in expected, (name, stopped.code)
"""


def everything(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.mark.slow
def test_no_cache_place_or_environment_changes_a_byte(tmp_path: Path) -> None:
    environments = {
        "cold": (
            "one cache",
            "1",
            {"PYTHONHASHSEED": "1", "TZ": "UTC", "LANG": "C", "LC_ALL": "C"},
        ),
        "warm": ("one cache", "1", {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LANG": "C.UTF-8"}),
        "far/away from it": ("another", "2", {"PYTHONHASHSEED": "3", "LC_ALL": "C.UTF-8"}),
    }
    found = []
    for place, (cache, workers, given) in environments.items():
        folder = tmp_path / place
        shutil.copytree(example_project(), folder, ignore=shutil.ignore_patterns("__pycache__"))
        home = tmp_path / f"home of {folder.name}"
        home.mkdir()
        env = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(tmp_path / cache), **given}
        env["PYTHONPATH"] = str(PACKAGE.parent)
        words = [sys.executable, "-c", SCRIPT, workers]
        done = subprocess.run(
            words, cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        found.append(everything(folder))
    assert len(found[0]) > 40
    for other in found[1:]:
        assert list(other) == list(found[0])
        assert [name for name in other if other[name] != found[0][name]] == []
