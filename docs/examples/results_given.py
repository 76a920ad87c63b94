"""Tables and sentences over the posterior ("given the record"), with the prior in brackets."""

from __future__ import annotations

import csv
import re

import xarray as xr
from results_read import (
    NAMES,
    POLICIES,
    ROOT,
    Row,
    lines_of,
    over_draws,
    percent,
    pick,
    rows,
    span,
    statements,
    sure,
    targets,
    verdicts,
)

DISTRICT = ROOT / "models" / "district"
FITTED_UNTIL = 2019
# above this ratio of standard deviations the record says next to nothing of a constant
NARROWED = 0.95
FATES = {
    "survives anyway": "survives without a policy",
    "policy decides": "survives only with one",
    "lost whatever is done": "lost under every policy",
}
COVERS = (
    "A range after a share covers its *Monte-Carlo error* with 95%: what the finite number of "
    "draws leaves open. It says nothing of the uncertainty about the world, which lies in the "
    "model, in the data and in the prior."
)


def share(value: str) -> str:
    """A share in percent; what is neither none nor all is not rounded to it."""
    if float(value) < 0.005:
        return "<1%"
    return ">99%" if float(value) > 0.995 else percent(value)


def both(row: Row) -> str:
    """A share given the record, that of the prior in brackets."""
    return f"{share(row['posterior, share'])} ({share(row['prior, share'])})"


def exact(row: Row) -> str:
    """A share given the record with its interval."""
    low, high = (percent(row[end], 1) for end in ("posterior low", "posterior high"))
    return f"{percent(row['posterior, share'], 1)} ({low} to {high})"


def fate(district: str, kind: str) -> Row:
    """The row of one class of a district."""
    return pick("worlds_posterior", district=district, **{"class": kind}, policy="any of them")


