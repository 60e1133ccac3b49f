"""The pieces that play: a race, a graph, the button that walks a slider, and the picture that carries its words."""

from __future__ import annotations

import asyncio
from io import BytesIO

import ipywidgets
import numpy as np
import pytest
import torch
from PIL import Image

from coursekit import frontend, plots, widgets
from coursekit.click import DescribedImage
from coursekit.figures import (
    engine,
    features,
    gradients,
    layers,
    linear,
    losses,
    regularization,
    start,
    trees,
)
from coursekit.graph import Gate, graph, run_to
from coursekit.ground import Ground
from coursekit.player import player
from coursekit.race import Lane, race
from coursekit.stage import Stage


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"), dtype=int)


@pytest.fixture
def watched(monkeypatch):
    """Somebody sits at the notebook."""
    monkeypatch.setenv(frontend.SETTING, "1")


# The race


def fall(rate=0.5):
    """Two racers on a line: one halves its height at each step, one leaves the track after two steps."""
    heights = 8 * rate ** np.arange(6.0)
    out = np.array([8.0, 16.0, 32.0])
    return {
        "steady": Lane(heights, np.stack([heights, heights], axis=1)),
        "wild": Lane(out, np.stack([out, out], axis=1)),
    }


def plane(ax, rate):
    ax.set(xlim=(0, 10), ylim=(0, 10), title=f"rate {rate}")


def a_race(run=fall, **more):
    return race(run, 5, ground=plane, rate=(0.1, 0.9, 0.1), **more)


def test_a_race_shows_its_end_and_says_who_is_ahead(monkeypatch):
    monkeypatch.setenv(frontend.SETTING, "0")
    explorer = a_race()
    assert explorer.values == {"step": 5, "rate": 0.5}
    bundle, metadata = explorer._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    said = metadata["image/png"]["alt"]
    assert said == "A race after step 5 of 5; loss, the lowest first: steady 0.25, wild has left the track."


def test_every_racer_stands_where_it_was_after_the_step():
    explorer = a_race()
    explorer.controls["step"].value = 2
    left, right = explorer.picture().axes
    trail, head, *_ = left.lines
    assert trail.get_xdata().tolist() == [8, 4, 2]
    assert head.get_xydata().tolist() == [[2, 2]]
    curve = right.lines[1]
    assert curve.get_xydata().tolist() == [[0, 8], [1, 4], [2, 2]]
    assert "after 2 steps" in right.get_title()
    assert explorer._words().endswith("the lowest first: steady 2, wild 32.")


def test_a_race_is_run_once_for_each_setting_and_drawn_for_each_step():
    asked = []

    def run(rate=0.5):
        asked.append(rate)
        return fall(rate)

    explorer = a_race(run)
    shown = []
    for step in (5, 4, 3):
        explorer.controls["step"].value = step
        shown.append(pixels(explorer.png()))
    assert asked == [0.5]
    assert all((abs(shown[0] - other) > 30).any() for other in shown[1:])
    explorer.controls["rate"].value = 0.7
    explorer.png()
    assert asked == [0.5, 0.7]


def test_the_plane_is_drawn_anew_when_what_it_shows_changes():
    explorer = a_race()
    before = explorer.picture().axes[0].get_title()
    explorer.controls["rate"].value = 0.7
    assert (before, explorer.picture().axes[0].get_title()) == ("rate 0.5", "rate 0.7")


def test_a_race_without_a_plane_has_curves_alone():
    explorer = race(lambda: {"one": Lane(np.array([3.0, 2.0, 1.0]))}, 2, log=True, ylabel="error")
    (ax,) = explorer.picture().axes
    assert (ax.get_yscale(), ax.get_ylabel()) == ("log", "error")
    assert "error, the lowest first: one 1." in explorer._words()


# The graph

SQUARE = {
    "s": Gate("s = a + b", ("a", "b"), lambda a, b: a + b, lambda a, b: (1.0, 1.0), "it hands on"),
    "y": Gate("y = s · s", ("s", "s"), lambda s, t: s * t, lambda s, t: (t, s), "each gets the other"),
}
PLACES = {"a": (0, 1), "b": (0, 0), "s": (1.5, 0.5), "y": (3, 0.5)}


