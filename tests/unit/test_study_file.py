"""Study files: the schema, what is refused, and that reading one runs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from matplotlib.lines import Line2D

from simdistrict.base.errors import ScenarioError
from simdistrict.base.library import example_project, find_model
from simdistrict.plot import Panel, Sheet
from simdistrict.tables import Study, find_study, make, read_definition, sources
from simdistrict.tables.catalogue import check
from simdistrict.tables.evidence import Claim, Measure, StudyRuns, needs
from simdistrict.tables.find import check_against, with_study
from simdistrict.tables.modules import function, wrong_name
from simdistrict.tables.palette import Palette
from simdistrict.tables.schema import Marker, study_schema_text
from simdistrict.tables.shown import describe
from simdistrict.tables.stated import claims_of, targets_of
from tests.program import call
from tests.reading import read_model
from tests.study import definition

ROOT = Path(__file__).resolve().parents[2]
HEAD = "model: ../workshops.mdl\nbaseline: baseline\n"
EXAMPLE = read_model(example_project() / "workshops.mdl")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example with a study that is still to be written."""
    project = tmp_path / "project"
    for file in example_project().rglob("*"):
        if file.is_file() and file.suffix in (".mdl", ".yaml") and file.name != "study.yaml":
            target = project / file.relative_to(example_project())
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    (project / "study").mkdir()
    return project


def written(folder: Path, text: str, head: str = HEAD) -> Path:
    path = folder / "study" / "study.yaml"
    path.write_text(head + text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    """Everything that is wrong: line, sentence and hint."""
    with pytest.raises(ScenarioError) as error:
        check_against(read_definition(written(folder, text)), EXAMPLE)
    return [f"{p.where.rpartition(':')[2]} | {p.what} | {p.hint}" for p in error.value.problems]


def test_the_committed_schema_is_current() -> None:
    committed = (ROOT / "docs" / "schema" / "study.json").read_text(encoding="utf-8")
    assert committed == study_schema_text(), "run python -m simdistrict.tables.schema"


def test_the_shipped_studies_are_valid() -> None:
    check_against(definition(), read_model(find_model("district")))
    check_against(read_definition(example_project() / "study" / "study.yaml"), EXAMPLE)


def test_all_that_is_wrong_with_a_file_is_reported_at_once(folder: Path) -> None:
    text = """claims:
  a:
    text: One.
    measures:
      - {what: n, element: worksops, lo: 1}
      - {what: n, element: workshops, at: soon}
tabels: {}
"""
    found = problems(folder, text)
    assert [line.split(" | ")[0] for line in found] == ["7", "8", "9"]
    assert 'no key "lo"' in found[0]
    assert "is text, not a number" in found[1]
    assert 'did you mean "tables"' in found[2]


def test_elements_and_scenarios_are_looked_up_with_their_lines(folder: Path) -> None:
    text = """claims:
  a:
    text: One.
    measures:
      - what: n
        element: worksops
      - what: m
        element: workshops
        scenario: subsidi
figures:
  f: {title: F, lines: {elements: [margin, marginn]}}
regimes:
  - regime: r
    where: [{element: margi, low: 0}]
"""
    found = problems(folder, text)
    assert [line.split(" | ")[0] for line in found] == ["8", "13", "16", "11"]
    assert "did you mean" in found[0]
    assert "Workshops" in found[0]
    assert "margin" in found[1]
    assert "margin" in found[2]
    assert "subsidy" in found[3]


def test_functions_are_looked_up_without_being_run(folder: Path) -> None:
    (folder / "study" / "measures.py").write_text(
        "raise RuntimeError\n\n\ndef share(runs, first, last=3):\n    return 1\n"
    )
    text = """claims:
  a:
    text: One.
    measures:
      - {what: a, by: "measure:share"}
      - {what: b, by: "measures:shar", with: {first: 1}}
      - {what: c, by: "measures:share", with: {first: 1, las: 2}}
      - {what: d, by: "measures:share"}
      - {what: e, by: share}
      - {what: f, by: "measures:share", with: {first: 1}}
tables:
  t: {title: T, of_runs: "measures:table"}
"""
    found = problems(folder, text)
    assert [line.split(" | ")[0] for line in found] == ["7", "8", "9", "10", "11", "14"]
    assert 'did you mean "measures"' in found[0]
    assert 'did you mean "share"' in found[1]
    assert 'takes no argument "las"' in found[2]
    assert "did you mean" in found[2]
    assert "needs the argument first" in found[3]
    assert "write MODULE:FUNCTION" in found[4]


def test_a_python_file_that_is_none_is_told_by_its_line(folder: Path) -> None:
    (folder / "study" / "measures.py").write_text("x = 1\ndef (\n")
    problem = wrong_name(folder / "study", "measures:x", "study.yaml:1")
    assert problem is not None
    assert problem.where.endswith("measures.py:2")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("targets: [{of: a, what: n}]\n", "one source"),
        ("targets: [{of: a, element: margin}]\n", "no `what:`"),
        ('targets: [{of: a, what: n, element: margin, by: "m:f"}]\n', "one source"),
        ("targets: [{of: a, what: n, element: margin, low: 2, high: 1}]\n", "above its end"),
        ("tables: {t: {title: T}}\n", "in one way"),
        ('tables: {t: {title: T, of_members: "m:f"}}\n', "`doubts:` together"),
        ("figures: {t: {title: T}}\n", "in one way"),
        ("tables: {../t: {title: T, standard: fit}}\n", '"../t" cannot be the name of a table'),
        ("tables: {.: {title: T, standard: fit}}\n", '"." cannot be the name of a table'),
        ("figures: {/t: {title: T}}\n", '"/t" cannot be the name of a figure'),
        ("regimes: [{regime: r, where: [{element: margin}]}]\n", "compares with nothing"),
    ],
)
def test_what_contradicts_itself_is_refused(folder: Path, text: str, what: str) -> None:
    found = problems(folder, text)
    assert any(what in line and line.startswith("3 | ") for line in found), found


