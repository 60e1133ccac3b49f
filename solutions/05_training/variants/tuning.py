"""What students write in tuning: mistakes with the hint each deserves, and other right answers."""

import copy
import itertools
import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

# initial_loss_check

CHANGED = (
    "Your check changes the network that it checks: in training mode a batch norm moves its statistics. Work on a copy."
)


@mistake("initial_loss_check", edit={"copy.deepcopy(model).train()": "model.train()"}, hint=CHANGED)
def start_without_a_copy(): ...


IN_TRAINING = (
    "The network is not asked in training mode throughout. The first step will see it so, with the batch's statistics."
)


@mistake(
    "initial_loss_check",
    edit={"copy.deepcopy(model).train()": "copy.deepcopy(model).eval()"},
    hint=IN_TRAINING,
)
def start_in_evaluation_mode(): ...


@mistake(
    "initial_loss_check",
    edit={"math.log(2)": "math.log(num_classes)"},
    hint="The sigmoid asks each class by itself, yes or no: how many answers does each question have?",
)
def start_sigmoid_of_all_classes(): ...


@mistake(
    "initial_loss_check",
    edit={"num_classes - 1.0": "float(num_classes)"},
    hint="The hinge is summed over the wrong classes alone: how many are there?",
)
def start_hinge_of_all_classes(): ...


@mistake(
    "initial_loss_check",
    edit={".mean() - 1, ": ".mean(), "},
    hint="The right class takes part in your hinge loss: its margin is 1, and the sum runs over the wrong ones.",
)
def start_hinge_with_the_right_class(): ...


@mistake(
    "initial_loss_check",
    edit={"abs(loss.item() - expected)": "loss.item() - expected"},
    hint="A loss far below what is expected is as suspicious as one above: the gap has two sides.",
)
def start_too_low_is_fine(): ...


@mistake(
    "initial_loss_check",
    edit={"tolerance * expected": "tolerance"},
    hint="The tolerance is a share of the expected loss.",
)
def start_tolerance_absolute(): ...


@mistake(
    "initial_loss_check",
    edit={"gap <= tolerance * expected": "not gap > tolerance * expected"},
    hint="With a loss of NaN every comparison is false, and its opposite is true: you call it fine.",
)
def start_nan_is_fine(): ...


@mistake(
    "initial_loss_check",
    edit={"math.log(num_classes)": "math.log2(num_classes)"},
    hint="The cross-entropy uses the natural logarithm.",
)
def start_binary_logarithm(): ...


@mistake(
    "initial_loss_check",
    edit={
        "F.binary_cross_entropy_with_logits(scores, y)": "F.binary_cross_entropy_with_logits(scores, y, reduction='sum') / len(y)"
    },
    hint="The binary cross-entropy is the mean over images and classes; yours adds up the classes.",
)
def start_sigmoid_summed(): ...


@mistake(
    "initial_loss_check",
    edit={"scores.shape[1]": "len(y.unique())"},
    hint="You count the classes that appear among the labels: a batch need not hold them all.",
)
def start_classes_in_the_batch(): ...


@mistake(
    "initial_loss_check",
    edit={"scores = trial(x)": "scores = trial(x)\n    model.train()"},
    hint="The network handed in is left in training mode, whatever it was in: only the copy should change.",
)
def start_mode_left(): ...


@mistake(
    "initial_loss_check",
    edit={"F.cross_entropy(scores, y)": "F.nll_loss(scores.softmax(1).log(), y)"},
    hint="A probability that underflows to 0 has the logarithm minus infinity: F.cross_entropy takes scores.",
)
def start_log_of_softmax(): ...


@mistake(
    "initial_loss_check",
    edit={"F.binary_cross_entropy_with_logits(scores, y)": "F.binary_cross_entropy(scores.sigmoid(), y)"},
    hint="A far score is cut off after the sigmoid: give the loss the scores themselves.",
)
def start_sigmoid_first(): ...


@mistake("initial_loss_check", edit={"gap <= ": "gap < "}, hint="A gap as large as the tolerance still agrees.")
def start_strictly(): ...


@mistake(
    "initial_loss_check",
    edit={"scores.shape[1]": 'int(y.max()) + 1 if kind != "sigmoid" else y.shape[1]'},
    hint="You count the classes that appear among the labels: a batch need not hold them all.",
)
def start_classes_by_largest(): ...


@mistake(
    "initial_loss_check",
    edit={"num_classes - 1.0": "num_classes - 1"},
    hint="For the hinge the expected loss is an int, not a float.",
)
def start_integer(): ...


@mistake(
    "initial_loss_check",
    edit={"margins.sum(dim=1).mean() - 1, ": "F.multi_margin_loss(scores, y), "},
    hint="The hinge is a sum over the wrong classes, not a mean.",
)
def start_hinge_mean(): ...


@mistake(
    "initial_loss_check",
    edit={" + 1).clamp": ").clamp", ".mean() - 1, ": ".mean(), "},
    hint="The hinge loss has lost its margin of 1.",
)
def start_hinge_without_margin(): ...


@mistake(
    "initial_loss_check",
    edit={"math.log(num_classes)": "math.log2(num_classes)", "math.log(2)": "math.log2(2)"},
    hint="The cross-entropy uses the natural logarithm.",
)
def start_all_binary_logarithms(): ...


@mistake(
    "initial_loss_check",
    edit={"abs(loss.item() - expected)": "abs(loss - expected)", "return loss.item(), ": "return loss, "},
    hint="loss and fine are tensors: a Python float and a bool are asked for.",
)
def start_tensors(): ...


@mistake(
    "initial_loss_check",
    edit={"F.cross_entropy(scores, y)": "F.cross_entropy(scores.softmax(1), y)"},
    hint="The softmax is taken twice: F.cross_entropy has one of its own.",
)
def start_softmax_twice(): ...


@mistake(
    "initial_loss_check",
    edit={"tolerance * expected": "tolerance * loss.item()"},
    hint="The tolerance is a share of what is expected, not of the loss that came.",
)
def start_tolerance_of_loss(): ...


@mistake(
    "initial_loss_check",
    edit={
        "F.binary_cross_entropy_with_logits(scores, y)": 'F.binary_cross_entropy_with_logits(scores, y, reduction="sum") / len(y)',
        "math.log(2)": "num_classes * math.log(2)",
    },
    hint="The binary cross-entropy is the mean over images and classes; yours adds up the classes.",
)
def start_sigmoid_all_summed(): ...


@mistake(
    "initial_loss_check",
    edit={
        'scores.shape[1]': 'scores.shape[0]',
    },
    hint='The number of images is taken for the number of classes: which axis of the scores has the classes?',
)
def start_classes_by_images(): ...


@mistake(
    "initial_loss_check",
    edit={
        'elif kind == "hinge":': 'else:',
        '    else:\n        raise ValueError(f"kind is {kind!r}, expected softmax, sigmoid or hinge")\n': '',
    },
    hint="A kind that there isn't passes for one of the three: it is to raise ValueError.",
)
def start_any_kind_is_hinge(): ...


@mistake(
    "initial_loss_check",
    edit={
        'margins.sum(dim=1).mean() - 1, ': 'margins.scatter(1, y[:, None], 0.0).amax(dim=1).mean(), ',
    },
    hint='Only the worst of the wrong classes counts in your hinge loss: it is a sum over all of them.',
)
def start_hinge_of_the_worst(): ...


@mistake(
    "initial_loss_check",
    edit={
        '(scores - scores.gather(1, y[:, None]) + 1)': '(scores.gather(1, y[:, None]) - scores + 1)',
    },
    hint='The difference in your hinge loss is turned round: what costs is a wrong score that comes near the right one.',
)
def start_hinge_turned_round(): ...


@right("initial_loss_check")
def start_with_a_table(model, x, y, kind="softmax", tolerance=0.1):
    scores = copy.deepcopy(model).train()(x).detach()
    c = scores.shape[1]
    table = {
        "softmax": (lambda: F.cross_entropy(scores, y), math.log(c)),
        "sigmoid": (lambda: F.softplus(torch.where(y > 0, -scores, scores)).mean(), math.log(2)),
        "hinge": (lambda: c * F.multi_margin_loss(scores, y), c - 1.0),
    }
    if kind not in table:
        raise ValueError(kind)
    loss, expected = float(table[kind][0]()), table[kind][1]
    return loss, expected, bool(expected - tolerance * expected <= loss <= expected + tolerance * expected)


@right("initial_loss_check")
def start_by_scores_of_zero(model, x, y, kind="softmax", tolerance=0.1):
    def hinge(scores, y):
        margins = F.relu(scores - scores[torch.arange(len(y)), y].unsqueeze(1) + 1)
        margins[torch.arange(len(y)), y] = 0
        return margins.sum() / len(y)

    losses = {"softmax": F.cross_entropy, "sigmoid": F.binary_cross_entropy_with_logits, "hinge": hinge}
    if kind not in losses:
        raise ValueError("no such kind")
    twin = copy.deepcopy(model)
    twin.train()
    with torch.no_grad():
        scores = twin(x)
        loss = losses[kind](scores, y).item()
        expected = losses[kind](torch.zeros_like(scores), y).item()
    return loss, expected, abs(loss - expected) / expected <= tolerance


@right("initial_loss_check")
def start_with_the_state_put_back(model, x, y, kind="softmax", tolerance=0.1):
    kept = copy.deepcopy(model.state_dict())
    modes = {name: part.training for name, part in model.named_modules()}
    model.train()
    with torch.no_grad():
        scores = model(x)
    model.load_state_dict(kept)
    for name, part in model.named_modules():
        part.training = modes[name]
    if kind == "softmax":
        expected, loss = math.log(scores.size(1)), -scores.log_softmax(1).gather(1, y.view(-1, 1)).mean().item()
    elif kind == "sigmoid":
        expected = math.log(2)
        loss = -(y * F.logsigmoid(scores) + (1 - y) * F.logsigmoid(-scores)).mean().item()
    elif kind == "hinge":
        own = scores.gather(1, y.view(-1, 1))
        expected, loss = scores.size(1) - 1.0, ((scores - own + 1).clamp_min(0).sum(1) - 1).mean().item()
    else:
        raise ValueError(kind)
    return loss, expected, abs(loss - expected) <= tolerance * expected


# overfit_small_batch


@mistake(
    "overfit_small_batch",
    edit={"copy.deepcopy(model).train()": "model.train()"},
    hint="The network itself learns the batch by heart: the real training would begin from there. Work on a copy.",
)
def heart_without_a_copy(): ...


@mistake(
    "overfit_small_batch",
    edit={"copy.deepcopy(model).train()": "copy.deepcopy(model)"},
    hint="The copy stays in the mode that the network came in. It is to learn in training mode.",
)
def heart_in_any_mode(): ...


@mistake(
    "overfit_small_batch",
    edit={"trial.parameters(), lr": "model.parameters(), lr"},
    hint="Your losses never change: the optimiser has the parameters of another network than the one that is asked.",
)
def heart_of_another(): ...


@mistake(
    "overfit_small_batch",
    edit={"torch.optim.Adam": "torch.optim.SGD"},
    hint="These steps are not Adam's.",
)
def heart_by_sgd(): ...


@mistake(
    "overfit_small_batch",
    edit={"torch.optim.Adam": "torch.optim.AdamW"},
    hint="Decoupled weight decay pulls at the weights: Adam with its defaults has none.",
)
def heart_with_decay(): ...


@mistake(
    "overfit_small_batch",
    edit={"        optimizer.zero_grad()\n": ""},
    hint="The gradients of all steps add up: clear them before each backward pass.",
)
def heart_adds_up(): ...


@mistake(
    "overfit_small_batch",
    edit={"len(losses) > max_steps": "len(losses) >= max_steps"},
    hint="One loss is missing: with the one before the first step there is one more than steps.",
)
def heart_one_too_few(): ...


@mistake(
    "overfit_small_batch",
    edit={"losses[-1] < target or ": ""},
    hint="It goes on when the target has been reached.",
)
def heart_without_a_target(): ...


@mistake(
    "overfit_small_batch",
    edit={" or not math.isfinite(losses[-1])": ""},
    hint="It goes on with a loss that is no number: nothing can be learnt from there.",
)
def heart_goes_on_with_nan(): ...


@mistake(
    "overfit_small_batch",
    edit={"max_steps: int = 200": "max_steps: int = 100"},
    hint="Where nothing is said of steps, there are 200.",
)
def heart_fewer_steps(): ...


@mistake(
    "overfit_small_batch",
    edit={"target: float = 0.01": "target: float = 0.1"},
    hint="Where nothing is said of the target, it is 0.01.",
)
def heart_easier_target(): ...


@mistake(
    "overfit_small_batch",
    hint="The loss before the first step is missing from your list: note the loss, and step then.",
)
def heart_after_the_step(model, x, y, lr=0.01, max_steps=200, target=0.01):
    trial = copy.deepcopy(model).train()
    optimizer = torch.optim.Adam(trial.parameters(), lr)
    losses = []
    for _ in range(max_steps):
        optimizer.zero_grad()
        F.cross_entropy(trial(x), y).backward()
        optimizer.step()
        losses.append(F.cross_entropy(trial(x), y).item())
        if losses[-1] < target or not math.isfinite(losses[-1]):
            break
    return losses


@mistake("overfit_small_batch", hint="The loss that reached the target is not in your list: it is the last one.")
def heart_without_the_last(model, x, y, lr=0.01, max_steps=200, target=0.01):
    trial = copy.deepcopy(model).train()
    optimizer = torch.optim.Adam(trial.parameters(), lr)
    losses = []
    for _ in range(max_steps + 1):
        loss = F.cross_entropy(trial(x), y)
        if loss.item() < target:
            break
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


@mistake(
    "overfit_small_batch",
    edit={"losses[-1] < target": "losses[-1] <= target"},
    hint="A loss that equals the target is not below it.",
)
def heart_at_the_target(): ...


@mistake(
    "overfit_small_batch",
    edit={"not math.isfinite(losses[-1])": "math.isnan(losses[-1])"},
    hint="An infinite loss ends it too, not only NaN.",
)
def heart_only_nan(): ...


@mistake(
    "overfit_small_batch",
    edit={"trial.parameters(), lr": "trial.parameters()"},
    hint="The optimiser has a rate of its own: lr is not handed to it.",
)
def heart_without_lr(): ...


