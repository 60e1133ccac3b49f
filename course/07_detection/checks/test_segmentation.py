"""Checks of segmentation: losses of pixels, counts of mistakes, heads that enlarge, a U, weights at borders, tiles."""

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    RuleBroken,
    assert_close,
    assert_equal,
    assert_inputs_unchanged,
    assert_parts,
    case,
    contract,
    exercise,
    integers,
    modules,
    randn,
    use_module,
)

DOUBLE = torch.float64
IGNORED = 255
PRICE = {"names": 0.5, "gradients": 0.5, "apart": 0.25}
SAME_NUMBERS = {"instances_share_their_attributes": "all instances hold the same numbers, and `modules` asks for it"}


def labels_of(rng, num_classes, *shape, ignored=None):
    """Return labels, of which each class has some, and every fourth is to be ignored if so said."""
    y = integers(rng, 0, num_classes, *shape)
    flat = y.view(-1)
    flat[:num_classes] = torch.arange(num_classes)[: flat.numel()]
    if ignored is not None:
        flat[num_classes + 1 :: 4] = ignored
    return y


def gradient_of(ns, name, scores, *args, **settings) -> torch.Tensor:
    """Probe: the gradient of a loss by the scores."""
    scores = scores.clone().requires_grad_()
    loss = getattr(ns, name)(scores, *args, **settings)
    loss = loss[0] if isinstance(loss, tuple) else loss
    if not loss.requires_grad:
        return torch.full_like(scores, float("nan")).detach()
    return torch.autograd.grad(loss, scores, allow_unused=True, materialize_grads=True)[0]


def refusal(ns, name, args, settings) -> str:
    """Probe: which error a call raises, or "none"."""
    try:
        getattr(ns, name)(*args, **settings)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "none"


def compare_gradients(student, reference, *call, **settings):
    """Ask both sides for the gradient of a loss."""
    came, expected = (door.run(gradient_of, *call, **settings) for door in (student, reference))
    if bool(torch.isnan(came).all()) and came.numel():
        raise RuleBroken("The loss has no gradient, or it is nan everywhere.")
    assert_close(came, expected, what="the gradient of the scores")


# pixel_cross_entropy


@exercise("pixel_cross_entropy")
def test_three_pixels_of_the_text(student, reference):
    """Two pixels with a label and one without: the mean is over two."""
    scores = torch.tensor([[[[0.0, 2, 0]], [[0.0, 0, 5]]]])
    y = torch.tensor([[[1, 0, IGNORED]]])
    assert_close(student.pixel_cross_entropy(scores, y), reference.pixel_cross_entropy(scores, y), what="the loss")


@exercise("pixel_cross_entropy")
def test_images_with_unequal_numbers_of_labels(student, reference, rng):
    """Three images, with 1, 11 and 6 labelled pixels of 12: each labelled pixel counts alike."""
    scores, y = randn(rng, 3, 4, 3, 4, dtype=DOUBLE, scale=2.0), labels_of(rng, 4, 3, 3, 4)
    y[0].view(-1)[1:] = IGNORED
    y[1].view(-1)[:1] = IGNORED
    y[2].view(-1)[6:] = IGNORED
    assert_close(student.pixel_cross_entropy(scores, y), reference.pixel_cross_entropy(scores, y), what="the loss")


@exercise("pixel_cross_entropy")
def test_all_pixels_labelled(student, reference, rng):
    """No pixel is ignored."""
    scores, y = randn(rng, 2, 3, 4, 5, dtype=DOUBLE), labels_of(rng, 3, 2, 4, 5)
    assert_close(student.pixel_cross_entropy(scores, y), reference.pixel_cross_entropy(scores, y), what="the loss")


@exercise("pixel_cross_entropy")
def test_no_label_at_all(student, reference):
    """All pixels are ignored: the loss is 0, and not nan."""
    scores, y = torch.ones(1, 3, 2, 2, dtype=DOUBLE), torch.full((1, 2, 2), IGNORED)
    assert_close(student.pixel_cross_entropy(scores, y), reference.pixel_cross_entropy(scores, y), what="the loss")


@exercise("pixel_cross_entropy", costs=0.5)
def test_large_scores_without_overflow(student, reference):
    """Scores of 10,000 in float32, of the right class and of a wrong one."""
    scores = torch.tensor([[[[1e4, -1e4, 0.0]], [[0.0, 0, 1e4]], [[-1e4, 0, 5]]]])
    y = torch.tensor([[[0, 0, 2]]])
    assert_close(student.pixel_cross_entropy(scores, y), reference.pixel_cross_entropy(scores, y), what="the loss")


