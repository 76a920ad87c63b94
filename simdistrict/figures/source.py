"""What is drawn: results in memory or in files, of which only the drawn variables are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simdistrict.base.errors import ExchangeError, Problem, ScenarioError, did_you_mean
from simdistrict.model.expr import fold
from simdistrict.result.dataset import Result, Variable
from simdistrict.result.opening import read_result
from simdistrict.scenario import Scenario, scenario_from_text
from simdistrict.scenario.places import split_name


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A result. where: its name in messages; about: variable -> attributes; read: some of them."""

    where: str
    attrs: Mapping[str, object]
    about: Mapping[str, Mapping[str, object]]
    coords: Mapping[str, Variable]
    read: Callable[[Collection[str]], Mapping[str, Variable]]

    def variable(self, name: str) -> str | None:
        """The variable of an element; also by its name in the file."""
        key = fold(name)
        for own, attrs in self.about.items():
            if fold(str(attrs.get("vensim_name", ""))) == key:
                return own
        return name if name in self.about else None

    @property
    def elements(self) -> list[str]:
        """The names of what can be drawn."""
        return [str(a["vensim_name"]) for a in self.about.values() if "vensim_name" in a]

    @property
    def is_ensemble(self) -> bool:
        """Whether it holds members, or statistics of them; one chosen member is a run."""
        alone = "member" in self.about
        return "member" in self.coords or ("members" in self.attrs and not alone)

    def scenarios(self) -> list[Scenario]:
        """The scenarios that the result records; none where it records no such text."""
        recorded = str(self.attrs.get("scenario_yaml", ""))
        texts = [text for text in recorded.split("---\n") if text.strip()]
        return [scenario_from_text(text, self.where) for text in texts]


def sources_of(data: object) -> list[Source]:
    """One source per Dataset or path. Raises ExchangeError for anything else, and for no data."""
    several = isinstance(data, Sequence) and not isinstance(data, str)
    listed: list[Any] = list(data) if several and isinstance(data, Sequence) else [data]
    if not listed:
        raise ExchangeError(Problem("data", "there is nothing to draw", "give a result"))
    return [_source(one, number) for number, one in enumerate(listed, 1)]


def _source(data: Any, number: int) -> Source:
    if isinstance(data, str | Path):
        return _file(Path(data))
    if isinstance(data, Result):
        attrs = {name: v.attrs for name, v in data.variables.items()}
        variables = data.variables
        return Source("result", data.attrs, attrs, data.coords, lambda _: variables)
    if not (hasattr(data, "data_vars") and hasattr(data, "coords")):
        what = f"{type(data).__name__} is no kind of result"
        hint = "give an xarray.Dataset that simdistrict made, or the path of such a file"
        raise ExchangeError(Problem(f"data {number}", what, hint))
    return _dataset(data, f"dataset {number}")


def _dataset(data: Any, where: str) -> Source:
    """A Dataset, known by what it offers, so that xarray need not be imported."""

    def variable(name: str) -> Variable:
        array = data[name]
        return Variable(tuple(map(str, array.dims)), np.asarray(array.values), array.attrs)

    coords = {str(name): variable(str(name)) for name in data.coords if name in data.dims}
    own = [str(name) for name in data.variables if name not in coords]
    about = {name: dict(data[name].attrs) for name in own}
    attrs = {str(key): value for key, value in data.attrs.items()}
    return Source(where, attrs, about, coords, lambda names: {n: variable(n) for n in names})


