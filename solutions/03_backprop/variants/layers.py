"""What students write in layers: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# affine_forward


@mistake(
    "affine_forward",
    edit={" + bias": ""},
    hint="The bias is missing: every output has one number of its own that is added at the end.",
)
def without_bias(): ...


@mistake(
    "affine_forward",
    edit={"flatten(start_dim=1)": "reshape(weights.shape[0], -1).T"},
    hint="The numbers of different rows are mixed: reshaping to (D, N) and turning it is not the same as (N, D). "
    "Keep the first axis first, and let reshape run through the others.",
)
def reshaped_the_wrong_way(): ...


@mistake(
    "affine_forward",
    edit={"flatten(start_dim=1)": "movedim(1, -1).flatten(1) if x.ndim > 2 else x"},
    hint="The axes of each row are flattened in another order (channels last): keep the order in which they stand.",
)
def flattened_channels_last(): ...


@mistake(
    "affine_forward",
    edit={"rows = x.flatten(start_dim=1)": "x = x.flatten(1)", "return rows": "return x"},
    hint="The cache holds the flattened x. Keep x as it came: the gradient must have its shape, and only x knows it.",
)
def caches_the_flat_rows(): ...


@mistake(
    "affine_forward",
    edit={"rows @ weights + bias": "(rows @ weights + bias).clamp(min=0)"},
    hint="Negative outputs are cut off: the affine layer ends at the sum, and an activation is a layer of its own.",
)
def with_relu(): ...


@mistake(
    "affine_forward",
    edit={", (x, weights, bias)": ""},
    hint="Only the output comes back: return the pair (out, cache), with cache = (x, weights, bias).",
)
def without_cache(): ...


@mistake(
    "affine_forward",
    edit={"(x, weights, bias)": "(x, weights)"},
    hint="The cache lacks a piece: backward wants three things, x, weights and bias, in this order.",
)
def cache_without_bias(): ...


@mistake(
    "affine_forward",
    edit={"+ bias": "- bias"},
    hint="The bias is subtracted: it is added, out = rows @ weights + bias.",
)
def bias_subtracted(): ...


@mistake(
    "affine_forward",
    edit={"+ bias": "+ bias.mean()"},
    hint="The bias goes in as one number for all outputs, such as its mean or its sum: each of the M outputs has its own.",
)
def one_bias_for_all(): ...


@mistake(
    "affine_forward",
    edit={"rows @ weights + bias": "rows.float() @ weights.float() + bias.float()"},
    hint="The answer is float32 whatever came in: keep the dtype of x. Neither .float() nor new zeros do.",
)
def always_single(): ...


@mistake(
    "affine_forward",
    edit={"rows @ weights + bias": "torch.stack([row @ weights + bias for row in rows])"},
    hint="A row at a time in Python: one matrix product does the whole batch.",
)
def row_by_row(): ...


@mistake(
    "affine_forward",
    hint="The loop over the outputs fills a column at a time and each row: let one matrix product do it.",
)
def loop_over_rows_into_zeros(x, weights, bias):
    out = torch.zeros(len(x), len(bias), dtype=x.dtype)
    for n in range(len(x)):
        out[n] = x[n].reshape(-1) @ weights + bias
    return out, (x, weights, bias)


@mistake(
    "affine_forward",
    edit={"rows @ weights + bias": "rows @ weights + (bias[:, None] if len(bias) == len(x) else bias)"},
    hint="Where there are as many rows as outputs, your bias goes along the rows. Each output has its own: add (M,) to (N, M) as it is.",
)
def bias_along_the_rows(): ...


@mistake(
    "affine_forward",
    hint="The numbers are taken as they lie in memory. For a tensor whose axes were turned that is another order: flatten it by its axes.",
)
def in_the_order_of_memory(x, weights, bias):
    rows = x.as_strided(x.shape, torch.empty(x.shape).stride()).flatten(1)
    return rows @ weights + bias, (x, weights, bias)


@mistake(
    "affine_forward",
    edit={"+ bias": "+ bias[:, None]"},
    hint="The bias is turned into a column, and a column meets the rows. It belongs to the outputs: how does (N, M) + (M,) broadcast?",
)
def bias_as_a_column(): ...


@mistake(
    "affine_forward",
    edit={"+ bias": "+ bias.sum()"},
    hint="The bias goes in as one number for all outputs, such as its mean or its sum: each of the M outputs has its own.",
)
def sum_of_the_bias(): ...


@mistake(
    "affine_forward",
    edit={"+ bias": "+ bias * len(weights)"},
    hint="The bias is added once for each of the D inputs. It is added once to each output, after the sum over the inputs.",
)
def bias_for_every_input(): ...


@mistake(
    "affine_forward",
    edit={
        "return rows @ weights + bias, (x, weights, bias)": "return rows @ weights + bias, (rows @ weights + bias, weights, bias)"
    },
    hint="The cache holds the output in the place of x. Which inputs does backward need again?",
)
def caches_the_output(): ...


@mistake(
    "affine_forward",
    edit={"(x, weights, bias)": "[x, weights, bias]"},
    hint="The cache is a list: the docstring asks for a tuple.",
)
def cache_in_a_list(): ...


@mistake(
    "affine_forward",
    edit={"(x, weights, bias)": "(x, bias, weights)"},
    hint="The three pieces of the cache stand in another order than the docstring's.",
)
def cache_in_another_order(): ...


@mistake(
    "affine_forward",
    edit={"x.flatten(start_dim=1)": "(x.permute(0, 2, 3, 1) if x.ndim == 4 else x).flatten(1)"},
    hint="The axes of each row are flattened in another order (channels last): keep the order in which they stand.",
)
def images_flattened_channels_last(): ...


@mistake(
    "affine_forward",
    edit={"x.flatten(start_dim=1)": "x.permute(0, *range(x.ndim - 1, 0, -1)).flatten(1)"},
    hint="The axes of each row are flattened with the first one fastest. As `flatten` counts, it is the last.",
)
def first_axis_fastest(): ...


@mistake(
    "affine_forward",
    edit={"x.flatten(start_dim=1)": "(x.flatten(2) if x.ndim > 2 else x)"},
    hint="After the flattening there are still more than two axes, where x came with three or more. A row holds all that belongs to one input: which axis alone survives?",
)
def channels_kept_apart(): ...


@mistake(
    "affine_forward",
    edit={"x.flatten(start_dim=1)": "x"},
    hint="x is multiplied as it came, so only its last axis meets the weights. Make rows first.",
)
def not_flattened(): ...


@mistake(
    "affine_forward",
    edit={"x.flatten(start_dim=1)": "x.reshape(-1, 64)"},
    hint="The length of a row is typed in as a number: it follows from the shape of x.",
)
def length_of_a_row_typed_in(): ...


@mistake(
    "affine_forward",
    edit={
        "x.flatten(start_dim=1)": "x.permute(0, *sorted(range(1, x.ndim), key=lambda axis: -x.stride(axis))).flatten(1)"
    },
    hint="The numbers are taken as they lie in memory. For a tensor whose axes were turned that is another order: flatten it by its axes.",
)
def axes_by_their_strides(): ...


@mistake(
    "affine_forward",
    edit={"rows @ weights + bias": "F.linear(rows, weights.t_(), bias)"},
    hint="The weights are turned in place, and the caller and the cache then hold the turned ones. What ends in an underscore changes its tensor.",
)
def weights_turned_in_place(): ...


@mistake(
    "affine_forward",
    edit={"+ bias,": "+ bias.unsqueeze_(0),"},
    hint="The bias gets an axis in place, and the caller and the cache then hold a row. What ends in an underscore changes its tensor.",
)
def bias_turned_in_place(): ...


@right("affine_forward")
def with_copies_in_the_cache(x, weights, bias):
    kept = tuple(piece.clone() for piece in (x, weights, bias))
    rows = torch.reshape(x, (x.shape[0], -1))
    return torch.mm(rows, weights).add(bias), kept


@right("affine_forward")
def by_functional_linear(x, weights, bias):
    return F.linear(x.flatten(1), weights.T, bias), (x, weights, bias)


@right("affine_forward")
def by_einsum(x, weights, bias):
    num = x.shape[0]
    cache = (x, weights, bias)
    out = torch.einsum("nd,dm->nm", x.reshape(num, -1), weights)
    return out + bias[None, :].expand(num, -1), cache


@right("affine_forward")
def by_addmm(x, weights, bias):
    return torch.addmm(bias, x.reshape(-1, weights.size(0)), weights), (x, weights, bias)


@right("affine_forward")
def by_a_column_of_ones(x, weights, bias):
    rows = x.contiguous().view(x.shape[0], -1)
    with_one = torch.cat([rows, torch.ones_like(rows[:, :1])], dim=1)
    return with_one.matmul(torch.cat([weights, bias.unsqueeze(0)])), (x, weights, bias)


# affine_backward


@mistake(
    "affine_backward",
    edit={"grad_out.sum": "grad_out.mean"},
    hint="The gradient of the bias is off by a factor of N: it is the sum of grad_out over the batch, not the mean. "
    "The 1/N of the loss is already in grad_out.",
)
def bias_averaged(): ...


@mistake(
    "affine_backward",
    edit={".T @ grad_out": ".T @ grad_out / len(x)"},
    hint="The gradient of the weights is off by a factor of N: do not divide by the batch size here. "
    "The loss has done that already, and it arrived in grad_out.",
)
def weights_averaged(): ...


@mistake(
    "affine_backward",
    edit={".T @ grad_out": ".T @ grad_out / len(x)", "grad_out.sum": "grad_out.mean"},
    hint="The gradients of weights and bias are both off by a factor of N: the layer sums over the batch, "
    "only the loss takes a mean.",
)
def both_averaged(): ...


@mistake(
    "affine_backward",
    edit={"(grad_out @ weights.T).reshape(x.shape)": "grad_out @ weights.T"},
    hint="The gradient of x is still flat: give it back the shape that x came in.",
)
def x_left_flat(): ...


@mistake(
    "affine_backward",
    edit={"grad_out @ weights.T": "weights @ grad_out.T"},
    hint="The gradient of x has the right shape and its numbers in the wrong places: weights @ grad_out.T is (D, N), "
    "and a reshape does not turn it round. Which product is (N, D) from the start?",
)
def x_reshaped_instead_of_turned(): ...


@mistake(
    "affine_backward",
    edit={"x.flatten(start_dim=1).T @ grad_out": "(grad_out.T @ x.flatten(start_dim=1)).reshape(weights.shape)"},
    hint="The gradient of the weights has the right shape and its numbers in the wrong places: grad_out.T @ rows is "
    "(M, D), and a reshape does not turn it round.",
)
def weights_reshaped_instead_of_turned(): ...


@mistake(
    "affine_backward",
    edit={".T @ grad_out": ".T @ torch.ones_like(grad_out)", "grad_out.sum": "torch.ones_like(grad_out).sum"},
    hint="The gradients of weights and bias look as if every entry of grad_out were 1: the gradient from above "
    "must multiply the local one.",
)
def forgets_what_came_from_above(): ...


@mistake(
    "affine_backward",
    edit={"return grad_x, grad_weights, grad_out.sum(dim=0)": "return grad_weights, grad_out.sum(dim=0), grad_x"},
    hint="The gradients come in another order: return (grad_x, grad_weights, grad_bias).",
)
def weights_first(): ...


@mistake(
    "affine_backward",
    edit={"dim=0": "dim=0, keepdim=True"},
    hint="The gradient of the bias is (1, M), where the bias is (M,): drop keepdim.",
)
def bias_with_an_extra_axis(): ...


@mistake(
    "affine_backward",
    edit={"dim=0": "dim=1"},
    hint="The gradient of the bias is summed along the outputs: each bias meets every row, so sum over the rows (axis 0).",
)
def bias_summed_along_the_outputs(): ...


@mistake(
    "affine_backward",
    edit={"x, weights, _ =": "x, weights, bias =", "grad_out.sum(dim=0)": "grad_out.sum().expand(bias.shape)"},
    hint="The gradient of the bias is one number for all outputs: sum grad_out over the batch only.",
)
def bias_summed_over_everything(): ...


@mistake(
    "affine_backward", hint="A row at a time in Python: one matrix product adds up the outer products of all rows."
)
def outer_products_in_a_loop(grad_out, cache):
    x, weights, _ = cache
    grad_x, grad_weights = torch.zeros_like(x), torch.zeros_like(weights)
    for n in range(len(x)):
        grad_weights += torch.outer(x[n].flatten(), grad_out[n])
        grad_x[n] = (weights @ grad_out[n]).reshape(x[n].shape)
    return grad_x, grad_weights, grad_out.sum(0)


@mistake("affine_backward", hint="The gradients come from autograd: write them yourself.")
def backward_by_autograd(grad_out, cache):
    leaves = [piece.clone().requires_grad_() for piece in cache]
    out = leaves[0].flatten(1) @ leaves[1] + leaves[2]
    return torch.autograd.grad(out, leaves, grad_out)


@mistake(
    "affine_backward",
    hint="The gradient of x is filled through a view of zeros_like(x), and zeros_like keeps the memory order of x, where "
    "the axes of a row need not lie one after another. Work with flat rows, and reshape at the end.",
)
def x_filled_through_a_view(grad_out, cache):
    x, weights, _ = cache
    grad_x = torch.zeros_like(x)
    grad_x.view(len(x), -1)[:] = grad_out @ weights.T
    return grad_x, x.flatten(1).T @ grad_out, grad_out.sum(0)


@mistake(
    "affine_backward",
    edit={"x, weights, _ =": "x, weights, bias =", "(grad_out @ weights.T)": "((grad_out + bias) @ weights.T)"},
    hint="The bias goes back with the gradient. A sum hands on what it gets, and what was added plays no part in it.",
)
def bias_added_on_the_way_back(): ...


@mistake(
    "affine_backward",
    edit={"x.flatten(start_dim=1).T": "x.reshape(weights.shape[0], len(x))"},
    hint="Reshaping x to (D, N) mixes the rows of the batch: flatten each row, (N, D), and turn the matrix.",
)
def turned_by_reshape(): ...


@mistake(
    "affine_backward",
    edit={"x.flatten(start_dim=1).T @ grad_out": "x.flatten(start_dim=1)[-1:].T @ grad_out[-1:]"},
    hint="Only the last row of the batch counts in the gradient of the weights. The outer products of all rows add up.",
)
def only_the_last_row(): ...


@mistake(
    "affine_backward",
    edit={"(grad_out @ weights.T)": "(grad_out @ weights.reshape(weights.shape[1], weights.shape[0]))"},
    hint="`reshape` to (M, D) is no transpose: the numbers stay in their order and get into wrong places. Turn the matrix with .T.",
)
def weights_reshaped_on_the_way_back(): ...


@mistake(
    "affine_backward",
    edit={"x.flatten(start_dim=1).T @ grad_out": "x.T.reshape(weights.shape[0], len(x)) @ grad_out"},
    hint="`.T` of an image batch turns *all* its axes round. Flatten first, then turn the matrix.",
)
def all_axes_turned(): ...


@mistake(
    "affine_backward",
    edit={"grad_out.sum(dim=0)": "grad_out"},
    hint="The gradient of the bias is grad_out as it came, (N, M). A bias is added to every row: what becomes of the shares of all rows?",
)
def bias_not_summed(): ...


@mistake(
    "affine_backward",
    edit={"x.flatten(start_dim=1)": "(x.permute(0, 2, 3, 1) if x.ndim == 4 else x).flatten(1)"},
    hint="For the gradient of the weights the axes of a row are flattened in another order (channels last) than in forward: keep the order in which they stand.",
)
def flattened_channels_last_on_the_way_back(): ...


@mistake(
    "affine_backward",
    edit={"x.flatten(start_dim=1).T @ grad_out": "grad_out.T @ x.flatten(start_dim=1)"},
    hint="The gradient of the weights is (M, D), as torch.nn.Linear keeps its weights. Here they are (D, M).",
)
def weights_as_linear_keeps_them(): ...


@mistake(
    "affine_backward",
    edit={"    grad_x =": "    num, channels, height, width = x.shape\n    grad_x ="},
    hint="x is taken to have four axes. It may have any number of them, also two.",
)
def expects_images(): ...


@mistake(
    "affine_backward",
    edit={"= x.flatten(start_dim=1)": "= -x.flatten(start_dim=1)"},
    hint="The gradient of the weights has the wrong sign. It says which way the loss grows; the step against it is taken elsewhere, in training.",
)
def weights_sign_turned(): ...


@mistake(
    "affine_backward",
    edit={".T @ grad_out": ".T @ grad_out + 1e-3 * weights"},
    hint="Something that grows with the weights themselves is added to their gradient. What the layer computes knows no penalty for large weights.",
)
def with_weight_decay(): ...


@mistake(
    "affine_backward",
    hint="The gradient of x is laid out as x lies in memory. For a tensor whose axes were turned that is another order: give the rows the shape of x, by its axes.",
)
def gradient_laid_out_as_in_memory(grad_out, cache):
    x, weights, _ = cache
    order = sorted(range(x.ndim), key=lambda axis: -x.stride(axis))
    laid = (grad_out @ weights.T).flatten().reshape([x.shape[axis] for axis in order])
    return laid.permute([order.index(axis) for axis in range(x.ndim)]), x.flatten(1).T @ grad_out, grad_out.sum(0)


@mistake(
    "affine_backward",
    edit={"(grad_out @ weights.T)": "(grad_out @ weights.T / len(x))"},
    hint="The gradient of x is off by a factor of N. Each row has a gradient of its own: nothing is averaged here.",
)
def x_averaged(): ...


@right("affine_backward")
def backward_by_einsum(grad_out, cache):
    x, weights, bias = cache
    rows = x.reshape(x.shape[0], -1)
    grad_x = torch.einsum("nm,dm->nd", grad_out, weights).reshape(x.shape)
    grad_weights = torch.einsum("nd,nm->dm", rows, grad_out)
    return grad_x, grad_weights, torch.einsum("nm->m", grad_out)


@right("affine_backward")
def backward_by_outer_products(grad_out, cache):
    x, weights, bias = cache
    rows = x.flatten(start_dim=1)
    grad_weights = (rows[:, :, None] * grad_out[:, None, :]).sum(dim=0)
    grad_x = (grad_out[:, None, :] * weights[None]).sum(dim=2).view_as(x)
    return grad_x, grad_weights, torch.ones(len(x), dtype=x.dtype, device=x.device) @ grad_out


@right("affine_backward")
def backward_turned_at_the_end(grad_out, cache):
    (x, w, b) = cache
    dx = torch.matmul(w, grad_out.t()).t().reshape(*x.size())
    dw = torch.mm(grad_out.t(), x.reshape(x.size(0), -1)).t()
    db = torch.sum(grad_out, 0)
    return (dx, dw, db)


# softmax_loss_backward


@mistake(
    "softmax_loss_backward",
    hint="The exponential of a large score overflows: subtract each row's largest score first, which changes no probability.",
)
def overflows(scores, y):
    n = len(y)
    p = scores.exp() / scores.exp().sum(1, keepdim=True)
    grad = p.clone()
    grad[range(n), y] -= 1
    return -p[range(n), y].log().mean(), grad / n


@mistake(
    "softmax_loss_backward",
    edit={"scores.max(dim=1, keepdim=True).values": "scores.max()"},
    hint="One shift for the whole batch: a row far below the others loses all its digits. Subtract each row's own "
    "largest score.",
)
def shifted_by_the_largest_of_all(): ...


@mistake(
    "softmax_loss_backward",
    edit={"-log_probabilities[rows, y].mean()": "-(log_probabilities.exp()[rows, y] + 1e-8).log().mean()"},
    hint="The loss is cut short by a small number inside the logarithm: work with log-probabilities, which stay finite "
    "without it.",
)
def small_number_in_the_logarithm(): ...


@mistake(
    "softmax_loss_backward",
    edit={"-log_probabilities[rows, y].mean()": "-log_probabilities.exp()[rows, y].log().mean()"},
    hint="The loss is computed from the log of a probability that has rounded to 0: for a true class far behind, "
    "subtract logarithms instead of dividing first.",
)
def log_of_the_probability(): ...


@mistake(
    "softmax_loss_backward",
    edit={" / len(y)": ""},
    hint="The gradient of the scores is off by a factor of N: the loss is a mean, so its gradient has the same 1/N.",
)
def gradient_not_averaged(): ...


@mistake(
    "softmax_loss_backward",
    edit={".mean()": ".sum()", " / len(y)": ""},
    hint="Loss and gradient are both sums over the batch: divide both by N.",
)
def summed(): ...


@mistake(
    "softmax_loss_backward",
    edit={".mean()": ".sum()"},
    hint="The loss is a sum over the batch while its gradient has been averaged: divide the loss by N too.",
)
def loss_not_averaged(): ...


@mistake(
    "softmax_loss_backward",
    edit={"grad_scores / len(y)": "-grad_scores / len(y)"},
    hint="The gradient's sign is turned: raising the true class's score must lower the loss, so its entry is negative.",
)
def sign_turned(): ...


@mistake(
    "softmax_loss_backward",
    edit={"    grad_scores[rows, y] -= 1\n": ""},
    hint="The gradient of the scores is the probabilities alone: the true class's entry lacks its minus one.",
)
def without_the_minus_one(): ...


@mistake(
    "softmax_loss_backward",
    edit={"grad_scores[rows, y]": "grad_scores[:, y]"},
    hint="grad[:, y] takes whole columns, so every row loses something for every label: pick one entry in each row, "
    "by row number and label.",
)
def whole_columns(): ...


@mistake(
    "softmax_loss_backward",
    edit={"shifted - shifted.exp().sum(dim=1, keepdim=True).log()": "scores.log_softmax(dim=0)"},
    hint="The probabilities are taken down the batch: those of one row add up to one, so the softmax runs along axis 1.",
)
def down_the_batch(): ...


@mistake(
    "softmax_loss_backward",
    edit={"grad_scores / len(y)": "grad_scores / scores.numel()"},
    hint="The gradient is also divided by the number of classes: the loss is a mean over the N rows only.",
)
def averaged_over_classes_too(): ...


@mistake(
    "softmax_loss_backward",
    hint="The loss is a Python number: return it as a tensor without axes, so leave out .item().",
)
def loss_as_a_number(scores, y):
    p = scores.softmax(1)
    return F.cross_entropy(scores, y).item(), (p - F.one_hot(y, scores.shape[1])) / len(y)


@mistake(
    "softmax_loss_backward", hint="scores is changed on the way: -= works in place, and the caller still needs it."
)
def shifts_in_place(scores, y):
    n = len(y)
    scores -= scores.max(1, keepdim=True).values
    logs = scores - scores.exp().sum(1, keepdim=True).log()
    grad = logs.exp()
    grad[torch.arange(n, device=scores.device), y] -= 1
    return -logs[torch.arange(n, device=scores.device), y].mean(), grad / n


@mistake("softmax_loss_backward", hint="The gradient comes from autograd: write it yourself.")
def by_autograd(scores, y):
    scores = scores.clone().requires_grad_()
    loss = F.cross_entropy(scores, y)
    loss.backward()
    return loss.detach(), scores.grad


@mistake(
    "softmax_loss_backward",
    hint="The gradient is float32 whatever scores is: a new tensor of zeros takes torch's default dtype and device, "
    "unless it is told scores'.",
)
def gradient_in_zeros_of_the_default_kind(scores, y):
    p = scores.softmax(1)
    grad = torch.zeros(scores.shape)
    grad += p
    grad[range(len(y)), y] -= 1
    return F.cross_entropy(scores, y), grad / len(y)


@mistake("softmax_loss_backward", hint="The one-hot matrix is made on the CPU: make it where scores lives.")
def one_hot_on_the_cpu(scores, y):
    n, c = scores.shape
    one_hot = torch.zeros(n, c)
    one_hot[torch.arange(n), y] = 1
    return F.cross_entropy(scores, y), (scores.softmax(1) - one_hot) / n


@mistake(
    "softmax_loss_backward",
    hint="The ones are placed by counting through the memory, n * C + y. zeros_like keeps the memory order of scores, which "
    "may run down the columns: pick an entry by its row and its column.",
)
def ones_placed_by_counting_memory(scores, y):
    one_hot = torch.zeros_like(scores)
    one_hot.view(-1)[torch.arange(len(y), device=y.device) * scores.shape[1] + y] = 1
    return F.cross_entropy(scores, y), (scores.softmax(1) - one_hot) / len(y)


@mistake(
    "softmax_loss_backward",
    edit={"scores.max(dim=1, keepdim=True)": "scores.max(dim=0, keepdim=True)"},
    hint="Each class's largest score is subtracted, down the batch. A shift changes nothing only if it is the same for all scores of a row.",
)
def shifted_by_the_largest_of_each_class(): ...


@mistake(
    "softmax_loss_backward",
    hint="The exponentials are shifted and the true class's score isn't, so the loss is off by the shift: take both from the same scores.",
)
def only_half_shifted(scores, y):
    largest = scores.amax(dim=1, keepdim=True)
    rows = torch.arange(len(y), device=scores.device)
    p = (scores - largest).softmax(dim=1)
    loss = ((scores - largest).exp().sum(1).log() - scores[rows, y]).mean()
    p[rows, y] -= 1
    return loss, p / len(y)


@mistake(
    "softmax_loss_backward",
    edit={
        "    grad_scores = log_probabilities.exp()\n    grad_scores[rows, y] -= 1\n": "    grad_scores = log_probabilities.clone()\n    grad_scores[rows, y] -= 1\n    grad_scores = grad_scores.exp()\n"
    },
    hint="The 1 is taken from the logarithm of the true class. It is taken from its probability, after the exponential.",
)
def one_taken_from_the_logarithm(): ...


@mistake(
    "softmax_loss_backward",
    edit={
        "    grad_scores[rows, y] -= 1\n": "",
        "grad_scores / len(y)": "(grad_scores / len(y)).index_put((rows, y), -torch.ones_like(rows, dtype=scores.dtype), accumulate=True)",
    },
    hint="The 1 of the true class isn't divided by N: it is taken away after the division. Both belong to the mean.",
)
def only_probabilities_divided(): ...


@mistake(
    "softmax_loss_backward",
    edit={
        "    grad_scores[rows, y] -= 1\n": "    grad_scores = grad_scores - torch.bincount(y, minlength=scores.shape[1]) / len(y)\n"
    },
    hint="Every row loses something for the labels of all rows. Each row has a label of its own: pick one entry in each.",
)
def labels_counted_over_the_batch(): ...


@mistake(
    "softmax_loss_backward",
    edit={"-log_probabilities[rows, y].mean()": "-log_probabilities[rows, y].clamp(min=-100).mean()"},
    hint="The logarithms are cut off at a smallest value, so the loss is too small where the true class is far behind: it has no upper bound.",
)
def loss_cut_off(): ...


@mistake(
    "softmax_loss_backward",
    edit={"    shifted =": "    scores = scores.clamp(-50, 50)\n    shifted ="},
    hint="The scores are cut off on both sides, so those beyond become alike. Shift each row so that nothing overflows: that loses nothing.",
)
def scores_clamped(): ...


@mistake(
    "softmax_loss_backward",
    edit={"grad_scores / len(y)": "grad_scores / torch.bincount(y)[y][:, None] / len(y.unique())"},
    hint="The rows weigh by how often their class appears: in this mean, all rows weigh the same.",
)
def classes_weigh_alike(): ...


@mistake(
    "softmax_loss_backward",
    edit={"-log_probabilities[rows, y].mean()": "-log_probabilities.exp()[rows, y].mean()"},
    hint="The loss picks from the probabilities, and their logarithm is missing: look at what happens first, the picking or the exponential (`exp_` changes its tensor).",
)
def picks_after_the_exponential(): ...


@mistake(
    "softmax_loss_backward",
    edit={"grad_scores[rows, y]": "grad_scores[rows, y[0]]"},
    hint="The label of the first row serves for all rows of the gradient. Each row has one of its own.",
)
def label_of_the_first_row(): ...


@mistake(
    "softmax_loss_backward",
    hint="The 1 of the true class gets lost for scores that lie otherwise in memory: there `reshape` or `flatten` makes a copy, and what is written into a copy changes nothing else.",
)
def writes_into_a_copy(scores, y):
    grad = torch.exp(scores - scores.logsumexp(dim=1, keepdim=True))
    grad.reshape(-1)[torch.arange(len(y), device=y.device) * scores.shape[1] + y] -= 1
    return F.cross_entropy(scores, y), grad / len(y)


@mistake(
    "softmax_loss_backward",
    edit={"log_probabilities.exp()": "log_probabilities.clone()"},
    hint="The gradient is made of the logarithms of the probabilities. The formula has the probabilities themselves.",
)
def gradient_of_logarithms(): ...


@mistake(
    "softmax_loss_backward",
    edit={"log_probabilities.exp()": "scores.softmax(dim=0)"},
    hint="The loss is right, and the gradient's probabilities are taken down the batch: those of one row add up to one.",
)
def gradient_down_the_batch(): ...


@mistake(
    "softmax_loss_backward",
    edit={
        "    grad_scores[rows, y] -= 1\n": "    grad_scores[rows, y] -= 1\n    grad_scores = grad_scores * F.one_hot(y, scores.shape[1])\n"
    },
    hint="Only the true class gets a gradient. The other scores stand in the denominator: when they grow, so does the loss.",
)
def gradient_of_the_true_class_alone(): ...


@mistake(
    "softmax_loss_backward",
    edit={
        "    grad_scores[rows, y] -= 1\n": "    grad_scores = grad_scores - 0.1 / scores.shape[1]\n    grad_scores[rows, y] -= 0.9\n"
    },
    hint="What is taken from the probabilities isn't 1 at the true class and 0 elsewhere: the labels are smoothed, and nobody asked for that.",
)
def smoothed_labels(): ...


@mistake(
    "softmax_loss_backward",
    edit={"-log_probabilities[rows, y].mean()": "-log_probabilities[:, y].mean()"},
    hint="The loss averages over all pairs of a row and a label, N * N numbers: each row has one label, so pick N.",
)
def every_label_of_every_row(): ...


@mistake(
    "softmax_loss_backward",
    edit={
        "shifted - shifted.exp().sum(dim=1, keepdim=True).log()": "shifted.log_softmax(dim=1)",
        "scores.max(dim=1, keepdim=True)": "scores.max(dim=0, keepdim=True)",
    },
    hint="Each class's largest score is subtracted, down the batch. A shift changes nothing only if it is the same for all scores of a row.",
)
def shifted_by_class_and_safe(): ...


@mistake(
    "softmax_loss_backward",
    edit={"    grad_scores[rows, y] -= 1\n": "    grad_scores = grad_scores - F.one_hot(y)\n"},
    hint="The number of classes is counted from the labels, and some classes may have none. The scores say how many there are.",
)
def classes_counted_from_the_labels(): ...


@mistake(
    "softmax_loss_backward",
    edit={"-= 1": "-= 1 / len(y)", ", grad_scores / len(y)": ", grad_scores"},
    hint="Only the 1 of the true class is divided by N, and the probabilities aren't. Both belong to the mean.",
)
def only_the_one_divided(): ...


@mistake(
    "softmax_loss_backward",
    edit={"grad_scores[rows, y]": "grad_scores[rows, scores.argmax(dim=1)]"},
    hint="The 1 is taken from the class with the best score. It belongs to the true class, right or wrong.",
)
def one_taken_from_the_predicted(): ...


@mistake(
    "softmax_loss_backward",
    edit={
        "    grad_scores[rows, y] -= 1\n": "    grad_scores = grad_scores - torch.eye(10, dtype=scores.dtype, device=scores.device)[y]\n"
    },
    hint="The number of classes is typed in: it follows from the shape of the scores.",
)
def ten_classes(): ...


@mistake(
    "softmax_loss_backward",
    edit={"scores.max(dim=1, keepdim=True).values": "scores.mean(dim=1, keepdim=True)"},
    hint="Each row is shifted by its mean, and a score far above the mean still overflows. What must be taken away so that no exponential exceeds 1?",
)
def shifted_by_the_mean(): ...


@mistake(
    "softmax_loss_backward",
    edit={"scores.max(dim=1, keepdim=True).values": "scores.max(dim=1, keepdim=True).values.clamp(min=0)"},
    hint="Rows of large scores are shifted, and rows far below zero aren't: all their exponentials are 0. Shift every row, down or up.",
)
def shift_never_below_zero(): ...


@mistake(
    "softmax_loss_backward",
    edit={"scores - scores.max(dim=1, keepdim=True).values": "scores"},
    hint="The exponential of a large score overflows: subtract each row's largest score first, which changes no probability.",
)
def logarithm_of_a_sum_that_overflows(): ...


@mistake(
    "softmax_loss_backward",
    hint="The exponential of a large score overflows: subtract each row's largest score first, which changes no probability.",
)
def sum_and_quotient_overflow(scores, y):
    exps, rows = scores.exp(), torch.arange(len(y), device=scores.device)
    sums = exps.sum(dim=1, keepdim=True)
    grad = exps / sums
    grad[rows, y] -= 1
    return (sums.log()[:, 0] - scores[rows, y]).mean(), grad / len(y)


@mistake("softmax_loss_backward", hint="The number of classes is counted from the labels, and some classes may have none. The scores say how many there are.")
def loss_and_gradient_by_classes_of_the_labels(scores, y):
    target = F.one_hot(y).to(scores.dtype)
    log_p = scores.log_softmax(dim=1)
    return -(log_p * target).sum() / len(y), (log_p.exp() - target) / len(y)


@mistake(
    "softmax_loss_backward",
    edit={"-log_probabilities[rows, y].mean()": "-log_probabilities[rows, y].mean() / 0.6931471805599453"},
    hint="The loss has the logarithm to the base 2. The formula has the natural one, and the gradient belongs to that.",
)
def logarithm_to_the_base_two(): ...


@mistake(
    "softmax_loss_backward",
    edit={"-log_probabilities[rows, y].mean()": "log_probabilities[rows, y].mean()"},
    hint="The loss is negative. The logarithm of a probability is at most 0: what does a loss do with it?",
)
def loss_without_the_minus(): ...


@right("softmax_loss_backward")
def by_torch_and_one_hot(scores, y):
    one_hot = F.one_hot(y, num_classes=scores.shape[1]).to(scores.dtype)
    return F.cross_entropy(scores, y), (torch.softmax(scores, dim=1) - one_hot) / y.shape[0]


@right("softmax_loss_backward")
def by_logsumexp_and_scatter(scores, y):
    num = scores.size(0)
    log_z = torch.logsumexp(scores, dim=1)
    loss = (log_z - scores.gather(1, y.unsqueeze(1)).squeeze(1)).sum() / num
    grad = torch.exp(scores - log_z.unsqueeze(1))
    grad.scatter_add_(1, y.unsqueeze(1), -torch.ones_like(grad[:, :1]))
    return loss, grad.div(num)


@right("softmax_loss_backward")
def by_comparing_with_class_numbers(scores, y):
    shifted = scores - torch.amax(scores, dim=1, keepdim=True)
    exps = torch.exp(shifted)
    totals = exps.sum(dim=1, keepdim=True)
    truth = y[:, None] == torch.arange(scores.shape[1], device=scores.device)
    losses = torch.log(totals[:, 0]) - torch.where(truth, shifted, torch.zeros_like(shifted)).sum(dim=1)
    grad = (exps / totals - truth.type_as(scores)) / len(scores)
    return losses.mean(), grad


@right("softmax_loss_backward")
def by_nll_loss(scores, y):
    logp = F.log_softmax(scores, dim=-1)
    d = logp.exp()
    d[range(y.shape[0]), y] = d[range(y.shape[0]), y] - 1.0
    d /= y.shape[0]
    return F.nll_loss(logp, y), d


# svm_loss_backward


def _margins(scores, y, margin):
    rows = torch.arange(len(y), device=scores.device)
    margins = (scores - scores[rows, y][:, None] + margin).clamp(min=0)
    margins[rows, y] = 0
    return rows, margins


@mistake(
    "svm_loss_backward",
    edit={"    margins[rows, y] = 0\n": "", "= -grad_scores": "-= grad_scores"},
    hint="The true class is counted against itself: its own margin, max(0, s_y - s_y + margin), does not belong to the sum.",
)
def counts_the_true_class(): ...


@mistake(
    "svm_loss_backward",
    edit={"-grad_scores.sum(dim=1)": "-1"},
    hint="The gradient of the true class is -1 a row, or less than it should be: every class inside the margin pulls it "
    "once, so count them.",
)
def pulls_the_true_class_once(): ...


@mistake(
    "svm_loss_backward",
    edit={"    grad_scores[rows, y] = -grad_scores.sum(dim=1)\n": ""},
    hint="The true class has no gradient: its score stands in every margin of its row, with a minus sign.",
)
def forgets_the_true_class(): ...


@mistake(
    "svm_loss_backward",
    edit={"grad_scores / len(y)": "grad_scores"},
    hint="The gradient of the scores is off by a factor of N: the loss is a mean over the rows, so its gradient has the same 1/N.",
)
def svm_gradient_not_averaged(): ...


@mistake(
    "svm_loss_backward",
    edit={"margins.sum() / len(y), grad_scores / len(y)": "margins.sum(), grad_scores"},
    hint="Loss and gradient are both sums over the batch: divide both by N.",
)
def svm_summed(): ...


@mistake("svm_loss_backward", edit={"+ margin": "+ 1.0"}, hint="The margin is always one: use the argument.")
def margin_of_one(): ...


@mistake(
    "svm_loss_backward",
    edit={"(margins > 0).to(scores.dtype)": "2 * margins", "margins.sum()": "(margins**2).sum()"},
    hint="The margins are squared: this loss adds them up as they are.",
)
def squared_hinge(): ...


@mistake(
    "svm_loss_backward",
    hint="Only the worst class of each row counts: this loss adds up all classes that come inside the margin.",
)
def only_the_worst_class(scores, y, margin=1.0):
    rows, margins = _margins(scores, y, margin)
    worst, at = margins.max(1)
    grad = torch.zeros_like(scores)
    grad[rows, at] = (worst > 0).to(scores.dtype)
    grad[rows, y] -= (worst > 0).to(scores.dtype)
    return worst.mean(), grad / len(y)


@mistake(
    "svm_loss_backward",
    edit={"margins.sum() / len(y), grad_scores / len(y)": "margins.mean(), grad_scores / scores.numel()"},
    hint="The loss is a mean over rows and classes: divide by the N rows only.",
)
def averaged_over_classes(): ...


@mistake(
    "svm_loss_backward",
    hint="A class exactly at the margin gets a gradient. It counts as safe here, and what is safe has none.",
)
def safe_counts_at_the_margin(scores, y, margin=1.0):
    rows = torch.arange(len(y))
    raw = scores - scores[rows, y][:, None] + margin
    raw[rows, y] = -1
    grad = (raw >= 0).to(scores.dtype)
    grad[rows, y] = -grad.sum(1)
    return raw.clamp(min=0).sum() / len(y), grad / len(y)


@mistake("svm_loss_backward", hint="Margins below zero are added too: a class that is safe gives 0, no reward.")
def never_cut_off(scores, y, margin=1.0):
    rows = torch.arange(len(y))
    margins = scores - scores[rows, y][:, None] + margin
    margins[rows, y] = 0
    grad = torch.ones_like(scores)
    grad[rows, y] = -(scores.shape[1] - 1.0)
    return margins.sum() / len(y), grad / len(y)


@mistake(
    "svm_loss_backward",
    edit={
        "scores - scores[rows, y][:, None]": "scores[rows, y][:, None] - scores",
        "= (margins > 0)": "= -(margins > 0)",
    },
    hint="The two scores of the margin are swapped: it grows when a wrong class's score grows, s_j - s_y + margin.",
)
def margin_swapped(): ...


@mistake(
    "svm_loss_backward",
    edit={"(margins > 0).to(scores.dtype)": "margins.clone()"},
    hint="The margins themselves came back as the gradient: the slope of a sloping hinge is 1, whatever its height.",
)
def margins_as_gradient(): ...


@mistake(
    "svm_loss_backward",
    hint="A row at a time in Python: margins of the whole batch are one subtraction with broadcasting.",
)
def svm_row_by_row(scores, y, margin=1.0):
    loss, grad = scores.new_zeros(()), torch.zeros_like(scores)
    for n in range(len(y)):
        for j in range(scores.shape[1]):
            gap = scores[n, j] - scores[n, y[n]] + margin
            if j != y[n] and gap > 0:
                loss = loss + gap
                grad[n, j] += 1
                grad[n, y[n]] -= 1
    return loss / len(y), grad / len(y)


@mistake(
    "svm_loss_backward", hint="scores is changed on the way: -= and += work in place, and the caller still needs it."
)
def svm_in_place(scores, y, margin=1.0):
    rows = torch.arange(len(y), device=scores.device)
    scores -= scores[rows, y][:, None].clone()
    scores += margin
    scores[rows, y] = 0
    grad = (scores > 0).to(scores.dtype)
    grad[rows, y] = -grad.sum(1)
    return scores.clamp(min=0).sum() / len(y), grad / len(y)


@mistake(
    "svm_loss_backward",
    edit={".to(scores.dtype)": ".float()"},
    hint="The gradient is float32 whatever scores is: a new tensor of zeros, or (margins > 0).float(), takes a dtype of "
    "its own unless it is told scores'.",
)
def svm_gradient_in_single_precision(): ...


@mistake("svm_loss_backward", hint="The mask is made on the CPU: make it where scores lives.")
def svm_mask_on_the_cpu(scores, y, margin=1.0):
    n, c = scores.shape
    one_hot = torch.eye(c, dtype=scores.dtype)[y.cpu()]
    margins = F.relu(scores - (scores * one_hot).sum(1, keepdim=True) + margin) * (1 - one_hot)
    grad = (margins > 0).to(scores.dtype)
    return margins.sum() / n, (grad - one_hot * grad.sum(1, keepdim=True)) / n


@mistake(
    "svm_loss_backward",
    hint="The true classes are found by counting through the memory, n * C + y. zeros_like keeps the memory order of scores, "
    "which may run down the columns: pick an entry by its row and its column.",
)
def svm_ones_placed_by_counting_memory(scores, y, margin=1.0):
    _, margins = _margins(scores, y, margin)
    one_hot = torch.zeros_like(scores)
    one_hot.view(-1)[torch.arange(len(y), device=y.device) * scores.shape[1] + y] = 1
    grad = (margins > 0).to(scores.dtype)
    return margins.sum() / len(y), (grad - one_hot * grad.sum(1, keepdim=True)) / len(y)


@mistake(
    "svm_loss_backward",
    edit={
        ".clamp(min=0)\n": ".clamp(min=0)\n    inside = (margins > 0).to(scores.dtype)\n",
        "(margins > 0).to(scores.dtype)\n    grad_scores[rows, y] =": "inside\n    grad_scores[rows, y] =",
    },
    hint="The true class's own margin is counted among those that pull it down: its gradient is one too low in each row.",
)
def true_class_counted_in_its_pull(): ...


@mistake(
    "svm_loss_backward",
    hint="The margin is added after the cut at zero. It decides who is safe, so it stands inside: max(0, s_j − s_y + margin).",
)
def margin_outside_the_cut(scores, y, margin=1.0):
    rows = torch.arange(len(y), device=scores.device)
    margins = (scores - scores[rows, y][:, None]).clamp(min=0) + margin
    margins[rows, y] = 0
    grad = (margins > margin).to(scores.dtype)
    grad[rows, y] = -grad.sum(dim=1)
    return margins.sum() / len(y), grad / len(y)


@mistake(
    "svm_loss_backward",
    hint="The sum of a row is cut off at zero. Each class has a max of its own, or a safe class would make up for another.",
)
def sum_cut_off(scores, y, margin=1.0):
    rows = torch.arange(len(y), device=scores.device)
    gaps = scores - scores[rows, y][:, None] + margin
    gaps[rows, y] = 0
    grad = (gaps > 0).to(scores.dtype)
    grad[rows, y] = -grad.sum(dim=1)
    return gaps.sum(dim=1).clamp(min=0).mean(), grad / len(y)


@mistake(
    "svm_loss_backward",
    hint="The true class is found by its margin, and another class with the same score is taken out with it. Find it by its label.",
)
def ties_with_the_true_class_taken_out(scores, y, margin=1.0):
    gaps = scores - scores.gather(1, y[:, None]) + margin
    gaps = torch.where(gaps == margin, torch.zeros_like(gaps), gaps).clamp(min=0)
    grad = (gaps > 0).to(scores.dtype)
    grad = grad.scatter(1, y[:, None], -grad.sum(1, keepdim=True))
    return gaps.sum() / len(y), grad / len(y)


@mistake(
    "svm_loss_backward",
    edit={"(margins > 0)": "(margins > 0.1)"},
    hint="A class that is only a little inside the margin gets no gradient. However little it is, the slope is 1.",
)
def a_little_inside_counts_as_safe(): ...


@mistake(
    "svm_loss_backward",
    edit={"margins.sum() / len(y)": "margins.clamp(max=1).sum() / len(y)"},
    hint="A class far inside the margin costs no more than 1 in your loss: the hinge is cut off at zero only, and has no upper end.",
)
def cost_cut_off_above(): ...


@mistake(
    "svm_loss_backward",
    edit={"grad_scores / len(y)": "(grad_scores / len(y)).index_put((rows, y), grad_scores[rows, y])"},
    hint="The entry of the true class isn't divided by N, and the others are. All entries of a row belong to the same mean and add up to zero.",
)
def true_entry_not_divided(): ...


@mistake(
    "svm_loss_backward",
    edit={"    rows =": "    y = y[:1].expand(len(y))\n    rows ="},
    hint="Every row is judged by the label of the first. Each row has one of its own.",
)
def judged_by_the_first_label(): ...


@mistake(
    "svm_loss_backward",
    hint="A class exactly at the margin gets a gradient. It counts as safe here, and what is safe has none.",
)
def half_a_slope_at_the_margin(scores, y, margin=1.0):
    rows = torch.arange(len(y), device=scores.device)
    gaps = scores - scores[rows, y][:, None] + margin
    gaps[rows, y] = -1
    grad = torch.heaviside(gaps, gaps.new_tensor(0.5))
    grad[rows, y] = -grad.sum(dim=1)
    return gaps.relu().sum() / len(y), grad / len(y)


@mistake(
    "svm_loss_backward",
    edit={"margins.sum() / len(y)": "margins.sum().item() / len(y)"},
    hint="The loss is a Python number: return it as a tensor without axes, so leave out .item().",
)
def svm_loss_as_a_number(): ...


@mistake(
    "svm_loss_backward",
    edit={"margins.sum() / len(y)": "margins.sum(dim=1)"},
    hint="The loss has one number for each row: the mean over the rows is still to come.",
)
def a_loss_for_each_row(): ...


@mistake(
    "svm_loss_backward",
    edit={
        "(margins > 0)": "(scores - scores[rows, y][:, None] > -1)",
        "    grad_scores[rows, y] =": "    grad_scores[rows, y] = 0\n    grad_scores[rows, y] =",
    },
    hint="The loss uses the margin, and the gradient takes 1 for it. Both ask the same question of the same margins.",
)
def gradient_with_a_margin_of_one(): ...


@mistake(
    "svm_loss_backward",
    edit={"(margins > 0)": "(scores > scores[rows, y][:, None])"},
    hint="Only classes above the true one get a gradient. A class that is behind by less than the margin costs something too.",
)
def gradient_without_the_margin(): ...


@mistake(
    "svm_loss_backward",
    edit={"+ margin": "- margin"},
    hint="The margin is subtracted: a wrong class that is only just behind would be safe. By how much has the true class to lead?",
)
def margin_subtracted(): ...


@mistake(
    "svm_loss_backward",
    edit={
        "margins.sum() / len(y), grad_scores / len(y)": "margins.sum() / margins.any(dim=1).sum().clamp(min=1), grad_scores / margins.any(dim=1).sum().clamp(min=1)"
    },
    hint="The mean runs over the rows that cost something. Rows that cost nothing count too: there are N.",
)
def mean_over_the_costly_rows(): ...


@mistake(
    "svm_loss_backward",
    edit={"scores[rows, y][:, None]": "(scores * F.one_hot(y)).sum(dim=1, keepdim=True)"},
    hint="The number of classes is counted from the labels, and some classes may have none. The scores say how many there are.",
)
def svm_classes_counted_from_the_labels(): ...


@mistake(
    "svm_loss_backward",
    edit={"scores[rows, y][:, None]": "scores.amax(dim=1, keepdim=True)"},
    hint="All classes are compared with the best score of the row. They are compared with the score of the true class.",
)
def best_score_as_the_true_one(): ...


@mistake(
    "svm_loss_backward",
    edit={"grad_scores / len(y)": "-grad_scores / len(y)"},
    hint="The gradient's sign is turned: raising the score of a class inside the margin makes the loss larger, so its entry is positive.",
)
def svm_sign_turned(): ...


@mistake(
    "svm_loss_backward",
    edit={".to(scores.dtype)": ".to(scores.dtype) * margin"},
    hint="The slope of a class inside the margin is the margin. The margin shifts the hinge and doesn't tilt it.",
)
def slope_of_the_margin(): ...


@mistake(
    "svm_loss_backward",
    edit={"-grad_scores.sum(dim=1)": "-grad_scores.sum(dim=0)[y]"},
    hint="The true class's entry counts the ones of a column, those of all rows. Only the classes of its own row pull it.",
)
def ones_of_a_column_counted(): ...


@mistake(
    "svm_loss_backward",
    edit={"(margins > 0)": "(margins > 1e-3)"},
    hint="A class that is only a little inside the margin gets no gradient. However little it is, the slope is 1.",
)
def a_tolerance_at_the_margin(): ...


@mistake(
    "svm_loss_backward",
    edit={"-grad_scores.sum(dim=1)": "1.0 - scores.shape[1]"},
    hint="The true class is pulled by all other classes, also by those that are safe: count only those that cost something.",
)
def every_class_pulls(): ...


@mistake(
    "svm_loss_backward",
    edit={"[:, None]": ""},
    hint="The true scores lie along the classes: (N, C) minus (N,) broadcasts over the last axis. Each of them belongs to a row.",
)
def true_scores_as_a_row(): ...


@mistake(
    "svm_loss_backward",
    edit={"-grad_scores.sum(dim=1)": "-grad_scores.amax(dim=1)"},
    hint="The gradient of the true class is -1 a row, or less than it should be: every class inside the margin pulls it once, so count them.",
)
def pulls_once_if_at_all(): ...


@mistake(
    "svm_loss_backward",
    edit={"margins[rows, y] = 0": "margins[:, y] = 0"},
    hint="margins[:, y] wipes out the columns of all labels of the batch, in every row: take one entry out in each row, its own true class.",
)
def all_labels_wiped_out(): ...


@mistake("svm_loss_backward", hint="The number of classes is counted from the labels, and some classes may have none. The scores say how many there are.")
def all_by_classes_of_the_labels(scores, y, margin=1.0):
    target = F.one_hot(y).to(scores.dtype)
    terms = torch.relu(scores - (scores * target).sum(dim=1, keepdim=True) + margin) * (1 - target)
    active = (terms > 0).to(scores.dtype)
    return terms.sum() / len(y), (active - target * active.sum(dim=1, keepdim=True)) / len(y)


@right("svm_loss_backward")
def by_gather_and_where(scores, y, margin=1.0):
    true = scores.gather(1, y.view(-1, 1))
    is_true = F.one_hot(y, scores.shape[1]).bool()
    gaps = torch.where(is_true, torch.zeros_like(scores), scores - true + margin)
    inside = gaps > 0
    grad = inside.to(scores.dtype) - is_true.to(scores.dtype) * inside.sum(dim=1, keepdim=True)
    return F.relu(gaps).sum(dim=1).mean(), grad / scores.shape[0]


@right("svm_loss_backward")
def by_taking_the_margin_away_again(scores, y, margin=1.0):
    num = scores.shape[0]
    idx = torch.arange(num, device=scores.device)
    hinge = torch.maximum(scores - scores[idx, y].unsqueeze(1) + margin, torch.zeros_like(scores))
    hinge[idx, y] = 0.0
    mask = torch.zeros_like(scores)
    mask[hinge > 0] = 1
    mask[idx, y] -= mask.sum(dim=1)
    mask /= num
    return hinge.sum() / num, mask


@right("svm_loss_backward")
def by_multi_margin_loss(scores, y, margin=1.0):
    num, num_classes = scores.shape
    loss = F.multi_margin_loss(scores, y, margin=float(margin)) * num_classes
    one_hot = F.one_hot(y, num_classes).type_as(scores)
    counts = ((scores > (scores * one_hot).sum(1, keepdim=True) - margin).type_as(scores)) * (1 - one_hot)
    return loss, (counts - one_hot * counts.sum(1, keepdim=True)) / num
