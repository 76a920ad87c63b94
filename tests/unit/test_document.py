"""Edits of a .mdl file: one place changes, all other bytes are kept."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

from simdistrict.base.errors import ModelError
from simdistrict.exchange.mdl.document import Document
from simdistrict.model.expr import Points
from tests.small import mdl

ROOT = Path(__file__).resolve().parents[2]
BESIDE = ROOT.parent / "shared"
TEST_MODELS = Path(os.environ.get("SIMDISTRICT_TEST_MODELS") or BESIDE / "test-models")
OWN = sorted(p for d in ("models", "tests", "example", "docs") for p in (ROOT / d).rglob("*.mdl"))
PUBLIC = sorted(
    p for d in (TEST_MODELS, BESIDE / "corpus") for p in d.rglob("*") if p.suffix.lower() == ".mdl"
)

TEXT = (
    "{UTF-8}\n"
    + mdl(
        """
        rate == 0.1 ~ 1/Year [0,1,0.1] ~ How fast. ~ :SUPPLEMENTARY |
        r : n, s ~~ A range. |
        size[r] = 1, 2 ~ m {metres} ~ Sizes. |
        part[n] = {half} 3 ~~|
        part[s] = 4 ~ m ~ Parts. |
        curve([(0,0)-(9,9)],(0,0),(1,2)) ~ Dmnl ~ A lookup. |
        stock = INTEG(rate * {of it} CONTINUED curve(1), 5) ~ ~ No unit. |
        plain = 7 |"""
    ).replace("CONTINUED", "\\\n\t\t")
    + "\\\\\\---/// Sketch\nV300\n*View 1\n///---\\\\\\\n:L\x7f<%^E!@\n15:0,0,0,1,0,0\n"
)


def changed(before: Document, after: Document) -> list[tuple[str, str]]:
    """The lines that differ."""
    old, new = before.text.splitlines(), after.text.splitlines()
    found = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            found.append(("\n".join(old[a:b]).strip(), "\n".join(new[c:d]).strip()))
    return found


@pytest.mark.parametrize("path", [*OWN, *PUBLIC], ids=lambda path: path.name)
def test_unchanged_document_keeps_its_bytes(path: Path, tmp_path: Path) -> None:
    document = Document.read(path)
    document.edited([]).write(tmp_path / "out.mdl")
    assert (tmp_path / "out.mdl").read_bytes() == path.read_bytes()
    # text outside the blocks and settings is blank
    at = 0
    for block in document.outline.blocks:
        between = document.flat[at : block.span[0]].strip()
        assert not between or at == 0
        at = block.stop


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_line_ends_and_encoding_are_kept(tmp_path: Path, end: str, encoding: str) -> None:
    content = TEXT.replace("How fast", "Où").replace("\n", end).encode(encoding)
    (tmp_path / "m.mdl").write_bytes(content)
    document = Document.read(tmp_path / "m.mdl").with_constant("rate", 0.25)
    document.write(tmp_path / "m.mdl")
    assert (tmp_path / "m.mdl").read_bytes() == content.replace(b"== 0.1 ", b"== 0.25 ")


def test_new_value_changes_only_its_number() -> None:
    before = Document(TEXT)
    assert before.with_constant("rate", 0.1) == before
    assert before.with_constant("RATE", 0.2).text == TEXT.replace("== 0.1 ", "== 0.2 ")
    assert before.with_constant("size", 9, [(1,)]).text == TEXT.replace("= 1, 2 ", "= 1, 9 ")
    assert before.with_constant("part", 9, [(0,)]).text == TEXT.replace("{half} 3", "{half} 9")


def test_edits_of_fields_change_nothing_else() -> None:
    before = Document(TEXT)
    assert before.with_equation("plain", "rate + 1").text == TEXT.replace("= 7", "= rate + 1")
    after = before.with_equation("stock", "INTEG(rate, 6)")
    assert len(changed(before, after)) == 1
    assert after.model["stock"].equations[0].line == before.model["stock"].equations[0].line
    assert before.with_units("rate", "1/Month").text == TEXT.replace("1/Year [", "1/Month [")
    assert before.with_units("plain", "m").model["plain"].units == "m"
    assert before.with_units("stock", "m").model["stock"].units == "m"
    assert before.with_documentation("rate", "So.").text == TEXT.replace("How fast.", "So.")
    assert before.with_documentation("plain", "So.").model["plain"].documentation == "So."
    points = before.with_points("curve", Points((0, 2), (1, 3)))
    assert points.text == TEXT.replace(",(0,0),(1,2)", ",(0,1),(2,3)")
    assert before.with_equation("part", "5", ["s"]).text == TEXT.replace("= 4 ", "= 5 ")
    gone = before.without("plain")
    assert "plain" not in gone.model
    assert gone.text == TEXT.replace("plain = 7 |\n\n", "")


def test_impossible_edits_are_refused_with_a_reason() -> None:
    document = Document(TEXT)
    with pytest.raises(ModelError, match='did you mean "rate"'):
        document.with_equation("rat", "1")
    with pytest.raises(ModelError, match="choose one of them"):
        document.with_equation("part", "1")
    with pytest.raises(ModelError, match="near"):
        document.with_equation("plain", "1 | b = 2")
    with pytest.raises(ModelError, match="of the kind stock"):
        document.with_constant("stock", 1)
    with pytest.raises(ModelError, match="cannot be part of one"):
        document.with_documentation("rate", "a | b")
