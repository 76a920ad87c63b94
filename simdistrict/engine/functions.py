"""The functions of Vensim that the engine runs: the one table of what is supported.

Everything that names functions derives from here: refusals, documentation, the test register.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """How a function of Vensim is run.

    arity: the numbers of arguments it accepts.
    kind: scalar (a number from numbers), switch (reads the time), memory (holds a state or an
    initial value), reduction (over subscripts marked with `!`), condition.
    python: the name of the helper in the emitted source, where there is one.
    """

    arity: tuple[int, ...]
    kind: str
    python: str = ""


FUNCTIONS: dict[str, Function] = {
    "ABS": Function((1,), "scalar", "abs"),
    "ACTIVE INITIAL": Function((2,), "memory"),
    "COS": Function((1,), "scalar", "cos"),
    "DELAY1": Function((2,), "memory"),
    "DELAY1I": Function((3,), "memory"),
    "DELAY3": Function((2,), "memory"),
    "DELAY3I": Function((3,), "memory"),
    "EXP": Function((1,), "scalar", "exp"),
    "IF THEN ELSE": Function((3,), "condition"),
    "INITIAL": Function((1,), "memory"),
    "INTEG": Function((2,), "memory"),
    "INTEGER": Function((1,), "scalar", "integer"),
    "LN": Function((1,), "scalar", "log"),
    "MAX": Function((2,), "scalar", "max"),
    "MIN": Function((2,), "scalar", "min"),
    "MODULO": Function((2,), "scalar", "modulo"),
    "PROD": Function((1,), "reduction"),
    "PULSE": Function((2,), "switch", "pulse"),
    "PULSE TRAIN": Function((4,), "switch", "pulse_train"),
    "RAMP": Function((2, 3), "switch", "ramp"),
    "SAMPLE IF TRUE": Function((3,), "memory"),
    "SIN": Function((1,), "scalar", "sin"),
    "SMOOTH": Function((2,), "memory"),
    "SMOOTH3": Function((2,), "memory"),
    "SMOOTH3I": Function((3,), "memory"),
    "SMOOTHI": Function((3,), "memory"),
    "SQRT": Function((1,), "scalar", "sqrt"),
    "STEP": Function((2,), "switch", "step"),
    "SUM": Function((1,), "reduction"),
    "TAN": Function((1,), "scalar", "tan"),
    "VMAX": Function((1,), "reduction"),
    "VMIN": Function((1,), "reduction"),
    "XIDZ": Function((3,), "scalar", "xidz"),
    "ZIDZ": Function((2,), "scalar", "zidz"),
}
