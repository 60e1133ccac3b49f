"""What students write in losses: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

SUMMED = "This is the sum over the batch. A loss here is the mean: otherwise the step size depends on the batch size."
ROWS_ONLY = "You divided by the number of rows only. The mean runs over all entries: every row has several."
LABELS_01 = "The labels are -1 and +1 here. This reads as if they were 0 and 1."
SIGN = "The margin has the wrong sign: a score that agrees with its label should make the loss smaller."
OVERFLOW = "The exponential overflows: exp(100) is infinite in float32. Rewrite the formula so that no exponent is positive."
NATURAL = "The logarithm has another base. Losses use the natural logarithm, so that the derivative of ln x is 1/x."
UNREDUCED = "One loss for each entry came back. Average them: the loss is a single number."
READY_MADE = "This is torch's own loss. The exercise is to write it."
IN_PLACE = "The caller's tensor is changed in place. Work on a new one."
OTHER_DEVICE = "A tensor made without a device lands on the CPU. Make it on the device of the input."
CLAMPED = (
    "Keeping the probability away from 0 by a small number caps the loss: beyond that point every confident "
    "mistake costs the same and has no gradient. Work with the logit instead of the probability."
)


# --- zero_one_loss -------------------------------------------------------------------------------


@mistake("zero_one_loss", edit={"<=": "<"}, hint="A score of exactly zero decides nothing, and the docstring counts it as a mistake.")
def zero_counts_as_right(): ...


@mistake("zero_one_loss", hint="This counts a score of zero as a vote for +1. It is a mistake for either label.")
def zero_says_plus_one(scores, y):
    predicted = torch.where(scores >= 0, 1, -1)
    return (predicted != y).to(scores.dtype).mean()


@mistake("zero_one_loss", edit={"mean": "sum"}, hint="This is the number of mistakes. The loss is their share: divide by the batch size.")
def counts_mistakes(): ...


@mistake("zero_one_loss", edit={"<=": ">"}, hint="This is the accuracy, the share of right answers. A loss is small when the answers are good.")
def accuracy(): ...


@mistake("zero_one_loss", edit={"y * scores <= 0": "(scores > 0).long() != y"}, hint=LABELS_01)
def labels_of_zero_and_one(): ...


@mistake("zero_one_loss", edit={"y * scores <= 0": "scores != y"}, hint="A score is hardly ever equal to its label. Compare its sign with the label.")
def compares_the_score_itself(): ...


@mistake("zero_one_loss", edit={"to(scores.dtype)": "float()"}, hint="The mean of a float32 tensor is float32. Keep the dtype of the scores, also for float64.")
def always_float32(): ...


@mistake("zero_one_loss", edit={"()": "().item()"}, hint="Return a tensor with no dimensions, not a Python number: drop .item().")
def python_number(): ...


@mistake("zero_one_loss", edit={"return (y * scores <= 0).to(scores.dtype).mean()": "scores *= y\n    return (scores <= 0).to(scores.dtype).mean()"}, hint=IN_PLACE)
def zero_one_in_place(): ...



@right("zero_one_loss")
def zero_one_by_signs(scores, y):
    return (torch.sign(scores) != y).to(scores.dtype).mean()


@right("zero_one_loss")
def zero_one_by_counting(scores, y):
    wrong = 0
    for score, label in zip(scores, y):
        if not ((score > 0 and label == 1) or (score < 0 and label == -1)):
            wrong += 1
    return torch.tensor(wrong / len(y), dtype=scores.dtype, device=scores.device)


@right("zero_one_loss")
def zero_one_by_where(scores, y):
    right_ones = torch.where(y > 0, scores > 0, scores < 0)
    return 1 - right_ones.sum().to(scores.dtype) / len(scores)


@mistake("zero_one_loss", hint="A score of 0 counts as half a mistake. It decides nothing, so it is a whole one, for either label.")
def half_a_mistake(scores, y):
    return ((1 - torch.sign(y * scores)) / 2).mean()


@mistake("zero_one_loss", hint="A score of 0 is taken for the answer -1. It decides nothing: a mistake for either label.")
def zero_means_minus_one(scores, y):
    prediction = 2 * (scores > 0).long() - 1
    return (prediction != y).to(scores.dtype).mean()


@mistake("zero_one_loss", hint="Small right answers are counted as mistakes: only a margin of 0 or less is one.")
def zero_one_tolerance(scores, y):
    return (y * scores < 1e-06).to(scores.dtype).mean()


@mistake("zero_one_loss", hint="The scores are cut off to whole numbers, so that 0.5 becomes 0. Turn the labels into the scores' dtype.")
def zero_one_whole_scores(scores, y):
    return (scores.to(y.dtype) * y <= 0).to(scores.dtype).mean()


@mistake("zero_one_loss", hint="A column against a row makes N × N pairs: each score meets its own label only.")
def zero_one_all_pairs(scores, y):
    return (y * scores.reshape(-1, 1) <= 0).to(scores.dtype).mean()


# --- l1_loss -------------------------------------------------------------------------------------


@mistake("l1_loss", edit={"mean": "sum"}, hint=SUMMED)
def l1_summed(): ...


@mistake("l1_loss", edit={"mean()": "sum() / len(predictions)"}, hint=ROWS_ONLY)
def l1_over_rows(): ...


@mistake("l1_loss", edit={"abs().": ""}, hint="Without the absolute value, errors of different sign cancel: two bad predictions can look perfect.")
def l1_without_abs(): ...


@mistake("l1_loss", edit={"abs().mean": "mean().abs"}, hint="The absolute value is taken after the mean, when errors of different sign have already cancelled.")
def l1_abs_of_mean(): ...


@mistake("l1_loss", edit={"abs": "square"}, hint="These are squared errors. The L1 loss takes the absolute value.")
def l1_squared(): ...


@mistake("l1_loss", edit={"mean()": "mean() / 2"}, hint="Half of the value: the factor of one half belongs to neither loss here.")
def l1_halved(): ...


@mistake("l1_loss", edit={"mean": "max"}, hint="This is the largest error, the maximum norm. The L1 loss averages all of them.")
def l1_largest(): ...


@mistake("l1_loss", edit={"(predictions - targets).abs().mean()": "torch.tensor((predictions - targets).abs().mean().item(), dtype=predictions.dtype)"}, hint="A number from .item(), or a detached tensor, has lost its history: autograd can't differentiate it.")
def l1_detached(): ...


@mistake(
    "l1_loss",
    edit={"abs": "square().sqrt"},
    hint="The root of the square has no slope at zero: where a prediction is exact, autograd finds 0 times infinity, and "
    "that is NaN.",
)
def l1_root_of_the_square(): ...


@mistake(
    "l1_loss",
    edit={"abs": "view(-1).abs"},
    hint="view needs the entries in the order of the rows, and with other strides it stops with an error. The mean needs "
    "no flat tensor.",
)
def l1_viewed(): ...


@mistake("l1_loss", edit={"(predictions - targets).abs().mean()": "F.l1_loss(predictions, targets)"}, hint=READY_MADE)
def l1_of_torch(): ...


@mistake("l1_loss", hint=IN_PLACE)
def l1_in_place(predictions, targets):
    with torch.no_grad():
        predictions -= targets
    return predictions.abs().mean()



@mistake("l1_loss", edit={".mean()": ""}, hint=UNREDUCED)
def l1_unreduced(): ...



@right("l1_loss")
def l1_by_maximum(predictions, targets):
    return torch.maximum(predictions - targets, targets - predictions).mean()


@right("l1_loss")
def l1_by_norm(predictions, targets):
    d = (predictions - targets).reshape(-1)
    return torch.linalg.vector_norm(d, ord=1) / d.numel()


@right("l1_loss")
def l1_by_loop(predictions, targets):
    total = 0
    for p, t in zip(predictions.flatten(), targets.flatten()):
        total = total + (p - t if p > t else t - p)
    return total / predictions.numel()


@mistake("l1_loss", hint="The mean runs over the entries with an error only: exact ones count too, with 0.")
def l1_mean_of_errors(predictions, targets):
    d = (predictions - targets).abs()
    return d[d > 0].mean() if bool((d > 0).any()) else d.sum()


@mistake("l1_loss", hint="A small number under the root makes small errors too large. The absolute value has no root to be kept away from 0.")
def l1_smoothed(predictions, targets):
    return torch.sqrt((predictions - targets) ** 2 + 1e-08).mean()


# --- l2_loss -------------------------------------------------------------------------------------


def refuse(predictions, targets):
    """The refusal that most variants share."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes differ")


