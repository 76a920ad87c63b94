"""A loaded model: what `sd.load` returns.

`LoadedModel` has its methods from parts, one class in one module of this room each. A part derives
from `plans.Planning`, which holds the model and makes plans; it imports the rooms below inside its
methods, so that loading a model stays quick. A new method goes into the part that it belongs to; a
new part is a module and a base class here.
"""

from __future__ import annotations

from simdistrict.api.fitting import Fitting
from simdistrict.api.inferring import Inferring
from simdistrict.api.running import Running
from simdistrict.api.stepping import Stepping
from simdistrict.api.structure import Structure
from simdistrict.api.sweeping import Sweeping
from simdistrict.api.tipping import Tipping


class LoadedModel(Fitting, Inferring, Running, Structure, Stepping, Sweeping, Tipping):
    """A model that is read and lowered, ready to run; made by `load`. Nothing changes it.

    >>> import simdistrict as sd
    >>> m = sd.load("core")
    >>> isinstance(m, sd.LoadedModel)
    True
    """

    def __reduce__(self) -> tuple[type[LoadedModel], tuple[object, ...]]:
        # for other processes: without the plans and the datasets that it keeps
        return type(self), (self._path, self._prepared)
