"""Inference: the posterior of a model's uncertain constants, given data.

Start reading in `density`.
"""
