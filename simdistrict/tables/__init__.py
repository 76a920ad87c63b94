"""Studies of any model: claims, targets, tables and figures, made from runs and compared.

The public names. What is asked of a model stands in its study file, see `definition`.
"""

from simdistrict.base.library import find_study as find_study
from simdistrict.tables.catalogue import check as check
from simdistrict.tables.catalogue import chosen as chosen
from simdistrict.tables.catalogue import make as make
from simdistrict.tables.compare import Discrepancy as Discrepancy
from simdistrict.tables.compare import differences as differences
from simdistrict.tables.definition import ENSEMBLE as ENSEMBLE
from simdistrict.tables.definition import FIT as FIT
from simdistrict.tables.definition import POSTERIOR as POSTERIOR
from simdistrict.tables.definition import RUNS as RUNS
from simdistrict.tables.definition import StudyDefinition as StudyDefinition
from simdistrict.tables.files import Stamp as Stamp
from simdistrict.tables.files import accepted as accepted
from simdistrict.tables.files import texts as texts
from simdistrict.tables.files import write as write
from simdistrict.tables.find import read_definition as read_definition
from simdistrict.tables.members import MEMBERS as MEMBERS
from simdistrict.tables.members import Sampling as Sampling
from simdistrict.tables.members import Variant as Variant
from simdistrict.tables.study import Simulated as Simulated
from simdistrict.tables.study import Study as Study
from simdistrict.tables.table import Column as Column
from simdistrict.tables.table import Table as Table
