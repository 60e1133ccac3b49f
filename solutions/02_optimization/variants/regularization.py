"""What students write in regularization: mistakes with the hint each deserves, and other right answers."""

import copy
import math

import torch

from autograder.authoring import mistake, right

IN_PLACE = "The caller's weights are changed in place. Work on a new tensor."
SECOND_NAME = (
    "The snapshot is a second name for the weights (detach() makes no more than that), and training goes on changing "
    "them. Keep a copy."
)
BY_AUTOGRAD = "Autograd finds the gradient here. The exercise is to write it by hand."


# --- l2_penalty ----------------------------------------------------------------------------------


@mistake("l2_penalty", edit={"strength * weights.square().sum(), 2 *": "0.5 * strength * weights.square().sum(),"}, hint="Half of the penalty and of the gradient. This penalty has no factor of one half.")
def l2_halved(): ...


@mistake("l2_penalty", edit={"2 * strength": "strength"}, hint="The gradient lacks the factor 2: it belongs to a penalty with a half in front, and yours has none.")
def l2_gradient_halved(): ...


@mistake("l2_penalty", edit={"return strength": "return 0.5 * strength"}, hint="The penalty has a factor of one half, the gradient has not: they don't belong together.")
def l2_value_halved(): ...


@mistake("l2_penalty", hint="This is the length of the weights, with a root. The penalty is the sum of squares.")
def l2_rooted(weights, strength):
    norm = weights.norm()
    return strength * norm, strength * weights / norm.clamp(min=1e-12)


@mistake("l2_penalty", edit={"sum(), 2 * strength * weights": "mean(), 2 * strength * weights / weights.numel()"}, hint="This is the mean of the squares. A penalty is a sum: a larger model pays more.")
def l2_mean(): ...


@mistake("l2_penalty", edit={"* strength * weights": "* weights"}, hint="The strength is missing in the gradient.")
def l2_gradient_without_strength(): ...


@mistake("l2_penalty", edit={"strength * weights.square().sum(), 2 * strength": "(strength * weights).square().sum(), 2 * strength**2"}, hint="The strength is squared: multiply after squaring the weights, and not before.")
def l2_strength_squared(): ...


@mistake("l2_penalty", edit={", 2": ", -2"}, hint="The gradient has the wrong sign: growing a positive weight makes the penalty larger.")
def l2_gradient_negative(): ...


@mistake("l2_penalty", edit={"square().sum(), 2 * strength * weights": "abs().sum(), strength * weights.sign()"}, hint="These are absolute values: that is the L1 penalty.")
def l2_is_l1(): ...


@mistake("l2_penalty", edit={"sum()": "sum().item()"}, hint="The penalty comes back as a Python number. Return a tensor with no dimensions.")
def l2_number(): ...


@mistake("l2_penalty", edit={"sum()": "sum(dim=0)"}, hint="The sum runs over one dimension only. All weights count, whatever their shape.")
def l2_sum_over_rows(): ...


@mistake("l2_penalty", hint=IN_PLACE)
def l2_in_place(weights, strength):
    penalty = strength * weights.square().sum()
    weights *= 2 * strength
    return penalty, weights


@mistake("l2_penalty", hint=BY_AUTOGRAD)
def l2_by_autograd(weights, strength):
    leaf = weights.clone().requires_grad_()
    penalty = strength * leaf.square().sum()
    return penalty.detach(), torch.autograd.grad(penalty, leaf)[0]


@mistake("l2_penalty", edit={".sum()": ""}, hint="The penalty has one number for each weight. Add them up: it is a single number.")
def l2_not_summed(): ...



@mistake("l2_penalty", hint=BY_AUTOGRAD)
def l2_by_jacobian(weights, strength):
    from torch.autograd.functional import jacobian

    return strength * weights.square().sum(), jacobian(lambda w: strength * w.square().sum(), weights)


@right("l2_penalty")
def l2_by_dot(weights, strength):
    flat = weights.reshape(-1)
    return strength * torch.dot(flat, flat), weights * (2.0 * strength)


@right("l2_penalty")
def l2_by_norm(weights, strength):
    return torch.linalg.vector_norm(weights).pow(2) * strength, strength * (weights + weights)


@right("l2_penalty")
def l2_by_loop(weights, strength):
    total = torch.zeros((), dtype=weights.dtype, device=weights.device)
    gradient = torch.zeros(weights.shape, dtype=weights.dtype, device=weights.device)
    for index in torch.cartesian_prod(*map(torch.arange, weights.shape)).reshape(-1, weights.ndim).tolist():
        w = weights[tuple(index)]
        total = total + strength * w * w
        gradient[tuple(index)] = 2 * strength * w
    return total, gradient