@pytest.mark.parametrize("decimals", ["-3", "2.5", "16"])
def test_decimals_are_a_whole_number(folder: Path, decimals: str) -> None:
    rows = f"rows: {{elements: [margin], at: [2030], decimals: {decimals}}}"
    found = problems(folder, f"tables: {{t: {{title: T, {rows}}}}}\n")
    assert found == [f"3 | decimals: {decimals} is no whole number from 0 to 15 | "]


def test_markers_are_those_that_can_be_drawn(folder: Path) -> None:
    style = "colour: red, line: solid, marker: QQ"
    (found,) = problems(folder, f"palette: {{baseline: {{{style}}}}}\n")
    assert found.startswith('3 | there is no marker "QQ" | it is one of o, s, D')
    assert set(get_args(Marker)) <= set(Line2D.markers)


def test_a_study_of_another_model_is_refused(folder: Path) -> None:
    written(folder, "", "model: other.mdl\nbaseline: baseline\n")
    (folder / "study" / "other.mdl").write_bytes((folder / "workshops.mdl").read_bytes())
    with pytest.raises(ScenarioError, match=r"study\.yaml:1 \| the study is of another model"):
        Study(str(folder / "workshops.mdl")).definition  # noqa: B018


def test_a_measure_is_a_number_or_a_comparison(folder: Path) -> None:
    ways = {"ratio": 0.5, "percent": -50.0, "difference": -72.0}
    lines = [
        f"      - {{what: {way}, element: workshops, at: 2080, against: {{at: 2030}}, as: {way}}}"
        for way in ways
    ]
    lines += ["      - {what: last, element: Workshops, times: 2}"]
    text = "claims:\n  a:\n    text: One.\n    measures:\n" + "\n".join(lines) + "\n"
    study = Study(read_definition(written(folder, text)))
    run = study.run("baseline")
    last, then = run.at("workshops", 2080), run.at("workshops", 2030)
    (claim,) = claims_of(study)

    class One:
        members = 1

        def at(self, scenario: str, element: str, year: float, **_: str) -> np.ndarray:
            return np.array([study.run(scenario).at(element, year)])

    found = [float(m.value(One())[0]) for m in claim.measures]  # type: ignore[arg-type]
    assert found == [last / then, 100 * (last / then - 1), last - then, 2 * last]


def test_a_time_outside_the_run_is_told_with_its_line(folder: Path) -> None:
    text = """claims:
  a:
    text: One.
    measures:
      - what: n
        element: margin
        at: 1990
tables:
  claims: {title: T, standard: claims}
  rows: {title: T, rows: {elements: [margin], at: [2030, 1991]}}
"""
    study = Study(read_definition(written(folder, text)))
    with pytest.raises(ScenarioError, match=r"study\.yaml:9 \| no point .* at 1990"):
        make("claims", study)
    with pytest.raises(ScenarioError, match=r"study\.yaml:12 \| no point .* at 1991"):
        make("rows", study)


