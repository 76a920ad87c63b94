"""Checks that run a model: the standard tests of system dynamics, automated.

The public names. `statements` reads a checks file; each kind of check has its module.
"""

from simdistrict.behaviour.checking import NAMES as NAMES
from simdistrict.behaviour.checking import check_behaviour as check_behaviour
from simdistrict.behaviour.checking import made as made
from simdistrict.behaviour.statements import Statements as Statements
from simdistrict.behaviour.statements import checks_file as checks_file
from simdistrict.behaviour.statements import read_statements as read_statements
from simdistrict.behaviour.statements import statements_from_text as statements_from_text