@mistake(
    "overfit_small_batch",
    edit={"trial(x)": "model(x)"},
    hint="The loss is that of the network handed in: the copy is what learns.",
)
def heart_asks_the_model(): ...


@mistake(
    "overfit_small_batch",
    edit={
        "        loss.backward()\n": "        optimizer = torch.optim.Adam(trial.parameters(), lr)\n        loss.backward()\n",
        "        optimizer.zero_grad()\n": "        trial.zero_grad()\n",
    },
    hint="Adam is made anew in each step, and forgets its moments.",
)
def heart_forgetful(): ...


@mistake(
    "overfit_small_batch",
    edit={
        "while True:": "for _ in range(max_steps):",
        "        optimizer.step()\n": "        optimizer.step()\n    return losses\n",
    },
    hint="One loss is missing: with the one before the first step there is one more than steps.",
)
def heart_as_many_as_steps(): ...


@mistake(
    "overfit_small_batch",
    edit={"len(losses) > max_steps": "len(losses) > max_steps + 1"},
    hint="One step too many is taken.",
)
def heart_one_too_many(): ...


@mistake(
    "overfit_small_batch",
    edit={"copy.deepcopy(model).train()": "copy.deepcopy(model.train())"},
    hint="The network handed in is left in training mode: only the copy should change.",
)
def heart_mode_left(): ...


@mistake(
    "overfit_small_batch",
    edit={"F.cross_entropy(trial(x), y)": "F.cross_entropy(trial(x).softmax(1), y)"},
    hint="The softmax is taken twice: F.cross_entropy has one of its own.",
)
def heart_softmax_twice(): ...


@mistake(
    "overfit_small_batch",
    edit={"F.cross_entropy(trial(x), y)": 'F.cross_entropy(trial(x), y, reduction="sum")'},
    hint="The losses of the images are added up; cross-entropy is their mean.",
)
def heart_summed(): ...


@mistake(
    "overfit_small_batch",
    edit={"losses.append(loss.item())": "losses.append(loss)"},
    hint="The losses are tensors, with their graphs: Python floats are asked for.",
)
def heart_tensors(): ...


@mistake(
    "overfit_small_batch",
    edit={"torch.optim.Adam(trial.parameters(), lr)": "torch.optim.Adam(trial.parameters(), lr, weight_decay=1e-4)"},
    hint="Weight decay pulls at the weights: Adam with its defaults has none.",
)
def heart_with_a_little_decay(): ...


@mistake(
    "overfit_small_batch",
    edit={
        "        loss.backward()\n": "        loss.backward()\n        nn.utils.clip_grad_norm_(trial.parameters(), 1.0)\n"
    },
    hint="Gradients are clipped, which nobody asked for.",
)
def heart_clipped(): ...


@mistake(
    "overfit_small_batch",
    edit={
        '        losses.append(loss.item())\n        done = losses[-1] < target or not math.isfinite(losses[-1])\n': '        if not math.isfinite(loss.item()):\n            return losses\n        losses.append(loss.item())\n        done = losses[-1] < target\n',
    },
    hint='A loss that is not finite ends it, and yet it is in the list: it is the last one.',
)
def heart_nan_not_noted(): ...


@mistake(
    "overfit_small_batch",
    edit={
        'done = losses[-1] < target or': 'done = (len(losses) > 1 and losses[-2] < target) or',
    },
    hint='One more step is taken after the loss has fallen below the target: that loss is the last one.',
)
def heart_one_more_after_the_target(): ...


@right("overfit_small_batch")
def heart_with_a_for_loop(model, x, y, lr=0.01, max_steps=200, target=0.01):
    student = copy.deepcopy(model)
    student.train()
    steps = torch.optim.Adam(student.parameters(), lr=lr)
    losses = []
    for step in range(max_steps + 1):
        loss = F.cross_entropy(student(x), y)
        losses.append(float(loss.detach()))
        if not losses[-1] >= target or losses[-1] == math.inf or step == max_steps:
            break
        steps.zero_grad()
        loss.backward()
        steps.step()
    return losses


@right("overfit_small_batch")
def heart_with_a_helper(model, x, y, lr=0.01, max_steps=200, target=0.01):
    twin = copy.deepcopy(model).train()
    adam = torch.optim.Adam([p for p in twin.parameters() if p.requires_grad], lr=lr)

    def losses():
        for _ in range(max_steps + 1):
            loss = nn.CrossEntropyLoss()(twin(x), y)
            yield loss.item()
            adam.zero_grad()
            loss.backward()
            adam.step()

    found = []
    for value in losses():
        found.append(value)
        if value < target or not math.isfinite(value):
            break
    return found


@right("overfit_small_batch")
def heart_with_gradients_asked_for(model, x, y, lr=0.01, max_steps=200, target=0.01):
    twin = copy.deepcopy(model)
    twin.train(True)
    learned = [p for p in twin.parameters() if p.requires_grad]
    adam = torch.optim.Adam(learned, lr)
    loss = F.cross_entropy(twin(x), y)
    losses = [loss.item()]
    while len(losses) <= max_steps and math.isfinite(losses[-1]) and losses[-1] >= target:
        for p, grad in zip(learned, torch.autograd.grad(loss, learned), strict=True):
            p.grad = grad
        adam.step()
        loss = F.cross_entropy(twin(x), y)
        losses.append(loss.item())
    return losses


# random_search


@mistake(
    "random_search",
    edit={'a * (b / a) ** u if scale == "log" else a + (b - a) * u': "a + (b - a) * u"},
    hint='On the scale "log" equal steps of the draw are equal ratios: your draws crowd at the high end.',
)
def search_all_linear(): ...


@mistake(
    "random_search",
    edit={'a * (b / a) ** u if scale == "log" else a + (b - a) * u': "a * (b / a) ** u"},
    hint="Every setting is drawn on the logarithmic scale; some are linear.",
)
def search_all_log(): ...


@mistake(
    "random_search",
    edit={"-math.inf if math.isnan(score) else score": "score"},
    hint="A score of NaN wins, or hides what comes after it: comparisons with NaN are false.",
)
def search_nan_wins(): ...


@mistake(
    "random_search",
    edit={"max(u - half, 0.0), min(u + half, 1.0)": "u - half, u + half"},
    hint="Near an end of the range your window sticks out of it.",
)
def search_outside(): ...


@mistake(
    "random_search",
    edit={"half = shrink ** (turn + 1) / 2": "half = shrink / 2"},
    hint="The window has the same width in all later rounds: it shrinks once more with each.",
)
def search_shrinks_once(): ...


@mistake(
    "random_search",
    edit={"half = shrink ** (turn + 1) / 2": "half = shrink ** (turn + 1)"},
    hint="Your window is twice as wide: what is given is its whole width, half of it on either side.",
)
def search_half_is_whole(): ...


@mistake(
    "random_search",
    edit={"scores.index(max(scores))": "scores.index(min(scores))"},
    hint="The lowest score wins; the higher, the better.",
)
def search_lowest(): ...


@mistake(
    "random_search",
    edit={"scores.index(max(scores))": "len(scores) - 1 - scores[::-1].index(max(scores))"},
    hint="Of equal scores the last wins; it is the first.",
)
def search_last_of_equals(): ...


@mistake(
    "random_search",
    edit={"evaluate(dict(settings))": "evaluate(settings)"},
    hint="evaluate was handed the very dict that you return: what it does to it is seen in your answer.",
)
def search_shares_the_dict(): ...


@mistake(
    "random_search",
    edit={"zip(windows, row, strict=True)": "zip(windows, row[::-1], strict=True)"},
    hint="A column belongs to a setting in the order of space; yours are turned round.",
)
def search_columns_turned(): ...


@mistake(
    "random_search",
    edit={
        "        best = scores.index(max(scores))": "        first = len(scores) - num_tries\n        best = first + scores[first:].index(max(scores[first:]))"
    },
    hint="The best of the last round alone counts: the middle, and what you return, is the best of all rounds.",
)
def search_best_of_the_round(): ...


@mistake(
    "random_search",
    edit={
        "max(u - half, 0.0), min(u + half, 1.0)": "min(max(u - half, 0.0), 1 - 2 * half), max(min(u + half, 1.0), 2 * half)"
    },
    hint="A window at an end is moved inwards; what would lie outside is cut off, so that it is narrower there.",
)
def search_moved_inwards(): ...


@mistake(
    "random_search",
    edit={
        "return *tries[best], tries": "best = len(tries) - num_tries + scores[-num_tries:].index(max(scores[-num_tries:]))\n    return *tries[best], tries"
    },
    hint="What you return is the best of the last round alone, not of all.",
)
def search_returns_the_best_of_the_round(): ...


@mistake(
    "random_search",
    edit={"in places[best]]": "in places[-1]]"},
    hint="The window lies around the last try, not the best.",
)
def search_around_the_last(): ...


@mistake(
    "random_search",
    edit={
        "in places[best]]": "in places[len(places) - num_tries + scores[-num_tries:].index(max(scores[-num_tries:]))]]"
    },
    hint="The window lies around the best of the last round, not of all tries so far.",
)
def search_around_the_best_of_the_round(): ...


@mistake("random_search", edit={"min(u + half, 1.0)": "u + half"}, hint="The window is cut off at the low end only.")
def search_cut_below(): ...


@mistake(
    "random_search",
    edit={"tries.append((settings, evaluate": "tries.append((dict(zip(space, place)), evaluate"},
    hint="The tries hold places between 0 and 1: the settings themselves are asked for.",
)
def search_places_in_tries(): ...


@mistake(
    "random_search",
    edit={'"dtype": torch.float64': '"dtype": torch.float32'},
    hint="The draws are float32, which gives other numbers.",
)
def search_float32(): ...


@mistake(
    "random_search",
    edit={"zip(space.items(), place, strict=True)": "zip(sorted(space.items()), place, strict=True)"},
    hint="The columns go by the alphabet, not in the order of space.",
)
def search_by_the_alphabet(): ...


@mistake(
    "random_search",
    edit={"torch.rand(num_tries, len(space), **options)": "torch.rand(num_tries, 1, **options).expand(-1, len(space))"},
    hint="One draw moves all settings of a try together: each has its own.",
)
def search_one_draw(): ...


@mistake(
    "random_search",
    edit={"return *tries[best], tries": "return *tries[best], tries[-num_tries:]"},
    hint="Only the tries of the last round come back.",
)
def search_last_tries(): ...


@mistake(
    "random_search", edit={"torch.rand(num_tries": "torch.randn(num_tries"}, hint="The draws are normal, not even."
)
def search_normal(): ...


@mistake(
    "random_search",
    edit={"torch.rand(num_tries, len(space), **options)": "torch.rand(len(space), num_tries, **options).T"},
    hint="A row belongs to a try, a column to a setting; you draw the other way round.",
)
def search_rows_and_columns(): ...


@mistake(
    "random_search",
    edit={'scale == "log"': 'scale == "linear"'},
    hint='The scales are exchanged: equal ratios belong to "log".',
)
def search_scales_exchanged(): ...


@mistake(
    "random_search",
    edit={"shrink ** (turn + 1) / 2": "shrink**turn / 2"},
    hint="Round 1 has the whole width still: it is to be shrink wide.",
)
def search_shrinks_late(): ...


@mistake(
    "random_search",
    edit={
        "evaluate(dict(settings))))": "evaluate(dict(settings))))\n            if math.isnan(tries[-1][1]):\n                break"
    },
    hint="A score of NaN ends your round: the other tries go on.",
)
def search_stops_at_nan(): ...


@mistake(
    "random_search",
    edit={"torch.rand(num_tries,": "torch.rand(max(1, num_tries // num_rounds),"},
    hint="num_tries is the number of each round, not of all together.",
)
def search_divides_the_tries(): ...


@mistake(
    "random_search",
    edit={
        "return *tries[best], tries": "return *tries[best], sorted(tries, key=lambda one: -math.inf if math.isnan(one[1]) else one[1], reverse=True)"
    },
    hint="The tries come back sorted: in order means as they were made.",
)
def search_sorts_the_tries(): ...


@mistake(
    "random_search", edit={"drawn.tolist()": "drawn"}, hint="The settings are tensors: Python floats are asked for."
)
def search_tensors(): ...


@mistake(
    "random_search",
    edit={
        "(max(u - half, 0.0), min(u + half, 1.0)) for u in places[best]]": "(max(u - shrink * (b - a) / 2, 0.0), min(u + shrink * (b - a) / 2, 1.0)) for u, (a, b) in zip(places[best], windows)]"
    },
    hint="The next width is a share of the window as it was cut, not of the whole range.",
)
def search_width_of_the_window(): ...


@mistake(
    "random_search",
    edit={
        'return *tries[best], tries': 'return tries[best][0], evaluate(dict(tries[best][0])), tries',
    },
    hint='The best settings are evaluated once more at the end: a try is a whole training, and its score is known.',
)
def search_asks_the_best_again(): ...


@mistake(
    "random_search",
    edit={
        'a * (b / a) ** u': 'b * (a / b) ** u',
        ' else a + (b - a) * u\n': ' else b + (a - b) * u\n',
    },
    hint='A draw of 0 gives the high end, and one of 1 the low: it is the other way round.',
)
def search_from_the_high_end(): ...


@mistake(
    "random_search",
    edit={
        'a * (b / a) ** u': 'b * 10 ** (u - 1)',
    },
    hint='On the scale "log" your settings lie within one power of ten below the high end: the low end has no part in it.',
)
def search_one_power_of_ten(): ...


@mistake(
    "random_search",
    edit={
        '        drawn = torch.rand': '        generator.manual_seed(generator.initial_seed())\n        drawn = torch.rand',
    },
    hint='The generator is seeded anew in each round, so that all rounds draw the same.',
)
def search_seeds_again(): ...


@mistake(
    "random_search",
    edit={
        '"generator": generator, ': '',
    },
    hint="The draws come from torch's own source of chance, and not from the generator that was handed in.",
)
def search_global(): ...


@mistake(
    "random_search",
    edit={
        '            places.append(place)\n            tries.append((settings, evaluate(dict(settings))))\n': '            score = evaluate(dict(settings))\n            if not math.isnan(score):\n                places.append(place)\n                tries.append((settings, score))\n',
    },
    hint='A try with the score NaN is missing among the tries: all are asked for, and all may be NaN.',
)
def search_leaves_out_nan(): ...