@pytest.mark.parametrize(
    ("code", "line", "what"),
    [
        ("one = len\nraise ValueError('boo')", "2 ", "ValueError: boo"),
        ("one = len\nraise SystemExit(4)", "2 ", "SystemExit: 4"),
        ("one = 3", "", '"measures:one" is no function, but 3'),
        ("def one(runs):\n    return 1 / 0", "2 ", "ZeroDivisionError"),
        ("import sys\ndef one(runs):\n    sys.exit('end')", "3 ", "SystemExit: end"),
        ("def one(runs):\n    return None", "", "returned None, not a number for each member"),
        ("def one(runs):\n    return 3", "", "returned 3, not"),
        ("def one(runs):\n    return 'abc'", "", "returned 'abc', not"),
        (
            "def one(runs):\n    return runs.at('baseline', 'margn', 2030)",
            "2 ",
            'no element called "margn".*\n.*did you mean "margin"',
        ),
        (
            "def one(runs):\n    return runs.at('baseline', 'margin', 2031.3)",
            "2 ",
            "no point of the run is saved at 2031.3",
        ),
        (
            "def one(runs):\n    return runs.series('baseline', 'margin', 'a', 2030)",
            "2 ",
            "TypeError",
        ),
    ],
)
def test_a_mistake_in_a_function_is_told_with_its_line(
    folder: Path, code: str, line: str, what: str
) -> None:
    (folder / "study" / "measures.py").write_text(code + "\n")
    text = """claims:
  a:
    text: One.
    measures:
      - {what: n, by: "measures:one"}
tables:
  claims: {title: T, standard: claims}
"""
    study = Study(read_definition(written(folder, text)))
    where = rf"measures\.py:{line}\(by .*study\.yaml:7\)" if line else r"study\.yaml:7"
    with pytest.raises(ScenarioError, match=rf"{where} \| .*{what}"):
        make("claims", study)


@pytest.mark.parametrize(
    ("first", "last", "what"),
    [
        (2040, 2030, "there are no times from 2040 to 2030"),
        (3000, 3010, "no point of the run is saved at 3000"),
        (2070, 3010, "no point of the run is saved at 3010"),
    ],
)
def test_a_series_without_times_is_refused(folder: Path, first: int, last: int, what: str) -> None:
    runs = StudyRuns(Study(read_definition(written(folder, ""))))
    with pytest.raises(ScenarioError, match=what):
        runs.series("baseline", "margin", first, last)
    assert runs.series("baseline", "margin", 2030, 2040).shape == (1, 11)


def test_needs_refuse_a_series_without_times() -> None:
    measure = Measure("n", None, 0, lambda runs: runs.series("b", "y", 2040, 2030).sum(axis=-1))
    with pytest.raises(ScenarioError, match="no times from 2040 to 2030"):
        needs([Claim("a", "", (measure,))])


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("return None", "returned None, not a Table called"),
        ("return Table('u', 'T', (), ())", "not a Table called"),
        ("return Table('t', 'T', (), ((1,),))", "ValueError: t: 1 cells in 0 columns"),
        ("return Table('t', 'T', (Column('c', -3),), ())", r'py:5 .* column "c": -3 decimals'),
        ("return study.run('subsidi')", "subsidy"),
        ("return study.run('subsidy').at('workshps', 2030)", "no element called"),
    ],
)
def test_a_function_of_a_table_returns_that_table(folder: Path, code: str, what: str) -> None:
    head = "from simdistrict.tables import Column, Table\n\n\ndef one(study):\n    "
    (folder / "study" / "measures.py").write_text(head + code + "\n")
    text = 'tables: {t: {title: T, of_runs: "measures:one"}}\n'
    with pytest.raises(ScenarioError, match=what):
        make("t", Study(read_definition(written(folder, text))))


def test_axes_of_lines_have_the_units_of_the_model(folder: Path) -> None:
    text = "figures: {f: {title: F, lines: {elements: [workshops, margin]}}}\n"
    figure = describe("f", Study(read_definition(written(folder, text))), folder)
    assert isinstance(figure, Sheet)
    (block,) = figure.blocks
    panels = [panel for panel in block.panels if isinstance(panel, Panel)]
    assert [panel.y_label for panel in panels] == ["firm", "dimensionless"]
    assert block.x_label == "Year"


