"""Checks of the project on detection: what cells learn, and a design that is trained here and asked for new images.

Images to learn from are drawn in the box, from a seed of their own. Those that decide are drawn here, and their objects
never go through a door.
"""

from functools import lru_cache

import torch

from autograder.authoring import assert_close, assert_equal, contract, exercise, forbid_names, rand

DOUBLE = torch.float64
NUM_TRAIN, NUM_NEW = 1200, 200
NUMBERS, MULTIPLY_ADDS = 100_000, 8_000_000
MARKS = (0.40, 0.55, 0.75)
SECONDS = 180  # wall time at most: the steps are the budget, and a busy machine takes longer for them
LONGEST = 12_000  # characters of the design's own text
STEPS_OF_ITS_OWN = ("backward", "optim", "autograd", "grad", "Adam", "AdamW", "SGD")
BEHIND_THE_SCENES = (
    *("importlib", "__import__", "sys", "modules", "gc", "inspect", "_getframe", "currentframe", "open", "eval"),
    *("exec", "get_objects", "get_referrers", "__dict__", "__globals__", "globals"),
)


# cell_targets


def one_image(*objects):
    """Boxes (1, M, 4) and labels (1, M) of one image: each object is its label and its four edges."""
    boxes = torch.tensor([edges for _, *edges in objects], dtype=DOUBLE).reshape(1, -1, 4)
    return boxes, torch.tensor([[label for label, *_ in objects]], dtype=torch.int64).reshape(1, -1)


def around(x, y, width=8.0, height=8.0):
    """A box by its middle and its sides."""
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def assert_targets(student, reference, boxes, labels, grid=(3, 5), side=8.0):
    came, expected = student.cell_targets(boxes, labels, grid, side), reference.cell_targets(boxes, labels, grid, side)
    assert isinstance(came, tuple | list), "expected two tensors, classes and places"
    assert len(came) == 2, f"expected two tensors, classes and places, and {len(came)} came"
    assert_equal(came[0], expected[0], what="the classes")
    assert_close(came[1], expected[1], what="the places")


@exercise("cell_targets")
def test_one_object(student, reference):
    """One box of 16 × 16 in a grid of 3 × 5 cells, that of the text."""
    assert_targets(student, reference, *one_image((2, 20, 3, 36, 19)))


@exercise("cell_targets")
def test_wide_and_high_boxes(student, reference):
    """Boxes of 24 × 6 and of 5 × 14 pixels in cells of their own."""
    assert_targets(student, reference, *one_image((1, *around(13, 5, 24, 6)), (4, *around(35, 18, 5, 14))))


@exercise("cell_targets")
def test_a_box_narrower_than_a_cell(student, reference):
    """A box of 3 × 2 pixels: the logarithms are below 0."""
    assert_targets(student, reference, *one_image((3, *around(27, 13, 3, 2))))


@exercise("cell_targets")
def test_class_0_is_a_class(student, reference):
    """An object of class 0: the cells without an object have -1."""
    assert_targets(student, reference, *one_image((0, *around(12, 12))))


@exercise("cell_targets")
def test_a_middle_on_a_border_belongs_to_the_next_cell(student, reference):
    """Middles exactly between two columns, between two rows, and where four cells meet."""
    boxes, labels = one_image((0, *around(8, 4)), (1, *around(20, 8)), (2, *around(32, 16)))
    assert_targets(student, reference, boxes, labels)


@exercise("cell_targets")
def test_a_middle_at_0_lies_in_the_first_cell(student, reference):
    """A box whose middle is the image's left upper corner."""
    assert_targets(student, reference, *one_image((4, *around(0, 0))))


@exercise("cell_targets")
def test_a_middle_right_or_below_the_grid_is_learned_by_none(student, reference):
    """Middles exactly on the grid's right and lower edge, and far beyond, beside one that lies in it."""
    beyond = [(0, *around(40, 12)), (1, *around(12, 24)), (2, *around(90, 10)), (3, *around(10, 70))]
    assert_targets(student, reference, *one_image(*beyond, (4, *around(18, 12))))


@exercise("cell_targets")
def test_a_middle_far_left_of_or_above_the_grid_is_learned_by_none(student, reference):
    """Middles more than two cells beyond the left and the upper edge, beside one that lies in the grid."""
    beyond = [(0, *around(-30, 12)), (1, *around(10, -20))]
    assert_targets(student, reference, *one_image(*beyond, (4, *around(18, 12))))


