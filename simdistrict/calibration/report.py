"""A calibration as files: tables in CSV, a page in Markdown, fitted values as changes.

Equal calibrations have equal bytes. Numbers have six digits and fitted values ten; on the page
four and six.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from statistics import median

from simdistrict.base import inputs
from simdistrict.base.atomic import writable_target, write_texts
from simdistrict.base.counts import counted
from simdistrict.base.library import models, scenarios
from simdistrict.calibration.assessment import Assessment
from simdistrict.calibration.fit import Calibration
from simdistrict.calibration.statistics import Statistics
from simdistrict.exchange.text.equations import quoted
from simdistrict.scenario.places import split_name

DIGITS, PAGE_DIGITS = 6, 4
# a model this many times its data, or this part of them, may be in another unit
APART = 100.0

STATISTICS = tuple(f.name for f in fields(Statistics))
FIT_HEAD = [
    "series", "element", "relative_to", "group", "payoff", "period", *STATISTICS,
]  # fmt: skip
GROUP_HEAD = ["group", "period", "n", "rank_correlation"]
POINT_HEAD = [
    "series", "year", "period", "data", "model", "error", "weight", "confidence", "source",
]  # fmt: skip
CONSTANT_HEAD = [
    "constant", "units", "start", "fitted", "low", "high", "at_bound", "standard_error",
    "range_low", "range_high", "most_correlated", "correlation",
    "profile_low", "profile_high", "profile_low_open", "profile_high_open",
]  # fmt: skip
START_HEAD = ["start", "payoff", "evaluations", "ending", "taken"]

NAMES = (
    "fit.csv", "groups.csv", "points.csv", "fit.md", "constants.csv", "starts.csv", "fitted.cin",
    "fitted.yaml",
)  # fmt: skip
CIN_MARK = ":C simdistrict calibrate"
YAML_MARK = "# simdistrict calibrate"
PAGE_MARK = "# Fit of "


def files(found: Calibration | Assessment, origin: tuple[str, str]) -> dict[str, str]:
    """File name -> text.

    origin: the parent of fitted.yaml, `("model", name or path)` or `("base", scenario)`.
    """
    after = found.after if isinstance(found, Calibration) else found
    texts = {
        "fit.csv": as_csv(fit_table(after)),
        "groups.csv": as_csv(group_table(after)),
        "points.csv": as_csv(point_table(after)),
        "fit.md": page(found),
    }
    if isinstance(found, Calibration):
        texts |= {
            "constants.csv": as_csv(constant_table(found)),
            "starts.csv": as_csv(start_table(found)),
            "fitted.cin": changes_text(found),
            "fitted.yaml": scenario_text(found, origin),
        }
    return texts


def check_folder(folder: Path, names: Iterable[str], *, force: bool = False) -> None:
    """Raise ExchangeError where one of the files may not be written."""
    for name in names:
        writable_target(folder / name, ours=_is_ours, force=force)


def write_files(folder: Path, texts: dict[str, str], *, force: bool = False) -> list[Path]:
    """Write the texts of `files`; all appear as one; replaces foreign files only with force."""
    write_texts(folder, texts, ours=_is_ours, force=force)
    return [folder / name for name in texts]


def _is_ours(path: Path) -> bool:
    heads = (FIT_HEAD, GROUP_HEAD, POINT_HEAD, CONSTANT_HEAD, START_HEAD)
    marks = (CIN_MARK, YAML_MARK, PAGE_MARK, *(",".join(head) for head in heads))
    first = inputs.head(path, 1000).decode("utf-8", "replace")
    return first.startswith(marks)


def origin_of(name: str, model: Path, folder: Path) -> tuple[str, str]:
    """The parent of fitted.yaml in a folder: a scenario as its base, or a model by name or path.

    name: of the scenario or model that was fitted, or its path; model: its model file.
    """
    if name in scenarios():
        return "base", name
    if name in models():
        return "model", name
    if name.lower().endswith((".yaml", ".yml")):
        return "base", os.path.relpath(name, folder)
    return "model", os.path.relpath(model, folder)


def doubts(found: Calibration | Assessment) -> list[str]:
    """Sentences about what makes a fit unreliable."""
    said = []
    after = found.after if isinstance(found, Calibration) else found
    if not any(series.fit.n for series in after.series):
        said.append(f"no datum lies before {after.until:g}: the payoff is one of nothing")
    said += apart(after)
    if not isinstance(found, Calibration):
        return said
    for c in found.constants:
        if not c.low <= c.start <= c.high:
            said.append(
                f'"{c.name}" is {c.start:.6g} in the model, outside {c.low:g} to {c.high:g}: '
                "the search could not start there"
            )
    if found.differences:
        said.append(f"slopes are differences of runs, one per constant: {found.differences}")
    said += [f"the data leave constants open: {words}" for words in found.undetermined]
    if after.payoff > found.before.payoff:
        said.append("the fit is worse than the model as it was: widen the bounds")
    return said


def apart(found: Assessment) -> list[str]:
    """Sentences about series whose data are of another order of magnitude than the model."""
    said = []
    for series in found.series:
        points = [p for p in found.points if p.series == series.series and p.weight > 0]
        model, data = (
            median([abs(getattr(p, name)) for p in points] or [0.0]) for name in ("model", "data")
        )
        if not (0 < model < math.inf and data > 0):
            continue
        times = model / data
        if not 1 / APART < times < APART:
            more = f"{times:.3g} times" if times > 1 else f"1/{1 / times:.3g} of"
            said.append(
                f'"{series.series}": the model is about {more} the data, as if they were in '
                f"another unit; state it in the column unit, or convert the data"
            )
    return said


# ---------------------------------------------------------------------- tables


def fit_table(found: Assessment, digits: int = DIGITS) -> list[list[str]]:
    """One row per series and period with points."""
    rows = [FIT_HEAD]
    for s in found.series:
        for period, stats in (("fit", s.fit), ("prediction", s.prediction)):
            if stats.n:
                cost = number(s.payoff, digits) if period == "fit" else ""
                head = [s.series, s.element, number(s.relative_to, digits), s.group, cost, period]
                rows.append([*head, *(number(getattr(stats, name), digits) for name in STATISTICS)])
    return rows


def group_table(found: Assessment, digits: int = DIGITS) -> list[list[str]]:
    """One row per group and period with points."""
    rows = [GROUP_HEAD]
    for g in found.groups:
        pairs = (("fit", g.fit_n, g.fit), ("prediction", g.prediction_n, g.prediction))
        rows += [[g.group, period, str(n), number(rank, digits)] for period, n, rank in pairs if n]
    return rows


def point_table(found: Assessment) -> list[list[str]]:
    """One row per observed value."""
    rows = [POINT_HEAD]
    for p in found.points:
        numbers = map(number, (p.data, p.model, p.model - p.data, p.weight))
        rows.append([p.series, number(p.year), p.period, *numbers, p.confidence, p.source])
    return rows


def constant_table(found: Calibration, digits: int = DIGITS) -> list[list[str]]:
    """One row per free constant."""
    rows = [CONSTANT_HEAD]
    for c in found.constants:
        u, p = c.uncertainty, c.profile
        fitted = exact(c.fitted) if digits == DIGITS else number(c.fitted)
        start, low, high = (number(x, digits) for x in (c.start, c.low, c.high))
        doubts = [number(x, digits) for x in (u.error, u.low, u.high)]
        doubts += [u.twin, number(u.correlation, digits)]
        profile = [""] * 4
        if p is not None:
            profile = [number(x, digits) for x in (p.low, p.high)]
            profile += ["yes" if is_open else "" for is_open in (p.low_open, p.high_open)]
        values = [start, fitted, low, high, c.at_bound]
        rows.append([c.name, c.units, *values, *doubts, *profile])
    return rows


def start_table(found: Calibration, digits: int = DIGITS) -> list[list[str]]:
    """One row per start of the search, with its final values."""
    rows = [[*START_HEAD, *(c.name for c in found.constants)]]
    for k, f in enumerate(found.starts):
        taken = "yes" if k == found.best else ""
        values = [number(v, digits) for v in f.values]
        rows.append(
            [str(f.start), number(f.payoff, digits), str(f.evaluations), f.ending, taken, *values]
        )
    return rows


def number(value: float | int | None, digits: int = DIGITS) -> str:
    """A number to so many digits; empty where undefined."""
    if value is None or value != value:
        return ""
    return f"{value:.{digits}g}"


def exact(value: float) -> str:
    """A number in full precision."""
    return repr(value).removesuffix(".0")


def as_csv(rows: list[list[str]]) -> str:
    """A table as CSV text."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


