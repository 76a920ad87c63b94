"""A model as one of the EMA workbench: experiments over uncertainties and levers."""

from typing import Any

from ema_workbench import (
    Policy,
    RealParameter,
    ScalarOutcome,
    SequentialEvaluator,
    TimeSeriesOutcome,
)
from ema_workbench.em_framework.model import AbstractModel, SingleReplication

import simdistrict as sd


class SimdistrictModel(SingleReplication, AbstractModel):
    """A model, or a scenario of it, whose parameters and outcomes name elements.

    Names that are no Python names are given as `variable_name`.
    """

    def __init__(self, name: str, model: str, scenario: str | None = None) -> None:
        super().__init__(name)
        self.model_name, self.scenario_name = model, scenario

    def model_init(self, policy: Any) -> None:
        """Load the model, once in each process."""
        super().model_init(policy)
        self.loaded = sd.load(self.model_name)

    def run_experiment(self, experiment: Any) -> dict[str, Any]:
        """One run with the values of an experiment: the outcomes by name."""
        names = {name for outcome in self.outcomes for name in outcome.variable_name}
        run = self.loaded.run(self.scenario_name, params=dict(experiment), save=sorted(names))
        found = {v.attrs.get("vensim_name"): v.values for v in run.data_vars.values()}
        scalar = {o.variable_name[0] for o in self.outcomes if isinstance(o, ScalarOutcome)}
        return {name: found[name][-1] if name in scalar else found[name] for name in names}


if __name__ == "__main__":
    model = SimdistrictModel("core", "core")
    model.uncertainties = [RealParameter("ratio", 1.1, 1.5, variable_name="cost ratio")]
    model.levers = [RealParameter("tariff", 0.0, 2.0)]
    model.outcomes = [
        ScalarOutcome("home", variable_name="home share"),
        TimeSeriesOutcome("experience", variable_name="home experience"),
    ]
    policies = [Policy("open", tariff=0.0), Policy("closed", tariff=1.5)]
    with SequentialEvaluator(model) as evaluator:
        experiments, outcomes = evaluator.perform_experiments(scenarios=20, policies=policies)
    experiments["home"] = outcomes["home"]
    print(experiments.groupby("policy")["home"].describe().round(2))
    print(outcomes["experience"].shape)
