"""What students write in filters: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

ZEROS = "Outside the image you read zeros: the border comes out wrong. What stands there is the value of the nearest pixel."
MIRROR = "Outside the image you read its mirror image: what stands there is the value of the nearest pixel."
WRAPS = "Outside the image you read its opposite side: what stands there is the value of the nearest pixel."
SWAPPED = "Rows and columns of the window are exchanged: size says its rows first, then its columns."
SQUARE = "Your window is always square: size has a number for its rows and another for its columns."
PAD_ORDER = "F.pad counts from the last dimension: left and right stand first, top and bottom after them."
NO_PADDING = "The images have become smaller: a window that looks over the border needs something to look at."
SHIFTED = "The window begins at the pixel instead of lying around it: it reaches half of its size to each side."
BORDER_KEPT = "Pixels at the border keep their old value: they have a window too, which looks at what stands outside."
LAST_LEFT_OUT = "The last row and column of each window are left out: a range ends one before its end."
MIDDLE_LEFT_OUT = "The pixel itself is left out: the window's middle belongs to it like the others."
CUT_TO_IMAGE = "A window that is larger than the image is made smaller: it stays as it is, and reads what stands outside."
READS_NEW = "Later windows read pixels that have been replaced already: old and new image each need their own memory."
CHANNELS = "The channels have been mixed: each channel is filtered by itself."

# mean_filter


@mistake("mean_filter", edit={'"replicate"': '"constant"'}, hint=ZEROS)
def mean_with_zeros(): ...


@mistake("mean_filter", edit={'"replicate"': '"reflect"'}, hint=MIRROR)
def mean_with_a_mirror(): ...


@mistake("mean_filter", edit={'"replicate"': '"circular"'}, hint=WRAPS)
def mean_that_wraps(): ...


@mistake("mean_filter", hint=WRAPS)
def mean_by_rolling(x, size=(3, 3)):
    total = torch.zeros_like(x)
    for down in range(-(size[0] // 2), size[0] // 2 + 1):
        for across in range(-(size[1] // 2), size[1] // 2 + 1):
            total = total + x.roll((down, across), (2, 3))
    return total / (size[0] * size[1])


@mistake("mean_filter", hint=BORDER_KEPT)
def mean_of_the_inner_pixels(x, size=(3, 3)):
    (kh, kw), (height, width) = size, x.shape[2:]
    out = x.clone()
    if height >= kh and width >= kw:
        inner = x.unfold(2, kh, 1).unfold(3, kw, 1).mean(dim=(-2, -1))
        out[:, :, kh // 2 : height - kh // 2, kw // 2 : width - kw // 2] = inner
    return out


@mistake(
    "mean_filter",
    edit={"windows.mean(dim=(-2, -1))": "windows.sum(dim=(-2, -1)) / 9"},
    hint="The sum is always divided by 9: how many pixels has a window of another size?",
)
def divided_by_nine(): ...


@mistake(
    "mean_filter",
    edit={"windows.mean(": "windows[..., : max(kh - 1, 1), : max(kw - 1, 1)].mean("},
    hint=LAST_LEFT_OUT,
)
def mean_without_the_last(): ...


@mistake(
    "mean_filter",
    edit={"windows.mean(dim=(-2, -1))": "(windows.sum(dim=(-2, -1)) - x) / max(kh * kw - 1, 1)"},
    hint=MIDDLE_LEFT_OUT,
)
def mean_without_the_middle(): ...


@mistake(
    "mean_filter",
    edit={"kh, kw = size": "kh, kw = (min(one, old - 1 + old % 2) for one, old in zip(size, x.shape[2:]))"},
    hint=CUT_TO_IMAGE,
)
def mean_of_a_smaller_window(): ...


@mistake("mean_filter", hint=READS_NEW)
def mean_in_place(x, size=(3, 3)):
    for row in range(x.shape[2]):
        for column in range(x.shape[3]):
            rows = [min(max(row + d, 0), x.shape[2] - 1) for d in range(-(size[0] // 2), size[0] // 2 + 1)]
            columns = [min(max(column + d, 0), x.shape[3] - 1) for d in range(-(size[1] // 2), size[1] // 2 + 1)]
            x[:, :, row, column] = x[:, :, rows][..., columns].mean(dim=(2, 3))
    return x


@mistake("mean_filter", edit={"kh, kw = size": "kw, kh = size"}, hint=SWAPPED)
def mean_with_sizes_swapped(): ...


@mistake("mean_filter", edit={"kh, kw = size": "kh = kw = size[0]"}, hint=SQUARE)
def mean_of_a_square(): ...


@mistake("mean_filter", edit={"(kw // 2, kw // 2, kh // 2, kh // 2)": "(kh // 2, kh // 2, kw // 2, kw // 2)"}, hint=PAD_ORDER)
def mean_padded_in_the_wrong_order(): ...


@mistake("mean_filter", edit={'F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2), mode="replicate")': "x"}, hint=NO_PADDING)
def mean_without_padding(): ...


@mistake("mean_filter", edit={"(kw // 2, kw // 2, kh // 2, kh // 2)": "(0, kw - 1, 0, kh - 1)"}, hint=SHIFTED)
def mean_of_what_follows(): ...


@mistake("mean_filter", edit={"(dim=(-2, -1))": "(dim=(-2, -1)).mean(dim=1, keepdim=True).expand_as(x).clone()"}, hint=CHANNELS)
def mean_over_channels(): ...


@mistake(
    "mean_filter",
    edit={"windows.mean(dim=(-2, -1))": "windows[..., kh // 2, :].mean(dim=-1)"},
    hint="Only the middle row of each window is averaged: the mean goes over its rows and over its columns.",
)
def mean_of_the_middle_row(): ...


@mistake(
    "mean_filter",
    edit={"windows.mean(dim=(-2, -1))": "windows.flatten(-2).median(dim=-1).values"},
    hint="This is the middle one of the sorted numbers, not their mean: that filter comes later.",
)
def median_for_the_mean(): ...


@mistake(
    "mean_filter",
    edit={"windows.mean(dim=(-2, -1))": "windows.sum(dim=(-2, -1)) / kh**2"},
    hint="The sum is divided by the square of the rows: how many pixels has a window that isn't square?",
)
def divided_by_a_square(): ...


@mistake("mean_filter", hint="Only what lies inside the image is counted: outside stands the value of the nearest pixel, and it counts like the others.")
def mean_of_what_is_inside(x, size=(3, 3)):
    kh, kw = size
    pads = (kw // 2, kw // 2, kh // 2, kh // 2)
    inside = F.pad(torch.ones_like(x), pads).unfold(2, kh, 1).unfold(3, kw, 1).sum(dim=(-2, -1))
    return F.pad(x, pads).unfold(2, kh, 1).unfold(3, kw, 1).sum(dim=(-2, -1)) / inside


@mistake("mean_filter", hint="A pixel at a time in Python: windows, or one shifted image for each place of the window, do all pixels at once.")
def mean_pixel_by_pixel(x, size=(3, 3)):
    kh, kw = size
    padded = F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2), mode="replicate")
    out = torch.zeros_like(x)
    for row in range(x.shape[2]):
        for column in range(x.shape[3]):
            out[:, :, row, column] = padded[:, :, row : row + kh, column : column + kw].mean(dim=(-2, -1))
    return out


@mistake("mean_filter", hint="This is torch's own average pooling: gather the window yourself.")
def mean_by_pooling(x, size=(3, 3)):
    kh, kw = size
    return F.avg_pool2d(F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2), mode="replicate"), size, stride=1)


@right("mean_filter")
def mean_by_shifting(x, size=(3, 3)):
    height, width = x.shape[2:]
    padded = F.pad(x, (size[1] // 2, size[1] // 2, size[0] // 2, size[0] // 2), mode="replicate")
    total = torch.zeros_like(x)
    for top in range(size[0]):
        for left in range(size[1]):
            total = total + padded[:, :, top : top + height, left : left + width]
    return total / (size[0] * size[1])


@right("mean_filter")
def mean_one_direction_at_a_time(x, size=(3, 3)):
    for dim, length in ((2, size[0]), (3, size[1])):
        places = torch.arange(x.shape[dim], device=x.device)
        reach = torch.arange(length, device=x.device) - length // 2
        near = (places[:, None] + reach).clamp(0, x.shape[dim] - 1)
        x = x.transpose(dim, 3)[..., near].mean(dim=-1).transpose(dim, 3)
    return x


@right("mean_filter")
def mean_from_running_sums(x, size=(3, 3)):
    kh, kw = size
    padded = F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2), mode="replicate")
    sums = F.pad(padded.cumsum(2).cumsum(3), (1, 0, 1, 0))
    lower = sums[:, :, kh:, kw:] - sums[:, :, kh:, :-kw]
    upper = sums[:, :, :-kh, kw:] - sums[:, :, :-kh, :-kw]
    return (lower - upper) / (kh * kw)


# gaussian_filter

NOT_ONE = "A flat image does not keep its brightness: what must the weights of a pass add up to?"
BELL = "torch.exp(-0.5 * (offsets / sigma) ** 2)"


@mistake("gaussian_filter", edit={'"replicate"': '"constant"'}, hint=ZEROS)
def blur_with_zeros(): ...


@mistake("gaussian_filter", edit={'"replicate"': '"reflect"'}, hint=MIRROR)
def blur_with_a_mirror(): ...


@mistake(
    "gaussian_filter",
    edit={"bell / bell.sum()": "bell"},
    hint=NOT_ONE,
)
def not_normalised(): ...


@mistake(
    "gaussian_filter",
    edit={"bell / bell.sum()": "bell / (sigma * math.sqrt(2 * math.pi))"},
    hint="You divide by the density's constant: the weights then add up to nearly 1, and not to 1, least of all where the bell is narrow or cut off.",
)
def divided_by_the_density(): ...


@mistake(
    "gaussian_filter",
    edit={BELL: "torch.exp(-0.5 * offsets**2 / sigma)"},
    hint="Here sigma is used as a variance: which power of sigma stands below the square of the offset?",
)
def sigma_as_variance(): ...


@mistake(
    "gaussian_filter",
    edit={BELL: "torch.exp(-((offsets / sigma) ** 2))"},
    hint="The bell is too narrow: look for the factor 2 in the exponent.",
)
def without_the_half(): ...


@mistake(
    "gaussian_filter",
    edit={BELL: "torch.exp(-0.5 * offsets.abs() / sigma)"},
    hint="The offset stands in the exponent unsquared: that is a tent's tip, not a bell.",
)
def offset_not_squared(): ...


@mistake(
    "gaussian_filter",
    edit={"int(truncate * sigma + 0.5)": "int(truncate * sigma)"},
    hint="The radius is always rounded down: it is the nearest whole number, and a half goes up.",
)
def radius_rounded_down(): ...


@mistake(
    "gaussian_filter",
    edit={"int(truncate * sigma + 0.5)": "math.ceil(truncate * sigma)"},
    hint="The radius is always rounded up: it is the nearest whole number.",
)
def radius_rounded_up(): ...


@mistake(
    "gaussian_filter",
    edit={"int(truncate * sigma + 0.5)": "round(truncate * sigma)"},
    hint="Python's round takes a half to the even neighbour: round(2.5) is 2. Here a half goes up.",
)
def radius_rounded_to_even(): ...


@mistake(
    "gaussian_filter",
    edit={"int(truncate * sigma + 0.5)": "int(truncate + 0.5)"},
    hint="The radius does not depend on sigma: truncate counts sigmas, not pixels.",
)
def radius_in_pixels(): ...


@mistake(
    "gaussian_filter",
    edit={"padded.unfold(3, len(weights), 1) @ weights": "padded[..., radius : radius + x.shape[3]]"},
    hint="The images are blurred in one direction only, up and down. The second pass, along the rows, is missing.",
)
def up_and_down_only(): ...


@mistake(
    "gaussian_filter",
    edit={"across.unfold(2, len(weights), 1) @ weights": "across[:, :, radius : radius + x.shape[2]].clone()"},
    hint="The images are blurred in one direction only, left and right. The second pass, along the columns, is missing.",
)
def left_and_right_only(): ...


@mistake(
    "gaussian_filter",
    edit={BELL: "torch.ones_like(offsets)"},
    hint="All weights are equal: that is the mean over the window. Near pixels should count for more.",
)
def box_for_a_bell(): ...


@mistake("gaussian_filter", edit={'"replicate"': '"circular"'}, hint=WRAPS)
def blur_that_wraps(): ...


@mistake("gaussian_filter", hint="Only what lies inside the image is counted: outside stands the value of the nearest pixel, and it counts like the others.")
def blur_of_what_is_inside(x, sigma=1.0, truncate=4.0):
    r = int(truncate * sigma + 0.5)
    offsets = torch.arange(-r, r + 1, dtype=x.dtype, device=x.device)
    weights = torch.softmax(-0.5 * (offsets / sigma) ** 2, dim=0)

    def blur(image):
        across = F.pad(image, (r, r, r, r)).unfold(3, 2 * r + 1, 1) @ weights
        return across.unfold(2, 2 * r + 1, 1) @ weights

    return blur(x) / blur(torch.ones_like(x))


@mistake(
    "gaussian_filter",
    edit={'F.pad(x, (radius, radius, radius, radius), mode="replicate")': 'F.pad(x, (radius, radius, 0, 0), mode="replicate")', "across.unfold": "F.pad(across, (0, 0, radius, radius)).unfold"},
    hint="One of the two passes reads zeros outside: in both stands the value of the nearest pixel.",
)
def second_pass_with_zeros(): ...


@mistake(
    "gaussian_filter",
    edit={"across.unfold(2, len(weights), 1) @ weights": "(across.unfold(2, len(weights), 1) @ weights).mean(dim=1, keepdim=True).expand_as(x).clone()"},
    hint=CHANNELS,
)
def blur_over_channels(): ...


@mistake(
    "gaussian_filter",
    edit={"dtype=x.dtype": "dtype=torch.float32"},
    hint="The weights are always float32, and a product needs the same dtype on both sides: which dtype has the image?",
)
def weights_of_float32(): ...


@mistake(
    "gaussian_filter",
    edit={BELL: "torch.exp(-offsets.abs() / (2 * sigma**2))"},
    hint="The offset stands in the exponent unsquared: that is a tent's tip, not a bell.",
)
def distance_not_squared(): ...


@mistake(
    "gaussian_filter",
    edit={BELL: "torch.exp(-0.5 * offsets**2 * sigma**2)"},
    hint="The exponent is multiplied by sigma's square instead of divided: mind the order of / and *.",
)
def multiplied_by_the_variance(): ...


@mistake(
    "gaussian_filter",
    edit={BELL: "torch.exp(-0.5 * offsets**2)"},
    hint="The bell is the same for each sigma, and only its reach differs: sigma belongs in the exponent too.",
)
def bell_without_sigma(): ...


@mistake("gaussian_filter", edit={"bell / bell.sum()": "bell / len(bell)"}, hint=NOT_ONE)
def divided_by_the_count(): ...


@mistake("gaussian_filter", edit={"bell / bell.sum()": "bell / bell.norm()"}, hint=NOT_ONE)
def divided_by_the_norm(): ...


LAST_OFFSET = "The bell leans to one side: the last offset, r itself, is left out. A range ends one before its end."


@mistake("gaussian_filter", edit={"radius + 1,": "radius,"}, hint=LAST_OFFSET)
def last_offset_left_out(): ...


@mistake(
    "gaussian_filter",
    edit={"radius + 1,": "max(radius, 1),", "across.unfold(2, len(weights), 1) @ weights": "(across.unfold(2, len(weights), 1) @ weights)[:, :, : x.shape[2], : x.shape[3]]"},
    hint=LAST_OFFSET,
)
def last_offset_left_out_and_cut(): ...


@mistake(
    "gaussian_filter",
    edit={"torch.arange(-radius, radius + 1,": "torch.arange(0, 2 * radius + 1,"},
    hint="The peak of the bell stands at the window's first pixel: offsets count from its middle.",
)
def offsets_from_the_end(): ...


@mistake(
    "gaussian_filter",
    edit={"int(truncate * sigma + 0.5)": "max(int(truncate * sigma + 0.5), 1)"},
    hint="The radius is never 0: the docstring allows it, and then nothing changes.",
)
def radius_of_at_least_one(): ...


@mistake(
    "gaussian_filter",
    edit={"int(truncate * sigma + 0.5)": "int(truncate * sigma / 2 + 0.5)"},
    hint="The bell reaches half as far as it should: truncate counts sigmas to each side, not from end to end.",
)
def half_the_radius(): ...


@mistake(
    "gaussian_filter",
    edit={'F.pad(x, (radius, radius, radius, radius), mode="replicate")': 'F.pad(x, (radius, radius, 0, 0), mode="replicate")', "across.unfold(2,": 'F.pad(across, (radius, radius, 0, 0), mode="replicate").unfold(3,'},
    hint="Both passes go the same way, left and right: the second goes along the columns.",
)
def same_way_twice(): ...


@mistake(
    "gaussian_filter",
    edit={"across.unfold(2, len(weights), 1) @ weights": "(across[:, :, radius : radius + x.shape[2]] + padded[..., radius : radius + x.shape[3]].unfold(2, len(weights), 1) @ weights) / 2"},
    hint="Two passes stand side by side, each over the old image: the second goes over what came of the first.",
)
def mean_of_two_passes(): ...


@mistake("gaussian_filter", hint="The whole table of products is formed: one direction after the other needs far fewer.")
def all_products_at_once(x, sigma=1.0, truncate=4.0):
    r = int(truncate * sigma + 0.5)
    offsets = torch.arange(-r, r + 1, dtype=x.dtype, device=x.device)
    table = torch.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * sigma**2))
    windows = F.pad(x, (r, r, r, r), mode="replicate").unfold(2, 2 * r + 1, 1).unfold(3, 2 * r + 1, 1)
    return (windows * (table / table.sum())).sum(dim=(-2, -1))


@mistake("gaussian_filter", hint="One shifted image after the other, for each place of the square: one direction after the other needs far fewer.")
def all_products_one_by_one(x, sigma=1.0, truncate=4.0):
    r, (height, width) = int(truncate * sigma + 0.5), x.shape[2:]
    padded, total, sums = F.pad(x, (r, r, r, r), mode="replicate"), torch.zeros_like(x), 0.0
    for down in range(-r, r + 1):
        for across in range(-r, r + 1):
            weight = math.exp(-(down**2 + across**2) / (2 * sigma**2))
            total = total + weight * padded[:, :, r + down : r + down + height, r + across : r + across + width]
            sums += weight
    return total / sums


@mistake("gaussian_filter", hint="This is torch's own convolution: multiply by the weights and add up yourself.")
def gaussian_by_convolution(x, sigma=1.0, truncate=4.0):
    r = int(truncate * sigma + 0.5)
    offsets = torch.arange(-r, r + 1, dtype=x.dtype, device=x.device)
    weights = torch.softmax(-0.5 * (offsets / sigma) ** 2, dim=0)
    planes = F.pad(x, (r, r, r, r), mode="replicate").flatten(0, 1)[:, None]
    return F.conv2d(F.conv2d(planes, weights.reshape(1, 1, 1, -1)), weights.reshape(1, 1, -1, 1)).reshape(x.shape)


@right("gaussian_filter")
def gaussian_by_shifting(x, sigma=1.0, truncate=4.0):
    r, (height, width) = int(truncate * sigma + 0.5), x.shape[2:]
    weights = [math.exp(-((d / sigma) ** 2) / 2) for d in range(-r, r + 1)]
    padded = F.pad(x, (0, 0, r, r), mode="replicate")
    down = sum(w * padded[:, :, i : i + height] for i, w in enumerate(weights)) / sum(weights)
    padded = F.pad(down, (r, r, 0, 0), mode="replicate")
    return sum(w * padded[..., i : i + width] for i, w in enumerate(weights)) / sum(weights)


@right("gaussian_filter")
def gaussian_by_softmax_and_einsum(x, sigma=1.0, truncate=4.0):
    r = math.floor(truncate * sigma + 0.5)
    offsets = torch.arange(-r, r + 1, dtype=x.dtype, device=x.device)
    weights = torch.softmax(-offsets.square() / (2 * sigma**2), dim=0)
    rows = F.pad(x, (0, 0, r, r), mode="replicate").unfold(2, 2 * r + 1, 1)
    x = torch.einsum("nchwk,k->nchw", rows, weights)
    columns = F.pad(x, (r, r, 0, 0), mode="replicate").unfold(3, 2 * r + 1, 1)
    return torch.einsum("nchwk,k->nchw", columns, weights)


@right("gaussian_filter")
def gaussian_as_two_matrices(x, sigma=1.0, truncate=4.0):
    def matrix(length):
        r = int(truncate * sigma + 0.5)
        offsets = torch.arange(-r, r + 1, device=x.device)
        weights = torch.exp(-0.5 * (offsets.to(x.dtype) / sigma) ** 2)
        near = (torch.arange(length, device=x.device)[:, None] + offsets).clamp(0, length - 1)
        table = torch.zeros(length, length, dtype=x.dtype, device=x.device)
        return table.scatter_add(1, near, (weights / weights.sum()).expand(length, -1))

    return matrix(x.shape[2]) @ x @ matrix(x.shape[3]).T


# median_filter


@mistake("median_filter", edit={'"replicate"': '"constant"'}, hint=ZEROS)
def median_with_zeros(): ...


@mistake("median_filter", edit={'"replicate"': '"reflect"'}, hint=MIRROR)
def median_with_a_mirror(): ...


@mistake("median_filter", edit={"kh, kw = size": "kw, kh = size"}, hint=SWAPPED)
def median_with_sizes_swapped(): ...


@mistake("median_filter", edit={"kh, kw = size": "kh = kw = size[0]"}, hint=SQUARE)
def median_of_a_square(): ...


@mistake("median_filter", edit={"(kw // 2, kw // 2, kh // 2, kh // 2)": "(kh // 2, kh // 2, kw // 2, kw // 2)"}, hint=PAD_ORDER)
def median_padded_in_the_wrong_order(): ...


@mistake("median_filter", edit={'F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2), mode="replicate")': "x"}, hint=NO_PADDING)
def median_without_padding(): ...


@mistake("median_filter", edit={"(kw // 2, kw // 2, kh // 2, kh // 2)": "(0, kw - 1, 0, kh - 1)"}, hint=SHIFTED)
def median_of_what_follows(): ...


@mistake(
    "median_filter",
    edit={".median(dim=-1).values": ".mean(dim=-1)"},
    hint="This is the mean of the window: the median is the one in the middle, after sorting.",
)
def mean_for_the_median(): ...


@mistake(
    "median_filter",
    edit={"windows.median(dim=-1).values": "windows.sort(dim=-1).values[..., kh * kw // 2 - 1]"},
    hint="You take the value one before the middle: positions count from 0.",
)
def one_before_the_middle(): ...


@mistake(
    "median_filter",
    edit={"windows.median(dim=-1).values": "windows[..., kh * kw // 2].clone()"},
    hint="You take the window's middle place without sorting: that is the pixel itself.",
)
def middle_without_sorting(): ...


@mistake(
    "median_filter",
    edit={".flatten(-2)": "", "windows.median(dim=-1).values": "windows.median(dim=-1).values.median(dim=-1).values"},
    hint="A median of the rows' medians isn't the median of all: this filter is not separable. All numbers of a window are sorted together.",
)
def median_of_medians(): ...


@mistake(
    "median_filter",
    edit={"windows.median(dim=-1).values": "windows.amax(dim=-1)"},
    hint="You take the largest of each window: the median is the one in the middle, after sorting.",
)
def largest(): ...


@mistake(
    "median_filter",
    edit={"windows.median(dim=-1).values": "windows.movedim(1, -2).flatten(-2).median(dim=-1).values[:, None].expand_as(x).clone()"},
    hint=CHANNELS,
)
def median_over_channels(): ...


@mistake(
    "median_filter",
    edit={"windows.median(dim=-1).values": "windows.sort(dim=-1).values[..., min((kh * kw + 1) // 2, kh * kw - 1)]"},
    hint="You take the value one after the middle: positions count from 0.",
)
def one_after_the_middle(): ...


@mistake(
    "median_filter",
    edit={"windows.median(dim=-1).values": "windows.sort(dim=-1).values[..., min(4, kh * kw - 1)]"},
    hint="You always take position 4: that is the middle of nine values, and windows have other sizes too.",
)
def always_the_fifth(): ...


@mistake("median_filter", edit={"windows.median(dim=-1).values": "windows.median(dim=-1)"}, hint="You return two things, the medians and where they stood: only the medians are asked for.")
def values_and_places(): ...


@mistake("median_filter", edit={"windows.median(dim=-1).values": "(windows.amin(dim=-1) + windows.amax(dim=-1)) / 2"}, hint="This is the middle between the smallest and the largest: the median is the middle one of all the sorted values.")
def middle_of_the_extremes(): ...


@mistake(
    "median_filter",
    edit={".flatten(-2)": "", "windows.median(dim=-1).values": "windows.sort(dim=-1).values[..., kh // 2, kw // 2]"},
    hint="Only the rows of a window are sorted, each by itself: all its numbers are sorted together.",
)
def rows_sorted_alone(): ...


@mistake("median_filter", hint=BORDER_KEPT)
def median_of_the_inner_pixels(x, size=(3, 3)):
    (kh, kw), (height, width) = size, x.shape[2:]
    out = x.clone()
    if height >= kh and width >= kw:
        inner = x.unfold(2, kh, 1).unfold(3, kw, 1).flatten(-2).median(dim=-1).values
        out[:, :, kh // 2 : height - kh // 2, kw // 2 : width - kw // 2] = inner
    return out


@mistake("median_filter", hint="Only what lies inside the image is counted: outside stands the value of the nearest pixel, and it counts like the others.")
def median_of_what_is_inside(x, size=(3, 3)):
    kh, kw = size
    padded = F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2), value=math.nan)
    return padded.unfold(2, kh, 1).unfold(3, kw, 1).flatten(-2).nanmedian(dim=-1).values


@mistake("median_filter", hint=READS_NEW)
def median_in_place(x, size=(3, 3)):
    out = x.clone()
    for row in range(x.shape[2]):
        for column in range(x.shape[3]):
            rows = [min(max(row + d, 0), x.shape[2] - 1) for d in range(-(size[0] // 2), size[0] // 2 + 1)]
            columns = [min(max(column + d, 0), x.shape[3] - 1) for d in range(-(size[1] // 2), size[1] // 2 + 1)]
            out[:, :, row, column] = out[:, :, rows][..., columns].flatten(2).median(dim=-1).values
    return out


@mistake(
    "median_filter",
    edit={"windows.median": "torch.cat([windows[..., : kh * kw // 2], windows[..., -(kh * kw // 2) :]], dim=-1).median"},
    hint=MIDDLE_LEFT_OUT,
)
def median_without_the_middle(): ...


@mistake("median_filter", hint="Only the pixel's own row and column are looked at: the window is a whole rectangle.")
def median_of_a_cross(x, size=(3, 3)):
    (kh, kw), (height, width) = size, x.shape[2:]
    up, left = kh // 2, kw // 2
    padded = F.pad(x, (left, left, up, up), mode="replicate")
    cross = [padded[:, :, i : i + height, left : left + width] for i in range(kh)]
    cross += [padded[:, :, up : up + height, j : j + width] for j in range(kw) if j != left]
    return torch.stack(cross).median(dim=0).values


@mistake(
    "median_filter",
    edit={"kh, kw = size": "kh, kw = (min(one, old - 1 + old % 2) for one, old in zip(size, x.shape[2:]))"},
    hint=CUT_TO_IMAGE,
)
def median_of_a_smaller_window(): ...


@mistake("median_filter", hint="A pixel at a time in Python: windows, or one shifted image for each place of the window, do all pixels at once.")
def median_pixel_by_pixel(x, size=(3, 3)):
    kh, kw = size
    padded = F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2), mode="replicate")
    out = torch.zeros_like(x)
    for row in range(x.shape[2]):
        for column in range(x.shape[3]):
            window = padded[:, :, row : row + kh, column : column + kw]
            out[:, :, row, column] = window.flatten(-2).median(dim=-1).values
    return out


@right("median_filter")
def median_by_sorting(x, size=(3, 3)):
    kh, kw = size
    padded = F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2), mode="replicate")
    windows = padded.unfold(2, kh, 1).unfold(3, kw, 1).reshape(*x.shape, kh * kw)
    return windows.sort(dim=-1).values[..., kh * kw // 2]


@right("median_filter")
def median_of_stacked_shifts(x, size=(3, 3)):
    height, width = x.shape[2:]
    up, left = size[0] // 2, size[1] // 2
    padded = F.pad(x, [left, left, up, up], mode="replicate")
    shifted = [padded[..., i : i + height, j : j + width] for i in range(size[0]) for j in range(size[1])]
    return torch.stack(shifted).median(dim=0)[0]


@right("median_filter")
def median_by_positions(x, size=(3, 3)):
    def near(length, window):
        places = torch.arange(length, device=x.device)[:, None] + torch.arange(window, device=x.device) - window // 2
        return places.clamp(0, length - 1)

    rows, columns = near(x.shape[2], size[0]), near(x.shape[3], size[1])
    windows = x[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    return windows.flatten(-2).quantile(0.5, dim=-1)


# sobel_edges

MAGNITUDE, DIRECTION = "torch.hypot(grad_x, grad_y)", "torch.atan2(grad_y, grad_x)"


@mistake("sobel_edges", edit={'"replicate"': '"constant"'}, hint=ZEROS)
def sobel_with_zeros(): ...


@mistake("sobel_edges", edit={'"replicate"': '"reflect"'}, hint=MIRROR)
def sobel_with_a_mirror(): ...


@mistake(
    "sobel_edges",
    edit={DIRECTION: "torch.atan(grad_y / grad_x)"},
    hint="The quotient of the two does not know which of opposite directions it is, and divides by zero. The angle needs both numbers.",
)
def angle_of_the_quotient(): ...


@mistake(
    "sobel_edges",
    edit={DIRECTION: "torch.atan2(grad_x, grad_y)"},
    hint="The angle is measured from the wrong axis: either the two parts have changed places, or the two numbers given to atan2, which takes the vertical one first.",
)
def parts_exchanged(): ...


@mistake("sobel_edges", edit={DIRECTION: "torch.rad2deg(torch.atan2(grad_y, grad_x))"}, hint="The direction is in degrees: radians are asked for.")
def degrees(): ...


@mistake("sobel_edges", edit={DIRECTION: "torch.atan2(-grad_y, grad_x)"}, hint="Up and down are exchanged: rows count downwards, and brighter below is positive.")
def up_is_positive(): ...


@mistake(
    "sobel_edges",
    edit={"rows[..., 2:] - rows[..., :-2]": "rows[..., :-2] - rows[..., 2:]", "columns[:, :, 2:] - columns[:, :, :-2]": "columns[:, :, :-2] - columns[:, :, 2:]"},
    hint="The direction points to the dark side: it is the later neighbour minus the earlier one. (A kernel that is turned round first does this.)",
)
def points_to_the_dark(): ...


@mistake("sobel_edges", edit={DIRECTION: "torch.atan2(grad_y, grad_x) % (2 * math.pi)"}, hint="The direction runs from 0 to 2π: it is asked for from −π to π.")
def from_zero_to_two_pi(): ...


@mistake("sobel_edges", edit={DIRECTION: "torch.atan2(grad_x, -grad_y)"}, hint="This is the direction along the edge: asked for is the one across it, to the brighter side.")
def along_the_edge(): ...


@mistake("sobel_edges", edit={MAGNITUDE: "grad_x.abs() + grad_y.abs()"}, hint="The magnitude is the sum of the two parts' absolute values: it should be the length of the vector that they make.")
def sum_of_absolute_values(): ...


@mistake("sobel_edges", edit={MAGNITUDE: "grad_x**2 + grad_y**2"}, hint="The magnitude is squared: a length is the root of that.")
def squared_length(): ...


@mistake(
    "sobel_edges",
    edit={"2 * padded[:, :, 1:-1]": "padded[:, :, 1:-1]", "2 * padded[..., 1:-1]": "padded[..., 1:-1]"},
    hint="All three rows count alike (these are Prewitt's weights): with Sobel the middle one counts twice.",
)
def prewitt(): ...


@mistake("sobel_edges", edit={MAGNITUDE: "torch.hypot(grad_x, grad_y) / 8"}, hint="The magnitude is divided by 8: the table of weights is taken as it stands.")
def divided_by_eight(): ...


@mistake("sobel_edges", edit={MAGNITUDE + ", " + DIRECTION: DIRECTION + ", " + MAGNITUDE}, hint="The pair is in the wrong order: the magnitude comes first, then the direction.")
def pair_exchanged(): ...


@mistake(
    "sobel_edges",
    edit={"rows[..., 2:] - rows[..., :-2]": "4 * (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2])", "columns[:, :, 2:] - columns[:, :, :-2]": "4 * (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1])"},
    hint="The difference is taken in the middle row or column alone: the two beside it count as well.",
)
def not_smoothed(): ...


@mistake("sobel_edges", edit={'"replicate"': '"circular"'}, hint=WRAPS)
def sobel_that_wraps(): ...


@mistake("sobel_edges", edit={'F.pad(x, (1, 1, 1, 1), mode="replicate")': "x"}, hint=NO_PADDING)
def sobel_without_padding(): ...


@mistake("sobel_edges", hint="The gradient is set to 0 at the border: the pixels there have neighbours too, outside of the image.")
def no_edges_at_the_border(x):
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    rows = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    columns = padded[..., :-2] + 2 * padded[..., 1:-1] + padded[..., 2:]
    grad_x = rows[..., 2:] - rows[..., :-2]
    grad_y = columns[:, :, 2:] - columns[:, :, :-2]
    for grad in (grad_x, grad_y):
        grad[:, :, 0] = grad[:, :, -1] = 0
        grad[..., 0] = grad[..., -1] = 0
    return torch.hypot(grad_x, grad_y), torch.atan2(grad_y, grad_x)


@mistake(
    "sobel_edges",
    edit={"rows[..., 2:] - rows[..., :-2]": "(rows[..., 2:] - rows[..., :-2]).sum(dim=1, keepdim=True)", "columns[:, :, 2:] - columns[:, :, :-2]": "(columns[:, :, 2:] - columns[:, :, :-2]).sum(dim=1, keepdim=True)"},
    hint=CHANNELS,
)
def channels_added_up(): ...


@mistake("sobel_edges", edit={"F.pad(x, ": "F.pad(x.mean(dim=1, keepdim=True).expand_as(x), "}, hint=CHANNELS)
def grey_first(): ...


@mistake(
    "sobel_edges",
    edit={"rows[..., 2:] - rows[..., :-2]": "rows[..., 2:] - rows[..., 1:-1]", "columns[:, :, 2:] - columns[:, :, :-2]": "columns[:, :, 2:] - columns[:, :, 1:-1]"},
    hint="You subtract the pixel's own row or column: Sobel subtracts the neighbour on the other side.",
)
def difference_to_the_pixel(): ...


@mistake(
    "sobel_edges",
    edit={"rows[..., 2:] - rows[..., :-2]": "padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]", "columns[:, :, 2:] - columns[:, :, :-2]": "padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]"},
    hint="The difference is taken in the middle row or column alone: the two beside it count as well.",
)
def plain_differences(): ...


@mistake(
    "sobel_edges",
    edit={"2 * padded[:, :, 1:-1]": "10 / 3 * padded[:, :, 1:-1]", "2 * padded[..., 1:-1]": "10 / 3 * padded[..., 1:-1]", "rows[..., 2:] - rows[..., :-2]": "3 * (rows[..., 2:] - rows[..., :-2])", "columns[:, :, 2:] - columns[:, :, :-2]": "3 * (columns[:, :, 2:] - columns[:, :, :-2])"},
    hint="The weights across are 3, 10, 3 (these are Scharr's): Sobel's are 1, 2, 1.",
)
def scharr(): ...


@mistake("sobel_edges", hint="You smooth along the direction in which you subtract: the smoothing goes across it.")
def smoothed_the_same_way(x):
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    columns = padded[:, :, 1:-1, :-2] + 2 * padded[:, :, 1:-1, 1:-1] + padded[:, :, 1:-1, 2:]
    rows = padded[:, :, :-2, 1:-1] + 2 * padded[:, :, 1:-1, 1:-1] + padded[:, :, 2:, 1:-1]
    columns = F.pad(columns, (1, 1, 0, 0), mode="replicate")
    rows = F.pad(rows, (0, 0, 1, 1), mode="replicate")
    grad_x, grad_y = columns[..., 2:] - columns[..., :-2], rows[:, :, 2:] - rows[:, :, :-2]
    return torch.hypot(grad_x, grad_y), torch.atan2(grad_y, grad_x)


@mistake("sobel_edges", edit={MAGNITUDE + ", " + DIRECTION: "grad_x, grad_y"}, hint="You return the two differences: asked for are the length and the angle that they make.")
def the_two_differences(): ...


@mistake("sobel_edges", edit={MAGNITUDE: "torch.maximum(grad_x.abs(), grad_y.abs())"}, hint="The magnitude is the larger of the two parts: it should be the length of the vector that they make.")
def larger_of_the_two(): ...


@mistake("sobel_edges", edit={MAGNITUDE: "torch.hypot(grad_x, grad_y) / torch.hypot(grad_x, grad_y).max().clamp(min=1e-12)"}, hint="The magnitude is divided by its largest value: it is asked for as it stands.")
def magnitude_up_to_one(): ...


@mistake("sobel_edges", edit={MAGNITUDE: "torch.sqrt(grad_x**2 + grad_y**2 + 1e-6)"}, hint="A small number is added under the root, and a flat image gets an edge: nothing is divided here, so none is needed.")
def small_number_under_the_root(): ...


@mistake("sobel_edges", edit={DIRECTION: "torch.atan2(grad_y, grad_x) / math.pi"}, hint="The direction is in units of π: radians are asked for.")
def in_units_of_pi(): ...


@mistake("sobel_edges", edit={DIRECTION: "torch.atan2(grad_y, grad_x) % math.pi"}, hint="An edge and its opposite get the same direction, from 0 to π: which of the two sides is the bright one?")
def without_the_sense(): ...


@mistake(
    "sobel_edges",
    edit={DIRECTION: "torch.atan(grad_y / (grad_x + 1e-9))"},
    hint="The quotient of the two does not know which of opposite directions it is, also where a small number keeps it from dividing by zero. The angle needs both numbers.",
)
def angle_of_a_safe_quotient(): ...


@mistake(
    "sobel_edges",
    edit={DIRECTION: "torch.acos((grad_x / torch.hypot(grad_x, grad_y).clamp(min=1e-12)).clamp(-1, 1)) * torch.sign(grad_y)"},
    hint="Where it gets brighter straight to the left, your direction is 0: the sign of a zero is zero.",
)
def sign_of_zero(): ...


@mistake("sobel_edges", hint="One channel at a time in Python: slices of all channels do it at once.")
def sobel_channel_by_channel(x):
    parts = []
    for channel in range(x.shape[1]):
        one = F.pad(x[:, channel : channel + 1], (1, 1, 1, 1), mode="replicate")
        rows = one[:, :, :-2] + 2 * one[:, :, 1:-1] + one[:, :, 2:]
        columns = one[..., :-2] + 2 * one[..., 1:-1] + one[..., 2:]
        parts.append((rows[..., 2:] - rows[..., :-2], columns[:, :, 2:] - columns[:, :, :-2]))
    grad_x, grad_y = (torch.cat(part, dim=1) for part in zip(*parts))
    return torch.hypot(grad_x, grad_y), torch.atan2(grad_y, grad_x)


@mistake("sobel_edges", hint="This is torch's own convolution: add and subtract shifted images.")
def sobel_by_convolution(x):
    table = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=x.dtype, device=x.device)
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate").flatten(0, 1)[:, None]
    found = F.conv2d(padded, torch.stack([table, table.T])[:, None]).unflatten(0, x.shape[:2])
    return torch.hypot(found[:, :, 0], found[:, :, 1]), torch.atan2(found[:, :, 1], found[:, :, 0])


@right("sobel_edges")
def sobel_by_tables(x):
    table = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]], dtype=x.dtype, device=x.device)
    windows = F.pad(x, (1, 1, 1, 1), mode="replicate").unfold(2, 3, 1).unfold(3, 3, 1)
    grad_x, grad_y = (windows * table).sum(dim=(-2, -1)), (windows * table.T).sum(dim=(-2, -1))
    return (grad_x**2 + grad_y**2).sqrt(), torch.atan2(grad_y, grad_x)


@right("sobel_edges")
def sobel_by_einsum(x):
    smooth = torch.tensor([1, 2, 1], dtype=x.dtype, device=x.device)
    change = torch.tensor([-1, 0, 1], dtype=x.dtype, device=x.device)
    windows = F.pad(x, (1, 1, 1, 1), mode="replicate").unfold(2, 3, 1).unfold(3, 3, 1)
    grad_x = torch.einsum("nchwij,i,j->nchw", windows, smooth, change)
    grad_y = torch.einsum("nchwij,i,j->nchw", windows, change, smooth)
    return torch.stack([grad_x, grad_y]).norm(dim=0), torch.arctan2(grad_y, grad_x)


@right("sobel_edges")
def sobel_by_six_neighbours(x):
    height, width = x.shape[2:]
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")

    def at(down, across):
        return padded[:, :, 1 + down : 1 + down + height, 1 + across : 1 + across + width]

    right_side = at(-1, 1) + 2 * at(0, 1) + at(1, 1)
    left_side = at(-1, -1) + 2 * at(0, -1) + at(1, -1)
    below = at(1, -1) + 2 * at(1, 0) + at(1, 1)
    above = at(-1, -1) + 2 * at(-1, 0) + at(-1, 1)
    number = torch.complex(right_side - left_side, below - above)
    return number.abs(), number.angle()


# bilinear_resize

NEAREST = "You take the nearest pixel instead of mixing the two neighbours of each place."
OTHER_HALF = "Half a pixel is taken off or added once only: the table of section 5 does it twice, to a new pixel and to an old one."
PLACE = "(centres * x.shape[dim] / length - 0.5).clamp(0, last)"


@mistake(
    "bilinear_resize",
    edit={PLACE: "((centres - 0.5) * x.shape[dim] / length).clamp(0, last)"},
    hint="Half a pixel is lost, and the picture moves: measure from middle to middle, as in the table of section 5.",
)
def without_the_half_pixel(): ...


@mistake(
    "bilinear_resize",
    edit={PLACE: "(centres * x.shape[dim] / length).clamp(0, last)"},
    hint="The middle of old pixel 0 lies half a pixel to the right of its edge: count from there at the end.",
)
def half_pixel_not_taken_back(): ...


@mistake(
    "bilinear_resize",
    edit={PLACE: "(centres - 0.5) * last / max(length - 1, 1)"},
    hint="The outermost middles are laid on each other (that is align_corners=True): here the outer edges of the images meet.",
)
def corners_aligned(): ...


@mistake(
    "bilinear_resize",
    edit={"(place - low)[:, None] if dim == 2 else place - low": "torch.zeros_like(place[:, None] if dim == 2 else place)"},
    hint="You take one pixel instead of mixing: the share of the upper neighbour is the distance from the lower one.",
)
def lower_neighbour_only(): ...


@mistake(
    "bilinear_resize",
    edit={"place.floor()": "place.round()", "(place - low)[:, None] if dim == 2 else place - low": "torch.zeros_like(place[:, None] if dim == 2 else place)"},
    hint=NEAREST,
)
def nearest(): ...


@mistake(
    "bilinear_resize",
    edit={"low) * (1 - share)": "low) * share", "high) * share": "high) * (1 - share)"},
    hint="The shares are exchanged: the nearer neighbour must count for more.",
)
def shares_exchanged(): ...


@mistake(
    "bilinear_resize",
    edit={"((2, size[0]), (3, size[1]))": "((2, size[1]), (3, size[0]))"},
    hint="Height and width are exchanged: size says the new height first.",
)
def size_exchanged(): ...


@mistake(
    "bilinear_resize",
    edit={"x.shape[dim] / length - 0.5": "length / x.shape[dim] - 0.5"},
    hint="The ratio is upside down: a new pixel is old size / new size old pixels wide.",
)
def ratio_upside_down(): ...


@mistake(
    "bilinear_resize",
    edit={".clamp(0, last)": "", "place.floor().long()": "place.floor().long().clamp(0, last)"},
    hint="The place itself is not brought inside, only its neighbours: beyond the outermost middles the share must not go on growing or fall below zero.",
)
def extrapolates(): ...


@mistake(
    "bilinear_resize",
    edit={"(low + 1).clamp(max=last)": "low + 1"},
    hint="The last pixel has no upper neighbour: there the position lies outside the image.",
)
def beyond_the_last(): ...


@mistake(
    "bilinear_resize",
    edit={"(low + 1).clamp(max=last)": "(low + 1) % (last + 1)", ".clamp(0, last)": "", "place.floor().long()": "place.floor().long() % (last + 1)"},
    hint="At the border the opposite side is mixed in: outside stands the value of the nearest pixel.",
)
def wraps_around(): ...


@mistake(
    "bilinear_resize",
    edit={"((2, size[0]), (3, size[1]))": "((2, size[0]), (3, size[0]))"},
    hint="The new height is used for both directions: size has a second number, for the width.",
)
def always_square(): ...


@mistake(
    "bilinear_resize",
    edit={"- 0.5).clamp(0, last)": "- 0.5).clamp(0, last - 1)"},
    hint="Places are cut off one pixel too early: they may lie on the last pixel itself.",
)
def cut_off_too_early(): ...


@mistake("bilinear_resize", edit={".clamp(0, last)": ".clamp(0, length - 1)"}, hint="The place is kept within the new size: it counts old pixels.")
def clamped_to_the_new_size(): ...


@mistake(
    "bilinear_resize",
    edit={PLACE: "(centres * x.shape[dim] / length - 0.5 if length > last + 1 else (centres - 0.5) * x.shape[dim] / length).clamp(0, last)"},
    hint="Where the image gets smaller, half a pixel is lost: the rule is the same in both directions.",
)
def half_pixel_only_to_enlarge(): ...


@mistake(
    "bilinear_resize",
    edit={PLACE: "centres * last / length"},
    hint="The step is (old size − 1) / new size: the areas are of the old and the new size, and nothing is taken off.",
)
def step_of_one_less(): ...


@mistake("bilinear_resize", edit={PLACE: "((centres - 0.5) * x.shape[dim] / length + 0.5).clamp(0, last)"}, hint=OTHER_HALF)
def half_an_old_pixel_added(): ...


@mistake("bilinear_resize", edit={PLACE: "((centres - 0.5) * x.shape[dim] / length - 0.5).clamp(0, last)"}, hint=OTHER_HALF)
def half_taken_off_only(): ...


@mistake(
    "bilinear_resize",
    edit={"(place - low)[:, None] if dim == 2 else place - low": "0.5"},
    hint="Both neighbours always count half: the share is the distance from the lower one.",
)
def half_of_each(): ...


@mistake(
    "bilinear_resize",
    edit={"(place - low)[:, None] if dim == 2 else place - low": "(place - low).round()[:, None] if dim == 2 else (place - low).round()"},
    hint=NEAREST,
)
def share_rounded(): ...


@mistake(
    "bilinear_resize",
    edit={"place.floor()": "(place + 0.5).floor()", "(place - low)[:, None] if dim == 2 else place - low": "torch.zeros_like(place[:, None] if dim == 2 else place)"},
    hint=NEAREST,
)
def nearest_exact(): ...


@mistake(
    "bilinear_resize",
    edit={"place.floor()": "place.round()"},
    hint="The lower neighbour is the nearest pixel, and its share can come out below zero: it is the one at or before the place.",
)
def rounded_to_the_neighbour(): ...


@mistake(
    "bilinear_resize",
    edit={"- 0.5).clamp(0, last)": "- 0.5).clamp(0, max(last - 1, 0))"},
    hint="Places are cut off one pixel too early: they may lie on the last pixel itself.",
)
def cut_off_before_the_last(): ...


SHARES = "The rows' shares are laid along the columns: which shape must they have, so that each counts for a whole row?"


@mistake("bilinear_resize", edit={"(place - low)[:, None] if dim == 2 else place - low": "place - low"}, hint=SHARES)
def shares_along_the_columns(): ...


@mistake(
    "bilinear_resize",
    edit={
        "(place - low)[:, None] if dim == 2 else place - low": "place - low",
        "x.index_select(dim, low) * (1 - share) + x.index_select(dim, high) * share": "(1 - share) * x.index_select(dim, low) + share * x.index_select(dim, high)",
    },
    hint=SHARES,
)
def shares_first_along_the_columns(): ...


@mistake(
    "bilinear_resize",
    edit={"for dim, length in": "height = x.shape[2]\n    for dim, length in", PLACE: "(centres * height / size[0] - 0.5).clamp(0, last)"},
    hint="The rows' ratio is used for the columns as well: each direction has its own.",
)
def ratio_of_the_rows(): ...


@mistake(
    "bilinear_resize",
    edit={
        PLACE: "centres * x.shape[dim] / length - 0.5\n        share = place - place.floor()\n        place = place.clamp(0, last)",
        "(place - low)[:, None] if dim == 2 else place - low": "share[:, None] if dim == 2 else share",
    },
    hint="The share is taken before the place is brought inside: on the outermost pixels it then mixes in a neighbour.",
)
def share_before_the_clamp(): ...


@mistake(
    "bilinear_resize",
    edit={".clamp(0, last)": ".clamp(min=0)", "(low + 1).clamp(max=last)": "(low + 1) % (last + 1)"},
    hint="At the border the opposite side is mixed in: outside stands the value of the nearest pixel.",
)
def upper_neighbour_wraps(): ...


WHOLE = "The ratio of the sizes is rounded to a whole number: from 5 rows to 9 it isn't one."


@mistake("bilinear_resize", edit={"x.shape[dim] / length": "x.shape[dim] // length"}, hint=WHOLE)
def whole_ratio(): ...


@mistake("bilinear_resize", edit={"centres * x.shape[dim] / length": "centres / max(length // x.shape[dim], 1)"}, hint=WHOLE)
def whole_factor(): ...


@mistake("bilinear_resize", edit={"centres * x.shape[dim] / length": "centres * (x.shape[dim] / length if length >= x.shape[dim] else x.shape[dim] // length)"}, hint=WHOLE)
def whole_step_to_shrink(): ...


@mistake("bilinear_resize", hint=ZEROS)
def resized_with_zeros(x, size):
    for dim, length in ((2, size[0]), (3, size[1])):
        centres = torch.arange(length, dtype=x.dtype, device=x.device) + 0.5
        place = centres * x.shape[dim] / length + 0.5
        padded = F.pad(x, (0, 0, 1, 1) if dim == 2 else (1, 1, 0, 0))
        low = place.floor().long()
        share = (place - low)[:, None] if dim == 2 else place - low
        x = padded.index_select(dim, low) * (1 - share) + padded.index_select(dim, low + 1) * share
    return x


@mistake("bilinear_resize", hint="You mix along the rows and along the columns apart, and take the mean: the second direction goes over what came of the first.")
def mean_of_two_directions(x, size):
    def along(old, new):
        place = ((torch.arange(new, dtype=x.dtype, device=x.device) + 0.5) * old / new - 0.5).clamp(0, old - 1)
        low = place.long()
        return low, (low + 1).clamp(max=old - 1), place - low

    (top, bottom, down), (left, far, across) = along(x.shape[2], size[0]), along(x.shape[3], size[1])
    top, bottom, down = top[:, None], bottom[:, None], down[:, None]
    rows = (1 - down) * x[:, :, top, left] + down * x[:, :, bottom, left]
    columns = (1 - across) * x[:, :, top, left] + across * x[:, :, top, far]
    return (rows + columns) / 2


@mistake("bilinear_resize", hint="Where the image gets smaller you average many pixels: no more than four are mixed here.")
def areas_by_torch(x, size):
    mode = "area" if size[0] < x.shape[2] or size[1] < x.shape[3] else "bilinear"
    return F.interpolate(x, size, mode=mode)


@mistake("bilinear_resize", hint="Where the image gets smaller you average many pixels: no more than four are mixed here.")
def antialiased_by_torch(x, size):
    return F.interpolate(x, size, mode="bilinear", antialias=True)


@mistake("bilinear_resize", hint="One new pixel after the other: a tensor of all places, and one of all shares, do them at once.")
def resized_pixel_by_pixel(x, size):
    out = x.new_zeros(*x.shape[:2], *size)
    for row in range(size[0]):
        for column in range(size[1]):
            y = min(max((row + 0.5) * x.shape[2] / size[0] - 0.5, 0.0), x.shape[2] - 1.0)
            z = min(max((column + 0.5) * x.shape[3] / size[1] - 0.5, 0.0), x.shape[3] - 1.0)
            top, left = int(y), int(z)
            bottom, far = min(top + 1, x.shape[2] - 1), min(left + 1, x.shape[3] - 1)
            upper = x[:, :, top, left] * (1 - z + left) + x[:, :, top, far] * (z - left)
            lower = x[:, :, bottom, left] * (1 - z + left) + x[:, :, bottom, far] * (z - left)
            out[:, :, row, column] = upper * (1 - y + top) + lower * (y - top)
    return out


@mistake("bilinear_resize", hint="Where the image gets smaller you average many pixels: no more than four are mixed here.")
def areas_where_it_shrinks(x, size):
    for dim, length in ((2, size[0]), (3, size[1])):
        old = x.shape[dim]
        ratio = max(old / length, 1.0)
        centre = (torch.arange(length, dtype=x.dtype, device=x.device) + 0.5) * old / length - 0.5
        away = (centre[:, None] - torch.arange(old, dtype=x.dtype, device=x.device)).abs() / ratio
        weights = (1 - away).clamp(min=0)
        weights = weights / weights.sum(dim=1, keepdim=True)
        x = (x.transpose(dim, 3) @ weights.T).transpose(dim, 3)
    return x


@mistake("bilinear_resize", hint="This is torch's own interpolation: find the neighbours and their shares yourself.")
def resized_by_torch(x, size):
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


@right("bilinear_resize")
def resize_by_four_neighbours(x, size):
    def along(old, new):
        place = (torch.arange(new, dtype=x.dtype, device=x.device) + 0.5) * (old / new) - 0.5
        place = place.clamp(min=0, max=old - 1)
        low = place.long()
        return low, torch.clamp(low + 1, max=old - 1), place - low

    (top, bottom, down), (left, far, across) = along(x.shape[2], size[0]), along(x.shape[3], size[1])
    top, bottom, down = top[:, None], bottom[:, None], down[:, None]
    upper = (1 - across) * x[:, :, top, left] + across * x[:, :, top, far]
    lower = (1 - across) * x[:, :, bottom, left] + across * x[:, :, bottom, far]
    return (1 - down) * upper + down * lower


@right("bilinear_resize")
def resize_as_two_matrices(x, size):
    def matrix(old, new):
        place = ((torch.arange(new, dtype=x.dtype, device=x.device) + 0.5) * old / new - 0.5).clamp(0, old - 1)
        return (1 - (place[:, None] - torch.arange(old, dtype=x.dtype, device=x.device)).abs()).clamp(min=0)

    return matrix(x.shape[2], size[0]) @ x @ matrix(x.shape[3], size[1]).T


@right("bilinear_resize")
def resize_rows_then_turned_rows(x, size):
    old, new = x.shape[2], size[0]
    rows = []
    for row in range(new):
        place = min(max((row + 0.5) * old / new - 0.5, 0), old - 1)
        low = int(place)
        rows.append((1 - place + low) * x[:, :, low] + (place - low) * x[:, :, min(low + 1, old - 1)])
    resized = torch.stack(rows, dim=2)
    if len(size) == 1:
        return resized
    return resize_rows_then_turned_rows(resized.transpose(2, 3), size[1:]).transpose(2, 3)


@right("bilinear_resize")
def resize_by_lerp(x, size):
    for dim in (2, 3):
        old, new = x.shape[dim], size[dim - 2]
        place = torch.arange(new, dtype=x.dtype, device=x.device).add(0.5).mul(old).div(new).sub(0.5).clamp(0, old - 1)
        low, high = place.floor().long(), place.ceil().long()
        share = (place - low).reshape([-1 if axis == dim else 1 for axis in range(4)])
        x = torch.lerp(x.index_select(dim, low), x.index_select(dim, high), share)
    return x


@right("sobel_edges")
def sobel_with_minus_zeros(x):
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    left = padded[:, :, :-2, :-2] + 2 * padded[:, :, 1:-1, :-2] + padded[:, :, 2:, :-2]
    far = padded[:, :, :-2, 2:] + 2 * padded[:, :, 1:-1, 2:] + padded[:, :, 2:, 2:]
    top = padded[:, :, :-2, :-2] + 2 * padded[:, :, :-2, 1:-1] + padded[:, :, :-2, 2:]
    bottom = padded[:, :, 2:, :-2] + 2 * padded[:, :, 2:, 1:-1] + padded[:, :, 2:, 2:]
    grad_x, grad_y = -(left - far), -(top - bottom)
    return torch.sqrt(grad_x.square() + grad_y.square()), torch.atan2(grad_y, grad_x)
