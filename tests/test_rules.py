"""Rules on what happens while a function runs, counted, measured, compared; and on how it is written."""

from __future__ import annotations

import linecache
import math

import pytest
import torch

from autograder.authoring import probes, rules, rules_of_source
from autograder.authoring.compare import RuleBroken
from autograder.authoring.doors import Door, LiveSide
from autograder.authoring.probe import Namespace
from autograder.plain.devices import with_tensors
from autograder.plain.errors import StudentRaised
from autograder.plain.source import Definition, definitions, reachable


def whole(x, y):
    return torch.cdist(x, y)


def piece_by_piece(x, y):
    return torch.stack([(row - y).pow(2).sum(dim=1).sqrt() for row in x])


def in_one_large_piece(x, y):
    return (x[:, None] - y[None]).pow(2).sum(dim=2).sqrt()


def sorted_in_place(x, y):
    y.copy_(y.sort(dim=0).values)
    return x.max(dim=0)


def marked(x, y):
    x["rows"][0].add_(1)
    return y


def times_zero(x, y):
    return x.mul_(0)


FUNCTIONS = (whole, piece_by_piece, in_one_large_piece, sorted_in_place, marked, times_zero)


@pytest.fixture
def student() -> Door:
    return Door(LiveSide({one.__name__: one for one in FUNCTIONS}))


