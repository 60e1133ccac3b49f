"""What students write in the project: recipes that break a rule, rescues of a part, games; and others that earn all."""

from dataclasses import replace

import torch

from autograder.authoring import mistake, right
from coursekit.rescue import Recipe


def channelwise(x):
    return x.mean(dim=(0, 2, 3)), x.std(dim=(0, 2, 3))


def kaiming(fan_in, fan_out):
    return (2 / fan_in) ** 0.5


def mirror(x, drawn):
    chosen = torch.rand(len(x), generator=drawn) < 0.5
    return torch.where(chosen[:, None, None, None], x.flip(3), x)


def healthy(**others):
    mended = Recipe(channelwise, kaiming, mirror, norm_eps=1e-5, rate=0.03, weight_decay=5e-4, dropout=0.0)
    return replace(mended, **others)


# Rescues of a part. The first earns nothing yet, the others some of the points.


@mistake("rescue_training", hint="The recipe is the sick one, as it was.")
def rescue_nothing():
    return sick


@mistake("rescue_training", hint="What can be seen in the pictures is mended; the first forward pass isn't.")
def rescue_what_the_pictures_show():
    return replace(sick, statistics=channelwise, augment=mirror)


@mistake("rescue_training", hint="What comes in, the start and the rate are mended; look at both modes, and at what is dropped.")
def rescue_inputs_start_and_rate():
    return replace(sick, statistics=channelwise, start=kaiming, rate=0.03)


@mistake("rescue_training", hint="What is dropped and what the images become is still as it was.")
def rescue_all_but_dropout_and_augmentation():
    return replace(sick, statistics=channelwise, start=kaiming, rate=0.03, norm_eps=1e-5)


@mistake("rescue_training", hint="One fault is left, and it hides the work of all the others: begin with what the network sees.")
def rescue_all_but_the_inputs():
    return healthy(statistics=sick.statistics)


@mistake("rescue_training", hint="One fault is left: look at the loss before the first step.")
def rescue_all_but_the_start():
    return healthy(start=sick.start)


@mistake("rescue_training", hint="One fault is left: how far does a step move the weights?")
def rescue_all_but_the_rate():
    return healthy(rate=sick.rate)


@mistake("rescue_training", hint="One fault is left: ask for training images in training mode.")
def rescue_all_but_the_dropout():
    return healthy(dropout=sick.dropout)


@mistake("rescue_training", hint="One fault is left: the start looks healthy up to the second layer, and small behind it.")
def rescue_all_but_the_normalisation():
    return healthy(norm_eps=sick.norm_eps)


@mistake("rescue_training", hint="One fault is left: which colours are taken for which?")
def rescue_all_but_the_augmentation():
    return healthy(augment=sick.augment)


# What breaks a rule.


@mistake("rescue_training", hint="A dictionary of the parts came back: a Recipe is asked for.")
def rescue_as_a_dictionary():
    return dict(vars(healthy()))


@mistake("rescue_training", hint="The class came back, not a recipe made of seven parts.")
def rescue_returns_the_class():
    return Recipe


@mistake("rescue_training", hint="The statistics are of each pixel: one number a channel is asked for.")
def rescue_with_statistics_of_each_pixel():
    return healthy(statistics=lambda x: (x.mean(dim=0), x.std(dim=0)))


@mistake("rescue_training", hint="These statistics are one number for all channels together.")
def rescue_with_one_number_for_all_channels():
    return healthy(statistics=lambda x: (x.mean(), x.std()))


@mistake("rescue_training", hint="The augmentation changes the size of the images.")
def rescue_with_crops_of_another_size():
    return healthy(augment=lambda x, drawn: x[:, :, 2:30, 2:30])


@mistake("rescue_training", hint="A start of exactly 0 can't be meant: all units of a layer would stay alike.")
def rescue_with_a_start_of_zero():
    return healthy(start=lambda fan_in, fan_out: 0.0)