@mistake("l2_penalty", hint="Where the factor is 1 you return the very weights that came in: what changes the gradient later changes them too. Return new memory there as well.")
def l2_hands_back_the_weights(weights, strength):
    penalty = strength * (weights ** 2).sum()
    return (penalty, weights if strength == 0.5 else 2 * strength * weights)


@mistake("l2_penalty", hint="The last row is left out: every weight counts, whatever it may stand for elsewhere.")
def l2_without_the_last_row(weights, strength):
    w = weights.clone()
    if w.ndim == 2:
        w[-1] = 0
    return (strength * (w ** 2).sum(), 2 * strength * w)


@mistake("l2_penalty", hint="A product of matrices is no sum of squares: square entry by entry, and add up all.")
def l2_matrix_product(weights, strength):
    if weights.ndim < 2:
        return (strength * (weights * weights).sum(), 2 * strength * weights)
    return (strength * (weights @ weights.mT).diagonal(dim1=-2, dim2=-1)[0].sum(), 2 * strength * weights)


@mistake("l2_penalty", hint="The penalty is the norm itself: the sum of squares has no root.")
def l2_norm_itself(weights, strength):
    return (strength * torch.linalg.vector_norm(weights), 2 * strength * weights)


@mistake("l2_penalty", hint="Of a matrix this norm is the largest singular value: add up the squares of all entries.")
def l2_largest_singular_value(weights, strength):
    w = weights if weights.ndim in (1, 2) else weights.reshape(-1)
    return (strength * torch.linalg.norm(w, 2) ** 2, 2 * strength * weights)


# --- l1_penalty ----------------------------------------------------------------------------------


@mistake("l1_penalty", edit={"abs().sum(), strength * weights.sign()": "sum(), strength * torch.ones_like(weights)"}, hint="Without the absolute value, weights of different sign cancel.")
def l1_without_abs(): ...


@mistake("l1_penalty", edit={".sign": " / weights.abs"}, hint="w / |w| is 0/0 where a weight is 0, and the NaN spreads. The gradient there is 0.")
def l1_nan_at_zero(): ...


@mistake("l1_penalty", edit={"weights.sign()": "torch.where(weights >= 0, 1.0, -1.0).to(weights.dtype)"}, hint="At exactly 0 the gradient is 0, neither +1 nor −1: a weight that is zero isn't pushed away.")
def l1_plus_one_at_zero(): ...


@mistake("l1_penalty", edit={"weights.sign()": "torch.where(weights > 0, 1.0, -1.0).to(weights.dtype)"}, hint="At exactly 0 the gradient is 0, neither +1 nor −1: a weight that is zero isn't pushed away.")
def l1_minus_one_at_zero(): ...


@mistake("l1_penalty", edit={".sign()": " / (weights.abs() + 1e-8)"}, hint="A small number in the denominator makes the pull on tiny weights too weak. L1 pulls at all with the same force: take the sign.")
def l1_epsilon(): ...


@mistake("l1_penalty", hint="torch.linalg.norm(W, 1) of a matrix is its largest column sum. You need the sum over all entries.")
def l1_matrix_norm(weights, strength):
    norm = torch.linalg.norm(weights, 1) if weights.ndim <= 2 else weights.abs().sum()
    return strength * norm, strength * weights.sign()


@mistake("l1_penalty", edit={"sum(), strength * weights.sign": "mean(), strength * weights.sign() / weights.numel"}, hint="This is the mean of the absolute values. A penalty is a sum: a larger model pays more.")
def l1_mean(): ...


@mistake("l1_penalty", edit={"abs().sum(), strength * weights.sign()": "square().sum(), 2 * strength * weights"}, hint="These are squares: that is the L2 penalty.")
def l1_is_l2(): ...


@mistake("l1_penalty", edit={", strength * weights": ", weights"}, hint="The strength is missing in the gradient.")
def l1_gradient_without_strength(): ...


@mistake("l1_penalty", edit={"weights.sign()": "torch.ones_like(weights)"}, hint="The gradient is one for every weight. Negative weights are pulled upwards: mind the sign.")
def l1_gradient_of_ones(): ...


@mistake("l1_penalty", edit={"(), strength": "(), -strength"}, hint="The gradient has the wrong sign: growing a positive weight makes the penalty larger.")
def l1_gradient_negative(): ...


@mistake("l1_penalty", hint=IN_PLACE)
def l1_in_place(weights, strength):
    penalty = strength * weights.abs().sum()
    return penalty, weights.sign_().mul_(strength)


