"""Names, scenarios and shares that several tables of the study use."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.find import read_definition
from simdistrict.tables.study import Simulated, Study

FILE = read_definition(Path(__file__).with_name("study.yaml"))
BASELINE = FILE.file.baseline
SCENARIOS = (BASELINE, "security_tariffs", "friend_shoring", "industrial_policy")
DISTRICTS = (
    "Prato",
    "Brenta",
    "Montebelluna",
    "Mirandola",
    "Bologna packaging",
    "Reggio agricultural machinery",
    "Sassuolo",
    "Vicenza",
    "German Mittelstand",
    "US Midwest",
)
ENGINEERING = ("Mirandola", "Bologna packaging", "Reggio agricultural machinery", "Vicenza")
MITTELSTAND, MIDWEST = "German Mittelstand", "US Midwest"
HANDS_ON = ("assembly", "making")
OFFSHORE = ("near", "far")
# column heads of wide tables
SHORT = {
    "Bologna packaging": "Bologna",
    "Reggio agricultural machinery": "Reggio",
    MITTELSTAND: "Mittelstand",
    MIDWEST: "Midwest",
}
style_of = FILE.palette.of
# of figures: years, the last year that the calibration fits, panels side by side
WHOLE, FITTED, PAGE_COLUMNS = (1980.0, 2060.0), 2019.0, 5
# scenarios whose file name does not read as words
WORDS = {
    "carbon_social_tariffs": "carbon and social charges",
    "crisis_2008": "deeper crisis of 2008",
    "defensive_lockin_prato": "defensive lock-in",
    "fdi_openness": "open to foreign investment",
    "friend_shoring": "friend-shoring",
    "industry40_colocation": "Industry 4.0, co-located education",
    "return_to_globalisation:security_2045": "security tariffs, repealed 2045",
    "return_to_globalisation:tariffs_2045": "tariffs only, repealed 2045",
    "tariff_only": "tariffs only",
    "capability_only": "renaissance without tariffs",
}


def short(district: str) -> str:
    """The name of a district as the head of a column."""
    return SHORT.get(district, district)


def words_of(scenario: str) -> str:
    """A scenario in the words of figures."""
    return WORDS.get(scenario, scenario.replace("_", " "))


def districts(study: Study) -> list[str]:
    """The ten districts, in the order of the model."""
    return list(study.run(BASELINE).labels("district"))


def percent(ratio: float) -> float:
    """A ratio as a change in percent."""
    return 100 * (ratio - 1)


def offshore(run: Simulated, year: float, district: str, stage: str) -> float:
    """The share of a stage that is made near or far."""
    return 1 - run.at("sourcing share", year, district=district, stage=stage, location="home")


def hands_on_offshore(run: Simulated, district: str) -> Reals:
    """The offshore share of assembly and making together, weighted by cost, over the years."""
    weights = [run.series("cost share", district=district, stage=s) for s in HANDS_ON]
    shares = [
        1 - run.series("sourcing share", district=district, stage=s, location="home")
        for s in HANDS_ON
    ]
    total = weights[0] + weights[1]
    return np.asarray((weights[0] * shares[0] + weights[1] * shares[1]) / total)


def hands_on_offshore_at(run: Simulated, year: float, district: str) -> float:
    """The same in one year."""
    return float(hands_on_offshore(run, district)[run.years == year][0])
