"""Tables of a study over draws of a posterior, with the prior beside them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simdistrict.api import load
from simdistrict.base.errors import ScenarioError
from simdistrict.base.library import example_project
from simdistrict.base.wilson import wilson
from simdistrict.ensemble.drawing import DrawsRequest
from simdistrict.ensemble.draws_file import Draws, write_design
from simdistrict.tables import Sampling, Study, read_definition
from simdistrict.tables.fit import given_range
from simdistrict.tables.members import Kept, MemberRun, Variant
from tests.program import Answer
from tests.program import call as answer

Call = Callable[..., Answer]
PRIOR = """element,label,value,low,high,distribution
cost gap,,0.1,0.02,0.2,uniform
skill premium,,0.1,0.02,0.2,uniform
"""
NAMES = ("cost gap", "skill premium")
STUDY = """model: ../workshops.mdl
baseline: baseline
claims:
  decline:
    text: Without support the district declines.
    measures:
      - what: workshops of 2080 over those of 2025
        element: workshops
        at: 2080
        against: {at: 2025}
        high: 0.5
tables:
  before:
    title: Claims over the prior
    note: "{members} draws."
    standard: claims over the prior
  after:
    title: Claims over the posterior
    note: "{members} draws."
    standard: claims over the posterior
  constants:
    title: Constants
    standard: constants over the posterior
  own:
    title: Own
    of_posterior: measures:own
    doubts: measures:doubts
"""
MEASURES = """
import numpy as np
from simdistrict.tables.beside import SHARES, share_cells
from simdistrict.tables.members import Kept, Variant
from simdistrict.tables.table import Column, Table
from pathlib import Path


def ends(run):
    return {"ends": run.at("workshops", 2080.0)}


KEPT = Kept(("workshops",), (2080.0,), ends, (Path(__file__),), tells="ends")


def own(study):
    over = study.over_posterior()
    found = over.members(Variant("baseline"), KEPT, "ends")["ends"]
    cells = share_cells(over, found > np.median(found))
    return Table("own", "Own", (Column("what"), *SHARES[3:]), (("many", *cells),))


def doubts(study, path):
    own(study)
    return []
"""


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the program in this process."""
    return lambda *args: answer(capsys, *args)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for file in example_project().rglob("*"):
        if file.is_file() and file.suffix in (".mdl", ".yaml") and file.parent.name != "study":
            target = tmp_path / file.relative_to(example_project())
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    for name, text in (("data/parameters.csv", PRIOR), ("study/study.yaml", STUDY)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "study" / "measures.py").write_text(MEASURES)
    return tmp_path


def draws(low: float = 0.15) -> Draws:
    """Chains that move once in ten draws, with a large cost gap."""
    rng = np.random.default_rng(2)
    numbers = np.repeat(rng.uniform(low, 0.2, (40, 2)), 10, axis=0)
    return Draws(NAMES, numbers, np.repeat(np.arange(4), 100), {"converged": 1})


def posterior(path: str = "study/design.nc", **attrs: object) -> None:
    model = load("workshops.mdl")._prepared.model
    write_design(Path(path), draws(), model, attrs, force=True)


def stated() -> None:
    Path("study/study.yaml").write_text(STUDY + "posterior: {file: design.nc}\n")


def made(call: Call, *options: object, folder: str = "results") -> list[str]:
    parts = ("tables", "study/study.yaml", "-o", folder, "--members", 64, "--json", *options)
    found = call(*parts)
    assert found.code == 0, found.err
    names: list[str] = json.loads(found.out)["tables"]
    return names


def rows(name: str, folder: str = "results") -> list[dict[str, str]]:
    text = (Path(folder) / "workshops" / f"{name}.csv").read_text()
    return list(csv.DictReader(text.splitlines()[1:]))


def test_tables_over_a_posterior_are_made_where_there_is_one(call: Call) -> None:
    assert made(call, "--all") == ["before"]
    posterior()
    assert made(call, "--all", "--design", "study/design.nc") == [
        *("before", "after", "constants", "own")
    ]
    stated()
    assert made(call, "--all", folder="again") == ["before", "after", "constants", "own"]
    for name in ("after", "constants", "own"):
        one, other = (Path(f) / "workshops" / f"{name}.csv" for f in ("results", "again"))
        assert one.read_bytes() == other.read_bytes()


