"""Draws from files: a posterior, a design, an ensemble, a table; and such files written.

A file is read by its content: NetCDF (`design.nc`, a posterior in the groups of ArviZ, an ensemble
of simdistrict), text with tabs (Vensim's file of draws, sensitivity method F), else CSV.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.atomic import write_text
from simdistrict.base.errors import ExchangeError, Problem, ScenarioError
from simdistrict.base.inputs import digest, head
from simdistrict.base.library import shown
from simdistrict.base.numbers import real
from simdistrict.base.remarks import remark
from simdistrict.ensemble.given import CHAINS, evenly, read_design
from simdistrict.exchange.vensim.sample import read_sample_file, sample_text
from simdistrict.model.expr import fold
from simdistrict.model.model import Constant, Lookup, Model
from simdistrict.result.dataset import CONVENTIONS, Result, Variable, plain
from simdistrict.result.naming import names_of, snake
from simdistrict.result.netcdf import MARK, groups_of, is_netcdf, read_netcdf, write_netcdf
from simdistrict.result.udunits import udunits
from simdistrict.scenario.places import find_element, split_name

POSTERIOR = "posterior"
# attributes of a variable that holds draws
ROLE, CONSTANT, CHAIN = "role", "constant", "chain"
# columns of a table that number the draws, as R's package posterior writes them
_CHAINS = ("chain", ".chain")
_COUNTS = ("draw", ".draw", "iteration", ".iteration")
# dimensions along which draws are listed
_LISTED = ("draw", "sample", "member")
_SEEDS = ("noise seed",)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Draws of constants.

    names: of the constants, as in a model; numbers: (draws, constants), those of a chain in its
    order; chain: (draws,), the chain of each draw, None where they are independent or nothing is
    known; attrs: of the file; ess: effective draws by constant, as the file states them; where:
    what messages call the file; sha256: of the file.
    """

    names: tuple[str, ...]
    numbers: Reals
    chain: Ints | None = None
    attrs: Mapping[str, object] = field(default_factory=dict)
    ess: Mapping[str, float] = field(default_factory=dict)
    where: str = "draws"
    sha256: str = ""

    @property
    def is_posterior(self) -> bool:
        """Whether they come from a Markov chain, so that they are correlated."""
        return self.chain is not None or "converged" in self.attrs

    @property
    def converged(self) -> bool:
        """False where the file says that its chains have not converged."""
        return real(str(self.attrs.get("converged", 1))) != 0

    @property
    def least_ess(self) -> float:
        """The smallest number of effective draws of a constant; NaN where none is stated."""
        return min(filter(math.isfinite, self.ess.values()), default=math.nan)

    def thinned(self, members: int) -> Draws:
        """Evenly spaced draws. Raises ScenarioError for more than there are."""
        total = len(self.numbers)
        if members > total:
            what = f"it has {total} draws, and {members} members are more"
            raise ScenarioError(Problem(self.where, what, f"give --members {total} or fewer"))
        kept = evenly(total, members)
        chain = None if self.chain is None else self.chain[kept]
        return replace(self, numbers=np.ascontiguousarray(self.numbers[kept]), chain=chain)


def read_draws(path: Path, model: Model) -> Draws:
    """The draws of a file, with the names of its constants in the model's spelling where known.

    What a posterior holds beyond constants of the model (scales of errors, elements that are no
    constants) is left out with a remark. Raises ScenarioError or ExchangeError where the file
    cannot be read, or a posterior has no constant of the model.
    """
    where = shown(path)
    if not path.is_file():
        what = "there is no such file"
        raise ScenarioError(Problem(where, what, "give a .nc, .csv or .tab file of draws"))
    if is_netcdf(path):
        found = _of_netcdf(path, where, model)
    elif b"\t" in head(path, 1 << 16).split(b"\n")[0]:
        sample = read_sample_file(path)
        found = _of_columns(sample.names, sample.numbers, where)
    else:
        found = _of_columns(*read_design(path), where)
    known = found.attrs.get("model_sha256")
    if known is not None and known != model.sha256:
        name = found.attrs.get("model_name", "another model")
        remark(where, f"its draws are of another version of the model, {name}")
    return replace(found, sha256=digest(path))


# ---------------------------------------------------------------------- tables of text


