"""A comparison of two results as sentences, and as a JSON document."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from simdistrict.base.counts import counted
from simdistrict.base.identity import code_difference
from simdistrict.exchange.vensim.series import SeriesFile
from simdistrict.result.comparison import Comparison, Difference, Gap, LeftOut

# Vensim and others compute in single precision and print six digits
TEXT_RTOL = 1e-4
ROWS, NAMES = 10, 5  # of the table, and of names in a line
# attributes that decide numbers, with their names in messages
SETTINGS = {
    "model_sha256": "model",
    "scenario_sha256": "scenario",
    "integrator": "integrator",
    "time_step": "time step",
    "rtol": "rtol",
    "atol": "atol",
    "backend": "backend",
    "method": "method",
    "seed": "seed",
    "prior": "prior table",
    "design_sha256": "given design",
    "external_data": "data from other files",
    "lookup_changes": "points of lookups",
}


def report(
    found: Comparison, a: SeriesFile, b: SeriesFile, rtol: float, atol: float, complete: str
) -> list[str]:
    """A comparison as text, with what was compared of each file; complete: what lists all rows."""
    text = any(f.where.lower().endswith((".csv", ".tab", ".dat")) for f in (a, b))
    return [*lines(found, rtol, atol, complete, text=text), *files_lines(found, a, b)]


def lines(
    found: Comparison, rtol: float, atol: float, complete: str, *, text: bool = False
) -> list[str]:
    """A comparison as text. text: one of the files is a text file."""
    within = f"(tolerance: {rtol:g} relative, {atol:g} absolute)"
    several = f" in {counted(len(found.runs), 'run')}" if len(found.runs) > 1 else ""
    at = counted(found.times, "time")
    compared = f"{counted(found.elements, 'element')}{several} at {at}, {found.points:,} values"
    said = []
    if found.first is not None:
        said.append(f"first difference: {_shown(found.first)}")
        others = len(found.together) - 1
        if others:
            some = ", ".join(f'"{name}"' for name in found.together[1:4])
            said.append(f"  then differ too: {some}" + (f" and {others - 3} more" * (others > 3)))
        said += [*_largest(found), *_table(found, complete)]
        said.append(
            f"differing: {found.differing_elements} of {counted(found.elements, 'element')}, "
            f"{found.differing_points:,} of {found.points:,} values {within}"
        )
        said.append(f"compared: {compared}")
        if text and rtol < TEXT_RTOL and _small(found):
            said.append(f"text files often hold six digits only: try --rtol {TEXT_RTOL:g}")
    elif found.same:
        said.append(f"the same: {compared} {within}")
        said += _largest(found)
    else:
        said.append(f"no values differ among those that both have: {compared} {within}")
        said += _largest(found)
    for name, unit_a, unit_b in found.units[:NAMES]:
        said.append(f'other units: "{name}" is in {unit_a} in A and in {unit_b} in B')
    if len(found.units) > NAMES:
        said.append(f"other units: {len(found.units) - NAMES} more elements")
    for label, left in (("A", found.left_a), ("B", found.left_b)):
        said += _left_out(label, left)
    if found.without:
        said.append(f"at no common time: {_names(found.without)}")
    if found.others:
        said.append(f"other variables that differ: {_names(found.others)}")
    return said


def _largest(found: Comparison) -> list[str]:
    """The largest differences, relative and absolute."""
    relative, absolute = found.largest, found.largest_absolute
    if relative is None:
        return []
    inside = ", within tolerance" if found.first is None else ""
    said = [
        f"largest relative difference{inside}: {_shown(relative.worst)}, "
        f"{_percent(relative.share)} of its largest value"
    ]
    if absolute is not None:
        said.append(f"largest absolute difference{inside}: {_shown(absolute.worst)}")
    return said


def _table(found: Comparison, complete: str) -> list[str]:
    """The elements that differ beyond tolerance, worst first."""
    gaps = [gap for gap in found.by_element if gap.differing]
    head = ("element", "differing", "time", "A", "B", "absolute", "relative")
    rows = [head, *map(_row, gaps[:ROWS])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    said = [
        "  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
        for row in rows
    ]
    if len(gaps) > ROWS:
        said.append(f"  and {len(gaps) - ROWS} more ({complete} lists all)")
    return said


def _row(gap: Gap) -> tuple[str, ...]:
    worst = gap.worst
    size = "" if math.isnan(worst.size) else f"{worst.size:.3g}"
    return (
        gap.title,
        f"{gap.differing} of {gap.points}",
        f"{worst.time:.10g}",
        f"{worst.a:.7g}",
        f"{worst.b:.7g}",
        size,
        _percent(gap.share),
    )


def _percent(share: float) -> str:
    """A relative difference; a value that is no number, or infinite, has no share."""
    return f"{100 * share:.3g}%" if math.isfinite(share) else "no share"


def _left_out(label: str, left: LeftOut) -> list[str]:
    """What only one file has."""
    said = []
    if left.runs:
        said.append(f"only in {label}: {counted(len(left.runs), 'run')}: {_names(left.runs)}")
    if left.elements:
        said.append(f"only in {label}: {_names(left.elements)}")
    if left.values:
        values = counted(left.values, "value")
        said.append(f"only in {label}: {values} at times that the other does not have")
    return said


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(f'"{name}"' for name in names[:NAMES]) + more


def files_lines(found: Comparison, a: SeriesFile, b: SeriesFile) -> list[str]:
    """What was compared of each file, and how the files were made where that differs."""
    said = []
    for k, (label, series) in enumerate((("A", a), ("B", b))):
        axis = (found.axis_a, found.axis_b)[k]
        runs = [pair[k] for pair in found.runs if pair[k]]
        parts = [f"model {series.attrs['model_name']}"] if "model_name" in series.attrs else []
        if runs:
            more = f" and {len(runs) - NAMES} more" if len(runs) > NAMES else ""
            parts.append(f"{'runs' if len(runs) > 1 else 'run'} {', '.join(runs[:NAMES])}{more}")
        span = f" from {axis.start:.10g} to {axis.stop:.10g}" if axis.count else ""
        parts.append(f"{counted(axis.count, 'time')}{span}")
        said.append(f"{label}: {series.where}: {', '.join(parts)}")
    if found.first is not None:
        for name, texts in other_settings(a, b).items():
            values = f": {texts[0]} in A, {texts[1]} in B" if all(texts) else ""
            said.append(f"made with another {name}{values}")
    return said


def other_settings(a: SeriesFile, b: SeriesFile) -> dict[str, list[str]]:
    """The recorded settings and the code that differ: those of A, those of B; empty if long."""
    found = {}
    for key, name in SETTINGS.items():
        texts = [str(series.attrs.get(key, "")) for series in (a, b)]
        if key in a.attrs and key in b.attrs and texts[0] != texts[1]:
            long = "sha256" in key or max(map(len, texts)) > 30
            found[name] = ["", ""] if long else texts
    other = code_difference(a.attrs, b.attrs)
    if other:
        first, _, second = other.partition(", not ") if "; " not in other else (other, "", "")
        found["code"] = [first, second]
    return found


# ---------------------------------------------------------------------- JSON


def document(
    found: Comparison, a: SeriesFile, b: SeriesFile, rtol: float, atol: float
) -> dict[str, object]:
    """A comparison as a JSON document; null for a value that is not finite."""
    absolute, relative = found.largest_absolute, found.largest
    return {
        "same": found.same,
        "agree": found.agrees,
        "complete": found.complete,
        "rtol": rtol,
        "atol": atol,
        "first": _plain(found.first),
        "differ_first": list(found.together),
        "largest": {"relative": _gap_document(relative), "absolute": _gap_document(absolute)},
        "runs": [{"a": one, "b": other} for one, other in found.runs],
        "elements": found.elements,
        "series": found.series,
        "differing_elements": found.differing_elements,
        "values": found.points,
        "differing_values": found.differing_points,
        "times": {"common": found.times, "a": found.axis_a.count, "b": found.axis_b.count},
        "differences": [_gap_document(gap) for gap in found.by_element],
        "units": [{"element": n, "a": one, "b": other} for n, one, other in found.units],
        "other_variables": list(found.others),
        "without_common_time": list(found.without),
        "only_a": _left_document(found.left_a),
        "only_b": _left_document(found.left_b),
        "settings": other_settings(a, b),
    }


def _left_document(left: LeftOut) -> Mapping[str, object]:
    return {"runs": list(left.runs), "elements": list(left.elements), "values": left.values}


def _gap_document(gap: Gap | None) -> dict[str, object] | None:
    if gap is None:
        return None
    share = gap.share if math.isfinite(gap.share) else None
    counts = {"values": gap.points, "differing_values": gap.differing}
    return {**(_plain(gap.worst) or {}), "relative": share, **counts}


def _plain(difference: Difference | None) -> dict[str, object] | None:
    if difference is None:
        return None
    numbers = {
        "time": difference.time,
        "a": difference.a,
        "b": difference.b,
        "difference": difference.size,
    }
    finite = {key: n if math.isfinite(n) else None for key, n in numbers.items()}
    return {"element": difference.element, **finite}


def _shown(difference: Difference) -> str:
    size = "" if math.isnan(difference.size) else f" (by {difference.size:.3g})"
    return (
        f'"{difference.element}" at time {difference.time:.10g}: '
        f"{difference.a:.10g} against {difference.b:.10g}{size}"
    )


def _small(found: Comparison) -> bool:
    gap = found.largest
    if gap is None or not math.isfinite(gap.worst.size):
        return False
    worst = gap.worst
    return worst.size <= TEXT_RTOL * max(abs(worst.a), abs(worst.b))
