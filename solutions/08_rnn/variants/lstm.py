"""What students write in lstm: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

solved_lstm_forward = lstm_forward

# lstm_step_forward

ORDER = "The four blocks of rows are read in another order than torch's: input gate, forget gate, candidate, output gate."
OVERFLOW = "Numbers of 1000 give NaN: an exponential overflows, and infinity is divided by infinity. Torch has functions that don't."
CHUNKS = "i, f, g, o = sums.chunk(4, dim=1)"


@right("lstm_step_forward")
def one_product(x, h, c, params):
    """Put what is read and the state side by side: one matrix for both."""
    weight_ih, weight_hh, bias_ih, bias_hh = params
    both, weights = torch.cat([x, h], dim=1), torch.cat([weight_ih, weight_hh], dim=1)
    sums = (both @ weights.T + bias_ih + bias_hh).unflatten(1, (4, -1))
    i, f, o = (sums[:, gate].sigmoid() for gate in (0, 1, 3))
    g = sums[:, 2].tanh()
    c_next = i * g + f * c
    return o * c_next.tanh(), c_next, (x, h, c, params, torch.cat([i, f, g, o], 1), c_next)


@right("lstm_step_forward")
def gate_by_gate(x, h, c, params):
    """Cut the rows of the parameters, a gate at a time."""
    width = h.shape[1]
    behind = []
    for gate in range(4):
        rows = slice(gate * width, (gate + 1) * width)
        weight_ih, weight_hh, bias_ih, bias_hh = (part[rows] for part in params)
        value = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
        behind.append(torch.tanh(value) if gate == 2 else torch.sigmoid(value))
    c_next = behind[1] * c + behind[0] * behind[2]
    h_next = behind[3] * torch.tanh(c_next)
    return h_next, c_next, (x, h, c, params, torch.hstack(behind), c_next)


@right("lstm_step_forward")
def own_logistic(x, h, c, params):
    """Write the logistic function, and change the gates in their places."""
    weight_ih, weight_hh, bias_ih, bias_hh = params
    size = c.size(1)
    gates = torch.einsum("nd,gd->ng", x, weight_ih) + torch.einsum("nh,gh->ng", h, weight_hh) + (bias_ih + bias_hh)
    new = gates[:, 2 * size : 3 * size].tanh()
    gates = 1 / (1 + torch.exp(-gates))
    gates[:, 2 * size : 3 * size] = new
    i, f, g, o = torch.split(gates, size, dim=1)
    cell = torch.addcmul(f * c, i, g)
    return o * torch.tanh(cell), cell, (x, h, c, params, gates, cell)


@mistake("lstm_step_forward", edit={CHUNKS: "i, f, o, g = sums.chunk(4, dim=1)"}, hint=ORDER)
def output_gate_third(): ...


@mistake("lstm_step_forward", edit={CHUNKS: "f, i, g, o = sums.chunk(4, dim=1)"}, hint=ORDER)
def forget_gate_first(): ...


@mistake("lstm_step_forward", edit={CHUNKS: "f, i, o, g = sums.chunk(4, dim=1)"}, hint=ORDER)
def order_of_the_notes(): ...


@mistake("lstm_step_forward", edit={CHUNKS: "i, o, f, g = sums.chunk(4, dim=1)"}, hint=ORDER)
def order_of_onnx(): ...


@mistake("lstm_step_forward", edit={CHUNKS: "i, g, f, o = sums.chunk(4, dim=1)"}, hint=ORDER)
def candidate_second(): ...


@mistake("lstm_step_forward", edit={CHUNKS: "i, f, g, o = sums.unflatten(1, (-1, 4)).unbind(2)"}, hint="The four sums of a unit are taken from neighbouring columns. The first H columns belong to the input gates of all units, the next H to the forget gates.")
def gates_take_turns(): ...


@mistake("lstm_step_forward", edit={"g.tanh()": "g.sigmoid()"}, hint="The candidate went through the logistic function, and so can't be negative. Which function does it have in the formulas?")
def logistic_candidate(): ...


@mistake("lstm_step_forward", edit={"i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()": "i.tanh(), f.tanh(), g.tanh(), o.tanh()"}, hint="The gates went through a tanh, and can be negative. A gate lies between 0 and 1.")
def tanh_gates(): ...


@mistake("lstm_step_forward", edit={"i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()": "i.sigmoid(), f.sigmoid(), g, o.sigmoid()"}, hint="The candidate is the bare sum: its function is missing.")
def bare_candidate(): ...


@mistake("lstm_step_forward", edit={"i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()": "i.sigmoid(), f.sigmoid(), g.tanh(), o.tanh()"}, hint="The output gate went through a tanh. All three gates lie between 0 and 1.")
def tanh_output_gate(): ...


@mistake("lstm_step_forward", edit={"o * c_next.tanh()": "o * c_next"}, hint="The cell is shown as it is. What squeezes it before the output gate?")
def cell_shown_as_it_is(): ...


@mistake("lstm_step_forward", edit={"o * c_next.tanh()": "o * c.tanh()"}, hint="The hidden state shows the old cell. It shows the cell of this step.")
def old_cell_shown(): ...


@mistake("lstm_step_forward", edit={"o * c_next.tanh()": "(o * c_next).tanh()"}, hint="The output gate is applied in front of the tanh. It stands behind it.")
def gate_inside_the_tanh(): ...


@mistake("lstm_step_forward", edit={"o * c_next.tanh()": "o * c_next.sigmoid()"}, hint="In front of the output gate the cell goes through the logistic function. Look at the second formula of section 1 again.")
def logistic_of_the_cell(): ...


@mistake("lstm_step_forward", edit={"f * c + i * g": "(f * c + i * g).tanh()", "o * c_next.tanh()": "o * c_next"}, hint="The tanh is kept in the cell. The cell is carried on as it is, and only what is shown of it goes through the tanh.")
def cell_squeezed(): ...


@mistake("lstm_step_forward", edit={"f * c + i * g": "f * c + (1 - f) * g"}, hint="What is written is 1 - f of the candidate: that is a GRU's habit. An LSTM has a gate of its own for it.")
def coupled_gates(): ...


@mistake("lstm_step_forward", edit={"f * c + i * g": "(1 - f) * c + i * g"}, hint="The forget gate is read as the share that is forgotten. It is the share that stays.")
def forget_gate_forgets(): ...


@mistake("lstm_step_forward", edit={"f * c + i * g": "f * h + i * g"}, hint="The forget gate multiplies the hidden state. Which of the two states is carried over?")
def hidden_state_carried(): ...


@mistake("lstm_step_forward", edit={"f * c + i * g": "f * c + g"}, hint="The whole candidate is written. How much of it may pass?")
def no_input_gate(): ...


@mistake("lstm_step_forward", edit={"f * c + i * g": "c + i * g"}, hint="Nothing is taken away from the old cell, as in the LSTM of 1997. Today's has a forget gate.")
def no_forget_gate(): ...


@mistake("lstm_step_forward", edit={"o * c_next.tanh()": "c_next.tanh()"}, hint="All of the cell is shown: the output gate is computed, and not used.")
def no_output_gate(): ...


@mistake("lstm_step_forward", edit={" + bias_hh\n": "\n"}, hint="There are two biases, and one of them is not added.")
def one_bias(): ...


@mistake("lstm_step_forward", edit={" + bias_ih": ""}, hint="There are two biases, and one of them is not added.")
def other_bias(): ...


@mistake("lstm_step_forward", edit={"h @ weight_hh.T": "c @ weight_hh.T"}, hint="The gates read the cell. They see only what was shown of it.")
def gates_read_the_cell(): ...


@mistake("lstm_step_forward", edit={"g.tanh()": "(g.exp() - (-g).exp()) / (g.exp() + (-g).exp())"}, hint=OVERFLOW)
def own_tanh(): ...


@mistake("lstm_step_forward", edit={"f.sigmoid()": "f.exp() / (1 + f.exp())"}, hint=OVERFLOW)
def logistic_that_overflows(): ...


@mistake("lstm_step_forward", edit={"torch.cat([i, f, g, o], dim=1)": "sums"}, hint="The states are right. The cache holds the four sums; it is to hold what their functions make of them.")
def sums_cached(): ...


@mistake("lstm_step_forward", edit={"torch.cat([i, f, g, o], dim=1)": "torch.stack([i, f, g, o], dim=1)"}, hint="The states are right. In the cache the four stand in a dimension of their own; they are to stand side by side.")
def gates_stacked(): ...


@mistake("lstm_step_forward", edit={"torch.cat([i, f, g, o], dim=1)": "torch.cat([i, f, o, g], dim=1)"}, hint="The states are right. In the cache the candidate stands last; the order is that of the rows of the parameters.")
def cached_in_another_order(): ...


@mistake("lstm_step_forward", edit={"(x, h, c, params, gates, c_next)": "(x, h_next, c, params, gates, c_next)"}, hint="The states are right. The cache holds the new hidden state; backward needs the one that the gates have read.")
def new_state_cached(): ...


@mistake("lstm_step_forward", edit={"(x, h, c, params, gates, c_next)": "(x, h, c, params, gates, c_next.tanh())"}, hint="The states are right. The last entry of the cache is the cell itself, without a tanh.")
def squeezed_cell_cached(): ...


@mistake("lstm_step_forward", edit={"return h_next, c_next, (": "return c_next, h_next, ("}, hint="The two states come back in the other order: the hidden state is the first.")
def states_change_places(): ...


# lstm_step_backward

SLOPE = "One of the four gradients stands behind its function, not in front: its slope is missing. Compare them one by one with the section's numbers."


@right("lstm_step_backward")
def slopes_side_by_side(grad_h_next, grad_c_next, cache):
    """Put the slopes of the four functions, and what each was multiplied by, side by side."""
    x, h, c, params, gates, c_next = cache
    i, f, g, o = gates.chunk(4, 1)
    tanh = torch.tanh(c_next)
    grad_c_next = grad_c_next + (1 - tanh * tanh) * o * grad_h_next
    partners = torch.cat([g, c, i, tanh], 1)
    from_above = torch.cat([grad_c_next, grad_c_next, grad_c_next, grad_h_next], 1)
    slopes = torch.cat([i - i * i, f - f * f, 1 - g * g, o - o * o], 1)
    delta = partners * from_above * slopes
    grads = (torch.mm(delta.t(), x), torch.mm(delta.t(), h), delta.sum(0), delta.sum(0))
    return delta.mm(params[0]), delta.mm(params[1]), f * grad_c_next, grads


@right("lstm_step_backward")
def gate_after_gate(grad_h_next, grad_c_next, cache):
    """Go back through each gate by itself, as four small affine layers."""
    x, h, c, (weight_ih, weight_hh, bias_ih, bias_hh), gates, c_next = cache
    size = c.shape[1]
    i, f, g, o = (gates[:, k * size : (k + 1) * size] for k in range(4))
    grad_o = grad_h_next * c_next.tanh()
    grad_tanh = grad_h_next * o
    grad_cell = grad_c_next + grad_tanh / c_next.cosh().square()
    deltas = [
        grad_cell * g * i * (1 - i),
        grad_cell * c * f * (1 - f),
        grad_cell * i * (1 + g) * (1 - g),
        grad_o * o * (1 - o),
    ]
    grad_x, grad_h = torch.zeros_like(x), torch.zeros_like(h)
    of_ih, of_hh = torch.empty_like(weight_ih), torch.empty_like(weight_hh)
    of_bias = torch.empty_like(bias_ih)
    for k, delta in enumerate(deltas):
        rows = slice(k * size, (k + 1) * size)
        grad_x += delta @ weight_ih[rows]
        grad_h += delta @ weight_hh[rows]
        of_ih[rows], of_hh[rows], of_bias[rows] = delta.T @ x, delta.T @ h, delta.sum(dim=0)
    return grad_x, grad_h, grad_cell * f, (of_ih, of_hh, of_bias, of_bias)


@right("lstm_step_backward")
def einsums(grad_h_next, grad_c_next, cache):
    """Say every sum by its indices."""
    x, h, c, params, gates, c_next = cache
    i, f, g, o = gates.unflatten(1, (4, -1)).unbind(dim=1)
    cell = grad_c_next + grad_h_next * o * (1 - c_next.tanh() ** 2)
    sums = torch.stack([cell * g * i * (1 - i), cell * c * f * (1 - f), cell * i * (1 - g**2), grad_h_next * c_next.tanh() * o * (1 - o)], 1)
    sums = sums.flatten(1)
    weights = torch.einsum("ng,nd->gd", sums, x), torch.einsum("ng,nh->gh", sums, h)
    return (
        torch.einsum("ng,gd->nd", sums, params[0]),
        torch.einsum("ng,gh->nh", sums, params[1]),
        torch.einsum("nh,nh->nh", cell, f),
        (*weights, torch.einsum("ng->g", sums), torch.einsum("ng->g", sums)),
    )


@mistake("lstm_step_backward", edit={"grad_c_next + grad_h_next * o": "grad_h_next * o"}, hint="What comes from the later steps by the cell is left out. How many ways has the new cell to the loss?")
def nothing_by_the_cell(): ...


@mistake("lstm_step_backward", edit={"grad_c_next + grad_h_next * o * (1 - shown**2)": "grad_c_next"}, hint="What comes by the hidden state doesn't reach the cell. How many ways has the new cell to the loss?")
def nothing_by_the_hidden_state(): ...


@mistake("lstm_step_backward", edit={"grad_h_next * o * (1 - shown**2)": "grad_h_next * (1 - shown**2)"}, hint="On the way from the hidden state to the cell the output gate is missing: the tanh was multiplied by it.")
def output_gate_forgotten(): ...


@mistake("lstm_step_backward", edit={"grad_h_next * o * (1 - shown**2)": "grad_h_next * o"}, hint="On the way from the hidden state to the cell the slope of the tanh is missing.")
def no_slope_of_the_tanh(): ...


@mistake("lstm_step_backward", edit={"(1 - shown**2)": "(1 - c_next**2)"}, hint="The slope of the tanh is made from the cell. It is one minus the square of what comes *out* of the tanh.")
def slope_of_the_cell_itself(): ...


@mistake("lstm_step_backward", edit={"(1 - shown**2)": "(1 - shown)"}, hint="The slope of the tanh is wrong: it isn't that of the logistic function, and has a square in it.")
def slope_without_square(): ...


@mistake("lstm_step_backward", edit={"(1 - shown**2)": "(1 - c.tanh()**2)"}, hint="The slope of the tanh is taken at the old cell. Which cell went through it?")
def slope_at_the_old_cell(): ...


@mistake("lstm_step_backward", edit={"g * i * (1 - i)": "g"}, hint=SLOPE)
def no_slope_of_the_input_gate(): ...


@mistake("lstm_step_backward", edit={"c * f * (1 - f)": "c"}, hint=SLOPE)
def no_slope_of_the_forget_gate(): ...


@mistake("lstm_step_backward", edit={"i * (1 - g**2)": "i"}, hint=SLOPE)
def no_slope_of_the_candidate(): ...


@mistake("lstm_step_backward", edit={"shown * o * (1 - o)": "shown"}, hint=SLOPE)
def no_slope_of_the_output_gate(): ...


@mistake("lstm_step_backward", edit={"i * (1 - g**2)": "i * g * (1 - g)"}, hint="The candidate is treated as a gate. Its function is a tanh, whose slope is another.")
def candidate_as_a_gate(): ...


@mistake("lstm_step_backward", edit={"i * (1 - g**2)": "i * (1 - g.tanh()**2)"}, hint="The candidate went through its tanh twice: the cache holds it behind the function already.")
def tanh_twice(): ...


@mistake("lstm_step_backward", edit={"g * i * (1 - i)": "g * i.sigmoid() * (1 - i.sigmoid())", "c * f * (1 - f)": "c * f.sigmoid() * (1 - f.sigmoid())", "shown * o * (1 - o)": "shown * o.sigmoid() * (1 - o.sigmoid())"}, hint="The gates went through the logistic function twice: the cache holds them behind it already.")
def logistic_twice(): ...


@mistake("lstm_step_backward", edit={"c * f * (1 - f)": "c_next * f * (1 - f)"}, hint="The forget gate's gradient is made with the new cell. Which cell did the gate multiply?")
def forget_gate_with_the_new_cell(): ...


@mistake("lstm_step_backward", edit={"c * f * (1 - f)": "c.tanh() * f * (1 - f)"}, hint="The forget gate's gradient is made with a tanh of the old cell. The gate multiplied the cell itself.")
def forget_gate_with_a_tanh(): ...


@mistake("lstm_step_backward", edit={"grad_cell * g * i * (1 - i)": "grad_cell * i * (1 - i)"}, hint="The input gate's gradient lacks what the gate was multiplied with.")
def input_gate_without_the_candidate(): ...


@mistake("lstm_step_backward", edit={"grad_cell * i * (1 - g**2)": "grad_cell * (1 - g**2)"}, hint="The candidate's gradient lacks what it was multiplied with.")
def candidate_without_the_gate(): ...


@mistake("lstm_step_backward", edit={"grad_h_next * shown * o": "grad_h_next * c_next * o"}, hint="The output gate's gradient is made with the cell. The gate multiplied the cell's tanh.")
def output_gate_with_the_cell(): ...


@mistake("lstm_step_backward", edit={"grad_h_next * shown * o": "grad_cell * shown * o"}, hint="The output gate's gradient comes from the cell. The gate had a part in the hidden state only.")
def output_gate_from_the_cell(): ...


@mistake("lstm_step_backward", edit={"grad_cell * g * i": "grad_c_next * g * i", "grad_cell * c * f": "grad_c_next * c * f", "grad_cell * i * (1 - g**2)": "grad_c_next * i * (1 - g**2)"}, hint="Input gate, forget gate and candidate get only what came from the later steps. What reached the cell by the hidden state is theirs too.")
def gates_without_the_hidden_way(): ...


@mistake("lstm_step_backward", edit={"grad_cell * f, grad_params": "grad_c_next * f, grad_params"}, hint="The old cell gets only what came from the later steps. What reached the new cell by the hidden state goes on to it too.")
def old_cell_without_the_hidden_way(): ...


@mistake("lstm_step_backward", edit={"grad_cell * f, grad_params": "grad_cell, grad_params"}, hint="The old cell gets the new cell's whole gradient. What was it multiplied with?")
def old_cell_whole(): ...


@mistake("lstm_step_backward", edit={"grad_cell * f, grad_params": "grad_cell * i, grad_params"}, hint="The old cell's gradient is multiplied with the wrong gate.")
def old_cell_by_the_input_gate(): ...


@mistake("lstm_step_backward", edit={"bias = grad_sums.sum(dim=0)": "bias = grad_sums.mean(dim=0)"}, hint="The biases' gradient is a mean over the rows. Gradients of parameters add up.")
def mean_of_the_bias(): ...


@mistake("lstm_step_backward", edit={"grad_sums.T @ x, grad_sums.T @ h, bias, bias.clone()": "tuple(one / len(x) for one in (grad_sums.T @ x, grad_sums.T @ h, bias, bias))"}, hint="The parameters' gradients are divided by the number of rows. They are sums: what a loss averages, it averaged before.")
def divided_by_the_rows(): ...


@mistake("lstm_step_backward", edit={"bias, bias.clone()": "bias / 2, bias / 2"}, hint="The two biases share one gradient. Each of them was added once, and gets all of it.")
def halves_for_the_biases(): ...


@mistake("lstm_step_backward", edit={"bias, bias.clone()": "bias, torch.zeros_like(bias)"}, hint="The second bias gets no gradient. Both were added to the same sums.")
def second_bias_without_gradient(): ...


@mistake("lstm_step_backward", edit={"grad_sums @ weight_hh, grad_cell * f": "grad_sums @ weight_hh + grad_h_next, grad_cell * f"}, hint="The old hidden state also gets the new one's gradient as it is. It isn't carried over: it had its part in the four sums alone.")
def hidden_state_carried_back(): ...


@mistake("lstm_step_backward", edit={"grad_sums.T @ x, grad_sums.T @ h": "x.T @ grad_sums, h.T @ grad_sums"}, hint="The gradients of the weights lie on their side. They have the shapes of the weights.")
def weights_on_their_side(): ...


@mistake("lstm_step_backward", edit={"            grad_cell * g * i * (1 - i),\n            grad_cell * c * f * (1 - f),\n": "            grad_cell * c * f * (1 - f),\n            grad_cell * g * i * (1 - i),\n"}, hint="The four gradients are put side by side in another order than that of the gates.")
def gradients_in_another_order(): ...


@mistake("lstm_step_backward", edit={"i, f, g, o = gates.chunk(4, dim=1)": "i, f, o, g = gates.chunk(4, dim=1)"}, hint="The cache's gates are read in another order than the one they stand in.")
def gates_in_another_order(): ...


@mistake("lstm_step_backward", edit={"g * i * (1 - i)": "g * (-i.logit()).exp() / (1 + (-i.logit()).exp()) ** 2"}, hint="A gate of exactly 0 gives NaN: something is divided by it, or the sum in front of it is computed anew, which is infinite. All that is asked can be had without either.")
def slope_by_the_sum(): ...


# lstm_forward

NAN = "Where the padding holds NaN, so does the answer: 0 times NaN is NaN. Something has to be chosen, not multiplied."
ZERO = "Where a sequence is over before step T, its last hidden state comes back as 0: that is its output at step T. Its states are those after its own last step."
STAYS = "Behind a sequence's end the states go on changing. They stay as they were after its last real step."
WHERE_H = "h, c = torch.where(goes_on, h_next, h), torch.where(goes_on, c_next, c)"


@right("lstm_forward")
def output_filled_in(x, h, c, params, lengths=None):
    """Make room for the output, and write the rows that go on."""
    num, steps, _ = x.shape
    if lengths is None:
        lengths = torch.full((num,), steps, device=x.device)
    out = x.new_zeros(num, steps, h.shape[1])
    h, c = h.clone(), c.clone()
    for t in range(steps):
        here = lengths > t
        h[here], c[here], _ = lstm_step_forward(x[here, t], h[here], c[here], params)
        out[here, t] = h[here]
    return out, h, c


@right("lstm_forward")
def states_gathered(x, h, c, params, lengths=None):
    """Run to the end with clean padding, keep all states, and pick each row's last one."""
    num, steps, _ = x.shape
    length = torch.full((num,), steps, device=x.device) if lengths is None else lengths
    real = torch.arange(steps, device=x.device)[None] < length[:, None]
    clean = x.masked_fill(~real[:, :, None], 0)
    hs, cs = [h], [c]
    for t in range(steps):
        h, c, _ = lstm_step_forward(clean[:, t], h, c, params)
        hs.append(h)
        cs.append(c)
    hs, cs = torch.stack(hs, 1), torch.stack(cs, 1)
    rows = torch.arange(num, device=x.device)
    return hs[:, 1:] * real[:, :, None], hs[rows, length], cs[rows, length]


