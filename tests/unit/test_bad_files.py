"""Files that are no model: one message with the line, exit code 3."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.base.errors import ModelError
from simdistrict.exchange.mdl.reader import read_mdl_text
from tests.program import call
from tests.small import mdl
from tests.xmile_text import aux, xmile

SOUND = mdl("a = 1\nb = a * 2")
STELLA = xmile(aux("a", "1"))
DEEP = "(" * 10_000 + "1" + ")" * 10_000
DOCTYPE = '<?xml version="1.0"?>\n<!DOCTYPE x [{}]>\n<xmile>&b;</xmile>'
BAD = {
    "no model.mdl": (b"Dear reader,\nthis is a letter.", "no model.mdl:1 |"),
    "cut.mdl": (SOUND[:-30].encode(), "is the file cut off"),
    "binary.mdl": (b"\x7fELF\0\0\1", "a binary file"),
    "twice.mdl": (mdl("a = 1\na = 2").encode(), '"a" is defined twice'),
    "undefined.mdl": (mdl("a = nosuch").encode(), '"nosuch", which the model does not define'),
    "deep.mdl": (mdl(f"a = {DEEP}").encode(), "nests too deeply"),
    "cut.stmx": (STELLA[:-40].encode(), "cut off"),
    "bomb.xmile": (
        DOCTYPE.format('<!ENTITY a "xxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">').encode(),
        "bomb.xmile:2 | the file declares or uses XML entities",
    ),
    "fetches.xmile": (
        DOCTYPE.format('<!ENTITY b SYSTEM "file:///etc/hostname">').encode(),
        "fetches.xmile:2 | the file declares or uses XML entities",
    ),
    "deep.xmile": (xmile(aux("a", DEEP)).encode(), "nested too deeply"),
    "twice.xmile": (xmile(aux("a", "1") + aux("a", "2")).encode(), '"a" is defined twice'),
    "undefined.xmile": (xmile(aux("a", "nosuch")).encode(), '"nosuch", which the model does not'),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_file_gives_one_message_with_its_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    content, message = BAD[name]
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content)
    answer = call(capsys, "check", name)
    assert answer.code == 3
    assert message in answer.err
    assert answer.err.startswith(f"error: {name}")
    assert answer.err.count("error: ") == 1
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("suffix", [".mdl", ".stmx"])
def test_too_long_file_is_not_read(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"long{suffix}"
    with path.open("wb") as file:
        file.truncate(51_000_000)
    answer = call(capsys, "check", str(path))
    assert answer.code == 3
    assert "51 MB is more than a model file can have" in answer.err


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_usual_encodings_and_line_ends_are_read(
    encoding: str, end: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes(mdl("größe = 1\nb = größe").replace("\n", end).encode(encoding))
    answer = call(capsys, "check", str(path), "--only", "magic-numbers")
    assert (answer.code, answer.err) == (0, "")


@pytest.mark.parametrize(
    "text", ["a = 1 ~ unit ~ A.\nb = 2 ~ unit ~ B. |\n", "a = 1 ~~\nb = 2 ~~|"]
)
def test_missing_bar_is_reported_with_its_line(text: str) -> None:
    with pytest.raises(ModelError, match=r"small.mdl:1 .*begins \"a = 1\".*~(.|\n)*is one missing"):
        read_mdl_text(text, "small")
