"""End the process with success before any test has run.

Known from: graders that read the exit code.
Shows: died
"""

import os

os._exit(0)