def test_the_last_step_of_a_graph_has_autograds_gradients():
    x, y, z = (torch.tensor(one, dtype=torch.float64, requires_grad=True) for one in (1.5, -2.0, 0.5))
    f = (x * y + z) * x
    f.backward()
    last = run_to(7, engine._GATES, {"x": 1.5, "y": -2.0, "z": 0.5})
    assert last.values["f"] == f.item()
    assert [last.gradients[name] for name in "xyz"] == [x.grad, y.grad, z.grad]


def test_values_come_forward_and_gradients_back_one_gate_at_a_step():
    seen = [run_to(step, SQUARE, {"a": 1.0, "b": 2.0}) for step in range(6)]
    assert [sorted(one.values) for one in seen] == [["a", "b"], ["a", "b", "s"], *[["a", "b", "s", "y"]] * 4]
    assert [one.gradients for one in seen[2:]] == [
        {},
        {"y": 1.0},
        {"y": 1.0, "s": 6.0},
        {"y": 1.0, "s": 6.0, "a": 6.0, "b": 6.0},
    ]
    assert seen[4].shares == {("s", "y"): 6.0}, "a node that is used twice by a gate sends both shares along one arrow"


def test_a_second_share_is_said_to_add_up():
    assert "x gathers another share: they add up" in run_to(7, engine._GATES, {"x": 1.0, "y": 1.0, "z": 1.0}).says


def test_without_a_front_end_a_graph_is_whole_with_all_its_numbers(monkeypatch):
    monkeypatch.setenv(frontend.SETTING, "0")
    explorer = graph(SQUARE, PLACES, a=1.0, b=2.0)
    bundle, metadata = explorer._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert metadata["image/png"]["alt"].endswith(
        "Values: a = 1, b = 2, s = 3, y = 9. Gradients of y: y 1, s 6, a 6, b 6."
    )
    texts = {text.get_text() for text in explorer.picture().axes[0].texts}
    assert {"s = a + b", "y = s · s", "9", "6"} <= texts


def test_a_graph_follows_its_inputs_and_its_step():
    explorer = graph(SQUARE, PLACES, a=1.0, b=2.0)
    assert explorer.values == {"step": 5, "a": 1.0, "b": 2.0}
    whole = pixels(explorer.png())
    explorer.controls["a"].value = -2.0
    assert "y = 0." in explorer._words()
    explorer.controls["step"].value = 0
    assert "Gradients" not in explorer._words()
    assert (abs(pixels(explorer.png()) - whole) > 30).any()


# What they share


@pytest.mark.parametrize(
    "explorer", [lambda: a_race(), lambda: graph(SQUARE, PLACES, a=1.0, b=2.0), engine.graph_explorer]
)
@pytest.mark.usefixtures("watched")
def test_every_control_of_a_piece_is_an_ipywidgets_control_with_a_label(explorer):
    button, *sliders, image, problem = explorer().box().children
    assert isinstance(button, ipywidgets.ToggleButton)
    assert button.description == "Play"
    assert all(isinstance(one, ipywidgets.IntSlider | ipywidgets.FloatSlider) and one.description for one in sliders)
    assert isinstance(image, DescribedImage)
    assert image.alt
    assert problem.value == ""


@pytest.mark.usefixtures("watched")
def test_the_picture_in_the_browser_carries_the_words_of_its_present_values():
    explorer = a_race()
    _, step, *_, image, _ = explorer.box().children
    assert "after step 5 of 5" in image.alt
    step.value = 1
    assert "after step 1 of 5; loss, the lowest first: steady 4, wild 16." in image.alt
    assert image.value == explorer.png()


@pytest.mark.usefixtures("watched")
def test_a_picture_without_words_of_its_own_keeps_those_of_its_author():
    explorer = widgets.explore(lambda k=1: plots.curve([0, 1], [0, k]), alt="A line.", k=(1, 5))
    *_, image, _ = explorer.box().children
    explorer.controls["k"].value = 2
    assert image.alt == "A line."


