"""Checks of the chapter's project: a hidden network to be fooled, of which only scores and slopes can be asked.

The network answers here, and none of its numbers goes through a door: only images, scores and slopes do. The four that
it may be made of are public (coursekit), since whoever practises needs some; which two vote, with which weights and
which way up, is the run's own. Who worked that out could take hundreds of steps in place of 20, and turn few images
more: no threshold lies between the two.
"""

from functools import lru_cache

import torch

from autograder.authoring import exercise, forbid_names

CALLS, NUM = 20, 128
MARKS = (0.20, 0.45, 0.60)
SECONDS = 120  # wall time of all calls together; an attempt needs a few
LARGEST_STATE = 32 * 2**20  # bytes
BEHIND_THE_SCENES = (
    *(
        "importlib",
        "__import__",
        "sys",
        "modules",
        "gc",
        "inspect",
        "_getframe",
        "currentframe",
        "open",
        "eval",
        "exec",
    ),
    *("get_objects", "get_referrers", "__dict__", "__globals__", "globals", "load_file", "members", "Member"),
)
KEPT = {}  # the first answer of the attempt that was judged last, and the share that it came to


def next_images(ns, images, labels, tried, scores, slopes, left, state):
    """Return what attack answers to one call, images and a state."""
    from coursekit.fortress import Seen

    return ns.attack(images, labels, Seen(tried, scores, slopes, left), state)


def conversation(student, answer, images, labels, calls=CALLS):
    """Yield (call, what came) for each call. An AssertionError says which rule is broken, if any."""
    from coursekit.fortress import fault_of

    tried, state = images, {}
    for call in range(1, calls + 1):
        scores, slopes = answer(tried)
        came = student.run(next_images, images, labels, tried, scores, slopes, calls - call, state)
        fault = fault_of(came, images)
        assert fault == "", f"after call {call} of {calls}: {fault}"
        tried, state = came
        size = bytes_of(state)
        assert size <= LARGEST_STATE, f"after call {call}: the state takes {size / 2**20:.0f} MB, and 32 are allowed"
        yield call, came


def last_images(student, answer, images, labels, calls=CALLS):
    """Return the images that an attack ends with."""
    for _, came in conversation(student, answer, images, labels, calls):
        tried = came[0]
    return tried


def bytes_of(value):
    """Return how many bytes the tensors in plain data take."""
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size()
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return sum(bytes_of(part) for part in parts)


def straight(rng, num, steep=1.0, num_classes=4, height=6, width=5):
    """Return images, labels, and a network that is a straight line for each image: `answer(x)` gives scores and slopes.

    An image's class leads; 0.4 of the way that the values may go, all of them together, is enough for the next class.
    """
    drawn = steep * torch.from_numpy(rng.standard_normal((num, num_classes, 3, height, width))).float()
    images = 0.1 + 0.8 * torch.from_numpy(rng.random((num, 3, height, width))).float()
    labels = torch.arange(num) % num_classes
    rows = torch.arange(num)
    own = drawn[rows, labels][:, None]
    behind = 0.4 * 8 / 255 * (drawn - own).abs().flatten(2).sum(dim=2)
    behind[rows, (labels + 2) % num_classes] *= 1.5
    behind[rows, (labels + 3) % num_classes] *= 2.0

    def answer(x):
        rise = (drawn * (x - images)[:, None]).flatten(2).sum(dim=2)
        return rise - behind, drawn.clone()

    return images, labels, answer


@exercise("attack", devices=("cpu",))
def test_it_answers_with_images_and_a_state(student, rng):
    """Twenty calls about five small images: each time images of the same shape, and a dict."""
    images, labels, answer = straight(rng, 5)
    last_images(student, answer, images, labels)


@exercise("attack", devices=("cpu",))
def test_no_pixel_goes_too_far_or_leaves_the_range(student, rng):
    """Images that are black, white or nearly so, and steep slopes: at most 8/255 from the original, and in [0, 1]."""
    images, labels, answer = straight(rng, 6, steep=30.0)
    images = torch.stack([images[0] * 0, images[0] * 0 + 1, images[2] / 100, 1 - images[3] / 100, *images[4:]])
    last_images(student, answer, images, labels)


@exercise("attack", devices=("cpu",))
def test_where_nothing_slopes_there_is_no_nan(student, rng):
    """One of three images lies where no score changes at all: the others are attacked as ever."""
    images, labels, answer = straight(rng, 3)

    def flat_for_one(x):
        scores, slopes = answer(x)
        slopes[1] = 0
        return scores, slopes

    last_images(student, flat_for_one, images, labels)


@exercise("attack", devices=("cpu",))
def test_one_image_alone(student, rng):
    """A batch of one."""
    images, labels, answer = straight(rng, 1)
    last_images(student, answer, images, labels)


@exercise("attack", devices=("cpu",))
def test_a_straight_line_is_turned(student, rng):
    """A network that is a straight line, and not steep; four tenths of the way that values may go are enough."""
    images, labels, answer = straight(rng, 8, steep=0.05)
    scores, _ = answer(last_images(student, answer, images, labels))
    still = int((scores.argmax(dim=1) == labels).sum())
    assert still == 0, f"{still} of 8 images are named as before at the end; one step along the slopes can turn each"


@exercise("attack", devices=("cpu",))
def test_it_asks_the_network_and_nothing_else(student):
    """What is known of the network is what it answers: files and other modules play no part."""
    forbid_names(student, "attack", *BEHIND_THE_SCENES, instead="use the scores and slopes that each call shows")
    for name, one in student.source("attack").items():
        brought = {word for part in one.parts for word in part.modules}
        assert name == "Seen" or "coursekit" not in brought, (
            f"{name} imports from coursekit: use the scores and slopes that each call shows"
        )


@lru_cache(maxsize=1)
def drawn(seed):
    """Return the hidden network of a seed, images that it names rightly, and their labels."""
    from coursekit.fortress import fortress, victims

    network = fortress(seed)
    return network, *victims(network, NUM, seed)


def share_of_turned(student, rng):
    """Hold the conversation, and return the share of images that the network names wrongly at its end.

    Later tests hear the same conversation from its first question; that one tells that it is the same.
    """
    network, images, labels = drawn(int(rng.integers(2**31)))
    talk = conversation(student, lambda x: network.answer(x)[1:3], images, labels)
    _, came = first = next(talk)
    if KEPT.get("first") is not came:
        for _, came in (first, *talk):
            tried = came[0]
        KEPT.update(first=first[1], share=(network.names(tried) != labels).double().mean().item())
    return KEPT["share"]


def expect(student, rng, least):
    """Say what share of the images is turned, where it is too small."""
    share = share_of_turned(student, rng)
    assert share >= least, f"{share:.1%} of the images are named wrongly at the end, expected at least {least:.0%}"


@exercise("attack", devices=("cpu",), attempt=True, seconds=SECONDS)
def test_it_turns_20_of_100_images(student, rng):
    """20 calls to a hidden network about 128 images that it names rightly. Fewer are worth nothing."""
    expect(student, rng, MARKS[0])


@exercise("attack", costs=0.3, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_it_turns_45_of_100_images(student, rng):
    """The same network, the same images."""
    expect(student, rng, MARKS[1])


@exercise("attack", costs=0.3, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_it_turns_60_of_100_images(student, rng):
    """The same network, the same images."""
    expect(student, rng, MARKS[2])