@right("lstm_forward")
def products_first(x, h, c, params, lengths=None):
    """What comes from x needs no loop: one product for all steps, then the recurrence."""
    weight_ih, weight_hh, bias_ih, bias_hh = params
    steps = x.shape[1]
    if lengths is not None:
        going = torch.arange(steps, device=x.device) < lengths.unsqueeze(1)
        x = torch.where(going.unsqueeze(2), x, torch.zeros_like(x))
    from_x = x @ weight_ih.T + (bias_ih + bias_hh)
    out = []
    for t, sums in enumerate(from_x.unbind(1)):
        i, f, g, o = (sums + h @ weight_hh.T).chunk(4, 1)
        cell = f.sigmoid() * c + i.sigmoid() * g.tanh()
        shown = o.sigmoid() * cell.tanh()
        if lengths is None:
            h, c = shown, cell
            out.append(shown)
        else:
            m = going[:, t : t + 1].to(x.dtype)
            h, c = m * shown + (1 - m) * h, m * cell + (1 - m) * c
            out.append(m * shown)
    return torch.stack(out, 1), h, c


@mistake("lstm_forward", edit={"    out = []\n    for step": "    h, c, out = torch.zeros_like(h), torch.zeros_like(c), []\n    for step"}, hint="Every sequence starts with states of 0. It is told which ones to start with.")
def starts_with_zeros(): ...


