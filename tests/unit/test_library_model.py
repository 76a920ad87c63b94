"""A loaded model says what it is: tables, elements, trees, loops, checks, files, notebook views."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import simdistrict as sd
from simdistrict.base.library import find_model
from tests.program import call
from tests.small import mdl

EQUATIONS = """
    place: north, south ~~|
    stock[place] = INTEG(flow[place], 1) ~ ton ~ What <b>lies</b> there. ~|
    flow[place] = rate[place] * stock[place] ~ ton/Year ~|
    rate[place] = 0.1, 0.2 ~ 1/Year [0,1] ~ How fast. ~|
    total = SUM(stock[place!]) ~ ton ~|
    unused = 3 ~ parrot ~|
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("model") / "small.mdl"
    found.write_text(mdl(EQUATIONS))
    return found


@pytest.fixture(scope="module")
def m(file: Path) -> sd.LoadedModel:
    return sd.load(file)


@pytest.fixture(scope="module")
def district() -> sd.LoadedModel:
    return sd.load("district")


def test_elements(m: sd.LoadedModel) -> None:
    table = m.elements
    assert table.index.name == "name"
    assert list(table.columns) == [
        "kind", "unit", "low", "high", "dimensions", "group", "documentation",
    ]  # fmt: skip
    assert table.loc["rate"].to_dict() == {
        "kind": "constant",
        "unit": "1/Year",
        "low": 0.0,
        "high": 1.0,
        "dimensions": ("place",),
        "group": "",
        "documentation": "How fast.",
    }
    assert np.isnan(table.loc["total", "low"])
    assert m.dimensions == {"place": ("north", "south")}
    assert len(m) == 9
    assert "Rate" in m
    assert "rates" not in m
    assert list(m)[:2] == ["stock", "flow"]


def test_an_element(m: sd.LoadedModel) -> None:
    rate = m["RATE"]
    assert (rate.name, rate.kind, rate.unit, rate.range) == ("rate", "constant", "1/Year", (0, 1))
    assert rate.equation == "rate[place] = 0.1, 0.2"
    assert rate.value.sel(place="south") == 0.2  # type: ignore[union-attr]
    assert m["unused"].value == 3.0
    assert m["stock"].value is None
    assert (m["flow"].causes, m["flow"].uses) == (("rate", "stock"), ("stock",))
    with pytest.raises(sd.ModelError, match=r'(?s)no element called "rat" .*did you mean "rate"'):
        m["rat"]


def test_trees_and_loops(m: sd.LoadedModel) -> None:
    assert m.causes("total", 2).names == ("stock", "flow")
    assert list(m.uses("rate")) == ["flow"]
    assert list(m.loops()) == [("flow", "stock")]
    assert str(m.causes("total")) == "total  (auxiliary, ton)\n  stock  (stock, ton)"
    with pytest.raises(sd.ModelError):
        m.causes("nothing")


