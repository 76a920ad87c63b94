"""The laboratory of regimes: equilibria, branches, hysteresis, basins, and regimes of a run.

Numerical methods take a `Field`; `freeze` and `field_of` make one of a model. A study is an object
of `studies`: its fields say what it asks, `run` does it; `register` lists them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simdistrict.regimes.classes import classes_of as classes_of
    from simdistrict.regimes.frozen import freeze as freeze
    from simdistrict.regimes.loops import loops_of as loops_of
    from simdistrict.regimes.model_field import field_of as field_of
    from simdistrict.regimes.numerics.basin import basins as basins
    from simdistrict.regimes.numerics.basin import basins_along as basins_along
    from simdistrict.regimes.numerics.diagram import branches as branches
    from simdistrict.regimes.numerics.diagram import continuations as continuations
    from simdistrict.regimes.numerics.equilibrium import equilibria as equilibria
    from simdistrict.regimes.numerics.fold_curve import fold_curves as fold_curves
    from simdistrict.regimes.numerics.policies import policy_map as policy_map
    from simdistrict.regimes.numerics.regime_map import regime_map as regime_map
    from simdistrict.regimes.numerics.sweep import hysteresis as hysteresis
    from simdistrict.regimes.numerics.warning import early_warnings as early_warnings
    from simdistrict.regimes.studies.register import document as document
    from simdistrict.regimes.studies.register import figure_of as figure_of

# module -> its public names; imported when first used, so that a command loads only what it needs
_HOMES = {
    "classes": "classes_of",
    "frozen": "freeze",
    "loops": "loops_of",
    "model_field": "field_of",
    "numerics.basin": "basins basins_along",
    "numerics.diagram": "branches continuations",
    "numerics.equilibrium": "equilibria",
    "numerics.fold_curve": "fold_curves",
    "numerics.policies": "policy_map",
    "numerics.sweep": "hysteresis",
    "numerics.warning": "early_warnings",
    "numerics.regime_map": "regime_map",
    "studies.register": "document figure_of",
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = list(_MODULES)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'simdistrict.regimes' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"simdistrict.regimes.{_MODULES[name]}"), name)