@exercise("pixel_cross_entropy")
@pytest.mark.parametrize("ignore", [-1, 0, 2, -100], ids=str)
def test_another_label_is_ignored(student, reference, rng, ignore):
    """ignore=-1, 0, 2 or -100 with three classes."""
    scores, y = randn(rng, 2, 3, 2, 4, dtype=DOUBLE), labels_of(rng, 3, 2, 2, 4)
    y.view(-1)[4:7] = ignore
    came = student.pixel_cross_entropy(scores, y, ignore)
    assert_close(came, reference.pixel_cross_entropy(scores, y, ignore), what="the loss")


@exercise("pixel_cross_entropy", costs=0.5)
def test_gradient_of_pixels(student, reference, rng):
    """The gradient, which is 0 at ignored pixels."""
    scores, y = randn(rng, 2, 3, 2, 4, dtype=DOUBLE), labels_of(rng, 3, 2, 2, 4, ignored=IGNORED)
    compare_gradients(student, reference, "pixel_cross_entropy", scores, y)


@exercise("pixel_cross_entropy", costs=0.5)
def test_gradient_without_labels(student, reference):
    """The gradient is 0 everywhere where all pixels are ignored."""
    scores, y = torch.ones(1, 3, 2, 2, dtype=DOUBLE), torch.full((1, 2, 2), IGNORED)
    compare_gradients(student, reference, "pixel_cross_entropy", scores, y)


@exercise("pixel_cross_entropy", costs=0.25)
def test_labels_of_pixels_stay_as_they_are(student, rng):
    """Scores and labels are the caller's, the ignored ones too."""
    assert_inputs_unchanged(student, "pixel_cross_entropy", *pixel_inputs(rng))


def pixel_inputs(rng, N=2, K=4, H=3, W=5, dtype=DOUBLE):
    """Return scores and labels, some to be ignored, none of which is beyond the classes but 255."""
    return randn(rng, N, K, H, W, dtype=dtype, scale=2.0), labels_of(rng, K, N, H, W, ignored=IGNORED)


def loss_of_pixels(ns, scores, y, **settings):
    """Probe: pixel_cross_entropy; with another label to be ignored, 255 stands nowhere."""
    return ns.pixel_cross_entropy(scores, y.clamp(max=1) if settings else y, **settings)


contract(
    "pixel_cross_entropy",
    inputs=pixel_inputs,
    settings={"ignore": 1},
    use=loss_of_pixels,
    square=dict.fromkeys("NKHW", 3),
    one=["N", "H", "W"],
    all_at_once="NKHW",
    forbids=["cross_entropy", "CrossEntropyLoss", "nll_loss", "nll_loss2d", "NLLLoss"],
    instead="take each pixel's own score and the logarithm of the sum yourself",
)


# confusion_matrix


def both_matrices(student, reference, *args):
    assert_equal(student.confusion_matrix(*args), reference.confusion_matrix(*args), what="the matrix")


@exercise("confusion_matrix")
def test_ten_pixels_of_the_text(student, reference):
    """Three classes, of which one is only guessed, and a pixel to be ignored."""
    y = torch.tensor([0, 0, 0, 0, 0, 0, 1, 1, 1, IGNORED])
    both_matrices(student, reference, torch.tensor([0, 0, 0, 0, 0, 2, 1, 1, 0, 1]), y, 3)


@exercise("confusion_matrix")
def test_more_classes_than_appear(student, reference):
    """Five classes, of which the last two appear nowhere."""
    both_matrices(student, reference, torch.tensor([[0, 1], [2, 1]]), torch.tensor([[0, 0], [2, 2]]), 5)


@exercise("confusion_matrix")
def test_labels_that_are_bytes(student, reference):
    """Labels and guesses of dtype uint8, with 20 classes: 20 · 13 is more than a byte holds."""
    guessed = torch.tensor([[13, 1, 19], [2, 19, 0]])
    y = torch.tensor([[13, 19, 19], [2, IGNORED, 14]])
    byte = torch.uint8
    for args in ((guessed.to(byte), y.to(byte)), (guessed, y.to(byte)), (guessed.to(byte), y)):
        both_matrices(student, reference, *args, 20)


@exercise("confusion_matrix")
def test_nothing_is_counted(student, reference):
    """All pixels are ignored, or there are none."""
    for y in (torch.full((2, 3), IGNORED), torch.zeros(0, 3, dtype=torch.int64)):
        both_matrices(student, reference, torch.zeros_like(y), y, 2)


