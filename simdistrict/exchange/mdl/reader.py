"""A Vensim .mdl file as a Model: elements with kinds, dimensions and ranges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from simdistrict.base.errors import ModelError, Problem, collecting, did_you_mean
from simdistrict.base.remarks import remark
from simdistrict.exchange.external.files import Files
from simdistrict.exchange.mdl.dimensions import Spaces, read_dimensions, worth_a_hint
from simdistrict.exchange.mdl.file import read_text
from simdistrict.exchange.mdl.macros import MdlDefinition, MdlMacro, expanded, read_macros
from simdistrict.exchange.mdl.outside import Outside, is_lookup, is_lookup_call, takes_labels
from simdistrict.exchange.text.grammar import parse_expression
from simdistrict.exchange.text.outline import MdlBlock, outline
from simdistrict.exchange.text.points import read_points
from simdistrict.exchange.text.tokens import spelled_in
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
from simdistrict.model.undefined import undefined_readings

MAX_PROBLEMS = 50


def read_mdl(path: Path) -> Model:
    """Read a .mdl file.

    Raises ExchangeError for a file that cannot be read, and ModelError with every problem found
    in the model.
    """
    return read_mdl_text(read_text(path), path.stem, str(path))


def read_mdl_text(text: str, name: str, where: str = "", record: str = "") -> Model:
    """The model in the text of a .mdl file; where: the file's name for messages.

    Spreadsheets and data files are looked for in its folder. record: what an earlier reading took
    from them (`External.record`), which then replaces them.
    """
    folder = Path(where).parent if where else None
    file, where = where, where or f"{name}.mdl"
    parts = outline(text, where)
    files = Files(folder, dict(parts.settings.file_tags), record)
    by_kind: dict[str, list[MdlBlock]] = {}
    for block in parts.blocks:
        by_kind.setdefault(block.kind, []).append(block)
    notes = [
        f'{where}:{block.line} | the reality check "{block.name}" is left out'
        for block in by_kind.get("check", [])
    ]
    dimensions, problems = read_dimensions(by_kind.get("dimension", []), where, files)
    if problems and any(map(takes_labels, by_kind["dimension"])):
        # without labels every element would have problems of its own
        raise ModelError(_first(problems, where))
    macros, wrong = read_macros(
        by_kind.get("macro", []), lambda block, lookups: _definition(block, lookups, where), where
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
    if gone := missing_control({fold(e.name) for e in elements}):
        hint = "every Vensim model defines them; is the file cut off?"
        problems.append(Problem(where, f"the model has no {' and no '.join(gone)}", hint))
    if problems:
        raise ModelError(_first(problems, where))
    skipped = files.told_skipped()
    for told in skipped:
        remark(where, told)
    model = Model(
        name,
        tuple(elements),
        dimensions,
        text,
        parts.settings.integrator,
        (*notes, *(f"{where} | {note}" for note in (*files.notes, *skipped))),
        parts.settings.unit_synonyms,
        files.external(outside.problems),
        file,
    )
    for element, equation, what in undefined_readings(model):
        told = f'"{element.name}" reads "{what}", which no equation defines: it counts as 0'
        remark(f"{where}:{equation.line}", told)
    return model


def _first(problems: list[Problem], where: str) -> list[Problem]:
    """The first problems, and a line that counts the others."""
    if len(problems) <= MAX_PROBLEMS:
        return problems
    more = Problem(where, f"and {len(problems) - MAX_PROBLEMS} more problems")
    return [*problems[:MAX_PROBLEMS], more]


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
            what = f'"{group[0].name}" is the name of both an element and a subscript range'
            problems.append(group[0].problem(where, what))
            continue
        with collecting(problems):
            elements.append(_element(group, spaces, lookups, outside))
    elements, wrong = expanded(elements, macros, where)
    problems += wrong
    made = {fold(e.name) for e in elements} - groups.keys()
    known = {*groups, *made, *spaces.by_name, *spaces.labels, "time"}
    problems += _undefined(elements, known, groups, where)
    return _with_flows(elements), problems


def _element(group: list[MdlBlock], spaces: Spaces, lookups: set[str], outside: Outside) -> Element:
    first, where = group[0], outside.where
    dims, positions = spaces.of(group)
    definitions = [_definition(block, lookups, where) for block in group]
    equations = tuple(
        outside.resolved(d.equation, d.block, spaces.model, dims) for d in definitions
    )
    seen: dict[tuple[int, ...], int] = {}
    for block, places in zip(group, positions, strict=True):
        for place in places:
            if place in seen:
                what = f'"{block.name}" is defined twice for the same element, first in line '
                raise block.error(where, f"{what}{seen[place]}")
            seen[place] = block.line
    element = _kind(definitions, equations)(
        name=first.name,
        equations=equations,
        units=next((b.units for b in reversed(group) if b.units), ""),
        range=next((b.range for b in reversed(group) if b.range != Range()), Range()),
        documentation=next((b.documentation for b in reversed(group) if b.documentation), ""),
        dims=dims,
        group=first.group,
    )
    _check_kind(element, definitions, positions, where)
    return element


def _definition(block: MdlBlock, lookups: set[str], where: str) -> MdlDefinition:
    """The equation of a definition; lookups: the folded names of lookups."""
    initial: Expr | None = None
    expression: Expr
    if block.kind == "lookup" and not is_lookup_call(block):
        expression = read_points(block.right, block.name, f"{where}:{block.line}")
    elif not block.right.strip():
        expression = Tables((), block.between or "interpolate")
    else:
        start = f"{where}:{block.right_line}"
        expression = parse_expression(block.right, block.name, start, lookups)
    integrates = False
    match expression:
        case Call("INTEG" | "ACTIVE INITIAL" as function, (value, first)):
            integrates = function == "INTEG"
            expression, initial = value, first
        case Unary("-", Number(value)):
            expression = Number(-value)
    subscripts = tuple(map(fold, block.subscripts))
    exceptions = tuple(tuple(map(fold, e)) for e in block.exceptions)
    equation = Equation(expression, initial, subscripts, exceptions, block.line)
    return MdlDefinition(block, equation, integrates)


def _kind(definitions: list[MdlDefinition], equations: tuple[Equation, ...]) -> type[Element]:
    if is_lookup(definitions[0].block):
        return Lookup
    if any(isinstance(e.expression, Tables) for e in equations):
        return Data
    if definitions[0].integrates:
        return Stock
    if all(isinstance(e.expression, Number | Array) and e.initial is None for e in equations):
        return Constant
    return Auxiliary


def _check_kind(
    element: Element,
    definitions: list[MdlDefinition],
    positions: list[list[tuple[int, ...]]],
    where: str,
) -> None:
    """Raise ModelError where definitions of one element differ in kind or number of values."""
    for definition, equation, places in zip(definitions, element.equations, positions, strict=True):
        is_table = isinstance(equation.expression, Points | Tables)
        kind = ""
        if definition.integrates != isinstance(element, Stock):
            kind = "stock"
        elif not isinstance(element, Data) and is_table != isinstance(element, Lookup):
            kind = "lookup"
        if kind:
            what = f'"{element.name}" is a {kind} in one equation and something else in another'
            raise definition.block.error(where, what)
        if isinstance(equation.expression, Array):
            count = len(equation.expression.values)
            if count != len(places):
                what = f'"{element.name}" needs {len(places)} numbers here and has {count}'
                raise definition.block.error(where, what)
            rows, row = equation.expression.shape[:-1], equation.expression.shape[-1]
            sizes = [len(set(axis)) for axis in zip(*places, strict=True)]
            *others, last = [size for size in sizes if size > 1] or [row]
            if rows and others and row != last:
                what = f'the rows of numbers of "{element.name}" have {row} numbers, and its last '
                raise definition.block.error(where, f"{what}range has {last} labels")


def _undefined(
    elements: Iterable[Element], known: set[str], groups: Mapping[str, list[MdlBlock]], where: str
) -> Iterator[Problem]:
    spelled = [g[0].name for g in groups.values()]
    count = 0
    for element in elements:
        own = groups.get(fold(element.name), ())
        for name in Model.causes(element):
            if name not in known:
                count += 1
                shown = next((found for b in own if (found := spelled_in(b.right, name))), name)
                what = f'"{element.name}" uses "{shown}", which the model does not define'
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
