"""A posterior in words and tables: infer.md, posterior.csv and the tables of further checks.

The page begins with whether the posterior may be trusted, what was learned, and what was not.
Equal posteriors have equal bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from simdistrict.base import inputs
from simdistrict.base.atomic import replacing_all, writable_target
from simdistrict.base.counts import counted
from simdistrict.inference.posterior import NUISANCE, Posterior, Summary
from simdistrict.inference.posterior_file import write_design_of, write_posterior
from simdistrict.result import netcdf

DIGITS, PAGE_DIGITS = 6, 4
POSTERIOR_FILE, DESIGN_FILE, PAGE_FILE = "posterior.nc", "design.nc", "infer.md"
PAGE_MARK = "# Posterior of "
HEAD = (
    "constant", "units", "prior_mean", "prior_sd", "mean", "sd", "5%", "50%", "95%",
    "contraction", "ess", "ess_tail", "rhat", "mcse",
)  # fmt: skip
Table = list[list[str]]
# rows of a table on the page; the rest stands in its file
MOST_ROWS = 40


@dataclass(frozen=True, eq=False)
class Section:
    """A further check: its sentences, and rows for a table.

    file: its name, empty for none; heads: the columns where there is no row.
    """

    title: str
    lines: tuple[str, ...]
    rows: tuple[Mapping[str, object], ...] = ()
    file: str = ""
    heads: tuple[str, ...] = ()

    def table(self, digits: int) -> Table:
        """The rows as cells, with a header."""
        heads = list(self.rows[0]) if self.rows else list(self.heads)
        return [heads, *([_cell(row[head], digits) for head in heads] for row in self.rows)]

    def markdown(self) -> Iterator[str]:
        """The rows as a table of the page."""
        return markdown(self.table(PAGE_DIGITS))


@dataclass(frozen=True, eq=False)
class Report:
    """A posterior and what was found about it.

    learned, unknown: sentences; doubts: what makes it unreliable besides its chains.
    """

    posterior: Posterior
    learned: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()

    def warnings(self) -> list[str]:
        """What makes the posterior doubtful; first whether its chains have converged."""
        found = self.posterior
        why = "; ".join(found.reasons)
        first = [] if found.converged else [f"the draws are not to be trusted: {why}"]
        return [*first, *self.doubts]


def texts(report: Report) -> dict[str, str]:
    """File name -> text."""
    found = {"posterior.csv": as_csv(posterior_table(report.posterior))}
    for section in report.sections:
        if section.file:
            found[section.file] = as_csv(section.table(DIGITS))
    return {**found, PAGE_FILE: page(report)}


def check_folder(folder: Path, *, force: bool = False) -> None:
    """Raise ExchangeError where the posterior may not be written into a folder."""
    check_files(folder, (POSTERIOR_FILE, DESIGN_FILE, "posterior.csv", PAGE_FILE), force=force)


def check_files(folder: Path, names: Iterable[str], *, force: bool = False) -> None:
    """Raise ExchangeError where one of these files may not be written."""
    for name in names:
        writable_target(folder / name, ours=is_ours, force=force)


def write_report(report: Report, folder: Path, *, force: bool = False) -> list[Path]:
    """Write posterior.nc, design.nc, the tables and the page; all appear as one."""
    written = texts(report)
    paths = [folder / name for name in (POSTERIOR_FILE, DESIGN_FILE, *written)]
    with ExitStack() as stack:
        parts = stack.enter_context(replacing_all(paths, ours=is_ours, force=force))
        write_posterior(report.posterior, parts[0], force=True)
        write_design_of(report.posterior, parts[1], force=True)
        for part, text in zip(parts[2:], written.values(), strict=True):
            part.write_bytes(text.encode())
    return paths


def is_ours(path: Path) -> bool:
    """Whether simdistrict wrote a file of such a folder."""
    if path.suffix == ".nc":
        return netcdf.is_ours(path)
    first = inputs.head(path, 1000).decode("utf-8", "replace").split("\n")[0]
    return first.startswith(PAGE_MARK) or first.split(",")[0] in _FIRST_COLUMNS


_FIRST_COLUMNS = ("constant", "series", "one", "wave", "population", "quantity")

# ---------------------------------------------------------------------- tables


def posterior_table(found: Posterior, digits: int = DIGITS) -> Table:
    """A row per coordinate: constants, then what the likelihood estimates."""
    return [list(HEAD), *(_row(row, digits) for row in found.summaries)]


def _row(row: Summary, digits: int) -> list[str]:
    values = (row.prior_mean, row.prior_sd, row.mean, row.sd, row.low, row.median, row.high)
    quality = (row.contraction, row.ess, row.ess_tail, row.rhat, row.mcse)
    return [row.name, row.units, *(number(v, digits) for v in (*values, *quality))]


def number(value: float, digits: int = DIGITS) -> str:
    """A number to so many digits; empty where it is not defined."""
    return "" if value != value else f"{value:.{digits}g}"


def _cell(value: object, digits: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(float(value), digits) if isinstance(value, float | int) else str(value or "")


def as_csv(rows: Table) -> str:
    """A table as CSV text."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def markdown(rows: Table) -> Iterator[str]:
    """A table in Markdown, without empty columns; long ones are cut."""
    kept = [k for k in range(len(rows[0])) if any(row[k] for row in rows[1:])]
    for i, row in enumerate(rows[: MOST_ROWS + 1]):
        yield f"| {' | '.join(row[k].replace('|', '/') for k in kept)} |"
        if i == 0:
            yield "|" + "---|" * len(kept)
    if len(rows) > MOST_ROWS + 1:
        yield f"\n{counted(len(rows) - MOST_ROWS - 1, 'more row')} in the file."