@mistake("l1_penalty", hint=BY_AUTOGRAD)
def l1_by_autograd(weights, strength):
    leaf = weights.clone().requires_grad_()
    penalty = strength * leaf.abs().sum()
    return penalty.detach(), torch.autograd.grad(penalty, leaf)[0]


@mistake("l1_penalty", edit={".sum()": ""}, hint="The penalty has one number for each weight. Add them up: it is a single number.")
def l1_not_summed(): ...



@mistake("l1_penalty", hint=BY_AUTOGRAD)
def l1_by_func(weights, strength):
    def penalty(w):
        return strength * w.abs().sum()

    return penalty(weights), torch.func.grad(penalty)(weights)


@right("l1_penalty")
def l1_by_comparison(weights, strength):
    signs = (weights > 0).to(weights.dtype) - (weights < 0).to(weights.dtype)
    return (signs * weights).sum() * strength, signs * strength


@right("l1_penalty")
def l1_by_norm(weights, strength):
    gradient = torch.where(weights == 0, torch.zeros_like(weights), weights / weights.abs()) * strength
    return strength * weights.flatten().norm(p=1), gradient


@right("l1_penalty")
def l1_by_masks(weights, strength):
    gradient = torch.zeros_like(weights)
    gradient[weights > 0] = strength
    gradient[weights < 0] = -strength
    return strength * torch.sum(torch.abs(weights)), gradient


@mistake("l1_penalty", hint="The sizes are taken of the sum, in which signs have cancelled: take each weight's first.")
def l1_size_of_the_sum(weights, strength):
    return (strength * weights.sum().abs(), strength * weights.sign())


@mistake("l1_penalty", hint="Small weights have no slope here: it is the sign, however small the weight.")
def l1_dead_zone(weights, strength):
    g = strength * weights.sign()
    return (strength * weights.abs().sum(), torch.where(weights.abs() < 0.0001, torch.zeros_like(g), g))


@mistake("l1_penalty", hint="Each row has one sign for all of its weights: every weight has its own.")
def l1_sign_of_each_row(weights, strength):
    w = weights.reshape(len(weights), -1) if weights.ndim else weights.reshape(1, 1)
    g = strength * w.sum(1, keepdim=True).sign().expand(w.shape)
    return (strength * weights.abs().sum(), g.reshape(weights.shape))


@mistake("l1_penalty", hint="The sign is taken of whole numbers, so that 0.5 counts as 0.")
def l1_sign_of_whole_numbers(weights, strength):
    return (strength * weights.abs().sum(), strength * weights.long().sign().to(weights.dtype))


@mistake("l1_penalty", hint="A small number under the root gives weights of 0 a price: take the absolute value itself.")
def l1_softened(weights, strength):
    size = (weights ** 2 + 1e-06).sqrt()
    return (strength * size.sum(), strength * weights / size)


@mistake("l1_penalty", hint="The gradient is the weight's size: the slope of the absolute value is its sign.")
def l1_gradient_is_the_size(weights, strength):
    return (strength * weights.abs().sum(), strength * weights.abs())


@mistake("l1_penalty", hint="The gradient grows with the weight: the slope of the absolute value is its sign.")
def l1_gradient_is_the_weight(weights, strength):
    return (strength * weights.abs().sum(), strength * weights)


# --- elastic_net_penalty -------------------------------------------------------------------------


@mistake("elastic_net_penalty", hint="The two shares are exchanged: l1_ratio belongs to the absolute values.")
def net_exchanged(weights, strength, l1_ratio=0.5):
    value = strength * ((1 - l1_ratio) * weights.abs().sum() + l1_ratio * weights.square().sum())
    return value, strength * ((1 - l1_ratio) * weights.sign() + 2 * l1_ratio * weights)


@mistake("elastic_net_penalty", hint="This has scikit-learn's half on the squares. Here there is none.")
def net_with_a_half(weights, strength, l1_ratio=0.5):
    value = strength * (l1_ratio * weights.abs().sum() + 0.5 * (1 - l1_ratio) * weights.square().sum())
    return value, strength * (l1_ratio * weights.sign() + (1 - l1_ratio) * weights)


@mistake("elastic_net_penalty", hint="Both penalties come at full strength. They share it: l1_ratio and what is left of 1.")
def net_without_shares(weights, strength, l1_ratio=0.5):
    value = strength * (weights.abs().sum() + weights.square().sum())
    return value, strength * (weights.sign() + 2 * weights)


@mistake("elastic_net_penalty", hint="The squares come at full strength. Their share is what L1 leaves of 1.")
def net_full_squares(weights, strength, l1_ratio=0.5):
    value = strength * (l1_ratio * weights.abs().sum() + weights.square().sum())
    return value, strength * (l1_ratio * weights.sign() + 2 * weights)


