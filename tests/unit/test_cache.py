"""What is kept between processes: the values that are in use, and nothing that others can write."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from simdistrict.base import cache
from simdistrict.base.codec import dumps
from simdistrict.scenario import load_scenario
from simdistrict.scenario.values import Reference


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache._warn.cache_clear()
    return tmp_path / "simdistrict"


def entry(own: Path) -> Path:
    (found,) = own.glob("*.entry")
    return found


def sealed(path: Path, body: bytes) -> None:
    """Forge an entry: any content under its key, with the checksum that belongs to it."""
    path.write_bytes(hashlib.sha256(path.stem.encode() + body).digest() + body)


def ages(folder: Path) -> None:
    """Make every file old, so that the next use counts."""
    for path in folder.iterdir():
        os.utime(path, (0, 0))


def test_the_values_used_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KEPT", 2)
    cache.keep("first", "made first")
    cache.keep("second", "made second")
    ages(cache.folder())
    assert cache.peek(str, "first") == "made first"
    cache.keep("third", "made third")
    assert cache.peek(str, "second") is None
    assert cache.peek(str, "first") == "made first"
    assert cache.peek(str, "third") == "made third"


def test_a_value_of_another_type_is_missing() -> None:
    cache.keep("content", 1.5)
    assert cache.peek(str, "content") is None
    assert cache.cached(float, "content", lambda: 2.5) == 1.5


def test_what_is_no_plain_data_is_made_each_time(own: Path) -> None:
    strange = Reference("name", object())  # type: ignore[arg-type]
    assert cache.cached(Reference, "content", lambda: strange) is strange
    assert not list(own.glob("*"))


def test_a_pickle_in_the_cache_is_never_run(own: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (mark,)

    cache.keep("content", "text")
    path, bomb = entry(own), pickle.dumps(Bomb())
    for data in (bomb, hashlib.sha256(path.stem.encode() + bomb).digest() + bomb):
        path.write_bytes(data)
        assert cache.peek(str, "content") is None
    assert not mark.exists()
    pickle.loads(bomb)
    assert mark.exists(), "the test is about a pickle that does something"


def test_a_forged_entry_of_other_types_is_missing(own: Path) -> None:
    cache.keep("content", Reference("name", "origin"))
    path = entry(own)
    assert cache.peek(Reference, "content") == Reference("name", "origin")
    for body in (b"", b"\xc1", dumps(float, 1.5), dumps(tuple[int, str, int], (0, "name", 7)),
                 dumps(tuple[int, str], (0, "name")), dumps(tuple[int, str, str, str], (0, *"abc")),
                 dumps(tuple[int, str, str], (1, "name", "origin")), dumps(int, 5)):  # fmt: skip
        sealed(path, body)
        assert cache.peek(Reference, "content") is None, body
    sealed(path, dumps(tuple[int, str, str], (0, "name", "origin")))
    assert cache.peek(Reference, "content") == Reference("name", "origin")


def test_every_flipped_bit_and_missing_byte_is_noticed(own: Path) -> None:
    cache.keep("content", 1.5)
    path = entry(own)
    good = path.read_bytes()
    for k in range(len(good)):
        path.write_bytes(good[:k] + bytes([good[k] ^ 1]) + good[k + 1 :])
        assert cache.peek(float, "content") is None
        path.write_bytes(good[:k])
        assert cache.peek(float, "content") is None


def test_an_entry_under_another_key_is_missing(own: Path) -> None:
    cache.keep("one", 1.5)
    path = entry(own)
    cache.keep("two", 2.5)
    (other,) = set(own.glob("*.entry")) - {path}
    other.write_bytes(path.read_bytes())
    assert cache.peek(float, "two") is None


needs_modes = pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no modes here")


@needs_modes
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o1777])
def test_a_folder_that_others_can_write_to_is_not_used(
    mode: int, own: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.keep("content", 1.5)
    own.chmod(mode)
    assert cache.peek(float, "content") is None
    cache.keep("other", 2.5)
    assert len(list(own.iterdir())) == 1
    assert [record.message for record in caplog.records] == [
        f"{own} | the cache is a link, belongs to another user or can be written by others: "
        "it is not used | make it your own: chmod 700"
    ]
    own.chmod(0o755)
    assert cache.peek(float, "content") == 1.5


@needs_modes
def test_a_folder_or_file_that_is_a_link_is_not_used(own: Path, tmp_path: Path) -> None:
    cache.keep("content", 1.5)
    path = entry(own)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert cache.peek(float, "content") is None
    path.unlink()
    (tmp_path / "elsewhere").rename(path)
    own.rename(tmp_path / "folder")
    own.symlink_to(tmp_path / "folder")
    assert cache.peek(float, "content") is None


@needs_modes
def test_a_file_that_others_can_write_or_own_is_not_used(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.keep("content", 1.5)
    path = entry(own)
    assert path.stat().st_mode & 0o077 == 0
    path.chmod(0o620)
    assert cache.peek(float, "content") is None
    path.chmod(0o600)
    assert cache.peek(float, "content") == 1.5
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    assert cache.read_own(path) is None
    assert cache.own_folder() is None


@needs_modes
def test_a_pipe_in_place_of_a_file_does_not_wait(own: Path) -> None:
    cache.keep("content", 1.5)
    path = entry(own)
    path.unlink()
    os.mkfifo(path, 0o600)
    assert cache.peek(float, "content") is None


def test_a_relative_folder_is_no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.folder() == tmp_path / ".cache" / "simdistrict"


def test_scenarios_come_from_the_cache_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    made = load_scenario("security_tariffs")
    module = "simdistrict.scenario.schema.read_scenario_file"
    monkeypatch.setattr(module, lambda *_: pytest.fail("it was read again"))
    assert load_scenario("security_tariffs") == made


def test_the_package_keeps_no_pickles() -> None:
    root = Path(cache.__file__).parents[1]
    found = {
        p.relative_to(root).as_posix() for p in root.rglob("*.py") if "pickle" in p.read_text()
    }
    # between own processes, and where numpy is told not to
    assert found == {
        "engine/native/batch.py",
        "ensemble/cluster.py",
        "inference/keeping.py",
        "inference/together.py",
        "tables/reduced.py",
    }


def test_reading_the_cache_loads_no_pickle() -> None:
    code = "import simdistrict.base.cache, sys; print('pickle' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
