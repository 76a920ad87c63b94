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
# nearly as well, and do they predict the same? This tutorial needs no
# statistics beyond mean and standard deviation.
#
# ## The question
#
# From 1900 to 1920 the Hudson's Bay Company counted the pelts of
# snowshoe hares and of Canada lynx (thousands a year; Hewitt 1921,
# after Howard 2009). **How high was the next peak of lynx, and what
# would more trapping have changed?**
#
# The oldest model of predators and prey (Lotka 1925; Volterra 1926)
# has two stocks, four constants and two initial values. We add
# `trapping rate`, which is zero in the past. The last line chooses
# Runge-Kutta steps, because Euler steps inflate oscillations.

# %%
from pathlib import Path

import pandas as pd

import simdistrict as sd

equations = r"""{UTF-8}
hares = INTEG(births - eaten, initial hares) ~ thousand ~|
lynx = INTEG(young - deaths, initial lynx) ~ thousand ~|
births = hare growth rate * hares ~ thousand/Year ~|
eaten = predation rate * hares * lynx ~ thousand/Year ~|
young = lynx growth per hare * hares * lynx ~ thousand/Year ~|
deaths = (lynx death rate + trapping rate) * lynx ~ thousand/Year ~|
hare growth rate = 0.5 ~ 1/Year ~|
predation rate = 0.03 ~ 1/(Year*thousand) ~|
lynx growth per hare = 0.03 ~ 1/(Year*thousand) ~|
lynx death rate = 0.8 ~ 1/Year ~|
trapping rate = 0 ~ 1/Year ~|
initial hares = 30 ~ thousand ~|
initial lynx = 5 ~ thousand ~|
INITIAL TIME = 1900 ~ Year ~|
FINAL TIME = 1935 ~ Year ~|
TIME STEP = 0.05 ~ Year ~|
\\\---/// Sketch
///---\\\
15:0,0,0,1,0,0
"""
Path("hares.mdl").write_text(equations)
m = sd.load("hares.mdl")

# %% [markdown]
# ## The likelihood: how far may a count be off?
#
# The *likelihood* says how probable the data are if a set of constants
# is right. For that we state the errors of the data. A count that is
# wrong by a factor has a *lognormal* error. We do not know how large
# it is: the scale `?0.5` says that it is estimated together with the
# constants, and is probably below 100%.

# %%
counts = """30 47.2 70.2 77.4 36.3 20.6 18.1 21.4 22 25.4 27.1
40.3 57 76.6 52.3 19.5 11.2 7.6 14.6 16.2 24.7
4 6.1 9.8 35.2 59.4 41.7 19 13 8.3 9.1 7.4
8 12.3 19.5 45.7 51.1 29.7 15.8 9.7 10.1 8.6"""
data = pd.DataFrame({"element": ["hares"] * 21 + ["lynx"] * 21})
data["year"] = 2 * list(range(1900, 1921))
data["value"] = list(map(float, counts.split()))
data = data.assign(series=data.element, error="lognormal", scale="?0.5")
data.to_csv("pelts.csv", index=False)

# %% [markdown]
# ## The prior: what is known before the data?
#
# Both rates of a species alone are about 1 a year, give or take a
# half. The two rates that join the species were never measured; 0.05
# is a guess of their order. `spread` is the standard deviation, for
# `lognormal` that of the logarithm.

# %%
prior = """element,label,value,low,high,distribution,spread
hare growth rate,,1,0,10,normal,0.5
predation rate,,0.05,0,1,normal,0.05
lynx growth per hare,,0.05,0,1,normal,0.05
lynx death rate,,1,0,10,normal,0.5
initial hares,,10,0.01,10000,lognormal,1
initial lynx,,10,0.01,10000,lognormal,1
"""
Path("prior.csv").write_text(prior)
before = m.ensemble(members=200, prior="prior.csv", times="all")
sd.plot_fan(before, "lynx")

# %% [markdown]
# Runs with constants drawn from the prior are the *prior predictive*:
# here the median, and intervals of 50 and 90%. Nearly anything is
# possible, as it should be before the data are seen. A prior that does
# not reach the data must be repaired first.
#
# ## The posterior: what agrees with both
#
# The *posterior* is the prior times the likelihood. `infer` draws sets
# of constants from it, each as often as it is probable. This takes
# some 100,000 runs and a few seconds.

