"""What students write in linear: mistakes with the hint each deserves, and other right answers."""

import math
from collections import namedtuple

import torch
from torch.nn import functional as F

from autograder.authoring import mistake, right

# predict_linear


@mistake("predict_linear", edit={"=1": "=0"}, hint="The labels are looked for along the images. Each image needs one label: along which dimension do the classes lie?")
def argmax_over_the_images(): ...


@mistake("predict_linear", edit={"argmax": "argmin"}, hint="This is the place of the lowest score. A high score speaks for a class.")
def lowest_score(): ...


@mistake("predict_linear", edit={"argmax(dim=1)": "max(dim=1).values"}, hint="The second value is the highest score itself. The label is its place in the row, an int64.")
def value_for_place(): ...


@mistake("predict_linear", edit={"x @ weights": "(x @ weights).softmax(dim=1)"}, hint="These scores went through a softmax. The label is the same, but scores are what the multiplication gives.")
def probabilities_for_scores(): ...


@mistake("predict_linear", edit={", scores.argmax(dim=1)": ".argmax(dim=1), scores"}, hint="Labels and scores stand in the wrong order: scores come first.")
def wrong_order(): ...


@mistake("predict_linear", edit={"=1": "=1, keepdim=True"}, hint="The labels have the shape (N, 1). One number for each image is wanted, shape (N,).")
def keeps_the_dimension(): ...


@mistake("predict_linear", edit={"argmax": "shape[1] - 1 - scores.flip(1).argmax"}, hint="When several classes share the highest score, this takes the last of them. The smallest label should win.")
def last_of_equals(): ...


@mistake("predict_linear", edit={"x @ weights": "weights.T @ x.T", "=1": "=0"}, hint="The scores come out as (C, N). Images go down the rows: x @ weights.")
def scores_lie_on_their_side(): ...


@mistake("predict_linear", edit={"scores = x @ weights\n    return scores, scores.argmax(dim=1)": "return (x @ weights).argmax(dim=1)"}, hint="Only the labels came. The exercise asks for the scores as well: return scores, labels.")
def labels_alone(): ...


@mistake("predict_linear", edit={"@ weights": "@ (weights / weights.norm(dim=0, keepdim=True))"}, hint="The templates were scaled to length 1 first. A template's length is part of what was learned: use the weights as they are.")
def templates_of_length_one(): ...


@mistake(
    "predict_linear",
    hint="The exponentials of large scores are infinite, and those of low ones 0: compare the scores themselves.",
)
def labels_from_exponentials(weights, x):
    scores = x @ weights
    exponentials = scores.exp()
    return scores, (exponentials / exponentials.sum(dim=1, keepdim=True)).argmax(dim=1)


@mistake("predict_linear", edit={"scores.argmax(dim=1)": "scores.abs().argmax(dim=1)"}, hint="The score farthest from 0 wins. A score of −5 says that it is *not* this class: the highest wins.")
def farthest_from_zero(): ...


@mistake("predict_linear", edit={"scores = x @ weights\n": "scores = x @ weights\n    scores = scores - scores.max(dim=1, keepdim=True).values\n"}, hint="The largest score is taken away from each row. The scores are asked for as the multiplication gives them.")
def scores_shifted(): ...


@mistake("predict_linear", edit={"scores = x @ weights\n": "scores = x[:, :-1] @ weights[:-1]\n"}, hint="The last row of the weights and the last column of x are left out. They hold the bias, and it counts.")
def without_the_bias_row(): ...


@mistake("predict_linear", edit={"scores.argmax(dim=1)": "scores.round(decimals=4).argmax(dim=1)"}, hint="The scores are rounded before the highest is looked for, so that close ones become equal. Compare them as they are.")
def labels_of_rounded_scores(): ...


@mistake("predict_linear", edit={"scores.argmax(dim=1)": "scores.clamp(min=0).argmax(dim=1)"}, hint="A score below 0 never wins, also where all are below 0. The highest wins, whatever its sign.")
def no_score_below_zero(): ...


@mistake("predict_linear", edit={"(dim=1)": "()"}, hint="Without an axis, argmax looks through the whole table and gives one number. Each image needs its own label.")
def one_label_for_the_batch(): ...


@mistake("predict_linear", edit={"x @ weights": "x @ weights.reshape(-1, weights.shape[0]).T"}, hint="reshape reads the numbers in the order of memory: it doesn't turn a table on its side. The weights are (D, C) already.")
def weights_reshaped(): ...


@mistake("predict_linear", edit={"x @ weights": "weights @ x"}, hint="In a product of matrices the inner sizes meet: (N, D) and then (D, C). x comes first.")
def weights_stand_first(): ...


@mistake("predict_linear", edit={"x @ weights": "torch.cat([x, torch.ones_like(x[:, :1])], dim=1) @ weights"}, hint="A column of ones is added to x. It is there already, where a bias is wanted.")
def a_column_of_ones_too_many(): ...


@right("predict_linear")
def predicted_by_einsum(weights, x):
    scores = torch.einsum("nd,dc->nc", x, weights)
    return scores, torch.argmax(scores, -1)


Prediction = namedtuple("Prediction", ["scores", "labels"])


@right("predict_linear")
def predicted_with_names(weights, x):
    scores = x @ weights
    return Prediction(scores, scores.argmax(dim=1))


@right("predict_linear")
def predicted_image_by_image(weights, x):
    scores = torch.stack([image @ weights for image in x])
    labels = []
    for row in scores.tolist():
        labels.append(row.index(max(row)))
    return scores, torch.tensor(labels, device=x.device)


@right("predict_linear")
def predicted_by_f_linear(weights, x):
    scores = F.linear(x, weights.T)
    return scores, scores.max(dim=1).indices


# svm_loss_naive


def _hinge_sum(weights, x, y, margin=1.0, power=1, sign=1.0, with_true_class=False):
    scores = x @ weights
    margins = (sign * (scores - scores.gather(1, y[:, None])) + margin).clamp(min=0) ** power
    if not with_true_class:
        margins = margins.scatter(1, y[:, None], 0.0)
    return margins


@mistake("svm_loss_naive", hint="The sum runs over the true class as well, which adds 1 for every image. It runs over the wrong classes only.")
def counts_the_true_class(weights, x, y, reg):
    return _hinge_sum(weights, x, y, with_true_class=True).sum() / len(y) + reg * (weights**2).sum()


@mistake("svm_loss_naive", hint="The images' losses are added up. Divide by the number of images: the loss of a batch is a mean.")
def sum_over_the_images(weights, x, y, reg):
    return _hinge_sum(weights, x, y).sum() + reg * (weights**2).sum()


@mistake("svm_loss_naive", hint="The sum over the wrong classes was averaged too. Divide by the number of images and by nothing else.")
def mean_over_the_classes(weights, x, y, reg):
    return _hinge_sum(weights, x, y).sum() / len(y) / (weights.shape[1] - 1) + reg * (weights**2).sum()


@mistake("svm_loss_naive", hint="The penalty has a factor of 1/2. In this course it is reg times the sum of squares, with none.")
def half_the_penalty(weights, x, y, reg):
    return _hinge_sum(weights, x, y).sum() / len(y) + 0.5 * reg * (weights**2).sum()


@mistake("svm_loss_naive", hint="The penalty is missing: add reg times the sum of all squared weights.")
def no_penalty(weights, x, y, reg):
    return _hinge_sum(weights, x, y).sum() / len(y)


@mistake("svm_loss_naive", hint="The penalty was divided by the number of images. It belongs to the weights, not to the images: add it after the mean.")
def penalty_inside_the_mean(weights, x, y, reg):
    return (_hinge_sum(weights, x, y).sum() + reg * (weights**2).sum()) / len(y)


