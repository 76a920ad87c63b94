"""Many runs of a loaded model: ensembles, sensitivity, calibration."""

from __future__ import annotations

from simdistrict.api.plans import Planning


class Sweeping(Planning):
    """What a loaded model runs many times."""
