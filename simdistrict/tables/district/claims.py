"""Claims of docs/claims.md that have a band and that single runs can speak to; failed ones first.

One function per claim, named after it; each gives the tests in the order in which they are told.
"""

from __future__ import annotations

import math

from simdistrict.calibration import spearman
from simdistrict.tables.district.common import (
    BASELINE,
    ENGINEERING,
    HANDS_ON,
    MIDWEST,
    MITTELSTAND,
    SCENARIOS,
    Test,
    districts,
    failing_first,
    hands_on_offshore,
    hands_on_offshore_at,
    offshore,
    percent,
    verdict_columns,
)
from simdistrict.tables.study import Simulated, Study
from simdistrict.tables.table import Table

EXPOSED = 0.25
FULL_COST = """title: Full cost accounting from 1995
model: district
policies:
  full cost accounting:
    start: 1995
    set: {decision weight on non cost factors: 1}
"""
# claim C13: higher is more jobs kept
TIERS = {
    "Mirandola": 4,
    "Bologna packaging": 4,
    "Vicenza": 4,
    MITTELSTAND: 4,
    "Reggio agricultural machinery": 3,
    "Sassuolo": 3,
    "Montebelluna": 2,
    "Brenta": 2,
    "Prato": 1,
}
NOTE = """Scenario: the baseline unless said otherwise. "Exposed" districts have more than 25% of
assembly offshore in 2008. Rows marked *shown* have no band of their own; *no case* means that the
model has no district of the kind that the claim speaks of, which is a failure of another sort. C44
is a first look: its test proper compares policy histories and the year 2070. Claims without a row
are not tested yet, or cannot be: docs/claims.md lists all 47."""


def tests(study: Study) -> list[Test]:
    """All of them, in the order of the claims."""
    made = (c1, c2_c3, c4, c10, c11, c12_c13, c14, c15, c17, c22, c23, c27, c36, c39, c44)
    return [test for claim in made for test in claim(study)]


def table(study: Study) -> Table:
    """One row per number that a claim speaks of."""
    title = "Claims with a band"
    return Table("claims", title, verdict_columns("claim"), failing_first(tests(study)), NOTE)


def exposed(study: Study) -> list[str]:
    """Districts with much assembly offshore in 2008."""
    run = study.run(BASELINE)
    return [d for d in districts(study) if offshore(run, 2008, d, "assembly") > EXPOSED]


def c1(study: Study) -> list[Test]:
    """The cost gap drives offshoring; assembly goes first."""
    run, cut = study.run(BASELINE), study.run(BASELINE, "loop B2 cost pressure=0")
    names = districts(study)

    def gone(of: Simulated) -> float:
        return sum(hands_on_offshore_at(of, 2008, d) for d in names)

    gaps = [_first(run, d, "making") - _first(run, d, "assembly") for d in exposed(study)]
    past = run.years <= 2024
    design = max(
        float(
            (1 - run.series("sourcing share", district=d, stage="design", location="home"))[
                past
            ].max()
        )
        for d in names
    )
    return [
        Test(
            "C1",
            "offshoring of assembly and making in 2008 that goes with the cost gap (B2 cut), %",
            80,
            None,
            100 * (1 - gone(cut) / gone(run)),
        ),
        Test(
            "C1",
            "fewest years from 25% of assembly offshore to 25% of making, exposed districts",
            5,
            None,
            min(gaps, default=math.inf),
        ),
        Test("C1", "largest offshore share of design to 2024, %", None, 10, 100 * design),
    ]


def _first(run: Simulated, district: str, stage: str) -> float:
    share = 1 - run.series("sourcing share", district=district, stage=stage, location="home")
    passed = run.years[share > EXPOSED]
    return float(passed[0]) if len(passed) else math.inf


def c2_c3(study: Study) -> list[Test]:
    """What is left of offshore assembly in 2008 with all costs counted, and without R2."""
    run, names = study.run(BASELINE), exposed(study)

    def fall(other: Simulated) -> float:
        gaps = [
            offshore(run, 2008, d, "assembly") - offshore(other, 2008, d, "assembly") for d in names
        ]
        return 100 * sum(gaps) / len(gaps) if gaps else math.nan

    full = study.run_text("full_cost", FULL_COST)
    cut = study.run(BASELINE, "loop R2 offshore learning=0")
    what = "offshore share of assembly in 2008, fall in points, mean of exposed districts"
    return [
        Test("C2", f"full cost counted from 1995: {what}", 5, 20, fall(full)),
        Test("C3", f"without offshore learning (R2 cut): {what}", 5, None, fall(cut)),
    ]