@mistake("svm_loss_naive", hint="The penalty was added once for every image, inside the loop. It is added once, after the mean.")
def penalty_for_every_image(weights, x, y, reg):
    return (_hinge_sum(weights, x, y).sum() / len(y)) + len(y) * reg * (weights**2).sum()


@mistake("svm_loss_naive", hint="The difference is the wrong way round: a wrong class costs more the higher ITS score is.")
def difference_the_wrong_way_round(weights, x, y, reg):
    return _hinge_sum(weights, x, y, sign=-1.0).sum() / len(y) + reg * (weights**2).sum()


@mistake("svm_loss_naive", hint="The true class should lead by at least 1: the 1 is missing from the margin.")
def no_margin(weights, x, y, reg):
    return _hinge_sum(weights, x, y, margin=0.0).sum() / len(y) + reg * (weights**2).sum()


@mistake("svm_loss_naive", hint="The 1 is subtracted where it should be added: a class within 1 of the true one must already cost something.")
def margin_of_minus_one(weights, x, y, reg):
    return _hinge_sum(weights, x, y, margin=-1.0).sum() / len(y) + reg * (weights**2).sum()


@mistake("svm_loss_naive", hint="The margins are squared. That is another loss; here they are added up as they are.")
def squared_margins(weights, x, y, reg):
    return _hinge_sum(weights, x, y, power=2).sum() / len(y) + reg * (weights**2).sum()


@mistake("svm_loss_naive", hint="Only the worst wrong class of each image is charged. The sum runs over all wrong classes that come too close.")
def worst_class_only(weights, x, y, reg):
    return _hinge_sum(weights, x, y).max(dim=1).values.sum() / len(y) + reg * (weights**2).sum()


@mistake("svm_loss_naive", hint="The penalty adds up absolute weights. It is the sum of their squares.")
def absolute_penalty(weights, x, y, reg):
    return _hinge_sum(weights, x, y).sum() / len(y) + reg * weights.abs().sum()


@mistake("svm_loss_naive", hint="The penalty is the norm of the weights, which has a root. Take the sum of squares without it.")
def norm_as_penalty(weights, x, y, reg):
    return _hinge_sum(weights, x, y).sum() / len(y) + reg * weights.norm()


@mistake("svm_loss_naive", hint="The penalty leaves out the last row of the weights. Here the row of biases counts like any other.")
def biases_are_free(weights, x, y, reg):
    return _hinge_sum(weights, x, y).sum() / len(y) + reg * (weights[:-1] ** 2).sum()


@mistake("svm_loss_naive", hint="Negative margins were added as well, so a comfortable lead is paid back. Each term is at least 0.")
def no_max(weights, x, y, reg):
    scores = x @ weights
    margins = (scores - scores.gather(1, y[:, None]) + 1).scatter(1, y[:, None], 0.0)
    return margins.sum() / len(y) + reg * (weights**2).sum()


@mistake(
    "svm_loss_naive",
    hint="Where every margin is met and reg is 0, the loss is still a Python number. Start from a tensor like x.",
)
def number_where_nothing_is_lost(weights, x, y, reg):
    total = 0.0
    for image, label in zip(x, y):
        scores = image @ weights
        for j in range(len(scores)):
            if j != label and scores[j] - scores[label] + 1 > 0:
                total += scores[j] - scores[label] + 1
    loss = total / len(x)
    return loss + reg * (weights**2).sum() if reg else loss


@mistake("svm_loss_naive", hint="The loss came as a Python number. It should stay a tensor of shape (), so that it keeps its dtype and device: leave out .item().")
def loss_as_a_number(weights, x, y, reg):
    return (_hinge_sum(weights, x, y).sum() / len(y) + reg * (weights**2).sum()).item()


@mistake("svm_loss_naive", edit={"            if j != y[i]:\n                loss": "            if j == y[i]:\n                break\n            else:\n                loss"}, hint="The loop ends at the true class, and the classes after it are forgotten: `continue` skips one, `break` all the rest.")
def ends_at_the_true_class(): ...


@mistake("svm_loss_naive", edit={"x.shape[0], weights.shape[1]": "x.shape[0], int(y.max()) + 1"}, hint="The number of classes is taken from the labels of this batch. A class that no image has is wrong for all of them: count the columns of the weights.")
def classes_up_to_the_largest_label(): ...


@mistake("svm_loss_naive", edit={"range(num_classes)": "range(num_classes - 1)"}, hint="The loop over the classes ends one too early: range(n) leaves out n already.")
def the_last_class_is_left_out(): ...


@mistake("svm_loss_naive", edit={"if j != y[i]": "if scores[j] != scores[y[i]]"}, hint="Classes are skipped by their score. A wrong class whose score equals the true one's pays 1: compare the numbers of the classes.")
def equal_scores_are_skipped(): ...


@right("svm_loss_naive")
def with_an_if(weights, x, y, reg):
    total = 0.0
    for image, label in zip(x, y.tolist()):
        scores = image @ weights
        for j, score in enumerate(scores):
            margin = score - scores[label] + 1
            if j == label or margin <= 0:
                continue
            total += margin
    total = total / len(x)
    for row in weights:
        for w in row:
            total += reg * w * w
    return total.to(x.dtype)


@right("svm_loss_naive")
def without_a_loop(weights, x, y, reg):
    scores = x.mm(weights)
    margins = torch.relu(scores - scores[torch.arange(len(y), device=x.device), y].unsqueeze(1) + 1)
    return (margins.sum(1) - 1).mean() + reg * weights.square().sum()


@right("svm_loss_naive")
def image_by_image(weights, x, y, reg):
    losses = []
    for i in range(x.size(0)):
        s = torch.matmul(weights.T, x[i])
        m = torch.maximum(torch.zeros_like(s), s - s[y[i]] + 1.0)
        losses.append(m.sum() - m[y[i]])
    return torch.stack(losses).mean() + reg * torch.sum(weights * weights)


@right("svm_loss_naive")
def in_plain_numbers(weights, x, y, reg):
    w, rows = weights.tolist(), x.tolist()
    total = 0.0
    for row, label in zip(rows, y.tolist()):
        scores = [sum(row[d] * w[d][c] for d in range(len(row))) for c in range(len(w[0]))]
        total += sum(max(0.0, s - scores[label] + 1) for c, s in enumerate(scores) if c != label)
    penalty = reg * sum(value**2 for line in w for value in line)
    return torch.tensor(total / len(rows) + penalty, dtype=x.dtype, device=x.device)


# svm_loss


def _svm(weights, x, y, reg, table=None, n=None, penalty=2.0, loss=None):
    """Return loss and gradient, with one part of the gradient replaced."""
    margins = _hinge_sum(weights, x, y)
    right_loss = margins.sum() / len(y) + reg * (weights**2).sum()
    close = (margins > 0).to(x.dtype)
    if table is None:
        table = close.scatter(1, y[:, None], -close.sum(1, keepdim=True))
    gradient = x.T @ table / (len(y) if n is None else n) + penalty * reg * weights
    return (right_loss if loss is None else loss), gradient


@mistake("svm_loss", hint="The gradient has nothing in the column of the true class. Each class that comes too close pushes the true column the other way.")
def gradient_without_the_true_class(weights, x, y, reg):
    return _svm(weights, x, y, reg, table=(_hinge_sum(weights, x, y) > 0).to(x.dtype))


@mistake("svm_loss", hint="The true class's column gets -1 whatever happens. It gets minus the NUMBER of classes that come too close, which may be 0.")
def minus_one_for_the_true_class(weights, x, y, reg):
    close = (_hinge_sum(weights, x, y) > 0).to(x.dtype)
    return _svm(weights, x, y, reg, table=close.scatter(1, y[:, None], -1.0))


