"""Conversion of files between formats: models, changes, series."""
