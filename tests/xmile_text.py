"""Small models as XMILE text, for tests."""

from __future__ import annotations

from simdistrict.exchange.xmile.reader import read_xmile_text
from simdistrict.model.model import Model


def xmile(
    variables: str, *, dimensions: str = "", specs: str = "", more: str = "", vendor: str = "x"
) -> str:
    """A file. dimensions: `D: a, b`, one per line; more: XML after the main model."""
    dims = "".join(
        f'<dim name="{name.strip()}">'
        + "".join(f'<elem name="{label.strip()}"/>' for label in labels.split(","))
        + "</dim>"
        for name, _, labels in (line.partition(":") for line in dimensions.strip().splitlines())
    )
    specs = specs or "<start>0</start><stop>4</stop><dt>1</dt>"
    if not specs.startswith("<sim_specs"):
        specs = f'<sim_specs method="Euler" time_units="Month">{specs}</sim_specs>'
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">\n'
        f"<header><vendor>{vendor}</vendor></header>\n{specs}\n"
        f"<dimensions>{dims}</dimensions>\n"
        f"<model><variables>\n{variables}\n</variables></model>{more}\n</xmile>\n"
    )


def aux(name: str, equation: str, more: str = "") -> str:
    """An auxiliary on one line."""
    equation = equation.replace("&", "&amp;").replace("<", "&lt;")
    return f'<aux name="{name}"><eqn>{equation}</eqn>{more}</aux>\n'


def small(variables: str, **parts: str) -> Model:
    """The model in such a file."""
    return read_xmile_text(xmile(variables, **parts), "small")  # type: ignore[arg-type]
