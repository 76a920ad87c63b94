"""Models that we wrote, run by PySD and simlin: results equal those of the originals."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from simdistrict.exchange.mdl.reader import read_mdl
from simdistrict.exchange.mdl.writing import model_text
from tests.oracle.faults import refusal
from tests.oracle.witnesses import Series, pysd_run, simlin_run

FOLDER = Path(__file__).parent / "models"
RUNS = {"pysd": pysd_run, "simlin": simlin_run}
STEP = 0.5


# PySD translates each file twice, a second or more each time
@pytest.mark.parametrize("witness", [pytest.param("pysd", marks=pytest.mark.slow), "simlin"])
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.mdl")), ids=lambda path: path.stem)
def test_other_program_reads_the_same_model(path: Path, witness: str, tmp_path: Path) -> None:
    if reason := refusal(witness, path.stem):
        pytest.skip(reason.reason)
    copy = tmp_path / path.name
    copy.write_text(model_text(read_mdl(path), layout=False), encoding="utf-8")
    for table in path.parent.glob("*.csv"):
        shutil.copyfile(table, tmp_path / table.name)
    before: Series = RUNS[witness](path, time_step=STEP, save_step=STEP)
    after: Series = RUNS[witness](copy, time_step=STEP, save_step=STEP)
    assert before.keys() == after.keys()
    for name, values in before.items():
        assert np.allclose(values, after[name], rtol=1e-12, atol=0, equal_nan=True), name
