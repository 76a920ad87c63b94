"""Causal maps: variables in sectors, curved arrows with signs, named loops; nothing overlaps.

`arrange` finds curves and places for signs and loop marks; `collisions` lists what still touches.
"""