def fates() -> list[str]:
    """Per district: jobs in the record and in the fitted model, and the shares by fate."""
    for row in rows("worlds_posterior"):
        if row["class"] == "undecided":
            sure(float(row["posterior, share"]) == 0, "no column for draws that are undecided")
    lines = [
        f"| district | jobs in the record | in the model | {' | '.join(FATES.values())} |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for row in rows("jobs"):
        name, years = row["district"], row["years of the record"].replace("-", " to ")
        record = f"{row['record']} ({years})" if row["record"] else "no record found"
        own = [both(fate(name, kind)) for kind in FATES]
        cells = [NAMES.get(name, name), record, row["model"] or "", *own]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def classes() -> str:
    """The same shares with their intervals."""
    lines = [
        "| district | class | given the record (95%) | prior (95%) |",
        "| --- | --- | ---: | ---: |",
    ]
    for row in rows("jobs"):
        for kind, words in FATES.items():
            own = fate(row["district"], kind)
            before = [percent(own[end], 1) for end in ("prior, share", "prior low", "prior high")]
            prior = f"{before[0]} ({before[1]} to {before[2]})"
            name = NAMES.get(row["district"], row["district"])
            lines.append(f"| {name} | {words} | {exact(own)} | {prior} |")
    return "\n".join(lines)


def members() -> tuple[int, int]:
    """The numbers of draws: of the posterior, of the prior."""
    (given,) = {int(row["members"]) for row in rows("worlds_posterior")}
    (before,) = {int(row["members"]) for row in rows("worlds")}
    return given, before


def met(count: int) -> Row:
    """The draws that meet at least so many targets."""
    return pick("targets_posterior", what=f"at least {count} of {targets()[1]} targets")


def meaning() -> str:
    """What the draws are, in two sentences."""
    given, before = members()
    return (
        f"The shares are of {given:,} draws of the uncertain constants *given the record* (the "
        "*posterior*): values within the ranges of the literature or of judgement, the more "
        "frequent the better the model then follows the data up to 2019. In brackets: "
        f"{before:,} draws from the ranges alone (the *prior*)."
    )


def limits() -> str:
    """What a share is not."""
    return (
        "A share is not the probability that something happens: it takes for granted the "
        "structure of the model, and the judged constants that tell the districts apart."
    )


def followed() -> str:
    """How well the draws follow the record."""
    of = targets()[1]
    near = met(of - 2)
    return (
        f"{percent(near['posterior, share'])} of the draws given the record meet {of - 2} or more "
        f"of the {of} targets of the calibration, against {percent(near['prior, share'], 1)} of "
        "the prior."
    )


def holding(over: str) -> list[str]:
    """The claims that hold in more than half of the draws; over: posterior or prior."""
    return [c for c, row in over_draws().items() if float(row[f"{over}, share"]) > 0.5]


def counts() -> str:
    """How many claims hold, and in how many draws."""
    told = list(verdicts().values())
    return (
        f"The letter was split into {len(told)} claims. With the fitted constants "
        f"{told.count('holds')} hold, {told.count('fails in part')} fail in part and "
        f"{told.count('fails')} fail; the others cannot be tested in this model. Of "
        f"{len(over_draws())} that can be tested in the draws, {len(holding('posterior'))} hold "
        f"in more than half of those given the record ({len(holding('prior'))} of the prior)."
    )


def supports() -> str:
    """The claims that hold in most draws, and those that hold at the fitted constants only."""
    words, told, drawn = statements(), verdicts(), over_draws()
    most = holding("posterior")
    most.sort(key=lambda c: -float(drawn[c]["posterior, share"]))

    def item(claim: str, note: str = "") -> str:
        text = re.sub(r" \([RB]\d[^)]*\)", "", words[claim]).rstrip(".")
        return f"- {text} ({claim}): {both(drawn[claim])}{note}."

    new = [c for c in most if told[c] != "holds"]
    lines = [item(c, f"; {told[c]} with the fitted constants" * (c in new)) for c in most]
    lost = [c for c, v in told.items() if v == "holds" and c in drawn and c not in most]
    lines += ["", "These hold with the fitted constants, but not in most of the draws:", ""]
    return "\n".join([*lines, *(item(c) for c in lost)])


def in_targets() -> str:
    """Each target: its range, the number over both kinds of draws, and how often it is met."""
    lines = [
        "| target | range | given the record: median (5 to 95%) | prior: median (5 to 95%) | met, "
        "given the record (95%) | met, prior |",
        "| --- | --- | --- | --- | ---: | ---: |",
    ]
    for row in rows("targets_posterior"):
        cells = [row["what"], span(row)]
        for over in ("posterior", "prior"):
            median, *ends = (row[f"{over} {q}"] for q in ("median", "5%", "95%"))
            cells.append(f"{median} ({' to '.join(ends)})" if median else "")
        cells += [exact(row), percent(row["prior, share"], 1)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def narrowed() -> list[Row]:
    """The constants of which the record says something."""
    ratio = "posterior over prior, standard deviation"
    return [r for r in rows("constants_posterior") if float(r[ratio]) < NARROWED]


def constants() -> str:
    """The constants of which the record says something."""
    lines = [
        "| constant | unit | fitted model | given the record: median (5 to 95%) | prior: median (5 "
        "to 95%) | ratio of standard deviations |",
        "| --- | --- | ---: | --- | --- | ---: |",
    ]
    for row in narrowed():
        cells = [row["constant"], row["unit"], row["in the model"]]
        for over in ("posterior", "prior"):
            median, *ends = (row[f"{over} {q}"] for q in ("median", "5%", "95%"))
            cells.append(f"{median} ({' to '.join(ends)})")
        cells.append(row["posterior over prior, standard deviation"])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def learned() -> str:
    """How much the record says of the constants."""
    told, all_of = narrowed(), rows("constants_posterior")
    return (
        f"The record narrows {len(told)} of {len(all_of)} constants by more than 5% of their "
        f"standard deviation. The other {len(all_of) - len(told)} keep their ranges: what the "
        "record rules out is combinations of constants, more than values of single ones. The prior "
        "therefore still decides much of what is said about 2060."
    )


def conditioned() -> str:
    """The data, and what they are made of."""
    path = DISTRICT / "record" / "record.csv"
    with path.open(encoding="utf-8", newline="") as file:
        used = [
            row
            for row in csv.DictReader(file)
            if float(row["year"]) <= FITTED_UNTIL and float(row["weight"] or 1) > 0
        ]
    kinds = {
        "assembly at home: ": "of the share of assembly at home in each district in 1990 and 2005, "
        "from the literature and our reading of it",
        "band: ": "of the loss of jobs from 2000 to 2010 that the letter states for Europe and "
        "the US",
        "labour cost ": "of labour costs abroad over those at home",
    }
    series = {row["series"] for row in used}
    parts = []
    rest = set(series)
    for start, words in kinds.items():
        own = {name for name in series if name.startswith(start)}
        rest -= own
        parts.append(f"{len(own)} {words}")
    return (
        f"{len(used)} data in {len(series)} series, from 1980 to {FITTED_UNTIL}: {len(rest)} of "
        f"jobs; {'; '.join(parts)}"
    )


def held() -> str:
    """The constants of the districts, which are not drawn."""
    with (DISTRICT / "data" / "archetypes.csv").open(encoding="utf-8", newline="") as file:
        own = list(csv.DictReader(file))
    judged = sum("judgement" in row["confidence"] for row in own)
    return f"{len(own)} constants that tell the districts apart ({judged} of them judgement)"


def drawn() -> str:
    """How the draws were made, from the file that holds them."""
    with xr.open_dataset(DISTRICT / "study" / "posterior.nc") as file:
        about, kept = dict(file.attrs), file.sizes["draw"]
    return sure(
        bool(about["converged"]) and about["reasons"] == "none",
        f"The chains took {int(about['model_runs']):,} runs of the model. Four populations that "
        f"started apart agree (R-hat at most {float(about['rhat_max']):.3f} for every constant; "
        f"limit 1.01). {kept:,} evenly spaced draws are kept, worth at least "
        f"{int(about['ess_bulk_min']):,} independent ones for every constant.",
    )


def swapped(name: str, heading: str = "") -> str:
    """Tables whose cells are `prior / posterior`, with the posterior first."""
    lines = []
    for line in lines_of(name, heading).splitlines():
        if line.startswith("|"):
            cells = [cell.strip().split(" / ") for cell in line.strip("|").split("|")]
            line = f"| {' | '.join(' / '.join(reversed(cell)) for cell in cells)} |"
        lines.append(line.replace("prior / posterior", "given the record / prior"))
    return "\n".join(lines)


def observed(what: str) -> str:
    """5 to 95% of a number of the targets: over the prior, then given the record."""
    row = pick("targets_posterior", what=what)
    before, after = (
        f"{float(row[f'{over} 5%']):.2g} to {float(row[f'{over} 95%']):.2g}"
        for over in ("prior", "posterior")
    )
    return f"{before} in 90% of the prior, {after} given the record"


def changed_by_record() -> str:
    """Why the shares given the record differ from those of the prior."""
    names = [row["district"] for row in rows("jobs")]
    rise = {d: _shift(d, "survives anyway") for d in names}
    lost = {d: _shift(d, "lost whatever is done") for d in names}
    decided = {d: _shift(d, "policy decides") for d in names}
    engineering = ["Mirandola", "Bologna", "Reggio", "Vicenza", "Mittelstand"]
    engineering = [d for d in names if NAMES.get(d, d) in engineering]
    fashion, between = ["Prato", "Brenta"], ["Montebelluna", "Sassuolo", "US Midwest"]
    prato, midwest = "Prato: textile jobs 2019 over 1981", "US Midwest: jobs 2000-2010, %"
    own = both(fate("Prato", "survives anyway"))
    parts = [
        sure(
            all(rise[d] > 0 > lost[d] for d in engineering),
            "**Engineering districts survive in nearly all draws.** Among the draws of the prior "
            "are some in which they collapse before 2010 (Reggio's jobs from 2000 to 2010, in %: "
            f"{observed('Reggio agricultural machinery: jobs 2000-2010, %')}). The record rules "
            "these out.",
        ),
        sure(
            all(rise[d] < 0 for d in fashion) and all(lost[d] > 0 for d in fashion),
            f"**Prato and Brenta survive without a policy less often**: Prato in {own}. The prior "
            "has draws in which they kept their jobs and others in which nothing is left (jobs "
            f"of Prato, 2019 over 1981: {observed(prato)}). The record rules out both; in what "
            "remains, most of the market and most of the suppliers are gone.",
        ),
        sure(
            all(lost[d] < 0 < min(rise[d], decided[d]) for d in between),
            "**Montebelluna, Sassuolo and the Midwest are lost less often, and policy decides more "
            f"often**: the Midwest is lost in {both(fate('US Midwest', 'lost whatever is done'))}. "
            "Its own jobs say only part of this (2000 to 2010, in %: "
            f"{observed(midwest)}). All districts share the uncertain constants, so the jobs "
            "of Brenta and Montebelluna also speak about the Midwest: among draws of the prior "
            "that follow those two it is lost less often as well.",
        ),
    ]
    return "\n\n".join([*parts, f"As a whole: {followed()}"])


def losses() -> str:
    """Where a policy costs a district its survival most often."""
    own = [r for r in rows("worlds_posterior") if r["class"] == "lost by"]
    worst = max(own, key=lambda r: float(r["posterior, share"]))
    where, policy = NAMES.get(worst["district"], worst["district"]), POLICIES[worst["policy"]]
    return f"The reverse, *lost by*, is most frequent in {where} with {policy}: {both(worst)}."


def _shift(district: str, kind: str) -> float:
    """How much the record raises a share."""
    row = fate(district, kind)
    return float(row["posterior, share"]) - float(row["prior, share"])
