"""The tables and figures of the district model: one module with a function `table` for each."""