# ---------------------------------------------------------------------- changes


def changes_text(found: Calibration) -> str:
    """The fitted values as a Vensim changes file, for `run --changes`."""
    lines = [f"{CIN_MARK}: model {found.after.model}, {_data(found.after)}"]
    for c in found.constants:
        name, labels = split_name(c.name)
        subscripts = f"[{','.join(labels)}]" if labels else ""
        lines.append(f"{quoted(name)}{subscripts} = {exact(c.fitted)}")
    return "\n".join(lines) + "\n"


def scenario_text(found: Calibration, origin: tuple[str, str]) -> str:
    """The fitted values as a scenario that assumes them. origin: as for `files`."""
    lines = [
        f"{YAML_MARK}: {_data(found.after)}",
        f"title: {_text(f'{found.after.scenario} with fitted constants')}",
        f"{origin[0]}: {_text(origin[1])}",
        "assume:",
    ]
    lines += [f"  {_text(c.name)}: {exact(c.fitted)}" for c in found.constants]
    return "\n".join(lines) + "\n"


def _data(found: Assessment) -> str:
    return f"data {found.data} ({found.data_sha256[:12]})"


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# ---------------------------------------------------------------------- the page


def page(found: Calibration | Assessment) -> str:
    """All tables except the points, as a page of Markdown."""
    return "\n".join(_page(found)) + "\n"


