"""A result file has what the result has, in the same bytes every time, or it is not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

import simdistrict.result.netcdf as netcdf
from simdistrict.base.errors import ExchangeError
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.model.expr import Number
from simdistrict.model.model import Auxiliary, Constant, Dimension, Equation, Model
from simdistrict.result.dataset import Result, Run, Variable, build_result, text, to_xarray
from simdistrict.result.netcdf import check_netcdf_target, is_ours, read_netcdf, write_netcdf

ONE = (Equation(Number(1.0)),)
MODEL = Model(
    "demo",
    (
        Auxiliary(
            name="Capacity",
            equations=ONE,
            dims=("district", "stage"),
            units="EUR/(su*Year)",
            documentation="What the firms of a district can make — in a year.",
        ),
        Auxiliary(name="Größe", equations=ONE, units="kg"),
        Auxiliary(name="Wait", equations=ONE, units="Day"),
        Constant(name="INITIAL TIME", equations=ONE, units="Year"),
        Constant(name="TIME STEP", equations=ONE, units="Year"),
    ),
    (Dimension("district", ("Prato", "Biella di sopra", "Càrpi")), Dimension("stage", ("a", "b"))),
    "Größe = 1 ~ kg ~ a comment |\r\n" * 12_000,  # 350 KB: more than HDF5's compact attributes hold
)
PROVENANCE = {
    "simdistrict_version": "0.1.0",
    "backend": "interpreted",
    "integrator": "euler",
    "time_step": 0.5,
    "save_step": 1.0,
    "seed": 2**40,
    "members": 3,
    "scenario_yaml": "name: é\npolicies: []\n",
}


def run(name: str, factor: float = 1.0) -> Run:
    rng = np.random.default_rng(1)
    values = {
        "capacity": rng.random((5, 3, 2)) * factor,
        "größe": np.array([1.0, 2.0, np.nan, np.inf, 9.969209968386869e36]),
        "wait": rng.random(5),
        "initial time": np.array(1990.0),
        "time step": np.array(0.5),
    }
    ending = Ending(Outcome.diverged, 1991.0, "Größe is not finite")
    return Run(name, f"Title of {name}", np.arange(5.0) + 1990, values, ending)


def result(scenarios: int = 1) -> Result:
    return build_result(MODEL, [run(f"s{i}", 1.0 + i) for i in range(scenarios)], PROVENANCE)


@pytest.mark.parametrize("scenarios", [1, 2])
def test_the_file_is_the_result_as_xarray_reads_it(tmp_path: Path, scenarios: int) -> None:
    made = result(scenarios)
    write_netcdf(made, tmp_path / "r.nc")
    with xr.open_dataset(tmp_path / "r.nc") as opened:
        opened.load()
    xr.testing.assert_identical(opened, to_xarray(made))
    xr.testing.assert_identical(to_xarray(read_netcdf(tmp_path / "r.nc")), to_xarray(made))
    assert opened.attrs["model_text"] == MODEL.text
    assert opened.attrs["seed"] == 2**40


def test_labels_are_found_without_help(tmp_path: Path) -> None:
    made = result(2)
    write_netcdf(made, tmp_path / "r.nc")
    with xr.open_dataset(tmp_path / "r.nc") as opened:
        found = opened.capacity.sel(scenario="s1", district="Càrpi", stage="b")
        assert np.array_equal(found.values, made.variables["capacity"].values[1, :, 2, 1])
        assert opened.wait.dtype == float, "a unit of time must not turn numbers into durations"
        assert opened.outcome_message.values[1] == "Größe is not finite"


def test_no_clock_host_user_or_path(tmp_path: Path) -> None:
    write_netcdf(result(), tmp_path / "r.nc")
    content = (tmp_path / "r.nc").read_bytes()
    secrets = [
        str(tmp_path),
        os.uname().nodename,
        str(Path.home()) + "/",
        time.strftime("%Y-%m-%d"),
    ]
    assert [s for s in secrets if s.encode() in content] == []


WRITER = """
    import sys
    sys.path.insert(0, sys.argv[1])
    import test_netcdf
    test_netcdf.write_netcdf(test_netcdf.result(2), sys.argv[2])
