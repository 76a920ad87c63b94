"""The check that nothing is to be said before a run of a model, or of its scenarios."""

from __future__ import annotations

from collections.abc import Iterator

from simdistrict.behaviour.checks import Finding
from simdistrict.behaviour.runs import AS_IS, Runs
from simdistrict.run.plan import intended
from simdistrict.run.preflight import RunWarning, warnings_of

# another check looks at every lookup, at every time
_ELSEWHERE = ("lookup",)


def before_run(runs: Runs) -> Iterator[Finding]:
    """The warnings that `run` prints before it starts, as findings; each once."""
    told: set[RunWarning] = set()
    for name, scenario in ({AS_IS: None} | runs.named()).items():
        _, plan = runs.of(name, scenario)
        for warning in warnings_of(intended(plan)):
            if warning in told or warning.kind in _ELSEWHERE:
                continue
            told.add(warning)
            alone = warning.names == (warning.element,)
            element, what = (warning.element, warning.what) if alone else ("", warning.sentence)
            if warning.hint:
                what += f"; {warning.hint}"
            if name != AS_IS:
                what += f" ({name})"
            yield Finding("before-run", "warning", element, warning.line, what, warning.kind)
