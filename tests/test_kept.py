"""A training that several programs ask for is done by the first of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from coursekit import kept as module
from coursekit.kept import KEPT, kept

asked: list[int] = []


def trained(seed: int) -> torch.nn.Module:
    asked.append(seed)
    return torch.nn.Linear(2, 3).requires_grad_(seed > 0)


@pytest.fixture(autouse=True)
def _nothing_asked() -> None:
    asked.clear()


def test_a_program_does_it_once(monkeypatch):
    monkeypatch.delenv(KEPT, raising=False)
    once, again = kept(trained), kept(trained)
    assert once(1) is once(1)
    assert once(1) is not again(1)
    assert asked == [1, 1]


def test_where_a_folder_is_named_the_next_program_finds_it(monkeypatch, tmp_path):
    monkeypatch.setenv(KEPT, str(tmp_path))
    first, second = kept(trained), kept(trained)
    done, found = first(0), second(0)
    assert asked == [0]
    assert found is not done
    assert all(torch.equal(found.state_dict()[name], one) for name, one in done.state_dict().items())
    assert not any(one.requires_grad for one in found.parameters())
    second(1)
    assert asked == [0, 1]


def test_another_line_in_the_package_finds_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv(KEPT, str(tmp_path / "kept"))
    package = tmp_path / "package"
    package.mkdir()
    (package / "numbers.py").write_text("ONE = 1\n")
    monkeypatch.setattr(module, "__file__", str(package / "kept.py"))
    names = set()
    for text in ("ONE = 1\n", "ONE = 2\n", "ONE = 1\n"):
        (package / "numbers.py").write_text(text)
        module._sources.cache_clear()
        names.add(module._sources())
        kept(trained)(5)
    module._sources.cache_clear()
    assert len(names) == 2
    assert asked == [5, 5]
    assert {path.name for path in Path(tmp_path / "kept").iterdir()} == names