"""


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for seed in ("1", "77"):
        target = tmp_path / f"{seed}.nc"
        here = str(Path(__file__).parent)
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(WRITER), here, str(target)],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        contents.append(target.read_bytes())
    write_netcdf(result(2), tmp_path / "here.nc")
    assert contents[0] == contents[1] == (tmp_path / "here.nc").read_bytes()


def test_both_ways_of_writing_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = result(2)
    back = made.variables["capacity"].values[..., ::-1]  # neither contiguous nor in native order
    odd = {"back": Variable(made.variables["capacity"].dims, back.astype(">f8"))}
    made = Result(made.coords, {**made.variables, **odd}, made.attrs)
    assert netcdf._HAS_PUT, "no fast way in this version of netCDF4"
    write_netcdf(made, tmp_path / "fast.nc")
    monkeypatch.setattr(netcdf, "_HAS_PUT", False)
    write_netcdf(made, tmp_path / "slow.nc")
    assert (tmp_path / "fast.nc").read_bytes() == (tmp_path / "slow.nc").read_bytes()
    found = read_netcdf(tmp_path / "fast.nc").variables
    assert np.array_equal(found["back"].values, back)


# ------------------------------------------------------------------------------- CF

# one complaint for each variable that has the dimension; all else must pass
ACCEPTED = "Coordinate variable 'time' should have standard_name='time', found: 'None'"


def complaints(path: Path) -> set[str]:
    """What the checker says against a file; the exceptions inside it count as well."""
    suite = pytest.importorskip("compliance_checker.suite", reason="no compliance-checker here")
    checks = suite.CheckSuite()
    checks.load_all_available_checkers()
    dataset = checks.load_dataset(str(path))
    try:
        scores = checks.run_all(dataset, ["cf:1.11"])
    finally:
        dataset.close()
    (groups, errors) = scores["cf:1.11"]
    assert len(groups) > 10, "the checker ran"
    said = {message for group in groups for message in group.msgs}
    return said | {f"{name}: {error}" for name, (error, *_) in errors.items()}


@pytest.mark.filterwarnings("ignore")  # the checker's own
def test_the_file_keeps_the_cf_conventions(tmp_path: Path) -> None:
    write_netcdf(result(2), tmp_path / "r.nc")
    assert complaints(tmp_path / "r.nc") == {ACCEPTED}


@pytest.mark.filterwarnings("ignore")
def test_the_checker_sees_a_wrong_unit(tmp_path: Path) -> None:
    made = result()
    wrong = Variable(("time",), np.zeros(5), {"long_name": "x", "units": "Dmnl"})
    write_netcdf(Result(made.coords, {"x": wrong}, made.attrs), tmp_path / "r.nc")
    assert any("Dmnl" in message for message in complaints(tmp_path / "r.nc"))


# ------------------------------------------------------------------------------- failures


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


def test_an_older_result_is_replaced_and_a_foreign_file_is_not(tmp_path: Path) -> None:
    target = tmp_path / "new" / "r.nc"
    write_netcdf(result(), target)
    write_netcdf(result(2), target)
    assert len(read_netcdf(target).coords["scenario"].values) == 2
    with netCDF4.Dataset(tmp_path / "foreign.nc", "w") as foreign:
        foreign.title = "somebody's work"
    (tmp_path / "text.nc").write_text("simdistrict_version")
    (tmp_path / "cut.nc").write_bytes(target.read_bytes())
    damage(tmp_path / "cut.nc")
    for name in ("foreign.nc", "text.nc", "cut.nc"):
        before = (tmp_path / name).read_bytes()
        assert not is_ours(tmp_path / name)
        with pytest.raises(ExchangeError, match="not written by simdistrict"):
            write_netcdf(result(), tmp_path / name)
        with pytest.raises(ExchangeError, match="not written by simdistrict"):
            check_netcdf_target(tmp_path / name)
        assert (tmp_path / name).read_bytes() == before
        write_netcdf(result(), tmp_path / name, force=True)
        assert is_ours(tmp_path / name)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="this is a folder"):
        write_netcdf(result(), tmp_path, force=True)
    with pytest.raises(ExchangeError, match="this is a folder"):
        read_netcdf(tmp_path)


LIMITED = """
    import resource, sys
    sys.path.insert(0, sys.argv[1])
    import test_netcdf
    from simdistrict.base.errors import ExchangeError
    made = test_netcdf.result(2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        test_netcdf.write_netcdf(made, sys.argv[2])
    except ExchangeError as error:
        print(error)
"""


def test_a_file_that_does_not_fit_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "r.nc"
    write_netcdf(result(), target)
    before = target.read_bytes()
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIMITED), here, str(target)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "the file is larger than this system allows" in done.stdout
    assert str(target) in done.stdout
    assert done.stderr == "", "HDF5 keeps its own error stack to itself"
    assert target.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["r.nc"]


def test_an_unclear_fault_of_the_library_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("NetCDF: HDF error")

    monkeypatch.setattr(netcdf, "_write", fail)
    with pytest.raises(ExchangeError, match="NetCDF: HDF error"):
        write_netcdf(result(), tmp_path / "r.nc")
    assert list(tmp_path.iterdir()) == []


KILLED = """
    import os, signal, sys
    sys.path.insert(0, sys.argv[1])
    import test_netcdf, simdistrict.result.netcdf as netcdf
    as_stored = netcdf._stored
    def stored(value):
        if value == "Title of s1 (model demo)" or value == "demo":
            os.kill(os.getpid(), signal.SIGKILL)
        return as_stored(value)
    netcdf._stored = stored
    test_netcdf.write_netcdf(test_netcdf.result(1), sys.argv[2])
"""


def test_a_killed_process_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "r.nc"
    write_netcdf(result(2), target)
    before = target.read_bytes()
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", textwrap.dedent(KILLED), here, str(target)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert target.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2, "the test is about a rest that is there"
    write_netcdf(result(), target)
    assert [p.name for p in tmp_path.iterdir()] == ["r.nc"]


@pytest.mark.parametrize(
    "content", [b"", b"junk" * 50_000, b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + b"\0" * 500]
)
def test_junk_is_refused_quickly(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "j.nc").write_bytes(content)
    start = time.perf_counter()
    with pytest.raises(ExchangeError, match=r"j\.nc \| "):
        read_netcdf(tmp_path / "j.nc")
    assert time.perf_counter() - start < 1


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "r.nc"
    write_netcdf(result(), target)
    damage(target)
    with pytest.raises(ExchangeError, match="damaged or incomplete"):
        read_netcdf(target)
    with pytest.raises(ExchangeError, match="there is no such file"):
        read_netcdf(tmp_path / "none.nc")


# ------------------------------------------------------------------------------- other people's


def test_files_of_others_are_read_as_far_as_they_hold_numbers_and_text(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "o.nc", "w") as file:
        file.createDimension("time", None)
        file.createDimension("place", 2)
        file.createVariable("time", "i4", ("time",))[:] = [1, 2, 3]
        file.createVariable("place", str, ("place",))[:] = np.array(["A", "Bé"], object)
        packed = file.createVariable("packed", "i2", ("time",), fill_value=-9)
        packed.scale_factor = 0.5
        packed[:] = np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False])
        file.createVariable("whole", "i8", ("time", "place"))[:] = [[1, 2], [3, 4], [5, 6]]
        file.createVariable("letters", "S1", ("place",))[:] = [b"x", b"y"]
        kind = file.createEnumType("u1", "kind", {"a": 0, "b": 1})
        file.createVariable("chosen", kind, ("place",))[:] = [0, 1]
        file.createCompoundType(np.dtype([("r", "f8")]), "pair")
        pair = file.createVariable("pairs", file.cmptypes["pair"], ("place",))
        pair[:] = np.zeros(2, [("r", "f8")])
    found = read_netcdf(tmp_path / "o.nc")
    assert found.coords["time"].values.tolist() == [1, 2, 3]
    assert found.coords["place"].values.tolist() == ["A", "Bé"]
    packed_values = found.variables["packed"].values
    assert np.array_equal(packed_values, [1.0, np.nan, 3.0], equal_nan=True)
    assert "scale_factor" not in found.variables["packed"].attrs
    assert found.variables["whole"].values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert found.variables["letters"].dims == ()
    assert found.variables["letters"].values[()] == "xy"
    assert "pairs" not in found.variables


def test_variables_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    wrong = Result(
        {"time": Variable(("time",), np.zeros(3))}, {"x": Variable(("time",), np.zeros(4))}, {}
    )
    with pytest.raises(ValueError, match='"x" has 4 values along time, others have 3'):
        write_netcdf(wrong, tmp_path / "r.nc")
    assert list(tmp_path.iterdir()) == []


def test_text_survives_whatever_is_in_it(tmp_path: Path) -> None:
    labels = ["", "naïve", "数量", "a\tb", "nul\0gone", "half \ud800"]
    made = Result({"k": Variable(("k",), text(labels))}, {}, {"empty": "", "odd": "\ud800"})
    write_netcdf(made, tmp_path / "r.nc")
    found = read_netcdf(tmp_path / "r.nc")
    assert found.coords["k"].values.tolist() == ["", "naïve", "数量", "a\tb", "nulgone", "half ?"]
    assert found.attrs["odd"] == "?"
