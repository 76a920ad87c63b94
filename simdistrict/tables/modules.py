"""The Python files of a study: imported by path, and parsed without being run.

A file is imported when one of its functions is called, never when a study is read.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from simdistrict.base import inputs
from simdistrict.base.errors import Problem, ScenarioError, SimdistrictError, did_you_mean
from simdistrict.base.library import shown

PROGRAM = inputs.InputKind("a Python file", 10_000_000, ScenarioError)
T = TypeVar("T")


class KindError(Exception):
    """A function of a study returned something else than it should."""


def function(
    folder: Path, name: str, place: str, result: Callable[..., T], kind: str
) -> Callable[..., T]:
    """The function `MODULE:FUNCTION` of a folder; imports its module.

    place: where the study file names it; result: takes what the function returned and its
    arguments, and raises KindError where that is not of the kind, in words.
    Importing and calling raise ScenarioError with a line of the folder, whatever goes wrong.
    """
    module, _, attribute = name.partition(":")
    with _blamed(folder, place):
        found = getattr(imported(folder, module), attribute)
    if not callable(found):
        raise ScenarioError(Problem(place, f'"{name}" is no function, but {found!r:.40}'))

    def called(*arguments: Any, **named: Any) -> T:
        with _blamed(folder, place):
            returned = found(*arguments, **named)
            try:
                return result(returned, *arguments)
            except KindError:
                what = f'"{name}" returned {returned!r:.40}, not {kind}'
                raise ScenarioError(Problem(place, what, "mend the function")) from None

    return called


@contextmanager
def _blamed(folder: Path, place: str) -> Iterator[None]:
    """Turns whatever the code of a study raises into a ScenarioError with its place.

    Errors of simdistrict that have no place get it too.
    """
    try:
        yield
    except SimdistrictError as error:
        if all(p.where for p in error.problems):
            raise
        where = _deepest(folder, error, place)
        problems = [replace(p, where=p.where or where) for p in error.problems]
        raise type(error)(problems) from error
    except (Exception, SystemExit) as error:  # a study is a program of its user
        what = f"{type(error).__name__}: {error}"
        where = _deepest(folder, error, place)
        raise ScenarioError(Problem(where, what, "mend the function")) from error


def _deepest(folder: Path, error: BaseException, place: str) -> str:
    """The innermost line of the folder that an exception passed; else the place."""
    own = folder.resolve()
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(own):
            return f"{shown(folder / path.relative_to(own))}:{line} (by {place})"
    return place


def imported(folder: Path, name: str) -> ModuleType:
    """A module of a folder. Modules of one folder import each other by relative imports."""
    own = str(folder.resolve())
    package = f"simdistrict_study_{hashlib.sha256(own.encode()).hexdigest()[:16]}"
    if package not in sys.modules:
        parent = ModuleType(package, f"The study in {own}.")
        parent.__path__ = [own]
        sys.modules[package] = parent
    return importlib.import_module(f"{package}.{name}")


def wrong_name(
    folder: Path, name: str, where: str, arguments: Iterable[str] | None = None
) -> Problem | None:
    """The problem with `MODULE:FUNCTION`, found by parsing the file; None if there is none.

    arguments: names of the arguments after the first one; None where they do not matter.
    """
    module, colon, attribute = name.partition(":")
    if not colon or not module.isidentifier() or not attribute.isidentifier():
        return Problem(where, f'"{name}" names no function', "write MODULE:FUNCTION")
    path = folder / f"{module}.py"
    if not path.is_file():
        known = [file.stem for file in folder.glob("*.py")]
        hint = did_you_mean(module, known) or f"write it in {shown(path)}"
        return Problem(where, f'there is no file "{module}.py" in the folder of the study', hint)
    try:
        functions = _functions(path, path.stat().st_mtime_ns)
    except (SyntaxError, UnicodeDecodeError) as error:
        line = getattr(error, "lineno", None) or 1
        return Problem(f"{shown(path)}:{line}", f"this is not Python: {error}")
    if attribute not in functions:
        hint = did_you_mean(attribute, functions)
        return Problem(where, f'"{module}.py" has no function "{attribute}"', hint)
    found = functions[attribute]
    return None if found is None or arguments is None else _wrong_call(found, arguments, where)


def _wrong_call(found: ast.FunctionDef, arguments: Iterable[str], where: str) -> Problem | None:
    given = tuple(arguments)
    own = found.args
    positional = [a.arg for a in (*own.posonlyargs, *own.args)][1:]
    named = [*positional, *(a.arg for a in own.kwonlyargs)]
    for name in given:
        if name not in named and own.kwarg is None:
            hint = did_you_mean(name, named) or (
                f"it takes {', '.join(named)}" if named else "it takes none"
            )
            return Problem(where, f'"{found.name}" takes no argument "{name}"', hint)
    optional = positional[len(positional) - len(own.defaults) :] if own.defaults else []
    optional += [a.arg for a, d in zip(own.kwonlyargs, own.kw_defaults, strict=True) if d]
    lacking = [name for name in named if name not in given and name not in optional]
    if lacking:
        what = f'"{found.name}" needs the argument {", ".join(lacking)}'
        return Problem(where, what, f"give it under `with:`: {lacking[0]}: ...")
    return None


@cache
def _functions(path: Path, _: int) -> dict[str, ast.FunctionDef | None]:
    """The functions of a file; None for what it imports or assigns. The second: its version."""
    found: dict[str, ast.FunctionDef | None] = {}
    for node in ast.parse(inputs.text(path, PROGRAM), str(path)).body:
        match node:
            case ast.FunctionDef():
                found[node.name] = node
            case ast.ImportFrom() | ast.Import():
                found |= dict.fromkeys(a.asname or a.name for a in node.names)
            case ast.Assign(targets=[ast.Name(id=name)]):
                found[name] = None
    return found
