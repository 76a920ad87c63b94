"""The committed results are what the model gives, and the pages show them."""

from __future__ import annotations

import csv
import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from simdistrict.tables import ENSEMBLE, FIT, POSTERIOR, RUNS, Study, check, chosen
from simdistrict.tables.stated import targets_of
from tests.study import definition, module

common, knock_out, tensions = module("common"), module("knock_out"), module("tensions")
STUDY = definition()
# tables over a posterior are made where the study states one
OVER_POSTERIOR = [POSTERIOR] if STUDY.file.posterior else []
ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results" / "district"


@pytest.fixture(scope="module")
def study() -> Study:
    return Study("district", committed=RESULTS)


@pytest.fixture(scope="module")
def pages() -> Iterator[ModuleType]:
    path = ROOT / "docs" / "examples" / "results_page.py"
    # the script imports the files next to it
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location("results_page", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(path.parent))


def committed(name: str) -> list[dict[str, str]]:
    with (RESULTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        next(file)
        return list(csv.DictReader(file))


# tables of searches for equilibria; the others are a matter of a run for each scenario
SLOW = {"least_policy", "regimes"}


# one test, so that workers that share the tests of this file do not all make the runs
@pytest.mark.parametrize("slow", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_committed_tables_are_the_models(study: Study, slow: bool) -> None:
    names = [name for name in chosen(STUDY, [], RUNS) if (name in SLOW) == slow]
    found = [d for name in names for d in check(name, study, RESULTS)]
    assert not found, "run `make results`: " + "\n".join(map(str, found[:10]))


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("fans", "survival") else pytest.param(name, marks=pytest.mark.slow)
        for name in chosen(STUDY, [], ENSEMBLE, *OVER_POSTERIOR)
    ],
)
def test_some_members_agree_with_the_committed_tables_over_all(name: str, study: Study) -> None:
    found = check(name, study, RESULTS)
    assert not found, "run `make tables`: " + "\n".join(map(str, found[:10]))


def test_an_edited_number_is_found(tmp_path: Path, study: Study) -> None:
    shutil.copytree(RESULTS, tmp_path / "district")
    path = tmp_path / "district" / "jobs.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[2].split(",")
    cells[3] = f"{float(cells[3]) + 0.05:.2f}"
    path.write_text("\n".join([*lines[:2], ",".join(cells), *lines[3:]]), encoding="utf-8")
    (found,) = check("jobs", study, tmp_path / "district")
    assert found.where == "jobs.csv:3 model"


def test_no_file_is_left_over() -> None:
    names = chosen(STUDY, [], RUNS, ENSEMBLE, FIT, *OVER_POSTERIOR)
    assert {p.name for p in RESULTS.iterdir()} == {f"{n}.{s}" for n in names for s in ("csv", "md")}


def test_every_target_holds_or_is_told_to_fail(study: Study) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for test in targets_of(study):
        assert test.holds or f"**FAILS** {test.of}: {test.what}" in readme


@pytest.mark.parametrize("name", ["targets", "claims", "record_against"])
def test_what_fails_stands_first(name: str) -> None:
    bad = [row["verdict"] in ("FAILS", "no case", "WRONG") for row in committed(name)]
    assert bad == sorted(bad, reverse=True)


def test_what_is_fitted_is_what_the_model_has() -> None:
    rows = committed("constants")
    assert len(rows) == 8
    with (ROOT / "models" / "district" / "data" / "parameters.csv").open(newline="") as file:
        data = {
            r["element"] + (f"[{r['label']}]" if r["label"] else ""): float(r["value"])
            for r in csv.DictReader(file)
        }
    for row in rows:
        assert f"{float(row['fitted']):.4g}" == f"{float(row['in the model']):.4g}", row
        assert float(row["in the model"]) == pytest.approx(data[row["constant"]], rel=1e-5)


def test_cutting_a_loop_leaves_the_beginning_as_it_was(study: Study) -> None:
    whole = study.run(common.BASELINE)
    stocks = [v for v in whole.data.data_vars if whole.data[v].attrs.get("kind") == "stock"]
    assert len(stocks) > 20
    for loop in knock_out.switches(study.model):
        # the start of B2 is an equilibrium of choice, and B2 is what drives the choice
        if loop == "loop B2 cost pressure":
            continue
        cut = study.run(common.BASELINE, f"{loop}=0")
        for name in stocks:
            first = whole.data[name].isel(time=0).values
            assert np.array_equal(first, cut.data[name].isel(time=0).values), (loop, name)


def test_every_loop_has_a_switch_that_acts_in_few_places(study: Study) -> None:
    loops = knock_out.switches(study.model)
    names = [loop.split()[1] for loop in loops]
    assert names == [*(f"R{k}" for k in range(1, 11)), *(f"B{k}" for k in range(1, 7))]
    users = study.model.users
    assert {loop: len(users[loop.lower()]) in (1, 2) for loop in loops} == dict.fromkeys(
        loops, True
    )


def test_the_parts_of_the_change_of_jobs_add_up(study: Study) -> None:
    parts = tensions.decomposition(study.run(common.BASELINE), "Sassuolo", 2003, 2019)
    whole = parts.pop("all")
    assert sum(parts.values()) == pytest.approx(whole)
    assert abs(parts["lag of staffing"]) < 10


def test_the_pages_show_the_committed_tables(pages: ModuleType) -> None:
    made = pages.all_pages()
    for path, text in made.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `make results`"
    assert set(made) == {pages.PAGE, *(ROOT / "docs" / "results").glob("*.md")}
    text = pages.README.read_text(encoding="utf-8")
    assert pages.readme(text) == text, "run `make results`"


def test_shares_sum_to_one_and_stocks_stay_positive(study: Study) -> None:
    for scenario in common.SCENARIOS:
        run = study.run(scenario)
        shares = run.series("sourcing share").sum(axis=-1)
        assert np.abs(shares - 1).max() < 1e-12
        for name, variable in run.data.data_vars.items():
            if variable.attrs.get("kind") == "stock":
                assert float(variable.min()) >= 0, name
