"""The picture and the table of the README, and docs/results.md: run by `make results`.

Writes the same bytes whenever it is run; a test compares the committed numbers with new ones.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import xarray as xr

import simdistrict

ROOT = Path(__file__).parents[2]
SCENARIOS = (
    "neoliberal_globalisation",
    "security_tariffs",
    "friend_shoring",
    "industrial_policy",
)
BASELINE = SCENARIOS[0]
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def simulate() -> xr.Dataset:
    """All scenarios along `scenario`."""
    runs = []
    for name in SCENARIOS:
        scenario = simdistrict.load_scenario(name)
        model = simdistrict.read_model(simdistrict.find_model("district"))
        runs.append(simdistrict.simulate(model, scenario))
    return xr.concat(runs, xr.Variable("scenario", list(SCENARIOS)), join="exact")


def at(runs: xr.Dataset, name: str, scenario: str, year: float) -> xr.DataArray:
    """One element of one scenario in one year."""
    return runs[name].sel(scenario=scenario, time=year)


def rows(runs: xr.Dataset) -> list[list[str]]:
    """One row per district: jobs 2019/1991, home share in 2020 and in 2060 by scenario."""
    jobs = at(runs, "employment", BASELINE, 2019) / at(runs, "employment", BASELINE, 1991)
    now = at(runs, "home_share", BASELINE, 2020)
    table = []
    for district in runs.district.values:
        row = [str(district), f"{float(jobs.sel(district=district)):.2f}"]
        row.append(f"{float(now.sel(district=district)):.2f}")
        for scenario in SCENARIOS:
            share = at(runs, "home_share", scenario, 2060).sel(district=district)
            row.append(f"{float(share):.2f}")
        table.append(row)
    return table


HEAD = ["district", "jobs 2019/1991", "home share 2020"] + [
    f"2060 {name.replace('_', ' ')}" for name in SCENARIOS
]


def markdown(head: list[str], body: list[list[str]]) -> str:
    """A Markdown table with numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def findings(runs: xr.Dataset) -> list[tuple[bool, str]]:
    """Claims whose band the scenario files state, as far as one run can speak: failing first."""
    found = []
    base, tariff = (runs.sel(scenario=s) for s in SCENARIOS[:2])
    friend = runs.sel(scenario="friend_shoring")

    exposed = base.far_share.sel(time=2035) > 0.2
    fall = 100 * (base.far_share - tariff.far_share).sel(time=2035)
    worst = fall.where(exposed).max("district")
    found.append(
        (
            bool((fall.where(exposed) >= 10).any()),
            "C39 (security tariffs): the far share falls by at least 10 points by 2035 where it "
            f"was above 20%. Districts above 20%: {int(exposed.sum())}; largest fall there "
            f"{float(worst) if bool(exposed.any()) else float('nan'):.1f} points, largest fall "
            f"anywhere {float(fall.max()):.1f} points.",
        )
    )
    near = 100 * (
        (friend.sourcing_share - base.sourcing_share)
        .sel(time=2035, stage="assembly", location="near")
        .max("district")
    )
    found.append(
        (
            bool(10 <= float(near) <= 20),
            "Friend-shoring lifts the near share of assembly by 10 to 20 points by 2035. "
            f"Largest rise: {float(near):.1f} points.",
        )
    )
    home = at(runs, "sourcing_share", BASELINE, 2015).sel(location="home")
    engineering = ["Mirandola", "Bologna packaging", "Reggio agricultural machinery", "Vicenza"]
    for stage in ("assembly", "making"):
        share = home.sel(stage=stage, district=engineering)
        found.append(
            (
                bool((share >= 0.8).all()),
                f"C22 (baseline): the engineering districts keep at least 80% of {stage} at home "
                f"in 2015. Lowest: {100 * float(share.min()):.0f}% "
                f"({share.district.values[int(np.argmin(share.values))]}).",
            )
        )
    jobs = at(runs, "employment", BASELINE, 2019) / at(runs, "employment", BASELINE, 1991)
    italian = jobs.drop_sel(district="US Midwest")
    kept = int((italian >= 0.7).sum())
    prato = float(jobs.sel(district="Prato"))
    found.append(
        (
            kept >= 6 and prato <= 0.45,
            "C12 (baseline): at least six of the nine districts outside the US keep 70% of their "
            "jobs of 1991 in 2019, and Prato at most 45%. "
            f"Kept by {kept}; Prato {100 * prato:.0f}%.",
        )
    )
    end = runs.home_share.sel(time=2060)
    shift = float(np.abs(end - end.sel(scenario=BASELINE)).max())
    found.append(
        (
            shift >= 0.2,
            "First look at C44 (many attainable worlds; its test proper compares policy histories "
            "and 2070): some policy moves some district by at least 20 points of home share in "
            f"2060. Largest move: {100 * shift:.0f} points.",
        )
    )
    return sorted(found, key=lambda f: f[0])


