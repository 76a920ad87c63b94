# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Gallery
#
# Twelve pictures and the lines that make each. They are drawn from
# the dataset that `m.run`, `m.ensemble` or a study returns, or from
# its file: `sd.plot_series("run.nc")`. `picture.save("name.svg")`
# writes one; `.png` and `.pdf` work, too. The first lines make the
# runs that several pictures share.

# %%
import simdistrict as sd

m = sd.load("district")
baseline = "neoliberal_globalisation"
runs = m.run([baseline, "security_tariffs", "district_renaissance"])
draws = m.ensemble(
    [baseline, "carbon_social_tariffs"],
    members=200,
    save=["relative output", "home share"],
    times=range(2015, 2061, 5),
)
four = ["Prato", "Mirandola", "Sassuolo", "US Midwest"]

# %% [markdown]
# ## Time series of several scenarios
#
# The baseline is grey and dashed. Each scenario has the same colour
# in every picture.

# %%
two = ["Prato", "Mirandola"]
names = ["relative employment", "home share"]
sd.plot_series(runs, names, labels=two)

# %% [markdown]
# ## Small multiples
#
# One panel for each label of a dimension.

# %%
sd.plot_series(runs, "relative employment")

# %% [markdown]
# ## Differences to the baseline
#
# The effect of a policy is small beside the level. Its difference
# to the baseline shows it.

# %%
sd.plot_differences(runs, "relative employment", percent=True)

# %% [markdown]
# ## Fan of an ensemble
#
# Where half and where nine tenths of the draws lie.

# %%
sd.plot_fan(draws, "home share", scenarios=[baseline], labels=four)

# %% [markdown]
# ## Fan of paired differences
#
# Each draw with the policy minus the same draw without it; the line
# above a panel counts the draws in which the difference has that
# sign.

# %%
sd.plot_fan(draws, "relative output", percent=True, labels=four)

# %% [markdown]
# ## Ranking

# %%
sd.plot_ranking(runs, "relative employment", time=2045, since=2020)

# %% [markdown]
# ## Causes of one element

# %%
sd.plot_causes(runs, "relative output", labels=["Prato"])

# %% [markdown]
# ## Phase portrait

# %%
sd.plot_phase(runs, "completeness", "quality", labels=four)

# %% [markdown]
# ## Regimes over time
#
# A rule names a regime by conditions on elements. These are rules for
# reading; they are not part of the model.

# %%
rules = [
    "strong: relative output >= 1",
    "weak: relative output >= 0.5",
    "lost: relative output < 0.5",
]
sd.plot_regimes(runs, rules)

# %% [markdown]
# ## Tornado of a sensitivity analysis
#
# Which uncertain constants matter for an indicator.

# %%
found = m.sensitivity(
    draws,
    scenario=baseline,
    indicator="relative output[Prato]",
    method="pawn",
)
sd.plot_tornado(found, most=10)

# %% [markdown]
# ## Branches of equilibria
#
# Where a model has one regime and where two. Filled lines are stable.

# %%
core = sd.load("core")
sd.plot_regimes(core.branch("tariff", 0, 2, outputs=["home share"]))

# %% [markdown]
# ## Model map
#
# Variables with arrows and loops. Arrows and signs are measured on the
# model, not drawn by hand: `sd.plot_map("core")` works as well.

# %%
sd.plot_map(m)
