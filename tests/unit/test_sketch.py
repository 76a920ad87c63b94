"""Automatic sketches: each element once, an arrow for each dependency, no overlap.

The checks read the text of the sketch, as Vensim would.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simdistrict.base.library import models
from simdistrict.exchange.mdl.layout import with_sketch
from simdistrict.exchange.mdl.reader import read_mdl, read_mdl_text
from simdistrict.exchange.sketch.boxes import Rectangle, lines, text_size
from simdistrict.exchange.sketch.content import dependencies
from simdistrict.exchange.sketch.geometry import crossings
from simdistrict.exchange.sketch.records import sketch
from simdistrict.model.expr import fold
from simdistrict.model.model import CONTROL, Model
from tests.oracle.witnesses import pysd_views, simlin_complaints
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]
SHIPPED = models()
WIDE, HIGH = 2400, 1400


@dataclass(frozen=True)
class Thing:
    """A variable, valve or cloud of a view."""

    record: int
    name: str
    box: Rectangle
    ghost: bool


@dataclass(frozen=True)
class Line:
    """An arrow or half of a pipe."""

    start: int
    stop: int
    pipe: bool
    initial: bool
    y: int


@dataclass(frozen=True)
class View:
    name: str
    things: dict[int, Thing]
    lines: list[Line]

    def named(self, number: int) -> str:
        """The folded name at the end of an arrow; the name of a valve is the next record."""
        thing = self.things[number]
        return fold(self.things[number + 1].name if thing.record == 11 else thing.name)


def views(text: str) -> Iterator[View]:
    for part in re.split(r"^\\+---///.*\n", text, flags=re.MULTILINE)[1:]:
        version, name, style, *records = part.partition("///---")[0].strip().split("\n")
        assert version.startswith("V300 ")
        assert style.startswith("$192-192-192,0,Times New Roman|12||")
        view = View(name.removeprefix("*"), {}, [])
        assert name.startswith("*")
        for record in records:
            read_record(record, view)
        yield view


def read_record(record: str, view: View) -> None:
    cells = re.findall(r'"(?:[^"\\]|\\.)*"|[^,]+|(?<=,)(?=,)', record)
    kind, number = int(cells[0]), int(cells[1])
    if kind == 1:
        middle = re.search(r"1\|\((-?\d+),(-?\d+)\)\|$", record)
        assert middle
        shape, thick = cells[4], cells[7]
        assert (shape, thick) in {("1", "0"), ("4", "22"), ("100", "22")}
        start, stop = int(cells[2]), int(cells[3])
        line = Line(start, stop, thick == "22", cells[10] == "1", int(middle[2]))
        view.lines.append(line)
        return
    assert kind in (10, 11, 12)
    box = Rectangle(*map(int, cells[3:7]))
    assert number not in view.things
    view.things[number] = Thing(kind, cells[2] if kind == 10 else "", box, cells[8] == "2")


def check(model: Model, text: str) -> list[View]:
    """Check the properties of a generated sketch."""
    found = list(views(text))
    at_home = [
        fold(t.name) for v in found for t in v.things.values() if t.record == 10 and not t.ghost
    ]
    assert sorted(at_home) == sorted(n for n in model.by_name if n not in CONTROL)
    wanted = {
        (cause, name, initial)
        for name, element in model.by_name.items()
        if name not in CONTROL
        for cause, initial in dependencies(model, element).items()
    }
    drawn: list[tuple[str, str, bool]] = []
    for view in found:
        no_overlap(view)
        drawn += dependencies_drawn(view)
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == wanted
    return found


def no_overlap(view: View) -> None:
    things = list(view.things.values())
    for k, one in enumerate(things):
        for other in things[:k]:
            assert not one.box.overlaps(other.box), (view.name, one, other)


def dependencies_drawn(view: View) -> list[tuple[str, str, bool]]:
    found = [(view.named(a.start), view.named(a.stop), a.initial) for a in view.lines if not a.pipe]
    valves = [n for n, thing in view.things.items() if thing.record == 11]
    for valve in valves:
        halves = [a for a in view.lines if a.pipe and a.start == valve]
        assert len(halves) == 2
        ends = [view.things[a.stop] for a in halves]
        box = view.things[valve].box
        assert {a.y for a in halves} == {box.y}
        # the pipe is horizontal, meets both ends, and the valve is between them
        assert all(abs(end.box.y - box.y) <= end.box.h for end in ends)
        left, right = sorted(end.box.x for end in ends)
        assert left < box.x < right
        label = view.things[valve + 1].box
        assert label.x == box.x
        assert label.y == box.y + box.h + label.h
        found += [(view.named(valve), fold(end.name), False) for end in ends if end.record == 10]
    return found


@cache
def drawn(name: str) -> str:
    """A shipped model with a quick layout."""
    return with_sketch(SHIPPED[name].read_text(encoding="utf-8"), f"{name}.mdl", 0.02)


SLOWEST = [pytest.param(n, marks=pytest.mark.slow) if n == "district" else n for n in SHIPPED]


@pytest.mark.parametrize("name", SLOWEST)
def test_sketch_of_a_shipped_model(name: str) -> None:
    model = read_mdl(SHIPPED[name])
    found = check(model, drawn(name))
    assert [v.name for v in found] == list(
        dict.fromkeys(e.group for e in model if fold(e.name) not in CONTROL)
    )
    for view in found:
        assert all(0 < t.box.x < WIDE and 0 < t.box.y < HIGH for t in view.things.values())


def random_model(seed: int) -> str:
    """Stocks connected by flows, also across groups, and a network of other elements."""
    random = Random(seed)
    words = "capacity knowledge of the tariff home internationalisation k rate in loss".split()
    names = [f"{' '.join(random.choices(words, k=random.randint(1, 5)))} {n}" for n in range(22)]
    names[5] = f'"{names[5]}, (odd)"'
    stocks, flows, rest = names[:5], names[5:12], names[12:]
    terms: dict[str, list[str]] = {stock: [] for stock in stocks}
    for flow in flows:
        for stock, sign in zip(random.sample(stocks, 2), "+-", strict=True):
            if random.random() < 0.7:
                terms[stock].append(f"{sign}{flow}")
    lines_ = []
    for stock in stocks:
        net = "".join(terms[stock]) or rest[0]
        start = random.choice(["1", rest[-1], f"2*{rest[-2]}"])
        lines_.append((stock, f"INTEG({net.removeprefix('+')}, {start})"))
    for k, name in enumerate([*rest, *flows]):
        causes = random.sample([*stocks, *rest[:k], "Time"], min(k, random.randint(0, 4)))
        right = "+".join(causes) or "3"
        lines_.append((name, f"INITIAL({right})" if causes and random.random() < 0.2 else right))
    blocks = []
    random.shuffle(lines_)
    for k, (name, right) in enumerate(lines_):
        if k % 8 == 0:
            blocks.append(f"********\n\t.Sector {k // 8}\n********~\n\tA group.\n\t|")
        blocks.append(f"{name} = {right} ~ Dmnl ~ |")
    return "\n".join(blocks) + mdl("").removeprefix("{UTF-8}")


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6))
def test_sketch_of_a_random_model(seed: int) -> None:
    model = read_mdl_text(random_model(seed), "random")
    check(model, sketch(model, effort=0.05))


def test_search_reduces_crossings() -> None:
    model = read_mdl_text(random_model(7), "random")

    def crossed(effort: float) -> int:
        count = 0
        for view in views(sketch(model, effort)):
            boxes = [(view.things[a.start].box, view.things[a.stop].box) for a in view.lines]
            ends = np.array([[(e.x, e.y) for e in pair] for pair in boxes], float)
            a, b = ends.reshape(-1, 2, 2).swapaxes(0, 1)
            count += int(crossings(a, b, a, b).sum()) // 2
        return count

    assert crossed(1) < crossed(0)


def test_layout_keeps_the_rest_of_the_file_and_is_reproducible() -> None:
    text = SHIPPED["core"].read_text(encoding="utf-8")
    drawn = with_sketch(text, "core.mdl", 0.1)
    assert outside(drawn) == outside(text)
    assert with_sketch(drawn, "core.mdl", 0.1) == drawn
    crlf = text.replace("\n", "\r\n")
    assert with_sketch(crlf, "core.mdl", 0.1) == drawn.replace("\n", "\r\n")


def outside(text: str) -> tuple[str, str]:
    return text.partition("\\\\\\---///")[0], text.partition("///---\\\\\\")[2]


def test_file_without_sketch_gets_sketch_and_settings() -> None:
    text = mdl("level = INTEG(rate, 1)\nrate = 2")
    drawn = with_sketch(text)
    assert drawn.startswith(text)
    tail = drawn[len(text) :]
    assert tail.startswith("\\\\\\---/// Sketch information")
    assert "\n///---\\\\\\\n:L\x7f<%^E!@\n" in tail
    assert "\n15:0,0,0,0,0,0\n" in tail
    assert with_sketch(drawn) == drawn
    check(read_mdl_text(drawn, "m"), drawn)


def test_pipes_join_stocks_and_initial_values_are_marked() -> None:
    model = read_mdl_text(
        mdl(
            "a = INTEG(-move, start)\nb = INTEG(move - out, 2)\nstart = 5\n"
            "move = a / life\nout = b * Time\nlife = 3\nfirst = INITIAL(b)"
        ),
        "m",
    )
    (view,) = check(model, sketch(model))
    pipes = [(view.named(p.start), fold(view.things[p.stop].name)) for p in view.lines if p.pipe]
    assert pipes == [("move", "b"), ("move", "a"), ("out", ""), ("out", "b")]
    marked = {(view.named(a.start), view.named(a.stop)) for a in view.lines if a.initial}
    assert marked == {("start", "a"), ("b", "first")}
    assert [t.name for t in view.things.values() if t.ghost] == ["Time"]


@pytest.mark.parametrize("count", [30, 3000])
def test_name_of_many_words_is_split_quickly(count: int) -> None:
    words = [f"w{k % 7}" for k in range(count)]
    start = time.perf_counter()
    rows = lines(" ".join(words))
    assert time.perf_counter() - start < 2
    assert " ".join(rows).split() == words
    assert max(map(len, rows)) <= 19


def test_name_is_split_into_even_lines() -> None:
    assert lines("tariff") == ["tariff"]
    assert lines("initial own attractiveness") == ["initial own", "attractiveness"]
    assert text_size("internationalisation of knowledge")[0] >= text_size("internationalisation")[0]


@pytest.mark.parametrize("name", SLOWEST)
def test_other_programs_read_the_drawn_model(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.mdl"
    path.write_text(drawn(name), encoding="utf-8", newline="")
    model = read_mdl(path)
    names = [n for n in model.by_name if n not in CONTROL]
    if found := pysd_views(path):
        assert len(found) == len({model.by_name[n].group for n in names})
        assert sum(map(len, found.values())) == len(names)
    assert simlin_complaints(path) == []


def test_command_replaces_a_sketch_only_with_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    plain, drawn = tmp_path / "m.mdl", tmp_path / "drawn.mdl"
    plain.write_text(mdl("level = INTEG(rate, 1)\nrate = 2"))
    assert call(capsys, "layout", "m.mdl", "-o", "drawn.mdl").out == "wrote drawn.mdl: 1 view\n"
    assert call(capsys, "layout", "m.mdl").code == 0
    assert plain.read_bytes() == drawn.read_bytes()
    answer = call(capsys, "layout", "m.mdl")
    assert answer.code == 3
    assert "has a sketch already" in answer.err
    assert "--force" in call(capsys, "layout", "m.mdl", "-o", "drawn.mdl").err
    assert call(capsys, "layout", "m.mdl", "--force").code == 0
