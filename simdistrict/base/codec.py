"""Values of known types as plain data (msgpack), and back. The only door to msgpack.

The annotations of a dataclass say what its data may hold; data never names a class or a function,
so reading it runs no code of a file's choice. Objects keep their identity: what is one object in
a value is one object in its copy.
"""

from __future__ import annotations

import struct
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgpack

# objects written so far, by id -> number; objects read so far, by number
Memo = dict[int, int]
Objects = list[Any]
Encode = Callable[[Any, Memo], Any]
Decode = Callable[[Any, Objects], Any]

# a tuple of so many floats is stored as one block of bytes
_MANY = 8


class UnfitError(Exception):
    """A value or data that is not of the type that is expected."""


class Coder(NamedTuple):
    """Both directions for one type; atoms: the types of its values where these are their data."""

    encode: Encode
    decode: Decode
    atoms: frozenset[type] | None = None


def dumps(kind: type, value: object) -> bytes:
    """A value of a type as bytes.

    Raises UnfitError where it holds anything but what the annotations of the type allow.
    """
    try:
        data = coder(kind).encode(value, {})
        return bytes(msgpack.packb(data, use_bin_type=True))
    except (ValueError, OverflowError, RecursionError) as error:
        raise UnfitError(str(error)) from None


def loads(kind: type, data: bytes) -> Any:
    """The value of a type in bytes. Raises UnfitError where they hold anything else."""
    try:
        # no maps, extensions or timestamps: the coders refuse them
        found = msgpack.unpackb(data, use_list=False, raw=False, strict_map_key=False)
        return coder(kind).decode(found, [])
    except UnfitError:
        raise
    # constructors of values refuse what is not valid by errors of their own
    except Exception as error:  # noqa: BLE001
        raise UnfitError(str(error)) from None


@cache
def coder(hint: Any) -> Coder:
    """The coder of an annotation. Raises TypeError for one that plain data cannot hold."""
    if hint in _ATOMS:
        return _atom(*_ATOMS[hint])
    if hint is Path:
        return _path()
    if isinstance(hint, type) and _concrete(hint):
        return _objects(_concrete(hint))
    origin, given = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _literal(given)
    if origin in (Union, types.UnionType) and type(None) in given and len(given) == 2:
        return _optional(coder(next(one for one in given if one is not type(None))))
    if origin is tuple and given[-1] is ...:
        return _floats() if given[0] is float else _sequence(coder(given[0]))
    if origin is tuple:
        return _pack(tuple(map(coder, given)))
    if origin is frozenset:
        return _set(coder(given[0]))
    if origin in (dict, Mapping):
        return _mapping(*map(coder, given))
    raise TypeError(f"{hint!r} is no plain data")


# annotation -> types of its values; an int stays an int where a float is allowed
_ATOMS: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (float, int),
    bool: (bool,),
    bytes: (bytes,),
    type(None): (type(None),),
}


def _concrete(kind: type) -> tuple[type, ...]:
    """The dataclasses of its module that an annotation stands for: it, or those derived from it."""
    module = vars(sys.modules[kind.__module__])
    # a class by its name: @dataclass(slots=True) leaves another one, which it replaced
    family = [one for one in module.values() if isinstance(one, type) and issubclass(one, kind)]
    ends = {
        one for one in family if is_dataclass(one) and not any(one in o.__bases__ for o in family)
    }
    return tuple(sorted(ends, key=lambda one: one.__name__))


def _atom(*kinds: type) -> Coder:
    allowed = frozenset(kinds)

    def same(value: Any, _: object) -> Any:
        if type(value) not in allowed:
            raise UnfitError(f"{value!r:.80} is none of {', '.join(k.__name__ for k in kinds)}")
        return value

    return Coder(same, same, allowed)


