"""Vensim's changes files (.cin), in the forms of its manual and of real files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdistrict.base.errors import ExchangeError, ScenarioError
from simdistrict.exchange.vensim.cin import CinChange, read_cin, read_cin_text
from simdistrict.model.expr import Points, fold


def one(text: str) -> CinChange:
    (change,) = read_cin_text(text, "f.cin")
    return change


def complaint(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        read_cin_text(text, "f.cin")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "name", "subscripts", "values"),
    [
        ("CONST = 123.4", "CONST", (), (123.4,)),
        ("  tariff_level=.25   ", "tariff_level", (), (0.25,)),
        ("x = -1.5E-3 :C a comment = 5", "x", (), (-0.0015,)),
        ("x = 5:Cheap", "x", (), None),
        ("X[LDVs,battery electric] = 12429.18", "X", ("LDVs", "battery electric"), (12429.18,)),
        ("CONST[sub] = 3,2,7", "CONST", ("sub",), (3, 2, 7)),
        ("CONST[sub] = 3,\n 2,\n 7", "CONST", ("sub",), (3, 2, 7)),
        ("TWO[a,b] = 1,2;3,4;", "TWO", ("a", "b"), (1, 2, 3, 4)),
        ("0.0 <= NAME[EL] = .015 <= .1", "NAME", ("EL",), (0.015,)),
        ("-1e3<=NAME=2<=+3.", "NAME", (), (2,)),
        ('"R&D = [share], :C total"=1', '"R&D = [share], :C total"', (), (1,)),
        ("taxe d'été = 1", "taxe d'été", (), (1,)),
        ("a = :NA:", "a", (), (-(2.0**109),)),
    ],
)
def test_change_of_a_constant(
    text: str, name: str, subscripts: tuple[str, ...], values: tuple[float, ...] | None
) -> None:
    if values is None:  # :C followed by letters is part of a word, not a comment
        assert "is not a number" in complaint(text)
        return
    assert one(text) == CinChange(name, subscripts, values, line=1)


@pytest.mark.parametrize(
    "text",
    [
        "L((0,1),(5,2))",
        "L ( (0,1), (5,2) )",
        "L(0,5,1,2)",
        "L([(0,0)-(10,10)],(0,1),(5,2))",
        "L(\n(0,1)\n(5,2)\n)",
        "#L#(\n(0,1)  :C first (\n\n(5,2))",
        "L\n( (0,1),\n(5,2))",
    ],
)
def test_change_of_a_lookup(text: str) -> None:
    change = one(text)
    assert fold(change.name) == "l"
    assert change.points is not None
    assert (change.points.x, change.points.y) == ((0, 5), (1, 2))
    assert change.values == ()


def test_change_of_a_lookup_of_one_element() -> None:
    assert one("effect on[a b](0,1,2,3)") == CinChange(
        "effect on", ("a b",), points=Points((0, 1), (2, 3)), line=1
    )


def test_change_of_a_string() -> None:
    assert one("file :IS: 'a = b'") == CinChange("file", text="a = b", line=1)


def test_statements_in_order_with_lines_comments_and_blanks() -> None:
    text = (
        ":C all of it\r\n\r\na = 1\r\nL(\r\n(0,1)\r\n(1,2))\r\n:c more\r\nA = 2\r\nb[x]=1,2;\r\nc=3"
    )
    found = read_cin_text(text, "f.cin")
    assert [(c.name, c.line) for c in found] == [("a", 3), ("L", 4), ("A", 8), ("b", 9), ("c", 10)]


def test_ctrl_z_ends_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.cin"
    path.write_bytes(b"a = 1\r\nb = 2\r\n\x1a")
    assert [(c.name, c.values) for c in read_cin(path)] == [("a", (1,)), ("b", (2,))]


def test_text_behind_ctrl_z_is_said_not_to_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "x.cin"
    path.write_bytes(b"a = 1\r\n\x1a\r\nb = 2\r\nc = 3\r\n")
    assert [c.name for c in read_cin(path)] == ["a"]
    assert 'x.cin:2 | Ctrl-Z ends the file here: "b = 2" and on is not read' in caplog.text
    caplog.clear()
    path.write_bytes(b"a = 1\r\n\x1a\r\n\x1a \r\n")
    assert [c.name for c in read_cin(path)] == ["a"]
    assert not caplog.text


def test_any_encoding_and_line_end(tmp_path: Path) -> None:
    path = tmp_path / "f.cin"
    for content in ("Größe = 1\rb = 2".encode("cp1252"), "\ufeffGröße = 1\r\nb = 2\r\n".encode()):
        path.write_bytes(content)
        assert [c.name for c in read_cin(path)] == ["Größe", "b"]
    path.write_bytes(b"")
    assert read_cin(path) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = abc", '"abc" is not a number (for "x")'),
        ("x = 1/3", '"1/3" is not a number'),
        ("x = 1_000", '"1_000" is not a number'),
        ("x = inf", '"inf" is not a number'),
        ("x = 1 2", '"1 2" is not a number'),
        ("x =", '"x" has no value'),
        ("x = 1,2", '"x" has 2 values but no subscript'),
        ("x[a] = 1,,2", '"" is not a number'),
        ("x[ ,a] = 1", 'a subscript of "x" is empty'),
        ("x[a = 1", "is not a change"),
        ("x 5", "is not a change"),
        ("= 5", "is not a change"),
        ("1 = 2", "is not a change"),
        ("s :IS: text", "must be in quotes '...'"),
        ("L((0,1),(1)", "cannot be read"),
        ("L(1,2,3)", "there are no points"),
        ("L()", "there are no points"),
        ("L((0,1),(1,2)) more", "does not end in a parenthesis"),
        ("L((0,1),(1e999,2))", "not a finite number"),
    ],
)
def test_invalid_changes_are_refused_with_their_line(text: str, words: str) -> None:
    said = complaint(f"\n{text}\n")
    assert words in said
    assert said.startswith("f.cin:2 | ")


def test_all_problems_of_a_file_are_collected() -> None:
    with pytest.raises(ScenarioError) as caught:
        read_cin_text("a = x\nL((0,1)\nb = 3\ny 5\n", "f.cin")
    assert [p.where for p in caught.value.problems] == ["f.cin:1", "f.cin:2", "f.cin:4"]


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="there is no such file"):
        read_cin(tmp_path / "none.cin")
    with pytest.raises(ExchangeError, match="this is a folder"):
        read_cin(tmp_path)
    (tmp_path / "b.cin").write_bytes(b"a = 1\0")
    with pytest.raises(ExchangeError, match="binary"):
        read_cin(tmp_path / "b.cin")


_NAMES = st.from_regex(r"[A-Za-z][A-Za-z_ ]{0,8}[a-z]", fullmatch=True)
_LABELS = st.lists(_NAMES, max_size=2).map(tuple)
_FLOATS = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda v: not -6.4904e32 < v < -6.4903e32
)


@given(st.lists(st.tuples(_NAMES, _LABELS, _FLOATS), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_written_changes_are_read_back(
    changes: list[tuple[str, tuple[str, ...], float]], end: str
) -> None:
    lines = [f"{n}{'[' + ','.join(s) + ']' if s else ''} = {v!r}" for n, s, v in changes]
    found = read_cin_text(end.join(lines), "f.cin")
    assert [(fold(c.name), tuple(map(fold, c.subscripts)), c.values) for c in found] == [
        (fold(n), tuple(map(fold, s)), (v,)) for n, s, v in changes
    ]


@given(st.text(alphabet="ab1=(),[];:\"<. \n#'", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        for change in read_cin_text(text, "f.cin"):
            assert change.values or change.points or change.text is not None
    except ScenarioError as error:
        assert all(p.where.startswith("f.cin:") for p in error.problems)  # noqa: PT017
