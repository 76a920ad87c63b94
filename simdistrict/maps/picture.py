"""The picture of a model map: from its map file, else an automatic one."""

from __future__ import annotations

from pathlib import Path

from simdistrict.maps.automatic import automatic
from simdistrict.maps.checking import MapCheck, check_map, refuse
from simdistrict.maps.reading import map_file, read_map
from simdistrict.maps.values import ModelMap
from simdistrict.plot.causal.values import CausalMap, MapArrow, MapLoop, MapNode, MapSector
from simdistrict.run.plan import Plan, plan_run
from simdistrict.scenario import load_scenario, resolve


def map_of(model_file: Path, plan: Plan) -> CausalMap:
    """The map of a model file; plan: of a run of the model alone.

    Raises ScenarioError for a faulty map file, ModelError where it states what the model lacks.
    """
    path = map_file(model_file)
    if path is None:
        return drawn(*automatic(plan))
    of = read_map(path, plan.prepared.model)
    found = check_map(of, measured(of, plan))
    refuse(of, found)
    return drawn(of, found)


def measured(of: ModelMap, plan: Plan) -> Plan:
    """The plan of the run in which the signs of a map are measured."""
    if not of.scenario:
        return plan
    prepared = plan.prepared
    return plan_run(prepared, resolve(load_scenario(of.scenario), prepared.model))


def drawn(of: ModelMap, found: MapCheck) -> CausalMap:
    """A checked map as a figure."""
    bends = {(a.source, a.target): a.bend for a in of.arrows}
    return CausalMap(
        tuple(MapNode(v.key, v.label, v.x, v.y, v.stock) for v in of.variables),
        tuple(MapArrow(a, b, found.sign(a, b), bends.get((a, b))) for a, b in of.pairs),
        tuple(MapLoop(loop.name, loop.polarity, loop.x, loop.y) for loop in of.loops),
        tuple(MapSector(s.name, s.low, s.high) for s in of.sectors),
        of.size,
    )
