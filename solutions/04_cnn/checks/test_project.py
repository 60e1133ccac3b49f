"""Checks of the chapter's project: a network under a budget, trained here, asked for images that nobody has seen."""

from functools import lru_cache

import torch

from autograder.authoring import exercise, forbid_names

BUDGET = {"parameters": 60_000, "multiply_adds": 5_000_000}
NUM_CLASSES, NUM_TRAIN, NUM_NEW = 30, 2000, 1000
PASS, FULL = 0.50, 0.70
SECONDS = 120  # wall time at most: the steps are the budget, and a busy machine takes longer for them
LONGEST = 6000  # characters of the design's own text


def shape_of_scores(ns, num):
    """Return the kind and shape of what the network gives for `num` images, in training and in evaluation mode."""
    import torch

    model = ns.design_cnn()
    if not isinstance(model, torch.nn.Module):
        return [type(model).__name__]
    x = torch.linspace(0, 1, num * 3 * 32 * 32).reshape(num, 3, 32, 32)
    return [list(model.train()(x).shape), list(model.eval()(x[:1]).shape)]


def counted(ns):
    """Return how many numbers the network keeps, and the multiply-adds of one image."""
    from coursekit.counting import count_multiply_adds, count_numbers

    model = ns.design_cnn()
    return [count_numbers(model), count_multiply_adds(model)]


def trained_and_asked(ns, x, y, x_new, budget):
    """Return what `coursekit.recipe.attempt` makes of the design, as plain data."""
    from coursekit.recipe import Budget, attempt

    done = attempt(ns.design_cnn, x, y, x_new, Budget(**budget))
    return {"parameters": done.parameters, "multiply_adds": done.multiply_adds, "labels": done.labels}


@lru_cache(maxsize=2)
def drawn(seed):
    """Return images to learn from, their classes, new images and their classes; the classes' numbers are the seed's."""
    from coursekit.shapes import shapes

    data = shapes(NUM_TRAIN + NUM_NEW, seed=seed)
    numbers = torch.randperm(NUM_CLASSES, generator=torch.Generator().manual_seed(seed))
    y = numbers[data.y]
    return data.images[:NUM_TRAIN], y[:NUM_TRAIN], data.images[NUM_TRAIN:], y[NUM_TRAIN:]


def share_of_right(student, rng):
    """Have the network trained, and return the share of new images that it names rightly."""
    x, y, x_new, y_new = drawn(int(rng.integers(2**31)))
    done = student.run(trained_and_asked, x, y, x_new, BUDGET)
    refuse_beyond_the_budget(done["parameters"], done["multiply_adds"])
    assert done["labels"].shape == y_new.shape, f"{tuple(done['labels'].shape)} labels came for {NUM_NEW} images"
    return (done["labels"] == y_new).double().mean().item()


def refuse_beyond_the_budget(parameters, multiply_adds):
    """Say by how much a network passes its budget."""
    assert parameters <= BUDGET["parameters"], (
        f"the network keeps {parameters:,} numbers, and the budget is {BUDGET['parameters']:,}: "
        "look which layer has most of them"
    )
    assert multiply_adds <= BUDGET["multiply_adds"], (
        f"the network takes {multiply_adds:,} multiply-adds for an image, and the budget is "
        f"{BUDGET['multiply_adds']:,}: look which layer works on the largest maps"
    )


@exercise("design_cnn", devices=("cpu",))
def test_it_gives_a_score_for_each_class(student):
    """Three images at once in training, one alone in evaluation: 30 scores for each."""
    came = student.run(shape_of_scores, 3)
    assert len(came) == 2, f"design_cnn returned {came[0]}, expected a network: an nn.Module"
    assert came == [[3, NUM_CLASSES], [1, NUM_CLASSES]], (
        f"scores of shape {came[0]} and {came[1]} came for 3 and 1 images"
    )


@exercise("design_cnn", devices=("cpu",))
def test_it_keeps_to_the_budget(student):
    """At most 60,000 numbers, and 5 million multiply-adds for an image."""
    refuse_beyond_the_budget(*student.run(counted))


@exercise("design_cnn", devices=("cpu",))
def test_it_brings_nothing_along(student):
    """A design is a short text: no weights learned elsewhere, no look at what the trainer holds."""
    forbid_names(student, "design_cnn", "_getframe", "currentframe", "get_objects", instead="design with layers alone")
    longest = max(len(one.text) for one in student.source("design_cnn").values())
    assert longest <= LONGEST, f"the text of the design has {longest:,} characters, expected at most {LONGEST:,}"


@exercise("design_cnn", costs=0.5, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_after_training_it_names_50_of_100_new_images(student, rng):
    """2,000 images to learn from, 12 times each; then 1,000 new ones."""
    share = share_of_right(student, rng)
    assert share >= PASS, f"it names {share:.1%} of the new images rightly, expected at least {PASS:.0%}"


@exercise("design_cnn", costs=0.5, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_after_training_it_names_70_of_100_new_images(student, rng):
    """The same network, the same images."""
    share = share_of_right(student, rng)
    assert share >= FULL, f"it names {share:.1%} of the new images rightly, expected at least {FULL:.0%} for all points"
