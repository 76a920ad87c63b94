"""Series and tables into a run, results out of it."""

from pathlib import Path

import pandas as pd

import simdistrict as sd

model = sd.load("core")

# in: a table of dates and values; each holds until the next date
Path("tariffs.csv").write_text("time,tariff\n20,0.4\n60,0.9\n100,1.2\n")
tariff = pd.read_csv("tariffs.csv", index_col="time")["tariff"]
run = model.run(params={"tariff": tariff})

# out: one element as a Series, several as a table
home = run["home_experience"].to_series()
table = run[["home_experience", "home_share", "tariff"]].to_dataframe()
table.loc[::20].round(3).to_csv("every_20_years.csv")
print(pd.read_csv("every_20_years.csv", index_col="time"))

# many runs: the draws of each member next to their results
prior = pd.DataFrame(
    {"element": ["cost ratio"], "low": [1.1], "high": [1.5], "distribution": ["uniform"]}
).assign(value=1.3)
runs = model.ensemble(members=50, prior=prior, save=["home experience"])
drawn = runs["design"].to_pandas()
drawn["home"] = runs["home_experience"].isel(time=-1).to_series()
print(drawn.corr().round(2))
