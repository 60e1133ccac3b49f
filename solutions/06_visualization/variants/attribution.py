"""What students write in attribution: mistakes with the hint each deserves, and other right answers."""

from collections import deque

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

solved_occlusion, solved_saliency, solved_guided, solved_cam = occlusion_map, saliency_map, guided_backprop, grad_cam
solved_grow, solved_segment = grow_region, segment_from_saliency
ONE_CLASS = "All images are asked about the class of the first one. Each has a target of its own."
SOFTMAX = "These are probabilities: a softmax is taken. A score is what the model gives, as it is."
BEST_CLASS = "You take the highest score of each image. The class that is asked about is the target, also where the network thinks otherwise."
EVALUATION = "The network is switched to evaluation mode. It is used in the mode in which it comes, and stays in it."
ALL_BY_ALL = "For each image the scores of all targets are added up, those of other images' targets as well. Pair image n with target n, and with no other."


# occlusion_map


@mistake("occlusion_map", edit={'"p,phw->hw", torch.cat(drops)': '"p,phw->hw", torch.cat(drops).abs()'}, hint="The drops have lost their signs. Where a score rises under a cover, the drop is negative, and that is worth knowing.")
def sizes_of_drops(): ...


@mistake("occlusion_map", edit={"model(image[None])[0, target]": "model(image[None]).softmax(dim=1)[0, target]", "value))[:, target]": "value)).softmax(dim=1)[:, target]"}, hint=SOFTMAX)
def drops_of_probabilities(): ...


@mistake("occlusion_map", edit={"model(image[None])[0, target]": "model(image[None]).max()", "value))[:, target]": "value)).amax(dim=1)"}, hint=BEST_CLASS)
def drops_of_the_best_class(): ...


@mistake("occlusion_map", edit={"zip(x, targets, strict=True)": "zip(x, targets[:1].expand(len(x)), strict=True)"}, hint=ONE_CLASS)
def occludes_for_one_class(): ...


@mistake("occlusion_map", edit={"total / covers.sum(dim=0)": "total"}, hint="You add the drops of all windows on a pixel up. A pixel in the middle lies under more windows than one in a corner: take the mean.")
def sum_of_drops(): ...


@mistake("occlusion_map", edit={"total / covers.sum(dim=0)": "total / len(covers)"}, hint="You divide by the number of all windows. Count for each pixel those that cover it.")
def mean_over_all_windows(): ...


@mistake("occlusion_map", hint="A pixel keeps the drop of one window only, the last that was written there. It gets the mean of all that cover it.")
def the_last_window_wins(model, x, targets, window, stride, value=0.0, batch=16):
    answer = solved_occlusion(model, x, targets, window, stride, value, batch)
    with torch.no_grad():
        for n, image in enumerate(x):
            before = model(image[None])[0, targets[n]]
            for top in range(0, x.shape[2] - window[0] + stride[0], stride[0]):
                for left in range(0, x.shape[3] - window[1] + stride[1], stride[1]):
                    covered = image[None].clone()
                    covered[:, :, top : top + window[0], left : left + window[1]] = value
                    answer[n, top : top + window[0], left : left + window[1]] = before - model(covered)[0, targets[n]]
    return answer


@mistake("occlusion_map", edit={"starts = torch.arange(0, length - size + step, step, device=x.device)[:, None]": "starts = torch.arange(0, length - size + step, step, device=x.device).clamp(max=length - size)[:, None]"}, hint="Your last window is moved back until it fits. It begins where the stride says, and what sticks out of the picture is cut off.")
def the_last_window_is_moved_back(): ...


@mistake("occlusion_map", edit={"length - size + step, step": "length - size + 1, step", "total / covers.sum(dim=0)": "total / covers.sum(dim=0).clamp(min=1)"}, hint="Only windows that fit are used, and where the strides don't come out even, the last pixels are never covered. There the last window sticks out.")
def leaves_the_rest_uncovered(): ...


@mistake("occlusion_map", edit={"length - size + step, step": "length, step"}, hint="There are windows that begin after the end was reached already. The last window is the first that reaches it.")
def windows_to_the_very_end(): ...


@mistake("occlusion_map", edit={"zip(x.shape[2:], window, stride, strict=True)": "zip(x.shape[2:], window[::-1], stride, strict=True)"}, hint="The window is turned round: its first number counts rows.")
def window_turned_round(): ...


@mistake("occlusion_map", edit={"zip(x.shape[2:], window, stride, strict=True)": "zip(x.shape[2:], window, stride[::-1], strict=True)"}, hint="The strides are turned round: the first goes from row to row.")
def strides_turned_round(): ...


@mistake("occlusion_map", edit={"image.masked_fill(part[:, None], value)": "torch.stack([torch.cat([image[:1].masked_fill(one, value), image[1:]]) for one in part])"}, hint="Only the first channel is covered. A cover hides a place in all channels.")
def covers_one_channel(): ...


@mistake("occlusion_map", edit={"image.masked_fill(part[:, None], value)": "image * ~part[:, None] + value * image * part[:, None]"}, hint="The pixels under a window are multiplied by the value. They are replaced by it.")
def multiplies_by_the_value(): ...


@mistake("occlusion_map", edit={"image.masked_fill(part[:, None], value)": "image + value * part[:, None] - image * part[:, None] * (value == 0)"}, hint="A value other than 0 is added to the pixels under the window. It takes their place.")
def adds_the_value(): ...


@mistake("occlusion_map", edit={"image.masked_fill(part[:, None], value)": "image.masked_fill(~part[:, None], value)"}, hint="Everything but the window is covered: what you measure is what the window alone is worth.")
def covers_all_but_the_window(): ...


@mistake("occlusion_map", hint="The windows before are still covered when the next one is: each covered image starts from the whole one.")
def covers_pile_up(model, x, targets, window, stride, value=0.0, batch=16):
    total, times = torch.zeros_like(x[:, 0]), torch.zeros_like(x[0, 0])
    solved_occlusion(model, x[:1], targets[:1], window, stride, value, batch)
    with torch.no_grad():
        for n, image in enumerate(x):
            covered, times = image[None].clone(), torch.zeros_like(times)
            before = model(image[None])[0, targets[n]]
            for top in range(0, x.shape[2] - window[0] + stride[0], stride[0]):
                for left in range(0, x.shape[3] - window[1] + stride[1], stride[1]):
                    covered[:, :, top : top + window[0], left : left + window[1]] = value
                    total[n, top : top + window[0], left : left + window[1]] += before - model(covered)[0, targets[n]]
                    times[top : top + window[0], left : left + window[1]] += 1
    return total / times


