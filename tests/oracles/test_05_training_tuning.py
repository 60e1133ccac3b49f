"""The references of tuning, held to closed forms, torch's own averaging, GradScaler and torchvision's ten crops."""

import copy
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torchvision.transforms import v2

from coursekit import curves
from coursekit.figures import tuning as figures

NOTEBOOK = "05_training/tuning"
SPACE = {"lr": (1e-4, 0.1, "log"), "width": (4.0, 16.0, "linear")}


def network(seed: int = 0, num_classes: int = 4) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3),
        nn.BatchNorm2d(5),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(5, num_classes),
    )


def batch(seed: int = 0, num: int = 6, size: tuple[int, int] = (9, 7)) -> tuple[torch.Tensor, torch.Tensor]:
    drawn = torch.Generator().manual_seed(seed)
    return torch.randn(num, 3, *size, generator=drawn), torch.randint(4, (num,), generator=drawn)


# initial_loss_check


class Scores(nn.Module):
    def __init__(self, scores: torch.Tensor) -> None:
        super().__init__()
        self.scores = scores

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scores[: len(x)]


@pytest.mark.parametrize("num_classes", [2, 5, 10])
def test_scores_of_zero_have_exactly_the_loss_of_the_closed_form(solution, num_classes):
    x, y = torch.zeros(3, 2), torch.tensor([0, 1, 0])
    model = Scores(torch.zeros(3, num_classes, dtype=torch.float64))
    closed = {"softmax": math.log(num_classes), "hinge": num_classes - 1.0}
    for kind, expected in closed.items():
        loss, said, fine = solution.initial_loss_check(model, x, y, kind)
        assert said == expected
        assert fine
        assert loss == pytest.approx(expected, rel=1e-12)
    answers = F.one_hot(y, num_classes).double()
    assert solution.initial_loss_check(model, x, answers, "sigmoid")[:2] == pytest.approx((math.log(2),) * 2, rel=1e-12)


def test_the_hinge_is_torchs_multi_margin_loss_times_the_number_of_classes(solution):
    x, y = batch()
    scores = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    loss = solution.initial_loss_check(Scores(scores), x, y, "hinge")[0]
    assert loss == pytest.approx(4 * F.multi_margin_loss(scores, y).item(), rel=1e-12)


def test_spread_scores_cost_about_half_their_variance_for_many_classes():
    drawn = torch.Generator().manual_seed(0)
    scores = torch.randn(2000, 1000, generator=drawn)
    loss = F.cross_entropy(scores, torch.randint(1000, (2000,), generator=drawn))
    assert loss.item() == pytest.approx(math.log(1000) + 0.5, abs=0.08)


# overfit_small_batch


def test_the_losses_are_those_of_a_plain_loop_with_adam(solution):
    x, y = batch()
    model = network()
    twin, before = copy.deepcopy(model), copy.deepcopy(model.state_dict())
    came = solution.overfit_small_batch(model, x, y, 0.02, 12, 0.0)
    optimizer, expected = torch.optim.Adam(twin.parameters(), 0.02), []
    for _ in range(13):
        loss = F.cross_entropy(twin(x), y)
        expected.append(loss.item())
        twin.zero_grad()
        loss.backward()
        optimizer.step()
    assert came == pytest.approx(expected, rel=1e-6)
    assert all(torch.equal(before[name], now) for name, now in model.state_dict().items())


# The searches


def hill(settings: dict[str, float]) -> float:
    return -((math.log10(settings["lr"]) + 2.3) ** 2) - (settings["width"] - 7) ** 2 / 50


def places(tries):
    lr = [math.log(settings["lr"] / 1e-4) / math.log(1000) for settings, _ in tries]
    return torch.tensor([lr, [(settings["width"] - 4) / 12 for settings, _ in tries]], dtype=torch.float64).T


def test_random_search_draws_evenly_in_the_logarithm_and_narrows_around_the_best(solution):
    best, score, tries = solution.random_search(hill, SPACE, 20, torch.Generator().manual_seed(0), num_rounds=3)
    drawn = torch.Generator().manual_seed(0)
    first, *later = [torch.rand(20, 2, generator=drawn, dtype=torch.float64) for _ in range(3)]
    came = places(tries)
    torch.testing.assert_close(came[:20], first, rtol=0, atol=1e-12)
    for turn, drawn_then in enumerate(later, start=1):
        scores = torch.tensor([value for _, value in tries[: 20 * turn]])
        middle, width = came[int(scores.argmax())], 0.25**turn
        low, high = (middle - width / 2).clamp(min=0), (middle + width / 2).clamp(max=1)
        torch.testing.assert_close(
            came[20 * turn : 20 * turn + 20], torch.lerp(low, high, drawn_then), rtol=0, atol=1e-12
        )
    assert score == max(value for _, value in tries) == hill(best)


def test_half_of_the_log_range_lies_below_the_geometric_mean(solution):
    _, _, tries = solution.random_search(hill, SPACE, 2000, torch.Generator().manual_seed(0), num_rounds=1)
    below = sum(settings["lr"] < (1e-4 * 0.1) ** 0.5 for settings, _ in tries)
    assert 880 < below < 1120