@mistake("l2_loss", hint="Half of the value. Some books write a factor of one half; this loss, like torch's, has none.")
def l2_halved(predictions, targets):
    refuse(predictions, targets)
    return 0.5 * (predictions - targets).square().mean()


@mistake("l2_loss", hint=SUMMED)
def l2_summed(predictions, targets):
    refuse(predictions, targets)
    return (predictions - targets).square().sum()


@mistake("l2_loss", hint=ROWS_ONLY)
def l2_over_rows(predictions, targets):
    refuse(predictions, targets)
    return (predictions - targets).square().sum() / len(predictions)


@mistake("l2_loss", hint="You took a square root at the end. The squared loss stays squared: its slope grows with the error.")
def l2_rooted(predictions, targets):
    refuse(predictions, targets)
    return (predictions - targets).square().mean().sqrt()


@mistake("l2_loss", hint="This is the absolute error. Square it.")
def l2_absolute(predictions, targets):
    refuse(predictions, targets)
    return (predictions - targets).abs().mean()


@mistake("l2_loss", hint="You square the mean of the errors. Take the mean of the squares: otherwise errors of different sign cancel.")
def l2_square_of_mean(predictions, targets):
    refuse(predictions, targets)
    return (predictions - targets).mean() ** 2


@mistake("l2_loss", hint="Something is computed in float32 on the way, and float64 loses half of its digits. Keep the dtype that comes in.")
def l2_through_float32(predictions, targets):
    refuse(predictions, targets)
    return (predictions.float() - targets.float()).square().mean().to(predictions.dtype)


@mistake(
    "l2_loss",
    hint="The targets are detached, so no gradient reaches them. They may come from a network too: whoever wants them "
    "fixed can detach them first.",
)
def l2_targets_detached(predictions, targets):
    refuse(predictions, targets)
    return (predictions - targets.detach()).square().mean()


@mistake("l2_loss", hint="You compare the first dimension only, and (N, 1) has the same as (N,). Compare the whole shape.")
def l2_compares_lengths(predictions, targets):
    if len(predictions) != len(targets):
        raise ValueError("lengths differ")
    return (predictions - targets).square().mean()


@mistake("l2_loss", edit={"shape != targets.shape": "numel() != targets.numel()"}, hint="You compare the number of entries, not the shapes: (N, 1) and (N,) have equally many, and still broadcast.")
def l2_compares_sizes(): ...


@mistake("l2_loss", hint="Shapes that differ are broadcast: (N, 1) against (N,) makes N × N differences. Refuse them with a ValueError.")
def l2_broadcasts(predictions, targets):
    return (predictions - targets).square().mean()


@mistake("l2_loss", edit={'raise ValueError(f"the shapes differ: {shapes}")': "return None"}, hint="Returning None, or printing a warning, lets the training go on. Raise a ValueError.")
def l2_returns_none(): ...


@mistake("l2_loss", hint=READY_MADE)
def l2_of_torch(predictions, targets):
    refuse(predictions, targets)
    return F.mse_loss(predictions, targets)



@mistake("l2_loss", hint="An assert is for your own mistakes, and `python -O` leaves it out. Refuse a caller's wrong input with a ValueError.")
def l2_asserts(predictions, targets):
    assert predictions.shape == targets.shape
    return (predictions - targets).square().mean()


@mistake("l2_loss", hint=UNREDUCED)
def l2_unreduced(predictions, targets):
    refuse(predictions, targets)
    return (predictions - targets).square()



@mistake("l2_loss", hint=IN_PLACE)
def l2_in_place(predictions, targets):
    refuse(predictions, targets)
    with torch.no_grad():
        targets.neg_()
    return (predictions + targets).square().mean()



@right("l2_loss")
def l2_by_power(predictions, targets):
    if list(predictions.size()) != list(targets.size()):
        raise ValueError(f"{predictions.size()} against {targets.size()}")
    return torch.mean((targets - predictions) ** 2)


@right("l2_loss")
def l2_by_dot(predictions, targets):
    refuse(predictions, targets)
    d = (predictions - targets).flatten()
    return (d @ d) / d.numel()


@right("l2_loss")
def l2_expanded(predictions, targets):
    refuse(predictions, targets)
    d = predictions.sub(targets)
    return torch.einsum("i,i->", d.reshape(-1), d.reshape(-1)).div(predictions.numel())


@mistake("l2_loss", hint="This is the variance of the errors: an error that is the same everywhere costs nothing. Square the errors as they are.")
def l2_variance(predictions, targets):
    if predictions.shape != targets.shape:
        raise ValueError('shapes differ')
    return (predictions - targets).var(unbiased=False)


@mistake("l2_loss", hint="The targets are brought into the predictions' shape. A wrong shape is a caller's mistake: refuse it.")
def l2_reshapes(predictions, targets):
    targets = targets.reshape(predictions.shape)
    return ((predictions - targets) ** 2).mean()


@mistake("l2_loss", hint="p² - 2pt + t² takes large numbers from each other, and in float32 little is left: subtract first, then square.")
def l2_by_the_binomial(predictions, targets):
    if predictions.shape != targets.shape:
        raise ValueError('shapes differ')
    return (predictions ** 2 - 2 * predictions * targets + targets ** 2).mean()


# --- smooth_l1_loss ------------------------------------------------------------------------------


def smooth_pieces(predictions, targets, beta):
    """The right loss and derivative of each entry, for variants that spoil one thing."""
    d = predictions - targets
    near = d.abs() < beta
    return d, near, torch.where(near, d * d / (2 * beta), d.abs() - beta / 2), torch.where(near, d / beta, d.sign())


@mistake("smooth_l1_loss", hint="beta is not used: the round part is always 1 wide. Where does beta enter each piece?")
def smooth_ignores_beta(predictions, targets, beta=1.0):
    _, _, loss, slope = smooth_pieces(predictions, targets, 1.0)
    return loss.mean(), slope / loss.numel()


@mistake("smooth_l1_loss", hint="The pieces don't meet: at |d| = beta the parabola gives beta / 2, and the line must give the same.")
def smooth_with_a_jump(predictions, targets, beta=1.0):
    d, near, _, slope = smooth_pieces(predictions, targets, beta)
    return torch.where(near, d * d / (2 * beta), d.abs()).mean(), slope / d.numel()


@mistake("smooth_l1_loss", hint="This is Huber's loss, which is beta times the smooth L1 loss: its line has slope beta, and ours has slope 1.")
def smooth_is_huber(predictions, targets, beta=1.0):
    _, _, loss, slope = smooth_pieces(predictions, targets, beta)
    return beta * loss.mean(), beta * slope / loss.numel()


@mistake("smooth_l1_loss", hint="The parabola is not divided by beta, so it fits the line only for beta = 1.")
def smooth_parabola_without_beta(predictions, targets, beta=1.0):
    d, near, _, _ = smooth_pieces(predictions, targets, beta)
    loss = torch.where(near, d * d / 2, d.abs() - beta / 2)
    return loss.mean(), torch.where(near, d, d.sign()) / d.numel()


@mistake("smooth_l1_loss", hint="The derivative left of zero has the wrong sign. The parabola has one formula, so one derivative, on both sides.")
def smooth_slope_of_the_notes(predictions, targets, beta=1.0):
    d, near, loss, _ = smooth_pieces(predictions, targets, beta)
    return loss.mean(), torch.where(near, d.abs() / beta, d.sign()) / d.numel()


