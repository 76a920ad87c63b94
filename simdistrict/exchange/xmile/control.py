"""The control elements of a model as numbers, which is all that XMILE can hold."""

from __future__ import annotations

from simdistrict.base.errors import ModelError, Problem
from simdistrict.model.expr import Binary, Expr, Number, Ref, Unary
from simdistrict.model.model import CONTROL, Model, missing_control


def control_values(model: Model) -> dict[str, float]:
    """Start, stop, time step and save step by folded name.

    Raises ModelError for one that is not computed from constants.
    """
    if gone := missing_control(model.by_name):
        raise ModelError(Problem(f"model {model.name}", f"there is no {gone[0]}"))
    values: dict[str, float] = {}
    for name in CONTROL:
        if name not in model.by_name:
            values[name] = values["time step"]
            continue
        value = _value(model, Ref(name), 0)
        if value is None:
            what = f"{name.upper()} is computed, and XMILE requires a number"
            raise ModelError(Problem(f"model {model.name}", what, "make it a number"))
        values[name] = value
    return values


def _value(model: Model, expr: Expr, depth: int) -> float | None:
    if depth > 50:
        return None
    match expr:
        case Number(value):
            return value
        case Ref(name, ()) if name in model.by_name:
            equation = model.by_name[name].equations[0]
            return None if equation.initial else _value(model, equation.expression, depth + 1)
        case Unary("-", operand):
            inner = _value(model, operand, depth + 1)
            return None if inner is None else -inner
        case Binary(op, left, right):
            a, b = _value(model, left, depth + 1), _value(model, right, depth + 1)
            if a is None or b is None:
                return None
            if op == "/":
                return a / b if b else None
            return {"+": a + b, "-": a - b, "*": a * b}.get(op)
    return None
