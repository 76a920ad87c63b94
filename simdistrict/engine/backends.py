"""The backends of a batch, and which of them runs what."""

from __future__ import annotations

from simdistrict.base.errors import EngineError, Problem

BACKENDS = ("native", "interpreted", "cuda")


def check_way(backend: str, integrator: str, *, fast: bool) -> None:
    """Raise EngineError for a backend that there is not, or that does not run members so."""
    where = f"backend {backend}"
    if backend not in BACKENDS:
        what = f'members do not run on "{backend}"'
        raise EngineError(Problem("backend", what, f"use one of {', '.join(BACKENDS)}"))
    if backend == "cuda" and integrator not in ("euler", "rk4"):
        what = f"a GPU runs steps of equal length, and {integrator} is asked for"
        raise EngineError(Problem(where, what, "use --integrator euler or rk4, or another backend"))
    if fast and backend != "native":
        what = "--fast is about powers of native members"
        raise EngineError(Problem(where, what, "leave out --fast or --backend"))