@mistake("smooth_l1_loss", hint="The loss is a mean, and its derivative is not: the mean divides the derivative of each entry as well.")
def smooth_slope_of_the_sum(predictions, targets, beta=1.0):
    _, _, loss, slope = smooth_pieces(predictions, targets, beta)
    return loss.mean(), slope


@mistake("smooth_l1_loss", hint="The derivative is divided by the number of rows. The mean runs over all entries.")
def smooth_slope_over_rows(predictions, targets, beta=1.0):
    _, _, loss, slope = smooth_pieces(predictions, targets, beta)
    return loss.mean(), slope / len(predictions)


@mistake("smooth_l1_loss", hint="This is the derivative with respect to the targets. With respect to the predictions it has the other sign.")
def smooth_slope_for_targets(predictions, targets, beta=1.0):
    _, _, loss, slope = smooth_pieces(predictions, targets, beta)
    return loss.mean(), -slope / loss.numel()


@mistake("smooth_l1_loss", hint=SUMMED)
def smooth_summed(predictions, targets, beta=1.0):
    _, _, loss, slope = smooth_pieces(predictions, targets, beta)
    return loss.sum(), slope


@mistake("smooth_l1_loss", hint="The parabola lacks its factor of one half: compare the two pieces at |d| = beta.")
def smooth_without_the_half(predictions, targets, beta=1.0):
    d, near, _, _ = smooth_pieces(predictions, targets, beta)
    loss = torch.where(near, d * d / beta, d.abs() - beta / 2)
    return loss.mean(), torch.where(near, 2 * d / beta, d.sign()) / d.numel()


@mistake(
    "smooth_l1_loss",
    hint="The piece that isn't meant is multiplied by 0. In float16 the square of a large error is infinite, and 0 times "
    "infinity is NaN: choose, don't multiply.",
)
def smooth_by_multiplied_masks(predictions, targets, beta=1.0):
    d, near, _, slope = smooth_pieces(predictions, targets, beta)
    loss = near * (d * d / (2 * beta)) + ~near * (d.abs() - beta / 2)
    return loss.mean(), slope / d.numel()


@mistake("smooth_l1_loss", hint="torch finds loss and derivative here. The exercise is to write the two pieces and their slopes.")
def smooth_of_torch(predictions, targets, beta=1.0):
    leaf = predictions.clone().requires_grad_()
    loss = F.smooth_l1_loss(leaf, targets, beta=beta)
    return loss, torch.autograd.grad(loss, leaf)[0]


@mistake("smooth_l1_loss", hint=IN_PLACE)
def smooth_in_place(predictions, targets, beta=1.0):
    loss, slope = smooth_pieces(predictions, targets, beta)[2:]
    predictions.copy_(slope / slope.numel())
    return loss.mean(), predictions



@right("smooth_l1_loss")
def smooth_by_mask(predictions, targets, beta=1.0):
    d = predictions - targets
    loss, slope = d.abs() - 0.5 * beta, torch.sign(d)
    near = d.abs() <= beta
    loss[near] = 0.5 * d[near] ** 2 / beta
    slope[near] = d[near] / beta
    return loss.mean(), slope / d.numel()


@right("smooth_l1_loss")
def smooth_by_clamp(predictions, targets, beta=1.0):
    d = predictions - targets
    slope = (d / beta).clamp(-1, 1)
    return (slope * (d - beta * slope / 2)).mean(), slope / d.numel()


@right("smooth_l1_loss")
def smooth_by_loop(predictions, targets, beta=1.0):
    d = (predictions - targets).flatten().tolist()
    losses = [x * x / (2 * beta) if abs(x) < beta else abs(x) - beta / 2 for x in d]
    slopes = [x / beta if abs(x) < beta else math.copysign(1, x) for x in d]
    like = {"dtype": predictions.dtype, "device": predictions.device}
    return torch.tensor(sum(losses) / len(d), **like), torch.tensor(slopes, **like).reshape(predictions.shape) / len(d)


@mistake("smooth_l1_loss", hint="Your default beta is not the signature's.")
def smooth_default_beta(predictions, targets, beta=0.1):
    d = predictions - targets
    small = d.abs() < beta
    loss = torch.where(small, d ** 2 / (2 * beta), d.abs() - beta / 2).mean()
    return (loss, torch.where(small, d / beta, torch.sign(d)) / d.numel())


@mistake("smooth_l1_loss", hint="The slope of the round piece lacks beta: the derivative of d² / (2 beta) is d / beta.")
def smooth_slope_without_beta(predictions, targets, beta=1.0):
    d = predictions - targets
    small = d.abs() < beta
    loss = torch.where(small, d ** 2 / (2 * beta), d.abs() - beta / 2).mean()
    return (loss, torch.where(small, d, torch.sign(d)) / d.numel())


@mistake("smooth_l1_loss", hint="Every entry has the mean of all slopes: each has its own, divided by the number of entries.")
def smooth_mean_of_slopes(predictions, targets, beta=1.0):
    d = predictions - targets
    small = d.abs() < beta
    loss = torch.where(small, d ** 2 / (2 * beta), d.abs() - beta / 2).mean()
    return (loss, torch.full_like(d, 1.0) * torch.where(small, d / beta, torch.sign(d)).mean())


@mistake("smooth_l1_loss", hint="The straight piece takes off one half whatever beta is: the pieces meet only with beta / 2.")
def smooth_half_for_beta(predictions, targets, beta=1.0):
    d = predictions - targets
    small = d.abs() < beta
    loss = torch.where(small, d ** 2 / (2 * beta), d.abs() - 0.5).mean()
    return (loss, torch.where(small, d / beta, torch.sign(d)) / d.numel())


@mistake("smooth_l1_loss", hint="Large negative errors are taken for small ones: compare the size of the difference with beta.")
def smooth_sign_in_the_condition(predictions, targets, beta=1.0):
    d = predictions - targets
    small = d < beta
    loss = torch.where(small, d ** 2 / (2 * beta), d.abs() - beta / 2).mean()
    return (loss, torch.where(small, d / beta, torch.sign(d)) / d.numel())


@mistake("smooth_l1_loss", hint="The difference is cut off in place before the loss is computed: large errors then cost too little.")
def smooth_clamped_in_place(predictions, targets, beta=1.0):
    d = predictions - targets
    slope = d.clamp_(-beta, beta) / beta
    loss = torch.where(d.abs() < beta, d ** 2 / (2 * beta), d.abs() - beta / 2).mean()
    return (loss, slope / d.numel())


@mistake("smooth_l1_loss", hint="One piece is chosen for the whole tensor: each entry chooses by its own error.")
def smooth_one_piece_for_all(predictions, targets, beta=1.0):
    d = predictions - targets
    if d.abs().max() < beta:
        return ((d ** 2 / (2 * beta)).mean(), d / beta / d.numel())
    return ((d.abs() - beta / 2).mean(), d.sign() / d.numel())


# --- hinge_loss ----------------------------------------------------------------------------------


@mistake("hinge_loss", edit={"clamp(min=0).": ""}, hint="Without the maximum, samples beyond the margin get a negative loss and pay for the mistakes of others.")
def hinge_without_maximum(): ...


@mistake("hinge_loss", edit={"1 - y": "-y"}, hint="The margin of 1 is missing. This is the perceptron's loss: a right answer is finished at once.")
def hinge_without_margin(): ...


@mistake("hinge_loss", edit={"mean": "square().mean"}, hint="This is the squared hinge. The plain one grows along a straight line.")
def hinge_squared(): ...


@mistake("hinge_loss", edit={"mean": "sum"}, hint=SUMMED)
def hinge_summed(): ...


@mistake("hinge_loss", edit={"1 -": "1 +"}, hint=SIGN)
def hinge_with_wrong_sign(): ...


