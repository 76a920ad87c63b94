"""Compiled runs in short calls: any cut gives the same bits; Ctrl-C ends them."""

from __future__ import annotations

import _thread
import signal
import time
from collections.abc import Callable
from threading import Timer

import numpy as np
import pytest

from simdistrict.engine.lowering.build import build
from simdistrict.engine.native import machine, slices
from simdistrict.engine.native.batch import LANES
from simdistrict.engine.native.code import assembly
from simdistrict.engine.native.flow import FrozenFlow
from simdistrict.engine.native.single import native_adaptive, native_steps
from simdistrict.engine.native.slices import CompiledFunction, StoppedError, on_threads
from simdistrict.model.model import TimeGrid
from simdistrict.run.simulate import simulate
from tests.members import run_members
from tests.small import small

MODEL = """
    predator = INTEG(predator * (0.4 * prey - 1), 0.7)
    prey = INTEG(prey * (growth - predator), 1.3)
    growth = 1.1 + STEP(0.3, 3.3)
    held = SAMPLE IF TRUE(prey > 1.5, prey, 0)
    late = SMOOTH3(prey, 2)
"""
GRID = TimeGrid(0.0, 80, 0.125, 3)
# minutes of work in machine code
LONG = TimeGrid(0.0, 10**11, 1e-9, 10**11)


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_steps_one_by_one_give_the_bits_of_a_whole_run(
    integrator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = build(small(MODEL))
    whole = native_steps(program, GRID, program.layout.template, integrator=integrator)
    monkeypatch.setattr(slices, "SECONDS", 0.0)
    for _ in range(2):  # the first one learns that one step is enough
        cut = native_steps(program, GRID, program.layout.template, integrator=integrator)
    assert np.array(cut.rows).tobytes() == np.array(whole.rows).tobytes()
    assert cut.ending == whole.ending


def test_evaluations_one_by_one_give_the_bits_of_a_whole_adaptive_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = build(small(MODEL))
    whole = native_adaptive(program, GRID, program.layout.template)
    monkeypatch.setattr(slices, "SECONDS", 0.0)
    for _ in range(2):
        cut = native_adaptive(program, GRID, program.layout.template)
    assert np.array(cut.rows).tobytes() == np.array(whole.rows).tobytes()
    assert (cut.ending, cut.evaluations) == (whole.ending, whole.evaluations)


@pytest.mark.parametrize(
    ("integrator", "members", "most", "outcomes"),
    [("euler", 3 * LANES + 2, 900, 2), ("adaptive", 3, 2, 1)],
)
def test_members_in_short_calls_have_the_bits_of_whole_ones(
    integrator: str, members: int, most: float, outcomes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = build(small(MODEL.replace("1.1 + STEP", "base + STEP") + " base = 1"))
    base, held, prey = (program.layout.slots[n].offset for n in ("base", "held", "prey"))
    # on the grid some members diverge, and one block of members ends early as a whole
    numbers = np.linspace(0.5, most, members)[:, None]
    given = (program, GRID, program.layout.template, [base], numbers)
    whole = run_members(*given, places=[held, prey], integrator=integrator, threads=1)
    assert len(set(whole.outcome)) == outcomes
    monkeypatch.setattr(slices, "SECONDS", 0.0)
    for threads in (1, 2):
        cut = run_members(*given, places=[held, prey], integrator=integrator, threads=threads)
        assert cut.values.tobytes() == whole.values.tobytes()
        assert list(cut.outcome) == list(whole.outcome)
        assert list(cut.time) == list(whole.time)


def test_a_flow_in_short_calls_ends_at_the_same_states(monkeypatch: pytest.MonkeyPatch) -> None:
    program = build(small("x = INTEG(x * (1 - x) - push, 0.5)\n push = 0.1"))
    layout = program.layout
    flow = FrozenFlow(
        program,
        np.array(layout.template, float),
        [layout.stocks.start],
        [layout.rates.start],
        [layout.slots["push"].offset],
        np.ones(1),
        np.zeros(1),
    )
    pushes = np.array([[0.1], [0.2], [0.26], [0.05], [0.0]])
    given = (pushes, np.full((5, 1), 0.6), 200.0)
    how = {"tolerance": 1e-6, "arrived": 1e-9}
    whole = flow.ends(*given, **how, evaluations=5000, threads=1)
    # x (1 - x) = push has its upper solution there
    np.testing.assert_allclose(whole[0][0, 0], (1 + np.sqrt(0.6)) / 2, rtol=1e-5)
    monkeypatch.setattr(slices, "SECONDS", 0.0)
    for threads in (1, 2):
        cut = flow.ends(*given, **how, evaluations=5000, threads=threads)
        assert [a.tobytes() for a in cut] == [a.tobytes() for a in whole]


def interrupted_after(seconds: float, work: Callable[[], object]) -> float:
    """Interrupt the work as Ctrl-C does; how long it then took to end."""
    at: list[float] = []

    def interrupt() -> None:
        at.append(time.perf_counter())
        _thread.interrupt_main()

    timer = Timer(seconds, interrupt)
    # a shell starts what runs in its background with Ctrl-C ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
        assert at
        return time.perf_counter() - at[0]
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)


def test_an_interruption_ends_a_compiled_run_within_a_second() -> None:
    program = build(small("x = INTEG(SIN(Time) * 2, 0)"))
    run = lambda: native_steps(program, LONG, program.layout.template)  # noqa: E731
    assert interrupted_after(0.3, run) < 1


def test_an_interruption_ends_all_threads_of_a_batch_within_a_second() -> None:
    program = build(small("x = INTEG(SIN(Time) * rate, 0)\n rate = 2"))
    rate, x = (program.layout.slots[n].offset for n in ("rate", "x"))
    given = (program, LONG, program.layout.template, [rate], np.ones((4 * LANES, 1)))
    assert interrupted_after(0.3, lambda: run_members(*given, places=[x], threads=3)) < 1


def test_an_interruption_ends_an_interpreted_run_within_a_second() -> None:
    model = small("x = INTEG(SIN(Time) * 2, 0)", stop=1e7, save_step=1e7)
    assert interrupted_after(0.3, lambda: simulate(model, backend="interpreted")) < 1


def test_a_failure_in_one_thread_ends_the_others() -> None:
    ended = []

    def work(item: int) -> None:
        if item == 0:
            raise ValueError("it failed")
        function = CompiledFunction(lambda: time.sleep(0.01))
        try:
            for _ in function.slices(10**9):
                function()
        except StoppedError:
            ended.append(item)

    begin = time.perf_counter()
    with pytest.raises(ValueError, match="it failed"):
        on_threads(work, range(50), 3)
    assert time.perf_counter() - begin < 2
    assert len(ended) <= 3


def test_calls_that_always_end_at_once_do_not_grow_without_end() -> None:
    function = CompiledFunction(lambda: None)
    for _ in range(2000):
        with function.timed(function.units):
            pass
    assert float(function.units) < 1e15


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> str:
    """The assembly of a model, which counts as a large one."""
    monkeypatch.setattr(machine, "LARGE", 0)
    return assembly(build(small(MODEL)))


def test_a_large_module_is_compiled_to_the_same_code_in_another_process(
    large: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = machine.compiled(large)
    monkeypatch.setattr(machine, "LARGE", 10**9)
    assert apart == machine.compiled(large)


def test_an_interruption_ends_the_compilation_of_a_large_module(
    large: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command: list[str] = []
    original = machine.subprocess.Popen

    def sleeping(given: list[str], **how: object) -> object:
        command.extend(given)
        return original([given[0], "-c", "import time; time.sleep(60)"], **how)  # type: ignore[call-overload]

    monkeypatch.setattr(machine.subprocess, "Popen", sleeping)
    assert interrupted_after(0.3, lambda: machine.compiled(large)) < 1
    assert command


def test_a_large_module_is_compiled_here_where_another_process_fails(
    large: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "sys", type("sys", (), {"executable": "/bin/false", "path": []}))
    assert machine.compiled(large)
