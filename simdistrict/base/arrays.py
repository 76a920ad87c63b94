"""Types of numpy arrays, by element type."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = NDArray[np.uint64]
