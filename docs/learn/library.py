# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The library: sweep, step, couple, scale out
#
# For those who write Python: run a model for many values, step it
# inside a loop of your own, replace a part of it with a function, and
# run more members than fit into memory. Reading takes about twelve
# minutes.

# %%
import numpy as np
import pandas as pd
import xarray as xr

import simdistrict as sd

m = sd.load("core")
m

# %% [markdown]
# `core` is the smallest model that is shipped: one stock, home
# experience, which makes production at home cheaper. Because of this
# loop it can have two equilibria.
#
# ## One run
#
# A run is an `xarray.Dataset`. Values are given by name, as numbers,
# arrays, Series or DataArrays; labels are checked.

# %%
ds = m.run(params={"tariff": 0.9}, save=["home share"])
ds["home_share"].attrs["units"], ds.sizes["time"]

# %% [markdown]
# A pandas Series over time is a schedule: each value holds until the
# next.

# %%
schedule = pd.Series({0: 0.85, 20: 2.0, 60: 0.85})
schedule.index.name = "time"
shock = m.run(
    params={"tariff": schedule},
    initial={"home experience": 0.1},
    save=["home share"],
)
sd.plot_series(shock, ["home share"])

# %% [markdown]
# ## Sweep
#
# For a handful of values, call `run` in a loop. The model is compiled
# once and kept, so that a run of this size takes one or two
# milliseconds.

# %%
tariffs = np.linspace(0, 2, 21)
ends = [
    m.run(params={"tariff": t}, times="final")["home_share"].item()
    for t in tariffs
]
print(np.round(ends, 2))

# %% [markdown]
# For thousands of values, give them as a design: one row for each
# member, one column for each constant. All members run in compiled
# code, on all cores.

# %%
start, tariff = np.meshgrid(np.linspace(0.05, 1, 40), tariffs)
design = pd.DataFrame(
    {
        "tariff": tariff.ravel(),
        "initial home experience": start.ravel(),
    }
)
grid = m.ensemble(design=design, save=["home share"])
share = grid["home_share"].isel(time=-1).values.reshape(start.shape)
home = xr.DataArray(
    share,
    coords={"tariff": tariffs, "initial experience": start[0]},
)
mesh = home.plot()
# %% [markdown]
# Where the colour jumps the model has two equilibria, and the start
# decides in which one the run ends. `m.branch` finds both ends of
# that range of tariffs without runs:

# %%
branch = m.branch("tariff", 0, 2)
branch["special_parameter"].values.round(3)

# %% [markdown]
# ## Step
#
# `start` gives a simulator. It advances when you say so; what you
# read is the present value, and what you write holds from now on.

# %%
s = m.start(params={"tariff": 0.6})
while not s.done:
    s.step()
    if s["home share"] < 0.4:
        s["tariff"] = 1.5  # from now on
sd.plot_series(s.results, ["home share", "tariff"])

# %% [markdown]
# The state is a small dataset. Save it, and go on from it later, in
# another process if you like: the numbers are the same to the last
# bit.

# %%
s = m.start()
s.run_to(100)
half_way = s.state
again = m.start(state=half_way)
s.run_to(200)
again.run_to(200)
float(s["home share"]) == float(again["home share"])

# %% [markdown]
# ## Couple
#
# Any element may be computed by a function of yours, which is called
# once in each step and may read all that does not depend on its own
# result. Here the tariff answers to what is known at home.


# %%
def government(s):
    return max(0.0, 3 * (0.6 - s["home experience"]))


s = m.start(initial={"home experience": 0.2})
s.replace("tariff", government)
s.run_to(200)
sd.plot_series(s.results, ["home share", "tariff"])

# %% [markdown]
# Many simulators at once, for agents or for reinforcement learning,
# are a batch: every value has one more dimension.

# %%
b = m.start_batch(1000, params={"tariff": np.linspace(0, 2, 1000)})
while not b.done:
    b.step(10)
float((b["home share"] > 0.5).mean())

# %% [markdown]
# ## Scale out
#
# An ensemble that is larger than the memory goes into a file in
# parts, and is opened lazily. With `resume=True` it goes on where it
# was interrupted.

# %%
large = m.ensemble(
    members=20_000,
    prior={"tariff": (0, 2), "cost ratio": (1.1, 1.5)},
    save=["home share"],
    to="core.nc",
)
float((large["home_share"] > 0.5).mean())

# %% [markdown]
# On a cluster the same ensemble runs under Dask: see
# [clusters](../clusters.md). On an NVIDIA GPU it is
# `backend="cuda"`.
#
# ## Which one when
#
# | you have | use |
# |---|---|
# | one run, or some dozens | `m.run` in a loop |
# | hundreds and more, known before | `m.ensemble(design=...)` |
# | hundreds and more, drawn from ranges | `m.ensemble(members=...)` |
# | values that depend on the state | `m.start` and `step` |
# | the same, many times | `m.start_batch` |
