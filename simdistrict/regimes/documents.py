"""A study's result as one JSON document: the same numbers as in the file, by name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simdistrict.regimes.numerics.stability import Stability
from simdistrict.regimes.request import RECORD, Request
from simdistrict.result.dataset import Result

# special points by the key that a document has for them
_KEYS = {"fold": "folds", "hopf": "hopf_points", "branch point": "branch_points", "kink": "kinks"}


def document(result: Result) -> dict[str, Any]:
    """The document of any study."""
    request = Request.from_json(str(result.attrs[RECORD]), "result")
    attrs = result.attrs
    head: dict[str, Any] = {
        "study": request.study,
        "model": attrs["model_name"],
        "frozen_at": attrs["frozen_at"],
        "frozen_trends": attrs["frozen_trends"],
        "element": request.element,
        "summary": attrs["summary"],
    }
    body = {
        "equilibria": _equilibria,
        "branch": _branch,
        "fold curve": _fold_curve,
        "hysteresis": _hysteresis,
        "basins": _basins,
        "basins along": _basins_along,
        "regime map": _regime_map,
        "policy map": _policy_map,
        "classes": _classes,
        "loops": _loops,
    }[request.study](result)
    plain: dict[str, Any] = _plain({**head, **body})
    return plain


def _equilibria(result: Result) -> dict[str, Any]:
    v = {name: variable.values for name, variable in result.variables.items()}
    stocks = _labels(result, "stock")
    found = []
    for k in range(len(v["stability"])):
        pairs = zip(v["eigenvalue_real"][k], v["eigenvalue_imaginary"][k], strict=True)
        found.append(
            {
                "stability": Stability(int(v["stability"][k])).name,
                "focus": bool(v["focus"][k]),
                "eigenvalues": [[float(a), float(b)] for a, b in pairs],
                "residual": v["residual"][k],
                "origin": v["origin"][k],
                "continuum": int(v["continuum"][k]),
                "at_low_bound": [s for s, b in zip(stocks, v["at_low_bound"][k], strict=True) if b],
                "state": _named(stocks, v["state"][k]),
                "outputs": _outputs(result, "value", k),
            }
        )
    keys = ("starts", "starts_that_failed", "roots_outside_the_box", "undecided_below")
    return {"equilibria": found, **{key: result.attrs[key] for key in keys}}


def _branch(result: Result) -> dict[str, Any]:
    v = {name: variable.values for name, variable in result.variables.items()}
    stocks = _labels(result, "stock")
    parts: list[dict[str, Any]] = []
    for k in range(len(v["branch_origin"])):
        own = v["branch"] == k
        parts.append(
            {
                "branch": k,
                "origin": v["branch_origin"][k],
                "endings": [v["branch_ending_low"][k], v["branch_ending_high"][k]],
                "parameter": v["parameter"][own],
                "stability": [Stability(int(s)).name for s in v["stability"][own]],
                "unstable_modes": v["unstable_modes"][own],
                "states": {name: v["state"][own, j] for j, name in enumerate(stocks)},
                "outputs": {
                    name: v["value"][own, j]
                    for j, name in enumerate(_labels(result, "output"))
                    if "value" in v
                },
            }
        )
    special: dict[str, list[dict[str, Any]]] = {key: [] for key in _KEYS.values()}
    for k, kind in enumerate(v["special_kind"]):
        point = {
            "parameter": v["special_parameter"][k],
            "branch": v["special_branch"][k],
            "state": _named(stocks, v["special_state"][k]),
            "outputs": _outputs(result, "special_value", k),
        }
        if kind == "hopf":
            point["frequency"] = v["special_frequency"][k]
        special[_KEYS[str(kind)]].append(point)
    return {"parameter": _name(result, "parameter"), "branches": parts, **special}


def _fold_curve(result: Result) -> dict[str, Any]:
    v = {name: variable.values for name, variable in result.variables.items()}
    stocks = _labels(result, "stock")
    curves = []
    for k in range(len(v["curve_ending_low"])):
        own = v["curve"] == k
        curves.append(
            {
                "endings": [v["curve_ending_low"][k], v["curve_ending_high"][k]],
                "parameter": v["parameter"][own],
                "second_parameter": v["second_parameter"][own],
                "states": {name: v["state"][own, j] for j, name in enumerate(stocks)},
            }
        )
    cusps = [
        {
            "parameter": v["cusp_parameter"][k],
            "second_parameter": v["cusp_second_parameter"][k],
            "state": _named(stocks, v["cusp_state"][k]),
        }
        for k in range(len(v["cusp_parameter"]))
    ]
    names = [_name(result, "parameter"), _name(result, "second_parameter")]
    return {"parameters": names, "fold_curves": curves, "cusps": cusps}


def _hysteresis(result: Result) -> dict[str, Any]:
    v = {name: variable.values for name, variable in result.variables.items()}
    names = _labels(result, "output")
    sweeps = [
        {
            "duration": v["duration"][k],
            "duration_asked": v["duration_asked"][k],
            "area": _named(names, v["area"][k]),
            "relative_area": _named(names, v["relative_area"][k]),
            "up": {name: v["up"][k, :, j] for j, name in enumerate(names)},
            "down": {name: v["down"][k, :, j] for j, name in enumerate(names)},
        }
        for k in range(len(v["duration"]))
    ]
    return {
        "parameter": {"name": _name(result, "parameter"), "values": v["parameter"]},
        "verdict": result.attrs["verdict"],
        "why": result.attrs["verdict_why"],
        "sweeps": sweeps,
    }


def _basins(result: Result) -> dict[str, Any]:
    v = {name: variable.values for name, variable in result.variables.items()}
    stocks = _labels(result, "stock")
    found = [
        {
            "id": k,
            "share": v["share"][k],
            "interval_95": [v["share_low"][k], v["share_high"][k]],
            "period": v["period"][k],
            "state": _named(stocks, v["state"][k]),
            "outputs": _outputs(result, "value", k),
        }
        for k in range(len(v["share"]))
    ]
    ids = v["attractor_id"]
    return {"attractors": found, "members": len(ids), "undecided": int((ids < 0).sum())}


def _basins_along(result: Result) -> dict[str, Any]:
    v = {name: variable.values for name, variable in result.variables.items()}
    stocks = _labels(result, "stock")
    points = []
    for k, value in enumerate(v["parameter"]):
        present = [i for i in range(v["share"].shape[1]) if not np.isnan(v["period"][k, i])]
        points.append(
            {
                "parameter": value,
                "attractors": [
                    {
                        "id": i,
                        "share": v["share"][k, i],
                        "interval_95": [v["share_low"][k, i], v["share_high"][k, i]],
                        "period": v["period"][k, i],
                        "state": _named(stocks, v["state"][k, i]),
                        "outputs": _outputs(result, "value", (k, i)),
                    }
                    for i in present
                ],
                "undecided": v["undecided"][k],
                "undecided_interval_95": [v["undecided_low"][k], v["undecided_high"][k]],
            }
        )
    members = v["attractor_id"].shape[1]
    return {"parameter": _name(result, "parameter"), "members": members, "points": points}


def _regime_map(result: Result) -> dict[str, Any]:
    v = {name: variable.values for name, variable in result.variables.items()}
    found = {
        "parameters": [_name(result, "first_value"), _name(result, "second_value")],
        "values": [v["first_value"], v["second_value"]],
        "worlds": v["worlds"],
        "undecided": v["undecided"],
        "members": len(v["initial_state"]),
        "outputs": {
            name: v["value"][..., k]
            for k, name in enumerate(_labels(result, "output"))
            if "value" in v
        },
    }
    if "held" in v:
        found |= {"held": v["held"], "rule": _name(result, "held").partition(" in which ")[2]}
    return found


def _policy_map(result: Result) -> dict[str, Any]:
    v = {name: variable.values for name, variable in result.variables.items()}
    stocks = _labels(result, "stock")
    return {
        "parameter": _name(result, "dose_value"),
        "doses": v["dose_value"],
        "durations": v["length_value"],
        "untouched": result.attrs["untouched"],
        "attractor_id": v["attractor_id"],
        "shortest": v["shortest"],
        "attractors": [
            {
                "id": k,
                "period": v["period"][k],
                "state": _named(stocks, state),
                "outputs": _outputs(result, "value", k),
            }
            for k, state in enumerate(v["state"])
        ],
    }


def _classes(result: Result) -> dict[str, Any]:
    v = {name: variable.values for name, variable in result.variables.items()}
    classes, policies = _labels(result, "class"), _labels(result, "policy")

    def share(name: str, *place: int) -> dict[str, Any]:
        ends = [v[f"{name}_low"][place], v[f"{name}_high"][place]]
        return {"share": v[name][place], "interval_95": ends}

    quantiles = [f"{q:g}" for q in result.coords["quantile"].values]
    return {
        "rule": result.attrs["rule"],
        "without_policy": result.attrs["without_policy"],
        "policies": policies,
        "dimension": result.attrs["dimension"],
        "draws": len(v["class_of"]),
        "seed": result.attrs["seed"],
        "measured": _name(result, "value"),
        "labels": [
            {
                "label": label,
                "classes": {name: share("share", k, c) for c, name in enumerate(classes)},
                "policy decides": share("policy_decides", k),
                "undecided": share("undecided", k),
                "suffices": {name: share("suffices", p, k) for p, name in enumerate(policies)},
                "harms": {name: share("harms", p, k) for p, name in enumerate(policies)},
                "quantiles": _named(quantiles, v["value"][k]),
            }
            for k, label in enumerate(_labels(result, "label"))
        ],
    }


def _loops(result: Result) -> dict[str, Any]:
    v = {name: variable.values for name, variable in result.variables.items()}
    return {
        "complete": result.attrs["complete"] == "true",
        "kept": result.attrs["kept"],
        "times": result.coords["time"].values,
        "loops": [
            {
                "id": name,
                "polarity": v["polarity"][k],
                "names": [n for n in str(v["loop_names"][k]).split(", ") if n],
                "path": str(v["path"][k]).split(" -> "),
                "scores": v["score"][:, k],
            }
            for k, name in enumerate(_labels(result, "loop"))
        ],
        "shares": {name: v["share"][:, k] for k, name in enumerate(_labels(result, "name"))},
        "periods": [
            {"from": a, "to": b, "loops": str(names).split(", ")}
            for a, b, names in zip(
                v["period_start"], v["period_stop"], v["period_loops"], strict=True
            )
        ],
    }


def _outputs(result: Result, name: str, k: int | tuple[int, ...]) -> dict[str, Any]:
    if name not in result.variables:
        return {}
    return _named(_labels(result, "output"), result.variables[name].values[k])


def _labels(result: Result, name: str) -> list[str]:
    return [str(x) for x in result.coords[name].values] if name in result.coords else []


def _name(result: Result, variable: str) -> str:
    return str(result.variables[variable].attrs["long_name"])


def _named(names: list[str], values: Any) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))


def _plain(value: Any) -> Any:
    """Numbers and lists as JSON has them; null for what is not finite."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value
