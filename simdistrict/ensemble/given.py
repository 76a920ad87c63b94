"""Designs that were drawn elsewhere: a table of numbers, members x constants."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simdistrict.base import inputs
from simdistrict.base.arrays import Reals
from simdistrict.base.encoding import decoded
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.library import shown
from simdistrict.base.numbers import real
from simdistrict.engine.program import Program
from simdistrict.ensemble.blocks import Shape
from simdistrict.ensemble.prior import Prior, places_of
from simdistrict.model.expr import fold
from simdistrict.model.model import Model
from simdistrict.scenario.places import split_name

METHOD = "given"
KIND = inputs.InputKind("a table of draws", 2_000_000_000, ScenarioError)
# the attribute of a result file that identifies the table; its numbers are the variable `design`
SHA256 = "design_sha256"
# the file of the draws in a record: its name, its sha256
FILE, FILE_SHA256, KIND_OF_DRAWS = "design_file", "design_file_sha256", "design_kind"
CONVERGED = "design_converged"
UNTRUSTED = "NOT CONVERGED: the chains of these draws do not agree; do not rest a result on them"
# how the kind of draws from Markov chains begins
CHAINS_WORD = "chains"
# the variable of a result file with the chain of each member
CHAINS = "design_chain"


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that a design comes from.

    file: its name for messages and records; sha256: of the file; draws: how many it has;
    correlated: whether they come from a Markov chain; converged: whether its chains have, None
    where nothing is stated; ess: the smallest number of effective draws of a constant, in the
    file; rest: how what the file lacks is set.
    """

    file: str
    sha256: str
    draws: int
    correlated: bool = False
    converged: bool | None = None
    ess: float = math.nan
    rest: str = "values of the model"

    def record(self) -> dict[str, object]:
        """Attributes of a result file."""
        found: dict[str, object] = {
            FILE: self.file,
            FILE_SHA256: self.sha256,
            "design_draws": self.draws,
            KIND_OF_DRAWS: f"{CHAINS_WORD}, correlated" if self.correlated else "draws",
            "design_rest": self.rest,
        }
        if self.converged is not None:
            found[CONVERGED] = int(self.converged)
        return found if math.isnan(self.ess) else {**found, "design_ess": self.ess}

    @classmethod
    def recorded(cls, attrs: Mapping[str, object]) -> Origin | None:
        """The origin that a result file records, if any."""
        if FILE not in attrs or FILE_SHA256 not in attrs:
            return None
        converged = attrs.get(CONVERGED)
        return cls(
            str(attrs[FILE]),
            str(attrs[FILE_SHA256]),
            int(str(attrs.get("design_draws", 0))),
            str(attrs.get(KIND_OF_DRAWS, "")).startswith(CHAINS_WORD),
            None if converged is None else bool(int(str(converged))),
            float(str(attrs.get("design_ess", math.nan))),
            str(attrs.get("design_rest", "")),
        )


@dataclass(frozen=True, eq=False)
class GivenDesign:
    """Members x priors, as a `Design` has them, in memory.

    priors: what each column sets, with the smallest and the largest number of the column as its
    range; numbers: (members, priors); chain: (members,), of draws from Markov chains, those of a
    chain in its order; origin: the file that they come from.
    """

    priors: tuple[Prior, ...]
    numbers: Reals
    seed: int = 0
    method: str = METHOD
    shape: Shape = Shape()
    streams: tuple[int, ...] = ()
    chain: NDArray[np.int64] | None = None
    origin: Origin | None = None

    @property
    def members(self) -> int:
        return len(self.numbers)

    @property
    def block(self) -> int:
        """Members per block: nothing is known of blocks."""
        return 1

    @property
    def sha256(self) -> str:
        """Of the names and the numbers."""
        names = "\0".join(prior.name for prior in self.priors).encode()
        return hashlib.sha256(names + b"\0" + self.numbers.tobytes()).hexdigest()

    def rows(self, first: int, last: int) -> Reals:
        """The values of the members `first` to `last`, exclusive."""
        return self.numbers[first:last].copy()

    def rows_of(self, members: Sequence[int]) -> Reals:
        """The values of any members."""
        return self.numbers[list(members)]

    def thinned(self, members: int) -> GivenDesign:
        """Evenly spaced members, at most as many as there are."""
        kept = evenly(self.members, members)
        chain = None if self.chain is None else self.chain[kept]
        return replace(self, numbers=np.ascontiguousarray(self.numbers[kept]), chain=chain)

    def without(self, left_out: Sequence[int]) -> GivenDesign:
        """The design without some columns."""
        kept = [k for k in range(len(self.priors)) if k not in left_out]
        priors = tuple(self.priors[k] for k in kept)
        return replace(self, priors=priors, numbers=np.ascontiguousarray(self.numbers[:, kept]))


