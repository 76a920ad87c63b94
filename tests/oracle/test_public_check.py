"""`check` on public models: no check fails, and sound models are told nothing that is wrong.

The files are not part of this project; `test_public_models` says where they are looked for.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from simdistrict.base.errors import ModelError
from simdistrict.behaviour import check_behaviour
from simdistrict.behaviour.checks import Finding, check_model
from simdistrict.exchange.models import read_model_file
from tests.oracle.test_public_models import CORPUS, TEST_MODELS

SUFFIXES = (".mdl", ".xmile", ".stmx")
MODELS = sorted(
    path
    for folder in (TEST_MODELS, CORPUS)
    for path in folder.rglob("*")
    if path.suffix.lower() in SUFFIXES
)

needs_files = pytest.mark.skipif(
    not MODELS, reason="no public models here: set SIMDISTRICT_TEST_MODELS to a checkout of them"
)

# read through: these have units that balance, use what they define and stay within their lookups
SOUND = (
    "samples/SIR/SIR.mdl",
    "samples/teacup/teacup.xmile",
    "sdeverywhere/models/sir/sir.mdl",
    "sdeverywhere/models/initial/initial.mdl",
    "sdeverywhere/models/trig/trig.mdl",
    "tests/limits/test_limits.mdl",
    "tests/limits/test_limits.xmile",
    "simlin-own/test/bobby/vdf/level_vs_aux/x_is_stock.mdl",
    "simlin-own/test/bobby/vdf/model_editing/9_smooth_time.mdl",
    "simlin-own/test/bobby/vdf/water/water.mdl",
)
# remarks on style and on the time step are true of them all the same
REMARKS = ("missing-units", "documentation", "magic-numbers", "halving")


def findings(path: Path) -> list[Finding]:
    model = read_model_file(path)
    found = check_model(model)
    if not any(f.check == "structure" for f in found):
        found += check_behaviour(model)
    return found


@needs_files
@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_finding_has_an_element_and_its_line(path: Path) -> None:
    try:
        found = findings(path)
    except ModelError as error:
        pytest.skip(str(error).splitlines()[0])
    for finding in found:
        assert finding.what
        assert finding.line > 0 or not finding.element


@needs_files
@pytest.mark.parametrize("name", SOUND)
def test_a_sound_model_is_told_nothing_that_is_wrong(name: str) -> None:
    path = next((p for p in MODELS if p.as_posix().endswith("/" + name)), None)
    if path is None:
        pytest.skip(f"no {name} here")
    alarms = [f for f in findings(path) if f.check not in REMARKS]
    assert alarms == []
