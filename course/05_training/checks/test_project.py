"""Checks of the chapter's project: a sick training, mended; carried out here, and its network asked for new images."""

import math
from functools import lru_cache

import torch

from autograder.authoring import exercise, forbid_names

NUM_CLASSES, NUM_TRAIN, NUM_NEW = 6, 1000, 1000
STEPS = 200
MARKS = (0.30, 0.50, 0.70, 0.96)
SECONDS = 120  # wall time at most: the steps are the budget, and a busy machine takes longer for them
NUMBERS = ("norm_eps", "rate", "weight_decay", "dropout")
BEHIND_THE_SCENES = (
    *("importlib", "__import__", "sys", "modules", "gc", "inspect", "_getframe", "currentframe"),
    *("get_objects", "get_referrers", "setattr", "__dict__", "__globals__", "globals", "optim", "backward", "autograd"),
)


def parts_of(ns):
    """Return what rescue_training returns, as plain data: its kind, and its numbers."""
    from coursekit.rescue import Recipe

    came = ns.rescue_training()
    if type(came) is not Recipe:
        return {"kind": type(came).__name__}
    numbers = {name: getattr(came, name) for name in ("norm_eps", "rate", "weight_decay", "dropout")}
    calls = {name: callable(getattr(came, name)) for name in ("statistics", "start", "augment")}
    return {"kind": "Recipe", "numbers": numbers, "calls": calls}


def first_steps(ns, x, y):
    """Return what is wrong with the recipe's three functions, in words; "" where two steps can be taken.

    The trainer is read anew from its file: what the notebook may have done to the one it imported plays no part.
    """
    import importlib.util

    found = importlib.util.find_spec("coursekit.rescue")
    trainer = importlib.util.module_from_spec(found)
    found.loader.exec_module(trainer)
    try:
        trainer.train(ns.rescue_training(), x, y, steps=2)
    except (TypeError, ValueError) as problem:
        return str(problem)[:500]
    return ""


def trained(ns, x, y, steps):
    """Return the numbers of the network that the recipe leads to, by name; by a trainer read anew from its file."""
    import importlib.util

    found = importlib.util.find_spec("coursekit.rescue")
    trainer = importlib.util.module_from_spec(found)
    found.loader.exec_module(trainer)
    return dict(trainer.train(ns.rescue_training(), x, y, steps=steps).state_dict())


@lru_cache(maxsize=2)
def drawn(seed):
    """Return images to learn from, their classes, new images and their classes; the classes' numbers are the seed's."""
    from coursekit.shapes import shapes

    data = shapes(NUM_TRAIN + NUM_NEW, seed=seed)
    numbers = torch.randperm(NUM_CLASSES, generator=torch.Generator().manual_seed(seed))
    y = numbers[data.colour[:, 0]]
    return data.images[:NUM_TRAIN], y[:NUM_TRAIN], data.images[NUM_TRAIN:], y[NUM_TRAIN:]


def share_of_right(student, rng):
    """Have the recipe carried out, and return the share of new images that its network names rightly.

    The new images stay here: what comes is the network's numbers, and the network is the course's own.
    """
    from coursekit.rescue import label, revived

    x, y, x_new, y_new = drawn(int(rng.integers(2**31)))
    came = student.run(trained, x, y, STEPS)
    try:
        model = revived(came if isinstance(came, dict) else {})
    except (ValueError, RuntimeError) as problem:
        raise AssertionError(f"what came is not the network: {problem}") from None
    return (label(model, x_new) == y_new).double().mean().item()


def expect(student, rng, least):
    """Say what share of the new images is named rightly, where it is too small."""
    share = share_of_right(student, rng)
    assert share >= least, f"the network names {share:.1%} of the new images rightly, expected at least {least:.0%}"


@exercise("rescue_training", devices=("cpu",))
def test_it_returns_a_recipe(student):
    """A Recipe, with three functions and four numbers that can be meant."""
    came = student.run(parts_of)
    assert came.get("kind") == "Recipe", f"rescue_training returned {came.get('kind')}, expected a Recipe"
    for name, can_be_called in came["calls"].items():
        assert can_be_called is True, f"{name} of the recipe is no function"
    for name in NUMBERS:
        value = came["numbers"][name]
        assert type(value) in (int, float), f"{name} is {type(value).__name__}, expected a number"
        assert math.isfinite(value), f"{name} is {value}, expected a finite number"
        assert value >= 0, f"{name} is {value:g}, expected no number below 0"
    share = came["numbers"]["dropout"]
    assert share <= 1, f"dropout is {share:g}, expected a share: at most 1"


@exercise("rescue_training", devices=("cpu",))
def test_its_functions_give_what_is_asked_of_them(student):
    """Two numbers a channel, a standard deviation for each layer, a batch of the shape that went in."""
    across = torch.linspace(0, 1, 70 * 3 * 32 * 32).reshape(70, 3, 32, 32)
    said = student.run(first_steps, across, torch.arange(70) % NUM_CLASSES)
    assert said == "", str(said)


@exercise("rescue_training", devices=("cpu",))
def test_it_leaves_the_trainer_alone(student):
    """The recipe is mended, not the network, the trainer or the number of steps."""
    forbid_names(student, "rescue_training", *BEHIND_THE_SCENES, instead="mend the seven parts of the recipe alone")
    for name, one in student.source("rescue_training").items():
        brought = {word for part in one.parts for word in part.modules}
        assert name == "Recipe" or "coursekit" not in brought, (
            f"{name} imports from coursekit, and Recipe is all that is needed: mend the seven parts of the recipe alone"
        )


@exercise("rescue_training", devices=("cpu",), attempt=True, seconds=SECONDS)
def test_its_network_names_30_of_100_new_images(student, rng):
    """200 steps on 1,000 images; then 1,000 new ones. Fewer are worth nothing."""
    expect(student, rng, MARKS[0])


@exercise("rescue_training", costs=0.25, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_its_network_names_50_of_100_new_images(student, rng):
    """The same network, the same images."""
    expect(student, rng, MARKS[1])


@exercise("rescue_training", costs=0.25, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_its_network_names_70_of_100_new_images(student, rng):
    """The same network, the same images."""
    expect(student, rng, MARKS[2])


@exercise("rescue_training", costs=0.25, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_its_network_names_96_of_100_new_images(student, rng):
    """The same network, the same images."""
    expect(student, rng, MARKS[3])
