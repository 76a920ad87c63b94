"""Runs that a user moves step by step: `Simulator`, and `SimulatorBatch` for many side by side."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from simdistrict.api.drawn import MEMBER, read_members
from simdistrict.api.given import number, whole
from simdistrict.api.values import read_array
from simdistrict.base.errors import EngineError, Problem, ScenarioError
from simdistrict.result.dataset import element_attrs, to_xarray
from simdistrict.result.naming import names_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from simdistrict.model.model import Model
    from simdistrict.run.parts import Part
    from simdistrict.run.stepping import SteppedRun


class _Stepped:
    """What a simulator and a batch share."""

    # without it, `name in s` and `for x in s` would try s[0]
    __iter__ = None

    def __init__(self, run: SteppedRun) -> None:
        self._run = run
        self._labels = Labels(run.model)

    @property
    def time(self) -> float:
        """The present time, in the model's time unit.

        >>> import simdistrict as sd
        >>> sd.load("core").start(initial_time=10).time
        10.0
        """
        return self._run.time

    @property
    def done(self) -> bool:
        """Whether there is no further step: at the end, or where the run has ended early.

        >>> import simdistrict as sd
        >>> s = sd.load("core").start(final_time=1)
        >>> while not s.done:
        ...     time = s.step()
        >>> time
        1.0
        """
        return self._run.done

    def step(self, n: int = 1) -> float:
        """Go on by `n` time steps and return the new time.

        Where the run has ended early, nothing happens: see `outcome`. Raises EngineError beyond
        the end of the run, ScenarioError for what is no whole number.

        >>> import simdistrict as sd
        >>> sd.load("core").start().step(4)
        1.0
        """
        self._run.step(n if type(n) is int else whole(n, "step"))
        return self._run.time

    def run_to(self, time: float) -> float:
        """Go on to a time point, and return it.

        Raises EngineError for a time that has passed, lies beyond the end, or is no time point.

        >>> import simdistrict as sd
        >>> sd.load("core").start().run_to(50)
        50.0
        """
        self._run.run_to(time if type(time) is float else number(time, "run_to"))
        return self._run.time

    def reset(self) -> None:
        """Go back to the start of the run.

        What was set since then is forgotten; a function that replaces an element stays.

        >>> import simdistrict as sd
        >>> s = sd.load("core").start()
        >>> s["tariff"] = 0.2
        >>> s.reset()
        >>> s["tariff"]
        0.85
        """
        self._run.reset()

    def __reduce__(self) -> NoReturn:
        what = "a running simulator cannot be copied, nor sent to another process"
        hint = "save s.state of a Simulator, and go on with m.start(state=...)"
        raise EngineError(Problem("simulator", what, hint))

    def __contains__(self, name: object) -> bool:
        try:
            self._run.part(str(name), "")
        except ScenarioError:
            return False
        return True


class Simulator(_Stepped):
    """One run that its caller moves on, reads and changes; made by `LoadedModel.start`.

    The present time is a point of the time grid. Reading changes nothing, so a run in pieces has
    the bits of `LoadedModel.run`.

    >>> import simdistrict as sd
    >>> s = sd.load("core").start()
    >>> s.step(4)
    1.0
    >>> s["tariff"] = 0.2
    >>> s.run_to(10.0)
    10.0
    >>> s["tariff"], s.done
    (0.2, False)
    """

    def __getitem__(self, name: str) -> Any:
        """The value of an element at the present time: a float, or a DataArray over its labels.

        name: an element, or a part of one: `"capacity[Prato,making,home]"`, in which a label takes
        away its dimension. Raises ScenarioError for a name that the model does not have.

        >>> import simdistrict as sd
        >>> s = sd.load("district").start()
        >>> s["capacity"].dims
        ('district', 'stage', 'location')
        >>> s["capacity[Prato,stage,home]"].dims
        ('stage',)
        >>> s["capacity[Prato,making,home]"] == s["capacity"].values.item(0, 1, 0)
        True
        """
        part = self._run.part(name, f's["{name}"]')
        return self._labels.labelled(part, self._run.read(part)[0])

    def __setitem__(self, name: str, value: Any) -> None:
        """Set a constant or a stock from the present time on.

        A policy of the scenario changes a constant no more after it was set. Initial values and
        what the model holds since the start stay. value: a number for all labels, an array of the
        element's shape, a Series or a DataArray (labels checked, order free). Raises
        ScenarioError for other elements, labels and values.

        >>> import simdistrict as sd
        >>> s = sd.load("district").start()
        >>> s["capacity"] = s["capacity"] * 1.1
        >>> s["tariff level[far]"] = 0.2
        >>> float(s["tariff level"].sel(offshore="far"))
        0.2
        """
        where = f's["{name}"]'
        part = self._run.part(name, where)
        if type(value) is float and math.isfinite(value):
            found = np.full((1, len(part.places)), value)
        else:
            found = read_array(self._run.model, name, value, where).reshape(1, -1)
        self._run.put(part, found)

    @property
    def outcome(self) -> str:
        """How the run has ended so far: `completed` (no fault so far) or `diverged`.

        A stock that becomes infinite ends a run. That is data, no exception: values are NaN from
        then on, `done` is true and `step` does nothing.

        >>> import simdistrict as sd
        >>> sd.load("core").start().outcome
        'completed'
        """
        return self._run.ending.outcome.name

    def replace(self, name: str, function: Callable[[Simulator], Any]) -> None:
        """Let a function compute an element from the present time on.

        The simulator calls it with itself, once in each time step: when the step is taken, or
        before where a value is read that depends on the element. It returns a number or an array
        as for `s[name] = ...`. The value holds for the whole step, for all stages of rk4 too. The
        function may read what does not depend on the element within the same time step: stocks,
        constants, delayed values and what is computed from those.

        Raises ScenarioError for a part of an element and for settings of the time grid. In the
        function, reading what depends on the element raises EngineError.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> s = m.start()
        >>> s.replace("tariff", lambda s: 0.3 if s.time < 10 else s["home experience"] / 100)
        >>> s.step(4), s["tariff"]
        (1.0, 0.3)
        """
        given: object = function
        if not callable(given):
            what = f"{given!r:.80} is no function"
            hint = f's["{name}"] = VALUE sets a constant or a stock'
            raise ScenarioError(Problem(f'replace "{name}"', what, hint))
        part = self._run.part(name, f'replace "{name}"')
        where = f'the function of "{part.element.name}"'
        key = part.element.name
        model = self._run.model

        def source() -> NDArray[np.float64]:
            return read_array(model, key, function(self), where).ravel()

        self._run.replace(name, source)

    @property
    def state(self) -> xr.Dataset:
        """All that the run needs to go on: save it, and restore it with `start(state=...)`.

        A Dataset with the stocks by their names, and numbers that the program needs besides. Save
        it with `s.state.to_netcdf("state.nc")` and read it with `sd.open("state.nc")`. It holds no
        functions and no results. A restored run has the same bits, in another process
        too. Changed values of the stocks take effect.

        >>> import simdistrict as sd
        >>> m = sd.load("core")
        >>> s = m.start()
        >>> s.step(10)
        2.5
        >>> m.start(state=s.state).time
        2.5
        """
        from simdistrict.run.states import state_of

        return to_xarray(state_of(self._run))

    @property
    def results(self) -> xr.Dataset:
        """The saved points so far, as of `LoadedModel.run`; all of them where the run is done.

        A restored run has those since its state. Where values were set or elements replaced, the
        attribute `stepped` names them; such a result cannot be run again from its record.

        >>> import simdistrict as sd
        >>> s = sd.load("core").start()
        >>> s.step(8)
        2.0
        >>> s.results.time.values.tolist()[-1]
        2.0
        """
        return to_xarray(self._run.result())

    def __repr__(self) -> str:
        plan = self._run.plan
        of = plan.resolved.name
        return f"<simulator of {of} at {self.time:.10g}, to {plan.grid.stop:.10g}>"


class SimulatorBatch(_Stepped):
    """Many runs of one model side by side, at the same time; made by `LoadedModel.start_batch`.

    Arrays have the dimension `member` first.

    >>> import simdistrict as sd
    >>> b = sd.load("core").start_batch(4, params={"tariff": [0.0, 0.1, 0.2, 0.3]})
    >>> b.step(4)
    1.0
    >>> b["tariff"].values.tolist()
    [0.0, 0.1, 0.2, 0.3]
    """

    @property
    def members(self) -> int:
        """How many runs there are.

        >>> import simdistrict as sd
        >>> sd.load("core").start_batch(3).members
        3
        """
        return self._run.stepper.members

    def __getitem__(self, name: str) -> xr.DataArray:
        """The values of an element at the present time: (member, labels of the element).

        NaN in members that have ended early. Raises as `Simulator.__getitem__`.
        """
        part = self._run.part(name, f'b["{name}"]')
        return self._labels.array(part, self._run.read(part))

    def __setitem__(self, name: str, value: Any) -> None:
        """Set a constant or a stock from the present time on, in all members.

        value: as of `Simulator.__setitem__` for all members, or with a first dimension of their
        number, or a DataArray with the dimension `member`.
        """
        where = f'b["{name}"]'
        part = self._run.part(name, where)
        count = self.members
        found = read_members(self._run.model, part, name, value, count, where)
        self._run.put(part, found.reshape(count, -1))

    @property
    def ended(self) -> NDArray[np.bool_]:
        """(members,): which have ended early, because a stock became infinite.

        >>> import simdistrict as sd
        >>> sd.load("core").start_batch(2).ended.tolist()
        [False, False]
        """
        return np.asarray(self._run.stepper.ended >= 0)

    def __repr__(self) -> str:
        plan = self._run.plan
        what = f"{self.members} simulators of {plan.resolved.name}"
        return f"<{what} at {self.time:.10g}, to {plan.grid.stop:.10g}>"


class Labels:
    """Makes labelled arrays of numbers; keeps what the elements of a model need for it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._names = names_of(model)
        self._known: dict[str, xr.DataArray] = {}

    def labelled(self, part: Part, values: NDArray[np.float64]) -> float | xr.DataArray:
        """A float, or a DataArray over the labels of a part; values: (places,)."""
        if not part.axes:
            return float(values[0])
        return self._filled(part, values.reshape(part.shape), ())

    def array(self, part: Part, values: NDArray[np.float64]) -> xr.DataArray:
        """A DataArray over members and the labels of a part; values: (members, places)."""
        return self._filled(part, values.reshape(len(values), *part.shape), (MEMBER,))

    def _filled(
        self, part: Part, values: NDArray[np.float64], head: tuple[str, ...]
    ) -> xr.DataArray:
        known = self._known.get(part.text)
        if known is None:
            import xarray as xr

            dims, coords = self._axes(part)
            name, attrs = self._names.elements[part.name], element_attrs(part.element)
            known = xr.DataArray(values, coords, (*head, *dims), name, attrs)
            self._known[part.text] = known
        # a copy shares the labels, which take longer to make than a step
        return known.copy(deep=False, data=values)

    def _axes(self, part: Part) -> tuple[tuple[str, ...], dict[str, Any]]:
        every = self._names.dims_of(part.element)
        labels = self.model.labels(part.element)
        dims = tuple(every[k] for k, _ in part.axes)
        return dims, {every[k]: (every[k], [labels[k][p] for p in at]) for k, at in part.axes}
