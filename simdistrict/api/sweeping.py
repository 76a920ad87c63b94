"""Many runs of a loaded model: ensembles and the sensitivity of what they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simdistrict.api.builder import ScenarioBuilder
from simdistrict.api.given import settings_of, times_text, whole, whole_or_none
from simdistrict.api.plans import Planning
from simdistrict.api.running import saved_text
from simdistrict.api.wording import in_python
from simdistrict.base.progress import Progress, ticking

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from simdistrict.api.designs import FromFile
    from simdistrict.ensemble.drawing import Drawing
    from simdistrict.ensemble.members import Ensemble
    from simdistrict.run.plan import Plan
    from simdistrict.sensitivity.sample import Sample

MEMBERS = 1000
# of a method without blocks, the number of members; of one with blocks, that of blocks
_USUAL = {"sobol": 64, "morris": 20}
_DESIGNS = {"sobol": "saltelli", "morris": "morris", "pawn": "lhs", "prim": "lhs"}

OneScenario = str | Path | ScenarioBuilder | None
Scenarios = OneScenario | Sequence[OneScenario]
Saved = str | Sequence[str] | None


class Sweeping(Planning):
    """What a loaded model runs many times."""

    @in_python
    def ensemble(
        self,
        scenario: Scenarios = None,
        *,
        members: int | None = None,
        blocks: int | None = None,
        seed: int | None = None,
        method: Literal["lhs", "sobol", "random", "saltelli", "morris"] | None = None,
        order: int = 1,
        levels: int = 4,
        prior: str | Path | Mapping[str, Any] | pd.DataFrame | None = None,
        design: str | Path | Mapping[str, Any] | pd.DataFrame | xr.DataArray | None = None,
        rest: Literal["model", "prior"] | None = None,
        unconverged: bool = False,
        params: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
        save: Saved = None,
        times: str | Sequence[float] = "final",
        reduce: str | Sequence[str] = (),
        initial_time: float | None = None,
        final_time: float | None = None,
        time_step: float | None = None,
        save_step: float | None = None,
        integrator: str | None = None,
        rtol: float | None = None,
        atol: float | None = None,
        backend: str = "auto",
        fast: bool = False,
        workers: int | None = None,
        scheduler: str | None = None,
        chunk: int | None = None,
        to: str | Path | None = None,
        resume: bool = False,
        force: bool = False,
        strict: bool = False,
        progress: Progress = None,
    ) -> xr.Dataset:
        """Run many members of one or several scenarios, each with other values of constants.

        scenario: as of `run`; a list of them shares the draws, along the dimension `scenario`.
        What a scenario or `params` sets is not drawn. The result is that of `simdistrict
        ensemble`: elements with the dimensions member, time and their own; `design` (member,
        sampled), each number in its own unit; `outcome` of each member, NaN after it failed.

        members: default 1000; blocks: instead, of the methods saltelli and morris; seed: default
        0; method: `lhs` (default), `sobol`, `random`; `saltelli` of an `order` and `morris` with
        `levels` are for the methods sobol and morris of `sensitivity`.
        prior: a file (.csv, or a Vensim control .vsc), a DataFrame with the columns element,
        label, value, low, high, distribution, or a mapping of a constant, `"NAME[LABEL]"` for
        part of it, to (low, high) or to a mapping of these columns; default: data/parameters.csv
        in the model's folder.
        design: in place of a prior, numbers drawn elsewhere: a DataFrame with a column per
        constant and a row per member; a DataArray, member x names; a mapping of arrays; a file:
        the posterior.nc or design.nc of `infer`, another NetCDF file of ArviZ, CSV, or Vensim's
        .tab. The result records the numbers, so that `rerun` repeats it. Of a file, `members`
        takes so many, evenly spaced; `rest="prior"` draws constants that it lacks from the prior,
        with `seed`, in place of leaving them as in the model; `unconverged=True` takes a
        posterior whose chains have not converged.
        save: names, `"all"`, `"stocks"` or `"indicators"`; default: what the scenarios report,
        else the stocks; times: `"final"`, `"all"` or times of the grid; reduce: `max`, `min`,
        `mean`, `time_of_max`, `time_of_min` over the run, as variables NAME_max and so on.
        backend: `native` or `cuda`; fast: powers accurate to 1 ulp; workers: cores, default all;
        scheduler: address of a Dask cluster that runs the members; chunk: members per chunk.
        to: a file .nc or .zarr that is written in chunks and opened, see `open`; resume: continue
        an interrupted call; force: replace another program's file. progress: None for a bar in a
        notebook or terminal, False, or a function of (done, members).

        Raises ScenarioError for invalid names and values, EngineError for settings that do not
        fit together or where the result does not fit into memory, ExchangeError for files.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> prior = {"tariff": (0, 2), "cost ratio": (1.1, 1.5)}
        >>> ens = m.ensemble(members=50, prior=prior, save="home experience")
        >>> dict(ens.sizes)
        {'member': 50, 'sampled': 2, 'time': 1}
        """
        from simdistrict.api.designs import FromFile

        settings = settings_of(
            initial_time, final_time, time_step, save_step, integrator, rtol, atol
        )
        how: dict[str, Any] = {"params": params, "initial": initial, "settings": settings}
        plans = self._plans(scenario, backend="native", strict=strict, **how)
        drawing = drawing_of(members, blocks, seed, method, order, levels)
        kept: dict[str, Any] = {"times": times_text(times), "reduce": _joined(reduce)}
        kept |= {"save": None if save is None else saved_text(self, save)}
        kept |= {"backend": backend, "fast": fast, "chunk": whole_or_none(chunk, "chunk", 1)}
        file = FromFile(rest, unconverged)
        made = self._ensemble(plans, drawing, prior, design, file, strict=strict, **kept)
        running = _Running(whole_or_none(workers, "workers", 1), scheduler, progress)
        if to is None:
            return running.in_memory(made)
        return running.written(made, Path(to), resume=resume, force=force)

    def _ensemble(
        self,
        plans: Sequence[Plan],
        drawing: Drawing,
        prior: Any,
        design: Any,
        file: FromFile,
        *,
        strict: bool,
        **how: Any,
    ) -> Ensemble:
        """The ensemble over a prior, or over a design."""
        from simdistrict.api.designs import prior_of
        from simdistrict.ensemble.drawing import drawn_ensemble
        from simdistrict.ensemble.members import ensemble_over

        prepared = plans[0].prepared
        table = None if design is not None else prior_of(prior, prepared, self._path)
        if table is not None and table.draws is not None:
            design, prior, table = table.draws, None, None
        if table is None:
            read = partial(prior_of, prior, prepared, self._path)
            found = file.design(design, drawing, prior, prepared, read, strict=strict)
            return ensemble_over(plans, found, **how)
        file.check_unused()
        drawing = drawing.over(table)
        if drawing.members is None and drawing.blocks is None:
            drawing = replace(drawing, members=MEMBERS)
        return drawn_ensemble(plans, table, drawing, strict=strict, **how)

    @in_python
    def sensitivity(
        self,
        data: OneScenario | xr.Dataset = None,
        *,
        indicator: str,
        method: Literal["sobol", "morris", "pawn", "prim"] = "sobol",
        at: float | None = None,
        over: str | None = None,
        scenario: str | None = None,
        members: int | None = None,
        blocks: int | None = None,
        seed: int | None = None,
        order: int = 1,
        levels: int = 4,
        prior: str | Path | Mapping[str, Any] | pd.DataFrame | None = None,
        design: str | Path | Mapping[str, Any] | pd.DataFrame | xr.DataArray | None = None,
        rest: Literal["model", "prior"] | None = None,
        unconverged: bool = False,
        params: Mapping[str, Any] | None = None,
        workers: int | None = None,
        resamples: int = 100,
        resampling_seed: int = 0,
        slides: int = 10,
        above: float | None = None,
        below: float | None = None,
        boxes: int = 1,
        density: float = 0.8,
        mass: float = 0.05,
        peel: float = 0.05,
        paste: float = 0.05,
        chance: float = 1.0,
        progress: Progress = None,
    ) -> xr.Dataset:
        """Which uncertain constants matter for an indicator, with 95% intervals.

        data: an ensemble, as a Dataset or a file; or a scenario, as of `run`, of which an
        ensemble is run: `members` of pawn and prim, default 1000; `blocks` of sobol, default 64,
        and morris, default 20. prior, design, params, seed, order, levels, workers and progress
        are those of `ensemble`.
        indicator: an element, with its labels: `"output[north]"`. at: its time, default the last;
        over: instead, a reduction over the run, such as `max`; scenario: the one to analyse where
        the ensemble has several.
        method: `sobol` (shares of the variance: total and first, for order 2 also second) and
        `morris` (elementary effects: mu_star, mu, sigma) need an ensemble of the method saltelli
        or morris; `pawn` (median and maximum distances of distributions within `slides`) and
        `prim` (boxes of numbers in which the indicator is `above` and `below` thresholds) need
        draws without blocks. resamples, resampling_seed: of the bootstrap.

        The result is that of `simdistrict sensitivity`: each index and the ends of its interval,
        NAME_low and NAME_high, over the dimension `sampled`; of prim, limits over (box, sampled).
        Failed members are left out with their block, and counted in the attributes. Raises
        ScenarioError for a name that the ensemble lacks, a design that does not fit the method,
        an ensemble of another model, and one that was cut or shuffled (pawn and prim take any
        of its members); EngineError where SALib is not installed.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> prior = {"tariff": (0, 2), "cost ratio": (1.1, 1.5)}
        >>> tab = m.sensitivity(indicator="home experience", prior=prior, method="morris")
        >>> list(tab["sampled"].values), tab["mu_star"].shape
        (['tariff', 'cost ratio'], (2,))
        """
        from simdistrict.result.dataset import to_xarray
        from simdistrict.sensitivity.analysis import AnalysisSettings, analysed, check_method
        from simdistrict.sensitivity.prim import Choices
        from simdistrict.sensitivity.table import result_of

        check_method(method)
        choices = Choices(peel, paste, mass, density, whole(boxes, "boxes"), chance)
        settings = AnalysisSettings(
            whole(resamples, "resamples"),
            whole(resampling_seed, "resampling_seed"),
            whole(slides, "slides"),
            above,
            below,
            choices,
        )
        if not _is_ensemble(data):
            drawn: dict[str, Any] = {"members": members, "blocks": blocks, "prior": prior}
            drawn |= {"design": design, "seed": seed, "order": order, "levels": levels}
            drawn |= {"params": params, "workers": workers, "progress": progress}
            data = self._drawn_for(method, data, indicator, at, over, drawn)
        sample = _sample(data, indicator, at, over, scenario)
        self._check_own(sample)
        return to_xarray(result_of(analysed(sample, method, settings)))

    def _check_own(self, sample: Sample) -> None:
        """Raise ScenarioError where the ensemble is another model's."""
        from simdistrict.base.errors import Problem, ScenarioError

        own, other = self._prepared.model, str(sample.origin.get("model_name", ""))
        if sample.origin.get("model_sha256") == own.sha256:
            return
        what = f"it is an ensemble of the model {other}, not of {own.name}"
        if other == own.name:
            what = f"it is an ensemble of another version of the model {own.name}"
        hint = "load the model that it was made with, or make it again"
        raise ScenarioError(Problem("data", what, hint))

    def _drawn_for(
        self,
        method: str,
        scenario: Any,
        indicator: str,
        at: float | None,
        over: str | None,
        drawn: dict[str, Any],
    ) -> xr.Dataset:
        """The ensemble that an analysis needs."""
        from simdistrict.scenario.places import find_element

        if drawn["design"] is None:
            drawn["method"] = _DESIGNS[method]
            if drawn["members"] is None and drawn["blocks"] is None and method in _USUAL:
                drawn["blocks"] = _USUAL[method]
        element, _ = find_element(self._prepared.model, indicator)
        # an unknown name is reported by what saves it
        save = [indicator if element is None else element.name]
        times: Any = "final" if at is None else [at]
        return self.ensemble(scenario, save=save, times=times, reduce=over or (), **drawn)