# %%
found = m.infer(data, "prior.csv", seed=1)
found

# %% [markdown]
# ## May I trust the draws?
#
# `rhat` (R-hat) compares four independent populations of draws: it is
# 1 where they agree, and above 1.01 they do not. `ess` (effective
# sample size) is how many independent draws they are worth.

# %%
found.diagnostics[["rhat", "ess"]].round(3)

# %% [markdown]
# They may be trusted. For these data the answer is also known: 10,000
# draws by Stan are public (posteriordb), and have the same means.
#
# ## What did the data say?

# %%
found.table[["prior_sd", "mean", "sd", "contraction"]].round(3)

# %% [markdown]
# `contraction` is near 1 where the data determine a constant. Near 0
# the posterior is the prior. Here each constant is determined. But
# they are tied together:

# %%
sd.plot_posterior(found, "ridges", most=2)

# %% [markdown]
# On such a *ridge* the data determine a combination of two constants
# better than each of them. Change one constant within its own range
# and hold the other, and the run no longer fits. So predictions use
# whole draws.
#
# ## Does the model describe the data?
#
# The *posterior predictive* is what the model and its errors give for
# each datum. About 90% of the data should lie in the 90% interval.

# %%
sd.plot_posterior(found, "predictions")

# %% [markdown]
# If far fewer do, the errors are larger than stated, or the structure
# is wrong.
#
# A harder test is a forecast: infer from the data up to 1915 only.

# %%
held = m.infer(data, "prior.csv", until=1915, seed=1)
late = held.predict("lynx", members=400, times=[1917, 1919, 1920])
late["lynx"].quantile([0.05, 0.5, 0.95], "member").to_pandas().round(1)

# %% [markdown]
# The counts were 15.8, 10.1 and 8.6. The fall is forecast. The trough
# is too deep, though errors of the counts come on top of these
# intervals. In a study you would now ask what the model leaves out:
# lynx eat other animals, too.
#
# ## What does a policy do?
#
# Run the same draws without and with trapping of another 10% of the
# lynx a year. The difference, draw by draw, is the effect.

# %%
more = m.scenario().named("more_trapping", title="More trapping")
more = more.policy("trap", {"trapping rate": 0.1}, start=1921, end=1936)
base = found.predict(["hares", "lynx"], members=400)
trap = found.predict(["hares", "lynx"], members=400, scenario=more)
sd.plot_fan([base, trap], ["hares", "lynx"])

# %%
base, trap = (r.sel(time=slice(1921, 1932)) for r in (base, trap))
change = 100 * (trap.mean("time") / base.mean("time") - 1)
answer = change[["hares", "lynx"]].to_dataframe()
answer["peak of lynx"] = base["lynx"].max("time").to_series()
answer.quantile([0.05, 0.5, 0.95]).round(1)

# %% [markdown]
# If this model is right, the next peak of lynx was between 40 and 56
# thousand with a probability of 90%. More trapping leaves about 15%
# more hares over the next cycle, in every draw, and only 2 to 4% fewer
# lynx: those that are taken leave food for the others. This is
# Volterra's principle.
#
# ## What it rests on
#
# - **The structure.** Here only lynx limit hares. A posterior does not
#   say that no other structure is better.
# - **The errors.** Here they are independent from year to year. Add
#   `correlation="?"` to the data, and all intervals become wider.
# - **The prior**, where the contraction is small.
#
# ## On the command line
#
# The same without Python, with the three files of this page:
#
# ```text
# simdistrict infer hares.mdl --data pelts.csv --prior prior.csv
# simdistrict plot runs/hares-posterior/posterior.nc
# simdistrict ensemble hares.mdl --members 400 --save lynx \
#   --design runs/hares-posterior/posterior.nc --times all
# ```
#
# The folder holds the draws, tables and the report `infer.md`. With
# `--export draws.tab` Vensim reads the draws, too.
#
# Next: [practical questions](../howto/infer.md),
# [errors of data](../inference_likelihood.md),
# [the theory](../inference_theory.md), and
# [when a calibration is enough](../choose.md#calibration-or-posterior).
