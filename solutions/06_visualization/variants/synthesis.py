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


@mistake('class_visualization_step', edit={'    for share, values in sizes:\n': '    small = None\n    for share, values in sizes:\n', '            x = torch.where(size < limit, 0.0, x)\n    return x\n': '            small = size < limit if small is None else small & (size < limit)\n    return x if small is None else torch.where(small, 0.0, x)\n'}, hint='Pixels go only where the pixel and its gradient are small. Each of the two priors works by itself: one is enough.')
def both_must_be_small(): ...


@mistake('class_visualization_step', edit={'x = x * (1 - decay)': 'x = (x * (1 - decay)).clamp(0, 1)'}, hint='Values are cut off at 0 and 1. The images of this section have mean grey 0, and nothing in the docstring limits them.')
def cuts_off(): ...


@mistake('class_visualization_step', edit={'gradient / norms': 'gradient / norms.clamp(min=1e-6)'}, hint='Small norms are raised before you divide by them, and a tiny gradient makes a tiny step. Zero is the only case to be told apart.')
def raises_small_norms(): ...


@mistake('class_visualization_step', edit={'(small_gradients, step.roll': '(small_gradients, (gradient + 2 * l2 * moved.detach()).roll'}, hint='small_gradients looks at the gradient of the score alone. The gradient that the step follows has the penalty in it.')
def gradients_of_the_score_alone(): ...


@mistake('class_visualization_step', edit={'(moved.detach() + rate * step).roll(back, dims=(2, 3))': '(moved.detach() + rate * step).roll((back[0], jitter[1]), dims=(2, 3))'}, hint='On the way back the columns are rolled in the same direction as before. Both directions go back.')
def columns_rolled_on(): ...


@mistake('class_visualization_step', edit={'network(moved).gather': 'network(moved).log_softmax(dim=1).gather'}, hint='This climbs the logarithm of the probability, in which the other classes have a say. The score itself is asked for.')
def climbs_the_log_probability(): ...


@mistake('class_visualization_step', edit={'size.flatten(1).quantile(share, dim=1)[:, None, None, None]': 'size.flatten(1).quantile(share, dim=1, interpolation="lower")[:, None, None, None]'}, hint='The quantile is taken without interpolation: it is one of the sizes. It lies between two of them, as torch.quantile has it by default.')
def lower_quantile(): ...


@mistake('class_visualization_step', edit={'size.flatten(1).quantile(share, dim=1)[:, None, None, None]': 'size.flatten(1).quantile(share, dim=1, interpolation="lower" if values is x else "linear")[:, None, None, None]'}, hint='The quantile is taken without interpolation: it is one of the sizes. It lies between two of them, as torch.quantile has it by default.')
def lower_quantile_of_pixels(): ...


@mistake('class_visualization_step', edit={'l2 * moved.square().sum()': 'l2 * moved.square().sum() / len(x)'}, hint='The penalty is divided by the number of images: what an image gets depends on how many others there are.')
def penalty_shared_out(): ...


@mistake('class_visualization_step', edit={'    scores = network(moved)': '    for parameter in network.parameters():\n        parameter.requires_grad_(False)\n    scores = network(moved)'}, hint="You go through the network's parameters. The network stays as it is, requires_grad too; and all that is promised of it is that it can be called.")
def freezes_the_network(): ...


@mistake('class_visualization_step', edit={'gradient.flatten(1).norm(dim=1)[:, None, None, None]': 'gradient.norm(dim=(2, 3), keepdim=True)', '(small_gradients, step.roll': '(small_gradients, gradient.roll'}, hint='Each channel is brought to a length by itself. The norm goes over all channels and pixels of the image.')
def norm_of_each_channel_for_the_step(): ...


@mistake('class_visualization_step', edit={'    if blur > 0:\n': '    before = x\n    if blur > 0:\n', '(small_pixels, x)': '(small_pixels, before)'}, hint='Small pixels are found before the blur. They are measured after it, in the image as it is then.')
def small_before_the_blur(): ...


@mistake('class_visualization_step', edit={'size.flatten(1).quantile(share, dim=1)[:, None, None, None]': '(size.quantile(share) if values is x else size.flatten(1).quantile(share, dim=1)[:, None, None, None])'}, hint='The quantile is that of all images together. Each image has its own.')
def quantile_over_the_batch_of_pixels(): ...


@mistake('class_visualization_step', edit={'size.flatten(1).quantile(share, dim=1)[:, None, None, None]': '(size.flatten(1).quantile(share, dim=1)[:, None, None, None] if values is x else size.quantile(share))'}, hint='The quantile is that of all images together. Each image has its own.')
def quantile_over_the_batch_of_gradients(): ...


@mistake('class_visualization_step', edit={'size.flatten(1).quantile(share, dim=1)[:, None, None, None]': '(share * size.amax(dim=(2, 3), keepdim=True) if values is x else size.flatten(1).quantile(share, dim=1)[:, None, None, None])'}, hint='The limit is a share of the largest size. A quantile is asked for: such a share of the pixels lies below it.')
def share_of_the_largest(): ...


