"""Figures of any result: from Datasets or files to the figure values of `plot`.

Looks at dimensions and attributes, not at names of files. Knows no study and no regime; `api` puts
its functions before users.
"""

from simdistrict.figures.causes import causes_sheet as causes_sheet
from simdistrict.figures.choice import Wanted as Wanted
from simdistrict.figures.fan import fan_sheet as fan_sheet
from simdistrict.figures.phase import phase_sheet as phase_sheet
from simdistrict.figures.ranking import ranking_sheet as ranking_sheet
from simdistrict.figures.regimes import regimes_sheet as regimes_sheet
from simdistrict.figures.series import differences_sheet as differences_sheet
from simdistrict.figures.series import series_sheet as series_sheet
from simdistrict.figures.source import Source as Source
from simdistrict.figures.source import runs_of as runs_of
from simdistrict.figures.source import sources_of as sources_of
from simdistrict.figures.tornado import tornado_sheet as tornado_sheet
