"""What students write in noise as regulariser: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

KEPT_WITH_P = "You keep with probability p, and drop with 1 - p: p is the probability to be dropped."
NOT_RESCALED = (
    "What is kept stays as large as it was, so the mean shrinks: by what share? Undo that for those that are kept."
)
BY_P = "You divide by p, the share that is dropped. Which share is left, and has to stand for all?"
SHRUNK = "What is kept shrinks where it should grow: on average the output should be the input."
ONE_FOR_ALL_SAMPLES = (
    "One mask serves all samples of the batch: along the first axis every number needs a draw of its own too."
)
GLOBAL = "Your numbers come from torch's global generator: hand the one that you were given to what draws."
SAME_EACH_TIME = (
    "Every call draws the same: a generator is made or set back inside of the function. Use the one that is handed in, as "
    "it stands."
)
NAN_AT_ONE = "With p = 1 you compute 0 times infinity: choose between two values rather than multiply."
ACTUAL_SHARE = "You divide by the share that happened to be kept in this draw: the factor follows p alone."
AT_TEST_TOO = "Noise at test as well: `training` says whether there is any."
SCALED_AT_TEST = (
    "At test you scale as the dropout of the first papers did. Here training has taken care of the scale, and at test "
    "nothing happens."
)

THE_OTHER_MASK = "The mask says which numbers were dropped: it is to be True where one was *kept*."
NO_BOOL = "The mask comes as numbers: `torch.bool` was promised, True where one was kept."
ENDS_REFUSED = "One of the two ends is refused or breaks: p = 0 and p = 1 are probabilities too. What comes out there?"
NOT_IN_TRAINING = "`training` is turned round: noise at test, and none while the network learns."


# dropout_forward


@mistake("dropout_forward", edit={"x / (1 - p)": "x"}, hint=NOT_RESCALED)
def not_rescaled(): ...


@mistake("dropout_forward", edit={"x / (1 - p)": "x / p"}, hint=BY_P)
def divided_by_p(): ...


@mistake("dropout_forward", edit={"x / (1 - p)": "x * (1 - p)"}, hint=SHRUNK)
def multiplied_by_the_kept_share(): ...


@mistake("dropout_forward", edit={">= p": "< p"}, hint=KEPT_WITH_P)
def kept_with_p(): ...


@mistake(
    "dropout_forward",
    edit={"torch.rand(x.shape,": "torch.rand(x.shape[1:],", ">= p\n": ">= p\n    kept = kept.expand(x.shape)\n"},
    hint=ONE_FOR_ALL_SAMPLES,
)
def one_mask_for_the_batch(): ...


@mistake(
    "dropout_forward",
    hint="Whole samples are kept or dropped: every number needs a draw of its own.",
)
def one_draw_for_each_sample(x, p, generator, training=True):
    if not 0 <= p <= 1:
        raise ValueError("p")
    if not training:
        return x, torch.ones_like(x, dtype=torch.bool)
    kept = torch.rand(len(x), *[1] * (x.ndim - 1), generator=generator) >= p
    kept = kept.expand(x.shape)
    return torch.where(kept, x / (1 - p), 0), kept


@mistake("dropout_forward", edit={"torch.rand(x.shape, generator=generator)": "torch.rand(x.shape)"}, hint=GLOBAL)
def from_the_global_generator(): ...


@mistake(
    "dropout_forward", edit={"generator=generator": "generator=torch.Generator().manual_seed(0)"}, hint=SAME_EACH_TIME
)
def a_generator_of_its_own(): ...


@mistake("dropout_forward", edit={"if not training": "if p == 0"}, hint=AT_TEST_TOO)
def dropped_at_test_too(): ...


@mistake("dropout_forward", edit={"return x.clone(), ": "return x * (1 - p), "}, hint=SCALED_AT_TEST)
def scaled_at_test(): ...


@mistake(
    "dropout_forward",
    hint="Exactly the share p is dropped each time, so that numbers know of each other: each is dropped for itself.",
)
def an_exact_number_dropped(x, p, generator, training=True):
    if not 0 <= p <= 1:
        raise ValueError("p")
    if not training:
        return x, torch.ones_like(x, dtype=torch.bool)
    kept = torch.ones(x.numel(), dtype=torch.bool)
    kept[torch.randperm(x.numel(), generator=generator)[: round(p * x.numel())]] = False
    kept = kept.reshape(x.shape)
    return torch.where(kept, x / (1 - p), 0), kept


@mistake(
    "dropout_forward",
    edit={
        "torch.where(kept, x / (1 - p), 0)": "x * kept * torch.tensor(1 / (1 - p) if p < 1 else torch.inf, dtype=x.dtype)"
    },
    hint=NAN_AT_ONE,
)
def nan_where_all_is_dropped(): ...


@mistake("dropout_forward", edit={"x / (1 - p)": "x / kept.to(x.dtype).mean()"}, hint=ACTUAL_SHARE)
def divided_by_the_share_of_this_draw(): ...


@mistake(
    "dropout_forward",
    edit={
        '    if not 0 <= p <= 1:\n        raise ValueError(f"p is {p}: a probability from 0 to 1 was expected")\n': ""
    },
    hint="A p that is no probability passes without an error: the docstring says which one is raised.",
)
def any_p_taken(): ...


@mistake(
    "dropout_forward",
    edit={
        "    if not 0 <= p <= 1": "    if not training:\n        return x, torch.ones_like(x, dtype=torch.bool)\n    if not 0 <= p <= 1"
    },
    hint="At test a p that is no probability passes: p is looked at first, so that the mistake shows wherever it is made.",
)
def p_looked_at_in_training_only(): ...


@mistake(
    "dropout_forward",
    edit={
        "    if not training": "    kept = torch.rand(x.shape, generator=generator) >= p\n    if not training",
        "    kept = torch.rand(x.shape, generator=generator) >= p\n    return": "    return",
    },
    hint="At test you draw a mask and don't use it: then evaluating a network changes what its training draws next.",
)
def drawn_at_test_for_nothing(): ...


@mistake("dropout_forward", hint="A loop over the samples: draw for all numbers at once.")
def sample_by_sample(x, p, generator, training=True):
    if not 0 <= p <= 1:
        raise ValueError("p")
    if not training:
        return x, torch.ones_like(x, dtype=torch.bool)
    kept = torch.stack([torch.rand(one.shape, generator=generator) >= p for one in x])
    return torch.where(kept, x / (1 - p), 0), kept


@right("dropout_forward")
def by_bernoulli(x, p, generator, training=True):
    if p < 0 or p > 1:
        raise ValueError("p must lie in [0, 1]")
    if not training:
        return x, torch.full(x.shape, True)
    kept = torch.empty(x.shape).bernoulli_(1 - p, generator=generator).bool()
    out = torch.zeros_like(x)
    out[kept] = x[kept] / (1 - p)
    return out, kept


@right("dropout_forward")
def by_dropping(x, p, generator, training=True):
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"not a probability: {p}")
    kept = torch.ones_like(x).bool()
    if training:
        dropped = torch.rand(x.shape, dtype=torch.float64, generator=generator) < p
        kept = ~dropped
        scale = 1 / (1 - p) if p < 1 else 0.0
        x = (x * scale).masked_fill(dropped, 0)
    return x, kept


@right("dropout_forward")
def by_probabilities(x, p, generator, training=True):
    if min(p, 1 - p) < 0:
        raise ValueError
    kept = torch.bernoulli(torch.full(x.shape, 1.0 - p), generator=generator) == 1 if training else x == x
    if not training or p == 1:
        return x * kept, kept
    return x * kept / (1 - p), kept


@mistake("dropout_forward", hint="Infinity times 0 is NaN: the largest numbers grow beyond what a float32 holds, and are then multiplied by 0. Choose between two numbers instead.")
def infinity_times_zero(x, p, generator, training=True):
    if not 0 <= p <= 1:
        raise ValueError(p)
    if not training:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    kept = torch.rand(x.shape, generator=generator) >= p
    return (x / (1 - p) * kept if p < 1 else torch.zeros_like(x)), kept


@mistake("dropout_forward", edit={", kept\n": ", torch.where(kept, x / (1 - p), 0) != 0\n"}, hint="What was kept is read off the answer, so numbers of x that are zero anyway count as dropped.")
def kept_read_off(): ...


@mistake('dropout_forward', edit={'torch.where(kept, x / (1 - p), 0), kept': 'torch.where(kept, x / (1 - p), 0), ~kept', 'return x.clone(), torch.ones_like(x, dtype=torch.bool)': 'return x.clone(), torch.zeros_like(x, dtype=torch.bool)'}, hint=THE_OTHER_MASK)
def what_was_dropped_returned(): ...


@mistake('dropout_forward', edit={'torch.where(kept, x / (1 - p), 0), kept': 'torch.where(kept, x / (1 - p), 0), ~kept'}, hint=THE_OTHER_MASK)
def what_was_dropped_returned_in_training(): ...


@mistake('dropout_forward', edit={'torch.where(kept, x / (1 - p), 0), kept': 'torch.where(kept, x / (1 - p), 0), kept.to(x.dtype)', 'return x.clone(), torch.ones_like(x, dtype=torch.bool)': 'return x.clone(), torch.ones_like(x)'}, hint=NO_BOOL)
def kept_as_numbers(): ...


@mistake('dropout_forward', edit={'torch.where(kept, x / (1 - p), 0), kept': 'torch.where(kept, x / (1 - p), 0), kept.to(x.dtype)'}, hint=NO_BOOL)
def kept_as_numbers_in_training(): ...


@mistake('dropout_forward', edit={'>= p': '< p', 'x / (1 - p)': 'x / p'}, hint=KEPT_WITH_P)
def kept_with_p_and_by_p(): ...


@mistake('dropout_forward', edit={'>= p': '< p', 'x / (1 - p)': 'x / (1 - p if p < 1 else 1)'}, hint=KEPT_WITH_P)
def kept_with_p_but_at_one(): ...


@mistake('dropout_forward', edit={'x / (1 - p)': 'x / (p if p > 0 else 1)'}, hint=BY_P)
def divided_by_p_but_at_zero(): ...


@mistake('dropout_forward', edit={'0 <= p <= 1': '0 < p <= 1'}, hint=ENDS_REFUSED)
def zero_refused(): ...


@mistake('dropout_forward', edit={'0 <= p <= 1': '0 <= p < 1'}, hint=ENDS_REFUSED)
def one_refused(): ...


@mistake('dropout_forward', edit={'x / (1 - p)': 'x * (1 / (1 - p))'}, hint=ENDS_REFUSED)
def one_divides_by_zero(): ...


@mistake('dropout_forward', edit={'if not training': 'if training'}, hint=NOT_IN_TRAINING)
def training_turned(): ...


@mistake('dropout_forward', edit={'x / (1 - p)': 'x / (1 - p) ** 0.5'}, hint='You keep the mean square: what is kept grows by the root of 1 / (1 - p). It is the mean that has to stay.')
def mean_square_kept(): ...


@mistake('dropout_forward', edit={'torch.rand(x.shape,': 'torch.rand(x.shape[0], *x.shape[1:],'}, hint='A tensor without axes has no first one: any shape may come.')
def first_axis_taken_for_granted(): ...



# dropout_backward


@mistake(
    "dropout_backward",
    edit={"grad_out / (1 - p)": "grad_out"},
    hint="The mask is there, and the factor is missing: what was kept has grown, so a nudge of it grew too.",
)
def gradient_not_rescaled(): ...


@mistake("dropout_backward", edit={"grad_out / (1 - p)": "grad_out / p"}, hint=BY_P)
def gradient_divided_by_p(): ...


@mistake(
    "dropout_backward",
    edit={"grad_out / (1 - p)": "grad_out * (1 - p)"},
    hint="What the forward pass divides by, the gradient is multiplied by here: write down d out / d x for one number that was kept.",
)
def gradient_multiplied(): ...


@mistake(
    "dropout_backward",
    edit={"torch.where(kept, grad_out / (1 - p), 0)": "torch.where(kept, 0, grad_out / (1 - p))"},
    hint="The gradient passes where numbers were dropped, and stops where they were kept: which of the two reached the loss?",
)
def mask_turned_over(): ...


@mistake(
    "dropout_backward",
    edit={"torch.where(kept, grad_out / (1 - p), 0)": "grad_out / (1 - p)"},
    hint="The gradient passes everywhere: a number that was dropped can't move the loss.",
)
def no_mask(): ...


@mistake(
    "dropout_backward",
    edit={"return grad_out.clone()": "return grad_out / (1 - p)"},
    hint="At test nothing grew in the forward pass: yours is scaled there too.",
)
def gradient_scaled_at_test(): ...


@mistake(
    "dropout_backward",
    edit={"return grad_out.clone()": "return grad_out * (1 - p)"},
    hint="At test nothing was scaled in the forward pass: yours shrinks there.",
)
def gradient_shrunk_at_test(): ...


@mistake(
    "dropout_backward",
    edit={"grad_out / (1 - p)": "grad_out / kept.to(grad_out.dtype).mean()"},
    hint="You divide by the share that happened to be kept: the forward pass divided by what p says.",
)
def gradient_by_the_share_of_this_draw(): ...


@mistake(
    "dropout_backward",
    edit={"grad_out / (1 - p)": "grad_out / (1 - p) ** 2"},
    hint="The factor is there twice: the gradient from above hasn't passed through dropout yet, and does so once.",
)
def gradient_rescaled_twice(): ...


@mistake(
    "dropout_backward",
    edit={
        "torch.where(kept, grad_out / (1 - p), 0)": "grad_out * kept * torch.tensor(1 / (1 - p) if p < 1 else torch.inf, dtype=grad_out.dtype, device=grad_out.device)"
    },
    hint=NAN_AT_ONE,
)
def gradient_nan(): ...


@mistake("dropout_backward", hint="Autograd does it for you: write the gradient by hand.")
def by_autograd(grad_out, kept, p, training=True):
    x = torch.zeros_like(grad_out, requires_grad=True)
    with torch.enable_grad():
        out = torch.where(kept, x / (1 - p), 0) if training and p < 1 else x * kept
    return torch.autograd.grad(out, x, grad_out)[0]


@mistake("dropout_backward", hint="A loop over the rows: let one operation see all numbers.")
def gradient_row_by_row(grad_out, kept, p, training=True):
    if not training:
        return grad_out.clone()
    grad = torch.zeros_like(grad_out)
    for row in range(len(grad_out)):
        if p < 1:
            grad[row] = grad_out[row] * kept[row] / (1 - p)
    return grad


@right("dropout_backward")
def by_masking(grad_out, kept, p, training=True):
    if not training:
        return grad_out
    if p == 1:
        return torch.zeros_like(grad_out)
    return grad_out * kept / (1 - p)


@right("dropout_backward")
def by_filling_with_zero(grad_out, kept, p, training=True):
    return grad_out.div(1 - p).masked_fill(kept.logical_not(), 0.0) if training else grad_out.clone()


@right("dropout_backward")
def by_places(grad_out, kept, p, training=True):
    keep = 1.0 - p if training else 1.0
    if not training:
        kept = torch.ones_like(kept)
    grad = grad_out.new_zeros(grad_out.shape)
    grad[kept] = grad_out[kept] / keep
    return grad


@mistake('dropout_backward', edit={'grad_out / (1 - p)': 'grad_out * (1 / (1 - p))'}, hint=ENDS_REFUSED)
def gradient_divides_by_zero(): ...


@mistake('dropout_backward', edit={'if not training': 'scale = 1 / (1 - p) if kept.any() else 0.0\n    if not training', 'grad_out / (1 - p)': 'grad_out * scale'}, hint=ENDS_REFUSED)
def growth_before_training(): ...


@mistake('dropout_backward', edit={'if not training': 'if p == 1:\n        return torch.zeros_like(grad_out)\n    if not training'}, hint='At test nothing is dropped, whatever p is: the gradient passes as it is.')
def gradient_zero_for_one_at_test(): ...


@mistake('dropout_backward', edit={'if not training': 'if p < 0', 'grad_out / (1 - p)': 'grad_out / (1 - p if p < 1 else 1)'}, hint='The gradient grows at test too: there nothing was dropped and nothing grew.')
def gradient_training_ignored(): ...




# variance_shift

PREDICTED_ALONE = "What you measure is right, and what you predict is not. "


@mistake(
    "variance_shift",
    hint="One mask serves for all the draws: measuring is only worth its name if each draw is a new one.",
)
def one_mask_for_all_draws(x, p, num_draws, generator):
    axes = (0, 2, 3)
    usual = x.var(dim=axes, correction=0)
    dropped = dropout_forward(x, p, generator)[0]  # noqa: F821
    total = torch.zeros_like(usual)
    for _ in range(num_draws):
        total = total + dropped.var(dim=axes, correction=0)
    return total / num_draws / usual, 1 + p / (1 - p) * x.square().mean(dim=axes) / usual


@mistake(
    "variance_shift",
    hint="You take one variance over all draws together. Batch norm sees one batch at a time: each draw has its own variance, "
    "and these are averaged.",
)
def variance_over_all_draws_together(x, p, num_draws, generator):
    axes = (0, 2, 3)
    usual = x.var(dim=axes, correction=0)
    every = torch.cat([dropout_forward(x, p, generator)[0] for _ in range(num_draws)])  # noqa: F821
    return every.var(dim=axes, correction=0) / usual, 1 + p / (1 - p) * x.square().mean(dim=axes) / usual


@mistake(
    "variance_shift",
    edit={"usual = x.var(dim=axes, correction=0)": "usual = x.var(dim=axes)"},
    hint="The variance at test is the unbiased one, torch's default, and that in training is not: both are biased here.",
)
def unbiased_at_test(): ...


@mistake(
    "variance_shift",
    edit={"[0].var(dim=axes, correction=0)": "[0].var(dim=axes)"},
    hint="The variances of the draws are unbiased ones, torch's default, and that at test is not: both are biased here.",
)
def unbiased_in_training(): ...


@mistake(
    "variance_shift",
    edit={"(squares / (1 - p) - means.square()) / usual": "torch.full_like(usual, 1 / (1 - p))"},
    hint=PREDICTED_ALONE
    + "1 / (1 - p) holds for channels of mean 0: what does a mean do, with masks that switch it on and off?",
)
def predicted_without_the_mean(): ...


@mistake(
    "variance_shift",
    edit={"(squares / (1 - p) - means.square()) / usual": "squares / (1 - p) / usual"},
    hint=PREDICTED_ALONE + "The mean of squares is no variance: what is taken off it?",
)
def predicted_mean_square(): ...


@mistake(
    "variance_shift",
    edit={"(squares / (1 - p) - means.square()) / usual": "(usual + p * squares) / usual"},
    hint=PREDICTED_ALONE
    + "Work out the mean square of one number after dropout: it is kept with probability 1 - p, and how large is it then?",
)
def predicted_by_the_dropped_share(): ...


@mistake(
    "variance_shift",
    edit={
        "(squares / (1 - p) - means.square()) / usual": "((squares - means.square()) / (1 - p) + p * means.square()) / usual"
    },
    hint=PREDICTED_ALONE
    + "The mean square of what is kept grows by 1 / (1 - p)^2, that of a kept and dropped mix by less: write both moments anew.",
)
def predicted_with_a_lost_factor(): ...


@mistake(
    "variance_shift",
    edit={"dropout_forward(x, p, generator)[0]": "(x * dropout_forward(x, p, generator)[1])"},
    hint="What is kept isn't enlarged before you measure: the batch that batch norm sees is the one that dropout returns.",
)
def measured_without_growth(): ...


@mistake(
    "variance_shift",
    edit={"for _ in range(num_draws)": "for _ in range(1)", "total / num_draws": "total"},
    hint="You draw once, whatever num_draws says.",
)
def a_single_draw(): ...


@mistake(
    "variance_shift",
    hint="Standard deviations are compared: the factor is one of variances.",
)
def of_standard_deviations(x, p, num_draws, generator):
    axes = (0, 2, 3)
    usual = x.std(dim=axes, correction=0)
    total = sum(dropout_forward(x, p, generator)[0].std(dim=axes, correction=0) for _ in range(num_draws))  # noqa: F821
    return total / num_draws / usual, (1 + p / (1 - p) * x.square().mean(dim=axes) / usual.square()).sqrt()


@mistake(
    "variance_shift",
    hint="The dropped batches are averaged before their variance is taken, so the noise averages out: first the variances, "
    "then their mean.",
)
def variance_of_the_mean_batch(x, p, num_draws, generator):
    axes = (0, 2, 3)
    usual = x.var(dim=axes, correction=0)
    mean = sum(dropout_forward(x, p, generator)[0] for _ in range(num_draws)) / num_draws  # noqa: F821
    return mean.var(dim=axes, correction=0) / usual, 1 + p / (1 - p) * x.square().mean(dim=axes) / usual


@mistake(
    "variance_shift",
    hint="Whole channels of an image are dropped, as by `nn.Dropout2d`: here each number has a mask of its own.",
)
def whole_channels_dropped(x, p, num_draws, generator):
    axes = (0, 2, 3)
    usual = x.var(dim=axes, correction=0)
    total = torch.zeros_like(usual)
    for _ in range(num_draws):
        kept = torch.rand(*x.shape[:2], 1, 1, generator=generator) >= p
        total += (x * kept / (1 - p)).var(dim=axes, correction=0)
    return total / num_draws / usual, 1 + p / (1 - p) * x.square().mean(dim=axes) / usual


@mistake(
    "variance_shift",
    hint="All channels share one mask: each number of each channel is dropped for itself.",
)
def channels_share_a_mask(x, p, num_draws, generator):
    axes = (0, 2, 3)
    usual = x.var(dim=axes, correction=0)
    total = torch.zeros_like(usual)
    for _ in range(num_draws):
        kept = torch.rand(len(x), 1, *x.shape[2:], generator=generator) >= p
        total += (x * kept / (1 - p)).var(dim=axes, correction=0)
    return total / num_draws / usual, 1 + p / (1 - p) * x.square().mean(dim=axes) / usual


@mistake(
    "variance_shift",
    hint=PREDICTED_ALONE + "It is drawn, as the measured one is: a prediction follows from x and p alone.",
)
def predicted_by_drawing(x, p, num_draws, generator):
    axes = (0, 2, 3)
    usual = x.var(dim=axes, correction=0)
    total = sum(dropout_forward(x, p, generator)[0].var(dim=axes, correction=0) for _ in range(num_draws))  # noqa: F821
    return total / num_draws / usual, total / num_draws / usual


@mistake(
    "variance_shift",
    hint=PREDICTED_ALONE
    + "You take into account that the mean of a small batch jumps about: predict for a batch so large "
    "that it doesn't.",
)
def predicted_for_this_very_size(x, p, num_draws, generator):
    axes = (0, 2, 3)
    usual, squares = x.var(dim=axes, correction=0), x.square().mean(dim=axes)
    total = sum(dropout_forward(x, p, generator)[0].var(dim=axes, correction=0) for _ in range(num_draws))  # noqa: F821
    many = x.numel() / x.shape[1]
    return total / num_draws / usual, 1 + p / (1 - p) * squares * (1 - 1 / many) / usual


@mistake("variance_shift", hint=GLOBAL)
def measured_by_torchs_dropout(x, p, num_draws, generator):
    axes = (0, 2, 3)
    usual = x.var(dim=axes, correction=0)
    total = sum(F.dropout(x, p).var(dim=axes, correction=0) for _ in range(num_draws))
    return total / num_draws / usual, 1 + p / (1 - p) * x.square().mean(dim=axes) / usual


@mistake("variance_shift", hint="A loop over channels: take the variance of all of them in one call.")
def channel_after_channel(x, p, num_draws, generator):
    measured, predicted = [], []
    for channel in range(x.shape[1]):
        one = x[:, channel]
        draws = [dropout_forward(one, p, generator)[0].var(correction=0) for _ in range(num_draws)]  # noqa: F821
        measured.append(sum(draws) / num_draws / one.var(correction=0))
        predicted.append(1 + p / (1 - p) * one.square().mean() / one.var(correction=0))
    return torch.stack(measured), torch.stack(predicted)


@right("variance_shift")
def by_adding_what_dropout_adds(x, p, num_draws, generator):
    flat = x.transpose(0, 1).flatten(1)
    usual = flat.var(dim=1, correction=0)
    measured = []
    for _ in range(num_draws):
        kept = torch.rand(flat.shape, generator=generator) > p
        measured.append((flat * kept / (1 - p)).var(dim=1, unbiased=False))
    return torch.stack(measured).mean(dim=0) / usual, 1 + p / (1 - p) * flat.pow(2).mean(dim=1) / usual


@right("variance_shift")
def all_draws_at_once(x, p, num_draws, generator):
    kept = torch.empty(num_draws, *x.shape).bernoulli_(1 - p, generator=generator).to(x.dtype)
    dropped = x * kept / (1 - p)
    variance = dropped.square().mean(dim=(1, 3, 4)) - dropped.mean(dim=(1, 3, 4)) ** 2
    mean = x.mean(dim=(0, 2, 3))
    usual = ((x - mean[:, None, None]) ** 2).mean(dim=(0, 2, 3))
    return variance.mean(dim=0) / usual, (usual + p * mean**2) / (1 - p) / usual


@right("variance_shift")
def ratios_averaged(x, p, num_draws, generator):
    usual, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
    measured = torch.zeros(x.shape[1], dtype=x.dtype)
    for _ in range(num_draws):
        out, _kept = dropout_forward(x, p, generator)  # noqa: F821
        measured += torch.var(out, dim=(0, 2, 3), correction=0) / usual / num_draws
    second = usual + mean.square()
    return measured, (second / (1 - p) - mean.square()) / usual


@mistake('variance_shift', edit={'(squares / (1 - p) - means.square()) / usual': '(squares / (1 - p) - (means / (1 - p)).square()) / usual'}, hint='In the prediction both moments grow: dropout leaves the mean as it is.')
def both_moments_grow(): ...


@mistake('variance_shift', edit={'(squares / (1 - p) - means.square()) / usual': '(squares / p - means.square()) / usual if p > 0 else torch.ones_like(usual)'}, hint='In the prediction p and 1 - p have changed places. With p = 0.5 nobody sees it.')
def prediction_by_p(): ...


@mistake('variance_shift', edit={'(squares / (1 - p) - means.square()) / usual': '(squares / (1 - p) ** 2 - means.square()) / usual'}, hint='The prediction lets every number grow: it does so only with the probability to be kept.')
def prediction_of_sure_growth(): ...


@mistake('variance_shift', edit={'(squares / (1 - p) - means.square()) / usual': 'squares / (1 - p) - means.square()'}, hint='Predicted is a variance: what is asked for is a factor, over the variance at test.')
def prediction_no_factor(): ...


@mistake('variance_shift', edit={'usual = x.var(dim=axes, correction=0)': 'usual = x.var(dim=axes)', '[0].var(dim=axes, correction=0)': '[0].var(dim=axes)'}, hint='The variance is the unbiased one. In the prediction it stands below moments that are divided by how many numbers there are: use the biased one.')
def unbiased_throughout(): ...


@mistake('variance_shift', edit={'return total / num_draws / usual, predicted': 'return predicted, total / num_draws / usual'}, hint='The two have changed places: measured comes first.')
def the_two_exchanged(): ...


@mistake('variance_shift', edit={'axes = (0, 2, 3)': 'axes = (1, 2, 3)'}, hint='The variance runs over channels, so there is a factor for each image: one for each channel is asked for.')
def factor_for_each_image(): ...



# uniform_dropout


@mistake(
    "uniform_dropout",
    edit={"2 * torch.rand": "torch.rand", " - 1\n": "\n"},
    hint="r is drawn from 0 to beta, so all numbers grow: it lies on both sides of zero.",
)
def growing_only(): ...


@mistake(
    "uniform_dropout",
    edit={"2 * torch.rand": "torch.rand", " - 1\n": " - 0.5\n"},
    hint="r reaches from -beta / 2 to beta / 2: twice as far is asked for.",
)
def half_as_far(): ...


@mistake(
    "uniform_dropout",
    edit={"torch.rand(": "torch.randn(", "2 *": "1 *", " - 1\n": "\n"},
    hint="r is drawn from a normal distribution, which has no largest value: here it is a uniform one.",
)
def normal_noise(): ...


@mistake(
    "uniform_dropout",
    edit={"(1 + beta * noise)": "(1 + 3**0.5 * beta * noise)"},
    hint="Your noise has the deviation beta, and so some numbers move further: beta is the largest share.",
)
def beta_as_deviation(): ...


@mistake(
    "uniform_dropout",
    edit={"x * (1 + beta * noise)": "x + beta * noise"},
    hint="The noise is added to x, as large for small numbers as for large ones: here it multiplies.",
)
def added(): ...


@mistake(
    "uniform_dropout",
    edit={"x * (1 + beta * noise)": "x * beta * noise"},
    hint="Only the noise is left of x: on average 0. Where is the 1 that keeps the mean?",
)
def without_the_one(): ...


@mistake("uniform_dropout", edit={"(x.shape,": "(x.shape[1:],"}, hint=ONE_FOR_ALL_SAMPLES)
def one_noise_for_the_batch(): ...


@mistake("uniform_dropout", hint="One number is drawn for a whole sample: each number has its own.")
def one_noise_for_each_sample(x, beta, generator, training=True):
    if not training:
        return x
    noise = torch.rand(len(x), *[1] * (x.ndim - 1), generator=generator, dtype=x.dtype)
    return x * (1 + beta * (2 * noise - 1))


@mistake("uniform_dropout", hint=GLOBAL)
def noise_from_the_global_generator(x, beta, generator, training=True):
    return x * (1 + beta * (2 * torch.rand_like(x) - 1)) if training else x


@mistake(
    "uniform_dropout", edit={"generator=generator": "generator=torch.Generator().manual_seed(0)"}, hint=SAME_EACH_TIME
)
def the_same_noise_each_time(): ...


@mistake("uniform_dropout", edit={"if not training": "if beta == 0"}, hint=AT_TEST_TOO)
def noise_at_test_too(): ...


@mistake(
    "uniform_dropout",
    edit={"return x * (1 + beta * noise)": "return x * (1 + beta * noise.sign())"},
    hint="Every number changes by the full beta, up or down: any share between is as likely.",
)
def two_values_only(): ...


@mistake(
    "uniform_dropout",
    edit={"x * (1 + beta * noise)": "x * (1 + beta * noise) / (1 + beta**2 / 3) ** 0.5"},
    hint="You bring the variance back and so lose the mean: the mean is what is kept.",
)
def variance_kept(): ...


@mistake("uniform_dropout", hint="A loop over the samples: draw for all numbers at once.")
def noise_sample_by_sample(x, beta, generator, training=True):
    if not training:
        return x
    rows = [row * (1 + beta * (2 * torch.rand(row.shape, generator=generator, dtype=x.dtype) - 1)) for row in x]
    return torch.stack(rows)


@right("uniform_dropout")
def by_filling_a_tensor(x, beta, generator, training=True):
    if not training:
        return x
    factor = torch.empty(x.shape, dtype=x.dtype).uniform_(1 - beta, 1 + beta, generator=generator)
    return x * factor


@right("uniform_dropout")
def by_adding_a_share(x, beta, generator, training=True):
    if training:
        r = (torch.rand(*x.shape, generator=generator) - 0.5) * (2 * beta)
        x = x + x * r.to(x.dtype)
    return x


@right("uniform_dropout")
def between_two_ends(x, beta, generator, training=True):
    if not training:
        return x.clone()
    share = torch.rand(x.shape, generator=generator, dtype=torch.float64).to(x.dtype)
    return torch.lerp(x * (1 - beta), x * (1 + beta), share)


@mistake(
    "uniform_dropout",
    edit={
        "    if not training:\n        return x.clone()\n    noise =": "    noise =",
        "    return x * (1": "    if not training:\n        return x\n    return x * (1",
    },
    hint="At test you draw noise and don't use it: then evaluating a network changes what its training draws next.",
)
def noise_drawn_at_test_for_nothing(): ...


@mistake('uniform_dropout', edit={'beta * noise': 'beta * (noise + 1) - 1'}, hint='You stretch and then take off 1: the middle of r is zero only if the shift is stretched too.')
def stretch_before_shift(): ...



# drop_connect


@mistake("drop_connect", edit={"weights / (1 - p)": "weights"}, hint=NOT_RESCALED)
def weights_not_rescaled(): ...


@mistake("drop_connect", edit={"weights / (1 - p)": "weights / p"}, hint=BY_P)
def weights_divided_by_p(): ...


@mistake("drop_connect", edit={">= p": "< p"}, hint=KEPT_WITH_P)
def weights_kept_with_p(): ...


@mistake(
    "drop_connect",
    edit={
        "torch.rand(num, *weights.shape, generator=generator) >= p": "(torch.rand(weights.shape, generator=generator) >= p).expand(num, *weights.shape)"
    },
    hint=ONE_FOR_ALL_SAMPLES,
)
def one_mask_for_all_rows(): ...


@mistake(
    "drop_connect",
    edit={
        "torch.rand(num, *weights.shape, generator=generator) >= p": "(torch.rand(num, len(weights), 1, generator=generator) >= p).expand(num, *weights.shape)"
    },
    hint="An input is dropped with all of its weights: that is dropout before the layer. Here each weight has its own chance.",
)
def inputs_dropped(): ...


@mistake(
    "drop_connect",
    edit={
        "torch.rand(num, *weights.shape, generator=generator) >= p": "(torch.rand(num, 1, weights.shape[1], generator=generator) >= p).expand(num, *weights.shape)"
    },
    hint="A score is dropped with all of its weights: that is dropout behind the layer. Here each weight has its own chance.",
)
def scores_dropped(): ...


@mistake(
    "drop_connect",
    edit={
        "torch.where(kept, weights / (1 - p), 0)": "torch.where(kept, weights, 0)",
        "thinned) + bias, kept": "thinned) / (1 - p) + bias / (1 - p), kept",
    },
    hint="The bias grows as well: it is never dropped, so nothing has to stand in for it.",
)
def bias_grows_too(): ...


@mistake("drop_connect", edit={"thinned) + bias, kept": "thinned), kept"}, hint="In training the bias is missing.")
def no_bias_in_training(): ...


@mistake("drop_connect", edit={"x @ weights + bias": "x @ weights * (1 - p) + bias"}, hint=SCALED_AT_TEST)
def weights_scaled_at_test(): ...


@mistake("drop_connect", edit={"if not training": "if p < 0"}, hint=AT_TEST_TOO)
def weights_dropped_at_test_too(): ...


@mistake(
    "drop_connect", edit={"generator=generator": "generator=torch.Generator().manual_seed(0)"}, hint=SAME_EACH_TIME
)
def the_same_weights_each_time(): ...


@mistake("drop_connect", edit={", generator=generator": ""}, hint=GLOBAL)
def weights_from_the_global_generator(): ...


@mistake(
    "drop_connect",
    edit={
        "torch.where(kept, weights / (1 - p), 0)": "weights * kept * torch.tensor(1 / (1 - p) if p < 1 else torch.inf, dtype=x.dtype)"
    },
    hint=NAN_AT_ONE,
)
def nan_where_all_weights_are_dropped(): ...


@mistake("drop_connect", hint="A loop over the rows: give the weights an axis for them.")
def row_by_row(x, weights, bias, p, generator, training=True):
    if not training:
        return x @ weights + bias, torch.ones(len(x), *weights.shape, dtype=torch.bool)
    rows, masks = [], []
    for row in x:
        masks.append(torch.rand(weights.shape, generator=generator) >= p)
        rows.append(row @ torch.where(masks[-1], weights / (1 - p), 0) + bias)
    return torch.stack(rows), torch.stack(masks)


@right("drop_connect")
def by_products_and_a_sum(x, weights, bias, p, generator, training=True):
    shape = len(x), *weights.shape
    if not training:
        return x.matmul(weights).add(bias), torch.full(shape, True)
    kept = torch.empty(shape).bernoulli_(1 - p, generator=generator) == 1
    products = (x[:, :, None] * weights).masked_fill(~kept, 0.0)
    return products.sum(dim=1) / (1 - p if p < 1 else 1) + bias, kept


@right("drop_connect")
def by_batched_matrices(x, weights, bias, p, generator, training=True):
    kept = torch.rand(x.shape[0], *weights.shape, generator=generator) >= p if training else None
    if kept is None:
        return torch.addmm(bias, x, weights), torch.ones(x.shape[0], *weights.shape).bool()
    scale = 1 / (1 - p) if p < 1 else 0
    masked = weights[None] * kept.to(weights.dtype) * scale
    return torch.bmm(x[:, None], masked)[:, 0] + bias, kept


@right("drop_connect")
def drawn_as_rows_by_scores_by_inputs(x, weights, bias, p, generator, training=True):
    (num, dim), many = x.shape, weights.shape[1]
    if not training:
        return F.linear(x, weights.T, bias), torch.ones(num, dim, many, dtype=torch.bool)
    dropped = torch.rand(num, many, dim, generator=generator, dtype=torch.float64) < p
    grown = (weights.T / (1 - p)).expand(num, many, dim).masked_fill(dropped, 0)
    return (grown @ x[:, :, None])[:, :, 0] + bias, ~dropped.transpose(1, 2)


@mistake('drop_connect', edit={'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept': 'torch.einsum("nd,ndm->nm", x, thinned) + bias, ~kept', 'return x @ weights + bias, kept': 'return x @ weights + bias, ~kept'}, hint=THE_OTHER_MASK)
def dropped_weights_returned(): ...


@mistake('drop_connect', edit={'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept': 'torch.einsum("nd,ndm->nm", x, thinned) + bias, ~kept'}, hint=THE_OTHER_MASK)
def dropped_weights_returned_in_training(): ...


@mistake('drop_connect', edit={'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept': 'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept.to(x.dtype)', 'return x @ weights + bias, kept': 'return x @ weights + bias, kept.to(x.dtype)'}, hint=NO_BOOL)
def weights_mask_as_numbers(): ...


@mistake('drop_connect', edit={'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept': 'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept.to(x.dtype)'}, hint=NO_BOOL)
def weights_mask_as_numbers_in_training(): ...


@mistake('drop_connect', edit={'>= p': '< p', 'weights / (1 - p)': 'weights / p'}, hint=KEPT_WITH_P)
def weights_kept_with_p_and_by_p(): ...


@mistake('drop_connect', edit={'weights / (1 - p)': 'weights', 'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept': '(torch.einsum("nd,ndm->nm", x, thinned) + bias) / (1 - p if p < 1 else 1), kept'}, hint='The bias grows with the weights: it is never dropped, so it has nothing to make up for.')
def bias_grows(): ...


@mistake('drop_connect', edit={'weights / (1 - p)': 'weights', 'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept': '(torch.einsum("nd,ndm->nm", x, thinned) + bias) / (1 - p), kept'}, hint='The bias grows with the weights: it is never dropped, so it has nothing to make up for.')
def bias_grows_beyond_all(): ...


@mistake('drop_connect', edit={'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept': 'torch.einsum("nd,ndm->nm", x, thinned) + torch.where(torch.rand(num, len(bias), generator=generator) >= p, bias / (1 - p), 0), kept'}, hint='The bias is dropped at times: only weights are.')
def bias_dropped(): ...


@mistake('drop_connect', edit={'x @ weights + bias': 'x @ weights'}, hint='At test the bias is missing.')
def bias_forgotten_at_test(): ...


@mistake('drop_connect', edit={'"nd,ndm->nm", x, thinned)': '"nd,ndm->nm", x / (1 - p if p < 1 else 1), thinned)'}, hint='The growth is there twice: once for the weights, and once more for what they are multiplied with.')
def weights_and_scores_grow(): ...


@mistake('drop_connect', edit={'weights / (1 - p)': 'weights * (kept.numel() / max(int(kept.sum()), 1))'}, hint=ACTUAL_SHARE)
def growth_by_the_draw(): ...


@mistake('drop_connect', edit={'weights / (1 - p)': 'weights * (len(weights) / kept.sum(dim=1, keepdim=True).clamp(min=1))'}, hint="You divide by the share of a score's weights that happened to be kept: the factor follows p alone.")
def growth_by_the_score(): ...


@mistake('drop_connect', edit={'weights / (1 - p)': 'weights * (1 / (1 - p))'}, hint=ENDS_REFUSED)
def one_breaks(): ...


@mistake('drop_connect', edit={'    thinned =': '    if p == 1:\n        return torch.zeros(num, weights.shape[1], dtype=x.dtype), kept\n    thinned ='}, hint='Where all weights are dropped the scores are set to zero: what is never dropped?')
def zeros_for_one(): ...


@mistake('drop_connect', edit={'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept': 'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept.transpose(1, 2)', 'return x @ weights + bias, kept': 'return x @ weights + bias, kept.transpose(1, 2)'}, hint='The mask is (N, M, D): (N, D, M) was promised.')
def mask_turned(): ...


@mistake('drop_connect', edit={'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept': 'torch.einsum("nd,ndm->nm", x, thinned) + bias, torch.rand(num, *weights.shape, generator=generator) >= p'}, hint="The mask that comes back was drawn anew: it isn't the one by which weights were dropped.")
def another_mask_returned(): ...


@mistake('drop_connect', edit={'torch.ones(num, *weights.shape, dtype=torch.bool)': 'torch.ones(weights.shape, dtype=torch.bool)'}, hint='At test the mask has the shape of the weights: (N, D, M) is promised there too.')
def one_mask_at_test(): ...


@mistake('drop_connect', edit={'torch.einsum("nd,ndm->nm", x, thinned) + bias, kept': '(x[:, None] @ thinned).squeeze() + bias, kept'}, hint='`squeeze()` takes away every axis of size one, also that of a batch of one row: say which.')
def squeezed_scores(): ...


@mistake('drop_connect', edit={'    thinned =': '    weights /= max(1 - p, 1e-12)\n    thinned =', 'weights / (1 - p)': 'weights'}, hint='The weights themselves are changed, so each call makes them larger: make a new tensor.')
def weights_changed(): ...



# drop_block

GAMMA = "p * height * width / (block_size**2 * tall * wide)"
GROWS = "(kept.numel() / max(int(kept.sum()), 1))"


@mistake(
    "drop_block",
    edit={GAMMA: "p"},
    hint="Blocks begin with probability p: each drops many numbers, so far more than the share p is gone.",
)
def blocks_begin_with_p(): ...


@mistake(
    "drop_block",
    edit={GAMMA: "p / block_size**2"},
    hint="Near the edges fewer blocks can begin, so those inside must begin a little more often: part of gamma is missing.",
)
def room_at_the_edges_forgotten(): ...


@mistake(
    "drop_block",
    edit={GAMMA: "p * height * width / (block_size * tall * wide)"},
    hint="A block covers block_size rows and as many columns: how many numbers is that?",
)
def block_taken_for_a_row(): ...


@mistake(
    "drop_block",
    edit={GROWS: "(1 / (1 - p) if p < 1 else 0)"},
    hint="What is kept grows by 1 / (1 - p), but chance and overlaps decide how much was really dropped: count what was kept.",
)
def grown_by_p(): ...


@mistake(
    "drop_block",
    edit={GROWS: "(kept[0].numel() / kept.sum(dim=(1, 2, 3), keepdim=True).clamp(min=1))"},
    hint="Each image grows by a factor of its own: there is one factor for the whole batch.",
)
def grown_image_by_image(): ...


@mistake(
    "drop_block",
    edit={" * " + GROWS: ""},
    hint="What is kept does not grow: the mean over the batch shrinks by what was dropped.",
)
def blocks_not_rescaled(): ...


@mistake(
    "drop_block",
    edit={
        "torch.empty(num, channels, tall, wide)": "torch.empty(num, 1, tall, wide)",
        "kept = covered == 0": "kept = (covered == 0).expand(x.shape)",
    },
    hint="All channels of an image lose the same blocks: each channel has its own.",
)
def channels_share_blocks(): ...


@mistake(
    "drop_block",
    edit={
        "torch.empty(num, channels, tall, wide)": "torch.empty(1, channels, tall, wide)",
        "kept = covered == 0": "kept = (covered == 0).expand(x.shape)",
    },
    hint=ONE_FOR_ALL_SAMPLES,
)
def images_share_blocks(): ...


@mistake(
    "drop_block",
    edit={"kept = covered == 0": "kept = covered > 0"},
    hint="The blocks are kept, and the rest is dropped: it is the other way round.",
)
def blocks_kept(): ...


@mistake(
    "drop_block",
    edit={"max(int(kept.sum()), 1)": "kept.sum()"},
    hint="Where nothing is kept you divide by zero, and 0 times infinity is NaN.",
)
def nan_where_nothing_is_kept(): ...


@mistake(
    "drop_block",
    hint="Blocks begin everywhere, and at the edge they stick out of the image: only whole blocks inside of it are asked for.",
)
def blocks_cut_off_at_the_edge(x, p, block_size, generator, training=True):
    if not training:
        return x, torch.ones_like(x, dtype=torch.bool)
    height, width = x.shape[2:]
    gamma = p * height * width / (block_size**2 * (height - block_size + 1) * (width - block_size + 1))
    begins = torch.empty(x.shape).bernoulli_(gamma, generator=generator)
    before, after = block_size // 2, (block_size - 1) // 2
    covered = F.max_pool2d(F.pad(begins, (before, after, before, after)), block_size, stride=1)
    kept = covered == 0
    return x * kept * (kept.numel() / kept.sum().clamp(min=1)), kept


@mistake("drop_block", hint="Single numbers are dropped: nothing makes blocks of the places where they begin.")
def single_numbers_dropped(x, p, block_size, generator, training=True):
    if not training:
        return x, torch.ones_like(x, dtype=torch.bool)
    kept = torch.rand(x.shape, generator=generator) >= p
    return x * kept * (kept.numel() / kept.sum().clamp(min=1)), kept


@mistake(
    "drop_block", hint="The image is cut into a fixed grid of blocks, each dropped or kept: a block may begin anywhere."
)
def blocks_on_a_grid(x, p, block_size, generator, training=True):
    if not training:
        return x, torch.ones_like(x, dtype=torch.bool)
    num, channels, height, width = x.shape
    tall, wide = -(-height // block_size), -(-width // block_size)
    coarse = torch.rand(num, channels, tall, wide, generator=generator) >= p
    kept = coarse.repeat_interleave(block_size, 2).repeat_interleave(block_size, 3)[:, :, :height, :width]
    return x * kept * (kept.numel() / kept.sum().clamp(min=1)), kept


@mistake("drop_block", edit={"generator=generator": "generator=torch.Generator().manual_seed(0)"}, hint=SAME_EACH_TIME)
def the_same_blocks_each_time(): ...


@mistake("drop_block", edit={", generator=generator": ""}, hint=GLOBAL)
def blocks_from_the_global_generator(): ...


@mistake("drop_block", edit={"if not training": "if p == 0"}, hint=AT_TEST_TOO)
def blocks_at_test_too(): ...


@mistake("drop_block", hint="A loop over images or channels: draw for all of them at once, and cover all maps at once.")
def blocks_image_by_image(x, p, block_size, generator, training=True):
    if not training:
        return x, torch.ones_like(x, dtype=torch.bool)
    height, width = x.shape[2:]
    tall, wide = height - block_size + 1, width - block_size + 1
    gamma = p * height * width / (block_size**2 * tall * wide)
    masks = []
    for image in x:
        begins = torch.empty(len(image), tall, wide).bernoulli_(gamma, generator=generator)
        covered = F.max_pool2d(F.pad(begins, [block_size - 1] * 4), block_size, stride=1)
        masks.append(covered == 0)
    kept = torch.stack(masks)
    return x * kept * (kept.numel() / max(int(kept.sum()), 1)), kept


@right("drop_block")
def by_transposed_convolution(x, p, block_size, generator, training=True):
    if not training:
        return x, x == x
    num, channels, height, width = x.shape
    tall, wide = height - block_size + 1, width - block_size + 1
    gamma = p * height * width / (block_size**2 * tall * wide)
    begins = (torch.rand(num * channels, 1, tall, wide, generator=generator) < gamma).float()
    covered = F.conv_transpose2d(begins, torch.ones(1, 1, block_size, block_size))
    kept = (covered < 0.5).reshape(x.shape)
    if not kept.any():
        return torch.zeros_like(x), kept
    return x * kept / kept.to(x.dtype).mean(), kept


@right("drop_block")
def by_a_loop_over_the_block(x, p, block_size, generator, training=True):
    kept = torch.ones(x.shape, dtype=torch.bool)
    if not training:
        return x.clone(), kept
    height, width = x.shape[2:]
    tall, wide = height - block_size + 1, width - block_size + 1
    gamma = p / block_size**2 * (height / tall) * (width / wide)
    begins = torch.rand(*x.shape[:2], tall, wide, generator=generator) < min(gamma, 1)
    for down in range(block_size):
        for across in range(block_size):
            kept[:, :, down : down + tall, across : across + wide] &= ~begins
    factor = kept.numel() / max(int(kept.sum()), 1)
    return torch.where(kept, x * factor, 0), kept


@right("drop_block")
def by_convolution_with_ones(x, p, block_size, generator, training=True):
    if not training:
        return x, torch.ones_like(x).bool()
    num, channels, height, width = x.shape
    room = (height - block_size + 1) * (width - block_size + 1)
    inside = torch.ones(1, 1, height - block_size + 1, width - block_size + 1)
    chances = inside * (p * height * width / block_size**2 / room)
    begins = torch.bernoulli(chances.expand(num, channels, -1, -1).clamp(max=1), generator=generator)
    around = F.pad(begins, [block_size - 1] * 4).flatten(0, 1)[:, None]
    kept = (F.conv2d(around, torch.ones(1, 1, block_size, block_size)) == 0).reshape(x.shape)
    share = kept.sum() / kept.numel()
    return (x / share.to(x.dtype) if share > 0 else x).masked_fill(~kept, 0), kept


@mistake('drop_block', edit={'return x * kept * (kept.numel() / max(int(kept.sum()), 1)), kept': 'return x * kept * (kept.numel() / max(int(kept.sum()), 1)), ~kept'}, hint=THE_OTHER_MASK)
def dropped_places_returned(): ...


@mistake('drop_block', edit={'return x * kept * (kept.numel() / max(int(kept.sum()), 1)), kept': 'return x * kept * (kept.numel() / max(int(kept.sum()), 1)), kept.to(x.dtype)'}, hint=NO_BOOL)
def blocks_mask_as_numbers(): ...



@mistake('drop_block', edit={'(kept.numel() / max(int(kept.sum()), 1))': '(kept.numel() / max(kept.numel() - int(kept.sum()), 1) * kept.any())'}, hint='You divide by how many numbers were dropped: those that are left have to stand for all.')
def growth_over_dropped(): ...


@mistake('drop_block', edit={'(kept.numel() / max(int(kept.sum()), 1))': 'kept.to(x.dtype).mean()'}, hint=SHRUNK)
def growth_upside_down(): ...


@mistake('drop_block', edit={'(kept.numel() / max(int(kept.sum()), 1))': '(height * width / kept.sum(dim=(2, 3), keepdim=True).clamp(min=1))'}, hint='Each channel grows by a factor of its own: one is asked for, for the whole batch.')
def growth_by_channel(): ...


@mistake('drop_block', edit={'(kept.numel() / max(int(kept.sum()), 1))': '(kept.numel() / max(int((x * kept != 0).sum()), 1))'}, hint="Numbers of the answer that aren't 0 are counted, so zeros of x count as dropped: count in the mask.")
def growth_by_values(): ...


@mistake('drop_block', edit={'gamma = p *': 'gamma = (1 - p) *'}, hint=KEPT_WITH_P)
def share_kept_for_p(): ...


@mistake('drop_block', edit={'(kept.numel() / max(int(kept.sum()), 1))': '(1 / (1 - p) if p < 1 else 1)'}, hint='The growth follows p, though the dropped share is p only roughly: divide by what was really kept.')
def p_growth_and_none(): ...


@mistake('drop_block', edit={'return x * kept * (kept.numel() / max(int(kept.sum()), 1)), kept': 'if not kept.any():\n        return x.clone(), kept\n    return x * kept * (kept.numel() / max(int(kept.sum()), 1)), kept'}, hint='Where nothing is kept x comes back: zeros are promised.')
def x_where_none_is_kept(): ...


@mistake('drop_block', edit={'max(int(kept.sum()), 1)': 'int(kept.sum())'}, hint='A batch in which nothing is kept breaks: the number of those kept is 0 then, and it stands below the line.')
def none_kept_breaks(): ...


@mistake('drop_block', edit={'return x.clone(), ': 'return x * (1 - p), '}, hint=SCALED_AT_TEST)
def blocks_scaled_at_test(): ...


@mistake('drop_block', edit={'F.max_pool2d(F.pad(begins, 4 * (margin,)), block_size, stride=1)': 'F.max_pool2d(F.pad(begins, 4 * (margin,))[:, :, 1:, 1:] if margin else begins, max(margin, 1), stride=1)'}, hint='The squares have another form or place: a block of b × b begins at its upper left corner, and has b rows and b columns.')
def smaller_blocks(): ...


@mistake('drop_block', edit={'F.max_pool2d(F.pad(begins, 4 * (margin,)), block_size, stride=1)': 'F.max_pool2d(F.pad(begins, (0, 2 * margin, 0, 2 * margin)), block_size, stride=1)'}, hint='The squares have another form or place: a block of b × b begins at its upper left corner, and has b rows and b columns.')
def blocks_up_and_left(): ...



@mistake('drop_block', edit={'F.max_pool2d(F.pad(begins, 4 * (margin,)), block_size, stride=1)': '-F.max_pool2d(-F.pad(begins, 4 * (margin,)), block_size, stride=1)'}, hint='A place counts as covered only if *every* place of its window begins a block: one that does is enough.')
def covered_where_all_begin(): ...


@mistake('drop_block', edit={'begins.bernoulli_(gamma, generator=generator)': 'begins = F.one_hot(torch.randint(0, tall * wide, (num, channels), generator=generator), tall * wide).reshape(begins.shape).float()'}, hint='Each channel loses exactly one block: how many there are is chance as well, each place begins one for itself.')
def one_block_for_each_channel(): ...



# drop_path


@mistake("drop_path", edit={"branch / (1 - p)": "branch"}, hint=NOT_RESCALED)
def branch_not_rescaled(): ...


@mistake("drop_path", edit={"branch / (1 - p)": "branch / p"}, hint=BY_P)
def branch_divided_by_p(): ...


@mistake("drop_path", edit={"branch / (1 - p)": "branch * (1 - p)"}, hint=SHRUNK)
def branch_shrunk(): ...


@mistake("drop_path", edit={"bernoulli_(1 - p,": "bernoulli_(p,"}, hint=KEPT_WITH_P)
def branch_kept_with_p(): ...


@mistake(
    "drop_path",
    edit={
        '    num = len(branch) if mode == "row" else 1\n    chances = torch.empty(num, *(branch.ndim - 1) * [1])\n': "    chances = torch.empty(branch.shape)\n"
    },
    hint="Single numbers are dropped, as by dropout: a sample's branch goes as a whole.",
)
def numbers_dropped(): ...


@mistake(
    "drop_path",
    edit={
        "torch.empty(num, *(branch.ndim - 1) * [1])": "torch.empty(num, *branch.shape[1:2], *(branch.ndim - 2) * [1])"
    },
    hint="Each channel has its own chance: a sample's branch goes as a whole.",
)
def channels_dropped(): ...


@mistake(
    "drop_path",
    edit={"*(branch.ndim - 1) * [1]": "1, 1, 1"},
    hint="Your mask has four axes, and a branch may have another number: beside fewer, broadcasting makes more of them.",
)
def only_for_images(): ...


@mistake("drop_path", edit={"return branch.clone()": "return branch * (1 - p)"}, hint=SCALED_AT_TEST)
def branch_scaled_at_test(): ...


@mistake("drop_path", edit={"if not training": "if p < 0"}, hint=AT_TEST_TOO)
def branches_dropped_at_test_too(): ...


@mistake("drop_path", edit={"generator=generator": "generator=torch.Generator().manual_seed(0)"}, hint=SAME_EACH_TIME)
def the_same_branches_each_time(): ...


@mistake("drop_path", edit={", generator=generator": ""}, hint=GLOBAL)
def branches_from_the_global_generator(): ...


@mistake(
    "drop_path",
    edit={
        '    if mode not in ("row", "batch"):\n        raise ValueError(f"mode is {mode!r}: \'row\' or \'batch\' was expected")\n': ""
    },
    hint="Any word passes as a mode, and is taken for one of the two: a wrong one is an error.",
)
def any_mode_taken(): ...


@mistake(
    "drop_path",
    edit={"    if mode not in": "    if not training:\n        return branch\n    if mode not in"},
    hint="At test a wrong mode passes: the mode is looked at first, so that the mistake shows wherever it is made.",
)
def mode_looked_at_in_training_only(): ...


@mistake(
    "drop_path",
    edit={'mode == "row"': 'mode == "batch"'},
    hint="The two modes are exchanged: which of them has one chance for all?",
)
def modes_exchanged(): ...


@mistake(
    "drop_path",
    edit={
        "torch.where(kept, branch / (1 - p), 0)": "branch * kept * torch.tensor(1 / (1 - p) if p < 1 else torch.inf, dtype=branch.dtype)"
    },
    hint=NAN_AT_ONE,
)
def nan_where_all_branches_are_dropped(): ...


@mistake("drop_path", hint="A loop over the samples: draw for all of them at once.")
def branch_by_branch(branch, p, generator, mode="row", training=True):
    if mode not in ("row", "batch"):
        raise ValueError(mode)
    if not training:
        return branch
    one_for_all = torch.rand((), generator=generator)
    draws = [torch.rand((), generator=generator) if mode == "row" else one_for_all for _ in branch]
    return torch.stack([one / (1 - p) if draw >= p else torch.zeros_like(one) for one, draw in zip(branch, draws)])


@right("drop_path")
def by_uniform_numbers(branch, p, generator, mode="row", training=True):
    if mode != "row" and mode != "batch":
        raise ValueError(mode)
    if not training or p == 0:
        return branch
    shape = [1] * branch.dim()
    if mode == "row":
        shape[0] = branch.size(0)
    kept = (torch.rand(shape, generator=generator) > p).to(branch.dtype)
    return branch * kept / (1 - p) if p < 1 else torch.zeros_like(branch)


@right("drop_path")
def by_turning_the_axes(branch, p, generator, mode="row", training=True):
    if mode not in {"row", "batch"}:
        raise ValueError("mode")
    if not training:
        return branch
    dropped = torch.rand(len(branch) if mode == "row" else 1, generator=generator) < p
    rows = branch.reshape(len(branch), -1)
    return (rows / (1 - p)).masked_fill(dropped[:, None], 0).reshape(branch.shape)


@mistake("drop_path", hint="Infinity times 0 is NaN: the largest numbers grow beyond what a float32 holds, and are then multiplied by 0. Choose between two numbers instead.")
def path_infinity_times_zero(branch, p, generator, mode="row", training=True):
    if mode not in ("row", "batch"):
        raise ValueError(mode)
    if not training:
        return branch.clone()
    shape = [len(branch) if mode == "row" else 1] + [1] * (branch.ndim - 1)
    kept = torch.rand(shape, generator=generator) >= p
    return branch / max(1 - p, 1e-12) * kept if p < 1 else torch.zeros_like(branch)


@mistake("drop_path", hint="Always the same share of the samples is dropped. Each sample has a chance of its own, so sometimes more are dropped and sometimes fewer.")
def path_exact_share(branch, p, generator, mode="row", training=True):
    if mode not in ("row", "batch"):
        raise ValueError(mode)
    if not training:
        return branch.clone()
    num = len(branch) if mode == "row" else 1
    kept = torch.rand(num, generator=generator) >= p
    if mode == "row":
        kept = torch.randperm(num, generator=generator) >= round(p * num)
    kept = kept.reshape(-1, *[1] * (branch.ndim - 1))
    return torch.where(kept, branch / (1 - p), 0)


@right("drop_path")
def by_choosing_rows(branch, p, generator, mode="row", training=True):
    if mode not in ["row", "batch"]:
        raise ValueError(f"unknown mode {mode}")
    out = branch.clone()
    if training:
        draws = torch.rand(len(branch) if mode == "row" else 1, generator=generator, dtype=torch.float64)
        kept = draws.expand(len(branch)) >= p
        out[~kept] = 0
        out[kept] = out[kept] / (1 - p) if p < 1 else 0
    return out


@mistake('drop_path', edit={'bernoulli_(1 - p,': 'bernoulli_(p,', 'branch / (1 - p)': 'branch / (p if p > 0 else 1)'}, hint=KEPT_WITH_P)
def branch_kept_with_p_and_by_p(): ...


@mistake('drop_path', edit={'branch / (1 - p)': 'branch / (p if p > 0 else 1)'}, hint=BY_P)
def branch_divided_by_p_but_at_zero(): ...


@mistake('drop_path', edit={'branch / (1 - p)': 'branch * (kept.numel() / max(int(kept.sum()), 1))'}, hint=ACTUAL_SHARE)
def branch_by_the_draw(): ...


@mistake('drop_path', edit={'branch / (1 - p)': 'branch * (1 / (1 - p))'}, hint=ENDS_REFUSED)
def one_breaks_the_branch(): ...


@mistake('drop_path', edit={'if not training': 'if not training or p in (0, 1)'}, hint='With p = 1 the branch comes back: everything is dropped then.')
def one_is_kept(): ...


@mistake('drop_path', edit={'len(branch) if mode == "row" else 1': 'len(branch)'}, hint='The mode makes no difference: in "batch" one chance serves all samples.')
def the_mode_ignored(): ...


@mistake('drop_path', edit={'len(branch) if mode == "row" else 1': '1'}, hint='The mode makes no difference: in "row" every sample has a chance of its own.')
def always_one_chance(): ...


@mistake('drop_path', edit={'branch / (1 - p)': 'branch / (1 - p if mode == "row" else 1)'}, hint='In mode "batch" nothing grows: the mean shrinks there as well.')
def grows_in_rows_only(): ...


@mistake('drop_path', edit={'return torch.where(kept': 'return branch + torch.where(kept'}, hint="The shortcut isn't yours to add: return what is left of the branch alone.")
def shortcut_added(): ...



@mistake('drop_path', edit={'    kept = chances': '    generator.manual_seed(generator.initial_seed())\n    kept = chances'}, hint=SAME_EACH_TIME)
def set_back_in_every_call(): ...



# fractional_max_pool

A_OF_SIZES = "The step a is another: from the first window's beginning to the last one's, n - k, there are m - 1 steps."


@mistake(
    "fractional_max_pool",
    edit={"ratio, u = last / max(count - 1, 1)": "ratio, u = x.shape[2 + axis] / count"},
    hint=A_OF_SIZES,
)
def step_of_the_sizes(): ...


@mistake("fractional_max_pool", edit={"last / max(count - 1, 1)": "last / count"}, hint=A_OF_SIZES)
def step_by_the_number_of_windows(): ...


@mistake(
    "fractional_max_pool",
    edit={
        " - (ratio * u).floor()": "",
        "starts[..., -1] = last": "starts = starts.clamp(max=last)\n        starts[..., -1] = last",
    },
    hint="Your first window may begin behind the first pixel: something is taken off, so that it begins at 0.",
)
def nothing_taken_off(): ...


@mistake(
    "fractional_max_pool",
    edit={
        "(ratio * (steps + u)).floor() - (ratio * u).floor()": "(ratio * (steps + u)).round() - (ratio * u).round()",
        "starts[..., -1] = last": "starts = starts.clamp(max=last)\n        starts[..., -1] = last",
    },
    hint="You round to the nearest whole number, and the beginnings are rounded down.",
)
def rounded(): ...


@mistake(
    "fractional_max_pool",
    edit={
        "(ratio * (steps + u)).floor() - (ratio * u).floor()": "(ratio * steps + u).floor()",
        "starts[..., -1] = last": "starts = starts.clamp(max=last)\n        starts[..., -1] = last",
    },
    hint="The sample moves the steps, before they are multiplied by a: yours is added behind.",
)
def sample_added_behind(): ...


@mistake(
    "fractional_max_pool",
    edit={"(ratio * (steps + u)).floor() - (ratio * u).floor()": "(ratio * (steps + 0 * u)).floor()"},
    hint="The sample makes no difference: all images and channels step alike.",
)
def samples_ignored(): ...


@mistake(
    "fractional_max_pool",
    edit={"samples[..., axis, None]": "samples[..., 1 - axis, None]"},
    hint="The samples of the two axes are exchanged: the first is the vertical one's.",
)
def samples_exchanged(): ...


@mistake(
    "fractional_max_pool",
    edit={"samples[..., axis, None]": "samples[:, :1, axis, None].expand(-1, x.shape[1], -1)"},
    hint="All channels of an image step alike: each channel has a sample of its own.",
)
def channels_share_a_sample(): ...


@mistake(
    "fractional_max_pool",
    edit={"samples[..., axis, None]": "samples[:1, :, axis, None].expand(len(x), -1, -1)"},
    hint="All images step alike: each image has samples of its own.",
)
def images_share_a_sample(): ...


@mistake(
    "fractional_max_pool",
    edit={"        starts[..., -1] = last\n": "        if count > 1:\n            starts[..., -1] = last\n"},
    hint="A single window begins at 0, and it is the last one too: it begins at n - k.",
)
def single_window_at_the_beginning(): ...


@mistake(
    "fractional_max_pool",
    edit={"windows.amax(dim=(3, 5))": "windows.mean(dim=(3, 5))"},
    hint="These are means of the windows: the largest number is asked for.",
)
def means(): ...


@mistake(
    "fractional_max_pool",
    edit={"pair(output_size)[axis], pair(kernel_size)[axis]": "pair(output_size)[axis], pair(kernel_size)[0]"},
    hint="Your windows are square: the kernel may be a pair, and its second number is the width.",
)
def square_windows(): ...


@mistake(
    "fractional_max_pool",
    edit={"pair(output_size)[axis], pair(kernel_size)[axis]": "pair(output_size)[axis], pair(kernel_size)[1 - axis]"},
    hint="The two numbers of the kernel are exchanged: the first is the height.",
)
def kernel_turned(): ...


@mistake("fractional_max_pool", hint="torch pools for you: find where windows begin yourself.")
def by_torch(x, kernel_size, output_size, samples):
    return F.fractional_max_pool2d(x, kernel_size, output_size, _random_samples=samples.flip(2))


@mistake("fractional_max_pool", hint="A loop over windows or channels: find all of them at once.")
def channel_by_channel(x, kernel_size, output_size, samples):
    def starts(n, k, m, u):
        a = (n - k) / max(m - 1, 1)
        return [int(a * (i + u)) - int(a * u) for i in range(m - 1)] + [n - k]

    (height, width), (tall, wide) = pair(kernel_size), pair(output_size)  # noqa: F821
    out = x.new_empty(*x.shape[:2], tall, wide)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            rows = starts(x.shape[2], height, tall, samples[n, c, 0].item())
            columns = starts(x.shape[3], width, wide, samples[n, c, 1].item())
            for i, row in enumerate(rows):
                for j, column in enumerate(columns):
                    out[n, c, i, j] = x[n, c, row : row + height, column : column + width].max()
    return out


def _starts(size, kernel, count, u):
    """Where windows begin along an axis, (N, C, count)."""
    if count == 1:
        return torch.full((*u.shape, 1), size - kernel, device=u.device)
    a = (size - kernel) / (count - 1)
    steps = torch.arange(count - 1, dtype=u.dtype, device=u.device)
    begins = torch.floor(a * (steps + u[..., None])) - torch.floor(a * u)[..., None]
    last = torch.full_like(u, size - kernel)[..., None]
    return torch.cat([begins, last], dim=-1).long()


@right("fractional_max_pool")
def one_axis_after_the_other(x, kernel_size, output_size, samples):
    (height, width), (tall, wide) = pair(kernel_size), pair(output_size)  # noqa: F821
    rows = _starts(x.shape[2], height, tall, samples[..., 0])
    columns = _starts(x.shape[3], width, wide, samples[..., 1])
    slid = x.unfold(2, height, 1).amax(dim=-1)
    slid = slid.gather(2, rows[..., None].expand(-1, -1, -1, x.shape[3]))
    slid = slid.unfold(3, width, 1).amax(dim=-1)
    return slid.gather(3, columns[:, :, None].expand(-1, -1, tall, -1))


@right("fractional_max_pool")
def by_a_loop_over_the_window(x, kernel_size, output_size, samples):
    (height, width), (tall, wide) = pair(kernel_size), pair(output_size)  # noqa: F821
    rows = _starts(x.shape[2], height, tall, samples[..., 0])[..., None]
    columns = _starts(x.shape[3], width, wide, samples[..., 1])[:, :, None]
    flat, out = x.flatten(2), None
    for i in range(height):
        for j in range(width):
            places = (rows + i) * x.shape[3] + columns + j
            value = flat.gather(2, places.flatten(2)).reshape(places.shape)
            out = value if out is None else torch.maximum(out, value)
    return out


@right("fractional_max_pool")
def by_pooling_with_steps_of_one(x, kernel_size, output_size, samples):
    (height, width), (tall, wide) = pair(kernel_size), pair(output_size)  # noqa: F821
    rows = _starts(x.shape[2], height, tall, samples[..., 0])
    columns = _starts(x.shape[3], width, wide, samples[..., 1])
    slid = F.max_pool2d(x, (height, width), stride=1)
    places = rows[..., None] * slid.shape[3] + columns[:, :, None]
    return slid.flatten(2).gather(2, places.flatten(2)).unflatten(2, (tall, wide))


@right("fractional_max_pool")
def by_sliding_everywhere_and_picking(x, kernel_size, output_size, samples):
    (height, width), (tall, wide) = pair(kernel_size), pair(output_size)  # noqa: F821
    rows = _starts(x.shape[2], height, tall, samples[..., 0])
    columns = _starts(x.shape[3], width, wide, samples[..., 1])
    every = x.unfold(2, height, 1).unfold(3, width, 1).flatten(4).max(dim=4).values
    picked = torch.take_along_dim(every, rows[..., None], dim=2)
    return torch.take_along_dim(picked, columns[:, :, None], dim=3)


@mistake('fractional_max_pool', edit={'(ratio * (steps + u)).floor() - (ratio * u).floor()': '((ratio * (steps + u)).floor() - ratio * u).clamp(min=0)'}, hint='What is taken off at the end is rounded down as well: floor(a u), not a u.')
def u_taken_off_unfloored(): ...



@mistake('fractional_max_pool', edit={'(ratio * (steps + u)).floor() - (ratio * u).floor()': '((ratio * (steps + u)).ceil() - (ratio * u).ceil()).clamp(0, last)'}, hint='You round up: where a (i + u) is a whole number, or u is 0, that gives other places than rounding down.')
def rounded_up(): ...


@mistake('fractional_max_pool', edit={'last / max(count - 1, 1)': 'last // max(count - 1, 1)'}, hint="The step a is divided without its rest: it needn't be a whole number.")
def whole_steps(): ...


@mistake('fractional_max_pool', edit={'ratio, u = last / max(count - 1, 1)': 'ratio, u = x.shape[2 + axis] / count', '(ratio * (steps + u)).floor() - (ratio * u).floor()': '((ratio * (steps + u)).floor() - (ratio * u).floor()).clamp(max=last)'}, hint=A_OF_SIZES)
def step_by_all_pixels_cut(): ...


@mistake('fractional_max_pool', edit={'ratio, u = last / max(count - 1, 1)': 'ratio, u = (x.shape[2 + axis] - 1) / max(count - 1, 1)', '(ratio * (steps + u)).floor() - (ratio * u).floor()': '((ratio * (steps + u)).floor() - (ratio * u).floor()).clamp(max=last)'}, hint=A_OF_SIZES)
def step_by_one_pixel_cut(): ...


@mistake('fractional_max_pool', edit={'max(count - 1, 1)': '(count - 1)'}, hint='Where there is a single window m - 1 is 0, and you divide by it.')
def one_window_breaks(): ...


@mistake('fractional_max_pool', edit={'samples[..., axis, None]': 'samples[..., 0, None]'}, hint='The vertical sample serves both axes: each has one of its own.')
def vertical_sample_for_both(): ...


@mistake('fractional_max_pool', edit={'pair(output_size)[axis]': 'pair(output_size)[1 - axis]'}, hint='The pair of output sizes is read as (horizontal, vertical): the vertical one comes first.')
def outputs_exchanged(): ...


@mistake('fractional_max_pool', edit={'pair(output_size)[axis]': 'pair(output_size)[0]'}, hint='The first of the two output sizes serves both axes.')
def first_output_for_both(): ...


@mistake('fractional_max_pool', edit={'torch.arange(kernel, device=x.device))': 'torch.arange(kernel + 1, device=x.device)).clamp(max=x.shape[2 + axis] - 1))', 'starts.long()[..., None] + ': '(starts.long()[..., None] + '}, hint='Windows are a pixel too large: of a window of k the last begins at n - k.')
def one_pixel_more(): ...


@mistake('fractional_max_pool', edit={'windows.amax(dim=(3, 5))': 'windows.amax(dim=(3, 5)).transpose(2, 3)'}, hint='Windows down and windows across have changed places in the answer.')
def windows_exchanged(): ...


@mistake('fractional_max_pool', edit={'dim=(3, 5)': 'dim=(3, 4)'}, hint="The largest is taken over other axes than those of a window's own rows and columns.")
def wrong_axes_of_the_largest(): ...


@mistake('fractional_max_pool', edit={'samples[..., axis, None]': 'torch.rand_like(samples)[..., axis, None]'}, hint='Samples are drawn inside: use those that are handed in.')
def samples_of_its_own(): ...