@mistake("svm_loss", hint="The gradient is a sum over the images, while the loss is a mean: divide the gradient by the number of images as well.")
def gradient_is_a_sum(weights, x, y, reg):
    return _svm(weights, x, y, reg, n=1)


@mistake("svm_loss", hint="The derivative of the square is missing its 2: the penalty adds 2 * reg * weights to the gradient.")
def penalty_without_its_two(weights, x, y, reg):
    return _svm(weights, x, y, reg, penalty=1.0)


@mistake("svm_loss", hint="The penalty is in the loss and not in the gradient. What does it add when a weight grows?")
def gradient_without_the_penalty(weights, x, y, reg):
    return _svm(weights, x, y, reg, penalty=0.0)


@mistake("svm_loss", hint="The table holds the margins themselves. The slope of a hinge is 1 or 0, however large the margin is.")
def margins_for_signs(weights, x, y, reg):
    margins = _hinge_sum(weights, x, y)
    return _svm(weights, x, y, reg, table=margins.scatter(1, y[:, None], -margins.sum(1, keepdim=True)))


@mistake("svm_loss", hint="The gradient has the wrong sign: it points downhill. It must say how the loss changes when a weight GROWS.")
def gradient_points_downhill(weights, x, y, reg):
    loss, gradient = _svm(weights, x, y, reg)
    return loss, -gradient


@mistake("svm_loss", hint="The true class's own entry is counted as well: it adds 1 to every image's loss and one to its count. Set it to 0 first.")
def true_class_left_in(weights, x, y, reg):
    margins = _hinge_sum(weights, x, y, with_true_class=True)
    close = (margins > 0).to(x.dtype)
    table = close.scatter(1, y[:, None], -close.sum(1, keepdim=True))
    return _svm(weights, x, y, reg, table=table, loss=margins.sum() / len(y) + reg * (weights**2).sum())


@mistake("svm_loss", hint="The loss is right for the gradient, but it includes 1 for each true class. Leave j = y out of the sum.")
def loss_with_the_true_class(weights, x, y, reg):
    return _svm(weights, x, y, reg, loss=_hinge_sum(weights, x, y, with_true_class=True).sum() / len(y) + reg * (weights**2).sum())


@mistake("svm_loss", hint="Loss and gradient are sums over the images. Both are means: divide by the number of images.")
def both_are_sums(weights, x, y, reg):
    return _svm(weights, x, y, reg, n=1, loss=_hinge_sum(weights, x, y).sum() + reg * (weights**2).sum())


@mistake("svm_loss", hint="A margin of exactly 0 counts as met, so it adds nothing to the gradient: above 0, not at least 0.")
def margin_of_zero_counts(weights, x, y, reg):
    scores = x @ weights
    close = (scores - scores.gather(1, y[:, None]) + 1 >= 0).to(x.dtype).scatter(1, y[:, None], 0.0)
    return _svm(weights, x, y, reg, table=close.scatter(1, y[:, None], -close.sum(1, keepdim=True)))


@mistake("svm_loss", hint="The penalty has a factor of 1/2, and so its gradient lacks the 2. In this course it is reg times the sum of squares.")
def half_penalty_in_both(weights, x, y, reg):
    loss = _hinge_sum(weights, x, y).sum() / len(y) + 0.5 * reg * (weights**2).sum()
    return _svm(weights, x, y, reg, penalty=1.0, loss=loss)


@mistake("svm_loss", hint="The gradient is (C, D): it has the shape of the weights, (D, C). Which side does x.T stand on?")
def gradient_lies_on_its_side(weights, x, y, reg):
    loss, gradient = _svm(weights, x, y, reg)
    return loss, gradient.T


@mistake("svm_loss", hint="This loops in Python over the images. Work on the whole table of margins at once.")
def gradient_with_a_loop(weights, x, y, reg):
    loss, gradient = 0.0, torch.zeros_like(weights)
    for i in range(len(y)):
        scores = x[i] @ weights
        close = scores - scores[y[i]] + 1 > 0
        close[y[i]] = False
        loss = loss + (scores - scores[y[i]] + 1)[close].sum()
        gradient[:, close] += x[i][:, None]
        gradient[:, y[i]] -= close.sum() * x[i]
    return loss / len(y) + reg * (weights**2).sum(), gradient / len(y) + 2 * reg * weights


@mistake("svm_loss", hint="The gradient came from autograd. Work it out by hand, that is the exercise.")
def gradient_by_autograd(weights, x, y, reg):
    weights = weights.detach().clone().requires_grad_()
    scores = x @ weights
    margins = (scores - scores.gather(1, y[:, None]) + 1).relu().scatter(1, y[:, None], 0.0)
    loss = margins.sum() / len(y) + reg * (weights**2).sum()
    loss.backward()
    return loss.detach(), weights.grad


@mistake("svm_loss", edit={".scatter(1, true_class, 0.0)": ".index_fill(1, y, 0.0)"}, hint="margins[:, y] takes whole columns. Each row has one true class: pair row numbers with labels.")
def whole_columns_zeroed(): ...


@mistake("svm_loss", edit={"margins.sum() / num_images": "margins.mean()"}, hint="The loss is divided by the number of classes as well: the mean is over the images, and the classes add up.")
def mean_over_the_table(): ...


@mistake("svm_loss", edit={"margins > 0": "margins > 1e-3"}, hint="Margins just above 0 are left out of the gradient. Every margin above 0 pulls in full, however small it is.")
def close_margins_do_not_count(): ...


@mistake("svm_loss", edit={"num_images = x.shape[0]": "num_images = ((x @ weights - (x @ weights).gather(1, y[:, None]) + 1 > 0).sum() - x.shape[0]).clamp(min=1)"}, hint="The sum is divided by the number of margins that are broken. The mean is over the images, those without a loss too.")
def mean_over_the_violations(): ...


@mistake("svm_loss", edit={".scatter(1, true_class, 0.0)\n    )": ".scatter(1, true_class, 0.0)\n    )\n    margins = margins * (margins == margins.max(dim=1, keepdim=True).values)"}, hint="Only the worst wrong class of each image is charged. The sum runs over all wrong classes that come too close.")
def worst_class_alone(): ...


@mistake("svm_loss", edit={"+ 2 * reg * weights\n": "+ 2 * reg * torch.cat([weights[:-1], torch.zeros_like(weights[-1:])])\n"}, hint="The penalty's gradient leaves out the last row. In the loss the row of biases is penalised, so its gradient has it too.")
def the_bias_row_is_not_pulled(): ...


@mistake("svm_loss", edit={"-too_close.sum(dim=1, keepdim=True)": "-(too_close.sum(dim=1, keepdim=True) > 0).to(x.dtype)"}, hint="The true class's column is pulled once for each image. Every class that comes too close pulls it: count them.")
def true_column_moves_once(): ...


@mistake("svm_loss", edit={"    num_images = x.shape[0]\n": "    num_images = x.shape[0]\n    worst = (x @ weights).scatter(1, y[:, None], -torch.inf).argmax(dim=1, keepdim=True)\n", "        .scatter(1, true_class, 0.0)\n": "        .mul(torch.zeros_like(scores).scatter(1, worst, 1.0))\n"}, hint="Only the worst wrong class of each image is charged. The sum runs over all wrong classes that come too close.")
def crammer_singer(): ...


@mistake("svm_loss", edit={"    loss = margins.sum()": "    margins = torch.where(margins == 1, torch.zeros_like(margins), margins)\n    loss = margins.sum()"}, hint="Margins are removed by their value. A wrong class that ties with the true one has a margin of 1 as well: go by the class, not by the value.")
def margins_of_one_are_removed(): ...


