"""What students write in the project on detection: targets gone wrong, designs that break a rule, games, half ways."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import batched_nms, generalized_box_iou_loss, sigmoid_focal_loss

from autograder.authoring import mistake, right
from coursekit.own_detector import Design

# cell_targets


@mistake("cell_targets", edit={"middle.floor().long()": "middle.long()"}, hint="Cut off towards 0, a middle a little left of the grid falls into its first column. Round down.")
def cell_cut_towards_zero(): ...


@mistake("cell_targets", edit={"middle.floor().long()": "middle.round().long()"}, hint="The nearest border was taken, so that the right half of a cell counts to the next one.")
def cell_rounded(): ...


@mistake("cell_targets", edit={"middle.floor().long()": "(middle.ceil() - 1).long()"}, hint="A middle on a border is given to the cell before it. A cell has its left and upper edge.")
def cell_has_its_right_edge(): ...


@mistake("cell_targets", edit={"cell = middle.floor().long()": "cell = torch.minimum(middle.floor().long().clamp(min=0), torch.tensor([columns - 1, rows - 1], device=boxes.device))"}, hint="Middles beyond the grid are taught to the cells at its rim. They are learned by none.")
def beyond_is_taught_to_the_rim(): ...


@mistake("cell_targets", edit={"cell = middle.floor().long()": "cell = torch.minimum(middle.floor().long(), torch.tensor([columns - 1, rows - 1], device=boxes.device))"}, hint="Middles right of or below the grid are taught to its last column or row. They are learned by none.")
def far_is_taught_to_the_last(): ...


@mistake("cell_targets", edit={"cell = middle.floor().long()": "cell = middle.floor().long().clamp(min=0)"}, hint="Middles left of or above the grid are taught to its first column or row. They are learned by none.")
def before_is_taught_to_the_first(): ...


@mistake("cell_targets", edit={"(x >= 0) & (x < columns) & (y >= 0) & (y < rows)": "(x < columns) & (y < rows)"}, hint="A middle left of or above the grid has a negative index, which counts from the end.")
def negative_cells(): ...


@mistake("cell_targets", edit={"(x >= 0) & (x < columns) & (y >= 0) & (y < rows) & ": ""}, hint="A middle may lie beyond the grid, to any side. Look at what an index does there.")
def nothing_is_beyond(): ...


@mistake("cell_targets", edit={"(x < columns)": "(x <= columns)", "(y < rows)": "(y <= rows)"}, hint="The count of columns, or rows, is no index any more: the last one is one less.")
def one_cell_too_many(): ...


@mistake("cell_targets", edit={" & (labels >= 0)": ""}, hint="Rows with the label -1 write into the grid too.")
def empty_rows_write(): ...


@mistake("cell_targets", edit={"(labels >= 0)": "(labels > 0)"}, hint="Class 0 is left out. Only -1 means that there is no object.")
def class_0_is_left_out(): ...


@mistake("cell_targets", edit={"(labels >= 0)": "(size > 0).all(dim=2)"}, hint="Which rows are objects is read from the boxes. The labels say it; a row that is none may hold anything.")
def empty_by_the_box(): ...


@mistake("cell_targets", edit={"(labels >= 0)": "(torch.arange(labels.shape[1], device=boxes.device) < (labels >= 0).sum(dim=1, keepdim=True))"}, hint="As many rows as there are objects are taken from the front. Rows without an object may stand anywhere.")
def objects_come_first(): ...


@mistake("cell_targets", edit={"descending=True": "descending=False"}, hint="Of several objects in a cell the largest stays.")
def the_largest_stays(): ...


@mistake("cell_targets", edit={"size.prod(dim=2).flip(1)": "size.prod(dim=2)", "labels.shape[1] - 1 - area.argsort(": "area.argsort("}, hint="Of equal areas the last stays. What order do equal ones keep in a stable sort, and who is written last?")
def the_last_of_equals_stays(): ...


@mistake("cell_targets", edit={"area.argsort(dim=1, descending=True, stable=True)": "torch.arange(labels.shape[1], device=boxes.device).flip(0).expand(len(boxes), -1)"}, hint="The last row of a cell stays, whatever its size.")
def the_last_row_stays(): ...


@mistake("cell_targets", edit={"area.argsort(dim=1, descending=True, stable=True)": "torch.arange(labels.shape[1], device=boxes.device).expand(len(boxes), -1)"}, hint="The first row of a cell stays, whatever its size.")
def the_first_row_stays(): ...


@mistake("cell_targets", edit={"size.prod(dim=2)": "size[..., 0]"}, hint="The narrowest object of a cell stays. What counts is the area.")
def the_narrowest_stays(): ...


@mistake("cell_targets", edit={"size.prod(dim=2)": "size[..., 1]"}, hint="The lowest object of a cell stays. What counts is the area.")
def the_lowest_stays(): ...


@mistake("cell_targets", edit={"size.prod(dim=2)": "size.sum(dim=2)"}, hint="Width and height are added up. An area is their product.")
def the_smallest_sum_stays(): ...


@mistake("cell_targets", edit={"size.prod(dim=2)": "size.amax(dim=2)"}, hint="The longer side decides who stays. What counts is the area.")
def the_shortest_long_side_stays(): ...


@mistake("cell_targets", edit={"size.prod(dim=2)": "size.amin(dim=2)"}, hint="The shorter side decides who stays. What counts is the area.")
def the_shortest_short_side_stays(): ...


@mistake("cell_targets", edit={"y[image, k], x[image, k]": "x[image, k], y[image, k]"}, hint="Row and column are exchanged: x says the column.")
def row_and_column_exchanged(): ...


@mistake("cell_targets", edit={"rows, columns = grid": "columns, rows = grid"}, hint="The grid is given as rows and columns, in this order.")
def grid_read_as_columns_and_rows(): ...


@mistake("cell_targets", edit={"middle = (boxes[..., :2] + boxes[..., 2:]) / 2 / side": "middle = boxes[..., :2] / side"}, hint="The left upper corner chooses the cell. It is the middle that does.")
def cell_of_the_corner(): ...


@mistake("cell_targets", edit={"middle = (boxes[..., :2] + boxes[..., 2:]) / 2 / side": "middle = (boxes[..., :2] + boxes[..., 2:] / 2) / side"}, hint="The last two numbers of a box are its right and lower edge. They are read as width and height.")
def edges_read_as_width_and_height(): ...


@mistake("cell_targets", edit={"(boxes[..., 2:] - boxes[..., :2]) / side": "boxes[..., 2:] / side"}, hint="The right and the lower edge are taken for width and height.")
def edges_for_sizes(): ...


@mistake("cell_targets", edit={"(boxes[..., 2:] - boxes[..., :2]) / side": "boxes[..., 2:] - boxes[..., :2]"}, hint="Width and height are in pixels. They are asked for in sides of a cell.")
def sizes_in_pixels(): ...


@mistake("cell_targets", edit={"(boxes[..., 2:] - boxes[..., :2]) / side": "(boxes[..., 2:] - boxes[..., :2] + 1) / side"}, hint="The sizes are one pixel too large. Edges are no pixels: the width is right minus left.")
def sizes_with_one_pixel_more(): ...


@mistake("cell_targets", edit={"(boxes[..., 2:] - boxes[..., :2]) / side": "(boxes[..., 2:] - boxes[..., :2]) / 2 / side"}, hint="Half of the width and of the height came. The whole ones are asked for.")
def half_sizes(): ...


@mistake("cell_targets", edit={"(boxes[..., 2:] - boxes[..., :2]) / side": "(boxes[..., 2:] - boxes[..., :2]) / side / boxes.new_tensor([columns, rows])"}, hint="Sizes are shares of the grid. They are asked for in sides of a cell.")
def sizes_in_shares_of_the_grid(): ...


@mistake("cell_targets", edit={"size[image, k].log()": "size[image, k]"}, hint="The logarithms of width and height are asked for.")
def no_logarithm(): ...


@mistake("cell_targets", edit={"size[image, k].log()": "size[image, k].log2()"}, hint="These are logarithms to the base 2. The natural ones are asked for.")
def binary_logarithm(): ...


@mistake("cell_targets", edit={"size[image, k].log()": "size[image, k].log1p()"}, hint="1 is added before the logarithm.")
def logarithm_of_one_more(): ...


@mistake("cell_targets", edit={"size[image, k].log()": "size[image, k].sqrt()"}, hint="YOLO's first version took roots of sizes. Here it is the logarithms.")
def roots_of_sizes(): ...


@mistake("cell_targets", edit={"size[image, k].log()": "size[image, k].clamp(min=1).log()"}, hint="Objects narrower than a cell have logarithms below 0. They are cut off here.")
def no_logarithm_below_0(): ...


@mistake("cell_targets", edit={"size[image, k].log()": "size[image, k].log().flip(1)"}, hint="The height comes before the width.")
def height_before_width(): ...


@mistake("cell_targets", edit={"torch.cat([offset, ": "torch.cat([offset.flip(1), "}, hint="How far below comes before how far right.")
def down_before_right(): ...


@mistake("cell_targets", edit={"torch.cat([offset, size[image, k].log()], 1)": "torch.cat([size[image, k].log(), offset], 1)"}, hint="The sizes come before the place of the middle.")
def sizes_before_the_middle(): ...


@mistake("cell_targets", edit={"offset = middle[image, k] - cell[image, k]": "offset = middle[image, k] - cell[image, k] - 0.5"}, hint="The distance is measured from the cell's middle. It is asked for from its left and upper edge.")
def from_the_middle_of_the_cell(): ...


@mistake("cell_targets", edit={"offset = middle[image, k] - cell[image, k]": "offset = side * (middle[image, k] - cell[image, k])"}, hint="The distance from the cell's edges is in pixels. It is asked for in sides of a cell.")
def distances_in_pixels(): ...


@mistake("cell_targets", edit={"offset = middle[image, k] - cell[image, k]": "offset = middle[image, k]"}, hint="The middle is measured from the image's edge. It is asked for from the cell's.")
def from_the_edge_of_the_image(): ...


@mistake("cell_targets", edit={"offset = middle[image, k] - cell[image, k]": "offset = cell[image, k] + 1 - middle[image, k]"}, hint="The distance is measured to the cell's right and lower edge.")
def to_the_right_edge(): ...


@mistake("cell_targets", edit={"offset = middle[image, k] - cell[image, k]": "offset = boxes[image, k][:, :2] / side - cell[image, k]"}, hint="The left upper corner of the box is measured. It is the middle that is asked for.")
def the_corner_from_the_cell(): ...


@mistake("cell_targets", edit={"labels.new_full((len(boxes), rows, columns), -1)": "labels.new_full((len(boxes), rows, columns), 0)"}, hint="Cells without an object say class 0, which is one of the classes.")
def background_is_0(): ...


@mistake("cell_targets", edit={"classes[at] = labels[image, k]": "classes[at] = labels[image, k] + 1"}, hint="Labels are counted from 1. Here the background is -1, and classes begin at 0.")
def labels_from_1(): ...


@mistake("cell_targets", edit={"classes[at] = labels[image, k]": "classes[at] = k"}, hint="What comes is which row of the image it is. The label of that row is asked for.")
def rows_for_labels(): ...


@mistake("cell_targets", edit={"classes[at] = labels[image, k]": "classes[at] = 1"}, hint="Cells say that there is something, and not what.")
def something_is_there(): ...


@mistake("cell_targets", edit={"labels.new_full((len(boxes), rows, columns), -1)": "boxes.new_full((len(boxes), rows, columns), -1)"}, hint="The classes are floats. They are int64, as labels are.")
def classes_as_floats(): ...


@mistake("cell_targets", edit={"places = boxes.new_zeros(len(boxes), 4, rows, columns)": "places = boxes.new_full((len(boxes), 4, rows, columns), -1)"}, hint="Places without an object are 0.")
def no_place_is_minus_one(): ...


@mistake("cell_targets", edit={"return classes, places": "return classes, places.movedim(1, 3)"}, hint="The four numbers come last. They come second, as the channels of a map.")
def channels_last(): ...


@mistake("cell_targets", edit={"return classes, places": "return places, classes"}, hint="The two tensors are exchanged.")
def places_first(): ...


@mistake("cell_targets", hint="Every cell that the box covers learns it. Only the one with the middle does.")
def every_covered_cell_learns(boxes, labels, grid, side):
    rows, columns = grid
    y = (torch.arange(rows, device=boxes.device) + 0.5)[:, None] * side
    x = (torch.arange(columns, device=boxes.device) + 0.5) * side
    classes = labels.new_full((len(boxes), rows, columns), -1)
    places = boxes.new_zeros(len(boxes), 4, rows, columns)
    best = boxes.new_full((len(boxes), rows, columns), math.inf)
    for k in range(labels.shape[1]):
        left, top, right, bottom = (edge[:, None, None] for edge in boxes[:, k].unbind(dim=1))
        area = (right - left) * (bottom - top)
        covered = (x >= left) & (x < right) & (y >= top) & (y < bottom) & (labels[:, k, None, None] >= 0) & (area < best)
        best = torch.where(covered, area, best)
        classes = torch.where(covered, labels[:, k, None, None], classes)
        middle = ((left + right) / 2 - x + side / 2) / side, ((top + bottom) / 2 - y + side / 2) / side
        sizes = ((right - left) / side).log(), ((bottom - top) / side).log()
        four = torch.stack([one.expand_as(covered) for one in (*middle, *sizes)], dim=1)
        places = torch.where(covered[:, None], four, places)
    return classes, places


@right("cell_targets")
def targets_by_the_best_area_so_far(boxes, labels, grid, side):
    rows, columns = grid
    images = torch.arange(len(boxes), device=boxes.device)
    classes = torch.full((len(boxes), rows, columns), -1, device=boxes.device)
    places = torch.zeros(len(boxes), 4, rows, columns, dtype=boxes.dtype, device=boxes.device)
    best = torch.full((len(boxes), rows, columns), math.inf, dtype=boxes.dtype, device=boxes.device)
    for k in range(boxes.shape[1]):
        left, top, right, bottom = boxes[:, k].unbind(dim=1)
        width, height = right - left, bottom - top
        x, y = (left + right) / (2 * side), (top + bottom) / (2 * side)
        column, row = torch.floor(x), torch.floor(y)
        there = (labels[:, k] >= 0) & (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        n, i, j = images[there], row[there].long(), column[there].long()
        smaller = (width * height)[there] < best[n, i, j]
        n, i, j = n[smaller], i[smaller], j[smaller]
        best[n, i, j] = (width * height)[n]
        classes[n, i, j] = labels[n, k]
        places[n, 0, i, j] = x[n] - column[n]
        places[n, 1, i, j] = y[n] - row[n]
        places[n, 2, i, j] = torch.log(width[n] / side)
        places[n, 3, i, j] = torch.log(height[n] / side)
    return classes, places


@right("cell_targets")
def targets_by_asking_every_cell_for_its_smallest(boxes, labels, grid, side):
    rows, columns = grid
    if labels.shape[1] == 0:
        labels, boxes = labels.new_full((len(labels), 1), -1), boxes.new_zeros(len(boxes), 1, 4)
    boxes = torch.where((labels >= 0)[..., None], boxes, boxes.new_ones(()))
    middle, size = (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]
    left = side * torch.arange(columns, device=boxes.device)
    upper = side * torch.arange(rows, device=boxes.device)
    x, y = middle[..., 0, None, None] - left, middle[..., 1, None, None] - upper[:, None]
    mine = (x >= 0) & (x < side) & (y >= 0) & (y < side) & (labels >= 0)[..., None, None]
    area = size.prod(dim=2)[..., None, None].expand_as(mine).masked_fill(~mine, math.inf)
    which, some = area.argmin(dim=1, keepdim=True), mine.any(dim=1)
    n = torch.arange(len(boxes), device=boxes.device)[:, None, None]
    classes = torch.where(some, labels[n, which[:, 0]], -1)
    w, h = (size[n, which[:, 0]] / side).unbind(dim=3)
    x, y = ((far.expand_as(mine).gather(1, which)[:, 0]) / side for far in (x, y))
    four = torch.stack([x, y, torch.where(some, w, 1).log(), torch.where(some, h, 1).log()], dim=1)
    return classes, torch.where(some[:, None], four, four.new_zeros(()))


@right("cell_targets")
def targets_by_one_sort_of_all_objects(boxes, labels, grid, side):
    rows, columns = grid
    num = len(boxes)
    image = torch.arange(num, device=boxes.device)[:, None].expand(labels.shape)[labels >= 0]
    own, kinds = boxes[labels >= 0], labels[labels >= 0]
    sizes = own[:, 2:] - own[:, :2]
    middle = own[:, :2].add(own[:, 2:]).div(2 * side)
    cell = middle.floor()
    there = ((cell >= 0) & (cell < cell.new_tensor([columns, rows]))).all(dim=1)
    number = (image * rows + cell[:, 1].long()) * columns + cell[:, 0].long()
    by_area = sizes.prod(dim=1).argsort(stable=True)
    by_area = by_area[there[by_area]]
    by_cell = by_area[number[by_area].argsort(stable=True)]
    first = torch.ones(len(by_cell), dtype=torch.bool, device=boxes.device)
    first[1:] = number[by_cell][1:] != number[by_cell][:-1]
    kept = by_cell[first]
    classes = labels.new_full((num * rows * columns,), -1).index_put((number[kept],), kinds[kept])
    four = torch.cat([middle - cell, (sizes / side).log()], dim=1)
    places = boxes.new_zeros(num * rows * columns, 4).index_put((number[kept],), four[kept])
    return classes.view(num, rows, columns), places.view(num, rows, columns, 4).permute(0, 3, 1, 2).contiguous()


@right("cell_targets", edit={"area.argsort(dim=1, descending=True, stable=True)": "area.neg().argsort(dim=1, stable=True)", "cell = middle.floor().long()": "cell = torch.floor(middle).to(torch.int64)"})
def targets_sorted_by_the_negative_area(): ...


# detect: what breaks a rule.


def conv(before, after, stride=1, norm=True):
    return [nn.Conv2d(before, after, 3, stride, 1, bias=not norm), *([nn.BatchNorm2d(after)] if norm else []), nn.ReLU()]


def tiny(channels=10, width=8):
    """A map of 8 × 8 cells, from next to nothing."""
    return nn.Sequential(nn.AvgPool2d(4), nn.Conv2d(3, width, 3, 2, 1), nn.ReLU(), nn.Conv2d(width, channels, 1))


def cell_cost(out, boxes, labels, loud=1):
    kinds, places = cell_targets(boxes, labels, out.shape[2:], 64 / out.shape[3])
    there, said = kinds >= 0, out.movedim(1, 3)
    sure = F.binary_cross_entropy_with_logits(said[..., 0], there.float(), reduction="sum")
    where = F.smooth_l1_loss(said[there][:, 1:5], places.movedim(1, 3)[there], beta=0.1, reduction="sum")
    return (sure + where + loud * F.cross_entropy(said[there][:, 5:], kinds[there], reduction="sum")) / there.sum()


def cell_boxes(out):
    side = 64 / out.shape[3]
    y, x = torch.meshgrid(torch.arange(out.shape[2]), torch.arange(out.shape[3]), indexing="ij")
    middle, half = side * (out[:, 1:3] + torch.stack([x, y])), side / 2 * out[:, 3:5].clamp(-3, 3).exp()
    chances, kinds = out[:, 5:].softmax(dim=1).flatten(2).max(dim=1)
    return torch.cat([middle - half, middle + half], dim=1).flatten(2).mT, kinds, chances * out[:, 0].sigmoid().flatten(1)


def best_20(boxes, labels, scores):
    """Without doubles, the surest first."""
    kept = [batched_nms(*one, 0.5)[:20] for one in zip(boxes, scores, labels, strict=True)]
    parts = zip(boxes, labels, scores, kept, strict=True)
    return [{"boxes": b[row], "labels": k[row], "scores": s[row]} for b, k, s, row in parts]


def cell_read(out):
    return best_20(*cell_boxes(out))


@mistake("detect", hint="The network alone came back: cost and read belong to a design too.")
def detect_returns_a_network():
    return tiny()


@mistake("detect", hint="The class came back, not a design made of three parts.")
def detect_returns_the_class():
    return Design


@mistake("detect", hint="The three parts came as a tuple: put them into a Design.")
def detect_returns_a_tuple():
    return tiny(), cell_cost, cell_read


@mistake("detect", hint="The network's class is handed over: build the network.")
def detect_with_a_class_for_a_network():
    return Design(nn.Conv2d, cell_cost, cell_read)


@mistake("detect", hint="The cost is a number already, and no function of what the network gives.")
def detect_with_a_cost_that_is_no_function():
    return Design(tiny(), torch.tensor(0.0), cell_read)


@mistake("detect", hint="A wide linear layer over the last map keeps most of these numbers.")
def detect_with_too_many_numbers():
    return Design(nn.Sequential(*conv(3, 16, 4), nn.Flatten(), nn.Linear(4096, 64), nn.Linear(64, 640), nn.Unflatten(1, (10, 8, 8))), cell_cost, cell_read)


@mistake("detect", hint="All layers work at the image's full width and height: every number costs 4,096 multiply-adds there.")
def detect_with_too_many_multiply_adds():
    return Design(nn.Sequential(*conv(3, 32), *conv(32, 32), nn.AvgPool2d(8), nn.Conv2d(32, 10, 1)), cell_cost, cell_read)


@mistake("detect", hint="The cost has a value for each image. Trained is what is a single number.")
def detect_with_a_cost_for_each_image():
    return Design(tiny(), lambda out, boxes, labels: out.square().mean(dim=(1, 2, 3)), cell_read)


@mistake("detect", hint="What the cost says has been cut off from the network: a number of Python has no gradient.")
def detect_with_a_cost_as_a_number():
    return Design(tiny(), lambda *args: cell_cost(*args).item(), cell_read)


@mistake("detect", hint="The cost is made of detached outputs, so nothing can be learned from it.")
def detect_with_a_detached_cost():
    return Design(tiny(), lambda out, *rest: cell_cost(out.detach(), *rest), cell_read)


@mistake("detect", hint="The logarithm of rows that are no object is infinite: only rows with a label count.")
def detect_learns_from_empty_rows():
    def cost(out, boxes, labels):
        sizes = (boxes[..., 2:] - boxes[..., :2]).log()
        return (out.mean() - sizes).square().mean()

    return Design(tiny(), cost, cell_read)


@mistake("detect", hint="Labels of -1 go into the cross-entropy: leave rows that are no object out.")
def detect_names_empty_rows():
    return Design(tiny(), lambda out, boxes, labels: F.cross_entropy(out.mean(dim=(2, 3))[:, 5:], labels[:, 2]), cell_read)


@mistake("detect", hint="The loss divides by a mean that becomes 0: NaN goes through all that follows.")
def detect_with_a_cost_of_nan():
    return Design(tiny(), lambda out, *_: out.mean() * math.nan, cell_read)


@mistake("detect", hint="One dict came for the whole batch. Each image has a dict of its own.")
def detect_with_one_dict_for_all():
    def read(out):
        boxes, labels, scores = cell_boxes(out)
        return {"boxes": boxes, "labels": labels, "scores": scores}

    return Design(tiny(), cell_cost, read)


@mistake("detect", hint="Three tensors came for an image. They belong into a dict, by their names.")
def detect_with_tuples():
    return Design(tiny(), cell_cost, lambda out: [(one["boxes"], one["labels"], one["scores"]) for one in cell_read(out)])


@mistake("detect", hint="All 64 cells are answered. An image has three objects at most, and 20 boxes are allowed.")
def detect_answers_every_cell():
    def read(out):
        parts = zip(*cell_boxes(out), strict=True)
        return [{"boxes": boxes, "labels": labels, "scores": scores} for boxes, labels, scores in parts]

    return Design(tiny(), cell_cost, read)


@mistake("detect", hint="The scores are left out: without them answers can't be ranked.")
def detect_without_scores():
    return Design(tiny(), cell_cost, lambda out: [{"boxes": one["boxes"], "labels": one["labels"]} for one in cell_read(out)])


@mistake("detect", hint="Middle, width and height came. Boxes are left, top, right and bottom edge.")
def detect_with_middles_and_sizes():
    def read(out):
        found = cell_read(out)
        for one in found:
            corner, end = one["boxes"][:, :2], one["boxes"][:, 2:]
            one["boxes"] = torch.cat([(corner + end) / 2, end - corner], dim=1)
        return found

    return Design(tiny(), cell_cost, read)


@mistake("detect", hint="The labels are floats. They are places in a list, int64.")
def detect_with_labels_as_floats():
    return Design(tiny(), cell_cost, lambda out: [{**one, "labels": one["labels"].float()} for one in cell_read(out)])


@mistake("detect", hint="Labels are counted from 1. The circle is 0.")
def detect_with_labels_from_1():
    return Design(tiny(), cell_cost, lambda out: [{**one, "labels": one["labels"] + 1} for one in cell_read(out)])


@mistake("detect", hint="A score is NaN: a root, or a division by 0, of something that nobody held above 0.")
def detect_with_scores_of_nan():
    return Design(tiny(), cell_cost, lambda out: [{**one, "scores": (one["scores"] - 2).sqrt()} for one in cell_read(out)])


@mistake("detect", hint="A squeeze also takes the dimension of a batch of one.")
def detect_squeezes_the_batch():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.own = tiny()

        def forward(self, x):
            return self.own(x).squeeze()

    return Design(Net(), cell_cost, cell_read)


@mistake("detect", hint="Scores are a column, (K, 1). One number for each box is asked for, (K,).")
def detect_with_a_column_of_scores():
    return Design(tiny(), cell_cost, lambda out: [{**one, "scores": one["scores"][:, None]} for one in cell_read(out)])


# detect: games.


@mistake("detect", hint="Steps of its own: what is learned is learned by the trainer's steps.")
def detect_takes_steps_of_its_own():
    class Net(nn.Sequential):
        def forward(self, x):
            self.seen = x
            return super().forward(x)

    network = Net(*conv(3, 16, 4), *conv(16, 32, 2), nn.Conv2d(32, 10, 1))
    own = torch.optim.AdamW(network.parameters(), lr=0.003)

    def cost(out, boxes, labels):
        for _ in range(2):
            own.zero_grad()
            cell_cost(network(network.seen), boxes, labels).backward()
            own.step()
        own.zero_grad()
        return cell_cost(network(network.seen), boxes, labels)

    return Design(network, cost, cell_read)


@mistake("detect", hint="The trainer's own numbers are changed here: the design alone is to be good.")
def detect_changes_the_trainer():
    import coursekit.own_detector

    coursekit.own_detector.STEPS = 5000
    return Design(tiny(), cell_cost, cell_read)


@mistake("detect", hint="What the trainer holds is not the design's business: it sees what the network gives, boxes and labels.")
def detect_looks_at_the_trainer():
    import sys

    def cost(out, boxes, labels):
        sys._getframe(1).f_locals
        return cell_cost(out, boxes, labels)

    return Design(tiny(), cost, cell_read)


@mistake("detect", hint="Boxes of many places, and a class for each by turns: nearly all are false alarms.")
def detect_by_boxes_everywhere():
    def read(out):
        x, y = torch.meshgrid(torch.arange(4), torch.arange(5), indexing="ij")
        corner = torch.stack([12.0 * x, 10.0 * y], dim=2).reshape(20, 2)
        boxes, kinds = torch.cat([corner, corner + 22], dim=1), torch.arange(20) % 5
        return [{"boxes": boxes, "labels": kinds, "scores": torch.full((20,), 0.5)} for _ in out]

    return Design(tiny(), cell_cost, read)


@mistake("detect", hint="The same box for every image: the mean of those that were learned from.")
def detect_by_the_mean_box():
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 4))

    def read(out):
        boxes = torch.cat([out[:, :2].minimum(out[:, 2:]), out[:, :2].maximum(out[:, 2:])], dim=1) * 64
        return [{"boxes": one[None].expand(5, 4), "labels": torch.arange(5), "scores": torch.full((5,), 0.2)} for one in boxes]

    return Design(network, lambda out, boxes, labels: F.l1_loss(out, boxes[:, 0] / 64), read)


@mistake("detect", hint="A box of the mean size in each of the surest cells, whatever the image shows.")
def detect_by_a_grid_of_mean_boxes():
    class Grid(nn.Module):
        def __init__(self):
            super().__init__()
            self.map = nn.Parameter(torch.zeros(1, 10, 8, 8))

        def forward(self, x):
            return self.map + 0 * x.mean(dim=(1, 2, 3), keepdim=True)

    return Design(Grid(), cell_cost, cell_read)


@mistake("detect", hint="The same answer is given again and again: only the first one of an object counts.")
def detect_repeats_its_answers():
    def read(out):
        return [{name: value[:3].repeat(6, *[1] * (value.ndim - 1)) for name, value in one.items()} for one in cell_read(out)]

    return Design(tiny(width=16), cell_cost, read)


@mistake("detect", hint="The objects of images that were learned from are remembered, and given as answers for new ones.")
def detect_by_heart():
    known = {}

    def cost(out, boxes, labels):
        known.update(boxes=boxes.clone(), labels=labels.clone())
        return out.square().mean()

    def read(out):
        found = []
        for n in range(len(out)):
            row = n % len(known["labels"]) if known else 0
            boxes = known["boxes"][row] if known else torch.zeros(0, 4)
            labels = known["labels"][row] if known else torch.zeros(0, dtype=torch.int64)
            here = labels >= 0
            found.append({"boxes": boxes[here], "labels": labels[here], "scores": torch.ones(int(here.sum()))})
        return found

    return Design(tiny(), cost, read)


@mistake("detect", hint="Every box is given all five names: one of them is right, and four are false alarms.")
def detect_says_all_five_names():
    def read(out):
        parts = zip(*cell_boxes(out), strict=True)
        found = []
        for boxes, labels, scores in parts:
            best = batched_nms(boxes, scores, torch.zeros_like(labels), 0.5)[:4]
            found.append({"boxes": boxes[best].repeat(5, 1), "labels": torch.arange(5).repeat_interleave(4), "scores": scores[best].repeat(5)})
        return found

    network = nn.Sequential(*conv(3, 12, 2), *conv(12, 16, 2), *conv(16, 24, 2), nn.Conv2d(24, 10, 1))
    return Design(network, cell_cost, read)


@mistake("detect", hint="No answer at all: nothing was as sure as was asked.")
def detect_answers_nothing():
    def read(out):
        return [{name: value[one["scores"] > 2] for name, value in one.items()} for one in cell_read(out)]

    return Design(tiny(), cell_cost, read)


# detect: half ways; they earn some of the points, or none.


@mistake("detect", hint="The three slots of the text: objects are given to slots, and not to places.")
def detect_by_three_slots():
    network = nn.Sequential(*conv(3, 12, 2), *conv(12, 24, 2), *conv(24, 32, 2), *conv(32, 48, 2), nn.Flatten(), nn.Linear(768, 30), nn.Unflatten(1, (3, 10)))

    def cost(out, boxes, labels):
        there = labels >= 0
        names = F.cross_entropy(out[..., 4:].flatten(0, 1), torch.where(there, labels, 5).flatten())
        return names + 10 * F.smooth_l1_loss(out[..., :4][there], boxes[there] / 64, beta=0.05)

    def read(out):
        low, high = (64 * out[..., :4]).unflatten(2, (2, 2)).sort(dim=2).values.unbind(dim=2)
        scores, labels = out[..., 4:].softmax(dim=2)[..., :5].max(dim=2)
        return [{"boxes": b, "labels": k, "scores": s} for b, k, s in zip(torch.cat([low, high], dim=2), labels, scores, strict=True)]

    return Design(network, cost, read)


@mistake("detect", hint="Nothing keeps the values of the layers at one size: what stands behind each convolution?")
def detect_without_normalisation():
    layers = [*conv(3, 16, 2, norm=False), *conv(16, 32, 2, norm=False), *conv(32, 48, 2, norm=False)]
    return Design(nn.Sequential(*layers, nn.Conv2d(48, 10, 1)), cell_cost, cell_read)


@mistake("detect", hint="The map is coarse before anything was looked at: details of outlines are gone in the first layer.")
def detect_halves_at_once():
    network = nn.Sequential(nn.Conv2d(3, 24, 8, 8), nn.BatchNorm2d(24), nn.ReLU(), *conv(24, 48), nn.Conv2d(48, 10, 1))
    return Design(network, cell_cost, cell_read)


# detect: other designs that earn all.


@right("detect")
def detect_by_distances_to_the_edges():
    """As FCOS has it: every place near an object's middle learns how far the edges are."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.near = nn.Sequential(*conv(3, 16, 2), nn.MaxPool2d(2), *conv(16, 32), *conv(32, 48), nn.MaxPool2d(2))
            self.far = nn.Sequential(*conv(48, 64))
            self.names, self.edges = nn.Conv2d(64, 5, 1), nn.Conv2d(64, 4, 1)
            nn.init.constant_(self.names.bias, -4.0)

        def forward(self, x):
            x = self.far(self.near(x - 0.5))
            return self.names(x), self.edges(x).clamp(-4, 3).exp() * 8

    line = 8 * torch.arange(8) + 4.0
    points = torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=2).reshape(64, 2)

    def both(edges):
        far = edges.flatten(2).mT
        return torch.cat([points - far[..., :2], points + far[..., 2:]], dim=2)

    def cost(out, boxes, labels):
        names, edges = out[0].flatten(2).mT, both(out[1])
        middle = (boxes[..., :2] + boxes[..., 2:]) / 2
        away = (middle[:, None] - points[:, None]).abs().amax(dim=3)
        away = away.masked_fill((labels < 0)[:, None], math.inf)
        nearest, which = away.min(dim=2)
        there = nearest < 6.5
        kinds = torch.where(there, labels.gather(1, which), 5)
        target = F.one_hot(kinds, 6)[..., :5].float()
        own = boxes.gather(1, which[..., None].expand(-1, -1, 4))
        sure = sigmoid_focal_loss(names, target, alpha=0.5, gamma=1.0, reduction="sum")
        return (4 * sure + generalized_box_iou_loss(edges[there], own[there], reduction="sum")) / there.sum().clamp(min=1)

    def read(out):
        scores, labels = out[0].sigmoid().flatten(2).max(dim=1)
        return best_20(both(out[1]), labels, scores)

    return Design(Net(), cost, read)