def pair(rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.rand(rows, 3), torch.rand(4, 3)


def test_operations_are_counted_for_each_case_on_its_own(student):
    assert student.run(probes.operation_counts, "piece_by_piece", [pair(2), pair(5)]) == [
        len(student.run(probes.operations, "piece_by_piece", pair(rows), {})) for rows in (2, 5)
    ]


def test_work_done_piece_by_piece_is_found_whatever_the_source_says(student):
    rules.limit_operations(student, "in_one_large_piece", pair(2), pair(40))
    with pytest.raises(RuleBroken, match=r"makes \d+ tensor operations for a small input and \d+ for a larger one"):
        rules.limit_operations(student, "piece_by_piece", pair(2), pair(40))


def test_the_largest_temporary_is_measured_in_numbers(student):
    x, y = torch.rand(7, 5, dtype=torch.float64), torch.rand(6, 5, dtype=torch.float64)
    assert student.run(probes.largest_intermediate, "in_one_large_piece", (x, y), {}) == 7 * 6 * 5
    rules.limit_intermediates(student, "piece_by_piece", x, y, largest=7 * 6)
    with pytest.raises(RuleBroken, match="a temporary of 210 numbers, at most 42"):
        rules.limit_intermediates(student, "in_one_large_piece", x, y, largest=7 * 6)


def test_the_largest_of_several_results_of_one_operation_counts(student):
    x, y = torch.rand(9, 4), torch.rand(8, 1)
    assert student.run(probes.largest_intermediate, "sorted_in_place", (x, y), {}) >= 8


def test_inputs_are_compared_before_and_after(student):
    rules.assert_inputs_unchanged(student, "whole", *pair(3))
    with pytest.raises(RuleBroken, match="changes its input y in place"):
        rules.assert_inputs_unchanged(student, "sorted_in_place", torch.rand(2, 3), torch.tensor([[3.0], [1.0]]))
    with pytest.raises(RuleBroken, match="changes its input x in place"):
        rules.assert_inputs_unchanged(student, "marked", {"rows": [torch.zeros(2)]}, 1)


def test_a_nan_that_stays_is_no_change_and_one_that_comes_is(student):
    holes = torch.tensor([[math.nan, 1.0, -math.inf]])
    rules.assert_inputs_unchanged(student, "whole", holes, holes.clone())
    with pytest.raises(RuleBroken, match="changes its input x"):
        rules.assert_inputs_unchanged(student, "times_zero", torch.tensor([math.inf]), 1)


def test_plain_data_keeps_its_kinds_and_everything_but_its_tensors():
    x = torch.ones(2)
    given = {"a": (x, [1, None, "b"]), 2: [x, {"c": x}], "empty": ()}
    doubled = with_tensors(lambda tensor: 2 * tensor, given)
    assert doubled["a"][0].tolist() == doubled[2][1]["c"].tolist() == [2.0, 2.0]
    assert (type(doubled["a"]), doubled["a"][1], doubled["empty"]) == (tuple, [1, None, "b"], ())
    assert x.tolist() == [1.0, 1.0]


# Rules on the source. Each text is read on both sides: as a kernel's typed cells, and as a submission's.

OWN_NAMES = {
    "a variable of the function's own name": "def f(x):\n    f = x * 2\n    return f",
    "a variable called map": "def f(x):\n    map = x * 2\n    return map[0] + map.sum()",
    "an input called filter": "def f(x, filter=3):\n    return x * filter",
    "a variable called jacobian": "def f(x):\n    jacobian = x[:, None] * x\n    return jacobian @ x",
    "a name of a closure": "def f(x):\n    inverse = 1 / x\n    return (lambda y: inverse * y)(x)",
    "a helper called filter": "def filter(x):\n    return x * 2\n\ndef f(x):\n    return filter(x)",
    "a variable called as a helper with a loop": "def total(x):\n    for y in x: pass\n\ndef f(x):\n"
    "    total = x.sum()\n    return total",
    "an import that another function uses": "from functools import partial, reduce\ndef g(x):\n"
    "    return reduce(max, x)\ndef f(x):\n    return partial(max, x)()",
    "a function that is wrapped": "import torch\ndef f(x):\n    return x * 2\nf = torch.no_grad()(f)",
    "a definition that was left": "def f(x):\n    return [y for y in x]\n\ndef f(x):\n    return x * 2",
    "a class whose first method is decorated": "import torch\nclass f:\n    @torch.no_grad()\n"
    "    def __init__(self, x):\n        self.x = x",
    "a lambda": "f = (\n    lambda x: x * 2\n)",
    "an object that is called": "class F:\n    def __call__(self, x):\n        return x * 2\nf = F()",
}
OWN_NAMES["what a class keeps on itself"] = (
    "class f:\n    def __init__(self, x):\n        self.map, self.jacobian = x, 2 * x\n"
    "    def filter(self):\n        return self.map + self.jacobian\n"
    "    def forward(self):\n        return self.filter()"
)
DERIVED = {
    "a leaf made by a keyword": "import torch\ndef f(x):\n    return torch.zeros(3, requires_grad=True) * x",
    "a leaf made by an attribute": "def f(x):\n    x.requires_grad = True\n    return x",
    "a module's method": "class f:\n    def __init__(self, x):\n        self.requires_grad_(True)",
    "torch.func": "import torch\ndef f(x):\n    return torch.func.grad(torch.sum)(x)",
    "an import of torch.func": "from torch.func import grad\ndef f(x):\n    return grad(max)(x)",
    "backward": "def f(x):\n    x.sum().backward()\n    return x.grad",
    "a leaf made by keywords in a dict": "import torch\ndef f(x):\n"
    "    return torch.zeros(3, **{'requires_grad': True}) * x",
    "a leaf made by setattr": "def f(x):\n    setattr(x, 'requires_grad', True)\n    return x",
    "a function that is bound in passing": "(f := lambda x: x.requires_grad_())",
    "a function that another binds": "def make():\n    global f\n    f = lambda x: x.requires_grad_()\nmake()",
    "torch's, under the name of one's own attribute": "import torch\nclass F:\n    def __call__(self, x):\n"
    "        self.autograd = torch.autograd\n        return x\nf = F()",
}
NOT_DERIVED = {
    "a question": "def f(x):\n    return x.detach() if x.requires_grad else x",
    "a leaf that is none": "import torch\ndef f(x):\n    return torch.zeros(3, requires_grad=False) + x",
    "a function called func": "def f(x):\n    func = abs\n    return func(x)",
    "a class with a method backward, in another cell": "class Loss:\n    def forward(self, x):\n"
    "        self.x = x\n        return x * x\n"
    "    def backward(self, g):\n        return 2 * self.x * g\n"
    "def f(x):\n    loss = Loss()\n    return loss.backward(loss.forward(x))",
    "layers in a list, each with a method backward": "class Layer:\n    def backward(self, g):\n"
    "        return g\nLAYERS = [Layer(), Layer()]\n"
    "def f(x):\n    for one in reversed(LAYERS): x = one.backward(x)\n    return x",
    "a value's own closure": "class Value:\n    def __init__(self, x):\n        self.backward = lambda: x\n"
    "def f(x):\n    return Value(x).backward()",
    "a function called backward": "def backward(x):\n    return 2 * x\ndef f(x):\n    return backward(x)",
    "a dict of settings": "def f(x):\n    return dict(x=x, **{'requires_grad': False})['x']",
}
LOOPS = {
    "a loop": "def f(x):\n    for y in x: pass",
    "a loop inside one that is written out": "def f(x):\n    for one in (x, x):\n        for y in one: pass",
    "a comprehension that goes on to the data": "def f(x):\n    return [y for one in (x, x) for y in one]",
    "a loop over what is unpacked": "def f(x):\n    for y in (*x,): pass",
    "a comprehension in a helper": "def g(x):\n    return [y for y in x]\n\ndef f(x):\n    return g(x)",
    "map": "def f(x):\n    return list(map(abs, x))",
    "map under the name of an input": "def f(x, map=map):\n    return list(map(abs, x))",
    "reduce, imported": "from functools import partial, reduce\ndef f(x):\n    return reduce(max, x)",
    "reduce, imported as another": "def f(x):\n    from functools import reduce as fold\n    return fold(max, x)",
    "a function that calls itself": "def f(x):\n    return x[0] + f(x[1:]) if len(x) else 0",
    "a lambda that calls itself": "f = lambda x: x[0] + f(x[1:]) if len(x) else 0",
    "a loop that is wrapped": "import torch\ndef f(x):\n    for y in x: pass\nf = torch.no_grad()(f)",
    "a loop below a decorator": "import torch\n@torch.no_grad()\ndef f(x):\n    for y in x: pass",
    "a loop below an if": "if True:\n    def f(x):\n        for y in x: pass",
    "a loop in a partial": "import functools\ndef g(n, x):\n    for y in x: pass\nf = functools.partial(g, 2)",
    "a loop in an object that is called": "class F:\n    def __call__(self, x):\n        for y in x: pass\nf = F()",
    "another name of a loop": "def g(x):\n    for y in x: pass\nf = g",
}
WRITTEN_OUT = {
    "a comprehension": "def f(x, y):\n    return [one.double() for one in (x, y)]",
    "a generator": "def f(x, y):\n    a, b = (one.double() for one in [x, y])\n    return a",
    "a for loop": "def f(x, y):\n    for one in (x, y): one.sum()",
}
FORBIDDEN = {
    "an attribute": "import torch\ndef f(x):\n    return torch.inverse(x)",
    "an import": "from torch import det, inverse\ndef f(x):\n    return inverse(x)",
    "an import in the function": "def f(x):\n    from torch.linalg import inverse as g\n    return g(x)",
    "a name of the course's": "def f(x):\n    return inverse(x)",
    "the module of an import": "def f(x):\n    from torch.inverse import something\n    return something(x)",
    "a string": "import torch\ndef f(x):\n    return getattr(torch, 'inverse')(x)",
    "the name of an input that stands for it": "def f(x, inverse=inverse):\n    return inverse(x)",
    "a method": "def f(x):\n    inverse = x.inverse\n    return inverse()",
}


def typed(text: str, name: str) -> Door:
    """A kernel in which a cell was executed."""
    cell, namespace = f"<cell of {name}>", {"__name__": "__main__", "inverse": torch.inverse}
    linecache.cache[cell] = (len(text), None, text.splitlines(keepends=True), cell)
    exec(compile(text, cell, "exec"), namespace)
    return Door(LiveSide(namespace))


class Submitted:
    """A submission's side, as far as its text."""

    def __init__(self, *cells: str) -> None:
        self.definitions = definitions(*cells)

    def source(self, name: str) -> dict[str, Definition]:
        return reachable(name, self.definitions.get)


@pytest.fixture(params=["typed", "submitted"])
def door(request):
    def door(text: str) -> Door:
        return typed(text, request.node.name) if request.param == "typed" else Door(Submitted(text))

    return door


@pytest.mark.parametrize("text", OWN_NAMES.values(), ids=OWN_NAMES)
def test_names_of_the_students_own_break_no_rule(text, door):
    rules_of_source.forbid_loops(door(text), "f")
    rules_of_source.forbid_names(door(text), "f", "jacobian", "inverse", "filter", "total")


@pytest.mark.parametrize("text", LOOPS.values(), ids=LOOPS)
def test_a_loop_is_found_however_it_is_written(text, door):
    with pytest.raises(RuleBroken, match="f may use no Python loop, and has"):
        rules_of_source.forbid_loops(door(text), "f")


@pytest.mark.parametrize("text", WRITTEN_OUT.values(), ids=WRITTEN_OUT)
def test_a_loop_over_what_is_written_out_is_none(text, door):
    rules_of_source.forbid_loops(door(text), "f")


@pytest.mark.parametrize("text", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_forbidden_name_is_found_however_it_is_reached(text, door):
    with pytest.raises(RuleBroken, match=r"f uses inverse, which f may not use|inverse uses inverse"):
        rules_of_source.forbid_names(door(text), "f", "inverse")


@pytest.mark.parametrize("text", DERIVED.values(), ids=DERIVED)
def test_autograd_is_found_however_it_is_asked_for(text, door):
    with pytest.raises(RuleBroken, match="which f may not use"):
        rules_of_source.forbid_autograd(door(text), "f")


@pytest.mark.parametrize("text", NOT_DERIVED.values(), ids=NOT_DERIVED)
def test_what_derives_nothing_is_no_autograd(text, door):
    rules_of_source.forbid_autograd(door(text), "f")


# What is called, whatever the text says: names that are put together, and a class that hides torch's word behind its
# own.
CALLED = {
    "backward": "def f(x):\n    y = x.clone().requires_grad_()\n    y.sum().backward()\n    return y.grad",
    "grad": "import torch\ndef f(x):\n    y = x.clone().requires_grad_()\n"
    "    return torch.autograd.grad(y.sum(), y)[0]",
    "torch.func.grad": "import torch\ndef f(x):\n    return torch.func.grad(lambda y: y.sum())(x)",
    "vjp": "import torch\ndef f(x):\n    return torch.func.vjp(torch.sum, x)[1](torch.ones(()))[0]",
    "jvp": "import torch\ndef f(x):\n    return torch.func.jvp(torch.sum, (x,), (torch.ones_like(x),))[1]",
    "jacobian": "import torch\ndef f(x):\n    return torch.autograd.functional.jacobian(torch.sum, x)",
    "jacfwd": "import torch\ndef f(x):\n    return torch.func.jacfwd(torch.sum)(x)",
    "hessian": "import torch\ndef f(x):\n    return torch.func.hessian(lambda y: (y ** 3).sum())(x)",
    "letters": "def f(x):\n    y = getattr(x.clone(), 'requires_' + 'grad_')()\n"
    "    getattr(y.sum(), 'back' + 'ward')()\n    return y.grad",
    "a method of one's own name": "class Net:\n    def backward(self, x):\n"
    "        y = getattr(x.clone(), 'requires_' + 'grad_')()\n        y.sum().backward()\n        return y.grad\n"
    "def f(x):\n    return Net().backward(x)",
}


@pytest.mark.parametrize("text", CALLED.values(), ids=CALLED)
def test_a_derivative_is_seen_while_it_is_made(text, request):
    with pytest.raises(
        RuleBroken, match=r"f has torch derive \(a (backward pass|forward derivative).*\), which it may not: by hand"
    ):
        rules_of_source.forbid_autograd(typed(text, request.node.name), "f", args=(torch.ones(3),), instead="by hand")
    assert probes.derivatives(Namespace({"f": torch.sum}), "f", (torch.ones(3),), {}) == []


@pytest.mark.parametrize("text", NOT_DERIVED.values(), ids=NOT_DERIVED)
def test_no_derivative_is_seen_where_none_is_made(text, request):
    rules_of_source.forbid_autograd(typed(text, request.node.name), "f", args=(torch.ones(3),))


def test_torchs_engine_is_as_it_was_afterwards(student):
    engine = torch.autograd.Variable._execution_engine
    with pytest.raises(StudentRaised, match="TypeError"):
        student.run(probes.derivatives, "whole", (), {})
    assert torch.autograd.Variable._execution_engine is engine


def test_a_submitted_function_whose_text_is_nowhere_breaks_the_rules_on_text():
    student = Door(Submitted("exec('def f(x):\\n    for y in x: pass')"))
    for rule in (
        lambda: rules_of_source.forbid_loops(student, "f"),
        lambda: rules_of_source.forbid_names(student, "f", "g"),
    ):
        with pytest.raises(
            RuleBroken, match=r"no definition of f can be read, .* write its `def` or `class` in the exercise's cell"
        ):
            rule()


def test_the_exercise_that_a_variant_names_is_no_use_of_it():
    student = Door(Submitted('@right("inverse")\ndef f(x):\n    return x'))
    rules_of_source.forbid_names(student, "f", "inverse", "right")


def test_a_kernel_that_does_not_keep_what_was_typed_is_not_held_against_the_student():
    namespace = {"__name__": "__main__"}
    exec("f = lambda x: 2 * x", namespace)
    rules_of_source.forbid_loops(Door(LiveSide(namespace)), "f")


def test_a_definition_in_a_later_cell_counts_and_one_that_wraps_adds_to_it():
    loop, wrapped, anew = "def f(x):\n    for y in x: pass", "f = cached(f)", "def f(x):\n    return x"
    rules_of_source.forbid_loops(Door(Submitted(loop, anew, wrapped)), "f")
    with pytest.raises(RuleBroken, match="a for loop"):
        rules_of_source.forbid_loops(Door(Submitted(anew, loop, wrapped)), "f")
