"""A picture: a figure that a notebook shows and that is saved as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simdistrict.plot.canvas import Drawable, painted, rendered, write_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


class Picture:
    """What the `plot_...` functions return; a notebook shows it as the last line of a cell.

    `save` writes a file, `figure` is the matplotlib figure, to change before saving.

    >>> import simdistrict as sd
    >>> isinstance(sd.plot_map("core"), sd.Picture)
    True
    """

    def __init__(self, drawable: Drawable, about: str = "") -> None:
        """about: what it shows, in a few words."""
        self._drawable, self._about = drawable, about
        self._canvas: Canvas | None = None

    @property
    def figure(self) -> Canvas:
        """The matplotlib Figure; the same one at every call.

        Raises EngineError where matplotlib is not installed.

        >>> import simdistrict as sd
        >>> len(sd.plot_map("core").figure.axes)
        1
        """
        if self._canvas is None:
            self._canvas = painted(self._drawable)
        return self._canvas

    def save(self, path: str | Path, *, dpi: float = 200, force: bool = False) -> Path:
        """Write a .svg, .png or .pdf file, which appears when it is complete; returns its path.

        dpi: dots per inch of a .png; force: replace a file that simdistrict did not draw.
        Equal pictures give equal bytes. Raises ExchangeError where it cannot be written,
        EngineError where matplotlib is not installed.

        >>> import simdistrict as sd
        >>> sd.plot_map("core").save("map.svg").name
        'map.svg'
        """
        return write_figure(self.figure, Path(path), dpi=dpi, force=force)

    def __repr__(self) -> str:
        return f"<simdistrict picture: {self._about}>" if self._about else "<simdistrict picture>"

    def _repr_png_(self) -> bytes:
        return rendered(self.figure, ".png", dpi=120)

    def _repr_svg_(self) -> str:
        return rendered(self.figure, ".svg").decode()