def c4(study: Study) -> list[Test]:
    """Trade in parts outgrows sales until 2008, and not after."""
    run = study.run(BASELINE)

    def ratio(year: float) -> float:
        both = [
            sum(run.at(element, year, district=d) for d in districts(study))
            for element in ("parts imports", "sales")
        ]
        return both[0] / both[1]

    return [
        Test(
            "C4",
            "parts over sales, all districts, 2008 over 1990",
            1,
            None,
            ratio(2008) / ratio(1990),
        ),
        Test(
            "C4",
            "parts over sales, all districts, 2019 over 2008",
            None,
            1,
            ratio(2019) / ratio(2008),
        ),
    ]


def c10(study: Study) -> list[Test]:
    """A hollowed-out state builds less with the same money."""
    base, full = study.run(BASELINE), study.run("industrial_policy")
    held = study.run("industrial_policy", "state capacity: state capacity target=0.5")

    def added(run: Simulated) -> float:
        return sum(
            run.at("capacity", 2032, district=d, stage=s, location="home")
            - base.at("capacity", 2032, district=d, stage=s, location="home")
            for d in districts(study)
            for s in ("making", "design")
        )

    what = (
        "industrial policy, state capacity not rebuilt: capacity added by 2032 that is missing, %"
    )
    return [Test("C10", what, 20, 50, 100 * (1 - added(held) / added(full)))]


def c11(study: Study) -> list[Test]:
    """Western Europe lost less industry than the US; the middle of each band is fitted."""
    run = study.run(BASELINE)
    bands = {MIDWEST: (-35.0, -30.0), MITTELSTAND: (-12.0, -5.0)}
    bands |= dict.fromkeys(ENGINEERING, (-20.0, -5.0))
    found = []
    for district, (low, high) in bands.items():
        change = percent(run.ratio("employment", 2010, 2000, district=district))
        found.append(Test("C11", f"{district}: jobs 2000-2010, %", low, high, change))
    return found


def c12_c13(study: Study) -> list[Test]:
    """Most districts keep their jobs, in the expected order."""
    run = study.run(BASELINE)
    jobs = {d: run.ratio("employment", 2019, 1991, district=d) for d in districts(study)}
    below = [d for d, ratio in jobs.items() if d != MIDWEST and ratio < 0.7]
    rank = spearman([jobs[d] for d in TIERS], [float(t) for t in TIERS.values()])
    return [
        Test(
            "C12",
            f"districts of nine that keep 70% of jobs 1991-2019 (not: {', '.join(below)})",
            6,
            None,
            len(jobs) - 1 - len(below),
        ),
        Test("C12", "Prato: jobs 2019 over 1991", None, 0.45, jobs["Prato"]),
        Test(
            "C13",
            "Spearman's rank correlation of jobs 2019 over 1991 with the expected tiers",
            0.7,
            None,
            math.nan if rank is None else rank,
        ),
    ]


def c14(study: Study) -> list[Test]:
    """The local chain breaks up in fashion and not in engineering."""
    run = study.run(BASELINE)

    def completeness(district: str) -> float:
        return run.at("completeness", 2010, district=district)

    least = min(ENGINEERING, key=completeness)
    fashion = [
        Test("C14", f"{d}: completeness in 2010", 0.45, 0.75, completeness(d))
        for d in ("Brenta", "Montebelluna")
    ]
    what = f"lowest of the engineering districts ({least}): completeness in 2010"
    return [*fashion, Test("C14", what, 0.75, None, completeness(least))]


def c15(study: Study) -> list[Test]:
    """Montebelluna sends assembly abroad, keeps design, and earns more with fewer."""
    run, m = study.run(BASELINE), "Montebelluna"
    jobs = percent(run.ratio("employment", 2005, 1990, district=m))
    value = percent(run.ratio("value added per worker", 2005, 1990, district=m))
    early, late = (100 * offshore(run, year, m, "assembly") for year in (1990, 2005))
    design = 100 * (1 - offshore(run, 2005, m, "design"))
    return [
        Test("C15", f"{m}: assembly offshore in 1990, %", 10, 20, early),
        Test("C15", f"{m}: assembly offshore in 2005, %", 60, 80, late),
        Test("C15", f"{m}: design at home in 2005, %", 85, None, design),
        Test("C15", f"{m}: jobs 1990-2005, %", None, 0, jobs),
        Test("C15", f"{m}: value added per worker 1990-2005, %", 30, None, value),
    ]