@mistake('class_visualization_step', edit={'size < limit': '(size < limit if values is x else size <= limit)'}, hint='Where a gradient is exactly as large as the quantile, its pixel goes as well. Think of an image whose gradients are all 0.')
def gradients_at_the_quantile_go(): ...


@mistake('class_visualization_step', edit={'values.norm(dim=1, keepdim=True)': '(values.abs().sum(dim=1, keepdim=True) if values is x else values.norm(dim=1, keepdim=True))'}, hint='The size of a pixel is the sum of absolute values. It is the Euclidean norm over the channels.')
def pixels_by_absolute_values(): ...


@mistake('class_visualization_step', edit={'(moved.detach() + rate * step)': '(moved.detach() + rate * (blurred(step, blur) if blur > 0 else step))', '    if blur > 0:\n        x = blurred(x, blur)\n': ''}, hint='The step alone is blurred. The whole image is, after it has moved.')
def blurs_the_step(): ...


@mistake('class_visualization_step', edit={'(moved.detach() + rate * step).roll(back, dims=(2, 3))': 'moved.detach() + rate * step', '        x = blurred(x, blur)\n': '        x = blurred(x, blur)\n    x = x.roll(back, dims=(2, 3))\n'}, hint='The blur comes before the image is rolled back. There the border is another, and the blur does not go round it.')
def blurs_before_rolling_back(): ...


@mistake('class_visualization_step', edit={'(moved.detach() + rate * step)': '(moved.detach() * (1 - decay) + rate * step)', '    x = x * (1 - decay)\n': ''}, hint="The decay comes before the step, which then stays whole. In the docstring's order it takes its share of the step as well.")
def decays_before_the_step(): ...


@mistake('class_visualization_step', edit={'l2 * moved.square().sum()': 'l2 * moved.flatten(1).norm(dim=1).sum()'}, hint='The penalty is the norm of the image. It is the sum of squares, without a root.')
def penalty_of_the_norm(): ...


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


@mistake("fooling_image", edit={"    return images.detach(), steps": "    return images, steps"}, hint="Where no step is left to take, what comes back still wants a gradient.")
def comes_back_as_a_leaf(): ...


@mistake('fooling_image', edit={'scores.gather(1, targets[:, None]).sum()': '-scores.amax(dim=1).sum()'}, hint="The score of the class that is highest now goes down. What is asked for is to climb the target's score.")
def away_from_the_present_class(): ...


@mistake('fooling_image', edit={'images = leaf.detach() + torch.where(moves, rate * gradient / norms, 0.0)': 'there = leaf.detach() + torch.where(moves, rate * gradient / norms, 0.0)\n        images = torch.where(is_away[:, None, None, None], there.clamp(0, 1), leaf.detach())'}, hint='Values are cut off at 0 and 1. Nothing in the docstring limits them here.')
def fools_cut_off(): ...


@mistake('fooling_image', edit={'rate * gradient / norms': '-rate * gradient / norms'}, hint="The step goes down the target's score. It should rise.")
def fools_downwards(): ...


@mistake('fooling_image', edit={'scores.gather(1, targets[:, None]).sum()': '(scores.gather(1, targets[:, None])[:, 0] - scores.amax(dim=1)).sum()'}, hint="This climbs the target's lead over the best class. The target's own score is asked for, without the others.")
def climbs_the_lead(): ...


@mistake('fooling_image', edit={'gradient.flatten(1).norm(dim=1)[:, None, None, None]': 'gradient.norm().expand(len(x), 1, 1, 1)'}, hint='One norm is taken over the whole batch. Each image has a norm of its own, and takes whole steps.')
def fools_with_a_norm_of_the_batch(): ...


@mistake('fooling_image', edit={'gradient.flatten(1).norm(dim=1)[:, None, None, None]': 'gradient.norm(dim=1, keepdim=True)'}, hint="Each pixel's gradient is brought to a length. The norm goes over all channels and pixels of the image.")
def fools_with_a_norm_of_each_pixel(): ...


@mistake('fooling_image', edit={'range(max_steps)': 'range(max_steps - 1)'}, hint='There is one step less than max_steps.')
def one_step_less(): ...


@mistake('fooling_image', edit={'is_away = scores.argmax(dim=1) != targets': 'is_away = is_away if _ else scores.argmax(dim=1) != targets'}, hint='Which images are away is asked before the first step and never again. Others arrive on the way.')
def asks_once(): ...


@mistake('fooling_image', edit={'scores.gather(1, targets[:, None]).sum()': 'scores[:, targets[0]].sum()'}, hint="All images are after the first one's target. Each has its own.")
def climbs_the_first_target(): ...


@mistake('fooling_image', edit={'return images.detach(), steps': 'return images.detach().requires_grad_(), steps'}, hint='What comes back wants a gradient. It is to be new and carry no graph.')
def fooled_images_want_a_gradient(): ...