@mistake("elastic_net_penalty", hint="The strength reaches only the first of the two penalties: brackets.")
def net_strength_once(weights, strength, l1_ratio=0.5):
    value = strength * l1_ratio * weights.abs().sum() + (1 - l1_ratio) * weights.square().sum()
    return value, strength * l1_ratio * weights.sign() + 2 * (1 - l1_ratio) * weights


@mistake("elastic_net_penalty", hint="The gradient of the squares lacks its factor 2.")
def net_gradient_without_two(weights, strength, l1_ratio=0.5):
    value = strength * (l1_ratio * weights.abs().sum() + (1 - l1_ratio) * weights.square().sum())
    return value, strength * (l1_ratio * weights.sign() + (1 - l1_ratio) * weights)


@mistake("elastic_net_penalty", hint="The gradient is that of one penalty only. A sum has the sum of both gradients.")
def net_gradient_of_one(weights, strength, l1_ratio=0.5):
    value = strength * (l1_ratio * weights.abs().sum() + (1 - l1_ratio) * weights.square().sum())
    return value, 2 * strength * (1 - l1_ratio) * weights


@mistake("elastic_net_penalty", hint="At exactly 0 the gradient is 0, neither +1 nor −1.")
def net_plus_one_at_zero(weights, strength, l1_ratio=0.5):
    value = strength * (l1_ratio * weights.abs().sum() + (1 - l1_ratio) * weights.square().sum())
    signs = torch.where(weights >= 0, 1.0, -1.0).to(weights.dtype)
    return value, strength * (l1_ratio * signs + 2 * (1 - l1_ratio) * weights)


@mistake("elastic_net_penalty", hint="The share is fixed at one half. It is an argument: l1_ratio.")
def net_fixed_ratio(weights, strength, l1_ratio=0.5):
    value = strength * 0.5 * (weights.abs().sum() + weights.square().sum())
    return value, strength * 0.5 * (weights.sign() + 2 * weights)


@mistake("elastic_net_penalty", hint=BY_AUTOGRAD)
def net_by_autograd(weights, strength, l1_ratio=0.5):
    leaf = weights.clone().requires_grad_()
    value = strength * (l1_ratio * leaf.abs().sum() + (1 - l1_ratio) * leaf.square().sum())
    return value.detach(), torch.autograd.grad(value, leaf)[0]


@mistake("elastic_net_penalty", hint=IN_PLACE)
def net_in_place(weights, strength, l1_ratio=0.5):
    value = strength * (l1_ratio * weights.abs().sum() + (1 - l1_ratio) * weights.square().sum())
    signs = weights.sign() * l1_ratio * strength
    return value, weights.mul_(2 * strength * (1 - l1_ratio)).add_(signs)


@right("elastic_net_penalty")
def net_written_out(weights, strength, l1_ratio=0.5):
    value = strength * (l1_ratio * weights.abs() + (1 - l1_ratio) * weights**2).sum()
    return value, strength * (l1_ratio * torch.sign(weights) + 2 * (1 - l1_ratio) * weights)


@right("elastic_net_penalty")
def net_by_calls(weights, strength, l1_ratio=0.5):
    lasso, ridge = l1_penalty(weights, strength), l2_penalty(weights, strength)
    return tuple(l1_ratio * a + (1 - l1_ratio) * b for a, b in zip(lasso, ridge))


@right("elastic_net_penalty")
def net_by_lerp(weights, strength, l1_ratio=0.5):
    size = torch.lerp(weights.square(), weights.abs(), l1_ratio).sum()
    return size * strength, torch.lerp(2 * weights, weights.sign(), l1_ratio) * strength


@mistake("elastic_net_penalty", hint="A bracket is missing: 1 - l1_ratio is one factor, of the squares.")
def net_lost_bracket(weights, strength, l1_ratio=0.5):
    penalty = strength * (l1_ratio * weights.abs() + 1 - l1_ratio * weights ** 2).sum()
    return (penalty, strength * (l1_ratio * weights.sign() + 2 * (1 - l1_ratio) * weights))


@mistake("elastic_net_penalty", hint="Your default ratio is not the signature's.")
def net_default_of_another(weights, strength, l1_ratio=0.15):
    p1, g1 = l1_penalty(weights, strength * l1_ratio)
    p2, g2 = l2_penalty(weights, strength * (1 - l1_ratio))
    return (p1 + p2, g1 + g2)


