"""What students write in pooling: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def _cut(kernel, stride, images):
    return images.unfold(2, kernel[0], stride[0]).unfold(3, kernel[1], stride[1])


def _ways(kernel_size, stride, padding):
    kernel = _pair(kernel_size)
    return kernel, kernel if stride is None else _pair(stride), _pair(padding)


# max_pool2d

ZEROS_WIN = (
    "Where a window's pixels are negative, the zeros of your padding win (F.unfold's own is zeros too): what stands "
    "outside must lose against every number."
)
A_LOW_NUMBER = "Your padding is a low number, and pixels can be lower still: then it wins. Only one value loses against all."
PADDING_EXCHANGED = (
    "Rows and columns of the padding are exchanged. F.pad counts from the last axis: (left, right, top, bottom)."
)
PADDED_ON_ONE_SIDE = "Only the top and the left are padded: the padding stands on both sides of each axis."
ONE_STRIDE = "One stride serves both axes: it may be a pair, and its first number is the vertical one."
STRIDE_ONE = "Where no stride is given, yours is 1: the windows lie side by side then, a kernel apart."
PADDING_TWICE = "Each side gets half of the padding: `padding` is what each side gets."
STRIDE_EXCHANGED = "Rows and columns of the stride are exchanged: the first number is the vertical one, along axis 2."
SLICES_BY_STRIDE = "How many windows there are isn't the height divided by the stride: the last one must still fit in."
SLICES_WITHOUT_END = (
    "Your slices go on to the border, and so have different sizes: each place of the window has as many rows and columns as "
    "there are windows."
)
MINUS_ZERO = "Where the padding is 0, `[0:-0]` is empty: reckon the end of the slice from the size."
FRAME_TIES = "What stands in your frame may be equal to a pixel, and of equals the first wins: the frame takes the gradient."
CROP_EXCHANGED = "Rows and columns of the padding are exchanged where the frame is cut off."
GRADIENT_PADDING = "Rows and columns of the padding are exchanged: the first number is the vertical one, above and below."
COUNT_ABOVE_ONLY = "Only the frame above and on the left is left out of your count: it stands below and on the right too."
COUNT_SIDE_BY_SIDE = "The pixels are counted in windows side by side, whatever the stride: count them in the windows that are averaged."
THROUGH_FLOAT32 = "Something is float32 whatever the images are, and float64 has twice as many digits: make what you make of their dtype."


@mistake("max_pool2d", edit={", value=-math.inf": ""}, hint=ZEROS_WIN)
def zeros_outside(): ...


@mistake("max_pool2d", edit={"value=-math.inf": "value=-1e9"}, hint=A_LOW_NUMBER)
def minus_a_billion_outside(): ...


@mistake("max_pool2d", edit={"value=-math.inf": "value=-1000.0"}, hint=A_LOW_NUMBER)
def minus_a_thousand_outside(): ...


@mistake("max_pool2d", edit={"(columns, columns, rows, rows)": "(rows, rows, columns, columns)"}, hint=PADDING_EXCHANGED)
def padding_exchanged(): ...


@mistake("max_pool2d", edit={"(columns, columns, rows, rows)": "(columns, 0, rows, 0)"}, hint=PADDED_ON_ONE_SIDE)
def padded_above_and_left(): ...


@mistake("max_pool2d", edit={"unfold(3, width, across)": "unfold(3, width, down)"}, hint=ONE_STRIDE)
def vertical_stride_for_both(): ...


@mistake("max_pool2d", edit={"(height, width) if stride is None": "(1, 1) if stride is None"}, hint=STRIDE_ONE)
def stride_of_one_by_default(): ...


@mistake(
    "max_pool2d",
    edit={"unfold(2, height, down).unfold(3, width, across)": "unfold(2, width, down).unfold(3, height, across)"},
    hint="The window lies on its side: the first number of the kernel is its height, along axis 2.",
)
def kernel_on_its_side(): ...


@mistake(
    "max_pool2d",
    edit={"amax(dim=(-2, -1))": "amax(dim=-1)"},
    hint="Only along one axis of the window the largest is taken: a window has two axes, and both must go.",
)
def only_along_rows(): ...


@mistake(
    "max_pool2d",
    edit={"amax(dim=(-2, -1))": "amax(dim=(1, -2, -1))"},
    hint="The largest is taken across the channels too: each channel is pooled by itself.",
)
def across_channels(): ...


@mistake(
    "max_pool2d",
    edit={"amax(dim=(-2, -1))": "mean(dim=(-2, -1))"},
    hint="That is no maximum of the windows: minus infinity comes out where there is padding, and a mean elsewhere.",
)
def mean_of_the_windows(): ...


@mistake(
    "max_pool2d",
    hint="What is left over at the lower and the right edge is pooled as well, in a smaller window: it is not looked at.",
)
def rounded_up(x, kernel_size, stride=None, padding=0):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    tall, wide = x.shape[2] + 2 * rows, x.shape[3] + 2 * columns
    below, beside = -(tall - height) % down, -(wide - width) % across
    padded = F.pad(x, (columns, columns + beside, rows, rows + below), value=-math.inf)
    return padded.unfold(2, height, down).unfold(3, width, across).amax(dim=(-2, -1))


@mistake(
    "max_pool2d",
    hint="A reshape cuts the image into blocks that lie side by side. Windows overlap or leave gaps as soon as the stride isn't "
    "the kernel size.",
)
def by_reshape_into_blocks(x, kernel_size, stride=None, padding=0):
    (height, width), _, (rows, columns) = _ways(kernel_size, stride, padding)
    padded = F.pad(x, (columns, columns, rows, rows), value=-math.inf)
    tall, wide = padded.shape[2] // height, padded.shape[3] // width
    padded = padded[:, :, : tall * height, : wide * width]
    return padded.reshape(*x.shape[:2], tall, height, wide, width).amax(dim=(3, 5))


@mistake("max_pool2d", hint="The channels are taken apart in the wrong order: F.unfold's second axis runs through the channels "
         "first, and through the places of the window within each.")
def by_unfold_with_places_before_channels(x, kernel_size, stride=None, padding=0):
    kernel, stride, (rows, columns) = _ways(kernel_size, stride, padding)
    num, channels = x.shape[:2]
    padded = F.pad(x, (columns, columns, rows, rows), value=-math.inf)
    tall, wide = ((n - k) // s + 1 for n, k, s in zip(padded.shape[2:], kernel, stride))
    return F.unfold(padded, kernel, stride=stride).reshape(num, -1, channels, tall, wide).amax(dim=1)


@mistake("max_pool2d", hint="A loop over the windows: cut all of them at once.")
def window_by_window(x, kernel_size, stride=None, padding=0):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    padded = F.pad(x, (columns, columns, rows, rows), value=-math.inf)
    tall = (padded.shape[2] - height) // down + 1
    wide = (padded.shape[3] - width) // across + 1
    out = x.new_empty(*x.shape[:2], tall, wide)
    for i in range(tall):
        for j in range(wide):
            window = padded[:, :, i * down : i * down + height, j * across : j * across + width]
            out[:, :, i, j] = window.amax(dim=(2, 3))
    return out


@mistake("max_pool2d", hint="torch pools for you: cut the windows yourself.")
def by_torch(x, kernel_size, stride=None, padding=0):
    return F.max_pool2d(x, kernel_size, stride, padding)


@mistake(
    "max_pool2d",
    hint="The strides of your windows are reckoned for an image that lies row after row in memory. Another "
    "may lie otherwise: ask it for its strides.",
)
def pooled_as_strided_contiguous(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    if ph or pw:
        x = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    n, c, h, w = x.shape
    shape = (n, c, (h - kh) // sh + 1, (w - kw) // sw + 1, kh, kw)
    return x.as_strided(shape, (c * h * w, h * w, w * sh, sw, w, 1)).amax((-2, -1))


@mistake(
    "max_pool2d",
    hint="Height and width of kernel and stride are exchanged: the first number is the vertical one, and "
    "rows are axis 2.",
)
def pooled_axes_swapped(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    windows = framed.unfold(3, kh, sh).unfold(2, kw, sw)
    return windows.amax(dim=(-2, -1))


@mistake(
    "max_pool2d",
    hint="Only one number of each pair is used: kernel, stride and padding may each differ by axis.",
)
def pooled_falsy_only_ints(x, kernel_size, stride=None, padding=0):
    def first(v):
        return v if isinstance(v, int) else v[0]
    k, p = first(kernel_size), first(padding)
    s = k if stride is None else first(stride)
    framed = F.pad(x, (p, p, p, p), value=-math.inf)
    return framed.unfold(2, k, s).unfold(3, k, s).amax(dim=(-2, -1))


@mistake("max_pool2d", hint=A_LOW_NUMBER)
def pooled_frame_float32_min(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph), value=torch.finfo(torch.float32).min)
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw)
    return windows.amax(dim=(-2, -1))


@mistake(
    "max_pool2d",
    hint="The mean of the image stands in your frame, and it beats windows whose pixels are all below it.",
)
def pooled_frame_mean(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph), value=x.mean().item())
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw)
    return windows.amax(dim=(-2, -1))


@mistake(
    "max_pool2d",
    hint="You write into the image itself: the next window reads what the one before has written.",
)
def pooled_inplace_slice(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    big = x
    if ph or pw:
        big = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = (big.shape[2] - kh) // sh + 1, (big.shape[3] - kw) // sw + 1
    best = big[:, :, : (high - 1) * sh + 1 : sh, : (wide - 1) * sw + 1 : sw]
    for i in reversed(range(kh)):
        for j in reversed(range(kw)):
            part = big[:, :, i : i + (high - 1) * sh + 1 : sh, j : j + (wide - 1) * sw + 1 : sw].clone()
            best.copy_(torch.maximum(best, part))
    return best


@mistake("max_pool2d", hint="The number furthest from 0 is kept, sign or no sign: −9 is smaller than 1.")
def pooled_largest_by_size(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw)
    flat = windows.flatten(-2).nan_to_num(neginf=0.0)
    return flat.gather(-1, flat.abs().argmax(-1, keepdim=True))[..., 0]


@mistake(
    "max_pool2d",
    hint="Too few windows: the padding makes the image longer at both ends, so it counts twice.",
)
def pooled_one_padding(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high = (x.shape[2] + ph - kh) // sh + 1
    wide = (x.shape[3] + pw - kw) // sw + 1
    return framed.unfold(2, kh, sh).unfold(3, kw, sw).amax((-2, -1))[:, :, :high, :wide]


@mistake(
    "max_pool2d",
    hint="The number of windows is reckoned from the image without its padding: the last ones are missing.",
)
def pooled_size_without_padding(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high = (x.shape[2] - kh) // sh + 1
    wide = (x.shape[3] - kw) // sw + 1
    return framed.unfold(2, kh, sh).unfold(3, kw, sw).amax((-2, -1))[:, :, :high, :wide]


@mistake(
    "max_pool2d",
    hint="The largest is taken across the channels too: each channel is pooled by itself.",
)
def pooled_over_channels(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw)
    return windows.amax(dim=(1, -2, -1)).unsqueeze(1).expand(-1, x.shape[1], -1, -1)


@mistake("max_pool2d", hint=PADDING_TWICE)
def pooled_pad_halved(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw // 2, pw - pw // 2, ph // 2, ph - ph // 2), value=-math.inf)
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw)
    return windows.amax(dim=(-2, -1))


@mistake(
    "max_pool2d",
    hint="Your frame mirrors the pixels. A mirrored one may come from outside the window, and then it wins "
    "where it doesn't belong.",
)
def pooled_reflect(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph), mode="reflect")
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw)
    return windows.amax(dim=(-2, -1))


@mistake("max_pool2d", hint=SLICES_BY_STRIDE)
def pooled_slices_cut_to_smallest(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2] // sh, framed.shape[3] // sw
    parts = [framed[:, :, i::sh, j::sw][:, :, :high, :wide] for i in range(kh) for j in range(kw)]
    return torch.stack(parts).amax(dim=0)


@mistake("max_pool2d", hint=SLICES_WITHOUT_END)
def pooled_slices_without_bound(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    parts = [framed[:, :, i::sh, j::sw] for i in range(kh) for j in range(kw)]
    return torch.stack(parts).amax(dim=0)


@mistake(
    "max_pool2d",
    hint="The padding above and on the left isn't looked at: the first window begins in the frame.",
)
def pooled_stride_first_window_at_padding(x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    windows = framed[:, :, ph:, pw:].unfold(2, kh, sh).unfold(3, kw, sw)
    return windows.amax(dim=(-2, -1))


@mistake("max_pool2d", hint=STRIDE_EXCHANGED)
def pooled_stride_swapped(x, kernel_size, stride=None, padding=0):
    kh, kw = _pair(kernel_size)
    sw, sh = _pair(kernel_size if stride is None else stride)
    ph, pw = _pair(padding)
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw)
    return windows.amax(dim=(-2, -1))


@right("max_pool2d")
def by_unfold_of_a_padded_image(x, kernel_size, stride=None, padding=0):
    kernel, stride, (rows, columns) = _ways(kernel_size, stride, padding)
    num, channels = x.shape[:2]
    padded = F.pad(x, (columns, columns, rows, rows), value=-math.inf)
    tall, wide = ((n - k) // s + 1 for n, k, s in zip(padded.shape[2:], kernel, stride))
    return F.unfold(padded, kernel, stride=stride).reshape(num, channels, -1, tall, wide).max(dim=2).values


@right("max_pool2d")
def by_a_loop_over_the_window(x, kernel_size, stride=None, padding=0):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    num, channels, tall, wide = x.shape
    padded = x.new_full((num, channels, tall + 2 * rows, wide + 2 * columns), float("-inf"))
    padded[:, :, rows : rows + tall, columns : columns + wide] = x
    out_tall = (tall + 2 * rows - height) // down + 1
    out_wide = (wide + 2 * columns - width) // across + 1
    out = x.new_full((num, channels, out_tall, out_wide), float("-inf"))
    for i in range(height):
        for j in range(width):
            place = padded[:, :, i : i + down * out_tall : down, j : j + across * out_wide : across]
            out = torch.maximum(out, place)
    return out


@right("max_pool2d")
def rows_first_and_then_columns(x, kernel_size, stride=None, padding=0):
    kernel, stride, padding = _ways(kernel_size, stride, padding)
    for axis, (size, step, frame) in enumerate(zip(kernel, stride, padding)):
        frames = (0, 0, frame, frame) if axis == 0 else (frame, frame)
        x = F.pad(x, frames, value=torch.finfo(x.dtype).min).unfold(2 + axis, size, step).amax(dim=-1)
    return x


@right("max_pool2d")
def by_picking_all_windows_places(x, kernel_size, stride=None, padding=0):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    padded = F.pad(x, [columns] * 2 + [rows] * 2, mode="constant", value=float("-inf"))
    tall = torch.arange(0, padded.shape[2] - height + 1, down, device=x.device)
    wide = torch.arange(0, padded.shape[3] - width + 1, across, device=x.device)
    i = tall[:, None] + torch.arange(height, device=x.device)
    j = wide[:, None] + torch.arange(width, device=x.device)
    return padded[:, :, i[:, None, :, None], j[None, :, None, :]].flatten(4).max(dim=4)[0]


# max_pool2d_backward

ONE_OF_SEVERAL = (
    "A pixel that wins in several windows keeps the gradient of one of them: their gradients add up, and writing or `+=` at "
    "places that repeat loses all but one."
)


@mistake(
    "max_pool2d_backward",
    edit={", value=-math.inf": ""},
    hint="Where all pixels are negative, the padding wins, and its gradient is cut off with the frame: no pixel gets it.",
)
def zeros_take_the_gradient(): ...


@mistake(
    "max_pool2d_backward",
    edit={"scatter_add(2,": "scatter(2,"},
    hint=ONE_OF_SEVERAL,
)
def overwritten(): ...


def _winners(x, kernel_size, stride, padding, last=False):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    padded = F.pad(x, (columns, columns, rows, rows), value=-math.inf)
    windows = padded.unfold(2, height, down).unfold(3, width, across).flatten(4)
    plane = padded.shape[2:]
    numbers = torch.arange(plane.numel(), device=x.device).reshape(plane)
    numbers = numbers.unfold(0, height, down).unfold(1, width, across).flatten(2)
    place = windows.argmax(dim=-1, keepdim=True)
    if last:
        place = windows.shape[-1] - 1 - windows.flip(-1).argmax(dim=-1, keepdim=True)
    winner = numbers.expand(windows.shape).gather(-1, place).flatten(2)
    return winner, plane, x.new_zeros(*x.shape[:2], plane.numel())


def _without_frame(grad, plane, x, padding):
    rows, columns = _pair(padding)
    grad = grad.reshape(*x.shape[:2], *plane)
    return grad[:, :, rows : rows + x.shape[2], columns : columns + x.shape[3]]


@mistake("max_pool2d_backward", hint="Of equal pixels the last gets the gradient: the first in reading order does.")
def to_the_last_of_equals(grad_out, x, kernel_size, stride=None, padding=0):
    winner, plane, grad = _winners(x, kernel_size, stride, padding, last=True)
    return _without_frame(grad.scatter_add(2, winner, grad_out.flatten(2)), plane, x, padding)


def _by_mask(grad_out, x, kernel_size, stride, padding, share):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    padded = F.pad(x, (columns, columns, rows, rows), value=-math.inf)
    windows = padded.unfold(2, height, down).unfold(3, width, across)
    is_largest = (windows == windows.amax(dim=(-2, -1), keepdim=True)).to(x.dtype)
    parts = share(is_largest) * grad_out[..., None, None]
    tall, wide = grad_out.shape[2:]
    grad = torch.zeros_like(padded)
    for i in range(height):
        for j in range(width):
            grad[:, :, i : i + down * tall : down, j : j + across * wide : across] += parts[..., i, j]
    return grad[:, :, rows : rows + x.shape[2], columns : columns + x.shape[3]]


@mistake(
    "max_pool2d_backward",
    hint="All pixels that are equal to the largest get the whole gradient: one of them does, the first in reading order.",
)
def to_all_that_are_equal(grad_out, x, kernel_size, stride=None, padding=0):
    return _by_mask(grad_out, x, kernel_size, stride, padding, lambda is_largest: is_largest)


@mistake(
    "max_pool2d_backward",
    hint="Equal pixels share the gradient: the first in reading order gets all of it.",
)
def shared_among_equals(grad_out, x, kernel_size, stride=None, padding=0):
    return _by_mask(
        grad_out, x, kernel_size, stride, padding, lambda one: one / one.sum(dim=(-2, -1), keepdim=True)
    )


@mistake(
    "max_pool2d_backward",
    edit={".unfold(2, height, down).unfold(3, width, across).flatten(4)": ".unfold(2, height, down).unfold(3, width, across).transpose(-1, -2).flatten(4)", ".unfold(0, height, down).unfold(1, width, across).flatten(2)": ".unfold(0, height, down).unfold(1, width, across).transpose(-1, -2).flatten(2)"},
    hint="Of equal pixels yours is the first column by column: reading order goes row by row.",
)
def first_by_columns(): ...


@mistake(
    "max_pool2d_backward",
    edit={"winner = numbers.expand(windows.shape).gather(-1, place)": "winner = place"},
    hint="The place in the window is taken for a place in the image: which pixel is it that the window shows there?",
)
def place_in_the_window(): ...


@mistake(
    "max_pool2d_backward",
    edit={"grad[:, :, rows : rows + x.shape[2], columns : columns + x.shape[3]]": "grad[:, :, : x.shape[2], : x.shape[3]]"},
    hint="The frame is cut off at the wrong side: the image begins behind as many rows and columns as were padded.",
)
def upper_left_corner_kept(): ...


@mistake(
    "max_pool2d_backward",
    edit={"return grad[:, :, rows : rows + x.shape[2], columns : columns + x.shape[3]]": "return grad"},
    hint="The gradient still has its frame: it has the shape of x.",
)
def frame_left_on(): ...


@mistake("max_pool2d_backward", edit={"(columns, columns, rows, rows)": "(rows, rows, columns, columns)"}, hint=PADDING_EXCHANGED)
def gradient_with_padding_exchanged(): ...


@mistake("max_pool2d_backward", edit={".unfold(3, width, across)": ".unfold(3, width, down)", ".unfold(1, width, across)": ".unfold(1, width, down)"}, hint=ONE_STRIDE)
def gradient_with_one_stride(): ...


@mistake("max_pool2d_backward", edit={"(height, width) if stride is None": "(1, 1) if stride is None"}, hint=STRIDE_ONE)
def gradient_with_stride_one_by_default(): ...


@mistake(
    "max_pool2d_backward",
    edit={"x.new_zeros(*x.shape[:2], plane.numel())": "padded.flatten(2)"},
    hint="The gradients are added onto the image itself, or start at its numbers: begin with zeros.",
)
def on_top_of_the_image(): ...


@mistake(
    "max_pool2d_backward",
    edit={"grad_out.flatten(2))": "torch.ones_like(grad_out).flatten(2))"},
    hint="You say which pixels win, and how often: each win hands on the gradient that came from above.",
)
def only_counted(): ...


@mistake(
    "max_pool2d_backward",
    edit={"grad_out.flatten(2))": "(grad_out * windows.amax(dim=-1)).flatten(2))"},
    hint="The gradient is multiplied with the largest number: a maximum passes its pixel on as it is, so its slope is 1.",
)
def times_the_largest(): ...


@mistake(
    "max_pool2d_backward",
    edit={"grad_out.flatten(2))": "grad_out.flatten(2) / (height * width))"},
    hint="The gradient is divided by the window's size: that belongs to the mean. The winner gets all of it.",
)
def divided_by_the_window(): ...


@mistake("max_pool2d_backward", hint="A loop over images, channels and windows: find all winners at once.")
def loops_over_windows(grad_out, x, kernel_size, stride=None, padding=0):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    padded = F.pad(x, (columns, columns, rows, rows), value=-math.inf)
    grad = torch.zeros_like(padded)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(grad_out.shape[2]):
                for j in range(grad_out.shape[3]):
                    top, left = i * down, j * across
                    place = int(padded[n, c, top : top + height, left : left + width].reshape(-1).argmax())
                    grad[n, c, top + place // width, left + place % width] += grad_out[n, c, i, j]
    return grad[:, :, rows : rows + x.shape[2], columns : columns + x.shape[3]]


@mistake("max_pool2d_backward", hint="The gradient comes from autograd: write it yourself.")
def by_autograd(grad_out, x, kernel_size, stride=None, padding=0):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    leaf = x.clone().requires_grad_()
    padded = F.pad(leaf, (columns, columns, rows, rows), value=-math.inf)
    windows = padded.unfold(2, height, down).unfold(3, width, across).flatten(4)
    windows.gather(4, windows.argmax(dim=4, keepdim=True)).squeeze(4).backward(grad_out)
    return leaf.grad


@mistake("max_pool2d_backward", edit={"value=-math.inf": "value=torch.finfo(torch.float32).min"}, hint="Your padding is a low number, and pixels can be lower still: then it wins, and the gradient goes outside.")
def the_lowest_float32_takes_the_gradient(): ...


@mistake(
    "max_pool2d_backward",
    hint="Your frame holds the lowest finite number. A pixel may be just as low, and then the frame, which "
    "comes first, takes its gradient.",
)
def gradient_frame_lowest_finite(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=torch.finfo(x.dtype).min)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "max_pool2d_backward",
    hint="The pixel furthest from 0 gets the gradient, sign or no sign: −9 is smaller than 1.",
)
def gradient_absolute(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.nan_to_num(neginf=0.0).abs().argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake("max_pool2d_backward", hint="All channels have the same winners: each channel finds its own.")
def gradient_channels_share_winner(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.sum(1, keepdim=True).argmax(dim=-1, keepdim=True).expand(-1, c, -1, -1, -1)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake("max_pool2d_backward", hint=MINUS_ZERO)
def gradient_crop_minus_zero(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph:-ph, pw:-pw]


@mistake("max_pool2d_backward", hint=CROP_EXCHANGED)
def gradient_crop_rows_first(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, pw : pw + h, ph : ph + w]


@mistake(
    "max_pool2d_backward",
    hint="The gradient ends where the last window ends. Rows and columns that are left over belong to the "
    "image too, and get 0.",
)
def gradient_cut_leftover(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    high = (grad_out.shape[2] - 1) * sh + kh
    wide = (grad_out.shape[3] - 1) * sw + kw
    return grad[:, :, ph : min(high, ph + h), pw : min(wide, pw + w)]


@mistake("max_pool2d_backward", hint=FRAME_TIES)
def gradient_frame_lowest_pixel(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=x.min().item())
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake("max_pool2d_backward", hint=FRAME_TIES)
def gradient_frame_replicate(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), mode="replicate")
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "max_pool2d_backward",
    hint="The place in the window is taken apart by the wrong side of the kernel: in reading order, how many "
    "places does one row have?",
)
def gradient_kernel_height_divides(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    k = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2).argmax(-1)
    ho, wo = grad_out.shape[2:]
    row = torch.arange(ho, device=x.device)[:, None] * sh + k // kh
    col = torch.arange(wo, device=x.device) * sw + k % kh
    place = (row * framed.shape[3] + col).clamp(max=framed[0, 0].numel() - 1)
    grad = framed.new_zeros(n, c, framed[0, 0].numel())
    grad.scatter_add_(2, place.flatten(2), grad_out.flatten(2))
    return grad.reshape(framed.shape)[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "max_pool2d_backward",
    hint="A pixel that wins in several windows gets the mean of their gradients: they add up.",
)
def gradient_mean_of_gradients(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_reduce(2, place.flatten(2), grad_out.flatten(2), "mean", include_self=False)
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake("max_pool2d_backward", hint="Where windows overlap, the last one overwrites the others: gradients add up.")
def gradient_no_overlap(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    ho, wo = grad_out.shape[2:]
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    win = framed.unfold(2, kh, sh).unfold(3, kw, sw)
    wins = win == win.amax((-2, -1), keepdim=True)
    share = wins * grad_out[..., None, None]
    grad = torch.zeros_like(framed)
    for i in range(kh):
        for j in range(kw):
            grad[:, :, i : i + (ho - 1) * sh + 1 : sh, j : j + (wo - 1) * sw + 1 : sw] = share[..., i, j]
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "max_pool2d_backward",
    hint="The pixels' numbers are cut into other windows than the image: both are cut in the same way.",
)
def gradient_numbers_other_stride(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, kh).unfold(1, kw, kw).flatten(-2)
    numbers = numbers[: grad_out.shape[2], : grad_out.shape[3]]
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "max_pool2d_backward",
    hint="The pixels are numbered column by column, or for an image that lies on its side: row by row, each "
    "row as long as the image is wide.",
)
def gradient_numbers_swapped(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(wide, high).T
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "max_pool2d_backward",
    hint="Numbers of the padded image are used in one without padding: its rows have another length. Take "
    "the frame off at the very end, or number otherwise.",
)
def gradient_numbers_unpadded(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, h * w, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2).clamp(max=h * w - 1), grad_out.flatten(2))
    return grad.reshape(n, c, h, w)


@mistake("max_pool2d_backward", hint="All images have the winners of the first: each image finds its own.")
def gradient_one_image_for_all(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows[:1].argmax(dim=-1, keepdim=True).expand(n, -1, -1, -1, -1)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake("max_pool2d_backward", hint="The smallest pixel of each window gets the gradient: the largest does.")
def gradient_smallest_wins(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmin(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake("max_pool2d_backward", hint=ONE_STRIDE)
def gradient_stride_rows_only(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sh).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake("max_pool2d_backward", hint=STRIDE_EXCHANGED)
def gradient_stride_swapped(grad_out, x, kernel_size, stride=None, padding=0):
    kh, kw = _pair(kernel_size)
    sw, sh = _pair(kernel_size if stride is None else stride)
    ph, pw = _pair(padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    high, wide = framed.shape[2:]
    windows = framed.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)
    winner = windows.argmax(dim=-1, keepdim=True)
    numbers = torch.arange(high * wide, device=x.device).reshape(high, wide)
    numbers = numbers.unfold(0, kh, sh).unfold(1, kw, sw).flatten(-2)
    place = numbers.expand(n, c, -1, -1, -1).gather(-1, winner)[..., 0]
    grad = torch.zeros(n, c, high * wide, dtype=x.dtype, device=x.device)
    grad = grad.scatter_add(2, place.flatten(2), grad_out.flatten(2))
    grad = grad.reshape(n, c, high, wide)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "max_pool2d_backward",
    hint="The maxima are stretched as if windows lay side by side. They overlap or leave gaps when the "
    "stride isn't the kernel size.",
)
def gradient_upsample_equal(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    best = framed.unfold(2, kh, sh).unfold(3, kw, sw).amax((-2, -1))
    def spread(t):
        return t.repeat_interleave(kh, 2).repeat_interleave(kw, 3)[:, :, : h + 2 * ph, : w + 2 * pw]
    best, g = spread(best), spread(grad_out)
    grad = torch.zeros_like(framed)
    grad[:, :, : best.shape[2], : best.shape[3]] = (framed[:, :, : best.shape[2], : best.shape[3]] == best) * g
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "max_pool2d_backward",
    hint="A pixel gets the gradient of windows in which it doesn't lie: it has the value of their largest, "
    "but its place is elsewhere.",
)
def gradient_value_anywhere(grad_out, x, kernel_size, stride=None, padding=0):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    framed = F.pad(x, (pw, pw, ph, ph), value=-math.inf)
    best = framed.unfold(2, kh, sh).unfold(3, kw, sw).amax((-2, -1)).flatten(2)
    same = x.flatten(2)[..., :, None] == best[..., None, :]
    return (same * grad_out.flatten(2)[..., None, :]).sum(-1).reshape(n, c, h, w)


@right("max_pool2d_backward")
def first_place_that_is_equal(grad_out, x, kernel_size, stride=None, padding=0):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    padded = F.pad(x, (columns, columns, rows, rows), value=-math.inf)
    tall, wide = grad_out.shape[2:]
    largest = max_pool2d(x, kernel_size, stride, padding)
    waiting = torch.ones_like(grad_out, dtype=torch.bool)
    grad = torch.zeros_like(padded)
    for i in range(height):
        for j in range(width):
            places = (..., slice(i, i + down * tall, down), slice(j, j + across * wide, across))
            wins = waiting & (padded[places] == largest)
            grad[places] += torch.where(wins, grad_out, torch.zeros_like(grad_out))
            waiting = waiting & ~wins
    return grad[:, :, rows : rows + x.shape[2], columns : columns + x.shape[3]]


@right("max_pool2d_backward")
def by_rows_and_columns_of_the_winner(grad_out, x, kernel_size, stride=None, padding=0):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    num, channels, tall, wide = x.shape
    padded = F.pad(x, (columns, columns, rows, rows), value=-math.inf)
    place = padded.unfold(2, height, down).unfold(3, width, across).flatten(-2).argmax(dim=-1)
    i = torch.arange(grad_out.shape[2], device=x.device)[:, None] * down + place // width
    j = torch.arange(grad_out.shape[3], device=x.device) * across + place % width
    n = torch.arange(num, device=x.device).view(-1, 1, 1, 1)
    c = torch.arange(channels, device=x.device).view(1, -1, 1, 1)
    # Winners are pixels, so they can be counted from the image's own corner.
    at = ((n * channels + c) * tall + i - rows) * wide + j - columns
    grad = torch.zeros(x.numel(), dtype=x.dtype, device=x.device)
    return grad.index_add(0, at.flatten(), grad_out.flatten()).reshape(x.shape)


@right("max_pool2d_backward")
def by_one_hot_and_fold(grad_out, x, kernel_size, stride=None, padding=0):
    kernel, stride, (rows, columns) = _ways(kernel_size, stride, padding)
    num, channels = x.shape[:2]
    padded = F.pad(x, (columns, columns, rows, rows), value=-math.inf)
    places = F.unfold(padded, kernel, stride=stride).reshape(num, channels, kernel[0] * kernel[1], -1)
    wins = F.one_hot(places.argmax(dim=2), kernel[0] * kernel[1]).transpose(2, 3).to(x.dtype)
    parts = (wins * grad_out.reshape(num, channels, 1, -1)).flatten(1, 2)
    grad = F.fold(parts, padded.shape[2:], kernel, stride=stride)
    return grad[:, :, rows : grad.shape[2] - rows, columns : grad.shape[3] - columns]


@right("max_pool2d_backward")
def added_at_the_winners_by_index_put(grad_out, x, kernel_size, stride=None, padding=0):
    winner, plane, grad = _winners(x, kernel_size, stride, padding)
    n = torch.arange(x.shape[0], device=x.device)[:, None, None]
    c = torch.arange(x.shape[1], device=x.device)[None, :, None]
    grad = grad.index_put((n, c, winner), grad_out.flatten(2), accumulate=True)
    return _without_frame(grad, plane, x, padding)


# avg_pool2d


@mistake(
    "avg_pool2d",
    edit={"(height * width if count_include_pad else pixels)": "(height * width)"},
    hint="The padding is always counted: with count_include_pad=False each window is divided by the number of its pixels.",
)
def frame_always_counted(): ...


@mistake(
    "avg_pool2d",
    edit={"(height * width if count_include_pad else pixels)": "pixels"},
    hint="The padding is never counted: with count_include_pad=True, the default, every window is divided by the same number.",
)
def frame_never_counted(): ...


@mistake(
    "avg_pool2d",
    edit={"if count_include_pad else": "if not count_include_pad else"},
    hint="The two ways to count are exchanged: True counts the padding.",
)
def ways_to_count_exchanged(): ...


@mistake(
    "avg_pool2d",
    edit={"torch.ones_like(x)": "(x != 0).to(x.dtype)"},
    hint="Pixels whose value is 0 aren't counted: they are pixels like others. Only the padding is left out.",
)
def zeros_are_no_pixels(): ...


@mistake(
    "avg_pool2d",
    edit={"total / (height * width if count_include_pad else pixels)": "total"},
    hint="The sum of each window came back: divide it by how many numbers there are.",
)
def sums(): ...


@mistake(
    "avg_pool2d",
    edit={"height * width if": "height * height if"},
    hint="The sum is divided by a square: a window has height times width places, and they may differ.",
)
def divided_by_a_square(): ...


@mistake("avg_pool2d", edit={"(columns, columns, rows, rows)": "(rows, rows, columns, columns)"}, hint=PADDING_EXCHANGED)
def mean_with_padding_exchanged(): ...


@mistake("avg_pool2d", edit={"(columns, columns, rows, rows)": "(columns, 0, rows, 0)"}, hint=PADDED_ON_ONE_SIDE)
def mean_padded_above_and_left(): ...


@mistake("avg_pool2d", edit={"unfold(4, width, across)": "unfold(4, width, down)"}, hint=ONE_STRIDE)
def mean_with_one_stride(): ...


@mistake("avg_pool2d", edit={"(height, width) if stride is None": "(1, 1) if stride is None"}, hint=STRIDE_ONE)
def mean_with_stride_one_by_default(): ...


@mistake(
    "avg_pool2d",
    edit={"unfold(3, height, down).unfold(4, width, across)": "unfold(3, width, down).unfold(4, height, across)"},
    hint="The window lies on its side: the first number of the kernel is its height, along axis 2.",
)
def mean_of_a_window_on_its_side(): ...


@mistake(
    "avg_pool2d",
    edit={"F.pad(both, (columns, columns, rows, rows))": "F.pad(both.flatten(0, 1), (columns, columns, rows, rows), mode='replicate').unflatten(0, both.shape[:2])"},
    hint="The rim of the image is repeated outside: the padding is 0.",
)
def rim_repeated(): ...


@mistake(
    "avg_pool2d",
    edit={"total / (height * width if count_include_pad else pixels)": "total.mean(dim=1, keepdim=True).expand(total.shape) / (height * width if count_include_pad else pixels)"},
    hint="The mean goes over the channels too: each channel is pooled by itself.",
)
def mean_over_channels(): ...


@mistake(
    "avg_pool2d",
    hint="What is left over at the lower and the right edge is pooled as well, in a smaller window: it is not looked at.",
)
def mean_rounded_up(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    tall, wide = x.shape[2] + 2 * rows, x.shape[3] + 2 * columns
    below, beside = -(tall - height) % down, -(wide - width) % across
    both = F.pad(torch.stack([x, torch.ones_like(x)]), (columns, columns + beside, rows, rows + below))
    total, pixels = both.unfold(3, height, down).unfold(4, width, across).sum(dim=(-2, -1))
    return total / (height * width if count_include_pad else pixels)


@mistake(
    "avg_pool2d",
    hint="The means of the rows' means: with count_include_pad=False a window at the edge has its own number of pixels, and yours "
    "is counted before the frame, or once for all.",
)
def pixels_of_the_middle_window(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    padded = F.pad(x, (columns, columns, rows, rows))
    total = padded.unfold(2, height, down).unfold(3, width, across).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (height * width)
    return total / ((height - rows) * (width - columns))


@mistake("avg_pool2d", hint="A loop over the windows: cut all of them at once.")
def mean_window_by_window(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    tall = (x.shape[2] + 2 * rows - height) // down + 1
    wide = (x.shape[3] + 2 * columns - width) // across + 1
    out = x.new_zeros(*x.shape[:2], tall, wide)
    for i in range(tall):
        for j in range(wide):
            top, left = i * down - rows, j * across - columns
            window = x[:, :, max(top, 0) : top + height, max(left, 0) : left + width]
            count = height * width if count_include_pad else window.shape[2] * window.shape[3]
            out[:, :, i, j] = window.sum(dim=(2, 3)) / count
    return out


@mistake("avg_pool2d", hint="torch pools for you: cut the windows yourself.")
def mean_by_torch(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad)


@mistake("avg_pool2d", hint=THROUGH_FLOAT32)
def averaged_float32_weight(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    weight = torch.full((kh, kw), 1.0 / (kh * kw), device=x.device)
    means = (_cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))) * weight).sum((-2, -1))
    if not count_include_pad:
        means = means / (_cut((kh, kw), (sh, sw), F.pad(torch.ones_like(x), (pw, pw, ph, ph))) * weight).sum((-2, -1))
    return means


@mistake(
    "avg_pool2d",
    hint="With count_include_pad=False your outermost windows lack just one row or column: how many they "
    "lack depends on padding and stride.",
)
def averaged_border_of_one(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x, (pw, pw, ph, ph))
    total = framed.unfold(2, kh, sh).unfold(3, kw, sw).sum((-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    tall = torch.full((total.shape[2],), float(kh), dtype=x.dtype, device=x.device)
    broad = torch.full((total.shape[3],), float(kw), dtype=x.dtype, device=x.device)
    for one, p in ((tall, ph), (broad, pw)):
        if p:
            one[0] -= 1
            one[-1] -= 1
    return total / (tall[:, None] * broad)


@mistake("avg_pool2d", hint=THROUGH_FLOAT32)
def averaged_convolution_float32(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    c = x.shape[1]
    kernel = torch.ones(c, 1, kh, kw).to(x.device)
    total = F.conv2d(x, kernel, stride=(sh, sw), padding=(ph, pw), groups=c)
    count = kh * kw
    if not count_include_pad:
        count = F.conv2d(torch.ones_like(x), kernel, stride=(sh, sw), padding=(ph, pw), groups=c)
    return total / count


@mistake("avg_pool2d", hint=THROUGH_FLOAT32)
def averaged_float32(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    total = _cut((kh, kw), (sh, sw), F.pad(x.float(), (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    return total / _cut((kh, kw), (sh, sw), F.pad(ones, (pw, pw, ph, ph))).sum(dim=(-2, -1))


@mistake("avg_pool2d", hint="Your kernel adds up all channels: each channel is averaged by itself.")
def averaged_convolution_mixes(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    c = x.shape[1]
    kernel = torch.ones(c, c, kh, kw, dtype=x.dtype, device=x.device)
    total = F.conv2d(x, kernel, stride=(sh, sw), padding=(ph, pw))
    count = kh * kw
    if not count_include_pad:
        count = F.conv2d(torch.ones_like(x[:1, :1]), kernel[:1, :1], stride=(sh, sw), padding=(ph, pw))
    return total / count


@mistake(
    "avg_pool2d",
    hint="The channels are taken apart in the wrong order: F.unfold's second axis runs through the channels "
    "first, and through the places of the window within each.",
)
def averaged_im2col_channels_inside(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, h, w = x.shape
    columns = F.unfold(x, (kh, kw), padding=(ph, pw), stride=(sh, sw)).reshape(n, kh * kw, c, -1).sum(1)
    count = F.unfold(torch.ones_like(x[:1, :1]), (kh, kw), padding=(ph, pw), stride=(sh, sw)).sum(1)
    mean = columns / (kh * kw if count_include_pad else count[:, None])
    return mean.reshape(n, c, (h + 2 * ph - kh) // sh + 1, -1)


@mistake(
    "avg_pool2d",
    hint="The pixels of all channels are counted together: a mean is one channel's, and so is its count.",
)
def averaged_count_of_batch(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    return total / _cut((kh, kw), (sh, sw), F.pad(ones.expand(x.shape), (pw, pw, ph, ph))).sum(dim=(1, -2, -1), keepdim=True)[..., 0, 0]


@mistake(
    "avg_pool2d",
    hint="Your count leaves out one row and one column of each window: from the first to the last, both are "
    "counted.",
)
def averaged_count_off_by_one(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = x.shape[2:]
    total = F.pad(x, (pw, pw, ph, ph)).unfold(2, kh, sh).unfold(3, kw, sw).sum((-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    top = torch.arange(total.shape[2], device=x.device) * sh - ph
    left = torch.arange(total.shape[3], device=x.device) * sw - pw
    tall = (top + kh - 1).clamp(max=h - 1) - top.clamp(min=0)
    broad = (left + kw - 1).clamp(max=w - 1) - left.clamp(min=0)
    return total / (tall[:, None] * broad).clamp(min=1).to(x.dtype)


@mistake("avg_pool2d", hint="You count in an image whose height and width are exchanged.")
def averaged_count_size_swapped(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    ones = torch.ones(1, 1, x.shape[3], x.shape[2], dtype=x.dtype, device=x.device)
    return total / _cut((kh, kw), (sh, sw), F.pad(ones, (pw, pw, ph, ph))).sum(dim=(-2, -1))


@mistake("avg_pool2d", hint=COUNT_ABOVE_ONLY)
def averaged_count_upper_left_only(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    return total / _cut((kh, kw), (sh, sw), F.pad(F.pad(ones, (0, pw, 0, ph), value=1.0), (pw, 0, ph, 0))).sum(dim=(-2, -1))


@mistake("avg_pool2d", hint=COUNT_SIDE_BY_SIDE)
def averaged_count_without_stride(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    return total / F.pad(ones, (pw, pw, ph, ph)).unfold(2, kh, kh).unfold(3, kw, kw).sum(dim=(-2, -1))


@mistake("avg_pool2d", hint="The rim of the image is repeated outside: the padding is 0.")
def averaged_frame_replicated(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph), mode="replicate")).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    return total / _cut((kh, kw), (sh, sw), F.pad(ones, (pw, pw, ph, ph))).sum(dim=(-2, -1))


@mistake("avg_pool2d", hint="The sum is divided by height plus width: how many places does a window have?")
def averaged_kernel_sum(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh + kw)
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    return total / _cut((kh, kw), (sh, sw), F.pad(ones, (pw, pw, ph, ph))).sum(dim=(-2, -1))


@mistake(
    "avg_pool2d",
    hint="The window lies on its side: the first number of the kernel is its height, along axis 2.",
)
def averaged_kernel_swapped(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    kw, kh = _pair(kernel_size)
    sh, sw = _pair(kernel_size if stride is None else stride)
    ph, pw = _pair(padding)
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    return total / _cut((kh, kw), (sh, sw), F.pad(ones, (pw, pw, ph, ph))).sum(dim=(-2, -1))


@mistake("avg_pool2d", hint="The image's mean stands in your frame where it is counted: the padding is 0.")
def averaged_mean_of_mean_pixels(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    framed = F.pad(x - x.mean((2, 3), keepdim=True), (pw, pw, ph, ph)) + x.mean((2, 3), keepdim=True)
    if count_include_pad:
        return _cut((kh, kw), (sh, sw), framed).mean((-2, -1))
    ones = F.pad(torch.ones_like(x), (pw, pw, ph, ph))
    return _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum((-2, -1)) / _cut((kh, kw), (sh, sw), ones).sum((-2, -1))


@mistake(
    "avg_pool2d",
    hint="One count serves all windows: with count_include_pad=False a window in a corner has fewer pixels "
    "than one inside.",
)
def averaged_one_count_for_all(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    share = x[0, 0].numel() / F.pad(x, (pw, pw, ph, ph))[0, 0].numel()
    return total / (kh * kw * share)


@mistake("avg_pool2d", hint=PADDING_EXCHANGED)
def averaged_pad_rows_first(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    ph, pw = pw, ph
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    return total / _cut((kh, kw), (sh, sw), F.pad(ones, (pw, pw, ph, ph))).sum(dim=(-2, -1))


@mistake(
    "avg_pool2d",
    hint="With count_include_pad=False you leave the padding out altogether: the windows lie as before, only "
    "the count is another.",
)
def averaged_padding_dropped(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    if not count_include_pad:
        ph = pw = 0
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    return total / _cut((kh, kw), (sh, sw), F.pad(ones, (pw, pw, ph, ph))).sum(dim=(-2, -1))


@mistake("avg_pool2d", hint=STRIDE_EXCHANGED)
def averaged_stride_swapped(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    kh, kw = _pair(kernel_size)
    sw, sh = _pair(kernel_size if stride is None else stride)
    ph, pw = _pair(padding)
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total / (kh * kw)
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    return total / _cut((kh, kw), (sh, sw), F.pad(ones, (pw, pw, ph, ph))).sum(dim=(-2, -1))


@mistake(
    "avg_pool2d",
    hint="With count_include_pad=True the sum of each window comes back: divide it by how many places there "
    "are.",
)
def averaged_sum_only(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    total = _cut((kh, kw), (sh, sw), F.pad(x, (pw, pw, ph, ph))).sum(dim=(-2, -1))
    if count_include_pad:
        return total
    ones = torch.ones(1, 1, x.shape[2], x.shape[3], dtype=x.dtype, device=x.device)
    return total / _cut((kh, kw), (sh, sw), F.pad(ones, (pw, pw, ph, ph))).sum(dim=(-2, -1))


@right("avg_pool2d")
def by_a_convolution(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (height, width), stride, padding = _ways(kernel_size, stride, padding)
    kernel = x.new_ones(1, 1, height, width)
    total = F.conv2d(x.reshape(-1, 1, *x.shape[2:]), kernel, stride=stride, padding=padding)
    if count_include_pad:
        total = total / (height * width)
    else:
        total = total / F.conv2d(x.new_ones(1, 1, *x.shape[2:]), kernel, stride=stride, padding=padding)
    return total.reshape(*x.shape[:2], *total.shape[2:])


@right("avg_pool2d")
def by_unfold(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    kernel, stride, padding = _ways(kernel_size, stride, padding)
    num, channels = x.shape[:2]
    tall, wide = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(x.shape[2:], kernel, stride, padding))

    def sums_of(images):
        columns = F.unfold(images, kernel, stride=stride, padding=padding)
        return columns.reshape(images.shape[0], images.shape[1], -1, tall, wide).sum(dim=2)

    if count_include_pad:
        return sums_of(x) / (kernel[0] * kernel[1])
    return sums_of(x) / sums_of(torch.ones_like(x))


@right("avg_pool2d")
def by_means_and_a_correction(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    frame = (columns, columns, rows, rows)
    means = F.pad(x, frame).unfold(2, height, down).unfold(3, width, across).mean(dim=(4, 5))
    if not count_include_pad:
        inside = F.pad(torch.ones_like(x[:1, :1]), frame)
        means = means / inside.unfold(2, height, down).unfold(3, width, across).mean(dim=(4, 5))
    return means


@right("avg_pool2d")
def counted_by_edges(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    kernel, stride, padding = _ways(kernel_size, stride, padding)
    total, counts = x, []
    for axis in range(2):
        size, step, frame = kernel[axis], stride[axis], padding[axis]
        begin = torch.arange(0, x.shape[2 + axis] + 2 * frame - size + 1, step, device=x.device) - frame
        counts.append((begin + size).clamp(max=x.shape[2 + axis]) - begin.clamp(min=0))
        total = F.pad(total, (0, 0, frame, frame) if axis == 0 else (frame, frame)).unfold(2 + axis, size, step).sum(-1)
    if count_include_pad:
        return total / (kernel[0] * kernel[1])
    return total / (counts[0][:, None] * counts[1]).to(x.dtype)


# avg_pool2d_backward


@mistake(
    "avg_pool2d_backward",
    edit={" / (height * width if count_include_pad else pixels)": ""},
    hint="Each place gets the whole gradient of its window: a mean moves by a share of the nudge only.",
)
def the_whole_to_each(): ...


@mistake(
    "avg_pool2d_backward",
    edit={"(height * width if count_include_pad else pixels)": "(height * width)"},
    hint="The padding is always counted: with count_include_pad=False the pixels of a window share, and there are fewer at the edge.",
)
def shares_with_frame_always_counted(): ...


@mistake(
    "avg_pool2d_backward",
    edit={"(height * width if count_include_pad else pixels)": "pixels"},
    hint="The padding is never counted: with count_include_pad=True, the default, each place of a window gets the same share, "
    "and what goes outside is lost.",
)
def shares_with_frame_never_counted(): ...


@mistake(
    "avg_pool2d_backward",
    edit={"if count_include_pad else": "if not count_include_pad else"},
    hint="The two ways to count are exchanged: True counts the padding.",
)
def ways_to_share_exchanged(): ...


@mistake(
    "avg_pool2d_backward",
    edit={"+= share": "= share"},
    hint="Where windows overlap, the last one overwrites the others: shares add up.",
)
def shares_overwritten(): ...


@mistake(
    "avg_pool2d_backward",
    edit={"grad[:, :, rows : rows + size[0], columns : columns + size[1]]": "grad[:, :, : size[0], : size[1]]"},
    hint="The frame is cut off at the wrong side: the image begins behind as many rows and columns as were padded.",
)
def shares_of_the_upper_left_corner(): ...


@mistake(
    "avg_pool2d_backward",
    edit={"return grad[:, :, rows : rows + size[0], columns : columns + size[1]]": "return grad"},
    hint="The gradient still has its frame: it has the height and width of `size`.",
)
def shares_with_the_frame_left_on(): ...


@mistake(
    "avg_pool2d_backward",
    edit={"grad = grad_out.new_zeros(num, channels, *inside.shape)": "grad = grad_out.new_zeros(num, channels, (tall - 1) * down + height, (wide - 1) * across + width)"},
    hint="The gradient ends where the last window ends. Rows and columns that are left over belong to the image too, and get 0.",
)
def what_is_left_over_is_missing(): ...


@mistake(
    "avg_pool2d_backward",
    edit={"rows : rows + size[0], columns : columns + size[1]": "columns : columns + size[0], rows : rows + size[1]"},
    hint="Rows and columns of the padding are exchanged where the frame is cut off.",
)
def shares_with_padding_exchanged(): ...


@mistake("avg_pool2d_backward", edit={"(height, width) if stride is None": "(1, 1) if stride is None"}, hint=STRIDE_ONE)
def shares_with_stride_one_by_default(): ...


@mistake(
    "avg_pool2d_backward",
    edit={"i + down * tall, down)": "i + tall)", "j + across * wide, across)": "j + wide)"},
    hint="The windows are handed out side by side, one number apart: neighbouring windows lie a stride apart in the image.",
)
def without_the_stride(): ...


@mistake(
    "avg_pool2d_backward",
    edit={"grad_out / (height * width if": "grad_out / (height * height if"},
    hint="The gradient is divided by a square: a window has height times width places, and they may differ.",
)
def shares_of_a_square(): ...


@mistake(
    "avg_pool2d_backward",
    hint="The gradient is stretched as if windows lay side by side. They overlap or leave gaps when the stride isn't the kernel size.",
)
def stretched(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (height, width), _, (rows, columns) = _ways(kernel_size, stride, padding)
    grad = (grad_out / (height * width)).repeat_interleave(height, dim=2).repeat_interleave(width, dim=3)
    below = max(0, size[0] + 2 * rows - grad.shape[2])
    beside = max(0, size[1] + 2 * columns - grad.shape[3])
    grad = F.pad(grad, (0, beside, 0, below))
    return grad[:, :, rows : rows + size[0], columns : columns + size[1]]


@mistake(
    "avg_pool2d_backward",
    hint="The share of every pixel is what is counted at the pixel, after the shares were added up: each window has a number of its own, "
    "so divide before you hand out.",
)
def divided_by_the_windows_of_a_pixel(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    tall, wide = grad_out.shape[2:]
    grad = grad_out.new_zeros(*grad_out.shape[:2], size[0] + 2 * rows, size[1] + 2 * columns)
    times = torch.zeros_like(grad)
    for i in range(height):
        for j in range(width):
            places = (..., slice(i, i + down * tall, down), slice(j, j + across * wide, across))
            grad[places] += grad_out
            times[places] += 1
    grad = grad / (height * width) if count_include_pad else grad / times.clamp(min=1)
    return grad[:, :, rows : rows + size[0], columns : columns + size[1]]


@mistake("avg_pool2d_backward", hint="A loop over the windows: loop over the places of the window instead, all windows at once.")
def shares_window_by_window(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (height, width), (down, across), (rows, columns) = _ways(kernel_size, stride, padding)
    grad = grad_out.new_zeros(*grad_out.shape[:2], *size)
    for i in range(grad_out.shape[2]):
        for j in range(grad_out.shape[3]):
            top, left = i * down - rows, j * across - columns
            window = grad[:, :, max(top, 0) : top + height, max(left, 0) : left + width]
            count = height * width if count_include_pad else window.shape[2] * window.shape[3]
            window += (grad_out[:, :, i, j] / count)[..., None, None]
    return grad


@mistake("avg_pool2d_backward", hint="The gradient comes from autograd: write it yourself.")
def shares_by_autograd(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    leaf = grad_out.new_zeros(*grad_out.shape[:2], *size).requires_grad_()
    out = avg_pool2d(leaf, kernel_size, stride, padding, count_include_pad)
    return torch.autograd.grad(out, leaf, grad_out)[0]


def _pixels(size, kernel, stride, padding, like):
    """How many pixels each window holds, (H', W')."""
    counts = []
    for axis in range(2):
        begin = torch.arange(0, size[axis] + 2 * padding[axis] - kernel[axis] + 1, stride[axis], device=like.device)
        begin = begin - padding[axis]
        counts.append((begin + kernel[axis]).clamp(max=size[axis]) - begin.clamp(min=0))
    return (counts[0][:, None] * counts[1]).to(like.dtype)


def _counted(size, kernel_size, stride, padding, count_include_pad, like):
    """How many places of each window are counted: a number, or (H', W')."""
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    if count_include_pad:
        return kh * kw
    ones = torch.ones(size, dtype=like.dtype, device=like.device)
    return F.pad(ones, (pw, pw, ph, ph)).unfold(0, kh, sh).unfold(1, kw, sw).sum((-2, -1))


def _handed_out(share, size, kernel, stride, padding):
    """Each window's share added to all of its places, without the frame."""
    (kh, kw), (sh, sw), (ph, pw), (h, w) = kernel, stride, padding, size
    num, channels, ho, wo = share.shape
    grad = torch.zeros(num, channels, h + 2 * ph, w + 2 * pw, dtype=share.dtype, device=share.device)
    for i in range(kh):
        for j in range(kw):
            grad[:, :, i : i + (ho - 1) * sh + 1 : sh, j : j + (wo - 1) * sw + 1 : sw] += share
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake("avg_pool2d_backward", hint=THROUGH_FLOAT32)
def shares_float32_share(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out * (1 / torch.as_tensor(count, dtype=torch.float32, device=grad_out.device))
    return _handed_out(share, (h, w), (kh, kw), (sh, sw), (ph, pw))


@mistake(
    "avg_pool2d_backward",
    hint="Where only pixels count, you multiply with their number: the fewer share, the more each gets.",
)
def shares_count_multiplied(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count if count_include_pad else grad_out * count / (kh * kw) ** 2
    return _handed_out(share, (h, w), (kh, kw), (sh, sw), (ph, pw))


@mistake("avg_pool2d_backward", hint=COUNT_SIDE_BY_SIDE)
def shares_count_side_by_side(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = kh * kw
    if not count_include_pad:
        ones = torch.ones(h, w, dtype=grad_out.dtype, device=grad_out.device)
        count = F.pad(ones, (pw, pw, ph, ph)).unfold(0, kh, kh).unfold(1, kw, kw).sum((-2, -1))
    share = grad_out / count
    return _handed_out(share, (h, w), (kh, kw), (sh, sw), (ph, pw))


@mistake("avg_pool2d_backward", hint=COUNT_ABOVE_ONLY)
def shares_count_upper_left_only(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = kh * kw
    if not count_include_pad:
        ones = torch.ones(h, w, dtype=grad_out.dtype, device=grad_out.device)
        count = F.pad(F.pad(ones, (0, pw, 0, ph), value=1.0), (pw, 0, ph, 0)).unfold(0, kh, sh).unfold(1, kw, sw).sum((-2, -1))
    share = grad_out / count
    return _handed_out(share, (h, w), (kh, kw), (sh, sw), (ph, pw))


@mistake("avg_pool2d_backward", hint=MINUS_ZERO)
def shares_crop_minus_zero(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count
    grad = torch.zeros(n, c, h + 2 * ph, w + 2 * pw, dtype=share.dtype, device=share.device)
    for i in range(kh):
        for j in range(kw):
            grad[:, :, i : i + (ho - 1) * sh + 1 : sh, j : j + (wo - 1) * sw + 1 : sw] += share
    return grad[:, :, ph:-ph, pw:-pw]


@mistake(
    "avg_pool2d_backward",
    hint="The window lies on its side: the first number of the kernel is its height, along axis 2.",
)
def shares_kernel_swapped(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    kw, kh = _pair(kernel_size)
    sh, sw = _pair(kernel_size if stride is None else stride)
    ph, pw = _pair(padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted((h, w), (kh, kw), (sh, sw), (ph, pw), count_include_pad, grad_out)
    share = grad_out / count
    return _handed_out(share, (h, w), (kh, kw), (sh, sw), (ph, pw))


@mistake(
    "avg_pool2d_backward",
    hint="All channels get the same: the gradient of each channel goes to that channel alone.",
)
def shares_mean_over_channels(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = (grad_out / count).mean(1, keepdim=True).expand(grad_out.shape)
    return _handed_out(share, (h, w), (kh, kw), (sh, sw), (ph, pw))


@mistake(
    "avg_pool2d_backward",
    hint="The shares are stretched to the image's size: a share goes to the places of its window, wherever "
    "windows lie, and adds up where they overlap.",
)
def shares_nearest(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count
    return F.interpolate(share, size=(h, w), mode="nearest")


@mistake(
    "avg_pool2d_backward",
    hint="Only one place of each window gets a share: every place does, since all of them move the mean.",
)
def shares_only_winners_place(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count
    grad = torch.zeros(n, c, h + 2 * ph, w + 2 * pw, dtype=share.dtype, device=share.device)
    for i in range(kh):
        for j in range(kw):
            if i == kh // 2 and j == kw // 2:
                grad[:, :, i : i + (ho - 1) * sh + 1 : sh, j : j + (wo - 1) * sw + 1 : sw] += share
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake("avg_pool2d_backward", hint=GRADIENT_PADDING)
def shares_pad_rows_first(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    kh, kw = _pair(kernel_size)
    sh, sw = _pair(kernel_size if stride is None else stride)
    pw, ph = _pair(padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted((h, w), (kh, kw), (sh, sw), (ph, pw), count_include_pad, grad_out)
    share = grad_out / count
    return _handed_out(share, (h, w), (kh, kw), (sh, sw), (ph, pw))


@mistake("avg_pool2d_backward", hint="A pixel in several windows gets the mean of its shares: they add up.")
def shares_pixel_mean(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count
    grad = torch.zeros(n, c, h + 2 * ph, w + 2 * pw, dtype=share.dtype, device=share.device)
    for i in range(kh):
        for j in range(kw):
            grad[:, :, i : i + (ho - 1) * sh + 1 : sh, j : j + (wo - 1) * sw + 1 : sw] += share
    cover = torch.zeros_like(grad)
    for i in range(kh):
        for j in range(kw):
            cover[:, :, i : i + (ho - 1) * sh + 1 : sh, j : j + (wo - 1) * sw + 1 : sw] += 1
    grad = grad / cover.clamp(min=1)
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "avg_pool2d_backward",
    hint="`+=` at tables of places that repeat keeps one share and loses the others: shares add up.",
)
def shares_plus_equals_fancy(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count
    rows = (torch.arange(ho, device=share.device)[:, None] * sh + torch.arange(kh, device=share.device))[:, None, :, None]
    cols = (torch.arange(wo, device=share.device)[:, None] * sw + torch.arange(kw, device=share.device))[None, :, None, :]
    grad = grad_out.new_zeros(n, c, h + 2 * ph, w + 2 * pw)
    grad[:, :, rows, cols] += share[..., None, None]
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "avg_pool2d_backward",
    hint="The gradient is stretched as if windows lay side by side. They overlap or leave gaps when the "
    "stride isn't the kernel size.",
)
def shares_repeat(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count
    grad = share.repeat_interleave(kh, 2).repeat_interleave(kw, 3)
    grad = F.pad(grad, (0, max(0, w + 2 * pw - grad.shape[3]), 0, max(0, h + 2 * ph - grad.shape[2])))
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "avg_pool2d_backward",
    hint="The gradient ends where the last window ends. Rows and columns that are left over belong to the "
    "image too, and get 0.",
)
def shares_size_from_grad(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    n, c, ho, wo = grad_out.shape
    h, w = (ho - 1) * sh + kh - 2 * ph, (wo - 1) * sw + kw - 2 * pw
    count = _counted((h, w), (kh, kw), (sh, sw), (ph, pw), count_include_pad, grad_out)
    share = grad_out / count
    return _handed_out(share, (h, w), (kh, kw), (sh, sw), (ph, pw))


@mistake("avg_pool2d_backward", hint="`size` is read as (width, height): it is (height, width).")
def shares_size_swapped(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    w, h = size
    n, c, ho, wo = grad_out.shape
    count = _counted((h, w), (kh, kw), (sh, sw), (ph, pw), count_include_pad, grad_out)
    share = grad_out / count
    return _handed_out(share, (h, w), (kh, kw), (sh, sw), (ph, pw))


@mistake(
    "avg_pool2d_backward",
    hint="Your slices end a row and a column too early: the last window gets nothing to hand out, for an end "
    "is not in the slice.",
)
def shares_slice_one_short(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count
    grad = torch.zeros(n, c, h + 2 * ph, w + 2 * pw, dtype=share.dtype, device=share.device)
    for i in range(kh):
        for j in range(kw):
            part = grad[:, :, i : i + (ho - 1) * sh : sh, j : j + (wo - 1) * sw : sw]
            part += share[:, :, : part.shape[2], : part.shape[3]]
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake("avg_pool2d_backward", hint=SLICES_WITHOUT_END)
def shares_slice_without_end(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count
    grad = torch.zeros(n, c, h + 2 * ph, w + 2 * pw, dtype=share.dtype, device=share.device)
    for i in range(kh):
        for j in range(kw):
            grad[:, :, i::sh, j::sw] += share
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake("avg_pool2d_backward", hint=ONE_STRIDE)
def shares_stride_rows_only(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    kh, kw = _pair(kernel_size)
    sh, sw = _pair(kernel_size if stride is None else stride)
    sw = sh
    ph, pw = _pair(padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted((h, w), (kh, kw), (sh, sw), (ph, pw), count_include_pad, grad_out)
    share = grad_out / count
    return _handed_out(share, (h, w), (kh, kw), (sh, sw), (ph, pw))


@mistake("avg_pool2d_backward", hint=STRIDE_EXCHANGED)
def shares_stride_swapped(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    kh, kw = _pair(kernel_size)
    sw, sh = _pair(kernel_size if stride is None else stride)
    ph, pw = _pair(padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted((h, w), (kh, kw), (sh, sw), (ph, pw), count_include_pad, grad_out)
    share = grad_out / count
    return _handed_out(share, (h, w), (kh, kw), (sh, sw), (ph, pw))


@mistake(
    "avg_pool2d_backward",
    hint="What goes to the frame is given back to the pixels: where the padding is counted, its share is "
    "lost.",
)
def shares_total_kept(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count
    grad = torch.zeros(n, c, h + 2 * ph, w + 2 * pw, dtype=share.dtype, device=share.device)
    for i in range(kh):
        for j in range(kw):
            grad[:, :, i : i + (ho - 1) * sh + 1 : sh, j : j + (wo - 1) * sw + 1 : sw] += share
    grad = grad[:, :, ph : ph + h, pw : pw + w]
    lost = grad_out.sum() - grad.sum()
    return grad + lost / grad.numel()


@mistake(
    "avg_pool2d_backward",
    hint="Your kernel adds up all channels: the gradient of each channel goes to that channel alone.",
)
def shares_transposed_convolution_mixes(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count
    grad = F.conv_transpose2d(share, grad_out.new_ones(c, c, kh, kw), stride=(sh, sw))
    grad = F.pad(grad, (0, w + 2 * pw - grad.shape[3], 0, h + 2 * ph - grad.shape[2]))
    return grad[:, :, ph : ph + h, pw : pw + w]


@mistake(
    "avg_pool2d_backward",
    hint="The gradient ends where the last window ends. Rows and columns that are left over belong to the "
    "image too, and get 0.",
)
def shares_transposed_convolution_short(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    (kh, kw), (sh, sw), (ph, pw) = _ways(kernel_size, stride, padding)
    h, w = size
    n, c, ho, wo = grad_out.shape
    count = _counted(size, kernel_size, stride, padding, count_include_pad, grad_out)
    share = grad_out / count
    kernel = grad_out.new_ones(1, 1, kh, kw)
    grad = F.conv_transpose2d(share.reshape(n * c, 1, ho, wo), kernel, stride=(sh, sw), padding=(ph, pw))
    return grad.reshape(n, c, *grad.shape[2:])


@right("avg_pool2d_backward")
def by_fold(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    kernel, stride, padding = _ways(kernel_size, stride, padding)
    num, channels = grad_out.shape[:2]
    places = kernel[0] * kernel[1]
    share = grad_out / (places if count_include_pad else _pixels(size, kernel, stride, padding, grad_out))
    columns = share.reshape(num, channels, 1, -1).expand(num, channels, places, -1).reshape(num, channels * places, -1)
    return F.fold(columns, tuple(size), kernel, stride=stride, padding=padding)


@right("avg_pool2d_backward")
def by_a_transposed_convolution(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    kernel, stride, padding = _ways(kernel_size, stride, padding)
    share = grad_out / (kernel[0] * kernel[1] if count_include_pad else _pixels(size, kernel, stride, padding, grad_out))
    share = share.reshape(-1, 1, *grad_out.shape[2:])
    grad = F.conv_transpose2d(share, grad_out.new_ones(1, 1, *kernel), stride=stride)
    below, beside = (n + 2 * p - have for n, p, have in zip(size, padding, grad.shape[2:]))
    grad = F.pad(grad, (0, beside, 0, below))
    grad = grad[:, :, padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]
    return grad.reshape(*grad_out.shape[:2], *size)


@right("avg_pool2d_backward")
def by_two_matrices(grad_out, size, kernel_size, stride=None, padding=0, count_include_pad=True):
    kernel, stride, padding = _ways(kernel_size, stride, padding)
    lies = []
    for axis in range(2):
        begin = torch.arange(grad_out.shape[2 + axis], device=grad_out.device) * stride[axis] - padding[axis]
        away = torch.arange(size[axis], device=grad_out.device) - begin[:, None]
        lies.append(((away >= 0) & (away < kernel[axis])).to(grad_out.dtype))
    share = grad_out / (kernel[0] * kernel[1])
    if not count_include_pad:
        share = grad_out / (lies[0].sum(dim=1)[:, None] * lies[1].sum(dim=1))
    return torch.einsum("ncij,ih,jw->nchw", share, lies[0], lies[1])


# receptive_field


def _of_layers(stack):
    field, jump, start = 1, 1, 0
    for kernel, stride, padding, dilation in stack:
        field += dilation * (kernel - 1) * jump
        start -= padding * jump
        jump *= stride
    return field, jump, start


@mistake(
    "receptive_field",
    edit={"        field +=": "        jump *= stride\n        field +=", "        jump *= stride\n    return": "    return"},
    hint="A layer's own stride widens its own field: it moves the outputs apart, not the layer's taps. Only what comes after feels it.",
)
def own_stride_first(): ...


@mistake(
    "receptive_field",
    edit={"(width - 1) * jump": "width * jump"},
    hint="Each layer adds its whole width: from the first of k taps to the last there are fewer steps than taps.",
)
def a_step_too_many(): ...


@mistake(
    "receptive_field",
    edit={"(width - 1) * jump": "width - 1"},
    hint="Every layer adds the same, however far apart its taps look: behind a stride one step is several pixels.",
)
def jump_left_out(): ...


@mistake(
    "receptive_field",
    edit={"jump *= stride": "jump += stride - 1"},
    hint="The strides are added: two strides of 2 put neighbours 4 pixels apart.",
)
def strides_added(): ...


@mistake(
    "receptive_field",
    edit={"jump *= stride": "jump = stride"},
    hint="The jump is the stride of the last layer alone: those of all layers before it count too.",
)
def only_the_last_stride(): ...


@mistake(
    "receptive_field",
    edit={"first * jump": "first"},
    hint="The paddings are added as they are: a row of padding behind a stride is several pixels of the image wide.",
)
def padding_in_pixels(): ...


@mistake(
    "receptive_field",
    edit={"width, first = dilation * (kernel - 1) + 1, -padding": "width, first = kernel, -padding"},
    hint="Dilation makes no difference to your field: it puts the taps further apart, so the last lies further from the first.",
)
def dilation_left_out(): ...


@mistake(
    "receptive_field",
    edit={"dilation * (kernel - 1) + 1": "dilation * kernel"},
    hint="A kernel with dilation is reckoned too wide: k taps have k − 1 distances, and then the last tap itself.",
)
def dilation_times_kernel(): ...


@mistake(
    "receptive_field",
    edit={"-padding\n": "padding\n"},
    hint="The start has the wrong sign: padding puts numbers before the image, so output 0 begins before pixel 0.",
)
def start_with_its_sign_turned(): ...


@mistake(
    "receptive_field",
    edit={"-padding\n": "(kernel - 1) // 2 - padding\n"},
    hint="The start is the middle of the first field, as if it were a place to stand on: it is the first pixel that is seen.",
)
def start_in_the_middle(): ...


@mistake(
    "receptive_field",
    edit={"field, jump, start = 1, 1, 0": "field, jump, start = 0, 1, 0"},
    hint="You begin with a field of 0: a pixel of the image sees itself, one pixel.",
)
def begins_with_nothing(): ...


@mistake(
    "receptive_field",
    edit={"for layer in stack:": "for layer in reversed(stack):"},
    hint="The layers are taken from the last to the first, with the update for the other way: the image comes first.",
)
def from_the_top(): ...


@mistake(
    "receptive_field",
    edit={"return field, jump, start": "return field, start, jump"},
    hint="Start and jump are exchanged: the tuple is (field, jump, start).",
)
def answer_in_another_order(): ...


@mistake(
    "receptive_field",
    edit={"width = max(begin + size for size, _, begin in seen) - first": "width = max(size for size, _, _ in seen)"},
    hint="Of several branches only the widest counts. Where one begins earlier and another ends later, together they see more.",
)
def only_the_widest_branch(): ...


@mistake(
    "receptive_field",
    edit={"min(begin for _, _, begin in seen)": "seen[0][2]", "max(begin + size for size, _, begin in seen) - first": "seen[0][0]"},
    hint="Only the first branch counts: an output behind the place where they meet sees what any of them sees.",
)
def only_the_first_branch(): ...


@mistake(
    "receptive_field",
    edit={"width = max(begin + size for size, _, begin in seen) - first": "width = sum(size for size, _, _ in seen)"},
    hint="The branches' fields are added up: they look at the same pixels, most of them twice.",
)
def fields_of_branches_added(): ...


@mistake(
    "receptive_field",
    edit={"min(begin for _, _, begin in seen)": "max(begin for _, _, begin in seen)"},
    hint="Of several branches yours begins with the one that begins last: from the first pixel that any of them sees.",
)
def begins_with_the_last_branch(): ...


@mistake(
    "receptive_field",
    edit={"            if len({step for _, step, _ in seen}) > 1:\n                raise ValueError(\"branches that meet have different jumps\")\n": ""},
    hint="Branches that step differently are let through: their outputs lie differently and can't meet. Raise a ValueError.",
)
def any_branches_meet(): ...


@mistake(
    "receptive_field",
    hint="The layers in branches are run one after another, as if they stood in one row: branches read the same numbers.",
)
def branches_one_after_another(stack):
    flat = []
    for layer in stack:
        flat += [one for branch in layer for one in branch] if isinstance(layer, list) else [layer]
    return _of_layers(flat)


@mistake(
    "receptive_field",
    hint="A branch may branch again, and yours are looked through on one level only: treat a branch as a stack.",
)
def branches_on_one_level(stack):
    field, jump, start = 1, 1, 0
    for layer in stack:
        if isinstance(layer, list):
            flat = [[one for one in branch if isinstance(one, tuple)] for branch in layer]
            seen = [_of_layers(branch) for branch in flat]
            if len({step for _, step, _ in seen}) > 1:
                raise ValueError("steps differ")
            first, stride = min(begin for _, _, begin in seen), seen[0][1]
            width = max(begin + size for size, _, begin in seen) - first
        else:
            kernel, stride, padding, dilation = layer
            width, first = dilation * (kernel - 1) + 1, -padding
        field, start, jump = field + (width - 1) * jump, start + first * jump, jump * stride
    return field, jump, start

START_BELOW_ZERO = "Your start is never below 0: padding puts numbers before the image, so a field may begin before pixel 0."
SKIPPED = "Pixels that are skipped in between aren't counted: the field goes from the first to the last."


@mistake(
    "receptive_field",
    edit={"if len({step for _, step, _ in seen}) > 1:": "if len({tuple(one[1] for one in branch if isinstance(one, tuple) and one[1] > 1) for branch in layer}) != 1:"},
    hint="Branches that step alike are refused: two strides of 2 step as far as one of 4.",
)
def error_by_strides_of_layers(): ...


@mistake(
    "receptive_field",
    edit={"            seen = [": "            for branch in layer:\n                if not branch:\n                    branch.append((1, 1, 0, 1))\n            seen = ["},
    hint="You change the stack that you were given, in the lists within it: the inputs stay as they are.",
)
def fills_empty_branches(): ...


@mistake(
    "receptive_field",
    edit={"            seen = [": "            continue\n            seen = ["},
    hint="Lists are passed over: a list of branches is an entry of the stack too.",
)
def branches_skipped(): ...


@mistake(
    "receptive_field",
    edit={"min(begin for _, _, begin in seen)": "sum(begin for _, _, begin in seen)", "max(begin + size for size, _, begin in seen) - first": "1 + sum(size - 1 for size, _, _ in seen)"},
    hint="The layers in branches are run one after another, as if they stood in one row: branches read the same numbers.",
)
def branches_in_a_row(): ...


@mistake(
    "receptive_field",
    edit={"dilation * (kernel - 1) + 1, -padding": "(dilation + 1) * (kernel - 1) + 1, -padding"},
    hint="Dilation d puts taps d numbers apart, not d numbers between two of them: with 1 they are neighbours.",
)
def dilation_as_gap(): ...


@mistake(
    "receptive_field",
    edit={"jump *= stride": "jump *= stride * (1 if isinstance(layer, list) else dilation)"},
    hint="Dilation multiplies your jump: it moves a layer's taps apart, not its outputs.",
)
def dilation_in_the_jump(): ...


@mistake(
    "receptive_field",
    edit={"-padding\n": "-padding * dilation\n"},
    hint="The padding is multiplied by the dilation: it says by itself how many numbers are put around.",
)
def dilation_in_the_padding(): ...


@mistake(
    "receptive_field",
    edit={"in seen) - first\n": "in seen) - first - 1\n"},
    hint="Branches come out one number too narrow: from the first to the last, both are counted.",
)
def ends_off_by_one(): ...


@mistake(
    "receptive_field",
    edit={"max(begin + size for size, _, begin in seen) - first": "max(max(size for size, _, _ in seen), 1 - 2 * first)"},
    hint="Branches reach as far to one side as to the other, you say: where does the last of them end?",
)
def ends_as_far_as_begins(): ...


@mistake(
    "receptive_field",
    edit={"if len({step for _, step, _ in seen}) > 1:": "if len({len(branch) for branch in layer if branch}) > 1:"},
    hint="Branches of different length are refused: they may differ in all but how far they step.",
)
def refuses_other_lengths(): ...


@mistake(
    "receptive_field",
    edit={"if len({step for _, step, _ in seen}) > 1:": "if len({(size, step) for size, step, _ in seen}) != 1:"},
    hint="Branches that see differently much are refused: they may differ in all but how far they step.",
)
def refuses_other_fields(): ...


@mistake(
    "receptive_field",
    edit={"(width - 1) * jump": "(max(width, stride) - 1) * jump"},
    hint="A stride larger than the kernel widens your field: what lies between two outputs is seen by neither.",
)
def gaps_counted(): ...


@mistake(
    "receptive_field",
    edit={"width, first = dilation * (kernel - 1) + 1, -padding": "width, first = kernel if jump == 1 else dilation * (kernel - 1) + 1, -padding"},
    hint=SKIPPED,
)
def undilated_at_the_image(): ...


@mistake(
    "receptive_field",
    edit={"        jump *= stride": "        jump *= 1 if isinstance(layer, list) else stride"},
    hint="Branches that step don't move your jump: what comes after them feels their stride.",
)
def branches_leave_the_jump(): ...


@mistake(
    "receptive_field",
    edit={"dilation * (kernel - 1) + 1, -padding": "dilation * (kernel - 1) + 1 + 2 * padding, -padding"},
    hint="Padding widens your field: it moves where the field lies, not how much one number sees.",
)
def padding_widens(): ...


@mistake(
    "receptive_field",
    edit={"return field, jump, start": "return field + min(start, 0), jump, start"},
    hint="What lies outside the image is taken off your field: those pixels are counted too.",
)
def padding_taken_off(): ...


@mistake(
    "receptive_field",
    edit={"-padding\n": "-(dilation * (kernel - 1) // 2)\n"},
    hint="Every layer is padded by half of its kernel, you say: the padding is given.",
)
def start_half_a_kernel(): ...


@mistake(
    "receptive_field",
    edit={"return field, jump, start": "return field, jump, max(start, 0)"},
    hint=START_BELOW_ZERO,
)
def start_clipped(): ...


@mistake(
    "receptive_field",
    edit={"min(begin for _, _, begin in seen)": "seen[0][2]"},
    hint="Of several branches yours begins where the first of the list begins: from the first pixel that any of them sees.",
)
def start_of_the_first_branch(): ...


@mistake(
    "receptive_field",
    edit={"        start += first * jump\n        jump *= stride": "        jump *= stride\n        start += first * jump"},
    hint="A layer's own stride moves its own start: the padding is counted in numbers of the layer below.",
)
def start_by_the_new_jump(): ...


@mistake("receptive_field", hint="A branch goes on from the jump where it begins, and its steps are multiplied by that jump once more: once is enough.")
def branches_scaled_twice(stack):
    def walk(layers, field, jump, start):
        for entry in layers:
            if isinstance(entry, list):
                ends = [walk(branch, field, jump, start) for branch in entry]
                if len({end[1] for end in ends}) > 1:
                    raise ValueError("branches that meet have different jumps")
                first = min(end[2] for end in ends)
                width = max(end[2] + end[0] for end in ends) - first
                field += (width - 1) * jump
                start += first * jump
                jump = ends[0][1]
            else:
                k, s, p, d = entry
                field, jump, start = field + (k - 1) * d * jump, jump * s, start - p * jump
        return field, jump, start

    return walk(stack, 1, 1, 0)


@mistake("receptive_field", hint=SKIPPED)
def pixels_counted_one_by_one(stack):
    def pixels(layers, outputs):
        for entry in layers[::-1]:
            if isinstance(entry, tuple):
                k, s, p, d = entry
                outputs = {o * s - p + t * d for o in outputs for t in range(k)}
            else:
                if len({receptive_field(b)[1] for b in entry}) > 1:
                    raise ValueError("different jumps")
                outputs = set().union(*(pixels(b, outputs) for b in entry))
        return outputs

    one, two = pixels(stack, {0}), pixels(stack, {1})
    return len(one), min(two) - min(one), min(one)


@mistake("receptive_field", hint="The strides of branches are missing from your jump: what comes after them feels their stride.")
def jump_of_plain_layers(stack):
    def below(layers, low, high):
        for entry in reversed(layers):
            if isinstance(entry, list):
                if len({receptive_field(b)[1] for b in entry}) > 1:
                    raise ValueError("different jumps")
                spans = [below(branch, low, high) for branch in entry]
                low, high = min(a for a, _ in spans), max(b for _, b in spans)
            else:
                k, s, p, d = entry
                low, high = low * s - p, high * s - p + (k - 1) * d
        return low, high

    low, high = below(stack, 0, 0)
    return high - low + 1, math.prod(entry[1] for entry in stack if isinstance(entry, tuple)), low


@right("receptive_field")
def by_walking_back_from_two_outputs(stack):
    def pixels(number, layers):
        """The first and the last pixel that a number of a stack sees."""
        low = high = number
        for layer in reversed(layers):
            if isinstance(layer, list):
                ends = [pixels(low, branch)[0] for branch in layer], [pixels(high, branch)[1] for branch in layer]
                low, high = min(ends[0]), max(ends[1])
            else:
                kernel, stride, padding, dilation = layer
                low = low * stride - padding
                high = high * stride - padding + dilation * (kernel - 1)
        return low, high

    def refuse(layers):
        product = 1
        for layer in layers:
            steps = {refuse(branch) for branch in layer} if isinstance(layer, list) else {layer[1]}
            if len(steps) != 1:
                raise ValueError("the branches step differently")
            product *= steps.pop()
        return product

    jump = refuse(stack)
    first, last = pixels(0, stack)
    return last - first + 1, jump, first


@right("receptive_field")
def with_three_lines_for_a_layer_and_a_loop_for_branches(stack):
    rf, j, s = 1, 1, 0
    for layer in stack:
        if isinstance(layer, tuple):
            k, stride, p, d = layer
            rf = rf + d * (k - 1) * j
            s = s - p * j
            j = j * stride
            continue
        lo, hi, step = None, None, None
        for branch in layer:
            f, js, st = receptive_field(branch)
            if step is not None and js != step:
                raise ValueError(f"steps of {step} and {js} in one place")
            step = js
            lo = st if lo is None else min(lo, st)
            hi = st + f - 1 if hi is None else max(hi, st + f - 1)
        rf += (hi - lo) * j
        s += lo * j
        j *= step
    return rf, j, s


@right("receptive_field")
def by_first_and_last_pixel(stack):
    def step(state, layer):
        first, last, jump = state
        if isinstance(layer, list):
            ends = [receptive_field(branch) for branch in layer]
            if any(one[1] != ends[0][1] for one in ends):
                raise ValueError
            low = min(one[2] for one in ends)
            high = max(one[2] + one[0] - 1 for one in ends)
            return first + low * jump, last + high * jump, jump * ends[0][1]
        kernel, stride, padding, dilation = layer
        return first - padding * jump, last + (dilation * (kernel - 1) - padding) * jump, jump * stride

    state = 0, 0, 1
    for layer in stack:
        state = step(state, layer)
    first, last, jump = state
    return last - first + 1, jump, first
