"""What students write in features: mistakes with the hint each deserves, and other right answers."""

import math

import torch
from torch.nn import functional as F

from autograder.authoring import mistake, right

# color_histogram


def _shares(hsv, num_bins, bins=None):
    values = hsv.flatten(1)
    bins = (values * num_bins).long().clamp(max=num_bins - 1) if bins is None else bins
    return torch.zeros(3, num_bins, dtype=hsv.dtype).scatter_add(1, bins, torch.ones_like(values)) / values.shape[1]


@mistake("color_histogram", hint="These are counts. Divide by the number of pixels, so that each channel's bins add up to 1.")
def counts_for_shares(hsv, num_bins):
    return (_shares(hsv, num_bins) * hsv[0].numel()).flatten()


@mistake("color_histogram", hint="All three channels together add up to 1. Each one should: divide by the pixels of one channel.")
def one_sum_for_all_channels(hsv, num_bins):
    return _shares(hsv, num_bins).flatten() / 3


@mistake("color_histogram", hint="The bins span the image's own smallest to largest value. They should cover 0 to 1 for every image, or two images can't be compared.")
def bins_follow_the_image(hsv, num_bins):
    return torch.cat([torch.histc(channel, num_bins) for channel in hsv]) / hsv[0].numel()


@mistake("color_histogram", hint="Values of exactly 1 are lost. The last bin takes them, so that every pixel is counted.")
def one_is_lost(hsv, num_bins):
    edges = [(channel >= b / num_bins) & (channel < (b + 1) / num_bins) for channel in hsv for b in range(num_bins)]
    return torch.stack([one.to(hsv.dtype).mean() for one in edges])


@mistake("color_histogram", hint="The histogram is that of hue alone. Saturation and value follow it in the same vector.")
def hue_only(hsv, num_bins):
    return _shares(hsv, num_bins)[0]


@mistake("color_histogram", hint="The channels were put into one histogram. Each has its own: hue, then saturation, then value.")
def channels_mixed(hsv, num_bins):
    return _shares(hsv, num_bins).mean(dim=0)


@mistake("color_histogram", hint="The bins of the channels alternate. All bins of hue come first, then those of saturation, then those of value.")
def channels_alternate(hsv, num_bins):
    return _shares(hsv, num_bins).T.flatten()


@mistake("color_histogram", hint="The numbers are right, in three rows. The answer is one vector of 3 * num_bins numbers.")
def three_rows(hsv, num_bins):
    return _shares(hsv, num_bins)


@mistake("color_histogram", edit={"hsv.flatten(1)": "(hsv.movedim(-1, 0) if hsv.shape[-1] == 3 else hsv).flatten(1)"}, hint="An image three pixels wide is taken for one whose channels stand last. The channels are always the first axis: don't guess from the shape.")
def channels_guessed_from_the_shape(): ...


@mistake("color_histogram", hint="Values were rounded to the nearest bin edge. A bin holds what lies ABOVE its lower edge: round down.")
def rounded_to_the_nearest(hsv, num_bins):
    bins = (hsv.flatten(1) * num_bins).round().long().clamp(max=num_bins - 1)
    return _shares(hsv, num_bins, bins).flatten()


@mistake("color_histogram", hint="The values were multiplied by num_bins - 1, so the last bin only gets values of exactly 1. The bins are num_bins equal parts.")
def one_bin_too_few(hsv, num_bins):
    return _shares(hsv, num_bins, (hsv.flatten(1) * (num_bins - 1)).long()).flatten()


@mistake("color_histogram", hint="Each histogram is divided by its largest bin. Divide by the number of pixels, so that the bins add up to 1.")
def largest_bin_is_one(hsv, num_bins):
    shares = _shares(hsv, num_bins)
    return (shares / shares.max(dim=1, keepdim=True).values).flatten()


@mistake("color_histogram", hint="Each histogram is divided by its length (the root of its squares). Its bins should ADD UP to 1.")
def histogram_of_length_one(hsv, num_bins):
    return F.normalize(_shares(hsv, num_bins), dim=1).flatten()


@mistake("color_histogram", hint="These are densities: shares divided by the width of a bin. The bins themselves should add up to 1.")
def densities(hsv, num_bins):
    return (_shares(hsv, num_bins) * num_bins).flatten()


@mistake("color_histogram", hint="The answer is float32 whatever the image is: make new tensors in the dtype of hsv, on its device.")
def shares_in_float32(hsv, num_bins):
    return _shares(hsv, num_bins).flatten().float()


@mistake("color_histogram", hint="The image was multiplied in place: the caller still needs it.")
def changes_the_image(hsv, num_bins):
    hsv *= num_bins
    bins = hsv.flatten(1).long().clamp(max=num_bins - 1)
    return _shares(hsv / num_bins, num_bins, bins).flatten()


@mistake(
    "color_histogram",
    hint="Values of exactly 1 were made smaller in the caller's image. Move their bin numbers instead, or work on a copy.",
)
def ones_made_smaller_in_place(hsv, num_bins):
    hsv[hsv == 1] = 1 - 1e-6
    return _shares(hsv, num_bins).flatten()


@mistake("color_histogram", edit={"(values * num_bins)": "((values * 255).long().to(hsv.dtype) / 255 * num_bins)"}, hint="Values are cut to 256 levels first, so one on the edge of a bin slips below it. Use the values as they are.")
def levels_of_a_byte(): ...


@mistake("color_histogram", edit={"hsv.flatten(1)": "hsv.flatten(1).float()", "torch.ones_like(values)": "torch.ones_like(hsv.flatten(1))"}, hint="The bins are found in float32, which lifts a value just below an edge onto it. Leave the dtype alone.")
def bins_in_float32(): ...


@mistake("color_histogram", edit={"(counts / values.shape[1])": "(counts / values.shape[1]).cumsum(dim=1)"}, hint="Your shares go on adding up from bin to bin. Each bin holds its own pixels only.")
def shares_go_on_adding_up(): ...


@mistake("color_histogram", edit={".long().clamp(max=num_bins - 1)": ".long()", "    counts = hsv.new_zeros(3, num_bins).scatter_add(1, bins, torch.ones_like(values))\n    return (counts / values.shape[1]).flatten()": "    return torch.cat([torch.bincount(one, minlength=num_bins) for one in bins]).to(hsv.dtype) / values.shape[1]"}, hint="A value of exactly 1 makes a bin of its own behind the last one. The last bin should take it.")
def one_makes_a_bin(): ...


@mistake("color_histogram", edit={"    counts = hsv.new_zeros(3, num_bins).scatter_add(1, bins, torch.ones_like(values))\n    return (counts / values.shape[1]).flatten()": "    return torch.cat([torch.bincount(one) for one in bins]).to(hsv.dtype) / values.shape[1]"}, hint="Where the last bins of a channel are empty, they are missing: bincount makes no more counts than it must. Give it a minlength.")
def empty_bins_are_missing(): ...


@mistake("color_histogram", edit={".long().clamp(max=num_bins - 1)": ".long()\n    bins[0] %= num_bins\n    bins = bins.clamp(max=num_bins - 1)"}, hint="A hue of 1 went round into the first bin. Here the last bin takes the value 1, also for the hue.")
def hue_goes_round(): ...


@mistake("color_histogram", edit={".long().clamp(max=num_bins - 1)": ".long() % num_bins"}, hint="A value of 1 went round into the first bin. The last bin takes it.")
def one_goes_round(): ...


@mistake("color_histogram", edit={"(counts / values.shape[1]).flatten()": "(counts.sum(dim=0) / values.numel()).repeat(3)"}, hint="The same histogram, that of all three channels together, stands there three times. Each channel has its own.")
def one_histogram_three_times(): ...


@mistake("color_histogram", edit={"hsv.flatten(1)": "hsv.reshape(-1, 3).T"}, hint="The image was reshaped as if its channels stood last, which mixes hue, saturation and value. They are the FIRST axis.")
def channels_taken_for_last(): ...


@mistake("color_histogram", edit={".long().clamp(max=num_bins - 1)": ".ceil().long().sub(1).clamp(min=0)"}, hint="A value on the edge of two bins went into the one below. A bin holds its LOWER edge.")
def edge_goes_below(): ...


@mistake("color_histogram", edit={"(values * num_bins)": "(values * 0.999 * num_bins)"}, hint="All values were made a little smaller to bring 1 into the last bin, and those on an edge slip below it. Move only what lies beyond the last bin.")
def all_values_shrunk(): ...