@mistake(
    "random_search",
    edit={
        '    windows = [(0.0': '    settings = {}\n    windows = [(0.0',
        'settings = {\n': 'settings |= {\n',
    },
    hint='All tries hold the same dict, which is filled anew each time: each try has one of its own.',
)
def search_one_dict(): ...


@mistake(
    "random_search",
    edit={
        'zip(windows, row, strict=True)': 'zip(windows, row[:1] * len(row), strict=True)',
    },
    hint='One draw moves all settings of a try together: each has its own.',
)
def search_first_column(): ...


@mistake(
    "random_search",
    edit={
        'a + (b - a) * u for (a, b), u in zip(windows': 'min(max(a + (b - a) * u, 0.0), 1.0) for (a, b), u in zip(windows',
        'max(u - half, 0.0), min(u + half, 1.0)': 'u - half, u + half',
    },
    hint='Draws beyond an end are set to the end: it is the window that is cut off, so that the draws spread over what is left of it.',
)
def search_clamps_places(): ...


@mistake("random_search", hint='The next window is laid in values, as a share of high - low: on a logarithmic scale that is another window. Where are places counted?')
def search_windows_in_values(evaluate, space, num_tries, generator, num_rounds=2, shrink=0.25):
    windows = {name: (a, b) for name, (a, b, _) in space.items()}
    tries = []
    for turn in range(num_rounds):
        for row in torch.rand(num_tries, len(space), generator=generator, dtype=torch.float64).tolist():
            settings = {}
            for (name, (a, b)), u in zip(windows.items(), row):
                settings[name] = a * (b / a) ** u if space[name][2] == "log" else a + (b - a) * u
            tries.append((settings, evaluate(dict(settings))))
        best = max(tries, key=lambda one: -math.inf if math.isnan(one[1]) else one[1])
        for name, (a, b, _) in space.items():
            half = (b - a) * shrink ** (turn + 1) / 2
            windows[name] = max(a, best[0][name] - half), min(b, best[0][name] + half)
    return *best, tries


@right("random_search")
def search_in_logarithms(evaluate, space, num_tries, generator, num_rounds=2, shrink=0.25):
    names = list(space)
    logs = [scale == "log" for _, _, scale in space.values()]
    lows = [math.log(a) if log else a for (a, _, _), log in zip(space.values(), logs)]
    highs = [math.log(b) if log else b for (_, b, _), log in zip(space.values(), logs)]
    left, right_ = list(lows), list(highs)
    tries, where = [], []
    best = 0
    for r in range(num_rounds):
        for row in torch.rand(num_tries, len(names), generator=generator, dtype=torch.float64):
            point = [a + float(u) * (b - a) for a, b, u in zip(left, right_, row)]
            values = {n: math.exp(p) if log else p for n, p, log in zip(names, point, logs)}
            score = evaluate(values.copy())
            tries.append((values, score))
            where.append(point)
            if score > tries[best][1] or (math.isnan(tries[best][1]) and not math.isnan(score)):
                best = len(tries) - 1
        for k in range(len(names)):
            half = (highs[k] - lows[k]) * shrink ** (r + 1) / 2
            left[k] = max(lows[k], where[best][k] - half)
            right_[k] = min(highs[k], where[best][k] + half)
    return tries[best][0], tries[best][1], tries


@right("random_search")
def search_in_tensors(evaluate, space, num_tries, generator, num_rounds=2, shrink=0.25):
    low, high = torch.zeros(len(space), dtype=torch.float64), torch.ones(len(space), dtype=torch.float64)
    found = []

    def value(u, a, b, scale):
        return math.exp((1 - u) * math.log(a) + u * math.log(b)) if scale == "log" else (1 - u) * a + u * b

    def worth(one):
        return -math.inf if one[1] != one[1] else one[1]

    for r in range(num_rounds):
        u = low + (high - low) * torch.rand(num_tries, len(space), generator=generator, dtype=torch.float64)
        for one in u:
            settings = {name: value(v, *space[name]) for name, v in zip(space, one.tolist())}
            found.append((settings, evaluate({**settings}), one))
        middle = max(found, key=worth)[2]
        width = shrink ** (r + 1)
        low, high = (middle - width / 2).clamp_min(0), (middle + width / 2).clamp_max(1)
    best = max(found, key=worth)
    return best[0], best[1], [(settings, score) for settings, score, _ in found]


@right("random_search")
def search_by_recursion(evaluate, space, num_tries, generator, num_rounds=2, shrink=0.25):
    def go(rounds, width, windows, seen):
        if rounds == 0:
            return seen
        for row in torch.rand(num_tries, len(space), generator=generator, dtype=torch.float64).tolist():
            place = [w[0] + u * (w[1] - w[0]) for w, u in zip(windows, row)]
            settings = {}
            for name, u in zip(space, place):
                a, b, scale = space[name]
                settings[name] = (
                    math.pow(10, math.log10(a) + u * math.log10(b / a)) if scale == "log" else a + u * (b - a)
                )
            score = evaluate(copy.copy(settings))
            seen = [*seen, (place, settings, score)]
        top = seen[0]
        for one in seen[1:]:
            if (not math.isnan(one[2])) and (math.isnan(top[2]) or one[2] > top[2]):
                top = one
        width = width * shrink
        return go(rounds - 1, width, [(max(0, u - width / 2), min(1, u + width / 2)) for u in top[0]], seen)

    seen = go(num_rounds, 1.0, [(0, 1)] * len(space), [])
    best = sorted(seen, key=lambda one: math.inf if math.isnan(one[2]) else -one[2])[0]
    return best[1], best[2], [(settings, score) for _, settings, score in seen]


# evolve_settings


@mistake(
    "evolve_settings",
    edit={"sorted(parents + children": "sorted(children"},
    hint="The parents don't take part in the choice: a good one is lost when all its children are worse.",
)
def evolve_without_parents(): ...


@mistake(
    "evolve_settings",
    edit={"sorted(parents + children": "sorted(children + parents"},
    hint="Of equal scores the one that was tried earlier is better: which stands in front when you sort?",
)
def evolve_children_first(): ...


@mistake(
    "evolve_settings",
    edit={"-math.inf if math.isnan(one[2]) else one[2]": "one[2]"},
    hint="A score of NaN upsets the order: comparisons with NaN are false.",
)
def evolve_nan(): ...


@mistake(
    "evolve_settings",
    edit={".clamp(0, 1)": ""},
    hint="A child leaves its range: a place beyond an end becomes that end.",
)
def evolve_outside(): ...


@mistake(
    "evolve_settings",
    edit={".clamp(0, 1)": " % 1"},
    hint="A child that leaves its range comes in at the other end: it is to stop at the end that it passed.",
)
def evolve_wraps(): ...


@mistake(
    "evolve_settings",
    edit={"parents[i % num_parents][0]": "parents[0][0]"},
    hint="All children have the best as their parent: they come from the parents in turn.",
)
def evolve_from_the_best(): ...


@mistake(
    "evolve_settings",
    edit={"spread * torch.randn": "spread * torch.rand"},
    hint="Your steps are never negative: they are drawn evenly from 0 to 1, and not normally.",
)
def evolve_only_upwards(): ...


@mistake(
    "evolve_settings",
    edit={"sorted(map(meet, first), key=fitness, reverse=True)": "list(map(meet, first))"},
    hint="The first parents are not put in order: the best comes first, and child 0 is its child.",
)
def evolve_first_unsorted(): ...


@mistake(
    "evolve_settings",
    edit={'a * (b / a) ** u if scale == "log" else a + (b - a) * u': "a + (b - a) * u"},
    hint='On the scale "log" equal steps are equal ratios, as in random_search.',
)
def evolve_all_linear(): ...


@mistake(
    "evolve_settings",
    edit={"spread * torch.randn(num_children, len(space), **shape)": "torch.randn(num_children, len(space), **shape)"},
    hint="A step has the standard deviation 1: spread is left out.",
)
def evolve_without_spread(): ...


@mistake(
    "evolve_settings",
    edit={"evaluate(dict(settings))": "evaluate(settings)"},
    hint="evaluate was handed the very dict that you return: what it does to it is seen in your answer.",
)
def evolve_shares_the_dict(): ...


@mistake(
    "evolve_settings",
    edit={
        "        parents = sorted(parents + children": "        parents = [meet(one[0]) for one in parents]\n        parents = sorted(parents + children"
    },
    hint="The parents are evaluated again in each generation: a try is a whole training, so remember their scores.",
)
def evolve_asks_again(): ...


@mistake(
    "evolve_settings",
    edit={
        "return parents[0][1], parents[0][2], tries": "best = max(children, key=fitness) if num_generations else parents[0]\n    return best[1], best[2], tries"
    },
    hint="The best of the last children comes back, though a parent was better.",
)
def evolve_best_child(): ...


@mistake("evolve_settings", edit={".clamp(0, 1)": ".clamp(min=0)"}, hint="A child beyond the upper end stays there.")
def evolve_cut_below(): ...


@mistake(
    "evolve_settings",
    edit={"torch.float64) + steps)": "torch.float64) * (1 + steps))"},
    hint="The place is multiplied by the step: it is to be added.",
)
def evolve_factors(): ...


@mistake(
    "evolve_settings",
    edit={
        "sorted(map(meet, first), key=fitness, reverse=True)": "list(map(meet, first))",
        "return parents[0][1], parents[0][2], tries": "best = max(parents, key=fitness)\n    return best[1], best[2], tries",
    },
    hint="The first parents are not put in order: the best comes first, and child 0 is its child.",
)
def evolve_first_as_drawn(): ...


@mistake(
    "evolve_settings",
    edit={'"dtype": torch.float64': '"dtype": torch.float32'},
    hint="The draws are float32, which gives other numbers.",
)
def evolve_float32(): ...


@mistake("evolve_settings", edit={"else one[2]": "else -one[2]"}, hint="The lowest score wins; the higher, the better.")
def evolve_lowest(): ...


@mistake(
    "evolve_settings",
    edit={"-math.inf if": "0.0 if"},
    hint="A score of NaN upsets the order: comparisons with NaN are false.",
)
def evolve_nan_is_zero(): ...


@mistake(
    "evolve_settings",
    edit={"range(num_generations)": "range(num_generations - 1)"},
    hint="There is one generation too few: the first parents are none.",
)
def evolve_one_too_few(): ...


@mistake(
    "evolve_settings",
    edit={"range(num_generations)": "range(num_generations + 1)"},
    hint="There is one generation too many.",
)
def evolve_one_too_many(): ...


@mistake(
    "evolve_settings",
    edit={
        "    for _ in range(num_generations):\n        steps = spread * torch.randn(num_children, len(space), **shape)\n": "    steps = spread * torch.randn(num_children, len(space), **shape)\n    for _ in range(num_generations):\n"
    },
    hint="The steps are drawn once for all: each generation draws its own.",
)
def evolve_same_steps(): ...


@mistake(
    "evolve_settings",
    edit={"i % num_parents": "i * num_parents // num_children"},
    hint="The first children all come from the best parent: children go round the parents in turn.",
)
def evolve_in_blocks(): ...


@mistake(
    "evolve_settings",
    edit={
        "**shape).tolist()": "**shape)",
        "moved.tolist()": "moved",
        "torch.tensor(bases, dtype=torch.float64)": "torch.stack(bases)",
    },
    hint="The settings are tensors: Python floats are asked for.",
)
def evolve_tensors(): ...


@mistake(
    "evolve_settings",
    edit={
        "return parents[0][1], parents[0][2], tries": "return parents[0][1], parents[0][2], [one[1:] for one in parents]"
    },
    hint="Only those who are alive at the end come back as tries: all are asked for.",
)
def evolve_survivors(): ...


@mistake(
    "evolve_settings",
    edit={"return parents[0][1], parents[0][2], tries": "return parents[0][1], parents[0][2], tries[num_parents:]"},
    hint="The tries of the first parents are missing.",
)
def evolve_tries_of_children(): ...


@mistake(
    "evolve_settings",
    edit={
        "sorted(map(meet, first), key=fitness, reverse=True)": "sorted(map(meet, first), key=fitness)[::-1]",
        "key=fitness, reverse=True)[:num_parents]": "key=fitness)[::-1][:num_parents]",
    },
    hint="Sorted upwards and turned round, of equals the younger comes first.",
)
def evolve_younger_of_equals(): ...


@mistake(
    "evolve_settings",
    edit={
        'return parents[0][1], parents[0][2], tries': 'return parents[0][1], evaluate(dict(parents[0][1])), tries',
    },
    hint='The best settings are evaluated once more at the end: a try is a whole training, and its score is known.',
)
def evolve_asks_the_best_again(): ...


@mistake(
    "evolve_settings",
    edit={
        'spread * torch.randn(num_children, len(space), **shape)': 'spread * torch.randn(num_children, len(space), dtype=torch.float64)',
    },
    hint="The steps come from torch's own source of chance, and not from the generator that was handed in.",
)
def evolve_global_steps(): ...


@mistake(
    "evolve_settings",
    edit={
        '"generator": generator, ': '',
    },
    hint="The draws come from torch's own source of chance, and not from the generator that was handed in.",
)
def evolve_global(): ...


@mistake(
    "evolve_settings",
    edit={
        'reverse=True)[:num_parents]': 'reverse=True)[:num_children]',
        'parents[i % num_parents]': 'parents[i % len(parents)]',
    },
    hint='As many survive as there are children: the next parents are num_parents.',
)
def evolve_keeps_num_children(): ...


@mistake(
    "evolve_settings",
    edit={
        'i % num_parents': 'min(i, num_parents - 1)',
    },
    hint='When each parent has had a child, the next children all come from the last parent: it goes round, the first comes again.',
)
def evolve_last_parent_for_the_rest(): ...


@mistake(
    "evolve_settings",
    edit={
        'first = torch.rand(': 'first = torch.randn(',
    },
    hint='The first parents are drawn normally: their places are to be even in [0, 1).',
)
def evolve_normal_parents(): ...


