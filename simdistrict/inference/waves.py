"""History matching: rule out parts of the prior in waves, before a posterior is drawn.

A member is implausible where the model misses a datum by more than a cut-off, in standard
deviations of its error (Craig, Goldstein, Seheult and Smith 1997; Vernon, Goldstein and Bower
2010). The next wave samples around the survivors. The model itself is run, no emulator of it. The
result is a report and a start for the sampler, never a posterior.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Flags, Reals
from simdistrict.ensemble.blocks import sobol_part, sobol_sequence
from simdistrict.inference.distributions import draws_of_uniform, log_density, quantile

# of Vernon et al. (2010), after Pukelsheim's three-sigma rule (1994)
CUT = 3.0
# where fewer than _FEW survive the first
WIDER_CUT = 4.0
_FEW = 0.01
# below it, no numbers of this structure agree with the data
STRUCTURE = 1e-5
# the variance of the next wave over that of the survivors
_WIDER = 1.5
# share of each later wave that is drawn from the prior, so that no weight exceeds its inverse
_PRIOR = 0.1
# share of the members that replaces survivors where there are too few
_BEST = 0.02

# (members, size) -> (members, parts): the largest departure of each part of the data, in standard
# deviations; inf for a failed run
Measure = Callable[[Reals], Reals]


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave.

    members: runs; failed: of them; cut: of the implausibility; survivors: members below it.
    share: the part of the prior that is left (from few survivors in many dimensions it may be
    half of the truth); error: its standard error; at_most: an upper bound of 95%. best: the
    smallest implausibility. rejects: for each series, the share of the members that it rejects,
    and the share that no other series rejects.
    """

    members: int
    failed: int
    cut: float
    survivors: int
    share: float
    error: float
    at_most: float
    best: float
    rejects: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Waves:
    """The waves, and the survivors of the last.

    scores: (survivors, size), weights: (survivors,), their weights under the prior, sum 1; empty
    where nothing survived.
    """

    waves: tuple[Wave, ...]
    scores: Reals
    weights: Reals

    @property
    def structure(self) -> bool:
        """Whether under 1 in 100,000 of the prior is left, or no run around the best ones."""
        last = self.waves[-1]
        return last.share < STRUCTURE and (last.survivors > 0 or len(self.waves) > 1)

    def start(self, particles: int, seed: int) -> Reals:
        """Survivors drawn by their weights, (particles, size), to start a sampler from.

        Raises ValueError where nothing survived.
        """
        if not len(self.scores):
            raise ValueError("nothing survived")
        level = (np.arange(particles) + draws_of_uniform(1, 1, seed, 31)[0, 0]) / particles
        found = np.searchsorted(np.cumsum(self.weights), level)
        return np.asarray(self.scores[np.minimum(found, len(self.scores) - 1)])

    def rows(self) -> tuple[dict[str, object], ...]:
        """One row for each wave."""
        return tuple(
            {
                "wave": k + 1,
                "runs": wave.members,
                "failed": wave.failed,
                "cut_off": wave.cut,
                "survivors": wave.survivors,
                "share_left": wave.share,
                "standard_error": wave.error,
                "at_most": wave.at_most,
                "best": wave.best,
            }
            for k, wave in enumerate(self.waves)
        )

    def lines(self) -> tuple[str, ...]:
        """Sentences for a report."""
        found = [
            f"Wave {k + 1}: {wave.members:,} runs, {wave.survivors:,} within {wave.cut:g} standard "
            f"deviations of all data; {_share(wave)} of the prior is left."
            for k, wave in enumerate(self.waves)
        ]
        last = self.waves[-1]
        if not last.survivors:
            found.append(f"The best run misses a datum by {last.best:.1f} standard deviations.")
        if self.structure:
            left = "Less than 1 in 100,000 of the prior" if last.survivors else "No run"
            found.append(
                f"{left} agrees with the data: look at the structure of the model or at the "
                "stated errors of the data, not at the numbers."
            )
        name, all_of, alone = max(last.rejects, key=lambda r: (r[2], r[1]))
        if all_of > 0:
            found.append(
                f'In the last wave "{name}" rejects {100 * all_of:.0f}% of the runs, '
                f"{100 * alone:.0f}% it alone."
            )
        return tuple(found)


def _share(wave: Wave) -> str:
    if not wave.survivors:
        return f"at most {wave.at_most:.2g}"
    return f"{wave.share:.2g} (standard error {wave.error:.1g})"


