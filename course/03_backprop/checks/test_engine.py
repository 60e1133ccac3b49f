"""Checks of the exercises on computational graphs and reverse-mode differentiation."""

from itertools import pairwise

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    RuleBroken,
    assert_close,
    assert_equal,
    contract,
    exercise,
    integers,
    limit_intermediates,
    randn,
)
from coursekit.gradients import assert_gradients, named

# Graphs as {node: its parents}, each with its parents before it; the last one is the root.
LATE_INPUT = {"x": [], "y": [], "p": ["x", "y"], "root": ["p", "x"]}
EARLY_INPUT = {"x": [], "y": [], "p": ["x", "y"], "root": ["x", "p"]}
LONG_AND_SHORT = {"x": [], "a": ["x"], "b": ["a"], "c": ["b"], "root": ["x", "c", "a"]}
DIAMONDS = {"x": [], "a": ["x"], "b": ["x"], "c": ["a", "b"], "d": ["c"], "e": ["c", "x"], "root": ["d", "e"]}
# Whoever counts users and takes one off for each use frees x too early, by one of the two ways round the root.
SQUARE_FIRST = {"x": [], "square": ["x", "x"], "t": ["x"], "root": ["square", "t"]}
SQUARE_LAST = {"x": [], "square": ["x", "x"], "t": ["x"], "root": ["t", "square"]}
GRAPHS = {
    "late input": LATE_INPUT,
    "early input": EARLY_INPUT,
    "long and short": LONG_AND_SHORT,
    "diamonds": DIAMONDS,
    "square first": SQUARE_FIRST,
    "square last": SQUARE_LAST,
}


def random_graph(rng, size):
    """Return a graph of `size` nodes in which every node leads to the root."""
    graph = {"n0": [], "n1": []}
    for index in range(2, size - 1):
        picks = integers(rng, 0, index, 1 + index % 3).tolist()
        graph[f"n{index}"] = [f"n{pick}" for pick in picks]
    used = {parent for parents in graph.values() for parent in parents}
    graph[f"n{size - 1}"] = [name for name in graph if name not in used]
    return graph


def order_facts(ns, graph, calls=1):
    """Return the kind of the order, how often each node stands in it, and the edges that it turns round.

    Not the order itself: among several right orders a student may give any. Before a second call the list of the
    first is emptied, as its owner may do.
    """
    # Where the nodes lie in memory says nothing of their order: parents come first in some graphs and last in others.
    laid = sorted((ns.Node(1.0) for _ in graph), key=id, reverse=len(graph) % 2 == 0)
    nodes = dict(zip(graph, laid, strict=True))
    for name, parents in graph.items():
        nodes[name].parents = tuple(nodes[parent] for parent in parents)
    for node in nodes.values():
        node.grad = 7.0
    before = {name: dict(vars(node)) for name, node in nodes.items()}
    order = []
    for _ in range(calls):
        if isinstance(order, list):
            order.clear()
        order = ns.topological_order(nodes[name])
    names = {id(node): name for name, node in nodes.items()}
    found = [names.get(id(node), "something that is no node of the graph") for node in order]
    last, first = {name: at for at, name in enumerate(found)}, {name: found.index(name) for name in found}
    return {
        "kind": type(order).__name__,
        "count": {name: found.count(name) for name in [*graph, *found]},
        "changed": [
            f"{what if what in before[name] else 'a mark'} of {name}"
            for name, node in nodes.items()
            for what in {**before[name], **vars(node)}
            if what not in vars(node) or what not in before[name] or vars(node)[what] is not before[name][what]
        ],
        "turned": [
            [parent, child]
            for child, parents in graph.items()
            for parent in parents
            if parent in first and child in last and first[parent] >= last[child]
        ],
    }


FACTS = {
    "changed": "the list of what the call changed",
    "count": "how often each node stands in the order",
    "turned": "the list of (parent, child) in the wrong order",
}


def compare_orders(student, reference, graph, *facts, calls=1):
    """Compare what the two sides' orders of a graph have in common, whatever order was chosen."""
    came, expected = (side.run(order_facts, graph, calls=calls) for side in (student, reference))
    if came["kind"] != expected["kind"]:
        raise Mismatch("the order is of the wrong kind", f"a {came['kind']}", f"a {expected['kind']}")
    for fact in facts:
        assert_equal(came[fact], expected[fact], FACTS[fact])