@mistake("occlusion_map", edit={"torch.cat(drops), covers": "torch.cat(drops) / before, covers"}, hint="The drops are shares of the whole score. A score may be near zero or below it: the drop itself is asked for.")
def drops_as_shares(): ...


@mistake("occlusion_map", edit={"covers.split(batch)": "covers.split(len(covers))"}, hint="All windows are asked at once, however many the model may be given.")
def all_at_once_whatever_is_allowed(): ...


@mistake("occlusion_map", edit={"covers.split(batch)": "covers.split(1)"}, hint="The model is asked for one window at a time. Give it as many at once as are allowed.")
def one_window_at_a_time(): ...


@mistake("occlusion_map", edit={"    maps = []\n": "    maps = []\n    model.eval()\n"}, hint=EVALUATION)
def occludes_in_evaluation_mode(): ...


@mistake("occlusion_map", edit={"if not 1 <= step <= size <= length:": "if not 1 <= step or size > length:"}, hint="A stride larger than its window leaves pixels that no window covers. It is to be refused.")
def takes_any_stride(): ...


@mistake("occlusion_map", edit={"if not 1 <= step <= size": "if not step <= size"}, hint="A stride below 1 leads nowhere. It is to be refused with a ValueError.")
def takes_a_stride_of_zero(): ...


@mistake("occlusion_map", edit={"if not 1 <= step <= size <= length:": "if not lines and not 1 <= step <= size <= length:"}, hint="Only the rows are looked at before windows are refused. The columns can be wrong, too.")
def looks_at_rows_only(): ...


@mistake("occlusion_map", edit={"with torch.no_grad():": "with torch.enable_grad():"}, hint="The answer hangs on a graph with every forward pass in it: nothing is differentiated here, so ask for no gradients.")
def keeps_the_graph(): ...


@right("occlusion_map")
def window_by_window(model, x, targets, window, stride, value=0.0, batch=16):
    height, width = x.shape[2:]
    (tall, wide), (down, across) = window, stride
    if down < 1 or across < 1 or down > tall or across > wide or tall > height or wide > width:
        raise ValueError("these windows do not cover the image")
    corners = []
    top = 0
    while True:
        left = 0
        while True:
            corners.append((top, left))
            if left + wide >= width:
                break
            left += across
        if top + tall >= height:
            break
        top += down
    total = torch.zeros_like(x[:, 0])
    times = torch.zeros_like(x[:, 0])
    for n in range(len(x)):
        with torch.no_grad():
            whole = model(x[n : n + 1])[0, targets[n]]
        for first in range(0, len(corners), batch):
            some = corners[first : first + batch]
            covered = x[n].repeat(len(some), 1, 1, 1)
            for row, (top, left) in enumerate(some):
                covered[row, :, top : top + tall, left : left + wide] = value
            with torch.no_grad():
                lost = whole - model(covered)[:, targets[n]]
            for row, (top, left) in enumerate(some):
                total[n, top : top + tall, left : left + wide] += lost[row]
                times[n, top : top + tall, left : left + wide] += 1
    return total / times