@mistake('fooling_image', edit={'is_away = scores.argmax(dim=1) != targets': 'is_away = (scores.argmax(dim=1) != targets) | (steps.sum() == 0)'}, hint='The first step is taken before it is asked which images are there already.')
def a_step_before_looking(): ...


@mistake('fooling_image', edit={'is_away = scores.argmax(dim=1) != targets': 'is_away = scores.softmax(dim=1).gather(1, targets[:, None])[:, 0] < 0.5'}, hint='Images go on until the probability is large enough. They are there as soon as no score is higher.')
def until_it_is_sure(): ...


@mistake('fooling_image', edit={'        moves =': '        if (norms == 0).any():\n            break\n        moves ='}, hint='All images stop as soon as one has no gradient. Only that one stays, and its steps count.')
def all_stop_with_one_that_is_stuck(): ...


@mistake('fooling_image', edit={'is_away = scores.argmax(dim=1) != targets': 'is_away = scores.shape[1] - 1 - scores.flip(1).argmax(dim=1) != targets'}, hint='Of equal scores the last class counts. It is the first.')
def the_last_of_equal_scores(): ...


@mistake('fooling_image', edit={'is_away = scores.argmax(dim=1) != targets': 'is_away = scores.gather(1, targets[:, None])[:, 0] <= scores.scatter(1, targets[:, None], -torch.inf).amax(dim=1)'}, hint='In a tie the target never counts as the highest, even as the first of those that are equal.')
def only_above_all_others(): ...


@mistake('fooling_image', edit={'images, steps = x.detach().clone()': 'images, steps = x.detach()', '        leaf = images.requires_grad_()': '        leaf = images.clone().requires_grad_()'}, hint='Where no step is taken, what comes back is x itself. Whoever changes the one then changes the other.')
def gives_the_images_back(): ...


@mistake('fooling_image', edit={'torch.zeros_like(targets)': 'torch.zeros(len(targets), dtype=torch.int64)'}, hint='The counts are made on the CPU, wherever the images are.')
def counts_on_the_cpu(): ...


@mistake('fooling_image', edit={'(gradient,) = torch.autograd.grad(climbed, leaf)': 'climbed.backward()\n        gradient = leaf.grad'}, hint=GRADS_PILE_UP)
def fools_with_backward(): ...


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


@mistake('fgsm', edit={'range(num_steps)': 'range(max(num_steps, 1))'}, hint='With num_steps 0 there is a step all the same.')
def at_least_one_step(): ...


@mistake('fgsm', edit={'range(num_steps)': 'range(num_steps + 1)'}, hint='There is one step more than num_steps.')
def a_step_too_many(): ...


@mistake('fgsm', edit={'(leaf.detach() + rate * gradient.sign()).clamp(low, high)': 'leaf.detach() + rate * gradient.sign()\n        change = image - start\n        length = change.flatten(1).norm(dim=1)[:, None, None, None]\n        image = (start + change * (budget / length.clamp(min=1e-12)).clamp(max=1)).clamp(0, 1)'}, hint='The budget is taken for the Euclidean length of the change. Here it holds for each value by itself.')
def budget_of_the_length(): ...


@mistake('fgsm', edit={'(leaf.detach() + rate * gradient.sign()).clamp(low, high)': 'leaf.detach() + rate * gradient.sign()', 'return image.detach()': 'return image.detach().clamp(low, high)'}, hint='The limits come after the last step only. Each step is brought back, and the next gradient is asked for there.')
def limits_at_the_end(): ...


@mistake('fgsm', edit={'network(leaf)': 'network(leaf).softmax(dim=1)'}, hint='cross_entropy takes scores: it makes the softmax itself. Here it gets one already.')
def softmax_twice(): ...


@mistake('fgsm', edit={'    return image.detach()': '    for parameter in network.parameters():\n        parameter.grad = None\n    return image.detach()'}, hint="You go through the network's parameters and change their grad. The network stays as it is; and all that is promised of it is that it can be called.")
def empties_the_grads(): ...


@mistake('fgsm', edit={'gradient.sign()': 'gradient / gradient.flatten(1).norm(dim=1)[:, None, None, None]'}, hint='The gradient is brought to a length of 1 and then added. Only its sign counts here.')
def along_the_normalised_gradient(): ...


@mistake('fgsm', edit={'rate * gradient.sign()': '(-2 if is_targeted else 2) * budget * gradient.sign()'}, hint='Every step goes to an end of the budget, whatever rate says.')
def always_to_the_ends(): ...


@mistake('fgsm', edit={'F.cross_entropy(network(leaf), y, reduction="sum")': 'network(leaf)\n        total = F.cross_entropy(total, y if is_targeted else total.argmax(dim=1), reduction="sum")'}, hint='The loss is that of the class which the network names. y says which class is meant.')
def the_class_it_names(): ...


@mistake('fgsm', edit={'gradient.sign()': 'gradient.sign() * ((network(leaf).argmax(dim=1) == y) != is_targeted)[:, None, None, None]'}, hint='An image stops as soon as the network errs. All of num_steps are asked for, whatever the network says.')
def stops_when_it_errs(): ...


