"""The tables of results/district as values, sentences and small tables for the pages.

A sentence whose direction depends on the numbers states the condition (`sure`), so that it cannot
outlive the numbers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "results" / "district"
DOCS = ROOT / "docs"
CLAIMS = DOCS / "claims.md"
BAD = ("FAILS", "no case")
WHOLE = "all of its numbers"
Row = dict[str, str]
NAMES = {
    "Bologna packaging": "Bologna",
    "Reggio agricultural machinery": "Reggio",
    "German Mittelstand": "Mittelstand",
    "US Midwest": "Midwest",
}
POLICIES = {
    "security_tariffs": "tariffs on parts that matter for security",
    "carbon_social_tariffs": "carbon and social charges at the border",
    "tariff_only": "tariffs on parts and on finished goods",
    "friend_shoring": "friend-shoring",
    "industrial_policy": "industrial policy, 2022 to 2032",
    "industry40_colocation": "Industry 4.0 and teaching in the district",
    "fdi_openness": "openness to foreign investors",
    "capability_only": "all capability instruments, 2025 to 2045",
    "district_renaissance": "all of them and moderate tariffs, 2025 to 2045",
}


def rows(name: str) -> list[Row]:
    """The rows of a table."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        next(file)
        return list(csv.DictReader(file))


def pick(name: str, **where: str) -> Row:
    """The one row of a table in which the columns have these values (`_` stands for a blank)."""
    wanted = {key.replace("_", " "): value for key, value in where.items()}
    (found,) = [r for r in rows(name) if all(r[k] == v for k, v in wanted.items())]
    return found


def sure(condition: bool, sentence: str) -> str:
    """The sentence, which says what the condition states."""
    if not condition:
        raise ValueError(f"the numbers no longer say this; rewrite it: {sentence}")
    return sentence


def lines_of(name: str, heading: str = "", level: int = 3) -> str:
    """The tables of one file, without its own prose; `heading`: only the part under it."""
    text = (TABLES / f"{name}.md").read_text(encoding="utf-8")
    kept: list[str] = []
    part = ""
    for line in text.splitlines():
        if line.startswith("## "):
            part = line[3:]
            if heading in ("", part):
                kept += ["", f"{'#' * level} {plain(part)}", ""]
        elif heading and part != heading:
            continue
        elif line.startswith(("|", "All rows:", "Rounding:", "Made by")):
            opens = not line.startswith("|") and kept and kept[-1]
            kept += ["", line] if opens else [line]
    return plain("\n".join(kept)).strip()


def plain(text: str) -> str:
    """The words of the tables as the pages use them."""
    swaps = (
        (r"\bWorlds and folds\b", "Stable equilibria and folds"),
        (r"\bworlds of 2019\b", "equilibria in the conditions of 2019"),
        (r"\b(\d+(?: to \d+)?) worlds\b", r"\1 equilibria"),
        (r"\b1 world\b", "1 equilibrium"),
        (r"\ba world ends at\b", "fold at"),
        (r"\bnone ends in\b", "no fold in"),
        (r"\bInto another world\b", "Into another equilibrium"),
        (r"\bone world only\b", "one equilibrium only"),
        (r"\bfrom the lost world\b", "from the lower equilibrium"),
        (r"\bin the lost world\b", "in the lower equilibrium"),
        (r"\bnumber ([1-4])\b", r"rank \1"),
        (r"\bdearer goods\b", "higher prices"),
    )
    for old, new in swaps:
        text = re.sub(old, new, text)
    return text


def figure(name: str, words: str, up: str = "../") -> str:
    """A picture with the words for those who do not see it."""
    return f"![{words}]({up}images/{name}.svg)"


def percent(share: str | float, digits: int = 0) -> str:
    """A share as a percentage."""
    return f"{100 * float(share):.{digits}f}%"


def number(text: str, digits: int = 1) -> float:
    """A printed number, rounded."""
    return round(float(text), digits)


def statements() -> dict[str, str]:
    """The words of every claim, from docs/claims.md."""
    return words_of(CLAIMS.read_text(encoding="utf-8"))


def words_of(text: str) -> dict[str, str]:
    """The words of every claim, from the text of that page."""
    return {code: words for words, code in re.findall(r"^\| ([^|]+) \| (C\d+) \|", text, re.M)}


