"""Calibration: constants fitted to observed series.

The public names; start reading in `fit`.
"""

from simdistrict.calibration.assessment import Assessment as Assessment
from simdistrict.calibration.data import Observations as Observations
from simdistrict.calibration.data import read_data as read_data
from simdistrict.calibration.fit import Calibration as Calibration
from simdistrict.calibration.fit import FitProgress as FitProgress
from simdistrict.calibration.fit import Fitted as Fitted
from simdistrict.calibration.fit import assess as assess
from simdistrict.calibration.fit import calibrate as calibrate
from simdistrict.calibration.statistics import Statistics as Statistics
from simdistrict.calibration.statistics import spearman as spearman
from simdistrict.calibration.statistics import statistics as statistics