@right("svm_loss")
def indexed_svm(weights, x, y, reg):
    n = x.size(0)
    rows = torch.arange(n, device=x.device)
    scores = x.mm(weights)
    margins = torch.clamp(scores - scores[rows, y].view(-1, 1) + 1.0, min=0.0)
    margins[rows, y] = 0
    loss = margins.sum() / n + reg * torch.sum(weights * weights)
    mask = torch.zeros_like(scores)
    mask[margins > 0] = 1
    mask[rows, y] -= mask.sum(dim=1)
    grad = x.t().mm(mask) / n + 2 * reg * weights
    return loss, grad


@right("svm_loss")
def svm_by_one_hot(weights, x, y, reg):
    truth = torch.nn.functional.one_hot(y, weights.shape[1]).to(x.dtype)
    scores = torch.einsum("nd,dc->nc", x, weights)
    margins = torch.relu(scores - (scores * truth).sum(1, keepdim=True) + 1) * (1 - truth)
    signs = torch.sign(margins)
    signs = signs - truth * signs.sum(1, keepdim=True)
    gradient = torch.einsum("nd,nc->dc", x, signs) / x.shape[0]
    return margins.sum(1).mean() + reg * weights.square().sum(), gradient + reg * weights + reg * weights


@right("svm_loss")
def svm_with_where(weights, x, y, reg):
    scores = (weights.T @ x.T).T
    wrong = torch.arange(weights.shape[1], device=x.device)[None] != y[:, None]
    margins = scores - torch.take_along_dim(scores, y[:, None], 1) + 1
    active = wrong & (margins > 0)
    loss = torch.where(active, margins, torch.zeros_like(margins)).sum(1).mean(0) + reg * torch.sum(weights**2)
    pull = torch.where(wrong, active.to(x), -active.to(x).sum(1, keepdim=True))
    return loss, torch.matmul(x.T, pull).div(len(x)).add(weights, alpha=2 * reg)


# softmax_loss_naive


def _probabilities(weights, x):
    return (x @ weights).softmax(dim=1)


def _true(table, y):
    return table.gather(1, y[:, None])[:, 0]


@mistake("softmax_loss_naive", hint="The minus is missing: the logarithm of a probability is at most 0, and a loss is at least 0.")
def no_minus(weights, x, y, reg):
    return _true(_probabilities(weights, x), y).log().mean() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="The images' losses are added up. Divide by the number of images: the loss of a batch is a mean.")
def sum_of_surprises(weights, x, y, reg):
    return -_true(_probabilities(weights, x), y).log().sum() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="This is 1 minus the probability of the true class. The loss is minus its logarithm.")
def no_logarithm(weights, x, y, reg):
    return (1 - _true(_probabilities(weights, x), y)).mean() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="The logarithm has base 2. In this course logarithms are natural ones.")
def base_two(weights, x, y, reg):
    return -_true(_probabilities(weights, x), y).log2().mean() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="The logarithm has base 10. In this course logarithms are natural ones.")
def base_ten(weights, x, y, reg):
    return -_true(_probabilities(weights, x), y).log10().mean() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="The exponentials were not divided by their sum, so they are no probabilities yet.")
def no_division(weights, x, y, reg):
    return -_true((x @ weights).exp(), y).log().mean() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="The scores were divided by their sum without the exponential. Scores may be negative; their exponentials can't.")
def no_exponential(weights, x, y, reg):
    scores = x @ weights
    return -_true(scores / scores.sum(dim=1, keepdim=True), y).log().mean() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="The sum below the fraction leaves out the true class. It runs over all classes, the true one too.")
def true_class_not_in_the_sum(weights, x, y, reg):
    exponentials = (x @ weights).exp()
    true = _true(exponentials, y)
    return -(true / (exponentials.sum(dim=1) - true)).log().mean() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="This takes the logarithm of every class's probability. Only the true class's counts.")
def all_classes(weights, x, y, reg):
    return -_probabilities(weights, x).log().sum(dim=1).mean() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="This takes the highest probability. Take the true class's, also where the model prefers another.")
def favourite_class(weights, x, y, reg):
    return -_probabilities(weights, x).max(dim=1).values.log().mean() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="The exponentials are divided by the sum over the images. The probabilities of one IMAGE add up to 1.")
def softmax_over_the_images(weights, x, y, reg):
    return -_true((x @ weights).softmax(dim=0), y).log().mean() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="The penalty has a factor of 1/2. In this course it is reg times the sum of squares, with none.")
def half_the_penalty_of_softmax(weights, x, y, reg):
    return -_true(_probabilities(weights, x), y).log().mean() + 0.5 * reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="The penalty is missing: add reg times the sum of all squared weights.")
def softmax_without_penalty(weights, x, y, reg):
    return -_true(_probabilities(weights, x), y).log().mean()


@mistake("softmax_loss_naive", hint="The penalty was divided by the number of images. Add it after the mean.")
def softmax_penalty_inside_the_mean(weights, x, y, reg):
    return (-_true(_probabilities(weights, x), y).log().sum() + reg * (weights**2).sum()) / len(y)


@mistake("softmax_loss_naive", hint="The mean of the probabilities was taken before the logarithm. Each image has its own logarithm, and those are averaged.")
def logarithm_of_the_mean(weights, x, y, reg):
    return -_true(_probabilities(weights, x), y).mean().log() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", hint="The loss came as a Python number. It should stay a tensor of shape (), so that it keeps its dtype and device: leave out .item().")
def surprise_as_a_number(weights, x, y, reg):
    return (-_true(_probabilities(weights, x), y).log().mean() + reg * (weights**2).sum()).item()


@mistake("softmax_loss_naive", hint="This is torch's own cross-entropy. Write the formula yourself, that is the exercise.")
def cross_entropy_of_torch(weights, x, y, reg):
    return F.cross_entropy(x @ weights, y) + reg * (weights**2).sum()


@mistake(
    "softmax_loss_naive",
    hint="A small number is added inside the logarithm. It cuts short the loss of an image that is far off.",
)
def small_number_in_the_naive_logarithm(weights, x, y, reg):
    return -(_true(_probabilities(weights, x), y) + 1e-8).log().mean() + reg * (weights**2).sum()


@mistake("softmax_loss_naive", edit={"    return loss / x.shape[0] + reg * (weights**2).sum()": "    return loss / x.shape[0] + x.shape[0] * reg * (weights**2).sum()"}, hint="The penalty is added once for every image. It belongs to the weights: add it once, after the mean.")
def softmax_penalty_for_every_image(): ...


@mistake("softmax_loss_naive", edit={"- (exponentials[y[i]] / exponentials.sum()).log()": "- (exponentials[y[i]] / exponentials.sum()).log() - sum((1 - exponentials[j] / exponentials.sum()).log() for j in range(len(exponentials)) if j != y[i])"}, hint="The wrong classes are charged too, by −ln(1 − p). The softmax loss looks at the true class's probability alone.")
def wrong_classes_charged(): ...


@mistake("softmax_loss_naive", edit={"(exponentials[y[i]] / exponentials.sum())": "((exponentials / exponentials.sum()).exp()[y[i]] / (exponentials / exponentials.sum()).exp().sum())"}, hint="The probabilities go through a softmax once more. They add up to 1 as they are: take the logarithm of the true one.")
def softmax_twice(): ...


@mistake("softmax_loss_naive", edit={"(x[i] @ weights).exp()": "(x[i] @ weights).clamp(-10, 10).exp()"}, hint="The scores are cut off before the exponential. An image that is far off then costs too little.")
def naive_scores_clamped(): ...


@mistake("softmax_loss_naive", edit={"range(x.shape[0])": "range(1, x.shape[0])"}, hint="The loop starts at 1, so that the first image pays nothing. Numbers start at 0.")
def the_first_image_is_left_out(): ...


