"""What a loaded model holds in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simdistrict.run.plan import Prepared


class Held:
    """A model with its program: the common base of the parts of `LoadedModel`."""

    def __init__(self, path: Path, prepared: Prepared) -> None:
        self._path = path
        self._prepared = prepared

    @property
    def name(self) -> str:
        """The model's name: that of its file.

        >>> import simdistrict as sd
        >>> sd.load("core").name
        'core'
        """
        return self._prepared.model.name
