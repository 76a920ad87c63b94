"""A result has the model's names, labels and documentation, and every number in its place."""

from __future__ import annotations

import keyword
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdistrict.base.errors import ScenarioError
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.model.expr import Number, Points, fold
from simdistrict.model.model import Auxiliary, Constant, Dimension, Element, Equation, Lookup, Model
from simdistrict.result.dataset import Run, build_result, to_xarray
from simdistrict.result.naming import RESERVED, names_of, snake

TIME = np.array([1990.0, 1990.5, 1991.0])
DISTRICTS = Dimension("District", ("Prato", "Biella di sopra"))
STAGES = Dimension("stage", ("spinning", "weaving", "finishing"))
ONE = (Equation(Number(1.0)),)


def auxiliary(name: str, dims: tuple[str, ...] = (), units: str = "", comment: str = "") -> Element:
    return Auxiliary(name=name, equations=ONE, dims=dims, units=units, documentation=comment)


def model(*elements: Element) -> Model:
    control = [
        Constant(name="INITIAL TIME", equations=ONE, units="Year"),
        Constant(name="TIME STEP", equations=ONE, units="Year"),
    ]
    return Model("demo", (*elements, *control), (DISTRICTS, STAGES), "the text")


def run(
    values: Mapping[str, object],
    name: str = "baseline",
    time: np.ndarray = TIME,
    ending: Ending | None = None,
) -> Run:
    arrays = {key: np.asarray(value, float) for key, value in values.items()}
    return Run(name, f"Title of {name}", time, arrays, ending or Ending(Outcome.completed, 1991.0))


# ------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Tariff level", "tariff_level"),
        ("TIME STEP", "time_step"),
        ('"R&D share"', "r_d_share"),
        ("Größe", "grosse"),
        ("Biella d'été", "biella_d_ete"),
        ("α decay", "a_decay"),
        ("2nd stage", "x_2nd_stage"),
        ("lambda", "lambda_"),
        ("数量", "x"),
        ("_x_", "x"),
        ("cost in €", "cost_in_eur"),
    ],
)
def test_a_name_becomes_an_ascii_identifier(name: str, expected: str) -> None:
    assert snake(name) == expected


def test_names_that_meet_get_numbers_in_the_order_of_the_model() -> None:
    found = names_of(model(auxiliary("a-b"), auxiliary("a b"), auxiliary("a+b"))).elements
    assert [found[n] for n in ("a-b", "a b", "a+b")] == ["a_b", "a_b_2", "a_b_3"]


@pytest.mark.parametrize("name", [*RESERVED, "District", "stage"])
def test_an_element_gives_way_to_dimensions_and_to_what_every_result_has(name: str) -> None:
    spelt = name.replace("_", " ")
    assert names_of(model(auxiliary(spelt))).elements[fold(spelt)] == f"{snake(spelt)}_2"


def test_a_dimension_gives_way_to_what_every_result_has() -> None:
    found = names_of(Model("m", (auxiliary("x", ("Member",)),), (Dimension("Member", ("a",)),)))
    assert found.dims["member", 0] == "member_2"


def test_the_name_of_a_text_dimension_on_disk_is_not_used() -> None:
    assert names_of(model(auxiliary("string8"))).elements["string8"] == "string8_2"


def test_long_names_fit_into_a_netcdf_file_and_stay_different() -> None:
    long = [letter * 300 for letter in "xy"] + ["x" * 301]
    found = names_of(model(*map(auxiliary, long))).elements
    assert len(set(found.values())) == len(found)
    assert all(len(name) < 256 for name in found.values())


@given(st.lists(st.text(min_size=1, max_size=8), max_size=8, unique_by=fold))
def test_names_are_different_identifiers_that_do_not_depend_on_later_elements(
    names: list[str],
) -> None:
    names = [n for n in names if fold(n) and fold(n) not in ("initial time", "time step")]
    found = names_of(model(*map(auxiliary, names))).elements
    assert len(set(found.values())) == len(found)
    for name in found.values():
        assert name.isidentifier()
        assert name.isascii()
        assert not keyword.iskeyword(name)
    fewer = names_of(model(*map(auxiliary, names[:-1]))).elements
    assert all(found[fold(n)] == fewer[fold(n)] for n in names[:-1])


# ------------------------------------------------------------------------------- layout


def test_one_run_has_no_scenario_dimension() -> None:
    elements = model(auxiliary("x"), auxiliary("c", ("District",)))
    result = build_result(elements, [run({"x": [1, 2, 3], "c": [4, 5]})], {})
    assert result.variables["x"].dims == ("time",)
    assert result.variables["c"].dims == ("district",)
    assert result.variables["outcome"].dims == ()
    assert result.attrs["scenario_name"] == "baseline"
    assert "scenario" not in result.coords
    assert "stage" not in result.coords, "a dimension that nothing uses has no place in the file"


def test_several_runs_lie_along_scenario_and_are_found_by_label() -> None:
    elements = model(auxiliary("Capacity", ("District", "stage")))
    first = np.arange(18.0).reshape(3, 2, 3)
    runs = [run({"capacity": first}), run({"capacity": first + 100}, "free trade")]
    data = to_xarray(build_result(elements, runs, {}))
    assert data.capacity.dims == ("scenario", "time", "district", "stage")
    cell = data.capacity.sel(
        scenario="free trade", time=1990.5, district="Biella di sopra", stage="weaving"
    )
    assert float(cell) == 100 + first[1, 1, 1]
    assert list(data.scenario_title.values) == ["Title of baseline", "Title of free trade"]


