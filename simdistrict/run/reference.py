"""PySD as the reference backend. The only door to pysd.

PySD makes Python code of a model's texts, so it gets the equations alone, see `mdl.bare`.
PySD takes half a second to import, so nothing here imports it before it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simdistrict.base.errors import EngineError, Problem
from simdistrict.exchange.external.inlined import inlined
from simdistrict.exchange.mdl.bare import bare_text
from simdistrict.exchange.mdl.writing import model_text
from simdistrict.model.expr import fold
from simdistrict.model.model import Data, Element, Lookup, Model

if TYPE_CHECKING:
    import numpy as np

_INITIAL_TIME = re.compile(r"^(\s*INITIAL[ _]TIME\s*=)[^~]*~", re.IGNORECASE | re.MULTILINE)


def run_reference(
    model: Model,
    changes: Mapping[str, Callable[[float], np.ndarray]],
    control: Mapping[str, float],
    times: Sequence[float],
) -> dict[str, np.ndarray]:
    """Run a model through PySD itself, with Euler steps.

    changes: folded name of a constant -> its value at a time, an array of the element's shape;
    control: initial time, final time, time step and saveper; times: the points to save.
    Returns folded element names -> arrays of shape (times, *element shape).

    PySD's known faults are worked round here: integer initial values of SMOOTHI and SMOOTH3I
    would make the state an integer array that cuts off what it adds, so every state is cast to
    floats before the run; constants are given as functions of time, because NumPy scalars in
    `params` break subscripted SMOOTH.
    """
    import tempfile
    import warnings
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pysd

        path = Path(folder) / "model.mdl"
        # PySD computes INITIAL when it loads a model, so a changed INITIAL TIME must stand there
        start = f"\\g<1> {control['initial time']!r} ~"
        # the files that a model takes numbers from do not lie in this folder
        own = inlined(model)
        text = model.text if own is model and model.text else model_text(own, layout=False)
        text = bare_text(text, f"model {model.name}")
        path.write_text(_INITIAL_TIME.sub(start, text), encoding="utf-8")
        try:
            reference = pysd.read_vensim(str(path), encoding="utf-8")
        except Exception as error:
            raise EngineError(
                Problem(f"model {model.name}", f"PySD cannot translate it: {_first_line(error)}")
            ) from error
        for name, value in changes.items():
            _set(reference, model[name].name, value)
        wanted = [e for e in model if not isinstance(e, Lookup | Data)]
        _check_known(reference, model, wanted)
        _with_float_states(reference)
        try:
            frame = reference.run(
                return_columns=[e.name for e in wanted],
                return_timestamps=list(times),
                initial_condition="original",
                final_time=control["final time"],
                time_step=control["time step"],
                saveper=control["saveper"],
            )
        except Exception as error:
            raise EngineError(
                Problem(f"model {model.name}", f"PySD cannot run it: {_first_line(error)}")
            ) from error
    return {fold(e.name): _column(frame, model, e) for e in wanted}


def _check_known(reference: Any, model: Model, wanted: Sequence[Element]) -> None:
    """Raise EngineError for elements that PySD does not have: what calls of macros stand for."""
    known = {fold(name) for name in reference.namespace}
    gone = [e.name for e in wanted if fold(e.name) not in known]
    if gone:
        what = f'PySD keeps macros to itself and has no element "{gone[0]}"'
        raise EngineError(Problem(f"model {model.name}", what, "use another backend"))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).split("\n")[0]


def _set(reference: Any, name: str, value: Callable[[float], np.ndarray]) -> None:
    """Put a function of time in the place of a constant."""
    import xarray as xr

    coords = reference.get_coords(name)
    if coords is None:
        reference.set_components({name: lambda: float(value(reference.time()))})
    else:
        labels, dims = coords
        reference.set_components(
            {name: lambda: xr.DataArray(value(reference.time()), labels, dims)}
        )


def _with_float_states(reference: Any) -> None:
    import numpy as np

    integrate = reference._integrate

    def with_floats() -> None:
        for element in reference._dynamicstateful_elements:
            state = element.state
            if isinstance(state, np.ndarray) and state.dtype.kind in "iub":
                element.state = state.astype(float)
        integrate()

    reference._integrate = with_floats


def _column(frame: Any, model: Model, element: Element) -> np.ndarray:
    import itertools

    import numpy as np

    if not element.dims:
        return np.asarray(frame[element.name], dtype=float)
    by_name = {"".join(str(c).split()).lower(): c for c in frame.columns}
    columns = []
    for labels in itertools.product(*model.labels(element)):
        key = "".join(f"{element.name}[{','.join(labels)}]".split()).lower()
        column = by_name.get(key)
        values = np.full(len(frame), np.nan) if column is None else frame[column]
        columns.append(np.asarray(values, dtype=float))
    return np.stack(columns, axis=1).reshape(len(frame), *model.shape(element))
