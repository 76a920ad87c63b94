"""Result files: open, compare, repeat."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from simdistrict.api.wording import in_python, reworded
from simdistrict.base.progress import Progress

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from simdistrict.exchange.vensim.series import SeriesFile
    from simdistrict.result.dataset import Result

log = logging.getLogger("simdistrict")


class FirstDifference(NamedTuple):
    """Where two results first differ: the element with its labels, the time, both values."""

    element: str
    time: float
    a: float
    b: float


class Comparison:
    """What `compare` and `rerun` find; `repr` says it in sentences, as the command line does.

    >>> import simdistrict as sd
    >>> m = sd.load("core")
    >>> found = sd.compare(m.run(), m.run(params={"tariff": 0.9}))
    >>> found.same
    False
    >>> found.first.element, found.first.time
    ('tariff', 0.0)
    """

    def __init__(
        self,
        same: bool,
        agrees: bool,
        first: FirstDifference | None,
        text: str,
        table: pd.DataFrame,
    ) -> None:
        self._same, self._agrees, self._first = same, agrees, first
        self._text, self._table = text, table

    @property
    def same(self) -> bool:
        """Whether both hold the same within the tolerance, and nothing was left out.

        >>> import simdistrict as sd
        >>> run = sd.load("core").run()
        >>> sd.compare(run, run).same, sd.compare(run, run.drop_vars("tariff")).same
        (True, False)
        """
        return self._same

    @property
    def agrees(self) -> bool:
        """Whether no value or unit differs beyond the tolerance among those that both have.

        >>> import simdistrict as sd
        >>> run = sd.load("core").run()
        >>> sd.compare(run, run.drop_vars("tariff")).agrees
        True
        """
        return self._agrees

    @property
    def first(self) -> FirstDifference | None:
        """The first difference in time, of the element furthest upstream; None where none is.

        None, too, of `rerun`.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> sd.compare(m.run(), m.run(params={"tariff": 0.9})).first
        FirstDifference(element='tariff', time=0.0, a=0.85, b=0.9)
        """
        return self._first

    @property
    def table(self) -> pd.DataFrame:
        """A row per element that is not equal to the last bit, the largest difference first.

        Of `compare`: the index is (run, element); columns time, a, b, difference (absolute, in
        the element's unit), relative (of its largest value), differing (values beyond the
        tolerance) and values (compared). Of `rerun`: the index is the variable; column relative.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> found = sd.compare(m.run(), m.run(params={"tariff": 0.9}))
        >>> found.table.loc[("", "tariff"), ["a", "b"]].tolist()
        [0.85, 0.9]
        """
        return self._table.copy()

    def __bool__(self) -> bool:
        raise TypeError("a comparison is neither true nor false: ask `.same` or `.agrees`")

    def __repr__(self) -> str:
        return self._text


@in_python
def open(path: str | Path) -> xr.Dataset:
    """A result file as a Dataset: .nc or .zarr of simdistrict, or series as .csv, .tab or .dat.

    Of a posterior it holds the draws; `xarray.open_datatree` opens all its groups.
    A file of more than 200 MB is read as its numbers are used. Series of other programs have the
    dimension `time`, and NaN at times that an element does not have; where several runs are in
    the file, each name begins with its run. Raises ExchangeError where there is no such file, and
    for a damaged or other file.

    >>> import simdistrict as sd, tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "run.nc"
    >>> sd.load("core").run().to_netcdf(file)
    >>> sd.open(file).attrs["model_name"]
    'core'
    """
    from simdistrict.result.opening import opened

    return opened(Path(path))


@in_python
def compare(
    a: str | Path | xr.Dataset,
    b: str | Path | xr.Dataset,
    *,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    scenario: str | tuple[str, str] | None = None,
    member: int | tuple[int, int] | None = None,
) -> Comparison:
    """Where two results first differ, and by how much; files or Datasets.

    Two values agree when they differ by at most atol + rtol * the larger one. scenario, member:
    the runs to compare, one for both or one each. Raises ExchangeError where a file cannot be
    read, and where nothing is in both.

    >>> import simdistrict as sd
    >>> m = sd.load("core")
    >>> sd.compare(m.run(), m.run()).same
    True
    """
    from simdistrict.api.commands import compare as command
    from simdistrict.api.frames import frame
    from simdistrict.base.errors import EngineError, Problem

    for name, value in (("rtol", rtol), ("atol", atol)):
        if not 0 <= value < math.inf:
            raise EngineError(Problem(name, f"{value} is not a number of 0 or more"))
    left = _read(a, "a")
    right = left if a is b else _read(b, "b")
    how: dict[str, Any] = {"scenarios": _two(scenario), "members": _two(member)}
    compared = command.compare(left, right, rtol=rtol, atol=atol, **how)
    found = compared.found
    rows = [
        {
            "run": gap.run,
            "element": gap.worst.element.removeprefix(f"{gap.run}: "),
            "time": gap.worst.time,
            "a": gap.worst.a,
            "b": gap.worst.b,
            "difference": gap.worst.size,
            "relative": gap.share,
            "differing": gap.differing,
            "values": gap.points,
        }
        for gap in found.by_element
    ]
    columns = ("element", "time", "a", "b", "difference", "relative", "differing", "values")
    table = frame(rows, "run", columns).set_index("element", append=True)
    first = found.first
    return Comparison(
        found.same,
        found.agrees,
        None if first is None else FirstDifference(first.element, first.time, first.a, first.b),
        "\n".join(map(reworded, compared.lines(".table"))),
        table,
    )


@in_python
def rerun(
    result: str | Path | xr.Dataset, *, backend: str | None = None, progress: Progress = None
) -> Comparison:
    """Repeat a result from its own record, and compare every number to the last bit.

    Works for runs, ensembles, studies of regimes and posteriors, as a file or a Dataset that was
    not changed. Model, scenarios, settings and numbers from other files come from the record
    alone; logs a warning where such a file or the code has changed since. backend: another one,
    for runs: `interpreted`, `native` or `pysd`; PySD, which makes Python code of a model's texts,
    runs only where it is named. progress: of the members of an ensemble, as of
    `LoadedModel.ensemble`.
    Raises ExchangeError where the record is missing or incomplete.

    >>> import simdistrict as sd
    >>> sd.rerun(sd.load("core").run())
    the Dataset: the same numbers to the last bit in 20 variables
    """
    from simdistrict.api.commands import rerun as command
    from simdistrict.api.frames import frame

    if isinstance(result, str | Path):
        found = command.rerun(Path(result), backend, progress)
    else:
        found = command.repeat(*_recorded(result), backend, progress)
    for text in found.warnings():
        log.warning("%s", text)
    rows = [{"variable": name, "relative": gap} for name, gap in found.report.gaps.items()]
    table = frame(rows, "variable", ("relative",)).sort_values("relative", ascending=False)
    return Comparison(found.same, found.same, None, found.line(), table)


def _recorded(result: xr.Dataset) -> tuple[Result, str]:
    """A result as it is repeated, and what messages call it."""
    from simdistrict.base.errors import ExchangeError, Problem
    from simdistrict.result.dataset import from_xarray
    from simdistrict.result.netcdf import MARK
    from simdistrict.result.record import checked

    _check_dataset(result, "the result")
    where, found = "the Dataset", from_xarray(result)
    if MARK not in found.attrs:
        hint = "an operation of xarray may have dropped it: xarray.set_options(keep_attrs=True)"
        raise ExchangeError(Problem(where, "it does not record how it was made", hint))
    return checked(found, where), where


def _check_dataset(data: Any, where: str) -> None:
    from simdistrict.base.errors import ExchangeError, Problem

    if not hasattr(data, "data_vars"):
        what = f"it is a {type(data).__name__}"
        raise ExchangeError(Problem(where, what, "give a Dataset or the path of a file"))


def _two(value: Any) -> tuple[str | None, str | None]:
    one, other = value if isinstance(value, tuple) else (value, value)
    return None if one is None else str(one), None if other is None else str(other)


def _read(data: str | Path | xr.Dataset, where: str) -> SeriesFile:
    from simdistrict.result.dataset import from_xarray
    from simdistrict.result.series_file import load, series_of

    if isinstance(data, str | Path):
        return load(data)
    _check_dataset(data, where)
    return series_of(from_xarray(data), where)
