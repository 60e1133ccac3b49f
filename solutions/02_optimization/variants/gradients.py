"""What students write in gradients: mistakes with the hint each deserves, and other right answers."""

import itertools
import math

import torch

from autograder.authoring import mistake, right

MEASURE = "The exercise is to measure. Autograd is what the measurement will be held to."

NAN_LOST = (
    "A NaN is lost on the way (nan_to_num sweeps it away, and so does Python's max, which keeps the first of two that "
    "can't be compared). A gradient that is not a number must not look good: let it through."
)


# --- numerical_gradient --------------------------------------------------------------------------


def differences(f, x, h, left, right_, width):
    """The difference of f at x + right_ h and x + left h, over `width`, for each entry."""
    out = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        values = []
        for step in (right_, left):
            moved = x.clone().contiguous()
            moved.view(-1)[i] += step * h
            values.append(f(moved))
        out[i] = (values[0] - values[1]) / width
    return out.reshape(x.shape)


@mistake("numerical_gradient", hint="This is the one-sided difference: its error is about h/2 · f''. Step to both sides.")
def one_sided(f, x, h=1e-5):
    return differences(f, x, h, 0, 1, h)


@mistake("numerical_gradient", hint="This steps to the left only. Step to both sides of x.")
def backward_difference(f, x, h=1e-5):
    return differences(f, x, h, -1, 0, h)


@mistake("numerical_gradient", hint="The points are 2h apart, and you divide by h: the slope comes out twice as large.")
def divided_by_h(f, x, h=1e-5):
    return differences(f, x, h, -1, 1, h)


@mistake("numerical_gradient", hint="The points are h apart, and you divide by 2h: the slope comes out half as large.")
def one_sided_over_two_h(f, x, h=1e-5):
    return differences(f, x, h, 0, 1, 2 * h)


@mistake("numerical_gradient", hint="The sign is turned: subtract the value behind from the value ahead.")
def sign_turned(f, x, h=1e-5):
    return differences(f, x, h, 1, -1, 2 * h)


@mistake("numerical_gradient", hint="You step by h/2 to each side. The points are x + h and x - h.")
def half_steps(f, x, h=1e-5):
    return differences(f, x, h, -0.5, 0.5, h)


@mistake("numerical_gradient", hint="The step is fixed in the code. It is an argument: h.")
def step_ignored(f, x, h=1e-5):
    return differences(f, x, 1e-5, -1, 1, 2e-5)


@mistake("numerical_gradient", hint="The default step is another. The text derives the best one for float64: about 1e-5.")
def other_default_step(f, x, h=1e-3):
    return differences(f, x, h, -1, 1, 2 * h)


@mistake("numerical_gradient", hint="All entries move at once: that is the sum of all slopes. Move one entry, and leave the others where they are.")
def all_at_once(f, x, h=1e-5):
    return torch.full_like(x, (float(f(x + h)) - float(f(x - h))) / (2 * h))


@mistake("numerical_gradient", hint="Each entry stays moved when the next one is measured. Put the old value back first.")
def not_put_back(f, x, h=1e-5):
    moved, out = x.clone().contiguous(), torch.zeros(x.numel(), dtype=x.dtype)
    flat = moved.view(-1)
    for i in range(x.numel()):
        flat[i] += h
        ahead = f(moved)
        flat[i] -= 2 * h
        out[i] = (ahead - f(moved)) / (2 * h)
    return out.reshape(x.shape)


@mistake("numerical_gradient", hint="x itself is moved, and + h - 2h + h doesn't bring back the very same float. Keep the old value, or work on a copy.")
def adds_the_step_back(f, x, h=1e-5):
    out = torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        x[index] += h
        ahead = f(x)
        x[index] -= 2 * h
        behind = f(x)
        x[index] += h
        out[index] = (ahead - behind) / (2 * h)
    return out


