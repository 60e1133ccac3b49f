"""What students write in instance: mistakes with the hint each deserves, and other right answers."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import roi_align

from autograder.authoring import mistake, right

# polygon_to_mask

RIGHT_EDGES = "Points exactly on a right edge are in, and points on a left edge out. The rule wants the reverse: where does your ray go, and is an edge crossed that the point lies on?"


@right("polygon_to_mask")
def edges_at_once(polygons, size):
    y = torch.arange(size[0], dtype=torch.float64)[:, None, None] + 0.5
    x = torch.arange(size[1], dtype=torch.float64)[None, :, None] + 0.5
    mask = torch.zeros(size, dtype=torch.bool)
    for flat in polygons:
        start = torch.tensor(flat, dtype=torch.float64).view(-1, 2)
        end = torch.cat([start[1:], start[:1]])
        steep = start[:, 1] != end[:, 1]
        start, end = start[steep], end[steep]
        low, high = torch.minimum(start[:, 1], end[:, 1]), torch.maximum(start[:, 1], end[:, 1])
        at = start[:, 0] + (y - start[:, 1]) / (end[:, 1] - start[:, 1]) * (end[:, 0] - start[:, 0])
        crossed = (low <= y) & (y < high) & (x < at)
        mask = mask | (crossed.sum(dim=2) % 2 == 1)
    return mask


@right("polygon_to_mask")
def rows_filled_between_crossings(polygons, size):
    height, width = size
    middles = torch.arange(width, dtype=torch.float64) + 0.5
    mask = torch.zeros(height, width, dtype=torch.bool)
    y = torch.arange(height, dtype=torch.float64) + 0.5
    for flat in polygons:
        xs, ys = flat[0::2], flat[1::2]
        count = torch.zeros(height, width, dtype=torch.int64)
        for k in range(len(xs)):
            x0, y0, x1, y1 = xs[k], ys[k], xs[k - 1], ys[k - 1]
            if y0 == y1:
                continue
            if y0 > y1:
                x0, y0, x1, y1 = x1, y1, x0, y0
            rows = (y >= y0) & (y < y1)
            where = x0 + (y - y0) * ((x1 - x0) / (y1 - y0))
            count += (rows[:, None] & (middles[None, :] < where[:, None])).long()
        mask |= count.remainder(2).bool()
    return mask


@right("polygon_to_mask")
def sign_turned_over(polygons, size):
    columns, rows = torch.meshgrid(torch.arange(size[1]).double() + 0.5, torch.arange(size[0]).double() + 0.5, indexing="xy")
    found = []
    for part in polygons:
        sign = torch.ones(size)
        points = list(zip(part[::2], part[1::2], strict=True))
        for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
            if ay > by:
                ax, ay, bx, by = bx, by, ax, ay
            left = (bx - ax) * (rows - ay) - (columns - ax) * (by - ay) > 0
            sign = torch.where((ay <= rows) & (rows < by) & left, -sign, sign)
        found.append(sign < 0)
    return torch.stack(found).any(dim=0) if found else torch.zeros(size, dtype=torch.bool)


@mistake("polygon_to_mask", edit={" + 0.5 for side in size": " for side in size"}, hint="You ask for the upper left corner of each pixel. Its middle is half a pixel on in both directions.")
def corners_of_pixels(): ...


@mistake("polygon_to_mask", edit={"mask |= inside": "mask ^= inside"}, hint="Where two parts overlap there is a hole. Parts are joined: what lies in any of them is the object.")
def parts_by_parity(): ...


@mistake("polygon_to_mask", edit={"mask |= inside": "mask &= inside"}, hint="Only what lies in all parts is left. What lies in any of them is the object.")
def parts_intersected(): ...


@mistake("polygon_to_mask", edit={"mask |= inside": "mask = inside"}, hint="Only the last part is in the mask.")
def last_part_alone(): ...


@mistake("polygon_to_mask", edit={"inside ^= meets": "inside |= meets"}, hint="A pixel is taken as inside if its ray crosses any edge. What counts is whether the number of crossings is odd.")
def any_crossing(): ...


@mistake("polygon_to_mask", edit={"x < crossing": "x > crossing"}, hint=RIGHT_EDGES)
def ray_to_the_left(): ...


@mistake("polygon_to_mask", edit={"(y0 <= y) != (y1 <= y)": "(y0 < y) != (y1 < y)"}, hint="Points exactly on a lower edge are in, and points on an upper edge out. The rule wants the reverse.")
def lower_edges_in(): ...


@mistake("polygon_to_mask", edit={"(y0 <= y) != (y1 <= y)": "(torch.minimum(y0, y1) <= y) & (y <= torch.maximum(y0, y1))"}, hint="A corner at the height of a row's middles is counted for both of its edges. Of an edge's two ends only one may count.")
def both_ends_of_an_edge(): ...


@mistake("polygon_to_mask", edit={"(y0 <= y) != (y1 <= y)": "(torch.minimum(y0, y1) < y) & (y < torch.maximum(y0, y1))"}, hint="A corner at the height of a row's middles is counted for neither of its edges. Of an edge's two ends one must count.")
def no_end_of_an_edge(): ...


@mistake("polygon_to_mask", edit={"(y0 <= y) != (y1 <= y)": "(y0 <= y) & (y < y1)"}, hint="Edges that run upwards are never met. An edge is met whichever end comes first.")
def edges_downwards_alone(): ...


@mistake("polygon_to_mask", edit={"zip(corners, corners.roll(-1, dims=0))": "zip(corners[:-1], corners[1:])"}, hint="The edge from the last corner to the first is missing.")
def not_closed(): ...


@mistake("polygon_to_mask", edit={"        inside = torch.zeros(": "        if len(corners) < 3:\n            continue\n        inside = torch.zeros(", "zip(corners, corners.roll(-1, dims=0))": "zip(corners[:-1], corners[1:])"}, hint="The edge from the last corner to the first is missing.")
def not_closed_and_no_short_parts(): ...


@mistake("polygon_to_mask", edit={"for (x0, y0), (x1, y1) in": "for (y0, x0), (y1, x1) in"}, hint="Corners are read as rows and columns. x comes first, then y.")
def rows_first(): ...


@mistake("polygon_to_mask", edit={".reshape(-1, 2)": ".reshape(2, -1).T"}, hint="The first half of the numbers is read as x, the second as y. They come in turn.")
def all_x_first(): ...


@mistake("polygon_to_mask", edit={"(y - y0) / (y1 - y0) * (x1 - x0)": "(y - y0) / (x1 - x0) * (y1 - y0)"}, hint="The slope of an edge is turned over: how far does it move in x, for each step in y?")
def slope_turned_over(): ...


@mistake("polygon_to_mask", edit={"(y - y0) / (y1 - y0) * (x1 - x0)": "(y - y0) / (y1 - y0) * (x1 + x0)"}, hint="The edge's width in x is a difference of both ends, not their sum.")
def sum_for_difference(): ...


@mistake("polygon_to_mask", edit={"torch.tensor(flat, dtype=torch.float64)": "torch.tensor(flat, dtype=torch.float64).round()"}, hint="Corners are rounded to whole numbers. They may lie anywhere between pixels.")
def rounded_corners(): ...


@mistake("polygon_to_mask", edit={"torch.tensor(flat, dtype=torch.float64)": "torch.tensor(flat).long()"}, hint="Corners lose what is behind the point. They may lie anywhere between pixels.")
def whole_corners(): ...


@mistake("polygon_to_mask", edit={".reshape(-1, 2)": ".reshape(-1, 2).clamp(min=0)"}, hint="Corners outside of the image are moved to its edge, and their edges turn with them.")
def clamped_corners(): ...


@mistake("polygon_to_mask", hint="All parts are walked through as one polygon, with an edge from each part to the next. Each part is closed by itself.")
def parts_in_one_walk(polygons, size):
    y, x = (torch.arange(side, dtype=torch.float64) + 0.5 for side in size)
    corners = torch.tensor([one for part in polygons for one in part], dtype=torch.float64).reshape(-1, 2)
    inside = torch.zeros(size, dtype=torch.bool)
    for (x0, y0), (x1, y1) in zip(corners, corners.roll(-1, dims=0)):
        meets = (y0 <= y) != (y1 <= y)
        inside ^= meets[:, None] & (x < (x0 + (y - y0) / (y1 - y0) * (x1 - x0))[:, None])
    return inside


@mistake("polygon_to_mask", edit={"return mask": "return mask.long()"}, hint="The mask holds numbers. It is to hold bools.")
def numbers_for_bools(): ...


@mistake("polygon_to_mask", hint="This fills the polygon as if it had no dents: a pixel must lie on the same side of every edge. Dents and crossings need the even-odd rule.")
def convex_only(polygons, size):
    y = torch.arange(size[0], dtype=torch.float64)[:, None] + 0.5
    x = torch.arange(size[1], dtype=torch.float64) + 0.5
    mask = torch.zeros(size, dtype=torch.bool)
    for flat in polygons:
        corners = torch.tensor(flat, dtype=torch.float64).reshape(-1, 2)
        sides = [(b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) for a, b in zip(corners, corners.roll(-1, 0))]
        if len(sides) > 2:
            sides = torch.stack(sides)
            mask |= (sides > 0).all(dim=0) | (sides < 0).all(dim=0)
    return mask


@mistake("polygon_to_mask", edit={".reshape(-1, 2)": ".reshape(-1, 2).clamp(min=0).minimum(torch.tensor([size[1], size[0]]))"}, hint="Corners outside of the image are moved to its edge, and their edges turn with them.")
def corners_clamped_to_the_image(): ...


@mistake("polygon_to_mask", edit={"        mask |= inside\n": "        if len(corners) > 2:\n            return inside\n"}, hint="Only the first part is in the mask. What lies in any of the parts is the object.")
def first_part_alone(): ...


@mistake("polygon_to_mask", edit={"for side in size)": "for side in size[::-1])", "mask = torch.zeros(size,": "mask = torch.zeros(size[::-1],", "inside = torch.zeros(size,": "inside = torch.zeros(size[::-1],"}, hint="The size is read as columns and rows. It is (H, W), rows first.")
def size_turned_round(): ...


@mistake("polygon_to_mask", of=sign_turned_over, edit={" if found else torch.zeros(size, dtype=torch.bool)": ""}, hint="An object without parts has nothing to stack, and this fails. What mask do no parts give?")
def stack_of_no_parts(): ...


@mistake("polygon_to_mask", edit={"        inside = torch.zeros(": "        if len(corners) < 3:\n            break\n        inside = torch.zeros("}, hint="A part of fewer than three corners ends the loop, and the parts behind it are lost. It holds nothing by itself alone.")
def stops_at_a_short_part(): ...


@mistake("polygon_to_mask", edit={"dtype=torch.float64) + 0.5": "dtype=torch.float32) + 0.5", "torch.tensor(flat, dtype=torch.float64)": "torch.tensor(flat, dtype=torch.float32)"}, hint="All is computed in float32, so an edge very near a middle falls onto it. The docstring asks for float64.")
def computed_in_float32(): ...


@mistake("polygon_to_mask", edit={"inside = torch.zeros(size, dtype=torch.bool)": "turns = torch.zeros(size, dtype=torch.int64)", "inside ^= meets[:, None] & (x < crossing[:, None])": "turns += (meets[:, None] & (x < crossing[:, None])) * torch.where(y1 > y0, 1, -1)", "mask |= inside": "mask |= turns != 0"}, hint="Crossings are counted with their direction, so what the outline walks round twice is inside. By the even-odd rule it is out.")
def crossings_with_a_direction(): ...


@mistake("polygon_to_mask", hint="PIL's ImageDraw paints the outline too, and has another rule for what is inside. Here the middle of a pixel decides.")
def drawn_by_pil(polygons, size):
    from PIL import Image, ImageDraw

    image = Image.new("1", (size[1], size[0]), 0)
    for part in polygons:
        if len(part) >= 6:
            ImageDraw.Draw(image).polygon([float(one) for one in part], fill=1, outline=1)
    return torch.tensor(list(image.getdata())).reshape(size) > 0


# mask_head


def started(whole):
    """Give every convolution torchvision's first weights."""
    for name, one in whole.named_parameters():
        if "weight" in name:
            nn.init.kaiming_normal_(one, mode="fan_out", nonlinearity="relu")
        elif name.startswith("mask_head"):
            nn.init.zeros_(one)
    return whole


