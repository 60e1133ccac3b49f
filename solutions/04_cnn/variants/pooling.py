"""What students write in pooling: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def _ways(kernel_size, stride, padding):
    kernel = _pair(kernel_size)
    return kernel, kernel if stride is None else _pair(stride), _pair(padding)


# max_pool2d

ZEROS_WIN = (
    "Where all pixels are negative, the zeros of your padding win (F.unfold's own padding is zeros too): what stands "
    "outside must lose against every number."
)
A_LOW_NUMBER = "Your padding is a low number, and pixels can be lower still: then it wins. Only one value loses against all."
PADDING_EXCHANGED = (
    "Rows and columns of the padding are exchanged. F.pad counts from the last axis: (left, right, top, bottom)."
)
PADDED_ON_ONE_SIDE = "Only the top and the left are padded: the padding stands on both sides of each axis."
ONE_STRIDE = "One stride serves both axes: it may be a pair, and its first number is the vertical one."
STRIDE_ONE = "Where no stride is given, yours is 1: the windows lie side by side then, a kernel apart."
PADDING_TWICE = "Each side gets half of the padding or twice as much: `padding` is what each side gets."


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


@mistake(
    "max_pool2d",
    hint=ZEROS_WIN,
)
def by_unfold_with_its_own_padding(x, kernel_size, stride=None, padding=0):
    kernel, stride, padding = _ways(kernel_size, stride, padding)
    num, channels = x.shape[:2]
    tall, wide = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(x.shape[2:], kernel, stride, padding))
    columns = F.unfold(x, kernel, stride=stride, padding=padding).reshape(num, channels, -1, tall, wide)
    return columns.amax(dim=2)


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
    edit={"value=-math.inf": "value=-1e9"},
    hint="Your padding is a low number, and pixels can be lower still: then it wins, and the gradient goes outside.",
)
def a_low_number_takes_the_gradient(): ...


@mistake(
    "max_pool2d_backward",
    edit={"scatter_add(2,": "scatter(2,"},
    hint=ONE_OF_SEVERAL,
)
def overwritten(): ...


@mistake(
    "max_pool2d_backward",
    hint=ONE_OF_SEVERAL,
)
def added_at_repeated_places(grad_out, x, kernel_size, stride=None, padding=0):
    winner, plane, grad = _winners(x, kernel_size, stride, padding)
    n = torch.arange(x.shape[0], device=x.device)[:, None, None]
    c = torch.arange(x.shape[1], device=x.device)[None, :, None]
    grad[n, c, winner] += grad_out.flatten(2)
    return _without_frame(grad, plane, x, padding)


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
    edit={"            if len({step for _, step, _ in seen}) > 1:\n                raise ValueError(f\"branches that step differently can't meet: {layer}\")\n": ""},
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
