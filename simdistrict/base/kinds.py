"""Files of other programs, by suffix: what they are, and which file to use instead."""

from __future__ import annotations

import shlex
from pathlib import Path

from simdistrict.base.errors import Problem

_SAVE_MDL = "in Vensim: File > Save As, type Text Format Models (.mdl)"
_SAVE_XMILE = "open it in Stella Architect or Professional and save it as .stmx"
_NEED_MDL = "ask its author for the model as .mdl: a published model cannot be read back"
_EXPORT = "in Vensim: Model > Export Dataset, to .tab, .csv or .dat"

# suffix -> what the file is, what to do
FOREIGN: dict[str, tuple[str, str]] = {
    ".vpm": ("a published model of Vensim, packed for its Model Reader", _NEED_MDL),
    ".vpmx": ("a published model of Vensim, packed for its Model Reader", _NEED_MDL),
    ".vpa": ("a packaged application of Vensim", _NEED_MDL),
    ".vmf": ("a model in Vensim's binary format", _SAVE_MDL),
    ".vmfx": ("a model in Vensim's binary format", _SAVE_MDL),
    ".2mdl": ("a backup that Vensim makes of a model", "rename it to .mdl"),
    ".3vmf": ("a backup that Vensim makes of a model", f"rename it to .vmf; {_SAVE_MDL}"),
    ".vdf": ("a run or dataset of Vensim", _EXPORT),
    ".vdfx": ("a run or dataset of Vensim", _EXPORT),
    ".vgd": ("a set of graph definitions of Vensim", "give the model, as .mdl"),
    ".cmd": ("a command script of Vensim", "simdistrict run takes its settings as options"),
    ".voc": ("the optimization control of Vensim", "simdistrict infer MODEL --prior FILE takes it"),
    ".vpd": ("a payoff definition of Vensim", "simdistrict infer MODEL --data FILE takes it"),
    ".stm": ("a model in the binary format of Stella before version 10", _SAVE_XMILE),
    ".itm": ("a model in the binary format of iThink before version 10", _SAVE_XMILE),
    ".stmz": ("a packed model of Stella", _SAVE_XMILE),
    ".sip": ("a model of Powersim Studio", "export it as XMILE or as a Vensim .mdl"),
    ".sim": ("a model of Powersim", "export it as XMILE or as a Vensim .mdl"),
    ".alp": ("a model of AnyLogic", "rebuild it as .mdl: it has no exchange format in common"),
    ".dyn": ("a model in DYNAMO", "rebuild it as .mdl: DYNAMO is not read"),
    ".insightmaker": ("a model of Insight Maker", "export it as .mdl or XMILE"),
    ".mo": ("a model in Modelica", "rebuild it as .mdl: Modelica is not read"),
    ".sbml": ("a model in SBML", "rebuild it as .mdl: SBML is not read"),
    ".py": ("a Python program, such as PySD writes", "give the .mdl or XMILE file it comes from"),
    ".zip": ("an archive", "unpack it and give the model, as .mdl or .stmx"),
    ".cin": ("a changes file of Vensim", "simdistrict run MODEL --changes FILE takes it"),
    ".lst": ("a save list of Vensim", "simdistrict run MODEL --save @FILE takes it"),
    ".vsc": ("a sensitivity control of Vensim", "simdistrict ensemble MODEL --prior FILE takes it"),
    ".nc": ("a result, not a model", "simdistrict rerun FILE repeats it, compare and plot show it"),
    ".zarr": ("a result, not a model", "simdistrict rerun FILE repeats it"),
    ".csv": ("a table", "give numbers of data variables with --data"),
    ".tab": ("a table", "give numbers of data variables with --data"),
    ".dat": ("a data file", "give numbers of data variables with --data"),
    ".xlsx": ("a workbook", "a model reads it by GET DIRECT DATA and its like; give the model"),
    ".xls": ("a workbook", "a model reads it by GET DIRECT DATA and its like; give the model"),
}


def foreign(name: str) -> Problem | None:
    """The problem of a file of a known other kind where a model or scenario is expected."""
    found = FOREIGN.get(Path(name).suffix.lower())
    if found is None:
        return None
    return Problem(name, f"this is {found[0]}", found[1].replace("FILE", shlex.quote(name)))