@mistake("elastic_net_penalty", hint="The penalty is mixed and the gradient is not: both take the same shares.")
def net_gradient_not_mixed(weights, strength, l1_ratio=0.5):
    p1, g1 = l1_penalty(weights, strength)
    p2, g2 = l2_penalty(weights, strength)
    return (l1_ratio * p1 + (1 - l1_ratio) * p2, g1 + g2)


@mistake("elastic_net_penalty", hint="Both parts take l1_ratio: the squares take what is left, 1 - l1_ratio.")
def net_one_share_for_both(weights, strength, l1_ratio=0.5):
    p1, g1 = l1_penalty(weights, strength * l1_ratio)
    p2, g2 = l2_penalty(weights, strength * l1_ratio)
    return (p1 + p2, g1 + g2)


@mistake("elastic_net_penalty", hint="The sum of sizes is squared: square each weight, then add up.")
def net_square_of_the_sum(weights, strength, l1_ratio=0.5):
    size = weights.abs().sum()
    gradient = strength * (l1_ratio * weights.sign() + 2 * (1 - l1_ratio) * weights)
    return (strength * (l1_ratio * size + (1 - l1_ratio) * size ** 2), gradient)


@mistake("elastic_net_penalty", hint="strength counts twice, in the parts and in the whole.")
def net_strength_twice(weights, strength, l1_ratio=0.5):
    p1, g1 = l1_penalty(weights, strength * l1_ratio)
    p2, g2 = l2_penalty(weights, strength * (1 - l1_ratio))
    return (strength * (p1 + p2), strength * (g1 + g2))


@mistake("elastic_net_penalty", hint="The pairs are taken apart the wrong way: each function returns its penalty first and its gradient second.")
def net_pairs_mixed_up(weights, strength, l1_ratio=0.5):
    (p1, p2), (g1, g2) = (l1_penalty(weights, strength * l1_ratio), l2_penalty(weights, strength * (1 - l1_ratio)))
    return (p1 + p2.sum(), g1 + g2)


@mistake("elastic_net_penalty", hint="The second part is the norm itself: it should be the sum of squares.")
def net_norm_itself(weights, strength, l1_ratio=0.5):
    penalty = strength * (l1_ratio * weights.abs().sum() + (1 - l1_ratio) * weights.norm())
    return (penalty, strength * (l1_ratio * weights.sign() + 2 * (1 - l1_ratio) * weights))


# --- early_stopping ------------------------------------------------------------------------------


def run(train_epoch, validate, weights, patience, max_epochs, is_better, keep, ends):
    """Early stopping with its three decisions left open, for variants that spoil one of them."""
    best, best_epoch, best_loss, bad, losses = keep(weights), 0, None, 0, []
    for epoch in range(max_epochs):
        train_epoch(weights)
        losses.append(validate(weights))
        if best_loss is None or is_better(losses[-1], best_loss, losses):
            best, best_epoch, best_loss, bad = keep(weights), epoch, losses[-1], 0
        else:
            bad += 1
            if ends(bad, patience):
                break
    return best, best_epoch, losses


def smaller(loss, best, losses):
    return loss < best


def over(bad, patience):
    return bad >= patience


@mistake("early_stopping", hint=SECOND_NAME)
def keeps_a_name(train_epoch, validate, weights, patience, max_epochs):
    return run(train_epoch, validate, weights, patience, max_epochs, smaller, lambda w: w, over)


@mistake("early_stopping", hint=SECOND_NAME)
def keeps_detached(train_epoch, validate, weights, patience, max_epochs):
    return run(train_epoch, validate, weights, patience, max_epochs, smaller, lambda w: w.detach(), over)


@mistake("early_stopping", hint="The weights of the last epoch come back. The best epoch lies `patience` epochs before: keep its weights.")
def returns_the_last(train_epoch, validate, weights, patience, max_epochs):
    _, epoch, losses = run(train_epoch, validate, weights, patience, max_epochs, smaller, lambda w: w.clone(), over)
    return weights.clone(), epoch, losses


@mistake("early_stopping", hint="It stops one epoch late: after `patience` bad epochs in a row, and not after one more.")
def one_epoch_late(train_epoch, validate, weights, patience, max_epochs):
    return run(train_epoch, validate, weights, patience, max_epochs, smaller, lambda w: w.clone(), lambda bad, patience: bad > patience)


@mistake("early_stopping", hint="It stops one epoch early: `patience` bad epochs in a row are allowed to run.")
def one_epoch_early(train_epoch, validate, weights, patience, max_epochs):
    return run(train_epoch, validate, weights, patience, max_epochs, smaller, lambda w: w.clone(), lambda bad, patience: bad >= max(1, patience - 1))


