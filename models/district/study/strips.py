"""Causes strips: an element above each of its direct causes, over time."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.model.expr import fold
from simdistrict.model.model import Constant, Lookup
from simdistrict.plot import Figure, Line, Panel
from simdistrict.tables.study import Simulated, Study

from .common import BASELINE, short, style_of

DISTRICTS = ("Prato", "Montebelluna", "Mirandola", "US Midwest")
SCENARIOS = (BASELINE, "security_tariffs", "district_renaissance")
WHOLE, TICKS, FITTED = (1980.0, 2060.0), (1980.0, 2020.0, 2060.0), 2019.0


def strip_workforce(study: Study) -> Figure:
    """Skilled workers and their flows."""
    return strip(study, "skilled workforce")


def strip_quality(study: Study) -> Figure:
    """Quality and its flows."""
    return strip(study, "quality")


def strip_output(study: Study) -> Figure:
    """Output and its limits."""
    return strip(study, "output")


def strip(study: Study, element: str) -> Figure:
    """One column per district: the element on top, its causes in the model's order below.

    Leaves out constants, lookups and initial values.
    """
    names = [element, *causes(study, element)]
    runs = {scenario: study.run(scenario) for scenario in SCENARIOS}
    panels = []
    for name in names:
        for district in DISTRICTS:
            lines = tuple(
                Line(
                    run.years,
                    _series(run, study, name, district),
                    scenario.replace("_", " "),
                    style_of(scenario),
                )
                for scenario, run in runs.items()
            )
            title = short(district) if name == element else ""
            label = _broken(name) if district == DISTRICTS[0] else ""
            panels.append(Panel(title, lines, y_label=label))
    return Figure(
        tuple(panels),
        len(DISTRICTS),
        "",
        WHOLE,
        None,
        TICKS,
        shade_from=FITTED,
        shade_label="prediction",
        size=(2.4, 1.15),
    )


def causes(study: Study, element: str) -> list[str]:
    """The direct causes that vary during a run."""
    model = study.model
    found = [model.by_name[c] for c in model.causes(model[element]) if c in model.by_name]
    return [
        cause.name
        for cause in found
        if not isinstance(cause, Constant | Lookup)
        and not cause.name.startswith(("initial ", "reference "))
    ]


def _series(run: Simulated, study: Study, name: str, district: str) -> Reals:
    """A series of one district, averaged over other dimensions."""
    dims = [fold(dim) for dim in study.model[name].dims]
    labels = {"district": district} if "district" in dims else {}
    values = run.series(name, **labels)
    return np.asarray(values.reshape(len(run.years), -1).mean(axis=1))


def _broken(name: str) -> str:
    """A name over two lines, broken near its middle."""
    words = name.split()
    if len(name) < 14 or len(words) < 2:
        return name
    cut = min(range(1, len(words)), key=lambda k: abs(len(" ".join(words[:k])) - len(name) / 2))
    return f"{' '.join(words[:cut])}\n{' '.join(words[cut:])}"