def _of_columns(names: Sequence[str], numbers: Reals, where: str) -> Draws:
    """Draws from columns, of which some may number them."""
    chain = None
    own = []
    for k, name in enumerate(names):
        if name.lower() in _CHAINS:
            chain = numbers[:, k].astype(np.int64)
        elif fold(name) in _SEEDS:
            remark(where, f'the column "{name}" is left out: a run has its own noise')
        elif name.lower() not in _COUNTS:
            own.append(k)
    kept = np.ascontiguousarray(numbers[:, own])
    return _ordered(Draws(tuple(names[k] for k in own), kept, chain, where=where))


def _ordered(draws: Draws) -> Draws:
    """The draws of each chain one after the other, in their order."""
    if draws.chain is None:
        return draws
    order = np.argsort(draws.chain, kind="stable")
    return replace(draws, numbers=draws.numbers[order], chain=draws.chain[order])


# ---------------------------------------------------------------------- NetCDF


def _of_netcdf(path: Path, where: str, model: Model) -> Draws:
    group = POSTERIOR if POSTERIOR in groups_of(path) else None
    stored = read_netcdf(path, group=group)
    if "design" in stored.variables and "sampled" in stored.coords:
        names = tuple(str(name) for name in stored.coords["sampled"].values)
        numbers = np.asarray(stored.variables["design"].values, float)
        found = stored.variables.get(CHAINS)
        chain = None if found is None else np.asarray(found.values, np.int64)
        if numbers.shape != (len(numbers), len(names)):
            raise ExchangeError(Problem(where, "its design is damaged", "write it again"))
        return _ordered(Draws(names, numbers, chain, _without_origin(stored.attrs), where=where))
    columns: dict[str, Reals] = {}
    ess: dict[str, float] = {}
    left_out: list[str] = []
    spelled = {variable: key for key, variable in names_of(model).elements.items()}
    shape: tuple[int, ...] | None = None
    chain = None
    for key, variable in stored.variables.items():
        sizes = _listed(variable)
        if variable.attrs.get(ROLE) == CHAIN or (key == CHAIN and sizes):
            with np.errstate(invalid="ignore"):
                chain = np.asarray(variable.values).astype(np.int64)
            continue
        if not sizes or variable.values.dtype.kind not in "iuf":
            continue
        name = _name_of(key, variable, model, spelled)
        if variable.attrs.get(ROLE, CONSTANT) != CONSTANT or name is None:
            left_out += [key] if ROLE not in variable.attrs else []
            continue
        if shape not in (None, sizes):
            what = f"{key} has {_by(sizes)} draws, and others {_by(shape or ())}"
            raise ExchangeError(Problem(where, what))
        shape = sizes
        for own, values in _columns(name, variable, stored, len(sizes), where):
            columns[own] = values
            if (count := real(str(variable.attrs.get("ess_bulk", "")))) is not None:
                ess[own] = count
    if not columns or shape is None:
        what = f"it holds no draws of a constant of the model {model.name}"
        hint = f"it has {', '.join(left_out[:8])}" if left_out else "draws lie along chain and draw"
        raise ScenarioError(Problem(where, what, hint))
    if left_out:
        remark(where, f"left out, as no constants of {model.name}: {', '.join(left_out)}")
    if len(shape) == 2:
        chain = np.repeat(np.arange(shape[0]), shape[1])
    if chain is not None and chain.shape != (math.prod(shape),):
        what = f"its chains are numbers of {_by(chain.shape)} draws, and it has {_by(shape)}"
        raise ExchangeError(Problem(where, what, "write it again"))
    return _ordered(
        Draws(tuple(columns), np.stack([*columns.values()], 1), chain, stored.attrs, ess, where)
    )


def _without_origin(attrs: Mapping[str, object]) -> Mapping[str, object]:
    """The attributes of an ensemble that say something of its draws."""
    return {key: value for key, value in attrs.items() if key in ("model_name", "model_sha256")}


def _listed(variable: Variable) -> tuple[int, ...]:
    """The lengths of the leading dimensions along which draws lie; none where they do not."""
    dims, sizes = variable.dims, variable.values.shape
    if dims[:2] == ("chain", "draw"):
        return sizes[:2]
    return sizes[:1] if dims[:1] and dims[0] in _LISTED else ()


def _by(sizes: tuple[int, ...]) -> str:
    return " x ".join(map(str, sizes))


