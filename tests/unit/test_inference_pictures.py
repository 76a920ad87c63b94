"""Figures of a posterior: what they show of numbers that are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import simdistrict as sd
from simdistrict.api.pictures import kind_of
from simdistrict.api.posterior_pictures import KINDS
from simdistrict.base.errors import ScenarioError
from simdistrict.inference import pictures
from simdistrict.inference.posterior import Coordinate, Datum, Draws, Posterior, Predicted
from simdistrict.inference.posterior_file import write_posterior
from simdistrict.inference.sbc import Ranks
from simdistrict.plot import Panel, Picture, Sheet
from tests.program import call

Capsys = pytest.CaptureFixture[str]

pytestmark = pytest.mark.unit

CHAINS, DRAWS = 8, 200


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    rng = np.random.default_rng(1)
    known = rng.normal(0.5, 0.02, (CHAINS, DRAWS))
    tied = 20 * known + rng.normal(0, 0.05, (CHAINS, DRAWS))
    free = rng.uniform(0, 1, (CHAINS, DRAWS))
    free[:2] += 0.5  # a population that disagrees
    numbers = np.stack([free, known, tied], axis=2)
    data = tuple(
        Datum(name, 2000.0 + k, float(k), "people") for name in ("jobs", "firms") for k in range(5)
    )
    points = np.array([datum.value for datum in data]) + rng.normal(size=(CHAINS, DRAWS, 10))
    empty = np.zeros((CHAINS, DRAWS))
    population = np.arange(CHAINS) // 2
    draws = Draws(numbers, empty, empty, population)
    predicted = Predicted(np.arange(DRAWS), np.zeros((CHAINS, DRAWS, 2)), points, points)
    names = (("free", "Dmnl"), ("known", "1/year"), ("tied", "euro"))
    before = rng.uniform(0, 1, (2000, 3)) * [1.5, 1, 20]
    coordinates = tuple(Coordinate(*pair) for pair in names)
    series, record = ("jobs", "firms"), {"simdistrict_version": "0"}
    return Posterior(coordinates, draws, predicted, before, series, data, True, record=record)


def _panels(sheet: Sheet) -> list[Panel]:
    return [panel for block in sheet.blocks for panel in block.panels if isinstance(panel, Panel)]


def test_density_is_that_of_the_distribution() -> None:
    grid = np.linspace(-4, 4, 161)
    draws = np.random.default_rng(2).normal(size=50_000)
    np.testing.assert_allclose(pictures.density(draws, grid), stats.norm.pdf(grid), atol=0.02)
    level = pictures.density(np.random.default_rng(2).uniform(size=50_000), np.linspace(0, 1, 161))
    # a density that ends at its bounds does not fall there
    np.testing.assert_allclose(level, 1.0, atol=0.12)
    one = pictures.density(np.full(100, 0.5), np.linspace(0, 1, 161))
    assert np.argmax(one) == 80


def test_marginals_begin_with_what_the_data_narrow_most(posterior: Posterior) -> None:
    sheet = pictures.marginals_sheet(posterior)
    panels = _panels(sheet)
    assert [panel.title for panel in panels] == ["known", "tied", "free"]
    before, after = panels[0].lines
    assert (before.label, after.label) == ("prior", "posterior")
    x = np.asarray(after.x)
    assert x[np.argmax(after.y)] == pytest.approx(0.5, abs=0.02)
    step = x[1] - x[0]
    assert np.sum(after.y) * step == pytest.approx(1, abs=0.02)
    few = pictures.marginals_sheet(posterior, most=1)
    assert "The 1 of 3 constants" in few.note
    assert [p.title for p in _panels(pictures.marginals_sheet(posterior, ["tied"]))] == ["tied"]


def test_chains_show_the_population_that_disagrees_first(posterior: Posterior) -> None:
    panels = _panels(pictures.chains_sheet(posterior))
    assert panels[0].title.startswith("free")
    first, second = panels[1].lines[:2]
    # its ranks are high, so the others have none at the top
    assert first.y[-1] > 2
    assert second.y[-1] < 0.5
    assert panels[0].lines[0].label == "population 1"


def test_predictions_have_their_data_and_the_prior(posterior: Posterior) -> None:
    before = np.random.default_rng(3).normal(0, 100, (500, 10))
    panels = _panels(pictures.fit_sheet(posterior, before))
    assert [panel.title for panel in panels] == ["jobs", "firms"]
    outer, inner = panels[0].bands
    assert (np.asarray(outer.high) - outer.low > np.asarray(inner.high) - inner.low).all()
    np.testing.assert_allclose(panels[0].points[0].y, np.arange(5))
    assert {line.label for line in panels[0].lines} == {"90% of the prior", "median"}
    # the prior is a hundred times wider, and the axis is that of the data
    assert panels[0].y_range is not None
    assert panels[0].y_range[1] < 10


def test_histograms_of_uniform_numbers_lie_in_their_interval(posterior: Posterior) -> None:
    (panel,) = _panels(pictures.pit_sheet(posterior))
    assert panel.title == "10 points"
    ranks = np.random.default_rng(4).integers(0, 64, (200, 2))
    ranks[:, 1] = 0
    panels = _panels(pictures.calibration_sheet(Ranks(("a", "b"), ranks, 63)))
    assert [p.title for p in panels] == ["b", "a"]
    ground = panels[1].bands[0]
    expected = stats.binom.ppf((0.005, 0.995), 200, 1 / 16)
    assert (ground.low[0], ground.high[0]) == tuple(expected)


def test_ridges(posterior: Posterior) -> None:
    (panel,) = _panels(pictures.ridges_sheet(posterior))
    assert panel.title.startswith("x: known (1/year); correlation 0.9")
    assert panel.y_label == "tied (euro)"
    numbers = posterior.draws.numbers.copy()
    numbers[..., 2] = numbers[::-1, ::-1, 2]
    apart = replace(posterior, draws=replace(posterior.draws, numbers=numbers))
    with pytest.raises(ScenarioError, match="no two constants"):
        pictures.ridges_sheet(apart)


def test_a_payoff_shows_the_model_and_has_no_intervals_of_the_data(posterior: Posterior) -> None:
    none = np.full_like(posterior.predicted.replicated, np.nan)
    weighted = replace(posterior, predicted=replace(posterior.predicted, replicated=none))
    assert "without errors" in pictures.fit_sheet(weighted).note
    with pytest.raises(ScenarioError, match="payoff has no errors"):
        pictures.pit_sheet(weighted)


def test_a_series_of_one_point_has_its_interval(posterior: Posterior) -> None:
    own = posterior.predicted
    one = replace(own, replicated=own.replicated[..., :1], points=own.points[..., :1])
    (panel,) = _panels(
        pictures.fit_sheet(replace(posterior, data=posterior.data[:1], predicted=one))
    )
    low, high = panel.lines[-1].y
    assert high - low == pytest.approx(2 * stats.norm.ppf(0.95), rel=0.1)


def test_pictures_of_a_file(posterior: Posterior, tmp_path: Path) -> None:
    file = write_posterior(posterior, tmp_path / "posterior.nc")
    assert repr(sd.plot_posterior(file)) == "<simdistrict picture: prior and posterior>"
    assert kind_of(file) == "constants"
    for kind in KINDS:
        sd.plot_posterior(file, kind)  # type: ignore[arg-type]
    for asked, words in (
        ({"kind": "chain"}, 'no kind "chain"'),
        ({"names": "fre"}, 'no "fre"'),
        ({"kind": "pit", "names": "free"}, "names are of the kinds"),
    ):
        with pytest.raises(ScenarioError, match=words):
            sd.plot_posterior(file, **asked)  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match="no posterior"):
        sd.plot_posterior(3)  # type: ignore[arg-type]


def test_the_command_draws_a_file(posterior: Posterior, tmp_path: Path, capsys: Capsys) -> None:
    file = write_posterior(posterior, tmp_path / "posterior.nc")
    found = call(capsys, "plot", str(file))
    assert found.code == 0, found.err
    assert (tmp_path / "posterior.png").is_file()
    target = tmp_path / "chains.svg"
    words = ("--kind", "chains", "--name", "tied", "-o", str(target))
    found = call(capsys, "plot", str(file), *words)
    assert found.code == 0, found.err
    assert target.is_file()
    found = call(capsys, "plot", str(file), "--kind", "pit", "--most", "3")
    assert "--most is of" in found.err


def test_every_figure_is_drawn(posterior: Posterior, tmp_path: Path) -> None:
    sheets = (
        pictures.marginals_sheet(posterior),
        pictures.chains_sheet(posterior),
        pictures.fit_sheet(posterior),
        pictures.pit_sheet(posterior),
        pictures.ridges_sheet(posterior),
    )
    for k, sheet in enumerate(sheets):
        Picture(sheet).save(tmp_path / f"{k}.svg")