@mistake("color_histogram", edit={"(values * num_bins).long().clamp(max=num_bins - 1)": "(values.clamp(max=0.999) * num_bins).long()"}, hint="Values near 1 were cut to a fixed number below 1, which with many bins is not in the last one. Cut the number of the bin, not the value.")
def values_cut_below_one(): ...


@mistake("color_histogram", edit={"bins = (values * num_bins).long().clamp(max=num_bins - 1)": "place = (values * num_bins - 0.5).clamp(0, num_bins - 1)\n    bins = place.long()\n    part = place - bins", "torch.ones_like(values))": "1 - part).scatter_add(1, (bins + 1).clamp(max=num_bins - 1), part)"}, hint="A pixel is shared out between two neighbouring bins. It should count whole, in the one bin that holds its value.")
def pixels_shared_between_bins(): ...


@mistake("color_histogram", edit={"/ values.shape[1]": "/ hsv.shape[1] ** 2"}, hint="The counts are divided by the height squared. An image need not be square: how many pixels has it?")
def height_squared(): ...


@mistake("color_histogram", edit={"values = hsv.flatten(1)": "num_bins = 12\n    values = hsv.flatten(1)"}, hint="You always make 12 bins, as the figure does. How many there are is said by num_bins.")
def always_twelve_bins(): ...


@mistake("color_histogram", edit={"hsv.flatten(1)": "hsv.flip(0).flatten(1)"}, hint="The channels stand in the reverse order. Hue comes first, then saturation, then value.")
def value_comes_first(): ...


@right("color_histogram")
def with_histc(hsv, num_bins):
    return torch.cat([torch.histc(channel, bins=num_bins, min=0, max=1) / channel.numel() for channel in hsv])


@right("color_histogram")
def with_bincount(hsv, num_bins):
    parts = []
    for c in range(3):
        index = torch.floor(hsv[c].reshape(-1) * num_bins).to(torch.int64)
        index[index == num_bins] = num_bins - 1
        parts.append(torch.bincount(index, minlength=num_bins).to(hsv.dtype) / index.numel())
    return torch.cat(parts)


@right("color_histogram")
def with_one_hot(hsv, num_bins):
    bins = torch.clamp((hsv * num_bins).long(), 0, num_bins - 1)
    return F.one_hot(bins, num_bins).to(hsv.dtype).mean(dim=(1, 2)).view(-1)


@right("color_histogram")
def pixel_by_pixel(hsv, num_bins):
    shares = [0.0] * (3 * num_bins)
    _, height, width = hsv.shape
    for c, channel in enumerate(hsv.tolist()):
        for row in channel:
            for value in row:
                b = num_bins - 1 if value >= 1 else int(value * num_bins)
                shares[c * num_bins + b] += 1 / (height * width)
    return torch.tensor(shares, dtype=hsv.dtype, device=hsv.device)


# hog_features


def _differences(image):
    right_, down = torch.zeros_like(image), torch.zeros_like(image)
    right_[:, 1:-1] = image[:, 2:] - image[:, :-2]
    down[1:-1] = image[2:] - image[:-2]
    return right_, down


def _bins(right_, down, num_bins, turn=180):
    return ((torch.rad2deg(torch.atan2(down, right_)) % turn) * num_bins / turn).long() % num_bins


def _cells(magnitude, bins, cell_size, num_bins):
    votes = F.one_hot(bins, num_bins).to(magnitude.dtype) * magnitude[..., None]
    rows, cols = magnitude.shape[0] // cell_size, magnitude.shape[1] // cell_size
    votes = votes[: rows * cell_size, : cols * cell_size]
    return votes.reshape(rows, cell_size, cols, cell_size, num_bins).mean(dim=(1, 3))


def _blocks(cells):
    return cells.unfold(0, 2, 1).unfold(1, 2, 1).permute(0, 1, 3, 4, 2).contiguous()


def _squares(blocks):
    return blocks.square().sum(dim=(2, 3, 4), keepdim=True)


def _hog(image, cell_size, num_bins, epsilon, differences=_differences, turn=180):
    right_, down = differences(image)
    blocks = _blocks(_cells(torch.hypot(right_, down), _bins(right_, down, num_bins, turn), cell_size, num_bins))
    return blocks / (_squares(blocks) + epsilon**2).sqrt()


def _plain_blocks(image, cell_size, num_bins):
    right_, down = _differences(image)
    return _blocks(_cells(torch.hypot(right_, down), _bins(right_, down, num_bins), cell_size, num_bins))


@mistake("hog_features", hint="The orientations span 360 degrees. Opposite directions count as one here: take the angle modulo 180.")
def signed_orientations(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image, cell_size, num_bins, epsilon, turn=360)


@mistake("hog_features", hint="The angle is measured from the wrong axis: it is atan2(down, right), in this order.")
def axes_swapped(image, cell_size=8, num_bins=9, epsilon=1e-5):
    right_, down = _differences(image)
    blocks = _blocks(_cells(torch.hypot(right_, down), _bins(down, right_, num_bins), cell_size, num_bins))
    return blocks / (_squares(blocks) + epsilon**2).sqrt()


@mistake("hog_features", hint="Negative angles lost their sign. -30 degrees is 150 degrees modulo 180, not 30.")
def sign_of_the_angle_dropped(image, cell_size=8, num_bins=9, epsilon=1e-5):
    right_, down = _differences(image)
    bins = _bins(right_, down.abs(), num_bins)
    blocks = _blocks(_cells(torch.hypot(right_, down), bins, cell_size, num_bins))
    return blocks / (_squares(blocks) + epsilon**2).sqrt()


@mistake("hog_features", hint="An angle of 180 degrees went into the last bin. Modulo 180 it is 0, and belongs to the first.")
def last_bin_takes_180(image, cell_size=8, num_bins=9, epsilon=1e-5):
    right_, down = _differences(image)
    angle = torch.rad2deg(torch.atan2(down, right_))
    angle = torch.where(angle < 0, angle + 180, angle)
    bins = (angle * num_bins / 180).long().clamp(max=num_bins - 1)
    blocks = _blocks(_cells(torch.hypot(right_, down), bins, cell_size, num_bins))
    return blocks / (_squares(blocks) + epsilon**2).sqrt()


def _one_sided(image):
    right_, down = torch.zeros_like(image), torch.zeros_like(image)
    right_[:, :-1] = image[:, 1:] - image[:, :-1]
    down[:-1] = image[1:] - image[:-1]
    return right_, down


@mistake("hog_features", hint="The gradient compares a pixel with its right and lower neighbour. Compare the two neighbours on either side of it.")
def one_sided_differences(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image, cell_size, num_bins, epsilon, _one_sided)


def _around_the_edge(image):
    return image.roll(-1, 1) - image.roll(1, 1), image.roll(-1, 0) - image.roll(1, 0)


@mistake("hog_features", hint="At the border the image goes on at its opposite side. There the gradient across the border is 0.")
def border_wraps_round(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image, cell_size, num_bins, epsilon, _around_the_edge)


def _padded_with_zeros(image):
    padded = F.pad(image, (1, 1, 1, 1))
    return padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]


@mistake("hog_features", hint="The image was surrounded by black, which makes a strong edge all around it. In the first and last row and column the gradient across the border is 0.")
def black_frame(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image, cell_size, num_bins, epsilon, _padded_with_zeros)


def _replicated(image):
    padded = F.pad(image[None, None], (1, 1, 1, 1), mode="replicate")[0, 0]
    return padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]


@mistake("hog_features", hint="The border pixels were repeated, so there is a gradient across the border. In the first and last row and column it is 0.")
def border_repeated(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image, cell_size, num_bins, epsilon, _replicated)


@mistake("hog_features", hint="Every pixel has one vote, however flat it is. A vote counts as much as the magnitude of its gradient.")
def equal_votes(image, cell_size=8, num_bins=9, epsilon=1e-5):
    right_, down = _differences(image)
    blocks = _blocks(_cells(torch.ones_like(image), _bins(right_, down, num_bins), cell_size, num_bins))
    return blocks / (_squares(blocks) + epsilon**2).sqrt()


@mistake("hog_features", hint="A vote is the SQUARE of the magnitude here: the root is missing.")
def squared_votes(image, cell_size=8, num_bins=9, epsilon=1e-5):
    right_, down = _differences(image)
    blocks = _blocks(_cells(right_**2 + down**2, _bins(right_, down, num_bins), cell_size, num_bins))
    return blocks / (_squares(blocks) + epsilon**2).sqrt()


