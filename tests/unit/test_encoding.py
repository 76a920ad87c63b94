"""Files in other encodings than UTF-8: what is read, what is said, and what comes back."""

from __future__ import annotations

import logging
import unicodedata
from pathlib import Path

import click
import numpy as np
import pytest

from simdistrict.base.encoding import codec, decoded, encoded, reading_as, stated
from simdistrict.base.errors import ExchangeError, ModelError
from simdistrict.cli.main import group
from simdistrict.ensemble.prior import read_prior_file
from simdistrict.exchange.mdl.document import Document
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.models import read_model_file, write_model
from simdistrict.exchange.text.files import text_lines
from simdistrict.exchange.vensim.series import read_series
from simdistrict.exchange.xmile.reader import read_xmile_text
from simdistrict.run.plan import prepare
from simdistrict.run.simulate import simulate
from simdistrict.scenario.tree import read_text
from tests import small
from tests.reading import read_model


def mdl(equations: str) -> str:
    """A .mdl file without a mark of its encoding."""
    return small.mdl(equations).removeprefix("{UTF-8}\n")


WORDS = {
    "cp1251": ("спрос", "ёмкость рынка", "тыс. руб"),
    "cp1252": ("Fläche", "coût moyen", "señal", "°C"),
    "cp1250": ("ilość mąki", "łąka"),
    "gb18030": ("耕地面积", "废水处理量", "能源消费"),
    "cp950": ("勞動力", "顧客滿意度", "功能"),
    "cp932": ("表示能力", "在庫の量", "ソース"),
    "cp949": ("노동력", "탄소 배출량", "똠방각하"),
    "mac_roman": ("Düngung", "façade"),
}


