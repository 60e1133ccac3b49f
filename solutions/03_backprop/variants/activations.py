"""What students write in activations: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# The solutions, kept under other names: while a variant is judged it stands under its exercise's own.
solved_sigmoid, solved_tanh, solved_relu = sigmoid_forward_backward, tanh_forward_backward, relu_forward_backward
solved_leaky, solved_elu, solved_selu = leaky_relu_forward_backward, elu_forward_backward, selu_forward_backward
solved_relu6, solved_mish, solved_swish = relu6_forward_backward, mish_forward_backward, swish_forward_backward
solved_hard_swish, solved_gelu = hard_swish_forward_backward, gelu_forward_backward
solved_maxout = maxout_forward_backward

NO_UPSTREAM = "This is the local derivative alone. The chain rule multiplies it by the upstream gradient."

ON_THE_CPU = "The zeros (or ones) are made on the CPU, wherever x lives. Use `zeros_like`, or a plain number."
BY_AUTOGRAD = "Autograd gives the answer away. Derive the function by hand: that is the exercise."
READY_MADE = "Torch's own version of the function is the answer. Write it from simpler pieces: that is the exercise."
IN_PLACE = "You write into the upstream gradient, which the caller still needs. Make a new tensor first."

SWAPPED = "The two results stand in the wrong order: the output comes first, then the gradient."
CUT_SLOPE = "Your slope is cut off between 0 and 1. Look at the picture of the derivative: this one leaves that range."
CUT_AT_ONE = "Your slope is cut off at 1. What the formula gives may be larger."
TRUTH_VALUES = "You return the mask, which holds truth values. The gradient is a number for each number: what came from above, or 0."
ONE_FOR_ALL = "Some numbers decide over others: one of them shuts the gradient of all or of a row. Each passes its own, by itself."
NO_DIP = "Your output is never below 0. This function has a dip just left of 0, where it is negative."
TOO_TIGHT = "You cut x off where the curve still rises: further out there is something left of both. Cut off later, or take e^(-|x|)."
LIST_TO_TENSOR = "`torch.tensor` of a list makes float32 on the CPU if it is told nothing else: give it the dtype and the device of x."
SECOND_WITHOUT_X = "The second term of the product rule lacks x: the first factor stays while the second is derived."
SECOND_SUBTRACTED = "You subtract the second term of the product rule. The terms are added."
UPSTREAM_ONCE = "The upstream gradient multiplies the first term only. It belongs to the whole derivative: put a bracket round the sum."


def _by_autograd(function, x, upstream):
    x = x.detach().clone().requires_grad_()
    out = function(x)
    return out.detach(), torch.autograd.grad(out, x, upstream)[0]


# sigmoid


@mistake("sigmoid_forward_backward", hint=NO_UPSTREAM)
def sigmoid_without_upstream(x, upstream):
    out = solved_sigmoid(x, upstream)[0]
    return out, out * (1 - out)


@mistake(
    "sigmoid_forward_backward",
    hint="Your curve falls from 1 to 0. The exponent has a minus sign: 1 / (1 + e^(-x)).",
)
def sigmoid_turned_round(x, upstream):
    out = solved_sigmoid(-x, upstream)[0]
    return out, upstream * out * (1 - out)


@mistake(
    "sigmoid_forward_backward",
    hint="The derivative σ(1 − σ) is written in the output σ. You put the input x in its place.",
)
def sigmoid_derivative_of_the_input(x, upstream):
    return solved_sigmoid(x, upstream)[0], upstream * x * (1 - x)


@mistake(
    "sigmoid_forward_backward",
    hint="For a large positive x, e^x is infinite, and infinity by infinity is NaN. Use e^(-|x|), which never exceeds 1.",
)
def sigmoid_by_growing_exponentials(x, upstream):
    out = torch.exp(x) / (1 + torch.exp(x))
    return out, upstream * out * (1 - out)


@mistake(
    "sigmoid_forward_backward",
    hint="The output is safe, and the gradient is not: e^(-x) / (1 + e^(-x))² is infinity by infinity for a very negative x. "
    "Write the derivative in the output instead.",
)
def sigmoid_gradient_overflows(x, upstream):
    decay = torch.exp(-x)
    return 1 / (1 + decay), upstream * decay / (1 + decay) ** 2


@mistake(
    "sigmoid_forward_backward",
    hint="You apply the sigmoid to its own output before you take the derivative. The output is σ(x) already.",
)
def sigmoid_applied_twice(x, upstream):
    out = solved_sigmoid(x, upstream)[0]
    twice = solved_sigmoid(out, upstream)[0]
    return out, upstream * twice * (1 - twice)


@mistake(
    "sigmoid_forward_backward",
    hint="The sign of the gradient is turned. The sigmoid rises everywhere, so its derivative is positive: σ(1 − σ).",
)
def sigmoid_gradient_negative(x, upstream):
    out = solved_sigmoid(x, upstream)[0]
    return out, upstream * out * (out - 1)


@mistake(
    "sigmoid_forward_backward",
    hint="1 − σ² is the pattern of tanh. The sigmoid's derivative is σ(1 − σ), at most 1/4.",
)
def sigmoid_with_the_gradient_of_tanh(x, upstream):
    out = solved_sigmoid(x, upstream)[0]
    return out, upstream * (1 - out**2)


@mistake("sigmoid_forward_backward", hint=READY_MADE)
def sigmoid_ready_made(x, upstream):
    out = torch.sigmoid(x)
    return out, upstream * out * (1 - out)


@mistake("sigmoid_forward_backward", hint=ON_THE_CPU)
def sigmoid_with_ones_on_the_cpu(x, upstream):
    out = torch.ones(x.shape, dtype=x.dtype) / (1 + torch.exp(-x))
    return out, upstream * out * (1 - out)


@mistake("sigmoid_forward_backward", hint=SWAPPED)
def sigmoid_results_swapped(x, upstream):
    return solved_sigmoid(x, upstream)[::-1]


@mistake("sigmoid_forward_backward", hint=BY_AUTOGRAD)
def sigmoid_by_functional_autograd(x, upstream):
    slope = torch.func.grad(lambda z: (0.5 * torch.tanh(0.5 * z)).sum())
    return 1 / (1 + torch.exp(-x)), upstream * slope(x)


@mistake(
    "sigmoid_forward_backward",
    hint="Both signs get the value of |x|, so your curve never falls below ½. e^(-|x|) is the safe piece; for negative x "
    "the fraction has it in the numerator too.",
)
def sigmoid_of_the_absolute_value(x, upstream):
    out = solved_sigmoid(x.abs(), upstream)[0]
    return out, upstream * out * (1 - out)


@mistake("sigmoid_forward_backward", edit={"torch.exp(-x.abs())": "torch.exp(-x.abs().clamp(max=5))"}, hint=TOO_TIGHT)
def sigmoid_cut_off_at_five(): ...


@mistake("sigmoid_forward_backward", edit={"return out,": "out = out.float()\n    return out,"}, hint=LIST_TO_TENSOR)
def sigmoid_through_a_list(): ...


@mistake(
    "sigmoid_forward_backward",
    edit={"upstream * out * (1 - out)": "upstream * out * (1 - out) / x.numel()"},
    hint="You divide the gradient by how many numbers there are. A mean belongs to the loss; here each number has its own gradient.",
)
def sigmoid_gradient_averaged(): ...


@mistake(
    "sigmoid_forward_backward",
    edit={"upstream * out * (1 - out)": "(upstream * out * (1 - out)).sum()"},
    hint="You add the gradient up to one number. Each number of x has its own: the gradient has the shape of x.",
)
def sigmoid_gradient_summed(): ...


@mistake(
    "sigmoid_forward_backward",
    edit={"decay = ": "[*x]\n    decay = "},
    hint="x has any shape, and may be a single number without an axis: a loop over its first axis has nothing to run along. Let torch work on all numbers at once, or loop over `x.reshape(-1)`.",
)
def sigmoid_by_rows(): ...


@mistake(
    "sigmoid_forward_backward",
    edit={"(1 - out)": "(1 + out)"},
    hint="The sign in the derivative is wrong: far out, where σ is near 1, your slope is 2, and the curve is flat there.",
)
def sigmoid_one_plus_out(): ...


@right("sigmoid_forward_backward")
def sigmoid_by_the_plain_formula(x, upstream):
    out = 1 / (1 + torch.exp(-x))
    return out, upstream * out * (1 - out)


@right("sigmoid_forward_backward")
def sigmoid_by_tanh(x, upstream):
    out = 0.5 * (1 + torch.tanh(0.5 * x))
    return out, (out - out**2) * upstream


@right("sigmoid_forward_backward")
def sigmoid_by_masks(x, upstream):
    out = torch.empty_like(x)
    positive = x >= 0
    out[positive] = 1 / (1 + torch.exp(-x[positive]))
    grown = torch.exp(x[~positive])
    out[~positive] = grown / (1 + grown)
    return out, upstream * out * (1 - out)


# tanh


@mistake("tanh_forward_backward", hint=NO_UPSTREAM)
def tanh_without_upstream(x, upstream):
    out = solved_tanh(x, upstream)[0]
    return out, 1 - out**2


@mistake(
    "tanh_forward_backward",
    hint="e^x and e^(-x) overflow far out, and infinity by infinity is NaN. Divide both by the larger one: "
    "then only e^(-2|x|) is left.",
)
def tanh_by_its_definition(x, upstream):
    up, down = torch.exp(x), torch.exp(-x)
    out = (up - down) / (up + down)
    return out, upstream * (1 - out**2)


@mistake(
    "tanh_forward_backward",
    hint="The derivative 1 − tanh² is written in the output. You put the input x in its place.",
)
def tanh_derivative_of_the_input(x, upstream):
    return solved_tanh(x, upstream)[0], upstream * (1 - x**2)


@mistake("tanh_forward_backward", hint="The square is missing: the derivative of tanh is 1 − tanh².")
def tanh_without_the_square(x, upstream):
    out = solved_tanh(x, upstream)[0]
    return out, upstream * (1 - out)


@mistake(
    "tanh_forward_backward",
    hint="out · (1 − out) is the derivative of the sigmoid. For tanh it would be negative wherever out is.",
)
def tanh_with_the_gradient_of_the_sigmoid(x, upstream):
    out = solved_tanh(x, upstream)[0]
    return out, upstream * out * (1 - out)


@mistake(
    "tanh_forward_backward",
    hint="2σ(x) − 1 is tanh(x/2), half as steep as tanh. The sigmoid needs 2x.",
)
def tanh_half_as_steep(x, upstream):
    out = solved_tanh(x / 2, upstream)[0]
    return out, upstream * (1 - out**2)


@mistake(
    "tanh_forward_backward",
    hint="Through 2σ(2x) − 1 the chain rule gives a 2 from outside and a 2 from inside: 4 σ (1 − σ). One of them is missing.",
)
def tanh_gradient_half(x, upstream):
    out = solved_tanh(x, upstream)[0]
    return out, upstream * (1 - out**2) / 2


@mistake("tanh_forward_backward", hint="The sign is lost: tanh of a negative number is negative. |x| alone can't tell them apart.")
def tanh_without_sign(x, upstream):
    out = solved_tanh(x.abs(), upstream)[0]
    return out, upstream * (1 - out**2)


@mistake("tanh_forward_backward", edit={"fall = torch.expm1(-2 * x.abs())\n    out = torch.sign(x) * -fall / (2 + fall)": "out = torch.tanh(x)"}, hint=READY_MADE)
def tanh_ready_made(): ...


@mistake("tanh_forward_backward", hint=ON_THE_CPU)
def tanh_with_a_result_on_the_cpu(x, upstream):
    out = torch.zeros(x.shape, dtype=x.dtype) + solved_tanh(x, upstream)[0]
    return out, upstream * (1 - out**2)


@mistake(
    "tanh_forward_backward",
    hint="e^(2x) − 1 is infinite for a large x, and infinity by infinity is NaN. Let the exponential fall: take |x| with a "
    "minus sign, and give the sign back.",
)
def tanh_by_expm1_that_grows(x, upstream):
    grown = torch.expm1(2 * x)
    out = grown / (grown + 2)
    return out, upstream * (1 - out * out)


@mistake(
    "tanh_forward_backward",
    hint="The output is safe, and the gradient isn't: it goes by the definition again, which is infinity by infinity far out. "
    "Write the derivative in the output that you have.",
)
def tanh_gradient_by_its_definition(x, upstream):
    up, down = torch.exp(x), torch.exp(-x)
    return solved_tanh(x, upstream)[0], upstream * (1 - ((up - down) / (up + down)) ** 2)


@mistake("tanh_forward_backward", edit={"x.abs()": "x.abs().clamp(max=2)"}, hint=TOO_TIGHT)
def tanh_cut_off_at_two(): ...


@mistake("tanh_forward_backward", edit={"x.abs()": "x.abs().clamp(max=5)"}, hint=TOO_TIGHT)
def tanh_cut_off_at_five(): ...


@mistake(
    "tanh_forward_backward",
    edit={"return out,": "out = out.cpu().float()\n    return out,"},
    hint=LIST_TO_TENSOR,
)
def tanh_through_a_list(): ...


@mistake(
    "tanh_forward_backward",
    edit={"return out,": "return out + 1,"},
    hint="Your curve runs from 0 to 2. tanh is centred: it runs from −1 to 1.",
)
def tanh_without_minus_one(): ...


@mistake(
    "tanh_forward_backward",
    edit={"(1 - out**2)": "(1 + out**2)"},
    hint="The sign in the derivative is wrong: far out your slope is 2, and the curve is flat there.",
)
def tanh_one_plus_square(): ...


@mistake(
    "tanh_forward_backward",
    edit={"upstream * (1": "upstream * torch.sign(x) * (1"},
    hint="Your slope is negative for negative x. tanh is odd, but it rises everywhere: its slope is the same on both sides.",
)
def tanh_gradient_with_sign(): ...


@mistake("tanh_forward_backward", edit={"(1 - out**2)": "(1 - out**2).mean()"}, hint="All numbers get one slope, the mean of theirs. Each x has its own: an activation works number by number.")
def tanh_mean_slope(): ...


@mistake(
    "tanh_forward_backward",
    edit={"return out, upstream * (1 - out**2)": "return upstream * (1 - out**2), out"},
    hint=SWAPPED,
)
def tanh_results_swapped(): ...


@right("tanh_forward_backward")
def tanh_by_the_sigmoid(x, upstream):
    sigmoid = torch.sigmoid(2 * x)
    return 2 * sigmoid - 1, upstream * 4 * sigmoid * (1 - sigmoid)


@right("tanh_forward_backward")
def tanh_by_where(x, upstream):
    down, up = torch.exp(-2 * x.abs()), torch.expm1(-2 * x.abs())
    positive = -up / (1 + down)
    out = torch.where(x < 0, -positive, positive)
    return out, (1 - out) * (1 + out) * upstream


@right("tanh_forward_backward")
def tanh_of_clamped_numbers(x, upstream):
    up = torch.exp(x.clamp(-20, 20))
    out = (up - 1 / up) / (up + 1 / up)
    return out, upstream * (1 - out * out)


# relu


@mistake("relu_forward_backward", edit={"upstream * (x > 0)": "(x > 0).to(x.dtype)"}, hint=NO_UPSTREAM)
def relu_without_upstream(): ...


@mistake(
    "relu_forward_backward",
    edit={"upstream * (x > 0)": "upstream.clamp(min=0)"},
    hint="You let the gradient through where the *upstream gradient* is positive. What counts is where x was positive.",
)
def relu_mask_of_upstream(): ...


@mistake(
    "relu_forward_backward",
    edit={"x >": "x >="},
    hint="At x = 0 the docstring asks for the derivative 0. The slope has a jump there, so a choice must be made.",
)
def relu_open_at_zero(): ...


@mistake(
    "relu_forward_backward",
    edit={"return x.clamp(min=0), upstream * (x > 0)": "out = x.clamp(min=0)\n    return out, upstream * out"},
    hint="You multiply the upstream gradient by the output. The derivative of ReLU is 1 or 0: only whether x is positive counts.",
)
def relu_times_output(): ...


@mistake("relu_forward_backward", edit={"upstream * (x > 0)": "upstream.clone()"}, hint="The gradient passes everywhere. Where x is negative, the output doesn't move with x.")
def relu_passes_all(): ...


@mistake("relu_forward_backward", edit={"clamp(min=0), upstream * (x > 0)": "abs(), upstream * torch.sign(x)"}, hint="|x| makes negative inputs positive. ReLU makes them zero.")
def relu_absolute(): ...


@mistake(
    "relu_forward_backward",
    edit={"return x.clamp(min=0), upstream * (x > 0)": "mask = x > 0\n    return x.clamp_(min=0), upstream * mask"},
    hint="You cut x off in place, so the caller's x is changed. Make a new tensor: no method that ends in an underscore.",
)
def relu_in_place(): ...


@mistake(
    "relu_forward_backward",
    edit={"min=0), upstream * (x >": "max=0), upstream * (x <"},
    hint="You keep the negative half: the smaller one of x and 0. ReLU takes the larger.",
)
def relu_minimum(): ...


@mistake("relu_forward_backward", edit={"x.clamp(min=0)": "torch.maximum(x, torch.zeros(x.shape, dtype=x.dtype))"}, hint=ON_THE_CPU)
def relu_with_zeros_on_the_cpu(): ...


@mistake("relu_forward_backward", edit={"return x.clamp(min=0), upstream * (x > 0)": "upstream[x <= 0] = 0\n    return x.clamp(min=0), upstream"}, hint=IN_PLACE)
def relu_writing_into_upstream(): ...


@mistake("relu_forward_backward", edit={"x.clamp(min=0)": "torch.relu(x)"}, hint=READY_MADE)
def relu_ready_made(): ...


@mistake(
    "relu_forward_backward",
    edit={"(x > 0)": "(x > 0) * (upstream > 0)"},
    hint="You also throw away negative upstream gradients. Only x decides whether the gradient passes; its sign doesn't.",
)
def relu_guided(): ...


@mistake(
    "relu_forward_backward",
    edit={"(x > 0)": "(1 + torch.sign(x)) / 2"},
    hint="At x = 0 your slope is ½. The docstring asks for the derivative 0 there.",
)
def relu_half_at_zero(): ...


@mistake(
    "relu_forward_backward",
    edit={"(x > 0)": "(x > 1e-3)"},
    hint="A small positive x gets no gradient. Every number above 0 lets it through, however small.",
)
def relu_shut_near_zero(): ...


@mistake(
    "relu_forward_backward",
    edit={"x.clamp(min=0)": "x.abs()"},
    hint="|x| makes negative inputs positive. ReLU makes them zero.",
)
def relu_absolute_output(): ...


@mistake(
    "relu_forward_backward",
    edit={"min=0": "max=0"},
    hint="You keep the negative half: the smaller one of x and 0. ReLU takes the larger.",
)
def relu_minimum_output(): ...


@mistake("relu_forward_backward", edit={"upstream * (x > 0)": "x > 0"}, hint=TRUTH_VALUES)
def relu_mask_for_gradient(): ...


@mistake(
    "relu_forward_backward",
    edit={"upstream * (x > 0)": "torch.where(x > 0, upstream, 0.01 * upstream)"},
    hint="A little of the gradient leaks through for negative x. The output doesn't move there at all: this is the slope of another function.",
)
def relu_leaky_gradient(): ...


@mistake(
    "relu_forward_backward",
    edit={"x > 0": "x <= 0"},
    hint="Your mask is turned round: the gradient passes where x is negative, and stops where it is positive.",
)
def relu_mask_turned(): ...


@mistake("relu_forward_backward", edit={"(x > 0)": "(x > 0).all(dim=-1, keepdim=True)"}, hint=ONE_FOR_ALL)
def relu_shut_by_a_row(): ...


@mistake(
    "relu_forward_backward",
    edit={"(x > 0)": "((x > 0) | ((x == 0) & (upstream > 0)))"},
    hint="At x = 0 the docstring asks for the derivative 0. The slope has a jump there, so a choice must be made.",
)
def relu_open_at_zero_for_positive_upstream(): ...


@mistake(
    "relu_forward_backward",
    edit={"x.clamp(min=0), upstream * (x > 0)": "upstream * (x > 0), x.clamp(min=0)"},
    hint=SWAPPED,
)
def relu_results_swapped(): ...


@right("relu_forward_backward")
def relu_by_where(x, upstream):
    return torch.where(x > 0, x, torch.zeros_like(x)), torch.where(x > 0, upstream, torch.zeros_like(upstream))


@right("relu_forward_backward")
def relu_by_a_mask_of_numbers(x, upstream):
    mask = (x > 0).to(x.dtype)
    return mask * x, mask * upstream


@right("relu_forward_backward")
def relu_by_assignment(x, upstream):
    out, grad = x.clone(), upstream.clone()
    out[x <= 0] = 0
    grad[out <= 0] = 0
    return out, grad


# leaky relu


@mistake("leaky_relu_forward_backward", hint=NO_UPSTREAM)
def leaky_without_upstream(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, slope)[0], solved_leaky(x, torch.ones_like(x), slope)[1]


@mistake(
    "leaky_relu_forward_backward",
    hint="Your gradient is that of the plain ReLU: zero for negative inputs. The leak passes `slope` of it.",
)
def leaky_gradient_dead(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, slope)[0], upstream * (x > 0)


@mistake("leaky_relu_forward_backward", hint="You always use 0.01. The slope is an argument.")
def leaky_fixed_slope(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, 0.01)


@mistake(
    "leaky_relu_forward_backward",
    hint="Negative inputs come out positive: the leak has the sign of x, slope · x, not slope · |x|.",
)
def leaky_positive_leak(x, upstream, slope=0.01):
    return torch.where(x > 0, x, -slope * x), upstream * torch.where(x > 0, 1.0, -slope).to(x.dtype)


@mistake(
    "leaky_relu_forward_backward",
    hint="At x = 0 the docstring asks for the derivative `slope`, as for negative numbers.",
)
def leaky_one_at_zero(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, slope)[0], torch.where(x >= 0, upstream, slope * upstream)


@mistake(
    "leaky_relu_forward_backward",
    hint="For negative inputs the gradient is multiplied by x as well. slope · x has the derivative `slope`.",
)
def leaky_gradient_times_x(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, slope)[0], torch.where(x > 0, upstream, slope * x * upstream)


@mistake(
    "leaky_relu_forward_backward",
    hint="You look at the sign of the upstream gradient to decide where the leak is. What counts is the sign of x.",
)
def leaky_mask_of_upstream(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, slope)[0], torch.where(upstream > 0, upstream, slope * upstream)


@mistake("leaky_relu_forward_backward", hint="The two sides are swapped: it is the negative side that leaks.")
def leaky_sides_swapped(x, upstream, slope=0.01):
    return torch.where(x > 0, slope * x, x), torch.where(x > 0, slope * upstream, upstream)


@mistake("leaky_relu_forward_backward", hint=IN_PLACE)
def leaky_writing_into_upstream(x, upstream, slope=0.01):
    out = solved_leaky(x, upstream, slope)[0]
    upstream[x <= 0] *= slope
    return out, upstream


@mistake("leaky_relu_forward_backward", hint=ON_THE_CPU)
def leaky_with_slopes_on_the_cpu(x, upstream, slope=0.01):
    local = torch.full(x.shape, slope, dtype=x.dtype)
    return solved_leaky(x, upstream, slope)[0], upstream * torch.where(x > 0, torch.ones(x.shape, dtype=x.dtype), local)


@mistake("leaky_relu_forward_backward", hint=READY_MADE)
def leaky_ready_made(x, upstream, slope=0.01):
    return F.leaky_relu(x, slope), torch.where(x > 0, upstream, slope * upstream)


@mistake(
    "leaky_relu_forward_backward",
    hint="You don't let the slope fall below 0.001. It may be anything from 0 to 1, and with 0 this is the plain ReLU.",
)
def leaky_without_a_slope_of_zero(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, max(slope, 1e-3))


@mistake(
    "leaky_relu_forward_backward",
    hint="The leak is added on the right as well: there the slope is 1, and yours is 1 + slope. It belongs to negative x alone.",
)
def leaky_on_both_sides(x, upstream, slope=0.01):
    return x.clamp(min=0) + slope * x, upstream * torch.where(x > 0, 1 + slope, slope)


@mistake(
    "leaky_relu_forward_backward",
    hint="The leak is added on the right as well: your output has the slope 1 + slope there. It belongs to negative x alone.",
)
def leaky_output_on_both_sides(x, upstream, slope=0.01):
    return x.clamp(min=0) + slope * x, solved_leaky(x, upstream, slope)[1]


@mistake("leaky_relu_forward_backward", hint="The output has your slope, and the gradient has 0.01 typed in: use the argument in both.")
def leaky_fixed_slope_in_the_gradient(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, slope)[0], solved_leaky(x, upstream)[1]


@mistake("leaky_relu_forward_backward", hint="For negative x your output is the number `slope` itself, whatever x is. It is slope times x.")
def leaky_constant_on_the_left(x, upstream, slope=0.01):
    return torch.where(x > 0, x, torch.full_like(x, slope)), solved_leaky(x, upstream, slope)[1]


@mistake(
    "leaky_relu_forward_backward",
    hint="You look at the output to find the negative side, and with a slope of 0 no output is negative. Look at x.",
)
def leaky_by_the_sign_of_the_output(x, upstream, slope=0.01):
    out = solved_leaky(x, upstream, slope)[0]
    return out, torch.where(out < 0, slope * upstream, upstream)


@mistake(
    "leaky_relu_forward_backward",
    edit={"torch.where(positive, x, slope * x)": "torch.where(positive, x, x / slope)"},
    hint="You divide by the slope: the negative half gets steeper by it, and shall get flatter.",
)
def leaky_divided(): ...


@mistake(
    "leaky_relu_forward_backward",
    edit={"torch.where(positive, x, slope * x)": "torch.where(positive, x, -slope * x)"},
    hint="Negative inputs come out positive: the leak has the sign of x, slope · x, not slope · |x|.",
)
def leaky_positive_output(): ...


@mistake("leaky_relu_forward_backward", hint="At x = 0 your slope is the mean of both sides. The docstring asks for `slope`, as for negative numbers.")
def leaky_mean_at_zero(x, upstream, slope=0.01):
    out, grad = solved_leaky(x, upstream, slope)
    return out, torch.where(x == 0, (1 + slope) / 2 * upstream, grad)


@mistake("leaky_relu_forward_backward", hint="At x = 0 your slope is 0, since neither half passes anything there. The docstring asks for `slope`.")
def leaky_zero_at_zero(x, upstream, slope=0.01):
    out, grad = solved_leaky(x, upstream, slope)
    return out, torch.where(x == 0, 0 * grad, grad)


@mistake(
    "leaky_relu_forward_backward",
    edit={"torch.where(positive, x, slope * x)": "torch.minimum(x, slope * x)"},
    hint="You take the smaller of x and slope · x. With a slope below 1, which of the two is it on the right, and which on the left?",
)
def leaky_minimum(): ...


@mistake("leaky_relu_forward_backward", hint="On the left you keep 1 − slope of x. What leaks is the small part, `slope` of it.")
def leaky_all_but_the_slope(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, 1 - slope)


@mistake(
    "leaky_relu_forward_backward",
    edit={"torch.where(positive, x, slope * x)": "torch.where(positive, x, 0.01 * x)"},
    hint="The gradient has your slope, and the output has 0.01 typed in: use the argument in both.",
)
def leaky_fixed_slope_in_the_output(): ...


@mistake("leaky_relu_forward_backward", hint="You round the slope. It may be any number from 0 to 1, and 0.01 becomes 0.")
def leaky_rounded_slope(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, round(slope, 1))


@mistake("leaky_relu_forward_backward", hint="A slope of 0 becomes 0.01: for Python a 0 is as good as nothing in `or`. With a slope of 0 this is the plain ReLU.")
def leaky_slope_or_default(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, slope or 0.01)


@mistake(
    "leaky_relu_forward_backward",
    edit={"slope * upstream": "slope * slope * upstream"},
    hint="In the gradient the slope stands twice. slope · x has the derivative `slope`, once.",
)
def leaky_slope_squared(): ...


@mistake("leaky_relu_forward_backward", hint=SWAPPED)
def leaky_relu_results_swapped(x, upstream, slope=0.01):
    return solved_leaky(x, upstream, slope)[::-1]


@right("leaky_relu_forward_backward")
def leaky_by_two_clamps(x, upstream, slope=0.01):
    mask = (x > 0).to(x.dtype)
    return x.clamp(min=0) + slope * x.clamp(max=0), upstream * (mask + slope * (1 - mask))


@right("leaky_relu_forward_backward")
def leaky_by_the_maximum(x, upstream, slope=0.01):
    out = torch.maximum(x, slope * x)
    local = torch.full_like(x, slope)
    local[x > 0] = 1
    return out, local * upstream


@right("leaky_relu_forward_backward")
def leaky_by_relu(x, upstream, slope=0.01):
    out = torch.relu(x) - slope * torch.relu(-x)
    return out, upstream * (1 - (1 - slope) * (x <= 0).to(x.dtype))


# elu


@mistake("elu_forward_backward", hint=NO_UPSTREAM)
def elu_without_upstream(x, upstream, alpha=1.0):
    return solved_elu(x, upstream, alpha)[0], solved_elu(x, torch.ones_like(x), alpha)[1]


@mistake(
    "elu_forward_backward",
    hint="The −1 is missing: alpha · (e^x − 1) is 0 at x = 0, so that the two halves meet.",
)
def elu_without_minus_one(x, upstream, alpha=1.0):
    decay = alpha * torch.exp(x.clamp(max=0))
    return torch.where(x > 0, x, decay), upstream * torch.where(x > 0, 1.0, decay)


@mistake("elu_forward_backward", hint="alpha is missing from the gradient: the derivative of alpha · (e^x − 1) is alpha · e^x.")
def elu_gradient_without_alpha(x, upstream, alpha=1.0):
    return solved_elu(x, upstream, alpha)[0], solved_elu(x, upstream, 1.0)[1]


@mistake("elu_forward_backward", hint="alpha isn't used. It scales the negative half: far to the left the output is −alpha.")
def elu_without_alpha(x, upstream, alpha=1.0):
    return solved_elu(x, upstream, 1.0)


@mistake(
    "elu_forward_backward",
    hint="Your gradient on the negative side is the output itself. e^x − 1 has the derivative e^x, which is output + alpha.",
)
def elu_gradient_is_output(x, upstream, alpha=1.0):
    out = solved_elu(x, upstream, alpha)[0]
    return out, torch.where(x > 0, upstream, upstream * out)


@mistake(
    "elu_forward_backward",
    hint="e^x is computed for large positive x too, where it is infinite, and 0 · infinity is NaN. "
    "Cut x off at 0 before the exponential, or choose with torch.where.",
)
def elu_by_multiplied_masks(x, upstream, alpha=1.0):
    positive = (x > 0).to(x.dtype)
    grown = torch.exp(x)
    out = positive * x + (1 - positive) * alpha * (grown - 1)
    return out, upstream * (positive + (1 - positive) * alpha * grown)


@mistake(
    "elu_forward_backward",
    hint="At x = 0 the docstring asks for the derivative of the negative half, alpha.",
)
def elu_one_at_zero(x, upstream, alpha=1.0):
    out, grad = solved_elu(x, upstream, alpha)
    return out, torch.where(x == 0, upstream, grad)


@mistake("elu_forward_backward", hint="alpha scales the whole function here. Only the negative half has it: for x > 0, ELU is x.")
def elu_alpha_on_both_sides(x, upstream, alpha=1.0):
    out, grad = solved_elu(x, upstream, 1.0)
    return alpha * out, alpha * grad


@mistake("elu_forward_backward", hint=IN_PLACE)
def elu_writing_into_upstream(x, upstream, alpha=1.0):
    out = solved_elu(x, upstream, alpha)[0]
    upstream *= torch.where(x > 0, torch.ones_like(x), out + alpha)
    return out, upstream


@mistake("elu_forward_backward", hint=BY_AUTOGRAD)
def elu_by_autograd(x, upstream, alpha=1.0):
    return _by_autograd(lambda x: torch.where(x > 0, x, alpha * torch.expm1(x.clamp(max=0))), x, upstream)


@mistake("elu_forward_backward", hint=READY_MADE)
def elu_ready_made(x, upstream, alpha=1.0):
    out = F.elu(x, alpha)
    return out, upstream * torch.where(x > 0, torch.ones_like(x), out + alpha)


@mistake(
    "elu_forward_backward",
    hint="You cut x off at −10 before the exponential, which can't overflow there: further out the gradient still shrinks.",
)
def elu_cut_off_on_the_left(x, upstream, alpha=1.0):
    decay = torch.exp(x.clamp(-10, 0))
    return torch.where(x > 0, x, alpha * (decay - 1)), upstream * torch.where(x > 0, 1.0, alpha * decay)


@mistake(
    "elu_forward_backward",
    hint="alpha multiplies the exponential alone. It stands before the bracket, alpha · (e^x − 1), so that both halves meet at 0.",
)
def elu_without_the_bracket(x, upstream, alpha=1.0):
    low = x.clamp(max=0)
    return torch.where(x > 0, x, alpha * torch.exp(low) - 1), solved_elu(x, upstream, alpha)[1]


@mistake("elu_forward_backward", hint="alpha stands in the exponent, e^(alpha x) − 1. It scales the negative half from outside.")
def elu_alpha_in_the_exponent(x, upstream, alpha=1.0):
    low = alpha * x.clamp(max=0)
    return torch.where(x > 0, x, torch.expm1(low)), upstream * torch.where(x > 0, torch.ones_like(x), alpha * torch.exp(low))


@mistake("elu_forward_backward", hint="This is CELU: x is divided by alpha inside. ELU has e^x, and alpha only outside.")
def elu_as_celu(x, upstream, alpha=1.0):
    low = x.clamp(max=0) / alpha
    return torch.where(x > 0, x, alpha * torch.expm1(low)), upstream * torch.where(x > 0, torch.ones_like(x), torch.exp(low))


@mistake(
    "elu_forward_backward",
    hint="You take the larger of the two halves, as works for a leaky ReLU. e^x − 1 lies above x everywhere: choose by the sign of x.",
)
def elu_by_the_maximum(x, upstream, alpha=1.0):
    return torch.maximum(x, alpha * torch.expm1(x)), solved_elu(x, upstream, alpha)[1]


@mistake(
    "elu_forward_backward",
    hint="On the negative half your derivative is the output plus 1. That holds for alpha = 1 alone: the output is alpha e^x − alpha.",
)
def elu_output_plus_one(x, upstream, alpha=1.0):
    out = solved_elu(x, upstream, alpha)[0]
    return out, upstream * torch.where(x > 0, torch.ones_like(x), out + 1)


@mistake("elu_forward_backward", hint="For positive x your gradient is 1, and the upstream gradient is lost. It is multiplied on both sides.")
def elu_upstream_on_the_left_only(x, upstream, alpha=1.0):
    return solved_elu(x, upstream, alpha)[0], torch.where(x > 0, torch.ones_like(x), alpha * torch.exp(x.clamp(max=0)) * upstream)


@mistake(
    "elu_forward_backward",
    hint="The output is safe, and the gradient isn't: it multiplies e^x by a mask, and for a large x that is infinity times 0. "
    "Cut x off at 0 before the exponential there too.",
)
def elu_gradient_by_multiplied_masks(x, upstream, alpha=1.0):
    return solved_elu(x, upstream, alpha)[0], upstream * ((x > 0) + alpha * torch.exp(x) * (x <= 0))


@mistake(
    "elu_forward_backward",
    edit={"upstream * alpha * torch.exp(low)": "upstream * alpha"},
    hint="On the negative half your slope is alpha everywhere: a straight line. The curve bends, so its slope depends on x.",
)
def elu_slope_is_alpha(): ...


@mistake(
    "elu_forward_backward",
    edit={"alpha * torch.expm1": "torch.expm1"},
    hint="alpha is in the gradient, and missing from the output: far to the left the output is −alpha.",
)
def elu_output_without_alpha(): ...


@mistake(
    "elu_forward_backward",
    edit={"alpha * torch.expm1(low)": "torch.expm1(alpha * low)"},
    hint="alpha stands in the exponent, e^(alpha x) − 1. It scales the negative half from outside.",
)
def elu_output_with_alpha_inside(): ...


@mistake(
    "elu_forward_backward",
    edit={"x > 0, x,": "x > 0, alpha * x,"},
    hint="alpha scales the whole function here. Only the negative half has it: for x > 0, ELU is x.",
)
def elu_output_scaled_on_the_right(): ...


@mistake(
    "elu_forward_backward",
    edit={"torch.where(x > 0, x, alpha * torch.expm1(low))": "torch.maximum(x, alpha * torch.expm1(low))"},
    hint="The larger of the two halves is the right one only while alpha is at most 1: with more, the curve lies below x just left of 0. Choose by the sign of x.",
)
def elu_by_the_maximum_of_both(): ...


@mistake(
    "elu_forward_backward",
    edit={"x > 0, upstream,": "x > 0, upstream * (1 + alpha),"},
    hint="For positive x your slope is 1 + alpha: e^0 of the half that was cut off is added to it. Only one half counts for each x.",
)
def elu_both_slopes_on_the_right(): ...


@mistake(
    "elu_forward_backward",
    edit={"torch.exp(low)": "torch.exp(out.clamp(max=0))"},
    hint="You take the exponential of the output in the slope. It is e^x, of the x that went in.",
)
def elu_exponential_of_the_output(): ...


@mistake(
    "elu_forward_backward",
    edit={"upstream * alpha * torch.exp(low)": "upstream * alpha * torch.exp(low) * (x > -3)"},
    hint="Far to the left your gradient is exactly 0. It becomes small there, and never 0: that is what the function is for.",
)
def elu_gradient_ends_on_the_left(): ...


@mistake(
    "elu_forward_backward",
    edit={"upstream * alpha * torch.exp(low)": "upstream * (alpha * torch.exp(low)).clamp(max=1)"},
    hint=CUT_AT_ONE,
)
def elu_slope_cut_at_one(): ...


@mistake(
    "elu_forward_backward",
    edit={"torch.where(x > 0, upstream, upstream * alpha * torch.exp(low))": "upstream * (out + alpha)"},
    hint="Output plus alpha is the slope of the negative half alone. For positive x the slope is 1.",
)
def elu_output_plus_alpha_everywhere(): ...


@mistake(
    "elu_forward_backward",
    edit={"upstream * alpha * torch.exp(low)": "upstream * (out / x)"},
    hint="out / x is the slope of the line from 0 to the point, not of the curve in it. On a bend the two differ (and at x = 0 it is 0 / 0).",
)
def elu_output_over_input(): ...


@mistake(
    "elu_forward_backward",
    edit={"alpha * torch.expm1(low)": "alpha * torch.expm1(-low)"},
    hint="On the left your output grows with e^(−x). The exponent is x itself, which is negative there: the output settles at −alpha.",
)
def elu_rising_exponential(): ...


@mistake(
    "elu_forward_backward",
    edit={"return out, torch.where(x > 0, upstream, upstream * alpha * torch.exp(low))": "return torch.where(x > 0, upstream, upstream * alpha * torch.exp(low)), out"},
    hint=SWAPPED,
)
def elu_results_swapped(): ...


@right("elu_forward_backward")
def elu_by_where(x, upstream, alpha=1.0):
    out = torch.where(x > 0, x, alpha * (torch.exp(x) - 1))
    return out, torch.where(x > 0, upstream, upstream * (out + alpha))


@right("elu_forward_backward")
def elu_by_two_clamps(x, upstream, alpha=1.0):
    low = x.clamp(max=0)
    out = x.clamp(min=0) + alpha * torch.expm1(low)
    local = alpha * torch.exp(low)
    local[x > 0] = 1.0
    return out, local * upstream


@right("elu_forward_backward")
def elu_by_relu(x, upstream, alpha=1.0):
    decay = torch.exp(-torch.relu(-x))
    positive = x > 0
    return torch.relu(x) + alpha * (decay - 1), upstream * (positive + ~positive * alpha * decay)


# selu


@mistake("selu_forward_backward", hint=NO_UPSTREAM)
def selu_without_upstream(x, upstream):
    return solved_selu(x, upstream)[0], solved_selu(x, torch.ones_like(x))[1]


@mistake("selu_forward_backward", hint="The outer scale is missing: SELU is SELU_SCALE times an ELU, on both sides.")
def selu_unscaled(x, upstream):
    return solved_elu(x, upstream, SELU_ALPHA)


@mistake("selu_forward_backward", hint="The scale is in the output and not in the gradient. A constant factor stays when you derive.")
def selu_scale_missing_in_gradient(x, upstream):
    return solved_selu(x, upstream)[0], solved_selu(x, upstream)[1] / SELU_SCALE


@mistake("selu_forward_backward", hint="The two constants are swapped: the outer scale is the smaller one, about 1.05.")
def selu_constants_swapped(x, upstream):
    out, grad = solved_elu(x, upstream, SELU_SCALE)
    return SELU_ALPHA * out, SELU_ALPHA * grad


@mistake(
    "selu_forward_backward",
    hint="Your constants are rounded. Use SELU_SCALE and SELU_ALPHA: the fixed point of the mean and variance depends on them.",
)
def selu_rounded_constants(x, upstream):
    out, grad = solved_elu(x, upstream, 1.67)
    return 1.05 * out, 1.05 * grad


@mistake("selu_forward_backward", hint="Only the negative half is scaled. SELU_SCALE multiplies the positive half too: its slope is above 1.")
def selu_positive_half_unscaled(x, upstream):
    out, grad = solved_selu(x, upstream)
    return torch.where(x > 0, x, out), torch.where(x > 0, upstream, grad)


@mistake("selu_forward_backward", hint="SELU_ALPHA is missing from the gradient of the negative half.")
def selu_alpha_missing_in_gradient(x, upstream):
    out, grad = solved_selu(x, upstream)
    return out, torch.where(x > 0, grad, grad / SELU_ALPHA)


@mistake(
    "selu_forward_backward",
    hint="e^x is computed for large positive x too, where it is infinite, and 0 · infinity is NaN. Cut x off at 0 first.",
)
def selu_by_multiplied_masks(x, upstream):
    positive = (x > 0).to(x.dtype)
    grown = torch.exp(x)
    out = SELU_SCALE * (positive * x + (1 - positive) * SELU_ALPHA * (grown - 1))
    return out, upstream * SELU_SCALE * (positive + (1 - positive) * SELU_ALPHA * grown)


@mistake("selu_forward_backward", hint=READY_MADE)
def selu_ready_made(x, upstream):
    return F.selu(x), solved_selu(x, upstream)[1]


@mistake("selu_forward_backward", hint="SELU_ALPHA is left out: the negative half is SELU_SCALE · SELU_ALPHA · (e^x − 1).")
def selu_with_an_alpha_of_one(x, upstream):
    out, grad = solved_elu(x, upstream)
    return SELU_SCALE * out, SELU_SCALE * grad


@mistake("selu_forward_backward", hint="SELU_ALPHA is missing from the output of the negative half, and the gradient has it.")
def selu_alpha_missing_in_output(x, upstream):
    return SELU_SCALE * solved_elu(x, upstream)[0], solved_selu(x, upstream)[1]


@mistake(
    "selu_forward_backward",
    hint="The scale goes into the ELU with x. It multiplies what comes out: right of 0 that is the same, left of it it isn't.",
)
def selu_of_scaled_input(x, upstream):
    out, grad = solved_elu(SELU_SCALE * x, upstream, SELU_ALPHA)
    return out, SELU_SCALE * grad


@mistake("selu_forward_backward", hint="Only the positive half is scaled. SELU_SCALE multiplies the negative half too, in the output and in the gradient.")
def selu_negative_half_unscaled(x, upstream):
    out, grad = solved_elu(x, upstream, SELU_ALPHA)
    scale = torch.where(x > 0, SELU_SCALE, torch.ones_like(x))
    return scale * out, scale * grad


@mistake("selu_forward_backward", hint="Only the positive half of the output is scaled. SELU_SCALE multiplies the negative half too.")
def selu_negative_output_unscaled(x, upstream):
    out = solved_elu(x, upstream, SELU_ALPHA)[0]
    return torch.where(x > 0, SELU_SCALE * out, out), solved_selu(x, upstream)[1]


@mistake(
    "selu_forward_backward",
    hint="You write the slope in the output, which is scaled already, and add an alpha that isn't: scale both, or neither.",
)
def selu_slope_of_mixed_scales(x, upstream):
    out = solved_selu(x, upstream)[0]
    return out, upstream * torch.where(x > 0, torch.full_like(x, SELU_SCALE), out + SELU_ALPHA)


@mistake("selu_forward_backward", hint="At x = 0 the docstring asks for the derivative of the negative half, SELU_SCALE · SELU_ALPHA.")
def selu_positive_slope_at_zero(x, upstream):
    return solved_selu(x, upstream)[0], torch.where(x == 0, SELU_SCALE * upstream, solved_selu(x, upstream)[1])


@mistake(
    "selu_forward_backward",
    edit={"SELU_SCALE * slope": "slope / SELU_SCALE"},
    hint="You divide the gradient by the scale. A constant factor stays when you derive.",
)
def selu_gradient_divided(): ...


@mistake(
    "selu_forward_backward",
    edit={"SELU_SCALE * slope": "SELU_SCALE * SELU_SCALE * slope"},
    hint="The scale stands twice in the gradient: once is enough, in the upstream gradient or in the slope.",
)
def selu_gradient_scaled_twice(): ...


@mistake(
    "selu_forward_backward",
    edit={"torch.ones_like(x)": "torch.full_like(x, 1 + SELU_ALPHA)"},
    hint="For positive x the slope of the half that was cut off is added: e^0 is 1, and not 0. Only one half counts for each x.",
)
def selu_both_slopes_on_the_right(): ...


@mistake(
    "selu_forward_backward",
    edit={"return SELU_SCALE * out": "out = SELU_SCALE * out\n    return out - out.mean()"},
    hint="You bring the outputs to mean 0 by hand. SELU works on each number by itself; over many layers its two constants do that.",
)
def selu_standardised(): ...


@mistake(
    "selu_forward_backward",
    edit={"SELU_SCALE * slope * upstream": "torch.where(x > 0, slope, SELU_SCALE * slope) * upstream"},
    hint="For positive x your output is scaled, and your slope is 1. A constant factor stays when you derive, on both sides.",
)
def selu_positive_gradient_unscaled(): ...


@mistake(
    "selu_forward_backward",
    edit={"SELU_ALPHA * torch.expm1": "1.67 * torch.expm1", "SELU_ALPHA * torch.exp(low)": "1.67 * torch.exp(low)"},
    hint="Your constants are rounded. Use SELU_SCALE and SELU_ALPHA: the fixed point of the mean and variance depends on them.",
)
def selu_rounded_alpha(): ...


@mistake(
    "selu_forward_backward",
    edit={"return SELU_SCALE * out": "return out"},
    hint="The gradient has the scale, and the output doesn't.",
)
def selu_output_unscaled(): ...


@mistake(
    "selu_forward_backward",
    edit={"return SELU_SCALE * out": "return SELU_SCALE * SELU_SCALE * out"},
    hint="The scale stands twice in the output, and once in the gradient.",
)
def selu_output_scaled_twice(): ...


@mistake(
    "selu_forward_backward",
    edit={"SELU_SCALE * slope * upstream": "(SELU_SCALE * slope).clamp(max=1) * upstream"},
    hint=CUT_AT_ONE,
)
def selu_slope_cut_at_one(): ...


@mistake("selu_forward_backward", hint=SWAPPED)
def selu_results_swapped(x, upstream):
    return solved_selu(x, upstream)[::-1]


@right("selu_forward_backward")
def selu_by_elu(x, upstream):
    out, grad = elu_forward_backward(x, upstream, SELU_ALPHA)
    return SELU_SCALE * out, SELU_SCALE * grad


@right("selu_forward_backward")
def selu_by_where(x, upstream):
    both = SELU_SCALE * SELU_ALPHA
    out = torch.where(x > 0, SELU_SCALE * x, both * torch.exp(x) - both)
    return out, upstream * torch.where(x > 0, torch.full_like(x, SELU_SCALE), out + both)


@right("selu_forward_backward")
def selu_with_numbers_typed_in(x, upstream):
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    low = torch.minimum(x, torch.zeros_like(x))
    out = scale * (torch.maximum(x, torch.zeros_like(x)) + alpha * torch.expm1(low))
    return out, scale * upstream * ((x > 0) + (x <= 0) * alpha * torch.exp(low))


# relu6


@mistake("relu6_forward_backward", edit={"upstream * ((x > 0) & (x < 6))": "((x > 0) & (x < 6)).to(x.dtype)"}, hint=NO_UPSTREAM)
def relu6_without_upstream(): ...


@mistake("relu6_forward_backward", edit={"x.clamp(0, 6), upstream * ((x > 0) & (x < 6))": "solved_relu(x, upstream)"}, hint="The upper bound is missing: above 6 the output stays at 6, and the gradient is 0.")
def relu6_without_upper_bound(): ...


@mistake(
    "relu6_forward_backward",
    edit={"(x > 0) & (x < 6)": "x > 0"},
    hint="The output is cut off at 6, and the gradient still passes there. Where the output can't move, the gradient is 0.",
)
def relu6_gradient_above_six(): ...


@mistake("relu6_forward_backward", edit={"> 0) & (x <": ">= 0) & (x <="}, hint="At 0 and at 6 the docstring asks for the derivative 0: both bounds are outside.")
def relu6_bounds_inside(): ...


@mistake(
    "relu6_forward_backward",
    edit={"upstream * ((x > 0) & (x < 6))": "upstream.clamp(0, 6)"},
    hint="You cut the upstream gradient off between 0 and 6. A gradient may have any size and sign: x decides where it passes.",
)
def relu6_gradient_clamped(): ...


@mistake("relu6_forward_backward", edit={"0, 6), upstream * ((x > 0)": "-6, 6), upstream * ((x > -6)"}, hint="Your lower bound is −6. ReLU6 is a ReLU with a lid: below 0 it is 0.")
def relu6_symmetric(): ...


@mistake("relu6_forward_backward", hint="Above 6 your output falls to 0. It stays at 6.")
def relu6_falls_to_zero(x, upstream):
    inside = (x > 0) & (x < 6)
    return x * inside, upstream * inside


@mistake("relu6_forward_backward", hint=IN_PLACE)
def relu6_writing_into_upstream(x, upstream):
    upstream[(x <= 0) | (x >= 6)] = 0
    return x.clamp(0, 6), upstream


@mistake("relu6_forward_backward", hint="You cut x off in place, so the caller's x is changed above 6. Make a new tensor first.")
def relu6_lid_in_place(x, upstream):
    inside = (x > 0) & (x < 6)
    x[x > 6] = 6
    return x.clamp(min=0), upstream * inside


@mistake("relu6_forward_backward", edit={"x.clamp(0, 6)": "F.relu6(x)"}, hint=READY_MADE)
def relu6_ready_made(): ...


@mistake("relu6_forward_backward", hint=ON_THE_CPU)
def relu6_with_bounds_on_the_cpu(x, upstream):
    six = torch.full(x.shape, 6, dtype=x.dtype)
    return torch.minimum(x.clamp(min=0), six), upstream * ((x > 0) & (x < 6))


@mistake("relu6_forward_backward", edit={"x < 6": "x <= 6"}, hint="At exactly 6 your gradient passes. The docstring asks for the derivative 0 at both bounds.")
def relu6_open_at_six(): ...


@mistake("relu6_forward_backward", edit={"x > 0": "x >= 0"}, hint="At exactly 0 your gradient passes. The docstring asks for the derivative 0 at both bounds.")
def relu6_open_at_zero(): ...


@mistake("relu6_forward_backward", edit={"clamp(0, 6)": "clamp(max=6)"}, hint="The floor is missing: your output is negative where x is. It is cut off at 0 too.")
def relu6_without_a_floor(): ...


@mistake(
    "relu6_forward_backward",
    edit={"clamp(0, 6)": "clamp(max=6)", "(x > 0) & (x < 6)": "x < 6"},
    hint="The floor is missing, in the output and in the gradient: below 0 both are 0.",
)
def relu6_lid_alone(): ...


@mistake(
    "relu6_forward_backward",
    edit={"(x > 0) & (x < 6)": "(x > 0) | (x < 6)"},
    hint="Your gradient passes everywhere. It passes only where x is above 0 *and* below 6.",
)
def relu6_passes_all(): ...


@mistake("relu6_forward_backward", edit={"(x > 0) & (x < 6)": "x < 6"}, hint="Your gradient passes for negative x. It asks only about 6, and not about 0.")
def relu6_gradient_below_zero(): ...


@mistake("relu6_forward_backward", edit={"clamp(0, 6)": "clamp(0, 6) / 6"}, hint="Your output runs from 0 to 1. The 6 is a bound here, no divisor: it runs from 0 to 6.")
def relu6_scaled_to_one(): ...


@mistake(
    "relu6_forward_backward",
    edit={"upstream * ((x > 0) & (x < 6))": "(upstream * ((x > 0) & (x < 6))).clamp(0, 6)"},
    hint="You cut the gradient itself off at 0 and 6. It is x that is bounded; the gradient may be any number.",
)
def relu6_masked_gradient_clamped(): ...


@mistake(
    "relu6_forward_backward",
    edit={"(x > 0) & (x < 6)": "x.abs() < 6"},
    hint="Your gradient passes between −6 and 0 too. It asks how large x is, and forgets its sign.",
)
def relu6_by_the_size_of_x(): ...


@mistake("relu6_forward_backward", edit={"upstream * ((x > 0) & (x < 6))": "(x > 0) & (x < 6)"}, hint=TRUTH_VALUES)
def relu6_mask_for_gradient(): ...


@mistake(
    "relu6_forward_backward",
    edit={"clamp(0, 6)": "clamp(0, 1)"},
    hint="Your output is cut off at 1. The lid is at 6.",
)
def relu6_lid_at_one(): ...


@mistake(
    "relu6_forward_backward",
    edit={"upstream * ((x > 0) & (x < 6))": "upstream * (x > 0) * (not (x >= 6).any())"},
    hint=ONE_FOR_ALL,
)
def relu6_shut_by_any(): ...


@mistake(
    "relu6_forward_backward",
    edit={"clamp(0, 6)": "clamp(min=0)"},
    hint="The gradient stops at 6, and the output doesn't: above 6 it stays at 6.",
)
def relu6_output_without_a_lid(): ...


@mistake(
    "relu6_forward_backward",
    edit={"x.clamp(0, 6), upstream * ((x > 0) & (x < 6))": "upstream * ((x > 0) & (x < 6)), x.clamp(0, 6)"},
    hint=SWAPPED,
)
def relu6_results_swapped(): ...


@mistake(
    "relu6_forward_backward",
    edit={"(x > 0) & (x < 6)": "(upstream > 0) & (upstream < 6)"},
    hint="You cut the upstream gradient off between 0 and 6. A gradient may have any size and sign: x decides where it passes.",
)
def relu6_mask_of_upstream(): ...


@right("relu6_forward_backward")
def relu6_by_two_relus(x, upstream):
    return torch.relu(x) - torch.relu(x - 6), torch.where((x > 0) & (x < 6), upstream, torch.zeros_like(upstream))


@right("relu6_forward_backward")
def relu6_by_minimum_and_maximum(x, upstream):
    zero, six = torch.zeros_like(x), torch.full_like(x, 6)
    out = torch.minimum(torch.maximum(x, zero), six)
    return out, upstream * ((out > 0).to(x.dtype) * (out < 6).to(x.dtype))


@right("relu6_forward_backward")
def relu6_by_assignment(x, upstream):
    out, grad = x.clone(), upstream.clone()
    out[x <= 0], out[x >= 6] = 0, 6
    grad[(x <= 0) | (x >= 6)] = 0
    return out, grad


# mish


@mistake("mish_forward_backward", hint=NO_UPSTREAM)
def mish_without_upstream(x, upstream):
    return solved_mish(x, upstream)[0], solved_mish(x, torch.ones_like(x))[1]


@mistake(
    "mish_forward_backward",
    hint="e^x is infinite for a large x, and then infinity by infinity (or 0 times infinity) is NaN. "
    "Write the softplus as max(x, 0) + log1p(e^(-|x|)), and its derivative as a sigmoid.",
)
def mish_overflowing(x, upstream):
    gate = torch.tanh(torch.log(1 + torch.exp(x)))
    return x * gate, upstream * (gate + x * (1 - gate**2) * torch.exp(x) / (1 + torch.exp(x)))


@mistake(
    "mish_forward_backward",
    hint="Your gradient treats tanh(softplus(x)) as a constant. x stands in both factors: the product rule has two terms.",
)
def mish_gate_as_constant(x, upstream):
    gate = torch.tanh(F.softplus(x))
    return x * gate, upstream * gate


@mistake(
    "mish_forward_backward",
    hint="The innermost derivative is missing: the softplus inside the tanh has the derivative σ(x).",
)
def mish_without_inner_derivative(x, upstream):
    gate = torch.tanh(F.softplus(x))
    return x * gate, upstream * (gate + x * (1 - gate**2))


@mistake("mish_forward_backward", hint="This is Swish, x · σ(x). Mish has tanh(softplus(x)) in place of the sigmoid.")
def mish_as_swish(x, upstream):
    return solved_swish(x, upstream)


@mistake("mish_forward_backward", edit={"x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))": "torch.exp(x.clamp(max=50))", "torch.sigmoid(x)": "softplus"}, hint="The logarithm is missing: the softplus is ln(1 + e^x), not e^x.")
def mish_without_logarithm(): ...


@mistake("mish_forward_backward", hint="The first factor is missing: Mish is x times tanh(softplus(x)).")
def mish_without_x(x, upstream):
    gate = torch.tanh(F.softplus(x))
    return gate, upstream * (1 - gate**2) * torch.sigmoid(x)


@mistake("mish_forward_backward", hint="The square is missing: the derivative of tanh is 1 − tanh².")
def mish_without_the_square(x, upstream):
    gate = torch.tanh(F.softplus(x))
    return x * gate, upstream * (gate + x * (1 - gate) * torch.sigmoid(x))


@mistake("mish_forward_backward", hint=READY_MADE)
def mish_ready_made(x, upstream):
    return F.mish(x), solved_mish(x, upstream)[1]


@mistake(
    "mish_forward_backward",
    hint="The slope of softplus is taken at softplus(x). Its derivative is σ(x), at the x that went in.",
)
def mish_sigmoid_of_softplus(x, upstream):
    softplus = F.softplus(x)
    gate = torch.tanh(softplus)
    return x * gate, upstream * (gate + x * (1 - gate**2) * torch.sigmoid(softplus))


@mistake(
    "mish_forward_backward",
    hint="The output is safe, and the gradient isn't: e^x / (1 + e^x) is infinity by infinity for a large x. Use a safe sigmoid.",
)
def mish_gradient_overflowing(x, upstream):
    softplus, grown = F.softplus(x), torch.exp(x)
    gate = torch.tanh(softplus)
    return x * gate, upstream * (gate + x * (1 - gate**2) * (grown / (1 + grown)))


@mistake(
    "mish_forward_backward",
    hint="n / (n + 2) with n = e^x (e^x + 2) is exact, and for a large x it is infinity by infinity. Only a falling exponential is safe.",
)
def mish_by_a_growing_ratio(x, upstream):
    grown = torch.exp(x)
    n = grown * (grown + 2)
    gate = n / (n + 2)
    return x * gate, upstream * (gate + x * (1 - gate**2) * torch.sigmoid(x))


@mistake("mish_forward_backward", hint="log(1 + e^(-|x|)) alone is softplus for negative x only. For positive x there is x itself to be added.")
def mish_softplus_without_x(x, upstream):
    gate = torch.tanh(torch.log1p(torch.exp(-x.abs())))
    return x * gate, upstream * (gate + x * (1 - gate**2) * torch.sigmoid(x))


@mistake("mish_forward_backward", hint="max(x, 0) + log(1 + e^(-x)) needs |x| in the exponent: for negative x the exponential grows, and is added to what is 0.")
def mish_softplus_without_absolute_value(x, upstream):
    gate = torch.tanh(x.clamp(min=0) + torch.log1p(torch.exp(-x)))
    return x * gate, upstream * (gate + x * (1 - gate**2) * torch.sigmoid(x))


@mistake("mish_forward_backward", hint="You take tanh of the sigmoid. Mish has the softplus ln(1 + e^x) inside; the sigmoid is that one's derivative.")
def mish_tanh_of_the_sigmoid(x, upstream):
    switch = torch.sigmoid(x)
    gate = torch.tanh(switch)
    return x * gate, upstream * (gate + x * (1 - gate**2) * switch * (1 - switch))


@mistake(
    "mish_forward_backward",
    edit={"torch.log1p(torch.exp(-x.abs()))": "torch.log2(1 + torch.exp(-x.abs()))"},
    hint="Your logarithm has the base 2. softplus has the natural one.",
)
def mish_binary_logarithm(): ...


@mistake(
    "mish_forward_backward",
    edit={"x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))": "torch.logaddexp(torch.ones_like(x), x)"},
    hint="logaddexp(a, b) is ln(e^a + e^b): which a makes the 1 of ln(1 + e^x)?",
)
def mish_one_for_zero(): ...


@mistake(
    "mish_forward_backward",
    edit={"return x * gate": "return x * softplus"},
    hint="The tanh is missing from your output: as it is, it grows like x².",
)
def mish_output_without_tanh(): ...


@mistake(
    "mish_forward_backward",
    edit={"-x.abs()": "x.abs()"},
    hint="Your exponential grows with |x|. What is added to max(x, 0) becomes small far out.",
)
def mish_growing_exponential(): ...


@mistake(
    "mish_forward_backward",
    edit={" + torch.log1p(torch.exp(-x.abs()))": ""},
    hint="max(x, 0) alone is no softplus: left of 0 nothing would come through. The logarithm is missing.",
)
def mish_without_softplus(): ...


@mistake(
    "mish_forward_backward",
    edit={"torch.sigmoid(x)": "torch.sigmoid(-x)"},
    hint="The slope of softplus is turned round: it rises from 0 on the left to 1 on the right.",
)
def mish_sigmoid_turned_round(): ...


@mistake(
    "mish_forward_backward",
    edit={"torch.sigmoid(x)": "torch.sigmoid(x) * torch.sigmoid(-x)"},
    hint="σ(1 − σ) is the slope of the sigmoid. Inside the tanh stands softplus: its slope is the sigmoid itself.",
)
def mish_slope_of_the_sigmoid(): ...


@mistake(
    "mish_forward_backward",
    edit={"upstream * (gate + x * (1 - gate**2) * torch.sigmoid(x))": "upstream * (gate + x * (1 - gate**2) * torch.sigmoid(x)).clamp(0, 1)"},
    hint=CUT_SLOPE,
)
def mish_slope_cut(): ...


@mistake("mish_forward_backward", hint=SWAPPED)
def mish_results_swapped(x, upstream):
    return solved_mish(x, upstream)[::-1]


@mistake(
    "mish_forward_backward",
    edit={"gate**2": "torch.tanh(x) ** 2"},
    hint="The slope of tanh is taken at x. The tanh stands at softplus(x), in its derivative too.",
)
def mish_tanh_of_x(): ...


@mistake(
    "mish_forward_backward",
    edit={"gate**2": "gate**2 / 2"},
    hint="The derivative of tanh is 1 − tanh², and you take half of the square.",
)
def mish_half_of_the_square(): ...


@mistake(
    "mish_forward_backward",
    edit={"upstream * (gate + x * (1 - gate**2) * torch.sigmoid(x))": "upstream * gate + x * (1 - gate**2) * torch.sigmoid(x)"},
    hint=UPSTREAM_ONCE,
)
def mish_upstream_once(): ...


@mistake("mish_forward_backward", edit={"+ x * (1": "+ (1"}, hint=SECOND_WITHOUT_X)
def mish_second_term_without_x(): ...


@right("mish_forward_backward")
def mish_by_torch_parts(x, upstream):
    gate = torch.tanh(F.softplus(x))
    return x * gate, upstream * (gate + x * torch.sigmoid(x) * (1 - gate * gate))


@right("mish_forward_backward")
def mish_by_logaddexp(x, upstream):
    gate = torch.logaddexp(x, torch.zeros_like(x)).tanh()
    slope = 1 / (1 + torch.exp(-x))
    return x * gate, gate * upstream + x * slope * upstream - x * slope * gate**2 * upstream


@right("mish_forward_backward")
def mish_by_ratios_of_exponentials(x, upstream):
    # tanh(ln(1 + e)) = (e² + 2e) / (e² + 2e + 2), with e cut off where the ratio is 1 anyway.
    e = torch.exp(x.clamp(max=30))
    gate = (e * e + 2 * e) / (e * e + 2 * e + 2)
    local = gate + x * 4 * e * (1 + e) / (e * e + 2 * e + 2) ** 2
    return x * gate, torch.where(x > 30, upstream, upstream * local)


# swish


@mistake("swish_forward_backward", hint=NO_UPSTREAM)
def swish_without_upstream(x, upstream, beta=1.0):
    return solved_swish(x, upstream, beta)[0], solved_swish(x, torch.ones_like(x), beta)[1]


@mistake(
    "swish_forward_backward",
    edit={"(gate + beta * x * gate * (1 - gate))": "gate"},
    hint="Your gradient treats the sigmoid as a constant. x stands in both factors: the product rule has two terms.",
)
def swish_gate_as_constant(): ...


@mistake("swish_forward_backward", edit={"(gate + beta * x * gate * (1 - gate))": "beta * x * gate * (1 - gate)"}, hint="Your gradient has the sigmoid's derivative alone. The product rule has two terms: x stands in both factors.")
def swish_only_the_second_term(): ...


@mistake("swish_forward_backward", hint="beta isn't used: the sigmoid is taken at beta · x.")
def swish_without_beta(x, upstream, beta=1.0):
    return solved_swish(x, upstream, 1.0)


@mistake("swish_forward_backward", edit={"+ beta * x": "+ x"}, hint="The chain rule through beta · x gives a factor beta in the second term of the gradient.")
def swish_gradient_without_beta(): ...


@mistake("swish_forward_backward", hint="beta multiplies the whole output. It belongs inside the sigmoid only.")
def swish_beta_outside(x, upstream, beta=1.0):
    out, grad = solved_swish(x, upstream, 1.0)
    return beta * out, beta * grad


@mistake(
    "swish_forward_backward",
    edit={"gate = torch.sigmoid(beta * x)": "grown = torch.exp(beta * x)\n    gate = grown / (1 + grown)"},
    hint="e^x is infinite for a large x, and infinity by infinity is NaN. Use your safe sigmoid.",
)
def swish_overflowing(): ...


@mistake(
    "swish_forward_backward",
    hint="In the sigmoid's derivative σ(1 − σ) you use the output x · σ for σ. Keep the sigmoid in a variable of its own.",
)
def swish_output_for_sigmoid(x, upstream, beta=1.0):
    gate = torch.sigmoid(beta * x)
    out = x * gate
    return out, upstream * (gate + beta * x * out * (1 - out))


@mistake("swish_forward_backward", hint=READY_MADE)
def swish_by_silu(x, upstream, beta=1.0):
    return F.silu(beta * x) / beta, solved_swish(x, upstream, beta)[1]


@mistake("swish_forward_backward", hint="Your switch is turned round: it opens to the left. The sigmoid is 1 / (1 + e^(−beta x)).")
def swish_turned_round(x, upstream, beta=1.0):
    gate = torch.sigmoid(-beta * x)
    return x * gate, upstream * (gate - beta * x * gate * (1 - gate))


@mistake("swish_forward_backward", hint="This is the derivative with respect to beta, x² σ (1 − σ). The gradient with respect to x is asked for.")
def swish_gradient_of_beta(x, upstream, beta=1.0):
    gate = torch.sigmoid(beta * x)
    return x * gate, upstream * x * x * gate * (1 - gate)


@mistake(
    "swish_forward_backward",
    hint="The output is safe, and the gradient isn't: by the quotient rule e^(−beta x) stands in numerator and denominator, and both "
    "become infinite. Write the slope in the sigmoid.",
)
def swish_gradient_overflowing(x, upstream, beta=1.0):
    grown = torch.exp(-beta * x)
    return x * torch.sigmoid(beta * x), upstream * (1 + grown + beta * x * grown) / (1 + grown) ** 2


@mistake("swish_forward_backward", hint=UPSTREAM_ONCE)
def swish_upstream_once(x, upstream, beta=1.0):
    gate = torch.sigmoid(beta * x)
    return x * gate, upstream * gate + beta * x * gate * (1 - gate)


@mistake(
    "swish_forward_backward",
    edit={"gate = ": "beta = max(beta, 1.0)\n    gate = "},
    hint="A beta below 1 is taken for 1. Any positive number is allowed: a small one makes the switch softer still.",
)
def swish_beta_at_least_one(): ...


@mistake(
    "swish_forward_backward",
    edit={"gate * (1 - gate)": "torch.sigmoid(x) * (1 - torch.sigmoid(x))"},
    hint="The switch's slope is taken at x. The switch stands at beta · x, in its derivative too.",
)
def swish_slope_at_x(): ...


@mistake(
    "swish_forward_backward",
    edit={"+ beta": "+ beta * beta"},
    hint="beta stands twice in the second term. Deriving beta · x gives it once.",
)
def swish_beta_twice(): ...


@mistake(
    "swish_forward_backward",
    edit={"beta * x)": "(beta * x).clamp(-4, 4))"},
    hint="You cut off what goes into the switch, so it never quite shuts: a very negative x still comes through. A safe sigmoid needs no cut.",
)
def swish_switch_cut_at_four(): ...


@mistake(
    "swish_forward_backward",
    edit={"+ beta * x": "+ x * x"},
    hint="This is the derivative with respect to beta, x² σ (1 − σ). The gradient with respect to x is asked for.",
)
def swish_second_term_of_beta(): ...


@mistake("swish_forward_backward", edit={"return x * gate": "return (x * gate).clamp(min=0)"}, hint=NO_DIP)
def swish_without_dip(): ...


@mistake(
    "swish_forward_backward",
    edit={"(1 - gate)": "(1 + gate)"},
    hint="The sign inside the switch's derivative is wrong: it is σ(1 − σ), which is 0 where the switch is open.",
)
def swish_one_plus(): ...


@mistake("swish_forward_backward", edit={"gate + beta": "gate - beta"}, hint=SECOND_SUBTRACTED)
def swish_second_term_subtracted(): ...


@mistake(
    "swish_forward_backward",
    edit={"return x * gate": "return beta * x * gate"},
    hint="beta multiplies the whole output. It belongs inside the sigmoid only.",
)
def swish_output_times_beta(): ...


@mistake("swish_forward_backward", hint=SWAPPED)
def swish_results_swapped(x, upstream, beta=1.0):
    return solved_swish(x, upstream, beta)[::-1]


@mistake(
    "swish_forward_backward",
    hint="The second term is twice too large. By tanh, σ(z) = (1 + tanh(z/2)) / 2 has a half outside and a half inside.",
)
def swish_second_term_doubled(x, upstream, beta=1.0):
    half = torch.tanh(beta * x / 2)
    return x * (1 + half) / 2, upstream * ((1 + half) / 2 + x * (beta / 2) * (1 - half**2))


@mistake("swish_forward_backward", edit={"+ beta * x * gate": "+ beta * gate"}, hint=SECOND_WITHOUT_X)
def swish_second_term_without_x(): ...


@right("swish_forward_backward")
def swish_by_your_own_sigmoid(x, upstream, beta=1.0):
    gate, slope = sigmoid_forward_backward(beta * x, torch.ones_like(x))
    return x * gate, upstream * (gate + beta * x * slope)


@right("swish_forward_backward")
def swish_written_in_the_output(x, upstream, beta=1.0):
    gate = 1 / (1 + torch.exp(-beta * x))
    out = x * gate
    return out, upstream * (beta * out + gate * (1 - beta * out))


@right("swish_forward_backward")
def swish_by_tanh(x, upstream, beta=1.0):
    half = torch.tanh(beta * x / 2)
    return 0.5 * x * (1 + half), 0.5 * upstream * (1 + half) + 0.25 * upstream * beta * x * (1 - half**2)


# hard swish


@mistake("hard_swish_forward_backward", hint=NO_UPSTREAM)
def hard_swish_without_upstream(x, upstream):
    return solved_hard_swish(x, upstream)[0], solved_hard_swish(x, torch.ones_like(x))[1]


@mistake("hard_swish_forward_backward", hint="The division by 6 is missing: the gate relu6(x + 3) / 6 runs from 0 to 1.")
def hard_swish_without_six(x, upstream):
    out, grad = solved_hard_swish(x, upstream)
    return 6 * out, 6 * grad


@mistake("hard_swish_forward_backward", hint="The shift by 3 is missing: the gate is half open at x = 0, and opens from −3 to 3.")
def hard_swish_without_shift(x, upstream):
    gate = x.clamp(0, 6) / 6
    return x * gate, upstream * (gate + x / 6 * ((x > 0) & (x < 6)))


@mistake(
    "hard_swish_forward_backward",
    hint="Your gradient treats the gate as a constant. x stands in both factors: between −3 and 3 the derivative is (2x + 3) / 6.",
)
def hard_swish_gate_as_constant(x, upstream):
    gate = (x + 3).clamp(0, 6) / 6
    return x * gate, upstream * gate


@mistake(
    "hard_swish_forward_backward",
    hint="(2x + 3) / 6 is the derivative between −3 and 3 only. Further out the function is 0 or x.",
)
def hard_swish_one_slope_everywhere(x, upstream):
    return solved_hard_swish(x, upstream)[0], upstream * (2 * x + 3) / 6


@mistake(
    "hard_swish_forward_backward",
    hint="At −3 the docstring asks for the derivative 0, and at 3 for 1: the joints belong to the outer pieces.",
)
def hard_swish_joints_inside(x, upstream):
    local = torch.where(x < -3, torch.zeros_like(x), torch.where(x > 3, torch.ones_like(x), (2 * x + 3) / 6))
    return solved_hard_swish(x, upstream)[0], upstream * local


@mistake(
    "hard_swish_forward_backward",
    hint="Between −3 and 3 the function is (x² + 3x) / 6. Your gradient has the square's part, 2x / 6, and not the 3 / 6.",
)
def hard_swish_only_the_square(x, upstream):
    local = torch.where(x <= -3, torch.zeros_like(x), torch.where(x >= 3, torch.ones_like(x), x / 3))
    return solved_hard_swish(x, upstream)[0], upstream * local


@mistake("hard_swish_forward_backward", hint="This is the gate alone, the hard sigmoid. Hard-Swish is x times the gate.")
def hard_sigmoid_instead(x, upstream):
    return (x + 3).clamp(0, 6) / 6, upstream / 6 * ((x > -3) & (x < 3))


@mistake("hard_swish_forward_backward", hint=READY_MADE)
def hard_swish_ready_made(x, upstream):
    return F.hardswish(x), solved_hard_swish(x, upstream)[1]


@mistake("hard_swish_forward_backward", hint="You multiply x in place, so the caller's x is changed. Make a new tensor.")
def hard_swish_in_place(x, upstream):
    grad = solved_hard_swish(x, upstream)[1]
    x *= (x + 3).clamp(0, 6) / 6
    return x, grad


@mistake("hard_swish_forward_backward", hint="At x = −3 the docstring asks for the derivative 0. Yours is −0.5, that of the parabola.")
def hard_swish_parabola_at_minus_three(x, upstream):
    out, grad = solved_hard_swish(x, upstream)
    return out, torch.where(x == -3, -0.5 * upstream, grad)


@mistake("hard_swish_forward_backward", hint="At x = 3 the docstring asks for the derivative 1. Yours is 1.5, that of the parabola.")
def hard_swish_parabola_at_three(x, upstream):
    out, grad = solved_hard_swish(x, upstream)
    return out, torch.where(x == 3, 1.5 * upstream, grad)


@mistake(
    "hard_swish_forward_backward",
    hint="The ramp is taken to lie between 0 and 6. That is where x + 3 lies: x itself lies between −3 and 3.",
)
def hard_swish_ramp_from_zero_to_six(x, upstream):
    gate = (x + 3).clamp(0, 6) / 6
    return x * gate, upstream * (gate + x * ((x > 0) & (x < 6)) / 6)


@mistake("hard_swish_forward_backward", hint="The gate's derivative is 1/6 on the ramp. Yours is 1: the second term of the product rule isn't divided by 6.")
def hard_swish_second_term_without_six(x, upstream):
    gate = (x + 3).clamp(0, 6) / 6
    return x * gate, upstream * (gate + x * ((x > -3) & (x < 3)))


@mistake("hard_swish_forward_backward", hint="The 3 is added after the ReLU6. It shifts x before: x · relu6(x + 3) / 6.")
def hard_swish_shift_after_relu6(x, upstream):
    bounded = x.clamp(0, 6)
    return x * (bounded + 3) / 6, upstream * ((bounded + 3) / 6 + x * ((x > 0) & (x < 6)) / 6)


@mistake("hard_swish_forward_backward", hint="The shift comes after the ReLU6 in your output, x · (relu6(x) + 3) / 6. It belongs inside.")
def hard_swish_output_shifted_after_relu6(x, upstream):
    return x * (x.clamp(0, 6) + 3) / 6, solved_hard_swish(x, upstream)[1]


@mistake("hard_swish_forward_backward", hint="Right of 3 the gate is fully open and no longer moves: the derivative is 1 there. You keep x/6 of the ramp.")
def hard_swish_ramp_without_end(x, upstream):
    gate = (x + 3).clamp(0, 6) / 6
    return x * gate, upstream * (gate + x * (x > -3) / 6)


@mistake("hard_swish_forward_backward", hint=UPSTREAM_ONCE)
def hard_swish_upstream_once(x, upstream):
    gate = (x + 3).clamp(0, 6) / 6
    return x * gate, upstream * gate + x * ((x > -3) & (x < 3)) / 6


@mistake(
    "hard_swish_forward_backward",
    edit={"return x * gate": "return torch.where(ramp, x * x + 3 * x / 6, x * gate)"},
    hint="Between −3 and 3 only the 3x is divided by 6 in your output. The fraction bar reaches under x² too.",
)
def hard_swish_six_under_one_term(): ...


@mistake(
    "hard_swish_forward_backward",
    edit={"return x * gate": "return x * (x + 3).clamp(0, 1) / 6"},
    hint="In the output x + 3 is cut off at 1, and then divided by 6: your switch opens to a sixth only.",
)
def hard_swish_lid_at_one(): ...


@mistake(
    "hard_swish_forward_backward",
    edit={"(gate + ramp * x / 6)": "torch.where(x == 3, 1.25, gate + ramp * x / 6)"},
    hint="At x = 3 your slope is the mean of both sides. The docstring asks for that of the outer piece, 1.",
)
def hard_swish_mean_at_three(): ...


@mistake(
    "hard_swish_forward_backward",
    edit={".clamp(0, 6) / 6": ".clamp(0, 6) / 6 * (x > 0)", "x > -3": "x > 0"},
    hint="Your middle piece begins at 0, and all to the left of it is 0. The ramp begins at −3: there is a dip below 0.",
)
def hard_swish_ramp_from_zero(): ...


@mistake(
    "hard_swish_forward_backward",
    edit={"(gate + ramp * x / 6)": "(6 * gate + ramp * x)"},
    hint="The output is divided by 6, and the gradient isn't. A constant factor stays when you derive.",
)
def hard_swish_gradient_without_six(): ...


@mistake("hard_swish_forward_backward", edit={"return x * gate": "return (x * gate).clamp(min=0)"}, hint=NO_DIP)
def hard_swish_without_dip(): ...


@mistake("hard_swish_forward_backward", edit={"ramp * x / 6": "ramp / 6"}, hint=SECOND_WITHOUT_X)
def hard_swish_second_term_without_x(): ...


@mistake(
    "hard_swish_forward_backward",
    edit={"gate + ramp * x / 6": "gate + ramp * x / 6 + (x >= 3) / 2"},
    hint="Right of 3 your slope is 1.5, where the parabola ends. The output is x there: which slope has that?",
)
def hard_swish_right_piece_too_steep(): ...


@mistake(
    "hard_swish_forward_backward",
    edit={"(gate + ramp * x / 6)": "ramp * (gate + x / 6)"},
    hint="Right of 3 your slope is 0, as in ReLU6. Only the switch is flat there; the output is x.",
)
def hard_swish_flat_on_the_right(): ...


@mistake(
    "hard_swish_forward_backward",
    edit={"return x * gate": "return (x + 3) * gate"},
    hint="Both factors of your output are shifted by 3. Only the switch is; the other factor is x.",
)
def hard_swish_both_factors_shifted(): ...


@mistake(
    "hard_swish_forward_backward",
    edit={"(gate + ramp * x / 6)": "(gate + ramp * x / 6).clamp(0, 1)"},
    hint=CUT_SLOPE,
)
def hard_swish_slope_cut(): ...


@mistake("hard_swish_forward_backward", hint=SWAPPED)
def hard_swish_results_swapped(x, upstream):
    return solved_hard_swish(x, upstream)[::-1]


@mistake(
    "hard_swish_forward_backward",
    edit={"return x * gate": "return gate"},
    hint="This is the gate alone, the hard sigmoid. Hard-Swish is x times the gate.",
)
def hard_swish_output_is_the_switch(): ...


@right("hard_swish_forward_backward")
def hard_swish_by_pieces(x, upstream):
    middle = (x > -3) & (x < 3)
    out = torch.where(middle, x * (x + 3) / 6, x.clamp(min=0))
    return out, upstream * torch.where(middle, x / 3 + 0.5, (x > 0).to(x.dtype))


@right("hard_swish_forward_backward")
def hard_swish_by_your_own_relu6(x, upstream):
    gate, slope = relu6_forward_backward(x + 3, torch.ones_like(x))
    return x * gate / 6, upstream * (gate / 6 + x * slope / 6)


@right("hard_swish_forward_backward")
def hard_swish_by_assignment(x, upstream):
    out, local = x * (x + 3) / 6, (2 * x + 3) / 6
    low, high = x <= -3, x >= 3
    out[low], local[low] = 0, 0
    out[high], local[high] = x[high], 1
    return out, local * upstream


# gelu


@mistake("gelu_forward_backward", hint=NO_UPSTREAM)
def gelu_without_upstream(x, upstream, approximate="none"):
    return solved_gelu(x, upstream, approximate)[0], solved_gelu(x, torch.ones_like(x), approximate)[1]


@mistake(
    "gelu_forward_backward",
    hint="Your gradient treats Φ(x) as a constant. x stands in both factors: the product rule has two terms.",
)
def gelu_gate_as_constant(x, upstream, approximate="none"):
    out = solved_gelu(x, upstream, approximate)[0]
    return out, upstream * torch.where(x == 0, torch.full_like(x, 0.5), out / torch.where(x == 0, torch.ones_like(x), x))


@mistake(
    "gelu_forward_backward",
    hint="erf is taken at x. The normal distribution function is (1 + erf(x / √2)) / 2: the √2 is missing.",
)
def gelu_without_root_two(x, upstream, approximate="none"):
    if approximate == "tanh":
        return solved_gelu(x, upstream, approximate)
    cdf = 0.5 * (1 + torch.erf(x))
    return x * cdf, upstream * (cdf + x * torch.exp(-x * x) / math.sqrt(math.pi))


@mistake(
    "gelu_forward_backward",
    hint="The normal density lacks its constant: φ(x) = e^(−x²/2) / √(2π).",
)
def gelu_density_without_constant(x, upstream, approximate="none"):
    if approximate == "tanh":
        return solved_gelu(x, upstream, approximate)
    cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
    return x * cdf, upstream * (cdf + x * torch.exp(-x * x / 2))


@mistake("gelu_forward_backward", hint='You always give the exact form. With approximate="tanh" the tanh form is wanted, which differs slightly.')
def gelu_always_exact(x, upstream, approximate="none"):
    return solved_gelu(x, upstream, "none")


@mistake("gelu_forward_backward", hint='You always give the tanh form. With approximate="none" the exact form by erf is wanted.')
def gelu_always_tanh(x, upstream, approximate="none"):
    return solved_gelu(x, upstream, "tanh")


@mistake("gelu_forward_backward", hint="x · σ(1.702 x) is a third form, rougher than both that are asked for here.")
def gelu_by_sigmoid(x, upstream, approximate="none"):
    return solved_swish(x, upstream, 1.702)


@mistake(
    "gelu_forward_backward",
    hint="In the tanh form the inner derivative is incomplete: x + 0.044715 x³ has the derivative 1 + 3 · 0.044715 x².",
)
def gelu_inner_derivative_incomplete(x, upstream, approximate="none"):
    if approximate == "none":
        return solved_gelu(x, upstream, approximate)
    scale = math.sqrt(2 / math.pi)
    bend = torch.tanh(scale * (x + 0.044715 * x**3))
    return 0.5 * x * (1 + bend), upstream * (0.5 * (1 + bend) + 0.5 * x * (1 - bend**2) * scale)


@mistake(
    "gelu_forward_backward",
    hint="The output of the tanh form is right, and its gradient is that of the exact form. Derive the form that was computed.",
)
def gelu_exact_gradient_for_both(x, upstream, approximate="none"):
    return solved_gelu(x, upstream, approximate)[0], solved_gelu(x, upstream, "none")[1]


@mistake("gelu_forward_backward", hint=READY_MADE)
def gelu_ready_made(x, upstream, approximate="none"):
    return F.gelu(x, approximate=approximate), solved_gelu(x, upstream, approximate)[1]


@mistake(
    "gelu_forward_backward",
    hint="The normal density is e^(−x²/2) / √(2π): the half in the exponent is missing.",
)
def gelu_density_without_half(x, upstream, approximate="none"):
    if approximate == "tanh":
        return solved_gelu(x, upstream, approximate)
    cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
    return x * cdf, upstream * (cdf + x * torch.exp(-x * x) / math.sqrt(2 * math.pi))


def _gelu_tanh_form(x, upstream):
    scale = math.sqrt(2 / math.pi)
    bend = torch.tanh(scale * (x + 0.044715 * x**3))
    return 0.5 * x * (1 + bend), upstream * 0.5 * (1 + bend + x * (1 - bend**2) * scale * (1 + 0.134145 * x**2))


def _gelu_exact_slope(x):
    return 0.5 * (1 + torch.erf(x / math.sqrt(2))) + x * torch.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)


@mistake("gelu_forward_backward", hint=READY_MADE)
def gelu_ready_made_for_the_exact_form(x, upstream, approximate="none"):
    if approximate == "tanh":
        return _gelu_tanh_form(x, upstream)
    return F.gelu(x), upstream * _gelu_exact_slope(x)


@mistake("gelu_forward_backward", hint=IN_PLACE)
def gelu_writing_into_upstream_for_the_exact_form(x, upstream, approximate="none"):
    if approximate == "tanh":
        return _gelu_tanh_form(x, upstream)
    out = 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))
    upstream *= _gelu_exact_slope(x)
    return out, upstream


@mistake("gelu_forward_backward", hint=ON_THE_CPU)
def gelu_with_halves_on_the_cpu_for_the_exact_form(x, upstream, approximate="none"):
    if approximate == "tanh":
        return _gelu_tanh_form(x, upstream)
    cdf = torch.full(x.shape, 0.5, dtype=x.dtype) * (1 + torch.erf(x / math.sqrt(2)))
    return x * cdf, upstream * _gelu_exact_slope(x)


@mistake(
    "gelu_forward_backward",
    edit={"0.5 * (\n            1 + bend + x * (1 - bend**2) * slope\n        )": "(\n            0.5 * (1 + bend) + x * (1 - bend**2) * slope\n        )"},
    hint="In the tanh form's gradient the ½ stands before both terms of the product rule. Your second term lacks it.",
)
def gelu_half_missing_in_the_second_term(): ...


@mistake(
    "gelu_forward_backward",
    edit={"1 + 3 * 0.044715": "1 + 0.044715"},
    hint="The derivative of 0.044715 x³ is 3 · 0.044715 x²: the 3 is missing.",
)
def gelu_three_missing(): ...


@mistake("gelu_forward_backward", edit={"scale = math.sqrt(2 / math.pi)": "scale = 2 / math.pi"}, hint="In the tanh form the factor is √(2/π): its root is missing.")
def gelu_root_missing_in_the_tanh_form(): ...


@mistake(
    "gelu_forward_backward",
    edit={"bend = torch.tanh(scale * (x + 0.044715 * x**3))": "u = scale * (x + 0.044715 * x**3)\n        bend = (torch.exp(u) - torch.exp(-u)) / (torch.exp(u) + torch.exp(-u))"},
    hint="In the tanh form u grows with x³, and e^u by e^u is infinity by infinity soon. Use a safe tanh.",
)
def gelu_tanh_by_exponentials(): ...


@mistake(
    "gelu_forward_backward",
    edit={"(x + 0.044715": "(x + 0.44715"},
    hint="In u a digit of the constant is lost: it is 0.044715. Give it a name, so that it is typed once.",
)
def gelu_another_constant(): ...


@mistake("gelu_forward_backward", edit={"below + x * density": "below + density"}, hint=SECOND_WITHOUT_X)
def gelu_density_without_x(): ...


@mistake(
    "gelu_forward_backward",
    edit={"x / math.sqrt(2)": "x * math.sqrt(2)"},
    hint="In your Φ, x is multiplied by √2. erf takes x / √2.",
)
def gelu_times_root_two(): ...


@mistake(
    "gelu_forward_backward",
    edit={"upstream * (below + x * density)": 'solved_gelu(x, upstream, "tanh")[1]'},
    hint="The output of the exact form is right, and its gradient is that of the tanh form. Derive the form that was computed.",
)
def gelu_tanh_gradient_for_both(): ...


@mistake(
    "gelu_forward_backward",
    edit={"1 + 3 *": "1 + 2 *"},
    hint="In u′ the factor of x² is wrong. Which number comes down when you derive x³?",
)
def gelu_two_for_three(): ...


@mistake(
    "gelu_forward_backward",
    edit={'approximate == "tanh"': 'approximate != "tanh"'},
    hint="The two forms have changed places: each name gives the other's.",
)
def gelu_forms_swapped(): ...


@mistake(
    "gelu_forward_backward",
    edit={"below + x": "below - x", "1 + bend + x": "1 + bend - x"},
    hint=SECOND_SUBTRACTED,
)
def gelu_second_term_subtracted(): ...


@mistake(
    "gelu_forward_backward",
    edit={"slope = scale * ": "slope = "},
    hint="In the tanh form's gradient u′ lacks √(2/π): a constant factor stays when you derive.",
)
def gelu_inner_scale_missing(): ...


@mistake(
    "gelu_forward_backward",
    edit={"0.5 * (1 + torch.erf(x / math.sqrt(2)))": "0.5 * torch.erf(x / math.sqrt(2))"},
    hint="Your Φ runs from −½ to ½. A probability runs from 0 to 1: something is to be added to erf.",
)
def gelu_without_one(): ...


@mistake(
    "gelu_forward_backward",
    edit={"(below + x * density)": "below"},
    hint="Your gradient treats Φ(x) as a constant. x stands in both factors: the product rule has two terms.",
)
def gelu_exact_gate_as_constant(): ...


@mistake(
    "gelu_forward_backward",
    edit={"1 + bend + x * (1 - bend**2) * slope": "1 + bend"},
    hint="In the tanh form your gradient treats 1 + tanh u as a constant. x stands in both factors: the product rule has two terms.",
)
def gelu_tanh_gate_as_constant(): ...


@mistake(
    "gelu_forward_backward",
    edit={"torch.erf(x / math.sqrt(2))": "torch.erf(x)"},
    hint="erf is taken at x. The normal distribution function is (1 + erf(x / √2)) / 2: the √2 is missing.",
)
def gelu_output_without_root_two(): ...


@mistake(
    "gelu_forward_backward",
    edit={"0.5 * (1 + torch.erf(x / math.sqrt(2)))": "torch.sigmoid(1.702 * x)"},
    hint="x · σ(1.702 x) is a third form, rougher than both that are asked for here.",
)
def gelu_exact_by_sigmoid(): ...


@mistake(
    "gelu_forward_backward",
    edit={"math.sqrt(2 / math.pi)": "math.sqrt(2) / math.pi"},
    hint="In the tanh form the root of your factor ends too early: it covers 2 / π.",
)
def gelu_root_of_two_alone(): ...


@mistake(
    "gelu_forward_backward",
    edit={"upstream * 0.5 * (\n            1 + bend + x * (1 - bend**2) * slope\n        )": "upstream * (\n            0.5 * (1 + bend + x * (1 - bend**2) * slope)\n        ).clamp(0, 1)", "upstream * (below + x * density)": "upstream * (below + x * density).clamp(0, 1)"},
    hint=CUT_SLOPE,
)
def gelu_slope_cut(): ...


@mistake(
    "gelu_forward_backward",
    edit={"x**3": "x**2"},
    hint="In u stands x², and it is x³: u is odd, so that the curve comes from 0 on the left.",
)
def gelu_square_for_cube(): ...


@mistake("gelu_forward_backward", hint=SWAPPED)
def gelu_results_swapped(x, upstream, approximate="none"):
    return solved_gelu(x, upstream, approximate)[::-1]


@mistake(
    "gelu_forward_backward",
    edit={"1 - bend**2": "1 - bend"},
    hint="The square is missing: the derivative of tanh is 1 − tanh².",
)
def gelu_without_the_square(): ...


@right("gelu_forward_backward")
def gelu_by_erfc(x, upstream, approximate="none"):
    if approximate == "none":
        cdf = 0.5 * torch.erfc(-x / 2**0.5)
        return x * cdf, upstream * (cdf + x * torch.exp(-0.5 * x**2) / (2 * math.pi) ** 0.5)
    inner = (2 / math.pi) ** 0.5 * x * (1 + 0.044715 * x * x)
    bend = torch.tanh(inner)
    slope = (2 / math.pi) ** 0.5 * (1 + 0.134145 * x * x)
    return 0.5 * x + 0.5 * x * bend, upstream * 0.5 * (1 + bend + x * slope * (1 - bend) * (1 + bend))


@right("gelu_forward_backward")
def gelu_by_the_normal_distribution(x, upstream, approximate="none"):
    if approximate != "tanh":
        normal = torch.distributions.Normal(torch.zeros_like(x), torch.ones_like(x), validate_args=False)
        return x * normal.cdf(x), upstream * (normal.cdf(x) + x * normal.log_prob(x).exp())
    twice = 2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x.pow(3))
    gate = torch.sigmoid(twice)  # (1 + tanh u) / 2 is σ(2u)
    return x * gate, upstream * (gate + x * gate * (1 - gate) * 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x.pow(2)))


# maxout


def _pieces(x, weights, bias):
    return x @ weights + bias[:, None]


@mistake("maxout_forward_backward", hint="The upstream gradient isn't used: this is the gradient of the sum of all outputs.")
def maxout_without_upstream(x, weights, bias, upstream):
    return solved_maxout(x, weights, bias, torch.ones_like(upstream))


@mistake(
    "maxout_forward_backward",
    hint="Every map gets the gradient. Only the map that gave the largest value moved the output: mask the others with 0.",
)
def maxout_gradient_to_all(x, weights, bias, upstream):
    out = _pieces(x, weights, bias).max(dim=0).values
    grads = upstream.expand(len(weights), *upstream.shape)
    return out, (grads @ weights.mT).sum(0), x.T @ grads, grads.sum(1)


@mistake(
    "maxout_forward_backward",
    hint="Where two maps are equally large, both get the whole gradient. Only the first of them should: use argmax, not ==.",
)
def maxout_ties_twice(x, weights, bias, upstream):
    values = _pieces(x, weights, bias)
    out = values.max(dim=0).values
    grads = (values == out) * upstream
    return out, (grads @ weights.mT).sum(0), x.T @ grads, grads.sum(1)


@mistake("maxout_forward_backward", hint="You add the maps up. Maxout takes the largest of them, for each output by itself.")
def maxout_sum(x, weights, bias, upstream):
    grads = upstream.expand(len(weights), *upstream.shape)
    return _pieces(x, weights, bias).sum(dim=0), (grads @ weights.mT).sum(0), x.T @ grads, grads.sum(1)


@mistake("maxout_forward_backward", hint="You divide by the number of rows. A mean belongs to the loss; a layer's gradient only sums.")
def maxout_mean_over_rows(x, weights, bias, upstream):
    out, grad_x, grad_weights, grad_bias = solved_maxout(x, weights, bias, upstream)
    return out, grad_x, grad_weights / len(x), grad_bias / len(x)


@mistake(
    "maxout_forward_backward",
    hint="The gradient of the bias is not masked: a map that didn't win has a bias that didn't matter.",
)
def maxout_bias_not_masked(x, weights, bias, upstream):
    out, grad_x, grad_weights, _ = solved_maxout(x, weights, bias, upstream)
    return out, grad_x, grad_weights, upstream.sum(0).expand_as(bias).clone()


@mistake(
    "maxout_forward_backward",
    hint="One map wins for a whole row. Each of the M outputs has a winner of its own.",
)
def maxout_one_winner_per_row(x, weights, bias, upstream):
    values = _pieces(x, weights, bias)
    best = values.sum(dim=2).argmax(dim=0)
    mask = torch.nn.functional.one_hot(best, len(weights)).T[:, :, None].to(x.dtype)
    grads = mask * upstream
    return (mask * values).sum(0), (grads @ weights.mT).sum(0), x.T @ grads, grads.sum(1)


@mistake("maxout_forward_backward", hint="You choose the winner before the biases are added. Each map has its own bias, and it counts in the contest.")
def maxout_bias_outside(x, weights, bias, upstream):
    values = x @ weights
    best = values.argmax(dim=0)
    mask = torch.nn.functional.one_hot(best, len(weights)).permute(2, 0, 1).to(x.dtype)
    grads = mask * upstream
    return (mask * _pieces(x, weights, bias)).sum(0), (grads @ weights.mT).sum(0), x.T @ grads, grads.sum(1)


@mistake("maxout_forward_backward", hint="You take the absolutely largest value. A map with −5 loses against one with 1.")
def maxout_of_absolute_values(x, weights, bias, upstream):
    values = _pieces(x, weights, bias)
    best = values.abs().argmax(dim=0)
    mask = torch.nn.functional.one_hot(best, len(weights)).permute(2, 0, 1).to(x.dtype)
    grads = mask * upstream
    return (mask * values).sum(0), (grads @ weights.mT).sum(0), x.T @ grads, grads.sum(1)


@mistake("maxout_forward_backward", hint=BY_AUTOGRAD)
def maxout_by_autograd(x, weights, bias, upstream):
    inputs = [one.detach().clone().requires_grad_() for one in (x, weights, bias)]
    out = _pieces(*inputs).max(dim=0).values
    return out.detach(), *torch.autograd.grad(out, inputs, upstream)


@mistake("maxout_forward_backward", hint=ON_THE_CPU)
def maxout_with_gradients_on_the_cpu(x, weights, bias, upstream):
    out, grad_x, grad_weights, grad_bias = solved_maxout(x, weights, bias, upstream)
    return out, torch.zeros(x.shape, dtype=x.dtype) + grad_x, grad_weights, grad_bias


@mistake(
    "maxout_forward_backward",
    hint="You put the losers' zeros into the upstream gradient itself, map after map. The caller still needs it: make a new tensor.",
)
def maxout_writing_into_upstream(x, weights, bias, upstream):
    answer = solved_maxout(x, weights, bias, upstream)
    upstream[answer[0] > 0] = 0
    upstream[answer[0] <= 0] = 0
    return answer


@mistake(
    "maxout_forward_backward",
    hint="The gradient of the bias sums over the rows only. Each of the M outputs has a bias of its own: the shape is (K, M).",
)
def maxout_bias_summed_over_outputs(x, weights, bias, upstream):
    out, grad_x, grad_weights, grad_bias = solved_maxout(x, weights, bias, upstream)
    return out, grad_x, grad_weights, grad_bias.sum(dim=1)


@mistake("maxout_forward_backward", hint="Where two maps are equally large, the last of them gets the gradient. It is the first: the running best changes only for >, not for >=.")
def maxout_last_of_equals(x, weights, bias, upstream):
    out, grad_x, grad_weights, grad_bias = solved_maxout(x, weights.flip(0), bias.flip(0), upstream)
    return out, grad_x, grad_weights.flip(0), grad_bias.flip(0)


@mistake("maxout_forward_backward", hint="Where maps are equally large, they share the gradient. The first of them should get all of it.")
def maxout_ties_shared(x, weights, bias, upstream):
    values = _pieces(x, weights, bias)
    wins = (values == values.amax(0)).to(x.dtype)
    grads = upstream * wins / wins.sum(0)
    return values.amax(0), (grads @ weights.mT).sum(0), x.T @ grads, grads.sum(1)


@mistake("maxout_forward_backward", hint="Your running maximum starts at 0, so an output whose maps are all negative becomes 0. Start from the first map.")
def maxout_not_below_zero(x, weights, bias, upstream):
    out, *grads = solved_maxout(x, weights, bias, upstream)
    return out.clamp(min=0), *grads


@mistake("maxout_forward_backward", hint="Only the first two maps take part. There are K of them: compare all.")
def maxout_of_two_maps(x, weights, bias, upstream):
    out, grad_x, grad_weights, grad_bias = solved_maxout(x, weights[:2], bias[:2], upstream)
    rest_weights, rest_bias = torch.zeros_like(weights), torch.zeros_like(bias)
    rest_weights[:2], rest_bias[:2] = grad_weights, grad_bias
    return out, grad_x, rest_weights, rest_bias


@mistake("maxout_forward_backward", hint="The gradients of the weights aren't masked: a map learns only from those outputs that it won.")
def maxout_weights_not_masked(x, weights, bias, upstream):
    out, grad_x, _, grad_bias = solved_maxout(x, weights, bias, upstream)
    return out, grad_x, (x.T @ upstream).expand(weights.shape).clone(), grad_bias


@mistake("maxout_forward_backward", hint="`reshape` of (K, D, M) to (D, K·M) tears the maps apart. Bring D to the front first, or multiply all K maps at once.")
def maxout_maps_mixed_by_reshape(x, weights, bias, upstream):
    K, D, M = weights.shape
    values = (x @ weights.reshape(D, K * M)).reshape(len(x), K, M).transpose(0, 1) + bias[:, None]
    out, winner = values.max(dim=0)
    grads = torch.zeros_like(values).scatter_(0, winner[None], upstream[None])
    return out, (grads @ weights.mT).sum(dim=0), x.T @ grads, grads.sum(dim=1)


@mistake("maxout_forward_backward", hint="At the winner's place stands the value that won. What goes back is the upstream gradient.")
def maxout_value_for_upstream(x, weights, bias, upstream):
    out = solved_maxout(x, weights, bias, upstream)[0]
    return solved_maxout(x, weights, bias, out)


@mistake(
    "maxout_forward_backward",
    edit={"return out,": "return out + bias[0],"},
    hint="A bias is added once more after the choice. Each map's own is in its value already.",
)
def maxout_bias_added_again(): ...


@mistake(
    "maxout_forward_backward",
    edit={"grads = torch": "winner = values.sum(dim=1).argmax(dim=0).expand_as(upstream)\n    grads = torch"},
    hint="In your gradients one map wins an output for the whole batch. Each row of x has winners of its own.",
)
def maxout_one_winner_per_output(): ...


@mistake(
    "maxout_forward_backward",
    edit={"grads.sum(dim=1)": "(grads != 0).to(x.dtype).sum(dim=1)"},
    hint="The gradient of the bias counts how often a map won. It is the sum of the upstream gradients of these wins.",
)
def maxout_bias_counts_wins(): ...


@mistake(
    "maxout_forward_backward",
    edit={" + bias[:, None]": ""},
    hint="The bias is in no value: neither in the choice nor in the output.",
)
def maxout_without_bias(): ...


@mistake(
    "maxout_forward_backward",
    edit={"torch.zeros_like(values).scatter_(0, winner[None], upstream[None])": "torch.stack([upstream.mul_(winner == k).clone() for k in range(len(values))])"},
    hint="You put the losers' zeros into the upstream gradient itself, map after map. The caller still needs it: make a new tensor.",
)
def maxout_upstream_masked_map_by_map(): ...


@mistake(
    "maxout_forward_backward",
    edit={"grads.sum(dim=1)": "grads.mean(dim=1)"},
    hint="You divide by the number of rows. A mean belongs to the loss; a layer's gradient only sums.",
)
def maxout_bias_averaged(): ...


@mistake(
    "maxout_forward_backward",
    edit={"x.T @ grads": "x.T @ grads / len(x)"},
    hint="You divide by the number of rows. A mean belongs to the loss; a layer's gradient only sums.",
)
def maxout_weights_averaged(): ...


@mistake(
    "maxout_forward_backward",
    edit={"values.max(": "values.min("},
    hint="You let the smallest value win. It is the largest that goes on.",
)
def maxout_smallest(): ...


@mistake(
    "maxout_forward_backward",
    edit={"x.T @ grads, grads.sum(dim=1)": "grads.sum(dim=1), x.T @ grads"},
    hint="The gradients stand in the wrong order: that of x, of the weights, of the bias.",
)
def maxout_order_of_gradients(): ...


@mistake(
    "maxout_forward_backward",
    edit={"upstream[None])": "(upstream * (out > 0))[None])"},
    hint="Where the largest value is negative, your gradient is 0, as behind a ReLU. A maximum passes it whole, whatever its sign.",
)
def maxout_shut_below_zero(): ...


@mistake(
    "maxout_forward_backward",
    edit={"out, winner = values.max(dim=0)": "out, winner = torch.cat([torch.zeros_like(values[:1]), values]).max(dim=0)\n    winner = (winner - 1).clamp(min=0)"},
    hint="Your running maximum starts at 0, so an output whose maps are all negative becomes 0. Start from the first map.",
)
def maxout_running_maximum_from_zero(): ...


@mistake(
    "maxout_forward_backward",
    edit={"return out,": "return values.sum(dim=0),"},
    hint="You add the maps up. Maxout takes the largest of them, for each output by itself.",
)
def maxout_output_summed(): ...


@mistake(
    "maxout_forward_backward",
    edit={"x.T @ grads,": "x.T @ (out * (grads != 0)),"},
    hint="At the winner's place stands the value that won. What goes back is the upstream gradient.",
)
def maxout_weights_by_output(): ...


@mistake(
    "maxout_forward_backward",
    edit={"x.T @ grads,": "(x.T @ grads).transpose(0, 1).reshape(weights.shape),"},
    hint="`reshape` keeps the order of the numbers in memory, and yours has D before K. Move the axis with `permute` or `transpose`.",
)
def maxout_wide_gradient_reshaped(): ...


@mistake(
    "maxout_forward_backward",
    edit={"out, winner = values.max(dim=0)": "winner = (values * upstream).argmax(dim=0)\n    out = values.gather(0, winner[None])[0]"},
    hint="The upstream gradient has a say in who wins. The forward pass doesn't know it: only the values count.",
)
def maxout_winner_by_upstream(): ...


@mistake(
    "maxout_forward_backward",
    edit={"weights.mT": "weights[:1].mT"},
    hint="The gradient of x goes back through the first map's weights, whoever won. Each winner has its own.",
)
def maxout_first_weights_for_x(): ...


@mistake(
    "maxout_forward_backward",
    edit={"(grads @ weights.mT).sum(dim=0)": "grads[-1] @ weights[-1].T"},
    hint="In the gradient of x only the last map's part is left. x goes into all maps: the parts add up.",
)
def maxout_last_map_for_x(): ...


@mistake(
    "maxout_forward_backward",
    edit={"(grads @ weights.mT).sum(dim=0)": "(grads @ weights.mT).mean(dim=0)"},
    hint="In the gradient of x you take the mean of the maps' parts. x goes into all maps: the parts add up.",
)
def maxout_mean_over_maps_for_x(): ...


@mistake("maxout_forward_backward", hint="You take values for equal that are only near the largest. A tie is an exact one: who is ahead by a millionth wins alone.")
def maxout_near_the_largest(x, weights, bias, upstream):
    values = _pieces(x, weights, bias)
    near = torch.isclose(values, values.amax(0))
    grads = (near & (near.cumsum(0) == 1)) * upstream
    return values.amax(0), (grads @ weights.mT).sum(0), x.T @ grads, grads.sum(1)


@right("maxout_forward_backward")
def maxout_map_by_map(x, weights, bias, upstream):
    values = torch.stack([x @ weights[k] + bias[k] for k in range(weights.shape[0])])
    best = torch.argmax(values, dim=0)
    grad_x, grad_weights, grad_bias = torch.zeros_like(x), torch.zeros_like(weights), torch.zeros_like(bias)
    for k in range(weights.shape[0]):
        share = torch.where(best == k, upstream, torch.zeros_like(upstream))
        grad_x = grad_x + share @ weights[k].T
        grad_weights[k] = x.T @ share
        grad_bias[k] = share.sum(dim=0)
    return values.max(dim=0)[0], grad_x, grad_weights, grad_bias


@right("maxout_forward_backward")
def maxout_by_einsum(x, weights, bias, upstream):
    values = torch.einsum("nd,kdm->nkm", x, weights) + bias
    out, best = values.max(dim=1)
    grads = torch.zeros_like(values).scatter_(1, best[:, None], upstream[:, None])
    grad_x = torch.einsum("nkm,kdm->nd", grads, weights)
    return out, grad_x, torch.einsum("nd,nkm->kdm", x, grads), grads.sum(dim=0)


@right("maxout_forward_backward")
def maxout_as_a_knockout(x, weights, bias, upstream):
    out = x @ weights[0] + bias[0]
    winner = torch.zeros_like(out, dtype=torch.long)
    for k in range(1, len(weights)):
        other = x @ weights[k] + bias[k]
        winner = torch.where(other > out, k, winner)
        out = torch.maximum(out, other)
    shares = torch.stack([upstream * (winner == k) for k in range(len(weights))])
    grad_x = sum(share @ one.T for share, one in zip(shares, weights))
    return out, grad_x, torch.stack([x.T @ share for share in shares]), shares.sum(dim=1)