@mistake(
    "evolve_settings",
    edit={
        '        bases = [parents[i % num_parents][0] for i in range(num_children)]\n        moved = (torch.tensor(bases, dtype=torch.float64) + steps).clamp(0, 1)\n        children = [meet(place) for place in moved.tolist()]\n        parents = sorted(parents + children, key=fitness, reverse=True)[:num_parents]\n': '        for i, step in enumerate(steps):\n            base = torch.tensor(parents[i % num_parents][0], dtype=torch.float64)\n            child = meet((base + step).clamp(0, 1).tolist())\n            parents = sorted([*parents, child], key=fitness, reverse=True)[:num_parents]\n',
    },
    hint='A good child becomes a parent in the middle of its generation: parents are chosen anew when all children of a generation have been tried.',
)
def evolve_parents_at_once(): ...


@mistake(
    "evolve_settings",
    edit={
        'parents[i % num_parents][0]': 'parents[int(torch.randint(num_parents, (1,), generator=generator))][0]',
    },
    hint='The parent of a child is drawn by chance: which parent child i has is fixed, and nothing else is to be drawn.',
)
def evolve_random_parent(): ...


@mistake(
    "evolve_settings",
    edit={
        'torch.tensor(bases, dtype=torch.float64) + steps).clamp(0, 1)': '1 - (1 - (torch.tensor(bases, dtype=torch.float64) + steps).abs()).abs())',
    },
    hint='A child that passes an end is reflected: it is to stop at the end that it passed.',
)
def evolve_reflected(): ...


@mistake(
    "evolve_settings",
    edit={
        'spread * torch.randn': 'math.sqrt(spread) * torch.randn',
    },
    hint='spread is the standard deviation of a step, not its variance: no root is taken of it.',
)
def evolve_spread_as_variance(): ...


@mistake(
    "evolve_settings",
    edit={
        'torch.randn(num_children, len(space), **shape)': 'torch.randn(num_children, len(space), **shape).clamp(-1, 1)',
    },
    hint='The steps are cut: a step may be as large as it is drawn, and the place is what is cut to 0 to 1.',
)
def evolve_steps_cut(): ...


@mistake(
    "evolve_settings",
    edit={
        'first), key=fitness, reverse=True)': 'first), key=fitness)',
        'reverse=True)[:num_parents]': 'reverse=True)[:num_parents][::-1]',
        'return parents[0][1], parents[0][2], tries': 'return parents[-1][1], parents[-1][2], tries',
    },
    hint='The parents stand with the worst first: child 0 is the child of the best.',
)
def evolve_worst_parent_first(): ...


@mistake(
    "evolve_settings",
    edit={
        'spread * torch.randn(num_children, len(space), **shape)': 'spread * torch.stack([torch.randn(len(space), **shape) for _ in range(num_children)])',
    },
    hint='Each child draws its own steps, which gives other numbers than one draw for the whole generation.',
)
def evolve_draws_child_by_child(): ...


@mistake("evolve_settings", hint='The steps are taken in values, as a share of high - low: on a logarithmic scale that is another step. Where are places counted?')
def evolve_steps_in_values(evaluate, space, num_generations, generator, num_parents=4, num_children=8, spread=0.1):
    tries = []
    ranges = list(space.values())

    def ask(values):
        settings = dict(zip(space, values))
        tries.append((settings, evaluate(dict(settings))))
        return tries[-1]

    def worth(one):
        return -math.inf if math.isnan(one[1]) else one[1]

    first = torch.rand(num_parents, len(space), generator=generator, dtype=torch.float64).tolist()
    parents = []
    for row in first:
        parents.append(ask([a * (b / a) ** u if s == "log" else a + (b - a) * u for u, (a, b, s) in zip(row, ranges)]))
    parents.sort(key=worth, reverse=True)
    for _ in range(num_generations):
        steps = torch.randn(num_children, len(space), generator=generator, dtype=torch.float64).tolist()
        children = []
        for i, row in enumerate(steps):
            base = parents[i % num_parents][0].values()
            moved = [v + spread * z * (b - a) for v, z, (a, b, _) in zip(base, row, ranges)]
            children.append(ask([min(max(v, a), b) for v, (a, b, _) in zip(moved, ranges)]))
        parents = sorted(parents + children, key=worth, reverse=True)[:num_parents]
    return *parents[0], tries


@right("evolve_settings")
def evolve_with_dicts(evaluate, space, num_generations, generator, num_parents=4, num_children=8, spread=0.1):
    tries, herd = [], []

    def add(place):
        settings = {}
        for (name, (low, high, scale)), u in zip(space.items(), place):
            settings[name] = (
                math.exp(math.log(low) + u * (math.log(high) - math.log(low)))
                if scale == "log"
                else low + u * (high - low)
            )
        score = evaluate(dict(settings))
        tries.append((settings, score))
        herd.append({"place": list(place), "settings": settings, "score": score, "born": len(tries)})

    def choose():
        herd.sort(
            key=lambda one: (math.isnan(one["score"]), 0 if math.isnan(one["score"]) else -one["score"], one["born"])
        )
        del herd[num_parents:]

    for row in torch.rand(num_parents, len(space), generator=generator, dtype=torch.float64).tolist():
        add(row)
    choose()
    for _ in range(num_generations):
        steps = torch.randn(num_children, len(space), generator=generator, dtype=torch.float64)
        bases = [herd[i % num_parents]["place"] for i in range(num_children)]
        for base, step in zip(bases, steps.tolist()):
            add([min(max(u + spread * s, 0.0), 1.0) for u, s in zip(base, step)])
        choose()
    return herd[0]["settings"], herd[0]["score"], tries


@right("evolve_settings")
def evolve_in_tensors(evaluate, space, num_generations, generator, num_parents=4, num_children=8, spread=0.1):
    low = torch.tensor([one[0] for one in space.values()], dtype=torch.float64)
    high = torch.tensor([one[1] for one in space.values()], dtype=torch.float64)
    log = torch.tensor([one[2] == "log" for one in space.values()])
    tries = []

    def ask(places):
        grown = low * (high / low).abs() ** places
        values = torch.where(log, grown, low + (high - low) * places)
        scores = []
        for row in values.tolist():
            settings = dict(zip(space, row))
            scores.append(evaluate(dict(settings)))
            tries.append((settings, scores[-1]))
        return torch.tensor(scores, dtype=torch.float64).nan_to_num(nan=-math.inf)

    places = torch.rand(num_parents, len(space), generator=generator, dtype=torch.float64)
    scores = ask(places)
    number = torch.arange(num_parents)
    for turn in range(num_generations + 1):
        order = scores.sort(descending=True, stable=True).indices[:num_parents]
        places, scores, number = places[order], scores[order], number[order]
        if turn == num_generations:
            break
        steps = torch.randn(num_children, len(space), generator=generator, dtype=torch.float64)
        children = (places[torch.arange(num_children) % num_parents] + spread * steps).clip(0, 1)
        places, scores = torch.cat([places, children]), torch.cat([scores, ask(children)])
        number = torch.cat([number, torch.arange(len(tries) - num_children, len(tries))])
    return *tries[int(number[0])], tries


@right("evolve_settings")
def evolve_with_cycles(evaluate, space, num_generations, generator, num_parents=4, num_children=8, spread=0.1):
    tries, places = [], []

    def value(name, u):
        a, b, scale = space[name]
        return a ** (1 - u) * b**u if scale == "log" else a * (1 - u) + b * u

    def ask(place):
        settings = {name: value(name, u) for name, u in zip(space, place)}
        tries.append((settings, evaluate(settings.copy())))
        places.append(place)
        return len(tries) - 1

    def best_first(numbers):
        return sorted(numbers, key=lambda n: (-tries[n][1] if tries[n][1] == tries[n][1] else math.inf, n))[
            :num_parents
        ]

    parents = best_first(
        [ask(p) for p in torch.rand(num_parents, len(space), generator=generator, dtype=torch.float64).tolist()]
    )
    for _ in range(num_generations):
        draws = torch.randn(num_children, len(space), generator=generator, dtype=torch.float64).tolist()
        born = [
            ask([min(1.0, max(0.0, u + spread * step)) for u, step in zip(places[parent], row)])
            for parent, row in zip(itertools.cycle(parents), draws)
        ]
        parents = best_first(parents + born)
    return tries[parents[0]][0], tries[parents[0]][1], tries


# diagnose_curves


@mistake(
    "diagnose_curves",
    edit={"max(1, len(train) // 5)": "1"},
    hint="You look at one number only. The late loss is the mean over the last fifth of the list.",
)
def curves_last_alone(): ...


@mistake(
    "diagnose_curves",
    edit={"max(1, len(train) // 5)": "math.ceil(len(train) / 5)"},
    hint="A fifth of the length is rounded down.",
)
def curves_rounded_up(): ...


@mistake(
    "diagnose_curves",
    edit={"max(1, len(train) // 5)": "len(train) // 5"},
    hint="A fifth of four numbers is none: at least one counts.",
)
def curves_none_of_four(): ...


@mistake(
    "diagnose_curves",
    edit={"[*train, *val]": "train"},
    hint="The validation loss may be infinite or NaN as well.",
)
def curves_val_not_looked_at(): ...


@mistake(
    "diagnose_curves",
    edit={"not all(map(math.isfinite, [*train, *val]))": "not math.isfinite(train[-1] + val[-1])"},
    hint="You look whether the last losses are numbers. One in the middle may be none.",
)
def curves_only_last_finite(): ...


@mistake(
    "diagnose_curves",
    edit={" or max(train) > 5 * train[0]": ""},
    hint="A run may come back from far above its start: that it climbed so far is enough.",
)
def curves_came_back(): ...


@mistake(
    "diagnose_curves",
    edit={"not all(map(math.isfinite, [*train, *val])) or max": "max"},
    hint="Nobody asks whether the losses are numbers: with NaN every comparison is false.",
)
def curves_nan_unseen(): ...


@mistake(
    "diagnose_curves",
    edit={"1.15 * min(val)": "1.15 * val[0]"},
    hint="You compare with the first validation loss. Whether it has turned shows against its lowest.",
)
def curves_against_the_first(): ...


@mistake(
    "diagnose_curves",
    edit={"max(train) > 5 * train[0]": "max(train) > 5 * guessing"},
    hint="A run that begins high has not diverged yet: what is compared with is its first training loss.",
)
def curves_against_guessing(): ...


@mistake(
    "diagnose_curves",
    edit={"train[0] > 2 * guessing": "val[0] > 2 * guessing"},
    hint="The first training loss says whether the start is bad, not the first validation loss.",
)
def curves_start_of_val(): ...


@mistake(
    "diagnose_curves",
    edit={"1.15 * min(val)": "1.15 * late"},
    hint="You compare the validation loss with the training loss. What counts is whether it has turned: compare it with its own lowest.",
)
def curves_gap(): ...


@mistake(
    "diagnose_curves",
    edit={"late_val > 1.15": "val[-1] > 1.15"},
    hint="The last validation loss alone is noisy: its late loss is a mean too.",
)
def curves_last_val(): ...


@mistake(
    "diagnose_curves",
    edit={"(len(train) - 1) / 3": "(len(train) - 1) / 2"},
    hint="Rises are allowed to be half of the changes; a third is the border.",
)
def curves_half_rises(): ...


@mistake(
    "diagnose_curves",
    edit={"late < 0.95 * earlier and late > 0.5 * guessing": "late < 0.95 * earlier"},
    hint="A run whose loss is low already may still be falling: that is no fault.",
)
def curves_low_is_slow(): ...


@mistake(
    "diagnose_curves",
    edit={"math.log(num_classes), max": "math.log2(num_classes), max"},
    hint="The loss of guessing is the natural logarithm of the number of classes.",
)
def curves_binary(): ...


@mistake(
    "diagnose_curves",
    edit={
        'if train[0] > 2 * guessing:\n        return "bad start"\n    if late > 0.95 * guessing:\n        return "not learning"': 'if late > 0.95 * guessing:\n        return "not learning"\n    if train[0] > 2 * guessing:\n        return "bad start"'
    },
    hint="Two names fit, and yours is the later one in the list: the first that holds is the name.",
)
def curves_learning_before_start(): ...


@mistake(
    "diagnose_curves",
    edit={
        'if rises > (len(train) - 1) / 3:\n        return "jumpy"\n    if late_val > 1.15 * min(val):\n        return "overfits"': 'if late_val > 1.15 * min(val):\n        return "overfits"\n    if rises > (len(train) - 1) / 3:\n        return "jumpy"'
    },
    hint="Two names fit, and yours is the later one in the list: the first that holds is the name.",
)
def curves_overfits_before_jumpy(): ...


@mistake(
    "diagnose_curves",
    edit={"max(1, len(train) // 5)": "max(1, (len(train) - 1) // 5)"},
    hint="A fifth of the epochs is not a fifth of the list: the list has one number more, that before any step.",
)
def curves_fifth_of_epochs(): ...


@mistake(
    "diagnose_curves",
    edit={"(len(train) - 1) / 3": "len(train) / 3"},
    hint="Ten numbers have nine changes between them: you compare the rises with a third of the numbers.",
)
def curves_third_of_numbers(): ...


@mistake(
    "diagnose_curves",
    edit={
        '    if not all(map(math.isfinite, [*train, *val])) or max(train) > 5 * train[0]:\n        return "diverged"\n    if train[0] > 2 * guessing:\n        return "bad start"\n': '    if train[0] > 2 * guessing:\n        return "bad start"\n    if not all(map(math.isfinite, [*train, *val])) or max(train) > 5 * train[0]:\n        return "diverged"\n'
    },
    hint="Two names fit, and yours is the later one in the list: the first that holds is the name.",
)
def curves_start_first(): ...


@mistake(
    "diagnose_curves",
    edit={
        '    if late > 0.95 * guessing:\n        return "not learning"\n    if rises > (len(train) - 1) / 3:\n        return "jumpy"\n': '    if rises > (len(train) - 1) / 3:\n        return "jumpy"\n    if late > 0.95 * guessing:\n        return "not learning"\n'
    },
    hint="Two names fit, and yours is the later one in the list: the first that holds is the name.",
)
def curves_jumpy_before_learning(): ...


@mistake(
    "diagnose_curves",
    edit={
        '    if late_val > 1.15 * min(val):\n        return "overfits"\n    if late < 0.95 * earlier and late > 0.5 * guessing:\n        return "too slow"\n': '    if late < 0.95 * earlier and late > 0.5 * guessing:\n        return "too slow"\n    if late_val > 1.15 * min(val):\n        return "overfits"\n'
    },
    hint="Two names fit, and yours is the later one in the list: the first that holds is the name.",
)
def curves_slow_before_overfits(): ...


