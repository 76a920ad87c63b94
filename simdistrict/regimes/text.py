"""A study's document as lines for a reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MANY = 6
_NOTHING = 1e-15  # less than this, in whatever unit, is what rounding leaves of zero
_LONGER = "a longer --horizon may help, a drift without end has none"


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The lines of any study."""
    element = f", {found['element']} alone" if found["element"] else ""
    of_run = {"classes": "in", "loops": "until"}
    when = of_run.get(found["study"], "frozen at")
    yield f"{found['study']} of {found['model']}, {when} {found['frozen_at']:g}{element}"
    if found["frozen_trends"] != "none":
        yield f"  trends: {found['frozen_trends']}"
    yield f"  {found['summary']}"
    yield from {
        "equilibria": _equilibria,
        "branch": _branch,
        "fold curve": _fold_curve,
        "hysteresis": _hysteresis,
        "basins": _basins,
        "basins along": _basins_along,
        "regime map": _regime_map,
        "policy map": _policy_map,
        "classes": _classes,
        "loops": _loops,
    }[found["study"]](found)


def _equilibria(found: dict[str, Any]) -> Iterator[str]:
    yield (
        f"  {found['starts']} starts, {found['starts_that_failed']} led nowhere, "
        f"{found['roots_outside_the_box']} roots outside the box"
    )
    names = _telling([e["state"] for e in found["equilibria"]])
    for e in found["equilibria"]:
        first = e["eigenvalues"][0]
        spiral = " focus" if e["focus"] else ""
        shown = {**e, "state": {n: e["state"][n] for n in names} | e["state"]}
        yield f"  {e['stability']}{spiral}: {_values(shown)}; eigenvalue {_complex(first)}"
        if e["continuum"]:
            roots = f"{e['continuum']} of the roots found"
            yield f"    stands for a line of equilibria, on which {roots} lie"
        if e["at_low_bound"] and len(e["state"]) > 1:
            yield f"    at its bound: {_few(e['at_low_bound'])}"


def _branch(found: dict[str, Any]) -> Iterator[str]:
    for b in found["branches"]:
        counts = {s: b["stability"].count(s) for s in dict.fromkeys(b["stability"])}
        mixed = ", ".join(f"{n} {s}" for s, n in counts.items())
        ends = f"{b['endings'][0]}; {b['endings'][1]}"
        yield f"  branch {b['branch']} ({b['origin']}): {mixed}; ends: {ends}"
    keys = {
        "folds": "fold",
        "hopf_points": "Hopf",
        "branch_points": "branch point",
        "kinks": "kink",
    }
    for key, name in keys.items():
        for s in found[key]:
            yield f"  {name} at {found['parameter']} = {s['parameter']:.8g}: {_values(s)}"


def _fold_curve(found: dict[str, Any]) -> Iterator[str]:
    one, two = found["parameters"]
    for c in found["fold_curves"]:
        yield f"  {len(c['parameter'])} folds; ends: {c['endings'][0]}; {c['endings'][1]}"
    for c in found["cusps"]:
        yield f"  cusp at {one} = {c['parameter']:.8g}, {two} = {c['second_parameter']:.8g}"


def _hysteresis(found: dict[str, Any]) -> Iterator[str]:
    for s in found["sweeps"]:
        areas = ", ".join(
            f"{name} {_number(area, 4)} ({_number(s['relative_area'][name], 3)} of its way)"
            for name, area in list(s["area"].items())[:_MANY]
        )
        real, asked = s["duration"], s["duration_asked"]
        rounded = "" if real == asked else f" ({asked:.10g} in whole time steps)"
        yield f"  {real:.10g} each way{rounded}: area {areas}"


def _basins(found: dict[str, Any]) -> Iterator[str]:
    for a in found["attractors"]:
        low, high = a["interval_95"]
        yield f"  {a['share']:.3f} [{low:.3f}, {high:.3f}] end in {a['id']}: {_settled(a)}"
    if found["undecided"]:
        yield f"  {found['undecided']} of {found['members']} settle on nothing: {_LONGER}"


def _policy_map(found: dict[str, Any]) -> Iterator[str]:
    for a in found["attractors"]:
        yield f"  attractor {a['id']}: {_settled(a)}"
    if found["untouched"] < 0:
        yield f"  what a policy changes cannot be said: {_LONGER}"
        return
    rows = zip(found["doses"], found["shortest"], found["attractor_id"], strict=True)
    for dose, shortest, ids in rows:
        enough = "no duration is enough" if shortest is None else f"{shortest:g} is enough"
        undecided = sum(i < 0 for i in ids)
        rest = f", {undecided} of {len(ids)} are undecided" if undecided else ""
        yield f"  {found['parameter']} = {dose:.6g}: {enough}{rest}"


def _basins_along(found: dict[str, Any]) -> Iterator[str]:
    for point in found["points"]:
        parts = []
        for a in point["attractors"]:
            low, high = a["interval_95"]
            parts.append(f"{a['id']}: {a['share']:.3f} [{low:.3f}, {high:.3f}] at {_settled(a)}")
        if point["undecided"]:
            low, high = point["undecided_interval_95"]
            parts.append(f"undecided: {point['undecided']:.3f} [{low:.3f}, {high:.3f}]")
        yield f"  {found['parameter']} = {point['parameter']:.6g}: {'; '.join(parts)}"


