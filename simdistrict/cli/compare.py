"""`simdistrict compare`: where two results first differ."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simdistrict.base.counts import counted
from simdistrict.cli import options

if TYPE_CHECKING:
    from simdistrict.result.comparison import Comparison, Difference

RTOL, ATOL = 1e-6, 1e-9
# Vensim and others compute in single precision and print six digits
TEXT_RTOL = 1e-4
TOLERANCE = options.RealRange(min=0)


@click.command("compare")
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="B", type=click.Path(path_type=Path))
@click.option("--rtol", type=TOLERANCE, default=RTOL, show_default=True, help="Relative tolerance.")
@click.option("--atol", type=TOLERANCE, default=ATOL, show_default=True, help="Absolute tolerance.")
@options.as_json
@options.encoding
@click.pass_obj
def command(
    settings: dict[str, bool] | None, a: Path, b: Path, rtol: float, atol: float, as_json: bool
) -> None:
    """Compare two results (.nc, .csv, .tab, .dat), element by element.

    Prints the first time at which they differ, the element furthest upstream that differs then,
    and the largest difference relative to the size of its element. Two values agree when they
    differ by at most ATOL + RTOL * the larger one. Exit code 5 when any value differs.

    Example: simdistrict compare runs/baseline.nc vensim_output.tab --rtol 1e-4
    """
    from simdistrict.result.comparison import compare, model_order
    from simdistrict.result.series_file import load

    left, right = load(a), load(b)
    found = compare(left, right, rtol=rtol, atol=atol)
    if len(found.together) > 1:
        order = model_order(left.attrs) or model_order(right.attrs)
        found = compare(left, right, rtol=rtol, atol=atol, order=order) if order else found
    if as_json:
        click.echo(json.dumps(document(found, rtol, atol), indent=2, allow_nan=False))
    elif not ((settings or {}).get("quiet") and found.same):
        text = any(path.suffix.lower() != ".nc" for path in (a, b))
        for line in lines(found, rtol, atol, text=text):
            click.echo(line)
    if not found.same:
        sys.exit(5)


def lines(found: Comparison, rtol: float, atol: float, *, text: bool = False) -> list[str]:
    """A comparison as text. text: one of the files is a text file."""
    within = f"(tolerance: {rtol:g} relative, {atol:g} absolute)"
    compared = f"{counted(found.elements, 'element')} at {counted(found.times, 'time')}"
    said = []
    if found.first is None:
        said.append(f"the same: {compared} {within}")
        if found.largest:
            said.append(f"largest relative difference, within tolerance: {_shown(found.largest)}")
    else:
        said.append(f"first difference: {_shown(found.first)}")
        others = len(found.together) - 1
        if others:
            some = ", ".join(f'"{name}"' for name in found.together[1:4])
            said.append(f"  then differ too: {some}" + (f" and {others - 3} more" * (others > 3)))
        if found.largest and found.largest != found.first:
            said.append(f"largest relative difference: {_shown(found.largest)}")
        said.append(
            f"differing: {found.differing_elements} of {compared}, "
            f"{found.differing_points} of {found.points} values {within}"
        )
        if text and rtol < TEXT_RTOL and _small(found):
            said.append(f"text files often hold six digits only: try --rtol {TEXT_RTOL:g}")
    if not found.times_a == found.times_b == found.times:
        said.append(
            f"compared at {counted(found.times, 'common time')}: "
            f"A has {found.times_a}, B has {found.times_b}"
        )
    for label, names in (("A", found.only_a), ("B", found.only_b)):
        if names:
            some = ", ".join(f'"{name}"' for name in names[:5])
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            said.append(f"only in {label}: {some}{more}")
    return said


def document(found: Comparison, rtol: float, atol: float) -> dict[str, object]:
    """A comparison as a JSON document; null for a value that is not finite."""
    return {
        "same": found.same,
        "rtol": rtol,
        "atol": atol,
        "first": _plain(found.first),
        "differ_first": list(found.together),
        "largest": _plain(found.largest),
        "elements": found.elements,
        "differing_elements": found.differing_elements,
        "values": found.points,
        "differing_values": found.differing_points,
        "times": {"common": found.times, "a": found.times_a, "b": found.times_b},
        "only_a": list(found.only_a),
        "only_b": list(found.only_b),
    }


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
    worst = found.largest
    if worst is None or not math.isfinite(worst.size):
        return False
    return worst.size <= TEXT_RTOL * max(abs(worst.a), abs(worst.b))