@exercise("topological_order")
@pytest.mark.parametrize("graph", GRAPHS)
def test_every_node_stands_in_the_order_once(student, reference, graph):
    """A node that is used twice stands in the list once, and no node is left out."""
    compare_orders(student, reference, GRAPHS[graph], "count")


@exercise("topological_order")
@pytest.mark.parametrize("graph", GRAPHS)
def test_a_node_stands_after_its_parents(student, reference, graph):
    """Every node comes later than all that it was computed from, also where a path is long and another short."""
    compare_orders(student, reference, GRAPHS[graph], "turned")


@exercise("topological_order")
@pytest.mark.parametrize("size", [9, 16, 25])
def test_random_graphs(student, reference, rng, size):
    """Graphs drawn at random, with up to 25 nodes."""
    compare_orders(student, reference, random_graph(rng, size), "count", "turned")


@exercise("topological_order")
def test_a_root_without_parents_is_alone(student, reference):
    """The order of a single node is a list of that node."""
    compare_orders(student, reference, {"x": []}, "count")


@exercise("topological_order")
def test_a_node_that_is_both_parents_stands_once(student, reference):
    """In x · x the node x is both parents."""
    compare_orders(student, reference, {"x": [], "root": ["x", "x"]}, "count", "turned")


@exercise("topological_order")
def test_a_second_call_gives_an_order_again(student, reference):
    """Calling it twice on one graph works twice, whatever became of the first list: nothing is remembered."""
    compare_orders(student, reference, DIAMONDS, "count", "turned", calls=2)


@exercise("topological_order")
def test_the_nodes_are_left_as_they_are(student, reference):
    """Parents and gradients stay, and no mark is left on a node."""
    compare_orders(student, reference, {"x": [], "s": ["x", "x"], "root": ["s", "x"]}, "changed")


def chain_length(ns, length):
    """Return how many nodes stand in the order of a chain of `length` nodes."""
    node = ns.Node(0.0)
    for index in range(1, length):
        node = ns.Node(float(index), (node,))
    order = ns.topological_order(node)
    length = len(order)
    while node.parents:  # a deep chain that is freed at once would overflow the stack of older Pythons
        node = node.parents[0]
    return length


@exercise("topological_order", costs=0.25)
def test_a_chain_of_6000_nodes(student, reference):
    """A chain longer than Python's recursion limit, and than a few times as much."""
    assert_equal(student.run(chain_length, 6000), reference.run(chain_length, 6000), "the number of nodes")


def looks_at_parents(ns, rungs):
    """Return whether the parents of the nodes of a ladder are looked at a small number of times."""
    looks = [0]

    class Watched(ns.Node):
        @property
        def parents(self):
            looks[0] += 1
            return self.hidden

        @parents.setter
        def parents(self, value):
            self.hidden = value

    node = Watched(1.0)
    for _ in range(rungs):
        node = Watched(1.0, (node, node))
    ns.topological_order(node)
    return looks[0] <= 50 * (rungs + 1)


@exercise("topological_order", costs=0.25)
def test_a_node_is_not_searched_again_for_every_path(student, reference):
    """Twelve doublings make 4,096 paths and only 13 nodes."""
    came, expected = (side.run(looks_at_parents, 12) for side in (student, reference))
    if came != expected:
        raise RuleBroken(
            "the parents of each node are looked at again for every path that leads there: 4,096 paths here, and "
            "twice as many with every further node. Remember which nodes have been seen"
        )


def gate_gradients(ns, kind, a, b, upstream):
    """Return the gate's answer; whole numbers count as floats."""
    came = ns.scalar_add_mul_backward(kind, a, b, upstream)
    return tuple(float(one) if isinstance(one, int) else one for one in came) if isinstance(came, tuple) else came


@exercise("scalar_add_mul_backward")
@pytest.mark.parametrize("kind", ["+", "*"])
def test_the_two_gradients_agree(student, reference, rng, kind):
    """Random inputs and a random upstream gradient."""
    for a, b, upstream in randn(rng, 8, 3, dtype=torch.float64, scale=3).tolist():
        came, expected = (side.run(gate_gradients, kind, a, b, upstream) for side in (student, reference))
        assert_close(came, expected, what="(gradient of a, gradient of b)")


