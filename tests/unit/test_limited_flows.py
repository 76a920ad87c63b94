"""What commands and other files make of non-negative stocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import EngineError
from simdistrict.engine.integrators.fixed import fixed_steps
from simdistrict.engine.lowering.build import build
from simdistrict.engine.program import Program
from simdistrict.exchange.mdl.limited import with_limiting_equations
from simdistrict.exchange.models import write_model
from simdistrict.exchange.xmile.reader import read_xmile
from simdistrict.exchange.xmile.writer import write_xmile
from simdistrict.model.model import Constant, Model, Stock, TimeGrid
from simdistrict.run.mass import leaks
from simdistrict.run.simulate import simulate
from tests.limited import LIMITED, RIVER, flow, tank
from tests.oracle.test_functions import flat
from tests.program import call
from tests.reading import read_model
from tests.xmile_text import aux, small, xmile

Capsys = pytest.CaptureFixture[str]
PIPE = tank("up", 10, ">first >second") + tank("down", 0, "<second >use")
FLOWS = flow("first", 3) + flow("second", "4 + up / 100") + flow("use", "2 + TIME", LIMITED)


def series(model: Model, name: str, **settings: object) -> list[float]:
    return np.asarray(flat(simulate(model, **settings))[name]).tolist()  # type: ignore[arg-type]


def test_a_constant_outflow_stays_a_constant_and_shows_what_flows(
    tmp_path: Path, capsys: Capsys
) -> None:
    model = small(PIPE + FLOWS)
    assert isinstance(model["first"], Constant)
    assert series(model, "first") == pytest.approx([3, 2.9, 0, 0, 0])
    assert series(model, "first", sets=["first=6"]) == [6, 0, 0, 0, 0]
    (tmp_path / "pipe.stmx").write_text(xmile(PIPE + FLOWS))
    (tmp_path / "open.yaml").write_text(
        "title: Open\nmodel: pipe.stmx\npolicies:\n  open:\n    start: 1\n    set: {first: 9}\n"
    )
    answer = call(capsys, "run", tmp_path / "open.yaml", "-o", tmp_path / "open.nc")
    assert answer.code == 0, answer.err


def test_members_draw_the_request_and_keep_what_flows(
    tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    import xarray as xr

    monkeypatch.chdir(tmp_path)
    Path("pipe.stmx").write_text(xmile(PIPE + FLOWS))
    Path("prior.csv").write_text(
        "element,label,unit,value,low,high,distribution\nfirst,,,3,2,6,uniform\n"
    )
    answer = call(
        capsys, "ensemble", "pipe.stmx", "--prior", "prior.csv", "--members", 4, "--save",
        "first,up", "--times", "all", "-o", "many.nc",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    with xr.open_dataset("many.nc") as found:
        first, up = (found[name].transpose("time", ...) for name in ("first", "up"))
    assert (first[-1] == 0).all()
    assert (up >= 0).all()
    assert len(set(first[0].to_numpy().ravel().tolist())) == 4


@pytest.mark.parametrize("integrator", ["adaptive", "stiff", "bdf", "radau"])
@pytest.mark.parametrize("backend", ["interpreted", "native"])
def test_steps_of_other_lengths_are_refused(integrator: str, backend: str) -> None:
    with pytest.raises(EngineError, match="is a non-negative stock"):
        simulate(small(PIPE + FLOWS), integrator=integrator, backend=backend)
    free = small((PIPE + FLOWS).replace(LIMITED, ""))
    assert series(free, "up", integrator=integrator, backend=backend)[-1] < 0


def test_xmile_keeps_what_is_non_negative_and_the_order_of_outflows(tmp_path: Path) -> None:
    model = small(PIPE.replace(">first<", ">second<", 1) + FLOWS)
    model = small(tank("up", 10, ">second >first") + tank("down", 0, "<second >use") + FLOWS)
    write_xmile(model, tmp_path / "again.xmile")
    again = read_xmile(tmp_path / "again.xmile")
    assert all(s.non_negative for s in again if isinstance(s, Stock))
    for name in ("first", "second", "use", "up", "down"):
        assert series(again, name) == series(model, name)


@pytest.mark.parametrize("step", [1, 0.25])
def test_a_mdl_file_has_equations_that_give_the_same_numbers_with_euler(
    step: float, tmp_path: Path, capsys: Capsys
) -> None:
    text = xmile(PIPE + FLOWS, specs=f"<start>0</start><stop>4</stop><dt>{step}</dt>")
    (tmp_path / "pipe.stmx").write_text(text)
    answer = call(capsys, "convert", tmp_path / "pipe.stmx", tmp_path / "pipe.mdl")
    assert answer.code == 0
    assert 'non-negative in "up", "down" becomes MIN' in answer.err
    original, written = (read_model(tmp_path / f"pipe.{end}") for end in ("stmx", "mdl"))
    for name in ("first", "second", "use", "up", "down"):
        assert series(written, name) == pytest.approx(series(original, name), abs=1e-12)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (tank("s", 1, "<back") + flow("back", "TIME - 2"), '"back" may run backwards'),
        (
            tank("s", 1, "<in >out") + flow("in", "out / 2", LIMITED) + flow("out", 5),
            'the limit of "out" leaves out flows of "s" that depend on it',
        ),
        (
            '<stock name="s"><dimensions><dim name="D"/></dimensions><eqn>1</eqn>'
            "<outflow>out</outflow><non_negative/></stock>" + flow("out", 5),
            '"out" has several stocks at one end, or other subscripts than "s"',
        ),
    ],
)
def test_what_a_mdl_file_loses_is_said(text: str, note: str, tmp_path: Path) -> None:
    model = small(text, dimensions="D: a, b")
    written, notes = with_limiting_equations(model)
    assert any(note in told for told in notes)
    assert not any(s.non_negative for s in written if isinstance(s, Stock))
    write_model(model, tmp_path / "written.mdl", layout=False)
    assert read_model(tmp_path / "written.mdl")["s"]


def test_runge_kutta_in_a_mdl_file_is_said_to_differ() -> None:
    specs = '<sim_specs method="RK4"><start>0</start><stop>4</stop><dt>1</dt></sim_specs>'
    _, notes = with_limiting_equations(small(PIPE + FLOWS, specs=specs))
    assert "with Runge-Kutta they act inside the steps" in notes[0]


SHARED = tank("a", 4, ">both") + tank("b", 30, ">both", "") + flow("both", 3)


def test_a_flow_of_two_stocks_keeps_its_numbers_in_other_files(tmp_path: Path) -> None:
    model = small(SHARED)
    write_xmile(model, tmp_path / "shared.xmile")
    write_model(model, tmp_path / "shared.mdl", layout=False)
    for again in (read_xmile(tmp_path / "shared.xmile"), read_model(tmp_path / "shared.mdl")):
        for name, wanted in (
            ("a", [4, 1, 0, 0, 0]),
            ("b", [30, 27, 24, 21, 18]),
            ("both", [3] * 5),
        ):
            assert series(again, name) == series(model, name) == wanted


def test_a_flow_of_two_stocks_is_said_where_it_takes_too_much(
    tmp_path: Path, capsys: Capsys, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "shared.stmx"
    rk4 = '<sim_specs method="RK4"><start>0</start><stop>{}</stop><dt>1</dt></sim_specs>'
    file.write_text(xmile(SHARED, specs=rk4.format(1)))
    assert call(capsys, "run", file, "-o", tmp_path / "shared.nc").code == 0
    assert caplog.text == ""
    file.write_text(xmile(SHARED, specs=rk4.format(4)))
    assert call(capsys, "run", file, "-o", tmp_path / "again.nc").code == 0
    assert '"a": is empty at 2, and a flow that has several stocks at one end' in caplog.text
    assert call(capsys, "check", file, "--only", "mass").code == 5


def test_uniflows_are_never_negative_in_any_form() -> None:
    dims = '<dimensions><dim name="D"/></dimensions>'
    parts = "".join(
        f'<element subscript="{label}"><eqn>{equation}</eqn></element>'
        for label, equation in (("a", "-1"), ("b", "TIME - 2"), ("c", "7"))
    )
    model = small(
        flow("one", -3, LIMITED)
        + flow("many", "-3 + 0 * TIME", LIMITED + dims)
        + f'<flow name="each"><non_negative/>{dims}{parts}</flow>'
        + aux("seen", "one + SUM(many) + SUM(each)"),
        dimensions="D: a, b, c",
    )
    assert series(model, "one") == [0] * 5
    assert series(model, "seen") == [7, 7, 7, 8, 9]
    found = flat(simulate(model))
    assert np.asarray(found["each[a]"]).tolist() == [0] * 5
    assert np.asarray(found["each[b]"]).tolist() == [0, 0, 0, 1, 2]


def rows_of(model: Model) -> tuple[Program, tuple[float, ...], np.ndarray]:
    program = build(model)
    grid = TimeGrid.of(0, 4, 1, 1)
    path = fixed_steps(program, grid, program.layout.template)
    return program, path.times, np.array(path.rows, float)


def test_mass_adds_up_in_a_run_as_it_is() -> None:
    for text in (PIPE + FLOWS, RIVER, RIVER.replace(LIMITED, "")):
        model = small(text)
        assert list(leaks(model, *rows_of(model), 1.0)) == []


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("down", "changes by 5.1 from 0 to 1, and its flows make 2.1"),
        ("second", "has the net flow -2.9 at 1, and its flows sum up to -1.9"),
    ],
)
def test_a_lost_mass_is_found_with_its_stock_and_time(name: str, what: str) -> None:
    # at 1 there are 2.9 left in the first tank, and nothing limits what leaves the second
    model = small(tank("up", 10, ">second >first") + tank("down", 0, "<second >use") + FLOWS)
    program, times, rows = rows_of(model)
    rows[1, program.shown(name).offset] += 3 if name == "down" else -1
    found = list(leaks(model, program, times, rows, 1.0))
    assert what in [leak.what for leak in found]


def test_a_stock_that_begins_below_zero_is_said_with_its_time(
    tmp_path: Path, capsys: Capsys, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "debt.stmx"
    file.write_text(xmile(tank("s", -3, "<in >out") + flow("in", 2) + flow("out", 1)))
    answer = call(capsys, "run", file, "-o", tmp_path / "debt.nc")
    assert answer.code == 0
    assert '"s": is non-negative, and -3 at 0' in caplog.text
    assert series(read_model(file), "s") == [-3, -1, 0, 1, 2]
    answer = call(capsys, "check", file, "--only", "mass")
    assert answer.code == 5
    assert '"s": is non-negative, and -3 at 0 (the model as it is)  [mass]' in answer.out


def test_every_model_with_stocks_has_a_check_of_its_mass(tmp_path: Path, capsys: Capsys) -> None:
    file = tmp_path / "pipe.stmx"
    rk4 = '<sim_specs method="RK4"><start>0</start><stop>9</stop><dt>0.3</dt></sim_specs>'
    file.write_text(xmile(RIVER, specs=rk4))
    answer = call(capsys, "check", file, "--only", "mass")
    assert answer.code == 0, answer.out
    assert "0 errors, 0 warnings (mass)" in answer.out


def test_show_says_which_stocks_are_non_negative(tmp_path: Path, capsys: Capsys) -> None:
    file = tmp_path / "pipe.stmx"
    file.write_text(xmile(tank("up", 10, ">first") + tank("down", 0, "<first", "") + FLOWS))
    shown = call(capsys, "show", "model", file, "--equations").out
    assert shown.count("    non-negative stock, ") == 1
    assert shown.count("    stock, ") == 1