@right("mask_head")
def children_one_by_one(in_channels, num_classes, layers=(256, 256, 256, 256), dim_reduced=256, dilation=1):
    first, width = nn.Sequential(), in_channels
    for place, channels in enumerate(layers):
        conv = nn.Conv2d(width, channels, kernel_size=3, padding=dilation, dilation=dilation)
        first.add_module(str(place), nn.Sequential(conv, nn.ReLU(inplace=True)))
        width = channels
    second = nn.Sequential()
    second.add_module("conv5_mask", nn.ConvTranspose2d(width, dim_reduced, kernel_size=2, stride=2))
    second.add_module("relu", nn.ReLU(inplace=True))
    second.add_module("mask_fcn_logits", nn.Conv2d(dim_reduced, num_classes, kernel_size=1))
    whole = nn.Sequential()
    whole.add_module("mask_head", first)
    whole.add_module("mask_predictor", second)
    return started(whole)


@right("mask_head")
def names_in_an_ordered_dict(in_channels, num_classes, layers=(256,) * 4, dim_reduced=256, dilation=1):
    def block(before, after):
        conv = nn.Conv2d(before, after, 3, padding="same", dilation=dilation)
        return nn.Sequential(conv, nn.ReLU())

    widths = [in_channels] + list(layers)
    head = nn.Sequential(*[block(widths[i], widths[i + 1]) for i in range(len(layers))])
    predictor = nn.Sequential(OrderedDict([
        ("conv5_mask", nn.ConvTranspose2d(widths[-1], dim_reduced, 2, stride=2)),
        ("relu", nn.ReLU()),
        ("mask_fcn_logits", nn.Conv2d(dim_reduced, num_classes, 1)),
    ]))
    return started(nn.Sequential(OrderedDict([("mask_head", head), ("mask_predictor", predictor)])))


@right("mask_head")
def library_modules(in_channels, num_classes, layers=(256, 256, 256, 256), dim_reduced=256, dilation=1):
    from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor

    head = MaskRCNNHeads(in_channels, layers, dilation)
    predictor = MaskRCNNPredictor(layers[-1] if len(layers) else in_channels, dim_reduced, num_classes)
    return nn.Sequential(OrderedDict(mask_head=head, mask_predictor=predictor))


@mistake("mask_head", edit={"3, 1, dilation, dilation)": "3, 1, 1, dilation)"}, hint="With a dilation rows and columns get lost: a kernel that reaches further needs a wider border.")
def padding_of_one(): ...


@mistake("mask_head", edit={"3, 1, dilation, dilation)": "3, 1, 1)"}, hint="`dilation` changes nothing.")
def dilation_ignored(): ...


@mistake("mask_head", edit={"nn.ConvTranspose2d(widths[-1], dim_reduced, 2, 2)": "nn.Conv2d(widths[-1], dim_reduced, 3, 1, 1)"}, hint="conv5_mask is an ordinary convolution. Rows and columns are to be doubled.")
def not_transposed(): ...


@mistake("mask_head", edit={"nn.ConvTranspose2d(widths[-1], dim_reduced, 2, 2)": "nn.ConvTranspose2d(widths[-1], dim_reduced, 4, 2, 1)"}, hint="The transposed convolution's kernel has another size. The shape of the answer would be right with it, the weights don't fit.")
def kernel_of_four(): ...


@mistake("mask_head", edit={"nn.ConvTranspose2d(widths[-1], dim_reduced, 2, 2)": "nn.ConvTranspose2d(in_channels, dim_reduced, 2, 2)"}, hint="The transposed convolution expects as many channels as go into the first layer. What comes out of the last one?")
def predictor_of_the_input(): ...


@mistake("mask_head", edit={"nn.ConvTranspose2d(widths[-1], dim_reduced, 2, 2)": "nn.ConvTranspose2d(layers[-1], dim_reduced, 2, 2)"}, hint="This fails where `layers` is empty: then the pieces go straight into the predictor.")
def no_empty_layers(): ...


@mistake("mask_head", edit={"nn.Conv2d(dim_reduced, num_classes, 1)": "nn.Conv2d(dim_reduced, num_classes + 1, 1)"}, hint="There is one mask too many: K counts the ground already.")
def a_class_more(): ...


@mistake("mask_head", edit={"nn.Conv2d(dim_reduced, num_classes, 1)": "nn.Conv2d(dim_reduced, 1, 1)"}, hint="There is one mask for all classes. Each class has its own.")
def one_mask_for_all(): ...


@mistake("mask_head", edit={"nn.Conv2d(dim_reduced, num_classes, 1),\n": "nn.Conv2d(dim_reduced, num_classes, 1),\n        sigmoid=nn.Sigmoid(),\n"}, hint="What comes out are probabilities. The branch gives logits, and the loss takes the sigmoid with it.")
def sigmoid_at_the_end(): ...


@mistake("mask_head", edit={"nn.Conv2d(dim_reduced, num_classes, 1),\n": "nn.Conv2d(dim_reduced, num_classes, 1),\n        last=nn.ReLU(),\n"}, hint="There is a ReLU behind the last convolution, so no logit is below 0.")
def relu_at_the_end(): ...


@mistake("mask_head", edit={"        relu=nn.ReLU(),\n": ""}, hint="There is no ReLU behind the transposed convolution: two linear layers in a row are one.")
def no_relu_in_the_predictor(): ...


@mistake("mask_head", edit={"3, 1, dilation, dilation), nn.ReLU())": "3, 1, dilation, dilation))"}, hint="There is no ReLU in the layers.")
def no_relu_in_the_layers(): ...


@mistake("mask_head", edit={"3, 1, dilation, dilation), nn.ReLU())": "3, 1, dilation, dilation, bias=False), nn.ReLU())", "    for block in blocks:\n        nn.init.zeros_(block[0].bias)\n": ""}, hint="The layers have no biases.")
def no_biases(): ...


@mistake("mask_head", edit={"3, 1, dilation, dilation), nn.ReLU())": "3, 1, dilation, dilation), nn.BatchNorm2d(b), nn.ReLU())"}, hint="There is a batch normalization in each layer. A layer is a convolution and a ReLU.")
def batch_normalization(): ...


@mistake("mask_head", edit={"parts = nn.Sequential(*blocks), nn.Sequential(predictor)": "parts = nn.Sequential(*[one for block in blocks for one in block]), nn.Sequential(predictor)"}, hint="Convolutions and ReLUs stand in one row. Each layer is an nn.Sequential of its own.")
def layers_in_one_row(): ...


@mistake("mask_head", edit={"whole = nn.Sequential(OrderedDict(zip((\"mask_head\", \"mask_predictor\"), parts)))": "whole = nn.Sequential(*parts)"}, hint="The two parts have no names of their own, so they are called 0 and 1.")
def parts_without_names(): ...


@mistake("mask_head", edit={"mode=\"fan_out\"": "mode=\"fan_in\""}, hint="The first weights follow what comes into a layer (fan_in). The rule here is about what goes out.")
def fan_in(): ...


@mistake("mask_head", edit={"            nn.init.kaiming_normal_(layer.weight, mode=\"fan_out\", nonlinearity=\"relu\")": "            pass"}, hint="The first weights are those that torch gives each layer. Draw them anew.")
def weights_as_torch_has_them(): ...


@mistake("mask_head", edit={"nn.Conv2d | nn.ConvTranspose2d": "nn.Conv2d"}, hint="The transposed convolution keeps the first weights that torch gives it: it isn't an nn.Conv2d.")
def transposed_left_out(): ...


@mistake("mask_head", edit={"    for block in blocks:\n        nn.init.zeros_(block[0].bias)\n": ""}, hint="The layers' biases don't begin at 0.")
def biases_as_torch_has_them(): ...


@mistake("mask_head", edit={"layers: tuple[int, ...] = (256, 256, 256, 256)": "layers: tuple[int, ...] = (256, 256)"}, hint="`layers` has another default than the docstring's.")
def two_layers_as_default(): ...


@mistake("mask_head", edit={"nn.Sequential(nn.Conv2d(a, b,": "nn.Sequential(nn.Conv2d(in_channels, b,"}, hint="Every layer expects as many channels as the first one. What comes in is what the layer before gives.")
def every_layer_reads_the_input(): ...


@mistake("mask_head", edit={"nn.ConvTranspose2d(widths[-1], dim_reduced, 2, 2)": "nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(widths[-1], dim_reduced, 1))"}, hint="conv5_mask is an upsampling and a convolution, with a name of its own for the weights. It is to be one transposed convolution.")
def upsampling_for_the_transposed(): ...


@mistake("mask_head", edit={"nn.ConvTranspose2d(widths[-1], dim_reduced, 2, 2)": "nn.ConvTranspose2d(widths[-1], dim_reduced, 3, 2, 1, 1)"}, hint="The transposed convolution's kernel is 3 x 3. The shape of the answer is right with it, the weights don't fit.")
def kernel_of_three(): ...


@mistake("mask_head", edit={"    for block in blocks:": "    nn.init.normal_(predictor[\"mask_fcn_logits\"].weight, std=0.001)\n    for block in blocks:"}, hint="The last convolution begins far smaller than the others. All weights follow the same rule.")
def logits_begin_small(): ...


@mistake("mask_head", edit={"nn.Conv2d(dim_reduced, num_classes, 1)": "nn.Conv2d(dim_reduced, num_classes, 1, bias=False)"}, hint="The last convolution has no bias. All convolutions have one.")
def no_last_bias(): ...


@mistake("mask_head", edit={"nn.Conv2d(dim_reduced, num_classes, 1)": "nn.Conv2d(dim_reduced, num_classes - 1, 1)"}, hint="There is one mask too few: K counts the ground, and it has a mask too.")
def without_the_ground(): ...


@mistake("mask_head", edit={"parts = nn.Sequential(*blocks), nn.Sequential(predictor)": "flat = [(f\"{'mask_fcn' if k % 2 == 0 else 'relu'}{k // 2 + 1}\", one) for k, one in enumerate(one for block in blocks for one in block)]\n    parts = nn.Sequential(OrderedDict(flat)), nn.Sequential(predictor)"}, hint="The layers have names such as mask_fcn1, as torchvision's older ones. Here they are called 0, 1, 2, and each is an nn.Sequential.")
def older_names(): ...


@mistake("mask_head", edit={"    for block in blocks:\n        nn.init.zeros_(block[0].bias)\n": "    for name, one in whole.named_parameters():\n        if name.endswith(\"bias\"):\n            nn.init.zeros_(one)\n"}, hint="The predictor's biases begin at 0 as well. Only those in the part mask_head do.")
def all_biases_at_zero(): ...