def evenly(total: int, some: int) -> NDArray[np.int64]:
    """Evenly spaced places in a list, at most all of them."""
    if some >= total:
        return np.arange(total)
    return ((np.arange(some) + 0.5) * total / some).astype(np.int64)


def element_and_label(name: str, model: Model) -> tuple[str, str]:
    """A written name as the two cells of a prior table."""
    if fold(name) in model.by_name:
        return name, ""
    base, labels = split_name(name)
    return base, ",".join(labels or ())


def read_design(path: Path) -> tuple[list[str], Reals]:
    """The names of the columns and the numbers of a CSV file, a row per member.

    Raises ScenarioError where there is no such file, and with the first cell that is no number.
    """
    where = shown(path)
    content = inputs.content(path, KIND, where)
    text, _ = decoded(content, where, KIND.noun, ScenarioError)
    reader = csv.reader(io.StringIO(text))
    try:
        names = [name.strip() for name in next(reader, [])]
        rows = []
        for cells in reader:
            if not cells:
                continue
            row = [real(cell) for cell in cells]
            if len(row) != len(names) or None in row:
                what = f"the line is not {len(names)} numbers, as the first line has names"
                raise ScenarioError(Problem(f"{where}:{reader.line_num}", what))
            rows.append(row)
    except csv.Error as error:
        raise ScenarioError(Problem(where, f"the file is not CSV: {error}")) from None
    return names, np.array(rows, float).reshape(len(rows), len(names))


def given_design(
    names: Sequence[str], numbers: Reals, model: Model, program: Program, where: str = "design"
) -> GivenDesign:
    """A design from the names of its columns and its numbers, (members, columns).

    names: constants, `NAME[LABEL]` for part of an array, `LOOKUP[x]` for the point of a lookup.
    Raises ScenarioError with every name that the model lacks, and where a number is not finite.
    """
    numbers = np.ascontiguousarray(numbers, float)
    if numbers.ndim != 2 or numbers.shape[1] != len(names) or 0 in numbers.shape:
        what = f"its shape is {numbers.shape}: it needs members x {len(names)} columns"
        raise ScenarioError(Problem(where, what, "give a row per member, a column per constant"))
    problems: list[Problem] = []
    priors: list[Prior] = []
    taken: dict[int, str] = {}
    for name, column in zip(names, numbers.T, strict=True):
        found = places_of(
            *element_and_label(name, model), f'{where}, column "{name}"', model, program
        )
        if isinstance(found, Problem):
            problems.append(found)
            continue
        spelled, places = found
        if not np.isfinite(column).all():
            member = int(np.flatnonzero(~np.isfinite(column))[0])
            what = f"the number of member {member} is {column[member]:g}"
            problems.append(Problem(f'{where}, column "{name}"', what, "give finite numbers"))
        if twice := next((taken[place] for place in places if place in taken), ""):
            what = f'it sets the same number as the column "{twice}"'
            problems.append(Problem(f'{where}, column "{name}"', what, "leave one of them out"))
        taken |= dict.fromkeys(places, name)
        low, high = float(column.min()), float(column.max())
        priors.append(Prior(spelled, places, low, low, high, METHOD))
    if problems:
        raise ScenarioError(problems)
    return GivenDesign(tuple(priors), numbers)