def figure(runs: xr.Dataset, path: Path) -> None:
    """Home share of every district under every scenario, as .svg and .png."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    mpl.rcParams |= {"svg.hashsalt": "simdistrict", "font.size": 8}
    # Okabe and Ito's colours, told apart by the colour-blind; line styles for black and white
    styles = {
        "neoliberal_globalisation": ("#777777", "--"),
        "security_tariffs": ("#D55E00", "-"),
        "friend_shoring": ("#0072B2", "-."),
        "industrial_policy": ("#009E73", ":"),
    }
    fig, axes = plt.subplots(2, 5, figsize=(10, 4.2), sharex=True, sharey=True)
    for axis, district in zip(axes.flat, runs.district.values, strict=True):
        for name, (colour, line) in styles.items():
            share = runs.home_share.sel(scenario=name, district=district)
            axis.plot(runs.time, share, line, color=colour, label=name.replace("_", " "), lw=1.4)
        axis.set_title(str(district), fontsize=8)
        axis.set_ylim(0, 1.02)
        axis.set_xticks([1980, 2020, 2060])
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[:, 0]:
        axis.set_ylabel("home share [1]")
    handles, labels = axes.flat[0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="lower center", ncols=4, frameon=False)
    fig.tight_layout(rect=(0, 0.06, 1, 1))
    for suffix in (".svg", ".png"):
        metadata = {"Date": None} if suffix == ".svg" else {"Software": None}
        fig.savefig(path.with_suffix(suffix), dpi=130, metadata=metadata)
    plt.close(fig)


def main() -> int:
    """Write the page, the picture and the README's table."""
    runs = simulate()
    table = markdown(HEAD, rows(runs))
    figure(runs, ROOT / "docs" / "images" / "home_share")
    sentences = [f"- **{'holds' if ok else 'FAILS'}** {text}" for ok, text in findings(runs)]
    hashes = f"Model district, sha256 {runs.attrs['model_sha256'][:12]}."
    page = [
        "# What the district model gives today",
        "",
        "Generated by `make results` (docs/examples/first_results.py); nothing here is typed by",
        "hand. The model is not calibrated, and three of its constants were chosen with the",
        "baseline in view (see its README), so what holds is a description and no test passed.",
        f"{hashes}",
        "",
        "## Claims, failing ones first",
        "",
        *sentences,
        "",
        "## Jobs and home share",
        "",
        "Jobs: employment in the baseline. Home share: the part of all stages made in the",
        "district, from 0 to 1.",
        "",
        table,
        "",
        "![Home share](images/home_share.svg)",
        "",
    ]
    (ROOT / "docs" / "results.md").write_text("\n".join(page), encoding="utf-8")
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    inside = f"{BEGIN}\n{table}\n\n" + "\n".join(s for s in sentences if "FAILS" in s) + f"\n{END}"
    readme.write_text(head + inside + tail, encoding="utf-8")
    print("wrote docs/results.md, docs/images/home_share.svg and .png, and the README's table")
    return 0


if __name__ == "__main__":
    sys.exit(main())