@mistake("lstm_forward", edit={"    out = []\n    for step": "    c, out = torch.zeros_like(c), []\n    for step"}, hint="The cell starts with 0. Both states are given.")
def cell_starts_with_zero(): ...


@mistake("lstm_forward", edit={"    out = []\n    for step": "    first, out = c, []\n    for step", "lstm_step_forward(x[:, step], h, c, params)": "lstm_step_forward(x[:, step], h, first, params)"}, hint="Each step starts with the first cell: it isn't carried on.")
def cell_not_carried(): ...


@mistake("lstm_forward", edit={"    out = []\n    for step": "    first, out = h, []\n    for step", "lstm_step_forward(x[:, step], h, c, params)": "lstm_step_forward(x[:, step], first, c, params)"}, hint="Each step starts with the first hidden state: it isn't carried on.")
def hidden_state_not_carried(): ...


@mistake("lstm_forward", edit={WHERE_H: "h, c = h_next, c_next"}, hint=STAYS)
def states_go_on(): ...


@mistake("lstm_forward", edit={WHERE_H: "h, c = torch.where(goes_on, h_next, h), c_next"}, hint="Behind a sequence's end the cell goes on changing. Both states stay as they were.")
def cell_goes_on(): ...


@mistake("lstm_forward", edit={WHERE_H: "h, c = h_next, torch.where(goes_on, c_next, c)"}, hint="Behind a sequence's end the hidden state goes on changing. Both states stay as they were.")
def hidden_state_goes_on(): ...


@mistake("lstm_forward", edit={"torch.where(goes_on, h, 0.0)": "h"}, hint="Behind a sequence's end the output repeats the last state. It is 0 there.")
def last_state_repeated(): ...


@mistake("lstm_forward", edit={"return torch.stack(out, dim=1), h, c": "return torch.stack(out, dim=1), out[-1], c"}, hint=ZERO)
def state_of_the_last_column(): ...


@mistake("lstm_forward", edit={"step < lengths": "step <= lengths"}, hint="One step too many is real: with a length of 1, step 0 alone is.")
def one_step_too_many(): ...


@mistake("lstm_forward", edit={"step < lengths": "step < lengths - 1"}, hint="One step too few is real: with a length of 1, step 0 is.")
def one_step_too_few(): ...


@mistake("lstm_forward", edit={"step < lengths": "x.shape[1] - step <= lengths"}, hint="The padding is taken to stand in front. Sequences are filled up at the end.")
def padding_in_front(): ...


@mistake("lstm_forward", edit={WHERE_H: "h, c = goes_on * h_next + ~goes_on * h, goes_on * c_next + ~goes_on * c"}, hint=NAN)
def masked_by_multiplying(): ...


@mistake("lstm_forward", edit={"torch.where(goes_on, h, 0.0)": "h_next * goes_on"}, hint=NAN)
def output_masked_by_multiplying(): ...


@mistake("lstm_forward", edit={"torch.stack(out, dim=1), h, c": "torch.stack(out, dim=0), h, c"}, hint="The output has the steps first. The sequences are its first dimension.")
def steps_first(): ...


@mistake("lstm_forward", edit={"torch.stack(out, dim=1), h, c": "torch.stack(out, dim=2), h, c"}, hint="The output has the steps last. The units are its last dimension.")
def steps_last(): ...


@mistake("lstm_forward", edit={"return torch.stack(out, dim=1), h, c": "out = torch.stack(out, dim=1)\n    return (out if lengths is None else out[:, : lengths.max()]), h, c"}, hint="The output ends with the longest sequence. It has as many steps as x.")
def cut_to_the_longest(): ...


@mistake("lstm_forward", edit={"            out.append(h)\n": "            out.append(c)\n", "torch.where(goes_on, h, 0.0)": "torch.where(goes_on, c, 0.0)"}, hint="The output holds the cells. The hidden state is what is shown.")
def cells_shown(): ...


@mistake("lstm_forward", edit={"torch.stack(out, dim=1), h, c": "torch.stack(out, dim=1), c, h"}, hint="The two last states have changed places: the hidden state is the first.")
def last_states_change_places(): ...


@mistake("lstm_forward", edit={"torch.stack(out, dim=1), h, c": "torch.stack(out[::-1], dim=1), h, c"}, hint="The outputs stand in the reverse order.")
def outputs_reversed(): ...


@mistake("lstm_forward", edit={"lstm_step_forward(x[:, step]": "lstm_step_forward(x[:, x.shape[1] - 1 - step]"}, hint="The sequences are read from the end.")
def read_from_the_end(): ...


@mistake("lstm_forward", edit={"lstm_step_forward(x[:, step]": "lstm_step_forward(x[:, 0]"}, hint="Every step reads the first entry of the sequence.")
def reads_the_first_again(): ...


@mistake("lstm_forward", edit={"        goes_on = (": "        lengths = lengths.sort(descending=True).values\n        goes_on = ("}, hint="The lengths are sorted, and the sequences are not: each has its own.")
def lengths_sorted(): ...


@mistake("lstm_forward", edit={"        goes_on = (": "        lengths = lengths.clamp(min=1)\n        goes_on = ("}, hint="A sequence of length 0 is read for one step. None of its steps is real.")
def at_least_one_step(): ...


@mistake("lstm_forward", hint="A sequence of length 0 gets the state of some step. None of its steps is real: it ends as it began.")
def gathered_without_a_start(x, h, c, params, lengths=None):
    num, steps, _ = x.shape
    length = torch.full((num,), steps, device=x.device) if lengths is None else lengths
    real = (torch.arange(steps, device=x.device)[None] < length[:, None])[:, :, None]
    clean = x.masked_fill(~real, 0)
    hs, cs = [], []
    for t in range(steps):
        h, c, _ = lstm_step_forward(clean[:, t], h, c, params)
        hs.append(h)
        cs.append(c)
    hs, cs, rows = torch.stack(hs, 1), torch.stack(cs, 1), torch.arange(num, device=x.device)
    return hs * real, hs[rows, length - 1], cs[rows, length - 1]


