"""The same command writes the same bytes, whatever the cache, the place and the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

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
