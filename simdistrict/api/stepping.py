"""Runs of a loaded model step by step."""

from __future__ import annotations

from simdistrict.api.plans import Planning


class Stepping(Planning):
    """What a loaded model starts and steps."""