@exercise("scalar_add_mul_backward")
@pytest.mark.parametrize("kind", ["+", "*"])
def test_the_two_gradients_by_hand(student, reference, kind):
    """a = 3, b = -2 and an upstream gradient of 5; then with a zero, with equal inputs and with a very large one."""
    for a, b, upstream in [
        (3.0, -2.0, 5.0),
        (0.0, 4.0, -1.5),
        (7.0, 0.0, 0.5),
        (2.5, 2.5, 2.0),
        (1e15, 3.0, 1.0),
        (2.5, -1.0, 0.0),
    ]:
        came, expected = (side.run(gate_gradients, kind, a, b, upstream) for side in (student, reference))
        assert_close(came, expected, what="(gradient of a, gradient of b)")


def gradients(ns, values, steps, root, earlier=()):
    """Return the gradient of every node of the root's graph after backward, and how often each gate was called.

    Args:
        values: the inputs by name, floats or tensors.
        steps: [name, "+" or "*" or "sum", names of the parents] in the order of computation.
        earlier: names of the nodes for which backward is called before.
    """
    nodes = {name: ns.Node(value) for name, value in values.items()}
    count = {name: 0 for name, _, _ in steps}

    def product(factors):
        out = 1.0
        for factor in factors:
            out = out * factor
        return out

    def gate(name, kind, parents):
        def shares(grad):
            count[name] += 1
            if kind == "+":
                return (grad,) * len(parents)  # the very same object for all, as a fast engine does
            if kind == "sum":
                return (grad * torch.ones_like(parents[0].value),)
            others = [[one.value for at, one in enumerate(parents) if at != place] for place in range(len(parents))]
            return tuple(grad * product(other) for other in others)

        return shares

    for name, kind, names in steps:
        parents = tuple(nodes[one] for one in names)
        inputs = [one.value for one in parents]
        value = sum(inputs[1:], inputs[0]) if kind == "+" else inputs[0].sum() if kind == "sum" else product(inputs)
        nodes[name] = ns.Node(value, parents, gate(name, kind, parents))
    returned = [ns.backward(nodes[name]) for name in [*earlier, root]]
    inside = {root}
    for name, _, names in reversed(steps):
        if name in inside:
            inside.update(names)
    grads = {name: node.grad for name, node in nodes.items() if name in inside}
    plain = {name: float(grad) if isinstance(grad, int) else grad for name, grad in grads.items()}
    return {"grads": plain, "gates": count, "returned": [type(one).__name__ for one in returned]}


def assert_same_gradients(student, reference, *args, earlier=()):
    """Compare the gradient of every node; the message names the node."""
    came, expected = (side.run(gradients, *args, earlier=list(earlier)) for side in (student, reference))
    root = args[2]
    for name in sorted(expected["grads"], key=lambda name: name != root):  # the root first: all else follows from it
        grad = expected["grads"][name]
        if name == root and isinstance(grad, torch.Tensor):
            continue  # a root of 1.0 gives the right gradients; its kind has a test of its own
        if came["grads"][name] is None:
            raise Mismatch(f"the node {name} has no gradient", "None", "a number or a tensor")
        assert_close(came["grads"][name], grad, what=f"the gradient of {name}")
    return came, expected


def scalars(rng, names):
    """Return a random float for each name."""
    return dict(zip(names, randn(rng, len(names), dtype=torch.float64, scale=2).tolist(), strict=True))


@exercise("backward")
def test_every_node_is_used_once(student, reference, rng):
    """(x + y) · z: no node is used twice."""
    steps = [["s", "+", ["x", "y"]], ["root", "*", ["s", "z"]]]
    assert_same_gradients(student, reference, scalars(rng, "xyz"), steps, "root")


@exercise("backward")
def test_a_node_used_twice_gathers_both_shares(student, reference, rng):
    """(x · y + z) · x, the graph worked by hand, with other numbers."""
    steps = [["p", "*", ["x", "y"]], ["q", "+", ["p", "z"]], ["root", "*", ["q", "x"]]]
    assert_same_gradients(student, reference, scalars(rng, "xyz"), steps, "root")


@exercise("backward")
def test_a_node_that_is_both_parents_gathers_both_shares(student, reference, rng):
    """x · x + x, whose derivative is 2x + 1."""
    steps = [["square", "*", ["x", "x"]], ["root", "+", ["square", "x"]]]
    assert_same_gradients(student, reference, scalars(rng, "x"), steps, "root")