def test_a_score_of_nan_never_wins(solution):
    def broken(settings):
        return math.nan if settings["width"] > 12 else -settings["width"]

    for seed in range(5):
        drawn = torch.Generator().manual_seed(seed)
        assert math.isfinite(solution.random_search(broken, SPACE, 8, drawn)[1])
        assert math.isfinite(solution.evolve_settings(broken, SPACE, 3, drawn)[1])


@pytest.mark.parametrize("seed", range(10))
def test_the_best_of_the_parents_never_worsens_and_the_budget_is_kept(solution, seed):
    _, score, tries = solution.evolve_settings(hill, SPACE, 6, torch.Generator().manual_seed(seed))
    assert len(tries) == 4 + 6 * 8
    best = [solution.evolve_settings(hill, SPACE, turn, torch.Generator().manual_seed(seed))[1] for turn in range(7)]
    assert best == sorted(best)
    assert best[-1] == score == max(value for _, value in tries)


def test_with_one_budget_evolution_is_near_coarse_to_fine_search(solution):
    drawn = [torch.Generator().manual_seed(seed) for seed in range(40)]
    evolved = sorted(-solution.evolve_settings(hill, SPACE, 4, one)[1] for one in drawn)
    searched = sorted(-solution.random_search(hill, SPACE, 18, one)[1] for one in drawn)
    one_round = sorted(-solution.random_search(hill, SPACE, 36, one, num_rounds=1)[1] for one in drawn)
    assert evolved[20] < one_round[20]
    assert searched[20] < one_round[20]


# diagnose_curves: cases drawn so that one thing is wrong with each

FLAT = [1.6] * 10
CASES = {
    "diverged": ([1.6, 2.0, 5.0, 9.0, 1.7], [1.6] * 5),
    "bad start": ([9.0, 3.0, 1.0, 0.5, 0.4], [1.0] * 5),
    "not learning": (FLAT, FLAT),
    "overfits": ([1.6, 1.0, 0.6, 0.3, 0.1], [1.6, 1.2, 1.0, 1.4, 1.9]),
    "jumpy": ([1.6, 1.0, 1.2, 0.8, 0.9, 0.7, 0.6, 0.8, 0.7, 0.8], [1.0] * 10),
    "too slow": ([1.6, 1.5, 1.4, 1.3, 1.1], [1.6, 1.5, 1.4, 1.3, 1.1]),
    "underfits": ([1.6, 1.2, 1.1, 1.05, 1.04], [1.6, 1.2, 1.1, 1.05, 1.04]),
    "healthy": ([1.6, 0.8, 0.5, 0.3, 0.2], [1.6, 0.9, 0.6, 0.5, 0.5]),
}


@pytest.mark.parametrize("name", CASES)
def test_each_drawn_case_has_its_name(solution, name):
    assert solution.diagnose_curves(*CASES[name], 5) == name


# ema_update


@pytest.mark.parametrize("decay", [0.9, 0.5, 0.0])
def test_the_average_is_that_of_swa_utils(solution, decay):
    model = network()
    theirs = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
    own = copy.deepcopy(model)
    theirs.update_parameters(model)
    for seed in range(4):
        model.load_state_dict(network(seed).state_dict())
        model(batch(seed)[0])
        solution.ema_update(own, model, decay)
        theirs.update_parameters(model)
    for name, value in theirs.module.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(own.state_dict()[name], value, rtol=1e-6, atol=1e-7)
    assert own[1].num_batches_tracked == model[1].num_batches_tracked


def test_the_first_update_of_a_growing_decay_takes_over_nine_tenths(solution):
    own, model = nn.Linear(1, 1), nn.Linear(1, 1)
    for one, value in ((own, 2.0), (model, 3.0)):
        nn.init.constant_(one.weight, value)
    solution.ema_update(own, model, 0.999, 0)
    assert own.weight.item() == pytest.approx(2.9)


# ensemble_predict and predict_views


def test_an_ensemble_is_the_mean_of_torchs_softmax(solution):
    models = [network(seed).double() for seed in range(3)]
    x = batch()[0].double()
    with torch.no_grad():
        chances = torch.stack([model.eval()(x).softmax(1) for model in models])
    torch.testing.assert_close(solution.ensemble_predict(models, x), chances.mean(0))
    shares = torch.tensor([1.0, 3.0, 4.0], dtype=torch.float64)
    expected = torch.einsum("m,mnc->nc", shares / 8, chances)
    torch.testing.assert_close(solution.ensemble_predict(models, x, [1, 3, 4]), expected)


@pytest.mark.parametrize("crop", [(5, 4), (6, 7), (9, 7), (8, 3), (4, 4)])
def test_ten_views_are_torchvisions_ten_crops(solution, crop):
    model, x = network().double(), batch()[0].double()
    expected = torch.stack([solution.ensemble_predict([model], view) for view in v2.TenCrop(crop)(x)]).mean(0)
    torch.testing.assert_close(solution.predict_views(model, x, crop), expected)


