"""Tables are made again when something that they depend on has changed, and only then."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.arrays import Reals
from simdistrict.base.library import find_model, find_scenario
from simdistrict.tables import Sampling, Study, Variant, catalogue, reduced, sources, store
from simdistrict.tables.catalogue import made
from simdistrict.tables.members import Kept, MemberRun

FEW = Sampling(members=2 * reduced.CHUNK + 8, blocks=2)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def own_model(folder: Path, old: str = "", new: str = "") -> Path:
    """A copy of the district model, perhaps changed."""
    target = folder / "models" / "district"
    shutil.copytree(find_model("district").parent, target)
    path = target / "district.mdl"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) or not old
    path.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return path


def test_what_has_not_changed_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own_model(tmp_path)
    first, before = made("criticality", Study(str(path)))
    assert not before
    os.utime(path, (0, 0))  # times play no part
    monkeypatch.setattr(catalogue, "make", lambda *_: pytest.fail("it was made again"))
    again, before = made("criticality", Study(str(path)))
    assert before
    assert again.texts == first.texts
    assert str(again.stamp) == str(first.stamp)


def test_a_changed_model_or_code_makes_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own_model(tmp_path)
    made("criticality", Study(str(path)))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("career length=", "career length =", 1), encoding="utf-8")
    assert not made("criticality", Study(str(path)))[1]
    assert made("criticality", Study(str(path)))[1]
    monkeypatch.setattr("simdistrict.tables.store.code_sha256", lambda *_: "another")
    assert not made("criticality", Study(str(path)))[1]


def test_a_changed_scenario_makes_only_the_tables_that_read_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("criticality", "scenarios"):
        made(name, Study("district"))
    (tmp_path / "scenarios").mkdir()
    text = find_scenario("friend_shoring").read_text(encoding="utf-8")
    changed = text.replace('"tariff level[far]": 0.1', '"tariff level[far]": 0.2')
    assert changed != text
    (tmp_path / "scenarios" / "friend_shoring.yaml").write_text(changed, encoding="utf-8")
    assert made("criticality", Study("district"))[1]
    assert not made("scenarios", Study("district"))[1]


def test_the_code_of_a_module_is_all_that_it_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "simdistrict.tables.intervals"
    before = sources.code_sha256(name)
    assert before == sources.code_sha256(name)
    assert before != sources.code_sha256("simdistrict.tables.files")
    real = sources._text

    def edited(changed: str) -> None:
        monkeypatch.setattr(
            sources, "_text", lambda p: real(p) + ("#" if p.name == changed else "")
        )

    edited("arrays.py")  # intervals imports it
    assert sources.code_sha256(name) != before
    edited("plot.py")
    assert sources.code_sha256(name) == before


# ---------------------------------------------------------------------- members


def _ends(run: MemberRun) -> dict[str, Reals]:
    return {"home": run.at("home share", 2060), "first": run.series("home share")[:, 0]}


KEPT = Kept(("home share",), (1980.0, 2060.0), _ends, ("simdistrict.tables.intervals",))
VARIANT = Variant("neoliberal_globalisation")


def test_an_interrupted_ensemble_goes_on_where_it_was() -> None:
    told: list[int] = []

    def interrupt(_: str, done: int, of: int) -> None:
        told.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Study("district", sampling=FEW, progress=interrupt).members(VARIANT, KEPT, "home")
    assert told == [reduced.CHUNK]
    study = Study("district", sampling=FEW, progress=lambda _, done, of: told.append(done))
    found = study.members(VARIANT, KEPT, "home", "first")
    assert told[1:] == [2 * reduced.CHUNK, FEW.members]
    again = study.members(VARIANT, KEPT, "home")["home"]
    assert told[3:] == []
    assert np.array_equal(found["home"], again)
    assert found["home"].shape == (FEW.members, 10)


def test_single_members_are_those_of_the_whole() -> None:
    study = Study("district", sampling=FEW)
    chosen = FEW.some(5, FEW.members).tolist()
    assert len(set(chosen)) == 5
    whole = study.members(VARIANT, KEPT, "home")["home"]
    # a member alone runs in another place of the lanes: the same to the last digits
    assert study.some(VARIANT, KEPT, chosen)["home"] == pytest.approx(whole[chosen], rel=1e-12)


@pytest.mark.slow
def test_a_broken_chunk_is_run_again(tmp_path: Path) -> None:
    study = Study("district", sampling=FEW)
    first = study.members(VARIANT, KEPT, "home")["home"]
    (folder,) = (tmp_path / "cache" / "simdistrict" / "members").iterdir()
    sorted(folder.iterdir())[1].write_bytes(b"PK broken")
    assert np.array_equal(study.members(VARIANT, KEPT, "home")["home"], first)


def test_what_decides_the_numbers_decides_the_place() -> None:
    def key(variant: Variant = VARIANT, kept: Kept = KEPT, sampling: Sampling = FEW) -> str:
        return reduced.key_of(Study("district", sampling=sampling).ensemble(variant, kept), kept)

    other = Kept(("home share",), (1980.0, 2060.0), _ends, KEPT.code, tells="other")
    keys = [
        key(),
        key(Variant("neoliberal_globalisation", ("loop R1 doing in place=0",))),
        key(Variant("security_tariffs")),
        key(kept=other),
        key(sampling=Sampling(members=FEW.members, seed=8)),
        key(sampling=Sampling(members=FEW.members + 8)),
    ]
    assert len(set(keys)) == len(keys)
    assert key() == keys[0]


def test_the_folders_used_longest_ago_go(tmp_path: Path) -> None:
    place = tmp_path / "cache" / "simdistrict" / "members"
    for k, name in enumerate(("old", "new")):
        (place / name).mkdir(parents=True)
        (place / name / "0.npz").write_bytes(b"x" * 100)
        os.utime(place / name, (k, k))
    reduced.tidy(150)
    assert [p.name for p in place.iterdir()] == ["new"]


@pytest.mark.slow
def test_paired_members_have_the_same_draws_in_every_scenario() -> None:
    study = Study("district", sampling=FEW)
    first = study.members(VARIANT, KEPT, "first")["first"]
    other = study.members(Variant("security_tariffs"), KEPT, "first")["first"]
    assert np.array_equal(first, other)  # policies begin decades later
    assert len(np.unique(first[:, 0])) == FEW.members


def test_a_forged_table_is_missing(tmp_path: Path) -> None:
    study = Study("core")
    good = store.Made("rows", {"rows.csv": "a\n", "rows.md": "b\n"}, study.stamp({}), {})
    store.keep(good, (), study)
    assert store.look_up("rows", (), study) == good
    (path,) = (tmp_path / "cache" / "simdistrict" / "tables").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    document = json.loads(path.read_text())
    forged: list[object] = [
        {**document, "texts": {name: "x"}} for name in ("rows.csv", "../up.csv")
    ]
    forged += [{**document, "texts": {**good.texts, "/tmp/rows.md": "x"}}]
    forged += [{**document, "texts": {"rows.csv": 1, "rows.md": "b"}}, {**document, "inputs": []}]
    forged += [[], "rows", 7, {}]
    for other in forged:
        path.write_text(json.dumps(other))
        assert store.look_up("rows", (), study) is None
    path.write_text("[" * 100_000)
    assert store.look_up("rows", (), study) is None
    path.write_text(json.dumps(document))
    path.chmod(0o666)
    assert store.look_up("rows", (), study) is None
