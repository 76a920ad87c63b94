"""Values worked out from Vensim's help pages for functions of arrays, of records and of lookups.

As `by_hand`, which collects them: the formulas of the pages (vensim.com/documentation/fn_*.html
and 24335.html on the curves, read 2026-11), written down without any engine; roots are found by
scipy.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.special import erfc

Series = dict[str, np.ndarray]
NA = -(2.0**109)

# 24335: each curve is the integral of the named shape around its middle; widths are whole ones of
# a rectangle and a triangle, the deviation of a normal curve, the length of an exponential one
SHARES: dict[str, Callable[[float], float]] = {
    "rectangular": lambda x: min(max(0.5 - x, 0.0), 1.0),
    "triangular": lambda x: 1 - 2 * (x + 0.5) ** 2 if -0.5 < x <= 0 else _falling(x),
    "normal": lambda x: float(erfc(x / math.sqrt(2))) / 2,
    "exponential": lambda x: 1 - math.exp(x) / 2 if x < 0 else math.exp(-x) / 2,
}


def _falling(x: float) -> float:
    return 1.0 if x <= 0 else 2 * max(0.5 - x, 0.0) ** 2


def _ones(t: np.ndarray) -> Series:
    return {"unit time": np.ones_like(t), "moving": t}


def _constants(t: np.ndarray, names: str, values: list[float]) -> Series:
    return {n: np.full_like(t, x) for n, x in zip(names.split("; "), values, strict=True)}


def _market(t: np.ndarray, dt: float) -> Series:
    """fn_find_market_price: what is demanded at the price is supplied at it."""
    shops = list(zip((5.0, 7.0, 3.0), (2.0, 4.0, 4.0), (1.0, 0.6, 1.5), strict=True))
    sellers = list(zip((4.0, 6.0), (3.0, 2.0), (800.0, 700.0), strict=True))
    found = {**_ones(t), "unit flow": np.ones_like(t)}
    found |= _constants(t, "middle[s1]; middle[s2]; middle[s3]", [x[0] for x in shops])
    found |= _constants(t, "width[s1]; width[s2]; width[s3]", [x[1] for x in shops])
    found |= _constants(t, "weight[s1]; weight[s2]; weight[s3]", [x[2] for x in shops])
    found |= _constants(t, "cost[a1]; cost[a2]", [x[0] for x in sellers])
    found |= _constants(t, "spread[a1]; spread[a2]", [x[1] for x in sellers])
    found |= _constants(t, "capacity[a1]; capacity[a2]", [x[2] for x in sellers])
    for k, (_, _, weight) in enumerate(shops):
        found[f"satiation[s{k + 1}]"] = (500 + 100 * np.sin(t)) * weight
    for number, kind in enumerate(SHARES, 1):
        found[f"kind[{kind}]"] = np.full_like(t, number)
        for curve, label, rows in (("demand", "s", shops), ("supply", "a", sellers)):
            for k, (middle, w, _) in enumerate(rows):
                head = f"{curve} curve[{kind},{label}{k + 1}"
                names = "; ".join(f"{head},{x}]" for x in "ptype ppriority pwidth pextra".split())
                found |= _constants(t, names, [number, middle, w, 0])
    for kind, share in SHARES.items():

        def demand(p: float, size: float, share: Callable[..., float] = share) -> list[float]:
            return [size * weight * share((p - middle) / w) for middle, w, weight in shops]

        def supply(p: float, share: Callable[..., float] = share) -> list[float]:
            # 24330: the same curve, rising
            return [most * (1 - share((p - middle) / w)) for middle, w, most in sellers]

        def gap(p: float, size: float) -> float:
            return sum(demand(p, size)) - sum(supply(p))

        sizes = 500 + 100 * np.sin(t)
        prices = [brentq(gap, -20, 30, (size,), xtol=1e-14, rtol=1e-15) for size in sizes]
        found[f"price[{kind}]"] = np.array(prices)
        bought = np.array([demand(p, size) for p, size in zip(prices, sizes, strict=True)])
        sold = np.array([supply(p) for p in prices])
        found |= {f"bought[{kind},s{k + 1}]": bought[:, k] for k in range(3)}
        found |= {f"sold[{kind},a{k + 1}]": sold[:, k] for k in range(2)}
        found[f"balance[{kind}]"] = np.zeros_like(t)
        if kind == "normal":
            for k in range(3):
                filled = np.cumsum(bought[:-1, k] * dt)
                found[f"content[s{k + 1}]"] = np.concatenate([[0.0], filled])
    return found


def _allocate_fixed(t: np.ndarray, dt: float) -> Series:
    """24335: a fixed quantity is asked for at any price; too many of them share in proportion."""
    supply = 60 + 120 * t
    part = np.minimum(supply / 1550, 1.0)
    left = np.clip(supply - 500, 0, None)
    # rectangles of width one around 7 and 3 do not meet: the second before the third
    second = np.minimum(left, 300)
    third = np.minimum(np.clip(left - 300, 0, None), 750)
    return {
        **{f"in proportion[s{k + 1}]": part * q for k, q in enumerate((500.0, 300.0, 750.0))},
        "one first[s1]": np.minimum(supply, 500),
        "one first[s2]": second,
        "one first[s3]": third,
    }


def _vector_elm_map_beside(t: np.ndarray, dt: float) -> Series:
    """fn_vector_elm_map: v[place + offset]; :NA: outside the array."""
    grid = {
        f"grid[{region},s{k + 1}]": t * (r + 1) + 10 * (k + 1)
        for r, region in enumerate(("north", "south"))
        for k in range(3)
    }
    return {
        **_ones(t),
        **grid,
        **_constants(t, "skill[s1]; skill[s2]; skill[s3]", [5, 8, 2]),
        # the last one of north is followed by the first one of south
        "after[s1]": t + 20,
        "after[s2]": t + 30,
        "after[s3]": 2 * t + 10,
        "before[s1]": np.full_like(t, -1),
        "before[s2]": 2 * t + 10,
        "before[s3]": 2 * t + 20,
        "outside": np.ones_like(t),
        "turning": np.array([5.0, 8, 2])[np.floor(t + 0.01).astype(int) % 3],
    }


_HEIGHT = np.array([1.0, 3, 7, 8])
_FALL = np.array([[9.0, 4, 2, -1], [8, 6, 3, 2]])


def _even(x: np.ndarray, ys: np.ndarray, low: float, high: float) -> dict[str, np.ndarray]:
    """fn_vector_lookup: values at equal distances between low and high, in all modes."""
    xs = np.linspace(low, high, len(ys))
    k = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, len(xs) - 2)
    slope = (ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k])
    line = np.interp(x, xs, ys)
    inside = np.clip(x, low, high)
    areas = np.concatenate([[0.0], np.cumsum((ys[1:] + ys[:-1]) / 2 * np.diff(xs))])
    area = areas[k] + (inside - xs[k]) * (ys[k] + np.interp(inside, xs, ys)) / 2
    ends = np.where(x < low, ys[0], ys[-1])
    level = area + (x - inside) * ends
    sloping = level + slope * (x - inside) ** 2 / 2
    outside = (x < low) | (x > high)
    back = np.interp(x, ys, xs)
    j = np.clip(np.searchsorted(ys, x, side="right") - 1, 0, len(xs) - 2)
    return {
        "plain": line,
        "area": level,
        "backward": np.where(x < high, ys[k], ys[-1]),
        "extrapolated": ys[k] + slope * (x - xs[k]),
        "forward": np.where(x > low, ys[k + 1], ys[0]),
        "inverse": back,
        "slope": np.where(outside, 0.0, slope),
        "area beyond": sloping,
        "inverse beyond": xs[j] + (x - ys[j]) * (xs[j + 1] - xs[j]) / (ys[j + 1] - ys[j]),
        "slope beyond": slope,
    }


def _vector_lookup(t: np.ndarray, dt: float) -> Series:
    corners = np.array([1.0, 1.5, 1.25, 0.5])  # at 0, 2, 4 and 6; zero behind
    points = np.where(t < 3.5, corners[np.clip(np.floor(t + 0.01).astype(int), 0, 3)], 0.0)
    fall = [np.interp(-(t / 2 + 0.01), -ys, np.linspace(0, 6, 4)) for ys in _FALL]
    flow = np.interp(2.5, [0, 2, 4, 6], _HEIGHT) * (1 + t)
    content = np.concatenate([[0.0], np.cumsum(flow[:-1] * dt)])
    return {
        **_ones(t),
        "unit flow": np.ones_like(t),
        **_even(t - 2.03, _HEIGHT, 0, 6),
        "at points": points,
        "falling[north]": fall[0],
        "falling[south]": fall[1],
        **{f"height[k{k + 1}]": np.full_like(t, y) for k, y in enumerate(_HEIGHT)},
        **{f"moving height[k{k + 1}]": y * (1 + t) for k, y in enumerate(_HEIGHT)},
        **{
            f"fall[{name},k{k + 1}]": np.full_like(t, y)
            for name, ys in zip(("north", "south"), _FALL, strict=True)
            for k, y in enumerate(ys)
        },
        "content": content,
    }


_CURVE = np.array([0.0, 2, 3, 5]), np.array([1.0, 3, 7, 8])
_FEW = np.array([1.0, 4]), np.array([2.0, -1])


def _under(x: np.ndarray | float, points: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The area under a lookup from 0 to x, its ends held: every piece is a straight line."""
    xs = np.concatenate([[-100.0], points[0], [100.0]])
    ys = np.concatenate([points[1][:1], points[1], points[1][-1:]])
    areas = np.concatenate([[0.0], np.cumsum((ys[1:] + ys[:-1]) / 2 * np.diff(xs))])

    def until(z: np.ndarray | float) -> np.ndarray:
        k = np.clip(np.searchsorted(xs, z, side="right") - 1, 0, len(xs) - 2)
        return areas[k] + (z - xs[k]) * (ys[k] + np.interp(z, xs, ys)) / 2

    return until(x) - until(0.0)


