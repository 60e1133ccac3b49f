"""What students write in schedules: mistakes with the hint each deserves, and other right answers."""

import bisect
import math

import torch

from autograder.authoring import mistake, right

# --------------------------------------------------------------------------------------- step_decay


@mistake(
    "step_decay",
    hint="The rate is rounded to six decimals: a small one loses its digits, or becomes 0. Return it as it is.",
)
def step_rounded(step, base_lr, milestones, gamma=0.1):
    return round(base_lr * gamma ** sum(step >= milestone for milestone in milestones), 6)


@mistake("step_decay", hint="The drop comes one step late: at the milestone itself the rate is already lower.")
def step_one_late(step, base_lr, milestones, gamma=0.1):
    return base_lr * gamma ** sum(step > milestone for milestone in milestones)


@mistake("step_decay", hint="The drop comes one step early: the first step of a run is step 0, so compare step itself with the milestone.")
def step_one_early(step, base_lr, milestones, gamma=0.1):
    return base_lr * gamma ** sum(step + 1 >= milestone for milestone in milestones)


@mistake("step_decay", hint="The rate falls only once: every milestone that has been passed costs another factor gamma.")
def step_only_once(step, base_lr, milestones, gamma=0.1):
    return base_lr * gamma if any(step >= milestone for milestone in milestones) else base_lr


@mistake("step_decay", hint="The rate is low at the milestone alone and jumps back up: a drop is for good.")
def step_bounces_back(step, base_lr, milestones, gamma=0.1):
    return base_lr * gamma if step in milestones else base_lr


@mistake("step_decay", hint="gamma is multiplied by the number of drops: raise it to their power, so that no drop leaves the rate alone.")
def step_times_count(step, base_lr, milestones, gamma=0.1):
    return base_lr * gamma * sum(step >= milestone for milestone in milestones)


@mistake("step_decay", hint="gamma is subtracted: it is a factor, not an amount.")
def step_subtracts(step, base_lr, milestones, gamma=0.1):
    return base_lr - gamma * sum(step >= milestone for milestone in milestones)


@mistake("step_decay", hint="After the first milestone the rate falls at every step: between two milestones it stays where it is.")
def step_every_step_after(step, base_lr, milestones, gamma=0.1):
    return base_lr * gamma ** max(0, step - milestones[0] + 1) if milestones else base_lr