@exercise("cell_targets")
def test_a_middle_a_little_left_of_or_above_the_grid_is_learned_by_none(student, reference):
    """Middles two pixels beyond the left and the upper edge, beside one that lies in the grid."""
    beyond = [(0, *around(-2, 12)), (1, *around(12, -2))]
    assert_targets(student, reference, *one_image(*beyond, (4, *around(18, 12))))


@exercise("cell_targets")
def test_of_two_in_a_cell_the_smaller_is_learned(student, reference):
    """Two objects in one cell, the smaller one first; and in another cell the larger one first."""
    small, large = around(11, 11, 6, 6), around(13, 12, 20, 18)
    assert_targets(student, reference, *one_image((1, *small), (2, *large)))
    assert_targets(student, reference, *one_image((2, *large), (1, *small)))


@exercise("cell_targets")
def test_of_three_in_a_cell_the_smallest_is_learned(student, reference):
    """Three objects in one cell, the smallest one in the middle of the three rows."""
    small, middle, large = around(11, 11, 6, 7), around(12, 10, 10, 9), around(13, 12, 20, 18)
    assert_targets(student, reference, *one_image((1, *middle), (2, *small), (3, *large)))
    assert_targets(student, reference, *one_image((3, *large), (2, *small), (1, *middle)))


@exercise("cell_targets")
def test_small_means_a_small_area(student, reference):
    """In one cell 4 × 12 and 7 × 7, and 12 × 4 and 7 × 7: the area counts, neither the width nor the height."""
    thin, flat, even = around(11, 11, 4, 12), around(11, 11, 12, 4), around(13, 12, 7, 7)
    assert_targets(student, reference, *one_image((1, *thin), (2, *even)))
    assert_targets(student, reference, *one_image((2, *even), (1, *flat)))
    assert_targets(student, reference, *one_image((2, *around(12, 11, 3, 20)), (1, *even)))


@exercise("cell_targets")
def test_a_long_box_may_be_the_smaller_one(student, reference):
    """In one cell 4 × 10 and 8 × 7: an area of 40 and one of 56."""
    assert_targets(student, reference, *one_image((1, *around(11, 11, 4, 10)), (2, *around(13, 12, 8, 7))))


@exercise("cell_targets")
def test_of_equal_areas_the_first_is_learned(student, reference):
    """In one cell two of 6 × 6; in one 4 × 9 before 6 × 6; in one 6 × 6 before 4 × 9."""
    even, other, thin = around(11, 11, 6, 6), around(13, 12, 6, 6), around(12, 13, 4, 9)
    assert_targets(student, reference, *one_image((3, *even), (1, *other)))
    assert_targets(student, reference, *one_image((1, *thin), (3, *even)))
    assert_targets(student, reference, *one_image((3, *even), (1, *thin), (0, *other)))


@exercise("cell_targets")
def test_empty_rows_teach_nothing(student, reference):
    """Rows with the label -1: a box of 0, a box in an object's cell, one in a cell of its own, one before all."""
    assert_targets(student, reference, *one_image((2, *around(12, 12)), (-1, 0, 0, 0, 0)))
    assert_targets(student, reference, *one_image((-1, *around(12, 12, 2, 2)), (2, *around(13, 12))))
    assert_targets(student, reference, *one_image((-1, *around(30, 20)), (2, *around(13, 12)), (-1, 0, 0, 0, 0)))


@exercise("cell_targets")
def test_an_object_in_the_first_cell_survives_empty_rows(student, reference):
    """An object in row 0, column 0, and behind it rows of 0 with the label -1."""
    assert_targets(student, reference, *one_image((2, *around(5, 4)), (-1, 0, 0, 0, 0), (-1, 0, 0, 0, 0)))


@exercise("cell_targets")
def test_rows_without_an_object_may_hold_anything(student, reference):
    """Rows with the label -1 and NaN, infinities, or edges in the wrong order."""
    nan, inf = float("nan"), float("inf")
    boxes, labels = one_image((-1, nan, nan, nan, nan), (2, *around(13, 12)), (-1, -inf, 0, inf, 5), (-1, 9, 9, 1, 1))
    assert_targets(student, reference, boxes, labels)


