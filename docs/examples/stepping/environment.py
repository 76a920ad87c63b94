"""A model as an environment of reinforcement learning, with the methods of Gymnasium.

An agent sets a tariff every five years. It sees the experience that is left at home, and gains
the share that is made at home, less what the tariff costs. Gymnasium is not needed: an
environment of that library has these two methods, and spaces besides.
"""

import numpy as np

import simdistrict as sd

MODEL = sd.load("core")
YEARS = 5.0
COST = 0.3  # of a tariff of one, for one year


class TariffEnvironment:
    """One district; an episode is one run."""

    def __init__(self, final_time: float = 100.0) -> None:
        self.simulator = MODEL.start(final_time=final_time, save=[])

    def observe(self) -> np.ndarray:
        """The time, and what is left at home."""
        return np.array([self.simulator.time, self.simulator["home experience"]])

    def reset(self, *, seed: int | None = None, options: dict | None = None):
        """Begin an episode: (observation, info). options: constants of this episode."""
        rng = np.random.default_rng(seed)
        self.simulator.reset()
        self.simulator["cost ratio"] = rng.uniform(1.2, 1.4)
        for name, value in (options or {}).items():
            self.simulator[name] = value
        return self.observe(), {}

    def step(self, action: float):
        """Set the tariff for five years: (observation, reward, terminated, truncated, info)."""
        s = self.simulator
        s["tariff"] = float(np.clip(action, 0.0, 2.0))
        s.run_to(s.time + YEARS)
        reward = YEARS * (s["home share"] - COST * s["tariff"])
        terminated = s.outcome != "completed"  # a stock became infinite
        return self.observe(), reward, terminated, s.done and not terminated, {}


class ManyTariffEnvironments:
    """Many districts at once, with arrays for what was one number."""

    def __init__(self, count: int, final_time: float = 100.0) -> None:
        self.batch = MODEL.start_batch(count, final_time=final_time)

    def observe(self) -> np.ndarray:
        """(environments, 2)."""
        home = self.batch["home experience"].values
        return np.column_stack([np.full(len(home), self.batch.time), home])

    def reset(self, *, seed: int | None = None, options: dict | None = None):
        """Begin an episode of each."""
        rng = np.random.default_rng(seed)
        self.batch.reset()
        self.batch["cost ratio"] = rng.uniform(1.2, 1.4, self.batch.members)
        return self.observe(), {}

    def step(self, actions: np.ndarray):
        """Set a tariff in each."""
        b = self.batch
        b["tariff"] = np.clip(actions, 0.0, 2.0)
        b.run_to(b.time + YEARS)
        rewards = YEARS * (b["home share"].values - COST * b["tariff"].values)
        truncated = np.full(b.members, b.done) & ~b.ended
        return self.observe(), rewards, b.ended, truncated, {}


def policy(observation: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A tariff for each observation: a straight line in what is left at home."""
    return weights[:, 0] + weights[:, 1] * observation[:, 1]


def train(rounds: int = 10, count: int = 200, seed: int = 1) -> np.ndarray:
    """The weights of a policy, by the cross-entropy method: each member tries its own."""
    rng = np.random.default_rng(seed)
    environments = ManyTariffEnvironments(count)
    mean, spread = np.array([0.5, 0.0]), np.array([0.5, 0.5])
    for _ in range(rounds):
        weights = rng.normal(mean, spread, (count, 2))
        observations, _ = environments.reset(seed=seed)
        gains, over = np.zeros(count), False
        while not over:
            observations, rewards, ended, truncated, _ = environments.step(
                policy(observations, weights)
            )
            gains += rewards
            over = bool((ended | truncated).all())
        best = weights[np.argsort(gains)[-count // 10 :]]
        mean, spread = best.mean(axis=0), best.std(axis=0) + 0.01
    return mean


def gain(weights: np.ndarray, seed: int = 7) -> float:
    """What one episode gains under a policy."""
    environment = TariffEnvironment()
    observation, _ = environment.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        action = policy(observation[None], weights[None])[0]
        observation, reward, terminated, truncated, _ = environment.step(action)
        total, over = total + reward, terminated or truncated
    return total


if __name__ == "__main__":
    found = train()
    print(f"learnt: {gain(found):.1f}, no tariff: {gain(np.zeros(2)):.1f}")