def test_checks_are_those_of_the_command(
    m: sd.LoadedModel, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = m.check()
    assert list(found.columns) == ["severity", "check", "element", "line", "message"]
    assert "unused" in set(found.check)
    said = call(capsys, "check", file).out
    for row in found.itertuples():
        assert f"{row.message}  [{row.check}]" in said
    assert len(said.splitlines()) == len(found) + 1
    assert set(m.check("documentation", strict=["documentation"]).severity) == {"error"}
    with pytest.raises(sd.ModelError):
        m.check("nothing")


def test_files(m: sd.LoadedModel, file: Path, tmp_path: Path) -> None:
    assert m.to_mdl() == file.read_text()
    m.to_mdl(tmp_path / "same.mdl")
    assert (tmp_path / "same.mdl").read_bytes() == file.read_bytes()
    with pytest.raises(sd.ExchangeError):
        m.to_mdl(tmp_path / "same.mdl")
    text = m.to_xmile(tmp_path / "out.stmx", params={"rate": [0.3, 0.4]})
    assert (tmp_path / "out.stmx").read_text() == text
    wanted = m.run(params={"rate": [0.3, 0.4]})
    changed = sd.load(tmp_path / "out.stmx")
    np.testing.assert_array_equal(changed.run()["stock"], wanted["stock"])
    changed.to_mdl(tmp_path / "back.mdl")
    np.testing.assert_array_equal(sd.load(tmp_path / "back.mdl").run()["stock"], wanted["stock"])


def test_a_model_is_written_as_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "small.mdl"
    path.write_text(mdl(EQUATIONS))
    m = sd.load(path)
    path.write_text(mdl("a = 1"))
    assert "stock" in m.to_mdl()


@pytest.mark.parametrize("name", ["core", "district"])
def test_a_repr_is_short(name: str) -> None:
    m = sd.load(name)
    assert len(repr(m)) < 200
    assert name in repr(m)
    assert all(len(repr(m[element])) < 200 for element in m.elements.index)
    assert len(repr(m.scenario())) < 200
    plan = m._plan()
    assert len(repr(plan.prepared.model)) < 200
    assert len(repr(plan)) < 2000


def test_a_repr_names_counts_and_years(m: sd.LoadedModel) -> None:
    assert repr(m) == "<model small: 9 elements (1 stock), 1 dimension, 0 to 10 by 1 Year>"
    assert repr(m["stock"]) == "<stock stock [place] (ton)>"


class _Reader(HTMLParser):
    """Fails where tags do not close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_notebook_views(m: sd.LoadedModel, district: sd.LoadedModel) -> None:
    views = [m, m["stock"], m.loops(), m.causes("total"), m.scenario(), district]
    views += [district[name] for name in list(district.elements.index)[::20]]
    for view in views:
        text = view._repr_html_()  # type: ignore[attr-defined]
        reader = _Reader()
        reader.feed(text)
        assert reader.open == []
        assert "script" not in reader.seen
        assert "b" not in reader.seen or "<b>lies</b>" not in text
    html = district._repr_html_()
    groups = {group for group in district.elements.group if group}
    assert len(re.findall("<details>", html)) >= len(groups)
    for name in district.elements.index[district.elements.kind == "stock"]:
        assert name in html


def test_encodings_and_names(tmp_path: Path) -> None:
    path = tmp_path / "ö.mdl"
    text = mdl("Größe = 2 ~ m ~ é |").replace("{UTF-8}\n", "")
    path.write_bytes(text.encode("cp1252"))
    assert sd.load(path, encoding="cp1252")["Größe"].value == 2
    with pytest.raises(LookupError):
        sd.load(path, encoding="nothing")
    with pytest.raises(sd.ModelError, match="did you mean district"):
        sd.load("distrikt")


def test_data_files(tmp_path: Path) -> None:
    (tmp_path / "d.mdl").write_text(mdl("seen ~ ton ~|\nx = seen * 2"))
    (tmp_path / "d.csv").write_text("Time,seen\n0,1\n10,11\n")
    m = sd.load(tmp_path / "d.mdl", data=tmp_path / "d.csv")
    assert m.run()["x"].values.tolist() == [2.0 * (k + 1) for k in range(11)]


def test_lists() -> None:
    assert set(sd.models().index) >= {"core", "district"}
    assert (sd.models().title != "").all()
    table = sd.scenarios()
    assert set(table.model) <= {"core", "district"}
    assert any(table.variants.map(len))
    assert find_model("core").name in sd.models().loc["core", "file"]


def test_a_model_is_written_with_one_scenario(district: sd.LoadedModel) -> None:
    (name, variants), *_ = [
        (name, row.variants)
        for name, row in sd.scenarios().iterrows()
        if row.variants and row.model == district.name
    ]
    for write in (district.to_mdl, district.to_xmile):
        with pytest.raises(sd.ScenarioError, match=f"has {len(variants)} variants, and one is"):
            write(scenario=name)
    assert district.to_mdl(scenario=f"{name}:{variants[0]}") != district.to_mdl()