@mistake("step_decay", hint="The drops come at equal distances, from the first milestone alone: look at each milestone in the list.")
def step_equal_distances(step, base_lr, milestones, gamma=0.1):
    return base_lr * gamma ** (step // milestones[0]) if milestones else base_lr


@mistake("step_decay", hint="gamma is ignored: the rate always falls to a tenth.")
def step_fixed_gamma(step, base_lr, milestones, gamma=0.1):
    return base_lr * 0.1 ** sum(step >= milestone for milestone in milestones)


@mistake(
    "step_decay",
    hint="Step 0 always gets base_lr. A milestone may be 0 as well, and then the rate is lower from the start.",
)
def step_zero_never_drops(step, base_lr, milestones, gamma=0.1):
    if step == 0:
        return base_lr
    return base_lr * gamma ** sum(step >= milestone for milestone in milestones)


@mistake("step_decay", hint="The rate grows: multiply by gamma, don't divide.")
def step_grows(step, base_lr, milestones, gamma=0.1):
    return base_lr / gamma ** sum(step >= milestone for milestone in milestones)


@mistake("step_decay", hint="The caller's list of milestones is taken apart: read it and leave it as it is.")
def step_pops(step, base_lr, milestones, gamma=0.1):
    milestones = milestones if isinstance(milestones, list) else list(milestones)
    while milestones and step >= milestones[0]:
        milestones.pop(0)
        base_lr = base_lr * gamma
    return base_lr


@mistake("step_decay", hint="A tensor comes back: a learning rate is a plain Python float.")
def step_tensor(step, base_lr, milestones, gamma=0.1):
    passed = (step >= torch.tensor(milestones, dtype=torch.float64)).sum()
    return base_lr * gamma**passed


@right("step_decay")
def step_with_a_loop(step, base_lr, milestones, gamma=0.1):
    lr = base_lr
    for milestone in milestones:
        if step >= milestone:
            lr *= gamma
    return lr


@right("step_decay")
def step_by_bisection(step, base_lr, milestones, gamma=0.1):
    return base_lr * gamma ** bisect.bisect_right(milestones, step)


@right("step_decay")
def step_by_recursion(step, base_lr, milestones, gamma=0.1):
    if not milestones or step < milestones[0]:
        return base_lr
    return step_by_recursion(step, base_lr * gamma, milestones[1:], gamma)


@mistake("step_decay", hint="After the last milestone nothing comes back: think of the steps that are beyond all of them.")
def step_none_at_the_end(step, base_lr, milestones, gamma=0.1):
    for passed, milestone in enumerate(milestones):
        if step < milestone:
            return base_lr * gamma**passed


@mistake("step_decay", hint="gamma is multiplied by the number of milestones: each one multiplies the rate by gamma again, so it is a power.")
def step_gamma_times_count(step, base_lr, milestones, gamma=0.1):
    k = sum((step >= m for m in milestones))
    return float(base_lr * gamma * k if k else base_lr)


@mistake("step_decay", hint="Beyond the last milestone the rate is base_lr again: what a loop doesn't find, it must still count.")
def step_back_after_the_last(step, base_lr, milestones, gamma=0.1):
    for k, m in enumerate(milestones):
        if step < m:
            return float(base_lr * gamma ** k)
    return float(base_lr)


@mistake("step_decay", hint="The list of milestones may be empty: then there is no last one, and the rate stays.")
def step_needs_a_milestone(step, base_lr, milestones, gamma=0.1):
    if step >= milestones[-1]:
        return float(base_lr * gamma ** len(milestones))
    return float(base_lr * gamma ** next((i for i, m in enumerate(milestones) if step < m)))


@mistake("step_decay", hint="Milestones may come as a tuple too: don't add a list to them.")
def step_takes_lists_only(step, base_lr, milestones, gamma=0.1):
    for k, m in enumerate(milestones + [float('inf')]):
        if step < m:
            return float(base_lr * gamma ** k)


@mistake("step_decay", hint="Something is remembered from call to call, in a default argument: the rate is a function of the step alone.")
def step_remembers(step, base_lr, milestones, gamma=0.1, _state={'lr': None}):
    if _state['lr'] is None or step == 0:
        _state['lr'] = float(base_lr)
    if step in milestones:
        _state['lr'] *= gamma
    return _state['lr']


# -------------------------------------------------------------------------------- exponential_decay


@mistake("exponential_decay", edit={"**step": " ** max(0, step - 1)"}, hint="The schedule is one step late: at step 1 the rate has fallen once.")
def exponential_late(): ...


@mistake("exponential_decay", edit={"**step": " ** (step + 1)"}, hint="The schedule is one step early: at step 0 the rate is base_lr itself.")
def exponential_early(): ...


@mistake("exponential_decay", edit={"**": " * "}, hint="gamma is multiplied by the step: it is raised to the power of the step.")
def exponential_times_step(): ...


@mistake("exponential_decay", edit={"gamma**step": "math.exp(-gamma * step)"}, hint="This uses e as the base and gamma as a rate: here gamma itself is the factor of one step.")
def exponential_of_e(): ...


@mistake("exponential_decay", edit={"base_lr * gamma**": "(base_lr * gamma) ** "}, hint="The power covers base_lr too: only gamma is raised to the step.")
def exponential_power_of_both(): ...


@mistake("exponential_decay", edit={"gamma**step": "(1 - (1 - gamma) * step)"}, hint="The rate falls by the same amount at each step: it should fall by the same factor.")
def exponential_linear(): ...


@mistake("exponential_decay", edit={"**step": ""}, hint="The step is not used: this is the rate of step 1 for ever.")
def exponential_once(): ...


@mistake("exponential_decay", edit={"gamma**": "(1 - gamma) ** "}, hint="The factor is 1 - gamma: gamma is the share that stays, not the share that goes.")
def exponential_complement(): ...


@mistake(
    "exponential_decay",
    edit={"base_lr * gamma**step": "max(base_lr * gamma**step, 1e-6)"},
    hint="The rate is held above a limit of your own. The formula has none: a run may ask for rates below it.",
)
def exponential_with_a_floor(): ...


@mistake("exponential_decay", edit={"**step": " ** (-step)"}, hint="The rate grows: multiply by gamma at each step, don't divide.")
def exponential_grows(): ...


@right("exponential_decay")
def exponential_with_a_loop(step, base_lr, gamma):
    lr = base_lr
    for _ in range(step):
        lr = lr * gamma
    return lr


@right("exponential_decay")
def exponential_by_logarithm(step, base_lr, gamma):
    return base_lr * math.exp(step * math.log(gamma))


@right("exponential_decay")
def exponential_by_math_pow(step, base_lr, gamma):
    return math.pow(gamma, step) * base_lr


@mistake("exponential_decay", edit={"gamma**": "torch.tensor(gamma, dtype=torch.float64) ** "}, hint="A tensor comes back: a learning rate is a plain Python float. A tensor of one number has .item().")
def exponential_tensor(): ...


@mistake("exponential_decay", hint="gamma is multiplied by the step: raise it to the power of the step.")
def exponential_times_the_step(step, base_lr, gamma):
    return float(base_lr * gamma * step) if step else float(base_lr)


@mistake("exponential_decay", hint="The power is one behind: step 0 has base_lr.")
def exponential_one_late(step, base_lr, gamma):
    return float(base_lr * gamma ** (step - 1))


_rates = {}


@mistake("exponential_decay", hint="Rates are kept by the step alone: another base_lr or gamma then gets those of the first.")
def exponential_cached_by_step(step, base_lr, gamma):
    if step not in _rates:
        _rates[step] = float(base_lr * gamma ** step)
    return _rates[step]


@mistake("exponential_decay", hint="The factors are multiplied in float32, and after thousands of steps their rounding shows: use Python floats.")
def exponential_in_single_precision(step, base_lr, gamma):
    lr = torch.tensor(base_lr, dtype=torch.float32)
    for _ in range(step):
        lr = lr * torch.tensor(gamma, dtype=torch.float32)
    return lr.item()


@mistake("exponential_decay", hint="The function calls itself once for each step, and Python ends that at about a thousand.")
def exponential_recursive(step, base_lr, gamma):
    if step == 0:
        return float(base_lr)
    return gamma * exponential_decay(step - 1, base_lr, gamma)


# ------------------------------------------------------------------------------------- cosine_decay


@mistake("cosine_decay", hint="The rate climbs again after total_steps: from there on it stays at min_lr.")
def cosine_climbs_again(step, base_lr, total_steps, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * step / total_steps)) / 2


