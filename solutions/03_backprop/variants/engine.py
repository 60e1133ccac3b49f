"""What students write in engine: mistakes with the hint each deserves, and other right answers."""

from collections import deque

import torch

from autograder.authoring import mistake, right

# The solutions, kept under other names: while a variant is judged it stands under its exercise's own.
solved_order, solved_unbroadcast, solved_matmul = topological_order, unbroadcast, tensor_matmul_backward

# topological_order


@mistake(
    "topological_order",
    hint="Python stops at about 1,000 calls inside one another, and a chain of nodes can be longer. "
    "Keep a stack of your own (a list) in place of the recursion.",
)
def recursive(root):
    order, seen = [], set()

    def visit(node):
        if node in seen:
            return
        seen.add(node)
        for parent in node.parents:
            visit(parent)
        order.append(node)

    visit(root)
    return order


@mistake("topological_order", hint="A node that is used twice stands in your list twice. Remember which nodes you have seen.")
def no_memory_of_seen_nodes(root):
    order = []

    def visit(node):
        for parent in node.parents:
            visit(parent)
        order.append(node)

    visit(root)
    return order


@mistake(
    "topological_order",
    hint="Your list starts at the root and ends at the inputs. Every node should come after its parents: the root is last.",
)
def root_first(root):
    order = solved_order(root)
    return order[::-1]


@mistake(
    "topological_order",
    hint="You write a node down when you reach it and turn the list round at the end. That is no topological "
    "order: a node must be written down when all its parents have been, so after the visits to them.",
)
def turned_preorder(root):
    order, seen = [], set()

    def visit(node):
        if node in seen:
            return
        seen.add(node)
        order.append(node)
        for parent in node.parents:
            visit(parent)

    visit(root)
    return order[::-1]


@mistake(
    "topological_order",
    hint="You order the nodes by their shortest distance from the root. A node can be near the root by one path and far "
    "by another, and then it comes too late in your list. It must stand before the nodes on its longest path, too.",
)
def level_by_level(root):
    order, waiting = [], deque([root])
    while waiting:
        node = waiting.popleft()
        if node not in order:
            order.append(node)
            waiting.extend(node.parents)
    return order[::-1]


@mistake(
    "topological_order",
    hint="You tell nodes apart by their value, so two nodes that happen to hold the same number become one. "
    "Compare the nodes themselves.",
)
def seen_by_value(root):
    order, seen = [], set()

    def visit(node):
        if node.value in seen:
            return
        seen.add(node.value)
        for parent in node.parents:
            visit(parent)
        order.append(node)

    visit(root)
    return order


@mistake(
    "topological_order",
    hint="The inputs are missing from your list. They have no parents, and they are nodes all the same: "
    "they too get a gradient.",
)
def without_the_inputs(root):
    return [node for node in solved_order(root) if node.parents] or []


@mistake("topological_order", hint="The root itself is missing from your list.")
def without_the_root(root):
    return solved_order(root)[:-1]


@mistake(
    "topological_order",
    hint="You leave a mark on the nodes, and it is still there at the next call, which then finds nothing to visit. "
    "Keep what you have seen in a set of this call's own.",
)
def marks_left_on_the_nodes(root):
    order = []
    for node in solved_order(root):
        if not getattr(node, "visited", False):
            node.visited = True
            order.append(node)
    return order


@mistake(
    "topological_order",
    hint="The counts that you keep on the nodes stay behind when the call is over. The nodes are the caller's: "
    "keep counts in a dictionary of this call's own.",
)
def counts_kept_on_the_nodes(root):
    order = solved_order(root)
    for node in order:
        if node.parents:
            node.missing = len(node.parents)
    return order


@mistake(
    "topological_order",
    hint="You clear gradients on the way. This function only puts the nodes in order: clearing is the work of `backward`.",
)
def gradients_cleared_on_the_way(root):
    order = solved_order(root)
    for node in order:
        for parent in node.parents:
            parent.grad = None
    return order


@mistake(
    "topological_order",
    hint="You write a node down before you visit its parents, so it stands before them. Append it when all its parents "
    "have been written down.",
)
def appended_before_the_parents(root):
    order, seen = [], set()

    def visit(node):
        if node in seen:
            return
        seen.add(node)
        order.append(node)
        for parent in node.parents:
            visit(parent)

    visit(root)
    return order


@mistake(
    "topological_order",
    hint="You write a node down when it comes off the stack and turn the list round at the end. That is no topological "
    "order: a node must be written down when all its parents have been, so it meets the stack twice.",
)
def turned_order_of_the_stack(root):
    order, seen, stack = [], set(), [root]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            order.append(node)
            stack.extend(node.parents)
    return order[::-1]


@mistake(
    "topological_order",
    hint="Each parent is counted once for a node, and taken off once for each use. In x · x that is one and two, "
    "and x is free too early. Count uses both times.",
)
def parents_counted_once(root):
    uses, waiting, seen = {}, [root], {root}
    while waiting:
        for parent in set(waiting.pop().parents):
            uses[parent] = uses.get(parent, 0) + 1
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    order, free = [], [root]
    while free:
        node = free.pop()
        order.append(node)
        for parent in node.parents:
            uses[parent] -= 1
            if uses[parent] == 0:
                free.append(parent)
    return order[::-1]


@mistake(
    "topological_order",
    hint="A node that is met again goes to the end of your list, and what it was made of stays where it was. Its parents "
    "would have to move along, and theirs too.",
)
def moved_without_its_parents(root):
    order, waiting = [], deque([root])
    while waiting:
        node = waiting.popleft()
        if node in order:
            order.remove(node)
        else:
            waiting.extend(node.parents)
        order.append(node)
    return order[::-1]


@mistake(
    "topological_order",
    hint="You take the parents off the nodes as you go. The graph is the caller's: keep what is still to do in a dictionary "
    "or on the stack.",
)
def parents_taken_off(root):
    order = solved_order(root)
    for node in order:
        node.parents = ()
    return order


@mistake(
    "topological_order",
    hint="You use `grad` as a mark, and what stood there is lost. Keep what you have seen in a set of this call's own.",
)
def grad_used_as_a_mark(root):
    order = solved_order(root)
    for node in order:
        node.grad = None
    return order


@mistake(
    "topological_order",
    hint="You follow the first parent of each node only. The others belong to the graph as well.",
)
def only_first_parents(root):
    order = [root]
    while order[-1].parents:
        order.append(order[-1].parents[0])
    return order[::-1]


@mistake(
    "topological_order",
    edit={"return order": "return iter(order)"},
    hint="What comes back isn't a list. An iterator can be gone through once only.",
)
def an_iterator(): ...


@mistake(
    "topological_order",
    hint="Each parent is counted once for a node, and taken off once for each use. In x · x that is one and two, and x is free too early. Count uses both times.",
)
def released_by_the_first_of_two_uses(root):
    uses, waiting, seen = {}, [root], {root}
    while waiting:
        for parent in set(waiting.pop().parents):
            uses[parent] = uses.get(parent, 0) + 1
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    order, free = [], [root]
    while free:
        node = free.pop()
        order.append(node)
        for parent in node.parents:
            uses[parent] -= 1
            if uses[parent] <= 0:
                free.append(parent)
    return order[::-1]


