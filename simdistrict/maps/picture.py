"""The picture of a model map: from its map file, else an automatic one."""

from __future__ import annotations

from pathlib import Path

from simdistrict.maps.checking import MapCheck, check_map, refuse
from simdistrict.maps.reading import map_file, read_map
from simdistrict.maps.values import ModelMap
from simdistrict.plot.causal.values import CausalMap, MapArrow, MapLoop, MapNode, MapSector
from simdistrict.run.plan import plans_for


def map_of(model_file: Path) -> CausalMap:
    """The map of a model file. Raises ModelError where its map file is wrong about the model."""
    path = map_file(model_file)
    assert path is not None
    (plan,) = plans_for([str(model_file)])
    of = read_map(path, plan.prepared.model)
    if of.scenario:
        (plan,) = plans_for([of.scenario])
    found = check_map(of, plan)
    refuse(of, found)
    return drawn(of, found)


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
