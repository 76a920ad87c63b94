"""The stability of an equilibrium by the eigenvalues of its Jacobian."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals

# per time unit: a real part closer to zero, or within its rounding error, is undecided
UNDECIDED = 1e-6
_ROUNDING = 1e-8


class Stability(IntEnum):
    """The flag stored with every equilibrium."""

    stable = 0
    unstable = 1
    saddle = 2
    undecided = 3


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues, the largest real part first, and the stability.

    stability: stable when all real parts are negative; unstable when some are positive and none
    is negative; saddle when there are both. Real parts within `threshold` of zero change neither
    of the last two; without a positive one they leave it undecided. focus: whether the leading
    pair is complex, so that the flow spirals.
    """

    eigenvalues: NDArray[np.complex128]
    stability: Stability
    focus: bool
    unstable: int
    threshold: float


def spectrum(jacobian: Reals) -> Spectrum:
    """The eigenvalues of a Jacobian, per time unit, and the stability."""
    n = len(jacobian)
    if not np.isfinite(jacobian).all():
        nothing = np.full(n, np.nan, complex)
        return Spectrum(nothing, Stability.undecided, False, 0, UNDECIDED)
    values = np.asarray(np.linalg.eigvals(jacobian), complex)
    # a stable order: by real part, then by imaginary part
    values = values[np.lexsort((-values.imag, -values.real))]
    threshold = max(UNDECIDED, _ROUNDING * float(np.abs(values).max(initial=0.0)))
    real = values.real
    unstable = int((real > threshold).sum())
    stable = int((real < -threshold).sum())
    if unstable:
        verdict = Stability.saddle if stable else Stability.unstable
    else:
        verdict = Stability.stable if stable == n else Stability.undecided
    return Spectrum(values, verdict, bool(n and values[0].imag != 0), unstable, threshold)
