"""Runs as tasks of Dask: each process loads the model once."""

from functools import cache

import dask
import pandas as pd

import simdistrict as sd


@cache
def model() -> sd.LoadedModel:
    """The model of this process."""
    return sd.load("core")


@dask.delayed
def end(tariff: float) -> dict[str, float]:
    """One run: the tariff, and the experience that is left at home."""
    run = model().run(params={"tariff": tariff}, save=["home experience"], times="final")
    return {"tariff": tariff, "home": float(run["home_experience"][-1])}


if __name__ == "__main__":
    tasks = [end(tariff / 10) for tariff in range(4, 12)]
    rows = dask.compute(*tasks, scheduler="processes", num_workers=2)
    print(pd.DataFrame(rows).set_index("tariff").round(3))
