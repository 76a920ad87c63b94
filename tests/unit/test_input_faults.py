"""Inputs that were once misread or ended badly: control values, numbers, damaged and huge files."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import pytest
import xarray as xr

from simdistrict.ensemble.prior import KIND
from tests.program import call
from tests.small import mdl

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def tank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small model, as the current directory."""
    monkeypatch.chdir(tmp_path)
    text = mdl("rate = 2 ~ 1/Year ~ A constant. |\nlevel = INTEG(-rate * level / 10, 8)")
    (tmp_path / "tank.mdl").write_text(text)
    return tmp_path


def test_a_changes_file_sets_the_time_grid_below_the_command_line(
    tank: Path, capsys: Capsys
) -> None:
    (tank / "grid.cin").write_text("FINAL TIME = 6\nTIME STEP = 0.5\nSAVEPER = 2\nrate = 1\n")
    command = ["run", "tank.mdl", "--changes", "grid.cin", "-o", "out.nc"]
    assert call(capsys, *command).code == 0
    with xr.open_dataset("out.nc") as data:
        assert data.time.values.tolist() == [0, 2, 4, 6]
        assert data.attrs["time_step"] == 0.5
        assert float(data.rate) == 1
    assert call(capsys, *command, "--final-time", "4").code == 0
    with xr.open_dataset("out.nc") as data:
        assert data.time.values.tolist() == [0, 2, 4]
    assert call(capsys, "rerun", "out.nc").code == 0


def test_a_scenario_keeps_its_control_values_through_a_changes_file(
    tank: Path, capsys: Capsys
) -> None:
    (tank / "own.yaml").write_text("title: Own\nmodel: tank.mdl\nrun: {final time: 7}\n")
    assert call(capsys, "convert", "own.yaml", "own.cin").code == 0
    assert call(capsys, "convert", "own.cin", "back.yaml", "--model", "tank.mdl").code == 0
    assert "final time: 7" in (tank / "back.yaml").read_text()


@pytest.mark.parametrize(("step", "end"), [("3", "9"), ("20", "0")])
def test_a_final_time_that_is_no_time_step_is_reported(
    tank: Path, capsys: Capsys, caplog: pytest.LogCaptureFixture, step: str, end: str
) -> None:
    command = ["run", "tank.mdl", "--time-step", step, "--save-step", step, "-o", "out.nc"]
    assert call(capsys, *command).code == 0
    assert f"FINAL TIME 10 is no time step: the run ends at {end}, with steps of {step}" in (
        caplog.text
    )
    caplog.clear()
    assert call(capsys, "run", "tank.mdl", "--time-step", "0.1", "-o", "out.nc").code == 0
    assert "FINAL TIME" not in caplog.text


@pytest.mark.parametrize("text", ["1_0", "１０", "1０"])
def test_an_option_takes_only_plain_digits(tank: Path, capsys: Capsys, text: str) -> None:
    answer = call(capsys, "run", "tank.mdl", "--final-time", text, "-o", "out.nc")
    assert answer.code == 2
    assert f'"{text}" is not a finite number' in answer.err
    assert not (tank / "out.nc").exists()


@pytest.mark.parametrize("low", ["1_0", "１"])
def test_a_prior_takes_only_plain_digits(tank: Path, capsys: Capsys, low: str) -> None:
    head = "element,label,value,low,high,distribution\n"
    (tank / "prior.csv").write_text(f"{head}rate,,2,{low},30,uniform\n", encoding="utf-8")
    command = ["ensemble", "tank.mdl", "--members", "8", "--prior", "prior.csv", "-o", "out.nc"]
    answer = call(capsys, *command)
    assert answer.code == 3
    assert f'prior.csv:2 | low is "{low}", not a number' in answer.err


def test_a_huge_prior_table_is_refused_before_it_is_read(tank: Path, capsys: Capsys) -> None:
    with (tank / "prior.csv").open("wb") as file:
        file.truncate(KIND.most + 1)
    command = ["ensemble", "tank.mdl", "--members", "8", "--prior", "prior.csv", "-o", "out.nc"]
    answer = call(capsys, *command)
    assert answer.code == 3
    assert "prior.csv | 20 MB is more than a prior table can have" in answer.err


@pytest.mark.parametrize("record", ["junk", "[1]", "7"])
def test_a_damaged_record_of_data_files_is_an_error_of_the_file(
    tank: Path, capsys: Capsys, record: str
) -> None:
    assert call(capsys, "run", "tank.mdl", "-o", "out.nc").code == 0
    with netCDF4.Dataset("out.nc", "a") as file:
        file.setncattr("external_files", record)
    answer = call(capsys, "rerun", "out.nc")
    assert answer.code == 3
    assert "out.nc | the attribute external_files is damaged" in answer.err


def test_the_largest_difference_is_called_relative(tank: Path, capsys: Capsys) -> None:
    (tank / "a.csv").write_text("Time,small,large\n0,0.2,800\n1,0.2,800\n2,0.2,800\n")
    (tank / "b.csv").write_text("Time,small,large\n0,0.2,800\n1,0.2,880\n2,0.3,800\n")
    answer = call(capsys, "compare", "a.csv", "b.csv")
    assert answer.code == 5
    assert 'first difference: "large" at time 1' in answer.out
    assert 'largest relative difference: "small" at time 2: 0.2 against 0.3' in answer.out
    assert ", 33.3% of its largest value" in answer.out
