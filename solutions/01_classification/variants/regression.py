"""What students write in regression: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# A variant stands under its exercise's name, so the solution is reached by another.
solved_fit_gaussian_naive_bayes = fit_gaussian_naive_bayes
solved_predict_gaussian_naive_bayes = predict_gaussian_naive_bayes
solved_pca = pca
solved_fit_linear_regression = fit_linear_regression

# fit_linear_regression


@mistake("fit_linear_regression", hint="There is no bias in this fit: the line is forced through the origin. Centre x and y, or add a column of ones.")
def no_bias(x, y, ridge=0.0):
    gram = x.T @ x + ridge * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    return torch.linalg.solve(gram, x.T @ y), torch.zeros((), dtype=x.dtype, device=x.device)


@mistake("fit_linear_regression", hint="The bias is penalised too. The prior is on the weights only: where the data sit should cost nothing.")
def bias_penalised(x, y, ridge=0.0):
    extended = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
    gram = extended.T @ extended + ridge * torch.eye(x.shape[1] + 1, dtype=x.dtype, device=x.device)
    solution = torch.linalg.solve(gram, extended.T @ y)
    return solution[:-1], solution[-1]


@mistake("fit_linear_regression", edit={"+ ridge *": "+ len(x) * ridge *"}, hint="The penalty is multiplied by N. The squared error here is a sum, so ridge stands beside it as it is.")
def ridge_times_rows(): ...


@mistake("fit_linear_regression", hint="The penalty is ignored. Set the derivative of the whole sum to zero: the penalty adds something to the matrix of the normal equation.")
def ridge_forgotten(x, y, ridge=0.0):
    extended = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
    solution = torch.linalg.lstsq(extended, y[:, None]).solution[:, 0]
    return solution[:-1], solution[-1]


@mistake("fit_linear_regression", edit={"ridge * torch.eye(\n        x.shape[1], dtype=x.dtype, device=x.device\n    )": "ridge"}, hint="ridge is added to every entry of the matrix. The penalty's derivative couples no weight with another: only the diagonal gets it.")
def ridge_everywhere(): ...


@mistake("fit_linear_regression", edit={"y_mean - x_mean @ weights": "y_mean"}, hint="The bias is the mean of y alone. That is right for centred columns: here the line must still pass through (mean of x, mean of y).")
def bias_is_the_mean_of_y(): ...


@mistake("fit_linear_regression", edit={"y_mean - x_mean @ weights": "(y_mean - x_mean @ weights)[None]"}, hint="The bias is an entry of shape (1,) here. It should be a scalar tensor, shape (): one index instead of a slice.")
def bias_of_one_entry(): ...


@mistake("fit_linear_regression", edit={"+ ridge *": "+ ridge / 2 *"}, hint="The penalty counts half. It is ridge * w², with no 1/2, beside a squared error with no 1/2: differentiate both and compare.")
def half_the_ridge(): ...


@mistake("fit_linear_regression", edit={"centred = x - x_mean": "centred = x"}, hint="y is centred and x is not, so the slope has to make up for where x sits. Centre both, or neither and add a column of ones.")
def only_y_centred(): ...


@mistake(
    "fit_linear_regression",
    edit={"+ ridge *": "+ (ridge + 1e-8) *"},
    hint="A small number is added to the diagonal for safety. It is a penalty that nobody asked for: with x in small "
    "units it takes over. Add ridge alone.",
)
def a_little_ridge_for_safety(): ...


@mistake("fit_linear_regression", hint="x and y are centred in place: the caller's tensors are changed.")
def centred_in_place(x, y, ridge=0.0):
    x_mean, y_mean = x.mean(dim=0), y.mean()
    x -= x_mean
    y -= y_mean
    gram = x.T @ x + ridge * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    weights = torch.linalg.solve(gram, x.T @ y)
    return weights, y_mean - x_mean @ weights


@mistake("fit_linear_regression", edit={", device=x.device": ""}, hint="The identity matrix is made on the CPU: give it the device of x.")
def identity_on_the_cpu(): ...



@mistake("fit_linear_regression", edit={"ridge * torch.eye": "ridge**2 * torch.eye"}, hint="The ridge is squared. If you add rows to x for the penalty, the number in them is its root.")
def ridge_squared(): ...


@mistake(
    "fit_linear_regression",
    hint="Each column is divided by its deviation first, and then the penalty weighs other numbers than the weights. Centre the columns, and "
    "leave their scale.",
)
def columns_standardised(x, y, ridge=0.0):
    spread = x.std(dim=0)
    weights, _ = solved_fit_linear_regression(x / spread, y, ridge)
    return weights / spread, y.mean() - x.mean(dim=0) @ (weights / spread)


@mistake("fit_linear_regression", hint="The weights are fitted through the origin, and the bias is added afterwards. Both are fitted together: centre x and y first.")
def weights_through_the_origin(x, y, ridge=0.0):
    weights = torch.linalg.solve(x.T @ x + ridge * torch.eye(x.shape[1], dtype=x.dtype, device=x.device), x.T @ y)
    return weights, y.mean() - x.mean(dim=0) @ weights


@mistake("fit_linear_regression", hint="Where there are fewer rows than columns you take the pseudo-inverse, and the penalty is forgotten. With a ridge the same equation can be solved there too.")
def pseudo_inverse_where_wide(x, y, ridge=0.0):
    if len(x) >= x.shape[1]:
        return solved_fit_linear_regression(x, y, ridge)
    weights = torch.linalg.pinv(x - x.mean(dim=0)) @ (y - y.mean())
    return weights, y.mean() - x.mean(dim=0) @ weights


@mistake("fit_linear_regression", edit={"ridge * torch.eye": "(ridge + 1e-3) * torch.eye"}, hint="A small ridge is always added, and the weights are no longer those of least squares. With ridge = 0 nothing is added.")
def always_a_little_ridge(): ...


@mistake("fit_linear_regression", edit={"centred.T @ centred + ridge": "centred.T @ centred / (len(y) - 1) + ridge", "centred.T @ (y - y_mean))": "centred.T @ (y - y_mean) / (len(y) - 1))"}, hint="The sums are divided and the ridge is not, so it weighs many times as much. The loss is a sum over the rows plus the penalty.")
def ridge_beside_a_mean(): ...


@mistake("fit_linear_regression", edit={"y_mean - x_mean @ weights": "(y_mean - x_mean @ weights).item()"}, hint="The bias is a Python number. It should stay a tensor of shape (), which keeps its dtype and device.")
def bias_as_a_number(): ...


@right("fit_linear_regression")
def by_a_column_of_ones(x, y, ridge=0.0):
    ones = torch.ones(x.shape[0], 1, dtype=x.dtype, device=x.device)
    extended = torch.hstack((x, ones))
    penalty = ridge * torch.eye(extended.shape[1], dtype=x.dtype, device=x.device)
    penalty[-1, -1] = 0
    solution = torch.inverse(extended.t().mm(extended) + penalty) @ (extended.t() @ y)
    return solution[:-1], solution[-1]


@right("fit_linear_regression")
def by_extra_rows_that_stand_for_the_prior(x, y, ridge=0.0):
    n, d = x.shape
    top = torch.cat([x, x.new_ones(n, 1)], 1)
    bottom = torch.cat([math.sqrt(ridge) * torch.eye(d, dtype=x.dtype, device=x.device), x.new_zeros(d, 1)], 1)
    targets = torch.cat([y, y.new_zeros(d)])
    solution = torch.linalg.lstsq(torch.cat([top, bottom]), targets.unsqueeze(1)).solution.squeeze(1)
    return solution[:d], solution[d]


@right("fit_linear_regression")
def by_the_svd(x, y, ridge=0.0):
    mx, my = torch.mean(x, 0), torch.mean(y)
    u, s, vh = torch.linalg.svd(x - mx, full_matrices=False)
    w = vh.T @ ((s / (s ** 2 + ridge)) * (u.T @ (y - my)))
    return w, my - torch.dot(mx, w)


# linear_regression_gradient


@mistake("linear_regression_gradient", edit={".square().mean()": ".square().sum()", " / len(y), 2 * residual.mean()": ", 2 * residual.sum()"}, hint="The loss is a sum over rows. It should be a mean: divide loss and gradients by N.")
def summed_error(): ...


@mistake("linear_regression_gradient", edit={"2 * x.T": "x.T", "2 * residual": "residual"}, hint="The gradients lack a factor of 2. The loss has no 1/2 in front, so the square's derivative keeps its 2.")
def gradient_without_two(): ...


@mistake("linear_regression_gradient", edit={"x @ weights + bias - y": "y - x @ weights - bias"}, hint="The gradients have the wrong sign. Check which way the residual points: prediction minus target.")
def gradient_of_wrong_sign(): ...


@mistake("linear_regression_gradient", edit={"residual.square()": "0.5 * residual.square()", "2 * x.T": "x.T", "2 * residual.mean": "residual.mean"}, hint="The loss carries a factor of 1/2 that the definition doesn't have.")
def half_the_error(): ...


@mistake("linear_regression_gradient", edit={" / len(y), 2 * residual.mean()": ", 2 * residual.sum()"}, hint="The gradients are not divided by N, though the loss is: they are the slope of another function.")
def gradient_not_averaged(): ...


@mistake("linear_regression_gradient", edit={"+ bias -": "-"}, hint="The bias is left out of the prediction.")
def bias_not_added(): ...


@mistake("linear_regression_gradient", hint="Predictions of shape (N, 1) met targets of shape (N,): they broadcast to an (N, N) table of all pairs. Keep both as (N,).")
def broadcast_to_all_pairs(x, y, weights, bias):
    r = x @ weights[:, None] + bias - y
    return (r ** 2).mean(), 2 * (x.T @ r).mean(dim=1) / len(y), 2 * r.mean()


@mistake("linear_regression_gradient", edit={"residual.mean": "residual.sum"}, hint="The bias's gradient is the sum over the rows. The loss is a mean, so its slope is a mean too.")
def bias_gradient_summed(): ...


@mistake("linear_regression_gradient", edit={"residual.square().mean()": "residual.square().mean().sqrt()"}, hint="The loss is the root of the mean squared error. Leave the root out.")
def root_of_the_error(): ...


@mistake("linear_regression_gradient", hint="The gradient comes from autograd. Work it out by hand.")
def asks_autograd(x, y, weights, bias):
    w, b = weights.detach().clone().requires_grad_(), bias.detach().clone().requires_grad_()
    loss = F.mse_loss(x @ w + b, y)
    loss.backward()
    return loss.detach(), w.grad, b.grad


@mistake("linear_regression_gradient", hint="The gradient is gathered in a loop over rows. One matrix product does them all.")
def loops_over_rows(x, y, weights, bias):
    loss, w, b = 0.0, torch.zeros_like(weights), torch.zeros_like(bias)
    for row, target in zip(x, y):
        r = row @ weights + bias - target
        loss, w, b = loss + r ** 2 / len(y), w + 2 * r * row / len(y), b + 2 * r / len(y)
    return loss, w, b


@mistake("linear_regression_gradient", edit={"x @ weights + bias - y": "y.sub_(x @ weights + bias).neg_()"}, hint="y is overwritten with the residuals: the caller's targets are gone.")
def residual_in_place(): ...


@mistake("linear_regression_gradient", hint="The gradient's tensor is made on the CPU: give it the device of x.")
def gradient_on_the_cpu(x, y, weights, bias):
    r = x @ weights + bias - y
    grad = torch.zeros(x.shape[1], dtype=x.dtype)
    grad += 2 * x.T @ r / len(y)
    return (r ** 2).mean(), grad, 2 * r.mean()



@mistake("linear_regression_gradient", edit={"2 * x.T @ residual / len(y), 2 * residual.mean()": "x.T @ residual.sign() / len(y), residual.sign().mean()"}, hint="The gradient is that of the absolute error: only the residuals' signs count in it. The error is squared here.")
def gradient_of_the_absolute_error(): ...


@mistake("linear_regression_gradient", edit={"2 * x.T @ residual / len(y)": "2 * x.T @ residual / x.numel()"}, hint="The gradient of the weights is divided by D too. The mean is over the rows alone.")
def gradient_divided_by_the_columns_too(): ...


@mistake("linear_regression_gradient", edit={"2 * x.T @ residual / len(y)": "2 * residual.mean() * x.mean(dim=0)"}, hint="The mean of the products is not the product of the means: multiply each residual with its own row first.")
def product_of_the_means(): ...


@mistake("linear_regression_gradient", edit={"residual.square().mean(), 2 * x.T @ residual / len(y), 2 * residual.mean()": "residual.square().mean().item(), 2 * x.T @ residual / len(y), (2 * residual.mean()).item()"}, hint="The loss and the bias's slope are Python numbers. They should stay tensors of shape ().")
def plain_numbers(): ...


@right("linear_regression_gradient")
def by_the_mean_of_products(x, y, weights, bias):
    error = torch.mv(x, weights) + bias - y
    return torch.mean(error ** 2), torch.mean(2 * error[:, None] * x, dim=0), torch.mean(2 * error)


@right("linear_regression_gradient")
def by_einsum(x, y, weights, bias):
    n, _ = x.shape
    error = torch.einsum("nd,d->n", x, weights).add(bias).sub(y)
    return error.dot(error) / n, torch.einsum("n,nd->d", error, x).mul(2 / n), error.sum() * 2 / n


@right("linear_regression_gradient")
def by_columns_of_shape_n_1(x, y, weights, bias):
    error = (x @ weights.view(-1, 1) + bias) - y.view(-1, 1)
    grad = 2.0 * (x.T @ error) / x.size(0)
    return (error * error).mean(), grad.flatten(), 2.0 * error.mean()


# logistic_loss


@mistake("logistic_loss", hint="The logarithm of the probability overflows: for a logit of -800 the sigmoid is 0 in floating point, and log 0 is infinite. Write the loss in terms of the logit.")
def log_of_the_sigmoid(x, y, weights, bias, ridge=0.0):
    p = torch.sigmoid(x @ weights + bias)
    loss = -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean() + ridge / 2 * (weights ** 2).sum()
    return loss, x.T @ (p - y) / len(y) + ridge * weights, (p - y).mean()


@mistake("logistic_loss", hint="The probability is clipped before the logarithm. That hides the overflow and makes large losses wrong: a sure mistake should cost its logit.")
def clipped_probability(x, y, weights, bias, ridge=0.0):
    p = torch.sigmoid(x @ weights + bias)
    q = p.clamp(1e-7, 1 - 1e-7)
    loss = -(y * torch.log(q) + (1 - y) * torch.log(1 - q)).mean() + ridge / 2 * (weights ** 2).sum()
    return loss, x.T @ (p - y) / len(y) + ridge * weights, (p - y).mean()


@mistake(
    "logistic_loss",
    hint="Beyond a logit of 10, log(1 + exp(z)) is taken to be z: a right answer then costs nothing at all. The "
    "difference is exp(-10), which is small and counts.",
)
def cut_short_at_ten(x, y, weights, bias, ridge=0.0):
    z = x @ weights + bias
    error = (torch.sigmoid(z) - y) / len(y)
    losses = torch.where(z > 10, z, torch.log1p(torch.exp(z.clamp(max=10)))) - y * z
    return losses.mean() + ridge / 2 * (weights ** 2).sum(), x.T @ error + ridge * weights, error.sum()


@mistake("logistic_loss", edit={"torch.logaddexp(logits, torch.zeros_like(logits))": "torch.log(1 + torch.exp(logits))"}, hint="log(1 + exp(z)) overflows for large z: exp(800) is infinite. Take the larger of 0 and z out of the logarithm first.")
def log_of_one_plus_exp(): ...


@mistake("logistic_loss", edit={" / len(y)": "", ".mean()": ".sum()"}, hint="Loss and gradients are sums over the rows. They should be means.")
def summed_log_loss(): ...


@mistake("logistic_loss", edit={"ridge / 2 *": "ridge *", "+ ridge * weights,": "+ 2 * ridge * weights,"}, hint="The penalty has no factor of 1/2 here; its gradient is then 2 * ridge * w. The definition asks for ridge / 2.")
def penalty_without_half(): ...


@mistake("logistic_loss", edit={" + ridge * weights,": ","}, hint="The penalty is in the loss, and its gradient is missing.")
def penalty_without_gradient(): ...


@mistake("logistic_loss", edit={"weights.square().sum()": "(weights.square().sum() + bias.square())", "error.sum()": "error.sum() + ridge * bias"}, hint="The bias is penalised as well: only the weights carry the prior.")
def penalty_on_the_bias(): ...


@mistake("logistic_loss", edit={"(torch.sigmoid(logits) - y)": "torch.sigmoid(logits) * torch.sigmoid(-logits) * (torch.sigmoid(logits) - y)"}, hint="The gradient has a factor p (1 - p) too many. That is the slope of the sigmoid: in the logarithm it cancels, and p - y is left.")
def slope_of_the_sigmoid_kept(): ...


@mistake("logistic_loss", edit={"torch.sigmoid(logits) - y": "y - torch.sigmoid(logits)"}, hint="The gradients point the other way: this is y - p, the way to go up.")
def gradient_uphill(): ...


@mistake("logistic_loss", edit={"x @ weights + bias": "-(x @ weights + bias)"}, hint="The sigmoid has its sign turned round: it is 1 / (1 + exp(-z)).")
def sigmoid_mirrored(): ...


@mistake("logistic_loss", hint="Only the rows of class 1 count: the term (1 - y) log(1 - p) is missing.")
def only_the_positive_rows(x, y, weights, bias, ridge=0.0):
    z = x @ weights + bias
    loss = (y * F.softplus(-z)).mean() + ridge / 2 * (weights ** 2).sum()
    error = y * (torch.sigmoid(z) - 1) / len(y)
    return loss, x.T @ error + ridge * weights, error.sum()


@mistake("logistic_loss", hint="The loss and its gradient come ready-made. Write both out.")
def asks_torch(x, y, weights, bias, ridge=0.0):
    w, b = weights.detach().clone().requires_grad_(), bias.detach().clone().requires_grad_()
    loss = F.binary_cross_entropy_with_logits(x @ w + b, y.to(x.dtype)) + ridge / 2 * (w ** 2).sum()
    loss.backward()
    return loss.detach(), w.grad, b.grad


@mistake("logistic_loss", hint="The penalty is added to the weights' own tensor, in place.")
def weights_changed(x, y, weights, bias, ridge=0.0):
    z = x @ weights + bias
    error = (torch.sigmoid(z) - y) / len(y)
    loss = (F.softplus(z) - y * z).mean() + ridge / 2 * (weights ** 2).sum()
    weights *= ridge
    return loss, weights + x.T @ error, error.sum()


@mistake("logistic_loss", edit={"torch.zeros_like(logits)": "torch.zeros(len(y), dtype=x.dtype)"}, hint="A tensor is made on the CPU: give it the device of x.")
def zeros_on_the_cpu(): ...



@mistake("logistic_loss", edit={"ridge / 2 * weights.square().sum()": "ridge / 2 / len(y) * weights.square().sum()", "ridge * weights,": "ridge / len(y) * weights,"}, hint="The penalty is divided by N as well. The mean is over the rows' losses; the penalty stands beside it.")
def penalty_divided_by_the_rows(): ...


@mistake("logistic_loss", edit={"torch.sigmoid(logits) - y": "torch.exp(logits) / (1 + torch.exp(logits)) - y"}, hint="The loss is safe, and the gradient isn't: e^z / (1 + e^z) is infinity by infinity for a large logit.")
def gradient_by_growing_exponentials(): ...


@mistake("logistic_loss", edit={"logits = x @ weights + bias\n": "logits = x @ weights + bias\n    y = 1 - y\n"}, hint="The labels are taken the other way round: the sigmoid of the logit is the probability of label 1.")
def labels_the_other_way_round(): ...


@mistake("logistic_loss", edit={"losses.mean()": "losses.mean() / math.log(2)"}, hint="The logarithm has base 2. In this course logarithms are natural ones.")
def loss_in_bits(): ...


@mistake("logistic_loss", edit={"torch.sigmoid(logits) - y": "torch.sigmoid(-logits) - y"}, hint="The gradient takes the probability of label 0. The sigmoid of the logit is that of label 1.")
def sigmoid_mirrored_in_the_gradient(): ...


@mistake("logistic_loss", edit={"+ ridge * weights, ": "+ 2 * ridge * weights, "}, hint="The penalty has a 1/2 in the loss, and so its gradient has no 2.")
def gradient_of_the_whole_square(): ...


@mistake("logistic_loss", edit={"losses = torch.logaddexp(logits, torch.zeros_like(logits)) - y * logits": "losses = F.softplus(-y * logits)", "(torch.sigmoid(logits) - y)": "(-y * torch.sigmoid(-y * logits))"}, hint="That formula is for labels of -1 and 1. Here they are 0 and 1, and a label of 0 would cost the same whatever the logit.")
def labels_of_plus_and_minus_one(): ...


@mistake("logistic_loss", edit={"losses = torch.logaddexp(logits, torch.zeros_like(logits)) - y * logits": "losses = F.binary_cross_entropy(torch.sigmoid(logits), y.to(x.dtype), reduction='none')"}, hint="The logarithm is taken of a probability that was rounded to 0 or 1, and cut off at 100. Write it in terms of the logit.")
def loss_of_rounded_probabilities(): ...


@mistake("logistic_loss", edit={"x @ weights + bias": "(x @ weights + bias).clamp(-30, 30)"}, hint="The logits are cut off. A row that is far off costs as much as its logit, and no formula needs them cut.")
def logits_cut_off(): ...


@right("logistic_loss")
def by_softplus_of_the_signed_logit(x, y, weights, bias, ridge=0.0):
    signs = 2 * y.to(x.dtype) - 1
    z = x.matmul(weights) + bias
    loss = F.softplus(-signs * z).mean() + 0.5 * ridge * weights.dot(weights)
    error = -signs * torch.sigmoid(-signs * z)
    return loss, (error[:, None] * x).mean(0) + ridge * weights, error.mean()


@right("logistic_loss")
def by_taking_the_maximum_out(x, y, weights, bias, ridge=0.0):
    z = (x * weights).sum(dim=1) + bias
    losses = z.clamp(min=0) - z * y + torch.log1p(torch.exp(-z.abs()))
    p = 1 / (1 + torch.exp(-z))
    return (losses.mean() + ridge * (weights ** 2).sum() / 2,
            torch.einsum("nd,n->d", x, p - y) / x.shape[0] + ridge * weights, (p - y).mean())


@right("logistic_loss")
def by_logsigmoid(x, y, weights, bias, ridge=0.0):
    z = x @ weights + bias
    target = y.type_as(x)
    loss = -(target * F.logsigmoid(z) + (1 - target) * F.logsigmoid(-z)).mean()
    difference = z.sigmoid() - target
    grad = difference @ x / x.shape[0]
    return loss + ridge / 2 * torch.sum(weights * weights), grad + ridge * weights, difference.mean()


# logistic_newton_step


@mistake("logistic_newton_step", hint="This is a step of gradient descent: the gradient is used as it is. Newton's step solves H step = gradient first.")
def plain_gradient_step(x, y, weights, bias, ridge):
    _, weights_grad, bias_grad = logistic_loss(x, y, weights, bias, ridge)
    return weights - weights_grad, bias - bias_grad


def _newton(x, y, weights, bias, ridge, curvature=None, hessian_ridge=None, bias_ridge=0.0, sign=-1.0, count=None):
    """One step with one thing changed."""
    _, weights_grad, bias_grad = logistic_loss(x, y, weights, bias, ridge)
    p = torch.sigmoid(x @ weights + bias)
    curvature = p * (1 - p) if curvature is None else curvature(p)
    extended = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
    hessian = extended.T @ (curvature[:, None] * extended) / (count or len(y))
    penalty = torch.full_like(hessian[0], ridge if hessian_ridge is None else hessian_ridge)
    penalty[-1] = bias_ridge
    step = torch.linalg.solve(hessian + torch.diag(penalty), torch.cat([weights_grad, bias_grad[None]]))
    return weights + sign * step[:-1], bias + sign * step[-1]


@mistake("logistic_newton_step", edit={"weights - step": "weights + step", "bias - step": "bias + step"}, hint="The step goes uphill: subtract it from the parameters.")
def newton_uphill(): ...


@mistake("logistic_newton_step", hint="The penalty is in the gradient and missing in the second derivatives: it adds ridge to the diagonal of H, but for the bias.")
def hessian_without_ridge(x, y, weights, bias, ridge):
    return _newton(x, y, weights, bias, ridge, hessian_ridge=1e-9, bias_ridge=1e-9)


@mistake("logistic_newton_step", hint="The bias's diagonal entry of H has ridge added. The bias is not penalised, so its entry gets nothing.")
def hessian_with_ridge_on_the_bias(x, y, weights, bias, ridge):
    return _newton(x, y, weights, bias, ridge + 1e-12, bias_ridge=ridge if ridge else 1e-3)


@mistake("logistic_newton_step", hint="The second derivatives are summed over the rows where the gradient is averaged: divide H by N as well.")
def hessian_summed(x, y, weights, bias, ridge):
    return _newton(x, y, weights, bias, ridge, count=1)


@mistake("logistic_newton_step", hint="Each row's curvature is p here. The derivative of the sigmoid is p (1 - p).")
def curvature_of_p(x, y, weights, bias, ridge):
    return _newton(x, y, weights, bias, ridge, curvature=lambda p: p)


@mistake("logistic_newton_step", hint="Every row's curvature is 1/4, which is its value at p = 1/2 only. Use p (1 - p) of the present weights.")
def curvature_of_a_quarter(x, y, weights, bias, ridge):
    return _newton(x, y, weights, bias, ridge, curvature=lambda p: torch.full_like(p, 0.25))


@mistake(
    "logistic_newton_step",
    hint="p (1 - p) is kept from becoming small. Where the model is sure the loss hardly bends, and H has to say so: take "
    "it as it is.",
)
def curvature_kept_from_zero(x, y, weights, bias, ridge):
    return _newton(x, y, weights, bias, ridge, curvature=lambda p: (p * (1 - p)).clamp(min=1e-3))


@mistake(
    "logistic_newton_step",
    hint="A small number is added to the diagonal of H for safety. With x in small units H is no larger than that, and "
    "the step comes out short.",
)
def a_little_added_to_the_hessian(x, y, weights, bias, ridge):
    return _newton(x, y, weights, bias, ridge, hessian_ridge=ridge + 1e-8, bias_ridge=1e-8)


@mistake("logistic_newton_step", hint="The weights and the bias are stepped on their own. H also has entries that couple the two: solve for all D + 1 together.")
def bias_stepped_alone(x, y, weights, bias, ridge):
    _, weights_grad, bias_grad = logistic_loss(x, y, weights, bias, ridge)
    p = torch.sigmoid(x @ weights + bias)
    curvature = p * (1 - p) / len(y)
    hessian = x.T @ (curvature[:, None] * x) + ridge * torch.eye(len(weights), dtype=x.dtype, device=x.device)
    return weights - torch.linalg.solve(hessian, weights_grad), bias - bias_grad / curvature.sum()


@mistake("logistic_newton_step", hint="Each parameter is divided by its own second derivative. Newton's step needs the whole matrix, not its diagonal.")
def diagonal_only(x, y, weights, bias, ridge):
    _, weights_grad, bias_grad = logistic_loss(x, y, weights, bias, ridge)
    p = torch.sigmoid(x @ weights + bias)
    curvature = p * (1 - p) / len(y)
    diagonal = (curvature[:, None] * x ** 2).sum(dim=0) + ridge
    return weights - weights_grad / diagonal, bias - bias_grad / curvature.sum()


@mistake("logistic_newton_step", hint="The second derivatives come from autograd. Work them out by hand.")
def hessian_by_autograd(x, y, weights, bias, ridge):
    def loss(theta):
        z = x @ theta[:-1] + theta[-1]
        return (F.softplus(z) - y * z).mean() + ridge / 2 * (theta[:-1] ** 2).sum()

    theta = torch.cat([weights, bias[None]])
    g = torch.autograd.functional.jacobian(loss, theta)
    h = torch.autograd.functional.hessian(loss, theta)
    theta = theta - torch.linalg.solve(h, g)
    return theta[:-1], theta[-1]


@mistake("logistic_newton_step", hint="The old weights are changed in place.")
def weights_stepped_in_place(x, y, weights, bias, ridge):
    new_weights, new_bias = _newton(x, y, weights, bias, ridge)
    weights.copy_(new_weights)
    return weights, new_bias


@mistake("logistic_newton_step", hint="The column of ones is made on the CPU: give it the device of x.")
def ones_on_the_cpu(x, y, weights, bias, ridge):
    extended = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    theta = torch.cat([weights, bias[None]])
    mask = torch.cat([torch.ones_like(weights), torch.zeros_like(bias[None])])
    p = torch.sigmoid(extended @ theta)
    hessian = extended.T @ (extended * (p * (1 - p) / len(y))[:, None]) + torch.diag(ridge * mask)
    theta = theta - torch.linalg.solve(hessian, extended.T @ (p - y) / len(y) + ridge * mask * theta)
    return theta[:-1], theta[-1]



@mistake("logistic_newton_step", edit={"return weights - step[:-1], bias - step[-1]": "return weights - step[:-1] / 2, bias - step[-1] / 2"}, hint="This is half a Newton step. The whole of it is asked for.")
def half_a_step(): ...


@mistake("logistic_newton_step", edit={"bias_grad[None]": "torch.zeros_like(bias_grad)[None]"}, hint="The system is solved with 0 for the derivative by the bias. Its own belongs there: the bias moves with the weights.")
def bias_gradient_left_out(): ...


@mistake("logistic_newton_step", edit={"probabilities * (1 - probabilities) / len(y)": "torch.ones_like(probabilities) / len(y)"}, hint="p (1 − p) is left out of the Hessian: that is the bend of the squared error, not of the logistic loss.")
def bend_of_the_squared_error(): ...


@mistake("logistic_newton_step", edit={"_, weights_grad, bias_grad = logistic_loss(x, y, weights, bias, ridge)": "_, weights_grad, bias_grad = logistic_loss(x, y, weights, bias, 0.0)"}, hint="The penalty stands in the Hessian and is missing from the gradient of the weights: it belongs to both.")
def gradient_without_ridge(): ...


@mistake("logistic_newton_step", edit={"_, weights_grad, bias_grad = logistic_loss(x, y, weights, bias, ridge)": "_, weights_grad, bias_grad = logistic_loss(x, y, weights, bias, ridge)\n    bias_grad = bias_grad + ridge * bias", "torch.zeros_like(weights[:1])": "torch.full_like(weights[:1], ridge)"}, hint="The bias is penalised too, in the gradient and in the Hessian: only the weights are.")
def ridge_on_the_bias(): ...


@mistake("logistic_newton_step", edit={"[x, torch.ones_like(x[:, :1])]": "[torch.ones_like(x[:, :1]), x]"}, hint="The column of ones stands first in x and the bias last in the gradient: they must stand in the same place.")
def ones_first(): ...


@mistake("logistic_newton_step", edit={"bias_grad = logistic_loss(x, y, weights, bias, ridge)": "bias_grad = logistic_loss(x, y, weights, bias, 0.0)\n    weights_grad, bias_grad = weights_grad * len(y) + ridge * weights, bias_grad * len(y)", " / len(y)\n": "\n"}, hint="Gradient and Hessian are sums over the rows, beside a penalty that belongs to a mean: it weighs N times too little.")
def sums_beside_the_penalty_of_a_mean(): ...


@mistake("logistic_newton_step", edit={"_, weights_grad, bias_grad = logistic_loss(x, y, weights, bias, ridge)": "_, weights_grad, bias_grad = logistic_loss(x, y, weights, bias, 2 * ridge)", "torch.full_like(weights, ridge)": "torch.full_like(weights, 2 * ridge)"}, hint="The penalty counts twice. It is ridge/2 times the sum of squares, so its slope is ridge times the weight, and its bend ridge.")
def ridge_twice_in_both(): ...


@right("logistic_newton_step")
def by_the_inverse(x, y, weights, bias, ridge):
    n, d = x.shape
    ones = torch.ones(n, 1, dtype=x.dtype, device=x.device)
    a = torch.cat((x, ones), dim=1)
    theta = torch.cat((weights, bias.reshape(1)))
    p = torch.sigmoid(a @ theta)
    mask = torch.ones_like(theta)
    mask[-1] = 0
    gradient = a.t() @ (p - y) / n + ridge * mask * theta
    hessian = a.t() @ torch.diag(p * (1 - p)) @ a / n + ridge * torch.diag(mask)
    theta = theta - torch.linalg.inv(hessian) @ gradient
    return theta[:d], theta[d]


@right("logistic_newton_step")
def by_weighted_least_squares(x, y, weights, bias, ridge):
    n = len(y)
    a = F.pad(x, (0, 1), value=1.0)
    theta = torch.hstack([weights, bias])
    p = torch.sigmoid(a @ theta)
    s = p * (1 - p)
    r = torch.full_like(theta, ridge)
    r[-1] = 0.0
    lhs = torch.einsum("ni,n,nj->ij", a, s, a) / n + torch.diag(r)
    rhs = a.T @ (s * (a @ theta) + y - p) / n
    theta = torch.linalg.solve(lhs, rhs)
    return theta[:-1], theta[-1]


@right("logistic_newton_step")
def row_by_row(x, y, weights, bias, ridge):
    n, d = x.shape
    hessian = torch.zeros(d + 1, d + 1, dtype=x.dtype, device=x.device)
    gradient = torch.zeros(d + 1, dtype=x.dtype, device=x.device)
    one = torch.ones(1, dtype=x.dtype, device=x.device)
    for row, label in zip(x, y):
        row = torch.cat([row, one])
        p = torch.sigmoid(row[:-1] @ weights + bias)
        gradient += (p - label) * row / n
        hessian += p * (1 - p) * torch.outer(row, row) / n
    gradient[:-1] += ridge * weights
    hessian[range(d), range(d)] += ridge
    step = torch.linalg.lstsq(hessian, gradient[:, None]).solution[:, 0]
    return weights - step[:-1], bias - step[-1]


# soft_threshold


@mistake("soft_threshold", hint="This is hard thresholding: small values become zero, and large ones stay. Large ones must move by the threshold too.")
def hard_threshold(values, threshold):
    return torch.where(values.abs() > threshold, values, torch.zeros_like(values))


@mistake("soft_threshold", edit={"values.sign() * (values.abs() - threshold)": "(values - threshold)"}, hint="Negative values are lost: compare the magnitude with the threshold, and give the sign back.")
def positive_side_only(): ...


@mistake("soft_threshold", edit={"    return values.sign() * ": "    return "}, hint="The sign is lost: the magnitudes are right, and negative values come out positive.")
def sign_lost(): ...


@mistake("soft_threshold", edit={".sign() * (values.abs() - threshold).clamp(min=0)": " - threshold * values.sign()"}, hint="Values smaller than the threshold cross zero and come out on the other side. They should stop at zero.")
def crosses_zero(): ...


@mistake("soft_threshold", hint="The values are cut off at the threshold (clipped). It is the other part that is wanted: what is left after the threshold is taken away.")
def clipped_to_the_threshold(values, threshold):
    return torch.minimum(values.abs(), torch.zeros_like(values) + threshold) * values.sign()


@mistake("soft_threshold", hint="Negative values are moved away from zero: for them the threshold is added, not subtracted.")
def always_subtracted(values, threshold):
    return torch.where(values.abs() > threshold, values - threshold, torch.zeros_like(values))


@mistake("soft_threshold", edit={".sign() * (values.abs() - threshold).clamp(min=0)": " / (1 + threshold)"}, hint="The values are shrunk by a factor. That is what a Gaussian prior does (ridge); a Laplace prior subtracts a fixed amount.")
def shrunk_by_a_factor(): ...


@mistake("soft_threshold", edit={"- threshold": "- threshold / 2"}, hint="The threshold is halved. With 1/2 in front of the square, its derivative is u - value, and the threshold stands whole.")
def half_the_threshold(): ...


@mistake(
    "soft_threshold",
    hint="The threshold is laid out as a row, one for each column. It may have any shape that broadcasts, a column for "
    "example: leave its shape to broadcasting.",
)
def threshold_as_a_row(values, threshold):
    if isinstance(threshold, torch.Tensor):
        threshold = threshold.reshape(1, -1)
    return values.sign() * (values.abs() - threshold).clamp(min=0).reshape(values.shape)


@mistake("soft_threshold", hint="The values are changed in place: the caller's tensor is gone. Work on a new one.")
def in_place(values, threshold):
    signs = values.sign()
    return values.abs_().sub_(threshold).clamp_(min=0).mul_(signs)


@mistake("soft_threshold", hint="This is torch's own routine. Write it out.")
def torchs_own(values, threshold):
    if isinstance(threshold, torch.Tensor):
        return values.sign() * F.relu(values.abs() - threshold)
    return F.softshrink(values, threshold)


@mistake("soft_threshold", hint="Zero is made on the CPU: give it the device of the values.")
def zero_on_the_cpu(values, threshold):
    return values.sign() * torch.maximum(values.abs() - threshold, torch.zeros(values.shape, dtype=values.dtype))



@mistake("soft_threshold", edit={"threshold).clamp": "torch.as_tensor(threshold, dtype=values.dtype, device=values.device).mean()).clamp"}, hint="One threshold, the mean, is used for all. Each value has its own where a tensor of them is given: let it broadcast.")
def one_threshold_for_all(): ...


@mistake("soft_threshold", edit={"return values.sign() * (values.abs() - threshold).clamp(min=0)": "return torch.where(values.abs() > threshold, values.sign() * (values.abs() - threshold), values)"}, hint="Values within the threshold stay as they are. They would cross zero, so they become 0.")
def small_ones_kept(): ...


@mistake("soft_threshold", edit={"clamp(min=0)": "clamp(min=1e-12)"}, hint="What should be 0 is a tiny number. Within the threshold the answer is exactly 0.")
def next_to_zero(): ...


@right("soft_threshold")
def by_two_relus(values, threshold):
    return F.relu(values - threshold) - F.relu(-values - threshold)


@right("soft_threshold")
def by_where(values, threshold):
    zero = torch.zeros_like(values)
    return torch.where(values > threshold, values - threshold, torch.where(values < -threshold, values + threshold, zero))


@right("soft_threshold")
def by_taking_the_clipped_part_away(values, threshold):
    threshold = torch.as_tensor(threshold, dtype=values.dtype, device=values.device)
    return values - torch.maximum(torch.minimum(values, threshold), -threshold)


@right("soft_threshold")
def by_masks(values, threshold):
    return (values - threshold) * (values > threshold) + (values + threshold) * (values < -threshold)


# fit_gaussian_naive_bayes


def _bayes(x, y, num_classes, smoothing, correction=0, floor=None):
    """A fit with one thing changed."""
    rows = [x[y == c] for c in range(num_classes)]
    priors = torch.stack([torch.tensor(len(r) / len(y), dtype=x.dtype) for r in rows])
    means = torch.stack([r.mean(dim=0) for r in rows])
    variances = torch.stack([((r - r.mean(dim=0)) ** 2).sum(dim=0) / max(len(r) - correction, 1e-300) for r in rows])
    extra = smoothing * x.var(dim=0, correction=0).max() if floor is None else floor
    return priors, means, variances + extra


@mistake(
    "fit_gaussian_naive_bayes",
    hint="The variances have a lower limit of your own. smoothing is what keeps them from zero, and it follows the units "
    "of x: a fixed number doesn't.",
)
def variance_of_a_least_size(x, y, num_classes, smoothing=1e-9):
    priors, means, variances = solved_fit_gaussian_naive_bayes(x, y, num_classes, smoothing)
    return priors, means, variances.clamp(min=1e-9)


@mistake("fit_gaussian_naive_bayes", hint="The variances divide by n - 1 (torch's default). The maximum-likelihood variance divides by n.")
def unbiased_variance(x, y, num_classes, smoothing=1e-9):
    return _bayes(x, y, num_classes, smoothing, correction=1)


@mistake("fit_gaussian_naive_bayes", hint="These are standard deviations: leave the square root out.")
def standard_deviation(x, y, num_classes, smoothing=1e-9):
    priors, means, variances = solved_fit_gaussian_naive_bayes(x, y, num_classes, smoothing)
    return priors, means, variances.sqrt()


@mistake("fit_gaussian_naive_bayes", hint="Nothing is added to the variances, so a feature that never changes has variance zero.")
def no_smoothing(x, y, num_classes, smoothing=1e-9):
    return _bayes(x, y, num_classes, smoothing, floor=0.0)


@mistake("fit_gaussian_naive_bayes", hint="smoothing is added as it is. It is a share: multiply it by the largest variance of a column of x.")
def smoothing_not_scaled(x, y, num_classes, smoothing=1e-9):
    return _bayes(x, y, num_classes, smoothing, floor=smoothing)


@mistake("fit_gaussian_naive_bayes", hint="Each column gets its own extra variance. All get the same: smoothing times the largest one.")
def smoothing_by_column(x, y, num_classes, smoothing=1e-9):
    return _bayes(x, y, num_classes, smoothing, floor=smoothing * x.var(dim=0, correction=0))


@mistake("fit_gaussian_naive_bayes", hint="The extra variance comes from the variance of all numbers of x together. Take the variance of each column, then the largest.")
def smoothing_by_all_numbers(x, y, num_classes, smoothing=1e-9):
    return _bayes(x, y, num_classes, smoothing, floor=smoothing * x.var(correction=0))


@mistake("fit_gaussian_naive_bayes", hint="The extra variance comes from the variances within the classes. It comes from the columns of the whole x.")
def smoothing_within_classes(x, y, num_classes, smoothing=1e-9):
    bare = _bayes(x, y, num_classes, 0.0)[2]
    return _bayes(x, y, num_classes, smoothing, floor=smoothing * bare.max())


@mistake("fit_gaussian_naive_bayes", hint="The priors are counts: divide by the number of rows.")
def priors_as_counts(x, y, num_classes, smoothing=1e-9):
    priors, means, variances = solved_fit_gaussian_naive_bayes(x, y, num_classes, smoothing)
    return priors * len(y), means, variances


@mistake("fit_gaussian_naive_bayes", hint="Every class has the same prior here. A class's prior is its share of the rows.")
def uniform_priors(x, y, num_classes, smoothing=1e-9):
    priors, means, variances = solved_fit_gaussian_naive_bayes(x, y, num_classes, smoothing)
    return torch.full_like(priors, 1 / num_classes), means, variances


@mistake("fit_gaussian_naive_bayes", hint="All classes share one variance. Each class has its own, about its own mean.")
def one_variance_for_all(x, y, num_classes, smoothing=1e-9):
    priors, means, variances = solved_fit_gaussian_naive_bayes(x, y, num_classes, smoothing)
    shared = x.var(dim=0, correction=0) * (1 + smoothing)
    return priors, means, shared.expand_as(variances)


@mistake("fit_gaussian_naive_bayes", hint="The mean of the squares minus the square of the mean loses all its digits when the mean is large. Subtract the mean first, then square.")
def difference_of_squares(x, y, num_classes, smoothing=1e-9):
    members = F.one_hot(y, num_classes).to(x.dtype)
    counts = members.sum(dim=0)[:, None]
    means = members.T @ x / counts
    variances = members.T @ (x * x) / counts - means * means
    return counts[:, 0] / len(y), means, variances + smoothing * x.var(dim=0, correction=0).max()


@mistake("fit_gaussian_naive_bayes", hint="The rows are centred in place: the caller's x is changed.")
def rows_centred_in_place(x, y, num_classes, smoothing=1e-9):
    floor = smoothing * x.var(dim=0, correction=0).max()
    members = F.one_hot(y, num_classes).to(x.dtype)
    counts = members.sum(dim=0)[:, None]
    means = members.T @ x / counts
    x -= means[y]
    return counts[:, 0] / len(y), means, members.T @ x ** 2 / counts + floor


@mistake("fit_gaussian_naive_bayes", hint="The priors are made on the CPU: give them the device of x.")
def priors_on_the_cpu(x, y, num_classes, smoothing=1e-9):
    priors = torch.zeros(num_classes, dtype=x.dtype)
    priors += F.one_hot(y, num_classes).to(x.dtype).mean(dim=0)
    _, means, variances = solved_fit_gaussian_naive_bayes(x, y, num_classes, smoothing)
    return priors, means, variances



@mistake("fit_gaussian_naive_bayes", edit={"return counts / len(y)": "return (counts + 1) / (len(y) + num_classes)"}, hint="One is added to each class's count. The priors are the plain shares of the rows.")
def priors_with_one_added(): ...


@mistake("fit_gaussian_naive_bayes", edit={"variances + floor": "(variances + floor).sqrt()"}, hint="These are standard deviations: the variances are asked for, without the root.")
def root_after_smoothing(): ...


@mistake("fit_gaussian_naive_bayes", edit={"members = F.one_hot(y, num_classes)": "y = y.sort().values\n    members = F.one_hot(y, num_classes)"}, hint="The labels are taken as if the rows were sorted by class. Each row has its own label.")
def rows_taken_as_sorted(): ...


@mistake(
    "fit_gaussian_naive_bayes",
    hint="Squares less squares after one mean was taken away from all rows: where the classes are far apart the digits are gone all the same. "
    "Take each class's own mean away.",
)
def squares_about_the_overall_mean(x, y, num_classes, smoothing=1e-9):
    members, overall = F.one_hot(y, num_classes).to(x.dtype), x.mean(dim=0)
    counts = members.sum(dim=0)
    means = members.T @ (x - overall) / counts[:, None]
    variances = members.T @ (x - overall).square() / counts[:, None] - means.square()
    return counts / len(y), means + overall, variances + smoothing * x.var(dim=0, correction=0).max()


@mistake("fit_gaussian_naive_bayes", edit={"x.var(dim=0, correction=0).max()": "variances.max(dim=1, keepdim=True).values"}, hint="Each class gets a share of its own largest variance. All get the same: a share of the largest variance of a column of x.")
def share_of_its_own_class(): ...


@mistake("fit_gaussian_naive_bayes", edit={"members.T @ (x - means[y]).square() / counts[:, None]": "members.T @ (x - means[y]).square() / (counts[:, None] - 1)"}, hint="The variances divide by n - 1. The maximum-likelihood variance divides by n, and a class of one row then has variance 0.")
def unbiased_down_to_one_row(): ...


@mistake("fit_gaussian_naive_bayes", edit={"(x - means[y])": "(x - x.mean(dim=0))"}, hint="The deviations are those from the mean of all rows. Each class's are from its own mean.")
def deviations_from_the_mean_of_all(): ...


@right("fit_gaussian_naive_bayes")
def class_by_class(x, y, num_classes, smoothing=1e-9):
    priors = torch.zeros(num_classes, dtype=x.dtype, device=x.device)
    means = torch.zeros(num_classes, x.shape[1], dtype=x.dtype, device=x.device)
    variances = torch.zeros_like(means)
    for c in range(num_classes):
        rows = x[y == c]
        priors[c] = rows.shape[0] / x.shape[0]
        means[c] = rows.mean(0)
        variances[c] = rows.var(0, unbiased=False)
    variances += smoothing * torch.var(x, dim=0, unbiased=False).max()
    return priors, means, variances


@right("fit_gaussian_naive_bayes")
def by_index_add(x, y, num_classes, smoothing=1e-9):
    counts = torch.bincount(y, minlength=num_classes).to(x.dtype)
    sums = x.new_zeros(num_classes, x.size(1)).index_add(0, y, x)
    means = sums / counts.unsqueeze(1)
    squares = x.new_zeros(num_classes, x.size(1)).index_add(0, y, (x - means[y]) ** 2)
    spread = ((x - x.mean(0)) ** 2).mean(0)
    return counts / counts.sum(), means, squares / counts.unsqueeze(1) + smoothing * torch.amax(spread)


@right("fit_gaussian_naive_bayes")
def by_stacking_lists(x, y, num_classes, smoothing=1e-9):
    groups = [x[torch.nonzero(y == c).flatten()] for c in range(num_classes)]
    priors = torch.tensor([len(g) / len(x) for g in groups], dtype=x.dtype, device=x.device)
    means = torch.stack([torch.mean(g, dim=0) for g in groups])
    variances = torch.stack([torch.mean((g - m).pow(2), dim=0) for g, m in zip(groups, means)])
    extra = max(float(column.var(correction=0)) for column in x.T) * smoothing
    return priors, means, variances + extra


# predict_gaussian_naive_bayes


def _predict(x, priors, means, variances, prior=True, constant=True, half=True, normalise=True):
    """A prediction with one thing left out."""
    squares = (x[:, None] - means) ** 2 / variances
    log_density = -(0.5 if half else 1.0) * squares.sum(dim=2)
    if constant:
        log_density = log_density - 0.5 * torch.log(2 * math.pi * variances).sum(dim=1)
    scores = log_density + torch.log(priors) if prior else log_density
    log_posterior = scores - scores.logsumexp(dim=1, keepdim=True) if normalise else scores
    return scores.argmax(dim=1), log_posterior


@mistake("predict_gaussian_naive_bayes", hint="The prior is left out: this is the likelihood alone.")
def prior_forgotten(x, priors, means, variances):
    return _predict(x, priors, means, variances, prior=False)


@mistake("predict_gaussian_naive_bayes", hint="The Gaussian's constant is left out. It holds the variance, which differs from class to class, so it doesn't cancel.")
def constant_forgotten(x, priors, means, variances):
    return _predict(x, priors, means, variances, constant=False)


@mistake("predict_gaussian_naive_bayes", hint="The exponent lacks its 1/2: a Gaussian is exp(-(x - mean)² / (2 variance)).")
def half_forgotten(x, priors, means, variances):
    return _predict(x, priors, means, variances, half=False)


@mistake("predict_gaussian_naive_bayes", hint="These are joint log probabilities of class and row: divide by the probability of the row, so that each row's posterior sums to 1.")
def joint_not_posterior(x, priors, means, variances):
    return _predict(x, priors, means, variances, normalise=False)


@mistake("predict_gaussian_naive_bayes", hint="These are probabilities: return their logarithms.")
def posterior_not_logged(x, priors, means, variances):
    labels, log_posterior = solved_predict_gaussian_naive_bayes(x, priors, means, variances)
    return labels, log_posterior.exp()


@mistake(
    "predict_gaussian_naive_bayes",
    hint="The logarithm is taken of the product of all variances, and that product is 0 or infinite for hundreds of "
    "features. Add the logarithms of the variances.",
)
def product_of_variances(x, priors, means, variances):
    distance = ((x[:, None] - means) ** 2 / variances).sum(dim=2)
    joint = priors.log() - 0.5 * (distance + variances.double().prod(dim=1).log().to(x.dtype))
    return joint.argmax(dim=1), joint.log_softmax(dim=1)


@mistake("predict_gaussian_naive_bayes", hint="The densities are multiplied, and a product of hundreds of them is 0 or infinite in floating point. Add logarithms instead.")
def product_of_densities(x, priors, means, variances):
    densities = torch.exp(-((x[:, None] - means) ** 2) / (2 * variances)) / torch.sqrt(2 * math.pi * variances)
    joint = priors * densities.prod(dim=2)
    return joint.argmax(dim=1), torch.log(joint / joint.sum(dim=1, keepdim=True))


@mistake(
    "predict_gaussian_naive_bayes",
    hint="A small number is added to the variances. They were smoothed when the model was fitted: here a feature in tiny "
    "units would lose its say.",
)
def variances_smoothed_again(x, priors, means, variances):
    return _predict(x, priors, means, variances + 1e-9)


@mistake("predict_gaussian_naive_bayes", hint="The sum over classes is taken after exp: for many features every term is 0, and its log is minus infinity. logsumexp takes the largest out first.")
def sum_of_exponentials(x, priors, means, variances):
    labels, joint = _predict(x, priors, means, variances, normalise=False)
    return labels, joint - torch.log(torch.exp(joint).sum(dim=1, keepdim=True))


@mistake("predict_gaussian_naive_bayes", hint="The variances are used as if they were standard deviations: (x - mean)² is divided by the variance once.")
def variance_squared(x, priors, means, variances):
    return _predict(x, priors, means, variances ** 2)


@mistake("predict_gaussian_naive_bayes", hint="The posterior is normalised over the rows (dim 0). Each row's classes must sum to 1.")
def normalised_over_rows(x, priors, means, variances):
    labels, joint = _predict(x, priors, means, variances, normalise=False)
    return labels, joint - joint.logsumexp(dim=0, keepdim=True)


@mistake("predict_gaussian_naive_bayes", hint="The log density is averaged over the features. Independent features multiply, so their logarithms add.")
def averaged_over_features(x, priors, means, variances):
    squares = (x[:, None] - means) ** 2 / variances
    log_density = -0.5 * (squares + torch.log(2 * math.pi * variances)).mean(dim=2)
    joint = log_density + torch.log(priors)
    return joint.argmax(dim=1), joint.log_softmax(dim=1)


@mistake("predict_gaussian_naive_bayes", hint="The prior is added as it is: in a sum of logarithms it needs its own.")
def prior_not_logged(x, priors, means, variances):
    scores = _predict(x, priors, means, variances, prior=False, normalise=False)[1] + priors
    return scores.argmax(dim=1), scores.log_softmax(dim=1)


@mistake("predict_gaussian_naive_bayes", hint="The priors are replaced by their logarithms in place: the next call takes the logarithm again.")
def priors_logged_in_place(x, priors, means, variances):
    squares = (x[:, None] - means) ** 2 / variances
    log_density = -0.5 * (squares + torch.log(2 * math.pi * variances)).sum(dim=2)
    joint = log_density + priors.log_()
    return joint.argmax(dim=1), joint.log_softmax(dim=1)


@mistake("predict_gaussian_naive_bayes", hint="The scores are gathered in a tensor on the CPU: give it the device of x.")
def scores_on_the_cpu(x, priors, means, variances):
    joint = torch.zeros(len(x), len(priors), dtype=x.dtype)
    joint += -0.5 * (((x[:, None] - means) ** 2) / variances + torch.log(2 * math.pi * variances)).sum(dim=2)
    joint += priors.log()
    return joint.argmax(dim=1), joint.log_softmax(dim=1)



@mistake("predict_gaussian_naive_bayes", edit={"log_joint.argmax(dim=1)": "log_density.argmax(dim=1)"}, hint="The posterior is right, and the label goes by the likelihood alone: the prior counts in both.")
def label_by_the_likelihood(): ...


@mistake("predict_gaussian_naive_bayes", edit={"log_joint.argmax(dim=1)": "torch.cdist(x, means).argmin(dim=1)"}, hint="The label is the class with the nearest mean. The most probable class depends on variances and priors too.")
def label_by_the_nearest_mean(): ...


@mistake("predict_gaussian_naive_bayes", edit={"log_density + torch.log(priors)": "log_density + x.shape[1] * torch.log(priors)"}, hint="The log prior is added once for each feature. It belongs to the row: add it after the sum.")
def prior_for_each_feature(): ...


@mistake("predict_gaussian_naive_bayes", edit={"(x[:, None] - means).square() / variances": "x[:, None].square() / variances - 2 * x[:, None] * means / variances + means.square() / variances"}, hint="The square is expanded, and where a mean is many deviations from zero its digits cancel. Take the difference first.")
def square_expanded(): ...


@mistake("predict_gaussian_naive_bayes", edit={"-0.5 *": "-1.0 *"}, hint="The 1/2 is missing before the square and before the logarithm of the variance.")
def no_half_at_all(): ...


@mistake("predict_gaussian_naive_bayes", edit={"-0.5 * (squares + torch.log(2 * math.pi * variances)).sum(dim=2)": "(-0.5 * squares - torch.log(2 * math.pi * variances)).sum(dim=2)"}, hint="The logarithm of the variance counts twice: the root in front of the exponential is a factor of 1/2 in the logarithm.")
def half_for_the_square_alone(): ...


@mistake("predict_gaussian_naive_bayes", edit={"/ variances\n": "/ variances.square()\n"}, hint="The variances are squared below the fraction, as if they were deviations. They are squares already.")
def square_over_the_squared_variance(): ...


@mistake("predict_gaussian_naive_bayes", edit={"    squares = ": "    variances = variances + 1e-6\n    squares = "}, hint="A small number is added to the variances. They were smoothed when they were fitted: take them as they are.")
def a_millionth_added(): ...


@mistake("predict_gaussian_naive_bayes", edit={"log_joint - log_joint.logsumexp(dim=1, keepdim=True)": "log_joint.softmax(dim=1).log()"}, hint="A softmax rounds an unlikely class's probability to 0, and its logarithm is minus infinity. Stay with logarithms.")
def logarithm_of_the_softmax(): ...


@right("predict_gaussian_naive_bayes")
def by_torchs_normal(x, priors, means, variances):
    normal = torch.distributions.Normal(means, variances.sqrt())
    joint = normal.log_prob(x.unsqueeze(1)).sum(-1) + priors.log()
    log_posterior = torch.log_softmax(joint, dim=-1)
    return log_posterior.argmax(-1), log_posterior


@right("predict_gaussian_naive_bayes")
def one_class_at_a_time(x, priors, means, variances):
    columns = []
    for prior, mean, variance in zip(priors, means, variances):
        exponent = ((x - mean) ** 2 / (2 * variance)).sum(dim=1)
        columns.append(torch.log(prior) - exponent - 0.5 * torch.sum(torch.log(2 * torch.pi * variance)))
    joint = torch.stack(columns, dim=1)
    largest = joint.max(dim=1, keepdim=True).values
    evidence = largest + (joint - largest).exp().sum(dim=1, keepdim=True).log()
    return torch.max(joint, dim=1).indices, joint - evidence


@right("predict_gaussian_naive_bayes")
def row_after_row(x, priors, means, variances):
    rows = []
    for row in x:
        logs = -0.5 * ((row - means).pow(2) / variances + variances.log() + math.log(2 * math.pi))
        rows.append(F.log_softmax(logs.sum(1) + priors.log(), dim=0))
    stacked = torch.vstack(rows)
    return torch.argmax(stacked, 1), stacked


# pca


def _signed(components):
    peaks = components.gather(1, components.abs().argmax(dim=1, keepdim=True))
    return components * peaks.sign()


@mistake("pca", hint="The rows are not centred: the first direction then points at the mean, not along the largest spread.")
def not_centred(x, num_components):
    _, s, vh = torch.linalg.svd(x, full_matrices=False)
    return x.mean(dim=0), _signed(vh[:num_components]), s[:num_components] ** 2 / (len(x) - 1)


@mistake("pca", hint="The variances divide by N: the docstring asks for N - 1.")
def variances_over_n(x, num_components):
    mean, components, variances = solved_pca(x, num_components)
    return mean, components, variances * (len(x) - 1) / len(x)


@mistake("pca", hint="These are singular values: the variance along a component is their square over N - 1.")
def singular_values(x, num_components):
    mean, components, variances = solved_pca(x, num_components)
    return mean, components, (variances * (len(x) - 1)).sqrt()


@mistake("pca", hint="The smallest variances come first: eigh sorts upwards. Turn the order round.")
def smallest_first(x, num_components):
    mean = x.mean(dim=0)
    values, vectors = torch.linalg.eigh(torch.cov(x.T).reshape(x.shape[1], x.shape[1]))
    return mean, _signed(vectors[:, :num_components].T), values[:num_components]


def _turned(x, num_components, decides):
    mean, components, variances = solved_pca(x, num_components)
    return mean, components * torch.where(decides(components) < 0, -1.0, 1.0).to(x.dtype)[:, None], variances


@mistake("pca", hint="The sum of the entries decides the sign here. Only the entry of largest magnitude does: it may stand against all the others.")
def sign_by_the_sum(x, num_components):
    return _turned(x, num_components, lambda components: components.sum(dim=1))


@mistake("pca", hint="The first entry decides the sign here. It may be almost zero: the entry of largest magnitude decides.")
def sign_by_the_first_entry(x, num_components):
    return _turned(x, num_components, lambda components: components[:, 0])


@mistake("pca", hint="The largest entry decides the sign here, not the entry of largest magnitude: where that one is negative, the component has to turn.")
def sign_by_the_largest_entry(x, num_components):
    _, _, vh = torch.linalg.svd(x - x.mean(dim=0), full_matrices=False)
    mean, _, variances = solved_pca(x, num_components)
    return mean, vh[:num_components] * vh[:num_components].max(dim=1, keepdim=True).values.sign(), variances


@mistake("pca", hint="The signs are left as the decomposition gave them. Turn each component so that its entry of largest magnitude is positive.")
def signs_left(x, num_components):
    mean, components, variances = solved_pca(x, num_components)
    flips = torch.where(torch.arange(len(components), device=x.device) % 2 == 0, -1.0, 1.0).to(x.dtype)
    return mean, components * flips[:, None], variances


@mistake("pca", hint="The components stand in columns: return one a row.")
def components_in_columns(x, num_components):
    mean, components, variances = solved_pca(x, num_components)
    return mean, components.T, variances


@mistake("pca", hint="The rows of the eigenvector matrix are taken, but the eigenvectors stand in its columns.")
def rows_of_the_eigenvectors(x, num_components):
    values, vectors = torch.linalg.eigh(torch.cov(x.T).reshape(x.shape[1], x.shape[1]))
    values, vectors = values.flip(0), vectors.flip(1)
    return x.mean(dim=0), _signed(vectors[:num_components]), values[:num_components]


@mistake("pca", hint="The columns are divided by their standard deviation first. That is PCA of another matrix: only centre them.")
def standardised(x, num_components):
    _, components, variances = solved_pca((x - x.mean(dim=0)) / x.std(dim=0), num_components)
    return x.mean(dim=0), components, variances


@mistake("pca", hint="The variances are shares of the total: return the variances themselves.")
def shares_of_the_variance(x, num_components):
    mean, components, variances = solved_pca(x, num_components)
    return mean, components, variances / x.var(dim=0).sum()


@mistake("pca", hint="This is torch's own routine. Write it out with an SVD or an eigendecomposition.")
def by_pca_lowrank(x, num_components):
    _, s, v = torch.pca_lowrank(x, q=min(x.shape), center=True, niter=20)
    return x.mean(dim=0), _signed(v.T[:num_components]), s[:num_components] ** 2 / (len(x) - 1)


@mistake("pca", hint="The mean is taken off in place: the caller's rows are changed.")
def rows_shifted_in_place(x, num_components):
    mean = x.mean(dim=0)
    x -= mean
    _, s, vh = torch.linalg.svd(x, full_matrices=False)
    return mean, _signed(vh[:num_components]), s[:num_components] ** 2 / (len(x) - 1)


@mistake("pca", hint="The covariance is gathered on the CPU: give it the device of x.")
def covariance_on_the_cpu(x, num_components):
    mean = x.mean(dim=0)
    covariance = torch.zeros(x.shape[1], x.shape[1], dtype=x.dtype)
    covariance += (x - mean).T @ (x - mean) / (len(x) - 1)
    values, vectors = torch.linalg.eigh(covariance)
    return mean, _signed(vectors.flip(1)[:, :num_components].T), values.flip(0)[:num_components]



@mistake("pca", edit={"components * peaks.sign()": "components.abs()"}, hint="Every entry is made positive. A component as a whole may be turned round, and its entries' signs belong together.")
def every_entry_positive(): ...


@mistake("pca", edit={"components * peaks.sign()": "components * peaks.flatten()[peaks.abs().argmax()].sign()"}, hint="One sign is chosen for the whole table. Each component has its own largest entry, and is turned by itself.")
def one_sign_for_all_components(): ...


@mistake("pca", edit={"mean = x.mean(dim=0)\n": "mean = x.mean(dim=0)\n    own = x.mean(dim=1, keepdim=True)\n", "svd(x - mean": "svd(x - own"}, hint="Each row's own mean is taken away. It is the columns that are centred: subtract the mean row.")
def rows_centred(): ...


@mistake("pca", edit={"components * peaks.sign()": "components"}, hint="The signs are left as the decomposition gave them. Turn each component so that its entry of largest magnitude is positive.")
def signs_of_the_svd(): ...


@mistake("pca", edit={"lengths[:num_components].square() / (len(x) - 1)": "(lengths[:num_components].square() / (len(x) - 1)).sqrt()"}, hint="These are standard deviations: the variances are asked for, without the root.")
def root_of_the_variances(): ...


@mistake("pca", edit={".square() / (len(x) - 1)": ".square()"}, hint="The squared singular values are sums over the rows. Divide by N - 1.")
def squares_not_divided(): ...


@mistake("pca", edit={"components * peaks.sign(),": "components * peaks.sign() * lengths[:num_components, None],"}, hint="The components are stretched by their singular values. Each is a row of length 1.")
def components_with_their_length(): ...


@mistake("pca", edit={"_, lengths, directions = torch.linalg.svd(x - mean, full_matrices=False)": "values, vectors = torch.linalg.eigh((x - mean).T @ (x - mean))\n    lengths, directions = values.flip(0).clamp(min=0).sqrt(), vectors.flip(0)"}, hint="The rows of the eigenvector matrix are taken, but the eigenvectors stand in its columns.")
def rows_of_eigh(): ...


@mistake("pca", edit={"_, lengths, directions = torch.linalg.svd(x - mean, full_matrices=False)": "values, vectors = torch.linalg.eigh((x - mean).T @ (x - mean))\n    lengths, directions = values.clamp(min=0).sqrt(), vectors.T"}, hint="The smallest variances come first: eigh sorts upwards. Turn the order round.")
def eigh_from_below(): ...


@right("pca")
def by_the_covariance(x, num_components):
    mean = x.mean(0)
    centred = x - mean
    covariance = centred.T @ centred / (x.shape[0] - 1)
    values, vectors = torch.linalg.eigh(covariance)
    order = torch.argsort(values, descending=True)[:num_components]
    components = vectors[:, order].T
    signs = torch.sign(components[torch.arange(num_components, device=x.device), components.abs().argmax(1)])
    return mean, components * signs[:, None], values[order]


@right("pca")
def with_a_loop_over_signs(x, num_components):
    mean = torch.mean(x, dim=0, keepdim=True)
    u, s, v = torch.svd(x - mean)
    components = v.t()[:num_components].clone()
    for i in range(num_components):
        if components[i].max() < -components[i].min():
            components[i] = -components[i]
    return mean.squeeze(0), components, (s * s / (x.size(0) - 1))[:num_components]


@right("pca")
def by_the_gram_matrix_of_the_rows(x, num_components):
    mean = x.mean(dim=0)
    centred = x - mean
    values, left = torch.linalg.eigh(centred @ centred.T)
    values, left = values.flip(0)[:num_components], left.flip(1)[:, :num_components]
    components = (left.T @ centred) / values.sqrt()[:, None]
    flip = components.amax(dim=1) < components.amin(dim=1).abs()
    return mean, torch.where(flip[:, None], -components, components), values / (len(x) - 1)
