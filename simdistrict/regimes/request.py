"""What a study was asked for: with the model and the scenario, enough to repeat it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from simdistrict.base.errors import ExchangeError, Problem

# the global attribute of a result file that holds the request
RECORD = "regimes_request"


@dataclass(frozen=True, slots=True)
class Request:
    """One study.

    study: equilibria, branch, fold curve, hysteresis, basins, basins along, regime map, policy
    map, classes or loops. at: the date of
    freezing, None for the end of the run; element: the isolated label; hold, free: stocks that
    are held or free whatever is found out about them; parameters: names with their bounds;
    outputs: elements to be read in every state; starts, seed: of the search, at each of `stops`
    values of a parameter; horizon: how long flows are followed; duration, speeds: of a sweep;
    members: initial states drawn in `box`; doses, lengths: how many of each a map of policies
    has, lengths up to `duration`; settled: whether it begins where the flow leads to without a
    policy; grid: how many values of each parameter; rule: what makes a world one that is wanted,
    as `rules.read_rules` takes it behind the colon; method, fast: of an ensemble.
    """

    study: str
    at: float | None = None
    element: str = ""
    hold: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    parameters: tuple[tuple[str, float, float], ...] = ()
    outputs: tuple[str, ...] = ()
    starts: int = 20
    seed: int = 0
    horizon: float = 400.0
    stops: int = 3
    duration: float = 0.0
    speeds: tuple[float, ...] = ()
    members: int = 0
    box: tuple[tuple[str, float, float], ...] = ()
    doses: int = 0
    lengths: int = 0
    settled: bool = True
    grid: tuple[int, ...] = ()
    rule: str = ""
    method: str = "lhs"
    fast: bool = False

    def to_json(self) -> str:
        """The request as text, the same for the same request."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str, where: str) -> Request:
        """The request that a result file records."""
        try:
            found = json.loads(text)
            known = {f.name for f in fields(cls)}
            return cls(**{key: _tuples(value) for key, value in found.items() if key in known})
        except (ValueError, TypeError, AttributeError) as error:
            what = f"its record of the study cannot be read: {error}"
            raise ExchangeError(Problem(where, what, "write it again")) from None


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