@mistake("hog_features", hint="The blocks are not normalised, so the answer changes with the light.")
def not_normalised(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _plain_blocks(image, cell_size, num_bins)


@mistake("hog_features", hint="Each cell was normalised by itself. The four cells of a block share one length, which keeps their relative strength.")
def cells_normalised(image, cell_size=8, num_bins=9, epsilon=1e-5):
    blocks = _plain_blocks(image, cell_size, num_bins)
    return blocks / (blocks.square().sum(dim=4, keepdim=True) + epsilon**2).sqrt()


@mistake("hog_features", hint="Blocks are divided by the sum of their entries. Divide by their length, the root of the sum of squares.")
def divided_by_the_sum(image, cell_size=8, num_bins=9, epsilon=1e-5):
    blocks = _plain_blocks(image, cell_size, num_bins)
    return blocks / (blocks.sum(dim=(2, 3, 4), keepdim=True) + epsilon)


@mistake("hog_features", hint="The whole image is divided by one length. Each block has its own, so that a dark corner counts as much as a bright one.")
def one_length_for_the_image(image, cell_size=8, num_bins=9, epsilon=1e-5):
    blocks = _plain_blocks(image, cell_size, num_bins)
    return blocks / (blocks.square().sum() + epsilon**2).sqrt()


@mistake("hog_features", hint="epsilon is added to the length, outside the root. Its square stands under the root, beside the sum of squares.")
def epsilon_outside_the_root(image, cell_size=8, num_bins=9, epsilon=1e-5):
    blocks = _plain_blocks(image, cell_size, num_bins)
    return blocks / (_squares(blocks).sqrt() + epsilon)


@mistake("hog_features", hint="epsilon stands under the root without being squared.")
def epsilon_not_squared(image, cell_size=8, num_bins=9, epsilon=1e-5):
    blocks = _plain_blocks(image, cell_size, num_bins)
    return blocks / (_squares(blocks) + epsilon).sqrt()


@mistake("hog_features", hint="A cell's votes are added up. Take their mean, or epsilon would mean something else for each cell size.")
def votes_added_up(image, cell_size=8, num_bins=9, epsilon=1e-5):
    blocks = _plain_blocks(image, cell_size, num_bins) * cell_size**2
    return blocks / (_squares(blocks) + epsilon**2).sqrt()


def _halved(image):
    right_, down = _differences(image)
    return right_ / 2, down / 2


@mistake("hog_features", hint="The gradients were halved. Here they are the plain difference of the two neighbours.")
def halved_differences(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image, cell_size, num_bins, epsilon, _halved)


@mistake("hog_features", hint="The blocks don't overlap. A block starts at EACH cell, so there are (R - 1) x (C - 1) of them.")
def blocks_apart(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image, cell_size, num_bins, epsilon)[::2, ::2]


@mistake("hog_features", hint="Row and column of the cells within a block are exchanged.")
def cells_transposed(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image, cell_size, num_bins, epsilon).transpose(2, 3)


@mistake("hog_features", hint="The spare rows and columns were cut off before the gradients were taken, which makes a border where there is none. Cut afterwards.")
def cut_too_early(image, cell_size=8, num_bins=9, epsilon=1e-5):
    rows, cols = image.shape[0] // cell_size * cell_size, image.shape[1] // cell_size * cell_size
    return _hog(image[:rows, :cols], cell_size, num_bins, epsilon)


@mistake("hog_features", hint="The blocks are right, in one long vector. Keep the five dimensions: block row, block column, cell row, cell column, orientation.")
def flattened(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image, cell_size, num_bins, epsilon).flatten()


@mistake("hog_features", hint="The angle was rounded to the nearest bin. Bin b STARTS at b * 180 / num_bins: round down.")
def nearest_bin(image, cell_size=8, num_bins=9, epsilon=1e-5):
    right_, down = _differences(image)
    angle = torch.rad2deg(torch.atan2(down, right_)) % 180
    bins = (angle * num_bins / 180).round().long() % num_bins
    blocks = _blocks(_cells(torch.hypot(right_, down), bins, cell_size, num_bins))
    return blocks / (_squares(blocks) + epsilon**2).sqrt()


@mistake("hog_features", hint="The answer is float32 whatever the image is: make new tensors in the dtype of the image, on its device.")
def blocks_in_float32(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image.float(), cell_size, num_bins, epsilon)


@mistake("hog_features", hint="np.gradient or torch.gradient halve the differences and look across the border to one side. Here they are plain differences of the two neighbours, 0 at the border.")
def gradient_of_the_library(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image, cell_size, num_bins, epsilon, lambda image: torch.gradient(image)[::-1])


@mistake(
    "hog_features",
    hint="The default of epsilon was changed, and in a faint image it decides how long a block is. Leave it at 1e-5.",
)
def another_default_of_epsilon(image, cell_size=8, num_bins=9, epsilon=1e-6):
    return _hog(image, cell_size, num_bins, epsilon)


@mistake(
    "hog_features",
    hint="The dtype is right and half of the digits are not: somewhere on the way the image passes through float32.",
)
def blocks_through_float32_and_back(image, cell_size=8, num_bins=9, epsilon=1e-5):
    return _hog(image.float(), cell_size, num_bins, epsilon).to(image.dtype)


@mistake("hog_features", edit={"torch.rad2deg(torch.atan2(down, right)) % 180": "torch.rad2deg(torch.atan2(down, right))\n    orientation = torch.where(orientation < 0, orientation + 180, orientation)\n    votes_kept = orientation < 180", "torch.hypot(right, down)[..., None]": "(torch.hypot(right, down) * votes_kept)[..., None]"}, hint="An angle of exactly 180 has no bin, and its votes are lost. Modulo 180 it is 0.")
def straight_angle_lost(): ...


@mistake("hog_features", edit={"(orientation * num_bins / 180).long() % num_bins": "(orientation / 20).long() % num_bins"}, hint="Your bins are 20 degrees wide, whatever num_bins is. They are 180 / num_bins wide.")
def twenty_degrees(): ...


@mistake("hog_features", edit={"    return (\n        blocks / (blocks.square().sum(dim=(2, 3, 4), keepdim=True) + epsilon**2).sqrt()\n    )": "    for _ in range(2):\n        blocks = blocks / (blocks.square().sum(dim=(2, 3, 4), keepdim=True) + epsilon**2).sqrt()\n        blocks = blocks.clamp(max=0.2) if _ == 0 else blocks\n    return blocks"}, hint="The blocks are cut off at 0.2 and divided once more, as some libraries do. Here each is divided once.")
def cut_off_and_divided_again(): ...


@mistake("hog_features", edit={"down[1:-1] = image[2:] - image[:-2]": "down[1:-1] = image[2:] - image[:-2]\n    right[0] = right[-1] = 0\n    down[:, 0] = down[:, -1] = 0"}, hint="Both gradients are 0 on the whole border. Only the one ACROSS the border is: along it there are two neighbours.")
def no_gradient_along_the_border(): ...


@mistake("hog_features", edit={"votes[: num_rows * cell_size, : num_cols * cell_size]": "votes[image.shape[0] - num_rows * cell_size :, image.shape[1] - num_cols * cell_size :]"}, hint="The spare rows and columns were cut off at the top and on the left. Cells start in the top left corner, so the rest is at the other end.")
def cells_from_the_bottom_right(): ...


@mistake("hog_features", edit={"torch.rad2deg(torch.atan2(down, right)) % 180": "(torch.rad2deg(torch.atan2(down, right)) + 90) % 180"}, hint="These are the directions of the edges. The orientation is that of the gradient, at right angles to the edge.")
def along_the_edge(): ...


@mistake("hog_features", edit={"image[:, 2:] - image[:, :-2]": "image[:, 2:] - image[:, 1:-1]", "image[2:] - image[:-2]": "image[2:] - image[1:-1]"}, hint="The gradient compares a pixel with its right and lower neighbour. Compare the two neighbours on either side of it.")
def next_pixel_less_this_one(): ...


@mistake("hog_features", edit={"(orientation * num_bins / 180)": "(orientation / (180 // num_bins))"}, hint="The width of a bin was rounded to whole degrees. With 7 bins it is 25.7 of them.")
def whole_degrees(): ...


@mistake("hog_features", edit={"bins = (orientation * num_bins / 180).long() % num_bins": "place = orientation * num_bins / 180 - 0.5\n    low = place.floor()\n    bins = low.long()[..., None] % num_bins\n    part = (place - low)[..., None]\n    size = torch.hypot(right, down)[..., None]", ".scatter(\n        2, bins[..., None], torch.hypot(right, down)[..., None]\n    )": ".scatter_add(2, bins, size * (1 - part)).scatter_add(2, (bins + 1) % num_bins, size * part)"}, hint="A pixel's vote is shared out between two neighbouring bins. Here it goes to one bin whole.")
def votes_shared_between_bins(): ...


@mistake("hog_features", edit={"torch.hypot(right, down)": "(right.abs() + down.abs())"}, hint="The magnitude is the sum of the two differences without their signs. It is the length of the arrow: the root of the sum of squares.")
def sum_of_both_differences(): ...


@mistake("hog_features", edit={"    votes = votes[: num_rows * cell_size, : num_cols * cell_size]\n": ""}, hint="The reshape fails where rows or columns are left that fill no cell. Cut them off first.")
def spare_pixels_kept(): ...


@mistake("hog_features", edit={"image.shape[0] // cell_size, image.shape[1] // cell_size": "-(-image.shape[0] // cell_size), -(-image.shape[1] // cell_size)", "votes[: num_rows * cell_size, : num_cols * cell_size]": "torch.nn.functional.pad(votes, (0, 0, 0, num_cols * cell_size - image.shape[1], 0, num_rows * cell_size - image.shape[0]))"}, hint="Spare rows and columns were filled up to cells of their own. Those that fill no cell are left out.")
def spare_pixels_make_cells(): ...


@mistake("hog_features", edit={"    cells = votes.reshape(num_rows, cell_size, num_cols, cell_size, num_bins).mean(\n        dim=(1, 3)\n    )": "    votes = votes.reshape(num_rows, cell_size, num_cols, cell_size, num_bins)\n    cells = votes.sum(dim=(1, 3)) / (votes > 0).sum(dim=(1, 3)).clamp(min=1)"}, hint="Each bin is divided by the number of pixels that voted for it. The mean is over all the pixels of the cell.")
def mean_of_the_voters(): ...


@mistake("hog_features", edit={"    return (\n        blocks / (blocks.square().sum(dim=(2, 3, 4), keepdim=True) + epsilon**2).sqrt()\n    )": "    return (blocks / blocks.square().sum(dim=(2, 3, 4), keepdim=True).sqrt()).nan_to_num(0.0)"}, hint="epsilon is left out, and NaN is turned into 0 afterwards. Under the root it also makes faint blocks shorter.")
def nan_turned_into_zero(): ...


@mistake("hog_features", edit={" + epsilon**2": ""}, hint="epsilon is left out: an empty block becomes 0 / 0, and a faint one too long. Its square stands under the root.")
def epsilon_left_out(): ...


@mistake("hog_features", edit={"(blocks.square().sum(dim=(2, 3, 4), keepdim=True) + epsilon**2).sqrt()": "blocks.square().sum(dim=(2, 3, 4), keepdim=True).sqrt().clamp(min=epsilon)"}, hint="The length is only kept from falling below epsilon, as `normalize` does. Here epsilon's square is ADDED under the root.")
def epsilon_as_the_least_length(): ...


@mistake("hog_features", edit={"torch.atan2(down, right)": "torch.atan(down / (right + 1e-6))"}, hint="The small number that keeps the quotient from 0 turns the angles of a faint image. atan2 needs no quotient.")
def quotient_with_a_small_number(): ...


@mistake("hog_features", edit={"votes.reshape(num_rows, cell_size, num_cols, cell_size, num_bins).mean(\n        dim=(1, 3)\n    )": "votes.reshape(num_rows, num_cols, cell_size, cell_size, num_bins).mean(dim=(2, 3))"}, hint="The reshape mixes pixels of different cells: a row of pixels runs through ALL the cells beside each other. Split each side of the image in place.")
def pixels_of_other_cells(): ...


@mistake("hog_features", edit={"votes.reshape(num_rows, cell_size, num_cols, cell_size, num_bins).mean(\n        dim=(1, 3)\n    )": "votes.reshape(num_cols, cell_size, num_rows, cell_size, num_bins).mean(dim=(1, 3)).transpose(0, 1)"}, hint="Rows and columns of cells are exchanged in the reshape, which shows where an image is not square. The first side of the image holds the rows.")
def rows_for_columns(): ...


@mistake("hog_features", edit={"torch.rad2deg(torch.atan2(down, right)) % 180": "torch.atan2(down, right) % math.pi", "(orientation * num_bins / 180).long()": "(orientation / (math.pi / num_bins)).round().long()"}, hint="The angle was rounded to the nearest bin. Bin b STARTS at b * 180 / num_bins: round down.")
def nearest_bin_in_radians(): ...


@mistake("hog_features", edit={"    right[:, 1:-1] = image[:, 2:] - image[:, :-2]\n    down[1:-1] = image[2:] - image[:-2]": "    kernel = image.new_tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])\n    both = torch.nn.functional.conv2d(image[None, None], torch.stack([kernel, kernel.T])[:, None])\n    right[1:-1, 1:-1], down[1:-1, 1:-1] = both[0]"}, hint="This is the Sobel filter, which also averages over the neighbouring rows or columns. Here the gradient is a plain difference of two pixels.")
def sobel(): ...


@mistake("hog_features", edit={"image[2:] - image[:-2]": "image[:-2] - image[2:]"}, hint="The vertical gradient points up, so slanted edges are mirrored. It is the row below minus the row above.")
def upwards(): ...


@mistake("hog_features", edit={"    right[:, 1:-1] = image[:, 2:] - image[:, :-2]\n    down[1:-1] = image[2:] - image[:-2]": "    kernel = image.new_tensor([[[[-1.0, 0.0, 1.0]]]])\n    right[:, 1:-1] = torch.nn.functional.conv2d(image[None, None], kernel)[0, 0]\n    down[1:-1] = torch.nn.functional.conv2d(image[None, None], kernel.transpose(2, 3))[0, 0]"}, hint="Your filter is three pixels long, and an image may be two wide, with cells of one pixel. Then every pixel is at the border, where the gradient is 0.")
def filter_longer_than_the_image(): ...


@right("hog_features")
def cell_by_cell(image, cell_size=8, num_bins=9, epsilon=1e-5):
    height, width = image.shape
    right_, down = _differences(image)
    magnitude = (right_ * right_ + down * down) ** 0.5
    angle = torch.atan2(down, right_)
    angle = torch.where(angle < 0, angle + math.pi, angle)
    bins = (angle / math.pi * num_bins).floor().long()
    bins[bins == num_bins] = 0
    rows, cols = height // cell_size, width // cell_size
    cells = torch.zeros(rows, cols, num_bins, dtype=image.dtype, device=image.device)
    for r in range(rows):
        for c in range(cols):
            window = slice(r * cell_size, (r + 1) * cell_size), slice(c * cell_size, (c + 1) * cell_size)
            for b in range(num_bins):
                cells[r, c, b] = magnitude[window][bins[window] == b].sum() / cell_size**2
    out = torch.zeros(rows - 1, cols - 1, 2, 2, num_bins, dtype=image.dtype, device=image.device)
    for r in range(rows - 1):
        for c in range(cols - 1):
            block = cells[r : r + 2, c : c + 2]
            out[r, c] = block / torch.sqrt((block**2).sum() + epsilon**2)
    return out


@right("hog_features")
def with_convolutions(image, cell_size=8, num_bins=9, epsilon=1e-5):
    kernel = torch.tensor([-1.0, 0.0, 1.0], dtype=image.dtype, device=image.device)
    gx = F.conv2d(image[None, None], kernel.view(1, 1, 1, 3), padding=(0, 1))[0, 0]
    gy = F.conv2d(image[None, None], kernel.view(1, 1, 3, 1), padding=(1, 0))[0, 0]
    gx[:, [0, -1]], gy[[0, -1]] = 0.0, 0.0
    orientation = torch.rad2deg(torch.atan2(gy, gx)).remainder(180.0)
    bins = torch.div(orientation, 180 / num_bins, rounding_mode="floor").long() % num_bins
    votes = F.one_hot(bins, num_bins).permute(2, 0, 1).to(image.dtype) * torch.sqrt(gx**2 + gy**2)
    cells = F.avg_pool2d(votes[None], cell_size)[0]
    blocks = torch.stack([torch.stack([cells[:, i : cells.shape[1] - 1 + i, j : cells.shape[2] - 1 + j] for j in (0, 1)]) for i in (0, 1)])
    blocks = blocks.permute(3, 4, 0, 1, 2)
    length = torch.linalg.vector_norm(blocks, dim=(2, 3, 4), keepdim=True)
    return blocks / torch.sqrt(length**2 + epsilon**2)


@right("hog_features")
def with_index_add(image, cell_size=8, num_bins=9, epsilon=1e-5):
    H, W = image.shape
    R, C = H // cell_size, W // cell_size
    gx, gy = image * 0, image * 0
    for c in range(1, W - 1):
        gx[:, c] = image[:, c + 1] - image[:, c - 1]
    for r in range(1, H - 1):
        gy[r] = image[r + 1] - image[r - 1]
    degrees = torch.atan2(gy, gx) * 180 / math.pi
    degrees[degrees < 0] += 180
    degrees[degrees >= 180] -= 180
    b = torch.clamp((degrees // (180 / num_bins)).long(), max=num_bins - 1)
    r, c = torch.meshgrid(torch.arange(H, device=image.device), torch.arange(W, device=image.device), indexing="ij")
    keep = (r < R * cell_size) & (c < C * cell_size)
    place = ((r // cell_size) * C + c // cell_size) * num_bins + b
    flat = torch.zeros(R * C * num_bins, dtype=image.dtype, device=image.device)
    flat.index_add_(0, place[keep], torch.sqrt(gx**2 + gy**2)[keep])
    cells = flat.view(R, C, num_bins) / (cell_size * cell_size)
    blocks = torch.empty(R - 1, C - 1, 2, 2, num_bins, dtype=image.dtype, device=image.device)
    for i in range(2):
        for j in range(2):
            blocks[:, :, i, j] = cells[i : R - 1 + i, j : C - 1 + j]
    norms = torch.sqrt(torch.einsum("rcijb,rcijb->rc", blocks, blocks) + epsilon * epsilon)
    return blocks / norms[:, :, None, None, None]


# kmeans


def _nearest(x, centroids):
    return (x[:, None] - centroids[None]).square().sum(dim=2).argmin(dim=1)


def _means(x, labels, centroids):
    return torch.stack([x[labels == k].mean(dim=0) if bool((labels == k).any()) else centroids[k] for k in range(len(centroids))])


@mistake("kmeans", hint="The labels belong to the centroids before the last move. Assign once more to the centroids that you return.")
def stale_labels(x, centroids, num_steps):
    labels = _nearest(x, centroids)
    for _ in range(num_steps):
        labels = _nearest(x, centroids)
        centroids = _means(x, labels, centroids)
    return centroids, labels


@mistake("kmeans", hint="The mean of no points is 0 / 0. A centroid without points stays where it is.")
def mean_of_nothing(x, centroids, num_steps):
    for _ in range(num_steps):
        labels = _nearest(x, centroids)
        centroids = torch.stack([x[labels == k].mean(dim=0) for k in range(len(centroids))])
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="A centroid without points jumped to the origin. It should stay where it is.")
def empty_goes_to_zero(x, centroids, num_steps):
    for _ in range(num_steps):
        labels = _nearest(x, centroids)
        counts = torch.bincount(labels, minlength=len(centroids))[:, None]
        centroids = torch.zeros_like(centroids).index_add(0, labels, x) / counts.clamp(min=1)
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="A centroid without points was put on the point that lies farthest off. That is a good idea, but here it stays where it is.")
def empty_goes_to_the_farthest_point(x, centroids, num_steps):
    for _ in range(num_steps):
        labels = _nearest(x, centroids)
        away = (x - centroids[labels]).norm(dim=1).argmax()
        centroids = torch.stack([x[labels == k].mean(dim=0) if bool((labels == k).any()) else x[away] for k in range(len(centroids))])
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="Centroids without points were dropped, so fewer come back than were given. They stay where they are.")
def empty_is_dropped(x, centroids, num_steps):
    for _ in range(num_steps):
        labels = _nearest(x, centroids)
        centroids = torch.stack([x[labels == k].mean(dim=0) for k in range(len(centroids)) if bool((labels == k).any())])
    return centroids, _nearest(x, centroids)


@mistake(
    "kmeans",
    hint="The loop ends when the moves are small, but in tiny units all moves are. Stop only when nothing moves at all.",
)
def stops_when_moves_are_small(x, centroids, num_steps):
    for _ in range(num_steps):
        moved = _means(x, _nearest(x, centroids), centroids)
        if torch.allclose(moved, centroids):
            break
        centroids = moved
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="The centroids go to the median of their points. Lloyd's algorithm takes the mean.")
def medians(x, centroids, num_steps):
    for _ in range(num_steps):
        labels = _nearest(x, centroids)
        centroids = torch.stack([x[labels == k].median(dim=0).values if bool((labels == k).any()) else centroids[k] for k in range(len(centroids))])
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="One step too few is taken: num_steps counts the moves.")
def one_step_short(x, centroids, num_steps):
    for _ in range(num_steps - 1):
        centroids = _means(x, _nearest(x, centroids), centroids)
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="One step too many is taken: num_steps counts the moves.")
def one_step_too_many(x, centroids, num_steps):
    for _ in range(num_steps + 1):
        centroids = _means(x, _nearest(x, centroids), centroids)
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="Points go to the FARTHEST centroid. Look for the smallest distance.")
def farthest_centroid(x, centroids, num_steps):
    for _ in range(num_steps):
        centroids = _means(x, torch.cdist(x, centroids).argmax(dim=1), centroids)
    return centroids, torch.cdist(x, centroids).argmax(dim=1)