@mistake("rescue_training", hint="The start is a number for each layer, not the weights themselves.")
def rescue_returns_the_weights():
    return healthy(start=lambda fan_in, fan_out: torch.randn(fan_out, fan_in) * kaiming(fan_in, fan_out))


@mistake("rescue_training", hint="What is added to the variance is one number for both normalisations.")
def rescue_with_a_number_for_each_normalisation():
    return healthy(norm_eps=(1e-5, 1e-5))


# Games.


@mistake("rescue_training", hint="A recipe of a kind of its own: the number of steps is the same for everyone.")
def rescue_by_more_steps():
    class Longer(Recipe):
        steps = 5000

    return Longer(**vars(healthy()))


@mistake("rescue_training", hint="The trainer's own numbers are changed here: the recipe alone is to be mended.")
def rescue_changes_the_trainer():
    import coursekit.rescue

    coursekit.rescue.STEPS = 5000
    return replace(sick, statistics=channelwise)


@mistake("rescue_training", hint="What the trainer holds is not the recipe's business: an augmentation sees images, and nothing else.")
def rescue_looks_at_the_labels():
    import sys

    def augment(x, drawn):
        y = sys._getframe(2).f_locals["y"]
        return x + 0 * y.sum()

    return healthy(augment=augment)


@mistake("rescue_training", hint="This is no recipe but a way to name images: nearest neighbour by pixels.")
def rescue_by_the_nearest_image():
    def named(x, y, x_new):
        return y[torch.cdist(x_new.flatten(1), x.flatten(1)).argmin(dim=1)]

    return named


@mistake("rescue_training", hint="A network that always says the same class names one in six.")
def rescue_by_one_class():
    return healthy(rate=0.0)


@mistake("rescue_training", hint="These are the mean colours alone: what is learned from must look like what is asked for.")
def rescue_by_mean_colours():
    return replace(sick, augment=lambda x, drawn: x.mean(dim=(2, 3), keepdim=True).expand_as(x).clone(), rate=0.03)


@right("rescue_training")
def rescue_by_replacing_parts_of_the_sick_one():
    def statistics(images):
        values = images.transpose(0, 1).flatten(1)
        return values.mean(dim=1), values.std(dim=1)

    def shifted_and_mirrored(images, drawn):
        if torch.rand((), generator=drawn) < 0.5:
            images = images.flip(dims=(-1,))
        across, down = torch.randint(-1, 2, (2,), generator=drawn).tolist()
        return images.roll((down, across), dims=(2, 3))

    return replace(
        sick,
        statistics=statistics,
        start=lambda fan_in, fan_out: (2 / fan_in) ** 0.5,
        augment=shifted_and_mirrored,
        norm_eps=1e-3,
        rate=0.05,
        dropout=0.1,
    )


@right("rescue_training")
def rescue_without_augmentation_or_decay():
    def one_number_for_each_channel(x):
        mean = x.mean(dim=(0, 2, 3))
        return mean, (x - mean[:, None, None]).square().mean(dim=(0, 2, 3)).sqrt()

    return Recipe(
        statistics=one_number_for_each_channel,
        start=lambda fan_in, fan_out: (1 / fan_in) ** 0.5,
        augment=lambda x, drawn: x,
        norm_eps=1e-6,
        rate=0.02,
        weight_decay=0.0,
        dropout=0.0,
    )


@right("rescue_training")
def rescue_with_half_for_mean_and_a_quarter_for_spread():
    def fixed(x):
        return torch.full((3,), 0.5), torch.full((3,), 0.25)

    def turned_upside_down(x, drawn):
        flipped = x.flip(2)
        chosen = torch.rand(x.shape[0], generator=drawn).lt(0.5).reshape(-1, 1, 1, 1).to(x.dtype)
        return chosen * flipped + (1 - chosen) * x

    return Recipe(fixed, lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5, turned_upside_down, 0.01, 0.03, 1e-4, 0.0)