@mistake('fgsm', edit={'    start = x.detach()\n': '    start = x\n', 'image = start.clone()': 'image = start.detach().clone()', 'return image.detach()': 'return image', '(leaf.detach() + rate * gradient.sign()).clamp(low, high)': '(leaf.detach() + rate * gradient.sign()).clamp(low, high)\n        del leaf', 'leaf = image.requires_grad_()': 'leaf = image.detach().requires_grad_()'}, hint='What comes back still carries a graph where x wants a gradient: it came in with the limits.')
def limits_with_a_graph(): ...


@mistake('fgsm', edit={'F.cross_entropy(network(leaf), y, reduction="sum")': '-network(leaf).softmax(dim=1).gather(1, y[:, None]).log().sum()'}, hint='The loss comes from the softmax, and where a probability is nearly 0 nothing of its gradient is left: the cross-entropy, from the scores, is asked for.')
def log_of_the_softmax(): ...


@mistake('fgsm', edit={'F.cross_entropy(network(leaf), y, reduction="sum")': '-network(leaf).softmax(dim=1).gather(1, y[:, None]).sum()'}, hint='The loss comes from the softmax, and where a probability is nearly 0 nothing of its gradient is left: the cross-entropy, from the scores, is asked for.')
def the_probability(): ...


@mistake('fgsm', edit={'rate = budget if rate is None else rate': 'rate = budget if rate is None else min(rate, budget)'}, hint='A rate above the budget is cut down to it. A larger step may go from one end of the budget to the other.')
def no_rate_above_the_budget(): ...


@mistake('fgsm', edit={'rate = budget if rate is None else rate': 'rate = rate or budget'}, hint='A rate of 0 is taken for one that is not given. Only None stands for the budget.')
def zero_is_no_rate(): ...


@mistake('fgsm', edit={'image = start.clone()': 'image = start', 'leaf = image.requires_grad_()': 'leaf = image.clone().requires_grad_()'}, hint='Where no step is taken, what comes back is x itself. Whoever changes the one then changes the other.')
def gives_the_attacked_back(): ...


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


@mistake('feature_inversion_loss', edit={'apart / wanted.square().flatten(1).sum(dim=1)': 'apart / features(x).square().flatten(1).sum(dim=1)'}, hint='You divide by the size of the features found. By the size of those wanted.')
def share_of_what_is_found(): ...


@mistake('feature_inversion_loss', edit={'apart = (features(x) - wanted).square().flatten(1).sum(dim=1)': 'apart = (features(x) - wanted).square().sum(dim=1)', 'apart / wanted.square().flatten(1).sum(dim=1)': 'apart / wanted.square().sum(dim=1)'}, hint='The squares are added up over one dimension only. Features may have more behind the first; all of them belong to the image.')
def sum_over_one_dimension(): ...


@mistake('feature_inversion_loss', edit={'apart / wanted.square().flatten(1).sum(dim=1)': 'apart / (wanted.square().flatten(1).sum(dim=1) + 1e-6)'}, hint='Something is added to what you divide by. What is wanted is never all 0, so there is nothing to guard.')
def share_with_an_epsilon(): ...


@mistake('feature_inversion_loss', edit={'apart = (features(x) - wanted).square().flatten(1).sum(dim=1)': 'apart = (features(x) - wanted).square().sum(dim=(1, 2, 3))', 'apart / wanted.square().flatten(1).sum(dim=1)': 'apart / wanted.square().sum(dim=(1, 2, 3))'}, hint='The sum is over dimensions 1, 2 and 3. Features may have any number of them.')
def four_dimensions_only(): ...


@mistake('feature_inversion_loss', edit={'features(x)': 'features(x.detach())'}, hint='No gradient goes through the features. The picture is to be changed by what they say.')
def no_gradient_of_the_features(): ...


@mistake('feature_inversion_loss', edit={'apart = (features(x) - wanted).square().flatten(1).sum(dim=1)': 'found = features(x).flatten(1)\n    found = F.normalize(found, dim=1) * wanted.flatten(1).norm(dim=1)[:, None]\n    apart = (found - wanted.flatten(1)).square().sum(dim=1)'}, hint='The features are brought to the length of those wanted first. Their length belongs to what is compared.')
def features_of_equal_length(): ...


@mistake('feature_inversion_loss', edit={'return apart + weight * (down + right)': 'return (apart + weight * (down + right)).detach()'}, hint='The result carries no graph. It is a loss: rule 4 has its one exception here.')
def loss_detached(): ...


@mistake('feature_inversion_loss', edit={'apart / wanted.square().flatten(1).sum(dim=1)': '(apart / wanted.square().flatten(1).sum(dim=1)).sqrt()'}, hint='The share is one of lengths. It is one of squares: there is no root.')
def share_of_lengths(): ...


