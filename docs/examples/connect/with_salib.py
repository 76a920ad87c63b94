"""Draws and analysis by SALib, runs by simdistrict."""

import pandas as pd
from SALib.analyze import sobol
from SALib.sample import sobol as sampling

import simdistrict as sd

model = sd.load("core")
problem = {
    "num_vars": 2,
    "names": ["tariff", "cost ratio"],
    "bounds": [[0.5, 1.2], [1.1, 1.5]],
}

draws = sampling.sample(problem, 128, calc_second_order=False, seed=1)
design = pd.DataFrame(draws, columns=problem["names"])
runs = model.ensemble(design=design, save=["home experience"])

home = runs["home_experience"].isel(time=-1).values
found = sobol.analyze(problem, home, calc_second_order=False, seed=1)
indices = pd.DataFrame({"first": found["S1"], "total": found["ST"]}, index=problem["names"])
print(indices.round(2))
