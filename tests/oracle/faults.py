"""What the witnesses are known to get wrong in our own models: data, read by `test_functions`.

A comparison named here is not made. Every sentence says what the witness does and how that is
known; "help" is Vensim's own manual (vensim.com/documentation, read 2026-11). What no witness
gets right is compared with values worked out by hand instead, see `by_hand`.
Found with pysd 3.14.3 and pysimlin 0.8.5; a newer release may have put some of it right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def always(time_step: float) -> bool:
    """At every time step."""
    return True


def inexact(time_step: float) -> bool:
    """At a time step that no sum of powers of two equals, such as 0.1 or 1/3."""
    return (time_step * 2**20) % 1 != 0


@dataclass(frozen=True, slots=True)
class Fault:
    """Elements of one model for which a witness is wrong.

    elements: folded names, without labels.
    when: the time steps at which it is wrong.
    """

    witness: str
    model: str
    elements: tuple[str, ...]
    reason: str
    when: Callable[[float], bool] = always


@dataclass(frozen=True, slots=True)
class Refusal:
    """A model that a witness cannot read or run at all."""

    witness: str
    model: str
    reason: str


_WIDTH_0 = (
    "A width of 0 gives no pulse at all (its condition is start <= Time < start + 0); the help "
    "of PULSE and PULSE TRAIN says that such a pulse lasts one time step, so PULSE(4,0) is 1 at 4."
)
_OFF_GRID = (
    "A pulse begins at the first point that is not before its start; by the help it is on while "
    "start < Time + TIME STEP/2 < start + width, so PULSE(4.37,2.2) with a time step of 1 "
    "begins at 4, where the witness gives 0."
)
_ADDED_UP_PYSD = (
    "It adds up time, 0.1 + 0.1 + ..., and compares the end of a pulse without tolerance: at "
    "4.999999999999998 PULSE(3,2) is still 1, and a stock that it fills gets one step too much "
    "(5.1 for 5). Vensim's half step guards both ends (help of PULSE)."
)
_ADDED_UP_SIMLIN = (
    "It adds up time and compares both ends of a pulse without tolerance: pulses begin and end "
    "one step late (PULSE(6,3) is 0 at 6 and 1 at 9 with a time step of 0.1 or 1/3). Vensim's "
    "half step guards both ends (help of PULSE)."
)
_FLOOR = (
    "It rounds down; the help of INTEGER says towards zero, so INTEGER(-2.9) is -2, "
    "and so it is in Vensim's output for test-models/tests/subscripted_round."
)
_EUCLID = (
    "Its remainder is never negative; the help of MODULO says A - QUANTUM(A,B), as in C, so "
    "MODULO(-7,4) is -3 and not 1; Vensim's output for subscripted_round has negative remainders."
)
_BLOCKS = (
    "It drops every list of numbers after the first for one variable and takes zeros, as one sees "
    "without calculation: the numbers stand in the file, `by column[region,works]=4,5,6`."
)
_EXACT_ZERO = (
    "Only an exact 0 counts as zero; Vensim's user guide says that XIDZ takes a denominator "
    "smaller than 1.0E-6 in magnitude for zero: XIDZ(6,-5e-7,5) is 5, not -1.2e7."
)

_NA_IS_NAN = (
    "Its :NA: is a NaN, which equals nothing; the help on :NA: tests for it with x = :NA:, so "
    "IF THEN ELSE(late=:NA:,0,1) is 0 while late is not available."
)
_EMPTY_QUANTUM = "A quantum of zero or less leaves the number as it is (help of QUANTUM)."
_NPV_START = (
    "It leaves out the initial value. By the help of NPV the result is (ncum + stream * TIME STEP "
    "* df) * factor with ncum = INTEG(stream * df, init val), so with 5 and a factor of 2 it is 10 "
    "more than without."
)
_NPV_RATE = (
    "It discounts a step with the rate at its end; df is a level in the help of NPV, whose flow "
    "reads the rate at the beginning."
)
_DELAY_ORDER = (
    "It moves its delays on one after the other, so a delay of a delay reads the inner one's value "
    "of the next step; Vensim's DELAY FIXED is a level, so that all move on at once."
)
_EXPONENTIAL = (
    "It makes a first-order delay of it; Vensim's output for test-models/tests/delay_fixed is the "
    "input itself, later."
)

_HELD_ENDS = (
    "It holds the ends; the help of LOOKUP EXTRAPOLATE continues the lines of the first and the "
    "last two points beyond them, which is all that the function is for."
)

_OTHER_ACTIONS = (
    "It gives the numerical actions other numbers than the help of VECTOR SELECT, where 0 is the "
    "sum of selection times value: 1 * 6 + 2 * 2.5 + 1 * 4 is 15, not 12.5."
)

_ONE_CURVE = (
    "It shares out by the same curve whatever kind the profile names; the help on the curves has "
    "six kinds, and in Vensim's output for allocate_ptype of SDEverywhere each gives other shares."
)
_NO_EDGES = (
    "It gives priorities normal curves; Vensim's output for test-models/tests/allocate_by_priority "
    "has rectangles, and by the help a priority further away than the width gets nothing."
)

_PULSES = ("wide", "at start", "before start", "moving start", "scaled", "filled", "content")
_TRAINS = ("train", "narrow", "cut off", "end between", "from start", "wide as interval")
_BEYOND = ("of time", "beyond", "falling", "content")
_ACTIONS = (*(f"by {k}" for k in range(11)), "by name", "content")
_FIXED = ("of step", "of ramp", "no time", "moving time", "moving start", "inside", "of itself")
_FILLED = ("filling", "content")

_ADDED_UP_DATA = (
    "It adds up time, 0.1 + 0.1 + ..., and looks for a point of data at exactly that sum: at "
    "6.999999999999998 the point of 7 is still to come."
)

FAULTS = (
    Fault("pysd", "external", ("held", "of held", "coming", "of coming"), _ADDED_UP_DATA, inexact),
    Fault("pysd", "pulse", ("no width", "impulse", "content"), _WIDTH_0),
    Fault("pysd", "pulse", ("off grid",), _OFF_GRID),
    Fault("pysd", "pulse", _PULSES, _ADDED_UP_PYSD, inexact),
    Fault("pysd", "pulse_train", ("no width",), _WIDTH_0),
    Fault("pysd", "pulse_train", ("off grid",), _OFF_GRID),
    Fault("pysd", "pulse_train", (*_TRAINS, *_FILLED), _ADDED_UP_PYSD, inexact),
    Fault("simlin", "constant_array", ("layer", "by column", "used", "content"), _BLOCKS),
    Fault("simlin", "label_by_label", ("table", "mixed"), _BLOCKS),
    Fault("pysd", "delay_fixed", ("of itself",), _DELAY_ORDER),
    Fault("pysd", "na", ("late", "known", "filled", "content"), _NA_IS_NAN),
    Fault("simlin", "delay_fixed", (*_FIXED, "outflow", "counter", "content"), _EXPONENTIAL),
    Fault("simlin", "lookup_extrapolate", _BEYOND, _HELD_ENDS),
    Fault("simlin", "subscripted_lookup_modes", ("line",), _HELD_ENDS),
    Fault("simlin", "vector_select", _ACTIONS, _OTHER_ACTIONS),
    Fault("simlin", "allocate_available", ("share", "rationed", "content"), _ONE_CURVE),
    Fault("simlin", "allocate_fixed", ("in proportion", "one first"), _ONE_CURVE),
    Fault("simlin", "allocate_by_priority", ("share", "content"), _NO_EDGES),
    Fault("simlin", "npv", ("of ramp",), _NPV_START),
    Fault("simlin", "npv", ("moving rate",), _NPV_RATE),
    Fault("simlin", "quantum", ("negative quantum",), _EMPTY_QUANTUM),
    Fault("simlin", "integer", ("negative", "through zero", "of constants"), _FLOOR),
    Fault("simlin", "modulo", ("negative", "through zero", "of constants"), _EUCLID),
    Fault("simlin", "pulse", ("off grid",), _OFF_GRID),
    Fault("simlin", "pulse", (*_PULSES, "no width", "impulse"), _ADDED_UP_SIMLIN, inexact),
    Fault("simlin", "pulse_train", ("no width",), _WIDTH_0),
    Fault("simlin", "pulse_train", ("off grid",), _OFF_GRID),
    Fault("simlin", "pulse_train", (*_TRAINS, *_FILLED), _ADDED_UP_SIMLIN, inexact),
    Fault("simlin", "subscripted_inputs", ("remainder",), _FLOOR),
    Fault("simlin", "xidz", ("below threshold",), _EXACT_ZERO),
    Fault("simlin", "zidz", ("below threshold",), _EXACT_ZERO),
)

_ELEMENT_ORDER = (
    "It orders whole arrays, so an array with an element that needs another element of the same "
    "array is a loop to it; each element has its own equation in Vensim, and there is no loop."
)

_NO_FUNCTION = "It does not have the function."
_NO_CURVE = "It cannot hand a lookup on to another function."
_ORDER = "It takes the order of such a chain from a literal number only."

_NO_TABLES = "It reads no numbers from other files."

REFUSALS = (
    Refusal("simlin", "external", _NO_TABLES),
    Refusal("simlin", "get_data", _NO_TABLES),
    Refusal("pysd", "get_data", _NO_FUNCTION),
    *(
        Refusal("pysd", f"lookup_{way}", _NO_CURVE)
        for way in ("forward", "backward", "extrapolate", "invert")
    ),
    Refusal("pysd", "subscripted_lookup_modes", _NO_CURVE),
    *(
        Refusal("pysd", model, _NO_FUNCTION)
        for model in "gamma_ln npv npve random_other random_counts delay_material market "
        "depreciate_straightline "
        "vector_elm_map vector_elm_map_beside vector_lookup".split()
    ),
    *(Refusal("pysd", model, _NO_CURVE) for model in ("lookup_area", "lookup_slope")),
    Refusal("pysd", "allocate_fixed", "It does not have fixed quantities."),
    Refusal("pysd", "get_time_value_initial", "It does not have what is relative to the start."),
    *(
        Refusal("simlin", model, _NO_FUNCTION)
        for model in "cosh sinh tanh power gamma_ln npve forecast game random random_other "
        "random_counts "
        "lookup_invert delay_material depreciate_straightline get_time_value "
        "get_time_value_initial invert_matrix lookup_area lookup_slope market vector_lookup "
        "vector_sort".split()
    ),
    Refusal("simlin", "vector_elm_map_beside", "It maps from the first label of an array only."),
    *(Refusal("simlin", model, _ORDER) for model in ("delay_n", "smooth_n", "subscripted_memory")),
    Refusal("pysd", "element_chain", _ELEMENT_ORDER),
    Refusal(
        "pysd",
        "labels_case",
        "It compares the names of ranges and labels with their case and underscores; Vensim's "
        "help says that Vensim is not case sensitive.",
    ),
    Refusal(
        "pysd",
        "logic_case",
        "It knows :AND:, :OR: and :NOT: in capitals only; Vensim is not case sensitive.",
    ),
    Refusal(
        "pysd",
        "mapping_lists",
        "It appends the labels that a mapping lists to the range that is mapped, `-> (town: "
        "outer, inner)`; the help page on mapping gives the list as the partners of its labels.",
    ),
    Refusal(
        "pysd",
        "names_blanks",
        "It takes `first  quantity` and `first_ quantity` for other names than `first quantity`; "
        "the help page on .cin files says that runs of blanks and underscores count as one.",
    ),
    Refusal(
        "simlin",
        "names_blanks",
        "It keeps runs of blanks in the right side of an equation, and finds no such name; the "
        "help page on .cin files says that they count as one.",
    ),
    Refusal(
        "pysd",
        "names_needless_quotes",
        "It takes a name in quotes for another name than the same without. The quotes only "
        "delimit a name, and simlin reads both as one; no page of the help says so in words.",
    ),
    Refusal("simlin", "prod", "It has no PROD."),
    Refusal(
        "pysd",
        "sample_if_true_of_itself",
        "It calls the function from itself without end; the help of SAMPLE IF TRUE allows the "
        "variable's own name on the right side and takes its value of the step before.",
    ),
    Refusal(
        "simlin",
        "sample_if_true_of_itself",
        "It reports a circular dependency; the help of SAMPLE IF TRUE allows the variable's own "
        "name on the right side and takes its value of the step before.",
    ),
)


def faulty(witness: str, model: str, key: str, time_step: float) -> bool:
    """Whether the witness is known to be wrong for the series of that key."""
    name = key.split("[", 1)[0]
    return any(
        fault.witness == witness
        and fault.model == model
        and name in fault.elements
        and fault.when(time_step)
        for fault in FAULTS
    )


def refusal(witness: str, model: str) -> Refusal | None:
    """Why the witness cannot run the model; None where it can."""
    found = [r for r in REFUSALS if (r.witness, r.model) == (witness, model)]
    return found[0] if found else None
