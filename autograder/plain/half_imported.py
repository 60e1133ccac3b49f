"""What an import leaves behind that was interrupted: a package's modules without the package."""

from __future__ import annotations

import sys


def forget_half_imported() -> None:
    """Forget the modules whose package never came to its end, so that the next import makes all of them.

    Python takes an interrupted package out of `sys.modules`, and leaves its modules in. When it is imported again they
    are found there, and are not bound in the new package: "module 'sympy' has no attribute 'logic'".
    """
    for name in [name for name in sys.modules if name.partition(".")[0] not in sys.modules]:
        del sys.modules[name]