def played(slider, act, milliseconds=1):
    """Press a slider's play button in an event loop, as a kernel has one, and return the button."""

    async def sit():
        button = player(slider, milliseconds)
        await act(button)
        return button

    return asyncio.run(sit())


async def until(true):
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not come to that")


def test_the_button_walks_the_slider_to_its_end_and_then_says_play_again():
    slider, seen = ipywidgets.IntSlider(min=0, max=4), []
    slider.observe(lambda change: seen.append(change["new"]), names="value")

    async def act(button):
        button.value = True
        assert button.description == "Pause"
        await until(lambda: not button.value)

    assert played(slider, act).description == "Play"
    assert seen == [1, 2, 3, 4]


def test_from_the_end_it_begins_anew_and_paused_it_stays():
    slider, seen = ipywidgets.IntSlider(value=4, min=0, max=4), []
    slider.observe(lambda change: seen.append(change["new"]), names="value")

    async def act(button):
        button.value = True
        await until(lambda: slider.value == 2)
        button.value = False
        await asyncio.sleep(0.02)

    played(slider, act)
    assert seen == [0, 1, 2]


def two_bars(width=0.3):
    picture, ax = plots.figure()
    ax.barh([0, 1], [width, 1 - width])
    ax.set(xlim=(0, 1), yticks=[0, 1], yticklabels=["one", "the other"], aspect="equal")
    return picture


def a_named_line(slope=0.3):
    picture, ax = plots.figure()
    ax.plot([0, 1], [0, slope], label=f"slope {slope:.1f}")
    ax.set(xlim=(0, 1), ylim=(0, 1), ylabel="height")
    ax.legend(loc="upper left")
    return picture


MOVES = {
    "words in the legend": (lambda: widgets.explore(a_named_line, slope=(0.0, 1.0, 0.1)), "slope"),
    "words at the axis, equal sides": (lambda: widgets.explore(two_bars, width=(0.0, 1.0, 0.1)), "width"),
    "gradients, logarithmic": (lambda: widgets.explore(gradients.step, exponent=(-14.0, 0.0, 0.5)), "exponent"),
}


@pytest.mark.parametrize("make, name", MOVES.values(), ids=MOVES)
def test_a_frame_on_a_kept_ground_is_the_picture_that_is_drawn_whole(make, name):
    class Whole:
        png = staticmethod(plots.png_of)

    ours, whole = make(), make()
    whole._ground = Whole()
    slider, kept = ours.controls[name], []
    move = slider.step if slider.max - slider.value > slider.value - slider.min else -slider.step
    for _ in range(5):
        frames = [pixels(one.png()) for one in (ours, whole)]
        kept.append(ours._ground._pixels is not None)
        assert (abs(frames[0] - frames[1]) > 60).any(axis=2).mean() < 0.0005
        for one in (ours, whole):
            one.controls[name].value += move
    assert kept[-1], "the ground was kept"


def a_line(low=0, high=1, words="", **axes):
    picture, ax = plots.figure()
    ax.plot([0, 1], [0, 1], label=words)
    ax.set(ylim=(low, high), **axes)
    return picture


@pytest.mark.parametrize(
    "changed",
    [
        {"high": 2},
        {"ylabel": "other"},
        {"yticks": [0.3]},
        {"yticks": [0.0, 1.0], "yticklabels": ["a", "b"]},
        {"yscale": "log", "low": 0.1},
    ],
)
def test_a_ground_is_drawn_anew_for_other_limits_words_or_ticks(changed):
    ground = Ground()
    for _ in range(3):
        ground.png(a_line())
    assert ground._pixels is not None
    other = a_line(**changed)
    assert (abs(pixels(ground.png(other)) - pixels(plots.png_of(other))) <= 2).all()


def test_a_ground_whose_ticks_say_what_only_a_function_knows_is_never_kept():
    ground = Ground()
    for power in range(4):
        picture = a_line()
        picture.axes[0].yaxis.set_major_formatter(lambda height, _, power=power: f"{height**power:.2f}")
        assert (pixels(ground.png(picture)) == pixels(plots.png_of(picture))).all()


