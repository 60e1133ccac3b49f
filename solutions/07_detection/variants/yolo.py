"""What students write in yolo: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import box_iou

from autograder.authoring import mistake, right

solved_targets = yolo_v3_targets

# yolo_v1_targets


@mistake("yolo_v1_targets", edit={"target[i, j, :5] =": "i, j = min(j, rows - 1), min(i, columns - 1)\n            target[i, j, :5] ="}, hint="Rows and columns are exchanged: the row comes from y, and stands first.")
def rows_and_columns_exchanged(): ...


@mistake("yolo_v1_targets", edit={"(height, width), (rows, columns) = image_size, grid": "(width, height), (rows, columns) = image_size, grid"}, hint="Height and width of the image are exchanged. Sizes are rows first: height, then width.")
def image_size_exchanged(): ...


@mistake("yolo_v1_targets", edit={"own = [x * columns - j, y * rows - i, w, h, 1.0]": "own = [x, y, w, h, 1.0]"}, hint="x and y are shares of the image. They should say where in the cell the centre lies.")
def centre_in_the_image(): ...


@mistake("yolo_v1_targets", edit={"own = [x * columns - j, y * rows - i, w, h, 1.0]": "own = [x * columns - j, y * rows - i, w * columns, h * rows, 1.0]"}, hint="Width and height count in cells. They are shares of the image.")
def sides_in_cells(): ...


@mistake("yolo_v1_targets", edit={"own = [x * columns - j, y * rows - i, w, h, 1.0]": "own = [x * columns - j, y * rows - i, w**0.5, h**0.5, 1.0]"}, hint="The roots of the sides are written into the target. The loss takes them, the target has the sides themselves.")
def roots_in_the_target(): ...


@mistake("yolo_v1_targets", edit={"if target[i, j, 4] == 0:": "if True:\n            target[i, j] = 0"}, hint="A later object takes the cell from an earlier one. The first in the list has it.")
def last_has_it(): ...


@mistake("yolo_v1_targets", edit={"if target[i, j, 4] == 0:": "if True:"}, hint="Two objects in a cell leave a mixture: one's box and the classes of both. The first alone has the cell.")
def both_classes(): ...


@mistake("yolo_v1_targets", edit={"j, i = min(int(x * columns), columns - 1), min(int(y * rows), rows - 1)": "j, i = min(round(x * columns), columns - 1), min(round(y * rows), rows - 1)"}, hint="The cell is rounded to the nearest. A centre belongs to the cell in which it lies, so it is rounded down.")
def rounded_to_the_nearest(): ...


@mistake("yolo_v1_targets", edit={"j, i = min(int(x * columns), columns - 1), min(int(y * rows), rows - 1)": "j, i = int(x * columns), int(y * rows)"}, hint="A centre on the right or lower edge of the image is looked for in a cell after the last. It belongs to the last.")
def after_the_last(): ...


@mistake("yolo_v1_targets", edit={"min(int(x * columns), columns - 1), min(int(y * rows), rows - 1)": "max(0, -int(-x * columns // 1) - 1), max(0, -int(-y * rows // 1) - 1)"}, hint="A centre on a line between cells goes to the left or upper one. It belongs to the cell on the right, or below.")
def line_goes_left(): ...


@mistake("yolo_v1_targets", edit={"max(x, y) > 1:": "max(x, y) >= 1:"}, hint="A centre on the right or lower edge of the image is left out. It belongs to the last cell.")
def edge_is_outside(): ...


@mistake("yolo_v1_targets", edit={"if min(w, h) <= 0 or min(x, y) < 0 or max(x, y) > 1:\n            continue": "if min(w, h) <= 0:\n            continue\n        x, y = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)"}, hint="An object whose centre lies outside the image is drawn to the edge. It counts for nothing.")
def drawn_to_the_edge(): ...


@mistake("yolo_v1_targets", edit={"min(w, h) <= 0 or min(x, y)": "min(x, y)"}, hint="A box of no width or no height takes a cell. It counts for nothing.")
def thin_boxes_count(): ...


@mistake("yolo_v1_targets", edit={"left, top, right, bottom = map(float, box)": "left, top, right, bottom = map(float, box)\n        left, right = (min(max(e, 0.0), float(width)) for e in (left, right))\n        top, bottom = (min(max(e, 0.0), float(height)) for e in (top, bottom))"}, hint="Boxes are cut at the image's edge first. That moves the centre of a box that reaches out, and makes its shares too small.")
def cut_at_the_edge(): ...


@mistake("yolo_v1_targets", edit={"left, top, right, bottom = map(float, box)": "x, y, right, bottom = box.tolist()\n        left, top, right, bottom = x - right / 2, y - bottom / 2, x + right / 2, y + bottom / 2"}, hint="The boxes are read as centre, width and height. They are left, top, right, bottom.")
def other_format(): ...


@mistake("yolo_v1_targets", edit={"target[i, j, 5 + label] = 1": "target[i, j, 4 + label] = 1"}, hint="The classes begin one place too early, where the 1 of the object stands.")
def classes_too_early(): ...


@mistake("yolo_v1_targets", edit={"j, i = min(int(x * columns), columns - 1), min(int(y * rows), rows - 1)": "x, y = max(left, 0.0) / width, max(top, 0.0) / height\n        j, i = min(int(x * columns), columns - 1), min(int(y * rows), rows - 1)"}, hint="The upper left corner says the cell. Which point of the box does?")
def corner_says_the_cell(): ...


@mistake("yolo_v1_targets", edit={"min(w, h) <= 0 or": "max(w, h) <= 0 or"}, hint="A box counts as long as one of its sides is above 0. What has a box of no width to show?")
def both_sides_have_to_be_bad(): ...


@mistake("yolo_v1_targets", edit={"own = [x * columns - j, y * rows - i, w, h, 1.0]": "own = [x * columns % 1, y * rows % 1, w, h, 1.0]"}, hint="On the image's right or lower edge x or y comes out as 0. Where in the last cell does such a centre lie?")
def far_edge_becomes_zero(): ...


@mistake("yolo_v1_targets", edit={"target = boxes.new_zeros(rows, columns, 5 + num_classes)": "target = boxes.new_zeros(rows, columns, 5 + num_classes)\n    blocked = set()", "if min(w, h) <= 0 or min(x, y)": "if min(x, y)", "if target[i, j, 4] == 0:": "if min(w, h) <= 0 and target[i, j, 4] == 0:\n            blocked.add((i, j))\n        elif target[i, j, 4] == 0 and (i, j) not in blocked:"}, hint="A box of no width or height blocks its cell for those that follow. It should leave no trace.")
def thin_boxes_block_a_cell(): ...


@mistake("yolo_v1_targets", edit={"own = [x * columns - j, y * rows - i, w, h, 1.0]": "own = [x * columns - j, y * rows - i, h, w, 1.0]"}, hint="Width and height are exchanged in the target. In which order does the docstring name them?")
def height_before_width(): ...


@mistake("yolo_v1_targets", edit={"target[i, j, 5 + label] = 1": "target[i, j, 5 + label] = label"}, hint="The class's number is written where a 1 should stand: the place says which class it is.")
def number_of_the_class(): ...


@mistake("yolo_v1_targets", edit={"for box, label in zip(boxes, labels.tolist()):": "order = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1).argsort(descending=True, stable=True)\n    for box, label in zip(boxes[order], labels[order].tolist()):"}, hint="The largest object of a cell has it. Size doesn't count: the first in the list has it.")
def largest_has_it(): ...


@mistake("yolo_v1_targets", edit={"min(x, y) < 0": "min(x, y) <= 0"}, hint="A centre at exactly 0 is left out. It lies on the image's edge, in the first column or row.")
def first_edge_is_outside(): ...


@mistake("yolo_v1_targets", edit={"min(x, y) < 0 or max": "max", "j, i = min(int(x * columns), columns - 1), min(int(y * rows), rows - 1)": "j, i = (max(k, 0) for k in (min(int(x * columns), columns - 1), min(int(y * rows), rows - 1)))"}, hint="A centre to the left of the image, or above it, is not left out: it lands in the first column or row. What does int make of -0.5?")
def outside_on_one_side(): ...


@mistake("yolo_v1_targets", edit={"min(w, h) <= 0 or": "w * h == 0 or"}, hint="Boxes whose right edge lies to the left of the left one count. Less than no width is no width either.")
def negative_sides_count(): ...


@mistake("yolo_v1_targets", edit={"own = [x * columns - j, y * rows - i, w, h, 1.0]": "own = [x * columns - j, y * rows - i, 1.0, w, h]", "if target[i, j, 4] == 0:": "if target[i, j, 2] == 0:"}, hint="The 1 stands before width and height. In which order does the docstring name the five numbers?")
def the_one_too_early(): ...


@mistake("yolo_v1_targets", edit={"own = [x * columns - j, y * rows - i, w, h, 1.0]": "own = [x * columns - j, y * rows - i, w * width, h * height, 1.0]"}, hint="Width and height are in pixels. They should be shares of the image's.")
def sides_in_pixels(): ...


@mistake("yolo_v1_targets", edit={"j, i = min(int(x * columns), columns - 1), min(int(y * rows), rows - 1)": "j, i = min(int(x * rows), columns - 1), min(int(y * columns), rows - 1)", "own = [x * columns - j, y * rows - i, w, h, 1.0]": "own = [x * rows - j, y * columns - i, w, h, 1.0]"}, hint="x is counted in rows and y in columns: how many cells lie beside one another, and how many below?")
def x_in_rows(): ...


@mistake("yolo_v1_targets", edit={"own = [x * columns - j, y * rows - i, w, h, 1.0]": "own = [x * columns - j, y * rows - i, min(w, 1.0), min(h, 1.0), 1.0]"}, hint="Shares are held at 1. A box larger than the image has more.")
def shares_held_at_one(): ...


@mistake("yolo_v1_targets", edit={"j, i = min(int(x * columns), columns - 1), min(int(y * rows), rows - 1)": "y = y * height / width * columns / rows\n        j, i = min(int(x * columns), columns - 1), min(int(y * rows), rows - 1)"}, hint="Cells are taken for squares: y is divided by a cell's width. A cell has a height of its own.")
def square_cells(): ...


@right("yolo_v1_targets")
def with_tensors(boxes, labels, image_size, grid, num_classes):
    size = torch.tensor([image_size[1], image_size[0]], dtype=boxes.dtype, device=boxes.device)
    cells = torch.tensor([grid[1], grid[0]], dtype=boxes.dtype, device=boxes.device)
    target = torch.zeros(*grid, 5 + num_classes, dtype=boxes.dtype, device=boxes.device)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    sides = boxes[:, 2:] - boxes[:, :2]
    good = (sides > 0).all(1) & (centres >= 0).all(1) & (centres <= size).all(1)
    for m in good.nonzero().flatten().tolist():
        place = centres[m] / size * cells
        cell = torch.minimum(place.floor(), cells - 1)
        j, i = cell.long().tolist()
        if target[i, j, 4] > 0:
            continue
        kinds = F.one_hot(labels[m], num_classes).to(boxes)
        target[i, j] = torch.cat([place - cell, sides[m] / size, torch.ones_like(place[:1]), kinds])
    return target


@right("yolo_v1_targets")
def backwards_so_that_the_first_wins(boxes, labels, image_size, grid, num_classes):
    target = boxes.new_zeros(grid[0], grid[1], 5 + num_classes)
    h_cell, w_cell = image_size[0] / grid[0], image_size[1] / grid[1]
    for m in range(len(boxes) - 1, -1, -1):
        x1, y1, x2, y2 = (float(edge) for edge in boxes[m])
        cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
        if x2 <= x1 or y2 <= y1 or not (0 <= cx <= image_size[1] and 0 <= cy <= image_size[0]):
            continue
        column = min(int(cx // w_cell), grid[1] - 1)
        row = min(int(cy // h_cell), grid[0] - 1)
        target[row, column] = 0
        target[row, column, 0] = cx / w_cell - column
        target[row, column, 1] = cy / h_cell - row
        target[row, column, 2] = (x2 - x1) / image_size[1]
        target[row, column, 3] = (y2 - y1) / image_size[0]
        target[row, column, 4] = 1
        target[row, column, 5 + int(labels[m])] = 1
    return target


@right("yolo_v1_targets")
def with_a_set_of_taken_cells(boxes, labels, image_size, grid, num_classes):
    H, W = image_size
    rows, columns = grid
    out = torch.zeros((rows, columns, num_classes + 5), dtype=boxes.dtype, device=boxes.device)
    taken = set()
    for (x1, y1, x2, y2), c in zip(boxes.double().tolist(), labels.tolist(), strict=True):
        w, h = (x2 - x1) / W, (y2 - y1) / H
        gx, gy = (x1 + x2) * columns / (2 * W), (y1 + y2) * rows / (2 * H)
        if w <= 0 or h <= 0 or gx < 0 or gy < 0 or gx > columns or gy > rows:
            continue
        where = (rows - 1 if gy == rows else int(gy), columns - 1 if gx == columns else int(gx))
        if where in taken:
            continue
        taken.add(where)
        values = [gx - where[1], gy - where[0], w, h, 1.0] + [float(k == c) for k in range(num_classes)]
        out[where] = torch.tensor(values, dtype=boxes.dtype, device=boxes.device)
    return out


# yolo_v1_loss


@mistake("yolo_v1_loss", edit={"confidence[~responsible].square().sum()": "confidence[responsible].square().sum()"}, hint="The third part is that of responsible boxes. It should hold all others: else boxes in empty cells never learn that nothing is there.")
def noobj_over_objects(): ...


@mistake("yolo_v1_loss", edit={"confidence[~responsible].square().sum()": "confidence[~has_object].square().sum()"}, hint="The third part leaves out the other boxes of cells with an object. Every box that is not responsible belongs to it.")
def noobj_in_empty_cells_alone(): ...


@mistake("yolo_v1_loss", edit={"responsible = best & has_object[..., None]": "responsible = best.logical_or(~best) & has_object[..., None]"}, hint="All boxes of a cell with an object are held to it. Only one is responsible: that with the largest IoU.")
def all_are_responsible(): ...


@mistake("yolo_v1_loss", edit={"best = F.one_hot(overlap.argmax(dim=-1), num_boxes) == 1": "best = F.one_hot(boxes[..., 4].argmax(dim=-1), num_boxes) == 1"}, hint="The surest box is responsible. It should be the one that overlaps the object best.")
def surest_is_responsible(): ...


@mistake("yolo_v1_loss", edit={"best = F.one_hot(overlap.argmax(dim=-1), num_boxes) == 1": "best = F.one_hot(overlap.argmin(dim=-1), num_boxes) == 1"}, hint="The box of the smallest IoU is responsible. It should be that of the largest.")
def worst_is_responsible(): ...


@mistake("yolo_v1_loss", edit={"best = F.one_hot(overlap.argmax(dim=-1), num_boxes) == 1": "best = F.one_hot((boxes[..., :4] - torch.cat([truth[..., :2], truth[..., 2:].sqrt()], -1)).square().sum(-1).argmin(dim=-1), num_boxes) == 1"}, hint="The box whose four numbers are nearest is responsible. It should be that of the largest IoU.")
def nearest_is_responsible(): ...


@mistake("yolo_v1_loss", edit={"best = F.one_hot(overlap.argmax(dim=-1), num_boxes) == 1": "best = F.one_hot(num_boxes - 1 - overlap.flip(-1).argmax(dim=-1), num_boxes) == 1"}, hint="Of equal overlaps the last box is responsible. It should be the first.")
def last_of_equal(): ...


@mistake("yolo_v1_loss", edit={"truth[..., 2:].sqrt()], dim=-1)": "truth[..., 2:]], dim=-1)"}, hint="The roots that the network says are compared with the sides themselves. Take the root of the target's.")
def no_root_of_the_target(): ...


@mistake("yolo_v1_loss", edit={"places = (boxes[..., :4] - wanted)": "places = (torch.cat([boxes[..., :2], boxes[..., 2:4].clamp(min=0).sqrt()], dim=-1) - wanted)"}, hint="The root is taken of what is a root already: predictions hold the roots of the sides.")
def root_of_the_root(): ...


@mistake("yolo_v1_loss", edit={"boxes[..., 2:4].square()], dim=-1)": "boxes[..., 2:4]], dim=-1)"}, hint="For the IoU the roots are taken for the sides themselves. Square them first.")
def iou_of_roots(): ...


@mistake("yolo_v1_loss", edit={"boxes[..., :2] / cells": "boxes[..., :2]", "truth[..., :2] / cells": "truth[..., :2]"}, hint="In the IoU centres count in cells and sides in images. Bring both to the same unit.")
def units_mixed(): ...


@mistake("yolo_v1_loss", edit={"predictions.new_tensor([columns, rows])": "predictions.new_tensor([rows, columns])"}, hint="For the IoU x is divided by the number of rows, and y by that of columns.")
def cells_exchanged(): ...


@mistake("yolo_v1_loss", edit={"(confidence - overlap)[responsible]": "(confidence - 1)[responsible]"}, hint="The confidence of a responsible box is drawn to 1. In version 1 it should be the IoU.")
def confidence_to_one(): ...


@mistake("yolo_v1_loss", edit={"with torch.no_grad():": "if True:"}, hint="The IoU passes a gradient on to the box. As a target of the confidence it should count as a fixed number.")
def iou_with_gradient(): ...


@mistake("yolo_v1_loss", edit={"kinds[has_object].sum()": "kinds.sum()"}, hint="Classes are trained in all cells. Only those with an object have a class.")
def classes_everywhere(): ...


@mistake("yolo_v1_loss", edit={"kinds[has_object].sum()": "kinds.unsqueeze(3).expand(-1, -1, -1, num_boxes, -1)[has_object].sum()"}, hint="Classes are counted once for each box. They belong to the cell.")
def classes_for_each_box(): ...


@mistake("yolo_v1_loss", edit={"torch.stack(parts) / N": "torch.stack(parts)"}, hint="The sums are not divided by the number of images.")
def not_by_images(): ...


@mistake("yolo_v1_loss", edit={"torch.stack(parts) / N": "torch.stack(parts) / (N * rows * columns)"}, hint="The sums are divided by the number of cells as well. It is the number of images alone.")
def by_cells(): ...


@mistake("yolo_v1_loss", edit={"unflatten(3, (num_boxes, 5))": "unflatten(3, (5, num_boxes)).transpose(3, 4)"}, hint="The numbers are read as all x first, then all y. The five numbers of a box stand together.")
def numbers_of_boxes_mixed(): ...


@mistake("yolo_v1_loss", edit={"places = (boxes[..., :4] - wanted)": "places = (torch.cat([boxes[..., :2], boxes[..., 2:4].abs()], dim=-1) - wanted)"}, hint="The sign of a root below 0 is dropped. The difference is that of the number as the network says it.")
def sign_of_the_root_dropped(): ...


@mistake("yolo_v1_loss", edit={"predictions[..., : 5 * num_boxes].unflatten": "predictions[..., -5 * num_boxes :].unflatten", "predictions[..., 5 * num_boxes :] - target": "predictions[..., : -5 * num_boxes] - target"}, hint="The class scores are looked for before the boxes. They come after them.")
def classes_in_front(): ...


@mistake("yolo_v1_loss", edit={"kinds[has_object].sum()": "kinds[has_object].mean(dim=-1).sum()"}, hint="The classes of a cell are averaged. They are summed.")
def mean_over_classes_v1(): ...


@mistake("yolo_v1_loss", edit={"predictions[..., 5 * num_boxes :] - target": "predictions[..., 5 * num_boxes :].softmax(dim=-1) - target"}, hint="A softmax goes over the class scores. In version 1 they are compared as they come.")
def softmax_of_classes_first(): ...


@mistake("yolo_v1_loss", edit={"(confidence - overlap)": "(confidence - overlap[..., :1])"}, hint="The confidence is drawn to the IoU of the cell's first box. Whose IoU should it be?")
def iou_of_the_first_box(): ...


@mistake("yolo_v1_loss", edit={"places = (boxes[..., :4] - wanted).square()": "places = ((boxes[..., :4] - wanted).square() / predictions.new_tensor([1, 1, lambda_coord, lambda_coord]))"}, hint="The weight counts for x and y alone. All four numbers of a place have it.")
def sides_without_the_weight(): ...


@mistake("yolo_v1_loss", edit={"places = (boxes[..., :4] - wanted)": "places = (torch.cat([boxes[..., :2], boxes[..., 2:4].detach()], dim=-1) - wanted)"}, hint="No gradient reaches the sides in the first part. Only the IoU is a fixed number: where do you detach?")
def sides_learn_nothing(): ...


@mistake("yolo_v1_loss", edit={"torch.stack(parts) / N": "torch.stack(parts) / has_object.sum().clamp(min=1)"}, hint="The sums are divided by the number of objects. It is the number of images.")
def by_objects(): ...


@mistake("yolo_v1_loss", edit={"confidence[~responsible].square().sum()": "confidence.square().sum()"}, hint="The third part holds the responsible boxes as well. They have the second.")
def noobj_of_all(): ...


@mistake("yolo_v1_loss", edit={"confidence[~responsible].square()": "confidence[~responsible & has_object[..., None]].square()"}, hint="Boxes of empty cells are missing from the third part. Whichever box isn't responsible belongs to it.")
def noobj_in_full_cells_alone(): ...


@mistake("yolo_v1_loss", edit={"lambda_noobj * confidence": "confidence"}, hint="The third part has no weight.")
def noobj_without_weight(): ...


@mistake("yolo_v1_loss", edit={"best & has_object[..., None]": "best"}, hint="Empty cells have a responsible box as well. Where there is no object, to what should it be held?")
def responsible_in_empty_cells(): ...


@mistake("yolo_v1_loss", edit={"places = (boxes[..., :4] - wanted)": "places = (torch.cat([boxes[..., :2], boxes[..., 2:4].abs().sqrt()], dim=-1) - wanted)"}, hint="The root is taken of what is a root already: predictions hold the roots of the sides.")
def root_of_the_root_again(): ...


@mistake("yolo_v1_loss", edit={"places = (boxes[..., :4] - wanted)": "places = (torch.cat([boxes[..., :2], boxes[..., 2:4].square()], dim=-1) - truth)"}, hint="The sides themselves are compared, not their roots. What is it that makes a small box pay more?")
def sides_themselves_compared(): ...


@mistake("yolo_v1_loss", edit={"torch.stack(parts) / N": "torch.stack(parts).sum() / N"}, hint="The parts are added to one number. Asked for are all four, in one tensor.")
def one_number(): ...


@mistake("yolo_v1_loss", edit={"N, rows, columns, _ = predictions.shape": "num_boxes = 2\n    N, rows, columns, _ = predictions.shape"}, hint="There are two boxes in a cell, whatever num_boxes says.")
def always_two_boxes(): ...


@mistake("yolo_v1_loss", edit={"boxes[..., :2] / cells": "boxes[..., :2] * cells", "truth[..., :2] / cells": "truth[..., :2] * cells"}, hint="For the IoU x and y are multiplied by the number of cells. How do you come from cells to shares of the image?")
def times_the_cells(): ...


@mistake("yolo_v1_loss", edit={"confidence = boxes[..., 4]": "confidence = boxes[..., 4].clamp(0, 1)"}, hint="Confidences are held between 0 and 1. The network may say others, and pays for them as they are.")
def confidences_held(): ...


@right("yolo_v1_loss")
def with_where_and_masks(predictions, target, num_boxes=2, lambda_coord=5.0, lambda_noobj=0.5):
    N, Sy, Sx, _ = predictions.shape
    said = predictions[..., : num_boxes * 5].reshape(N, Sy, Sx, num_boxes, 5)
    x, y, rw, rh, c = said.unbind(dim=-1)
    tx, ty, tw, th, obj = (target[..., k].unsqueeze(-1) for k in range(5))
    mine = torch.stack([x / Sx, y / Sy, rw**2, rh**2], dim=-1)
    true = torch.stack([tx / Sx, ty / Sy, tw, th], dim=-1)
    overlap = iou(mine, true).detach()
    first = torch.arange(num_boxes, device=c.device) == overlap.argmax(dim=-1, keepdim=True)
    mask = (first & (obj > 0)).to(c.dtype)
    coord = mask * ((x - tx) ** 2 + (y - ty) ** 2 + (rw - tw.sqrt()) ** 2 + (rh - th.sqrt()) ** 2)
    obj_part = mask * (c - overlap) ** 2
    noobj = (1 - mask) * c**2
    kinds = (obj > 0) * (predictions[..., num_boxes * 5 :] - target[..., 5:]) ** 2
    return torch.stack([lambda_coord * coord.sum(), obj_part.sum(), lambda_noobj * noobj.sum(), kinds.sum()]) / N


@right("yolo_v1_loss")
def only_cells_with_an_object(predictions, target, num_boxes=2, lambda_coord=5.0, lambda_noobj=0.5):
    N, Sy, Sx, _ = predictions.shape
    has = target[..., 4] > 0
    said, true = predictions[has], target[has]
    boxes = said[:, : 5 * num_boxes].reshape(len(said), num_boxes, 5)
    scale = torch.tensor([Sx, Sy], device=said.device).to(said.dtype)
    a = torch.cat([boxes[..., :2] / scale, boxes[..., 2:4] ** 2], dim=-1).detach()
    b = torch.cat([true[:, :2] / scale, true[:, 2:4]], dim=-1)[:, None]
    overlap, which = iou(a, b).max(dim=1)
    mine = boxes[torch.arange(len(said), device=said.device), which]
    coord = F.mse_loss(mine[:, :2], true[:, :2], reduction="sum")
    coord = coord + F.mse_loss(mine[:, 2:4], true[:, 2:4].sqrt(), reduction="sum")
    obj = F.mse_loss(mine[:, 4], overlap, reduction="sum")
    every = predictions[..., 4 : 5 * num_boxes : 5].square().sum()
    noobj = every - mine[:, 4].square().sum()
    kinds = F.mse_loss(said[:, 5 * num_boxes :], true[:, 5:], reduction="sum")
    return torch.stack([lambda_coord * coord, obj, lambda_noobj * noobj, kinds]) / N


@right("yolo_v1_loss")
def with_box_iou_of_pairs(predictions, target, num_boxes=2, lambda_coord=5.0, lambda_noobj=0.5):
    N, rows, columns, _ = predictions.shape
    B = num_boxes
    said = predictions[..., : 5 * B].reshape(-1, B, 5)
    true = target.reshape(-1, target.shape[-1])
    size = torch.tensor([columns, rows], dtype=said.dtype, device=said.device)
    shape = (said[..., 2:4] ** 2).detach()
    centre, other = (said[..., :2] / size).detach(), (true[:, :2] / size)[:, None]
    half = true[:, None, 2:4] / 2
    low = torch.maximum(centre - shape / 2, other - half)
    high = torch.minimum(centre + shape / 2, other + half)
    shared = (high - low).clamp(min=0).prod(-1)
    overlap = shared / (shape.prod(-1) + true[:, None, 2:4].prod(-1) - shared).clamp(min=1e-12)
    which = overlap.max(dim=1, keepdim=True).indices
    mask = torch.zeros_like(overlap).scatter(1, which, 1.0) * (true[:, 4:5] > 0)
    wanted = torch.cat([true[:, :2], true[:, 2:4] ** 0.5], dim=1)[:, None]
    coord = (mask[..., None] * (said[..., :4] - wanted) ** 2).sum()
    right = (mask * (said[..., 4] - overlap) ** 2).sum()
    wrong = ((1 - mask) * said[..., 4] ** 2).sum()
    kinds = ((true[:, 4:5] > 0) * (predictions[..., 5 * B :].reshape(len(true), -1) - true[:, 5:]) ** 2).sum()
    return torch.stack((lambda_coord * coord / N, right / N, lambda_noobj * wrong / N, kinds / N))


# passthrough


@mistake("passthrough", hint="The four pixels of one channel stand together, as in PyTorch. Here all channels of one pixel do.")
def channels_first(x, stride=2):
    if x.shape[2] % stride or x.shape[3] % stride:
        raise ValueError("no multiple")
    N, C, H, W = x.shape
    squares = x.reshape(N, C, H // stride, stride, W // stride, stride)
    return squares.permute(0, 1, 3, 5, 2, 4).reshape(N, -1, H // stride, W // stride)


@mistake("passthrough", edit={"permute(0, 3, 5, 1, 2, 4)": "permute(0, 5, 3, 1, 2, 4)"}, hint="After the upper left pixel comes the one below it. It should be the one to its right.")
def down_first(): ...


@mistake("passthrough", edit={"x.reshape(N, C, H // stride, stride, W // stride, stride)": "x.reshape(N, C, stride, H // stride, stride, W // stride)", "permute(0, 3, 5, 1, 2, 4)": "permute(0, 2, 4, 1, 3, 5)"}, hint="The map is cut into quarters, and these are stacked. Neighbouring pixels should come to stand at one place.")
def quarters(): ...


@mistake("passthrough", edit={"squares.permute(0, 3, 5, 1, 2, 4).reshape": "x.reshape"}, hint="The numbers stay in their order in memory, and only the shape changes: pixels get lost among rows and channels.")
def only_reshaped(): ...


@mistake("passthrough", edit={"squares.permute(0, 3, 5, 1, 2, 4)": "squares.permute(0, 3, 5, 1, 2, 4).flip(1)"}, hint="The lower row of each square comes first.")
def lower_row_first(): ...


@mistake("passthrough", edit={"squares.permute(0, 3, 5, 1, 2, 4)": "squares.permute(0, 3, 5, 1, 2, 4).flip(2)"}, hint="The right pixel comes before the left one.")
def right_pixel_first(): ...


@mistake("passthrough", edit={"if H % stride or W % stride:": "if H % stride and W % stride:"}, hint="An error comes only where neither size is a multiple, or their product isn't. Each of the two has to be.")
def both_have_to_be_wrong(): ...


@mistake("passthrough", edit={"    if H % stride or W % stride:\n        raise ValueError(f\"{H} × {W} pixels can't be cut into squares of {stride}\")\n": "    x = x[:, :, : H - H % stride, : W - W % stride]\n    H, W = x.shape[2:]\n"}, hint="What doesn't fit is cut off, or filled up. It is to be refused by a ValueError.")
def cuts_off(): ...


@mistake("passthrough", edit={"raise ValueError(": "raise AssertionError("}, hint="Another kind of error comes than a ValueError.")
def another_error(): ...


@mistake("passthrough", edit={"if H % stride or W % stride:": "if H * W % stride**2:"}, hint="The number of pixels is held against that of a square. Each of the two sizes has to be a multiple.")
def tests_against_the_area(): ...


@mistake("passthrough", edit={"if H % stride or W % stride:": "if stride < 1:"}, hint="No size is tested, so PyTorch raises an error of another kind. Test it yourself, before the map is cut.")
def nothing_tested(): ...


@mistake("passthrough", edit={"permute(0, 3, 5, 1, 2, 4)": "permute(0, 3, 1, 5, 2, 4)"}, hint="The channel stands between the row and the column of a square. Which of the three runs fastest?")
def channel_between(): ...


@mistake("passthrough", edit={"squares = x.reshape(N, C, H // stride, stride, W // stride, stride)": "small = C // stride**2 or 1\n    squares = x.reshape(N, small, H, C // small, W // stride, stride)", "permute(0, 3, 5, 1, 2, 4)": "permute(0, 5, 3, 1, 2, 4)"}, hint="This is the order of the authors' code, where rows and channels are mixed. Here each pixel's channels stay together.")
def as_the_authors(): ...


@mistake("passthrough", edit={"if H % stride or W % stride:": "if H % 2 or W % 2:"}, hint="Sizes are held against 2, whatever the stride is.")
def tests_for_two(): ...


@mistake("passthrough", edit={"if H % stride or W % stride:": "if H != W or H % stride:"}, hint="Maps that aren't square are refused. H and W may differ: each for itself is a multiple of the stride.")
def squares_alone(): ...


@mistake("passthrough", edit={"raise ValueError(f\"{H} × {W} pixels can't be cut into squares of {stride}\")": "x = F.pad(x, (0, -W % stride, 0, -H % stride))\n        H, W = x.shape[2:]"}, hint="What doesn't fit is cut off, or filled up. It is to be refused by a ValueError.")
def fills_up(): ...


@mistake("passthrough", edit={"if H % stride or W % stride:": "if H % stride:"}, hint="Only one of the two sizes is tested.")
def tests_the_height(): ...


@mistake("passthrough", edit={"permute(0, 3, 5, 1, 2, 4)": "permute(0, 2, 4, 1, 3, 5)"}, hint="Places of the map become channels, and pixels of a square become places. Which two axes stay at the end?")
def squares_for_places(): ...


@mistake("passthrough", edit={"squares.permute(0, 3, 5, 1, 2, 4)": "squares.permute(0, 3, 5, 1, 2, 4).flip(1, 2)"}, hint="The lower right pixel of each square comes first. It should be the upper left one.")
def last_pixel_first(): ...


@mistake("passthrough", edit={"permute(0, 3, 5, 1, 2, 4)": "permute(0, 3, 5, 1, 4, 2)"}, hint="Rows and columns of the map are exchanged at the end.")
def map_transposed(): ...


@mistake("passthrough", edit={"N, C, H, W = x.shape": "stride = 2\n    N, C, H, W = x.shape"}, hint="The stride is 2, whatever is given.")
def always_two(): ...


@mistake("passthrough", edit={"return squares.permute(0, 3, 5, 1, 2, 4).reshape(N, -1, H // stride, W // stride)": "return torch.cat([x[:, :, i::stride, j::stride] for i in range(2) for j in range(2)], dim=1)"}, hint="Always four pixels are stacked. A square has as many as the stride says.")
def four_pixels(): ...


@mistake("passthrough", edit={"squares.permute(0, 3, 5, 1, 2, 4)": "squares.permute(0, 3, 5, 1, 2, 4).detach()"}, hint="No gradient goes back through it. A layer of a network must let it pass.")
def no_gradient_back(): ...


@right("passthrough")
def by_slices(x, stride=2):
    if x.shape[2] % stride != 0 or x.shape[3] % stride != 0:
        raise ValueError("height and width have to be multiples of the stride")
    parts = [x[:, :, i::stride, j::stride] for i in range(stride) for j in range(stride)]
    return torch.cat(parts, dim=1)


@right("passthrough")
def by_unfold(x, stride=2):
    N, C, H, W = x.shape
    if H % stride or W % stride:
        raise ValueError("no multiple")
    columns = F.unfold(x, stride, stride=stride).reshape(N, C, stride * stride, H // stride, W // stride)
    return columns.transpose(1, 2).reshape(N, stride * stride * C, H // stride, W // stride)


@right("passthrough")
def by_tensor_unfold(x, stride=2):
    if any(size % stride for size in x.shape[-2:]):
        raise ValueError(f"{tuple(x.shape[-2:])} is no multiple of {stride}")
    windows = x.unfold(2, stride, stride).unfold(3, stride, stride)  # (N, C, H / s, W / s, s, s)
    return windows.permute(0, 4, 5, 1, 2, 3).flatten(1, 3)


# yolo_v2_decode


@mistake("yolo_v2_decode", edit={"(said[..., 0].sigmoid() + j)": "(said[..., 0].sigmoid() + i)", "(said[..., 1].sigmoid() + i)": "(said[..., 1].sigmoid() + j)"}, hint="The row is added to x, and the column to y.")
def rows_for_columns(): ...


@mistake("yolo_v2_decode", edit={"(said[..., 0].sigmoid() + j)": "(said[..., 0] + j)", "(said[..., 1].sigmoid() + i)": "(said[..., 1] + i)"}, hint="The centre is moved by tx and ty themselves. A sigmoid holds it in its cell.")
def no_sigmoid(): ...


@mistake("yolo_v2_decode", edit={"(said[..., 0].sigmoid() + j)": "(said[..., 0] + j).sigmoid()", "(said[..., 1].sigmoid() + i)": "(said[..., 1] + i).sigmoid()"}, hint="The cell is added inside the sigmoid, so that all centres are drawn to the first cell.")
def sigmoid_of_the_sum(): ...


@mistake("yolo_v2_decode", edit={"(said[..., 0].sigmoid() + j) * stride": "said[..., 0].sigmoid() + j * stride", "(said[..., 1].sigmoid() + i) * stride": "said[..., 1].sigmoid() + i * stride"}, hint="The shift in the cell counts in pixels. It is a share of the stride.")
def shift_in_pixels(): ...


@mistake("yolo_v2_decode", edit={"said[..., 2:4].exp() * anchors[:, None, None] / 2": "said[..., 2:4].exp() * anchors[:, None, None]"}, hint="Boxes are twice as wide and high: the whole side is taken to either side of the centre.")
def whole_sides(): ...


@mistake("yolo_v2_decode", edit={"* anchors[:, None, None] / 2": "* anchors[:, None, None] * stride / 2"}, hint="The anchors are multiplied by the stride. They are in pixels already.")
def anchors_in_cells(): ...


@mistake("yolo_v2_decode", edit={"said[..., 2:4].exp()": "(1 + said[..., 2:4])"}, hint="Sides grow by a share of the anchor, and may become negative. It is a power of e that multiplies the anchor.")
def no_exponential(): ...


@mistake("yolo_v2_decode", edit={"said[..., 2:4].exp()": "said[..., 2:4].sigmoid().exp()"}, hint="tw and th go through a sigmoid before the exponential: no box is smaller than its anchor, none larger than e times it.")
def sigmoid_of_sides(): ...


@mistake("yolo_v2_decode", edit={"said[..., 2:4].exp()": "said[..., 2:4].clamp(max=4.0).exp()"}, hint="Large tw and th are held back. Here nothing is.")
def held_back(): ...


@mistake("yolo_v2_decode", edit={"outputs.unflatten(1, (len(anchors), -1)).movedim(2, -1)": "outputs.unflatten(1, (-1, len(anchors))).movedim(1, -1)"}, hint="Channels are read as the first number of all anchors, then the second. All numbers of one anchor stand together.")
def anchors_run_faster(): ...


@mistake("yolo_v2_decode", edit={"torch.stack([x - w, y - h, x + w, y + h], dim=-1)": "torch.stack([x, y, 2 * w, 2 * h], dim=-1)"}, hint="Boxes come as centre, width and height. They should be left, top, right, bottom.")
def centres_and_sides(): ...


@mistake("yolo_v2_decode", edit={"torch.stack([x - w, y - h, x + w, y + h], dim=-1)": "torch.stack([x, y, x + 2 * w, y + 2 * h], dim=-1)"}, hint="The centre is taken for the upper left corner.")
def centre_is_corner(): ...


@mistake("yolo_v2_decode", edit={"if version == 2 else kinds.sigmoid()": "if version == 3 else kinds.sigmoid()"}, hint="Softmax and sigmoid of the classes are exchanged between the versions.")
def versions_exchanged(): ...


@mistake("yolo_v2_decode", edit={"kinds.softmax(dim=-1)": "(kinds.softmax(dim=-1) * said[..., 4:5].sigmoid())"}, hint="Class probabilities are multiplied by the confidence in version 2. Asked for are the probabilities themselves.")
def times_confidence(): ...


@mistake("yolo_v2_decode", edit={"return boxes, said[..., 4].sigmoid(), kinds": "return boxes, said[..., 4], kinds"}, hint="Confidences come as the network says them, without the sigmoid.")
def raw_confidence(): ...


@mistake("yolo_v2_decode", edit={"boxes = torch.stack([x - w, y - h, x + w, y + h], dim=-1)": "boxes = torch.stack([x - w, y - h, x + w, y + h], dim=-1).clamp(min=0)"}, hint="Boxes are cut at the image's edges. They come as they are.")
def cut_boxes(): ...


@mistake("yolo_v2_decode", edit={"anchors[:, None, None]": "anchors.flip(-1)[:, None, None]"}, hint="An anchor's width and height are exchanged: anchors have the width first.")
def anchor_sides_exchanged(): ...


@mistake("yolo_v2_decode", edit={"torch.arange(columns, device=outputs.device)": "torch.arange(1, columns + 1, device=outputs.device)", "torch.arange(rows, device=outputs.device)": "torch.arange(1, rows + 1, device=outputs.device)"}, hint="Rows and columns are counted from 1. The first cell begins at 0.")
def cells_from_one(): ...


@mistake("yolo_v2_decode", edit={"return boxes, said[..., 4].sigmoid(), kinds": "return boxes, said[..., 4].sigmoid(), kinds.movedim(-1, 2)"}, hint="The classes stand before rows and columns. They have the last axis.")
def classes_not_last(): ...


@mistake("yolo_v2_decode", edit={"return boxes, said[..., 4].sigmoid(), kinds": "return boxes, said[..., 4].sigmoid(), kinds * said[..., 4:5].sigmoid()"}, hint="Class probabilities are multiplied by the confidence. Asked for are the probabilities themselves.")
def always_times_confidence(): ...


@mistake("yolo_v2_decode", edit={"torch.stack([x - w, y - h, x + w, y + h], dim=-1)": "torch.minimum(torch.stack([x - w, y - h, x + w, y + h], dim=-1).clamp(min=0), outputs.new_tensor([columns, rows] * 2) * stride)"}, hint="Boxes are cut at the image's edges. They come as they are.")
def cut_at_all_edges(): ...


@mistake("yolo_v2_decode", edit={"outputs.unflatten(1, (len(anchors), -1)).movedim(2, -1)": "outputs.reshape(len(outputs), len(anchors), rows, columns, -1)"}, hint="The numbers stay where they are in memory, and only the shape changes: an axis has to be moved.")
def axes_only_renamed(): ...


@mistake("yolo_v2_decode", edit={".sigmoid() + j)": ".sigmoid() + j + 0.5)", ".sigmoid() + i)": ".sigmoid() + i + 0.5)"}, hint="Half a cell is added. A sigmoid counts from the cell's left or upper edge, not from its middle.")
def half_a_cell_more(): ...


@mistake("yolo_v2_decode", edit={" + j) * stride": " + j)", " + i) * stride": " + i)"}, hint="Centres count in cells. Boxes are in pixels.")
def centres_in_cells(): ...


@mistake("yolo_v2_decode", edit={"torch.stack([x - w, y - h, x + w, y + h], dim=-1)": "torch.stack([x - w, y - h, x + w, y + h], dim=-1).round()"}, hint="Boxes are rounded to whole pixels.")
def rounded_boxes(): ...


@mistake("yolo_v2_decode", edit={"said[..., 2:4].exp()": "(2 * said[..., 2:4].sigmoid()) ** 2"}, hint="Sides come from a sigmoid, as in a later version: none is larger than four anchors. Here they have no limit.")
def sides_of_a_later_version(): ...


@mistake("yolo_v2_decode", edit={"(said[..., 1].sigmoid() + i)": "(said[..., 1] + i)"}, hint="ty has no sigmoid. Down as well as across, a centre stays in its cell.")
def sigmoid_of_x_alone(): ...


@mistake("yolo_v2_decode", edit={"kinds.softmax(dim=-1)": "kinds.sigmoid().softmax(dim=-1)"}, hint="The softmax is taken of sigmoids. It takes the scores as they come.")
def softmax_of_sigmoids(): ...


@mistake("yolo_v2_decode", edit={"kinds.softmax(dim=-1)": "kinds.softmax(dim=1)"}, hint="The softmax goes over the anchors. Along which axis do the classes of one box lie?")
def softmax_over_anchors(): ...


@mistake("yolo_v2_decode", edit={"kinds.softmax(dim=-1)": "said[..., 4:].softmax(dim=-1)[..., 1:]"}, hint="The confidence takes part in the softmax. It is no class.")
def softmax_with_confidence(): ...


@mistake("yolo_v2_decode", edit={"(said[..., 0].sigmoid() + j)": "((said[..., 0].sigmoid() if version == 2 else said[..., 0]) + j)"}, hint="In version 3 a centre has no sigmoid. The versions differ in the classes alone.")
def free_centre_in_version_3(): ...


@mistake("yolo_v2_decode", edit={"torch.stack([x - w, y - h, x + w, y + h], dim=-1)": "torch.stack([y - h, x - w, y + h, x + w], dim=-1)"}, hint="Edges come as top, left, bottom, right. x stands before y.")
def top_before_left(): ...


@mistake("yolo_v2_decode", edit={"kinds.softmax(dim=-1)": "(kinds.exp() / kinds.exp().sum(dim=-1, keepdim=True))"}, hint="The powers of large scores are infinite, and infinity by infinity is nan. What may be subtracted first? Or which function of the library does it?")
def powers_of_large_scores(): ...


@mistake("yolo_v2_decode", edit={"kinds.sigmoid()": "(kinds.exp() / (1 + kinds.exp()))"}, hint="The powers of large scores are infinite, and infinity by infinity is nan. What may be subtracted first? Or which function of the library does it?")
def sigmoid_of_large_classes(): ...


@mistake("yolo_v2_decode", edit={"return boxes, said[..., 4].sigmoid(), kinds": "return boxes, said[..., 4].exp() / (1 + said[..., 4].exp()), kinds"}, hint="The powers of large scores are infinite, and infinity by infinity is nan. What may be subtracted first? Or which function of the library does it?")
def sigmoid_of_large_scores(): ...


@right("yolo_v2_decode")
def with_meshgrid(outputs, anchors, stride, version=2):
    N, channels, H, W = outputs.shape
    A = len(anchors)
    out = outputs.reshape(N, A, channels // A, H, W).permute(0, 1, 3, 4, 2)
    ys, xs = torch.meshgrid(
        torch.arange(H, device=outputs.device), torch.arange(W, device=outputs.device), indexing="ij"
    )
    centre = (torch.sigmoid(out[..., :2]) + torch.stack([xs, ys], dim=-1)) * stride
    sides = anchors.reshape(1, A, 1, 1, 2) * torch.exp(out[..., 2:4])
    boxes = torch.cat([centre - sides / 2, centre + sides / 2], dim=-1)
    classes = F.softmax(out[..., 5:], dim=-1) if version == 2 else torch.sigmoid(out[..., 5:])
    return boxes, torch.sigmoid(out[..., 4]), classes


@right("yolo_v2_decode")
def with_channels_in_front(outputs, anchors, stride, version=2):
    N, _, H, W = outputs.shape
    t = outputs.reshape(N, anchors.shape[0], -1, H, W)
    columns = torch.arange(W, dtype=outputs.dtype, device=outputs.device).reshape(1, 1, 1, W)
    rows = torch.arange(H, dtype=outputs.dtype, device=outputs.device).reshape(1, 1, H, 1)
    bx = stride * (columns + 1 / (1 + torch.exp(-t[:, :, 0])))
    by = stride * (rows + 1 / (1 + torch.exp(-t[:, :, 1])))
    bw = anchors[:, 0].reshape(1, -1, 1, 1) * torch.exp(t[:, :, 2])
    bh = anchors[:, 1].reshape(1, -1, 1, 1) * torch.exp(t[:, :, 3])
    boxes = torch.stack([bx - bw / 2, by - bh / 2, bx + bw / 2, by + bh / 2], dim=4)
    kinds = t[:, :, 5:].permute(0, 1, 3, 4, 2)
    return boxes, t[:, :, 4].sigmoid(), torch.softmax(kinds, -1) if version == 2 else torch.sigmoid(kinds)


@right("yolo_v2_decode")
def with_box_convert(outputs, anchors, stride, version=2):
    from torchvision.ops import box_convert

    said = outputs.unflatten(1, (anchors.shape[0], -1)).permute(0, 1, 3, 4, 2)
    rows, columns = outputs.shape[-2:]
    grid = torch.cartesian_prod(
        torch.arange(rows, device=outputs.device), torch.arange(columns, device=outputs.device)
    ).reshape(rows, columns, 2)
    xy = (said[..., :2].sigmoid() + grid.flip(-1)) * stride
    wh = said[..., 2:4].exp() * anchors.unsqueeze(1).unsqueeze(1)
    rest = said[..., 5:]
    boxes = box_convert(torch.cat([xy, wh], dim=-1), "cxcywh", "xyxy")
    return boxes, said[..., 4].sigmoid(), rest.sigmoid() if version == 3 else rest.softmax(-1)


# yolo_v3_targets


@mistake("yolo_v3_targets", edit={"level, a = divmod(best, num_anchors)": "a, level = divmod(best, len(anchors))"}, hint="Level and anchor are taken apart the wrong way round. Shapes come level by level: which of the two is the quotient?")
def level_and_anchor_exchanged(): ...


@mistake("yolo_v3_targets", edit={"k = start + (a * rows + i) * columns + j": "k = start + (i * columns + j) * num_anchors + a"}, hint="In a level the anchors of one cell are taken to stand together. Here it goes anchor by anchor, and of one anchor row by row.")
def anchors_of_a_cell_together(): ...


@mistake("yolo_v3_targets", edit={"k = start + (a * rows + i) * columns + j": "k = start + (a * columns + j) * rows + i"}, hint="The cells of an anchor are counted column by column. They come row by row.")
def column_by_column(): ...


@mistake("yolo_v3_targets", edit={"k = start + (a * rows + i) * columns + j": "k = (a * rows + i) * columns + j"}, hint="Anchors of the later levels are looked for among those of the first. All anchors of earlier levels come before them.")
def no_start_of_the_level(): ...


@mistake("yolo_v3_targets", edit={"for m, best in enumerate(box_iou(*around).argmax(dim=1).tolist()):": "for m, best in enumerate(box_iou(*around).argmax(dim=1).tolist() if len(sides) > 99 else (sides[:, None] - shapes).abs().sum(dim=2).argmin(dim=1).tolist()):"}, hint="The anchor of the nearest width and height is taken. It should be that of the largest IoU of shapes.")
def nearest_sides(): ...


@mistake("yolo_v3_targets", edit={"enumerate(box_iou(*around).argmax(dim=1).tolist())": "enumerate((sides.prod(1)[:, None] / shapes.prod(1)).log().abs().argmin(dim=1).tolist())"}, hint="The anchor of the nearest area is taken. A tall and a wide one of the same area are not the same shape.")
def nearest_area(): ...


@mistake("yolo_v3_targets", edit={"enumerate(box_iou(*around).argmax(dim=1).tolist())": "enumerate((len(shapes) - 1 - box_iou(*around).flip(1).argmax(dim=1)).tolist())"}, hint="Of equally good shapes the last is taken. It should be the first.")
def last_of_equal_shapes(): ...


@mistake("yolo_v3_targets", edit={"if state[k] != 1:": "target[k] = 0\n        if True:"}, hint="A later object takes the anchor from an earlier one. The first in the list has it.")
def last_has_the_anchor(): ...


@mistake("yolo_v3_targets", edit={"if state[k] != 1:": "if True:"}, hint="Two objects that ask for the same anchor leave a mixture: one's box and the classes of both. The first alone has it.")
def classes_of_both(): ...


@mistake("yolo_v3_targets", edit={"if state[k] != 1:": "if state[k] == 0:"}, hint="An anchor that was ignored can't become positive. The one that an object asks for is positive in any case.")
def ignored_stay(): ...


@mistake("yolo_v3_targets", edit={".amax(dim=1) > ignore] = -1": ".amax(dim=1) >= ignore] = -1"}, hint="An IoU of exactly the threshold is ignored. It should be above.")
def ignored_at_the_threshold(): ...


@mistake("yolo_v3_targets", edit={"state[box_iou(candidates, boxes[counts]).amax(dim=1) > ignore] = -1": "pass"}, hint="Nothing is ignored. Candidates that overlap an object by more than the threshold should be, where they aren't positive.")
def nothing_ignored(): ...


@mistake("yolo_v3_targets", edit={"state[box_iou(candidates, boxes[counts]).amax(dim=1) > ignore] = -1": "state[box_iou(candidates, boxes[counts])[:, 0] > ignore] = -1"}, hint="Only the first object makes anchors ignored. Any object can.")
def first_object_alone_ignores(): ...


@mistake("yolo_v3_targets", edit={"box_iou(candidates, boxes[counts])": "box_iou(candidates, boxes)"}, hint="Objects that don't count make anchors ignored. They should leave no trace.")
def outsiders_ignore(): ...


@mistake("yolo_v3_targets", edit={"((sides > 0) & (centres >= 0) & (centres <= limits))": "((sides > 0) & (sides > 0))"}, hint="Objects with a centre outside the image count. They have no cell.")
def outside_counts(): ...


@mistake("yolo_v3_targets", edit={"& (centres <= limits)": "& (centres < limits)"}, hint="A centre on the right or lower edge of the image is left out. It belongs to the last cell.")
def edge_is_outside_too(): ...


@mistake("yolo_v3_targets", edit={"target.new_tensor([x - j, y - i])": "target.new_tensor([x - j, y - i]).logit()"}, hint="x and y are the logits. Asked for is what the sigmoid of tx and ty should be.")
def logits_as_targets(): ...


@mistake("yolo_v3_targets", edit={"(sides[m] / shapes[best]).log()": "(sides[m] / shapes[best])"}, hint="tw and th are factors. They should be the logarithms of these.")
def no_logarithm(): ...


@mistake("yolo_v3_targets", edit={"(sides[m] / shapes[best]).log()": "(shapes[best] / sides[m]).log()"}, hint="tw and th have the wrong sign: the anchor is divided by the object.")
def wrong_way_round(): ...


@mistake("yolo_v3_targets", edit={"target[k, 4:6] = sides[m] / limits": "target[k, 4:6] = sides[m] / strides[level]"}, hint="Width and height count in cells. They should be shares of the image.")
def shares_in_cells(): ...


@mistake("yolo_v3_targets", edit={"j, i = min(int(x), columns - 1), min(int(y), rows - 1)": "j, i = min(round(x), columns - 1), min(round(y), rows - 1)"}, hint="The cell is rounded to the nearest. A centre belongs to the cell in which it lies.")
def cell_to_the_nearest(): ...


@mistake("yolo_v3_targets", hint="The anchor is found by where all of them lie. Shapes are compared with one centre; the object's own centre says the cell.")
def by_real_overlap(boxes, labels, candidates, image_size, anchors, strides, num_classes, ignore=0.5):
    state, target = solved_targets(boxes, labels, candidates, image_size, anchors, strides, num_classes, ignore)
    rows = []
    for stride, level in zip(strides, anchors.tolist()):
        for w, h in level:
            for i in range(image_size[0] // stride):
                for j in range(image_size[1] // stride):
                    x, y = (j + 0.5) * stride, (i + 0.5) * stride
                    rows.append([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    if len(boxes) == 0:
        return state, target
    best = box_iou(boxes, boxes.new_tensor(rows)).argmax(dim=1)
    state[state == 1] = 0
    state[best] = 1
    return state, target


@mistake("yolo_v3_targets", edit={"(sides[m] / shapes[best]).log()": "(sides[m] / shapes[a]).log()"}, hint="tw and th are taken against an anchor of the first level. The shape that was found has a level.")
def anchor_of_the_first_level(): ...


@mistake("yolo_v3_targets", edit={"enumerate(box_iou(*around).argmax(dim=1).tolist())": "enumerate((sides.prod(1)[:, None] - shapes.prod(1)).abs().argmin(dim=1).tolist())"}, hint="The anchor of the nearest area is taken. A tall and a wide one of the same area are not the same shape.")
def nearest_area_in_pixels(): ...


@mistake("yolo_v3_targets", edit={"(centres[m] / strides[level])": "(centres[m] / strides[0])"}, hint="Cells are counted as on the first level. Each level has a stride of its own.")
def cells_of_the_first_level(): ...


@mistake("yolo_v3_targets", edit={"target[k, 6 + labels[m]] = 1": "target[k, 6 + labels[m]] = labels[m].to(target.dtype)"}, hint="The class's number is written where a 1 should stand: the place says which class it is.")
def number_for_a_one(): ...


@mistake("yolo_v3_targets", edit={"target[k, 6 + labels[m]] = 1": "target[k, 5 + labels[m]] = 1"}, hint="The classes begin one place too early, where the share of the height stands.")
def classes_one_too_early(): ...


@mistake("yolo_v3_targets", edit={"(centres[m] / strides[level])": "((centres[m] - sides[m] / 2).clamp(min=0) / strides[level])"}, hint="The upper left corner says the cell. It is the centre that does.")
def corner_for_the_centre(): ...


@mistake("yolo_v3_targets", edit={"j, i = min(int(x), columns - 1), min(int(y), rows - 1)": "j, i = int(x), int(y)"}, hint="A centre on the right or lower edge of the image gets a column or row after the last.")
def beyond_the_last_cell(): ...


@mistake("yolo_v3_targets", edit={"    if not counts.any():\n        return state, target\n": ""}, hint="Without objects there is nothing to take a maximum of. What should come out then?")
def nothing_for_no_objects(): ...


@mistake("yolo_v3_targets", edit={"sides[counts], labels[counts]": "sides[counts], labels"}, hint="Boxes are picked, and labels aren't: the classes of others are written in.")
def labels_of_all(): ...


@mistake("yolo_v3_targets", edit={"state[box_iou(candidates, boxes[counts]).amax(dim=1) > ignore] = -1": "state[box_iou(candidates - candidates[:, :2].repeat(1, 2), (boxes - boxes[:, :2].repeat(1, 2))[counts]).amax(dim=1) > ignore] = -1"}, hint="Candidates are held against objects with their corners moved together. Who is ignored is said by how they lie.")
def ignored_by_shape(): ...


@mistake("yolo_v3_targets", edit={"state[box_iou(candidates, boxes[counts]).amax(dim=1) > ignore] = -1": "winners = []", "            state[k] = 1\n": "            state[k] = 1\n            winners.append(m)\n", "target[k, 6 + labels[m]] = 1": "target[k, 6 + labels[m]] = 1\n    near = box_iou(candidates, boxes[counts][winners]).amax(dim=1) > ignore\n    state[near & (state == 0)] = -1"}, hint="An object that has no anchor makes none ignored. It is there all the same.")
def winners_alone_ignore(): ...


@mistake("yolo_v3_targets", edit={"state = torch.zeros(len(candidates), dtype=torch.int64, device=boxes.device)": "state = torch.full((len(candidates),), -1, device=boxes.device)", "state[box_iou(candidates, boxes[counts]).amax(dim=1) > ignore] = -1": "state[box_iou(candidates, boxes[counts]).amax(dim=1) > ignore] = 0"}, hint="Ignored and negative have each other's number.")
def numbers_exchanged(): ...


@mistake("yolo_v3_targets", edit={"state[box_iou(candidates, boxes[counts]).amax(dim=1) > ignore] = -1": "near = box_iou(candidates, boxes[counts]).amax(dim=1) > ignore", "target[k, 6 + labels[m]] = 1": "target[k, 6 + labels[m]] = 1\n    state[near] = -1"}, hint="An anchor that has an object is marked as ignored. Positive goes before ignored.")
def ignored_over_positive(): ...


@mistake("yolo_v3_targets", edit={"state[box_iou(candidates, boxes[counts]).amax(dim=1) > ignore] = -1": "near = box_iou(candidates, boxes[counts]).amax(dim=1) > ignore\n    near[num_anchors * (height // strides[0]) * (width // strides[0]) :] = False\n    state[near] = -1"}, hint="Only anchors of the first level are ignored. A candidate of any level may be.")
def ignored_on_the_first_level(): ...


@mistake("yolo_v3_targets", edit={"boxes[counts]).amax(dim=1)": "boxes[counts]).sum(dim=1)"}, hint="IoUs with several objects are added. It takes one object that overlaps enough.")
def ious_added(): ...


@mistake("yolo_v3_targets", edit={"box_iou(candidates, boxes[counts])": "box_iou(candidates, torch.minimum(boxes[counts].clamp(min=0), limits.repeat(2)))"}, hint="Candidates are held against boxes that are cut at the image's edges. The whole box counts.")
def ignored_by_what_is_seen(): ...


@mistake("yolo_v3_targets", edit={"sum(num_anchors * rows * columns": "sum(rows * columns"}, hint="Before a level as many numbers are left as there are cells. Each of these has several anchors.")
def start_counts_cells(): ...


@mistake("yolo_v3_targets", edit={"(sides[m] / shapes[best]).log()": "(sides[m] / strides[level] / shapes[best]).log()"}, hint="The object's sides count in cells and the anchor's in pixels when they are divided.")
def logarithm_of_cells(): ...


@mistake("yolo_v3_targets", edit={"(sides[m] / shapes[best]).log()": "(sides[m] / shapes[best]).log2()"}, hint="The logarithm is to base 2. Decoding takes powers of e.")
def logarithm_to_base_2(): ...


@mistake("yolo_v3_targets", edit={"state[box_iou(candidates, boxes[counts]).amax(dim=1) > ignore] = -1": "state[box_iou(candidates, boxes[counts]).amax(dim=1) > ignore] = 2", "target[k, 6 + labels[m]] = 1": "target[k, 6 + labels[m]] = 1\n    state[state == 2] = 1"}, hint="Candidates above the threshold become positive. Only the one that an object asks for is.")
def near_ones_positive(): ...


@mistake("yolo_v3_targets", edit={"for m, best in enumerate(box_iou(*around).argmax(dim=1).tolist()):": "each = box_iou(*around).unflatten(1, (-1, num_anchors)).argmax(dim=2).tolist()\n    for m, best in [(m, n * num_anchors + a) for m, some in enumerate(each) for n, a in enumerate(some)]:"}, hint="Each level has an anchor for the object. It asks for one of all shapes.")
def one_of_each_level(): ...


@mistake("yolo_v3_targets", edit={"(sides[m] / shapes[best]).log()": "(sides[m] / shapes[best]).sqrt()"}, hint="tw and th are roots, as in version 1. Here they are logarithms.")
def roots_of_factors(): ...


@mistake("yolo_v3_targets", edit={"for m, best in enumerate(box_iou(*around).argmax(dim=1).tolist()):": "order, done = box_iou(*around).argsort(dim=1, descending=True, stable=True).tolist(), set()\n    for m, best in [(m, best) for m in range(len(sides)) for best in order[m]]:", "if state[k] != 1:": "if m not in done and state[k] != 1:\n            done.add(m)"}, hint="An object whose anchor is taken gets its next best shape. It has none.")
def next_best_shape(): ...


@mistake("yolo_v3_targets", edit={"centres, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]": "centres = (boxes[:, :2] + boxes[:, 2:]) / 2\n    boxes = torch.minimum(boxes.clamp(min=0), limits.repeat(2))\n    sides = boxes[:, 2:] - boxes[:, :2]"}, hint="Boxes are cut at the image's edges before their sides are taken. The whole box counts.")
def shape_of_what_is_seen(): ...


@mistake("yolo_v3_targets", edit={"sides[m] / limits": "sides[m] / limits.flip(0)"}, hint="The width is divided by the image's height, and the height by its width.")
def shares_exchanged(): ...


@mistake("yolo_v3_targets", edit={"target.new_tensor([x - j, y - i])": "target.new_tensor([x - j, y - i]) * strides[level]"}, hint="x and y are pixels from the cell's edge. They should go from 0 to 1.")
def x_in_pixels(): ...


@mistake("yolo_v3_targets", edit={"target.new_tensor([x - j, y - i])": "target.new_tensor([y - i, x - j])"}, hint="y stands before x.")
def y_before_x(): ...


@mistake("yolo_v3_targets", edit={"boxes[:, 2:] - boxes[:, :2]": "(boxes[:, 2:] - boxes[:, :2]).abs()"}, hint="Boxes whose edges are exchanged count, by the size of their sides. Less than no width is no width either.")
def boxes_turned_round(): ...


@right("yolo_v3_targets")
def with_an_index_table(boxes, labels, candidates, image_size, anchors, strides, num_classes, ignore=0.5):
    H, W = image_size
    L, A = anchors.shape[:2]
    K = len(candidates)
    state = torch.zeros(K, dtype=torch.long, device=boxes.device)
    target = torch.zeros(K, 6 + num_classes, dtype=boxes.dtype, device=boxes.device)
    table, first = [], 0
    for stride in strides:
        shape = (A, H // stride, W // stride)
        size = shape[0] * shape[1] * shape[2]
        table.append(torch.arange(first, first + size).reshape(shape))
        first += size
    objects = []
    for (x1, y1, x2, y2), label in zip(boxes.tolist(), labels.tolist()):
        cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
        if x2 > x1 and y2 > y1 and 0 <= cx <= W and 0 <= cy <= H:
            objects.append((cx, cy, x2 - x1, y2 - y1, label, [x1, y1, x2, y2]))
    if not objects:
        return state, target
    kept = torch.tensor([one[5] for one in objects], dtype=boxes.dtype, device=boxes.device)
    near = (box_iou(kept, candidates) > ignore).any(dim=0)
    state = torch.where(near, torch.full_like(state, -1), state)
    taken = set()
    for cx, cy, w, h, label, _ in objects:
        best, where = -1.0, (0, 0)
        for level in range(L):
            for a, (aw, ah) in enumerate(anchors[level].tolist()):
                shared = min(w, aw) * min(h, ah)
                value = shared / (w * h + aw * ah - shared)
                if value > best:
                    best, where = value, (level, a)
        level, a = where
        column = min(int(cx / strides[level]), W // strides[level] - 1)
        row = min(int(cy / strides[level]), H // strides[level] - 1)
        k = int(table[level][a, row, column])
        if k in taken:
            continue
        taken.add(k)
        state[k] = 1
        aw, ah = anchors[level, a].tolist()
        sides = torch.tensor([w / aw, h / ah], dtype=torch.float64).log().tolist()
        own = [cx / strides[level] - column, cy / strides[level] - row, *sides, w / W, h / H]
        target[k, :6] = torch.tensor(own, dtype=boxes.dtype, device=boxes.device)
        target[k, 6 + label] = 1
    return state, target


@right("yolo_v3_targets")
def with_tensors_of_levels(boxes, labels, candidates, image_size, anchors, strides, num_classes, ignore=0.5):
    device, dtype = boxes.device, boxes.dtype
    size = torch.tensor([image_size[1], image_size[0]], device=device, dtype=dtype)
    centre, side = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    keep = (side > 0).all(1) & (centre >= 0).all(1) & (centre <= size).all(1)
    boxes, labels, centre, side = boxes[keep], labels[keep], centre[keep], side[keep]
    target = torch.zeros(len(candidates), 6 + num_classes, device=device, dtype=dtype)
    state = torch.zeros(len(candidates), device=device, dtype=torch.int64)
    shapes = anchors.flatten(0, 1)
    shared = torch.minimum(side[:, None, 0], shapes[:, 0]) * torch.minimum(side[:, None, 1], shapes[:, 1])
    table = shared / (side[:, 0] * side[:, 1]).unsqueeze(1).add(shapes[:, 0] * shapes[:, 1]).sub(shared)
    positive = torch.zeros_like(state, dtype=torch.bool)
    counts = [anchors.shape[1] * (image_size[0] // s) * (image_size[1] // s) for s in strides]
    for m in range(len(boxes)):
        which = int(table[m].argmax())
        level, a = which // anchors.shape[1], which % anchors.shape[1]
        grid = torch.tensor([image_size[1] // strides[level], image_size[0] // strides[level]], device=device)
        place = centre[m] / strides[level]
        cell = torch.minimum(place.floor().long(), grid - 1)
        k = sum(counts[:level]) + a * int(grid[0]) * int(grid[1]) + int(cell[1]) * int(grid[0]) + int(cell[0])
        if positive[k]:
            continue
        positive[k] = True
        one_hot = F.one_hot(labels[m], num_classes).to(dtype)
        target[k] = torch.cat([place - cell, torch.log(side[m] / shapes[which]), side[m] / size, one_hot])
    if len(boxes) > 0:
        state[(box_iou(boxes, candidates) > ignore).any(dim=0)] = -1
    state[positive] = 1
    return state, target


@right("yolo_v3_targets")
def from_the_last_object_to_the_first(boxes, labels, candidates, image_size, anchors, strides, num_classes, ignore=0.5):
    rows = [image_size[0] // stride for stride in strides]
    columns = [image_size[1] // stride for stride in strides]
    A = anchors.shape[1]
    begins = [0]
    for level in range(len(strides)):
        begins.append(begins[-1] + A * rows[level] * columns[level])
    state = torch.zeros(len(candidates), dtype=torch.int64, device=boxes.device)
    target = boxes.new_zeros((len(candidates), num_classes + 6))
    whole = [box for box in range(len(boxes)) if _is_there(boxes[box].tolist(), image_size)]
    for m in whole:
        state[box_iou(candidates, boxes[m : m + 1])[:, 0] > ignore] = -1
    for m in reversed(whole):
        x1, y1, x2, y2 = boxes[m].tolist()
        w, h = x2 - x1, y2 - y1
        around = boxes.new_tensor([[0, 0, w, h]])
        corners = torch.cat([torch.zeros_like(anchors), anchors], dim=2).reshape(-1, 4)
        best = int(box_iou(around, corners)[0].argmax())
        level, a = best // A, best % A
        gx, gy = (x1 + x2) / 2 / strides[level], (y1 + y2) / 2 / strides[level]
        j, i = min(int(gx), columns[level] - 1), min(int(gy), rows[level] - 1)
        k = begins[level] + a * rows[level] * columns[level] + i * columns[level] + j
        state[k] = 1
        target[k] = 0
        target[k, 0], target[k, 1] = gx - j, gy - i
        target[k, 2] = torch.log(boxes.new_tensor(w) / anchors[level, a, 0])
        target[k, 3] = torch.log(boxes.new_tensor(h) / anchors[level, a, 1])
        target[k, 4], target[k, 5] = w / image_size[1], h / image_size[0]
        target[k, 6 + int(labels[m])] = 1
    return state, target


def _is_there(box, image_size):
    x1, y1, x2, y2 = box
    inside = 0 <= (x1 + x2) / 2 <= image_size[1] and 0 <= (y1 + y2) / 2 <= image_size[0]
    return inside and x2 > x1 and y2 > y1


# yolo_v3_loss


@mistake("yolo_v3_loss", edit={"said[:, :2].sigmoid(), said[:, 2:4]], dim=1)": "(said[:, :2] - true[:, :2]).sigmoid() + true[:, :2], said[:, 2:4]], dim=1)"}, hint="The difference stands inside the sigmoid: an answer that is exactly right still costs a quarter. Which of the two is a share of the cell already?")
def difference_inside(): ...


@mistake("yolo_v3_loss", edit={"said[:, :2].sigmoid(), said[:, 2:4]": "said[:, :2], said[:, 2:4]"}, hint="tx and ty are compared without the sigmoid.")
def centre_without_sigmoid(): ...


@mistake("yolo_v3_loss", edit={"said[:, :2].sigmoid(), said[:, 2:4]": "said[:, :2].sigmoid(), said[:, 2:4].exp()"}, hint="tw and th go through the exponential. The target has logarithms, so they are compared as they are.")
def exponential_of_sides(): ...


@mistake("yolo_v3_loss", edit={"said[:, :2].sigmoid(), said[:, 2:4]": "said[:, :4].sigmoid()"}, hint="All four numbers go through the sigmoid. tw and th may be negative, or large.")
def sigmoid_of_all(): ...


@mistake("yolo_v3_loss", edit={"weight = 2 - true[:, 4] * true[:, 5]": "weight = 1 + 0 * true[:, 4]"}, hint="Small boxes count no more than large ones: the factor is missing.")
def no_weight(): ...


@mistake("yolo_v3_loss", edit={"weight = 2 - true[:, 4] * true[:, 5]": "weight = 2 - true[:, 4] - true[:, 5]"}, hint="Width and height are each taken from 2. It is their product, the share of the area.")
def weight_of_the_sum(): ...


@mistake("yolo_v3_loss", edit={"weight = 2 - true[:, 4] * true[:, 5]": "weight = 2 - true[:, 2] * true[:, 3]"}, hint="The weight is made of tw and th. It is made of the shares of the image.")
def weight_of_logarithms(): ...


@mistake("yolo_v3_loss", edit={"weight = 2 - true[:, 4] * true[:, 5]": "weight = (2 - true[:, 4] * true[:, 5]).clamp(min=1)"}, hint="The weight is held at 1 or above. For boxes larger than the image it is less.")
def weight_at_least_one(): ...


@mistake("yolo_v3_loss", edit={"(weight * (moved - true[:, :4]).square().sum(dim=1)).sum()": "(weight * (moved - true[:, :4]).abs().sum(dim=1)).sum()"}, hint="Absolute differences are summed. They should be squared.")
def absolute_differences(): ...


@mistake("yolo_v3_loss", edit={"(weight * (moved - true[:, :4]).square().sum(dim=1)).sum()": "(weight * (moved - true[:, :4]).square()[:, :2].sum(dim=1)).sum() + (moved - true[:, :4]).square()[:, 2:].sum()"}, hint="The weight counts for the centre alone. All four squares have it.")
def weight_of_centres_alone(): ...


@mistake("yolo_v3_loss", edit={"positive, counts = state == 1, state != -1": "positive, counts = state == 1, state != -2"}, hint="Ignored anchors pay for their confidence as negatives do. They have no term.")
def ignored_count(): ...


@mistake("yolo_v3_loss", edit={"positive, counts = state == 1, state != -1": "positive, counts = state == 1, state == 0"}, hint="Confidences of positives have no term. They should be drawn to 1.")
def positives_without_confidence(): ...


@mistake("yolo_v3_loss", edit={"positive, counts = state == 1, state != -1": "positive, counts = state == 1, state == 1"}, hint="Confidences of negatives have no term. They should be drawn to 0.")
def negatives_without_confidence(): ...


@mistake("yolo_v3_loss", edit={"kinds = entropy(said[:, 5:], true[:, 6:], reduction=\"sum\")": "kinds = -(said[:, 5:].log_softmax(dim=1) * true[:, 6:]).sum()"}, hint="Classes are trained by a softmax. In version 3 each class has a cross-entropy of its own.")
def softmax_of_classes(): ...


@mistake("yolo_v3_loss", edit={"kinds = entropy(said[:, 5:], true[:, 6:], reduction=\"sum\")": "kinds = entropy(outputs[counts][:, 5:], target[counts][:, 6:], reduction=\"sum\")"}, hint="Classes are trained at negative anchors as well. They have none.")
def classes_of_negatives(): ...


@mistake("yolo_v3_loss", edit={"kinds = entropy(said[:, 5:], true[:, 6:], reduction=\"sum\")": "kinds = entropy(said[:, 5:].sigmoid(), true[:, 6:], reduction=\"sum\")"}, hint="Classes go through two sigmoids: the library's function takes them before the sigmoid.")
def two_sigmoids(): ...


@mistake("yolo_v3_loss", edit={"kinds = entropy(said[:, 5:], true[:, 6:], reduction=\"sum\")": "kinds = entropy(said[:, 5:], true[:, 6:], reduction=\"sum\") / max(said.shape[1] - 5, 1)"}, hint="The classes of an object are averaged. They are summed.")
def mean_over_classes(): ...


@mistake("yolo_v3_loss", edit={"/ len(outputs)": "/ max(len(said), 1)"}, hint="The sums are divided by the number of positives. It is the number of images.")
def by_positives(): ...


@mistake("yolo_v3_loss", edit={"objects = entropy(outputs[..., 4][counts], has_object[counts], reduction=\"sum\")": "objects = -(has_object * outputs[..., 4].sigmoid().log() + (1 - has_object) * (1 - outputs[..., 4].sigmoid()).log())[counts].sum()"}, hint="The logarithm of a sigmoid that has become 0 is infinite. Large outputs should have large losses.")
def logarithm_of_zero(): ...


@mistake("yolo_v3_loss", edit={"(weight * (moved - true[:, :4]).square().sum(dim=1)).sum()": "(weight * ((moved - true[:, :4])[:, :2].square().sum(dim=1) + (moved - true[:, :4])[:, 2:].abs().sum(dim=1))).sum()"}, hint="The differences of tw and th are not squared.")
def absolute_sides(): ...


@mistake("yolo_v3_loss", edit={"kinds = entropy(said[:, 5:], true[:, 6:], reduction=\"sum\")": "kinds = F.binary_cross_entropy(said[:, 5:].sigmoid(), true[:, 6:], reduction=\"sum\")"}, hint="A large loss is held back: where a probability has become 0, its logarithm is cut. Take the number before the sigmoid.")
def entropy_held_at_a_hundred(): ...


@mistake("yolo_v3_loss", edit={"(weight * (moved - true[:, :4]).square().sum(dim=1)).sum()": "(weight * (entropy(said[:, :2], true[:, :2], reduction=\"none\") + (moved - true[:, :4])[:, 2:].square()).sum(dim=1)).sum()"}, hint="x and y have a cross-entropy, as in later code. Here they have squared differences.")
def entropy_of_centres(): ...


@mistake("yolo_v3_loss", edit={"outputs[..., 4][counts]": "outputs[..., 4].where(positive, outputs[..., 4].clamp(-10, 10))[counts]"}, hint="Large confidences are held back. They should have large losses.")
def confidences_held_back(): ...


@mistake("yolo_v3_loss", edit={"kinds = entropy(said[:, 5:], true[:, 6:], reduction=\"sum\")": "kinds = (true[:, 6:] * F.softplus(-said[:, 5:])).sum()"}, hint="Only the true class has a term. All others are drawn to 0.")
def true_class_alone(): ...


@mistake("yolo_v3_loss", edit={"kinds = entropy(said[:, 5:], true[:, 6:], reduction=\"sum\")": "kinds = (weight[:, None] * entropy(said[:, 5:], true[:, 6:], reduction=\"none\")).sum()"}, hint="The factor for small boxes weighs the classes as well. It belongs to the first part alone.")
def classes_weighted(): ...


@mistake("yolo_v3_loss", edit={"objects = entropy(outputs[..., 4][counts], has_object[counts], reduction=\"sum\")": "objects = F.softplus(-said[:, 4]).sum() + F.softplus(outputs[state == 0][:, 4]).mean()"}, hint="The negatives are averaged. They are summed.")
def mean_of_negatives(): ...


@mistake("yolo_v3_loss", edit={"objects = entropy(outputs[..., 4][counts], has_object[counts], reduction=\"sum\")": "objects = F.softplus(said[:, 4]).sum() + F.softplus(-outputs[state == 0][:, 4]).sum()"}, hint="Positives are drawn to 0 and negatives to 1. It should be the other way round.")
def signs_exchanged(): ...


@mistake("yolo_v3_loss", edit={"objects = entropy(outputs[..., 4][counts], has_object[counts], reduction=\"sum\")": "objects = (outputs[..., 4].sigmoid() - has_object)[counts].square().sum()"}, hint="Confidences have squared differences, as in version 1. Here they have a cross-entropy.")
def squares_of_confidences(): ...


@mistake("yolo_v3_loss", edit={"objects = entropy(outputs[..., 4][counts], has_object[counts], reduction=\"sum\")": "objects = entropy(said[:, 4], true[:, 4] * true[:, 5], reduction=\"sum\") + F.softplus(outputs[state == 0][:, 4]).sum()"}, hint="Confidences of positives are drawn to the share of the area. They should be drawn to 1.")
def confidence_to_the_share(): ...


@mistake("yolo_v3_loss", edit={"objects = entropy(outputs[..., 4][counts], has_object[counts], reduction=\"sum\")": "objects = F.softplus(-said[:, 4].detach()).sum() + F.softplus(outputs[state == 0][:, 4]).sum()"}, hint="No gradient reaches the confidences of positives.")
def positives_learn_nothing(): ...


@mistake("yolo_v3_loss", edit={"positive, counts = state == 1, state != -1": "positive, counts = state == 1, state != -1\n    if not positive.any():\n        return outputs.sum() * outputs.new_zeros(3)"}, hint="Without a positive all three parts are 0. Negatives have a term all the same.")
def zeros_without_positives(): ...


@mistake("yolo_v3_loss", edit={"(weight * (moved - true[:, :4]).square().sum(dim=1)).sum()": "(weight * ((moved - true[:, :4])[:, :2].square().sum(dim=1) + (moved.exp() - true[:, :4].exp())[:, 2:].square().sum(dim=1))).sum()"}, hint="tw and th go through the exponential. The target has logarithms, so they are compared as they are.")
def exponentials_compared(): ...


@mistake("yolo_v3_loss", edit={"(weight * (moved - true[:, :4]).square().sum(dim=1)).sum()": "(weight * (moved - true[:, :4]).square()[:, 2:].sum(dim=1)).sum() + (moved - true[:, :4]).square()[:, :2].sum()"}, hint="The weight counts for the sides alone. All four squares have it.")
def weight_of_sides_alone(): ...


@mistake("yolo_v3_loss", edit={"weight = 2 - true[:, 4] * true[:, 5]": "weight = 1 - true[:, 4] * true[:, 5]"}, hint="The factor begins at 1. A box as large as the image would then count for nothing.")
def one_less_the_share(): ...


@mistake("yolo_v3_loss", edit={"weight = 2 - true[:, 4] * true[:, 5]": "weight = (2 - true[:, 4] * true[:, 5]) ** 2"}, hint="The factor is squared with the differences. It multiplies the squares.")
def factor_squared(): ...


@mistake("yolo_v3_loss", edit={"weight = 2 - true[:, 4] * true[:, 5]": "weight = 2 + true[:, 4] * true[:, 5]"}, hint="The factor grows with the box. Small ones should count more.")
def large_boxes_count_more(): ...


@mistake("yolo_v3_loss", edit={"said, true = outputs[positive], target[positive]": "said, true = outputs[0][positive[0]], target[0][positive[0]]", "objects = entropy(outputs[..., 4][counts], has_object[counts], reduction=\"sum\")": "objects = F.softplus(-said[:, 4]).sum() + F.softplus(outputs[state == 0][:, 4]).sum()"}, hint="Only the first image's positives have terms.")
def first_image_alone(): ...


@mistake("yolo_v3_loss", edit={"(weight * (moved - true[:, :4]).square().sum(dim=1)).sum()": "(weight * (moved - true[:, :4]).square().sum(dim=1)).sum() / 2"}, hint="The first part is half of what it should be.")
def half_the_squares(): ...


@mistake("yolo_v3_loss", edit={"positive, counts = state == 1, state != -1": "positive, counts = state != 0, state != -9"}, hint="Ignored anchors are taken for positive: -1 isn't 0, but it isn't 1 either.")
def ignored_positive(): ...


@mistake("yolo_v3_loss", edit={"objects = entropy(outputs[..., 4][counts], has_object[counts], reduction=\"sum\")": "objects = F.softplus(-said[:, 4]).sum() + F.softplus(outputs[state == 0][:, 4]).sum() / 2"}, hint="Negatives count half, as in version 1. Here they count in full.")
def negatives_half(): ...


@mistake("yolo_v3_loss", edit={"torch.stack([places, objects, kinds]) / len": "torch.stack([places, objects, kinds]).sum() / len"}, hint="The parts are added to one number. Asked for are all three, in one tensor.")
def parts_added(): ...


@mistake("yolo_v3_loss", edit={"[places, objects, kinds]": "[places, kinds, objects]"}, hint="Classes stand before confidences in what comes out.")
def classes_second(): ...


@mistake("yolo_v3_loss", edit={"(weight * (moved - true[:, :4]).square().sum(dim=1)).sum()": "(weight * (moved - true[:, [0, 1, 4, 5]]).square().sum(dim=1)).sum()"}, hint="tw and th are compared with the shares of the image. Those are for the weight.")
def sides_to_shares(): ...


@mistake("yolo_v3_loss", edit={"(weight * (moved - true[:, :4]).square().sum(dim=1)).sum()": "(weight * ((moved - true[:, :4])[:, :2].square().sum(dim=1) + F.smooth_l1_loss(moved[:, 2:], true[:, 2:4], reduction=\"none\").sum(dim=1))).sum()"}, hint="Large differences of tw and th are not squared. All four are.")
def smooth_sides(): ...


@mistake("yolo_v3_loss", edit={"positive, counts = state == 1, state != -1": "positive, counts = state == 1, state != -1\n    outputs, target = outputs.float(), target.float()"}, hint="It is computed in float32. What comes in float64 stays in float64.")
def in_single_precision(): ...


@right("yolo_v3_loss")
def with_masks_as_numbers(outputs, state, target):
    positive = (state == 1).to(outputs.dtype)
    asked = (state >= 0).to(outputs.dtype)
    moved = torch.cat([outputs[..., :2].sigmoid(), outputs[..., 2:4]], dim=-1)
    weight = positive * (2 - target[..., 4] * target[..., 5])
    box = (weight.unsqueeze(-1) * (moved - target[..., :4]) ** 2).sum()
    entropy = F.binary_cross_entropy_with_logits(outputs[..., 4], positive, reduction="none")
    classes = F.binary_cross_entropy_with_logits(outputs[..., 5:], target[..., 6:], reduction="none")
    parts = [box, (entropy * asked).sum(), (classes * positive.unsqueeze(-1)).sum()]
    return torch.stack(parts) / outputs.shape[0]


@right("yolo_v3_loss")
def with_softplus(outputs, state, target):
    n, k = (state == 1).nonzero(as_tuple=True)
    said, true = outputs[n, k], target[n, k]
    centre = ((torch.sigmoid(said[:, :2]) - true[:, :2]) ** 2).sum(dim=1)
    sides = ((said[:, 2:4] - true[:, 2:4]) ** 2).sum(dim=1)
    places = ((centre + sides) * (2.0 - true[:, 4:6].prod(dim=1))).sum()
    objects = F.softplus(-said[:, 4]).sum() + F.softplus(outputs[state == 0][:, 4]).sum()
    kinds = (F.softplus(said[:, 5:]) - said[:, 5:] * true[:, 6:]).sum()
    return torch.stack([places, objects, kinds]) / len(state)


@right("yolo_v3_loss")
def by_torch_modules(outputs, state, target):
    positive, negative = state.eq(1), state.eq(0)
    entropy = nn.BCEWithLogitsLoss(reduction="sum")
    squared = nn.MSELoss(reduction="none")
    said, true = outputs[positive], target[positive]
    four = squared(said[:, :2].sigmoid(), true[:, :2]).sum(1) + squared(said[:, 2:4], true[:, 2:4]).sum(1)
    box = torch.dot(four, 2 - true[:, 4] * true[:, 5])
    there, empty = said[:, 4], outputs[..., 4][negative]
    confidence = entropy(there, torch.ones_like(there)) + entropy(empty, torch.zeros_like(empty))
    classes = entropy(said[:, 5:], true[:, 6:])
    return torch.stack([box, confidence, classes]).div(outputs.size(0))


# Darknet19


@mistake("Darknet19", edit={"if place in (1, 2, 5, 8, 13):": "if place in (1, 2, 5, 8, 13, 18):"}, hint="There is a pooling after the last unit. The map that goes into head keeps its size.")
def one_pooling_more(): ...


@mistake("Darknet19", edit={"if place in (1, 2, 5, 8, 13):": "if place in (2, 5, 8, 13):"}, hint="A pooling is missing after the first unit.")
def first_pooling_missing(): ...


@mistake("Darknet19", edit={"if place in (1, 2, 5, 8, 13):": "if place in (0, 1, 4, 7, 12):"}, hint="The poolings come one unit too early. Where does your count begin?")
def poolings_too_early(): ...


@mistake("Darknet19", edit={"F.max_pool2d(x, 2)": "F.avg_pool2d(x, 2)"}, hint="Windows are averaged. The poolings take the maximum.")
def average_pooling(): ...


@mistake("Darknet19", edit={"F.max_pool2d(x, 2)": "F.max_pool2d(x, 2, ceil_mode=True)"}, hint="Odd sizes are rounded up. A pooling rounds down, as torch does if nothing is said.")
def rounded_up(): ...


@mistake("Darknet19", edit={"F.max_pool2d(x, 2)": "F.max_pool2d(x, 3, stride=2, padding=1)"}, hint="Windows of 3 × 3 are pooled. In the table it is 2 × 2.")
def windows_of_three(): ...


@mistake("Darknet19", edit={"size = 1 if times < last else 3": "size = 3"}, hint="All windows are 3 × 3. Those that squeeze the channels are 1 × 1.")
def all_windows_three(): ...


@mistake("Darknet19", edit={"size = 1 if times < last else 3": "size = 3 if times < last else 1"}, hint="Windows of 1 × 1 and of 3 × 3 are exchanged.")
def windows_exchanged(): ...


@mistake("Darknet19", edit={"nn.Conv2d(before, num_classes, 1)": "nn.Conv2d(before, num_classes, 1, bias=False)"}, hint="head has no bias.")
def head_without_bias(): ...


@mistake("Darknet19", edit={"self.head(x).mean(dim=(2, 3))": "self.head(x).amax(dim=(2, 3))"}, hint="The maximum over all places is taken. It should be the mean.")
def maximum_of_places(): ...


@mistake("Darknet19", edit={"self.head(x).mean(dim=(2, 3))": "self.head(x).mean(dim=(2, 3)).softmax(dim=1)"}, hint="A softmax makes probabilities of the scores. Asked for are the scores.")
def softmax_at_the_end(): ...


@mistake("Darknet19", edit={"self.head(x).mean(dim=(2, 3))": "F.leaky_relu(self.head(x), 0.1).mean(dim=(2, 3))"}, hint="An activation follows head. Nothing does but the mean.")
def activated_head(): ...


@mistake("Darknet19", edit={"[1, 2, 4, 2, 4, 8, 4, 8, *[16, 8] * 2, 16, *[32, 16] * 2, 32]": "[1, 2, 4, 2, 4, 8, 4, 8, 16, 8, 16, 32, 16, 32]"}, hint="There are fewer than 18 units: two of the rows have five.")
def rows_of_three(): ...


@mistake("Darknet19", edit={"times * width, size))": "times * 32, size))", "before = times * width": "before = times * 32"}, hint="The width has no effect: channels are those of the table.")
def width_ignored(): ...


@mistake("Darknet19", edit={"nn.Conv2d(before, num_classes, 1)": "nn.Conv2d(before, 1000, 1)"}, hint="num_classes has no effect: head has always as many channels.")
def always_a_thousand(): ...


@mistake("Darknet19", edit={"self.layers.append(unit(before, times * width, size))": "self.layers.append(nn.Sequential(nn.Conv2d(before, times * width, size, padding=size // 2), nn.BatchNorm2d(times * width), nn.LeakyReLU(0.1)))"}, hint="The convolutions of the units have a bias. `unit` makes them without: the norm adds one.")
def units_with_bias(): ...


@mistake("Darknet19", edit={"size = 1 if times < last else 3": "size = 1 if times * width < before else 3"}, hint="The first unit has a window of 1 × 1 where the width is below 3: its channels were held against the image's. What does the table say of it?")
def first_held_against_the_image(): ...


@mistake("Darknet19", edit={"nn.Conv2d(before, num_classes, 1)": "nn.Linear(before, num_classes)", "self.head(x).mean(dim=(2, 3))": "self.head(x.mean(dim=(2, 3)))"}, hint="head is a linear layer. It is a convolution of 1 × 1.")
def linear_head(): ...


@mistake("Darknet19", edit={"nn.Conv2d(before, num_classes, 1)": "nn.Conv2d(before, num_classes, 3, padding=1)"}, hint="head has a window of 3 × 3. In the table it is 1 × 1.")
def head_of_three(): ...


@mistake("Darknet19", edit={"nn.Conv2d(before, num_classes, 1)": "unit(before, num_classes, 1)"}, hint="head is a unit. It is a convolution with a bias, without norm or activation.")
def head_is_a_unit(): ...


@mistake("Darknet19", edit={"[1, 2, 4, 2, 4, 8, 4, 8, *[16, 8] * 2, 16, *[32, 16] * 2, 32]": "[1, 2, 4, 2, 4, 8, 4, 8, *[16, 8] * 2, 16, 32, 16, 32]"}, hint="There are fewer than 18 units: two of the rows have five.")
def last_row_short(): ...


@mistake("Darknet19", edit={"self.head(x).mean(dim=(2, 3))": "self.head(x).softmax(dim=1).mean(dim=(2, 3))"}, hint="A softmax makes probabilities of the scores. Asked for are the scores.")
def softmax_of_places(): ...


@mistake("Darknet19", edit={"self.head(x).mean(dim=(2, 3))": "self.head(x)"}, hint="The map of scores is returned. It is still to be averaged over its places.")
def not_averaged(): ...


@mistake("Darknet19", edit={"self.head(x).mean(dim=(2, 3))": "self.head(x).mean(dim=2)[:, :, 0]"}, hint="Only rows are averaged, and one column is picked. The mean goes over all places.")
def one_axis_averaged(): ...


@mistake("Darknet19", edit={"self.layers = nn.ModuleList()": "self.layers = []"}, hint="layers is a plain list. PyTorch doesn't look for modules in it.")
def plain_list(): ...


@mistake("Darknet19", edit={"            x = layer(x)\n            if place in (1, 2, 5, 8, 13):\n                x = F.max_pool2d(x, 2)": "            if place in (1, 2, 5, 8, 13):\n                x = F.max_pool2d(x, 2)\n            x = layer(x)"}, hint="A pooling comes before the unit after which it should come.")
def pooled_before(): ...


@mistake("Darknet19", edit={"if place in (1, 2, 5, 8, 13):": "if place in (2, 3, 6, 9, 14):"}, hint="The poolings come one unit too late. Where does your count begin?")
def poolings_too_late(): ...


@mistake("Darknet19", edit={"self.layers.append(unit(before, times * width, size))": "self.layers.append(unit(before, times * width, size))\n            if len(self.layers) in (1, 3, 7, 11, 17):\n                self.layers.append(nn.MaxPool2d(2))", "            if place in (1, 2, 5, 8, 13):\n                x = F.max_pool2d(x, 2)\n": ""}, hint="Poolings stand in layers, so that the units after them have other numbers.")
def poolings_in_layers(): ...


@mistake("Darknet19", edit={"self.layers.append(unit(before, times * width, size))": "self.layers.append(unit(before, times * width, size))\n            self.layers[-1][2].negative_slope = 0.01"}, hint="The activation has another slope than that of `unit`.")
def another_slope(): ...


@mistake("Darknet19", edit={"[1, 2, 4, 2, 4, 8, 4, 8, *[16, 8] * 2, 16, *[32, 16] * 2, 32]": "[1, 2, 4, 1, 4, 8, 2, 8, 16, 4, 16, 4, 16, 32, 8, 32, 8, 32]"}, hint="The windows of 1 × 1 squeeze to a quarter of the channels. In the table it is half.")
def squeezed_to_a_quarter(): ...


@mistake("Darknet19", edit={"self.layers.append(unit(before, times * width, size))": "self.layers.append(unit(before, times * width, size, 2 if len(self.layers) in (0, 1, 4, 7, 12) else 1))", "            if place in (1, 2, 5, 8, 13):\n                x = F.max_pool2d(x, 2)\n": ""}, hint="Convolutions have a stride of 2, and nothing is pooled.")
def strides_for_poolings(): ...


@mistake("Darknet19", edit={"self.head(x).mean(dim=(2, 3))": "self.head(x).sum(dim=(2, 3))"}, hint="The scores of all places are summed. They are averaged.")
def sum_over_places(): ...


@mistake("Darknet19", edit={"width: int = 32": "width: int = 64"}, hint="Without `width` the network is twice as wide as the table.")
def twice_the_width(): ...


@mistake("Darknet19", edit={"times * width, size))": "(width if times == 1 else 32 * times), size))", "before = times * width": "before = width if times == 1 else 32 * times"}, hint="Only the first unit follows width. All others grow or shrink with it.")
def width_of_the_first(): ...


@mistake("Darknet19", edit={"times * width, size))": "max(times * width // 2, 1), size))", "before = times * width": "before = max(times * width // 2, 1)"}, hint="The first unit has half of width. It has all of it.")
def width_is_the_second_s(): ...


@mistake("Darknet19", edit={"size = 1 if times < last else 3": "size = 3 if times < last or before == 3 else 1"}, hint="Windows of 1 × 1 and of 3 × 3 are exchanged.")
def windows_exchanged_but_one(): ...


@mistake("Darknet19", edit={"self.head(x).mean(dim=(2, 3))": "self.head(x.detach()).mean(dim=(2, 3)).detach()"}, hint="No gradient comes back: the network couldn't be trained.")
def without_gradients(): ...


@right("Darknet19", edit={"self.layers = nn.ModuleList()": "self.layers = nn.Sequential()"})
def layers_in_a_sequential(): ...


@right("Darknet19")
class WithATable(nn.Module):
    def __init__(self, num_classes=1000, width=32):
        super().__init__()
        table = "1 P 2 P 4 2s 4 P 8 4s 8 P 16 8s 16 8s 16 P 32 16s 32 16s 32".split()
        self.layers, self.plan, channels = nn.ModuleList(), [], 3
        for word in table:
            self.plan.append(word)
            if word != "P":
                out = int(word.rstrip("s")) * width
                self.layers.append(unit(channels, out, 1 if word.endswith("s") else 3))
                channels = out
        self.head = nn.Conv2d(channels, num_classes, kernel_size=1)

    def forward(self, x):
        layers = iter(self.layers)
        for word in self.plan:
            x = nn.functional.max_pool2d(x, kernel_size=2, stride=2) if word == "P" else next(layers)(x)
        return F.adaptive_avg_pool2d(self.head(x), 1).flatten(1)


@right("Darknet19")
class MeanBeforeTheHead(nn.Module):
    def __init__(self, num_classes=1000, width=32):
        super().__init__()
        w = width
        layers = [unit(3, w, 3), unit(w, 2 * w, 3)]
        self.last = {0, 1}
        for wide, num in ((4 * w, 1), (8 * w, 1), (16 * w, 2), (32 * w, 2)):
            layers.append(unit(wide // 2, wide, 3))
            for _ in range(num):
                layers += [unit(wide, wide // 2, 1), unit(wide // 2, wide, 3)]
            self.last.add(len(layers) - 1)
        self.last.discard(17)
        self.layers = nn.ModuleList(layers)
        self.head = nn.Conv2d(32 * w, num_classes, 1)

    def forward(self, x):
        for k, layer in enumerate(self.layers):
            x = layer(x)
            if k in self.last:
                x = F.max_pool2d(x, (2, 2))
        return self.head(x.mean(dim=(2, 3), keepdim=True)).flatten(1)


@right("Darknet19")
class RowByRow(nn.Module):
    ROWS = ((1,), (2,), (4, 2, 4), (8, 4, 8), (16, 8, 16, 8, 16), (32, 16, 32, 16, 32))

    def __init__(self, num_classes=1000, width=32):
        super().__init__()
        self.layers = nn.ModuleList()
        before = 3
        for row in self.ROWS:
            for place, times in enumerate(row):
                conv = nn.Conv2d(before, times * width, 3 - 2 * (place % 2), padding=1 - place % 2, bias=False)
                self.layers.append(nn.Sequential(conv, nn.BatchNorm2d(times * width), nn.LeakyReLU(0.1)))
                before = times * width
        self.head = nn.Conv2d(before, num_classes, 1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        start = 0
        for number, row in enumerate(self.ROWS):
            if number:
                x = self.pool(x)
            for layer in self.layers[start : start + len(row)]:
                x = layer(x)
            start += len(row)
        return self.head(x).flatten(2).mean(dim=2)


# Darknet53


@mistake("Darknet53", edit={"x = x + block(x)": "x = block(x)"}, hint="The block's input is not added: nothing is residual.")
def nothing_added(): ...


@mistake("Darknet53", edit={"x = x + block(x)": "x = F.leaky_relu(x + block(x), 0.1)"}, hint="An activation follows the addition. Nothing does.")
def activated_sum(): ...


@mistake("Darknet53", edit={"            x = first(x)\n            for block in others:\n                x = x + block(x)": "            start = x = first(x)\n            for block in others:\n                x = start + block(x)"}, hint="Each block adds the stage's input. It is the block's own input that is added.")
def stage_input_added(): ...


@mistake("Darknet53", edit={"narrow = unit(2 * width, width, 1)": "narrow = unit(2 * width, width, 3)"}, hint="Both windows of a block are 3 × 3. The first is 1 × 1.")
def two_windows_of_three(): ...


@mistake("Darknet53", edit={"narrow = unit(2 * width, width, 1)\n                stage.append(nn.Sequential(narrow, unit(width, 2 * width, 3)))": "narrow = unit(2 * width, 2 * width, 1)\n                stage.append(nn.Sequential(narrow, unit(2 * width, 2 * width, 3)))"}, hint="The first unit of a block keeps all channels. It should halve them.")
def not_narrowed(): ...


@mistake("Darknet53", edit={"narrow = unit(2 * width, width, 1)\n                stage.append(nn.Sequential(narrow, unit(width, 2 * width, 3)))": "narrow = unit(2 * width, width, 3)\n                stage.append(nn.Sequential(narrow, unit(width, 2 * width, 1)))"}, hint="The windows of a block are exchanged: 1 × 1 comes first.")
def block_windows_exchanged(): ...


@mistake("Darknet53", edit={"nn.ModuleList([unit(width, 2 * width, 3, stride=2)])": "nn.ModuleList([unit(width, 2 * width, 3)])"}, hint="The maps are never halved: the first unit of a stage has a stride of 2.")
def never_halved(): ...


@mistake("Darknet53", edit={"self.stem = unit(3, width, 3)": "self.stem = unit(3, width, 3, stride=2)"}, hint="The stem halves the map as well. It has a stride of 1.")
def stem_halves(): ...


@mistake("Darknet53", edit={"found.append(x)": "found.insert(0, x)", "self.maps(x)[-1]": "self.maps(x)[0]"}, hint="The maps come the last stage's first. The first stage's map should stand first.")
def last_map_first(): ...


@mistake("Darknet53", edit={"            x = first(x)\n": "            x = first(x)\n            found.append(x)\n", "            found.append(x)\n        return found": "        self.last = x\n        return found", "self.maps(x)[-1].mean": "(self.maps(x), self.last)[1].mean"}, hint="The maps are those from before a stage's blocks. They should leave the stage, after its last block.")
def maps_before_the_blocks(): ...


@mistake("Darknet53", edit={"found = []\n        x = self.stem(x)": "x = self.stem(x)\n        found = [x]"}, hint="The stem's map is among the maps. It belongs to no stage.")
def stem_among_the_maps(): ...


@mistake("Darknet53", edit={".mean(dim=(2, 3))": ".amax(dim=(2, 3))"}, hint="The maximum over all places goes into fc. It should be the mean.")
def maximum_into_fc(): ...


@mistake("Darknet53", edit={"nn.Linear(width, num_classes)": "nn.Linear(width, num_classes, bias=False)"}, hint="fc has no bias.")
def fc_without_bias(): ...


@mistake("Darknet53", edit={"for _ in range(num):": "for _ in range(max(num, 1)):"}, hint="A stage of no blocks has one all the same.")
def one_block_at_least(): ...


@mistake("Darknet53", edit={"blocks: tuple[int, ...] = (1, 2, 8, 8, 4)": "blocks: tuple[int, ...] = (3, 4, 6, 3)"}, hint="Without `blocks` the stages are those of ResNet-50. In the paper they are 1, 2, 8, 8, 4.")
def blocks_of_resnet(): ...


@mistake("Darknet53", edit={"for num in blocks:": "for num in (1, 2, 8, 8, 4):"}, hint="`blocks` has no effect.")
def blocks_ignored(): ...


@mistake("Darknet53", edit={"nn.ModuleList([unit(width, 2 * width, 3, stride=2)])": "nn.ModuleList([unit(width, 2 * width, 3, stride=2), nn.ModuleList()])", "stage.append(": "stage[1].append(", "for block in others:": "for block in others[0]:"}, hint="A stage's blocks stand in a list of their own. They follow the halving unit directly: 1, 2, ...")
def blocks_in_a_list(): ...


@mistake("Darknet53", edit={"for num in blocks:": "width = width // 2\n        for num in blocks:", "unit(width, 2 * width, 3, stride=2)": "unit(width if len(self.stages) else 2 * width, 2 * width, 3, stride=2)"}, hint="The first stage has no more channels than the stem. Each stage doubles them.")
def first_stage_not_doubled(): ...


@mistake("Darknet53", edit={"nn.Linear(width, num_classes)": "nn.Linear(width, 1000)"}, hint="num_classes has no effect: fc has always as many outputs.")
def always_a_thousand_classes(): ...


@mistake("Darknet53", edit={"found.append(x)": "found.append(x.detach())"}, hint="No gradient passes the maps: they are detached.")
def detached_maps(): ...


@mistake("Darknet53", edit={"nn.Linear(width, num_classes)": "nn.Linear(1024, num_classes)"}, hint="fc has as many inputs as in the paper, whatever width and blocks are.")
def fc_of_the_paper(): ...


@mistake("Darknet53", edit={"self.maps(x)[-1]": "self.maps(x)[0]"}, hint="fc is given the first stage's map. It belongs to the last.")
def first_map_scored(): ...


@mistake("Darknet53", edit={"x = first(x)": "x = first(x[..., : max(x.shape[-2] // 2 * 2, 1), : max(x.shape[-1] // 2 * 2, 1)])"}, hint="Odd maps lose a row or a column before they are halved. n / 2 is rounded up.")
def odd_sizes_rounded_down(): ...


@mistake("Darknet53", edit={"x = x + block(x)": "x = (x + block(x)) / 2"}, hint="A block and its input are averaged. They are added.")
def half_of_the_sum(): ...


@mistake("Darknet53", edit={"unit(width, 2 * width, 3, stride=2)": "unit(width, 2 * width, 1, stride=2)"}, hint="The unit that halves has a window of 1 × 1. It is 3 × 3.")
def halved_by_one(): ...


@mistake("Darknet53", edit={"x = x + block(x)": "x += block(x)"}, hint="The sum is written into the block's input, which is still needed for the gradient.")
def added_in_place(): ...


@mistake("Darknet53", edit={"            x = first(x)\n": "            x = first(x)\n            found.append(x)\n", "            found.append(x)\n        return found": "        return found"}, hint="The maps are those from before a stage's blocks. They should leave the stage, after its last block.")
def blocks_lost(): ...


@mistake("Darknet53", edit={"            x = first(x)\n": "            found.append(x)\n            x = first(x)\n", "            found.append(x)\n        return found": "        return found"}, hint="The maps are those that enter a stage. They should leave it, after its last block.")
def maps_that_enter(): ...


@mistake("Darknet53", edit={"unit(width, 2 * width, 3, stride=2)": "unit(width, 2 * width, 3)", "x = first(x)": "x = first(F.max_pool2d(x, 2, ceil_mode=True))"}, hint="A pooling halves the map. Here it is the stride of a unit.")
def halved_by_a_pooling(): ...


@mistake("Darknet53", edit={"self.maps(x)[-1].mean(dim=(2, 3))": "self.maps(x)[-1].mean(dim=2)[:, :, 0]"}, hint="Only rows are averaged, and one column is picked. The mean goes over all places.")
def one_axis_averaged_for_fc(): ...


@mistake("Darknet53", edit={"narrow = unit(2 * width, width, 1)": "narrow = unit(2 * width, width // 2, 1)", "unit(width, 2 * width, 3)))": "unit(width // 2, 2 * width, 3)))"}, hint="The first unit of a block has a quarter of the channels. It should have half.")
def narrowed_to_a_quarter(): ...


@mistake("Darknet53", edit={"for _ in range(num):": "for _ in range(1, num):"}, hint="Each stage has one block too few: `blocks` counts the residual blocks alone, without the halving unit.")
def one_block_less(): ...


@mistake("Darknet53", edit={"x = x + block(x)": "x = F.relu(x + block(x))"}, hint="An activation follows the addition. Nothing does.")
def rectified_sum(): ...


@mistake("Darknet53", edit={"self.maps(x)[-1].mean(dim=(2, 3))": "self.maps(x)[-1].relu().mean(dim=(2, 3))"}, hint="An activation stands before fc. Nothing but the mean does.")
def rectified_before_fc(): ...


@mistake("Darknet53", edit={"            for _ in range(num):\n                narrow = unit(2 * width, width, 1)\n                stage.append(nn.Sequential(narrow, unit(width, 2 * width, 3)))": "            narrow = unit(2 * width, width, 1)\n            stage.extend([nn.Sequential(narrow, unit(width, 2 * width, 3))] * num)"}, hint="The blocks of a stage are one and the same module. Each has weights of its own.")
def one_block_repeated(): ...


@mistake("Darknet53", edit={"self.fc(self.maps(x)[-1].mean(dim=(2, 3)))": "self.fc(self.maps(x)[-1].mean(dim=(2, 3))).softmax(dim=1)"}, hint="A softmax makes probabilities of the scores. Asked for are the scores.")
def softmax_of_scores(): ...


@mistake("Darknet53", edit={"        x = self.stem(x)\n": "", "self.maps(x)[-1]": "self.maps(self.stem(x))[-1]"}, hint="maps takes what leaves the stem. It is called with images, and the stem belongs to it.")
def stem_outside_maps(): ...


@mistake("Darknet53", edit={"self.stem = unit(3, width, 3)": "self.stem = unit(3, width, 7)"}, hint="The stem has a window of 7 × 7. It is 3 × 3.")
def stem_of_seven(): ...


@mistake("Darknet53", edit={"self.maps(x)[-1].mean(dim=(2, 3))": "self.maps(x)[-1].sum(dim=(2, 3))"}, hint="The sum over all places goes into fc. It should be the mean.")
def sum_into_fc(): ...


@mistake("Darknet53", edit={"width: int = 32": "width: int = 64"}, hint="Without `width` the stem has 64 channels. In the paper it has 32.")
def stem_of_sixty_four(): ...


@mistake("Darknet53", edit={"return found": "return found[-3:]"}, hint="Only the last three maps come out. Asked for is that of each stage.")
def last_three_maps(): ...


@right("Darknet53", edit={"nn.ModuleList([unit(width, 2 * width, 3, stride=2)])": "nn.Sequential(unit(width, 2 * width, 3, stride=2))"})
def stages_in_sequentials(): ...


@right("Darknet53")
class WithALoopOverPlaces(nn.Module):
    def __init__(self, num_classes=1000, width=32, blocks=(1, 2, 8, 8, 4)):
        super().__init__()
        self.stem = unit(3, width, 3)
        self.stages = nn.ModuleList()
        for place, num in enumerate(blocks):
            wide = width * 2 ** (place + 1)
            others = [nn.Sequential(unit(wide, wide // 2, 1), unit(wide // 2, wide, 3)) for _ in range(num)]
            self.stages.append(nn.ModuleList([unit(wide // 2, wide, 3, 2), *others]))
        self.fc = nn.Linear(width * 2 ** len(blocks), num_classes)

    def maps(self, x):
        out, now = [], self.stem(x)
        for stage in self.stages:
            for place, part in enumerate(stage):
                now = part(now) if place == 0 else now + part(now)
            out.append(now)
        return out

    def forward(self, x):
        last = self.maps(x)[-1]
        return self.fc(F.adaptive_avg_pool2d(last, 1).flatten(1))


@right("Darknet53")
class OfOwnUnits(nn.Module):
    def __init__(self, num_classes=1000, width=32, blocks=(1, 2, 8, 8, 4)):
        super().__init__()

        def own(inside, outside, size, stride=1):
            conv = nn.Conv2d(inside, outside, size, stride=stride, padding=(size - 1) // 2, bias=False)
            return nn.Sequential(conv, nn.BatchNorm2d(outside), nn.LeakyReLU(negative_slope=0.1, inplace=True))

        self.stem = own(3, width, 3)
        stages, channels = [], width
        for num in blocks:
            stage = [own(channels, channels * 2, 3, stride=2)]
            channels *= 2
            stage += [
                nn.Sequential(own(channels, channels // 2, 1), own(channels // 2, channels, 3)) for _ in range(num)
            ]
            stages.append(nn.ModuleList(stage))
        self.stages = nn.ModuleList(stages)
        self.fc = nn.Linear(channels, num_classes)

    def maps(self, x):
        x = self.stem(x)
        results = []
        for stage in self.stages:
            x = stage[0](x)
            for k in range(1, len(stage)):
                x = stage[k](x) + x
            results.append(x)
        return results

    def forward(self, x):
        return self.fc(self.maps(x)[-1].flatten(2).mean(-1))


@right("Darknet53")
class MapsOneAfterTheOther(nn.Module):
    def __init__(self, num_classes=1000, width=32, blocks=(1, 2, 8, 8, 4)):
        super().__init__()
        self.stem, self.stages = unit(3, width, 3), nn.ModuleList()
        for number in blocks:
            self.stages.append(nn.ModuleList())
            self.stages[-1].append(unit(width, width * 2, 3, stride=2))
            width *= 2
            for _ in range(number):
                self.stages[-1].append(nn.Sequential(unit(width, width // 2, 1), unit(width // 2, width, 3)))
        self.fc = nn.Linear(width, num_classes)

    def through(self, stage, x):
        x = stage[0](x)
        for block in list(stage)[1:]:
            x = torch.add(x, block(x))
        return x

    def maps(self, x):
        maps = [self.stem(x)]
        for stage in self.stages:
            maps.append(self.through(stage, maps[-1]))
        return maps[1:]

    def forward(self, x):
        x = self.maps(x)[-1]
        return self.fc(x.sum(dim=(2, 3)) / (x.shape[2] * x.shape[3]))
