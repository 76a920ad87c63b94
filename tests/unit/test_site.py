"""The site: its generated pages are complete, its links lead somewhere, its scripts must run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import simdistrict.api
from docs.make import commands, equations, errors, functions, python
from docs.make.check import foreign, missing
from docs.make.pages import LinkError, Site, is_generated, sources
from simdistrict.engine.lowering.functions import FUNCTIONS, REFUSED
from simdistrict.exchange.models import read_model_file

ROOT = Path(__file__).resolve().parents[2]


def test_every_command_has_a_heading_and_each_of_its_options_a_row() -> None:
    page = commands.page()
    words = list(commands.all_commands())
    assert ("run",) in words
    assert ("regimes", "branch") in words
    for each in words:
        assert re.search(rf"^#+ simdistrict {' '.join(each)}$", page, re.MULTILINE), each
    assert "| `--integrator [euler" in page


def test_every_public_name_has_an_entry() -> None:
    page = python.page()
    names = python.public_names()
    assert "load" in names
    assert [name for name in names if f"::: simdistrict.api.{name}\n" not in page] == []


def test_every_public_name_has_a_docstring() -> None:
    bare = [n for n in python.public_names() if not getattr(simdistrict.api, n).__doc__]
    assert bare == []


def test_every_error_stands_with_its_exit_code() -> None:
    page = errors.page()
    assert "[`ScenarioError`](python.md#simdistrict.api.ScenarioError)" in page
    assert all(f"`{n}`" in page for n in python.public_names() if n.endswith("Error"))
    codes = [code for code, _ in errors.exit_codes()]
    assert codes == ["0", "1", "2", "3", "4", "5", "130", "143"]
    assert all(f"\n| {code} | " in page for code in codes)


def test_every_function_stands_in_its_table() -> None:
    page = functions.page()
    assert [name for name in FUNCTIONS if f"| {name} |" not in page] == []
    assert [name for name in REFUSED if name not in page.partition("## Refused")[2]] == []


@pytest.mark.parametrize("path", equations.models(), ids=lambda p: p.stem)
def test_every_element_of_a_model_has_a_heading(path: Path) -> None:
    headings = re.findall(r"^#### (.+)$", equations.page(path), re.MULTILINE)
    assert headings == [element.name for element in read_model_file(path)]


def test_links_are_mended_where_a_page_moves(tmp_path: Path) -> None:
    source = Path("models/core/README.md")
    text = "[a](../../docs/checks.md#x) [b](core.mdl) [c](https://x.org)\n```\n[d](none.md)\n```\n"
    assert Site(tmp_path).mended(text, source) == (
        "[a](../../checks.md#x) [b](core.mdl) [c](https://x.org)\n```\n[d](none.md)\n```\n"
    )
    assert (tmp_path / "models/core/core.mdl").exists()


def test_a_link_to_a_file_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"docs/x\.md \| links to none\.md"):
        Site(tmp_path).mended("[a](none.md)", Path("docs/x.md"))


def test_the_links_of_the_readme_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text)
    paths = [Path(link) for link in links if not link.startswith("http")]
    assert [p for p in paths if not is_generated(p) and not (ROOT / p).exists()] == []


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {p.relative_to("docs") if p.parts[0] == "docs" else p for p in sources()}
    named = set(re.findall(r": (\S+\.md)$", navigation, re.MULTILINE))
    assert {p.as_posix() for p in pages} - named == set()


def test_what_a_page_loads_from_another_server_is_found() -> None:
    own = '<script src="assets/a.js"></script><a href="https://x.org">x</a><img src="b.svg">'
    assert foreign(own) == []
    for part in (
        '<script src="https://unpkg.com/a.js">',
        '<img alt="a" src="//x.org/a.png">',
        '<link rel="stylesheet" href="https://fonts.org/a.css">',
    ):
        assert len(foreign(own + part)) == 1, part


def test_a_search_that_lacks_words_is_found(tmp_path: Path) -> None:
    index = tmp_path / "index.json"
    page = {"location": "learn/carbon_border.html#a", "title": "Carbon", "text": "a carbon border"}
    index.write_text(json.dumps({"docs": [page]}))
    assert missing(index) == []
    index.write_text(json.dumps({"docs": [{**page, "location": "x.html"}]}))
    assert missing(index) == ["carbon border"]


def build(repository: Path) -> subprocess.CompletedProcess[str]:
    """Run the scripts of a repository, in a process of their own: kernels leave sockets open."""
    code = (
        "import sys; from pathlib import Path; from docs.make import scripts; from docs.make.pages"
        " import Site; scripts.ROOT = Path(sys.argv[1]); scripts.write_all(Site(Path('site')))"
    )
    command = [sys.executable, "-c", code, str(repository)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True)


def test_a_cell_that_fails_stops_the_build(tmp_path: Path) -> None:
    pytest.importorskip("jupytext", reason="jupytext is not installed: simdistrict[docs]")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed: simdistrict[docs]")
    (tmp_path / "docs").mkdir()
    script = tmp_path / "docs" / "gallery.py"
    script.write_text("# %% [markdown]\n# # A title\n#\n# Text.\n\n# %%\nprint(6 * 7)\n6 / 4\n")
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site" / "gallery.md").read_text()
    assert page.startswith("# A title\n\nDownload: [notebook](gallery.ipynb)")
    assert "```text\n42\n```\n\n```text\n1.5\n```" in page
    assert (tmp_path / "site" / "gallery.ipynb").exists()
    script.write_text("# %%\nprint(1)\n\n# %%\n1 / 0\n")
    failed = build(tmp_path)
    assert failed.returncode == 1
    assert "ZeroDivisionError" in failed.stderr