def test_what_varies_in_one_run_has_time_in_all() -> None:
    runs = [run({"x": 5.0}), run({"x": [5, 6, 7]}, "moved")]
    values = build_result(model(auxiliary("x")), runs, {}).variables["x"]
    assert values.dims == ("scenario", "time")
    assert values.values.tolist() == [[5, 5, 5], [5, 6, 7]]


def test_what_one_run_lacks_is_nan_there_and_what_all_lack_is_left_out() -> None:
    elements = model(auxiliary("x"), auxiliary("y"))
    result = build_result(elements, [run({"x": 1.0}), run({}, "other")], {})
    assert np.array_equal(result.variables["x"].values, [1.0, np.nan], equal_nan=True)
    assert "y" not in result.variables


def test_a_dimension_spanned_twice_has_two_names() -> None:
    elements = model(auxiliary("matrix", ("District", "District")))
    data = to_xarray(build_result(elements, [run({"matrix": [[1, 2], [3, 4]]})], {}))
    assert data.matrix.dims == ("district", "district_2")
    assert float(data.matrix.sel(district="Prato", district_2="Biella di sopra")) == 2


def test_variables_stand_in_the_order_of_the_model_and_lookups_are_left_out() -> None:
    lookup = Lookup(name="effect", equations=(Equation(Points((0.0, 1.0), (0.0, 1.0))),))
    elements = model(auxiliary("z"), lookup, auxiliary("a"))
    names = list(build_result(elements, [run({"a": 1.0, "z": 2.0})], {}).variables)
    assert names[-2:] == ["z", "a"]


# ------------------------------------------------------------------------------- attributes


def test_a_variable_carries_what_the_model_says() -> None:
    element = auxiliary("Wage  rate", (), "EUR/(su*Year)", "What a\n\tworker   earns.")
    attrs = build_result(model(element), [run({"wage rate": 1.0})], {}).variables["wage_rate"].attrs
    assert attrs == {
        "long_name": "Wage rate",
        "units": "year-1",
        "vensim_name": "Wage  rate",
        "vensim_units": "EUR/(su*Year)",
        "kind": "auxiliary",
        "comment": "What a worker earns.",
    }


def test_time_is_a_plain_number() -> None:
    attrs = build_result(model(auxiliary("x")), [run({"x": 1.0})], {}).coords["time"].attrs
    assert attrs == {"long_name": "model time", "vensim_units": "Year"}


def test_the_outcome_is_a_flag_with_time_and_message() -> None:
    ending = Ending(Outcome.diverged, 1990.5, "x is not finite")
    values = build_result(model(auxiliary("x")), [run({"x": 1.0}, ending=ending)], {}).variables
    flags = dict(
        zip(
            values["outcome"].attrs["flag_values"].tolist(),  # type: ignore[attr-defined]
            str(values["outcome"].attrs["flag_meanings"]).split(),
            strict=True,
        )
    )
    assert values["outcome"].values.dtype == np.int8
    assert flags[int(values["outcome"].values)] == "diverged"
    assert float(values["outcome_time"].values) == 1990.5
    assert values["outcome_message"].values[()] == "x is not finite"


def test_provenance_is_kept_and_wins_over_what_is_formed_here() -> None:
    given_attrs = {"title": "Mine", "seed": 7, "rtol": None, "simdistrict_version": "9.9"}
    attrs = build_result(model(auxiliary("x")), [run({"x": 1.0})], given_attrs).attrs
    assert attrs["title"] == "Mine"
    assert attrs["seed"] == 7
    assert "rtol" not in attrs
    assert attrs["Conventions"] == "CF-1.11, ACDD-1.3"
    assert attrs["model_text"] == "the text"
    assert str(attrs["source"]).startswith("simdistrict 9.9, model demo@")
    assert "1 run completed" in str(attrs["summary"])


# ------------------------------------------------------------------------------- refusals


def test_runs_with_different_times_are_refused_by_name() -> None:
    other = run({"x": 1.0}, "late", TIME + 1)
    with pytest.raises(ScenarioError) as caught:
        build_result(model(auxiliary("x")), [run({"x": 1.0}), other], {})
    message = str(caught.value)
    assert "baseline and late" in message
    assert "1990 to 1991" in message
    assert "1991 to 1992" in message


def test_two_runs_of_one_name_are_refused() -> None:
    with pytest.raises(ScenarioError, match=r"^scenario baseline \| 2 scenarios have this name"):
        build_result(model(auxiliary("x")), [run({"x": 1.0}), run({"x": 2.0})], {})


@pytest.mark.parametrize("wrong", [[1.0, 2.0], [[1.0, 2.0, 3.0]], np.ones((3, 1))])
def test_a_wrong_shape_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match='"x" in run baseline has the shape'):
        build_result(model(auxiliary("x")), [run({"x": wrong})], {})


def test_values_of_an_unknown_element_are_refused() -> None:
    with pytest.raises(ValueError, match='"ghost", which the model lacks'):
        build_result(model(auxiliary("x")), [run({"ghost": 1.0})], {})


def test_no_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        build_result(model(auxiliary("x")), [], {})