@mistake("hinge_loss", edit={"clamp(min=0).mean()": "mean().clamp(min=0)"}, hint="The maximum is taken of the mean. Cut off at zero for each sample first, and average afterwards.")
def hinge_of_the_mean(): ...


@mistake("hinge_loss", edit={"return (1 - y * scores).clamp(min=0).mean()": "losses = (1 - y * scores).clamp(min=0)\n    return losses.sum() / (losses > 0).sum().clamp(min=1)"}, hint="You average over the samples that lose something. The mean runs over the whole batch.")
def hinge_mean_of_active(): ...


@mistake("hinge_loss", edit={"- y": "- (2 * y - 1)"}, hint=LABELS_01)
def hinge_labels_turned(): ...


@mistake("hinge_loss", edit={"clamp(min=0)": "abs()"}, hint="The absolute value also punishes samples that are further right than they need to be.")
def hinge_absolute(): ...


@mistake("hinge_loss", edit={"(1 - y * scores).clamp(min=0)": "torch.maximum(torch.zeros(len(scores), dtype=scores.dtype), 1 - y * scores)"}, hint=OTHER_DEVICE)
def hinge_on_the_cpu(): ...



@mistake("hinge_loss", edit={".mean()": ""}, hint=UNREDUCED)
def hinge_unreduced(): ...


@mistake("hinge_loss", edit={"(1 - y * scores).clamp(min=0).mean()": "max(0, 1 - y * scores)"}, hint="Python's max can't compare a whole tensor with 0. Torch has functions that cut off entry by entry.")
def hinge_python_max(): ...


@mistake("hinge_loss", edit={"(1 - y * scores).clamp(min=0)": "max(torch.tensor(0.0, dtype=scores.dtype), 1 - y * scores)"}, hint="Python's max can't compare a whole tensor with 0. Torch has functions that cut off entry by entry.")
def hinge_python_max_averaged(): ...



@right("hinge_loss")
def hinge_by_relu(scores, y):
    return F.relu(1 - scores * y.to(scores.dtype)).mean()


@right("hinge_loss")
def hinge_by_maximum(scores, y):
    margin = scores * y
    return torch.maximum(torch.zeros_like(margin), 1 - margin).sum() / scores.shape[0]


@right("hinge_loss")
def hinge_by_loop(scores, y):
    total = scores.new_zeros(())
    for i in range(len(scores)):
        if y[i] * scores[i] < 1:
            total = total + 1 - y[i] * scores[i]
    return total / len(scores) + 0 * scores.sum()


@mistake("hinge_loss", hint="The loss is cut off at 1 as well: a wrong answer costs the more, the further it lies on the wrong side.")
def hinge_capped(scores, y):
    return (1 - y * scores).clamp(0, 1).mean()


@mistake("hinge_loss", hint="Only wrong answers are counted: right ones with a margin below 1 cost something too.")
def hinge_mistakes_only(scores, y):
    m = y * scores
    return torch.where(m <= 0, 1 - m, torch.zeros_like(m)).mean()


@mistake("hinge_loss", hint="A column against a row makes N × N pairs: each score meets its own label only.")
def hinge_all_pairs(scores, y):
    return F.relu(1 - y * scores[:, None]).mean()


@mistake("hinge_loss", hint="This is a rounded hinge, ln(1 + exp(1 - m)): the plain one is 0 from a margin of 1 on.")
def hinge_softplus(scores, y):
    return F.softplus(1 - y * scores).mean()


@mistake("hinge_loss", hint="Python's max takes one of two tensors: where all margins are 1 or more the constant 0 is left, and no path leads back to the scores. Cut off with a tensor operation.")
def hinge_one_of_two_tensors(scores, y):
    zero = torch.zeros((), dtype=scores.dtype, device=scores.device)
    return sum((max(zero, 1 - label * f) for f, label in zip(scores, y.tolist()))) / len(y)


@mistake("hinge_loss", hint="The result lands in a new tensor, without its history: autograd can't go back through it.")
def hinge_without_history(scores, y):
    return (1 - y * scores.detach()).clamp(min=0).mean()


@mistake("hinge_loss", hint="The scores are cut off to whole numbers: turn the labels into the scores' dtype.")
def hinge_whole_scores(scores, y):
    return (1 - y * scores.to(y.dtype)).clamp(min=0).to(scores.dtype).mean()


# --- exponential_loss ----------------------------------------------------------------------------


@mistake("exponential_loss", edit={"-y": "y"}, hint=SIGN)
def exponential_with_wrong_sign(): ...


@mistake("exponential_loss", edit={"mean": "sum"}, hint=SUMMED)
def exponential_summed(): ...


@mistake("exponential_loss", edit={"(-y * scores).mean()": "((-y * scores).mean())"}, hint="You take the exponential of the mean margin. The mean comes last: exp of each sample first.")
def exponential_of_the_mean(): ...


@mistake("exponential_loss", edit={"exp(-y * scores)": "log1p(torch.exp(-y * scores))"}, hint="This is the logistic loss, ln(1 + exp(-m)). The exponential loss has no logarithm.")
def exponential_is_logistic(): ...


@mistake("exponential_loss", edit={"y * scores": "scores"}, hint="The label is missing: a large score is punished, whichever class the sample has.")
def exponential_without_label(): ...


@mistake("exponential_loss", edit={"-y": "-(2 * y - 1)"}, hint=LABELS_01)
def exponential_labels_turned(): ...


@mistake("exponential_loss", edit={"y * scores": "(y * scores).clamp(max=1)"}, hint="A right answer beyond the margin still costs exp(-m), however little: nothing is cut off.")
def exponential_cut_off(): ...


@mistake(
    "exponential_loss",
    edit={"-y * scores": "(-y * scores).clamp(-20, 20)"},
    hint="The exponent is clamped, so a right answer beyond that point costs too much and gets no slope. exp of a very "
    "negative number is no danger.",
)
def exponential_clamped(): ...


@mistake("exponential_loss", edit={".exp": ".expm1"}, hint="Here 1 is taken off, so that a score of zero costs nothing. It should cost exp(0) = 1.")
def exponential_expm1(): ...


@mistake("exponential_loss", edit={"exp(-y * scores)": "tensor([math.exp(-float(label) * float(score)) for score, label in zip(scores, y)])"}, hint="The result lands in a new tensor, on the CPU and without its history.")
def exponential_new_tensor(): ...



@mistake("exponential_loss", edit={".mean()": ""}, hint=UNREDUCED)
def exponential_unreduced(): ...



@mistake("exponential_loss", edit={"return torch.exp(-y * scores).mean()": "y *= -1\n    return torch.exp(y * scores).mean()"}, hint=IN_PLACE)
def exponential_in_place(): ...



@right("exponential_loss")
def exponential_by_division(scores, y):
    return (1 / torch.exp(scores * y)).mean()


@right("exponential_loss")
def exponential_by_power(scores, y):
    return sum(math.e ** (-y * scores)) / len(scores)


@right("exponential_loss")
def exponential_by_where(scores, y):
    return torch.where(y > 0, (-scores).exp(), scores.exp()).mean()


@mistake("exponential_loss", hint="For one class the sign of the score is lost: the exponent is minus label times score for both.")
def exponential_sign_of_one_class(scores, y):
    return torch.where(y > 0, torch.exp(-scores.abs()), torch.exp(scores)).mean()


@mistake("exponential_loss", hint="The base is 2: the exponential's is e.")
def exponential_base_two(scores, y):
    return torch.pow(2.0, -y * scores).mean()


@mistake("exponential_loss", hint="Each loss is weighted by its share: here every sample counts 1 / N.")
def exponential_weighted(scores, y):
    m = -y * scores
    return (torch.softmax(m, dim=0) * m.exp()).sum()


@mistake("exponential_loss", hint="The largest exponent is taken off and never put back. No shift is needed: what overflows is infinite.")
def exponential_shifted(scores, y):
    m = -y * scores
    return torch.exp(m - m.max()).mean()