def _is_ensemble(data: Any) -> bool:
    """Whether the data are an ensemble, not a scenario to run."""
    if isinstance(data, str | Path):
        return Path(data).suffix.lower() in (".nc", ".zarr")
    return hasattr(data, "data_vars")


def _sample(
    data: Any, indicator: str, at: float | None, over: str | None, scenario: str | None
) -> Sample:
    from simdistrict.result.dataset import from_xarray
    from simdistrict.sensitivity.sample import read_sample, sample_from

    how: dict[str, Any] = {"at": at, "over": over, "scenario": scenario}
    if isinstance(data, str | Path):
        return read_sample(Path(data), indicator, **how)
    return sample_from(partial(from_xarray, data), "the ensemble", indicator, **how)


def _joined(values: str | Sequence[str]) -> str:
    return values if isinstance(values, str) else ",".join(values)


def drawing_of(
    members: int | None,
    blocks: int | None,
    seed: int | None,
    method: Any,
    order: int,
    levels: int,
) -> Drawing:
    """How members are drawn, its numbers checked."""
    from simdistrict.ensemble.blocks import Shape
    from simdistrict.ensemble.drawing import Drawing

    return Drawing(
        whole_or_none(members, "members"),
        whole_or_none(blocks, "blocks"),
        whole_or_none(seed, "seed"),
        method,
        Shape(whole(order, "order"), whole(levels, "levels")),
    )


