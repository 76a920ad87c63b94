# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own Vensim model
#
# You have a model in a `.mdl` file (or a `.stmx` or `.xmile` one).
# This tutorial runs it, checks it, finds the constants that matter,
# fits it to data, looks for its tipping points, and gives it back to
# Vensim. Reading takes about twelve minutes.
#
# If you have no model at hand, these lines make one: a district with
# its workshops and its skilled workers. In a terminal the command is
# `simdistrict new my-district`.

# %%
import subprocess
import sys

new = [sys.executable, "-m", "simdistrict", "new", "my-district"]
done = subprocess.run(new, check=True, capture_output=True)

# %% [markdown]
# ## Load and run

# %%
import pandas as pd

import simdistrict as sd

m = sd.load("my-district/workshops.mdl")
m.elements[["kind", "unit"]].head(8)

# %%
base = m.run()
sd.plot_series(base, ["Workshops", "Skilled Workers"])

# %% [markdown]
# The district shrinks. A model says why: what does the margin of a
# workshop depend on?

# %%
print(m["margin"].equation)

# %%
m.causes("margin", depth=2)

# %% [markdown]
# ## Check
#
# Do the units of every equation agree? Is something never used? Does
# each stock stay in its range? The file `workshops.checks.yaml` next
# to the model adds what its author expects of it.

# %%
m.check()

# %% [markdown]
# The table is empty: nothing was found.

# %% [markdown]
# ## Change something
#
# A change is a name and a value. The model file stays as it is.

# %%
subsidised = m.run(params={"subsidy rate": 0.05})
float(base["workshops"][-1]), float(subsidised["workshops"][-1])

# %% [markdown]
# A policy has dates. Here the subsidy ends after ten years, or after
# one.

# %%
ten = m.scenario().named("ten_years", title="Ten years")
ten = ten.policy("subsidy", {"subsidy rate": 0.1}, start=2025, end=2035)
one = m.scenario().named("one_year", title="One year")
one = one.policy("subsidy", {"subsidy rate": 0.1}, start=2025, end=2026)
runs = m.run([m.scenario().named("none", title="None"), ten, one])
sd.plot_series(runs, ["Workshops", "Skilled Workers"])

# %% [markdown]
# After ten years the district goes on growing without the subsidy.
# After one year it falls back. Between the two lies a threshold, which
# the last part of this tutorial finds.
#
# ## Which constants matter
#
# Give the uncertain constants a range each. The bars are shares of
# the variance of the workshops of 2080 (total indices of Sobol, with
# intervals of 95%).

# %%
ranges = {
    "skill premium": (0.25, 0.40),
    "cost gap": (0.10, 0.20),
    "response to margin": (0.5, 1.5),
    "apprentices per workshop": (0.3, 0.5),
}
found = m.sensitivity(indicator="Workshops", prior=ranges, blocks=256)
sd.plot_tornado(found)

# %% [markdown]
# ## Fit to data
#
# The numbers below are made up. The fit moves one constant between
# two bounds; data after 2040 are kept out of it, to see how well the
# fitted model predicts them.

# %%
years = [2020, 2025, 2030, 2035, 2040, 2045, 2050]
firms = [150, 139, 131, 121, 113, 102, 93]
data = pd.Series(firms, index=years, name="Workshops")
fit = m.calibrate(data, {"cost gap": (0.05, 0.30)}, until=2040)
fit.constants[["start", "fitted", "range_low", "range_high"]]

# %%
fit.statistics[["period", "n", "mape", "r2"]]

# %% [markdown]
# `mape` is the mean error in percent. Free `response to margin` as
# well, and the fit ends at a bound (`at_bound`): seven numbers of one
# stock do not tell the two constants apart.
#
# ## Tipping points
#
# An equilibrium is a state in which nothing changes. This model has
# three, and the middle one is the threshold.

# %%
states = m.equilibria()
states["state"].to_pandas().round().astype(int)

# %% [markdown]
# With 1,500 skilled workers the premium for skills pays for the cost
# gap. Above it the district grows until sites run out, below it
# shrinks to nothing. Follow the equilibria over the subsidy:

# %%
branch = m.branch("subsidy rate", 0, 0.2)
print(branch.attrs["summary"])
sd.plot_regimes(branch)

# %% [markdown]
# The more subsidy, the lower the threshold. At 0.16 it reaches zero:
# there the subsidy pays for the whole cost gap, and the district
# grows from any start.
#
# ## Back to Vensim
#
# The fitted model, as a file that Vensim opens. Equations, comments
# and views of yours stay as they were; the changed constant is the
# only difference.

# %%
m.to_mdl("workshops_fitted.mdl", scenario=fit.scenario())
fitted = sd.load("workshops_fitted.mdl")
fitted["cost gap"].value

# %% [markdown]
# Results go to Vensim as `.tab` or `.csv`, and the other way round:
# [exchange with Vensim](../exchange.md). What the engine supports is
# listed under [functions](../reference/functions.md).
