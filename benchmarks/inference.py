"""How many effective draws a second `infer` gives, and how near they are to a known posterior.

Models with reference draws of posteriordb, and a model that is linear in its constants, whose
posterior is known; beside Stan, where R with rstan is installed. Prints processor time, which other
programs on a shared machine disturb less; nothing is asserted. --methods compares the samplers of
`infer`: the default, and NUTS by gradients.

usage: python benchmarks/inference.py [--seeds N] [--ess N] [--no-stan] [--study MODEL [--runs N]]
       python benchmarks/inference.py --methods [--ess N] [--study MODEL [--runs N]]
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from startup import describe_machine

from simdistrict.base.library import find_model
from simdistrict.calibration.data import read_data
from simdistrict.calibration.settings import settings_beside
from simdistrict.ensemble.prior import prior_beside, prior_table, read_nuisance, read_prior
from simdistrict.inference.asked import METHODS
from simdistrict.inference.sampling import Effort, Progress, Sampled, sample
from simdistrict.inference.target import Target, target_of
from simdistrict.run.plan import plans_for

FOLDER = Path(__file__).parent / "posteriordb"
R = Path(__file__).parent / "parts" / "lotka_volterra.R"
MODELS = ("lotka_volterra", "one_compartment")
# their posterior has no variance along a ridge: medians are compared, not moments
HEAVY = ("half saturation", "maximum elimination")
MEMBERS = (32, 128, 512)


def main() -> None:
    """Measure and print one table per model."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--seeds", type=int, default=2, help="seeds of each posterior")
    options.add_argument("--ess", type=int, default=4000, help="effective draws to ask for")
    options.add_argument("--no-stan", action="store_true", help="leave Stan out")
    options.add_argument("--study", help="also a model with calibration.yaml, its constants there")
    options.add_argument("--runs", type=int, default=200_000, help="most runs of that model")
    options.add_argument("--methods", action="store_true", help="compare the samplers only")
    given = options.parse_args()
    if given.methods:
        describe_machine(("simdistrict", "numpy", "mici"), "samplers on one core")
        compare(given.ess, given.study, given.runs)
        return
    describe_machine(("simdistrict", "numpy", "scipy"), "posteriors on one core")
    for name in MODELS:
        print(f"\n{name}")
        target = density(FOLDER / f"{name}.mdl", FOLDER / f"{name}_data.csv", name)
        speed(target)
        known = reference(name)
        for seed in range(1, given.seeds + 1):
            posterior(target, Effort(ess=given.ess, seed=seed), known)
    if not given.no_stan:
        beside_stan()
    if given.study:
        study(given.study, given.runs)


def density(model: Path, data: Path, name: str) -> Target:
    """The density of a model of posteriordb."""
    (plan,) = plans_for([str(model)], backend="native")
    known, program = plan.prepared.model, plan.prepared.program
    table = prior_table(FOLDER / f"{name}_prior.csv")
    return target_of(
        plan,
        read_prior(table.text, table.where, known, program),
        read_data(data, known),
        scales=read_nuisance(table.text, table.where, known, program),
    )


def reference(name: str) -> dict[str, dict[str, str]]:
    """The reference moments by coordinate."""
    with (FOLDER / "reference.csv").open(encoding="utf-8") as file:
        return {row["constant"]: row for row in csv.DictReader(file) if row["model"] == name}


def seconds(work: Callable[[], object]) -> float:
    """The least processor time of five calls."""
    times = []
    for _ in range(5):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times)


