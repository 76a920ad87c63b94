"""Models that we wrote, read by @sdeverywhere/parse: the equations that it finds in the originals.

The parser is a package of npm, which this project does not need: `npm install @sdeverywhere/parse`
in a folder of its own, and SIMDISTRICT_SDEVERYWHERE names that folder. Works with 0.1.3.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from simdistrict.base.errors import ModelError
from simdistrict.exchange.mdl.file import read_text
from simdistrict.exchange.mdl.reader import read_mdl
from simdistrict.exchange.mdl.writing import model_text
from tests.oracle.test_public_models import CORPUS, TEST_MODELS

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("sdeverywhere.mjs")
HOME = os.environ.get("SIMDISTRICT_SDEVERYWHERE", "")
OURS = sorted((*Path(__file__).parent.glob("models/*.mdl"), *ROOT.glob("models/*/*.mdl")))
PUBLIC = sorted((*TEST_MODELS.rglob("*.[mM][dD][lL]"), *CORPUS.rglob("*.mdl")))

needs_parser = pytest.mark.skipif(
    not (HOME and shutil.which("node")),
    reason="no @sdeverywhere/parse: set SIMDISTRICT_SDEVERYWHERE to the folder of its installation",
)

# file -> why the parser finds another equation in what we write
OTHERWISE = {
    "arithmetic": "It takes a^b^c for (a^b)^c.",
    "names": "It keeps the quotes around a name that needs none.",
    "names_needless_quotes": "It keeps the quotes around a name that needs none.",
    "test_arithmetics": "It takes a^-b^-c for (a^-b)^-c.",
    "test_arithmetics_exp": "It takes a^-b^-c for (a^-b)^-c.",
    "test_subscript_logicals": "It takes :NOT: a = b for (:NOT: a) = b.",
    "test_subscripted_logicals": "It takes :NOT: a > b for (:NOT: a) > b.",
    "test_subscripted_lookups": "It leaves points with descending x in their order.",
}
# what the text written anew says in other words
EXPANDED = (":MACRO:", "GET XLS", "GET DIRECT")


@cache
def parsed(paths: tuple[Path, ...]) -> dict[Path, dict[str, Any]]:
    """What the parser says of each file, in one go: node takes longer to start than to parse."""
    done = subprocess.run(
        ["node", str(SCRIPT), HOME],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    lines = done.stdout.splitlines()
    return {path: json.loads(line) for path, line in zip(paths, lines, strict=True)}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """Original -> the same model written anew; without those that we refuse."""
    folder = tmp_path_factory.mktemp("written")
    found = {}
    for number, path in enumerate((*OURS, *PUBLIC)):
        try:
            text = model_text(read_mdl(path), layout=False)
        except ModelError:
            continue
        found[path] = folder / f"{number}.mdl"
        found[path].write_text(text, encoding="utf-8")
    return found


def definitions(found: dict[str, Any]) -> dict[str, list[str]]:
    """Left side -> right sides, one unless it is defined twice."""
    sides: dict[str, list[str]] = {}
    for equation in found["equations"]:
        left = json.dumps([equation["place"], sorted(equation["without"])])
        sides.setdefault(left, []).append(json.dumps(equation["right"]))
    return sides


@needs_parser
@pytest.mark.parametrize("path", [*OURS, *PUBLIC], ids=lambda path: path.stem)
def test_what_is_written_is_read_as_the_original(path: Path, written: dict[Path, Path]) -> None:
    if path not in written:
        pytest.skip("we do not read it")
    results = parsed((*written, *written.values()))
    before, after = results[path], results[written[path]]
    if "refused" in before:
        pytest.skip(f"the parser does not read the original: {before['refused']}")
    assert "refused" not in after, after
    twice = [left for left, rights in definitions(after).items() if len(rights) > 1]
    assert not [left for left in twice if len(definitions(before).get(left, ())) < 2]
    if path.stem in OTHERWISE or any(word in read_text(path) for word in EXPANDED):
        pytest.skip(OTHERWISE.get(path.stem, "it holds macros or data from spreadsheets"))
    assert definitions(after) == definitions(before)


@needs_parser
def test_the_parser_reads_most_of_what_there_is(written: dict[Path, Path]) -> None:
    """Guards the test above against a parser that refuses everything."""
    results = parsed((*written, *written.values()))
    count = Counter("refused" in results[path] for path in written)
    assert count[False] > 0.9 * len(written), count
