"""The reference of the Python library: one entry for each public name, made by mkdocstrings."""

from __future__ import annotations

import simdistrict.api

INTRODUCTION = """# Python

`import simdistrict as sd` offers the names on this page and no others. Each is imported when it is
first used.
"""


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
    by_section: dict[str, list[str]] = {
        "Functions": [],
        "Classes": [],
        "Pictures": [],
        "Errors": [],
    }
    for name in public_names():
        by_section[section(name)].append(name)
    parts = [INTRODUCTION]
    for heading, names in by_section.items():
        if names:
            parts += [f"## {heading}\n", *(f"::: simdistrict.api.{name}\n" for name in names)]
    return "\n".join(parts)
