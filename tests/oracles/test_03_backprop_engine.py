"""The engine's references held to independent truths: graphlib, torch's autograd, sums by hand."""

from graphlib import TopologicalSorter

import pytest
import torch

NOTEBOOK = "03_backprop/engine"


def build(solution, graph):
    nodes = {}
    for name, parents in graph.items():
        nodes[name] = solution.Node(1.0, tuple(nodes[parent] for parent in parents))
    return nodes


def random_graph(seed, size):
    generator = torch.Generator().manual_seed(seed)
    graph = {"n0": []}
    for index in range(1, size):
        picks = torch.randint(0, index, (1 + index % 4,), generator=generator).tolist()
        graph[f"n{index}"] = [f"n{pick}" for pick in picks]
    return graph


def follows(order, graph):
    """Return whether graphlib lets the nodes be finished in this very order."""
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    ready = set()
    for name in order:
        ready.update(sorter.get_ready())
        if name not in ready:
            return False
        sorter.done(name)
    return not sorter.is_active()


@pytest.mark.parametrize("seed", range(30))
def test_graphlib_accepts_the_topological_order(solution, seed):
    graph = random_graph(seed, 20)
    nodes = build(solution, graph)
    names = {id(node): name for name, node in nodes.items()}
    order = [names[id(node)] for node in solution.topological_order(nodes["n19"])]
    assert follows(order, {name: graph[name] for name in order})
    assert not follows(order[::-1], {name: graph[name] for name in order})


def test_the_order_of_a_long_chain_needs_no_recursion(solution):
    node = solution.Node(1.0)
    chain = [node]
    for _ in range(5000):
        chain.append(solution.Node(1.0, (chain[-1],)))
    assert solution.topological_order(chain[-1]) == chain


@pytest.mark.parametrize("kind", ["+", "*"])
def test_scalar_gates_agree_with_autograd(solution, kind):
    for a, b, upstream in [(3.0, -2.0, 5.0), (0.0, 4.0, -1.5), (-7.5, 0.25, 2.0)]:
        left, right = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (a, b))
        (left + right if kind == "+" else left * right).backward(torch.tensor(upstream, dtype=torch.float64))
        assert solution.scalar_add_mul_backward(kind, a, b, upstream) == (left.grad.item(), right.grad.item())


@pytest.mark.parametrize("shape", [(4, 3), (3,), (1, 3), (4, 1), (1, 1), (), (1,), (2, 4, 3), (2, 1, 3), (1, 4, 1)])
def test_unbroadcast_agrees_with_autograd(solution, shape):
    small = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    upstream = torch.randn(torch.broadcast_shapes(shape, (2, 4, 3)), dtype=torch.float64)
    small.expand_as(upstream).backward(upstream)
    torch.testing.assert_close(solution.unbroadcast(upstream, shape), small.grad)


@pytest.mark.parametrize(
    ("left", "right"),
    [((5, 3), (3, 4)), ((2, 5, 3), (2, 3, 4)), ((2, 5, 3), (3, 4)), ((5, 3), (6, 3, 4)), ((2, 1, 5, 3), (6, 3, 4))],
)
def test_tensor_matmul_backward_agrees_with_autograd(solution, left, right):
    a, b = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in (left, right))
    upstream = torch.randn((a @ b).shape, dtype=torch.float64)
    (a @ b).backward(upstream)
    came = solution.tensor_matmul_backward(a.detach(), b.detach(), upstream)
    torch.testing.assert_close(came, (a.grad, b.grad))


def test_backward_agrees_with_autograd_on_a_graph_with_shared_nodes(solution):
    x, y = (torch.randn(3, 2, dtype=torch.float64, requires_grad=True) for _ in range(2))
    a = x * y
    b = a + x
    loss = (b * a + b).sum()
    loss.backward()
    Node = solution.Node
    nx, ny = Node(x.detach()), Node(y.detach())
    na = Node(nx.value * ny.value, (nx, ny), lambda g: (g * ny.value, g * nx.value))
    nb = Node(na.value + nx.value, (na, nx), lambda g: (g, g))
    nc = Node(nb.value * na.value, (nb, na), lambda g: (g * na.value, g * nb.value))
    nd = Node(nc.value + nb.value, (nc, nb), lambda g: (g, g))
    root = Node(nd.value.sum(), (nd,), lambda g: (g * torch.ones_like(nd.value),))
    solution.backward(root)
    torch.testing.assert_close((nx.grad, ny.grad), (x.grad, y.grad))


def test_backward_agrees_with_the_graph_worked_by_hand(solution):
    Node = solution.Node
    x, y, z = Node(3.0), Node(-1.0), Node(4.0)
    p = Node(x.value * y.value, (x, y), lambda g: (g * y.value, g * x.value))
    q = Node(p.value + z.value, (p, z), lambda g: (g, g))
    f = Node(q.value * x.value, (q, x), lambda g: (g * x.value, g * q.value))
    solution.backward(f)
    assert [node.grad for node in (f, q, p, z, y, x)] == [1.0, 3.0, 3.0, 3.0, 9.0, -2.0]