def waves(
    measure: Measure,
    size: int,
    series: Sequence[str],
    *,
    count: int = 3,
    members: int = 4096,
    seed: int = 1,
) -> Waves:
    """Rule out parts of the prior.

    measure: of normal scores, (members, size) -> (members, series): the largest departure from
    each series in standard deviations. count: of waves; members: of each.
    """
    found = []
    centre, factor = np.zeros(size), np.eye(size)
    scores, weights = np.empty((0, size)), np.empty(0)
    bound = 1.0
    for number in range(count):
        u = _proposed(number, members, centre, factor, seed)
        weight = _weights(u, number, centre, factor)
        apart = np.asarray(measure(u), float)
        apart = np.where(np.isnan(apart), np.inf, apart)
        worst = apart.max(axis=1)
        cut = CUT if _mean(weight, worst <= CUT)[0] >= _FEW else WIDER_CUT
        inside = worst <= cut
        share, error = _mean(weight, inside)
        # only the first wave covers the whole prior evenly; rule of three (Hanley 1983)
        if number == 0:
            bound = min(1.0, share + 2 * error) if inside.any() else 3 / members
        most = share + 2 * error if inside.any() else bound
        best = float(worst.min())
        found.append(
            Wave(
                members,
                int((~np.isfinite(worst)).sum()),
                cut,
                int(inside.sum()),
                share,
                error,
                most,
                best,
                _rejects(apart, cut, series),
            )
        )
        scores, weights = u[inside], weight[inside] / max(weight[inside].sum(), 1e-300)
        centre, factor = _ellipsoid(u, worst, inside)
    return Waves(tuple(found), scores, weights)


def _proposed(number: int, members: int, centre: Reals, factor: Reals, seed: int) -> Reals:
    """Sobol points under the prior, or around the survivors of the wave before."""
    size = len(centre)
    level = sobol_part(sobol_sequence(size, seed + number), 0, members)
    z = quantile(np.clip(level, 2.0**-54, 1 - 2.0**-54))
    if number:
        later = ~_of_prior(members)
        z[later] = centre + z[later] @ factor.T
    return z


def _of_prior(members: int) -> Flags:
    """The members of a later wave that are drawn from the prior, evenly spread."""
    every = round(1 / _PRIOR)
    return np.asarray(np.arange(members) % every == 0)


def _weights(u: Reals, number: int, centre: Reals, factor: Reals) -> Reals:
    """The density of the prior over that of a wave."""
    if number == 0:
        return np.ones(len(u))
    own = np.asarray(np.linalg.solve(factor, (u - centre).T).T, float)
    log = log_density(own).sum(axis=1) - log_density(u).sum(axis=1)
    log -= float(np.log(np.diag(factor)).sum())
    part = float(np.mean(_of_prior(len(u))))
    return np.asarray(1 / (part + (1 - part) * np.exp(np.minimum(log, 600))), float)


def _mean(weight: Reals, inside: Flags) -> tuple[float, float]:
    """The weighted share of the members inside, and its standard error."""
    own = np.where(inside, weight, 0.0)
    return float(own.mean()), float(own.std() / np.sqrt(len(own)))


def _ellipsoid(u: Reals, worst: Reals, inside: Flags) -> tuple[Reals, Reals]:
    """Centre of the survivors and factor of their covariance, widened, nowhere beyond the prior's.

    Where there are too few survivors, of the best members. Directions that they do not narrow keep
    the prior: a random covariance of n members has eigenvalues down to (1 - sqrt(size / n))^2
    (Marchenko and Pastur 1967).
    """
    members, size = u.shape
    chosen = u[inside]
    least = min(max(20, 2 * size, round(_BEST * members)), members)
    if len(chosen) < least:
        chosen = u[np.argsort(worst, kind="stable")[:least]]
    centre = chosen.mean(axis=0)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(chosen, rowvar=False)))
    free = _WIDER * values >= max(0.0, 1 - (size / len(chosen)) ** 0.5) ** 2
    along = vectors.T @ centre
    along[free & (np.abs(along) < 4 / len(chosen) ** 0.5)] = 0.0
    values = np.where(free, 1.0, np.clip(_WIDER * values, 1e-12, 1.0))
    return vectors @ along, np.linalg.cholesky((vectors * values) @ vectors.T)


def _rejects(
    apart: Reals, cut: float, series: Sequence[str]
) -> tuple[tuple[str, float, float], ...]:
    out = apart > cut
    alone = out & (out.sum(axis=1) == 1)[:, None]
    return tuple(
        (name, float(out[:, k].mean()), float(alone[:, k].mean())) for k, name in enumerate(series)
    )
