"""Broken inputs made from valid ones: by bytes, by tokens, by lines, and by crossing two of them.

Every input is a function of the seeds and a random generator, so that a number repeats it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

NUMBERS = """
1e999 -1e999 nan inf -0 0 -1 1e-400 1_000 1,5 1e9 1e15 0.1 0.3333333 9999999999999999999
2147483648 -2147483649 0x1F ½ １０ ٣ :NA: 1e 1. .5 +1 --1 1e+ 4e-320 1.7976931348623157e308
""".split()
TEXTS = [
    *(
        "\x00",
        "\x1a",
        "\ufeff",
        "\u2028",
        "\xa0",
        "\u200b",
        "\u202e",
        "é",
        "ﬁ",
        "İ",
        "ß",
        "𝔸",
        "日本",
    ),
    *(
        "\r",
        "\n",
        "\r\n",
        "\t",
        " ",
        "",
        '"',
        "'",
        "\\",
        "/",
        "#",
        "%",
        "$",
        "&",
        "|",
        "~",
        ":",
        ";",
    ),
    *("../x", "/dev/zero", "/proc/self/environ", "con", ".", "..", "~", "a" * 300, "x" * 5000),
    *("(" * 200, "[" * 200, "{" * 200, "-" * 300, '"' * 51, "9" * 400, "0" * 400),
    *("nan", "None", "null", "true", "__class__", "lambda", "import", "self", "time", "Time"),
]
TOKEN = re.compile(rb"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|\s+|.", re.DOTALL)
NUMBER = re.compile(rb"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def broken(
    seeds: Sequence[bytes], words: Sequence[str], rng: random.Random, most: int = 60_000
) -> bytes:
    """One broken input. words: words with a meaning in the format; most: its largest size."""
    content = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6, 12))):
        change = rng.choice(
            (_bytes, _bytes, _word, _word, _tokens, _tokens, _lines, _number, _cross)
        )
        content = change(content, seeds, words, rng)[:most]
    return content


def _word_of(words: Sequence[str], rng: random.Random) -> bytes:
    pool = rng.choice((words or TEXTS, words or TEXTS, TEXTS, NUMBERS))
    return rng.choice(pool).encode("utf-8", "surrogatepass")


def _bytes(
    content: bytes, seeds: Sequence[bytes], words: Sequence[str], rng: random.Random
) -> bytes:
    at = rng.randrange(len(content) + 1)
    end = min(len(content), at + rng.choice((1, 1, 2, 5, 20, 100)))
    match rng.randrange(6):
        case 0:
            return content[:at] + content[end:]
        case 1:
            return content[:at]
        case 2:
            return content[:at] + content[at:end] * rng.choice((2, 3, 50)) + content[end:]
        case 3:
            noise = bytes(rng.randrange(256) for _ in range(rng.choice((1, 3, 8))))
            return content[:at] + noise + content[end:]
        case 4 if at < len(content):
            return content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
    return content[:at] + content[rng.randrange(len(content) + 1) :]


def _word(
    content: bytes, seeds: Sequence[bytes], words: Sequence[str], rng: random.Random
) -> bytes:
    at = rng.randrange(len(content) + 1)
    end = min(len(content), at + rng.choice((0, 0, 0, 1, 5)))
    return content[:at] + _word_of(words, rng) + content[end:]


def _tokens(
    content: bytes, seeds: Sequence[bytes], words: Sequence[str], rng: random.Random
) -> bytes:
    start = rng.randrange(max(1, len(content) - 3000))
    head, middle, rest = content[:start], content[start : start + 3000], content[start + 3000 :]
    found = TOKEN.findall(middle)
    if not found:
        return content
    k, j = rng.randrange(len(found)), rng.randrange(len(found))
    match rng.randrange(5):
        case 0:
            found[k], found[j] = found[j], found[k]
        case 1:
            del found[k]
        case 2:
            found[k] = _word_of(words, rng)
        case 3:
            found.insert(k, found[j])
        case 4:
            found[k] = found[k] * rng.choice((2, 40))
    return head + b"".join(found) + rest


def _lines(
    content: bytes, seeds: Sequence[bytes], words: Sequence[str], rng: random.Random
) -> bytes:
    lines = content.splitlines(keepends=True)
    if not lines:
        return content
    k, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            lines[k], lines[j] = lines[j], lines[k]
        case 1:
            del lines[k]
        case 2:
            lines.insert(j, lines[k])
        case 3:
            lines[min(k, j) : max(k, j)] = []
        case 4:
            lines.insert(j, rng.choice(rng.choice(seeds).splitlines(keepends=True) or [b"\n"]))
    return b"".join(lines)


def _number(
    content: bytes, seeds: Sequence[bytes], words: Sequence[str], rng: random.Random
) -> bytes:
    found = list(NUMBER.finditer(content))
    if not found:
        return content
    one = rng.choice(found)
    return content[: one.start()] + rng.choice(NUMBERS).encode() + content[one.end() :]


def _cross(
    content: bytes, seeds: Sequence[bytes], words: Sequence[str], rng: random.Random
) -> bytes:
    other = rng.choice(seeds)
    at, start = rng.randrange(len(content) + 1), rng.randrange(len(other) + 1)
    if rng.random() < 0.5:
        return content[:at] + other[start:]
    return content[:at] + other[start : start + 300] + content[at:]
