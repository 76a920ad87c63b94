"""What is asked of an inference: everything that determines its draws, besides the run's plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from simdistrict.base.errors import ExchangeError, Problem

SERIES, PAYOFF = "series", "payoff"
LIKELIHOODS = (SERIES, PAYOFF)
DEMC, NUTS = "demc", "nuts"
METHODS = (DEMC, NUTS)
# the attribute of a posterior with the settings; its texts have attributes of their own
RECORD = "infer_request"
_TEXTS = {"prior": "prior", "data": "data_text", "statements": "statements_text"}
_AGAIN = "the file is damaged: write it again"


@dataclass(frozen=True, slots=True)
class Text:
    """The text of an input file; where: what messages call it."""

    text: str
    where: str

    @property
    def name(self) -> str:
        """The name of the file, without folders."""
        return Path(self.where).name


@dataclass(frozen=True, slots=True)
class Inference:
    """The inputs and settings of an inference.

    free: constants of the prior to infer, all where empty; until: the last time of the data to
    use; left_out: series not to use; likelihood: `series` or `payoff`; waves: of history matching
    before the draws; ess, runs, seed, method: as of `rounds.Effort`.
    """

    prior: Text
    data: Text
    statements: Text | None = None
    free: tuple[str, ...] = ()
    until: float | None = None
    left_out: tuple[str, ...] = ()
    likelihood: str = SERIES
    waves: int = 0
    ess: int = 1000
    runs: int = 500_000
    seed: int = 1
    method: str = DEMC

    def record(self) -> dict[str, object]:
        """Attributes of a result file, from which `recorded` makes it again."""
        texts = {name: getattr(self, name) for name in _TEXTS}
        plain: dict[str, Any] = {
            f.name: getattr(self, f.name) for f in fields(self) if f.name not in _TEXTS
        }
        names = {name: text.where for name, text in texts.items() if text is not None}
        found = {RECORD: json.dumps({**plain, "files": _bare(names)}, ensure_ascii=False)}
        return {**found, **{_TEXTS[n]: t.text for n, t in texts.items() if t is not None}}

    @classmethod
    def recorded(cls, attrs: Mapping[str, object], where: str) -> Inference:
        """The inference that a result file records. Raises ExchangeError where it is damaged."""
        try:
            plain = json.loads(str(attrs[RECORD]))
            files = plain.pop("files")
            texts = {
                name: Text(str(attrs[_TEXTS[name]]), f"{where} ({_TEXTS[name]} of {file})")
                for name, file in files.items()
            }
            plain |= {key: tuple(plain[key]) for key in ("free", "left_out")}
            made = cls(texts["prior"], texts["data"], texts.get("statements"))
            return replace(made, **plain)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            what = f"its record of the inference cannot be read: {error}"
            raise ExchangeError(Problem(where, what, _AGAIN)) from None


def _bare(names: Mapping[str, str]) -> dict[str, str]:
    """Names of files without folders: equal inputs give equal bytes wherever they lie."""
    return {key: Path(where).name for key, where in names.items()}