@mistake("kmeans", hint="Nearest is measured by the sum of absolute differences. Here it is the Euclidean distance.")
def city_blocks(x, centroids, num_steps):
    for _ in range(num_steps):
        centroids = _means(x, torch.cdist(x, centroids, p=1).argmin(dim=1), centroids)
    return centroids, torch.cdist(x, centroids, p=1).argmin(dim=1)


@mistake("kmeans", hint="The caller's first centroids were changed in place. Work on a copy.")
def changes_the_start(x, centroids, num_steps):
    for _ in range(num_steps):
        labels = _nearest(x, centroids)
        for k in range(len(centroids)):
            if bool((labels == k).any()):
                centroids[k] = x[labels == k].mean(dim=0)
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="The start was chosen anew, from the first points. The caller has given the first centroids.")
def own_start(x, centroids, num_steps):
    centroids = x[: len(centroids)].clone()
    for _ in range(num_steps):
        centroids = _means(x, _nearest(x, centroids), centroids)
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="The centroids move one after another, and each move changes the assignment for the next. First assign all points, then move all centroids.")
def one_after_another(x, centroids, num_steps):
    centroids = centroids.clone()
    for _ in range(num_steps):
        for k in range(len(centroids)):
            labels = _nearest(x, centroids)
            if bool((labels == k).any()):
                centroids[k] = x[labels == k].mean(dim=0)
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="Labels and centroids stand in the wrong order: centroids come first.")
def labels_first(x, centroids, num_steps):
    for _ in range(num_steps):
        centroids = _means(x, _nearest(x, centroids), centroids)
    return _nearest(x, centroids), centroids