@mistake(
    "diagnose_curves",
    edit={"max(train) > 5 * train[0]": "max(train) > 5 * train[0] or max(val) > 5 * val[0]"},
    hint="That a loss has climbed far is asked of the training loss alone.",
)
def curves_val_climbed_far(): ...


@mistake(
    "diagnose_curves",
    edit={"late > 0.95 * guessing": "train[-1] > 0.95 * guessing"},
    hint="You look at one number only. The late loss is the mean over the last fifth of the list.",
)
def curves_learning_by_last(): ...


@mistake(
    "diagnose_curves",
    edit={"late > 0.95 * guessing": "late > 0.95 * train[0]"},
    hint="Whether it learns is asked against guessing, not against the first loss.",
)
def curves_learning_by_start(): ...


@mistake(
    "diagnose_curves",
    edit={"late > 0.95 * guessing": "late_val > 0.95 * guessing"},
    hint="Whether it learns is asked of the training loss, not of the validation loss.",
)
def curves_learning_by_val(): ...


@mistake(
    "diagnose_curves",
    edit={"min(val)": "min(val[1:])"},
    hint="The first validation loss may be the lowest: it counts too.",
)
def curves_val_without_first(): ...


@mistake(
    "diagnose_curves",
    edit={"sum(train[-2 * num : -num]) / num": "sum(train[:-num]) / (len(train) - num)"},
    hint="The earlier loss is the mean over as many numbers as the late one, and those just before them.",
)
def curves_all_before(): ...


@mistake(
    "diagnose_curves",
    edit={"after > before": "after >= before"},
    hint="A change of nothing is no rise, and exactly a third is not more than a third.",
)
def curves_flat_rises(): ...


@mistake(
    "diagnose_curves",
    edit={"math.log(num_classes), max": "1 / num_classes, max"},
    hint="Guessing is a loss, the logarithm of the number of classes, and not the share 1 / C.",
)
def curves_share(): ...


@mistake(
    "diagnose_curves",
    edit={
        "max(1, len(train) // 5)": "len(train) // 5",
        "late, earlier = sum(train[-num:]) / num, sum(train[-2 * num : -num]) / num": "late, earlier = sum(train[-num:]) / max(1, num), sum(train[-2 * num : -num]) / max(1, num)",
        "sum(val[-num:]) / num": "sum(val[-num:]) / max(1, num)",
    },
    hint="A fifth of four numbers is none, and train[-0:] is the whole list: at least one counts.",
)
def curves_minus_none(): ...


@mistake("diagnose_curves", edit={"1.15 * min(val)": "0.15 + min(val)"}, hint="1.15 is a factor; you add 0.15.")
def curves_overfits_by_sum(): ...


@mistake(
    "diagnose_curves",
    edit={"min(val)": "min(train)"},
    hint="The lowest validation loss is asked for, not the lowest training loss.",
)
def curves_lowest_train(): ...


@mistake(
    "diagnose_curves",
    edit={"zip(train, train[1:], strict=False)": "zip(val, val[1:], strict=False)"},
    hint="The rises of the training loss are counted, not of the validation loss.",
)
def curves_rises_of_val(): ...


@mistake(
    "diagnose_curves",
    edit={"late < 0.95 * earlier": "late < earlier - 0.05"},
    hint="Below 0.95 times the earlier one is a factor, not a fall by 0.05.",
)
def curves_slow_by_difference(): ...


@mistake(
    "diagnose_curves",
    edit={'return "too slow"': 'return "underfits"'},
    hint="A run that is too slow is high as well: the first that holds is the name.",
)
def curves_never_slow(): ...


@mistake(
    "diagnose_curves",
    edit={'if late > 0.5 * guessing else "healthy"': 'if late_val > 0.5 * guessing else "healthy"'},
    hint="Whether it underfits is asked of the training loss.",
)
def curves_underfits_by_val(): ...


@mistake(
    "diagnose_curves",
    edit={
        'sum(train[-2 * num : -num]) / num': 'sum(train[-2 * num + 1 : len(train) - num + 1]) / num',
    },
    hint='The earlier numbers overlap with the late ones: they are as many, and just before them.',
)
def curves_earlier_overlaps(): ...


@mistake(
    "diagnose_curves",
    edit={
        'after > before': 'after < before',
    },
    hint='The falls are counted in place of the rises.',
)
def curves_falls(): ...


@mistake(
    "diagnose_curves",
    edit={
        '"bad start"': '"bad_start"',
        '"not learning"': '"not_learning"',
        '"too slow"': '"too_slow"',
    },
    hint='The names have a space in them, and no underscore.',
)
def curves_underscores(): ...


@mistake(
    "diagnose_curves",
    edit={
        'guessing, num = ': 'first = train.pop(0)\n    guessing, num = ',
        'train[0] > 2': 'first > 2',
        '[*train, *val]': '[first, *train, *val]',
        'max(train) > 5 * train[0]': 'max([first, *train]) > 5 * first',
    },
    hint="The loss before any step is taken off the list: it is one of its numbers, and the list is the caller's.",
)
def curves_first_taken_off(): ...


