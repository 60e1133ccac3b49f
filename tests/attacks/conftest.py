"""One world, one box and one control for all attacks of a process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import Naive, Ours
from world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("world"))
    yield world
    world.close()


@pytest.fixture(scope="session")
def ours(tiny_course, world):
    ours = Ours(tiny_course, world)
    yield ours
    ours.close()


@pytest.fixture(scope="session")
def naive(world):
    naive = Naive(world)
    yield naive
    naive.close()
