"""Delays and smooths as stocks and records (Sterman 2000, ch. 11), computed in PySD's order."""

from __future__ import annotations

from simdistrict.engine.lowering.beginning import Beginning
from simdistrict.engine.lowering.calls import Helper
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.engine.lowering.made import Held, Maker, PastCall, Recorded
from simdistrict.engine.lowering.rewrite import TIME_STEP, divided, minus, times
from simdistrict.model.expr import Binary, Call, Expr, Number
from simdistrict.model.model import Auxiliary

# stages of a chain, 0 where an argument gives them, and whether it has an initial value
_CHAINS = {
    "DELAY N": (0, True),
    "SMOOTH N": (0, True),
    "SMOOTH": (1, False),
    "SMOOTHI": (1, True),
    "SMOOTH3": (3, False),
    "SMOOTH3I": (3, True),
    "DELAY1": (1, False),
    "DELAY1I": (1, True),
    "DELAY3": (3, False),
    "DELAY3I": (3, True),
}
MAX_ORDER = 1000


def replaced(maker: Maker, beginning: Beginning, call: Call, written: Call) -> Expr | None:
    """What a delay or smooth stands for; None for another call.

    written: the call in the model's own names.
    """
    match call.function, call.args:
        case "DELAY FIXED", (source, delay, initial):
            return _fixed(maker, source, delay, initial)
        case ("DELAY MATERIAL", (_, _, _, _)) | ("DELAY INFORMATION", (_, _, _)):
            return _pipeline(maker, call)
        case "DEPRECIATE STRAIGHTLINE", (stream, life, period, initial):
            return _depreciation(maker, stream, life, period, initial)
        case "DELAY N", (_, _, _, _):
            steady = beginning.is_steady(written.args[1])
            return _delay(maker, call, _order(maker, beginning, written), steady)
        case name, args if name in _CHAINS:
            order, given = _CHAINS[name]
            if len(args) == 2 + given + (order == 0):
                return _chain(maker, call, order or _order(maker, beginning, written))
    return None


def _order(maker: Maker, beginning: Beginning, written: Call) -> int:
    """The order of a chain when a run starts."""
    value = beginning.value(maker, written.args[3])
    if 1.0 <= value <= MAX_ORDER:
        return int(value)
    raise maker.error(
        f"uses {written.function} of order {value:g}",
        f"an order is a number from 1 to {MAX_ORDER}, the same for all labels",
    )


def _chain(maker: Maker, call: Call, order: int) -> Expr:
    """A chain of first-order stocks."""
    source, interval, *given = call.args
    initial = given[0] if given else source
    kind = call.function.lower()
    interval = maker.value(f"{kind} time", interval)
    delays = call.function.startswith("DELAY")
    stages = Number(float(order))
    if delays:
        initial = divided(times(initial, interval), stages)
    previous = source
    for stage in range(1, order + 1):
        own = maker.new(f"{kind} {stage}")
        if delays:
            outflow = divided(times(own, stages), interval)
            flow = minus(previous, outflow)
            previous = outflow
        else:
            flow = divided(times(minus(previous, own), stages), interval)
            previous = own
        maker.stock(own, flow, initial)
    return previous


def _delay(maker: Maker, call: Call, stages: int, steady: bool) -> Expr:
    """DELAY N: each stage keeps the delay time with which its content entered the first.

    A stage is never shorter than a time step: there are fewer then (as Vensim's output for
    test-models/tests/delay_pipeline has it), and those after them pass on their input. steady:
    whether the delay time never changes.
    """
    source, length, initial, written = call.args
    interval = maker.add(Auxiliary, "delay n time", length)
    order = maker.add(Held, "initial order", Helper("order", (written, interval, TIME_STEP)))
    late: list[Expr] = [interval] * stages
    if not steady:
        start = maker.add(Held, "initial delay", interval)
        record = maker.add(Recorded, "record", interval)
        backs = (Number(float(stage)) for stage in range(1, stages))
        late[1:] = [PastCall("delayed", (back, start), (record,)) for back in backs]
    previous = source
    for stage, time in enumerate(late, 1):
        own = maker.new(f"delay n {stage}")
        outflow: Expr = divided(times(own, order), time)
        if stage > 1:
            here = Binary(">=", order, Number(float(stage)))
            outflow = Call("IF THEN ELSE", (here, outflow, previous))
        outflow = maker.add(Auxiliary, f"delay n outflow {stage}", outflow)
        content = divided(times(initial, interval), order)
        maker.stock(own, minus(previous, outflow), content)
        previous = outflow
    return previous


def _fixed(maker: Maker, source: Expr, delay: Expr, initial: Expr) -> Expr:
    """DELAY FIXED: a record of the input, read back by the delay at the start of the run."""
    lag = Helper("lag", (delay, TIME_STEP))
    record = maker.add(Recorded, "record", source)
    back = maker.add(Held, "initial lag", lag)
    first = maker.add(Held, "initial output", initial)
    return PastCall("delayed", (back, first), (record,))


def _pipeline(maker: Maker, call: Call) -> Expr:
    """DELAY MATERIAL or DELAY INFORMATION: records of the input and of its own lags."""
    source, delay, initial, *missing = call.args
    lag = Helper("lag", (delay, TIME_STEP))
    records = maker.add(Recorded, "record", source), maker.add(Recorded, "record of lags", lag)
    first = maker.add(Held, "initial output", initial)
    args: tuple[Expr, ...] = (*missing, first)
    if missing:
        args = (*missing, maker.add(Held, "initial lag", lag), first)
    return PastCall(FUNCTIONS[call.function].python, args, records)


def _depreciation(maker: Maker, stream: Expr, life: Expr, period: Expr, initial: Expr) -> Expr:
    """DEPRECIATE STRAIGHTLINE: a record of the investment."""
    stream = maker.value("investment", stream)
    record = maker.add(Recorded, "record", stream)
    first = maker.add(Held, "initial investment", initial)
    helper = FUNCTIONS["DEPRECIATE STRAIGHTLINE"].python
    return PastCall(helper, (stream, life, period, first, TIME_STEP), (record,))
