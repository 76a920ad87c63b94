"""The code blocks of a page of documentation, and how each is run.

Blocks of `python` and `sh` are run, in order, in one folder. A comment in the line before a block
says what is special about it:

    <!-- test: skip, REASON -->      it is not run
    <!-- test: slow -->              it and the blocks after it are run with the slow tests only
    <!-- test: exits 5 -->           its last command ends with this code
    <!-- test: raises ModelError --> it raises this exception
    <!-- test: before
    COMMANDS
    -->                              commands to run before it, which the reader does not see
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN = {"python", "sh"}
SHOWN = {"text", "r", "yaml", "json", "toml", "vensim", "xml", "make", "csv", "bibtex", "latex"}
FENCE = re.compile(r"^( *)```(\S*)\s*$")
MARK = re.compile(r"<!-- test: (.*?)\s*-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `marks` are its `test:` comments; `line` is that of its first line."""

    page: str
    line: int
    language: str
    code: str
    marks: tuple[str, ...]

    def mark(self, word: str) -> str | None:
        """What follows a word in the comments of the block; None without such a comment."""
        for mark in self.marks:
            if mark == word or mark.startswith((f"{word} ", f"{word},", f"{word}\n")):
                return mark[len(word) :].lstrip(", \n")
        return None


def blocks_of(text: str, page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found, start, language, indent = [], None, "", ""
    lines = text.splitlines()
    after = 0  # line after the last block
    for number, line in enumerate(lines):
        fence = FENCE.match(line)
        if start is None and fence:
            start, indent, language = number, fence[1], fence[2]
        elif start is not None and line.strip() == "```":
            code = "\n".join(each.removeprefix(indent) for each in lines[start + 1 : number])
            marks = tuple(MARK.findall(_directly_before(lines[after:start])))
            found.append(Block(page, start + 2, language, code + "\n", marks))
            start, after = None, number + 1
    return found


def _directly_before(lines: list[str]) -> str:
    """The comments that end in the last line, of the lines between two blocks."""
    text = "\n".join(lines).rstrip()
    begin = len(text)
    while text[:begin].rstrip().endswith("-->"):
        begin = text.rindex("<!--", 0, begin)
    return text[begin:]


def to_run(blocks: list[Block], slow: bool) -> list[Block]:
    """The blocks that a test runs: all with `slow`, else those before the first slow one."""
    chosen = []
    for block in blocks:
        if block.mark("slow") is not None and not slow:
            break
        if block.language in RUN and block.mark("skip") is None:
            chosen.append(block)
    return chosen


class Page:
    """Runs the blocks of one page in the folder where the process is."""

    def __init__(self) -> None:
        self.names: dict[str, object] = {"__name__": "__main__"}

    def run(self, block: Block) -> None:
        """Run one block; raises what it raises, AssertionError for a command that fails."""
        before = block.mark("before")
        if before is not None:
            shell(before, block, 0)
        if block.language == "sh":
            shell(block.code, block, int(block.mark("exits") or 0))
            return
        source = "\n" * (block.line - 1) + block.code
        expected = block.mark("raises")
        try:
            exec(compile(source, block.page, "exec"), self.names)
        except Exception as error:
            if type(error).__name__ != expected:
                raise
        else:
            assert expected is None, f"{block.page}:{block.line} did not raise {expected}"


def shell(code: str, block: Block, expected: int) -> None:
    """Run commands; the program is that of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    here = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", code],
        env={**os.environ, "PATH": path, "PYTHONPATH": here, "REPO": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == expected, (
        f"{block.page}:{block.line} ended with {done.returncode}\n{code}{done.stdout}{done.stderr}"
    )
