"""Checks of the gradient checker."""

import math

import pytest
import torch

from autograder.authoring import assert_close, assert_equal, contract, exercise, randn

# What rounding leaves of an error that should be zero is less than this.
VERDICT = {"rtol": 1e-4, "atol": 1e-7}
SHAPES = [(4,), (2, 3), (3, 2, 2), (1, 5), (4, 1), (1,)]


def measure(ns, which, x, **settings):
    """Probe: the numerical gradient of a function chosen by name, and x as it is afterwards."""
    functions = {
        "cubes": lambda x: (x**3).sum(),
        "a float": lambda x: float((x**3).sum()),
        "all entries together": lambda x: (
            torch.sin(x.sum()) + (x.exp() * torch.arange(1.0, 1 + x.numel()).reshape(x.shape)).sum()
        ),
        "cubes and corners": lambda x: (x**3).sum() + x[0, 0] * x[-1, -1],
        "weighted": lambda x: (x * torch.arange(1.0, 1 + x.numel(), dtype=x.dtype).reshape(x.shape)).sum(),
    }
    gradient = ns.numerical_gradient(functions[which], x, **settings)
    return gradient, x


def measure_with_the_default_step(ns, x):
    """Probe: the numerical gradient of a steep function with h left out."""
    return ns.numerical_gradient(lambda x: torch.exp(50 * x).sum() / 50, x)


def places_asked(ns, x, h):
    """Probe: the places at which the function was asked, one row each, in sorted order."""
    asked = []

    def f(x):
        asked.append(x.detach().flatten().tolist())
        return x.square().sum()

    ns.numerical_gradient(f, x, h)
    return torch.tensor(sorted({tuple(round(value, 9) for value in row) for row in asked}), dtype=torch.float64)


def exception_of(ns, a, b):
    """Probe: which exception the comparison is refused with."""
    try:
        ns.relative_error(a, b)
    except Exception as problem:
        return type(problem).__name__
    return "no exception"


def judge(ns, which, x, gradient, **settings):
    """Probe: the verdict on a claimed gradient of a function chosen by name."""
    functions = {
        "wave": lambda x: (torch.sin(x) * x).sum(),
        "product": lambda x: torch.tanh(x).prod() + x.square().sum(),
        "cubes": lambda x: (x**3).sum(),
        "line": lambda x: 2 * x.sum(),
        "nan": lambda x: (x * float("nan")).sum(),
    }
    return ns.gradient_check(functions[which], x, gradient, **settings)


def wave_gradient(x):
    """The gradient of "wave"."""
    return torch.sin(x) + x * torch.cos(x)


def compare_verdicts(student, reference, which, x, gradient, **settings):
    """Hold passed and error to the reference's; what rounding leaves of a right claim isn't compared."""
    actual = student.run(judge, which, x, gradient, **settings)
    expected = reference.run(judge, which, x, gradient, **settings)
    assert_close(actual, expected, what="(passed, error)", **VERDICT)


# --- numerical_gradient --------------------------------------------------------------------------


@exercise("numerical_gradient")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_measures_cubes_with_a_wide_step(student, reference, rng, shape):
    """With a step of 0.1 the centred difference of x**3 is 3 x**2 + 0.01, and other differences are far off."""
    x = randn(rng, *shape, dtype=torch.float64)
    assert_close(
        student.run(measure, "cubes", x, h=0.1)[0], reference.run(measure, "cubes", x, h=0.1)[0], rtol=1e-9, atol=1e-9
    )


@exercise("numerical_gradient")
@pytest.mark.parametrize("shape", [(5,), (2, 4)], ids=str)
def test_moves_one_entry_at_a_time(student, reference, rng, shape):
    """A function of all entries together: each slope belongs to its own entry."""
    x = randn(rng, *shape, dtype=torch.float64)
    for which in ("all entries together", "weighted"):
        actual, expected = student.run(measure, which, x, h=1e-5), reference.run(measure, which, x, h=1e-5)
        assert_close(actual[0], expected[0], rtol=1e-6, atol=1e-7)


@exercise("numerical_gradient")
def test_takes_a_function_that_returns_a_float(student, reference, rng):
    """f may return a Python float."""
    x = randn(rng, 3, 2, dtype=torch.float64)
    assert_close(student.run(measure, "a float", x, h=0.01)[0], reference.run(measure, "a float", x, h=0.01)[0])


@exercise("numerical_gradient")
def test_the_step_is_1e_5_if_nothing_is_said(student, reference, rng):
    """A steep function shows how wide the default step is."""
    x = randn(rng, 4, dtype=torch.float64, scale=0.05)
    actual, expected = student.run(measure_with_the_default_step, x), reference.run(measure_with_the_default_step, x)
    assert_close(actual, expected, rtol=1e-8, atol=1e-8)


