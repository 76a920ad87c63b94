"""Equilibria of a frozen model with their stability."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.regimes.numerics.equilibrium import equilibria
from simdistrict.regimes.numerics.stability import UNDECIDED, Stability
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.frozen_study import FrozenStudy, Setup, flag
from simdistrict.regimes.studies.study import option, variable
from simdistrict.regimes.studies.words import MOST, NOTHING, few, values
from simdistrict.result.dataset import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class EquilibriaStudy(FrozenStudy):
    """Search equilibria from random starts; starts: their number."""

    name = "equilibria"
    example = "core --at 50"

    starts: int = option("--starts", int, "Random starts.", 20, least=0)

    def solve(self, setup: Setup) -> Result:
        field = setup.field
        found = equilibria(
            field,
            field.values(),
            starts=self.starts,
            seed=self.seed,
            known=setup.known,
            horizon=self.horizon,
        )
        here, dims = found.equilibria, "equilibrium"
        n, m = len(here), len(field.names)
        modes = np.array([e.spectrum.eigenvalues for e in here]).reshape(n, m)
        low = np.array([e.state <= field.low + 1e-9 * field.scale for e in here]).reshape(n, m)
        stability = [e.spectrum.stability for e in here]
        focus = [e.spectrum.focus for e in here]
        residual = [e.residual for e in here]
        continuum = [e.continuum for e in here]
        variables = {
            "state": setup.states([e.state for e in here], dims),
            "at_low_bound": variable(
                f"{dims} stock", low, "whether the stock is at the lower end of its box", np.int8
            ),
            "stability": flag(dims, stability, Stability, "stability"),
            "focus": variable(
                dims, focus, "whether the leading eigenvalues are a complex pair", np.int8
            ),
            "eigenvalue_real": variable(
                f"{dims} mode", modes.real.copy(), "real part, largest first"
            ),
            "eigenvalue_imaginary": variable(f"{dims} mode", modes.imag.copy(), "imaginary part"),
            "residual": variable(
                dims, residual, "largest net flow left, in scales per time unit", np.float64
            ),
            "origin": variable(dims, [e.origin for e in here], "kind of start", str),
            "continuum": variable(
                *(dims, continuum, "roots found on one line of equilibria, 0 where it is alone"),
                np.int32,
            ),
            **setup.read([setup.observe(e.state, field.values()) for e in here], dims),
        }
        counts = {
            "starts": found.starts,
            "starts_that_failed": found.failed,
            "roots_outside_the_box": found.outside,
            "undecided_below": UNDECIDED,
        }
        lines = sum(k > 0 for k in continuum)
        which = f"{n - lines} equilibria"
        if lines:
            which += f" and {lines} line{'s' if lines > 1 else ''} of them"
        summary = f"{which} of {m} free stocks; others may exist"
        return setup.result(variables, summary, before=counts)

    def document(self, result: StudyData) -> dict[str, Any]:
        stocks = np.array(result.labels("stock"), object)
        found = [
            {
                "stability": Stability(int(code)).name,
                "focus": bool(result["focus"][k]),
                "eigenvalues": np.stack(
                    [result["eigenvalue_real"][k], result["eigenvalue_imaginary"][k]], axis=1
                ),
                "residual": result["residual"][k],
                "origin": result["origin"][k],
                "continuum": result["continuum"][k],
                "at_low_bound": stocks[result["at_low_bound"][k] > 0],
                **result.at(k),
            }
            for k, code in enumerate(result["stability"])
        ]
        keys = ("starts", "starts_that_failed", "roots_outside_the_box", "undecided_below")
        return {"equilibria": found, **{key: result.attr(key) for key in keys}}

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        yield (
            f"{found['starts']} starts, {found['starts_that_failed']} led nowhere, "
            f"{found['roots_outside_the_box']} roots outside the box"
        )
        names = _telling([e["state"] for e in found["equilibria"]])
        for e in found["equilibria"]:
            spiral = " focus" if e["focus"] else ""
            shown = {**e, "state": {n: e["state"][n] for n in names} | e["state"]}
            real, imaginary = e["eigenvalues"][0]
            pair = f" +- {abs(imaginary):.4g}i" if imaginary else ""
            yield f"{e['stability']}{spiral}: {values(shown)}; eigenvalue {real:.4g}{pair}"
            if e["continuum"]:
                roots = f"{e['continuum']} of the roots found"
                yield f"  stands for a line of equilibria, on which {roots} lie"
            if e["at_low_bound"] and len(e["state"]) > 1:
                yield f"  at its bound: {few(e['at_low_bound'])}"


def _telling(states: list[dict[str, float]]) -> list[str]:
    """The stocks that differ most between states, relative to their size, in the model's order."""
    if len(states) < 2:
        return []
    spread = {}
    for name in states[0]:
        own = [state[name] for state in states]
        size = max(map(abs, own))
        spread[name] = (max(own) - min(own)) / size if size > NOTHING else 0.0
    most = sorted(spread, key=lambda name: -spread[name])[:MOST]
    return [name for name in spread if name in most]