def test_a_function_of_a_figure_returns_a_figure_and_that_of_doubts_discrepancies(
    folder: Path,
) -> None:
    (folder / "study" / "measures.py").write_text(
        "def one(study):\n    return None\n\n\ndef two(study, path):\n    yield int('x')\n"
    )
    text = """tables: {t: {title: T, of_members: "measures:one", doubts: "measures:two"}}
figures: {f: {title: F, of_runs: "measures:one"}}
"""
    study = Study(read_definition(written(folder, text)))
    with pytest.raises(ScenarioError, match=r"yaml:4 \| .* returned None, not a figure"):
        describe("f", study, folder)
    with pytest.raises(ScenarioError, match=r"measures\.py:6 \(by .*yaml:3\) \| ValueError"):
        check("t", study, folder)


def test_rules_compare_as_they_are_written(folder: Path) -> None:
    text = """regimes:
  - regime: r
    where: [{element: margin, low: 0, below: 1}, {element: workshops, above: 2, high: 3}]
"""
    (rule,) = read_definition(written(folder, text)).rules
    assert str(rule) == "r: margin >= 0, margin < 1, workshops > 2, workshops <= 3"


def test_a_target_on_the_record_has_a_row_for_each_point() -> None:
    study = Study("district")
    labour = [test for test in targets_of(study) if test.of == "labour cost"]
    (target,) = (t for t in definition().file.targets if t.record)
    points = [p for p in study.assessment.points if p.series in target.record]
    assert target.until is not None
    assert 1 < len(labour) == len([p for p in points if p.year <= target.until]) < len(points)


def test_studies_are_found_by_model_path_folder_and_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(folder, "")
    for name in (path, path.parent, folder / "workshops.mdl"):
        assert find_study(str(name)).resolve() == path
    assert find_study("district") == definition().path
    monkeypatch.chdir(folder)
    assert find_study().resolve() == path
    found, rest = with_study(["claims"])
    assert (found.path.resolve(), rest) == (path, ("claims",))
    found, rest = with_study(["district", "claims"])
    assert (found.path, rest) == (definition().path, ("claims",))
    with pytest.raises(ScenarioError, match="the model has no study"):
        find_study("core")


def test_modules_of_two_studies_do_not_meet(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "words.py").write_text(f"WORD = '{name}'\n")
        (tmp_path / name / "m.py").write_text(
            "from .words import WORD\n\n\ndef word():\n    return WORD\n"
        )
    found = [function(tmp_path / n, "m:word", "", str, "words")() for n in ("one", "two")]
    assert found == ["one", "two"]


def test_the_code_of_a_study_module_is_what_it_imports(tmp_path: Path) -> None:
    own, other, alone = (tmp_path / f"{name}.py" for name in ("own", "other", "alone"))
    own.write_text("from .other import X\nfrom simdistrict.tables import intervals\n")
    other.write_text("X = 1\n")
    alone.write_text("X = 1\n")
    files = sources._imports(own)
    assert other in files
    assert any(path.name == "intervals.py" for path in files)
    assert alone not in files
    before = sources.code_sha256(own)
    sources._text.cache_clear()
    other.write_text("X = 2\n")
    assert sources.code_sha256(own) != before


def test_a_scenario_without_a_style_gets_one_and_a_variant_that_of_its_file() -> None:
    palette = Palette({"a": ("red", "dots", "o")})
    assert palette.of("a:variant") == palette.of("a")
    assert palette.of("b") != palette.of("c")
    assert palette.of("b") == palette.of("b")


def test_only_tables_and_figures_run_a_study(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.chdir(folder)
    (folder / "study" / "measures.py").write_text(
        "from pathlib import Path\n\nPath('it_ran').touch()\n\n\ndef one(runs):\n"
        "    return runs.at('baseline', 'margin', 2030)\n"
    )
    written(
        folder,
        """claims: {a: {text: A, measures: [{what: n, by: "measures:one"}]}}
tables: {claims: {title: T, standard: claims}}
regimes: [{regime: r, where: [{element: margin, low: 0}]}]
""",
    )
    for command in (
        ("check", "workshops.mdl"),
        ("show", "model", "workshops.mdl"),
        ("run", "scenarios/subsidy.yaml", "-o", "out.nc"),
        ("rerun", "out.nc"),
        ("list", "tables", "workshops.mdl"),
        ("regimes", "detect", "out.nc", "--study", "workshops.mdl"),
    ):
        assert call(capsys, *command).code == 0, command
        assert not (folder / "it_ran").exists(), command
    assert call(capsys, "tables", "workshops.mdl").code == 0
    assert (folder / "it_ran").exists()