@dataclass(frozen=True, slots=True)
class _Running:
    """What runs the members of an ensemble, and says how far it is."""

    workers: int | None
    scheduler: str | None
    progress: Progress

    def in_memory(self, made: Ensemble) -> xr.Dataset:
        """The ensemble as a dataset."""
        from simdistrict.api.commands.ensemble import runner_of
        from simdistrict.ensemble.content import ensemble_result
        from simdistrict.result.dataset import to_xarray

        runner = runner_of(made, self.scheduler)
        with ticking(self.progress, "members") as tick:
            return to_xarray(ensemble_result(made, workers=self.workers, tick=tick, runner=runner))

    def written(self, made: Ensemble, path: Path, *, resume: bool, force: bool) -> xr.Dataset:
        """The ensemble in a file, opened."""
        from simdistrict.api.commands.ensemble import write
        from simdistrict.base.errors import ExchangeError, Problem
        from simdistrict.result.opening import opened

        if path.suffix not in (".nc", ".zarr"):
            what = f'an ensemble is written as .nc or .zarr, not as "{path.suffix}"'
            raise ExchangeError(Problem(str(path), what, "choose another file name"))
        write(
            made,
            path,
            resume=resume,
            force=force,
            workers=self.workers,
            scheduler=self.scheduler,
            progress=self.progress,
        )
        return opened(path)
