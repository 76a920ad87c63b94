"""Sentences of docs/results.md: what the model finds, and where it contradicts the letter."""

from __future__ import annotations

from collections.abc import Iterable

from results_given import both, fate, share
from results_read import (
    NAMES,
    Row,
    change,
    listed,
    md,
    number,
    percent,
    pick,
    rows,
    shares,
    sure,
    word,
)


def survivors() -> str:
    """Which districts survive, given the record."""
    names = [r["district"] for r in rows("jobs")]
    kinds = ("survives anyway", "policy decides", "lost whatever is done")
    stay, decided, gone = ({d: fate(d, kind) for d in names} for kind in kinds)
    safe = [d for d in names if float(stay[d]["posterior low"]) > 0.97]
    lost = [d for d in names if float(gone[d]["posterior low"]) > 0.5]
    between = [d for d in names if d not in (*safe, *lost)]
    least = min((stay[d] for d in safe), key=lambda r: float(r["posterior, share"]))
    words = [f"in {both(decided[d])} for {_said(d)}" for d in between]
    ends = [f"{_said(d)} in {both(gone[d])}" for d in lost]
    saved = {
        r["district"]: float(r["posterior, share"])
        for r in rows("worlds_posterior")
        if (r["class"], r["policy"]) == ("saved by", "district_renaissance")
    }
    return sure(
        all(float(r["posterior, share"]) > float(r["prior, share"]) for r in _of(decided, between))
        and all(saved[d] > 0.9 * float(decided[d]["posterior, share"]) for d in between),
        f"**{word(len(safe)).capitalize()} districts are safe, {word(len(lost))} are mostly lost, "
        f"and for {word(len(between))} policy matters most.** {listed(map(_said, safe))} survive "
        f"without any policy in {share(least['posterior, share'])} of the draws or more. "
        f"Lost under every policy that was tried are {listed(ends)} of the draws. Policy decides "
        f"{listed(words)}, nearly always through the joint programme of finding 4.",
    )


def _of(found: dict[str, Row], names: Iterable[str]) -> list[Row]:
    return [found[name] for name in names]


def _said(district: str) -> str:
    """A name in a sentence."""
    name = _short(district)
    return f"the {name}" if name in ("Mittelstand", "Midwest") else name


def _short(district: str) -> str:
    return NAMES.get(district, district)


def finds() -> Iterable[str]:
    """What the model finds: finding, certainty, basis."""
    yield survivors()
    jobs = pick("record_against", item="F8", district="all ten")
    middle = change("security_tariffs", "jobs, all", "2035")
    high = change("security_tariffs", "jobs, all", "2035", "95%")
    fewer = [_short(d) for d, x in high.items() if x < 0]
    cut = [
        100 * (float(r["relative output 2060, ratio"]) - 1)
        for r in rows("knock_out")
        if (r["scenario"], r["loop cut"]) == ("security tariffs", "R10 retaliation")
    ]
    yield sure(
        number(jobs["model"]) < 0 < min(cut) and max(middle.values()) < 0,
        "**Tariffs for security bring little home and cost jobs.** The median "
        f"change of jobs in 2035 is negative in all ten districts ({min(middle.values()):.1f}% "
        f"to {max(middle.values()):.1f}%); in at least 95% of the draws jobs are lost in "
        f"{listed(fewer)}. The reason is that parts cost more and other countries retaliate: "
        f"with the fitted constants and without both, output of 2060 would be {min(cut):.0f}% to "
        f"{max(cut):.0f}% higher.",
    )
    carbon = change("carbon_social_tariffs", "home share of the chain", "2060")
    security = change("security_tariffs", "home share of the chain", "2060")
    yield sure(
        all(c >= s for c, s in zip(carbon.values(), security.values(), strict=True)),
        "**Carbon and social charges bring home more than security tariffs do**, in the median "
        f"of every district: {min(carbon.values()):.1f} to "
        f"{max(carbon.values()):.1f} points of the part of the chain that is made in the "
        f"district (its *home share*) in 2060, against {min(security.values()):.1f} to "
        f"{max(security.values()):.1f}.",
    )
    kept = {r["district"]: r["the renaissance"] for r in md("least_policy", "the renaissance")}
    last = [name for name, cell in kept.items() if not cell.startswith("none")]
    yield (
        "**A joint programme of investment, skills, upgrading, teaching and moderate tariffs "
        "raises jobs while it runs.** With the fitted constants, after twenty years and repeal "
        "in 2045, output of 2070 "
        f"stays 20% or more above the baseline in {listed(last)}, and in no other district."
    )
    two = [r["district"] for r in md("regimes", "worlds of 2019") if ";" in r["worlds of 2019"]]
    held = [r for r in rows("least_policy") if r["begins in"] != "2025, by runs"]
    yield sure(
        {r["verdict"] for r in held} <= {"one world only", "none of those tried"},
        f"**More than one future is stable in {word(len(two))} of ten districts**: {listed(two)} "
        "have a high and a low equilibrium in the conditions of 2019 (fitted constants). No "
        "policy that was tried (ten doses, up to 60 years, then repealed) moves a district from "
        "one to the other.",
    )
    technology = shares("technology", "home share", "technology")
    timing = shares("technology", "home share", "timing of policy")
    yield sure(
        sum(t > p for t, p in zip(technology, timing, strict=True)) >= 9,
        "**Technology decides more than the timing of policy.** Over the prior, constants of "
        "technology explain "
        f"{percent(max(0, min(technology)))} to {percent(max(technology))} of the variance of the "
        f"home share in 2060, the date of the policy {percent(min(timing), 1)} to "
        f"{percent(max(timing), 1)}.",
    )