@pytest.mark.parametrize("encoding", WORDS)
def test_names_in_a_guessed_encoding(
    tmp_path: Path, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "m.mdl"
    words = WORDS[encoding]
    text = "{" + words[1] + "}\n" + mdl(f'"{words[0]}" = 2 ~ {words[-1]} ~ {words[1]} |\ny = 3')
    path.write_bytes(text.encode(encoding))
    with caplog.at_level(logging.WARNING):
        model = read_model_file(path)
    assert words[0] in model
    assert model[words[0]].units == words[-1]
    (said,) = caplog.messages
    assert said.startswith(f"{path}:1 | the file is not UTF-8 and was read as ")
    assert words[1] in said
    assert said.endswith("--encoding NAME decides")


@pytest.mark.parametrize("encoding", [*WORDS, "utf-16", "utf-16-be", "utf-8-sig", "utf-32"])
def test_an_edited_model_keeps_its_other_bytes(tmp_path: Path, encoding: str) -> None:
    path, words = tmp_path / "m.mdl", WORDS.get(encoding, ("勞動力", "Größe", "ширина"))
    text = mdl(f'"{words[0]}" = 2 ~ {words[-1]} ~ {words[1]} |\ny = 3 {{{words[1]}}}')
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    Document.read(path).with_constant("y", 4).write(tmp_path / "n.mdl")
    wanted = text.replace("y = 3", "y = 4").replace("\n", "\r\n").encode(encoding)
    assert (tmp_path / "n.mdl").read_bytes() == wanted


def test_a_letter_that_the_encoding_lacks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes(mdl("y = 3 ~ ~ Größe |").encode("cp1252"))
    document = Document.read(path).with_documentation("y", "ширина")
    with pytest.raises(ExchangeError, match="cannot be written in the encoding of the file"):
        document.write(path)


def test_signs_with_two_spellings_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    # 81 BE and 87 9B are the same sign in Shift-JIS
    path.write_bytes(mdl("y = 3 {集合の?}").encode("cp932").replace(b"?", b"\x87\x9b"))
    with reading_as("cp932"), pytest.raises(ExchangeError, match="two ways"):
        Document.read(path)


@pytest.mark.parametrize(
    ("mark", "encoding"), [("{UTF-8}", "utf-8"), ("{GBK}", "gbk"), ("{windows-1251}", "cp1251")]
)
def test_a_declaration_is_honoured(
    tmp_path: Path, mark: str, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes((mark + "\n" + mdl('"Цена" = 2')).encode(encoding))
    with caplog.at_level(logging.WARNING):
        assert "Цена" in read_model_file(path)
    assert not caplog.messages


def test_a_false_declaration_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes(b"{UTF-8}\n" + mdl('"цена товара" = 2').encode("cp1251"))
    with caplog.at_level(logging.WARNING):
        assert "цена товара" in read_model_file(path)
    assert "declares utf-8, is not UTF-8 and was read as Windows-1251 (guessed)" in caplog.text


def test_a_faulty_byte_in_utf_8_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes(mdl('"цена" = 2 {?}').encode().replace(b"?", b"\xe9"))
    with caplog.at_level(logging.WARNING):
        assert "цена" in read_model_file(path)
    assert "not valid UTF-8; the faulty bytes are shown as" in caplog.text


@pytest.mark.parametrize("encoding", ["cp1251", "utf-16", "gbk", "utf-8"])
def test_the_encoding_of_xml(tmp_path: Path, encoding: str) -> None:
    text = f"""<?xml version="1.0" encoding="{encoding}"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<sim_specs><start>0</start><stop>2</stop><dt>1</dt></sim_specs>
<model><variables><aux name="спрос"><eqn>3</eqn></aux></variables></model></xmile>"""
    path = tmp_path / "m.xmile"
    path.write_bytes(text.encode(encoding))
    assert "спрос" in read_model_file(path)


def test_a_stated_encoding_goes_before_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes(mdl('"öä" = 2').encode("cp1252"))
    with reading_as("windows-1251"):
        assert "цд" in read_model_file(path)
        path.write_bytes(b"{UTF-8}\n" + mdl('"öä" = 2').encode())
        assert "öä" in read_model_file(path)
    path.write_bytes(mdl('"öä" = 2').encode("cp1252"))
    with reading_as("utf-8"), pytest.raises(ModelError, match=r"m\.mdl:\d \| .* not in .* utf-8"):
        read_model_file(path)


@pytest.mark.parametrize("name", ["hex", "rot13", "utf-7", "cp037", "unicode_escape", "latin-99"])
def test_what_is_no_encoding_of_text_files(name: str) -> None:
    with pytest.raises(LookupError, match=f'no encoding of text files called "{name}"'):
        codec(name)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be", "cp1251", "gb18030"])
def test_tables_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    word = "能源消费" if encoding == "gb18030" else "добыча нефти"
    path = tmp_path / "d.tab"
    path.write_bytes(f"Time\t{word}\r\n0\t1\r\n1\t2\r\n".encode(encoding))
    assert text_lines(path)[0] == f"Time\t{word}"
    assert list(read_series(path).records) == [word]


def test_bytes_without_a_meaning_come_back() -> None:
    for encoding in ("cp1252", "cp932", "gb18030", "cp950", "cp949"):
        content = f"x = {WORDS[encoding][1]}".encode(encoding) + b"\xff\n"
        with reading_as(""):
            text, found = decoded(content, "f")
        assert encoded(text, found) == content


def test_a_run_says_what_was_guessed_from_the_cache_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    call = "GET DIRECT CONSTANTS('t.csv', ',', 'B1')"
    Path("m.mdl").write_bytes(mdl(f'"спрос" = {call}').encode("cp1251"))
    Path("t.csv").write_bytes("добыча,2\n".encode("cp1251"))
    for _ in range(2):
        caplog.clear()
        prepare(Path("m.mdl"))
        for file in ("m.mdl", "t.csv"):
            assert f"{file}:1 | the file is not UTF-8 and was read as Windows-1251" in caplog.text
    caplog.clear()
    run = ["run", "m.mdl", "-o", "out.nc", "--encoding"]
    group.main([*run, "windows-1251"], standalone_mode=False)
    assert not caplog.messages
    assert not stated()
    with pytest.raises(click.BadParameter, match='called "hex"'):
        group.main([*run, "hex"], standalone_mode=False)


def test_a_model_written_in_utf_8_says_so(tmp_path: Path) -> None:
    path, copy = tmp_path / "m.mdl", tmp_path / "n.mdl"
    for mark in ("", "{windows-1251}\n"):
        path.write_bytes((mark + mdl('"спрос" = 2 ~ ~ Проверка |')).encode("cp1251"))
        write_model(read_model(path, encoding="cp1251"), copy, force=True)
        assert copy.read_bytes().startswith(b'{UTF-8}\n"\xd1\x81')
        assert "спрос" in read_model(copy)
    path.write_bytes(mdl("y = 2").encode())
    write_model(read_model(path), copy, force=True)
    assert copy.read_bytes() == path.read_bytes()


def test_the_encoding_may_be_given_in_python(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes(mdl('"öä" = 2').encode("cp1252"))
    assert "цд" in read_model(path, encoding="cp1251")
    assert Document.read(path, encoding="cp1251").encoding == "cp1251"
    assert "öä" in read_model(path)


def test_a_run_and_its_record_keep_the_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = mdl('"人口" = INTEG("出生率" * "人口", 10) ~ 万人 ~ 第三产业 |\n"出生率" = 0.1')
    Path("m.mdl").write_bytes(text.encode("gb18030"))
    run = ["run", "m.mdl", "-o", "out.nc", "--encoding", "gbk"]
    group.main(run, standalone_mode=False)
    group.main(["rerun", "out.nc"], standalone_mode=False)
    group.main(["convert", "out.nc", "out.csv"], standalone_mode=False)
    assert Path("out.csv").read_text(encoding="utf-8").startswith("Time,人口,出生率")


def test_letters_that_unicode_writes_in_two_ways_are_one_name(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Préférence[là]")
    assert apart != "Préférence[là]"
    text = f"place: ici, là ~~|\npréférence[place] = 2, 3 ~~|\ny = 2 * {apart}"
    model = read_mdl_text(small.mdl(text), "m")
    assert simulate(model)["y"] == 6
    assert simulate(model, sets=[f"{apart}=5"])["y"] == 10
    xmile = f"""<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<sim_specs><start>0</start><stop>2</stop><dt>1</dt></sim_specs><model><variables>
<aux name="é"><eqn>3</eqn></aux><aux name="y"><eqn>2 * {apart[2:4]}</eqn></aux>
</variables></model></xmile>"""
    assert np.all(simulate(read_xmile_text(xmile, "m"))["y"] == 6)


def test_ctrl_z_ends_files_of_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(b"a,b\r\n1,2\r\n\x1a")
    assert text_lines(path) == ["a,b", "1,2", ""]
    assert read_prior_file(path) == "a,b\n1,2\n"
    assert read_text(path, "f") == "a,b\r\n1,2\r\n"
