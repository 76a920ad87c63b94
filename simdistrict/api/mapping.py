"""The map of a model as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simdistrict.api.loaded import LoadedModel
from simdistrict.api.loading import load

if TYPE_CHECKING:
    from simdistrict.plot.picture import Picture


def plot_map(model: LoadedModel | str | Path) -> Picture:
    """The causal map of a model: variables, arrows with signs, loops.

    model: a loaded model, a shipped name or a path. A file `map.yaml` next to the model states
    sectors, variables, loops and places; without it the stocks are shown, in a small model all
    that moves. Arrows and signs are never stated: a sign is that of the answer when one variable is
    moved a little in a run and all others of the map are held on their path. Stocks have a frame;
    a dashed arrow means that more makes less.

    Raises ModelError where the map states an arrow or a polarity that the model does not have,
    ScenarioError for a faulty map file, EngineError where matplotlib is not installed.

    >>> import simdistrict as sd
    >>> sd.plot_map("core")
    <simdistrict picture: map of core>
    """
    from simdistrict.maps import map_of
    from simdistrict.plot.picture import Picture

    loaded = model if isinstance(model, LoadedModel) else load(model)
    path, plan = loaded._path, loaded._plan()
    return Picture(map_of(path, plan), f"map of {loaded.name}")
