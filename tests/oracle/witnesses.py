"""Runs of a .mdl file by two independent readers of Vensim's language, PySD and simlin.

Knows nothing of our own engine, and judges nothing: where a witness is wrong, `faults` says so.
Works with pysd 3.14.3 and pysimlin 0.8.5.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

Series: TypeAlias = dict[str, np.ndarray]

CONTROL = ("initial time", "final time", "time step", "saveper")

_BLANKS = re.compile(r"[\s_]+")
_QUOTED = re.compile(r'"((?:\\"|[^"])*)"')
_COMMA = re.compile(r"\s*,\s*")


class WitnessError(Exception):
    """The witness cannot read or run this model; the text is its own first complaint."""


def key(name: str) -> str:
    """The key of one series: `name`, or `name[label,label]` for an element of an array.

    Compared as Vensim compares names: no case, one blank for blanks and underscores; the quotes
    around a name that needs them are taken off.
    """
    return plain_key(_QUOTED.sub(lambda found: found[1].replace('\\"', '"'), name))


def plain_key(name: str) -> str:
    """The key of a series whose name stands without such quotes."""
    return _COMMA.sub(",", _BLANKS.sub(" ", name)).strip().lower()


def edited_copy(path: Path, folder: Path, *, time_step: float, save_step: float) -> Path:
    """A copy of a model file, in `folder`, whose TIME STEP and SAVEPER are the given numbers.

    Written into the file, so that equations which read TIME STEP see it as well.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    for name, value in (("TIME STEP", time_step), ("SAVEPER", save_step)):
        words = name.replace(" ", r"[ _\t]+")
        head = rf"(^[ \t]*{words}\s*=)[^~]*"
        text, count = re.subn(
            head, rf"\g<1>{value!r}\n\t", text, flags=re.MULTILINE | re.IGNORECASE
        )
        if count != 1:
            raise WitnessError(f"{path.name}: {count} definitions of {name}")
    copy = folder / path.name
    copy.write_text(text, encoding="utf-8")
    return copy


def pysd_run(path: Path, *, time_step: float, save_step: float) -> Series:
    """Every series that PySD computes, by `key`, and the saved times as `time`.

    PySD integrates with Euler's method whatever the file asks for.
    Raises WitnessError when it cannot translate or run the model.
    """
    with _quiet():
        try:
            model = _translated(path)
            frame = model.run(time_step=time_step, saveper=save_step, progress=False)
        except Exception as error:
            raise WitnessError(_first_line("pysd", error)) from error
    series = {key(name): frame[name].to_numpy(dtype=float) for name in frame.columns}
    return series | {"time": frame.index.to_numpy(dtype=float)}


@cache
def _translated(path: Path) -> Any:
    """The model as PySD translates it, which takes far longer than a run."""
    import pysd

    with _folder() as folder:
        # PySD makes a Python module of the file's name
        copy = folder / (re.sub(r"\W", "_", path.stem) + ".mdl")
        shutil.copyfile(path, copy)
        for table in path.parent.glob("*.csv"):
            shutil.copyfile(table, folder / table.name)
        model = pysd.read_vensim(str(copy))
    _float_states(model)
    _separate_states(model)
    return model


def simlin_run(path: Path, *, time_step: float, save_step: float) -> Series:
    """Every series that simlin computes, by `key`, and the saved times as `time`.

    Raises WitnessError when it cannot read the model, or reports an error in any equation:
    without that check it would give zeros for what it dropped.
    """
    with _quiet(), _folder() as folder:
        import simlin

        copy = edited_copy(path, folder, time_step=time_step, save_step=save_step)
        try:
            model = simlin.load(str(copy))
            errors = [issue.message for issue in model.check() if issue.severity == "error"]
            if errors:
                raise WitnessError("simlin: " + " ".join(errors[0].split()))
            frame = model.run(analyze_loops=False).results
        except simlin.SimlinError as error:
            raise WitnessError(_first_line("simlin", error)) from error
    series = {plain_key(name): frame[name].to_numpy(dtype=float) for name in frame.columns}
    series["time step"] = series.pop("dt", np.full(len(frame), time_step))
    return series | {"time": frame.index.to_numpy(dtype=float)}


def pysd_views(path: Path) -> dict[str, set[str]]:
    """The names at home in each view of a .mdl file's sketch, as PySD reads it.

    Empty for a file with a single view: PySD reads that one too, and throws it away.
    """
    with _quiet():
        from pysd.translators.vensim.vensim_file import VensimFile

        file = VensimFile(path)
        file.parse()
        file.parse_sketch([])
        return {name: set(names) for name, names in (file.sections[0].views_dict or {}).items()}


def simlin_complaints(path: Path) -> list[str]:
    """What simlin reports as errors in a .mdl file."""
    import simlin

    return [i.message for i in simlin.load(str(path)).check() if i.severity == "error"]


def _float_states(model: Any) -> None:
    """Let every smooth and delay of a PySD model start from a float.

    PySD 3.14.3 keeps the states of a smooth in an array of its initial value's type and puts
    the input into a copy of that array: an integer initial value truncates the input.
    """
    for stateful in model._stateful_elements.values():
        if hasattr(stateful, "init_func"):
            stateful.init_func = _as_float(stateful.init_func)


def _separate_states(model: Any) -> None:
    """Let a PySD model keep its states apart, whatever their shapes.

    PySD 3.14.3 gathers them with `np.array(states, dtype=object)`, which tries to make one block
    of them and fails where a third-order lag over three labels, (3, 3), meets a stock, (3,).
    """
    base = type(model)
    parts = model._dynamicstateful_elements
    apart = {
        "ddt": lambda self: _apart([part.ddt() for part in parts]),
        "state": property(lambda self: _apart([part.state for part in parts]), base.state.fset),
    }
    model.__class__ = type(base.__name__, (base,), apart)


def _apart(values: list[Any]) -> np.ndarray:
    """An array with one object for each value."""
    out = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        out[place] = value
    return out


def _as_float(initial: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: initial() * 1.0


def _first_line(witness: str, error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{witness}: {type(error).__name__}: {text[0] if text else ''}"


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings, neither those of a witness nor numpy's about its arithmetic."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="witness-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
