"""The committed results of a model as tables: made from runs, written, compared with new ones.

The public names. What tables there are stands in `catalogue`; a table of the district model is
one function in `district`.
"""

from simdistrict.tables.catalogue import ENSEMBLE as ENSEMBLE
from simdistrict.tables.catalogue import FIT as FIT
from simdistrict.tables.catalogue import RUNS as RUNS
from simdistrict.tables.catalogue import TABLES as TABLES
from simdistrict.tables.catalogue import check as check
from simdistrict.tables.catalogue import chosen as chosen
from simdistrict.tables.catalogue import make as make
from simdistrict.tables.compare import Difference as Difference
from simdistrict.tables.compare import differences as differences
from simdistrict.tables.files import Stamp as Stamp
from simdistrict.tables.files import accepted as accepted
from simdistrict.tables.files import texts as texts
from simdistrict.tables.files import write as write
from simdistrict.tables.members import MEMBERS as MEMBERS
from simdistrict.tables.members import Sampling as Sampling
from simdistrict.tables.members import Variant as Variant
from simdistrict.tables.study import Simulated as Simulated
from simdistrict.tables.study import Study as Study
from simdistrict.tables.table import Column as Column
from simdistrict.tables.table import Table as Table
