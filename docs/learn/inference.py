# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From data to a posterior: hares and lynx
#
# A calibration gives the constants that fit best. How many others fit
# nearly as well, and would they predict the same? This tutorial goes
# from a question to an answer that says how sure it is. It needs no
# statistics beyond mean and standard deviation. Reading takes about
# fifteen minutes.
#
# ## The question
#
# From 1900 to 1920 the Hudson's Bay Company counted the pelts of
# snowshoe hares and of Canada lynx (thousands a year; Hewitt 1921,
# after Howard 2009). Both rise and fall about every ten years. **How
# high was the next peak of lynx, after 1920, and what would trapping
# more lynx have changed?**
#
# ## The model
#
# The oldest model of predators and prey (Lotka 1925; Volterra 1926):
# two stocks, four constants, two initial values. `trapping rate` is
# ours, and zero in the past: what trappers took is part of the deaths.
# The last lines choose Runge-Kutta steps, because the model oscillates.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import simdistrict as sd

Path("hares.mdl").write_text(
    r"""{UTF-8}
hares = INTEG(births - eaten, initial hares) ~ thousand ~ Hares. |
lynx = INTEG(young - deaths, initial lynx) ~ thousand ~ Lynx. |
births = hare growth rate * hares ~ thousand/Year ~ |
eaten = predation rate * hares * lynx ~ thousand/Year ~ |
young = lynx growth per hare * hares * lynx ~ thousand/Year ~ |
deaths = (lynx death rate + trapping rate) * lynx ~ thousand/Year ~ |
hare growth rate = 0.5 ~ 1/Year [0,10] ~ |
predation rate = 0.03 ~ 1/(Year*thousand) [0,1] ~ |
lynx death rate = 0.8 ~ 1/Year [0,10] ~ |
lynx growth per hare = 0.03 ~ 1/(Year*thousand) [0,1] ~ |
trapping rate = 0 ~ 1/Year [0,10] ~ |
initial hares = 30 ~ thousand [0,?] ~ |
initial lynx = 5 ~ thousand [0,?] ~ |
INITIAL TIME = 1900 ~ Year ~ |
FINAL TIME = 1935 ~ Year ~ |
TIME STEP = 0.05 ~ Year ~ |
SAVEPER = 0.25 ~ Year ~ |
\\\---/// Sketch
///---\\\
15:0,0,0,1,0,0
""",
    encoding="utf-8",
)
m = sd.load("hares.mdl")

# %% [markdown]
# ## The data, and how far they may be off
#
# Counts of pelts are no counts of animals. A census that is off by a
# factor is described by a *lognormal* error: 20% up or down is equally
# likely at 5 and at 50. We do not know how large the error is. The
# scale `?0.5` says: estimate it, and it is hardly above 100%.

# %%
years = np.arange(1900.0, 1921)
pelts = {
    "hares": "30 47.2 70.2 77.4 36.3 20.6 18.1 21.4 22 25.4 27.1"
    " 40.3 57 76.6 52.3 19.5 11.2 7.6 14.6 16.2 24.7",
    "lynx": "4 6.1 9.8 35.2 59.4 41.7 19 13 8.3 9.1 7.4"
    " 8 12.3 19.5 45.7 51.1 29.7 15.8 9.7 10.1 8.6",
}
observed = {name: np.array(row.split(), float) for name, row in pelts.items()}
data = pd.concat(
    pd.DataFrame(
        {
            "series": name,
            "element": name,
            "year": years,
            "value": values,
            "error": "lognormal",
            "scale": "?0.5",
        }
    )
    for name, values in observed.items()
)
data.head(3)

# %% [markdown]
# ## The prior
#
# Before seeing the data, what do we know of the constants? Hares
# multiply, and lynx starve, at a rate of about 1 a year, give or take
# a half. The two rates that join the species were never measured;
# 0.05 is a guess of their order. `spread` is the standard deviation,
# for the lognormal that of the logarithm.