@mistake("kmeans", hint="A point midway between two centroids goes to the later one. The smaller number should win.")
def later_of_equals(x, centroids, num_steps):
    def nearest(centroids):
        return len(centroids) - 1 - torch.cdist(x, centroids).flip(1).argmin(dim=1)

    for _ in range(num_steps):
        centroids = _means(x, nearest(centroids), centroids)
    return centroids, nearest(centroids)


@mistake("kmeans", hint="The sums were divided by the number of all points. Divide each by the number of its own.")
def divided_by_all(x, centroids, num_steps):
    for _ in range(num_steps):
        labels = _nearest(x, centroids)
        counts = torch.bincount(labels, minlength=len(centroids))[:, None]
        sums = torch.zeros_like(centroids).index_add(0, labels, x)
        centroids = torch.where(counts > 0, sums / len(x), centroids)
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="New tensors are made on the CPU wherever the points are: make them on x.device, as zeros_like does.")
def sums_on_the_cpu(x, centroids, num_steps):
    for _ in range(num_steps):
        labels = torch.cdist(x, centroids).argmin(dim=1)
        member = torch.zeros(len(x), len(centroids), dtype=x.dtype).scatter_(1, labels[:, None], 1.0)
        counts = member.sum(dim=0)[:, None]
        centroids = torch.where(counts > 0, member.T @ x / counts.clamp(min=1), centroids)
    return centroids, torch.cdist(x, centroids).argmin(dim=1)