@right("diagnose_curves")
def curves_with_a_table(train, val, num_classes):
    g, k = math.log(num_classes), max(len(train) // 5, 1)

    def mean(values):
        return sum(values) / len(values)

    late = mean(train[-k:])
    changes = [b - a for a, b in zip(train[:-1], train[1:])]
    table = [
        ("diverged", any(math.isnan(v) or math.isinf(v) for v in train + val) or max(train) / train[0] > 5),
        ("bad start", train[0] / g > 2),
        ("not learning", late / g > 0.95),
        ("jumpy", 3 * sum(c > 0 for c in changes) > len(changes)),
        ("overfits", mean(val[-k:]) / min(val) > 1.15),
        ("too slow", late < 0.95 * mean(train[-2 * k : len(train) - k]) and late > g / 2),
        ("underfits", late > g / 2),
        ("healthy", True),
    ]
    return next(name for name, holds in table if holds)


@right("diagnose_curves")
def curves_in_tensors(train, val, num_classes):
    t, v = torch.tensor(train, dtype=torch.float64), torch.tensor(val, dtype=torch.float64)
    g = math.log(num_classes)
    k = max(1, int(len(t) / 5))
    if not bool(torch.cat([t, v]).isfinite().all()) or bool((t > 5 * t[0]).any()):
        return "diverged"
    late = t[len(t) - k :].mean()
    if t[0] > 2 * g:
        return "bad start"
    if late > 0.95 * g:
        return "not learning"
    if (t.diff() > 0).double().mean() > 1 / 3 + 1e-9:
        return "jumpy"
    if v[len(v) - k :].mean() > 1.15 * v.min():
        return "overfits"
    if late <= 0.5 * g:
        return "healthy"
    return "too slow" if late < 0.95 * t[len(t) - 2 * k : len(t) - k].mean() else "underfits"


@right("diagnose_curves")
def curves_with_early_returns(train, val, num_classes):
    for loss in train:
        if not math.isfinite(loss) or loss > 5 * train[0]:
            return "diverged"
    for loss in val:
        if not math.isfinite(loss):
            return "diverged"
    num = len(train) // 5 or 1
    last, before = train[::-1][:num], train[::-1][num : 2 * num]
    late, earlier = math.fsum(last) / num, math.fsum(before) / num
    guess = math.log(num_classes)
    if train[0] > 2 * guess:
        return "bad start"
    if late > 0.95 * guess:
        return "not learning"
    rises = 0
    for i in range(1, len(train)):
        rises += train[i] > train[i - 1]
    if rises * 3 > len(train) - 1:
        return "jumpy"
    if math.fsum(val[-num:]) / num > 1.15 * min(val):
        return "overfits"
    if late > guess * 0.5:
        return "too slow" if late < 0.95 * earlier else "underfits"
    return "healthy"


# ema_update


@mistake(
    "ema_update",
    edit={"mul_(decay).add_(new[name], alpha=1 - decay)": "mul_(1 - decay).add_(new[name], alpha=decay)"},
    hint="The two shares are exchanged: decay is the share of the old average.",
)
def ema_exchanged(): ...


@mistake(
    "ema_update",
    edit={
        "decay = min(decay, (1 + num_updates) / (10 + num_updates))": "decay = max(decay, (1 + num_updates) / (10 + num_updates))"
    },
    hint="The larger of the two decays is used; at the start the average must follow quickly.",
)
def ema_max(): ...


@mistake(
    "ema_update",
    edit={"min(decay, (1 + num_updates) / (10 + num_updates))": "(1 + num_updates) / (10 + num_updates)"},
    hint="The growing decay is used without a limit: it never exceeds the decay that was given.",
)
def ema_without_limit(): ...


@mistake(
    "ema_update",
    edit={"(1 + num_updates) / (10 + num_updates)": "num_updates / (9 + num_updates)"},
    hint="The growing decay is one update late: at the first, num_updates is 0.",
)
def ema_one_late(): ...


@mistake(
    "ema_update",
    edit={"if num_updates is not None:": "if num_updates:"},
    hint="num_updates = 0 is a number too: at the very first update the decay is a tenth.",
)
def ema_zero_is_none(): ...


@mistake(
    "ema_update",
    hint="Only parameters are averaged: the running statistics of batch norm must fit the averaged weights.",
)
def ema_parameters_only(average, model, decay=0.999, num_updates=None):
    if num_updates is not None:
        decay = min(decay, (1 + num_updates) / (10 + num_updates))
    with torch.no_grad():
        for mine, new in zip(average.parameters(), model.parameters()):
            mine.mul_(decay).add_(new, alpha=1 - decay)


@mistake("ema_update", hint="Buffers are copied: those that are floating-point belong to the average.")
def ema_buffers_copied(average, model, decay=0.999, num_updates=None):
    if num_updates is not None:
        decay = min(decay, (1 + num_updates) / (10 + num_updates))
    with torch.no_grad():
        for mine, new in zip(average.parameters(), model.parameters()):
            mine.mul_(decay).add_(new, alpha=1 - decay)
        for mine, new in zip(average.buffers(), model.buffers()):
            mine.copy_(new)


@mistake("ema_update", hint="The integer buffers stay as they were: they are copied from the model.")
def ema_integers_left(average, model, decay=0.999, num_updates=None):
    if num_updates is not None:
        decay = min(decay, (1 + num_updates) / (10 + num_updates))
    new = model.state_dict()
    for name, mine in average.state_dict().items():
        if mine.is_floating_point():
            mine.lerp_(new[name], 1 - decay)


@mistake(
    "ema_update", hint="A new state is made in the dict, and the network never hears of it: write into its tensors."
)
def ema_into_the_dict(average, model, decay=0.999, num_updates=None):
    state, new = average.state_dict(), model.state_dict()
    for name in state:
        state[name] = decay * state[name] + (1 - decay) * new[name] if state[name].is_floating_point() else new[name]


@mistake(
    "ema_update",
    hint="The average's parameters are put in new tensors, or in the model's own memory: it keeps its tensors and shares none.",
)
def ema_shares_memory(average, model, decay=0.999, num_updates=None):
    if num_updates is not None:
        decay = min(decay, (1 + num_updates) / (10 + num_updates))
    new = model.state_dict()
    state = {
        name: decay * mine + (1 - decay) * new[name] if mine.is_floating_point() else new[name]
        for name, mine in average.state_dict().items()
    }
    average.load_state_dict(state, assign=True)


@mistake("ema_update", hint="The model changes: only the average moves.")
def ema_moves_the_model(average, model, decay=0.999, num_updates=None):
    if num_updates is not None:
        decay = min(decay, (1 + num_updates) / (10 + num_updates))
    new = model.state_dict()
    for name, mine in average.state_dict().items():
        if mine.is_floating_point():
            mine.mul_(decay).add_(new[name].mul_(1 - decay))
        else:
            mine.copy_(new[name])


@mistake("ema_update", hint="torch's own average is used: write the two shares yourself.")
def ema_by_the_library(average, model, decay=0.999, num_updates=None):
    from torch.optim.swa_utils import get_ema_multi_avg_fn

    if num_updates is not None:
        decay = min(decay, (1 + num_updates) / (10 + num_updates))
    pairs = list(zip(average.state_dict().values(), model.state_dict().values()))
    get_ema_multi_avg_fn(decay)(*map(list, zip(*[pair for pair in pairs if pair[0].is_floating_point()])), 1)
    for mine, new in pairs:
        if not mine.is_floating_point():
            mine.copy_(new)


@mistake(
    "ema_update",
    edit={".add_(new[name], alpha=1 - decay)": ".add_(new[name])"},
    hint="The model's share is missing its factor: the shares add up to 1.",
)
def ema_shares_too_large(): ...


@mistake(
    "ema_update",
    edit={"mine.mul_(decay).add_(new[name], alpha=1 - decay)": "mine = decay * mine + (1 - decay) * new[name]"},
    hint="Nothing is written: `=` binds a name, and the tensor stays as it is.",
)
def ema_to_a_name(): ...


@mistake(
    "ema_update",
    edit={
        "mine.mul_(decay).add_(new[name], alpha=1 - decay)": "mine.mul_(decay).add_(new[name], alpha=1 - decay)\n            new[name].copy_(mine)"
    },
    hint="The model is set to the average as well: it stays as it is.",
)
def ema_moves_both(): ...


@mistake(
    "ema_update",
    edit={"    if num_updates is not None:\n": "    decay = 0.999\n    if num_updates is not None:\n"},
    hint="The decay handed in makes no difference.",
)
def ema_usual_decay(): ...


@mistake(
    "ema_update",
    edit={"(1 + num_updates) / (10 + num_updates)": "num_updates / (10 + num_updates)"},
    hint="At the first update your average keeps nothing of itself: the share is a tenth.",
)
def ema_throws_away(): ...


@mistake(
    "ema_update",
    edit={"mine.copy_(new[name])": "mine.copy_(decay * mine + (1 - decay) * new[name])"},
    hint="The counter of batches is averaged and rounded: integers are copied.",
)
def ema_integers_averaged(): ...


@mistake(
    "ema_update",
    edit={"    new = model.state_dict()\n": "    average, model = model, average\n    new = model.state_dict()\n"},
    hint="The model moves in place of the average.",
)
def ema_the_other_way(): ...


@mistake(
    "ema_update",
    edit={"    if num_updates is not None:\n": "    num_updates = num_updates or 0\n    if num_updates is not None:\n"},
    hint="num_updates = None means the decay as it is given, and not update 0.",
)
def ema_none_is_zero(): ...


@mistake("ema_update", edit={"if num_updates is not None:": "if False:"}, hint="num_updates makes no difference.")
def ema_never_grows(): ...


@mistake(
    "ema_update",
    edit={"mul_(decay).add_": "add_"},
    hint="The average's own share is missing its factor: the shares add up to 1.",
)
def ema_not_multiplied(): ...


@mistake(
    "ema_update",
    edit={"    new = model.state_dict()\n": "    new = model.eval().state_dict()\n"},
    hint="The model is left in evaluation mode: it stays as it is.",
)
def ema_model_in_evaluation(): ...


@mistake("ema_update", hint="Frozen parameters are left out: they belong to the average.")
def ema_trainable_only(average, model, decay=0.999, num_updates=None):
    if num_updates is not None:
        decay = min(decay, (1 + num_updates) / (10 + num_updates))
    learned = {name for name, p in model.named_parameters() if not p.requires_grad}
    new = model.state_dict()
    for name, mine in average.state_dict().items():
        if mine.is_floating_point() and name not in learned:
            mine.mul_(decay).add_(new[name], alpha=1 - decay)
        elif not mine.is_floating_point():
            mine.copy_(new[name])


@mistake("ema_update", hint="Parameters are written to in place under autograd: say that no gradient is to be kept.")
def ema_under_autograd(average, model, decay=0.999, num_updates=None):
    if num_updates is not None:
        decay = min(decay, (1 + num_updates) / (10 + num_updates))
    for mine, new in zip(average.parameters(), model.parameters()):
        mine.mul_(decay).add_(new, alpha=1 - decay)


@mistake(
    "ema_update",
    edit={
        '(1 + num_updates) / (10 + num_updates)': '(2 + num_updates) / (11 + num_updates)',
    },
    hint='The number is counted up before it is used: num_updates is how many went before, 0 at the first.',
)
def ema_counts_from_one(): ...


@mistake(
    "ema_update",
    edit={
        '(1 + num_updates) / (10 + num_updates)': '(1 + num_updates) // (10 + num_updates)',
    },
    hint='`//` rounds down: the growing decay is 0 at every update.',
)
def ema_whole_division(): ...


@mistake(
    "ema_update",
    edit={
        '    new = model.state_dict()\n': '    new = model.state_dict()\n    if num_updates == 0:\n        for mine, one in zip(average.parameters(), model.parameters()):\n            mine.data = one.data\n        return\n',
    },
    hint="At the first update the average takes over the model's parameters, memory and all: it keeps its own, and a tenth of what it was.",
)
def ema_copies_at_first(): ...


@mistake(
    "ema_update",
    edit={
        'mine.mul_(decay).add_(new[name], alpha=1 - decay)': 'new[name].mul_(1 - decay).add_(mine, alpha=decay)',
    },
    hint='The model moves in place of the average.',
)
def ema_into_the_model(): ...


@mistake(
    "ema_update",
    edit={
        'mine.mul_(decay).add_(new[name], alpha=1 - decay)': 'mine.copy_((mine + new[name]) / 2)',
    },
    hint='This is the plain mean of the two: decay has no part in it.',
)
def ema_plain_mean(): ...


@mistake(
    "ema_update",
    edit={
        'mul_(decay).add_(new[name], alpha=1 - decay)': 'add_(new[name], alpha=1 - decay).mul_(decay)',
    },
    hint="The model's share is added before the product, and so shrunk by decay as well.",
)
def ema_adds_first(): ...


@right("ema_update")
def ema_by_lerp(average, model, decay=0.999, num_updates=None):
    d = decay if num_updates is None else min(decay, (1 + num_updates) / (10 + num_updates))
    with torch.no_grad():
        for mine, new in zip(
            itertools.chain(average.parameters(), average.buffers()),
            itertools.chain(model.parameters(), model.buffers()),
        ):
            if mine.dtype.is_floating_point:
                mine.lerp_(new, 1 - d)
            else:
                mine.copy_(new)


@right("ema_update")
def ema_by_difference(average, model, decay=0.999, num_updates=None):
    if num_updates is not None and (1 + num_updates) / (10 + num_updates) < decay:
        decay = (1 + num_updates) / (10 + num_updates)
    for mine, new in zip(average.state_dict().values(), model.state_dict().values()):
        if torch.is_floating_point(mine):
            mine -= (1 - decay) * (mine - new)
        else:
            mine[...] = new


@right("ema_update")
@torch.no_grad()
def ema_by_loading(average, model, decay=0.999, num_updates=None):
    if num_updates is not None:
        decay = min([decay, (1 + num_updates) / (10 + num_updates)])
    old, new = average.state_dict(), model.state_dict()
    average.load_state_dict(
        {
            name: decay * old[name] + (1 - decay) * new[name] if old[name].is_floating_point() else new[name]
            for name in old
        }
    )


# ensemble_predict

SCORES = (
    "The softmax comes after the mean, of scores or of logarithms of probabilities, which gives the same: the loud network "
    "wins. The mean is to be one of probabilities."
)
NOT_EVAL = (
    "A network is asked in the mode that it came in, with dropout or batch statistics: ask all in evaluation mode."
)
LEFT = "The networks are left in another mode than they came in. Each part has a mode of its own."


@mistake("ensemble_predict", hint=SCORES)
def ensemble_of_scores(models, x, weights=None):
    weights = [1.0] * len(models) if weights is None else weights
    modes = [(part, part.training) for model in models for part in model.modules()]
    with torch.no_grad():
        total = sum(w / sum(weights) * model.eval()(x) for model, w in zip(models, weights))
    for part, mode in modes:
        part.training = mode
    return total.softmax(1)


@mistake("ensemble_predict", edit={"        model.eval()\n": ""}, hint=NOT_EVAL)
def ensemble_in_any_mode(): ...


@mistake("ensemble_predict", edit={"            part.training = mode\n": "            pass\n"}, hint=LEFT)
def ensemble_left_in_evaluation(): ...


@mistake(
    "ensemble_predict",
    edit={"            part.training = mode\n": "            part.training = modes[0][1]\n"},
    hint=LEFT,
)
def ensemble_one_mode_for_all(): ...


@mistake(
    "ensemble_predict",
    edit={"with torch.no_grad():": "if True:"},
    hint="What comes back still carries a gradient: keep no graph.",
)
def ensemble_with_a_graph(): ...


@mistake(
    "ensemble_predict",
    edit={"softmax(dim=1)": "softmax(dim=0)"},
    hint="The softmax runs over the images: the probabilities of one image's classes add up to 1.",
)
def ensemble_over_images(): ...


@mistake(
    "ensemble_predict",
    edit={"share / sum(shares)": "share / len(models)"},
    hint="The weights are taken as they are: they need not add up to the number of networks, so divide by their sum.",
)
def ensemble_divided_by_number(): ...


@mistake(
    "ensemble_predict",
    edit={"weights is None else list(weights)": "True else list(weights)"},
    hint="All networks count alike, whatever the weights.",
)
def ensemble_unweighted(): ...


@mistake("ensemble_predict", hint="A vote is taken: the mean of probabilities keeps how sure each network is.")
def ensemble_by_vote(models, x, weights=None):
    weights = [1.0] * len(models) if weights is None else weights
    modes = [(part, part.training) for model in models for part in model.modules()]
    total = 0
    for model, w in zip(models, weights):
        scores = model.eval()(x).detach()
        total = total + w / sum(weights) * F.one_hot(scores.argmax(1), scores.shape[1]).to(scores.dtype)
    for part, mode in modes:
        part.training = mode
    return total


@mistake("ensemble_predict", edit={"part.training = mode": "part.training = True"}, hint=LEFT)
def ensemble_all_train(): ...


@mistake("ensemble_predict", edit={"model.modules()": "model.children()"}, hint=LEFT)
def ensemble_children_only(): ...


@mistake(
    "ensemble_predict",
    edit={"return total": "return total.argmax(1)"},
    hint="The best class comes back: probabilities are asked for.",
)
def ensemble_classes(): ...


@mistake("ensemble_predict", edit={".softmax(dim=1)": ""}, hint="No softmax is taken: scores come back.")
def ensemble_without_softmax(): ...


@mistake(
    "ensemble_predict",
    edit={
        "        model.eval()\n": "        [part.eval() for part in model.modules() if isinstance(part, nn.Dropout)]\n"
    },
    hint="Only dropout is put in evaluation mode: batch norm still sees the batch.",
)
def ensemble_dropout_off(): ...


@mistake(
    "ensemble_predict",
    edit={"[1.0] * len(models)": "[1 / len(models)] * len(models)", "share / sum(shares)": "share"},
    hint="The weights need not add up to 1: divide by their sum.",
)
def ensemble_weights_as_they_are(): ...


@mistake(
    "ensemble_predict",
    edit={"share / sum(shares) * model(x).softmax(dim=1)": "(share * model(x)).softmax(dim=1) / len(models)"},
    hint="The weights multiply the scores: they weigh the probabilities.",
)
def ensemble_weights_of_scores(): ...


@mistake(
    "ensemble_predict",
    edit={"model.eval()\n": "model.eval().requires_grad_(False)\n"},
    hint="The networks can't learn any more: their flags requires_grad are left switched off.",
)
def ensemble_frozen(): ...


@mistake(
    "ensemble_predict",
    edit={
        "total = torch.zeros(())": "total, modes = torch.zeros(()), []",
        "modes = [(part": "modes += [(part",
        "        for part, mode in modes:\n            part.training = mode\n": "    for part, mode in modes:\n        part.training = mode\n",
    },
    hint="A network that stands in the list twice is left in evaluation mode: its modes are noted when they have changed.",
)
def ensemble_modes_too_late(): ...


@mistake(
    "ensemble_predict",
    edit={"total = torch.zeros(())": "total = torch.zeros(1, dtype=torch.float64)"},
    hint="float32 scores come back as float64: the dtype is theirs.",
)
def ensemble_always_double(): ...


@mistake(
    "ensemble_predict",
    edit={
        'share / sum(shares)': 'share / max(shares)',
    },
    hint='The weights are divided by the largest of them: what makes each row add up to 1?',
)
def ensemble_divided_by_largest(): ...


@mistake(
    "ensemble_predict",
    edit={
        'return total': 'return total.softmax(dim=1)',
    },
    hint='The softmax is taken of probabilities once more: their mean is the answer.',
)
def ensemble_softmax_twice(): ...


@mistake(
    "ensemble_predict",
    edit={
        'total = torch.zeros(())': 'chances = []',
        'total = total + share': 'chances.append(share',
        'model(x).softmax(dim=1)': 'model(x).softmax(dim=1))',
        'return total': 'return torch.stack(chances).mean(1) * len(models)',
    },
    hint='The mean runs over the images: a row for each image is asked for.',
)
def ensemble_mean_over_images(): ...


@mistake(
    "ensemble_predict",
    edit={
        'for model, share in': 'shares = torch.tensor(shares, dtype=torch.float64).softmax(0).tolist()\n    for model, share in',
    },
    hint='The weights go through a softmax: they are shares already, only not yet with the sum 1.',
)
def ensemble_softmax_of_double_weights(): ...


@mistake(
    "ensemble_predict",
    edit={
        '            part.training = mode\n': '            part.training = mode\n        return total / share * sum(shares)\n',
    },
    hint='Only the first network is asked: what stands within the loop ends it.',
)
def ensemble_first_alone(): ...


@mistake(
    "ensemble_predict",
    edit={
        'total = total + share / sum(shares) * model(x).softmax(dim=1)': 'total = torch.maximum(share * model(x).softmax(dim=1), total)',
        'return total': 'return total / total.sum(dim=1, keepdim=True)',
    },
    hint='The largest probability of each class is taken: the mean is asked for.',
)
def ensemble_largest_chance(): ...


@mistake(
    "ensemble_predict",
    edit={
        'total = torch.zeros(())': 'total = None',
        'total = total + share / sum(shares) * model(x).softmax(dim=1)': 'chance = model(x).softmax(dim=1)\n            total = chance if total is None else (total + share * chance) / (1 + share)',
    },
    hint='Each network is mixed in with what came before as if that were one network: the last counts too much.',
)
def ensemble_by_halves(): ...


@right("ensemble_predict")
def ensemble_stacked(models, x, weights=None):
    modes = [[part.training for part in model.modules()] for model in models]
    with torch.no_grad():
        chances = torch.stack([model.eval()(x).softmax(-1) for model in models])
    for model, old in zip(models, modes):
        for part, mode in zip(model.modules(), old):
            part.training = mode
    if weights is None:
        return chances.mean(0)
    shares = torch.tensor([float(w) for w in weights], dtype=chances.dtype)
    return torch.einsum("m,mnc->nc", shares / shares.sum(), chances)


@right("ensemble_predict")
@torch.no_grad()
def ensemble_of_copies(models, x, weights=None):
    weights = weights or [1] * len(models)
    total = None
    for model, w in zip(models, weights):
        chance = torch.softmax(copy.deepcopy(model).eval()(x), 1) * w
        total = chance if total is None else total + chance
    return total / sum(weights)


@right("ensemble_predict")
def ensemble_normalised_at_the_end(models, x, weights=None):
    was = {part: part.training for model in models for part in model.modules()}
    with torch.inference_mode(False), torch.no_grad():
        for model in models:
            model.eval()
        chances = [F.softmax(model(x), dim=1) for model in models]
    for part, mode in was.items():
        part.training = mode
    if weights is not None:
        chances = [w * chance for w, chance in zip(weights, chances)]
    total = sum(chances)
    return total / total.sum(dim=1, keepdim=True)


# predict_views


@mistake(
    "predict_views",
    edit={"(x, x.flip(3))": "(x, x.flip(2))"},
    hint="The views are turned upside down: mirrored left to right, which axis is reversed?",
)
def views_upside_down(): ...


@mistake("predict_views", edit={"(x, x.flip(3))": "(x, x)"}, hint="No view is mirrored.")
def views_not_mirrored(): ...


@mistake(
    "predict_views",
    edit={"[*corners, (round(down / 2), round(across / 2))]": "corners"},
    hint="The middle is missing: four corners and the middle, each twice, are ten views.",
)
def views_without_the_middle(): ...


@mistake(
    "predict_views",
    edit={"(round(down / 2), round(across / 2))": "(down // 2, across // 2)"},
    hint="Where the middle falls between two pixels, it is rounded as Python's round does: an odd difference shows it.",
)
def views_middle_rounded_down(): ...


@mistake(
    "predict_views",
    edit={"(round(down / 2), round(across / 2))": "(x.shape[2] // 2, x.shape[3] // 2)"},
    hint="The last crop begins in the middle of the image; its own middle is to lie there.",
)
def views_begin_in_the_middle(): ...


@mistake(
    "predict_views",
    edit={
        "(height, width), (down, across) = crop": "(width, height), (across, down) = crop",
        "(x.shape[2] - crop[0], x.shape[3] - crop[1])": "(x.shape[3] - crop[0], x.shape[2] - crop[1])",
    },
    hint="Height and width of the crop are exchanged.",
)
def views_exchanged(): ...


@mistake(
    "predict_views", hint="The scores of the views are averaged before the softmax: the mean is one of probabilities."
)
def views_of_scores(model, x, crop):
    height, width = crop
    down, across = x.shape[2] - height, x.shape[3] - width
    places = [(0, 0), (0, across), (down, 0), (down, across), (round(down / 2), round(across / 2))]
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    total = 0
    with torch.no_grad():
        for image in (x, x.flip(3)):
            for top, left in places:
                total = total + model(image[:, :, top : top + height, left : left + width])
    for part, mode in modes:
        part.training = mode
    return (total / 10).softmax(1)


def _ten(x, crop):
    height, width = crop
    down, across = x.shape[2] - height, x.shape[3] - width
    places = [(0, 0), (0, across), (down, 0), (down, across), (round(down / 2), round(across / 2))]
    return [image[..., top : top + height, left : left + width] for image in (x, x.flip(-1)) for top, left in places]


@mistake(
    "predict_views",
    hint="Your crops are cut first and mirrored then. Where the middle falls between two columns, the crop of the mirror image is another one.",
)
def views_mirrored_after_cutting(model, x, crop):
    views = _ten(x, crop)[:5]
    return sum(ensemble_predict([model], one) for view in views for one in (view, view.flip(3))) / 10


@mistake("predict_views", hint=LEFT.replace("networks are", "network is").replace("they came", "it came"))
def views_left_in_evaluation(model, x, crop):
    model.eval()
    with torch.no_grad():
        return torch.stack([model(view).softmax(1) for view in _ten(x, crop)]).mean(0)


@mistake("predict_views", hint=NOT_EVAL.replace("ask all", "ask it"))
def views_in_any_mode(model, x, crop):
    with torch.no_grad():
        return torch.stack([model(view).softmax(1) for view in _ten(x, crop)]).mean(0)


@mistake("predict_views", hint="torchvision cuts the views: cut and mirror them yourself.")
def views_by_torchvision(model, x, crop):
    from torchvision.transforms.functional import ten_crop

    return sum(ensemble_predict([model], view) for view in ten_crop(x, list(crop))) / 10


@mistake(
    "predict_views",
    edit={"x.flip(3)": "x.flip(2, 3)"},
    hint="The views are turned by half a turn: only one axis is reversed.",
)
def views_turned(): ...


@mistake(
    "predict_views",
    edit={"(round(down / 2), round(across / 2))": "(x.shape[2] // 2 - height // 2, x.shape[3] // 2 - width // 2)"},
    hint="The middle is half of what is left over, and not a difference of two rounded halves.",
)
def views_middle_of_halves(): ...


@mistake(
    "predict_views",
    edit={"round(across / 2)": "round(down / 2)"},
    hint="The middle's left is reckoned from the height.",
)
def views_middle_square(): ...


@mistake(
    "predict_views",
    edit={
        "(round(down / 2), round(across / 2))": "(min(round(x.shape[2] / 2), down), min(round(x.shape[3] / 2), across))"
    },
    hint="The last crop begins in the middle of the image; its own middle is to lie there.",
)
def views_middle_begins(): ...


@mistake(
    "predict_views",
    edit={
        "[*corners, (round(down / 2), round(across / 2))]": "[*corners, (round(down / 2), round(across / 2))][: 5 if image is x else 4]",
        " / 10": " / 9",
    },
    hint="The middle of the mirror image is missing.",
)
def views_nine(): ...


@mistake(
    "predict_views",
    edit={"[*corners, (round(down / 2), round(across / 2))]": "corners", " / 10": " / 8"},
    hint="The middle is missing: four corners and the middle, each twice, are ten views.",
)
def views_eight(): ...


@mistake(
    "predict_views",
    edit={"ensemble_predict([model], view)": "copy.deepcopy(model).eval()(view).detach()"},
    hint="No softmax is taken: scores come back.",
)
def views_without_softmax(): ...


@mistake(
    "predict_views",
    edit={"ensemble_predict([model], view)": "copy.deepcopy(model).eval()(view).softmax(0).detach()"},
    hint="The softmax runs over the images: the probabilities of one image's classes add up to 1.",
)
def views_over_images(): ...


@mistake(
    "predict_views",
    edit={"x.shape[3] - crop[1]": "x.shape[2] - crop[1]"},
    hint="The rest of the width is reckoned with the image's height.",
)
def views_height_for_both(): ...


@mistake(
    "predict_views",
    edit={"left : left + width": "left : left + height"},
    hint="The height of the crop is used for both sides.",
)
def views_square_crop(): ...


@mistake(
    "predict_views",
    edit={"ensemble_predict([model], view)": "copy.deepcopy(model).eval()(view).softmax(1)"},
    hint="What comes back still carries a gradient: keep no graph.",
)
def views_keep_a_graph(): ...


def _mean_view(model, x, crop):
    model.eval()
    with torch.no_grad():
        return torch.stack([model(view).softmax(1) for view in _ten(x, crop)]).mean(0)


@mistake("predict_views", hint=LEFT.replace("networks are", "network is").replace("they came", "it came"))
def views_one_mode_for_all(model, x, crop):
    mode = model.training
    chances = _mean_view(model, x, crop)
    for part in model.modules():
        part.training = mode
    return chances


@mistake("predict_views", hint="Views and images are mixed up: in the batch the views stand first.")
def views_reshaped_the_other_way(model, x, crop):
    return ensemble_predict([model], torch.cat(_ten(x, crop))).reshape(len(x), 10, -1).mean(1)


@mistake(
    "predict_views",
    edit={
        '(x, x.flip(3))': '(x, x.flip(1))',
    },
    hint='The channels are turned round, not the columns: which axis is the width?',
)
def views_channels_turned(): ...


@mistake(
    "predict_views",
    edit={
        'corners = [(top, left) for top in (0, down) for left in (0, across)]': 'corners = [(0, 0), (0, across), (down, 0), (down, 0)]',
    },
    hint='One corner is taken twice, and another one not at all.',
)
def views_corner_twice(): ...


@mistake(
    "predict_views",
    edit={
        'for top in (0, down) for left in (0, across)': 'for top in (0, max(down - 1, 0)) for left in (0, max(across - 1, 0))',
    },
    hint='The last crops begin one pixel too early: their last row and column are those of the image.',
)
def views_one_pixel_early(): ...


@mistake(
    "predict_views",
    edit={
        'view = image[:, :,': 'view = image[:1, :,',
    },
    hint='All views are of the first image: each has its own ten.',
)
def views_first_image(): ...


@mistake(
    "predict_views",
    edit={
        'total = total + ensemble_predict([model], view) / 10': 'total = torch.maximum(ensemble_predict([model], view), total)',
        'return total': 'return total / total.sum(dim=1, keepdim=True)',
    },
    hint='The largest probability over the views is taken: the mean is asked for.',
)
def views_largest(): ...


@mistake(
    "predict_views",
    edit={
        '            total = total': '            if (top, left) == (round(down / 2), round(across / 2)):\n                view = F.interpolate(image, size=crop, mode="bilinear")\n            total = total',
    },
    hint='The middle view is the whole image made smaller: it is to be a crop.',
)
def views_resized(): ...


@mistake(
    "predict_views",
    edit={
        'in [*corners, (round(down / 2), round(across / 2))]': 'in sorted({*corners, (round(down / 2), round(across / 2))})',
        ' / 10': ' / (2 * len({*corners, (round(down / 2), round(across / 2))}))',
    },
    hint='Where places coincide yours count once: there are ten views all the same.',
)
def views_set_of_places(): ...


@mistake(
    "predict_views",
    edit={
        '            view = image': '            top = -height if top else 0\n            view = image',
    },
    hint='A slice that begins at -height and ends at 0 is empty: where does the last crop begin, counted from the top?',
)
def views_negative_start(): ...


@mistake(
    "predict_views",
    edit={
        '(round(down / 2), round(across / 2))': '((down + 1) // 2, (across + 1) // 2)',
    },
    hint="Where the middle falls between two pixels, it is rounded up: Python's round goes to the even number.",
)
def views_middle_rounded_up(): ...


@right("predict_views")
def views_in_one_batch(model, x, crop):
    views = torch.cat(_ten(x, crop))
    return ensemble_predict([model], views).reshape(10, len(x), -1).mean(0)


@right("predict_views")
def views_of_a_copy(model, x, crop):
    twin = copy.deepcopy(model).eval()
    with torch.no_grad():
        chances = [twin(view).softmax(dim=1) for view in _ten(x, crop)]
    return sum(chances) / len(chances)


@right("predict_views")
def views_by_narrowing(model, x, crop):
    h, w = crop
    tall, wide = x.shape[-2:]
    modes = [part.training for part in model.modules()]
    model.eval()
    answers = []
    with torch.no_grad():
        for top, left in (
            (0, 0),
            (0, wide - w),
            (tall - h, 0),
            (tall - h, wide - w),
            (round((tall - h) / 2), round((wide - w) / 2)),
        ):
            for image in (x, torch.flip(x, dims=[-1])):
                view = image.narrow(2, top, h).narrow(3, left, w)
                answers.append(F.softmax(model(view), dim=-1))
    for part, mode in zip(model.modules(), modes):
        part.training = mode
    return torch.stack(answers, dim=2).mean(dim=2)


# train_step_amp


@mistake(
    "train_step_amp",
    edit={'p.grad.div_(scaler["scale"])': "p.grad"},
    hint="The gradients are still multiplied by the scale when the step is taken.",
)
def amp_not_divided(): ...


@mistake(
    "train_step_amp",
    edit={'(loss * scaler["scale"]).backward()': "loss.backward()"},
    hint="The loss is sent back without the scale, and the gradients are divided by it all the same.",
)
def amp_not_multiplied(): ...


@mistake(
    "train_step_amp",
    edit={'(loss * scaler["scale"]).backward()': "loss.backward()", 'p.grad.div_(scaler["scale"])': "p.grad"},
    hint="No loss is scaled at all: small gradients become zero on their way through float16, and no scale is ever too large.",
)
def amp_without_scaling(): ...


@mistake(
    "train_step_amp", edit={"    optimizer.zero_grad()\n": ""}, hint="Gradients of earlier steps take part: clear them."
)
def amp_adds_up(): ...


@mistake(
    "train_step_amp",
    edit={"if all(bool(grad.isfinite().all()) for grad in grads):": "if True:"},
    hint="The step is taken although a gradient is not finite.",
)
def amp_steps_always(): ...


@mistake(
    "train_step_amp",
    edit={"for grad in grads)": "for grad in grads[:1])"},
    hint="Only the first gradient is looked at: one that is not finite in any layer stops the step.",
)
def amp_looks_at_one(): ...


@mistake(
    "train_step_amp",
    edit={'scaler["scale"] / 2, 0': 'scaler["scale"] / 2, scaler["good"]'},
    hint="After an overflow the count of good steps goes on: it starts anew.",
)
def amp_count_goes_on(): ...


@mistake(
    "train_step_amp",
    edit={'scaler["scale"] * 2, 0': 'scaler["scale"] * 2, scaler["good"]'},
    hint="After a doubling the count of good steps goes on: it starts anew.",
)
def amp_count_after_doubling(): ...


@mistake(
    "train_step_amp",
    edit={'scaler["scale"] / 2, 0': 'scaler["scale"], 0'},
    hint="After an overflow the scale stays as large: it is halved.",
)
def amp_stays_large(): ...


@mistake(
    "train_step_amp",
    edit={"return loss.item()": 'return loss.item() * scaler["scale"]'},
    hint="The loss that comes back is the scaled one.",
)
def amp_scaled_loss(): ...


@mistake(
    "train_step_amp",
    hint="The gradients end with a norm that is too small by the scale: clip what is left after the division, to the limit that was given.",
)
def amp_clips_too_early(model, optimizer, x, y, scaler, dtype=torch.float16, max_norm=None):
    optimizer.zero_grad()
    with torch.autocast(x.device.type, dtype=dtype):
        scores = model(x)
    loss = F.cross_entropy(scores.float(), y)
    (loss * scaler["scale"]).backward()
    params = [p for group in optimizer.param_groups for p in group["params"]]
    if max_norm is not None:
        nn.utils.clip_grad_norm_(params, max_norm)
    grads = [p.grad.div_(scaler["scale"]) for p in params if p.grad is not None]
    if all(bool(grad.isfinite().all()) for grad in grads):
        optimizer.step()
        scaler["good"] += 1
        if scaler["good"] == scaler["interval"]:
            scaler["scale"], scaler["good"] = scaler["scale"] * 2, 0
    else:
        scaler["scale"], scaler["good"] = scaler["scale"] / 2, 0
    return loss.item()


@mistake(
    "train_step_amp",
    edit={
        "for group in optimizer.param_groups for p in group": "for group in optimizer.param_groups[:1] for p in group"
    },
    hint="Only the optimiser's first group is divided: it may have several.",
)
def amp_first_group(): ...


@mistake(
    "train_step_amp",
    edit={"    optimizer.zero_grad()\n": "    optimizer.zero_grad()\n    model.train()\n"},
    hint="The model is put in training mode: its mode stays.",
)
def amp_changes_the_mode(): ...


@mistake("train_step_amp", hint="torch's scaler does the work: scale and unscale yourself.")
def amp_by_the_library(model, optimizer, x, y, scaler, dtype=torch.float16, max_norm=None):
    helper = torch.amp.GradScaler(x.device.type, init_scale=scaler["scale"], growth_interval=int(scaler["interval"]))
    helper._init_growth_tracker = int(scaler["good"])
    optimizer.zero_grad()
    with torch.autocast(x.device.type, dtype=dtype):
        scores = model(x)
    loss = F.cross_entropy(scores.float(), y)
    helper.scale(loss).backward()
    helper.unscale_(optimizer)
    if max_norm is not None:
        nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], max_norm)
    helper.step(optimizer)
    helper.update()
    scaler["scale"], scaler["good"] = helper.get_scale(), helper._get_growth_tracker()
    return loss.item()


