"""Locations of the shipped models, scenarios and the example; how a name becomes a file.

In a wheel they are inside the package, in a checkout next to it. Files are read only to compare
two of the same name.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from simdistrict.base.errors import (
    ModelError,
    Problem,
    ScenarioError,
    SimdistrictError,
    nearest,
)
from simdistrict.base.inputs import digest
from simdistrict.base.kinds import foreign
from simdistrict.base.outside import check_inside

PACKAGE = Path(__file__).resolve().parents[1]
MODEL_SUFFIXES = (".mdl", ".xmile", ".stmx", ".itmx", ".xml")
SCENARIO_SUFFIXES = (".yaml", ".yml")
# subfolders of a folder of scenarios: shared parts, and test scenarios
PARTS, PROBES = "parts", "probes"
STUDY_FILE = "study.yaml"

log = logging.getLogger(__name__)


def models() -> dict[str, Path]:
    """Shipped models by name, sorted."""
    folder = _shipped("models")
    found = {f.name: f / f"{f.name}.mdl" for f in folder.iterdir()} if folder.is_dir() else {}
    return {name: found[name] for name in sorted(found) if found[name].is_file()}


def scenarios() -> dict[str, Path]:
    """Scenarios by name, sorted; those in ./scenarios override shipped ones."""
    found = {**_scenarios_in(_shipped("scenarios")), **_scenarios_in(_local())}
    return {name: found[name] for name in sorted(found)}


def parts() -> dict[str, Path]:
    """Parts that scenarios share, by name, sorted; those in ./scenarios override shipped ones."""
    found = {**_yaml_in(_shipped("scenarios") / PARTS), **_yaml_in(_local() / PARTS)}
    return {name: found[name] for name in sorted(found)}


def example_project() -> Path:
    """The folder that `simdistrict new` copies."""
    return _shipped("example")


def find_model(name: str, near: Path | None = None) -> Path:
    """The file of a model, by a shipped name or by path.

    near: the folder that a relative path starts from; None is the current directory.
    Raises ModelError with the nearest names where there is no such model.
    """
    other = foreign(name)
    if other is not None:
        raise ModelError(other)
    if not _is_path(name, MODEL_SUFFIXES):
        shipped = models()
        if name in shipped:
            return shipped[name]
        beside = {f.name for s in MODEL_SUFFIXES for f in _files(near or Path(), s)}
        raise ModelError(_no_such("model", name, [*shipped, *sorted(beside)]))
    path = _joined(name, near, ModelError)
    if path.suffix.lower() not in MODEL_SUFFIXES:
        what = f"a model file ends in {', '.join(MODEL_SUFFIXES[:-1])} or {MODEL_SUFFIXES[-1]}"
        raise ModelError(Problem(shown(path), what, _inside(path, MODEL_SUFFIXES)))
    if not _is_file(path):
        raise ModelError(_no_file(path, MODEL_SUFFIXES, list(models())))
    return path


def find_scenario(name: str, near: Path | None = None) -> Path:
    """The file of a scenario, by name or by path.

    near: the folder that a relative path starts from, and that is searched first for a name;
    ./scenarios and the shipped scenarios follow, each with its subfolder probes. A file in
    ./scenarios overrides a different shipped one of the same name, with a warning.
    Raises ScenarioError with the nearest names where there is no such scenario.
    """
    siblings = {} if near is None else _scenarios_in(near)
    local, shipped = _scenarios_in(_local()), _scenarios_in(_shipped("scenarios"))
    return _found("scenario", name, near, (siblings, local, shipped))


def find_part(name: str, near: Path | None = None) -> Path:
    """The file of a part that scenarios share, by name or by path.

    A name is searched in the subfolder parts/ of near, ./scenarios and the shipped scenarios;
    otherwise as `find_scenario`.
    """
    siblings = {} if near is None else _yaml_in(near / PARTS)
    local, shipped = _yaml_in(_local() / PARTS), _yaml_in(_shipped("scenarios") / PARTS)
    return _found("part", name, near, (siblings, local, shipped))


def _found(
    kind: str,
    name: str,
    near: Path | None,
    folders: tuple[dict[str, Path], dict[str, Path], dict[str, Path]],
) -> Path:
    """A scenario or part by path, or by name in the first of the folders that has it."""
    siblings, local, shipped = folders
    other = foreign(name)
    if other is not None:
        raise ScenarioError(other)
    known = {**shipped, **local, **siblings}
    if not _is_path(name, SCENARIO_SUFFIXES):
        if name not in known:
            raise ScenarioError(_no_such(kind, name, list(known)))
        if name in siblings and near is not None:
            check_inside(siblings[name].absolute(), near, name, ScenarioError)
        if name in siblings or name not in local:
            return known[name]
        if name in shipped and digest(local[name]) != digest(shipped[name]):
            log.warning("%s is used, not the shipped %s of that name", local[name], kind)
        return local[name]
    path = _joined(name, near, ScenarioError)
    if path.suffix.lower() not in SCENARIO_SUFFIXES:
        what = f"a {kind} file ends in .yaml or .yml"
        raise ScenarioError(Problem(shown(path), what, _inside(path, SCENARIO_SUFFIXES)))
    if not _is_file(path):
        raise ScenarioError(_no_file(path, SCENARIO_SUFFIXES, sorted(known)))
    return path


def study_beside(model: Path) -> Path | None:
    """The study file of a model: `study/study.yaml` next to it; None where it has none."""
    path = model.parent / "study" / STUDY_FILE
    if not path.is_file():
        return None
    check_inside(path.relative_to(model.parent), model.parent, shown(path), ScenarioError)
    return path


def find_study(name: str = "") -> Path:
    """The study file that a user names: by its model, its path or its folder.

    Without a name, the study of the current folder, else of the one shipped model with a study.
    Raises ScenarioError if there is no such file.
    """
    if not name:
        here = study_beside(Path("model"))
        shipped = [p for p in map(study_beside, models().values()) if p is not None]
        if here is None and len(shipped) != 1:
            what = "there is no study in this folder"
            raise ScenarioError(Problem("study", what, "name a model, or a study file"))
        return here or shipped[0]
    path = Path(name)
    if path.name == STUDY_FILE and path.is_file():
        return path
    if (path / STUDY_FILE).is_file():
        return path / STUDY_FILE
    model = find_model(name)
    found = study_beside(model)
    if found is None:
        hint = f"write {shown(model.parent / 'study' / STUDY_FILE)}"
        raise ScenarioError(Problem(shown(model), "the model has no study", hint))
    return found


def study_arguments(path: Path) -> list[str]:
    """What a user types for a study file before the names of tables: nothing for the default."""
    try:
        default = find_study()
    except SimdistrictError:
        return [shown(path)]
    return [] if path.resolve() == default.resolve() else [shown(path)]


def model_argument(path: Path) -> str:
    """What a user types for a model file: its shipped name, else its path."""
    return path.stem if models().get(path.stem) == path else shown(path)


def shown(path: Path) -> str:
    """A path for messages: relative where it is below the current directory."""
    if not path.is_absolute():
        return os.path.normpath(path)
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _shipped(kind: str) -> Path:
    inside = PACKAGE / kind
    return inside if inside.is_dir() else PACKAGE.parent / kind


def _local() -> Path:
    return Path("scenarios")


def _scenarios_in(folder: Path) -> dict[str, Path]:
    """Scenarios of a folder and its subfolder probes; the folder itself wins."""
    return {**_yaml_in(folder / PROBES), **_yaml_in(folder)}


def _yaml_in(folder: Path) -> dict[str, Path]:
    # .yaml after .yml, so that it wins where both exist
    files = [f for s in reversed(SCENARIO_SUFFIXES) for f in _files(folder, s)]
    return {f.stem: f for f in files}


def _files(folder: Path, suffix: str) -> list[Path]:
    try:
        return sorted(f for f in folder.glob(f"*{suffix}") if f.is_file())
    except OSError:
        return []


def _is_path(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a name is a path; a bare word never is, even where a folder has that name."""
    separators = [s for s in (os.sep, os.altsep, "/") if s]
    return name.lower().endswith(suffixes) or any(s in name for s in separators)


