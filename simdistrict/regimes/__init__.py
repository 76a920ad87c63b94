"""The laboratory of regimes: equilibria, branches, hysteresis, basins, and regimes of a run.

Numerical methods take a `Field`; `freeze` and `field_of` make one of a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simdistrict.regimes.class_study import study_classes as study_classes
    from simdistrict.regimes.classes import classes_of as classes_of
    from simdistrict.regimes.detection import detect as detect
    from simdistrict.regimes.documents import document as document
    from simdistrict.regimes.figures import figure_of as figure_of
    from simdistrict.regimes.frozen import freeze as freeze
    from simdistrict.regimes.loops import loops_of as loops_of
    from simdistrict.regimes.model_field import field_of as field_of
    from simdistrict.regimes.numerics.basin import basins as basins
    from simdistrict.regimes.numerics.basin import basins_along as basins_along
    from simdistrict.regimes.numerics.diagram import branches as branches
    from simdistrict.regimes.numerics.equilibrium import equilibria as equilibria
    from simdistrict.regimes.numerics.fold_curve import fold_curves as fold_curves
    from simdistrict.regimes.numerics.policies import policy_map as policy_map
    from simdistrict.regimes.numerics.sweep import hysteresis as hysteresis
    from simdistrict.regimes.numerics.warning import early_warnings as early_warnings
    from simdistrict.regimes.numerics.worlds import world_map as world_map
    from simdistrict.regimes.request import Request as Request
    from simdistrict.regimes.studies import study as study

# name -> module; imported when first used, so that a command loads only what it needs
_HOMES = {
    "Request": "request",
    "basins": "numerics.basin",
    "basins_along": "numerics.basin",
    "branches": "numerics.diagram",
    "classes_of": "classes",
    "detect": "detection",
    "document": "documents",
    "early_warnings": "numerics.warning",
    "equilibria": "numerics.equilibrium",
    "field_of": "model_field",
    "figure_of": "figures",
    "fold_curves": "numerics.fold_curve",
    "freeze": "frozen",
    "hysteresis": "numerics.sweep",
    "loops_of": "loops",
    "policy_map": "numerics.policies",
    "study": "studies",
    "study_classes": "class_study",
    "world_map": "numerics.worlds",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'simdistrict.regimes' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"simdistrict.regimes.{_HOMES[name]}"), name)
