"""What students write in one_stage: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torchvision.ops import box_convert, generalized_box_iou_loss, sigmoid_focal_loss

from autograder.authoring import mistake, right

# default_boxes


@mistake("default_boxes", edit={"sides.new_tensor([width, height])": "sides.new_tensor([height, width])"}, hint="Shares across are multiplied by the image's height. A width is a share of the width.")
def sides_exchanged(): ...


@mistake("default_boxes", edit={"sides.new_tensor([width, height])": "min(width, height)"}, hint="All sides are shares of one number. A width is a share of the image's width, a height one of its height.")
def shares_of_the_shorter_side(): ...


@mistake("default_boxes", edit={"sides.new_tensor([width, height]) / 2": "sides.new_tensor([width, height])"}, hint="Each box reaches a whole side to both sides of its centre: it is twice too large.")
def twice_too_large(): ...


@mistake("default_boxes", edit={"(scales[k] * scales[k + 1]).sqrt()": "(scales[k] + scales[k + 1]) / 2"}, hint="The second box is the mean of two scales. Halfway between scales is meant as for factors: the root of their product.")
def arithmetic_mean(): ...


@mistake("default_boxes", edit={"(scales[k] * scales[k + 1]).sqrt()": "scales[k + 1]"}, hint="The second box has the scale of the next map. It should lie between both.")
def next_scale(): ...


@mistake("default_boxes", edit={"[torch.stack([long, short]), torch.stack([short, long])]": "[torch.stack([short, long]), torch.stack([long, short])]"}, hint="Of each ratio the tall box comes first. The wide one should.")
def tall_first(): ...


@mistake("default_boxes", edit={"[torch.stack([long, short]), torch.stack([short, long])]": "[torch.stack([long, short])]"}, hint="A ratio makes one box only. The same box stood on its end belongs to it.")
def one_box_a_ratio(): ...


@mistake("default_boxes", edit={"scale * math.sqrt(ratio), scale / math.sqrt(ratio)": "scale * ratio, scale / ratio"}, hint="Both sides are changed by the whole ratio, so one over the other is its square.")
def no_root(): ...


@mistake("default_boxes", edit={"scale * math.sqrt(ratio), scale / math.sqrt(ratio)": "larger * math.sqrt(ratio), larger / math.sqrt(ratio)"}, hint="The boxes of the ratios are made from the larger scale. They belong to s_k.")
def ratios_of_the_larger(): ...


@mistake("default_boxes", edit={"shares = [torch.stack([scale, scale]), torch.stack([larger, larger])]": "shares = []", "sides = torch.stack(shares)": "sides = torch.stack([torch.stack([scale, scale]), *shares, torch.stack([larger, larger])])"}, hint="The box between two scales comes last. It stands second, before those of the ratios.")
def larger_last(): ...


@mistake("default_boxes", edit={"torch.stack([x, y], dim=2)": "torch.stack([y, x], dim=2)"}, hint="Centres have y first. A box has x first.")
def centres_exchanged(): ...


@mistake("default_boxes", edit={"(torch.arange(rows).to(scales) + 0.5)": "torch.arange(rows).to(scales)", "(torch.arange(columns).to(scales) + 0.5)": "torch.arange(columns).to(scales)"}, hint="The places start at the image's edge. The first one lies half a step from it.")
def no_half_step(): ...


@mistake("default_boxes", edit={"y, x = torch.meshgrid(y, x, indexing=\"ij\")": "y, x = torch.meshgrid(y, x, indexing=\"xy\")"}, hint="The places come column by column. They should come row by row.")
def column_by_column(): ...


@mistake("default_boxes", edit={"if steps is not None": "if False"}, hint="The steps are not used: where they are given, they say how far places are apart.")
def steps_ignored(): ...


@mistake("default_boxes", edit={"down = across = steps[k]": "down = across = steps[0]"}, hint="Every map has the first map's step.")
def first_step_for_all(): ...


@mistake("default_boxes", edit={"torch.cat([centre - half, centre + half], dim=3).reshape(-1, 4)": "torch.cat([centre - half, centre + half], dim=3).reshape(-1, 4).clamp(min=0)"}, hint="Corners that lie out of the image are cut off. Only sides are clipped, while they are shares.")
def corners_cut(): ...


@mistake("default_boxes", edit={"torch.cat([centre - half, centre + half], dim=3).reshape(-1, 4)": "torch.cat([centre - half, centre + half], dim=3).transpose(0, 2).transpose(1, 2).reshape(-1, 4)"}, hint="First comes the first box of all places, then the second. The boxes of a place should stand together.")
def box_after_box(): ...


@mistake("default_boxes", edit={"torch.cat([centre - half, centre + half], dim=3)": "torch.cat([centre + 0 * half, 2 * half + 0 * centre], dim=3)"}, hint="What comes is centre, width and height. Boxes are left, top, right, bottom.")
def centre_width_height(): ...


@mistake("default_boxes", edit={"if clip:": "if False:"}, hint="Nothing is clipped: with clip, no side is larger than the image.")
def never_clips(): ...


@mistake("default_boxes", edit={"sides = sides.clamp(max=1)": "pass", "return torch.cat(found)": "boxes = torch.cat(found)\n    return torch.minimum(boxes.clamp(min=0), scales.new_tensor([width, height, width, height])) if clip else boxes"}, hint="Corners that lie out of the image are cut off. Only sides are clipped, while they are shares.")
def corners_cut_and_no_sides(): ...


@mistake("default_boxes", edit={"sides = sides.clamp(max=1)": "sides = torch.cat([sides[:2].clamp(max=1), sides[2:]])"}, hint="Only the two squares are clipped. The boxes of a ratio may be wider or higher than the image as well.")
def only_squares_clipped(): ...


@mistake("default_boxes", edit={"sides = sides.clamp(max=1)": "sides = torch.cat([sides[:2], sides[2:].clamp(max=1)])"}, hint="The two squares are not clipped. A scale may be above 1 as well.")
def only_ratios_clipped(): ...


@mistake("default_boxes", edit={"height / max(rows, 1), width / max(columns, 1)": "height // max(rows, 1), width // max(columns, 1)"}, hint="The step from place to place is cut to whole pixels. A map need not divide the image's size.")
def step_in_whole_pixels(): ...


@mistake("default_boxes", edit={"(torch.arange(columns).to(scales) + 0.5)": "torch.arange(columns).to(scales)"}, hint="In one of the two directions the places start at the image's edge. The first one lies half a step from it, across and down.")
def no_half_step_across(): ...


@mistake("default_boxes", edit={"(torch.arange(rows).to(scales) + 0.5)": "torch.arange(rows).to(scales)"}, hint="In one of the two directions the places start at the image's edge. The first one lies half a step from it, across and down.")
def no_half_step_down(): ...


@mistake("default_boxes", edit={"for ratio in ratios[k]:": "tall = []\n        for ratio in ratios[k]:", "shares += [torch.stack([long, short]), torch.stack([short, long])]": "shares += [torch.stack([long, short])]\n            tall += [torch.stack([short, long])]", "sides = torch.stack(shares)": "sides = torch.stack(shares + tall)"}, hint="First come the wide boxes of all ratios, then the tall ones. Both boxes of a ratio stand together.")
def wide_ones_before_tall_ones(): ...


@mistake("default_boxes", edit={"height / max(rows, 1), width / max(columns, 1)": "width / max(columns, 1), width / max(columns, 1)"}, hint="Without steps the places are as far apart down as across. Each direction is divided by itself.")
def step_from_the_width(): ...


@mistake("default_boxes", edit={"height / max(rows, 1), width / max(columns, 1)": "height / max(rows, 1), height / max(rows, 1)"}, hint="Without steps the places are as far apart down as across. Each direction is divided by itself.")
def step_from_the_height(): ...


@mistake("default_boxes", edit={"height / max(rows, 1), width / max(columns, 1)": "height / max(columns, 1), width / max(rows, 1)"}, hint="The image's height is divided by the columns, and the width by the rows.")
def rows_and_columns_exchanged(): ...


@mistake("default_boxes", edit={"height / max(rows, 1)": "height / rows"}, hint="A map without places has no step from one to the next: something is divided by 0.")
def no_rows_no_step(): ...


@mistake("default_boxes", edit={"width / max(columns, 1)": "width / columns"}, hint="A map without places has no step from one to the next: something is divided by 0.")
def no_columns_no_step(): ...


@mistake("default_boxes", edit={"height / max(rows, 1), width / max(columns, 1)": "height / rows, width / columns"}, hint="A map without places has no step from one to the next: something is divided by 0.")
def no_places_no_step(): ...


@mistake("default_boxes", edit={"x = (torch.arange(columns).to(scales) + 0.5) * across": "x = scales.new_zeros(columns)\n        for j in range(columns):\n            x[j] = (j + 0.5) * across"}, hint="Places are made one by one, so a map of a thousand takes a thousand times as long.")
def place_by_place(): ...


@right("default_boxes")
def box_by_box(image_size, grids, scales, ratios, steps=None, clip=True):
    H, W = image_size
    out = [scales.new_zeros(0, 4)]
    for k, (rows, columns) in enumerate(grids):
        if rows * columns == 0:
            continue
        s, t = scales[k], scales[k + 1]
        shapes = [(s, s), ((s * t) ** 0.5, (s * t) ** 0.5)]
        for r in ratios[k]:
            shapes.append((s * r**0.5, s / r**0.5))
            shapes.append((s / r**0.5, s * r**0.5))
        dy, dx = (H / rows, W / columns) if steps is None else (steps[k], steps[k])
        i = torch.arange(rows, device=scales.device).repeat_interleave(columns).to(scales.dtype)
        j = torch.arange(columns, device=scales.device).repeat(rows).to(scales.dtype)
        cy, cx = (i + 0.5) * dy, (j + 0.5) * dx
        level = []
        for w, h in shapes:
            if clip:
                w, h = w.clamp(max=1.0), h.clamp(max=1.0)
            w, h = w * W, h * H
            level.append(torch.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], dim=1))
        out.append(torch.stack(level, dim=1).flatten(0, 1))
    return torch.cat(out)


@right("default_boxes")
def by_converting(image_size, grids, scales, ratios, steps=None, clip=True):
    out = []
    for k, (rows, columns) in enumerate(grids):
        factors = [1.0]
        for r in ratios[k]:
            factors += [math.sqrt(r), 1 / math.sqrt(r)]
        f = scales.new_tensor(factors)
        wide, high = scales[k] * f, scales[k] / f
        both = (scales[k] * scales[k + 1]).sqrt()[None]
        wide, high = torch.cat([wide[:1], both, wide[1:]]), torch.cat([high[:1], both, high[1:]])
        if clip:
            wide, high = torch.minimum(wide, torch.ones_like(wide)), torch.minimum(high, torch.ones_like(high))
        table = scales.new_zeros(rows, columns, len(wide), 4)
        dy = steps[k] if steps else image_size[0] / max(1, rows)
        dx = steps[k] if steps else image_size[1] / max(1, columns)
        table[..., 0] = ((torch.arange(columns, device=scales.device) + 0.5).to(scales) * dx)[None, :, None]
        table[..., 1] = ((torch.arange(rows, device=scales.device) + 0.5).to(scales) * dy)[:, None, None]
        table[..., 2], table[..., 3] = wide * image_size[1], high * image_size[0]
        out.append(box_convert(table.reshape(-1, 4), "cxcywh", "xyxy"))
    return torch.cat(out)


@right("default_boxes")
def corners_of_a_place_first(image_size, grids, scales, ratios, steps=None, clip=True):
    size = scales.new_tensor([image_size[1], image_size[0]])
    lists = []
    for k, grid in enumerate(grids):
        pairs = [torch.ones_like(scales[:2]) * scales[k], torch.ones_like(scales[:2]) * (scales[k + 1] * scales[k]) ** 0.5]
        for r in ratios[k]:
            pair = torch.stack([scales[k] * r**0.5, scales[k] * r**-0.5])
            pairs.extend([pair, pair.flip(0)])
        pair = torch.stack(pairs)
        if clip:
            pair = torch.where(pair > 1, torch.ones_like(pair), pair)
        around = torch.cat([-pair * size, pair * size], dim=1) / 2
        step = size / size.new_tensor([max(grid[1], 1), max(grid[0], 1)]) if steps is None else size * 0 + steps[k]
        rows, columns = torch.meshgrid(torch.arange(grid[0]), torch.arange(grid[1]), indexing="ij")
        middle = (torch.stack([columns, rows], dim=-1).to(scales) + 0.5) * step
        lists.append((middle.repeat(1, 1, 2)[:, :, None] + around).flatten(0, 2))
    return torch.cat(lists, dim=0)


# ssd_head

RESHAPED = "The channels are cut as they lie in memory, place after place. They have to become the last axis before the reshape."


@mistake("ssd_head", edit={".permute(0, 2, 3, 1)": ""}, hint=RESHAPED)
def no_permute(): ...


@mistake("ssd_head", edit={".permute(0, 2, 3, 1)": ".permute(0, 3, 2, 1)"}, hint="The rows go down the columns of a map. They go along its rows.")
def columns_first(): ...


@mistake("ssd_head", edit={"out = F.conv2d(x, weight, bias, padding=1).permute(0, 2, 3, 1)": "out = F.conv2d(x, weight, bias, padding=1).unflatten(1, (num_boxes, -1)).permute(0, 1, 3, 4, 2)"}, hint="First comes the first box of all places. The boxes of a place should stand together.")
def box_after_box_in_rows(): ...


@mistake("ssd_head", edit={"out = F.conv2d(x, weight, bias, padding=1).permute(0, 2, 3, 1)": "out = F.conv2d(x, weight, bias, padding=1).unflatten(1, (-1, num_boxes)).permute(0, 3, 4, 2, 1)"}, hint="Channels are split the other way round: those of a box stand together, channel a C + c.")
def classes_before_boxes(): ...


@mistake("ssd_head", edit={"padding=1)": "padding=1).relu()"}, hint="A ReLU stands behind the convolutions: logits and offsets may be negative.")
def with_a_relu(): ...


@mistake("ssd_head", edit={"F.conv2d(x, weight, bias, padding=1)": "F.conv2d(x, weight, padding=1)"}, hint="The bias is left out.")
def without_bias(): ...


@mistake("ssd_head", edit={"return logits, offsets": "return logits.softmax(dim=2), offsets"}, hint="These are probabilities. Logits are asked for: the loss takes the softmax itself.")
def with_softmax(): ...


@mistake("ssd_head", edit={"return logits, offsets": "return offsets, logits"}, hint="The two answers are exchanged: logits first.")
def answers_exchanged(): ...


@mistake("ssd_head", edit={"rows.append(out.reshape(len(x), num_rows, -1))": "rows.insert(0, out.reshape(len(x), num_rows, -1))"}, hint="The last map comes first.")
def maps_reversed(): ...


@mistake("ssd_head", edit={"num_boxes = len(state[f\"regression_head.module_list.{i}.bias\"]) // 4": "num_boxes = len(state[\"regression_head.module_list.0.bias\"]) // 4"}, hint="Each map is taken to have as many boxes at a place as the first.")
def boxes_of_the_first_map(): ...


@mistake("ssd_head", edit={"name = f\"{kind}_head.module_list.{i}\"": "name = f\"{kind}_head.module_list.{i}\" if x.shape[1] != maps[0].shape[1] else f\"{kind}_head.module_list.0\""}, hint="All maps share the convolutions of the first. Each has its own.")
def shared_head(): ...


@mistake("ssd_head", edit={"padding=1)": "padding=1).flip(3)"}, hint="Rows of places run from right to left.")
def from_right_to_left(): ...


@mistake("ssd_head", edit={"F.conv2d(x, weight, bias, padding=1)": "F.conv2d(x, weight.flip(2, 3), bias, padding=1)"}, hint="The kernel is turned round, as in a mathematical convolution. conv2d takes it as it is.")
def kernels_turned(): ...


@mistake("ssd_head", edit={"F.conv2d(x, weight, bias, padding=1)": "F.conv2d(F.pad(x, (1, 1, 1, 1), mode=\"replicate\"), weight, bias)"}, hint="The rim is padded with something else than zeros.")
def copies_at_the_rim(): ...


@mistake("ssd_head", edit={"F.conv2d(x, weight, bias, padding=1)": "F.conv2d(x, weight, bias)"}, hint="Nothing is padded: a map of 3 × 3 would keep one place.")
def no_padding(): ...


@right("ssd_head")
def one_after_the_other(maps, state):
    logits, offsets = [], []
    for i, x in enumerate(maps):
        first, second = f"classification_head.module_list.{i}.", f"regression_head.module_list.{i}."
        A = state[second + "bias"].shape[0] // 4
        C = state[first + "bias"].shape[0] // A
        says = F.conv2d(x, state[first + "weight"], state[first + "bias"], padding=1)
        moves = F.conv2d(x, state[second + "weight"], state[second + "bias"], padding=1)
        logits.append(says.permute(0, 2, 3, 1).reshape(len(x), -1, C))
        offsets.append(moves.permute(0, 2, 3, 1).reshape(len(x), -1, 4))
    return torch.cat(logits, dim=1), torch.cat(offsets, dim=1)


@mistake("ssd_head", of=one_after_the_other, edit={"says.permute(0, 2, 3, 1)": "says"}, hint=RESHAPED)
def logits_as_they_lie(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"moves.permute(0, 2, 3, 1)": "moves"}, hint=RESHAPED)
def offsets_as_they_lie(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"moves.permute(0, 2, 3, 1)": "moves.unflatten(1, (4, A)).permute(0, 3, 4, 2, 1)"}, hint="Channels of the offsets are split the other way round: the four numbers of a box stand together, channel 4 a + j.")
def numbers_before_boxes(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"f\"regression_head.module_list.{i}.\"": "\"regression_head.module_list.0.\""}, hint="All maps share a convolution of the first. Each has its own, and its own number of boxes.")
def regression_of_the_first_map(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"f\"classification_head.module_list.{i}.\"": "\"classification_head.module_list.0.\""}, hint="All maps share a convolution of the first. Each has its own, and its own number of boxes.")
def classification_of_the_first_map(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"A = state[second + \"bias\"]": "A = state[\"regression_head.module_list.0.bias\"]"}, hint="Each map is taken to have as many boxes at a place as the first.")
def number_of_boxes_of_the_first(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"C = state[first + \"bias\"].shape[0] // A": "C = 21"}, hint="The number of classes is written in. It follows from the numbers that you are given.")
def classes_written_in(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"state[second + \"weight\"]": "state[second + \"weight\"].flip(2, 3)"}, hint="The kernel is turned round, as in a mathematical convolution. conv2d takes it as it is.")
def kernel_turned_in_the_regression(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"state[first + \"weight\"]": "state[first + \"weight\"].flip(2, 3)"}, hint="The kernel is turned round, as in a mathematical convolution. conv2d takes it as it is.")
def kernel_turned_in_the_classification(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"state[first + \"weight\"], state[first + \"bias\"]": "state[first + \"weight\"]"}, hint="The bias of the classification is left out.")
def without_bias_of_classes(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"state[second + \"weight\"], state[second + \"bias\"]": "state[second + \"weight\"]"}, hint="The bias of the regression is left out.")
def without_bias_of_offsets(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"-1, 4)": "-1, 4).relu()"}, hint="A ReLU stands behind the convolutions: logits and offsets may be negative.")
def relu_on_offsets(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"-1, C)": "-1, C).relu()"}, hint="A ReLU stands behind the convolutions: logits and offsets may be negative.")
def relu_on_logits(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"F.conv2d(x, state[first + \"weight\"], state[first + \"bias\"], padding=1)": "F.conv2d(F.pad(x, (1, 1, 1, 1), mode=\"replicate\"), state[first + \"weight\"], state[first + \"bias\"])"}, hint="The rim is padded with something else than zeros.")
def copies_at_the_rim_of_classes(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"F.conv2d(x, state[second + \"weight\"], state[second + \"bias\"], padding=1)": "F.conv2d(F.pad(x, (1, 1, 1, 1), mode=\"replicate\"), state[second + \"weight\"], state[second + \"bias\"])"}, hint="The rim is padded with something else than zeros.")
def copies_at_the_rim_of_offsets(): ...


@mistake("ssd_head", of=one_after_the_other, edit={"reshape(len(x), -1, C)": "reshape(1, -1, C)", "reshape(len(x), -1, 4)": "reshape(1, -1, 4)"}, hint="The images of the batch are put below each other. Each keeps its own rows.")
def images_in_one(): ...


@right("ssd_head")
def as_the_library_does(maps, state):
    columns = {"regression": 4}
    columns["classification"] = 4 * len(state["classification_head.module_list.0.bias"]) // len(
        state["regression_head.module_list.0.bias"]
    )
    answers = []
    for kind in ("classification", "regression"):
        parts = []
        for i in range(len(maps)):
            key = kind + "_head.module_list." + str(i)
            out = F.conv2d(maps[i], state[key + ".weight"], state[key + ".bias"], stride=1, padding=1)
            N, _, H, W = out.shape
            out = out.reshape(N, -1, columns[kind], H, W).permute(0, 3, 4, 1, 2)
            parts.append(out.reshape(N, -1, columns[kind]))
        answers.append(torch.cat(parts, 1))
    return answers[0], answers[1]


@right("ssd_head")
def both_in_one_convolution(maps, state):
    logits, offsets = [], []
    for i, x in enumerate(maps):
        c, r = f"classification_head.module_list.{i}.", f"regression_head.module_list.{i}."
        weight = torch.cat([state[c + "weight"], state[r + "weight"]])
        bias = torch.cat([state[c + "bias"], state[r + "bias"]])
        out = F.conv2d(x, weight, bias, padding=1).flatten(2).transpose(1, 2)
        first, second = out.split([len(state[c + "bias"]), len(state[r + "bias"])], dim=2)
        num = second.shape[2] // 4
        logits.append(first.unflatten(2, (num, -1)).flatten(1, 2))
        offsets.append(second.unflatten(2, (num, 4)).flatten(1, 2))
    return torch.cat(logits, dim=1), torch.cat(offsets, dim=1)


@right("ssd_head")
def by_unfolding(maps, state):
    found = [[], []]
    for i, x in enumerate(maps):
        patches = F.unfold(x, 3, padding=1).transpose(1, 2)
        for rows, kind in zip(found, ("classification", "regression")):
            w = state[f"{kind}_head.module_list.{i}.weight"].flatten(1)
            out = patches @ w.T + state[f"{kind}_head.module_list.{i}.bias"]
            wide = 4 * len(w) // len(state[f"regression_head.module_list.{i}.bias"])
            rows.append(out.reshape(len(x), out.shape[1] * out.shape[2] // wide, wide))
    return torch.cat(found[0], dim=1), torch.cat(found[1], dim=1)


# ssd_loss


@mistake("ssd_loss", edit={"return each[counts].sum() / num, apart / num": "return each.sum() / num, apart / num"}, hint="All negatives count. Only the hardest of each image should.")
def all_negatives(): ...


@mistake("ssd_loss", edit={"descending=True, stable=True": "stable=True", "ranked = each.detach().masked_fill(positive, -1.0)": "ranked = each.detach().masked_fill(positive, math.inf)"}, hint="The easiest negatives count. The hardest ones should.")
def easiest_negatives(): ...


@mistake("ssd_loss", edit={".masked_fill(positive, -1.0)": ""}, hint="Positives are ranked among the negatives, and take the places of some.")
def positives_are_ranked(): ...


@mistake("ssd_loss", edit={"positive.sum(dim=1, keepdim=True)": "positive.sum()"}, hint="Each image takes as many negatives as the whole batch has a right to. Their number goes by its own positives.")
def negatives_of_the_batch(): ...


@mistake("ssd_loss", edit={"hardest = ranked.argsort(dim=1, descending=True, stable=True)": "hardest = ranked.flatten().argsort(descending=True, stable=True)", "positive | (hardest.argsort(dim=1) < wanted)": "positive | (hardest.argsort().view_as(labels) < wanted.sum())"}, hint="The hardest negatives are looked for in the whole batch. Each image has its own.")
def hardest_of_the_batch(): ...


@mistake("ssd_loss", edit={"(hardest.argsort(dim=1) < wanted)": "(hardest < wanted)"}, hint="argsort says who stands at each rank. It is compared as though it said the rank of each.")
def order_for_rank(): ...


@mistake("ssd_loss", edit={"num = positive.sum().clamp(min=1)": "num = counts.sum().clamp(min=1)"}, hint="The losses are divided by all boxes that count. The number of positives is asked for.")
def divided_by_all_that_count(): ...


@mistake("ssd_loss", edit={"num = positive.sum().clamp(min=1)": "num = positive.sum()"}, hint="Without an object 0 is divided by 0.")
def divided_by_zero(): ...


@mistake("ssd_loss", edit={"num = positive.sum().clamp(min=1)": "num = positive.sum().clamp(min=1) * len(labels)"}, hint="The losses are divided by the number of images as well. The positives alone divide.")
def divided_by_images_too(): ...


@mistake("ssd_loss", edit={"apart / num": "apart / (4 * num)"}, hint="The box loss is a mean over the four numbers. It should be their sum.")
def mean_of_four(): ...


@mistake("ssd_loss", edit={"apart = F.smooth_l1_loss(offsets[positive], targets[positive], reduction=\"sum\")": "apart = (F.smooth_l1_loss(offsets, targets, reduction=\"none\").sum(2) * positive).sum()"}, hint="nan times 0 is nan: what negatives hold must not enter at all.")
def nan_times_zero(): ...


@mistake("ssd_loss", edit={"F.smooth_l1_loss(offsets[positive], targets[positive], reduction=\"sum\")": "(offsets[positive] - targets[positive]).abs().sum()"}, hint="The box loss is the plain absolute difference. Below 1 it should be squared (and halved).")
def plain_l1(): ...


@mistake("ssd_loss", edit={"F.smooth_l1_loss(offsets[positive], targets[positive], reduction=\"sum\")": "F.smooth_l1_loss(offsets[positive], targets[positive], reduction=\"sum\", beta=1 / 9)"}, hint="The loss changes from squared to straight at another place than 1.")
def another_beta(): ...


@mistake("ssd_loss", edit={"return each[counts].sum() / num": "return (each[positive].sum() + each[hardest.argsort(dim=1) < wanted].sum()) / num"}, hint="Where an image has fewer negatives than asked for, positives fill up and count twice.")
def positives_count_twice(): ...


@mistake("ssd_loss", edit={"wanted = ratio * positive.sum(dim=1, keepdim=True)": "wanted = (ratio * positive.sum(dim=1, keepdim=True)).clamp(min=ratio)"}, hint="An image without objects gets some negatives. It should have none.")
def at_least_some(): ...


@mistake("ssd_loss", edit={"return each[counts].sum() / num": "return each[positive].sum() / num"}, hint="Only positives count in the class loss: nobody ever learns what background is.")
def no_negatives(): ...


@mistake("ssd_loss", edit={"ranked = each.detach().masked_fill(positive, -1.0)": "ranked = each.detach().masked_fill(positive, -1.0).flip(1)", "(hardest.argsort(dim=1) < wanted)": "(hardest.argsort(dim=1).flip(1) < wanted)"}, hint="Of equally hard negatives the last are taken. The first should be.")
def last_of_equals(): ...


@mistake("ssd_loss", edit={"positive = labels > 0": "positive = labels > 1"}, hint="Objects of class 1 count as background. Every label from 1 up is a positive.")
def class_one_is_background(): ...


@mistake("ssd_loss", edit={"F.cross_entropy(logits.transpose(1, 2)": "F.cross_entropy(logits.detach().transpose(1, 2)"}, hint="No gradient reaches the logits. Only the choice of negatives has none.")
def logits_detached(): ...


@mistake("ssd_loss", edit={"return each[counts].sum() / num": "return ((each * counts).sum(dim=1) / positive.sum(dim=1).clamp(min=1)).sum()"}, hint="Each image is divided by its own positives. All are added up, and divided by the positives of the batch.")
def divided_by_each_image_s_own(): ...


@mistake("ssd_loss", edit={"return each[counts].sum() / num": "return each[counts].sum() / counts.sum().clamp(min=1)"}, hint="The class loss is divided by all boxes that count. The number of positives is asked for.")
def class_loss_divided_by_all_that_count(): ...


@mistake("ssd_loss", edit={"(hardest.argsort(dim=1) < wanted)": "(hardest.argsort(dim=1) <= wanted)"}, hint="One negative too many counts in each image. At which number do ranks begin?")
def one_negative_too_many(): ...


@mistake("ssd_loss", edit={"counts = positive | (hardest.argsort(dim=1) < wanted)": "counts = positive.any(dim=1, keepdim=True).expand(labels.shape)"}, hint="All negatives count. Only the hardest of each image should.")
def all_negatives_of_images_with_objects(): ...


@mistake("ssd_loss", edit={"ranked = each.detach().masked_fill(positive, -1.0)": "ranked = (-logits.detach()[..., 0]).masked_fill(positive, -math.inf)"}, hint="Negatives are ranked by a single logit. How wrong the network is about one depends on all of its logits.")
def ranked_by_the_background(): ...


@mistake("ssd_loss", edit={"ranked = each.detach().masked_fill(positive, -1.0)": "ranked = logits.detach()[..., 1:].amax(dim=2).masked_fill(positive, -math.inf)"}, hint="Negatives are ranked by a single logit. How wrong the network is about one depends on all of its logits.")
def ranked_by_the_surest_class(): ...


@mistake("ssd_loss", edit={"apart = F.smooth_l1_loss(offsets[positive], targets[positive], reduction=\"sum\")": "apart = torch.where(positive[..., None], F.smooth_l1_loss(offsets, targets, reduction=\"none\"), 0.0).sum()"}, hint="The losses are right, and gradients are nan: on its way back a gradient of 0 is multiplied by nan. Leave rows out before the loss is formed.")
def where_after_the_loss(): ...


@mistake("ssd_loss", edit={"return each[counts].sum() / num": "if not positive.any():\n        return logits.new_zeros(()), logits.new_zeros(())\n    return each[counts].sum() / num"}, hint="Without a positive the losses are bare zeros, which no gradient leaves. A sum over no rows is 0 as well, and has one.")
def nothing_without_a_positive(): ...


@right("ssd_loss")
def ranks_by_counting(logits, offsets, labels, targets, ratio=3):
    log_p = logits.log_softmax(dim=2)
    loss = -log_p.gather(2, labels.unsqueeze(2)).squeeze(2)
    fore = labels > 0
    hard = torch.where(fore, torch.full_like(loss, -1), loss.detach())
    place = torch.arange(labels.shape[1], device=labels.device)
    before = (hard[:, None] > hard[:, :, None]) | ((hard[:, None] == hard[:, :, None]) & (place < place[:, None]))
    keep = fore | (before.sum(2) < ratio * fore.sum(1)[:, None])
    total = max(int(fore.sum()), 1)
    box = F.smooth_l1_loss(offsets[fore], targets[fore], reduction="none").sum()
    return torch.where(keep, loss, torch.zeros_like(loss)).sum() / total, box / total


@right("ssd_loss")
def by_sorted_losses(logits, offsets, labels, targets, ratio=3):
    B, N, C = logits.shape
    each = F.cross_entropy(logits.reshape(-1, C), labels.reshape(-1), reduction="none").reshape(B, N)
    positive = labels.gt(0)
    negative_loss = each.masked_fill(positive, -torch.inf)
    _, order = negative_loss.sort(dim=1, descending=True, stable=True)
    taken = torch.arange(N, device=labels.device) < ratio * positive.sum(1, keepdim=True)
    chosen = torch.zeros_like(positive).scatter(1, order, taken) & ~positive
    num = torch.clamp(positive.sum(), min=1)
    d = (offsets[positive] - targets[positive]).abs()
    box = torch.where(d < 1, d**2 / 2, d - 0.5).sum()
    return (each[positive].sum() + each[chosen].sum()) / num, box / num


@right("ssd_loss")
def with_logsumexp(logits, offsets, labels, targets, ratio=3):
    picked = torch.take_along_dim(logits, labels[..., None], dim=2)[..., 0]
    loss = logits.logsumexp(dim=2) - picked
    positive = labels != 0
    key = loss.detach() - positive.to(loss) * 1e9
    rank = key.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    use = torch.logical_or(positive, rank < positive.sum(dim=1, keepdim=True) * ratio)
    count = positive.sum().clamp(min=1).to(loss)
    huber = F.huber_loss(offsets[positive], targets[positive], reduction="sum")
    return (loss * use).sum() / count, huber / count


# retinanet_assign


@mistake("retinanet_assign", edit={"(best >= high)": "(best > high)"}, hint="An IoU of exactly high is refused. From high on an anchor is positive.")
def above_high(): ...


@mistake("retinanet_assign", edit={"matches[best >= low] = -2": "matches[best > low] = -2"}, hint="An IoU of exactly low is background. From low on it is discarded.")
def above_low(): ...


@mistake("retinanet_assign", edit={"matches[best >= low] = -2": "pass"}, hint="Nothing is discarded: what lies in the band is called background.")
def no_band(): ...


@mistake("retinanet_assign", edit={"(best >= high) | rescued": "best >= high"}, hint="An object that no anchor overlaps well enough has nobody. Its best anchors are positive in any case.")
def nobody_rescued(): ...


@mistake("retinanet_assign", edit={" & (ious > 0)": ""}, hint="An object that no anchor touches has its highest IoU, 0, everywhere, and makes everything positive.")
def untouched_object(): ...


@mistake("retinanet_assign", edit={"    matches[positive] = own[positive]": "    best_of = ious.argmax(dim=1)\n    matches[best >= high] = own[best >= high]\n    matches[best_of] = torch.where(ious.amax(dim=1) > 0, torch.arange(len(ious), device=ious.device), matches[best_of])\n    positive, own = matches >= 0, matches"}, hint="One anchor goes to each object by force, even from an object that it overlaps more. A rescued anchor belongs to the object that it overlaps most, and all of equal ones are rescued.")
def given_by_force(): ...


@mistake("retinanet_assign", edit={"rescued = ((ious == ious.amax(dim=1, keepdim=True)) & (ious > 0)).any(dim=0)": "rescued = torch.zeros_like(best).bool()\n    rescued[ious.argmax(dim=1)[ious.amax(dim=1) > 0]] = True"}, hint="Of equally good anchors one is rescued. All of them should be.")
def first_of_the_best(): ...


@mistake("retinanet_assign", edit={"targets[positive, labels[own[positive]]] = 1.0": "targets[positive, own[positive].clamp(max=num_classes - 1)] = 1.0"}, hint="The 1 stands in the column of the object's row. It belongs in that of its class.")
def column_of_the_object(): ...


@mistake("retinanet_assign", edit={"targets[positive, labels[own[positive]]] = 1.0": "targets[positive, labels[matches[positive]] - 1] = 1.0"}, hint="One is taken from the classes. They begin at 0 here, since the background is none of them.")
def classes_from_one(): ...


@mistake("retinanet_assign", edit={"targets[positive, labels[own[positive]]] = 1.0": "targets[:, labels[own[positive]]] = 1.0"}, hint="Every row gets a 1, also that of background: name the rows as well as the columns.")
def all_rows(): ...


@mistake("retinanet_assign", edit={"targets[positive, labels[own[positive]]] = 1.0": "targets[positive, labels[own[positive]]] = 1.0\n    targets[matches == -2] = -1.0"}, hint="Rows of discarded anchors hold -1. They are zeros: matches says that they don't count.")
def discarded_by_minus_one(): ...


@mistake("retinanet_assign", edit={"matches[best >= low] = -2": "matches[:] = torch.where(best >= low, -1, -2)"}, hint="-1 and -2 are exchanged: -1 is background, -2 is discarded.")
def codes_exchanged(): ...


@mistake("retinanet_assign", edit={"best, own = ious.max(dim=0)": "best, own = ious.flip(0).max(dim=0)\n    own = len(ious) - 1 - own"}, hint="Of objects that an anchor overlaps alike the last one has it. The first should.")
def last_of_equal_objects(): ...


@mistake("retinanet_assign", edit={"    if ious.numel() == 0:\n        return matches, targets\n": ""}, hint="A table without objects, or without anchors, has no maximum: it needs a way of its own.")
def no_empty_case(): ...


@mistake("retinanet_assign", edit={"if ious.numel() == 0:": "if low == 0:\n        matches[:] = -2\n    if ious.numel() == 0:"}, hint="Without objects anchors are discarded where low is 0. They are background.")
def empty_is_discarded(): ...


@mistake("retinanet_assign", edit={"targets[positive, labels[own[positive]]] = 1.0": "seen = matches != -1\n    targets[seen, labels[own[seen]]] = 1.0"}, hint="Rows of discarded anchors have a 1. Only those of positives do.")
def discarded_have_a_class(): ...


@mistake("retinanet_assign", edit={"ious.new_zeros(ious.shape[1], num_classes)": "ious.new_zeros(ious.shape[1], num_classes + 1)"}, hint="There is a column more than there are classes. Background has none: its row is all zeros.")
def column_for_the_background(): ...


@mistake("retinanet_assign", edit={"positive = (best >= high) | rescued": "whose = ((ious == ious.amax(dim=1, keepdim=True)) & (ious > 0)).to(torch.int8).argmax(dim=0)\n    own = torch.where(rescued, whose, own)\n    positive = (best >= high) | rescued"}, hint="A rescued anchor goes to the object that rescued it, even where it overlaps another more. Whose is it then?")
def rescued_by_whom(): ...


@mistake("retinanet_assign", edit={"matches[positive] = own[positive]": "matches[positive] = labels[own[positive]]"}, hint="The first answer holds the object's class. It is the object's row.")
def classes_for_rows(): ...


@mistake("retinanet_assign", edit={"targets[positive, labels[own[positive]]] = 1.0": "targets[positive, own[positive] % num_classes] = 1.0"}, hint="The 1 stands in the column of the object's row. It belongs in that of its class.")
def column_of_the_object_again(): ...


@mistake("retinanet_assign", edit={"targets[positive, labels[own[positive]]] = 1.0": "targets[positive, labels[own[positive]]] = 1.0\n    for k in range(len(ious)):\n        targets[ious[k] >= high, labels[k]] = 1.0"}, hint="An anchor has a 1 for every object that it overlaps well. It belongs to one alone.")
def a_one_for_each_object(): ...


@mistake("retinanet_assign", edit={"if ious.numel() == 0:": "if ious.shape[1] == 0:"}, hint="A table without objects, or without anchors, has no maximum: it needs a way of its own.")
def maximum_without_objects(): ...


@mistake("retinanet_assign", edit={"if ious.numel() == 0:": "if ious.shape[1] == 0:", "best, own = ious.max(dim=0)": "best = ious.amax(dim=0)\n    own = (ious == best).to(torch.int8).argmax(dim=0)"}, hint="A table without objects, or without anchors, has no maximum: it needs a way of its own.")
def amax_without_objects(): ...


@mistake("retinanet_assign", edit={"if ious.numel() == 0:": "if len(ious) == 0:"}, hint="A table without objects, or without anchors, has no maximum: it needs a way of its own.")
def maximum_without_anchors(): ...


@mistake("retinanet_assign", edit={"(ious == ious.amax(dim=1, keepdim=True))": "(ious >= ious.amax(dim=1, keepdim=True) - 1e-3)"}, hint="Anchors nearly as good as an object's best are rescued too. Only equal ones are.")
def nearly_the_best(): ...


@mistake("retinanet_assign", edit={"positive = (best >= high) | rescued": "positive = (best >= high) | (rescued & (best >= low))"}, hint="An object whose highest IoU is below low has nobody. Its best anchors are positive in any case.")
def rescued_from_low_on(): ...


@right("retinanet_assign")
def object_by_object(ious, labels, num_classes, low=0.4, high=0.5):
    M, N = ious.shape
    best = ious.new_full((N,), -1.0)
    own = torch.zeros(N, dtype=torch.int64, device=ious.device)
    saved = torch.zeros(N, dtype=torch.bool, device=ious.device)
    for k in range(M if N else 0):
        row = ious[k]
        own = torch.where(row > best, k, own)
        best = torch.maximum(row, best)
        saved |= (row == row.max()) & (row > 0)
    matches = torch.where(best < low, -1, -2)
    if M == 0:
        matches = torch.full_like(matches, -1)
    matches = torch.where((best >= high) | saved, own, matches)
    targets = ious.new_zeros(N, num_classes)
    for k in range(M):
        targets[matches == k, labels[k]] = 1
    return matches, targets


@right("retinanet_assign")
def with_one_hot(ious, labels, num_classes, low=0.4, high=0.5):
    if 0 in ious.shape:
        count = ious.shape[1]
        return labels.new_full((count,), -1), ious.new_zeros(count, num_classes)
    quality, who = ious.max(dim=0)
    top = ious.max(dim=1).values
    forced = torch.zeros_like(who, dtype=torch.bool)
    rows, columns = torch.where((ious == top[:, None]) & (top[:, None] > 0))
    forced[columns] = True
    result = who.clone()
    result[(quality < high) & ~forced] = -2
    result[(quality < low) & ~forced] = -1
    hot = F.one_hot(labels[who], num_classes).to(ious)
    return result, hot * (result >= 0)[:, None]


@right("retinanet_assign")
def by_a_table_of_classes(ious, labels, num_classes, low=0.4, high=0.5):
    N = ious.shape[1]
    if ious.shape[0] == 0 or N == 0:
        return torch.zeros(N, dtype=torch.long, device=ious.device) - 1, ious.new_zeros((N, num_classes))
    best, own = torch.max(ious, dim=0)
    kind = -torch.ones_like(own) - ((best >= low) & (best < high)).long()
    yes = (best >= high) | ((ious >= ious.amax(1, True)) & (ious > 0)).sum(0).bool()
    kind = torch.where(yes, own, kind)
    lookup = (labels[:, None] == torch.arange(num_classes, device=ious.device)).to(ious.dtype)
    return kind, torch.where(yes[:, None], lookup[own], torch.zeros_like(lookup[own]))


# retinanet_loss


@mistake("retinanet_loss", edit={"matches != -2, matches >= 0": "matches > -3, matches >= 0"}, hint="Discarded anchors count in the class loss. They take no part in anything.")
def discarded_count(): ...


@mistake("retinanet_loss", edit={"matches != -2, matches >= 0": "matches >= 0, matches >= 0"}, hint="Only positives count in the class loss. Background counts as well.")
def no_background(): ...


@mistake("retinanet_loss", edit={"matches != -2, matches >= 0": "matches != -2, matches > 0"}, hint="The object in row 0 is left out: 0 is a match.")
def row_zero_left_out(): ...


@mistake("retinanet_loss", edit={"num = positive.sum(dim=1, keepdim=True)": "num = (positive.sum() / len(matches)).expand(len(matches), 1)"}, hint="The sums are divided by all positives of the batch. Each image is divided by its own first.")
def divided_by_the_batch(): ...


@mistake("retinanet_loss", edit={"num = positive.sum(dim=1, keepdim=True)": "num = counts.sum(dim=1, keepdim=True)"}, hint="The sums are divided by all anchors that count. The positives divide.")
def divided_by_all_that_count_here(): ...


@mistake("retinanet_loss", edit={"1 / (len(logits) * num)": "1 / num"}, hint="The images are added up. The mean over them is asked for.")
def images_added(): ...


@mistake("retinanet_loss", edit={"(len(logits) * num)": "((positive.any(dim=1).sum().clamp(min=1)) * num)"}, hint="The mean is taken over the images that have objects. All images count.")
def only_images_with_objects(): ...


@mistake("retinanet_loss", edit={".clamp(min=1).to(logits)": ".to(logits)"}, hint="An image without positives is divided by 0.")
def without_clamp(): ...


@mistake("retinanet_loss", edit={", alpha, gamma)": ")"}, hint="alpha and gamma are not handed on.")
def settings_left_out(): ...


@mistake("retinanet_loss", edit={", alpha, gamma)": ", 1 - alpha, gamma)"}, hint="alpha weighs the background, and 1 - alpha the objects: it is the other way round.")
def alpha_the_other_way(): ...


@mistake("retinanet_loss", edit={"sigmoid_focal_loss(logits[counts], classes[counts], alpha, gamma)": "F.binary_cross_entropy_with_logits(logits[counts], classes[counts], reduction=\"none\")"}, hint="This is the plain cross-entropy: what is easy weighs as much as ever.")
def plain_cross_entropy(): ...


@mistake("retinanet_loss", edit={"focal.sum(dim=1)": "focal.mean(dim=1)"}, hint="The class loss is a mean over the classes. It is to be added up over them.")
def mean_over_classes(): ...


@mistake("retinanet_loss", edit={"apart.sum(dim=1)": "apart.mean(dim=1)"}, hint="The box loss is a mean over the four numbers. It should be their sum.")
def mean_over_four(): ...


@mistake("retinanet_loss", edit={"(offsets[positive] - targets[positive]).abs()": "F.smooth_l1_loss(offsets[positive], targets[positive], reduction=\"none\")"}, hint="The box loss is squared near 0. RetinaNet's, here, is the plain absolute difference.")
def smooth_l1(): ...


@mistake("retinanet_loss", edit={"apart = (offsets[positive] - targets[positive]).abs()": "apart = (offsets - targets).abs()", "(apart.sum(dim=1) * share[positive]).sum()": "(apart.sum(dim=2) * share * positive).sum()"}, hint="nan times 0 is nan: what isn't positive must not enter the box loss.")
def nan_times_nought(): ...


@mistake("retinanet_loss", edit={"sigmoid_focal_loss(logits[counts]": "sigmoid_focal_loss(logits[counts].sigmoid()"}, hint="The sigmoid is taken twice: the loss takes it by itself.")
def two_sigmoids(): ...


@mistake("retinanet_loss", edit={"(apart.sum(dim=1) * share[positive]).sum()": "apart.sum() / positive.sum().clamp(min=1)"}, hint="The box loss is divided by all positives of the batch. Each image is divided by its own first.")
def boxes_divided_by_the_batch(): ...


@mistake("retinanet_loss", edit={"class_loss = (focal.sum(dim=1) * share[counts]).sum()": "class_loss = focal.sum() / positive.sum().clamp(min=1)"}, hint="The class loss is divided by all positives of the batch. Each image is divided by its own first.")
def classes_divided_by_the_batch(): ...


@mistake("retinanet_loss", edit={"(offsets[positive] - targets[positive])": "(offsets[counts] - targets[counts])", "share[positive]": "share[counts]"}, hint="Background pays for its offsets. Only positives have something to aim at.")
def background_pays_for_boxes(): ...


@mistake("retinanet_loss", edit={"counts, positive = matches != -2, matches >= 0": "positive = matches >= 0\n    counts = (matches != -2) & positive.any(dim=1, keepdim=True)"}, hint="The background of an image without objects pays nothing. It counts, divided by 1.")
def background_of_empty_images(): ...


@mistake("retinanet_loss", edit={"(offsets[positive] - targets[positive]).abs()": "offsets[positive] - targets[positive]"}, hint="The differences keep their signs, and take each other away.")
def differences_with_signs(): ...


@mistake("retinanet_loss", edit={"focal = sigmoid_focal_loss(logits[counts], classes[counts], alpha, gamma)": "focal = sigmoid_focal_loss(logits, classes, alpha, gamma)", "class_loss = (focal.sum(dim=1) * share[counts]).sum()": "class_loss = (focal.sum(dim=2) * share * counts).sum()"}, hint="nan times 0 is nan: discarded anchors must not enter the class loss.")
def discarded_weighed_with_zero(): ...


@mistake("retinanet_loss", edit={"focal = sigmoid_focal_loss(logits[counts], classes[counts], alpha, gamma)": "focal = sigmoid_focal_loss(logits, classes, alpha, gamma)", "class_loss = (focal.sum(dim=1) * share[counts]).sum()": "class_loss = (torch.where(counts, focal.sum(dim=2), 0.0) * share).sum()"}, hint="The losses are right, and gradients are nan: on its way back a gradient of 0 is multiplied by nan. Leave rows out before the loss is formed.")
def where_after_the_focal_loss(): ...


@mistake("retinanet_loss", edit={"return class_loss, (": "if not positive.any():\n        return class_loss, logits.new_zeros(())\n    return class_loss, ("}, hint="Without a positive the box loss is a bare zero, which no gradient leaves. A sum over no rows is 0 as well, and has one.")
def zeros_without_positives(): ...


@right("retinanet_loss")
def image_by_image(logits, offsets, matches, classes, targets, alpha=0.25, gamma=2.0):
    first, second = 0.0, 0.0
    for b in range(len(logits)):
        yes, keep = matches[b] >= 0, matches[b] > -2
        num = max(1, int(yes.sum()))
        first = first + sigmoid_focal_loss(logits[b][keep], classes[b][keep], alpha, gamma, reduction="sum") / num
        second = second + F.l1_loss(offsets[b][yes], targets[b][yes], reduction="sum") / num
    return first / len(logits), second / len(logits)


@right("retinanet_loss")
def filled_before(logits, offsets, matches, classes, targets, alpha=0.25, gamma=2.0):
    drop, positive = matches == -2, matches >= 0
    y = classes.masked_fill(drop[..., None], 0)
    aim = torch.where(positive[..., None], targets, offsets.detach())
    focal = sigmoid_focal_loss(logits, y, alpha, gamma).sum(2).masked_fill(drop, 0).sum(1)
    apart = (offsets - aim).abs().flatten(1).sum(1)
    num = positive.sum(1).clamp(min=1)
    return (focal / num).mean(), (apart / num).mean()


@right("retinanet_loss")
def focal_by_hand(logits, offsets, matches, classes, targets, alpha=0.25, gamma=2.0):
    sign = 2 * classes.masked_fill((matches == -2)[..., None], 0) - 1
    wrong = torch.sigmoid(-sign * logits)
    weight = torch.where(sign > 0, torch.full_like(sign, alpha), torch.full_like(sign, 1 - alpha))
    loss = weight * wrong**gamma * F.softplus(-sign * logits)
    weigh = 1.0 / torch.clamp((matches >= 0).sum(1), min=1).to(logits)
    loss = (loss.sum(2) * (matches != -2)).sum(1)
    image, anchor = torch.where(matches >= 0)
    far = (offsets[image, anchor] - targets[image, anchor]).abs().sum(1)
    return (loss * weigh).mean(), (far * weigh[image]).sum() / len(matches)


# fcos_targets


@mistake("fcos_targets", edit={"here = torch.stack([x, y], dim=2)": "here = torch.stack([y, x], dim=2)"}, hint="x and y of the points are exchanged: a place's column says x.")
def points_exchanged(): ...


@mistake("fcos_targets", edit={"torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing=\"ij\")": "torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing=\"xy\")"}, hint="The places come column by column. They should come row by row.")
def places_column_by_column(): ...


@mistake("fcos_targets", edit={"points.append((here + 0.5) * stride)": "points.append(here * stride)"}, hint="The points lie at the upper left corners of their places. They lie in the middle.")
def corners_of_places(): ...


@mistake("fcos_targets", edit={"points.append((here + 0.5) * stride)": "points.append(here * stride + 0.5)"}, hint="Half a pixel is added rather than half a stride.")
def half_a_pixel(): ...


@mistake("fcos_targets", edit={"(table.amin(dim=2) > 0)": "(table.amin(dim=2) >= 0)"}, hint="A point on the edge counts as inside. All four distances must be above 0.")
def edge_is_inside(): ...


@mistake("fcos_targets", edit={"(low <= far) & (far <= high)": "(low < far) & (far < high)"}, hint="A distance that is exactly a limit is on no level. It is on both.")
def limits_on_no_level(): ...


@mistake("fcos_targets", edit={"(low <= far) & (far <= high)": "(low <= far) & (far < high)"}, hint="A distance that is exactly a limit is on the coarser level alone. It is on both.")
def limit_on_the_coarser(): ...


@mistake("fcos_targets", edit={"(low <= far) & (far <= high)": "(low < far) & (far <= high)"}, hint="A distance that is exactly a limit is on the finer level alone. It is on both.")
def limit_on_the_finer(): ...


@mistake("fcos_targets", edit={"far = table.amax(dim=2)": "far = (boxes[:, 2:] - boxes[:, :2]).amax(dim=1).expand(table.shape[:2])"}, hint="Levels are chosen by the longer side of the box. It is the largest of the four distances, which differs from place to place.")
def level_by_side(): ...


@mistake("fcos_targets", edit={"(low <= far) & (far <= high)": "(low * 0 <= far)"}, hint="Every level takes every object: the ranges are not looked at.")
def no_ranges(): ...


@mistake("fcos_targets", edit={"(point - middle).abs().amax(dim=2) < reach": "(point - middle).abs().amax(dim=2) <= reach"}, hint="A point exactly as far from the centre as allowed is taken. It must be nearer.")
def just_as_near(): ...


@mistake("fcos_targets", edit={"(point - middle).abs().amax(dim=2) < reach": "(point - middle).norm(dim=2) < reach"}, hint="Near the centre means in x and in y, each by itself: a square, no circle.")
def circle(): ...


@mistake("fcos_targets", edit={"ends[i + 1], radius * stride]": "ends[i + 1], radius * strides[0]]"}, hint="Near the centre is measured in the first level's strides. Each level has its own.")
def radius_of_the_first_level(): ...


@mistake("fcos_targets", edit={"ends[i + 1], radius * stride]": "ends[i + 1], radius]"}, hint="The radius is taken in pixels. It is in strides.")
def radius_in_pixels(): ...


@mistake("fcos_targets", edit={"fits &= (point - middle)": "_ = (point - middle)"}, hint="No centre sampling: every place inside of a box learns it.")
def no_sampling(): ...


@mistake("fcos_targets", edit={"areas.masked_fill(~fits, math.inf).argmin(dim=1)": "areas.masked_fill(~fits, -math.inf).argmax(dim=1)"}, hint="The largest box has the place. The smallest should.")
def largest_area(): ...


@mistake("fcos_targets", edit={"areas.masked_fill(~fits, math.inf).argmin(dim=1)": "fits.int().argmax(dim=1)"}, hint="Of several boxes the first has the place. The one of the smallest area should.")
def first_that_fits(): ...


@mistake("fcos_targets", edit={"smallest = areas.masked_fill(~fits, math.inf).argmin(dim=1)": "smallest = areas.argmin(dim=1)", "found = fits.any(dim=1)": "found = fits.gather(1, smallest[:, None])[:, 0]"}, hint="The smallest box of the image is chosen first, and then asked whether it fits. It should be the smallest of those that fit.")
def smallest_before_fitting(): ...


@mistake("fcos_targets", edit={"areas.masked_fill(~fits, math.inf).argmin(dim=1)": "far.masked_fill(~fits, math.inf).argmin(dim=1)"}, hint="The box with the nearest edges has the place. It is the smallest area that decides.")
def nearest_edges(): ...


@mistake("fcos_targets", edit={"areas.masked_fill(~fits, math.inf).argmin(dim=1)": "(fits.to(boxes) * (1e8 - areas)).argmax(dim=1)"}, hint="Areas are taken from a large number, as the library does. In float32 their last digits are lost, and very large areas come out wrong.")
def from_a_large_number(): ...


@mistake("fcos_targets", edit={"torch.cat([point - boxes[:, :2], boxes[:, 2:] - point], dim=2)": "torch.stack([point[..., 0] - boxes[:, 0], boxes[:, 2] - point[..., 0], point[..., 1] - boxes[:, 1], boxes[:, 3] - point[..., 1]], dim=2)"}, hint="The distances come as left, right, top, bottom. The order is left, top, right, bottom.")
def left_right_top_bottom(): ...


@mistake("fcos_targets", edit={"return torch.where(found, smallest, -1), ltrb.masked_fill(~found[:, None], 0)": "return torch.where(found, smallest, -1), ltrb"}, hint="Places without a box have distances. They should be zeros.")
def distances_of_background(): ...


@mistake("fcos_targets", edit={"return torch.where(found, smallest, -1), ltrb": "return torch.where(found, smallest, 0), ltrb"}, hint="Places without a box have the row 0. It should be -1.")
def background_is_row_zero(): ...


@mistake("fcos_targets", edit={"ltrb.masked_fill(~found[:, None], 0)": "ltrb.masked_fill(~found[:, None], 0) / torch.cat([p.new_full((len(p), 1), s) for p, s in zip(points, strides)])"}, hint="The distances are in strides. They are asked for in pixels.")
def distances_in_strides(): ...


@mistake("fcos_targets", edit={"    if len(boxes) == 0:\n        return low[:, 0].new_full((len(low),), -1).long(), boxes.new_zeros(len(low), 4)\n": ""}, hint="An image without objects needs a way of its own: there is no smallest of no boxes.")
def no_way_without_boxes(): ...


@mistake("fcos_targets", edit={"ends = [0.0, *limits, math.inf]": "bottom, right = grids[0][0] * strides[0], grids[0][1] * strides[0]\n    boxes = torch.minimum(boxes.clamp(min=0), boxes.new_tensor([right, bottom, right, bottom]))\n    ends = [0.0, *limits, math.inf]"}, hint="Boxes are cut to the image first. Distances go to the box's own edges, also beyond the image.")
def boxes_cut_to_the_image(): ...


@mistake("fcos_targets", edit={"middle = (boxes[:, :2] + boxes[:, 2:]) / 2": "middle = (boxes[:, 2:] - boxes[:, :2]) / 2"}, hint="Half of width and height is taken for the centre. Where does the box begin?")
def half_the_size_for_the_centre(): ...


@mistake("fcos_targets", edit={"    if len(boxes) == 0:\n        return low[:, 0].new_full((len(low),), -1).long(), boxes.new_zeros(len(low), 4)\n": "", "areas.masked_fill(~fits, math.inf).argmin(dim=1)": "areas.masked_fill(~fits, math.inf).amin(dim=1, keepdim=True)\n    smallest = (areas.masked_fill(~fits, math.inf) == smallest).int().argmax(dim=1)"}, hint="An image without objects needs a way of its own: there is no smallest of no boxes.")
def amin_of_no_boxes(): ...


@mistake("fcos_targets", edit={"fits &= (point - middle).abs().amax(dim=2) < reach": "fits &= (point - middle).abs().amax(dim=2) < reach\n    level = torch.cat([low[:, 0].new_full((len(p),), k) for k, p in enumerate(points)])[:, None].to(boxes)\n    fits &= level == torch.where(fits, level, math.inf).amin(dim=0)"}, hint="A box is learnt on the finest of its levels alone. Each place answers for itself, and so may places of several levels.")
def finest_level_alone(): ...


@mistake("fcos_targets", edit={"masked_fill(~fits, math.inf)": "masked_fill(~fits, 1e4)"}, hint="What doesn't fit gets a large number for its area. A box that fits may be larger still.")
def large_number_for_infinity(): ...


@mistake("fcos_targets", edit={"ends = [0.0, *limits, math.inf]": "ends = [0.0, *limits, 2 * limits[-1] if limits else math.inf]"}, hint="The last level has an upper end. It takes whatever is too large for the others.")
def last_level_ends(): ...


@mistake("fcos_targets", edit={"areas.masked_fill(~fits, math.inf).argmin(dim=1)": "areas.masked_fill(~fits, math.inf).flip(1).argmin(dim=1)\n    smallest = len(boxes) - 1 - smallest"}, hint="Of equal areas the last box has the place. The first should.")
def last_of_equal_areas(): ...


@mistake("fcos_targets", edit={"[ends[i], ends[i + 1]": "[ends[min(i + 1, len(limits))] if i else 0.0, ends[i + 1]"}, hint="A level begins at the limit where it should end. Level i lies between the limits i - 1 and i.")
def levels_begin_one_too_late(): ...


@mistake("fcos_targets", edit={"smallest = areas.masked_fill(~fits, math.inf).argmin(dim=1)": "smallest = areas.masked_fill(table.amin(dim=2) <= 0, math.inf).argmin(dim=1)", "found = fits.any(dim=1)": "found = fits.gather(1, smallest[:, None])[:, 0]"}, hint="The smallest box around the point is chosen first, and then asked for level and middle. It should be the smallest of those that fit in everything.")
def smallest_of_those_around(): ...


@mistake("fcos_targets", edit={"far = table.amax(dim=2)": "far = table.amin(dim=2)"}, hint="Levels are chosen by the smallest of the four distances. It is the largest that decides.")
def level_by_the_smallest_distance(): ...


@mistake("fcos_targets", edit={"points.append((here + 0.5) * stride)": "points.append(here * stride + stride // 2)"}, hint="Half a stride is cut to whole pixels. A stride may be odd.")
def half_a_stride_in_whole_pixels(): ...


@mistake("fcos_targets", edit={"points.append((here + 0.5) * stride)": "points.append(torch.stack([(one + 0.5) * stride for one in here]))"}, hint="Places are made one by one, so a map of a thousand takes a thousand times as long.")
def point_by_point(): ...


@right("fcos_targets")
def level_after_level(boxes, grids, strides, limits, radius=1.5):
    rows, values = [], []
    for i, (grid, stride) in enumerate(zip(grids, strides)):
        y = (torch.arange(grid[0], device=boxes.device).to(boxes.dtype) + 0.5) * stride
        x = (torch.arange(grid[1], device=boxes.device).to(boxes.dtype) + 0.5) * stride
        x, y = x.repeat(grid[0]), y.repeat_interleave(grid[1])
        own = torch.full((len(x),), -1, dtype=torch.int64, device=boxes.device)
        best = boxes.new_full((len(x),), math.inf)
        out = boxes.new_zeros(len(x), 4)
        for k in range(len(boxes)):
            x1, y1, x2, y2 = boxes[k]
            d = torch.stack([x - x1, y - y1, x2 - x, y2 - y], dim=1)
            m = d.amax(dim=1)
            ok = (d > 0).all(dim=1)
            if i > 0:
                ok = ok & (m >= limits[i - 1])
            if i < len(limits):
                ok = ok & (m <= limits[i])
            ok = ok & ((x - (x1 + x2) / 2).abs() < radius * stride) & ((y - (y1 + y2) / 2).abs() < radius * stride)
            ok = ok & ((x2 - x1) * (y2 - y1) < best)
            own = torch.where(ok, k, own)
            best = torch.where(ok, (x2 - x1) * (y2 - y1), best)
            out = torch.where(ok[:, None], d, out)
        rows.append(own)
        values.append(out)
    return torch.cat(rows), torch.cat(values)


@right("fcos_targets")
def by_sorting_the_boxes(boxes, grids, strides, limits, radius=1.5):
    order = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).argsort(stable=True)
    few = boxes[order]
    matches, distances = [], []
    lower, upper = [0] + list(limits), list(limits) + [math.inf]
    for (H, W), s, lo, hi in zip(grids, strides, lower, upper):
        cell = torch.cartesian_prod(torch.arange(H), torch.arange(W)).reshape(-1, 2).flip(1)
        p = (cell.to(boxes) + 0.5) * s
        table = torch.cat([p[:, None] - few[None, :, :2], few[None, :, 2:] - p[:, None]], dim=-1)
        off = (p[:, None] - (few[None, :, :2] + few[None, :, 2:]) / 2).abs()
        fits = (table > 0).all(-1) & (off < radius * s).all(-1)
        if len(few) == 0:
            matches.append(torch.full((H * W,), -1, dtype=torch.long, device=boxes.device))
            distances.append(boxes.new_zeros(H * W, 4))
            continue
        fits &= (table.max(-1).values >= lo) & (table.max(-1).values <= hi)
        first = fits.int().argmax(dim=1)
        hit = fits.any(dim=1)
        matches.append(torch.where(hit, order[first], torch.full_like(first, -1)))
        distances.append(table.gather(1, first[:, None, None].expand(-1, 1, 4))[:, 0] * hit[:, None])
    return torch.cat(matches), torch.cat(distances)


@right("fcos_targets")
def with_a_box_of_nothing(boxes, grids, strides, limits, radius=1.5):
    P = sum(h * w for h, w in grids)
    many = torch.cat([boxes, boxes.new_zeros(1, 4)])
    x1, y1, x2, y2 = many.unbind(1)
    area = ((x2 - x1) * (y2 - y1)).clone()
    area[-1] = math.inf
    parts, which = [], []
    for i, ((h, w), s) in enumerate(zip(grids, strides)):
        cy = torch.arange(h).to(boxes)[:, None].expand(h, w).reshape(-1) * s + s / 2
        cx = torch.arange(w).to(boxes)[None, :].expand(h, w).reshape(-1) * s + s / 2
        parts.append(torch.stack([cx, cy, torch.zeros_like(cx) + s], dim=1))
        which += [i] * (h * w)
    x, y, s = torch.cat(parts).T[:, :, None]
    d = torch.stack([x - x1, y - y1, x2 - x, y2 - y], dim=0)
    low = boxes.new_tensor([0, *limits])[which][:, None]
    high = boxes.new_tensor([*limits, math.inf])[which][:, None]
    m = d.max(dim=0).values
    good = (d.min(dim=0).values > 0) & (m >= low) & (m <= high)
    good &= torch.maximum((x - (x1 + x2) / 2).abs(), (y - (y1 + y2) / 2).abs()) < radius * s
    k = torch.where(good, area, torch.full_like(area, math.inf)).argmin(dim=1)
    hit = good[torch.arange(P), k]
    return torch.where(hit, k, -1), (d[:, torch.arange(P), k] * hit).T.contiguous()


# centerness


@mistake("centerness", edit={".sqrt()": ""}, hint="The root is missing.")
def no_root_at_the_end(): ...


@mistake("centerness", edit={"ltrb[..., 0::2], ltrb[..., 1::2]": "ltrb[..., :2], ltrb[..., 2:]"}, hint="Left is held against top, and right against bottom. Left belongs to right.")
def wrong_pairs(): ...


@mistake("centerness", edit={"across.amin(-1) / across.amax(-1)": "across[..., 0] / across[..., 1]", "down.amin(-1) / down.amax(-1)": "down[..., 0] / down[..., 1]"}, hint="Left over right and top over bottom may be above 1: the smaller is divided by the larger.")
def left_over_right(): ...


@mistake("centerness", edit={"across.amin(-1) / across.amax(-1) * (down.amin(-1) / down.amax(-1))": "ltrb.amin(-1) / ltrb.amax(-1)"}, hint="The smallest of all four is divided by the largest. Each direction is by itself: a wide box has a middle too.")
def of_all_four(): ...


@mistake("centerness", edit={"across.amax(-1) * (down.amin": "across.amax(-1) + (down.amin"}, hint="The two ratios are added. They are multiplied.")
def ratios_added(): ...


@mistake("centerness", edit={"across.amax(-1) * (down.amin(-1) / down.amax(-1))": "across.amax(-1) * (down.amin(-1) / down.amax(-1)) ** 0 * torch.minimum(torch.ones_like(across[..., 0]), down.amin(-1) / down.amax(-1) / (across.amin(-1) / across.amax(-1)))"}, hint="The smaller of the two ratios is taken. Both count, as a product.")
def smaller_ratio(): ...


@mistake("centerness", edit={"return share.masked_fill(~inside, 0).sqrt()": "return share.sqrt()"}, hint="Points that aren't inside are not looked for: two negative ratios make a positive one, and 0 / 0 is nan.")
def outside_not_seen(): ...


@mistake("centerness", edit={"return share.masked_fill(~inside, 0).sqrt()": "return share.clamp(min=0).sqrt()"}, hint="A point that is outside in both directions has two negative ratios, and their product is positive. And 0 / 0 is nan.")
def clamped_at_the_end(): ...


@mistake("centerness", edit={"inside = (ltrb > 0).all(dim=-1)": "inside = (ltrb >= 0).all(dim=-1)"}, hint="Where two opposite distances are 0, 0 is divided by 0.")
def edge_gives_nan(): ...


@mistake("centerness", edit={"share = across.amin(-1) / across.amax(-1) * (down.amin(-1) / down.amax(-1))": "share = across.amin(-1) * down.amin(-1) / (across.amax(-1) * down.amax(-1))"}, hint="The product of two huge distances is no number of float32 any more, and that of two tiny ones is 0. Divide first.")
def multiplied_first(): ...


@mistake("centerness", edit={"across.amax(-1) * (down.amin(-1) / down.amax(-1))": "(across.amax(-1) + 1e-6) * (down.amin(-1) / (down.amax(-1) + 1e-6))"}, hint="A small number is added below. It changes the middle, which has exactly 1, and much more where distances are tiny.")
def small_number_added(): ...


@mistake("centerness", edit={"inside = (ltrb > 0).all(dim=-1)": "inside = (ltrb > 0).any(dim=-1)"}, hint="A point counts as inside if any distance is positive. All four must be.")
def any_inside(): ...


@mistake("centerness", edit={"share = across.amin(-1) / across.amax(-1) * (down.amin(-1) / down.amax(-1))": "share = (across.amin(-1) / across.amax(-1)).clamp(0, 1) * (down.amin(-1) / down.amax(-1)).clamp(0, 1)", "return share.masked_fill(~inside, 0).sqrt()": "return share.sqrt()"}, hint="The ratios are clamped to 0 and 1. Two negative distances have a positive ratio, and 0 / 0 is nan: ask the distances themselves.")
def ratios_clamped(): ...


@mistake("centerness", edit={"ltrb[..., 0::2], ltrb[..., 1::2]": "ltrb[..., 0::2].clamp(min=1e-6), ltrb[..., 1::2].clamp(min=1e-6)", "return share.masked_fill(~inside, 0).sqrt()": "return share.sqrt()"}, hint="Distances are raised to a small number. Outside gives something above 0 then, and distances that are truly smaller are changed.")
def distances_raised(): ...


@mistake("centerness", edit={"across.amin(-1) / across.amax(-1)": "(1 - (across[..., 0] - across[..., 1]).abs() / across.sum(-1))"}, hint="A difference over a sum is taken for the ratio of the smaller to the larger.")
def differences_across(): ...


@mistake("centerness", edit={"share = across.amin(-1) / across.amax(-1) * (down.amin(-1) / down.amax(-1))": "share = (1 - (across[..., 0] - across[..., 1]).abs() / across.sum(-1)) * (1 - (down[..., 0] - down[..., 1]).abs() / down.sum(-1))"}, hint="A difference over a sum is taken for the ratio of the smaller to the larger.")
def differences_both_ways(): ...


@mistake("centerness", edit={"across.amax(-1) *": "(across.amax(-1) + 1e-6) *"}, hint="A small number is added below. It changes the middle, which has exactly 1, and much more where distances are tiny.")
def small_number_added_across(): ...


@mistake("centerness", edit={"ltrb[..., 0::2], ltrb[..., 1::2]": "torch.stack([ltrb[:, 0], ltrb[:, 2]], -1), torch.stack([ltrb[:, 1], ltrb[:, 3]], -1)"}, hint="The four distances are looked for in the second axis. They are the last one, whatever stands before.")
def always_two_axes(): ...


@mistake("centerness", edit={"across.amin(-1) / across.amax(-1)": "across[..., 0] / across[..., 1]"}, hint="Left over right and top over bottom may be above 1: the smaller is divided by the larger.")
def left_over_right_alone(): ...


@mistake("centerness", edit={"down.amin(-1) / down.amax(-1)": "down[..., 0] / down[..., 1]"}, hint="Left over right and top over bottom may be above 1: the smaller is divided by the larger.")
def top_over_bottom_alone(): ...


@mistake("centerness", edit={"share = across.amin(-1) / across.amax(-1) * (down.amin(-1) / down.amax(-1))": "share = (across.amin(-1) / across.amax(-1) + down.amin(-1) / down.amax(-1)) / 2", "return share.masked_fill(~inside, 0).sqrt()": "return share.masked_fill(~inside, 0)"}, hint="The mean of the two ratios is taken. What makes one value of them is a product, and its root.")
def mean_of_ratios(): ...


@mistake("centerness", edit={"share = across.amin(-1) / across.amax(-1) * (down.amin(-1) / down.amax(-1))": "share = (across.amin(-1) / across.amax(-1)).sqrt() * (down.amin(-1) / down.amax(-1))", "return share.masked_fill(~inside, 0).sqrt()": "return share.masked_fill(~inside, 0)"}, hint="The root is taken of one of the two ratios alone.")
def root_of_one_ratio(): ...


@mistake("centerness", edit={"share = across.amin(-1) / across.amax(-1) * (down.amin(-1) / down.amax(-1))": "share = across.amin(-1) / across.amax(-1) * (down.amin(-1) / down.amax(-1)).sqrt()", "return share.masked_fill(~inside, 0).sqrt()": "return share.masked_fill(~inside, 0)"}, hint="The root is taken of one of the two ratios alone.")
def root_of_the_other_ratio(): ...


@mistake("centerness", edit={"across.amin(-1) / across.amax(-1)": "across.amax(-1) / across.amin(-1)"}, hint="The larger is divided by the smaller. Centre-ness is at most 1.")
def larger_over_smaller_across(): ...


@mistake("centerness", edit={"across.amin(-1) / across.amax(-1)": "across.amax(-1) / across.amin(-1)", "down.amin(-1) / down.amax(-1)": "down.amax(-1) / down.amin(-1)"}, hint="The larger is divided by the smaller. Centre-ness is at most 1.")
def larger_over_smaller(): ...


@mistake("centerness", edit={"(ltrb > 0).all(dim=-1)": "(across > 0).all(dim=-1)"}, hint="Only two of the four distances are asked whether they are above 0.")
def only_across_is_asked(): ...


@mistake("centerness", edit={"(ltrb > 0).all(dim=-1)": "(down > 0).all(dim=-1)"}, hint="Only two of the four distances are asked whether they are above 0.")
def only_down_is_asked(): ...


@right("centerness")
def a_root_for_each_direction(ltrb):
    inside = ltrb.gt(0).all(dim=-1)
    near = torch.minimum(ltrb[..., :2], ltrb[..., 2:])
    far = torch.maximum(ltrb[..., :2], ltrb[..., 2:])
    roots = (near / far).sqrt()
    return torch.where(inside, roots[..., 0] * roots[..., 1], torch.zeros_like(roots[..., 0]))


@mistake("centerness", of=a_root_for_each_direction, edit={"ltrb.gt(0).all(dim=-1)": "ltrb.gt(0).any(dim=-1)"}, hint="A point counts as inside if any distance is positive. All four must be.")
def any_inside_by_roots(): ...


@mistake("centerness", edit={"ltrb[..., 0::2], ltrb[..., 1::2]": "ltrb.clamp_(min=0)[..., 0::2], ltrb[..., 1::2]"}, hint="Distances are clamped in the caller's own tensor. It stays as it is.")
def clamped_in_place(): ...


@right("centerness")
def each_ratio_both_ways(ltrb):
    left, top, right, bottom = (ltrb[..., k] for k in range(4))
    inside = (left > 0) & (top > 0) & (right > 0) & (bottom > 0)
    across = torch.minimum(left / right, right / left)
    down = torch.minimum(top / bottom, bottom / top)
    return torch.where(inside, across * down, torch.zeros_like(left)).sqrt()


@right("centerness")
def edge_by_edge(ltrb):
    left, top, right, bottom = ltrb.unbind(-1)
    x = torch.minimum(left, right) / torch.maximum(left, right)
    y = torch.minimum(top, bottom) / torch.maximum(top, bottom)
    good = (left > 0) & (right > 0) & (top > 0) & (bottom > 0)
    return torch.where(good, torch.sqrt(x * y), torch.zeros_like(x))


@right("centerness")
def by_sorted_pairs(ltrb):
    pairs = torch.stack([ltrb[..., :2], ltrb[..., 2:]], dim=-1).sort(dim=-1).values
    ratio = pairs[..., 0] / pairs[..., 1]
    inside = (pairs[..., 0] > 0).all(-1)
    ratio = torch.where(inside[..., None], ratio, torch.zeros_like(ratio))
    return (ratio[..., 0] * ratio[..., 1]) ** 0.5


@right("centerness")
def by_logarithms(ltrb):
    logs = torch.where(ltrb > 0, ltrb, torch.ones_like(ltrb)).log()
    apart = (logs[..., :2] - logs[..., 2:]).abs().sum(dim=-1)
    return torch.exp(-apart / 2) * (ltrb > 0).all(dim=-1).to(ltrb.dtype)


# fcos_loss


@mistake("fcos_loss", edit={"positive = labels >= 0": "positive = labels > 0"}, hint="Places of class 0 count as background. -1 is the background here.")
def class_zero_left_out(): ...


@mistake("fcos_loss", edit={"num = positive.sum().clamp(min=1)": "num = labels.numel()"}, hint="The losses are divided by all places. The positives divide.")
def divided_by_all_places(): ...


@mistake("fcos_loss", edit={"num = positive.sum().clamp(min=1)": "num = positive.sum()"}, hint="Without a positive there is a division by 0.")
def divided_by_no_positive(): ...


@mistake("fcos_loss", edit={"num = positive.sum().clamp(min=1)": "num = positive.sum().clamp(min=1) * len(labels)"}, hint="The losses are divided by the number of images as well.")
def images_divide_too(): ...


@mistake("fcos_loss", edit={"sigmoid_focal_loss(logits, wanted, reduction=\"sum\")": "sigmoid_focal_loss(logits[positive], wanted[positive], reduction=\"sum\")"}, hint="Only positives count in the class loss. The background is where it is most needed.")
def classes_of_positives(): ...


@mistake("fcos_loss", edit={"focal = sigmoid_focal_loss(logits, wanted, reduction=\"sum\")": "focal = F.binary_cross_entropy_with_logits(logits, wanted, reduction=\"sum\")"}, hint="The class loss is the plain cross-entropy, without the focal weights.")
def no_focal_weights(): ...


@mistake("fcos_loss", edit={"true.new_tensor([-1, -1, 1, 1])": "true.new_tensor([1, 1, 1, 1])"}, hint="Distances are handed over as though they were corners. Seen from the point, left and top are negative.")
def distances_as_corners(): ...


@mistake("fcos_loss", edit={"true.new_tensor([-1, -1, 1, 1])": "true.new_tensor([-1, 1, -1, 1])", "distances[positive] * sign": "distances[positive][:, [0, 2, 1, 3]].mul(sign)[:, [0, 2, 1, 3]] * true.new_tensor([1, -1, -1, 1])"}, hint="The signs of the corners are wrong: left and top are negative, right and bottom positive.")
def wrong_signs(): ...


@mistake("fcos_loss", edit={"apart = generalized_box_iou_loss(said, true * sign, reduction=\"sum\")": "apart = F.l1_loss(said, true * sign, reduction=\"sum\")"}, hint="The box loss is the absolute difference of distances. It is 1 - GIoU.")
def l1_for_boxes(): ...


@mistake("fcos_loss", edit={"apart = generalized_box_iou_loss(said, true * sign, reduction=\"sum\")": "width = torch.minimum(distances[positive], true)\n    both = (width[:, 0] + width[:, 2]) * (width[:, 1] + width[:, 3])\n    areas = [(d[:, 0] + d[:, 2]) * (d[:, 1] + d[:, 3]) for d in (distances[positive], true)]\n    apart = (1 - both / (areas[0] + areas[1] - both)).sum()"}, hint="The box loss is 1 - IoU. GIoU also looks at what the box around both has too much.")
def iou_for_giou(): ...


@mistake("fcos_loss", edit={"generalized_box_iou_loss(said, true * sign, reduction=\"sum\")": "(generalized_box_iou_loss(said, true * sign, reduction=\"none\") * centerness(true)).sum()"}, hint="The box loss is weighted by the centre-ness. Here every positive counts alike.")
def weighted_by_the_middle(): ...


@mistake("fcos_loss", edit={"centre_logits[positive], centerness(true), reduction=\"sum\"": "centre_logits[positive], torch.ones_like(centerness(true)), reduction=\"sum\""}, hint="The third target is 1 at every positive. It is the centre-ness.")
def middle_is_one(): ...


@mistake("fcos_loss", edit={"centre_logits[positive], centerness(true), reduction": "centre_logits[positive], centerness(distances[positive]).detach(), reduction"}, hint="The centre-ness is that of the distances said. It should be that of the true ones.")
def middle_of_what_is_said(): ...


@mistake("fcos_loss", edit={"F.binary_cross_entropy_with_logits(\n        centre_logits[positive], centerness(true), reduction=\"sum\"\n    )": "(centre_logits[positive].sigmoid() - centerness(true)).square().sum()"}, hint="The third loss is a squared difference. It is a binary cross-entropy.")
def squared_difference(): ...


@mistake("fcos_loss", edit={"F.binary_cross_entropy_with_logits(\n        centre_logits[positive], centerness(true), reduction=\"sum\"\n    )": "F.binary_cross_entropy_with_logits(centre_logits, centerness(targets), reduction=\"sum\")"}, hint="The centre-ness of background is trained. Only positives pay for it.")
def middle_everywhere(): ...


@mistake("fcos_loss", edit={"wanted = (labels[..., None] == kinds).to(logits)": "wanted = (labels[..., None] == kinds + 1).to(logits)"}, hint="The class's column is one too far left: classes begin at 0.")
def classes_begin_at_one(): ...


@mistake("fcos_loss", edit={"wanted = (labels[..., None] == kinds).to(logits)": "wanted = F.one_hot(labels.clamp(min=0), logits.shape[2]).to(logits)"}, hint="Background gets a 1 in the column of class 0. Its row is all zeros.")
def background_is_class_zero(): ...


@mistake("fcos_loss", edit={"return focal / num, apart / num, middle / num": "return focal / num, middle / num, apart / num"}, hint="The second and the third loss are exchanged.")
def losses_exchanged(): ...


@mistake("fcos_loss", edit={"sigmoid_focal_loss(logits, wanted, reduction=\"sum\")": "sigmoid_focal_loss(logits, wanted, alpha=0.75, reduction=\"sum\")"}, hint="alpha is another than 0.25. It weighs the ones, and 1 - alpha the zeros.")
def another_alpha(): ...


@mistake("fcos_loss", edit={"sigmoid_focal_loss(logits, wanted, reduction=\"sum\")": "sigmoid_focal_loss(logits, wanted, gamma=1, reduction=\"sum\")"}, hint="gamma is another than 2.")
def another_gamma(): ...


@mistake("fcos_loss", edit={"sigmoid_focal_loss(logits, wanted, reduction=\"sum\")": "sigmoid_focal_loss(logits, wanted, reduction=\"mean\")", "return focal / num, apart / num, middle / num": "return focal, apart / num, middle / num"}, hint="The class loss is a mean over places and classes. It is added up, and divided by the number of positives.")
def mean_of_the_focal_loss(): ...


@mistake("fcos_loss", edit={"sigmoid_focal_loss(logits, wanted, reduction=\"sum\")": "sigmoid_focal_loss(logits, wanted, reduction=\"mean\")"}, hint="The class loss is a mean over places and classes. It is added up, and divided by the number of positives.")
def mean_of_the_focal_loss_divided(): ...


@mistake("fcos_loss", edit={"return focal / num, apart / num, middle / num": "if not positive.any():\n        return focal, logits.new_zeros(()), logits.new_zeros(())\n    return focal / num, apart / num, middle / num"}, hint="Without a positive two losses are bare zeros, which no gradient leaves. A sum over no rows is 0 as well, and has one.")
def nothing_without_positives(): ...


@mistake("fcos_loss", edit={"centre_logits[positive], centerness(true), reduction": "centre_logits, torch.zeros_like(centre_logits).masked_scatter(positive, centerness(true)), reduction"}, hint="The centre-ness of background is trained. Only positives pay for it.")
def middle_of_background_is_zero(): ...


@mistake("fcos_loss", edit={"centerness(true), reduction": "centerness(distances[positive]), reduction"}, hint="The centre-ness is that of the distances said. It should be that of the true ones.")
def middle_of_what_is_said_attached(): ...


@mistake("fcos_loss", edit={"apart = generalized_box_iou_loss(said, true * sign, reduction=\"sum\")": "apart = (1 - generalized_box_iou_loss(said, true * sign)).sum()"}, hint="The box loss is GIoU itself: it would reward poor boxes.")
def giou_itself(): ...


@mistake("fcos_loss", edit={"reduction=\"sum\"\n    )": "reduction=\"mean\"\n    )"}, hint="The third loss is a mean already, and is divided by the positives once more.")
def middle_divided_twice(): ...


@mistake("fcos_loss", edit={"(labels[..., None] == kinds)": "(labels[..., None] % logits.shape[2] == kinds)"}, hint="Background gets a 1 in the column of the last class. Its row is all zeros.")
def background_is_the_last_class(): ...


@mistake("fcos_loss", edit={"apart = generalized_box_iou_loss(said, true * sign, reduction=\"sum\")": "pairs = (len(said), len(said), 4)\n    apart = generalized_box_iou_loss(said[:, None].expand(pairs), (true * sign).expand(pairs), reduction=\"sum\")"}, hint="Each box is compared with the true boxes of all positives. It has one of its own.")
def each_with_all_boxes(): ...


@mistake("fcos_loss", edit={"focal = sigmoid_focal_loss(logits, wanted, reduction=\"sum\")": "focal = sigmoid_focal_loss(logits, wanted, reduction=\"none\").sum(dim=(1, 2))\n    focal = (focal / positive.sum(dim=1).clamp(min=1)).sum() * num"}, hint="Each image is divided by its own positives. All are added up, and divided by the positives of the batch.")
def class_loss_by_each_image_s_own(): ...


@mistake("fcos_loss", edit={"centre_logits[positive], centerness": "centre_logits[positive].sigmoid(), centerness"}, hint="A sigmoid is taken twice: the loss of the centre-ness takes it by itself.")
def sigmoid_of_the_centre_twice(): ...


@mistake("fcos_loss", edit={"said = distances[positive] * sign": "said = distances * sign", "apart = generalized_box_iou_loss(said, true * sign, reduction=\"sum\")": "apart = (generalized_box_iou_loss(said, targets * sign) * positive).sum()"}, hint="nan times 0 is nan: what background holds must not enter the box loss.")
def boxes_weighed_with_zero(): ...


@mistake("fcos_loss", edit={"said = distances[positive] * sign": "said = distances * sign", "apart = generalized_box_iou_loss(said, true * sign, reduction=\"sum\")": "apart = torch.where(positive, generalized_box_iou_loss(said, targets * sign), 0.0).sum()"}, hint="The losses are right, and gradients are nan: on its way back a gradient of 0 is multiplied by nan. Leave rows out before the loss is formed.")
def where_after_the_giou(): ...


@right("fcos_loss")
def by_places_of_positives(logits, distances, centre_logits, labels, targets):
    image, place = torch.where(labels >= 0)
    num = max(1, len(image))
    hot = torch.zeros_like(logits)
    hot[image, place, labels[image, place]] = 1
    classes = sigmoid_focal_loss(logits, hot, alpha=0.25, gamma=2.0, reduction="none").sum()
    said, true = distances[image, place], targets[image, place]

    def corners(d):
        return torch.cat([-d[:, :2], d[:, 2:]], dim=1)

    boxes = generalized_box_iou_loss(corners(said), corners(true)).sum()
    left, top, right, bottom = true.unbind(1)
    across = torch.minimum(left, right) / torch.maximum(left, right)
    aim = (across * torch.minimum(top, bottom) / torch.maximum(top, bottom)).sqrt()
    middle = F.binary_cross_entropy_with_logits(centre_logits[image, place], aim, reduction="none").sum()
    return classes / num, boxes / num, middle / num


@right("fcos_loss")
def giou_from_distances(logits, distances, centre_logits, labels, targets):
    yes = labels.ne(-1)
    num = yes.sum().clamp(min=1).to(logits)
    hot = F.one_hot(labels + 1, logits.shape[2] + 1)[..., 1:].to(logits)
    p = torch.where(hot > 0, torch.sigmoid(logits), torch.sigmoid(-logits))
    factor = torch.where(hot > 0, torch.full_like(p, 0.25), torch.full_like(p, 0.75))
    ce = F.binary_cross_entropy_with_logits(logits, hot, reduction="none")
    a, b = distances[yes], targets[yes]
    small, large = torch.minimum(a, b), torch.maximum(a, b)

    def area(d):
        return (d[:, 0] + d[:, 2]) * (d[:, 1] + d[:, 3])

    shared = area(small)
    union = area(a) + area(b) - shared
    giou = shared / (union + 1e-7) - (area(large) - union) / (area(large) + 1e-7)
    third = F.softplus(centre_logits[yes]) - centre_logits[yes] * centerness(b)
    return (factor * (1 - p) ** 2 * ce).sum() / num, (1 - giou).sum() / num, third.sum() / num


@right("fcos_loss")
def flattened_first(logits, distances, centre_logits, labels, targets):
    logits, labels = logits.flatten(0, 1), labels.flatten()
    keep = (labels >= 0).nonzero().flatten()
    said, true = distances.reshape(-1, 4)[keep], targets.reshape(-1, 4)[keep]
    table = logits.new_zeros(logits.shape)
    table[keep, labels[keep]] = 1.0
    total = 1 if len(keep) == 0 else len(keep)
    first = sigmoid_focal_loss(logits, table, reduction="sum") / total
    flip = torch.tensor([-1.0, -1.0, 1.0, 1.0]).to(true)
    second = generalized_box_iou_loss(flip * said, flip * true, reduction="sum") / total
    third = F.binary_cross_entropy_with_logits(centre_logits.flatten()[keep], centerness(true), reduction="sum")
    return first, second, third / total