def _regime_map(found: dict[str, Any]) -> Iterator[str]:
    one, two = found["parameters"]
    for name, values in zip((one, two), found["values"], strict=True):
        yield f"  {name}: {len(values)} values from {values[0]:.6g} to {values[-1]:.6g}"
    lost = sum(n > 0 for row in found["undecided"] for n in row)
    if lost:
        yield f"  at {lost} pairs some of the {found['members']} initial states are undecided"
    if "rule" in found:
        cells = [
            (worlds, held)
            for row in zip(found["worlds"], found["held"], strict=True)
            for worlds, held in zip(*row, strict=True)
            if worlds
        ]
        every = sum(worlds == held for worlds, held in cells)
        none = sum(not held for _, held in cells)
        some = len(cells) - every - none
        where = f"at {every} pairs in every world, at {some} in some, at {none} in none"
        yield f"  {found['rule']}: {where}"


def _classes(found: dict[str, Any]) -> Iterator[str]:
    yield f"  without a policy: {found['without_policy']}; seed {found['seed']}"
    rows = [["", *(found["labels"][0]["classes"] if found["labels"] else ()), found["measured"]]]
    for row in found["labels"]:
        middle, *outer = (_number(row["quantiles"][q], 3) for q in ("0.5", "0.1", "0.9"))
        shares = (_share(own) for own in row["classes"].values())
        rows.append([row["label"] or found["model"], *shares, f"{middle} ({', '.join(outer)})"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        yield "  " + "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip()
    for row in found["labels"]:
        for name, own in row["harms"].items():
            if own["share"]:
                yield f"  {row['label']}: lost under {name}, and not without: {_share(own)}"
        if row["undecided"]["share"]:
            yield f"  {row['label']}: undecided: {_share(row['undecided'])}"


def _loops(found: dict[str, Any]) -> Iterator[str]:
    times = found["times"]
    for name, share in sorted(found["shares"].items(), key=lambda item: -_mean(item[1])):
        most = [t for t, x in zip(times, share, strict=True) if x is not None and x > 0.5]
        when = f"; more than half {_stretches(times, most)}" if most else ""
        yield f"  {name}: {_mean(share):.2f} of all scores on average{when}"
    for loop in found["loops"][:_MANY]:
        path = loop["path"]
        shown = path if len(path) <= _MANY else [*path[:_MANY], f"and {len(path) - _MANY} more"]
        names = f" ({', '.join(loop['names'])})" if loop["names"] else ""
        size = _mean([None if x is None else abs(x) for x in loop["scores"]])
        yield f"  {loop['id']} {loop['polarity']}{names}, {size:.3f} on average: {', '.join(shown)}"
    for period in found["periods"][:_MANY]:
        yield f"  {period['from']:g} to {period['to']:g}: mostly {_few(period['loops'])}"
    if len(found["periods"]) > _MANY:
        yield f"  and {len(found['periods']) - _MANY} further periods"


def _mean(values: list[float | None]) -> float:
    known = [x for x in values if x is not None]
    return sum(known) / len(known) if known else 0.0


def _stretches(times: list[float], chosen: list[float]) -> str:
    """Times as stretches without a gap, `1981 to 1990, 2003`."""
    found: list[list[float]] = []
    for t in chosen:
        if found and times.index(t) == times.index(found[-1][1]) + 1:
            found[-1][1] = t
        else:
            found.append([t, t])
    parts = [f"{a:g}" if a == b else f"{a:g} to {b:g}" for a, b in found[:_MANY]]
    return ", ".join(parts) + (f" and {len(found) - _MANY} more" if len(found) > _MANY else "")


def _share(own: dict[str, Any]) -> str:
    low, high = own["interval_95"]
    return f"{own['share']:.2f} [{low:.2f}, {high:.2f}]"


def _settled(attractor: dict[str, Any]) -> str:
    """Where an attractor is; of a cycle, its middle and its period."""
    period = f"cycle of period {attractor['period']:.6g} around " if attractor["period"] else ""
    return period + _values(attractor)


def _values(point: dict[str, Any]) -> str:
    shown = point["outputs"] or dict(list(point["state"].items())[:_MANY])
    more = " ..." if not point["outputs"] and len(point["state"]) > _MANY else ""
    return ", ".join(f"{name} {_number(value)}" for name, value in shown.items()) + more


def _telling(states: list[dict[str, float]]) -> list[str]:
    """The stocks that differ most between states, each by its own size, in the model's order."""
    if len(states) < 2:
        return []
    spread = {}
    for name in states[0]:
        values = [state[name] for state in states]
        size = max(map(abs, values))
        spread[name] = (max(values) - min(values)) / size if size > _NOTHING else 0.0
    most = sorted(spread, key=lambda name: -spread[name])[:_MANY]
    return [name for name in spread if name in most]


def _number(value: float | None, digits: int = 6) -> str:
    if value is None:
        return "none"
    return "0" if abs(value) < _NOTHING else f"{value:.{digits}g}"


def _complex(pair: list[float]) -> str:
    real, imaginary = pair
    return f"{real:.4g}" + (f" +- {abs(imaginary):.4g}i" if imaginary else "")


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return ", ".join(names[:_MANY]) + more