@right("detect")
def detect_with_the_ground_as_a_sixth_name():
    """One softmax says in each cell what is there, or nothing."""
    network = nn.Sequential(nn.PixelUnshuffle(2), *conv(12, 16), nn.MaxPool2d(2), *conv(16, 32), *conv(32, 40), nn.MaxPool2d(2), *conv(40, 64), nn.Conv2d(64, 10, 1))
    nn.init.constant_(network[-1].bias[5:6], 3.0)

    def cost(out, boxes, labels):
        kinds, places = cell_targets(boxes, labels, (8, 8), 8)
        there, said = kinds >= 0, out.permute(0, 2, 3, 1)
        names = F.cross_entropy(out[:, :6], torch.where(there, kinds, 5), reduction="sum")
        wrong = (said[there][:, 6:] - places.permute(0, 2, 3, 1)[there]).abs().sum()
        return (2 * names + wrong) / there.sum()

    def read(out):
        y, x = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
        middle, size = 8 * (torch.stack([x, y]) + out[:, 6:8]), 8 * out[:, 8:].clamp(max=2).exp()
        boxes = torch.cat([middle - size / 2, middle + size / 2], dim=1).flatten(2).transpose(1, 2)
        scores, labels = out[:, :6].softmax(dim=1)[:, :5].flatten(2).max(dim=1)
        return best_20(boxes, labels, scores)

    return Design(network, cost, read)


@right("detect")
def detect_from_two_maps():
    """What a cell says is read off a fine map, pooled, and a coarse one, side by side."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.near = nn.Sequential(*conv(3, 16, 2), nn.MaxPool2d(2), *conv(16, 32), *conv(32, 48), nn.MaxPool2d(2))
            self.far = nn.Sequential(*conv(48, 64))
            self.head = nn.Conv2d(112, 10, 1)
            nn.init.constant_(self.head.bias, 0.0)
            nn.init.constant_(self.head.bias[:1], -3.0)

        def forward(self, x):
            near = self.near(x)
            return self.head(torch.cat([near, self.far(near)], dim=1))

    return Design(Net(), lambda *args: cell_cost(*args, loud=2), cell_read)