@exercise("confusion_matrix")
@pytest.mark.parametrize("ignore", [0, 1, -1, 3], ids=str)
def test_another_label_is_not_counted(student, reference, ignore):
    """ignore=0, 1, -1 or 3; the guesses of other pixels may well be this class."""
    y = torch.tensor([[0, 1, 2, 2, 0, 1], [2, 1, 0, ignore, ignore, 2]])
    guessed = torch.tensor([[1, 1, 0, 1, 0, 2], [2, 0, 0, 1, 2, 1]])
    both_matrices(student, reference, guessed, y, 3, ignore)


def matrix_of(ns, guessed, y, num_classes, **settings):
    """Probe: confusion_matrix; with another label to be ignored, 255 stands nowhere."""
    return ns.confusion_matrix(guessed, y.clamp(max=2) if settings else y, num_classes, **settings)


def matrix_inputs(rng, N=2, H=3, W=4):
    """Return guesses, labels with some to be ignored, and the number of classes."""
    return integers(rng, 0, 3, N, H, W), labels_of(rng, 3, N, H, W, ignored=IGNORED), 3


contract(
    "confusion_matrix",
    inputs=matrix_inputs,
    settings={"ignore": 0},
    use=matrix_of,
    square=dict.fromkeys("NHW", 3),
    one="NHW",
    all_at_once="NHW",
    no_loops=True,
    forbids=["sklearn", "torchmetrics", "histogram2d"],
    instead="number the pairs and count the numbers",
)


# segmentation_metrics

MATRICES = {
    "of the text": [[5, 0, 1], [1, 2, 0], [0, 0, 0]],
    "with classes of unequal sizes": [[90, 4, 6], [1, 3, 0], [5, 2, 9]],
    "with a class that is neither there nor guessed": [[5, 0, 1], [0, 0, 0], [2, 0, 3]],
    "with a class that is there and never guessed": [[5, 0, 1], [3, 0, 0], [2, 0, 3]],
    "with one class alone": [[4]],
    "in which nothing is right": [[0, 3], [5, 0]],
    "with large numbers": [[3_000_000_000, 1], [7, 2]],
}
FIGURES = ("pixel_accuracy", "mean_accuracy", "iou", "mean_iou", "weighted_iou")


def both_measure(student, reference, matrix):
    came, expected = student.segmentation_metrics(matrix), reference.segmentation_metrics(matrix)
    if not isinstance(came, dict) or set(came) != set(expected):
        names = ", ".join(sorted(map(str, came))) if isinstance(came, dict) else type(came).__name__
        raise Mismatch("the names of the figures differ", names, ", ".join(sorted(expected)))
    for name in FIGURES:
        assert_close(came[name], expected[name], what=name, rtol=1e-10, atol=1e-12)


@exercise("segmentation_metrics")
@pytest.mark.parametrize("which", list(MATRICES))
def test_figures_of_a_matrix(student, reference, which):
    """Matrices with classes of many kinds: absent, never guessed, never right; with the digits of float64."""
    both_measure(student, reference, torch.tensor(MATRICES[which]))


@exercise("segmentation_metrics", costs=0.5)
def test_figures_where_nothing_was_counted(student, reference):
    """A matrix of zeros: everything is nan."""
    both_measure(student, reference, torch.zeros(3, 3, dtype=torch.int64))


contract("segmentation_metrics", inputs=lambda rng, K=4: (integers(rng, 1, 50, K, K),), one="K")


# dice_loss


def both_dice(student, reference, *args, **settings):
    came, expected = (door.dice_loss(*args, **settings) for door in (student, reference))
    assert_close(came, expected, what="the loss")


@exercise("dice_loss")
@pytest.mark.parametrize("smooth", [1e-6, 1.0], ids=str)
def test_two_pixels_of_the_text(student, reference, smooth):
    """The probabilities 0.8 and 0.4 of class 1."""
    scores = torch.tensor([[[[0.2, 0.6]], [[0.8, 0.4]]]], dtype=DOUBLE).log()
    both_dice(student, reference, scores, torch.tensor([[[1, 0]]]), smooth=smooth)