@mistake("exponential_loss", hint="An infinite loss is replaced by a large number: what overflows stays infinite, so that it is seen.")
def exponential_made_finite(scores, y):
    return torch.nan_to_num(torch.exp(-y * scores)).mean()


# --- binary_cross_entropy_with_logits ------------------------------------------------------------


@mistake(
    "binary_cross_entropy_with_logits",
    hint="Once the sigmoid is rounded to 1, ln(1 - p) is minus infinity. Simplify the formula on paper before you compute anything.",
)
def bce_naive(logits, targets):
    p = torch.sigmoid(logits)
    return -(targets * torch.log(p) + (1 - targets) * torch.log(1 - p)).mean()


@mistake("binary_cross_entropy_with_logits", hint=CLAMPED)
def bce_clamped(logits, targets):
    p = torch.sigmoid(logits).clamp(1e-7, 1 - 1e-7)
    return -(targets * torch.log(p) + (1 - targets) * torch.log(1 - p)).mean()


@mistake("binary_cross_entropy_with_logits", hint=CLAMPED)
def bce_with_epsilon(logits, targets):
    p = torch.sigmoid(logits)
    return -(targets * torch.log(p + 1e-8) + (1 - targets) * torch.log(1 - p + 1e-8)).mean()


@mistake(
    "binary_cross_entropy_with_logits",
    hint="Beyond a logit of 10, ln(1 + exp(x)) is taken to be x. The rest is small and not zero: a formula without a "
    "threshold keeps it.",
)
def bce_cut_short_at_ten(logits, targets):
    softplus = torch.where(logits > 10, logits, torch.log1p(torch.exp(logits.clamp(max=10))))
    return (softplus - targets * logits).mean()


@mistake("binary_cross_entropy_with_logits", edit={"logaddexp(logits, torch.zeros_like(logits))": "log(1 + torch.exp(logits))"}, hint=OVERFLOW)
def bce_overflows_above(): ...


@mistake("binary_cross_entropy_with_logits", edit={"logaddexp(logits, torch.zeros_like(logits)) - targets": "log1p(torch.exp(-logits)) + (1 - targets)"}, hint=OVERFLOW)
def bce_overflows_below(): ...


@mistake("binary_cross_entropy_with_logits", edit={"(torch.logaddexp(logits, torch.zeros_like(logits)) - targets * logits).mean": "(F.softplus(logits) - targets * logits).sum"}, hint=SUMMED)
def bce_summed(): ...


@mistake("binary_cross_entropy_with_logits", edit={"(torch.logaddexp(logits, torch.zeros_like(logits)) - targets * logits).mean()": "(F.softplus(logits) - targets * logits).sum() / len(logits)"}, hint=ROWS_ONLY)
def bce_over_rows(): ...


@mistake("binary_cross_entropy_with_logits", edit={"torch.logaddexp(logits, torch.zeros_like(logits)) - targets": "F.softplus(logits) - (1 - targets)"}, hint="The targets are exchanged: a target of 1 should be cheap where the logit is large.")
def bce_targets_exchanged(): ...


@mistake("binary_cross_entropy_with_logits", edit={"torch.logaddexp(logits, torch.zeros_like(logits)) - targets * logits": "-targets * F.logsigmoid(logits)"}, hint="Only the entries with target 1 are counted. A target of 0 has a term too: the second one of the formula.")
def bce_first_term_only(): ...


@mistake("binary_cross_entropy_with_logits", edit={"(torch.logaddexp(logits, torch.zeros_like(logits)) - targets * logits)": "-(F.softplus(logits) - targets * logits)"}, hint="The loss has the wrong sign: a logarithm of a probability is negative, and a loss is not.")
def bce_negative(): ...


@mistake("binary_cross_entropy_with_logits", hint="Targets are rounded to 0 or 1. They may lie anywhere in between.")
def bce_hard_targets(logits, targets):
    hard = (targets > 0.5).to(logits.dtype)
    return (F.softplus(logits) - hard * logits).mean()


@mistake("binary_cross_entropy_with_logits", edit={"torch.logaddexp(logits, torch.zeros_like(logits)) - targets * logits": "(F.softplus(logits) - targets * logits) / math.log(2)"}, hint=NATURAL)
def bce_base_two(): ...


@mistake(
    "binary_cross_entropy_with_logits",
    hint="The value is right, the gradient is NaN: torch.where differentiates the branch that it doesn't take as well, and there "
    "the exponential overflows. Make the exponent harmless in both branches.",
)
def bce_where_with_nan_gradient(logits, targets):
    softplus = torch.where(
        logits > 0, logits + torch.log1p(torch.exp(-logits)), torch.log1p(torch.exp(logits))
    )
    return (softplus - targets * logits).mean()


@mistake("binary_cross_entropy_with_logits", edit={"(torch.logaddexp(logits, torch.zeros_like(logits)) - targets * logits).mean()": "F.binary_cross_entropy_with_logits(logits, targets)"}, hint=READY_MADE)
def bce_of_torch(): ...



@mistake("binary_cross_entropy_with_logits", edit={"(torch.logaddexp(logits, torch.zeros_like(logits)) - targets * logits).mean()": "F.softplus(logits) - targets * logits"}, hint=UNREDUCED)
def bce_unreduced(): ...



@mistake("binary_cross_entropy_with_logits", hint=IN_PLACE)
def bce_in_place(logits, targets):
    top = F.softplus(logits)
    targets *= logits.detach()
    return (top - targets / logits.detach() * logits).mean()



@right("binary_cross_entropy_with_logits")
def bce_by_clamp(logits, targets):
    return (logits.clamp(min=0) - logits * targets + torch.log1p(torch.exp(-logits.abs()))).mean()


@right("binary_cross_entropy_with_logits")
def bce_by_softplus(logits, targets):
    return torch.mean(F.softplus(logits) - logits * targets)


@right("binary_cross_entropy_with_logits")
def bce_by_logsigmoid(logits, targets):
    return -(targets * F.logsigmoid(logits) + (1 - targets) * F.logsigmoid(-logits)).sum() / logits.numel()


@right("binary_cross_entropy_with_logits")
def bce_by_logsumexp(logits, targets):
    both = torch.stack([torch.zeros_like(logits), logits])
    return (torch.logsumexp(both, dim=0) - targets * logits).mean()


@right("binary_cross_entropy_with_logits")
def bce_by_maximum(logits, targets):
    top = torch.maximum(logits, logits.new_zeros(1)).detach()
    return (top + torch.log(torch.exp(-top) + torch.exp(logits - top)) - targets * logits).mean()


@mistake("binary_cross_entropy_with_logits", hint="A small number inside the logarithm caps the loss: a confident mistake costs its logit, however large. Rewrite the formula from the logits.")
def bce_eps_in_the_logarithm(logits, targets):
    p = torch.sigmoid(logits)
    return -(targets * (p + 1e-07).log() + (1 - targets) * (1 - p + 1e-07).log()).mean()


@mistake("binary_cross_entropy_with_logits", hint="The logarithms are cut off: a confident mistake costs its logit, however large. Rewrite the formula from the logits.")
def bce_capped_at_a_hundred(logits, targets):
    p = torch.sigmoid(logits)
    return -(targets * p.log().clamp(min=-100) + (1 - targets) * (1 - p).log().clamp(min=-100)).mean()


@mistake("binary_cross_entropy_with_logits", hint="The probability is held away from 0 and 1, which caps the loss: rewrite the formula from the logits.")
def bce_clamped_probability(logits, targets):
    p = (0.5 * (1 + torch.tanh(logits / 2))).clamp(torch.finfo(logits.dtype).eps, 1 - torch.finfo(logits.dtype).eps)
    return -(targets * torch.log(p) + (1 - targets) * torch.log1p(-p)).mean()


