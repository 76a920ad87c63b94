"""The study of the district model and its Python files, as tests read them."""

from __future__ import annotations

from types import ModuleType

from simdistrict.tables import StudyDefinition, find_study, read_definition
from simdistrict.tables.modules import imported


def definition() -> StudyDefinition:
    return read_definition(find_study("district"))


def module(name: str) -> ModuleType:
    return imported(definition().folder, name)