# gru_step_forward

OTHER_BLOCKS = "The blocks of rows are read in another order than torch's: reset gate, update gate, candidate."


@right("gru_step_forward")
def three_of_each(x, h, params, reset_after=True):
    """Cut all four parameters in three."""
    (w_r, w_z, w_n), (u_r, u_z, u_n), (b_r, b_z, b_n), (d_r, d_z, d_n) = (part.chunk(3) for part in params)
    reset = torch.sigmoid(F.linear(x, w_r, b_r) + F.linear(h, u_r, d_r))
    update = torch.sigmoid(F.linear(x, w_z, b_z) + F.linear(h, u_z, d_z))
    heard = reset * F.linear(h, u_n, d_n) if reset_after else F.linear(reset * h, u_n, d_n)
    new = torch.tanh(F.linear(x, w_n, b_n) + heard)
    return torch.lerp(new, h, update)


@right("gru_step_forward")
def units_stacked(x, h, params, reset_after=True):
    """A dimension for the three, and einsum."""
    w, u, b, d = (part.unflatten(0, (3, -1)) for part in params)
    a = torch.einsum("nd,khd->knh", x, w) + b[:, None]
    e = torch.einsum("nj,khj->knh", h, u) + d[:, None]
    r, z = torch.sigmoid(a[:2] + e[:2])
    inner = r * e[2] if reset_after else torch.einsum("nj,hj->nh", r * h, u[2]) + d[2]
    n = torch.tanh(a[2] + inner)
    return n + z * (h - n)


@right("gru_step_forward")
def the_whole_matrix_again(x, h, params, reset_after=True):
    """Clumsy: the second form multiplies all of the matrix once more, and takes a third of it."""
    weight_ih, weight_hh, bias_ih, bias_hh = params
    H = h.shape[1]
    gx, gh = x.matmul(weight_ih.t()) + bias_ih, h.matmul(weight_hh.t()) + bias_hh
    r = 1 / (1 + torch.exp(-(gx[:, :H] + gh[:, :H])))
    z = 1 / (1 + torch.exp(-(gx[:, H : 2 * H] + gh[:, H : 2 * H])))
    if not reset_after:
        gh = (r * h).matmul(weight_hh.t()) + bias_hh
        r = torch.ones_like(r)
    n = torch.tanh(gx[:, 2 * H :] + r * gh[:, 2 * H :])
    return n - n * z + h * z


@mistake("gru_step_forward", edit={"(1 - z) * n + z * h": "z * n + (1 - z) * h"}, hint="The update gate lets the candidate through. In this course, as in torch, it lets the old state through.")
def update_gate_turned_round(): ...


@mistake("gru_step_forward", edit={"r, z = both": "z, r = both"}, hint=OTHER_BLOCKS)
def update_gate_first(): ...


@mistake("gru_step_forward", edit={"r, z = both.sigmoid().chunk(2, dim=1)": "r, z = both.sigmoid().unflatten(1, (-1, 2)).unbind(2)"}, hint="The sums of a unit's two gates are taken from neighbouring columns. The first H columns belong to the reset gates of all units.")
def gru_gates_take_turns(): ...


@mistake("gru_step_forward", edit={"heard = r * from_h[:, 2 * width :]": "heard = r * (h @ weight_hh[2 * width :].T) + bias_hh[2 * width :]"}, hint="With the gate behind the matrix, the bias is added whole. In this form the gate multiplies product and bias.")
def bias_outside_of_the_gate(): ...


@mistake("gru_step_forward", edit={"(r * h) @ weight_hh[2 * width :].T + bias_hh[2 * width :]": "(r * h) @ weight_hh[2 * width :].T + r * bias_hh[2 * width :]"}, hint="With the gate in front of the matrix, the bias is gated too. In this form it is added whole.")
def bias_inside_of_the_gate(): ...


@mistake("gru_step_forward", edit={"heard = r * from_h[:, 2 * width :]": "heard = r * (h @ weight_hh[2 * width :].T)"}, hint="With the gate behind the matrix, the candidate lacks its second bias.")
def no_bias_after(): ...


@mistake("gru_step_forward", edit={"(r * h) @ weight_hh[2 * width :].T + bias_hh[2 * width :]": "(r * h) @ weight_hh[2 * width :].T"}, hint="With the gate in front of the matrix, the candidate lacks its second bias.")
def no_bias_before(): ...


@mistake("gru_step_forward", edit={"heard = r * from_h[:, 2 * width :]": "heard = from_h[:, 2 * width :]", "(r * h) @ weight_hh": "h @ weight_hh"}, hint="The reset gate is computed, and not used.")
def no_reset_gate(): ...


@mistake("gru_step_forward", edit={"heard = r * from_h[:, 2 * width :]": "heard = z * from_h[:, 2 * width :]", "(r * h) @ weight_hh": "(z * h) @ weight_hh"}, hint="The update gate does the reset gate's work.")
def update_gate_resets(): ...


@mistake("gru_step_forward", edit={"heard = r * from_h[:, 2 * width :]": "heard = (1 - r) * from_h[:, 2 * width :]", "(r * h) @ weight_hh": "((1 - r) * h) @ weight_hh"}, hint="The reset gate is read as the share that is not heard. At 1 all of the old state is.")
def reset_gate_turned_round(): ...


@mistake("gru_step_forward", edit={"(r * h) @ weight_hh[2 * width :].T": "(r * h) @ weight_hh[width : 2 * width].T"}, hint="With the gate in front of the matrix, the candidate is made with the rows of a gate.")
def rows_of_a_gate(): ...


@mistake("gru_step_forward", edit={"(r * h) @ weight_hh[2 * width :].T": "(r * h) @ weight_hh[2 * width :]"}, hint="With the gate in front of the matrix, that matrix lies on its side.")
def candidate_matrix_on_its_side(): ...


@mistake("gru_step_forward", edit={"n = (from_x[:, 2 * width :] + heard).tanh()": "n = (from_x[:, 2 * width :] + heard).sigmoid()"}, hint="The candidate went through the logistic function, and can't be negative.")
def logistic_gru_candidate(): ...


@mistake("gru_step_forward", edit={"r, z = both.sigmoid().chunk(2, dim=1)": "r, z = both.tanh().chunk(2, dim=1)"}, hint="The gates went through a tanh, and can be negative. A gate lies between 0 and 1.")
def tanh_gru_gates(): ...


@mistake("gru_step_forward", edit={"n = (from_x[:, 2 * width :] + heard).tanh()": "n = from_x[:, 2 * width :] + heard"}, hint="The candidate is the bare sum: its function is missing.")
def bare_gru_candidate(): ...


@mistake("gru_step_forward", edit={"n = (from_x[:, 2 * width :] + heard).tanh()": "n = (r * from_x[:, 2 * width :] + heard).tanh()"}, hint="The reset gate also multiplies what comes from x. It says how much of the old state is heard.")
def x_reset_too(): ...


@mistake("gru_step_forward", edit={"(1 - z) * n + z * h": "n + z * h"}, hint="All of the candidate is written. What is kept and what is written make 1 together.")
def candidate_whole(): ...


@mistake("gru_step_forward", edit={"(1 - z) * n + z * h": "(1 - z) * n + h"}, hint="All of the old state is kept. What is kept and what is written make 1 together.")
def old_state_whole(): ...


@mistake("gru_step_forward", edit={"(1 - z) * n + z * h": "(1 - z) * n + z * r * h"}, hint="What is kept of the old state was reset. The reset gate has a part in the candidate alone.")
def old_state_reset(): ...


@mistake("gru_step_forward", edit={"(1 - z) * n + z * h": "((1 - z) * n + z * h).tanh()"}, hint="The new state goes through a tanh once more. It is a mixture of candidate and old state as they are.")
def state_squeezed(): ...


@mistake("gru_step_forward", edit={"x @ weight_ih.T + bias_ih": "x @ weight_ih.T"}, hint="Of the two biases the first one is not added.")
def no_first_bias(): ...


@mistake("gru_step_forward", edit={"from_h = h @ weight_hh.T + bias_hh\n": "from_h = h @ weight_hh.T\n"}, hint="What comes from h is made without its bias.")
def no_second_bias_in_the_gates(): ...


@mistake("gru_step_forward", edit={"if reset_after:": "if not reset_after:"}, hint="The two forms have changed places.")
def forms_change_places(): ...


@mistake("gru_step_forward", edit={"heard = r * from_h[:, 2 * width :]": "heard = r * h", "(r * h) @ weight_hh[2 * width :].T + bias_hh[2 * width :]": "r * h"}, hint="The candidate hears the old state without its weights.")
def no_weights_on_the_state(): ...


@mistake("gru_step_forward", edit={"heard = r * from_h[:, 2 * width :]": "return (1 - z) * (from_x[:, 2 * width :] + from_h[:, 2 * width :]).tanh() * r + z * h"}, hint="With the gate behind the matrix, it multiplies the finished candidate. It belongs inside the tanh, where it leaves what comes from x alone.")
def reset_outside_of_the_tanh(): ...


# memory_gradient

ONE_WAY = "Along the belt all is well, but one of the ways through the hidden state is missing. Which of the four sums read it, and where does each go?"
NOTHING_HELD = "The cell's size is the belt's. Nothing is held there: the hidden state has told the gates about the cell."
ADD_C = "change_c = change_c + c.unsqueeze(2) * f * (1 - f) * on_f"
FIRST_C = "f * change_c + g * i * (1 - i) * on_i + i * (1 - g**2) * on_g"
CELL = "change_c[:, :, width:].flatten(1).norm(dim=1)"
HIDDEN = "change_h[:, :, :width].flatten(1).norm(dim=1)"