def c17(study: Study) -> list[Test]:
    """What leaves the far location goes to friends."""
    base, friend = study.run(BASELINE), study.run("friend_shoring")

    def change(share: str) -> float:
        gaps = (
            friend.at(share, 2035, district=d) - base.at(share, 2035, district=d)
            for d in districts(study)
        )
        return sum(gaps)

    what = (
        "friend-shoring: gain of the near share over loss of the far share by 2035, all districts"
    )
    return [Test("C17", what, 0.6, None, change("near share") / -change("far share"))]


def c22(study: Study) -> list[Test]:
    """Engineering districts make at home: both stages together, weighted by cost."""
    run = study.run(BASELINE)
    found = []
    for d in ENGINEERING:
        together = 100 * (1 - hands_on_offshore_at(run, 2015, d))
        what = f"{d}: assembly and making at home in 2015, %"
        found.append(Test("C22", what, 80, None, together))
    for stage in HANDS_ON:
        least = max(ENGINEERING, key=lambda d: offshore(run, 2015, d, stage))
        share = 100 * (1 - offshore(run, 2015, least, stage))
        found.append(Test("C22", f"lowest, {stage} alone ({least}), %", None, None, share))
    return found


def c23(study: Study) -> list[Test]:
    """Tiles are not offshored."""
    abroad = 100 * float(hands_on_offshore(study.run(BASELINE), "Sassuolo").max())
    what = "Sassuolo: largest offshore share of assembly and making to 2060, %"
    return [Test("C23", what, None, 15, abroad)]


def c27(study: Study) -> list[Test]:
    """Multinationals go where knowledge is."""
    run = study.run(BASELINE)
    most, none = (
        100 * run.at("multinational share", 2019, district=d) for d in ("Mirandola", "Prato")
    )
    return [
        Test("C27", "Mirandola: multinational share in 2019, %", 40, None, most),
        Test("C27", "Prato: multinational share in 2019, %", None, 5, none),
    ]


def c36(study: Study) -> list[Test]:
    """The security component stands by itself, and is large where dependence remains."""
    run = study.run("security_tariffs")
    least = min(
        run.at("security component", 2040, district=d, stage="making", offshore="far")
        for d in districts(study)
    )
    what = "security tariffs: lowest security component of the far parts tariff in 2040 (making)"
    return [Test("C36", what, 0.25, None, least)]


def c39(study: Study) -> list[Test]:
    """Chains become regional under security tariffs and friend-shoring."""
    base = study.run(BASELINE)
    tariff, friend = study.run("security_tariffs"), study.run("friend_shoring")
    names = districts(study)
    far = {
        d: 100 * (tariff.at("far share", 2035, district=d) - base.at("far share", 2035, district=d))
        for d in names
    }
    high = [change for d, change in far.items() if base.at("far share", 2035, district=d) > 0.2]
    parts = [
        sum(run.at("parts imports", 2035, district=d) for d in names)
        / sum(run.at("sales", 2035, district=d) for d in names)
        for run in (tariff, base)
    ]
    near = max(
        100
        * (
            friend.at("sourcing share", 2035, district=d, stage="assembly", location="near")
            - base.at("sourcing share", 2035, district=d, stage="assembly", location="near")
        )
        for d in names
    )
    where = f"where it is above 20% in the baseline ({len(high)} of ten districts)"
    return [
        Test(
            "C39",
            f"security tariffs: far share 2035, largest change in points {where}",
            None,
            -10,
            min(high, default=math.nan),
        ),
        Test(
            "C39",
            "security tariffs: far share 2035, largest change in points anywhere",
            None,
            None,
            min(far.values()),
        ),
        Test(
            "C39",
            "security tariffs: parts over sales 2035, all districts, change in %",
            None,
            -15,
            percent(parts[0] / parts[1]),
        ),
        Test(
            "C39",
            "friend-shoring: near share of assembly 2035, largest rise in points",
            10,
            20,
            near,
        ),
    ]


def c44(study: Study) -> list[Test]:
    """Politics moves a district from one world to another (first look)."""
    base = study.run(BASELINE)
    moves = {
        (name, d): 100
        * abs(
            study.run(name).at("home share", 2060, district=d)
            - base.at("home share", 2060, district=d)
        )
        for name in SCENARIOS[1:]
        for d in districts(study)
    }
    name, district = max(moves, key=lambda key: moves[key])
    what = (
        f"first look: largest move of a home share in 2060 by a policy "
        f"({district}, {name.replace('_', ' ')}), points"
    )
    return [Test("C44", what, 20, None, moves[name, district])]