def _joined(name: str, near: Path | None, error: type[SimdistrictError]) -> Path:
    """A path from a folder; near: of the file that names it, None for one that a user names."""
    path = Path(name).expanduser() if name.startswith("~") else Path(name)
    if near is None:
        return path
    check_inside(path, near, name, error)
    return near / path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # too long for the file system, or with a NUL
        return False


def _no_such(kind: str, name: str, names: list[str]) -> Problem:
    near = nearest(name, names)
    own = MODEL_SUFFIXES if kind == "model" else SCENARIO_SUFFIXES
    # a model may stand where a scenario is expected
    taken = (*own, *MODEL_SUFFIXES) if kind == "scenario" else own
    beside = [f for f in map(name.__add__, taken) if _is_file(Path(f))]
    hint = f"did you mean {' or '.join(beside or near)}? " if beside or near else ""
    hint += f"(simdistrict list {kind}s shows all; a path ends in {own[0]})"
    return Problem(f"{kind} {name}", f'there is no {kind} called "{name}"', hint)


def _no_file(path: Path, suffixes: tuple[str, ...], names: list[str]) -> Problem:
    if os.path.isdir(path):
        return Problem(shown(path), "this is a folder, not a file")
    beside = [f.name for s in suffixes for f in _files(path.parent, s)]
    near = nearest(path.name, [*beside, *names])
    if not near:
        near = nearest(path.stem, names)
    hint = f"did you mean {' or '.join(near)}?" if near else ""
    return Problem(shown(path), "there is no such file", hint)


def _inside(folder: Path, suffixes: tuple[str, ...]) -> str:
    """A hint with the files in a folder; empty where it has none."""
    names = [shown(f) for s in suffixes for f in _files(folder, s)]
    return f"did you mean {' or '.join(names[:3])}?" if names else ""