@right("memory_gradient")
def one_big_matrix(x, h, c, params):
    """Write the matrix of each step for both states together, and multiply them up."""
    N, H = h.shape
    blocks = params[1].unflatten(0, (4, H))
    whole = torch.eye(2 * H, dtype=x.dtype, device=x.device).repeat(N, 1, 1)
    way, rows = torch.ones_like(h), []
    for t in range(x.shape[1]):
        h, new, cache = lstm_step_forward(x[:, t], h, c, params)
        i, f, g, o = cache[4].unflatten(1, (4, H)).unbind(1)
        tanh = new.tanh()
        into_c = (g * i * (1 - i))[:, :, None] * blocks[0] + (c * f * (1 - f))[:, :, None] * blocks[1]
        into_c = into_c + (i * (1 - g * g))[:, :, None] * blocks[2]
        shows = (o * (1 - tanh * tanh))[:, :, None]
        into_h = shows * into_c + (tanh * o * (1 - o))[:, :, None] * blocks[3]
        keep = torch.diag_embed(f)
        step = torch.cat([torch.cat([into_h, shows * keep], 2), torch.cat([into_c, keep], 2)], 1)
        whole, way, c = step @ whole, way * f, new
        sizes = way, whole[:, H:, H:].flatten(1), whole[:, :H, :H].flatten(1)
        rows.append([one.square().sum(1).div(H).sqrt() for one in sizes])
    return tuple(torch.stack(column, 1) for column in zip(*rows))


@right("memory_gradient")
def backwards_for_each_length(x, h, c, params):
    """For each length go back anew, with a row of the identity for each unit of each sequence."""
    N, T, _ = x.shape
    H = h.shape[1]
    caches = []
    for t in range(T):
        h, c, cache = lstm_step_forward(x[:, t], h, c, params)
        caches.append(tuple(one if which == 3 else one.repeat_interleave(H, 0) for which, one in enumerate(cache)))
    eye = torch.eye(H, dtype=x.dtype, device=x.device).repeat(N, 1)
    belt, cell, hidden = [], [], []
    kept = torch.ones_like(c)
    for t in range(T):
        for of_c in (True, False):
            grad_h, grad_c = (0 * eye, eye) if of_c else (eye, 0 * eye)
            for s in range(t, -1, -1):
                _, _, _, weights, gates, new = caches[s]
                old = caches[s][2]
                i, f, g, o = gates.chunk(4, 1)
                tanh = new.tanh()
                grad_c = grad_c + grad_h * o * (1 - tanh**2)
                delta = torch.cat([grad_c * g * i * (1 - i), grad_c * old * f * (1 - f), grad_c * i * (1 - g**2), grad_h * tanh * o * (1 - o)], 1)
                grad_h, grad_c = delta @ weights[1], grad_c * f
            (cell if of_c else hidden).append((grad_c if of_c else grad_h).reshape(N, -1).norm(dim=1) / H**0.5)
        kept = kept * caches[t][4].chunk(4, 1)[1][::H]
        belt.append(kept.norm(dim=1) / H**0.5)
    return tuple(torch.stack(one, 1) for one in (belt, cell, hidden))


@right("memory_gradient")
def two_passes(x, h, c, params):
    """One pass for a nudge of the cell, another for one of the hidden state."""
    N, T, _ = x.shape
    H = h.shape[1]
    eye, zero = torch.eye(H, dtype=x.dtype, device=x.device).expand(N, H, H), x.new_zeros(N, H, H)
    root = H**0.5

    def run(dh, dc, h, c):
        cells, hiddens, kept, products = [], [], [], torch.ones_like(c)
        for t in range(T):
            h_new, c_new, (_, _, _, _, gates, _) = lstm_step_forward(x[:, t], h, c, params)
            i, f, g, o = (gates[:, k * H : (k + 1) * H, None] for k in range(4))
            ds = torch.einsum("gh,nhk->ngk", params[1], dh)
            di, df, dg, do = (ds[:, k * H : (k + 1) * H] for k in range(4))
            di, df, dg, do = di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o)
            dc = df * c[:, :, None] + f * dc + di * g + i * dg
            tanh = c_new.tanh()[:, :, None]
            dh = do * tanh + o * (1 - tanh * tanh) * dc
            h, c = h_new, c_new
            products = products * f[:, :, 0]
            kept.append((products**2).sum(1).sqrt() / root)
            cells.append((dc**2).sum((1, 2)).sqrt() / root)
            hiddens.append((dh**2).sum((1, 2)).sqrt() / root)
        return torch.stack(kept, 1), torch.stack(cells, 1), torch.stack(hiddens, 1)

    belt, cell, _ = run(zero, eye, h, c)
    return belt, cell, run(eye, zero, h, c)[2]


@mistake("memory_gradient", edit={"/ width**0.5 for": "for"}, hint="The sizes aren't divided by the root of H: a state that is carried over unchanged has size 1.")
def no_root(): ...


@mistake("memory_gradient", edit={"/ width**0.5 for": "/ width for"}, hint="The sizes are divided by H, and not by its root.")
def divided_by_the_width(): ...


@mistake("memory_gradient", edit={"belt.append(kept.norm(dim=1))": "belt.append(kept.mean(dim=1) * width**0.5)"}, hint="The belt's size is the mean of what each unit keeps. It is to be the size of a matrix: a root of a sum of squares.")
def mean_on_the_belt(): ...


@mistake("memory_gradient", edit={"kept * f.squeeze(2)": "f.squeeze(2)"}, hint="The belt has the forget gates of one step only. What is left after several steps?")
def belt_of_one_step(): ...


@mistake("memory_gradient", edit={"kept * f.squeeze(2)": "kept * i.squeeze(2)"}, hint="The belt is made of another gate than the forget gate.")
def belt_of_input_gates(): ...


@mistake("memory_gradient", edit={CELL: "kept.norm(dim=1)"}, hint=NOTHING_HELD)
def cell_as_the_belt(): ...


@mistake("memory_gradient", edit={FIRST_C: "f * change_c", ADD_C: ""}, hint=NOTHING_HELD)
def gates_never_change(): ...


@mistake("memory_gradient", edit={"f * change_c + g * i * (1 - i) * on_i": "f * change_c"}, hint=ONE_WAY)
def no_way_by_the_input_gate(): ...


@mistake("memory_gradient", edit={" + i * (1 - g**2) * on_g": ""}, hint=ONE_WAY)
def no_way_by_the_candidate(): ...


@mistake("memory_gradient", edit={ADD_C: ""}, hint=ONE_WAY)
def no_way_by_the_forget_gate(): ...


@mistake("memory_gradient", edit={" + shown * o * (1 - o) * on_o": ""}, hint=ONE_WAY)
def no_way_by_the_output_gate(): ...


@mistake("memory_gradient", edit={"o * (1 - shown**2) * change_c": "o * change_c"}, hint="On the way from the cell to the hidden state the slope of the tanh is missing.")
def no_slope_of_tanh(): ...


@mistake("memory_gradient", edit={"o * (1 - shown**2) * change_c": "(1 - shown**2) * change_c"}, hint="On the way from the cell to the hidden state the output gate is missing.")
def no_gate_on_the_way(): ...


@mistake("memory_gradient", edit={"shown = c_next.tanh()": "shown = c.tanh()"}, hint="The slope of the tanh is taken at the old cell. Which cell is shown?")
def old_cell_is_shown(): ...


@mistake("memory_gradient", edit={"shown = c_next.tanh().unsqueeze(2)\n        ": "shown = c_next.tanh().unsqueeze(2)\n        before = change_c\n        ", "o * (1 - shown**2) * change_c": "o * (1 - shown**2) * before"}, hint="The new hidden state changes with the old cell. It shows the new one: mind the order of the two lines.")
def order_of_the_two_lines(): ...


@mistake("memory_gradient", edit={"c.unsqueeze(2) * f * (1 - f)": "c_next.unsqueeze(2) * f * (1 - f)"}, hint="The change of the forget gate is multiplied by the new cell. Which cell did the gate multiply?")
def forget_gate_on_the_new_cell(): ...


@mistake("memory_gradient", edit={"c.unsqueeze(2) * f * (1 - f)": "f * (1 - f)"}, hint="The change of the forget gate is added to the cell as it is. What did the gate multiply?")
def forget_gate_alone(): ...


@mistake("memory_gradient", edit={"g * i * (1 - i) * on_i": "i * (1 - i) * on_i"}, hint="The change of the input gate is added to the cell as it is. What did the gate multiply?")
def input_gate_alone(): ...


@mistake("memory_gradient", edit={"i * (1 - g**2) * on_g": "(1 - g**2) * on_g"}, hint="The change of the candidate is added to the cell as it is. What was it multiplied by?")
def candidate_alone(): ...


@mistake("memory_gradient", edit={"g * i * (1 - i) * on_i": "g * on_i"}, hint="The slope of a gate's logistic function is missing.")
def no_slope_of_a_gate(): ...


@mistake("memory_gradient", edit={"i * (1 - g**2) * on_g": "i * g * (1 - g) * on_g"}, hint="The candidate is treated as a gate. Its function is a tanh, whose slope is another.")
def candidate_treated_as_a_gate(): ...


@mistake("memory_gradient", edit={CELL: "change_c[:, :, :width].flatten(1).norm(dim=1)"}, hint="The cell's size is that of its derivative with respect to the first hidden state. It is asked with respect to the first cell.")
def cell_by_the_hidden_state(): ...


@mistake("memory_gradient", edit={HIDDEN: "change_h[:, :, width:].flatten(1).norm(dim=1)"}, hint="The hidden state's size is that of its derivative with respect to the first cell. It is asked with respect to the first hidden state.")
def hidden_state_by_the_cell(): ...


@mistake("memory_gradient", edit={CELL: "change_c.flatten(1).norm(dim=1)", HIDDEN: "change_h.flatten(1).norm(dim=1)"}, hint="Both first states are nudged at once. For the cell's size only c is, and for the hidden state's only h.")
def both_nudged(): ...


@mistake("memory_gradient", edit={CELL: "torch.linalg.matrix_norm(change_c[:, :, width:], 2) * width**0.5", HIDDEN: "torch.linalg.matrix_norm(change_h[:, :, :width], 2) * width**0.5", "belt.append(kept.norm(dim=1))": "belt.append(kept.amax(dim=1) * width**0.5)"}, hint="The size is the largest singular value. It is to be the Frobenius norm, divided by the root of H.")
def spectral_norm(): ...


