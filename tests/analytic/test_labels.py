"""Labels whose spelling looks like a mark of the language, against sums by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.exchange.models import write_model
from simdistrict.exchange.xmile.writer import write_xmile
from simdistrict.model.model import Model
from simdistrict.run.simulate import simulate
from tests.reading import read_model
from tests.small import small

# `town!` is a label and `town` a range: only the mark behind a range sums over it
MODEL = """
town : "a!", b, "town!"
size[town] = 1, 2, 4
grown["a!"] = size["a!"] + SUM(size[town!])
grown[b] = size["town!"]
grown["town!"] = 3
total = SUM(grown[town!])
"""


def check(model: Model) -> None:
    run = simulate(model)
    assert run["town"].values.tolist() == ["a!", "b", "town!"]
    assert run["grown"].values.tolist() == [8, 4, 3]
    assert float(run["total"]) == 15


def test_a_label_may_end_in_the_mark_of_a_reduction() -> None:
    check(small(MODEL))


@pytest.mark.parametrize(("name", "write"), [("m.mdl", write_model), ("m.xmile", write_xmile)])
def test_such_a_label_is_kept_in_files(tmp_path: Path, name: str, write: object) -> None:
    model = small(MODEL)
    write(model, tmp_path / name)  # type: ignore[operator]
    check(read_model(tmp_path / name))