@right("occlusion_map")
def all_images_in_one_row(model, x, targets, window, stride, value=0.0, batch=16):
    sizes = list(zip(x.shape[2:], window, stride, strict=True))
    if any(s < 1 or s > w or w > n for n, w, s in sizes):
        raise ValueError("the windows leave pixels out")
    tops, lefts = (range(0, 1 + s * -(-(n - w) // s), s) for n, w, s in sizes)
    places = [(n, a, b) for n in range(len(x)) for a in tops for b in lefts]
    answer, count = torch.zeros_like(x[:, 0]), torch.zeros_like(x[:, 0])
    with torch.no_grad():
        whole = torch.cat([model(part) for part in x.split(batch)])
        for start in range(0, len(places), batch):
            some = places[start : start + batch]
            pile = []
            for n, a, b in some:
                one = x[n].clone()
                one[..., a : a + window[0], b : b + window[1]].fill_(value)
                pile.append(one)
            for row, (n, a, b) in zip(model(torch.stack(pile)), some, strict=True):
                t = targets[n]
                answer[n, a : a + window[0], b : b + window[1]] += whole[n, t] - row[t]
                count[n, a : a + window[0], b : b + window[1]] += 1
    return answer.div_(count)


@right("occlusion_map")
@torch.no_grad()
def by_the_transpose_of_a_convolution(model, x, targets, window, stride, value=0.0, batch=16):
    shape = tuple(x.shape[2:])
    for axis in (0, 1):
        if stride[axis] not in range(1, window[axis] + 1) or window[axis] > shape[axis]:
            raise ValueError("window or stride does not fit")
    counts = [1 + -(-(shape[axis] - window[axis]) // stride[axis]) for axis in (0, 1)]
    maps = []
    for image, target in zip(x, targets.tolist(), strict=True):
        covered = image.repeat(counts[0] * counts[1], 1, 1, 1)
        for place, one in enumerate(covered):
            row, column = divmod(place, counts[1])
            row, column = row * stride[0], column * stride[1]
            one[:, row : row + window[0], column : column + window[1]] = value
        scores = torch.cat([model(part) for part in covered.split(batch)])[:, target]
        drops = (model(image.unsqueeze(0))[0, target] - scores).reshape(1, 1, *counts)
        ones = torch.ones(1, 1, *window, dtype=x.dtype, device=x.device)
        total = F.conv_transpose2d(drops, ones, stride=stride)[0, 0]
        times = F.conv_transpose2d(torch.ones_like(drops), ones, stride=stride)[0, 0]
        maps.append((total / times)[: shape[0], : shape[1]])
    return torch.stack(maps)


# saliency_map


@mistake("saliency_map", edit={".abs().amax(dim=1)": ".amax(dim=1).abs()"}, hint="The largest channel is chosen before the sizes are taken, and a channel that is strongly negative is never chosen. Which comes first?")
def largest_before_sizes(): ...


@mistake("saliency_map", edit={".abs().amax(dim=1)": ".amax(dim=1)"}, hint="A pixel may be negative in your map. How strongly the score depends on a number, not in which direction, is asked for.")
def no_sizes(): ...


@mistake("saliency_map", edit={".abs().amax(dim=1)": ".abs().mean(dim=1)"}, hint="The channels are averaged. At each pixel the largest of them counts.")
def mean_of_channels(): ...


@mistake("saliency_map", edit={".abs().amax(dim=1)": ".abs().sum(dim=1)"}, hint="The channels are added up. At each pixel the largest of them counts.")
def sum_of_channels(): ...


@mistake("saliency_map", edit={"torch.autograd.grad(score, watched)[0].abs().amax(dim=1)": "(torch.autograd.grad(score, watched)[0] * x).abs().amax(dim=1)"}, hint="The gradient is multiplied by the image. That is another map, with another meaning: here the gradient alone counts.")
def times_the_image(): ...


@mistake("saliency_map", edit={"    return torch.autograd.grad(score, watched)[0].abs().amax(dim=1)": "    found = torch.autograd.grad(score, watched)[0].abs().amax(dim=1)\n    return found / found.amax(dim=(1, 2), keepdim=True)"}, hint="Each map is scaled to a largest value of 1. The gradient's own size is lost so: leave scaling to whoever draws the map.")
def scales_each_map(): ...


@mistake("saliency_map", edit={"model(watched).gather": "model(watched).softmax(dim=1).gather"}, hint=SOFTMAX)
def slope_of_probabilities(): ...


@mistake("saliency_map", edit={"model(watched).gather(1, targets[:, None]).sum()": "F.cross_entropy(model(watched), targets, reduction='sum')"}, hint="This is the gradient of the loss. It also says how the other classes' scores could rise: the target's score alone is asked about.")
def slope_of_the_loss(): ...


@mistake("saliency_map", edit={"gather(1, targets[:, None])": "amax(dim=1)"}, hint=BEST_CLASS)
def slope_of_the_best_class(): ...


@mistake("saliency_map", edit={".gather(1, targets[:, None])": ""}, hint="The scores of all classes are added up. Only the target's counts.")
def slope_of_all_classes(): ...


@mistake("saliency_map", edit={"gather(1, targets[:, None])": "gather(1, targets[:1].expand(len(x))[:, None])"}, hint=ONE_CLASS)
def slope_for_one_class(): ...


@mistake("saliency_map", edit={".gather(1, targets[:, None])": "[:, targets]"}, hint=ALL_BY_ALL)
def slope_of_all_targets_for_all(): ...


@mistake("saliency_map", edit={"targets[:, None]).sum()": "targets[:, None]).mean()"}, hint="The scores of the batch are averaged, so that each map depends on how many images there are. What number's gradient is each image's own?")
def mean_over_the_batch(): ...


@mistake("saliency_map", hint="backward() leaves a gradient at every parameter that learns, and whoever trains this network next adds to it. Ask for the gradient of one thing with respect to one other.")
def leaves_grads_in_the_parameters(model, x, targets):
    watched = x.clone().requires_grad_()
    model(watched)[torch.arange(len(x)), targets].sum().backward()
    return watched.grad.abs().amax(dim=1)


@mistake("saliency_map", hint="Your zero_grad() wipes out gradients that were there before the call. They are somebody's.")
def wipes_the_grads_out(model, x, targets):
    watched = x.clone().requires_grad_()
    model(watched)[torch.arange(len(x)), targets].sum().backward()
    model.zero_grad()
    return watched.grad.abs().amax(dim=1)


@mistake("saliency_map", hint="The caller's own x takes gradients from now on: what you switch on must be a tensor of your own.")
def switches_the_caller_s_images(model, x, targets):
    x.requires_grad_()
    score = model(x)[torch.arange(len(x)), targets].sum()
    return torch.autograd.grad(score, x)[0].abs().amax(dim=1)


@mistake("saliency_map", hint="The network's parameters are switched off, and stay so. The network is left as it was.")
def freezes_the_network(model, x, targets):
    model.requires_grad_(False)
    return solved_saliency(model, x, targets)


@mistake("saliency_map", edit={"    watched = ": "    model.eval()\n    watched = "}, hint=EVALUATION)
def slope_in_evaluation_mode(): ...


@mistake("saliency_map", edit={"torch.autograd.grad(score, watched)": "torch.autograd.grad(score, watched, create_graph=True)"}, hint="The map is part of a graph. Nobody wants a gradient of this gradient.")
def makes_a_graph_of_the_gradient(): ...


@right("saliency_map")
def backward_with_the_grads_put_back(model, x, targets):
    before = [p.grad for p in model.parameters()]
    for p in model.parameters():
        p.grad = None
    image = x.detach().clone()
    image.requires_grad = True
    scores = model(image)
    scores[range(len(targets)), targets].sum().backward()
    for p, grad in zip(model.parameters(), before, strict=True):
        p.grad = grad
    return image.grad.abs().max(dim=1).values


@right("saliency_map")
def image_by_image(model, x, targets):
    maps = []
    for one, target in zip(x, targets, strict=True):
        one = one[None].clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(model(one)[0, target], one)
        maps.append(torch.maximum(slope, -slope)[0].amax(dim=0))
    return torch.stack(maps)


@right("saliency_map")
def with_a_matrix_of_ones(model, x, targets):
    watched = x.clone().requires_grad_()
    scores = model(watched)
    chosen = F.one_hot(targets, scores.shape[1]).to(scores.dtype)
    (slope,) = torch.autograd.grad(scores, watched, grad_outputs=chosen)
    return slope.norm(p=float("inf"), dim=1)


# guided_backprop


@mistake("guided_backprop", edit={"tuple(one.clamp(min=0) for one in goes_on)": "None"}, hint="This is the plain gradient: nothing is cut at the units. What must a hook return so that something else goes on?")
def the_plain_gradient(): ...


@mistake("guided_backprop", edit={"one in goes_on": "one in came"}, hint="You cut what comes from above and send that on in place of the unit's own answer, so a unit that was shut sends something back as well. The own rule stays, and the cut is in addition.")
def without_the_units_own_rule(): ...


@mistake("guided_backprop", edit={"clamp(min=0)": "clamp(max=0)"}, hint="The positive gradients are cut. Which ones speak for the class?")
def cuts_the_positive(): ...


@mistake("guided_backprop", edit={"nn.ReLU | nn.ReLU6": "nn.ReLU"}, hint="No ReLU6 is guided. It is no kind of ReLU to isinstance.")
def leaves_relu6_out(): ...


@mistake("guided_backprop", edit={"model.modules() if": "model.children() if"}, hint="Only units that lie directly in the model are guided. They may lie at any depth.")
def top_level_only(): ...


@mistake("guided_backprop", edit={"for one in model.modules() if isinstance(one, nn.ReLU | nn.ReLU6)": "for one in model.modules() if not list(one.children())"}, hint="The gradients are cut at every layer, at convolutions and linear layers too. Only the units are guided.")
def cuts_at_every_layer(): ...


@mistake("guided_backprop", hint="The upper bend of ReLU6 is forgotten: where its input was above 6, it sends nothing back.")
def knows_the_lower_bend_only(model, x, targets):
    outputs = {}
    hooks = []
    for unit in model.modules():
        if isinstance(unit, nn.ReLU | nn.ReLU6):
            hooks.append(unit.register_forward_hook(lambda m, i, o: outputs.setdefault(m, []).append(o)))
            hooks.append(
                unit.register_full_backward_hook(lambda m, g, c: (c[0].clamp(min=0) * (outputs[m].pop() > 0),))
            )
    try:
        watched = x.clone().requires_grad_()
        return torch.autograd.grad(model(watched).gather(1, targets[:, None]).sum(), watched)[0]
    finally:
        for hook in hooks:
            hook.remove()


@mistake("guided_backprop", hint="The gradient is cut at the tensor that goes into the unit. Where the same tensor also goes past it, as in a skip connection, the sum of both ways is cut: only what comes through the unit should be.")
def at_the_tensor_that_goes_in(model, x, targets):
    def guide(module, inputs):
        if inputs[0].requires_grad:
            inputs[0].register_hook(lambda grad: grad.clamp(min=0))

    hooks = [one.register_forward_pre_hook(guide) for one in model.modules() if isinstance(one, nn.ReLU | nn.ReLU6)]
    try:
        watched = x.clone().requires_grad_()
        score = model(watched * 1).gather(1, targets[:, None]).sum()
        return torch.autograd.grad(score, watched)[0]
    finally:
        for hook in hooks:
            hook.remove()


@mistake("guided_backprop", edit={"torch.autograd.grad(score, watched)[0]": "torch.autograd.grad(score, watched)[0].clamp(min=0)"}, hint="What arrives at the pixels is cut once more. Only what passes through a unit is guided, and between the first unit and the pixels lies a convolution.")
def cuts_at_the_pixels(): ...


@mistake("guided_backprop", edit={"torch.autograd.grad(score, watched)[0]": "torch.autograd.grad(score, watched)[0].abs()"}, hint="The gradient has lost its signs. It comes back whole.")
def sizes_of_the_guided(): ...


@mistake("guided_backprop", edit={"model(watched).gather": "model(watched).softmax(dim=1).gather"}, hint=SOFTMAX)
def guided_from_probabilities(): ...


@mistake("guided_backprop", edit={"gather(1, targets[:, None])": "gather(1, targets[:1].expand(len(x))[:, None])"}, hint=ONE_CLASS)
def guided_for_one_class(): ...


@mistake("guided_backprop", edit={"hook.remove()": "pass"}, hint="The hooks stay in the network, and every gradient that is taken later is guided too.")
def leaves_the_hooks(): ...


@mistake("guided_backprop", hint="When the network raises an error, your hooks stay in it: the line that removes them is never reached.")
def leaves_the_hooks_after_an_error(model, x, targets):
    hooks = [
        one.register_full_backward_hook(lambda m, g, c: (g[0].clamp(min=0),))
        for one in model.modules()
        if isinstance(one, nn.ReLU | nn.ReLU6)
    ]
    watched = x.clone().requires_grad_()
    grad = torch.autograd.grad(model(watched).gather(1, targets[:, None]).sum(), watched)[0]
    for hook in hooks:
        hook.remove()
    return grad


@mistake("guided_backprop", edit={"hook.remove()": "hook.remove()\n        for one in model.modules():\n            one._backward_hooks.clear()"}, hint="All backward hooks of the network are cleared away, also those that others have put there. Remove your own.")
def clears_all_hooks(): ...


@mistake("guided_backprop", edit={"        return torch.autograd.grad(score, watched)[0]": "        score.backward()\n        return watched.grad"}, hint="backward() leaves a gradient at every parameter that learns, and a guided one at that. Ask for the gradient of one thing with respect to one other.")
def leaves_guided_grads_in_the_parameters(): ...


@mistake("guided_backprop", edit={"    units = [": "    model.eval()\n    units = ["}, hint=EVALUATION)
def guided_in_evaluation_mode(): ...


@right("guided_backprop")
def at_what_comes_out(model, x, targets):
    def guide(module, inputs, output):
        output.register_hook(lambda grad: torch.relu(grad))

    hooks = []
    for module in model.modules():
        if isinstance(module, nn.ReLU) or isinstance(module, nn.ReLU6):
            hooks.append(module.register_forward_hook(guide))
    image = x.clone()
    image.requires_grad = True
    try:
        scores = model(image)
    finally:
        for hook in hooks:
            hook.remove()
    total = scores[torch.arange(len(x)), targets].sum()
    return torch.autograd.grad(total, image)[0]


@right("guided_backprop")
def by_a_function_of_ones_own(model, x, targets):
    class PositiveBack(torch.autograd.Function):
        @staticmethod
        def forward(ctx, values):
            return values.clone()

        @staticmethod
        def backward(ctx, grad):
            return torch.where(grad > 0, grad, torch.zeros_like(grad))

    hooks = [
        module.register_forward_hook(lambda module, inputs, output: PositiveBack.apply(output))
        for module in model.modules()
        if type(module) in (nn.ReLU, nn.ReLU6)
    ]
    try:
        watched = x.detach().clone().requires_grad_(True)
        scores = model(watched)
        grad = torch.autograd.grad(scores.gather(1, targets.unsqueeze(1)).sum(), [watched])
    finally:
        for hook in hooks:
            hook.remove()
    return grad[0]


@right("guided_backprop")
def picture_by_picture(model, x, targets):
    from contextlib import ExitStack

    answer = torch.empty_like(x)
    with ExitStack() as stack:
        for module in model.modules():
            if isinstance(module, (nn.ReLU, nn.ReLU6)):
                handle = module.register_full_backward_hook(lambda m, inner, outer: (inner[0] * (inner[0] > 0),))
                stack.callback(handle.remove)
        for n in range(len(x)):
            one = x[n : n + 1].clone().requires_grad_()
            answer[n] = torch.autograd.grad(model(one)[0, targets[n]], one)[0][0]
    return answer


# grad_cam


@mistake("grad_cam", edit={".clamp(min=0)": ""}, hint="Places that speak against the class are negative in your map. They become 0.")
def keeps_the_negative(): ...


@mistake("grad_cam", edit={".sum(dim=1, keepdim=True).clamp(min=0)": ".clamp(min=0).sum(dim=1, keepdim=True)"}, hint="What is negative goes before the sum over the channels. A channel that speaks against the class must be able to outweigh others: only the sum is cut.")
def cuts_before_the_sum(): ...


@mistake("grad_cam", edit={"keepdim=True)\n    coarse": "keepdim=True).clamp(min=0)\n    coarse"}, hint="Weights that are negative are left out. A channel that speaks against the class counts too: only the sum is cut.")
def positive_weights_only(): ...


@mistake("grad_cam", edit={".clamp(min=0)\n": "\n", 'mode="bilinear")[:, 0]': 'mode="bilinear")[:, 0].clamp(min=0)'}, hint="What is negative goes only after the resizing, so that it has eaten into its neighbours. It goes before.")
def cuts_after_the_resizing(): ...


@mistake("grad_cam", edit={'mode="bilinear"': 'mode="bilinear", align_corners=True'}, hint="The corners of both maps are laid on each other. With half pixels at the edges it is the edges that are.")
def aligns_the_corners(): ...


@mistake("grad_cam", edit={'mode="bilinear"': 'mode="nearest"'}, hint="The map is enlarged in blocks. It is resized bilinearly.")
def enlarges_in_blocks(): ...


@mistake("grad_cam", edit={"grads.mean(dim=(2, 3), keepdim=True)": "grads"}, hint="Each place is weighed by its own gradient. A channel has one weight for all of its places: the mean.")
def weighs_each_place(): ...


@mistake("grad_cam", edit={"grads.mean(dim=(2, 3), keepdim=True)": "grads.mean(dim=1, keepdim=True)"}, hint="The mean goes over the channels. Which axes are places?")
def mean_over_the_channels(): ...


@mistake("grad_cam", edit={"grads.mean(dim=(2, 3), keepdim=True)": "grads.mean(dim=(0, 2, 3), keepdim=True)"}, hint="The weights are the same for all images of the batch: the mean goes over the images too.")
def mean_over_the_images(): ...


@mistake("grad_cam", edit={"scores.gather": "scores.softmax(dim=1).gather"}, hint=SOFTMAX)
def cam_of_probabilities(): ...


@mistake("grad_cam", edit={"scores.gather(1, targets[:, None])": "scores.amax(dim=1)"}, hint=BEST_CLASS)
def cam_of_the_best_class(): ...


@mistake("grad_cam", edit={"gather(1, targets[:, None])": "gather(1, targets[:1].expand(len(x))[:, None])"}, hint=ONE_CLASS)
def cam_for_one_class(): ...


@mistake("grad_cam", edit={"layer.register_forward_hook": "[one for one in model.modules() if isinstance(one, nn.Conv2d | nn.Identity)][-1].register_forward_hook"}, hint="You always look at the model's last convolution. The layer is an argument.")
def always_the_last_convolution(): ...


@mistake("grad_cam", edit={"lambda _, inputs, output: kept.append(output)": "lambda _, inputs, output: kept.append(inputs[0])"}, hint="What goes into the layer is kept. What it gives is asked for.")
def looks_at_what_goes_in(): ...


@mistake("grad_cam", edit={"model(x.clone().requires_grad_())": "model(x)"}, hint="With a frozen network what the layer gives is part of no graph. Something before it must take gradients.")
def no_graph_in_a_frozen_network(): ...


@mistake("grad_cam", edit={"hook.remove()": "pass"}, hint="The hook stays in the network, and keeps what the layer gives for good.")
def leaves_the_hook(): ...


@mistake("grad_cam", edit={"    try:\n        scores = model(x.clone().requires_grad_())\n    finally:\n        hook.remove()": "    scores = model(x.clone().requires_grad_())\n    hook.remove()"}, hint="When the network raises an error, your hook stays in it: the line that removes it is never reached.")
def leaves_the_hook_after_an_error(): ...


@mistake("grad_cam", edit={"kept[0].detach()": "kept[0]"}, hint="The map is part of a graph, with the whole forward pass in it.")
def the_map_keeps_the_graph(): ...


@mistake("grad_cam", edit={"hook.remove()": "hook.remove()\n        layer._forward_hooks.clear()\n        for one in model.modules():\n            one._forward_hooks.clear()"}, hint="All forward hooks of the network are cleared away, also those that others have put there. Remove your own.")
def clears_all_forward_hooks(): ...


@mistake("grad_cam", edit={"    kept: list": "    model.eval()\n    kept: list"}, hint=EVALUATION)
def cam_in_evaluation_mode(): ...


@mistake("grad_cam", edit={"    kept: list": "    model.requires_grad_(True)\n    kept: list"}, hint="All parameters are switched on, and stay so. The network is left as it was.")
def thaws_the_network(): ...


@right("grad_cam")
def with_a_leaf_in_the_layers_place(model, layer, x, targets):
    maps = {}

    def cut_in(module, inputs, output):
        maps["watched"] = output.detach().clone().requires_grad_()
        return maps["watched"]

    handle = layer.register_forward_hook(cut_in)
    try:
        scores = model(x)
    finally:
        handle.remove()
    picked = scores[torch.arange(len(x)), targets]
    (grad,) = torch.autograd.grad(picked.sum(), [maps["watched"]])
    alpha = grad.flatten(2).mean(dim=2)
    cam = torch.einsum("nk,nkhw->nhw", alpha, maps["watched"].detach())
    cam = F.relu(cam).unsqueeze(1)
    return F.interpolate(cam, x.shape[-2:], mode="bilinear", align_corners=False).squeeze(1)


@right("grad_cam")
def with_two_hooks(model, layer, x, targets):
    before = [p.grad for p in model.parameters()]
    for p in model.parameters():
        p.grad = None
    made, came = [], []
    handles = [
        layer.register_forward_hook(lambda m, i, o: made.append(o.detach())),
        layer.register_full_backward_hook(lambda m, g, c: came.append(c[0])),
    ]
    try:
        watched = x.clone().requires_grad_()
        model(watched)[range(len(x)), targets].sum().backward()
    finally:
        for handle in handles:
            handle.remove()
        for p, grad in zip(model.parameters(), before, strict=True):
            p.grad = grad
    maps = []
    for activation, gradient in zip(made[0], came[0], strict=True):
        total = torch.zeros_like(activation[0])
        for channel, slope in zip(activation, gradient, strict=True):
            total = total + slope.mean() * channel
        maps.append(total.clamp(min=0))
    return nn.functional.interpolate(torch.stack(maps)[:, None], size=tuple(x.shape[2:]), mode="bilinear")[:, 0]


@right("grad_cam")
def one_image_after_the_other(model, layer, x, targets):
    answers = []
    for image, target in zip(x, targets, strict=True):
        kept = []

        def keep(module, inputs, output, kept=kept):
            kept.append(output)

        handle = layer.register_forward_hook(keep)
        try:
            score = model(image[None].clone().requires_grad_())[0, target]
        finally:
            handle.remove()
        slope = torch.autograd.grad(score, kept[0])[0][0]
        weights = slope.sum(dim=(1, 2)) / slope[0].numel()
        total = torch.tensordot(weights, kept[0][0].detach(), dims=1)
        total = torch.where(total > 0, total, torch.zeros_like(total))
        answers.append(F.interpolate(total[None, None], size=image.shape[1:], mode="bilinear")[0, 0])
    return torch.stack(answers)


# grow_region


@mistake("grow_region", edit={"heights > threshold": "heights >= threshold"}, hint="Pixels exactly at the threshold are taken in. They must be above it.")
def at_the_threshold_too(): ...


@mistake("grow_region", edit={"waiting += [(row, column - 1), (row, column + 1)]": "waiting += [(row, column - 1), (row, column + 1)]\n        waiting += [(row + a, column + b) for a in (-1, 1) for b in (-1, 1)]"}, hint="Steps go over corners. A step goes up, down, left or right.")
def eight_neighbours(): ...


@mistake("grow_region", hint="All pixels above the threshold are taken, whether they can be reached or not.")
def all_above_the_threshold(heights, seed, threshold):
    mask = heights > threshold
    return mask if mask[seed[0], seed[1]] else torch.zeros_like(mask)


@mistake("grow_region", edit={"        if not (0 <= row < height and 0 <= column < width):\n            continue": "        if row >= height or column >= width or row < -height or column < -width:\n            continue\n        row, column = row % height, column % width"}, hint="A step over the edge comes in again at the other side: index −1 is the other end, and no error.")
def around_the_edges(): ...


@mistake("grow_region", edit={"waiting = [seed]": "waiting = [(seed[1], seed[0])]"}, hint="The seed is read as column and row. It is row and column.")
def seed_turned_round(): ...


@mistake("grow_region", hint="The seed is in the region even where it isn't above the threshold. Then nothing is in it.")
def always_with_the_seed(heights, seed, threshold):
    raised = heights.clone()
    raised[seed[0], seed[1]] = float("inf")
    return solved_grow(raised, seed, threshold)


@mistake("grow_region", hint="A pixel is compared with the seed's height. It is compared with the threshold.")
def near_the_seed_s_height(heights, seed, threshold):
    away = -(heights - heights[seed[0], seed[1]]).abs()
    return solved_grow(away, seed, -abs(threshold) - 1e-9)


@mistake("grow_region", hint="Only the seed's own neighbours are looked at. Theirs come next, until nothing new comes.")
def one_ring(heights, seed, threshold):
    row, column = seed
    region = torch.zeros_like(heights, dtype=torch.bool)
    if heights[row, column] > threshold:
        region[row, column] = True
        for a, b in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= a < heights.shape[0] and 0 <= b < heights.shape[1] and heights[a, b] > threshold:
                region[a, b] = True
    return region


@mistake("grow_region", hint="You go straight from the seed in four directions. A way may also turn.")
def a_cross_from_the_seed(heights, seed, threshold):
    region = torch.zeros_like(heights, dtype=torch.bool)
    for a, b in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        row, column = seed
        while 0 <= row < heights.shape[0] and 0 <= column < heights.shape[1] and heights[row, column] > threshold:
            region[row, column] = True
            row, column = row + a, column + b
    return region


@mistake("grow_region", hint="One pass over the map, from the top left to the bottom right, takes in only what is reached from above or from the left. A way may turn back: go on until nothing changes.")
def one_pass_over_the_map(heights, seed, threshold):
    region = torch.zeros_like(heights, dtype=torch.bool)
    region[seed[0], seed[1]] = heights[seed[0], seed[1]] > threshold
    height, width = heights.shape
    for row in range(height):
        for column in range(width):
            if heights[row, column] > threshold:
                for a, b in ((row - 1, column), (row, column - 1), (row + 1, column), (row, column + 1)):
                    if 0 <= a < height and 0 <= b < width and region[a, b]:
                        region[row, column] = True
    return region


@mistake("grow_region", hint="The function calls itself for each pixel, and Python gives up after a thousand calls inside each other. A list of pixels to look at has no such limit.")
def by_calling_itself(heights, seed, threshold):
    is_open = (heights > threshold).tolist()
    region = torch.zeros_like(heights, dtype=torch.bool)

    def visit(row, column):
        if not (0 <= row < len(is_open) and 0 <= column < len(is_open[0])):
            return
        if region[row, column] or not is_open[row][column]:
            return
        region[row, column] = True
        visit(row - 1, column)
        visit(row + 1, column)
        visit(row, column - 1)
        visit(row, column + 1)

    visit(*seed)
    return region


@mistake("grow_region", edit={"is_open = (heights > threshold)": "is_open = (heights.abs() > threshold)"}, hint="The sizes of the heights are compared. A height below zero is what it is.")
def compares_sizes(): ...


@mistake("grow_region", hint="The map's last row and column are never entered: how far do the indices go?")
def stops_before_the_last(heights, seed, threshold):
    inner = heights.clone()
    inner[-1], inner[:, -1] = float("-inf"), float("-inf")
    return solved_grow(inner, seed, threshold)


@right("grow_region")
def in_growing_rings(heights, seed, threshold):
    mask = heights > threshold
    region = torch.zeros_like(mask)
    region[seed[0], seed[1]] = mask[seed[0], seed[1]]
    size = -1
    while size != int(region.sum()):
        size = int(region.sum())
        wider = region.clone()
        wider[1:] |= region[:-1]
        wider[:-1] |= region[1:]
        wider[:, 1:] |= region[:, :-1]
        wider[:, :-1] |= region[:, 1:]
        region = wider & mask
    return region


@right("grow_region")
def with_a_queue_and_a_set(heights, seed, threshold):
    height, width = heights.shape
    reached = set()
    queue = deque()
    if float(heights[seed[0], seed[1]]) > threshold:
        reached.add((seed[0], seed[1]))
        queue.append((seed[0], seed[1]))
    values = heights.tolist()
    while queue:
        row, column = queue.popleft()
        for a, b in [(0, 1), (1, 0), (0, -1), (-1, 0)]:
            near = row + a, column + b
            if near in reached or not 0 <= near[0] < height or not 0 <= near[1] < width:
                continue
            if values[near[0]][near[1]] > threshold:
                reached.add(near)
                queue.append(near)
    region = torch.zeros(height, width, dtype=torch.bool, device=heights.device)
    for row, column in reached:
        region[row, column] = True
    return region


@right("grow_region")
def by_widening_with_a_pooling(heights, seed, threshold):
    mask = (heights > threshold).double()
    region = torch.zeros_like(mask)
    region[seed[0], seed[1]] = 1
    region = region * mask
    while True:
        field = region[None, None]
        down = F.max_pool2d(field, (3, 1), stride=1, padding=(1, 0))
        across = F.max_pool2d(field, (1, 3), stride=1, padding=(0, 1))
        wider = torch.maximum(down, across)[0, 0] * mask
        if torch.equal(wider, region):
            return region.bool()
        region = wider


# segment_from_saliency


@mistake("segment_from_saliency", edit={"count_include_pad=False": "count_include_pad=True"}, hint="At the edges the means are too small: places outside of the map are counted as zeros. Only those pixels of the window count that are in the map.")
def darkens_the_edges(): ...


@mistake("segment_from_saliency", edit={"    smooth = F.avg_pool2d(\n        saliency[:, None], size, stride=1, padding=around, count_include_pad=False\n    )[:, 0]": "    smooth = saliency"}, hint="The map isn't smoothed: a single bright speck counts as it is.")
def does_not_smooth(): ...


@mistake("segment_from_saliency", edit={"saliency[:, None], size,": "saliency[:, None], size[::-1],", "padding=around": "padding=around[::-1]"}, hint="The window is turned round: its first number counts rows.")
def smooths_turned_round(): ...


@mistake("segment_from_saliency", edit={"one.quantile(quantile)": "smooth.quantile(quantile)"}, hint="One threshold serves all maps, so that a faint one has nothing above it. Each has its own.")
def one_threshold_for_all(): ...


@mistake("segment_from_saliency", edit={"one.quantile(quantile)": "one.quantile(1 - quantile)"}, hint="The share that you keep is the one that should be left out: a quantile of 0.8 has four fifths below it.")
def keeps_the_wrong_share(): ...


@mistake("segment_from_saliency", edit={"float(one.quantile(quantile))": "float(one.max()) * quantile"}, hint="The threshold is a share of the highest value. A quantile is a place in the order of the values.")
def share_of_the_highest(): ...


@mistake("segment_from_saliency", edit={"for one in smooth:": "for raw, one in zip(saliency, smooth):", "one.quantile(quantile)": "raw.quantile(quantile)"}, hint="The threshold is the quantile of the raw map. The smoothed values are compared with it, so it comes from them.")
def quantile_of_the_raw_map(): ...


@mistake("segment_from_saliency", edit={"for one in smooth:": "for raw, one in zip(saliency, smooth):", "int(one.argmax())": "int(raw.argmax())"}, hint="The seed is the raw map's highest pixel, which may be a mere speck. It is the smoothed map's.")
def seed_of_the_raw_map(): ...


@mistake("segment_from_saliency", edit={"divmod(int(one.argmax()), one.shape[1])": "(int(one.amax(dim=0).argmax()) % one.shape[0], int(one.amax(dim=1).argmax()) % one.shape[1])"}, hint="Row and column of the highest pixel are mixed up: the largest over axis 0 is left for each column.")
def seed_mixed_up(): ...


@mistake("segment_from_saliency", hint="All regions above the threshold are kept. Only the one with the highest pixel is.")
def keeps_every_region(saliency, size=(3, 3), quantile=0.8):
    around = (size[0] // 2, size[1] // 2)
    smooth = F.avg_pool2d(saliency[:, None], size, stride=1, padding=around, count_include_pad=False)[:, 0]
    masks = []
    for one in smooth:
        region = one > one.quantile(quantile)
        ground = solved_grow(F.pad((~region).to(one.dtype), (1, 1, 1, 1), value=1.0), (0, 0), 0.5)
        masks.append(~ground[1:-1, 1:-1])
    return torch.stack(masks)


@mistake("segment_from_saliency", hint="The region with the most pixels is kept. The one that holds the highest pixel is asked for.")
def keeps_the_largest_region(saliency, size=(3, 3), quantile=0.8):
    around = (size[0] // 2, size[1] // 2)
    smooth = F.avg_pool2d(saliency[:, None], size, stride=1, padding=around, count_include_pad=False)[:, 0]
    masks = []
    for one in smooth:
        left, best = one > one.quantile(quantile), torch.zeros_like(one, dtype=torch.bool)
        while left.any():
            row, column = left.nonzero()[0].tolist()
            region = solved_grow(left.to(one.dtype), (row, column), 0.5)
            best = region if region.sum() > best.sum() else best
            left = left & ~region
        ground = solved_grow(F.pad((~best).to(one.dtype), (1, 1, 1, 1), value=1.0), (0, 0), 0.5)
        masks.append(~ground[1:-1, 1:-1])
    return torch.stack(masks)


@mistake("segment_from_saliency", edit={"masks.append(~ground[1:-1, 1:-1])": "masks.append(region)"}, hint="The holes are left open. A hole is ground that can't be reached from beyond the edge.")
def leaves_the_holes(): ...


@mistake("segment_from_saliency", edit={"framed = F.pad((~region).to(one.dtype), (1, 1, 1, 1), value=1.0)": "framed = (~region).to(one.dtype)", "ground[1:-1, 1:-1]": "ground"}, hint="The ground is grown from a corner of the map. That corner may be in the region, or cut off from the rest of the ground: start from outside of the map.")
def grows_from_a_corner_of_the_map(): ...


@mistake("segment_from_saliency", edit={"ground = grow_region(framed, (0, 0), 0.5)": "ground = F.pad(grow_region(F.pad((~region).to(one.dtype), (0, 0, 1, 1), value=1.0), (0, 0), 0.5), (1, 1))\n        ground = ground & True"}, hint="The frame has no sides: ground at the left or the right edge that the region cuts off counts as a hole. It lies open to the outside.")
def a_frame_without_sides(): ...


@mistake("segment_from_saliency", hint="Steps over corners let the outside into holes whose wall is closed. Steps go up, down, left and right, over ground as well.")
def leaks_through_corners(saliency, size=(3, 3), quantile=0.8):
    around = (size[0] // 2, size[1] // 2)
    smooth = F.avg_pool2d(saliency[:, None], size, stride=1, padding=around, count_include_pad=False)[:, 0]
    masks = []
    for one in smooth:
        region = solved_grow(one, divmod(int(one.argmax()), one.shape[1]), float(one.quantile(quantile)))
        free = F.pad((~region).double(), (1, 1, 1, 1), value=1.0)
        ground = torch.zeros_like(free)
        ground[0, 0] = 1
        for _ in range(free.numel()):
            ground = F.max_pool2d(ground[None, None], 3, stride=1, padding=1)[0, 0] * free
        masks.append(~ground.bool()[1:-1, 1:-1])
    return torch.stack(masks)


@right("segment_from_saliency")
def by_labels_of_scipy(saliency, size=(3, 3), quantile=0.8):
    import numpy as np
    from scipy import ndimage

    answers = []
    for one in saliency.detach().cpu().double().numpy():
        window = {"size": size, "mode": "constant"}
        smooth = ndimage.uniform_filter(one, **window) / ndimage.uniform_filter(np.ones_like(one), **window)
        if size == (1, 1):
            smooth = one
        labels, _ = ndimage.label(smooth > np.quantile(smooth, quantile))
        mine = labels[np.unravel_index(smooth.argmax(), smooth.shape)]
        answers.append(ndimage.binary_fill_holes((labels == mine) & (mine > 0)))
    return torch.from_numpy(np.stack(answers))


@right("segment_from_saliency")
def with_loops_and_rings(saliency, size=(3, 3), quantile=0.8):
    masks = []
    for one in saliency:
        height, width = one.shape
        smooth = torch.empty_like(one)
        for row in range(height):
            for column in range(width):
                top, left = max(row - size[0] // 2, 0), max(column - size[1] // 2, 0)
                smooth[row, column] = one[top : row + size[0] // 2 + 1, left : column + size[1] // 2 + 1].mean()
        place = smooth.flatten().argmax().item()
        region = grow_region(smooth, (place // width, place % width), smooth.flatten().quantile(quantile).item())
        outside = torch.zeros_like(region)
        rim = [(r, c) for r in range(height) for c in range(width) if r in (0, height - 1) or c in (0, width - 1)]
        for row, column in rim:
            if not region[row, column] and not outside[row, column]:
                outside |= grow_region((~region).double(), (row, column), 0.5)
        masks.append(~outside)
    return torch.stack(masks)


@right("segment_from_saliency")
def by_sums_of_shifted_maps(saliency, size=(3, 3), quantile=0.8):
    down, across = size[0] // 2, size[1] // 2
    height, width = saliency.shape[1:]
    padded = F.pad(saliency, (across, across, down, down))
    ones = F.pad(torch.ones_like(saliency), (across, across, down, down))
    total, count = torch.zeros_like(saliency), torch.zeros_like(saliency)
    for a in range(size[0]):
        for b in range(size[1]):
            total += padded[:, a : a + height, b : b + width]
            count += ones[:, a : a + height, b : b + width]
    smooth = total / count
    limits = smooth.flatten(1).quantile(quantile, dim=1)
    masks = torch.zeros_like(smooth, dtype=torch.bool)
    for n, limit in enumerate(limits.tolist()):
        top = (smooth[n] == smooth[n].max()).nonzero()[0].tolist()
        masks[n] = grow_region(smooth[n], tuple(top), limit)
        field = torch.ones(height + 2, width + 2)
        field[1:-1, 1:-1] -= masks[n].float()
        masks[n] = ~grow_region(field, (height + 1, width + 1), 0)[1:-1, 1:-1]
    return masks