def against() -> Iterable[str]:
    """Where the evidence contradicts the letter."""
    known = [r for r in rows("jobs") if r["record"] and r["district"] != "US Midwest"]
    kept = [r for r in known if float(r["record"]) < 0.8]
    words = [f"{NAMES.get(r['district'], r['district'])} {percent(r['record'])}" for r in kept]
    yield (
        "*The letter: districts came through globalisation without large losses of jobs, Prato "
        f"excepted.* The record: of {word(len(known))} European districts with figures, "
        f"{word(len(kept))} kept less than 80% of their jobs ({', '.join(words)}; years differ). "
        "Fashion districts kept value rather than jobs."
    )
    rare = [r for r in rows("record_against") if r["item"] == "F1" and r["record"] == "rare"]
    moved = "security tariffs: far share 2035, largest change in points anywhere"
    far = pick("claims", claim="C39", what=moved)
    yield sure(
        all(row["verdict"] == "agrees" for row in rare),
        "*The letter: value chains turn regional again.* The record: firms that went abroad "
        "seldom came back. The model agrees in every district, and under security tariffs the "
        f"far share falls by {-number(far['value'])} points at most by 2035 (chains turn "
        "regional, C39: fails).",
    )
    goods = pick(
        "record_against",
        what="tariff on final goods alone, no retaliation: jobs 2021 against the baseline, %",
    )
    yield sure(
        float(goods["model"]) > 0,
        "*Policy expects tariffs to bring jobs back.* The record: the US tariffs of 2018 and "
        "2019 raised no manufacturing jobs (Flaaen and Pierce 2024). Here the model is wrong: it "
        f"shows a rise of {number(goods['model'])}% for a tariff on finished goods.",
    )
    found = [row["verdict"] for row in rows("technology") if row["goes with"] == "timing of policy"]
    yield sure(
        "holds" not in found,
        "*The letter: the future is a question of politics more than of technology.* The model: "
        "over the prior, the timing of policy explains less than 15% of the variance in every "
        "district "
        "(technology alone does not decide, C46: fails).",
    )
    wages = pick("claims", what="response of the home share to cheaper home labour lower by %")
    labour = pick("claims", what="labour share of unit cost 2040 lower by %, mean")
    yield sure(
        float(wages["value"]) < float(wages["low"]),
        "*The letter: Industry 4.0 makes production less dependent on labour costs.* The model: "
        f"the labour share of unit cost falls by {number(labour['value'])}% and the response to "
        f"wages by {number(wages['value'])}%; the claim asks for 20% or more (C32: fails).",
    )
    spread = pick("claims", what="full transfer: spread of jobs 2019 over 1991 narrower by %")
    yield sure(
        float(spread["value"]) < float(spread["low"]),
        "*The letter: sticky tacit knowledge explains why districts lasted.* The model: if "
        "knowledge travelled with every contract, the spread of jobs between districts would be "
        f"{number(spread['value'])}% narrower; the claim asks for 50% (C26: fails).",
    )


def timing() -> str:
    """How the claim about technology and timing fares."""
    found = [row["verdict"] for row in rows("technology") if row["goes with"] == "timing of policy"]
    return sure(
        "holds" not in found,
        "The timing of policy stays below 15% in every district, so the claim fails.",
    )