def _lookup_area(t: np.ndarray, dt: float) -> Series:
    flow = _under(t / 2, _CURVE) - _under(1, _CURVE)
    first = float(_under(5, _FEW) - _under(0, _FEW))
    return {
        **_ones(t),
        "unit flow": np.ones_like(t),
        "from start": _under(t + 0.03, _CURVE),
        "beyond": _under(9, _CURVE) - _under(t - 4.03, _CURVE),
        "turned round": _under(t / 3, _CURVE) - _under(4, _CURVE),
        "inside": 1 + 2 * (_under(t / 3 + 0.01, _FEW) - _under(1, _FEW)),
        "content": first + np.concatenate([[0.0], np.cumsum(flow[:-1] * dt)]),
    }


def _steepness(x: np.ndarray, points: tuple[np.ndarray, np.ndarray], beyond: str) -> np.ndarray:
    """fn_lookup_slope between points, and beyond them as its mode has it."""
    xs, ys = points
    k = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, len(xs) - 2)
    slope = np.diff(ys)[k] / np.diff(xs)[k]
    outside = (x < xs[0]) | (x > xs[-1])
    if beyond == "nearest":
        return slope
    return np.where(outside, 0.0 if beyond == "none" else -99.0, slope)


def _lookup_slope(t: np.ndarray, dt: float) -> Series:
    flow = _steepness(t / 3 + 0.01, _CURVE, "none")
    # at 0, 2, 3 and 5 halfway between the pieces; at an end the only one
    at = dict(zip(range(6), (1.0, 1.0, 2.5, 2.25, 0.5, 0.5), strict=True))
    return {
        **_ones(t),
        "unit flow": np.ones_like(t),
        "flat outside": _steepness(t - 2.03, _CURVE, "none"),
        "carried on": _steepness(t - 2.03, _CURVE, "nearest"),
        "unknown outside": _steepness(t - 2.03, _CURVE, "unknown"),
        "at points": np.array([at.get(math.floor(x + 0.01), 0.0) for x in t]),
        "inside": 1 + 2 * _steepness(t / 3 + 0.01, _FEW, "nearest"),
        "content": 1 + np.concatenate([[0.0], np.cumsum(flow[:-1] * dt)]),
    }


