"""What is said before a run: settings and models that hardly do what their user means.

`warnings_of` finds it, `announce` prints it, or refuses the runs where warnings are errors. It runs
nothing; `docs/warnings.md` lists every kind. `warnings_after` finds what only a run shows.
"""

from simdistrict.run.preflight.afterwards import warnings_after as warnings_after
from simdistrict.run.preflight.announce import announce as announce
from simdistrict.run.preflight.intended import IntendedRun as IntendedRun
from simdistrict.run.preflight.intended import RunWarning as RunWarning
from simdistrict.run.preflight.kinds import warnings_of as warnings_of
from simdistrict.run.preflight.settings import overruled as overruled
