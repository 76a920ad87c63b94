"""`python -m docs.make.check`: no page loads from another server, and a search finds pages.

MkDocs itself checks links and anchors.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from docs.make.pages import ROOT

SITE = ROOT / "site"
# what a browser loads with a page, in contrast to links that a reader follows
LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(https?:)?//[^"'\s>]+"""
    r"""|<link\b(?=[^>]*rel=["']?(?:stylesheet|icon|preconnect|preload))[^>]*href=["']?https?://[^"'\s>]+""",
    re.IGNORECASE,
)
FOUND = {"carbon border": "learn/carbon_border.html"}  # words, the page that a search must offer


def foreign(page: str) -> list[str]:
    """The parts of a page that a browser loads from another server."""
    return [found[0] for found in LOADED.finditer(page)]


def missing(index: Path) -> list[str]:
    """The words that the search does not find on their page."""
    entries = json.loads(index.read_text(encoding="utf-8"))["docs"]
    texts: dict[str, str] = {}
    for entry in entries:
        page = entry["location"].partition("#")[0]
        texts[page] = f"{texts.get(page, '')} {entry['title']} {entry['text']}".lower()
    return [words for words, page in FOUND.items() if words not in texts.get(page, "")]


def main() -> int:
    """Print what is wrong with the site in `site`; 1 if anything is."""
    wrong = [
        f"{path.relative_to(SITE)} | loads {what}"
        for path in sorted(SITE.rglob("*.html"))
        for what in foreign(path.read_text(encoding="utf-8"))
    ]
    wrong += [
        f"search | does not find {words}" for words in missing(SITE / "search/search_index.json")
    ]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