def _get_time_value_initial(t: np.ndarray, dt: float) -> Series:
    """fn_get_time_value: relative to 1, the initial time, in units of time."""
    start = np.full_like(t, 3)
    return {**_ones(t), "unit flow": np.ones_like(t), "start": start, "moved start": t / 2}


def _streams(t: np.ndarray) -> np.ndarray:
    return 4 + np.clip(t - 2, 0, 6) + np.where(t > 5 - 1e-9, 3.0, 0.0)


def _arrivals(t: np.ndarray, dt: float, delay: np.ndarray, x: np.ndarray) -> list[list[float]]:
    """What went in by the point at which it comes out."""
    lags = np.maximum(np.floor(delay / dt + 0.5 + 1e-6), 1).astype(int)
    found: list[list[float]] = [[] for _ in t]
    for k in range(len(t)):
        if k + lags[k] < len(t):
            found[k + lags[k]].append(float(x[k]))
    return found


def _material(
    t: np.ndarray, dt: float, delay: np.ndarray, x: np.ndarray, first: float, missing: float
) -> np.ndarray:
    """fn_delay_material: inputs that come out together are added; else the missing value."""
    begin = round(delay[0] / dt)
    return np.array(
        [
            (sum(here) + (first if k < begin else 0.0)) if here or k < begin else missing
            for k, here in enumerate(_arrivals(t, dt, delay, x))
        ]
    )


