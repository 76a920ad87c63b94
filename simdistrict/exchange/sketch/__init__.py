"""Vensim's sketch of a model, laid out automatically: one view per group of elements."""
