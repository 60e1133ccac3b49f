"""Of a reference's answers so many digits are kept as their tests need."""

from __future__ import annotations

import math

import pytest
import torch

from autograder.authoring.doors import Answer
from autograder.checking.digits import KEPT, TRIED, shortened
from autograder.course.notebook import course_notebooks
from autograder.course.recorder import make_recording

EVERY_KIND = [1.5, -2, "word", None, True, (torch.tensor([1.0, 0.1]),), {"a": torch.tensor([3])}]


def short(value, bits=KEPT):
    (one,) = shortened([Answer("f", value)], bits)
    return one.value


def drawn():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(10, 100, generator=generator, dtype=torch.float64) * torch.logspace(
        -300, 300, 100, dtype=torch.float64
    )


@pytest.mark.parametrize("bits", [KEPT, TRIED])
def test_a_float64_keeps_its_first_bits_rounded_to_nearest(bits):
    came, whole = short(drawn(), bits), drawn()
    assert ((came - whole).abs() <= 2.0 ** (-bits - 1) * whole.abs()).all()
    assert ((came.view(torch.int64) & ((1 << (52 - bits)) - 1)) == 0).all()
    assert torch.equal(short(came, bits), came)
    assert torch.equal(short(-whole, bits), -came)


def test_what_a_number_cannot_be_rounded_to_stays():
    ends = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.7976931348623157e308, 5e-324]
    whole = torch.tensor(ends, dtype=torch.float64)
    came = short(whole)
    assert came[:-1].numpy().tobytes() == whole[:-1].numpy().tobytes()
    assert came[-1] == 0
    assert all(math.isnan(one) if math.isnan(one) else short(one) == one for one in ends[:5])


def test_other_kinds_stay_and_keep_their_place():
    came = short(EVERY_KIND)
    assert repr(came) == repr(EVERY_KIND)
    assert [type(one) for one in came] == [type(one) for one in EVERY_KIND]
    assert short({"a": (0.1234567891234, [drawn()[0]])})["a"][0] == 0.1234567891234, "a test may look for just this"


def test_a_test_that_needs_every_digit_has_them_on_record(root, tmp_path):
    """Of two tests that ask the same, the one that compares exactly keeps all, and the other the first digits."""
    import shutil

    shutil.copytree(root / "tests/tiny_course", tmp_path / "course")
    (toy,) = course_notebooks(tmp_path / "course/solutions")
    ask = (
        '\n\n@exercise("row_means")\ndef test_{name}(student, reference):\n    '
        "x = torch.arange(1.0, 8.0, dtype=torch.float64)[None].sqrt()\n    "
        "{compare}(student.row_means(x), reference.row_means(x))\n"
    )
    text = toy.checks.read_text().replace(
        "import pytest\n", "import pytest\nimport torch\n\nfrom autograder.authoring import assert_equal\n", 1
    )
    text += ask.format(name="exactly", compare="assert_equal") + ask.format(name="nearly", compare="assert_close")
    toy.checks.write_text(text)
    answers = make_recording(toy, mistakes=False).answers
    whole, first = answers["test_exactly"][0].value, answers["test_nearly"][0].value
    assert torch.equal(whole, torch.arange(1.0, 8.0, dtype=torch.float64)[None].sqrt().mean(dim=1))
    assert torch.equal(first, short(whole))
    assert not torch.equal(first, whole)
