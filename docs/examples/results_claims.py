"""The claims of the letter in words: verdict, share of the draws, numbers."""

from __future__ import annotations

from results_read import Row, over_draws, percent, rows, span, statements, verdicts

HEAD = (
    "| claim | code | with the calibrated constants | share of the draws (95% interval) |",
    "| --- | --- | --- | --- |",
)
NUMBERS = (
    "| number | range | value | verdict | in its range, share of draws |",
    "| --- | --- | ---: | --- | ---: |",
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
        return ""
    ends = " to ".join(percent(row[end], 1) for end in ("share low", "share high"))
    return f"{percent(row['holds, share'], 1)} ({ends})"


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
    """In what share of the draws a number lies in its range; empty without one."""
    for row in rows("claims_prior"):
        # a number of the calibrated run may add a district in brackets
        if row["claim"] == claim and what.startswith(row["what"]) and row["holds, share"]:
            return percent(row["holds, share"], 1)
    return ""
