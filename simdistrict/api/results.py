"""Datasets of repeated runs, made after the pattern of the first one.

xarray checks each variable that it is given, which takes longer than a run of a small model. A
run of the same kind has the same variables, so that only their numbers are replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simdistrict.engine.outcome import Outcome
from simdistrict.result.naming import names_of

if TYPE_CHECKING:
    import xarray as xr

    from simdistrict.result.dataset import Run
    from simdistrict.result.selection import Selection
    from simdistrict.run.plan import Prepared


@dataclass(frozen=True, eq=False, slots=True)
class Pattern:
    """The dataset of a completed run, whose numbers the next run replaces.

    variables: folded element name, variable and shape of each. prepared: of the run; it is held so
    that no other one takes its identity, under which a model keeps the pattern.
    """

    prepared: Prepared
    dataset: xr.Dataset
    variables: tuple[tuple[str, str, tuple[int, ...]], ...]
    time: bytes

    @classmethod
    def of(
        cls, dataset: xr.Dataset, prepared: Prepared, selection: Selection, times: str
    ) -> Pattern | None:
        """The pattern of a dataset; None where only parts of it are kept."""
        if selection.labels or times != "all":
            return None
        if int(dataset["outcome"]) != Outcome.completed:
            return None
        names = names_of(prepared.model).elements
        variables = tuple(
            (key, names[key], dataset[names[key]].shape)
            for key in names
            if key in selection.names and names[key] in dataset.variables
        )
        kept = dataset.copy(deep=False)
        return cls(prepared, kept, variables, np.asarray(dataset["time"].values).tobytes())

    def filled(self, run: Run, **attrs: str) -> xr.Dataset | None:
        """The dataset of another run; None where it differs in more than numbers.

        attrs: the attributes that differ.
        """
        if run.ending.outcome is not Outcome.completed or run.time.tobytes() != self.time:
            return None
        if any(np.shape(run.values[key]) != shape for key, _, shape in self.variables):
            return None
        made = self.dataset.copy(deep=False)
        variables = made.variables
        for key, name, _ in self.variables:
            variables[name].data = np.array(run.values[key], float)
        made.attrs.update(attrs)
        return made
