"""Names of an XMILE file as people read them. Apart from the lexer, which starts slower."""

from __future__ import annotations

import re


def spelled(name: str) -> str:
    """A name as people read it: escapes resolved, blanks for line breaks, real or escaped."""
    if "\\" in name:
        name = re.sub(r"\\(.)", lambda m: " " if m[1] == "n" else m[1], name, flags=re.DOTALL)
    return " ".join(name.split())