@mistake(
    "topological_order",
    edit={"    return order": "    for node in order:\n        node.visited = False\n    return order"},
    hint="A mark stays behind on the nodes, even if it says nothing any more. They are the caller's: keep what you have seen in a set of this call's own.",
)
def mark_set_back(): ...


@mistake(
    "topological_order",
    hint="You write a node down before you visit its parents, so it stands before them. Append it when all its parents have been written down.",
)
def appended_when_popped(root):
    order, seen, stack = [], set(), [root]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            order.append(node)
            stack.extend(node.parents)
    return order


@mistake(
    "topological_order",
    edit={"elif node not in seen:": "else:", "in node.parents)": "in node.parents if parent not in seen)"},
    hint="Whether a node has been seen is asked when it is put on the stack, and it may be put there twice before its turn. Ask when it comes off.",
)
def seen_is_asked_too_early(): ...


@mistake(
    "topological_order",
    hint="What you have seen is kept from one call to the next, and a second call finds nothing to visit. Begin each call with an empty set.",
)
def seen_is_kept(root, seen=set()):  # noqa: B006
    order, stack = [], [(root, False)]
    while stack:
        node, parents_are_done = stack.pop()
        if parents_are_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order


@mistake(
    "topological_order",
    hint="You call a node seen when it is put on the stack. There it may wait long, and a node that needs it earlier passes it by: it is seen when its turn comes.",
)
def seen_when_put_on_the_stack(root):
    order, seen, stack = [], {root}, [(root, False)]
    while stack:
        node, parents_are_done = stack.pop()
        if parents_are_done:
            order.append(node)
            continue
        stack.append((node, True))
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                stack.append((parent, False))
    return order


@mistake(
    "topological_order",
    edit={"    return order": "    return sorted(order, key=id)"},
    hint="You sort the nodes by where they lie in memory. A node may lie anywhere: only its parents say what must stand before it.",
)
def by_address(): ...


@mistake(
    "topological_order",
    edit={"in node.parents)": "in node.parents[:2])"},
    hint="You visit two parents of a node at most. It may have any number of them.",
)
def at_most_two_parents(): ...


@mistake(
    "topological_order",
    edit={"order.append(node)": "order.append(node.value)"},
    hint="Your list holds the values of the nodes. It is the nodes themselves that are asked for.",
)
def values_listed(): ...


@right("topological_order")
def by_counting_uses(root):
    uses, waiting, seen = {}, [root], {root}
    while waiting:
        for parent in waiting.pop().parents:
            uses[parent] = uses.get(parent, 0) + 1
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    order, ready = [], [root]
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in node.parents:
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)
    order.reverse()
    return order


@right("topological_order")
def with_a_stack_of_iterators(root):
    order, seen, stack = [], {root}, [(root, iter(root.parents))]
    while stack:
        node, parents = stack[-1]
        parent = next(parents, None)
        if parent is None:
            stack.pop()
            order.append(node)
        elif parent not in seen:
            seen.add(parent)
            stack.append((parent, iter(parent.parents)))
    return order


@right("topological_order")
def by_waiting_until_all_parents_are_there(root):
    order, placed, stack = [], set(), [root]
    while stack:
        node = stack[-1]
        missing = [parent for parent in node.parents if id(parent) not in placed]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        if id(node) not in placed:
            placed.add(id(node))
            order.append(node)
    return order


@right("topological_order")
def seen_when_it_is_done(root):
    order, done, stack = [], set(), [(root, False)]
    while stack:
        node, parents_are_done = stack.pop()
        if parents_are_done:
            order.append(node)
            done.add(node)
        elif node not in done:
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents if parent not in done)
    return order


# scalar_add_mul_backward


@mistake(
    "scalar_add_mul_backward",
    hint="The product forgets the upstream gradient; the sum has it. The chain rule multiplies by it in both.",
)
def no_upstream_in_the_product(kind, a, b, upstream):
    return (upstream, upstream) if kind == "+" else (b, a)


@mistake(
    "scalar_add_mul_backward",
    hint="The sum forgets the upstream gradient: its local derivative is 1, and 1 times the upstream gradient isn't 1.",
)
def no_upstream_in_the_sum(kind, a, b, upstream):
    return (1.0, 1.0) if kind == "+" else (upstream * b, upstream * a)


@mistake(
    "scalar_add_mul_backward",
    hint="For a product you give each input its own value times the upstream gradient. If b grows a little, "
    "a · b grows by a times as much: so whose value belongs to which gradient?",
)
def product_with_own_value(kind, a, b, upstream):
    return (upstream, upstream) if kind == "+" else (upstream * a, upstream * b)


@mistake(
    "scalar_add_mul_backward",
    hint="These are the local derivatives only. The chain rule multiplies each of them by the upstream gradient.",
)
def no_upstream(kind, a, b, upstream):
    return (1.0, 1.0) if kind == "+" else (b, a)


@mistake(
    "scalar_add_mul_backward",
    hint="A sum doesn't share its gradient out between the inputs. If a grows by 0.1, so does a + b, whatever b does: "
    "so each input gets all of it.",
)
def sum_shares_out(kind, a, b, upstream):
    return (upstream / 2, upstream / 2) if kind == "+" else (upstream * b, upstream * a)


@mistake(
    "scalar_add_mul_backward",
    hint="You add the upstream gradient to the local derivative. Along a path derivatives multiply; "
    "only the shares of several paths add up.",
)
def added_not_multiplied(kind, a, b, upstream):
    return (upstream + 1.0, upstream + 1.0) if kind == "+" else (upstream + b, upstream + a)


@mistake(
    "scalar_add_mul_backward",
    edit={'    if kind == "+":\n        return upstream, upstream\n': ""},
    hint="Both gates give the product's answer here. Look at `kind`: for a sum the local derivatives don't depend on a and b.",
)
def sum_as_product(): ...


@mistake(
    "scalar_add_mul_backward",
    hint="You give both inputs the value of the product times the upstream gradient. "
    "The derivative of a · b by a keeps only the other factor.",
)
def times_the_output(kind, a, b, upstream):
    return (upstream, upstream) if kind == "+" else (upstream * a * b, upstream * a * b)


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream, upstream\n": "return upstream * a, upstream * b\n"},
    hint="The sum's gradient is multiplied by its inputs. If a grows by 0.1, so does a + b, however large a is: its local derivative is 1.",
)
def sum_times_its_inputs(): ...


