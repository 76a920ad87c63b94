"""Studies of regimes with the options of a command, and regimes of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from simdistrict.api.commands.ensemble import check_draws_alone, check_no_file
from simdistrict.base.errors import Problem, ScenarioError, UsageError
from simdistrict.base.library import find_study
from simdistrict.ensemble.drawing import MODEL, PRIOR, DrawsRequest, design_from_file
from simdistrict.ensemble.prior import prior_beside, prior_table, read_prior_file
from simdistrict.regimes.rules import Rule
from simdistrict.regimes.studies.detection import DetectionStudy
from simdistrict.regimes.studies.frozen_study import FrozenStudy
from simdistrict.regimes.studies.register import document, lines
from simdistrict.regimes.studies.register import studies_of as studies_of
from simdistrict.regimes.studies.study import Interval
from simdistrict.regimes.studies.study import Option as Option
from simdistrict.regimes.studies.study import RegimeStudy as RegimeStudy
from simdistrict.regimes.studies.study import WithOptions as WithOptions
from simdistrict.result.dataset import Result
from simdistrict.result.netcdf import check_netcdf_target, read_netcdf, write_netcdf
from simdistrict.run.plan import Plan, find, plans_for
from simdistrict.scenario import RunSettings
from simdistrict.tables import read_definition

S = TypeVar("S", bound=WithOptions)
DETECTION: type[WithOptions] = DetectionStudy


@dataclass(frozen=True, eq=False, slots=True)
class Studied:
    """The result of a study of regimes."""

    result: Result

    def lines(self) -> list[str]:
        """What was found, in sentences."""
        return list(lines(self.result))

    def document(self) -> dict[str, Any]:
        """What was found, for JSON."""
        return dict(document(self.result))


def options_of(kinds: Sequence[type[WithOptions]]) -> dict[str, Option]:
    """The options of some studies by field, those of all frozen ones last."""
    found = {name: option for kind in kinds for name, option in kind.options().items()}
    common = FrozenStudy.options()
    return {name: found[name] for name in sorted(found, key=lambda name: name in common)}


def study_of(kinds: Sequence[type[S]], given: Mapping[str, Any]) -> S:
    """The most special study whose options are all given.

    given: values by field; the ends of an interval as low and high. Raises UsageError for an
    option that is given too often, or not often enough.
    """
    values = {}
    for name, option in options_of(kinds).items():
        value = given[name]
        if value is None and option.required:
            continue
        if option.count > 1 and len(value) != option.count:
            hint = f"give {option.flag} {option.count} times"
            raise UsageError(Problem(option.flag, f"it is given {len(value)} times", hint))
        if option.ends:
            value = Interval(value, given["low"], given["high"])
        values[name] = option.made(value) if option.made else value
    (*_, kind) = (kind for kind in kinds if kind.options().keys() <= values.keys())
    own = kind.options()
    if lost := [
        o.flag for n, o in options_of(kinds).items() if o.required and n in values.keys() - own
    ]:
        first = kinds[0].options()
        chosen = next(o.flag for n, o in own.items() if o.required and n not in first)
        what = f"it does not go with {chosen}"
        raise UsageError(Problem(lost[0], what, "leave one of them out"))
    return kind(**{name: values[name] for name in kind.options()})


def study(
    kinds: Sequence[type[RegimeStudy]],
    scenarios: Sequence[str],
    given: Mapping[str, Any],
    *,
    sets: Sequence[str] = (),
    file: Path | None = None,
    force: bool = False,
) -> Studied:
    """Do a study of some scenarios or models, and write its result into a file.

    given: as of `study_of`; for a study of several scenarios also prior, design, rest,
    unconverged, workers and the fields of `RunSettings`. Nothing is computed where the file
    cannot be written.
    """
    if file is not None:
        check_netcdf_target(file, force=force)
    made = study_of(kinds, given)
    if made.several:
        made, plans = _over_prior(made, scenarios, sets, given)
    else:
        plans = plans_for(scenarios, sets)
    result = made.run(plans)
    if file is not None:
        write_netcdf(result, file, force=force)
    return Studied(result)


def _over_prior(
    made: RegimeStudy, scenarios: Sequence[str], sets: Sequence[str], given: Mapping[str, Any]
) -> tuple[RegimeStudy, list[Plan]]:
    """A study of several scenarios with its prior, and the scenarios."""
    names = {f.name for f in fields(RunSettings)}
    steps = {name: value for name, value in given.items() if name in names}
    plans = plans_for(scenarios, sets, RunSettings(**steps), "native")
    more: dict[str, Any] = {"workers": given["workers"]}
    if given["design"] is not None:
        more |= _from_file(made, given, plans, scenarios[0])
    else:
        check_no_file(given["rest"], unconverged=given["unconverged"])
        path = given["prior"] or prior_beside(find(scenarios[0])[1])
        more |= {"prior": read_prior_file(path), "prior_name": str(path)}
    return replace(made, **more), plans


def _from_file(
    made: RegimeStudy, given: Mapping[str, Any], plans: Sequence[Plan], scenario: str
) -> dict[str, Any]:
    """The design of a file of draws for a study, and the number of its members."""
    rest, prior = given["rest"], given["prior"]
    if rest != PRIOR:
        check_draws_alone(prior=prior, seed=given["seed"] or None)
    asked = DrawsRequest(
        given["design"], given["members"], rest or MODEL, given["seed"], given["unconverged"]
    )
    found = design_from_file(
        asked, plans[0].prepared, lambda: prior_table(prior or prior_beside(find(scenario)[1]))
    )
    return {"given": found, "members": found.members}


@dataclass(frozen=True, eq=False, slots=True)
class Detected:
    """The regimes of the runs of a file, with their shifts."""

    detection: DetectionStudy
    found: dict[str, Any]

    def lines(self) -> list[str]:
        """What was found, in sentences."""
        return list(self.detection.lines(self.found))


def detect(file: Path, given: Mapping[str, Any], model: str | None = None) -> Detected:
    """Find the regimes of the runs in a result file; model: the study whose rules hold.

    Raises UsageError where rules are given and a study, or neither.
    """
    detection = study_of([DetectionStudy], given)
    if bool(detection.rules) == (model is not None):
        hint = "give the rules of regimes, by --study MODEL or by --rule"
        raise UsageError(Problem(str(file), "the rules are not given, or given twice", hint))
    if model is not None:
        detection = replace(detection, rules=_rules_of(model))
    return Detected(detection, detection.run(read_netcdf(file), str(file)))


def _rules_of(model: str) -> tuple[Rule, ...]:
    """The rules of a study, of which nothing is run."""
    definition = read_definition(find_study(model))
    if not definition.rules:
        hint = "write rules under `regimes:`, or give them with --rule"
        raise ScenarioError(Problem(definition.where, "the study has no rules of regimes", hint))
    return definition.rules
