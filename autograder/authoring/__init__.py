"""What a check file and a variants file import, in one line.

from autograder.authoring import assert_close, contract, exercise, randn     # checks/test_x.py
from autograder.authoring import mistake, right                              # variants/x.py
"""

from autograder.authoring.compare import (
    Mismatch,
    RuleBroken,
    agrees,
    assert_close,
    assert_equal,
    assert_parts,
    describe,
)
from autograder.authoring.declare import contract, modules
from autograder.authoring.exercise import exercise
from autograder.authoring.filled import fill, filled_module
from autograder.authoring.inputs import column_major, integers, noncontiguous, rand, randn
from autograder.authoring.module_probes import (
    module_answer,
    module_gradients,
    module_in_training,
    module_names,
    use_module,
    use_module_in_both_modes,
)
from autograder.authoring.module_tests import assert_names
from autograder.authoring.modules import case, made_by
from autograder.authoring.probes import changed_inputs, operation_counts, operations
from autograder.authoring.rules import (
    assert_inputs_unchanged,
    assert_no_side_effects,
    assert_runs_on_one_device,
    forbid_operations,
    limit_intermediates,
    limit_operations,
)
from autograder.authoring.rules_of_source import forbid_autograd, forbid_loops, forbid_names, limit_loops
from autograder.authoring.variants import mistake, right

__all__ = [
    "Mismatch",
    "RuleBroken",
    "agrees",
    "assert_close",
    "assert_equal",
    "assert_inputs_unchanged",
    "assert_names",
    "assert_no_side_effects",
    "assert_parts",
    "assert_runs_on_one_device",
    "case",
    "changed_inputs",
    "column_major",
    "contract",
    "describe",
    "exercise",
    "fill",
    "filled_module",
    "forbid_autograd",
    "forbid_loops",
    "forbid_names",
    "forbid_operations",
    "integers",
    "limit_intermediates",
    "limit_loops",
    "limit_operations",
    "made_by",
    "mistake",
    "module_answer",
    "module_gradients",
    "module_in_training",
    "module_names",
    "modules",
    "noncontiguous",
    "operation_counts",
    "operations",
    "rand",
    "randn",
    "right",
    "use_module",
    "use_module_in_both_modes",
]
