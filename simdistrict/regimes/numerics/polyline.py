"""The distance of a point from a path of straight chords."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals


def offsets(path: Reals, z: Reals, weights: Reals) -> tuple[Reals, Reals, Reals]:
    """The vectors from the nearest point of each chord to a point, the chords, and their squares.

    path: (points, unknowns); weights: of every unknown in squared lengths.
    """
    chords = np.diff(path, axis=0)
    squares = np.maximum((chords * chords) @ weights, 1e-300)
    shares = np.clip(((z - path[:-1]) * chords) @ weights / squares, 0, 1)
    return z - path[:-1] - shares[:, None] * chords, chords, squares