@exercise("cell_targets")
def test_each_image_has_its_own_objects(student, reference):
    """Three images: the second has no object at all, the third one in the first one's cell."""
    parts = [
        one_image((0, *around(12, 12)), (1, *around(20, 20))),
        one_image((-1, 0, 0, 0, 0), (-1, 0, 0, 0, 0)),
        one_image((-1, *around(4, 4)), (3, *around(13, 11, 4, 5))),
    ]
    assert_targets(student, reference, *(torch.cat(part) for part in zip(*parts, strict=True)))


@exercise("cell_targets", costs=0.25)
def test_no_rows_at_all(student, reference):
    """M = 0: no cell has an object."""
    assert_targets(student, reference, torch.zeros(2, 0, 4, dtype=DOUBLE), torch.zeros(2, 0, dtype=torch.int64))


@exercise("cell_targets")
def test_cells_of_another_side_and_a_high_grid(student, reference):
    """A grid of 6 × 2 cells with sides of 2.5 pixels, and one cell of 50."""
    boxes, labels = one_image((0, *around(1.2, 13)), (1, *around(4.1, 6, 3, 2)), (2, *around(3, 3.1, 7, 5)))
    assert_targets(student, reference, boxes, labels, grid=(6, 2), side=2.5)
    assert_targets(student, reference, boxes, labels, grid=(1, 1), side=50)


@exercise("cell_targets")
def test_random_objects(student, reference, rng):
    """Four images with three objects each, drawn."""
    middle, size = rand(rng, 4, 3, 2, dtype=DOUBLE) * torch.tensor([40.0, 24.0]), rand(rng, 4, 3, 2, dtype=DOUBLE)
    size = 4 + 12 * size
    labels = torch.tensor([[0, 1, 2], [3, -1, 4], [2, 2, -1], [1, 0, 3]])
    assert_targets(student, reference, torch.cat([middle - size / 2, middle + size / 2], dim=2), labels)


def drawn_objects(rng, num, rows, dtype):
    """Boxes and labels of objects in a grid of 3 × 5 cells of 8 pixels; none lies near a border."""
    column, row = (torch.from_numpy(rng.integers(0, most, (num, rows))) for most in (5, 3))
    middle = 8 * (torch.stack([column, row], dim=2) + 0.2 + 0.6 * rand(rng, num, rows, 2, dtype=dtype))
    size = 4 + 12 * rand(rng, num, rows, 2, dtype=dtype)
    labels = torch.from_numpy(rng.integers(0, 5, (num, rows)))
    return torch.cat([middle - size / 2, middle + size / 2], dim=2), labels


def use_targets(ns, boxes, labels):
    """Lay the targets of a batch over a grid of 3 × 5 cells of 8 pixels."""
    return ns.cell_targets(boxes, labels, (3, 5), 8.0)


contract(
    "cell_targets",
    inputs=lambda rng, N=3, M=2, dtype=DOUBLE: drawn_objects(rng, N, M, dtype),
    use=use_targets,
    all_at_once="N",
    one="NM",
)


# detect


def made(ns):
    """Return what detect gives, in words and numbers: what is wrong with it, its numbers and multiply-adds."""
    import torch

    from coursekit.own_detector import counted, fault_of_design

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        design = ns.detect()
        fault = fault_of_design(design)
        return [fault, 0, 0] if fault else [fault, *counted(design)]


def one_step(ns, x, boxes, labels):
    """Return what is wrong with the cost of a fresh design for a batch, and whether any of its numbers has a slope."""
    import torch

    from coursekit.own_detector import fault_of_cost

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        design = ns.detect()
        design.network.train()
        loss = design.cost(design.network(x), boxes, labels)
    fault = fault_of_cost(loss)
    if fault:
        return [fault, False]
    loss.backward()
    return [fault, any(one.grad is not None for one in torch.nn.Module.parameters(design.network))]


def fresh_answers(ns, x):
    """Return what is wrong with the answers of a fresh design for images, at once and for the first one alone."""
    import torch

    from coursekit.own_detector import fault_of

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        design = ns.detect()
        design.network.eval()
        return [fault_of(design.read(design.network(part)), len(part)) for part in (x, x[:1])]


def trained_and_asked(ns, seed, num, x_new):
    """Return what `coursekit.own_detector.attempt` makes of the design, as plain data."""
    from coursekit.own_detector import attempt, scenes

    done = attempt(ns.detect, scenes(num, seed), x_new)
    return {"numbers": done.numbers, "multiply_adds": done.multiply_adds, "answers": done.answers}


