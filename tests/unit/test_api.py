"""The public names of the Python library, at run time and for type checkers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import simdistrict
from simdistrict import api

PUBLIC = """
    load open compare rerun models scenarios
    LoadedModel ScenarioBuilder Simulator SimulatorBatch Comparison Picture
    plot_series plot_differences plot_fan plot_causes plot_tornado plot_phase plot_ranking
    plot_regimes plot_map plot_posterior
    SimdistrictError ModelError ScenarioError EngineError ExchangeError
"""


def test_the_library_offers_these_names() -> None:
    assert dir(simdistrict) == sorted([*PUBLIC.split(), "__version__"])


def test_type_checkers_see_the_names_that_python_finds() -> None:
    source = Path(api.__file__).read_text(encoding="utf-8")
    declared = re.findall(r"^    from (\S+) import (\w+) as \2$", source, re.MULTILINE)
    assert sorted(name for _, name in declared) == dir(api)
    for module, name in declared:
        assert getattr(api, name) is getattr(sys.modules[module], name)


def test_the_package_forwards_to_the_library() -> None:
    assert dir(simdistrict) == sorted([*dir(api), "__version__"])
    assert simdistrict.load is api.load
    with pytest.raises(AttributeError, match="module 'simdistrict' has no attribute 'nothing'"):
        _ = simdistrict.nothing


def test_the_package_is_marked_as_typed() -> None:
    assert Path(simdistrict.__file__).with_name("py.typed").is_file()


def test_importing_the_package_imports_no_room() -> None:
    code = "import simdistrict, sys; print(*(m for m in sys.modules if m.startswith('simdi')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {
        "simdistrict",
        "simdistrict.base",
        "simdistrict.base.version",
    }
