"""What students write in textures: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right
from coursekit.repainter import gram, maps_of

# synthesize_texture


@mistake("synthesize_texture", edit={"torch.exp(-steps.square() / (2 * sigma**2))": "torch.exp(-steps.square() / sigma**2)"}, hint="The bell is too narrow: under the square of the distance stands twice the square of sigma.")
def bell_without_the_two(): ...


@mistake("synthesize_texture", edit={"torch.exp(-steps.square() / (2 * sigma**2))": "torch.ones(window, dtype=sample.dtype)"}, hint="All known pixels count alike: those near the middle should count more, as sigma says.")
def no_weights(): ...


@mistake("synthesize_texture", edit={"(weights * there[rows, columns])": "weights"}, hint="Pixels that aren't known yet take part in the comparison, with whatever number stands there.")
def compares_the_unknown(): ...


@mistake("synthesize_texture", edit={"canvas.masked_fill(~known, 0)": "canvas"}, hint="What isn't known may be NaN, and NaN times a weight of zero is NaN.")
def nan_times_zero(): ...


@mistake("synthesize_texture", edit={"counts.argmax()": "(counts >= 0).long().argmax()"}, hint="Pixels are filled row by row. Next is the one with the most known pixels around it.")
def row_by_row(): ...


@mistake("synthesize_texture", edit={"divmod(int(counts.argmax()), width)": "divmod(len(counts.flatten()) - 1 - int(counts.flatten().flip(0).argmax()), width)"}, hint="Where several pixels have equally many known neighbours, the last is taken: it should be the first, row by row.")
def last_of_equal_pixels(): ...


@mistake("synthesize_texture", edit={"counts = there.unfold(0, window, 1).unfold(1, window, 1).sum(dim=(2, 3))": "counts = there.unfold(0, window, 1).unfold(1, window, 1)[:, :, half - 1 if half else 0 : half + 2, half - 1 if half else 0 : half + 2].sum(dim=(2, 3))"}, hint="Known pixels are counted in the eight places around a pixel. They count in the whole window.")
def eight_neighbours(): ...


@mistake("synthesize_texture", edit={"        there[top + half, left + half] = True\n": "        there[top + half, left + half] = True\n        there |= F.pad(known, [half] * 4)\n", "apart = (windows - image[:, rows, columns])": "there_now, there = there, F.pad(known, [half] * 4)\n        apart = (windows - image[:, rows, columns])", "        if generator is None:": "        there = there_now\n        if generator is None:"}, hint="Only the pixels that were given are compared. What has been filled is known as well from then on.")
def filled_pixels_do_not_count(): ...


@mistake("synthesize_texture", edit={".square().sum(dim=1)\n        distances": ".abs().sum(dim=1)\n        distances"}, hint="The differences are summed without being squared.")
def absolute_differences(): ...


@mistake("synthesize_texture", edit={"apart = (windows - image[:, rows, columns]).square().sum(dim=1)": "apart = (windows - image[:, rows, columns])[:, 0].square()"}, hint="Only the first channel is compared.")
def first_channel(): ...


@mistake("synthesize_texture", edit={"apart = (windows - image[:, rows, columns]).square().sum(dim=1)": "apart = (windows - image[:, rows, columns]).sum(dim=1).square()"}, hint="Channels are summed before they are squared: a difference in one can then be made up for by another.")
def channels_summed_first(): ...


@mistake("synthesize_texture", edit={"distances <= (1 + tolerance) * distances.min()": "distances <= tolerance + distances.min()"}, hint="The tolerance is added to the smallest distance: it is a share of it.")
def absolute_tolerance(): ...


@mistake("synthesize_texture", edit={"distances = (apart * (weights * there[rows, columns])).sum(dim=(1, 2))": "distances = (apart * (weights * there[rows, columns])).sum(dim=(1, 2)).sqrt()"}, hint="The root of the distance is taken. The nearest place stays the same, and a share of the smallest distance doesn't.")
def root_of_the_distance(): ...


@mistake("synthesize_texture", edit={"if generator is None:": "if generator is None or int((distances <= (1 + tolerance) * distances.min()).sum()) == 1:"}, hint="Where only one place is near enough, nothing is drawn: one number is drawn for each filled pixel.")
def draws_only_where_there_is_a_choice(): ...


@mistake("synthesize_texture", edit={"near[torch.randint(len(near), (1,), generator=generator)].item()": "near[int(torch.rand(1, generator=generator) * len(near))].item()"}, hint="A number from torch.rand was made a whole one: torch.randint draws it directly, and others come out.")
def rand_times_number(): ...


@mistake("synthesize_texture", edit={"if generator is None:\n            place = int(distances.argmin())": "if generator is None:\n            place = int((distances <= (1 + tolerance) * distances.min()).nonzero()[0, 0])"}, hint="Without a generator the first place that is near enough is taken: it should be the nearest.")
def first_near_enough(): ...


@mistake("synthesize_texture", edit={"[half] * 4)\n    there": "[half] * 4, mode='replicate')\n    there", "F.pad(known, [half] * 4)\n    height": "F.pad(known[None].to(sample.dtype), [half] * 4, mode='replicate')[0].bool()\n    height"}, hint="Beyond the sides of the canvas stand copies of its border: places out there are unknown.")
def border_repeated(): ...


@mistake("synthesize_texture", hint="Windows of the sample that stick out over its sides are among the candidates: only whole ones count.")
def windows_over_the_sides(sample, canvas, known, window=5, sigma=1.0, tolerance=0.1, generator=None):
    half = window // 2
    around = F.pad(sample, [half] * 4)
    solved = solved_texture(around, canvas, known, window, sigma, tolerance, generator)
    if window % 2 == 0 or window > min(sample.shape[1:]):
        raise ValueError(window)
    return solved


@mistake("synthesize_texture", edit={"image[:, top + half, left + half] = middles[place]": "image[:, top + half, left + half] = windows[place, :, 0, 0]"}, hint="The window's first pixel is copied: it is the one in the middle that stands for the new pixel.")
def copies_the_corner(): ...


@mistake("synthesize_texture", edit={"if window % 2 == 0 or window > min(sample.shape[1:])": "if window % 2 == 0"}, hint="A window that is larger than the sample is to be refused with a ValueError.")
def any_odd_window(): ...


solved_texture = synthesize_texture


@right("synthesize_texture")
def by_brute_force(sample, canvas, known, window=5, sigma=1.0, tolerance=0.1, generator=None):
    if window % 2 == 0 or window > sample.shape[1] or window > sample.shape[2]:
        raise ValueError("the window")
    r = window // 2
    offsets = [(dy, dx) for dy in range(-r, r + 1) for dx in range(-r, r + 1)]
    out, done = canvas.clone(), known.clone()
    height, width = done.shape
    sources = sample.unfold(1, window, 1).unfold(2, window, 1)
    while not done.all():
        best = None
        for y in range(height):
            for x in range(width):
                if not done[y, x]:
                    there = [(dy, dx) for dy, dx in offsets if 0 <= y + dy < height and 0 <= x + dx < width and done[y + dy, x + dx]]
                    if best is None or len(there) > len(best[2]):
                        best = y, x, there
        y, x, there = best
        d = sample.new_zeros(sources.shape[1:3])
        for dy, dx in there:
            weight = math.exp(-(dy**2 + dx**2) / (2 * sigma**2))
            for channel in range(len(sample)):
                d = d + weight * (sources[channel, :, :, dy + r, dx + r] - out[channel, y + dy, x + dx]) ** 2
        d = d.flatten()
        if generator is None:
            chosen = d.argmin()
        else:
            near = torch.nonzero(d <= (1 + tolerance) * d.min()).flatten()
            chosen = near[torch.randint(len(near), (1,), generator=generator).item()]
        row, column = divmod(chosen.item(), sources.shape[2])
        out[:, y, x] = sample[:, row + r, column + r]
        done[y, x] = True
    return out


@right("synthesize_texture")
def by_fold_and_convolution(sample, canvas, known, window=5, sigma=1.0, tolerance=0.1, generator=None):
    channels, (height, width), r = len(sample), known.shape, window // 2
    if window % 2 != 1 or window > min(sample.shape[-2:]):
        raise ValueError("window")
    y, x = torch.meshgrid(torch.arange(window) - r, torch.arange(window) - r, indexing="ij")
    bell = torch.exp(-(y**2 + x**2).to(sample.dtype) / (2 * sigma**2))
    columns = F.unfold(sample[None], window)[0].reshape(channels, window * window, -1)
    mask = torch.zeros(height + 2 * r, width + 2 * r, dtype=sample.dtype)
    mask[r : r + height, r : r + width] = known
    out = torch.zeros(channels, height + 2 * r, width + 2 * r, dtype=sample.dtype)
    out[:, r : r + height, r : r + width][:, known] = canvas[:, known]
    ones = torch.ones(1, 1, window, window, dtype=sample.dtype)
    while True:
        inner = mask[r : r + height, r : r + width]
        if inner.min() == 1:
            return out[:, r : r + height, r : r + width].contiguous()
        number = F.conv2d(mask[None, None], ones)[0, 0].round().masked_fill(inner == 1, -1.0)
        i, j = divmod(number.argmax().item(), width)
        w = (bell * mask[i : i + window, j : j + window]).reshape(1, -1, 1)
        d = (w * (columns - out[:, i : i + window, j : j + window].reshape(channels, -1, 1)) ** 2).sum(dim=(0, 1))
        candidates = torch.where(d <= d.min() * (1 + tolerance))[0]
        pick = d.argmin() if generator is None else candidates[torch.randint(0, len(candidates), (1,), generator=generator)[0]]
        out[:, i + r, j + r] = columns[:, window * window // 2, pick]
        mask[i + r, j + r] = 1


@right("synthesize_texture")
def counts_kept_up_to_date(sample, canvas, known, window=5, sigma=1.0, tolerance=0.1, generator=None):
    h, w = sample.shape[1:]
    if window % 2 == 0 or window > h or window > w:
        raise ValueError("window")
    r, (H, W) = window // 2, known.shape
    d2 = (torch.arange(window, dtype=sample.dtype) - r) ** 2
    weight = torch.exp(-(d2[:, None] + d2[None]) / (2 * sigma**2))
    result, done = canvas.clone(), known.clone()
    result[:, ~known] = 0
    counts = torch.zeros(H, W, dtype=torch.long)
    for y, x in known.nonzero().tolist():
        counts[max(0, y - r) : y + r + 1, max(0, x - r) : x + r + 1] += 1
    for _ in range(int((~known).sum())):
        open_places = [(-int(counts[y, x]), y, x) for y, x in (~done).nonzero().tolist()]
        _, y, x = min(open_places)
        top, bottom, left, right = max(0, y - r), min(H, y + r + 1), max(0, x - r), min(W, x + r + 1)
        a, b, c, d = top - y + r, bottom - y + r, left - x + r, right - x + r
        patches = sample.unfold(1, window, 1).unfold(2, window, 1)[..., a:b, c:d]
        masked = weight[a:b, c:d] * done[top:bottom, left:right]
        far = ((patches - result[:, None, None, top:bottom, left:right]) ** 2 * masked).sum(dim=(0, 3, 4)).reshape(-1)
        if generator is None:
            k = torch.argmin(far).item()
        else:
            good = torch.arange(len(far))[far <= far.min() * (1 + tolerance)]
            k = good[torch.randint(high=len(good), size=(1,), generator=generator)].item()
        result[:, y, x] = sample[:, r + k // (w - window + 1), r + k % (w - window + 1)]
        done[y, x] = True
        counts[top:bottom, left:right] += 1
    return result


# cut_path


@mistake("cut_path", hint="The cut goes down greedily, always to the smaller of the next places. What is cheap now may lead to something dear.")
def greedy(errors):
    column = int(errors[0].argmin())
    columns = [column]
    for row in errors[1:]:
        first = max(column - 1, 0)
        column = first + int(row[first : column + 2].argmin())
        columns.append(column)
    return torch.tensor(columns)


@mistake("cut_path", hint="Each row's smallest place is taken by itself: from one row to the next a cut moves by one column at most.")
def smallest_of_each_row(errors):
    return errors.argmin(dim=1)


@mistake("cut_path", edit={"above = F.pad(costs[-1], (1, 1), value=torch.inf)": "above = F.pad(costs[-1], (1, 1))"}, hint="Beyond the sides stand zeros, and a way from there costs nothing. What lies out there must never win.")
def zeros_beyond_the_sides(): ...


@mistake("cut_path", edit={"for cost in reversed(costs[:-1]):": "for cost in reversed(list(errors[:-1])):"}, hint="On the way up the errors themselves are compared: it is the costs of the ways so far that decide.")
def errors_on_the_way_up(): ...


@mistake("cut_path", edit={"column = first + int(cost[first : column + 2].argmin())": "column = int(cost[first : column + 2].argmin()) + column - 1"}, hint="At the left side there are two places above, not three: their first is column 0, and yours becomes -1.")
def left_side_shifted(): ...


@mistake("cut_path", edit={"columns[::-1]": "columns"}, hint="The columns come from the last row to the first.")
def from_below(): ...


@mistake("cut_path", edit={"unfold(0, 3, 1).amin(dim=1)": "unfold(0, 3, 1)[:, 1:].amin(dim=1)", "column + 2].argmin()": "column + 2].argmin()", "first = max(column - 1, 0)": "first = column"}, hint="A cut can only go straight on or to one side: it may move by one column to either.")
def to_one_side_only(): ...


@mistake("cut_path", edit={"int(costs[-1].argmin())\n    columns": "len(costs[-1]) - 1 - int(costs[-1].flip(0).argmin())\n    columns", "first + int(cost[first : column + 2].argmin())": "len(cost[: column + 2]) - 1 - int(cost[first : column + 2].flip(0).argmin())"}, hint="Of several cheapest cuts the one furthest right is taken: it should be the one furthest left.")
def right_of_equal_cuts(): ...


@mistake("cut_path", hint="The cut goes from the left side to the right: it should go from the first row to the last, with a column for each row.")
def from_left_to_right(errors):
    return solved_cut(errors.T)


@mistake("cut_path", edit={"amin(dim=1)": "amax(dim=1)", "value=torch.inf": "value=-torch.inf"}, hint="Each place takes the dearest of the ways above it.")
def dearest_way(): ...


solved_cut = cut_path


@right("cut_path")
def with_two_loops(errors):
    height, width = errors.shape
    cost, comes_from = errors.clone(), torch.zeros(height, width, dtype=torch.int64)
    for row in range(1, height):
        padded = torch.full((width + 2,), float("inf"), dtype=errors.dtype)
        padded[1:-1] = cost[row - 1]
        three = torch.stack([padded[:-2], padded[1:-1], padded[2:]])
        best, which = three.min(dim=0)
        for place in (2, 1, 0):
            which[three[place] == best] = place
        cost[row] += best
        comes_from[row] = torch.arange(width) + which - 1
    path = torch.empty(height, dtype=torch.int64)
    path[-1] = cost[-1].argmin()
    for row in range(height - 1, 0, -1):
        path[row - 1] = comes_from[row, path[row]]
    return path


@right("cut_path")
def costs_to_the_end_of_each_prefix(errors):
    total = errors.clone()
    infinite = torch.full_like(errors[0, :1], math.inf)
    for row in range(1, len(errors)):
        left, right = torch.cat([infinite, total[row - 1, :-1]]), torch.cat([total[row - 1, 1:], infinite])
        total[row] = errors[row] + torch.minimum(torch.minimum(left, right), total[row - 1])
    columns, allowed = [], torch.zeros_like(errors[0])
    for row in range(len(errors) - 1, -1, -1):
        column = (total[row] + allowed).argmin()
        columns.insert(0, column)
        allowed = torch.where((torch.arange(errors.shape[1]) - column).abs() <= 1, 0.0, math.inf).to(errors.dtype)
    return torch.stack(columns)


@right("cut_path")
def by_max_pooling(errors):
    rows = [errors[0]]
    for row in errors[1:]:
        rows.append(row - F.max_pool1d(-rows[-1][None, None], 3, 1, 1)[0, 0])
    j = rows[-1].argmin().item()
    way = [j]
    while len(way) < len(rows):
        row = rows[len(rows) - len(way) - 1].tolist()
        j = min((row[k], k) for k in (j - 1, j, j + 1) if 0 <= k < len(row))[1]
        way = [j, *way]
    return torch.tensor(way, dtype=torch.int64)


# synthesize_texture_gram


@mistake("synthesize_texture_gram", edit={"apart / target.square().sum()": "apart"}, hint="Layers count by the plain squared distance, and the one with the largest numbers drowns the others: divide each by its target's own size.")
def not_relative(): ...


@mistake("synthesize_texture_gram", edit={"apart / target.square().sum()": "apart / gram(maps).square().sum()"}, hint="The distance is divided by the size of the image's own matrix: the sample's stands below.")
def relative_to_the_image(): ...


@mistake("synthesize_texture_gram", edit={"apart / target.square().sum()": "apart / target.sum().square()"}, hint="Below stands the square of a sum. It should be the sum of the squared entries.")
def square_of_the_sum(): ...


@mistake("synthesize_texture_gram", edit={"apart / target.square().sum()": "(apart / target.square().sum()).sqrt()"}, hint="The root of each layer's relative distance is summed: it stays squared.")
def root_of_each_layer(): ...


@mistake("synthesize_texture_gram", edit={"loss = loss + apart / target.square().sum()": "loss = apart / target.square().sum()"}, hint="Only the last of the layers counts: their distances are added up.")
def last_layer_alone(): ...


@mistake("synthesize_texture_gram", edit={"loss = loss + apart / target.square().sum()": "loss = loss + apart / target.square().sum() / len(layers)"}, hint="The mean over the layers is taken: it should be the sum.")
def mean_over_layers(): ...


@mistake("synthesize_texture_gram", edit={"            image.clamp_(0, 1)": "            pass"}, hint="Pixels leave the range: they are cut off at 0 and at 1 after each step.")
def no_cutting_off(): ...


@mistake("synthesize_texture_gram", edit={"            image.clamp_(0, 1)": "            pass", "return image.detach(), losses": "return image.detach().clamp(0, 1), losses"}, hint="Pixels are cut off at the end only. Each step begins with an image that keeps to the range.")
def cut_off_at_the_end(): ...


@mistake("synthesize_texture_gram", edit={"torch.optim.Adam([image], lr=rate)": "torch.optim.SGD([image], lr=rate)"}, hint="Plain gradient descent takes the steps: Adam was asked for.")
def plain_descent(): ...


@mistake("synthesize_texture_gram", edit={"torch.optim.Adam([image], lr=rate)": "torch.optim.Adam([image])"}, hint="The rate isn't handed on: Adam takes its own.")
def rate_ignored(): ...


@mistake("synthesize_texture_gram", edit={"    for _ in range(num_steps):\n": "    for _ in range(num_steps):\n        optimiser = torch.optim.Adam([image], lr=rate)\n"}, hint="Each step has a new Adam, which remembers nothing: every pixel then moves by the whole rate.")
def a_new_adam_each_step(): ...


@mistake("synthesize_texture_gram", edit={"(image.grad,) = torch.autograd.grad(loss, image)": "loss.backward()"}, hint="Gradients pile up: the one of this step is added to all before it, in the image, and in the network where that learns.")
def gradients_pile_up(): ...


@mistake("synthesize_texture_gram", edit={"(image.grad,) = torch.autograd.grad(loss, image)": "optimiser.zero_grad()\n        loss.backward()"}, hint="backward() also fills the grad of the network's parameters, where they learn. They are to keep what they have.")
def fills_the_networks_grads(): ...


@mistake("synthesize_texture_gram", edit={"    image = start.clone()": "    network.requires_grad_(False)\n    image = start.clone()"}, hint="The network's parameters are switched off, and stay so. It is to be left as it came.")
def freezes_the_network(): ...


@mistake("synthesize_texture_gram", edit={"start.clone().requires_grad_()": "start.detach().requires_grad_()"}, hint="The start itself is optimised: it is changed in place. Begin with a copy.")
def changes_the_start(): ...


@mistake("synthesize_texture_gram", edit={"        losses.append(loss.item())\n": "        again = zip(maps_of(network, layers, image), targets)\n        losses.append(sum(((gram(a) - b).square().sum() / b.square().sum()).item() for a, b in again))\n"}, hint="The losses are those after each step: noted are those before it.")
def losses_after_the_step(): ...


@mistake("synthesize_texture_gram", edit={"[gram(maps) for maps in maps_of(network, layers, sample)]": "[gram(maps) / maps[0, 0].numel() for maps in maps_of(network, layers, sample)]"}, hint="The sample's matrices are divided by the number of places once more: `gram` takes the mean already.")
def mean_taken_twice(): ...


solved_gram = synthesize_texture_gram


@right("synthesize_texture_gram")
def with_backward_for_the_image_alone(network, layers, sample, start, num_steps, rate=0.03, show=None):
    targets = [gram(maps).detach() for maps in maps_of(network, layers, sample)]
    image = nn.Parameter(start.detach().clone())
    adam, losses = torch.optim.Adam([image], lr=rate), []
    for _ in range(num_steps):
        adam.zero_grad()
        found = maps_of(network, layers, image)
        loss = torch.stack([((gram(f) - t) ** 2).sum() / (t**2).sum() for f, t in zip(found, targets)]).sum()
        loss.backward(inputs=[image])
        adam.step()
        image.data.clamp_(0, 1)
        losses.append(float(loss))
        if show:
            show(image.data)
    return image.data, losses


@right("synthesize_texture_gram")
def with_adam_by_hand(network, layers, sample, start, num_steps, rate=0.03, show=None):
    targets = [gram(maps).detach() for maps in maps_of(network, layers, sample)]
    image, first, second, losses = start.clone(), torch.zeros_like(start), torch.zeros_like(start), []
    for step in range(1, num_steps + 1):
        leaf = image.clone().requires_grad_()
        loss = 0.0
        for layer, target in zip(layers, targets):
            (maps,) = maps_of(network, [layer], leaf)
            loss = loss + (gram(maps) - target).pow(2).sum() / target.pow(2).sum()
        (slope,) = torch.autograd.grad(loss, leaf)
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        image = image - rate * (first / (1 - 0.9**step)) / ((second / (1 - 0.999**step)).sqrt() + 1e-8)
        image = image.clamp(0, 1)
        losses.append(loss.item())
        if show is not None:
            show(image)
    return image, losses


@right("synthesize_texture_gram")
def switched_off_and_on_again(network, layers, sample, start, num_steps, rate=0.03, show=None):
    before = [p.requires_grad for p in network.parameters()]
    for p in network.parameters():
        p.requires_grad = False
    wanted = [gram(m) for m in maps_of(network, layers, sample)]
    x = torch.empty_like(start).copy_(start).requires_grad_(True)
    optimiser, history = torch.optim.Adam([x], lr=rate), []
    for _ in range(num_steps):
        optimiser.zero_grad(set_to_none=True)
        loss = sum((gram(m) - t).norm() ** 2 / t.norm() ** 2 for m, t in zip(maps_of(network, layers, x), wanted))
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            x.copy_(x.clamp(min=0, max=1))
        history.append(loss.item())
        if show is not None:
            show(x)
    for p, learns in zip(network.parameters(), before):
        p.requires_grad = learns
    return x.detach(), history


# ConditionalInstanceNorm


@mistake("ConditionalInstanceNorm", edit={"correction=0, ": ""}, hint="The variance divides by one less than the number of places: it should divide by their number.")
class UnbiasedVariance: ...


@mistake("ConditionalInstanceNorm", edit={"(variance + self.eps).sqrt()": "(variance.sqrt() + self.eps)"}, hint="eps is added to the deviation: it belongs to the variance, under the root.")
class EpsOutside: ...


@mistake("ConditionalInstanceNorm", edit={"self.eps = eps": "self.eps = 1e-5"}, hint="eps is always the same: the one that is handed in should be used.")
class EpsIgnored: ...


@mistake("ConditionalInstanceNorm", edit={"mean = x.mean(dim=(2, 3), keepdim=True)": "mean = x.mean(dim=(0, 2, 3), keepdim=True)", "x.var(dim=(2, 3), correction=0": "x.var(dim=(0, 2, 3), correction=0"}, hint="Mean and variance are taken over the batch as well: that is a batch norm. Each image has its own.")
class BatchStatistics: ...


@mistake("ConditionalInstanceNorm", edit={"mean = x.mean(dim=(2, 3), keepdim=True)": "mean = x.mean(dim=(1, 2, 3), keepdim=True)", "x.var(dim=(2, 3), correction=0": "x.var(dim=(1, 2, 3), correction=0"}, hint="Mean and variance are taken over the channels as well: that is a layer norm. Each channel has its own.")
class LayerStatistics: ...


@mistake("ConditionalInstanceNorm", edit={"/ (variance + self.eps).sqrt()": "/ (variance + self.eps)"}, hint="It is divided by the variance: the root is missing.")
class NoRoot: ...


@mistake("ConditionalInstanceNorm", edit={"self.weight[styles], self.bias[styles]": "self.weight[styles[0]].expand(len(x), -1), self.bias[styles[0]].expand(len(x), -1)"}, hint="All images get the style of the first one: each has its own.")
class OneStyleForAll: ...


@mistake("ConditionalInstanceNorm", edit={"scale, shift = styles @ self.weight, styles @ self.bias": "scale, shift = (styles / styles.sum(1, keepdim=True).clamp_min(1e-12)) @ self.weight, (styles / styles.sum(1, keepdim=True).clamp_min(1e-12)) @ self.bias"}, hint="The factors of a mixture are made to add up to one: they are taken as they are.")
class FactorsMadeToAddUp: ...


@mistake("ConditionalInstanceNorm", edit={"scale, shift = styles @ self.weight, styles @ self.bias": "best = styles.argmax(dim=1)\n            scale, shift = self.weight[best], self.bias[best]"}, hint="Of a mixture only the largest factor counts: scales and shifts are to be summed with all of them.")
class LargestFactor: ...


@mistake("ConditionalInstanceNorm", edit={"scale, shift = styles @ self.weight, styles @ self.bias": "scale, shift = styles.softmax(dim=1) @ self.weight, styles.softmax(dim=1) @ self.bias"}, hint="A softmax is taken of the factors: they are the factors themselves.")
class SoftmaxOfFactors: ...


@mistake("ConditionalInstanceNorm", edit={"nn.Parameter(torch.zeros(num_styles, num_channels))": "nn.Parameter(torch.zeros(num_channels))", "styles @ self.bias": "self.bias.expand(len(x), -1)", "self.bias[styles]": "self.bias.expand(len(x), -1)"}, hint="There is one row of shifts for all styles: each style has its own.")
class SharedShift: ...


@mistake("ConditionalInstanceNorm", edit={"nn.Parameter(torch.ones(num_styles, num_channels))": "nn.Parameter(torch.randn(num_styles, num_channels))"}, hint="The scales begin as random numbers: they begin at 1.")
class RandomScales: ...


@mistake("ConditionalInstanceNorm", edit={"self.bias = nn.Parameter(torch.zeros(num_styles, num_channels))": 'self.bias = nn.Parameter(torch.zeros(num_styles, num_channels))\n        self.register_buffer("running_mean", torch.zeros(num_channels))'}, hint="Running statistics are stored: an instance norm keeps none.")
class RunningStatistics: ...


@mistake("ConditionalInstanceNorm", edit={"return normed * scale[:, :, None, None] + shift[:, :, None, None]": "return (normed + shift[:, :, None, None]) * scale[:, :, None, None]"}, hint="The shift is added before the scale: it comes after it.")
class ShiftFirst: ...


@mistake("ConditionalInstanceNorm", edit={"mean = x.mean(dim=(2, 3), keepdim=True)": "mean = x.detach().mean(dim=(2, 3), keepdim=True)", "x.var(": "x.detach().var("}, hint="No gradient goes through the mean and the variance: they depend on x as well.")
class StatisticsDetached: ...


@mistake("ConditionalInstanceNorm", edit={"mean = x.mean(dim=(2, 3), keepdim=True)": "mean = x.mean(dim=3, keepdim=True)", "x.var(dim=(2, 3), correction=0": "x.var(dim=3, correction=0"}, hint="Each row of a map is normalised by itself: mean and variance go over rows and columns.")
class RowByRow: ...


@mistake("ConditionalInstanceNorm", edit={"normed = (x - mean) / (variance + self.eps).sqrt()": "normed = F.instance_norm(x, eps=self.eps)"}, hint="The library's own instance norm is called: write the mean and the variance yourself.")
class TheLibrarysNorm: ...


@right("ConditionalInstanceNorm")
class AsAProductOfMatrices(nn.Module):
    def __init__(self, num_channels, num_styles, eps=1e-5):
        super().__init__()
        self.eps, self.num_styles = eps, num_styles
        self.bias = nn.Parameter(torch.zeros(num_styles, num_channels))
        self.weight = nn.Parameter(torch.ones(num_styles, num_channels))

    def forward(self, x, styles):
        if styles.ndim == 1:
            styles = F.one_hot(styles, self.num_styles).to(x.dtype)
        flat = x.reshape(*x.shape[:2], -1)
        centred = flat - flat.mean(dim=2, keepdim=True)
        centred = centred / torch.sqrt((centred**2).mean(dim=2, keepdim=True) + self.eps)
        scale, shift = (styles @ table for table in (self.weight, self.bias))
        return (scale.unsqueeze(2) * centred + shift.unsqueeze(2)).reshape(x.shape)


@right("ConditionalInstanceNorm")
class WithEinsumAndIndexSelect(nn.Module):
    def __init__(self, num_channels, num_styles, eps=1e-5):
        super().__init__()
        self.register_parameter("weight", nn.Parameter(torch.full((num_styles, num_channels), 1.0)))
        self.register_parameter("bias", nn.Parameter(torch.full((num_styles, num_channels), 0.0)))
        self.eps = eps

    def forward(self, x, styles):
        variance, mean = torch.var_mean(x, dim=[-2, -1], unbiased=False, keepdim=True)
        normed = (x - mean) * torch.rsqrt(variance + self.eps)
        if styles.dtype == torch.int64:
            w, b = self.weight.index_select(0, styles), self.bias.index_select(0, styles)
        else:
            w, b = torch.einsum("ns,sc->nc", styles, self.weight), torch.einsum("ns,sc->nc", styles, self.bias)
        return torch.einsum("nchw,nc->nchw", normed, w) + b[..., None, None]


@right("ConditionalInstanceNorm")
class FromMomentsAndEmbeddings(nn.Module):
    def __init__(self, num_channels, num_styles, eps=1e-5):
        super().__init__()
        shape = num_styles, num_channels
        self.weight, self.bias, self.eps = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.zeros(shape)), eps

    def rows_of(self, table, styles):
        rows = F.embedding(styles, table) if not torch.is_floating_point(styles) else torch.mm(styles, table)
        return rows.view(len(styles), -1, 1, 1)

    def forward(self, x, styles):
        places = x.shape[2] * x.shape[3]
        off = x - x.sum(dim=(2, 3), keepdim=True) / places
        spread = off.pow(2).sum(dim=(2, 3), keepdim=True) / places
        return torch.addcmul(self.rows_of(self.bias, styles), off / (spread + self.eps) ** 0.5, self.rows_of(self.weight, styles))


# train_fast_style


@mistake("train_fast_style", edit={"loss = (content - wanted).square().sum() / wanted.square().sum()": "loss = (content - wanted).square().mean()"}, hint="The content is compared by a mean squared difference: it should be relative, by the size of the photographs' own maps.")
def content_not_relative(): ...


@mistake("train_fast_style", edit={"loss = (content - wanted).square().sum() / wanted.square().sum()": "apart = (content - wanted).square().sum(dim=(1, 2, 3))\n        loss = (apart / wanted.square().sum(dim=(1, 2, 3))).mean()"}, hint="The content's relative distance is taken image by image: it is one fraction for the whole batch.")
def content_for_each_image(): ...


@mistake("train_fast_style", edit={"(wanted,) = maps_of(network, [content_layer], x)": "(wanted,) = maps_of(network, [content_layer], painter(x, chosen))"}, hint="What was painted is compared with itself: the content is that of the photographs.")
def content_of_itself(): ...


@mistake("train_fast_style", edit={"goal = target[chosen]": "goal = target[[0] * len(x)]"}, hint="Every image is held against the first style: each has its own.")
def first_style_for_all(): ...


@mistake("train_fast_style", edit={"goal = target[chosen]": "goal = target[chosen].mean(dim=0, keepdim=True).expand(len(x), -1, -1)"}, hint="Images are held against the mean of the batch's styles: each has its own.")
def mean_of_the_styles(): ...


@mistake("train_fast_style", edit={"(apart / goal.square().sum(dim=(1, 2))).mean()": "(apart / goal.square().sum(dim=(1, 2))).sum()"}, hint="The style's distance is summed over the images: it should be their mean.")
def style_summed_over_images(): ...


@mistake("train_fast_style", edit={"(apart / goal.square().sum(dim=(1, 2))).mean()": "apart.sum() / goal.square().sum()"}, hint="The style is one fraction for the whole batch: it is the mean of the images' own fractions.")
def fraction_of_sums(): ...


@mistake("train_fast_style", edit={"loss = loss + style_weight * (apart / goal.square().sum(dim=(1, 2))).mean()": "loss = loss + style_weight * (apart / goal.square().sum(dim=(1, 2))).mean() / len(style_layers)"}, hint="The mean over the style layers is taken: it should be their sum.")
def mean_over_style_layers(): ...


@mistake("train_fast_style", edit={"style_weight * (apart": "(apart"}, hint="The style's weight is left out.")
def no_style_weight(): ...


@mistake("train_fast_style", edit={"style_weight * (apart / goal.square().sum(dim=(1, 2))).mean()": "style_weight * (gram(maps).mean(dim=0) - goal.mean(dim=0)).square().sum() / goal.mean(dim=0).square().sum()"}, hint="Gram matrices are averaged over the batch before they are compared: each image is compared by itself.")
def mean_gram_of_the_batch(): ...


@mistake("train_fast_style", edit={"        optimiser.zero_grad()\n": ""}, hint="Gradients pile up from step to step, those from before the training too.")
def gradients_kept(): ...


@mistake("train_fast_style", edit={"loss.backward(inputs=learning)": "loss.backward()"}, hint="backward() also fills the grad of the network that looks, where it learns: that is to stay as it is.")
def backward_into_the_network(): ...


@mistake("train_fast_style", edit={"    painter.train()\n": "    painter.train()\n    network.requires_grad_(False)\n"}, hint="The network that looks is frozen, and stays so: it is to be left as it came.")
def network_left_frozen(): ...


@mistake("train_fast_style", edit={"    painter.train()\n": ""}, hint="The painter is used in whatever mode it comes: at each step it should be in training mode.")
def mode_forgotten(): ...


@mistake("train_fast_style", edit={"    painter.eval()\n": ""}, hint="The painter comes back in training mode: it should be in evaluation mode.")
def stays_in_training_mode(): ...


@mistake("train_fast_style", edit={"[one for one in painter.parameters() if one.requires_grad]": "list(painter.requires_grad_(True).parameters())"}, hint="Parameters that came frozen are switched on, and move.")
def all_switched_on(): ...


@mistake("train_fast_style", edit={"torch.optim.Adam(learning, lr=rate)": "torch.optim.SGD(learning, lr=rate)"}, hint="Plain gradient descent takes the steps: Adam was asked for.")
def plain_descent_of_the_painter(): ...


@mistake("train_fast_style", edit={"torch.optim.Adam(learning, lr=rate)": "torch.optim.Adam([*learning, *network.parameters()], lr=rate)", "loss.backward(inputs=learning)": "loss.backward()"}, hint="The network that looks learns as well, and so it becomes easy to please. It stays as it is.")
def the_looker_learns_too(): ...


@mistake("train_fast_style", edit={"    for x, chosen in zip(batches, styles):\n": "    for x, chosen in zip(batches, styles):\n        optimiser = torch.optim.Adam(learning, lr=rate)\n"}, hint="Each step has a new Adam, which remembers nothing of the steps before.")
def a_new_adam_each_batch(): ...


@mistake("train_fast_style", edit={"for x, chosen in zip(batches, styles):": "for step in range(len(styles)):\n        x, chosen = batches[step], styles[step]"}, hint="The batches are taken by their number: what gives them one after the other may have none.")
def batches_by_number(): ...


@mistake("train_fast_style", edit={"content, *looked = maps_of(network, [content_layer, *style_layers], painted)": "(content,), looked = maps_of(network, [content_layer], painted), maps_of(network, style_layers, x)"}, hint="The style is measured on the photographs: it is what was painted that should have it.")
def style_of_the_photographs(): ...


solved_train = train_fast_style


@right("train_fast_style")
def with_gradients_handed_over(painter, network, content_layer, style_layers, pictures, batches, styles, style_weight=1.0, rate=0.01):
    targets = {}
    for style, picture in enumerate(pictures):
        for layer, maps in zip(style_layers, maps_of(network, style_layers, picture)):
            targets[style, layer] = gram(maps).detach()[0]
    painter.train()
    parameters = [p for p in painter.parameters() if p.requires_grad]
    adam, losses = torch.optim.Adam(parameters, lr=rate), []
    for x, s in zip(batches, styles):
        y = painter(x, s)
        a, b = maps_of(network, [content_layer], y)[0], maps_of(network, [content_layer], x)[0].detach()
        loss = ((a - b) ** 2).sum() / (b**2).sum()
        for layer in style_layers:
            matrices = gram(maps_of(network, [layer], y)[0])
            for n, style in enumerate(s.tolist()):
                t = targets[style, layer]
                loss = loss + style_weight * ((matrices[n] - t) ** 2).sum() / (t**2).sum() / len(s)
        for p, slope in zip(parameters, torch.autograd.grad(loss, parameters)):
            p.grad = slope
        adam.step()
        losses.append(loss.item())
    painter.eval()
    return losses


@right("train_fast_style")
def image_by_image(painter, network, content_layer, style_layers, pictures, batches, styles, style_weight=1.0, rate=0.01):
    def distance(own, goal):
        return (own - goal).pow(2).sum() / goal.pow(2).sum()

    with torch.no_grad():
        goals = [[gram(m) for m in maps_of(network, style_layers, p)] for p in pictures]
    learning = [p for p in painter.parameters() if p.requires_grad]
    adam = torch.optim.Adam(learning, lr=rate)
    painter.train(True)
    history = []
    for x, s in zip(batches, styles):
        adam.zero_grad(set_to_none=True)
        painted = painter(x, s)
        with torch.no_grad():
            reference = maps_of(network, [content_layer], x)[0]
        loss = distance(maps_of(network, [content_layer], painted)[0], reference)
        for n in range(len(x)):
            found = maps_of(network, style_layers, painted[n : n + 1])
            loss = loss + style_weight / len(x) * sum(distance(gram(m), g) for m, g in zip(found, goals[int(s[n])]))
        loss.backward(inputs=learning)
        adam.step()
        history.append(loss.detach().item())
    painter.train(False)
    return history


@right("train_fast_style")
def network_switched_off_and_on(painter, network, content_layer, style_layers, pictures, batches, styles, style_weight=1.0, rate=0.01):
    came = [p.requires_grad for p in network.parameters()]
    for p in network.parameters():
        p.requires_grad_(False)
    try:
        targets = list(zip(*([gram(m)[0] for m in maps_of(network, style_layers, p)] for p in pictures)))
        optimiser = torch.optim.Adam([p for p in painter.parameters() if p.requires_grad], lr=rate)
        losses = []
        for x, s in zip(batches, styles):
            painter.train()
            optimiser.zero_grad()
            y = painter(x, s)
            wanted, own = maps_of(network, [content_layer], x)[0], maps_of(network, [content_layer], y)[0]
            content, style = F.mse_loss(own, wanted) / wanted.pow(2).mean(), 0.0
            for m, t in zip(maps_of(network, style_layers, y), targets):
                t = torch.stack(t)[s].flatten(1)
                style = style + (((gram(m).flatten(1) - t) ** 2).sum(1) / (t**2).sum(1)).mean()
            (content + style_weight * style).backward()
            optimiser.step()
            losses.append((content + style_weight * style).item())
    finally:
        for p, learns in zip(network.parameters(), came):
            p.requires_grad_(learns)
    painter.eval()
    return losses
