"""Definitions with text that belongs to nothing: refused or said, never read as something else."""

from __future__ import annotations

import numpy as np
import pytest

from simdistrict.base.errors import ModelError
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.text.left_side import left_side
from simdistrict.run.simulate import simulate
from tests.small import mdl

RANGES = "row: r1, r2, r3 ~~|\ncol: c1, c2 ~~|\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x[r1][r2] = 5", '"[r2]" follows the name x'),
        ("x[[r1]] = 5", "follows the name x"),
        ("x[r1] more = 5", '"more" follows the name x'),
        ('"x" more = 5', '"more" follows the name "x"'),
        ('x"y" = 5', "follows the name x"),
        ("x[row] :EXCEPT: r1 = 5", "follows the name x"),
        ("x[row] :EXCEPT: = 5", "follows the name x"),
        ("x[row] :EXCEPT: [r1] [r2] = 5", '"[r2]" follows'),
        ("x[row] :EXCEPT: [r1], = 5", "follows the name x"),
        ("x[row] :EXCEPT: [r1] :EXCEPT: [r2] = 5", "follows the name x"),
        ("x[row] :EXCEPT [r1] = 5", 'the range "x" has subscripts'),
        ("x :EXCEPT: [r1] = 5", "subscripts"),
        ("x + 1 = 5", "has the sign +"),
        ("x - 1 = 5", "has the sign -"),
        ("x, y = 5", "has the sign ,"),
        ("x; y = 5", "has the sign ;"),
        ("x! = 5", "has the sign !"),
        ("x = 5 ~ kg y = 6 ~~|", "has the sign ="),
        ("x = 5 ~ kg [0,1 ~|", "has the sign ["),
        ("x = 5 ~ kg 0,1] ~|", "has the sign ]"),
        ("x = 5 ~ kg [0,1] more ~|", "has the sign ["),
        ("x = 5 ~ kg [0,1,2,3] ~|", "4 numbers"),
        ("x : = 5", "has the label = 5"),
        ("new: d1,, d2 ~~|", "a comma without a label"),
        ("new: d1: d2 ~~|", "with the sign :"),
        ("new:: d1 ~~|", "with the sign :"),
        ("new: d1, d2; ~~|", "with the sign ;"),
        ("new: [r1] ~~|", "with the sign ["),
        ("new: d1 = 3 ~~|", "with the sign ="),
        ('new: "d1" more, d2 ~~|', "with the sign more"),
        ("row: other ~~|", 'the range "row" is defined twice, first in line 2'),
        ("new <-> none ~~|", "there is no such range"),
        ("x[row,col] = 1,2,3; 4,5,6;", "have 3 numbers, and its last range has 2 labels"),
        ("x = 5 ~~|\nX = 6", "is defined twice"),
        ("x[row] = 5 ~~|\nx[r1] = 6", "is defined twice"),
        ("x = 5 6", "cannot be read"),
        ("x = 5 more", "cannot be read"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_mdl_text(mdl(RANGES + text), "m")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x[row] :EXCEPT: [row] = 1", "leave no label"),
        ("new: d1, d2 -> row ~~|", 'has 2 labels, its mapping to "row" 3'),
        ("new: d1, d2 -> (row: r1) ~~|", 'has 2 labels, its mapping to "row" 1'),
        ("new: d1, d2 -> none ~~|", 'mapped to "none", and there is no such range'),
        ("x = 5 ~ kg [1,0] ~|", "begins above its end"),
    ],
)
def test_what_is_said(text: str, words: str, caplog: pytest.LogCaptureFixture) -> None:
    read_mdl_text(mdl(RANGES + text), "m")
    (said,) = caplog.messages
    assert said.startswith("m.mdl:6 | ")
    assert words in said