@mistake("binary_cross_entropy_with_logits", hint="The logits are cut off: beyond that the loss is flat and has no slope. The last formula of the text needs no cut.")
def bce_clipped_logits(logits, targets):
    x = logits.clamp(-50, 50)
    return (torch.logaddexp(torch.zeros_like(x), x) - targets * x).mean()


@mistake("binary_cross_entropy_with_logits", hint="The value is right and the gradient is not: max(0, x) is a part of the loss, not a mere shift, so it must not be detached.")
def bce_detached_maximum(logits, targets):
    shift = logits.clamp(min=0).detach()
    return (shift + torch.log1p(torch.exp(-logits.abs())) - targets * logits).mean()


# --- cross_entropy_loss --------------------------------------------------------------------------


def rows(logits):
    """The index of each row."""
    return torch.arange(len(logits), device=logits.device)


@mistake("cross_entropy_loss", hint=OVERFLOW)
def ce_overflows(logits, y):
    return (logits.exp().sum(dim=1).log() - logits[rows(logits), y]).mean()


@mistake("cross_entropy_loss", hint="The softmax is stable, and its logarithm is not: a probability that is rounded to 0 gives an infinite loss. Stay with logarithms.")
def ce_log_of_softmax(logits, y):
    return -torch.log(torch.softmax(logits, dim=1)[rows(logits), y]).mean()


@mistake("cross_entropy_loss", hint=CLAMPED)
def ce_with_epsilon(logits, y):
    return -torch.log(torch.softmax(logits, dim=1)[rows(logits), y] + 1e-8).mean()


@mistake("cross_entropy_loss", hint="One maximum for the whole batch: a row that lies far below the others is shifted to minus infinity. Each row needs its own.")
def ce_shifted_by_the_largest_of_all(logits, y):
    shifted = logits - logits.max()
    return (shifted.exp().sum(dim=1).log() - shifted[rows(logits), y]).mean()


@mistake("cross_entropy_loss", hint="The maximum is taken off inside the exponential and never added again: shift the logit of the right class too.")
def ce_forgets_the_shift(logits, y):
    shifted = logits - logits.max(dim=1, keepdim=True).values
    return (shifted.exp().sum(dim=1).log() - logits[rows(logits), y]).mean()


@mistake("cross_entropy_loss", hint="The softmax runs down the columns, over the samples. It must run along each row, over the classes.")
def ce_over_the_batch(logits, y):
    return (torch.logsumexp(logits, dim=0)[y] - logits[rows(logits), y]).mean()


@mistake("cross_entropy_loss", hint=SUMMED)
def ce_summed(logits, y):
    return (torch.logsumexp(logits, dim=1) - logits[rows(logits), y]).sum()


@mistake("cross_entropy_loss", hint="You divided by the number of logits. There is one loss for each row: divide by the number of rows.")
def ce_over_all_logits(logits, y):
    return (torch.logsumexp(logits, dim=1) - logits[rows(logits), y]).sum() / logits.numel()


@mistake("cross_entropy_loss", hint="logits[:, y] picks whole columns, N × N numbers. You need one number from each row.")
def ce_picks_columns(logits, y):
    return (torch.logsumexp(logits, dim=1, keepdim=True) - logits[:, y]).mean()


@mistake("cross_entropy_loss", hint="The loss is negative: a logarithm of a probability is at most 0, so the loss needs a minus sign.")
def ce_negative(logits, y):
    return (logits[rows(logits), y] - torch.logsumexp(logits, dim=1)).mean()


@mistake("cross_entropy_loss", hint=NATURAL)
def ce_base_two(logits, y):
    return (torch.logsumexp(logits, dim=1) - logits[rows(logits), y]).mean() / math.log(2)


@mistake("cross_entropy_loss", hint="The softmax is taken twice: the probabilities go into a loss that expects logits.")
def ce_softmax_twice(logits, y):
    p = torch.softmax(logits, dim=1)
    return (torch.logsumexp(p, dim=1) - p[rows(logits), y]).mean()


@mistake("cross_entropy_loss", hint="The other classes are counted too, as in a binary loss for each class. Softmax already sees them, in its denominator.")
def ce_binary_for_each_class(logits, y):
    one_hot = F.one_hot(y, logits.shape[1]).to(logits.dtype)
    return (F.softplus(logits) - one_hot * logits).sum(dim=1).mean()


@mistake("cross_entropy_loss", hint=READY_MADE)
def ce_of_torch(logits, y):
    return F.cross_entropy(logits, y)


@mistake("cross_entropy_loss", hint=IN_PLACE)
def ce_in_place(logits, y):
    with torch.no_grad():
        logits -= logits.max(dim=1, keepdim=True).values
    return (logits.exp().sum(dim=1).log() - logits[rows(logits), y]).mean()


@mistake("cross_entropy_loss", hint=OTHER_DEVICE)
def ce_on_the_cpu(logits, y):
    one_hot = torch.zeros(logits.shape, dtype=logits.dtype)
    one_hot = one_hot.scatter(1, y[:, None], 1.0)
    return (torch.logsumexp(logits, dim=1) - (logits * one_hot).sum(dim=1)).mean()



@mistake("cross_entropy_loss", hint="One loss for each row came back. Average them: the loss is a single number.")
def ce_unreduced(logits, y):
    return torch.logsumexp(logits, dim=1) - logits[rows(logits), y]



@right("cross_entropy_loss")
def ce_by_hand(logits, y):
    shifted = logits - logits.max(dim=1, keepdim=True).values
    log_p = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    return -log_p[range(len(y)), y].mean()


@right("cross_entropy_loss")
def ce_by_one_hot(logits, y):
    one_hot = F.one_hot(y, logits.shape[1]).to(logits.dtype)
    return (logits.logsumexp(1) - (one_hot * logits).sum(1)).mean()


@right("cross_entropy_loss")
def ce_by_loop(logits, y):
    total = 0
    for row, label in zip(logits, y):
        top = row.max()
        total = total + top + (row - top).exp().sum().log() - row[label]
    return total / len(logits)


@right("cross_entropy_loss")
def ce_by_differences(logits, y):
    gaps = logits - torch.take_along_dim(logits, y.unsqueeze(-1), dim=-1)
    return torch.logsumexp(gaps, dim=-1).sum().div(y.numel())


@mistake("cross_entropy_loss", hint="A small number inside the logarithm caps the loss: stay with logarithms, by log-sum-exp.")
def ce_eps_in_the_logarithm(logits, y):
    p = torch.softmax(logits, dim=1)
    return -(p.gather(1, y[:, None]) + 1e-09).log().mean()


@mistake("cross_entropy_loss", hint="The losses are cut off: a confident mistake costs the difference of the logits, however large.")
def ce_capped(logits, y):
    costs = torch.logsumexp(logits, 1) - logits.gather(1, y[:, None])[:, 0]
    return costs.clamp(0, 100).mean()


@mistake("cross_entropy_loss", hint="The maximum is each column's. Each row is shifted by its own.")
def ce_column_shift(logits, y):
    shifted = logits - logits.max(dim=0, keepdim=True).values
    return (shifted.exp().sum(dim=1).log() - shifted[torch.arange(len(y)), y]).mean()


@mistake("cross_entropy_loss", hint="The cost is that of the class with the largest logit. It should be that of the right class, y.")
def ce_own_guess(logits, y):
    best = logits.argmax(dim=1, keepdim=True)
    return (torch.logsumexp(logits, dim=1) - logits.gather(1, best).squeeze(1)).mean()


@mistake("cross_entropy_loss", hint="The log-sum-exp runs down the columns: each row is a sample, so sum along it.")
def ce_down_the_columns(logits, y):
    right = logits[torch.arange(len(y)), y]
    return torch.logsumexp(logits, dim=0).mean() - right.mean()


# --- kl_divergence -------------------------------------------------------------------------------


def xlogy(a, b):
    """a ln b, with 0 ln 0 = 0."""
    return torch.xlogy(a, b)


