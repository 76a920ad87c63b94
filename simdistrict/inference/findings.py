"""What a posterior says, and what makes it doubtful: the checks that every inference ends with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.counts import counted
from simdistrict.base.errors import Problem
from simdistrict.inference.asked import NUTS
from simdistrict.inference.identify import Identified, identify
from simdistrict.inference.infer import Question, forecast, posterior_of
from simdistrict.inference.information import information_at
from simdistrict.inference.leave_out import leave_out
from simdistrict.inference.posterior import Posterior, Summary
from simdistrict.inference.power import log_prior_of_scores, power_scaling
from simdistrict.inference.predictive import PriorPrediction, point_rows, predict_prior
from simdistrict.inference.report import Report, Section
from simdistrict.inference.sampling import Sampled
from simdistrict.inference.scores import Forecasts, fit_scores, held_out
from simdistrict.inference.waves import Waves

# constants that the first screen lists
_MOST = 8


def report_of(
    question: Question,
    sampled: Sampled,
    workers: int | None = None,
    waves: Waves | None = None,
    warned: Sequence[Problem] = (),
) -> Report:
    """The posterior with everything that is found about it; warned: before its draws."""
    found = posterior_of(question, sampled, workers)
    identified = identify(question.target.names, _flat(sampled.scores), sampled.ess_bulk.tolist())
    prior = predict_prior(question.target, question.asked.seed, workers=workers)
    sections = [
        *_fit(question, found),
        *_predictions(found, prior),
        *_forecasts(question, sampled, workers),
        _identified(identified),
        _information(question, sampled, identified, workers),
        *_contributions(question, sampled, found),
        *([] if waves is None else [Section("Waves", waves.lines(), waves.rows(), "waves.csv")]),
        _sampling(sampled),
    ]
    early = [problem.what for problem in (*question.target.warnings, *warned)]
    if far := prior.reach().out_of_reach:
        early.append(f"no draw of the prior lies within 3 standard deviations of {_listed(far)}")
    if waves is not None and (waves.structure or not len(waves.scores)):
        early.append("history matching finds no part of the prior that agrees with all data")
    return Report(
        found,
        tuple(_learned(found, identified)),
        tuple(_unknown(identified)),
        (*early, *_divergent(sampled), *_doubts(question, identified)),
        tuple(sections),
    )


def _flat(values: Reals) -> Reals:
    return values.reshape(-1, values.shape[-1])


# ---------------------------------------------------------------------- the first screen


def _learned(found: Posterior, identified: Identified) -> list[str]:
    clear = set(identified.of("clear"))
    rows = [row for row in found.summaries if row.name in clear]
    said = [_interval(row) for row in sorted(rows, key=lambda row: -row.contraction)[:_MOST]]
    if len(rows) > _MOST:
        said.append(f"{counted(len(rows) - _MOST, 'more constant')} in the table below.")
    weak = identified.of("weak")
    if weak:
        said.append(f"A little: {_listed(weak)}.")
    return said


def _interval(row: Summary) -> str:
    units = f" {row.units}" if row.units not in ("", "Dmnl") else ""
    return (
        f"{row.name}: {row.mean:.4g}{units}, with 90% probability {row.low:.4g} to {row.high:.4g} "
        f"(the prior: {row.prior_mean:.4g} with a standard deviation of {row.prior_sd:.4g}, now "
        f"{row.sd:.4g})."
    )


def _unknown(identified: Identified) -> list[str]:
    said = []
    if identified.silent:
        said.append(f"The data say nothing of {_listed(identified.silent)}.")
    if little := identified.of("little"):
        said.append(f"Hardly anything of {_listed(little)}.")
    said += [f"Only together: {ridge.says()}" for ridge in identified.ridges[:_MOST]]
    return said


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST])
    return shown + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")


def _doubts(question: Question, identified: Identified) -> list[str]:
    said = []
    if identified.flat:
        count = counted(len(identified.coordinates), "constant")
        said.append(
            f"the data say nothing of any of {count}: the posterior is the prior; "
            "are the scales of the data too wide, or do these constants not matter?"
        )
    if question.asked.likelihood == "payoff":
        said.append(
            "this is a weighted posterior: each series counts as one datum, whatever its points"
        )
    tempered = sorted({w for w in question.target.powers.tolist() if w not in (0.0, 1.0)})
    if tempered and question.asked.likelihood == "series":
        said.append("weights other than 0 and 1: the likelihood is tempered by them")
    return said


def _divergent(sampled: Sampled) -> list[str]:
    """Trajectories that NUTS gave up: it may miss parts where the density is steep."""
    if not sampled.divergent:
        return []
    return [
        f"{sampled.divergent} trajectories of NUTS were given up where the density falls steeply: "
        "compare with --method demc"
    ]


# ---------------------------------------------------------------------- sections


def _fit(question: Question, found: Posterior) -> list[Section]:
    draws = _flat(found.predicted.replicated)
    if not len(found.data) or np.isnan(draws).all():
        return []
    names = list(dict.fromkeys(datum.series for datum in found.data))
    which = [names.index(datum.series) for datum in found.data]
    observed = np.array([datum.value for datum in found.data])
    good = draws[np.isfinite(draws).all(axis=1)]
    fit = fit_scores(names, which, good, observed, question.asked.seed)
    return [Section("Fit", fit.lines(), fit.rows(), "fit.csv")]


def _predictions(found: Posterior, prior: PriorPrediction) -> list[Section]:
    """How near the prior comes to the data, and what prior and posterior expect of each datum."""
    if not len(found.data):
        return []
    reach, draws = prior.reach(), _flat(found.predicted.replicated)
    if np.isnan(draws).all():
        return [Section("Prior against data", reach.lines(), reach.rows(), "reach.csv")]
    rows = point_rows(found.data, draws, prior.data)
    line = "Quantiles of each datum, with its error, expected by the posterior and by the prior."
    return [
        Section("Prior against data", reach.lines(), reach.rows(), "reach.csv"),
        Section("Predictions of the data", (line,), rows, "predictions.csv"),
    ]


def _forecasts(question: Question, sampled: Sampled, workers: int | None) -> list[Section]:
    """Scores of the data that were not used: later ones, and series that were left out."""
    everything = question.everything
    if everything is None or question.asked.likelihood == "payoff":
        return []
    chains, draws, _ = sampled.scores.shape
    step = max(chains * draws // 1000, 1)
    flat = _flat(sampled.scores)[::step]
    predicted = forecast(question, flat, workers)
    predicted = predicted[np.isfinite(predicted).all(axis=1)]
    which = everything.series_of_points
    times = np.array([point.year for point in everything.points])
    values = np.array([point.value for point in everything.points])
    until, found = question.asked.until, []
    for k, series in enumerate(everything.data.series):
        own = which == k
        since = -np.inf if series.name in question.asked.left_out else until
        if since is not None and own.any() and (times[own] > since).any():
            base = series.relative_to
            known = () if base is None or base > since else ((base, 1.0),)
            draws, more = predicted[:, own], (question.asked.seed + k, known)
            found.append(held_out(series.name, times[own], values[own], draws, since, *more))
    if not found:
        return []
    forecasts = Forecasts(-np.inf if until is None else until, tuple(found))
    return [Section("Data that were not used", forecasts.lines(), forecasts.rows(), "forecast.csv")]


def _identified(identified: Identified) -> Section:
    heads = ("one", "two", "correlation")
    rows = identified.ridge_rows()
    return Section("Ridges and directions", identified.lines(), rows, "ridges.csv", heads)


def _information(
    question: Question, sampled: Sampled, identified: Identified, workers: int | None
) -> Section:
    """What the slopes at the best draw promise for each constant, beside what was found."""
    flat = _flat(sampled.scores)
    best = np.argmax(sampled.likelihood.ravel() - 0.5 * (flat**2).sum(axis=1))
    found = information_at(question.target, flat[best], workers)
    rows = found.rows([own.sd for own in identified.coordinates[: len(found.constants)]])
    return Section("Local identifiability", found.lines(), rows, "information.csv")


def _contributions(question: Question, sampled: Sampled, found: Posterior) -> list[Section]:
    """What each series contributes, and how much the prior decides."""
    target = question.target
    series = _flat(found.predicted.series)
    scores = _flat(sampled.scores[:, found.predicted.kept])
    good = np.isfinite(series).all(axis=1)
    said = []
    if len(found.series) > 1:
        left = leave_out(found.series, series[good], target.names, scores[good])
        said.append(Section("Without each series", left.lines(), left.rows(), "leave_out.csv"))
    likelihood = _flat(sampled.likelihood[:, found.predicted.kept, None])[good, 0]
    power = power_scaling(target.names, scores[good], log_prior_of_scores(scores[good]), likelihood)
    said.append(Section("Prior and data", power.lines(), power.rows(), "prior.csv"))
    return said


def _sampling(sampled: Sampled) -> Section:
    rows = [
        {
            "population": k,
            "temperatures": len(stages),
            "moves": sum(stage.moves for stage in stages),
            "smallest_acceptance": min((stage.acceptance for stage in stages), default=1.0),
            "log_evidence": float(sampled.evidence[k]),
            "stuck_chains": sampled.stuck[k],
        }
        for k, stages in enumerate(sampled.stages)
    ]
    if sampled.method == NUTS:
        line = (
            f"{sampled.runs} runs; the draws took {sampled.gradients} gradients; mean "
            f"acceptance {float(np.mean(sampled.accepted)):.2f}; "
            f"{counted(sampled.divergent, 'trajectory', 'trajectories')} given up. The log "
            "evidence is an estimate by the tempered start alone."
        )
        return Section("Sampling", (line,), tuple(rows), "sampling.csv")
    line = (
        f"{sampled.runs} runs; {100 * float(np.mean(sampled.accepted)):.0f}% of the moves after "
        "burn-in were accepted. The log evidence is an estimate by the tempered start alone."
    )
    return Section("Sampling", (line,), tuple(rows), "sampling.csv")