# %%
prior = pd.DataFrame(
    [
        ("hare growth rate", 1, 0, 10, "normal", 0.5),
        ("predation rate", 0.05, 0, 1, "normal", 0.05),
        ("lynx death rate", 1, 0, 10, "normal", 0.5),
        ("lynx growth per hare", 0.05, 0, 1, "normal", 0.05),
        ("initial hares", 10, 0.01, 10000, "lognormal", 1),
        ("initial lynx", 10, 0.01, 10000, "lognormal", 1),
    ],
    columns=["element", "value", "low", "high", "distribution", "spread"],
).set_index("element")

# %% [markdown]
# Look at what the prior implies before you use data. Each line is a
# run with constants drawn from it.

# %%
before = m.ensemble(
    members=30, prior=prior, save=["lynx"], times="all", seed=2
)
fig, ax = plt.subplots(figsize=(7, 3))
early = before["lynx"].sel(time=slice(1900, 1920)).transpose("time", "member")
ax.plot(early["time"], early, color="0.7", linewidth=0.8)
ax.plot(years, observed["lynx"], "o", color="C1")
ax.set(yscale="log", ylim=(0.1, 1000), ylabel="lynx, thousand")
plt.show()

# %% [markdown]
# The prior allows anything: peaks of 5 or 500, every five years or
# every thirty. That is as it should be before the data are seen. A
# prior that cannot reach the data is the first thing to repair.
#
# ## The posterior
#
# `infer` draws sets of constants: each as often as it is probable,
# given prior and data. It begins with draws from the prior, leads
# them to the data, and lets four populations of chains explore what
# agrees. On one core this takes a few seconds and some 100,000 runs.

# %%
found = m.infer(data, prior, seed=1)
found

# %% [markdown]
# ## May I trust the draws?
#
# Look here first. `rhat` compares the populations: 1.00 means that
# they agree, above 1.01 they do not. `ess` is how many independent
# draws the chains are worth, `mcse` the error of the mean that is left
# because draws are finite in number.

# %%
assert found.converged
found.diagnostics.round(4)

# %% [markdown]
# These are right draws from the posterior. For these data it is known:
# 10,000 reference draws by Stan are public (posteriordb). They
# have the same means (0.547 for the growth rate of hares, 0.800 for
# the death rate of lynx), although their prior of the error differs a little.
#
# ## What did the data say?

# %%
found.table[["prior_mean", "prior_sd", "mean", "sd", "contraction"]].round(3)

# %% [markdown]
# `contraction` is near 1 where the data determine the constant, and
# near 0 where they say nothing; then the posterior is the prior. Here
# all are well determined one by one. Not all of them are together:

# %%
draws = found.design()
pairs = draws[["hare growth rate", "lynx death rate", "lynx growth per hare"]]
pairs.corr().round(2)

# %% [markdown]
# Growth of hares and death of lynx are tied together: the faster one
# is, the slower the other. The data fix the period of the cycle, which
# depends on their product. Such a *ridge* is why a calibration that
# reports each constant with its own range says too much and too
# little. Any prediction uses whole draws, with their ties.
#
# ## Does the model describe the data?
#
# For each datum, a 90% interval of what the model with its errors
# would have given. About 90% of the data should lie inside.

# %%
points = found.points
inside = points["data"].between(points["low"], points["high"])
inside.groupby("series").mean().round(2)

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 3))
for ax, (name, own) in zip(axes, points.groupby("series"), strict=True):
    ax.fill_between(own["time"], own["low"], own["high"], alpha=0.3)
    ax.plot(own["time"], own["median"])
    ax.plot(own["time"], own["data"], "o", color="C1")
    ax.set(title=name, ylabel="thousand")
plt.show()

# %% [markdown]
# Intervals that are too narrow would mean that the errors are larger
# than stated, or that the structure is wrong. No statistic decides
# which: look where the misses are.
#
# ## Does it predict?
#
# A harder test: infer from the data up to 1915 only, and forecast the
# last five years. The report compares the forecast with two naive
# ones: nothing changes, and the trend continues.