@mistake(
    "train_step_amp",
    edit={"dtype=dtype):": "dtype=torch.bfloat16):"},
    hint="The forward pass runs in bfloat16 whatever dtype is asked for.",
)
def amp_always_bfloat16(): ...


@mistake(
    "train_step_amp",
    edit={"dtype=dtype):": "dtype=torch.float16):"},
    hint="The forward pass runs in float16 whatever dtype is asked for.",
)
def amp_always_float16(): ...


@mistake(
    "train_step_amp",
    edit={"dtype=dtype):": "dtype=dtype, enabled=False):"},
    hint="The forward pass runs in float32, and nothing overflows.",
)
def amp_without_autocast(): ...


@mistake(
    "train_step_amp",
    edit={"if all(bool(grad.isfinite().all()) for grad in grads):": "if math.isfinite(loss.item()):"},
    hint="The loss is looked at, and not the gradients: they overflow first.",
)
def amp_checks_the_loss(): ...


@mistake(
    "train_step_amp",
    edit={
        "if all(bool(grad.isfinite().all()) for grad in grads):": "fine = all(bool(grad.isfinite().all()) for grad in grads)\n    [grad.nan_to_num_(0, 0, 0) for grad in grads]\n    if not fine:\n        optimizer.step()\n    if fine:"
    },
    hint="Entries that are not finite become 0 and the step is taken: there is to be none.",
)
def amp_drops_entries(): ...


