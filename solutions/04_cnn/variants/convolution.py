"""What students write in convolution: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# conv2d_output_size


@mistake("conv2d_output_size", edit={"room // s": "room / s"}, hint="Your sizes are fractions where the steps don't come out even, and of the kind float everywhere. Which whole number of windows fits?")
def not_floored(): ...


@mistake("conv2d_output_size", edit={"room // s": "-(-room // s)"}, hint="You count a window that reaches beyond the edge: what is left over after the last whole step is dropped.")
def rounded_up(): ...


@mistake("conv2d_output_size", edit={"room // s + 1": "round(room / s) + 1"}, hint="Your steps are rounded to the nearest whole number: half a step and more makes a window that does not fit.")
def rounded_to_the_nearest(): ...


@mistake("conv2d_output_size", edit={"n + 2 * p - d": "n + p - d"}, hint="The padding counts once in your size: it stands on both sides.")
def padding_on_one_side(): ...


@mistake("conv2d_output_size", edit={"n + 2 * p - d * (k - 1) - 1": "n + 2 * p - d * k"}, hint="With a dilation your kernel is too long: draw 3 numbers with one gap between neighbours, and count from the first to the last.")
def dilation_times_kernel(): ...


@mistake("conv2d_output_size", edit={"n + 2 * p - d * (k - 1) - 1": "n + 2 * p - k - (d - 1)"}, hint="The dilation opens one gap in your kernel, however many numbers it has: between how many neighbours is there one?")
def one_gap_only(): ...


@mistake("conv2d_output_size", edit={"room // s + 1": "room // s"}, hint="One window is missing: with no room left for a step there is still the first place.")
def without_the_first_place(): ...


@mistake("conv2d_output_size", edit={"room // s + 1": "(room + 1) // s"}, hint="The first place is counted before the division. It is one more than the number of steps, however long they are.")
def one_added_before_the_division(): ...


@mistake("conv2d_output_size", edit={"tuple(sizes)": "tuple(sizes[::-1])"}, hint="Width and height have changed places in what you return: rows come first.")
def width_first(): ...


@mistake(
    "conv2d_output_size",
    edit={"(kernel_size, stride, padding, dilation))": "(kernel_size, *(pair(one)[::-1] for one in (stride, padding, dilation))))"},
    hint="The pairs of the settings are read the wrong way round: the first number of each belongs to the height.")
def settings_width_first(): ...


@mistake("conv2d_output_size", edit={"size, *pairs": "size, *[[one[0]] * 2 for one in pairs]"}, hint="Of each pair you use the first number, for both directions.")
def first_of_each_pair(): ...


@mistake("conv2d_output_size", edit={"size, *pairs": "[size[0]] * 2, *pairs"}, hint="The width is found from the image's height: an image need not be square.")
def square_images_only(): ...


@mistake("conv2d_output_size", edit={"if room < 0:": "if False:"}, hint="A kernel that does not fit gets a size of 0 or less from you: that call is to be refused, with a ValueError.")
def never_refuses(): ...


@mistake("conv2d_output_size", edit={"if room < 0:": "if False:", "room // s + 1": "max(room // s + 1, 0)"}, hint="A kernel that does not fit gets a size of 0 or less from you: that call is to be refused, with a ValueError.")
def clamps_at_zero(): ...


@mistake("conv2d_output_size", edit={"room < 0": "room <= 0"}, hint="You refuse a kernel that just fits: it has one place.")
def refuses_one_that_just_fits(): ...


@mistake("conv2d_output_size", edit={"if room < 0:": "if k > n + 2 * p:", "room // s + 1": "max(room // s + 1, 1)"}, hint="Whether a kernel fits is asked of the wrong two lengths. With a dilation it spans more pixels than it has numbers.")
def fits_without_its_dilation(): ...


@mistake("conv2d_output_size", edit={"if room < 0:": "if n < k:"}, hint="Whether a kernel fits is asked of the wrong two lengths. The border counts too, and so does the dilation.")
def fits_without_the_border(): ...


@mistake("conv2d_output_size", edit={"return tuple(sizes)": "return sizes"}, hint="A list comes back: the docstring asks for a tuple of two whole numbers.")
def returns_a_list(): ...


@right("conv2d_output_size")
def by_counting_the_places(size, kernel_size, stride=1, padding=0, dilation=1):
    def places(n, k, s, p, d):
        last_start = n + 2 * p - (d * (k - 1) + 1)
        found = len(range(0, last_start + 1, s))
        if found == 0:
            raise ValueError("the kernel does not fit")
        return found

    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = pair(kernel_size), pair(stride), pair(padding), pair(dilation)
    return places(size[0], kh, sh, ph, dh), places(size[1], kw, sw, pw, dw)


@right("conv2d_output_size")
def with_math_floor(size, kernel_size, stride=1, padding=0, dilation=1):
    height, width = size
    if isinstance(kernel_size, int):
        kernel_size = (kernel_size, kernel_size)
    if isinstance(stride, int):
        stride = (stride, stride)
    if isinstance(padding, int):
        padding = (padding, padding)
    if isinstance(dilation, int):
        dilation = (dilation, dilation)
    span_h = (kernel_size[0] - 1) * dilation[0] + 1
    span_w = (kernel_size[1] - 1) * dilation[1] + 1
    if span_h > height + 2 * padding[0] or span_w > width + 2 * padding[1]:
        raise ValueError("kernel larger than the padded image")
    out_h = math.floor((height + 2 * padding[0] - span_h) / stride[0] + 1)
    out_w = math.floor((width + 2 * padding[1] - span_w) / stride[1] + 1)
    return out_h, out_w


@right("conv2d_output_size")
def by_walking(size, kernel_size, stride=1, padding=0, dilation=1):
    answer = []
    for axis in range(2):
        k, s, p, d = (pair(one)[axis] for one in (kernel_size, stride, padding, dilation))
        start, count = -p, 0
        while start + (k - 1) * d <= size[axis] + p - 1:
            count += 1
            start += s
        if count < 1:
            raise ValueError
        answer.append(count)
    return answer[0], answer[1]


# pad2d


@mistake("pad2d", edit={"left, right, top, bottom = padding": "top, bottom, left, right = padding"}, hint="The sides come in another order: left and right first, then top and bottom.")
def top_and_bottom_first(): ...


@mistake("pad2d", edit={"left, right, top, bottom = padding": "left, top, right, bottom = padding"}, hint="The sides come in another order: the two of one direction stand together, left and right first.")
def round_the_clock(): ...


@mistake("pad2d", edit={"left, right, top, bottom = padding": "right, left, bottom, top = padding"}, hint="Opposite sides have changed places: left comes before right, and top before bottom.")
def opposite_sides_exchanged(): ...


@mistake(
    "pad2d",
    edit={
        "rows = height - 1 - (height - 1 - rows).abs()": "rows = torch.arange(-top, height + bottom, device=x.device) % (2 * height)",
        "cols = width - 1 - (width - 1 - cols).abs()": "cols = torch.arange(-left, width + right, device=x.device) % (2 * width)\n    rows = torch.minimum(rows, 2 * height - 1 - rows)\n    cols = torch.minimum(cols, 2 * width - 1 - cols)",
    },
    hint="Your mirror repeats the outermost pixel: it stands in the middle of that pixel, so the neighbour comes next.",
)
def repeats_the_edge(): ...


@mistake("pad2d", hint="Your mirror repeats the outermost pixel: it stands in the middle of that pixel, so the neighbour comes next.")
def repeats_the_edge_by_flipping(x, padding, mode="constant", value=0.0):
    left, right, top, bottom = padding
    if mode == "constant":
        return solved_pad2d(x, padding, mode, value)
    if mode != "reflect" or max(top, bottom) >= x.shape[2] or max(left, right) >= x.shape[3]:
        raise ValueError("not so")
    x = torch.cat([x[:, :, :top].flip(2), x, x[:, :, x.shape[2] - bottom :].flip(2)], dim=2)
    return torch.cat([x[..., :left].flip(3), x, x[..., x.shape[3] - right :].flip(3)], dim=3)


@mistake(
    "pad2d",
    edit={"rows = height - 1 - (height - 1 - rows).abs()": "rows = torch.arange(-top, height + bottom, device=x.device).clamp(0, height - 1)", "cols = width - 1 - (width - 1 - cols).abs()": "cols = torch.arange(-left, width + right, device=x.device).clamp(0, width - 1)"},
    hint="Your border repeats the outermost pixel again and again: a mirror shows what lies behind it, in reverse.",
)
def replicates(): ...


@mistake(
    "pad2d",
    edit={"rows = height - 1 - (height - 1 - rows).abs()": "rows = torch.arange(-top, height + bottom, device=x.device) % height", "cols = width - 1 - (width - 1 - cols).abs()": "cols = torch.arange(-left, width + right, device=x.device) % width"},
    hint="Your border goes on at the opposite edge, as if the image were rolled up: a mirror shows the near edge in reverse.",
)
def wraps_round(): ...


@mistake("pad2d", hint="The pixels of your border come from the right places and are not in reverse: nearest to the edge stands what is nearest in the mirror.")
def without_the_reversal(x, padding, mode="constant", value=0.0):
    left, right, top, bottom = padding
    if mode == "constant":
        return solved_pad2d(x, padding, mode, value)
    if mode != "reflect" or max(top, bottom) >= x.shape[2] or max(left, right) >= x.shape[3]:
        raise ValueError("not so")
    h, w = x.shape[2:]
    x = torch.cat([x[:, :, 1 : top + 1], x, x[:, :, h - 1 - bottom : h - 1]], dim=2)
    return torch.cat([x[..., 1 : left + 1], x, x[..., w - 1 - right : w - 1]], dim=3)


@mistake(
    "pad2d",
    edit={"rows = height - 1 - (height - 1 - rows).abs()": "rows = rows.clamp(max=height - 1)", "cols = width - 1 - (width - 1 - cols).abs()": "cols = cols.clamp(max=width - 1)"},
    hint="Left and top are mirrored, right and bottom are not: the far edge has a mirror of its own.",
)
def mirrors_two_sides(): ...


@mistake("pad2d", edit={"out[:, :, top : top + height, left : left + width] = x": "out[:, :, top : top + height, left : left + width] += x"}, hint="The image is added to what the border holds: where the border is not 0, the pixels change.")
def adds_to_the_constant(): ...


@mistake("pad2d", edit={"top : top + height, left : left + width": "top:-bottom, left:-right"}, hint="A slice that ends at minus a side is empty where that side is 0: end it where the image ends.")
def slices_to_minus_the_side(): ...


@mistake("pad2d", edit={"top : top + height, left : left + width": "bottom : bottom + height, right : right + width"}, hint="The image lies in its frame at the wrong place: what stands before it are the top rows and the left columns.")
def placed_by_the_far_sides(): ...


@mistake("pad2d", edit={'if mode != "reflect":\n        raise': 'if mode == "never":\n        raise'}, hint="Any other word for the mode gets a mirror from you: a word that is not known is to be refused.")
def every_other_mode_reflects(): ...


@mistake("pad2d", edit={'if mode == "constant":': 'if mode != "reflect":', 'if mode != "reflect":\n        raise': 'if mode == "never":\n        raise'}, hint="Any other word for the mode gets a constant border from you: a word that is not known is to be refused.")
def every_other_mode_is_constant(): ...


@mistake("pad2d", edit={"if max(top, bottom) >= height or max(left, right) >= width:": "if max(top, bottom) > height or max(left, right) > width:"}, hint="The mirror shows at most one pixel fewer than the image has: its outermost pixel is the one that the mirror stands in.")
def mirror_of_the_whole_image(): ...


@mistake("pad2d", edit={"if max(top, bottom) >= height or max(left, right) >= width:": "if max(padding) >= min(height, width):"}, hint="You refuse more than you must: how wide the mirror may be is a question of its own direction.")
def compares_all_with_the_shorter(): ...


@mistake("pad2d", edit={"if max(top, bottom) >= height or max(left, right) >= width:": "if top >= height or left >= width:"}, hint="Only two sides are asked whether the mirror is too wide. There are four.")
def asks_two_sides(): ...


@mistake("pad2d", edit={'if mode == "constant":': 'if max(top, bottom) >= height or max(left, right) >= width:\n        raise ValueError("too wide")\n    if mode == "constant":'}, hint="You refuse a wide constant border: only the mirror needs something to show.")
def limits_the_constant_too(): ...


solved_pad2d = pad2d  # noqa: F821


@right("pad2d")
def by_flipping_and_joining(x, padding, mode="constant", value=0.0):
    left, right, top, bottom = padding
    n, c, h, w = x.shape
    if mode == "constant":
        x = torch.cat([x.new_full((n, c, top, w), value), x, x.new_full((n, c, bottom, w), value)], dim=2)
        h = x.shape[2]
        return torch.cat([x.new_full((n, c, h, left), value), x, x.new_full((n, c, h, right), value)], dim=3)
    if mode == "reflect":
        if left >= w or right >= w or top >= h or bottom >= h:
            raise ValueError("reflection wider than the image")
        x = torch.cat([x[:, :, 1 : top + 1].flip(2), x, x[:, :, h - 1 - bottom : h - 1].flip(2)], dim=2)
        return torch.cat([x[..., 1 : left + 1].flip(3), x, x[..., w - 1 - right : w - 1].flip(3)], dim=3)
    raise ValueError(mode)


@right("pad2d")
def by_gathering_indices_from_a_triangle_wave(x, padding, mode="constant", value=0.0):
    left, right, top, bottom = padding
    h, w = x.shape[-2:]
    if mode not in ("constant", "reflect"):
        raise ValueError(f"unknown mode {mode}")
    if mode == "constant":
        framed = torch.full((x.shape[0], x.shape[1], h + top + bottom, w + left + right), value, dtype=x.dtype, device=x.device)
        framed[..., top : h + top, left : w + left].copy_(x)
        return framed
    if not (left < w and right < w and top < h and bottom < h):
        raise ValueError("too wide")

    def wave(n, before, after):
        period = max(2 * (n - 1), 1)
        return torch.tensor([min(i % period, period - i % period) if n > 1 else 0 for i in range(-before, n + after)], device=x.device)

    return x.index_select(2, wave(h, top, bottom)).index_select(3, wave(w, left, right))


@right("pad2d")
def border_by_border(x, padding, mode="constant", value=0.0):
    left, right, top, bottom = padding
    h, w = x.shape[2], x.shape[3]
    if mode == "reflect" and (max(left, right) > w - 1 or max(top, bottom) > h - 1):
        raise ValueError("the mirror is too wide")
    if mode not in {"constant", "reflect"}:
        raise ValueError("no such mode")
    out = x.new_empty(x.shape[0], x.shape[1], top + h + bottom, left + w + right)
    out[:] = value
    out[:, :, top : top + h, left : left + w] = x
    if mode == "reflect":
        for k in range(1, top + 1):
            out[:, :, top - k] = out[:, :, top + k]
        for k in range(1, bottom + 1):
            out[:, :, top + h - 1 + k] = out[:, :, top + h - 1 - k]
        for k in range(1, left + 1):
            out[:, :, :, left - k] = out[:, :, :, left + k]
        for k in range(1, right + 1):
            out[:, :, :, left + w - 1 + k] = out[:, :, :, left + w - 1 - k]
    return out


# conv2d_naive


@mistake("conv2d_naive", edit={"weights[m])": "weights[m].flip(-2, -1))"}, hint="Your kernel is turned by half a turn before it is laid on, as mathematics does it: here it is laid on as it stands.")
def kernel_turned(): ...


@mistake("conv2d_naive", edit={"top, left = i * sh, j * sw": "top, left = i, j"}, hint="The windows stand side by side, whatever the stride: number i starts i strides from the edge.")
def windows_without_stride(): ...


@mistake("conv2d_naive", edit={"(sh, sw), (ph, pw) = pair(stride), pair(padding)": "(sw, sh), (ph, pw) = pair(stride), pair(padding)"}, hint="The stride's two numbers have changed places: the vertical one comes first.")
def stride_pair_exchanged(): ...


@mistake("conv2d_naive", edit={"(pw, pw, ph, ph)": "(ph, ph, pw, pw)"}, hint="Rows and columns of the border have changed places: the padding's first number is vertical, and pad2d takes left and right first.")
def padding_pair_exchanged(): ...


@mistake("conv2d_naive", edit={"weights[m]).sum()": "weights[m]).mean()"}, hint="You average over the window: a convolution adds up.")
def mean_of_the_window(): ...


@mistake("conv2d_naive", edit={"(window * weights[m]).sum()": "(window[0] * weights[m, 0]).sum()"}, hint="Only the first channel is heard: the window goes through all channels, and so does the kernel.")
def first_channel_only(): ...


@mistake("conv2d_naive", edit={"(window * weights[m]).sum()": "sum((window[c] * weights[m, c]).sum() + (0 if bias is None else bias[m]) for c in range(x.shape[1]))", "return out if bias is None else out + bias[:, None, None]": "return out"}, hint="The bias comes in once for each channel: it belongs to the kernel, and is added once to each of its outputs.")
def bias_for_each_channel(): ...


@mistake("conv2d_naive", hint="Each channel writes over what the one before it left: the channels of a window add up.")
def last_channel_only(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    kh, kw = weights.shape[2:]
    height, width = conv2d_output_size(x.shape[2:], (kh, kw), stride, padding)
    padded = F.pad(x, (pw, pw, ph, ph))
    out = x.new_zeros(len(x), len(weights), height, width)
    for n in range(len(x)):
        for m in range(len(weights)):
            for c in range(x.shape[1]):
                for i in range(height):
                    for j in range(width):
                        window = padded[n, c, i * sh : i * sh + kh, j * sw : j * sw + kw]
                        out[n, m, i, j] = (window * weights[m, c]).sum()
    return out if bias is None else out + bias[:, None, None]


@mistake("conv2d_naive", edit={"* weights[m]).sum()": "* weights[0]).sum()"}, hint="Every plane of the output is made by the first kernel: there are M of them.")
def first_kernel_only(): ...


@mistake("conv2d_naive", edit={"padded[n, :": "padded[0, :"}, hint="Every image of the batch gives the answer of the first: use the image whose turn it is.")
def first_image_only(): ...


@mistake("conv2d_naive", edit={"return out if bias is None else out + bias[:, None, None]": "return out"}, hint="The bias is missing: each kernel has a number that is added to its whole plane.")
def bias_left_out(): ...


@mistake("conv2d_naive", edit={"out if bias is None else out + bias[:, None, None]": "out + bias[:, None, None]"}, hint="Your function needs a bias: it may be None, or left out, and then nothing is added.")
def bias_needed(): ...


@mistake("conv2d_naive", edit={"else out + bias[:, None, None]": "else out + bias.sum()"}, hint="One number is added everywhere: each kernel has a bias of its own, for its own plane.")
def all_biases_everywhere(): ...


@mistake("conv2d_naive", edit={"pad2d(x, (pw, pw, ph, ph))": 'pad2d(x, (pw, pw, ph, ph), "reflect")'}, hint="Your border shows the image in a mirror: a convolution's border holds zeros.")
def border_reflects(): ...


@mistake("conv2d_naive", edit={"padded = pad2d(x, (pw, pw, ph, ph))": "padded = pad2d(x, (0, 2 * pw, 0, 2 * ph))"}, hint="All of your border stands at the right and below: half of it belongs to the left and above.")
def border_on_one_side(): ...


@mistake(
    "conv2d_naive",
    edit={"height, width = conv2d_output_size(x.shape[2:], (kh, kw), stride, padding)": "height, width = -(-(x.shape[2] + 2 * ph - kh) // sh) + 1, -(-(x.shape[3] + 2 * pw - kw) // sw) + 1", "(window * weights[m]).sum()": "(window * weights[m, :, : window.shape[1], : window.shape[2]]).sum()"},
    hint="Your last window reaches beyond the edge: what is too short for a whole window is dropped.",
)
def half_windows_too(): ...


@mistake("conv2d_naive", edit={"weights[m])": "(weights[m].transpose(-2, -1) if kh == kw else weights[m]))"}, hint="A square kernel is laid on with rows and columns exchanged.")
def kernel_transposed(): ...


@mistake("conv2d_naive", hint="That is the library's convolution: here you lay the kernel on yourself.")
def by_the_library(x, weights, bias=None, stride=1, padding=0):
    return F.conv2d(x, weights, bias, stride, padding)


@mistake("conv2d_naive", edit={"out + bias[:, None, None]": "(out + bias[:, None, None]).clamp(min=0)"}, hint="Negative outputs are cut off: the convolution ends at the sum, and an activation is a layer of its own.")
def with_relu(): ...


@right("conv2d_naive")
def seven_loops(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    num, channels, h, w = x.shape
    num_out, _, kh, kw = weights.shape
    height, width = (h + 2 * ph - kh) // sh + 1, (w + 2 * pw - kw) // sw + 1
    out = torch.zeros(num, num_out, height, width, dtype=x.dtype, device=x.device)
    for n in range(num):
        for m in range(num_out):
            for i in range(height):
                for j in range(width):
                    total = 0
                    for c in range(channels):
                        for a in range(kh):
                            for b in range(kw):
                                row, col = i * sh + a - ph, j * sw + b - pw
                                if 0 <= row < h and 0 <= col < w:
                                    total = total + x[n, c, row, col] * weights[m, c, a, b]
                    out[n, m, i, j] = total if bias is None else total + bias[m]
    return out


@right("conv2d_naive")
def a_window_for_all_images_and_kernels(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    kh, kw = weights.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    height, width = conv2d_output_size(tuple(x.shape[2:]), (kh, kw), (sh, sw), (ph, pw))
    rows = []
    for i in range(height):
        row = []
        for j in range(width):
            window = padded[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw]
            row.append(torch.einsum("ncab,mcab->nm", window, weights))
        rows.append(torch.stack(row, dim=-1))
    out = torch.stack(rows, dim=-2)
    return out if bias is None else out + bias.reshape(1, -1, 1, 1)


@right("conv2d_naive")
def by_shifted_images(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    num_out, channels, kh, kw = weights.shape
    height, width = conv2d_output_size(x.shape[2:], (kh, kw), stride, padding)
    padded = pad2d(x, (pw, pw, ph, ph))
    out = x.new_zeros(x.shape[0], num_out, height, width)
    for a in range(kh):
        for b in range(kw):
            shifted = padded[:, :, a : a + sh * height : sh, b : b + sw * width : sw][:, :, :height, :width]
            for m in range(num_out):
                for c in range(channels):
                    out[:, m] += weights[m, c, a, b] * shifted[:, c]
    if bias is not None:
        out += bias.view(-1, 1, 1)
    return out


# conv2d


@mistake("conv2d", edit={"(sh, sw), (ph, pw), (dh, dw) =": "(sw, sh), (ph, pw), (dh, dw) ="}, hint="The stride's two numbers have changed places: the vertical one comes first.")
def conv2d_stride_exchanged(): ...


@mistake("conv2d", edit={"(sh, sw), (ph, pw), (dh, dw) =": "(sh, sw), (ph, pw), (dw, dh) ="}, hint="The dilation's two numbers have changed places: the vertical one comes first.")
def conv2d_dilation_exchanged(): ...


@mistake("conv2d", edit={"(pw, pw, ph, ph)": "(ph, ph, pw, pw)"}, hint="Rows and columns of the border have changed places: the padding's first number is vertical, and pad2d takes left and right first.")
def conv2d_padding_exchanged(): ...


@mistake("conv2d", edit={"weights.reshape(groups, num_out // groups, -1)": "weights.flip(-2, -1).reshape(groups, num_out // groups, -1)"}, hint="Your kernel is turned by half a turn before it is laid on, as mathematics does it: here it is laid on as it stands.")
def conv2d_kernel_turned(): ...


@mistake("conv2d", edit={"return out if bias is None else out + bias[:, None, None]": "return out"}, hint="The bias is missing: each kernel has a number that is added to its whole plane.")
def conv2d_bias_left_out(): ...


@mistake("conv2d", edit={"out if bias is None else out + bias[:, None, None]": "out + bias[:, None, None]"}, hint="Your function needs a bias: it may be None, or left out, and then nothing is added.")
def conv2d_bias_needed(): ...


@mistake("conv2d", edit={"else out + bias[:, None, None]": "else out + (bias if width == num_out else bias[:, None, None])"}, hint="Where the output has as many columns as there are kernels, your bias goes along the columns: it belongs to the kernels.")
def conv2d_bias_along_the_columns(): ...


@mistake(
    "conv2d",
    edit={"columns = padded[:, :, rows, cols].reshape(len(x), groups, -1, height * width)": "columns = padded[:, :, rows, cols].unflatten(1, (groups, -1)).movedim(2, 4).reshape(len(x), groups, -1, height * width)"},
    hint="Columns and kernels are flattened in two orders: in the weights a channel's rows and columns stand together, channel after channel.",
)
def columns_channels_last(): ...


@mistake(
    "conv2d",
    edit={"(kernels @ columns).reshape(len(x), num_out, height, width)": "(kernels @ columns).transpose(-2, -1).reshape(len(x), num_out, height, width)"},
    hint="The shape of your output is right and its numbers are in the wrong places: they came with the places first and the kernels last, and a reshape does not turn them round.",
)
def places_and_kernels_mixed(): ...


@mistake("conv2d", hint="The shape of your output is right and its numbers are in the wrong places: images and kernels have changed places, and a reshape does not turn them round.")
def images_and_kernels_mixed(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    solved = solved_conv2d(x, weights, bias, stride, padding, dilation, groups)
    return solved.transpose(0, 1).reshape(solved.shape)


@mistake(
    "conv2d",
    edit={"columns = padded[:, :, rows, cols].reshape(len(x), groups, -1, height * width)": "columns = padded[:, :, rows, cols].unflatten(1, (-1, groups)).transpose(1, 2).reshape(len(x), groups, -1, height * width)"},
    hint="Your groups take every second channel, as one deals cards: a group is a block of channels that are neighbours.")
def channels_dealt_out(): ...


@mistake(
    "conv2d",
    edit={"(kernels @ columns).reshape": "(kernels @ columns).transpose(1, 2).reshape"},
    hint="The planes come in the wrong order: first all of the first group, then those of the next.",
)
def planes_dealt_out(): ...


@mistake("conv2d", edit={"(kernels @ columns)": "(kernels @ columns[:, :1])"}, hint="Every group of kernels looks at the first group of channels: each has a block of its own.")
def all_groups_see_the_first(): ...


@mistake("conv2d", edit={"(kernels @ columns)": "(kernels[:1].expand_as(kernels) @ columns)"}, hint="Every group is filtered by the first group's kernels: each has a block of its own.")
def first_kernels_for_all(): ...


@mistake("conv2d", edit={"dh * i[:, None, None, None] + sh * down[:, None]": "dh * (i[:, None, None, None] + sh * down[:, None])", "dw * j[:, None, None] + sw * across": "dw * (j[:, None, None] + sw * across)", "padded = pad2d(x, (pw, pw, ph, ph))": "padded = pad2d(x, (pw, pw + dw * sw * x.shape[3], ph, ph + dh * sh * x.shape[2]))"}, hint="Your dilation stretches the steps too: it parts the numbers of the kernel, and the windows stay where the stride puts them.")
def dilation_stretches_the_steps(): ...


@mistake("conv2d", edit={"pad2d(x, (pw, pw, ph, ph))": 'pad2d(x, (pw, pw, ph, ph), "reflect")'}, hint="Your border shows the image in a mirror: a convolution's border holds zeros.")
def conv2d_border_reflects(): ...


@mistake("conv2d", edit={"return out if bias is None else out + bias[:, None, None]": "out = out.unflatten(1, (groups, -1)).sum(dim=1, keepdim=True).expand(-1, groups, -1, -1, -1).flatten(1, 2)\n    return out if bias is None else out + bias[:, None, None]"}, hint="You add the groups up: each group keeps its own planes, and nothing is summed over the groups.")
def groups_added_up(): ...


@mistake("conv2d", hint="This goes along the pixels one by one: take all windows out at once, and let one matrix product do the sums.")
def window_by_window(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    num_out, per_group, kh, kw = weights.shape
    height, width = conv2d_output_size(x.shape[2:], (kh, kw), stride, padding, dilation)
    padded = pad2d(x, (pw, pw, ph, ph))
    out = x.new_zeros(len(x), num_out, height, width)
    for m in range(num_out):
        first = m // (num_out // groups) * per_group
        for i in range(height):
            for j in range(width):
                window = padded[:, first : first + per_group, i * sh : i * sh + dh * (kh - 1) + 1 : dh, j * sw : j * sw + dw * (kw - 1) + 1 : dw]
                out[:, m, i, j] = (window * weights[m]).sum(dim=(1, 2, 3))
    return out if bias is None else out + bias[:, None, None]


@mistake("conv2d", hint="That is the library's convolution: here you make the matrix product yourself.")
def conv2d_by_the_library(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return F.conv2d(x, weights, bias, stride, padding, dilation, groups)


@mistake("conv2d", hint="The library's unfold takes the windows out for you: that is the exercise. `Tensor.unfold` and picking by positions are yours to use.")
def by_the_librarys_unfold(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    num_out, per_group, kh, kw = weights.shape
    height, width = conv2d_output_size(x.shape[2:], (kh, kw), stride, padding, dilation)
    columns = F.unfold(x, (kh, kw), dilation, padding, stride).reshape(len(x), groups, per_group * kh * kw, -1)
    out = (weights.reshape(groups, num_out // groups, -1) @ columns).reshape(len(x), num_out, height, width)
    return out if bias is None else out + bias[:, None, None]


solved_conv2d = conv2d  # noqa: F821


@right("conv2d")
def by_places_of_the_kernel(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    num_out, per_group, kh, kw = weights.shape
    height, width = conv2d_output_size(x.shape[2:], (kh, kw), stride, padding, dilation)
    padded = pad2d(x, (pw, pw, ph, ph)).unflatten(1, (groups, per_group))
    kernels = weights.unflatten(0, (groups, num_out // groups))
    out = 0
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh, a * dh + sh * (height - 1) + 1, sh)
            cols = slice(b * dw, b * dw + sw * (width - 1) + 1, sw)
            out = out + torch.einsum("gmc,ngchw->ngmhw", kernels[..., a, b], padded[..., rows, cols])
    out = out.flatten(1, 2)
    return out if bias is None else out + bias.view(-1, 1, 1)


@right("conv2d")
def with_tensor_unfold_group_by_group(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    kh, kw = weights.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    windows = padded.unfold(2, dh * (kh - 1) + 1, sh).unfold(3, dw * (kw - 1) + 1, sw)[..., ::dh, ::dw]
    parts = zip(windows.chunk(groups, dim=1), weights.chunk(groups, dim=0))
    out = torch.cat([torch.einsum("nchwab,mcab->nmhw", seen, kernel) for seen, kernel in parts], dim=1)
    if bias is not None:
        out = out + bias[None, :, None, None]
    return out


@right("conv2d")
def with_strides_of_memory(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    num, channels, h, w = x.shape
    num_out, per_group, kh, kw = weights.shape
    height, width = conv2d_output_size((h, w), (kh, kw), stride, padding, dilation)
    padded = x.new_zeros(num, channels, h + 2 * ph, w + 2 * pw)
    padded[:, :, ph : ph + h, pw : pw + w] = x
    a, b, c, d = padded.stride()
    shape = (num, groups, per_group, kh, kw, height, width)
    windows = padded.as_strided(shape, (a, per_group * b, b, dh * c, dw * d, sh * c, sw * d))
    rows = windows.permute(1, 0, 5, 6, 2, 3, 4).reshape(groups, num * height * width, -1)
    out = torch.bmm(rows, weights.reshape(groups, num_out // groups, -1).transpose(1, 2))
    out = out.reshape(groups, num, height, width, num_out // groups).permute(1, 0, 4, 2, 3)
    out = out.reshape(num, num_out, height, width)
    return out if bias is None else out + bias.reshape(1, num_out, 1, 1)


@right("conv2d")
def as_one_dense_layer(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Write the groups into one large kernel, with zeros where a kernel does not look."""
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    num_out, per_group, kh, kw = weights.shape
    kernels = weights.new_zeros(num_out, x.shape[1], dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    for g in range(groups):
        block = slice(g * num_out // groups, (g + 1) * num_out // groups)
        kernels[block, g * per_group : (g + 1) * per_group, ::dh, ::dw] = weights[block]
    padded = pad2d(x, (pw, pw, ph, ph))
    windows = padded.unfold(2, kernels.shape[2], sh).unfold(3, kernels.shape[3], sw)
    out = torch.tensordot(windows, kernels, dims=([1, 4, 5], [1, 2, 3])).permute(0, 3, 1, 2)
    return out if bias is None else out + bias[:, None, None]


# conv2d_backward


@mistake("conv2d_backward", edit={"grad_out.sum(dim=(0, 2, 3))": "grad_out.mean(dim=(0, 2, 3))"}, hint="The gradient of the bias is a mean: it is the sum over the images and all their places.")
def bias_averaged(): ...


@mistake("conv2d_backward", edit={"grad_out.sum(dim=(0, 2, 3))": "grad_out.sum(dim=(2, 3)).mean(dim=0)"}, hint="The gradient of the bias is averaged over the batch: a mean in the loss is in grad_out already.")
def bias_averaged_over_the_batch(): ...


@mistake("conv2d_backward", edit={"grad_out.sum(dim=(0, 2, 3))": "grad_out.sum(dim=0)"}, hint="The gradient of the bias still has rows and columns: one number serves every place of its plane.")
def bias_keeps_its_places(): ...


@mistake("conv2d_backward", edit={'torch.einsum("nmhw,nchw->mc", grad_out, met)': 'torch.einsum("nmhw,nchw->mc", grad_out, met) / len(x)'}, hint="The gradient of the weights is averaged over the batch: a mean in the loss is in grad_out already.")
def weights_averaged(): ...


@mistake("conv2d_backward", edit={'torch.einsum("nmhw,nchw->mc", grad_out, met)': 'torch.einsum("nmhw,nchw->mc", grad_out, met) / (height * width)'}, hint="The gradient of the weights is averaged over the places: a weight serves them all, and what comes back from them adds up.")
def weights_averaged_over_the_places(): ...


@mistake("conv2d_backward", edit={"grad_padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]": "grad_padded"}, hint="The gradient of x still has its border: the zeros of the border are no part of x.")
def border_left_on(): ...


@mistake("conv2d_backward", edit={"grad_padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]": "grad_padded[:, :, : x.shape[2], : x.shape[3]]"}, hint="The border is cut off at the far side only: x begins behind the first rows and columns of its border.")
def cut_from_the_corner(): ...


@mistake("conv2d_backward", edit={"ph : ph + x.shape[2], pw : pw + x.shape[3]": "ph:-ph, pw:-pw"}, hint="A slice that ends at minus the padding is empty where there is none: end it where x ends.")
def cut_to_minus_the_padding(): ...


@mistake("conv2d_backward", edit={"grad_padded[:, :, rows, cols] += back": "grad_padded[:, :, rows, cols] = back"}, hint="Where windows overlap, the last one writes over what the others sent: a pixel collects from every window that saw it.")
def writes_over(): ...


@mistake("conv2d_backward", edit={"through = padded[:, :, rows, cols], weights[:, :, i, j]": "through = padded[:, :, rows, cols], weights.flip(-2, -1)[:, :, i, j]"}, hint="The kernel is turned before it is sent back. A number of the output sends its gradient to just the pixels that it came from, each times the weight that it met there.")
def turned_on_the_way_back(): ...


@mistake("conv2d_backward", edit={"grad_weights[:, :, i, j] =": "grad_weights[:, :, -1 - i, -1 - j] ="}, hint="The gradient of the weights is turned by half a turn: each number of it stands where its weight stands.")
def weights_turned(): ...


@mistake("conv2d_backward", edit={"(sh, sw), (ph, pw), (dh, dw) =": "(sw, sh), (ph, pw), (dh, dw) ="}, hint="The stride's two numbers have changed places: the vertical one comes first.")
def backward_stride_exchanged(): ...


@mistake("conv2d_backward", edit={"(sh, sw), (ph, pw), (dh, dw) =": "(sh, sw), (ph, pw), (dw, dh) ="}, hint="The dilation's two numbers have changed places: the vertical one comes first.")
def backward_dilation_exchanged(): ...


@mistake("conv2d_backward", edit={"pad2d(x, (pw, pw, ph, ph))": "pad2d(x, (ph, ph, pw, pw))", "ph : ph + x.shape[2], pw : pw + x.shape[3]": "pw : pw + x.shape[2], ph : ph + x.shape[3]"}, hint="Rows and columns of the border have changed places: the padding's first number is vertical, and pad2d takes left and right first.")
def backward_padding_exchanged(): ...


@mistake("conv2d_backward", edit={"return grad_x, grad_weights, grad_out.sum(dim=(0, 2, 3))": "return grad_weights, grad_out.sum(dim=(0, 2, 3)), grad_x"}, hint="The gradients come in another order: return (grad_x, grad_weights, grad_bias).")
def weights_first(): ...


@mistake("conv2d_backward", edit={'"nmhw,mc->nchw", grad_out, through': '"nmhw,mc->nchw", grad_out, through.T if len(through) == x.shape[1] else through'}, hint="Where there are as many kernels as channels, you send the gradient back through the weights with kernels and channels exchanged.")
def channels_exchanged(): ...


@mistake("conv2d_backward", edit={"pad2d(x, (pw, pw, ph, ph))": 'pad2d(x, (pw, pw, ph, ph), "reflect")'}, hint="Your border shows the image in a mirror, so that the weights meet numbers that were not there: the border held zeros.")
def backward_border_reflects(): ...


@mistake("conv2d_backward", edit={"met, through = padded[:, :, rows, cols], weights[:, :, i, j]": "met, through = torch.ones_like(padded[:, :, rows, cols]), weights[:, :, i, j]"}, hint="The gradient of a weight forgets the pixels that it was multiplied with: each place gives the gradient that comes in there, times the pixel that the weight met.")
def weights_without_the_pixels(): ...


@mistake("conv2d_backward", edit={'torch.einsum("nmhw,mc->nchw", grad_out, through)': 'torch.einsum("nmhw,mc->nchw", torch.ones_like(grad_out), through)'}, hint="The gradient of x looks as if every number of grad_out were 1: what comes from above has to be multiplied in.")
def x_without_what_comes_from_above(): ...


@mistake("conv2d_backward", hint="This is autograd: here you write what it does.")
def by_autograd(grad_out, cache, stride=1, padding=0, dilation=1):
    leaves = [one.detach().requires_grad_() for one in cache]
    with torch.enable_grad():
        out = conv2d(*leaves, stride, padding, dilation)
    return torch.autograd.grad(out, leaves, grad_out)


@mistake("conv2d_backward", hint="The library's own gradients of a convolution: here you write the sums yourself.")
def by_the_librarys_gradients(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, _ = cache
    grad_x = torch.nn.grad.conv2d_input(x.shape, weights, grad_out, stride, padding, dilation)
    grad_weights = torch.nn.grad.conv2d_weight(x, weights.shape, grad_out, stride, padding, dilation)
    return grad_x, grad_weights, grad_out.sum(dim=(0, 2, 3))


@mistake("conv2d_backward", hint="This goes along the places of the output one by one: take those together that met the same number of the kernel.")
def backward_place_by_place(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, _ = cache
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    kh, kw = weights.shape[2:]
    padded = pad2d(x, (pw, pw, ph, ph))
    grad_padded, grad_weights = torch.zeros_like(padded), torch.zeros_like(weights)
    for i in range(grad_out.shape[2]):
        for j in range(grad_out.shape[3]):
            rows = slice(i * sh, i * sh + dh * (kh - 1) + 1, dh)
            cols = slice(j * sw, j * sw + dw * (kw - 1) + 1, dw)
            grad_weights += torch.einsum("nm,ncab->mcab", grad_out[:, :, i, j], padded[:, :, rows, cols])
            grad_padded[:, :, rows, cols] += torch.einsum("nm,mcab->ncab", grad_out[:, :, i, j], weights)
    grad_x = grad_padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]
    return grad_x, grad_weights, grad_out.sum(dim=(0, 2, 3))


@right("conv2d_backward")
def through_the_columns(grad_out, cache, stride=1, padding=0, dilation=1):
    """Backward through im2col: the columns' gradient is added up where each number was taken from."""
    x, weights, _ = cache
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    num, channels, h, w = x.shape
    num_out, _, kh, kw = weights.shape
    height, width = grad_out.shape[2:]
    device = x.device
    rows = dh * torch.arange(kh, device=device)[:, None, None, None] + sh * torch.arange(height, device=device)[:, None]
    cols = dw * torch.arange(kw, device=device)[:, None, None] + sw * torch.arange(width, device=device)
    place = (rows * (w + 2 * pw) + cols).flatten()
    padded = pad2d(x, (pw, pw, ph, ph)).flatten(2)
    columns = padded[:, :, place].reshape(num, channels * kh * kw, height * width)
    grad_planes = grad_out.reshape(num, num_out, height * width)
    grad_weights = (grad_planes @ columns.transpose(1, 2)).sum(dim=0).reshape(weights.shape)
    grad_columns = (weights.reshape(num_out, -1).T @ grad_planes).reshape(num, channels, -1)
    grad_padded = torch.zeros_like(padded).index_add(2, place, grad_columns)
    grad_padded = grad_padded.reshape(num, channels, h + 2 * ph, w + 2 * pw)
    return grad_padded[:, :, ph : ph + h, pw : pw + w], grad_weights, grad_planes.sum(dim=(0, 2))


@right("conv2d_backward")
def as_two_convolutions(grad_out, cache, stride=1, padding=0, dilation=1):
    """The gradient of x is a convolution with the kernel turned; that of the weights one of x by the gradient."""
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    kh, kw = weights.shape[2:]
    h, w = x.shape[2] + 2 * ph, x.shape[3] + 2 * pw
    num, num_out, height, width = grad_out.shape
    spread = grad_out.new_zeros(num, num_out, h - dh * (kh - 1), w - dw * (kw - 1))
    spread[:, :, ::sh, ::sw][:, :, :height, :width] = grad_out
    turned = weights.flip(2, 3).transpose(0, 1)
    grad_padded = conv2d(spread, turned, None, 1, (dh * (kh - 1), dw * (kw - 1)), (dh, dw))
    grad_x = grad_padded[:, :, ph : h - ph, pw : w - pw]
    images = pad2d(x, (pw, pw, ph, ph)).transpose(0, 1)
    grad_weights = conv2d(images, spread.transpose(0, 1)).transpose(0, 1)[:, :, ::dh, ::dw]
    return grad_x, grad_weights, grad_out.sum(dim=[0, 2, 3]).reshape(bias.shape)


@right("conv2d_backward")
def with_windows_that_are_views(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, _ = cache
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    kh, kw = weights.shape[2:]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    windows = padded.unfold(2, dh * (kh - 1) + 1, sh).unfold(3, dw * (kw - 1) + 1, sw)[..., ::dh, ::dw]
    grad_weights = torch.einsum("nmhw,nchwab->mcab", grad_out, windows)
    grad_bias = torch.einsum("nmhw->m", grad_out)
    grad_windows = torch.einsum("nmhw,mcab->nchwab", grad_out, weights)
    grad_padded = torch.zeros(padded.shape, dtype=x.dtype, device=x.device)
    for a in range(kh):
        for b in range(kw):
            part = grad_padded[:, :, a * dh :: sh, b * dw :: sw]
            part[:, :, :height, :width] += grad_windows[..., a, b]
    return grad_padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]].clone(), grad_weights, grad_bias


# count_parameters


@mistake("count_parameters", edit={"return kernels + bias * out_channels,": "return kernels + out_channels,", "biases = bias * (in_channels + out_channels)": "biases = in_channels + out_channels"}, hint="You count biases where the layer has none.")
def always_biased(): ...


@mistake("count_parameters", edit={"kernels + bias * out_channels": "kernels + bias * in_channels"}, hint="There is a bias for each channel that comes in: it belongs to the kernels, one for each that goes out.")
def bias_for_each_channel_in(): ...


@mistake("count_parameters", edit={"kernels + bias * out_channels": "kernels + bias"}, hint="You count one bias for the whole layer: each kernel has its own.")
def one_bias(): ...


@mistake("count_parameters", edit={"out_channels * (in_channels // groups) * kh * kw": "(out_channels // groups) * (in_channels // groups) * kh * kw"}, hint="The groups divide twice in your count. That is one group: how many of them are there?")
def one_group_counted(): ...


@mistake("count_parameters", edit={"out_channels * (in_channels // groups) * kh * kw": "out_channels * in_channels * groups * kh * kw"}, hint="More groups make your layer larger: each kernel sees fewer channels, not more.")
def groups_multiply(): ...


@mistake("count_parameters", edit={"kernels * height * width": "kernels * size[0] * size[1]", "products = (depthwise + pointwise) * height * width": "products = (depthwise + pointwise) * size[0] * size[1]"}, hint="The products are counted at every pixel of the image: they are formed where there are windows, and stride and padding say how many.")
def products_at_every_pixel(): ...


@mistake("count_parameters", edit={"kernels * height * width": "(kernels + bias * out_channels) * height * width", "products = (depthwise + pointwise)": "products = (depthwise + pointwise + biases)"}, hint="The bias is counted among the multiply-adds: it is added, and nothing is multiplied by it.")
def bias_among_the_products(): ...


@mistake("count_parameters", edit={"kernels * height * width": "2 * kernels * height * width", "products = (depthwise": "products = 2 * (depthwise"}, hint="A product and its sum are counted as two: a multiply-add is one.")
def operations_not_pairs(): ...


@mistake("count_parameters", edit={"return kernels + bias * out_channels,": "return (kernels + bias * out_channels) * height * width,"}, hint="The parameters are counted for each place anew: all places share the same kernels.")
def parameters_at_every_place(): ...


@mistake("count_parameters", edit={"(depthwise + pointwise) * height * width": "depthwise * height * width + pointwise * size[0] * size[1]"}, hint="The second of the two layers sees what the first one made, and with a stride, a dilation or without padding that is smaller than the image.")
def pointwise_on_the_image(): ...


@mistake("count_parameters", edit={"bias * (in_channels + out_channels)": "bias * out_channels"}, hint="Of the two layers only the last has its biases counted.")
def separable_with_one_bias(): ...


@mistake("count_parameters", edit={"depthwise, pointwise = in_channels * kh * kw,": "depthwise, pointwise = in_channels * in_channels * kh * kw,"}, hint="A depthwise kernel sees one channel, its own: yours sees them all.")
def depthwise_sees_all(): ...


@mistake("count_parameters", edit={"in_channels * kh * kw, in_channels * out_channels": "in_channels * kh * kw, out_channels"}, hint="A 1 x 1 kernel still sees every channel: it has a number for each.")
def pointwise_of_one_number(): ...


@mistake("count_parameters", edit={"in_channels * kh * kw, in_channels * out_channels": "out_channels * kh * kw, in_channels * out_channels"}, hint="The depthwise layer comes first: how many channels does it see?")
def depthwise_behind(): ...


@mistake("count_parameters", edit={"(depthwise + pointwise) * height * width": "depthwise * pointwise * height * width"}, hint="The products of the two layers are multiplied: they run one after the other, so their costs add up.")
def costs_multiplied(): ...


@mistake("count_parameters", edit={"if in_channels % groups or out_channels % groups:": "if False:"}, hint="Groups that don't divide the channels get a number from you: such a layer can't be made.")
def never_asks_the_groups(): ...


@mistake("count_parameters", edit={"if in_channels % groups or out_channels % groups:": "if in_channels % groups:"}, hint="The groups must divide both: the channels that come in, and the kernels.")
def asks_one_side(): ...


@mistake("count_parameters", edit={"kh, kw = pair(kernel_size)": "kh = kw = pair(kernel_size)[0]"}, hint="Your kernels are square: they have the first number of the pair as rows and as columns.")
def square_kernels(): ...


@mistake("count_parameters", edit={"kernels = out_channels * (in_channels // groups) * kh * kw": "kernels = out_channels * (in_channels / groups) * kh * kw"}, hint="Your counts are of the kind float: divide the channels with `//`, which stays whole.")
def counts_in_floats(): ...


@mistake("count_parameters", edit={"conv2d_output_size(size, kernel_size, stride, padding, dilation)": "conv2d_output_size(size, kernel_size, stride, padding)"}, hint="The dilation makes no difference to your count: it adds no parameters, but a wider kernel has fewer places.")
def dilation_forgotten(): ...


@right("count_parameters")
def by_one_layer_and_another(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    def one(channels, num, kernel, at, parts, *settings):
        if channels % parts != 0 or num % parts != 0:
            raise ValueError("groups must divide")
        rows, cols = conv2d_output_size(at, kernel, *settings)
        a, b = pair(kernel)
        numbers = num * channels * a * b // parts
        return numbers + (num if bias else 0), numbers * rows * cols, (rows, cols)

    if not separable:
        return one(in_channels, out_channels, kernel_size, size, groups, stride, padding, dilation)[:2]
    first = one(in_channels, in_channels, kernel_size, size, in_channels, stride, padding, dilation)
    second = one(in_channels, out_channels, 1, first[2], 1)
    return first[0] + second[0], first[1] + second[1]


@right("count_parameters")
def by_asking_torch(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    kernel = tuple(pair(kernel_size))
    layers = [torch.nn.Conv2d(in_channels, out_channels, kernel, stride, padding, dilation, groups, bias, device="meta")]
    if separable:
        layers = [
            torch.nn.Conv2d(in_channels, in_channels, kernel, stride, padding, dilation, in_channels, bias, device="meta"),
            torch.nn.Conv2d(in_channels, out_channels, 1, bias=bias, device="meta"),
        ]
    x, parameters, products = torch.empty(1, in_channels, *size, device="meta"), 0, 0
    for layer in layers:
        x = layer(x)
        parameters += sum(one.numel() for one in layer.parameters())
        products += layer.weight.numel() * x.shape[2] * x.shape[3]
    return parameters, products


@right("count_parameters")
def product_by_product(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups != 0:
        raise ValueError("in_channels")
    if out_channels % groups != 0:
        raise ValueError("out_channels")
    height, width = conv2d_output_size(size, kernel_size, stride, padding, dilation)
    taps = pair(kernel_size)[0] * pair(kernel_size)[1]
    if separable:
        for_each_place = in_channels * (taps + out_channels)
        num_biases = in_channels + out_channels
    else:
        for_each_place = taps * (in_channels // groups) * (out_channels // groups) * groups
        num_biases = out_channels
    parameters = for_each_place
    if bias:
        parameters += num_biases
    return parameters, height * width * for_each_place
