"""A user's script that uses the whole library: `test_user_script` runs it and gives it to mypy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import simdistrict as sd

PRIOR = {"cost ratio": (1.5, 2.5), "tariff": (0.0, 0.4)}
SHARE = "home share"


def look(m: sd.LoadedModel) -> None:
    """The model, its elements and its files."""
    print(sd.__version__, sd.models().index, sd.scenarios().index)
    stocks = m.elements[m.elements.kind == "stock"]
    print(len(stocks), m.dimensions, m.name, m["tariff"].unit, m["tariff"].range)
    for name in m.causes(SHARE, depth=2):
        print(name)
    print(m.loops(), len(m.uses("tariff")), len(m.check("units")))
    text: str = m.to_mdl("model.mdl")
    print(len(text), len(m.to_xmile("model.stmx")))


def build(m: sd.LoadedModel) -> sd.ScenarioBuilder:
    """A scenario of one's own."""
    path = pd.Series([0.1, 0.2], index=[10, 20])
    return (
        m.scenario()
        .named("mine", title="My policy")
        .set({"cost ratio": 2.1})
        .set("tariff", path)
        .policy("levy", {"background experience": 0.1}, start=50, ramp=5, why="A test.")
        .initial({"home experience": 0.9})
        .settings(final_time=100)
        .report(SHARE)
    )


def run(m: sd.LoadedModel, mine: sd.ScenarioBuilder) -> xr.Dataset:
    """Runs and files."""
    mine.to_yaml("mine.yaml")
    one = m.run("mine.yaml")
    assert one.equals(m.run(mine))
    m.run(params={"tariff": np.float64(0.2)}, save=[SHARE], times="final").to_netcdf("final.nc")
    one.to_netcdf("one.nc")
    again: sd.Comparison = sd.rerun("one.nc")
    assert again.same
    assert sd.compare("one.nc", one).agrees
    both: xr.Dataset = m.run([m.scenario().named("none"), mine.named("other")], final_time=100)
    print(sd.open("final.nc")["home_share"].item(), mine.values.loc["tariff", "unit"])
    return both


def step(m: sd.LoadedModel) -> float:
    """Step by step, with one's own code in between."""
    s: sd.Simulator = m.start(final_time=50)
    while not s.done:
        s["tariff"] = 0.1 if s.time < 25 else 0.3
        s.step()
    state: xr.Dataset = s.state
    assert m.start(state=state).time == s.time
    b: sd.SimulatorBatch = m.start_batch(3, params={"tariff": [0.1, 0.2, 0.3]})
    b.step(4)
    return float(b["home share"].mean())


def many(m: sd.LoadedModel) -> tuple[xr.Dataset, xr.Dataset]:
    """Ensembles, sensitivity, fits."""
    ensemble = m.ensemble(members=20, prior=PRIOR, times="all", save=[SHARE], progress=False)
    table = m.sensitivity(
        indicator=SHARE, method="sobol", blocks=8, prior=PRIOR, resamples=10, progress=False
    )
    data = pd.Series({0: 0.9, 10: 0.85, 20: 0.8}, name="home experience")
    fit = m.calibrate(data, {"forgetting rate": (0.01, 0.5)}, evaluations=30, progress=False)
    print(fit.constants, fit.statistics, fit.points, fit.payoff, m.assess(data).payoff)
    print(m.run(fit.scenario())["outcome"].item(), fit.write("fit"))
    observed = pd.DataFrame(
        {"element": "home experience", "year": [10.0, 40.0], "value": [0.9, 0.8], "scale": 0.05}
    )
    found = m.infer(observed, {"forgetting rate": (0.01, 0.5)}, ess=100, progress=False)
    print(found.converged, found.reasons, found.table, found.diagnostics, found.points)
    print(found.draws.sizes, found.predict("home experience", members=5).sizes)
    print(found.design(5), found.write("posterior"), sd.open("posterior/posterior.nc").sizes)
    calls: list[int] = []
    frame = pd.DataFrame({"cost ratio": [1.2, 1.3], "tariff": [0.1, 0.2]})
    stored = m.ensemble(
        [m.scenario(), m.scenario().named("other")],
        design=frame,
        to="ensemble.zarr",
        reduce=["max"],
        progress=lambda done, total: calls.append(done),
    )
    again = m.ensemble(design=stored["design"], integrator="rk4", times=[0, 100])
    print(sd.compare(stored, again, scenario=("core", "core")).table, calls)
    blocks = m.ensemble(blocks=4, prior=PRIOR, method="morris", save=[SHARE])
    print(m.sensitivity(blocks, indicator=SHARE, method="morris").sizes)
    return ensemble, table


def draw(m: sd.LoadedModel, both: xr.Dataset, ensemble: xr.Dataset, table: xr.Dataset) -> None:
    """Pictures."""
    picture: sd.Picture = sd.plot_series(both, SHARE)
    written: Path = picture.save("series.svg")
    print(written.name)
    for other in (
        sd.plot_differences(both, SHARE, baseline="none"),
        sd.plot_fan(ensemble, SHARE),
        sd.plot_phase(both, "home experience", SHARE),
        sd.plot_tornado(table),
        sd.plot_map(m),
    ):
        print(other)


# these need a model with labels, a study or a posterior
LATER = (sd.plot_causes, sd.plot_posterior, sd.plot_ranking, sd.plot_regimes)


def regimes(m: sd.LoadedModel) -> None:
    """Equilibria."""
    found: xr.Dataset = m.equilibria(outputs=SHARE, starts=3)
    print(found.sizes["equilibrium"], m.branch("tariff", 0, 2)["special_kind"].values)
    assert sd.rerun(found).same
    policy = m.scenario().policy("levy", {"tariff": 1.5}, start=5).named("levied")
    for study in (
        m.branch("tariff", 0, 2, second=("cost ratio", 1.1, 1.5), stops=1, starts=1),
        m.hysteresis("tariff", 0, 2, duration=20, slower=[2]),
        m.basins(members=5, initial={"home experience": (0.01, 1)}),
        m.basins(members=5, along=("tariff", 0, 2, 2)),
        m.regime_map({"tariff": (0, 2, 2), "cost ratio": (1.1, 1.5, 2)}, where=f"{SHARE} > 0.5"),
        m.policy_map("tariff", 0, 2, 40, doses=2, durations=2),
        m.classes([None, policy], survives=f"{SHARE} >= 0.5", members=8, prior=PRIOR),
    ):
        print(study.attrs["summary"])
    shifts: pd.DataFrame = m.detect(m.run(policy), [f"home: {SHARE} >= 0.5"], lasting=2)
    print(shifts["regime"])


def main() -> None:
    """Everything, in order."""
    m = sd.load("core")
    look(m)
    mine = build(m)
    both = run(m, mine)
    print(step(m))
    draw(m, both, *many(m))
    regimes(m)
    try:
        m.run(params={"tarif": 1})
    except sd.ScenarioError as error:
        print(error.problems[0].hint)
    for kind in (sd.ModelError, sd.EngineError, sd.ExchangeError):
        assert issubclass(kind, sd.SimdistrictError)


if __name__ == "__main__":
    main()
