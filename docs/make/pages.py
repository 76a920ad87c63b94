"""Copies the pages of the repository into the source of the site, and mends their links.

The site mirrors the repository with `docs` as its root. A link is written as it works in the
repository; the file that it names comes along, and a folder gets a page that lists its files.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "example/README.md")  # pages besides docs and models
NO_PAGES = {"make", "examples"}  # folders of docs with scripts
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
FENCE = re.compile(r"^\s*(```|~~~)")


class LinkError(Exception):
    """A page links to a file that the repository does not have."""


def sources() -> list[Path]:
    """The pages of the repository, as paths from its root."""
    docs = (p for p in (ROOT / "docs").rglob("*.md") if not NO_PAGES & {*p.parts})
    models = (ROOT / "models").glob("*/README.md")
    return [p.relative_to(ROOT) for p in [*sorted(docs), *sorted(models)]] + [
        Path(name) for name in OUTSIDE
    ]


def on_site(path: PurePosixPath | Path) -> PurePosixPath:
    """Where a file of the repository stands on the site."""
    pure = PurePosixPath(path.as_posix())
    return PurePosixPath(*pure.parts[1:]) if pure.parts[:1] == ("docs",) else pure


class Site:
    """The source of the site while it is being made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.copied: set[Path] = set()

    def write(self, path: str, text: str) -> None:
        """Write a generated page."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def page(self, source: Path) -> None:
        """Copy a page with the files that it links to."""
        text = (ROOT / source).read_text(encoding="utf-8")
        self.write(str(on_site(source)), self.mended(text, source))

    def mended(self, text: str, source: Path) -> str:
        """The text of a page with its links as they work on the site."""
        lines, inside = [], False
        for line in text.splitlines():
            fence = FENCE.match(line) is not None
            inside ^= fence
            if not inside and not fence:
                line = LINK.sub(lambda m: f"{m[1]}{self._link(m[2], source)}{m[3]}", line)
            lines.append(line)
        return "\n".join(lines) + "\n"

    def _link(self, link: str, source: Path) -> str:
        if re.match(r"[a-z]+:|#", link):
            return link
        name, mark, anchor = link.partition("#")
        target = Path(os.path.normpath(source.parent / name))
        if is_generated(target):
            return relative(target, source) + mark + anchor
        if not (ROOT / target).exists() or target.parts[0] == "..":
            raise LinkError(f"{source} | links to {link}, which does not exist")
        if (ROOT / target).is_dir():
            readme = target / "README.md"
            target = readme if readme in sources() else self._listing(target)
        elif target not in sources():
            self._file(target)
        return relative(target, source) + mark + anchor

    def _file(self, target: Path) -> None:
        if target in self.copied:
            return
        self.copied.add(target)
        if target.suffix == ".md":
            self.page(target)
            return
        place = self.folder / on_site(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / target, place)

    def _listing(self, folder: Path) -> Path:
        """A page that lists the files of a folder."""
        page = folder / "index.md"
        files = sorted(p.name for p in (ROOT / folder).iterdir() if p.is_file())
        for name in files:
            self._file(folder / name)
        rows = "\n".join(f"- [{name}]({name})" for name in files)
        self.write(str(on_site(page)), f"# Files of {folder.as_posix()}\n\n{rows}\n")
        return page


def is_generated(target: Path) -> bool:
    """Whether a page is made by this package: it exists on the site only."""
    generated = ("docs/reference/", "docs/learn/", "docs/gallery")
    return target.as_posix().startswith(generated) or target.name == "equations.md"


def relative(target: Path, source: Path) -> str:
    """The link from one page of the site to another file of it."""
    here = on_site(source).parent
    return Path(os.path.relpath(str(on_site(target)), str(here))).as_posix()