@mistake("kmeans", hint="A centroid that loses its points goes back to its very first place. It should stay where it was last.")
def empty_goes_back_to_the_start(x, centroids, num_steps):
    start = centroids
    for _ in range(num_steps):
        centroids = _means(x, _nearest(x, centroids), start)
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="A sum of 0 is taken for a sum of no points. Points may add up to 0: ask how many there are.")
def sum_of_zero_is_empty(x, centroids, num_steps):
    for _ in range(num_steps):
        labels = _nearest(x, centroids)
        counts = torch.bincount(labels, minlength=len(centroids))[:, None]
        sums = torch.zeros_like(centroids).index_add(0, labels, x)
        centroids = torch.where(sums == 0, centroids, sums / counts.clamp(min=1))
    return centroids, _nearest(x, centroids)


@mistake(
    "kmeans",
    hint="The nearest centroid is looked for in float32, which sees ties where float64 sees none. Leave the dtype alone.",
)
def nearest_in_float32(x, centroids, num_steps):
    for _ in range(num_steps):
        centroids = _means(x, _nearest(x.float(), centroids.float()), centroids)
    return centroids, _nearest(x.float(), centroids.float())


@mistake("kmeans", edit={"torch.where(counts > 0,": "torch.where(counts > 1,"}, hint="A centroid with a single point stays where it is. It moves there: only one without points stays.")
def one_point_is_none(): ...


@mistake("kmeans", edit={"sums / counts.clamp(min=1)": "(sums + centroids) / (counts + 1)"}, hint="The old centroid counts as one of its points. The new one is the mean of the points alone.")
def old_centroid_counts(): ...


@mistake("kmeans", edit={"range(num_steps)": "range(max(num_steps, 1))"}, hint="With num_steps 0 a step is taken all the same. Then the centroids stay, and only the labels are found.")
def at_least_one_step(): ...


@mistake("kmeans", edit={"labels = torch.cdist(x, centroids).argmin(dim=1)": "labels = torch.cosine_similarity(x[:, None], centroids, dim=2).argmax(dim=1)", "return centroids, torch.cdist(x, centroids).argmin(dim=1)": "return centroids, torch.cosine_similarity(x[:, None], centroids, dim=2).argmax(dim=1)"}, hint="Nearest is measured by the angle between the vectors. Here it is the Euclidean distance.")
def nearest_by_angle(): ...


@mistake("kmeans", edit={"labels = torch.cdist(x, centroids).argmin(dim=1)": "labels = ((x * x).sum(dim=1, keepdim=True) - 2 * x @ centroids.T).argmin(dim=1)", "return centroids, torch.cdist(x, centroids).argmin(dim=1)": "return centroids, ((x * x).sum(dim=1, keepdim=True) - 2 * x @ centroids.T).argmin(dim=1)"}, hint="The expanded square lacks the squared length of the centroids, so a long centroid wins too often.")
def square_half_expanded(): ...


@mistake("kmeans", edit={"labels = torch.cdist(x, centroids)": "labels = torch.cdist(x, centroids, p=float('inf'))", "return centroids, torch.cdist(x, centroids)": "return centroids, torch.cdist(x, centroids, p=float('inf'))"}, hint="Nearest is measured by the largest difference in one coordinate. Here it is the Euclidean distance.")
def largest_coordinate(): ...


@mistake("kmeans", edit={"labels = torch.cdist(x, centroids)": "spread = x.std(dim=0, correction=0).clamp(min=1e-12)\n        labels = torch.cdist(x / spread, centroids / spread)", "return centroids, torch.cdist(x, centroids)": "spread = x.std(dim=0, correction=0).clamp(min=1e-12)\n    return centroids, torch.cdist(x / spread, centroids / spread)"}, hint="Coordinates were scaled to the same spread before the distances were taken. Measure them as they are.")
def coordinates_scaled(): ...


@mistake("kmeans", edit={"centroids = torch.where(counts > 0, sums / counts.clamp(min=1), centroids)": "moved = torch.where(counts > 0, sums / counts.clamp(min=1), centroids)\n        close, centroids = torch.allclose(moved, centroids), moved\n        if close:\n            break"}, hint="The loop ends when the moves are small, but in tiny units all moves are. Stop only when nothing moves at all.")
def stops_after_a_small_move(): ...


@mistake("kmeans", edit={"    for _ in": "    before = torch.zeros(len(x), dtype=torch.int64, device=x.device)\n    for _ in", "labels = torch.cdist(x, centroids).argmin(dim=1)\n": "labels = torch.cdist(x, centroids).argmin(dim=1)\n        if torch.equal(labels, before):\n            break\n        before = labels\n"}, hint="The first labels are compared with zeros, so nothing ever moves where all points begin in cluster 0. Before the first step there are no labels yet.")
def zeros_for_the_labels_before(): ...


@mistake("kmeans", edit={"centroids = torch.where(counts > 0, sums / counts.clamp(min=1), centroids)": "moved = torch.where(counts > 0, sums / counts.clamp(min=1), centroids)\n        rests, centroids = (moved == centroids).all(dim=1).any(), moved\n        if rests:\n            break"}, hint="The loop ends as soon as ONE centroid rests. The others may still move.")
def stops_when_one_rests(): ...


@mistake("kmeans", edit={"    for _ in": "    before = None\n    for _ in", "[:, None]\n": "[:, None]\n        if before is not None and torch.equal(counts, before):\n            break\n        before = counts\n"}, hint="The loop ends when the SIZES of the clusters repeat. Points may have changed places all the same.")
def stops_when_sizes_repeat(): ...


@mistake("kmeans", edit={"range(num_steps)": "range(min(num_steps, 10))"}, hint="You stop after a fixed number of steps. A slow clustering may need more: all of num_steps.")
def ten_steps_at_most(): ...


@mistake("kmeans", edit={"range(num_steps)": "range(100 if num_steps else 0)"}, hint="The loop goes on until nothing moves, whatever num_steps says. You may stop sooner than num_steps, not later.")
def goes_on_to_the_end(): ...


@mistake("kmeans", edit={"    for _ in": "    first = torch.cdist(x, centroids).argmin(dim=1)\n    for _ in", "return centroids, torch.cdist(x, centroids).argmin(dim=1)": "return centroids, first"}, hint="The labels belong to the very first centroids. Assign once more, to those that you return.")
def labels_of_the_start(): ...


@mistake("kmeans", edit={"sums / counts.clamp(min=1)": "(sums / counts.clamp(min=1)).mean(dim=1, keepdim=True)"}, hint="All the numbers of a cluster were averaged into one. The mean of its points has a number for each column.")
def mean_over_the_columns_too(): ...


@mistake("kmeans", edit={"sums / counts.clamp(min=1)": "sums"}, hint="A centroid goes to the SUM of its points. Divide by how many there are.")
def sum_for_mean(): ...


@mistake("kmeans", hint="A centroid goes to the point nearest to the mean. It should go to the mean itself, whether or not a point lies there.")
def medoids(x, centroids, num_steps):
    centroids = centroids.clone()
    for _ in range(num_steps):
        labels = _nearest(x, centroids)
        for k in range(len(centroids)):
            mine = x[labels == k]
            if len(mine):
                centroids[k] = mine[(mine - mine.mean(dim=0)).square().sum(1).argmin()]
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="A centroid without points was put on the point that lies farthest off. That is a good idea, but here it stays where it is.")
def empty_goes_far_one_after_another(x, centroids, num_steps):
    centroids = centroids.clone()
    for _ in range(num_steps):
        labels = _nearest(x, centroids)
        for k in range(len(centroids)):
            mine = labels == k
            centroids[k] = x[mine].mean(dim=0) if bool(mine.any()) else x[(x - centroids[labels]).square().sum(1).argmax()]
    return centroids, _nearest(x, centroids)


@mistake("kmeans", hint="The dtype is right and half of the digits are not: somewhere on the way the points pass through float32.")
def clusters_through_float32_and_back(x, centroids, num_steps):
    kind, x, centroids = x.dtype, x.float(), centroids.float()
    for _ in range(num_steps):
        centroids = _means(x, _nearest(x, centroids), centroids)
    return centroids.to(kind), _nearest(x, centroids)


@mistake("kmeans", edit={"torch.bincount(labels, minlength=len(centroids))": "torch.bincount(labels)"}, hint="Where the last centroid has no points, bincount makes a count too few. Give it a minlength.")
def counts_too_few(): ...