@mistake("kl_divergence", edit={"torch.xlogy(p, p) - torch.xlogy(p, q)": "xlogy(q, q) - xlogy(q, p)"}, hint="The two distributions are exchanged: this is KL(q || p). The truth p weights the sum.")
def kl_reversed(): ...


@mistake("kl_divergence", edit={"torch.xlogy(p, p) - torch.xlogy(p, q)": "p * torch.log(p / q)"}, hint="0 · ln 0 came out as NaN. An event that never happens counts nothing: handle p = 0.")
def kl_with_nan(): ...


@mistake("kl_divergence", edit={"torch.xlogy(p, p) - torch.xlogy(p, q)": "p * (p.log() - q.log())"}, hint="0 · ln 0 came out as NaN. An event that never happens counts nothing: handle p = 0.")
def kl_with_nan_of_logs(): ...


@mistake("kl_divergence", edit={"torch.xlogy(p, p) - torch.xlogy(p, q)": "p * torch.log((p + 1e-8) / (q + 1e-8))"}, hint="A small number inside the logarithm hides what should be infinite: q called something impossible, and it happened.")
def kl_with_epsilon(): ...


@mistake(
    "kl_divergence",
    hint="A q of exactly 0 is treated well, and a small number still stands inside the logarithm: it hides how small a "
    "tiny q is.",
)
def kl_with_epsilon_beside_zero(p, q):
    terms = torch.where(p > 0, p * (p.log() - (q + 1e-10).log()), 0.0)
    return torch.where((p > 0) & (q == 0), math.inf, terms).sum(dim=1)


@mistake("kl_divergence", edit={"(torch.xlogy(p, p) - torch.xlogy(p, q))": "-xlogy(p, q)"}, hint="This is the cross-entropy H(p, q). The divergence is what is left after the entropy H(p) is taken off.")
def kl_is_cross_entropy(): ...


@mistake("kl_divergence", edit={"torch.xlogy(p, p) - torch.xlogy(p, q)": "xlogy(p, q) - xlogy(p, p)"}, hint="The sign is wrong: the divergence is never negative. Look at which logarithm is taken from which.")
def kl_negative(): ...


@mistake("kl_divergence", edit={"(torch.xlogy(p, p) - torch.xlogy(p, q)).sum": "(xlogy(p, p) - xlogy(p, q)).mean"}, hint="You average over the classes. The divergence of a row is a sum: p already holds the weights.")
def kl_mean_over_classes(): ...


@mistake("kl_divergence", edit={"(torch.xlogy(p, p) - torch.xlogy(p, q)).sum(dim=1)": "(xlogy(p, p) - xlogy(p, q)).sum(dim=1).mean()"}, hint="One number for the whole batch came back. Return one for each row, (N,).")
def kl_mean_over_batch(): ...


@mistake("kl_divergence", edit={"(torch.xlogy(p, p) - torch.xlogy(p, q)).sum(dim=1)": "(xlogy(p, p) - xlogy(p, q)).sum(dim=0)"}, hint="The sum runs down the columns. Each row is a distribution: sum along the row.")
def kl_over_columns(): ...


@mistake("kl_divergence", edit={"(torch.xlogy(p, p) - torch.xlogy(p, q)).sum(dim=1)": "(xlogy(p, p) - xlogy(p, q)).sum(dim=1) / math.log(2)"}, hint="This is in bits. Use the natural logarithm: nats.")
def kl_in_bits(): ...


@mistake("kl_divergence", hint="Terms that aren't finite are set to 0, and with them the infinite ones. Only p = 0 counts nothing.")
def kl_nan_to_num(p, q):
    terms = p * torch.log(p / q)
    return torch.where(torch.isfinite(terms), terms, 0).sum(dim=1)


@mistake("kl_divergence", edit={"(torch.xlogy(p, p) - torch.xlogy(p, q))": 'torch.nan_to_num(F.kl_div(q.log(), p, reduction="none"), nan=0.0, posinf=math.inf)'}, hint="F.kl_div takes logarithms of q and its arguments the other way round, and it is the exercise. Write the sum.")
def kl_of_torch(): ...


@mistake("kl_divergence", hint=IN_PLACE)
def kl_in_place(p, q):
    q[p == 0] = 1.0
    p[p == 0] = 1.0
    return (p * (p / q).log()).sum(dim=1)



@right("kl_divergence")
def kl_by_where(p, q):
    ratio = torch.where(p > 0, p / q, torch.ones_like(p))
    return (p * ratio.log()).sum(dim=1)


@right("kl_divergence")
def kl_by_mask(p, q):
    out = p.new_zeros(len(p))
    for i, (a, b) in enumerate(zip(p, q)):
        happens = a > 0
        out[i] = (a[happens] * (a[happens].log() - b[happens].log())).sum()
    return out


@right("kl_divergence")
def kl_by_entropies(p, q):
    entropy = torch.special.entr(p).sum(dim=1)
    return -torch.xlogy(p, q).sum(dim=1) - entropy


@right("kl_divergence")
def kl_by_masked_fill(p, q):
    terms = p * (p.log() - q.log())
    return terms.masked_fill(p == 0, 0.0).sum(-1)


@mistake("kl_divergence", hint="The terms lose their signs: where q is larger than p a term is negative, and counts as it is.")
def kl_sizes(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).abs().sum(dim=1)


