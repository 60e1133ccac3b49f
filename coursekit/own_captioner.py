"""How a captioner of a student's own is trained and asked: the same scenes for everyone, seen by the same frozen
network, and as many captions to learn from. The captioner and its recipe alone decide.

All chance comes from seeds that stand fixed. Two runs on one machine give the same captioner; on another machine the
last digits differ, and with them a few captions in a hundred.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from coursekit.caption_backbone import SIDE
from coursekit.counting import count_numbers
from coursekit.shapes import COLOUR_NAMES, SHAPE_NAMES, Shapes, shapes

RADIUS = (6.0, 10.0)  # pixels, of the smallest and the largest object
PAD, START, END = 0, 1, 2
SPECIAL = ("<pad>", "<start>", "<end>")
WORDS = (*SPECIAL, "left", "of", "above", *COLOUR_NAMES, *SHAPE_NAMES)
NUM_WORDS = len(WORDS)
LENGTH = 8  # numbers of a caption, with START and END
LONGEST = 16  # words that a captioner may say
NUM_TRAIN = 3000
READ = 60_000  # captions that are learned from in all: each of the 3,000 twenty times
SETTINGS = {"batch": (8, 500), "rate": (1e-6, 1.0)}  # of a recipe: the least and the most
COUNTED = 8  # captions of the batch that is counted
SEED = 0
PLACES = ("first colour", "first shape", "relation", "second colour", "second shape")

Design = Callable[[], Any]


class Budget(NamedTuple):
    """What a captioner may take.

    Args:
        parameters: numbers that it keeps.
        learning: multiply-adds of one caption in training: forward, with the loss.
        saying: multiply-adds of one caption that it says.
    """

    parameters: int
    learning: int
    saying: int

    def allows(self, took: Budget) -> bool:
        """Return whether what a captioner takes is no more."""
        return all(came <= most for came, most in zip(took, self, strict=True))


BUDGET = Budget(parameters=200_000, learning=1_500_000, saying=10_000_000)


class Recipe(NamedTuple):
    """How a captioner is trained.

    Args:
        batch: captions of a step.
        rate: of AdamW, or the largest one where it falls.
        falls: whether the rate rises at first and then falls to 0 (one cycle); else it stays.
    """

    batch: int
    rate: float
    falls: bool

    @property
    def steps(self) -> int:
        """Return how many steps there are: all that READ captions make."""
        return READ // self.batch


class Attempted(NamedTuple):
    """What became of a captioner.

    Args:
        took: what it keeps and takes, whichever is more, before the training or after it.
        said: (M, T) int64, what it says of the new scenes; none where the budget was passed, for then it isn't trained.
        losses: of each step.
    """

    took: Budget
    said: torch.Tensor
    losses: list[float]


# The data


def scenes(num: int, seed: int) -> Shapes:
    """Return scenes of two objects, clearly side by side or one above the other."""
    return shapes(num, size=SIDE, objects=(2, 2), radius=RADIUS, seed=seed)


def numbers_of(sentence: str) -> list[int]:
    """Return the numbers of a sentence's words, START and END around them, padded to 8."""
    row = [START, *(WORDS.index(word) for word in sentence.split() if word != "a"), END]
    return row + [PAD] * (LENGTH - len(row))


def captions_of(drawn: Shapes) -> torch.Tensor:
    """Return the captions of scenes, (N, 8) int64: the left or the upper object first."""
    return torch.tensor([numbers_of(sentence) for sentence in drawn.captions()])


def words_of(row: torch.Tensor) -> list[int]:
    """Return the numbers that a row (T,) says: those before its first END, without a START that it begins with."""
    said: list[int] = row.tolist()
    said = said[: said.index(END)] if END in said else said
    return said[1:] if said[:1] == [START] else said


def text_of(row: torch.Tensor) -> str:
    """Return what a row of numbers says, as text."""
    return " ".join(WORDS[word] for word in words_of(row))


# The measure


