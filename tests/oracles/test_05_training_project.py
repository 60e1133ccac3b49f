"""The project of chapter 5: its trainer held to a plain loop, its numbers to those by hand, its text to the runs."""

from __future__ import annotations

import math
import runpy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit import rescue
from coursekit.figures import clinic
from coursekit.figures import rescue_training as figures

NOTEBOOK = "05_training/project"


@pytest.fixture(scope="module")
def mended(solution):
    return solution.rescue_training()


def test_statistics_start_and_mirror_are_those_of_torch(mended):
    x = torch.rand(5, 3, 7, 9)
    mean, std = mended.statistics(x)
    torch.testing.assert_close(mean, torch.stack([x[:, c].mean() for c in range(3)]))
    torch.testing.assert_close(std, torch.stack([x[:, c].std() for c in range(3)]))
    layer = nn.Conv2d(40, 50, 3)
    nn.init.kaiming_normal_(layer.weight)
    assert mended.start(360, 450) == pytest.approx(layer.weight.std().item(), rel=0.03)
    came = mended.augment(x, torch.Generator().manual_seed(1))
    kept = [torch.equal(a, b) for a, b in zip(came, x, strict=True)]
    turned = [torch.equal(a, b.flip(2)) for a, b in zip(came, x, strict=True)]
    assert all(a or b for a, b in zip(kept, turned, strict=True))
    assert any(kept)
    assert any(turned)


def test_the_trainer_takes_the_steps_that_a_plain_loop_takes(mended):
    x, y = (part[:96] for part in figures.to_learn())
    plain = replace(mended, augment=lambda images, drawn: images)
    model = rescue.prepared(plain, x)
    optimizer = torch.optim.SGD(model.parameters(), lr=plain.rate, momentum=0.9, weight_decay=plain.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rescue.share_of_rate(step, 3))
    order = torch.Generator().manual_seed(rescue.SEED + 1)
    for rows in reversed(torch.randperm(96, generator=order).split(32)):
        optimizer.zero_grad()
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
        schedule.step()
    came = rescue.train(plain, x, y, steps=3).state_dict()
    for name, one in model.state_dict().items():
        torch.testing.assert_close(came[name], one)


def test_the_rate_rises_for_60_of_200_steps_and_falls_to_nothing():
    shares = [rescue.share_of_rate(step, 200) for step in range(200)]
    assert shares[:60] == pytest.approx([k / 60 for k in range(1, 61)])
    assert shares[60] == pytest.approx(1)
    assert shares[130] == pytest.approx(0.5)
    assert 0 < shares[-1] < 1e-3


def test_a_training_leaves_the_global_generator_and_comes_out_the_same_twice(mended):
    x, y = (part[:64] for part in figures.to_learn())
    noisy = replace(mended, dropout=0.5)
    before = torch.random.get_rng_state()
    first, second = (rescue.train(noisy, x, y, steps=3).state_dict() for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(one, second[name]) for name, one in first.items())


def test_a_network_is_revived_from_its_numbers_and_from_no_others(mended):
    x, y = (part[:64] for part in figures.to_learn())
    model = rescue.train(mended, x, y, steps=2)
    numbers = dict(model.state_dict())
    torch.testing.assert_close(rescue.revived(numbers)(x), model(x))
    unusual = rescue.train(replace(mended, norm_eps=7.5), x, y, steps=2)
    torch.testing.assert_close(rescue.revived(unusual.state_dict())(x), unusual(x))
    with pytest.raises(ValueError, match=r"last\.bias is not a tensor of shape \(6,\)"):
        rescue.revived({**numbers, "last.bias": torch.zeros(7)})
    with pytest.raises(ValueError, match="mean is not a tensor"):
        rescue.revived({})


def test_what_another_cell_does_to_the_trainer_plays_no_part_when_it_is_graded(solution, monkeypatch):
    checks = runpy.run_path(str(Path(__file__).parents[2] / "solutions/05_training/checks/test_project.py"))
    x, y = (part[:64] for part in figures.to_learn())
    before = checks["trained"](solution, x, y, 3)
    monkeypatch.setattr(rescue, "train", lambda recipe, x, y, steps: rescue.Network().eval())
    monkeypatch.setattr(rescue, "prepared", lambda recipe, x: rescue.Network())
    monkeypatch.setattr(rescue, "WARM_UP", 0.0)
    monkeypatch.setattr(rescue.Network, "forward", lambda self, x: x.mean(dim=(2, 3)))
    after = checks["trained"](solution, x, y, 3)
    assert all(torch.equal(one, after[name]) for name, one in before.items())
    assert checks["first_steps"](solution, x, y) == ""


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"statistics": lambda x: x.mean()}, "statistics returned Tensor, expected two tensors"),
        ({"statistics": lambda x: (x.mean(dim=0), x.std(dim=0))}, r"a tensor of shape \(3, 32, 32\), expected one"),
        ({"start": lambda a, b: -1.0}, "start returned -1.0, expected a standard deviation"),
        ({"augment": lambda x, drawn: x[:, :1]}, r"of shape \(8, 1, 32, 32\), expected torch.float32 of shape \(8, 3"),
        ({"augment": lambda x, drawn: None}, "augment returned NoneType"),
    ],
)
def test_a_part_that_gives_something_else_is_told_so(mended, part, said):
    x, y = (one[:8] for one in figures.to_learn())
    with pytest.raises((TypeError, ValueError), match=said):
        rescue.train(replace(mended, **part), x, y, steps=1)


