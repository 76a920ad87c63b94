"""Progress of long calls: who sees a bar, and when."""

from __future__ import annotations

import subprocess
import sys

import pytest

from simdistrict.base import progress
from simdistrict.base.errors import EngineError


class Watched:
    """A terminal that keeps what is written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """A terminal as stderr; in a fixture, pytest would put its own there again."""
    made = Watched()
    monkeypatch.setattr(sys, "stderr", made)
    return made


def test_a_bar_appears_after_a_second_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = terminal(monkeypatch)
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    with progress.ticking(None, "members") as tick:
        tick(100, 1000)
        now[0] += 0.9
        tick(500, 1000)
        assert seen.text == ""
        now[0] += 0.2
        tick(600, 1000)
        assert "600/1000" in seen.text
        tick(700, 1000)
        assert "700/1000" in seen.text
    assert seen.text.endswith("\r")


def test_a_line_is_rewritten_after_a_second_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = terminal(monkeypatch)
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    with progress.a_line(None, lambda stage: f"stage {stage}") as show:
        now[0] += 0.9
        show(1)
        assert seen.text == ""
        now[0] += 0.2
        show(2)
        now[0] += 0.1
        show(3)  # too soon after the other
        now[0] += 0.2
        show(4)
    assert seen.text == "\r\x1b[Kstage 2\r\x1b[Kstage 4\r\x1b[K"


def test_who_gives_a_function_of_a_stage_gets_every_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = terminal(monkeypatch)
    heard: list[int] = []
    with progress.a_line(heard.append, str) as show:
        show(1)
        show(2)
    with progress.a_line(False, str) as show:
        show(3)
    assert (heard, seen.text) == ([1, 2], "")
    with pytest.raises(EngineError, match="'loud' is no function"), progress.a_line("loud", str):  # type: ignore[arg-type]
        pass


def test_a_short_call_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = terminal(monkeypatch)
    with progress.ticking(None, "members") as tick:
        for k in range(10):
            tick(k, 9)
    assert seen.text == ""


def test_no_bar_where_nobody_sees_it_or_none_is_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = terminal(monkeypatch)
    monkeypatch.setattr(progress, "DELAY", -1.0)
    with progress.ticking(False, "members") as tick:
        tick(1, 10)
    assert seen.text == ""
    monkeypatch.undo()
    with progress.ticking(None, "members") as tick:
        tick(1, 10)
    assert capsys.readouterr() == ("", "")


def test_a_function_is_called_with_done_and_total() -> None:
    told: list[tuple[int, int]] = []
    with progress.ticking(lambda done, total: told.append((done, total)), "runs") as tick:
        tick(1, 2)
        tick(2, 2)
    assert told == [(1, 2), (2, 2)]


def test_tqdm_is_imported_with_the_bar() -> None:
    code = """
import sys
from simdistrict.base.progress import ticking
with ticking(None, "members") as tick:
    tick(0, 10)
assert "tqdm" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