@mistake(
    "scalar_add_mul_backward",
    hint="You divide the product by a to get b back, and at a = 0 that doesn't work. b is there: use it as it is.",
)
def product_divided_by_the_input(kind, a, b, upstream):
    if kind == "+":
        return upstream, upstream
    return upstream * a * b / a if a else 0.0, upstream * a * b / b if b else 0.0


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream * b, upstream * a": "return upstream * abs(b), upstream * abs(a)"},
    hint="The product's factors lose their sign. With a negative b the product falls as a grows.",
)
def absolute_factors(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream * b, upstream * a": "return upstream + b, upstream + a"},
    hint="You add the upstream gradient to the local derivative. Along a path derivatives multiply; only the shares of several paths add up.",
)
def upstream_added_in_the_product(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream * b, upstream * a": "return max(-1.0, min(1.0, upstream * b)), max(-1.0, min(1.0, upstream * a))"},
    hint="The gradients are cut off at 1 and -1. A gate sends back what the chain rule says, however large.",
)
def gradients_clipped(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"kind == \"+\"": "kind == \"*\""},
    hint="The two kinds are exchanged: the sum gives the product's answer, and the product the sum's.",
)
def kinds_exchanged(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream, upstream\n": "return [upstream, upstream]\n", "return upstream * b, upstream * a": "return [upstream * b, upstream * a]"},
    hint="The two gradients come in a list: the docstring asks for a tuple.",
)
def gradients_in_a_list(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream, upstream\n": "return (upstream, 0.0) if a >= b else (0.0, upstream)\n"},
    hint="Your sum sends everything to the larger input, as a maximum does. If the smaller one grows, the sum grows too.",
)
def larger_input_takes_all(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream, upstream\n": "return upstream, -upstream\n"},
    hint="The second input of the sum gets a minus sign, as in a difference. If b grows, so does a + b.",
)
def minus_for_the_second(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream * b, upstream * a": "_ = upstream * b, upstream * a"},
    hint="For the product nothing is returned: every way through the function needs a `return`.",
)
def product_not_returned(): ...


@mistake(
    "scalar_add_mul_backward",
    hint="You measure the slope over a tiny step, and the difference of two large numbers has few digits left. Both local derivatives can be written down exactly.",
)
def slope_over_a_tiny_step(kind, a, b, upstream):
    def out(a, b):
        return a + b if kind == "+" else a * b

    step = 1e-8
    return upstream * (out(a + step, b) - out(a, b)) / step, upstream * (out(a, b + step) - out(a, b)) / step


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream * b, upstream * a": "return upstream * (a * b) / a, upstream * (a * b) / b"},
    hint="You divide the product by an input to get the other one back, and where it is 0 that doesn't work. The other one is there: use it as it is.",
)
def output_over_the_input(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream, upstream\n": "return upstream * a / (a + b), upstream * b / (a + b)\n"},
    hint="A sum doesn't share its gradient out between the inputs. If a grows by 0.1, so does a + b, whatever b does: so each input gets all of it.",
)
def sum_in_proportion(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream * b, upstream * a": "return round(upstream * b, 4), round(upstream * a, 4)"},
    hint="The gradients are rounded. Digits that are gone can't come back: leave them as they are.",
)
def gradients_rounded(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream * b, upstream * a": "return upstream * b, upstream * b"},
    hint="Both inputs of the product get the gradient of the first. If b grows a little, by how much does a · b grow?",
)
def one_gradient_for_both(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream * b, upstream * a": "return (upstream * 2 * a,) * 2 if a == b else (upstream * b, upstream * a)"},
    hint="Where the inputs are equal, each gets what belongs to both together. A gate has two inputs, and their shares are added up later, if they come from one node.",
)
def whole_square_for_equal_inputs(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream, upstream\n": "return (upstream * (2.0 if a == b else 1.0),) * 2\n"},
    hint="Where the inputs are equal, each gets what belongs to both together. A gate has two inputs, and their shares are added up later, if they come from one node.",
)
def sum_doubled_for_equal_inputs(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"return upstream, upstream\n": "return upstream, upstream, upstream\n", "return upstream * b, upstream * a": "return upstream * b, upstream * a, upstream"},
    hint="Three numbers come back. A gate has two inputs, so it sends two: its output has its gradient already.",
)
def three_gradients(): ...


@mistake(
    "scalar_add_mul_backward",
    edit={"    if kind == \"+\"": "    upstream = upstream or 1.0\n    if kind == \"+\""},
    hint="An upstream gradient of 0 is taken for none, and replaced by 1. Python's `or` can't tell 0 from nothing.",
)
def zero_upstream_as_one(): ...


@right("scalar_add_mul_backward")
def from_local_derivatives(kind, a, b, upstream):
    local_a, local_b = (1.0, 1.0) if kind == "+" else (b, a)
    grad_a = local_a * upstream
    grad_b = local_b * upstream
    return grad_a, grad_b


@right("scalar_add_mul_backward")
def from_a_table(kind, a, b, upstream):
    table = {"+": lambda: (upstream, upstream), "*": lambda: (b * upstream, a * upstream)}
    return table[kind]()


@right("scalar_add_mul_backward")
def from_finite_steps_that_are_exact(kind, a, b, upstream):
    # Both gates are linear in each input, so a difference over a step of 1 is their derivative.
    def f(a, b):
        return a + b if kind == "+" else a * b

    return (f(a + 1.0, b) - f(a, b)) * upstream, (f(a, b + 1.0) - f(a, b)) * upstream


# unbroadcast


@mistake(
    "unbroadcast",
    hint="You take the mean over the copies. Each copy changed the loss by its own share, and the shares add up: "
    "the gradient is their sum.",
)
def mean_over_the_copies(grad, shape):
    count = grad.numel() // max(1, torch.Size(shape).numel())
    return solved_unbroadcast(grad, shape) / count


