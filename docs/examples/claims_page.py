"""The marked block of docs/claims.md: every number that a claim is tested by, and where it is read.

Runs nothing: the tests say what they read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from results_read import words_of

from simdistrict.tables import Study
from simdistrict.tables.evidence import Claim, Measure, needs
from simdistrict.tables.stated import claims_of

STUDY = Study("district")
CLAIMS = claims_of(STUDY)
FILE = STUDY.definition.file
BASELINE, NOT_TESTED = FILE.baseline, FILE.not_tested
PAGE = Path(__file__).parents[1] / "claims.md"
BEGIN, END = "<!-- tests: begin -->", "<!-- tests: end -->"


def span(measure: Measure) -> str:
    """The range in words."""
    low, high = measure.low, measure.high
    if low is not None and high is not None:
        return f"{low:.3g} to {high:.3g}"
    if low is not None:
        return f"from {low:.3g}"
    return "shown" if high is None else f"up to {high:.3g}"


def read_in(claim: Claim, measure: Measure) -> str:
    """The scenarios, a family by its variants, the baseline last."""
    names = {n.scenario for n in needs([Claim(claim.id, claim.text, (measure,))])}
    families: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda n: (n == BASELINE, n)):
        family, _, variant = name.partition(":")
        families.setdefault(family, []).append(variant)
    words = {name: f":{', '.join(of)}" if any(of) else "" for name, of in families.items()}
    return "; ".join(f"{name}{variants}" for name, variants in words.items())


def block(words: dict[str, str]) -> str:
    """The table of tests, then what has none."""
    lines = ["| number | range | scenarios | claim |", "|---|---|---|---|"]
    for claim in CLAIMS:
        for m in claim.measures:
            lines.append(f"| {m.what} | {span(m)} | {read_in(claim, m)} | {claim.id} |")
    lines += ["", "Not tested by runs:", ""]
    lines += [f"- *{words[name]}* ({name}): {why}." for name, why in NOT_TESTED.items()]
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with the block between its marks."""
    words = {code: what.rstrip(".") for code, what in words_of(text).items()}
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    return f"{head}{BEGIN}\n{block(words)}\n{END}{tail}"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote the block of {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
