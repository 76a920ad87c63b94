"""One style per run: the baseline grey and dashed, the others in a fixed order of colours.

Colours of Okabe and Ito (2008), distinct for the colour-blind; dashes and markers are distinct in
black and white.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simdistrict.base.errors import Problem, ScenarioError, did_you_mean
from simdistrict.figures.source import Run
from simdistrict.model.expr import fold
from simdistrict.plot import Style
from simdistrict.scenario import bare_title

BASELINE = Style("#6D7783", "--", "o")
ORDER = (
    Style("#0072B2", "-", "s"),
    Style("#D55E00", "-", "^"),
    Style("#009E73", "-", "D"),
    Style("#CC79A7", "-", "v"),
    Style("#E69F00", "-", "P"),
    Style("#56B4E9", "-", "X"),
    Style("#0072B2", "-.", "s"),
    Style("#D55E00", "-.", "^"),
    Style("#009E73", "-.", "D"),
    Style("#CC79A7", "-.", "v"),
    Style("#E69F00", "-.", "P"),
    Style("#56B4E9", "-.", "X"),
)
MOST = len(ORDER) + 1
# the style of a scenario in the study of a model, if it has one
Known = Callable[[str], Style | None]
_LONGEST = 48


def no_palette(scenario: str) -> Style | None:
    """For a model without a study."""
    return None


def baseline_of(runs: Sequence[Run], named: str | None) -> Run:
    """The named run, else the first. Raises ScenarioError for an unknown name."""
    if named is None:
        return runs[0]
    for run in runs:
        if fold(named) in (fold(run.name), fold(run.title)):
            return run
    names = [run.name for run in runs]
    hint = did_you_mean(named, names) or f"there are {', '.join(names[:8])}"
    raise ScenarioError(Problem("baseline", f'there is no scenario called "{named}"', hint))


def styles_of(runs: Sequence[Run], baseline: Run | None, known: Known) -> Mapping[str, Style]:
    """The style of every run by its name; baseline: None where no run is one."""
    found: dict[str, Style] = {}
    others = [run for run in runs if run is not baseline]
    own = {run.name: known(run.name) for run in others}
    taken = {(style.colour, style.dash) for style in own.values() if style is not None}
    free = [style for style in ORDER if (style.colour, style.dash) not in taken] or list(ORDER)
    for run in runs:
        style = own.get(run.name)
        if run is baseline:
            found[run.name] = BASELINE
        elif style is not None:
            found[run.name] = style
        else:
            found[run.name] = free[sum(own[n] is None for n in found if n in own) % len(free)]
    return found


def label_of(run: Run, baseline: Run | None = None) -> str:
    """A run for the legend: its title where it is short, else its name."""
    words = run.title if 0 < len(run.title) <= _LONGEST else run.name.replace("_", " ")
    says = "baseline" in words.casefold()
    return f"{words} (baseline)" if run is baseline and not says else words


def note_of(runs: Sequence[Run]) -> list[str]:
    """Which run is drawn, where there is one and it is not that of a model without changes."""
    if len(runs) > 1:
        return []
    (run,) = runs
    bare = bare_title(str(run.source.attrs.get("model_name", "")))
    return [] if run.title in ("", bare) else [f"{label_of(run)}."]


def checked_count(runs: Sequence[Run]) -> None:
    """Raise ScenarioError where there are more runs than styles."""
    if len(runs) > MOST:
        what = f"{len(runs)} scenarios are more than {MOST} lines that can be told apart"
        raise ScenarioError(Problem("data", what, "choose some of them with scenarios"))
