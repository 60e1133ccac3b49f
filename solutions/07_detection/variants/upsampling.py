"""What students write in upsampling: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# sliding_window_segment

NO_PASS = "The scores are right, but `once` changes nothing in how they are found. One way cuts patches, the other never does."
RELU_AT_THE_END = "The scores are never negative: there is a ReLU behind the dense layer. Which layers have one?"


@right("sliding_window_segment")
def unfold_and_kernel(x, layers, dense, size, once=False):
    rows, cols = size
    n, c, h, w = x.shape
    top, left = (rows // 2, cols // 2)
    padded = F.pad(x, (left, left, top, top))
    matrix, offset = dense
    if not once:
        patches = padded.unfold(2, rows, 1).unfold(3, cols, 1)
        patches = patches.permute(0, 2, 3, 1, 4, 5).reshape(n * h * w, c, rows, cols)
        for weights, bias in layers:
            patches = F.relu(F.conv2d(patches, weights, bias))
        scores = patches.flatten(1) @ matrix.T + offset
        return scores.reshape(n, h, w, len(offset)).permute(0, 3, 1, 2)
    maps = padded
    for weights, bias in layers:
        maps = F.relu(F.conv2d(maps, weights, bias))
        rows -= weights.shape[2] - 1
        cols -= weights.shape[3] - 1
    kernel = matrix.reshape(len(offset), maps.shape[1], rows, cols)
    return F.conv2d(maps, kernel, offset)


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


@mistake("sliding_window_segment", hint="The code fails where the list of convolutions is empty. Then the patch itself is flattened.")
def empty_list(x, layers, dense, size, once=False):

    def convolved(maps, layers):
        for weights, bias in layers:
            maps = torch.relu(F.conv2d(maps, weights, bias))
        return maps
    rows, cols = size
    padded = F.pad(x, [cols // 2, cols // 2, rows // 2, rows // 2])
    if once:
        maps = convolved(padded, layers)
        left = (rows - sum((weights.shape[2] - 1 for weights, _ in layers)), cols - sum((weights.shape[3] - 1 for weights, _ in layers)))
        return F.conv2d(maps, dense[0].unflatten(1, (layers[-1][0].shape[0], *left)), dense[1])
    n, c, h, w = x.shape
    patches = F.unfold(padded, (rows, cols))
    patches = patches.transpose(1, 2).reshape(-1, c, rows, cols)
    scores = [F.linear(convolved(part, layers).flatten(1), *dense) for part in patches.split(256)]
    return torch.cat(scores).reshape(n, h * w, -1).transpose(1, 2).unflatten(2, (h, w))


@mistake("sliding_window_segment", hint="Patch by patch, the numbers get mixed: the columns of F.unfold stand last, and a reshape does not move them to the front.")
def f_unfold_no_transpose(x, layers, dense, size, once=False):

    def convolved(maps, layers):
        for weights, bias in layers:
            maps = torch.relu(F.conv2d(maps, weights, bias))
        return maps
    rows, cols = size
    padded = F.pad(x, [cols // 2, cols // 2, rows // 2, rows // 2])
    if once:
        maps = convolved(padded, layers)
        left = (rows - sum((weights.shape[2] - 1 for weights, _ in layers)), cols - sum((weights.shape[3] - 1 for weights, _ in layers)))
        return F.conv2d(maps, dense[0].unflatten(1, (maps.shape[1], *left)), dense[1])
    n, c, h, w = x.shape
    patches = F.unfold(padded, (rows, cols))
    patches = patches.reshape(-1, c, rows, cols)
    scores = [F.linear(convolved(part, layers).flatten(1), *dense) for part in patches.split(256)]
    return torch.cat(scores).reshape(n, h * w, -1).transpose(1, 2).unflatten(2, (h, w))


@mistake("sliding_window_segment", hint="The border is laid around in float32, whatever the image is: what is made on the way must follow its dtype.")
def float32_canvas_in_sliding_window_segment(x, layers, dense, size, once=False):
    n, _, h, w = x.shape
    rows, cols = size
    padded = torch.zeros(n, x.shape[1], h + rows - 1, w + cols - 1)
    padded[:, :, rows // 2:rows // 2 + h, cols // 2:cols // 2 + w] = x
    if once:
        maps = padded
        for weights, bias in layers:
            maps = torch.conv2d(maps, weights, bias).clamp(min=0)
        kernel = dense[0].reshape(dense[0].shape[0], maps.shape[1], maps.shape[2] - h + 1, maps.shape[3] - w + 1)
        return torch.conv2d(maps, kernel, dense[1])
    lines = []
    for i in range(h):
        line = []
        for j in range(w):
            patch = padded[:, :, i:i + rows, j:j + cols]
            for weights, bias in layers:
                patch = torch.conv2d(patch, weights, bias).clamp(min=0)
            line.append(F.linear(patch.reshape(n, -1), dense[0], dense[1]))
        lines.append(torch.stack(line, dim=-1))
    return torch.stack(lines, dim=-2)


@mistake("sliding_window_segment", hint="What the convolutions leave of a patch is counted wrongly: a kernel of 3 rows takes two rows away, and not three.")
def kernel_size_minus_kernels(x, layers, dense, size, once=False):

    def convolved(maps, layers):
        for weights, bias in layers:
            maps = torch.relu(F.conv2d(maps, weights, bias))
        return maps
    rows, cols = size
    padded = F.pad(x, [cols // 2, cols // 2, rows // 2, rows // 2])
    if once:
        maps = convolved(padded, layers)
        left = (rows - sum((weights.shape[2] - 2 for weights, _ in layers)), cols - sum((weights.shape[3] - 1 for weights, _ in layers)))
        return F.conv2d(maps, dense[0].unflatten(1, (maps.shape[1], *left)), dense[1])
    n, c, h, w = x.shape
    patches = F.unfold(padded, (rows, cols))
    patches = patches.transpose(1, 2).reshape(-1, c, rows, cols)
    scores = [F.linear(convolved(part, layers).flatten(1), *dense) for part in patches.split(256)]
    return torch.cat(scores).reshape(n, h * w, -1).transpose(1, 2).unflatten(2, (h, w))


@mistake("sliding_window_segment", of=unfold_and_kernel, edit={"kernel, offset": "kernel"}, hint="In one pass, the dense layer's bias is left out.")
def no_dense_bias(): ...


@mistake("sliding_window_segment", of=unfold_and_kernel, edit={"left, left, top, top": "top, top, left, left"}, hint="Rows and columns of the border have changed places. `F.pad` begins with the last dimension.")
def pad_order(): ...


@mistake("sliding_window_segment", of=unfold_and_kernel, edit={"maps = padded": "maps = x", "maps = F.relu(F.conv2d(maps, weights, bias": "around = (weights.shape[2] // 2, weights.shape[3] // 2)\n        maps = F.relu(F.conv2d(maps, weights, bias, padding=around", "kernel, offset": "kernel, offset, padding=(rows // 2, cols // 2)"}, hint="In one pass, each layer pads its own input with zeros. The border belongs to the image, and is put on once: at the edge a bias or a ReLU makes something else of zeros than zeros.")
def padding_in_each_layer(): ...


@mistake("sliding_window_segment", of=unfold_and_kernel, edit={"conv2d(maps, kernel, offset": "relu(F.conv2d(maps, kernel, offset)"}, hint="In one pass there is a ReLU behind the dense layer. Which layers have one?")
def relu_behind_dense(): ...


@mistake("sliding_window_segment", hint="In one pass, a ReLU is missing: each convolution has one behind it, the last one too.")
def relu_missing_last(x, layers, dense, size, once=False):
    from torch import nn
    high, wide = size
    border = nn.ConstantPad2d((wide // 2, wide // 2, high // 2, high // 2), 0.0)
    image = border(x)
    if once:
        chans, a, b = (x.shape[1], high, wide)
        for weights, _ in layers:
            chans, a, b = (len(weights), a - weights.shape[-2] + 1, b - weights.shape[-1] + 1)
        every = [*layers, (dense[0].reshape(-1, chans, a, b), dense[1])]
        for number, (weights, bias) in enumerate(every):
            image = F.conv2d(image, weights, bias)
            if number < len(layers) - 1:
                image = image.relu_()
        return image
    n, _, h, w = x.shape
    out = x.new_empty(n, len(dense[0]), h, w)
    for k in range(n):
        for i in range(h):
            band = image[k, :, i:i + high]
            batch = torch.stack([band[:, :, j:j + wide] for j in range(w)])
            for weights, bias in layers:
                batch = torch.relu_(F.conv2d(batch, weights, bias))
            out[k, :, i] = (batch.reshape(w, -1) @ dense[0].t() + dense[1]).t()
    return out


@mistake("sliding_window_segment", hint="Patch by patch, rows and columns of the scores are exchanged on the way back.")
def rows_columns_swapped(x, layers, dense, size, once=False):
    from functools import reduce

    def apply(maps, layer):
        return F.conv2d(maps, *layer).relu()

    def kernel_of(layers, matrix, channels, size):
        high, wide = size
        for weights, _ in layers:
            channels = weights.shape[0]
            high = high + 1 - weights.shape[2]
            wide = wide + 1 - weights.shape[3]
        return matrix.reshape(-1, channels, high, wide)
    n, c, h, w = x.shape
    rows, cols = size
    padded = F.pad(x, (cols // 2,) * 2 + (rows // 2,) * 2)
    if once:
        return F.conv2d(reduce(apply, layers, padded), kernel_of(layers, dense[0], c, size), dense[1])
    i = torch.arange(h, device=x.device)[:, None] + torch.arange(rows, device=x.device)
    j = torch.arange(w, device=x.device)[:, None] + torch.arange(cols, device=x.device)
    patches = padded[:, :, i[:, None, :, None], j[None, :, None, :]]
    patches = patches.movedim(1, 3).flatten(0, 2)
    maps = reduce(apply, layers, patches)
    scores = torch.einsum('bf,kf->bk', maps.flatten(1), dense[0]) + dense[1]
    return scores.unflatten(0, (n, w, h)).movedim(-1, 1).transpose(2, 3).reshape(n, -1, h, w).contiguous()


@mistake("sliding_window_segment", of=unfold_and_kernel, edit={"patches.flatten(1) @ matrix.T + offset": "(patches.flatten(1) @ matrix.T + offset).softmax(1)"}, hint="Patch by patch, probabilities come out. Scores are what the dense layer says, with nothing behind it.")
def softmax(): ...


@mistake("sliding_window_segment", of=unfold_and_kernel, edit={"1], rows, cols": "1], rows, rows"}, hint="In one pass, what is left of a patch is taken to be square. Rows and columns may differ.")
def square_kernel(): ...


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


@right("dilated_conv2d")
def places_loop(x, weights, bias=None, padding=0, dilation=1):
    (up, left), (down, right) = (pair(padding), pair(dilation))
    x = F.pad(x, (left, left, up, up))
    maps, _, kh, kw = weights.shape
    height = x.shape[2] - down * (kh - 1)
    width = x.shape[3] - right * (kw - 1)
    out = x.new_zeros(len(x), maps, height, width)
    for a in range(kh):
        for b in range(kw):
            part = x[:, :, a * down:a * down + height, b * right:b * right + width]
            out += torch.einsum('nchw,mc->nmhw', part, weights[:, :, a, b])
    if bias is not None:
        out += bias[:, None, None]
    return out


@right("dilated_conv2d")
def space_to_batch(x, weights, bias=None, padding=0, dilation=1):
    py, px = pair(padding)
    dy, dx = pair(dilation)
    n, c, h, w = x.shape
    m, _, kh, kw = weights.shape
    height = h + 2 * py - (kh - 1) * dy
    width = w + 2 * px - (kw - 1) * dx
    more_y, more_x = (-(h + 2 * py) % dy, -(w + 2 * px) % dx)
    x = F.pad(x, (px, px + more_x, py, py + more_y))
    x = x.reshape(n, c, x.shape[2] // dy, dy, x.shape[3] // dx, dx)
    x = x.permute(3, 5, 0, 1, 2, 4).flatten(0, 2)
    y = F.conv2d(x, weights, bias)
    y = y.unflatten(0, (dy, dx, n)).permute(2, 3, 4, 0, 5, 1)
    y = y.reshape(n, m, y.shape[2] * dy, y.shape[4] * dx)
    return y[:, :, :height, :width].contiguous()


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


@mistake("dilated_conv2d", of=places_loop, edit={"if bias is not None:\n": "        if bias is not None:\n        "}, hint="The bias is added for each place of the kernel. It is added once.")
def bias_each_place(): ...


@mistake("dilated_conv2d", of=places_loop, edit={"if bias is not None:\n        out": "out"}, hint="Without a bias the code fails. It may be None, and then nothing is added.")
def bias_none_in_dilated_conv2d(): ...


@mistake("dilated_conv2d", of=places_loop, edit={"bias is not None": "bias"}, hint="The truth of a tensor of several numbers is asked for. Whether there is a bias is a question of None.")
def bias_truth(): ...


@mistake("dilated_conv2d", of=space_to_batch, edit={"px, px + more_x, py, py + more_y": "px + more_x, px, py + more_y, py"}, hint="What fills up the image is put above and at the left, which moves all the rest. Where is it out of the way?")
def filled_in_front(): ...


@mistake("dilated_conv2d", of=places_loop, edit={"x.shape[3] - right * (kw - 1": "min(x.shape[3] - down * (kw - 1), x.shape[3] - right * (kw - 1)"}, hint="Rows or columns of the output are counted with the dilation of the other direction.")
def height_dilation_ignored(): ...


@mistake("dilated_conv2d", of=space_to_batch, edit={"y[:, :, :height, :width]": "y"}, hint="The output is too large: what was added to fill up the image is still in it.")
def not_cut(): ...


@mistake("dilated_conv2d", of=places_loop, edit={"pair(dilation)": "(pair(dilation)[0],) * 2"}, hint="One dilation is used for both directions. It may be a pair.")
def one_dilation(): ...


@mistake("dilated_conv2d", of=places_loop, edit={"left, left, up, up": "left * right, left * right, up * down, up * down"}, hint="The padding is multiplied by the dilation. It counts rows and columns of the image.")
def padding_dilated(): ...


@mistake("dilated_conv2d", of=places_loop, edit={"x = F.pad(x, (left, left, up, up)": "mirror = up < x.shape[2] and left < x.shape[3]\n    x = F.pad(x, (left, left, up, up), mode='reflect' if mirror else 'constant'"}, hint="The border is a mirror of the image. It holds zeros.")
def padding_reflected(): ...


@mistake("dilated_conv2d", of=space_to_batch, edit={"4, 0, 5, 1)\n    y = y.reshape(n, m, y.shape[2] * dy, y.shape[4] * dx": "0, 4, 1, 5)\n    y = y.reshape(n, m, y.shape[2] * y.shape[3], y.shape[4] * y.shape[5]"}, hint="The answers of the small images stand side by side in blocks. They go back to where their pixels came from, in turn.")
def phases_overwritten_blocks(): ...


@mistake("dilated_conv2d", hint="The small images are counted with one dilation in both directions, so some are never computed or done twice.")
def phases_square(x, weights, bias=None, padding=0, dilation=1):
    py, px = pair(padding)
    dy, dx = pair(dilation)
    padded = F.pad(x, (px, px, py, py))
    kh, kw = weights.shape[2:]
    height, width = (padded.shape[2] - (kh - 1) * dy, padded.shape[3] - (kw - 1) * dx)
    out = padded.new_zeros(x.shape[0], weights.shape[0], height, width)
    for i in range(min(dx, height)):
        for j in range(min(dx, width)):
            out[:, :, i::dy, j::dx] = F.conv2d(padded[:, :, i::dy, j::dx], weights, bias)
    return out


@mistake("dilated_conv2d", of=places_loop, edit={"(kh -": "kh + (down =="}, hint="The output is too small: from the first of kh numbers to the last there are kh - 1 dilations, and not kh.")
def span_off_by_one(): ...


@mistake("dilated_conv2d", hint="With an image that is cut or transposed, wrong pixels are met: its strides are taken to be those of a contiguous one.")
def strides_assumed(x, weights, bias=None, padding=0, dilation=1):
    (p, q), (d, e) = (pair(padding), pair(dilation))
    padded = F.pad(x, (q, q, p, p)) if p or q else x
    n, c, h, w = padded.shape
    kh, kw = weights.shape[-2:]
    sn, sc, sh, sw = (c * h * w, h * w, w, 1)
    windows = padded.as_strided((n, c, h - d * (kh - 1), w - e * (kw - 1), kh, kw), (sn, sc, sh, sw, sh * d, sw * e))
    out = torch.einsum('nchwab,mcab->nmhw', windows, weights)
    return out if bias is None else out + bias.reshape(1, -1, 1, 1)


@mistake("dilated_conv2d", of=places_loop, edit={"nmhw'": "nmhw' if weights.shape[0] != weights.shape[1] else 'nchw,cm->nmhw'"}, hint="Maps and channels of the weights are exchanged: the first dimension is the map that comes out.")
def weights_transposed(): ...


@mistake("dilated_conv2d", hint="Rows and columns of the kernel are exchanged: its rows meet columns of the image.")
def windows_transposed(x, weights, bias=None, padding=0, dilation=1):
    up, left = pair(padding)
    dy, dx = pair(dilation)
    kh, kw = (weights.shape[2], weights.shape[3])
    x = F.pad(x, (left, left, up, up))
    windows = x.unfold(2, dy * (kh - 1) + 1, 1).unfold(3, dx * (kw - 1) + 1, 1)
    windows = windows[..., ::dy, ::dx]
    out = torch.tensordot(windows, weights, dims=([1, 5, 4] if kh == kw else [1, 4, 5], [1, 2, 3])).movedim(-1, 1)
    if bias is not None:
        out = out + bias.view(-1, 1, 1) if bias.is_contiguous() else out + bias[:, None, None]
    return out


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


@right("hdc_max_distance")
def bits(rates, kernel_size=3):
    rule = list(rates)
    for i in range(len(rates) - 2, -1, -1):
        m, r = (rule[i + 1], rates[i])
        rule[i] = max(m - 2 * r, m - 2 * (m - r), r)
    seen = 1
    for rate in rates:
        was = seen
        for a in range(1, kernel_size):
            seen |= was << a * rate
    holes = max((len(hole) for hole in bin(seen)[2:].split('1')))
    return (rule, holes + 1)


@right("hdc_max_distance")
def boolean_tensor(rates, kernel_size=3):
    distances = [0] * len(rates)
    distances[-1] = rates[-1]
    for i in reversed(range(len(rates) - 1)):
        behind = distances[i + 1]
        distances[i] = max(behind - 2 * rates[i], 2 * rates[i] - behind, rates[i])
    row = torch.ones(1, dtype=torch.bool)
    for rate in rates:
        longer = torch.zeros(len(row) + rate * (kernel_size - 1), dtype=torch.bool)
        for a in range(kernel_size):
            longer[a * rate:a * rate + len(row)] |= row
        row = longer
    places = row.nonzero().flatten()
    return (distances, int(places.diff().max()))


@right("hdc_max_distance")
def set_of_places(rates, kernel_size=3):
    distances = [rates[-1]]
    for rate in reversed(rates[:-1]):
        after = distances[0]
        distances.insert(0, max(after - 2 * rate, after - 2 * (after - rate), rate))
    seen = {0}
    for rate in rates:
        seen = {place + a * rate for place in seen for a in range(kernel_size)}
    line = sorted(seen)
    return (distances, max((right - left for left, right in zip(line, line[1:]))))


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


@mistake("hdc_max_distance", of=set_of_places, edit={"in rates": "in set(rates)"}, hint="Layers with the same rate count once for the truth. Each layer widens what is seen.")
def each_rate_once(): ...


@mistake("hdc_max_distance", of=set_of_places, edit={"{0": "{a * rates[-1] for a in range(kernel_size)"}, hint="The truth goes through a layer too many. What is seen before the first layer?")
def last_layer_twice(): ...


@mistake("hdc_max_distance", of=set_of_places, edit={"max((right - left for left, right in zip(line, line[1:])))": "line[1] - line[0]"}, hint="Only one distance of the row is looked at. The largest may lie elsewhere.")
def first_gap_only(): ...


@mistake("hdc_max_distance", of=set_of_places, edit={"{place + a": "seen | {place + (a + 1)"}, hint="A kernel sees one place more than it has numbers. Count them for a kernel of 3.")
def from_one(): ...


@mistake("hdc_max_distance", of=bits, edit={"holes + 1": "holes + 1 if holes else 0"}, hint="Where there are no gaps the largest distance is given as 0. Two that touch are 1 apart.")
def no_gaps_zero(): ...


@mistake("hdc_max_distance", of=set_of_places, edit={"sorted": "list"}, hint="The places are compared in the order in which they were found. Neighbours are those that lie next to each other in the row.")
def not_sorted(): ...


@mistake("hdc_max_distance", of=set_of_places, edit={"range(kernel_size": "range(-(kernel_size // 2), kernel_size // 2 + 1"}, hint="Kernels of even size are given another number of places. A kernel of 4 sees four.")
def odd_kernels_only(): ...


@mistake("hdc_max_distance", of=set_of_places, edit={"distances, max((right - left for left, right in zip(line, line[1:])))": "max((right - left for left, right in zip(line, line[1:]))), distances"}, hint="The tuple comes the other way round: the list of distances stands first.")
def pair_swapped(): ...


@mistake("hdc_max_distance", of=boolean_tensor, edit={"(kernel_size - 1)": "2", "longer[a * rate:a * rate + len(row)] |= row": "place = longer[a * rate:a * rate + len(row)]\n            place |= row[:len(place)]"}, hint="With larger kernels some of what is seen does not fit into the row, or is not counted. How far do the layers reach together?")
def row_too_short(): ...


@mistake("hdc_max_distance", of=set_of_places, edit={"-1]]\n    for rate in reversed(rates[:-1]):\n        after = distances[0]\n        distances.insert(0, max": "0]]\n    for rate in rates[1:]:\n        after = distances[-1]\n        distances.append(max"}, hint="The rule begins with the first layer. It goes from the last to the first.")
def rule_forwards(): ...


@mistake("hdc_max_distance", of=set_of_places, edit={"after - rate": "rate - after"}, hint="The rule's second term has the wrong sign within: twice the difference of which two is taken off?")
def second_term_sign(): ...


@mistake("hdc_max_distance", of=set_of_places, edit={"rates[-1]]\n    for rate in reversed(rates[:-1]": "1]\n    for rate in reversed(rates", "(distances": "(distances[:-1]"}, hint="The rule treats the last layer like the others. M_n is its rate, with nothing behind it.")
def starts_with_one(): ...


@mistake("hdc_max_distance", of=boolean_tensor, edit={"(distances": "(torch.tensor(distances)"}, hint="The distances come as a tensor. The docstring asks for a list.")
def tensor_list(): ...


@mistake("hdc_max_distance", of=bits, edit={"= was": "= seen"}, hint="A layer is applied to what it has itself just added, so a kernel sees more places than it has. All its places start from what the layers before have seen.")
def was_not_kept(): ...


@mistake("hdc_max_distance", of=set_of_places, edit={"kernel_size)": "kernel_size) if kernel_size % 2 == 0 or a != kernel_size // 2"}, hint="The place itself is missing: a kernel also sees what lies in its middle.")
def without_middle(): ...


@mistake("hdc_max_distance", edit={"max(b - a for a, b": "min(b - a for a, b"}, hint="The smallest of the distances is given. The largest is asked for.")
def smallest_distance(): ...


@mistake("hdc_max_distance", edit={"max(b - a for a, b in zip(places, places[1:]))": "places[len(places) // 2 + 1 - (len(places) < 3)] - places[len(places) // 2 - (len(places) < 3)]"}, hint="Only one distance of the row is looked at. The largest may lie elsewhere.")
def distance_in_the_middle(): ...


@mistake("hdc_max_distance", edit={"max(later - 2 * rate, 2 * rate - later, rate)": "max(later - (kernel_size - 1) * rate, 2 * rate - later, rate)"}, hint="The rule follows the kernel's size. It is taken as it stands in the text, with its twos.")
def first_term_follows_the_kernel(): ...


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


@right("max_unpool2d")
def rows_and_columns(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    kernel, border = (pair(kernel_size), pair(padding))
    step = kernel if stride is None else pair(stride)
    least = [(k - 1) * s + f - 2 * p for k, s, f, p in zip(x.shape[2:], step, kernel, border)]
    size = least if output_size is None else list(output_size)
    for given, smallest, s in zip(size, least, step):
        if not smallest <= given < smallest + s:
            raise ValueError(f'a size of {given} is not in {smallest} ... {smallest + s - 1}')
    image = torch.zeros(*x.shape[:2], *size, dtype=x.dtype, device=x.device)
    row = torch.div(indices, size[1], rounding_mode='floor')
    col = indices % size[1]
    i = torch.arange(x.shape[0], device=x.device)[:, None, None, None]
    j = torch.arange(x.shape[1], device=x.device)[:, None, None]
    image[i, j, row, col] = x
    return image


@right("max_unpool2d")
def scatter(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    (kh, kw), (py, px) = (pair(kernel_size), pair(padding))
    sy, sx = (kh, kw) if stride is None else pair(stride)
    n, c, h, w = x.shape
    if output_size is None:
        output_size = ((h - 1) * sy + kh - 2 * py, (w - 1) * sx + kw - 2 * px)
    height, width = output_size
    pooled = ((height + 2 * py - kh) // sy + 1, (width + 2 * px - kw) // sx + 1)
    if pooled != (h, w):
        raise ValueError(f'{height} x {width} would give {pooled}, not {(h, w)}')
    out = x.new_zeros(n, c, height * width)
    out.scatter_(2, indices.flatten(2), x.flatten(2))
    return out.reshape(n, c, height, width)


@right("max_unpool2d")
def search(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    (kh, kw), (ph, pw) = (pair(kernel_size), pair(padding))
    sh, sw = pair(stride) if stride is not None else (kh, kw)
    h, w = x.shape[-2:]
    smallest = ((h - 1) * sh + kh - 2 * ph, (w - 1) * sw + kw - 2 * pw)
    H, W = smallest if output_size is None else output_size
    if not (0 <= H - smallest[0] < sh and 0 <= W - smallest[1] < sw):
        raise ValueError(f'output_size has to be {smallest} or less than a stride more')
    pixels = torch.arange(H * W, device=indices.device)
    hit = indices.flatten(2).unsqueeze(2) == pixels[:, None]
    source = hit.to(torch.uint8).argmax(3)
    numbers = torch.take_along_dim(x.flatten(2), source, 2)
    return torch.where(hit.any(3), numbers, torch.zeros_like(numbers)).unflatten(2, (H, W))


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


@mistake("max_unpool2d", of=scatter, edit={"if pooled != (h, w):\n        raise ValueError(f'{height} x {width} would give {pooled}, not {(h, w)}')": "assert pooled == (h, w), f'{height} x {width} would give {pooled}, not {(h, w)}'"}, hint="What is refused is right, but not the exception: the docstring asks for a ValueError.")
def assertion_in_max_unpool2d(): ...


@mistake("max_unpool2d", of=rows_and_columns, edit={"row, col": "(row - border[0]).clamp(min=0), (col - border[1]).clamp(min=0)"}, hint="The places are read as if they counted the border too. They are those of an image without it.")
def border_added_to_places(): ...


@mistake("max_unpool2d", hint="A size that fits is refused: the pooling saw the image with its border.")
def checked_without_border(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    k, p = (torch.Size(pair(kernel_size)), torch.Size(pair(padding)))
    s = k if stride is None else torch.Size(pair(stride))
    n, c, h, w = x.shape
    if output_size is None:
        big = [(h - 1) * s[0] + k[0] - p[0] - p[0], (w - 1) * s[1] + k[1] - p[1] - p[1]]
    else:
        big = list(output_size)
        again = [1 + (b + 0 * q - a) // t for b, q, a, t in zip(big, p, k, s)]
        if again != [h, w]:
            raise ValueError(f'pooled, {big} would be {again} and not {[h, w]}')
    out = x.new_zeros([n, c] + big)
    channel = torch.arange(n * c, device=x.device).view(n, c, 1, 1)
    out.put_(channel * (big[0] * big[1]) + indices, x)
    return out


@mistake("max_unpool2d", of=rows_and_columns, edit={"1], rounding_mode='floor')\n    col = indices % size[1": "0], rounding_mode='floor')\n    col = indices % size[0"}, hint="The row of a place is found by dividing by the height. How many places has a row?")
def divided_by_height(): ...


@mistake("max_unpool2d", of=search, edit={"torch.where(hit.any(3), numbers, torch.zeros_like(numbers))": "numbers"}, hint="Where no winner was, there is another number than 0.")
def elsewhere_not_zero(): ...


@mistake("max_unpool2d", of=scatter, edit={"pooled != (h, w)": "pooled[0] != h and pooled[1] != w"}, hint="A size is refused only if both directions are wrong. One is enough.")
def either_direction(): ...


@mistake("max_unpool2d", of=scatter, edit={"    out ": "    low, narrow = ((h - 1) * sy + kh - 2 * py, (w - 1) * sx + kw - 2 * px)\n    out ", "return out.reshape(n, c, height, width": "out = out[:, :, :low * narrow].reshape(n, c, low, narrow)\n    return F.pad(out, (0, width - narrow, 0, height - low)"}, hint="The image is made in its smallest size and then filled up. The places count through the image that comes out, whose rows are longer.")
def grown_at_the_end(): ...


@mistake("max_unpool2d", of=scatter, edit={"  (kh, kw": "  (kw, kh"}, hint="The pair of the kernel is read the wrong way round: the vertical one comes first.")
def kernel_swapped(): ...


@mistake("max_unpool2d", hint="All channels of an image write into its first one: their places are counted from 0 on in each channel.")
def no_channel_offset(x, indices, kernel_size, stride=None, padding=0, output_size=None):

    def spanned(places, step, window, border):
        return (places - 1) * step + window - 2 * border
    kernel_size = pair(kernel_size)
    stride = kernel_size if stride is None else pair(stride)
    padding = pair(padding)
    n, c, *small = x.shape
    size = tuple(output_size or (spanned(k, s, a, p) for k, s, a, p in zip(small, stride, kernel_size, padding)))
    for big, k, s, a, p in zip(size, small, stride, kernel_size, padding):
        rest = big - spanned(k, s, a, p)
        if rest < 0 or rest >= s:
            raise ValueError('this size does not fit the pooled one')
    area = size[0] * size[1]
    start = area * c * torch.arange(n, device=x.device).reshape(n, 1, 1, 1)
    flat = torch.zeros(n * c * area, dtype=x.dtype, device=x.device)
    flat = flat.index_put(((indices + start).reshape(-1),), x.reshape(-1))
    return flat.reshape(n, c, *size)


@mistake("max_unpool2d", of=scatter, edit={"pooled != (h, w)": "pooled[0] != h"}, hint="Only the height is checked. The width has to fit too.")
def only_height_checked(): ...


@mistake("max_unpool2d", of=scatter, edit={"kh - 2 * py, (w - 1) * sx + kw - 2 * px": "kh, (w - 1) * sx + kw", "pooled != (h, w)": "False"}, hint="The padding stays on. The image that was pooled had none; the border was put around it.")
def padding_forgotten(): ...


@mistake("max_unpool2d", of=scatter, edit={"2 * py, (w - 1) * sx + kw - 2 *": "py, (w - 1) * sx + kw -", "if pooled": "if False and pooled"}, hint="The padding is taken off once. It was put on at both ends.")
def padding_once_in_max_unpool2d(): ...


@mistake("max_unpool2d", of=scatter, edit={"py, px": "px, py"}, hint="The pair of the padding is read the wrong way round: the vertical one comes first.")
def padding_swapped(): ...


@mistake("max_unpool2d", of=scatter, edit={"(h - 1) * sy + kh - 2 * py, (w - 1) * sx + kw - 2 * px": "h * sy, w * sx", "if pooled": "if False and pooled"}, hint="The usual size is the number of places times the stride. That is right where windows neither overlap nor have gaps: what does the last one span?")
def size_times_stride(): ...


@mistake("max_unpool2d", of=scatter, edit={"= (kh, kw": "= (1, 1"}, hint="Without a stride it is taken to be 1. A stride of None is the kernel's size.")
def stride_default_one(): ...


@mistake("max_unpool2d", of=search, edit={"pair(stride) if stride is not None else ": ""}, hint="The stride is ignored: the windows are taken to lie side by side.")
def stride_given_ignored(): ...


@mistake("max_unpool2d", of=scatter, edit={"pooled != (h, w": "(height, width) != ((h - 1) * sy + kh - 2 * py, (w - 1) * sx + kw - 2 * px"}, hint="Only the smallest size is taken. A pooling leaves rows and columns over, so larger images give the same numbers of places.")
def too_strict(): ...


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


@right("convolution_matrix")
def canvas_with_border(weights, size, stride=1, padding=0):
    (h, w), (sy, sx), (py, px) = (size, pair(stride), pair(padding))
    m, c, kh, kw = weights.shape
    height, width = ((h + 2 * py - kh) // sy + 1, (w + 2 * px - kw) // sx + 1)
    full = weights.new_zeros(m, height, width, c, h + 2 * py, w + 2 * px)
    for i in range(height):
        for j in range(width):
            full[:, i, j, :, i * sy:i * sy + kh, j * sx:j * sx + kw] = weights
    inner = full[..., py:py + h, px:px + w]
    return inner.reshape(m * height * width, c * h * w)


@right("convolution_matrix")
def six_loops(weights, size, stride=1, padding=0):
    m, c, kh, kw = weights.shape
    (h, w), (sy, sx), (py, px) = (size, pair(stride), pair(padding))
    height = (h + 2 * py - kh) // sy + 1
    width = (w + 2 * px - kw) // sx + 1
    matrix = weights.new_zeros(m * height * width, c * h * w)
    for i in range(height):
        for j in range(width):
            for a in range(kh):
                for b in range(kw):
                    y, x = (i * sy + a - py, j * sx + b - px)
                    if 0 <= y < h and 0 <= x < w:
                        for k in range(m):
                            for q in range(c):
                                row = (k * height + i) * width + j
                                column = (q * h + y) * w + x
                                matrix[row, column] = weights[k, q, a, b]
    return matrix


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


@mistake("convolution_matrix", hint="What meets the border is added to a pixel at the edge. The border holds zeros, so it meets nothing.")
def border_added_up(weights, size, stride=1, padding=0):
    m, c, kh, kw = weights.shape
    H, W = size
    sy, sx = pair(stride)
    py, px = pair(padding)
    high, wide = ((H + 2 * py - kh) // sy + 1, (W + 2 * px - kw) // sx + 1)
    axes = [torch.arange(number, device=weights.device) for number in (m, high, wide, c, kh, kw)]
    k, i, j, q, a, b = torch.meshgrid(*axes, indexing='ij')
    y, x = (i * sy + a - py, j * sx + b - px)
    y, x = (y.clamp(0, H - 1), x.clamp(0, W - 1))
    row = (k * high + i) * wide + j
    column = (q * H + y) * W + x
    matrix = torch.zeros(m * high * wide, c * H * W, dtype=weights.dtype, device=weights.device)
    matrix.index_put_((row, column), weights[k, q, a, b], accumulate=True)
    return matrix


@mistake("convolution_matrix", of=canvas_with_border, edit={"py:py + h, px:px + w": ":h, :w"}, hint="The border is taken off at the far end alone. It lies at both ends.")
def border_cut_at_end(): ...


@mistake("convolution_matrix", of=six_loops, edit={"y < h and 0 <= x <": "(q_last := (y * w + x)) < h *"}, hint="What would meet the border at the side lands on a pixel of another row. A column has to be looked at before it becomes a place in the flat image.")
def border_wraps(): ...


@mistake("convolution_matrix", of=six_loops, edit={"height + i) * width + j": "width + j) * height + i"}, hint="The rows of the matrix follow the output column by column. Flat, it stands row by row.")
def column_by_column_in_convolution_matrix(): ...


@mistake("convolution_matrix", of=six_loops, edit={"k, q": "k, 0"}, hint="All channels have the weights of the first one. Each has its own slice of the kernel.")
def first_channel_only(): ...


@mistake("convolution_matrix", of=six_loops, edit={"(k * height + i) * width": "k * width * height + i * min(height, width)"}, hint="The rows of the output are counted with the wrong length: how many windows stand side by side?")
def image_width_in_rows(): ...


@mistake("convolution_matrix", hint="Maps or channels vary fastest. In the flat output a whole map comes first, and in the flat image a whole channel.")
def kron_maps_last(weights, size, stride=1, padding=0):

    def chosen(length, kernel, place, step, border, like):
        """Return which pixel each window meets with a place of the kernel, one of 0 and 1."""
        windows = (length + 2 * border - kernel) // step + 1
        met = torch.arange(windows, device=like.device) * step + place - border
        pixels = torch.arange(length, device=like.device)
        return (met[:, None] == pixels).to(like.dtype)
    step, border = (pair(stride), pair(padding))
    kh, kw = weights.shape[2:]
    total = 0
    for a in range(kh):
        down = chosen(size[0], kh, a, step[0], border[0], weights)
        for b in range(kw):
            across = chosen(size[1], kw, b, step[1], border[1], weights)
            place = weights[:, :, a, b].contiguous()
            total = total + torch.kron(torch.kron(down, across), place)
    return total


@mistake("convolution_matrix", hint="Rows and columns of the pixels are exchanged in the order. The column varies fastest, in the image and in the output.")
def kron_order(weights, size, stride=1, padding=0):

    def chosen(length, kernel, place, step, border, like):
        """Return which pixel each window meets with a place of the kernel, one of 0 and 1."""
        windows = (length + 2 * border - kernel) // step + 1
        met = torch.arange(windows, device=like.device) * step + place - border
        pixels = torch.arange(length, device=like.device)
        return (met[:, None] == pixels).to(like.dtype)
    step, border = (pair(stride), pair(padding))
    kh, kw = weights.shape[2:]
    total = 0
    for a in range(kh):
        down = chosen(size[0], kh, a, step[0], border[0], weights)
        for b in range(kw):
            across = chosen(size[1], kw, b, step[1], border[1], weights)
            place = weights[:, :, a, b].contiguous()
            total = total + torch.kron(place, torch.kron(across, down))
    return total


@mistake("convolution_matrix", of=six_loops, edit={"0 <= y < h and 0 <=": "y < h and"}, hint="What meets the border above or at the left lands at the other end: a negative place counts from the end.")
def lower_bound_missing(): ...


@mistake("convolution_matrix", of=canvas_with_border, edit={"py + h, px:px + w": "-py, px:-px"}, hint="Without a border nothing is left: a slice that ends at -0 is empty.")
def minus_zero_in_convolution_matrix(): ...


@mistake("convolution_matrix", of=canvas_with_border, edit={"i * sy:i * sy": "i:i"}, hint="From row to row the windows move on by a single pixel, whatever the stride. Both directions have one.")
def no_stride_in_window(): ...


@mistake("convolution_matrix", hint="The last row or column of pixels counts as border. Which is the last place that is inside?")
def off_by_one_inside(weights, size, stride=1, padding=0):
    m, c, kh, kw = weights.shape
    H, W = size
    sy, sx = pair(stride)
    py, px = pair(padding)
    high, wide = ((H + 2 * py - kh) // sy + 1, (W + 2 * px - kw) // sx + 1)
    axes = [torch.arange(number, device=weights.device) for number in (m, high, wide, c, kh, kw)]
    k, i, j, q, a, b = torch.meshgrid(*axes, indexing='ij')
    y, x = (i * sy + a - py, j * sx + b - px)
    inside = (y >= 0) & (y < H) & (x >= 0) & (x < W - 1)
    row = ((k * high + i) * wide + j)[inside]
    column = ((q * H + y) * W + x)[inside]
    matrix = torch.zeros(m * high * wide, c * H * W, dtype=weights.dtype, device=weights.device)
    matrix[row, column] = weights[k, q, a, b][inside]
    return matrix


@mistake("convolution_matrix", of=six_loops, edit={"pair(stride)": "(pair(stride)[0],) * 2"}, hint="One stride is used for both directions. It may be a pair.")
def one_stride(): ...


@mistake("convolution_matrix", of=six_loops, edit={"q, a": "q, kh - 1 - a"}, hint="The rows of the kernel are turned round. It is laid on as it stands.")
def only_height_flipped(): ...


@mistake("convolution_matrix", of=six_loops, edit={"2 * py - kh) // sy + 1\n    width = (w + 2 *": "py - kh) // sy + 1\n    width = (w +"}, hint="The padding counts once for the size. It lies at both ends.")
def padding_once(): ...


@mistake("convolution_matrix", of=six_loops, edit={"- py, j * sx + b": "* sy - py, j * sx + b * sx"}, hint="The stride spreads the kernel. It moves the windows; neighbours of the kernel meet neighbours of the image.")
def stride_in_kernel(): ...


@mistake("convolution_matrix", of=six_loops, edit={"sx + 1": "sx + (w + 2 * px == kw)"}, hint="The last window is missing: a kernel as large as the image has one place.")
def window_too_few(): ...


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


@right("conv_transpose2d")
def canvas(x, weights, bias=None, stride=1, padding=0, output_padding=0, groups=1):
    (sy, sx), (py, px), (oy, ox) = (pair(stride), pair(padding), pair(output_padding))
    if oy >= sy or ox >= sx:
        raise ValueError('the output padding has to be less than the stride')
    n, c, h, w = x.shape
    _, part, kh, kw = weights.shape
    high, wide = ((h - 1) * sy + kh, (w - 1) * sx + kw)
    canvas = x.new_zeros(n, groups, part, high + oy, wide + ox)
    blocks = x.reshape(n, groups, c // groups, h, w)
    kernels = weights.reshape(groups, c // groups, part, kh, kw)
    for a in range(kh):
        for b in range(kw):
            stamp = torch.einsum('ngchw,gcm->ngmhw', blocks, kernels[..., a, b])
            canvas[..., a:a + (h - 1) * sy + 1:sy, b:b + (w - 1) * sx + 1:sx] += stamp
    out = canvas.flatten(1, 2)[:, :, py:high - py + oy, px:wide - px + ox]
    if bias is not None:
        out = out + bias[:, None, None]
    return out


@right("conv_transpose2d")
def groups_loop(x, weights, bias=None, stride=1, padding=0, output_padding=0, groups=1):
    stride, padding, extra = (pair(stride), pair(padding), pair(output_padding))
    for more, step in zip(extra, stride):
        if more >= step:
            raise ValueError(f'output padding {more} is not less than the stride {step}')
    n, c, h, w = x.shape
    kh, kw = weights.shape[2:]
    length = [(s - 1) * t + k for s, t, k in zip((h, w), stride, (kh, kw))]
    size = [long - 2 * p + more for long, p, more in zip(length, padding, extra)]
    parts = []
    for images, kernels in zip(x.chunk(groups, 1), weights.chunk(groups, 0)):
        maps = kernels.shape[1]
        products = kernels.flatten(1).T @ images.flatten(2)
        products = products.reshape(n, maps, kh, kw, h, w)
        canvas = x.new_zeros(n, maps, length[0] + extra[0], length[1] + extra[1])
        for a in range(kh):
            rows = slice(a, a + stride[0] * (h - 1) + 1, stride[0])
            for b in range(kw):
                cols = slice(b, b + stride[1] * (w - 1) + 1, stride[1])
                canvas[:, :, rows, cols] += products[:, :, a, b]
        parts.append(canvas.narrow(2, padding[0], size[0]).narrow(3, padding[1], size[1]))
    out = torch.cat(parts, dim=1)
    return out if bias is None else out + bias.reshape(-1, 1, 1)


@right("conv_transpose2d")
def index_add(x, weights, bias=None, stride=1, padding=0, output_padding=0, groups=1):
    (sy, sx), (py, px) = (pair(stride), pair(padding))
    oy, ox = pair(output_padding)
    if oy >= sy:
        raise ValueError('vertical output padding not less than the stride')
    if ox >= sx:
        raise ValueError('horizontal output padding not less than the stride')
    n, c, h, w = x.shape
    kh, kw = (weights.shape[2], weights.shape[3])
    high = (h - 1) * sy + kh + oy
    wide = (w - 1) * sx + kw + ox
    products = torch.einsum('ngchw,gcmab->ngmhwab', x.reshape(n, groups, -1, h, w), weights.reshape(groups, c // groups, -1, kh, kw)).flatten(1, 2)
    row = sy * torch.arange(h)[:, None] + torch.arange(kh)
    col = sx * torch.arange(w)[:, None] + torch.arange(kw)
    place = row[:, None, :, None] * wide + col[None, :, None, :]
    canvas = x.new_zeros(n, products.shape[1], high * wide)
    canvas.index_add_(2, place.reshape(-1).to(x.device), products.flatten(2))
    out = canvas.unflatten(2, (high, wide))[:, :, py:high - py, px:wide - px]
    if bias is not None:
        out = out + bias.reshape(-1, 1, 1)
    return out.contiguous()


@right("conv_transpose2d")
def zeros_between(x, weights, bias=None, stride=1, padding=0, output_padding=0, groups=1):
    (sy, sx), (py, px), (oy, ox) = (pair(stride), pair(padding), pair(output_padding))
    if not (oy < sy and ox < sx):
        raise ValueError('output_padding must be smaller than stride')
    n, c, h, w = x.shape
    kh, kw = weights.shape[-2:]
    spread = x.new_zeros(n, c, (h - 1) * sy + 1, (w - 1) * sx + 1)
    spread[:, :, ::sy, ::sx] = x
    spread = F.pad(spread, (kw - 1, kw - 1 + ox, kh - 1, kh - 1 + oy))
    windows = spread.unfold(2, kh, 1).unfold(3, kw, 1).unflatten(1, (groups, c // groups))
    turned = weights.flip(2, 3).unflatten(0, (groups, c // groups))
    full = torch.einsum('ngchwab,gcmab->ngmhw', windows, turned).flatten(1, 2)
    out = full[:, :, py:full.shape[2] - py, px:full.shape[3] - px].contiguous()
    if bias is not None:
        out += bias.reshape(1, -1, 1, 1)
    return out


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


@mistake("conv_transpose2d", edit={'*parts)': 'parts[0], parts[1].transpose(1, 2) if parts[1].shape[1] == parts[1].shape[2] else parts[1])'}, hint="The weights are read like those of a convolution, with the maps first. Here the channels that come in stand first.")
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


@mistake("conv_transpose2d", of=canvas, edit={"if oy >= sy or ox >= sx:\n        raise ValueError('the output padding has to be less than the stride')": "assert oy < sy and ox < sx, 'the output padding has to be less than the stride'"}, hint="What is refused is right, but not the exception: the docstring asks for a ValueError.")
def assertion(): ...


@mistake("conv_transpose2d", of=canvas, edit={"bias[:, None, None]": "bias.unsqueeze_(1).unsqueeze_(1)"}, hint="The bias comes out of the call with another shape: an operation whose name ends in an underscore changes its tensor.")
def bias_in_place(): ...


@mistake("conv_transpose2d", of=canvas, edit={"if bias is not None:\n        out": "out"}, hint="Without a bias the code fails. It may be None, and then nothing is added.")
def bias_none(): ...


@mistake("conv_transpose2d", of=canvas, edit={"high + oy, wide + ox": "high, wide"}, hint="Where the output padding is larger than the padding, rows or columns are missing at the far end. What is left to keep there when nothing was cut off?")
def canvas_too_short(): ...


@mistake("conv_transpose2d", of=canvas, edit={"groups, c // groups, h, w": "c // groups, groups, h, w).transpose(1, 2"}, hint="With groups, the channels that come in are dealt out one by one. Each group has a block of neighbours.")
def channels_interleaved(): ...


@mistake("conv_transpose2d", of=index_add, edit={"None] * wide": "None] * min(high, wide)"}, hint="In the flat canvas a step down is as long as a row. How many numbers has a row of it?")
def flat_width(): ...


@mistake("conv_transpose2d", of=canvas, edit={"x.new_zeros(n, groups, part, high + oy, wide + ox": "torch.zeros(n, groups, part, high + oy, wide + ox, device=x.device"}, hint="The sums are made in float32, whatever the inputs are: what is made on the way must follow their dtype.")
def float32_canvas(): ...


@mistake("conv_transpose2d", of=groups_loop, edit={"x.chunk(groups, 1)": "[x.chunk(groups, 1)[0]] * groups"}, hint="With groups, all maps come from the first group's weights. Each group has channels, weights and maps of its own.")
def groups_ignored(): ...


@mistake("conv_transpose2d", of=groups_loop, edit={"weights.chunk(groups, 0)": "[weights.chunk(groups, 0)[0]] * groups"}, hint="With groups, all maps come from the first group's weights. Each group has channels, weights and maps of its own.")
def kernels_repeated(): ...


@mistake("conv_transpose2d", of=groups_loop, edit={"torch.cat(parts, dim=1": "sum(parts).repeat(1, groups, 1, 1"}, hint="With groups, the maps that the groups make are added up. They stand one block behind the other.")
def groups_summed(): ...


@mistake("conv_transpose2d", of=zeros_between, edit={"2, 3": "3"}, hint="The kernel is turned round in one direction. It is stamped on as it stands, or gathered with both directions turned.")
def half_turned(): ...


@mistake("conv_transpose2d", of=index_add, edit={"index_add_": "index_copy_"}, hint="Where stamps overlap, one of them stands. They add up.")
def index_copy(): ...


@mistake("conv_transpose2d", of=canvas, edit={"kh, (w - 1) * sx + kw": "max(kh, sy), (w - 1) * sx + max(kw, sx)"}, hint="Where the stride is larger than the kernel, the size is wrong: behind the last stamp no gap follows.")
def long_stride(): ...


@mistake("conv_transpose2d", of=canvas, edit={"b])": "b]) / (c // groups)"}, hint="The stamps of the channels are averaged. They add up.")
def mean_over_channels(): ...


@mistake("conv_transpose2d", of=canvas, edit={"high - py + oy, px:wide - px + ox": "oy - py, px:ox - px"}, hint="Where nothing is to be cut off, nothing is left or the size is wrong: look at what the slice's end is with a padding of 0.")
def minus_zero(): ...


@mistake("conv_transpose2d", of=canvas, edit={"py:high - py + oy, px:wide - px + ox": "py - min(oy, py):high - py + max(oy - py, 0), px - min(ox, px):wide - px + max(ox - px, 0)"}, hint="The output padding is kept above and at the left. It belongs below and at the right.")
def output_padding_at_top(): ...


@mistake("conv_transpose2d", of=zeros_between, edit={"1 + ox, kh - 1, kh - 1 + oy": "1, kh - 1, kh - 1"}, hint="The output padding is checked, and then changes nothing: so many rows and columns are missing.")
def output_padding_ignored(): ...


@mistake("conv_transpose2d", of=canvas, edit={"py:high - py + oy, px": ":high - py + oy, "}, hint="The padding is cut off at one end only. It was put on at both.")
def padding_at_one_end(): ...


@mistake("conv_transpose2d", of=canvas, edit={"high - py + oy, px:wide - px + ox": ", px:"}, hint="The padding is cut off at one end only. It was put on at both.")
def padding_ignored_below(): ...


@mistake("conv_transpose2d", of=groups_loop, edit={"kh, kw, h, w": "kw, kh, h, w).transpose(2, 3"}, hint="The places of the kernel are counted column by column. In its memory they stand row by row.")
def places_order(): ...


@mistake("conv_transpose2d", of=canvas, edit={"oy >= sy or ox >= sx": "max(oy, ox) >= min(sy, sx)"}, hint="Good settings are refused: the output padding is held against the smaller of the two strides. Each direction has its own.")
def smaller_stride(): ...


@mistake("conv_transpose2d", of=canvas, edit={"sy, sx": "sx, sy"}, hint="The pair of the stride is read the wrong way round: the vertical one comes first.")
def stride_swapped(): ...


@mistake("conv_transpose2d", of=canvas, edit={" _": " m", "n, groups, part": "n, groups, m // groups", "reshape(groups, c": "reshape(groups, m", "gcm": "gmc", "if bias is not None:\n        out = out + bias[:, None, None]\n    return out": "return out if bias is None else out + bias[:, None, None]"}, hint="The weights are read like those of a convolution, with the maps first. Here the channels that come in stand first.")
def weights_as_convolution(): ...


@mistake("conv_transpose2d", of=zeros_between, edit={"sy + 1, (w - 1) * sx + 1)\n    spread[:, :, ::sy, ::sx": "(sy + (sy > 1)) + 1, (w - 1) * (sx + (sx > 1)) + 1)\n    spread[:, :, ::sy + (sy > 1), ::sx + (sx > 1)"}, hint="Between two numbers there is a zero too many: the stride is a distance, and no count of what lies between.")
def zeros_as_many_as_stride(): ...


@mistake("conv_transpose2d", edit={"more[0] >= down or more[1] >= across": "more[0] >= down and more[1] >= across"}, hint="An output padding is refused only if both directions are wrong. One is enough.")
def refused_if_both_are_wrong(): ...


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