def exact(said: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return for each scene whether all words are right, (N,) bool; what stands behind an END doesn't matter.

    Args:
        said: (N, T) integers, and truth: (N, 8) captions.
    """
    pairs = zip(said, truth, strict=True)
    return torch.tensor([words_of(one) == words_of(other) and END in one for one, other in pairs], dtype=torch.bool)


def by_place(said: torch.Tensor, truth: torch.Tensor) -> list[float]:
    """Return the share of scenes in which the right word stands in each of `PLACES`.

    The first two words are counted from the front, the last two from the back, and what is between is the relation.
    """
    right = torch.zeros(len(truth), len(PLACES))
    for n, (one, other) in enumerate(zip(said, truth, strict=True)):
        ours, theirs = (_parts(words_of(row)) for row in (one, other))
        right[n] = torch.tensor([mine == yours for mine, yours in zip(ours, theirs, strict=True)])
    return right.mean(dim=0).tolist()


def _parts(words: list[int]) -> list[list[int]]:
    return [words[:1], words[1:2], words[2:-2], words[-2:-1], words[-1:]]


# The design


def made(design: Design) -> tuple[nn.Module, Recipe]:
    """Return the network and the recipe that a design gives.

    Raises:
        ValueError: it gives something else, with a sentence that says what.
    """
    came = design()
    expected = "expected a network and its recipe: an nn.Module and a dict"
    if not isinstance(came, tuple | list) or len(came) != 2:
        many = f" of {len(came)}" if isinstance(came, tuple | list) else ""
        raise ValueError(f"captioner returned {_kind(came)}{many}, {expected}")
    model, recipe = came
    if not isinstance(model, nn.Module):
        raise ValueError(f"the first that captioner returned is {_kind(model)}, {expected}")
    if not isinstance(recipe, dict):
        raise ValueError(f"the second that captioner returned is {_kind(recipe)}, {expected}")
    if not [*nn.Module.parameters(model)]:
        raise ValueError("the network has no parameters: there is nothing to learn")
    if not callable(getattr(model, "say", None)):
        raise ValueError("the network has no method say: how is it asked for a caption?")
    return model, _checked(recipe)


def _checked(recipe: dict[str, Any]) -> Recipe:
    wanted = sorted(Recipe._fields)
    if sorted(map(str, recipe)) != wanted:
        raise ValueError(f"the recipe has the keys {sorted(map(str, recipe))}, expected {wanted}")
    if type(recipe["batch"]) is not int:
        raise ValueError(f"the recipe's batch is {_kind(recipe['batch'])}, expected an int")
    if type(recipe["rate"]) not in (int, float):
        raise ValueError(f"the recipe's rate is {_kind(recipe['rate'])}, expected a float")
    if type(recipe["falls"]) is not bool:
        raise ValueError(f"the recipe's falls is {_kind(recipe['falls'])}, expected True or False")
    for name, (least, most) in SETTINGS.items():
        if not least <= recipe[name] <= most:
            raise ValueError(f"the recipe's {name} is {recipe[name]}, expected from {least:g} to {most:g}")
    return Recipe(**recipe)


def fault_of_loss(came: Any) -> str:
    """Return what is wrong with a loss, in words; "" where nothing is."""
    if not isinstance(came, torch.Tensor):
        return f"the loss is {_kind(came)}, expected a tensor with a single number"
    if came.numel() != 1:
        return f"the loss has shape {tuple(came.shape)}, expected a single number"
    if not came.requires_grad:
        return "the loss has no gradient: it doesn't depend on a parameter, or was cut off from them"
    if not came.isfinite():
        return f"the loss is {came.item()}"
    return ""


def fault_of_words(came: Any, num: int) -> str:
    """Return what is wrong with what is said of `num` scenes, in words; "" where nothing is."""
    if not isinstance(came, torch.Tensor):
        return f"say returned {_kind(came)}, expected words: a tensor of shape ({num}, T), int64"
    if came.ndim != 2 or len(came) != num or not 1 <= came.shape[1] <= LONGEST:
        return f"what is said has shape {tuple(came.shape)}, expected ({num}, T) with T from 1 to {LONGEST}"
    if came.dtype != torch.int64:
        return f"what is said is {came.dtype}, expected torch.int64: numbers of words"
    if came.min() < 0 or came.max() >= NUM_WORDS:
        return f"numbers from {came.min()} to {came.max()} are said, expected words from 0 to {NUM_WORDS - 1}"
    return ""


# The training


def _flops(call: Callable[[], Any]) -> int:
    """Return the multiply-adds of a call. Torch's fused LSTM and attention, which count as nothing, are taken apart."""
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            torch.backends.mkldnn.flags(enabled=False),
            sdpa_kernel(SDPBackend.MATH),
            torch.no_grad(),
            FlopCounterMode(display=False) as counter,
        ):
            call()
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
    return int(counter.get_total_flops()) // 2