# %%
held = m.infer(data, prior, until=1915, seed=1)
late = held.predict(["lynx"], members=400)["lynx"]
late = late.sel(time=[1916, 1917, 1918, 1919, 1920])
forecast = late.quantile([0.05, 0.5, 0.95], dim="member").round(1).to_pandas().T
forecast["observed"] = observed["lynx"][-5:]
forecast

# %% [markdown]
# The fall is forecast well, and the trough is too deep: the last two
# counts lie above the interval. The interval is that of the lynx in
# the model. A count has its own error of about a quarter on top,
# which puts both near the upper end. In a real study this is where
# you would ask what the model leaves out; lynx also eat other things.
#
# ## The answer
#
# Now run the draws beyond 1920, as they are and with trapping that
# takes another 10% of the lynx a year from 1921 on. Both use the same
# draws, so that their difference is the effect of the policy.

# %%
more = m.scenario().named("more_trapping", title="More trapping")
more = more.policy("trapping", {"trapping rate": 0.1}, start=1921, end=1936)
future = {
    "as it was": found.predict(["lynx", "hares"], members=400),
    "more trapping": found.predict(["lynx", "hares"], members=400, scenario=more),
}
fig, ax = plt.subplots(figsize=(7, 3))
for label, runs in future.items():
    low, mid, high = runs["lynx"].quantile([0.05, 0.5, 0.95], dim="member")
    ax.fill_between(runs["time"], low, high, alpha=0.2)
    ax.plot(runs["time"], mid, label=label)
ax.plot(years, observed["lynx"], "o", color="0.4")
ax.set(ylabel="lynx, thousand")
ax.legend()
plt.show()

# %%
base, policy = future.values()
after = {"time": slice(1921, 1932)}
answer = pd.DataFrame(
    {
        "peak of lynx": base["lynx"].sel(after).max("time"),
        "peak, more trapping": policy["lynx"].sel(after).max("time"),
        "mean lynx, change in %": 100
        * (policy["lynx"].sel(after).mean("time") / base["lynx"].sel(after).mean("time") - 1),
        "mean hares, change in %": 100
        * (policy["hares"].sel(after).mean("time") / base["hares"].sel(after).mean("time") - 1),
    }
)
answer.quantile([0.05, 0.5, 0.95]).round(1).T

# %% [markdown]
# So, if this model is right: the next peak of lynx was between 40 and
# 56 thousand pelts with a probability of 90%, and trapping more would
# hardly have changed the number of lynx. It would have left more hares. That is
# Volterra's principle, and it holds in every draw: in this structure lynx
# that are taken leave food for those that remain.
#
# ## What it rests on
#
# - On the structure: hares that are limited by lynx only. A posterior
#   says which numbers agree with the record, given the structure.
#   It cannot say that another structure would not do better.
# - On the error model. Here the errors of neighbouring years count as
#   independent. Add `"correlation": "?"` to the data, and the
#   intervals become wider.
# - On the prior, where the contraction is small. Change the prior and look
#   again; the report names constants that depend on it.
#
# ## On the command line
#
# The same without Python, with the data and the prior as CSV files:
#
# ```text
# simdistrict infer hares.mdl --data pelts.csv --prior prior.csv -o hares
# simdistrict ensemble hares.mdl --design hares/posterior.nc --save lynx --times all -o future.nc
# ```
#
# The folder `hares` begins with `infer.md`, the report; its first
# line says whether the draws may be trusted. `--export draws.tab`
# writes them for Vensim's sensitivity runs.
#
# ## Where to go next
#
# [How to infer](../howto/infer.md) answers practical questions,
# [the likelihood of data](../inference_likelihood.md) lists what can be
# said about errors, and [the theory](../inference_theory.md) says how
# the draws are made and tested. When a calibration is enough:
# [how to choose](../choose.md#calibration-or-posterior).