def refuse_beyond_the_budget(numbers, multiply_adds):
    """Say by how much a network passes its budget."""
    assert numbers <= NUMBERS, f"the network keeps {numbers:,} numbers, and the budget is {NUMBERS:,}"
    assert multiply_adds <= MULTIPLY_ADDS, (
        f"the network takes {multiply_adds:,} multiply-adds for an image, and the budget is {MULTIPLY_ADDS:,}: "
        "look which layer works on the largest maps"
    )


@lru_cache(maxsize=2)
def drawn(seed):
    """Return new images, and the objects in each."""
    from coursekit.own_detector import scenes, truths

    new = scenes(NUM_NEW, seed)
    return new.images, truths(new)


def expect(student, rng, least):
    """Have the design trained, and say what its mAP is where it is too small."""
    from coursekit.own_detector import fault_of
    from coursekit.two_stages import mean_average_precision

    seed, seed_new = (int(one) for one in rng.integers(2**31, size=2))
    x_new, truth = drawn(seed_new)
    done = student.run(trained_and_asked, seed, NUM_TRAIN, x_new)
    refuse_beyond_the_budget(done["numbers"], done["multiply_adds"])
    fault = fault_of(done["answers"], NUM_NEW)
    assert fault == "", f"after training, {fault}"
    num = sum(len(one["boxes"]) for one in done["answers"])
    assert num > 0, f"after training there is no box at all in the answers for {NUM_NEW} images"
    came = mean_average_precision(done["answers"], truth)
    assert came >= least, f"the mAP is {came:.3f}, expected at least {least:.2f} ({num:,} boxes for {NUM_NEW} images)"


@exercise("detect", devices=("cpu",))
def test_it_returns_a_design_within_the_budget(student):
    """A Design: a network of at most 100,000 numbers and 8 million multiply-adds, and two functions."""
    fault, numbers, multiply_adds = student.run(made)
    assert fault == "", fault
    refuse_beyond_the_budget(numbers, multiply_adds)


@exercise("detect", devices=("cpu",))
def test_its_cost_is_a_number_with_a_gradient(student, rng):
    """A fresh network, a batch of two images: one object, and three."""
    boxes = torch.tensor(
        [[[20.0, 3, 36, 19], [0, 0, 0, 0], [0, 0, 0, 0]], [[1, 2, 19, 21], [40, 4, 60, 26], [30, 38, 50, 63]]]
    )
    labels = torch.tensor([[2, -1, -1], [0, 4, 3]])
    fault, learns = student.run(one_step, rand(rng, 2, 3, 64, 64), boxes, labels)
    assert fault == "", fault
    assert learns, "no number of the network has a slope: the cost does not follow from what the network gives"


@exercise("detect", devices=("cpu",))
def test_its_answers_are_boxes_labels_and_scores(student, rng):
    """A fresh network, three images at once and one alone: what `read` gives is as the docstring says."""
    for fault, num in zip(
        student.run(fresh_answers, rand(rng, 3, 3, 64, 64)), ("three images", "one image"), strict=True
    ):
        assert fault == "", f"for {num}, {fault}"


@exercise("detect", devices=("cpu",))
def test_it_learns_by_the_trainer_alone(student):
    """No steps of its own, no weights learned elsewhere, no look at what the trainer holds."""
    forbid_names(student, "detect", *STEPS_OF_ITS_OWN, instead="leave the steps to the trainer")
    forbid_names(student, "detect", *BEHIND_THE_SCENES, instead="design with layers, losses and boxes alone")
    for name, one in student.source("detect").items():
        brought = {word for part in one.parts for word in part.modules}
        assert name == "Design" or "coursekit" not in brought, f"{name} imports from coursekit: only Design is needed"
        assert len(one.text) <= LONGEST, f"{name} has {len(one.text):,} characters, expected at most {LONGEST:,}"


@exercise("detect", costs=0.4, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_after_training_its_map_is_40_of_100(student, rng):
    """400 steps on 1,200 images; then 200 new ones. The mean average precision at an IoU of 0.5."""
    expect(student, rng, MARKS[0])


@exercise("detect", costs=0.3, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_after_training_its_map_is_55_of_100(student, rng):
    """The same detector, the same images."""
    expect(student, rng, MARKS[1])


@exercise("detect", costs=0.3, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_after_training_its_map_is_75_of_100(student, rng):
    """The same detector, the same images."""
    expect(student, rng, MARKS[2])
