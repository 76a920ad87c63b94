"""Checks of sums at every time: balances of stocks, and totals of accounts.

Tolerances are relative to the magnitudes of the terms, since rounding depends on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.behaviour.checks import Finding
from simdistrict.behaviour.runs import ROUNDING, Runs, bracket
from simdistrict.behaviour.statements import Account, Balance, Term
from simdistrict.result.dataset import Run


def conservation(runs: Runs) -> Iterator[Finding]:
    """Stocks change by gains minus losses, in every step of every stated run.

    Under Euler both sides are equal up to rounding, so every run uses Euler, whatever the model's
    integrator: the balance is a property of the equations.
    """
    for usual, scenario in runs.named().items() if runs.statements.balances else ():
        run, plan, name = runs.with_euler(usual, scenario)
        yield from runs.tell("conservation", name, run, stocks=False)
        if runs.broken(run):
            continue
        if plan.grid.every != 1:
            what = f"{name} has too many steps to look at each; balances were not checked"
            yield runs.finding("conservation", "", what, "warning")
            continue
        for balance in runs.statements.balances:
            yield from _balance(runs, run, plan.grid.time_step, balance, name)


def accounts(runs: Runs) -> Iterator[Finding]:
    """Totals equal the sums of their parts, at every time of every stated run."""
    for name, scenario in runs.named().items() if runs.statements.accounts else ():
        run, _ = runs.of(name, scenario)
        yield from runs.tell("accounts", name, run, stocks=False)
        if runs.broken(run):
            continue
        for account in runs.statements.accounts:
            yield from _account(runs, run, account, name)


def _balance(
    runs: Runs, run: Run, time_step: float, balance: Balance, name: str
) -> Iterator[Finding]:
    stocks, size = _sum(runs, run, balance.stocks, balance.per)
    gains, gained = _sum(runs, run, balance.gains, balance.per)
    losses, lost = _sum(runs, run, balance.losses, balance.per)
    change = np.diff(stocks, axis=0)
    net = time_step * (gains - losses)[:-1]
    scale = size[:-1] + size[1:] + time_step * (gained + lost)[:-1]
    worst = _worst(np.abs(change - net), scale)
    if worst is not None:
        point, place = worst
        begin, end = run.time[point], run.time[point + 1]
        labels = bracket(runs.model, balance.per, place)
        what = (
            f'the balance "{balance.name}"{labels} does not close: from {begin:.10g} to '
            f"{end:.10g} the stocks change by {_at(change, worst):.6g}, and gains less losses "
            f"make {_at(net, worst):.6g} ({name})"
        )
        yield runs.finding("conservation", "", what)


def _account(runs: Runs, run: Run, account: Account, name: str) -> Iterator[Finding]:
    total, size = _sum(runs, run, [account.total], account.per)
    parts, sizes = _sum(runs, run, account.parts, account.per)
    worst = _worst(np.abs(total - parts), size + sizes)
    if worst is not None:
        point, place = worst
        labels = bracket(runs.model, account.per, place)
        what = (
            f'the account "{account.name}"{labels} does not add up: in {run.time[point]:.10g} it '
            f"is {_at(total, worst):.6g}, and its parts make {_at(parts, worst):.6g} ({name})"
        )
        yield runs.finding("accounts", account.total.element, what)


def _sum(runs: Runs, run: Run, terms: Sequence[Term], per: Sequence[str]) -> tuple[Reals, Reals]:
    """Sums of terms and of their magnitudes, (points, labels of per flattened)."""
    shape = [len(runs.model.dims_by_name[dim].labels) for dim in per]
    total, size = (np.zeros((len(run.time), *shape)) for _ in range(2))
    for term in terms:
        values = runs.summed(run, term, per)
        total += term.sign * values
        size += np.abs(values)
    return total.reshape(len(total), -1), size.reshape(len(size), -1)


def _worst(gap: Reals, scale: Reals) -> tuple[int, int] | None:
    """The index of the largest gap relative to its scale; None where all are rounding."""
    relative = np.divide(gap, scale, out=np.zeros_like(gap), where=scale > 0.0)
    if not relative.size or relative.max() <= ROUNDING:
        return None
    point, place = np.unravel_index(int(relative.argmax()), relative.shape)
    return int(point), int(place)


def _at(values: Reals, spot: tuple[int, int]) -> float:
    return float(values[spot])
