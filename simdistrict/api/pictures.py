"""Pictures of any run: functions from results to pictures.

Functions, and no accessor of xarray: type checkers know them, TAB finds them, and importing
simdistrict imports neither xarray nor matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import xarray as xr

    from simdistrict.figures import Source, Wanted
    from simdistrict.plot import Picture, Sheet, Style
    from simdistrict.regimes.rules import Rule

    Data: TypeAlias = xr.Dataset | str | Path
    Names: TypeAlias = str | Sequence[str]


def plot_series(
    data: Data | Sequence[Data],
    names: Names = (),
    *,
    labels: Names = (),
    scenarios: Names = (),
    baseline: str | None = None,
    width: float | None = None,
) -> Picture:
    """Time series of one or several runs.

    data: a Dataset, the path of a result file, or several of them; with several scenarios the
    first is the baseline, grey and dashed, unless `baseline` names another. names: elements,
    also with labels (`"capacity[Prato]"`); default: what the scenario reports, else the stocks.
    Elements with labels are small multiples; of more than twelve labels those that differ most are
    drawn. labels, scenarios: only these. width: in mm; default 90 for one panel, else 180.

    Numbers are divided by a thousand, a million and so on where the axis says so.
    Raises ScenarioError for names that the data lack, ExchangeError for files that are no results.

    >>> import simdistrict as sd
    >>> run = sd.load("core").run()
    >>> sd.plot_series(run, ["home experience", "home share"])
    <simdistrict picture: time series of home experience, home share>
    """
    from simdistrict.figures import series_sheet

    wanted = _wanted(data, names, labels, scenarios, baseline, width)
    return _picture(series_sheet(data, wanted), "time series")


def plot_differences(
    data: Data | Sequence[Data],
    names: Names = (),
    *,
    percent: bool = False,
    labels: Names = (),
    scenarios: Names = (),
    baseline: str | None = None,
    width: float | None = None,
) -> Picture:
    """Differences of every run to the baseline over time, from a little before the first one.

    percent: as a percentage of the baseline, else in the unit of the element. The other arguments
    and the errors are those of `plot_series`; ScenarioError also for data with one scenario.

    >>> import simdistrict as sd
    >>> m = sd.load("core")
    >>> pair = [m.run(), m.run(params={"tariff": 0.3})]
    >>> sd.plot_differences(pair, "home share", percent=True)
    <simdistrict picture: differences of home share>
    """
    from simdistrict.figures import differences_sheet

    wanted = _wanted(data, names, labels, scenarios, baseline, width)
    return _picture(differences_sheet(data, wanted, percent=percent), "differences")


def plot_fan(
    data: Data | Sequence[Data],
    names: Names = (),
    *,
    paired: bool | None = None,
    percent: bool = False,
    labels: Names = (),
    scenarios: Names = (),
    baseline: str | None = None,
    width: float | None = None,
) -> Picture:
    """Fans of an ensemble: median, and the intervals of 50 and 90% of its members, over time.

    With several scenarios the fans are of differences to the baseline, member by member, and each
    panel says in how many members the last difference is above zero (or below, where that is
    more); `paired=False` draws levels. An ensemble with one saved time is drawn as rows. Members
    without a number are left out and counted. The other arguments and the errors are those of
    `plot_differences`; ScenarioError also for data that are no ensemble.

    >>> import simdistrict as sd
    >>> prior = {"tariff": (0.0, 0.4), "cost ratio": (1.5, 2.5)}
    >>> ensemble = sd.load("core").ensemble(
    ...     members=20, prior=prior, times="all", save=["home share"], progress=False
    ... )
    >>> sd.plot_fan(ensemble, "home share")
    <simdistrict picture: fan of home share>
    """
    from simdistrict.figures import fan_sheet

    wanted = _wanted(data, names, labels, scenarios, baseline, width)
    return _picture(fan_sheet(data, wanted, paired=paired, percent=percent), "fan")


def plot_causes(
    data: Data | Sequence[Data],
    name: str,
    *,
    labels: Names = (),
    scenarios: Names = (),
    baseline: str | None = None,
    width: float | None = None,
) -> Picture:
    """A causes strip: an element over time, and below it each of its direct causes.

    The model is read from the record of the result. A column for each label of the element, the
    four that differ most unless `labels` names others. A cause is shown at the label that the
    equation picks, and averaged where it takes many; its heading says which. Constants are left
    out. Raises ScenarioError for an element that the data lack, ExchangeError for data that record
    no model.

    >>> import simdistrict as sd
    >>> sd.plot_causes(sd.load("core").run(), "home experience")
    <simdistrict picture: causes of home experience>
    """
    from simdistrict.figures import causes_sheet

    wanted = _wanted(data, (), labels, scenarios, baseline, width)
    return _picture(causes_sheet(data, name, wanted), f"causes of {name}")


def plot_tornado(
    data: Data, names: Names = (), *, most: int = 15, width: float | None = None
) -> Picture:
    """What matters most for an indicator, from an analysis by `m.sensitivity`.

    Bars: total indices (sobol), mean elementary effects (morris) or median distances (pawn), with
    intervals of 95%; marks: first-order indices, standard deviations or largest distances. names:
    only these sampled numbers; most: how many at most. Raises ScenarioError for other data.

    >>> import simdistrict as sd
    >>> m = sd.load("core")
    >>> prior = {"tariff": (0.0, 0.4), "cost ratio": (1.5, 2.5)}
    >>> found = m.sensitivity(
    ...     indicator="home share", method="pawn", members=64, prior=prior, progress=False
    ... )
    >>> sd.plot_tornado(found)
    <simdistrict picture: tornado of home share in 200, core>
    """
    from simdistrict.figures import tornado_sheet

    wanted = _wanted(data, names, (), (), None, width)
    return _picture(tornado_sheet(data, wanted, most), "tornado")


def plot_phase(
    data: Data | Sequence[Data],
    x: str,
    y: str,
    *,
    labels: Names = (),
    scenarios: Names = (),
    baseline: str | None = None,
    width: float | None = None,
) -> Picture:
    """A phase portrait: the element `y` against the element `x` along each run.

    A panel for each label that both have; a hollow mark at the start, a filled one at the end.
    Raises ScenarioError for names that the data lack.

    >>> import simdistrict as sd
    >>> sd.plot_phase(sd.load("core").run(), "home experience", "home share")
    <simdistrict picture: phase portrait of home share over home experience>
    """
    from simdistrict.figures import phase_sheet

    wanted = _wanted(data, (), labels, scenarios, baseline, width)
    return _picture(phase_sheet(data, x, y, wanted), f"phase portrait of {y} over {x}")


def plot_ranking(
    data: Data | Sequence[Data],
    name: str,
    *,
    time: float | None = None,
    since: float | None = None,
    labels: Names = (),
    scenarios: Names = (),
    baseline: str | None = None,
    width: float | None = None,
) -> Picture:
    """The labels of an element from the largest value to the smallest, and their change.

    time: a saved time, default the last; since: an earlier one, shown by hollow marks, default the
    first. With several scenarios each has its mark, and the baseline decides the order. The axis is
    logarithmic where the values differ more than fifty times. Raises ScenarioError for an element
    without labels, and for a time that is not saved.

    >>> import simdistrict as sd
    >>> run = sd.load("district").run(save=["home share"])
    >>> sd.plot_ranking(run, "home share", since=1990, time=2020)
    <simdistrict picture: ranking of home share, 1990 to 2020>
    """
    from simdistrict.figures import ranking_sheet

    wanted = _wanted(data, (), labels, scenarios, baseline, width)
    return _picture(ranking_sheet(data, name, wanted, time=time, since=since), "ranking")


def plot_regimes(
    data: Data, rules: Names = (), *, study: str | None = None, width: float | None = None
) -> Picture:
    """Regimes over time as bands, by thresholds; or the figure of a study of regimes.

    rules: `"REGIME: ELEMENT >= X, ELEMENT < Y"`, the first that holds names the regime, and where
    none holds the run is in transition; study: instead, a model with a study, or a study file,
    whose rules are used. A row for each label, a panel for each scenario. The result of
    `m.branch`, `m.hysteresis` and the other studies needs neither. Raises ScenarioError for rules
    that cannot be read or name elements that the data lack.

    >>> import simdistrict as sd
    >>> run = sd.load("core").run()
    >>> sd.plot_regimes(run, ["high: home share >= 0.8", "low: home share < 0.8"])
    <simdistrict picture: regimes over time>
    """
    from simdistrict.base.errors import Problem, ScenarioError
    from simdistrict.figures import sources_of

    (source, *others) = sources_of(data)
    if others:
        what, hint = "regimes are drawn of one result", "run the scenarios into one file"
        raise ScenarioError(Problem(source.where, what, hint))
    if is_regime_study(source):
        return _study_picture(source)
    found = _rules(_tuple(rules), study)
    if not found:
        what = "there are no rules of regimes"
        hint = 'give rules ("REGIME: ELEMENT >= 0.8"), or study="MODEL"'
        raise ScenarioError(Problem(source.where, what, hint))
    return _picture(_regimes(source, found, width), "regimes over time")


def is_regime_study(source: Source) -> bool:
    """Whether a result is that of a study of regimes."""
    from simdistrict.regimes.studies.study import RECORD

    return RECORD in source.attrs


def _study_picture(source: Source) -> Picture:
    from simdistrict.plot import Picture
    from simdistrict.regimes.studies.register import figure_of
    from simdistrict.result.dataset import Result

    whole = Result(source.coords, source.read(list(source.about)), source.attrs)
    title = str(source.attrs.get("title", "study of regimes"))
    return Picture(figure_of(whole, source.where), title)


def _rules(texts: Sequence[str], study: str | None) -> tuple[Rule, ...]:
    if study is None:
        from simdistrict.regimes.rules import read_rules

        return read_rules(texts)
    from simdistrict.base.library import find_study
    from simdistrict.tables.find import read_definition

    return read_definition(find_study(study)).rules


def _regimes(source: Source, rules: tuple[Rule, ...], width: float | None) -> Sheet:
    from simdistrict.figures import Wanted, regimes_sheet, runs_of
    from simdistrict.figures.layout import time_of
    from simdistrict.figures.palette import label_of
    from simdistrict.regimes.studies.detection import DetectionStudy
    from simdistrict.result.dataset import Result

    named = [source.variable(c.name) for rule in rules for c in rule.conditions]
    read = source.read([name for name in dict.fromkeys(named) if name is not None])
    result = Result(source.coords, read, source.attrs)
    document = DetectionStudy(rules=rules).run(result, source.where)
    runs = runs_of([source])
    titles = {run.name: label_of(run) for run in runs} | (
        {"": label_of(runs[0])} if len(runs) == 1 else {}
    )
    order = list(dict.fromkeys(rule.regime for rule in rules))
    wanted = Wanted(width=width)
    return regimes_sheet(document, order, runs[0].times, titles, time_of(runs), wanted)


def _wanted(
    data: object,
    names: Names,
    labels: Names,
    scenarios: Names,
    baseline: str | None,
    width: float | None,
) -> Wanted:
    from simdistrict.base.errors import Problem, ScenarioError
    from simdistrict.figures import Wanted

    if width is not None and not 60 <= width <= 1000:
        what = f"a figure is 60 to 1000 mm wide, not {width:g}"
        raise ScenarioError(Problem("width", what, "a column of a journal has 90, a page 180"))
    return Wanted(
        _tuple(names), _tuple(labels), _tuple(scenarios), baseline, width, _Palette(data).of
    )


def _tuple(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


class _Palette:
    """The styles that the study of a shipped model gives its scenarios; only its file is read."""

    def __init__(self, data: object) -> None:
        self._data = data
        self._styles: dict[str, Style] | None = None

    def of(self, scenario: str) -> Style | None:
        if self._styles is None:
            self._styles = self._read()
        return self._styles.get(scenario) or self._styles.get(scenario.partition(":")[0])

    def _read(self) -> dict[str, Style]:
        from simdistrict.base.library import models, study_beside
        from simdistrict.figures import sources_of
        from simdistrict.tables.find import read_definition

        (source, *_) = sources_of(self._data)
        model = models().get(str(source.attrs.get("model_name", "")))
        study = None if model is None else study_beside(model)
        return {} if study is None else dict(read_definition(study).palette.styles)


def _picture(sheet: Sheet, kind: str) -> Picture:
    from simdistrict.plot import Picture

    heads = [block.heading or ", ".join(p.title for p in block.panels) for block in sheet.blocks]
    what = ", ".join(head for head in heads if head)
    about = kind if " of " in kind or kind.endswith("time") or not what else f"{kind} of {what}"
    return Picture(sheet, about)


def kind_of(data: Any) -> str:
    """The kind of figure that suits a result, by its name in `simdistrict plot --kind`."""
    from simdistrict.api.posterior_pictures import is_posterior
    from simdistrict.figures import sources_of
    from simdistrict.figures.tornado import is_analysis

    if isinstance(data, str | Path) and is_posterior(Path(data)):
        return "constants"
    (source, *_) = sources_of(data)
    if is_regime_study(source):
        return "regimes"
    if is_analysis(source):
        return "tornado"
    return "fan" if source.is_ensemble else "series"
