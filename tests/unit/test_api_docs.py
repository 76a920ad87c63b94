"""Every public name of the library says what it is, with an example that runs."""

from __future__ import annotations

import doctest
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import simdistrict as sd
from simdistrict.api import views

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
NAMES = [name for name in dir(sd) if not name.startswith("__")]


# classes of values that methods return, which need no name of their own
RETURNED = (views.ElementView, views.Tree, views.Loops)


def documented(name: str) -> Iterator[tuple[str, Any]]:
    """A public name and, of a class, its public methods and properties."""
    found = getattr(sd, name)
    yield name, found
    if not inspect.isclass(found) or issubclass(found, Exception):
        return
    for member in dir(found):
        value = inspect.getattr_static(found, member)
        value = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        own = value.fget if isinstance(value, property) else value
        if member.startswith("_") or not callable(own):
            continue
        if str(getattr(own, "__module__", "")).startswith("simdistrict."):
            yield f"{name}.{member}", own


OBJECTS = dict(pair for name in NAMES for pair in documented(name))
OBJECTS |= {found.__name__: found for found in RETURNED}
OBJECTS |= {f"LoadedModel.{name}": getattr(sd.LoadedModel, name) for name in ("__getitem__",)}


@pytest.mark.parametrize("name", OBJECTS)
def test_it_says_what_it_is_with_an_example(name: str) -> None:
    text = inspect.getdoc(OBJECTS[name]) or ""
    assert text.strip(), f"{name} has no docstring"
    assert ">>> " in text, f"{name} has no example"


@pytest.mark.parametrize("name", OBJECTS)
def test_its_example_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = inspect.getdoc(OBJECTS[name]) or ""
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    done = doctest.DocTestRunner(optionflags=FLAGS).run(example)
    assert done.failed == 0, capsys.readouterr().out


def test_a_function_that_can_fail_says_so() -> None:
    """In its own words, or in those of the class that defines it."""
    silent = []
    for name, found in OBJECTS.items():
        if not inspect.isfunction(found) or len(inspect.signature(found).parameters) < 2:
            continue
        home = found.__qualname__.rpartition(".")[0]
        said = inspect.getdoc(found) or ""
        said += (inspect.getdoc(getattr(sys.modules[found.__module__], home)) or "") if home else ""
        if "rror" not in said:
            silent.append(name)
    assert silent == []


def test_the_test_finds_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    example = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3", {}, "wrong", None, 0)
    assert doctest.DocTestRunner(optionflags=FLAGS).run(example).failed == 1