def test_shares_stand_beside_those_of_the_prior_with_their_effective_draws(call: Call) -> None:
    posterior()
    stated()
    made(call, "--all")
    before, after = rows("before")[0], rows("after")[0]
    assert after["prior, share"] == before["holds, share"]
    assert (after["prior low"], after["prior high"]) == (before["share low"], before["share high"])
    # the members of the posterior, run by hand
    study = Study(read_definition(Path("study/study.yaml")), sampling=Sampling(members=64))
    numbers = study.posterior.numbers
    params = {name: numbers[:, k] for k, name in enumerate(NAMES)}
    m = load("workshops.mdl")
    by_hand = m.ensemble("baseline", design=params, save=["workshops"], times=[2025, 2080])
    ends = by_hand["workshops"].values
    share = float((ends[:, 1] / ends[:, 0] <= 0.5).mean())
    assert float(after["posterior, share"]) == pytest.approx(share, abs=6e-4)
    assert len(numbers) == 64
    page = (Path("results") / "workshops" / "after.md").read_text()
    assert "Of 1 claims" in page
    assert "no uncertainty about the world" in " ".join(page.split())
    own = rows("own")[0]
    count = int(own["effective draws"])
    assert count < 60
    low, high = wilson(float(own["posterior, share"]) * count, count)
    assert float(own["posterior low"]) == pytest.approx(low, abs=0.01)
    assert float(own["posterior high"]) == pytest.approx(high, abs=0.01)


def test_constants_show_what_the_data_say(call: Call) -> None:
    posterior()
    stated()
    made(call, "constants")
    for row in rows("constants"):
        assert row["constant"] in NAMES
        assert float(row["prior 5%"]) == pytest.approx(0.029, abs=0.001)
        assert 0.15 <= float(row["posterior 5%"]) < float(row["posterior 95%"]) <= 0.2
        assert float(row["posterior over prior, standard deviation"]) < 0.35


def test_a_check_compares_the_draws_and_their_shares(call: Call) -> None:
    posterior()
    stated()
    made(call, "--all")
    parts = ("tables", "study/study.yaml", "--members", 64, "--check", "after", "constants", "own")
    assert call(*parts).code == 0
    path = Path("results/workshops/after.csv")
    text = path.read_text()
    cells = text.splitlines()[2].split(",")
    cells[-5] = "0.5" if float(cells[-5]) in (0.0, 1.0) else "0.0"
    path.write_text("\n".join([*text.splitlines()[:2], ",".join(cells), *text.splitlines()[3:]]))
    found = call(*parts)
    assert found.code == 5
    assert "posterior, share" in found.out
    path.write_text(text)
    # other draws are another origin
    model = load("workshops.mdl")._prepared.model
    write_design(Path("study/design.nc"), draws(0.1), model, force=True)
    found = call(*parts)
    assert found.code == 5
    assert "after.csv:1 made of" in found.out


def test_the_prior_beside_is_taken_from_the_committed_table(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(call, "before")
    posterior()
    stated()
    monkeypatch.setattr("simdistrict.tables.beside.made", None)
    made(call, "after")
    assert rows("after")[0]["prior, share"] == rows("before")[0]["holds, share"]


def test_a_posterior_that_has_not_converged_is_refused(call: Call) -> None:
    posterior(converged=0)
    stated()
    refused = call("tables", "study/study.yaml", "constants")
    assert refused.code == 3
    assert "has not converged" in refused.err
    assert made(call, "constants", "--design", "study/design.nc", "--unconverged")
    page = (Path("results") / "workshops" / "constants.md").read_text()
    assert page.split("\n\n")[2].startswith("**NOT CONVERGED")


def test_a_study_without_a_posterior_says_how_to_give_one(call: Call) -> None:
    refused = call("tables", "study/study.yaml", "own")
    assert refused.code == 3
    assert "give --design FILE" in refused.err


def test_a_design_in_blocks_is_not_made_of_a_posterior() -> None:
    posterior()

    def nothing(run: MemberRun) -> dict[str, Any]:
        return {}

    asked = DrawsRequest(Path("study/design.nc"))
    study = Study(read_definition(Path("study/study.yaml")), posterior=asked)
    kept = Kept(("workshops",), (2080.0,), nothing, (), method="saltelli")
    with pytest.raises(ScenarioError, match="cannot be made of draws of a posterior"):
        study.over_posterior().ensemble(Variant("baseline"), kept)


def test_a_range_of_a_fit_that_is_narrower_than_the_posterior_is_marked() -> None:
    posterior()
    asked = DrawsRequest(Path("study/design.nc"))
    study = Study(read_definition(Path("study/study.yaml")), posterior=asked)
    ends = np.quantile(study.posterior.numbers[:, 0], (0.05, 0.95))
    low, high, said = given_range(study, "Cost gap", 0.17, 0.172)
    assert (low, high) == tuple(ends)
    assert said == "narrower than the posterior"
    assert given_range(study, "cost gap", 0.0, 1.0)[2] == "as wide"
    assert given_range(study, "cost gap", None, None)[2] == "none: at a bound"
    assert given_range(study, "margin", 0.0, 1.0) == (None, None, None)