@right("softmax_loss_naive")
def with_two_loops(weights, x, y, reg):
    total = 0
    for i in range(len(x)):
        scores = x[i] @ weights
        denominator = 0
        for s in scores:
            denominator = denominator + torch.exp(s)
        total = total + torch.log(denominator) - scores[y[i]]
    return total / len(x) + reg * torch.sum(weights * weights)


@right("softmax_loss_naive")
def shifted_image_by_image(weights, x, y, reg):
    losses = []
    for row, label in zip(x, y):
        s = row @ weights
        s = s - s.max()
        p = torch.exp(s) / torch.exp(s).sum()
        losses.append(-p[label].log())
    return sum(losses) / len(losses) + reg * weights.pow(2).sum()


@right("softmax_loss_naive")
def softmax_in_plain_numbers(weights, x, y, reg):
    total = 0.0
    for i, label in enumerate(y.tolist()):
        exponentials = [math.exp(s) for s in (x[i] @ weights).tolist()]
        total -= math.log(exponentials[label] / sum(exponentials))
    return torch.tensor(total / len(y) + reg * float((weights.double() ** 2).sum()), dtype=x.dtype, device=x.device)


# softmax_loss


def _softmax(weights, x, y, reg, n=None, penalty=2.0, truth=1.0, loss=None):
    """Return loss and gradient, with one part replaced."""
    log_p = (x @ weights).log_softmax(dim=1)
    right_loss = -_true(log_p, y).mean() + reg * (weights**2).sum()
    table = log_p.exp() - truth * F.one_hot(y, weights.shape[1]).to(x.dtype)
    gradient = x.T @ table / (len(y) if n is None else n) + penalty * reg * weights
    return (right_loss if loss is None else loss), gradient


def _from_probabilities(weights, x, y, reg, p, log):
    table = p - F.one_hot(y, weights.shape[1]).to(x.dtype)
    return -log(_true(p, y)).mean() + reg * (weights**2).sum(), x.T @ table / len(y) + 2 * reg * weights


@mistake("softmax_loss", hint="Large scores overflow: exp of more than 88 is infinity in float32. Shift each row by its own maximum first.")
def no_shift(weights, x, y, reg):
    exponentials = (x @ weights).exp()
    return _from_probabilities(weights, x, y, reg, exponentials / exponentials.sum(1, keepdim=True), torch.log)


@mistake("softmax_loss", hint="All rows are shifted by the maximum of the whole batch, so a row far below it vanishes. Each row needs its own maximum.")
def one_shift_for_the_batch(weights, x, y, reg):
    scores = x @ weights
    exponentials = (scores - scores.max()).exp()
    return _from_probabilities(weights, x, y, reg, exponentials / exponentials.sum(1, keepdim=True), torch.log)


@mistake(
    "softmax_loss",
    hint="Each row is shifted by its largest SIZE, which pushes low scores further down. Take the largest score.",
)
def shifted_by_the_largest_size(weights, x, y, reg):
    scores = x @ weights
    shifted = scores - scores.abs().max(dim=1, keepdim=True).values
    total = shifted.exp().sum(1, keepdim=True)
    loss = -_true(shifted - total.log(), y).mean() + reg * (weights**2).sum()
    table = shifted.exp() / total - F.one_hot(y, weights.shape[1]).to(x.dtype)
    return loss, x.T @ table / len(y) + 2 * reg * weights


@mistake("softmax_loss", hint="The shift is right, but a probability that rounds to 0 has the logarithm minus infinity. Take the logarithm on paper: log of the sum, less the true score.")
def logarithm_of_zero(weights, x, y, reg):
    scores = x @ weights
    exponentials = (scores - scores.max(dim=1, keepdim=True).values).exp()
    return _from_probabilities(weights, x, y, reg, exponentials / exponentials.sum(1, keepdim=True), torch.log)


@mistake("softmax_loss", hint="A small number is added inside the logarithm. That hides infinity and cuts every large loss short; take the logarithm on paper and nothing needs hiding.")
def small_number_in_the_logarithm(weights, x, y, reg):
    scores = x @ weights
    exponentials = (scores - scores.max(dim=1, keepdim=True).values).exp()
    return _from_probabilities(weights, x, y, reg, exponentials / exponentials.sum(1, keepdim=True), lambda p: (p + 1e-8).log())


@mistake("softmax_loss", hint="The probabilities are cut off at a smallest value, so a large loss comes out too small.")
def clamped_probabilities(weights, x, y, reg):
    scores = x @ weights
    exponentials = (scores - scores.max(dim=1, keepdim=True).values).exp()
    return _from_probabilities(weights, x, y, reg, exponentials / exponentials.sum(1, keepdim=True), lambda p: p.clamp(min=1e-12).log())


@mistake("softmax_loss", hint="The true class's 1 was not taken away: the gradient of the scores is p minus 1 at the true class, p elsewhere.")
def gradient_without_the_truth(weights, x, y, reg):
    return _softmax(weights, x, y, reg, truth=0.0)


@mistake("softmax_loss", hint="The gradient is a sum over the images, while the loss is a mean: divide the gradient by the number of images as well.")
def softmax_gradient_is_a_sum(weights, x, y, reg):
    return _softmax(weights, x, y, reg, n=1)


@mistake("softmax_loss", hint="Loss and gradient are sums over the images. Both are means: divide by the number of images.")
def softmax_sums(weights, x, y, reg):
    loss = -_true((x @ weights).log_softmax(dim=1), y).sum() + reg * (weights**2).sum()
    return _softmax(weights, x, y, reg, n=1, loss=loss)


@mistake("softmax_loss", hint="The derivative of the square is missing its 2: the penalty adds 2 * reg * weights to the gradient.")
def softmax_penalty_without_its_two(weights, x, y, reg):
    return _softmax(weights, x, y, reg, penalty=1.0)


@mistake("softmax_loss", hint="The penalty is in the loss and not in the gradient. What does it add when a weight grows?")
def softmax_gradient_without_the_penalty(weights, x, y, reg):
    return _softmax(weights, x, y, reg, penalty=0.0)


@mistake("softmax_loss", hint="The penalty has a factor of 1/2, and so its gradient lacks the 2. In this course it is reg times the sum of squares.")
def softmax_half_penalty_in_both(weights, x, y, reg):
    loss = -_true((x @ weights).log_softmax(dim=1), y).mean() + 0.5 * reg * (weights**2).sum()
    return _softmax(weights, x, y, reg, penalty=1.0, loss=loss)


@mistake("softmax_loss", hint="The gradient has the wrong sign: truth minus prediction points downhill. It is prediction minus truth.")
def truth_minus_prediction(weights, x, y, reg):
    loss, gradient = _softmax(weights, x, y, reg)
    return loss, 4 * reg * weights - gradient


@mistake("softmax_loss", hint="The exponentials are divided by the sum over the images. The probabilities of one IMAGE add up to 1.")
def softmax_along_the_images(weights, x, y, reg):
    return _from_probabilities(weights, x, y, reg, (x @ weights).softmax(dim=0), torch.log)


@mistake("softmax_loss", hint="Only the true class's column gets a gradient. Every class that was given some probability is pushed down by it.")
def true_column_only(weights, x, y, reg):
    truth = F.one_hot(y, weights.shape[1]).to(x.dtype)
    table = ((x @ weights).softmax(dim=1) - 1) * truth
    return _softmax(weights, x, y, reg)[0], x.T @ table / len(y) + 2 * reg * weights


@mistake("softmax_loss", hint="The table of true classes is made on the CPU wherever the inputs are: make it on x.device.")
def truth_on_the_cpu(weights, x, y, reg):
    truth = torch.zeros(len(y), weights.shape[1], dtype=x.dtype)
    truth[torch.arange(len(y)), y] = 1
    scores = x @ weights
    shifted = scores - scores.max(dim=1, keepdim=True).values
    log_p = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    loss = -(log_p * truth).sum() / len(y) + reg * (weights**2).sum()
    return loss, x.T @ (log_p.exp() - truth) / len(y) + 2 * reg * weights