@mistake("memory_gradient", edit={CELL: "change_c[:, :, width:].diagonal(dim1=1, dim2=2).norm(dim=1)", HIDDEN: "change_h[:, :, :width].diagonal(dim1=1, dim2=2).norm(dim=1)"}, hint="Only the diagonal of the matrices is measured: what a unit has left of itself. What others have of it counts too.")
def diagonal_only(): ...


@mistake("memory_gradient", edit={CELL: "change_c[:, :, width:].sum(dim=1).norm(dim=1)", HIDDEN: "change_h[:, :, :width].sum(dim=1).norm(dim=1)"}, hint="The units are added up before the squares are taken, as if the loss were the sum of all units. Each entry of the matrix counts by itself.")
def units_added_up(): ...


@mistake("memory_gradient", edit={"(weight_hh @ change_h).chunk(4, dim=1)": "(part.T @ change_h for part in weight_hh.chunk(4))"}, hint="The four matrices of weight_hh lie on their side: in the step the state is multiplied from the other side.")
def weights_on_the_other_side(): ...


@mistake("memory_gradient", edit={"on_i, on_f, on_g, on_o = (": "on_i, on_f, on_o, on_g = ("}, hint="The changes of the four sums are taken in another order than that of the gates.")
def changes_in_another_order(): ...


@mistake("memory_gradient", edit={"sizes = (torch.stack(one, dim=1)": "sizes = (torch.stack([torch.full_like(one[0], width**0.5), *one[:-1]], dim=1)"}, hint="The sizes begin with 1, that of no step at all. The first is that after one step.")
def begins_with_no_step(): ...


@mistake("memory_gradient", edit={"sizes = (torch.stack(one, dim=1)": "sizes = (torch.stack(one[::-1], dim=1)"}, hint="The sizes stand in the reverse order: the first is that after one step.")
def sizes_reversed(): ...


@mistake("memory_gradient", edit={"sizes = (torch.stack(one, dim=1)": "sizes = (torch.stack(one, dim=0)"}, hint="The steps stand first. The sequences are the first dimension.")
def sizes_with_steps_first(): ...


@mistake("memory_gradient", edit={"return tuple(sizes)": "belt, cell, hidden = sizes\n    return belt, hidden, cell"}, hint="The cell's and the hidden state's sizes have changed places.")
def sizes_change_places(): ...


@mistake("memory_gradient", edit={"    for step in range(x.shape[1]):\n": "    for step in range(x.shape[1]):\n        change_h = torch.cat([one, torch.zeros_like(one)], dim=2)\n        change_c = torch.cat([torch.zeros_like(one), one], dim=2)\n"}, hint="At each step the nudge begins anew. The derivative is that with respect to the states before the *first* step.")
def nudged_anew(): ...


# What strangers wrote


@mistake("lstm_step_forward", edit={"f * c + i * g": "f * c.tanh() + i * g"}, hint="A tanh of the old cell is carried over. The tanh belongs to what is shown; the cell itself stays as it is.")
def squeezed_cell_carried(): ...


@mistake("lstm_step_forward", edit={CHUNKS: "i, f, g, o = sums.clamp(-10, 10).chunk(4, dim=1)"}, hint="Large sums are cut off, so a gate never shuts fully. That isn't needed: torch's functions take any number.")
def sums_cut_off(): ...


@mistake("lstm_step_forward", edit={"i.sigmoid(), f.sigmoid()": "(i + c).sigmoid(), (f + c).sigmoid()"}, hint="The gates also read the cell. There are LSTMs with such peepholes; this one's gates read x and h only.")
def peepholes(): ...


@mistake("lstm_step_forward", edit={"(x, h, c, params, gates, c_next)": "(x, h, c, params, gates)"}, hint="The states are right. The cache has another number of entries than the docstring's six.")
def new_cell_not_cached(): ...


@mistake("lstm_step_forward", edit={"(x, h, c, params, gates, c_next)": "(x, h, c, *params, gates, c_next)"}, hint="The states are right. The cache has another number of entries than the docstring's six.")
def parameters_unpacked(): ...


@mistake("lstm_step_backward", edit={"grad_c_next + grad_h_next * o": "grad_c_next * f + grad_h_next * o"}, hint="What comes from the later steps is multiplied by the forget gate too early: it is the *new* cell's gradient as it is.")
def forget_gate_too_early(): ...


@mistake("lstm_step_backward", edit={"grad_cell * f, grad_params": "grad_cell * f, *grad_params"}, hint="There are seven entries. The parameters' four gradients are a tuple of their own, the last of four entries.")
def seven_in_a_row(): ...


@mistake("lstm_step_backward", edit={"grad_sums.T @ h, bias": "grad_sums.T @ (o * shown), bias"}, hint="The gradient of weight_hh is made with the new hidden state. Which one did the weights multiply?")
def weights_with_the_new_state(): ...


@mistake("lstm_step_backward", edit={"grad_sums.T @ h, bias": "grad_sums.T @ c, bias"}, hint="The gradient of weight_hh is made with the cell. Which state did the weights multiply?")
def weights_with_the_cell(): ...


@mistake("lstm_forward", hint="All steps of the output are one and the same tensor, which was changed in place after it was put away.")
def the_same_tensor_again(x, h, c, params, lengths=None):
    h, c, out = h.clone(), c.clone(), []
    for step in range(x.shape[1]):
        h_next, c_next, _ = lstm_step_forward(x[:, step], h, c, params)
        goes_on = torch.ones_like(h[:, :1], dtype=torch.bool) if lengths is None else (step < lengths)[:, None]
        h.copy_(torch.where(goes_on, h_next, h))
        c.copy_(torch.where(goes_on, c_next, c))
        out.append(h)
    out = torch.stack(out, dim=1)
    if lengths is not None:
        out = out.masked_fill((torch.arange(x.shape[1], device=x.device) >= lengths[:, None])[..., None], 0)
    return out, h, c


@mistake("lstm_forward", edit={"step < lengths": "step < lengths.min().expand(len(x))"}, hint="All sequences end with the shortest. Each goes on to its own length.")
def ends_with_the_shortest(): ...


@mistake("lstm_forward", edit={"step < lengths": "step < lengths.max().expand(len(x))"}, hint="All sequences are read as far as the longest. Each goes on to its own length.")
def ends_with_the_longest(): ...


@mistake("gru_step_forward", edit={"heard = (r * h) @ weight_hh[2 * width :].T + bias_hh[2 * width :]": "again = (r * h) @ weight_hh.T + bias_hh\n        z, heard = (from_x + again)[:, width : 2 * width].sigmoid(), again[:, 2 * width :]"}, hint="With the gate in front of the matrix, the update gate reads the reset state. Only the candidate does.")
def update_gate_reads_the_reset_state(): ...


@mistake("gru_step_forward", edit={"heard = (r * h) @ weight_hh[2 * width :].T + bias_hh[2 * width :]": "h = r * h\n        heard = h @ weight_hh[2 * width :].T + bias_hh[2 * width :]"}, hint="With the gate in front of the matrix, what is kept of the old state was reset too. The reset gate has a part in the candidate alone.")
def reset_state_kept(): ...


@mistake("memory_gradient", edit={"    kept = torch.ones_like(c)\n": "    kept = torch.ones_like(c)\n    only = one\n", ADD_C: "change_c = change_c + c.unsqueeze(2) * f * (1 - f) * on_f\n        ai, af, ag, ao = (weight_hh @ only).chunk(4, dim=1)\n        only = o * (1 - shown**2) * (g * i * (1 - i) * ai + c.unsqueeze(2) * f * (1 - f) * af + i * (1 - g**2) * ag) + shown * o * (1 - o) * ao", HIDDEN: "only.flatten(1).norm(dim=1)"}, hint="The hidden state's size knows only ways from one hidden state straight to the next. What a step wrote into the cell is shown in all later ones.")
def hidden_states_alone(): ...


@mistake("memory_gradient", hint="The sizes of the steps' matrices are multiplied. The size of a product is another number than the product of sizes: multiply the matrices.")
def sizes_multiplied(x, h, c, params):
    H = h.shape[1]
    one = torch.eye(H, dtype=x.dtype, device=x.device).expand(len(x), H, H)
    belt, cell, hidden = [], [], []
    kept, sizes = torch.ones_like(c), [1.0, 1.0]
    for step in range(x.shape[1]):
        h, c_next, cache = lstm_step_forward(x[:, step], h, c, params)
        i, f, g, o = cache[4].unsqueeze(2).chunk(4, dim=1)
        shown = c_next.tanh().unsqueeze(2)
        on_i, on_f, on_g, on_o = (params[1] @ one).chunk(4, dim=1)
        into_c = g * i * (1 - i) * on_i + c.unsqueeze(2) * f * (1 - f) * on_f + i * (1 - g**2) * on_g
        into_h = o * (1 - shown**2) * into_c + shown * o * (1 - o) * on_o
        through = f * one + into_c @ (o * (1 - shown**2) * one)
        sizes = [old * new.flatten(1).norm(dim=1) / H**0.5 for old, new in zip(sizes, (through, into_h))]
        kept, c = kept * f.squeeze(2), c_next
        belt.append(kept.norm(dim=1) / H**0.5)
        cell.append(sizes[0])
        hidden.append(sizes[1])
    return torch.stack(belt, dim=1), torch.stack(cell, dim=1), torch.stack(hidden, dim=1)


@mistake("lstm_step_forward", edit={"torch.cat([i, f, g, o], dim=1)": "(i, f, g, o)"}, hint="The states are right. The cache holds the four one by one; they are to stand side by side, in one tensor.")
def gates_one_by_one(): ...


@mistake("lstm_step_forward", edit={"torch.cat([i, f, g, o], dim=1)": "torch.cat([i, f, g, o], dim=0)"}, hint="The states are right. In the cache the four stand below one another; they are to stand side by side.")
def gates_below_one_another(): ...


@mistake("lstm_step_forward", edit={"torch.cat([i, f, g, o], dim=1)": "torch.cat([i, f * c, g, o], dim=1)"}, hint="The states are right. In the cache the forget gate is multiplied by the cell already: was a part of the gates changed in place?")
def forget_gate_spoilt(): ...