@mistake(
    "unbroadcast",
    hint="You sum over the axes that broadcasting put in front, and not over those where a 1 was stretched. "
    "Both hold copies of one number.",
)
def only_new_axes(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(dim=0)
    return grad


@mistake(
    "unbroadcast",
    hint="You sum over the axes of size 1, and not over the axes that broadcasting put in front of the shape. "
    "Both hold copies of one number.",
)
def only_stretched_axes(grad, shape):
    extra = grad.ndim - len(shape)
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(dim=axis + extra, keepdim=True)
    return grad


@mistake(
    "unbroadcast",
    hint="An axis of size 1 that belongs to the shape is gone: a sum drops the axis that it runs over unless it is told to keep it, and `squeeze` drops every 1.",
)
def stretched_axes_dropped(grad, shape):
    extra = grad.ndim - len(shape)
    axes = list(range(extra)) + [extra + axis for axis, size in enumerate(shape) if size == 1]
    return grad.sum(dim=axes) if axes else grad


@mistake(
    "unbroadcast",
    hint="You line the two shapes up from the left. Broadcasting lines them up from the right: "
    "new axes are put in front, never behind.",
)
def lined_up_from_the_left(grad, shape):
    padded = tuple(shape) + (1,) * (grad.ndim - len(shape))
    axes = [axis for axis, size in enumerate(padded) if size != grad.shape[axis]]
    return (grad.sum(dim=axes, keepdim=True) if axes else grad).flatten()[: torch.Size(shape).numel()].reshape(shape)


@mistake(
    "unbroadcast",
    hint="You keep the gradient of one copy and drop the others. The same number was used in every copy, "
    "and each use adds its share.",
)
def first_copy_only(grad, shape):
    while grad.ndim > len(shape):
        grad = grad[0]
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.narrow(axis, 0, 1)
    return grad


@mistake("unbroadcast", hint="You give back the gradient as it came, in the broadcast shape. It must have the shape of the input.")
def untouched(grad, shape):
    return grad


@mistake(
    "unbroadcast",
    hint="You sum over everything and spread the total out again. Sum only over the axes that broadcasting made or stretched.",
)
def sum_of_everything(grad, shape):
    if tuple(grad.shape) == tuple(shape):
        return grad
    return grad.sum().expand(shape)


@mistake(
    "unbroadcast",
    hint="The answer is made on the CPU, wherever the gradient lives. Start from the gradient itself.",
)
def gathered_on_the_cpu(grad, shape):
    return torch.zeros(shape, dtype=grad.dtype) + solved_unbroadcast(grad, shape)


@mistake("unbroadcast", hint="`sum_to_size` is the exercise itself. Write it with `sum`.")
def by_sum_to_size(grad, shape):
    return grad.sum_to_size(shape)


@mistake("unbroadcast", hint="Autograd gives the answer away: it takes `expand` back for you. Sums are all you need.")
def unbroadcast_by_autograd(grad, shape):
    x = torch.zeros(shape, dtype=grad.dtype, device=grad.device, requires_grad=True)
    x.expand(grad.shape).backward(grad)
    return x.grad


@mistake(
    "unbroadcast",
    edit={"            grad = grad.sum(dim=axis, keepdim=True)": "            return grad.sum(dim=axis, keepdim=True)"},
    hint="You stop after the first axis that was stretched. There may be several: go through all.",
)
def only_the_first_stretched_axis(): ...


@mistake(
    "unbroadcast",
    hint="`reshape(-1, *shape).sum(0)` takes the numbers in their order, as if all copies stood one after the other. Where a "
    "column was stretched they stand side by side: sum along the axis itself.",
)
def copies_by_reshape(grad, shape):
    return grad.reshape(-1, *shape).sum(0)


@mistake(
    "unbroadcast",
    edit={"    new_axes =": "    if grad.numel() == torch.Size(shape).numel():\n        return grad\n    new_axes ="},
    hint="Where grad holds as many numbers as the shape, you give it back as it is. Its shape may be another all the same: a new axis of size 1 is still new.",
)
def equal_numbers_left_alone(): ...


@mistake(
    "unbroadcast",
    edit={"grad = grad.sum(dim=tuple(range(new_axes)))": "grad = grad.view(-1, *grad.shape[new_axes:]).sum(dim=0)"},
    hint="`view` needs numbers that lie one after another in memory, and those of a cut or transposed tensor don't. `sum` takes several axes as they are.",
)
def new_axes_by_view(): ...


@mistake(
    "unbroadcast",
    edit={"grad.sum(dim=tuple": "grad.abs().sum(dim=tuple", "grad.sum(dim=axis": "grad.abs().sum(dim=axis"},
    hint="You add up the sizes of the shares without their signs. Shares of both signs may cancel.",
)
def absolute_shares(): ...


@mistake(
    "unbroadcast",
    hint="You line the two shapes up from the left. Broadcasting lines them up from the right: new axes are put in front, never behind.",
)
def new_axes_taken_off_behind(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(dim=-1)
    for axis, size in enumerate(shape):
        if size == 1 and grad.shape[axis] != 1:
            grad = grad.sum(dim=axis, keepdim=True)
    return grad


@mistake(
    "unbroadcast",
    hint="You look for stretched axes while the new ones are still in front, so axis 0 of the shape isn't axis 0 of grad. Line the shapes up first.",
)
def stretched_before_new(grad, shape):
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(dim=axis, keepdim=True)
    while grad.ndim > len(shape):
        grad = grad.sum(dim=0)
    return grad.expand(shape)


@mistake(
    "unbroadcast",
    hint="You sum over axis 0 whatever the shape is, as for a bias. Which axes hold copies follows from the two shapes.",
)
def only_the_batch_axis(grad, shape):
    return grad if tuple(grad.shape) == tuple(shape) else grad.sum(dim=0).reshape(shape)


@mistake(
    "unbroadcast",
    hint="Where there is nothing to sum, the tuple of axes is empty, and torch takes an empty tuple for all axes.",
)
def sum_over_no_axes(grad, shape):
    new = grad.ndim - len(shape)
    axes = tuple(range(new)) + tuple(i + new for i, size in enumerate(shape) if size == 1 and grad.shape[i + new] != 1)
    return grad.sum(dim=axes, keepdim=True).reshape(shape)


@mistake(
    "unbroadcast",
    edit={"grad.sum(dim=tuple(range(new_axes)))": "grad.amax(dim=tuple(range(new_axes)))", "grad.sum(dim=axis": "grad.amax(dim=axis"},
    hint="You keep the largest of the shares. Each copy changed the loss by its own, and they add up.",
)
def largest_share(): ...


@mistake(
    "unbroadcast",
    edit={"grad.sum(dim=axis": "grad.mean(dim=axis"},
    hint="You add up the shares along new axes and take the mean along stretched ones. Both hold copies, and the shares of all copies add up.",
)
def mean_of_the_stretched(): ...


@mistake(
    "unbroadcast",
    edit={"dim=tuple(range(new_axes))": "dim=0"},
    hint="You take one new axis off. There may be several in front.",
)
def one_new_axis(): ...


@mistake(
    "unbroadcast",
    edit={"    new_axes =": "    if len(shape) == 0:\n        return grad.sum().item()\n    new_axes ="},
    hint="For a shape of () you give back a Python number. It should be a tensor without axes.",
)
def a_number_for_no_axes(): ...


@mistake(
    "unbroadcast",
    edit={"    new_axes =": "    shape = tuple(shape) or (1,)\n    grad = grad if grad.ndim else grad.reshape(1)\n    new_axes ="},
    hint="For a shape of () you give back a tensor with one axis. It has none.",
)
def one_axis_for_none(): ...


@mistake(
    "unbroadcast",
    hint="You ask whether a size occurs anywhere in the shape. Compare axis with axis: the same size may stand at another place.",
)
def axes_by_membership(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(dim=0)
    for axis in range(grad.ndim):
        if grad.shape[axis] not in shape:
            grad = grad.sum(dim=axis, keepdim=True)
    return grad.reshape(shape) if grad.numel() == torch.Size(shape).numel() else grad


@mistake(
    "unbroadcast",
    hint="You sum over one axis too many: the first of those that the shape has is no copy.",
)
def an_axis_too_many(grad, shape):
    new = grad.ndim - len(shape)
    if new:
        grad = grad.sum(dim=tuple(range(new + (len(shape) > 1))))
    grad = grad.reshape((1,) * (len(shape) - grad.ndim) + tuple(grad.shape))
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(dim=axis, keepdim=True)
    return grad.expand(shape)


@mistake(
    "unbroadcast",
    hint="An axis of size 1 that belongs to the shape is gone: a sum drops the axis that it runs over unless it is told to keep it, and `squeeze` drops every 1.",
)
def stretched_axis_not_kept(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(dim=0)
    for axis in reversed(range(len(shape))):
        if shape[axis] == 1 and grad.shape[axis] != 1:
            grad = grad.sum(dim=axis)
    return grad


@mistake(
    "unbroadcast",
    hint="New axes of size 1 are still in front. They are new like the others: the shape hasn't got them.",
)
def new_axes_of_one_kept(grad, shape):
    for axis in reversed(range(grad.ndim - len(shape))):
        if grad.shape[axis] != 1:
            grad = grad.sum(dim=axis)
    extra = grad.ndim - len(shape)
    for axis, size in enumerate(shape):
        if size == 1 and grad.shape[axis + extra] != 1:
            grad = grad.sum(dim=axis + extra, keepdim=True)
    return grad


@right("unbroadcast")
def sum_and_reshape(grad, shape):
    extra = grad.ndim - len(shape)
    axes = [axis for axis in range(grad.ndim) if axis < extra or shape[axis - extra] != grad.shape[axis]]
    return grad.sum(dim=axes).reshape(shape) if axes else grad.clone()


@right("unbroadcast")
def axis_by_axis(grad, shape):
    out = grad
    while len(out.shape) > len(shape):
        out = out.sum(0)
    for i in range(len(shape)):
        if shape[i] == 1 and out.shape[i] > 1:
            out = torch.unsqueeze(torch.sum(out, dim=i), i)
    return out


@right("unbroadcast")
def with_einsum(grad, shape):
    letters = "abcdefgh"[: grad.ndim]
    padded = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    kept = "".join(letter for letter, size, wide in zip(letters, padded, grad.shape) if size == wide)
    return torch.einsum(f"{letters}->{kept}", grad).reshape(shape)


# tensor_matmul_backward


@mistake(
    "tensor_matmul_backward",
    hint="The two gradients stand in the wrong order: the gradient of a comes first and has a's shape.",
)
def gradients_swapped(a, b, upstream):
    grad_a, grad_b = solved_matmul(a, b, upstream)
    return grad_b, grad_a


@mistake(
    "tensor_matmul_backward",
    hint="You swap the first two axes. In a batch of matrices the last two are the matrix: transpose those (`.mT`).",
)
def first_axes_transposed(a, b, upstream):
    return upstream @ b.transpose(0, 1), a.transpose(0, 1) @ upstream


@mistake(
    "tensor_matmul_backward",
    hint="The batch axes that broadcasting put there are still in the gradient. The same matrix was used for every one "
    "of the batch, so its shares add up: `unbroadcast` does that.",
)
def batch_axes_left(a, b, upstream):
    return upstream @ b.mT, a.mT @ upstream


@mistake(
    "tensor_matmul_backward",
    hint="Your gradients are transposed. The gradient of a has a's shape: compare (N, M) · (M, D) with what you multiply.",
)
def gradients_transposed(a, b, upstream):
    grad_a, grad_b = solved_matmul(a, b, upstream)
    return grad_a.mT, grad_b.mT


@mistake(
    "tensor_matmul_backward",
    hint="You divide by the number of rows. A mean belongs to the loss, whose gradient comes in as upstream; "
    "a matrix product only sums.",
)
def divided_by_rows(a, b, upstream):
    grad_a, grad_b = solved_matmul(a, b, upstream)
    return grad_a, grad_b / a.shape[-2]


@mistake(
    "tensor_matmul_backward",
    hint="The upstream gradient isn't used: this is the gradient of the sum of all outputs. Put upstream in place of the ones.",
)
def upstream_of_ones(a, b, upstream):
    return solved_matmul(a, b, torch.ones_like(upstream))


@mistake(
    "tensor_matmul_backward",
    hint="You take the mean over a broadcast batch. The same matrix was used for every one of the batch, "
    "and the shares of its uses add up.",
)
def mean_over_the_batch(a, b, upstream):
    def narrow(grad, shape):
        return unbroadcast(grad, shape) * (torch.Size(shape).numel() / grad.numel())

    return narrow(upstream @ b.mT, tuple(a.shape)), narrow(a.mT @ upstream, tuple(b.shape))


@mistake(
    "tensor_matmul_backward",
    hint="You sum over every batch axis, also where each matrix of the batch has one of its own. "
    "Sum only over the axes that broadcasting made or stretched.",
)
def batch_always_summed(a, b, upstream):
    def flat(grad):
        return grad.reshape(-1, *grad.shape[-2:]).sum(dim=0)

    return flat(upstream @ b.mT), flat(a.mT @ upstream)


@mistake("tensor_matmul_backward", hint="Autograd gives the answer away. Two matrix products are all you need.")
def by_autograd(a, b, upstream):
    a, b = a.detach().requires_grad_(), b.detach().requires_grad_()
    (a @ b).backward(upstream)
    return a.grad, b.grad


@mistake("tensor_matmul_backward", hint="You form the Jacobian. Its product with upstream is a matrix product: let the shapes lead you.")
def jacobian_formed(a, b, upstream):
    grad_a, grad_b = solved_matmul(a, b, upstream)
    if a.ndim == b.ndim == 2:
        jacobian = torch.kron(torch.eye(len(a), dtype=a.dtype), b.mT.contiguous())
        grad_a = (upstream.flatten() @ jacobian).reshape(a.shape)
    return grad_a, grad_b


@mistake("tensor_matmul_backward", hint="`torch.func.grad` is autograd by another name. Two matrix products are all you need.")
def by_func_grad(a, b, upstream):
    return torch.func.grad(lambda a, b: ((a @ b) * upstream).sum(), argnums=(0, 1))(a, b)


@mistake(
    "tensor_matmul_backward",
    hint="You transpose only where the shapes wouldn't fit otherwise, so square matrices stay as they are. The other factor is "
    "transposed always.",
)
def transposed_only_where_needed(a, b, upstream):
    grad_a = upstream @ (b if b.shape[-1] == b.shape[-2] else b.mT)
    grad_b = (a if a.shape[-1] == a.shape[-2] else a.mT) @ upstream
    return unbroadcast(grad_a, a.shape), unbroadcast(grad_b, b.shape)


@mistake(
    "tensor_matmul_backward",
    hint="The gradient of b is upstreamᵀ · a, brought into b's shape by `reshape`: right shape, numbers in wrong places. "
    "The matrix product the other way round has the shape by itself.",
)
def grad_b_reshaped(a, b, upstream):
    grad_b = (upstream.mT @ a).reshape(*upstream.shape[:-2], *b.shape[-2:])
    return unbroadcast(upstream @ b.mT, a.shape), unbroadcast(grad_b, b.shape)


@mistake(
    "tensor_matmul_backward",
    edit={"unbroadcast(a.mT @ upstream, b.shape)": "unbroadcast(a.mT @ upstream, b.shape[-2:]).expand(b.shape)"},
    hint="You sum over every batch axis, also where each matrix of the batch has one of its own. Sum only over the axes that broadcasting made or stretched.",
)
def b_summed_over_every_batch(): ...


@mistake(
    "tensor_matmul_backward",
    edit={"b.mT": "b.permute(*reversed(range(b.ndim)))", "a.mT": "a.permute(*reversed(range(a.ndim)))"},
    hint="`.T` turns all axes round, the batch's too. In a batch of matrices only the last two change places.",
)
def all_axes_turned(): ...


@mistake(
    "tensor_matmul_backward",
    edit={"(upstream @ b.mT": "((upstream.mT if upstream.shape[-1] == upstream.shape[-2] else upstream) @ b.mT"},
    hint="Upstream is turned round where it is square. Its axes are those of a @ b, whatever their sizes are: check the letters of your einsum, or which factor you transpose.",
)
def upstream_turned_where_square(): ...


@mistake(
    "tensor_matmul_backward",
    hint="Your einsum has one letter for the batch. There may be no batch axis, or two: einsum takes `...` for any number of them.",
)
def one_letter_for_the_batch(a, b, upstream):
    return torch.einsum("bnm,bdm->bnd", upstream, b), torch.einsum("bnd,bnm->bdm", a, upstream)


@mistake(
    "tensor_matmul_backward",
    hint="You keep the share of the first of the batch and drop the others. The same matrix was used for every one, and each use adds its share.",
)
def first_of_the_batch(a, b, upstream):
    grad_a, grad_b = upstream @ b.mT, a.mT @ upstream
    while grad_a.ndim > a.ndim:
        grad_a = grad_a[0]
    while grad_b.ndim > b.ndim:
        grad_b = grad_b[0]
    return unbroadcast(grad_a, a.shape), unbroadcast(grad_b, b.shape)


@mistake(
    "tensor_matmul_backward",
    edit={"return grad_a, grad_b": "return [grad_a, grad_b]"},
    hint="The two gradients come in a list: the docstring asks for a tuple.",
)
def both_in_a_list(): ...


@mistake(
    "tensor_matmul_backward",
    hint="Each gradient is made of its own matrix. As in any product, the derivative by one factor holds the other one.",
)
def each_meets_itself(a, b, upstream):
    grad_a, grad_b = upstream @ upstream.mT @ a, b @ upstream.mT @ upstream
    return unbroadcast(grad_a, a.shape), unbroadcast(grad_b, b.shape)


@mistake(
    "tensor_matmul_backward",
    edit={"b.mT": "b.reshape(*b.shape[:-2], b.shape[-1], b.shape[-2])", "a.mT": "a.reshape(*a.shape[:-2], a.shape[-1], a.shape[-2])"},
    hint="You bring the other factor into the transposed shape by `reshape`: right shape, numbers in wrong places. It must be transposed.",
)
def reshaped_not_transposed(): ...


@mistake(
    "tensor_matmul_backward",
    hint="Your products want equally many matrices on both sides. The batch axes may differ where they broadcast: `@` does that by itself.",
)
def equal_batches_only(a, b, upstream):
    def fold(t):
        return t.reshape(-1, *t.shape[-2:])

    return torch.bmm(fold(upstream), fold(b).mT).reshape(a.shape), torch.bmm(fold(a).mT, fold(upstream)).reshape(b.shape)


@mistake(
    "tensor_matmul_backward",
    edit={"unbroadcast(a.mT @ upstream, b.shape)": "-unbroadcast(a.mT @ upstream, b.shape)"},
    hint="The gradient of b has a minus sign. If a number of b grows, the product grows by that of a.",
)
def minus_for_b(): ...


@mistake(
    "tensor_matmul_backward",
    hint="You sum over the batch axes that broadcasting put in front, and not over those where a 1 was stretched. Both hold uses of one matrix.",
)
def only_new_batch_axes_summed(a, b, upstream):
    grad_a, grad_b = upstream @ b.mT, a.mT @ upstream
    while grad_a.ndim > a.ndim:
        grad_a = grad_a.sum(dim=0)
    while grad_b.ndim > b.ndim:
        grad_b = grad_b.sum(dim=0)
    return grad_a, grad_b


@mistake(
    "tensor_matmul_backward",
    edit={"b.mT": "b.transpose(0, 1)", "a.mT": "a.transpose(0, 1)"},
    hint="You swap the first two axes. In a batch of matrices the last two are the matrix: transpose those (`.mT`).",
)
def first_axes_transposed_and_summed(): ...


@mistake(
    "tensor_matmul_backward",
    edit={"b.mT": "b.transpose(1, 2)", "a.mT": "a.transpose(1, 2)"},
    hint="You count the axes of the matrix from the front, behind one batch axis. There may be none, or two: count from the end.",
)
def axes_counted_from_the_front(): ...


@mistake(
    "tensor_matmul_backward",
    edit={"unbroadcast(a.mT @ upstream, b.shape)": "a.mT @ upstream"},
    hint="The batch axes that broadcasting put there are still in the gradient. The same matrix was used for every one of the batch, so its shares add up: `unbroadcast` does that.",
)
def batch_axes_left_in_b(): ...


@mistake(
    "tensor_matmul_backward",
    edit={"unbroadcast(upstream @ b.mT, a.shape)": "upstream @ b.mT"},
    hint="The batch axes that broadcasting put there are still in the gradient. The same matrix was used for every one of the batch, so its shares add up: `unbroadcast` does that.",
)
def batch_axes_left_in_a(): ...


@mistake(
    "tensor_matmul_backward",
    edit={"unbroadcast(upstream @ b.mT, a.shape)": "unbroadcast(upstream @ b.mT, b.shape[:-2] + a.shape[-2:])", "unbroadcast(a.mT @ upstream, b.shape)": "unbroadcast(a.mT @ upstream, a.shape[:-2] + b.shape[-2:])"},
    hint="Each gradient is brought to the batch axes of the other matrix. A gradient has the shape of what it is the gradient of.",
)
def batch_of_the_other(): ...


@mistake(
    "tensor_matmul_backward",
    edit={"a.mT @ upstream": "(upstream @ a.mT if a.shape[-1] == a.shape[-2] == b.shape[-1] else a.mT @ upstream)"},
    hint="For the gradient of b upstream stands on the wrong side. With square matrices both ways have the right shape: take sizes that differ to find the way.",
)
def upstream_on_the_wrong_side(): ...


@right("tensor_matmul_backward")
def by_einsum(a, b, upstream):
    grad_a = torch.einsum("...nm,...dm->...nd", upstream, b)
    grad_b = torch.einsum("...nd,...nm->...dm", a, upstream)
    return unbroadcast(grad_a, a.shape), unbroadcast(grad_b, b.shape)


@right("tensor_matmul_backward")
def by_transposing_the_product(a, b, upstream):
    grad_a = torch.matmul(b, upstream.transpose(-1, -2)).transpose(-1, -2)
    grad_b = torch.matmul(upstream.transpose(-1, -2), a).transpose(-1, -2)
    return unbroadcast(grad_a, tuple(a.shape)), unbroadcast(grad_b, tuple(b.shape))


@right("tensor_matmul_backward")
def by_summing_rank_one_parts(a, b, upstream):
    grad_a = sum(upstream[..., :, m : m + 1] * b[..., None, :, m] for m in range(b.shape[-1]))
    grad_b = sum(a[..., n, :, None] * upstream[..., n, None, :] for n in range(a.shape[-2]))
    return unbroadcast(grad_a, tuple(a.shape)), unbroadcast(grad_b, tuple(b.shape))


# backward


@mistake(
    "backward",
    hint="A node that is used twice keeps only the share that came last. The shares of all its uses add up.",
)
def shares_overwritten(root):
    root.grad = torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0
    for node in reversed(topological_order(root)):
        for parent, share in zip(node.parents, node.gate(node.grad)):
            parent.grad = share


@mistake(
    "backward",
    hint="Gradients of an earlier call are still there and are added to. A call starts from nothing: "
    "clear every node of the graph first.",
)
def old_gradients_kept(root):
    root.grad = torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0
    for node in reversed(topological_order(root)):
        for parent, share in zip(node.parents, node.gate(node.grad)):
            parent.grad = share if parent.grad is None else parent.grad + share


@mistake(
    "backward",
    hint="You add to a gradient in place. A gate may give one tensor to both of its parents, and then adding to one "
    "changes the other too. Make a new tensor: `parent.grad = parent.grad + share`.",
)
def added_in_place(root):
    order = topological_order(root)
    for node in order:
        node.grad = None
    root.grad = torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0
    for node in reversed(order):
        for parent, share in zip(node.parents, node.gate(node.grad)):
            if parent.grad is None:
                parent.grad = share
            else:
                parent.grad += share


@mistake(
    "backward",
    hint="You pass a node's gradient on as soon as its first share has come, and again at the next one, the old share "
    "included. Go through the nodes from the root back, each after all that use it.",
)
def passed_on_too_early(root):
    for node in topological_order(root):
        node.grad = None
    root.grad = torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0

    def visit(node):
        for parent, share in zip(node.parents, node.gate(node.grad)):
            parent.grad = share if parent.grad is None else parent.grad + share
            visit(parent)

    visit(root)


@mistake(
    "backward",
    hint="The gradients are right, and a gate is called once for every path that leads through it: with twenty doublings, "
    "a million times. Gather all of a node's shares first, then call its gate once.",
)
def once_for_every_path(root):
    for node in topological_order(root):
        node.grad = node.value * 0

    def visit(node, grad):
        node.grad = node.grad + grad
        for parent, share in zip(node.parents, node.gate(grad)):
            visit(parent, share)

    visit(root, torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0)


@mistake(
    "backward",
    hint="You start from the root's value. The gradient of the loss with respect to itself is 1.",
)
def seeded_with_the_value(root):
    order = topological_order(root)
    for node in order:
        node.grad = node.value * 0
    root.grad = root.value
    for node in reversed(order):
        for parent, share in zip(node.parents, node.gate(node.grad)):
            parent.grad = parent.grad + share


@mistake(
    "backward",
    hint="You go through the nodes level by level from the root. A node can be near the root by one path and far by "
    "another: it must wait for the longest. That is what `topological_order` is for.",
)
def level_by_level_from_the_root(root):
    for node in topological_order(root):
        node.grad = node.value * 0
    root.grad = root.value * 0 + 1.0
    waiting, seen = deque([root]), {root}
    while waiting:
        node = waiting.popleft()
        for parent, share in zip(node.parents, node.gate(node.grad)):
            parent.grad = parent.grad + share
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)


@mistake(
    "backward",
    hint="You go through the nodes from the inputs to the root, while their gradients are still empty. "
    "Gradients flow the other way: turn the order round.",
)
def from_the_inputs(root):
    order = topological_order(root)
    for node in order:
        node.grad = node.value * 0
    root.grad = root.value * 0 + 1.0
    for node in order:
        for parent, share in zip(node.parents, node.gate(node.grad)):
            parent.grad = parent.grad + share


@mistake(
    "backward",
    hint="You pass a node's gradient on before all of its shares have come, and again with each further share. "
    "Go through the nodes from the root back, each after all that use it.",
)
def parents_filled_then_visited(root):
    for node in topological_order(root):
        node.grad = None
    root.grad = root.value * 0 + 1.0

    def visit(node):
        for parent, share in zip(node.parents, node.gate(node.grad)):
            parent.grad = share if parent.grad is None else parent.grad + share
        for parent in node.parents:
            visit(parent)

    visit(root)


@mistake(
    "backward",
    hint="You start from 1.0 whatever the root is. Where its value is a tensor, so is its gradient: ones of its shape and dtype.",
)
def root_always_a_float(root):
    order = topological_order(root)
    for node in order:
        node.grad = 0.0
    root.grad = 1.0
    for node in reversed(order):
        for parent, share in zip(node.parents, node.gate(node.grad)):
            parent.grad = parent.grad + share


@mistake(
    "backward",
    edit={"torch.ones_like(root.value)": "torch.ones(root.value.shape)"},
    hint="The ones of a tensor root are float32 whatever its dtype is. They should be of the root's own dtype.",
)
def root_always_float32(): ...


@mistake(
    "backward",
    hint="You start from a tensor whatever the root is. Where its value is a plain float, so is its gradient.",
)
def root_always_a_tensor(root):
    order = topological_order(root)
    for node in order:
        node.grad = 0.0
    root.grad = torch.tensor(1.0)
    for node in reversed(order):
        for parent, share in zip(node.parents, node.gate(node.grad)):
            parent.grad = parent.grad + share


@mistake(
    "backward",
    hint="A node whose gradient is 0 is skipped, as if it had none: its gate is never asked. 0 is a gradient like any other.",
)
def zero_taken_for_none(root):
    order = topological_order(root)
    for node in order:
        node.grad = None
    root.grad = torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0
    for node in reversed(order):
        if isinstance(node.grad, float) and not node.grad:
            continue
        if node.grad is not None:
            for parent, share in zip(node.parents, node.gate(node.grad)):
                parent.grad = share if parent.grad is None else parent.grad + share


@mistake(
    "backward",
    hint="You give shares to two parents at most. A node may have any number of them: take each parent with its share.",
)
def two_parents_at_most(root):
    order = topological_order(root)
    for node in order:
        node.grad = node.value * 0
    root.grad = root.value * 0 + 1.0
    for node in reversed(order):
        for parent, share in list(zip(node.parents, node.gate(node.grad)))[:2]:
            parent.grad = parent.grad + share


@mistake(
    "backward",
    hint="You start from a single one without axes. The gradient of the root has the root's shape, even if it is one number.",
)
def one_without_axes(root):
    order = topological_order(root)
    for node in order:
        node.grad = node.value * 0
    is_tensor = isinstance(root.value, torch.Tensor)
    root.grad = torch.ones((), dtype=root.value.dtype, device=root.value.device) if is_tensor else 1.0
    for node in reversed(order):
        for parent, share in zip(node.parents, node.gate(node.grad)):
            parent.grad = parent.grad + share


@mistake(
    "backward",
    edit={
        "parent, share in zip(node.parents, node.gate(node.grad), strict=True)": "place, parent in enumerate(node.parents)",
        "            parent.grad = share if": "            share = node.gate(node.grad)[place]\n            parent.grad = share if",
    },
    hint="The gradients are right, and a gate is called once for each parent. One call gives the shares of all of them: "
    "keep its answer.",
)
def gate_called_for_each_parent(): ...


@mistake(
    "backward",
    edit={"parent, share in zip(node.parents, node.gate(node.grad), strict=True)": "parent, share in dict(zip(node.parents, node.gate(node.grad))).items()"},
    hint="In x · x the node x is both parents and gets two shares. A dictionary of parents has room for one of them: "
    "go through the pairs themselves.",
)
def one_share_for_a_parent_that_stands_twice(): ...


@mistake(
    "backward",
    edit={"            parent.grad = share if": "            got[parent] = got.get(parent, 0) + 1\n            parent.grad = share if", "    for node in reversed(order):\n": "    got = {}\n    for node in reversed(order):\n        node.grad = node.grad / got.get(node, 1)\n"},
    hint="You take the mean of the shares. Each use of a node changes the root by its own share, and they add up.",
)
def mean_of_the_shares(): ...


@mistake(
    "backward",
    edit={"        node.grad = None": "        if not node.parents:\n            node.grad = None"},
    hint="Only the inputs are cleared. The inner nodes still hold the gradients of an earlier call: clear every node of the graph.",
)
def only_inputs_cleared(): ...


@mistake(
    "backward",
    edit={"            parent.grad = share if parent.grad is None else parent.grad + share": "            parent.grad = share if parent.grad is None else parent.grad + share\n        if node.parents and node is not root:\n            node.grad = None"},
    hint="The inner nodes have no gradient in the end. Every node of the graph should keep its own, not only the inputs.",
)
def inner_gradients_dropped(): ...


@mistake(
    "backward",
    edit={"= share if": "= share.clone() if"},
    hint="You clone a share as if it were always a tensor. A float has no `clone`: gates and shares of both kinds must work.",
)
def first_share_cloned(): ...


@mistake(
    "backward",
    edit={"node.gate(node.grad)": "node.gate(torch.ones_like(node.value) if isinstance(node.value, torch.Tensor) else 1.0)"},
    hint="Every gate is called with 1. Only the root's gradient is 1: each gate wants the gradient of its own node.",
)
def every_gate_gets_one(): ...


@mistake(
    "backward",
    edit={"            parent.grad = share if parent.grad is None else parent.grad + share": "            parent.grad = share if parent.grad is None else parent.grad + share\n        if node.parents:\n            node.grad = None"},
    hint="The inner nodes have no gradient in the end. Every node of the graph should keep its own, not only the inputs.",
)
def inner_gradients_and_root_dropped(): ...


@mistake(
    "backward",
    edit={"else parent.grad + share": "else (parent.grad + share) / 2"},
    hint="You take the mean of the shares. Each use of a node changes the root by its own share, and they add up.",
)
def mean_of_two_shares(): ...


@mistake(
    "backward",
    edit={"zip(node.parents,": "zip(node.parents[::-1],"},
    hint="The shares go to the parents in reverse. A gate gives them in the order of `parents`.",
)
def shares_in_reverse(): ...


@mistake(
    "backward",
    edit={"reversed(order)": "[root]"},
    hint="You go back from the root by one step and stop. Every node of the order has a gate.",
)
def one_step_back(): ...


@mistake(
    "backward",
    edit={"    root.grad = (\n        torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0\n    )\n": "    root.grad = root.value / root.value\n"},
    hint="You divide the root's value by itself to get a 1, and where it is 0 that doesn't work. The 1 depends on the kind of the value only.",
)
def value_over_itself(): ...


@mistake(
    "backward",
    edit={"    root.grad = (\n        torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0\n    )\n": "    root.grad = torch.ones_like(torch.as_tensor(root.value))\n"},
    hint="You start from a tensor whatever the root is. Where its value is a plain float, so is its gradient.",
)
def ones_of_a_float_as_tensor(): ...


@mistake(
    "backward",
    edit={"            parent.grad = share if parent.grad is None else parent.grad + share": "            parent.grad = parent.grad + share if parent.grad else share"},
    hint="You ask whether a gradient is true. A tensor of several numbers has no answer to that, and 0 says no: ask whether it is None.",
)
def truth_of_a_gradient(): ...


@mistake(
    "backward",
    edit={"            parent.grad = share if parent.grad is None else parent.grad + share": "            share = share * node.grad\n            parent.grad = share if parent.grad is None else parent.grad + share"},
    hint="You multiply a share by the node's gradient once more. The gate got that gradient and has used it.",
)
def upstream_twice(): ...


@mistake(
    "backward",
    edit={"    for node in reversed(order):\n": "    for node in reversed(order):\n        if node.grad is None:\n            continue\n", "            parent.grad = share if parent.grad is None else parent.grad + share": "            if not isinstance(share, torch.Tensor) and share == 0:\n                continue\n            parent.grad = share if parent.grad is None else parent.grad + share"},
    hint="A share of 0 is left out, so a node may be left without a gradient. 0 is a gradient like any other.",
)
def shares_of_zero_left_out(): ...


@mistake(
    "backward",
    edit={"        node.grad = None": "        node.grad = torch.zeros(getattr(node.value, \"shape\", ()))"},
    hint="Every gradient starts as a tensor of float32 zeros. Where the value is a plain float its gradient is one too, and a tensor's has its own dtype.",
)
def zeros_of_the_default_kind(): ...


@mistake(
    "backward",
    edit={"            parent.grad = share if parent.grad is None else parent.grad + share": "            if parent.grad is share:\n                continue\n            parent.grad = share if parent.grad is None else parent.grad + share"},
    hint="A share that is the same object as the one before is left out. In x + x both shares are one and the same, and both count.",
)
def equal_share_taken_for_a_repeat(): ...


@mistake(
    "backward",
    edit={"        node.grad = None": "        if node.parents:\n            node.grad = None"},
    hint="The inputs aren't cleared, so they gather over several calls, as in PyTorch. Here gradients of earlier calls don't count.",
)
def only_inner_nodes_cleared(): ...


@mistake(
    "backward",
    edit={"in order:\n        node.grad": "in order[:-1]:\n        node.grad", "    root.grad = (\n        torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0\n    )\n": "    one = torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0\n    root.grad = one if root.grad is None else root.grad + one\n"},
    hint="The root isn't cleared: what an earlier call left in it still counts. Its gradient is 1, whatever stood there.",
)
def root_adds_to_what_it_had(): ...


@mistake(
    "backward",
    edit={"in order:\n        node.grad": "in order[:-1]:\n        node.grad", "    root.grad = (\n        torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0\n    )\n": "    if root.grad is None:\n        root.grad = torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0\n"},
    hint="The root isn't cleared: what an earlier call left in it still counts. Its gradient is 1, whatever stood there.",
)
def root_set_only_where_empty(): ...


@right("backward")
def with_zeros_first(root):
    nodes = topological_order(root)
    for node in nodes:
        node.grad = torch.zeros_like(node.value) if torch.is_tensor(node.value) else 0.0
    root.grad = root.grad + 1.0
    nodes.reverse()
    for node in nodes:
        shares = node.gate(node.grad)
        for i in range(len(node.parents)):
            node.parents[i].grad = node.parents[i].grad + shares[i]


@right("backward")
def gathering_in_a_dictionary(root):
    total = {root: torch.ones_like(root.value) if isinstance(root.value, torch.Tensor) else 1.0}
    for node in topological_order(root)[::-1]:
        node.grad = total[node]
        for parent, share in zip(node.parents, node.gate(node.grad)):
            total[parent] = total[parent] + share if parent in total else share


@right("backward")
def by_counting_what_is_still_to_come(root):
    missing, stack, seen = {}, [root], {root}
    while stack:
        for parent in stack.pop().parents:
            missing[parent] = missing.get(parent, 0) + 1
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    shares = {node: [] for node in seen}
    shares[root] = [root.value * 0 + 1.0]
    ready = [root]
    while ready:
        node = ready.pop()
        node.grad = sum(shares[node][1:], shares[node][0])
        for parent, share in zip(node.parents, node.gate(node.grad)):
            shares[parent].append(share)
            missing[parent] -= 1
            if missing[parent] == 0:
                ready.append(parent)


@right("backward")
def without_the_gates_of_inputs(root):
    *before, last = topological_order(root)
    for node in before:
        node.grad = None
    last.grad = torch.ones_like(root.value) if torch.is_tensor(root.value) else 1.0
    for node in [last, *reversed(before)]:
        if node.parents:
            for parent, share in zip(node.parents, node.gate(node.grad)):
                parent.grad = share if parent.grad is None else parent.grad + share
