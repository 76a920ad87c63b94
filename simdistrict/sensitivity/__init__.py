"""Sensitivity of an indicator of an ensemble to its constants, and scenario discovery."""