@mistake('feature_inversion_loss', edit={'    wanted = wanted.detach()\n': '    given, wanted = wanted, wanted.detach()\n', 'apart / wanted.square().flatten(1).sum(dim=1)': 'apart / given.square().flatten(1).sum(dim=1)'}, hint='A gradient goes into what is wanted by way of what you divide by. It is a fixed number there too.')
def divisor_with_a_gradient(): ...


@mistake('feature_inversion_loss', edit={'x.diff(dim=dim).square().flatten(1).sum(dim=1)': 'x.diff(dim=dim).square().sum()'}, hint='The total variation is that of the whole batch. Each image has its own.')
def variation_of_the_batch(): ...


@mistake('feature_inversion_loss', edit={'return apart + weight * (down + right)': 'return apart + weight * (down + right + x.diff(dim=1).square().sum(dim=(1, 2, 3)))'}, hint='Channels are compared with each other as well. Neighbours are above one another and side by side.')
def variation_of_channels_too(): ...


@mistake('feature_inversion_loss', edit={'x.diff(dim=dim).square().flatten(1).sum(dim=1)': 'x.diff(dim=dim).narrow(5 - dim, 0, x.shape[5 - dim] - 1).square().flatten(1).sum(dim=1)'}, hint='Pixels of the last row or column are left out. They have neighbours too, if only in one direction.')
def variation_without_the_last(): ...


@mistake('feature_inversion_loss', edit={'return apart + weight * (down + right)': 'return apart + weight * down'}, hint='Only neighbours above one another are compared. Those side by side count too.')
def variation_downwards(): ...


@mistake('feature_inversion_loss', edit={'return apart + weight * (down + right)': 'return apart + weight * right'}, hint='Only neighbours side by side are compared. Those above one another count too.')
def variation_to_the_right(): ...


@mistake('feature_inversion_loss', edit={'return apart + weight * (down + right)': 'return apart + weight * (down + right) / x.shape[1]'}, hint='The total variation is a mean over the channels. It is a sum over all of them.')
def mean_over_channels(): ...


@mistake('feature_inversion_loss', edit={'return apart + weight * (down + right)': 'return apart + weight * features(x).flatten(1).diff(dim=1).square().sum(dim=1)'}, hint='The total variation is that of the features. It is meant to keep the picture smooth.')
def variation_of_the_features(): ...


@mistake('feature_inversion_loss', edit={'return apart + weight * (down + right)': 'return apart + weight * (down + right).sqrt()'}, hint='A root is taken of the total variation. It is the plain sum of squares here.')
def root_of_the_variation(): ...


@mistake('feature_inversion_loss', edit={'return apart + weight * (down + right)': 'return (1 - weight) * apart + weight * (down + right)'}, hint='The distance is multiplied by 1 - weight. It counts in full, whatever the weight.')
def shared_weight(): ...


@mistake('feature_inversion_loss', edit={'return apart + weight * (down + right)': 'return weight * (apart + down + right)'}, hint='The weight is on the distance too. It belongs to the total variation alone.')
def weight_on_all(): ...


@mistake('feature_inversion_loss', edit={'apart = (features(x) - wanted).square().flatten(1).sum(dim=1)': 'apart = (features(x) - wanted).view(len(x), -1).square().sum(dim=1)'}, hint='view() asks for numbers that lie in a row in memory, and features need not. Which routine copies where it has to?')
def a_view_of_the_features(): ...


@mistake('feature_inversion_loss', edit={'    wanted = wanted.detach()\n': '    wanted = wanted.detach()\n    features.eval() if hasattr(features, "eval") else None\n'}, hint=MODES)
def sets_the_mode_of_the_layers(): ...


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


@mistake("deep_dream_step", edit={"features(leaf).square().sum()": "features(leaf).square().flatten(1).sum(dim=1).sqrt().sum()", "torch.where(means > 0, rate * gradient / means, 0.0)": "torch.where(means == 0, 0.0, rate * gradient / means)"}, hint=NOT_A_NUMBER)
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


@mistake('deep_dream_step', edit={'align_corners=False': 'align_corners=False, antialias=True'}, hint="A larger detail is smoothed before it is reduced. F.interpolate doesn't do so unless told.")
def reduced_with_antialias(): ...


@mistake('deep_dream_step', edit={'return grown + step.roll([-pixels for pixels in jitter], dims=(2, 3))': 'return (base.detach() + grown + step.roll([-pixels for pixels in jitter], dims=(2, 3))) - base'}, hint='What comes back carries a graph where the base wants a gradient: it came in when the base was taken away.')
def base_with_a_graph(): ...


@mistake('deep_dream_step', edit={'return grown + step.roll([-pixels for pixels in jitter], dims=(2, 3))': 'new = grown + step.roll([-pixels for pixels in jitter], dims=(2, 3))\n    if detail.shape == new.shape:\n        detail.detach().copy_(new)\n    return new'}, hint='Where the sizes are equal you write into the detail that was given. It belongs to the caller.')
def writes_into_the_detail(): ...


@mistake('deep_dream_step', edit={'mode="bilinear"': 'mode="bicubic"'}, hint='The detail is enlarged with cubic curves. It is to be bilinear.')
def bicubic(): ...


