"""What one thread of a GPU does: one member, from the template to its saved rows.

Read as text and never called, as `native.loops` is, whose `member` it calls. The arrays have one
column per member, so that neighbouring threads read neighbouring numbers.
"""

# mypy: ignore-errors
# ruff: noqa: F821
from __future__ import annotations


def run_members(vectors, bases, works, outs, ends, samples, template, ints, reals, count: int):
    """One member per thread; names in capitals are whole numbers of the model's layout."""
    column = cuda.grid(1)
    if column < count:
        v = vectors[:, column]
        sampled = ints[5]
        behind = HEAD + 2 * ints[2] + 1 + ints[3] + ints[4]
        for k in range(SIZE):
            v[k] = template[k]
        for k in range(sampled):
            v[ints[behind + k]] = samples[k, column]
        member(
            v,
            bases[:, column],
            works[:, column],
            outs[:, column],
            ends[:, column],
            ints,
            reals,
            0,
        )