@exercise("backward")
@pytest.mark.parametrize("first", [True, False])
def test_a_gate_waits_for_all_its_shares(student, reference, rng, first):
    """A node with a short and a long way to the root passes its gradient on when both have come."""
    last = ["a", "c"] if first else ["c", "a"]
    steps = [["a", "*", ["x", "y"]], ["b", "*", ["a", "y"]], ["c", "*", ["b", "x"]], ["root", "*", last]]
    assert_same_gradients(student, reference, scalars(rng, "xy"), steps, "root")


@exercise("backward")
def test_the_root_has_gradient_one(student, reference, rng):
    """The root's own gradient is 1.0, also where the root is an input."""
    assert_same_gradients(student, reference, {"x": 2.5}, [], "x")


@exercise("backward", costs=0.25)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_gradient_of_a_tensor_root_is_a_tensor_of_ones(student, reference, rng, dtype):
    """Where the root is a tensor, its gradient is one too, of its shape and dtype."""
    values = {"x": randn(rng, 3, 2, dtype=getattr(torch, dtype))}
    came, expected = (side.run(gradients, values, [["root", "sum", ["x"]]], "root") for side in (student, reference))
    assert_equal(came["grads"]["root"], expected["grads"]["root"], "the gradient of the root")
    values = {"x": randn(rng, 1, 1, dtype=getattr(torch, dtype))}
    came, expected = (side.run(gradients, values, [["root", "*", ["x", "x"]]], "root") for side in (student, reference))
    assert_equal(came["grads"]["root"], expected["grads"]["root"], "the gradient of the root")


@exercise("backward")
def test_a_second_call_starts_from_zero(student, reference, rng):
    """Calling backward twice gives the gradients of one call."""
    steps = [["p", "*", ["x", "y"]], ["root", "+", ["p", "x"]]]
    assert_same_gradients(student, reference, scalars(rng, "xy"), steps, "root", earlier=["root"])


@exercise("backward")
def test_what_an_earlier_root_left_is_forgotten(student, reference, rng):
    """First from a node further on, where the root was an inner node: then the root's own gradient was another."""
    steps = [["p", "*", ["x", "y"]], ["root", "+", ["p", "x"]], ["outer", "*", ["root", "z"]]]
    assert_same_gradients(student, reference, {**scalars(rng, "xy"), "z": 3.0}, steps, "root", earlier=["outer"])


@exercise("backward")
def test_tensors_that_gates_share_are_not_added_to_in_place(student, reference, rng):
    """Tensors: a sum gives one and the same gradient to both parents, and one of them has a second use."""
    values = {"x": randn(rng, 3, 2, dtype=torch.float64), "y": randn(rng, 3, 2, dtype=torch.float64)}
    steps = [
        ["a", "*", ["x", "y"]],
        ["b", "+", ["a", "x"]],
        ["c", "*", ["b", "a"]],
        ["d", "+", ["c", "b"]],
        ["root", "sum", ["d"]],
    ]
    assert_same_gradients(student, reference, values, steps, "root")


@exercise("backward")
def test_a_gradient_of_zero_is_passed_on(student, reference):
    """(x + y) · 0: the gradients of x and y are 0, not missing."""
    steps = [["s", "+", ["x", "y"]], ["root", "*", ["s", "z"]]]
    came, expected = assert_same_gradients(student, reference, {"x": 1.5, "y": -2.0, "z": 0.0}, steps, "root")
    assert_equal(came["gates"], expected["gates"], "how often each gate was called")


@exercise("backward")
def test_a_node_may_have_three_parents(student, reference, rng):
    """(x + y + z) · x · y: one share for each parent."""
    steps = [["s", "+", ["x", "y", "z"]], ["root", "*", ["s", "x", "y"]]]
    assert_same_gradients(student, reference, scalars(rng, "xyz"), steps, "root")


@exercise("backward")
def test_each_gate_is_called_once(student, reference, rng):
    """Five doublings: each gate is asked once, however many paths lead through it."""
    names = ["x", "a", "b", "c", "d", "root"]
    steps = [[name, "+", [before, before]] for before, name in pairwise(names)]
    came, expected = assert_same_gradients(student, reference, {"x": 1.5}, steps, "root")
    assert_equal(came["gates"], expected["gates"], "how often each gate was called")


