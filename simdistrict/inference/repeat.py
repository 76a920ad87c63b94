"""Repeats a posterior from its own record, and compares the numbers to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.ensemble.rerun import Repetition, compare_results, recorded_plans
from simdistrict.inference.asked import RECORD, Inference
from simdistrict.inference.infer import Question, draw, posterior_of, question
from simdistrict.inference.posterior import Posterior
from simdistrict.inference.posterior_file import POSTERIOR, design, groups, read_posterior
from simdistrict.inference.sampling import Tick
from simdistrict.inference.starting import start_of
from simdistrict.result.dataset import Result


def is_posterior(attrs: Mapping[str, object]) -> bool:
    """Whether a result file records an inference."""
    return RECORD in attrs


def recorded_question(attrs: Mapping[str, object], where: str) -> Question:
    """The question that a posterior answers.

    Raises ExchangeError where the record is incomplete or damaged.
    """
    if RECORD not in attrs:
        raise ExchangeError(Problem(where, "it does not record an inference", "write it again"))
    (plan,) = recorded_plans(Result({}, {}, attrs), where, "native")
    return question(plan, Inference.recorded(attrs, where))


def repeat_posterior(
    path: Path, workers: int | None = None, tick: Tick | None = None
) -> Repetition:
    """Draw a posterior again and compare every group of its file."""
    stored = read_posterior(path)
    return compared(stored, again(stored.record, str(path), workers, tick))


def repeat_design(
    recorded: Result, where: str, workers: int | None = None, tick: Tick | None = None
) -> Repetition:
    """Draw the posterior again that a design.nc or opened draws come from, and compare them."""
    found = again(recorded.attrs, where, workers, tick)
    by_chain = any(variable.dims[:1] == ("chain",) for variable in recorded.variables.values())
    return compare_results(recorded, groups(found)[POSTERIOR] if by_chain else design(found))


def again(
    attrs: Mapping[str, object], where: str, workers: int | None = None, tick: Tick | None = None
) -> Posterior:
    """The posterior of a record, drawn again."""
    asked = recorded_question(attrs, where)
    start, _ = start_of(asked, workers)
    return posterior_of(asked, draw(asked, start=start, workers=workers, tick=tick), workers)


def compared(stored: Posterior, new: Posterior) -> Repetition:
    """The comparison of two posteriors, all groups together."""
    return compare_results(_flat(groups(stored)), _flat(groups(new)))


def _flat(parts: Mapping[str, Result]) -> Result:
    variables: dict[str, Any] = {}
    for group, result in parts.items():
        for name, variable in result.variables.items():
            variables[f"{group}/{name}"] = replace(variable, attrs={})
    return Result({}, variables, {})
