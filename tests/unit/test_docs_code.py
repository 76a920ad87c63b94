"""Every code block of the README and of the documentation runs, in order, in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.make.pages import sources
from tests.blocks import RUN, SHOWN, Block, Page, blocks_of, to_run

ROOT = Path(__file__).resolve().parents[2]
PAGES = [Path("README.md"), *sources()]


def blocks(page: Path) -> list[Block]:
    return blocks_of((ROOT / page).read_text(encoding="utf-8"), page.as_posix())


def has_slow(page: Path) -> bool:
    return any(block.mark("slow") is not None for block in blocks(page))


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_block_names_its_language(page: Path) -> None:
    wrong = [f"{b.page}:{b.line}" for b in blocks(page) if b.language not in RUN | SHOWN]
    assert wrong == [], f"one of {sorted(RUN | SHOWN)} stands after ```"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_block_that_is_not_run_says_why(page: Path) -> None:
    assert [b.line for b in blocks(page) if b.mark("skip") == ""] == []


def shipped() -> dict[str, bytes]:
    """The files that an example could change by naming a shipped model or scenario."""
    folders = ("models", "scenarios", "example")
    files = (p for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file())
    return {p.as_posix(): p.read_bytes() for p in files if "__pycache__" not in p.parts}


def run(page: Path, folder: Path, patch: pytest.MonkeyPatch, slow: bool) -> None:
    patch.chdir(folder)
    patch.setenv("MPLBACKEND", "agg")
    before = shipped()
    runner = Page()
    for block in to_run(blocks(page), slow):
        runner.run(block)
    assert shipped() == before, f"{page} changes files of the repository"


@pytest.mark.one_python
@pytest.mark.parametrize("page", [p for p in PAGES if to_run(blocks(p), False)], ids=str)
def test_the_blocks_of_a_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(page, tmp_path, monkeypatch, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if has_slow(p)], ids=str)
def test_all_blocks_of_a_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(page, tmp_path, monkeypatch, slow=True)


EXAMPLE = """
<!-- test: before
echo 1 > a.txt
-->
```sh
cat a.txt
```

<!-- test: exits 3 -->
```sh
exit 3
```

<!-- test: skip, needs a cluster -->
```sh
exit 9
```

<!-- a remark -->
<!-- test: raises ZeroDivisionError -->
```python
1 / 0
```

```text
no code
```

<!-- test: slow -->
```python
x = 1
```

```python
assert x == 1
```
"""


def test_the_marks_of_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = blocks_of(EXAMPLE, "page.md")
    assert [b.language for b in found] == ["sh", "sh", "sh", "python", "text", "python", "python"]
    assert found[2].mark("skip") == "needs a cluster"
    assert found[0].line == 6
    assert [b.code for b in to_run(found, False)] == ["cat a.txt\n", "exit 3\n", "1 / 0\n"]
    assert len(to_run(found, True)) == 5
    monkeypatch.chdir(tmp_path)
    page = Page()
    for block in to_run(found, True):
        page.run(block)


@pytest.mark.parametrize(
    "text",
    [
        "```sh\nfalse\ntrue\n```",
        "```python\nassert False\n```",
        "<!-- test: exits 3 -->\n```sh\ntrue\n```",
        "<!-- test: raises KeyError -->\n```python\npass\n```",
    ],
)
def test_a_block_that_fails_is_found(text: str) -> None:
    (block,) = blocks_of(text, "page.md")
    with pytest.raises(AssertionError):
        Page().run(block)