SHAPES = [
    ((5,), (5,)),
    ((4, 3), (3,)),
    ((4, 3), (1, 3)),
    ((4, 3), (4, 1)),
    ((4, 3), ()),
    ((4, 3), (1, 1)),
    ((4, 1), (1,)),
    ((1, 3), (3,)),
    ((2, 4, 3), (4, 3)),
    ((2, 4, 3), (1, 3)),
    ((2, 4, 3), (4, 1)),
    ((2, 4, 3), (2, 1, 3)),
    ((2, 4, 3), (2, 1, 1)),
    ((3, 3, 3), (3, 1)),
    ((3, 3, 4), (3, 1)),
    ((3, 3), (3,)),
    ((), ()),
]


@exercise("unbroadcast")
@pytest.mark.parametrize("wide, shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)) or "number")
def test_the_gradient_of_a_broadcast_agrees(student, reference, rng, wide, shape):
    """A gradient of the broadcast shape comes back in the shape before it."""
    grad = randn(rng, *wide, dtype=torch.float64)
    assert_close(student.unbroadcast(grad, shape), reference.unbroadcast(grad, shape), what="the gradient")


def one_of_a_batch(rng, A=5, B=2, N=4, D=3, dtype=torch.float64):
    """Return a gradient, and a shape with two axes less and an axis of 1."""
    return randn(rng, A, B, N, D, dtype=dtype), (N, 1)


contract(
    "unbroadcast",
    inputs=one_of_a_batch,
    one="ABND",
    by_hand=True,
    forbids=["sum_to_size", "_sum_to_size", "backward"],
    also=[
        lambda rng, N=4, D=3, dtype=torch.float64: (randn(rng, N, D, dtype=dtype), (D,)),
        lambda rng, N=4, D=3, dtype=torch.float64: (randn(rng, N, D, dtype=dtype), (1, D)),
    ],
)


MATRICES = [
    ((5, 3), (3, 4)),
    ((1, 3), (3, 2)),
    ((4, 4), (4, 4)),
    ((4, 1), (1, 3)),
    ((2, 5, 3), (2, 3, 4)),
    ((2, 2, 2), (2, 2, 2)),
    ((2, 5, 3), (3, 4)),
    ((5, 3), (6, 3, 4)),
    ((2, 1, 5, 3), (6, 3, 4)),
    ((2, 6, 5, 3), (2, 1, 3, 4)),
]


def matmul_inputs(rng, left, right, dtype=torch.float64):
    """Return two matrices and an upstream gradient of their product's shape."""
    a, b = randn(rng, *left, dtype=dtype), randn(rng, *right, dtype=dtype)
    return a, b, randn(rng, *(a @ b).shape, dtype=dtype)


@exercise("tensor_matmul_backward")
@pytest.mark.parametrize("left, right", MATRICES, ids=lambda shape: "x".join(map(str, shape)))
def test_the_gradients_of_a_product_agree(student, reference, rng, left, right):
    """Products of many shapes, with batches and with broadcast batches."""
    inputs = matmul_inputs(rng, left, right)
    came, expected = (named(side.tensor_matmul_backward(*inputs), "a", "b") for side in (student, reference))
    assert_gradients(came, expected, rows=left[-2], columns=right[-1])


@exercise("tensor_matmul_backward")
def test_the_jacobian_is_never_formed(student, rng):
    """No temporary is as large as the Jacobian, which has (N · M) · (N · D) numbers."""
    inputs = matmul_inputs(rng, (7, 6), (6, 5))
    limit_intermediates(student, "tensor_matmul_backward", *inputs, largest=7 * 6 * 5)


def assert_both_gradients(came, expected):
    """Compare the gradients of a and b, each by its name."""
    assert_gradients(named(came, "a", "b"), named(expected, "a", "b"))


contract(
    "tensor_matmul_backward",
    compare=assert_both_gradients,
    one="BNDM",
    by_hand=True,
    forbids=["backward"],
    inputs=lambda rng, B=2, N=5, D=3, M=4, dtype=torch.float64: matmul_inputs(rng, (B, N, D), (D, M), dtype),
    also=[lambda rng, N=5, D=3, M=4, dtype=torch.float64: matmul_inputs(rng, (N, D), (D, M), dtype)],
)
