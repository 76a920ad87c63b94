"""Pictures of a posterior: its constants, chains, predictions and ridges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from simdistrict.api.wording import in_python
from simdistrict.base.errors import Problem, ScenarioError, did_you_mean

if TYPE_CHECKING:
    from simdistrict.api.inferring import Inferred
    from simdistrict.inference.posterior import Posterior
    from simdistrict.plot import Picture, Sheet

Kind: TypeAlias = Literal["constants", "chains", "predictions", "pit", "ridges"]
KINDS: tuple[str, ...] = get_args(Kind)
_ABOUT = {
    "constants": "prior and posterior",
    "chains": "chains and their ranks",
    "predictions": "data and their predictions",
    "pit": "where the data lie in their predictions",
    "ridges": "constants that the data determine together",
}


@in_python
def plot_posterior(
    data: Inferred | str | Path,
    kind: Kind = "constants",
    names: str | Sequence[str] = (),
    *,
    most: int | None = None,
) -> Picture:
    """A posterior that `infer` found.

    data: what `m.infer` returns, or the path of a posterior.nc. kind: `constants`, the density of
    each before and after the data; `chains`, one of each population, and the ranks of all (level
    where populations agree); `predictions`, the data and the intervals of 50 and 90% expected for
    them; `pit`, where the data lie in these intervals (level where their widths are right);
    `ridges`, pairs of constants that the data determine only together.
    names: only these constants, of `constants` and `chains`; most: how many at most.
    Raises ScenarioError for names that the posterior lacks, and where there is nothing to draw,
    ExchangeError for files that hold no posterior.

    >>> import simdistrict as sd, pandas as pd
    >>> m = sd.load("core")
    >>> data = pd.DataFrame({"element": "home experience", "year": [10.0, 20.0, 40.0],
    ...                      "value": [0.9, 0.85, 0.8], "scale": 0.05})
    >>> found = m.infer(data, {"forgetting rate": (0.01, 0.5)}, ess=200)
    >>> sd.plot_posterior(found)
    <simdistrict picture: prior and posterior>
    """
    from simdistrict.plot import Picture

    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"use one of {', '.join(KINDS)}"
        raise ScenarioError(Problem("kind", f'there is no kind "{kind}"', hint))
    posterior = _posterior(data)
    chosen = [names] if isinstance(names, str) else list(names)
    _check_names(posterior, chosen, kind)
    return Picture(_sheet(posterior, kind, chosen or None, most), _ABOUT[kind])


def is_posterior(path: Path) -> bool:
    """Whether a file is a posterior.nc of `infer`."""
    from simdistrict.inference.posterior_file import GROUPS
    from simdistrict.result.netcdf import groups_of, is_netcdf

    return path.is_file() and is_netcdf(path) and set(GROUPS) <= set(groups_of(path))


def _posterior(data: Any) -> Posterior:
    from simdistrict.inference.posterior_file import read_posterior

    if isinstance(data, str | Path):
        return read_posterior(Path(data))
    found = getattr(data, "posterior", None)
    if found is None:
        what = f"{type(data).__name__} is no posterior"
        raise ScenarioError(Problem("data", what, "give what m.infer returns, or a posterior.nc"))
    own: Posterior = found
    return own


def _check_names(posterior: Posterior, names: Sequence[str], kind: str) -> None:
    if names and kind not in ("constants", "chains"):
        what = "names are of the kinds constants and chains"
        raise ScenarioError(Problem("names", what, f"leave them out for {kind}"))
    problems = []
    for name in names:
        if name not in posterior.names:
            hint = did_you_mean(name, posterior.names) or f"it has {', '.join(posterior.names)}"
            problems.append(Problem("names", f'the posterior has no "{name}"', hint))
    if problems:
        raise ScenarioError(problems)


def _sheet(posterior: Posterior, kind: str, names: list[str] | None, most: int | None) -> Sheet:
    from simdistrict.inference import pictures

    more: dict[str, Any] = {} if most is None else {"most": most}
    if kind == "constants":
        return pictures.marginals_sheet(posterior, names, **more)
    if kind == "chains":
        return pictures.chains_sheet(posterior, names, **more)
    if kind == "ridges":
        return pictures.ridges_sheet(posterior, **more)
    return pictures.fit_sheet(posterior) if kind == "predictions" else pictures.pit_sheet(posterior)