def speed(target: Target) -> None:
    """Print microseconds a run: the whole density, and the runs alone."""
    for members in MEMBERS:
        scores = 0.3 * np.random.default_rng(1).standard_normal((members, target.size))
        numbers = target.numbers(scores)[:, list(target.columns)]
        target.log_likelihood(scores, 1)
        repeats = max(2048 // members, 1)
        whole = seconds(lambda s=scores, n=repeats: [target.log_likelihood(s, 1) for _ in range(n)])
        runs = seconds(lambda x=numbers, n=repeats: [target.batch.run(x, 1) for _ in range(n)])
        per = 1e6 / (members * repeats)
        print(
            f"  {members:4} at once: {whole * per:6.2f} us a run, {runs * per:6.2f} without density"
        )


def posterior(target: Target, effort: Effort, known: Mapping[str, Mapping[str, str]]) -> None:
    """Sample from the prior, and print effective draws and the distance from the reference."""
    sampled, took = timed(target, effort)
    scores = sampled.scores.reshape(-1, target.size)
    values = {p.name: x for p, x in zip(target.priors, target.numbers(scores).T, strict=True)}
    values |= target.nuisance(scores)
    errors, ratios, shares = [], [], []
    for name, row in known.items():
        found = values[name]
        shares.append(abs((found < float(row["q50"])).mean() - 0.5))
        if name not in HEAVY:
            errors.append(abs(found.mean() - float(row["mean"])) / float(row["sd"]))
            ratios.append(found.std() / float(row["sd"]))
    print(
        f"  {said(sampled, took)}\n    means within {max(errors):.3f} sd, sd {min(ratios):.3f} to "
        f"{max(ratios):.3f} of the reference, share below its medians within {max(shares):.3f}"
    )


def timed(target: Target, effort: Effort) -> tuple[Sampled, float]:
    """The draws and the processor time."""
    begin = time.process_time()
    return sample(target, effort, workers=1), time.process_time() - begin


def said(sampled: Sampled, took: float) -> str:
    """One line about a posterior."""
    ess = sampled.ess_bulk.min()
    state = "" if sampled.converged else f" NOT CONVERGED ({'; '.join(sampled.reasons)})"
    return (
        f"{sampled.runs:,} runs, {took:.1f} s, ESS {ess:,.0f}, {ess / took:,.0f} ESS/s, "
        f"R-hat {sampled.nested.max():.4f}{state}"
    )


def compare(ess: int, name: str | None, runs: int) -> None:
    """Print what each sampler takes for an effective draw."""
    one = "lotka_volterra"
    targets = {
        one: density(FOLDER / f"{one}.mdl", FOLDER / f"{one}_data.csv", one),
        "one_compartment": density(
            FOLDER / "one_compartment.mdl", FOLDER / "one_compartment_data.csv", "one_compartment"
        ),
    }
    if name:
        targets[f"{name}, its calibrated constants"] = study_target(name, "payoff")
    for label, target in targets.items():
        scores = np.zeros((128, target.size))
        target.with_slopes(scores[:1], 1)
        target.log_likelihood(scores, 1)
        run = seconds(lambda t=target, x=scores: t.log_likelihood(x, 1)) / len(scores)
        gradient = seconds(lambda t=target, x=scores[:1]: t.with_slopes(x, 1))
        print(
            f"\n{label}: {target.size} coordinates; a run {1e6 * run:,.0f} us among 128, ", end=""
        )
        print(f"a gradient {1e6 * gradient:,.0f} us", flush=True)
        for method in METHODS:
            by_method(target, Effort(ess=ess, runs=runs, method=method), gradient / run)


def by_method(target: Target, effort: Effort, cost: float) -> None:
    """One line: what a sampler takes in all, and for an effective draw once it is tuned."""
    begun: dict[str, tuple[float, int]] = {}

    def tick(now: Progress) -> None:
        begun.setdefault(now.stage, (time.process_time(), now.runs))

    begin = time.process_time()
    found = sample(target, effort, workers=1, tick=tick)
    end = time.process_time()
    least = found.ess_bulk.min()
    start, runs = begun.get("sampling", (end, found.runs))
    spent, took = found.runs - runs, end - start
    equal = spent * (cost / target.runs_of_slopes if found.gradients else 1)
    what = "gradients" if found.gradients else "runs"
    print(
        f"  {effort.method}: ESS {least:,.0f}, {spent / least:,.1f} {what} ({equal / least:,.0f} "
        f"run-equivalents, {1000 * took / least:,.1f} ms) an effective draw; start and burn-in "
        f"{runs:,} runs, {start - begin:.1f} s; R-hat {found.nested.max():.4f}, "
        f"{found.divergent} divergent{'' if found.converged else ' NOT CONVERGED'}",
        flush=True,
    )


def beside_stan() -> None:
    """Print the same of Stan by NUTS, started at the mode and at its own random points."""
    if shutil.which("Rscript") is None:
        print("\nStan: R is not installed (Debian: r-cran-rstan, r-cran-bh, libboost-dev)")
        return
    print("\nlotka_volterra by Stan (four chains, adaptive steps, compilation not counted)")
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "model.rds"
        for start, draws in (("mode", 2500), ("random", 1000)):
            data = FOLDER / "lotka_volterra_data.csv"
            command = ["Rscript", str(R), str(compiled), str(data), start, str(draws)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            found = [x for x in done.stdout.splitlines() if x.startswith("RESULT")]
            if not found:
                print(f"  it failed: {done.stderr.strip().splitlines()[-1:]}")
                return
            took, ess, rhat, gradients, divergent = map(float, found[0].split()[1:6])
            print(
                f"  from {start}: {gradients:,.0f} gradients, {took:.1f} s, ESS {ess:,.0f}, "
                f"{ess / took:,.0f} ESS/s, R-hat {rhat:.4f}, {divergent:.0f} divergent"
            )


def study_target(name: str, likelihood: str) -> Target:
    """The density of a model with its own data, for the constants that it calibrates."""
    path = find_model(name)
    settings = settings_beside(path)
    assert settings is not None
    assert settings.data is not None
    (plan,) = plans_for([name], backend="native")
    known, program = plan.prepared.model, plan.prepared.program
    table = prior_table(prior_beside(path))
    priors = read_prior(table.text, table.where, known, program)
    data = read_data(settings.data, known)
    free = tuple(settings.free)
    return target_of(plan, priors, data, until=settings.until, free=free, likelihood=likelihood)


def study(name: str, runs: int) -> None:
    """Print the same of a model with its own data, for the constants that it calibrates."""
    for likelihood in ("payoff", "series"):
        target = study_target(name, likelihood)
        print(f"\n{name}, {target.size} constants, {len(target.points)} data, by {likelihood}")
        sampled, took = timed(target, Effort(ess=1000, runs=runs))
        print(f"  {said(sampled, took)}")
        for k, one in enumerate(target.names):
            print(
                f"    {one}: R-hat {sampled.nested[k]:.4f}, ESS {sampled.ess_bulk[k]:,.0f}, "
                f"sd {sampled.scores[..., k].std():.2f} of the prior's"
            )


if __name__ == "__main__":
    main()
