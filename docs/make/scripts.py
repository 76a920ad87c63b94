"""Runs the tutorials and the gallery, and writes each as a page, a script and a notebook.

A script has `# %%` cells. Its page shows the code of each cell and what it gives. A cell that
fails stops the build.
"""

from __future__ import annotations

import base64
import os
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jupytext
from nbclient import NotebookClient
from nbformat import NotebookNode

from docs.make.pages import ROOT, Site

SCRIPTS = (
    *("learn/carbon_border", "learn/own_model", "learn/inference", "learn/library"),
    "gallery",
)
TIMEOUT = 240  # seconds that one cell may take
PICTURES = {"image/svg+xml": "svg", "image/png": "png"}


def write_all(site: Site) -> None:
    """Run every script that exists, two at a time, and write its page."""
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # of the kernels
    names = [name for name in SCRIPTS if (ROOT / "docs" / f"{name}.py").exists()]
    with ThreadPoolExecutor(2) as pool:
        for name, notebook in zip(names, pool.map(executed, names), strict=True):
            _write(site, name, notebook)


def executed(name: str) -> NotebookNode:
    """The notebook of a script with its outputs; raises the error of a cell that fails."""
    notebook: NotebookNode = jupytext.read(ROOT / "docs" / f"{name}.py", fmt="py:percent")
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT,
            kernel_name="python3",
            resources=resources,
            extra_arguments=["--IPKernelApp.log_level=40"],  # it warns of TCP on this machine
        )
        client.execute()
    return notebook


def _write(site: Site, name: str, notebook: NotebookNode) -> None:
    script = (ROOT / "docs" / f"{name}.py").read_text(encoding="utf-8")
    stem = Path(name).name
    text, pictures = markdown(notebook, stem)
    links = f"Download: [notebook]({stem}.ipynb), [script]({stem}.py)."
    head, _, rest = text.partition("\n\n")
    source = Path("docs") / f"{name}.md"
    site.write(f"{name}.md", site.mended(f"{head}\n\n{links}\n\n{rest}", source))
    site.write(f"{name}.py", script)
    plain = jupytext.reads(script, fmt="py:percent")
    site.write(f"{name}.ipynb", jupytext.writes(plain, fmt="ipynb"))
    for file, content in pictures.items():
        (site.folder / name).parent.joinpath(file).write_bytes(content)


def markdown(notebook: NotebookNode, stem: str) -> tuple[str, dict[str, bytes]]:
    """The page of an executed notebook, and its pictures by file name."""
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = re.findall(r"^#+ (.+)$", cell.source, re.MULTILINE)
            heading = headings[-1] if headings else heading
            parts.append(cell.source)
        elif cell.source.strip():
            parts.append(f"```python\n{cell.source}\n```")
            for output in cell.outputs:
                parts.append(_output(output, f"{stem}_{len(pictures) + 1}", heading, pictures))
    return "\n\n".join(part for part in parts if part) + "\n", pictures


def _output(output: NotebookNode, name: str, heading: str, pictures: dict[str, bytes]) -> str:
    """One output of a cell as Markdown; a picture is added to `pictures`."""
    if output.output_type == "stream":
        return _text(output.text) if output.name == "stdout" else ""
    data: dict[str, Any] = output.data
    for kind, suffix in PICTURES.items():
        if kind in data:
            file = f"{name}.{suffix}"
            content = data[kind]
            pictures[file] = content.encode() if suffix == "svg" else base64.b64decode(content)
            about = re.search(r"picture: (.*?)>?$", data.get("text/plain", ""))
            return f"[![{about[1] if about else heading}]({file})]({file})"
    if 'class="dataframe"' in data.get("text/html", ""):
        return _table(data["text/html"])
    return _text(data.get("text/plain", ""))


def _text(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```" if text.strip() else ""


def _table(html: str) -> str:
    """The table of pandas without its style."""
    (table,) = re.findall(r"<table.*?</table>", html, re.DOTALL)
    table = re.sub(r"<table[^>]*>", "<table>", table).replace(' style="text-align: right;"', "")
    return re.sub(r"\s*\n\s*", "", table)
