"""The checks of a model file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from simdistrict.base.counts import counted
from simdistrict.base.library import find_model, shown
from simdistrict.behaviour.checks import Finding
from simdistrict.behaviour.findings import findings
from simdistrict.exchange.models import read_model_file


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings of a model, and the names of the checks that ran; file: as messages name it."""

    file: str
    findings: tuple[Finding, ...]
    checks: tuple[str, ...]

    @property
    def errors(self) -> int:
        """The number of findings that are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    def lines(self) -> list[str]:
        """One line per finding, and a summary."""
        said = []
        for found in self.findings:
            where = f"{self.file}:{found.line}" if found.line else self.file
            name = f'"{found.element}": ' if found.element else ""
            said.append(f"{found.severity}: {where} | {name}{found.what}  [{found.check}]")
        errors, warnings = self.errors, len(self.findings) - self.errors
        counts = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
        return [*said, f"{self.file}: {counts} ({', '.join(self.checks)})"]

    def document(self) -> dict[str, object]:
        """The findings for JSON."""
        rows = [asdict(finding) for finding in self.findings]
        return {"errors": self.errors, "checks": list(self.checks), "findings": rows}


def check(
    model: str, only: Sequence[str], strict: Sequence[str], corners: int, seed: int
) -> Checked:
    """Check a model; the arguments as of `behaviour.findings.findings`."""
    path = find_model(model)
    found, ran = findings(read_model_file(path), path, only, strict, corners, seed)
    return Checked(shown(path), tuple(found), tuple(ran))
