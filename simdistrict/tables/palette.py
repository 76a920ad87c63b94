"""One look for each scenario, the same in every figure.

Colours of Okabe and Ito (2008), which the colour-blind tell apart; dashes and markers do the same
in black and white. Scenarios of one family share a colour and differ in dashes.
"""

from __future__ import annotations

from simdistrict.plot import Style

BLACK, ORANGE, SKY, GREEN = "#444444", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PURPLE = "#B8A800", "#0072B2", "#D55E00", "#CC79A7"
DOTS, LONG = (0, (1.0, 1.2)), (0, (7.0, 2.0))
SCENARIOS = {
    "neoliberal_globalisation": Style(BLACK, "-", "o"),
    # tariffs
    "security_tariffs": Style(RED, "--", "s"),
    "tariff_only": Style(RED, DOTS, "X"),
    "carbon_social_tariffs": Style(ORANGE, "-.", "^"),
    # chains
    "friend_shoring": Style(BLUE, "-.", "D"),
    "fdi_openness": Style(SKY, LONG, "P"),
    # capability
    "industrial_policy": Style(GREEN, ":", "v"),
    "industry40_colocation": Style(GREEN, "-.", "H"),
    "capability_only": Style(GREEN, LONG, "p"),
    "district_renaissance": Style(PURPLE, "-", "*"),
    # shocks and dead ends
    "pandemic_shock": Style(YELLOW, "--", "h"),
    "crisis_2008": Style(YELLOW, ":", "d"),
    "defensive_lockin_prato": Style(ORANGE, DOTS, "8"),
}
# what is no scenario
RECORD, BASE_YEAR, SECOND = Style(RED, "-", "o"), Style(BLUE, "-", "s"), Style(BLUE, "-.", "D")


def style_of(scenario: str) -> Style:
    """The look of a scenario; a policy that was repealed looks as it did in force."""
    name, _, variant = scenario.partition(":")
    repealed = {"security": "security_tariffs", "tariffs": "tariff_only"}
    return SCENARIOS[repealed.get(variant.partition("_")[0], name)]