@mistake("early_stopping", hint="The epochs are counted from 1. Count from 0, as range does.")
def counts_from_one(train_epoch, validate, weights, patience, max_epochs):
    best, epoch, losses = run(train_epoch, validate, weights, patience, max_epochs, smaller, lambda w: w.clone(), over)
    return best, epoch + 1, losses


@mistake("early_stopping", hint="After a NaN nothing is better any more: the minimum of a list with a NaN in it is NaN. Compare with the numbers only.")
def nan_spoils_the_minimum(train_epoch, validate, weights, patience, max_epochs):
    import numpy as np
    best_epoch, best_weights, bad, losses = (0, None, 0, [])
    for epoch in range(max_epochs):
        train_epoch(weights)
        loss = validate(weights)
        if epoch == 0 or loss < np.min(losses):
            best_epoch, best_weights, bad = (epoch, weights.clone(), 0)
        else:
            bad += 1
        losses.append(loss)
        if bad == patience:
            break
    return (best_weights, best_epoch, losses)


@mistake("early_stopping", hint="Each epoch is held to the one before it. Hold it to the best so far.")
def held_to_the_one_before(train_epoch, validate, weights, patience, max_epochs):
    return run(train_epoch, validate, weights, patience, max_epochs, lambda loss, best, losses: loss < losses[-2], lambda w: w.clone(), over)


@mistake("early_stopping", hint="An equal loss counts as better, so that training on a plateau never ends. It has to be smaller.")
def equal_is_better(train_epoch, validate, weights, patience, max_epochs):
    return run(train_epoch, validate, weights, patience, max_epochs, lambda loss, best, losses: loss <= best, lambda w: w.clone(), over)


@mistake("early_stopping", hint="The largest loss is taken for the best. That would be right for an accuracy.")
def larger_is_better(train_epoch, validate, weights, patience, max_epochs):
    return run(train_epoch, validate, weights, patience, max_epochs, lambda loss, best, losses: loss > best, lambda w: w.clone(), over)


@mistake("early_stopping", hint="A NaN counts as better: every comparison with it is false, and so is `not better`. Ask whether the loss is smaller.")
def nan_is_better(train_epoch, validate, weights, patience, max_epochs):
    return run(train_epoch, validate, weights, patience, max_epochs, lambda loss, best, losses: not loss >= best, lambda w: w.clone(), over)


@mistake("early_stopping", hint="Bad epochs are counted over the whole training. A new best sets the count back to zero.")
def never_resets(train_epoch, validate, weights, patience, max_epochs):
    best, best_epoch, best_loss, bad, losses = weights.clone(), 0, math.inf, 0, []
    for epoch in range(max_epochs):
        train_epoch(weights)
        losses.append(validate(weights))
        if losses[-1] < best_loss:
            best, best_epoch, best_loss = weights.clone(), epoch, losses[-1]
        else:
            bad += 1
        if bad >= patience:
            break
    return best, best_epoch, losses


@mistake("early_stopping", hint="The losses end with the best epoch. Return those of all epochs that ran.")
def cuts_the_losses(train_epoch, validate, weights, patience, max_epochs):
    best, epoch, losses = run(train_epoch, validate, weights, patience, max_epochs, smaller, lambda w: w.clone(), over)
    return best, epoch, losses[: epoch + 1]


@mistake("early_stopping", hint="It validates before it trains, so every loss belongs to the epoch before. Train first.")
def validates_first(train_epoch, validate, weights, patience, max_epochs):
    best, best_epoch, best_loss, bad, losses = weights.clone(), 0, math.inf, 0, []
    for epoch in range(max_epochs):
        losses.append(validate(weights))
        train_epoch(weights)
        if losses[-1] < best_loss:
            best, best_epoch, best_loss, bad = weights.clone(), epoch, losses[-1], 0
        else:
            bad += 1
        if bad >= patience:
            break
    return best, best_epoch, losses


@mistake("early_stopping", hint="The best loss comes back where the best epoch belongs.")
def returns_the_loss(train_epoch, validate, weights, patience, max_epochs):
    best, epoch, losses = run(train_epoch, validate, weights, patience, max_epochs, smaller, lambda w: w.clone(), over)
    return best, losses[epoch], losses


@mistake("early_stopping", hint="It trains a copy. The docstring says that the caller's weights are trained in place.")
def trains_a_copy(train_epoch, validate, weights, patience, max_epochs):
    own = weights.clone()
    return run(train_epoch, validate, own, patience, max_epochs, smaller, lambda w: w.clone(), over)


