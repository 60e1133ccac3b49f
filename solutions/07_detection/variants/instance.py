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


@mistake("mask_loss", edit={"own = logits[rows, torch.cat(classes)]\n    return F.binary_cross_entropy_with_logits(own, torch.cat(targets))": "p, t = logits[rows, torch.cat(classes)].sigmoid(), torch.cat(targets)\n    return -(t * p.log() + (1 - t) * (1 - p).log()).mean()"}, hint="The logarithm of a sigmoid that has become 0 is infinite. There is a form that takes logits of any size.")
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
        x = (torch.arange(size[1], dtype=masks.dtype) + 0.5 - left) / wide * num - 0.5
        y = (torch.arange(size[0], dtype=masks.dtype) + 0.5 - top) / high * num - 0.5
        table = torch.arange(num, dtype=masks.dtype)
        across = F.relu(1 - (x[None] - table[:, None]).abs())
        down = F.relu(1 - (y[None] - table[:, None]).abs())
        out[k] = down.T @ masks[k] @ across
    return out