@exercise("dice_loss")
@pytest.mark.parametrize("squared", [False, True], ids=["plain", "squared"])
def test_dice_of_a_batch(student, reference, rng, squared):
    """Two images whose classes are of unequal sizes, four classes, of which the last isn't there."""
    y = torch.tensor([[[0, 0, 1], [0, 2, 1]], [[0, 0, 0], [0, 0, 2]]])
    both_dice(student, reference, randn(rng, 2, 4, 2, 3, dtype=DOUBLE, scale=2.0), y, squared=squared)


@exercise("dice_loss")
@pytest.mark.parametrize("squared", [False, True], ids=["plain", "squared"])
def test_dice_without_ignored_pixels(student, reference, rng, squared):
    """Ignored pixels are in none of the three sums."""
    scores, y = randn(rng, 2, 3, 3, 4, dtype=DOUBLE, scale=2.0), labels_of(rng, 3, 2, 3, 4, ignored=IGNORED)
    both_dice(student, reference, scores, y, squared=squared)
    y[:, 1:] = IGNORED
    both_dice(student, reference, scores, y, squared=squared)


@exercise("dice_loss")
def test_dice_without_labels(student, reference, rng):
    """All pixels are ignored: each class has s / s, and the loss is 0."""
    y = torch.full((1, 2, 3), IGNORED)
    both_dice(student, reference, randn(rng, 1, 3, 2, 3, dtype=DOUBLE), y)


@exercise("dice_loss", costs=0.5)
@pytest.mark.parametrize("ignore", [-1, 7], ids=str)
def test_dice_with_another_label_ignored(student, reference, rng, ignore):
    """ignore=-1 or 7."""
    y = labels_of(rng, 3, 2, 2, 4, ignored=ignore)
    both_dice(student, reference, randn(rng, 2, 3, 2, 4, dtype=DOUBLE, scale=2.0), y, ignore=ignore)


@exercise("dice_loss", costs=0.5)
def test_dice_of_large_scores(student, reference):
    """Scores of 1,000 in float32: a mask that is sure, once right and once wrong."""
    scores = torch.tensor([[[[1e3, -1e3, 0.0]], [[-1e3, 1e3, 1e3]]]])
    for y in ([[[0, 1, 1]]], [[[1, 0, 0]]]):
        both_dice(student, reference, scores, torch.tensor(y))


@exercise("dice_loss", costs=0.5)
def test_gradient_of_dice(student, reference, rng):
    """The gradient, which is 0 at ignored pixels."""
    scores, y = randn(rng, 2, 3, 2, 4, dtype=DOUBLE), labels_of(rng, 3, 2, 2, 4, ignored=IGNORED)
    compare_gradients(student, reference, "dice_loss", scores, y)


@exercise("dice_loss", costs=0.25)
def test_labels_of_dice_stay_as_they_are(student, rng):
    """Scores and labels are the caller's, the ignored ones too."""
    assert_inputs_unchanged(student, "dice_loss", *pixel_inputs(rng))


@exercise("confusion_matrix", costs=0.25)
def test_labels_of_a_matrix_stay_as_they_are(student, rng):
    """Guesses and labels are the caller's, the ignored ones too."""
    assert_inputs_unchanged(student, "confusion_matrix", *matrix_inputs(rng))


def dice_of(ns, scores, y, **settings):
    """Probe: dice_loss; with another label to be ignored, that one stands in place of 255."""
    other = settings.get("ignore", 255)
    return ns.dice_loss(scores, torch.where(y == 255, other, y), **settings)


contract(
    "dice_loss",
    use=dice_of,
    inputs=pixel_inputs,
    settings={"ignore": -1, "smooth": 0.25, "squared": True},
    square=dict.fromkeys("NKHW", 3),
    one=["N", "H", "W"],
    all_at_once="NHW",
    forbids=["torchmetrics", "dice_score"],
    instead="write the three sums yourself",
)


# weighted_pixel_loss


def both_weigh(student, reference, *args, **settings):
    came, expected = (door.weighted_pixel_loss(*args, **settings) for door in (student, reference))
    assert_parts(came, expected, "loss", "weights")


def scene(*rows):
    """Return labels and instances (1, H, W) of one image: everything above 0 is of class 1."""
    instances = torch.tensor([[list(row) for row in rows]])
    return (instances > 0).long(), instances