@mistake('deep_dream_step', edit={'features(leaf).square().sum()': '(1e-12 + features(leaf).square().flatten(min(2, features(leaf).ndim - 1)).sum(dim=-1)).sqrt().sum() if features(leaf).ndim > 2 else (1e-12 + features(leaf).square()).sqrt().sum()'}, hint='The norms of the channels are added up. It is one norm, of all activations of the image.')
def norms_of_channels(): ...


@mistake('deep_dream_step', edit={'return grown + step.roll([-pixels for pixels in jitter], dims=(2, 3))': 'return (base.detach() + grown + step.roll([-pixels for pixels in jitter], dims=(2, 3))).clamp(0, 1) - base.detach()'}, hint='The picture is cut off at 0 and 1. Nothing in the docstring limits it.')
def dream_cut_off(): ...


@mistake('deep_dream_step', edit={'features(leaf).square().sum()': 'features(leaf).pow(3).sum()'}, hint='The cubes of the activations are added up. It is the norm, in which the squares are.')
def cubes(): ...


@mistake('deep_dream_step', edit={'features(leaf).square().sum()': 'features(leaf)[:, :1].square().sum()'}, hint='Only the first channel of the layer is looked at. All activations of the image count.')
def the_first_channel(): ...


@mistake('deep_dream_step', edit={'    means = ': '    small = detail.detach().clone().requires_grad_()\n    big = F.interpolate(small, size, mode="bilinear", align_corners=False)\n    again = features((base.detach() + big).roll(jitter, dims=(2, 3))).square().sum() / 2\n    (gradient,) = torch.autograd.grad(again, small)\n    gradient = F.interpolate(gradient, size, mode="bilinear", align_corners=False).roll(jitter, dims=(2, 3))\n    means = '}, hint="The gradient is taken with regard to the detail before it is enlarged. It is the picture, at the base's size, that takes the step.")
def gradient_of_the_small_detail(): ...


@mistake('deep_dream_step', edit={'(base.detach() + grown)': 'grown'}, hint='The layer sees the detail alone. It should see the picture: the base and the detail.')
def sees_the_detail_only(): ...


@mistake('deep_dream_step', edit={'.roll(jitter, dims=(2, 3))': '.roll(jitter, dims=(3, 2))', 'for pixels in jitter], dims=(2, 3))': 'for pixels in jitter], dims=(3, 2))'}, hint='Down and to the right are exchanged: the first number is for the rows.')
def dream_rolled_right_and_down(): ...


@mistake('deep_dream_step', edit={'gradient.abs().mean(dim=(1, 2, 3), keepdim=True)': 'gradient.abs().amax(dim=(1, 2, 3), keepdim=True)'}, hint='You divide by the largest absolute value. It is the mean of the absolute values.')
def divided_by_the_largest(): ...


@mistake('deep_dream_step', edit={'gradient.abs().mean(dim=(1, 2, 3), keepdim=True)': 'gradient.abs().mean(dim=(2, 3), keepdim=True)'}, hint='Each channel is divided by a mean of its own. It is one mean for all channels of the image.')
def mean_of_each_channel(): ...


@mistake('deep_dream_step', edit={'gradient.abs().mean(dim=(1, 2, 3), keepdim=True)': 'gradient.mean(dim=(1, 2, 3), keepdim=True).abs()'}, hint='You take the absolute value of the mean, in which values of both signs cancel. The absolute values come first.')
def absolute_value_of_the_mean(): ...


@mistake('deep_dream_step', edit={'F.interpolate(detail.detach(), size, mode="bilinear", align_corners=False)': 'detail.detach()'}, hint='The detail is added to the base without being brought to its size.')
def never_enlarged(): ...


@mistake('deep_dream_step', edit={'return grown + step.roll([-pixels for pixels in jitter], dims=(2, 3))': 'return (grown + step.roll([-pixels for pixels in jitter], dims=(2, 3))).requires_grad_()'}, hint='What comes back wants a gradient. It is to be new and carry no graph.')
def dream_wants_a_gradient(): ...


@mistake('deep_dream_step', edit={'gradient.abs().mean(dim=(1, 2, 3), keepdim=True)': 'gradient.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()'}, hint='You divide by the root of the mean square. It is the mean of the absolute values.')
def root_of_the_mean_square(): ...


@mistake('deep_dream_step', edit={'F.interpolate(detail.detach(), size, mode="bilinear", align_corners=False)': 'detail.detach() if detail.shape == base.shape else F.interpolate(detail.detach(), scale_factor=2, mode="bilinear", align_corners=False)'}, hint="The detail is always made twice as large. It is to get the base's size, whatever its own.")
def always_twice_the_size(): ...


@mistake('deep_dream_step', edit={'size = base.shape[2:]': 'size = (base.shape[2], base.shape[2])'}, hint='The height is taken for the width as well. Pictures need not be square.')
def square_pictures_only(): ...


