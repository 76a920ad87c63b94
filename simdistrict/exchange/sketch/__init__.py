"""Vensim's sketch of a model: automatic layout, one view per group of elements; and reading one."""
