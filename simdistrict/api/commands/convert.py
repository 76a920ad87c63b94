"""Files of one format as files of another, by their suffixes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from simdistrict.base.atomic import writable_target, write_text
from simdistrict.base.errors import Problem, UsageError
from simdistrict.base.kinds import foreign
from simdistrict.base.library import find_model
from simdistrict.exchange.models import read_model_file

DATA = (".nc", ".csv", ".tab", ".dat")
SCENARIOS = (".yaml", ".yml")
MODELS = (".mdl", ".xmile", ".stmx")


def convert(
    source: str,
    target: Path,
    *,
    scenario: str | None = None,
    sets: Sequence[str] = (),
    model: str | None = None,
    draws: int | None = None,
    digits: int | None = None,
    force: bool = False,
) -> tuple[str, ...]:
    """Convert a file; what is left out or changed on the way, one line each.

    scenario: to write into a model, or the run of a result file; model: of a .cin file, of
    results to write as .nc, or of draws; draws: the source is a file of draws, of which so many
    are written, with so many significant digits. Raises UsageError where no way leads from one
    suffix to the other.
    """
    if draws is not None:
        return _draws(Path(source), target, model, draws, digits, force)
    if digits is not None:
        raise UsageError(Problem("--digits", "it belongs to a file of draws", "add --draws N"))
    way = _way(source, target, scenario, sets, model, force)
    writable_target(target, force=force)
    return way() or ()


def _draws(
    source: Path, target: Path, model: str | None, draws: int, digits: int | None, force: bool
) -> tuple[str, ...]:
    from simdistrict.ensemble.draws_file import read_draws, write_design, write_sample_tab
    from simdistrict.run.plan import prepare

    if model is None or target.suffix.lower() not in (".nc", ".tab"):
        what = "draws are written as .nc or .tab, with the names of a model"
        raise UsageError(Problem(str(target), what, "add --model MODEL, name a .nc or .tab file"))
    writable_target(target, force=force)
    own = prepare(find_model(model)).model
    found = read_draws(source, own)
    some = found.thinned(draws)
    if target.suffix.lower() == ".nc":
        write_design(target, some, own, digits=digits, force=force)
    else:
        write_sample_tab(target, some.names, some.numbers, force=force)
    return (f"{draws} of {len(found.numbers)} draws of {len(found.names)} constants",)


def _way(
    source: str,
    target: Path,
    scenario: str | None,
    sets: Sequence[str],
    model: str | None,
    force: bool,
) -> Callable[[], tuple[str, ...] | None]:
    suffix, kind, path = target.suffix.lower(), Path(source).suffix.lower(), Path(source)
    if kind in ("", *MODELS) and suffix in MODELS:
        return lambda: _model(source, target, scenario, sets, force)
    if kind in ("", *SCENARIOS) and suffix == ".cin":
        return lambda: _cin(source, target, sets, force)
    if kind == ".cin" and suffix in SCENARIOS:
        if model is None:
            what = "a .cin file does not say which model it is for"
            raise UsageError(Problem(source, what, "add --model MODEL"))
        return lambda: _yaml(path, target, model, force)
    if kind in DATA and suffix in DATA[1:]:
        return lambda: _series(path, target, scenario, force)
    if kind in DATA[1:] and suffix == ".nc":
        return lambda: _result(path, target, model, force)
    if kind in (".vsc", ".voc") and suffix == ".csv":
        return lambda: _prior(path, target, force)
    other = foreign(source)
    what = f"{kind or source} cannot be converted to {suffix or target}"
    if other is not None:
        raise UsageError(Problem(source, f"{what}: {other.what}", other.hint))
    raise UsageError(Problem(source, what, "simdistrict convert --help lists what can"))


def _model(
    source: str, target: Path, scenario: str | None, sets: Sequence[str], force: bool
) -> tuple[str, ...]:
    from simdistrict.conversion.models import document_of, with_scenario

    path = find_model(source)
    document, notes = document_of(path)
    # refuse an invalid model even where nothing changes
    model = document.model
    if scenario is not None or sets:
        from simdistrict.scenario import bare_scenario, load_scenario, resolve

        written = bare_scenario(path) if scenario is None else load_scenario(scenario)
        document = with_scenario(document, resolve(written, model, sets))
    if target.suffix.lower() == ".mdl":
        document.write(target)
    else:
        from simdistrict.exchange.xmile.writer import write_xmile

        write_xmile(document.model, target, force=force)
    return tuple(notes)


def _cin(source: str, target: Path, sets: Sequence[str], force: bool) -> None:
    from simdistrict.conversion.changes import cin_text
    from simdistrict.scenario import load_scenario, model_path, resolve

    scenario = load_scenario(source)
    model = read_model_file(model_path(scenario))
    write_text(target, cin_text(resolve(scenario, model, sets), model, source), force=force)


def _yaml(source: Path, target: Path, model: str, force: bool) -> None:
    from simdistrict.conversion.changes import scenario_text

    path = find_model(model)
    write_text(target, scenario_text([source], read_model_file(path), path), force=force)


def _series(source: Path, target: Path, scenario: str | None, force: bool) -> None:
    from simdistrict.conversion.series import series_text

    write_text(target, series_text(source, target.suffix.lower(), scenario), force=force)


def _result(source: Path, target: Path, model: str | None, force: bool) -> None:
    from simdistrict.conversion.results import result_of_text
    from simdistrict.result.netcdf import write_netcdf

    known = read_model_file(find_model(model)) if model is not None else None
    write_netcdf(result_of_text(source, known), target, force=force)


def _prior(source: Path, target: Path, force: bool) -> None:
    from simdistrict.exchange.vensim.voc import read_voc
    from simdistrict.exchange.vensim.vsc import prior_text, read_vsc

    voc = source.suffix.lower() == ".voc"
    draws = read_voc(source) if voc else read_vsc(source).draws
    write_text(target, prior_text(draws), force=force)