# ---------------------------------------------------------------------- the page


def page(report: Report) -> str:
    """The page: trust, what was learned, what was not, then every table."""
    return "\n".join(_page(report)) + "\n"


def summary_lines(report: Report) -> Iterator[str]:
    """What a reader needs first."""
    yield "## May it be trusted?"
    yield ""
    yield from trust(report)
    for title, said in (("What was learned", report.learned), ("What was not", report.unknown)):
        yield from ("", f"## {title}", "")
        yield from (f"- {line}" for line in said or ("Nothing.",))


def trust(report: Report) -> Iterator[str]:
    """Whether the draws may be used, and why."""
    found = report.posterior
    chains, draws = found.shape
    if found.converged:
        yield (
            f"Yes, as draws: {chains * draws:,} draws of {chains} chains, at least "
            f"{found.ess:,.0f} of them effective for each constant, R-hat of independent "
            f"populations at most {found.rhat:.3f}, {found.runs:,} runs of the model."
        )
    else:
        yield "**No. Do not use these draws: the chains have not converged.**"
        yield ""
        yield from (f"- {reason}" for reason in found.reasons)
    if report.doubts:
        yield ""
        yield from (f"- Warning: {doubt}" for doubt in report.doubts)


def _page(report: Report) -> Iterator[str]:
    found = report.posterior
    record = found.record
    yield f"{PAGE_MARK}{record.get('model_name', '')} given {record.get('data_name', 'data')}"
    yield ""
    yield from summary_lines(report)
    table = posterior_table(found, PAGE_DIGITS)
    constants = len(found.constants)
    yield from _section("Constants", table[: constants + 1])
    if any(c.role == NUISANCE for c in found.coordinates):
        yield from _section("Errors of the data", [table[0], *table[constants + 1 :]])
    for section in report.sections:
        yield from ("", f"## {section.title}", "")
        yield from (f"- {line}" for line in section.lines)
        if section.rows:
            yield ""
            yield from section.markdown()
    yield from ("", "## Record", "")
    yield from _record(found)


def _section(title: str, rows: Table) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    yield from markdown(rows)


def _record(found: Posterior) -> Iterator[str]:
    record = found.record
    yield f"- Model: {record.get('model_name', '')} ({_short(record, 'model_sha256')})"
    yield f"- Scenario: {record.get('scenario_name', '')}"
    yield f"- Data: {record.get('data_name', '')} ({_short(record, 'data_sha256')})"
    yield f"- Sampler: {record.get('sampler', '')}; seed {record.get('seed', '')}"
    yield ""
    yield "`simdistrict rerun posterior.nc` draws it again and compares every bit."


def _short(record: Mapping[str, object], key: str) -> str:
    return str(record.get(key, ""))[:12]
