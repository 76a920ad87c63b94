"""The commands of `simdistrict regimes` and their studies, by name: imports none of them."""

from __future__ import annotations

# command -> one line for --help
COMMANDS = {
    "equilibria": "Equilibria with their stability, all exogenous inputs frozen at a date.",
    "branch": "Equilibria followed along a constant: branches, folds, Hopf and branch points.",
    "hysteresis": "A slow sweep of a constant up and down, and what kind of memory that shows.",
    "basins": "The share of initial states that end in each attractor, also along a constant.",
    "map": "The stable equilibria over two constants.",
    "policy": "The smallest policy, dose and duration, that leads to another attractor.",
    "classes": "Over draws: survives anyway, lost whatever is done, or policy decides.",
    "loops": "The feedback loops that drive a run, by simlin's loops that matter.",
    "detect": "The regimes in a run over time, shifts with their dates, early warnings.",
}

# name in result files -> its command, its module and class; of several studies with one command
# the more general one first
STUDIES = {
    "equilibria": ("equilibria", "equilibria.EquilibriaStudy"),
    "branch": ("branch", "branch.BranchStudy"),
    "fold curve": ("branch", "fold_curve.FoldCurveStudy"),
    "hysteresis": ("hysteresis", "hysteresis.HysteresisStudy"),
    "basins": ("basins", "basins.BasinsStudy"),
    "basins along": ("basins", "basins_along.BasinsAlongStudy"),
    "basins over draws": ("basins", "over_draws.BasinsOverDraws"),
    "regime map": ("map", "regime_map.RegimeMapStudy"),
    "regime map over draws": ("map", "over_draws.MapOverDraws"),
    "policy map": ("policy", "policy_map.PolicyMapStudy"),
    "classes": ("classes", "classes.ClassesStudy"),
    "loops": ("loops", "loops.LoopsStudy"),
}
