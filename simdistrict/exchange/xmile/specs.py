"""The `sim_specs` of an XMILE file: control elements and integration method."""

from __future__ import annotations

from dataclasses import dataclass

from simdistrict.base.errors import ModelError, Problem
from simdistrict.exchange.text.numbers import as_number
from simdistrict.exchange.xmile.document import XmlNode
from simdistrict.model.expr import Expr, Number, Ref
from simdistrict.model.model import Auxiliary, Constant, Element, Equation

_METHODS = {"euler": "euler", "rk4": "rk4"}


@dataclass(frozen=True, slots=True)
class Specs:
    """Control elements by folded name, the integrator, and notes on replaced methods."""

    control: dict[str, Element]
    integrator: str
    notes: tuple[str, ...]


def read_specs(root: XmlNode, where: str) -> Specs:
    """The time grid and the method. Raises ModelError for a missing or wrong number."""
    specs = root.first("sim_specs")
    if specs is None:
        hint = "XMILE states start, stop and dt in <sim_specs>"
        raise ModelError(Problem(where, "the file has no sim_specs", hint))
    units = specs.attributes.get("time_units", "").strip()
    step = _number(specs, "dt", where, 1.0)
    dt = specs.first("dt")
    if dt and dt.attributes.get("reciprocal", "").strip().lower() == "true":
        step = 1.0 / step if step else 0.0
    save = _save_step(specs, where)
    values: dict[str, Expr] = {
        "INITIAL TIME": Number(_number(specs, "start", where)),
        "FINAL TIME": Number(_number(specs, "stop", where)),
        "TIME STEP": Number(step),
        "SAVEPER": Ref("time step") if save is None else Number(save),
    }
    control: dict[str, Element] = {
        name.lower(): (Constant if isinstance(value, Number) else Auxiliary)(
            name=name, equations=(Equation(value, line=specs.line),), units=units
        )
        for name, value in values.items()
    }
    integrator, notes = _method(specs, where)
    return Specs(control, integrator, notes)


def _method(specs: XmlNode, where: str) -> tuple[str, tuple[str, ...]]:
    """The first supported method in the list of methods, and a note if there is none."""
    listed = [m.strip() for m in specs.attributes.get("method", "Euler").split(",")]
    for method in listed:
        if method.lower() in _METHODS:
            return _METHODS[method.lower()], ()
    note = f"{where}:{specs.line} | fourth-order Runge-Kutta replaces the method {listed[0]}"
    return "rk4", (note,)


def _save_step(specs: XmlNode, where: str) -> float | None:
    for name in ("save_interval", "savestep", "save_step"):
        if text := specs.attributes.get(name, "").strip():
            return _value(text, name, specs, where)
        if specs.first(name):
            return _number(specs, name, where)
    return None


def _number(specs: XmlNode, name: str, where: str, default: float | None = None) -> float:
    node = specs.first(name)
    if node is None:
        if default is not None:
            return default
        raise specs.error(where, f"sim_specs has no <{name}>")
    return _value(node.text.strip(), name, node, where)


def _value(text: str, name: str, node: XmlNode, where: str) -> float:
    value = as_number(text[:200])
    if value is None:
        hint = 'write a reciprocal as <dt reciprocal="true">4</dt>' if "/" in text else ""
        raise node.error(where, f'<{name}> of sim_specs is "{text[:30]}", not a number', hint)
    return value