@mistake("kmeans", edit={"    return centroids,": "    centroids = centroids[centroids[:, 0].argsort()]\n    return centroids,"}, hint="The centroids were sorted at the end. They keep the order in which they were given.")
def centroids_sorted(): ...


@mistake("kmeans", edit={"sums / counts.clamp(min=1), centroids)": "sums / counts.clamp(min=1), centroids)\n        labels = torch.cdist(x, centroids).argmin(dim=1)", "return centroids, torch.cdist(x, centroids).argmin(dim=1)": "return centroids, labels"}, hint="With num_steps 0 the loop never runs, and no labels are made. They are asked for all the same.")
def labels_made_in_the_loop(): ...


@mistake("kmeans", edit={"return centroids, torch.cdist(x, centroids).argmin(dim=1)": "return centroids, torch.cdist(x, centroids).argmin(dim=1).int()"}, hint="The labels are int32. They should be int64, which argmin gives of itself.")
def short_labels(): ...


@mistake("kmeans", hint="A point midway between two centroids stays with the one that it had. The smaller number should win, whatever was before.")
def ties_stay(x, centroids, num_steps):
    labels = None
    for step in range(num_steps + 1):
        gaps = (x[:, None] - centroids[None]).square().sum(dim=2)
        nearest = gaps.argmin(dim=1)
        if labels is not None:
            kept = gaps.gather(1, labels[:, None]) <= gaps.gather(1, nearest[:, None])
            nearest = torch.where(kept[:, 0], labels, nearest)
        labels = nearest
        if step < num_steps:
            centroids = _means(x, labels, centroids)
    return centroids, labels


@right("kmeans")
def with_masks(x, centroids, num_steps):
    current = centroids.clone()
    for _ in range(num_steps):
        distances = ((x.unsqueeze(1) - current.unsqueeze(0)) ** 2).sum(-1)
        nearest = torch.argmin(distances, dim=-1)
        for k in range(current.shape[0]):
            mask = nearest == k
            if mask.sum() > 0:
                current[k] = x[mask].mean(0)
    distances = ((x.unsqueeze(1) - current.unsqueeze(0)) ** 2).sum(-1)
    return current, torch.argmin(distances, dim=-1)


@right("kmeans")
def stops_when_settled(x, centroids, num_steps):
    labels = _nearest(x, centroids)
    for _ in range(num_steps):
        member = F.one_hot(labels, len(centroids)).to(x.dtype)
        counts = member.sum(0)
        means = (member.T @ x) / counts.clamp(min=1).unsqueeze(1)
        centroids = torch.where((counts == 0).unsqueeze(1), centroids, means)
        previous, labels = labels, _nearest(x, centroids)
        if torch.equal(previous, labels):
            break
    return centroids, labels


@right("kmeans")
def point_by_point(x, centroids, num_steps):
    def assign(centres):
        labels = []
        for point in x:
            gaps = [float(((point - c) ** 2).sum()) for c in centres]
            labels.append(gaps.index(min(gaps)))
        return labels

    centres = [c.clone() for c in centroids]
    for _ in range(num_steps):
        labels = assign(centres)
        for k in range(len(centres)):
            mine = [x[i] for i in range(len(x)) if labels[i] == k]
            if mine:
                centres[k] = sum(mine) / len(mine)
    return torch.stack(centres), torch.tensor(assign(centres), device=x.device)


# bag_of_visual_words


def _counts(one, vocabulary):
    words = (one[:, None] - vocabulary[None]).square().sum(dim=2).argmin(dim=1)
    return torch.bincount(words, minlength=len(vocabulary)).to(vocabulary.dtype)


@mistake("bag_of_visual_words", hint="These are counts. Divide each row by the image's number of descriptors, so that large images don't weigh more.")
def counts_for_bags(descriptors, vocabulary):
    return torch.stack([_counts(one, vocabulary) for one in descriptors])


@mistake("bag_of_visual_words", hint="An image without descriptors becomes NaN, 0 / 0. Its row should be zeros.")
def nothing_is_nan(descriptors, vocabulary):
    return torch.stack([_counts(one, vocabulary) / len(one) if len(one) else torch.full_like(vocabulary[:, 0], math.nan) for one in descriptors])


@mistake("bag_of_visual_words", hint="Rows are divided by the number of words in the vocabulary. Divide by the number of descriptors in the image.")
def divided_by_the_vocabulary(descriptors, vocabulary):
    return torch.stack([_counts(one, vocabulary) / len(vocabulary) for one in descriptors])


@mistake("bag_of_visual_words", hint="Rows are divided by their length (the root of their squares). They should ADD UP to 1.")
def bags_of_length_one(descriptors, vocabulary):
    return F.normalize(torch.stack([_counts(one, vocabulary) for one in descriptors]), dim=1)


@mistake("bag_of_visual_words", hint="Each descriptor goes to the FARTHEST word. Look for the smallest distance.")
def farthest_word(descriptors, vocabulary):
    rows = [torch.bincount(torch.cdist(one, vocabulary).argmax(dim=1), minlength=len(vocabulary)) for one in descriptors]
    return torch.stack([row.to(vocabulary.dtype) / max(len(one), 1) for row, one in zip(rows, descriptors)])


@mistake("bag_of_visual_words", hint="The word with the largest dot product is chosen. A long word would win everywhere: take the smallest distance.")
def largest_product(descriptors, vocabulary):
    rows = [torch.bincount((one @ vocabulary.T).argmax(dim=1), minlength=len(vocabulary)) for one in descriptors]
    return torch.stack([row.to(vocabulary.dtype) / max(len(one), 1) for row, one in zip(rows, descriptors)])


@mistake("bag_of_visual_words", hint="All images share one histogram. Each image has its own row.")
def one_bag_for_all(descriptors, vocabulary):
    every = torch.cat(descriptors)
    return _counts(every, vocabulary) / max(len(every), 1)


@mistake("bag_of_visual_words", hint="Each COLUMN was made to add up to 1. An image's shares stand in its row.")
def columns_add_up(descriptors, vocabulary):
    counts = torch.stack([_counts(one, vocabulary) for one in descriptors])
    return counts / counts.sum(dim=0, keepdim=True).clamp(min=1)


@mistake("bag_of_visual_words", hint="The row says whether a word occurs. It should say how often: its share of the descriptors.")
def present_or_not(descriptors, vocabulary):
    return torch.stack([(_counts(one, vocabulary) > 0).to(vocabulary.dtype) for one in descriptors])


@mistake("bag_of_visual_words", hint="The answer is (K, N). Images go down the rows, words across.")
def bags_lie_on_their_side(descriptors, vocabulary):
    return torch.stack([_counts(one, vocabulary) / max(len(one), 1) for one in descriptors], dim=1)


@mistake("bag_of_visual_words", hint="Words at the end of the vocabulary that an image doesn't use are missing from its row: give bincount a minlength.")
def unused_words_are_missing(descriptors, vocabulary):
    return torch.stack([torch.bincount(torch.cdist(one, vocabulary).argmin(dim=1)).to(vocabulary.dtype) / max(len(one), 1) for one in descriptors])


@mistake("bag_of_visual_words", hint="A descriptor midway between two words counts for the later one. The smaller number should win.")
def later_word(descriptors, vocabulary):
    K = len(vocabulary)
    rows = [torch.bincount(K - 1 - torch.cdist(one, vocabulary).flip(1).argmin(dim=1), minlength=K) for one in descriptors]
    return torch.stack([row.to(vocabulary.dtype) / max(len(one), 1) for row, one in zip(rows, descriptors)])


@mistake("bag_of_visual_words", edit={"max(len(one), 1)": "max(sum(len(each) for each in descriptors), 1)"}, hint="All rows are divided by the same number, that of all descriptors. Each image divides by its own.")
def divided_by_all_descriptors(): ...


@mistake("bag_of_visual_words", hint="Counts divided by a whole number are float32. The shares should have the dtype of the vocabulary.")
def bags_in_float32(descriptors, vocabulary):
    return torch.stack([_counts(one, vocabulary) / max(len(one), 1) for one in descriptors]).float()


@mistake("bag_of_visual_words", hint="Counts divided by a whole number are float32, and an image without descriptors becomes NaN, 0 / 0: its row should be zeros.")
def bincount_over_the_length(descriptors, vocabulary):
    rows = [torch.bincount(torch.cdist(one, vocabulary).argmin(dim=1), minlength=len(vocabulary)) for one in descriptors]
    return torch.stack([row / len(one) for row, one in zip(rows, descriptors)])


