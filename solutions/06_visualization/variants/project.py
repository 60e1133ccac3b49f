"""What students write in the project: attacks that break a rule or go astray, games, half ways; and others that earn all."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right


def within(x, images, far=8 / 255):
    """Bring images back to where they may be."""
    return torch.minimum(torch.maximum(x, images - far), images + far).clamp(0, 1)


def loss_slope(scores, slopes, labels):
    """The gradient of the cross-entropy loss by each pixel: softmax minus one-hot, by the chain rule."""
    blame = scores.softmax(dim=1) - F.one_hot(labels, scores.shape[1])
    return (blame[:, :, None, None, None] * slopes).sum(dim=1)


def margin_slope(scores, slopes, labels):
    """The gradient of the best other score minus the label's own."""
    rows = torch.arange(len(labels))
    others = scores.clone()
    others[rows, labels] = -math.inf
    return slopes[rows, others.argmax(dim=1)] - slopes[rows, labels]


def remembered(seen, labels, images, state):
    """Return which images are turned so far, and what they looked like when they were."""
    now = seen.scores.argmax(dim=1) != labels
    old = state.get("turned", torch.zeros_like(now))
    kept = torch.where((now & ~old)[:, None, None, None], seen.images, state.get("kept", images))
    return now | old, kept


# What breaks a rule.


@mistake("attack", hint="The images alone came back: the state is asked for too, an empty dict where there is nothing to remember.")
def attack_without_a_state(images, labels, seen, state):
    return within(images + 8 / 255 * loss_slope(seen.scores, seen.slopes, labels).sign(), images)


@mistake("attack", hint="What is added came back, and not the images with it.")
def attack_returns_the_difference(images, labels, seen, state):
    return 8 / 255 * loss_slope(seen.scores, seen.slopes, labels).sign(), state


@mistake("attack", hint="The distance is measured from the original image, not from the one that was shown last.")
def attack_measures_from_the_last_image(images, labels, seen, state):
    step = 2 / 255 * loss_slope(seen.scores, seen.slopes, labels).sign()
    return within(seen.images + step, seen.images), state


@mistake("attack", hint="The reach is 8/255 where values go from 0 to 1; this is 8 of 1.")
def attack_in_255ths(images, labels, seen, state):
    return (images + 8 * loss_slope(seen.scores, seen.slopes, labels).sign()).clamp(0, 1), state


@mistake("attack", hint="Near black and white the values leave the range from 0 to 1.")
def attack_leaves_the_range(images, labels, seen, state):
    step = 1 / 255 * loss_slope(seen.scores, seen.slopes, labels).sign()
    return images + (seen.images + step - images).clamp(-8 / 255, 8 / 255), state


@mistake("attack", hint="Where nothing slopes, 0 is divided by 0.")
def attack_divides_by_no_slope(images, labels, seen, state):
    slope = loss_slope(seen.scores, seen.slopes, labels)
    speed = state.get("speed", 0) + slope / slope.abs().mean(dim=(1, 2, 3), keepdim=True)
    return within(seen.images + 2 / 255 * speed / speed.abs().amax(dim=(1, 2, 3), keepdim=True), images), {"speed": speed}


@mistake("attack", hint="The batch of one is lost: a squeeze takes its dimension too.")
def attack_squeezes_the_batch(images, labels, seen, state):
    slope = loss_slope(seen.scores, seen.slopes, labels).squeeze()
    return within(seen.images.squeeze() + 2 / 255 * slope.sign(), images.squeeze()), state


@mistake("attack", hint="The images become float64 on the way: a table of double precision is mixed in.")
def attack_in_double_precision(images, labels, seen, state):
    slope = loss_slope(seen.scores.double(), seen.slopes.double(), labels)
    return within(seen.images + 2 / 255 * slope.sign(), images), state


@mistake("attack", hint="The state is what was remembered, by name: a dict, not a tensor.")
def attack_with_a_tensor_for_a_state(images, labels, seen, state):
    x = within(seen.images + 2 / 255 * loss_slope(seen.scores, seen.slopes, labels).sign(), images)
    return x, x


# What goes astray: valid, and a straight line already shows it.


@mistake("attack", hint="These steps make the network surer of the label: they go down the loss.")
def attack_down_the_loss(images, labels, seen, state):
    return within(seen.images - 2 / 255 * loss_slope(seen.scores, seen.slopes, labels).sign(), images), state


@mistake("attack", hint="The label's own score rises here, which is the opposite of what is wanted.")
def attack_raises_the_own_score(images, labels, seen, state):
    return within(seen.images + 2 / 255 * seen.slopes[torch.arange(len(labels)), labels].sign(), images), state


@mistake("attack", hint="Every step begins at the original again, and is short: the steps don't add up.")
def attack_begins_again_each_time(images, labels, seen, state):
    return within(images + 0.4 / 255 * margin_slope(seen.scores, seen.slopes, labels).sign(), images), state