@mistake('deep_dream_step', edit={'gradient.abs().mean(dim=(1, 2, 3), keepdim=True)': 'gradient.abs().sum(dim=(1, 2, 3), keepdim=True)'}, hint='You divide by the sum of the absolute values. It is their mean.')
def divided_by_the_sum(): ...


@mistake('deep_dream_step', edit={'features(leaf).square().sum()': 'features(leaf).abs().sum()'}, hint='The sum of absolute activations rises, weak ones as fast as strong ones. It is the norm: in its gradient strong ones count more.')
def sum_of_absolute_activations(): ...


@right("deep_dream_step")
def with_the_root_and_a_choice(features, base, detail, rate, jitter=(0, 0)):
    """Where all activations are 0 the mean is NaN, which isn't above 0."""
    grown = F.interpolate(detail.detach(), size=base.shape[2:], mode="bilinear", align_corners=False)
    picture = (base.detach() + grown).roll(jitter, (2, 3)).requires_grad_()
    norms = features(picture).flatten(1).square().sum(1).sqrt()
    (gradient,) = torch.autograd.grad(norms.sum(), picture)
    size = gradient.abs().mean((1, 2, 3), keepdim=True)
    step = torch.where(size > 0, rate * gradient / size, 0.0)
    return (picture.detach() + step).roll((-jitter[0], -jitter[1]), (2, 3)) - base.detach()


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


@mistake('faceted_start', edit={'images[members[nearest]]': 'images[distances[:, k].argsort(stable=True)[: min(num_nearest, len(members))]]'}, hint='The nearest of all images are taken, also those of other clusters. Only members count.')
def nearest_of_all(): ...


@mistake('faceted_start', edit={'    clusters = distances.argmin(dim=1)\n': '    clusters = torch.full((len(vectors),), -1, device=vectors.device)\n    clusters[distances.argmin(dim=0)] = torch.arange(len(centres), device=vectors.device)\n'}, hint='The smallest distance is looked for along the vectors: each centre takes one. It is each vector that takes a centre.')
def each_centre_takes_one(): ...


@mistake('faceted_start', edit={'            if (clusters == k).any():\n': '            clusters = torch.cdist(vectors, centres).argmin(dim=1)\n            if (clusters == k).any():\n'}, hint='Vectors are given out again while the centres move, so that later centres see earlier ones moved. All are given out first, then all centres move.')
def given_out_on_the_way(): ...


@mistake('faceted_start', edit={'clusters = torch.cdist(vectors, centres).argmin(dim=1)': 'clusters = (vectors @ centres.T).argmax(dim=1)', '    distances = torch.cdist(vectors, centres)\n': '    distances = -(vectors @ centres.T)\n'}, hint='A vector is given to the centre with the largest product. It is the smallest distance: a long centre is not near for being long.')
def the_largest_product(): ...


@mistake('faceted_start', edit={'            means[k] = images.mean(dim=0)\n': '            means.pop()\n'}, hint='A cluster with no members is left out, so that there are fewer starts than centres. The docstring says where it starts.')
def no_start_without_members(): ...


@mistake('faceted_start', edit={'torch.stack(means) * mask': 'torch.where(torch.stack([(clusters == k).any() for k in range(len(centres))])[:, None, None, None], torch.stack(means) * mask, torch.stack(means))'}, hint='The mask is missing where a cluster has no members. Each start is multiplied by it.')
def mask_forgets_some(): ...


@mistake('faceted_start', edit={'                centres[k] = vectors[clusters == k].mean(dim=0)\n': '                centres[k] = vectors[clusters == k].mean(dim=0)\n            else:\n                centres[k] = vectors.mean(dim=0)\n'}, hint='A centre with no vectors moves to the mean of all of them. It stays where it was.')
def empty_centre_to_the_middle(): ...


@mistake('faceted_start', edit={'means[k] = images.mean(dim=0)': 'means[k] = images[distances[:, k].argsort(stable=True)[:num_nearest]].mean(dim=0)'}, hint='A cluster with no members starts from the images nearest to its centre. It starts from the mean of all images.')
def nearest_without_members(): ...


@mistake('faceted_start', edit={'means[k] = images.mean(dim=0)': 'means[k] = torch.zeros_like(images[0])'}, hint='A cluster with no members starts from 0. It starts from the mean of all images.')
def zero_without_members(): ...


@mistake('faceted_start', edit={'argsort(stable=True)': 'argsort(stable=True, descending=True)'}, hint='The members farthest from the centre are taken. Those nearest to it are asked for.')
def the_farthest(): ...


@mistake('faceted_start', edit={'clusters = torch.cdist(vectors, centres).argmin(dim=1)': 'clusters = torch.cdist(vectors, centres, p=torch.inf).argmin(dim=1)', '    distances = torch.cdist(vectors, centres)\n': '    distances = torch.cdist(vectors, centres, p=torch.inf)\n'}, hint='The distance is the largest difference of a single number. It is the Euclidean one.')
def largest_difference(): ...