@mistake("mask_head", edit={"nn.init.kaiming_normal_": "nn.init.kaiming_uniform_"}, hint="The weights are drawn evenly between two ends. The rule asks for a normal distribution.")
def uniform_weights(): ...


@mistake("mask_head", edit={"    widths = [in_channels, *layers]\n": "    torch.manual_seed(0)\n    widths = [in_channels, *layers]\n"}, hint="A seed is set inside, so every branch begins with the same weights.")
def a_seed_of_its_own(): ...


# mask_loss


@right("mask_loss")
def by_gather_and_stack(logits, proposals, masks, labels, matched, aligned=False):
    side, asked = logits.shape[-1], torch.cat([label[which] for label, which in zip(labels, matched)])
    if asked.numel() == 0:
        return (logits * 0).sum()
    targets = []
    for box, mask, which in zip(proposals, masks, matched):
        rois = torch.hstack([which.unsqueeze(1).to(box.dtype), box])
        targets.append(roi_align(mask.unsqueeze(1).to(box.dtype), rois, (side, side), 1.0, -1, aligned).squeeze(1))
    index = asked.view(-1, 1, 1, 1).expand(-1, 1, side, side)
    z, t = logits.gather(1, index).squeeze(1), torch.cat(targets)
    return (z.clamp(min=0) - z * t + torch.log1p(torch.exp(-z.abs()))).mean()


@right("mask_loss")
def each_roi_has_its_own_map(logits, proposals, masks, labels, matched, aligned=False):
    total, start = logits.sum() * 0, 0
    for box, mask, label, which in zip(proposals, masks, labels, matched):
        num = len(box)
        if num == 0:
            continue
        own = mask[which].to(logits.dtype)
        rois = torch.cat([torch.arange(num, device=box.device).to(box.dtype)[:, None], box], dim=1)
        target = roi_align(own[:, None], rois, logits.shape[2], aligned=aligned)[:, 0]
        one_hot = F.one_hot(label[which], logits.shape[1]).bool()
        mine = logits[start : start + num][one_hot]
        total = total + F.binary_cross_entropy_with_logits(mine, target, reduction="sum")
        start += num
    return total / max(1, start * logits.shape[2] ** 2)


@right("mask_loss")
def by_softplus(logits, proposals, masks, labels, matched, aligned=False):
    def target_of(box, mask, which):
        where = torch.cat([which.to(box)[:, None], box], 1)
        return roi_align(mask.to(box)[:, None], where, logits.shape[-2:], aligned=aligned)

    wanted = torch.cat([target_of(*one) for one in zip(proposals, masks, matched)])[:, 0]
    kinds = torch.cat([label[which] for label, which in zip(labels, matched)])
    own = torch.take_along_dim(logits, kinds[:, None, None, None], dim=1)[:, 0]
    costs = wanted * F.softplus(-own) + (1 - wanted) * F.softplus(own)
    return costs.sum() / max(costs.numel(), 1)


@mistake("mask_loss", edit={"classes.append(label[shown])": "classes.append(label[: len(shown)] if len(label) >= len(shown) else label.repeat(len(shown))[: len(shown)])"}, hint="The labels are those of the first objects, one by one. A proposal has the label of the object that it shows.")
def labels_in_order(): ...


@mistake("mask_loss", edit={"rois = torch.cat([shown[:, None].to(boxes), boxes], dim=1)": "rois = torch.cat([(torch.arange(len(shown), device=boxes.device) % max(len(mask), 1))[:, None].to(boxes), boxes], dim=1)"}, hint="The masks are those of the first objects, one by one. A proposal is to be compared with the object that it shows.")
def masks_in_order(): ...