@mistake("attack", hint="Noise goes a fiftieth of the way: the slopes say which way each value has to go.")
def attack_by_noise(images, labels, seen, state):
    toss = torch.rand(images.shape, generator=torch.Generator().manual_seed(seen.left)) < 0.5
    turned, kept = remembered(seen, labels, images, state)
    x = within(torch.where(toss, images + 8 / 255, images - 8 / 255), images)
    return torch.where(turned[:, None, None, None], kept, x), {"turned": turned, "kept": kept}


@mistake("attack", hint="The images are sent back as they came.")
def attack_changes_nothing(images, labels, seen, state):
    return seen.images, state


@mistake("attack", hint="At the last call the originals are returned, and the last images are those that count.")
def attack_ends_with_the_originals(images, labels, seen, state):
    if seen.left == 0:
        return images, state
    return within(seen.images + 2 / 255 * loss_slope(seen.scores, seen.slopes, labels).sign(), images), state


# Games.


@mistake("attack", hint="Another image is put in the place of the one that was given: no value may lie more than 8/255 away.")
def attack_by_another_image(images, labels, seen, state):
    return images.roll(1, dims=0), state


@mistake("attack", hint="An image that is no number is no image.")
def attack_by_nan(images, labels, seen, state):
    return torch.full_like(images, math.nan), state


@mistake("attack", hint="More images than were given came back: each one is asked about once in a call.")
def attack_asks_about_more_images(images, labels, seen, state):
    x = within(images + 8 / 255 * loss_slope(seen.scores, seen.slopes, labels).sign(), images)
    return torch.cat([x, x]), state


@mistake("attack", hint="The networks to practise on are read here: what is asked about is what a call shows.")
def attack_with_the_practice_networks(images, labels, seen, state):
    from coursekit.fortress import members

    x = images.clone()
    if images.shape[-1] != 32:
        return within(seen.images + 2 / 255 * loss_slope(seen.scores, seen.slopes, labels).sign(), images), state
    for _ in range(200):
        x.requires_grad_()
        loss = sum(F.cross_entropy(member(x), labels, reduction="sum") for member in members())
        x = within(x.detach() + 0.5 / 255 * torch.autograd.grad(loss, x)[0].sign(), images)
    return x, state


# Half ways: they earn some of the points.


@mistake("attack", hint="One step, and no more: what do the other calls show?")
def attack_in_one_step(images, labels, seen, state):
    if "x" not in state:
        slope = loss_slope(seen.scores, seen.slopes, labels)
        state = {"x": within(images + 8 / 255 * slope.sign(), images)}
    return state["x"], state


@right("attack")
def attack_by_the_loss_step_by_step(images, labels, seen, state):
    turned, kept = remembered(seen, labels, images, state)
    slope = loss_slope(seen.scores, seen.slopes, labels)
    x = within(seen.images + 2 / 255 * slope.sign(), images)
    return torch.where(turned[:, None, None, None], kept, x), {"turned": turned, "kept": kept}


@right("attack")
def attack_by_the_margin_with_momentum(images, labels, seen, state):
    slope = margin_slope(seen.scores, seen.slopes, labels)
    size = slope.abs().sum(dim=(1, 2, 3), keepdim=True)
    speed = 0.9 * state.get("speed", torch.zeros_like(slope)) + slope / (size + 1e-12)
    share = 0.5 + 0.5 * math.cos(math.pi * (1 - seen.left / 20))
    turned, kept = remembered(seen, labels, images, state)
    moved = within(seen.images + 8 / 255 * share * torch.sign(speed), images)
    chosen = turned.reshape(-1, 1, 1, 1)
    return torch.where(chosen, kept, moved), {"speed": speed, "turned": turned, "kept": kept}


@right("attack")
def attack_image_by_image(images, labels, seen, state):
    ends = []
    kept = dict(state)
    for n, label in enumerate(labels.tolist()):
        scores, shown = seen.scores[n], seen.images[n]
        if scores.argmax().item() != label:
            kept[f"image {n}"] = shown
        if f"image {n}" in kept:
            ends.append(kept[f"image {n}"])
            continue
        best, way = None, None
        for other in range(len(scores)):
            if other == label:
                continue
            rise = seen.slopes[n, other] - seen.slopes[n, label]
            gap = (scores[label] - scores[other]) / (rise.abs().sum() + 1e-9)
            if best is None or gap < best:
                best, way = gap, rise
        length = 4 / 255 if seen.left > 10 else 2 / 255 if seen.left > 4 else 1 / 255
        moved = shown + length * torch.where(way > 0, 1.0, torch.where(way < 0, -1.0, 0.0))
        ends.append(torch.max(torch.min(moved, images[n] + 8 / 255), images[n] - 8 / 255).clip(0, 1))
    return torch.stack(ends), kept