# train_step_amp


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("max_norm", [None, 0.05])
@pytest.mark.parametrize("scale", [2.0**10, 2.0**40])
def test_the_steps_are_those_of_torchs_grad_scaler(solution, dtype, max_norm, scale):
    own, theirs = network(), network()
    mine, other = (torch.optim.SGD(model.parameters(), 0.1, momentum=0.9) for model in (own, theirs))
    state = {"scale": scale, "good": 0, "interval": 2}
    scaler = torch.amp.GradScaler("cpu", init_scale=scale, growth_interval=2)
    for seed in range(5):
        x, y = batch(seed)
        loss = solution.train_step_amp(own, mine, x, y, state, dtype, max_norm)
        other.zero_grad()
        with torch.autocast("cpu", dtype=dtype):
            scores = theirs(x)
        expected = F.cross_entropy(scores.float(), y)
        scaler.scale(expected).backward()
        scaler.unscale_(other)
        if max_norm is not None:
            nn.utils.clip_grad_norm_(theirs.parameters(), max_norm)
        scaler.step(other)
        scaler.update()
        assert loss == pytest.approx(expected.item(), rel=1e-6)
        assert state["scale"] == scaler.get_scale()
    for a, b in zip(own.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


# What the text says of the pictures


def test_the_overview_shows_eight_real_runs_whose_names_diagnose_curves_finds(solution):
    runs = curves.all_runs()
    said = {name: solution.diagnose_curves(run.train, run.val, curves.NUM_CLASSES) for name, run in runs.items()}
    assert said == {name: name for name in runs}
    assert len(said) == 8
    assert len(figures.overview().axes) == 8
    low = [name for name, run in runs.items() if max(run.train[-1], run.val[-1]) < 0.6 * math.log(5)]
    assert low == ["healthy"]


def test_ten_images_are_learnt_by_heart_unless_something_is_wrong():
    last = {name: sum(curves.ten_by_heart(name)[0][-10:]) / 10 for name in ("", "two softmaxes", "labels anew")}
    assert last[""] < 0.05
    assert math.log(1 + 4 / math.e) - 1e-6 < last["two softmaxes"] < 1.2
    assert last["labels anew"] > 1.25
    assert math.log(1 + 4 / math.e) == pytest.approx(0.905, abs=0.001)
    assert "0.9" in figures.by_heart().description


def test_a_grid_of_nine_tries_three_rates_and_chance_nine():
    titles = [ax.get_title() for ax in figures.grid_and_random(9, 0).axes]
    assert titles == ["grid: 3 rates tried", "at random: 9 rates tried"]


def test_the_best_of_many_equal_networks_flatters():
    best = [float(figures.best_of(num).axes[0].get_title().split(":")[1]) for num in (1, 10, 100)]
    assert 55 < best[0] < 64
    assert best[1] > 61
    assert 64 < best[2] < 70


def test_one_generation_is_the_one_worked_by_hand():
    words = figures.one_generation().description
    assert "0.9" in words
    assert "0.1" in words
    assert "at 1" in words


def test_both_searches_end_nearer_to_the_top_than_chance(solution):
    means = figures.race(solution.random_search, solution.evolve_settings)
    assert {len(one) for one in means.values()} == {68}
    assert means["evolution"][-1] < 0.6 * means["random"][-1]
    assert means["coarse to fine"][-1] < 0.6 * means["random"][-1]
    assert figures.search_race(solution.random_search, solution.evolve_settings).description


def test_of_the_rates_one_learns_nothing_and_the_first_learns():
    still, good = (curves.train(replace(curves.GOOD, images=400, epochs=8, lr=lr)) for lr in (1e-6, 0.003))
    assert still.train[-1] > 0.95 * math.log(5)
    assert good.train[-1] < 0.8 * math.log(5)
    assert "0.003" in figures.by_rate().description


def test_the_average_is_lower_and_smoother_than_the_weights(solution):
    own, mean = curves.averaged_run(solution.ema_update)
    late = slice(5, None)
    rises = [sum(max(b - a, 0) for a, b in zip(one[late], one[6:], strict=False)) for one in (own, mean)]
    assert sum(mean[late]) < 0.97 * sum(own[late])
    assert rises[1] < 0.3 * rises[0]
    assert figures.averaged(solution.ema_update).description


def test_views_are_ten():
    assert sum(bool(ax.images) for ax in figures.views().axes) == 10


def test_some_gradients_are_below_float16_and_scaled_ones_hardly_are():
    below = [float((figures.small_gradients(scale) < figures.LEAST).double().mean()) for scale in (1.0, 65536.0)]
    assert below[0] > 0.01
    assert below[1] < below[0] / 4
    assert figures.small_gradients(65536.0).max() < 65504
    assert figures.underflow().description


def test_a_score_of_real_runs_is_a_share_of_400_images():
    good, bad = (curves.score({"lr": lr, "width": 8.0}) for lr in (0.003, 1e-6))
    assert good > bad + 5
    assert (4 * good) % 1 == pytest.approx(0, abs=1e-6)
