"""Sentences of docs/results.md: what the model finds, and where it contradicts the letter."""

from __future__ import annotations

from collections.abc import Iterable

from results_read import (
    NAMES,
    change,
    listed,
    losers,
    md,
    number,
    over_draws,
    percent,
    pick,
    rows,
    shares,
    statements,
    sure,
    verdicts,
    word,
)


def finds() -> Iterable[str]:
    """What the model finds: finding, certainty, basis."""
    jobs = pick("record_against", item="F8", district="all ten")
    lost = losers("security tariffs", "fewer jobs in 2035")
    cut = [
        100 * (float(r["relative output 2060, ratio"]) - 1)
        for r in rows("knock_out")
        if (r["scenario"], r["loop cut"]) == ("security tariffs", "R10 retaliation")
    ]
    yield sure(
        number(jobs["model"]) < 0 < min(cut),
        "**Tariffs for security bring little home and cost jobs.** In the calibrated run (fitted "
        f"constants) jobs of the ten districts in 2035 are {-number(jobs['model'])}% below the "
        f"baseline. In at least 75% of the draws they are lower in {listed(lost)}. The reason is "
        "that parts cost more and other countries retaliate: without both, output of 2060 would "
        f"be {min(cut):.0f}% to {max(cut):.0f}% higher.",
    )
    carbon = change("carbon_social_tariffs", "home share of the chain", "2060")
    security = change("security_tariffs", "home share of the chain", "2060")
    yield sure(
        all(c >= s for c, s in zip(carbon.values(), security.values(), strict=True)),
        "**Carbon and social charges bring home more than security tariffs do**, in the median "
        f"of every district: {min(carbon.values()):.1f} to {max(carbon.values()):.1f} points of "
        f"the home share in 2060, against {min(security.values()):.1f} to "
        f"{max(security.values()):.1f}.",
    )
    kept = {r["district"]: r["the renaissance"] for r in md("least_policy", "the renaissance")}
    last = [name for name, cell in kept.items() if not cell.startswith("none")]
    yield (
        "**A joint programme of investment, skills, upgrading, teaching and moderate tariffs "
        "raises jobs while it runs.** After twenty years and repeal in 2045, output of 2070 "
        f"stays 20% or more above the baseline in {listed(last)}, and in no other district."
    )
    two = [r["district"] for r in md("regimes", "worlds of 2019") if ";" in r["worlds of 2019"]]
    held = [r for r in rows("least_policy") if r["begins in"] != "2025, by runs"]
    yield sure(
        {r["verdict"] for r in held} <= {"one world only", "none of those tried"},
        f"**More than one future is stable in {word(len(two))} of ten districts**: {listed(two)} "
        "have a high and a low equilibrium in the conditions of 2019. No policy that was tried "
        "(ten doses, up to 60 years, then repealed) moves a district from one to the other.",
    )
    technology = shares("technology", "home share", "technology")
    timing = shares("technology", "home share", "timing of policy")
    yield sure(
        sum(t > p for t, p in zip(technology, timing, strict=True)) >= 9,
        "**Technology decides more than the timing of policy.** Constants of technology explain "
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
        "the timing of policy explains less than 15% of the variance in every district "
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


def supports() -> str:
    """Claims that hold in the calibrated model and in most draws, in words."""
    words, told, drawn = statements(), verdicts(), over_draws()
    good = [c for c, v in told.items() if v == "holds" and c in drawn]
    good = [c for c in good if float(drawn[c]["holds, share"]) > 0.5]
    good.sort(key=lambda c: -float(drawn[c]["holds, share"]))
    return "\n".join(
        f"- {words[c].rstrip('.')} ({c}): {percent(drawn[c]['holds, share'])} of the draws."
        for c in good
    )


def timing() -> str:
    """How the claim about technology and timing fares."""
    found = [row["verdict"] for row in rows("technology") if row["goes with"] == "timing of policy"]
    return sure(
        "holds" not in found,
        "The timing of policy stays below 15% in every district, so the claim fails.",
    )