@exercise("numerical_gradient")
def test_asks_on_both_sides_of_every_entry(student, reference, rng):
    """f is asked at x + h and at x - h for each entry, the others at their own value."""
    x = (randn(rng, 4, dtype=torch.float64) * 8).round() / 8
    asked, expected = student.run(places_asked, x, 0.5), reference.run(places_asked, x, 0.5)
    rows = {tuple(row) for row in asked.tolist()}
    missing = [row for row in expected.tolist() if tuple(row) not in rows]
    assert not missing, f"f was never asked at {missing[0]}, for x = {x.tolist()} and h = 0.5"


@exercise("numerical_gradient", costs=0.25)
@pytest.mark.parametrize("h", [1e-5, 0.1])
def test_x_holds_the_same_values_afterwards(student, reference, rng, h):
    """x is the same after the call, to the last bit."""
    x = randn(rng, 12, dtype=torch.float64)
    actual, expected = student.run(measure, "cubes", x, h=h), reference.run(measure, "cubes", x, h=h)
    assert_equal(actual[1], expected[1], what="x after the call")


IN_ANY_FLOAT = (torch.float16, torch.float32, torch.float64)
contract(
    "numerical_gradient",
    use=measure,
    settings={"h": 0.25},
    dtypes=IN_ANY_FLOAT,
    device=False,
    tolerances={torch.float16: {"rtol": 0.05, "atol": 0.2}, torch.float32: {"rtol": 1e-3, "atol": 1e-3}},
    inputs=lambda rng, N=4, D=3, dtype=torch.float64: ("cubes and corners", randn(rng, N, D, dtype=dtype)),
    by_hand=True,
    forbids=["backward", "gradcheck", "coursekit"],
    instead="move each entry by h and by -h",
)


# --- relative_error ------------------------------------------------------------------------------


@exercise("relative_error")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_is_the_largest_relative_error(student, reference, rng, shape, dtype):
    """Random tensors: the largest of the entries' errors, each with its own size, as a float."""
    a, b = randn(rng, *shape, dtype=dtype), randn(rng, *shape, dtype=dtype)
    assert_close(student.relative_error(a, b), reference.relative_error(a, b), rtol=1e-4)


@exercise("relative_error")
def test_is_small_for_gradients_that_are_nearly_equal(student, reference, rng):
    """A relative change of a millionth, in numbers of very different size."""
    a = randn(rng, 8, dtype=torch.float64) * torch.tensor([1e-2, 1.0, 10.0, 1e3, 1e5, 1e-1, 1e2, 5.0])
    b = a * (1 + 1e-6 * randn(rng, 8, dtype=torch.float64))
    assert_close(student.relative_error(a, b), reference.relative_error(a, b), rtol=1e-5)


@exercise("relative_error")
@pytest.mark.parametrize("a, b", [(1.5, 3.0), (3.0, 1.5), (-3.0, 3.0), (0.0, 3.0), (3.0, 0.0), (-2.0, -2.5)])
def test_reads_as_in_the_text(student, reference, a, b):
    """A factor of two gives 0.5, a wrong sign 2, a missing term 1, whichever comes first."""
    a, b = torch.tensor([a, 1.0]), torch.tensor([b, 1.0])
    assert_close(student.relative_error(a, b), reference.relative_error(a, b))


@exercise("relative_error")
@pytest.mark.parametrize("floor", [1e-3, 0.5, 2.0])
def test_small_numbers_are_divided_by_the_floor(student, reference, rng, floor):
    """Pairs below the floor are divided by it, and pairs above by their own size."""
    a = torch.tensor([0.0, 1e-10, 0.2, 0.9, -0.3], dtype=torch.float64)
    for b in (torch.zeros(5, dtype=torch.float64), a + 0.01, a * 1.5):
        assert_close(student.relative_error(a, b, floor), reference.relative_error(a, b, floor))


@exercise("relative_error")
def test_the_floor_is_a_thousandth_if_nothing_is_said(student, reference):
    """Two zeros have error 0; rounding about zero has a small one."""
    a, b = torch.tensor([0.0, 1e-7, 5.0], dtype=torch.float64), torch.tensor([0.0, 0.0, 5.0], dtype=torch.float64)
    assert_close(student.relative_error(a, b), reference.relative_error(a, b))
    assert_close(student.relative_error(a[:1], b[:1]), reference.relative_error(a[:1], b[:1]))


