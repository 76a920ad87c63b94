"""Tables over an ensemble, made small: what `--check` finds, and how coarse they are printed."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from simdistrict.base.library import find_model, find_scenario
from simdistrict.cli.main import group
from simdistrict.engine.native.batch import Batch
from simdistrict.run.plan import constants_of, moves_of
from simdistrict.tables import Sampling, Stamp, Study, Variant, catalogue
from simdistrict.tables.files import MARK, with_checksums
from simdistrict.tables.members import MemberRun
from simdistrict.tables.table import Rounded
from tests.study import definition, module

INDICATORS = module("indicators")
COLUMNS, KEPT, PERCENT = INDICATORS.COLUMNS, INDICATORS.KEPT, INDICATORS.PERCENT
POLICIES = module("paired").POLICIES
BASELINE = definition().file.baseline
style_of = definition().palette.of
MEMBERS = 40
TABLES = ("policies", "members")


def tables(folder: Path, *options: str) -> tuple[int, list[str]]:
    """Run the command in this process; exit code and lines."""
    names = [] if "--all" in options else TABLES
    done = CliRunner().invoke(
        group, ["tables", *names, "--members", str(MEMBERS), "-o", str(folder), *options]
    )
    return done.exit_code, done.output.splitlines()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a few members; what they were made of is kept apart from the user's cache."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        code, said = tables(folder)
    assert code == 0, said
    return folder


@pytest.fixture(autouse=True)
def no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that has never made these tables."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "results"))


def test_an_untouched_table_passes(results: Path) -> None:
    assert tables(results, "--check")[0] == 0


@pytest.mark.slow
def test_a_table_edited_by_hand_fails(results: Path) -> None:
    path = results / "district" / "policies.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[40].split(",")
    cells[5] = cells[6]  # a median that is the lower quantile
    path.write_text("\n".join([*lines[:40], ",".join(cells), *lines[41:], ""]), encoding="utf-8")
    code, said = tables(results, "--check")
    assert code == 5
    assert said[0].startswith("policies.csv:1 content sha256 | ")
    assert any(line.startswith("policies.csv:41 median | ") for line in said)


@pytest.mark.slow
def test_an_edit_with_a_seal_of_its_own_fails_by_the_members(results: Path) -> None:
    path = results / "district" / "policies.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    head = lines[0].partition(MARK)[0]
    at = next(k for k, line in enumerate(lines) if ",Brenta,home share of the chain,2060" in line)
    cells = lines[at].split(",")
    assert float(cells[5]) < 0.9
    cells[5] = "0.99"
    text = "\n".join([head, *lines[1:at], ",".join(cells), *lines[at + 1 :], ""])
    path.write_text(with_checksums({path.name: text})[path.name], encoding="utf-8")
    code, said = tables(results, "--check")
    assert code == 5
    assert said[0].startswith(f'policies.csv:{at + 1} median | "0.99" should be "near ')
    assert said[1].endswith("1 difference")


@pytest.mark.slow
def test_a_page_edited_by_hand_fails(results: Path) -> None:
    path = results / "district" / "policies.md"
    path.write_text(path.read_text(encoding="utf-8").replace("none", "some", 1), encoding="utf-8")
    code, said = tables(results, "--check")
    assert code == 5
    assert "policies.md" in said[0]


@pytest.mark.slow
def test_a_scenario_changed_without_making_the_tables_fails(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").mkdir()
    text = find_scenario("security_tariffs").read_text(encoding="utf-8")
    changed = text.replace('"tariff level[far]": 0.25', '"tariff level[far]": 0.26')
    assert changed != text
    (tmp_path / "scenarios" / "security_tariffs.yaml").write_text(changed, encoding="utf-8")
    code, said = tables(results, "--check")
    assert code == 5
    assert said[0].startswith("policies.csv:1 made of | ")
    # and the numbers of single members, not only the hashes
    assert any(line.startswith("members.csv:") and "made of" not in line for line in said)
    assert len(said) == 13  # the first ten differences, how many more, and what to do


@pytest.mark.slow
def test_a_model_changed_without_making_the_tables_fails(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "models" / "district"
    shutil.copytree(find_model("district").parent, target)
    path = target / "district.mdl"
    text = path.read_text(encoding="utf-8")
    changed = text.replace("supplier loss time=\n\t4", "supplier loss time=\n\t5")
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    monkeypatch.setattr(catalogue, "MODEL", str(path))
    code, said = tables(results, "--check")
    assert code == 5
    assert said[0].startswith("policies.csv:1 made of | ")
    assert any(line.startswith("members.csv:") and "made of" not in line for line in said)


@pytest.mark.slow
def test_where_the_tables_were_made_the_cells_are_told(
    made: Path, results: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, _ = tables(results)  # made here, so the whole table is known
    path = results / "district" / "policies.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[40].split(",")
    cells[4] = "39"
    path.write_text("\n".join([*lines[:40], ",".join(cells), *lines[41:], ""]), encoding="utf-8")
    code, said = tables(results, "--check")
    assert code == 5
    assert 'policies.csv:41 members | "39" should be "40"' in said


def test_every_scenario_has_a_look_of_its_own() -> None:
    looks = [style_of(name) for name in POLICIES if ":" not in name]
    assert len({(look.colour, look.dash) for look in looks}) == len(looks)
    assert len({look.marker for look in looks}) == len(looks)


def test_what_is_printed_is_100_times_coarser_than_what_backends_differ_by() -> None:
    study = Study("district", sampling=Sampling(members=16))
    levels = {name: _by_powers(study, name) for name in (BASELINE, "district_renaissance")}
    for k, (indicator, year) in enumerate(COLUMNS):
        for exact, fast in levels.values():
            a, b = exact[..., k], fast[..., k]
            for x, gap in zip(a.ravel(), np.abs(a - b).ravel(), strict=True):
                unit = Rounded(float(x), significant=indicator.digits).unit
                assert 100 * gap <= unit or x == 0 == gap, (indicator.name, year, x, gap)
        changes = [
            indicator.changed(
                levels["district_renaissance"][p][..., k], levels[BASELINE][p][..., k]
            )
            for p in (0, 1)
        ]
        gap = np.nan_to_num(np.abs(changes[0] - changes[1]))
        if indicator.change == PERCENT:
            # of next to nothing a percentage says nothing, and is printed all the same
            gap = gap[np.abs(levels[BASELINE][0][..., k]) > 1e-6]
        assert 100 * gap.max(initial=0) <= 10**-indicator.decimals, (indicator.name, year)


def _by_powers(study: Study, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The indicators of all members with the C library's powers, one by one, and with fast ones."""
    ensemble = study.ensemble(Variant(name), KEPT)
    plan = ensemble.plans[0]
    rows = ensemble.design.rows(0, ensemble.design.members)
    found = []
    for fast in (False, True):
        own = [plan.prepared.program.layout.slots[name] for name in ensemble.saved]
        batch = Batch(
            plan.prepared.program,
            plan.grid,
            constants_of(plan),
            [p for prior in ensemble.design.priors for p in prior.places],
            [p for slot in own for p in range(slot.offset, slot.offset + slot.size)],
            ensemble.points,
            moves_of(plan),
            plan.integrator,
            fast=fast,
        )
        column = [k for k, prior in enumerate(ensemble.design.priors) for _ in prior.places]
        values = batch.run(rows[:, column]).values
        at, named = 0, {}
        for element, slot in zip(ensemble.saved, own, strict=True):
            block = values[..., at : at + slot.size]
            named[element] = block.reshape(*block.shape[:-1], *slot.shape)
            at += slot.size
        years = np.array([ensemble.grid.at(p) for p in ensemble.points])
        run = MemberRun(study.model, years, named)
        found.append(KEPT.reduce(run)["indicators"])
    return found[0], found[1]


def test_the_stamp_says_model_scenarios_prior_and_design(made: Path) -> None:
    with (made / "district" / "policies.csv").open(encoding="utf-8", newline="") as file:
        head = next(file)
        rows = list(csv.reader(file))
    for word in ("model district sha256", "15 scenarios sha256", f"{MEMBERS} members", "seed 7"):
        assert word in head
    assert len({row[0] for row in rows[1:]}) == len(POLICIES)
    assert isinstance(Stamp(()), Stamp)