@mistake("early_stopping", hint="A best loss of 0 is taken for no best loss at all: 0 counts as false. Ask whether it is None.")
def zero_is_no_best(train_epoch, validate, weights, patience, max_epochs):
    def better(loss, best, losses):
        return not best or loss < best

    return run(train_epoch, validate, weights, patience, max_epochs, better, lambda w: w.clone(), over)


@mistake(
    "early_stopping",
    hint="The best loss starts at a large number, and a loss can be larger still. "
    "Start from infinity, or from the first loss.",
)
def starts_from_a_large_number(train_epoch, validate, weights, patience, max_epochs):
    def better(loss, best, losses):
        return loss < min(best, 1e9)

    return run(train_epoch, validate, weights, patience, max_epochs, better, lambda w: w.clone(), over)


@mistake(
    "early_stopping",
    hint="A loss must be smaller by some amount here before it counts. Smaller by anything at all is better.",
)
def smaller_by_some_amount(train_epoch, validate, weights, patience, max_epochs):
    def better(loss, best, losses):
        return loss < best - 1e-8

    return run(train_epoch, validate, weights, patience, max_epochs, better, lambda w: w.clone(), over)


@mistake(
    "early_stopping",
    hint="validate is called again to compare and to keep its loss. Call it once an epoch: it may be slow, or draw anew.",
)
def validates_again(train_epoch, validate, weights, patience, max_epochs):
    def better(loss, best, losses):
        return validate(weights) < best

    return run(train_epoch, validate, weights, patience, max_epochs, better, lambda w: w.clone(), over)


@mistake("early_stopping", hint="The copy is made in float32 whatever the weights are. Keep their dtype.")
def copies_into_float32(train_epoch, validate, weights, patience, max_epochs):
    return run(train_epoch, validate, weights, patience, max_epochs, smaller, lambda w: torch.zeros(w.shape).copy_(w), over)


@right("early_stopping")
def by_while(train_epoch, validate, weights, patience, max_epochs):
    losses, best, best_epoch = [], None, -1
    while len(losses) < max_epochs and (best_epoch < 0 or len(losses) - 1 - best_epoch < patience):
        train_epoch(weights)
        loss = validate(weights)
        losses.append(loss)
        if best_epoch < 0 or loss < losses[best_epoch]:
            best, best_epoch = copy.deepcopy(weights), len(losses) - 1
    return best, best_epoch, losses


@right("early_stopping")
def by_all_snapshots(train_epoch, validate, weights, patience, max_epochs):
    snapshots, losses, best = [], [], 0
    for epoch in range(max_epochs):
        train_epoch(weights)
        snapshots.append(weights.detach().clone())
        losses.append(float(validate(weights)))
        if losses[epoch] < losses[best]:
            best = epoch
        if epoch - best == patience:
            break
    return snapshots[best], best, losses


@right("early_stopping")
def by_countdown(train_epoch, validate, weights, patience, max_epochs):
    losses, lowest, left = [], float("inf"), patience
    best_weights, best_epoch = torch.empty_like(weights), 0
    for epoch in range(max_epochs):
        train_epoch(weights)
        loss = validate(weights)
        losses += [loss]
        left -= 1
        if loss < lowest:
            lowest, best_epoch, left = loss, epoch, patience
            best_weights.copy_(weights)
        if left == 0:
            return best_weights, best_epoch, losses
    return best_weights, best_epoch, losses


@mistake("early_stopping", hint="numpy's argmin points to a NaN: it is never the best.")
def nan_is_the_minimum(train_epoch, validate, weights, patience, max_epochs):
    import numpy as np
    losses, snapshots = ([], [])
    for epoch in range(max_epochs):
        train_epoch(weights)
        losses.append(validate(weights))
        snapshots.append(weights.clone())
        best = int(np.argmin(losses))
        if epoch - best >= patience:
            break
    return (snapshots[best], best, losses)


@mistake("early_stopping", hint="The function calls itself once for each epoch, and Python ends that at about a thousand.")
def one_call_for_each_epoch(train_epoch, validate, weights, patience, max_epochs):

    def go(epoch, best, losses, bad):
        if epoch == max_epochs or bad == patience:
            return (best[2], best[1], losses)
        train_epoch(weights)
        loss = validate(weights)
        if best is None or loss < best[0]:
            return go(epoch + 1, (loss, epoch, torch.clone(weights)), losses + [loss], 0)
        return go(epoch + 1, best, losses + [loss], bad + 1)
    return go(0, None, [], 0)


