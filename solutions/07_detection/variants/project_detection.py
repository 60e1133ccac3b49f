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
