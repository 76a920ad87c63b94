# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What would a carbon border tariff do to Prato and Mirandola?
#
# Since 2026 importers into the European Union pay for the carbon in
# steel, cement and a few other goods. Suppose that the price at the
# border covered the parts that industrial districts buy abroad. Prato
# makes textiles, and most of its spinning and weaving could be done
# elsewhere. Mirandola makes medical devices, and little of its work
# has ever left. What would the price change, and how sure can the
# model be?
#
# You need simdistrict with the extra `plot`
# ([how to install](../howto/install.md)). Reading takes about ten
# minutes.

# %% [markdown]
# ## Load the model
#
# The model `district` follows ten districts from 1980 to 2060, in
# three stages of production and at three locations: at home, near
# and far.

# %%
import simdistrict as sd

m = sd.load("district")
m

# %% [markdown]
# ## Say what the policy is
#
# A scenario is a parent and what differs from it. The parent here is
# the baseline: globalisation goes on as before. The policy sets one
# constant, the carbon price at the border in euro per tonne: 75 from
# 2026, and 130 by 2035.

# %%
baseline = "neoliberal_globalisation"
price = "carbon border price"
tariff = m.scenario(baseline)
tariff = tariff.named("carbon_border", title="Carbon price")
tariff = tariff.policy(price, {price: 75}, start=2026, ramp=1)
tariff = tariff.policy("dearer", {price: 130}, start=2027, ramp=8)
tariff

# %% [markdown]
# ## Run it beside the baseline
#
# Both runs go into one dataset of xarray. Every variable has its unit
# and its labels, so a selection reads like a sentence.

# %%
runs = m.run([baseline, tariff])
two = runs.sel(district=["Prato", "Mirandola"])
sd.plot_series(two, "relative employment")

# %% [markdown]
# Jobs are relative to 1980. Prato loses most of its jobs and
# Mirandola gains, with the policy and without it. The two lines of a
# district lie close together: the level hides the effect. So look at
# the difference between the two runs.

# %%
sd.plot_differences(two, "relative employment")

# %% [markdown]
# With the price there are more jobs in both districts. The gain is
# small: in Prato between one and two jobs for every hundred of 1980,
# in Mirandola less than one. This run uses the central values of the
# constants, and nobody knows those exactly.

# %% [markdown]
# ## How sure is the model?
#
# 147 constants of the model are uncertain: each has a low and a high
# value from the literature, or from judgement where there is none.
# An ensemble draws all of them 1,000 times and runs both scenarios
# with each draw. A pair of runs differs by the policy alone.

# %%
names = ["relative employment", "relative output"]
years = range(2020, 2061, 5)
both = [baseline, tariff]
draws = m.ensemble(both, members=1000, save=names, times=years)
two = draws.sel(district=["Prato", "Mirandola"])
sd.plot_fan(two, "relative output", percent=True)

# %% [markdown]
# Now count. In how many of the 1,000 draws does a district have more
# jobs, and more output, in 2060 with the price than without it?

# %%
end = two[["relative_employment", "relative_output"]].sel(time=2060)
end = end.drop_vars("time")
with_it = end.sel(scenario="carbon_border", drop=True)
more = with_it > end.sel(scenario=baseline, drop=True)
more.sum("member").to_dataframe()

# %% [markdown]
# The answer in words, from this table:
#
# - **Jobs**: the price keeps jobs in both districts in nearly all
#   draws. That sign is about as sure as this model can make it.
# - **Output**: about three draws in four show a gain, the others a
#   loss. In Prato these are mostly draws in which more of the work is
#   abroad already: in their median the district keeps 62% of its chain
#   in 2025, in that of the others 92%. There the price makes the
#   district's own goods dearer, and it loses customers.
# - **Size**: the median effect on output is about two percent in
#   Prato, of an output that has fallen to a tenth of that of 1980. A
#   carbon price at the border does not decide what becomes of Prato.
#   In the model other things do: the [results](../results.md) rank
#   them.

# %% [markdown]
# ## What these numbers are not
#
# - The draws are **prior** draws: they come from the ranges of the
#   literature, and no draw was weighted by how well it follows the
#   past. So a count of draws is a share of plausible constants. It is
#   not the probability that something will happen.
# - All draws share one structure. If the model leaves out what
#   matters (exchange rates, energy prices, fashion), all 1,000 runs
#   leave it out.
# - The model follows the record of jobs in Prato and Mirandola well,
#   and that of Brenta and Montebelluna less well. The page on the
#   [results](../results.md) says where it fails.
#
# ## Go on
#
# - Change the price or the year above, and run the cells again.
# - The scenario `carbon_social_tariffs` adds a social charge at the
#   border: `m.run([baseline, "carbon_social_tariffs"])`. In Prato
#   more than half of the draws then show a loss of output. Why?
# - `runs.to_netcdf("carbon.nc")` keeps the runs, with all that is
#   needed to repeat them: `sd.rerun("carbon.nc")`.