def test_a_stage_draws_what_moves_where_an_ordinary_picture_has_it():
    stage = Stage((3, 2))
    ax = stage.subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    line = stage.moving(ax.plot([0.2, 0.8], [0.2, 0.8])[0])
    frames = [pixels(stage.png())]
    line.set_data([0.2, 0.8], [0.8, 0.2])
    frames.append(pixels(stage.png()))
    stage._movers.clear()
    line.set_animated(False)
    whole = pixels(plots.png_of(stage))
    moved, off = ((abs(frames[1] - other) > 30).any(axis=2).mean() for other in (frames[0], whole))
    assert moved > 0.005
    assert off < 0.001, "a tick may fall on the next pixel"


STAGED = {
    "start, rows": (start.draw, {"rows": [3, 5, 1]}),
    "start, dim": (start.draw, {"dim": [1, 0]}),
    "features, bins": (features.hog_cells, {"num_bins": [9, 3, 12]}),
    "features, a cell": (features.hog_cells, {"place": [(60.0, 52.0), (20.0, 90.0), (150.0, 10.0)]}),
    "features, another photograph": (features.hog_cells, {"photograph": ["cat", "coffee", "cat"]}),
    "linear, margin": (linear.svm_plane, {"margin": [1.0, 0.0, 3.0]}),
    "linear, temperature": (linear.softmax_plane, {"temperature": [1.0, 4.0, 0.2]}),
    "losses, outlier": (losses.outlier, {"outlier": [8.0, 1.0, 15.0]}),
    "losses, beta": (losses.outlier, {"beta": [1.0, 3.0, 0.1]}),
    "losses, gamma": (losses.focal, {"gamma": [2.0, 0.0, 5.0]}),
    "losses, words at the axis": (losses.focal, {"backgrounds": [1000, 10, 1000]}),
    "layers": (layers.push_and_pull, {"cat": [1.5, 6.0, -4.0]}),
    "regularization, strength": (regularization.geometry, {"strength": [0.6, 2.0, 0.0]}),
    "regularization, kind": (regularization.geometry, {"kind": ["L1", "L2", "elastic net"]}),
}


@pytest.mark.parametrize("draw, moves", STAGED.values(), ids=STAGED)
def test_a_frame_on_a_kept_stage_is_the_picture_that_is_made_anew(draw, moves):
    ((name, values),) = moves.items()
    options = [(str(value), value) for value in values]
    ours, anew = (widgets.explore(draw, **{name: options}) for _ in range(2))
    anew._own = {}
    assert ours.picture() is ours.picture()
    for value in values:
        ours.controls[name].value = anew.controls[name].value = value
        assert (pixels(ours.png()) == pixels(anew.png())).all()
        assert ours._words() == anew._words()


def a_tree(middle):
    leaves = {"left": {"counts": [3, 1]}, "right": {"counts": [1, 3]}}
    return {"counts": [4, 4], "feature": 0, "threshold": middle, **leaves}


def test_the_regions_of_a_forest_are_those_of_its_trees_together():
    x, y = torch.tensor([[-1.0, 0.0], [1.0, 1.0]]), torch.tensor([0, 1])
    forest = [a_tree(-0.5), a_tree(0.0), a_tree(0.5)]
    explorer = trees.forest_explorer(forest, x, y, x, y)
    for number in (1, 2, 3):
        explorer.controls["number_of_trees"].value = number
        (image,) = explorer.picture().axes[0].images
        row = np.asarray(image.get_array())[0]
        places = plots.places_around(x, trees.RESOLUTION)[:: trees.RESOLUTION]
        together = sum(trees.shares_of(one, places) for one in forest[:number])
        assert (row == together.argmax(dim=1).numpy()).all()
    assert "training error 0%" in explorer._words()


@pytest.mark.parametrize("draw", list(dict.fromkeys(draw for draw, _ in STAGED.values())))
def test_without_an_explorer_each_picture_is_its_own(draw):
    first, second = draw(), draw()
    assert first is not second
    assert (pixels(first.png()) == pixels(second.png())).all()
