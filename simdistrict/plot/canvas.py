"""Writes a figure as .svg and .png with the same name."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simdistrict.base import inputs
from simdistrict.base.atomic import replacing, replacing_all, writable_target
from simdistrict.base.errors import EngineError, ExchangeError, Problem
from simdistrict.plot.causal.paint import fill_map
from simdistrict.plot.causal.values import CausalMap
from simdistrict.plot.sheet import Sheet, fill_sheet
from simdistrict.plot.style import SETTINGS

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

Drawable = CausalMap | Sheet
KINDS = {
    # suffix: the metadata, and the mark of our files
    ".svg": ({"Date": None, "Creator": "simdistrict"}, b"<dc:title>simdistrict</dc:title>"),
    ".png": ({"Software": "simdistrict"}, b"tEXtSoftware\0simdistrict"),
    # the facts stand at the end of the file
    ".pdf": ({"CreationDate": None, "Creator": "simdistrict"}, b"/Creator (simdistrict)"),
}
PAIR = (".svg", ".png")  # a figure of a study is written as both
_HEAD, _TAIL = 4096, 65536  # the mark is within these first or last bytes


def is_ours(path: Path) -> bool:
    """Whether simdistrict drew the figure in this file."""
    ends = inputs.head(path, _HEAD) + inputs.tail(path, _TAIL)
    return any(mark in ends for _, mark in KINDS.values())


def check_targets(path: Path, *, force: bool = False) -> None:
    """Raise what `draw` would raise for this target; call it before computing."""
    for suffix in PAIR:
        writable_target(path.with_suffix(suffix), ours=is_ours, force=force)


def draw(figure: Drawable, path: Path, *, force: bool = False) -> list[Path]:
    """Write a figure as .svg and .png with the same name; raises as `draw_all` does."""
    return draw_all({path: figure}, force=force)


def draw_all(figures: Mapping[Path, Drawable], *, force: bool = False) -> list[Path]:
    """Write figures, each as .svg and .png with the same name; all files appear as one set.

    Raises EngineError where matplotlib is not installed, ExchangeError where the files cannot be
    written, or where one exists that is not a figure of ours and `force` is not set.
    """
    with settings():
        targets = [path.with_suffix(suffix) for path in figures for suffix in PAIR]
        with replacing_all(targets, ours=is_ours, force=force) as parts:
            left = iter(parts)
            for figure in figures.values():
                canvas = painted(figure)
                for suffix in PAIR:
                    _write(canvas, next(left), suffix, dpi=150)
    return targets


@contextmanager
def settings() -> Iterator[None]:
    """Our style in place of the user's. Raises EngineError where matplotlib is not installed."""
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        what = "matplotlib is not installed, and figures need it"
        hint = "pip install 'simdistrict[plot]'"
        raise EngineError(Problem("figures", what, hint)) from None
    own: Any = {**mpl.rcParamsDefault, **SETTINGS}
    del own["backend"]  # of the notebook or the window; a context does not give it back
    with mpl.rc_context(own), warnings.catch_warnings():
        # a letter that the font lacks is shown as a box
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        yield


def painted(figure: Drawable) -> Canvas:
    """A matplotlib figure with the figure drawn on it. Raises EngineError as `settings` does."""
    with settings():
        from matplotlib.figure import Figure as NewCanvas

        canvas = NewCanvas()
        if isinstance(figure, Sheet):
            fill_sheet(canvas, figure)
        else:
            fill_map(canvas, figure)
        return canvas


def write_figure(canvas: Canvas, path: Path, *, dpi: float = 200, force: bool = False) -> Path:
    """Write a matplotlib figure of ours to one file, of the kind that its name ends in.

    Raises ExchangeError for another kind, and as `draw_all` does.
    """
    _check_kind(path)
    with settings(), replacing(path, ours=is_ours, force=force) as part:
        _write(canvas, part, path.suffix.lower(), dpi)
    return path


def check_file(path: Path, *, force: bool = False) -> None:
    """Raise what `write_figure` would raise for this target; call it before computing."""
    _check_kind(path)
    writable_target(path, ours=is_ours, force=force)


def _check_kind(path: Path) -> None:
    if path.suffix.lower() not in KINDS:
        what = f'a figure is written as {", ".join(KINDS)}, not as "{path.suffix}"'
        raise ExchangeError(Problem(str(path), what, "choose another file name"))


def rendered(canvas: Canvas, suffix: str, dpi: float = 200) -> bytes:
    """The bytes of a file of this kind."""
    made = io.BytesIO()
    with settings():
        _write(canvas, made, suffix, dpi)
    return made.getvalue()


def _write(canvas: Canvas, target: Path | io.BytesIO, suffix: str, dpi: float) -> None:
    canvas.savefig(target, format=suffix[1:], dpi=dpi, metadata=KINDS[suffix][0])
