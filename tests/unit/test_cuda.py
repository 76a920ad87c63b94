"""A GPU's kernel as text and compiled without a GPU; what is said where there is none."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from simdistrict.base.errors import EngineError
from simdistrict.base.library import find_model
from simdistrict.engine.backends import check_way
from simdistrict.engine.batches import batch_class
from simdistrict.engine.cuda.device import launch
from simdistrict.engine.cuda.source import WIDTH, device_source
from simdistrict.engine.lowering.build import build
from simdistrict.run.simulate import simulate
from tests.program import call
from tests.small import mdl, small

ROOT = Path(__file__).resolve().parents[2]
ALGEBRA = """
    place: north, south ~ ~ |
    stock[place] = INTEG(inflow[place] - stock[place] / time constant, start[place])
    start[place] = 1, 2
    inflow[place] = a * stock[place] * b + MAX(stock[place] * c, 3) - a * b * c
    time constant = 4
    a = 0.1
    b = 2
    c = 0.3
    path((0,0),(1,2),(5,3))
    curve = path(SUM(stock[place!]))
"""
PRIOR = "element,label,unit,value,low,high,distribution\na,,1,0.1,0,0.3,uniform\n"
Capsys = pytest.CaptureFixture[str]


def without_a_gpu(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with no GPU to be seen and no simulator."""
    own = {**os.environ, "NUMBA_ENABLE_CUDASIM": "0", "CUDA_VISIBLE_DEVICES": "", **environment}
    return subprocess.run(
        [sys.executable, *map(str, words)], env=own, cwd=ROOT, capture_output=True, text=True
    )


def compiled(*models: object) -> list[dict[str, object]]:
    """What `tests.ptx` says of models."""
    if find_spec("numba_cuda") is None or find_spec("nvidia") is None:
        pytest.skip("the compiler for GPUs is not installed: simdistrict[gpu]")
    done = without_a_gpu("-W", "ignore", "-m", "tests.ptx", *models)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_every_helper_compiles_for_a_gpu_and_core_needs_no_slow_memory() -> None:
    helpers, core = compiled("helpers", find_model("core"))
    assert helpers["instructions"]
    assert "0 bytes spill stores" in str(core["assembled"])


@pytest.mark.slow
def test_products_are_not_fused_with_sums(tmp_path: Path) -> None:
    model = tmp_path / "algebra.mdl"
    model.write_text(mdl(ALGEBRA))
    (found,) = compiled(model)
    instructions = found["instructions"]
    assert isinstance(instructions, dict)
    assert instructions["mul.rn.f64"] > 8
    assert instructions["div.rn.f64"] >= 2
    assert found["fused"] == 0


def test_the_kernel_is_the_emitted_source_with_places_apart() -> None:
    text, _ = device_source(build(small(ALGEBRA)))
    functions = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert {"once", "start", "settle", "derive", "lookup_alone", "run_members"} <= functions
    derive = text[text.index("def derive(") : text.index("def evaluate(")]
    assert f" * {WIDTH}] = " in derive
    # indices stay whole numbers, floats become calls
    assert "_product(" in derive
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Subscript):
            called = [n.func for n in ast.walk(node.slice) if isinstance(n, ast.Call)]
            assert {ast.unparse(c) for c in called} <= {"int"}, ast.unparse(node)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("small.mdl").write_text(mdl(ALGEBRA))
    Path("prior.csv").write_text(PRIOR)
    return tmp_path


def test_one_run_on_a_gpu_is_refused_with_what_to_do(project: Path, capsys: Capsys) -> None:
    answer = call(capsys, "run", "small.mdl", "--backend", "cuda")
    assert answer.code == 3
    assert "a GPU runs many members" in answer.err
    assert "ensemble" in answer.err
    with pytest.raises(EngineError, match="a GPU runs many members"):
        simulate(small(ALGEBRA), backend="cuda")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--integrator", "adaptive"), "steps of equal length, and adaptive is asked for"),
        (("--integrator", "radau"), "steps of equal length, and radau is asked for"),
        (("--fast",), "--fast is about powers of native members"),
    ],
)
def test_what_a_gpu_does_not_run_is_refused(
    project: Path, capsys: Capsys, words: tuple[str, ...], said: str
) -> None:
    answer = call(
        capsys,
        "ensemble",
        "small.mdl",
        "--members",
        4,
        "--prior",
        "prior.csv",
        "--backend",
        "cuda",
        *words,
    )
    assert answer.code == 3
    assert said in answer.err


def test_no_gpu_and_no_package_are_each_said_once_and_leave_nothing(project: Path) -> None:
    words = ["-W", "ignore", "-m", "simdistrict", "ensemble", project / "small.mdl", "--members", 4]
    words += ["--prior", project / "prior.csv", "--backend", "cuda", "-o", project / "out.nc"]
    if find_spec("numba") is not None:
        done = without_a_gpu(*words)
        assert done.returncode == 3
        assert "no GPU was found" in done.stderr
        assert "leave --backend out" in done.stderr
    # a package of that name that cannot be imported stands for one that is not there
    Path("numba.py").write_text("raise ImportError('not here')\n")
    done = without_a_gpu(*words, PYTHONPATH=f"{project}{os.pathsep}{ROOT}")
    assert done.returncode == 3
    assert 'pip install "simdistrict[gpu]"' in done.stderr
    assert not list(project.glob("out*"))


class Broken:
    """A kernel whose compiler uses a name that numpy lacks."""

    def __getitem__(self, shape: tuple[int, int]) -> None:
        raise AttributeError("module 'numpy' has no attribute 'row_stack'")


def test_a_numpy_that_numba_cuda_cannot_use_is_named_with_what_to_do() -> None:
    with pytest.raises(EngineError, match=r"numpy .* 'row_stack'") as caught:
        launch(Broken(), [], 1)
    assert 'pip install "simdistrict[gpu]"' in str(caught.value)


def test_a_backend_that_there_is_not_is_refused() -> None:
    with pytest.raises(EngineError, match="use one of native, interpreted, cuda"):
        check_way("opencl", "euler", fast=False)
    assert batch_class("interpreted").__name__ == "InterpretedBatch"