@mistake("cosine_decay", hint="1 + cos runs from 2 to 0: halve it, so that the run starts at base_lr.")
def cosine_not_halved(step, base_lr, total_steps, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * min(step, total_steps) / total_steps))


@mistake("cosine_decay", hint="The cosine is not lifted: it runs from 1 to -1, and a rate below zero climbs. Add 1 and halve.")
def cosine_not_lifted(step, base_lr, total_steps, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * math.cos(math.pi * min(step, total_steps) / total_steps)


@mistake("cosine_decay", hint="This is a quarter of a period: it leaves the top slowly, but hits the bottom at full speed. The angle goes up to pi, and 1 is added to the cosine.")
def cosine_quarter(step, base_lr, total_steps, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * math.cos(math.pi / 2 * min(step, total_steps) / total_steps)


@mistake("cosine_decay", hint="This is a whole period: the rate is at its lowest in the middle and back at the top at the end. The angle goes up to pi.")
def cosine_whole_period(step, base_lr, total_steps, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * (1 + math.cos(2 * math.pi * min(step, total_steps) / total_steps)) / 2


@mistake("cosine_decay", hint="min_lr is added on top: the run then starts above base_lr. Only the part between min_lr and base_lr shrinks.")
def cosine_min_on_top(step, base_lr, total_steps, min_lr=0.0):
    return min_lr + base_lr * (1 + math.cos(math.pi * min(step, total_steps) / total_steps)) / 2


@mistake("cosine_decay", hint="The curve is cut off at min_lr: it should be squeezed between base_lr and min_lr, and reach min_lr only at the end.")
def cosine_cut_off(step, base_lr, total_steps, min_lr=0.0):
    return max(min_lr, base_lr * (1 + math.cos(math.pi * min(step, total_steps) / total_steps)) / 2)


@mistake("cosine_decay", hint="min_lr is ignored: the run ends there, not at zero.")
def cosine_no_min(step, base_lr, total_steps, min_lr=0.0):
    return base_lr * (1 + math.cos(math.pi * min(step, total_steps) / total_steps)) / 2


@mistake("cosine_decay", hint="The default of min_lr is another: if nothing is said, the rate ends at 0.")
def cosine_other_default_minimum(step, base_lr, total_steps, min_lr=1e-6):
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * min(step / total_steps, 1))) / 2


@mistake("cosine_decay", edit={"step,": "max(step - 1, 0),"}, hint="The schedule is one step late: at step 1 the rate has begun to fall.")
def cosine_late(): ...


@mistake("cosine_decay", edit={"(step, total_steps) / total_steps": "(step / max(total_steps - 1, 1), 1.0)"}, hint="The lowest rate comes one step too soon: divide by total_steps, not by total_steps - 1.")
def cosine_one_less(): ...


@mistake("cosine_decay", hint="pi is missing from the angle: the cosine then covers only a part of its way down.")
def cosine_no_pi(step, base_lr, total_steps, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * (1 + math.cos(min(step, total_steps) / total_steps)) / 2


@mistake("cosine_decay", hint="The curve is upside down: the cosine is added to 1, not taken from it.")
def cosine_upside_down(step, base_lr, total_steps, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * (1 - math.cos(math.pi * min(step, total_steps) / total_steps)) / 2


@mistake("cosine_decay", hint="A tensor comes back: a learning rate is a plain Python float. A tensor of one number has .item().")
def cosine_tensor(step, base_lr, total_steps, min_lr=0.0):
    share = torch.tensor(min(step, total_steps) / total_steps, dtype=torch.float64)
    return min_lr + (base_lr - min_lr) * (1 + torch.cos(math.pi * share)) / 2


@right("cosine_decay")
def cosine_by_half_angle(step, base_lr, total_steps, min_lr=0.0):
    if step >= total_steps:
        return min_lr
    return min_lr + (base_lr - min_lr) * math.cos(math.pi / 2 * step / total_steps) ** 2


@right("cosine_decay")
def cosine_with_torch(step, base_lr, total_steps, min_lr=0.0):
    angle = torch.tensor(torch.pi * min(step, total_steps) / total_steps)
    return min_lr + 0.5 * (base_lr - min_lr) * (1 + torch.cos(angle)).item()


@right("cosine_decay")
def cosine_as_a_mixture(step, base_lr, total_steps, min_lr=0.0):
    share = 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / total_steps))
    return share * base_lr + (1 - share) * min_lr


@mistake("cosine_decay", hint="The run starts anew after total_steps: from there on the rate stays at min_lr. A remainder (%) is not what holds a step back.")
def cosine_restarts(step, base_lr, total_steps, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * (step % total_steps) / total_steps)) / 2


