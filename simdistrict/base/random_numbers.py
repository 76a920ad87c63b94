"""Counter-based random numbers: each depends on its key and its count alone.

So any part of a design can be computed at any time.
"""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals, Words

_MASK = (1 << 64) - 1


def key_of(*numbers: int) -> int:
    """A 64-bit key from integers."""
    key = 0x9E3779B97F4A7C15
    for number in numbers:
        key = int(hashed(np.array([number & _MASK], np.uint64), key)[0])
    return key


def hashed(words: Words, key: int, rounds: int = 2) -> Words:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014) applied to words and a key."""
    with np.errstate(over="ignore"):
        x = words * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
        for _ in range(rounds):
            x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            x = x ^ (x >> np.uint64(31))
    return x


def uniform(words: Words, key: int) -> Reals:
    """A number in [0, 1) for each word."""
    return np.asarray((hashed(words, key) >> np.uint64(11)) * 2.0**-53, np.float64)


def shuffled(member: Words, count: int, seed: int, column: int) -> Reals:
    """A permutation of 0 to count - 1, computed for each member independently.

    A Feistel network over a few bits more than needed; values out of range are permuted again.
    """
    half = max(1, -(-max(count - 1, 1).bit_length() // 2))
    mask = np.uint64((1 << half) - 1)
    shift = np.uint64(half)
    keys = [key_of(seed, column, step) for step in range(1, 7)]
    x = member.copy()
    outside = np.ones(len(x), bool)
    while outside.any():
        part = x[outside]
        left, right = part >> shift, part & mask
        for key in keys:
            left, right = right, left ^ (hashed(right, key, 1) & mask)
        x[outside] = (left << shift) | right
        outside = x >= np.uint64(count)
    return x.astype(float)
