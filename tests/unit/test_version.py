"""The version of a checkout, of a source archive and of a package, from small repositories."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from simdistrict.base import version as module
from tests.program import call

PYPROJECT = '[project]\nname = "simdistrict"\n'

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, count: int) -> None:
    for k in range(count):
        git(folder, "commit", "--allow-empty", "-m", f"change {k}")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "begin")
    return folder


def version_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(module, "PROJECT", folder)
    return module.version.__wrapped__()


def key(text: str) -> tuple[list[int], float]:
    """A version in the order of PEP 440: x.y.z.devN comes before x.y.z."""
    found = re.fullmatch(r"([\d.]+?)(?:\.dev(\d+))?(?:\+g[0-9a-f]{12})?", text)
    assert found, text
    return [int(n) for n in found[1].split(".")], float(found[2] or "inf")


def test_the_version_grows_with_commits_and_tags(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(project.parent))  # as in a hook of another repository
    found = [version_of(project, monkeypatch)]
    with monkeypatch.context() as patch:
        patch.delenv("GIT_DIR")
        for tag in ("", "0.1.0", "", "v0.3.0", "released", "v1.0"):
            commit(project, 2)
            if tag:
                git(project, "tag", tag)
            found.append(version_of(project, patch))
    assert found == sorted(found, key=key)
    assert len(set(found)) == len(found)
    plain = [text.partition("+")[0] for text in found]
    assert plain[:4] == ["0.1.0.dev1", "0.1.0.dev3", "0.1.0", "0.1.1.dev2"]
    assert plain[4:] == ["0.3.0", "0.3.1.dev2", "1.0"]


def test_an_annotated_tag_and_a_worktree_count(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    git(project, "tag", "-a", "v2.0.0", "-m", "two")
    git(project, "worktree", "add", "-q", str(tmp_path / "tree"))
    assert version_of(tmp_path / "tree", monkeypatch) == "2.0.0"


def test_a_shallow_clone_without_tags_says_its_commit(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commit(project, 3)
    words = ("clone", "-q", "--depth", "1", "--no-tags", f"file://{project}", "shallow")
    git(tmp_path, *words)
    found = version_of(tmp_path / "shallow", monkeypatch)
    assert re.fullmatch(r"0\.1\.0\.dev0\+g[0-9a-f]{12}", found)
    assert found.partition("+")[2] == version_of(project, monkeypatch).partition("+")[2]


def test_a_source_archive_states_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    assert version_of(tmp_path, monkeypatch) == "0.1.0.dev0"
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: simdistrict\nVersion: 4.5.6\n")
    assert version_of(tmp_path, monkeypatch) == "4.5.6"


def test_a_checkout_without_git_has_the_base_version(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(project))
    assert version_of(project, monkeypatch) == "0.1.0.dev0"


def test_the_repository_of_another_project_does_not_count(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(project, "tag", "v9.0.0")
    (project / "pyproject.toml").write_text('[project]\nname = "other"\n')
    assert version_of(project, monkeypatch) == "0.1.0.dev0"


def test_an_installed_package_has_the_version_it_was_built_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"7.8 of {name}")
    assert version_of(tmp_path, monkeypatch) == "7.8 of simdistrict"


def test_the_program_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    answer = call(capsys, "--version")
    assert (answer.code, answer.out) == (0, f"{module.version()}\n")