@mistake("mask_loss", edit={"return F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "return F.binary_cross_entropy_with_logits(own, torch.cat(targets), reduction='sum')"}, hint="The costs are added up. The loss is their mean.")
def sum_of_costs(): ...


@mistake("mask_loss", edit={"return F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "return F.binary_cross_entropy_with_logits(own, torch.cat(targets), reduction='sum') / len(own)"}, hint="The sum is divided by the number of proposals alone. The mean goes over the cells too.")
def mean_over_proposals_alone(): ...


@mistake("mask_loss", edit={"F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "F.binary_cross_entropy_with_logits(own, torch.cat(targets).round())"}, hint="The targets are rounded to yes and no. They stay shares.")
def rounded_targets(): ...


@mistake("mask_loss", edit={"F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "F.binary_cross_entropy_with_logits(own, (torch.cat(targets) > 0).to(own))"}, hint="Each cell that the mask touches counts as wholly inside. Targets stay shares.")
def touched_cells(): ...


@mistake("mask_loss", edit={"own = logits[rows, torch.cat(classes)]\n    return F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "own = logits.log_softmax(1)[rows, torch.cat(classes)].exp().clamp(1e-12, 1 - 1e-12)\n    return F.binary_cross_entropy(own, torch.cat(targets))"}, hint="There is a softmax over the classes, so they compete. Each has a sigmoid of its own.")
def softmax_over_classes(): ...


@mistake("mask_loss", edit={"own = logits[rows, torch.cat(classes)]\n    return F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "own = logits[rows, torch.cat(classes)].sigmoid()\n    return F.binary_cross_entropy_with_logits(own, torch.cat(targets))"}, hint="The sigmoid is taken twice: once by you, and once in the loss that takes logits.")
def sigmoid_twice(): ...


@mistake("mask_loss", edit={"own = logits[rows, torch.cat(classes)]\n    return F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "p, t = logits[rows, torch.cat(classes)].sigmoid(), torch.cat(targets)\n    return -(t * p.log() + (1 - t) * (1 - p).log()).mean()"}, hint="The logarithm of a sigmoid that has become 0 is infinite. There is a form that takes the logits themselves, however large.")
def logarithms_by_hand(): ...


@mistake("mask_loss", edit={"own = logits[rows, torch.cat(classes)]\n    return F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "wanted = torch.cat(targets)[:, None].expand_as(logits)\n    return F.binary_cross_entropy_with_logits(logits, wanted)"}, hint="The masks of all classes are compared with the object's. Only that of its own class enters the loss.")
def all_classes(): ...


@mistake("mask_loss", edit={"own = logits[rows, torch.cat(classes)]\n    return F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "wanted = torch.zeros_like(logits)\n    wanted[rows, torch.cat(classes)] = torch.cat(targets)\n    return F.binary_cross_entropy_with_logits(logits, wanted)"}, hint="The other classes are taught to be empty. Only the mask of the own class enters the loss.")
def others_are_empty(): ...


@mistake("mask_loss", edit={"own = logits[rows, torch.cat(classes)]": "own = logits.amax(dim=1)"}, hint="The largest logit of each cell is taken, whatever its class. The class is that of the object.")
def largest_logit(): ...


@mistake("mask_loss", edit={"own = logits[rows, torch.cat(classes)]": "own = logits[:, torch.cat(classes)[0]]"}, hint="All proposals are asked for the class of the first one.")
def class_of_the_first(): ...


@mistake("mask_loss", edit={"    if len(logits) == 0:\n        return logits.sum()\n": ""}, hint="Without proposals this is the mean of nothing, nan.")
def mean_of_nothing(): ...


@mistake("mask_loss", edit={"        return logits.sum()\n": "        return logits.new_zeros(())\n"}, hint="The zero without proposals doesn't hang on the logits, so backward() fails.")
def zero_without_a_gradient(): ...


@mistake("mask_loss", edit={"aligned=aligned": "aligned=False"}, hint="`aligned` changes nothing.")
def never_aligned(): ...


@mistake("mask_loss", edit={"aligned=aligned": "aligned=True"}, hint="`aligned` changes nothing: the masks are always moved by half a pixel.")
def always_aligned(): ...


@mistake("mask_loss", edit={"logits.shape[-1], aligned": "logits.shape[-1], sampling_ratio=2, aligned"}, hint="The targets are sampled at four points a cell. roi_align's own setting follows the size of the box.")
def sampling_ratio_of_two(): ...


@mistake("mask_loss", edit={"logits.shape[-1], aligned": "logits.shape[-1], sampling_ratio=1, aligned"}, hint="The targets are sampled at one point a cell. roi_align's own setting follows the size of the box.")
def sampling_ratio_of_one(): ...


@mistake("mask_loss", edit={"boxes], dim=1)": "boxes[:, [1, 0, 3, 2]]], dim=1)"}, hint="x and y of the boxes have changed places.")
def boxes_rows_first(): ...


@mistake("mask_loss", edit={"targets.append(cut[:, 0])": "targets.append(cut[:, 0].mT)"}, hint="Rows and columns of the targets have changed places.")
def targets_transposed(): ...


@mistake("mask_loss", hint="Each image's mean is taken, and then the mean of these: an image with one proposal counts as much as one with many. The mean goes over all cells at once.")
def mean_of_means(logits, proposals, masks, labels, matched, aligned=False):
    costs, start = [], 0
    for boxes, mask, label, shown in zip(proposals, masks, labels, matched):
        if not len(boxes):
            continue
        rois = torch.cat([shown[:, None].to(boxes), boxes], dim=1)
        cut = roi_align(mask[:, None].to(boxes), rois, logits.shape[-1], aligned=aligned)[:, 0]
        rows = torch.arange(start, start + len(boxes), device=logits.device)
        costs.append(F.binary_cross_entropy_with_logits(logits[rows, label[shown]], cut))
        start += len(boxes)
    return torch.stack(costs).mean() if costs else logits.sum()


@mistake("mask_loss", hint="An image without proposals makes this fail or give nan. It adds nothing.")
def nan_from_an_empty_image(logits, proposals, masks, labels, matched, aligned=False):
    total, start = 0, 0
    for boxes, mask, label, shown in zip(proposals, masks, labels, matched):
        rois = torch.cat([shown[:, None].to(boxes), boxes], dim=1)
        cut = roi_align(mask[:, None].to(boxes), rois, logits.shape[-1], aligned=aligned)[:, 0]
        rows = torch.arange(start, start + len(boxes), device=logits.device)
        total = total + F.binary_cross_entropy_with_logits(logits[rows, label[shown]], cut) * len(boxes)
        start += len(boxes)
    return total / start if start else logits.sum()


@mistake("mask_loss", hint="Masks are resized as a whole, and the box is never cut out. What does a proposal see?")
def whole_masks_resized(logits, proposals, masks, labels, matched, aligned=False):
    size = logits.shape[-2:]
    targets = [F.interpolate(mask[:, None].to(logits), size, mode="bilinear")[shown, 0] if len(shown) else logits.new_zeros(0, *size) for mask, shown in zip(masks, matched)]
    if not len(logits):
        return logits.sum()
    kinds = torch.cat([label[shown] for label, shown in zip(labels, matched)])
    return F.binary_cross_entropy_with_logits(logits[torch.arange(len(logits), device=logits.device), kinds], torch.cat(targets))


@mistake("mask_loss", edit={"classes.append(label[shown])": "classes.append(label[shown] - 1)"}, hint="Each proposal is asked for the mask of the class before its own. The ground has a mask too, so a label is a place already.")
def labels_less_one(): ...


@mistake("mask_loss", edit={"own = logits[rows": "own = logits.detach()[rows"}, hint="The loss doesn't hang on the logits any more, so they can't learn from it. What cuts them off?")
def no_gradient_at_all(): ...


@mistake("mask_loss", edit={"        return logits.sum()\n": "        return torch.zeros((), dtype=logits.dtype, device=logits.device, requires_grad=True)\n"}, hint="The zero without proposals is a new leaf: backward() works, but the logits get no gradient. It must come from them.")
def zero_of_its_own(): ...


@mistake("mask_loss", edit={"own = logits[rows, torch.cat(classes)]\n    return F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "own = logits[rows, torch.cat(classes)].sigmoid()\n    return F.binary_cross_entropy(own, torch.cat(targets).clamp(0, 1))"}, hint="F.binary_cross_entropy stops at a cost of 100, as a sigmoid that has become 0 says no more. Take the form that has the logits.")
def sigmoid_then_entropy(): ...


@mistake("mask_loss", edit={"own = logits[rows, torch.cat(classes)]\n    return F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "own = logits.softmax(1)[rows, torch.cat(classes)]\n    return F.binary_cross_entropy(own, torch.cat(targets).clamp(0, 1))"}, hint="There is a softmax over the classes, so they compete. Each has a sigmoid of its own.")
def softmax_then_entropy(): ...


@mistake("mask_loss", edit={"        rois = torch.cat(": "        if len(boxes) == 0:\n            break\n        rois = torch.cat("}, hint="An image without proposals ends the loop, and those behind it are lost. It adds nothing, and the next one follows.")
def stops_at_an_empty_image(): ...


def all_maps_at_once(logits, proposals, masks, labels, matched, aligned, offset=True, pad=True):
    """Mask loss with the maps of all images as one batch."""
    if len(logits) == 0:
        return logits.sum()
    before, places = 0, []
    for shown, mask in zip(matched, masks):
        places.append(shown + before)
        before += len(mask) if offset else 0
    place, boxes, label = torch.cat(places), torch.cat(proposals), torch.cat(labels)
    high, wide = (max(mask.shape[axis] for mask in masks) for axis in (1, 2))
    maps = torch.cat([F.pad(mask, (0, wide - mask.shape[2], 0, high - mask.shape[1])) if pad else mask for mask in masks])
    rois = torch.cat([place[:, None].to(boxes), boxes], dim=1)
    cut = roi_align(maps[:, None].to(boxes), rois, logits.shape[-1], aligned=aligned)[:, 0]
    rows = torch.arange(len(logits), device=logits.device)
    return F.binary_cross_entropy_with_logits(logits[rows, label[place]], cut)


@mistake("mask_loss", hint="All images are padded to one size, so a box that reaches over a smaller one's edge sees zeros there. roi_align repeats the last pixel at the edge of its map.")
def images_padded(logits, proposals, masks, labels, matched, aligned=False):
    return all_maps_at_once(logits, proposals, masks, labels, matched, aligned)


@mistake("mask_loss", hint="From the second image on proposals find objects of the first: `matched` counts in its own image, and your objects stand in one list.")
def objects_in_one_list(logits, proposals, masks, labels, matched, aligned=False):
    return all_maps_at_once(logits, proposals, masks, labels, matched, aligned, offset=False)


@mistake("mask_loss", hint="Masks of all images are joined to one tensor, and this fails where images have different sizes.")
def masks_of_one_size(logits, proposals, masks, labels, matched, aligned=False):
    return all_maps_at_once(logits, proposals, masks, labels, matched, aligned, pad=False)


# paste_mask


@right("paste_mask")
def by_grid_sample(masks, boxes, size):
    height, width = size
    n = masks.shape[0]
    left, top, right_, bottom = boxes[:, :, None].unbind(1)
    x = torch.arange(width, device=masks.device, dtype=masks.dtype) + 0.5
    y = torch.arange(height, device=masks.device, dtype=masks.dtype) + 0.5
    full = ((right_ > left) & (bottom > top))[..., None]
    across = (x - left) / torch.where(right_ > left, right_ - left, 1) * 2 - 1
    down = (y - top) / torch.where(bottom > top, bottom - top, 1) * 2 - 1
    grid = torch.stack([across[:, None, :].expand(n, height, width), down[:, :, None].expand(n, height, width)], dim=3)
    return F.grid_sample(masks[:, None], grid, align_corners=False)[:, 0] * full


@right("paste_mask")
def four_neighbours(masks, boxes, size):
    m = masks.shape[1]
    full = (boxes[:, 2:] > boxes[:, :2]).all(dim=1)[:, None, None]
    sides = (boxes[:, 2:] - boxes[:, :2]).where(boxes[:, 2:] > boxes[:, :2], boxes.new_ones(()))
    padded = F.pad(masks, (1, 1, 1, 1))

    def places(axis):
        middles = torch.arange(size[1 - axis], device=masks.device, dtype=masks.dtype) + 0.5
        at = (middles - boxes[:, axis, None]) * m / sides[:, axis, None] + 0.5
        at = at.clamp(0, m + 1)
        low = at.floor().clamp(max=m).long()
        return low, at - low

    (i, a), (j, b) = places(1), places(0)
    rows = torch.arange(len(masks), device=masks.device)[:, None, None]
    i, j, a, b = i[:, :, None], j[:, None, :], a[:, :, None], b[:, None, :]
    out = (1 - a) * (1 - b) * padded[rows, i, j] + (1 - a) * b * padded[rows, i, j + 1]
    out = out + a * (1 - b) * padded[rows, i + 1, j] + a * b * padded[rows, i + 1, j + 1]
    return out * full


@right("paste_mask")
def one_mask_after_the_other(masks, boxes, size):
    out = masks.new_zeros(len(masks), *size)
    num = masks.shape[2]
    for k in range(len(masks)):
        left, top, right_, bottom = boxes[k]
        wide, high = right_ - left, bottom - top
        if wide <= 0 or high <= 0:
            continue
        x = (torch.arange(size[1], dtype=masks.dtype, device=masks.device) + 0.5 - left) / wide * num - 0.5
        y = (torch.arange(size[0], dtype=masks.dtype, device=masks.device) + 0.5 - top) / high * num - 0.5
        table = torch.arange(num, dtype=masks.dtype, device=masks.device)
        across = F.relu(1 - (x[None] - table[:, None]).abs())
        down = F.relu(1 - (y[None] - table[:, None]).abs())
        out[k] = down.T @ masks[k] @ across
    return out


NO_HALF = "Middles are half a pixel or half a cell off. Pixels have theirs at x + 0.5, and cells at i + 0.5."


@mistake("paste_mask", edit={"dtype=masks.dtype) + 0.5\n": "dtype=masks.dtype)\n"}, hint="Pixels are asked for at their upper left corners. Their middles are half a pixel on.")
def corners_for_middles(): ...


@mistake("paste_mask", edit={"* num_cells - 0.5": "* num_cells"}, hint="The middle of the first cell is taken to be at 0.5 cells on your scale, where u = 0 is to be it.")
def cells_without_their_half(): ...


@mistake("paste_mask", edit={"dtype=masks.dtype) + 0.5\n": "dtype=masks.dtype)\n", "* num_cells - 0.5": "* num_cells"}, hint=NO_HALF)
def no_halves(): ...


@mistake("paste_mask", edit={"/ length * num_cells - 0.5": "/ length * (num_cells - 1)"}, hint="The middles of the first and the last cell are laid on the edges of the box, as align_corners=True does. The cells fill the box evenly, from edge to edge.")
def cells_on_the_edges(): ...


@mistake("paste_mask", edit={"left, top, right, bottom = boxes": "left, top, right, bottom = boxes.round()"}, hint="The boxes are rounded to whole pixels, so the mask jumps.")
def rounded_boxes(): ...


@mistake("paste_mask", edit={"left, top, right, bottom = boxes": "left, top, right, bottom = boxes.trunc()"}, hint="The boxes lose what is behind the point, so the mask jumps.")
def cut_boxes(): ...


@mistake("paste_mask", edit={"left, top, right, bottom = boxes": "top, left, bottom, right = boxes"}, hint="Rows and columns of the boxes have changed places: left comes first.")
def boxes_of_rows_first(): ...


@mistake("paste_mask", edit={"left, top, right, bottom = boxes": "boxes = torch.stack([boxes[:, 0].clamp(0, size[1]), boxes[:, 1].clamp(0, size[0]), boxes[:, 2].clamp(0, size[1]), boxes[:, 3].clamp(0, size[0])], 1)\n    left, top, right, bottom = boxes"}, hint="Boxes are clipped to the image first, so the whole mask is squeezed into what is left. The mask fills the whole box, and part of it lies outside.")
def clipped_boxes(): ...


@mistake("paste_mask", edit={"shares(top, bottom, size[0]) @ masks @ shares(left, right, size[1]).mT": "shares(top, bottom, size[0]) @ masks.mT @ shares(left, right, size[1]).mT"}, hint="Rows and columns have changed places, of the mask or of where it is sampled: `F.grid_sample` expects x before y.")
def masks_transposed(): ...


@mistake("paste_mask", edit={"cells).abs()).clamp(min=0)": "cells).abs()).clamp(min=0)\n        roof = roof / roof.sum(dim=2, keepdim=True).clamp(min=1e-9)"}, hint="At the edge of a mask the shares are scaled up to a sum of 1. Cells outside of the mask are 0, and take part.")
def shares_scaled_up(): ...


@mistake("paste_mask", edit={"places = (middles - first[:, None]) / length * num_cells - 0.5": "places = ((middles - first[:, None]) / length * num_cells - 0.5).clamp(0, num_cells - 1)"}, hint="Beyond the first and the last cell their values are repeated, over all of the image. There the mask is 0.")
def repeated_edges(): ...


@mistake("paste_mask", edit={"places = (middles - first[:, None]) / length * num_cells - 0.5": "places = ((middles - first[:, None]) / length * num_cells - 0.5).round()"}, hint="Each pixel gets the value of the nearest cell. Between middles it is interpolated.")
def nearest_cell(): ...


@mistake("paste_mask", edit={"torch.where(last > first, last - first, 1)[:, None]": "torch.where(last > first, last - first + 1, 1)[:, None]"}, hint="Boxes are a pixel too long: from left to right there are right - left pixels.")
def a_pixel_too_long(): ...


@mistake("paste_mask", edit={"torch.where(last > first, last - first, 1)[:, None]": "(last - first)[:, None]", "return roof * (last > first)[:, None, None]": "return roof"}, hint="A box without a width or a height divides by zero.")
def divided_by_zero(): ...


@mistake("paste_mask", edit={"return roof * (last > first)[:, None, None]": "return roof"}, hint="A box without a width is treated as if it had one. Its mask is 0.")
def a_width_of_one(): ...


@mistake("paste_mask", edit={"return roof * (last > first)[:, None, None]": "inside = (middles > first[:, None]) & (middles < last[:, None])\n        return roof * (last > first)[:, None, None] * inside[:, :, None]"}, hint="The mask ends at the edge of its box. It fades out over half a cell beyond.")
def cut_at_the_box(): ...


@mistake("paste_mask", edit={"return shares(top, bottom, size[0]) @ masks @ shares(left, right, size[1]).mT": "return (shares(top, bottom, size[0]) @ masks @ shares(left, right, size[1]).mT >= 0.5).to(masks.dtype)"}, hint="The masks come as yes and no. What is asked for are the probabilities.")
def yes_and_no(): ...


@mistake("paste_mask", edit={"cells = torch.arange(num_cells, device=masks.device, dtype=masks.dtype)": "masks = masks.sigmoid()\n    cells = torch.arange(num_cells, device=masks.device, dtype=masks.dtype)"}, hint="Masks are probabilities already: there is a sigmoid too many.")
def one_sigmoid_more(): ...


@mistake("paste_mask", of=by_grid_sample, edit={"align_corners=False": "align_corners=False, mode='bicubic'"}, hint="The interpolation is bicubic, and it is to be linear.")
def sampled_bicubic(): ...


@mistake("paste_mask", hint="Boxes are turned into whole pixels, and each mask is resized into them: so it jumps. torchvision does this; here the mask is to glide.")
def as_torchvision(masks, boxes, size):
    from torchvision.models.detection.roi_heads import paste_masks_in_image

    return paste_masks_in_image(masks[:, None], boxes, size)[:, 0]


@mistake("paste_mask", edit={"places = (middles - first[:, None]) / length * num_cells - 0.5": "places = (middles - first[:, None]) / length * num_cells - 0.5\n        places = torch.where((places >= -0.5) & (places < num_cells - 0.5), places.clamp(0, num_cells - 1), -9.0)"}, hint="The outer cells are held up to the edge of the box, and there the mask stops dead. It begins to fade half a cell before the edge, and ends half a cell beyond.")
def held_inside_and_cut(): ...


@mistake("paste_mask", edit={"torch.where(last > first, last - first, 1)[:, None]": "(last - first).clamp(min=1e-6)[:, None]", "return roof * (last > first)[:, None, None]": "return roof"}, hint="A box without a width gets a tiny one, and shows where it meets the middle of a pixel. Its mask is 0 everywhere.")
def a_tiny_width(): ...


@mistake("paste_mask", edit={"torch.where(last > first, last - first, 1)[:, None]": "(last - first).clamp(min=1)[:, None]", "return roof * (last > first)[:, None, None]": "return roof"}, hint="Boxes are made at least one pixel wide, as in torchvision. Here a thin box stays as thin as it is.")
def a_pixel_at_least(): ...


@mistake("paste_mask", of=by_grid_sample, edit={"bottom - top, 1) * 2 - 1": "bottom - top, 1e-3) * 2 - 1", "((right_ > left) & (bottom > top))": "(right_ > left)"}, hint="A box without a height isn't caught, only one without a width. Its mask is 0 everywhere.")
def height_not_looked_at(): ...


@mistake("paste_mask", of=by_grid_sample, edit={"across[:, None, :].expand(": "across[:1, None, :].expand("}, hint="All masks are laid into the columns of the first box. Each has a box of its own.")
def columns_of_the_first_box(): ...


@mistake("paste_mask", edit={"size[0]) @ masks": "size[1]) @ masks", "right, size[1])": "right, size[0])"}, hint="The size is read as columns and rows. It is (H, W), rows first.")
def size_turned_round_for_paste(): ...


@mistake("paste_mask", edit={"shares(top, bottom,": "shares(top, top + right - left,"}, hint="Rows are stretched by the box's width. They follow its height.")
def width_for_both(): ...


@mistake("paste_mask", hint="Boxes are rounded to whole pixels and masks resized into them, so nothing glides, and nothing fades over the edge of a box.")
def resized_into_the_box(masks, boxes, size):
    out = masks.new_zeros(len(masks), *size)
    for k in range(len(masks)):
        left, top, right_, bottom = (int(side) for side in boxes[k].round())
        if right_ <= left or bottom <= top:
            continue
        large = F.interpolate(masks[k][None, None], (bottom - top, right_ - left), mode="bilinear", align_corners=False)[0, 0]
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right_, size[1]), min(bottom, size[0])
        if x1 > x0 and y1 > y0:
            out[k, y0:y1, x0:x1] = large[y0 - top : y1 - top, x0 - left : x1 - left]
    return out


# keypoint_heatmap


@right("keypoint_heatmap")
def column_and_row_apart(keypoints, boxes, size):
    x, y, mark = keypoints.unbind(dim=-1)
    left, top, right_, bottom = boxes[:, :, None].unbind(dim=1)
    column = ((x - left) / (right_ - left) * size).floor().long()
    row = ((y - top) / (bottom - top) * size).floor().long()
    column[x == right_.expand_as(x)] = size - 1
    row[y == bottom.expand_as(y)] = size - 1
    valid = (column >= 0) & (row >= 0) & (column < size) & (row < size) & (mark > 0)
    return torch.where(valid, row * size + column, 0), valid


@right("keypoint_heatmap")
def inside_first(keypoints, boxes, size):
    points, first, last = keypoints[:, :, :2], boxes[:, :2].unsqueeze(1), boxes[:, 2:].unsqueeze(1)
    inside = torch.logical_and(points >= first, points <= last).all(2)
    cells = torch.clamp(torch.floor((points - first) * (size / (last - first))), max=size - 1).to(torch.int64)
    valid = inside & torch.gt(keypoints[:, :, 2], 0)
    places = cells[:, :, 1] * size + cells[:, :, 0]
    return places.masked_fill(~valid, 0), valid


@right("keypoint_heatmap")
def library_places(keypoints, boxes, size):
    from torchvision.models.detection.roi_heads import keypoints_to_heatmap

    places, valid = keypoints_to_heatmap(keypoints, boxes, size)
    return places, valid.bool()


@mistake("keypoint_heatmap", edit={"cells[..., 0] + size * cells[..., 1]": "cells[..., 1] + size * cells[..., 0]"}, hint="Places go down the columns. They go along the rows: the row is multiplied.")
def columns_multiplied(): ...


@mistake("keypoint_heatmap", edit={"    cells = cells.where(points != last, size - 1)\n": ""}, hint="Points on the right or lower edge have no place. The last column and row hold them.")
def far_edges_left_out(): ...


@mistake("keypoint_heatmap", edit={"cells.where(points != last, size - 1)": "cells.clamp(0, size - 1)"}, hint="Points outside of the box are moved to its edge. They have no place.")
def outside_clamped(): ...


@mistake("keypoint_heatmap", edit={"cells.where(points != last, size - 1)": "cells.clamp(max=size - 1)"}, hint="Points to the right of the box or below are moved to its edge. They have no place.")
def clamped_above(): ...


@mistake("keypoint_heatmap", edit={"* size / (last - first)": "* (size - 1) / (last - first)"}, hint="The box is parted into one column less than there are: what does the right edge divide into?")
def one_column_less(): ...


@mistake("keypoint_heatmap", edit={".floor().long()": ".round().long()"}, hint="Cells are rounded to the nearest whole number. A column holds all from its left end up to the next.")
def rounded_cells(): ...


@mistake("keypoint_heatmap", edit={".floor().long()": ".long()"}, hint="Points just outside at the left or above get place 0: what is behind the point is cut off towards 0, also from -0.5.")
def cut_towards_zero(): ...


@mistake("keypoint_heatmap", edit={".floor().long()": ".ceil().long()"}, hint="Cells are rounded up. A column holds all from its left end up to the next.")
def rounded_up(): ...


@mistake("keypoint_heatmap", edit={"(points - first) * size": "points * size"}, hint="Points are counted from the image's corner, and not from that of their box.")
def not_from_the_box(): ...


@mistake("keypoint_heatmap", edit={"/ (last - first)": "/ last"}, hint="The right edge is taken for the width.")
def edge_for_width(): ...


@mistake("keypoint_heatmap", edit={"/ (last - first)": "/ (last - first)[..., [1, 0]]"}, hint="Widths and heights of the boxes have changed places.")
def height_for_width(): ...


@mistake("keypoint_heatmap", edit={"/ (last - first)": "/ (last - first + 1)"}, hint="Boxes are a pixel too wide: from left to right there are right - left pixels.")
def box_a_pixel_wider(): ...


@mistake("keypoint_heatmap", edit={" & (keypoints[..., 2] > 0)": ""}, hint="The third number of a point is never looked at.")
def marks_ignored(): ...


@mistake("keypoint_heatmap", edit={"keypoints[..., 2] > 0": "keypoints[..., 2] > 1"}, hint="Points with a third number of 1 count too: they are marked, though hidden.")
def hidden_left_out(): ...


@mistake("keypoint_heatmap", edit={"keypoints[..., 2] > 0": "keypoints[..., 2] == 1"}, hint="Points with a third number of 2 count too, and all others above 0.")
def only_ones(): ...


@mistake("keypoint_heatmap", edit={"size * cells[..., 1]) * valid, valid": "size * cells[..., 1]), valid"}, hint="Where a point isn't valid its place is to be 0.")
def places_of_all(): ...


@mistake("keypoint_heatmap", edit={"size * cells[..., 1]) * valid, valid": "size * cells[..., 1]) * valid, valid.long()"}, hint="`valid` holds numbers. It is to hold bools.")
def valid_as_numbers(): ...


@mistake("keypoint_heatmap", edit={"(cells >= 0) & (cells < size)": "(cells >= 0)"}, hint="Points to the right of the box and below it count as valid.")
def no_upper_bound(): ...


@mistake("keypoint_heatmap", edit={".all(dim=-1) &": ".any(dim=-1) &"}, hint="A point whose column or whose row is in the box counts as valid. Both must be.")
def either_direction(): ...


@mistake("keypoint_heatmap", edit={"points != last": "(points != last).all(dim=-1, keepdim=True)"}, hint="A point on one far edge loses its place in the other direction too.")
def both_directions_moved(): ...


@mistake("keypoint_heatmap", of=inside_first, edit={"keypoints[:, :, :2], boxes": "keypoints[:, :, :2] + 0.5, boxes"}, hint="Half a pixel is added to the points. They are places already, and not numbers of pixels.")
def half_a_pixel_added(): ...


@mistake("keypoint_heatmap", of=inside_first, edit={"points >= first": "points > first"}, hint="Points on the left or upper edge aren't valid. All four edges belong to the box.")
def near_edges_not_inside(): ...


@mistake("keypoint_heatmap", of=inside_first, edit={"points <= last).all(2)": "points <= last).all(2) & (points[:, :, 1] < last[:, :, 1])"}, hint="Points on the lower edge aren't valid. All four edges belong to the box.")
def lower_edge_not_inside(): ...


@mistake("keypoint_heatmap", of=column_and_row_apart, edit={"boxes[:, :, None].unbind(dim=1)": "boxes.unbind(dim=1)"}, hint="The boxes are laid along the points, so a point is held against another one's box. Which axis of the points belongs to the boxes?")
def boxes_along_the_points(): ...


@mistake("keypoint_heatmap", of=inside_first, edit={"max=size - 1)": "0, size - 1)", "places.masked_fill(~valid, 0), valid": "places, valid"}, hint="Where a point isn't valid its place is to be 0.")
def places_kept(): ...


@mistake("keypoint_heatmap", of=inside_first, edit={"torch.floor((points - first) * (size / (last - first)))": "torch.round((points - first) * (size / (last - first)))"}, hint="Cells are rounded to the nearest whole number. A column holds all from its left end up to the next.")
def nearest_column(): ...


@mistake("keypoint_heatmap", of=inside_first, edit={"(size / (last - first))": "((size - 1) / (last - first))"}, hint="The box is parted into one column less than there are: how wide is a column, if there are S of them?")
def a_column_less(): ...


@mistake("keypoint_heatmap", of=inside_first, edit={"(size / (last - first))": "(size / (last - first)[:, :, :1])"}, hint="Rows are counted with the box's width. They follow its height.")
def rows_by_the_width(): ...


@mistake("keypoint_heatmap", of=inside_first, edit={"torch.clamp(torch.floor((points - first) * (size / (last - first))), max=size - 1)": "torch.floor((points.where(points != last, points - 1e-6) - first) * (size / (last - first)))"}, hint="Points on the far edges are moved by a fixed little, which float32 loses at several hundred pixels. The last column can be had without it.")
def edge_moved_by_a_little(): ...


@mistake("keypoint_heatmap", of=inside_first, edit={"keypoints[:, :, :2], boxes": "keypoints[:, :, :2].float(), boxes"}, hint="The points are made float32 first, so those near a column's end change sides. Compute in the dtype that comes.")
def points_in_float32(): ...


@mistake("keypoint_heatmap", edit={"keypoints[..., 2] > 0": "keypoints[..., 2] != 0"}, hint="Points with a third number below 0 count as marked. Only those above 0 are.")
def marks_below_zero(): ...


# decode_keypoints


@right("decode_keypoints")
def by_argmax_of_each(heatmaps, boxes):
    num, joints = heatmaps.shape[:2]
    points, scores = torch.zeros(num, joints, 2, dtype=heatmaps.dtype), torch.zeros(num, joints, dtype=heatmaps.dtype)
    for r in range(num):
        left, top, right_, bottom = boxes[r].tolist()
        width, height = max(right_ - left, 1.0), max(bottom - top, 1.0)
        w, h = int(-(-width // 1)), int(-(-height // 1))
        fine = F.interpolate(heatmaps[r : r + 1], size=(h, w), mode="bicubic", align_corners=False)[0]
        flat = fine.reshape(joints, h * w)
        at = flat.argmax(dim=1)
        points[r, :, 0] = left + (at % w + 0.5) * (width / w)
        points[r, :, 1] = top + (at.div(w, rounding_mode="floor") + 0.5) * (height / h)
        scores[r] = flat[torch.arange(joints), at]
    return points, scores


@right("decode_keypoints")
def by_unravelling(heatmaps, boxes):
    sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1)
    grids = sides.ceil().long()
    points, scores = [], []
    for maps, box, side, (w, h) in zip(heatmaps, boxes, sides, grids.tolist()):
        fine = F.interpolate(maps[:, None], size=(h, w), mode="bicubic")[:, 0]
        best = fine.amax(dim=(1, 2))
        row, column = torch.unravel_index(fine.flatten(1).argmax(1), (h, w))
        share = torch.stack([(column + 0.5) / w, (row + 0.5) / h], dim=1).to(maps.dtype)
        points.append(box[:2] + share * side)
        scores.append(best)
    if not points:
        return heatmaps.new_zeros(0, heatmaps.shape[1], 2), heatmaps.new_zeros(0, heatmaps.shape[1])
    return torch.stack(points), torch.stack(scores)


@right("decode_keypoints")
def rows_then_columns(heatmaps, boxes):
    points = torch.empty(*heatmaps.shape[:2], 2, dtype=heatmaps.dtype)
    scores = torch.empty(heatmaps.shape[:2], dtype=heatmaps.dtype)
    for k, box in enumerate(boxes):
        wide, high = (box[2] - box[0]).clamp(min=1), (box[3] - box[1]).clamp(min=1)
        size = [int(torch.ceil(high)), int(torch.ceil(wide))]
        fine = F.interpolate(heatmaps[k].unsqueeze(0), size=size, mode="bicubic", align_corners=False).squeeze(0)
        of_rows = fine.max(dim=2).values
        row = of_rows.argmax(dim=1)
        column = fine.max(dim=1).values.argmax(dim=1)
        points[k, :, 0] = (column + 0.5) / size[1] * wide + box[0]
        points[k, :, 1] = (row + 0.5) / size[0] * high + box[1]
        scores[k] = of_rows.max(dim=1).values
    return points, scores


@mistake("decode_keypoints", edit={"dim=1) + 0.5": "dim=1)"}, hint="The point is the upper left corner of its cell. It is to be the middle.")
def corner_of_the_cell(): ...


@mistake("decode_keypoints", edit={"place % wide, place // wide": "place // wide, place % wide"}, hint="Column and row have changed places: x comes first.")
def row_for_x(): ...


@mistake("decode_keypoints", edit={"place % wide, place // wide": "place % high, place // high"}, hint="The place is divided by the number of rows. How many numbers come before the second row begins?")
def divided_by_the_height(): ...


@mistake("decode_keypoints", edit={"box[:2] + cells * sides / sides.ceil()": "cells * sides / sides.ceil()"}, hint="Points are counted from the corner of their box, and not from the image's.")
def without_the_corner(): ...


@mistake("decode_keypoints", edit={"box[:2] + cells * sides / sides.ceil()": "box[:2] + cells"}, hint="A cell is taken to be a whole pixel wide. Rounded up is only the number of cells, and they fill the box: so each is a little narrower than a pixel.")
def cells_of_a_pixel(): ...


@mistake("decode_keypoints", edit={"box[:2] + cells * sides / sides.ceil()": "box[:2] + cells * (box[2:] - box[:2]) / sides.ceil()"}, hint="In a box thinner than a pixel its own width is used. It is taken to be at least 1.")
def thin_boxes_as_they_are(): ...


@mistake("decode_keypoints", edit={"sides = (box[2:] - box[:2]).clamp(min=1)": "sides = box[2:] - box[:2]"}, hint="A box without a width has no columns, and this fails. Width and height are at least 1.")
def no_least_side(): ...


@mistake("decode_keypoints", edit={"for side in sides.ceil())": "for side in sides.ceil().clamp(min=1))", "sides = (box[2:] - box[:2]).clamp(min=1)": "sides = (box[2:] - box[:2]).floor().clamp(min=1)"}, hint="Sides lose what is behind the point. They are rounded up, and only for the number of cells.")
def sides_cut(): ...


@mistake("decode_keypoints", edit={"sides = (box[2:] - box[:2]).clamp(min=1)": "sides = (box[2:] - box[:2] + 1)"}, hint="Boxes are a pixel too wide: from left to right there are right - left pixels.")
def sides_a_pixel_longer(): ...


@mistake("decode_keypoints", edit={"mode=\"bicubic\"": "mode=\"bilinear\""}, hint="Maps are stretched linearly. It is to be bicubic: only so a maximum can lie between two cells.")
def stretched_linearly(): ...


@mistake("decode_keypoints", edit={"mode=\"bicubic\", align_corners=False": "mode=\"bicubic\", align_corners=True"}, hint="The middles of the outer cells are laid on the edges of the box (align_corners).")
def stretched_by_corners(): ...


@mistake("decode_keypoints", edit={"mode=\"bicubic\", align_corners=False": "mode=\"nearest\""}, hint="Maps are stretched by repeating cells. It is to be bicubic.")
def stretched_by_copies(): ...


@mistake("decode_keypoints", edit={"(high, wide), mode": "(wide, high), mode", "place % wide, place // wide": "place % high, place // high"}, hint="Maps are stretched to the box's width in rows and to its height in columns.")
def stretched_the_wrong_way(): ...


@mistake("decode_keypoints", edit={"        scores[row], place = fine[0].flatten(1).max(dim=1)": "        place = fine[0].flatten(1).argmax(dim=1)\n        scores[row] = maps.flatten(1).amax(dim=1)"}, hint="The scores are those of the map as it came. They are to be those of the stretched one.")
def scores_before_stretching(): ...


@mistake("decode_keypoints", edit={"        scores[row], place = fine[0].flatten(1).max(dim=1)": "        scores[row], place = fine[0].flatten(1).softmax(dim=1).max(dim=1)"}, hint="The scores are probabilities (a softmax). They are to be the numbers of the stretched maps.")
def scores_as_probabilities(): ...


@mistake("decode_keypoints", edit={"        scores[row], place = fine[0].flatten(1).max(dim=1)": "        scores[row], place = fine[0].sigmoid().flatten(1).max(dim=1)"}, hint="The scores went through a sigmoid. They are to be the numbers of the stretched maps.")
def scores_through_a_sigmoid(): ...


@mistake("decode_keypoints", edit={"        scores[row], place = fine[0].flatten(1).max(dim=1)": "        fine = fine.clamp(min=0)\n        scores[row], place = fine[0].flatten(1).max(dim=1)"}, hint="Numbers below 0 are lost, and so is the maximum of a map that has no others.")
def clamped_maps(): ...


@mistake("decode_keypoints", hint="The maximum is looked for on the map as it came. Stretch it first: the maximum may lie between two cells.")
def never_stretched(heatmaps, boxes):
    side = heatmaps.shape[-1]
    scores, place = heatmaps.flatten(2).max(dim=2)
    cells = torch.stack([place % side, place // side], dim=2) + 0.5
    sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1)
    return boxes[:, None, :2] + cells * sides[:, None] / side, scores


@mistake("decode_keypoints", edit={"return points, scores": "return torch.cat([points, torch.ones_like(points[..., :1])], dim=2), scores"}, hint="Points have a third number, as torchvision's. Only x and y are asked for.")
def a_third_number(): ...


@mistake("decode_keypoints", edit={"mode=\"bicubic\", align_corners=False": "mode=\"bicubic\", align_corners=False, antialias=True"}, hint="Maps are smoothed (antialias) while they are stretched. Bicubic interpolation alone is asked for.")
def smoothed_when_smaller(): ...


@mistake("decode_keypoints", edit={"sides = (box[2:] - box[:2])": "sides = (boxes[0, 2:] - boxes[0, :2])"}, hint="All maps are stretched to the size of the first box. Each has its own.")
def size_of_the_first_box(): ...


@mistake("decode_keypoints", edit={"scores[row], place = fine[0].flatten(1).max(dim=1)": "best, at = fine.flatten().max(dim=0)\n        scores[row], place = best, (at % (wide * high)).expand(len(maps))"}, hint="One maximum is found over all maps of a box. Each map has its own point.")
def one_maximum_for_all(): ...


@mistake("decode_keypoints", edit={".flatten(1).max(dim=1)": ".flatten(1).abs().max(dim=1)"}, hint="The number that is farthest from 0 is found, also a negative one. The largest is asked for.")
def largest_magnitude(): ...


@mistake("decode_keypoints", edit={"dim=1) + 0.5": "dim=1)", "cells * sides / sides.ceil()": "cells * sides / sides.ceil() + 0.5"}, hint="Half a pixel is added behind the scaling. It is half a cell, and cells are a little narrower than pixels.")
def half_a_pixel_afterwards(): ...


@mistake("decode_keypoints", edit={"for side in sides.ceil())": "for side in sides.round())", "cells * sides / sides.ceil()": "cells * sides / sides.round()"}, hint="The number of cells is rounded to the nearest. It is rounded up.")
def sides_rounded(): ...


@mistake("decode_keypoints", edit={"for side in sides.ceil())": "for side in sides.floor())", "cells * sides / sides.ceil()": "cells * sides / sides.floor()"}, hint="The number of cells is rounded down. It is rounded up.")
def sides_rounded_down(): ...


@mistake("decode_keypoints", edit={"maps[None], (high, wide), mode": "maps[None], scale_factor=(float(sides[1]) / maps.shape[1], float(sides[0]) / maps.shape[2]), mode", "        scores[row], place = fine": "        high, wide = fine.shape[2:]\n        scores[row], place = fine", "cells * sides / sides.ceil()": "cells * sides / torch.tensor([wide, high])"}, hint="Maps are stretched by a factor, which rounds the number of cells down. Give the size, rounded up.")
def by_scale_factor(): ...


@mistake("decode_keypoints", edit={"return points, scores": "return torch.stack(list(points)), torch.stack(list(scores))"}, hint="Without boxes there is nothing to stack, and this fails.")
def stack_without_boxes(): ...


@mistake("decode_keypoints", edit={"return points, scores": "return points.flip(-1), scores"}, hint="The points come as y and x. x comes first.")
def y_before_x(): ...


@mistake("decode_keypoints", edit={"    points = heatmaps.new_zeros(": "    boxes[:, 2:] = torch.maximum(boxes[:, 2:], boxes[:, :2] + 1)\n    points = heatmaps.new_zeros("}, hint="Thin boxes are made wider in the tensor that was given. The inputs stay as they are.")
def boxes_made_wider(): ...


# yolact_assemble


@right("yolact_assemble")
def by_matrix_product(prototypes, coefficients, boxes, stride=4.0):
    k, h, w = prototypes.shape
    logits = torch.tanh(coefficients) @ prototypes.reshape(k, h * w)
    masks = torch.sigmoid(logits).reshape(-1, h, w)
    columns = (torch.arange(w, device=masks.device, dtype=boxes.dtype).view(1, 1, w) + 0.5) * stride
    rows = (torch.arange(h, device=masks.device, dtype=boxes.dtype).view(1, h, 1) + 0.5) * stride
    left, top, right_, bottom = torch.chunk(boxes[:, :, None], 4, dim=1)
    inside = (columns >= left) * (columns < right_) * (rows >= top) * (rows < bottom)
    return masks * inside


@right("yolact_assemble")
def by_tensordot_and_where(prototypes, coefficients, boxes, stride=4.0):
    masks = torch.tensordot(coefficients.tanh(), prototypes, dims=1).sigmoid()
    height, width = masks.shape[1:]
    y, x = torch.meshgrid(torch.arange(height, device=boxes.device) + 0.5, torch.arange(width, device=boxes.device) + 0.5, indexing="ij")
    places = torch.stack([x, y], dim=-1).to(boxes) * stride
    inside = ((places >= boxes[:, None, None, :2]) & (places < boxes[:, None, None, 2:])).all(dim=-1)
    return torch.where(inside, masks, torch.zeros_like(masks))


@right("yolact_assemble")
def by_broadcasting(prototypes, coefficients, boxes, stride=4.0):
    weighted = coefficients.tanh()[:, :, None, None] * prototypes[None]
    masks = 1 / (1 + torch.exp(-weighted.sum(dim=1)))
    y = stride * torch.arange(prototypes.shape[1], device=boxes.device).to(boxes.dtype) + stride / 2
    x = stride * torch.arange(prototypes.shape[2], device=boxes.device).to(boxes.dtype) + stride / 2
    outside = (x < boxes[:, :1])[:, None] | (x >= boxes[:, 2:3])[:, None]
    outside = outside | (y < boxes[:, 1:2])[:, :, None] | (y >= boxes[:, 3:])[:, :, None]
    return masks.masked_fill(outside, 0.0)


@mistake("yolact_assemble", edit={"coefficients.tanh()": "coefficients"}, hint="The coefficients are used as they are. Their tanh is the weight.")
def no_tanh(): ...


@mistake("yolact_assemble", edit={"coefficients.tanh()": "coefficients.sigmoid()"}, hint="A sigmoid of the coefficients is never negative, so no prototype can be taken away. It is to be tanh.")
def sigmoid_for_tanh(): ...


@mistake("yolact_assemble", edit={"coefficients.tanh()": "coefficients.softmax(dim=1)"}, hint="A softmax makes the weights compete, and none is negative. It is to be tanh.")
def softmax_for_tanh(): ...


@mistake("yolact_assemble", edit={"prototypes).sigmoid()": "prototypes)"}, hint="The sums come as they are: a probability is asked for.")
def no_sigmoid(): ...


@mistake("yolact_assemble", edit={"prototypes).sigmoid()": "prototypes).softmax(dim=0)"}, hint="The objects compete for each cell. Each has a sigmoid of its own.")
def softmax_over_objects(): ...


@mistake("yolact_assemble", edit={"\"nk,khw->nhw\", coefficients.tanh(), prototypes)": "\"nk,khw->nhw\", coefficients.tanh(), prototypes.sigmoid())"}, hint="The prototypes go through a sigmoid before they are added. It comes after the sum.")
def prototypes_through_a_sigmoid(): ...


@mistake("yolact_assemble", edit={"prototypes).sigmoid()": "prototypes.relu()).sigmoid()"}, hint="Negative numbers of the prototypes are lost (a ReLU). They are used as they come.")
def relu_of_prototypes(): ...


@mistake("yolact_assemble", edit={"prototypes).sigmoid()": "prototypes).sigmoid() / len(prototypes)"}, hint="The sum is a mean, or divided after the sigmoid: what makes a probability larger than the number of prototypes allows?")
def divided_by_k(): ...


@mistake("yolact_assemble", edit={"steps + 0.5": "steps"}, hint="Cells are asked for at their upper left corners. Their middles are half a cell on.")
def corners_of_cells(): ...


@mistake("yolact_assemble", edit={"(steps + 0.5) * stride": "steps * stride + 0.5"}, hint="Middles are half a pixel behind the corner of their cell. They are half a cell behind it.")
def half_a_pixel_for_half_a_cell(): ...


@mistake("yolact_assemble", edit={"(steps + 0.5) * stride": "steps + 0.5"}, hint="Boxes in pixels are compared with cells. A cell has `stride` pixels.")
def no_stride(): ...


@mistake("yolact_assemble", edit={"(steps + 0.5) * stride": "(steps + 0.5) / stride"}, hint="Cells are divided by the stride. They are larger than pixels: where does cell 1 begin?")
def divided_by_the_stride(): ...


@mistake("yolact_assemble", edit={"(steps + 0.5) * stride": "(steps + 0.5) * 4"}, hint="`stride` changes nothing.")
def always_four(): ...


@mistake("yolact_assemble", edit={"(x >= left) & (x < right)": "(x >= left) & (x <= right)", "(y >= top) & (y < bottom)": "(y >= top) & (y <= bottom)"}, hint="Middles on the right and lower edge are in. They are to be out.")
def far_edges_in(): ...


@mistake("yolact_assemble", edit={"(x >= left) & (x < right)": "(x > left) & (x < right)", "(y >= top) & (y < bottom)": "(y > top) & (y < bottom)"}, hint="Middles on the left and upper edge are out. They are to be in.")
def near_edges_out(): ...


@mistake("yolact_assemble", edit={"left, top, right, bottom = boxes": "top, left, bottom, right = boxes"}, hint="Rows and columns of the boxes have changed places: left comes first.")
def crop_rows_first(): ...


@mistake("yolact_assemble", edit={"return masks * (down[:, :, None] & across[:, None])": "return masks"}, hint="Nothing is cut off outside of the boxes.")
def no_crop(): ...


@mistake("yolact_assemble", edit={"down[:, :, None] & across[:, None]": "down[:, :, None] | across[:, None]"}, hint="A cell stays if its row or its column is in the box. Both must be.")
def crop_by_either(): ...


@mistake("yolact_assemble", edit={"prototypes).sigmoid()": "prototypes)", "return masks * (down[:, :, None] & across[:, None])": "return (masks * (down[:, :, None] & across[:, None])).sigmoid()"}, hint="The crop comes before the sigmoid, so 0 becomes 0.5 outside of the boxes.")
def crop_before_the_sigmoid(): ...


@mistake("yolact_assemble", edit={"return masks * (down[:, :, None] & across[:, None])": "return (masks * (down[:, :, None] & across[:, None]) > 0.5).to(masks.dtype)"}, hint="The masks come as yes and no. Probabilities are asked for.")
def thresholded(): ...


@mistake("yolact_assemble", edit={"left, top, right, bottom = boxes[": "left, top, right, bottom = (boxes / stride).round().mul(stride)["}, hint="Boxes are rounded to whole cells. A middle decides.")
def boxes_rounded_to_cells(): ...


@mistake("yolact_assemble", edit={"left, top, right, bottom = boxes[": "left, top, right, bottom = (boxes + torch.tensor([-1.0, -1, 1, 1]).to(boxes))["}, hint="Boxes are made a pixel larger on each side, as YOLACT's own crop does. Here the box is as it is.")
def a_pixel_around(): ...


@mistake("yolact_assemble", edit={"prototypes).sigmoid()": "prototypes / len(prototypes)).sigmoid()"}, hint="The prototypes' mean is taken. It is a sum.")
def mean_of_prototypes(): ...


@mistake("yolact_assemble", of=by_tensordot_and_where, edit={"height, width = masks.shape[1:]": "height = width = masks.shape[2]"}, hint="Rows are taken to be as many as columns, and maps that aren't square fail.")
def square_maps_alone(): ...


@mistake("yolact_assemble", edit={"return masks * (down[:, :, None] & across[:, None])": "return masks * (down[:, :, None] & across[:, None]) > 0.5"}, hint="The masks come as bools. Probabilities are asked for.")
def yes_and_no_as_bools(): ...


@mistake("yolact_assemble", edit={"+ 0.5) * stride": "+ 0.5) * int(stride)"}, hint="The stride loses what is behind the point. It may be 2.5.")
def whole_strides(): ...


# panoptic_merge


@right("panoptic_merge")
def free_mask_kept_apart(masks, scores, labels, semantic, stuff, min_score=0.5, max_overlap=0.5, min_area=16):
    out = torch.zeros(semantic.shape, dtype=torch.int64)
    free = torch.ones(semantic.shape, dtype=torch.bool)
    kinds = []
    for score, index in sorted(zip(scores.tolist(), range(len(masks))), key=lambda pair: -pair[0]):
        area = masks[index].sum().item()
        if score < min_score or area == 0:
            continue
        left = masks[index] & free
        taken = area - left.sum().item()
        if taken > max_overlap * area or taken == area:
            continue
        kinds.append(labels[index].item())
        out = torch.where(left, len(kinds), out)
        free = free & ~left
    for kind in stuff:
        left = free & (semantic == kind)
        if left.any() and left.sum() >= min_area:
            kinds.append(kind)
            out = out.masked_fill(left, len(kinds))
            free = free & ~left
    return out, torch.tensor(kinds, dtype=torch.int64)


@right("panoptic_merge")
def boolean_lists(masks, scores, labels, semantic, stuff, min_score=0.5, max_overlap=0.5, min_area=16):
    order = torch.sort(scores, descending=True, stable=True).indices
    order = order[scores[order] >= min_score]
    taken = torch.zeros_like(semantic, dtype=torch.bool)
    parts, kinds = [], []
    for k in order.tolist():
        mask = masks[k]
        if not mask.any() or not (mask & ~taken).any():
            continue
        if (mask & taken).sum().double() / mask.sum() > max_overlap:
            continue
        parts.append(mask & ~taken)
        kinds.append(labels[k])
        taken = taken | mask
    for kind in stuff:
        part = (semantic == kind) & ~taken
        if 0 < part.sum() and part.sum() >= min_area:
            parts.append(part)
            kinds.append(torch.tensor(kind))
    out = torch.zeros_like(semantic)
    for number, part in enumerate(parts, 1):
        out[part] = number
    return out, torch.stack(kinds).long() if kinds else torch.zeros(0, dtype=torch.int64)


@right("panoptic_merge")
def lowest_number_wins(masks, scores, labels, semantic, stuff, min_score=0.5, max_overlap=0.5, min_area=16):
    out, classes, number = semantic * 0, [], 1
    ranked = torch.argsort(-scores, stable=True)
    for k in ranked:
        if float(scores[k]) < min_score:
            break
        area = int(masks[k].count_nonzero())
        new = torch.logical_and(masks[k], out.eq(0))
        left = int(new.count_nonzero())
        if left > 0 and area - left <= max_overlap * area:
            out += new * number
            number += 1
            classes += [int(labels[k])]
    for label in stuff:
        new = torch.logical_and(semantic.eq(label), out.eq(0))
        left = int(new.count_nonzero())
        if left >= min_area and left:
            out += new * number
            number += 1
            classes += [label]
    return out, torch.LongTensor(classes)


@mistake("panoptic_merge", edit={"descending=True, stable=True": "stable=True"}, hint="The things come with the least sure one first.")
def least_sure_first(): ...


@mistake("panoptic_merge", edit={"scores.argsort(descending=True, stable=True).tolist()": "range(len(scores))"}, hint="The things come in the order of the input. The surest comes first.")
def in_the_order_given(): ...


@mistake("panoptic_merge", edit={"scores.argsort(descending=True, stable=True).tolist()": "scores.argsort(stable=True).flip(0).tolist()"}, hint="Of equal scores the last one comes first.")
def ties_turned_round(): ...


@mistake("panoptic_merge", edit={"scores[index] < min_score": "scores[index] <= min_score"}, hint="A thing with a score of exactly `min_score` is left out.")
def exact_score_left_out(): ...


@mistake("panoptic_merge", edit={"scores[index] < min_score or not num_free": "not num_free"}, hint="No thing is left out for its score.")
def scores_not_looked_at(): ...


@mistake("panoptic_merge", edit={"num <= max_overlap": "num < max_overlap"}, hint="A thing of which exactly `max_overlap` is taken is dropped.")
def exact_share_dropped(): ...


@mistake("panoptic_merge", edit={"(num - num_free) / num <= max_overlap": "num_free / num <= max_overlap"}, hint="The share that is free is compared with `max_overlap`. It is about the share that is taken.")
def share_that_is_free(): ...


@mistake("panoptic_merge", edit={"(num - num_free) / num <= max_overlap": "True"}, hint="No thing is dropped, however much of it is taken.")
def nothing_dropped(): ...


@mistake("panoptic_merge", edit={"(num - num_free) / num <= max_overlap": "(num - num_free) / mask.numel() <= max_overlap"}, hint="What is taken is divided by the size of the image. It is a share of the thing's own mask.")
def share_of_the_image(): ...


@mistake("panoptic_merge", edit={"(num - num_free) / num <= max_overlap": "(num - num_free) / int((mask | (segments > 0)).sum()) <= max_overlap"}, hint="What is taken is divided by the union with all that is there, an IoU. It is a share of the thing's own mask.")
def iou_for_a_share(): ...


@mistake("panoptic_merge", edit={"(num - num_free) / num <= max_overlap": "max([int((mask & (segments == k + 1)).sum()) for k in range(len(classes))], default=0) / num <= max_overlap"}, hint="What each other thing has taken is looked at by itself. All together counts.")
def each_other_by_itself(): ...


@mistake("panoptic_merge", edit={"segments[free] = len(classes)\n    for": "segments[mask] = len(classes)\n    for"}, hint="A thing takes pixels away from those that came before, which were surer. It gets what is free.")
def later_things_on_top(): ...


@mistake("panoptic_merge", edit={"scores[index] < min_score or not num_free": "scores[index] < min_score or not num"}, hint="A thing of which nothing is left becomes a segment without pixels.")
def segments_without_pixels(): ...


@mistake("panoptic_merge", edit={"scores[index] < min_score or not num_free": "scores[index] < min_score"}, hint="An empty mask divides by zero: what share of no pixels is taken?")
def empty_masks(): ...


@mistake("panoptic_merge", edit={"scores[index] < min_score or not num_free": "scores[index] < min_score or num_free < max(min_area, 1)"}, hint="Small things are dropped. `min_area` is about stuff alone.")
def small_things_dropped(): ...


@mistake("panoptic_merge", edit={"free.sum() >= max(min_area, 1)": "free.sum() > max(min_area, 0)"}, hint="Stuff with exactly `min_area` pixels is dropped.")
def exact_area_dropped(): ...


@mistake("panoptic_merge", edit={"free.sum() >= max(min_area, 1)": "free.sum() >= min_area"}, hint="Where `min_area` is 0, stuff without a single pixel becomes a segment.")
def stuff_without_pixels(): ...


@mistake("panoptic_merge", edit={"free.sum() >= max(min_area, 1)": "(semantic == kind).sum() >= max(min_area, 1) and free.any()"}, hint="The area of stuff is counted with what the things have taken. Only free pixels count.")
def area_before_things(): ...


@mistake("panoptic_merge", edit={"free = (semantic == kind) & (segments == 0)": "free = semantic == kind"}, hint="Stuff takes pixels away from things. It gets what they leave.")
def stuff_over_things(): ...


@mistake("panoptic_merge", edit={"for kind in stuff:": "for kind in sorted(stuff):"}, hint="Stuff comes in the order of its numbers. It is to come in the order of the list.")
def stuff_sorted(): ...


@mistake("panoptic_merge", edit={"for kind in stuff:": "for kind in semantic.unique().tolist():"}, hint="All labels become segments, also those that aren't in `stuff`.")
def all_labels(): ...


@mistake("panoptic_merge", edit={"for kind in stuff:": "for kind in [one for one in stuff if one]:"}, hint="Class 0 is left out. A class of stuff may have any number.")
def class_zero_left_out(): ...


@mistake("panoptic_merge", edit={"for index in scores.argsort(descending=True, stable=True).tolist():": "for place, index in enumerate(scores.argsort(descending=True, stable=True).tolist()):", "segments[free] = len(classes)\n    for": "segments[free] = place + 1\n    for"}, hint="Things have the number of their place in the order, so dropped ones leave gaps.")
def gaps_in_the_numbers(): ...


@mistake("panoptic_merge", edit={"segments[free] = len(classes)\n    for": "segments[free] = int(labels[index])\n    for"}, hint="Pixels hold classes, so two things of a class become one. They are to hold the numbers of segments.")
def classes_for_numbers(): ...


@mistake("panoptic_merge", edit={"segments[free] = len(classes)\n    for": "segments[free] = len(classes) - 1\n    for"}, hint="Segments are numbered from 0, which is void. They begin with 1.")
def numbered_from_zero(): ...


@mistake("panoptic_merge", edit={"classes.append(int(labels[index]))": "classes.append(index)"}, hint="The classes hold places of things. They are to hold the things' labels.")
def places_for_labels(): ...


@mistake("panoptic_merge", edit={"torch.tensor(classes, dtype=torch.int64, device=masks.device)": "torch.tensor(classes, device=masks.device)"}, hint="Without any segment the classes are an empty tensor of float32: give its dtype.")
def empty_floats(): ...


@mistake("panoptic_merge", hint="Each thing keeps its segment, and is dropped if it overlaps with any single one before by an IoU of more than `max_overlap`: that is NMS. Here the share of its mask counts that is taken.")
def nms_of_masks(masks, scores, labels, semantic, stuff, min_score=0.5, max_overlap=0.5, min_area=16):
    segments, classes, kept = torch.zeros_like(semantic), [], []
    for index in scores.argsort(descending=True, stable=True).tolist():
        mask = masks[index]
        free = mask & (segments == 0)
        if scores[index] < min_score or not free.any():
            continue
        if all((mask & masks[one]).sum() / (mask | masks[one]).sum() <= max_overlap for one in kept):
            kept.append(index)
            classes.append(int(labels[index]))
            segments[free] = len(classes)
    for kind in stuff:
        free = (semantic == kind) & (segments == 0)
        if free.sum() >= max(min_area, 1):
            classes.append(kind)
            segments[free] = len(classes)
    return segments, torch.tensor(classes, dtype=torch.int64, device=masks.device)


@mistake("panoptic_merge", edit={"for kind in stuff:": "for kind in list(stuff) + [one for one in semantic.unique().tolist() if one not in stuff]:"}, hint="Labels that aren't in `stuff` become segments too. They lead to none.")
def labels_behind_the_stuff(): ...


@mistake("panoptic_merge", edit={"            segments[free] = len(classes)\n    for": "            segments[free] = len(classes)\n        else:\n            segments[free] = -1\n    for", "return segments, torch": "return segments.clamp(min=0), torch"}, hint="A thing that is dropped still keeps its pixels from those behind it. It takes nothing.")
def dropped_things_take_pixels(): ...


@mistake("panoptic_merge", edit={"(num - num_free) / num <=": "(num - num_free) / max(int((segments > 0).sum()), 1) <="}, hint="What is taken is divided by the area of all things before. It is a share of the thing's own mask.")
def share_of_what_is_there(): ...


@mistake("panoptic_merge", edit={"(num - num_free) / num <=": "(num - num_free) / num_free <="}, hint="What is taken is divided by what is free. It is a share of the whole mask.")
def taken_by_free(): ...


@mistake("panoptic_merge", edit={"torch.tensor(classes, dtype": "torch.tensor([0, *classes], dtype"}, hint="The classes begin with one for void. Segment 1 stands at index 0.")
def a_class_for_void(): ...


@mistake("panoptic_merge", edit={"classes.append(int(labels[index]))\n            segments[free] = len(classes)": "kind = int(labels[index])\n            if kind not in classes:\n                classes.append(kind)\n            segments[free] = classes.index(kind) + 1"}, hint="Two things of one class become one segment. Each thing has its own.")
def one_segment_for_a_class(): ...


# Loops


@mistake("polygon_to_mask", hint="Every pixel is asked by itself, in a Python loop.")
def pixel_by_pixel(polygons, size):
    mask = torch.zeros(size, dtype=torch.bool)
    for i in range(size[0]):
        for j in range(size[1]):
            for flat in polygons:
                odd = False
                for k in range(0, len(flat), 2):
                    x0, y0, x1, y1 = flat[k], flat[k + 1], flat[k - 2], flat[k - 1]
                    if (y0 <= i + 0.5) != (y1 <= i + 0.5):
                        odd ^= j + 0.5 < x0 + (i + 0.5 - y0) / (y1 - y0) * (x1 - x0)
                if odd:
                    mask[i, j] = True
    return mask


@mistake("paste_mask", hint="Columns of the image are made one by one, in a Python loop.")
def column_by_column(masks, boxes, size):
    whole = by_grid_sample(masks, boxes, size)
    return torch.stack([whole[:, :, x] for x in range(size[1])], dim=2)


@mistake("paste_mask", hint="Without masks there is nothing to stack, and this fails.")
def stack_of_nothing(masks, boxes, size):
    return torch.stack([by_grid_sample(masks[k : k + 1], boxes[k : k + 1], size)[0] for k in range(len(masks))])


@mistake("yolact_assemble", hint="The objects are put together one by one, in a Python loop, and without any there is nothing to stack.")
def object_by_object(prototypes, coefficients, boxes, stride=4.0):
    return torch.stack([by_matrix_product(prototypes, coefficients[n : n + 1], boxes[n : n + 1], stride)[0] for n in range(len(boxes))])
