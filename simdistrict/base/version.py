"""The version: the last tag and the commits since, the same in a checkout and in what it builds.

The build runs this file by itself, so it imports nothing of the package.
"""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

# the first release, which the commits before any tag lead to
BASE = "0.1.0"
PROJECT = Path(__file__).resolve().parents[2]
_TAG = re.compile(r"v?(\d+(?:\.\d+)*)-(\d+)-g([0-9a-f]+)")
_STATED = re.compile(r"^Version: (\S+)$", re.MULTILINE)


@cache
def version() -> str:
    """The version of this code, such as 0.2.0 at a tag and 0.2.1.dev5+g0123456789ab after it.

    Of a checkout, from git; of an unpacked source archive or an installed package, the one that
    it was built with. 0.1.0.dev0 where nothing states one.
    """
    if (PROJECT / "pyproject.toml").is_file():
        return _of_checkout(PROJECT) or _of_archive(PROJECT) or f"{BASE}.dev0"
    return _of_package() or f"{BASE}.dev0"


def _of_checkout(project: Path) -> str:
    """The version of a checkout of this project; empty where it is none, or git is missing."""
    if not (project / ".git").exists():
        return ""
    # the repository of another project may hold a copy of this package
    if 'name = "simdistrict"' not in (project / "pyproject.toml").read_text(encoding="utf-8"):
        return ""
    shape = ("describe", "--tags", "--long", "--abbrev=12")
    tagged = _TAG.fullmatch(_git(project, *shape, "--match=v[0-9]*", "--match=[0-9]*"))
    if tagged:
        number, count, commit = tagged.groups()
        return number if count == "0" else f"{_following(number)}.dev{count}+g{commit}"
    commit = _git(project, "rev-parse", "--short=12", "HEAD")
    # a shallow clone does not know how many commits there were
    shallow = _git(project, "rev-parse", "--is-shallow-repository") != "false"
    count = "0" if shallow else _git(project, "rev-list", "--count", "HEAD")
    return f"{BASE}.dev{count}+g{commit}" if commit and count else ""


def _following(number: str) -> str:
    """The next version with its last number raised: 0.2.1 after 0.2.0."""
    head, dot, last = number.rpartition(".")
    return f"{head}{dot}{int(last) + 1}"


def _of_archive(project: Path) -> str:
    """The version of an unpacked source archive, or empty."""
    stated = project / "PKG-INFO"
    if not stated.is_file():
        return ""
    found = _STATED.search(stated.read_text(encoding="utf-8"))
    return found[1] if found else ""


def _of_package() -> str:
    """The version of the installed package, or empty."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("simdistrict")
    except PackageNotFoundError:
        return ""


def _git(project: Path, *words: str) -> str:
    """The output of a git command in the project, or empty."""
    # a hook of another repository sets variables that name that repository
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(project), *words],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
