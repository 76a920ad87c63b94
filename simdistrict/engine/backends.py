"""The names of backends and integrators, and which of them go together."""

from __future__ import annotations

from typing import Literal, get_args

from simdistrict.base.errors import EngineError, Problem

Integrator = Literal["euler", "rk4", "adaptive", "stiff", "bdf", "radau"]
INTEGRATORS: tuple[str, ...] = get_args(Integrator)
# steps of equal length; steps under tolerances; of the latter the implicit ones
FIXED, ADAPTIVE, IMPLICIT = INTEGRATORS[:2], INTEGRATORS[2:], INTEGRATORS[3:]

AUTO = "auto"
BACKENDS = (AUTO, "interpreted", "native", "cuda", "pysd")
# those that run the members of an ensemble
MEMBER_BACKENDS = ("native", "interpreted", "cuda")


def recorded_backend(backend: str, integrator: str) -> str:
    """The backend in a record: `auto` where it does not decide the numbers.

    With steps of equal length CPython and machine code give the same bits, so a record of either
    is the same; which of them ran may depend on what the cache holds.
    """
    same_bits = backend in ("interpreted", "native") and integrator in FIXED
    return AUTO if same_bits else backend


def check_way(backend: str, integrator: str, *, fast: bool) -> None:
    """Raise EngineError where a backend cannot run members with these settings."""
    where = f"backend {backend}"
    if backend not in MEMBER_BACKENDS:
        what = f'members do not run on "{backend}"'
        raise EngineError(Problem("backend", what, f"use one of {', '.join(MEMBER_BACKENDS)}"))
    if backend == "cuda" and integrator not in FIXED:
        what = f"a GPU runs steps of equal length, and {integrator} is asked for"
        raise EngineError(Problem(where, what, "use --integrator euler or rk4, or another backend"))
    if fast and backend != "native":
        what = "--fast is about powers of native members"
        raise EngineError(Problem(where, what, "leave out --fast or --backend"))
