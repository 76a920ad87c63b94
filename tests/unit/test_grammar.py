"""The grammar of equations: precedence, forms that other readers refuse, and messages."""

from __future__ import annotations

import pytest

from simdistrict.base.errors import ModelError
from simdistrict.exchange.mdl.reader import read_mdl_text
from simdistrict.exchange.text.grammar import EquationError, OutputCall, parse
from simdistrict.model.expr import (
    Array,
    Binary,
    Call,
    LookupCall,
    Number,
    Points,
    Ref,
    Text,
    Unary,
    WithLookup,
    reduced,
)
from simdistrict.run.simulate import simulate
from tests.small import mdl, small

A, B, C = Ref("a"), Ref("b"), Ref("c")
POINTS = Points((0.0, 1.0), (2.0, 3.0))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("-a^b", Unary("-", Binary("^", A, B))),
        ("-2^2", Unary("-", Binary("^", Number(2), Number(2)))),
        ("a^-b", Binary("^", A, Unary("-", B))),
        ("a^b^c", Binary("^", A, Binary("^", B, C))),
        ("a-b-c", Binary("-", Binary("-", A, B), C)),
        ("a/b*c", Binary("*", Binary("/", A, B), C)),
        ("-a*b", Binary("*", Unary("-", A), B)),
        ("a*-b", Binary("*", A, Unary("-", B))),
        ("a+b*c", Binary("+", A, Binary("*", B, C))),
        ("a+b>c", Binary(">", Binary("+", A, B), C)),
        ("+a", A),
        ("3e2", Number(300)),
        (".5", Number(0.5)),
        ("5.", Number(5)),
        (":NOT: a = b", Unary(":NOT:", Binary("=", A, B))),
        ("a :or: b :And: c", Binary(":OR:", A, Binary(":AND:", B, C))),
        ("a :IMPLIES: b", Binary(":OR:", Unary(":NOT:", A), B)),
        (": NA :", Call(":NA:", ())),
        ("A_ 1  b", Ref("a 1 b")),
        ('"x [1] ""', None),
        ('"a, ""\\"b"', None),
        ('"a \\"b\\", c"', Ref('a "b", c')),
        ("caffè€ 2", Ref("caffè€ 2")),
        ("Bob's price$", Ref("bob's price$")),
        ('a[ "x, y" , B! ]', Ref("a", ("x, y", reduced("b")))),
        ("t(a)", LookupCall(Ref("t"), A)),
        ("u[x](a)", LookupCall(Ref("u", ("x",)), A)),
        ("LOOKUP FORWARD(t, a)", Call("LOOKUP FORWARD", (Ref("t"), A))),
        ("with  lookup(a, ((0,2),(1,3)))", WithLookup(A, POINTS)),
        ("WITH LOOKUP(a, (0,1,2,3))", WithLookup(A, POINTS)),
        (
            "WITH LOOKUP(a, ([(0,0)-(9,8)],(0,2),(1,3)))",
            WithLookup(A, Points(POINTS.x, POINTS.y, ((0.0, 9.0), (0.0, 8.0)))),
        ),
        ("LOOKUP INVERT(((0,2),(1,3)), a)", Call("LOOKUP INVERT", (POINTS, A))),
        ("GET XLS DATA('a b.xls', '?', 'A', 'B2*')", None),
        ("F(a, b : c, d[e])", OutputCall("F", (A, B), (Ref("c"), Ref("d", ("e",))))),
        ("F(a, b : c, d)", OutputCall("F", (A, B), (Ref("c"), Ref("d")))),
        ("RANDOM 0 1()", Call("RANDOM 0 1", ())),
        ("1, -2, 3", Array((1, -2, 3), (3,))),
        ("1,2;3,4;", Array((1, 2, 3, 4), (2, 2))),
        ("1,2;", Array((1, 2), (1, 2))),
        ("TABBED ARRAY(\n1\t2\n3\t4\n)", Array((1, 2, 3, 4), (2, 2))),
    ],
)
def test_tree_of_an_expression(text: str, tree: object) -> None:
    if tree is None and text.startswith('"'):
        with pytest.raises(EquationError):
            parse(text, {"t"})
    elif tree is None:
        texts = (Text("a b.xls"), Text("?"), Text("A"), Text("B2*"))
        assert parse(text) == Call("GET XLS DATA", texts)
    else:
        assert parse(text, {"t"}) == tree


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a +", "is missing at its end"),
        ("a b + * c", 'is missing, near "* c"'),
        ("(a + b", "to close a parenthesis"),
        ("MAX(a, b", "to close the arguments of MAX"),
        ("a)", "too much text"),
        ("a ? b", 'near "? b"'),
        ("1, 2, a", "other than a number"),
        ("1,2;3;", "differ in length"),
        ("t(1, (2", "to close a parenthesis"),
        ("u[x](a, b)", "has subscripts and 2 arguments"),
        ("WITH LOOKUP(a, b + 1)", "has no points"),
        ("WITH LOOKUP(a, ((0,1), (2,", "have no end"),
        ("TABBED ARRAY(1 2\n3)", "differ in length"),
        ("'never closed", 'near "\'never closed"'),
    ],
)
def test_invalid_expressions_are_refused(text: str, what: str) -> None:
    with pytest.raises(EquationError) as caught:
        parse(text)
    assert what in str(caught.value)


def test_message_has_the_line_of_the_error() -> None:
    text = mdl("a = 1") + "b = a + {a comment\nof two lines} a * \\\n\t\ta\n\t* * a ~~|"
    line = text.count("\n") + 1
    with pytest.raises(ModelError) as caught:
        read_mdl_text(text, "m")
    assert str(caught.value).startswith(f"m.mdl:{line} | ")


def test_comments_and_line_continuations_anywhere() -> None:
    text = (
        "part {of it}: n{orth}, \\\n s {outh, and so on: | ~}\n ~~|\n"
        "x {x} [ part ] = {a} 1, \\\n 2 {b} ~~|\n"
        '"y {no comment}" = x[s] {c} * long \\\n\t\tname{d} ~ m {e} ~ f {g} |\n'
    )
    model = read_mdl_text(text + mdl("long name = 3"), "m")
    assert model.dimensions[0].labels == ("n", "s")
    assert model["y {no comment}"].units == "m"
    assert float(simulate(model)["y_no_comment"]) == 6


def test_partial_mappings_and_mappings_of_ranges() -> None:
    model = small(
        """
        a : a1, a2, a3 -> (b : b1, b2), (c : low, low, c3)
        b : b1, b2, b3
        c : c1, c2, c3
        low : c1, c2
        d : first, a3 -> (c : low, c3)
        first : a1, a2
        x[c] = 1, 2, 3"""
    )
    ranges = model.dims_by_name
    assert ranges["a"].mappings == (
        ("b", (("b1",), ("b2",))),
        ("c", (("c1", "c2"), ("c1", "c2"), ("c3",))),
    )
    assert ranges["d"].mappings == (("c", (("c1",), ("c2",), ("c3",))),)
