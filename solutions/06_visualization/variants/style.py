"""What students write in style: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

solved_content, solved_style, solved_variation = content_loss, style_loss, total_variation_loss


# content_loss


@mistake("content_loss", edit={".mean(dim=(1, 2, 3))": ".sum(dim=(1, 2, 3))"}, hint="The squared differences are added up. They are averaged over channels and places: else a large layer speaks louder than a small one.")
def sums_content(): ...


@mistake("content_loss", edit={".mean(dim=(1, 2, 3))": ".mean()"}, hint="One number came for the whole batch. Each image has its own loss: over which axes may the mean go?")
def one_number_for_the_batch(): ...


@mistake("content_loss", edit={".mean(dim=(1, 2, 3))": ".mean(dim=1).sum(dim=(1, 2))"}, hint="The mean goes over channels alone, and places are added up. Both are averaged.")
def means_over_channels_alone(): ...


@mistake("content_loss", edit={".mean(dim=(1, 2, 3))": ".mean(dim=(2, 3)).sum(dim=1)"}, hint="The mean goes over places alone, and channels are added up. Both are averaged.")
def means_over_places_alone(): ...


@mistake("content_loss", edit={".square()": ".abs()"}, hint="These are absolute differences. They are to be squared.")
def absolute_differences(): ...


@mistake("content_loss", edit={"target.detach()": "target"}, hint="A gradient flows into the targets. They are numbers to reach: cut them off from the graph that they come with.")
def content_targets_learn(): ...


@mistake("content_loss", edit={"(now - target.detach())": "(now.detach() - target)"}, hint="The maps are cut off from their graph, and the targets aren't. It is the picture behind the maps that learns.")
def cuts_the_maps_off(): ...


@mistake("content_loss", edit={"loss = loss + weight * (now": "loss = loss + (now"}, hint="The weights of the layers are not used.")
def content_without_weights(): ...


@mistake("content_loss", edit={"weight * (now - target.detach())": "(weight * (now - target.detach()))"}, hint="The weight is squared with the difference. It multiplies the layer's mean.")
def squares_the_weight(): ...


@mistake("content_loss", edit={"    return loss": "    return loss / sum(weights)"}, hint="The sum over layers is divided by the sum of weights. It is a sum, and no weighted mean.")
def a_weighted_mean(): ...


@mistake("content_loss", edit={"loss = loss + weight": "loss = weight"}, hint="Only the last layer is left: each one takes the place of those before.")
def the_last_layer_alone(): ...


@mistake("content_loss", edit={".mean(dim=(1, 2, 3))": ".mean(dim=(1, 2, 3)).sqrt()"}, hint="A root is taken of each layer's mean. The squares are what counts.")
def takes_a_root(): ...


@mistake("content_loss", hint="All layers are put in one row before the mean. Each layer has a mean of its own.")
def one_mean_for_all_layers(maps, targets, weights):
    rows = [w * (now - t.detach()).square().flatten(1) for now, t, w in zip(maps, targets, weights)]
    return torch.cat(rows, dim=1).mean(dim=1)


@mistake("content_loss", edit={"loss = loss + weight * (now - target.detach())": "loss = loss + weight / 2 * (now - target.detach())"}, hint="Half of the squares, as some papers have it. Here they count in full.")
def half_the_squares(): ...


@right("content_loss")
def by_a_list_of_means(maps, targets, weights):
    each = [F.mse_loss(now, t.detach().expand_as(now), reduction="none").flatten(1).mean(1) for now, t in zip(maps, targets)]
    return torch.stack([w * one for w, one in zip(weights, each)]).sum(dim=0)


@right("content_loss")
def image_by_image(maps, targets, weights):
    losses = []
    for n in range(len(maps[0])):
        total = 0.0
        for layer in range(len(maps)):
            held = targets[layer].data
            wanted = held[n] if len(held) > 1 else held[0]
            away = maps[layer][n] - wanted
            total = total + weights[layer] * (away * away).sum() / away.numel()
        losses.append(total)
    return torch.stack(losses)


@right("content_loss")
def by_einsum(maps, targets, weights):
    total = maps[0].new_zeros(len(maps[0]))
    for layer, weight in enumerate(weights):
        with torch.no_grad():
            fixed = targets[layer].clone()
        away = maps[layer] - fixed
        total = total + weight / away[0].numel() * torch.einsum("nchw,nchw->n", away, away)
    return total


# gram_matrix


@mistake("gram_matrix", edit={" / (height * width)": ""}, hint="The products are added up. They are averaged over places: else a larger picture has a larger Gram matrix.")
def no_mean(): ...


@mistake("gram_matrix", edit={"/ (height * width)": "/ (channels * height * width)"}, hint="It is divided by the number of channels too. Papers differ; here the mean is over places alone.")
def over_channels_too(): ...


@mistake("gram_matrix", edit={"/ (height * width)": "/ channels"}, hint="It is divided by the number of channels. The mean is over places.")
def over_channels_alone(): ...


@mistake("gram_matrix", edit={"/ (height * width)": "/ width"}, hint="It is divided by the width alone. The number of places is height times width.")
def over_the_width(): ...


@mistake("gram_matrix", edit={"maps.reshape(num, channels, height * width)": "maps.reshape(num, channels, height * width)\n    rows = rows - rows.mean(dim=2, keepdim=True)"}, hint="The mean of each channel is taken off first. That makes a covariance; a Gram matrix keeps the means.")
def a_covariance(): ...


@mistake("gram_matrix", edit={"maps.reshape(num, channels, height * width)": "torch.nn.functional.normalize(maps.reshape(num, channels, height * width), dim=2)"}, hint="Each channel is brought to length one first. How strong a channel is belongs to the style.")
def cosines(): ...


@mistake("gram_matrix", edit={"rows @ rows.transpose(1, 2)": "rows.transpose(1, 2) @ rows"}, hint="Places are multiplied with places. The table has a row and a column for each channel.")
def places_with_places(): ...


@mistake("gram_matrix", edit={"maps.reshape(num, channels, height * width)": "maps.reshape(num, height * width, channels).transpose(1, 2)"}, hint="reshape doesn't move an axis: the numbers of several channels stand in one row. Channels come before places already.")
def reshapes_the_wrong_way(): ...


@mistake("gram_matrix", hint="The images of the batch are mixed: their places stand in one long row. Each image has a table of its own.")
def mixes_the_batch(maps):
    num, channels, height, width = maps.shape
    rows = maps.transpose(0, 1).reshape(channels, -1)
    return (rows @ rows.T / (num * height * width)).expand(num, channels, channels)


@mistake("gram_matrix", hint="Images and channels stand in one axis, so that channels of one image are multiplied with those of another. Each image has a table of its own.")
def one_table_for_the_batch(maps):
    num, channels, height, width = maps.shape
    rows = maps.reshape(num * channels, height * width)
    return rows @ rows.T / (height * width)


@mistake("gram_matrix", hint="Each channel is averaged first, and then the means are multiplied. Products come first: what matters is whether both are strong in the same places.")
def products_of_means(maps):
    means = maps.mean(dim=(2, 3))
    return means[:, :, None] * means[:, None, :]


@mistake("gram_matrix", edit={"rows @ rows.transpose(1, 2) / (height * width)": "(rows @ rows.transpose(1, 2) / (height * width)).abs()"}, hint="The signs are gone. Two channels, one strong where the other is negative, have a negative product.")
def without_signs(): ...


@right("gram_matrix")
def by_letters(maps):
    return torch.einsum("nahw,nbhw->nab", maps, maps) / maps[0, 0].numel()


@right("gram_matrix")
def by_broadcasting(maps):
    return (maps[:, :, None] * maps[:, None]).mean(dim=(-2, -1))


@right("gram_matrix")
def by_bmm_of_scaled_rows(maps):
    rows = maps.flatten(start_dim=2)
    return torch.bmm(rows, rows.permute(0, 2, 1)).div(rows.size(-1))


# style_loss


@mistake("style_loss", edit={".mean(dim=(1, 2))": ".sum(dim=(1, 2))"}, hint="The squares are added up over the C · C numbers. They are averaged: else a layer of many channels speaks louder.")
def sums_style(): ...


@mistake("style_loss", edit={".mean(dim=(1, 2))": ".mean()"}, hint="One number came for the whole batch. Each image has its own loss.")
def one_style_for_the_batch(): ...


@mistake("style_loss", edit={".mean(dim=(1, 2))": ".mean(dim=2).sum(dim=1)"}, hint="It is divided by C once. The mean goes over both axes of the table.")
def over_one_axis(): ...


@mistake("style_loss", edit={".square()": ".abs()"}, hint="These are absolute differences of Gram matrices. They are to be squared.")
def absolute_style(): ...


@mistake("style_loss", edit={"target.detach()": "target"}, hint="A gradient flows into the targets. They are numbers to reach: cut them off from the graph that they come with.")
def style_targets_learn(): ...


@mistake("style_loss", edit={"gram_matrix(now) - target.detach()": "gram_matrix(now.detach()) - target"}, hint="The maps are cut off from their graph, and the targets aren't. It is the picture behind the maps that learns.")
def cuts_the_style_maps_off(): ...


@mistake("style_loss", edit={"gram_matrix(now) - target.detach()": "gram_matrix(now) - gram_matrix(target.detach()[:, :, :, None])"}, hint="A Gram matrix is made of the targets. They are Gram matrices already.")
def gram_of_the_target(): ...


@mistake("style_loss", edit={"weight * away.square()": "away.square()"}, hint="The weights of the layers are not used.")
def style_without_weights(): ...


@mistake("style_loss", edit={"weight * away.square()": "(weight * away).square()"}, hint="The weight is squared with the difference. It multiplies the layer's mean.")
def squares_the_style_weight(): ...


@mistake("style_loss", edit={"    return loss": "    return loss / len(maps)"}, hint="The sum over layers is divided by their number. It is a plain sum.")
def a_mean_of_layers(): ...


@mistake("style_loss", edit={"weight * away.square().mean(dim=(1, 2))": "weight * away.square().mean(dim=(1, 2)) / 4"}, hint="A quarter, as Gatys and others have it. Here the squares count in full.")
def a_quarter(): ...


@mistake("style_loss", edit={"away.square().mean(dim=(1, 2))": "away.diagonal(dim1=1, dim2=2).square().mean(dim=1)"}, hint="Only the diagonal is compared: how strong each channel is. What occurs together stands beside the diagonal.")
def the_diagonal_alone(): ...


@mistake("style_loss", edit={"away.square().mean(dim=(1, 2))": "away.triu().square().mean(dim=(1, 2))"}, hint="Each pair of channels counts once. The mean goes over all C · C numbers, on both sides of the diagonal.")
def each_pair_once(): ...


@mistake("style_loss", edit={"gram_matrix(now)": "gram_matrix(now) * now[0, 0].numel()"}, hint="The Gram matrices of the maps are sums over places. The targets are means: a picture of another size would have another style.")
def sums_over_places(): ...


@mistake("style_loss", edit={"loss = loss + weight": "loss = weight"}, hint="Only the last layer is left: each one takes the place of those before.")
def the_last_style_layer(): ...


@right("style_loss")
def by_mse_of_tables(maps, targets, weights):
    each = []
    for place in range(len(weights)):
        table = gram_matrix(maps[place])
        held = targets[place].detach().expand(table.shape)
        each.append(weights[place] * F.mse_loss(table, held, reduction="none").flatten(1).mean(dim=1))
    return sum(each)


@right("style_loss")
def by_letters_and_norms(maps, targets, weights):
    total = torch.zeros(maps[0].shape[0], dtype=maps[0].dtype, device=maps[0].device)
    for now, table, weight in zip(maps, targets, weights):
        own = torch.einsum("nahw,nbhw->nab", now, now) / (now.shape[2] * now.shape[3])
        distance = torch.linalg.matrix_norm(own - table.data) ** 2
        total = total + weight * distance / now.shape[1] ** 2
    return total


@right("style_loss")
def one_image_after_the_other(maps, targets, weights):
    losses = []
    for n in range(len(maps[0])):
        parts = []
        for now, table, weight in zip(maps, targets, weights):
            wanted = table.detach()[min(n, len(table) - 1)]
            parts.append(weight * (gram_matrix(now[n : n + 1])[0] - wanted).pow(2).mean())
        losses.append(torch.stack(parts).sum())
    return torch.stack(losses)


# total_variation_loss


@mistake("total_variation_loss", edit={"images[:, :, :, 1:] - images[:, :, :, :-1]": "images.roll(-1, 3) - images", "images[:, :, 1:] - images[:, :, :-1]": "images.roll(-1, 2) - images"}, hint="A roll makes the last pixel of a row a neighbour of its first. At the border there is no neighbour.")
def goes_round(): ...


@mistake("total_variation_loss", edit={"across.square()": "across.abs()", "down.square()": "down.abs()"}, hint="These are absolute differences. They are to be squared.")
def absolute_variation(): ...


@mistake("total_variation_loss", edit={" / images[0].numel()": ""}, hint="The sum isn't divided by the number of numbers in an image.")
def no_division(): ...


@mistake("total_variation_loss", edit={" / images[0].numel()": " / images.numel()"}, hint="It is divided by the numbers of the whole batch. Each image has its own loss, whatever stands beside it.")
def over_the_batch(): ...


@mistake("total_variation_loss", edit={" / images[0].numel()": " / images[0, 0].numel()"}, hint="It is divided by height times width. The channels count as well.")
def forgets_the_channels(): ...


@mistake("total_variation_loss", edit={"across.square().sum(dim=(1, 2, 3)) + down": "down"}, hint="Only neighbours below are looked at. Those on the right count too.")
def below_alone(): ...


@mistake("total_variation_loss", edit={"across.square().sum(dim=(1, 2, 3)) + down.square().sum(dim=(1, 2, 3))": "across.square().sum(dim=(1, 2, 3))"}, hint="Only neighbours on the right are looked at. Those below count too.")
def right_alone(): ...


@mistake("total_variation_loss", edit={"    total = across.square().sum(dim=(1, 2, 3)) + down.square().sum(dim=(1, 2, 3))\n    return total / images[0].numel()": "    return across.square().mean(dim=(1, 2, 3)) + down.square().mean(dim=(1, 2, 3))"}, hint="Each direction has a mean over its own differences. Add up the squares of both directions, and divide once by the numbers in an image; a mean over no differences is 0/0.")
def means_of_directions(): ...


@mistake("total_variation_loss", edit={"sum(dim=(1, 2, 3)) + down": "sum(dim=(0, 1, 2, 3)).repeat(len(images)) + down"}, hint="The differences of all images are added up. Each image has its own loss.")
def sums_the_batch(): ...


@mistake("total_variation_loss", hint="The last row or the last column is left out of the other direction's differences. Its pixels have neighbours along it.")
def cuts_both_borders(images):
    here = images[:, :, :-1, :-1]
    across, down = images[:, :, :-1, 1:] - here, images[:, :, 1:, :-1] - here
    return (across.square() + down.square()).sum(dim=(1, 2, 3)) / images[0].numel()


@mistake("total_variation_loss", hint="Channels are compared with each other. Neighbours are next to each other on the right and below, in the same channel.")
def channels_as_neighbours(images):
    total = solved_variation(images)
    return total + images.diff(dim=1).square().sum(dim=(1, 2, 3)) / images[0].numel()


@mistake("total_variation_loss", hint="Channels are averaged before the differences: a picture whose colours change at one brightness then seems smooth. Each channel has its own differences.")
def of_the_grey_picture(images):
    return solved_variation(images.mean(dim=1, keepdim=True))


@mistake("total_variation_loss", hint="These are roots of the squares of both directions: the length of the slope. Here the squares themselves are added up.")
def lengths_of_slopes(images):
    across = F.pad(images.diff(dim=3), (0, 1))
    down = F.pad(images.diff(dim=2), (0, 0, 0, 1))
    return (across.square() + down.square()).clamp(min=1e-12).sqrt().sum(dim=(1, 2, 3)) / images[0].numel()


@mistake("total_variation_loss", hint="Each pair is counted twice, once from either side. A neighbour on the right or below is enough.")
def both_sides(images):
    return 2 * solved_variation(images)


@right("total_variation_loss")
def by_diff(images):
    squares = [images.diff(dim=axis).pow(2).flatten(1).sum(1) for axis in (2, 3)]
    return (squares[0] + squares[1]) / images.shape[1:].numel()


@right("total_variation_loss")
def with_a_padded_border(images):
    longer = F.pad(images, (0, 1, 0, 1), mode="replicate")
    across = longer[:, :, :-1, 1:] - images
    down = longer[:, :, 1:, :-1] - images
    return (across**2 + down**2).mean(dim=(1, 2, 3))


@right("total_variation_loss")
def with_narrow(images):
    num, channels, height, width = images.shape
    right_ones, left_ones = images.narrow(3, 1, width - 1), images.narrow(3, 0, width - 1)
    lower, upper = images.narrow(2, 1, height - 1), images.narrow(2, 0, height - 1)
    across = torch.sum((right_ones - left_ones) ** 2, dim=[1, 2, 3])
    return (across + torch.sum((lower - upper) ** 2, dim=[1, 2, 3])) / (channels * height * width)


# style_transfer


@mistake("style_transfer", edit={"start.detach().clone().requires_grad_()": "content.detach().clone().requires_grad_()"}, hint="The images begin at the content. They begin at `start`, whatever that is.")
def begins_at_the_content(): ...


@mistake("style_transfer", edit={"kept = network(content)": "kept = network(start)"}, hint="The content's targets are measured on the start. They are the maps of `content`.")
def keeps_the_start(): ...


@mistake("style_transfer", edit={"sum(share * table for share, table in zip(shares, layer, strict=True))": "sum(layer) / len(layer)"}, hint="All styles have the same share. Each Gram matrix counts with its own.")
def equal_shares(): ...


@mistake("style_transfer", edit={"sum(share * table for share, table in zip(shares, layer, strict=True))": "sum(share * table for share, table in zip(shares, layer, strict=True)) / sum(shares)"}, hint="The shares are made to add up to 1. They count as they are given.")
def shares_that_add_up_to_one(): ...


@mistake("style_transfer", edit={"sum(share * table for share, table in zip(shares, layer, strict=True))": "layer[0]"}, hint="Only the first style is looked at, and no share.")
def the_first_style(): ...


@mistake("style_transfer", edit={"sum(share * table for share, table in zip(shares, layer, strict=True))": "sum(share**2 * table for share, table in zip(shares, layer, strict=True))"}, hint="A share counts squared, as it would where maps are scaled before the Gram matrix. It multiplies the Gram matrix.")
def squared_shares(): ...


@mistake("style_transfer", edit={"loss = loss + style_loss(maps, wanted, style_weights)": "loss = loss + sum(share * style_loss(maps, list(one), style_weights) for share, one in zip(shares, tables, strict=True))"}, hint="The losses of the styles are mixed. It is the Gram matrices that are: one mixed target for each layer.")
def mixes_losses(): ...


@mistake("style_transfer", edit={"            images.clamp_(0, 1)": "            pass"}, hint="The images leave [0, 1]. After each step they are brought back.")
def never_clamps(): ...


@mistake("style_transfer", edit={"            images.clamp_(0, 1)": "            pass", "return images.detach(), torch": "return images.detach().clamp(0, 1) if losses else images.detach(), torch"}, hint="The images are clamped once, at the end. It is done after each step: the next step begins from there.")
def clamps_at_the_end(): ...


@mistake("style_transfer", edit={"        maps = network(images)\n": "        with torch.no_grad():\n            images.clamp_(0, 1)\n        maps = network(images)\n"}, hint="The start is clamped before its loss is measured. It is taken as it is; only after a step are images clamped.")
def clamps_the_start(): ...


@mistake("style_transfer", edit={"images.clamp_(0, 1)": "images.clamp_(-1, 1)"}, hint="The images are clamped to another range. A pixel lies in [0, 1].")
def clamps_to_another_range(): ...


@mistake("style_transfer", edit={"images.clamp_(0, 1)": "images.clamp_(min=0)"}, hint="Only one end is clamped. A pixel lies in [0, 1].")
def clamps_below_alone(): ...


@mistake("style_transfer", edit={"        loss = loss + variation_weight * total_variation_loss(images)\n": ""}, hint="The total variation is not in the loss.")
def without_variation(): ...


@mistake("style_transfer", edit={"variation_weight * total_variation_loss(images)": "variation_weight * total_variation_loss(start)"}, hint="The variation is that of the start: no pixel changes it. It is that of the images that are painted.")
def variation_of_the_start(): ...


@mistake("style_transfer", edit={"content_loss(maps, kept, content_weights)": "content_loss(maps, kept, style_weights)", "style_loss(maps, wanted, style_weights)": "style_loss(maps, wanted, content_weights)"}, hint="The weights of content and style have changed places.")
def weights_change_places(): ...


@mistake("style_transfer", edit={"(images.grad,) = torch.autograd.grad(loss.sum(), [images])": "optimiser.zero_grad()\n        loss.sum().backward()"}, hint="The backward pass leaves gradients in the network's parameters. They stay as they were: ask for the gradient of the images alone.")
def grads_in_the_network(): ...


@mistake("style_transfer", edit={"(images.grad,) = torch.autograd.grad(loss.sum(), [images])": "optimiser.zero_grad()\n        loss.sum().backward()\n        network.zero_grad()"}, hint="The network's gradients are cleared after the backward pass, also those that were there before. They stay as they were: ask for the gradient of the images alone.")
def clears_the_network(): ...


@mistake("style_transfer", edit={"    with torch.no_grad():\n        kept": "    network.requires_grad_(False)\n    with torch.no_grad():\n        kept"}, hint="The network's parameters are switched off, and stay so. Whoever handed the network in finds it changed.")
def switches_the_network_off(): ...


@mistake("style_transfer", edit={"    with torch.no_grad():\n        kept": "    network.eval()\n    with torch.no_grad():\n        kept"}, hint="The network is set to evaluation mode. It is used in the mode that it is in.")
def sets_the_mode(): ...


@mistake("style_transfer", edit={"(images.grad,) = torch.autograd.grad(loss.sum(), [images])": "(grad,) = torch.autograd.grad(loss.sum(), [images])\n        images.grad = grad if images.grad is None else images.grad + grad"}, hint="Gradients pile up from step to step. Each step takes its own.")
def grads_pile_up(): ...


@mistake("style_transfer", edit={"        maps = network(images)\n": "        optimiser = torch.optim.Adam([images], lr=rate)\n        maps = network(images)\n"}, hint="A new Adam is made at each step: it forgets its running means. One serves all steps.")
def a_new_adam_at_each_step(): ...


@mistake("style_transfer", edit={"torch.optim.Adam([images], lr=rate)": "torch.optim.SGD([images], lr=rate)"}, hint="These are steps of plain gradient descent. Adam is asked for.")
def plain_descent(): ...


@mistake("style_transfer", edit={"        losses.append(loss.detach())\n": "", "        if show is not None:": "        with torch.no_grad():\n            after = network(images)\n            losses.append(content_loss(after, kept, content_weights) + style_loss(after, wanted, style_weights) + variation_weight * total_variation_loss(images))\n        if show is not None:"}, hint="The losses are those after each step. Each is measured before its step, the first at the start.")
def losses_after_steps(): ...


@mistake("style_transfer", edit={"losses.append(loss.detach())": "losses.append(loss.detach().mean().expand(len(loss)))"}, hint="The loss of the batch is noted for every image. Each image has its own.")
def mean_loss_for_all(): ...


@mistake("style_transfer", edit={"kept = network(content)": "kept = [maps.mean(dim=0, keepdim=True) for maps in network(content)]"}, hint="All images of a batch have one content. Each image has its own.")
def one_content_for_all(): ...


@mistake("style_transfer", edit={"        if show is not None:\n            show(images)\n": "", "        with torch.no_grad():\n            images.clamp_": "        if show is not None:\n            show(images)\n        with torch.no_grad():\n            images.clamp_"}, hint="The images are shown before they are clamped. The step is done when they are back in [0, 1].")
def shows_too_early(): ...


@mistake("style_transfer", edit={"        if show is not None:\n            show(images)\n": ""}, hint="show is never called.")
def shows_nothing(): ...


@mistake("style_transfer", edit={"            show(images)\n": "            show(images)\n            show(images)\n"}, hint="show is called more than once for a step.")
def shows_twice(): ...


@mistake("style_transfer", edit={"torch.stack(losses) if losses else empty": "torch.stack(losses) if losses else start.new_zeros(0)"}, hint="Without steps the losses are an empty table: no rows, but still a column for each image.")
def no_columns(): ...


@right("style_transfer")
def with_adam_by_hand(network, content, styles, shares, start, steps, content_weights, style_weights, variation_weight=0.0, rate=0.02, show=None):
    targets = [maps.detach() for maps in network(content)]
    grams = [0.0 for _ in targets]
    for style, share in zip(styles, shares):
        for layer, maps in enumerate(network(style)):
            grams[layer] = grams[layer] + share * gram_matrix(maps.detach())
    images, losses = start.detach().clone(), []
    first, second = torch.zeros_like(images), torch.zeros_like(images)
    for number, _ in enumerate(steps, start=1):
        leaf = images.clone().requires_grad_(True)
        maps = network(leaf)
        loss = content_loss(maps, targets, content_weights) + style_loss(maps, grams, style_weights)
        loss = loss + variation_weight * total_variation_loss(leaf)
        grad = torch.autograd.grad(loss.sum(), leaf)[0]
        first = 0.9 * first + 0.1 * grad
        second = 0.999 * second + 0.001 * grad * grad
        size = (second / (1 - 0.999**number)).sqrt() + 1e-8
        images = (images - rate * first / (1 - 0.9**number) / size).clamp(0.0, 1.0)
        losses.append(loss.detach())
        if show:
            show(images)
    table = torch.stack(losses) if losses else torch.zeros(0, len(start), dtype=start.dtype, device=start.device)
    return images, table


@right("style_transfer")
def with_backward_of_the_images_alone(network, content, styles, shares, start, steps, content_weights, style_weights, variation_weight=0.0, rate=0.02, show=None):
    def total(images, targets, grams):
        maps = network(images)
        parts = [content_loss(maps, targets, content_weights), style_loss(maps, grams, style_weights)]
        return parts[0] + parts[1] + total_variation_loss(images) * variation_weight

    with torch.no_grad():
        targets = network(content)
        measured = [[gram_matrix(maps) * share for maps in network(style)] for style, share in zip(styles, shares)]
        grams = [torch.stack(layer).sum(dim=0) for layer in zip(*measured)]
    images = torch.nn.Parameter(torch.clone(start.detach()))
    adam = torch.optim.Adam(params=[images], lr=rate)
    table = torch.empty((0, start.shape[0]), dtype=start.dtype, device=start.device)
    for _ in steps:
        adam.zero_grad()
        each = total(images, targets, grams)
        each.sum().backward(inputs=[images])
        adam.step()
        images.data = images.data.clamp(min=0, max=1)
        table = torch.cat([table, each.detach()[None]])
        if show is not None:
            show(images.detach())
    return images.detach(), table


@right("style_transfer")
def one_image_at_a_time(network, content, styles, shares, start, steps, content_weights, style_weights, variation_weight=0.0, rate=0.02, show=None):
    with torch.no_grad():
        kept = [layer.clone() for layer in network(content)]
        by_style = [network(style) for style in styles]
        grams = [sum(s * gram_matrix(maps[layer]) for s, maps in zip(shares, by_style)) for layer in range(len(kept))]
    leaves = [one.detach().clone()[None].requires_grad_() for one in start]
    optimisers = [torch.optim.Adam([leaf], lr=rate) for leaf in leaves]
    rows = []
    for _ in steps:
        row = []
        for place, (leaf, optimiser) in enumerate(zip(leaves, optimisers)):
            maps = network(leaf)
            loss = content_loss(maps, [layer[place : place + 1] for layer in kept], content_weights)
            loss = loss + style_loss(maps, grams, style_weights) + variation_weight * total_variation_loss(leaf)
            leaf.grad = torch.autograd.grad(loss, leaf)[0]
            optimiser.step()
            leaf.detach().clamp_(0, 1)
            row.append(loss.detach())
        rows.append(torch.cat(row))
        if show is not None:
            show(torch.cat(leaves).detach())
    return torch.cat(leaves).detach(), torch.stack(rows) if rows else start.new_empty(0, len(start))


# match_colours


@mistake("match_colours", edit={"return (matrix @ pixels + mean_c)": "return (matrix @ pixels + mean_s)"}, hint="The style's own mean is put back. The colours are to lie around the content's.")
def keeps_its_mean(): ...


@mistake("match_colours", edit={"style.flatten(2) - mean_s": "style.flatten(2)"}, hint="The style's mean isn't taken off before the matrix is applied.")
def mean_left_in(): ...


@mistake("match_colours", edit={"_power(_covariance(others), 0.5) @ _power(_covariance(pixels), -0.5)": "_power(_covariance(pixels), -0.5) @ _power(_covariance(others), 0.5)"}, hint="The two roots stand in the other order. A pixel first loses its own covariance, and then gets the new one: which factor meets it first?")
def the_other_order(): ...


@mistake("match_colours", edit={"_power(_covariance(others), 0.5) @ _power(_covariance(pixels), -0.5)": "_power(_covariance(pixels), 0.5) @ _power(_covariance(others), -0.5)"}, hint="Style and content have changed places: this matrix would give the content the style's colours.")
def the_wrong_way(): ...


@mistake("match_colours", edit={"_power(_covariance(others), 0.5) @ _power(_covariance(pixels), -0.5)": "_covariance(others) @ _power(_covariance(pixels), -1.0)"}, hint="There are no roots: the matrix goes into the covariance twice, from either side.")
def without_roots(): ...


@mistake("match_colours", edit={"_power(_covariance(others), 0.5) @ _power(_covariance(pixels), -0.5)": "torch.linalg.cholesky(_covariance(others)) @ torch.linalg.inv(torch.linalg.cholesky(_covariance(pixels)))"}, hint="These are triangular roots, of Cholesky. The covariance is right, but many matrices give it: the symmetric roots are asked for.")
def triangular_roots(): ...


@mistake("match_colours", edit={"_power(_covariance(others), 0.5) @ _power(_covariance(pixels), -0.5)": "torch.diag_embed((others.var(dim=2, correction=0) / pixels.var(dim=2, correction=0)).sqrt())"}, hint="Each channel is stretched by itself. How colours go together, the numbers beside the diagonal, stays that of the style.")
def each_channel_by_itself(): ...


@mistake("match_colours", edit={"return centred @ centred.mT / centred.shape[-1]": "return centred @ centred.mT"}, hint="The covariances are sums. Where both pictures have as many pixels nothing is seen of it; otherwise the contrast changes with their sizes.")
def sums_for_covariances(): ...


@mistake("match_colours", edit={"return centred @ centred.mT / centred.shape[-1]": "return centred @ centred.mT / (centred.shape[-1] - 1)"}, hint="The covariance is divided by the number of pixels less one. Here it is the number of pixels.")
def one_pixel_less(): ...


@mistake("match_colours", edit={"others = style.flatten(2) - mean_s, content.flatten(2) - mean_c": "others = style.flatten(2) - mean_s, content.flatten(2)"}, hint="The content's mean isn't taken off before its covariance is measured.")
def not_centred(): ...


@mistake("match_colours", edit={".reshape(style.shape)": ".reshape(style.shape).clamp(0, 1)"}, hint="The result is clamped. Here nothing is: what lies outside comes back as it is.")
def clamps_colours(): ...


@mistake("match_colours", edit={"values.clamp(min=0)[:, None]": "values[:, None]"}, hint="An eigenvalue of zero may come out a little below zero, by rounding, and its root is no number.")
def roots_of_less_than_nothing(): ...


@mistake("match_colours", edit={"vectors * values.clamp(min=0)[:, None] ** power @ vectors.mT": "vectors.mT * values.clamp(min=0)[:, None] ** power @ vectors"}, hint="The matrix of eigenvectors is turned round: they stand in its columns.")
def eigenvectors_in_rows(): ...


@mistake("match_colours", edit={"x.mean(dim=(2, 3))[:, :, None]": "x.mean(dim=(0, 2, 3))[None, :, None]"}, hint="One mean is taken for the whole batch. Each image has its own colours.")
def one_mean_for_the_batch(): ...


@right("match_colours")
def image_by_image_with_cov(style, content):
    def root(matrix, inverse=False):
        values, vectors = torch.linalg.eigh(matrix)
        roots = values.clamp(min=0).sqrt()
        return vectors @ torch.diag(1 / roots if inverse else roots) @ vectors.T

    out = []
    for one, other in zip(style, content):
        a, b = one.reshape(3, -1), other.reshape(3, -1)
        moved = a - a.mean(dim=1, keepdim=True)
        moved = root(torch.cov(a, correction=0), inverse=True) @ moved
        moved = root(torch.cov(b, correction=0)) @ moved
        out.append((moved + b.mean(dim=1, keepdim=True)).reshape(one.shape))
    return torch.stack(out)


@right("match_colours")
def by_singular_values(style, content):
    def root(x, power):
        left, sizes, _ = torch.linalg.svd(x / x.shape[-1] ** 0.5, full_matrices=False)
        return left @ torch.diag_embed(sizes**power) @ left.transpose(1, 2)

    a, b = style.flatten(2), content.flatten(2)
    a_mean, b_mean = a.mean(dim=2, keepdim=True), b.mean(dim=2, keepdim=True)
    moved = root(b - b_mean, 1.0) @ (root(a - a_mean, -1.0) @ (a - a_mean)) + b_mean
    return moved.unflatten(2, style.shape[2:])


@right("match_colours")
def by_letters_over_places(style, content):
    def measured(x):
        mean = x.mean(dim=(2, 3), keepdim=True)
        away = x - mean
        return mean, away, torch.einsum("nihw,njhw->nij", away, away) / (x.shape[2] * x.shape[3])

    (_, away, own), (mean, _, wanted) = measured(style), measured(content)
    roots = []
    for matrix, power in ((wanted, 0.5), (own, -0.5)):
        values, vectors = torch.linalg.eigh(matrix)
        values = values.clamp(min=0) ** power
        roots.append(torch.einsum("nik,nk,njk->nij", vectors, values, vectors))
    return torch.einsum("nij,njk,nkhw->nihw", roots[0], roots[1], away) + mean