@mistake("softmax_loss", hint="This loops in Python over the images. Work on the whole table of scores at once.")
def softmax_with_a_loop(weights, x, y, reg):
    gradient, loss = torch.zeros_like(weights), 0.0
    for image, label in zip(x, y):
        scores = image @ weights
        scores = scores - scores.max()
        p = scores.exp() / scores.exp().sum()
        loss = loss + scores.exp().sum().log() - scores[label]
        p[label] -= 1
        gradient += torch.outer(image, p)
    return loss / len(y) + reg * (weights**2).sum(), gradient / len(y) + 2 * reg * weights


@mistake("softmax_loss", hint="This is torch's own cross-entropy. Write the formula yourself, that is the exercise.")
def ready_made(weights, x, y, reg):
    return F.cross_entropy(x @ weights, y) + reg * (weights**2).sum(), _softmax(weights, x, y, reg)[1]


@mistake("softmax_loss", edit={"scores.max(dim=1, keepdim=True)": "scores.max(dim=0, keepdim=True)"}, hint="Each class's largest score is taken away, down the batch. A shift changes nothing only if it is the same for all scores of an image.")
def softmax_shifted_by_class(): ...


@mistake("softmax_loss", edit={"scores.max(dim=1, keepdim=True).values": "scores.mean(dim=1, keepdim=True)"}, hint="The mean is taken away, and one score far above it still overflows. Take the largest away.")
def softmax_shifted_by_the_mean(): ...


@mistake("softmax_loss", edit={"scatter(1, true_class, 1.0)": "index_fill(1, y, 1.0)"}, hint="g[:, y] takes whole columns, so every image loses something for every label. Pick one entry in each row.")
def whole_columns_of_truth(): ...


@mistake("softmax_loss", edit={"- truth) / num_images": "- truth) / num_images**2"}, hint="The gradient is divided by N twice: once in the table, once in the product.")
def softmax_averaged_twice(): ...


@mistake("softmax_loss", edit={"/ num_images + 2 * reg * weights": "/ num_images + 2 * reg * weights / num_images"}, hint="The penalty's gradient is divided by N too. The mean is over the images; the penalty stands beside it.")
def softmax_penalty_averaged(): ...


@mistake("softmax_loss", edit={"scatter(1, true_class, 1.0)": "scatter(1, scores.argmax(dim=1, keepdim=True), 1.0)"}, hint="The 1 is taken from the class with the highest score. It belongs to the true class.")
def one_taken_from_the_winner(): ...


@mistake("softmax_loss", edit={"scores = x @ weights": "scores = (x @ weights).clamp(-80, 80)"}, hint="The scores are cut off against overflow, and differ less than they should. Shift them instead: differences stay.")
def scores_clamped(): ...


@mistake("softmax_loss", edit={"scores.max(dim=1, keepdim=True)": "scores.max(dim=0, keepdim=True)", "shifted.exp().sum(dim=1, keepdim=True)": "shifted.exp().sum(dim=0, keepdim=True)"}, hint="The exponentials are divided by the sum over the images. The probabilities of one IMAGE add up to 1.")
def softmax_over_the_batch(): ...


@mistake("softmax_loss", edit={"- truth) / num_images": "- truth) / scores.numel()"}, hint="The gradient is divided by the number of classes too. Only the images are averaged.")
def gradient_is_a_mean_of_entries(): ...


@mistake("softmax_loss", edit={"shifted = scores - scores.max(dim=1, keepdim=True).values": "shifted = scores", "shifted.exp().sum(dim=1, keepdim=True).log()": "shifted.exp().sum(dim=1, keepdim=True).log().nan_to_num()"}, hint="nan_to_num puts another number where the true one was lost. Don't lose it: shift the scores before the exponential.")
def not_a_number_becomes_a_number(): ...


@mistake("softmax_loss", edit={"log_probabilities = shifted - shifted.exp().sum(dim=1, keepdim=True).log()": "log_probabilities = (shifted.exp() / shifted.exp().sum(dim=1, keepdim=True) + 1e-12).log()"}, hint="A small number is added inside the logarithm, so that a large loss comes out too small. Take the logarithm on paper.")
def small_number_in_the_shifted_logarithm(): ...


@right("softmax_loss")
def indexed_softmax(weights, x, y, reg):
    n = len(x)
    rows = torch.arange(n, device=x.device)
    scores = x.mm(weights)
    scores = scores - torch.max(scores, 1, keepdim=True)[0]
    total = torch.exp(scores).sum(1)
    loss = (torch.log(total) - scores[rows, y]).mean() + reg * torch.sum(weights * weights)
    probs = torch.exp(scores) / total.view(n, 1)
    probs[rows, y] -= 1
    return loss, x.t().mm(probs) / n + 2 * reg * weights


@right("softmax_loss")
def softmax_by_one_hot(weights, x, y, reg):
    truth = torch.eye(weights.shape[1], dtype=x.dtype, device=x.device)[y]
    scores = torch.einsum("nd,dc->nc", x, weights)
    top = torch.amax(scores, dim=-1, keepdim=True)
    log_total = top + torch.log(torch.sum(torch.exp(scores - top), dim=-1, keepdim=True))
    log_p = scores - log_total
    loss = -torch.where(truth > 0, log_p, torch.zeros_like(log_p)).sum(1).mean(0) + reg * weights.square().sum()
    gradient = torch.einsum("nd,nc->dc", x, torch.exp(log_p)) - torch.einsum("nd,nc->dc", x, truth)
    return loss, gradient / x.shape[0] + 2 * reg * weights


@right("softmax_loss")
def softmax_from_the_true_class(weights, x, y, reg):
    scores = x @ weights
    lead = scores - torch.take_along_dim(scores, y.unsqueeze(1), dim=1)
    highest = lead.max(dim=1, keepdim=True).values
    scaled = torch.exp(lead - highest)
    total = scaled.sum(dim=1, keepdim=True)
    loss = (highest + torch.log(total)).sum() / x.size(0) + reg * torch.norm(weights) ** 2
    p = scaled / total
    p.scatter_add_(1, y.unsqueeze(1), -torch.ones_like(p[:, :1]))
    return loss, x.T.matmul(p) / x.size(0) + weights * (2 * reg)


# loss_facts


def _facts(num_images, num_classes, **changed):
    facts = {
        "start_svm": num_classes - 1.0, "start_softmax": math.log(num_classes), "lowest": 0.0, "highest": math.inf,
        "true_class_adds": 1.0, "mean_divides_by": num_classes - 1.0, "square_of_double": 4.0, "unique": False,
    }
    return {**facts, **changed}


@mistake("loss_facts", hint="N × (C - 1) is the sum over the images. The loss of a batch is a mean: what does one image pay at the start?")
def start_summed_over_the_images(num_images, num_classes):
    return _facts(num_images, num_classes, start_svm=num_images * (num_classes - 1))


@mistake("loss_facts", hint="The SVM's sum leaves out the true class, so at the start there are fewer terms than classes.")
def start_with_all_classes(num_images, num_classes):
    return _facts(num_images, num_classes, start_svm=num_classes)


@mistake("loss_facts", hint="At the start all scores are equal, but equal is not enough for the SVM: each wrong class is still within the margin.")
def start_at_zero(num_images, num_classes):
    return _facts(num_images, num_classes, start_svm=0)


@mistake("loss_facts", hint="1/C is the probability of the true class at the start. The loss is minus its logarithm.")
def probability_at_the_start(num_images, num_classes):
    return _facts(num_images, num_classes, start_softmax=1 / num_classes)


