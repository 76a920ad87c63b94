"""Broken files made from valid ones: cut, duplicated, shuffled, with foreign bytes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

SIGNS = "~|{}[]()\"'\\:;,!=+-*/^<>?.0919eE%&$#@_ \n\r\t\x7f\xff\xe9"
WORDS = [
    *SIGNS,
    *"~~| :EXCEPT: :AND: :NOT: :OR: :IMPLIES: :NA: := == <-> -> (a1-a9) (a1-a99999999)".split(),
    *"INTEG( SMOOTH3I( SUM( d! 1e999 [(0,0)-(1,1)], (1,2), 1,2;3,4; x[a,b,c] :RAW: { }".split(),
    *"\\\\\\---/// ///---\\\\\\ 22:a,b 15:0,0,0,1 :MACRO:".split(),
    *("WITH LOOKUP(", "IF THEN ELSE(", "TABBED ARRAY(", "GET XLS DATA('a','b','c','d')"),
    *("~ Dmnl ~ x |", "\\\n", ":MACRO: M(x:y)", ":END OF MACRO:", ":TEST INPUT:", "TIME STEP$"),
    *("****\n.G\n****~|", "(" * 300, "-" * 300),
]


def broken(
    seeds: Sequence[bytes], count: int, seed: int, words: Sequence[str] = WORDS
) -> Iterator[bytes]:
    """`count` broken files, reproducible by the seed.

    words: words with a meaning in the format, inserted at random.
    """
    rng = random.Random(seed)
    for _ in range(count):
        content = rng.choice(seeds)
        for _ in range(rng.choice((1, 1, 2, 3, 8))):
            content = _changed(content, rng, seeds, words)
        yield content


def _changed(
    content: bytes, rng: random.Random, seeds: Sequence[bytes], words: Sequence[str]
) -> bytes:
    at = rng.randrange(len(content) + 1)
    end = min(len(content), at + rng.choice((1, 2, 5, 20, 100)))
    match rng.randrange(7):
        case 0:
            return content[:at] + content[end:]
        case 1:
            return content[:at]
        case 2:
            return content[:at] + content[at:end] * rng.choice((2, 3, 50)) + content[end:]
        case 3:
            return content[:at] + bytes(rng.randrange(1, 256) for _ in range(3)) + content[end:]
        case 4:
            other = rng.choice(seeds)
            start = rng.randrange(len(other) + 1)
            return content[:at] + other[start : start + 200] + content[end:]
    word = rng.choice(words).encode("utf-8", "replace")
    return content[:at] + word + content[at if rng.random() < 0.7 else end :]