@exercise("relative_error", costs=0.5)
@pytest.mark.parametrize(
    "shapes", [((3, 1), (3,)), ((2, 3), (3, 2)), ((4,), (1,)), ((2, 3), (3,)), ((6,), (2, 3))], ids=str
)
def test_refuses_shapes_that_differ(student, reference, shapes):
    """Shapes that differ raise a ValueError, also where all entries are equal."""
    a, b = (torch.full(shape, 2.0) for shape in shapes)
    came, expected = student.run(exception_of, a, b), reference.run(exception_of, a, b)
    assert_equal(came, expected, what=f"the response to shapes {shapes[0]} and {shapes[1]}")


@exercise("relative_error", costs=0.25)
@pytest.mark.parametrize("place", [0, 2])
def test_a_nan_in_either_is_a_nan(student, reference, place):
    """NaN in the first or in the second tensor gives NaN."""
    a, b = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.5, 3.0])
    a[place] = math.nan
    assert_close(student.relative_error(a, b), reference.relative_error(a, b))
    assert_close(student.relative_error(b, a), reference.relative_error(b, a))


def one_far_off(rng, N=4, D=3, dtype=torch.float64):
    """Return two tensors that differ most in one corner, off the diagonal."""
    a = randn(rng, N, D, dtype=dtype)
    b = 0.9 * a
    b[0, -1] += 3
    return a, b


contract(
    "relative_error",
    settings={"floor": 50.0},
    dtypes=IN_ANY_FLOAT,
    tolerances={torch.float16: {"rtol": 1e-2}, torch.float32: {"rtol": 1e-4}},
    inputs=one_far_off,
)


# --- gradient_check ------------------------------------------------------------------------------


@exercise("gradient_check")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_right_gradient_passes(student, reference, rng, shape):
    """The derived gradient of a smooth function is accepted."""
    x = randn(rng, *shape, dtype=torch.float64)
    compare_verdicts(student, reference, "wave", x, wave_gradient(x))


@exercise("gradient_check")
@pytest.mark.parametrize("factor", [2.0, -1.0, 0.5, 0.0, 1.0001])
def test_a_wrong_factor_fails_with_its_error(student, reference, rng, factor):
    """A gradient that is wrong by a factor is refused, with the error that the text names."""
    x = randn(rng, 3, 2, dtype=torch.float64)
    compare_verdicts(student, reference, "wave", x, factor * wave_gradient(x))


@exercise("gradient_check")
@pytest.mark.parametrize("entry", [0, 7, 11])
def test_one_wrong_entry_fails(student, reference, rng, entry):
    """Eleven right entries don't hide a wrong one."""
    x = randn(rng, 12, dtype=torch.float64)
    gradient = wave_gradient(x)
    gradient[entry] += 0.01
    compare_verdicts(student, reference, "wave", x, gradient)


@exercise("gradient_check")
def test_float32_is_measured_in_float64(student, reference, rng):
    """A right gradient in float32 passes, since the measuring is done in float64."""
    x = randn(rng, 6)
    compare_verdicts(student, reference, "wave", x, wave_gradient(x.double()).float(), tolerance=1e-5)


@exercise("gradient_check")
@pytest.mark.parametrize("shape", [(4, 1), (1, 4), (2, 2), (5,), (1,)], ids=str)
def test_a_wrong_shape_fails_without_a_crash(student, reference, shape):
    """A gradient of another shape is refused with an infinite error, also where its values would fit."""
    x = torch.full((4,), 2.0, dtype=torch.float64)
    compare_verdicts(student, reference, "cubes", x, torch.full(shape, 12.0, dtype=torch.float64))


@exercise("gradient_check")
def test_a_nan_never_passes(student, reference, rng):
    """NaN in the claim, or in the function, is refused."""
    x = randn(rng, 4, dtype=torch.float64)
    gradient = wave_gradient(x)
    gradient[2] = math.nan
    compare_verdicts(student, reference, "wave", x, gradient)
    compare_verdicts(student, reference, "nan", x, wave_gradient(x))


@exercise("gradient_check")
def test_the_step_and_the_tolerance_are_used(student, reference, rng):
    """With a step of 0.1 the cubes are off by 0.01; a wide tolerance accepts that, a narrow one doesn't."""
    x = randn(rng, 5, dtype=torch.float64).abs() + 1
    for tolerance in (1e-6, 1e-3, 0.1):
        compare_verdicts(student, reference, "cubes", x, 3 * x**2, h=0.1, tolerance=tolerance)


