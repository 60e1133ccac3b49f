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


@mistake("conv2d_output_size", edit={"room < 0": "room <= 0"}, hint="You refuse a kernel that just fits: it has one place.")
def refuses_one_that_just_fits(): ...


@mistake("conv2d_output_size", edit={"if room < 0:": "if k > n + 2 * p:", "room // s + 1": "max(room // s + 1, 1)"}, hint="Whether a kernel fits is asked of the wrong two lengths. With a dilation it spans more pixels than it has numbers.")
def fits_without_its_dilation(): ...


@mistake("conv2d_output_size", edit={"if room < 0:": "if n < k:"}, hint="Whether a kernel fits is asked of the wrong two lengths. The border counts too, and so does the dilation.")
def fits_without_the_border(): ...


@mistake("conv2d_output_size", edit={"return tuple(sizes)": "return sizes"}, hint="A list comes back: the docstring asks for a tuple of two whole numbers.")
def returns_a_list(): ...


@mistake("conv2d_output_size", hint="With a dilation of 1 the kernel's numbers lie side by side in the image. Yours are one pixel further apart: the dilation is a distance, and no count of what is left out.")
def size_dilation_is_gap(size, kernel_size, stride=1, padding=0, dilation=1):
    out = []
    for n, k, s, p, d in zip(size, pair(kernel_size), pair(stride), pair(padding), pair(dilation)):
        room = n + 2 * p - (k + (k - 1) * d)
        if room < 0:
            raise ValueError('too large')
        out.append(room // s + 1)
    return tuple(out)


@mistake("conv2d_output_size", hint="You divide the line by the stride before the kernel is laid on it: the kernel takes its pixels first, and the stride divides the room that is left.")
def size_divides_first(size, kernel_size, stride=1, padding=0, dilation=1):
    out = []
    for n, k, s, p, d in zip(size, pair(kernel_size), pair(stride), pair(padding), pair(dilation)):
        span = d * (k - 1) + 1
        if span > n + 2 * p:
            raise ValueError('too large')
        out.append((n + 2 * p) // s - span + 1)
    return tuple(out)


@mistake("conv2d_output_size", hint="Only one direction is asked whether the kernel fits: it has to fit in both.")
def size_error_only_for_height(size, kernel_size, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if height < 1:
        raise ValueError('too large')
    return (height, width)


@mistake("conv2d_output_size", hint="You refuse a kernel only where it is too large in both directions: one is enough.")
def size_error_only_for_both(size, kernel_size, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if height < 1 and width < 1:
        raise ValueError('too large')
    return (height, width)


@mistake("conv2d_output_size", hint="Whether a kernel fits is asked of the wrong two lengths. The border counts too, and so does the dilation.")
def size_error_without_padding(size, kernel_size, stride=1, padding=0, dilation=1):
    out = []
    for n, k, s, p, d in zip(size, pair(kernel_size), pair(stride), pair(padding), pair(dilation)):
        span = d * (k - 1) + 1
        if span > n:
            raise ValueError('the kernel is larger than the image')
        out.append((n + 2 * p - span) // s + 1)
    return tuple(out)


@mistake("conv2d_output_size", hint="`padding` makes no difference to your answer: the kernel is laid on the image with its border.")
def size_ignores_padding(size, kernel_size, stride=1, padding=0, dilation=1):
    out = []
    for n, k, s, d in zip(size, pair(kernel_size), pair(stride), pair(dilation)):
        room = n - (d * (k - 1) + 1)
        if room < 0:
            raise ValueError('too large')
        out.append(room // s + 1)
    return tuple(out)


@mistake("conv2d_output_size", hint="A pair is handled as if it were a number: each setting may be either. The function `pair` makes a pair of both.")
def size_only_numbers(size, kernel_size, stride=1, padding=0, dilation=1):
    span = dilation * (kernel_size - 1) + 1
    out = tuple(((n + 2 * padding - span) // stride + 1 for n in size))
    if min(out) < 1:
        raise ValueError('too large')
    return out


@mistake("conv2d_output_size", hint="You add up the two numbers of a padding pair: the first is what is above and as much below, the second what is left and as much right.")
def size_padding_pair_is_two_sides(size, kernel_size, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (before, after), (dh, dw) = (pair(padding), pair(dilation))
    room_h = size[0] + before + after - (dh * (kh - 1) + 1)
    room_w = size[1] + before + after - (dw * (kw - 1) + 1)
    if room_h < 0 or room_w < 0:
        raise ValueError('too large')
    return (room_h // sh + 1, room_w // sw + 1)


@mistake("conv2d_output_size", hint="The pairs are read the wrong way round: the first number of each belongs to the height, the kernel's too.")
def size_pairs_exchanged(size, kernel_size, stride=1, padding=0, dilation=1):
    (kw, kh), (sw, sh) = (pair(kernel_size), pair(stride))
    (pw, ph), (dw, dh) = (pair(padding), pair(dilation))
    room_h = size[0] + 2 * ph - (dh * (kh - 1) + 1)
    room_w = size[1] + 2 * pw - (dw * (kw - 1) + 1)
    if room_h < 0 or room_w < 0:
        raise ValueError('too large')
    return (room_h // sh + 1, room_w // sw + 1)


@mistake("conv2d_output_size", hint="Your size doesn't ask how large the kernel is: without a border the output is smaller than the image, the more so the larger the kernel.")
def size_same_size(size, kernel_size, stride=1, padding=0, dilation=1):
    out = []
    for n, k, s, p, d in zip(size, pair(kernel_size), pair(stride), pair(padding), pair(dilation)):
        if d * (k - 1) + 1 > n + 2 * p:
            raise ValueError('too large')
        out.append((n + s - 1) // s)
    return tuple(out)


@mistake("conv2d_output_size", hint="Your columns move by the stride of the rows: it may be a pair, and its second number is theirs.")
def size_stride_of_rows(size, kernel_size, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, _) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    room_h = size[0] + 2 * ph - (dh * (kh - 1) + 1)
    room_w = size[1] + 2 * pw - (dw * (kw - 1) + 1)
    if room_h < 0 or room_w < 0:
        raise ValueError('too large')
    return (room_h // sh + 1, room_w // sh + 1)


@mistake("conv2d_output_size", hint="A kernel that doesn't quite fit gets one place from you. `int()` rounds towards 0, so a negative room of less than one stride becomes 0: ask the room itself whether it is negative.")
def size_truncates_to_zero(size, kernel_size, stride=1, padding=0, dilation=1):
    out = []
    for n, k, s, p, d in zip(size, pair(kernel_size), pair(stride), pair(padding), pair(dilation)):
        out.append(int((n + 2 * p - d * (k - 1) - 1) / s) + 1)
    if min(out) < 1:
        raise ValueError('too large')
    return tuple(out)


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


@mistake("pad2d", hint="You refuse more than you must: each side has a mirror of its own, and what the opposite side gets is no matter to it.")
def pad_checks_sums(x, padding, mode='constant', value=0.0):
    left, right, top, bottom = padding
    n, c, h, w = x.shape
    if mode not in ('constant', 'reflect'):
        raise ValueError(mode)
    if mode == 'constant':
        out = torch.full((n, c, top + h + bottom, left + w + right), value, dtype=x.dtype, device=x.device)
        out[:, :, top:top + h, left:left + w] = x
        return out
    if left + right >= w or top + bottom >= h:
        raise ValueError('the border is too wide')
    rows = torch.arange(-top, h + bottom, device=x.device).abs()
    rows = h - 1 - (h - 1 - rows).abs()
    columns = torch.arange(-left, w + right, device=x.device).abs()
    columns = w - 1 - (w - 1 - columns).abs()
    return x[:, :, rows[:, None], columns]


@mistake("pad2d", hint="You refuse a wide constant border: only the mirror needs something to show.")
def pad_constant_refused_too(x, padding, mode='constant', value=0.0):
    left, right, top, bottom = padding
    h, w = x.shape[2:]
    if left >= w or right >= w or top >= h or (bottom >= h):
        raise ValueError('the border is too wide')
    if mode == 'constant':
        out = x.new_full((*x.shape[:2], h + top + bottom, w + left + right), value)
        out[..., top:top + h, left:left + w] = x
        return out
    if mode == 'reflect':
        before, after = (x[..., 1:left + 1].flip(3), x[..., w - 1 - right:w - 1].flip(3))
        x = torch.cat((before, x, after), dim=3)
        above, below = (x[:, :, 1:top + 1].flip(2), x[:, :, h - 1 - bottom:h - 1].flip(2))
        return torch.cat((above, x, below), dim=2)
    raise ValueError(mode)


@mistake("pad2d", hint="Your corners are empty: in a mirror they show the image too, turned round in both directions.")
def pad_corners_empty(x, padding, mode='constant', value=0.0):
    left, right, top, bottom = padding
    n, c, h, w = x.shape
    if mode not in ('constant', 'reflect'):
        raise ValueError(mode)
    if mode == 'reflect' and (max(left, right) >= w or max(top, bottom) >= h):
        raise ValueError('the border is too wide')
    out = x.new_full((n, c, top + h + bottom, left + w + right), value)
    out[:, :, top:top + h, left:left + w] = x
    if mode == 'reflect':
        out[:, :, top:top + h, :left] = x[..., 1:left + 1].flip(3)
        out[:, :, top:top + h, left + w:] = x[..., w - 1 - right:w - 1].flip(3)
        out[:, :, :top, left:left + w] = x[:, :, 1:top + 1].flip(2)
        out[:, :, top + h:, left:left + w] = x[:, :, h - 1 - bottom:h - 1].flip(2)
    return out


@mistake("pad2d", hint="At the right and below, your last pixel stands there twice, at the left and above it doesn't: at which number does the far mirror stand, when counting begins at 0?")
def pad_far_end_repeated(x, padding, mode='constant', value=0.0):
    left, right, top, bottom = padding
    n, c, h, w = x.shape
    if mode not in ('constant', 'reflect'):
        raise ValueError(mode)
    if mode == 'constant':
        out = torch.full((n, c, top + h + bottom, left + w + right), value, dtype=x.dtype, device=x.device)
        out[:, :, top:top + h, left:left + w] = x
        return out
    if max(left, right) >= w or max(top, bottom) >= h:
        raise ValueError('the border is too wide')
    rows = torch.arange(-top, h + bottom, device=x.device).abs()
    rows = torch.where(rows < h, rows, 2 * h - 1 - rows)
    columns = torch.arange(-left, w + right, device=x.device).abs()
    columns = torch.where(columns < w, columns, 2 * w - 1 - columns)
    return x[:, :, rows[:, None], columns]


@mistake("pad2d", hint="How wide the mirror may be is asked of the other direction: left and right look along a row. How many pixels has it?")
def pad_limits_exchanged(x, padding, mode='constant', value=0.0):
    left, right, top, bottom = padding
    n, c, h, w = x.shape
    if mode not in ('constant', 'reflect'):
        raise ValueError(mode)
    if mode == 'constant':
        out = torch.full((n, c, top + h + bottom, left + w + right), value, dtype=x.dtype, device=x.device)
        out[:, :, top:top + h, left:left + w] = x
        return out
    if max(left, right) >= h or max(top, bottom) >= w:
        raise ValueError('the border is too wide')
    rows = torch.arange(-top, h + bottom, device=x.device).abs()
    rows = h - 1 - (h - 1 - rows).abs()
    columns = torch.arange(-left, w + right, device=x.device).abs()
    columns = w - 1 - (w - 1 - columns).abs()
    return x[:, :, rows[:, None], columns]


@mistake("pad2d", hint="Two lists of positions make pairs, a row with a column each. For each row with each column, one of them has to stand upright.")
def pad_lists_make_pairs(x, padding, mode='constant', value=0.0):
    left, right, top, bottom = padding
    n, c, h, w = x.shape
    if mode not in ('constant', 'reflect'):
        raise ValueError(mode)
    if mode == 'constant':
        out = torch.full((n, c, top + h + bottom, left + w + right), value, dtype=x.dtype, device=x.device)
        out[:, :, top:top + h, left:left + w] = x
        return out
    if max(left, right) >= w or max(top, bottom) >= h:
        raise ValueError('the border is too wide')
    rows = torch.arange(-top, h + bottom, device=x.device).abs()
    rows = h - 1 - (h - 1 - rows).abs()
    columns = torch.arange(-left, w + right, device=x.device).abs()
    columns = w - 1 - (w - 1 - columns).abs()
    return x[:, :, rows, columns]


@mistake("pad2d", hint="An image of one row stops you, though it gets no rows: it has nothing behind its mirror, and 0 is what your steps come to there.")
def pad_one_row_mirror(x, padding, mode='constant', value=0.0):
    left, right, top, bottom = padding
    n, c, h, w = x.shape
    if mode == 'constant':
        out = torch.full((n, c, top + h + bottom, left + w + right), value, dtype=x.dtype, device=x.device)
        out[:, :, top:top + h, left:left + w] = x
        return out
    if mode != 'reflect':
        raise ValueError(mode)
    if max(left, right) >= w or max(top, bottom) >= h:
        raise ValueError('the border is too wide')

    def wave(first, last, length):
        period = 2 * (length - 1)
        index = torch.arange(first, last, device=x.device) % period
        return torch.minimum(index, period - index)
    return x[:, :, wave(-top, h + bottom, h)[:, None], wave(-left, w + right, w)]


@mistake("pad2d", hint="Two of the four numbers are not used: the right side may get more than the left, and the bottom more than the top.")
def pad_same_sides(x, padding, mode='constant', value=0.0):
    left, _, top, _ = padding
    right, bottom = (left, top)
    n, c, h, w = x.shape
    if mode not in ('constant', 'reflect'):
        raise ValueError(mode)
    if mode == 'constant':
        out = torch.full((n, c, top + h + bottom, left + w + right), value, dtype=x.dtype, device=x.device)
        out[:, :, top:top + h, left:left + w] = x
        return out
    if max(left, right) >= w or max(top, bottom) >= h:
        raise ValueError('the border is too wide')
    rows = torch.arange(-top, h + bottom, device=x.device).abs()
    rows = h - 1 - (h - 1 - rows).abs()
    columns = torch.arange(-left, w + right, device=x.device).abs()
    columns = w - 1 - (w - 1 - columns).abs()
    return x[:, :, rows[:, None], columns]


@mistake("pad2d", hint="The strips of opposite sides have changed places: what stands at the left comes from the left of the image, and the same above.")
def pad_sides_exchanged(x, padding, mode='constant', value=0.0):
    left, right, top, bottom = padding
    h, w = x.shape[2:]
    if mode == 'constant':
        out = x.new_full((*x.shape[:2], h + top + bottom, w + left + right), value)
        out[..., top:top + h, left:left + w] = x
        return out
    if mode == 'reflect':
        if left >= w or right >= w or top >= h or (bottom >= h):
            raise ValueError('the border is too wide')
        before, after = (x[..., 1:left + 1].flip(3), x[..., w - 1 - right:w - 1].flip(3))
        x = torch.cat((after, x, before), dim=3)
        above, below = (x[:, :, 1:top + 1].flip(2), x[:, :, h - 1 - bottom:h - 1].flip(2))
        return torch.cat((below, x, above), dim=2)
    raise ValueError(mode)


@mistake("pad2d", hint="You refuse a mirror that shows all pixels but the outermost: that is just what it can show.")
def pad_too_strict(x, padding, mode='constant', value=0.0):
    left, right, top, bottom = padding
    h, w = x.shape[2:]
    if mode == 'constant':
        out = x.new_full((*x.shape[:2], h + top + bottom, w + left + right), value)
        out[..., top:top + h, left:left + w] = x
        return out
    if mode == 'reflect':
        if left >= w - 1 > 0 or right >= w - 1 > 0 or top >= h - 1 > 0 or (bottom >= h - 1 > 0):
            raise ValueError('the border is too wide')
        before, after = (x[..., 1:left + 1].flip(3), x[..., w - 1 - right:w - 1].flip(3))
        x = torch.cat((before, x, after), dim=3)
        above, below = (x[:, :, 1:top + 1].flip(2), x[:, :, h - 1 - bottom:h - 1].flip(2))
        return torch.cat((above, x, below), dim=2)
    raise ValueError(mode)


@mistake("pad2d", hint="Where the border's number is infinite, your pixels become NaN: it goes into a sum or a product with them. Let it come nowhere near the pixels.")
def pad_mask_times_value(x, padding, mode='constant', value=0.0):
    left, right, top, bottom = padding
    n, c, h, w = x.shape
    if mode == 'constant':
        out = x.new_zeros((n, c, h + top + bottom, w + left + right))
        mask = torch.zeros_like(out)
        out[..., top:top + h, left:left + w] = x
        mask[..., top:top + h, left:left + w] = 1
        return out + value * (1 - mask)
    if mode == 'reflect':
        if left >= w or right >= w or top >= h or (bottom >= h):
            raise ValueError('the border is too wide')
        before, after = (x[..., 1:left + 1].flip(3), x[..., w - 1 - right:w - 1].flip(3))
        x = torch.cat((before, x, after), dim=3)
        above, below = (x[:, :, 1:top + 1].flip(2), x[:, :, h - 1 - bottom:h - 1].flip(2))
        return torch.cat((above, x, below), dim=2)
    raise ValueError(mode)


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


@mistake("conv2d_naive", hint="The bias is chosen by the image: it belongs to the kernel.")
def naive_bias_by_image(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[n % M]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="The bias is added to each product, before the sum: it comes once to each output, after it.")
def naive_bias_of_channel(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    products = window * weights[m]
                    if bias is not None:
                        products = products + bias[m]
                    number = products.sum()
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="`if bias` asks a tensor whether it is true, which several numbers can't answer: ask whether it is None.")
def naive_bias_truth(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="Your bias grows from place to place: `+=` changes the tensor that you began with, and that is the bias itself.")
def naive_changes_bias(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = x.new_zeros(()) if bias is None else bias[m]
                    number += (window * weights[m]).sum()
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="Images and kernels have changed places in the shape of your output: the images come first.")
def naive_dims_exchanged(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    kh, kw = weights.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    planes = []
    for kernel, b in zip(weights, [0] * len(weights) if bias is None else bias):
        images = []
        for image in padded:
            rows = []
            for top in range(0, image.shape[1] - kh + 1, sh):
                row = []
                for left in range(0, image.shape[2] - kw + 1, sw):
                    row.append((image[:, top:top + kh, left:left + kw] * kernel).sum() + b)
                rows.append(torch.stack(row))
            images.append(torch.stack(rows))
        planes.append(torch.stack(images))
    return torch.stack(planes)


@mistake("conv2d_naive", hint="Your border repeats the pixels of the edge: a convolution's border holds zeros.")
def naive_edge_border(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = F.pad(x, (pw, pw, ph, ph), mode='replicate')
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="Every channel meets the first slice of the kernel: each has a slice of its own.")
def naive_first_slice_for_all(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m, 0]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="The kernel is laid on with rows and columns exchanged: its rows lie on rows of the image.")
def naive_kernel_transposed(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window.transpose(1, 2).reshape(C, kh, kw) * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="The last row and the last column of places are never visited: where does your range end?")
def naive_last_place_missing(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height - 1):
                for j in range(width - 1):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="You average over the channels: their products add up like all others.")
def naive_mean_of_channels(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum((1, 2)).mean()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="A slice that ends at minus the padding is empty where there is none: end it where the image ends.")
def naive_minus_zero(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:-ph, pw:-pw] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="The padding's two numbers have changed places: the vertical one comes first.")
def naive_padding_exchanged(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (pw, ph) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="The padding counts once in your output's size: it stands on both sides.")
def naive_padding_one_side_in_size(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + ph - kh) // sh + 1
    width = (W + pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="A pair is handled as if it were a number: stride and padding may be either. The function `pair` makes a pair of both.")
def naive_pairs_refused(x, weights, bias=None, stride=1, padding=0):
    sh = sw = int(stride)
    ph = pw = int(padding)
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="Your kernel is taken for a square: it has rows and columns, and they may differ in number.")
def naive_square_kernel(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, _ = weights.shape
    kw = kh
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="The stride's two numbers have changed places: the vertical one comes first.")
def naive_stride_exchanged(x, weights, bias=None, stride=1, padding=0):
    (sw, sh), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="Your columns move by the stride of the rows: it may be a pair, and its second number is theirs.")
def naive_stride_of_rows(x, weights, bias=None, stride=1, padding=0):
    (sh, _), (ph, pw) = (pair(stride), pair(padding))
    sw = sh
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


@mistake("conv2d_naive", hint="The width is found from the image's height: an image need not be square.")
def naive_width_from_height(x, weights, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (pair(stride), pair(padding))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (H + 2 * pw - kw) // sw + 1
    out = torch.zeros(N, M, height, width, dtype=x.dtype, device=x.device)
    for n in range(N):
        for m in range(M):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    number = (window * weights[m]).sum()
                    if bias is not None:
                        number = number + bias[m]
                    out[n, m, i, j] = number
    return out


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


@mistake("conv2d", hint="Your kernels are parted by the number of channels: a group has M / groups kernels, and that may be more or fewer than it has channels.")
def layer_as_many_kernels_as_channels(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    N, C, H, W = x.shape
    M, K, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (W + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    blocks = []
    for g in range(groups):
        images = padded[:, g * K:(g + 1) * K]
        kernels = weights[g * K:(g + 1) * K]
        block = torch.zeros(N, M // groups, height, width, dtype=x.dtype, device=x.device)
        for a in range(kh):
            for b in range(kw):
                top, left = (a * dh, b * dw)
                seen = images[:, :, top:top + height * sh:sh, left:left + width * sw:sw]
                block += torch.einsum('nchw,mc->nmhw', seen, kernels[:, :, a, b])
        blocks.append(block)
    out = torch.cat(blocks, dim=1)
    if bias is not None:
        out = out + bias.reshape(1, -1, 1, 1)
    return out


@mistake("conv2d", hint="The shape of your output is right and its numbers are in the wrong places: images and kernels have changed places, and a reshape does not turn them round.")
def layer_batch_mixed(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    picked = picked.permute(1, 2, 0, 3).reshape(groups, k * kh * kw, -1)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="Your bias goes along the columns of the output: it belongs to the kernels, whose dimension is another.")
def layer_bias_along_width(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias
    return out


@mistake("conv2d", hint="Your function needs a bias: it may be None, or left out, and then nothing is added.")
def layer_bias_needed(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="Stride and dilation have changed roles: which of them parts the windows, and which the numbers of a kernel?")
def layer_dilation_and_stride_mixed(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = (torch.arange(kh, device=x.device)[:, None] * sh + torch.arange(height, device=x.device) * dh) % padded.shape[2]
    columns = (torch.arange(kw, device=x.device)[:, None] * sw + torch.arange(width, device=x.device) * dw) % padded.shape[3]
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="The dilation's two numbers have changed places: the vertical one comes first.")
def layer_dilation_exchanged(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dw, dh) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="`dilation` counts in your output's size, and your kernel's numbers still lie side by side.")
def layer_dilation_ignored(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="Your output is too large: with a dilation the kernel spans more pixels, and has fewer places.")
def layer_dilation_not_in_size(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    N, C, H, W = x.shape
    M, K, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - kh) // sh + 1
    width = (W + 2 * pw - kw) // sw + 1
    padded = F.pad(padded, (0, dw * kw, 0, dh * kh))
    blocks = []
    for g in range(groups):
        images = padded[:, g * K:(g + 1) * K]
        kernels = weights[g * M // groups:(g + 1) * M // groups]
        block = torch.zeros(N, M // groups, height, width, dtype=x.dtype, device=x.device)
        for a in range(kh):
            for b in range(kw):
                top, left = (a * dh, b * dw)
                seen = images[:, :, top:top + height * sh:sh, left:left + width * sw:sw]
                block += torch.einsum('nchw,mc->nmhw', seen, kernels[:, :, a, b])
        blocks.append(block)
    out = torch.cat(blocks, dim=1)
    if bias is not None:
        out = out + bias.reshape(1, -1, 1, 1)
    return out


@mistake("conv2d", hint="What you gather the sums in is float32, whatever the inputs are: make it of an input's dtype.")
def layer_float32(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    N, C, H, W = x.shape
    M, K, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (W + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    blocks = []
    for g in range(groups):
        images = padded[:, g * K:(g + 1) * K]
        kernels = weights[g * M // groups:(g + 1) * M // groups]
        block = torch.zeros(N, M // groups, height, width, device=x.device)
        for a in range(kh):
            for b in range(kw):
                top, left = (a * dh, b * dw)
                seen = images[:, :, top:top + height * sh:sh, left:left + width * sw:sw]
                block += torch.einsum('nchw,mc->nmhw', seen, kernels[:, :, a, b])
        blocks.append(block)
    out = torch.cat(blocks, dim=1)
    if bias is not None:
        out = out + bias.reshape(1, -1, 1, 1)
    return out


@mistake("conv2d", hint="With more than one group your columns don't fit the kernels: a kernel sees the channels of its own group only, so each group needs a product of its own.")
def layer_groups_ignored(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, k * kh * kw, height * width)
    kernels = weights.reshape(m, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="Your kernels are dealt out to the groups like cards: a group has a block of kernels that are neighbours.")
def layer_groups_reshape(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(m // groups, groups, k * kh * kw).transpose(0, 1)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="Your last window reaches beyond the edge: what is too short for a whole window is dropped.")
def layer_half_window(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = -(-(h + 2 * ph - dh * (kh - 1) - 1) // sh) + 1
    width = -(-(w + 2 * pw - dw * (kw - 1) - 1) // sw) + 1
    padded = F.pad(x, (pw, pw + sw, ph, ph + sh))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="`F.pad` takes the two sides of one direction together, left and right first, then top and bottom: which of your numbers stands at the right?")
def layer_pad_pairs_mixed(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, ph, pw, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="The shape of your output is right and its numbers are in the wrong places: rows and columns of places have changed roles, and a reshape does not turn them round.")
def layer_rows_and_columns_of_places(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width).transpose(2, 3).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="Your slice runs on to the end of the image: where something is left over, it holds more numbers than there are places. How many should it have?")
def layer_slice_not_ended(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    N, C, H, W = x.shape
    M, K, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (W + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    blocks = []
    for g in range(groups):
        images = padded[:, g * K:(g + 1) * K]
        kernels = weights[g * M // groups:(g + 1) * M // groups]
        block = torch.zeros(N, M // groups, height, width, dtype=x.dtype, device=x.device)
        for a in range(kh):
            for b in range(kw):
                top, left = (a * dh, b * dw)
                seen = images[:, :, top::sh, left::sw]
                block += torch.einsum('nchw,mc->nmhw', seen, kernels[:, :, a, b])
        blocks.append(block)
    out = torch.cat(blocks, dim=1)
    if bias is not None:
        out = out + bias.reshape(1, -1, 1, 1)
    return out


@mistake("conv2d", hint="Your slice is as long as the output, and a step skips some of that: how far in the image do so many steps of a stride reach?")
def layer_slice_to_border(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    N, C, H, W = x.shape
    M, K, kh, kw = weights.shape
    padded = torch.zeros(N, C, H + 2 * ph, W + 2 * pw, dtype=x.dtype, device=x.device)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    height = (H + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (W + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    blocks = []
    for g in range(groups):
        images = padded[:, g * K:(g + 1) * K]
        kernels = weights[g * M // groups:(g + 1) * M // groups]
        block = torch.zeros(N, M // groups, height, width, dtype=x.dtype, device=x.device)
        for a in range(kh):
            for b in range(kw):
                top, left = (a * dh, b * dw)
                seen = images[:, :, top:top + height:sh, left:left + width:sw]
                block += torch.einsum('nchw,mc->nmhw', seen, kernels[:, :, a, b])
        blocks.append(block)
    out = torch.cat(blocks, dim=1)
    if bias is not None:
        out = out + bias.reshape(1, -1, 1, 1)
    return out


@mistake("conv2d", hint="Your kernel is taken for a square: it has rows and columns, and they may differ in number.")
def layer_square_kernel(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, _ = weights.shape
    kw = kh
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="The stride's two numbers have changed places: the vertical one comes first.")
def layer_stride_exchanged(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sw, sh), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="Your columns move by the stride of the rows: it may be a pair, and its second number is theirs.")
def layer_stride_of_rows(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(pair(stride)[0]), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="Places and numbers of the kernel are mixed in your columns: a reshape joins neighbouring dimensions, so what is summed over must stand together first, and the places behind.")
def layer_windows_as_rows(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    n, c, h, w = x.shape
    m, k, kh, kw = weights.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = torch.arange(kh, device=x.device)[:, None] * dh + torch.arange(height, device=x.device) * sh
    columns = torch.arange(kw, device=x.device)[:, None] * dw + torch.arange(width, device=x.device) * sw
    picked = padded[:, :, rows.T[:, None, :, None], columns.T[None, :, None, :]]
    picked = picked.reshape(n, groups, k * kh * kw, height * width)
    kernels = weights.reshape(groups, m // groups, k * kh * kw)
    out = (kernels @ picked).reshape(n, m, height, width)
    if bias is not None:
        out = out + bias.reshape(1, m, 1, 1)
    return out


@mistake("conv2d", hint="Your strides are those of a fresh tensor: without a border it is x itself that you look at, which may lie in memory in another way. Ask the tensor for its strides.")
def layer_as_strided(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    m, k, kh, kw = weights.shape
    big = F.pad(x, (pw, pw, ph, ph)) if ph or pw else x
    n, c, h, w = big.shape
    oh = (h - (kh - 1) * dh - 1) // sh + 1
    ow = (w - (kw - 1) * dw - 1) // sw + 1
    view = torch.as_strided(big, (n, groups, k, kh, kw, oh, ow), (c * h * w, k * h * w, h * w, w * dh, dw, w * sh, sw))
    out = torch.einsum('ngkabij,gmkab->ngmij', view, weights.reshape(groups, m // groups, k, kh, kw))
    out = out.reshape(n, m, oh, ow)
    return out if bias is None else out + bias.reshape(1, m, 1, 1)


@mistake("conv2d", hint="You put the border on x itself, and the caller still needs the old image: work on a new tensor.")
def layer_changes_input(x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    M, K, kh, kw = weights.shape
    x.data = F.pad(x, (pw, pw, ph, ph))
    windows = x.unfold(2, dh * (kh - 1) + 1, sh).unfold(3, dw * (kw - 1) + 1, sw)[..., ::dh, ::dw]
    windows = windows.unflatten(1, (groups, K))
    kernels = weights.reshape(groups, M // groups, K, kh, kw)
    out = torch.einsum('ngkijab,gmkab->ngmij', windows, kernels).flatten(1, 2)
    return out if bias is None else out + bias.reshape(1, M, 1, 1)


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


@mistake("conv2d_backward", hint="The gradient of the weights has the bias' added to it: each has its own, and a weight is paid only for the pixels that it met.")
def back_bias_in_weights(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh, kw = weights.shape[2:]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded = torch.zeros_like(padded)
    grad_weights = torch.zeros_like(weights)
    grad_bias = grad_out.sum(dim=(0, 2, 3))
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh, a * dh + height * sh, sh)
            columns = slice(b * dw, b * dw + width * sw, sw)
            grad_weights[:, :, a, b] = torch.einsum('nmhw,nchw->mc', grad_out, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum('nmhw,mc->nchw', grad_out, weights[:, :, a, b])
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    return (grad_x, grad_weights + grad_bias.reshape(-1, 1, 1, 1), grad_bias)


@mistake("conv2d_backward", hint="The gradient of the bias is averaged over the places: a bias is added at every place of its plane, and what comes back from them adds up.")
def back_bias_once_per_image(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh, kw = weights.shape[2:]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded = torch.zeros_like(padded)
    grad_weights = torch.zeros_like(weights)
    grad_bias = grad_out.mean(dim=(2, 3)).sum(0)
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh, a * dh + height * sh, sh)
            columns = slice(b * dw, b * dw + width * sw, sw)
            grad_weights[:, :, a, b] = torch.einsum('nmhw,nchw->mc', grad_out, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum('nmhw,mc->nchw', grad_out, weights[:, :, a, b])
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    return (grad_x, grad_weights, grad_bias)


@mistake("conv2d_backward", hint="Every channel of your gradient of x gets the same: a channel hears only of the slice of the kernel that it met.")
def back_channels_alike(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh, kw = weights.shape[2:]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded = torch.zeros_like(padded)
    grad_weights = torch.zeros_like(weights)
    grad_bias = grad_out.sum(dim=(0, 2, 3))
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh, a * dh + height * sh, sh)
            columns = slice(b * dw, b * dw + width * sw, sw)
            grad_weights[:, :, a, b] = torch.einsum('nmhw,nchw->mc', grad_out, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum('nmhw,mc->nhw', grad_out, weights[:, :, a, b]).unsqueeze(1)
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    return (grad_x, grad_weights, grad_bias)


@mistake("conv2d_backward", hint="The dilation's two numbers have changed places: the vertical one comes first.")
def back_dilation_exchanged(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dw, dh) = (pair(stride), pair(padding), pair(dilation))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    height, width = grad_out.shape[2:]
    reach_h, reach_w = (dh * (kh - 1), dw * (kw - 1))
    spread = grad_out.new_zeros(N, M, H + 2 * ph + reach_h, W + 2 * pw + reach_w)
    inner = spread[:, :, reach_h:reach_h + height * sh:sh, reach_w:reach_w + width * sw:sw]
    inner[:, :, :height, :width] = grad_out
    seen = spread.unfold(2, reach_h + 1, 1).unfold(3, reach_w + 1, 1)[..., ::dh, ::dw]
    grad_padded = torch.einsum('nmhwab,mcab->nchw', seen, weights.flip(2, 3))
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    pixels = F.pad(x, (pw, pw, ph, ph)).unfold(2, reach_h + 1, sh).unfold(3, reach_w + 1, sw)
    grad_weights = torch.einsum('nmhw,nchwab->mcab', grad_out, pixels[..., ::dh, ::dw])
    return (grad_x, grad_weights, grad_out.sum((0, 2, 3)))


@mistake("conv2d_backward", hint="The stride moves the numbers of your kernel apart: it moves windows, and the dilation alone says how far apart a kernel's numbers lie.")
def back_dilation_times_stride(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh, kw = weights.shape[2:]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded = torch.zeros_like(padded)
    grad_weights = torch.zeros_like(weights)
    grad_bias = grad_out.sum(dim=(0, 2, 3))
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh * sh, a * dh * sh + height * sh, sh)
            columns = slice(b * dw * sw, b * dw * sw + width * sw, sw)
            grad_weights[:, :, a, b] = torch.einsum('nmhw,nchw->mc', grad_out, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum('nmhw,mc->nchw', grad_out, weights[:, :, a, b])
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    return (grad_x, grad_weights, grad_bias)


@mistake("conv2d_backward", hint="The gradient of the weights hears of the first image only: all images of the batch used them.")
def back_first_image(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh, kw = weights.shape[2:]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded = torch.zeros_like(padded)
    grad_weights = torch.zeros_like(weights)
    grad_bias = grad_out.sum(dim=(0, 2, 3))
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh, a * dh + height * sh, sh)
            columns = slice(b * dw, b * dw + width * sw, sw)
            grad_weights[:, :, a, b] = torch.einsum('mhw,chw->mc', grad_out[0], padded[0, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum('nmhw,mc->nchw', grad_out, weights[:, :, a, b])
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    return (grad_x, grad_weights, grad_bias)


@mistake("conv2d_backward", hint="The last row and the last column of grad_out are left out: every place sends something back.")
def back_last_place(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh, kw = weights.shape[2:]
    grad_out = grad_out[:, :, :grad_out.shape[2] - 1, :grad_out.shape[3] - 1]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded = torch.zeros_like(padded)
    grad_weights = torch.zeros_like(weights)
    grad_bias = grad_out.sum(dim=(0, 2, 3))
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh, a * dh + height * sh, sh)
            columns = slice(b * dw, b * dw + width * sw, sw)
            grad_weights[:, :, a, b] = torch.einsum('nmhw,nchw->mc', grad_out, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum('nmhw,mc->nchw', grad_out, weights[:, :, a, b])
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    return (grad_x, grad_weights, grad_bias)


@mistake("conv2d_backward", hint="Where pixels are left over, your gradient of x lies too far down and right: windows are counted from the upper left, so what is left over is at the other end.")
def back_leftover_above(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    height, width = grad_out.shape[2:]
    reach_h, reach_w = (dh * (kh - 1), dw * (kw - 1))
    spread = grad_out.new_zeros(N, M, H + 2 * ph + reach_h, W + 2 * pw + reach_w)
    inner = spread[:, :, reach_h:reach_h + height * sh:sh, reach_w:reach_w + width * sw:sw]
    inner[:, :, :height, :width] = grad_out
    seen = spread.unfold(2, reach_h + 1, 1).unfold(3, reach_w + 1, 1)[..., ::dh, ::dw]
    grad_padded = torch.einsum('nmhwab,mcab->nchw', seen, weights.flip(2, 3))
    rest_h = (H + 2 * ph - reach_h - 1) % sh
    rest_w = (W + 2 * pw - reach_w - 1) % sw
    grad_padded = grad_padded.roll((rest_h, rest_w), (2, 3))
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    pixels = F.pad(x, (pw, pw, ph, ph)).unfold(2, reach_h + 1, sh).unfold(3, reach_w + 1, sw)
    grad_weights = torch.einsum('nmhw,nchwab->mcab', grad_out, pixels[..., ::dh, ::dw])
    return (grad_x, grad_weights, grad_out.sum((0, 2, 3)))


@mistake("conv2d_backward", hint="Your gradient of x is smaller than x where pixels are left over: from grad_out alone nobody can tell how large x was. They are there, with a gradient of 0.")
def back_leftover_missing(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    N, C, H, W = x.shape
    M, _, kh, kw = weights.shape
    height, width = grad_out.shape[2:]
    reach_h, reach_w = (dh * (kh - 1), dw * (kw - 1))
    H = (height - 1) * sh + reach_h + 1 - 2 * ph
    W = (width - 1) * sw + reach_w + 1 - 2 * pw
    spread = grad_out.new_zeros(N, M, H + 2 * ph + reach_h, W + 2 * pw + reach_w)
    inner = spread[:, :, reach_h:reach_h + height * sh:sh, reach_w:reach_w + width * sw:sw]
    inner[:, :, :height, :width] = grad_out
    seen = spread.unfold(2, reach_h + 1, 1).unfold(3, reach_w + 1, 1)[..., ::dh, ::dw]
    grad_padded = torch.einsum('nmhwab,mcab->nchw', seen, weights.flip(2, 3))
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    pixels = F.pad(x, (pw, pw, ph, ph)).unfold(2, reach_h + 1, sh).unfold(3, reach_w + 1, sw)
    grad_weights = torch.einsum('nmhw,nchwab->mcab', grad_out, pixels[..., ::dh, ::dw])
    return (grad_x, grad_weights, grad_out.sum((0, 2, 3)))


@mistake("conv2d_backward", hint="Where windows overlap you divide by their number: what they send adds up.")
def back_overlaps_averaged(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    settings = dict(kernel_size=tuple(weights.shape[2:]), dilation=pair(dilation), padding=pair(padding), stride=pair(stride))
    n, m = grad_out.shape[:2]
    above = grad_out.reshape(n, m, -1)
    columns = F.unfold(x, **settings)
    grad_weights = (above @ columns.transpose(1, 2)).sum(0).reshape(weights.shape)
    sent = weights.reshape(m, -1).T @ above
    total = F.fold(sent, tuple(x.shape[2:]), **settings)
    seen_by = F.fold(torch.ones_like(sent), tuple(x.shape[2:]), **settings)
    return (total / seen_by.clamp(min=1), grad_weights, above.sum(dim=(0, 2)))


@mistake("conv2d_backward", hint="Your slice runs on to the end of the image: where something is left over, it holds more numbers than there are places. How many should it have?")
def back_slice_not_ended(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh, kw = weights.shape[2:]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded = torch.zeros_like(padded)
    grad_weights = torch.zeros_like(weights)
    grad_bias = grad_out.sum(dim=(0, 2, 3))
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh, None, sh)
            columns = slice(b * dw, None, sw)
            grad_weights[:, :, a, b] = torch.einsum('nmhw,nchw->mc', grad_out, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum('nmhw,mc->nchw', grad_out, weights[:, :, a, b])
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    return (grad_x, grad_weights, grad_bias)


@mistake("conv2d_backward", hint="Your kernel is taken for a square: it has rows and columns, and they may differ in number.")
def back_square_kernel(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh = kw = weights.shape[2]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded = torch.zeros_like(padded)
    grad_weights = torch.zeros_like(weights)
    grad_bias = grad_out.sum(dim=(0, 2, 3))
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh, a * dh + height * sh, sh)
            columns = slice(b * dw, b * dw + width * sw, sw)
            grad_weights[:, :, a, b] = torch.einsum('nmhw,nchw->mc', grad_out, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum('nmhw,mc->nchw', grad_out, weights[:, :, a, b])
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    return (grad_x, grad_weights, grad_bias)


@mistake("conv2d_backward", hint="Your columns move by the stride of the rows: it may be a pair, and its second number is theirs.")
def back_stride_of_rows(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh, kw = weights.shape[2:]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded = torch.zeros_like(padded)
    grad_weights = torch.zeros_like(weights)
    grad_bias = grad_out.sum(dim=(0, 2, 3))
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh, a * dh + height * sh, sh)
            columns = slice(b * dw, b * dw + width * sh, sh)
            grad_weights[:, :, a, b] = torch.einsum('nmhw,nchw->mc', grad_out, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum('nmhw,mc->nchw', grad_out, weights[:, :, a, b])
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    return (grad_x, grad_weights, grad_bias)


@mistake("conv2d_backward", hint="Kernels and channels have changed places in the gradient of the weights: it has the shape of the weights.")
def back_weights_transposed(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh, kw = weights.shape[2:]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded = torch.zeros_like(padded)
    grad_weights = torch.zeros_like(weights)
    grad_bias = grad_out.sum(dim=(0, 2, 3))
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh, a * dh + height * sh, sh)
            columns = slice(b * dw, b * dw + width * sw, sw)
            grad_weights[:, :, a, b] = torch.einsum('nmhw,nchw->mc', grad_out, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum('nmhw,mc->nchw', grad_out, weights[:, :, a, b])
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    return (grad_x, grad_weights.transpose(0, 1), grad_bias)


@mistake("conv2d_backward", hint="For the gradient of the weights all of your border stands at the right and below: half of it belongs to the left and above, as it was on the way there.")
def back_weights_without_border(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh, kw = weights.shape[2:]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (0, 2 * pw, 0, 2 * ph))
    grad_padded = torch.zeros_like(padded)
    grad_weights = torch.zeros_like(weights)
    grad_bias = grad_out.sum(dim=(0, 2, 3))
    for a in range(kh):
        for b in range(kw):
            rows = slice(a * dh, a * dh + height * sh, sh)
            columns = slice(b * dw, b * dw + width * sw, sw)
            grad_weights[:, :, a, b] = torch.einsum('nmhw,nchw->mc', grad_out, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += torch.einsum('nmhw,mc->nchw', grad_out, weights[:, :, a, b])
    grad_x = grad_padded[:, :, ph:ph + H, pw:pw + W]
    return (grad_x, grad_weights, grad_bias)


@mistake("conv2d_backward", hint="Without a border your padded image is x itself, and you gather the gradient in it: the caller still needs the old x. Work on a new tensor.")
def back_changes_x(grad_out, cache, stride=1, padding=0, dilation=1):
    x, weights, bias = cache
    (sh, sw), (ph, pw), (dh, dw) = (pair(stride), pair(padding), pair(dilation))
    H, W = x.shape[2:]
    kh, kw = weights.shape[2:]
    height, width = grad_out.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph)) if ph + pw else x

    def grids():
        for a in range(kh):
            for b in range(kw):
                rows = slice(a * dh, a * dh + height * sh, sh)
                columns = slice(b * dw, b * dw + width * sw, sw)
                yield (a, b, padded[:, :, rows, columns])
    grad_weights = torch.zeros_like(weights)
    for a, b, grid in grids():
        grad_weights[:, :, a, b] = torch.einsum('nmhw,nchw->mc', grad_out, grid)
    padded.zero_()
    for a, b, grid in grids():
        grid += torch.einsum('nmhw,mc->nchw', grad_out, weights[:, :, a, b])
    return (padded[:, :, ph:ph + H, pw:pw + W], grad_weights, grad_out.sum((0, 2, 3)))


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


@mistake("count_parameters", hint="You refuse a layer that can be made: the channels that come in and the kernels need not divide each other, only the groups must divide both.")
def count_channels_must_divide(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups or max(in_channels, out_channels) % min(in_channels, out_channels):
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="The groups must divide both: the channels that come in, and the kernels.")
def count_checks_both_at_once(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups and out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="The groups must divide both: the channels that come in, and the kernels.")
def count_checks_output_only(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="You count one bias for the whole layer: each kernel has its own.")
def count_one_bias(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += 2
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += 1
    return (parameters, products)


@mistake("count_parameters", hint="The border is put on twice: the padding belongs to the depthwise layer alone.")
def count_padding_in_both(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        again = (height + 2 * ph) * (width + 2 * pw)
        products = depthwise * height * width + pointwise * again
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="The image's size is read as width and height: rows come first.")
def count_size_exchanged(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    size = (size[1], size[0])
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="You count windows that reach beyond the edge: what is left over after the last whole step is dropped.")
def count_size_rounded_up(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = -(-(size[0] + 2 * ph - dh * (kh - 1) - 1) // sh) + 1
    width = -(-(size[1] + 2 * pw - dw * (kw - 1) - 1) // sw) + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="The stride is taken twice: it belongs to the depthwise layer alone.")
def count_stride_in_both(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        again = ((height - 1) // sh + 1) * ((width - 1) // sw + 1)
        products = depthwise * height * width + pointwise * again
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="The stride is taken in the second of the two layers: it belongs to the first, whose places are fewer for it.")
def count_stride_in_second_layer(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        full = (size[0] + 2 * ph - dh * (kh - 1)) * (size[1] + 2 * pw - dw * (kw - 1))
        products = depthwise * full + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="Your columns move by the stride of the rows: it may be a pair, and its second number is theirs.")
def count_stride_of_rows(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sh + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="Of the two layers only the first has its biases counted.")
def count_bias_first_layer_only(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="Each slice of a kernel has a bias in your count: a kernel has one, however many channels it sees.")
def count_bias_per_slice(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels * (in_channels // groups)
    return (parameters, products)


@mistake("count_parameters", hint="Your dilation adds parameters: the gaps of a kernel hold no numbers.")
def count_dilation_adds_weights(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * (dh * (kh - 1) + 1) * (dw * (kw - 1) + 1)
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="With groups your layer is as large as without, or larger: how many channels does a kernel see then, and how many kernels are there in all?")
def count_groups_ignored(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * in_channels * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="Your multiply-adds are those of a single plane: every kernel makes one.")
def count_macs_per_kernel(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights // out_channels * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="Your parameters know of the groups and your multiply-adds don't: a kernel forms products only with the channels that it sees.")
def count_macs_without_groups(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = out_channels * in_channels * kh * kw * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="Your kernels are square: they have the first number of the pair as rows and as columns.")
def count_square_kernel(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh ** 2
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="You leave out the products with the zeros of the border: they are formed and count.")
def count_border_not_counted(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    seen, places = ([], [])
    for n, k, s, p, d in zip(size, pair(kernel_size), pair(stride), pair(padding), pair(dilation)):
        starts = range(-p, n + p - d * (k - 1), s)
        places.append(len(starts))
        seen.append(sum((0 <= start + i * d < n for start in starts for i in range(k))))
    kh, kw = pair(kernel_size)
    if separable:
        parameters = in_channels * kh * kw + in_channels * out_channels
        products = in_channels * seen[0] * seen[1] + in_channels * out_channels * places[0] * places[1]
        return (parameters + (in_channels + out_channels if bias else 0), products)
    slices = out_channels * (in_channels // groups)
    return (slices * kh * kw + (out_channels if bias else 0), slices * seen[0] * seen[1])


@mistake("count_parameters", hint="Without padding your layer keeps the image's size: no border is put on unless it is asked for, and the output is smaller.")
def count_default_padding_same(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    k, s, p, d = (pair(kernel_size), pair(stride), pair(padding), pair(dilation))
    if p == (0, 0):
        height, width = (-(-size[0] // s[0]), -(-size[1] // s[1]))
    else:
        height, width = ((size[i] + 2 * p[i] - d[i] * (k[i] - 1) - 1) // s[i] + 1 for i in (0, 1))
    window = k[0] * k[1]
    if separable:
        weights, biases = (in_channels * window + in_channels * out_channels, in_channels + out_channels)
    else:
        weights, biases = (out_channels * in_channels // groups * window, out_channels)
    return (weights + (biases if bias else 0), weights * height * width)


@mistake("count_parameters", hint="One depthwise kernel serves all channels in your count: each channel has its own.")
def count_one_depthwise_kernel(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + pointwise
        products = depthwise * height * width + pointwise * height * width
        if bias:
            parameters += in_channels + out_channels
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


@mistake("count_parameters", hint="Of the two layers only the depthwise one is counted: the one of 1 x 1 kernels costs too.")
def count_separable_ignored(in_channels, out_channels, kernel_size, size, stride=1, padding=0, dilation=1, groups=1, bias=True, separable=False):
    if in_channels % groups or out_channels % groups:
        raise ValueError('groups divides both numbers of channels')
    (kh, kw), (sh, sw) = (pair(kernel_size), pair(stride))
    (ph, pw), (dh, dw) = (pair(padding), pair(dilation))
    height = (size[0] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (size[1] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if separable:
        depthwise = in_channels * kh * kw
        pointwise = in_channels * out_channels
        parameters = depthwise + (in_channels if bias else 0)
        products = depthwise * height * width
    else:
        weights = out_channels * (in_channels // groups) * kh * kw
        parameters = weights
        products = weights * height * width
        if bias:
            parameters += out_channels
    return (parameters, products)


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
