"""Figures of a posterior, as values of `plot`: constants, chains, predictions, ranks.

Numbers in, sheets out; nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.figures.palette import ORDER
from simdistrict.figures.units import scale_for, time_label, unit_words
from simdistrict.inference.distributions import quantile
from simdistrict.inference.identify import identify
from simdistrict.inference.posterior import Posterior
from simdistrict.inference.sbc import Ranks
from simdistrict.inference.scores import pit as pit_of
from simdistrict.plot import PAGE, Band, Block, Line, Markers, Panel, Sheet, Style

_PRIOR, _POSTERIOR = Style("#888888", "--"), Style("#0072B2")
_DATA = Style("#D55E00", "-", "o")
_INK = "#333333"
_OUTER, _INNER = 0.18, 0.32
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_BINS = 20
# points of a cloud; more hide each other
_CLOUD = 600
_STEPS = 400


def marginals_sheet(
    posterior: Posterior, names: Sequence[str] | None = None, most: int = 24
) -> Sheet:
    """Prior and posterior density of every constant, those that the data narrow most first.

    names: of coordinates instead; most: panels.
    """
    order = _narrowed(posterior) if names is None else [posterior.names.index(n) for n in names]
    notes = ["Densities of equal area. Dashed: prior. Blue: posterior."]
    if len(order) > most:
        notes.append(f"The {most} of {len(order)} constants that the data narrow most.")
        order = order[:most]
    flat = posterior.draws.numbers.reshape(-1, len(posterior.names))
    panels = []
    for k in order:
        own = posterior.coordinates[k]
        low, high = np.quantile(posterior.before[:, k], (0.001, 0.999))
        low, high = min(low, flat[:, k].min()), max(high, flat[:, k].max())
        scale = scale_for([np.array([low, high])], own.units)
        grid = np.linspace(low, high, 161)
        before, after = density(posterior.before[:, k], grid), density(flat[:, k], grid)
        x = scale.of(grid)
        panels.append(
            Panel(
                own.name,
                (Line(x, before, "prior", _PRIOR), Line(x, after, "posterior", _POSTERIOR)),
                bands=(Band(x, np.zeros(len(x)), after, "", _POSTERIOR),),
                remarks=((scale.label, _INK),),
                y_range=(0.0, 1.06 * float(max(before.max(), after.max()))),
            )
        )
    block = Block(tuple(panels), min(3, len(panels)), "", "", own_x=True, own_y=True, tall=0.9)
    return Sheet((block,), PAGE, " ".join(notes))


def _narrowed(posterior: Posterior) -> list[int]:
    """The constants of the model, the most contracted first."""
    rows = posterior.summaries
    return sorted(posterior.constants, key=lambda k: -np.nan_to_num(rows[k].contraction, nan=-9.0))


def density(draws: Reals, grid: Reals) -> Reals:
    """A kernel estimate of the density of draws on an even grid, which ends reflect.

    Bandwidth by Silverman's rule of thumb (1986). The density of equal draws is one narrow peak.
    """
    step = float(grid[1] - grid[0])
    low, high = np.quantile(draws, (0.25, 0.75))
    spread = min(float(draws.std()), float(high - low) / 1.349) or float(draws.std())
    width = max(0.9 * spread * len(draws) ** -0.2, step)
    edges = np.append(grid - step / 2, grid[-1] + step / 2)
    counts, _ = np.histogram(np.clip(draws, grid[0], grid[-1]), edges)
    reach = np.arange(-int(4 * width / step) - 1, int(4 * width / step) + 2)
    kernel = np.exp(-0.5 * (reach * step / width) ** 2)
    room = len(kernel) // 2
    # mass beyond an end comes back, so that a uniform density is level up to its ends
    size = min(room, len(counts))
    mirrored = np.concatenate([counts[:size][::-1], counts, counts[-size:][::-1]])
    found = np.convolve(mirrored, kernel / kernel.sum(), mode="same")[size : size + len(grid)]
    return np.asarray(found / (len(draws) * step), float)


def chains_sheet(posterior: Posterior, names: Sequence[str] | None = None, most: int = 5) -> Sheet:
    """One chain of every population over its draws, and ranks of all draws by population.

    Of the coordinates with the largest R-hat; names: of others instead. Ranks of populations that
    agree are level (Vehtari, Gelman, Simpson, Carpenter and Buerkner 2021).
    """
    rows = posterior.summaries
    if names is None:
        order = np.argsort([-np.nan_to_num(row.rhat, nan=9.0) for row in rows], kind="stable")
        order = order[:most]
    else:
        order = np.array([posterior.names.index(name) for name in names])
    which = np.asarray(posterior.draws.population)
    groups = np.unique(which)
    panels = []
    for k in order.tolist():
        numbers = posterior.draws.numbers[:, :, k]
        scale = scale_for([numbers], rows[k].units)
        title = f"{rows[k].name} (R-hat {rows[k].rhat:.3f})"
        traces = []
        every = max(1, -(-numbers.shape[1] // _STEPS))
        at = np.arange(0, numbers.shape[1], every, dtype=float)
        for g, style in zip(groups, ORDER, strict=False):
            chain = numbers[np.flatnonzero(which == g)[0], ::every]
            traces.append(Line(at, scale.of(chain), f"population {g + 1}", _thin(style)))
        panels.append(Panel(title, tuple(traces), y_label=scale.label))
        panels.append(_ranks_panel(numbers, which, groups))
    block = Block(tuple(panels), 2, "", "", own_x=True, own_y=True, tall=1.0)
    note = (
        "Left: one chain of every population by draw. Right: ranks of the draws of a population "
        "among all draws, against the number expected; populations that agree are level at 1."
    )
    return Sheet((block,), PAGE, note)


def _thin(style: Style) -> Style:
    return Style(style.colour, "-", style.marker)


def _ranks_panel(numbers: Reals, which: Reals, groups: Reals) -> Panel:
    rank = np.argsort(np.argsort(numbers.ravel(), kind="stable"), kind="stable")
    share = rank.reshape(numbers.shape) / numbers.size
    lines = []
    top = 2.0
    for g, style in zip(groups, ORDER, strict=False):
        own = share[which == g].ravel()
        counts = np.histogram(own, _BINS, (0, 1))[0] * _BINS / len(own)
        top = max(top, 1.05 * float(counts.max()))
        x, y = stairs(np.linspace(0, 1, _BINS + 1), counts)
        lines.append(Line(x, y, "", _thin(style)))
    lines.append(Line([0, 1], [1, 1], "", _PRIOR))
    return Panel("ranks", tuple(lines), y_label="ranks / expected", y_range=(0.0, top))


def stairs(edges: Reals, heights: Reals) -> tuple[Reals, Reals]:
    """The outline of a histogram."""
    return np.repeat(edges, 2)[1:-1], np.repeat(heights, 2)


def fit_sheet(posterior: Posterior, before: Reals | None = None) -> Sheet:
    """The data and the intervals of 50 and 90% in which the posterior expects them, by series.

    before: (draws, data), the same drawn from the prior; its interval of 90% is outlined.
    """
    series = dict.fromkeys(datum.series for datum in posterior.data)
    replicated, errors = _expected(posterior)
    panels = []
    for name in series:
        at = [k for k, datum in enumerate(posterior.data) if datum.series == name]
        times = np.array([posterior.data[k].time for k in at])
        values = np.array([posterior.data[k].value for k in at])
        low, lower, middle, upper, high = np.quantile(replicated[:, at], _QUANTILES, axis=0)
        lines: list[Line] = []
        if before is not None:
            ends = np.nanquantile(before[:, at], (0.05, 0.95), axis=0)
            lines = [Line(times, end, "90% of the prior", _PRIOR) for end in ends]
        scale = scale_for([values, low, high], posterior.data[at[0]].units)
        bands = (
            Band(times, scale.of(low), scale.of(high), "90% of the posterior", _POSTERIOR, _OUTER),
            Band(times, scale.of(lower), scale.of(upper), "50%", _POSTERIOR, _INNER),
        )
        lines = [Line(line.x, scale.of(line.y), line.label, line.style) for line in lines]
        lines.append(Line(times, scale.of(middle), "median", _POSTERIOR))
        if len(times) == 1:  # too narrow for an area
            ends = scale.of(np.array([low[0], high[0]]))
            lines.append(Line([times[0]] * 2, ends, "90% of the posterior", _POSTERIOR))
        points = (Markers(times, scale.of(values), "data", _DATA),)
        # a wide prior must not hide the data
        shown = [min(low.min(), values.min()), max(high.max(), values.max())]
        least, greatest = (float(end) for end in scale.of(shown))
        room = 0.1 * (greatest - least) or 1.0
        limits = (least - room, greatest + room)
        panels.append(Panel(name, tuple(lines), points, bands, y_label=scale.label, y_range=limits))
    every = np.array([datum.time for datum in posterior.data])
    columns = min(3, len(panels))
    block = Block(tuple(panels), columns, _time_label(every), "", own_y=True, own_x=True)
    note = "Intervals of the data, with the error that the data file states."
    note = note if errors else "Intervals of the model, without errors: a payoff states none."
    return Sheet((block,), PAGE, note)


def _expected(posterior: Posterior) -> tuple[Reals, bool]:
    """(draws, data) that the posterior expects, and whether they have errors."""
    found, count = posterior.predicted, len(posterior.data)
    if not count:
        raise ScenarioError(Problem("data", "the posterior has no data", "give some to infer"))
    draws = found.replicated.reshape(-1, count)
    errors = not np.isnan(draws).all()
    draws = draws if errors else found.points.reshape(-1, count)
    return draws[np.isfinite(draws).all(axis=1)], errors


def _time_label(times: Reals) -> str:
    """Calendar years as `figures` calls them; the unit of other times is not known here."""
    calendar = len(times) and times.min() > 1000 and times.max() < 3000
    return time_label("Year", times) if calendar else "Time"


def pit_sheet(posterior: Posterior, seed: int = 0) -> Sheet:
    """The histogram of the probability integral transform: where the data lie in the prediction.

    Raises ScenarioError for a payoff.
    """
    replicated, errors = _expected(posterior)
    if not errors:
        what = "a payoff has no errors, so that no intervals of the data can be judged"
        raise ScenarioError(Problem("likelihood", what, "infer with the likelihood of the series"))
    values = np.array([datum.value for datum in posterior.data])
    levels = pit_of(replicated, values, seed)
    bins = 10 if len(levels) >= 30 else 5
    panel = _uniform_panel(
        f"{len(levels)} points", np.histogram(levels, bins, (0, 1))[0].astype(float), "points"
    )
    note = (
        "Level: the intervals are right. High ends: too narrow. A high middle: too wide. "
        "Grey: where 99% of the bars of a right prediction with independent errors lie."
    )
    block = Block((panel,), 1, "Probability integral transform of the data, share", "", own_y=True)
    return Sheet((block,), PAGE / 2, note)


def calibration_sheet(ranks: Ranks, most: int = 24) -> Sheet:
    """The rank histograms of a simulation-based calibration; the least uniform first."""
    order = sorted(range(len(ranks.names)), key=ranks.p)[:most]
    panels = [
        replace(
            _uniform_panel(ranks.names[k], ranks.histogram(k).astype(float), "ranks"),
            remarks=((f"p {ranks.p(k):.2g}", _INK),),
        )
        for k in order
    ]
    block = Block(
        tuple(panels), min(4, len(panels)), "Rank, share", "", own_y=True, own_x=True, tall=1.0
    )
    note = (
        f"{len(ranks.ranks)} posteriors of simulated data. "
        "Grey: where 99% of the bars of a right sampler lie."
    )
    return Sheet((block,), PAGE, note)


def _uniform_panel(title: str, counts: Reals, what: str) -> Panel:
    """A histogram on [0, 1] with the interval of 99% of a uniform one."""
    edges = np.linspace(0, 1, len(counts) + 1)
    x, y = stairs(edges, counts)
    total = int(counts.sum())
    low, high = _binomial(total, 1 / len(counts))
    ground = Band([0.0, 1.0], [low, low], [high, high], "", _PRIOR)
    fill = Band(x, np.zeros(len(x)), y, "", _POSTERIOR, _INNER)
    top = 1.1 * max(float(counts.max()), high)
    return Panel(title, (Line(x, y, "", _POSTERIOR),), (), (ground, fill), what, y_range=(0.0, top))


def _binomial(count: int, share: float) -> tuple[float, float]:
    """The interval of 99% of a binomial number, by its quantiles."""
    k = np.arange(count + 1)
    log = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count + 1)))])
    mass = np.exp(
        log[count] - log[k] - log[count - k] + k * np.log(share) + (count - k) * np.log1p(-share)
    )
    ends = np.searchsorted(np.cumsum(mass), (0.005, 0.995))
    return float(ends[0]), float(ends[1])


def ridges_sheet(posterior: Posterior, most: int = 9) -> Sheet:
    """The draws of pairs of constants that the data fix together, the strongest first.

    Raises ScenarioError where there are none.
    """
    flat = posterior.draws.numbers.reshape(-1, len(posterior.names))
    found = identify(posterior.names, _scores(flat, posterior.before))
    if not found.ridges:
        what = "no two constants have a correlation above 0.7"
        raise ScenarioError(Problem("ridges", what, "the data determine each by itself, or none"))
    every = max(1, len(flat) // _CLOUD)
    panels = []
    for ridge in found.ridges[:most]:
        one, two = (posterior.names.index(name) for name in (ridge.one, ridge.two))
        x, y = flat[::every, one], flat[::every, two]
        units = [unit_words(posterior.coordinates[k].units) for k in (one, two)]
        cloud = Markers(x, y, "", Style(_POSTERIOR.colour, "-", "."))
        title = f"x: {ridge.one} ({units[0]}); correlation {ridge.correlation:.2f}"
        panels.append(Panel(title, (), (cloud,), y_label=f"{ridge.two} ({units[1]})"))
    block = Block(
        tuple(panels), min(3, max(len(panels), 2)), "", "", own_x=True, own_y=True, tall=1.6
    )
    left = len(found.ridges) - len(panels)
    note = f"Draws of the posterior. {left} further ridges are not shown." if left > 0 else ""
    return Sheet((block,), PAGE, note or "Draws of the posterior.")


def _scores(numbers: Reals, before: Reals) -> Reals:
    """Normal scores of numbers by the levels that they have among draws of the prior."""
    found = np.empty_like(numbers)
    for k in range(numbers.shape[1]):
        below = np.searchsorted(np.sort(before[:, k]), numbers[:, k])
        found[:, k] = quantile((below + 0.5) / (len(before) + 1))
    return found