@mistake("early_stopping", hint="The copy is made before the epoch's training: it holds the weights of the epoch before.")
def copies_before_training(train_epoch, validate, weights, patience, max_epochs):
    best, best_epoch, best_weights, bad, losses = (float('inf'), -1, None, 0, [])
    for epoch in range(max_epochs):
        snapshot = weights.clone()
        train_epoch(weights)
        losses.append(validate(weights))
        if losses[-1] < best:
            best, best_epoch, best_weights, bad = (losses[-1], epoch, snapshot, 0)
        else:
            bad += 1
            if bad == patience:
                break
    return (best_weights, best_epoch, losses)


@mistake("early_stopping", hint="The loss of the epoch that ends the training is missing in the list.")
def last_loss_not_noted(train_epoch, validate, weights, patience, max_epochs):
    best, best_epoch, best_weights, bad, losses = (float('inf'), -1, None, 0, [])
    for epoch in range(max_epochs):
        train_epoch(weights)
        loss = validate(weights)
        if loss < best:
            best, best_epoch, best_weights, bad = (loss, epoch, weights.clone(), 0)
        else:
            bad += 1
            if bad == patience:
                break
        losses.append(loss)
    return (best_weights, best_epoch, losses)


@mistake("early_stopping", hint="The list holds the best loss so far: it should hold each epoch's own.")
def notes_the_best_so_far(train_epoch, validate, weights, patience, max_epochs):
    best, best_epoch, best_weights, bad, losses = (float('inf'), -1, None, 0, [])
    for epoch in range(max_epochs):
        train_epoch(weights)
        loss = validate(weights)
        if loss < best:
            best, best_epoch, best_weights, bad = (loss, epoch, weights.clone(), 0)
        else:
            bad += 1
        losses.append(best)
        if bad == patience:
            break
    return (best_weights, best_epoch, losses)


@mistake("early_stopping", hint="The training goes on after max_epochs.")
def max_epochs_ignored(train_epoch, validate, weights, patience, max_epochs):
    best, best_epoch, best_weights, bad, losses = (float('inf'), -1, None, 0, [])
    while bad < patience and len(losses) < 10 * max_epochs:
        train_epoch(weights)
        losses.append(validate(weights))
        if losses[-1] < best:
            best, best_epoch, best_weights, bad = (losses[-1], len(losses) - 1, weights.clone(), 0)
        else:
            bad += 1
    return (best_weights, best_epoch, losses)


@mistake("early_stopping", hint="The best loss starts at a number, and losses may be larger: the first epoch is always the best so far.")
def starts_at_a_thousand(train_epoch, validate, weights, patience, max_epochs):
    best, best_epoch, best_weights, bad, losses = (1000.0, 0, weights.clone(), 0, [])
    for epoch in range(max_epochs):
        train_epoch(weights)
        losses.append(validate(weights))
        if losses[-1] < best:
            best, best_epoch, best_weights, bad = (losses[-1], epoch, weights.clone(), 0)
        else:
            bad += 1
            if bad == patience:
                break
    return (best_weights, best_epoch, losses)


@mistake("early_stopping", hint="The loss is taken before the epoch's training: train first.")
def validates_and_then_trains(train_epoch, validate, weights, patience, max_epochs):
    best, best_epoch, best_weights, bad, losses = (float('inf'), -1, None, 0, [])
    for epoch in range(max_epochs):
        losses.append(validate(weights))
        if losses[-1] < best:
            best, best_epoch, best_weights, bad = (losses[-1], epoch, weights.clone(), 0)
        else:
            bad += 1
            if bad == patience:
                break
        train_epoch(weights)
    return (best_weights, best_epoch, losses)


@mistake("early_stopping", hint="validate is called twice in an epoch: call it once, and keep the answer.")
def validates_twice(train_epoch, validate, weights, patience, max_epochs):
    best, best_epoch, best_weights, bad, losses = (float('inf'), -1, None, 0, [])
    for epoch in range(max_epochs):
        train_epoch(weights)
        losses.append(validate(weights))
        if validate(weights) < best:
            best, best_epoch, best_weights, bad = (losses[-1], epoch, weights.clone(), 0)
        else:
            bad += 1
            if bad == patience:
                break
    return (best_weights, best_epoch, losses)


@mistake("early_stopping", hint="The best weights are written into the caller's: those stay as the last epoch left them.")
def puts_the_best_back(train_epoch, validate, weights, patience, max_epochs):
    best, best_epoch, best_weights, bad, losses = (float('inf'), -1, None, 0, [])
    for epoch in range(max_epochs):
        train_epoch(weights)
        losses.append(validate(weights))
        if losses[-1] < best:
            best, best_epoch, best_weights, bad = (losses[-1], epoch, weights.clone(), 0)
        else:
            bad += 1
            if bad == patience:
                break
    weights.copy_(best_weights)
    return (best_weights, best_epoch, losses)