def counted(model: nn.Module, maps: torch.Tensor, captions: torch.Tensor) -> Budget:
    """Return what a network takes, counted with a few scenes; it stays as it was."""
    maps, captions = maps[:COUNTED].float(), captions[:COUNTED]
    kept = {name: one.clone() for name, one in model.state_dict().items()}
    model.eval()
    asked = _flops(lambda: _said(model, maps))
    model.train()
    learned = _flops(lambda: model(maps, captions))
    model.load_state_dict(kept)
    return Budget(count_numbers(model), learned // len(maps), asked // len(maps))


def train(
    model: nn.Module, recipe: Recipe, maps: torch.Tensor, captions: torch.Tensor, steps: Iterable[int]
) -> list[float]:
    """Train a network by its recipe, with AdamW, and return the loss of each step.

    Args:
        model: called with maps and captions it gives a loss. It is changed, and left in evaluation mode.
        recipe: what the steps are like.
        maps: (N, 64, 8, 8), of any floating point.
        captions: (N, 8) int64.
        steps: what it yields plays no part, but it has a length.

    Raises:
        ValueError: the loss is no single finite number with a gradient; the message says at which step.
    """
    drawn = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.AdamW(nn.Module.parameters(model), lr=recipe.rate, weight_decay=0.01)
    total = len(steps)  # type: ignore[arg-type]
    one_cycle = torch.optim.lr_scheduler.OneCycleLR
    schedule = one_cycle(optimizer, recipe.rate, total_steps=max(total, 2)) if recipe.falls else None
    waiting: list[torch.Tensor] = []
    losses: list[float] = []
    model.train()
    for _ in steps:
        if not waiting:
            waiting = [*torch.randperm(len(maps), generator=drawn).split(recipe.batch)]
            waiting = waiting[: max(len(maps) // recipe.batch, 1)]
        rows = waiting.pop()
        cost = model(maps[rows].float(), captions[rows])
        fault = fault_of_loss(cost)
        if fault:
            raise ValueError(f"at step {len(losses) + 1} of {total}: {fault}")
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
        losses.append(cost.item())
    model.eval()
    return losses


def _said(model: nn.Module, maps: torch.Tensor) -> Any:
    return model.say(maps)  # type: ignore[operator]


@torch.no_grad()
def say(model: nn.Module, maps: torch.Tensor) -> torch.Tensor:
    """Return what a network says of scenes, (N, T) int64, filled up with END.

    Raises:
        ValueError: what it says are no words, with a sentence that says so.
    """
    found = []
    model.eval()
    for part in maps.split(100):
        came = _said(model, part.float())
        fault = fault_of_words(came, len(part))
        if fault:
            raise ValueError(fault)
        found.append(nn.functional.pad(came, (0, LONGEST - came.shape[1]), value=END))
    return torch.cat(found)


def attempt(
    design: Design,
    maps: torch.Tensor,
    captions: torch.Tensor,
    maps_new: torch.Tensor,
    steps: Callable[[int], Iterable[int]] = range,
    budget: Budget = BUDGET,
) -> Attempted:
    """Build a captioner, count it, and, if it keeps to the budget, train it and ask it for captions of new scenes.

    It is counted once more at the end, so that nothing is gained on the way. The global generator stays as it was.

    Args:
        design: returns the network and its recipe; called once, under a fixed seed.
        maps: (N, 64, 8, 8) of the scenes to learn from, and captions: (N, 8) int64.
        maps_new: (M, 64, 8, 8).
        steps: makes of a recipe's number of steps something that has this length.
        budget: what the network may take.

    Raises:
        ValueError: what the design or the network gives can't be used, with a sentence that says so.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model, recipe = made(design)
        before = counted(model, maps, captions)
        if not budget.allows(before):
            return Attempted(before, torch.empty(0, LONGEST, dtype=torch.int64), [])
        say(model, maps[:1])  # what are no words is told before the training, not after it
        losses = train(model, recipe, maps.clone(), captions.clone(), steps(recipe.steps))
        said = say(model, maps_new)
        after = counted(model, maps, captions)
    return Attempted(Budget(*map(max, before, after)), said, losses)


def _kind(came: Any) -> str:
    if came is None:
        return "None"
    return f"the class {came.__name__}" if isinstance(came, type) else f"a {type(came).__name__}"
