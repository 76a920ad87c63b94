"""A Vensim .mdl file as a Model.

The file's blocks come from `outline`, single equations from `reference`; here they become
elements with kinds, dimensions and ranges. Nothing is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from simdistrict.base.errors import ModelError, Problem, did_you_mean
from simdistrict.exchange.external.files import Files
from simdistrict.exchange.mdl.dimensions import Spaces, read_dimensions, worth_a_hint
from simdistrict.exchange.mdl.file import read_text
from simdistrict.exchange.mdl.macros import MdlMacro, expanded, integrates, read_macros
from simdistrict.exchange.mdl.outside import Outside, is_lookup, is_lookup_call, takes_labels
from simdistrict.exchange.text.grammar import parse_expression
from simdistrict.exchange.text.outline import MdlBlock, outline
from simdistrict.exchange.text.points import read_points
from simdistrict.model.expr import (
    Array,
    Call,
    Expr,
    Number,
    Points,
    Tables,
    Unary,
    fold,
    named_terms,
    unquoted,
)
from simdistrict.model.model import (
    Auxiliary,
    Constant,
    Data,
    Dimension,
    Element,
    Equation,
    Flow,
    Lookup,
    Model,
    Range,
    Stock,
    as_kind,
    missing_control,
)

MAX_PROBLEMS = 50


def read_mdl(path: Path) -> Model:
    """Read a .mdl file.

    Raises ExchangeError when the file cannot be read, ModelError when it is not a model that
    simdistrict understands; a ModelError holds every problem found.
    """
    return read_mdl_text(read_text(path), path.stem, str(path))


def read_mdl_text(text: str, name: str, where: str = "", record: str = "") -> Model:
    """The model in the text of a .mdl file; where is the file's name for messages.

    Spreadsheets and the like are looked for beside it. record: what an earlier reading took from
    them (`External.record`), which is then taken instead.
    """
    folder = Path(where).parent if where else None
    where = where or f"{name}.mdl"
    parts = outline(text, where)
    files = Files(folder, dict(parts.settings.file_tags), record)
    problems: list[Problem] = []
    notes: list[str] = []
    by_kind: dict[str, list[MdlBlock]] = {}
    for block in parts.blocks:
        by_kind.setdefault(block.kind, []).append(block)
    for block in by_kind.get("check", []):
        notes.append(f'{where}:{block.line} | the reality check "{block.name}" is left out')
    dimensions, wrong = read_dimensions(by_kind.get("dimension", []), where, files)
    problems += wrong
    if wrong and any(map(takes_labels, by_kind["dimension"])):
        # without their labels nothing else in the model makes sense
        raise ModelError(_some(wrong, where))
    macros, wrong = read_macros(
        by_kind.get("macro", []), lambda block, lookups: _equation(block, lookups, where), where
    )
    problems += wrong
    outside = Outside(files, where)
    elements, wrong = _elements(
        [b for b in parts.blocks if b.kind in ("equation", "lookup", "data", "empty")],
        dimensions,
        macros,
        outside,
    )
    problems += wrong
    problems += _missing(elements, where)
    if problems:
        raise ModelError(_some(problems, where))
    return Model(
        name,
        tuple(elements),
        dimensions,
        text,
        parts.settings.integrator,
        (*notes, *(f"{where} | {note}" for note in files.notes)),
        parts.settings.unit_synonyms,
        files.external(outside.problems),
    )


def _some(problems: list[Problem], where: str) -> list[Problem]:
    """As many problems as anybody reads."""
    if len(problems) <= MAX_PROBLEMS:
        return problems
    more = Problem(where, f"and {len(problems) - MAX_PROBLEMS} more problems")
    return [*problems[:MAX_PROBLEMS], more]


def _missing(elements: Iterable[Element], where: str) -> list[Problem]:
    gone = missing_control({fold(e.name) for e in elements})
    if not gone:
        return []
    hint = "every Vensim model defines them; is the file cut off?"
    return [Problem(where, f"the model has no {' and no '.join(gone)}", hint)]


def _elements(
    blocks: list[MdlBlock],
    dimensions: tuple[Dimension, ...],
    macros: Mapping[str, MdlMacro],
    outside: Outside,
) -> tuple[list[Element], list[Problem]]:
    where = outside.where
    spaces = Spaces(dimensions, where)
    groups: dict[str, list[MdlBlock]] = {}
    for block in blocks:
        groups.setdefault(fold(block.name), []).append(block)
    lookups = {name for name, group in groups.items() if is_lookup(group[0])}
    elements: list[Element] = []
    problems: list[Problem] = []
    for name, group in groups.items():
        if name in spaces.by_name:
            problems.append(
                Problem(
                    f"{where}:{group[0].line}",
                    f'"{group[0].name}" is the name of both an element and a subscript range',
                )
            )
            continue
        try:
            elements.append(_element(group, spaces, lookups, outside))
        except ModelError as error:
            problems += error.problems
    elements, wrong = expanded(elements, macros, where)
    problems += wrong
    made = {fold(e.name) for e in elements} - groups.keys()
    known = {*groups, *made, *spaces.by_name, *spaces.labels, "time"}
    problems += _undefined(elements, known, groups, where)
    return _with_flows(elements), problems


def _element(group: list[MdlBlock], spaces: Spaces, lookups: set[str], outside: Outside) -> Element:
    first, where = group[0], outside.where
    dims, positions = spaces.of(group)
    equations = [
        outside.resolved(_equation(block, lookups, where), block, spaces.model, dims)
        for block in group
    ]
    seen: dict[tuple[int, ...], int] = {}
    for block, places in zip(group, positions, strict=True):
        for place in places:
            if place in seen:
                raise ModelError(
                    Problem(
                        f"{where}:{block.line}",
                        f'"{block.name}" is defined twice for the same element, '
                        f"first in line {seen[place]}",
                    )
                )
            seen[place] = block.line
    ranges = [b.range for b in group if b.range != Range()]
    element = _kind(group, equations)(
        name=unquoted(first.name),
        equations=tuple(equations),
        units=next((b.units for b in reversed(group) if b.units), ""),
        range=ranges[-1] if ranges else Range(),
        documentation=next((b.documentation for b in reversed(group) if b.documentation), ""),
        dims=dims,
        group=first.group,
    )
    _check_kind(element, group, positions, where)
    return element


def _equation(block: MdlBlock, lookups: set[str], where: str) -> Equation:
    place = f"{where}:{block.line}"
    subscripts = tuple(fold(s) for s in block.subscripts)
    exceptions = tuple(tuple(fold(s) for s in e) for e in block.exceptions)
    initial: Expr | None = None
    expression: Expr
    if block.kind == "lookup" and not is_lookup_call(block):
        expression = read_points(block.right, block.name, place)
    elif not block.right.strip():
        expression = Tables((), block.between or "interpolate")
    else:
        start = f"{where}:{block.right_line}"
        expression = parse_expression(block.right, block.name, start, lookups)
    match expression:
        case Call("INTEG" | "ACTIVE INITIAL", args) if len(args) == 2:
            initial = args[1]
            expression = args[0]
        case Unary("-", Number(value)):
            expression = Number(-value)
    return Equation(expression, initial, subscripts, exceptions, block.line)


def _kind(group: list[MdlBlock], equations: list[Equation]) -> type[Element]:
    if is_lookup(group[0]):
        return Lookup
    if any(isinstance(e.expression, Tables) for e in equations):
        return Data
    if integrates(group[0], equations[0]):
        return Stock
    if all(isinstance(e.expression, Number | Array) and e.initial is None for e in equations):
        return Constant
    return Auxiliary


def _check_kind(
    element: Element, group: list[MdlBlock], positions: list[list[tuple[int, ...]]], where: str
) -> None:
    """What one element may hold: points only in lookups, as many numbers as labels."""
    for block, equation, places in zip(group, element.equations, positions, strict=True):
        place = f"{where}:{block.line}"
        if integrates(block, equation) != isinstance(element, Stock):
            raise ModelError(
                Problem(
                    place,
                    f'"{element.name}" is a stock in one equation and something else in another',
                )
            )
        is_table = isinstance(equation.expression, Points | Tables)
        if not isinstance(element, Data) and is_table != isinstance(element, Lookup):
            raise ModelError(
                Problem(
                    place,
                    f'"{element.name}" is a lookup in one equation and something else in another',
                )
            )
        if isinstance(equation.expression, Array) and len(equation.expression.values) != len(
            places
        ):
            raise ModelError(
                Problem(
                    place,
                    f'"{element.name}" needs {len(places)} numbers here and has '
                    f"{len(equation.expression.values)}",
                )
            )


def _undefined(
    elements: Iterable[Element], known: set[str], groups: Mapping[str, list[MdlBlock]], where: str
) -> Iterable[Problem]:
    spelled = [g[0].name for g in groups.values()]
    count = 0
    for element in elements:
        for name in Model.causes(element):
            if name not in known:
                count += 1
                what = f'"{element.name}" uses "{name}", which the model does not define'
                hint = did_you_mean(name, spelled) if worth_a_hint(count, spelled) else ""
                yield Problem(f"{where}:{element.line}", what, hint)


def _with_flows(elements: list[Element]) -> list[Element]:
    """The elements; auxiliaries that a stock adds or subtracts become flows."""
    flows = {
        name
        for element in elements
        if isinstance(element, Stock)
        for equation in element.equations
        for _, name in named_terms(equation.expression)
    }
    return [
        as_kind(Flow, e) if type(e) is Auxiliary and fold(e.name) in flows else e for e in elements
    ]