@mistake("cosine_decay", hint="After total_steps the rate is 0: it stays at min_lr.")
def cosine_zero_after_the_end(step, base_lr, total_steps, min_lr=0.0):
    if step > total_steps:
        return 0.0
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * step / total_steps)) / 2


# --------------------------------------------------------------------------------- polynomial_decay


@mistake("polynomial_decay", hint="After total_steps the base of the power is negative: hold the step at total_steps, so that the rate stays at 0.")
def polynomial_past_the_end(step, base_lr, total_steps, power=0.9):
    return base_lr * (1 - step / total_steps) ** power


@mistake("polynomial_decay", hint="After total_steps the rate climbs again: it stays at 0 there.")
def polynomial_abs(step, base_lr, total_steps, power=0.9):
    return base_lr * abs(1 - step / total_steps) ** power


@mistake("polynomial_decay", hint="The power is ignored: this falls in a straight line.")
def polynomial_linear(step, base_lr, total_steps, power=0.9):
    return base_lr * (1 - min(step, total_steps) / total_steps)


@mistake("polynomial_decay", hint="The power is on the share that is done: raise the share that is *left*.")
def polynomial_power_inside(step, base_lr, total_steps, power=0.9):
    return base_lr * (1 - (min(step, total_steps) / total_steps) ** power)


@mistake("polynomial_decay", hint="The power covers base_lr too: only the share that is left is raised.")
def polynomial_power_of_all(step, base_lr, total_steps, power=0.9):
    return (base_lr * (1 - min(step, total_steps) / total_steps)) ** power


@mistake("polynomial_decay", hint="The rate rises from 0: use the share of the run that is left, not the share that is done.")
def polynomial_rises(step, base_lr, total_steps, power=0.9):
    return base_lr * (min(step, total_steps) / total_steps) ** power


@mistake("polynomial_decay", hint="The power is fixed at 0.9: use the argument.")
def polynomial_fixed_power(step, base_lr, total_steps, power=0.9):
    return base_lr * (1 - min(step, total_steps) / total_steps) ** 0.9


@mistake("polynomial_decay", hint="The share that is left is multiplied by the power: raise it to the power.")
def polynomial_times_power(step, base_lr, total_steps, power=0.9):
    return base_lr * (1 - min(step, total_steps) / total_steps) * power


@mistake("polynomial_decay", hint="The schedule is one step late: at step 1 the rate has begun to fall.")
def polynomial_late(step, base_lr, total_steps, power=0.9):
    return base_lr * (1 - min(max(step - 1, 0), total_steps) / total_steps) ** power


@mistake("polynomial_decay", hint="Zero comes one step too soon: divide by total_steps, not by total_steps - 1.")
def polynomial_one_less(step, base_lr, total_steps, power=0.9):
    return base_lr * (1 - min(step / max(total_steps - 1, 1), 1.0)) ** power


@mistake("polynomial_decay", hint="The first step has fallen already: at step 0 the whole run is left.")
def polynomial_early(step, base_lr, total_steps, power=0.9):
    return base_lr * (1 - min(step + 1, total_steps) / total_steps) ** power


