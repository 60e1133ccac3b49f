"""What students write in optimizers: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right

# ---------------------------------------------------------------------------------------------- sgd


@mistake("sgd", edit={"w -": "w +"}, hint="This climbs: the gradient points uphill, so the step goes against it.")
def uphill(): ...


@mistake("sgd", edit={"lr * dw": "dw"}, hint="The learning rate is not used: it scales the gradient before the step.")
def no_learning_rate(): ...


@mistake("sgd", edit={"w - lr": "-lr"}, hint="This returns the step alone: add it to the weights that you were given.")
def the_step_alone(): ...


@mistake("sgd", edit={"w - lr * dw": "lr * (w - dw)"}, hint="The weights shrink as well: lr multiplies the gradient only, not w - dw as a whole.")
def learning_rate_on_everything(): ...


@mistake("sgd", edit={"dw,": "dw / dw.norm().clamp(min=1e-12),"}, hint="The gradient's length is lost: SGD uses the gradient as it is, without dividing by its norm.")
def normalised(): ...


@mistake("sgd", edit={"dw,": "dw.sign(),"}, hint="Only the sign of the gradient is used: a steep slope must give a longer step than a flat one.")
def sign_only(): ...


@mistake("sgd", edit={"dw,": "dw / (dw.shape[0] if dw.ndim else 1),"}, hint="dw has been averaged already: dividing by its first dimension makes the step depend on the shape of w.")
def averaged_again(): ...


@mistake("sgd", edit={"dw,": "dw.mean(),"}, hint="One gradient for each weight: don't average dw over the weights before the step.")
def one_gradient_for_all(): ...


@mistake("sgd", edit={"return w - lr * dw, {}": "w -= lr * dw\n    return w, {}"}, hint="This changes the caller's weights: build a new tensor instead of an update in place (-=, sub_).")
def in_place(): ...


@mistake("sgd", edit={", {}": ""}, hint="The function returns two things: the new weights and the new (empty) state.")
def forgets_the_state(): ...


@right("sgd")
def with_add_and_alpha(w, dw, state, lr=1e-3):
    return torch.add(w, dw, alpha=-lr), state


@right("sgd")
def on_a_clone(w, dw, state, lr=1e-3):
    new_w = w.clone()
    new_w -= dw * lr
    return new_w, {}


@right("sgd")
def by_lerp(w, dw, state, lr=1e-3):
    return torch.lerp(w, w - dw, lr), dict(state)


@mistake("sgd", hint="torch.optim does the step here: write the formula with tensor operations.")
def sgd_from_torch(w, dw, state, lr=1e-3):
    leaf = w.clone().requires_grad_()
    leaf.grad = dw.clone()
    torch.optim.SGD([leaf], lr=lr).step()
    return leaf.detach(), {}


@mistake("sgd", hint="Where every gradient is 0 you return the very tensor w: what changes the new weights later changes the old ones too. Return new memory there as well.")
def sgd_returns_w_itself(w, dw, state, lr=0.001):
    if not torch.any(dw):
        return (w, {})
    return (w - lr * dw, {})


@mistake("sgd", hint="The gradient is cut off at -1 and 1: steep slopes must give longer steps.")
def sgd_clips(w, dw, state, lr=0.001):
    return (w - lr * dw.clamp(-1.0, 1.0), {})


@mistake("sgd", hint="Something of the last call is left in a default argument or a global: SGD remembers nothing, and a default `{}` is made once for all calls.")
def sgd_remembers(w, dw, state, lr=0.001, memory={}):
    v = memory.get(w.shape, 0) * 0.9 + dw
    memory[w.shape] = v
    return (w - lr * v, {})


@mistake("sgd", hint="Your default learning rate is not SGD's: look at the signature. It shows where lr is not given.")
def sgd_default_of_another_rule(w, dw, state, lr=0.01):
    return (w - lr * dw, {})


@mistake("sgd", hint="The learning rate went through a float32 tensor and lost its digits: multiply by the Python float itself.")
def sgd_lr_in_single_precision(w, dw, state, lr=0.001):
    return (w - torch.tensor(lr, device=w.device) * dw, {})


# ------------------------------------------------------------------------------------- sgd_momentum


@mistake("sgd_momentum", edit={"+ dw": "+ lr * dw", "lr * velocity": "velocity"}, hint="The learning rate is inside the velocity: here the velocity collects plain gradients, and lr scales the step taken from it.")
def lr_inside_the_velocity(): ...


@mistake("sgd_momentum", hint="The velocity is stored with a minus sign and the learning rate inside. The path may be right, but this exercise stores the plain decaying sum of gradients.")
def velocity_with_minus_lr(w, dw, state, lr=1e-3, momentum=0.9):
    velocity = momentum * state.get("velocity", torch.zeros_like(w)) - lr * dw
    return w + velocity, {"velocity": velocity}


@mistake("sgd_momentum", edit={"+ dw": "+ (1 - momentum) * dw"}, hint="The gradient is scaled by 1 - momentum: that makes the velocity an average. Here it is a decaying sum, as in torch.")
def averaged_velocity(): ...


@mistake("sgd_momentum", hint="Check momentum's sign: the old velocity is carried on, not subtracted.")
def momentum_against(w, dw, state, lr=1e-3, momentum=0.9):
    velocity = dw - momentum * state.get("velocity", torch.zeros_like(w))
    return w - lr * velocity, {"velocity": velocity}


@mistake("sgd_momentum", edit={"+ dw": "- dw"}, hint="The gradient enters the velocity with a minus and the step has a minus again: together they climb.")
def climbing_velocity(): ...


@mistake("sgd_momentum", hint="The step is taken with the old velocity: bring in today's gradient first, then move.")
def steps_with_the_old_velocity(w, dw, state, lr=1e-3, momentum=0.9):
    old = state.get("velocity", torch.zeros_like(w))
    return w - lr * old, {"velocity": momentum * old + dw}


@mistake("sgd_momentum", edit={"momentum * state": "state"}, hint="The velocity never fades: multiply the old one by momentum, or it grows for ever.")
def no_friction(): ...


@mistake("sgd_momentum", edit={'momentum * state.get("velocity", torch.zeros_like(w)) +': 'state.get("velocity", torch.zeros_like(w)) + momentum *'}, hint="momentum multiplies the gradient here: it belongs to the old velocity.")
def momentum_on_the_gradient(): ...


@mistake("sgd_momentum", edit={"velocity,": "(dw + momentum * velocity),"}, hint="This looks ahead along the velocity: that is Nesterov's step, the next exercise. Plain momentum moves by lr times the velocity.")
def nesterov_already(): ...


@mistake("sgd_momentum", hint="The new velocity is used but not returned: the next step starts from the old state again.")
def velocity_not_kept(w, dw, state, lr=1e-3, momentum=0.9):
    old = state.get("velocity", torch.zeros_like(w))
    return w - lr * (momentum * old + dw), {"velocity": old}


@mistake("sgd_momentum", edit={"velocity =": 'state["velocity"] =', 'velocity, {"velocity": velocity}': 'state["velocity"], state'}, hint="The state that you were given has been changed: the dict itself, or the tensor in it (mul_, add_, +=). Return new ones.")
def state_changed_in_place(): ...


@mistake("sgd_momentum", hint="The state that you were given has been changed: the dict itself, or the tensor in it (mul_, add_, +=). Return new ones.")
def velocity_changed_in_place(w, dw, state, lr=1e-3, momentum=0.9):
    velocity = state.get("velocity", torch.zeros_like(w))
    velocity *= momentum
    velocity += dw
    return w - lr * velocity, {"velocity": velocity}


@mistake(
    "sgd_momentum",
    hint="With momentum 0 you leave the state empty: the velocity is then the plain gradient, and it is returned all the same.",
)
def no_velocity_without_momentum(w, dw, state, lr=1e-3, momentum=0.9):
    if momentum == 0:
        return w - lr * dw, {}
    velocity = momentum * state.get("velocity", torch.zeros_like(w)) + dw
    return w - lr * velocity, {"velocity": velocity}


@mistake(
    "sgd_momentum",
    edit={'.get("velocity", torch.zeros_like(w)) +': '["velocity"] + dw if "velocity" in state else'},
    hint="At the first step the velocity is the very tensor dw: if the caller zeroes the gradient later, your memory is "
    "zeroed too. Store a copy.",
)
def velocity_is_the_gradient_itself(): ...


@right("sgd_momentum")
def first_step_apart(w, dw, state, lr=1e-3, momentum=0.9):
    velocity = state["velocity"] * momentum + dw if "velocity" in state else dw.clone()
    return w - lr * velocity, {"velocity": velocity}


@right("sgd_momentum")
def with_alpha(w, dw, state, lr=1e-3, momentum=0.9):
    state = dict(state)
    state["velocity"] = torch.add(dw, state.get("velocity", torch.zeros_like(w)), alpha=momentum)
    return w.sub(state["velocity"], alpha=lr), state


@right("sgd_momentum")
def zero_as_a_number(w, dw, state, lr=1e-3, momentum=0.9):
    velocity = momentum * state.get("velocity", 0) + dw
    new_w = w.clone()
    new_w -= lr * velocity
    return new_w, {"velocity": velocity}


@mistake("sgd_momentum", edit={"zeros_like(w)": "zeros(w.shape)"}, hint="New zeros are made on the CPU and in the default dtype: make them like w, with torch.zeros_like.")
def momentum_zeros_on_the_cpu(): ...


@mistake("sgd_momentum", edit={'.get("velocity", torch.zeros_like(w))': '["velocity"]'}, hint="The state is empty at the first step: an entry that is not there yet counts as zero. state.get(name, ...) helps.")
def momentum_needs_a_state(): ...


@mistake("sgd_momentum", hint="The caller's weights and state are both changed in place: build new ones (no -=, no state[...] = ...).")
def momentum_all_in_place(w, dw, state, lr=1e-3, momentum=0.9):
    state["velocity"] = momentum * state.get("velocity", torch.zeros_like(w)) + dw
    w -= lr * state["velocity"]
    return w, state


@mistake("sgd_momentum", hint="The old velocity is dropped where one of its entries is 0. Ask whether it is in the state, not whether it is true.")
def momentum_lost_at_a_zero(w, dw, state, lr=0.001, momentum=0.9):
    old = state.get('velocity')
    if old is None or not bool(old.all()):
        old = torch.zeros_like(w)
    v = momentum * old + dw
    return (w - lr * v, {'velocity': v})


@mistake("sgd_momentum", hint="The velocity that is stored was multiplied by lr in place: scale a copy for the step.")
def momentum_scaled_in_place(w, dw, state, lr=0.001, momentum=0.9):
    v = momentum * state.get('velocity', torch.zeros_like(w)) + dw
    step = v.mul_(lr)
    return (w - step, {'velocity': v})


# -------------------------------------------------------------------------------- nesterov_momentum


@mistake("nesterov_momentum", edit={"(dw + momentum * velocity)": "velocity"}, hint="This is plain momentum: the look ahead is missing. The step is the gradient plus momentum times the *new* velocity.")
def plain_momentum(): ...


@mistake("nesterov_momentum", edit={"(dw + momentum * velocity)": "momentum * velocity"}, hint="The gradient itself is missing from the step: it is dw + momentum * velocity.")
def gradient_left_out(): ...


@mistake("nesterov_momentum", edit={"dw +": "velocity +"}, hint="The step adds the whole velocity and the look ahead: add momentum * velocity to the gradient, not to the velocity.")
def velocity_twice(): ...


@mistake("nesterov_momentum", edit={"momentum * velocity": "velocity"}, hint="The look ahead has no factor momentum: add momentum * velocity to the gradient.")
def look_ahead_undamped(): ...


@mistake("nesterov_momentum", hint="What is stored is the step: store the velocity, and use the look ahead for this step only.")
def stores_the_step(w, dw, state, lr=1e-3, momentum=0.9):
    velocity = momentum * state.get("velocity", torch.zeros_like(w)) + dw
    step = dw + momentum * velocity
    return w - lr * step, {"velocity": step}


@mistake("nesterov_momentum", edit={"+ dw": "+ lr * dw", "lr * (dw + momentum * velocity)": "(lr * dw + momentum * velocity)"}, hint="The learning rate is inside the velocity: here the velocity collects plain gradients, and lr scales the step taken from it.")
def nesterov_lr_inside(): ...


@mistake("nesterov_momentum", edit={"+ dw": "+ (1 - momentum) * dw"}, hint="The velocity is scaled by 1 - momentum, so it is an average; here it is a decaying sum of gradients.")
def nesterov_averaged(): ...


@mistake("nesterov_momentum", edit={"dw +": "dw -"}, hint="The look ahead goes backwards: momentum * velocity is added to the gradient, with the same sign.")
def looks_back(): ...


@mistake("nesterov_momentum", hint="The state that you were given has been changed: copy it, or return a new dict.")
def nesterov_changes_the_state(w, dw, state, lr=1e-3, momentum=0.9):
    state["velocity"] = momentum * state.get("velocity", torch.zeros_like(w)) + dw
    return w - lr * (dw + momentum * state["velocity"]), state


@right("nesterov_momentum")
def by_old_and_new_velocity(w, dw, state, lr=1e-3, momentum=0.9):
    old = state.get("velocity", torch.zeros_like(w))
    new = momentum * old + dw
    return w - lr * ((1 + momentum) * new - momentum * old), {"velocity": new}


@right("nesterov_momentum")
def expanded(w, dw, state, lr=1e-3, momentum=0.9):
    old = state.get("velocity", 0.0)
    step = (1 + momentum) * dw + momentum**2 * old
    return w - lr * step, {"velocity": momentum * old + dw}


@right("nesterov_momentum")
def with_the_previous_exercise(w, dw, state, lr=1e-3, momentum=0.9):
    _, state = sgd_momentum(w, dw, state, lr, momentum)
    return w - lr * (dw + momentum * state["velocity"]), state


@mistake("nesterov_momentum", edit={"zeros_like(w)": "zeros(w.shape)"}, hint="New zeros are made on the CPU and in the default dtype: make them like w, with torch.zeros_like.")
def nesterov_zeros_on_the_cpu(): ...


@mistake("nesterov_momentum", edit={'.get("velocity", torch.zeros_like(w))': '["velocity"]'}, hint="The state is empty at the first step: an entry that is not there yet counts as zero. state.get(name, ...) helps.")
def nesterov_needs_a_state(): ...


@mistake("nesterov_momentum", hint="The first step has no look ahead: with a velocity of 0 the new velocity is the gradient, and the step looks ahead along it.")
def nesterov_first_step_plain(w, dw, state, lr=0.001, momentum=0.9):
    if not state:
        return (w - lr * dw, {'velocity': dw.clone()})
    v = momentum * state['velocity'] + dw
    return (w - lr * (dw + momentum * v), {'velocity': v})


@mistake("nesterov_momentum", hint="The velocity is stored with a minus sign and the learning rate inside. The path may be right, but this exercise stores the plain decaying sum of gradients.")
def nesterov_lr_and_sign_inside(w, dw, state, lr=0.001, momentum=0.9):
    v_prev = state.get('velocity', torch.zeros_like(w))
    v = momentum * v_prev - lr * dw
    return (w - momentum * v_prev + (1 + momentum) * v, {'velocity': v})


_NESTEROV = {}


@mistake("nesterov_momentum", hint="An empty state is taken for one left out, and what is used instead lives outside the function: so all weights share one velocity. Begin at zero, and keep nothing in globals.")
def nesterov_global_state(w, dw, state, lr=0.001, momentum=0.9):
    memory = state or _NESTEROV
    v = momentum * memory.get('velocity', torch.zeros_like(w)) + dw
    _NESTEROV['velocity'] = v
    return (w - lr * (dw + momentum * v), {'velocity': v})


@mistake("nesterov_momentum", hint="With momentum 0 you leave the state empty: the velocity is then the plain gradient, and it is returned all the same.")
def nesterov_no_velocity_without_momentum(w, dw, state, lr=0.001, momentum=0.9):
    if momentum == 0:
        return (w - lr * dw, {})
    v = momentum * state.get('velocity', torch.zeros_like(w)) + dw
    return (w - lr * (dw + momentum * v), {'velocity': v})


# ------------------------------------------------------------------------------------------ adagrad


@mistake("adagrad", edit={".sqrt() + eps": " + eps).sqrt("}, hint="Epsilon is inside the root: take the root first, then add epsilon.")
def adagrad_eps_inside(): ...


@mistake("adagrad", edit={".sqrt()": ""}, hint="The root is missing: the gradient is divided by the root of the sum of squares.")
def adagrad_no_root(): ...


@mistake("adagrad", edit={'state.get("sum_of_squares", torch.zeros_like(w)) + dw': "dw"}, hint="Only today's gradient is in the sum: add its square to what was there.")
def adagrad_forgets(): ...


@mistake("adagrad", edit={" + dw**2": "", ": sum_of_squares": ": sum_of_squares + dw**2"}, hint="The gradient is divided by the sum before today's square is in it: add first, then step.")
def adagrad_old_sum(): ...


@mistake("adagrad", edit={"**2": "", "sqrt": "abs().sqrt"}, hint="The gradients are added without squaring: then steps forth and back cancel in the sum.")
def adagrad_no_square(): ...


@mistake("adagrad", edit={"dw**2": "(dw**2).sum()"}, hint="One sum for all weights: AdaGrad keeps a sum for each weight by itself.")
def adagrad_one_sum(): ...


@mistake("adagrad", hint="This is a moving average, which is RMSProp's idea: AdaGrad adds up and never forgets.")
def adagrad_decays(w, dw, state, lr=1e-2, eps=1e-10):
    total = 0.9 * state.get("sum_of_squares", torch.zeros_like(w)) + 0.1 * dw**2
    return w - lr * dw / (total.sqrt() + eps), {"sum_of_squares": total}


@mistake("adagrad", edit={"(sum_of_squares.sqrt() + eps)": "sum_of_squares.sqrt() + eps"}, hint="Epsilon is added to the weights, not to the denominator: mind the brackets. Where the gradient is zero this divides zero by zero.")
def adagrad_eps_outside(): ...


@mistake("adagrad", edit={"**2": "**2 + eps", "(sum_of_squares.sqrt() + eps)": "sum_of_squares.sqrt()"}, hint="Epsilon goes into the stored sum at every step: keep the memory clean and add epsilon only in the denominator.")
def adagrad_eps_stored(): ...


@mistake("adagrad", edit={"* dw /": "/"}, hint="The numerator has no gradient: its root-mean-square scales the gradient, it doesn't replace it.")
def adagrad_no_gradient(): ...


@mistake(
    "adagrad",
    hint="Your default epsilon is not AdaGrad's: look at the signature, since the rules do not all share one. "
    "It shows where gradients are tiny.",
)
def adagrad_default_of_another_rule(w, dw, state, lr=1e-2, eps=1e-8):
    total = state.get("sum_of_squares", torch.zeros_like(w)) + dw**2
    return w - lr * dw / (total.sqrt() + eps), {"sum_of_squares": total}


@right("adagrad")
def adagrad_addcmul(w, dw, state, lr=1e-2, eps=1e-10):
    total = torch.addcmul(state.get("sum_of_squares", torch.zeros_like(w)), dw, dw)
    return torch.addcdiv(w, dw, total.sqrt() + eps, value=-lr), {"sum_of_squares": total}


@right("adagrad")
def adagrad_by_rates(w, dw, state, lr=1e-2, eps=1e-10):
    total = state["sum_of_squares"] if state else torch.zeros_like(dw)
    total = total + dw * dw
    rate_of_each_weight = lr / (eps + total**0.5)
    return w - rate_of_each_weight * dw, {"sum_of_squares": total}


@right("adagrad")
def adagrad_on_a_copy(w, dw, state, lr=1e-2, eps=1e-10):
    state = dict(state)
    state.setdefault("sum_of_squares", torch.zeros_like(w))
    state["sum_of_squares"] = state["sum_of_squares"] + dw.square()
    return w - lr * dw.div(torch.sqrt(state["sum_of_squares"]).add(eps)), state


@mistake("adagrad", hint="The state that you were given has been changed: copy it, or return a new dict.")
def adagrad_changes_the_state(w, dw, state, lr=1e-2, eps=1e-10):
    state.setdefault("sum_of_squares", torch.zeros_like(w))
    state["sum_of_squares"] += dw**2
    return w - lr * dw / (state["sum_of_squares"].sqrt() + eps), state


@mistake("adagrad", edit={"zeros_like(w)": "zeros(w.shape)"}, hint="New zeros are made on the CPU and in the default dtype: make them like w, with torch.zeros_like.")
def adagrad_zeros_on_the_cpu(): ...


@mistake("adagrad", edit={'.get("sum_of_squares", torch.zeros_like(w))': '["sum_of_squares"]'}, hint="The state is empty at the first step: an entry that is not there yet counts as zero. state.get(name, ...) helps.")
def adagrad_needs_a_state(): ...


@mistake("adagrad", edit={"**2": ".abs()", ".sqrt()": ""}, hint="The sizes of the gradients are added, not their squares, and no root undoes it: square, add, take the root.")
def adagrad_absolute(): ...


@mistake("adagrad", hint="The sizes of the gradients are added: square each before it goes into the sum.")
def adagrad_sizes_not_squares(w, dw, state, lr=0.01, eps=1e-10):
    s = state.get('sum_of_squares', torch.zeros_like(w)) + dw.abs()
    return (w - lr * dw / (s.sqrt() + eps), {'sum_of_squares': s})


@mistake("adagrad", hint="What is stored is the root. The path is right, but the state must hold the sum of squares itself.")
def adagrad_stores_the_root(w, dw, state, lr=0.01, eps=1e-10):
    s = state.get('sum_of_squares', torch.zeros_like(w)) ** 2 + dw ** 2
    root = s.sqrt()
    return (w - lr * dw / (root + eps), {'sum_of_squares': root})


@mistake("adagrad", hint="Epsilon is a floor below the root: it is added to it.")
def adagrad_eps_as_a_floor(w, dw, state, lr=0.01, eps=1e-10):
    s = state.get('sum_of_squares', torch.zeros_like(w)) + dw ** 2
    return (w - lr * dw / s.sqrt().clamp(min=eps), {'sum_of_squares': s})


# ------------------------------------------------------------------------------------------ rmsprop


@mistake("rmsprop", edit={".sqrt() + eps": " + eps).sqrt("}, hint="Epsilon is inside the root: take the root first, then add epsilon.")
def rmsprop_eps_inside(): ...


@mistake("rmsprop", edit={".sqrt()": ""}, hint="The root is missing: RMS stands for *root* mean square.")
def rmsprop_no_root(): ...


@mistake("rmsprop", hint="decay and 1 - decay are swapped: decay is the share of the old mean that stays.")
def rmsprop_swapped(w, dw, state, lr=1e-2, decay=0.99, eps=1e-8):
    mean = (1 - decay) * state.get("mean_square", torch.zeros_like(w)) + decay * dw**2
    return w - lr * dw / (mean.sqrt() + eps), {"mean_square": mean}


@mistake("rmsprop", edit={"(1 - decay) * dw": "dw"}, hint="Today's square comes in at full weight: then it is no average. The two shares add up to one.")
def rmsprop_no_share(): ...


@mistake("rmsprop", hint="Nothing fades: this adds up for ever, as AdaGrad does. Multiply the old mean by decay.")
def rmsprop_adagrad(w, dw, state, lr=1e-2, decay=0.99, eps=1e-8):
    mean = state.get("mean_square", torch.zeros_like(w)) + dw**2
    return w - lr * dw / (mean.sqrt() + eps), {"mean_square": mean}


@mistake("rmsprop", hint="The gradient is divided by the old mean: bring in today's square first.")
def rmsprop_old_mean(w, dw, state, lr=1e-2, decay=0.99, eps=1e-8):
    old = state.get("mean_square", torch.zeros_like(w))
    return w - lr * dw / (old.sqrt() + eps), {"mean_square": decay * old + (1 - decay) * dw**2}


@mistake("rmsprop", edit={'.get("mean_square", torch.zeros_like(w)) + (1 - decay) *': '["mean_square"] + (1 - decay) * dw**2 if state else'}, hint="The mean starts at the first square: here it starts at zero, as in torch.")
def rmsprop_starts_at_first(): ...


@mistake("rmsprop", edit={"**2": "", "sqrt": "abs().sqrt"}, hint="This averages the gradient and not its square: a gradient that changes sign then looks small.")
def rmsprop_no_square(): ...


@mistake("rmsprop", edit={"(1 - decay) * dw**": "((1 - decay) * dw) ** "}, hint="The square must be taken of each gradient before averaging: the mean of squares is not the square of a share of the gradient.")
def rmsprop_share_squared(): ...


@mistake("rmsprop", hint="Your default decay is not RMSProp's here: look at the signature.")
def rmsprop_default_of_adadelta(w, dw, state, lr=0.01, decay=0.9, eps=1e-08):
    s = decay * state.get('mean_square', torch.zeros_like(w)) + (1 - decay) * dw ** 2
    return (w - lr * dw / (s.sqrt() + eps), {'mean_square': s})


@mistake("rmsprop", hint="decay is fixed inside the function: use the argument.")
def rmsprop_fixed_decay(w, dw, state, lr=1e-2, decay=0.99, eps=1e-8):
    mean = 0.9 * state.get("mean_square", torch.zeros_like(w)) + 0.1 * dw**2
    return w - lr * dw / (mean.sqrt() + eps), {"mean_square": mean}


@mistake("rmsprop", hint="A decay of 0 is taken for one left out: `or` counts 0 as false. With 0, the old mean is forgotten.")
def rmsprop_no_decay_of_zero(w, dw, state, lr=1e-2, decay=0.99, eps=1e-8):
    decay = decay or 0.99
    mean = decay * state.get("mean_square", torch.zeros_like(w)) + (1 - decay) * dw**2
    return w - lr * dw / (mean.sqrt() + eps), {"mean_square": mean}


@right("rmsprop")
def rmsprop_lerp(w, dw, state, lr=1e-2, decay=0.99, eps=1e-8):
    mean = torch.lerp(dw**2, state.get("mean_square", torch.zeros_like(w)), decay)
    return w - lr * dw / (mean.sqrt() + eps), {"mean_square": mean}


@right("rmsprop")
def rmsprop_by_difference(w, dw, state, lr=1e-2, decay=0.99, eps=1e-8):
    old = state["mean_square"] if "mean_square" in state else 0 * w
    mean = old + (1 - decay) * (dw * dw - old)
    return w - dw * (lr / (mean.pow(0.5) + eps)), {"mean_square": mean}


@right("rmsprop")
def rmsprop_addcdiv(w, dw, state, lr=1e-2, decay=0.99, eps=1e-8):
    mean = state.get("mean_square", torch.zeros_like(w)).clone().mul_(decay).addcmul_(dw, dw, value=1 - decay)
    return w.clone().addcdiv_(dw, mean.sqrt().add_(eps), value=-lr), {"mean_square": mean}


@mistake("rmsprop", hint="The state that you were given has been changed: copy it, or return a new dict.")
def rmsprop_changes_the_state(w, dw, state, lr=1e-2, decay=0.99, eps=1e-8):
    state["mean_square"] = decay * state.get("mean_square", torch.zeros_like(w)) + (1 - decay) * dw**2
    return w - lr * dw / (state["mean_square"].sqrt() + eps), state


@mistake("rmsprop", edit={"zeros_like(w)": "zeros(w.shape)"}, hint="New zeros are made on the CPU and in the default dtype: make them like w, with torch.zeros_like.")
def rmsprop_zeros_on_the_cpu(): ...


@mistake("rmsprop", edit={'.get("mean_square", torch.zeros_like(w))': '["mean_square"]'}, hint="The state is empty at the first step: an entry that is not there yet counts as zero. state.get(name, ...) helps.")
def rmsprop_needs_a_state(): ...


@mistake("rmsprop", hint="The mean is corrected for its start at zero: that is Adam's idea. RMSProp takes it as it is.")
def rmsprop_first_step_corrected(w, dw, state, lr=1e-2, decay=0.99, eps=1e-8):
    mean = decay * state.get("mean_square", torch.zeros_like(w)) + (1 - decay) * dw**2
    corrected = mean if state else mean / (1 - decay)
    return w - lr * dw / (corrected.sqrt() + eps), {"mean_square": mean}


@mistake("rmsprop", hint="The mean is taken first and squared afterwards: square each gradient before it goes into the mean.")
def rmsprop_mean_then_square(w, dw, state, lr=0.01, decay=0.99, eps=1e-08):
    old = state.get('mean_square', torch.zeros_like(w))
    s = (decay * old.sqrt() + (1 - decay) * dw) ** 2
    return (w - lr * dw / (s.sqrt() + eps), {'mean_square': s})


@mistake("rmsprop", hint="The old mean never comes back: is it read under the name under which you store it?")
def rmsprop_never_reads(w, dw, state, lr=0.01, decay=0.99, eps=1e-08):
    s = decay * state.get('mean_squares', torch.zeros_like(w)) + (1 - decay) * dw ** 2
    return (w - lr * dw / (s.sqrt() + eps), {'mean_square': s})


@mistake("rmsprop", hint="One mean for all entries: every weight keeps the mean of its own squares.")
def rmsprop_one_mean(w, dw, state, lr=0.01, decay=0.99, eps=1e-08):
    s = decay * state.get('mean_square', torch.zeros_like(w)) + (1 - decay) * (dw ** 2).mean()
    return (w - lr * dw / (s.sqrt() + eps), {'mean_square': s})


# ----------------------------------------------------------------------------------------- adadelta


def _adadelta_memory(w, state):
    return state.get("mean_square", torch.zeros_like(w)), state.get("mean_square_step", torch.zeros_like(w))


@mistake("adadelta", hint="Epsilon stands outside the roots: in Adadelta it is inside both. With no steps yet, it is what makes the first step more than zero.")
def adadelta_eps_outside(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    mean = decay * mean + (1 - decay) * dw**2
    step = (mean_step.sqrt() + eps) / (mean.sqrt() + eps) * dw
    return w - lr * step, {"mean_square": mean, "mean_square_step": decay * mean_step + (1 - decay) * step**2}


@mistake("adadelta", hint="Without epsilon in the numerator the first step is zero, and so are all that follow: the root mean square of no steps is zero.")
def adadelta_never_starts(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    mean = decay * mean + (1 - decay) * dw**2
    step = mean_step.sqrt() / (mean + eps).sqrt() * dw
    return w - lr * step, {"mean_square": mean, "mean_square_step": decay * mean_step + (1 - decay) * step**2}


@mistake("adadelta", hint="The second memory averages squared gradients: it should average the squared *steps*.")
def adadelta_gradients_twice(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    mean = decay * mean + (1 - decay) * dw**2
    step = (mean_step + eps).sqrt() / (mean + eps).sqrt() * dw
    return w - lr * step, {"mean_square": mean, "mean_square_step": decay * mean_step + (1 - decay) * dw**2}


@mistake("adadelta", hint="The remembered step includes lr: the memory holds the step before lr scales it.")
def adadelta_lr_in_memory(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    mean = decay * mean + (1 - decay) * dw**2
    step = lr * (mean_step + eps).sqrt() / (mean + eps).sqrt() * dw
    return w - step, {"mean_square": mean, "mean_square_step": decay * mean_step + (1 - decay) * step**2}


@mistake("adadelta", hint="The learning rate is ignored: Adadelta can do with lr = 1, but it is still a factor of the step.")
def adadelta_no_lr(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    mean = decay * mean + (1 - decay) * dw**2
    step = (mean_step + eps).sqrt() / (mean + eps).sqrt() * dw
    return w - step, {"mean_square": mean, "mean_square_step": decay * mean_step + (1 - decay) * step**2}


@mistake("adadelta", hint="The fraction is upside down: past steps above, gradients below, so that the units come out as those of w.")
def adadelta_upside_down(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    mean = decay * mean + (1 - decay) * dw**2
    step = (mean + eps).sqrt() / (mean_step + eps).sqrt() * dw
    return w - lr * step, {"mean_square": mean, "mean_square_step": decay * mean_step + (1 - decay) * step**2}


@mistake("adadelta", hint="The roots are missing: both memories hold squares, and the step needs their roots.")
def adadelta_no_roots(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    mean = decay * mean + (1 - decay) * dw**2
    step = (mean_step + eps) / (mean + eps) * dw
    return w - lr * step, {"mean_square": mean, "mean_square_step": decay * mean_step + (1 - decay) * step**2}


@mistake("adadelta", hint="The memory of steps is brought up to date with the gradient, before there is a step: take the step first, then remember its square.")
def adadelta_remembers_the_gradient_first(w, dw, state, lr=1.0, decay=0.9, eps=1e-06):
    s = decay * state.get('mean_square', torch.zeros_like(w)) + (1 - decay) * dw ** 2
    q = decay * state.get('mean_square_step', torch.zeros_like(w)) + (1 - decay) * dw ** 2
    step = (q + eps).sqrt() / (s + eps).sqrt() * dw
    return (w - lr * step, {'mean_square': s, 'mean_square_step': q})


@mistake("adadelta", hint="This divides by the old mean of squares: bring in today's gradient first.")
def adadelta_old_mean(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    step = (mean_step + eps).sqrt() / (mean + eps).sqrt() * dw
    mean = decay * mean + (1 - decay) * dw**2
    return w - lr * step, {"mean_square": mean, "mean_square_step": decay * mean_step + (1 - decay) * step**2}


@mistake("adadelta", hint="The mean of squared steps is never updated: the next step needs to know how far this one went.")
def adadelta_step_not_kept(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    mean = decay * mean + (1 - decay) * dw**2
    step = (mean_step + eps).sqrt() / (mean + eps).sqrt() * dw
    return w - lr * step, {"mean_square": mean, "mean_square_step": mean_step}


@mistake("adadelta", hint="The numerator is missing: the gradient is divided by its own root mean square, as in RMSProp, and not multiplied by that of past steps.")
def adadelta_is_rmsprop(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    mean = decay * mean + (1 - decay) * dw**2
    step = dw / (mean + eps).sqrt()
    return w - lr * step, {"mean_square": mean, "mean_square_step": decay * mean_step + (1 - decay) * step**2}


@right("adadelta")
def adadelta_one_root(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    mean = torch.lerp(dw**2, mean, decay)
    step = dw * ((mean_step + eps) / (mean + eps)).sqrt()
    return w - lr * step, {"mean_square": mean, "mean_square_step": torch.lerp(step**2, mean_step, decay)}


@right("adadelta")
def adadelta_with_helper(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    def average(key, new):
        return decay * state.get(key, 0) + (1 - decay) * new * new

    def rms(mean):
        return (torch.as_tensor(mean) + eps) ** 0.5

    mean = average("mean_square", dw)
    step = -rms(state.get("mean_square_step", 0.0)) / rms(mean) * dw
    return w + lr * step, {"mean_square_step": average("mean_square_step", step), "mean_square": mean}


@right("adadelta")
def adadelta_as_torch(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean = state["mean_square"].clone() if state else torch.zeros_like(w)
    mean_step = state["mean_square_step"].clone() if state else torch.zeros_like(w)
    mean.mul_(decay).addcmul_(dw, dw, value=1 - decay)
    step = mean_step.add(eps).sqrt().div(mean.add(eps).sqrt()).mul(dw)
    mean_step.mul_(decay).addcmul_(step, step, value=1 - decay)
    return w.add(step, alpha=-lr), {"mean_square": mean, "mean_square_step": mean_step}


@mistake("adadelta", hint="The state that you were given has been changed: copy it, or return a new dict.")
def adadelta_changes_the_state(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    state["mean_square"] = decay * mean + (1 - decay) * dw**2
    step = (mean_step + eps).sqrt() / (state["mean_square"] + eps).sqrt() * dw
    state["mean_square_step"] = decay * mean_step + (1 - decay) * step**2
    return w - lr * step, state


@mistake("adadelta", hint="New zeros are made on the CPU and in the default dtype: make them like w, with torch.zeros_like.")
def adadelta_zeros_on_the_cpu(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = state.get("mean_square", torch.zeros(w.shape)), state.get("mean_square_step", torch.zeros(w.shape))
    mean = decay * mean + (1 - decay) * dw**2
    step = (mean_step + eps).sqrt() / (mean + eps).sqrt() * dw
    return w - lr * step, {"mean_square": mean, "mean_square_step": decay * mean_step + (1 - decay) * step**2}


@mistake("adadelta", hint="The state is empty at the first step: an entry that is not there yet counts as zero. state.get(name, ...) helps.")
def adadelta_needs_a_state(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean = decay * state["mean_square"] + (1 - decay) * dw**2
    step = (state["mean_square_step"] + eps).sqrt() / (mean + eps).sqrt() * dw
    mean_step = decay * state["mean_square_step"] + (1 - decay) * step**2
    return w - lr * step, {"mean_square": mean, "mean_square_step": mean_step}


@mistake("adadelta", hint="The numerator already has this step in it: use the mean of squared steps as it was before.")
def adadelta_new_mean_step(w, dw, state, lr=1.0, decay=0.9, eps=1e-6):
    mean, mean_step = _adadelta_memory(w, state)
    mean = decay * mean + (1 - decay) * dw**2
    first = (mean_step + eps).sqrt() / (mean + eps).sqrt() * dw
    mean_step = decay * mean_step + (1 - decay) * first**2
    step = (mean_step + eps).sqrt() / (mean + eps).sqrt() * dw
    return w - lr * step, {"mean_square": mean, "mean_square_step": mean_step}


@mistake("adadelta", hint="Where the first gradients are all 0, the state holds Python numbers: it should hold tensors like w there too.")
def adadelta_numbers_for_no_gradient(w, dw, state, lr=1.0, decay=0.9, eps=1e-06):
    if not state and (not dw.any()):
        return (w.clone(), {'mean_square': 0.0, 'mean_square_step': 0.0})
    s = decay * state.get('mean_square', torch.zeros_like(w)) + (1 - decay) * dw ** 2
    q = state.get('mean_square_step', torch.zeros_like(w))
    step = (q + eps).sqrt() / (s + eps).sqrt() * dw
    return (w - lr * step, {'mean_square': s, 'mean_square_step': decay * q + (1 - decay) * step ** 2})


@mistake("adadelta", hint="Your default decay is not Adadelta's: look at the signature, since the rules do not all share one.")
def adadelta_default_of_rmsprop(w, dw, state, lr=1.0, decay=0.99, eps=1e-06):
    s = decay * state.get('mean_square', torch.zeros_like(w)) + (1 - decay) * dw ** 2
    q = state.get('mean_square_step', torch.zeros_like(w))
    step = (q + eps).sqrt() / (s + eps).sqrt() * dw
    return (w - lr * step, {'mean_square': s, 'mean_square_step': decay * q + (1 - decay) * step ** 2})


@mistake("adadelta", hint="Both means start as one and the same tensor, and one is changed in place: the other changes with it. Make zeros for each.")
def adadelta_one_zeros_for_both(w, dw, state, lr=1.0, decay=0.9, eps=1e-06):
    zero = torch.zeros_like(w)
    s, q = (state.get('mean_square', zero), state.get('mean_square_step', zero))
    s = s.mul_(decay).addcmul_(dw, dw, value=1 - decay)
    step = (q + eps).sqrt() / (s + eps).sqrt() * dw
    q = decay * q + (1 - decay) * step ** 2
    return (w - lr * step, {'mean_square': s, 'mean_square_step': q})


@mistake("adadelta", hint="The size of the step is remembered: its square should be.")
def adadelta_step_not_squared(w, dw, state, lr=1.0, decay=0.9, eps=1e-06):
    s = decay * state.get('mean_square', torch.zeros_like(w)) + (1 - decay) * dw ** 2
    q = state.get('mean_square_step', torch.zeros_like(w))
    step = (q + eps).sqrt() / (s + eps).sqrt() * dw
    return (w - lr * step, {'mean_square': s, 'mean_square_step': decay * q + (1 - decay) * step.abs()})


# --------------------------------------------------------------------------------------------- adam


def _moments(w, dw, state, beta1, beta2):
    m = beta1 * state.get("m", torch.zeros_like(w)) + (1 - beta1) * dw
    v = beta2 * state.get("v", torch.zeros_like(w)) + (1 - beta2) * dw**2
    return state.get("step", 0) + 1, m, v


@mistake("adam", hint="There is no bias correction: m and v start at zero and are too small in the first steps. Divide each by 1 - beta**step.")
def adam_uncorrected(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    return w - lr * m / (v.sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="Epsilon is inside the root: take the root of the corrected v first, then add epsilon.")
def adam_eps_inside(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    m_hat, v_hat = m / (1 - beta1**step), v / (1 - beta2**step)
    return w - lr * m_hat / (v_hat + eps).sqrt(), {"step": step, "m": m, "v": v}


@mistake("adam", hint="Epsilon is added before the correction: first v / (1 - beta2**step), then the root, then epsilon.")
def adam_eps_before_correction(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    rate = lr * (1 - beta2**step) ** 0.5 / (1 - beta1**step)
    return w - rate * m / (v.sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="Only m is corrected: v starts at zero too, and its bias lasts longer.")
def adam_v_uncorrected(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    return w - lr * (m / (1 - beta1**step)) / (v.sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="This is the formula with two slips that some lecture notes print: v is not corrected, and epsilon is inside the root.")
def adam_as_printed_wrongly(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    return w - lr * (m / (1 - beta1**step)) / (v + eps).sqrt(), {"step": step, "m": m, "v": v}


@mistake("adam", hint="Only v is corrected: m starts at zero as well.")
def adam_m_uncorrected(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    return w - lr * m / ((v / (1 - beta2**step)).sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="The corrected moments are stored: store m and v as they are, and correct copies for this step, or the correction piles up.")
def adam_stores_corrected(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    m, v = m / (1 - beta1**step), v / (1 - beta2**step)
    return w - lr * m / (v.sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="The step count is one behind in the correction: the first update is step 1, so count up before you correct.")
def adam_count_behind(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    before = max(step - 1, 1)
    m_hat, v_hat = m / (1 - beta1**before), v / (1 - beta2**before)
    return w - lr * m_hat / (v_hat.sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="The correction divides by zero at the first update: the step count must be 1 there, not 0.")
def adam_divides_by_zero(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    before = torch.tensor(step - 1, dtype=w.dtype)
    m_hat, v_hat = m / (1 - beta1**before), v / (1 - beta2**before)
    return w - lr * m_hat / (v_hat.sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="The step count is one ahead in the correction: the first update is step 1, not 2.")
def adam_count_ahead(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    m_hat, v_hat = m / (1 - beta1 ** (step + 1)), v / (1 - beta2 ** (step + 1))
    return w - lr * m_hat / (v_hat.sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="The step count stays at 1: the correction must fade, so count the updates in the state.")
def adam_never_counts(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    _, m, v = _moments(w, dw, state, beta1, beta2)
    return w - lr * (m / (1 - beta1)) / ((v / (1 - beta2)).sqrt() + eps), {"step": 1, "m": m, "v": v}


@mistake("adam", hint="The correction is 1 - beta * step; it should be 1 - beta to the power of step.")
def adam_times_step(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    m_hat, v_hat = m / (1 - beta1 * step), v / (1 - beta2 * step)
    return w - lr * m_hat / (v_hat.abs().sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="beta1 and beta2 are swapped: beta1 belongs to the mean of gradients m, beta2 to the mean of squares v.")
def adam_betas_swapped(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta2, beta1)
    m_hat, v_hat = m / (1 - beta2**step), v / (1 - beta1**step)
    return w - lr * m_hat / (v_hat.sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="The root of v is missing: the step divides by the root of the corrected v.")
def adam_no_root(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    return w - lr * (m / (1 - beta1**step)) / (v / (1 - beta2**step) + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="The gradient enters m at full weight, as in momentum: in Adam m is an average, and the shares beta1 and 1 - beta1 add up to one.")
def adam_m_is_a_sum(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, _, v = _moments(w, dw, state, beta1, beta2)
    m = beta1 * state.get("m", torch.zeros_like(w)) + dw
    return w - lr * (m / (1 - beta1**step)) / ((v / (1 - beta2**step)).sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="The step uses today's gradient: its numerator is the corrected mean of gradients, m.")
def adam_no_momentum(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    return w - lr * dw / ((v / (1 - beta2**step)).sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="v averages the square of m: it should average the square of the gradient.")
def adam_v_from_m(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, _ = _moments(w, dw, state, beta1, beta2)
    v = beta2 * state.get("v", torch.zeros_like(w)) + (1 - beta2) * m**2
    return w - lr * (m / (1 - beta1**step)) / ((v / (1 - beta2**step)).sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="A beta of 0 is taken for one left out: `or` counts 0 as false. With beta1 = 0, m is the gradient.")
def adam_no_beta_of_zero(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    beta1, beta2 = beta1 or 0.9, beta2 or 0.999
    step, m, v = _moments(w, dw, state, beta1, beta2)
    return w - lr * (m / (1 - beta1**step)) / ((v / (1 - beta2**step)).sqrt() + eps), {"step": step, "m": m, "v": v}


@right("adam")
def adam_as_torch(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step = state.get("step", 0) + 1
    m = torch.lerp(state.get("m", torch.zeros_like(w)), dw, 1 - beta1)
    v = (state.get("v", torch.zeros_like(w)) * beta2).addcmul_(dw, dw, value=1 - beta2)
    denominator = v.sqrt().div_((1 - beta2**step) ** 0.5).add_(eps)
    return torch.addcdiv(w, m, denominator, value=-lr / (1 - beta1**step)), {"step": step, "m": m, "v": v}


@right("adam")
def adam_first_step_apart(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    if not state:
        state = {"step": 0, "m": torch.zeros_like(w), "v": torch.zeros_like(w)}
    state = dict(state)
    state["step"] += 1
    state["m"] = beta1 * state["m"] + (1 - beta1) * dw
    state["v"] = beta2 * state["v"] + (1 - beta2) * dw * dw
    m_hat = state["m"] / (1 - beta1 ** state["step"])
    v_hat = state["v"] / (1 - beta2 ** state["step"])
    return w - lr * m_hat / (torch.sqrt(v_hat) + eps), state


@right("adam")
def adam_epsilon_scaled_too(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    root = (1 - beta2**step) ** 0.5
    return w - (lr * root / (1 - beta1**step)) * m / (v**0.5 + eps * root), {"m": m, "v": v, "step": step}


@mistake("adam", hint="The state that you were given has been changed: copy it, or return a new dict.")
def adam_changes_the_state(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    state["step"], state["m"], state["v"] = _moments(w, dw, state, beta1, beta2)
    m_hat, v_hat = state["m"] / (1 - beta1 ** state["step"]), state["v"] / (1 - beta2 ** state["step"])
    return w - lr * m_hat / (v_hat.sqrt() + eps), state


@mistake("adam", hint="New zeros are made on the CPU and in the default dtype: make them like w, with torch.zeros_like.")
def adam_zeros_on_the_cpu(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    state = dict(state) or {"step": 0, "m": torch.zeros(w.shape), "v": torch.zeros(w.shape)}
    step, m, v = _moments(w, dw, state, beta1, beta2)
    return w - lr * (m / (1 - beta1**step)) / ((v / (1 - beta2**step)).sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="torch.optim does the step here: write the formula with tensor operations.")
def adam_from_torch(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    leaf = w.clone().requires_grad_()
    leaf.grad = dw.clone()
    optimiser = torch.optim.Adam([leaf], lr=lr, betas=(beta1, beta2), eps=eps)
    if state:
        optimiser.state[leaf] = {"step": torch.tensor(float(state["step"])), "exp_avg": state["m"].clone(), "exp_avg_sq": state["v"].clone()}
    optimiser.step()
    return leaf.detach(), {"step": step, "m": m, "v": v}


@mistake("adam", hint="The state is empty at the first step: an entry that is not there yet counts as zero. state.get(name, ...) helps.")
def adam_needs_a_state(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step = state["step"] + 1
    m, v = beta1 * state["m"] + (1 - beta1) * dw, beta2 * state["v"] + (1 - beta2) * dw**2
    return w - lr * (m / (1 - beta1**step)) / ((v / (1 - beta2**step)).sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="v averages the size of the gradient: it should average its square, which the root then undoes.")
def adam_v_of_sizes(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    step, m, _ = _moments(w, dw, state, beta1, beta2)
    v = beta2 * state.get("v", torch.zeros_like(w)) + (1 - beta2) * dw.abs()
    return w - lr * (m / (1 - beta1**step)) / ((v / (1 - beta2**step)).sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="The tensors of the old state are changed in place (mul_, add_, +=): the caller may still need them.")
def adam_moments_in_place(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = state.get("m", torch.zeros_like(w)), state.get("v", torch.zeros_like(w))
    m.mul_(beta1).add_(dw, alpha=1 - beta1)
    v.mul_(beta2).addcmul_(dw, dw, value=1 - beta2)
    step = state.get("step", 0) + 1
    return w - lr * (m / (1 - beta1**step)) / ((v / (1 - beta2**step)).sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adam", hint="The correction is made with the step count before it is raised: the first update is step 1, not 0.")
def adam_t_from_zero(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08):
    step = state.get('step', 0)
    m = beta1 * state.get('m', torch.zeros_like(w)) + (1 - beta1) * dw
    v = beta2 * state.get('v', torch.zeros_like(w)) + (1 - beta2) * dw ** 2
    m_hat = m / (1 - beta1 ** step + 1e-12)
    v_hat = v / (1 - beta2 ** step + 1e-12)
    return (w - lr * m_hat / (v_hat.sqrt() + eps), {'step': step + 1, 'm': m, 'v': v})


@mistake("adam", hint="v never falls here: that is AMSGrad. In Adam it is a plain decaying mean.")
def adam_v_never_falls(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08):
    step = state.get('step', 0) + 1
    m = beta1 * state.get('m', torch.zeros_like(w)) + (1 - beta1) * dw
    old = state.get('v', torch.zeros_like(w))
    v = torch.maximum(old, beta2 * old + (1 - beta2) * dw ** 2)
    return (w - lr * (m / (1 - beta1 ** step)) / ((v / (1 - beta2 ** step)).sqrt() + eps), {'step': step, 'm': m, 'v': v})


@mistake("adam", hint="The two corrections are exchanged: m is corrected with beta1, v with beta2.")
def adam_corrections_swapped(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08):
    step = state.get('step', 0) + 1
    m = beta1 * state.get('m', torch.zeros_like(w)) + (1 - beta1) * dw
    v = beta2 * state.get('v', torch.zeros_like(w)) + (1 - beta2) * dw ** 2
    return (w - lr * (m / (1 - beta2 ** step)) / ((v / (1 - beta1 ** step)).sqrt() + eps), {'step': step, 'm': m, 'v': v})


@mistake("adam", hint="Only the first step is corrected: the correction fades by itself, so make it at every step.")
def adam_corrects_once(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08):
    m = beta1 * state.get('m', torch.zeros_like(w)) + (1 - beta1) * dw
    v = beta2 * state.get('v', torch.zeros_like(w)) + (1 - beta2) * dw ** 2
    if state:
        return (w - lr * m / (v.sqrt() + eps), {'step': state['step'] + 1, 'm': m, 'v': v})
    return (w - lr * (m / (1 - beta1)) / ((v / (1 - beta2)).sqrt() + eps), {'step': 1, 'm': m, 'v': v})


@mistake("adam", hint="Your default beta2 is not Adam's: look at the signature.")
def adam_default_beta2(w, dw, state, lr=0.001, beta1=0.9, beta2=0.99, eps=1e-08):
    step = state.get('step', 0) + 1
    m = beta1 * state.get('m', torch.zeros_like(w)) + (1 - beta1) * dw
    v = beta2 * state.get('v', torch.zeros_like(w)) + (1 - beta2) * dw ** 2
    return (w - lr * (m / (1 - beta1 ** step)) / ((v / (1 - beta2 ** step)).sqrt() + eps), {'step': step, 'm': m, 'v': v})


_adam_t = 0


@mistake("adam", hint='The steps are counted outside the state: then all weights share one count, and a second run goes on with the first one\'s. Count in state["step"].')
def adam_counts_in_a_global(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08):
    global _adam_t
    _adam_t += 1
    m = beta1 * state.get('m', torch.zeros_like(w)) + (1 - beta1) * dw
    v = beta2 * state.get('v', torch.zeros_like(w)) + (1 - beta2) * dw ** 2
    return (w - lr * (m / (1 - beta1 ** _adam_t)) / ((v / (1 - beta2 ** _adam_t)).sqrt() + eps), {'step': _adam_t, 'm': m, 'v': v})


@mistake("adam", hint="The step count is a tensor, as in torch.optim: here it is a Python int.")
def adam_step_is_a_tensor(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08):
    step = state.get('step', torch.tensor(0)) + 1
    m = beta1 * state.get('m', torch.zeros_like(w)) + (1 - beta1) * dw
    v = beta2 * state.get('v', torch.zeros_like(w)) + (1 - beta2) * dw ** 2
    t = int(step)
    return (w - lr * (m / (1 - beta1 ** t)) / ((v / (1 - beta2 ** t)).sqrt() + eps), {'step': step, 'm': m, 'v': v})


@mistake("adam", hint="The step count is not raised in the new state: every step is then corrected as though it were the first.")
def adam_step_not_stored(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08):
    done = state.get('step', 0)
    m = beta1 * state.get('m', torch.zeros_like(w)) + (1 - beta1) * dw
    v = beta2 * state.get('v', torch.zeros_like(w)) + (1 - beta2) * dw ** 2
    return (w - lr * (m / (1 - beta1 ** (done + 1))) / ((v / (1 - beta2 ** (done + 1))).sqrt() + eps), {'step': done, 'm': m, 'v': v})


@mistake("adam", hint="The powers of beta go through float32, and 1 minus a number that is nearly 1 keeps few of its digits: use Python floats.")
def adam_power_in_single_precision(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08):
    step = state.get('step', 0) + 1
    m = beta1 * state.get('m', torch.zeros_like(w)) + (1 - beta1) * dw
    v = beta2 * state.get('v', torch.zeros_like(w)) + (1 - beta2) * dw ** 2
    c1, c2 = 1 - torch.tensor([beta1, beta2], device=w.device) ** step
    return (w - lr * (m / c1) / ((v / c2).sqrt() + eps), {'step': step, 'm': m, 'v': v})


# -------------------------------------------------------------------------------------------- adamw


def _adam_step(w, dw, state, lr, beta1, beta2, eps):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    change = lr * (m / (1 - beta1**step)) / ((v / (1 - beta2**step)).sqrt() + eps)
    return change, {"step": step, "m": m, "v": v}


@mistake("adamw", hint="The decay is folded into the gradient: that is Adam with L2, where large gradients shrink the decay. AdamW decays the weights directly.")
def adamw_as_l2(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    change, state = _adam_step(w, dw + weight_decay * w, state, lr, beta1, beta2, eps)
    return w - change, state


@mistake("adamw", hint="Weights of one dimension have no decay here: every weight has.")
def adamw_no_decay_of_vectors(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01):
    shrunk = w if w.dim() < 2 else w * (1 - lr * weight_decay)
    return adam(shrunk, dw, state, lr, beta1, beta2, eps)


@mistake("adamw", hint="There is no weight decay in this step: it is plain Adam.")
def adamw_no_decay(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    change, state = _adam_step(w, dw, state, lr, beta1, beta2, eps)
    return w - change, state


@mistake("adamw", hint="The decay is not scaled by the learning rate: each step takes lr * weight_decay of the weight.")
def adamw_decay_without_lr(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    change, state = _adam_step(w, dw, state, lr, beta1, beta2, eps)
    return w * (1 - weight_decay) - change, state


@mistake("adamw", hint="The weights grow: the decay takes away a share of them.")
def adamw_grows(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    change, state = _adam_step(w, dw, state, lr, beta1, beta2, eps)
    return w * (1 + lr * weight_decay) - change, state


@mistake("adamw", hint="The decay is taken from the weights after Adam's step: it is a share of the weights as they came in.")
def adamw_decays_after(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    change, state = _adam_step(w, dw, state, lr, beta1, beta2, eps)
    return (w - change) * (1 - lr * weight_decay), state


@mistake("adamw", hint="The decay is divided by the root of v together with m: it must stay outside the fraction, that is what decoupled means.")
def adamw_decay_in_numerator(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    m_hat, v_hat = m / (1 - beta1**step), v / (1 - beta2**step)
    return w - lr * (m_hat + weight_decay * w) / (v_hat.sqrt() + eps), {"step": step, "m": m, "v": v}


@mistake("adamw", hint="The decay carries the learning rate twice: lr * weight_decay of the weight, once.")
def adamw_lr_twice(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    change, state = _adam_step(w, dw, state, lr, beta1, beta2, eps)
    return w - change - lr * lr * weight_decay * w, state


@mistake("adamw", hint="Every weight loses the same amount here, since only its sign is used: the decay is a share of the weight, so large weights lose more.")
def adamw_l1(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    change, state = _adam_step(w, dw, state, lr, beta1, beta2, eps)
    return w - change - lr * weight_decay * w.sign(), state


@mistake("adamw", hint="The factor two comes from the derivative of a squared penalty: AdamW has no penalty, it takes lr * weight_decay of the weight.")
def adamw_factor_two(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    change, state = _adam_step(w, dw, state, lr, beta1, beta2, eps)
    return w - change - 2 * lr * weight_decay * w, state


@mistake("adamw", hint="The moments are not corrected here: divide m and v by 1 - beta**step, as in Adam.")
def adamw_uncorrected(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    return w - lr * (m / (v.sqrt() + eps) + weight_decay * w), {"step": step, "m": m, "v": v}


@mistake("adamw", hint="Epsilon is inside the root: take the root of the corrected v first, then add epsilon.")
def adamw_eps_inside(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    step, m, v = _moments(w, dw, state, beta1, beta2)
    m_hat, v_hat = m / (1 - beta1**step), v / (1 - beta2**step)
    return w - lr * (m_hat / (v_hat + eps).sqrt() + weight_decay * w), {"step": step, "m": m, "v": v}


@mistake("adamw", hint="A weight_decay of 0 is taken for one left out: `or` counts 0 as false. With 0 this is Adam.")
def adamw_no_decay_of_zero(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    change, state = _adam_step(w, dw, state, lr, beta1, beta2, eps)
    return w - change - lr * (weight_decay or 1e-2) * w, state


@right("adamw")
def adamw_written_out(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    step = state.get("step", 0) + 1
    m = beta1 * state.get("m", 0) + (1 - beta1) * dw
    v = beta2 * state.get("v", 0) + (1 - beta2) * dw**2
    m_hat, v_hat = m / (1 - beta1**step), v / (1 - beta2**step)
    return w - lr * (m_hat / (v_hat.sqrt() + eps) + weight_decay * w), {"step": step, "m": m, "v": v}


@right("adamw")
def adamw_subtracts_afterwards(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    new_w, new_state = adam(w, dw, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    return new_w - lr * weight_decay * w, new_state


@right("adamw")
def adamw_as_torch(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    change, state = _adam_step(w, dw, state, lr, beta1, beta2, eps)
    return w.clone().mul_(1 - lr * weight_decay).sub_(change), state


@mistake("adamw", hint="The state that you were given has been changed: copy it, or return a new dict.")
def adamw_changes_the_state(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    change, new = _adam_step(w, dw, state, lr, beta1, beta2, eps)
    state.update(new)
    return w - change - lr * weight_decay * w, state


@mistake("adamw", hint="The caller's weights are decayed in place: use w * (1 - ...), not *= or mul_.")
def adamw_decays_in_place(w, dw, state, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    w *= 1 - lr * weight_decay
    change, new = _adam_step(w, dw, state, lr, beta1, beta2, eps)
    return w - change, new


@mistake("adamw", hint="beta1 and beta2 are exchanged: beta1 belongs to m, beta2 to v.")
def adamw_betas_swapped(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01):
    return adam(w * (1 - lr * weight_decay), dw, state, lr, beta2, beta1, eps)


@mistake("adamw", hint="The first step has no decay: every step takes its share, with an empty state too.")
def adamw_first_step_undecayed(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01):
    if state:
        return adam(w * (1 - lr * weight_decay), dw, state, lr, beta1, beta2, eps)
    return adam(w, dw, state, lr, beta1, beta2, eps)


@mistake("adamw", hint="The decay takes away a share of the weight's size, so that negative weights grow: it is a share of the weight itself, with its sign.")
def adamw_decay_of_the_size(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01):
    shrunk = w - lr * weight_decay * w.abs()
    return adam(shrunk, dw, state, lr, beta1, beta2, eps)


@mistake("adamw", hint="beta1, beta2 or eps do not reach Adam's part, which uses its defaults: hand them on.")
def adamw_settings_not_handed_on(w, dw, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01):
    return adam(w - lr * weight_decay * w, dw, state, lr)


# -------------------------------------------------------------------------------------- newton_step


@mistake("newton_step", hint="The step goes the wrong way: subtract the solution of H step = gradient.")
def newton_uphill(w, dw, hessian, damping=0.0):
    return w + torch.linalg.solve(hessian + damping * torch.eye(len(w), dtype=w.dtype, device=w.device), dw)


@mistake("newton_step", hint="damping is not used: add it to the diagonal of the Hessian before solving.")
def newton_undamped(w, dw, hessian, damping=0.0):
    solution = torch.linalg.lstsq(hessian, dw[:, None]).solution if torch.linalg.det(hessian).abs() < 1e-12 else torch.linalg.solve(hessian, dw)[:, None]
    return w - solution[:, 0]


@mistake("newton_step", hint="damping is added to every entry of the Hessian: it belongs on the diagonal only.")
def newton_damps_everywhere(w, dw, hessian, damping=0.0):
    return w - torch.linalg.solve(hessian + damping, dw)


@mistake("newton_step", hint="The gradient is multiplied by the Hessian: Newton's step *divides* by the curvature, so solve H step = gradient.")
def newton_multiplies(w, dw, hessian, damping=0.0):
    return w - (hessian + damping * torch.eye(len(w), dtype=w.dtype, device=w.device)) @ dw


@mistake("newton_step", hint="Only the diagonal of the Hessian is used: the other entries say how the weights act on each other.")
def newton_diagonal(w, dw, hessian, damping=0.0):
    return w - dw / (torch.diagonal(hessian) + damping)


@mistake("newton_step", hint="This returns the step alone: take it away from the weights.")
def newton_step_alone(w, dw, hessian, damping=0.0):
    return -torch.linalg.solve(hessian + damping * torch.eye(len(w), dtype=w.dtype, device=w.device), dw)


@mistake("newton_step", hint="damping is taken away from the diagonal: adding it makes the steps shorter and the system safe to solve.")
def newton_damping_negative(w, dw, hessian, damping=0.0):
    return w - torch.linalg.solve(hessian - damping * torch.eye(len(w), dtype=w.dtype, device=w.device), dw)


@mistake("newton_step", hint="damping is used as the learning rate of a second, plain gradient step: it belongs on the Hessian's diagonal, before solving.")
def newton_damping_as_gradient_step(w, dw, hessian, damping=0.0):
    return w - torch.linalg.lstsq(hessian, dw[:, None], driver="gelsd").solution[:, 0] - damping * dw


@mistake("newton_step", hint="Cholesky works for a bowl only: at a saddle the Hessian has negative curvature, so use a general solver.")
def newton_cholesky(w, dw, hessian, damping=0.0):
    factor = torch.linalg.cholesky(hessian + damping * torch.eye(len(w), dtype=w.dtype, device=w.device))
    return w - torch.cholesky_solve(dw[:, None], factor)[:, 0]


@mistake("newton_step", hint="The answer is a column, (D, 1) or (D, D): take care that the step has the shape of w.")
def newton_column(w, dw, hessian, damping=0.0):
    return w - torch.linalg.solve(hessian + damping * torch.eye(len(w), dtype=w.dtype, device=w.device), dw[:, None])


@mistake("newton_step", hint="This forms the inverse of the Hessian: solve the linear system instead.")
def newton_inverts(w, dw, hessian, damping=0.0):
    return w - torch.linalg.inv(hessian + damping * torch.eye(len(w), dtype=w.dtype, device=w.device)) @ dw


@mistake("newton_step", edit={"solve(hessian + damping * identity, dw)": "matrix_power(hessian + damping * identity, -1) @ dw"}, hint="This forms the inverse of the Hessian: solve the linear system instead.")
def newton_to_the_power_of_minus_one(): ...


@mistake("newton_step", edit={"(hessian + damping * identity, dw)": "(hessian + damping * identity, identity) @ dw"}, hint="This forms the inverse of the Hessian: solve the linear system instead.")
def newton_solves_for_the_inverse(): ...


@mistake("newton_step", hint="The caller's Hessian has been changed: add damping to a copy.")
def newton_changes_the_hessian(w, dw, hessian, damping=0.0):
    hessian.diagonal().add_(damping)
    return w - torch.linalg.solve(hessian, dw)


@mistake("newton_step", hint="torch.eye makes float32 on the CPU unless it is told otherwise: give it the dtype and device of w.")
def newton_eye_on_the_cpu(w, dw, hessian, damping=0.0):
    return w - torch.linalg.solve(hessian + damping * torch.eye(len(w)), dw)


@right("newton_step")
def newton_by_lu(w, dw, hessian, damping=0.0):
    factor, pivots = torch.linalg.lu_factor(hessian + torch.diag(torch.full_like(w, damping)))
    return w - torch.linalg.lu_solve(factor, pivots, dw[:, None]).squeeze(1)


@right("newton_step")
def newton_on_a_clone(w, dw, hessian, damping=0.0):
    damped = hessian.clone()
    damped.diagonal().add_(damping)
    step = torch.linalg.solve(damped, -dw.unsqueeze(-1)).squeeze(-1)
    return w + step


@right("newton_step")
def newton_by_eigenvectors(w, dw, hessian, damping=0.0):
    curvature, directions = torch.linalg.eigh(hessian)
    return w - directions @ ((directions.T @ dw) / (curvature + damping))


@mistake("newton_step", hint="The curvature lost its sign: at a saddle Newton's step divides by the negative curvature as it is.")
def newton_saddle_free(w, dw, hessian, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return w - vectors @ (vectors.T @ dw / (values.abs() + damping))


@mistake("newton_step", hint="With damping, the Hessian is no longer used: add damping to its diagonal, and solve with both.")
def newton_damping_alone(w, dw, hessian, damping=0.0):
    if damping > 0:
        return w - dw / damping
    return w - torch.linalg.solve(hessian, dw)


@mistake("newton_step", hint="Small or negative curvatures are raised to a least value: the step is the solution of the system as it is, and damping is the caller's choice.")
def newton_curvature_held(w, dw, hessian, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian + damping * torch.eye(len(w), dtype=w.dtype, device=w.device))
    return w - vectors @ (vectors.T @ dw / values.clamp(min=0.001))


@mistake("newton_step", hint="damping multiplies the Hessian's own diagonal: add the same number to each entry of the diagonal.")
def newton_damping_by_share(w, dw, hessian, damping=0.0):
    A = hessian + damping * torch.diag(hessian.diagonal())
    return w - torch.linalg.solve(A, dw)


@mistake("newton_step", hint="Multiplying by the transpose first squares the condition of the system and costs half of the digits: solve it as it is.")
def newton_normal_equations(w, dw, hessian, damping=0.0):
    A = hessian + damping * torch.eye(len(w), dtype=w.dtype, device=w.device)
    return w - torch.linalg.solve(A.T @ A, A.T @ dw)
