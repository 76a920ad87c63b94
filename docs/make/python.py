"""The reference of the Python library: one entry for each public name, made by mkdocstrings."""

from __future__ import annotations

import simdistrict.api

INTRODUCTION = """# Python

`import simdistrict as sd` offers the names on this page and no others. Each is imported when it is
first used.
"""
SECTIONS = ("Functions", "Classes", "Pictures", "Errors")


def public_names() -> list[str]:
    """The names that `dir(simdistrict)` offers, without the version."""
    return [name for name in dir(simdistrict.api) if not name.startswith("_")]


def section(name: str) -> str:
    """The heading under which a name stands."""
    value = getattr(simdistrict, name)
    if name.startswith("plot_") or name == "Picture":
        return "Pictures"
    if not isinstance(value, type):
        return "Functions"
    return "Errors" if issubclass(value, Exception) else "Classes"


def page() -> str:
    """The whole page, with the directives of mkdocstrings."""
    parts, entries = [INTRODUCTION], []
    for heading in SECTIONS:
        names = [name for name in public_names() if section(name) == heading]
        parts += ["", f"| {heading.lower()} | |", "|---|---|"]
        for name in names:
            first = (getattr(simdistrict, name).__doc__ or "").strip().splitlines()[0]
            parts.append(f"| [`{name}`](#simdistrict.api.{name}) | {first} |")
            entries.append(f"::: simdistrict.api.{name}\n")
    return "\n".join([*parts, "", *entries])
