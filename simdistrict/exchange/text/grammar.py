"""Parser of Vensim's equation language: the tree of a right-hand side from its text.

Precedence climbing. Operators from the weakest to the strongest: :IMPLIES:, :OR:, :AND:, :NOT:,
comparisons, sums, products, signs, powers (right-associative). Names are not resolved, except
that `table(x)` is a lookup or a function call, so the names of lookups must be known.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from simdistrict.base.errors import ModelError, Problem
from simdistrict.base.numbers import hint_for, real, too_large
from simdistrict.exchange.text.points import read_points
from simdistrict.exchange.text.precedence import PrecedenceParser
from simdistrict.exchange.text.tokens import Token, split_commas, tokens
from simdistrict.model.expr import (
    COMPARISONS,
    MAX_HEIGHT,
    NA,
    Array,
    Call,
    Expr,
    LookupCall,
    Number,
    Points,
    Ref,
    Text,
    Unary,
    WithLookup,
    capitals,
    fold,
    height,
    reduced,
)

# recursion limit: some 160 nested parentheses or functions, far beyond any model and within
# Python's stack
MAX_DEPTH = 640

_STRENGTH = {":IMPLIES:": 1, ":OR:": 2, ":AND:": 3} | dict.fromkeys(COMPARISONS, 5)
_STRENGTH |= {"+": 6, "-": 6, "*": 7, "/": 7, "^": 9}
_NOT, _SIGN = 4, 8


@dataclass(frozen=True, slots=True)
class OutputCall(Call):
    """A call of a macro with further outputs, `F(a, b : c, d)`."""

    outputs: tuple[Ref, ...] = ()


class EquationError(Exception):
    """An error in a right-hand side, with its position in the text."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what)
        self.at = at


def parse(text: str, lookups: Collection[str] = (), element: str = "", where: str = "") -> Expr:
    """The tree of a right-hand side that has no comments and line continuations.

    lookups: folded names of the lookup elements; element, where: as in `parse_expression`. Raises
    EquationError.
    """
    return _VensimParser(text, lookups, element, where).whole()


def parse_expression(text: str, element: str, where: str, lookups: Collection[str] = ()) -> Expr:
    """The tree of a right-hand side.

    element, where: name, and file and line of the first line of the text, for messages. Raises
    ModelError for a text that is not an equation.
    """
    try:
        return parse(text, lookups, element, where)
    except RecursionError:
        raise ModelError(Problem(where, f'the equation of "{element}" {_TOO_DEEP}')) from None
    except EquationError as error:
        what = f'the equation of "{element}" cannot be read: {error}'
        raise ModelError(Problem(_place(where, text, error.at), what)) from None


def _place(where: str, text: str, at: int) -> str:
    """File and line of a position in a text that begins at `where`."""
    file, _, line = where.rpartition(":")
    return f"{file}:{int(line) + text.count(chr(10), 0, at)}" if line.isdigit() else where


def subscripts_of(bracket: str) -> tuple[str, ...]:
    """The folded subscripts of `[a, b!]`."""
    found = []
    for part in split_commas(bracket[1:-1]):
        name = fold(part.removesuffix("!"))
        found.append(reduced(name) if part.endswith("!") else name)
    return tuple(found)


_TOO_DEEP = "nests too deeply; give parts of it names of their own"