@mistake(
    "bag_of_visual_words",
    hint="The nearest word is looked for in float32, which sees ties where float64 sees none. Leave the dtype alone.",
)
def nearest_word_in_float32(descriptors, vocabulary):
    rows = [_counts(one.float(), vocabulary.float()) for one in descriptors]
    return torch.stack([row.to(vocabulary.dtype) / max(len(one), 1) for row, one in zip(rows, descriptors)])


@mistake("bag_of_visual_words", edit={"rows.append(counts.to(vocabulary.dtype) / max(len(one), 1))": "rows.append(counts.to(vocabulary.dtype) / len(one) if len(one) else torch.full_like(vocabulary[:, 0], 1 / len(vocabulary)))"}, hint="An image without descriptors gets equal shares. No word occurs in it: its row is zeros.")
def equal_shares_for_none(): ...


@mistake("bag_of_visual_words", edit={"rows.append(counts.to(vocabulary.dtype) / max(len(one), 1))": "here = (counts > 0).to(vocabulary.dtype)\n        rows.append(here / here.sum().clamp(min=1))"}, hint="Only whether a word occurs counts in your rows. How often it occurs is what the share says.")
def whether_not_how_often(): ...


@mistake("bag_of_visual_words", edit={"rows.append(counts.to(vocabulary.dtype) / max(len(one), 1))": "total = counts + (total if rows else 0)\n        rows.append(total.to(vocabulary.dtype) / max(len(one), 1))"}, hint="The counts go on from image to image. Each image begins with none.")
def counts_go_on(): ...


@mistake("bag_of_visual_words", edit={"words = torch.cdist(": "one -= one.mean(dim=0) if len(one) else 0\n        words = torch.cdist("}, hint="Each image's mean was taken away from its descriptors, and in place. Compare them as they are.")
def descriptors_centred(): ...


@mistake("bag_of_visual_words", edit={"torch.cdist(one, vocabulary).argmin(dim=1)": "(torch.nn.functional.normalize(one, dim=1) @ torch.nn.functional.normalize(vocabulary, dim=1).T).argmax(dim=1)"}, hint="Nearest is measured by the angle between the vectors. Here it is the Euclidean distance.")
def word_by_angle(): ...


@mistake("bag_of_visual_words", edit={"torch.cdist(one, vocabulary)": "torch.cdist(one, vocabulary, p=1)"}, hint="Nearest is measured by the sum of absolute differences. Here it is the Euclidean distance.")
def word_by_city_blocks(): ...


@mistake("bag_of_visual_words", edit={"max(len(one), 1)": "max(max(len(each) for each in descriptors), 1)"}, hint="Every row is divided by the number of descriptors of the largest image. Each image divides by its own.")
def divided_by_the_largest_image(): ...


@mistake("bag_of_visual_words", edit={"minlength=len(vocabulary)": "minlength=40"}, hint="Rows always have 40 numbers, as in the notebook. How many words there are is said by the vocabulary.")
def always_forty_words(): ...


@mistake("bag_of_visual_words", edit={"rows.append(counts.to(vocabulary.dtype) / max(len(one), 1))": "row = vocabulary.new_zeros(len(vocabulary))\n        row[words] += 1\n        rows.append(row / max(len(one), 1))"}, hint="A word that an image has several times counts once: `row[words] += 1` does not add up where an index repeats.")
def repeated_words_count_once(): ...


@mistake("bag_of_visual_words", edit={"torch.cdist(one, vocabulary).argmin(dim=1)": "torch.cdist(one, vocabulary).argmin(dim=0) if len(one) else torch.zeros(0, dtype=torch.int64, device=one.device)", "minlength=len(vocabulary))": "minlength=len(vocabulary))[: len(vocabulary)]"}, hint="You look for the nearest descriptor of each word. Look for the nearest word of each descriptor.")
def nearest_descriptor(): ...


@mistake("bag_of_visual_words", edit={"    rows = []\n": "    rows, largest = [], max(len(each) for each in descriptors)\n", "torch.cdist(one, vocabulary)": "torch.cdist(torch.cat([one, one.new_zeros(largest - len(one), one.shape[1])]), vocabulary)", "max(len(one), 1)": "max(largest, 1)"}, hint="Small images are filled up with zeros, and these vote as well. Count the real descriptors only.")
def filled_up_with_zeros(): ...


@mistake("bag_of_visual_words", edit={"    rows = []\n": "    rows, descriptors = [], torch.stack(descriptors)\n"}, hint="Images have different numbers of descriptors, so they can't be stacked. Go through them one by one.")
def images_stacked(): ...


@mistake("bag_of_visual_words", edit={"words = torch.cdist(": "if len(one) == 0:\n            continue\n        words = torch.cdist("}, hint="An image without descriptors was skipped, so a row is missing. Its row is zeros.")
def empty_image_skipped(): ...


@mistake("bag_of_visual_words", edit={"rows.append(counts.to(vocabulary.dtype) / max(len(one), 1))": "soft = torch.softmax(-torch.cdist(one, vocabulary), dim=1)\n        rows.append(soft.sum(dim=0) / max(len(one), 1))"}, hint="A descriptor is shared out among all the words. It counts whole, for the nearest one.")
def shared_among_all_words(): ...


@mistake("bag_of_visual_words", edit={"return torch.stack(rows)": "bags = torch.stack(rows)\n    bags = bags * (torch.log((1 + len(bags)) / (1 + (bags > 0).sum(dim=0))) + 1)\n    return bags / bags.sum(dim=1, keepdim=True).clamp(min=1e-12)"}, hint="Rare words were given more weight. Here each row holds plain shares, whatever the other images have.")
def rare_words_weighted(): ...


@mistake("bag_of_visual_words", edit={"rows.append(counts.to(vocabulary.dtype) / max(len(one), 1))": "gaps = torch.cdist(one, vocabulary)\n        hits = (gaps == gaps.amin(dim=1, keepdim=True)).to(vocabulary.dtype)\n        rows.append(hits.sum(dim=0) / max(len(one), 1))"}, hint="A descriptor midway between words counts for all of them, and the row adds up to more than 1. The smaller number alone should win.")
def all_equals_count(): ...


@mistake("bag_of_visual_words", edit={"rows.append(counts.to(vocabulary.dtype) / max(len(one), 1))": "gaps = torch.cdist(one, vocabulary)\n        hits = (gaps == gaps.amin(dim=1, keepdim=True)).to(vocabulary.dtype)\n        rows.append((hits / hits.sum(dim=1, keepdim=True)).sum(dim=0) / max(len(one), 1))"}, hint="A descriptor midway between words is shared out among them. The smaller number should have it whole.")
def equals_share(): ...


@right("bag_of_visual_words")
def encoded_in_one_go(descriptors, vocabulary):
    every = torch.cat(descriptors)
    owner = torch.cat([torch.full((len(one),), i, device=vocabulary.device) for i, one in enumerate(descriptors)])
    words = _nearest_word(every, vocabulary)
    bags = torch.zeros(len(descriptors), len(vocabulary), dtype=vocabulary.dtype, device=vocabulary.device)
    bags.index_put_((owner.long(), words), torch.ones_like(words, dtype=vocabulary.dtype), accumulate=True)
    return bags / bags.sum(dim=1, keepdim=True).clamp(min=1)


def _nearest_word(every, vocabulary):
    return torch.argmin(torch.cdist(every, vocabulary), 1)


@right("bag_of_visual_words")
def encoded_descriptor_by_descriptor(descriptors, vocabulary):
    bags = vocabulary.new_zeros(len(descriptors), vocabulary.size(0))
    for i, image in enumerate(descriptors):
        for d in image:
            word = torch.sum((vocabulary - d) ** 2, dim=1).argmin()
            bags[i, word] += 1
        if len(image) > 0:
            bags[i] /= len(image)
    return bags


@right("bag_of_visual_words")
def encoded_by_one_hot(descriptors, vocabulary):
    bags = []
    for image in descriptors:
        if image.shape[0] == 0:
            bags.append(torch.zeros(vocabulary.shape[0]).to(vocabulary))
            continue
        member = F.one_hot(torch.cdist(image, vocabulary).min(dim=1).indices, vocabulary.shape[0])
        bags.append(member.to(vocabulary.dtype).mean(dim=0))
    return torch.stack(bags)
