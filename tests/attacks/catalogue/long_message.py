"""Have the grader say a million characters: an error's message, and names that a rule's probe reports.

Known from: a result that holds more than a pipe does, and holds up whoever reads it at the end.
Shows: late
"""

import sys

NAME = "x" * 1_800_000
for module in list(sys.modules.values()):
    if "sandbox.inside" in getattr(module, "__name__", ""):
        module.load = lambda probe: lambda *args, **kwargs: [NAME] if "changed" in probe.name else NAME


def row_means(x):
    raise ValueError(NAME)