@pytest.mark.parametrize(
    ("left", "subscripts", "exceptions"),
    [
        ("x", (), ()),
        ("x [ r1 , c1 ]", ("r1", "c1"), ()),
        ('"x: y"[row] :EXCEPT: [r1]', ("row",), (("r1",),)),
        (
            'x["a]", b] : except : [c , d],\n [e, "f,g"]',
            ('"a]"', "b"),
            (("c", "d"), ("e", '"f,g"')),
        ),
        ("CO2-share's $ of it", (), ()),
    ],
)
def test_sound_left_hand_sides(left: str, subscripts: object, exceptions: object) -> None:
    side = left_side(left)
    assert (side.subscripts, side.exceptions, side.junk) == (subscripts, exceptions, "")


@pytest.mark.parametrize(
    "text",
    [
        "x[row,col] = 1,2; 3,4; 5,6;",
        "x[r1,col] = 1,2 ~~|\nx[r2,col] = 3,4 ~~|\nx[r3,col] = 5,6",
        "x[row,c1] = 1,3,5 ~~|\nx[row,c2] = 2;4;6;",
        "x[row,c1] = 1,3,5; ~~|\nx[row,c2] = 2,4,6",
    ],
)
def test_rows_of_numbers(text: str) -> None:
    found = simulate(read_mdl_text(mdl(RANGES + text.replace(" ~~|", " ~~|")), "m"))["x"]
    assert np.array_equal(found, [[1, 2], [3, 4], [5, 6]])


@pytest.mark.parametrize(
    "ranges",
    [
        "plant: p1, p2, p3, p4 -> kind ~~|\nkind: r1, r2, r2, r3 ~~|",
        "plant: p1, p2, p3, p4 ~~|\nkind: r1, r2, r2, r3 -> plant ~~|",
        "plant: p1, p2, p3, p4 -> (kind: r1, r2, r2, r3) ~~|\nkind: r1, r2, r2, r3 ~~|",
        "two: r1, r2 ~~|\nplant: p1, p2, p3, p4 -> kind ~~|\nkind: two, r2, r3 ~~|",
    ],
)
def test_mappings_count_a_repeated_label_each_time(
    ranges: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = f"{RANGES}{ranges}\nprice[row] = 10, 20, 30 ~~|\ncost[plant] = price[kind]"
    found = simulate(read_mdl_text(mdl(text), "m"))["cost"]
    assert np.array_equal(found, [10, 20, 20, 30])
    assert not caplog.messages


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x[r1] = 1 ~~|\nx[r2] = 2 ~~|\ny = SUM(x[row!])", "x[r3]"),
        ("x[r1] = 1 ~~|\nx[r2] = 2 ~~|\ny = x[r3] + 1", "x[r3]"),
        ("x[r1] = 1 ~~|\nx[r2] = Time ~~|\ny[row] = 2 * x[row]", "x[r3]"),
        ("x[row] :EXCEPT: [r1] = 1 ~~|\ny[row] = x[row]", "x[r1]"),
        ("x[row,col] :EXCEPT: [r2,c2] = 1 ~~|\ny[row] = SUM(x[row,col!])", "x[r2,c2]"),
        ("x[r1] = 1 ~~|\nx[r2] = 2 ~~|\ny = INTEG(1, x[r3])", "x[r3]"),
    ],
)
def test_a_label_without_an_equation_is_said(
    text: str, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = read_mdl_text(mdl(RANGES + text), "m")
    (said,) = caplog.messages
    assert f'"y" reads "{what}", which no equation defines: it counts as 0' in said
    assert said.startswith(f"m.mdl:{model['y'].line} | ")


@pytest.mark.parametrize(
    "text",
    [
        "x[row] :EXCEPT: [r1] = 1 ~~|\ny[row] :EXCEPT: [r1] = x[row]",
        "x[row] :EXCEPT: [r1] = 1 ~~|\ny[r2] = x[r2] ~~|\ny[r3] = x[r3]",
        "few: r1, r2 ~~|\nx[r1] = 1 ~~|\nx[r2] = 2 ~~|\ny = SUM(x[few!])",
        "x[row] = 1 ~~|\ny[r1] = x[r1]",
    ],
)
def test_arrays_defined_where_they_are_read(text: str, caplog: pytest.LogCaptureFixture) -> None:
    read_mdl_text(mdl(RANGES + text), "m")
    assert not caplog.messages