@mistake("kl_divergence", hint="A row is infinite as soon as q has a zero. Where p is zero there too, nothing is wrong: the term is 0.")
def kl_any_zero_infinite(p, q):
    kl = (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(dim=1)
    return torch.where((q == 0).any(dim=1), torch.full_like(kl, float('inf')), kl)


@mistake("kl_divergence", hint="What should be infinite became a large number: only the terms with p = 0 are to be mended.")
def kl_made_finite(p, q):
    return torch.nan_to_num(p * (p.log() - q.log())).sum(dim=1)


@mistake("kl_divergence", hint="Where p and q are both 0 the ratio is NaN: no arithmetic with q may decide there.")
def kl_zero_by_zero(p, q):
    return torch.xlogy(p, p / q).sum(dim=1)


@mistake("kl_divergence", hint="A softmax is taken of what are probabilities already.")
def kl_of_softmax(p, q):
    a, b = (torch.softmax(p, 1), torch.softmax(q, 1))
    return (a * (a.log() - b.log())).sum(1)


# --- focal_loss ----------------------------------------------------------------------------------


def focal_parts(logits, targets, alpha):
    """Cross-entropy, p_t and alpha_t of each entry, for variants that spoil one thing."""
    p = torch.sigmoid(logits)
    p_t = torch.where(targets == 1, p, 1 - p)
    alpha_t = torch.where(targets == 1, alpha, 1 - alpha).to(logits.dtype)
    return F.softplus(logits) - targets * logits, p_t, alpha_t


@mistake("focal_loss", hint="torch.where of two Python numbers makes float32 whatever the logits are: in float64 alpha loses its digits.")
def focal_weights_in_single_precision(logits, targets, alpha=0.25, gamma=2.0):
    z = torch.where(targets == 1, logits, -logits)
    weight = torch.where(targets == 1, alpha, 1 - alpha).to(logits.dtype)
    return (weight * torch.sigmoid(-z).pow(gamma) * F.softplus(-z)).mean()


@mistake(
    "focal_loss",
    hint="An alpha of 0 is read as no weight at all, since 0 counts as false. It is a weight like any other: targets of 1 "
    "then cost nothing.",
)
def focal_alpha_of_zero_ignored(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, alpha_t = focal_parts(logits, targets, alpha)
    weights = alpha_t if alpha else 1.0
    return (weights * (1 - p_t) ** gamma * ce).mean()


@mistake("focal_loss", hint="The weight is forgotten: alpha belongs to the targets that are 1, and 1 - alpha to the others.")
def focal_without_alpha(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, _ = focal_parts(logits, targets, alpha)
    return ((1 - p_t) ** gamma * ce).mean()


@mistake("focal_loss", hint="Both classes get the weight alpha. Only the targets that are 1 do; the others get 1 - alpha.")
def focal_one_alpha(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, _ = focal_parts(logits, targets, alpha)
    return (alpha * (1 - p_t) ** gamma * ce).mean()


@mistake("focal_loss", hint="The two weights are exchanged: alpha belongs to the targets that are 1.")
def focal_alpha_exchanged(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, alpha_t = focal_parts(logits, targets, alpha)
    return ((1 - alpha_t) * (1 - p_t) ** gamma * ce).mean()


@mistake("focal_loss", hint="The background keeps its full weight. alpha_t is 1 - alpha where the target is 0.")
def focal_alpha_for_objects_only(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, _ = focal_parts(logits, targets, alpha)
    return (torch.where(targets == 1, alpha, 1.0) * (1 - p_t) ** gamma * ce).mean()


@mistake("focal_loss", hint="p_t ** gamma silences the hard entries and keeps the easy ones. It is the other way round.")
def focal_silences_the_hard(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, alpha_t = focal_parts(logits, targets, alpha)
    return (alpha_t * p_t**gamma * ce).mean()


@mistake("focal_loss", hint="The factor uses p for every entry. Where the target is 0, the probability of what is there is 1 - p.")
def focal_p_for_both(logits, targets, alpha=0.25, gamma=2.0):
    ce, _, alpha_t = focal_parts(logits, targets, alpha)
    return (alpha_t * (1 - torch.sigmoid(logits)) ** gamma * ce).mean()


@mistake("focal_loss", hint="gamma multiplies. It is an exponent.")
def focal_gamma_multiplies(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, alpha_t = focal_parts(logits, targets, alpha)
    return (alpha_t * gamma * (1 - p_t) * ce).mean()


@mistake("focal_loss", hint="gamma is fixed at 2. It is an argument, and so is alpha.")
def focal_fixed_gamma(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, alpha_t = focal_parts(logits, targets, alpha)
    return (alpha_t * (1 - p_t) ** 2 * ce).mean()


@mistake("focal_loss", hint=SUMMED)
def focal_summed(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, alpha_t = focal_parts(logits, targets, alpha)
    return (alpha_t * (1 - p_t) ** gamma * ce).sum()


@mistake("focal_loss", hint="You divide by the number of objects, as the paper does. Here it is the mean over all entries.")
def focal_over_objects(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, alpha_t = focal_parts(logits, targets, alpha)
    return (alpha_t * (1 - p_t) ** gamma * ce).sum() / targets.sum().clamp(min=1)


@mistake("focal_loss", hint="ln(p_t) is minus infinity once p_t is rounded to 0. Take the cross-entropy from the logits.")
def focal_naive(logits, targets, alpha=0.25, gamma=2.0):
    _, p_t, alpha_t = focal_parts(logits, targets, alpha)
    return -(alpha_t * (1 - p_t) ** gamma * torch.log(p_t)).mean()


@mistake("focal_loss", hint=CLAMPED)
def focal_clamped(logits, targets, alpha=0.25, gamma=2.0):
    _, p_t, alpha_t = focal_parts(logits, targets, alpha)
    return -(alpha_t * (1 - p_t) ** gamma * torch.log(p_t.clamp(min=1e-7))).mean()


@mistake("focal_loss", hint="The value is right and the gradient is not: the factor (1 - p_t)**gamma was detached, but it depends on the logits too.")
def focal_detached(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, alpha_t = focal_parts(logits, targets, alpha)
    return (alpha_t * (1 - p_t.detach()) ** gamma * ce).mean()


@mistake("focal_loss", hint="p_t is computed from the mean of the cross-entropy. Silence each entry by its own p_t, and average last.")
def focal_of_the_mean(logits, targets, alpha=0.25, gamma=2.0):
    ce, _, alpha_t = focal_parts(logits, targets, alpha)
    mean = (alpha_t * ce).mean()
    return (1 - torch.exp(-mean)) ** gamma * mean


@mistake("focal_loss", hint=READY_MADE)
def focal_of_torchvision(logits, targets, alpha=0.25, gamma=2.0):
    from torchvision.ops import sigmoid_focal_loss

    return sigmoid_focal_loss(logits, targets, alpha, gamma, reduction="mean")



@mistake("focal_loss", hint=UNREDUCED)
def focal_unreduced(logits, targets, alpha=0.25, gamma=2.0):
    ce, p_t, alpha_t = focal_parts(logits, targets, alpha)
    return alpha_t * (1 - p_t) ** gamma * ce



@mistake("focal_loss", hint=IN_PLACE)
def focal_in_place(logits, targets, alpha=0.25, gamma=2.0):
    targets.mul_(2).sub_(1)
    p_t = torch.sigmoid(targets * logits)
    alpha_t = torch.where(targets > 0, torch.full_like(targets, alpha), torch.full_like(targets, 1 - alpha))
    return (-alpha_t * (1 - p_t) ** gamma * F.logsigmoid(targets * logits)).mean()



@right("focal_loss")
def focal_by_torch_entropy(logits, targets, alpha=0.25, gamma=2.0):
    ce = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    p_t = torch.exp(-ce)
    alpha_t = torch.where(targets > 0.5, torch.full_like(targets, alpha), torch.full_like(targets, 1 - alpha))
    return torch.mean(alpha_t * (1 - p_t).pow(gamma) * ce)


@right("focal_loss")
def focal_by_signs(logits, targets, alpha=0.25, gamma=2.0):
    sign = 2 * targets - 1
    weight = (1 - targets) + alpha * sign
    return (-weight * torch.sigmoid(-sign * logits) ** gamma * F.logsigmoid(sign * logits)).mean()


@right("focal_loss")
def focal_in_two_terms(logits, targets, alpha=0.25, gamma=2.0):
    p = torch.sigmoid(logits)
    objects = -alpha * (1 - p) ** gamma * F.logsigmoid(logits) * targets
    background = -(1 - alpha) * p**gamma * F.logsigmoid(-logits) * (1 - targets)
    return (objects + background).sum() / logits.numel()


@mistake("focal_loss", hint="A small number inside the logarithm caps the loss: take the cross-entropy from the logits.")
def focal_eps_in_the_logarithm(logits, targets, alpha=0.25, gamma=2.0):
    p = torch.sigmoid(logits)
    p_t = p * targets + (1 - p) * (1 - targets)
    alpha_t = alpha * targets + (1 - alpha) * (1 - targets)
    return -(alpha_t * (1 - p_t) ** gamma * torch.log(p_t + 1e-08)).mean()


@mistake("focal_loss", hint="The power is taken by a logarithm: where p_t is rounded to 1 that is ln 0, and the gradient NaN. Use a power, of what is computed from the logits.")
def focal_power_by_logarithm(logits, targets, alpha=0.25, gamma=2.0):
    ce = F.binary_cross_entropy_with_logits(logits, targets, reduction='none')
    alpha_t = alpha * targets + (1 - alpha) * (1 - targets)
    return (alpha_t * torch.exp(gamma * torch.log(1 - torch.exp(-ce))) * ce).mean()


@mistake("focal_loss", hint="The mean is taken before the factors: each entry has its own p_t and alpha_t.")
def focal_mean_first(logits, targets, alpha=0.25, gamma=2.0):
    ce = F.binary_cross_entropy_with_logits(logits, targets)
    alpha_t = (alpha * targets + (1 - alpha) * (1 - targets)).mean()
    return alpha_t * (1 - torch.exp(-ce)) ** gamma * ce


@mistake("focal_loss", hint="The sum is divided by the sum of the weights: the mean runs over all entries.")
def focal_weighted_mean(logits, targets, alpha=0.25, gamma=2.0):
    ce = F.binary_cross_entropy_with_logits(logits, targets, reduction='none')
    alpha_t = alpha * targets + (1 - alpha) * (1 - targets)
    return (alpha_t * (1 - torch.exp(-ce)) ** gamma * ce).sum() / alpha_t.sum()