@mistake("lstm_step_forward", edit={"(x, h, c, params, gates, c_next)": "(x, h, c, params, gates, h_next)"}, hint="The states are right. The cache ends with the new hidden state; its last entry is the new cell.")
def hidden_state_cached_last(): ...


@mistake("lstm_step_forward", edit={"(x, h, c, params, gates, c_next)": "(x, h, c_next, params, gates, c_next)"}, hint="The states are right. The cache holds the new cell where the old one is to stand, which backward needs. Was it overwritten?")
def new_cell_cached_twice(): ...


@mistake("lstm_step_forward", edit={"c_next = f * c + i * g": "c_next = c.mul_(f).add_(i * g)"}, hint="The states are right. The cache holds the new cell where the old one is to stand, which backward needs. Was it overwritten?")
def cell_changed_in_place(): ...


@mistake("lstm_step_forward", edit={"bias_ih + h @ weight_hh.T + bias_hh": "bias_ih.add_(bias_hh) + h @ weight_hh.T"}, hint="The first bias is changed in place, and with it the caller's parameters: at the next call the second one is added once more.")
def bias_changed_in_place(): ...


@mistake("lstm_step_forward", edit={CHUNKS: "i, f, g, o = sums.clamp(-5, 5).chunk(4, dim=1)"}, hint="Large sums are cut off, so a gate never shuts fully. That isn't needed: torch's functions take any number.")
def sums_cut_off_sooner(): ...


@mistake("lstm_step_forward", edit={"i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()": "i.sigmoid().float(), f.sigmoid().float(), g.tanh().float(), o.sigmoid().float()"}, hint="The gates are kept in float32, whatever the inputs' dtype. What is made on the way must follow it.")
def gates_in_float32(): ...


@mistake("lstm_step_forward", edit={"f.sigmoid()": "(f + 1).sigmoid()"}, hint="1 is added to the forget gate's sum. That is a start for a training; a step takes the biases as they are.")
def one_added_to_the_forget_gate(): ...


@mistake("lstm_step_forward", edit={"f * c + i * g": "(f * c + i * g).squeeze()", "o * c_next.tanh()": "(o * c_next.tanh()).squeeze()"}, hint="`squeeze()` drops every axis of size 1, also that of a batch of one or of a single unit. Both states stay (N, H).")
def states_squeezed(): ...


@mistake("lstm_step_backward", edit={"gates, c_next = cache": "gates, c_next = lstm_step_forward(*cache[:4])[2]"}, hint="The gates are made anew from the parameters. Those that count stand in the cache.")
def gates_made_anew(): ...


@mistake("lstm_step_backward", edit={"grad_cell * g * i * (1 - i)": "grad_cell * i * i * (1 - i)", "grad_cell * i * (1 - g**2)": "grad_cell * g * (1 - g**2)"}, hint="Input gate and candidate are each multiplied by themselves. In the product each was multiplied by the other.")
def multiplied_by_themselves(): ...


@mistake("lstm_step_backward", edit={"bias = grad_sums.sum(dim=0)": "grad_sums = grad_sums.clamp(-1, 1)\n    bias = grad_sums.sum(dim=0)"}, hint="The gradients of the sums are cut off at 1 and -1. A step hands on what it gets, however large.")
def gradients_cut_off(): ...


@mistake("lstm_step_backward", edit={"g * i * (1 - i)": "g", "c * f * (1 - f)": "c", "i * (1 - g**2)": "i", "shown * o * (1 - o)": "shown"}, hint="All four gradients stand behind their functions, and the sums stand in front: the slopes are missing.")
def no_slopes_at_all(): ...


@mistake("lstm_step_backward", edit={"            grad_cell * i * (1 - g**2),\n            grad_h_next * shown * o * (1 - o),\n": "            grad_h_next * shown * o * (1 - o),\n            grad_cell * i * (1 - g**2),\n"}, hint="The four gradients are put side by side in another order than that of the gates.")
def output_gates_gradient_third(): ...


@mistake("lstm_step_backward", edit={"grad_sums.T @ x, grad_sums.T @ h, bias, bias.clone()": "grad_sums.T @ x, bias, grad_sums.T @ h, bias.clone()"}, hint="The gradients of the parameters stand in another order than the parameters: both weights come first.")
def parameters_in_another_order(): ...


@mistake("lstm_step_backward", edit={"i, f, g, o = gates.chunk(4, dim=1)": "i, f, g, o = (one.squeeze() for one in gates.chunk(4, dim=1))"}, hint="`squeeze()` drops every axis of size 1, also that of a single unit. The gates stay (N, H).")
def gates_squeezed(): ...


@mistake("lstm_forward", edit={"x[:, step], h, c, params)": "x[:, step], h, c, (*params[:3], 2 * params[3]))"}, hint="The second bias is added twice at each step.")
def second_bias_twice(): ...


@mistake("lstm_forward", edit={"return torch.stack(out, dim=1), h, c": "return torch.stack(out, dim=1), h if lengths is None else h * (lengths > 0)[:, None], c"}, hint="A sequence of length 0 ends with a hidden state of 0, as if it were read from the output. It ends as it began.")
def nothing_read_is_zero(): ...


@mistake("lstm_forward", edit={"if lengths is None:": "if True:"}, hint="The lengths make no difference to your answer.")
def lengths_ignored(): ...


@mistake("lstm_forward", edit={"if lengths is None:": "if not lengths:"}, hint="Whether lengths were given can't be told by their truth: several numbers have none, and a 0 counts as nothing. Compare with None.")
def truth_of_lengths(): ...


@mistake("lstm_forward", edit={"if lengths is None:": "if False:"}, hint="`lengths` may be None, or left out: then all steps are real.")
def lengths_always_needed(): ...


@mistake("lstm_forward", edit={"goes_on = (step < lengths)[:, None]": "goes_on = ~x[:, step].isnan().any(dim=1, keepdim=True)"}, hint="What is real is told by looking for NaN. The padding may hold anything: only the lengths say it.")
def padding_told_by_nan(): ...


@mistake("lstm_forward", edit={"        if lengths is None:\n            h, c = h_next, c_next\n            out.append(h)\n            continue\n        goes_on = (step < lengths)[:, None]": "        goes_on = (x[:, step] != 0).any(dim=1, keepdim=True)\n        if lengths is not None:\n            goes_on = goes_on & (step < lengths)[:, None]"}, hint="Steps that hold only zeros are skipped. Zeros can be real: only the lengths say what isn't.")
def zeros_skipped(): ...


REAL = "real = (torch.arange(x.shape[1], device=x.device) < (x.shape[1] if lengths is None else lengths[:, None]))[..., None]"


@mistake("lstm_forward", edit={"    out = []\n    for step": f"    {REAL}\n    x = x.masked_fill(~real, 0)\n    out = []\n    for step", WHERE_H: "h, c = h_next, c_next"}, hint="The padding is set to 0, and then read like real steps: these move the states too. They stay as they were after the last real step.")
def padding_of_zeros_read(): ...


@mistake("lstm_forward", edit={"    out = []\n    for step": f"    {REAL}\n    x = x * real\n    out = []\n    for step", WHERE_H: "h, c = h_next, c_next"}, hint="The padding is multiplied by 0, and then read like real steps: these move the states too. And 0 times NaN is NaN.")
def padding_times_zero_read(): ...


@mistake("lstm_forward", edit={"    out = []\n    for step": "    x = x.nan_to_num(0, 0, 0)\n    out = []\n    for step", WHERE_H: "h, c = h_next, c_next"}, hint=STAYS)
def nan_taken_out_and_read(): ...


@mistake("lstm_forward", edit={"    out = []\n    for step": "    if lengths is None:\n        lengths = torch.full((len(x),), x.shape[1], device=x.device)\n    out = []\n    for step", "step < lengths": "step < lengths - 1"}, hint="One step too few is real: with a length of 1, step 0 is.")
def one_step_too_few_always(): ...


@mistake("lstm_forward", edit={"torch.where(goes_on, h, 0.0)": "h_next"}, hint="Behind a sequence's end the output holds what the cell made of the padding. It is 0 there.")
def output_of_the_padding(): ...


@mistake("lstm_forward", edit={"return torch.stack(out, dim=1), h, c": "return torch.stack(out, dim=1), (h, c)"}, hint="The last states come back as a pair of their own, as from torch's layer. The answer has three entries.")
def states_as_a_pair(): ...


@mistake("lstm_forward", edit={"range(x.shape[1])": "range(x.shape[1] if lengths is None else int(lengths[0]))", "    return torch.stack(out, dim=1), h, c": "    out += [torch.zeros_like(h)] * (x.shape[1] - len(out))\n    return torch.stack(out, dim=1), h, c"}, hint="Reading stops at the first sequence's length, as if it were the longest. The lengths come in any order.")
def first_length_for_all(): ...


SORTED = "    order = torch.arange(len(x), device=x.device) if lengths is None else lengths.argsort(descending=True, stable=True)\n    lengths = None if lengths is None else lengths[order]\n    x, h, c = x[order], h[order], c[order]\n    out = []\n    for step"


@mistake("lstm_forward", edit={"    out = []\n    for step": SORTED}, hint="The sequences are sorted by their lengths, and come back sorted. The answer's order is that of the input.")
def left_sorted(): ...


@mistake("lstm_forward", edit={"    out = []\n    for step": SORTED, "return torch.stack(out, dim=1), h, c": "return torch.stack(out, dim=1)[order], h[order], c[order]"}, hint="The sequences are sorted, and then put into the same order once more. That undoes it only where they changed places in pairs.")
def sorted_once_more(): ...


@mistake("lstm_forward", edit={"    out = []\n    for step": "    x = x.transpose(0, 1)\n    out = []\n    for step"}, hint="x is read as if the steps stood first. The sequences are its first dimension.")
def x_with_steps_first(): ...


@mistake("lstm_forward", hint="The last hidden state is looked for in the output, by what isn't 0. A real state may be exactly 0.")
def last_that_is_not_zero(x, h, c, params, lengths=None):
    out, _, c_last = solved_lstm_forward(x, h, c, params, lengths)
    for one in out.unbind(1):
        h = torch.where((one != 0).any(dim=1, keepdim=True), one, h)
    return out, h, c_last


