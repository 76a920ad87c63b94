"""What the docs say of the code is what the code says."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


EXAMPLES = [
    "public_models.py",
    "calibration/fit_growth.py",
    "two_worlds.py",
    "claims_page.py",
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_tables_that_an_example_writes_are_the_pages(
    example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ROOT / "docs" / "examples" / example
    # a script imports the files next to it
    monkeypatch.syspath_prepend(path.parent)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = module.PAGE.read_text(encoding="utf-8")
    assert module.page(text) == text, f"run docs/examples/{example}"


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", pages(), ids=lambda p: p.name)
def test_no_mark_was_left_unfilled(page: Path) -> None:
    assert not re.findall(
        r"\b(?:TODO|FIXME|RELATIVE|BENCH|PUBLIC|RESULTS_TABLE)\b", page.read_text()
    )


def examples(language: str) -> list[tuple[str, str]]:
    found = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for block in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL):
            found.append((page.name, block))
    return found


@pytest.mark.parametrize(("page", "code"), examples("python"))
def test_every_python_example_compiles(page: str, code: str) -> None:
    compile(code, page, "exec")