def verdicts() -> dict[str, str]:
    """What the calibrated model says of every claim: holds, fails, fails in part, not tested."""
    counted: dict[str, list[bool]] = {}
    other: dict[str, str] = {}
    found = [(row["claim"], row["verdict"]) for row in rows("claims")]
    # one claim has a table of its own
    found += [("C46", row["verdict"]) for row in rows("technology")]
    for claim, verdict in found:
        if verdict in (*BAD, "holds"):
            counted.setdefault(claim, []).append(verdict == "holds")
        else:
            other[claim] = verdict
    words = {"shown": "no range to test", "not tested": "cannot be tested"}
    result = {
        claim: "holds" if all(held) else "fails in part" if any(held) else "fails"
        for claim, held in counted.items()
    }
    result |= {claim: words[verdict] for claim, verdict in other.items() if claim not in counted}
    return {claim: result[claim] for claim in sorted(result, key=lambda name: int(name[1:]))}


def over_draws() -> dict[str, Row]:
    """For each claim the row that says in what share of the draws it holds."""
    return {row["claim"]: row for row in rows("claims_posterior") if row["what"] == WHOLE}


def listed(names: Iterable[str]) -> str:
    """Words joined by commas and an `and`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def failures(name: str, of: str) -> list[str]:
    """The rows that do not hold, one line each."""
    lines = []
    for row in rows(name):
        if row["verdict"] not in BAD:
            continue
        value = f"{row['value']} (range: {span(row)})" if row["value"] else "none"
        lines.append(f"- **{row['verdict']}** {row[of]}: {row['what']}: {value}")
    return lines


def span(row: Row) -> str:
    """A range in words."""
    if row["low"] and row["high"]:
        return f"{row['low']} to {row['high']}"
    return (
        f"{row['low']} or more" if row["low"] else f"{row['high']} or less" if row["high"] else ""
    )


def change(policy: str, what: str, year: str, which: str = "median") -> dict[str, float]:
    """District -> median change by a policy given the record, or another quantile."""
    return {
        r["district"]: float(r[f"posterior change {which}"])
        for r in rows("policies_posterior")
        if (r["scenario"], r["indicator"], r["year"]) == (policy, what, year)
    }


def shares(name: str, indicator: str, group: str) -> list[float]:
    """Shares of variance of first order, by district."""
    own = [r for r in rows(name) if (r["indicator"], r["goes with"]) == (indicator, group)]
    return [float(r["first"]) for r in own if r["first"]]


def md(name: str, column: str) -> list[Row]:
    """The rows of the Markdown table that has this column."""
    text = (TABLES / f"{name}.md").read_text(encoding="utf-8")
    for part in text.split("\n\n"):
        table = [
            line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")
        ]
        if table and column in table[0]:
            return [dict(zip(table[0], cells, strict=True)) for cells in table[2:]]
    raise KeyError(column)


def word(count: int) -> str:
    """A small number in words."""
    words = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[count] if count < len(words) else str(count)


def judged() -> str:
    """The constants that matter most, and how well they are known."""
    first: dict[str, str] = {}
    for row in rows("sensitivity"):
        if row["indicator"] == "home share":
            first.setdefault(row["district"], row["constant"])
    constants = sorted(set(first.values()))
    path = ROOT / "models" / "district" / "data" / "parameters.csv"
    with path.open(encoding="utf-8", newline="") as file:
        known = {row["element"]: row["confidence"] for row in csv.DictReader(file)}
    return sure(
        all(known[name].startswith("low") for name in constants),
        "Over the prior, what matters most for the home share of a district in 2060 is "
        f"{listed(f'*{c}*' for c in constants)}. These constants are judgement, with a wide range.",
    )


def effects() -> list[str]:
    """Per policy: medians of the draws given the record, smallest to largest over the districts."""
    wanted = (
        ("home share of the chain", "2060"),
        ("jobs, all", "2035"),
        ("jobs, all", "2060"),
        ("consumer price", "2035"),
    )
    lines = [
        "| policy | home share 2060, points | jobs 2035, % | jobs 2060, % | price of goods 2035, "
        "% |",
        "| --- | --- | --- | --- | --- |",
    ]
    for policy, words in POLICIES.items():
        cells = [words]
        for what, year in wanted:
            own = [
                (x, NAMES.get(district, district))
                for district, x in change(policy, what, year).items()
            ]
            cells.append(
                " to ".join(f"{round(x, 1) + 0:.1f} ({where})" for x, where in (min(own), max(own)))
            )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def made(name: str) -> str:
    """The last line of a table: of what it was made."""
    text = (TABLES / f"{name}.md").read_text(encoding="utf-8")
    return next(line for line in text.splitlines() if line.startswith("Made by"))


def targets() -> tuple[int, int]:
    """How many targets of the calibration hold, and of how many."""
    found = [row["verdict"] for row in rows("targets") if row["verdict"] in (*BAD, "holds")]
    return found.count("holds"), len(found)


def wrong() -> int:
    """Numbers of the record that the model misses by much."""
    return sum(row["verdict"] == "WRONG" for row in rows("record_against"))
