"""Models and scenarios as `show` prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from simdistrict.base.counts import counted
from simdistrict.base.library import find_model, shown
from simdistrict.exchange.models import read_model_file
from simdistrict.model.model import Model
from simdistrict.run.plan import find
from simdistrict.scenario import Resolved, Scenario, origins, resolve
from simdistrict.scenario.summary import ScenarioSummary, summarised, wrapped
from simdistrict.scenario.write import OriginRow


def read_model(model: str) -> Model:
    """A model, by a shipped name or by path."""
    return read_model_file(find_model(model))


@dataclass(frozen=True, slots=True)
class ShownScenario:
    """A scenario as written and for its model: what it does, and every value with its origin."""

    written: Scenario
    resolved: Resolved
    summary: ScenarioSummary
    values: tuple[OriginRow, ...]

    @property
    def variants(self) -> list[str]:
        """The names of the variants of the file."""
        return [variant.name for variant in self.written.variants]

    def lines(self, *, constants: bool = False) -> list[str]:
        """What the scenario does; constants: also every value with its origin."""
        said = [*self._heading(), "", *self.summary.lines()]
        if self.resolved.report:
            said += ["reports", *wrapped(", ".join(self.resolved.report), "  ")]
        said.append("")
        if not constants:
            are = counted(self.summary.unchanged, "constant")
            more = "as in the model: add --constants for every value and its origin"
            return [*said, f"{are} {more}"]
        for text, value, unit, origin in self.values:
            said.append(f"{text} = {value}{f' [{unit}]' if unit else ''}  ({origin})")
        return said

    def _heading(self) -> list[str]:
        """Title, reasons, files and claims."""
        resolved = self.resolved
        said = [f"{resolved.name}: {' '.join(resolved.title.split())}"]
        said += wrapped(" ".join(resolved.why.split()), "  ")
        chain = " on ".join(self.written.chain)
        said += wrapped(f"model {resolved.model_name}, from {chain}", "  ")
        if self.variants:
            names = ", ".join(self.variants)
            said += wrapped(f"as written, without its variants: {names}", "  ")
        for name, text in resolved.claims:
            said += wrapped(f"claim: {text} ({name})", "  ")
        return said

    def document(self) -> dict[str, object]:
        """The scenario for JSON, with every value."""
        resolved, summary = self.resolved, self.summary
        return {
            "scenario": resolved.name,
            "title": resolved.title,
            "why": resolved.why,
            "model": resolved.model_name,
            "sha256": resolved.sha256,
            "chain": list(self.written.chain),
            "variants": self.variants,
            "claims": dict(resolved.claims),
            "policies": [asdict(policy) for policy in summary.policies],
            "assumptions": [asdict(value) for value in summary.assumptions],
            "initial": [asdict(value) for value in summary.initial],
            "run": dict(summary.run),
            "values": [
                {"name": text, "value": value, "unit": unit, "origin": origin}
                for text, value, unit, origin in self.values
            ],
            "report": list(resolved.report),
        }


def scenario(name: str, sets: Sequence[str] = ()) -> ShownScenario:
    """A scenario, or a model without one, with `NAME=VALUE` texts on top.

    Raises ScenarioError or ModelError as reading and resolving do.
    """
    written, path = find(name)
    model = read_model_file(path)
    resolved = resolve(written, model, sets)
    rows = origins(resolved, model, shown(path))
    return ShownScenario(written, resolved, summarised(resolved, model), tuple(rows))