@exercise("gradient_check")
def test_an_entry_whose_slope_is_zero_is_no_error(student, reference):
    """Where the true slope is 0, rounding is all that is measured, and the claim passes."""
    x = torch.tensor([0.0, 0.7, -1.3], dtype=torch.float64)
    gradient = torch.tensor([0.0, 1.4, -2.6], dtype=torch.float64)
    gradient += torch.stack(
        [
            (1 - torch.tanh(x[i]) ** 2) * torch.tanh(x).prod() / torch.tanh(x[i])
            if x[i] != 0
            else torch.tanh(x[1]) * torch.tanh(x[2])
            for i in range(3)
        ]
    )
    compare_verdicts(student, reference, "product", x, gradient)


def asked_with(ns, x):
    """Probe: the shapes and dtypes of what the function is asked with."""
    asked = set()

    def f(x):
        asked.add((tuple(x.shape), str(x.dtype)))
        return x.square().sum()

    ns.numerical_gradient(f, x, 0.5)
    return sorted(asked)


@exercise("numerical_gradient")
@pytest.mark.parametrize("shape", [(5,), (2, 3, 2)], ids=str)
def test_f_is_asked_with_the_shape_and_dtype_of_x(student, reference, rng, shape):
    """f gets what the docstring says: a tensor of the shape and dtype of x."""
    x = randn(rng, *shape)
    assert_equal(
        student.run(asked_with, x), reference.run(asked_with, x), what="(shape, dtype) of what f is asked with"
    )


@exercise("gradient_check")
@pytest.mark.parametrize("claim", [1.0, 4.0])
def test_an_error_of_exactly_the_tolerance_passes(student, reference, claim):
    """At most the tolerance: an error of 0.5 passes at 0.5, and at 0 only a claim without any error."""
    x = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    compare_verdicts(student, reference, "line", x, torch.full((3,), claim, dtype=torch.float64), h=0.5, tolerance=0.5)
    compare_verdicts(student, reference, "line", x, torch.full((3,), 2.0, dtype=torch.float64), h=0.5, tolerance=0)


@exercise("gradient_check")
def test_the_tolerance_is_a_millionth_if_nothing_is_said(student, reference):
    """Claims that are off by three millionths fail, and by a third of a millionth pass."""
    x = torch.tensor([0.7, -1.3, 2.0], dtype=torch.float64)
    for off in (3e-6, 3e-7):
        compare_verdicts(student, reference, "wave", x, wave_gradient(x) * (1 + off))


@exercise("gradient_check")
def test_the_step_is_1e_5_if_nothing_is_said_to_the_checker(student, reference):
    """Where the true slope of a cube is 0, h squared is measured: the floor turns it into an error of 1e-7."""
    x = torch.tensor([0.0, 0.7, -1.3], dtype=torch.float64)
    for tolerance in (1.05e-7, 0.95e-7):
        compare_verdicts(student, reference, "cubes", x, 3 * x**2, tolerance=tolerance)


@exercise("gradient_check")
def test_a_coarse_claim_is_compared_in_float64(student, reference, rng):
    """A gradient rounded to float16 is off by more than a millionth, however the measured one would round."""
    x = randn(rng, 6, dtype=torch.float64)
    compare_verdicts(student, reference, "wave", x, wave_gradient(x).half())


@exercise("gradient_check")
def test_a_fine_claim_keeps_its_digits(student, reference):
    """A right claim in float64 at a float32 x passes a tolerance that its rounding to float32 would not."""
    x = torch.tensor([0.7, -1.3, 2.0])
    compare_verdicts(student, reference, "wave", x, wave_gradient(x.double()), tolerance=5e-9)


def a_right_claim(x):
    """Return what `judge` takes."""
    return "cubes", x, 3 * x**2


# Numbers of many sizes, whose last bit shows a step that was taken in them; and float32, where a copy is made.
contract(
    "gradient_check",
    use=judge,
    inputs=lambda rng, N=4, D=3, dtype=torch.float64: a_right_claim(1 + randn(rng, N, D, dtype=dtype).abs()),
    also=[
        lambda rng, dtype=torch.float64: a_right_claim(randn(rng, 12, dtype=dtype)),
        lambda rng, dtype=torch.float32: a_right_claim(randn(rng, 6, dtype=dtype)),
    ],
    settings={"h": 0.004, "tolerance": 0.5},
    dtypes=IN_ANY_FLOAT,
    tolerances=dict.fromkeys(IN_ANY_FLOAT, VERDICT),
    device=False,
    by_hand=True,
    forbids=["backward", "gradcheck", "coursekit"],
    instead="your own numerical_gradient",
    but={"turns_its_inputs_round_where_it_is_square": "x and its gradient are turned together, which asks the same"},
)
