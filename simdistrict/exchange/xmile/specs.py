"""The `sim_specs` of an XMILE file: control elements and integration method."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simdistrict.base.errors import ModelError, Problem
from simdistrict.exchange.text.numbers import as_number
from simdistrict.exchange.xmile.document import XmlNode
from simdistrict.model.expr import Expr, Number, Ref
from simdistrict.model.model import Auxiliary, Constant, Element, Equation

_METHODS = {"euler": "euler", "rk4": "rk4"}


@dataclass(frozen=True, slots=True)
class Formula:
    """A control value that is no number: the name of an element, or an expression.

    tag: of the XML element or attribute; reciprocal: 1 divided by its value is meant.
    """

    tag: str
    text: str
    line: int
    reciprocal: bool = False


@dataclass(frozen=True, slots=True)
class Specs:
    """Control elements by folded name, the integrator, and notes on replaced methods.

    formulas: those whose equations are still to be read, by folded name.
    """

    control: dict[str, Element]
    formulas: dict[str, Formula]
    integrator: str
    notes: tuple[str, ...]


def read_specs(root: XmlNode, where: str) -> Specs:
    """The time grid and the method. Raises ModelError for a missing value."""
    specs = root.first("sim_specs")
    if specs is None:
        hint = "XMILE states start, stop and dt in <sim_specs>"
        raise ModelError(Problem(where, "the file has no sim_specs", hint))
    units = specs.attributes.get("time_units", "").strip()
    values: dict[str, Expr | Formula] = {
        "INITIAL TIME": _stated(specs, "start", where),
        "FINAL TIME": _stated(specs, "stop", where),
        "TIME STEP": _stated(specs, "dt", where) if specs.first("dt") else Number(1.0),
        "SAVEPER": _save_step(specs, where),
    }
    control: dict[str, Element] = {}
    formulas: dict[str, Formula] = {}
    for name, value in values.items():
        if isinstance(value, Formula):
            formulas[name.lower()] = value
            value = Ref("time step")
        kind = Constant if isinstance(value, Number) else Auxiliary
        equations = (Equation(value, line=specs.line),)
        control[name.lower()] = kind(name=name, equations=equations, units=units)
    integrator, notes = _method(specs, where)
    return Specs(control, formulas, integrator, notes)


def _method(specs: XmlNode, where: str) -> tuple[str, tuple[str, ...]]:
    """The first supported method in the list of methods, and a note if there is none."""
    listed = [m.strip() for m in specs.attributes.get("method", "Euler").split(",")]
    for method in listed:
        if method.lower() in _METHODS:
            return _METHODS[method.lower()], ()
    note = f"{where}:{specs.line} | fourth-order Runge-Kutta replaces the method {listed[0]}"
    return "rk4", (note,)


def _save_step(specs: XmlNode, where: str) -> Expr | Formula:
    for name in ("save_interval", "savestep", "save_step"):
        if text := specs.attributes.get(name, "").strip():
            return _value(name, text, specs.line)
        if specs.first(name):
            return _stated(specs, name, where)
    return Ref("time step")


def _stated(specs: XmlNode, name: str, where: str) -> Expr | Formula:
    node = specs.first(name)
    if node is None or not node.text.strip():
        raise (node or specs).error(where, f"sim_specs has no <{name}>")
    value = _value(name, node.text.strip(), node.line)
    if node.attributes.get("reciprocal", "").strip().lower() not in ("true", "1"):
        return value
    if isinstance(value, Formula):
        return replace(value, reciprocal=True)
    assert isinstance(value, Number)
    return Number(1.0 / value.value if value.value else 0.0)


def _value(tag: str, text: str, line: int) -> Number | Formula:
    value = as_number(text[:200])
    return Formula(tag, text, line) if value is None else Number(value)