@mistake("numerical_gradient", hint="On a tensor with other strides, reshape makes a copy: you move the copy, and f never sees it.")
def moves_a_copy(f, x, h=1e-5):
    moved = x.clone()
    flat, out = moved.reshape(-1), torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        kept = flat[i].item()
        flat[i] = kept + h
        ahead = f(moved)
        flat[i] = kept - h
        out[i] = (ahead - f(moved)) / (2 * h)
        flat[i] = kept
    return out.reshape(x.shape)


@mistake("numerical_gradient", hint="The gradient comes back as one long row. Give it the shape of x.")
def flat_gradient(f, x, h=1e-5):
    return differences(f, x, h, -1, 1, 2 * h).reshape(-1)


@mistake(
    "numerical_gradient",
    hint="f is asked in float64, whatever x is. Hand it a tensor of the dtype of x: f may hold parameters of that dtype.",
)
def f_gets_float64(f, x, h=1e-5):
    return differences(f, x.double(), h, -1, 1, 2 * h).to(x.dtype)


@mistake(
    "numerical_gradient",
    hint="f is asked with one long row. It may need rows and columns: move an entry, and hand f a tensor of the shape of x.",
)
def f_gets_a_row(f, x, h=1e-5):
    flat = x.reshape(-1)
    steps = h * torch.eye(x.numel(), dtype=x.dtype)
    slopes = [(float(f(flat + step)) - float(f(flat - step))) / (2 * h) for step in steps]
    return torch.tensor(slopes, dtype=x.dtype).reshape(x.shape)


@mistake("numerical_gradient", hint="torch.zeros is float32 if nothing is said. Make the result in the dtype of x, or half of the digits are lost.")
def float32_result(f, x, h=1e-5):
    return differences(f, x, h, -1, 1, 2 * h).float()


@mistake("numerical_gradient", hint="The loop runs over the first dimension, so whole rows move at once. Every single entry needs its own step.")
def row_by_row(f, x, h=1e-5):
    out = torch.zeros_like(x)
    for i in range(len(x)):
        ahead, behind = x.clone(), x.clone()
        ahead[i] += h
        behind[i] -= h
        out[i] = (f(ahead) - f(behind)) / (2 * h)
    return out


@mistake("numerical_gradient", hint=MEASURE)
def by_autograd(f, x, h=1e-5):
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(f(leaf), leaf)[0]


@right("numerical_gradient")
def by_one_hot_steps(f, x, h=1e-5):
    out = torch.zeros_like(x)
    for index in itertools.product(*(range(n) for n in x.shape)):
        step = torch.zeros_like(x)
        step[index] = h
        out[index] = (f(x + step) - f(x - step)) / (2 * h)
    return out


@right("numerical_gradient")
def by_rows_of_the_identity(f, x, h=1e-5):
    steps = h * torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    slopes = [(float(f(x + step)) - float(f(x - step))) / (2 * h) for step in steps]
    return torch.tensor(slopes, dtype=x.dtype).reshape(x.shape)


@right("numerical_gradient")
def on_x_itself(f, x, h=1e-5):
    gradient = torch.empty_like(x)
    for index in torch.cartesian_prod(*map(torch.arange, x.shape)).reshape(-1, x.ndim).tolist():
        index = tuple(index)
        kept = x[index].clone()
        x[index] = kept + h
        ahead = f(x)
        x[index] = kept - h
        behind = f(x)
        x[index] = kept
        gradient[index] = (ahead - behind) / 2 / h
    return gradient


@mistake("numerical_gradient", hint="The step grows with the entry: it is h for each, however large the entry is.")
def measure_relative_step(f, x, h=1e-05):
    copy = x.clone(memory_format=torch.contiguous_format)
    flat = copy.view(-1)
    g = torch.zeros_like(copy)
    for i in range(flat.numel()):
        old = flat[i].item()
        s = h * max(1.0, abs(old))
        flat[i] = old + s
        plus = float(f(copy))
        flat[i] = old - s
        g.view(-1)[i] = (plus - float(f(copy))) / (2 * s)
        flat[i] = old
    return g


# --- relative_error ------------------------------------------------------------------------------