def _name_of(key: str, variable: Variable, model: Model, spelled: Mapping[str, str]) -> str | None:
    """The constant that a variable holds, as the model writes it; None where it holds none."""
    labelled = [str(variable.attrs[a]) for a in ("long_name", "vensim_name") if a in variable.attrs]
    for text in (*labelled, key, spelled.get(key, "")):
        element, labels = find_element(model, text)
        if isinstance(element, Constant | Lookup):
            return element.name if labels is None else text
    return None


def _columns(
    name: str, variable: Variable, stored: Result, leading: int, where: str
) -> Iterable[tuple[str, Reals]]:
    """The columns of a variable: one, or one for each label of its other dimensions."""
    values = np.asarray(variable.values, float)
    flat = values.reshape(math.prod(values.shape[:leading]), *values.shape[leading:])
    dims = variable.dims[leading:]
    for place in np.ndindex(*flat.shape[1:]):
        labels = []
        for dim, k in zip(dims, place, strict=True):
            if dim not in stored.coords or stored.coords[dim].values.dtype.kind not in "OU":
                what = f"the dimension {dim} of {name} has no labels of the model"
                raise ExchangeError(Problem(where, what, "label it, or write a variable for each"))
            labels.append(str(stored.coords[dim].values[k]))
        base = split_name(name)[0] if labels else name
        yield (f"{base}[{','.join(labels)}]" if labels else name), flat[(slice(None), *place)]


# ---------------------------------------------------------------------- written


def design_result(
    draws: Draws, model: Model, attrs: Mapping[str, object], digits: int | None = None
) -> Result:
    """Draws as a flat result: the dimension `draw`, a variable for each constant, CF attributes.

    attrs: of the file, next to those of the draws; digits: keep so many significant digits, in
    the sense that the other bits of a number are zero, and so take no room when compressed.
    """
    taken: set[str] = {"draw", CHAIN}
    count = np.arange(len(draws.numbers), dtype=np.int32)
    coords = {"draw": Variable(("draw",), count, {"long_name": "number of the draw"})}
    variables: dict[str, Variable] = {}
    for name, values in zip(draws.names, draws.numbers.T, strict=True):
        own = snake(name)
        while own in taken:
            own += "_"
        taken.add(own)
        variables[own] = Variable(("draw",), _cut(values, digits), _described(name, draws, model))
    if draws.chain is not None:
        about = {"long_name": "chain of the draw", ROLE: CHAIN}
        variables[CHAIN] = Variable(("draw",), draws.chain.astype(np.int32), about)
    from simdistrict.base.version import version

    first = {
        "Conventions": CONVENTIONS,
        "title": f"draws of constants of the model {model.name}",
        MARK: version(),
        "model_name": model.name,
        "model_sha256": model.sha256,
    }
    kept = {**first, **draws.attrs, **attrs}
    return Result(coords, variables, {k: plain(v) for k, v in kept.items() if v != ""})


def write_design(
    path: Path,
    draws: Draws,
    model: Model,
    attrs: Mapping[str, object] | None = None,
    *,
    digits: int | None = None,
    force: bool = False,
) -> Path:
    """Write draws as `design.nc`, see `design_result`; compressed."""
    made = design_result(draws, model, attrs or {}, digits)
    return write_netcdf(made, path, force=force, packed=True)


def write_sample_tab(
    path: Path, names: Sequence[str], numbers: Reals, *, force: bool = False
) -> None:
    """Write draws as a file of Vensim's sensitivity method F."""
    write_text(path, sample_text(names, numbers), force=force)


def _described(name: str, draws: Draws, model: Model) -> dict[str, object]:
    element, _ = find_element(model, name)
    units = "" if element is None else element.units
    attrs: dict[str, object] = {"long_name": name, "units": udunits(units), "vensim_units": units}
    attrs |= {ROLE: CONSTANT}
    if name in draws.ess:
        attrs["ess_bulk"] = draws.ess[name]
    return attrs


def _cut(values: Reals, digits: int | None) -> Reals:
    """The numbers with the last bits of their mantissas zero."""
    if digits is None:
        return np.ascontiguousarray(values)
    bits = math.ceil(digits * math.log2(10)) + 1
    mantissa, power = np.frexp(values)
    return np.ldexp(np.round(mantissa * 2.0**bits) / 2.0**bits, power)
