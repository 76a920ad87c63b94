"""The functions of Vensim that the engine supports, in one table.

Refusals, documentation and the test register derive from it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """How the engine runs a function of Vensim.

    arity: the numbers of arguments that it accepts.
    kind: scalar (a number from numbers), switch (reads the time), memory (holds a state or an
    initial value), reduction (over subscripts marked with `!`), condition, lookup (of a lookup by
    its name, and numbers), data (of a data variable by its name), array (of whole arrays, see
    `whole`), random (drawn at every time point), rewritten (stands for an expression of other
    functions).
    python: the name of the helper in the emitted source, where there is one.
    without_slope: why its result has no derivative by its arguments; empty where it has one.
    """

    arity: tuple[int, ...]
    kind: str
    python: str = ""
    without_slope: str = ""


_DRAWN = "it draws at random"
_SOUGHT = "its price is found by bisection"

FUNCTIONS: dict[str, Function] = {
    "ABS": Function((1,), "scalar", "abs"),
    "ACTIVE INITIAL": Function((2,), "memory"),
    "ALLOCATE AVAILABLE": Function((3,), "array", "allocate_available", _SOUGHT),
    "ALLOCATE BY PRIORITY": Function((5,), "array", "allocate_by_priority", _SOUGHT),
    "ARCCOS": Function((1,), "scalar", "acos"),
    "ARCSIN": Function((1,), "scalar", "asin"),
    "ARCTAN": Function((1,), "scalar", "atan"),
    "COS": Function((1,), "scalar", "cos"),
    "COSH": Function((1,), "scalar", "cosh"),
    "DELAY FIXED": Function((3,), "memory"),
    "DELAY INFORMATION": Function((3,), "memory", "delay_information"),
    "DELAY MATERIAL": Function((4,), "memory", "delay_material"),
    "DELAY N": Function((4,), "memory"),
    "DELAY1": Function((2,), "memory"),
    "DELAY1I": Function((3,), "memory"),
    "DELAY3": Function((2,), "memory"),
    "DELAY3I": Function((3,), "memory"),
    "DEMAND AT PRICE": Function((3,), "array", "demand_at_price"),
    "DEPRECIATE STRAIGHTLINE": Function((4,), "memory", "depreciation"),
    "ELMCOUNT": Function((1,), "rewritten"),
    "EXP": Function((1,), "scalar", "exp"),
    "FIND MARKET PRICE": Function((4,), "array", "find_market_price", _SOUGHT),
    "FORECAST": Function((3, 4), "memory"),
    "GAME": Function((1,), "rewritten"),
    "GAMMA LN": Function((1,), "scalar", "gamma_ln"),
    "GET DATA BETWEEN TIMES": Function((3,), "data", "data_between"),
    "GET DATA FIRST TIME": Function((1,), "data", "data_first_time"),
    "GET DATA LAST TIME": Function((1,), "data", "data_last_time"),
    "GET DATA TOTAL POINTS": Function((1,), "data", "data_points"),
    "GET TIME VALUE": Function((3,), "rewritten"),
    "IF THEN ELSE": Function((3,), "condition"),
    "INITIAL": Function((1,), "memory"),
    "INTEG": Function((2,), "memory"),
    "INTEGER": Function((1,), "scalar", "integer"),
    "INVERT MATRIX": Function((2,), "array", "invert_matrix"),
    "LN": Function((1,), "scalar", "log"),
    "LOG": Function((2,), "rewritten"),
    "LOOKUP AREA": Function((3,), "lookup", "lookup_area"),
    "LOOKUP BACKWARD": Function((2,), "lookup", "lookup_backward"),
    "LOOKUP EXTRAPOLATE": Function((2,), "lookup", "lookup_extrapolate"),
    "LOOKUP FORWARD": Function((2,), "lookup", "lookup_forward"),
    "LOOKUP INVERT": Function((2,), "lookup", "lookup_invert"),
    "LOOKUP SLOPE": Function((3,), "lookup", "lookup_slope"),
    "MAX": Function((2,), "scalar", "max"),
    "MIN": Function((2,), "scalar", "min"),
    "MODULO": Function((2,), "scalar", "modulo"),
    ":NA:": Function((0,), "rewritten"),
    "NPV": Function((4,), "memory"),
    "NPVE": Function((4,), "memory"),
    "POWER": Function((2,), "scalar", "pow"),
    "PROD": Function((1,), "reduction"),
    "PULSE": Function((2,), "switch", "pulse"),
    "PULSE TRAIN": Function((4,), "switch", "pulse_train"),
    "QUANTUM": Function((2,), "scalar", "quantum"),
    "RAMP": Function((2, 3), "switch", "ramp"),
    "RANDOM 0 1": Function((0,), "random", "random_0_1", _DRAWN),
    "RANDOM BETA": Function((7,), "random", "random_beta", _DRAWN),
    "RANDOM BINOMIAL": Function((7,), "random", "random_binomial", _DRAWN),
    "RANDOM EXPONENTIAL": Function((5,), "random", "random_exponential", _DRAWN),
    "RANDOM GAMMA": Function((6,), "random", "random_gamma", _DRAWN),
    "RANDOM NEGATIVE BINOMIAL": Function((7,), "random", "random_negative_binomial", _DRAWN),
    "RANDOM NORMAL": Function((5,), "random", "random_normal", _DRAWN),
    "RANDOM POISSON": Function((6,), "random", "random_poisson", _DRAWN),
    "RANDOM TRIANGULAR": Function((6,), "random", "random_triangular", _DRAWN),
    "RANDOM UNIFORM": Function((3,), "random", "random_uniform", _DRAWN),
    "RANDOM WEIBULL": Function((6,), "random", "random_weibull", _DRAWN),
    "SAMPLE IF TRUE": Function((3,), "memory"),
    "SIN": Function((1,), "scalar", "sin"),
    "SINH": Function((1,), "scalar", "sinh"),
    "SMOOTH": Function((2,), "memory"),
    "SMOOTH N": Function((4,), "memory"),
    "SMOOTH3": Function((2,), "memory"),
    "SMOOTH3I": Function((3,), "memory"),
    "SMOOTHI": Function((3,), "memory"),
    "SQRT": Function((1,), "scalar", "sqrt"),
    "STEP": Function((2,), "switch", "step"),
    "SUM": Function((1,), "reduction"),
    "SUPPLY AT PRICE": Function((3,), "array", "supply_at_price"),
    "TAN": Function((1,), "scalar", "tan"),
    "TANH": Function((1,), "scalar", "tanh"),
    "TREND": Function((3,), "memory"),
    "VECTOR ELM MAP": Function((2,), "array", "element"),
    "VECTOR LOOKUP": Function((5,), "array", "vector_lookup"),
    "VECTOR RANK": Function((2,), "array", "vector_rank"),
    "VECTOR REORDER": Function((2,), "array", "vector_reorder"),
    "VECTOR SELECT": Function((5,), "rewritten"),
    "VECTOR SORT ORDER": Function((2,), "array", "vector_sort_order"),
    "VMAX": Function((1,), "reduction"),
    "VMIN": Function((1,), "reduction"),
    "XIDZ": Function((3,), "scalar", "xidz"),
    "ZIDZ": Function((2,), "scalar", "zidz"),
}


@dataclass(frozen=True, slots=True)
class Dates:
    """How a function of kind switch is called once its defaults are filled in.

    arity: the number of its arguments; first_date: from which one on they say when it switches.
    """

    arity: int
    first_date: int


SWITCHES = {
    "STEP": Dates(2, 1),
    "RAMP": Dates(3, 1),
    "PULSE": Dates(3, 0),
    "PULSE TRAIN": Dates(5, 0),
}

_NO_DATA = "computes with whole series of data"
_ALONE = "it stands alone behind the equals sign, and its arguments are texts in single quotes"
_BINARY = "Vensim's binary files are not read: export them as .tab or .dat and use --data"
_NO_SAMPLE = "no published output or independent program to check it against"
_OPEN = "its help page leaves open how its numbers are counted, and no output shows it"
_OLD = "is an older form of ALLOCATE AVAILABLE, which its help page does not describe"
_NO_LOOKUP = "draws from the points of a lookup"

# functions of Vensim's manual that are refused, and why
REFUSED: dict[str, str] = {
    "ALLOC P": _OLD,
    "CUMULATE": _NO_DATA,
    "CUMULATEF": _NO_DATA,
    "DELAY BATCH": _OPEN,
    "DELAY CONVEYOR": _NO_SAMPLE,
    "DELAY PROFILE": _NO_SAMPLE,
    "DEPRECIATE BY SCHEDULE": _OPEN,
    "FIND ZERO": "solves equations that depend on each other",
    "GET 123 CONSTANTS": "Lotus 1-2-3 files are not read: save them as .xlsx",
    "GET 123 DATA": "Lotus 1-2-3 files are not read: save them as .xlsx",
    "GET 123 LOOKUPS": "Lotus 1-2-3 files are not read: save them as .xlsx",
    "GET DATA AT TIME": _NO_SAMPLE,
    "GET DATA MAX": _NO_SAMPLE,
    "GET DATA MEAN": _NO_SAMPLE,
    "GET DATA MEDIAN": _NO_SAMPLE,
    "GET DATA MIN": _NO_SAMPLE,
    "GET DATA STDV": _NO_SAMPLE,
    "GET DIRECT CONSTANTS": _ALONE,
    "GET DIRECT DATA": _ALONE,
    "GET DIRECT LOOKUPS": _ALONE,
    "GET VDF CONSTANTS": _BINARY,
    "GET VDF DATA": _BINARY,
    "GET VDF LOOKUPS": _BINARY,
    "GET XLS CONSTANTS": _ALONE,
    "GET XLS DATA": _ALONE,
    "GET XLS LOOKUPS": _ALONE,
    "INTERNAL RATE OF RETURN": _OPEN,
    "MARKETP": _OLD,
    "MESSAGE": "is for games at the screen",
    "RANDOM LOOKUP": _NO_LOOKUP,
    "RANDOM PINK NOISE": _NO_SAMPLE,
    "REINITIAL": "changes its value between runs that follow each other",
    "SHIFT IF TRUE": "moves the content of whole arrays",
    "SIMULTANEOUS": "solves equations that depend on each other",
    "SSHAPE": _NO_SAMPLE,
}