def _expect(value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise UnfitError(f"{value!r:.80} is no {kind.__name__}")


def _literal(values: tuple[object, ...]) -> Coder:
    def same(value: Any, _: object) -> Any:
        if not any(type(value) is type(one) and value == one for one in values):
            raise UnfitError(f"{value!r:.80} is none of {values}")
        return value

    return Coder(same, same)


def _path() -> Coder:
    text = _atom(str)

    def encode(value: Any, _: Memo) -> Any:
        _expect(value, Path)
        return str(value)

    return Coder(encode, lambda data, objects: Path(text.decode(data, objects)))


def _optional(inner: Coder) -> Coder:
    if inner.atoms is not None:
        return _atom(*inner.atoms, type(None))
    encode, decode, _ = inner
    return Coder(
        lambda value, memo: None if value is None else encode(value, memo),
        lambda data, objects: None if data is None else decode(data, objects),
    )


def _floats() -> Coder:
    general = _sequence(_atom(*_ATOMS[float]))

    def encode(value: Any, memo: Memo) -> Any:
        _expect(value, tuple)
        if len(value) >= _MANY and set(map(type, value)) == {float}:
            return struct.pack(f"<{len(value)}d", *value)
        return general.encode(value, memo)

    def decode(data: Any, objects: Objects) -> Any:
        if type(data) is bytes:
            return struct.unpack(f"<{len(data) // 8}d", data)
        return general.decode(data, objects)

    return Coder(encode, decode)


def _sequence(inner: Coder) -> Coder:
    encode, decode, atoms = inner

    def pack(value: Any, memo: Memo) -> Any:
        _expect(value, tuple)
        return [encode(item, memo) for item in value]

    def unpack(data: Any, objects: Objects) -> Any:
        _expect(data, tuple)
        if atoms is not None:
            if not atoms.issuperset(map(type, data)):
                raise UnfitError(f"{data!r:.80} holds other types")
            return data
        return tuple([decode(item, objects) for item in data])

    return Coder(pack, unpack)


def _set(inner: Coder) -> Coder:
    items = _sequence(inner)

    def encode(value: Any, memo: Memo) -> Any:
        _expect(value, frozenset)
        # in one order, so that equal values have equal data
        return sorted(items.encode(tuple(value), memo))

    return Coder(encode, lambda data, objects: frozenset(items.decode(data, objects)))


def _pack(inner: tuple[Coder, ...]) -> Coder:
    def pack(value: Any, memo: Memo) -> Any:
        if type(value) is not tuple or len(value) != len(inner):
            raise UnfitError(f"{value!r:.80} has not {len(inner)} items")
        return [one.encode(item, memo) for one, item in zip(inner, value, strict=True)]

    def unpack(data: Any, objects: Objects) -> Any:
        if type(data) is not tuple or len(data) != len(inner):
            raise UnfitError(f"{data!r:.80} has not {len(inner)} items")
        return tuple([one.decode(item, objects) for one, item in zip(inner, data, strict=True)])

    return Coder(pack, unpack)


def _mapping(key: Coder, value: Coder) -> Coder:
    keys, values = _sequence(key), _sequence(value)

    def pack(given: Any, memo: Memo) -> Any:
        _expect(given, Mapping)
        return keys.encode(tuple(given), memo), values.encode(tuple(given.values()), memo)

    def unpack(data: Any, objects: Objects) -> Any:
        if type(data) is not tuple or len(data) != 2:
            raise UnfitError(f"{data!r:.80} is no pair of keys and values")
        found = keys.decode(data[0], objects)
        return dict(zip(found, values.decode(data[1], objects), strict=True))

    return Coder(pack, unpack)


def _objects(kinds: tuple[type, ...]) -> Coder:
    """One object of some dataclasses: the number of its class and its fields, or of an earlier one.

    The coders of the fields are found at first use, because a class may hold others of its kind.
    """
    numbers = {kind: number for number, kind in enumerate(kinds)}
    known: dict[type, tuple[bool, tuple[str, ...], tuple[Coder, ...]]] = {}

    def of(kind: type) -> tuple[bool, tuple[str, ...], tuple[Coder, ...]]:
        if kind not in known:
            hints, own = get_type_hints(kind), fields(kind)
            by_name = any(field.kw_only for field in own)
            names = tuple(field.name for field in own)
            known[kind] = by_name, names, tuple(coder(hints[name]) for name in names)
        return known[kind]

    def encode(value: Any, memo: Memo) -> Any:
        before = memo.get(id(value))
        if before is not None:
            return before
        kind = type(value)
        if kind not in numbers:
            raise UnfitError(f"{value!r:.80} is none of {', '.join(k.__name__ for k in kinds)}")
        _, names, coders = of(kind)
        pairs = zip(names, coders, strict=True)
        own = [one.encode(getattr(value, name), memo) for name, one in pairs]
        memo[id(value)] = len(memo)
        return numbers[kind], *own

    def decode(data: Any, objects: Objects) -> Any:
        if type(data) is int:
            found = objects[data]
            if type(found) not in numbers:
                raise UnfitError(f"object {data} is of another class")
            return found
        number, *given = data
        kind = kinds[number]
        by_name, names, coders = of(kind)
        for k, (_, read, atoms) in enumerate(coders):
            item = given[k]
            if atoms is None:
                given[k] = read(item, objects)
            elif type(item) not in atoms:
                raise UnfitError(f"{item!r:.80} is no {names[k]} of {kind.__name__}")
        made = kind(**dict(zip(names, given, strict=True))) if by_name else kind(*given)
        objects.append(made)
        return made

    return Coder(encode, decode)