@mistake("loss_facts", hint="At the start the softmax loss is positive: minus the logarithm of 1/C. Mind the sign.")
def negative_start(num_images, num_classes):
    return _facts(num_images, num_classes, start_softmax=-math.log(num_classes))


@mistake("loss_facts", hint="The logarithm is a natural one, here it was taken to base 10.")
def start_to_base_ten(num_images, num_classes):
    return _facts(num_images, num_classes, start_softmax=math.log10(num_classes))


@mistake("loss_facts", hint="The logarithm is a natural one, here it was taken to base 2.")
def start_to_base_two(num_images, num_classes):
    return _facts(num_images, num_classes, start_softmax=math.log2(num_classes))


@mistake("loss_facts", hint="The bounds are those of the log probability. The loss is MINUS it, so the bounds change places and signs.")
def bounds_of_the_log_probability(num_images, num_classes):
    return _facts(num_images, num_classes, lowest=-math.inf, highest=0.0)


@mistake("loss_facts", hint="1 bounds a probability. As the probability of the true class goes to 0, minus its logarithm grows without bound.")
def bounded_by_one(num_images, num_classes):
    return _facts(num_images, num_classes, highest=1.0)


@mistake("loss_facts", hint="With j = y each image pays max(0, s_y - s_y + 1) more. How much is that?")
def true_class_is_free(num_images, num_classes):
    return _facts(num_images, num_classes, true_class_adds=0.0)


@mistake("loss_facts", hint="Each image pays 1 more, and the loss of the batch is their mean, not their sum.")
def true_class_adds_for_each_image(num_images, num_classes):
    return _facts(num_images, num_classes, true_class_adds=num_images)


@mistake("loss_facts", hint="The mean is over the wrong classes: one fewer than all classes.")
def mean_over_all_classes(num_images, num_classes):
    return _facts(num_images, num_classes, mean_divides_by=num_classes)


@mistake("loss_facts", hint="A mean divides by the number of terms. Is the question about images or about wrong classes?")
def mean_over_the_images(num_images, num_classes):
    return _facts(num_images, num_classes, mean_divides_by=num_images)


@mistake("loss_facts", hint="That is the answer without the square. Square both margins, 1 and 2, and compare.")
def double_is_double(num_images, num_classes):
    return _facts(num_images, num_classes, square_of_double=2.0)


@mistake("loss_facts", hint="Take the weights twice as large: every lead doubles, and a loss of 0 stays 0.")
def only_one_solution(num_images, num_classes):
    return _facts(num_images, num_classes, unique=True)


@mistake(
    "loss_facts",
    hint="The answers come as a list, without their names. Return the dict, so that each answer stands under its key.",
)
def answers_without_names(num_images, num_classes):
    return list(_facts(num_images, num_classes).values())


@mistake("loss_facts", hint="This answer is text, and Python takes any text that isn't empty for true: leave out the quotes.")
def false_in_quotes(num_images, num_classes):
    return _facts(num_images, num_classes, unique="False")


@mistake("loss_facts", edit={"math.inf": "num_classes - 1"}, hint="That is the loss at the start. Weights that put the true class far behind cost more, without end.")
def highest_is_one_less(): ...


@mistake("loss_facts", edit={"math.inf": "None"}, hint="There is a float for a bound that doesn't exist: infinity, as `math.inf` or `float('inf')`.")
def highest_is_none(): ...


@mistake("loss_facts", edit={"math.inf": "1.7976931348623157e308"}, hint="The largest number that a float can hold is a bound of the computer's. The loss itself has none: infinity.")
def highest_is_the_largest_float(): ...


@mistake("loss_facts", edit={"        \"lowest\": 0,\n": ""}, hint="The dictionary lacks a key. The docstring names all that are asked for.")
def an_answer_left_out(): ...


@mistake("loss_facts", edit={"\"mean_divides_by\": num_classes - 1": "\"mean_divides_by\": num_images * (num_classes - 1)"}, hint="The images are averaged already. What divides the sum of one image, when a mean over its wrong classes is taken?")
def mean_over_images_and_classes(): ...


@mistake("loss_facts", edit={"math.log(num_classes)": "round(math.log(num_classes), 2)"}, hint="The loss is rounded to two places. Give the number as it comes, with all its digits.")
def rounded_as_printed(): ...


@mistake("loss_facts", edit={"\"square_of_double\": 4": "\"square_of_double\": 2.25"}, hint="1 is added to both before squaring. A margin is what is left after that: square 2 and 1.")
def both_margins_plus_one(): ...


@mistake("loss_facts", edit={"math.log(num_classes)": "num_images * math.log(num_classes)"}, hint="The logarithms of all images are added up. The loss of a batch is a mean.")
def summed_over_the_images(): ...


@mistake("loss_facts", edit={"num_classes - 1,\n        \"start_softmax\": math.log(num_classes)": "num_images - 1,\n        \"start_softmax\": math.log(num_images)"}, hint="N is taken for C. The first argument is the number of images, the second that of classes.")
def images_for_classes(): ...


@mistake("loss_facts", edit={"num_classes - 1,\n        \"start_softmax\": math.log(num_classes)": "9,\n        \"start_softmax\": 2.302585092994046"}, hint="That holds for ten classes. The number of classes is an argument.")
def always_ten_classes(): ...


@mistake("loss_facts", edit={"\"true_class_adds\": 1": "\"true_class_adds\": 1 / num_images"}, hint="Each image pays 1 more. N of them, divided by N, are not 1/N.")
def a_share_of_one(): ...


@right("loss_facts")
def counted_out(num_images, num_classes):
    one_image = [max(0, 0 - 0 + 1) for j in range(1, num_classes)]
    return dict(
        unique=False, square_of_double=2**2 / 1**2, mean_divides_by=len(one_image), true_class_adds=max(0.0, 1.0),
        highest=float("inf"), lowest=0.0, start_softmax=-math.log(1 / num_classes), start_svm=float(sum(one_image)),
    )


@right("loss_facts")
def measured(num_images, num_classes):
    scores, y = torch.zeros(num_images, num_classes, dtype=torch.float64), torch.zeros(num_images, dtype=torch.long)
    facts = {}
    facts["start_svm"] = _hinge_sum(torch.eye(num_classes).double(), scores, y).sum(1).mean().item()
    facts["start_softmax"] = F.cross_entropy(scores, y).item()
    facts["lowest"], facts["highest"] = 0, torch.inf
    facts["true_class_adds"], facts["mean_divides_by"] = 1, num_classes - 1
    facts["square_of_double"], facts["unique"] = 4, bool(0)
    return facts


# train_linear_classifier


@mistake("train_linear_classifier", edit={"weights -": "weights +"}, hint="The weights climb: the gradient is added. The loss falls the other way.")
def climbs(): ...


@mistake("train_linear_classifier", edit={"[rows], y[rows]": ", y"}, hint="Every step sees all the images. A step uses only the rows that its batch names.")
def full_batch(): ...


@mistake("train_linear_classifier", edit={"y[rows]": "y[: len(rows)]"}, hint="The images are picked by the batch, the labels are not. Index y with the same rows.")
def labels_of_others(): ...


@mistake("train_linear_classifier", edit={"= weights -": "-="}, hint="The caller's weights were changed in place. Work on a copy, or make a new tensor at each step.")
def changes_the_first_weights(): ...


@mistake("train_linear_classifier", edit={"* gradient": "* (gradient + 2 * reg * weights)"}, hint="The penalty is taken off a second time. loss_fn has put it into the gradient already.")
def penalty_twice(): ...


@mistake("train_linear_classifier", edit={"* gradient": "* gradient / len(rows)"}, hint="The gradient is divided by the batch size once more. loss_fn has taken the mean already.")
def mean_twice(): ...


