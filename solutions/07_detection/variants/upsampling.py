"""What students write in upsampling: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# sliding_window_segment

NO_PASS = "The scores are right, but `once` changes nothing in how they are found. One way cuts patches, the other never does."
RELU_AT_THE_END = "The scores are never negative: there is a ReLU behind the dense layer. Which layers have one?"


@mistake("sliding_window_segment", edit={"F.pad(x, (beside, beside, above, above))": "F.pad(x, (above, above, beside, beside))"}, hint="Rows and columns of the border have changed places. `F.pad` begins with the last dimension.")
def border_of_the_other_side(): ...


@mistake("sliding_window_segment", edit={"F.pad(x, (beside, beside, above, above))": "F.pad(x, (beside, beside, above, above), mode='replicate')"}, hint="The border repeats the pixels of the edge. What lies outside of the image is 0.")
def border_of_copies(): ...


@mistake("sliding_window_segment", edit={"F.conv2d(maps, weights, bias).relu()": "F.conv2d(maps, weights, bias)"}, hint="There is no ReLU behind the convolutions.")
def no_relu(): ...


@mistake("sliding_window_segment", edit={"return F.conv2d(maps, kernels, bias)": "return F.conv2d(maps, kernels, bias).relu()", "scores = F.linear(maps.flatten(1), weights, bias)": "scores = F.linear(maps.flatten(1), weights, bias).relu()"}, hint=RELU_AT_THE_END)
def relu_at_the_end(): ...


@mistake("sliding_window_segment", edit={"return F.conv2d(maps, kernels, bias)": "return F.conv2d(maps, kernels)", "scores = F.linear(maps.flatten(1), weights, bias)": "scores = F.linear(maps.flatten(1), weights)"}, hint="The dense layer's bias is left out.")
def dense_without_bias(): ...


@mistake("sliding_window_segment", edit={"patches.movedim(1, 3).flatten(0, 2)": "patches.reshape(-1, x.shape[1], *size)"}, hint="Patch by patch, the numbers get mixed: channels stand before rows and columns of the places, and a reshape does not move them. Move the dimension first.")
def reshaped_without_moving(): ...


@mistake("sliding_window_segment", edit={"scores.reshape(len(x), *x.shape[2:], -1).movedim(3, 1)": "scores.reshape(len(x), -1, *x.shape[2:])"}, hint="Patch by patch, the scores come as one row for each patch, so the classes vary fastest. A reshape alone does not bring them to the front.")
def scores_reshaped_without_moving(): ...


@mistake("sliding_window_segment", edit={"kernels = weights.reshape(len(weights), maps.shape[1], *rest)": "rest = tuple(rest)\n        kernels = weights.reshape(len(weights), *rest, maps.shape[1]).permute(0, 3, 1, 2)"}, hint="In one pass, the dense layer's weights are read with the channels last. A patch's maps were flattened channels first.")
def channels_last_in_the_kernel(): ...


@mistake("sliding_window_segment", edit={"kernels = weights.reshape(len(weights), maps.shape[1], *rest)": "kernels = weights.reshape(len(weights), maps.shape[1], *rest).flip(2, 3)"}, hint="In one pass, the dense layer's kernel is turned by half a turn. F.conv2d lays kernels on as they stand.")
def kernel_turned(): ...


@mistake("sliding_window_segment", edit={"kernels = weights.reshape(len(weights), maps.shape[1], *rest)": "rest = tuple(rest)\n        kernels = weights.reshape(len(weights), maps.shape[1], *rest[::-1]).transpose(2, 3)"}, hint="In one pass, rows and columns of the dense layer's kernel have changed places.")
def kernel_transposed(): ...


@mistake("sliding_window_segment", edit={"if not once:": "if True:", "    if once:\n        rest = (n - m + 1 for n, m in zip(maps.shape[2:], x.shape[2:]))\n        kernels = weights.reshape(len(weights), maps.shape[1], *rest)\n        return F.conv2d(maps, kernels, bias)\n": ""}, hint=NO_PASS)
def always_patch_by_patch(): ...


@mistake("sliding_window_segment", edit={"if not once:": "if False:", "if once:": "if True:"}, hint=NO_PASS)
def always_once(): ...


@mistake("sliding_window_segment", edit={"if not once:": "if once:", "    if once:\n        rest": "    if not once:\n        rest"}, hint=NO_PASS)
def the_ways_exchanged(): ...


@mistake("sliding_window_segment", edit={"maps = F.pad(x, (beside, beside, above, above))": "maps = F.pad(x, (beside, beside, above, above)) if not once else x", "maps = F.conv2d(maps, weights, bias).relu()": "maps = F.conv2d(maps, weights, bias, padding='same' if once else 0).relu()", "rest = (n - m + 1 for n, m in zip(maps.shape[2:], x.shape[2:]))": "cut = [sum(w.shape[i] - 1 for w, _ in layers) for i in (2, 3)]\n        rest = (size[0] - cut[0], size[1] - cut[1])", "return F.conv2d(maps, kernels, bias)": "return F.conv2d(maps, kernels, bias, padding='same')"}, hint="In one pass, each layer pads its own input with zeros. The border belongs to the image, and is put on once: at the edge a bias or a ReLU makes something else of zeros than zeros.")
def each_layer_pads(): ...


@mistake("sliding_window_segment", edit={"for weights, bias in layers:": "for weights, bias in layers[::-1]:"}, hint="The convolutions run from the last to the first.")
def layers_backwards(): ...


@mistake("sliding_window_segment", edit={"F.conv2d(maps, weights, bias).relu()": "F.conv2d(maps, weights).relu()"}, hint="The biases of the convolutions are left out.")
def convolutions_without_bias(): ...


@mistake("sliding_window_segment", edit={"maps = F.pad(x, (beside, beside, above, above))": "size = size[::-1]\n    maps = F.pad(x, (above, above, beside, beside))"}, hint="The patch's size is read the wrong way round: rows come first.")
def size_columns_first(): ...


@mistake("sliding_window_segment", edit={"F.pad(x, (beside, beside, above, above))": "F.pad(x, (2 * beside, 0, 2 * above, 0))"}, hint="The scores are those of patches that end at their pixel. A pixel's patch has it in the middle.")
def patches_end_at_the_pixel(): ...


@mistake("sliding_window_segment", hint="The scores are those of patches that begin at their pixel. A pixel's patch has it in the middle.")
def patches_begin_at_the_pixel(x, layers, dense, size, once=False):
    maps = F.pad(x, (0, size[1] - 1, 0, size[0] - 1))
    for weights, bias in layers if once else []:
        maps = F.conv2d(maps, weights, bias).relu()
    if once:
        kernels = dense[0].view(len(dense[0]), maps.shape[1], maps.shape[2] - x.shape[2] + 1, -1)
        return F.conv2d(maps, kernels, dense[1])
    patches = maps.unfold(2, size[0], 1).unfold(3, size[1], 1).movedim(1, 3).flatten(0, 2)
    for weights, bias in layers:
        patches = F.conv2d(patches, weights, bias).relu()
    out = patches.flatten(1) @ dense[0].T + dense[1]
    return out.unflatten(0, (len(x), *x.shape[2:])).movedim(3, 1)


@right("sliding_window_segment")
def pixel_by_pixel(x, layers, dense, size, once=False):
    up, left = size[0] // 2, size[1] // 2
    padded = torch.nn.functional.pad(x, [left, left, up, up])

    def through(maps):
        for weights, bias in layers:
            maps = torch.relu(F.conv2d(maps, weights, bias))
        return maps

    if once:
        maps = through(padded)
        height = size[0] - sum(weights.shape[2] - 1 for weights, _ in layers)
        width = size[1] - sum(weights.shape[3] - 1 for weights, _ in layers)
        return F.conv2d(maps, dense[0].reshape(-1, maps.shape[1], height, width), dense[1])
    columns = []
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            patch = padded[:, :, i : i + size[0], j : j + size[1]]
            columns.append(through(patch).flatten(1) @ dense[0].T + dense[1])
    return torch.stack(columns, dim=2).reshape(len(x), -1, *x.shape[2:])


@right("sliding_window_segment")
def by_columns(x, layers, dense, size, once=False):
    n, c, height, width = x.shape
    if not once:
        columns = F.unfold(x, size, padding=(size[0] // 2, size[1] // 2))
        out = columns.transpose(1, 2).reshape(n * height * width, c, size[0], size[1])
    else:
        out = F.pad(x, (size[1] // 2,) * 2 + (size[0] // 2,) * 2)
    for layer in layers:
        out = F.relu(F.conv2d(out, *layer))
    if not once:
        out = torch.addmm(dense[1], out.reshape(len(out), -1), dense[0].t())
        return out.reshape(n, height, width, -1).permute(0, 3, 1, 2)
    windows = out.unfold(2, out.shape[2] - height + 1, 1).unfold(3, out.shape[3] - width + 1, 1)
    kernels = dense[0].reshape(-1, out.shape[1], *windows.shape[4:])
    return torch.einsum("nchwij,kcij->nkhw", windows, kernels) + dense[1][:, None, None]


@right("sliding_window_segment")
def one_row_at_a_time(x, layers, dense, size, once=False):
    """Patches of a row of pixels at a time, so that few are held at once."""
    top, side = (size[0] - 1) // 2, (size[1] - 1) // 2
    padded = x.new_zeros(len(x), x.shape[1], x.shape[2] + 2 * top, x.shape[3] + 2 * side)
    padded[:, :, top : top + x.shape[2], side : side + x.shape[3]] = x
    if once:
        for weights, bias in layers:
            padded = F.conv2d(padded, weights, bias).clamp(min=0)
        kernel = dense[0].unflatten(1, (padded.shape[1], padded.shape[2] - x.shape[2] + 1, -1))
        return F.conv2d(padded, kernel, dense[1])
    rows = []
    for i in range(x.shape[2]):
        patches = padded[:, :, i : i + size[0]].unfold(3, size[1], 1).permute(0, 3, 1, 2, 4)
        maps = patches.reshape(-1, x.shape[1], *size)
        for weights, bias in layers:
            maps = F.conv2d(maps, weights, bias).clamp(min=0)
        scores = F.linear(maps.flatten(start_dim=1), *dense)
        rows.append(scores.reshape(len(x), x.shape[3], -1).transpose(1, 2))
    return torch.stack(rows, dim=2)


# dilated_conv2d

GAP = "With a dilation of 1 the kernel's numbers lie side by side. Yours are one pixel further apart: the dilation is a distance, and no count of what is left out."


@mistake("dilated_conv2d", edit={"(top, left), (down, across) = pair(padding), pair(dilation)": "(top, left), (down, across) = pair(padding), pair(dilation)[::-1]"}, hint="The pair of the dilation is read the wrong way round: the vertical one comes first.")
def dilation_horizontal_first(): ...


@mistake("dilated_conv2d", edit={"F.pad(x, (left, left, top, top))": "F.pad(x, (top, top, left, left))"}, hint="Rows and columns of the border have changed places. `F.pad` begins with the last dimension.")
def padding_horizontal_first(): ...


@mistake("dilated_conv2d", hint="The dilation is left out: neighbours of the kernel meet neighbours of the image.")
def dilation_left_out(x, weights, bias=None, padding=0, dilation=1):
    return F.conv2d(x, weights, bias, padding=padding)


@mistake("dilated_conv2d", hint="The dilation is used as a stride: the kernel's numbers lie side by side, and its places far apart.")
def dilation_as_stride(x, weights, bias=None, padding=0, dilation=1):
    return F.conv2d(x, weights, bias, stride=dilation, padding=padding)


@mistake("dilated_conv2d", hint="torch's own dilation is used. It is to be made from ordinary convolutions.")
def by_torchs_dilation(x, weights, bias=None, padding=0, dilation=1):
    return F.conv2d(x, weights, bias, padding=padding, dilation=dilation)


@mistake("dilated_conv2d", hint="The kernel is filled up with zeros, and these are multiplied too: with a dilation of 9 that is forty times the work.")
def kernel_filled_up(x, weights, bias=None, padding=0, dilation=1):
    down, across = pair(dilation)
    num, channels, kh, kw = weights.shape
    spread = weights.new_zeros(num, channels, (kh - 1) * down + 1, (kw - 1) * across + 1)
    spread[:, :, ::down, ::across] = weights
    return F.conv2d(x, spread, bias, padding=padding)


@mistake("dilated_conv2d", hint="Some rows and columns of zeros too many surround the kernel. Filled up, 3 numbers with a dilation of 2 span 5 pixels and not 6; and then the zeros are multiplied too.")
def kernel_filled_up_too_far(x, weights, bias=None, padding=0, dilation=1):
    down, across = pair(dilation)
    num, channels, kh, kw = weights.shape
    spread = weights.new_zeros(num, channels, kh * down, kw * across)
    spread[:, :, ::down, ::across] = weights
    (top, left) = pair(padding)
    return F.conv2d(F.pad(x, (left, left + across - 1, top, top + down - 1)), spread, bias)[:, :, : -(down - 1) or None, : -(across - 1) or None]


@mistake("dilated_conv2d", edit={"pair(padding), pair(dilation)": "pair(padding), (d + 1 for d in pair(dilation))"}, hint=GAP)
def dilation_is_a_gap(): ...


@mistake("dilated_conv2d", edit={"F.conv2d(part, weights, bias)": "F.conv2d(part, weights.flip(2, 3), bias)"}, hint="The kernel is turned by half a turn. It is laid on as it stands.")
def kernel_is_turned(): ...


@mistake("dilated_conv2d", edit={"min(down, height)": "down", "min(across, width)": "across"}, hint="Where the output has fewer rows or columns than the dilation, some of the small images are too small for the kernel, and torch fails. How many of them have an answer at all?")
def images_too_small(): ...


@mistake("dilated_conv2d", edit={"F.conv2d(part, weights, bias)": "F.conv2d(part, weights)"}, hint="The bias is left out.")
def dilated_without_bias(): ...


@mistake("dilated_conv2d", edit={"x = F.pad(x, (left, left, top, top))\n": "height, width = x.shape[2:]\n", "x.shape[2] - down * (weights.shape[2] - 1)": "height + 2 * top - down * (weights.shape[2] - 1)", "x.shape[3] - across * (weights.shape[3] - 1)": "width + 2 * left - across * (weights.shape[3] - 1)", "part = x[:, :, i::down, j::across]": "part = F.pad(x[:, :, i::down, j::across], (left, left, top, top))", "out[:, :, i::down, j::across] = F.conv2d(part, weights, bias)": "found = F.conv2d(part, weights, bias)\n            room = out[:, :, i::down, j::across]\n            room[:, :, : found.shape[2], : found.shape[3]] = found[:, :, : room.shape[2], : room.shape[3]]", "x.new_empty": "x.new_zeros"}, hint="Each small image gets the whole border, which is then too wide by the dilation. The border belongs to the image, before it is parted.")
def each_part_padded(): ...


@mistake("dilated_conv2d", edit={"out[:, :, i::down, j::across] = F.conv2d(part, weights, bias)": "out[:, :, i::down, j::across] = F.conv2d(part, weights, bias)\n    out = torch.cat([torch.cat([out[:, :, i::down, j::across] for j in range(min(across, width))], 3) for i in range(min(down, height))], 2)"}, hint="The answers of the small images stand side by side. They go back to where their pixels came from, in turn.")
def parts_side_by_side(): ...


@mistake("dilated_conv2d", hint="F.unfold is given the dilation, and has nothing left to do for you.")
def by_unfold(x, weights, bias=None, padding=0, dilation=1):
    kh, kw = weights.shape[2:]
    columns = F.unfold(x, (kh, kw), dilation=dilation, padding=padding)
    (top, _), (down, _) = pair(padding), pair(dilation)
    height = x.shape[2] + 2 * top - down * (kh - 1)
    out = (weights.flatten(1) @ columns).unflatten(2, (height, -1))
    return out if bias is None else out + bias[:, None, None]


@right("dilated_conv2d")
def over_the_places_of_the_kernel(x, weights, bias=None, padding=0, dilation=1):
    (top, left), (dh, dw) = pair(padding), pair(dilation)
    padded = F.pad(x, (left, left, top, top))
    kh, kw = weights.shape[2:]
    rows, columns = padded.shape[2] - dh * (kh - 1), padded.shape[3] - dw * (kw - 1)
    out = 0 if bias is None else bias[:, None, None]
    for a in range(kh):
        for b in range(kw):
            met = padded[:, :, a * dh : a * dh + rows, b * dw : b * dw + columns]
            out = out + torch.einsum("nchw,mc->nmhw", met, weights[:, :, a, b])
    return out


@right("dilated_conv2d")
def by_windows_with_steps(x, weights, bias=None, padding=0, dilation=1):
    (top, left), (dh, dw) = pair(padding), pair(dilation)
    kh, kw = weights.shape[2:]
    x = F.pad(x, (left, left, top, top))
    windows = x.unfold(2, dh * (kh - 1) + 1, 1).unfold(3, dw * (kw - 1) + 1, 1)
    out = torch.einsum("nchwij,mcij->nmhw", windows[..., ::dh, ::dw], weights)
    return out if bias is None else out + bias.reshape(1, -1, 1, 1)


@right("dilated_conv2d")
def parts_in_one_batch(x, weights, bias=None, padding=0, dilation=1):
    """Fill up to whole multiples of the dilation, and convolve all the small images as one batch."""
    (top, left), (dh, dw) = pair(padding), pair(dilation)
    height = x.shape[2] + 2 * top - dh * (weights.shape[2] - 1)
    width = x.shape[3] + 2 * left - dw * (weights.shape[3] - 1)
    more_rows, more_columns = -(x.shape[2] + 2 * top) % dh, -(x.shape[3] + 2 * left) % dw
    x = F.pad(x, (left, left + more_columns, top, top + more_rows))
    parts = x.unflatten(3, (-1, dw)).unflatten(2, (-1, dh))  # n, c, rows, dh, columns, dw
    batch = parts.permute(0, 3, 5, 1, 2, 4).flatten(0, 2)
    out = F.conv2d(batch, weights, bias).unflatten(0, (-1, dh, dw))
    out = out.permute(0, 3, 4, 1, 5, 2).flatten(4, 5).flatten(2, 3)
    return out[:, :, :height, :width]


# hdc_max_distance

SECOND_TERM = "The rule's second term is missing, or is never the largest: once the inner neighbours have passed each other, they are apart again."
BACKWARDS = "The list begins with the last layer. The rule runs backwards, but M_1 stands first."


@mistake("hdc_max_distance", edit={"distances = [rates[-1]]": "rates = rates[::-1]\n    distances = [rates[-1]]"}, hint="The rule begins with the first layer. It goes from the last to the first.")
def rule_from_the_first(): ...


@mistake("hdc_max_distance", edit={"return distances, ": "return distances[::-1], "}, hint=BACKWARDS)
def list_backwards(): ...


@mistake("hdc_max_distance", edit={"2 * rate - later, ": ""}, hint=SECOND_TERM)
def without_the_second_term(): ...


@mistake("hdc_max_distance", edit={"max(later - 2 * rate, 2 * rate - later, rate)": "max(later - 2 * rate, 2 * rate - later)"}, hint="The rule lacks a term: within its own three pixels a layer leaves distances of its rate.")
def without_the_rate(): ...


@mistake("hdc_max_distance", edit={"max(later - 2 * rate, 2 * rate - later, rate)": "max(later - 2 * rate, rate)", "later = distances[0]": "later = rates[-1]"}, hint="Every step of the rule begins from the last layer's rate. It begins from the distance that the step before has found.")
def always_from_the_last_rate(): ...


@mistake("hdc_max_distance", edit={"max(later - 2 * rate, 2 * rate - later, rate)": "max(later - (kernel_size - 1) * rate, (kernel_size - 1) * rate - later, rate)"}, hint="The rule follows the kernel's size. It is taken as it stands in the text, with its twos.")
def rule_follows_the_kernel(): ...


@mistake("hdc_max_distance", edit={"return distances, max(b - a for a, b in zip(places, places[1:]))": "return distances, distances[0]"}, hint="What the rule says is given for the truth. Which pixels are seen in fact?")
def rule_for_the_truth(): ...


@mistake("hdc_max_distance", edit={"range(kernel_size)": "range(3)"}, hint="The truth is that of kernels of 3, whatever the kernel's size.")
def truth_of_three(): ...


@mistake("hdc_max_distance", edit={"for step in range(kernel_size)": "for step in (0, kernel_size - 1)"}, hint="Of each kernel only its ends are looked at. The pixels in the middle are seen too.")
def ends_only(): ...


@mistake("hdc_max_distance", edit={"return distances, max(b - a for a, b in zip(places, places[1:]))": "return distances, max(d for d in range(1, rates[-1] + 1) if all(rate % d == 0 for rate in rates))"}, hint="The largest common divisor is taken for the distance. It makes gaps, but gaps come without it too.")
def common_divisor(): ...


@mistake("hdc_max_distance", edit={"max(b - a for a, b in zip(places, places[1:]))": "max(b - a for a, b in zip(places, places[1:])) - 1"}, hint="The pixels between two neighbours are counted. The distance of two that touch is 1.")
def pixels_between(): ...


@mistake("hdc_max_distance", edit={"seen = {place + rate * step for place in seen for step in range(kernel_size)}": "seen = seen | {rate * step for step in range(kernel_size)}"}, hint="Each layer is looked at for itself, from the same place. The second one starts from every place that the first one sees.")
def layers_by_themselves(): ...


@mistake("hdc_max_distance", edit={"rates[-2::-1]": "rates[-2:0:-1]"}, hint="The rule stops a layer too early: M_1 is missing.")
def first_layer_missing(): ...


@right("hdc_max_distance")
def by_recursion(rates, kernel_size=3):
    def rule(rest):
        if len(rest) == 1:
            return list(rest)
        after = rule(rest[1:])
        return [max(after[0] - 2 * rest[0], after[0] - 2 * (after[0] - rest[0]), rest[0])] + after

    places = [0]
    for rate in rates:
        places = sorted({p + rate * k for p in places for k in range(kernel_size)})
    largest = 0
    for before, after in zip(places[:-1], places[1:]):
        largest = max(largest, after - before)
    return rule(rates), largest


@right("hdc_max_distance")
def by_kernels_of_ones(rates, kernel_size=3):
    """Convolve a single one with kernels of ones, and look where something arrived."""
    distances = [0] * len(rates)
    distances[-1] = rates[-1]
    for i in range(len(rates) - 2, -1, -1):
        m = distances[i + 1]
        distances[i] = max(m - 2 * rates[i], m - 2 * (m - rates[i]), rates[i])
    line = torch.ones(1, 1, 1)
    for rate in rates:
        reach = rate * (kernel_size - 1)
        line = F.conv1d(line, torch.ones(1, 1, kernel_size), padding=reach, dilation=rate).clamp(max=1)
    return distances, int(line.flatten().nonzero().flatten().diff().max())


@right("hdc_max_distance")
def by_a_row_of_bits(rates, kernel_size=3):
    distances = rates[-1:]
    for rate in reversed(rates[:-1]):
        distances = [max(abs(distances[0] - 2 * rate), rate), *distances]
    bits = 1
    for rate in rates:
        more = 0
        for k in range(kernel_size):
            more |= bits << rate * k
        bits = more
    gaps = bin(bits)[2:].strip("0").split("1")
    return distances, 1 + max(map(len, gaps))


# max_unpool2d


@mistake("max_unpool2d", edit={"image.scatter(2,": "image.scatter_add(2,"}, hint="Numbers that share a place are added up. They are the same number, and it stands there once.")
def winners_added(): ...


@mistake("max_unpool2d", edit={"image.scatter(2, indices.flatten(2), x.flatten(2))": "image.scatter_reduce(2, indices.flatten(2), x.flatten(2), 'amax')"}, hint="Negative numbers are lost: the larger of the number and the zero below it is kept.")
def larger_than_zero(): ...


@mistake("max_unpool2d", edit={"image.unflatten(2, sizes)": "image.unflatten(2, sizes[::-1]).transpose(2, 3)"}, hint="The places are read column by column. They are counted row by row.")
def column_by_column(): ...


@mistake("max_unpool2d", edit={"image.unflatten(2, sizes)": "image.unflatten(2, sizes[::-1])"}, hint="Height and width have changed places.")
def width_and_height(): ...


@mistake("max_unpool2d", edit={"+ k - 2 * p": "+ k - p"}, hint="The padding is taken off once. It was put on at both ends.")
def padding_taken_off_once(): ...


@mistake("max_unpool2d", edit={"+ k - 2 * p": "+ k"}, hint="The padding stays on. The image that was pooled had none; the border was put around it.")
def padding_stays(): ...


@mistake("max_unpool2d", edit={"(x.shape[2 + axis] - 1) * s + k - 2 * p": "x.shape[2 + axis] * s - 2 * p"}, hint="The usual size is the number of places times the stride. That is right where windows neither overlap nor have gaps: what does the last one span?")
def places_times_stride(): ...


@mistake("max_unpool2d", edit={"settings[0] if stride is None else pair(stride)": "settings[0]"}, hint="The stride is ignored: the windows are taken to lie side by side.")
def stride_ignored(): ...


@mistake("max_unpool2d", edit={"settings[0] if stride is None else pair(stride)": "(1, 1) if stride is None else pair(stride)"}, hint="Without a stride it is taken to be 1. A stride of None is the kernel's size.")
def stride_of_one(): ...


@mistake("max_unpool2d", edit={"if not least <= sizes[axis] < least + s:": "if not least - s < sizes[axis] < least + s:"}, hint="Sizes that are too small are taken, as in torch. Pooling an image of such a size gives fewer places.")
def smaller_sizes_too(): ...


@mistake("max_unpool2d", edit={"if not least <= sizes[axis] < least + s:": "if not least <= sizes[axis] <= least + s:"}, hint="A size that is larger by a whole stride is taken. Pooled, such an image has a place more.")
def a_whole_stride_more(): ...


@mistake("max_unpool2d", edit={"if not least <= sizes[axis] < least + s:": "if False:"}, hint="Any size is taken for `output_size`. The pooling must give it the rows and columns that came.")
def any_size(): ...


@mistake("max_unpool2d", edit={"if not least <= sizes[axis] < least + s:": "if sizes[axis] != least:"}, hint="Only the smallest size is taken. A pooling leaves rows and columns over, so larger images give the same numbers of places.")
def smallest_size_only(): ...


@mistake("max_unpool2d", edit={"sizes.append(least if output_size is None else output_size[axis])": "sizes.append(least)"}, hint="`output_size` is ignored: the image has the smallest size that it can have had.")
def output_size_ignored(): ...


@mistake("max_unpool2d", edit={"image = image.scatter(2, indices.flatten(2), x.flatten(2))": "image = image.flatten().scatter(0, indices.flatten(), x.flatten()).view(image.shape)"}, hint="All channels write into the first one of the first image: their places are counted from 0 on in each channel.")
def one_list_for_all_channels(): ...


@mistake("max_unpool2d", edit={"x.new_zeros(": "x.min().repeat("}, hint="Where no winner was, the smallest number stands. It is 0 there.")
def smallest_elsewhere(): ...


@mistake("max_unpool2d", edit={"image = image.scatter(2, indices.flatten(2), x.flatten(2))": "width = (x.shape[3] - 1) * settings[2][1] + settings[0][1] - 2 * settings[1][1]\n    places = indices // width * sizes[1] + indices % width\n    image = image.scatter(2, places.flatten(2), x.flatten(2))"}, hint="The places are read as if they counted through an image of the smallest size. They count through the image that comes out.")
def places_in_the_smallest_image(): ...


@mistake("max_unpool2d", edit={"image = image.scatter(2, indices.flatten(2), x.flatten(2))": "(kh, kw), (ph, pw), (sh, sw) = settings\n    rows, columns = torch.arange(x.shape[2], device=x.device) * sh, torch.arange(x.shape[3], device=x.device) * sw\n    places = (rows[:, None] * sizes[1] + columns).expand(x.shape)\n    image = image.scatter(2, places.flatten(2), x.flatten(2))"}, hint="The numbers stand at the upper left corner of their windows. `indices` says where they stood.")
def corner_of_the_window(): ...


@mistake("max_unpool2d", hint="torch's own unpooling is used. Put the numbers at their places yourself.")
def by_torchs_unpooling(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    s = pair(kernel_size if stride is None else stride)
    least = [(n - 1) * t + k - 2 * p for n, t, k, p in zip(x.shape[2:], s, pair(kernel_size), pair(padding))]
    if output_size is not None and any(not n <= m < n + t for n, m, t in zip(least, output_size, s)):
        raise ValueError(output_size)
    return F.max_unpool2d(x, indices, kernel_size, stride, padding, output_size)


@right("max_unpool2d")
def by_positions(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = pair(kernel_size if stride is None else stride)
    n, c, h, w = x.shape
    height, width = output_size or ((h - 1) * sh - 2 * ph + kh, (w - 1) * sw - 2 * pw + kw)
    fits_down = height + 2 * ph >= kh and (height + 2 * ph - kh) // sh + 1 == h
    fits_across = width + 2 * pw >= kw and (width + 2 * pw - kw) // sw + 1 == w
    if not (fits_down and fits_across):
        raise ValueError(f"{height} x {width} does not pool to {h} x {w}")
    out = torch.zeros(n, c, height, width, dtype=x.dtype, device=x.device)
    images = torch.arange(n, device=x.device)[:, None, None, None]
    channels = torch.arange(c, device=x.device)[:, None, None]
    out[images, channels, indices // width, indices % width] = x
    return out


@right("max_unpool2d")
def into_one_long_line(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    n, c = x.shape[:2]
    stride = kernel_size if stride is None else stride
    size = []
    for places, k, s, p in zip(x.shape[2:], pair(kernel_size), pair(stride), pair(padding)):
        size.append(s * (places - 1) + k - 2 * p)
    if output_size is not None:
        for told, least, s in zip(output_size, size, pair(stride)):
            if told < least or told >= least + s:
                raise ValueError("output_size does not fit")
        size = list(output_size)
    each = size[0] * size[1]
    line = x.new_zeros(n * c * each)
    starts = each * torch.arange(n * c, device=x.device).reshape(n, c, 1, 1)
    line[(indices + starts).reshape(-1)] = x.reshape(-1)
    return line.reshape(n, c, *size)


@right("max_unpool2d")
def scatter_in_place(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    k, p = torch.tensor(pair(kernel_size)), torch.tensor(pair(padding))
    s = k if stride is None else torch.tensor(pair(stride))
    least = (torch.tensor(x.shape[2:]) - 1) * s + k - 2 * p
    size = least if output_size is None else torch.tensor(output_size)
    if (size < least).any() or (size >= least + s).any():
        raise ValueError(output_size)
    height, width = size.tolist()
    out = torch.zeros(*x.shape[:2], height * width, dtype=x.dtype, device=x.device)
    out.scatter_(-1, indices.reshape(*x.shape[:2], -1), x.reshape(*x.shape[:2], -1))
    return out.reshape(*x.shape[:2], height, width)


# convolution_matrix


@mistake("convolution_matrix", edit={"return matrix.flatten(3).flatten(0, 2)": "return matrix.flatten(3).flatten(0, 2).T"}, hint="That is the transpose: a row belongs to a number of the output.")
def transposed_at_once(): ...


@mistake("convolution_matrix", edit={"= weights\n": "= weights.flip(2, 3)\n"}, hint="The kernel is turned by half a turn. Networks lay it on as it stands.")
def kernel_turned_in_the_matrix(): ...


@mistake("convolution_matrix", edit={"matrix = matrix[..., top : high - top, left : wide - left]\n": "matrix = matrix\n"}, hint="The border has columns. It holds zeros, so what would meet it is left out.")
def border_has_columns(): ...


@mistake("convolution_matrix", edit={"(down, across), (top, left) = pair(stride), pair(padding)": "(down, across), (top, left) = pair(stride)[::-1], pair(padding)"}, hint="The pair of the stride is read the wrong way round: the vertical one comes first.")
def stride_horizontal_first(): ...


@mistake("convolution_matrix", edit={"(down, across), (top, left) = pair(stride), pair(padding)": "(down, across), (top, left) = pair(stride), pair(padding)[::-1]"}, hint="The pair of the padding is read the wrong way round: the vertical one comes first.")
def border_horizontal_first(): ...


@mistake("convolution_matrix", edit={"high, wide = size[0] + 2 * top, size[1] + 2 * left": "wide, high = size[0] + 2 * top, size[1] + 2 * left"}, hint="Height and width of the image have changed places.")
def size_turned(): ...


@mistake("convolution_matrix", edit={"num_maps, rows, columns, channels, high": "rows, columns, num_maps, channels, high", "matrix[:, i, j, :,": "matrix[i, j, :, :,"}, hint="The maps of a place stand one after the other. In the flat output a whole map comes first, then the next.")
def maps_fastest(): ...


@mistake("convolution_matrix", edit={"return matrix.flatten(3).flatten(0, 2)": "return matrix.movedim(3, 5).flatten(3).flatten(0, 2)"}, hint="The channels of a pixel stand side by side. In the flat image a whole channel comes first, then the next.")
def channels_fastest(): ...


@mistake("convolution_matrix", edit={"y, x = i * down, j * across": "y, x = i, j"}, hint="The windows move on by one pixel, whatever the stride.")
def windows_one_pixel_on(): ...


@mistake("convolution_matrix", edit={"rows, columns = (high - kh) // down + 1, (wide - kw) // across + 1": "rows, columns = high // down, wide // across", "matrix[:, i, j, :, y : y + kh, x : x + kw] = weights": "room = matrix[:, i, j, :, y : y + kh, x : x + kw]\n            room.copy_(weights[:, :, : room.shape[3 - 1], : room.shape[4 - 1]])"}, hint="There are windows that reach beyond the border. Half a window does not count.")
def windows_beyond_the_border(): ...


@mistake("convolution_matrix", edit={"rows, columns = (high - kh) // down + 1, (wide - kw) // across + 1": "rows, columns = -((kh - high) // down) + 1, -((kw - wide) // across) + 1", "matrix[:, i, j, :, y : y + kh, x : x + kw] = weights": "room = matrix[:, i, j, :, y : y + kh, x : x + kw]\n            room.copy_(weights[:, :, : room.shape[2], : room.shape[3]])"}, hint="There are windows that reach beyond the border. Half a window does not count.")
def sizes_rounded_up(): ...


@mistake("convolution_matrix", edit={"= weights\n": "= weights.sum(dim=1, keepdim=True)\n"}, hint="All channels have the same weights, the sum over the channels. Each channel has its own slice of the kernel.")
def channels_summed(): ...


@mistake("convolution_matrix", edit={"weights.new_zeros(num_maps": "torch.zeros(num_maps"}, hint="The matrix is float32 on the CPU, whatever the weights are.")
def matrix_of_float32(): ...


@mistake("convolution_matrix", hint="torch's convolution makes the columns. Write the kernel into the matrix yourself.")
def by_torchs_convolution(weights, size, stride=1, padding=0):
    many = weights.shape[1] * size[0] * size[1]
    pixels = torch.eye(many, dtype=weights.dtype, device=weights.device).reshape(many, -1, *size)
    return F.conv2d(pixels, weights, stride=stride, padding=padding).reshape(many, -1).T


@right("convolution_matrix")
def a_column_for_each_pixel(weights, size, stride=1, padding=0):
    """A column is what an image with one bright pixel gives."""
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    channels = weights.shape[1]
    pixels = torch.eye(channels * size[0] * size[1], dtype=weights.dtype, device=weights.device)
    pixels = F.pad(pixels.reshape(-1, channels, *size), (pw, pw, ph, ph))
    windows = pixels.unfold(2, weights.shape[2], sh).unfold(3, weights.shape[3], sw)
    return torch.einsum("pchwij,mcij->mhwp", windows, weights).flatten(0, 2)


@right("convolution_matrix")
def number_by_number(weights, size, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    m, c, kh, kw = weights.shape
    height, width = size
    h, w = (height + 2 * ph - kh) // sh + 1, (width + 2 * pw - kw) // sw + 1
    out = torch.zeros(m * h * w, c * height * width, dtype=weights.dtype, device=weights.device)
    for i in range(h):
        for j in range(w):
            for a in range(kh):
                for b in range(kw):
                    row, column = i * sh + a - ph, j * sw + b - pw
                    if 0 <= row < height and 0 <= column < width:
                        out[i * w + j :: h * w, row * width + column :: height * width] = weights[:, :, a, b]
    return out


@right("convolution_matrix")
def by_places_of_the_kernel(weights, size, stride=1, padding=0):
    """For each place of the kernel, which pixel every place of the output meets."""
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    m, c, kh, kw = weights.shape
    h, w = (size[0] + 2 * ph - kh) // sh + 1, (size[1] + 2 * pw - kw) // sw + 1
    rows = sh * torch.arange(h, device=weights.device) - ph
    columns = sw * torch.arange(w, device=weights.device) - pw
    all_rows = torch.arange(size[0], device=weights.device)
    all_columns = torch.arange(size[1], device=weights.device)
    out = weights.new_zeros(m, h, w, c, size[0], size[1])
    for a in range(kh):
        for b in range(kw):
            met = (rows[:, None] + a == all_rows)[:, None, :, None] & (columns[:, None] + b == all_columns)[:, None, :]
            out = out + weights[:, None, None, :, a, b, None, None] * met[:, :, None].to(weights.dtype)
    return out.reshape(m * h * w, -1)


# conv_transpose2d

ZEROS_FOR_MORE = "The output padding is a border of zeros. What lies there is what the padding would have cut off, as far as there is something."


@mistake("conv_transpose2d", edit={"out = canvas[:, :, top : high - top, left : wide - left]": "canvas = canvas[:, :, : high - more[0], : wide - more[1]]\n    out = canvas[:, :, top : high - more[0] - top, left : wide - more[1] - left]\n    out = F.pad(out, (0, more[1], 0, more[0]))"}, hint=ZEROS_FOR_MORE)
def output_padding_of_zeros(): ...


@mistake("conv_transpose2d", edit={"out = canvas[:, :, top : high - top, left : wide - left]": "canvas = canvas.roll((more[0], more[1]), dims=(2, 3))\n    out = canvas[:, :, top : high - top, left : wide - left]"}, hint="The output padding stands above and at the left. It belongs to the far end.")
def output_padding_at_the_near_end(): ...


@mistake("conv_transpose2d", edit={"out = canvas[:, :, top : high - top, left : wide - left]": "out = F.pad(canvas, (left, left, top, top))"}, hint="The padding is put on. It belongs to the convolution that is turned round: what that one put on, this one takes off.")
def padding_put_on(): ...


@mistake("conv_transpose2d", edit={"top : high - top, left : wide - left": "2 * top :, 2 * left :"}, hint="The padding is cut off twice at the near end, and not at the far one.")
def cut_at_the_near_end(): ...


@mistake("conv_transpose2d", edit={"top : high - top, left : wide - left": "top:-top, left:-left"}, hint="With a padding of 0 nothing is left: a slice that ends at -0 is empty.")
def empty_without_padding(): ...


@mistake("conv_transpose2d", edit={"grid += stamps[..., i, j]": "grid.copy_(stamps[..., i, j])"}, hint="Where stamps overlap, the last one stands. They add up.")
def last_stamp_stands(): ...


@mistake("conv_transpose2d", edit={"grid += stamps[..., i, j]": "grid += stamps[..., -1 - i, -1 - j]"}, hint="The kernel is stamped on turned by half a turn. It is stamped on as it stands; it only looks turned to one who gathers.")
def stamp_turned(): ...


@mistake("conv_transpose2d", edit={"grid += stamps[..., i, j]": "grid += stamps[..., i, j] + (0 if bias is None else bias.view(-1, 1, 1))", "return out if bias is None else out + bias.view(-1, 1, 1)": "return out"}, hint="The bias is added with every stamp. It is added once to each number.")
def bias_with_every_stamp(): ...


@mistake("conv_transpose2d", edit={"return out if bias is None else out + bias.view(-1, 1, 1)": "return out"}, hint="The bias is left out.")
def transposed_without_bias(): ...


@mistake("conv_transpose2d", edit={"return out if bias is None else out + bias.view(-1, 1, 1)": "covered = F.pad(x.new_ones(1, 1, high - more[0], wide - more[1]), (0, more[1], 0, more[0]))[:, :, top : high - top, left : wide - left]\n    return out if bias is None else out + bias.view(-1, 1, 1) * covered"}, hint="In the output padding the bias is missing. It is added everywhere.")
def no_bias_in_the_output_padding(): ...


@mistake("conv_transpose2d", edit={'"ngchw,gcmij->ngmhwij", *parts)': '"ngchw,gcmij->ngmhwij", parts[0], weights.unflatten(0, (-1, groups)).transpose(0, 1))'}, hint="With groups, every second channel belongs to the first group. The first block of neighbours does.")
def groups_take_turns(): ...


@mistake("conv_transpose2d", edit={".flatten(1, 2)\n": ".transpose(1, 2).flatten(1, 2)\n"}, hint="With groups, the maps that go out take turns. Those of the first group come first.")
def maps_take_turns(): ...


@mistake("conv_transpose2d", edit={'*parts)': 'parts[0], parts[1].transpose(1, 2) if parts[1].shape[1] == parts[1].shape[2] else parts[1])'}, hint="Where as many channels come in as go out, the weights are read the other way round. Their first dimension is what comes in.")
def weights_read_as_a_convolutions(): ...


@mistake("conv_transpose2d", edit={"more[0] >= down or more[1] >= across": "False"}, hint="Any output padding is taken. One of a whole stride would belong to a map with a row more.")
def any_output_padding(): ...


@mistake("conv_transpose2d", edit={"more[0] >= down or more[1] >= across": "more[0] > down or more[1] > across"}, hint="An output padding as large as the stride is taken. It would belong to a map with a row more.")
def output_padding_of_a_stride(): ...


@mistake("conv_transpose2d", edit={"more[0] >= down or more[1] >= across": "max(more) >= max(down, across)"}, hint="The output padding of one direction is compared with the stride of the other. Each has its own.")
def strides_not_by_direction(): ...


@mistake("conv_transpose2d", edit={"more[0] >= down or more[1] >= across": "more[0] > top and top or more[0] >= down or more[1] >= across"}, hint="An output padding that is larger than the padding is refused. It may be: beyond the stamps lie zeros.")
def output_padding_within_the_padding(): ...


@mistake("conv_transpose2d", edit={"(down, across), (top, left), more = settings": "(across, down), (top, left), more = settings"}, hint="The pair of the stride is read the wrong way round: the vertical one comes first.")
def transposed_stride_horizontal_first(): ...


@mistake("conv_transpose2d", edit={"(down, across), (top, left), more = settings": "(down, across), (left, top), more = settings"}, hint="The pair of the padding is read the wrong way round: the vertical one comes first.")
def transposed_padding_horizontal_first(): ...


@mistake("conv_transpose2d", edit={"high = rows + weights.shape[2] - 1 + more[0]": "high = x.shape[2] * down + weights.shape[2] - 1 + more[0]", "wide = columns + weights.shape[3] - 1 + more[1]": "wide = x.shape[3] * across + weights.shape[3] - 1 + more[1]"}, hint="The canvas is too long: from the first of H numbers to the last there are H - 1 strides, and not H.")
def canvas_a_stride_too_long(): ...


@mistake("conv_transpose2d", edit={"bias.view(-1, 1, 1)": "bias.view(-1, 1, 1) * (canvas.abs().sum(dim=1, keepdim=True) > 0)[:, :, top : high - top, left : wide - left]"}, hint="Where no stamp lies the bias is missing. It is added everywhere.")
def bias_on_stamps_only(): ...


@mistake("conv_transpose2d", hint="The map is enlarged by repeating its pixels, and convolved. A stamp begins at each number of the map, with zeros between, and not copies.")
def pixels_repeated(x, weights, bias=None, stride=1, padding=0, output_padding=0, groups=1):
    (down, across), (top, left), (below, beside) = map(pair, (stride, padding, output_padding))
    if below >= down or beside >= across:
        raise ValueError(output_padding)
    kh, kw = weights.shape[2:]
    x = x.repeat_interleave(down, 2).repeat_interleave(across, 3)
    x = x[:, :, : x.shape[2] - down + 1, : x.shape[3] - across + 1]
    x = F.pad(x, (kw - 1, kw - 1 + beside, kh - 1, kh - 1 + below))
    windows = x.unfold(2, kh, 1).unfold(3, kw, 1).unflatten(1, (groups, -1))
    out = torch.einsum("ngchwij,gcmij->ngmhw", windows, weights.flip(2, 3).unflatten(0, (groups, -1))).flatten(1, 2)
    out = out[:, :, top : out.shape[2] - top, left : out.shape[3] - left]
    return out if bias is None else out + bias[:, None, None]


@right("conv_transpose2d")
def zeros_between_then_windows(x, weights, bias=None, stride=1, padding=0, output_padding=0, groups=1):
    """Put zeros between the numbers, and lay the turned kernel on all places."""
    (sh, sw), (ph, pw), (oh, ow) = map(pair, (stride, padding, output_padding))
    if oh >= sh or ow >= sw:
        raise ValueError("the output padding must be less than the stride")
    n, c, h, w = x.shape
    kh, kw = weights.shape[2:]
    spread = x.new_zeros(n, c, (h - 1) * sh + 1, (w - 1) * sw + 1)
    spread[:, :, ::sh, ::sw] = x
    spread = F.pad(spread, (kw - 1, kw - 1 + ow, kh - 1, kh - 1 + oh))
    windows = spread.unfold(2, kh, 1).unfold(3, kw, 1)
    outs = []
    for part, kernels in zip(windows.chunk(groups, 1), weights.flip(2, 3).chunk(groups, 0)):
        outs.append(torch.einsum("nchwij,cmij->nmhw", part, kernels))
    out = torch.cat(outs, 1)
    out = out[:, :, ph : out.shape[2] - ph, pw : out.shape[3] - pw]
    return out + bias[None, :, None, None] if bias is not None else out


@right("conv_transpose2d")
def by_index_add(x, weights, bias=None, stride=1, padding=0, output_padding=0, groups=1):
    """Rows first, then columns: each place of the kernel adds to a list of rows and of columns."""
    strides, paddings, more = pair(stride), pair(padding), pair(output_padding)
    if any(extra >= step for extra, step in zip(more, strides)):
        raise ValueError("the output padding must be less than the stride")
    n, _, h, w = x.shape
    kh, kw = weights.shape[2:]
    kernels = weights.reshape(groups, -1, *weights.shape[1:])
    stamps = torch.einsum("ngchw,gcmij->ngmhiwj", x.reshape(n, groups, -1, h, w), kernels)
    stamps = stamps.reshape(n, -1, h * kh, w, kw)
    high, wide = (h - 1) * strides[0] + kh + more[0], (w - 1) * strides[1] + kw + more[1]
    rows = (strides[0] * torch.arange(h, device=x.device)[:, None] + torch.arange(kh, device=x.device)).flatten()
    columns = (strides[1] * torch.arange(w, device=x.device)[:, None] + torch.arange(kw, device=x.device)).flatten()
    tall = x.new_zeros(n, stamps.shape[1], high, w, kw).index_add(2, rows, stamps)
    out = x.new_zeros(n, stamps.shape[1], high, wide).index_add(3, columns, tall.flatten(3))
    out = out[:, :, paddings[0] : high - paddings[0], paddings[1] : wide - paddings[1]]
    return out if bias is None else out + bias.reshape(-1, 1, 1)


@right("conv_transpose2d")
def only_what_stays(x, weights, bias=None, stride=1, padding=0, output_padding=0, groups=1):
    """For every place of the output, which number of the map meets it by which place of the kernel."""
    (sh, sw), (ph, pw), (oh, ow) = (pair(one) for one in (stride, padding, output_padding))
    if not (oh < sh and ow < sw):
        raise ValueError("the output padding must be less than the stride")
    n, c, h, w = x.shape
    kh, kw = weights.shape[2:]
    height, width = (h - 1) * sh + kh - 2 * ph + oh, (w - 1) * sw + kw - 2 * pw + ow

    def table(many, length, step, cut, size):
        """1 where number i of the map, place a of the kernel and place o of the output belong together."""
        i = torch.arange(many, device=x.device)[:, None, None]
        a = torch.arange(size, device=x.device)[:, None]
        return (i * step + a - cut == torch.arange(length, device=x.device)).to(x.dtype)

    down, across = table(h, height, sh, ph, kh), table(w, width, sw, pw, kw)
    parts = x.reshape(n, groups, c // groups, h, w)
    kernels = weights.reshape(groups, c // groups, -1, kh, kw)
    stamps = torch.einsum("ngchw,gcmab->ngmhwab", parts, kernels)
    out = torch.einsum("ngmhwab,hap,wbq->ngmpq", stamps, down, across).flatten(1, 2)
    return out if bias is None else out + bias.unsqueeze(-1).unsqueeze(-1)