class _VensimParser(PrecedenceParser):
    def __init__(self, text: str, lookups: Collection[str], element: str, where: str) -> None:
        self.text = text
        self.element, self.where = element, where
        self.tokens = tokens(text)
        self.at = 0
        self.lookups = lookups
        self.here = self.tokens[0]

    def step(self) -> Token:
        """Return the current token and advance to the next."""
        token = self.here
        self.at += 1
        self.here = self.tokens[min(self.at, len(self.tokens) - 1)]
        return token

    def error(self, what: str, token: Token | None = None) -> EquationError:
        token = token or self.here
        near = " ".join(self.text[token.start : token.start + 30].split())
        return EquationError(
            f'{what}, near "{near}"' if near else f"{what} at its end", token.start
        )

    def finite(self, text: str, token: Token) -> float:
        """The value of a number. Raises EquationError for another text, and for an overflow."""
        value = real(text)
        if value is None:
            kind = "finite number" if too_large(text) else "number"
            hint = hint_for(text)
            raise self.error(f"{text} is not a {kind}{hint and ', '}{hint}", token)
        return value

    def expect(self, sign: str, after: str) -> None:
        if self.here.text != sign:
            raise self.error(f'"{sign}" is missing {after}')
        self.step()

    def whole(self) -> Expr:
        if self.here.kind == "end":
            raise self.error("the right-hand side is empty")
        expr = self.expression()
        if self.here.text in (",", ";"):
            return self.array(expr)
        if self.here.kind != "end":
            raise self.error("an operator is missing, or there is too much text")
        if len(self.tokens) > MAX_HEIGHT and height(expr) > MAX_HEIGHT:
            raise EquationError(f"it {_TOO_DEEP}", self.tokens[0].start)
        return expr

    def array(self, first: Expr) -> Array:
        """`1,2,3` or `1,2;3,4;`; first: its first number, already parsed."""
        values = [self.constant(first)]
        widths = []
        row = 1
        while self.here.kind != "end":
            sign = self.step()
            if sign.text == ";":
                widths.append(row)
                row = 0
                if self.here.kind == "end":
                    break
            elif sign.text != ",":
                raise self.error("a list has numbers with , or ; between them", sign)
            values.append(self.constant(self.expression()))
            row += 1
        if not widths:
            return Array(tuple(values), (len(values),))
        if row:
            widths.append(row)
        if len(set(widths)) > 1:
            raise self.error("the rows of the list differ in length")
        return Array(tuple(values), (len(widths), widths[0]))

    def constant(self, expr: Expr) -> float:
        match expr:
            case Number(value):
                return value
            case Call(":NA:", ()):
                return NA
        raise self.error("a list of values has something other than a number before this")

    def too_deep(self) -> EquationError | None:
        if self.depth <= MAX_DEPTH:
            return None
        return EquationError(f"it {_TOO_DEEP}", self.here.start)

    def operator(self) -> tuple[str, int] | None:
        token = self.here
        if token.kind not in ("sign", "keyword"):
            return None
        sign = "".join(token.text.split()).upper()
        return (sign, _STRENGTH[sign]) if sign in _STRENGTH else None

    def applied(self, op: str, left: Expr, right: Expr) -> tuple[list[Expr], list[str]]:
        if op == ":IMPLIES:":
            return [Unary(":NOT:", left), right], [":OR:"]
        return super().applied(op, left, right)

    def operand(self) -> Expr:
        token = self.step()
        kind, text = token.kind, token.text
        if kind == "name":
            return self.named(text)
        if kind == "number":
            return Number(self.finite(text, token))
        if text == "(":
            if self.here.kind == "bracket" or self.is_point():
                return self.points()
            self.depth += 1
            expr = self.expression()
            self.depth -= 1
            self.expect(")", "to close a parenthesis")
            return expr
        if text == "-":
            operand = self.expression(_SIGN)
            return Number(-operand.value) if isinstance(operand, Number) else Unary("-", operand)
        if text == "+":
            return self.expression(_SIGN)
        if kind == "text":
            return Text(text[1:-1])
        if kind == "keyword":
            word = "".join(text.split()).lower()
            if word == ":not:":
                return Unary(":NOT:", self.expression(_NOT))
            if word == ":na:":
                return Call(":NA:", ())
        raise self.error("a name, a number or a parenthesis is missing", token)

    def is_point(self) -> bool:
        """Whether `(number,` follows: the first point of a lookup, or points as columns."""
        if self.here.text != "(":
            return False
        at = self.at + 1
        while self.tokens[at].text in ("-", "+"):
            at += 1
        return self.tokens[at].kind == "number" and self.tokens[at + 1].text == ","

    def points(self) -> Expr:
        """Points as an argument; their opening parenthesis is the previous token."""
        first = self.tokens[self.at - 1]
        depth = 1
        while depth:
            token = self.step()
            if token.kind == "end":
                raise self.error("the points of a lookup have no end", first)
            depth += (token.text == "(") - (token.text == ")")
        stop = token.start + 1
        try:
            place = _place(self.where, self.text, first.start)
            return read_points(self.text[first.start : stop], self.element, place)
        except ModelError as error:
            what = error.problems[0].what.replace(f'the lookup "{self.element}"', "a lookup in it")
            raise EquationError(what, first.start) from None

    def named(self, name: str) -> Expr:
        subscripts: tuple[str, ...] = ()
        if self.here.kind == "bracket":
            subscripts = subscripts_of(self.step().text)
        if self.here.text != "(" or self.here.kind != "sign":
            return Ref(fold(name), subscripts)
        key = fold(name)
        start = self.step()
        if key == "tabbed array":
            return self.tabbed(start)
        self.depth += 3
        args, outputs = self.arguments(key)
        self.depth -= 3
        if (subscripts or key in self.lookups) and len(args) == 1 and not outputs:
            return LookupCall(Ref(key, subscripts), args[0])
        if subscripts:
            raise self.error(f'"{name}" has subscripts and {len(args)} arguments')
        function = capitals(key)
        if outputs:
            return OutputCall(function, args, outputs)
        if function == "WITH LOOKUP" and len(args) == 2:
            return self.with_lookup(args)
        return Call(function, args)

    def with_lookup(self, args: tuple[Expr, ...]) -> Expr:
        x, points = args
        if isinstance(points, Points):
            return WithLookup(x, points)
        if isinstance(points, Ref):
            return LookupCall(points, x)
        raise self.error("WITH LOOKUP has no points before here")

    def arguments(self, key: str) -> tuple[tuple[Expr, ...], tuple[Ref, ...]]:
        """Arguments and additional outputs up to the closing parenthesis."""
        args: list[Expr] = []
        outputs: list[Ref] = []
        if self.here.text == ")":
            self.step()
            return (), ()
        # the points of WITH LOOKUP may also be written x1,..,xn,y1,..,yn
        inline = key == "with lookup"
        while True:
            if inline and len(args) == 1 and self.is_point():
                self.step()
                args.append(self.points())
            else:
                args.append(self.expression())
            if self.here.text != ",":
                break
            self.step()
        while self.here.text == ":" or (outputs and self.here.text == ","):
            self.step()
            if self.here.kind != "name":
                raise self.error("the name of an output is missing")
            name = fold(self.step().text)
            bracket = self.step().text if self.here.kind == "bracket" else "[]"
            outputs.append(Ref(name, subscripts_of(bracket) if bracket != "[]" else ()))
        self.expect(")", f"to close the arguments of {key.upper()}")
        return tuple(args), tuple(outputs)

    def tabbed(self, start: Token) -> Expr:
        """The numbers of TABBED ARRAY, one row per line."""
        stop = self.text.find(")", start.start)
        if stop < 0:
            raise self.error("TABBED ARRAY has no end", start)
        rows = [r.split() for r in self.text[start.start + 1 : stop].splitlines() if r.strip()]
        while self.here.start < stop:
            self.step()
        self.step()
        numbers = [tuple(self.finite(cell.rstrip(","), start) for cell in row) for row in rows]
        if not numbers or len(set(map(len, numbers))) > 1:
            raise self.error("the rows of TABBED ARRAY differ in length", start)
        values = tuple(value for row in numbers for value in row)
        shape = (len(numbers), len(numbers[0])) if len(numbers) > 1 else (len(values),)
        return Array(values, shape)
