"""Analyses as tables: CSV rows, a NetCDF result, a JSON document."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from simdistrict.base import inputs
from simdistrict.base.atomic import write_text
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.identity import code_record
from simdistrict.result.dataset import CONVENTIONS, Result, Variable, finite, text
from simdistrict.result.netcdf import write_netcdf
from simdistrict.sensitivity.discovery import Discovery
from simdistrict.sensitivity.indices import Indices
from simdistrict.sensitivity.sample import Sample

Rows = list[list[object]]

_SAID = {
    "total": "total index: share of the variance that goes when all other numbers are known",
    "first": "first-order index: share of the variance that goes when this number is known",
    "second": "second-order index: share of the variance from two numbers together",
    "mu_star": "mean size of the elementary effects",
    "mu": "mean of the elementary effects",
    "sigma": "standard deviation of the elementary effects",
    "median": "median distance of the distribution within a slide from the whole one",
    "maximum": "largest distance of the distribution within a slide from the whole one",
}


def write_table(found: Indices | Discovery, path: Path, *, force: bool = False) -> None:
    """Write an analysis as .csv or .nc. Raises ExchangeError for anything else."""
    if path.suffix == ".csv":
        rows = index_rows(found) if isinstance(found, Indices) else box_rows(found)
        made = io.StringIO()
        csv.writer(made, lineterminator="\n").writerows(rows)
        write_text(path, made.getvalue(), ours=_is_table, force=force)
    elif path.suffix == ".nc":
        write_netcdf(result_of(found), path, force=force)
    else:
        what = f'a table is written as .csv or .nc, not as "{path.suffix}"'
        raise ExchangeError(Problem(str(path), what, "choose another file name"))


def _is_table(path: Path) -> bool:
    return inputs.head(path, 20).startswith((b"element,", b"box,element,"))


def index_rows(found: Indices) -> Rows:
    """A row per sampled number, then one per pair, in the order of the prior table."""
    names = found.sample.names
    rows: Rows = [["element", "with", *found.columns, *found.pairs]]
    for k, name in enumerate(names):
        rows.append([name, "", *(_number(c[k]) for c in found.columns.values())])
        rows[-1] += [""] * len(found.pairs)
    if found.pairs:
        for i, name in enumerate(names):
            for j in range(i + 1, len(names)):
                values = [_number(pair[i, j]) for pair in found.pairs.values()]
                rows.append([name, names[j], *([""] * len(found.columns)), *values])
    return rows


def box_rows(found: Discovery) -> Rows:
    """A row per number that a box restricts; an empty cell for no limit."""
    head = "box element low high quasi_p coverage_without density_without"
    rows: Rows = [[*head.split(), "coverage", "density", "mass"]]
    for number, box in enumerate(found.boxes, 1):
        of_box = [box.measures.coverage, box.measures.density, box.measures.mass]
        for limit in box.limits:
            name = found.sample.names[limit.place]
            numbers = (limit.low, limit.high, limit.quasi_p, limit.coverage, limit.density)
            rows.append([number, name, *map(_number, (*numbers, *of_box))])
    return rows


def _number(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else ""


def document(found: Indices | Discovery) -> dict[str, object]:
    """The analysis as a JSON document; null for a missing number or limit."""
    return {**_facts(found), **(_indices(found) if isinstance(found, Indices) else _boxes(found))}


def _indices(found: Indices) -> dict[str, object]:
    names = found.sample.names
    pairs = [
        {"elements": [a, names[j]], **{key: finite(v[i, j]) for key, v in found.pairs.items()}}
        for i, a in enumerate(names)
        for j in range(i + 1, len(names))
        if found.pairs
    ]
    return {
        "indices": [
            {"element": names[k], **{key: finite(v[k]) for key, v in found.columns.items()}}
            for k in found.ranked
        ],
        **({"pairs": pairs} if pairs else {}),
    }


def _boxes(found: Discovery) -> dict[str, object]:
    def measures(of: object) -> dict[str, object]:
        return {key: getattr(of, key) for key in ("coverage", "density", "mass", "restricted")}

    return {
        "boxes": [
            {
                **measures(box.measures),
                "limits": [
                    {
                        "element": found.sample.names[limit.place],
                        "low": finite(limit.low),
                        "high": finite(limit.high),
                        "quasi_p": limit.quasi_p,
                        "coverage_without": limit.coverage,
                        "density_without": limit.density,
                    }
                    for limit in box.limits
                ],
                "trajectory": [measures(step) for step in box.trajectory],
            }
            for box in found.boxes
        ]
    }


def _facts(found: Indices | Discovery) -> dict[str, object]:
    """The settings of an analysis, for a document or for attributes."""
    sample = found.sample
    facts: dict[str, object] = {
        "method": found.method if isinstance(found, Indices) else "prim",
        "indicator": sample.indicator,
        "time": finite(sample.time),
        "scenario": sample.scenario,
        **_design(sample),
        "members_analysed": len(sample.values),
        "failed": dict(found.failed),
    }
    if isinstance(found, Indices):
        facts |= {"blocks": found.blocks, "blocks_dropped": found.dropped}
        facts |= {"resamples": found.resamples, "resampling_seed": found.seed, **found.options}
        return facts
    choices = {name: getattr(found.choices, name) for name in found.choices.__slots__}
    limits = {"above": found.above, "below": found.below, "interesting": found.interesting}
    return {**facts, **limits, **{f"choice_{name}": value for name, value in choices.items()}}


def _design(sample: Sample) -> Mapping[str, object]:
    record: dict[str, object] = {"design": sample.method, "seed": sample.seed}
    if sample.method == "saltelli":
        record["order"] = sample.shape.order
    if sample.method == "morris":
        record["levels"] = sample.shape.levels
    return record


def result_of(found: Indices | Discovery) -> Result:
    """The content of a NetCDF file, with the origin that the ensemble records."""
    sample = found.sample
    names = text(sample.names)
    coords = {"sampled": Variable(("sampled",), names, {"long_name": "sampled numbers"})}
    variables: dict[str, Variable] = {}
    if isinstance(found, Indices):
        for key, values in found.columns.items():
            variables[key] = Variable(("sampled",), values, _attrs(key))
        if found.pairs:
            said = {"long_name": "sampled numbers, the second of a pair"}
            coords["sampled_2"] = Variable(("sampled_2",), names, said)
        for key, values in found.pairs.items():
            variables[key] = Variable(("sampled", "sampled_2"), values, _attrs(key))
    elif found.boxes:
        numbers = np.arange(1, len(found.boxes) + 1, dtype=np.int32)
        coords["box"] = Variable(("box",), numbers, {"long_name": "number of the box"})
        variables = _box_variables(found)
    failed = ", ".join(f"{n} {name}" for name, n in found.failed.items()) or "none"
    code = code_record()
    attrs: dict[str, object] = {
        "Conventions": CONVENTIONS,
        "title": f"Sensitivity of {sample.indicator} {sample.when}",
        "history": f"simdistrict {code['simdistrict_version']}: analysed an ensemble",
        **sample.origin,
        **code,
        **{key: value for key, value in _facts(found).items() if value is not None},
        "failed": failed,
    }
    return Result(coords, variables, attrs)


def _attrs(key: str) -> dict[str, object]:
    base = key.removesuffix("_low").removesuffix("_high")
    end = "" if base == key else f", {key.rpartition('_')[2]} end of its interval of 95%"
    return {"long_name": _SAID[base] + end}


def _box_variables(found: Discovery) -> dict[str, Variable]:
    shape = len(found.boxes), len(found.sample.names)
    kinds = {
        "low": ("lower limit, NaN where there is none", "low"),
        "high": ("upper limit, NaN where there is none", "high"),
        "quasi_p": ("probability of doing as well without these limits", "quasi_p"),
    }
    variables = {}
    for name, (said, key) in kinds.items():
        values = np.full(shape, np.nan)
        for row, box in enumerate(found.boxes):
            for limit in box.limits:
                value = getattr(limit, key)
                values[row, limit.place] = value if math.isfinite(value) else np.nan
        variables[name] = Variable(("box", "sampled"), values, {"long_name": said})
    for name, said in (
        ("coverage", "share of the cases of interest that the box holds"),
        ("density", "share of the box's members that are of interest"),
        ("mass", "share of all members that the box holds"),
    ):
        values = np.array([getattr(box.measures, name) for box in found.boxes])
        variables[name] = Variable(("box",), values, {"long_name": said})
    return variables