def refuse(a, b):
    """The refusal that most variants share."""
    if a.shape != b.shape:
        raise ValueError("shapes differ")


@mistake("relative_error", hint="You compare the number of entries. (3, 1) and (3,) have equally many, and are still broadcast.")
def compares_sizes(a, b, floor=1e-3):
    if a.numel() != b.numel():
        raise ValueError("sizes differ")
    if a.ndim != b.ndim:
        a, b = torch.broadcast_tensors(a, b) if a.shape[-1] != b.shape[-1] else (a, b)
    elif a.shape != b.shape:
        a, b = a.flatten(), b.flatten()
    return ((a - b).abs() / torch.maximum(a.abs(), b.abs()).clamp(min=floor)).max().item()


@mistake("relative_error", hint="Shapes that differ are broadcast against each other. Refuse them with a ValueError before you compare.")
def broadcasts(a, b, floor=1e-3):
    return ((a - b).abs() / torch.maximum(a.abs(), b.abs()).clamp(min=floor)).max().item()


@mistake("relative_error", hint="The denominator is the sum of both sizes. It should be the larger one: a wrong sign reads as 2.")
def divided_by_the_sum(a, b, floor=1e-3):
    refuse(a, b)
    return ((a - b).abs() / (a.abs() + b.abs()).clamp(min=floor)).max().item()


@mistake("relative_error", hint="The floor is added. It should be a lower limit: numbers above it are divided by their own size alone.")
def floor_added(a, b, floor=1e-3):
    refuse(a, b)
    return ((a - b).abs() / (torch.maximum(a.abs(), b.abs()) + floor)).max().item()


@mistake("relative_error", hint="Without the floor, two zeros give 0/0, and rounding about zero looks like a large error.")
def no_floor(a, b, floor=1e-3):
    refuse(a, b)
    return ((a - b).abs() / torch.maximum(a.abs(), b.abs())).max().item()


@mistake("relative_error", hint="You divide by one of the two. Take the larger of both, so that the order doesn't matter.")
def divided_by_the_second(a, b, floor=1e-3):
    refuse(a, b)
    return ((a - b).abs() / b.abs().clamp(min=floor)).max().item()


@mistake("relative_error", hint="This is the mean. One wrong entry among a thousand right ones would hide in it: take the largest.")
def mean_error(a, b, floor=1e-3):
    refuse(a, b)
    return ((a - b).abs() / torch.maximum(a.abs(), b.abs()).clamp(min=floor)).mean().item()


@mistake("relative_error", hint="The largest difference is divided by the largest number. Divide entry by entry: a large number elsewhere hides the error of a small one.")
def largest_over_largest(a, b, floor=1e-3):
    refuse(a, b)
    return ((a - b).abs().max() / torch.maximum(a.abs(), b.abs()).max().clamp(min=floor)).item()


@mistake("relative_error", hint="This is the absolute difference. Divide by the size of the two numbers.")
def absolute_difference(a, b, floor=1e-3):
    refuse(a, b)
    return (a - b).abs().max().item()


@mistake("relative_error", hint="The difference keeps its sign, so that errors downwards never count. Take its absolute value.")
def signed_difference(a, b, floor=1e-3):
    refuse(a, b)
    return ((a - b) / torch.maximum(a.abs(), b.abs()).clamp(min=floor)).max().item()


@mistake("relative_error", hint="The sizes lack an absolute value: negative numbers fall below the floor.")
def sizes_without_abs(a, b, floor=1e-3):
    refuse(a, b)
    return ((a - b).abs() / torch.maximum(a, b).clamp(min=floor)).max().item()


@mistake("relative_error", hint="This compares the lengths of the two as vectors. A small entry can be all wrong and not be seen.")
def norms(a, b, floor=1e-3):
    refuse(a, b)
    return ((a - b).norm() / torch.maximum(a.norm(), b.norm()).clamp(min=floor)).item()


