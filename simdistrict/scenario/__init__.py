"""Scenarios: policies and assumptions on top of a parent, read from YAML.

The public names. `chain` reads files, `resolve` looks names up in a model.
"""

from simdistrict.scenario.chain import bare_scenario as bare_scenario
from simdistrict.scenario.chain import bare_title as bare_title
from simdistrict.scenario.chain import load_scenario as load_scenario
from simdistrict.scenario.chain import members as members
from simdistrict.scenario.chain import model_path as model_path
from simdistrict.scenario.chain import part_title as part_title
from simdistrict.scenario.chain import scenario_from_text as scenario_from_text
from simdistrict.scenario.chain import scenario_title as scenario_title
from simdistrict.scenario.chain import scenario_variants as scenario_variants
from simdistrict.scenario.resolve import resolve as resolve
from simdistrict.scenario.values import COMMAND_LINE as COMMAND_LINE
from simdistrict.scenario.values import Assignment as Assignment
from simdistrict.scenario.values import Change as Change
from simdistrict.scenario.values import Policy as Policy
from simdistrict.scenario.values import Resolved as Resolved
from simdistrict.scenario.values import RunSettings as RunSettings
from simdistrict.scenario.values import Scenario as Scenario
from simdistrict.scenario.values import WrittenPolicy as WrittenPolicy
from simdistrict.scenario.write import origins as origins
from simdistrict.scenario.write import to_yaml as to_yaml
