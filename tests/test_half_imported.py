"""An import that a time limit interrupted is made anew by the next one."""

from __future__ import annotations

import importlib
import sys

import pytest

from autograder.live.terminal import in_time
from autograder.plain.errors import LimitReached

SLOW_ONCE = """
import builtins
from . import part
while not hasattr(builtins, "second_time"):
    pass
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The name of a package whose first import never ends."""
    name = "slow_once"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text(SLOW_ONCE)
    (tmp_path / name / "part.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    for left in [one for one in sys.modules if one.partition(".")[0] == name]:
        del sys.modules[left]


def test_a_package_whose_import_was_interrupted_is_whole_after_the_next(package, monkeypatch):
    with pytest.raises(LimitReached, match=r"did not finish within 0\.3 seconds"):
        in_time(lambda: importlib.import_module(package), 0.3)
    assert not [name for name in sys.modules if name.startswith(package)]
    monkeypatch.setattr("builtins.second_time", True, raising=False)
    assert importlib.import_module(package).part.__name__ == "slow_once.part"