@right("polynomial_decay")
def polynomial_clamped(step, base_lr, total_steps, power=0.9):
    return base_lr * max(0.0, 1 - step / total_steps) ** power


@right("polynomial_decay")
def polynomial_with_if(step, base_lr, total_steps, power=0.9):
    if step >= total_steps:
        return 0.0
    left = (total_steps - step) / total_steps
    return base_lr * math.pow(left, power)


@right("polynomial_decay")
def polynomial_step_by_step(step, base_lr, total_steps, power=0.9):
    lr = base_lr
    for now in range(1, min(step, total_steps) + 1):
        lr *= ((total_steps - now) / (total_steps - now + 1)) ** power
    return lr


@mistake("polynomial_decay", hint="// cuts off what is behind the point, so the rate stays at base_lr to the end: use /.")
def polynomial_whole_division(step, base_lr, total_steps, power=0.9):
    return base_lr * (1 - min(step, total_steps) // total_steps) ** power


@mistake("polynomial_decay", hint="What is left is held above 0, so that the rate never reaches 0.")
def polynomial_never_zero(step, base_lr, total_steps, power=0.9):
    return float(base_lr * max(1e-08, 1 - step / total_steps) ** power)


@mistake("polynomial_decay", hint="Base and exponent changed places: the share that is left is raised to the power.")
def polynomial_exponential(step, base_lr, total_steps, power=0.9):
    left = max(0.0, 1 - step / total_steps)
    return float(base_lr * (power ** left - 1) / (power - 1)) if power != 1 else float(base_lr * left)


@mistake("polynomial_decay", hint="The rate is held one step before the end, so that 0 is never reached.")
def polynomial_held_one_early(step, base_lr, total_steps, power=0.9):
    t = min(step, total_steps - 1)
    return float(base_lr * (1 - t / total_steps) ** power)


@mistake("polynomial_decay", hint="Beyond the end the share that is left is negative, and its power a complex number: hold the share at 0.")
def polynomial_complex(step, base_lr, total_steps, power=0.9):
    value = base_lr * complex(1 - step / total_steps) ** power
    return value.real


@mistake("polynomial_decay", hint="Your default power is not the signature's.")
def polynomial_default_one(step, base_lr, total_steps, power=1.0):
    return float(base_lr * max(0.0, 1 - step / total_steps) ** power)


# ------------------------------------------------------------------------------------ linear_warmup


def _peak(base_lr, batch_size):
    return base_lr * batch_size / 256


@mistake("linear_warmup", hint="Without a warm-up the batch size is forgotten: the peak grows with it there too.")
def warmup_none_without_the_batch(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    if warmup_steps == 0:
        return float(base_lr)
    return float(base_lr * batch_size / 256 * (start_factor + (1 - start_factor) * min(step, warmup_steps) / warmup_steps))


@mistake("linear_warmup", hint="A start_factor of 0 is taken for one left out: `or` counts 0 as false. With 0 the climb begins at 0.")
def warmup_no_start_of_zero(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    s = start_factor or 0.1
    done = min(step, warmup_steps) / warmup_steps if warmup_steps else 1.0
    return float(base_lr * batch_size / 256 * (s + (1 - s) * done))


@mistake("linear_warmup", hint="The warm-up starts at 0: it should start at start_factor of the peak.")
def warmup_from_zero(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    return _peak(base_lr, batch_size) * (min(step / warmup_steps, 1.0) if warmup_steps else 1.0)


@mistake("linear_warmup", hint="The rate goes on climbing: hold the share at 1 once the warm-up is over.")
def warmup_never_ends(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    share = step / warmup_steps if warmup_steps else 1.0
    return _peak(base_lr, batch_size) * (start_factor + (1 - start_factor) * share)


@mistake("linear_warmup", hint="The peak comes one step too soon: the share that is done at step 0 is 0.")
def warmup_early(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    share = min((step + 1) / warmup_steps, 1.0) if warmup_steps else 1.0
    return _peak(base_lr, batch_size) * (start_factor + (1 - start_factor) * share)


@mistake("linear_warmup", hint="The schedule is one step late: at step 1 one part of the climb is done.")
def warmup_late(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    share = min(max(step - 1, 0) / warmup_steps, 1.0) if warmup_steps else 1.0
    return _peak(base_lr, batch_size) * (start_factor + (1 - start_factor) * share)


@mistake("linear_warmup", hint="The climb is divided into warmup_steps - 1 parts: the peak is reached at step warmup_steps, so there are warmup_steps parts.")
def warmup_one_less(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    share = min(step / (warmup_steps - 1), 1.0) if warmup_steps > 1 else 1.0
    return _peak(base_lr, batch_size) * (start_factor + (1 - start_factor) * share)


@mistake("linear_warmup", hint="The climb is added on top of the start: it ends above the peak. Only what is missing to 1 is climbed.")
def warmup_overshoots(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    share = min(step / warmup_steps, 1.0) if warmup_steps else 1.0
    return _peak(base_lr, batch_size) * (start_factor + share)


@mistake("linear_warmup", hint="The batch size is ignored: the peak grows in proportion to it, from base_lr at 256 images.")
def warmup_no_batch(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    share = min(step / warmup_steps, 1.0) if warmup_steps else 1.0
    return base_lr * (start_factor + (1 - start_factor) * share)


@mistake("linear_warmup", hint="The batch ratio is upside down: a larger batch has a less noisy gradient and bears a *larger* rate.")
def warmup_batch_upside_down(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    share = min(step / warmup_steps, 1.0) if warmup_steps else 1.0
    return base_lr * 256 / batch_size * (start_factor + (1 - start_factor) * share)


@mistake("linear_warmup", hint="The peak grows with the root of the batch size: the rule here is linear, twice the batch, twice the rate.")
def warmup_batch_root(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    share = min(step / warmup_steps, 1.0) if warmup_steps else 1.0
    return base_lr * math.sqrt(batch_size / 256) * (start_factor + (1 - start_factor) * share)


@mistake("linear_warmup", hint="start_factor is used as a learning rate: it is a share of the peak.")
def warmup_start_is_a_rate(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    share = min(step / warmup_steps, 1.0) if warmup_steps else 1.0
    return start_factor + (_peak(base_lr, batch_size) - start_factor) * share


@mistake("linear_warmup", hint="Only the peak is scaled with the batch: the start is a share of the *scaled* peak.")
def warmup_start_unscaled(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    share = min(step / warmup_steps, 1.0) if warmup_steps else 1.0
    start = start_factor * base_lr
    return start + (_peak(base_lr, batch_size) - start) * share


@mistake("linear_warmup", hint="The rate stays at its start and then jumps: it should climb in equal steps.")
def warmup_jumps(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    return _peak(base_lr, batch_size) * (start_factor if step < warmup_steps else 1.0)


@mistake("linear_warmup", hint="warmup_steps may be 0, and then this divides by zero: without a warm-up the run starts at its peak.")
def warmup_divides_by_zero(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    return _peak(base_lr, batch_size) * (start_factor + (1 - start_factor) * min(step / warmup_steps, 1.0))


@right("linear_warmup")
def warmup_with_if(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    peak = base_lr * (batch_size / 256)
    if step >= warmup_steps:
        return peak
    start = peak * start_factor
    return start + (peak - start) * step / warmup_steps


@right("linear_warmup")
def warmup_as_a_mixture(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    done = min(step, warmup_steps) / max(warmup_steps, 1) if warmup_steps else 1.0
    return batch_size / 256 * base_lr * (start_factor * (1 - done) + done)


@right("linear_warmup")
def warmup_from_above(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    missing = max(0, warmup_steps - step) / max(1, warmup_steps)
    return batch_size * base_lr * (1 - (1 - start_factor) * missing) / 256


@mistake("linear_warmup", hint="// cuts off what is behind the point, so a batch below 256 gives 0: use /.")
def warmup_whole_division(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    peak = base_lr * (batch_size // 256)
    share = min(step / warmup_steps, 1.0) if warmup_steps else 1.0
    return peak * (start_factor + (1 - start_factor) * share)


@mistake("linear_warmup", hint="start_factor is added to the whole climb, so that the peak is reached early: only what is missing to 1 is climbed.")
def warmup_too_steep(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    if warmup_steps == 0:
        return float(base_lr * batch_size / 256)
    return float(base_lr * batch_size / 256 * min(1.0, start_factor + step / warmup_steps))


@mistake("linear_warmup", hint="The line starts at 0 and is held at start_factor: it starts at start_factor and climbs at once.")
def warmup_from_zero_with_a_floor(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    share = 1.0 if warmup_steps == 0 else min(step, warmup_steps) / warmup_steps
    return float(base_lr * batch_size / 256 * max(start_factor, share))


@mistake("linear_warmup", hint="The climb is by equal factors: it is by equal steps.")
def warmup_geometric(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    done = min(step, warmup_steps) / warmup_steps if warmup_steps else 1.0
    s = max(start_factor, 1e-12)
    return float(base_lr * batch_size / 256 * s ** (1 - done))


@mistake("linear_warmup", hint="With no warm-up steps the rate stays at its start: it should be at the peak from step 0.")
def warmup_of_no_steps_starts_low(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    done = min(step, warmup_steps) / max(1, warmup_steps)
    return float(base_lr * batch_size / 256 * (start_factor + (1 - start_factor) * done))


@mistake("linear_warmup", hint="warmup_steps may be 0: then there is no climb, and nothing to divide by.")
def warmup_divides_by_no_steps(step, base_lr, warmup_steps, start_factor=0.1, batch_size=256):
    return base_lr * batch_size / 256 * (start_factor + (1 - start_factor) * min(step, warmup_steps) / warmup_steps)


# ------------------------------------------------------------------------------------ warmup_cosine


@mistake("warmup_cosine", edit={"step - warmup_steps, base_lr, total_steps - warmup_steps": "step, base_lr, total_steps"}, hint="The cosine counts from the start of the run: let it count from the end of the warm-up, or the rate jumps down there.")
def both_cosine_not_shifted(): ...


@mistake("warmup_cosine", edit={"total_steps - warmup_steps": "total_steps"}, hint="The cosine is total_steps long by itself: the warm-up is part of the run, so less is left for it.")
def both_cosine_too_long(): ...


@mistake("warmup_cosine", hint="Both factors work at the same time: the cosine should begin only when the warm-up is over.")
def both_multiplied(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    warm = linear_warmup(step, 1.0, warmup_steps, start_factor)
    return warm * cosine_decay(step, base_lr, total_steps, min_lr)


@mistake("warmup_cosine", hint="There is no warm-up: the run starts at its highest rate.")
def both_no_warmup(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    return cosine_decay(step, base_lr, total_steps, min_lr)


@mistake("warmup_cosine", hint="There is no decay: after the warm-up the rate follows the cosine down to min_lr.")
def both_no_cosine(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    return linear_warmup(step, base_lr, warmup_steps, start_factor)


@mistake("warmup_cosine", edit={"linear_warmup(step, base_lr, warmup_steps, start_factor)": "base_lr * step / warmup_steps"}, hint="start_factor is not handed on: the warm-up starts at start_factor of base_lr.")
def both_no_start_factor(): ...


@mistake("warmup_cosine", edit={"warmup_steps, min_lr": "warmup_steps"}, hint="min_lr is not handed on: the cosine ends there, not at zero.")
def both_no_min(): ...


@mistake(
    "warmup_cosine",
    hint="The warm-up starts no lower than min_lr. That is where the cosine ends: the climb starts at start_factor of "
    "base_lr, be it lower.",
)
def both_start_at_the_minimum(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    if step < warmup_steps:
        start = max(start_factor * base_lr, min_lr)
        return start + (base_lr - start) * step / warmup_steps
    return cosine_decay(step - warmup_steps, base_lr, total_steps - warmup_steps, min_lr)


@mistake(
    "warmup_cosine",
    hint="After the warm-up a tensor comes back, and before it a float: a learning rate is a plain Python float at every step.",
)
def both_tensor_after_the_warmup(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    if step < warmup_steps:
        return linear_warmup(step, base_lr, warmup_steps, start_factor)
    share = torch.tensor((step - warmup_steps) / (total_steps - warmup_steps), dtype=torch.float64).clamp(max=1)
    return min_lr + (base_lr - min_lr) * (1 + torch.cos(math.pi * share)) / 2


@mistake("warmup_cosine", edit={"step <": "step <=", "warmup_steps, base_lr": "warmup_steps - 1, base_lr"}, hint="The cosine begins one step late: at step warmup_steps + 1 its own count is 1.")
def both_cosine_late(): ...


@mistake("warmup_cosine", edit={"warmup_steps, base_lr": "warmup_steps + 1, base_lr"}, hint="The cosine begins one step early: at step warmup_steps the rate is base_lr itself.")
def both_cosine_early(): ...


@mistake("warmup_cosine", hint="After total_steps the rate climbs again: it stays at min_lr.")
def both_climbs_again(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    if step < warmup_steps:
        return linear_warmup(step, base_lr, warmup_steps, start_factor)
    share = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * share)) / 2


@mistake("warmup_cosine", hint="min_lr is added on top: the peak is then above base_lr. Only the part between min_lr and base_lr shrinks.")
def both_min_on_top(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    if step < warmup_steps:
        return linear_warmup(step, base_lr, warmup_steps, start_factor)
    return min_lr + cosine_decay(step - warmup_steps, base_lr, total_steps - warmup_steps)


@right("warmup_cosine")
def both_written_out(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    if step < warmup_steps:
        return base_lr * (start_factor + (1 - start_factor) * step / warmup_steps)
    share = min((step - warmup_steps) / (total_steps - warmup_steps), 1)
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * share)) / 2


@right("warmup_cosine")
def both_switches_a_step_later(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    if step <= warmup_steps:
        return linear_warmup(step, base_lr, warmup_steps, start_factor=start_factor)
    return cosine_decay(step - warmup_steps, base_lr, total_steps - warmup_steps, min_lr)


@right("warmup_cosine")
def both_as_the_lower_of_two(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    falling = cosine_decay(max(step - warmup_steps, 0), base_lr, total_steps - warmup_steps, min_lr)
    return min(linear_warmup(step, base_lr, warmup_steps, start_factor), falling)


@mistake("warmup_cosine", hint="The curve is cut off at min_lr: it should be squeezed between base_lr and min_lr, and reach min_lr only at the end.")
def both_cut_off(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    if step < warmup_steps:
        return linear_warmup(step, base_lr, warmup_steps, start_factor)
    return max(min_lr, cosine_decay(step - warmup_steps, base_lr, total_steps - warmup_steps))


@mistake("warmup_cosine", hint="warmup_steps may be 0, and then this divides by zero: without a warm-up the run is the cosine alone.")
def both_divides_by_zero(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    climb = base_lr * (start_factor + (1 - start_factor) * step / warmup_steps)
    fall = cosine_decay(step - warmup_steps, base_lr, total_steps - warmup_steps, min_lr)
    return climb if step < warmup_steps else fall


@mistake("warmup_cosine", hint="min_lr is handed on where start_factor stands.")
def warmup_cosine_min_as_start(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    if step < warmup_steps:
        return linear_warmup(step, base_lr, warmup_steps, min_lr)
    return cosine_decay(step - warmup_steps, base_lr, total_steps - warmup_steps, min_lr)


@mistake("warmup_cosine", hint="The cosine starts one step late: at step warmup_steps it is at its own step 0, and it ends at total_steps.")
def warmup_cosine_late(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    if step <= warmup_steps:
        return linear_warmup(step, base_lr, warmup_steps, start_factor)
    return cosine_decay(step - warmup_steps - 1, base_lr, total_steps - warmup_steps - 1 or 1, min_lr)


@mistake("warmup_cosine", hint="The cosine is shorter, but counts from step 0 of the run: it counts from the end of the warm-up.")
def warmup_cosine_not_shifted(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    if step < warmup_steps:
        return linear_warmup(step, base_lr, warmup_steps, start_factor)
    return cosine_decay(step, base_lr, total_steps - warmup_steps, min_lr)


@mistake("warmup_cosine", hint="The climb is one step ahead: step 0 is at start_factor of the rate.")
def warmup_cosine_climbs_early(step, base_lr, warmup_steps, total_steps, start_factor=0.1, min_lr=0.0):
    if step < warmup_steps:
        return float(base_lr * (start_factor + (1 - start_factor) * (step + 1) / warmup_steps))
    return cosine_decay(step - warmup_steps, base_lr, total_steps - warmup_steps, min_lr)


@mistake("cosine_decay", hint="torch's scheduler does the work here: write the formula of the step.")
def cosine_from_torch(step, base_lr, total_steps, min_lr=0.0):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base_lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total_steps, min_lr)
    for _ in range(min(step, total_steps)):
        optimizer.step()
        scheduler.step()
    return optimizer.param_groups[0]["lr"]


@mistake("cosine_decay", hint="math.cos takes radians: half a turn is pi.")
def cosine_in_degrees(step, base_lr, total_steps, min_lr=0.0):
    t = min(step, total_steps)
    return min_lr + 0.5 * (base_lr - min_lr) * (1 + math.cos(180 * t / total_steps))


@mistake("cosine_decay", hint="The share of the run is divided with the remainder thrown away: it is 0 until the end.")
def cosine_whole_share(step, base_lr, total_steps, min_lr=0.0):
    t = min(step, total_steps) // total_steps
    return min_lr + 0.5 * (base_lr - min_lr) * (1 + math.cos(math.pi * t))


@mistake("cosine_decay", hint="The rate is held one step before the end, so that min_lr is never reached.")
def cosine_held_one_early(step, base_lr, total_steps, min_lr=0.0):
    t = min(step, total_steps - 1)
    return min_lr + 0.5 * (base_lr - min_lr) * (1 + math.cos(math.pi * t / total_steps))


@mistake("cosine_decay", hint="pi is rounded: use math.pi.")
def cosine_rough_pi(step, base_lr, total_steps, min_lr=0.0):
    t = min(step, total_steps)
    return min_lr + 0.5 * (base_lr - min_lr) * (1 + math.cos(3.14 * t / total_steps))
