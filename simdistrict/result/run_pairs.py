"""The runs of two result files, in pairs: which run of one is compared with which of the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from simdistrict.base.counts import counted
from simdistrict.base.errors import ExchangeError, Problem, did_you_mean
from simdistrict.exchange.vensim.series import ElementSeries, SeriesFile

SHOWN = 5  # runs listed in a message
Records = Mapping[str, ElementSeries]


@dataclass(frozen=True, slots=True)
class RunName:
    """A run of a file; both are empty where the file does not say."""

    scenario: str = ""
    member: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.scenario, self.member)))


@dataclass(frozen=True, slots=True, eq=False)
class RunPair:
    """A run of each file; a, b: their series by key, without the run."""

    name_a: RunName
    name_b: RunName
    a: Records
    b: Records


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """All pairs; only_a, only_b: chosen runs that the other file lacks.

    chosen: runs were chosen, so that others are left out on purpose.
    """

    pairs: tuple[RunPair, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    chosen: bool

    @property
    def partial(self) -> bool:
        """Whether there may be runs that are not compared."""
        return self.chosen or bool(self.only_a or self.only_b)


@dataclass(frozen=True, slots=True)
class Choice:
    """The runs of one file to compare, by scenario and member; None is all of them."""

    scenario: str | None = None
    member: str | None = None


def paired(a: SeriesFile, b: SeriesFile, choice_a: Choice, choice_b: Choice) -> Pairing:
    """The runs of two files in pairs: one with one, several by scenario and member.

    Where a scenario (member) of each file is chosen, these are compared, whatever their names.
    Raises ExchangeError for a choice that a file does not have, and where no run is in both.
    """
    runs_a, runs_b = runs_of(a), runs_of(b)
    if choice_a == choice_b:
        choice_a, choice_b = (_applied(choice_a, *x) for x in ((runs_a, runs_b), (runs_b, runs_a)))
    left, right = _chosen(a, runs_a, choice_a), _chosen(b, runs_b, choice_b)
    chosen = choice_a != Choice() or choice_b != Choice()
    if len(left) == len(right) == 1:
        (name_a,), (name_b,) = left, right
        pair = RunPair(name_a, name_b, left[name_a], right[name_b])
        return Pairing((pair,), (), (), chosen)
    same_scenario = choice_a.scenario is None or choice_b.scenario is None
    same_member = choice_a.member is None or choice_b.member is None

    def key(name: RunName) -> RunName:
        return RunName(name.scenario * same_scenario, name.member * same_member)

    partners = {key(name): name for name in right}
    pairs = tuple(
        RunPair(name, partners[key(name)], records, right[partners[key(name)]])
        for name, records in left.items()
        if key(name) in partners
    )
    if not pairs:
        what = "the files have no run in common, so there is nothing to compare"
        hint = (
            f"the first has {_listed(left)}; the second has {_listed(right)}; choose one of each "
        )
        hint += "with --scenario or --member, given twice where the names differ"
        raise ExchangeError(Problem(f"{a.where} and {b.where}", what, hint))
    met = {key(pair.name_a) for pair in pairs}
    only_a, only_b = (tuple(str(n) for n in names if key(n) not in met) for names in (left, right))
    return Pairing(pairs, only_a, only_b, chosen)


def runs_of(series: SeriesFile) -> dict[RunName, Records]:
    """The series of each run of a file by key, in the order of the file.

    What does not depend on the run belongs to all runs.
    """
    records = {**series.records, **series.extra}
    own = str(series.attrs.get("scenario_name", ""))
    with_scenario = any(r.scenario for r in records.values())
    with_member = any(r.member for r in records.values())
    found: dict[RunName, dict[str, ElementSeries]] = {}
    shared: list[tuple[str, ElementSeries]] = []
    for key, record in records.items():
        is_shared = with_scenario > bool(record.scenario) or with_member > bool(record.member)
        if is_shared:
            shared.append((key, record))
            continue
        name = RunName(record.scenario or own, record.member)
        plain = key.removeprefix(f"{record.run}: ") if record.run else key
        found.setdefault(name, {})[plain] = record
    for key, record in shared:
        plain = key.removeprefix(f"{record.run}: ") if record.run else key
        for name, of_run in found.items():
            if record.scenario in ("", name.scenario) and record.member in ("", name.member):
                of_run.setdefault(plain, record)
    return {name: _plain(of_run) for name, of_run in found.items()}


def _plain(records: Records) -> Records:
    return {k: replace(r, scenario="", member="") if r.run else r for k, r in records.items()}


def _applied(choice: Choice, runs: Iterable[RunName], others: Iterable[RunName]) -> Choice:
    """One choice for both files, as it applies to a file that may name no runs, as tables do."""
    applied = {}
    for what in ("scenario", "member"):
        missing = any(getattr(n, what) for n in others) and not any(getattr(n, what) for n in runs)
        applied[what] = None if missing else getattr(choice, what)
    return Choice(**applied)


def _chosen(
    series: SeriesFile, runs: dict[RunName, Records], choice: Choice
) -> dict[RunName, Records]:
    """The chosen runs of a file."""
    if choice.scenario is not None:
        runs = _matching(series, runs, "scenario", choice.scenario)
    if choice.member is not None:
        runs = _matching(series, runs, "member", f"member {choice.member.removeprefix('member ')}")
    return runs


def _matching(
    series: SeriesFile, runs: dict[RunName, Records], what: str, wanted: str
) -> dict[RunName, Records]:
    matching = {name: own for name, own in runs.items() if getattr(name, what) == wanted}
    if matching:
        return matching
    known = list(dict.fromkeys(getattr(name, what) for name in runs))
    named = [name for name in known if name]
    text = f'no scenario "{wanted}"' if what == "scenario" else f"no {wanted}"
    hint = f"it has {_some(named)}" if named else f"it does not name its {what}s: leave it out"
    hint = " ".join(filter(None, (did_you_mean(wanted, named), hint)))
    raise ExchangeError(Problem(series.where, f"there is {text}", hint))


def _listed(runs: Mapping[RunName, Records]) -> str:
    names = [str(name) for name in runs]
    return _some(names) if any(names) else counted(len(names), "run without a name")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
