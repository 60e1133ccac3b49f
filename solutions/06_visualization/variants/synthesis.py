"""What students write in synthesis: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

GRADS_PILE_UP = "backward() also fills the grad of the network's own parameters. Ask autograd for the one gradient that you want."
EPSILON = "Something is added to what you divide by. It looks small, and is larger than a tiny gradient. Zero is the only case to be told apart."
NOT_A_NUMBER = "Where the gradient is zero you divide by zero, and NaN comes back. Such an image stays where it is."
MODES = "The network's mode is set. It came in the mode that its owner wants, and stays in it."
SOFTMAX = "This climbs the probability. The score itself is asked for, before any softmax."


# class_visualization_step


@mistake("class_visualization_step", edit={"scores - l2": "scores + l2"}, hint="The penalty is added, so that large pixels are rewarded. Which sign keeps them small?")
def rewards_large_pixels(): ...


@mistake("class_visualization_step", edit={"(moved.detach() + rate * step)": "(moved.detach() - rate * step)"}, hint="The step goes down the score. It should rise.")
def descends(): ...


@mistake("class_visualization_step", edit={"network(moved).gather": "network(moved).softmax(dim=1).gather"}, hint=SOFTMAX)
def climbs_the_probability(): ...


@mistake("class_visualization_step", edit={"network(moved).gather(1, targets[:, None]).sum()": "network(moved)[:, targets[0]].sum()"}, hint="All images climb the class of the first one. Each has its own.")
def one_target_for_all(): ...


@mistake("class_visualization_step", edit={"network(moved).gather(1, targets[:, None]).sum()": "network(moved)[:, targets].sum()"}, hint="Each image climbs the scores of all targets in the batch. One class belongs to each: look at the shape of what you picked.")
def all_targets_for_each(): ...


@mistake("class_visualization_step", edit={"gradient.flatten(1).norm(dim=1)[:, None, None, None]": "gradient.norm().expand(len(x), 1, 1, 1)"}, hint="One norm is taken over the whole batch. An image with small gradients then hardly moves: each has a norm of its own.")
def norm_over_the_batch(): ...


@mistake("class_visualization_step", edit={"gradient.flatten(1).norm(dim=1)[:, None, None, None]": "gradient.norm(dim=(2, 3), keepdim=True)"}, hint="Each channel is brought to a length by itself. The norm goes over all channels and pixels of the image.")
def norm_of_each_channel(): ...


@mistake("class_visualization_step", edit={"torch.where(norms > 0, gradient / norms, 0.0)": "gradient"}, hint="The gradient isn't brought to a length: the step is as long as the network's gradient happens to be.")
def never_normalises(): ...


@mistake("class_visualization_step", edit={"torch.where(norms > 0, gradient / norms, 0.0)": "gradient / (norms + 1e-8)"}, hint=EPSILON)
def adds_an_epsilon(): ...


@mistake("class_visualization_step", edit={"torch.where(norms > 0, gradient / norms, 0.0)": "gradient / norms"}, hint=NOT_A_NUMBER)
def divides_by_zero(): ...


@mistake("class_visualization_step", edit={"scores - l2 * moved.square().sum()": "scores - l2 * moved.square().mean()"}, hint="The penalty is the mean of the squares. Their sum over the image is asked for.")
def mean_penalty(): ...


@mistake("class_visualization_step", edit={"scores - l2 * moved.square().sum()": "scores", "torch.where(norms > 0, gradient / norms, 0.0)": "torch.where(norms > 0, gradient / norms, 0.0) - 2 * l2 * moved.detach()"}, hint="The penalty comes after the normalisation. It is part of what the gradient is taken of, and of the length of the step.")
def penalty_after_the_norm(): ...


@mistake("class_visualization_step", edit={"(moved.detach() + rate * step).roll(back, dims=(2, 3))": "moved.detach() + rate * step"}, hint="The image is never rolled back: it wanders from step to step.")
def never_rolls_back(): ...


@mistake("class_visualization_step", edit={"roll(jitter, dims=(2, 3)).requires": "roll(jitter, dims=(3, 2)).requires", "(moved.detach() + rate * step).roll(back, dims=(2, 3))": "(moved.detach() + rate * step).roll(back, dims=(3, 2))", "step.roll(back, dims=(2, 3))": "step.roll(back, dims=(3, 2))"}, hint="Down and to the right are exchanged: the first number is for the rows.")
def rolls_right_and_down(): ...


@mistake("class_visualization_step", edit={"roll(jitter, dims=(2, 3)).requires": "roll([-pixels for pixels in jitter], dims=(2, 3)).requires", "back = [-pixels for pixels in jitter]": "back = jitter"}, hint="The image is rolled the other way, up and to the left, before the step.")
def rolls_the_other_way(): ...


@mistake("class_visualization_step", edit={"x = x * (1 - decay)": "x = x * decay"}, hint="decay is the share that is taken away. This is what is left of it.")
def decay_is_what_stays(): ...


@mistake("class_visualization_step", edit={"size < limit": "size <= limit"}, hint="A pixel exactly at the quantile goes as well. Only what lies below it does.")
def at_the_quantile_goes(): ...


@mistake("class_visualization_step", edit={"size.flatten(1).quantile(share, dim=1)[:, None, None, None]": "size.quantile(share)"}, hint="The quantile is that of all images together. Each image has its own.")
def quantile_over_the_batch(): ...


@mistake("class_visualization_step", edit={"values.norm(dim=1, keepdim=True)": "values.abs()"}, hint="Each channel is judged by itself. A pixel is small or large in all its channels together, and goes in all.")
def channels_by_themselves(): ...


@mistake("class_visualization_step", edit={"values.norm(dim=1, keepdim=True)": "values.abs().sum(dim=1, keepdim=True)"}, hint="The size of a pixel is the sum of absolute values. It is the Euclidean norm over the channels.")
def sum_of_absolute_values(): ...


@mistake("class_visualization_step", edit={"(small_gradients, step.roll(back, dims=(2, 3)))": "(small_gradients, step)"}, hint="With jitter the gradient lies elsewhere than the pixel that it was taken of. Roll it back as well.")
def gradient_not_rolled_back(): ...


@mistake("class_visualization_step", hint=GRADS_PILE_UP)
def with_backward(network, x, targets, rate, l2=0.0, jitter=(0, 0), decay=0.0, blur=0.0, small_pixels=0.0, small_gradients=0.0):
    def calls(moved):
        leaf = moved.detach().clone().requires_grad_()
        (network(leaf).gather(1, targets[:, None]).sum() - l2 * leaf.square().sum()).backward()
        return leaf.grad

    calls(x.roll(jitter, dims=(2, 3)))
    return solved_step(network, x, targets, rate, l2, jitter, decay, blur, small_pixels, small_gradients)


@mistake("class_visualization_step", edit={"    scores = network(moved)": "    network.eval() if hasattr(network, 'eval') else None\n    scores = network(moved)"}, hint=MODES)
def sets_the_mode(): ...


@mistake("class_visualization_step", edit={"x.detach().roll(jitter, dims=(2, 3)).requires_grad_()": "(x.roll(jitter, dims=(2, 3)) if x.requires_grad else x.detach().roll(jitter, dims=(2, 3)).requires_grad_())", "(moved.detach() + rate * step)": "(moved + rate * step)"}, hint="What comes back still carries a graph. It grows from step to step.")
def keeps_the_graph(): ...


@right("class_visualization_step")
def image_by_image(network, x, targets, rate, l2=0.0, jitter=(0, 0), decay=0.0, blur=0.0, small_pixels=0.0, small_gradients=0.0):
    down, right_ = jitter
    done = []
    for image, target in zip(x.detach(), targets.tolist()):
        seen = torch.roll(image[None], shifts=(down, right_), dims=(-2, -1)).clone().requires_grad_(True)
        objective = network(seen)[0, target] - l2 * (seen**2).sum()
        grad = torch.autograd.grad(objective, [seen])[0]
        length = torch.linalg.vector_norm(grad)
        if length > 0:
            grad = grad / length
        new = torch.roll(seen.detach() + rate * grad, shifts=(-down, -right_), dims=(-2, -1))
        grad = torch.roll(grad, shifts=(-down, -right_), dims=(-2, -1))
        new = (1 - decay) * new
        if blur:
            new = blurred(new, blur)
        size, slope = new.square().sum(dim=1).sqrt(), grad.square().sum(dim=1).sqrt()
        gone = (size < torch.quantile(size, small_pixels)) | (slope < torch.quantile(slope, small_gradients))
        new[gone[:, None].expand_as(new)] = 0
        done.append(new)
    return torch.cat(done)


@right("class_visualization_step")
def with_the_gradient_of_the_penalty_by_hand(network, x, targets, rate, l2=0.0, jitter=(0, 0), decay=0.0, blur=0.0, small_pixels=0.0, small_gradients=0.0):
    num = len(x)
    seen = x.detach().roll(jitter, (2, 3))
    seen.requires_grad = True
    picked = network(seen)[torch.arange(num, device=x.device), targets]
    grad = torch.autograd.grad(picked, seen, torch.ones_like(picked))[0] - 2 * l2 * seen.detach()
    rows = grad.reshape(num, -1)
    lengths = rows.square().sum(1, keepdim=True).sqrt()
    grad = torch.where(lengths == 0, torch.zeros_like(rows), rows / lengths).reshape(x.shape)
    back = (-jitter[0], -jitter[1])
    grad, seen = grad.roll(back, (2, 3)), seen.detach().roll(back, (2, 3))
    new = blurred((seen + rate * grad) * (1 - decay), blur)

    def large(values, share):
        size = values.norm(dim=1).reshape(num, -1)
        return (size >= size.quantile(share, dim=1, keepdim=True)).reshape(num, 1, *x.shape[2:])

    return new * large(new, small_pixels) * large(grad, small_gradients)


@right("class_visualization_step")
def with_nan_to_num_and_masked_fill(network, x, targets, rate, l2=0.0, jitter=(0, 0), decay=0.0, blur=0.0, small_pixels=0.0, small_gradients=0.0):
    with torch.enable_grad():
        start = x.detach().clone().requires_grad_()
        seen = torch.roll(start, jitter, (2, 3))
        scores = torch.take_along_dim(network(seen), targets.view(-1, 1), dim=1)
        grad = torch.autograd.grad(scores.sum() - l2 * seen.pow(2).sum(), start)[0]
    grad = torch.nan_to_num(grad / torch.linalg.vector_norm(grad, dim=(1, 2, 3), keepdim=True), nan=0.0)
    new = (start.detach() + rate * grad) * (1.0 - decay)
    new = blurred(new, blur) if blur != 0 else new
    kept = new
    for share, size in ((small_pixels, new.norm(dim=1)), (small_gradients, grad.norm(dim=1))):
        if share > 0:
            limits = torch.stack([one.flatten().quantile(share) for one in size])
            kept = kept.masked_fill((size < limits[:, None, None])[:, None], 0.0)
    return kept


solved_step, solved_fooling, solved_fgsm = class_visualization_step, fooling_image, fgsm
solved_loss, solved_dream, solved_facets = feature_inversion_loss, deep_dream_step, faceted_start


# fooling_image


@mistake("fooling_image", edit={" & is_away[:, None, None, None]": ""}, hint="Images that are there go on as long as another one isn't. Each stops by itself.")
def all_go_on(): ...


@mistake("fooling_image", edit={"        if not is_away.any():\n            break\n": "        if not is_away.all():\n            break\n"}, hint="All stop as soon as one image is there.")
def stops_with_the_first(): ...


@mistake("fooling_image", edit={"steps = steps + is_away": "steps = steps + 1"}, hint="The count goes up for all images, also for those that take no step any more.")
def counts_for_all(): ...


@mistake("fooling_image", edit={"scores.gather(1, targets[:, None]).sum()\n": "scores.softmax(dim=1).gather(1, targets[:, None]).sum()\n"}, hint="This climbs the probability, or its logarithm as a cross-entropy does. The score itself is asked for, before any softmax.")
def fools_by_probability(): ...


@mistake("fooling_image", edit={"scores.argmax(dim=1) != targets": "scores.argmax(dim=1) != targets[0]", "scores.gather(1, targets[:, None]).sum()\n": "scores[:, targets[0]].sum()\n"}, hint="All images are after the first one's target. Each has its own.")
def first_target_for_all(): ...


@mistake("fooling_image", edit={"scores.argmax(dim=1) != targets": "scores.gather(1, targets[:, None])[:, 0] < scores.amax(dim=1)"}, hint="In a tie the target counts as the highest, wherever it stands. Of equal scores the first class counts.")
def a_tie_is_enough(): ...


@mistake("fooling_image", edit={"torch.where(moves, rate * gradient / norms, 0.0)": "torch.where(moves, rate * gradient, 0.0)"}, hint="The gradient isn't brought to a length: steps are as long as it happens to be.")
def fools_without_a_norm(): ...


@mistake("fooling_image", edit={"rate * gradient / norms": "rate * gradient / (norms + 1e-8)"}, hint=EPSILON)
def fools_with_an_epsilon(): ...


@mistake("fooling_image", edit={"(norms > 0) & is_away": "is_away"}, hint=NOT_A_NUMBER)
def fools_by_zero(): ...


@mistake("fooling_image", edit={"range(max_steps)": "range(max_steps + 1)"}, hint="There is one step more than max_steps.")
def one_step_more(): ...


@mistake("fooling_image", edit={"steps = steps + is_away": "steps = steps + (moves[:, 0, 0, 0] & is_away)"}, hint="Steps that go nowhere, where the gradient is 0, are left out of the count. They count.")
def counts_moves_only(): ...


@mistake("fooling_image", edit={"images = leaf.detach() + torch": "images = x.detach() + torch"}, hint="Every step starts from the first image again, so that nothing adds up.")
def always_from_the_start(): ...


@mistake("fooling_image", hint=GRADS_PILE_UP)
def fools_with_backward(network, x, targets, rate, max_steps):
    leaf = x.detach().clone().requires_grad_()
    network(leaf).gather(1, targets[:, None]).sum().backward()
    return solved_fooling(network, x, targets, rate, max_steps)


@mistake("fooling_image", edit={"    return images.detach(), steps": "    return images, steps"}, hint="Where no step is left to take, what comes back still wants a gradient.")
def comes_back_as_a_leaf(): ...


@right("fooling_image")
def one_image_after_the_other(network, x, targets, rate, max_steps):
    images, counts = [], []
    for image, target in zip(x.detach(), targets.tolist()):
        image, count = image[None].clone(), 0
        while count < max_steps:
            leaf = image.detach().requires_grad_()
            scores = network(leaf)[0]
            if int(scores.argmax()) == target:
                break
            grad = torch.autograd.grad(scores[target], leaf)[0]
            length = grad.norm()
            image = image + (rate / length * grad if length > 0 else 0 * grad)
            count += 1
        images.append(image.detach())
        counts.append(count)
    return torch.cat(images), torch.tensor(counts, device=targets.device)


@right("fooling_image")
def with_the_remaining_rows_only(network, x, targets, rate, max_steps):
    images = x.detach().clone()
    steps = torch.zeros(len(x), dtype=torch.int64, device=x.device)
    for _ in range(max_steps):
        with torch.no_grad():
            away = (network(images).argmax(dim=1) != targets).nonzero().flatten()
        if len(away) == 0:
            break
        some = images[away].requires_grad_()
        picked = network(some)[torch.arange(len(away), device=x.device), targets[away]]
        grad = torch.autograd.grad(picked.sum(), some)[0]
        lengths = torch.linalg.vector_norm(grad, dim=(1, 2, 3), keepdim=True)
        images[away] = some.detach() + rate * torch.nan_to_num(grad / lengths)
        steps[away] += 1
    return images, steps


@right("fooling_image")
def with_the_step_of_section_one(network, x, targets, rate, max_steps):
    images, steps = x.detach().clone(), torch.zeros_like(targets)
    for _ in range(max_steps):
        named = network(images).argmax(dim=1)
        moved = class_visualization_step(network, images, targets, rate)
        images = torch.where((named == targets)[:, None, None, None], images, moved)
        steps += named != targets
    return images, steps


# fgsm


@mistake("fgsm", edit={"rate = -rate if is_targeted else rate": "rate = rate if is_targeted else -rate"}, hint="The sign is the wrong way round: away from the true class the loss rises, towards a wanted one it falls.")
def signs_exchanged(): ...


@mistake("fgsm", edit={"rate = -rate if is_targeted else rate": "rate = rate"}, hint="is_targeted changes nothing. The loss of a class that is wanted should fall.")
def always_untargeted(): ...


@mistake("fgsm", edit={"gradient.sign()": "gradient"}, hint="The gradient itself is added. Only its sign counts here.")
def no_sign(): ...


@mistake("fgsm", edit={"gradient.sign()": "torch.where(gradient > 0, 1.0, -1.0).to(x)"}, hint="A value on which the loss doesn't depend moves as well. The sign of 0 is 0.")
def zero_counts_as_minus(): ...


@mistake("fgsm", edit={"gradient.sign()": "(gradient / (gradient.abs() + 1e-8))"}, hint="The sign is made by a division with an epsilon, and small gradients get less than a whole sign.")
def a_soft_sign(): ...


@mistake("fgsm", edit={"    low, high = (start - budget).clamp(min=0), (start + budget).clamp(max=1)\n": "    low, high = start - budget, start + budget\n"}, hint="Values leave the range from 0 to 1. No picture has such.")
def leaves_the_range(): ...


@mistake("fgsm", edit={"(leaf.detach() + rate * gradient.sign()).clamp(low, high)": "(leaf.detach() + rate * gradient.sign()).clamp(0, 1)"}, hint="Several steps go beyond the budget. It holds for the way from the first image to the last.")
def no_budget(): ...


@mistake("fgsm", edit={"    low, high = (start - budget).clamp(min=0), (start + budget).clamp(max=1)\n": "", "    for _ in range(num_steps):\n": "    for _ in range(num_steps):\n        low, high = (image - budget).clamp(min=0), (image + budget).clamp(max=1)\n"}, hint="The budget is measured from the image before each step. It counts from the first one.")
def budget_from_the_last_image(): ...


@mistake("fgsm", edit={"rate = budget if rate is None else rate": "rate = budget / max(num_steps, 1) if rate is None else rate"}, hint="Where no rate is given you share the budget out among the steps. Each is as large as the budget then.")
def shares_the_budget_out(): ...


@mistake("fgsm", edit={"        leaf = image.requires_grad_()\n": "        leaf = start.clone().requires_grad_()\n", "(leaf.detach() + rate": "(image.detach() + rate"}, hint="Each step asks for the gradient at the first image. It is to be asked for where the image is now.")
def gradient_at_the_start(): ...


@mistake("fgsm", edit={"F.cross_entropy(network(leaf), y, reduction=\"sum\")": "-network(leaf).gather(1, y[:, None]).sum()"}, hint="You go down the score. It is the cross-entropy, in which the other classes have a say as well.")
def the_score(): ...


@mistake("fgsm", edit={"F.cross_entropy(network(leaf), y, reduction=\"sum\")": "F.cross_entropy(network(leaf), y[:1].expand(len(y)), reduction=\"sum\")"}, hint="All images have the first one's class.")
def one_class_for_all(): ...


@mistake("fgsm", edit={"(leaf.detach() + rate": "(leaf + rate", "    return image.detach()\n": "    return image\n"}, hint="What comes back still carries a graph.")
def a_leaf_comes_back(): ...


@mistake("fgsm", hint=GRADS_PILE_UP)
def attacks_with_backward(network, x, y, budget, is_targeted=False, num_steps=1, rate=None):
    leaf = x.detach().clone().requires_grad_()
    F.cross_entropy(network(leaf), y).backward()
    return solved_fgsm(network, x, y, budget, is_targeted, num_steps, rate)


@right("fgsm")
def with_the_change_kept_apart(network, x, y, budget, is_targeted=False, num_steps=1, rate=None):
    if rate is None:
        rate = budget
    first, change = x.detach(), torch.zeros_like(x)
    for _ in range(num_steps):
        seen = (first + change).requires_grad_(True)
        loss = -F.log_softmax(network(seen), dim=1)[torch.arange(len(y), device=x.device), y].sum()
        if is_targeted:
            loss = -loss
        grad = torch.autograd.grad(loss, seen)[0]
        change = torch.clamp(change + rate * torch.sign(grad), -budget, budget)
        change = (first + change).clamp(0, 1) - first
    return first + change


@right("fgsm")
def with_minimum_and_maximum(network, x, y, budget, is_targeted=False, num_steps=1, rate=None):
    step = budget if rate is None else rate
    first = x.detach().clone()
    new = first.clone()
    for _ in range(num_steps):
        probe = new.clone()
        probe.requires_grad_()
        losses = F.cross_entropy(network(probe), y, reduction="none")
        direction = torch.autograd.grad(losses, probe, torch.ones_like(losses))[0].sign()
        new = new - step * direction if is_targeted else new + step * direction
        new = torch.minimum(torch.maximum(new, first - budget), first + budget)
        new = torch.minimum(torch.maximum(new, torch.zeros_like(new)), torch.ones_like(new))
    return new


@right("fgsm")
def with_the_sign_from_comparisons(network, x, y, budget, is_targeted=False, num_steps=1, rate=None):
    size = (budget if rate is None else rate) * (1 - 2 * int(is_targeted))
    start = x.detach()
    image = start.clone()
    for _ in range(num_steps):
        leaf = image.detach().requires_grad_()
        loss = F.cross_entropy(network(leaf), y)
        slope = torch.autograd.grad(loss, leaf)[0]
        up, down = (slope > 0).to(x.dtype), (slope < 0).to(x.dtype)
        image = (leaf.detach() + size * (up - down)).clip(start - budget, start + budget).clip(0, 1)
    return image


# feature_inversion_loss


@mistake("feature_inversion_loss", edit={"wanted = wanted.detach()": "wanted = wanted"}, hint="A gradient goes into what is wanted. It is a fixed number, also where somebody left a graph on it.")
def wanted_has_a_gradient(): ...


@mistake("feature_inversion_loss", edit={"apart = (features(x) - wanted).square().flatten(1).sum(dim=1)": "apart = (features(x) - wanted).square().flatten(1).mean(dim=1)"}, hint="The distance is a mean and what it is divided by is a sum. Take the same of both.")
def mean_over_sum(): ...


@mistake("feature_inversion_loss", edit={"    apart = apart / wanted.square().flatten(1).sum(dim=1)\n": ""}, hint="The distance isn't divided by the size of what is wanted.")
def no_share(): ...


@mistake("feature_inversion_loss", edit={"apart / wanted.square().flatten(1).sum(dim=1)": "apart / wanted.flatten(1).norm(dim=1)"}, hint="The squared distance is divided by a length. By the square of it: then it is a share.")
def divided_by_the_length(): ...


@mistake("feature_inversion_loss", edit={"apart / wanted.square().flatten(1).sum(dim=1)": "apart / wanted.square().sum()"}, hint="You divide by the size of all wanted features in the batch. Each image has its own.")
def share_of_the_batch(): ...


@mistake("feature_inversion_loss", edit={"(features(x) - wanted).square()": "(features(x) - wanted).abs()", "wanted.square().flatten": "wanted.abs().flatten"}, hint="Absolute differences are added up. Their squares are asked for.")
def absolute_distance(): ...


@mistake("feature_inversion_loss", edit={"x.diff(dim=dim).square()": "x.diff(dim=dim).abs()"}, hint="The total variation adds absolute values. Here it adds squares.")
def absolute_variation(): ...


@mistake("feature_inversion_loss", edit={"x.diff(dim=dim).square().flatten(1).sum(dim=1)": "x.diff(dim=dim).square().flatten(1).mean(dim=1)"}, hint="The total variation is a mean. It is a sum over all channels and neighbours of the image; there may be none.")
def mean_variation(): ...


@mistake("feature_inversion_loss", edit={"x.diff(dim=dim).square().flatten(1).sum(dim=1) for dim in (2, 3)": "(x - x.roll(1, dims=dim)).square().flatten(1).sum(dim=1) for dim in (2, 3)"}, hint="The last row is taken for a neighbour of the first. There is nothing beyond the border.")
def round_the_border(): ...


@mistake("feature_inversion_loss", edit={"for dim in (2, 3)": "for dim in (1, 2)"}, hint="Channels are compared with each other. Neighbours are above one another (dimension 2) and side by side (dimension 3).")
def across_channels(): ...


@mistake("feature_inversion_loss", edit={"    return apart + weight * (down + right)": "    return (apart + weight * (down + right)).sum()"}, hint="One number comes back for the whole batch. Each image has a loss.")
def one_number(): ...


@mistake("feature_inversion_loss", edit={"x.diff(dim=dim)": "x.detach().diff(dim=dim)"}, hint="No gradient goes through the total variation.")
def no_gradient_of_the_variation(): ...


@right("feature_inversion_loss")
def with_slices(features, x, wanted, weight=0.0):
    goal = wanted.clone().detach().reshape(len(x), -1)
    found = features(x).reshape(len(x), -1)
    share = ((found - goal) ** 2).sum(-1) / (goal**2).sum(-1)
    rows = ((x[:, :, 1:, :] - x[:, :, :-1, :]) ** 2).sum((1, 2, 3))
    columns = ((x[:, :, :, 1:] - x[:, :, :, :-1]) ** 2).sum((1, 2, 3))
    return share + weight * rows + weight * columns


@right("feature_inversion_loss")
def loss_by_loss(features, x, wanted, weight=0.0):
    found, losses = features(x), []
    for image, one, goal in zip(x, found, wanted.data):
        share = F.mse_loss(one, goal, reduction="sum") / goal.pow(2).sum()
        rough = torch.diff(image, dim=-2).pow(2).sum() + torch.diff(image, dim=-1).pow(2).sum()
        losses.append(share + weight * rough)
    return torch.stack(losses)


@right("feature_inversion_loss")
def with_vector_norms(features, x, wanted, weight=0.0):
    with torch.no_grad():
        goal = wanted * 1
        scale = goal.flatten(1).square().sum(1)
    away = (features(x) - goal).flatten(1)
    total = torch.einsum("nd,nd->n", away, away) / scale
    for dim in (-1, -2):
        steps = x.narrow(dim, 1, x.shape[dim] - 1) - x.narrow(dim, 0, x.shape[dim] - 1)
        total = total + weight * (steps * steps).flatten(1).sum(1)
    return total


# deep_dream_step


@mistake("deep_dream_step", edit={"features(leaf).square().sum()": "features(leaf).sum()"}, hint="The sum of the activations rises, weak ones as fast as strong ones. The norm is asked for: in its gradient strong ones count more.")
def the_sum_of_activations(): ...


@mistake("deep_dream_step", edit={"features(leaf).square().sum()": "features(leaf).square().flatten(1).sum(dim=1).sqrt().sum()", "torch.where(means > 0, rate * gradient / means, 0.0)": "torch.where(means == 0, 0.0, rate * gradient / means)"}, hint="Where all activations are 0, the derivative of a root is infinite, and infinity times zero is NaN. There is another objective that points the same way.")
def norm_with_a_root(): ...


@mistake("deep_dream_step", edit={"return grown + step": "return base.detach() + grown + step"}, hint="The whole picture comes back. What is asked for is the detail: the picture without the base.")
def the_whole_picture(): ...


@mistake("deep_dream_step", edit={"return grown + step": "return step"}, hint="Only the last step comes back. What was dreamt before belongs to the detail.")
def only_the_step(): ...


@mistake("deep_dream_step", edit={"(base.detach() + grown)": "(0 * grown + base.detach())"}, hint="The network sees the base alone. It should see the picture: the base and what was dreamt before.")
def sees_the_base_only(): ...


@mistake("deep_dream_step", edit={"mode=\"bilinear\", align_corners=False": "mode=\"nearest\""}, hint="The detail is enlarged by repeating pixels. It is to be bilinear.")
def nearest(): ...


@mistake("deep_dream_step", edit={"align_corners=False": "align_corners=True"}, hint="The corners are aligned when the detail is enlarged. It is asked for with align_corners=False.")
def corners_aligned(): ...


@mistake("deep_dream_step", edit={"gradient.abs().mean(dim=(1, 2, 3), keepdim=True)": "gradient.abs().mean()"}, hint="The mean is taken over the whole batch. Each image has its own.")
def mean_over_the_batch(): ...


@mistake("deep_dream_step", edit={"gradient.abs().mean(dim=(1, 2, 3), keepdim=True)": "gradient.flatten(1).norm(dim=1)[:, None, None, None]"}, hint="You divide by the norm, as in section 1. Here it is the mean of the absolute values.")
def divided_by_the_norm(): ...


@mistake("deep_dream_step", edit={"torch.where(means > 0, rate * gradient / means, 0.0)": "rate * gradient / (means + 1e-8)"}, hint=EPSILON)
def dreams_with_an_epsilon(): ...


@mistake("deep_dream_step", edit={"torch.where(means > 0, rate * gradient / means, 0.0)": "rate * gradient / means"}, hint=NOT_A_NUMBER)
def dreams_by_zero(): ...


@mistake("deep_dream_step", edit={"return grown + step": "return grown - step"}, hint="The step goes down: the layer would see less and less.")
def wakes_up(): ...


@mistake("deep_dream_step", edit={"step.roll([-pixels for pixels in jitter], dims=(2, 3))": "step"}, hint="The step is not rolled back: it is added beside the place that it was meant for.")
def dream_not_rolled_back(): ...


@mistake("deep_dream_step", edit={"(base.detach() + grown).roll(jitter, dims=(2, 3)).requires_grad_()": "(base.detach() + grown).requires_grad_()", "step.roll([-pixels for pixels in jitter], dims=(2, 3))": "step"}, hint="jitter changes nothing: the network sees the picture where it is.")
def no_jitter(): ...


@mistake("deep_dream_step", hint=GRADS_PILE_UP)
def dreams_with_backward(features, base, detail, rate, jitter=(0, 0)):
    grown = F.interpolate(detail.detach(), base.shape[2:], mode="bilinear", align_corners=False)
    leaf = (base.detach() + grown).clone().requires_grad_()
    features(leaf).square().sum().backward()
    return solved_dream(features, base, detail, rate, jitter)


@right("deep_dream_step")
def with_the_picture_and_the_base(features, base, detail, rate, jitter=(0, 0)):
    down, right_ = jitter
    picture = base.detach() + F.interpolate(detail.detach(), size=tuple(base.shape[2:]), mode="bilinear")
    seen = torch.roll(picture, (down, right_), (2, 3)).clone().requires_grad_()
    act = features(seen)
    grad = torch.autograd.grad(act, seen, act.detach())[0]
    mean = grad.abs().flatten(1).mean(1).view(-1, 1, 1, 1)
    seen = seen.detach() + rate * torch.nan_to_num(grad / mean)
    return torch.roll(seen, (-down, -right_), (2, 3)) - base.detach()


@right("deep_dream_step")
def dream_by_dream(features, base, detail, rate, jitter=(0, 0)):
    done = []
    for one, extra in zip(base.detach(), detail.detach()):
        extra = F.interpolate(extra[None], size=one.shape[1:], mode="bilinear", align_corners=False)
        leaf = torch.roll(one[None] + extra, jitter, (-2, -1)).requires_grad_()
        length = torch.linalg.vector_norm(features(leaf))
        if length > 0:
            grad = torch.autograd.grad(length, leaf)[0]
            if grad.abs().max() > 0:
                grad = torch.roll(grad, (-jitter[0], -jitter[1]), (-2, -1))
                extra = extra + rate * grad / grad.abs().mean()
        done.append(extra)
    return torch.cat(done)


@right("deep_dream_step")
def with_the_gradient_of_the_detail(features, base, detail, rate, jitter=(0, 0)):
    height, width = base.shape[2:]
    extra = F.interpolate(detail, (height, width), mode="bilinear").detach().clone().requires_grad_()
    norms = features((base.detach() + extra).roll(jitter, (2, 3))).flatten(1).pow(2).sum(1)
    (grad,) = torch.autograd.grad(norms.sum(), extra)
    sizes = grad.abs().sum((1, 2, 3), keepdim=True) / grad[0].numel()
    return extra.detach() + rate * grad / torch.where(sizes == 0, torch.ones_like(sizes), sizes)


# faceted_start


@mistake("faceted_start", edit={"            if (clusters == k).any():\n                centres[k] =": "            if True:\n                centres[k] ="}, hint="A centre without vectors becomes the mean of nothing, NaN. It stays where it was.")
def mean_of_nothing(): ...


@mistake("faceted_start", edit={"            if (clusters == k).any():\n                centres[k] = vectors[clusters == k].mean(dim=0)": "            centres[k] = vectors[clusters == k].sum(dim=0) / max(1, int((clusters == k).sum()))"}, hint="A centre without vectors is set to zero. It stays where it was.")
def empty_centre_to_zero(): ...


@mistake("faceted_start", edit={"    distances = torch.cdist(vectors, centres)\n    clusters = distances.argmin(dim=1)\n": "    distances = torch.cdist(vectors, centres)\n    clusters = distances.argmin(dim=1) if num_rounds == 0 else clusters\n"}, hint="The clusters are those from before the last move of the centres. They are to be looked at once more.")
def clusters_before_the_last_move(): ...


@mistake("faceted_start", edit={"range(num_rounds)": "range(min(1, num_rounds))"}, hint="There is one round only, however many are asked for.")
def one_round(): ...


@mistake("faceted_start", edit={"range(num_rounds)": "range(100 if num_rounds else 0)"}, hint="It goes on until nothing changes. Only so many rounds as are asked for.")
def until_nothing_changes(): ...


@mistake("faceted_start", edit={"distances[members, k].argsort(stable=True)[:num_nearest]": "torch.arange(len(members))[:num_nearest]"}, hint="The first members of a cluster are taken. Those nearest to its centre are asked for.")
def the_first_members(): ...


@mistake("faceted_start", edit={"distances[members, k].argsort(stable=True)[:num_nearest]": "distances[members, k].argsort(stable=True)"}, hint="All members of a cluster go into its start. num_nearest of them do.")
def all_members(): ...


@mistake("faceted_start", edit={"images[members[nearest]]": "images[nearest]"}, hint="Places in the list of members are taken for places among all images.")
def places_among_the_members(): ...


@mistake("faceted_start", edit={"images[members[nearest]].mean(dim=0)": "images[distances[:, k].argsort(stable=True)[:num_nearest]].mean(dim=0)"}, hint="Images of other clusters go into a start where a cluster has too few members. Only members count.")
def members_of_others(): ...


@mistake("faceted_start", edit={"images[members[nearest]].mean(dim=0)": "images[members[nearest]].sum(dim=0) / num_nearest"}, hint="The sum is divided by num_nearest, also where a cluster has fewer members.")
def divided_by_what_was_asked(): ...


@mistake("faceted_start", edit={"(n - 1) / 2": "n / 2"}, hint="The middle of the mask lies half a pixel off: of n pixels, numbered from 0, which number has the middle?")
def half_a_pixel_off(): ...


@mistake("faceted_start", edit={"(n - 1) / 2) / n for n": "(n - 1) / 2) / max(images.shape[2:]) for n"}, hint="Rows and columns are measured by the longer side. Each is measured by its own.")
def by_the_longer_side(): ...


@mistake("faceted_start", edit={"(2 * width**2)": "width**2"}, hint="The mask falls too fast: there is a 2 below the fraction line.")
def no_two(): ...


@mistake("faceted_start", edit={"torch.stack(means) * mask": "torch.stack(means) * (mask / mask.max())"}, hint="The mask is stretched so that it reaches 1. With an even number of pixels no pixel lies in the middle, and it doesn't.")
def stretched_mask(): ...


@mistake("faceted_start", edit={"        clusters = torch.cdist(vectors, centres).argmin(dim=1)\n": "        clusters = len(centres) - 1 - torch.cdist(vectors, centres).flip(1).argmin(dim=1)\n", "    clusters = distances.argmin(dim=1)\n": "    clusters = len(centres) - 1 - distances.flip(1).argmin(dim=1)\n"}, hint="In a tie the last of the nearest centres is taken. The first one counts.")
def the_last_in_a_tie(): ...


@right("faceted_start")
def with_one_hot_rows(images, vectors, centres, num_rounds, num_nearest, width):
    num, (num_clusters, _) = len(vectors), centres.shape

    def nearest(centres):
        squares = (vectors[:, None] - centres[None]).square().sum(dim=2)
        return squares, squares.argmin(dim=1)

    for _ in range(num_rounds):
        member = F.one_hot(nearest(centres)[1], num_clusters).to(vectors.dtype)
        counts = member.sum(dim=0)[:, None]
        centres = torch.where(counts > 0, member.T @ vectors / counts.clamp(min=1), centres)
    squares, clusters = nearest(centres)
    height, wide = images.shape[2:]
    starts = []
    for k in range(num_clusters):
        found = sorted((squares[n, k].item(), n) for n in range(num) if clusters[n] == k)
        rows = [n for _, n in found[:num_nearest]] or list(range(num))
        starts.append(sum(images[n] for n in rows) / len(rows))
    i = torch.arange(height, dtype=images.dtype, device=images.device)
    j = torch.arange(wide, dtype=images.dtype, device=images.device)
    u, v = (i - (height - 1) / 2) / height, (j - (wide - 1) / 2) / wide
    fade = torch.outer(torch.exp(-(u**2) / (2 * width**2)), torch.exp(-(v**2) / (2 * width**2)))
    return fade * torch.stack(starts), clusters


@right("faceted_start")
def with_loops_over_everything(images, vectors, centres, num_rounds, num_nearest, width):
    places = [centre.clone() for centre in centres]

    def give_out():
        given = [[] for _ in places]
        for n, vector in enumerate(vectors):
            away = [float(((vector - place) ** 2).sum()) for place in places]
            given[away.index(min(away))].append((min(away), n))
        return given

    for _ in range(num_rounds):
        for k, members in enumerate(give_out()):
            if members:
                places[k] = torch.stack([vectors[n] for _, n in members]).mean(0)
    starts = torch.zeros(len(places), *images.shape[1:], dtype=images.dtype, device=images.device)
    clusters = torch.zeros(len(images), dtype=torch.int64, device=images.device)
    for k, members in enumerate(give_out()):
        for _, n in members:
            clusters[n] = k
        chosen = [n for _, n in sorted(members)][:num_nearest]
        starts[k] = images[chosen].mean(0) if chosen else images.mean(0)
    height, wide = images.shape[2:]
    rows = (torch.arange(height, dtype=images.dtype, device=images.device) + 0.5) / height - 0.5
    columns = (torch.arange(wide, dtype=images.dtype, device=images.device) + 0.5) / wide - 0.5
    away = rows.square()[:, None] + columns.square()[None, :]
    return starts * (-away / (2 * width * width)).exp(), clusters


@right("faceted_start")
def with_masked_distances(images, vectors, centres, num_rounds, num_nearest, width):
    for left in range(num_rounds, -1, -1):
        away = torch.linalg.vector_norm(vectors.unsqueeze(1) - centres.unsqueeze(0), dim=-1)
        clusters = away.min(dim=1).indices
        if left == 0:
            break
        centres = torch.stack([vectors[clusters == k].mean(0) if (clusters == k).any() else centres[k] for k in range(len(centres))])
    inside = clusters[None] == torch.arange(len(centres), device=images.device)[:, None]
    order = away.T.masked_fill(~inside, math.inf).sort(dim=1, stable=True).indices
    starts = []
    for row, mine in zip(order, inside):
        count = min(int(mine.sum()), num_nearest)
        starts.append((images[row[:count]] if count else images).mean(dim=0))
    height, wide = images.shape[-2:]
    u = torch.linspace(-(height - 1) / 2, (height - 1) / 2, height, dtype=images.dtype, device=images.device) / height
    v = torch.linspace(-(wide - 1) / 2, (wide - 1) / 2, wide, dtype=images.dtype, device=images.device) / wide
    return torch.stack(starts) * torch.exp(-(u.view(-1, 1).square() + v.view(1, -1).square()) / (2 * width**2)), clusters
