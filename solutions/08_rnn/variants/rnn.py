"""What students write in rnn: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# The reference, by a name that stays while a variant stands in its place.
solved_rnn_backward = rnn_backward
solved_truncated_bptt = truncated_bptt

# rnn_step_forward


@right("rnn_step_forward")
def with_linear(x, state, params):
    w_ih, w_hh, b_ih, b_hh = params
    return torch.tanh(F.linear(x, w_ih, b_ih) + F.linear(state, w_hh, b_hh))


@right("rnn_step_forward")
def one_matrix_for_both(x, state, params):
    both = torch.cat([x, state], dim=1)
    weights = torch.cat([params[0], params[1]], dim=1)
    return torch.tanh(both @ weights.T + params[2] + params[3])


@right("rnn_step_forward")
def columns_and_back(x, state, params):
    w_ih, w_hh, b_ih, b_hh = params
    inside = w_ih @ x.T + w_hh @ state.T + (b_ih + b_hh).unsqueeze(1)
    return torch.tanh(inside).T


@right("rnn_step_forward")
def by_einsum_and_exponentials(x, state, params):
    w_ih, w_hh, b_ih, b_hh = params
    a = torch.einsum("nd,hd->nh", x, w_ih) + torch.einsum("nk,hk->nh", state, w_hh) + b_ih + b_hh
    return 2 / (1 + torch.exp(-2 * a)) - 1


@mistake("rnn_step_forward", edit={" + bias_hh": ""}, hint="One of the two biases is left out: that of the recurrent part.")
def without_bias_hh(): ...


@mistake("rnn_step_forward", edit={" + bias_ih": ""}, hint="One of the two biases is left out: that of the part that reads x.")
def without_bias_ih(): ...


@mistake("rnn_step_forward", edit={" + bias_hh": " + bias_ih"}, hint="The same bias is added twice. Each part has its own.")
def bias_ih_twice(): ...


@mistake("rnn_step_forward", edit={"state @ weight_hh.T": "state @ weight_hh"}, hint="The recurrent matrix is the wrong way round. It is square, so both ways run: which axis of it belongs to the old state?")
def recurrent_not_transposed(): ...


@mistake("rnn_step_forward", edit={"x @ weight_ih.T": "x @ weight_ih.reshape(x.shape[1], -1)"}, hint="A reshape gives weight_ih the shape that fits, and puts its numbers in the wrong places. Exchange its axes.")
def input_matrix_reshaped(): ...


@mistake("rnn_step_forward", edit={"x @ weight_ih.T": "x @ weight_ih"}, hint="weight_ih has a row for each number of the state. As it stands it doesn't fit behind x, and where it is square it gives something else.")
def input_not_transposed(): ...


@mistake("rnn_step_forward", edit={"torch.tanh(x @ weight_ih.T + bias_ih + state @ weight_hh.T + bias_hh)": "x @ weight_ih.T + bias_ih + state @ weight_hh.T + bias_hh"}, hint="There is no nonlinearity: the sum comes back as it is.")
def no_tanh(): ...


@mistake("rnn_step_forward", edit={"torch.tanh": "torch.sigmoid"}, hint="This is a sigmoid: the state lies between 0 and 1. It may be negative.")
def sigmoid(): ...


@mistake("rnn_step_forward", edit={"torch.tanh": "torch.relu"}, hint="This is a ReLU. The step of this notebook has a tanh.")
def relu(): ...


@mistake("rnn_step_forward", edit={"torch.tanh(x @ weight_ih.T + bias_ih + state @ weight_hh.T + bias_hh)": "torch.tanh(x @ weight_ih.T + bias_ih) + torch.tanh(state @ weight_hh.T + bias_hh)"}, hint="Each part has a tanh of its own here. Both are added first.")
def a_tanh_for_each(): ...


@mistake("rnn_step_forward", edit={"torch.tanh(x @ weight_ih.T + bias_ih + state @ weight_hh.T + bias_hh)": "torch.tanh(x @ weight_ih.T + bias_ih) + state @ weight_hh.T + bias_hh"}, hint="The recurrent part is added behind the tanh. It belongs inside.")
def recurrence_outside(): ...


@mistake("rnn_step_forward", edit={"torch.tanh(x": "state + torch.tanh(x"}, hint="The old state is added to the new one, as in a residual block. Here the new state replaces the old.")
def residual(): ...


@mistake("rnn_step_forward", edit={" + state @ weight_hh.T": ""}, hint="The old state has no part in the new one.")
def forgets_the_state(): ...


@mistake("rnn_step_forward", edit={"weight_ih, weight_hh, bias_ih, bias_hh = params": "weight_hh, weight_ih, bias_ih, bias_hh = params"}, hint="The two matrices are taken out of params in the wrong order: weight_ih comes first.")
def matrices_exchanged(): ...


@mistake("rnn_step_forward", edit={"weight_ih, weight_hh, bias_ih, bias_hh = params": "weight_ih, bias_ih, weight_hh, bias_hh = params"}, hint="The parameters are taken in another order than that of the docstring: both matrices come first.")
def parameters_in_pairs(): ...


# rnn_step_backward

AVERAGED = "The gradients of the parameters are averaged over the batch. A mean, where there is one, is in the gradient that came in."


@right("rnn_step_backward")
def by_einsum(grad_state, cache):
    x, before, after, params = cache
    inside = grad_state - grad_state * after * after
    grad_ih = torch.einsum("nh,nd->hd", inside, x)
    grad_hh = torch.einsum("nh,nk->hk", inside, before)
    bias = torch.einsum("nh->h", inside)
    grad_x = torch.einsum("nh,hd->nd", inside, params[0])
    grad_before = torch.einsum("nh,hk->nk", inside, params[1])
    return grad_x, grad_before, (grad_ih, grad_hh, bias, bias)


@right("rnn_step_backward")
def transposed_products(grad_state, cache):
    x, before, after, (w_ih, w_hh, b_ih, b_hh) = cache
    d = grad_state * (1 - after) * (1 + after)
    dw_ih = (x.T @ d).T
    dw_hh = (before.T @ d).T
    db = torch.ones(len(d), dtype=d.dtype, device=d.device) @ d
    return (w_ih.T @ d.T).T, (w_hh.T @ d.T).T, (dw_ih, dw_hh, db, db.clone())


@right("rnn_step_backward")
def outer_products_of_rows(grad_state, cache):
    x, before, after, (w_ih, w_hh, _, _) = cache
    delta = grad_state * (1 - after**2)
    g_ih = (delta[:, :, None] * x[:, None, :]).sum(dim=0)
    g_hh = (delta[:, :, None] * before[:, None, :]).sum(dim=0)
    g_b = delta.sum(0)
    return torch.matmul(delta, w_ih), torch.matmul(delta, w_hh), (g_ih, g_hh, g_b, g_b.clone())


@right("rnn_step_backward")
def tanh_computed_anew(grad_state, cache):
    x, before, _, params = cache
    joined = torch.cat([x, before], dim=1)
    matrix = torch.cat(params[:2], dim=1)
    delta = grad_state / torch.cosh(joined @ matrix.T + params[2] + params[3]) ** 2
    back = delta @ matrix
    grads = delta.T @ joined
    dim = x.shape[1]
    bias = delta.sum(dim=0)
    return back[:, :dim], back[:, dim:], [grads[:, :dim], grads[:, dim:], bias, bias]


@mistake("rnn_step_backward", edit={"1 - after.square()": "1 - before.square()"}, hint="The slope is made of the state before the step. Which number did the tanh give?")
def slope_of_the_state_before(): ...


@mistake("rnn_step_backward", edit={"1 - after.square()": "1 - after.tanh().square()"}, hint="A tanh is taken of the state, which is a tanh already: the slope follows from it as it stands.")
def tanh_twice(): ...


@mistake("rnn_step_backward", edit={"(1 - after.square())": "after * (1 - after)"}, hint="This is the slope of a sigmoid.")
def slope_of_a_sigmoid(): ...


@mistake("rnn_step_backward", edit={"1 - after.square()": "1 - after"}, hint="The slope of tanh needs a square: where the state is -1, it is 0 too.")
def slope_without_square(): ...


@mistake("rnn_step_backward", edit={"delta = grad_state * (1 - after.square())": "delta = grad_state"}, hint="What goes back to x and to the state before lacks the slope of the tanh.")
def no_slope(): ...


@mistake("rnn_step_backward", edit={"1 - after.square()": "1 + after.square()"}, hint="The slope of tanh is never above 1: look at a sign.")
def slope_with_a_plus(): ...


@mistake("rnn_step_backward", edit={"delta @ weight_hh, grad_params": "delta @ weight_hh.T, grad_params"}, hint="The gradient of the state before goes through weight_hh the wrong way round. The matrix is square, so both ways run.")
def recurrent_transposed_back(): ...


@mistake("rnn_step_backward", edit={"delta.T @ before": "before.T @ delta"}, hint="The gradient of weight_hh is transposed. Its rows belong to the new state, its columns to the old.")
def grad_hh_transposed(): ...


@mistake("rnn_step_backward", edit={"delta.T @ x": "x.T @ delta"}, hint="The gradient of weight_ih is transposed: it has the shape of weight_ih, a row for each number of the state.")
def grad_ih_transposed(): ...


@mistake("rnn_step_backward", edit={"delta.T @ before": "delta.T @ after"}, hint="weight_hh was multiplied by the state before the step, and its gradient is made with that one.")
def grad_hh_of_after(): ...


@mistake("rnn_step_backward", edit={"delta.sum(dim=0)": "delta.mean(dim=0)", "delta.T @ x, delta.T @ before": "delta.T @ x / len(x), delta.T @ before / len(x)"}, hint=AVERAGED)
def mean_over_the_batch(): ...


@mistake("rnn_step_backward", edit={"delta.sum(dim=0)": "delta.mean(dim=0)"}, hint="The gradients of the biases are means over the batch. A bias counts for every sequence: the gradients add up.")
def mean_for_the_biases(): ...


@mistake("rnn_step_backward", edit={"delta.sum(dim=0)": "delta.clone()"}, hint="The gradient of a bias has the bias's shape: one number for each of the state, not one for each sequence.")
def biases_not_summed(): ...


@mistake("rnn_step_backward", edit={"delta.sum(dim=0)": "delta.sum(dim=1)"}, hint="The gradient of a bias is summed over the numbers of the state. Over which axis was it spread?")
def biases_summed_along_the_state(): ...


@mistake("rnn_step_backward", edit={"delta.T @ x, delta.T @ before": "grad_state.T @ x, grad_state.T @ before"}, hint="The matrices' gradients lack the slope of the tanh.")
def matrices_without_slope(): ...


@mistake("rnn_step_backward", edit={"grad_bias = delta.sum(dim=0)": "grad_bias = grad_state.sum(dim=0)"}, hint="The biases stand inside the tanh: their gradients need its slope.")
def biases_without_slope(): ...


@mistake("rnn_step_backward", edit={"grad_bias, grad_bias.clone()": "grad_bias, torch.zeros_like(grad_bias)"}, hint="The second bias has a gradient too: it was added to the same sum as the first.")
def one_bias_forgotten(): ...


@mistake("rnn_step_backward", edit={"grad_bias, grad_bias.clone()": "grad_bias / 2, grad_bias / 2"}, hint="The two biases share one gradient here. Each of them, moved alone, moves the sum by as much.")
def bias_gradient_halved(): ...


@mistake("rnn_step_backward", edit={"return delta @ weight_ih, delta @ weight_hh": "return delta @ weight_hh, delta @ weight_ih"}, hint="The gradients of x and of the state before have changed places.")
def state_first(): ...


@mistake("rnn_step_backward", edit={"delta.T @ x, delta.T @ before": "delta.T @ before, delta.T @ x"}, hint="The gradients of the two matrices have changed places.")
def matrices_exchanged_back(): ...


# rnn_forward

ZEROS_AT_THE_END = "The last state of a sequence that is over comes back as 0. It is that after the sequence's own last step."
READS_ON = "The lengths are ignored: short sequences are read on through their padding."


@right("rnn_forward")
def into_an_empty_tensor(x, state, params, lengths=None):
    num, steps, _ = x.shape
    if lengths is None:
        lengths = torch.full((num,), steps, device=x.device)
    states = x.new_zeros(num, steps, state.shape[1])
    h = state.clone()
    for t in range(steps):
        new = rnn_step_forward(x[:, t], h, params)
        over = (lengths <= t).unsqueeze(1)
        h = h.where(over, new)
        states[:, t] = new.masked_fill(over, 0)
    return states, h


@right("rnn_forward")
def last_state_by_gather(x, state, params, lengths=None):
    h, rows = state, []
    for piece in x.unbind(dim=1):
        h = rnn_step_forward(piece, h, params)
        rows.append(h)
    states = torch.stack(rows, 1)
    if lengths is None:
        return states, h
    alive = torch.arange(x.shape[1], device=x.device) < lengths[:, None]
    with_first = torch.cat([state[:, None], states], dim=1)
    last = with_first[torch.arange(len(x), device=x.device), lengths]
    return states * alive[:, :, None], last


@right("rnn_forward")
def inputs_read_at_once(x, state, params, lengths=None):
    w_ih, w_hh, b_ih, b_hh = params
    read = x @ w_ih.T + (b_ih + b_hh)
    mask = None
    if lengths is not None:
        mask = (torch.arange(x.shape[1], device=x.device)[None] < lengths[:, None]).to(x.dtype)
    out = []
    for t in range(x.shape[1]):
        new = torch.tanh(read[:, t] + state @ w_hh.T)
        if mask is None:
            state = new
            out.append(new)
        else:
            m = mask[:, t : t + 1]
            state = m * new + (1 - m) * state
            out.append(m * new)
    return torch.stack(out, dim=1), state


@right("rnn_forward")
def time_first_inside(x, state, params, lengths=None):
    states = []
    for t, row in enumerate(x.transpose(0, 1)):
        after = rnn_step_forward(row, state, params)
        if lengths is not None:
            over = t >= lengths
            after = after.clone()
            after[over] = state[over]
        state = after
        states.append(state)
    states = torch.stack(states).transpose(0, 1)
    if lengths is not None:
        padding = torch.arange(x.shape[1], device=x.device)[None, :] >= lengths[:, None]
        states = states.masked_fill(padding[..., None], 0.0)
    return states, state


@right("rnn_forward")
def up_to_the_longest(x, state, params, lengths=None):
    num, steps, _ = x.shape
    longest = steps if lengths is None else int(lengths.max().item())
    states = torch.zeros(num, steps, state.shape[-1], dtype=x.dtype, device=x.device)
    for t in range(longest):
        after = rnn_step_forward(x[:, t], state, params)
        if lengths is not None:
            alive = (lengths > t)[:, None].expand_as(after)
            states[:, t] = torch.where(alive, after, torch.zeros_like(after))
            state = torch.where(alive, after, state)
        else:
            states[:, t] = state = after
    return states, state


@right("rnn_forward")
def sorted_by_length(x, state, params, lengths=None):
    num, steps, _ = x.shape
    if lengths is None:
        lengths = torch.full([num], steps, device=x.device)
    order = torch.argsort(lengths, descending=True, stable=True)
    back = torch.argsort(order)
    x, h, counts = x[order], state[order].clone(), (lengths[:, None] > torch.arange(steps, device=x.device)).sum(0)
    states = x.new_zeros(num, steps, state.shape[1])
    for t, count in enumerate(counts.tolist()):
        h[:count] = rnn_step_forward(x[:count, t], h[:count], params)
        states[:count, t] = h[:count]
    return states[back], h[back]


@mistake("rnn_forward", edit={"if lengths is None:": "if True:"}, hint=READS_ON)
def ignores_the_lengths(): ...


@mistake("rnn_forward", edit={"after * reading": "torch.where(reading, after, state)"}, hint="At padded steps the states hold what was carried on. They are to be 0 there.")
def carried_states_are_shown(): ...


@mistake("rnn_forward", edit={", after * reading": ", after"}, hint="At padded steps the states hold what the step made of the padding. They are to be 0 there.")
def states_of_the_padding_are_shown(): ...


@mistake("rnn_forward", edit={"torch.where(reading, after, state)": "after * reading"}, hint=ZEROS_AT_THE_END)
def state_lost_at_the_end(): ...


@mistake("rnn_forward", edit={"torch.where(reading, after, state)": "after"}, hint="The states at padded steps are 0, and yet the state itself goes on through the padding: the last one is not that of the sequence's own end.")
def state_goes_on(): ...


@mistake("rnn_forward", edit={"t < lengths": "t <= lengths"}, hint="Each sequence is read one step too far: steps are counted from 0.")
def one_step_too_far(): ...


@mistake("rnn_forward", edit={"t < lengths": "t + 1 < lengths"}, hint="Each sequence stops one step too early: steps are counted from 0.")
def one_step_too_few(): ...


@mistake("rnn_forward", edit={"torch.stack(states, dim=1)": "torch.stack(states)"}, hint="The states come with the steps first, (T, N, H). The batch stands first here.")
def steps_first(): ...


@mistake("rnn_forward", edit={"torch.stack(states, dim=1)": "torch.stack(states, dim=2)"}, hint="The steps stand last in the states, (N, H, T). They belong in the middle.")
def steps_last(): ...


@mistake("rnn_forward", edit={"torch.stack(states, dim=1)": "torch.stack(states).reshape(len(x), x.shape[1], -1)"}, hint="A reshape exchanges no axes: the states of several sequences are mixed.")
def stacked_and_reshaped(): ...


@mistake("rnn_forward", edit={"states = []": "states, state = [], torch.zeros_like(state)"}, hint="The first state is taken to be zero. It is given.")
def starts_from_zero(): ...


@mistake("rnn_forward", edit={"states = []": "states, first = [], state", "rnn_step_forward(x[:, t], state, params)": "rnn_step_forward(x[:, t], first, params)"}, hint="Every step starts from the first state: nothing is carried from step to step.")
def nothing_is_carried(): ...


@mistake("rnn_forward", edit={"range(x.shape[1])": "reversed(range(x.shape[1]))"}, hint="The sequences are read from the end.")
def read_backwards(): ...


@mistake("rnn_forward", edit={"states.append(shown)": "states.append(shown)\n    states = [torch.zeros_like(state), *states[:-1]]"}, hint="The states are one step late: at each step stands the state before it.")
def states_one_step_late(): ...


@mistake("rnn_forward", edit={"dim=1), state": "dim=1), state[None]"}, hint="The last states have one dimension too many, as with nn.RNN. (N, H) is asked for.")
def with_a_dimension_for_layers(): ...


@mistake("rnn_forward", edit={"return torch.stack(states, dim=1), state": "return torch.stack(states, dim=1)"}, hint="Only the states come back. Two answers are asked for, in a tuple.")
def states_only(): ...


@mistake("rnn_forward", hint="A sequence of length 0 has no last step to take a state from. With which state does it end?")
def last_by_index(x, state, params, lengths=None):
    states, first = [], state
    for t in range(x.shape[1]):
        first = rnn_step_forward(x[:, t], first, params)
        states.append(first)
    states = torch.stack(states, dim=1)
    if lengths is None:
        return states, first
    alive = torch.arange(x.shape[1], device=x.device) < lengths[:, None]
    states = states * alive[:, :, None]
    return states, states[torch.arange(len(x), device=x.device), lengths - 1]


@mistake("rnn_forward", hint="The padding is set to 0, and then it is read. A step with x = 0 still rewrites the state.")
def padding_set_to_zero(x, state, params, lengths=None):
    if lengths is not None:
        x = x * (torch.arange(x.shape[1], device=x.device) < lengths[:, None])[:, :, None]
    states = []
    for t in range(x.shape[1]):
        state = rnn_step_forward(x[:, t], state, params)
        states.append(state)
    return torch.stack(states, dim=1), state


@mistake("rnn_forward", hint="All sequences stop where the longest, or the first, stops. Each has its own length.")
def one_length_for_all(x, state, params, lengths=None):
    states = []
    for t in range(x.shape[1]):
        after = rnn_step_forward(x[:, t], state, params)
        if lengths is not None and t >= lengths.max():
            states.append(torch.zeros_like(after))
            continue
        state = after
        states.append(after)
    return torch.stack(states, dim=1), state


@mistake("rnn_forward", hint="The states have fewer than T steps where no sequence fills them all. Padded steps are there too, as zeros.")
def stops_at_the_longest(x, state, params, lengths=None):
    states = []
    for t in range(x.shape[1] if lengths is None else int(lengths.max())):
        after = rnn_step_forward(x[:, t], state, params)
        reading = torch.ones_like(after[:, :1], dtype=torch.bool) if lengths is None else (t < lengths)[:, None]
        state = torch.where(reading, after, state)
        states.append(after * reading)
    return torch.stack(states, dim=1), state


# rnn_backward

MEAN_OVER_STEPS = "The gradients of the parameters are divided by the number of steps. All steps share the parameters: their gradients add up."


@right("rnn_backward")
def all_deltas_first(grad_states, grad_last, cache, lengths=None):
    x, first, states, (w_ih, w_hh, b_ih, b_hh) = cache
    steps = x.shape[1]
    alive = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
    if lengths is not None:
        alive = torch.arange(steps, device=x.device) < lengths[:, None]
    slopes = (1 - states.square()) * alive[:, :, None]
    deltas, carried = [None] * steps, grad_last
    for t in range(steps - 1, -1, -1):
        deltas[t] = (grad_states[:, t] + carried) * slopes[:, t]
        carried = deltas[t] @ w_hh + carried * ~alive[:, t, None]
    deltas = torch.stack(deltas, dim=1)
    before = torch.cat([first[:, None], states[:, :-1]], dim=1)
    grad_ih = torch.einsum("nth,ntd->hd", deltas, x)
    grad_hh = torch.einsum("nth,ntk->hk", deltas, before)
    bias = deltas.sum(dim=(0, 1))
    return deltas @ w_ih, carried, (grad_ih, grad_hh, bias, bias.clone())


@right("rnn_backward")
def with_lists_of_gradients(grad_states, grad_last, cache, lengths=None):
    x, first, states, params = cache
    num, steps, _ = x.shape
    if lengths is None:
        lengths = torch.full((num,), steps, device=x.device)
    befores = [first, *states.unbind(dim=1)]
    going, grad_x = grad_last.clone(), []
    sums = None
    for t in range(steps - 1, -1, -1):
        mask = (lengths > t).to(x.dtype).unsqueeze(1)
        arriving = mask * (going + grad_states[:, t])
        gx, gh, gp = rnn_step_backward(arriving, (x[:, t], befores[t], befores[t + 1], params))
        grad_x.insert(0, gx)
        going = gh + (1 - mask) * going
        sums = gp if sums is None else tuple(a + b for a, b in zip(sums, gp, strict=True))
    return torch.stack(grad_x, dim=1), going, sums


@right("rnn_backward")
def last_put_into_its_own_step(grad_states, grad_last, cache, lengths=None):
    x, first, states, params = cache
    num, steps, width = states.shape
    ends = torch.full((num,), steps, device=x.device) if lengths is None else lengths
    inside = torch.arange(steps, device=x.device) < ends[:, None]
    above = grad_states * inside[:, :, None]
    final = torch.arange(steps, device=x.device) == (ends - 1)[:, None]
    above = above + final[:, :, None] * grad_last[:, None]
    total = [torch.zeros_like(p) for p in params]
    back, grad_x = torch.zeros_like(grad_last), torch.zeros_like(x)
    for t in range(steps)[::-1]:
        previous = first if t == 0 else states[:, t - 1]
        delta = (above[:, t] + back) * (1 - states[:, t] ** 2) * inside[:, t, None]
        total[0] = total[0] + delta.T @ x[:, t]
        total[1] = total[1] + delta.T @ previous
        total[2] = total[2] + delta.sum(0)
        grad_x[:, t] = delta @ params[0]
        back = delta @ params[1]
    total[3] = total[2].clone()
    return grad_x, torch.where((ends == 0)[:, None], grad_last, back), tuple(total)


@mistake("rnn_backward", edit={"carried, grad_x = grad_last": "carried, grad_x = torch.zeros_like(grad_last)"}, hint="The gradient of the last states is left out.")
def without_grad_last(): ...


@mistake("rnn_backward", edit={"(carried + grad_states[:, t])": "carried"}, hint="The gradients of the states at the single steps are left out. A state has two readers.")
def without_grad_states(): ...


@mistake("rnn_backward", edit={"(carried + grad_states[:, t])": "grad_states[:, t]"}, hint="What comes from the next step is left out: each step is treated as if it were alone.")
def nothing_from_the_next_step(): ...


@mistake("rnn_backward", edit={"(carried + grad_states[:, t])": "(carried + grad_states[:, t] + (grad_last if t + 1 < x.shape[1] else 0))"}, hint="The gradient of the last states is added at every step. It comes in once, at the end.")
def grad_last_at_every_step(): ...


@mistake("rnn_backward", edit={"total + grad for": "grad for"}, hint="Only one step's gradients of the parameters come back. All steps share the parameters.")
def only_the_first_step_counts(): ...


@mistake("rnn_backward", edit={"reversed(range(x.shape[1]))": "range(x.shape[1])"}, hint="The steps are gone through from the first to the last. A gradient comes from the end.")
def from_the_first_step(): ...


@mistake("rnn_backward", edit={"states[:, t - 1] if t else first": "states[:, t]"}, hint="The state before a step is taken to be that after it. That makes the gradient of weight_hh wrong.")
def before_is_after(): ...


@mistake("rnn_backward", edit={"states[:, t - 1] if t else first": "states[:, t - 1]"}, hint="Before step 0 stands the first state. An index of -1 takes the state at the end.")
def before_the_first_is_the_last(): ...


@mistake("rnn_backward", edit={"states[:, t - 1] if t else first": "states[:, t - 1] if t else torch.zeros_like(first)"}, hint="The first state is taken to be zero in the gradient of weight_hh. It is in the cache.")
def first_state_is_zero(): ...


@mistake("rnn_backward", edit={"states[:, t - 1] if t else first": "first"}, hint="The first state stands before every step here. Before step t stands the state of step t - 1.")
def always_the_first_state(): ...


@mistake("rnn_backward", edit={"if lengths is not None:": "if False:"}, hint="The lengths are ignored on the way back: gradients run through steps that were never made.")
def ignores_lengths_on_the_way_back(): ...


@mistake("rnn_backward", edit={"torch.where(reading, grad_before, carried)": "grad_before"}, hint="At a padded step the gradient that comes from later is lost. The state passed by unchanged there, and so does its gradient.")
def carried_is_lost_in_the_padding(): ...


@mistake("rnn_backward", edit={"torch.where(reading, grad_before, carried)": "torch.where(reading, grad_before, carried + grad_states[:, t])"}, hint="The gradients of the states at padded steps are carried back. What stands there is a constant.")
def padding_counts(): ...


@mistake("rnn_backward", edit={"(carried + grad_states[:, t]) * reading": "carried + grad_states[:, t]"}, hint="A padded step still gives gradients to x and to the parameters. Nothing was computed there.")
def padded_steps_give_gradients(): ...


@mistake("rnn_backward", edit={"t < lengths": "t <= lengths"}, hint="Each sequence begins its way back one step too late in time: steps are counted from 0.")
def way_back_one_step_too_far(): ...


@mistake("rnn_backward", edit={"t < lengths": "t + 1 < lengths"}, hint="Each sequence's own last step is left out on the way back: steps are counted from 0.")
def way_back_one_step_too_short(): ...


@mistake("rnn_backward", edit={"tuple(totals)": "tuple(total / x.shape[1] for total in totals)"}, hint=MEAN_OVER_STEPS)
def mean_over_the_steps(): ...


@mistake("rnn_backward", edit={"tuple(totals)": "tuple(total / len(x) for total in totals)"}, hint="The gradients of the parameters are averaged over the sequences. A mean, where there is one, is in the gradient that came in.")
def mean_over_the_sequences(): ...


@mistake("rnn_backward", edit={"return grad_x, carried": "return grad_x, given"}, hint="The gradient of the first state stops behind step 0: it has to go through that step too.")
def first_state_behind_the_step(): ...


@mistake("rnn_backward", edit={"given = (carried + grad_states[:, t]) * reading": "given = carried * reading", "torch.where(reading, grad_before, carried)": "torch.where(reading, grad_before + grad_states[:, t], carried)"}, hint="The gradient of each state is added one step late: it has to go through the tanh of its own step.")
def added_one_step_late(): ...


@mistake("rnn_backward", edit={"reversed(range(x.shape[1]))": "reversed(range(1, x.shape[1]))"}, hint="Step 0 is left out on the way back.")
def without_step_0(): ...


@mistake("rnn_backward", edit={"grad_x[:, t], grad_before": "grad_x[:, -1 - t], grad_before"}, hint="The gradients of x stand in reverse order: the loop runs backwards, the answer doesn't.")
def grad_x_reversed(): ...


@mistake("rnn_backward", edit={"carried, tuple(totals)": "torch.zeros_like(carried), tuple(totals)"}, hint="The first states get no gradient. They are given from outside, and somebody may want to know it.")
def no_gradient_for_the_first_state(): ...


@mistake("rnn_backward", edit={"(carried + grad_states[:, t]) * reading": "(carried + grad_states[:, t]) * reading * (1 - states[:, t].square())"}, hint="The slope of the tanh is applied twice: the step's own way back has it already.")
def slope_twice(): ...


# truncated_bptt

OUTPUTS_SUMMED = "The mean is over sequences and steps, and the outputs are summed. It is over all numbers."


@right("truncated_bptt")
def chunks_by_split(x, y, state, params, readout, steps, learning_rate):
    numbers, losses = [*params, *readout], []
    for part, target in zip(torch.split(x, steps, dim=1), torch.split(y, steps, dim=1), strict=True):
        *own, matrix, bias = numbers
        states, last = rnn_forward(part, state, tuple(own))
        difference = torch.einsum("nth,mh->ntm", states, matrix) + bias - target
        losses.append((difference**2).mean())
        upstream = 2 * difference / difference.numel()
        grads = list(rnn_backward(upstream @ matrix, 0 * last, (part, state, states, tuple(own)))[2])
        grads.append(torch.einsum("ntm,nth->mh", upstream, states))
        grads.append(upstream.sum(dim=(0, 1)))
        numbers = [number - learning_rate * grad for number, grad in zip(numbers, grads, strict=True)]
        state = last
    return torch.stack(losses), state, tuple(numbers[:4]), tuple(numbers[4:])


@right("truncated_bptt")
def steps_written_out(x, y, state, params, readout, steps, learning_rate):
    w_ih, w_hh, b_ih, b_hh = (p.clone() for p in params)
    w, b = (p.clone() for p in readout)
    losses, start, num, total = [], 0, len(x), x.shape[1]
    while start < total:
        end = min(start + steps, total)
        hs = [state]
        for t in range(start, end):
            hs.append(torch.tanh(x[:, t] @ w_ih.T + b_ih + hs[-1] @ w_hh.T + b_hh))
        errors = [h @ w.T + b - y[:, start + k] for k, h in enumerate(hs[1:])]
        count = num * (end - start) * y.shape[2]
        losses.append(sum((e**2).sum() for e in errors) / count)
        dw, db = torch.zeros_like(w), torch.zeros_like(b)
        dw_ih, dw_hh, db_h, back = torch.zeros_like(w_ih), torch.zeros_like(w_hh), torch.zeros_like(b_ih), 0
        for k in range(end - start, 0, -1):
            g = 2 * errors[k - 1] / count
            dw += g.T @ hs[k]
            db += g.sum(0)
            delta = (g @ w + back) * (1 - hs[k] ** 2)
            dw_ih += delta.T @ x[:, start + k - 1]
            dw_hh += delta.T @ hs[k - 1]
            db_h += delta.sum(0)
            back = delta @ w_hh
        w_ih, w_hh = w_ih - learning_rate * dw_ih, w_hh - learning_rate * dw_hh
        b_ih, b_hh = b_ih - learning_rate * db_h, b_hh - learning_rate * db_h
        w, b = w - learning_rate * dw, b - learning_rate * db
        state, start = hs[-1], end
    return torch.stack(losses), state, (w_ih, w_hh, b_ih, b_hh), (w, b)


@right("truncated_bptt")
def rows_of_all_steps(x, y, state, params, readout, steps, learning_rate):
    num_chunks = math.ceil(x.shape[1] / steps)
    losses = torch.zeros(num_chunks, dtype=x.dtype, device=x.device)
    for chunk in range(num_chunks):
        here = slice(chunk * steps, (chunk + 1) * steps)
        states, last = rnn_forward(x[:, here], state, params)
        rows = states.reshape(-1, states.shape[2])
        wrong = F.linear(rows, *readout) - y[:, here].reshape(len(rows), -1)
        losses[chunk] = (wrong * wrong).mean()
        g = wrong / wrong.numel() * 2
        above = (g @ readout[0]).reshape(states.shape)
        _, _, grads = rnn_backward(above, torch.zeros_like(state), (x[:, here], state, states, params))
        readout = readout[0] - learning_rate * (g.T @ rows), readout[1] - learning_rate * g.sum(dim=0)
        params = tuple(torch.sub(p, d, alpha=learning_rate) for p, d in zip(params, grads, strict=True))
        state = last
    return losses, state, params, readout


@right("truncated_bptt")
@torch.no_grad()
def detached_all_the_same(x, y, state, params, readout, steps, learning_rate):
    params, readout, losses = [p.detach().clone() for p in params], [p.detach().clone() for p in readout], []
    h = state.detach()
    for i in range(0, x.size(1), steps):
        xs, ys = x[:, i : i + steps], y[:, i : i + steps]
        states, h_next = rnn_forward(xs, h, tuple(params), None)
        out = torch.matmul(states, readout[0].t()) + readout[1]
        losses.append(F.mse_loss(out, ys))
        d_out = 2.0 * (out - ys) / out.numel()
        d_states = torch.matmul(d_out, readout[0])
        _, _, d_params = rnn_backward(d_states, torch.zeros_like(h), (xs, h, states, tuple(params)))
        d_readout = torch.einsum("ntm,nth->mh", d_out, states), d_out.sum((0, 1))
        for own, grad in zip(params + readout, (*d_params, *d_readout), strict=True):
            own.sub_(learning_rate * grad)
        h = h_next.detach()
    return torch.stack(losses), h, tuple(params), tuple(readout)


@mistake("truncated_bptt", edit={"losses = []": "losses, given = [], state", "state = last": "state, out = given, last", "torch.stack(losses), state": "torch.stack(losses), out"}, hint="Each chunk starts from the state that was given at the beginning. Forwards nothing is cut: it goes on from where the last one ended.")
def each_chunk_from_the_given_state(): ...


@mistake("truncated_bptt", edit={"state = last": "state, out = torch.zeros_like(last), last", "torch.stack(losses), state": "torch.stack(losses), out"}, hint="Each chunk after the first starts from zeros. Truncation cuts the gradient, and not the state.")
def state_reset_to_zero(): ...


@mistake("truncated_bptt", edit={"state = last": "state = rnn_forward(part, state, params)[1]"}, hint="The chunk is read once more with the new weights for the state that goes on. The one that was computed before the step is asked for.")
def state_of_the_new_weights(): ...


@mistake("truncated_bptt", edit={"state = last": "state = states[:, 0]"}, hint="What goes on to the next chunk is the chunk's first state, and not its last.")
def first_state_of_the_chunk_goes_on(): ...


@mistake("truncated_bptt", edit={"error.square().mean()": "error.square().sum()", "2 / error.numel()": "2"}, hint="The loss of a chunk is a sum here. It is the mean over all its numbers.")
def sums(): ...


@mistake("truncated_bptt", edit={"error.square().mean()": "error.square().sum(dim=2).mean()", "2 / error.numel()": "2 / (error.shape[0] * error.shape[1])"}, hint=OUTPUTS_SUMMED)
def mean_of_the_squared_lengths(): ...


@mistake("truncated_bptt", edit={"error.square().mean()": "error.square().sum() / (len(x) * steps * y.shape[2])", "2 / error.numel()": "2 / (len(x) * steps * y.shape[2])"}, hint="The last chunk's mean is taken as if the chunk were full. How many numbers does it have?")
def mean_of_a_full_chunk(): ...


@mistake("truncated_bptt", edit={"2 / error.numel()": "1 / error.numel()"}, hint="The gradient of a square has a factor of 2: the steps are half as long as they should be.")
def without_the_two(): ...


@mistake("truncated_bptt", edit={"error.square().mean()": "error.square().mean() / 2", "2 / error.numel()": "1 / error.numel()"}, hint="The loss is halved here. The text takes the mean of the squares as it is.")
def half_of_the_squares(): ...


@mistake("truncated_bptt", edit={"error * (2 / error.numel())": "error * 2"}, hint="The loss is a mean, and its gradient isn't: the steps are too long by the number of errors in the chunk.")
def gradient_of_a_sum(): ...


@mistake("truncated_bptt", edit={"range(0, x.shape[1], steps)": "range(0, x.shape[1] - steps + 1, steps)"}, hint="What is left at the end of a stream, less than a chunk, is left out. It is a chunk too.")
def last_chunk_dropped(): ...


@mistake("truncated_bptt", edit={"readout = tuple(p - learning_rate": "readout = tuple(p - 0 * learning_rate"}, hint="The readout doesn't learn. All six tensors take the step.")
def readout_stays(): ...


@mistake("truncated_bptt", edit={"params = tuple(p - learning_rate": "params = tuple(p - 0 * learning_rate"}, hint="Only the readout learns. All six tensors take the step.")
def only_the_readout_learns(): ...


@mistake("truncated_bptt", edit={"params = tuple(p - learning_rate": "params = tuple(p + learning_rate"}, hint="The parameters go along the gradient, and the loss rises. The readout goes against it, as it should.")
def uphill(): ...


@mistake("truncated_bptt", edit={"grad_out @ weights, nothing": "grad_out @ weights, (grad_out @ weights)[:, -1]"}, hint="The gradient of the chunk's last state counts twice: once among all states, and once as that of `last`.")
def last_counts_twice(): ...


@mistake("truncated_bptt", edit={"grad_out @ weights, nothing": "grad_out[:, -1:] @ weights * (torch.arange(states.shape[1]) == states.shape[1] - 1)[:, None].to(states), nothing"}, hint="Only the error at the chunk's last step reaches the states. Each step has a readout, and an error of its own.")
def only_the_last_error(): ...


@mistake("truncated_bptt", edit={"grads = rnn_backward(grad_out @ weights, nothing, cache)[2]": "rows = grad_out.flatten(0, 1)\n        readout = tuple(p - learning_rate * g for p, g in zip(readout, (rows.T @ states.flatten(0, 1), rows.sum(dim=0))))\n        grads = rnn_backward(grad_out @ readout[0], nothing, cache)[2]", "\n        readout = tuple(p - learning_rate * g for p, g in zip(readout, grads_out))": ""}, hint="The readout takes its step first, and then the gradient of the states is made with its new weights. All six steps belong to the same loss.")
def readout_first(): ...


@mistake("truncated_bptt", edit={"losses.append(error.square().mean())": "", "        state = last": "        again = rnn_forward(part, state, params)[0] @ readout[0].T + readout[1]\n        losses.append((again - y[:, start : start + steps]).square().mean())\n        state = last"}, hint="The losses are those after each step. The loss with the numbers as they were is asked for.")
def losses_after_the_step(): ...


@mistake("truncated_bptt", edit={"torch.stack(losses), state, params": "torch.stack(losses).mean(), state, params"}, hint="The losses of all chunks are averaged into one number. Each is asked for.")
def one_loss(): ...


@mistake("truncated_bptt", edit={"rows.sum(dim=0)": "rows.mean(dim=0)"}, hint="The gradient of the readout's bias is a mean. The mean of the loss is in the gradient of the outputs already.")
def bias_of_the_readout_averaged(): ...


@mistake("truncated_bptt", edit={"states @ weights.T + bias - y": "states @ weights.T - y"}, hint="The readout's bias is left out.")
def readout_without_bias(): ...


@mistake("truncated_bptt", edit={"cache = part, state, states, params": "cache = part, last, states, params"}, hint="On the way back the chunk's first state is taken to be its last. Which state did the chunk start from?")
def chunk_starts_from_its_end(): ...


@mistake("truncated_bptt", hint="The whole stream is one chunk: there is one step of training, whatever `steps` says.")
def untruncated(x, y, state, params, readout, steps, learning_rate):
    states, last = rnn_forward(x, state, params)
    error = states @ readout[0].T + readout[1] - y
    g = 2 * error / error.numel()
    grads = rnn_backward(g @ readout[0], torch.zeros_like(last), (x, state, states, params))[2]
    out = g.flatten(0, 1).T @ states.flatten(0, 1), g.sum(dim=(0, 1))
    params = tuple(p - learning_rate * d for p, d in zip(params, grads, strict=True))
    readout = tuple(p - learning_rate * d for p, d in zip(readout, out, strict=True))
    return error.square().mean()[None], last, params, readout


@mistake("truncated_bptt", hint="All gradients are added up, and one step comes at the end of the stream. After each chunk there is a step.")
def one_step_at_the_end(x, y, state, params, readout, steps, learning_rate):
    losses, sums = [], [torch.zeros_like(one) for one in (*params, *readout)]
    for start in range(0, x.shape[1], steps):
        part, target = x[:, start : start + steps], y[:, start : start + steps]
        states, last = rnn_forward(part, state, params)
        error = states @ readout[0].T + readout[1] - target
        losses.append(error.square().mean())
        g = 2 * error / error.numel()
        grads = rnn_backward(g @ readout[0], torch.zeros_like(last), (part, state, states, params))[2]
        all_six = (*grads, g.flatten(0, 1).T @ states.flatten(0, 1), g.sum(dim=(0, 1)))
        sums = [one + grad for one, grad in zip(sums, all_six, strict=True)]
        state = last
    learnt = [p - learning_rate * d for p, d in zip((*params, *readout), sums, strict=True)]
    return torch.stack(losses), state, tuple(learnt[:4]), tuple(learnt[4:])


# clip_gradient_norm

BY_ITSELF = "Each tensor is clipped by its own norm. The limit is for all together, so that the direction stays."
NO_SMALL_NUMBER = "In the divisor the docstring's small number is missing, or it is another one, or it is not added. It shows where norm and limit are tiny."


@right("clip_gradient_norm")
def one_long_vector(grads, max_norm, norm_type=2.0):
    vector = torch.cat([g.reshape(-1) for g in grads if g is not None])
    norm = torch.linalg.vector_norm(vector, ord=norm_type)
    if torch.isnan(norm) or torch.isinf(norm):
        raise ValueError("the norm is no number")
    scale = torch.clamp(max_norm / (norm + 1e-6), max=1)
    return [g * scale if g is not None else None for g in grads], norm


@right("clip_gradient_norm")
def powers_by_hand(grads, max_norm, norm_type=2.0):
    present = [g.abs() for g in grads if g is not None]
    if norm_type == math.inf:
        norm = torch.stack([g.max() for g in present]).max()
    else:
        norm = sum((g**norm_type).sum() for g in present) ** (1 / norm_type)
    if not math.isfinite(norm.item()):
        raise ValueError("gradients are not finite")
    out = []
    for g in grads:
        if g is None:
            out.append(None)
        else:
            out.append(g.clone() if max_norm / (norm + 1e-6) >= 1 else g * (max_norm / (norm + 1e-6)))
    return out, norm


@right("clip_gradient_norm")
def factor_as_a_number(grads, max_norm, norm_type=2.0):
    norms = [g.norm(norm_type) for g in grads if g is not None]
    total = torch.stack(norms).norm(norm_type)
    if not torch.isfinite(total):
        raise ValueError("not finite")
    factor = min(1.0, max_norm / (total.item() + 1e-6))
    return [g if g is None else torch.mul(g, factor) for g in grads], total


@mistake("clip_gradient_norm", edit={"[None if grad is None else grad * factor for grad in grads]": "[None if grad is None else grad * (max_norm / (torch.linalg.vector_norm(grad, norm_type) + 1e-6)).clamp(max=1.0) for grad in grads]"}, hint=BY_ITSELF)
def each_by_its_own_norm(): ...


@mistake("clip_gradient_norm", edit={"grad * factor for": "grad.clamp(-max_norm, max_norm) for"}, hint="Each number is cut off by itself. That changes the direction, and the norm may still be above the limit.")
def each_number_cut_off(): ...


@mistake("clip_gradient_norm", edit={".clamp(max=1.0)": ""}, hint="Gradients that are shorter than the limit are made longer. Clipping never lengthens.")
def always_scaled(): ...


@mistake("clip_gradient_norm", edit={".clamp(max=1.0)": ".clamp(min=1.0)"}, hint="The factor is at least 1 here: what is too long stays, and what is short gets longer.")
def clamped_the_other_way(): ...


@mistake("clip_gradient_norm", edit={"for grad in grads], norm": "for grad in grads], norm * factor"}, hint="The norm that comes back is that after clipping. The one before says whether something has burst.")
def norm_after_clipping(): ...


@mistake("clip_gradient_norm", edit={"norm = torch.linalg.vector_norm(norms, norm_type)": "norm = norms.sum()"}, hint="The norms of the tensors are added up. The norm of all numbers together is another one: try (3, 0) and (4).")
def sum_of_the_norms(): ...


@mistake("clip_gradient_norm", edit={"norm = torch.linalg.vector_norm(norms, norm_type)": "norm = norms.max()"}, hint="The norm is that of the longest tensor alone. All of them count together.")
def largest_of_the_norms(): ...


@mistake("clip_gradient_norm", edit={"norm = torch.linalg.vector_norm(norms, norm_type)": "norm = torch.linalg.vector_norm(norms)"}, hint="The norms of the single tensors are put together by an ordinary norm, whatever the order is.")
def put_together_by_order_two(): ...


@mistake("clip_gradient_norm", edit={"torch.linalg.vector_norm(one, norm_type) for": "torch.linalg.vector_norm(one) for"}, hint="The norm of each single tensor is an ordinary one, whatever the order is.")
def single_norms_of_order_two(): ...


@mistake("clip_gradient_norm", edit={"(norm + 1e-6)": "norm.clamp(min=1e-30)"}, hint=NO_SMALL_NUMBER)
def without_the_small_number(): ...


@mistake("clip_gradient_norm", edit={"(norm + 1e-6)": "norm"}, hint="Where norm and limit are 0, something is divided by 0. The small number in the divisor is missing.")
def division_by_zero(): ...


@mistake("clip_gradient_norm", edit={"max_norm / (norm + 1e-6)": "max_norm / norm + 1e-6"}, hint="The small number is added to the quotient, and not to the divisor.")
def small_number_outside(): ...


@mistake("clip_gradient_norm", edit={"return [None if grad is None else grad * factor for grad in grads]": "return [grad * factor for grad in there]"}, hint="A parameter without a gradient has no place in the answer, so all that follow move up. None stays None.")
def none_is_dropped(): ...


@mistake("clip_gradient_norm", edit={"None if grad is None else grad * factor": "torch.zeros_like(norm) if grad is None else grad * factor"}, hint="Where a parameter has no gradient, a zero comes back. None stays None.")
def none_becomes_zero(): ...


@mistake("clip_gradient_norm", edit={"    if not norm.isfinite():\n        raise ValueError(f\"the norm of the gradients is {norm.item()}\")\n": ""}, hint="A norm that is infinite, or not a number, is let through. It is to be refused.")
def not_refused(): ...


@mistake("clip_gradient_norm", edit={"if not norm.isfinite():": "if norm.isnan():"}, hint="An infinite norm is let through: only one that is not a number is refused.")
def infinity_not_refused(): ...


@mistake("clip_gradient_norm", edit={"if not norm.isfinite():": "if norm.isinf():"}, hint="A norm that is not a number is let through: only an infinite one is refused.")
def nan_not_refused(): ...


@mistake("clip_gradient_norm", edit={"raise ValueError(": "raise RuntimeError("}, hint="The refusal is of another kind than the docstring says. (Torch's own is a RuntimeError; here it is another.)")
def refused_as_torch_does(): ...


@mistake("clip_gradient_norm", edit={"for grad in grads], norm": "for grad in grads], norm.item()"}, hint="The norm comes back as a Python number. A tensor of shape () is asked for.")
def norm_as_a_number(): ...


@mistake("clip_gradient_norm", edit={"norm = torch.linalg.vector_norm(norms, norm_type)": "norm = torch.linalg.vector_norm(norms, norm_type) / sum(one.numel() for one in there) ** 0.5"}, hint="The norm is divided by the root of how many numbers there are. A norm is no mean.")
def root_mean_square(): ...


@mistake("clip_gradient_norm", hint="The squares are added up, and no root is taken: this is the norm's square.")
def square_of_the_norm(grads, max_norm, norm_type=2.0):
    there = [grad for grad in grads if grad is not None]
    if norm_type == math.inf:
        norm = torch.stack([one.abs().max() for one in there]).max()
    else:
        norm = sum((one.abs() ** norm_type).sum() for one in there)
    if not norm.isfinite():
        raise ValueError("not finite")
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    return [None if grad is None else grad * factor for grad in grads], norm


@mistake("clip_gradient_norm", hint="The powers are taken of the numbers with their signs. With an odd order, negative ones are taken off.")
def without_absolute_values(grads, max_norm, norm_type=2.0):
    there = [grad for grad in grads if grad is not None]
    if norm_type == math.inf:
        norm = torch.stack([one.abs().max() for one in there]).max()
    else:
        norm = sum((one**norm_type).sum() for one in there).abs() ** (1 / norm_type)
    if not norm.isfinite():
        raise ValueError("not finite")
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    return [None if grad is None else grad * factor for grad in grads], norm


@mistake("clip_gradient_norm", hint="With an infinite order, powers and roots don't work: everything above 1 becomes infinite. What is the norm then?")
def infinite_order_by_powers(grads, max_norm, norm_type=2.0):
    there = [grad for grad in grads if grad is not None]
    norm = sum((one.abs() ** norm_type).sum() for one in there) ** (1 / norm_type)
    if not norm.isfinite():
        raise ValueError("not finite")
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    return [None if grad is None else grad * factor for grad in grads], norm


@mistake("clip_gradient_norm", hint="Only tensors whose own norm is above the limit are made shorter. All are multiplied by the same number.")
def only_the_long_ones(grads, max_norm, norm_type=2.0):
    there = [grad for grad in grads if grad is not None]
    norm = torch.linalg.vector_norm(torch.cat([one.flatten() for one in there]), norm_type)
    if not norm.isfinite():
        raise ValueError("not finite")
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    long = [grad is not None and bool(grad.norm(norm_type) > max_norm) for grad in grads]
    return [grad if grad is None else grad * factor if big else grad * 1 for grad, big in zip(grads, long, strict=True)], norm


@mistake("truncated_bptt", hint="`steps` is taken for the number of chunks. It is how many steps a chunk has.")
def so_many_chunks(x, y, state, params, readout, steps, learning_rate):
    losses = []
    for part, target in zip(x.chunk(steps, dim=1), y.chunk(steps, dim=1), strict=True):
        loss, state, params, readout = solved_truncated_bptt(part, target, state, params, readout, part.shape[1], learning_rate)
        losses.append(loss)
    return torch.cat(losses), state, params, readout


@mistake("truncated_bptt", edit={"part = readout, x[:, start : start + steps]": "part = readout, x[:, start : start + steps + 1]", "- y[:, start : start + steps]": "- y[:, start : start + steps + 1]"}, hint="Neighbouring chunks overlap by a step: it is read twice.")
def overlapping_chunks(): ...


@mistake("truncated_bptt", edit={"params = tuple(p - learning_rate * g": "params = tuple(p - learning_rate / part.shape[1] * g"}, hint="The gradients of the shared parameters are divided by the steps of the chunk. The mean of the loss is in them already.")
def divided_by_the_steps(): ...


@mistake("rnn_backward", hint="The gradient of the last states comes in twice: as what is carried from the end, and at each sequence's own last step.")
def last_comes_in_twice(grad_states, grad_last, cache, lengths=None):
    steps = grad_states.shape[1]
    ends = torch.full((len(grad_last),), steps, device=grad_last.device) if lengths is None else lengths
    final = torch.arange(steps, device=grad_last.device) == (ends - 1)[:, None]
    return solved_rnn_backward(grad_states + final[:, :, None] * grad_last[:, None], grad_last, cache, lengths)


@mistake("rnn_forward", hint="Where padding begins is guessed from zeros in x. It is said by the lengths, and padding may hold anything.")
def padding_guessed_from_zeros(x, state, params, lengths=None):
    reading, states = (x != 0).any(dim=2), []
    for t in range(x.shape[1]):
        here = reading[:, t, None]
        after = rnn_step_forward(x[:, t], state, params)
        state = torch.where(here, after, state)
        states.append(after * here)
    return torch.stack(states, dim=1), state


@mistake("clip_gradient_norm", edit={"max_norm / (norm + 1e-6)": "norm / (max_norm + 1e-6)"}, hint="The factor is upside down: the longer the gradients, the larger it is.")
def upside_down(): ...


@mistake("clip_gradient_norm", edit={"norm = torch.linalg.vector_norm(norms, norm_type)": "norm = norms.mean()"}, hint="The norm is the mean of the tensors' norms. All numbers together have another: try (3, 0) and (4).")
def mean_of_the_norms(): ...


# What strangers wrote: rnn_step_forward


@mistake("rnn_step_forward", edit={"torch.tanh(x @ weight_ih.T + bias_ih + state @ weight_hh.T + bias_hh)": "torch.tanh((x @ weight_ih.T + bias_ih + state @ weight_hh.T + bias_hh).clamp(-5, 5))"}, hint="What goes into the tanh is cut off. Large sums are as good as others, and the tanh itself keeps the state within 1.")
def cut_off_inside(): ...


@mistake("rnn_step_forward", hint="A large sum makes this exponential infinite, and infinity divided by infinity is not a number. Torch has a tanh that stands it.")
def tanh_that_overflows(x, state, params):
    e = torch.exp(2 * (x @ params[0].T + params[2] + state @ params[1].T + params[3]))
    return (e - 1) / (e + 1)


@mistake("rnn_step_forward", edit={"torch.tanh(x @ weight_ih.T + bias_ih + state @ weight_hh.T + bias_hh)": "torch.tanh(x @ weight_ih.T + state @ weight_hh.T + (bias_ih + bias_hh).unsqueeze(1))"}, hint="The biases stand as columns here. They have a number for each number of the state: along which axis of (N, H) is that?")
def biases_as_columns(): ...


@mistake("rnn_step_forward", hint="x and the state are joined in another order than their two matrices.")
def joined_in_two_orders(x, state, params):
    matrix = torch.cat(params[:2], dim=1)
    return torch.tanh(torch.cat([state, x], dim=1) @ matrix.T + params[2] + params[3])


@mistake("rnn_step_forward", hint="The products are averaged over the numbers of x and of the state. A matrix product adds them up.")
def mean_of_products(x, state, params):
    a = (x[:, None] * params[0]).mean(-1) + (state[:, None] * params[1]).mean(-1)
    return torch.tanh(a + params[2] + params[3])


# rnn_step_backward


@mistake("rnn_step_backward", edit={"delta.sum(dim=0)": "delta.sum(dim=0).mean().expand(delta.shape[1])"}, hint="All numbers of a bias get the same gradient. Each number of the state has a bias of its own.")
def one_number_for_a_bias(): ...


@mistake("rnn_step_backward", edit={"delta @ weight_hh, grad_params": "grad_state @ weight_hh, grad_params"}, hint="The gradient of the state before lacks the slope of the tanh.")
def state_before_without_slope(): ...


@mistake("rnn_step_backward", edit={"(1 - after.square())": "(1 - after).square()"}, hint="The square is taken of the difference. Which of its parts is squared?")
def square_of_the_difference(): ...


@mistake("rnn_step_backward", edit={"1 - after.square()": "1 - after.abs()"}, hint="The slope of tanh is not 1 less the absolute value: at 0.5 it is 0.75.")
def absolute_value_for_the_square(): ...


@mistake("rnn_step_backward", edit={"delta.T @ x, delta.T @ before": "torch.outer(delta.sum(0), x.sum(0)), torch.outer(delta.sum(0), before.sum(0))"}, hint="The batch is summed first and multiplied afterwards. For a matrix, each sequence's own product comes first.")
def product_of_sums(): ...


@mistake("rnn_step_backward", edit={"delta.T @ x, delta.T @ before, grad_bias, grad_bias.clone()": "delta.T @ x, grad_bias, delta.T @ before, grad_bias.clone()"}, hint="The gradients of the parameters come in pairs of matrix and bias. Their order is that of params: both matrices first.")
def gradients_in_pairs(): ...


@mistake("rnn_step_backward", edit={"delta.T @ before": "(grad_state * (1 - before.square())).T @ before"}, hint="The gradient of weight_hh has a slope of its own, from the state before. There is one tanh, and one slope.")
def two_slopes(): ...


@mistake("rnn_step_backward", edit={"(1 - after.square())": "(1 - after.square()).clamp(min=1e-3)"}, hint="The slope is kept above a small number. Where the tanh gave exactly 1 or -1 nothing goes back.")
def slope_kept_above_zero(): ...


# rnn_forward

ROW_OF_FLAGS = "Whether a sequence is still read is said in one row of N here. To choose between rows of (N, H) it needs another axis."
ALL_EMPTY = "Lengths that are all 0 are taken for no lengths at all. Then every sequence is read to step T, and none should be."


@right("rnn_forward")
def last_is_a_view(x, state, params, lengths=None):
    if lengths is not None and not lengths.any():
        return x.new_zeros(*x.shape[:2], state.shape[1]), state
    states, h = x.new_zeros(*x.shape[:2], state.shape[1]), state
    for t in range(x.shape[1]):
        after = rnn_step_forward(x[:, t], h, params)
        if lengths is not None:
            after = torch.where((t < lengths)[:, None], after, h)
            states[:, t] = after * (t < lengths)[:, None]
        else:
            states[:, t] = after
        h = after
    return states, states[:, -1] if lengths is None else h


@mistake("rnn_forward", edit={"(t < lengths)[:, None]": "t < lengths"}, hint=ROW_OF_FLAGS)
def flags_in_a_row(): ...


@mistake("rnn_forward", edit={"if lengths is None:": "if lengths is None or not lengths.any():"}, hint=ALL_EMPTY)
def all_empty_is_all_full(): ...


@mistake("rnn_forward", hint="The sequences are taken to be sorted, the longest first: the first few are those that are still read. Lengths come in any order.")
def sorted_is_assumed(x, state, params, lengths=None):
    num, steps = x.shape[:2]
    state, states = state.clone(), x.new_zeros(num, steps, state.shape[1])
    for t in range(steps):
        count = num if lengths is None else int((lengths > t).sum())
        state[:count] = rnn_step_forward(x[:count, t], state[:count], params)
        states[:count, t] = state[:count]
    return states, state


@mistake("rnn_forward", of=sorted_by_length, edit={"return states[back], h[back]": "return states, h"}, hint="The sequences were sorted by length, and come back in that order. Theirs is the order of the batch.")
def sorted_and_not_put_back(): ...


@mistake("rnn_forward", edit={"state, params)": "state, params if t else (*params[:3], 0 * params[3]))"}, hint="bias_hh is left out at the first step. A state stands before that step too.")
def no_recurrent_bias_at_first(): ...


@mistake("rnn_forward", edit={"t < lengths": "t < lengths.clamp(min=1)"}, hint="A sequence of length 0 is read for a step. It has none.")
def one_step_at_least(): ...


@mistake("rnn_forward", edit={"state, shown = after, after": "shown = after", "state, shown = torch.where(reading, after, state), after * reading": "shown = after * reading"}, hint="Every step starts from the first state: nothing is carried from step to step.")
def state_never_replaced(): ...


@mistake("rnn_forward", edit={"states = []": "states, first = [], state", "torch.where(reading, after, state)": "torch.where(reading, after, first)"}, hint="A sequence that is over gets its first state back. It keeps the one of its own last step.")
def first_state_at_the_end(): ...


@mistake("rnn_forward", edit={"states = []": "states = [state]"}, hint="The states begin with the one that was given: there are T + 1 of them. Only those after a step belong there.")
def given_state_among_the_states(): ...


@mistake("rnn_forward", edit={"(t < lengths)[:, None]": "(t < lengths.min()).expand(len(x), 1)"}, hint="All sequences stop with the shortest. Each has its own length.")
def stops_at_the_shortest(): ...


@mistake("rnn_forward", edit={"return torch.stack(states, dim=1), state": "return state, torch.stack(states, dim=1)"}, hint="The two answers have changed places: all states come first.")
def last_comes_first(): ...


@mistake("rnn_forward", edit={"range(x.shape[1])": "range(2)"}, hint="Two steps are read, as in the text's example. How many has x?")
def two_steps_only(): ...


@mistake("rnn_forward", edit={"return torch.stack(states, dim=1), state": "states = torch.stack(states, dim=1)\n    return states, state if lengths is None else states.sum(1) / lengths.clamp(min=1)[:, None]"}, hint="With lengths, the last state is a mean of all states. It is that of the sequence's own last step.")
def mean_for_the_last(): ...


@mistake("rnn_forward", hint="Torch's own network isn't allowed here. And what it packs must have a step: a sequence of length 0 has none.")
def torchs_network(x, state, params, lengths=None):
    own = torch.nn.RNN(x.shape[2], state.shape[1], batch_first=True, dtype=x.dtype, device=x.device)
    with torch.no_grad():
        for one, given in zip(own.parameters(), params, strict=True):
            one.copy_(given)
        if lengths is None:
            states, last = own(x, state[None].contiguous())
            return states, last[0]
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), True, False)
        packed, last = own(packed, state[None].contiguous())
        states, _ = torch.nn.utils.rnn.pad_packed_sequence(packed, True, total_length=x.shape[1])
    return states, last[0]


kept_buffers: dict = {}


@mistake("rnn_forward", hint="One tensor takes the states of all calls, so a later call writes over what an earlier one gave. Make a new one each time.")
def one_buffer_for_all_calls(x, state, params, lengths=None):
    key = (x.shape[0], x.shape[1], state.shape[1], x.dtype, x.device)
    states = kept_buffers.setdefault(key, x.new_zeros(key[:3]))
    for t in range(x.shape[1]):
        after = rnn_step_forward(x[:, t], state, params)
        here = torch.ones_like(after[:, :1], dtype=torch.bool) if lengths is None else (t < lengths)[:, None]
        state = torch.where(here, after, state)
        states[:, t] = after * here
    return states, state


# rnn_backward


@right("rnn_backward")
def huge_padding_is_not_asked_for(grad_states, grad_last, cache, lengths=None):
    x, first, states, (w_ih, w_hh, b_ih, b_hh) = cache
    sums = [torch.zeros_like(one) for one in cache[3]]
    grad_x, carried = torch.zeros_like(x), grad_last
    for t in range(x.shape[1] - 1, -1, -1):
        before = states[:, t - 1] if t > 0 else first
        keep = 1.0 if lengths is None else (t < lengths)[:, None].to(x.dtype)
        again = torch.tanh(x[:, t] @ w_ih.T + b_ih + before @ w_hh.T + b_hh)
        delta = (carried + grad_states[:, t]) * (1 - again**2)
        grad_x[:, t] = delta @ w_ih * keep
        sums[0] += (delta * keep).T @ x[:, t]
        sums[1] += (delta * keep).T @ before
        sums[2] += (delta * keep).sum(dim=0)
        carried = delta @ w_hh * keep + carried * (1 - keep)
    return grad_x, carried, (*sums[:3], sums[2])


@mistake("rnn_backward", edit={"(t < lengths)[:, None]": "t < lengths"}, hint=ROW_OF_FLAGS)
def flags_in_a_row_back(): ...


@mistake("rnn_backward", edit={"if lengths is not None:": "if lengths is not None and lengths.any():"}, hint=ALL_EMPTY)
def all_empty_is_all_full_back(): ...


@mistake("rnn_backward", edit={"(t < lengths)[:, None]": "(x[:, t] != 0).any(dim=1, keepdim=True)"}, hint="Where padding begins is guessed from zeros in x. It is said by the lengths, and padding may hold anything.")
def padding_guessed_from_zeros_back(): ...


@mistake("rnn_backward", edit={"totals = [total + grad for": "grads = grads if t else (*grads[:3], 0 * grads[3])\n        totals = [total + grad for"}, hint="bias_hh gets nothing from step 0. It was added there too: a state stands before that step.")
def recurrent_bias_without_step_0(): ...


@mistake("rnn_backward", edit={"(carried + grad_states[:, t]) * reading": "(carried + grad_states[:, t]).clamp(-1, 1) * reading"}, hint="The gradient is cut off on its way. The true one is asked for; what is done against those that burst comes later.")
def cut_off_on_the_way(): ...


@mistake("rnn_backward", edit={"return grad_x, carried": "return grad_x, carried if lengths is None else carried * (lengths > 0)[:, None]"}, hint="A sequence of length 0 gives its first state no gradient. Its first state is its last: who reads it?")
def nothing_for_an_empty_sequence(): ...


@mistake("rnn_backward", edit={"return grad_x, carried": "return grad_x if lengths is None else grad_x[:, : int(lengths.max())], carried"}, hint="The gradient of x stops with the longest sequence. It has the shape of x, with zeros at padded steps.")
def grad_x_up_to_the_longest(): ...


@mistake("rnn_backward", edit={"carried = torch.where(reading, grad_before, carried)": "carried, back = torch.zeros_like(carried), grad_before", "return grad_x, carried": "return grad_x, back"}, hint="What comes from the next step is left out: each step is treated as if it were alone.")
def steps_one_by_one(): ...


@mistake("rnn_backward", edit={"        given =": "        step = (*step[:2], step[1], params)\n        given ="}, hint="The slope of a step is made of the state before it. Which number did its tanh give?")
def slope_before_each_step(): ...


@mistake("rnn_backward", of=all_deltas_first, edit={"(grad_states[:, t] + carried) * slopes[:, t]": "grad_states[:, t] * slopes[:, t] + carried * alive[:, t, None]"}, hint="What comes from later steps goes on without the slope of the tanh. Both gradients of a state go through it.")
def slope_for_one_reader(): ...


@mistake("rnn_backward", of=all_deltas_first, edit={"nth,ntk->hk": "nth,ntk->kh"}, hint="The gradient of weight_hh is transposed. Its rows belong to the new state, its columns to the old.")
def grad_hh_transposed_back(): ...


@mistake("rnn_backward", of=all_deltas_first, edit={"deltas[t] @ w_hh": "deltas[t] @ w_hh.T"}, hint="The gradient goes from step to step through weight_hh the wrong way round. The matrix is square, so both ways run.")
def carried_through_the_transpose(): ...


@mistake("rnn_backward", edit={"(carried + grad_states[:, t]) * reading": "(carried + grad_states[:, t]) * reading * (0.5 if t + 1 == x.shape[1] else 1)"}, hint="At the last step the two gradients of the state are averaged. They add up.")
def averaged_at_the_end(): ...


@mistake("rnn_backward", edit={"return grad_x, carried": "return grad_x if lengths is None else grad_x / lengths.clamp(min=1)[:, None, None], carried"}, hint="The gradient of x is divided by the lengths. Nothing is averaged.")
def divided_by_the_lengths(): ...


# truncated_bptt

@mistake("truncated_bptt", edit={"params = tuple(p - learning": "params = tuple(p + learning", "readout = tuple(p - learning": "readout = tuple(p + learning"}, hint="All six go along the gradient, and the loss rises. Which way does it fall?")
def all_uphill(): ...


@mistake("truncated_bptt", edit={"losses = []": "losses, steps = [], -(-x.shape[1] // -(-x.shape[1] // steps))"}, hint="The stream is cut into chunks of about one size. All chunks but the last have `steps` steps.")
def chunks_of_about_one_size(): ...


@mistake("truncated_bptt", edit={"        params = tuple(p -": "        every = [*grads, *grads_out]\n        factor = (1 / torch.stack([one.norm() for one in every]).norm()).clamp(max=1)\n        every = [one * factor for one in every]\n        grads, grads_out = every[:4], every[4:]\n        params = tuple(p -"}, hint="The gradients are clipped before the step. Plain SGD takes them as they are.")
def clipped_before_the_step(): ...


@mistake("truncated_bptt", edit={"state = last": "given, state = state, last", "return torch.stack(losses), state, params": "return torch.stack(losses), rnn_forward(part, given, params)[1], params"}, hint="The state at the end is computed once more, with the weights after the last step. The one that was computed before it is asked for.")
def last_state_of_the_new_weights(): ...


def in_pieces(edges, x, y, state, params, readout, learning_rate):
    """Train on chunks between the edges."""
    losses = []
    for start, end in zip(edges, edges[1:]):
        part, target = x[:, start:end], y[:, start:end]
        loss, state, params, readout = solved_truncated_bptt(part, target, state, params, readout, end - start, learning_rate)
        losses.append(loss)
    return torch.cat(losses), state, params, readout


@mistake("truncated_bptt", hint="The shorter chunk is the first one here. It is what is left at the end.")
def short_chunk_first(x, y, state, params, readout, steps, learning_rate):
    edges = list(range(x.shape[1], 0, -steps))[::-1]
    return in_pieces([0, *edges], x, y, state, params, readout, learning_rate)


@mistake("truncated_bptt", hint="What is left at the end of a stream is joined to the chunk before. It is a chunk of its own.")
def short_chunk_joined(x, y, state, params, readout, steps, learning_rate):
    edges = list(range(0, x.shape[1] - steps + 1, steps)) or [0]
    return in_pieces([*edges, x.shape[1]], x, y, state, params, readout, learning_rate)


@mistake("truncated_bptt", edit={"cache = part, state, states, params": "cache = part, torch.zeros_like(state), states, params"}, hint="On the way back the state at the chunk's start is taken to be zero. It counts as a constant, and a constant need not be 0.")
def constant_means_zero(): ...


@mistake("truncated_bptt", hint="The gradient of each chunk's loss goes back to the beginning of the stream. It ends where the chunk begins.")
def back_to_the_beginning(x, y, state, params, readout, steps, learning_rate):
    losses = []
    for start in range(0, x.shape[1], steps):
        part = x[:, : start + steps]
        states, last = rnn_forward(part, state, params)
        error = states[:, start:] @ readout[0].T + readout[1] - y[:, start : start + steps]
        losses.append(error.square().mean())
        g = error * (2 / error.numel())
        above = torch.zeros_like(states)
        above[:, start:] = g @ readout[0]
        grads = rnn_backward(above, torch.zeros_like(last), (part, state, states, params))[2]
        out = g.flatten(0, 1).T @ states[:, start:].flatten(0, 1), g.sum(dim=(0, 1))
        params = tuple(p - learning_rate * d for p, d in zip(params, grads, strict=True))
        readout = tuple(p - learning_rate * d for p, d in zip(readout, out, strict=True))
    return torch.stack(losses), last, params, readout


@mistake("truncated_bptt", edit={"rnn_backward(grad_out @ weights, nothing, cache)[2]": "rnn_backward((grad_out @ weights)[:, 1:], nothing, (part[:, 1:], states[:, 0], states[:, 1:], params))[2]"}, hint="The first step of each chunk gives no gradient to the parameters. The state before it is a constant, the step itself isn't.")
def first_step_of_a_chunk_left_out(): ...


@mistake("truncated_bptt", edit={"losses = []": "losses, kept = [], [0] * 6", "        params = tuple(p -": "        kept = [a + b for a, b in zip(kept, (*grads, *grads_out))]\n        grads, grads_out = kept[:4], kept[4:]\n        params = tuple(p -"}, hint="The gradients of earlier chunks are added to those of later ones. Each step belongs to one chunk's loss.")
def gradients_add_up(): ...


@mistake("truncated_bptt", edit={"losses = []": "losses, kept = [], [0] * 6", "        params = tuple(p -": "        kept = [0.9 * a + b for a, b in zip(kept, (*grads, *grads_out))]\n        grads, grads_out = kept[:4], kept[4:]\n        params = tuple(p -"}, hint="This is SGD with momentum. Plain SGD remembers no earlier gradient.")
def with_momentum(): ...


@mistake("truncated_bptt", edit={"losses = []": "losses, given = [], readout", "state, params, readout\n": "state, params, given\n"}, hint="The readout comes back as it was given. It has learnt too.")
def given_readout_comes_back(): ...


@mistake("truncated_bptt", edit={"losses.append(error.square().mean())": "error = error * (torch.arange(error.shape[1]) + 1 == error.shape[1])[:, None]\n        losses.append(error[:, -1].square().mean())", "2 / error.numel()": "2 / error[:, -1].numel()"}, hint="The loss looks at the chunk's last step only. Each step has a readout, and an error of its own.")
def loss_of_the_last_step(): ...


@mistake("truncated_bptt", edit={"error.square().mean()": "error.square().sum(dim=2).mean()"}, hint=OUTPUTS_SUMMED)
def outputs_summed_in_the_loss(): ...


@mistake("truncated_bptt", edit={"torch.stack(losses)": "[float(one) for one in losses]"}, hint="The losses come back as a list of numbers. A tensor is asked for.")
def losses_in_a_list(): ...


@mistake("truncated_bptt", edit={"losses.append(error.square().mean())": "losses.extend(error.square().mean(dim=(0, 2)))"}, hint="There is a loss for each step. One for each chunk is asked for.")
def a_loss_for_each_step(): ...


@mistake("truncated_bptt", edit={"torch.stack(losses), state, params": "torch.stack(losses).mean()[None], state, params"}, hint="The losses of all chunks are averaged into one number. Each is asked for.")
def one_loss_in_a_row(): ...


@mistake("truncated_bptt", edit={"2 / error.numel()": "2 / len(x)"}, hint="The gradient of the outputs is divided by the number of sequences. The loss is a mean over steps and outputs too.")
def gradient_over_sequences(): ...


@mistake("truncated_bptt", edit={"2 / error.numel()": "2 / error[..., 0].numel()"}, hint="The gradient of the outputs is divided by sequences and steps. The loss is a mean over the outputs too.")
def gradient_over_sequences_and_steps(): ...


@mistake("truncated_bptt", edit={"rnn_backward(grad_out @ weights, nothing, cache)[2]": "rnn_step_backward((grad_out @ weights).flatten(0, 1), (part.flatten(0, 1), torch.cat([state[:, None], states[:, :-1]], dim=1).flatten(0, 1), states.flatten(0, 1), params))[2]"}, hint="Within a chunk nothing goes back from step to step. Only between chunks the gradient is cut.")
def steps_of_a_chunk_one_by_one(): ...


@mistake("truncated_bptt", edit={"zip(params, grads))": "zip(params, (*grads[:3], torch.zeros_like(grads[3]))))"}, hint="bias_hh doesn't learn. All six tensors take the step.")
def one_bias_stays(): ...


@mistake("truncated_bptt", edit={"zip(readout, grads_out))": "zip(readout, (grads_out[0], torch.zeros_like(grads_out[1]))))"}, hint="The readout's bias doesn't learn. All six tensors take the step.")
def bias_of_the_readout_stays(): ...


@mistake("truncated_bptt", edit={"error = states @ weights.T": "error = torch.cat([state[:, None], states[:, :-1]], dim=1) @ weights.T"}, hint="The readout reads the state before each step. It comes after the step.")
def reads_the_state_before(): ...


@mistake("truncated_bptt", edit={"states @ weights.T + bias - y": "torch.tanh(states @ weights.T + bias) - y"}, hint="The readout has a tanh. It is an affine layer.")
def readout_with_tanh(): ...


@mistake("truncated_bptt", edit={"range(0, x.shape[1], steps)": "range(max(1, x.shape[1] - steps + 1))"}, hint="The chunks overlap: a new one begins at each step. It begins where the last one ends.")
def a_window_that_moves(): ...


@mistake("truncated_bptt", edit={"losses = []": "losses, state = [], torch.zeros_like(state)"}, hint="The stream is begun with zeros. A state is given.")
def stream_begins_with_zeros(): ...


@mistake("truncated_bptt", edit={"losses = []": "losses, y = [], y.roll(1, dims=1)"}, hint="The targets are shifted by a step. What stands in y at step t is for the readout after step t.")
def targets_of_the_step_before(): ...


@mistake("truncated_bptt", edit={"rows = grad_out.flatten(0, 1)": "rows = grad_out.flatten(0, 1) + 0 * y[:, start : start + steps].view(-1).sum()"}, hint="`view` needs numbers that lie one after another in memory, and those of a slice don't. `reshape` works for both.")
def view_of_a_slice(): ...


@mistake("truncated_bptt", edit={"        state = last": "        state = last\n        learning_rate = learning_rate * len(losses) / (len(losses) + 1)"}, hint="The learning rate gets smaller from chunk to chunk. It is the same for all.")
def rate_that_falls(): ...


# clip_gradient_norm


@right("clip_gradient_norm")
def norm_in_double(grads, max_norm, norm_type=2.0):
    given = [g for g in grads if g is not None]
    flat = torch.cat([g.double().flatten() for g in given])
    norm = torch.linalg.vector_norm(flat, norm_type).to(given[0].dtype)
    if not torch.isfinite(norm):
        raise ValueError
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    return [None if g is None else g * factor for g in grads], norm


@mistake("clip_gradient_norm", edit={"(norm + 1e-6)": "(norm + 1e-3)"}, hint=NO_SMALL_NUMBER)
def a_thousandth(): ...


@mistake("clip_gradient_norm", edit={"(max_norm / (norm + 1e-6)).clamp(max=1.0)": "max_norm / (norm + 1e-6) if norm > max_norm else torch.ones_like(norm)"}, hint="It is asked whether the norm is above the limit. Just below it the divisor, which is more than the norm, is above the limit already.")
def asked_whether_too_long(): ...


@mistake("clip_gradient_norm", edit={"    there = [": "    if not max_norm > 0:\n        raise ValueError(\"the limit\")\n    there = ["}, hint="A limit of 0 is refused. It is allowed, and leaves nothing of any gradient.")
def limit_of_zero_refused(): ...


@mistake("clip_gradient_norm", edit={"(max_norm / (norm + 1e-6))": "((max_norm or math.inf) / (norm + 1e-6))"}, hint="A limit of 0 is taken for no limit. It leaves nothing of any gradient.")
def limit_of_zero_is_none(): ...


@mistake("clip_gradient_norm", edit={"norm = torch.linalg.vector_norm(norms, norm_type)": "norm = torch.linalg.vector_norm(norms.to(grads[0].device), norm_type)"}, hint="The first gradient is asked for something, and it may be None.")
def first_may_be_none(): ...


@mistake("clip_gradient_norm", edit={"norm = torch.linalg.vector_norm(norms, norm_type)": "norm = torch.linalg.vector_norm(torch.stack([norms[0], norms[-1]]) if len(norms) > 1 else norms, norm_type)"}, hint="Only the first and the last gradient count in the norm. All of them do.")
def first_and_last_only(): ...


@mistake("clip_gradient_norm", edit={"    if not norm": "    if norm_type == math.inf:\n        norm = torch.stack([one.max() for one in there]).max()\n    if not norm"}, hint="With an infinite order the largest number is taken, with its sign. It is the largest absolute value.")
def largest_with_its_sign(): ...


@mistake("clip_gradient_norm", edit={"torch.linalg.vector_norm(one, norm_type)": "torch.linalg.norm(one, norm_type)"}, hint="`torch.linalg.norm` takes a matrix for a matrix, whose norm of an order is another one, and refuses three dimensions. All numbers are to be one long vector.")
def norm_of_a_matrix(): ...


@mistake("clip_gradient_norm", hint="The powers are taken of the numbers with their signs. With an odd order, negative ones are taken off.")
def root_of_signed_powers(grads, max_norm, norm_type=2.0):
    vector = torch.cat([g.flatten() for g in grads if g is not None])
    norm = vector.max() if norm_type == math.inf else (vector**norm_type).sum() ** (1 / norm_type)
    if not torch.isfinite(norm):
        raise ValueError("not finite")
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    return [None if g is None else g * factor for g in grads], norm


@mistake("clip_gradient_norm", hint="The root at the end is always the square root. Which one belongs to the order p?")
def always_the_square_root(grads, max_norm, norm_type=2.0):
    vector = torch.cat([g.flatten() for g in grads if g is not None]).abs()
    norm = vector.max() if norm_type == math.inf else (vector**norm_type).sum().sqrt()
    if not torch.isfinite(norm):
        raise ValueError("not finite")
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    return [None if g is None else g * factor for g in grads], norm


@mistake("clip_gradient_norm", edit={"None if grad is None else grad * factor": "torch.zeros(()) if grad is None else grad * factor"}, hint="Where a parameter has no gradient, a zero comes back. None stays None.")
def none_becomes_a_new_zero(): ...


@mistake("clip_gradient_norm", edit={"torch.linalg.vector_norm(one, norm_type)": "torch.linalg.vector_norm(torch.stack(list(one)), norm_type)"}, hint="A loop goes over the gradient's rows, and one of shape () has none.")
def rows_of_a_single_number(): ...


@mistake("clip_gradient_norm", edit={"None if grad is None else": "None if not grad else"}, hint="Whether a tensor is *true* is asked, which has no answer for several numbers. Whether it is None is another question.")
def truth_of_a_tensor(): ...


@mistake("clip_gradient_norm", edit={"if not norm.isfinite():": "if not all(one.isfinite().all() for one in there):"}, hint="The gradients are looked at, and not their norm. It may be infinite where all of them are finite.")
def gradients_looked_at_for_the_norm(): ...


@mistake("clip_gradient_norm", edit={"if not norm.isfinite():": "if not norm < 1e4:"}, hint="A large norm is refused. Only one that is infinite, or not a number, is.")
def large_norm_refused(): ...


@mistake("clip_gradient_norm", edit={"    return [None": "    if factor == 1:\n        return list(grads), norm\n    return [None"}, hint="Gradients that are short enough come back as the tensors that were given. New ones are asked for.")
def given_tensors_come_back(): ...


@mistake("clip_gradient_norm", of=norm_in_double, edit={".to(given[0].dtype)": "", "else g * factor": "else g.double() * factor"}, hint="The norm is found in float64 and stays so, and the gradients with it. All comes back in the dtype that came in.")
def norm_stays_double(): ...


# Long sequences, padding and flags


@mistake("rnn_forward", hint="Where padding begins is guessed from zeros in x. It is said by the lengths, and padding may hold anything.")
def padding_guessed_where_lengths_are_given(x, state, params, lengths=None):
    states = []
    for t in range(x.shape[1]):
        here = torch.ones_like(state[:, :1], dtype=torch.bool) if lengths is None else (x[:, t] != 0).any(dim=1, keepdim=True)
        after = rnn_step_forward(x[:, t], state, params)
        state = torch.where(here, after, state)
        states.append(after * here)
    return torch.stack(states, dim=1), state


@mistake("rnn_forward", edit={"state, shown = after, after": "state, shown = (after, after) if t < 64 else (state, torch.zeros_like(after))"}, hint="A long sequence is not read to its end. It has as many steps as x.")
def long_sequences_cut(): ...


@mistake("rnn_backward", edit={"        given =": "        carried = carried if x.shape[1] - t <= 20 else 0 * carried\n        given ="}, hint="In a long sequence the gradient is cut some steps back. It goes to the beginning; a truncated one comes later.")
def cut_some_steps_back(): ...


@mistake("rnn_backward", edit={"(t < lengths)[:, None]": "t < lengths", "(carried + grad_states[:, t]) * reading": "torch.where(reading, carried + grad_states[:, t], 0.0)"}, hint=ROW_OF_FLAGS)
def flags_in_a_row_choose(): ...


@mistake("truncated_bptt", edit={"losses = []": "losses, steps = [], min(steps, 20)"}, hint="A chunk has some number of steps at most. It has as many as `steps` says.")
def chunks_of_twenty_at_most(): ...


@mistake("rnn_forward", hint="The states have fewer than T steps where no sequence fills them all. Padded steps are there too, as zeros.")
def stops_at_the_longest_or_one(x, state, params, lengths=None):
    states = []
    for t in range(x.shape[1] if lengths is None else max(1, int(lengths.max()))):
        after = rnn_step_forward(x[:, t], state, params)
        reading = torch.ones_like(after[:, :1], dtype=torch.bool) if lengths is None else (t < lengths)[:, None]
        state = torch.where(reading, after, state)
        states.append(after * reading)
    return torch.stack(states, dim=1), state