@mistake('faceted_start', edit={'clusters = torch.cdist(vectors, centres).argmin(dim=1)': 'clusters = torch.cdist(vectors, centres, p=1).argmin(dim=1)', '    distances = torch.cdist(vectors, centres)\n': '    distances = torch.cdist(vectors, centres, p=1)\n'}, hint='The distance is the sum of absolute differences. It is the Euclidean one.')
def manhattan(): ...


@mistake('faceted_start', edit={'(n - 1) / 2) / n for n': '(n - 1) / 2) / images.shape[2] for n'}, hint='Rows and columns are both measured by the height. Each direction is measured by its own side.')
def by_the_height(): ...


@mistake('faceted_start', edit={'(n - 1) / 2) / n for n': '(n - 1) / 2) / (n - 1) for n'}, hint='Shares are taken of n - 1, which is 0 for a single row. They are shares of the whole side.')
def by_one_less(): ...


@mistake('faceted_start', edit={'(n - 1) / 2) / n for n': '(n - 1) / 2) for n'}, hint='The mask is measured in pixels. width is a share of each side.')
def in_pixels(): ...


@mistake('faceted_start', edit={'mask = torch.exp(-(u[:, None] ** 2 + v**2) / (2 * width**2))': 'mask = torch.exp(-(v[:, None] ** 2 + u**2) / (2 * width**2)).reshape(images.shape[2:])'}, hint='Rows and columns are exchanged in the mask: u belongs to the rows.')
def turned_mask(): ...


@mistake('faceted_start', edit={'vectors[clusters == k].mean(dim=0)': 'vectors[clusters == k].median(dim=0).values'}, hint='A centre moves to the median of its vectors. It moves to their mean.')
def the_median(): ...


@mistake('faceted_start', edit={'torch.stack(means) * mask': 'torch.stack(means)'}, hint='The starts are not faded out: the mask is missing.')
def no_mask(): ...


@mistake('faceted_start', edit={'    centres = centres.clone()\n': '    centres, vectors = centres.clone(), F.normalize(vectors, dim=1)\n'}, hint='The vectors are brought to length 1 first. They are clustered as they are.')
def vectors_of_length_one(): ...


@mistake('faceted_start', edit={'[:num_nearest]': '[: num_nearest + 1]'}, hint='One image more than num_nearest goes into a start.')
def one_image_too_many(): ...


@mistake('faceted_start', edit={'range(num_rounds)': 'range(num_rounds + 1)'}, hint='There is one round more than num_rounds.')
def one_round_too_many(): ...


@mistake('faceted_start', edit={'range(num_rounds)': 'range(num_rounds - 1)'}, hint='There is one round less than num_rounds.')
def one_round_too_few(): ...


@mistake('faceted_start', edit={'(clusters == k).nonzero().flatten()': '(clusters == k).nonzero().flatten().flip(0)'}, hint='Of members equally near, the later image comes first. The earlier one does.')
def the_later_image_first(): ...


@mistake('faceted_start', edit={'means.append(images[members[nearest]].mean(dim=0))': 'means.append(torch.einsum("n,nchw->chw", (-distances[members[nearest], k] ** 2).softmax(dim=0), images[members[nearest]]))'}, hint='Nearer images weigh more. The start is their plain mean.')
def the_nearer_weighs_more(): ...


@mistake('faceted_start', edit={'    centres = centres.clone()\n': '    centres = centres.clone()\n    old = torch.cdist(vectors, centres)\n', '        clusters = torch.cdist(vectors, centres).argmin(dim=1)\n': '        old = torch.cdist(vectors, centres)\n        clusters = old.argmin(dim=1)\n', 'distances[members, k]': 'old[members, k]'}, hint="The order is that of the distances before the centres' last move. They are measured from where the centres are in the end.")
def nearest_before_the_move(): ...


@mistake('faceted_start', edit={'torch.stack(means) * mask': 'torch.stack(means) * mask.float()'}, hint='The mask has the digits of a float32, whatever the images have.')
def float32_mask(): ...


@right("faceted_start")
def with_the_square_multiplied_out(images, vectors, centres, num_rounds, num_nearest, width):
    def squares(centres):
        return vectors.square().sum(1)[:, None] - 2 * vectors @ centres.T + centres.square().sum(1)

    centres = centres.clone()
    for _ in range(num_rounds):
        clusters = squares(centres).argmin(1)
        for k in clusters.unique().tolist():
            centres[k] = vectors[clusters == k].mean(0)
    away = squares(centres)
    clusters = away.argmin(1)
    starts = []
    for k in range(len(centres)):
        members = torch.where(clusters == k)[0]
        order = away[members, k].sort(stable=True).indices[:num_nearest]
        starts.append(images[members[order]].mean(0) if len(members) else images.mean(0))
    height, wide = images.shape[2:]
    u = (torch.arange(height, dtype=images.dtype, device=images.device) - (height - 1) / 2) / height
    v = (torch.arange(wide, dtype=images.dtype, device=images.device) - (wide - 1) / 2) / wide
    return torch.stack(starts) * torch.exp(-(u[:, None] ** 2 + v[None] ** 2) / (2 * width**2)), clusters


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
