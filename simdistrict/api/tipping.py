"""How many regimes a loaded model has, and where they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simdistrict.api.given import numbers
from simdistrict.api.plans import Planning
from simdistrict.api.sweeping import MEMBERS, OneScenario, drawing_of
from simdistrict.api.wording import in_python

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from simdistrict.regimes.studies.study import Grid, Interval, RegimeStudy

Params = Mapping[str, Any] | None
# stock -> (low, high)
Box = Mapping[str, tuple[float, float]] | None
# constant -> (low, high, how many values)
Grids = Mapping[str, tuple[float, float, int]]
Names = str | Sequence[str]


class Tipping(Planning):
    """What a loaded model says of its equilibria.

    Each study freezes the model at a date, and gives what `simdistrict regimes` writes. Common to
    the studies of one scenario: `scenario` and `params` as of `run`; `at`: the date in the
    model's time unit, default the end of the run; `element`: a label whose stocks alone are
    studied; `hold`, `free`: stocks that are held or free, contrary to the default; `outputs`:
    elements read in every state, default what the scenario reports; `seed`: of random starts;
    `horizon`: longest time that flows are followed. All raise ScenarioError for names and bounds
    that do not fit the model.
    """

    @in_python
    def equilibria(
        self,
        scenario: OneScenario = None,
        *,
        at: float | None = None,
        element: str = "",
        starts: int = 20,
        hold: Names = (),
        free: Names = (),
        outputs: Names = (),
        seed: int = 0,
        horizon: float = 400.0,
        params: Params = None,
    ) -> xr.Dataset:
        """Equilibria with their stability, all exogenous inputs frozen at a date.

        starts: random starts of the search; others may exist. The dimension `equilibrium` has
        `state` (equilibrium, stock), each stock in its own unit, `stability`, the eigenvalues
        (equilibrium, mode) per time unit, and `value` of the outputs.

        >>> import simdistrict as sd
        >>> found = sd.load("core").equilibria()
        >>> found["state"].values.round(2).tolist()
        [[0.79], [0.17], [0.04]]
        """
        from simdistrict.regimes.studies.equilibria import EquilibriaStudy as Study

        common = _common(at, element, hold, free, outputs, seed, horizon)
        return self._study(Study(starts=starts, **common), scenario, params)

    @in_python
    def branch(
        self,
        parameter: str,
        low: float,
        high: float,
        *,
        scenario: OneScenario = None,
        second: tuple[str, float, float] | None = None,
        starts: int = 10,
        stops: int = 3,
        at: float | None = None,
        element: str = "",
        hold: Names = (),
        free: Names = (),
        outputs: Names = (),
        seed: int = 0,
        horizon: float = 400.0,
        params: Params = None,
    ) -> xr.Dataset:
        """Equilibria followed along a constant: branches, folds, Hopf and branch points.

        parameter: the constant, from `low` to `high` in its unit; starts: random starts at each
        of `stops` values; second: another constant, (name, low, high), in which the folds are
        followed, too, up to cusps. The dimension `point` has the branch, the parameter, the state
        and its stability; `special` the special points with their kind.

        >>> import simdistrict as sd
        >>> found = sd.load("core").branch("tariff", 0, 2)
        >>> found["special_kind"].values.tolist()
        ['fold', 'fold']
        >>> found["special_parameter"].values.round(3).tolist()
        [1.023, 0.695]
        """
        from simdistrict.regimes.studies.branch import BranchStudy
        from simdistrict.regimes.studies.fold_curve import FoldCurveStudy

        common = _common(at, element, hold, free, outputs, seed, horizon)
        common |= {
            "parameter": _interval(parameter, (low, high), "parameter"),
            "starts": starts,
            "stops": stops,
        }
        if second is None:
            return self._study(BranchStudy(**common), scenario, params)
        name, ends = _named(second, "second", "(name, low, high)")
        other = _interval(name, ends, "second")
        return self._study(FoldCurveStudy(second=other, **common), scenario, params)

    @in_python
    def hysteresis(
        self,
        parameter: str,
        low: float,
        high: float,
        duration: float,
        *,
        scenario: OneScenario = None,
        slower: Sequence[float] | None = None,
        at: float | None = None,
        element: str = "",
        hold: Names = (),
        free: Names = (),
        outputs: Names = (),
        seed: int = 0,
        horizon: float = 400.0,
        params: Params = None,
    ) -> xr.Dataset:
        """A slow sweep of a constant up and down, and what kind of memory that shows.

        parameter: the constant, from `low` to `high` in its unit, in `duration` time units one
        way; slower: the sweep is repeated with these multiples of the duration, each above 1;
        default: as the command has it. Memory that a slower sweep loses is that of slow stocks;
        what remains is hysteresis.

        >>> import simdistrict as sd
        >>> found = sd.load("core").hysteresis("tariff", 0, 2, 100, slower=[4])
        >>> found.attrs["summary"] != ""
        True
        """
        from simdistrict.base.errors import Problem, ScenarioError
        from simdistrict.regimes.numerics.sweep import SPEEDS
        from simdistrict.regimes.studies.hysteresis import HysteresisStudy

        multiples = () if slower is None else numbers(slower, "slower", "a list such as [4]")
        if not all(1 < speed < float("inf") for speed in multiples):
            what = f"{list(multiples)} are not all above 1"
            raise ScenarioError(Problem("slower", what, "give multiples of the duration"))
        speeds = SPEEDS if slower is None else (1.0, *sorted(multiples))
        common = _common(at, element, hold, free, outputs, seed, horizon)
        study = HysteresisStudy(
            parameter=_interval(parameter, (low, high), "parameter"),
            duration=duration,
            speeds=speeds,
            **common,
        )
        return self._study(study, scenario, params)

    @in_python
    def basins(
        self,
        scenario: OneScenario = None,
        *,
        members: int = 200,
        initial: Box = None,
        along: tuple[str, float, float, int] | None = None,
        design: str | Path | None = None,
        draws: int = 100,
        unconverged: bool = False,
        at: float | None = None,
        element: str = "",
        hold: Names = (),
        free: Names = (),
        outputs: Names = (),
        seed: int = 0,
        horizon: float = 400.0,
        params: Params = None,
    ) -> xr.Dataset:
        """The share of initial states that end in each attractor, also along a constant.

        members: number of initial states; initial: the stocks that are drawn, each from (low,
        high) in its unit, the others start as they are; default: all are drawn. along: a constant
        and so many values of it, (name, low, high, count), with attractors matched from one to
        the next. The dimension `attractor` has `share` with its 95% interval, state and period.
        design: instead, a file of draws, as of `ensemble`, of which `draws` are taken, evenly
        spaced: `attractors` (member) counts those of each draw, and `draws` (kind) is the share
        of the draws with each `count`, with the interval of its Monte-Carlo error.

        >>> import simdistrict as sd
        >>> found = sd.load("core").basins(members=50)
        >>> found.sizes["attractor"], float(found["share"].sum())
        (2, 1.0)
        """
        from simdistrict.regimes.studies.basins import BasinsStudy
        from simdistrict.regimes.studies.basins_along import BasinsAlongStudy

        common = _common(at, element, hold, free, outputs, seed, horizon)
        common |= {"box": _box(initial), "members": members}
        if design is not None:
            from simdistrict.regimes.studies.over_draws import BasinsOverDraws

            _alone(along)
            file: dict[str, Any] = {
                "design": str(design),
                "draws": draws,
                "unconverged": unconverged,
            }
            return self._study(BasinsOverDraws(**common, **file), scenario, params)
        if along is None:
            return self._study(BasinsStudy(**common), scenario, params)
        grid = _grid("along", *_named(along, "along", "(name, low, high, count)"))
        return self._study(BasinsAlongStudy(along=grid, **common), scenario, params)

    @in_python
    def regime_map(
        self,
        along: Grids,
        *,
        scenario: OneScenario = None,
        members: int = 4,
        initial: Box = None,
        where: str = "",
        design: str | Path | None = None,
        draws: int = 100,
        unconverged: bool = False,
        at: float | None = None,
        element: str = "",
        hold: Names = (),
        free: Names = (),
        outputs: Names = (),
        seed: int = 0,
        horizon: float = 400.0,
        params: Params = None,
    ) -> xr.Dataset:
        """The stable equilibria over two constants.

        along: two constants, each with (low, high, number of values); members: initial states at
        each pair of values, drawn as in `basins`; where: counts the equilibria in which
        conditions hold, such as `"output >= 1, price < 2"`. design, draws, unconverged: as of
        `basins`, do it for each draw: `several` (first, second) is the share of draws with
        several equilibria, `held` that in which the conditions hold in all of them.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> found = m.regime_map({"tariff": (0, 2, 3), "cost ratio": (1.1, 1.5, 2)})
        >>> "tariff" in found.attrs["regimes_request"]
        True
        """
        from simdistrict.base.errors import Problem, ScenarioError
        from simdistrict.regimes.studies.regime_map import RegimeMapStudy

        grids = _grids(along)
        if len(grids) != 2:
            what = f"a map is over two constants, and these are {len(grids)}"
            raise ScenarioError(Problem("along", what, "give {name: (low, high, count), ...}"))
        common = _common(at, element, hold, free, outputs, seed, horizon)
        common |= {"along": (grids[0], grids[1]), "box": _box(initial)}
        common |= {"members": members, "rule": where}
        if design is not None:
            from simdistrict.regimes.studies.over_draws import MapOverDraws

            file: dict[str, Any] = {
                "design": str(design),
                "draws": draws,
                "unconverged": unconverged,
            }
            return self._study(MapOverDraws(**common, **file), scenario, params)
        return self._study(RegimeMapStudy(**common), scenario, params)

    @in_python
    def policy_map(
        self,
        parameter: str,
        low: float,
        high: float,
        longest: float,
        *,
        scenario: OneScenario = None,
        doses: int = 20,
        durations: int = 20,
        as_it_is: bool = False,
        at: float | None = None,
        element: str = "",
        hold: Names = (),
        free: Names = (),
        outputs: Names = (),
        seed: int = 0,
        horizon: float = 400.0,
        params: Params = None,
    ) -> xr.Dataset:
        """The smallest policy, dose and duration, that leads to another attractor.

        parameter: the constant that policy holds at each of `doses` values from `low` to `high`,
        for each of `durations` lengths up to `longest` time units, and then repeals; as_it_is:
        begin in the state of the date, not where it leads. `attractor_id` (dose, length) says
        where that ends, -1 undecided; `shortest` (dose) is NaN where no duration is enough.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> found = m.policy_map("tariff", 0, 2, 80, doses=3, durations=2)
        >>> found["attractor_id"].shape
        (3, 2)
        """
        from simdistrict.regimes.studies.policy_map import PolicyMapStudy

        common = _common(at, element, hold, free, outputs, seed, horizon)
        study = PolicyMapStudy(
            parameter=_interval(parameter, (low, high), "parameter"),
            duration=longest,
            doses=doses,
            lengths=durations,
            settled=not as_it_is,
            **common,
        )
        return self._study(study, scenario, params)

    @in_python
    def classes(
        self,
        scenarios: Sequence[OneScenario],
        *,
        survives: str,
        members: int | None = None,
        at: float | None = None,
        seed: int = 0,
        method: Literal["lhs", "sobol", "random"] = "lhs",
        fast: bool = False,
        prior: str | Path | Mapping[str, Any] | pd.DataFrame | None = None,
        design: str | Path | Mapping[str, Any] | pd.DataFrame | xr.DataArray | None = None,
        rest: Literal["model", "prior"] | None = None,
        unconverged: bool = False,
        params: Params = None,
        workers: int | None = None,
    ) -> xr.Dataset:
        """Over draws of constants: survives anyway, lost whatever is done, or policy decides.

        scenarios: the one without a policy first, then one or more with policies; survives: who
        has survived at the date `at` (default: the end), as conditions: `"output >= 1"`; members
        (default 1000), seed, method: draws of the prior, which is that of `ensemble`; design,
        rest, unconverged: draws made elsewhere, as of `ensemble`. The classes have their
        shares, for each label of the conditions' elements, with a standard error and a 95%
        interval of the Monte-Carlo error; it does not cover the uncertainty about the world.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> policy = m.scenario().policy("help", {"tariff": 1.5}, start=5).named("policy")
        >>> prior = {"cost ratio": (1.1, 1.5)}
        >>> who = "home experience >= 0.5"
        >>> found = m.classes([None, policy], survives=who, members=50, prior=prior)
        >>> found.sizes["class"]
        3
        """
        from simdistrict.api.designs import FromFile, prior_of
        from simdistrict.regimes.studies.classes import ClassesStudy
        from simdistrict.regimes.studies.study import checked
        from simdistrict.result.dataset import to_xarray

        plans = self._plans(list(scenarios), params=params, backend="native")
        prepared = plans[0].prepared
        file = FromFile(rest, unconverged)
        drawn: dict[str, Any]
        if design is not None:
            own = drawing_of(members, None, seed or None, None, 1, 4)
            read = partial(prior_of, prior, prepared, self._path)
            given = file.design(design, own, prior, prepared, read)
            drawn = {"given": given, "members": given.members}
        else:
            file.check_unused()
            table = prior_of(prior, prepared, self._path)
            drawn = {"prior": table.text, "prior_name": table.where}
            drawn["members"] = MEMBERS if members is None else members
        study = ClassesStudy(
            rule=survives, at=at, seed=seed, method=method, fast=fast, workers=workers, **drawn
        )
        return to_xarray(checked(study).run(plans))

    @in_python
    def loop_scores(
        self, scenario: OneScenario = None, *, element: str = "", params: Params = None
    ) -> xr.Dataset:
        """The feedback loops that drive a run, by simlin's loops that matter.

        element: the label whose model alone is scored. Needs pysimlin: pip install
        "simdistrict[loops]"; raises EngineError where it is missing.

        >>> import simdistrict as sd
        >>> sd.load("core").loop_scores().attrs["model_name"]
        'core'
        """
        from simdistrict.regimes.studies.loops import LoopsStudy

        return self._study(LoopsStudy(element=element), scenario, params)

    @in_python
    def detect(
        self,
        data: str | Path | xr.Dataset,
        rules: Names,
        *,
        lasting: float = 5.0,
    ) -> pd.DataFrame:
        """The regimes in runs over time, by rules; those of one run stand in order.

        data: a result of `run`, or its file; rules: `"REGIME: NAME >= X, NAME < Y"`, the first
        that holds counts; lasting: the shortest regime, in time units, that is a shift. A row per
        regime; columns scenario, label, regime, start, end, and shift: whether it lasted. Raises
        ScenarioError for elements that the data do not hold.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> found = m.detect(m.run(), "at home: home experience >= 0.5")
        >>> found[["regime", "start", "end"]].values.tolist()
        [['at home', 0.0, 200.0]]
        """
        from simdistrict.api.frames import frame
        from simdistrict.regimes.rules import read_rules
        from simdistrict.regimes.studies.detection import DetectionStudy
        from simdistrict.regimes.studies.study import checked
        from simdistrict.result.dataset import from_xarray
        from simdistrict.result.netcdf import read_netcdf

        study = checked(DetectionStudy(rules=read_rules(_names(rules)), lasting=lasting))
        stored = isinstance(data, str | Path)
        result = read_netcdf(data) if isinstance(data, str | Path) else from_xarray(data)
        found = study.run(result, str(data) if stored else "the Dataset")
        rows = []
        for run in found["runs"]:
            dates = {shift["time"] for shift in run["shifts"]}
            for k, own in enumerate(run["regimes"]):
                row = {"scenario": run["scenario"], "label": run["label"]}
                row |= {"regime": own["regime"], "start": own["from"], "end": own["to"]}
                rows.append(row | {"shift": k > 0 and own["from"] in dates})
        columns = ("label", "regime", "start", "end", "shift")
        return frame(rows, "scenario", columns).reset_index()

    def _study(self, study: RegimeStudy, scenario: Any, params: Params) -> xr.Dataset:
        from simdistrict.regimes.studies.study import checked
        from simdistrict.result.dataset import to_xarray

        own = checked(study)
        return to_xarray(own.run(self._plans(scenario, params=params)))


def _common(
    at: float | None,
    element: str,
    hold: Names,
    free: Names,
    outputs: Names,
    seed: int,
    horizon: float,
) -> dict[str, Any]:
    """The fields of all studies of a frozen model."""
    names = {"hold": _names(hold), "free": _names(free), "outputs": _names(outputs)}
    return {"at": at, "element": element, "seed": seed, "horizon": horizon, **names}


def _names(given: Names) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _alone(along: object) -> None:
    """Raise ScenarioError for a constant along which values are given next to draws."""
    from simdistrict.base.errors import Problem, ScenarioError

    if along is not None:
        hint = "leave one of them out"
        raise ScenarioError(Problem("along", "it does not go with a design", hint))


def _box(initial: Box) -> tuple[Interval, ...]:
    return tuple(
        _interval(name, ends, f'initial: "{name}"') for name, ends in (initial or {}).items()
    )


def _interval(name: str, ends: Any, where: str) -> Interval:
    from simdistrict.regimes.studies.study import Interval

    low, high = numbers(ends, where, "(low, high)", 2)
    return Interval(name, low, high)


def _named(given: Any, where: str, form: str) -> tuple[str, tuple[Any, ...]]:
    """A name, and what follows it in a sequence."""
    from simdistrict.base.errors import Problem, ScenarioError

    name, *ends = given if isinstance(given, tuple | list) and given else [None]
    if not isinstance(name, str):
        raise ScenarioError(Problem(where, f"{given!r:.80} is not {form}", f"give {form}"))
    return name, tuple(ends)


def _grids(along: Any) -> tuple[Grid, ...]:
    from simdistrict.base.errors import Problem, ScenarioError

    if not isinstance(along, Mapping):
        what = f"it is a {type(along).__name__}"
        raise ScenarioError(Problem("along", what, "give {name: (low, high, count), ...}"))
    return tuple(_grid(f'along: "{name}"', name, ends) for name, ends in along.items())


def _grid(where: str, name: str, ends: Any) -> Grid:
    """Evenly spaced values of a constant."""
    from simdistrict.base.errors import Problem, ScenarioError
    from simdistrict.regimes.studies.study import Grid

    low, high, count = numbers(ends, where, "(low, high, count)", 3)
    if not count.is_integer():
        what = f"{count:g} is no number of values"
        raise ScenarioError(Problem(where, what, "give (low, high, count)"))
    return Grid(name, low, high, int(count))
