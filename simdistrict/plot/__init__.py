"""Figures as values, and `draw`, which writes them as SVG and PNG: the one door to matplotlib.

Knows lines, bands, bars and boxes, but no models. Colours suit colour-blind readers, and line
styles, markers and shades suffice in black and white; equal figures have equal bytes.
"""

from simdistrict.plot.canvas import check_file as check_file
from simdistrict.plot.canvas import check_targets as check_targets
from simdistrict.plot.canvas import draw as draw
from simdistrict.plot.canvas import draw_all as draw_all
from simdistrict.plot.canvas import is_ours as is_ours
from simdistrict.plot.canvas import painted as painted
from simdistrict.plot.causal.values import CausalMap as CausalMap
from simdistrict.plot.cells import Cells as Cells
from simdistrict.plot.panels import Band as Band
from simdistrict.plot.panels import Line as Line
from simdistrict.plot.panels import Markers as Markers
from simdistrict.plot.panels import Panel as Panel
from simdistrict.plot.picture import Picture as Picture
from simdistrict.plot.rows import Bar as Bar
from simdistrict.plot.rows import Mark as Mark
from simdistrict.plot.rows import Row as Row
from simdistrict.plot.rows import RowsPanel as RowsPanel
from simdistrict.plot.rows import interval_row as interval_row
from simdistrict.plot.sheet import COLUMN as COLUMN
from simdistrict.plot.sheet import PAGE as PAGE
from simdistrict.plot.sheet import Block as Block
from simdistrict.plot.sheet import Sheet as Sheet
from simdistrict.plot.sheet import limits as limits
from simdistrict.plot.style import FILLS as FILLS
from simdistrict.plot.style import MARKS as MARKS
from simdistrict.plot.style import STYLES as STYLES
from simdistrict.plot.style import Style as Style