@mistake(
    "train_step_amp",
    edit={'(loss * scaler["scale"]).backward()': '(loss * scaler["scale"]).backward()\n    optimizer.zero_grad()'},
    hint="The gradients are cleared between the backward pass and the step.",
)
def amp_clears_too_late(): ...


@mistake(
    "train_step_amp",
    edit={
        "    optimizer.zero_grad()\n": "",
        "    return loss.item()": "    optimizer.zero_grad()\n    return loss.item()",
    },
    hint="Gradients that the caller left take part: clear them before the backward pass.",
)
def amp_clears_afterwards(): ...


@mistake(
    "train_step_amp", edit={"clip_grad_norm_": "clip_grad_value_"}, hint="Single numbers are clipped, not the norm."
)
def amp_clips_values(): ...


@mistake(
    "train_step_amp",
    edit={
        "            nn.utils.clip_grad_norm_(params, max_norm)": "            [nn.utils.clip_grad_norm_([p], max_norm) for p in params]"
    },
    hint="Each gradient is clipped by itself: max_norm is for all together.",
)
def amp_clips_one_by_one(): ...


@mistake(
    "train_step_amp",
    edit={'scaler["scale"] / 2, 0': 'scaler["scale"] / 2, scaler["good"] + 1'},
    hint="A step that was left out counts as good.",
)
def amp_counts_lost_steps(): ...


@mistake(
    "train_step_amp",
    edit={"    optimizer.zero_grad()\n": "    scaler = dict(scaler)\n    optimizer.zero_grad()\n"},
    hint="The numbers are written into a copy of the dict: the caller's stays as it was.",
)
def amp_into_a_copy(): ...


@mistake(
    "train_step_amp",
    edit={
        "    return loss.item()": "    with torch.no_grad(), torch.autocast(x.device.type, dtype=dtype):\n        loss = F.cross_entropy(model(x).float(), y)\n    return loss.item()"
    },
    hint="The loss is taken anew after the step.",
)
def amp_loss_after(): ...


@mistake(
    "train_step_amp", edit={" if p.grad is not None]": "]"}, hint="A parameter that took no part has the gradient None."
)
def amp_none(): ...


@mistake(
    "train_step_amp",
    edit={
        "if all(bool(grad.isfinite().all()) for grad in grads):": "optimizer.step()\n    if all(bool(grad.isfinite().all()) for grad in grads):",
        "        optimizer.step()\n": "",
    },
    hint="The step is taken before anybody looks whether the gradients are finite.",
)
def amp_steps_before_checking(): ...


@mistake(
    "train_step_amp",
    edit={"F.cross_entropy(scores.float(), y)": 'F.cross_entropy(scores.float(), y, reduction="sum")'},
    hint="The losses of the images are added up; cross-entropy is their mean.",
)
def amp_summed(): ...


@mistake("train_step_amp", edit={"return loss.item()": "return loss.detach()"}, hint="The loss comes back as a tensor.")
def amp_tensor(): ...


@mistake(
    "train_step_amp",
    edit={
        '        scaler["scale"], scaler["good"] = scaler["scale"] / 2, 0\n': '        scaler["scale"], scaler["good"] = scaler["scale"] / 2, 0\n        [grad.zero_() for grad in grads]\n        optimizer.step()\n'
    },
    hint="With gradients of 0 the step is taken all the same: momentum moves the weights.",
)
def amp_steps_with_zeros(): ...


@mistake(
    "train_step_amp",
    edit={"for grad in grads)": "for grad in grads[-1:])"},
    hint="Only the last gradient is looked at: one that is not finite in any layer stops the step.",
)
def amp_looks_at_the_last(): ...


@mistake(
    "train_step_amp",
    edit={'scaler["good"] == scaler["interval"]': 'scaler["good"] > scaler["interval"]'},
    hint="The scale doubles one step too late.",
)
def amp_one_late(): ...


@mistake(
    "train_step_amp",
    edit={
        '        scaler["good"] += 1\n        if scaler["good"] == scaler["interval"]:\n            scaler["scale"], scaler["good"] = scaler["scale"] * 2, 0\n': '        if scaler["good"] >= scaler["interval"]:\n            scaler["scale"], scaler["good"] = scaler["scale"] * 2, 0\n        scaler["good"] += 1\n'
    },
    hint="It is asked whether the interval is reached before the step is counted.",
)
def amp_doubles_before_counting(): ...


@mistake(
    "train_step_amp",
    edit={
        'scaler["good"] == scaler["interval"]': 'scaler["good"] >= scaler["interval"]',
        'scaler["scale"] * 2, 0': 'scaler["scale"] * 2, scaler["good"]',
    },
    hint="After a doubling the count of good steps goes on: it starts anew.",
)
def amp_count_stays_past(): ...


@mistake(
    "train_step_amp",
    edit={"scores.float(), y": "scores, y"},
    hint="The loss is taken in half precision: its product with the scale overflows.",
)
def amp_loss_in_half(): ...


@mistake(
    "train_step_amp",
    edit={"if max_norm is not None": "if max_norm"},
    hint="A max_norm of 0 is a number too, and leaves nothing of the gradients.",
)
def amp_zero_is_none(): ...


@mistake(
    "train_step_amp",
    edit={'scaler["scale"] / 2, 0': 'max(scaler["scale"] / 2, 1.0), 0'},
    hint="The scale may fall below 1.",
)
def amp_never_below_one(): ...


@mistake("train_step_amp", edit={"scores.float()": "scores.to(dtype).float()"}, hint="You round the scores to half precision before the loss. They are taken as the network gives them, in float32.")
def amp_rounds_the_scores(): ...


@mistake(
    "train_step_amp",
    edit={
        '        if max_norm is not None:\n            nn.utils.clip_grad_norm_(params, max_norm)\n': '        nn.utils.clip_grad_norm_(params, 1.0 if max_norm is None else max_norm)\n',
    },
    hint='The gradients are clipped to 1 where no max_norm is given: None means that nothing is clipped.',
)
def amp_always_clips(): ...


@mistake(
    "train_step_amp",
    edit={
        '            nn.utils.clip_grad_norm_(params, max_norm)': '            [nn.utils.clip_grad_norm_(group["params"], max_norm) for group in optimizer.param_groups]',
    },
    hint='Each group of the optimiser is clipped by itself: max_norm is for all gradients together.',
)
def amp_clips_by_group(): ...


@mistake(
    "train_step_amp",
    edit={
        '(loss * scaler["scale"]).backward()': '(loss / scaler["scale"]).backward()',
        'p.grad.div_(scaler["scale"])': 'p.grad.mul_(scaler["scale"])',
    },
    hint='The loss is divided by the scale and the gradients multiplied: small gradients become smaller still on their way.',
)
def amp_the_other_way_round(): ...


@mistake(
    "train_step_amp",
    edit={
        'scaler["scale"] / 2, 0': 'scaler["scale"] / 4, 0',
    },
    hint='After an overflow your scale is a quarter of what it was: it is halved, once.',
)
def amp_quarters(): ...


@mistake(
    "train_step_amp",
    edit={
        '(loss * scaler': 'scaled = loss * scaler',
        '["scale"]).backward()': '["scale"]\n    scaled.backward()',
        'return loss.item()': 'return scaled.item() / scaler["scale"]',
    },
    hint='The loss that comes back is divided by the scale after that has changed.',
)
def amp_loss_by_the_new_scale(): ...


@mistake(
    "train_step_amp",
    edit={
        'scaler["scale"] / 2, 0\n': 'scaler["scale"] / 2, 0\n        if scaler["scale"] > 1e-3:\n            return train_step_amp(model, optimizer, x, y, scaler, dtype, max_norm)\n',
    },
    hint='After an overflow the batch is tried again with half the scale: the step is left out, and the next batch has its turn.',
)
def amp_tries_again(): ...


@mistake(
    "train_step_amp",
    edit={
        'if all(bool(grad.isfinite().all()) for grad in grads):': 'if any(bool(grad.isfinite().all()) for grad in grads):',
    },
    hint='Your step is taken although one gradient is infinite. Another that is finite is enough for it: all of them must be.',
)
def amp_one_finite_gradient(): ...


@mistake(
    "train_step_amp",
    edit={
        'if all(bool(grad.isfinite().all()) for grad in grads):': 'if all(bool(grad.isfinite().any()) for grad in grads):',
    },
    hint='One finite number in each gradient is enough for your step: all of them must be finite.',
)
def amp_one_finite_number(): ...


@mistake(
    "train_step_amp",
    edit={
        'if all(bool(grad.isfinite().all()) for grad in grads):': 'if not any(bool(grad.isnan().any()) for grad in grads):',
    },
    hint='Your step is taken although one gradient is infinite. Only NaN stops it.',
)
def amp_only_nan(): ...


@mistake(
    "train_step_amp",
    edit={
        'scaler["scale"], scaler["good"] = scaler["scale"] * 2, 0': 'scaler["scale"], scaler["good"], scaler["interval"] = scaler["scale"] * 2, 0, scaler["interval"] * 2',
    },
    hint='The interval is doubled with the scale: it stays.',
)
def amp_interval_grows(): ...


@mistake(
    "train_step_amp",
    edit={
        'scaler["scale"] / 2, 0\n': 'scaler["scale"] / 2, 0\n        return math.nan\n',
    },
    hint='A step that is left out gives NaN: the loss was taken all the same, and comes back.',
)
def amp_nan_for_a_lost_step(): ...


@right("train_step_amp")
def amp_with_a_flag(model, optimizer, x, y, scaler, dtype=torch.float16, max_norm=None):
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast(device_type=x.device.type, dtype=dtype):
        out = model(x)
    loss = F.cross_entropy(out.to(torch.float32), y)
    scale = scaler["scale"]
    loss.mul(scale).backward()
    overflow = False
    for group in optimizer.param_groups:
        for p in group["params"]:
            if p.grad is None:
                continue
            p.grad /= scale
            overflow = overflow or not torch.isfinite(p.grad).all().item()
    if overflow:
        scaler.update(scale=scale / 2, good=0)
        return loss.item()
    if max_norm is not None:
        torch.nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], max_norm)
    optimizer.step()
    scaler["good"] = scaler["good"] + 1
    if scaler["good"] >= scaler["interval"]:
        scaler.update(scale=2 * scale, good=0)
    return loss.item()


@right("train_step_amp")
def amp_with_gradients_asked_for(model, optimizer, x, y, scaler, dtype=torch.float16, max_norm=None):
    params = [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad]
    with torch.autocast(x.device.type, dtype):
        scores = model(x)
    loss = nn.CrossEntropyLoss()(scores.float(), y)
    grads = torch.autograd.grad(loss * scaler["scale"], params, allow_unused=True)
    fine = True
    for p, grad in zip(params, grads):
        p.grad = None if grad is None else grad / scaler["scale"]
        fine = fine and (grad is None or bool(torch.isfinite(p.grad).all()))
    scaler["good"] = scaler["good"] + 1 if fine else 0
    if fine:
        if max_norm is not None:
            nn.utils.clip_grad_norm_(params, max_norm)
        optimizer.step()
    else:
        scaler["scale"] *= 0.5
    if fine and scaler["good"] == scaler["interval"]:
        scaler["scale"] *= 2.0
        scaler["good"] = 0
    return float(loss.detach())


@right("train_step_amp")
def amp_by_the_sum_of_all(model, optimizer, x, y, scaler, dtype=torch.float16, max_norm=None):
    optimizer.zero_grad()
    with torch.autocast("cpu" if x.device.type == "cpu" else "cuda", dtype=dtype):
        scores = model(x)
        with torch.autocast(x.device.type, enabled=False):
            loss = F.cross_entropy(scores.float(), y)
    (scaler["scale"] * loss).backward()
    params = list(itertools.chain.from_iterable(group["params"] for group in optimizer.param_groups))
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p.grad.mul_(1 / scaler["scale"])
    total = sum(p.grad.double().abs().sum() for p in params if p.grad is not None)
    if not torch.isfinite(total):
        scaler["scale"], scaler["good"] = scaler["scale"] / 2, 0
        return loss.item()
    if max_norm is not None:
        nn.utils.clip_grad_norm_(params, max_norm)
    optimizer.step()
    scaler["good"] += 1
    if scaler["good"] % scaler["interval"] == 0:
        scaler["scale"], scaler["good"] = scaler["scale"] * 2, 0
    return loss.item()
