"""One district in a world frozen in one year: its equilibria along constants and policies.

All other districts, the stocks of no district (state capacity, the policy regime, retaliation)
and all time series keep their values of that year.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.regimes.frozen import Frozen, freeze
from simdistrict.regimes.model_field import ModelField, field_of, output_places
from simdistrict.regimes.numerics.branch import Branch
from simdistrict.regimes.numerics.diagram import BifurcationDiagram, branches
from simdistrict.regimes.numerics.ending import Reason
from simdistrict.regimes.numerics.equilibrium import equilibria
from simdistrict.regimes.numerics.mix import Mix
from simdistrict.regimes.numerics.stability import Stability
from simdistrict.tables.study import Study

from .common import BASELINE

AT = 2019.0
READ = ("home share", "relative output")
# of the search for equilibria, at each of so many values between the ends of what is followed
STARTS, STOPS, SEED = 10, 3, 0
PROGRAMME = "district_renaissance"
# of the programme: state capacity belongs to no district, and demand is no policy
LEFT_OUT = ("able state", "green demand")
WHOLE = "the renaissance"
TARIFF, CEILING = "tariff level[far]", "labour cost ceiling[{district},far]"
HIGHEST_TARIFF = 1.5


@dataclass(frozen=True, eq=False)
class World:
    """A district alone in the baseline of `AT`."""

    district: str
    frozen: Frozen
    places: tuple[int, ...]

    def alone(self, constant: str) -> Mix:
        """Its field, with the value of a constant as its dose."""
        return Mix(field_of(self.frozen, [constant]), (0.0,), (1.0,))

    def moved(self, sets: Mapping[str, float]) -> Mix:
        """Its field, with a dose that takes some constants from what they are to these values."""
        field = field_of(self.frozen, list(sets))
        return Mix(field, field.values(), tuple(sets.values()))

    def read(self, field: Mix, dose: float, state: Reals) -> Reals:
        """The elements `READ` in a state."""
        assert isinstance(field.field, ModelField)
        return field.field.observe(state, field.constants(dose).tolist(), self.places)

    @property
    def known(self) -> tuple[Reals, ...]:
        """Its state of 1980 and that of the year."""
        return self.frozen.past[0], self.frozen.past[-1]


@dataclass(frozen=True, slots=True)
class Along:
    """A continuation parameter of a district.

    field: with the dose as its parameter; low, high: the doses that are followed; shown: the
    number that a reader sees for a dose.
    """

    name: str
    field: Callable[[Study, World], Mix]
    low: float
    high: float
    shown: Callable[[float], float] = float


def world(study: Study, district: str) -> World:
    """A district alone, frozen."""
    plan = study.course(BASELINE)

    def frozen() -> World:
        found = freeze(plan, AT, district)
        return World(district, found, tuple(output_places(found, name)[0][0] for name in READ))

    return study.kept(f"{district}, frozen", frozen)


def programme(study: Study) -> dict[str, dict[str, float]]:
    """The constants that each policy of the programme sets."""
    return {
        policy.name: {change.text: change.value for change in policy.changes}
        for policy in study.course(PROGRAMME).resolved.policies
        if policy.name not in LEFT_OUT
    }


def whole(study: Study) -> dict[str, float]:
    """All policies of the programme together."""
    return {name: value for sets in programme(study).values() for name, value in sets.items()}


# the gap of the long run: one minus the relative labour cost to which far wages converge
GAP = Along(
    "labour-cost gap",
    lambda _, here: here.alone(CEILING.format(district=here.district)),
    0.1,
    1.0,
    lambda ceiling: 1 - ceiling,
)
ALONG = (
    Along("tariff on far parts", lambda _, here: here.alone(TARIFF), 0.0, HIGHEST_TARIFF),
    GAP,
    Along(f"share of {WHOLE}", lambda study, here: here.moved(whole(study)), 0.0, 1.0),
)


def followed(study: Study, here: World, along: Along) -> tuple[Mix, BifurcationDiagram]:
    """All branches found along a parameter."""
    field = along.field(study, here)
    diagram = branches(
        field, along.low, along.high, stops=STOPS, starts=STARTS, seed=SEED, known=here.known
    )
    return field, diagram


def dose_now(field: Mix) -> float:
    """The dose at which the constants have their values of the frozen world."""
    assert isinstance(field.field, ModelField)
    usual, full = field.usual[0], field.full[0]
    return (field.field.values()[0] - usual) / (full - usual)


def stable_worlds(study: Study, here: World) -> tuple[Mix, list[Reals]]:
    """The stable equilibria of the unchanged year, largest output first."""

    def found() -> tuple[Mix, list[Reals]]:
        field = here.alone(TARIFF)
        search = equilibria(field, (0.0,), starts=2 * STARTS, seed=SEED, known=here.known)
        states = [e.state for e in search.equilibria if e.stable]
        return field, sorted(states, key=lambda state: -float(here.read(field, 0.0, state)[1]))

    return study.kept(f"{here.district}, stable worlds", found)


def stable_at(diagram: BifurcationDiagram, dose: float) -> int:
    """Number of stable equilibria that the branches reach at one end of the parameter."""
    ends = [(b, k) for b in diagram.branches for k in _ends(b)]
    return sum(b.parameters[k] == dose and _stable(b, k) for b, k in ends)


def _ends(branch: Branch) -> Sequence[int]:
    return (0, -1) if len(branch.parameters) > 1 else (0,)


def _stable(branch: Branch, place: int) -> bool:
    return branch.spectra[place].stability is Stability.stable


@dataclass(frozen=True, slots=True)
class Turn:
    """A point where a branch turns or changes stability.

    kind: fold, kink, hopf or branch point, see `continuation.Special`; of_a_world: whether it is
    stable on one side and not on the other.
    """

    kind: str
    dose: float
    state: Reals
    of_a_world: bool


def turns(diagram: BifurcationDiagram) -> list[Turn]:
    """All turns, by dose."""
    found = []
    for branch in diagram.branches:
        for special in branch.specials:
            last = len(branch.spectra) - 1
            sides = {_stable(branch, min(special.position + k, last)) for k in (0, 1)}
            found.append(Turn(special.kind, special.parameter, special.state, len(sides) == 2))
    return sorted(found, key=lambda turn: turn.dose)


def stops(diagram: BifurcationDiagram) -> list[str]:
    """Why branches ended before the ends of the parameter."""
    endings = {end for b in diagram.branches for end in b.endings}
    return sorted(end.sentence for end in endings if end.reason is not Reason.bounds)


def nearest(states: Sequence[Reals], state: Reals, scale: Reals) -> int:
    """Index of the state nearest to another one."""
    return int(np.argmin([np.abs((s - state) / scale).max() for s in states]))