def _page(found: Calibration | Assessment) -> Iterator[str]:
    after = found.after if isinstance(found, Calibration) else found
    yield f"{PAGE_MARK}{after.model} to {after.data}"
    yield ""
    period = "All data are fitted." if after.until is None else f"Fitted: up to {after.until:g}."
    yield f"Scenario: {after.scenario}; {_data(after)}. {period}"
    if isinstance(found, Calibration):
        yield (
            f"Payoff {number(found.before.payoff)} before and {number(after.payoff)} after the "
            f"fit; {counted(len(found.starts), 'start')} (seed {found.seed}), "
            f"{counted(found.evaluations, 'model run')}."
        )
    else:
        yield f"Payoff {number(after.payoff)}."
    if after.message:
        yield f"The run did not complete: {after.message}."
    if isinstance(found, Calibration):
        yield from _section("Constants", constant_table(found, PAGE_DIGITS))
        yield from _section("Starts", start_table(found, PAGE_DIGITS))
    yield from _section("Series", fit_table(after, PAGE_DIGITS))
    if after.groups:
        yield from _section("Groups", group_table(after, PAGE_DIGITS))


def _section(title: str, rows: list[list[str]]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    yield from markdown(rows)


def markdown(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown, without empty columns."""
    kept = [k for k in range(len(rows[0])) if any(row[k] for row in rows[1:])]
    for i, row in enumerate(rows):
        yield f"| {' | '.join(row[k].replace('|', '/') for k in kept)} |"
        if i == 0:
            yield "|" + "---|" * len(kept)
