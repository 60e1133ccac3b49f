"""What students write in augmentation: mistakes with the hint each deserves, and other right answers."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# random_flip_crop


@mistake("random_flip_crop", edit={"flip(-1)": "flip(-2)"}, hint="These are upside down: which axis holds the columns?")
def upside_down(): ...


@mistake("random_flip_crop", edit={"turn < p": "turn > p"}, hint="Mirrored with probability 1 - p: how often does a number from 0 to 1 lie below p?")
def mirrored_the_other_way_round(): ...


@mistake("random_flip_crop", edit={"max(1, int(share * height)), max(1, int(share * width))": "int(share * height) or 1, int(share * height) or 1"}, hint="Your part is a square: its height is a share of the height, and its width the same share of the width.")
def square_parts(): ...


@mistake("random_flip_crop", edit={"max(1, int(share * height)), max(1, int(share * width))": "max(1, round(share * height)), max(1, round(share * width))"}, hint="The part's pixels are rounded to the nearest whole number: they are rounded down.")
def rounded_sizes(): ...


@mistake("random_flip_crop", edit={"max(1, int(share * height)), max(1, int(share * width))": "int(share * height), int(share * width)"}, hint="A small share of a short side leaves no pixel at all: at least one must be left.")
def no_pixel_left(): ...


@mistake("random_flip_crop", edit={"align_corners=False": "align_corners=True"}, hint="The corners' pixels are laid on the corners: that is align_corners=True, another scale.")
def corners_aligned(): ...


@mistake("random_flip_crop", edit={'mode="bilinear", align_corners=False': 'mode="nearest"'}, hint="Pixels are repeated or left out where they should be mixed: bilinear.")
def nearest_pixels(): ...


@mistake("random_flip_crop", edit={"max(1, int(share * height)), max(1, int(share * width))": "max(1, int(share**0.5 * height)), max(1, int(share**0.5 * width))"}, hint="You take the share as one of the area: here it is one of each side.")
def share_of_the_area(): ...


@mistake("random_flip_crop", edit={"(low, high), (height, width), parts = scale, x.shape[2:], []": "(low, high), (width, height), parts = scale, x.shape[2:], []"}, hint="Height and width are exchanged: x is (N, C, H, W).")
def height_and_width_exchanged(): ...


@mistake("random_flip_crop", hint="All images of the batch get the same part: each has its own row of numbers.")
def one_part_for_all(x, size, generator, scale=(0.5, 1.0), p=0.5):
    zoom, down, across, turn = uniform(generator, len(x), 4)[0].tolist()
    share = scale[0] + (scale[1] - scale[0]) * zoom
    height, width = x.shape[2:]
    tall, wide = max(1, int(share * height)), max(1, int(share * width))
    top, left = int(down * (height - tall + 1)), int(across * (width - wide + 1))
    part = F.interpolate(x[:, :, top : top + tall, left : left + wide], size=size, mode="bilinear", align_corners=False)
    return part.flip(-1) if turn < p else part


@mistake("random_flip_crop", hint="The image is mirrored before its part is cut out, so the part lies elsewhere: first cut, then mirror.")
def mirrored_before_it_is_cut(x, size, generator, scale=(0.5, 1.0), p=0.5):
    parts, (height, width) = [], x.shape[2:]
    for image, (zoom, down, across, turn) in zip(x, uniform(generator, len(x), 4).tolist()):
        image = image.flip(-1) if turn < p else image
        share = scale[0] + (scale[1] - scale[0]) * zoom
        tall, wide = max(1, int(share * height)), max(1, int(share * width))
        top, left = int(down * (height - tall + 1)), int(across * (width - wide + 1))
        part = image[None, :, top : top + tall, left : left + wide]
        parts.append(F.interpolate(part, size=size, mode="bilinear", align_corners=False)[0])
    return torch.stack(parts)


@mistake("random_flip_crop", edit={"uniform(generator, len(x), 4).tolist()": "torch.rand(len(x), 4).tolist()"}, hint="None of your numbers comes from the generator that is handed in: after your call it still gives what it would have given before.")
def random_flip_crop_of_the_global_generator(): ...


@mistake("random_flip_crop", edit={"uniform(generator, len(x), 4)": "uniform(generator, 4, len(x)).T"}, hint="The numbers are drawn in another order than (N, 4): there a row belongs to an image, and all of an image's numbers stand in it.")
def numbers_of_a_crop_by_kind(): ...


@mistake("random_flip_crop", edit={"uniform(generator, len(x), 4)": "uniform(generator, 1, 4).expand(len(x), 4)"}, hint="Only one row of numbers is drawn, for the whole batch: each image has its own.")
def one_row_drawn(): ...


@mistake("random_flip_crop", edit={"int(down * (height - tall + 1)), int(across * (width - wide + 1))": "int(down * (height - tall)), int(across * (width - wide))"}, hint="The lowest and the rightmost places are never taken: how many places does a part of 2 have in 3 rows?")
def last_places_left_out(): ...


@mistake("random_flip_crop", edit={"(zoom, down, across, turn)": "(zoom, across, down, turn)"}, hint="The row's number chooses the column, and the other way round.")
def row_and_column_exchanged(): ...


@mistake("random_flip_crop", edit={"size=size": "size=(size[1], size[0])"}, hint="The new images lie on their side: size is the height, then the width.")
def size_as_width_and_height(): ...


@mistake("random_flip_crop", edit={"part = image[None, :, top : top + tall, left : left + wide]": "part = image[None, :, top : top + tall, left : left + wide]\n        if turn < p:\n            part[:] = part.flip(-1)", "parts.append(part.flip(-1) if turn < p else part)": "parts.append(part)"}, hint="The part is mirrored in the image that came in: a slice is a view of it.")
def mirrored_in_place(): ...


@right("random_flip_crop")
def into_a_batch_made_before(x, size, generator, scale=(0.5, 1.0), p=0.5):
    num, channels, height, width = x.shape
    draws = uniform(generator, num, 4)
    out = x.new_empty(num, channels, *size)
    for n in range(num):
        share = (scale[0] + (scale[1] - scale[0]) * draws[n, 0]).item()
        tall = max(1, math.floor(share * height))
        wide = max(1, math.floor(share * width))
        top = math.floor(draws[n, 1].item() * (height - tall + 1))
        left = math.floor(draws[n, 2].item() * (width - wide + 1))
        cut = x[n : n + 1, :, top : top + tall, left : left + wide]
        if draws[n, 3] < p:
            cut = torch.flip(cut, dims=[3])
        out[n] = F.interpolate(cut, size, mode="bilinear", align_corners=False)[0]
    return out


@right("random_flip_crop")
def by_narrow_and_where(x, size, generator, scale=(0.5, 1.0), p=0.5):
    draws = uniform(generator, len(x), 4)
    share = scale[0] + (scale[1] - scale[0]) * draws[:, 0]
    sizes = (share[:, None] * torch.tensor(x.shape[2:])).long().clamp(min=1)
    places = (draws[:, 1:3] * (torch.tensor(x.shape[2:]) - sizes + 1)).long()
    parts = []
    for n in range(len(x)):
        part = x[n].narrow(1, int(places[n, 0]), int(sizes[n, 0])).narrow(2, int(places[n, 1]), int(sizes[n, 1]))
        parts.append(F.interpolate(part[None], size, mode="bilinear", align_corners=False)[0])
    out = torch.stack(parts)
    return torch.where((draws[:, 3] < p)[:, None, None, None], out.flip(3), out)


@right("random_flip_crop")
def by_weights_of_rows_and_columns(x, size, generator, scale=(0.5, 1.0), p=0.5):
    def weights(first, length, whole, wanted):
        at = (torch.arange(wanted, dtype=torch.float64) + 0.5) * length / wanted - 0.5
        at = at.clamp(0, length - 1)[:, None]
        return (1 - (torch.arange(whole) - first - at).abs()).clamp(min=0)

    out = []
    for image, (zoom, down, across, turn) in zip(x, uniform(generator, len(x), 4).tolist()):
        share = scale[0] + (scale[1] - scale[0]) * zoom
        tall, wide = (max(1, int(share * side)) for side in image.shape[1:])
        rows = weights(int(down * (image.shape[1] - tall + 1)), tall, image.shape[1], size[0])
        columns = weights(int(across * (image.shape[2] - wide + 1)), wide, image.shape[2], size[1])
        if turn < p:
            columns = columns.flip(0)
        out.append((rows @ image.double() @ columns.T).to(x.dtype))
    return torch.stack(out)


# color_jitter


@mistake("color_jitter", edit={"x = (x * (1 + light[:, None])).clamp(0, 1)": "x = x * (1 + light[:, None])"}, hint="After the brightness nothing is cut to 0 to 1, and what is too bright goes on into the next step.")
def bright_colours_not_cut(): ...


@mistake("color_jitter", edit={"grey + (1 + steep[:, None]) * (x - grey)).clamp(0, 1)": "grey + (1 + steep[:, None]) * (x - grey))"}, hint="After the contrast nothing is cut to 0 to 1.")
def contrast_not_cut(): ...


@mistake("color_jitter", edit={"grey = (x * weights).sum(dim=1, keepdim=True).mean(dim=(2, 3), keepdim=True)": "grey = x.mean(dim=(1, 2, 3), keepdim=True)"}, hint="Grey is the plain mean of the three channels: the eye sees green as the brightest, and the docstring has the weights.")
def plain_mean_as_grey(): ...


@mistake("color_jitter", edit={"grey = (x * weights).sum(dim=1, keepdim=True).mean(dim=(2, 3), keepdim=True)": "grey = (x * weights).sum(dim=1, keepdim=True)"}, hint="Each pixel is drawn away from its own grey, which is a saturation: contrast goes by one mean grey for the whole image.")
def each_pixels_own_grey(): ...


@mistake("color_jitter", edit={"grey = (x * weights).sum(dim=1, keepdim=True).mean(dim=(2, 3), keepdim=True)": "grey = (x * weights).sum(dim=1, keepdim=True).mean(dim=(0, 2, 3), keepdim=True)"}, hint="The mean grey is taken over the whole batch: each image has its own.")
def grey_of_the_batch(): ...


@mistake("color_jitter", edit={"grey = (x * weights).sum(dim=1, keepdim=True).mean(dim=(2, 3), keepdim=True)": "grey = 0.5"}, hint="Contrast is turned about 0.5: the docstring wants the image's own mean grey.")
def contrast_about_one_half(): ...


@mistake("color_jitter", edit={"2 + (blue - red) / apart, 4 + (red - green) / apart": "2 + (red - blue) / apart, 4 + (green - red) / apart"}, hint="In the sectors of green and blue the difference has the wrong sign: keep the cyclic order red, green, blue, red.")
def differences_turned_round(): ...


@mistake("color_jitter", edit={"apart = torch.where(chroma > 0, chroma, 1)": "apart = chroma"}, hint="Where a pixel is grey, its hue is 0 / 0, and the image gets NaN: replace the zeros before the division.")
def grey_without_a_hue(): ...


@mistake("color_jitter", edit={"chroma / torch.where(high > 0, high, 1)": "chroma / high"}, hint="A black pixel's saturation is 0 / 0, and the image gets NaN.")
def black_without_a_saturation(): ...


@mistake("color_jitter", edit={"share.clamp(0, 1)": "share"}, hint="A saturation above 1 makes channels negative: cut it.")
def saturation_not_cut(): ...


@mistake("color_jitter", edit={"chroma / torch.where(high > 0, high, 1)": "chroma"}, hint="The saturation is a share of the largest channel: yours is max - min alone.")
def saturation_without_the_share(): ...


@mistake("color_jitter", hint="All images of the batch get the same factors: each has its own row of numbers.")
def same_colours_for_all(x, generator, brightness=0.0, contrast=0.0, saturation=0.0, hue=0.0):
    first = uniform(generator, len(x), 4)[:1].expand(len(x), 4)
    return _jittered(x, first, brightness, contrast, saturation, hue)


@mistake("color_jitter", hint="The contrast comes before the brightness: the docstring has the order.")
def contrast_first(x, generator, brightness=0.0, contrast=0.0, saturation=0.0, hue=0.0):
    draws = uniform(generator, len(x), 4)
    x = _contrast(x, 1 + contrast * (2 * draws[:, 1] - 1))
    draws[:, 1] = 0.5
    return _jittered(x, draws, brightness, contrast, saturation, hue)


@mistake("color_jitter", hint="Saturation is done by a mix with each pixel's grey, as some libraries do: here it is the HSV saturation of the text.")
def saturation_by_mixing_with_grey(x, generator, brightness=0.0, contrast=0.0, saturation=0.0, hue=0.0):
    draws = uniform(generator, len(x), 4)
    factor = (1 + saturation * (2 * draws[:, 2] - 1)).to(x.dtype)[:, None, None, None]
    draws[:, 2] = 0.5
    x = (x * (1 + brightness * (2 * draws[:, 0] - 1)).to(x.dtype)[:, None, None, None]).clamp(0, 1)
    draws[:, 0] = 0.5
    x = _contrast(x, 1 + contrast * (2 * draws[:, 1] - 1))
    draws[:, 1] = 0.5
    grey = _grey(x)
    x = (grey + factor * (x - grey)).clamp(0, 1)
    return _jittered(x, draws, 0.0, 0.0, 0.0, hue)


def _grey(x):
    return 0.2989 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:]


def _contrast(x, factor):
    grey = _grey(x).mean(dim=(1, 2, 3), keepdim=True)
    return (grey + factor.to(x.dtype)[:, None, None, None] * (x - grey)).clamp(0, 1)


def _jittered(x, draws, brightness, contrast, saturation, hue):
    light, steep, rich, turn = ((2 * draws - 1) * torch.tensor([brightness, contrast, saturation, hue], dtype=torch.float64)).to(x.dtype).T
    x = (x * (1 + light)[:, None, None, None]).clamp(0, 1)
    x = _contrast(x, 1 + steep)
    value, which = x.max(dim=1)
    chroma = value - x.min(dim=1).values
    red, green, blue = x[:, 0], x[:, 1], x[:, 2]
    differences = torch.stack([green - blue, blue - red, red - green]).gather(0, which[None])[0]
    angle = 2 * which + differences / chroma.masked_fill(chroma == 0, 1)
    strong = chroma / value.masked_fill(value == 0, 1) * (1 + rich)[:, None, None]
    return to_rgb((angle / 6 + turn[:, None, None]) % 1, strong.clamp(max=1), value)


@mistake("color_jitter", edit={"uniform(generator, len(x), 4)": "torch.rand(len(x), 4)"}, hint="None of your numbers comes from the generator that is handed in: after your call it still gives what it would have given before.")
def color_jitter_of_the_global_generator(): ...


@mistake("color_jitter", edit={"uniform(generator, len(x), 4)": "uniform(generator, 4, len(x)).T"}, hint="The numbers are drawn in another order than (N, 4): there a row belongs to an image, and all of an image's numbers stand in it.")
def knobs_by_kind(): ...


@mistake("color_jitter", edit={"light, steep, rich, turn = moves.T[..., None, None]": "light, steep, rich, turn = moves.T[..., None, None]\n    light, steep, rich = (light + brightness) / 2, (steep + contrast) / 2, (rich + saturation) / 2"}, hint="Your factors begin at 1, so nothing gets darker or paler: they begin at 1 - b.")
def factors_above_one(): ...


@mistake("color_jitter", edit={"light, steep, rich, turn = moves.T[..., None, None]": "light, steep, rich, turn = moves.T[..., None, None]\n    turn = (turn + hue) / 2"}, hint="The hue is turned one way only: from -hue to hue.")
def hue_turned_one_way(): ...


@mistake("color_jitter", edit={"[0.2989, 0.587, 0.114]": "[0.114, 0.587, 0.2989]"}, hint="The weights of red and blue are exchanged in your grey: channel 0 is red.")
def red_and_blue_weights_exchanged(): ...


@mistake("color_jitter", edit={"(sector / 6 + turn)": "(sector.clamp(min=0) / 6 + turn)"}, hint="A red with more blue than green gets a wrong hue: it lies on the other side of red than one with more green.")
def negative_hue_cut(): ...


@mistake("color_jitter", edit={"(sector / 6 + turn) % 1": "(sector / 6 % 1 + turn).clamp(0, 1)"}, hint="The hue stops at 0 and at 1: it is a circle, and goes on at the other end.")
def hue_cut_after_the_turn(): ...


@mistake("color_jitter", edit={"(sector / 6 + turn) % 1": "((sector + turn) / 6) % 1"}, hint="The turn is too small: it is a part of the whole circle, as the hue is.")
def turn_in_sectors(): ...


@mistake("color_jitter", edit={"moves = spread * (2 * uniform(generator, len(x), 4) - 1).to(x.dtype)": "on, moves = spread > 0, x.new_zeros(len(x), 4)\n    moves[:, on] = spread[on] * (2 * uniform(generator, len(x), int(on.sum())) - 1).to(x.dtype)"}, hint="Numbers are drawn only for what is not 0, so other ones come out: draw all four in any case.")
def only_what_is_needed_drawn(): ...


@right("color_jitter")
def by_the_number_of_the_largest_channel(x, generator, brightness=0.0, contrast=0.0, saturation=0.0, hue=0.0):
    return _jittered(x, uniform(generator, len(x), 4), brightness, contrast, saturation, hue)


@right("color_jitter")
def step_by_step_with_masks(x, generator, brightness=0.0, contrast=0.0, saturation=0.0, hue=0.0):
    draws = uniform(generator, len(x), 4).to(x.dtype).reshape(len(x), 4, 1, 1, 1)

    def low_to_high(place, reach):
        return (1 - reach) + 2 * reach * draws[:, place]

    x = torch.clamp(x * low_to_high(0, brightness), 0, 1)
    grey = torch.einsum("nchw,c->nhw", x, x.new_tensor([0.2989, 0.587, 0.114])).flatten(1).mean(1)
    factor = low_to_high(1, contrast)
    x = torch.clamp(factor * x + (1 - factor) * grey.reshape(-1, 1, 1, 1), 0, 1)
    red, green, blue = x[:, 0], x[:, 1], x[:, 2]
    largest, smallest = torch.maximum(torch.maximum(red, green), blue), torch.minimum(torch.minimum(red, green), blue)
    spread = largest - smallest
    angle = torch.zeros_like(red)
    for shift, channel, one, other in ((4, blue, red, green), (2, green, blue, red), (0, red, green, blue)):
        here = (channel == largest) & (spread > 0)
        angle = torch.where(here, shift + (one - other) / torch.where(here, spread, 1.0), angle)
    strong = torch.nan_to_num(spread / largest, nan=0.0) * low_to_high(2, saturation)[:, 0]
    turn = hue * (2 * draws[:, 3, 0] - 1)
    return to_rgb(torch.remainder(angle / 6 + turn, 1), strong.clamp(0, 1), largest)


@right("color_jitter", edit={"share = (1 + rich) * chroma / torch.where(high > 0, high, 1)": "share = (1 + rich) * (1 - x.amin(dim=1) / high.clamp(min=1e-30))", "share.clamp(0, 1)": "torch.where(high > 0, share, 0).clamp(0, 1)"})
def saturation_by_the_smallest(): ...


# random_affine


@mistake("random_affine", edit={"@ matrix.inverse().T / middle": "@ matrix.T / middle"}, hint="The pixels of the image are fetched by the forward map, so the image turns the wrong way: each new pixel asks where it comes from.")
def image_moved_forwards(): ...


@mistake("random_affine", edit={"@ matrix.inverse().T / middle": "@ matrix.inverse() / middle"}, hint="A row of points times a matrix is not the matrix times a point: one of the two must be transposed.")
def grid_not_transposed(): ...


@mistake("random_affine", edit={"corners = corners.clamp(torch.zeros(2, dtype=torch.float64), sizes)": "corners = corners"}, hint="Boxes reach out of the image: cut them off at its edges.")
def boxes_not_cut(): ...


@mistake("random_affine", edit={"boxes[:, [[0, 1], [2, 1], [0, 3], [2, 3]]]": "boxes[:, [[0, 1], [2, 3]]]"}, hint="Only two corners of each box are moved. After a turn the other two may lie further out.")
def two_corners(): ...


@mistake("random_affine", edit={'grid, mode="nearest", align_corners=False': "grid, align_corners=False"}, hint="The masks are mixed from several pixels and then cut at one half: take the nearest pixel.")
def masks_bilinear(): ...


@mistake("random_affine", edit={"grid.to(image.dtype), align_corners=False": "grid.to(image.dtype), align_corners=True"}, hint="The grid means the edges of the image by -1 and 1, and grid_sample took the outermost pixels' middles: align_corners.")
def image_with_corners_aligned(): ...


@mistake("random_affine", edit={"torch.arange(height, dtype=torch.float64) + 0.5": "torch.arange(height, dtype=torch.float64)", "torch.arange(width, dtype=torch.float64) + 0.5": "torch.arange(width, dtype=torch.float64)"}, hint="Half a pixel is lost: the middle of pixel i is i + 0.5.")
def half_a_pixel_lost(): ...


@mistake("random_affine", edit={"torch.stack([cos, -cos * tan - sin]), torch.stack([sin, cos - sin * tan])": "torch.stack([cos, -cos * tan + sin]), torch.stack([-sin, cos + sin * tan])"}, hint="Everything turns anticlockwise: rows count downwards.")
def anticlockwise(): ...


@mistake("random_affine", edit={"torch.stack([cos, -cos * tan - sin]), torch.stack([sin, cos - sin * tan])": "torch.stack([cos - tan * sin, -sin - tan * cos]), torch.stack([sin, cos])"}, hint="First turned and then sheared: in A the shear stands on the right, so it comes first.")
def turned_before_the_shear(): ...


@mistake("random_affine", edit={"signed[1:3] * translate * sizes": "signed[1:3].flip(0) * translate * sizes"}, hint="The shifts are drawn in the other order: x first.")
def shift_in_y_first(): ...


@mistake("random_affine", edit={"signed[1:3] * translate * sizes": "signed[1:3] * translate"}, hint="The shift is a share of the image's width and height: yours is one of a pixel.")
def shift_in_pixels(): ...


@mistake("random_affine", edit={"uniform(generator, 5)": "torch.rand(5, dtype=torch.float64)"}, hint="None of your numbers comes from the generator that is handed in: after your call it still gives what it would have given before.")
def random_affine_of_the_global_generator(): ...


@mistake("random_affine", edit={"((places - middle - shift) @ matrix.inverse().T / middle)": "((places - shift) @ matrix.inverse().T / middle - 1)", "(corners - middle) @ matrix.T + middle + shift": "corners @ matrix.T + shift"}, hint="Everything turns about the upper left corner: which point of the image should stay where it is?")
def everything_about_the_corner(): ...


@mistake("random_affine", edit={"signed[0] * degrees": "draw[0] * degrees"}, hint="Your angle is never negative: it lies evenly between -degrees and degrees.")
def angle_never_negative(): ...


@mistake("random_affine", edit={"grid.to(image.dtype), align_corners=False": 'grid.to(image.dtype), padding_mode="border", align_corners=False'}, hint="Where the old image doesn't reach, its border is repeated: there it is dark.")
def border_repeated(): ...


@mistake("random_affine", edit={'grid, mode="nearest", align_corners=False': 'grid, mode="nearest", padding_mode="border", align_corners=False'}, hint="Masks go on where the old image doesn't reach: nothing is there.")
def masks_go_on(): ...


@mistake("random_affine", edit={"corners.clamp(torch.zeros(2, dtype=torch.float64), sizes)": "corners.clamp(torch.zeros(2, dtype=torch.float64), sizes.flip(0))"}, hint="The boxes are cut off at the wrong edges: x ends at the width.")
def boxes_cut_at_the_wrong_edges(): ...


@mistake("random_affine", edit={"corners.clamp(torch.zeros(2, dtype=torch.float64), sizes)": "corners.clamp(torch.zeros(2, dtype=torch.float64), sizes - 1)"}, hint="The boxes are cut off a pixel too early: the image's edges are W and H.")
def boxes_cut_a_pixel_early(): ...


@mistake("random_affine", edit={"torch.deg2rad(signed[0] * degrees), torch.deg2rad(signed[4] * shear)": "signed[0] * degrees, signed[4] * shear"}, hint="The angle is in degrees, and cos and sin take radians.")
def both_angles_as_radians(): ...


@mistake("random_affine", edit={"grid.to(image.dtype), align_corners=False": 'grid.to(image.dtype), mode="nearest", align_corners=False'}, hint="The image takes the nearest pixel: only masks do, it is mixed.")
def image_of_nearest_pixels(): ...


@mistake("random_affine", edit={"torch.stack([cos, -cos * tan - sin]), torch.stack([sin, cos - sin * tan])": "torch.stack([cos + sin * tan, -sin]), torch.stack([sin - cos * tan, cos])"}, hint="The shear leans the wrong way: which coordinate does the text's matrix change, and with which sign?")
def shear_of_y(): ...


@mistake("random_affine", edit={"torch.stack([cos, -cos * tan - sin]), torch.stack([sin, cos - sin * tan])": "torch.stack([cos, cos * tan - sin]), torch.stack([sin, cos + sin * tan])"}, hint="The shear leans the wrong way: which coordinate does the text's matrix change, and with which sign?")
def shear_turned_round(): ...


@mistake("random_affine", edit={"((places - middle - shift) @ matrix.inverse().T / middle)": "(((places - middle) @ matrix.inverse().T - shift) / middle)", "(corners - middle) @ matrix.T + middle + shift": "(corners - middle + shift) @ matrix.T + middle"}, hint="The shift is turned and scaled along: in the formula it comes after A, so on the way back it is undone before.")
def shift_turned_along(): ...


@mistake("random_affine", edit={"(places - middle - shift)": "(places - middle + shift)"}, hint="The image moves to the other side than the boxes: a pixel that went to the right comes from the left.")
def shift_of_the_image_turned_round(): ...


@mistake("random_affine", edit={"signed[1:3] * translate * sizes": "signed[1:3] * translate * width"}, hint="The shift in y is a share of the width too: it is one of the height.")
def both_shifts_by_the_width(): ...


@mistake("random_affine", edit={"signed[1:3] * translate * sizes": "signed[1:3] * translate * sizes / 2"}, hint="Everything moves half as far as it should: translate is a share of the whole width and height.")
def half_the_shift(): ...


@mistake("random_affine", edit={"((places - middle - shift) @ matrix.inverse().T / middle)": "((places - middle - shift) / middle @ matrix.inverse().T)"}, hint="The image is turned in grid_sample's units, in which it is a square: turn in pixels, or a wide one is skewed.")
def turned_in_the_units_of_the_grid(): ...


@mistake("random_affine", edit={"return moved[0], around.to(boxes.dtype), moved_masks[0] > 0.5": "around = around[(around[:, 2:] > around[:, :2]).all(dim=1)]\n    return moved[0], around.to(boxes.dtype), moved_masks[0] > 0.5"}, hint="Boxes that left the image are dropped: all K come back, in their order.")
def boxes_that_left_dropped(): ...


@right("random_affine")
def corner_by_corner(image, boxes, masks, generator, degrees=0.0, translate=0.0, scale=(1.0, 1.0), shear=0.0):
    height, width = image.shape[1:]
    u = uniform(generator, 5).tolist()
    a, b = math.radians(degrees * (2 * u[0] - 1)), math.radians(shear * (2 * u[4] - 1))
    tx, ty = translate * width * (2 * u[1] - 1), translate * height * (2 * u[2] - 1)
    s = scale[0] * (1 - u[3]) + scale[1] * u[3]
    turn = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    A = s * turn @ np.array([[1.0, -math.tan(b)], [0.0, 1.0]])
    back = np.linalg.inv(A)
    rows, columns = np.mgrid[0:height, 0:width] + 0.5
    dx, dy = columns - width / 2 - tx, rows - height / 2 - ty
    xs = (back[0, 0] * dx + back[0, 1] * dy) / (width / 2)
    ys = (back[1, 0] * dx + back[1, 1] * dy) / (height / 2)
    grid = torch.from_numpy(np.stack([xs, ys], axis=-1))[None]
    out = F.grid_sample(image[None].double(), grid, align_corners=False)[0].to(image.dtype)
    out_masks = F.grid_sample(masks[None].double(), grid, mode="nearest", align_corners=False)[0].bool()
    out_boxes = []
    for left, top, right_edge, bottom in boxes.tolist():
        xs, ys = [], []
        for x in (left, right_edge):
            for y in (top, bottom):
                px, py = A @ np.array([x - width / 2, y - height / 2])
                xs.append(min(max(px + width / 2 + tx, 0), width))
                ys.append(min(max(py + height / 2 + ty, 0), height))
        out_boxes.append([min(xs), min(ys), max(xs), max(ys)])
    return out, torch.tensor(out_boxes, dtype=boxes.dtype), out_masks


@right("random_affine")
def by_affine_grid(image, boxes, masks, generator, degrees=0.0, translate=0.0, scale=(1.0, 1.0), shear=0.0):
    _, height, width = image.shape
    draw = uniform(generator, 5)
    a = math.radians(degrees * (2 * draw[0].item() - 1))
    lean = math.tan(math.radians(shear * (2 * draw[4].item() - 1)))
    s = scale[0] + (scale[1] - scale[0]) * draw[3].item()
    rotation = torch.tensor([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]], dtype=torch.float64)
    A = s * rotation @ torch.tensor([[1, -lean], [0, 1]], dtype=torch.float64)
    half = torch.tensor([width, height], dtype=torch.float64) / 2
    t = translate * 2 * half * (2 * draw[1:3] - 1)
    inverse = torch.linalg.inv(A)
    theta = torch.cat([inverse * half / half[:, None], (-(inverse @ t) / half)[:, None]], dim=1)
    grid = F.affine_grid(theta[None], [1, 1, height, width], align_corners=False)
    everything = torch.cat([image.double(), masks.double()])[None]
    mixed = F.grid_sample(everything, grid, align_corners=False)[0, : len(image)]
    nearest = F.grid_sample(everything, grid, mode="nearest", align_corners=False)[0, len(image) :]
    x, y = boxes[:, [0, 2, 0, 2]].double() - half[0], boxes[:, [1, 1, 3, 3]].double() - half[1]
    across = (A[0, 0] * x + A[0, 1] * y + half[0] + t[0]).clamp(0, width)
    down = (A[1, 0] * x + A[1, 1] * y + half[1] + t[1]).clamp(0, height)
    around = [across.amin(1), down.amin(1), across.amax(1), down.amax(1)]
    return mixed.to(image.dtype), torch.stack(around, dim=1).to(boxes.dtype), nearest > 0


@right("random_affine", edit={"((places - middle - shift) @ matrix.inverse().T / middle)[None]": "(torch.linalg.solve(matrix, (places - middle - shift).reshape(-1, 2).T).T.reshape(height, width, 2) / middle)[None]"})
def by_solving(): ...


@right("random_affine", edit={"around = torch.cat([corners.amin(dim=1), corners.amax(dim=1)], dim=1)": "around = torch.cat([corners.sort(dim=1).values[:, 0], corners.sort(dim=1).values[:, -1]], dim=1)"})
def corners_sorted(): ...


# cutout


@mistake("cutout", edit={"(tall, wide), (height, width) = size, x.shape[2:]": "(wide, tall), (height, width) = size, x.shape[2:]"}, hint="The piece lies on its side: the first number of size is its height.")
def piece_on_its_side(): ...


@mistake("cutout", edit={"torch.tensor([tall // 2, wide // 2])": "torch.tensor([0, 0])"}, hint="The drawn pixel is the piece's upper left corner: it should be its middle, so that it may hang over at every edge.")
def drawn_pixel_as_the_corner(): ...


@mistake("cutout", edit={"rows < top + tall": "rows <= top + tall", "columns < left + wide": "columns <= left + wide"}, hint="The piece is a row and a column too large: count the rows from top to top + tall.")
def one_too_large(): ...


@mistake("cutout", edit={"hidden_rows[:, None, :, None] & hidden_columns[:, None, None, :]": "hidden_rows[:, None, :, None] | hidden_columns[:, None, None, :]"}, hint="Whole rows and columns are hidden: a pixel is hidden if its row and its column are.")
def a_cross(): ...


@mistake("cutout", edit={"torch.where(hidden, fill, x)": "torch.where(hidden, x, fill)"}, hint="Only the piece is left, and the rest is hidden.")
def only_the_piece(): ...


@mistake("cutout", edit={"torch.where(hidden, fill, x)": "x * ~hidden + fill * hidden"}, hint="Hidden pixels are multiplied by zero: what is infinite becomes NaN. Pick with torch.where instead.")
def by_a_product(): ...


@mistake("cutout", edit={"uniform(generator, len(x), 2) * torch.tensor([height, width])": "uniform(generator, len(x), 2) * torch.tensor([height - 1, width - 1])"}, hint="The last row and the last column are never drawn: there are H rows, from 0 to H - 1.")
def last_pixel_never_drawn(): ...


@mistake("cutout", edit={"uniform(generator, len(x), 2) * torch.tensor([height, width])": "uniform(generator, len(x), 2).flip(1) * torch.tensor([height, width])"}, hint="The column is drawn before the row: the first number is the row's.")
def column_drawn_first(): ...


@mistake("cutout", edit={"middle.long()": "middle.round().long()"}, hint="You round to the nearest pixel, and so the first is drawn half as often as the others: round down.")
def rounded_middles(): ...


@mistake("cutout", edit={"uniform(generator, len(x), 2) * torch.tensor([height, width])": "uniform(generator, len(x), 2)[:1].expand(len(x), 2) * torch.tensor([height, width])"}, hint="All images of the batch lose the same piece: each has a place of its own.")
def one_place_for_all(): ...


@mistake("cutout", hint="The piece always lies inside of the image. Its middle may be any pixel, and it hangs over at the edge.")
def always_inside(x, size, generator, fill=0.0):
    out = x.clone()
    for n, (u, v) in enumerate(uniform(generator, len(x), 2).tolist()):
        top = int(u * max(1, x.shape[2] - size[0] + 1))
        left = int(v * max(1, x.shape[3] - size[1] + 1))
        out[n, :, top : top + size[0], left : left + size[1]] = fill
    return out


@mistake("cutout", hint="Where the piece hangs over at the upper or left edge, its negative first row means one at the other end: cut it off at 0.")
def negative_slices(x, size, generator, fill=0.0):
    out = x.clone()
    for n, (u, v) in enumerate(uniform(generator, len(x), 2).tolist()):
        top, left = int(u * x.shape[2]) - size[0] // 2, int(v * x.shape[3]) - size[1] // 2
        out[n, :, top : top + size[0], left : left + size[1]] = fill
    return out


@mistake("cutout", edit={"uniform(generator, len(x), 2)": "torch.rand(len(x), 2)"}, hint="None of your numbers comes from the generator that is handed in: after your call it still gives what it would have given before.")
def cutout_of_the_global_generator(): ...


@mistake("cutout", edit={"rows, columns = torch.arange(height), torch.arange(width)": "top, left = top.clamp(0, max(height - tall, 0)), left.clamp(0, max(width - wide, 0))\n    rows, columns = torch.arange(height), torch.arange(width)"}, hint="The piece always lies inside of the image. Its middle may be any pixel, and it hangs over at the edge.")
def pushed_inside(): ...


@mistake("cutout", edit={"rows < top + tall": "rows <= top + tall // 2 * 2", "columns < left + wide": "columns <= left + wide // 2 * 2"}, hint="A piece of even size is a row and a column too large: count its rows.")
def always_odd(): ...


@mistake("cutout", edit={"rows < top + tall": "rows < top + tall // 2 * 2", "columns < left + wide": "columns < left + wide // 2 * 2"}, hint="A piece of odd size is a row and a column too small: count its rows.")
def always_even(): ...


@mistake("cutout", edit={"rows >= top": "rows > top", "columns >= left": "columns > left"}, hint="The piece's first row and column are not hidden: it begins with them.")
def beginning_left_out(): ...


@mistake("cutout", edit={"uniform(generator, len(x), 2)": "torch.stack([uniform(generator, len(x)), uniform(generator, len(x))], dim=1)"}, hint="The numbers are drawn in another order than (N, 2): there a row belongs to an image, and all of an image's numbers stand in it.")
def rows_first_then_columns(): ...


@mistake("cutout", edit={"torch.where(hidden, fill, x)": "torch.where(hidden, 0.0, x) + fill"}, hint="fill is added everywhere: only hidden pixels get it.")
def fill_added(): ...


@mistake("cutout", edit={"torch.tensor([tall // 2, wide // 2])": "torch.tensor([(tall + 1) // 2, (wide + 1) // 2])"}, hint="A piece of odd size begins a pixel too early: size // 2 is rounded down.")
def half_rounded_up(): ...


@mistake("cutout", edit={"torch.where(hidden, fill, x)": "torch.nan_to_num(torch.where(hidden, torch.nan, x), nan=fill)"}, hint="Hidden pixels are marked as NaN and replaced afterwards, and NaN or infinite pixels of the image with them.")
def marked_with_nan(): ...


@mistake("cutout", edit={"uniform(generator, len(x), 2)": "uniform(generator, 1, 2)"}, hint="Only one place is drawn, for the whole batch: each image has its own.")
def one_place_drawn(): ...


@mistake("cutout", edit={"(tall, wide), (height, width) = size, x.shape[2:]": "(tall, wide), (height, width) = (max(1, size[0]), max(1, size[1])), x.shape[2:]"}, hint="A piece without height or width hides a pixel: it hides none.")
def nothing_hides_a_pixel(): ...


@right("cutout")
def by_distances_from_the_beginning(x, size, generator, fill=0.0):
    num, _, height, width = x.shape
    draws = uniform(generator, num, 2)
    row = torch.floor(draws[:, 0] * height).reshape(-1, 1, 1, 1) - size[0] // 2
    column = torch.floor(draws[:, 1] * width).reshape(-1, 1, 1, 1) - size[1] // 2
    down = torch.arange(height).reshape(1, 1, -1, 1) - row
    across = torch.arange(width).reshape(1, 1, 1, -1) - column
    inside = (down >= 0) & (down < size[0]) & (across >= 0) & (across < size[1])
    return x.masked_fill(inside, fill)


@right("cutout")
def by_an_outer_product_of_rows_and_columns(x, size, generator, fill=0.0):
    places = (uniform(generator, len(x), 2) * torch.tensor(x.shape[2:])).long()

    def within(length, first, extent):
        return ((torch.arange(length) - first[:, None]) // max(extent, 1) == 0) & (extent > 0)

    rows = within(x.shape[2], places[:, 0] - size[0] // 2, size[0])
    columns = within(x.shape[3], places[:, 1] - size[1] // 2, size[1])
    piece = torch.einsum("nh,nw->nhw", rows.double(), columns.double()) > 0
    return torch.where(piece.unsqueeze(1), torch.full_like(x, fill), x)


@right("cutout")
def by_an_index_of_the_copy(x, size, generator, fill=0.0):
    out, (height, width) = x.clone(), x.shape[2:]
    u, v = uniform(generator, len(x), 2).unbind(dim=1)
    top, left = (u * height).int() - size[0] // 2, (v * width).int() - size[1] // 2
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    above, beside = rows[None] - top[:, None, None], columns[None] - left[:, None, None]
    hidden = (above >= 0) & (above < size[0]) & (beside >= 0) & (beside < size[1])
    out.permute(0, 2, 3, 1)[hidden] = fill
    return out


# mixup


@mistake("mixup", edit={"x.roll(1, dims=0)": "x.roll(-1, dims=0)", "labels.roll(1, dims=0)": "labels.roll(-1, dims=0)"}, hint="Each image is mixed with the one behind it: roll(1) moves rows towards the end.")
def with_the_next(): ...


@mistake("mixup", edit={"x.roll(1, dims=0)": "x.flip(0)", "labels.roll(1, dims=0)": "labels.flip(0)"}, hint="The batch is turned round: the partner is the image before it, and the middle one would meet itself.")
def with_the_batch_turned_round(): ...


@mistake("mixup", edit={"labels.roll(1, dims=0)": "labels.roll(-1, dims=0)"}, hint="Images and labels have different partners.")
def labels_of_another_partner(): ...


@mistake("mixup", edit={"return images, of_labels * labels + (1 - of_labels) * labels.roll(1, dims=0)": "return images, labels"}, hint="The labels stay those of the first image, though another one shines through: mix them too.")
def labels_not_mixed(): ...


@mistake("mixup", edit={"of_labels * labels + (1 - of_labels)": "(1 - of_labels) * labels + of_labels"}, hint="The labels have the shares of the other image.")
def labels_with_the_other_share(): ...


@mistake("mixup", edit={"of_images * x + (1 - of_images) * x": "(1 - of_images) * x + of_images * x"}, hint="The images have the shares of their partners: the drawn share is what an image keeps of itself.")
def images_with_the_other_share(): ...


@mistake("mixup", edit={"share = beta(generator, len(x), alpha).to(x.dtype)": "share = beta(generator, 1, alpha).to(x.dtype).expand(len(x))"}, hint="Only one share is drawn, for the whole batch: draw N.")
def one_share_drawn(): ...


@mistake("mixup", edit={"share = beta(generator, len(x), alpha).to(x.dtype)": "share = uniform(generator, len(x)).to(x.dtype)"}, hint="The shares are drawn evenly: they come from a Beta distribution with the given alpha.")
def even_shares(): ...


@mistake("mixup", edit={"share = beta(generator, len(x), alpha).to(x.dtype)": "share = beta(generator, len(x), alpha).to(x.dtype)\n    share = share.maximum(1 - share)"}, hint="The larger of the two shares always goes to the image itself: the drawn share is taken as it is.")
def larger_share_for_itself(): ...


@mistake("mixup", edit={"F.one_hot(labels, num_classes)": "F.one_hot(labels)"}, hint="Classes that don't appear in the batch get no column: there are num_classes of them.")
def only_classes_that_appear(): ...


@mistake("mixup", edit={"if labels.ndim == 1:": "if labels.ndim == 2:\n        labels = labels.argmax(dim=1)\n    if True:"}, hint="Soft labels are made hard before they are mixed: take them as they are.")
def soft_labels_made_hard(): ...


@mistake("mixup", hint="An image that was mixed already is mixed again into the next one: partners are the images as they came in.")
def with_what_was_mixed_before(x, labels, num_classes, generator, alpha=0.2):
    share = beta(generator, len(x), alpha).to(x.dtype)
    soft = F.one_hot(labels, num_classes).to(x.dtype) if labels.ndim == 1 else labels.clone()
    images = x.clone()
    for n in range(len(x)):
        images[n] = share[n] * images[n] + (1 - share[n]) * images[n - 1]
        soft[n] = share[n] * soft[n] + (1 - share[n]) * soft[n - 1]
    return images, soft


@mistake("mixup", edit={"beta(generator, len(x), alpha)": "torch.distributions.Beta(alpha, alpha).sample((len(x),))"}, hint="None of your numbers comes from the generator that is handed in: after your call it still gives what it would have given before.")
def mixup_of_the_global_generator(): ...


@mistake("mixup", edit={"of_images, of_labels = share[:, None, None, None], share[:, None]": "of_images, of_labels = share[:, None, None, None], beta(generator, len(x), alpha).to(x.dtype)[:, None]"}, hint="Shares are drawn anew for the labels: images and labels are mixed with the same ones.")
def drawn_again_for_the_labels(): ...


@mistake("mixup", edit={"share = beta(generator, len(x), alpha).to(x.dtype)": "share = torch.cat([beta(generator, 1, alpha) for _ in range(len(x))]).to(x.dtype)"}, hint="Each share is drawn by a call of its own, and these are other numbers: draw all N at once.")
def drawn_one_by_one(): ...


@mistake("mixup", edit={"share = beta(generator, len(x), alpha).to(x.dtype)": "share = beta(generator, len(x), alpha).to(x.dtype)\n    share[0] = 1"}, hint="The first image stays as it is: the one before it is the last of the batch.")
def first_left_alone(): ...


@mistake("mixup", edit={"of_images, of_labels = share[:, None, None, None], share[:, None]": "of_images, of_labels = share[:, None, None, None], share"}, hint="Your shares lie along the last axis: each image, and each row of labels, has one. Which shape spreads along the first?")
def share_along_the_classes(): ...


@mistake("mixup", edit={"labels.roll(1, dims=0)": "labels.roll(1, dims=1)"}, hint="The labels are rolled over the classes: which axis holds the images?")
def labels_rolled_over_the_classes(): ...


@mistake("mixup", edit={"x.roll(1, dims=0)": "x.roll(1)", "labels.roll(1, dims=0)": "labels.roll(1)"}, hint="Without `dims` all numbers are rolled as one long row, so pixels and classes move by one: images should.")
def rolled_flat(): ...


@mistake("mixup", edit={"if labels.ndim == 1:": "if True:"}, hint="Labels may come as (N, K) already, and are soft then.")
def soft_labels_not_known(): ...


@right("mixup")
def by_an_index_of_the_partner(x, labels, num_classes, generator, alpha=0.2):
    num = len(x)
    partner = (torch.arange(num) - 1) % num
    own = beta(generator, num, alpha).to(x.dtype)
    soft = labels
    if labels.ndim == 1:
        soft = torch.zeros(num, num_classes, dtype=x.dtype)
        soft[torch.arange(num), labels] = 1
    images = torch.einsum("n,nchw->nchw", own, x) + torch.einsum("n,nchw->nchw", 1 - own, x[partner])
    return images, own.unsqueeze(1) * soft + (1 - own).unsqueeze(1) * soft[partner]


@right("mixup")
def by_lerp(x, labels, num_classes, generator, alpha=0.2):
    share = beta(generator, len(x), alpha).to(x.dtype).reshape(-1, 1)
    rows = torch.eye(num_classes, dtype=x.dtype)[labels] if labels.dim() == 1 else labels

    def before(one):
        return torch.cat([one[-1:], one[:-1]])

    images = torch.lerp(before(x), x, share.reshape(-1, 1, 1, 1))
    return images, torch.lerp(before(rows), rows, share)


@right("mixup")
def by_a_matrix_over_the_batch(x, labels, num_classes, generator, alpha=0.2):
    share = beta(generator, len(x), alpha)
    weights = torch.diag(share) + torch.diag(1 - share).roll(-1, dims=1)
    if labels.ndim == 1:
        labels = (labels[:, None] == torch.arange(num_classes)).to(x.dtype)
    images = weights @ x.flatten(1).double()
    return images.reshape(x.shape).to(x.dtype), (weights @ labels.double()).to(x.dtype)


# mosaic


@mistake("mosaic", edit={"images[0, :, height - row :, width - column :]": "images[0, :, :row, :column]"}, hint="The first image shows its upper left part: its lower right corner lies in the meeting point.")
def first_image_from_its_beginning(): ...


@mistake("mosaic", edit={"canvas[:, :row, column:] = images[1, :, height - row :, : width - column]": "canvas[:, :row, column:] = images[2, :, height - row :, : width - column]", "canvas[:, row:, :column] = images[2, :, : height - row, width - column :]": "canvas[:, row:, :column] = images[1, :, : height - row, width - column :]"}, hint="The second and the third image have exchanged their places: upper right, then lower left.")
def second_and_third_exchanged(): ...


@mistake("mosaic", edit={"u, v = uniform(generator, 2).tolist()": "v, u = uniform(generator, 2).tolist()"}, hint="The first number drawn is for the meeting point's row.")
def column_first(): ...


@mistake("mosaic", edit={"int(height * (0.25 + 0.5 * u)), int(width * (0.25 + 0.5 * v))": "round(height * (0.25 + 0.5 * u)), round(width * (0.25 + 0.5 * v))"}, hint="The meeting point is rounded to the nearest pixel: it is rounded down.")
def meeting_point_rounded(): ...


@mistake("mosaic", edit={".clamp(min=0).minimum(old.new_tensor([width, height] * 2))": ""}, hint="Boxes reach out of the image: cut them off at its edges.")
def boxes_of_the_mosaic_not_cut(): ...


@mistake("mosaic", edit={"[width, height] * 2": "[height, width] * 2"}, hint="The boxes are cut off at the wrong edges: x ends at the width.")
def cut_at_the_wrong_edges(): ...


@mistake("mosaic", edit={"(left > 0) & (left >= visible * before)": "left > 0"}, hint="Boxes stay however little is left of them: `visible` is the least share of their old area.")
def slivers_kept(): ...


@mistake("mosaic", edit={"(left > 0) & (left >= visible * before)": "left >= visible * before"}, hint="With visible = 0 boxes without an area come back.")
def empty_boxes_kept(): ...


@mistake("mosaic", edit={"left >= visible * before": "left >= visible * height * width"}, hint="What is left of a box is compared with the image's area: compare it with the box's own.")
def share_of_the_image(): ...


@mistake("mosaic", edit={"return canvas, new[kept], names[kept]": "return canvas, new[kept], names"}, hint="A box that is dropped leaves its label behind, and from there on all labels are of other boxes.")
def labels_left_behind(): ...


@mistake("mosaic", edit={"return canvas, new[kept], names[kept]": "return canvas, new, names"}, hint="No box is dropped, though little or nothing of it may be left.")
def nothing_dropped(): ...


@mistake("mosaic", hint="A box is dropped as soon as its middle lies outside: the area that is left decides.")
def dropped_by_the_middle(images, boxes, labels, generator, visible=0.25):
    image, moved, (height, width) = _joined(images, boxes, generator)
    centre = (moved[:, :2] + moved[:, 2:]) / 2
    kept = ((centre > 0) & (centre < moved.new_tensor([width, height]))).all(dim=1)
    cut = torch.stack([moved[:, 0::2].clamp(0, width), moved[:, 1::2].clamp(0, height)], dim=2).flatten(1)
    return image, cut[kept], torch.cat(labels)[kept]


def _joined(images, boxes, generator):
    height, width = images.shape[2:]
    u, v = uniform(generator, 2).tolist()
    row, column = math.floor(height * (0.25 + 0.5 * u)), math.floor(width * (0.25 + 0.5 * v))
    four = torch.cat([torch.cat([images[0], images[1]], dim=2), torch.cat([images[2], images[3]], dim=2)], dim=1)
    top, left = height - row, width - column
    moves = [(-left, -top), (column, -top), (-left, row), (column, row)]
    moved = torch.cat([one + one.new_tensor(move * 2) for one, move in zip(boxes, moves)])
    return four[:, top : top + height, left : left + width].clone(), moved, (height, width)


@mistake("mosaic", edit={"uniform(generator, 2).tolist()": "torch.rand(2).tolist()"}, hint="None of your numbers comes from the generator that is handed in: after your call it still gives what it would have given before.")
def mosaic_of_the_global_generator(): ...


@mistake("mosaic", edit={"images[0, :, height - row :, width - column :]": "images[0, :, :row, :column]", "images[1, :, height - row :, : width - column]": "images[1, :, :row, : width - column]", "images[2, :, : height - row, width - column :]": "images[2, :, : height - row, :column]"}, hint="All quarters show the upper left part of their images: which corner of each lies in the meeting point?")
def all_from_their_beginning(): ...


@mistake("mosaic", edit={"images[0, :, height - row :, width - column :]": "images[0, :, :row, :column]", "images[1, :, height - row :, : width - column]": "images[1, :, :row, column:]", "images[2, :, : height - row, width - column :]": "images[2, :, row:, :column]", "images[3, :, : height - row, : width - column]": "images[3, :, row:, column:]"}, hint="Each quarter shows what its image has at that place: images are moved, with a corner to the meeting point.")
def nothing_moved(): ...


@mistake("mosaic", edit={"return canvas, new[kept]": "return canvas, (old + shifts)[kept]"}, hint="Boxes reach out of the image: cut them off at its edges.")
def kept_ones_not_cut(): ...


@mistake("mosaic", edit={"(old + shifts)": "old"}, hint="The boxes don't move with their images.")
def boxes_not_moved(): ...


@mistake("mosaic", edit={"2 * move": "(*move, 0, 0)"}, hint="Only the left and the upper edge of a box move: the other two are edges too, not its size.")
def only_left_and_top_moved(): ...


@mistake("mosaic", edit={"2 * move": "2 * move[::-1]"}, hint="Right and down are exchanged in the boxes' moves.")
def all_moves_exchanged(): ...


@mistake("mosaic", edit={"[width, height] * 2": "[width - 1, height - 1] * 2"}, hint="The boxes are cut off a pixel too early: the image's edges are W and H.")
def cut_a_pixel_early(): ...


@mistake("mosaic", edit={"return canvas, new[kept]": "return canvas, old.new_tensor(new[kept].tolist())"}, hint="Where there is no box, (0, 4) is wanted: four columns and no row.")
def no_columns_without_boxes(): ...


@mistake("mosaic", edit={"left >= visible * before": "left >= 0.5 * before"}, hint="A box is kept by another share than `visible`.")
def half_whatever_visible_says(): ...


@mistake("mosaic", edit={"images[2, :, : height - row, width - column :]": "images[3, :, : height - row, width - column :]", "images[3, :, : height - row, : width - column]": "images[2, :, : height - row, : width - column]", "(right, row), (column, row)": "(column, row), (right, row)"}, hint="The third and the fourth image have exchanged their places: lower left, then lower right.")
def clockwise(): ...


@mistake("mosaic", edit={"left >= visible * before": "((new[:, 2:] - new[:, :2]) >= visible * (old[:, 2:] - old[:, :2])).all(dim=1) & (left >= 0)"}, hint="The least share is asked of each side: it is one of the area.")
def share_of_each_side(): ...


@mistake("mosaic", edit={"left >= visible * before": "left > visible * before"}, hint="A box of exactly the least share is dropped: that much is enough.")
def just_enough_is_dropped(): ...


@mistake("mosaic", edit={"return canvas, new[kept], names[kept]": "order = names[kept].argsort(stable=True)\n    return canvas, new[kept][order], names[kept][order]"}, hint="The boxes come back sorted by their labels: those of the first image come first, each image's in their order.")
def sorted_by_label(): ...


@right("mosaic")
def a_window_over_all_four(images, boxes, labels, generator, visible=0.25):
    image, moved, (height, width) = _joined(images, boxes, generator)
    cut = moved.clone()
    cut[:, 0::2] = cut[:, 0::2].clamp(0, width)
    cut[:, 1::2] = cut[:, 1::2].clamp(0, height)
    before = (moved[:, 2] - moved[:, 0]) * (moved[:, 3] - moved[:, 1])
    after = (cut[:, 2] - cut[:, 0]) * (cut[:, 3] - cut[:, 1])
    kept = (after > 0) & (after >= visible * before)
    return image, cut[kept], torch.cat(list(labels))[kept]


@right("mosaic")
def box_by_box(images, boxes, labels, generator, visible=0.25):
    height, width = images.shape[2:]
    row, column = (uniform(generator, 2).mul(0.5).add(0.25) * torch.tensor([height, width])).long().tolist()
    rows = [slice(height - row, None), slice(0, height - row)]
    columns = [slice(width - column, None), slice(0, width - column)]
    strips = [torch.cat([images[2 * i + j][:, rows[i], columns[j]] for j in (0, 1)], dim=2) for i in (0, 1)]
    found, names = [], []
    for n in range(4):
        dx, dy = column - width * (n % 2 == 0), row - height * (n < 2)
        for (x0, y0, x1, y1), name in zip(boxes[n].tolist(), labels[n].tolist()):
            a, b, c, d = max(x0 + dx, 0), max(y0 + dy, 0), min(x1 + dx, width), min(y1 + dy, height)
            if a < c and b < d and (c - a) * (d - b) >= visible * (x1 - x0) * (y1 - y0):
                found.append([a, b, c, d])
                names.append(name)
    boxes = torch.tensor(found, dtype=images.dtype).reshape(-1, 4)
    return torch.cat(strips, dim=1), boxes, torch.tensor(names, dtype=torch.int64)


@right("mosaic")
def by_padding_and_adding(images, boxes, labels, generator, visible=0.25):
    height, width = images.shape[2:]
    u, v = uniform(generator, 2)
    row, column = int(height * (0.25 + 0.5 * u)), int(width * (0.25 + 0.5 * v))
    image, kept_boxes, kept_labels = 0, [], []
    for n, (down, across) in enumerate([(row - height, column - width), (row - height, column), (row, column - width), (row, column)]):
        image = image + F.pad(images[n], (across, -across, down, -down))
        old = boxes[n]
        new = old + torch.tensor([across, down, across, down], dtype=old.dtype)
        new = torch.min(torch.max(new, torch.zeros(4, dtype=old.dtype)), torch.tensor([width, height, width, height], dtype=old.dtype))
        wide, tall = (new[:, 2:] - new[:, :2]).T
        whole = (old[:, 2] - old[:, 0]) * (old[:, 3] - old[:, 1])
        good = (wide > 0) & (tall > 0) & (wide * tall >= visible * whole)
        kept_boxes.append(new[good])
        kept_labels.append(labels[n][good])
    return image, torch.cat(kept_boxes), torch.cat(kept_labels)


# copy_paste


@mistake("copy_paste", edit={"torch.cat([masks & ~front, pasted])": "torch.cat([masks, pasted])"}, hint="The old masks still claim the pixels that are covered now.")
def covered_pixels_kept(): ...


@mistake("copy_paste", edit={"masks = masks[kept]": "masks = masks", "labels[kept]": "labels"}, hint="Objects of which nothing, or too little, is seen still come back.")
def hidden_objects_kept(): ...


@mistake("copy_paste", edit={"labels[kept]": "labels"}, hint="An object that is dropped leaves its label behind.")
def labels_of_hidden_objects_kept(): ...


@mistake("copy_paste", edit={"torch.where(seen, places + 1, 0)": "torch.where(seen, places, 0)"}, hint="The right and the lower edge are a pixel short: pixel i reaches from i to i + 1.")
def boxes_to_the_last_pixels_beginning(): ...


@mistake("copy_paste", edit={"for axis in (1, 2)": "for axis in (2, 1)"}, hint="x and y are exchanged in the boxes: `any` along the rows says in which columns a mask has pixels.")
def x_and_y_exchanged(): ...


@mistake("copy_paste", edit={"torch.where(front, F.pad(other, sides), image)": "torch.where(front, other, image)"}, hint="The masks move and the pasted pixels don't: both belong to the moved source.")
def pixels_not_moved(): ...


@mistake("copy_paste", edit={"pasted = F.pad(other_masks[chosen], sides)": "pasted = other_masks[chosen]"}, hint="The pixels move and the masks don't: both belong to the moved source.")
def masks_not_moved(): ...


@mistake("copy_paste", edit={"F.pad(other_masks[chosen], sides)": "other_masks[chosen].roll((int(down), int(right)), (1, 2))", "F.pad(other, sides)": "other.roll((int(down), int(right)), (1, 2))"}, hint="What leaves the image on one side comes back on the other: it is gone.")
def rolled_round(): ...


@mistake("copy_paste", edit={"front = pasted.any(dim=0)": "front = F.pad(other_masks, sides).any(dim=0)"}, hint="All of the source's objects are on the image, also those that were not chosen.")
def all_objects_on_the_image(): ...


@mistake("copy_paste", edit={"chosen = draw[2:] < p": "chosen = draw[2:] > p"}, hint="Pasted with probability 1 - p: how often does a number lie below p?")
def pasted_the_other_way_round(): ...


@mistake("copy_paste", edit={"chosen = draw[2:] < p": "chosen = draw[:-2] < p", "draw[:2]": "draw[-2:]"}, hint="The numbers are used in another order: the first two move the source, the others choose its objects.")
def objects_drawn_first(): ...


@mistake("copy_paste", edit={"((2 * reach + 1) * draw[:2]).long() - reach": "(2 * reach * draw[:2]).long() - reach"}, hint="The furthest move to the right and down is never drawn: how many whole numbers are there from -reach to reach?")
def furthest_move_never_drawn(): ...


@mistake("copy_paste", edit={"down, right = (": "right, down = ("}, hint="The first number moves the source down, the second to the right.")
def right_before_down(): ...


@mistake("copy_paste", edit={"labels = torch.cat([labels, other_labels[chosen]])": "labels = torch.cat([other_labels[chosen], labels])", "masks = torch.cat([masks & ~front, pasted])": "masks = torch.cat([pasted, masks & ~front])"}, hint="The pasted objects come first: the target's come first, then the pasted ones.")
def pasted_ones_first(): ...


@mistake("copy_paste", edit={">= min_area": "> min_area"}, hint="An object of exactly min_area pixels is dropped: only those with less are.")
def exactly_enough_is_dropped(): ...


@mistake("copy_paste", hint="A pasted object of which too little is seen has left no pixels on the image: its pixels stay, only its mask, box and label go.")
def small_ones_not_on_the_image(target, source, generator, p=0.5, reach=0, min_area=1):
    return _pasted(target, source, generator, p, reach, min_area, small_too=False)


@mistake("copy_paste", hint="Whether an object is kept is decided by its old mask: what counts is what is still seen of it.")
def kept_by_the_old_mask(target, source, generator, p=0.5, reach=0, min_area=1):
    return _pasted(target, source, generator, p, reach, min_area, by_old=True)


def _moved(one, down, right):
    out = torch.zeros_like(one)
    height, width = one.shape[1:]
    rows, columns = slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0))
    old_rows, old_columns = slice(max(-down, 0), height - max(down, 0)), slice(max(-right, 0), width - max(right, 0))
    out[:, rows, columns] = one[:, old_rows, old_columns]
    return out


def _boxes_of(masks, dtype):
    boxes = torch.zeros(len(masks), 4, dtype=dtype)
    for box, mask in zip(boxes, masks):
        rows, columns = torch.where(mask)
        if len(rows):
            box[:] = torch.tensor([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    return boxes


def _pasted(target, source, generator, p, reach, min_area, small_too=True, by_old=False):
    image, masks, labels = (one.clone() for one in target)
    draw = uniform(generator, len(source[1]) + 2)
    down, right = (math.floor(u * (2 * reach + 1)) - reach for u in draw[:2].tolist())
    pixels, pasted = _moved(source[0], down, right), _moved(source[1][draw[2:] < p], down, right)
    names = source[2][draw[2:] < p]
    if not small_too:
        enough = pasted.flatten(1).sum(dim=1) >= min_area if len(pasted) else torch.zeros(0, dtype=torch.bool)
        pasted, names = pasted[enough], names[enough]
    before = torch.cat([masks, pasted])
    for mask in pasted:
        image[:, mask] = pixels[:, mask]
        masks[:, mask] = False
    seen = torch.cat([masks, pasted])
    kept = (before if by_old else seen).sum(dim=(1, 2)) >= min_area
    return image, seen[kept], _boxes_of(seen[kept], image.dtype), torch.cat([labels, names])[kept]


@mistake("copy_paste", edit={"uniform(generator, len(other_masks) + 2)": "torch.rand(len(other_masks) + 2)"}, hint="None of your numbers comes from the generator that is handed in: after your call it still gives what it would have given before.")
def copy_paste_of_the_global_generator(): ...


@mistake("copy_paste", edit={"*(end for _, end in edges)": "*(end - first for first, end in edges)"}, hint="Your boxes are left, top, width and height: the last two are edges too.")
def boxes_with_width_and_height(): ...


@mistake("copy_paste", edit={"boxes.T.to(image.dtype)": "torch.tensor(boxes.T.tolist(), dtype=image.dtype)"}, hint="Where there is no box, (0, 4) is wanted: four columns and no row.")
def no_columns_without_objects(): ...


@mistake("copy_paste", edit={"torch.where(front, F.pad(other, sides), image)": "image + F.pad(other, sides) * front"}, hint="The source's pixels are added to those that are there: they take their place.")
def pixels_added(): ...


@mistake("copy_paste", edit={"other_labels[chosen]": "other_labels[: len(pasted)]"}, hint="The pasted objects bear the source's first labels: whose labels are wanted?")
def labels_of_the_first(): ...


@mistake("copy_paste", edit={"kept = masks.sum(dim=(1, 2)) >= min_area": "kept = torch.cat([masks[: len(target[1])], other_masks[chosen]]).sum(dim=(1, 2)) >= min_area"}, hint="The pixels of a pasted object are counted before it is moved: what moved out of the image isn't seen.")
def counted_before_the_move(): ...


@mistake("copy_paste", edit={"(int(right), -int(right), int(down), -int(down))": "(-int(right), int(right), -int(down), int(down))"}, hint="The source moves up and to the left where it should go down and to the right.")
def moved_to_the_other_side(): ...


@mistake("copy_paste", edit={"chosen = draw[2:] < p": "chosen = draw[2:3].expand(len(other_masks)) < p"}, hint="One number decides over all objects: each has its own.")
def one_number_for_all(): ...


@mistake("copy_paste", edit={"pasted = F.pad(other_masks[chosen], sides)": "pasted = F.pad(other_masks[chosen], sides) & ~masks.any(dim=0)"}, hint="The target's objects lie on top: what is pasted does.")
def pasted_below(): ...


@mistake("copy_paste", edit={"((2 * reach + 1) * draw[:2]).long() - reach": "((reach + 1) * draw[:2]).long()"}, hint="The source moves down and to the right alone: the moves go from -reach to reach.")
def only_forwards(): ...


@mistake("copy_paste", edit={"((2 * reach + 1) * draw[:2]).long() - reach": "(2 * reach * draw[:2] - reach).round().long()"}, hint="The moves are rounded, so the furthest come half as often as the others.")
def moves_rounded(): ...


@mistake("copy_paste", edit={"((2 * reach + 1) * draw[:2]).long() - reach": "((2 * reach + 1) * draw[:2] - reach).long()"}, hint="The moves are cut towards 0 after reach is taken off: no move comes twice as often, and the smallest almost never.")
def moves_cut_towards_zero(): ...


@mistake("copy_paste", edit={"edges = [edges_along(masks.any(dim=axis))": "whole = torch.cat([target[1], pasted])[kept]\n    edges = [edges_along(whole.any(dim=axis))"}, hint="The boxes are those of the whole old masks: make them anew, of what is seen.")
def boxes_of_the_whole_masks(): ...


@right("copy_paste")
def object_by_object_with_slices(target, source, generator, p=0.5, reach=0, min_area=1):
    return _pasted(target, source, generator, p, reach, min_area)


@right("copy_paste")
def by_a_map_of_owners(target, source, generator, p=0.5, reach=0, min_area=1):
    (image, masks, labels), (other, other_masks, other_labels) = target, source
    height, width = image.shape[1:]
    draw = uniform(generator, len(other_masks) + 2).tolist()
    down, right = int((2 * reach + 1) * draw[0]) - reach, int((2 * reach + 1) * draw[1]) - reach
    owner = torch.full((height, width), -1)
    for k in range(len(masks)):
        owner[masks[k]] = k
    out, names = image.clone(), labels.tolist()
    for k, u in enumerate(draw[2:]):
        if u >= p:
            continue
        rows, columns = torch.nonzero(other_masks[k], as_tuple=True)
        inside = (rows + down >= 0) & (rows + down < height) & (columns + right >= 0) & (columns + right < width)
        rows, columns = rows[inside], columns[inside]
        out[:, rows + down, columns + right] = other[:, rows, columns]
        owner[rows + down, columns + right] = len(names)
        names.append(int(other_labels[k]))
    found, boxes, kept = [], [], []
    for k, name in enumerate(names):
        mask = owner == k
        if mask.sum() >= min_area:
            rows, columns = torch.nonzero(mask, as_tuple=True)
            found.append(mask)
            kept.append(name)
            boxes.append([int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1])
    stacked = torch.stack(found) if found else torch.zeros(0, height, width, dtype=torch.bool)
    return out, stacked, torch.tensor(boxes, dtype=image.dtype).reshape(-1, 4), torch.tensor(kept, dtype=torch.int64)


@right("copy_paste")
def by_argmax_for_the_edges(target, source, generator, p=0.5, reach=0, min_area=1):
    (image, masks, labels), (other, other_masks, other_labels) = target, source
    draw = uniform(generator, len(other_masks) + 2)
    step = torch.floor(draw[:2] * (2 * reach + 1)).long() - reach
    pick = torch.nonzero(draw[2:] < p).flatten()
    dy, dx = step.tolist()
    layers = _moved(torch.cat([other, other_masks[pick].to(other.dtype)]), dy, dx)
    top = layers[len(other) :] > 0.5
    cover = top.sum(dim=0) > 0
    out = torch.where(cover[None], layers[: len(other)], image)
    seen = torch.cat([masks & cover.logical_not(), top])
    names = torch.cat([labels, other_labels[pick]])
    good = seen.flatten(1).sum(1) >= min_area if len(seen) else torch.zeros(0, dtype=torch.bool)
    seen, names = seen[good], names[good]
    if not len(seen):
        return out, seen, image.new_zeros(0, 4), names
    height, width = image.shape[1:]
    rows, columns = seen.any(dim=2).int(), seen.any(dim=1).int()
    edges = [columns.argmax(1), rows.argmax(1), width - columns.flip(1).argmax(1), height - rows.flip(1).argmax(1)]
    return out, seen, torch.stack(edges, dim=1).to(image.dtype), names


# lens_distortion


@mistake("lens_distortion", edit={"squared = (places.square().sum(dim=-1) / middle.square().sum())[..., None]": "squared = (places / middle).square().sum(dim=-1)[..., None] / 2", "away.norm(dim=-1) / middle.norm()": "(away / middle).norm(dim=-1) / 2**0.5"}, hint="Lengths are measured after x and y were divided by different numbers, so the lens is an ellipse: measure in pixels.")
def elliptic_lens(): ...


@mistake("lens_distortion", edit={"squared = (places.square().sum(dim=-1) / middle.square().sum())[..., None]": "squared = (places.square().sum(dim=-1) / middle.square().sum()).sqrt()[..., None]", "old / (1 + bend[:, None] * new.square())": "old / (1 + bend[:, None] * new)", "away / (1 + bend[:, None] * new.square())": "away / (1 + bend[:, None] * new)"}, hint="The bend grows with the distance itself: it grows with its square.")
def bend_with_the_distance(): ...


@mistake("lens_distortion", edit={"squared = (places.square().sum(dim=-1) / middle.square().sum())[..., None]": "squared = (places.square().sum(dim=-1) / middle[0].square())[..., None]", "/ middle.norm()": "/ middle[0]"}, hint="The unit of length is half of a side: it is half of the diagonal.")
def unit_of_half_a_side(): ...


@mistake("lens_distortion", edit={"squared = (places.square().sum(dim=-1) / middle.square().sum())[..., None]": "squared = (places.square().sum(dim=-1) / (2 * middle).square().sum())[..., None]", "/ middle.norm()": "/ (2 * middle).norm()"}, hint="The unit of length is the whole diagonal: the corner is at half of it.")
def unit_of_a_diagonal(): ...


@mistake("lens_distortion", edit={"places * (1 + bend[:, None, None, None] * squared)": "places / (1 + bend[:, None, None, None] * squared)"}, hint="The image is bent the other way: the formula says where a new pixel comes from, so it multiplies.")
def image_bent_the_other_way(): ...


@mistake("lens_distortion", edit={"align_corners=False": "align_corners=True"}, hint="Your grid means the edges of the image by -1 and 1, and grid_sample took the outermost pixels' middles: align_corners.")
def lens_with_corners_aligned(): ...


@mistake("lens_distortion", edit={"torch.arange(height, dtype=torch.float64) + 0.5": "torch.arange(height, dtype=torch.float64)", "torch.arange(width, dtype=torch.float64) + 0.5": "torch.arange(width, dtype=torch.float64)"}, hint="Half a pixel is lost: the middle of pixel i is i + 0.5.")
def lens_half_a_pixel_off(): ...


@mistake("lens_distortion", edit={"strength * (2 * uniform(generator, len(x)) - 1)": "strength * uniform(generator, len(x))"}, hint="k is never negative: it lies evenly between -strength and strength.")
def only_one_kind_of_lens(): ...


@mistake("lens_distortion", edit={"strength * (2 * uniform(generator, len(x)) - 1)": "strength * (2 * uniform(generator, 1) - 1).expand(len(x))"}, hint="One lens for the whole batch: each image has its own.")
def one_lens_for_all(): ...


@mistake("lens_distortion", edit={"away = away / (1 + bend[:, None] * new.square())[..., None]": "away = away * (1 + bend[:, None] * old.square())[..., None]"}, hint="The points go where pixels come from: they need the other direction.")
def points_as_pixels(): ...


@mistake("lens_distortion", edit={"for _ in range(40):": "for _ in range(1):"}, hint="One step, or none, is taken towards the new lengths: guess on until the digits stand.")
def one_guess(): ...


@mistake("lens_distortion", edit={"away = away / (1 + bend[:, None] * new.square())[..., None]": "away = away / (1 + bend[:, None] * old.square())[..., None]"}, hint="One step, or none, is taken towards the new lengths: guess on until the digits stand.")
def no_guess(): ...


@mistake("lens_distortion", edit={"away = away / (1 + bend[:, None] * new.square())[..., None]": "away = away * new[..., None]"}, hint="The points' directions are not of length one: by what is a distance of `old` multiplied to become one of `new`?")
def direction_not_of_length_one(): ...


@mistake("lens_distortion", edit={"away = away / (1 + bend[:, None] * new.square())[..., None]": "away = torch.nan_to_num(away)", "new = old\n": "new = old.clone()\n"}, hint="The points stay where they were: the picture below them moved.")
def points_not_moved(): ...


@mistake("lens_distortion", edit={"away = away / (1 + bend[:, None] * new.square())[..., None]": "away = away * (new / old)[..., None]"}, hint="A point in the very middle has the length 0, and your quotient there is 0 / 0.")
def nan_in_the_middle(): ...


@mistake("lens_distortion", hint="The images are looped over: one grid with an axis for the images serves all.")
def lens_by_lens(x, points, generator, strength=0.1):
    bends = strength * (2 * uniform(generator, len(x)) - 1)
    answers = [_one_lens(x[n : n + 1], points[n : n + 1], bends[n : n + 1]) for n in range(len(x))]
    return torch.cat([one for one, _ in answers]), torch.cat([other for _, other in answers])


def _one_lens(x, points, bend):
    height, width = x.shape[2:]
    half = math.hypot(width, height) / 2
    dx = (torch.arange(width, dtype=torch.float64) - (width - 1) / 2)[None, :].expand(height, width)
    dy = (torch.arange(height, dtype=torch.float64) - (height - 1) / 2)[:, None].expand(height, width)
    factor = 1 + bend[:, None, None] * (dx**2 + dy**2) / half**2
    grid = torch.stack([dx * factor * 2 / width, dy * factor * 2 / height], dim=-1)
    out = F.grid_sample(x, grid.to(x.dtype), align_corners=False)
    centre = torch.tensor([width, height], dtype=torch.float64) / 2
    away = points.double() - centre
    old = torch.hypot(away[..., 0], away[..., 1]) / half
    rho, k = old.clone(), bend[:, None]
    for _ in range(30):  # Newton
        rho = rho - (rho + k * rho**3 - old) / (1 + 3 * k * rho**2)
    return out, (centre + away / (1 + k * rho**2).unsqueeze(-1)).to(points.dtype)


@mistake("lens_distortion", edit={"uniform(generator, len(x))": "torch.rand(len(x), dtype=torch.float64)"}, hint="None of your numbers comes from the generator that is handed in: after your call it still gives what it would have given before.")
def lens_distortion_of_the_global_generator(): ...


@mistake("lens_distortion", edit={"(middle + away)": "(middle + away).clamp(min=0).minimum(2 * middle)"}, hint="Points that leave the image are brought back to its edge: they may leave it.")
def points_kept_inside(): ...


@mistake("lens_distortion", edit={"grid.to(x.dtype), align_corners=False": "grid.flip(-1).to(x.dtype), align_corners=False"}, hint="Your grid is (row, column): grid_sample wants (x, y).")
def grid_of_rows_and_columns(): ...


@mistake("lens_distortion", edit={"squared = (places.square().sum(dim=-1) / middle.square().sum())[..., None]": "squared = (places / middle).square().sum(dim=-1)[..., None]", "old = away.norm(dim=-1) / middle.norm()": "old = (away / middle).norm(dim=-1)"}, hint="Lengths are measured in grid_sample's units, in which each side has the length 2: measure in pixels, by half of the diagonal.")
def lens_units_of_the_grid(): ...


@mistake("lens_distortion", edit={"old / (1 + bend[:, None] * new.square())": "old / (1 + bend * new.square())"}, hint="k lies along the points: it belongs to the images, so along the first axis of (N, P).")
def k_along_the_points(): ...


@mistake("lens_distortion", edit={"grid.to(x.dtype), align_corners=False": 'grid.to(x.dtype), mode="nearest", align_corners=False'}, hint="The images take the nearest pixel: they are mixed, bilinear.")
def lens_of_nearest_pixels(): ...


@mistake("lens_distortion", edit={"away / (1 + bend[:, None] * new.square())[..., None]": "away * (1 - bend[:, None] * old.square())[..., None]"}, hint="The same lens with -k is near to the way back, but isn't it: which equation does the new length solve?")
def the_same_lens_with_minus_k(): ...


@mistake("lens_distortion", edit={"points.double() - middle": "points.double().flip(-1) - middle", "(middle + away)": "(middle + away).flip(-1)"}, hint="Points are taken for (row, column): they are (x, y).")
def points_as_row_and_column(): ...


@mistake("lens_distortion", edit={"for _ in range(40):": "for _ in range(3):"}, hint="The guesses are near, and 1e-9 pixels were wanted: take more of them. The corner and the most negative k need most.")
def guesses_3(): ...


@right("lens_distortion")
def by_newton(x, points, generator, strength=0.1):
    return _one_lens(x, points, strength * (2 * uniform(generator, len(x)) - 1))


@right("lens_distortion", edit={"for _ in range(40):\n        new = old / (1 + bend[:, None] * new.square())": "low, high = torch.zeros_like(old), torch.full_like(old, 1.5) * old.clamp(min=1)\n    for _ in range(60):\n        new = (low + high) / 2\n        below = new * (1 + bend[:, None] * new.square()) < old\n        low, high = torch.where(below, new, low), torch.where(below, high, new)"})
def by_halving_intervals(): ...


@right("lens_distortion")
def points_themselves_guessed(x, points, generator, strength=0.1):
    num, _, height, width = x.shape
    k = (strength * (2 * uniform(generator, num) - 1)).reshape(-1, 1, 1, 1)
    base = F.affine_grid(torch.eye(2, 3, dtype=torch.float64)[None], [1, 1, height, width], align_corners=False)
    half = torch.tensor([width / 2, height / 2], dtype=torch.float64)
    rho2 = (base * half).pow(2).sum(-1, keepdim=True) / half.pow(2).sum()
    out = F.grid_sample(x, (base * (1 + k * rho2)).to(x.dtype), align_corners=False)
    target = (points - half.to(points.dtype)).double()
    guess = target
    for _ in range(50):
        guess = target / (1 + k[:, 0] * guess.pow(2).sum(-1, keepdim=True) / half.pow(2).sum())
    return out, (half + guess).to(points.dtype)


@right("lens_distortion")
def complex_numbers_until_nothing_changes(x, points, generator, strength=0.1):
    height, width = x.shape[2:]
    k = -strength + 2 * strength * uniform(generator, len(x))
    half = complex(width / 2, height / 2)
    down, across = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    away = torch.complex(across.double(), down.double()) - half
    origin = away * (1 + k[:, None, None] * (away.abs() / abs(half)) ** 2)
    grid = torch.stack([origin.real / half.real, origin.imag / half.imag], dim=-1)
    old = torch.view_as_complex(points.double().contiguous()) - half
    now, before = old, None
    while before is None or not torch.allclose(now, before, rtol=0, atol=1e-14):
        before, now = now, old / (1 + k[:, None] * (now.abs() / abs(half)) ** 2)
    return F.grid_sample(x, grid.to(x.dtype), align_corners=False), torch.view_as_real(now + half).to(points.dtype)