def _news(t: np.ndarray, dt: float, delay: np.ndarray, x: np.ndarray, first: float) -> np.ndarray:
    """fn_delay_information: what comes out behind something newer is passed over."""
    lags = np.maximum(np.floor(delay / dt + 0.5 + 1e-6), 1).astype(int)
    result, newest = np.full_like(t, first), -1
    for k in range(len(t)):
        out = [i for i in range(k) if i + lags[i] == k]
        newest = max([newest, *out])
        result[k] = x[newest] if newest >= 0 else first
    return result


def _delay_material(t: np.ndarray, dt: float) -> Series:
    x = _streams(t)
    late = t > 4 - 1e-9
    longer, shorter = np.where(late, 6.0, 3.0), np.where(late, 2.0, 5.0)
    three, two, four = (np.full_like(t, d) for d in (3.0, 2.0, 4.0))
    released = _material(t, dt, shorter, x, 2, -1)
    return {
        **_ones(t),
        "unit flow": np.ones_like(t),
        "input": x,
        "longer": longer,
        "shorter": shorter,
        "constant time": _material(t, dt, three, x, 2, 0),
        "material longer": _material(t, dt, longer, x, 2, -1),
        "material shorter": released,
        "news longer": _news(t, dt, longer, x, 2),
        "news shorter": _news(t, dt, shorter, x, 2),
        "of region[north]": _material(t, dt, two, x, 1, 0),
        "of region[south]": _material(t, dt, four, 2 * x, 2, 0),
        "weight[north]": np.ones_like(t),
        "weight[south]": 2 * np.ones_like(t),
        "time of[north]": two,
        "time of[south]": four,
        "content": 2 + np.concatenate([[0.0], np.cumsum((x - released)[:-1] * dt)]),
    }


def _written_off(
    t: np.ndarray, dt: float, x: np.ndarray, periods: int, length: float, first: float
) -> np.ndarray:
    """fn_depreciate_straightline: a part of the present stream, and of what each of the fiscal
    periods before it brought in, on average over the period."""
    number = np.floor(t / length + 1e-6).astype(int)
    brought = {k: x[number == k].sum() * dt / length for k in range(number.max() + 1)}
    return np.array(
        [
            (now + sum(brought[k] if k >= 0 else first for k in range(p - periods + 1, p)))
            / periods
            for now, p in zip(x, number, strict=True)
        ]
    )


def _depreciate_straightline(t: np.ndarray, dt: float) -> Series:
    x = _streams(t)
    depreciated = _written_off(t, dt, x, 3, 2.0, 3.0)
    return {
        **_ones(t),
        "unit flow": np.ones_like(t),
        "invested": x,
        "depreciated": depreciated,
        "at once": x,
        "steady": _written_off(t, dt, np.full_like(t, 4.0), 5, 1.0, 4.0),
        "content": np.concatenate([[0.0], np.cumsum(depreciated[:-1] * dt)]),
    }


def _random_counts(t: np.ndarray, dt: float) -> Series:
    """Numbers within their bounds; `test_noise` looks at how they are distributed."""
    names = ("poisson", "binomial", "negative", "gamma", "beta")
    return {**_ones(t), **{f"{name} inside": np.ones_like(t) for name in names}}


BY_HAND_ARRAYS: dict[str, Callable[[np.ndarray, float], Series]] = {
    "allocate_fixed": _allocate_fixed,
    "delay_material": _delay_material,
    "depreciate_straightline": _depreciate_straightline,
    "get_time_value_initial": _get_time_value_initial,
    "lookup_area": _lookup_area,
    "lookup_slope": _lookup_slope,
    "market": _market,
    "random_counts": _random_counts,
    "vector_elm_map_beside": _vector_elm_map_beside,
    "vector_lookup": _vector_lookup,
}
