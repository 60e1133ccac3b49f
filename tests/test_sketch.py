"""A mistake is known by a sketch of its answers: what agrees number by number agrees by its sketch, and little else."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from autograder.authoring.compare import agrees
from autograder.authoring.doors import Answer
from autograder.checking import sketch as sketching
from autograder.checking.recording import KnownMistake, Recording, exercises_in, load, save, to_bytes
from autograder.checking.sketch import sketch_of
from autograder.plain.errors import CourseError

TOLERANCE = {"rtol": 1e-5, "atol": 1e-7}


def drawn(*shape, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def alike(left, right):
    one, other = sketch_of([Answer("f", left)]), sketch_of([Answer("f", right)])
    assert one is not None
    assert other is not None
    return one.agrees(other) and other.agrees(one)


@pytest.mark.parametrize("numel", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [1e-12, 1e-7, 1e-3, 1.0, 1e6, 1e30, 1e300])
def test_up_to_four_numbers_that_agree_one_by_one_agree_by_their_sketch(numel, size):
    for seed in range(20):
        known = drawn(numel, seed=seed) * size
        for off in (drawn(numel, seed=seed + 1000).sign(), torch.ones(numel, dtype=torch.float64)):
            came = known + 0.99 * off * (TOLERANCE["atol"] + TOLERANCE["rtol"] * known.abs())
            assert agrees(came, known, **TOLERANCE)
            assert alike(came, known)


@pytest.mark.parametrize("numel", [5, 8, 64, 1000, 50_000])
@pytest.mark.parametrize("size", [1e-12, 1e-3, 1.0, 1e6])
def test_many_numbers_that_differ_by_rounding_agree_by_their_sketch(numel, size):
    """Fifty times what float32 rounds by, and errors of either sign that are half of the tolerance."""
    for seed in range(20):
        known = drawn(numel, seed=seed) * size
        rounded = known * (1 + 50 * 2**-24 * drawn(numel, seed=seed + 1000).clamp(-1, 1))
        spread = TOLERANCE["atol"] + TOLERANCE["rtol"] * known.abs()
        assert alike(rounded, known)
        assert alike(known + 0.5 * drawn(numel, seed=seed + 2000).clamp(-1, 1) * spread, known)


@pytest.mark.parametrize("numel", [1, 2, 4, 8, 30, 200, 1000])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
def test_one_number_that_is_off_by_a_little_is_another_answer(numel, size):
    """By seven times its tolerance where there are four; of a thousand, by one in a thousand."""
    for seed in range(20):
        known = drawn(numel, seed=seed) * size
        came, place = known.clone(), seed % numel
        came[place] += (
            7 * math.sqrt(math.ceil(numel / 4)) * (TOLERANCE["atol"] + TOLERANCE["rtol"] * known[place].abs())
        )
        assert not alike(came, known)


def test_the_same_numbers_in_another_order_are_another_answer():
    known = drawn(8, 8)
    assert not alike(known.T.contiguous(), known)
    assert not alike(known.flip(0), known)
    assert not alike(known.roll(1, 0), known)
    assert not alike(-known, known)
    assert not alike((drawn(3), drawn(3, seed=1)), (drawn(3, seed=1), drawn(3)))


OTHERS = [
    (drawn(2, 3), drawn(3, 2)),
    (drawn(4), drawn(4).float()),
    (drawn(4), drawn(4).tolist()),
    (torch.tensor([1, 2]), torch.tensor([1, 3])),
    (torch.tensor([1, 2]), torch.tensor([1, 2], dtype=torch.int32)),
    (torch.tensor([True, False]), torch.tensor([True, True])),
    (torch.tensor([1.0, math.nan]), torch.tensor([math.nan, 1.0])),
    (torch.tensor([1.0, math.nan]), torch.tensor([1.0, math.inf])),
    (torch.tensor([1.0, -math.inf]), torch.tensor([1.0, math.inf])),
    (math.nan, math.inf),
    (1, 1.0),
    (1, True),
    (3, 4),
    ("a", "b"),
    (None, 0),
    ([1, 2], (1, 2)),
    ([[1], 2], [1, [2]]),
    ({"a": 1.0, "b": 2.0}, {"a": 1.0, "c": 2.0}),
    ({"a": 1.0, "b": 2.0}, {"a": 2.0, "b": 1.0}),
    (torch.tensor([1 + 1j]), torch.tensor([1 - 1j])),
    (torch.zeros(0, 3), torch.zeros(3, 0)),
]


@pytest.mark.parametrize(("left", "right"), OTHERS, ids=range(len(OTHERS)))
def test_what_differs_in_kind_shape_or_a_value_that_must_be_exact_is_another_answer(left, right):
    assert not agrees(left, right, **TOLERANCE)
    assert not alike(left, right)
    assert alike(left, left)
    assert alike(right, right)


def test_keys_in_another_order_are_the_same_answer():
    assert alike({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0})


def test_a_long_error_is_the_same_where_the_box_cut_it():
    long = "missing keys: " + ", ".join(f"layer{number}.weight" for number in range(1000))
    whole, cut = (sketch_of([Answer("f", raised=("RuntimeError", text))]) for text in (long, long[:4_000]))
    assert whole.agrees(cut)


def test_what_was_raised_and_how_often_it_was_asked_tell_answers_apart():
    raised = [Answer("f", raised=("ValueError", "no"))]
    one, other = sketch_of(raised), sketch_of([Answer("f", raised=("ValueError", "yes"))])
    twice = sketch_of(raised * 2)
    assert one is not None
    assert other is not None
    assert twice is not None
    assert not one.agrees(other)
    assert not one.agrees(twice)


def test_no_answers_and_huge_ones_are_no_known_mistakes(monkeypatch):
    assert sketch_of([]) is None
    monkeypatch.setattr(sketching, "MOST_NUMBERS", 100)
    assert sketch_of([Answer("f", torch.zeros(50)), Answer("f", torch.zeros(51))]) is None


def test_unlike_answers_never_agree_by_chance_in_a_hundred_thousand_pairs():
    """Of lone numbers, the weakest case: two sums of 16 bits."""
    sketches = [sketch_of([Answer("f", float(one))]) for one in drawn(450)]
    met = sum(a.agrees(b) for i, a in enumerate(sketches) for b in sketches[:i])
    assert met == 0


@pytest.fixture
def recording():
    answers = {"test_f": (Answer("f", drawn(3)),), "test_g": (Answer("g", 2.0), Answer("g", raised=("E", "no")))}
    wrong = {test: sketch_of([Answer("f", -drawn(3))]) for test in answers}
    mistakes = (
        KnownMistake("minus", "Mind the sign.", wrong),
        KnownMistake("other", "No.", dict([*wrong.items()][:1])),
    )
    return Recording(7, {"f": 2.0, "g": 1.0}, answers, {"f": mistakes})


def test_a_recording_is_read_as_it_was_saved_and_its_bytes_are_always_the_same(recording, tmp_path):
    save(recording, tmp_path / "one.safetensors")
    read = load(tmp_path / "one.safetensors")
    assert to_bytes(read) == to_bytes(recording) == (tmp_path / "one.safetensors").read_bytes()
    assert dataclasses.asdict(read)["points"] == {"f": 2.0, "g": 1.0}
    assert read.matching("f", "test_f", [Answer("f", -drawn(3))]) == {0, 1}
    assert read.matching("f", "test_g", [Answer("f", -drawn(3))]) == {0}
    assert read.matching("f", "test_f", [Answer("f", drawn(3))]) == set()
    assert exercises_in(tmp_path / "one.safetensors") == ["f", "g"]


def test_what_is_no_recording_of_this_format_is_named(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / "old.safetensors", metadata={"format": "2"})
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    with pytest.raises(CourseError, match=r"old\.safetensors is a recording of format None, expected 5: build again"):
        load(tmp_path / "old.safetensors")
    with pytest.raises(CourseError, match=r"broken\.safetensors can't be read"):
        exercises_in(tmp_path / "broken.safetensors")
    with pytest.raises(CourseError, match=r"none\.safetensors is not there: `autograder build` makes it"):
        load(tmp_path / "none.safetensors")


def test_where_a_test_asks_for_less_a_sketch_does_too():
    """What differs by a thousandth is another answer, but not in a test that lets right answers differ by as much."""
    known, came = ([Answer("f", drawn(3) * factor)] for factor in (-1.0, -1.0005))
    one, other = sketch_of(known), sketch_of(came)
    assert one is not None
    assert other is not None
    assert not one.agrees(other)
    assert one.agrees(other, (1e-3, 0.0))
    assert not sketch_of([Answer("f", drawn(3) * -1.1)]).agrees(one, (1e-3, 0.0))
    assert not sketch_of([Answer("f", drawn(4))]).agrees(one, (1.0, 1.0)), "its shape is another"