@mistake("relative_error", hint=NAN_LOST)
def sweeps_nan_away(a, b, floor=1e-3):
    refuse(a, b)
    errors = (a - b).abs() / torch.maximum(a.abs(), b.abs()).clamp(min=floor)
    return errors.nan_to_num(0.0).max().item()


@mistake("relative_error", hint=NAN_LOST)
def python_max(a, b, floor=1e-3):
    refuse(a, b)
    worst = 0.0
    for p, q in zip(a.flatten().tolist(), b.flatten().tolist()):
        worst = max(worst, abs(p - q) / max(abs(p), abs(q), floor))
    return worst


@mistake("relative_error", hint="Return a Python float: add .item().")
def returns_a_tensor(a, b, floor=1e-3):
    refuse(a, b)
    return ((a - b).abs() / torch.maximum(a.abs(), b.abs()).clamp(min=floor)).max()


@mistake("relative_error", hint="The caller's tensor is changed in place. Work on a new one.")
def error_in_place(a, b, floor=1e-3):
    refuse(a, b)
    sizes = torch.maximum(a.abs(), b.abs()).clamp(min=floor)
    return (a.sub_(b).abs() / sizes).max().item()


@mistake("relative_error", hint="An assert is for your own mistakes, and `python -O` leaves it out. Refuse a caller's wrong input with a ValueError.")
def asserts_shapes(a, b, floor=1e-3):
    assert a.shape == b.shape
    return ((a - b).abs() / torch.maximum(a.abs(), b.abs()).clamp(min=floor)).max().item()



@right("relative_error")
def by_stack(a, b, floor=1e-3):
    refuse(a, b)
    sizes = torch.stack([a.abs(), b.abs(), torch.full_like(a, floor)]).amax(dim=0)
    return float(torch.max(torch.abs(b - a) / sizes))


@right("relative_error")
def by_loop(a, b, floor=1e-3):
    if tuple(a.shape) != tuple(b.shape):
        raise ValueError(f"{a.shape} is not {b.shape}")
    errors = [abs(p - q) / max(abs(p), abs(q), floor) for p, q in zip(a.reshape(-1).tolist(), b.reshape(-1).tolist())]
    return math.nan if any(math.isnan(error) for error in errors) else max(errors)


@right("relative_error")
def by_where(a, b, floor=1e-3):
    refuse(a, b)
    if torch.isnan(a).any() or torch.isnan(b).any():
        return float("nan")
    sizes = torch.where(a.abs() > b.abs(), a.abs(), b.abs())
    sizes = torch.where(sizes > floor, sizes, torch.tensor(floor, dtype=a.dtype))
    return torch.linalg.vector_norm(((a - b) / sizes).flatten(), ord=math.inf).item()


@mistake("relative_error", hint="Your default floor is not the signature's: rounding about zero would count as a large error.")
def error_default_floor(a, b, floor=1e-08):
    if a.shape != b.shape:
        raise ValueError('shapes')
    size = torch.maximum(a.abs(), b.abs()).clamp(min=floor)
    return ((a - b).abs() / size).max().item()


@mistake("relative_error", hint="Floor and size are put together: each pair is divided by the larger of the two.")
def error_floor_under_a_root(a, b, floor=0.001):
    if a.shape != b.shape:
        raise ValueError('shapes')
    size = torch.hypot(torch.maximum(a.abs(), b.abs()), torch.full_like(a, floor))
    return ((a - b).abs() / size).max().item()


@mistake("relative_error", hint="A NaN in the second tensor is left out: a NaN in either is a NaN.")
def error_skips_nan_of_b(a, b, floor=0.001):
    if a.shape != b.shape:
        raise ValueError('shapes')
    if a.isnan().any():
        return math.nan
    keep = ~b.isnan()
    if not keep.any():
        return 0.0
    size = torch.maximum(a.abs(), b.abs()).clamp(min=floor)
    return ((a - b).abs() / size)[keep].max().item()


# --- gradient_check ------------------------------------------------------------------------------


