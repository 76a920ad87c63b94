"""What `--save` keeps: elements, parts of arrays, names with commas."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from simdistrict.base.errors import ScenarioError
from simdistrict.result.selection import Selection
from simdistrict.run.plan import Plan, lowered, plan_run, plans_for
from simdistrict.run.saving import selection_of, spelled
from simdistrict.scenario import bare_scenario, resolve
from simdistrict.scenario.places import split_names
from tests.program import call
from tests.small import mdl, small

Capsys = pytest.CaptureFixture[str]

MODEL = """
town : north, east, south
trade : "spinning, weaving", dyeing
upper : north, east
size[town, trade] = 1, 2; 3, 4; 5, 6;
growth[town] = INTEG(rate[town], 10)
rate[town] = 1, 2, 3
matrix[town, town] = 1, 2, 3; 4, 5, 6; 7, 8, 9;
part[upper] = 7, 8
"a, b" = Time * 2
"c [d]" = 5
curve((0,0),(9,9))
"""
SIZE = np.array([[1, 2], [3, 4], [5, 6]])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.mdl").write_text(mdl(MODEL, stop=4))
    return tmp_path


def saved(capsys: Capsys, save: str) -> xr.Dataset:
    answer = call(capsys, "run", "m.mdl", "--save", save, "-o", "o.nc", "--force")
    assert answer.code == 0, answer.err
    again = call(capsys, "rerun", "o.nc")
    assert again.code == 0, again.out + again.err
    return xr.load_dataset("o.nc")


def test_a_label_of_an_array(folder: Path, capsys: Capsys) -> None:
    found = saved(capsys, "growth[ East ]")
    assert found["town"].values.tolist() == ["east"]
    assert found["growth"].values[:, 0].tolist() == [10, 12, 14, 16, 18]
    assert "rate" not in found


def test_labels_and_ranges_of_several_dimensions(folder: Path, capsys: Capsys) -> None:
    found = saved(capsys, 'size[upper, "spinning, weaving"]')
    assert found["size"].values.tolist() == SIZE[:2, :1].tolist()
    assert found["trade"].values.tolist() == ["spinning, weaving"]
    # the labels of all that is asked for are kept of every element
    found = saved(capsys, "size[south,dyeing],growth[north]")
    assert found["town"].values.tolist() == ["north", "south"]
    assert found["size"].values.tolist() == SIZE[[0, 2], 1:].tolist()
    assert found["growth"].values[-1].tolist() == [14, 22]
    found = saved(capsys, "size[south,dyeing],growth")
    assert found["size"].values.tolist() == SIZE[:, 1:].tolist()
    found = saved(capsys, "matrix[east,south]")
    assert found["matrix"].values.tolist() == [[5, 6], [8, 9]]


def test_names_with_commas_and_brackets(folder: Path, capsys: Capsys) -> None:
    found = saved(capsys, '"a, b","c [d]",part[east]')
    assert found["a_b"].values.tolist() == [0, 2, 4, 6, 8]
    assert float(found["c_d"]) == 5
    assert found["part"].values.tolist() == [8]
    assert saved(capsys, "a, b")["a_b"].values.tolist() == [0, 2, 4, 6, 8]


@pytest.mark.parametrize(
    ("save", "words"),
    [
        ("curve", '"curve" is a lookup, which has no value over time'),
        ("curve,growth", "curve"),
        ("nobody", 'no element called "nobody"'),
        ("growth[west]", '"west" is no label of town'),
        ("growth[north,east]", "1 dimension, and the brackets hold 2 subscripts"),
        ("growth[]", "1 dimension, and the brackets hold 0 subscripts"),
        ('"a, b"[north]', "is one number and takes no [north]"),
        (",", "nothing is to be saved"),
    ],
)
@pytest.mark.parametrize("command", ["run", "ensemble"])
def test_what_cannot_be_saved(
    folder: Path, capsys: Capsys, save: str, words: str, command: str
) -> None:
    (folder / "p.csv").write_text(
        "element,label,value,low,high,distribution\nrate,north,1,0.1,2,uniform\n"
    )
    members = ("--members", "2", "--prior", "p.csv") if command == "ensemble" else ()
    answer = call(capsys, command, "m.mdl", "--save", save, *members, "-o", "o.nc")
    assert answer.code == 3
    assert f"--save | {words}" in answer.err or words in answer.err
    assert not (folder / "o.nc").exists()


def test_all_that_cannot_be_saved_is_told_at_once(folder: Path) -> None:
    with pytest.raises(ScenarioError) as error:
        selection_of(plans_for(["m.mdl"]), "curve,nobody,growth[west],rate")
    assert len(error.value.problems) == 3


def test_a_label_in_an_ensemble(folder: Path, capsys: Capsys) -> None:
    (folder / "p.csv").write_text(
        "element,label,value,low,high,distribution\nrate,east,1,0.1,2,uniform\n"
    )
    args = ("ensemble", "m.mdl", "--prior", "p.csv", "--members", "3", "--times", "0,4")
    answer = call(capsys, *args, "--save", "growth[east],size[south,dyeing]", "-o", "e.nc")
    assert answer.code == 0, answer.err
    assert call(capsys, "rerun", "e.nc").code == 0
    found = xr.load_dataset("e.nc")
    assert found["growth"].dims == ("member", "time", "town")
    assert found["town"].values.tolist() == ["east", "south"]
    draws = found["design"].values[:, 0]
    np.testing.assert_allclose(found["growth"].sel(town="east").values[:, 1], 10 + 4 * draws)
    assert (found["growth"].sel(town="south").values[:, 1] == 22).all()
    assert (found["size"].values == [[4], [6]]).all()


@cache
def plan_of_model() -> Plan:
    model = lowered(small(MODEL, stop=4))
    return plan_run(model, resolve(bare_scenario(Path("m.mdl")), model.model))


LABELS = {"town": 3, "trade": 2, "upper": 2}


@given(data=st.data())
def test_the_record_of_a_selection_makes_it_again(data: st.DataObject) -> None:
    plan = plan_of_model()
    model = plan.prepared.model
    names = data.draw(st.sets(st.sampled_from(["size", "growth", "matrix", "part", "a, b"])))
    if not names:
        return
    used = {dim for name in names for dim in model[name].dims}
    labels = {}
    for dim in sorted(used):
        kept = data.draw(st.sets(st.integers(0, LABELS[dim] - 1), min_size=1))
        if len(kept) < LABELS[dim]:
            labels[dim] = tuple(sorted(kept))
    wanted = Selection(frozenset(names), labels)
    assert selection_of([plan], spelled(model, wanted)) == wanted


@given(st.lists(st.text('ab "[],', min_size=0, max_size=4), max_size=4))
def test_quoted_names_are_never_cut(words: list[str]) -> None:
    names = ['"' + word.replace('"', '\\"') + '"' for word in words]
    assert split_names(",".join(names)) == names
