"""Print pip constraints that hold every dependency at its lower bound in pyproject.toml.

usage: python .ci/oldest.py > FILE; PIP_CONSTRAINT=FILE pip install ...
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[^]]*\])?([^;]*)(;.*)?")


def constraints(requirements: list[str]) -> list[str]:
    """`name==bound` for each requirement; raises ValueError for a name without a lower bound."""
    found: dict[str, str] = {}
    names: set[str] = set()
    for requirement in requirements:
        name, bounds, marker = REQUIREMENT.fullmatch(requirement).groups(default="")
        if name == "simdistrict":
            continue
        names.add(name)
        if bound := re.search(r">=([^,\s]+)", bounds):
            found[name] = f"{name}=={bound[1]}{marker}"
    if bare := sorted(names - set(found)):
        raise ValueError(f"pyproject.toml | no lower bound for {', '.join(bare)} | add >=")
    return sorted(found.values())


def declared() -> list[str]:
    """Every requirement in pyproject.toml, those of the extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return [*project["dependencies"], *(each for extra in extras for each in extra)]


if __name__ == "__main__":
    print("\n".join(constraints(declared())))