@mistake("train_linear_classifier", hint="The gradient is always that of the first weights. Ask loss_fn anew with the weights of each step.")
def gradient_of_the_start(loss_fn, weights, x, y, batches, learning_rate, reg):
    losses, present = [], weights
    for rows in batches:
        loss, gradient = loss_fn(weights, x[rows], y[rows], reg)
        losses.append(loss.item())
        present = present - learning_rate * gradient
    return present, losses


@mistake("train_linear_classifier", edit={"learning_rate * gradient": "gradient"}, hint="The step is not scaled by the learning rate.")
def no_learning_rate(): ...


@mistake("train_linear_classifier", hint="The loss is asked for again after the step. One call a step is enough: note the loss that came with the gradient.")
def loss_after_the_step(loss_fn, weights, x, y, batches, learning_rate, reg):
    losses = []
    for rows in batches:
        _, gradient = loss_fn(weights, x[rows], y[rows], reg)
        weights = weights - learning_rate * gradient
        losses.append(loss_fn(weights, x[rows], y[rows], reg)[0].item())
    return weights, losses


@mistake("train_linear_classifier", edit={"for rows in batches:": "for step in range(len(batches) - 1):\n        rows = batches[step]"}, hint="The last batch is not used. There is one step for every row of batches.")
def one_step_short(): ...


@mistake("train_linear_classifier", edit={"in batches": "in batches.flip(0)"}, hint="The batches were shuffled or sorted again. Use the rows of batches[t] in step t, in their order.")
def sorted_rows(): ...


@mistake("train_linear_classifier", edit={"rows in batches": "step, rows in enumerate(batches)", "learning_rate *": "learning_rate / (1 + step) *"}, hint="The learning rate shrinks from step to step. Here it stays as it is.")
def shrinking_steps(): ...


@mistake("train_linear_classifier", edit={", reg": ", 0.0"}, hint="The regularisation is not handed on: loss_fn gets 0 in place of reg.")
def reg_is_lost(): ...


@mistake("train_linear_classifier", hint="Only the last loss comes back. Keep a list with the loss of every step.")
def last_loss_only(loss_fn, weights, x, y, batches, learning_rate, reg):
    for rows in batches:
        loss, gradient = loss_fn(weights, x[rows], y[rows], reg)
        weights = weights - learning_rate * gradient
    return weights, [loss.item()]


@mistake("train_linear_classifier", edit={".item()": ""}, hint="The losses are tensors. `.item()` makes a tensor of one number a plain float.")
def losses_as_tensors(): ...


@mistake("train_linear_classifier", edit={"for rows in batches:": "for rows in batches.T:"}, hint="The batches are read column by column. Each row of `batches` is one batch.")
def columns_for_batches(): ...


@mistake("train_linear_classifier", edit={"for rows in batches:": "for rows in batches.flip(0):"}, hint="The batches come in another order. Step t takes batches[t].")
def batches_from_the_end(): ...


@mistake("train_linear_classifier", edit={"    losses = []\n": "    losses, step = [], 0\n", "        weights = weights - learning_rate * gradient": "        step = 0.9 * step - learning_rate * gradient\n        weights = weights + step"}, hint="There is momentum in your steps. Each step goes by its own gradient alone.")
def with_momentum(): ...


@mistake("train_linear_classifier", edit={"        losses.append(loss.item())\n        weights = weights - learning_rate * gradient": "        losses.append(loss.item())\n        gradient = gradient / gradient.norm().clamp(min=1)\n        weights = weights - learning_rate * gradient"}, hint="Gradients longer than 1 are cut short. The step is the learning rate times the gradient as it is.")
def gradients_cut_short(): ...


@mistake("train_linear_classifier", edit={"x[rows], y[rows]": "x[rows.unique()], y[rows.unique()]"}, hint="Doubles are thrown away and the rows sorted. A row may come more than once in a batch, and in the order given.")
def rows_only_once(): ...


@mistake("train_linear_classifier", edit={"learning_rate * gradient": "gradient.mul_(learning_rate)"}, hint="The gradient that loss_fn gave is scaled in place. It may hand out the same tensor at the next step: multiply into a new one.")
def gradient_scaled_in_place(): ...


@mistake("train_linear_classifier", edit={"loss_fn(weights, x[rows], y[rows], reg)": "loss_fn(weights=weights, x=x[rows], y=y[rows], reg=reg)"}, hint="The inputs go to loss_fn by name, and it may call them otherwise. Give them in their order.")
def names_the_arguments(): ...


@mistake("train_linear_classifier", edit={"    return weights, losses": "    return weights, [sum(losses[: i + 1]) / (i + 1) for i in range(len(losses))]"}, hint="The list holds means of the losses so far. Note each step's own loss.")
def losses_averaged_so_far(): ...


@mistake("train_linear_classifier", edit={"x[rows], y[rows]": "x[rows.sort().values], y[rows.sort().values]"}, hint="The rows of a batch are sorted. Give them in the order in which the batch names them.")
def rows_in_ascending_order(): ...


@mistake("train_linear_classifier", edit={"    losses = []\n": "    losses, best = [], weights\n", "        losses.append(loss.item())\n": "        losses.append(loss.item())\n        best = weights if loss.item() <= min(losses) else best\n", "return weights, losses": "return best, losses"}, hint="The weights of the lowest loss come back. A batch is a small sample: return those after the last step.")
def best_weights_so_far(): ...


@mistake("train_linear_classifier", edit={"learning_rate * gradient\n": "learning_rate * gradient\n        if len(losses) > 1 and losses[-1] > losses[-2]:\n            break\n"}, hint="The training ends when the loss rises. Losses of small batches go up and down: make all the steps.")
def stops_when_the_loss_rises(): ...


@mistake("train_linear_classifier", edit={"for rows in batches:": "for step, rows in enumerate(batches):", "        weights = weights - learning_rate * gradient": "        if step < len(batches) - 1:\n            weights = weights - learning_rate * gradient"}, hint="The last step is asked for and not taken. Every batch moves the weights, the last one too.")
def last_step_not_taken(): ...


@mistake("train_linear_classifier", edit={"losses.append(loss.item())": "losses.append((loss + reg * (weights**2).sum()).item())"}, hint="The penalty is added to the noted loss. loss_fn has put it in already.")
def penalty_noted_twice(): ...


@right("train_linear_classifier")
def on_a_copy(loss_fn, weights, x, y, batches, learning_rate, reg):
    w = weights.clone()
    history = []
    for t in range(batches.shape[0]):
        idx = batches[t]
        loss, grad = loss_fn(w, x[idx], y[idx], reg)
        w -= learning_rate * grad
        history.append(float(loss))
    return w, history


@right("train_linear_classifier")
def with_an_optimiser(loss_fn, weights, x, y, batches, learning_rate, reg):
    parameter = torch.nn.Parameter(weights.detach().clone())
    optimiser = torch.optim.SGD([parameter], lr=learning_rate)
    losses = []
    for rows in batches.tolist():
        with torch.no_grad():
            loss, parameter.grad = loss_fn(parameter.detach(), x[rows], y[rows], reg)
        optimiser.step()
        losses.append(loss.item())
    return parameter.detach(), losses


@right("train_linear_classifier")
def with_index_select(loss_fn, weights, x, y, batches, learning_rate, reg):
    current, losses, step = torch.clone(weights), [], 0
    while step < len(batches):
        inputs = torch.index_select(x, 0, batches[step])
        targets = torch.index_select(y, 0, batches[step])
        loss, gradient = loss_fn(current, inputs, targets, reg)
        losses += [loss.item()]
        current = torch.sub(current, gradient, alpha=learning_rate)
        step += 1
    return current, losses
