"""Firms that decide one by one take the place of an equation.

In the model, the share that is made at home follows costs at once. Here 500 firms decide where
to make: each year some of them look at the costs, and half of those do what their neighbours do.
"""

import numpy as np

import simdistrict as sd


class Firms:
    """Where each firm makes: at home or not."""

    def __init__(self, count: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.at_home = np.ones(count, bool)
        self.time = 0.0

    def decide(self, s: sd.Simulator) -> float:
        """The share at home at the present time; called once in each time step."""
        count = len(self.at_home)
        looking = self.rng.random(count) < 0.2 * (s.time - self.time)
        self.time = s.time
        attraction = s["relative attractiveness of home"]
        by_cost = self.rng.random(count) < attraction / (1 + attraction)
        neighbours = np.roll(self.at_home, 1)
        imitates = self.rng.random(count) < 0.5
        self.at_home = np.where(looking, np.where(imitates, neighbours, by_cost), self.at_home)
        return float(self.at_home.mean())


if __name__ == "__main__":
    model = sd.load("core")
    s = model.start(params={"tariff": 0.6}, final_time=60)
    s.replace("home share", Firms(500, seed=1).decide)
    s.run_to(60)
    whole = model.run(params={"tariff": 0.6}, final_time=60)
    with_firms, equation = s.results["home_share"], whole["home_share"]
    for year in (0, 20, 40, 60):
        one, other = (float(x.sel(time=year)) for x in (with_firms, equation))
        print(f"year {year:2}: firms {one:.2f}, equation {other:.2f}")
