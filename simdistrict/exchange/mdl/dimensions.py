"""The subscript ranges of a .mdl file, and the dimensions of its elements."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence

from simdistrict.base.errors import ModelError, Problem, collecting, did_you_mean
from simdistrict.base.remarks import remark
from simdistrict.exchange.external.files import Files
from simdistrict.exchange.mdl.outside import with_labels
from simdistrict.exchange.text.left_side import foreign_sign
from simdistrict.exchange.text.outline import MdlBlock
from simdistrict.exchange.text.patterns import QUOTED
from simdistrict.exchange.text.tokens import split_arrows, split_commas
from simdistrict.model.expr import fold, unquoted
from simdistrict.model.model import Dimension, Element, Equation, Model

_NUMERIC = re.compile(r"^\(\s*(.*?)([0-9]{1,9})\s*-\s*(.*?)([0-9]{1,9})\s*\)$")
_MAPPED = re.compile(rf"\(\s*({QUOTED}|[^:\"]*?)\s*:(.*)\)", re.DOTALL)
# far beyond any model, within the memory of a small machine
MAX_LABELS, MAX_PLACES, MAX_NESTED = 100_000, 5_000_000, 50


def read_dimensions(
    blocks: list[MdlBlock], where: str, files: Files
) -> tuple[tuple[Dimension, ...], list[Problem]]:
    """All ranges in the order of the file, and their problems.

    files: the source of labels in spreadsheets.
    """
    problems: list[Problem] = []
    raw: dict[str, tuple[MdlBlock, list[str]]] = {}
    for block in blocks:
        with collecting(problems):
            block = with_labels(block, files, where)
            labels, name = _labels(block, where), fold(block.name)
            if name in raw and raw[name][1] != labels:
                what = f'the range "{block.name}" is defined twice, first in line '
                raise block.error(where, f"{what}{raw[name][0].line}")
            raw.setdefault(name, (block, labels))
    found: dict[str, tuple[str, ...]] = {}
    for name in raw:
        with collecting(problems):
            _expand(name, raw, found, where, ())
    dimensions = [
        Dimension(block.name, found[name], _mappings(block, raw, found, where), _same_as(block))
        for name, (block, _) in raw.items()
        if name in found
    ]
    return tuple(dimensions), problems


def _labels(block: MdlBlock, where: str) -> list[str]:
    return [label for part in _parts(block, where) for label in part]


def _parts(block: MdlBlock, where: str) -> list[list[str]]:
    """The parts of a range: each is one name, or the labels of `(a1-a9)`."""
    text = block.right.strip()
    if text.startswith("<->"):
        return [[_word(text[3:])]]
    parts: list[list[str]] = []
    texts = split_commas(split_arrows(text)[0])
    if "" in texts[:-1]:
        raise block.error(where, f'the range "{block.name}" has a comma without a label before it')
    for part in filter(None, texts):
        if not part.startswith("("):
            quoted = re.match(QUOTED, part)
            sign = part[quoted.end() :].strip() if quoted else foreign_sign(part)
            if sign:
                what = f'the range "{block.name}" has the label {part[:60]} with the sign {sign}'
                raise block.error(where, what, "is a comma missing, or a quote?")
            parts.append([_word(part)])
            continue
        match = _NUMERIC.match(part)
        if not match or match.group(1) != match.group(3) or not match.group(1):
            what = f'the range "{block.name}" has {part}, which is not of the form (a1-a9)'
            raise block.error(where, what)
        first, last = int(match.group(2)), int(match.group(4))
        if last - first >= MAX_LABELS:
            what = f'the range "{block.name}" has more than {MAX_LABELS} labels'
            raise block.error(where, what)
        parts.append([f"{match.group(1)}{i}" for i in range(first, last + 1)])
    if not any(parts):
        raise block.error(where, f'the range "{block.name}" has no labels')
    return parts


def _word(text: str) -> str:
    return unquoted(" ".join(text.split()))


def _expand(
    name: str,
    raw: Mapping[str, tuple[MdlBlock, list[str]]],
    found: dict[str, tuple[str, ...]],
    where: str,
    above: tuple[str, ...],
) -> tuple[str, ...]:
    """The labels of a range, with the labels of other ranges for their names."""
    if name in found:
        return found[name]
    block, labels = raw[name]
    if name in above or len(above) > MAX_NESTED:
        what = f'the range "{block.name}" contains itself'
        if name not in above:
            what = f"ranges are nested more than {MAX_NESTED} deep"
        raise block.error(where, what)
    result: dict[str, str] = {}
    for label in labels:
        inner: tuple[str, ...] = (label,)
        if _same_as(block) and fold(label) not in raw:
            what = f'"{block.name}" is to be the same as "{label}", and there is no such range'
            raise block.error(where, what, did_you_mean(label, [b.name for b, _ in raw.values()]))
        if fold(label) in raw:
            inner = _expand(fold(label), raw, found, where, (*above, name))
        result.update((fold(i), i) for i in inner)
    found[name] = tuple(result.values())
    return found[name]


def _same_as(block: MdlBlock) -> str:
    text = block.right.strip()
    return _word(text[3:]) if text.startswith("<->") else ""


def _mappings(
    block: MdlBlock,
    raw: Mapping[str, tuple[MdlBlock, list[str]]],
    found: Mapping[str, tuple[str, ...]],
    where: str,
) -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
    """The mappings of a range: `-> other` in order, `-> (other: b2, b1)` as listed.

    A range on both sides is mapped label by label. Labels without a counterpart map to nothing.
    """
    _, *arrows = split_arrows(block.right)
    if not arrows or block.right.startswith("<->"):
        return ()
    own = [
        [inner for label in part for inner in found.get(fold(label), (label,))]
        for part in _parts(block, where)
    ]
    mappings: list[tuple[str, tuple[tuple[str, ...], ...]]] = []
    for part in split_commas(",".join(arrows)):
        listing = _MAPPED.fullmatch(part)
        if listing is None:
            other = fold(part.strip("()"))
            # as the other range lists them: the n-th goes with the n-th, also where one repeats
            listed = raw[other][1] if other in raw else []
            theirs = [inner for label in listed for inner in found.get(fold(label), (label,))]
            _compare(block, where, part, sum(map(len, own)), len(theirs) if other in found else -1)
            mappings.append((other, _by_label(own, [(label,) for label in theirs])))
            continue
        other, listed = fold(listing.group(1)), split_commas(listing.group(2))
        groups = [found.get(fold(label), (_word(label),)) for label in listed]
        if len(groups) != len(own):  # it lists labels, not parts
            _compare(block, where, listing.group(1), sum(map(len, own)), len(groups))
            mappings.append((other, _by_label(own, groups)))
            continue
        places: list[tuple[str, ...]] = []
        for labels, group in zip(own, groups, strict=True):
            alike = len(labels) == len(group) and len(labels) > 1
            places += [(label,) for label in group] if alike else [group] * len(labels)
        mappings.append((other, _by_label(own, places)))
    return tuple(mappings)


def _compare(block: MdlBlock, where: str, other: str, own: int, theirs: int) -> None:
    """Remark on a mapping to a range that does not exist or has another number of labels."""
    name = unquoted(other.strip("() "))
    if theirs < 0:
        what = f'the range "{block.name}" is mapped to "{name}", and there is no such range'
    else:
        what = f'the range "{block.name}" has {own} labels, its mapping to "{name}" {theirs}'
        what += ": those without a counterpart are not mapped"
    if own != theirs:
        remark(f"{where}:{block.line}", what)


def _by_label(
    own: list[list[str]], groups: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """The labels that each own label maps to, once where a range lists it several times."""
    labels = [fold(label) for part in own for label in part]
    if len(set(labels)) == len(labels):
        return tuple(groups)
    found: dict[str, tuple[str, ...]] = {}
    for label, group in zip(labels, groups, strict=False):
        found[label] = (*found.get(label, ()), *group)
    return tuple(found.values())


class Spaces:
    """The dimensions of a model, from which those of each element are chosen."""

    def __init__(self, dimensions: tuple[Dimension, ...], where: str) -> None:
        self.where = where
        self.model = Model("", (), dimensions)
        self.by_name = self.model.dims_by_name
        self.own = {name: frozenset(map(fold, d.labels)) for name, d in self.by_name.items()}
        self.labels = frozenset().union(*self.own.values())
        self.places = self.unknown = 0

    def of(self, group: list[MdlBlock]) -> tuple[tuple[str, ...], list[list[tuple[int, ...]]]]:
        """The dimensions of one element, and the array positions that each definition defines.

        Raises ModelError for an unknown subscript and for definitions of different rank.
        """
        first = group[0]
        rank = len(first.subscripts)
        for block in group:
            if len(block.subscripts) != rank or any(len(e) != rank for e in block.exceptions):
                what = f'"{block.name}" has {rank} subscripts in line {first.line} '
                raise block.error(self.where, f"{what}and another number of them here")
        if not rank:
            return (), [[()] for _ in group]
        dims = tuple(self._dim([b.subscripts[k] for b in group], group) for k in range(rank))
        element = Element(name=first.name, equations=(), dims=dims)
        self.places += math.prod(self.model.shape(element)) * len(group)
        if self.places > MAX_PLACES:
            what = f'with "{first.name}" the arrays have more than {MAX_PLACES} numbers'
            raise first.error(self.where, what)
        return dims, [self._places(element, block) for block in group]

    def _places(self, element: Element, block: MdlBlock) -> list[tuple[int, ...]]:
        for subscript in (s for exception in block.exceptions for s in exception):
            if fold(subscript) not in self.labels | self.by_name.keys():
                raise ModelError(self._unknown(block, subscript))
        equation = Equation(
            expression=None,  # type: ignore[arg-type]
            subscripts=tuple(map(fold, block.subscripts)),
            exceptions=tuple(tuple(map(fold, e)) for e in block.exceptions),
        )
        found = list(self.model.positions(element, equation))
        if not found:
            what = f'the exceptions of "{block.name}" leave no label of this equation'
            remark(f"{self.where}:{block.line}", what)
        return found

    def _dim(self, subscripts: list[str], group: list[MdlBlock]) -> str:
        """The smallest range with all labels used at one position; a named range wins."""
        labels: set[str] = set()
        named: dict[str, Dimension] = {}
        for block, subscript in zip(group, subscripts, strict=True):
            name = fold(subscript)
            if name in self.by_name:
                if name not in named:
                    named[name] = self.by_name[name]
                    labels |= self.own[name]
            elif name in self.labels:
                labels.add(name)
            else:
                raise ModelError(self._unknown(block, subscript))
        if len(named) == 1:
            ((name, only),) = named.items()
            if labels == self.own[name]:
                return only.name
        candidates = dict.fromkeys((*named, *self.by_name))
        fitting = [self.by_name[name] for name in candidates if labels <= self.own[name]]
        if not fitting:
            shown = ", ".join(sorted(labels))
            what = f'no range has all labels of "{group[0].name}": {shown}'
            raise group[0].error(self.where, what)
        return min(fitting, key=lambda d: len(d.labels)).name

    def _unknown(self, block: MdlBlock, subscript: str) -> Problem:
        everything = [d.name for d in self.by_name.values()]
        everything += [label for d in self.by_name.values() for label in d.labels]
        self.unknown += 1
        name = unquoted(subscript)
        what = f'"{block.name}" has the subscript "{name}", which is neither a range nor a label'
        hint = did_you_mean(name, everything) if worth_a_hint(self.unknown, everything) else ""
        return block.problem(self.where, what, hint)


def worth_a_hint(count: int, names: Collection[str]) -> bool:
    """Whether to look for similar names: among very many it takes seconds."""
    return count <= 20 and len(names) <= 20_000
