"""Public .mdl files read and written: not a byte is lost, nor anything that a model says.

The files are not part of this project; `test_public_models` says where they are looked for.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.base.errors import ModelError
from simdistrict.exchange.mdl.document import Document
from simdistrict.exchange.mdl.reader import read_mdl, read_mdl_text
from simdistrict.exchange.mdl.writing import model_text
from simdistrict.exchange.models import write_model
from simdistrict.model.model import Constant, constant_values
from tests.oracle.test_public_models import CORPUS, TEST_MODELS
from tests.unit.test_writing import content

FILES = sorted((*TEST_MODELS.rglob("*.[mM][dD][lL]"), *CORPUS.rglob("*.mdl")))

needs_files = pytest.mark.skipif(
    not FILES, reason="no public models here: set SIMDISTRICT_TEST_MODELS to a checkout of them"
)
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@needs_files
@each_file
def test_every_byte_comes_back(path: Path, tmp_path: Path) -> None:
    Document.read(path).write(tmp_path / "copy.mdl")
    assert (tmp_path / "copy.mdl").read_bytes() == path.read_bytes()


@needs_files
@each_file
def test_a_model_keeps_its_text_but_for_the_line_of_a_new_number(
    path: Path, tmp_path: Path
) -> None:
    """Settings, sketch, macros, groups, flags and comments stand in all the other lines."""
    try:
        model = read_mdl(path)
    except ModelError as error:
        pytest.skip(str(error).splitlines()[0])
    write_model(model, tmp_path / "same.mdl")
    assert (tmp_path / "same.mdl").read_text(encoding="utf-8") == model.text
    document = Document.read(path)
    for element in model:
        if isinstance(element, Constant) and not element.dims and element.line:
            changed = document.with_constant(element.name, constant_values(model, element)[()] + 1)
            before, after = document.flat.split("\n"), changed.flat.split("\n")
            assert len(before) == len(after)
            assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
            return


@needs_files
@each_file
def test_a_model_written_anew_says_the_same(path: Path) -> None:
    try:
        model = read_mdl(path)
    except ModelError as error:
        pytest.skip(str(error).splitlines()[0])
    text = model_text(model, layout=False)
    # the spreadsheets that it names lie beside the file
    again = read_mdl_text(text, model.name, str(path))
    assert content(again) == content(model)
    assert model_text(again, layout=False) == text
