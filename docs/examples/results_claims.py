"""The claims of the letter in words: verdict, share of the draws, numbers."""

from __future__ import annotations

from results_given import exact
from results_read import Row, over_draws, percent, rows, span, statements, verdicts

HEAD = (
    "| claim | code | with the fitted constants | holds, share of the draws given the record (95%) "
    "| of the prior |",
    "| --- | --- | --- | --- | ---: |",
)
NUMBERS = (
    "| number | range | value, fitted constants | verdict | given the record: median (5 to 95%) "
    "| in its range, share of the draws given the record | of the prior |",
    "| --- | --- | ---: | --- | --- | ---: | ---: |",
)


def overview() -> str:
    """One row per claim."""
    words, drawn = statements(), over_draws()
    lines = [*HEAD]
    for claim, verdict in verdicts().items():
        link = f"[{claim}](#{claim.lower()})"
        lines.append(f"| {words[claim]} | {link} | {verdict} | {_share(drawn.get(claim))} |")
    return "\n".join(lines)


def _share(row: Row | None) -> str:
    if row is None:
        return " | "
    return f"{exact(row)} | {percent(row['prior, share'], 1)}"


def details() -> str:
    """One section per claim."""
    words = statements()
    return "\n".join(_part(claim, words[claim], told) for claim, told in verdicts().items())


def _part(claim: str, words: str, verdict: str) -> str:
    own = [row for row in rows("claims") if row["claim"] == claim]
    title = f'### <a id="{claim.lower()}"></a>{words.rstrip(".")} ({claim})'
    head = f"{title}\n\n{verdict.capitalize()}."
    if claim == "C46":
        return f"{head} [The numbers](survival.md#technology-or-the-timing-of-policy).\n"
    if all(row["verdict"] == "not tested" for row in own):
        return f"{head} Reason: {own[0]['what']}.\n"
    lines = [*NUMBERS]
    for row in own:
        within = _within(claim, row["what"])
        cells = (row["what"], span(row), row["value"], row["verdict"].lower(), within)
        lines.append(f"| {' | '.join(cells)} |")
    return f"{head}\n\n{chr(10).join(lines)}\n"


def _within(claim: str, what: str) -> str:
    """Where a number lies in the draws, and in what shares in its range; empty without one."""
    for row in rows("claims_posterior"):
        # a number of the calibrated run may add a district in brackets
        if row["claim"] == claim and what.startswith(row["what"]) and row["posterior, share"]:
            middle, low, high = (row[f"posterior {q}"] for q in ("median", "5%", "95%"))
            shares = (percent(row[f"{over}, share"], 1) for over in ("posterior", "prior"))
            return " | ".join((f"{middle} ({low} to {high})" if middle else "", *shares))
    return " |  | "