FIELDS = {
    "a gap of one pixel, as in the text": [(4, 4, 0, 9, 0, 0, 0, 0, 0)],
    "a gap of five pixels": [(1, 0, 0, 0, 0, 0, 2)],
    "three objects, the farthest does not count": [(1, 0, 0, 0, 2, 0, 0, 0, 3), (0, 0, 0, 0, 0, 0, 0, 0, 0)],
    "one object in two parts": [(1, 0, 1, 0, 0), (0, 0, 0, 0, 2)],
    "distances along the diagonal": [(1, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 2)],
    "large objects": [(1, 1, 1, 0, 0, 5), (1, 1, 0, 0, 5, 5), (0, 0, 0, 0, 0, 5)],
    "objects that touch": [(1, 1, 2, 2), (1, 1, 2, 0)],
    "a single object": [(0, 3, 3, 0), (0, 0, 3, 0)],
    "no object": [(0, 0, 0), (0, 0, 0)],
    "no ground": [(1, 1, 2), (3, 3, 2)],
}


@exercise("weighted_pixel_loss")
@pytest.mark.parametrize("which", list(FIELDS))
def test_weights_of_a_field(student, reference, rng, which):
    """Fields of few pixels: gaps, single objects, objects in two parts."""
    y, instances = scene(*FIELDS[which])
    both_weigh(student, reference, randn(rng, 1, 2, *y.shape[1:], dtype=DOUBLE), y, instances)


@exercise("weighted_pixel_loss")
def test_each_image_has_its_own_objects(student, reference, rng):
    """Three images with one object, none and two; the same numbers stand for other objects."""
    instances = torch.tensor([[[0, 2, 0, 0]], [[0, 0, 0, 0]], [[1, 0, 0, 2]]])
    scores = randn(rng, 3, 2, 1, 4, dtype=DOUBLE)
    both_weigh(student, reference, scores, (instances > 0).long(), instances)


@exercise("weighted_pixel_loss")
def test_weights_of_the_classes(student, reference, rng):
    """Three classes with the weights 0.5, 2 and 3; they are added to the second term."""
    _, instances = scene((1, 0, 2, 2), (0, 0, 0, 2))
    y = torch.tensor([[[1, 0, 2, 2], [0, 0, 0, 2]]])
    class_weights = torch.tensor([0.5, 2.0, 3.0], dtype=DOUBLE)
    both_weigh(student, reference, randn(rng, 1, 3, 2, 4, dtype=DOUBLE), y, instances, class_weights)


@exercise("weighted_pixel_loss", costs=0.5)
def test_the_ground_is_where_no_instance_is(student, reference, rng):
    """A pixel without an instance may have the label of a class, and one of an object the label 0."""
    _, instances = scene((1, 0, 2, 0), (0, 0, 0, 2))
    y = torch.tensor([[[0, 1, 1, 0], [0, 1, 0, 1]]])
    both_weigh(student, reference, randn(rng, 1, 2, 2, 4, dtype=DOUBLE), y, instances)


@exercise("weighted_pixel_loss", costs=0.5)
def test_gradient_of_the_weighted_loss(student, reference, rng):
    """The gradient: weights count, and are constants."""
    y, instances = scene((1, 0, 2, 2), (0, 0, 0, 2))
    scores = randn(rng, 1, 2, 2, 4, dtype=DOUBLE)
    compare_gradients(student, reference, "weighted_pixel_loss", scores, y, instances)


def field_inputs(rng, N=2, K=3, H=5, W=6, dtype=DOUBLE):
    """Return scores, labels and instances: two objects in opposite corners of each image."""
    instances = torch.zeros(N, H, W, dtype=torch.int64)
    instances[:, 0, 0], instances[:, -1, -1] = 2, 7
    y = integers(rng, 0, K, N, H, W)
    return randn(rng, N, K, H, W, dtype=dtype), y, instances, rand_weights(rng, K, dtype)


def rand_weights(rng, num_classes, dtype):
    """Return a weight above 0 for each class."""
    return randn(rng, num_classes, dtype=dtype).abs() + 0.5


contract(
    "weighted_pixel_loss",
    inputs=field_inputs,
    settings={"w0": 3.0, "sigma": 2.0},
    compare=lambda came, expected: assert_parts(came, expected, "loss", "weights"),
    square=dict.fromkeys("NKHW", 3),
    one=["N", "K", "H", "W"],
    all_at_once="HW",
    forbids=["distance_transform_edt", "scipy", "cv2"],
    instead="measure the distances between pixels yourself",
)


# FCN8s


