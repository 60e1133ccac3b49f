"""What students write in anchors: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# generate_anchors


@mistake("generate_anchors", edit={"w, h = size / ratio.sqrt(), size * ratio.sqrt()": "w, h = size * ratio.sqrt(), size / ratio.sqrt()"}, hint="The ratio is taken as width over height. Here it is height over width: an anchor of ratio 4 is tall.")
def width_over_height(): ...


@mistake("generate_anchors", edit={"w, h = size / ratio.sqrt(), size * ratio.sqrt()": "w, h = size, size * ratio"}, hint="The ratio changes the area. A size says the side of a square of the same area: what one side gains the other must lose.")
def ratio_of_one_side(): ...


@mistake("generate_anchors", edit={"w, h = size / ratio.sqrt(), size * ratio.sqrt()": "w, h = size / ratio, size * ratio"}, hint="Height over width comes out as the square of the ratio: both sides are changed by all of it.")
def no_root(): ...


@mistake("generate_anchors", edit={"w, h = size / ratio.sqrt(), size * ratio.sqrt()": "w, h = (size / ratio).sqrt(), (size * ratio).sqrt()"}, hint="The sizes are taken as areas. They are the square roots of areas: an anchor of size 32 has 1024 square pixels.")
def sizes_are_areas(): ...


@mistake("generate_anchors", edit={"around = torch.stack([-w, -h, w, h], dim=1) / 2": "around = torch.stack([-w, -h, w, h], dim=1)"}, hint="Each anchor reaches a whole width to the left and a whole width to the right of its centre: it is twice as wide as it should be, and twice as high.")
def no_half(): ...


@mistake("generate_anchors", edit={"centres = torch.stack([x, y, x, y], dim=-1)": "centres = torch.stack([y, x, y, x], dim=-1)"}, hint="Rows and columns are exchanged: what goes down by rows is y, and a box has x first.")
def centres_exchanged(): ...


@mistake("generate_anchors", edit={"+ offset) * stride[0]": "+ offset) * stride[1]", "+ offset) * stride[1]\n    y, x": "+ offset) * stride[0]\n    y, x"}, hint="The two strides are exchanged. As everywhere in images, the first belongs to the rows.")
def strides_exchanged(): ...


@mistake("generate_anchors", edit={"+ offset) * stride[1]": "+ offset) * stride[0]"}, hint="One stride is used both down and across.")
def one_stride_for_both(): ...


@mistake("generate_anchors", edit={"(torch.arange(grid[0]).to(sizes) + offset) * stride[0]": "torch.arange(grid[0]).to(sizes) * stride[0] + offset", "(torch.arange(grid[1]).to(sizes) + offset) * stride[1]": "torch.arange(grid[1]).to(sizes) * stride[1] + offset"}, hint="The offset is added in pixels. It is a share of the stride.")
def offset_in_pixels(): ...


@mistake("generate_anchors", edit={"y, x = torch.meshgrid(rows, columns, indexing=\"ij\")": "x, y = torch.meshgrid(columns, rows, indexing=\"ij\")"}, hint="The places come column by column. They should come row by row, as a map lies in memory.")
def column_by_column(): ...


@mistake("generate_anchors", edit={"return (centres[:, :, None] + around).reshape(-1, 4)": "return (centres[None] + around[:, None, None]).reshape(-1, 4)"}, hint="First come all places of the first anchor, then all of the second. The anchors of one place should stand together.")
def one_anchor_after_the_other(): ...


@mistake("generate_anchors", edit={"size, ratio = sizes.repeat(num_ratios), ratios.repeat_interleave(num_sizes)": "size, ratio = sizes.repeat_interleave(num_ratios), ratios.repeat(num_sizes)"}, hint="With all pairs, the ratios run through for each size. It is the sizes that should run through for each ratio.")
def ratios_run_first(): ...


@mistake("generate_anchors", edit={"size = torch.cat([sizes, sizes[:1].expand(num_ratios - 1)])": "size = torch.cat([sizes[:1].expand(num_ratios - 1), sizes])", "ratio = torch.cat([ratios[:1].expand(num_sizes), ratios[1:]])": "ratio = torch.cat([ratios[1:], ratios[:1].expand(num_sizes)])"}, hint="The other ratios come before the sizes. All sizes at the first ratio come first.")
def other_ratios_first(): ...


@mistake("generate_anchors", edit={"sizes[:1].expand(num_ratios - 1)": "sizes[-1:].expand(num_ratios - 1)"}, hint="The other ratios are made with the last size. It is the first one that has them all.")
def last_size_has_all_ratios(): ...


@mistake("generate_anchors", edit={"size = torch.cat([sizes, sizes[:1].expand(num_ratios - 1)])": "size = torch.cat([sizes, sizes[:1].expand(num_ratios)])", "ratio = torch.cat([ratios[:1].expand(num_sizes), ratios[1:]])": "ratio = torch.cat([ratios[:1].expand(num_sizes), ratios])"}, hint="The first size at the first ratio comes twice: n + m anchors where n + m - 1 are asked for.")
def first_pair_twice(): ...


@mistake("generate_anchors", edit={"return (centres[:, :, None] + around).reshape(-1, 4)": "return (centres[:, :, None] + around).reshape(-1, 4).clamp(min=0)"}, hint="Anchors that reach out of the image are cut off. They should stay as they are.")
def cut_at_the_edge(): ...


@mistake("generate_anchors", edit={"return (centres[:, :, None] + around).reshape(-1, 4)": "return (centres[:, :, None] + around.round()).reshape(-1, 4)"}, hint="The anchors are rounded to whole pixels, as the library's are. Here they are not.")
def rounded_as_in_the_library(): ...


@mistake("generate_anchors", edit={"return (centres[:, :, None] + around).reshape(-1, 4)": "return centres.reshape(-1, 4).repeat(len(around), 1) + around.repeat(grid[0] * grid[1], 1)"}, hint="Centres and shapes are paired wrongly: both lists run through from their beginning again and again. Each centre is to meet every shape before the next one comes.")
def both_lists_repeated(): ...


@mistake("generate_anchors", edit={"around = torch.stack([-w, -h, w, h], dim=1) / 2": "around = torch.stack([0 * w, 0 * h, w, h], dim=1)", "centres = torch.stack([x, y, x, y], dim=-1)": "centres = torch.stack([x, y, 0 * x, 0 * y], dim=-1)"}, hint="What comes is centre, width, height. Boxes are left, top, right, bottom.")
def centre_width_height(): ...


@mistake("generate_anchors", edit={"around = torch.stack([-w, -h, w, h], dim=1) / 2": "around = torch.stack([0 * w, 0 * h, w, h], dim=1)"}, hint="The centre is taken for the upper left corner: the anchor should lie around it.")
def starts_at_the_centre(): ...


@mistake("generate_anchors", edit={"size = torch.cat([sizes, sizes[:1].expand(num_ratios - 1)])": "size = torch.cat([sizes[:1].expand(num_ratios), sizes[1:]])", "ratio = torch.cat([ratios[:1].expand(num_sizes), ratios[1:]])": "ratio = torch.cat([ratios, ratios[:1].expand(num_sizes - 1)])"}, hint="The first size comes with all its ratios, and then the other sizes. It is the other way round: the first ratio with all sizes, and then the other ratios.")
def first_size_s_ratios_first(): ...


SORTED = "Sizes or ratios are sorted. They should stay in the order in which they come: the first ones have a meaning of their own."


@mistake("generate_anchors", edit={"num_sizes, num_ratios = len(sizes), len(ratios)": "sizes = sizes.sort().values\n    num_sizes, num_ratios = len(sizes), len(ratios)"}, hint=SORTED)
def sizes_sorted(): ...


@mistake("generate_anchors", edit={"num_sizes, num_ratios = len(sizes), len(ratios)": "ratios = ratios.sort().values\n    num_sizes, num_ratios = len(sizes), len(ratios)"}, hint=SORTED)
def ratios_sorted(): ...


@mistake("generate_anchors", edit={"num_sizes, num_ratios = len(sizes), len(ratios)": "sizes, ratios = sizes.sort().values, ratios.sort().values\n    num_sizes, num_ratios = len(sizes), len(ratios)"}, hint=SORTED)
def sizes_and_ratios_sorted(): ...


@mistake("generate_anchors", edit={"+ offset) * stride[0]": "+ offset) * int(stride[0])", "+ offset) * stride[1]": "+ offset) * int(stride[1])"}, hint="A stride is made a whole number. Where an image does not divide evenly, it is none: 7.5 stays 7.5.")
def whole_strides(): ...


@mistake("generate_anchors", edit={"+ offset) * stride[0]": "+ offset).mul(stride[0]).floor()", "+ offset) * stride[1]": "+ offset).mul(stride[1]).floor()"}, hint="The centres are cut to whole pixels. They may lie between two.")
def whole_centres(): ...


lay_anchors = generate_anchors


@mistake("generate_anchors", hint="One place after the other in a loop: it is slow, and without places there is nothing to put together.")
def loops_over_places(grid, stride, sizes, ratios, all_pairs=False, offset=0.5):
    here = lay_anchors((1, 1), (0.0, 0.0), sizes, ratios, all_pairs, 0.0)
    rows = []
    for i in range(grid[0]):
        for j in range(grid[1]):
            x, y = (j + offset) * stride[1], (i + offset) * stride[0]
            rows.append(here + here.new_tensor([x, y, x, y]))
    return torch.cat(rows)


@right("generate_anchors")
def place_by_place(grid, stride, sizes, ratios, all_pairs=False, offset=0.5):
    if all_pairs:
        pairs = [(s, r) for r in ratios for s in sizes]
    else:
        pairs = [(s, ratios[0]) for s in sizes] + [(sizes[0], r) for r in ratios[1:]]
    widths = torch.stack([s / r.sqrt() for s, r in pairs])
    heights = torch.stack([s * r.sqrt() for s, r in pairs])
    i = torch.arange(grid[0], device=sizes.device).repeat_interleave(grid[1])
    j = torch.arange(grid[1], device=sizes.device).repeat(grid[0])
    y = ((i.to(sizes.dtype) + offset) * stride[0])[:, None]
    x = ((j.to(sizes.dtype) + offset) * stride[1])[:, None]
    return torch.stack([x - widths / 2, y - heights / 2, x + widths / 2, y + heights / 2], dim=2).flatten(0, 1)


@right("generate_anchors")
def shapes_from_lists(grid, stride, sizes, ratios, all_pairs=False, offset=0.5):
    shapes = []
    for i, ratio in enumerate(ratios.tolist()):
        for j, size in enumerate(sizes.tolist()):
            if all_pairs or i == 0 or j == 0:
                w, h = size / math.sqrt(ratio), size * math.sqrt(ratio)
                shapes.append([-w / 2, -h / 2, w / 2, h / 2])
    place = torch.cartesian_prod(torch.arange(grid[0]), torch.arange(grid[1])).to(sizes)
    y, x = ((place + offset) * sizes.new_tensor(stride)).unbind(1)
    return (torch.stack([x, y, x, y], dim=1)[:, None] + sizes.new_tensor(shapes)).flatten(0, 1)


@right("generate_anchors")
def by_filling_a_table(grid, stride, sizes, ratios, all_pairs=False, offset=0.5):
    n, m = len(sizes), len(ratios)
    s, r = sizes[None].expand(m, n), ratios[:, None].expand(m, n)
    keep = torch.ones(m, n, dtype=torch.bool, device=sizes.device)
    if not all_pairs:
        keep[1:, 1:] = False
    s, r = s[keep], r[keep]
    w = s * r**-0.5
    h = w * r
    out = sizes.new_zeros(*grid, len(s), 4)
    out[..., 0::2] = ((torch.arange(grid[1]).to(sizes) + offset) * stride[1])[None, :, None, None]
    out[..., 1::2] = ((torch.arange(grid[0]).to(sizes) + offset) * stride[0])[:, None, None, None]
    out[..., 0] -= w / 2
    out[..., 1] -= h / 2
    out[..., 2] += w / 2
    out[..., 3] += h / 2
    return out.view(-1, 4)


@right("generate_anchors")
def from_centres_and_sides(grid, stride, sizes, ratios, all_pairs=False, offset=0.5):
    if all_pairs:
        pairs = torch.cartesian_prod(ratios, sizes).reshape(-1, 2)
    else:
        first = torch.stack([ratios[0].expand(len(sizes)), sizes], dim=1)
        rest = torch.stack([ratios[1:], sizes[0].expand(len(ratios) - 1)], dim=1)
        pairs = torch.cat([first, rest])
    if len(ratios) == 1 and len(sizes) == 1:
        pairs = torch.stack([ratios, sizes], dim=1)
    root = pairs[:, 0].sqrt()
    half = torch.stack([pairs[:, 1] / root, pairs[:, 1] * root], dim=1) / 2
    places = torch.stack(torch.meshgrid(torch.arange(grid[1]), torch.arange(grid[0]), indexing="xy"), dim=-1).to(sizes)
    step = torch.tensor([stride[1], stride[0]]).to(sizes)
    centres = ((places + offset) * step).reshape(-1, 1, 2)
    return torch.cat([centres - half, centres + half], dim=2).reshape(-1, 4)


# encode_offsets


@mistake("encode_offsets", edit={"apart / anchor_sides": "apart / box_sides"}, hint="The shift is measured in sides of the box. Where the network is used only the anchor is known, so it is measured in the anchor's.")
def shift_in_sides_of_the_box(): ...


@mistake("encode_offsets", edit={"apart / anchor_sides": "apart"}, hint="The shift is in pixels. It should be a share of the anchor's width and height.")
def shift_in_pixels(): ...


@mistake("encode_offsets", edit={"(box_sides / anchor_sides).log()": "(anchor_sides / box_sides).log()"}, hint="The stretch is upside down: a box larger than its anchor should have a positive offset.")
def stretch_upside_down(): ...


@mistake("encode_offsets", edit={"(box_sides / anchor_sides).log()": "box_sides / anchor_sides - 1"}, hint="The stretch is the relative growth, without a logarithm: twice and half are then not equally far from nothing.")
def no_logarithm(): ...


@mistake("encode_offsets", edit={"(box_sides / anchor_sides).log()": "(box_sides / anchor_sides).log2()"}, hint="The logarithm is that to the base 2, not the natural one.")
def another_base(): ...


@mistake("encode_offsets", edit={"boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]) / 2": "boxes[:, :2] - anchors[:, :2])"}, hint="The shift is that of the upper left corners. It should be that of the centres: a box that only grows around its centre hasn't moved.")
def shift_of_corners(): ...


@mistake("encode_offsets", edit={"boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]) / 2": "boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:])"}, hint="The shift is twice what it should be: two edges added up are twice a centre.")
def centres_without_half(): ...


@mistake("encode_offsets", edit={"boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]": "anchors[:, :2] + anchors[:, 2:] - boxes[:, :2] - boxes[:, 2:]"}, hint="The shift goes from the box to the anchor. It should lead from the anchor to the box.")
def from_box_to_anchor(): ...


@mistake("encode_offsets", edit={"return t / t.new_tensor(variances)": "return t * t.new_tensor(variances)"}, hint="The offsets are multiplied by the variances. Dividing by what they usually are makes them about 1.")
def times_the_variances(): ...


@mistake("encode_offsets", edit={"return t / t.new_tensor(variances)": "return t / t.new_tensor(variances).sqrt()"}, hint="The offsets are divided by the roots of the variances. The name misleads: it is the numbers themselves.")
def roots_of_the_variances(): ...


@mistake("encode_offsets", edit={"box_sides = boxes[:, 2:] - boxes[:, :2]": "box_sides = boxes[:, 2:] - boxes[:, :2] + 1", "anchor_sides = anchors[:, 2:] - anchors[:, :2]": "anchor_sides = anchors[:, 2:] - anchors[:, :2] + 1"}, hint="One pixel is added to widths and heights. Pixel i reaches from i to i + 1, so a width is right minus left.")
def sides_plus_one(): ...


@mistake("encode_offsets", edit={"(box_sides / anchor_sides).log()": "(box_sides / anchor_sides + 1e-6).log()"}, hint="A small number is added below the logarithm. A side of 0 is to give -inf, and all other offsets are a little off as well.")
def small_number_in_the_logarithm(): ...


@mistake("encode_offsets", edit={"(box_sides / anchor_sides).log()": "(box_sides / anchor_sides).clamp(min=1e-6).log()"}, hint="A side of 0 is replaced by a small one. Its logarithm is -inf and is to come back as it is.")
def clamps_a_side_of_zero(): ...


@mistake("encode_offsets", edit={"return t / t.new_tensor(variances)": "return t[:, [1, 0, 3, 2]] / t.new_tensor(variances)"}, hint="y comes before x. The order is x, y, width, height.")
def y_before_x(): ...


@mistake("encode_offsets", edit={"box_sides = boxes[:, 2:] - boxes[:, :2]": "box_sides = boxes[:, 2:]", "anchor_sides = anchors[:, 2:] - anchors[:, :2]": "anchor_sides = anchors[:, 2:]", "boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]) / 2": "boxes[:, :2] - anchors[:, :2])"}, hint="The boxes are read as centre, width, height. They are left, top, right, bottom.")
def reads_centre_and_sides(): ...


@mistake("encode_offsets", edit={"(box_sides / anchor_sides).log()": "(box_sides / anchor_sides).log1p()"}, hint="log1p adds 1 before it takes the logarithm: a box of the anchor's size doesn't get 0.")
def log_of_one_more(): ...


@mistake("encode_offsets", edit={"t.new_tensor(variances)": "t.new_tensor(variances)[[2, 3, 0, 1]]"}, hint="The variances of shifts and of stretches are exchanged.")
def variances_exchanged(): ...


@mistake("encode_offsets", edit={"apart / anchor_sides": "apart / anchor_sides[:, :1]"}, hint="The shift down is measured in widths. It should be a share of the height.")
def width_for_both_shifts(): ...


@mistake("encode_offsets", edit={"return t / t.new_tensor(variances)": "return (t / t.new_tensor(variances))[:, [0, 2, 1, 3]]"}, hint="The numbers come as x, width, y, height. Both shifts come first, and then both stretches.")
def x_width_y_height(): ...


@mistake("encode_offsets", edit={"t.new_tensor(variances)": "t.new_tensor(variances)[[0, 2, 1, 3]]"}, hint="The variances are taken as those of x, width, y, height. Those of both shifts come first.")
def variances_interleaved(): ...


@mistake("encode_offsets", edit={"return t / t.new_tensor(variances)": "return t / t.new_tensor((1.0, 1.0, *variances[2:]))"}, hint="Only the stretches are divided by their variances. The shifts have some as well.")
def only_stretches_have_variances(): ...


@mistake("encode_offsets", edit={"return t / t.new_tensor(variances)": "return t / t.new_tensor((*variances[:2], 1.0, 1.0))"}, hint="Only the shifts are divided by their variances. The stretches have some as well.")
def only_shifts_have_variances(): ...


INF = "The infinite logarithm of a side of 0 is replaced by a number. It is to come back as it is: whoever trains must see that such a box can't be learnt."


@mistake("encode_offsets", edit={"(box_sides / anchor_sides).log()": "(box_sides / anchor_sides).log().nan_to_num(neginf=0.0)"}, hint=INF)
def infinity_becomes_zero(): ...


SEVEN_DIGITS = "The variances pass through float32, where 0.1 has seven digits. What is made on the way follows the dtype of the inputs."


@mistake("encode_offsets", edit={"t.new_tensor(variances)": "torch.tensor(variances, dtype=torch.float32, device=t.device)"}, hint=SEVEN_DIGITS)
def variances_in_float32(): ...


encode_all = encode_offsets


@mistake("encode_offsets", hint="One row after the other in a loop: it is slow, and where there are no rows there is nothing to stack.")
def row_by_row(boxes, anchors, variances=(0.1, 0.1, 0.2, 0.2)):
    return torch.stack([encode_all(b[None], a[None], variances)[0] for b, a in zip(boxes, anchors, strict=True)])


@right("encode_offsets")
def one_line_for_each_number(boxes, anchors, variances=(0.1, 0.1, 0.2, 0.2)):
    ax1, ay1, ax2, ay2 = anchors.unbind(1)
    bx1, by1, bx2, by2 = boxes.unbind(1)
    aw, ah, bw, bh = ax2 - ax1, ay2 - ay1, bx2 - bx1, by2 - by1
    tx = ((bx1 + bw / 2) - (ax1 + aw / 2)) / aw / variances[0]
    ty = ((by1 + bh / 2) - (ay1 + ah / 2)) / ah / variances[1]
    tw = torch.log(bw / aw) / variances[2]
    th = torch.log(bh / ah) / variances[3]
    return torch.stack([tx, ty, tw, th], dim=1)


@right("encode_offsets")
def by_the_library_s_format(boxes, anchors, variances=(0.1, 0.1, 0.2, 0.2)):
    from torchvision.ops import box_convert

    b, a = box_convert(boxes, "xyxy", "cxcywh"), box_convert(anchors, "xyxy", "cxcywh")
    t = torch.empty_like(b)
    t[:, :2] = (b[:, :2] - a[:, :2]) / a[:, 2:]
    t[:, 2:] = torch.log(b[:, 2:]) - torch.log(a[:, 2:])
    return t / torch.tensor(variances, dtype=boxes.dtype, device=boxes.device)


@right("encode_offsets")
def by_a_matrix(boxes, anchors, variances=(0.1, 0.1, 0.2, 0.2)):
    rows = [[0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [-1, 0, 1, 0], [0, -1, 0, 1]]
    matrix = torch.tensor(rows, dtype=boxes.dtype, device=boxes.device).T
    b, a = boxes @ matrix, anchors @ matrix
    shifts, stretches = (b - a)[:, :2] / a[:, 2:], (b[:, 2:] / a[:, 2:]).log()
    out = torch.cat([shifts, stretches], dim=1)
    for column in range(4):
        out[:, column] = out[:, column] / variances[column]
    return out


# decode_offsets


@mistake("decode_offsets", edit={"t = offsets * offsets.new_tensor(variances)": "t = offsets / offsets.new_tensor(variances)"}, hint="The offsets are divided by the variances once more. What encode_offsets divided is multiplied here.")
def divided_again(): ...


@mistake("decode_offsets", edit={"t = offsets * offsets.new_tensor(variances)": "t = offsets.clone()"}, hint="The variances are left out.")
def without_variances(): ...


LIMIT_FIRST = "The limit is put on the offsets as they come, before the variances. It is one of tw and th themselves."


@mistake("decode_offsets", edit={"t = offsets * offsets.new_tensor(variances)": "t = torch.cat([offsets[:, :2], offsets[:, 2:].clamp(max=limit)], dim=1) * offsets.new_tensor(variances)"}, hint=LIMIT_FIRST)
def limit_before_the_variances(): ...


@mistake("decode_offsets", edit={".clamp(max=limit).exp()": ".exp()"}, hint="Nothing holds a wild stretch: one offset of 100, and a box has infinite width.")
def no_limit(): ...


@mistake("decode_offsets", edit={".clamp(max=limit).exp()": ".clamp(-limit, limit).exp()"}, hint="Small stretches meet a limit as well. There is one from above only.")
def limit_from_below_too(): ...


@mistake("decode_offsets", edit={".clamp(max=limit).exp()": ".exp().clamp(max=limit)"}, hint="The factor is held below the limit, where its logarithm should be: exp comes after.")
def limit_after_exp(): ...


@mistake("decode_offsets", edit={"t = offsets * offsets.new_tensor(variances)": "t = (offsets * offsets.new_tensor(variances)).clamp(max=limit)"}, hint="Shifts meet the limit as well. It is one for tw and th.")
def limit_of_shifts_too(): ...


@mistake("decode_offsets", edit={"centres = (anchors[:, :2] + anchors[:, 2:]) / 2 + t[:, :2] * sides": "centres = (anchors[:, :2] + anchors[:, 2:]) / 2 + t[:, :2]"}, hint="The shift is added as pixels. It is a share of the anchor's sides.")
def shift_as_pixels(): ...


@mistake("decode_offsets", edit={"centres = (anchors[:, :2] + anchors[:, 2:]) / 2 + t[:, :2] * sides": "centres = anchors[:, :2] + t[:, :2] * sides"}, hint="The shift is added to the anchor's upper left corner. It moves the centre.")
def from_the_corner(): ...


@mistake("decode_offsets", edit={"    centres = (anchors[:, :2] + anchors[:, 2:]) / 2 + t[:, :2] * sides": "    centres = (anchors[:, :2] + anchors[:, 2:]) / 2 + t[:, :2] * sides * t[:, 2:].clamp(max=limit).exp()"}, hint="The shift is measured in sides of the new box. It is measured in the anchor's.")
def shift_in_new_sides(): ...


@mistake("decode_offsets", edit={".exp() / 2": ".exp()"}, hint="The box is twice as large as it should be: half a side goes to the left of the centre, and half to the right.")
def no_half_in_decode(): ...


@mistake("decode_offsets", edit={"half = sides * t[:, 2:].clamp(max=limit).exp() / 2": "half = sides * (1 + t[:, 2:].clamp(max=limit)) / 2"}, hint="The stretch is taken as relative growth. It is the logarithm of a factor.")
def no_exp(): ...


@mistake("decode_offsets", edit={"return torch.cat([centres - half, centres + half], dim=1)": "return torch.cat([centres, 2 * half], dim=1)"}, hint="What comes is centre, width, height. Boxes are left, top, right, bottom.")
def centre_and_sides_come(): ...


@mistake("decode_offsets", edit={"return torch.cat([centres - half, centres + half], dim=1)": "return torch.cat([centres - half, centres + half], dim=1).clamp(min=0)"}, hint="Boxes are cut at the image's edge. They should stay as they are.")
def cut_boxes(): ...


@mistake("decode_offsets", edit={"sides = anchors[:, 2:] - anchors[:, :2]": "sides = anchors[:, 2:] - anchors[:, :2] + 1"}, hint="One pixel is added to the anchor's sides. A width is right minus left.")
def anchor_sides_plus_one(): ...


@mistake("decode_offsets", edit={".clamp(max=limit).exp()": ".clamp(max=limit).exp2()"}, hint="The stretch is a power of 2. It is one of e.")
def powers_of_two(): ...


@mistake("decode_offsets", edit={"return torch.cat([centres - half, centres + half], dim=1)": "return torch.stack([centres - half, centres + half], dim=2).flatten(1)"}, hint="The edges come as left, right, top, bottom.")
def left_right_top_bottom(): ...


@mistake("decode_offsets", edit={"t[:, :2] * sides": "t[:, :2] * sides[:, :1]"}, hint="The shift down is measured in widths. It is a share of the height.")
def shift_down_in_widths(): ...


@mistake("decode_offsets", edit={"t = offsets * offsets.new_tensor(variances)": "t = torch.cat([offsets[:, :2], offsets[:, 2:].clamp(max=limit)], dim=1) * offsets.new_tensor(variances)", ".clamp(max=limit).exp()": ".exp()"}, hint=LIMIT_FIRST)
def limit_before_the_variances_only(): ...


@mistake("decode_offsets", edit={"offsets.new_tensor(variances)": "torch.tensor(variances, dtype=torch.float32, device=offsets.device)"}, hint=SEVEN_DIGITS)
def variances_in_float32_back(): ...


@mistake("decode_offsets", edit={"offsets.new_tensor(variances)": "offsets.new_tensor(variances)[[0, 2, 1, 3]]"}, hint="The variances are taken as those of x, width, y, height. Those of both shifts come first.")
def variances_interleaved_back(): ...


@mistake("decode_offsets", edit={"offsets.new_tensor(variances)": "offsets.new_tensor(variances)[[2, 3, 0, 1]]"}, hint="The variances of shifts and of stretches are exchanged.")
def variances_exchanged_back(): ...


@mistake("decode_offsets", edit={"offsets.new_tensor(variances)": "offsets.new_tensor((1.0, 1.0, *variances[2:]))"}, hint="Only the stretches are multiplied by their variances. The shifts have some as well.")
def only_stretches_multiplied(): ...


@mistake("decode_offsets", edit={"offsets.new_tensor(variances)": "offsets.new_tensor((*variances[:2], 1.0, 1.0))"}, hint="Only the shifts are multiplied by their variances. The stretches have some as well.")
def only_shifts_multiplied(): ...


decode_all = decode_offsets


@mistake("decode_offsets", hint="One row after the other in a loop: it is slow, and where there are no rows there is nothing to stack.")
def box_by_box(offsets, anchors, variances=(0.1, 0.1, 0.2, 0.2), limit=math.log(1000 / 16)):
    pairs = zip(offsets, anchors, strict=True)
    return torch.stack([decode_all(t[None], a[None], variances, limit)[0] for t, a in pairs])


@right("decode_offsets")
def four_edges(offsets, anchors, variances=(0.1, 0.1, 0.2, 0.2), limit=math.log(1000 / 16)):
    x1, y1, x2, y2 = anchors.unbind(1)
    tx, ty, tw, th = (column * v for column, v in zip(offsets.unbind(1), variances, strict=True))
    w, h = x2 - x1, y2 - y1
    x, y = x1 + w / 2 + tx * w, y1 + h / 2 + ty * h
    w, h = w * tw.clamp(max=limit).exp(), h * th.clamp(max=limit).exp()
    return torch.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], dim=1)


@right("decode_offsets")
def by_box_convert(offsets, anchors, variances=(0.1, 0.1, 0.2, 0.2), limit=math.log(1000 / 16)):
    from torchvision.ops import box_convert

    a = box_convert(anchors, "xyxy", "cxcywh")
    t = offsets * torch.tensor(variances, dtype=offsets.dtype, device=offsets.device)
    at_most = torch.full_like(t[:, 2:], limit)
    new = torch.cat([a[:, :2] + t[:, :2] * a[:, 2:], a[:, 2:] * torch.exp(torch.minimum(t[:, 2:], at_most))], dim=1)
    return box_convert(new, "cxcywh", "xyxy")


@right("decode_offsets")
def corner_first(offsets, anchors, variances=(0.1, 0.1, 0.2, 0.2), limit=math.log(1000 / 16)):
    scale = offsets.new_tensor(variances)
    shift, stretch = offsets[:, :2] * scale[:2], offsets[:, 2:] * scale[2:]
    stretch = torch.where(stretch > limit, torch.full_like(stretch, limit), stretch)
    old = anchors[:, 2:] - anchors[:, :2]
    new = old * stretch.exp()
    low = anchors[:, :2] + (shift + 0.5) * old - 0.5 * new
    return torch.cat([low, low + new], dim=1)


# assign_anchors


@mistake("assign_anchors", edit={"matches[best >= low] = -2": "matches[best > low] = -2"}, hint="An anchor whose IoU is exactly low is background. From low on it is ignored.")
def low_is_background(): ...


@mistake("assign_anchors", edit={"torch.where(best >= high, own, matches)": "torch.where(best > high, own, matches)"}, hint="An anchor whose IoU is exactly high is not assigned. From high on it is.")
def high_is_ignored(): ...


@mistake("assign_anchors", edit={"matches[best >= low] = -2": "pass"}, hint="Nothing is ever ignored: what lies between the thresholds is taken for background.")
def nothing_ignored(): ...


@mistake("assign_anchors", edit={"    matches[best >= low] = -2": "    matches[:] = -2\n    matches[best >= low] = -1"}, hint="Background and ignored are exchanged: -1 is background, below low, and -2 is ignored.")
def kinds_exchanged(): ...


@mistake("assign_anchors", edit={"best, own = ious.max(dim=0)": "best, own = ious.max(dim=0)\n    own = len(ious) - 1 - ious.flip(0).argmax(dim=0)"}, hint="Of objects that an anchor overlaps alike, the last has it. It is to be the first.")
def last_of_equal_objects(): ...


@mistake("assign_anchors", edit={"forced = ((ious == top[:, None]) & (ious > 0)).any(dim=0)": "forced = torch.zeros_like(best, dtype=torch.bool)\n        forced[anchors[top > 0]] = True"}, hint="With \"ties\" only the first of an object's equally good anchors is forced. All of them are.")
def one_of_the_ties(): ...


FORCED_TO_THE_OTHER = "With \"ties\" a forced anchor goes to the object that forces it. It is to go to its own: the one that it overlaps most."


@mistake("assign_anchors", edit={"matches = torch.where(forced, own, matches)": "best_of = ((ious == top[:, None]) & (ious > 0)).int().argmax(dim=0)\n        matches = torch.where(forced, best_of, matches)"}, hint=FORCED_TO_THE_OTHER)
def forced_to_the_object_that_forces(): ...


@mistake("assign_anchors", edit={"((ious == top[:, None]) & (ious > 0)).any(dim=0)": "(ious == top[:, None]).any(dim=0)"}, hint="With \"ties\" an object that nobody touches has the highest IoU 0, and makes every anchor of IoU 0 positive. It should force nothing.")
def zero_is_a_best(): ...


@mistake("assign_anchors", edit={"torch.where(top[row] > 0, row, matches[taken])": "torch.where(top[row] >= 0, row, matches[taken])"}, hint="With \"first\" an object that nobody touches takes an anchor all the same. It should force nothing.")
def takes_an_anchor_it_does_not_touch(): ...


@mistake("assign_anchors", edit={"for row in range(len(ious)):": "for row in reversed(range(len(ious))):"}, hint="Where several objects want one anchor, the first has it. With \"first\" the last of these objects has it: the word is about anchors.")
def first_object_wins(): ...


@mistake("assign_anchors", edit={"top, anchors = ious.max(dim=1)": "top = ious.max(dim=1).values\n    anchors = ious.shape[1] - 1 - ious.flip(1).argmax(dim=1)"}, hint="With \"first\" an object takes the last of its equally good anchors. It is to be the first.")
def last_of_equal_anchors(): ...


@mistake("assign_anchors", edit={"torch.where(top[row] > 0, row, matches[taken])": "torch.where((top[row] > 0) & (matches[taken] < 0), row, matches[taken])"}, hint="With \"first\" an anchor that belongs to an object already stays with it. It is to be given to the object whose best it is.")
def never_taken_from_another(): ...


@mistake("assign_anchors", edit={"torch.where(top[row] > 0, row, matches[taken])": "torch.where(top[row] > 0, own[taken], matches[taken])"}, hint="With \"first\" the forced anchor goes to the object that it overlaps most itself. It is to go to the object whose best it is.")
def first_keeps_the_anchor_s_own(): ...


@mistake("assign_anchors", edit={"torch.where(top[row] > 0, row, matches[taken])": "torch.where(top[row] >= low, row, matches[taken])"}, hint="With \"first\" nothing is forced below the lower threshold. Force is for just these objects.")
def force_only_above_low(): ...


@mistake("assign_anchors", edit={"((ious == top[:, None]) & (ious > 0)).any(dim=0)": "((ious == top[:, None]) & (ious >= low)).any(dim=0)"}, hint="With \"ties\" nothing is forced below the lower threshold. Force is for just these objects.")
def ties_only_above_low(): ...


EMPTY = "An image without objects, or without anchors, fails: the maximum of no numbers is an error."


@mistake("assign_anchors", edit={"if ious.numel() == 0:": "if ious.shape[1] == 0:"}, hint=EMPTY)
def fails_without_objects(): ...


@mistake("assign_anchors", edit={"if ious.numel() == 0:": "if ious.shape[0] == 0:"}, hint=EMPTY)
def fails_without_anchors(): ...


@mistake("assign_anchors", edit={"        return matches\n    best": "        return torch.full_like(matches, -2)\n    best"}, hint="In an image without objects the anchors are ignored. They are all background, and a network learns from that.")
def ignores_empty_images(): ...


IGNORED_STAY = "Force reaches only what is background. It comes on top of the thresholds: an anchor that is ignored becomes positive by it, too."


@mistake("assign_anchors", hint=IGNORED_STAY)
def thresholds_last(ious, low=0.3, high=0.7, force="ties"):
    forced = assigned(ious, 2.0, 3.0, force)
    if ious.numel() == 0:
        return forced
    best, own = ious.max(dim=0)
    matches = torch.where(best >= high, own, forced)
    return torch.where((best >= low) & (best < high), -2, matches)


assigned = assign_anchors


@mistake("assign_anchors", hint="With \"first\" the best pair of the whole table goes first, and no anchor is given twice: each object gets one of its own, if not its best. It should be the best one of each object, and where several want it the last has it.")
def one_to_one(ious, low=0.3, high=0.7, force="ties"):
    if force != "first" or ious.numel() == 0:
        return assigned(ious, low, high, force)
    matches, left = assigned(ious, low, high, "none"), ious.clone()
    for _ in range(min(ious.shape)):
        row, column = divmod(int(left.argmax()), ious.shape[1])
        if left[row, column] <= 0:
            break
        matches[column] = row
        left[row], left[:, column] = -1, -1
    return matches


NEARLY = "With \"ties\" anchors are forced whose IoU is nearly an object's highest. It has to be equal."


@mistake("assign_anchors", edit={"(ious == top[:, None])": "(ious >= 0.98 * top[:, None])"}, hint=NEARLY)
def nearly_equal(): ...


@mistake("assign_anchors", edit={"matches[best >= low] = -2": "matches[(best >= low) & (best > 0)] = -2"}, hint="An anchor of IoU 0 is background although low is 0. From low on it is ignored.")
def zero_is_always_background(): ...


@mistake("assign_anchors", edit={"matches = torch.where(forced, own, matches)": "matches = torch.where(forced & (best >= low), own, torch.where(forced, -2, matches))"}, hint="With \"ties\" forced anchors below low are ignored only. They are positive.")
def forced_to_be_ignored(): ...


@mistake("assign_anchors", edit={"if ious.numel() == 0:": "if False:"}, hint=EMPTY)
def fails_on_any_empty_table(): ...


@mistake("assign_anchors", edit={"taken = anchors[row]": "taken = ious[row] == top[row]"}, hint="With \"first\" all of an object's equally good anchors are given to it. It is to be one: the first.")
def first_forces_all_equals(): ...


@mistake("assign_anchors", edit={"(ious == top[:, None])": "(ious >= top[:, None] - 1e-3)"}, hint=NEARLY)
def nearly_equal_by_a_thousandth(): ...


@mistake("assign_anchors", edit={"torch.where(forced, own, matches)": "torch.where(forced & (matches == -1), own, matches)"}, hint=IGNORED_STAY)
def ties_force_background_only(): ...


@mistake("assign_anchors", edit={"torch.where(top[row] > 0, row, matches[taken])": "torch.where((top[row] > 0) & (matches[taken] == -1), row, matches[taken])"}, hint=IGNORED_STAY)
def first_forces_background_only(): ...


@mistake("assign_anchors", edit={"torch.where(forced, own, matches)": "torch.where(forced & (matches == -1), own, matches)", "torch.where(top[row] > 0, row, matches[taken])": "torch.where((top[row] > 0) & (matches[taken] == -1), row, matches[taken])"}, hint=IGNORED_STAY)
def force_is_for_background_only(): ...


@mistake("assign_anchors", edit={"        return matches\n    best": "        return torch.where(torch.full_like(ious[:1].sum(dim=0), 0.0) >= low, -2, matches)\n    best"}, hint="Without objects the anchors meet the thresholds with an IoU of 0, and are ignored where low is 0. They are all background.")
def empty_image_meets_low(): ...


@right("assign_anchors")
def anchor_by_hand_then_object(ious, low=0.3, high=0.7, force="ties"):
    m, n = ious.shape
    matches = torch.full((n,), -1, dtype=torch.int64, device=ious.device)
    if m == 0 or n == 0:
        return matches
    best = ious.amax(dim=0)
    own = (ious == best).int().argmax(dim=0)
    matches[(best >= low) & (best < high)] = -2
    is_positive = best >= high
    if force == "ties":
        for row in ious:
            if row.max() > 0:
                is_positive = is_positive | (row == row.max())
    matches[is_positive] = own[is_positive]
    if force == "first":
        for k, row in enumerate(ious):
            if row.max() > 0:
                matches[row.argmax()] = k
    return matches


@right("assign_anchors")
def from_ignored_downwards(ious, low=0.3, high=0.7, force="ties"):
    if 0 in ious.shape:
        return torch.full((ious.shape[1],), -1, device=ious.device)
    best, own = torch.max(ious, dim=0)
    matches = torch.full_like(own, -2)
    matches = matches.masked_fill(best < low, -1)
    matches = own.where(best >= high, matches)
    tops = ious.max(dim=1, keepdim=True).values.masked_fill_(ious.max(dim=1, keepdim=True).values == 0, math.inf)
    if force == "ties":
        reached = (ious >= tops).sum(dim=0) > 0
        matches[reached] = own[reached]
    elif force == "first":
        rows = torch.arange(len(ious), device=ious.device)[:, None]
        is_first = (ious == tops) & ((ious == tops).cumsum(dim=1) == 1)
        last = torch.where(is_first, rows, -1).amax(dim=0)
        matches = torch.where(last >= 0, last, matches)
    return matches


@right("assign_anchors")
def with_a_row_of_background(ious, low=0.3, high=0.7, force="ties"):
    num_objects, num_anchors = ious.shape
    padded = torch.cat([ious, ious.new_full((1, num_anchors), -1.0)])
    if num_anchors == 0:
        return padded.new_zeros(0, dtype=torch.int64)
    best, own = padded.max(dim=0)
    zones = torch.bucketize(best.contiguous(), best.new_tensor([low, high]), right=True)
    matches = torch.where(zones == 2, own, torch.where(zones == 1, -2, -1))
    if num_objects == 0:
        matches = torch.full_like(matches, -1)
    highest = ious.max(dim=1).values
    for k in range(num_objects):
        if force == "none" or not highest[k] > 0:
            continue
        where = (ious[k] == highest[k]).nonzero().flatten()
        if force == "ties":
            matches[where] = own[where]
        else:
            matches[where[0]] = k
    return matches


# sample_anchors

@mistake("sample_anchors", edit={"(matches >= 0)": "(matches > 0)"}, hint="The first object's anchors are no positives: its row is 0. Positive is 0 or more.")
def first_object_is_no_object(): ...


@mistake("sample_anchors", edit={"(matches == -1)": "(matches < 0)"}, hint="Ignored anchors are drawn among the negatives. Only -1 is negative.")
def draws_ignored_ones(): ...


@mistake("sample_anchors", edit={"(matches == -1)": "(matches == 0)", "(matches >= 0)": "(matches > 0)"}, hint="0 is read as background. Here 0 is the first object, and background is -1.")
def zero_is_background(): ...


@mistake("sample_anchors", edit={"[: num - num_positive]": "[: num - int(num * share)]"}, hint="Where positives are few, nobody fills up. Negatives take the places that are left.")
def not_filled_up(): ...


@mistake("sample_anchors", edit={"[: num - num_positive]": "[:num_positive]"}, hint="There are only as many negatives as positives. They should fill up to num.")
def as_many_as_positives(): ...


@mistake("sample_anchors", edit={"num_positive = min(len(positive), int(num * share))": "num_positive = min(len(positive), max(int(num * share), num - len(negative)))"}, hint="Where negatives are few, positives fill up. They are at most num times share.")
def filled_up_with_positives(): ...


@mistake("sample_anchors", edit={"int(num * share)": "num // 2"}, hint="Half of them are positive whatever the share is.")
def always_half(): ...


@mistake("sample_anchors", edit={"int(num * share)": "math.ceil(num * share)"}, hint="The number of positives is rounded up. It is rounded down.")
def rounded_up(): ...


@mistake("sample_anchors", edit={"chosen = torch.randperm(len(positive), generator=generator)[:num_positive]": "chosen = torch.arange(num_positive)"}, hint="The first positives come, always the same ones. Each is to have the same chance.")
def the_first_positives(): ...


@mistake("sample_anchors", edit={"others = torch.randperm(len(negative), generator=generator)[: num - num_positive]": "others = torch.arange(len(negative))[: num - num_positive]"}, hint="The first negatives come, always the same ones. Each is to have the same chance.")
def the_first_negatives(): ...


GLOBAL = "The draw comes from torch's global state. The generator that is handed in is the only source of chance."


@mistake("sample_anchors", edit={"torch.randperm(len(negative), generator=generator)": "torch.randperm(len(negative))"}, hint=GLOBAL)
def negatives_without_generator(): ...


@mistake("sample_anchors", edit={"torch.randperm(len(positive), generator=generator)": "torch.randperm(len(positive))"}, hint=GLOBAL)
def positives_without_generator(): ...


@mistake("sample_anchors", edit={"chosen = torch.randperm(len(positive), generator=generator)[:num_positive]": "chosen = torch.randint(max(len(positive), 1), (num_positive,), generator=generator)"}, hint="A place can be drawn twice. Draw without putting back.")
def with_putting_back(): ...


@mistake("sample_anchors", edit={"return positive[chosen], negative[others]": "return chosen, others"}, hint="What comes are places in the lists of positives and negatives. They should be places in matches.")
def places_in_the_lists(): ...


@mistake("sample_anchors", edit={"return positive[chosen], negative[others]": "return matches[positive[chosen]], matches[negative[others]]"}, hint="What comes are matches. Asked for are the places in matches.")
def matches_come(): ...


@mistake("sample_anchors", edit={"return positive[chosen], negative[others]": "return negative[others], positive[chosen]"}, hint="Negatives come first. The positives are to come first.")
def negatives_first(): ...


@mistake("sample_anchors", hint="A mask comes for each kind. Asked for are places.")
def masks_come(matches, generator, num=256, share=0.5):
    positive, negative = sample_places(matches, generator, num, share)
    masks = torch.zeros(2, len(matches), dtype=torch.bool)
    masks[0, positive] = True
    masks[1, negative] = True
    return masks[0], masks[1]


@mistake("sample_anchors", edit={"torch.randperm(len(positive), generator=generator)": "torch.randperm(len(positive))", "torch.randperm(len(negative), generator=generator)": "torch.randperm(len(negative))"}, hint=GLOBAL)
def all_without_generator(): ...


@mistake("sample_anchors", edit={"int(num * share)": "max(int(num * share), 1)"}, hint="There is one positive at least, also where num times share is less than one. Rounded down that is none.")
def one_positive_at_least(): ...


NEAREST = "The number of positives is rounded to the nearest. It is rounded down."


@mistake("sample_anchors", edit={"int(num * share)": "int(num * share + 0.5)"}, hint=NEAREST)
def rounded_to_the_nearest(): ...


@mistake("sample_anchors", edit={"int(num * share)": "round(num * share)"}, hint=NEAREST)
def rounded_to_even(): ...


@mistake("sample_anchors", edit={"int(num * share)": "int(min(num, len(matches)) * share)"}, hint="Where there are fewer anchors than num, the share is taken of those that are there. It is always one of num.")
def share_of_those_there(): ...


@mistake("sample_anchors", hint="Neighbours in the list are drawn together. Each has the same chance, but some pairs come often and others never.")
def a_run_from_a_random_start(matches, generator, num=256, share=0.5):
    def run(places, count):
        if len(places) == 0:
            return places
        start = torch.randint(len(places), (1,), generator=generator)
        return places.roll(-int(start))[:count]

    positive, negative = (matches >= 0).nonzero()[:, 0], (matches == -1).nonzero()[:, 0]
    num_positive = min(len(positive), int(num * share))
    return run(positive, num_positive), run(negative, num - num_positive)


sample_places = sample_anchors


@right("sample_anchors")
def by_random_keys(matches, generator, num=256, share=0.5):
    keys = torch.rand(len(matches), generator=generator)
    order = keys.argsort()
    kinds = matches[order]
    positives = order[kinds >= 0][: int(num * share)]
    negatives = order[kinds == -1][: num - len(positives)]
    return positives, negatives


@right("sample_anchors")
def by_multinomial(matches, generator, num=256, share=0.5):
    def draw(mask, count):
        count = min(count, int(mask.sum()))
        if count == 0:
            return torch.zeros(0, dtype=torch.int64)
        return torch.multinomial(mask.double(), count, replacement=False, generator=generator)

    positives = draw(matches >= 0, int(num * share))
    return positives, draw(matches == -1, num - len(positives))


@right("sample_anchors")
def one_shuffle_sorted(matches, generator, num=256, share=0.5):
    order = torch.randperm(len(matches), generator=generator).tolist()
    positives = [place for place in order if matches[place] >= 0][: math.floor(num * share)]
    negatives = [place for place in order if matches[place] == -1][: num - len(positives)]
    return tuple(torch.tensor(sorted(places), dtype=torch.int64) for places in (positives, negatives))


# hard_negative_mining


@mistake("hard_negative_mining", edit={"losses.masked_fill(~negative, -1.0)": "losses"}, hint="Positives and ignored anchors stand in the ranking too, and push negatives down. Only negatives may be ranked.")
def ranks_all(): ...


@mistake("hard_negative_mining", edit={"losses.masked_fill(~negative, -1.0)": "losses.masked_fill(positive, -1.0)"}, hint="Ignored anchors stand in the ranking and push negatives down. Only negatives may be ranked.")
def ranks_ignored_ones(): ...


@mistake("hard_negative_mining", edit={"negative = matches >= 0, matches == -1": "negative = matches >= 0, matches < 0"}, hint="Ignored anchors are taken for negatives. They never count.")
def ignored_are_negative(): ...


@mistake("hard_negative_mining", edit={"positive, negative = matches >= 0, matches == -1": "positive, negative = matches > 0, matches == -1"}, hint="Anchors of the first object are no positives: its row is 0.")
def row_zero_is_no_object(): ...


@mistake("hard_negative_mining", edit={"descending=True": "descending=False", "masked_fill(~negative, -1.0)": "masked_fill(~negative, math.inf)"}, hint="The negatives of the smallest losses are taken: the easy ones.")
def the_easy_ones(): ...


@mistake("hard_negative_mining", edit={"hardest.argsort(dim=1) < wanted": "hardest < wanted"}, hint="The order is taken for the rank: it says who stands at each rank, not at which rank each one stands.")
def order_for_rank(): ...


@mistake("hard_negative_mining", edit={"< wanted)": "<= wanted)"}, hint="There is one negative too many in each image: ranks begin at 0.")
def one_too_many(): ...


@mistake("hard_negative_mining", edit={"positive.sum(dim=1, keepdim=True)": "positive.sum()"}, hint="The positives of the whole batch are counted for each image. Each image has its own number.")
def count_of_the_batch(): ...


BATCH = "The negatives are ranked over the whole batch. Each image is to take from its own."


@mistake("hard_negative_mining", hint=BATCH)
def ranked_over_the_batch(losses, matches, ratio=3, least=0):
    one = mine(losses.reshape(1, -1), matches.reshape(1, -1), ratio, least * len(losses))
    return one.reshape(losses.shape)


mine = hard_negative_mining


@mistake("hard_negative_mining", edit={"return positive | (": "return (positive & ~positive) | ("}, hint="The positives are missing. They always count.")
def negatives_alone(): ...


@mistake("hard_negative_mining", edit={"losses.masked_fill(~negative, -1.0)": "losses.masked_fill(~negative, -1.0).flip(1)", "hardest.argsort(dim=1) < wanted": "hardest.argsort(dim=1).flip(1) < wanted"}, hint="Of equal losses the last are taken. It is to be the first.")
def last_of_equal_losses(): ...


EQUALS_TOO = "All negatives as bad as the last one that fits in are taken. Of equals only the first fit in."


@mistake("hard_negative_mining", hint=EQUALS_TOO)
def by_threshold_unless_empty(losses, matches, ratio=3, least=0):
    positive, negative = matches >= 0, matches == -1
    taken = mine(losses, matches, ratio, least) & negative
    return positive | (negative & (losses >= losses.masked_fill(~taken, math.inf).amin(dim=1, keepdim=True)))


@mistake("hard_negative_mining", hint=EQUALS_TOO)
def by_threshold(losses, matches, ratio=3, least=0):
    positive, negative = matches >= 0, matches == -1
    taken = mine(losses, matches, ratio, least) & negative
    worst = losses.masked_fill(~taken, math.inf).amin(dim=1, keepdim=True) if losses.shape[1] else losses
    return positive | (negative & (losses >= worst))


@mistake("hard_negative_mining", edit={"(negative & (hardest.argsort(dim=1) < wanted))": "(hardest.argsort(dim=1) < wanted)"}, hint="Where negatives are too few, ignored anchors fill up. They never count.")
def filled_with_ignored(): ...


@mistake("hard_negative_mining", edit={"masked_fill(~negative, -1.0)": "masked_fill(~negative, 0.0)"}, hint="Those that are no negatives are ranked as if their loss were 0. A negative may have that loss too.")
def zero_for_the_others(): ...


@mistake("hard_negative_mining", edit={"(ratio * positive.sum(dim=1, keepdim=True)).clamp(min=least)": "ratio * positive.sum(dim=1, keepdim=True) + least"}, hint="least is added to what the ratio gives. It is the smallest number, and the ratio's stays where it is larger.")
def least_on_top(): ...


@mistake("hard_negative_mining", edit={"(ratio * positive.sum(dim=1, keepdim=True)).clamp(min=least)": "ratio * positive.sum(dim=1, keepdim=True).clamp(min=least)"}, hint="least is taken for positives, and the ratio makes more of it. It is a number of negatives.")
def least_positives(): ...


@mistake("hard_negative_mining", edit={"(ratio * positive.sum(dim=1, keepdim=True)).clamp(min=least)": "(ratio * positive.sum(dim=1, keepdim=True)).clamp(min=max(least, 1))"}, hint="An image without objects has a negative that counts. With least at 0 it has none.")
def never_none(): ...


@mistake("hard_negative_mining", edit={"return positive | (negative & (hardest.argsort(dim=1) < wanted))": "return (positive | (negative & (hardest.argsort(dim=1) < wanted))).to(losses.dtype)"}, hint="Ones and zeros come. A mask is of bools.")
def numbers_come(): ...


@mistake("hard_negative_mining", edit={"stable=True": "stable=False"}, hint="Which of equal losses come first is left to the sort, and a sort promises nothing of equals unless it is asked to.")
def unstable_sort(): ...


@mistake("hard_negative_mining", edit={"hardest = ranked.argsort(dim=1, descending=True, stable=True)": "hardest = ranked.flatten().argsort(descending=True, stable=True)", "hardest.argsort(dim=1) < wanted": "hardest.argsort().reshape(ranked.shape) < wanted"}, hint=BATCH)
def ranks_of_the_batch(): ...


@mistake("hard_negative_mining", edit={"(negative & (hardest": "((negative.sum(dim=1, keepdim=True) >= wanted) & negative & (hardest"}, hint="An image with fewer negatives than wanted has none at all. All of them count there.")
def none_where_too_few(): ...


@mistake("hard_negative_mining", edit={"positive.sum(dim=1, keepdim=True)": "(matches.amax(dim=1, keepdim=True) + 1).clamp(min=0)"}, hint="The objects are counted, by the largest row. It is the positive anchors that are counted: an object may have several, or none.")
def counts_objects(): ...


@right("hard_negative_mining")
def rank_by_scatter(losses, matches, ratio=3, least=0):
    is_object, is_background = matches.ge(0), matches.eq(-1)
    masked = torch.where(is_background, losses, torch.full_like(losses, -math.inf))
    order = torch.sort(-masked, dim=1, stable=True).indices
    rank = torch.empty_like(order)
    places = torch.arange(losses.shape[1], device=losses.device).expand_as(order)
    rank.scatter_(1, order, places)
    count = torch.maximum(ratio * is_object.sum(1), torch.full_like(is_object.sum(1), least))
    return is_object | (is_background & (rank < count[:, None]))


@right("hard_negative_mining")
def by_counting_who_is_worse(losses, matches, ratio=3, least=0):
    positive, negative = matches >= 0, matches == -1
    place = torch.arange(losses.shape[1], device=losses.device)
    larger = losses[:, None, :] > losses[:, :, None]
    equal_and_before = (losses[:, None, :] == losses[:, :, None]) & (place < place[:, None])
    worse = ((larger | equal_and_before) & negative[:, None, :]).sum(dim=2)
    wanted = (ratio * positive.sum(dim=1)).clamp(min=least)
    return positive | (negative & (worse < wanted[:, None]))


@right("hard_negative_mining")
def mask_in_sorted_order(losses, matches, ratio=3, least=0):
    order = losses.argsort(dim=1, descending=True, stable=True)
    kinds = matches.gather(1, order)
    wanted = torch.clamp(ratio * (matches >= 0).sum(1, keepdim=True), min=least)
    is_hard = (kinds == -1) & ((kinds == -1).cumsum(dim=1) <= wanted)
    return torch.zeros_like(is_hard).scatter(1, order, is_hard | (kinds >= 0))


# kmeans_anchors


@mistake("kmeans_anchors", edit={"return (shared / (both - shared)).argmax(dim=1)": "return torch.cdist(sides, anchors).argmin(dim=1) if len(anchors) else shared"}, hint="Boxes join by the distance of points in the plane. The distance is 1 - IoU.")
def points_in_the_plane(): ...


@mistake("kmeans_anchors", edit={"return (shared / (both - shared)).argmax(dim=1)": "return (shared / both).argmax(dim=1) if False else shared.argmax(dim=1)"}, hint="Boxes join by the shared area alone. The largest anchor shares most with everybody: divide by what both cover together.")
def shared_area_alone(): ...


@mistake("kmeans_anchors", edit={"(shared / (both - shared)).argmax(dim=1)": "(shared / (both - shared)).argmin(dim=1)"}, hint="Each box joins the anchor that is farthest: 1 - IoU is small where the IoU is large.")
def the_farthest(): ...


@mistake("kmeans_anchors", edit={"shared / (both - shared)": "shared / torch.maximum(sides.prod(dim=1)[:, None], anchors.prod(dim=1))"}, hint="The shared area is divided by the larger of the two areas. It is divided by what both cover together.")
def over_the_larger(): ...


@mistake("kmeans_anchors", edit={"return (shared / (both - shared)).argmax(dim=1)": "return anchors.shape[0] - 1 - (shared / (both - shared)).flip(1).argmax(dim=1)"}, hint="Of equally near anchors the last is joined. It is to be the first.")
def last_of_equals(): ...


MEAN_OF_NOTHING = "An anchor that nobody joins becomes NaN: the mean of nothing. It stays where it is."


@mistake("kmeans_anchors", edit={"            if len(mine) > 0:\n    ": "            if True:\n    "}, hint=MEAN_OF_NOTHING)
def mean_of_nothing(): ...


@mistake("kmeans_anchors", edit={"            if len(mine) > 0:\n                anchors[k] =": "            if len(mine) == 0:\n                anchors[k] = 0\n            else:\n                anchors[k] ="}, hint="An anchor that nobody joins becomes 0. It stays where it is.")
def nobody_means_zero(): ...


@mistake("kmeans_anchors", edit={"            mine = sides[joined == k]": "            joined = nearest(anchors)\n            mine = sides[joined == k]"}, hint="Boxes choose anew after each single anchor has moved. In a step all of them join first, and then all anchors move.")
def joins_after_each_move(): ...


@mistake("kmeans_anchors", edit={"    return anchors, nearest(anchors)": "    return anchors, joined if steps else nearest(anchors)"}, hint="Who joins whom is that of before the last move. Asked for is the anchor that each box would join now.")
def joins_of_before(): ...


@mistake("kmeans_anchors", edit={"return anchors, nearest(anchors)": "order = anchors.prod(1).argsort()\n    return anchors[order], nearest(anchors[order])"}, hint="The anchors come sorted. They should stay in the order of the start.")
def sorted_anchors(): ...


@mistake("kmeans_anchors", edit={"mine.quantile(0.5, 0)": "mine.median(0).values"}, hint="The median of an even number is the smaller of the inner two, as torch has it. It should be halfway between.")
def lower_median(): ...


MIDDLE_AREA = "The median is the box of the middle area. Widths and heights each have a median of their own."


@mistake("kmeans_anchors", edit={"mine.quantile(0.5, 0)": "mine[mine.prod(1).argsort()[len(mine) // 2]]"}, hint=MIDDLE_AREA)
def box_of_the_middle_area(): ...


@mistake("kmeans_anchors", edit={"mine.quantile(0.5, 0)": "mine.quantile(0.5)"}, hint="One median is taken over widths and heights together.")
def one_median_for_both(): ...


@mistake("kmeans_anchors", edit={"for _ in range(steps):": "for _ in range(max(steps, 1)):"}, hint="With no steps the anchors move all the same.")
def one_step_at_least(): ...


@mistake("kmeans_anchors", edit={"for _ in range(steps):": "for _ in range(steps + 1):"}, hint="There is one step more than asked for.")
def one_step_more(): ...


@mistake("kmeans_anchors", edit={"for _ in range(steps):": "for _ in range(10 * (steps > 0)):"}, hint="It always goes ten steps. How many is said by steps.")
def always_ten(): ...


@mistake("kmeans_anchors", edit={"mine.mean(0) if": "(mine.prod(1).mean().sqrt() * torch.ones_like(start[0])) if"}, hint="The anchor becomes a square of the mean area. Its width is the mean of widths, its height that of heights.")
def square_of_the_mean_area(): ...


@mistake("kmeans_anchors", edit={"anchors = start.clone()": "anchors = start.round()"}, hint="The start is rounded to whole pixels.")
def rounded_start(): ...


@mistake("kmeans_anchors", edit={"            if len(mine) > 0:\n": "            if len(mine) == 0 and len(sides):\n                anchors[k] = sides[-1]\n            elif len(mine) > 0:\n"}, hint="An anchor that nobody joins is moved to one of the boxes. It stays where it is.")
def moved_to_a_box(): ...


@mistake("kmeans_anchors", edit={"for _ in range(steps):": "for _ in range(min(steps, 5)):"}, hint="It stops after five steps. How many is said by steps, and 10 if nothing is said.")
def five_at_most(): ...


@mistake("kmeans_anchors", edit={"shared = torch.minimum(sides[:, None], anchors).prod(dim=2)": "shared = torch.minimum(sides.prod(dim=1)[:, None], anchors.prod(dim=1))"}, hint="The shared area is the smaller of the two areas, as if one always lay inside the other. A tall and a wide one share less.")
def smaller_area_is_shared(): ...


@mistake("kmeans_anchors", edit={"            if len(mine) > 0:\n    ": "            if True:\n    ", "if middle == \"mean\" else": "if middle == \"mean\" or len(mine) == 0 else"}, hint=MEAN_OF_NOTHING)
def mean_of_nothing_for_both(): ...


@mistake("kmeans_anchors", edit={"mine.mean(0) if": "mine.log().mean(0).exp() if"}, hint="The mean is taken of the logarithms, a geometric one. It is the plain mean of the sides.")
def geometric_mean(): ...


@mistake("kmeans_anchors", edit={"anchors[k] = mine.mean(0) if middle == \"mean\" else mine.quantile(0.5, 0)": "anchors[k] = (anchors[k] + (mine.mean(0) if middle == \"mean\" else mine.quantile(0.5, 0))) / 2"}, hint="An anchor goes half of the way. It moves to the middle itself.")
def half_way(): ...


@mistake("kmeans_anchors", edit={"mine.quantile(0.5, 0)": "mine[mine.prod(1).argsort()[[(len(mine) - 1) // 2, len(mine) // 2]]].mean(0)"}, hint=MIDDLE_AREA)
def boxes_of_the_middle_areas(): ...


@mistake("kmeans_anchors", edit={"if len(mine) > 0:": "if len(mine) > 1:"}, hint="An anchor that one box alone has joined stays. It moves onto that box.")
def one_box_moves_nothing(): ...


@right("kmeans_anchors")
def with_box_iou(sides, start, steps=10, middle="mean"):
    from torchvision.ops import box_iou

    def centred(wh):
        return torch.cat([-wh / 2, wh / 2], dim=1)

    def joins(anchors):
        return (1 - box_iou(centred(sides), centred(anchors))).argmin(dim=1)

    anchors = start
    for _ in range(steps):
        joined = joins(anchors)
        moved = []
        for k, old in enumerate(anchors):
            mine = sides[joined == k]
            if mine.numel() == 0:
                moved.append(old)
            elif middle == "median":
                moved.append(torch.quantile(mine, 0.5, dim=0))
            else:
                moved.append(mine.sum(dim=0) / mine.shape[0])
        anchors = torch.stack(moved)
    return anchors.clone(), joins(anchors)


@right("kmeans_anchors")
def stops_when_nobody_moves(sides, start, steps=10, middle="mean"):
    anchors, joined = start.clone(), None
    w, h = sides.unbind(1)
    for step in range(steps + 1):
        aw, ah = anchors.unbind(1)
        inter = torch.minimum(w[:, None], aw) * torch.minimum(h[:, None], ah)
        now = (inter / ((w * h)[:, None] + aw * ah - inter)).argmax(dim=1)
        if step == steps or (joined is not None and torch.equal(now, joined)):
            return anchors, now
        joined = now
        for k in now.unique().tolist():
            mine = sides[now == k].sort(dim=0).values
            half = len(mine) // 2
            centre = mine[half] if len(mine) % 2 else (mine[half - 1] + mine[half]) / 2
            anchors[k] = mine.mean(dim=0) if middle == "mean" else centre


@right("kmeans_anchors")
def by_one_hot_sums(sides, start, steps=10, middle="mean"):
    def table(anchors):
        inter = torch.minimum(sides[:, None, 0], anchors[:, 0]) * torch.minimum(sides[:, None, 1], anchors[:, 1])
        area = sides[:, :1] * sides[:, 1:]
        return inter / (area + anchors[:, 0] * anchors[:, 1] - inter)

    anchors = start + 0
    for _ in range(steps):
        who = F.one_hot(table(anchors).argmax(dim=1), len(start)).to(sides.dtype)
        count = who.sum(dim=0)[:, None]
        if middle == "mean":
            moved = who.T @ sides / count.clamp(min=1)
        else:
            rows = [sides[who[:, k] > 0] for k in range(len(start))]
            moved = torch.stack([torch.quantile(r, 0.5, dim=0) if len(r) else start[0] for r in rows])
        anchors = torch.where(count > 0, moved, anchors)
    return anchors, table(anchors).argmax(dim=1)


# best_possible_recall


@mistake("best_possible_recall", edit={"< threshold": "<= threshold"}, hint="A factor of exactly the threshold fits. It should be less.")
def exactly_four_fits(): ...


@mistake("best_possible_recall", edit={"torch.maximum(factor, 1 / factor)": "factor"}, hint="A box that is far too small for the anchor fits. A factor goes either way: box over anchor, or anchor over box.")
def small_boxes_fit(): ...


@mistake("best_possible_recall", edit={"torch.maximum(factor, 1 / factor)": "(1 / factor)"}, hint="A box that is far too large for the anchor fits. A factor goes either way: box over anchor, or anchor over box.")
def large_boxes_fit(): ...


@mistake("best_possible_recall", edit={"(torch.maximum(factor, 1 / factor) < threshold).all(dim=2)": "(torch.maximum(factor, 1 / factor) < threshold).any(dim=2)"}, hint="One of the two sides is enough to fit. Both the widths and the heights have to.")
def one_side_is_enough(): ...


@mistake("best_possible_recall", edit={"    fits = ": "    factor = factor.prod(dim=2, keepdim=True)\n    fits = "}, hint="The areas are compared. Widths and heights are each to fit.")
def compares_areas(): ...


@mistake("best_possible_recall", edit={"fits.any(dim=1).sum(), fits.sum()": "fits.sum() / max(fits.shape[1], 1), fits.sum()"}, hint="The first number is the share of pairs that fit. It is the share of boxes that at least one anchor fits.")
def share_of_pairs(): ...


@mistake("best_possible_recall", edit={"fits.any(dim=1).sum(), fits.sum()": "fits.all(dim=1).sum(), fits.sum()"}, hint="The first number counts boxes that all anchors fit. One is enough.")
def all_anchors_fit(): ...


COUNTS_ANCHORS = "Anchors are counted that fit some box. Boxes are to be counted that some anchor fits."


@mistake("best_possible_recall", edit={"fits.any(dim=1).sum(), fits.sum()": "fits.any(dim=0).sum(), fits.sum()"}, hint=COUNTS_ANCHORS)
def counts_anchors(): ...


@mistake("best_possible_recall", hint="Width and height may each be fitted by another anchor. One anchor has to fit both.")
def sides_by_different_anchors(sides, anchors, threshold=4.0):
    factor = sides[:, None] / anchors
    good = torch.maximum(factor, 1 / factor) < threshold
    num = max(len(sides), 1)
    return good.any(dim=1).all(dim=1).sum().to(sides) / num, good.all(dim=2).sum().to(sides) / num


@mistake("best_possible_recall", edit={"fits.any(dim=1).sum(), fits.sum()": "fits.any(dim=1).sum(), fits.sum() / fits.any(dim=1).sum().clamp(min=1) * len(sides)"}, hint="The second number is the mean over those boxes that some anchor fits. It is the mean over all boxes.")
def mean_over_the_wrong_number(): ...


@mistake("best_possible_recall", edit={"/ max(len(sides), 1)": "/ len(sides)"}, hint="With no boxes, zero is divided by zero. Both numbers are 0 then.")
def zero_by_zero(): ...


@mistake("best_possible_recall", edit={"return found[0], found[1]": "return found[1], found[0]"}, hint="The recall is to come first.")
def recall_last(): ...


@mistake("best_possible_recall", edit={".to(sides)": ".float()"}, hint="The numbers come in float32, whatever the dtype of the boxes is.")
def always_float32(): ...


PLAIN = "Plain numbers come. Asked for are two tensors without dimensions."


@mistake("best_possible_recall", edit={"return found[0], found[1]": "return found[0].item(), found[1].item()"}, hint=PLAIN)
def plain_numbers(): ...


@mistake("best_possible_recall", hint="The IoU decides instead of the two factors.")
def by_iou(sides, anchors, threshold=4.0):
    shared = torch.minimum(sides[:, None], anchors).prod(dim=2)
    iou = shared / (sides.prod(dim=1)[:, None] + anchors.prod(dim=1) - shared)
    fits = iou > 1 / threshold
    num = max(len(sides), 1)
    return fits.any(dim=1).sum().to(sides) / num, fits.sum().to(sides) / num


SUMS = "A sum over the boxes comes. Asked for is a share, and an average for each box."


@mistake("best_possible_recall", edit={"return found[0], found[1]": "return found[0], counts[1].to(sides)"}, hint=SUMS)
def sum_of_fits(): ...


@mistake("best_possible_recall", edit={"return found[0], found[1]": "return counts[0].to(sides), counts[1].to(sides)"}, hint=SUMS)
def sums_of_both(): ...


@mistake("best_possible_recall", edit={"return found[0], found[1]": "return (found[0] if len(sides) else found[0] + 1), found[1]"}, hint="Where there is no box, all of them are taken as found. Both numbers are 0 then.")
def all_of_no_boxes_fit(): ...


MEAN_OF_TABLE = "The second number is the share of all pairs that fit. It is how many anchors fit a box, on average over the boxes alone."


@mistake("best_possible_recall", edit={"return found[0], found[1]": "return found[0], (found[1] / len(anchors) if len(sides) else found[1])"}, hint=MEAN_OF_TABLE)
def mean_of_the_table(): ...


@mistake("best_possible_recall", edit={"return found[0], found[1]": "return found[0], found[1] / max(len(anchors), 1)"}, hint=MEAN_OF_TABLE)
def mean_of_the_table_if_any(): ...


@mistake("best_possible_recall", edit={"fits.any(dim=1).sum(), fits.sum()": "fits.int().amax(dim=1).sum(), fits.sum()"}, hint="Without anchors it fails: no numbers have no maximum. No box is fitted then, and both numbers are 0.")
def maximum_of_no_anchors(): ...


@mistake("best_possible_recall", edit={"return found[0], found[1]": "return (found[0].item(), found[1].item()) if len(sides) else (found[0], found[1])"}, hint=PLAIN)
def plain_numbers_if_any(): ...


@mistake("best_possible_recall", edit={"return found[0], found[1]": "return fits.any(dim=0).to(sides).mean() if len(sides) else found[0], found[1]"}, hint=COUNTS_ANCHORS)
def share_of_anchors(): ...


@mistake("best_possible_recall", edit={"(torch.maximum(factor, 1 / factor) < threshold).all(dim=2)": "torch.maximum(factor, 1 / factor).mean(dim=2) < threshold"}, hint="The mean of both factors is held against the threshold. Each of the two has to be below it.")
def mean_of_both_factors(): ...


@mistake("best_possible_recall", edit={"    counts = ": "    turned = sides.flip(1)[:, None] / anchors\n    fits = fits | (torch.maximum(turned, 1 / turned) < threshold).all(dim=2)\n    counts = "}, hint="A box may be turned by a quarter to fit. Width goes with width, and height with height.")
def may_be_turned(): ...


@right("best_possible_recall")
def anchor_by_anchor(sides, anchors, threshold=4.0):
    count = torch.zeros(len(sides), dtype=torch.int64, device=sides.device)
    for anchor in anchors:
        small, large = torch.minimum(sides, anchor), torch.maximum(sides, anchor)
        count += ((large / small) < threshold).all(dim=1)
    boxes = max(len(sides), 1)
    return (count > 0).to(sides.dtype).sum() / boxes, count.to(sides.dtype).sum() / boxes


@right("best_possible_recall")
def as_yolov5_has_it(sides, anchors, threshold=4.0):
    zero = sides.new_zeros(())
    if len(sides) == 0 or len(anchors) == 0:
        return zero, zero.clone()
    r = sides[:, None] / anchors[None]
    worst = torch.max(r, 1 / r).max(dim=2).values
    return (worst.min(dim=1).values < threshold).to(sides.dtype).mean(), (worst < threshold).to(sides.dtype).sum(1).mean()


@right("best_possible_recall")
def without_division(sides, anchors, threshold=4.0):
    b, a = sides[:, None], anchors[None]
    larger, smaller = torch.maximum(a, b), torch.minimum(a, b)
    count = (larger < threshold * smaller).all(dim=-1).sum(dim=1)
    total = torch.tensor(max(1, sides.shape[0]), dtype=sides.dtype, device=sides.device)
    return (count > 0).sum() / total, count.sum() / total


@right("best_possible_recall")
def four_comparisons(sides, anchors, threshold=4.0):
    w = sides[:, 0, None] / anchors[:, 0]
    h = sides[:, 1, None] / anchors[:, 1]
    fits = (w < threshold) & (1 / w < threshold) & (h < threshold) & (1 / h < threshold)
    boxes = max(1, len(sides))
    some = fits.double().amax(dim=1) if len(anchors) else fits.new_zeros(len(sides)).double()
    return (some.sum() / boxes).to(sides.dtype), (fits.double().sum() / boxes).to(sides.dtype)
