"""A posterior as `posterior.nc`, in the groups of ArviZ with CF attributes, and as `design.nc`.

Groups: posterior, sample_stats, log_likelihood, posterior_predictive, observed_data, prior. A
variable per coordinate of the draws; what repeats the posterior are attributes of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.library import shown
from simdistrict.inference.posterior import (
    CONSTANT,
    Coordinate,
    Datum,
    Draws,
    Posterior,
    Predicted,
    Summary,
)
from simdistrict.result.dataset import CONVENTIONS, Result, Variable, plain, text
from simdistrict.result.naming import snake
from simdistrict.result.netcdf import (
    MARK,
    groups_of,
    read_netcdf,
    write_netcdf,
    write_netcdf_groups,
)
from simdistrict.result.udunits import udunits

POSTERIOR, PRIOR, STATS = "posterior", "prior", "sample_stats"
LIKELIHOOD, PREDICTIVE, OBSERVED = "log_likelihood", "posterior_predictive", "observed_data"
GROUPS = (POSTERIOR, STATS, LIKELIHOOD, PREDICTIVE, OBSERVED, PRIOR)
CONVERGED, REASONS, RUNS = "converged", "reasons", "model_runs"
_AXES = ("chain", "draw")
_DATA = "point"


def variable_names(coordinates: Sequence[Coordinate]) -> tuple[str, ...]:
    """A variable for each coordinate: letters, digits and `_`, each once."""
    taken = {*_AXES, "population", _DATA, "series", "time"}
    found = []
    for coordinate in coordinates:
        name = own = snake(coordinate.name)[:200]
        number = 1
        while own in taken:
            number += 1
            own = f"{name}_{number}"
        taken.add(own)
        found.append(own)
    return tuple(found)


def groups(found: Posterior) -> dict[str, Result]:
    """The groups of posterior.nc."""
    chains, draws = found.shape
    axes, own = _axes(chains, range(draws)), found.predicted
    kept = _axes(chains, own.kept)
    numbers = {
        name: Variable(_AXES, found.draws.numbers[..., k], _about(coordinate, row))
        for k, (name, coordinate, row) in enumerate(_columns(found))
    }
    prior = {
        name: Variable(_AXES, found.before[None, :, k], _about(coordinate))
        for k, (name, coordinate, _) in enumerate(_columns(found))
    }
    series = Variable(("series",), text(found.series), {"long_name": "series or statement"})
    each = Variable((*_AXES, "series"), own.series, _log("likelihood of each series or statement"))
    return {
        POSTERIOR: Result(axes, numbers, {}),
        STATS: Result(axes, _statistics(found), {}),
        LIKELIHOOD: Result({**kept, "series": series}, {"series_log_likelihood": each}, {}),
        PREDICTIVE: Result(
            {**kept, **_points(found)},
            {
                "value": Variable(
                    (*_AXES, _DATA), own.replicated, _words("data drawn from model and error")
                ),
                "model": Variable((*_AXES, _DATA), own.points, _words("model at the data")),
                **_labels(found),
            },
            {},
        ),
        OBSERVED: Result(
            _points(found),
            {
                "value": Variable(
                    (_DATA,), np.array([p.value for p in found.data]), _words("observed value")
                ),
                **_labels(found),
            },
            {},
        ),
        PRIOR: Result(_axes(1, range(len(found.before))), prior, {}),
    }


def attributes(found: Posterior) -> dict[str, object]:
    """The attributes of posterior.nc and design.nc: the record, and what the draws are worth."""
    own: dict[str, object] = {
        "Conventions": CONVENTIONS,
        "title": f"Posterior of constants of the model {found.record.get('model_name', '')}",
        **found.record,
        CONVERGED: int(found.converged),
        REASONS: "; ".join(found.reasons) or "none",
        RUNS: found.runs,
        "ess_bulk_min": found.ess,
        "rhat_max": found.rhat,
    }
    return {key: plain(value) for key, value in own.items()}


def design(found: Posterior) -> Result:
    """The constants of all draws in a row, for an ensemble: design.nc."""
    chains, draws = found.shape
    total = chains * draws
    flat = found.draws.numbers.reshape(total, -1)
    count = np.arange(total, dtype=np.int32)
    coords = {"draw": Variable(("draw",), count, {"long_name": "number of the draw"})}
    variables = {
        name: Variable(("draw",), flat[:, k], _about(coordinate, row))
        for k, (name, coordinate, row) in enumerate(_columns(found))
        if coordinate.role == CONSTANT
    }
    chain = np.repeat(np.arange(chains, dtype=np.int32), draws)
    population = np.repeat(np.asarray(found.draws.population, np.int32), draws)
    for name, values in (("chain", chain), ("population", population)):
        about = {"long_name": f"{name} of the draw", "role": name}
        variables[name] = Variable(("draw",), values, about)
    version = found.record.get(MARK, "")
    attrs = {**attributes(found), "history": f"simdistrict {version}: inferred constants"}
    return Result(coords, variables, attrs)


def write_posterior(found: Posterior, path: Path, *, force: bool = False) -> Path:
    """Write posterior.nc; the same posterior gives the same bytes."""
    return write_netcdf_groups(groups(found), attributes(found), path, force=force)


def write_design_of(found: Posterior, path: Path, *, force: bool = False) -> Path:
    """Write design.nc, the draws of the constants alone."""
    return write_netcdf(design(found), path, force=force, packed=True)


def read_posterior(path: Path) -> Posterior:
    """Read a posterior.nc that simdistrict wrote.

    Raises ExchangeError where the file is missing, damaged or another one.
    """
    where = shown(path)
    there = groups_of(path) if path.is_file() else ()
    if not path.is_file() or any(name not in there for name in GROUPS):
        what = "this is no posterior" if path.is_file() else "there is no such file"
        raise ExchangeError(Problem(where, what, "give a posterior.nc that infer wrote"))
    stored = {name: read_netcdf(path, group=name) for name in GROUPS}
    attrs = dict(stored[POSTERIOR].attrs)
    if MARK not in attrs or CONVERGED not in attrs:
        what = "this posterior is another program's"
        raise ExchangeError(Problem(where, what, "its draws can be given as --design"))
    try:
        return _read(stored, attrs)
    except (KeyError, ValueError, TypeError) as error:
        what = f"the file is damaged ({error})"
        raise ExchangeError(Problem(where, what, "write it again")) from None


def _read(stored: Mapping[str, Result], attrs: Mapping[str, object]) -> Posterior:
    own = stored[POSTERIOR].variables
    coordinates = tuple(_coordinate(v) for v in own.values())
    predictive, observed = stored[PREDICTIVE].variables, stored[OBSERVED].variables
    statistics = stored[STATS].variables
    units = [str(value) for value in observed["units_of_value"].values]
    data = tuple(
        Datum(str(series), float(time), float(value), unit)
        for series, time, value, unit in zip(
            observed["series"].values,
            observed["time"].values,
            observed["value"].values,
            units,
            strict=True,
        )
    )
    draws = Draws(
        _stack(own.values()),
        _reals(statistics["log_likelihood"]),
        _reals(statistics["log_prior"]),
        np.asarray(statistics["population"].values, int),
    )
    predicted = Predicted(
        np.asarray(stored[PREDICTIVE].coords["draw"].values, int),
        _reals(stored[LIKELIHOOD].variables["series_log_likelihood"]),
        _reals(predictive["model"]),
        _reals(predictive["value"]),
    )
    reasons = str(attrs[REASONS])
    return Posterior(
        coordinates,
        draws,
        predicted,
        _stack(stored[PRIOR].variables.values())[0],
        tuple(str(name) for name in stored[LIKELIHOOD].coords["series"].values),
        data,
        int(str(attrs[CONVERGED])) == 1,
        () if reasons == "none" else tuple(reasons.split("; ")),
        int(str(attrs[RUNS])),
        {k: v for k, v in attrs.items() if k not in _DERIVED},
    )


_DERIVED = ("Conventions", "title", CONVERGED, REASONS, RUNS, "ess_bulk_min", "rhat_max")


def _coordinate(variable: Variable) -> Coordinate:
    attrs = variable.attrs
    return Coordinate(str(attrs["long_name"]), str(attrs["vensim_units"]), str(attrs["role"]))


def _stack(variables: Any) -> Reals:
    return np.stack([_reals(variable) for variable in variables], axis=-1)


def _reals(variable: Variable) -> Reals:
    return np.ascontiguousarray(variable.values, float)


def _axes(chains: int, draws: Any) -> dict[str, Variable]:
    names = {"chain": "number of the chain", "draw": "number of the draw in its chain"}
    return {
        axis: Variable((axis,), np.array(own, np.int32), {"long_name": names[axis]})
        for axis, own in zip(_AXES, (range(chains), draws), strict=True)
    }


def _columns(found: Posterior) -> list[tuple[str, Coordinate, Summary]]:
    names = variable_names(found.coordinates)
    return list(zip(names, found.coordinates, found.summaries, strict=True))


def _about(coordinate: Coordinate, row: Summary | None = None) -> dict[str, object]:
    """The attributes of a variable; at most eight, see `dataset.element_attrs`."""
    attrs: dict[str, object] = {
        "long_name": coordinate.name,
        "units": udunits(coordinate.units),
        "vensim_units": coordinate.units,
        "role": coordinate.role,
    }
    if row is not None:
        attrs |= {"rhat": row.rhat, "ess_bulk": row.ess, "ess_tail": row.ess_tail}
        attrs |= {"mcse_mean": row.mcse}
    return {key: plain(value) for key, value in attrs.items()}


def _log(of: str) -> dict[str, object]:
    return {"long_name": f"log {of}", "units": "1"}


def _words(long_name: str) -> dict[str, object]:
    return (
        {"long_name": long_name, "units": "1"} if "log" in long_name else {"long_name": long_name}
    )


def _statistics(found: Posterior) -> dict[str, Variable]:
    d = found.draws
    return {
        "lp": Variable(_AXES, d.likelihood + d.prior, _log("posterior density")),
        "log_likelihood": Variable(_AXES, d.likelihood, _log("likelihood of all data")),
        "log_prior": Variable(_AXES, d.prior, _log("prior density in normal scores")),
        "population": Variable(
            ("chain",),
            np.asarray(found.draws.population, np.int32),
            {"long_name": "population of the chain"},
        ),
    }


def _points(found: Posterior) -> dict[str, Variable]:
    count = np.arange(len(found.data), dtype=np.int32)
    return {_DATA: Variable((_DATA,), count, {"long_name": "number of the observed value"})}


def _labels(found: Posterior) -> dict[str, Variable]:
    """What belongs to each observed value: its series, its time, its unit."""
    times = np.array([p.time for p in found.data])
    return {
        "series": Variable(
            (_DATA,), text(p.series for p in found.data), _words("name of the series")
        ),
        "time": Variable((_DATA,), times, _words("time of the value")),
        "units_of_value": Variable(
            (_DATA,), text(p.units for p in found.data), _words("unit of the value")
        ),
    }
