"""What students write in normalization: mistakes with the hint each deserves, and other right answers."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right


def _beside(values, x):
    return values.reshape(1, -1, *[1] * (x.ndim - 2))


def _axes(x):
    return [0, *range(2, x.ndim)]


# batch_norm_forward

UNBIASED = "The number is divided by the root of the *unbiased* variance. Only the running statistics take that one."


@mistake(
    "batch_norm_forward",
    edit={"x.var(dim=axes, unbiased=False)": "x.var(dim=axes)", "var * count / (count - 1)": "var"},
    hint=UNBIASED,
)
def unbiased_everywhere(): ...


@mistake(
    "batch_norm_forward",
    edit={"unbiased = var * count / (count - 1)": "unbiased = var"},
    hint="The running variance takes in the biased variance. That of a batch is on average too small for the data as a whole: which one isn't?",
)
def biased_everywhere(): ...


@mistake(
    "batch_norm_forward",
    edit={
        "running_mean + momentum * (mean - running_mean)": "mean + momentum * (running_mean - mean)",
        "running_var + momentum * (unbiased - running_var)": "unbiased + momentum * (running_var - unbiased)",
    },
    hint="This is the other convention of momentum, in which it is the weight of the *old* value. Read what the docstring calls it.",
)
def the_other_momentum(): ...


@mistake(
    "batch_norm_forward",
    edit={"std = torch.sqrt(var + eps)": "std = torch.sqrt(var) + eps"},
    hint="eps is added to the standard deviation. It belongs to the variance.",
)
def eps_outside_the_root(): ...


@mistake(
    "batch_norm_forward",
    edit={"std = torch.sqrt(var + eps)": "std = var + eps"},
    hint="The numbers are divided by their variance. Check the units: which measure of spread is in the units of the numbers themselves?",
)
def divided_by_the_variance(): ...


@mistake(
    "batch_norm_forward",
    edit={"std = torch.sqrt(var + eps)": "std = torch.sqrt(var)"},
    hint="eps makes no difference to your answer: it keeps a channel without spread from a division by zero.",
)
def without_eps(): ...


@mistake(
    "batch_norm_forward",
    hint="The mean and the variance are those of each *pixel* over the batch. A channel is looked at as a whole, all its pixels together.",
)
def pixel_by_pixel(x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    mean, var = _beside(running_mean, x), _beside(running_var, x)
    per_channel = solved_batch_norm(x, gamma, beta, running_mean, running_var, training, momentum, eps)
    if not training:
        return per_channel
    mean, var = x.mean(dim=0, keepdim=True), x.var(dim=0, unbiased=False, keepdim=True)
    x_hat = (x - mean) / torch.sqrt(var + eps)
    return _beside(gamma, x) * x_hat + _beside(beta, x), (x_hat, per_channel[1][1], gamma), per_channel[2]


@mistake(
    "batch_norm_forward",
    hint="Each image is normalised by itself. Batch norm asks all images of the batch for one mean and one variance per channel.",
)
def image_by_image(x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    whole = solved_batch_norm(x, gamma, beta, running_mean, running_var, training, momentum, eps)
    if not training or x.ndim == 2:
        return whole
    axes = list(range(2, x.ndim))
    x_hat = x - x.mean(dim=axes, keepdim=True)
    x_hat = x_hat / torch.sqrt(x.var(dim=axes, unbiased=False, keepdim=True) + eps)
    return _beside(gamma, x) * x_hat + _beside(beta, x), (x_hat, whole[1][1], gamma), whole[2]


@mistake(
    "batch_norm_forward",
    edit={"    if training:\n        count": "    if True:\n        count"},
    hint="With training=False yours still asks the batch. An image must then get the same answer whatever else is in its batch.",
)
def always_by_the_batch(): ...


@mistake(
    "batch_norm_forward",
    edit={
        "    std = torch.sqrt": "    if training:\n        mean, var = running_mean, running_var\n    std = torch.sqrt"
    },
    hint="In training the running statistics, already moved on, are used to normalise. They are kept for later: in training the batch's own count.",
)
def by_the_running_statistics_in_training(): ...


@mistake(
    "batch_norm_forward",
    edit={"(x_hat, std, gamma)": "(x_hat, std**2, gamma)"},
    hint="The cache holds the variance where its root, what was divided by, is asked for.",
)
def the_variance_in_the_cache(): ...


@mistake(
    "batch_norm_forward",
    edit={"(x_hat, std, gamma)": "(out, std, gamma)"},
    hint="The first in the cache is the output. x_hat is what it was *before* scale and shift.",
)
def the_output_in_the_cache(): ...


@mistake(
    "batch_norm_forward",
    edit={
        '        if count < 2:\n            raise ValueError("one number per channel has no spread to divide by")\n': "",
        "var * count / (count - 1)": "var * count / max(count - 1, 1)",
    },
    hint="One number per channel has no spread: in training that is a ValueError.",
)
def a_single_number_let_through(): ...


@mistake(
    "batch_norm_forward",
    edit={
        "        count = x.numel()": "        pass\n    if True:\n        count = x.numel()",
        "        mean, var = x.mean(dim=axes), x.var(dim=axes, unbiased=False)\n": "    if training:\n        mean, var = x.mean(dim=axes), x.var(dim=axes, unbiased=False)\n",
    },
    hint="A single number per channel is refused outside training too, where its spread is not asked for.",
)
def a_single_number_always_refused(): ...


@mistake(
    "batch_norm_forward",
    edit={"x.var(dim=axes, unbiased=False)": "x.square().mean(dim=axes) - x.mean(dim=axes).square()"},
    hint="The mean of the squares minus the square of the mean: where the mean is large, two huge numbers cancel and take the digits with them.",
)
def squares_minus_square(): ...


@mistake(
    "batch_norm_forward",
    edit={"var * count / (count - 1)": "var * len(x) / max(len(x) - 1, 1)"},
    hint="The unbiased variance is made with the number of images. How many numbers of a channel went into it?",
)
def unbiased_by_the_number_of_images(): ...


@mistake("batch_norm_forward", hint="Torch's own batch norm is called: write it yourself.")
def torchs_batch_norm(x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    statistics = running_mean.clone(), running_var.clone()
    whole = solved_batch_norm(x, gamma, beta, *statistics, training, momentum, eps)
    return F.batch_norm(x, *statistics, gamma, beta, training, momentum, eps), *whole[1:]


@mistake("batch_norm_forward", hint="A loop over the channels: mean and variance take several axes at once.")
def channel_by_channel(x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    each = [
        solved_batch_norm(
            x[:, [c]], gamma[[c]], beta[[c]], running_mean[[c]], running_var[[c]], training, momentum, eps
        )
        for c in range(x.shape[1])
    ]
    cache = torch.cat([one[1][0] for one in each], dim=1), torch.cat([one[1][1] for one in each]), gamma
    return (
        torch.cat([one[0] for one in each], dim=1),
        cache,
        tuple(torch.cat([one[2][i] for one in each]) for i in (0, 1)),
    )


@mistake(
    "batch_norm_forward",
    hint="The running statistics move outside training as well. There they are only read, and come back as they came.",
)
def statistics_that_always_move(x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    whole = solved_batch_norm(x, gamma, beta, running_mean, running_var, training, momentum, eps)
    if training or x.numel() == x.shape[1]:
        return whole
    return *whole[:2], solved_batch_norm(x, gamma, beta, running_mean, running_var, True, momentum, eps)[2]


@mistake(
    "batch_norm_forward",
    edit={"(x_hat, std, gamma)": "(x - along_channels(mean, x), std, gamma)"},
    hint="The first in the cache has not been divided yet: x_hat is what gamma and beta are applied to.",
)
def centred_in_the_cache(): ...


@mistake(
    "batch_norm_forward",
    edit={"var * count / (count - 1)": "var * (count - 1) / count"},
    hint="The running variance takes in less than the biased one. Which of the two is the larger?",
)
def correction_upside_down(): ...


@mistake(
    "batch_norm_forward",
    edit={"unbiased = var * count": "unbiased = (var + eps) * count"},
    hint="eps gets into the running variance. It belongs where something is divided, and nowhere else.",
)
def eps_in_the_running_variance(): ...


@mistake(
    "batch_norm_forward",
    edit={"torch.sqrt(var + eps)": "torch.sqrt(var + eps if training else var)"},
    hint="With training=False eps is left out: it stands under the root in both lives.",
)
def no_eps_in_evaluation(): ...


@mistake(
    "batch_norm_forward",
    edit={"axes = [0, *range(2, x.ndim)]": "axes = [0, 2, 3]"},
    hint="The axes of images are written out. Rows (N, C) have fewer, and there may be more.",
)
def for_images_only(): ...


@mistake(
    "batch_norm_forward",
    edit={"along_channels(gamma, x) * x_hat + along_channels(beta, x)": "gamma * x_hat + beta"},
    hint="gamma and beta lie along the last axis as they come: put them beside the channels.",
)
def gamma_along_the_last_axis(): ...


@mistake(
    "batch_norm_forward",
    edit={"(unbiased - running_var)": "(unbiased.sqrt() - running_var)"},
    hint="The running statistics take in the deviation: it is the variance that they hold.",
)
def deviation_remembered(): ...


@mistake(
    "batch_norm_forward",
    edit={"(x_hat, std, gamma), (running_mean, running_var)": "(x_hat, std, gamma), (running_var, running_mean)"},
    hint="The running statistics come back exchanged: the mean is the first.",
)
def statistics_exchanged(): ...


@mistake(
    "batch_norm_forward",
    edit={
        "    mean, var = running_mean, running_var\n": "    mean, var = x.mean(dim=axes), x.var(dim=axes, unbiased=False)\n"
    },
    hint="With training=False yours still asks the batch. An image must then get the same answer whatever else is in its batch.",
)
def batch_statistics_in_both_lives(): ...


@mistake(
    "batch_norm_forward",
    edit={"x.var(dim=axes, unbiased=False)": "x.var(dim=0, unbiased=False).reshape(x.shape[1], -1).mean(dim=1)"},
    hint="The mean of single pixels' variances: how far the pixels lie from each other is lost. All numbers of a channel have one variance.",
)
def variances_of_pixels_averaged(): ...


@mistake(
    "batch_norm_forward",
    edit={
        "    std = torch.sqrt(var + eps)\n": "    x, mean, var = x.detach(), mean.detach(), var.detach()\n    std = torch.sqrt(var + eps)\n"
    },
    hint="Autograd finds no way back through yours: something is detached, or overwritten in place.",
)
def cut_off_from_autograd(): ...


@mistake(
    "batch_norm_forward",
    hint="Rows are cut out of x as it lies, and numbers of several channels get into one. Which axis has to come first, before you flatten?",
)
def rows_without_turning(x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    rows = x.reshape(x.shape[1], 1, -1).transpose(0, 1)
    out, (hat, std, _), moved = solved_batch_norm(rows, gamma, beta, running_mean, running_var, training, momentum, eps)
    return out.reshape(x.shape), (hat.reshape(x.shape), std, gamma), moved


@right("batch_norm_forward")
def in_rows_of_channels(x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    rows = x.transpose(0, 1).reshape(x.shape[1], -1)
    if training:
        if rows.shape[1] == 1:
            raise ValueError("more than one number per channel is needed")
        mean = rows.mean(dim=1)
        centred = rows - mean[:, None]
        var = (centred**2).mean(dim=1)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * (centred**2).sum(dim=1) / (rows.shape[1] - 1)
    else:
        mean, var = running_mean, running_var
    std = (var + eps) ** 0.5
    turned = x.transpose(1, -1)
    x_hat = ((turned - mean) / std).transpose(1, -1)
    out = (x_hat.transpose(1, -1) * gamma + beta).transpose(1, -1)
    return out, (x_hat, std, gamma), (running_mean, running_var)


@right("batch_norm_forward")
def with_lerp(x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    def wide(one):
        return one.view([1, len(one)] + [1] * (x.dim() - 2))

    if not training:
        std = torch.sqrt(running_var + eps)
        x_hat = (x - wide(running_mean)) / wide(std)
        return wide(gamma) * x_hat + wide(beta), (x_hat, std, gamma), (running_mean, running_var)
    over = tuple(one for one in range(x.dim()) if one != 1)
    numbers = math.prod(x.shape[one] for one in over)
    if numbers < 2:
        raise ValueError(f"{numbers} number per channel")
    var, mean = torch.var_mean(x, dim=over, correction=0)
    std = torch.sqrt(var + eps)
    x_hat = (x - wide(mean)) / wide(std)
    moved = torch.lerp(running_mean, mean, momentum), torch.lerp(running_var, torch.var(x, dim=over), momentum)
    return wide(gamma) * x_hat + wide(beta), (x_hat, std, gamma), moved


@right("batch_norm_forward")
def flattened_first(x, gamma, beta, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    flat = x.reshape(x.shape[0], x.shape[1], -1)
    new_mean, new_var = running_mean.clone(), running_var.clone()
    mean, var = running_mean, running_var
    if training:
        if flat.shape[0] * flat.shape[2] == 1:
            raise ValueError("no spread")
        mean = flat.mean(dim=(0, 2))
        var = (flat - mean[None, :, None]).pow(2).mean(dim=(0, 2))
        new_mean = new_mean * (1 - momentum) + mean * momentum
        new_var = new_var * (1 - momentum) + flat.var(dim=(0, 2)) * momentum
    std = (var + eps).sqrt()
    x_hat = (flat - mean[None, :, None]) / std[None, :, None]
    out = gamma[None, :, None] * x_hat + beta[None, :, None]
    return out.reshape(x.shape), (x_hat.reshape(x.shape), std, gamma), (new_mean, new_var)


solved_batch_norm = batch_norm_forward  # noqa: F821


# batch_norm_backward

BETA_FOR_GAMMA = "In the place of gamma's gradient stands that of beta. Is the order x, gamma, beta, and what was each gamma multiplied by?"
CONSTANT = "Mean and deviation are treated as constants. In training they are made of x, so a nudge of one number also moves the two of them."


@mistake("batch_norm_backward", edit={"    if training:\n": "    if False:\n"}, hint=CONSTANT)
def as_if_constants(): ...


@mistake(
    "batch_norm_backward",
    edit={"    if training:\n": "    if True:\n"},
    hint="With training=False the statistics were constants, and yours still sends a gradient through them.",
)
def always_as_in_training(): ...


@mistake(
    "batch_norm_backward",
    edit={"grad_out - through_mean - x_hat * through_std": "grad_out - through_mean"},
    hint="The way through the standard deviation is missing: a nudge of one number changes the spread, too.",
)
def without_the_deviation(): ...


@mistake(
    "batch_norm_backward",
    edit={"grad_out - through_mean - x_hat * through_std": "grad_out - x_hat * through_std"},
    hint="The way through the mean is missing: a nudge of one number moves the mean, and all others with it.",
)
def without_the_mean(): ...


@mistake(
    "batch_norm_backward",
    edit={"x_hat * through_std": "through_std"},
    hint="What goes through the deviation is the same for all numbers of a channel. How much a number moves the deviation depends on where it lies.",
)
def the_deviation_moves_all_alike(): ...


@mistake(
    "batch_norm_backward",
    edit={"- x_hat * through_std": "+ x_hat * through_std"},
    hint="The way through the deviation has the wrong sign: a larger deviation makes x_hat smaller.",
)
def sign_of_the_deviation(): ...


@mistake(
    "batch_norm_backward",
    edit={"grad_beta / count": "grad_beta", "grad_gamma / count": "grad_gamma"},
    hint="Sums stand where means belong: each number has only one part in `count` in the mean, and so in the deviation.",
)
def sums_for_means(): ...


@mistake(
    "batch_norm_backward",
    edit={"count = x_hat.numel() // x_hat.shape[1]": "count = x_hat.shape[0]"},
    hint="The mean was over all images *and* pixels of a channel, and you divide by the number of images.",
)
def divided_by_the_images(): ...


@mistake(
    "batch_norm_backward",
    edit={"count = x_hat.numel() // x_hat.shape[1]": "count = x_hat.numel() // x_hat.shape[1] - 1"},
    hint="You divide by one less than there are numbers. What was divided by forwards, the unbiased variance or the biased one?",
)
def divided_by_one_less(): ...


@mistake(
    "batch_norm_backward",
    edit={"along_channels(gamma / std, x_hat)": "along_channels(1 / std, x_hat)"},
    hint="gamma makes no difference to your gradient of x: what x_hat was multiplied by stands on the way back as well.",
)
def gamma_left_out(): ...


@mistake(
    "batch_norm_backward",
    edit={"along_channels(gamma / std, x_hat)": "along_channels(gamma * std, x_hat)"},
    hint="The gradient of x is multiplied by the deviation: forwards it was divided by.",
)
def multiplied_by_the_deviation(): ...


@mistake(
    "batch_norm_backward",
    edit={"(grad_out * x_hat).sum(dim=axes)": "(grad_out * x_hat * along_channels(gamma, x_hat)).sum(dim=axes)"},
    hint="The gradient of gamma holds gamma itself. By how much does the output move if gamma does?",
)
def gamma_in_its_own_gradient(): ...


@mistake(
    "batch_norm_backward",
    edit={
        "grad_beta = grad_out.sum": "grad_beta = grad_out.mean",
        "grad_gamma = (grad_out * x_hat).sum": "grad_gamma = (grad_out * x_hat).mean",
        "grad_beta / count": "grad_beta",
        "grad_gamma / count": "grad_gamma",
    },
    hint="The gradients of gamma and beta are means. Each number of the channel used the same gamma and beta: their shares add up.",
)
def means_of_gamma_and_beta(): ...


@mistake(
    "batch_norm_backward",
    edit={"* grad, grad_gamma, grad_beta": "* grad, grad_beta, grad_gamma"},
    hint=BETA_FOR_GAMMA,
)
def exchanged(): ...


@mistake(
    "batch_norm_backward",
    edit={"along_channels(gamma / std, x_hat)": "along_channels(gamma / torch.sqrt(std**2 + 1e-5), x_hat)"},
    hint="std is the root of variance plus eps already, and yours adds eps once more.",
)
def eps_once_more(): ...


@mistake(
    "batch_norm_backward",
    edit={
        "    grad = grad_out\n": "    grad = grad_out - along_channels(grad_beta / (x_hat.numel() // x_hat.shape[1]), x_hat)\n"
    },
    hint="With training=False the way through the mean is still taken: it was a constant, just as the deviation.",
)
def way_through_the_mean_in_evaluation(): ...


@mistake(
    "batch_norm_backward",
    edit={
        "    return along_channels(gamma / std, x_hat) * grad,": "    if not training:\n        grad_gamma, grad_beta = 0 * grad_gamma, 0 * grad_beta\n    return along_channels(gamma / std, x_hat) * grad,"
    },
    hint="With training=False gamma and beta get no gradient. The statistics were constants then; gamma and beta weren't.",
)
def nothing_for_gamma_in_evaluation(): ...


@mistake(
    "batch_norm_backward",
    edit={"along_channels(gamma / std, x_hat)": "along_channels(gamma / std if training else gamma, x_hat)"},
    hint="With training=False the deviation is left out. A constant that one divides by stands on the way back, too.",
)
def undivided_in_evaluation(): ...


@mistake(
    "batch_norm_backward",
    edit={"x_hat * through_std": "2 * x_hat * through_std"},
    hint="What goes through the deviation counts twice. Follow the factor 2 of the square: what does the derivative of the root do to it?",
)
def deviation_twice(): ...


@mistake(
    "batch_norm_backward",
    edit={"along_channels(gamma / std, x_hat)": "along_channels(gamma**2 / std, x_hat)"},
    hint="gamma is in your gradient of x twice: once on the way to x_hat, and once more in front.",
)
def gamma_squared(): ...


@mistake(
    "batch_norm_backward",
    edit={"count = x_hat.numel() // x_hat.shape[1]": "count = x_hat.numel()"},
    hint="The means are divided by the numbers of *all* channels: each channel has a mean of its own.",
)
def divided_by_all_numbers(): ...


@mistake(
    "batch_norm_backward",
    edit={"grad_gamma / count": "grad_gamma / max(count - 1, 1)"},
    hint="You divide by one less than there are numbers. What was divided by forwards, the unbiased variance or the biased one?",
)
def deviation_by_one_less(): ...


@mistake(
    "batch_norm_backward",
    edit={
        "grad_out - through_mean - x_hat * through_std": "grad_out - grad_out.mean(dim=axes[1:] or [0], keepdim=True) - x_hat * (grad_out * x_hat).mean(dim=axes[1:] or [0], keepdim=True)"
    },
    hint="The means are those of each image by itself: forwards mean and deviation were those of the whole batch.",
)
def means_image_by_image(): ...


@mistake(
    "batch_norm_backward",
    edit={
        "along_channels(grad_gamma / count, x_hat)": "along_channels(grad_gamma / x_hat.square().sum(dim=axes), x_hat)"
    },
    hint="The last term is divided by the sum of the squares of x_hat. It is M but for eps: differentiate the deviation with eps in it.",
)
def divided_by_the_squares(): ...


@mistake("batch_norm_backward", hint="The gradient comes from autograd: write it yourself.")
def by_autograd(grad_out, cache, training=True):
    x_hat, std, gamma = cache
    x = (x_hat * _beside(std, x_hat)).detach().requires_grad_()
    if training:
        mean = x.mean(dim=_axes(x))
        out = (x - _beside(mean, x)) / ((x - _beside(mean, x)).square().mean(dim=_axes(x), keepdim=True) + 0.3).sqrt()
    else:
        out = x / _beside(std, x)
    (grad_x,) = torch.autograd.grad(out * _beside(gamma, x), x, grad_out)
    return grad_x, (grad_out * x_hat).sum(dim=_axes(x)), grad_out.sum(dim=_axes(x))


@mistake("batch_norm_backward", hint="A loop over the channels: a sum takes several axes at once.")
def back_channel_by_channel(grad_out, cache, training=True):
    x_hat, std, gamma = cache
    each = [
        solved_batch_backward(grad_out[:, [c]], (x_hat[:, [c]], std[[c]], gamma[[c]]), training)
        for c in range(x_hat.shape[1])
    ]
    return torch.cat([one[0] for one in each], dim=1), *(torch.cat([one[i] for one in each]) for i in (1, 2))


solved_batch_backward = batch_norm_backward  # noqa: F821


@right("batch_norm_backward")
def step_by_step(grad_out, cache, training=True):
    x_hat, std, gamma = cache
    axes = _axes(x_hat)
    count = x_hat.numel() / x_hat.shape[1]
    wide = _beside(std, x_hat)
    grad_hat = grad_out * _beside(gamma, x_hat)
    grad_gamma, grad_beta = (grad_out * x_hat).sum(dim=axes), grad_out.sum(dim=axes)
    if not training:
        return grad_hat / wide, grad_gamma, grad_beta
    centred = x_hat * wide
    grad_var = (grad_hat * centred).sum(dim=axes, keepdim=True) * -0.5 * wide**-3
    grad_mean = -(grad_hat / wide).sum(dim=axes, keepdim=True)
    grad_mean = grad_mean + grad_var * (-2 * centred).sum(dim=axes, keepdim=True) / count
    grad_x = grad_hat / wide + grad_var * 2 * centred / count + grad_mean / count
    return grad_x, grad_gamma, grad_beta


@right("batch_norm_backward")
def by_two_projections(grad_out, cache, training=True):
    x_hat, std, gamma = cache
    rows = x_hat.transpose(0, 1).reshape(x_hat.shape[1], -1)
    pulls = grad_out.transpose(0, 1).reshape(x_hat.shape[1], -1)
    num = rows.shape[1]
    grad = pulls
    if training:
        grad = pulls - pulls.mean(dim=1, keepdim=True) - rows * torch.einsum("ci,ci->c", rows, pulls)[:, None] / num
    grad = grad * (gamma / std)[:, None]
    turned = x_hat.transpose(0, 1)
    return grad.reshape(turned.shape).transpose(0, 1), (pulls * rows).sum(dim=1), pulls.sum(dim=1)


@right("batch_norm_backward")
def times_count_over_count(grad_out, cache, training=True):
    x_hat, std, gamma = cache
    over = tuple(one for one in range(x_hat.dim()) if one != 1)
    dbeta = torch.sum(grad_out, over)
    dgamma = torch.sum(grad_out * x_hat, over)
    shape = [1, -1] + [1] * (x_hat.dim() - 2)
    if training:
        m = x_hat[:, 0].numel()
        dx = (m * grad_out - dbeta.view(shape) - x_hat * dgamma.view(shape)) * (gamma / (m * std)).view(shape)
    else:
        dx = grad_out * (gamma / std).view(shape)
    return dx, dgamma, dbeta


# layer_norm_forward


@mistake(
    "layer_norm_forward",
    edit={"axes = list(range(-gamma.ndim, 0))": "axes = [-1]"},
    hint="Only the last axis is looked at. The features are as many axes as gamma has.",
)
def only_the_last_axis(): ...


@mistake(
    "layer_norm_forward",
    edit={"axes = list(range(-gamma.ndim, 0))": "axes = list(range(1, x.ndim))"},
    hint="All axes but the first are taken for features. A sequence of N samples and T places has T statistics for each sample: gamma says how many axes are features.",
)
def all_but_the_first_axis(): ...


@mistake(
    "layer_norm_forward",
    edit={"axes = list(range(-gamma.ndim, 0))": "axes = list(range(x.ndim - gamma.ndim))"},
    hint="The statistics go over the samples, feature by feature: that is batch norm. Here each sample is by itself.",
)
def over_the_batch(): ...


@mistake(
    "layer_norm_forward",
    edit={"unbiased=False, keepdim=True": "keepdim=True"},
    hint="The unbiased variance, divided by one less than there are features, which is torch's default. The docstring asks for the biased one.",
)
def unbiased_variance(): ...


@mistake(
    "layer_norm_forward",
    edit={"std = torch.sqrt(var + eps)": "std = torch.sqrt(var) + eps"},
    hint="eps is added to the standard deviation. It belongs to the variance.",
)
def eps_beside_the_deviation(): ...


@mistake(
    "layer_norm_forward",
    edit={"std = torch.sqrt(var + eps)": "std = var + eps"},
    hint="The numbers are divided by their variance. Which measure of spread is in the units of the numbers themselves?",
)
def by_the_variance(): ...


@mistake(
    "layer_norm_forward",
    edit={"std = torch.sqrt(var + eps)": "std = torch.sqrt(var)"},
    hint="eps makes no difference to your answer, and a sample of equal features gives NaN.",
)
def no_eps(): ...


@mistake(
    "layer_norm_forward",
    edit={"return gamma * x_hat + beta, (x_hat": "x_hat = gamma * x_hat + beta\n    return x_hat, (x_hat"},
    hint="The x_hat in the cache has been scaled and shifted already: the way back needs it from before.",
)
def the_output_as_x_hat(): ...


@mistake(
    "layer_norm_forward",
    edit={"(x_hat, std, gamma)": "(x_hat, var + eps, gamma)"},
    hint="The cache holds the variance. What was divided by is its root.",
)
def variance_in_the_cache(): ...


@mistake(
    "layer_norm_forward",
    edit={"(x_hat, std, gamma)": "(x_hat, std.squeeze(axes), gamma)"},
    hint="std in the cache has lost the axes of the features. With them, at size 1, it stands beside x_hat as it is.",
)
def std_without_its_axes(): ...


@mistake(
    "layer_norm_forward",
    edit={"gamma * x_hat + beta": "gamma * (x_hat + beta)"},
    hint="The shift is scaled as well: first the scale, then the shift.",
)
def shift_before_scale(): ...


@mistake(
    "layer_norm_forward",
    edit={"x.var(dim=axes, unbiased=False, keepdim=True)": "x.square().mean(dim=axes, keepdim=True) - mean.square()"},
    hint="The mean of the squares minus the square of the mean: where the mean is large, two huge numbers cancel and take the digits with them.",
)
def squares_minus_the_square(): ...


@mistake(
    "layer_norm_forward",
    edit={"axes = list(range(-gamma.ndim, 0))": "axes = list(range(1, 1 + gamma.ndim))"},
    hint="The features are counted from axis 1. They are the *last* axes: a sequence has its places before them.",
)
def axes_from_the_front(): ...


@mistake(
    "layer_norm_forward",
    edit={"axes = list(range(-gamma.ndim, 0))": "axes = list(range(-gamma.ndim + 1, 0)) or [-1]"},
    hint="One axis of the features is missing from your statistics: print the axes for a gamma of three.",
)
def one_axis_too_few(): ...


@mistake(
    "layer_norm_forward",
    edit={"axes = list(range(-gamma.ndim, 0))": "axes = list(range(x.ndim))"},
    hint="One mean and one deviation for the whole tensor: each sample has its own.",
)
def over_everything(): ...


@mistake(
    "layer_norm_forward",
    edit={"x_hat = (x - mean) / std": "x_hat = x / std"},
    hint="The mean is never taken away: x is only divided.",
)
def not_centred(): ...


@mistake(
    "layer_norm_forward",
    edit={
        "return gamma * x_hat + beta": "return x_hat * along_channels(gamma.flatten(), x) + along_channels(beta.flatten(), x)"
    },
    hint="gamma is laid along axis 1, as in batch norm. Here it has the shape of the last axes, and stands right as it is.",
)
def gamma_along_axis_one(): ...


@mistake(
    "layer_norm_forward",
    edit={"(x_hat, std, gamma)": "(x_hat, std.expand_as(x), gamma)"},
    hint="std in the cache has been spread to the shape of x. One for each sample is asked for.",
)
def std_for_every_feature(): ...


@mistake(
    "layer_norm_forward",
    edit={"(x_hat, std, gamma)": "(x_hat, var.sqrt(), gamma)"},
    hint="std in the cache is without eps: what was divided by had it.",
)
def std_without_eps(): ...


@mistake("layer_norm_forward", hint="Torch's own layer norm is called: write it yourself.")
def torchs_layer_norm(x, gamma, beta, eps=1e-5):
    return F.layer_norm(x, gamma.shape, gamma, beta, eps), solved_layer_forward(x, gamma, beta, eps)[1]


@mistake("layer_norm_forward", hint="A loop over the samples: with `keepdim=True` all of them can be done at once.")
def sample_by_sample(x, gamma, beta, eps=1e-5):
    each = [solved_layer_forward(one[None], gamma, beta, eps) for one in x]
    hats, stds = (torch.cat([one[1][i] for one in each]) for i in (0, 1))
    return torch.cat([one[0] for one in each]), (hats, stds, gamma)


solved_layer_forward = layer_norm_forward  # noqa: F821


@right("layer_norm_forward")
def in_flat_rows(x, gamma, beta, eps=1e-5):
    before = x.shape[: x.ndim - gamma.ndim]
    flat = x.reshape(*before, -1)
    centred = flat - flat.mean(-1, keepdim=True)
    std = (centred.pow(2).mean(-1, keepdim=True) + eps).sqrt()
    x_hat = (centred / std).reshape(x.shape)
    return x_hat * gamma + beta, (x_hat, std.reshape(*before, *[1] * gamma.ndim), gamma)


@right("layer_norm_forward")
def by_var_mean(x, gamma, beta, eps=1e-5):
    over = tuple(range(x.dim() - gamma.dim(), x.dim()))
    var, mean = torch.var_mean(x, dim=over, correction=0, keepdim=True)
    std = torch.sqrt(var + eps)
    x_hat = (x - mean) / std
    out = torch.addcmul(beta, gamma, x_hat)
    return out, (x_hat, std, gamma)


@right("layer_norm_forward")
def by_sums(x, gamma, beta, eps=1e-5):
    axes = [x.dim() - 1 - one for one in range(gamma.dim())]
    number = gamma.numel()
    mean = x.sum(axes, keepdim=True) / number
    difference = x - mean
    var = (difference * difference).sum(axes, keepdim=True) / number
    std = (var + eps) ** 0.5
    x_hat = difference / std
    return x_hat * gamma + beta, (x_hat, std, gamma)


# layer_norm_backward


@mistake(
    "layer_norm_backward",
    edit={
        "grad_hat.mean(dim=features, keepdim=True)": "grad_out.mean(dim=features, keepdim=True) * gamma",
        "(grad_hat * x_hat).mean(dim=features, keepdim=True)": "(grad_out * x_hat).mean(dim=features, keepdim=True) * gamma",
    },
    hint="gamma stands outside the means, as in batch norm. There it was one number for the whole mean; here each feature has its own.",
)
def gamma_outside_the_means(): ...


@mistake(
    "layer_norm_backward",
    edit={"grad_hat = grad_out * gamma": "grad_hat = grad_out"},
    hint="gamma makes no difference to your gradient of x: what x_hat was multiplied by stands on the way back as well.",
)
def without_gamma(): ...


@mistake(
    "layer_norm_backward",
    edit={"features = list(range(-gamma.ndim, 0))": "features = list(range(x_hat.ndim - gamma.ndim))"},
    hint="The means of the gradient of x go over the samples: these are the means of batch norm. Go back over the axes that the statistics were taken over.",
)
def means_over_the_samples(): ...


@mistake(
    "layer_norm_backward",
    hint="The gradients of gamma and beta are summed over the first axis alone. Whatever axes come before the features used the same gamma.",
)
def sums_over_the_first_axis(grad_out, cache):
    grad_x, grad_gamma, grad_beta = solved_layer_backward(grad_out, cache)
    x_hat, _, gamma = cache
    if x_hat.ndim == gamma.ndim + 1:
        return grad_x, grad_gamma, grad_beta
    return grad_x, (grad_out * x_hat).sum(dim=0), grad_out.sum(dim=0)


@mistake(
    "layer_norm_backward",
    edit={" - through_mean - through_std": " - through_mean"},
    hint="The way through the standard deviation is missing: a nudge of one feature changes the spread of its sample.",
)
def no_way_through_the_deviation(): ...


@mistake(
    "layer_norm_backward",
    edit={" - through_mean - through_std": " - through_std"},
    hint="The way through the mean is missing: a nudge of one feature moves the mean of its sample.",
)
def no_way_through_the_mean(): ...


@mistake(
    "layer_norm_backward",
    edit={" - through_mean - through_std": ""},
    hint="Mean and deviation are treated as constants, and they are made of the sample itself.",
)
def no_way_through_either(): ...


@mistake(
    "layer_norm_backward",
    edit={
        "grad_hat.mean(dim=features": "grad_hat.sum(dim=features",
        "(grad_hat * x_hat).mean(dim=features": "(grad_hat * x_hat).sum(dim=features",
    },
    hint="Sums over the features stand where means belong: each feature has a small part in the mean of its sample.",
)
def sums_of_features(): ...


@mistake(
    "layer_norm_backward",
    edit={
        "x_hat * (grad_hat * x_hat).mean(dim=features, keepdim=True)": "(grad_hat * x_hat).mean(dim=features, keepdim=True)"
    },
    hint="What goes through the deviation is the same for all features of a sample. How much one moves the deviation depends on where it lies.",
)
def deviation_moves_all_alike(): ...


@mistake(
    "layer_norm_backward",
    edit={"through_std) / std": "through_std) * std"},
    hint="The gradient of x is multiplied by the deviation: forwards it was divided by.",
)
def times_the_deviation(): ...


@mistake(
    "layer_norm_backward",
    edit={"(grad_out * x_hat).sum(dim=samples)": "(grad_out * gamma * x_hat).sum(dim=samples)"},
    hint="The gradient of gamma holds gamma itself. By how much does the output move if gamma does?",
)
def gamma_in_gammas_gradient(): ...


@mistake(
    "layer_norm_backward",
    edit={
        "(grad_out * x_hat).sum(dim=samples)": "(grad_out * x_hat).mean(dim=samples)",
        "grad_out.sum(dim=samples)": "grad_out.mean(dim=samples)",
    },
    hint="The gradients of gamma and beta are means over the samples. All samples used the same gamma and beta: their shares add up.",
)
def means_for_gamma(): ...


@mistake(
    "layer_norm_backward",
    edit={
        "grad_hat.mean(dim=features, keepdim=True)": "grad_hat.sum(dim=features, keepdim=True) / gamma.shape[-1]",
        "(grad_hat * x_hat).mean(dim=features, keepdim=True)": "(grad_hat * x_hat).sum(dim=features, keepdim=True) / gamma.shape[-1]",
    },
    hint="The means are divided by the size of the last axis. How many features are there if gamma has three axes?",
)
def divided_by_the_last_axis(): ...


@mistake(
    "layer_norm_backward",
    edit={
        "grad_hat.mean(dim=features, keepdim=True)": "grad_hat.sum(dim=features, keepdim=True) / (x_hat.numel() // gamma.numel())",
        "(grad_hat * x_hat).mean(dim=features, keepdim=True)": "(grad_hat * x_hat).sum(dim=features, keepdim=True) / (x_hat.numel() // gamma.numel())",
    },
    hint="The means of the gradient of x are divided by the number of samples: a sample's mean was over its features.",
)
def divided_by_the_samples(): ...


@mistake(
    "layer_norm_backward",
    edit={
        "(grad_hat * x_hat).mean(dim=features, keepdim=True)": "(grad_hat * x_hat).sum(dim=features, keepdim=True) / max(gamma.numel() - 1, 1)"
    },
    hint="You divide by one less than there are features. What was divided by forwards, the unbiased variance or the biased one?",
)
def one_feature_less(): ...


@mistake(
    "layer_norm_backward",
    edit={"(grad_out * x_hat).sum(dim=samples)": "grad_out.sum(dim=samples)"},
    hint=BETA_FOR_GAMMA,
)
def betas_gradient_for_gamma(): ...


@mistake(
    "layer_norm_backward",
    edit={"features = list(range(-gamma.ndim, 0))": "features = [-1]"},
    hint="The means of the gradient of x go over the last axis alone: forwards they went over all axes of gamma.",
)
def means_over_the_last_axis(): ...


@mistake(
    "layer_norm_backward",
    edit={"features = list(range(-gamma.ndim, 0))": "features = list(range(1, x_hat.ndim))"},
    hint="The means of the gradient of x go over all axes but the first: each place of a sequence had statistics of its own.",
)
def means_over_the_places_too(): ...


@mistake(
    "layer_norm_backward",
    edit={
        "grad_hat.mean(dim=features, keepdim=True)": "grad_out.mean(dim=features, keepdim=True)",
        "(grad_hat * x_hat).mean(dim=features, keepdim=True)": "(grad_out * x_hat).mean(dim=features, keepdim=True)",
    },
    hint="The means are taken before gamma is multiplied. They belong to the gradient of x_hat: where in the chain does gamma stand?",
)
def means_of_grad_out(): ...


@mistake(
    "layer_norm_backward",
    edit={"(grad_hat * x_hat).mean(dim=features, keepdim=True)": "(grad_out * x_hat).mean(dim=features, keepdim=True)"},
    hint="What goes through the deviation is without gamma: only the gradient of x_hat goes the three ways.",
)
def one_mean_without_gamma(): ...


@mistake(
    "layer_norm_backward",
    edit={
        "(grad_hat * x_hat).mean(dim=features, keepdim=True)": "(grad_hat * x_hat).sum(dim=features, keepdim=True) / x_hat.square().sum(dim=features, keepdim=True)"
    },
    hint="The last term is divided by the sum of the squares of x_hat. It is the number of features but for eps: differentiate the deviation with eps in it.",
)
def divided_by_the_squares_of_x_hat(): ...


@mistake(
    "layer_norm_backward",
    edit={"through_std) / std": "through_std)"},
    hint="The deviation is missing from the gradient of x: forwards it was divided by.",
)
def not_divided(): ...


@mistake(
    "layer_norm_backward",
    edit={"(grad_out * x_hat).sum(dim=samples)": "(grad_out * x_hat).sum(dim=features)"},
    hint="The gradients of gamma and beta are summed over the features: one number a sample. Who shares a gamma?",
)
def sums_over_the_features(): ...


@mistake(
    "layer_norm_backward",
    edit={" - through_mean - through_std": " - through_mean + through_std"},
    hint="The way through the deviation has the wrong sign: a larger deviation makes x_hat smaller.",
)
def sign_through_the_deviation(): ...


@mistake("layer_norm_backward", hint="The gradient comes from autograd: write it yourself.")
def layer_by_autograd(grad_out, cache):
    x_hat, std, gamma = cache
    leaf = (x_hat * std).detach().requires_grad_()
    axes = list(range(-gamma.ndim, 0))
    out = gamma * (leaf - leaf.mean(axes, keepdim=True)) / (leaf.var(axes, unbiased=False, keepdim=True) + 0.3).sqrt()
    (grad_x,) = torch.autograd.grad(out, leaf, grad_out)
    return grad_x, *solved_layer_backward(grad_out, cache)[1:]


@mistake("layer_norm_backward", hint="A loop over the samples: with `keepdim=True` all of them can be done at once.")
def back_sample_by_sample(grad_out, cache):
    x_hat, std, gamma = cache
    each = [solved_layer_backward(grad_out[[n]], (x_hat[[n]], std[[n]], gamma)) for n in range(len(x_hat))]
    return torch.cat([one[0] for one in each]), *(torch.stack([one[i] for one in each]).sum(0) for i in (1, 2))


@right("layer_norm_backward")
def layer_step_by_step(grad_out, cache):
    x_hat, std, gamma = cache
    before = x_hat.ndim - gamma.ndim
    features = tuple(range(before, x_hat.ndim))
    number = gamma.numel()
    pull = grad_out * gamma
    grad_std = -(pull * x_hat).sum(features, keepdim=True) / std
    grad_centred = pull / std + grad_std * x_hat / number
    grad_x = grad_centred - grad_centred.sum(features, keepdim=True) / number
    grad_gamma = (grad_out * x_hat).reshape(-1, *gamma.shape).sum(0)
    return grad_x, grad_gamma, grad_out.reshape(-1, *gamma.shape).sum(0)


@right("layer_norm_backward")
def layer_in_flat_rows(grad_out, cache):
    x_hat, std, gamma = cache
    number = gamma.numel()
    rows, pulls = x_hat.reshape(-1, number), grad_out.reshape(-1, number)
    scaled = pulls * gamma.reshape(1, -1)
    inner = torch.einsum("nd,nd->n", scaled, rows)[:, None] / number
    grad = (scaled - scaled.mean(dim=1, keepdim=True) - rows * inner) / std.reshape(-1, 1)
    grad_gamma = torch.einsum("nd,nd->d", pulls, rows).reshape(gamma.shape)
    return grad.reshape(x_hat.shape), grad_gamma, pulls.sum(dim=0).reshape(gamma.shape)


@right("layer_norm_backward")
def layer_times_number(grad_out, cache):
    x_hat, std, gamma = cache
    f = [-(i + 1) for i in range(gamma.dim())]
    s = tuple(range(x_hat.dim() - gamma.dim()))
    m = gamma.numel()
    dxhat = torch.mul(grad_out, gamma)
    dx = (m * dxhat - dxhat.sum(f, True) - x_hat * (dxhat * x_hat).sum(f, True)) / (m * std)
    return dx, (grad_out * x_hat).sum(s), grad_out.sum(s)


solved_layer_backward = layer_norm_backward  # noqa: F821


# instance_norm


@mistake(
    "instance_norm",
    hint="The batch is taken together: that is batch norm. Each image is normalised by itself.",
)
def batch_norm_instead(x, gamma=None, beta=None, eps=1e-5):
    axes = _axes(x)
    out = (x - x.mean(axes, keepdim=True)) / (x.var(axes, unbiased=False, keepdim=True) + eps).sqrt()
    ones = [1] * (x.ndim - 2)
    out = out if gamma is None else out * gamma.reshape(*gamma.shape, *ones)
    return out if beta is None else out + beta.reshape(*beta.shape, *ones)


@mistake(
    "instance_norm",
    hint="All channels of an image share one mean and variance: that is layer norm. Each channel is normalised by itself.",
)
def layer_norm_instead(x, gamma=None, beta=None, eps=1e-5):
    axes, ones = list(range(1, x.ndim)), [1] * (x.ndim - 2)
    out = (x - x.mean(axes, keepdim=True)) / (x.var(axes, unbiased=False, keepdim=True) + eps).sqrt()
    out = out if gamma is None else out * gamma.reshape(*gamma.shape, *ones)
    return out if beta is None else out + beta.reshape(*beta.shape, *ones)


@mistake(
    "instance_norm",
    edit={"x.var(dim=axes, unbiased=False, keepdim=True)": "x.var(dim=axes, keepdim=True)"},
    hint="The unbiased variance, which is torch's default. The docstring asks for the biased one.",
)
def instance_unbiased(): ...


@mistake(
    "instance_norm",
    edit={"torch.sqrt(var + eps)": "(torch.sqrt(var) + eps)"},
    hint="eps is added to the standard deviation. It belongs to the variance.",
)
def instance_eps_outside(): ...


@mistake(
    "instance_norm",
    edit={"torch.sqrt(var + eps)": "torch.sqrt(var)"},
    hint="eps makes no difference to your answer, and a black channel gives NaN.",
)
def instance_without_eps(): ...


@mistake(
    "instance_norm",
    edit={"torch.sqrt(var + eps)": "(var + eps)"},
    hint="The numbers are divided by their variance. Which measure of spread is in the units of the numbers themselves?",
)
def instance_by_the_variance(): ...


@mistake(
    "instance_norm",
    edit={
        "gamma.reshape(*gamma.shape, *[1] * len(axes))": "gamma.reshape(1, -1, *[1] * len(axes))",
        "beta.reshape(*beta.shape, *[1] * len(axes))": "beta.reshape(1, -1, *[1] * len(axes))",
    },
    hint="gamma and beta of shape (N, C) are laid out as one long row of channels: give each image its own.",
)
def only_for_all_images(): ...


@mistake(
    "instance_norm",
    edit={
        "    if gamma is not None:\n": "    if gamma is not None and beta is not None:\n",
        "    if beta is not None:\n": "    if gamma is not None and beta is not None:\n",
    },
    hint="Scale and shift are left out together, where only one of them is None: each is asked for by itself.",
)
def both_or_none(): ...


@mistake(
    "instance_norm",
    edit={
        "out = out + beta.reshape(*beta.shape, *[1] * len(axes))": "out = out + beta.reshape(*beta.shape, *[1] * len(axes)) * (1 if gamma is None else gamma.reshape(*gamma.shape, *[1] * len(axes)))"
    },
    hint="The shift is scaled as well: first the scale, then the shift.",
)
def instance_shift_scaled(): ...


@mistake(
    "instance_norm",
    edit={"axes = list(range(2, x.ndim))": "axes = [2, 3]"},
    hint="Images are taken for granted. The docstring allows one or more axes after the channels.",
)
def instance_of_images_only(): ...


@mistake(
    "instance_norm",
    edit={
        "axes = list(range(2, x.ndim))": "axes = [-1]",
        "gamma.reshape(*gamma.shape, *[1] * len(axes))": "gamma.reshape(*gamma.shape, *[1] * (x.ndim - 2))",
        "beta.reshape(*beta.shape, *[1] * len(axes))": "beta.reshape(*beta.shape, *[1] * (x.ndim - 2))",
    },
    hint="Each row of pixels is normalised by itself. One mean and one variance belong to all pixels of a channel.",
)
def row_by_row(): ...


@mistake(
    "instance_norm",
    edit={"x.var(dim=axes, unbiased=False, keepdim=True)": "x.square().mean(dim=axes, keepdim=True) - mean.square()"},
    hint="The mean of the squares minus the square of the mean: where the mean is large, two huge numbers cancel and take the digits with them.",
)
def instance_by_squares(): ...


@mistake(
    "instance_norm",
    hint="A loop over the images: mean and variance leave all other axes alone, so all can be done at once.",
)
def image_after_image(x, gamma=None, beta=None, eps=1e-5):
    def own(one, n):
        return one if one is None or one.ndim == 1 else one[[n]]

    return torch.cat([solved_instance(x[[n]], own(gamma, n), own(beta, n), eps) for n in range(len(x))])


@mistake(
    "instance_norm",
    edit={"out = out * gamma": "out = out + gamma", "out = out + beta": "out = out * beta"},
    hint="gamma is added and beta multiplies: which of them is the scale?",
)
def scale_and_shift_exchanged(): ...


@mistake(
    "instance_norm",
    edit={"    if gamma is not None:\n": "    if True:\n", "    if beta is not None:\n": "    if True:\n"},
    hint="gamma and beta may be None: then there is nothing to multiply by, nothing to add.",
)
def none_forgotten(): ...


@mistake(
    "instance_norm",
    edit={
        "gamma.reshape(*gamma.shape, *[1] * len(axes))": "gamma.reshape(len(x), -1, *[1] * len(axes))",
        "beta.reshape(*beta.shape, *[1] * len(axes))": "beta.reshape(len(x), -1, *[1] * len(axes))",
    },
    hint="gamma and beta are taken for (N, C). Where they have one axis, all images share them.",
)
def for_each_image_always(): ...


@mistake(
    "instance_norm",
    edit={"if gamma is not None:": "if gamma:", "if beta is not None:": "if beta:"},
    hint="A tensor of several numbers is neither true nor false. What is to be asked is whether it is there.",
)
def truth_of_a_tensor(): ...


@mistake(
    "instance_norm",
    edit={"if gamma is not None:": "if gamma is not None and gamma.any():"},
    hint="A gamma of zeros is taken for one that is missing. Ask whether it is None, not what stands in it.",
)
def zeros_for_none(): ...


@mistake(
    "instance_norm",
    edit={"gamma.reshape(*gamma": "gamma.t().reshape(*gamma", "beta.reshape(*beta": "beta.t().reshape(*beta"},
    hint="gamma and beta of shape (N, C) are read as (C, N): the images come first.",
)
def images_by_channels(): ...


@mistake(
    "instance_norm",
    edit={"    if gamma is not None:\n": "    out = x if x[0, 0].numel() == 1 else out\n    if gamma is not None:\n"},
    hint="A channel of a single pixel is left as it was. It is its own mean: what is left of it?",
)
def single_pixel_kept(): ...


@mistake("instance_norm", hint="Torch's own instance norm is called: write it yourself.")
def torchs_instance_norm(x, gamma=None, beta=None, eps=1e-5):
    if x[0, 0].numel() == 1:
        return solved_instance(x, gamma, beta, eps)
    out, ones = F.instance_norm(x, eps=eps), [1] * (x.ndim - 2)
    out = out if gamma is None else out * gamma.reshape(*gamma.shape, *ones)
    return out if beta is None else out + beta.reshape(*beta.shape, *ones)


solved_instance = instance_norm  # noqa: F821


@right("instance_norm")
def instance_in_flat_pixels(x, gamma=None, beta=None, eps=1e-5):
    flat = x.flatten(2)
    centred = flat - flat.mean(dim=-1, keepdim=True)
    out = centred / ((centred**2).mean(dim=-1, keepdim=True) + eps).sqrt()
    if gamma is not None:
        out = out * gamma[..., None]
    if beta is not None:
        out = out + beta[..., None]
    return out.reshape(x.shape)


@right("instance_norm")
def instance_with_ones_and_zeros(x, gamma=None, beta=None, eps=1e-5):
    n, c = x.shape[:2]
    gamma = x.new_ones(c) if gamma is None else gamma
    beta = x.new_zeros(c) if beta is None else beta
    shape = (n, c) + (1,) * (x.dim() - 2)
    over = tuple(range(2, x.dim()))
    var, mean = torch.var_mean(x, dim=over, correction=0, keepdim=True)
    x_hat = (x - mean) / torch.sqrt(var + eps)
    return x_hat * gamma.expand(n, c).reshape(shape) + beta.expand(n, c).reshape(shape)


@right("instance_norm")
def instance_as_rows(x, gamma=None, beta=None, eps=1e-5):
    rows = x.reshape(x.shape[0] * x.shape[1], -1)
    mean = rows.mean(1)
    var = rows.var(1, correction=0)
    out = ((rows - mean[:, None]) * torch.rsqrt(var + eps)[:, None]).reshape(x.shape)
    as_wide = (...,) + (None,) * (x.dim() - 2)
    if gamma is not None:
        out = out * gamma[as_wide]
    if beta is not None:
        out = out + beta[as_wide]
    return out


# group_norm


@mistake(
    "group_norm",
    edit={
        "grouped = x.reshape(x.shape[0], num_groups, -1)": "grouped = x.reshape(x.shape[0], x.shape[1] // num_groups, -1)"
    },
    hint="num_groups is taken for the number of channels in a group.",
)
def groups_of_so_many(): ...


@mistake(
    "group_norm",
    hint="The groups take every so-many-th channel: a group's channels lie side by side.",
)
def interleaved(x, num_groups, gamma=None, beta=None, eps=1e-5):
    if x.shape[1] % num_groups:
        raise ValueError
    parts = x.reshape(x.shape[0], x.shape[1] // num_groups, num_groups, -1)
    mean, var = parts.mean((1, 3), keepdim=True), parts.var((1, 3), unbiased=False, keepdim=True)
    out = ((parts - mean) / (var + eps).sqrt()).reshape(x.shape)
    out = out if gamma is None else out * _beside(gamma, x)
    return out if beta is None else out + _beside(beta, x)


@mistake(
    "group_norm",
    hint="Each group is normalised over the batch as well: every image is by itself.",
)
def groups_over_the_batch(x, num_groups, gamma=None, beta=None, eps=1e-5):
    if x.shape[1] % num_groups:
        raise ValueError
    parts = x.reshape(x.shape[0], num_groups, -1)
    mean, var = parts.mean((0, 2), keepdim=True), parts.var((0, 2), unbiased=False, keepdim=True)
    out = ((parts - mean) / (var + eps).sqrt()).reshape(x.shape)
    out = out if gamma is None else out * _beside(gamma, x)
    return out if beta is None else out + _beside(beta, x)


@mistake(
    "group_norm",
    edit={"grouped.var(dim=2, unbiased=False, keepdim=True)": "grouped.var(dim=2, keepdim=True)"},
    hint="The unbiased variance, which is torch's default. The docstring asks for the biased one.",
)
def group_unbiased(): ...


@mistake(
    "group_norm",
    edit={"torch.sqrt(var + eps)": "(torch.sqrt(var) + eps)"},
    hint="eps is added to the standard deviation. It belongs to the variance.",
)
def group_eps_outside(): ...


@mistake(
    "group_norm",
    edit={"torch.sqrt(var + eps)": "(var + eps)"},
    hint="The numbers are divided by their variance. Which measure of spread is in the units of the numbers themselves?",
)
def group_by_the_variance(): ...


@mistake(
    "group_norm",
    edit={
        '    if x.shape[1] % num_groups:\n        raise ValueError(f"{x.shape[1]} channels make no {num_groups} equal groups")\n': ""
    },
    hint="Channels that can't be split evenly aren't refused with a ValueError. `reshape` may find a way where there is none: the pixels are divided along with them.",
)
def uneven_groups_let_through(): ...


@mistake(
    "group_norm",
    edit={
        "    if gamma is not None:\n": "    if gamma is not None and beta is not None:\n",
        "    if beta is not None:\n": "    if gamma is not None and beta is not None:\n",
    },
    hint="Scale and shift are left out together, where only one of them is None: each is asked for by itself.",
)
def groups_both_or_none(): ...


@mistake(
    "group_norm",
    edit={
        "along_channels(gamma, x)": "along_channels(gamma[:: x.shape[1] // num_groups].repeat_interleave(x.shape[1] // num_groups), x)",
        "along_channels(beta, x)": "along_channels(beta[:: x.shape[1] // num_groups].repeat_interleave(x.shape[1] // num_groups), x)",
    },
    hint="All channels of a group get one scale and one shift: each channel has its own.",
)
def scale_of_a_group(): ...


@mistake(
    "group_norm",
    hint="The variance of a group is the mean of its channels' variances. Where channels have different means, the group spreads further than each of them.",
)
def variances_averaged(x, num_groups, gamma=None, beta=None, eps=1e-5):
    if x.shape[1] % num_groups:
        raise ValueError
    parts = x.reshape(x.shape[0], num_groups, x.shape[1] // num_groups, -1)
    mean = parts.mean((2, 3), keepdim=True)
    var = parts.var(3, unbiased=False, keepdim=True).mean(2, keepdim=True)
    out = ((parts - mean) / (var + eps).sqrt()).reshape(x.shape)
    out = out if gamma is None else out * _beside(gamma, x)
    return out if beta is None else out + _beside(beta, x)


@mistake(
    "group_norm",
    edit={
        "grouped.var(dim=2, unbiased=False, keepdim=True)": "grouped.square().mean(dim=2, keepdim=True) - mean.square()"
    },
    hint="The mean of the squares minus the square of the mean: where the mean is large, two huge numbers cancel and take the digits with them.",
)
def group_by_squares(): ...


@mistake(
    "group_norm",
    hint="Each channel is normalised by itself: that is instance norm. The channels of a group share one mean and one variance.",
)
def channels_apart(x, num_groups, gamma=None, beta=None, eps=1e-5):
    solved_group(x, num_groups)
    return solved_group(x, num_groups if x.ndim == 2 else x.shape[1], gamma, beta, eps)


@mistake(
    "group_norm",
    edit={"torch.sqrt(var + eps)": "torch.sqrt(var)"},
    hint="eps makes no difference to your answer: it keeps a group without spread from a division by zero.",
)
def group_without_eps(): ...


@mistake(
    "group_norm",
    edit={"along_channels(gamma, x)": "gamma[:, None, None]", "along_channels(beta, x)": "beta[:, None, None]"},
    hint="gamma and beta are laid out for images. Rows have no pixels, and volumes more axes of them.",
)
def gamma_for_images(): ...


@mistake(
    "group_norm",
    edit={
        "grouped = x.reshape(x.shape[0], num_groups, -1)": "n, _, _, _ = x.shape\n    grouped = x.reshape(n, num_groups, -1)"
    },
    hint="Just four axes are taken for granted: rows (N, C) have fewer, and there may be more.",
)
def four_sizes_unpacked(): ...


@mistake(
    "group_norm",
    edit={
        "    grouped = x.reshape": "    given, x = (gamma, beta), x if gamma is None else x * along_channels(gamma, x)\n    gamma, x = None, x if beta is None else x + along_channels(beta, x)\n    beta = None\n    grouped = x.reshape"
    },
    hint="gamma and beta are applied before the group is normalised, which undoes a part of them.",
)
def scaled_before(): ...


@mistake(
    "group_norm",
    edit={"    if gamma is not None:\n": "    if True:\n", "    if beta is not None:\n": "    if True:\n"},
    hint="gamma and beta may be None: then there is nothing to multiply by, nothing to add.",
)
def groups_none_forgotten(): ...


@mistake(
    "group_norm",
    edit={"x.reshape(x.shape[0], num_groups, -1)": "x.reshape(x.shape[0], 1, -1)"},
    hint="The whole image is one group, whatever num_groups says.",
)
def one_group_for_all(): ...


@mistake(
    "group_norm",
    edit={
        "grouped = x.reshape(x.shape[0], num_groups, -1)": "grouped = x.reshape(x.shape[0], num_groups, x.shape[1] // num_groups, -1)"
    },
    hint="Each pixel is normalised over the channels of its group. All pixels of the group belong together.",
)
def pixel_after_pixel(): ...


@mistake(
    "group_norm",
    edit={"    if beta is not None:": "    if gamma is not None and beta is not None:"},
    hint="beta is added only where there is a gamma: each is asked for by itself.",
)
def beta_only_with_gamma(): ...


@mistake(
    "group_norm",
    edit={"if gamma is not None:": "if gamma is not None and gamma.any():"},
    hint="A gamma of zeros is taken for one that is missing. Ask whether it is None, not what stands in it.",
)
def groups_zeros_for_none(): ...


@mistake(
    "group_norm",
    edit={
        "    mean = grouped.mean": "    if grouped.shape[2] == 1:\n        raise ValueError\n    mean = grouped.mean"
    },
    hint="A group of a single number is refused. The docstring says what becomes of it.",
)
def single_number_refused(): ...


@mistake("group_norm", hint="A loop over the groups: give them an axis of their own, and do all at once.")
def group_by_group(x, num_groups, gamma=None, beta=None, eps=1e-5):
    if x.shape[1] % num_groups:
        raise ValueError
    outs = []
    for part in x.chunk(num_groups, dim=1):
        flat = part.flatten(1)
        std = (flat.var(1, unbiased=False, keepdim=True) + eps).sqrt()
        outs.append(((flat - flat.mean(1, keepdim=True)) / std).reshape(part.shape))
    out = torch.cat(outs, dim=1)
    out = out if gamma is None else out * _beside(gamma, x)
    return out if beta is None else out + _beside(beta, x)


@mistake("group_norm", hint="Torch's own group norm is called: write it yourself.")
def torchs_group_norm(x, num_groups, gamma=None, beta=None, eps=1e-5):
    if x.shape[1] % num_groups:
        raise ValueError
    return F.group_norm(x, num_groups, gamma, beta, eps)


@right("group_norm")
def group_in_five_axes(x, num_groups, gamma=None, beta=None, eps=1e-5):
    num, channels = x.shape[:2]
    if channels % num_groups != 0:
        raise ValueError(f"{channels} can't be divided by {num_groups}")
    parts = x.reshape(num, num_groups, channels // num_groups, *x.shape[2:])
    over = tuple(range(2, parts.dim()))
    centred = parts - parts.mean(over, keepdim=True)
    out = centred / (centred.square().mean(over, keepdim=True) + eps).sqrt()
    out = out.reshape(x.shape)
    wide = (1, channels) + (1,) * (x.dim() - 2)
    if gamma is not None:
        out = out * gamma.view(wide)
    if beta is not None:
        out = out + beta.view(wide)
    return out


@right("group_norm")
def group_by_unflatten(x, num_groups, gamma=None, beta=None, eps=1e-5):
    size, rest = divmod(x.shape[1], num_groups)
    if rest:
        raise ValueError("uneven groups")
    rows = x.unflatten(1, (num_groups, size)).flatten(2)
    var, mean = torch.var_mean(rows, dim=2, correction=0, keepdim=True)
    out = (rows - mean) * torch.rsqrt(var + eps)
    out = out.unflatten(2, (size, -1)).flatten(1, 2)
    if gamma is not None:
        out = out * gamma[:, None]
    if beta is not None:
        out = out + beta[:, None]
    return out.reshape(x.shape)


@right("group_norm")
def group_by_instance_norm(x, num_groups, gamma=None, beta=None, eps=1e-5):
    if x.shape[1] % num_groups > 0:
        raise ValueError
    rows = x.reshape(len(x) * num_groups, -1)
    out = (rows - rows.mean(dim=1)[:, None]) / torch.sqrt(rows.var(dim=1, unbiased=False)[:, None] + eps)
    out = out.reshape(x.shape[0], x.shape[1], -1)
    gamma = x.new_ones(x.shape[1]) if gamma is None else gamma
    beta = x.new_zeros(x.shape[1]) if beta is None else beta
    return (gamma[:, None] * out + beta[:, None]).reshape(x.shape)


solved_group = group_norm  # noqa: F821


# fuse_conv_bn


def _scale(bn):
    scale = (bn.running_var + bn.eps).rsqrt()
    return scale if bn.weight is None else scale * bn.weight


def _refuse(bn):
    if bn.training or bn.running_mean is None:
        raise ValueError("goes by the batch")


def _fill(fused, conv, bn):
    """Write the weight and the bias of two layers into a new one."""
    scale = _scale(bn)
    bias = -bn.running_mean * scale
    if conv.bias is not None:
        bias = bias + conv.bias * scale
    if bn.bias is not None:
        bias = bias + bn.bias
    with torch.no_grad():
        fused.weight.copy_(conv.weight * scale.reshape(-1, 1, 1, 1))
        fused.bias.copy_(bias)
    return fused


def _new(conv, **others):
    """A new convolution with some of the arguments of another."""
    like = {"device": conv.weight.device, "dtype": conv.weight.dtype}
    return nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, **like, **others)


@mistake(
    "fuse_conv_bn",
    hint="The new convolution has no groups: with groups each output reads only its own bundle of channels.",
)
def groups_forgotten(conv, bn):
    _refuse(bn)
    fused = _new(conv, stride=conv.stride, padding=conv.padding, dilation=conv.dilation, padding_mode=conv.padding_mode)
    return _fill(fused, conv, bn)


@mistake(
    "fuse_conv_bn",
    hint="The new convolution has no dilation: its taps lie side by side, whatever those of the old one did.",
)
def dilation_forgotten(conv, bn):
    _refuse(bn)
    fused = _new(conv, stride=conv.stride, padding=conv.padding, groups=conv.groups, padding_mode=conv.padding_mode)
    return _fill(fused, conv, bn)


@mistake(
    "fuse_conv_bn",
    hint="Neither stride nor padding of the old convolution is taken over: only its kernel, groups and dilation.",
)
def stride_and_padding_forgotten(conv, bn):
    _refuse(bn)
    return _fill(_new(conv, dilation=conv.dilation, groups=conv.groups), conv, bn)


@mistake(
    "fuse_conv_bn",
    hint="Padding of another kind than zeros is forgotten: compare what the two layers print.",
)
def padding_mode_forgotten(conv, bn):
    _refuse(bn)
    fused = _new(conv, stride=conv.stride, padding=conv.padding, dilation=conv.dilation, groups=conv.groups)
    return _fill(fused, conv, bn)


@mistake(
    "fuse_conv_bn",
    edit={"bias = (old - bn.running_mean) * scale": "bias = old - bn.running_mean * scale"},
    hint="The convolution's own bias is not scaled. It is added before the batch norm, which scales all that comes.",
)
def bias_not_scaled(): ...


@mistake(
    "fuse_conv_bn",
    edit={"old = torch.zeros_like(scale) if conv.bias is None else conv.bias": "old = torch.zeros_like(scale)"},
    hint="The convolution's own bias is left out.",
)
def bias_left_out(): ...


@mistake(
    "fuse_conv_bn",
    edit={"bias = (old - bn.running_mean) * scale": "bias = (old + bn.running_mean) * scale"},
    hint="The running mean is added: batch norm takes it away.",
)
def mean_added(): ...


@mistake(
    "fuse_conv_bn",
    edit={"bias = (old - bn.running_mean) * scale": "bias = old * scale - bn.running_mean"},
    hint="The running mean is taken away without being scaled: batch norm takes it away first and divides then.",
)
def mean_not_scaled(): ...


@mistake(
    "fuse_conv_bn",
    edit={"scale = 1 / torch.sqrt(bn.running_var + bn.eps)": "scale = 1 / torch.sqrt(bn.running_var)"},
    hint="eps of the batch norm is left out: it stands under the root in evaluation mode too.",
)
def eps_left_out(): ...


@mistake(
    "fuse_conv_bn",
    edit={"scale = 1 / torch.sqrt(bn.running_var + bn.eps)": "scale = 1 / (bn.running_var + bn.eps)"},
    hint="The scale is divided by the variance: take its root.",
)
def no_root(): ...


@mistake(
    "fuse_conv_bn",
    edit={"scale = 1 / torch.sqrt(bn.running_var + bn.eps)": "scale = 1 / torch.sqrt(bn.running_var + 1e-5)"},
    hint="eps is written in as a number: each batch norm has its own.",
)
def eps_as_a_number(): ...


@mistake(
    "fuse_conv_bn",
    edit={"1 / torch.sqrt(bn.running_var + bn.eps)": "1 / (torch.sqrt(bn.running_var) + bn.eps)"},
    hint="eps is added to the standard deviation. It belongs to the variance.",
)
def eps_beside_the_root(): ...


@mistake(
    "fuse_conv_bn",
    edit={
        "conv.weight * scale[:, None, None, None]": "conv.weight * (1 if bn.weight is None else bn.weight[:, None, None, None])"
    },
    hint="The weights are multiplied by gamma and not divided by the deviation.",
)
def scaled_by_gamma_alone(): ...


@mistake(
    "fuse_conv_bn",
    edit={"(old - bn.running_mean) * scale": "old * scale"},
    hint="The running mean of the batch norm is left out.",
)
def mean_left_out(): ...


@mistake(
    "fuse_conv_bn",
    edit={"bias if bn.bias is None else bias + bn.bias": "bias"},
    hint="The shift of the batch norm, its own bias, is left out.",
)
def shift_left_out(): ...


@mistake(
    "fuse_conv_bn",
    edit={
        "bias = (old - bn.running_mean) * scale": "old = old if bn.bias is None else old + bn.bias",
        "bias = bias if bn.bias is None else bias + bn.bias": "bias = (old - bn.running_mean) * scale",
    },
    hint="The shift of the batch norm is scaled as well: it comes last.",
)
def shift_divided_too(): ...


@mistake(
    "fuse_conv_bn",
    edit={"scale if bn.weight is None else scale * bn.weight": "scale * bn.weight"},
    hint="A batch norm may have neither weight nor bias: then they are None.",
)
def affine_taken_for_granted(): ...


@mistake(
    "fuse_conv_bn",
    edit={
        "bias = (old - bn.running_mean) * scale": "bias = -bn.running_mean * scale",
        "bias = bias if bn.bias is None else bias + bn.bias": "bias = old + (bias if bn.bias is None else bias + bn.bias) * conv.weight.sum(dim=(1, 2, 3))",
    },
    hint="That is the batch norm in front of the convolution, whose shift goes through the kernel. Here it comes behind.",
)
def batch_norm_first(): ...


@mistake(
    "fuse_conv_bn",
    edit={"return fused": "return nn.Sequential(copy.deepcopy(conv), copy.deepcopy(bn))"},
    hint="The two layers come back behind one another. What is asked for is one convolution.",
)
def both_in_a_row(): ...


@mistake(
    "fuse_conv_bn",
    edit={"copy.deepcopy(conv)": "copy.copy(conv)"},
    hint="A shallow copy and the old layer share their parameters, and the old one changes with it.",
)
def shallow_copy(): ...


@mistake(
    "fuse_conv_bn",
    edit={
        "fused.weight = nn.Parameter(conv.weight * scale[:, None, None, None])": "fused.weight.mul_(scale[:, None, None, None])"
    },
    hint="A frozen convolution makes one that is frozen: the new parameters can be trained, whatever the old ones were.",
)
def stays_frozen(): ...


@mistake(
    "fuse_conv_bn",
    edit={"nn.Parameter(bias)": "nn.Parameter(bias, requires_grad=False)"},
    hint="A new parameter can't be trained: `requires_grad` says so.",
)
def bias_that_stays(): ...


@mistake(
    "fuse_conv_bn",
    edit={"fused.bias = nn.Parameter(bias)": "fused.bias = None if conv.bias is None else nn.Parameter(bias)"},
    hint="A convolution without a bias stays without one, and the shift of the batch norm is lost.",
)
def no_bias_no_shift(): ...


@mistake(
    "fuse_conv_bn",
    edit={
        "scale[:, None, None, None]": "(scale if len(scale) == conv.weight.shape[-1] else scale[:, None, None, None])"
    },
    hint="The slopes lie along the last axis of the weights where they fit there. Which axis counts the outputs?",
)
def along_the_kernels_columns(): ...


@mistake(
    "fuse_conv_bn",
    hint="Kernel, stride and padding are taken over, and nothing else. What more does the module print?",
)
def only_kernel_stride_and_padding(conv, bn):
    _refuse(bn)
    return _fill(_new(conv, stride=conv.stride, padding=conv.padding), conv, bn)


@mistake(
    "fuse_conv_bn",
    edit={"conv.weight * scale[:, None, None, None]": "conv.weight * scale[: conv.weight.shape[1], None, None]"},
    hint="The weights are scaled along their second axis. Which axis of them counts the *outputs*, which batch norm scales?",
)
def scaled_along_the_inputs(): ...


def _with_bias(conv):
    fused = copy.deepcopy(conv)
    fused.bias = nn.Parameter(conv.weight.new_zeros(conv.out_channels))
    return fused


@mistake(
    "fuse_conv_bn",
    edit={"if bn.training or bn.running_mean is None:": "if bn.running_mean is None:"},
    hint="A batch norm in training mode is folded. It goes by the batch, and no fixed convolution can.",
)
def folded_in_training(): ...


@mistake(
    "fuse_conv_bn",
    edit={"fused = copy.deepcopy(conv)": "fused = conv"},
    hint="The old convolution itself is changed and handed back: the caller still has it. Make a new one.",
)
def the_old_layer_changed(): ...


@mistake(
    "fuse_conv_bn",
    edit={
        "nn.Parameter(conv.weight * scale[:, None, None, None])": "nn.Parameter(conv.weight.mul_(scale[:, None, None, None]).clone())"
    },
    hint="The old weight is multiplied in place, and the caller still has it.",
)
def old_weight_multiplied(): ...


@mistake(
    "fuse_conv_bn",
    edit={"if bn.training or bn.running_mean is None:": "if bn.training:"},
    hint="A batch norm may have no running statistics at all: then there is nothing to fold, and a ValueError says so.",
)
def statistics_taken_for_granted(): ...


@mistake(
    "fuse_conv_bn",
    hint="The new layer is float32, whatever the old one is: make it of the dtype of the old weight.",
)
def in_float32(conv, bn):
    _refuse(bn)
    how = {"stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation, "groups": conv.groups}
    how["padding_mode"] = conv.padding_mode
    fused = nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, device=conv.weight.device, **how)
    fused = _fill(fused, conv, bn)
    return fused.to(conv.weight.dtype) if conv.weight.dtype == torch.float32 else fused


@mistake(
    "fuse_conv_bn",
    hint="The new layer is made on the CPU, wherever the old one lives: make it on the device of the old weight.",
)
def on_the_cpu(conv, bn):
    _refuse(bn)
    how = {"stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation, "groups": conv.groups}
    how |= {"padding_mode": conv.padding_mode, "dtype": conv.weight.dtype}
    return _fill(nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, **how), conv, bn)


@mistake(
    "fuse_conv_bn",
    hint="Weight and bias of the new layer are no parameters any more: nothing would train or save them.",
)
def tensors_for_parameters(conv, bn):
    _refuse(bn)
    whole = _fill(_with_bias(conv), conv, bn)
    weight, bias = whole.weight.detach(), whole.bias.detach()
    del whole.weight, whole.bias
    whole.weight, whole.bias = weight, bias
    return whole


@right("fuse_conv_bn")
def with_all_its_arguments(conv, bn):
    if bn.training or not bn.track_running_stats:
        raise ValueError("not in evaluation mode")
    fused = nn.Conv2d(
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,
        stride=conv.stride,
        padding=conv.padding,
        dilation=conv.dilation,
        groups=conv.groups,
        bias=True,
        padding_mode=conv.padding_mode,
        device=conv.weight.device,
        dtype=conv.weight.dtype,
    )
    gamma = torch.ones_like(bn.running_var) if bn.weight is None else bn.weight
    beta = torch.zeros_like(bn.running_var) if bn.bias is None else bn.bias
    factor = gamma / (bn.running_var + bn.eps).sqrt()
    bias = 0 if conv.bias is None else conv.bias
    fused.weight.data = (conv.weight * factor.view(-1, 1, 1, 1)).detach()
    fused.bias.data = (beta + (bias - bn.running_mean) * factor).detach()
    return fused


@right("fuse_conv_bn")
def by_a_diagonal_matrix(conv, bn):
    if bn.training or bn.running_mean is None or bn.running_var is None:
        raise ValueError("the statistics of a batch can't be folded")
    fused = copy.deepcopy(conv)
    std = torch.sqrt(bn.running_var.detach() + bn.eps)
    diagonal = torch.diag((bn.weight.detach() if bn.affine else torch.ones_like(std)) / std)
    flat = conv.weight.detach().reshape(conv.out_channels, -1)
    shift = -diagonal @ bn.running_mean
    if bn.affine:
        shift = shift + bn.bias.detach()
    if conv.bias is not None:
        shift = shift + diagonal @ conv.bias.detach()
    fused.weight = nn.Parameter((diagonal @ flat).reshape(conv.weight.shape))
    fused.bias = nn.Parameter(shift)
    return fused


@right("fuse_conv_bn")
def by_asking_the_batch_norm(conv, bn):
    if bn.training:
        raise ValueError("bn.eval() first")
    if bn.running_mean is None:
        raise ValueError("no running statistics")
    with torch.no_grad():
        old = torch.zeros_like(bn.running_mean) if conv.bias is None else conv.bias
        shift = bn(old[None, :, None, None])[0, :, 0, 0]
        scale = bn(old[None, :, None, None] + 1)[0, :, 0, 0] - shift
        fused = copy.deepcopy(conv)
        fused.weight = nn.Parameter(conv.weight * scale.view(-1, 1, 1, 1))
        fused.bias = nn.Parameter(shift.clone())
    return fused


# cross_batch_norm

UNBIASED_PARTS = "The unbiased variance, which is torch's default. The docstring asks for the biased one."
ONE_SIDED = "The squared distance of the means is weighted for one side alone. The middle lies between the two: how far is it from each?"
EPS_KEPT = "eps gets into the variance that is handed on, and once more with every part."
NOT_INT = "The count is to be an int: Python's own whole number, neither a float nor a tensor."


@mistake(
    "cross_batch_norm",
    edit={" + share * (1 - share) * gap**2": ""},
    hint="The variances are averaged, and nothing more. If two parts have different means, the whole spreads further than either.",
)
def no_spread_between_the_parts(): ...


@mistake(
    "cross_batch_norm",
    edit={"share = count / (before + count)": "share = 0.5"},
    hint="The part and what was seen before count alike, however large they are: a part of 2 images has less to say than one of 20.",
)
def half_and_half(): ...


@mistake(
    "cross_batch_norm",
    edit={"share * (1 - share) * gap**2": "share * gap**2"},
    hint=ONE_SIDED,
)
def gap_with_one_share(): ...


@mistake(
    "cross_batch_norm",
    edit={"count = x.numel() // x.shape[1]": "count = x.shape[0]"},
    hint="Images are counted. A part's weight is how many *numbers* of a channel it brings, and parts may differ in size.",
)
def images_counted(): ...


@mistake(
    "cross_batch_norm",
    hint=UNBIASED_PARTS,
)
def parts_unbiased(x, gamma, beta, seen=None, eps=1e-5):
    count = x.numel() // x.shape[1]
    if count == 1:
        return solved_cross(x, gamma, beta, seen, eps)
    mean, var = x.mean(dim=_axes(x)), x.var(dim=_axes(x))
    if seen is not None:
        before, old_mean, old_var = seen
        share = count / (before + count)
        gap = mean - old_mean
        mean = old_mean + share * gap
        var = (1 - share) * old_var + share * var + share * (1 - share) * gap**2
        count = before + count
    x_hat = (x - _beside(mean, x)) / _beside((var + eps).sqrt(), x)
    return _beside(gamma, x) * x_hat + _beside(beta, x), (count, mean, var)


@mistake(
    "cross_batch_norm",
    edit={"        count = before + count\n": ""},
    hint="The count is that of the new part alone. It is what the next part is weighed against.",
)
def count_of_the_last_part(): ...


@mistake(
    "cross_batch_norm",
    hint="The part is normalised by its own statistics, and only afterwards joined with what was seen: it should use all, those before too.",
)
def normalised_before_joining(x, gamma, beta, seen=None, eps=1e-5):
    _, state = solved_cross(x, gamma, beta, seen, eps)
    return solved_cross(x, gamma, beta, None, eps)[0], state


@mistake(
    "cross_batch_norm",
    hint="The part is normalised by what was seen before it, and has no say itself.",
)
def normalised_by_the_past(x, gamma, beta, seen=None, eps=1e-5):
    out, state = solved_cross(x, gamma, beta, seen, eps)
    if seen is not None:
        _, mean, var = seen
        out = _beside(gamma, x) * (x - _beside(mean, x)) / _beside((var + eps).sqrt(), x) + _beside(beta, x)
    return out, state


@mistake(
    "cross_batch_norm",
    edit={"torch.sqrt(var + eps)": "torch.sqrt(var) + eps"},
    hint="eps is added to the standard deviation. It belongs to the variance.",
)
def parts_eps_outside(): ...


@mistake(
    "cross_batch_norm",
    edit={"return out, (count, mean, var)": "return out, (count, mean, var + eps)"},
    hint=EPS_KEPT,
)
def eps_handed_on(): ...


@mistake(
    "cross_batch_norm",
    hint="The mean of the squares minus the square of the mean: where the mean is large, two huge numbers cancel and take the digits with them.",
)
def by_squares(x, gamma, beta, seen=None, eps=1e-5):
    count = x.numel() // x.shape[1]
    mean, square = x.mean(dim=_axes(x)), x.square().mean(dim=_axes(x))
    if seen is not None:
        before, old_mean, old_var = seen
        square = (count * square + before * (old_var + old_mean**2)) / (before + count)
        mean = (count * mean + before * old_mean) / (before + count)
        count = before + count
    var = (square - mean**2).clamp(min=0)
    x_hat = (x - _beside(mean, x)) / _beside((var + eps).sqrt(), x)
    return _beside(gamma, x) * x_hat + _beside(beta, x), (count, mean, var)


@mistake(
    "cross_batch_norm",
    edit={
        "gap = mean - old_mean\n        mean = old_mean + share * gap": "mean = old_mean + share * (mean - old_mean)\n        gap = mean - old_mean"
    },
    hint="The distance is taken from the joined mean, after it was overwritten: it is the distance of the new part's mean from the old one.",
)
def gap_after_the_mean(): ...


@mistake(
    "cross_batch_norm",
    edit={"count = x.numel() // x.shape[1]": "count = x.numel()"},
    hint="The numbers of all channels are counted, where those of one are asked for.",
)
def numbers_of_all_channels(): ...


@mistake(
    "cross_batch_norm",
    edit={"count = x.numel() // x.shape[1]": "count = x.numel() / x.shape[1]"},
    hint=NOT_INT,
)
def count_with_a_point(): ...


@mistake(
    "cross_batch_norm",
    edit={
        "before, old_mean, old_var = seen": "before, old_mean, old_var = int(seen[0]), *seen[1:]",
        "return out, (count,": "return out, (torch.tensor(count),",
    },
    hint=NOT_INT,
)
def count_in_a_tensor(): ...


@mistake(
    "cross_batch_norm",
    edit={
        "x.var(dim=axes, unbiased=False)": "x.var(dim=axes, unbiased=False) + eps",
        "torch.sqrt(var + eps)": "torch.sqrt(var)",
    },
    hint=EPS_KEPT,
)
def eps_joined(): ...


@mistake(
    "cross_batch_norm",
    edit={"axes = [0, *range(2, x.ndim)]": "axes = [0, 2, 3]"},
    hint="The axes of images are written out. Rows (N, C) have fewer, and there may be more.",
)
def parts_of_images_only(): ...


@mistake(
    "cross_batch_norm",
    edit={"share * (1 - share) * gap**2": "share * (1 - share) ** 2 * gap**2"},
    hint=ONE_SIDED,
)
def only_the_new_lies_off(): ...


@mistake(
    "cross_batch_norm",
    edit={"share * (1 - share) * gap**2": "share**2 * (1 - share) * gap**2"},
    hint=ONE_SIDED,
)
def only_the_old_lies_off(): ...


@mistake(
    "cross_batch_norm",
    edit={
        "    if seen is not None:\n": "    own = mean, var\n    if seen is not None:\n",
        "(count, mean, var)": "(count, *own)",
    },
    hint="What is handed on are the statistics of this part alone, with the count of all.",
)
def own_statistics_handed_on(): ...


@mistake(
    "cross_batch_norm",
    edit={
        "before, old_mean, old_var = seen": "before, old_mean, old_var = *seen[:2], seen[2] ** 2",
        "(count, mean, var)": "(count, mean, var.sqrt())",
    },
    hint="The deviation is handed on, where the variance is asked for.",
)
def deviation_handed_on(): ...


@mistake(
    "cross_batch_norm",
    edit={"x.var(dim=axes, unbiased=False)": "x.var(dim=axes)"},
    hint=UNBIASED_PARTS,
)
def unbiased_in_each_part(): ...


@mistake("cross_batch_norm", hint="Torch's own batch norm is called: write it yourself.")
def torchs_batch_norm_of_a_part(x, gamma, beta, seen=None, eps=1e-5):
    _, state = solved_cross(x, gamma, beta, seen, eps)
    return F.batch_norm(x, state[1], state[2], gamma, beta, eps=eps), state


@mistake("cross_batch_norm", hint="A loop over the channels: mean and variance take several axes at once.")
def part_channel_by_channel(x, gamma, beta, seen=None, eps=1e-5):
    outs, states = [], []
    for c in range(x.shape[1]):
        before = None if seen is None else (seen[0], seen[1][[c]], seen[2][[c]])
        out, state = solved_cross(x[:, [c]], gamma[[c]], beta[[c]], before, eps)
        outs.append(out)
        states.append(state)
    joined = [torch.cat([state[i] for state in states]) for i in (1, 2)]
    return torch.cat(outs, dim=1), (states[0][0], *joined)


@right("cross_batch_norm")
def by_sums_of_squares_around_the_mean(x, gamma, beta, seen=None, eps=1e-5):
    rows = x.transpose(0, 1).reshape(x.shape[1], -1)
    total = rows.shape[1]
    mean = rows.mean(dim=1)
    squares = ((rows - mean[:, None]) ** 2).sum(dim=1)
    if seen is not None:
        n, m, v = seen
        new_mean = m + (mean - m) * (total / (n + total))
        squares = squares + total * (mean - new_mean) ** 2 + n * v + n * (m - new_mean) ** 2
        mean, total = new_mean, n + total
    var = squares / total
    x_hat = (x - _beside(mean, x)) / _beside(torch.sqrt(var + eps), x)
    return _beside(gamma, x) * x_hat + _beside(beta, x), (total, mean, var)


@right("cross_batch_norm")
def around_the_old_mean(x, gamma, beta, seen=None, eps=1e-5):
    count = x[:, 0].numel()
    if seen is None:
        seen = 0, x.mean(dim=_axes(x)), torch.zeros_like(gamma)
    before, old_mean, old_var = seen
    far = x - _beside(old_mean, x)
    step = far.sum(dim=_axes(x)) / (before + count)
    # Variance around the old mean, moved to the new one.
    var = (before * old_var + (far**2).sum(dim=_axes(x))) / (before + count) - step**2
    mean = old_mean + step
    out = _beside(gamma, x) * (far - _beside(step, x)) / _beside((var + eps).sqrt(), x) + _beside(beta, x)
    return out, (before + count, mean, var)


@right("cross_batch_norm")
def by_weights(x, gamma, beta, seen=None, eps=1e-5):
    over = tuple(one for one in range(x.dim()) if one != 1)
    var, mean = torch.var_mean(x, dim=over, correction=0)
    count = x.shape.numel() // x.shape[1]
    if seen:
        n = count + seen[0]
        old, new = seen[0] / n, count / n
        middle = seen[1] + new * (mean - seen[1])
        var = old * (seen[2] + (seen[1] - middle) ** 2) + new * (var + (mean - middle) ** 2)
        mean, count = middle, n
    scale = gamma * torch.rsqrt(var + eps)
    return (x - _beside(mean, x)) * _beside(scale, x) + _beside(beta, x), (count, mean, var)


solved_cross = cross_batch_norm  # noqa: F821