@mistake("gru_step_forward", edit={"(r * h) @ weight_hh[2 * width :].T": "r * (h @ weight_hh[2 * width :].T)"}, hint="With the gate in front of the matrix, yours still stands behind it, and only the bias is outside. For one unit that is the same, for more it isn't.")
def product_gated_bias_outside(): ...


@mistake("gru_step_forward", edit={"if reset_after:": "if False:"}, hint="`reset_after` makes no difference to your answer: the gate is always in front of the matrix.")
def always_before(): ...


@mistake("gru_step_forward", edit={"from_h[:, : 2 * width]": "(from_h - bias_hh)[:, : 2 * width]"}, hint="The second bias is missing in the two gates.")
def gates_with_one_bias(): ...


@mistake("gru_step_forward", edit={"both.sigmoid()": "F.hardsigmoid(both)"}, hint="The gates went through straight lines that only look like the logistic function.")
def hard_gates(): ...


@mistake("gru_step_forward", edit={"from_x = x @ weight_ih.T + bias_ih": "from_x = (x @ weight_ih.T + bias_ih).unflatten(1, (-1, 3)).transpose(1, 2).flatten(1)", "from_h = h @ weight_hh.T + bias_hh\n": "from_h = (h @ weight_hh.T + bias_hh).unflatten(1, (-1, 3)).transpose(1, 2).flatten(1)\n"}, hint="The three sums of a unit are taken from neighbouring columns. The first H columns belong to the reset gates of all units.")
def all_three_take_turns(): ...


@mistake("gru_step_forward", edit={"heard = r * from_h[:, 2 * width :]": "heard = from_h[:, 2 * width :]"}, hint="With the gate behind the matrix, the reset gate is computed, and not used.")
def no_reset_gate_after(): ...


@mistake("gru_step_forward", edit={"from_h[:, : 2 * width]": "from_h[:, : 2 * width].roll(width, dims=1)"}, hint="In what comes from h, reset gate and update gate have changed places; in what comes from x they haven't.")
def gates_of_h_change_places(): ...


@mistake("gru_step_forward", edit={"return (1 - z) * n + z * h": "return (1 - z) * n + z * h, (r, z, n)"}, hint="More than the new state comes back. No cache is asked for here.")
def gates_too(): ...


@mistake("gru_step_forward", edit={"both.sigmoid()": "(both.exp() / (1 + both.exp()))"}, hint=OVERFLOW)
def gru_gates_that_overflow(): ...


@mistake("gru_step_forward", edit={"heard = r * from_h[:, 2 * width :]": "heard = r * from_h[:, 2 * x.shape[1] :]", "(r * h) @ weight_hh[2 * width :].T + bias_hh[2 * width :]": "(r * h) @ weight_hh[2 * x.shape[1] :].T + bias_hh[2 * x.shape[1] :]"}, hint="The blocks are cut by the size of x. Each of the three has a row for each unit, H of them.")
def blocks_by_the_size_of_x(): ...


@mistake("memory_gradient", edit={ADD_C: f"{ADD_C}\n        change_c = change_c.abs()", "shown * o * (1 - o) * on_o": "shown * o * (1 - o) * on_o\n        change_h = change_h.abs()"}, hint="Changes are made positive in each step. Ways have signs, and may cancel: only the size at the end has none.")
def all_ways_positive(): ...


@mistake("memory_gradient", edit={"/ width**0.5 for": "/ width**0.5 + 1e-6 for"}, hint="A small number is added to each size. Next to nothing is to be next to nothing.")
def small_number_added(): ...


@mistake("memory_gradient", edit={CELL: "change_c[:, :, width:].norm().expand(len(x))"}, hint="The cell's size is taken over all sequences together. Each has its own.")
def cells_size_of_the_batch(): ...


@mistake("memory_gradient", edit={"(torch.stack(one, dim=1) / width**0.5 for": "((torch.stack(one, dim=1) / width**0.5).mean(dim=0, keepdim=True).expand(len(x), -1) for"}, hint="The sizes are averaged over the sequences. Each has its own.")
def averaged_over_the_sequences(): ...


@mistake("memory_gradient", edit={"belt.append(kept.norm(dim=1))": "belt.append(f.squeeze(2).norm(dim=1) * (belt[-1] / width**0.5 if belt else 1))"}, hint="The belt's size is a product of the steps' sizes. Multiply each unit's gates first, and take the size then.")
def belts_sizes_multiplied(): ...


@mistake("memory_gradient", edit={"c, kept = c_next, kept * f.squeeze(2)": "first = first if belt else f.squeeze(2)\n        c, kept = c_next, first ** (step + 1)"}, hint="The belt takes the forget gates of the first step for all. Each step has its own.")
def first_gates_for_all(): ...


@mistake("memory_gradient", edit={CELL: "change_c[:, :, width:].norm(dim=2).mean(dim=1) * width**0.5"}, hint="The cell's size is a mean of the rows' norms. It is to be the root of the sum of all squares.")
def mean_of_row_norms(): ...


@mistake("memory_gradient", edit={"weight_hh = params[1]": "weight_hh = torch.cat([part.diagonal().diag() for part in params[1].chunk(4)])"}, hint="Of weight_hh only the diagonals are used, as if each unit heard nobody but itself.")
def each_unit_alone(): ...


@mistake("memory_gradient", edit={"    width = h.shape[1]\n": "    width = h.shape[1]\n    h, c = torch.zeros_like(h), torch.zeros_like(c)\n"}, hint="Every sequence starts with states of 0. It is told which ones to start with.")
def memory_starts_with_zeros(): ...


@mistake("memory_gradient", edit={"dtype=x.dtype, device=x.device": "device=x.device"}, hint="The identity is made in float32, whatever the inputs' dtype.")
def identity_in_float32(): ...


@mistake("memory_gradient", edit={"weight_hh @ change_h": "weight_hh @ change_c"}, hint="The four sums are changed by what the cell changes. What do they read?")
def sums_read_the_cell(): ...


@mistake("memory_gradient", edit={"weight_hh = params[1]": "weight_hh = params[0]"}, hint="The change of the sums is made with weight_ih. Which of the two multiplies the hidden state?")
def weights_of_x(): ...


@mistake("memory_gradient", edit={"g * i * (1 - i) * on_i": "g * (1 - i**2) * on_i"}, hint="The input gate has the slope of a tanh. Its function is the logistic one.")
def input_gate_as_a_tanh(): ...


@mistake("memory_gradient", edit={"sizes = (torch.stack(one, dim=1)": "sizes = (torch.stack([one[-1]] * len(one), dim=1)"}, hint="Every step has the size of the last one. Was one tensor changed in place, after it was put away?")
def size_of_the_last_step(): ...


@mistake("memory_gradient", edit={"i, f, g, o = cache[4]": "i, f, o, g = cache[4]"}, hint="The cache's gates are read in another order than the one they stand in.")
def cache_in_another_order(): ...


@mistake("memory_gradient", edit={"    for step in range(x.shape[1]):\n": "    for step in range(x.shape[1]):\n        change_h = torch.cat([one, torch.zeros_like(one)], dim=2)\n        change_c = torch.cat([torch.zeros_like(one), one], dim=2)\n", CELL: f"{CELL} * (cell[-1] / width**0.5 if cell else 1)", HIDDEN: f"{HIDDEN} * (hidden[-1] / width**0.5 if hidden else 1)"}, hint="The sizes of the steps' matrices are multiplied. The size of a product is another number than the product of sizes: multiply the matrices.")
def sizes_of_single_steps_multiplied(): ...


@mistake("memory_gradient", edit={CELL: "torch.linalg.matrix_norm(change_c[:, :, width:], 2) * width**0.5", HIDDEN: "torch.linalg.matrix_norm(change_h[:, :, :width], 2) * width**0.5"}, hint="The size is the largest singular value. It is to be the Frobenius norm, divided by the root of H.")
def spectral_norm_but_the_belt(): ...


@mistake("memory_gradient", edit={"h, c_next, cache = lstm_step": "_, c_next, cache = lstm_step", "c, kept = c_next, kept": "kept = kept"}, hint="Each step starts from the first states. The derivatives are carried on, and the states aren't.")
def states_not_carried_on(): ...


@mistake("memory_gradient", edit={CELL: "change_c[:, :, width:].sum(dim=2).norm(dim=1)", HIDDEN: "change_h[:, :, :width].sum(dim=2).norm(dim=1)"}, hint="All units are nudged at once, and their effects add up. Each entry of the matrix counts by itself.")
def all_units_nudged(): ...


@mistake("memory_gradient", edit={"(weight_hh @ change_h).chunk(4, dim=1)": "(torch.cat([half @ part.T for half in change_h.split(width, dim=2)], dim=2) for part in weight_hh.chunk(4))"}, hint="The weights stand on the other side of the change. A unit's sum mixes the rows of the change, with a row for each unit.")
def change_times_weights(): ...


@mistake("memory_gradient", edit={"change_h = torch.cat([one, torch.zeros_like(one)], dim=2)": "change_h = torch.cat([one, one], dim=2)", "change_c = torch.cat([torch.zeros_like(one), one], dim=2)": "change_c = torch.cat([one, one], dim=2)"}, hint="Both first states are nudged together. For the cell's size only c is, and for the hidden state's only h.")
def nudged_together(): ...


@mistake("memory_gradient", edit={"    kept = torch.ones_like(c)\n": "    kept = torch.ones_like(c)\n    only = one\n", ADD_C: f"{ADD_C}\n        only = shown * o * (1 - o) * (weight_hh[3 * width :] @ only)", HIDDEN: "only.flatten(1).norm(dim=1)"}, hint="For the hidden state's size every cell is held. Only the first one is: what a step wrote into the cell is shown in all later ones.")
def every_cell_held(): ...


@mistake("lstm_forward", edit={WHERE_H: "h, c = torch.where(goes_on, h_next, 0.0), torch.where(goes_on, c_next, 0.0)"}, hint="Behind a sequence's end both states become 0. They stay as they were after its last real step.")
def states_become_zero(): ...
