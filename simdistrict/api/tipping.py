"""How many regimes a loaded model has, and where they end."""

from __future__ import annotations

from simdistrict.api.plans import Planning


class Tipping(Planning):
    """What a loaded model says of its equilibria."""