def _file(path: Path) -> Source:
    about: dict[str, Mapping[str, object]] = {}

    def noted(name: str, attrs: Mapping[str, object]) -> bool:
        about[name] = dict(attrs)
        return False

    def read(names: Collection[str]) -> Mapping[str, Variable]:
        return read_result(path, lambda name, _: name in names).variables

    head = read_result(path, noted)
    return Source(str(path), head.attrs, about, head.coords, read)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One scenario of one source. position: along the dimension `scenario`; None without one."""

    name: str
    title: str
    source: Source
    position: int | None

    @property
    def times(self) -> Any:
        """The saved times; none in a result without any."""
        axis = self.source.coords.get("time")
        return np.asarray([] if axis is None else axis.values, float)


def runs_of(sources: Sequence[Source]) -> list[Run]:
    """Every scenario of every source, with names that differ."""
    found: list[Run] = []
    for source in sources:
        axis = source.coords.get("scenario")
        if axis is None:
            name = str(source.attrs.get("scenario_name", "") or Path(source.where).stem)
            title = next((s.title for s in source.scenarios()), "")
            found.append(Run(name, title, source, None))
            continue
        titles: Any = [""] * len(axis.values)
        if "scenario_title" in source.about:
            titles = source.read(["scenario_title"])["scenario_title"].values
        pairs = zip(axis.values, titles, strict=True)
        found += [Run(str(n), str(t), source, k) for k, (n, t) in enumerate(pairs)]
    counts = [run.name for run in found]
    return [
        run if counts.count(run.name) == 1 else _renamed(run, counts[:k].count(run.name))
        for k, run in enumerate(found)
    ]


def _renamed(run: Run, earlier: int) -> Run:
    """A run whose name another file has too: with the name of its file."""
    stem = Path(run.source.where).stem
    words = stem if stem and stem != run.name else f"{run.name} {earlier + 1}"
    title = f"{run.title or run.name} ({words})"
    return Run(f"{run.name} ({words})", title, run.source, run.position)


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """An element, or a part of it, in all runs.

    unit: as the model writes it. dims: its dimensions; labels: those of each dimension that are
    drawn. blocks: run name -> array of shape ([members,] times, *labels).
    """

    name: str
    unit: str
    comment: str
    dims: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    blocks: Mapping[str, Any]
    constant: bool = False

    def cells(self) -> Iterator[tuple[tuple[int, ...], str]]:
        """Every place in the array of labels, with its name."""
        for place in np.ndindex(*map(len, self.labels)):
            words = [names[k] for names, k in zip(self.labels, place, strict=True)]
            yield place, ", ".join(words)

    def of(self, run: str, place: tuple[int, ...]) -> Any:
        """The series of a run at a place: ([members,] times)."""
        return self.blocks[run][(..., *place)]


def quantities(runs: Sequence[Run], names: Sequence[str]) -> list[Quantity]:
    """Named elements in all runs. Raises ScenarioError with every name that a run lacks."""
    problems = [p for name in names for p in _missing(runs, name)]
    if problems:
        raise ScenarioError(list(dict.fromkeys(problems)))
    return [_quantity(runs, name) for name in names]


def element_of(source: Source, name: str) -> tuple[str | None, tuple[str, ...] | None]:
    """The variable that a written name means, and the labels written with it."""
    whole = source.variable(name)
    if whole is not None:
        return whole, None
    base, labels = split_name(name)
    return source.variable(base), labels


def _missing(runs: Sequence[Run], name: str) -> Iterator[Problem]:
    for run in runs:
        found, _ = element_of(run.source, name)
        if found is None:
            hint = did_you_mean(split_name(name)[0], run.source.elements)
            what = f'it does not hold "{name}"'
            yield Problem(run.source.where, what, hint or "see its variables with sd.open(...)")


def _quantity(runs: Sequence[Run], name: str) -> Quantity:
    blocks: dict[str, Any] = {}
    first: tuple[tuple[str, ...], tuple[tuple[str, ...], ...]] | None = None
    constant, read = True, dict[int, Variable]()
    for run in runs:
        own, labels = element_of(run.source, name)
        assert own is not None
        if id(run.source) not in read:
            read[id(run.source)] = run.source.read([own])[own]
        variable = read[id(run.source)]
        constant = constant and "time" not in variable.dims
        dims, taken, values = _block(run, variable, labels, name)
        if first is not None and (dims, taken) != first:
            what = f'the labels of "{name}" are others than in {runs[0].source.where}'
            raise ScenarioError(Problem(run.source.where, what, "draw them separately"))
        first, blocks[run.name] = (dims, taken), values
    source = runs[0].source
    own, _ = element_of(source, name)
    attrs = source.about[own or ""]
    known = attrs.get("vensim_name") or attrs.get("long_name") or own
    assert first is not None
    return Quantity(
        " ".join(str(known).split()),
        str(attrs.get("vensim_units", "") or attrs.get("units", "")),
        str(attrs.get("comment", "")),
        *first,
        blocks,
        constant,
    )


def _block(
    run: Run, variable: Variable, written: tuple[str, ...] | None, name: str
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], Any]:
    """Dimensions, labels and numbers of a run: ([members,] times, *labels)."""
    values, dims = np.asarray(variable.values), list(variable.dims)
    if values.dtype.kind not in "ifb":
        raise ScenarioError(Problem(run.source.where, f'"{name}" holds no numbers'))
    if "scenario" in dims and run.position is not None:
        values = np.moveaxis(values, dims.index("scenario"), 0)[run.position]
        dims.remove("scenario")
    values = values.astype(float, copy=False)
    own = [dim for dim in dims if dim not in ("member", "time")]
    if "time" not in dims:
        values, dims = values[..., np.newaxis], [*dims, "time"]
        values = np.repeat(values, max(len(run.times), 1), axis=-1)
    lead = ["member", "time"] if "member" in dims else ["time"]
    values = values.transpose([dims.index(dim) for dim in (*lead, *own)])
    if np.isinf(values).any():
        values = np.where(np.isinf(values), np.nan, values)
    known = [
        _labels(run.source, dim, n) for dim, n in zip(own, values.shape[len(lead) :], strict=True)
    ]
    chosen = _chosen(run, own, known, written, name)
    for axis, places in enumerate(chosen, len(lead)):
        values = values.take(places, axis=axis)
    taken = tuple(tuple(k[p] for p in ps) for k, ps in zip(known, chosen, strict=True))
    return tuple(own), taken, values


def _labels(source: Source, dim: str, length: int) -> tuple[str, ...]:
    axis = source.coords.get(dim)
    if axis is None:
        return tuple(str(k) for k in range(1, length + 1))
    return tuple(" ".join(str(v).split()) for v in axis.values)


def _chosen(
    run: Run,
    dims: Sequence[str],
    known: Sequence[tuple[str, ...]],
    written: tuple[str, ...] | None,
    name: str,
) -> list[list[int]]:
    """The positions of the labels that are written with a name: all where none are."""
    if written is None:
        return [list(range(len(labels))) for labels in known]
    if len(written) != len(dims):
        what = f'"{name}" needs {len(dims)} labels, one for each of {", ".join(dims) or "none"}'
        raise ScenarioError(Problem(run.source.where, what))
    found = []
    for label, dim, labels in zip(written, dims, known, strict=True):
        folded = [fold(one) for one in labels]
        if fold(label) == fold(dim):
            found.append(list(range(len(labels))))
        elif fold(label) in folded:
            found.append([folded.index(fold(label))])
        else:
            hint = did_you_mean(label, labels) or f"it has {', '.join(labels[:6])}"
            what = f'"{name}": {dim} has no label "{label}"'
            raise ScenarioError(Problem(run.source.where, what, hint))
    return found