def test_numbers_worked_by_hand_in_the_text():
    assert math.log(6) == pytest.approx(1.79, abs=0.005)
    assert math.log(10) == pytest.approx(2.30, abs=0.005)
    assert F.cross_entropy(torch.tensor([[20.0, 0.0]]), torch.tensor([1])).item() == pytest.approx(20, abs=1e-4)
    step, length = 0.01 * 0.2, 5
    assert step / length == pytest.approx(0.0004)


def test_the_sick_training_learns_less_than_what_knows_nothing_of_networks(solution):
    said = figures.overview(solution.sick).description
    assert figures.shares(solution.sick)["new images,\nevaluation"] < 0.25, said
    assert figures.straight_line() > 0.8
    assert figures.nearest_image() > 0.8


def test_the_mended_training_names_more_than_nineteen_of_twenty(mended):
    assert figures.shares(mended)["new images,\nevaluation"] > 0.97
    assert "Shares named rightly" in figures.judged(mended).description


def test_each_instrument_shows_the_fault_it_is_there_for(solution, mended):
    sick = solution.sick
    x, _ = figures.to_learn()
    for recipe, mean, std in ((sick, -2, 0.003), (mended, 0, 1)):
        values = rescue.prepared(recipe, x).standardised(x)
        assert values.mean().item() == pytest.approx(mean, abs=0.2)
        assert values.std(dim=(0, 2, 3)).tolist() == pytest.approx([std] * 3, rel=0.2)
    assert figures.outputs_at_start(replace(mended, start=sick.start))[1] > 8
    assert 3.5 < figures.outputs_at_start(mended)[1] < 5.5
    outputs, loss = figures.outputs_at_start(replace(mended, norm_eps=sick.norm_eps))
    healthy = figures.outputs_at_start(mended)[0]
    assert outputs[:2] == pytest.approx(healthy[:2])
    assert outputs[2] == pytest.approx(outputs[1] / 10, rel=0.2)
    assert max(healthy[:4]) < 2 * min(healthy[:4])
    assert loss == pytest.approx(math.log(6), abs=0.02)
    assert figures.learned_by_heart(replace(mended, norm_eps=sick.norm_eps))[0][-1] > 0.5
    in_training, in_evaluation = figures.learned_by_heart(mended)
    assert max(in_training[-1], in_evaluation[-1]) < 0.1
    assert max(figures.moves(replace(mended, rate=sick.rate))) < 1e-2
    assert all(1e-2 < moved < 1e-1 for moved in figures.moves(mended))
    assert "mean -1.9" in figures.seen(sick).description or "mean -1.8" in figures.seen(sick).description


def test_the_left_half_of_the_second_instrument_is_what_hooks_give(solution):
    x, _ = figures.to_learn()
    network, spread = rescue.prepared(solution.sick, x[:256]), []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(lambda one, given, out: spread.append(out.std().item()))
    with torch.no_grad():
        network(x[:256])
    assert len(spread) == 5
    assert spread[:4] == pytest.approx(figures.outputs_at_start(solution.sick)[0][:4], rel=1e-4)
    assert "conv1" in figures.sizes(solution.sick).description


def test_the_flipped_channels_confuse_two_pairs_of_colours_and_leave_green_and_magenta(solution, mended):
    taken = figures.confusions(replace(mended, augment=solution.sick.augment))
    own = taken.diagonal()
    names = ("red", "green", "blue", "yellow", "magenta", "cyan")
    assert min(own[1], own[4]) > 0.9
    for one, other, least in (("red", "blue", 0.05), ("yellow", "cyan", 0.3)):
        a, b = names.index(one), names.index(other)
        assert taken[a, b] + taken[b, a] > least
    assert "green" in figures.judged(replace(mended, augment=solution.sick.augment)).description


def test_the_other_instruments_say_what_they_show(mended):
    assert "at 0.01" in figures.rates(mended).description or "at 0.1" in figures.rates(mended).description
    assert "in evaluation mode it ends at" in figures.overfit(mended).description


def test_the_clinic_shows_what_the_text_says():
    found = {name: clinic.findings(one) for name, one in clinic.PATIENTS.items()}
    healthy, wrong = found["healthy"], found["half of the labels wrong"]
    assert healthy.first_loss < 4
    assert found["inputs 20 × too large"].first_loss > 10
    assert found["start 10 × too small"].outputs[-1] < healthy.outputs[-1] / 100
    assert healthy.by_heart[-1] < 0.1
    assert wrong.by_heart[-1] < 0.1
    assert found["rate 200 × too low"].by_heart[-1] > 1
    assert wrong.new < healthy.new - 0.1
    drowned = found["dropout of 0.8"]
    assert drowned.in_training < drowned.known - 0.2
    assert healthy.new > 0.9
    assert "half of the labels wrong" in clinic.clinic().description
    assert "after 60 steps" in clinic.rate_and_start().description