def maps_of(num, widths, size):
    """Return what draws the three maps of images of a size, and the size."""
    sides = [[-(-side // stride) for side in size] for stride in (8, 16, 32)]
    shapes = [(num, width, *side) for width, side in zip(widths, sides, strict=True)]
    return lambda rng: ([randn(rng, *one, dtype=DOUBLE) for one in shapes], size)


def starts(ns, name, args, settings) -> dict[str, torch.Tensor]:
    """Probe: of a new head the kernels that enlarge, of large ones every so many-th row, and of all else but score_fr
    how many numbers aren't 0: which they are is drawn."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = getattr(ns, name)(*args, **settings).state_dict()
    found = {}
    for key, value in state.items():
        if key.startswith("up") and value.dim() == 4:
            found[key] = value[..., :: max(1, value.shape[-1] // 5), :]
        elif not key.startswith("score_fr"):
            found[key] = value.count_nonzero()
    return found


def first_numbers(ns, name, which, args, settings) -> tuple[dict[str, float], bool]:
    """Probe: of the new convolutions whose name begins with `which` the largest weight, times the root of its inputs;
    and whether those of the next module start otherwise."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        first, second = (getattr(ns, name)(*args, **settings).state_dict() for _ in range(2))
    layers = [key for key, value in first.items() if key.startswith(which) and value.dim() == 4]
    spreads = {key: float(first[key].abs().max()) * first[key][0].numel() ** 0.5 for key in layers}
    return spreads, not any(torch.equal(first[key], second[key]) for key in layers)


def as_torch_starts(student, *call):
    """Demand that convolutions start as torch's do."""
    spreads, otherwise = student.run(first_numbers, *call)
    for layer, spread in spreads.items():
        if not 0.6 < spread < 1.01:
            raise RuleBroken(f"{layer} starts in another range than torch gives it: leave it as torch makes it.")
    if not otherwise:
        raise RuleBroken("Two modules made one after the other start with the same drawn weights: set no seed.")


@exercise("FCN8s", costs=0.5)
@pytest.mark.parametrize("stride", [16, 8, 32])
def test_a_new_head_interpolates(student, reference, stride):
    """The first weights: bilinear kernels of each class by itself, and scores that start at zero."""
    call = starts, "FCN8s", [[2, 3, 4], 2], {"stride": stride}
    came, expected = student.run(*call), reference.run(*call)
    if set(came) != set(expected):
        raise Mismatch("the layers that are stored differ", ", ".join(sorted(came)), ", ".join(sorted(expected)))
    for name in expected:
        what = f"the first {name}" if expected[name].dim() else f"how many numbers of the first {name} aren't 0"
        assert_close(came[name], expected[name], what=what)


@exercise("FCN8s", costs=0.25)
def test_the_first_scores_start_as_torchs(student):
    """score_fr starts as nn.Conv2d does, not at zero, and otherwise each time."""
    as_torch_starts(student, "FCN8s", "score_fr", [[2, 2, 16], 8], {})


@exercise("FCN8s", costs=0.25)
@pytest.mark.parametrize("stride", [4, 64, 0])
def test_another_stride_is_refused(student, reference, stride):
    """A stride of 4, 64 or 0 raises a ValueError."""
    call = refusal, "FCN8s", [[2, 2, 2], 2], {"stride": stride}
    came, expected = student.run(*call), reference.run(*call)
    if came != expected:
        raise Mismatch(f"stride={stride} raises another error", came, expected)


modules(
    "FCN8s",
    {
        "of stride 8": {
            "of stride 8": case([[3, 2, 4], 2], x=maps_of(2, [3, 2, 4], (6, 10)), other=maps_of(1, [3, 2, 4], (3, 9)))
        },
        "of stride 16": {"of stride 16": case([[3, 2, 4], 2], {"stride": 16}, x=maps_of(1, [3, 2, 4], (7, 18)))},
        "of stride 32": {"of stride 32": case([[3, 2, 4], 2], {"stride": 32}, x=maps_of(2, [3, 2, 4], (7, 5)))},
        "rounded up": {
            "rounded up": case([[2, 3, 1], 2], x=maps_of(1, [2, 3, 1], (9, 17))),
            "rounded up at 16": case([[2, 3, 1], 2], {"stride": 16}, x=maps_of(1, [2, 3, 1], (5, 33))),
            "rounded up in rows": case([[2, 3, 1], 1], {"stride": 16}, x=maps_of(1, [2, 3, 1], (33, 4))),
        },
        "square": {"square": case([[2, 2, 2], 2], x=maps_of(2, [2, 2, 2], (9, 9)))},
        "one class": {"one class": case([[1, 2, 3], 1], x=maps_of(1, [1, 2, 3], (4, 9)))},
        "of its real size": case([[256, 512, 4096], 21], large=True),
    },
    training=["of stride 8"],
    gradients=["rounded up"],
    apart=["of stride 8"],
    rounded=True,
    sums=True,
    costs=PRICE,
)


def use_head(ns, kind, args, fine, middle, coarse, size, **settings):
    """Make a head, give it numbers, and use it on three maps."""
    from autograder.authoring.filled import fill, new_module

    module = new_module(ns, kind, args, settings)
    fill(module, 2)
    module = module.to(fine.device, fine.dtype).eval()
    with torch.no_grad():
        return module([fine, middle, coarse], size)


def head_inputs(rng, N=2, C=3, K=2, dtype=DOUBLE):
    """Return how a head is made, its three maps, and the size."""
    (fine, middle, coarse), size = maps_of(N, [C, 2, 4], (4, 9))(rng)
    return "FCN8s", [[C, 2, 4], K], fine.to(dtype), middle.to(dtype), coarse.to(dtype), size


contract(
    "FCN8s",
    use=use_head,
    inputs=head_inputs,
    settings={"stride": 16},
    square=dict.fromkeys("NCK", 2),
    one="NCK",
    forbids=["interpolate", "Upsample", "torchvision"],
    instead="enlarge by transposed convolutions, which learn",
    but=SAME_NUMBERS,
)


# UNet


modules(
    "UNet",
    {
        "padded": {"two levels": case([3, 2, [4, 6]], x=(2, 3, 4, 6), other=(1, 3, 6, 4))},
        "deeper": {"three levels": case([2, 3, [3, 4, 6]], x=(1, 2, 8, 4))},
        "one level": {"one level": case([2, 3, [4]], x=(2, 2, 3, 4))},
        "odd sizes": {
            "odd rows": case([2, 2, [3, 4]], x=(1, 2, 5, 6)),
            "odd columns": case([2, 2, [3, 4]], x=(1, 2, 4, 7)),
            "odd below": case([2, 2, [3, 4, 5]], {"bilinear": False}, x=(2, 2, 7, 6)),
        },
        "transposed": {"transposed": case([2, 3, [4, 6, 5]], {"bilinear": False}, x=(1, 2, 4, 8))},
        "valid": {
            "valid": case([2, 3, [4, 6]], {"padded": False, "bilinear": False}, x=(1, 2, 20, 18)),
            "valid and interpolated": case([1, 2, [3, 4]], {"padded": False}, x=(1, 1, 18, 20)),
        },
        "a skip of odd size": {
            "one more at the end": case([1, 2, [3, 4]], {"padded": False, "bilinear": False}, x=(1, 1, 21, 19)),
            "more in columns": case([1, 2, [2, 2, 2]], {"padded": False, "bilinear": False}, x=(1, 1, 44, 46)),
        },
        "of its real size": case([3, 4], {"bilinear": False}, large=True),
    },
    training=["two levels", "transposed"],
    gradients=["odd below"],
    apart=["two levels"],
    rounded=True,
    sums=True,
    costs=PRICE,
)


@exercise("UNet", costs=0.25)
def test_a_new_unet_starts_as_torchs_layers(student):
    """All convolutions start as torch's do, the head too, and otherwise each time."""
    as_torch_starts(student, "UNet", "", [8, 8, [8, 8]], {"bilinear": False})


def unet_inputs(rng, N=2, C=3, K=4, H=4, W=6, dtype=DOUBLE):
    """Return how a U-Net of two levels is made, and its images."""
    return "UNet", [C, K, [3, 5]], {}, randn(rng, N, C, H, W, dtype=dtype)


contract(
    "UNet",
    use=use_module,
    inputs=unet_inputs,
    square=dict.fromkeys("NCKHW", 4),
    one=["N", "C", "K"],
)


# overlap_tile


def tiled(ns, x, tile, margin) -> tuple[torch.Tensor, list[list[int]]]:
    """Probe: overlap_tile of a network whose answer, in float64, depends on where windows of two pixels begin, on every
    pixel of the margin and on the tile's last one; and the shapes that the network was given."""
    seen = []

    def predict(part):
        seen.append(list(part.shape))
        if len(seen) > 200:
            raise RuntimeError("predict was called more than 200 times")
        part = part.double()
        sums = part.cumsum(2).cumsum(3)
        sums = torch.nn.functional.pad(sums, (1, 0, 1, 0))
        side = 2 * margin + 1
        window = sums[:, :, side:, side:] - sums[:, :, :-side, side:] - sums[:, :, side:, :-side]
        window = window + sums[:, :, :-side, :-side] + part[:, :, -1:, -1:]
        high, wide = part.shape[2] - 2 * margin, part.shape[3] - 2 * margin
        rows = torch.arange(high, device=part.device)[:, None] % 2
        columns = torch.arange(wide, device=part.device) % 2
        middle = part[:, :, margin : margin + high, margin : margin + wide]
        return torch.cat([window * (1 + rows + 2 * columns), middle[:, :1]], dim=1)

    out = ns.overlap_tile(predict, x, tuple(tile), margin)
    return out, seen


def calls_in_words(shapes):
    return f"{len(shapes)} calls, with the shapes {sorted(set(map(tuple, shapes)))[:5]}"


def both_tile(student, reference, x, tile, margin):
    call = tiled, x, list(tile), margin
    (came, shapes), (expected, wanted) = student.run(*call), reference.run(*call)
    if shapes != wanted:
        raise Mismatch("predict is called otherwise", *map(calls_in_words, (shapes, wanted)))
    assert_close(came, expected, what="the scores")


TILES = [
    pytest.param((4, 6), (2, 3), 1, id="whole tiles"),
    pytest.param((4, 6), (4, 6), 2, id="one tile"),
    pytest.param((5, 7), (2, 4), 1, id="the last tiles reach beyond"),
    pytest.param((4, 6), (2, 2), 0, id="no margin"),
    pytest.param((3, 5), (4, 8), 2, id="smaller than a tile"),
    pytest.param((3, 4), (2, 2), 5, id="a margin larger than the image"),
    pytest.param((1, 4), (2, 2), 2, id="a single row"),
    pytest.param((4, 1), (2, 2), 1, id="a single column"),
    pytest.param((5, 5), (2, 2), 2, id="square"),
]


@exercise("overlap_tile")
@pytest.mark.parametrize(("size", "tile", "margin"), TILES)
def test_tiles_of_every_kind(student, reference, rng, size, tile, margin):
    """Each tile with its margin, mirrored where the image ends, up to the tile's last corner."""
    both_tile(student, reference, randn(rng, 2, 1, *size, dtype=DOUBLE), tile, margin)


@exercise("overlap_tile")
def test_a_row_of_five_pixels(student, reference):
    """The row of the text, with the values 1, 10, 100, 1000, 10000, tiles of 3 and a margin of 2; the image is in
    float32, and predict answers in float64."""
    x = torch.tensor([[[[1.0, 10, 100, 1000, 10000]] * 3]])
    both_tile(student, reference, x, (3, 3), 2)


@exercise("overlap_tile", costs=0.25)
@pytest.mark.parametrize(
    "answer", [(2, 2), (1, 3), (2, 4), (3, 2), None], ids=["columns", "rows", "larger", "turned", "right"]
)
def test_an_answer_of_another_size_is_refused(student, reference, answer):
    """predict answers with fewer or more rows or columns than the tile has: a ValueError."""
    call = refusal_of_tiles, torch.ones(1, 1, 4, 6), [2, 3], 1, answer
    came, expected = student.run(*call), reference.run(*call)
    if came != expected:
        raise Mismatch(f"an answer of {answer or (2, 3)} for a tile of (2, 3) raises another error", came, expected)


def refusal_of_tiles(ns, x, tile, margin, answer) -> str:
    """Probe: which error overlap_tile raises where predict answers in a size of its own, or "none"."""

    def predict(part):
        out = part[:, :, margin : part.shape[2] - margin, margin : part.shape[3] - margin]
        return out if answer is None else out.new_zeros(*out.shape[:2], *answer)

    try:
        ns.overlap_tile(predict, x, tuple(tile), margin)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "none"


def tiles_of(ns, x, tile, margin):
    """Probe: overlap_tile of a network that adds each pixel to the one at its margin's corner."""

    def predict(part):
        high, wide = part.shape[2] - 2 * margin, part.shape[3] - 2 * margin
        middle = part[:, :, margin : margin + high, margin : margin + wide]
        return middle + 2 * part[:, :, :high, :wide] + 4 * part[:, :, 2 * margin :, 2 * margin :]

    return ns.overlap_tile(predict, x, tuple(tile), margin)


contract(
    "overlap_tile",
    use=tiles_of,
    inputs=lambda rng, N=2, C=3, H=5, W=4, dtype=DOUBLE: (randn(rng, N, C, H, W, dtype=dtype), [2, 3], 2),
    square=dict.fromkeys("NCHW", 3),
    one="NCHW",
)