@mistake(
    "gradient_check",
    hint="An error of exactly the tolerance fails. The docstring lets it pass: at most the tolerance, so that even a "
    "tolerance of 0 can be met.",
)
def strictly_below(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    error = relative_error(gradient.double(), numerical_gradient(f, x.double(), h))
    return error < tolerance, error


@mistake(
    "gradient_check",
    hint="The default tolerance is another. If nothing is said, a gradient may be off by a millionth and no more.",
)
def other_default_tolerance(f, x, gradient, h=1e-5, tolerance=1e-5):
    if gradient.shape != x.shape:
        return False, math.inf
    error = relative_error(gradient.double(), numerical_gradient(f, x.double(), h))
    return error <= tolerance, error


@mistake(
    "gradient_check",
    hint="The checker's default step is another than the measuring's. If nothing is said, both step by 1e-5.",
)
def other_default_step_of_the_check(f, x, gradient, h=1e-6, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    error = relative_error(gradient.double(), numerical_gradient(f, x.double(), h))
    return error <= tolerance, error


@mistake(
    "gradient_check",
    hint="The measured slopes are rounded to the dtype of the claim, and so a coarse claim looks exact. Compare in float64.",
)
def rounds_to_the_claim(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    measured = numerical_gradient(f, x.double(), h).to(gradient.dtype)
    error = relative_error(gradient.double(), measured.double())
    return error <= tolerance, error


@mistake(
    "gradient_check",
    hint="For an x that is float64 already, .double() makes no copy: you step about in the caller's x, and + h - 2h + h rounds.",
)
def steps_in_the_callers_x(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    place, slopes = x.double(), torch.zeros(x.shape, dtype=torch.float64)
    for index in itertools.product(*map(range, x.shape)):
        place[index] += h
        ahead = float(f(place))
        place[index] -= 2 * h
        slopes[index] = (ahead - float(f(place))) / (2 * h)
        place[index] += h
    error = relative_error(gradient.double(), slopes)
    return error <= tolerance, error


@mistake("gradient_check", hint="The measuring is done in float32, where it is wrong in the third digit or so. Turn x into float64 first.")
def measures_in_float32(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    error = relative_error(gradient.double(), numerical_gradient(f, x, h).double())
    return error <= tolerance, error


@mistake("gradient_check", hint="A wrong shape stops the check with an error. It is a verdict: not passed, with an infinite error.")
def crashes_on_a_wrong_shape(f, x, gradient, h=1e-5, tolerance=1e-6):
    error = relative_error(gradient.double(), numerical_gradient(f, x.double(), h))
    return error <= tolerance, error


@mistake("gradient_check", hint="The gradient is pressed into the shape of x. A wrong shape is a wrong gradient, even if the numbers fit.")
def reshapes_the_claim(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.numel() != x.numel():
        return False, math.inf
    error = relative_error(gradient.double().reshape(x.shape), numerical_gradient(f, x.double(), h))
    return error <= tolerance, error


@mistake("gradient_check", hint="A NaN passes: `not error > tolerance` is true for it. Ask whether the error is at most the tolerance.")
def lets_nan_pass(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    error = relative_error(gradient.double(), numerical_gradient(f, x.double(), h))
    return not error > tolerance, error


@mistake("gradient_check", hint="The claim is rounded to the dtype of x: compare in float64.")
def verdict_of_a_rounded_claim(f, x, gradient, h=1e-05, tolerance=1e-06):
    if gradient.shape != x.shape:
        return (False, float('inf'))
    error = relative_error(gradient.to(x.dtype).double(), numerical_gradient(f, x.double(), h))
    return (error <= tolerance, error)


@mistake("gradient_check", hint="The verdict is turned round: it passes when the error is large.")
def verdict_turned(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    error = relative_error(gradient.double(), numerical_gradient(f, x.double(), h))
    return error > tolerance, error


@mistake("gradient_check", hint="The step h makes no difference to your answer. Is it passed on to the measuring, and the tolerance to the verdict?")
def ignores_settings(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    error = relative_error(gradient.double(), numerical_gradient(f, x.double()))
    return error <= 1e-6, error


@mistake("gradient_check", hint="The tolerance is used as an absolute difference. The error is relative to the size of the slopes.")
def absolute_error(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    error = (gradient.double() - numerical_gradient(f, x.double(), h)).abs().max().item()
    return error <= tolerance, error


@mistake("gradient_check", hint="The tolerance becomes the floor of the error, and so small slopes aren't judged as they should be.")
def tolerance_as_floor(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    error = relative_error(gradient.double(), numerical_gradient(f, x.double(), h), tolerance * 1e4)
    return error <= tolerance, error


@mistake("gradient_check", hint="torch.allclose accepts far too much: its default tolerance is ten times ours, plus an absolute one. Judge by the error.")
def by_allclose(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    measured = numerical_gradient(f, x.double(), h)
    return torch.allclose(gradient.double(), measured, rtol=1e-3), relative_error(gradient.double(), measured)


@mistake("gradient_check", hint="Only the verdict comes back. Return the pair (passed, error): the error says what is wrong.")
def verdict_only(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False
    return relative_error(gradient.double(), numerical_gradient(f, x.double(), h)) <= tolerance


@mistake("gradient_check", hint="The error is the mean over the entries: a single wrong one can hide. relative_error gives the largest.")
def judges_the_mean(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    measured, claim = numerical_gradient(f, x.double(), h), gradient.double()
    error = ((claim - measured).abs() / torch.maximum(claim.abs(), measured.abs()).clamp(min=1e-3)).mean().item()
    return error <= tolerance, error


@mistake("gradient_check", hint=MEASURE)
def check_by_autograd(f, x, gradient, h=1e-5, tolerance=1e-6):
    if gradient.shape != x.shape:
        return False, math.inf
    leaf = x.double().requires_grad_()
    error = relative_error(gradient.double(), torch.autograd.grad(f(leaf), leaf)[0])
    return error <= tolerance, error


@right("gradient_check")
def check_by_catching(f, x, gradient, h=1e-5, tolerance=1e-6):
    try:
        error = relative_error(numerical_gradient(f, x.to(torch.float64), h), gradient.to(torch.float64))
    except ValueError:
        return False, float("inf")
    return bool(error <= tolerance), error


@right("gradient_check")
def check_in_own_words(f, x, gradient, h=1e-5, tolerance=1e-6):
    if list(gradient.shape) != list(x.shape):
        return (False, math.inf)
    claim, place = gradient.detach().double(), x.detach().double()
    slopes = torch.zeros_like(claim)
    for index in itertools.product(*map(range, x.shape)):
        step = torch.zeros_like(place)
        step[index] = h
        slopes[index] = (f(place + step) - f(place - step)) / (2 * h)
    error = relative_error(claim, slopes)
    return (False, error) if math.isnan(error) else (error <= tolerance, error)


@mistake("gradient_check", hint="The tolerance is handed to relative_error, where the floor stands: it keeps its own.")
def verdict_tolerance_as_floor(f, x, gradient, h=1e-05, tolerance=1e-06):
    if gradient.shape != x.shape:
        return (False, float('inf'))
    error = relative_error(gradient.double(), numerical_gradient(f, x.double(), h), tolerance)
    return (error <= tolerance, error)


@mistake("gradient_check", hint="A NaN is turned into infinity: the error stays NaN, and doesn't pass.")
def verdict_nan_as_infinity(f, x, gradient, h=1e-05, tolerance=1e-06):
    if gradient.shape != x.shape:
        return (False, float('inf'))
    error = relative_error(gradient.double(), numerical_gradient(f, x.double(), h))
    if error != error:
        error = float('inf')
    return (error <= tolerance, error)


@mistake("gradient_check", hint="Another shape has an infinite error here, not NaN.")
def verdict_nan_for_a_wrong_shape(f, x, gradient, h=1e-05, tolerance=1e-06):
    if gradient.shape != x.shape:
        return (False, float('nan'))
    error = relative_error(gradient.double(), numerical_gradient(f, x.double(), h))
    return (error <= tolerance, error)
