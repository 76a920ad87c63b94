"""The package serves any model: it names no element, label or scenario of a shipped one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from simdistrict.base.library import PACKAGE, models, parts, scenarios
from tests.reading import read_model

FILES = sorted(PACKAGE.rglob("*.py"))
# words of every model
CONTROL = {"initial time", "final time", "time step", "saveper", "save step"}
# words of the language and of the field, which are names of elements by chance
COMMON = {"one year"}
# the names of the project
PROJECT = {"district", "core"}
# rooms whose help texts and docstrings hold examples for users
SHOWING = ("cli", "api")


@cache
def named() -> re.Pattern[str]:
    """What belongs to the shipped models: names of several words, and places."""
    found: set[str] = set()
    for path in models().values():
        model = read_model(path)
        found |= {element.name for element in model}
        found |= {label for d in model.dims_by_name.values() for label in d.labels}
    found |= {*scenarios(), *parts()}
    folded = {name.replace("_", " ").lower() for name in found}
    places = {
        name.lower() for name in read_model(models()["district"]).dims_by_name["district"].labels
    }
    own = {name for name in folded if " " in name} | places
    words = sorted(own - CONTROL - COMMON - PROJECT, key=len, reverse=True)
    return re.compile(rf"(?<![a-z0-9])({'|'.join(map(re.escape, words))})(?![a-z0-9])")


def texts(tree: ast.AST, *, shows_examples: bool) -> Iterator[tuple[int, str]]:
    """Literals and identifiers with their lines, but for examples in help texts and docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    examples = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "example"
        for part in ast.walk(node.value)
    }
    skipped = examples | (docs if shows_examples else set())
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in skipped:
                yield node.lineno, text
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text):
                yield node.lineno, text
            case ast.FunctionDef(name=text) | ast.ClassDef(name=text):
                yield node.lineno, text
            case ast.keyword(arg=str(text)):
                yield node.value.lineno, text


def found_in(source: str, *, shows_examples: bool = False) -> list[str]:
    hits = []
    for line, text in texts(ast.parse(source), shows_examples=shows_examples):
        hit = named().search(text.replace("_", " ").lower())
        if hit:
            hits.append(f"{line}: {hit[1]}")
    return hits


def test_no_shipped_model_is_named() -> None:
    hits = [
        f"{path.relative_to(PACKAGE)}:{hit}"
        for path in FILES
        for hit in found_in(path.read_text("utf-8"), shows_examples=path.parent.name in SHOWING)
    ]
    assert hits == []


@pytest.mark.parametrize(
    "source",
    [
        'BASELINE = "neoliberal_globalisation"',
        'DEFAULT = ("taken over: entrant share >= 0.5",)',
        "def f(home_share): ...",
        "run.at('Entrant_Share', district='Prato')",
        '"""A table for Prato."""',
        "x.relative_output = 1",
    ],
)
def test_a_name_is_found(source: str) -> None:
    assert found_in(source) != []


def test_no_file_is_left_out() -> None:
    assert len(FILES) > 200
