"""Causal maps of a model: arrows, signs and polarities are measured, never written by hand.

`reading` reads a map file, `checking` holds it against the model, `picture` draws it.
"""

from simdistrict.maps.checking import MapCheck as MapCheck
from simdistrict.maps.checking import check_map as check_map
from simdistrict.maps.picture import map_of as map_of
from simdistrict.maps.reading import map_file as map_file
from simdistrict.maps.reading import read_map as read_map
