"""What students write in boxes: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

BYTES = "Bytes are added as bytes, and 200 + 250 is 194 there: turn whole numbers into float32 before the first sum."
PROMOTED = "Whole numbers come back as float64, and they should be float32."
FLOORED = "Halves are lost: // rounds down, and half of an odd number has a half."
PLUS_ONE = "Widths and heights are larger by 1: edges are places, not the last pixel that belongs to the box."
ROWS_FIRST = "Height and width of the image are exchanged: a size names the rows first, a box names x first."
LIST_ONLY = "This works for a list of boxes (N, 4) only: with other leading dimensions count the dimension from the end."
CUT_OFF = "No gradient comes back: the numbers are taken out of autograd's graph on the way."
NO_SIZE = "The image's size is used for all four numbers alike: x and widths go with the width, y and heights with the height."
UNCLAMPED = "Two negative sides make a positive area: a side below 0 has to become 0 before the two are multiplied."
ONE_SIDE = "Only the width is kept from going below 0: so must the height."
DOUBLE_COUNT = "What both cover is counted twice in the union: take it off the sum of the areas once."
CORNERS_SWAPPED = "The overlap begins at the larger of the two upper left corners, and ends at the smaller of the lower right ones."
EPSILON = "Small boxes come out wrong: the small number that you add below the fraction, or hold it at, is no smaller than their area. Replace the zeros only."
NAN_POINTS = "0/0 is NaN: a fraction with nothing below it counts as 0 here."
FIRST_AREA = "The overlap is divided by the area of one box: it is the area that at least one of them covers."
SMALLER_AREA = "The overlap is divided by the smaller area: nested boxes aren't equal boxes."
AS_MIDDLES = "The four numbers are read as middle, width and height: here they are the four edges."
MEAN = "A mean is taken: one number for each pair is asked for."
PAIRED = "The boxes are compared pair by pair: each of the N meets each of the M."
FULL = "The frame is the bounding box of the overlap here, not of both boxes: which corner is the smaller one?"
LOSS = "This is the loss, one minus the measure: the measure itself is asked for, 1 for equal boxes."
ADDED = "The second fraction is added: it is a punishment, and has to be taken off."
ALONE = "The second fraction is left out or has no say: the plain IoU is left."
TABLE_FOR_PAIRS = "A table of all boxes with all targets is made: here each box has its one target, and the leading shapes broadcast."
NAN_SLOPE = "The values are right and the gradient is NaN: what was computed and thrown away has a gradient too. Fill in something harmless before."
DOUBLES_LOST = "float64 comes back as float32: only whole numbers are to be turned into float32."
OVERWRITTEN = "The given boxes are overwritten: whoever gave them needs them, and so does the gradient. Make new ones."
NOTHING_BELOW = "At the right and below nothing is cut: an image ends there, too. Are edges and limits in one unit when you cut?"
MIDDLES_CUT = "The middle is moved into the image, and the whole box with it: only its edges are to be cut."
BELOW_ZERO = "Edges below 0 are cut off before anything is compared: these four numbers may lie anywhere."
HALF_FRAME = "Of the frame one corner is that of the overlap: which of two edges bounds both boxes?"
NOT_FINITE = "Without overlap a large number comes instead of infinity: the small number that you put in place of 0, or add to it, decides which one."
NO_FRAME = "Where the union is 0 the second fraction counts as 0, too: only its own denominator decides about that. Two points that differ have a frame."
SHAPED = "A line or a point is given a shape: v is 0 for a pair in which the box or the target has no area."
ANGLES = "The difference of the angles isn't squared."
ALPHA_SLOPE = "The gradient goes through alpha as well, or through a part of it: it is a weight, and a constant for the gradient."
V_CONSTANT = "v is taken for a constant as well: then the shape has no gradient at all. Only its weight alpha is one."
ALPHA_LESS = "alpha comes out too small: the number that you add below its fraction is no longer small. Replace the zeros only."
EXACT_SCALE = "The boxes are scaled by the rounded rows and columns, at least on one way: the scale is exactly the smaller of the two ratios."
NEAREST = "The image is resized by its nearest pixels: bilinear is asked for."
ALIGNED = "Corner pixels are laid on corner pixels: F.interpolate's defaults are asked for."
SMOOTHED = "The image is smoothed before it is made smaller: that is a setting of F.interpolate which its defaults leave out."
EMPTY = "Without boxes something of a fixed shape and dtype comes back: the leading dimensions are those of the input, and the dtype is the same as with boxes."


# corner_to_center


@mistake("corner_to_center", edit={"(x1 + x2) / 2, (y1 + y2) / 2": "(x2 - x1) / 2, (y2 - y1) / 2"}, hint="This is half of the width and height, not the middle: the middle is the mean of two edges.")
def half_a_side_for_the_middle(): ...


@mistake("corner_to_center", edit={"(x1 + x2) / 2, (y1 + y2) / 2": "x1, y1"}, hint="The first two numbers are still the upper left corner: they should name the middle.")
def corner_and_sides(): ...


@mistake("corner_to_center", edit={"x2 - x1, y2 - y1": "x2 - x1 + 1, y2 - y1 + 1"}, hint=PLUS_ONE)
def sides_with_one_more(): ...


@mistake("corner_to_center", edit={"x2 - x1, y2 - y1": "y2 - y1, x2 - x1"}, hint="Width and height are exchanged: the width is the one of the x.")
def height_before_width(): ...


@mistake("corner_to_center", edit={"(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1": "(x1 + x2) / 2, x2 - x1, (y1 + y2) / 2, y2 - y1"}, hint="The four numbers stand in another order: both numbers of the middle come first, then both sides.")
def middle_and_side_by_axis(): ...


@mistake("corner_to_center", edit={"height, width = size": "width, height = size"}, hint=ROWS_FIRST)
def shares_with_sides_exchanged(): ...


@mistake("corner_to_center", edit={"[width, height, width, height]": "[width, height, 1, 1]"}, hint="Only the middle becomes shares: width and height are measured in shares of the image as well.")
def only_the_middle_in_shares(): ...


@mistake("corner_to_center", edit={"[width, height, width, height]": "[width] * 4"}, hint=NO_SIZE)
def all_by_the_width(): ...


@mistake("corner_to_center", edit={"unbind(dim=-1)": "unbind(dim=1)", "dim=-1)\n    if size": "dim=1)\n    if size"}, hint=LIST_ONLY)
def middles_of_a_list_only(): ...


@mistake("corner_to_center", edit={"boxes = boxes.float()": "boxes = boxes * 1"}, hint="Whole numbers are never made float: think of sums that don't fit into a byte, and of the dtype that comes back.")
def whole_numbers_kept(): ...


@mistake("corner_to_center", edit={"boxes = boxes.float()": "boxes = boxes.double()"}, hint=PROMOTED)
def whole_numbers_in_double(): ...


@mistake("corner_to_center", edit={"(x1 + x2) / 2, (y1 + y2) / 2": "(x1 + x2) // 2, (y1 + y2) // 2"}, hint=FLOORED)
def middles_rounded_down(): ...


@mistake("corner_to_center", edit={"boxes.unbind": "boxes.detach().unbind"}, hint=CUT_OFF)
def middles_without_a_gradient(): ...


@mistake("corner_to_center", hint="The right edge was overwritten before it was needed, or the left one: compute all four numbers from the old ones.")
def middles_overwritten(boxes, size=None):
    found = boxes.clone() if boxes.is_floating_point() else boxes.float()
    found[..., 0] = (found[..., 0] + found[..., 2]) / 2
    found[..., 1] = (found[..., 1] + found[..., 3]) / 2
    found[..., 2] = found[..., 2] - found[..., 0]
    found[..., 3] = found[..., 3] - found[..., 1]
    if size is None:
        return found
    return found / found.new_tensor([size[1], size[0], size[1], size[0]])


@mistake("corner_to_center", edit={"x1, y1, x2, y2 = boxes": "if not boxes.numel():\n        return torch.zeros(0, 4)\n    x1, y1, x2, y2 = boxes"}, hint=EMPTY)
def middles_of_nothing(): ...


@mistake("corner_to_center", hint=OVERWRITTEN)
def middles_written_into_the_input(boxes, size=None):
    boxes = boxes if boxes.is_floating_point() else boxes.float()
    width, height = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    boxes[..., 0] += width / 2
    boxes[..., 1] += height / 2
    boxes[..., 2] = width
    boxes[..., 3] = height
    if size is not None:
        boxes[..., 0::2] /= size[1]
        boxes[..., 1::2] /= size[0]
    return boxes


@right("corner_to_center")
def middles_of_two_corners(boxes, size=None):
    boxes = boxes if boxes.is_floating_point() else boxes.to(torch.float32)
    first, second = boxes[..., 0:2], boxes[..., 2:4]
    found = torch.cat(((first + second) * 0.5, second - first), -1)
    if size is not None:
        found = found / torch.tensor(tuple(size)[::-1] * 2, dtype=boxes.dtype, device=boxes.device)
    return found


@right("corner_to_center")
def middles_by_a_matrix(boxes, size=None):
    if not torch.is_floating_point(boxes):
        boxes = boxes.float()
    rule = [[0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [-1, 0, 1, 0], [0, -1, 0, 1]]
    rule = torch.tensor(rule, dtype=boxes.dtype, device=boxes.device)
    if size is not None:
        rows, columns = size
        rule = rule / torch.tensor([[columns], [rows], [columns], [rows]], dtype=boxes.dtype, device=boxes.device)
    return (boxes[..., None, :] * rule).sum(-1)


@right("corner_to_center")
def middles_written_into_new_memory(boxes, size=None):
    boxes = boxes.float() if boxes.dtype not in (torch.float16, torch.float32, torch.float64) else boxes
    rows, columns = (1, 1) if size is None else size
    found = torch.empty_like(boxes)
    found[..., 2] = (boxes[..., 2] - boxes[..., 0]) / columns
    found[..., 3] = (boxes[..., 3] - boxes[..., 1]) / rows
    found[..., 0] = boxes[..., 0] / columns + found[..., 2] / 2
    found[..., 1] = boxes[..., 1] / rows + found[..., 3] / 2
    return found


@mistake("corner_to_center", edit={"if not boxes.is_floating_point():\n        boxes = boxes.float()": "boxes = boxes.float()"}, hint=DOUBLES_LOST)
def middles_always_in_float32(): ...


@mistake("corner_to_center", hint="Whole numbers are turned back into whole numbers at the end: the halves are lost, and float32 is asked for.")
def middles_made_whole_again(boxes, size=None):
    kind = boxes.dtype
    x1, y1, x2, y2 = (boxes if boxes.is_floating_point() else boxes.float()).unbind(dim=-1)
    found = torch.stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], dim=-1)
    if size is not None:
        found = found / found.new_tensor([size[1], size[0]] * 2)
    return found.to(kind)


@mistake("corner_to_center", edit={"boxes.unbind(dim=-1)": "boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3]"}, hint=LIST_ONLY)
def middles_of_columns_only(): ...


@mistake("corner_to_center", edit={"unbind(dim=-1)": "unbind(dim=1)"}, hint=LIST_ONLY)
def middles_unbound_along_the_second(): ...


@mistake("corner_to_center", edit={"if not boxes.is_floating_point():": "if not boxes.numel():\n        return boxes.clone()\n    if not boxes.is_floating_point():"}, hint=EMPTY)
def middles_of_nothing_stay_whole(): ...


# center_to_corner


@mistake("center_to_corner", edit={"middles - sides / 2, middles + sides / 2": "middles - sides, middles + sides"}, hint="From the middle to an edge it is half a side: these boxes are twice as wide and high.")
def whole_sides_from_the_middle(): ...


@mistake("center_to_corner", edit={"middles - sides / 2, middles + sides / 2": "middles, middles + sides"}, hint="The first two numbers are taken for the upper left corner: they are the middle.")
def middle_for_a_corner(): ...


@mistake("center_to_corner", edit={"middles + sides / 2": "middles + sides / 2 - 1"}, hint="The right and the lower edge come out too small by 1: edges are places, not the last pixel that belongs to the box.")
def last_pixels_for_edges(): ...


@mistake("center_to_corner", edit={"middles - sides / 2, middles + sides / 2], dim=-1)": "middles - sides / 2, middles + sides / 2], dim=-1)[..., [0, 2, 1, 3]]"}, hint="The four numbers stand in another order: left, top, right, bottom.")
def edges_by_axis(): ...


@mistake("center_to_corner", edit={"boxes[..., :2], boxes[..., 2:]": "boxes[..., :2], boxes[..., 2:].flip(-1)"}, hint="Width and height are exchanged: the third number goes with x.")
def width_for_y(): ...


@mistake("center_to_corner", edit={"height, width = size": "width, height = size"}, hint=ROWS_FIRST)
def edges_with_sides_exchanged(): ...


@mistake("center_to_corner", edit={"torch.minimum((found * ends).clamp(min=0), ends)": "found * ends"}, hint="Edges beyond the image stay there: with a size they are moved to its border.")
def nothing_is_cut(): ...


@mistake("center_to_corner", edit={"torch.minimum((found * ends).clamp(min=0), ends)": "(found * ends).clamp(min=0)"}, hint=NOTHING_BELOW)
def cut_at_zero_only(): ...


@mistake("center_to_corner", edit={"torch.minimum((found * ends).clamp(min=0), ends)": "torch.minimum((found * ends).clamp(min=0), ends - 1)"}, hint="The border lies one pixel too far inside: pixel i reaches to i + 1, so the last one ends at the width itself.")
def cut_at_the_last_pixel(): ...


@mistake("center_to_corner", edit={"torch.minimum((found * ends).clamp(min=0), ends)": "(found * ends).clamp(0, max(size))"}, hint="All four edges are cut at the same number: x ends at the width, y at the height.")
def cut_at_one_number(): ...


@mistake("center_to_corner", edit={"boxes[..., :2], boxes[..., 2:]": "boxes[..., :2] if size is None else boxes[..., :2].clamp(0, 1), boxes[..., 2:]"}, hint=MIDDLES_CUT)
def middles_moved_inside(): ...


@mistake("center_to_corner", edit={"return found\n": "return found.clamp(min=0)\n"}, hint="Edges below 0 are cut where no size was given: nobody said that there is an image.")
def cut_without_a_size(): ...


@mistake("center_to_corner", edit={"boxes = boxes.float()": "boxes = boxes.double()"}, hint=PROMOTED)
def whole_middles_in_double(): ...


@mistake("center_to_corner", edit={"middles - sides / 2, middles + sides / 2": "middles - sides // 2, middles + sides // 2"}, hint=FLOORED)
def sides_rounded_down(): ...


@mistake("center_to_corner", edit={"boxes[..., :2], boxes[..., 2:]": "boxes[:, :2], boxes[:, 2:]"}, hint=LIST_ONLY)
def edges_of_a_list_only(): ...


@mistake("center_to_corner", edit={"= boxes[..., :2], boxes[..., 2:]": "= boxes.detach()[..., :2], boxes.detach()[..., 2:]"}, hint=CUT_OFF)
def edges_without_a_gradient(): ...


@mistake("center_to_corner", edit={"middles, sides = boxes": "if not boxes.numel():\n        return torch.zeros(0, 4)\n    middles, sides = boxes"}, hint=EMPTY)
def edges_of_nothing(): ...


@mistake("center_to_corner", edit={"torch.minimum((found * ends).clamp(min=0), ends)": "torch.minimum((found * ends).clamp(min=0), ends[[1, 0, 3, 2]])"}, hint="The limits are exchanged: x ends at the width, y at the height.")
def limits_exchanged(): ...


@right("center_to_corner")
def edges_from_four_numbers(boxes, size=None):
    if not boxes.dtype.is_floating_point:
        boxes = boxes.to(torch.float32)
    cx, cy, w, h = (boxes[..., k] for k in (0, 1, 2, 3))
    if size is None:
        return torch.stack((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), -1)
    rows, columns = size
    left, right_edge = ((cx - w / 2) * columns).clamp(0, columns), ((cx + w / 2) * columns).clamp(0, columns)
    top, bottom = ((cy - h / 2) * rows).clamp(0, rows), ((cy + h / 2) * rows).clamp(0, rows)
    return torch.stack((left, top, right_edge, bottom), -1)


@right("center_to_corner")
def edges_by_steps_from_the_middle(boxes, size=None):
    boxes = boxes if torch.is_floating_point(boxes) else boxes.float()
    if size is not None:
        scale = torch.tensor([size[1], size[0]] * 2, dtype=boxes.dtype, device=boxes.device)
        boxes = boxes * scale
    sides = boxes[..., [2, 3, 2, 3]] / 2
    signs = torch.tensor([-1, -1, 1, 1], dtype=boxes.dtype, device=boxes.device)
    edges = boxes[..., [0, 1, 0, 1]] + signs * sides
    if size is not None:
        edges = torch.relu(edges)
        edges = scale - torch.relu(scale - edges)
    return edges


@right("center_to_corner")
def edges_cut_in_shares(boxes, size=None):
    if not boxes.is_floating_point():
        boxes = boxes.float()
    low = boxes[..., :2] - 0.5 * boxes[..., 2:]
    edges = torch.cat((low, low + boxes[..., 2:]), dim=-1)
    if size is not None:
        height, width = size
        edges = edges.clamp(min=0, max=1) * torch.tensor([width, height, width, height]).to(edges)
    return edges


@mistake("center_to_corner", edit={"if not boxes.is_floating_point():\n        boxes = boxes.float()": "boxes = boxes.float()"}, hint=DOUBLES_LOST)
def edges_always_in_float32(): ...


@mistake("center_to_corner", edit={"if not boxes.is_floating_point():": "if size is not None:\n        boxes = boxes.clamp(0, 1)\n    if not boxes.is_floating_point():", "torch.minimum((found * ends).clamp(min=0), ends)": "found * ends"}, hint=MIDDLES_CUT)
def shares_cut_for_edges(): ...


@mistake("center_to_corner", edit={"found = torch.cat([middles - sides / 2, middles + sides / 2]": "sides /= 2\n    found = torch.cat([middles - sides, middles + sides]"}, hint=OVERWRITTEN)
def sides_halved_in_the_input(): ...


@mistake("center_to_corner", hint="Whole numbers become float32 after the halving, which has rounded them down: turn them first.")
def whole_sides_rounded_down(boxes, size=None):
    middles, sides = boxes[..., :2], boxes[..., 2:]
    half = sides / 2 if boxes.is_floating_point() else sides // 2
    found = torch.cat([middles - half, middles + half], dim=-1)
    found = found if found.is_floating_point() else found.float()
    if size is None:
        return found
    ends = found.new_tensor([size[1], size[0]] * 2)
    return torch.minimum((found * ends).clamp(min=0), ends)


@mistake("center_to_corner", edit={"return found\n": "return found[..., [0, 2, 1, 3]]\n", "torch.minimum((found * ends).clamp(min=0), ends)": "torch.minimum((found * ends).clamp(min=0), ends)[..., [0, 2, 1, 3]]"}, hint="The four numbers stand in another order: left, top, right, bottom.")
def edges_by_axis_at_the_end(): ...


@mistake("center_to_corner", edit={"torch.minimum((found * ends).clamp(min=0), ends)": "torch.minimum(found * ends, ends)"}, hint="Edges are cut at the right and below only: an image begins at 0, too.")
def cut_at_the_end_only(): ...


@mistake("center_to_corner", edit={"torch.minimum((found * ends).clamp(min=0), ends)": "torch.cat([(found * ends)[..., :2].clamp(min=0), torch.minimum((found * ends)[..., 2:], ends[2:])], dim=-1)"}, hint="Left and upper edges are cut at 0 only, right and lower ones at the other end only: of a box wholly outside both edges lie beyond one border.")
def each_edge_cut_at_its_own_side(): ...


@mistake("center_to_corner", edit={"if not boxes.is_floating_point():\n        boxes = boxes.float()\n    middles": "middles", "middles + sides / 2": "(2 * middles + sides) / 2"}, hint=BYTES)
def bytes_doubled_before_they_are_halved(): ...


@mistake("center_to_corner", edit={"dim=-1)\n    if size": "dim=1)\n    if size"}, hint=LIST_ONLY)
def edges_joined_along_the_second(): ...


@mistake("center_to_corner", edit={"if not boxes.is_floating_point():": "if not boxes.numel():\n        return boxes.clone()\n    if not boxes.is_floating_point():"}, hint=EMPTY)
def edges_of_nothing_stay_whole(): ...


# box_iou


@mistake("box_iou", edit={".clamp(min=0).prod(dim=-1)": ".prod(dim=-1)"}, hint=UNCLAMPED)
def sides_below_zero(): ...


@mistake("box_iou", edit={".clamp(min=0).prod(dim=-1)": ".prod(dim=-1).clamp(min=0)"}, hint=UNCLAMPED)
def clamped_after_the_product(): ...


@mistake("box_iou", edit={"(lower_right - upper_left).clamp(min=0).prod(dim=-1)": "((lower_right - upper_left)[..., 0].clamp(min=0) * (lower_right - upper_left)[..., 1])"}, hint=ONE_SIDE)
def only_widths_clamped(): ...


@mistake("box_iou", edit={"other_area - common": "other_area"}, hint=DOUBLE_COUNT)
def union_counts_twice(): ...


@mistake("box_iou", edit={"(lower_right - upper_left)": "(lower_right - upper_left + 1)", "(boxes[:, 2:] - boxes[:, :2])": "(boxes[:, 2:] - boxes[:, :2] + 1)", "(others[:, 2:] - others[:, :2])": "(others[:, 2:] - others[:, :2] + 1)"}, hint=PLUS_ONE)
def areas_with_one_more(): ...


@mistake("box_iou", edit={
        "torch.maximum(boxes[:, None, :2]": "torch.minimum(boxes[:, None, :2]",
        "torch.minimum(boxes[:, None, 2:]": "torch.maximum(boxes[:, None, 2:]",
    }, hint=CORNERS_SWAPPED)
def frame_for_overlap(): ...


@mistake("box_iou", edit={"return common / torch.where(union > 0, union, 1.0)": "return common / union"}, hint=NAN_POINTS)
def points_have_nan(): ...


@mistake("box_iou", edit={"torch.where(union > 0, union, 1.0)": "(union + 1e-6)"}, hint=EPSILON)
def union_with_an_epsilon(): ...


@mistake("box_iou", edit={"torch.where(union > 0, union, 1.0)": "union.clamp(min=1.0)"}, hint="A union below 1 is taken for 1: boxes in shares of an image have areas far below that.")
def union_of_at_least_one(): ...


@mistake("box_iou", edit={"union = area[:, None] + other_area - common": "union = area[:, None].expand_as(common)"}, hint=FIRST_AREA)
def over_the_first_area(): ...


@mistake("box_iou", edit={"union = area[:, None] + other_area - common": "union = torch.minimum(area[:, None], other_area)"}, hint=SMALLER_AREA)
def over_the_smaller_area(): ...


@mistake("box_iou", edit={"union = area[:, None] + other_area - common": "union = (torch.maximum(boxes[:, None, 2:], others[None, :, 2:]) - torch.minimum(boxes[:, None, :2], others[None, :, :2])).prod(dim=-1)"}, hint="The overlap is divided by the frame around both boxes: part of the frame may be covered by neither.")
def over_the_frame(): ...


@mistake("box_iou", hint=AS_MIDDLES)
def read_as_middles(boxes, others):
    first, second = (torch.cat((b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2), dim=1) for b in (boxes, others))
    sides = (torch.minimum(first[:, None, 2:], second[:, 2:]) - torch.maximum(first[:, None, :2], second[:, :2])).clamp(min=0)
    common = sides.prod(dim=-1)
    union = (boxes[:, 2:].prod(dim=1)[:, None] + others[:, 2:].prod(dim=1)) - common
    return common / torch.where(union > 0, union, 1.0)


@mistake("box_iou", edit={"return common / torch.where(union > 0, union, 1.0)": "return (common / torch.where(union > 0, union, 1.0)).T"}, hint="The table lies on its side: a row for each of the boxes, a column for each of the others.")
def table_on_its_side(): ...


@mistake("box_iou", hint=PAIRED)
def pairs_for_a_table(boxes, others):
    sides = (torch.minimum(boxes[:, 2:], others[:, 2:]) - torch.maximum(boxes[:, :2], others[:, :2])).clamp(min=0)
    common = sides[:, 0] * sides[:, 1]
    union = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1) + (others[:, 2:] - others[:, :2]).prod(dim=1) - common
    return common / torch.where(union > 0, union, 1.0)


@mistake("box_iou", edit={".clamp(min=0).prod(dim=-1)": ".abs().prod(dim=-1)"}, hint="The sign of a negative side is thrown away, and a gap counts as an overlap: a side below 0 has to become 0.")
def gaps_for_overlaps(): ...


@right("box_iou")
def iou_from_four_edges(boxes, others):
    x1, y1, x2, y2 = boxes.t()[:, :, None]
    a1, b1, a2, b2 = others.t()[:, None, :]
    width = (torch.min(x2, a2) - torch.max(x1, a1)).clamp(min=0)
    height = (torch.min(y2, b2) - torch.max(y1, b1)).clamp(min=0)
    overlap = width * height
    union = (x2 - x1) * (y2 - y1) + (a2 - a1) * (b2 - b1) - overlap
    return torch.where(union == 0, torch.zeros_like(overlap), overlap / union)


@right("box_iou")
def iou_without_nan_afterwards(boxes, others):
    n, m = len(boxes), len(others)
    a, b = boxes.unsqueeze(1).expand(n, m, 4), others.unsqueeze(0).expand(n, m, 4)
    sides = torch.relu(torch.min(a, b)[..., 2:] - torch.max(a, b)[..., :2])
    overlap = sides[..., 0] * sides[..., 1]
    areas = [(x[..., 2] - x[..., 0]) * (x[..., 3] - x[..., 1]) for x in (a, b)]
    return torch.nan_to_num(overlap / (areas[0] + areas[1] - overlap), nan=0.0)


@right("box_iou")
def iou_by_lengths(boxes, others):
    def shared(low, high, other_low, other_high):
        return torch.relu(torch.min(high[:, None], other_high[None]) - torch.max(low[:, None], other_low[None]))

    overlap = shared(boxes[:, 0], boxes[:, 2], others[:, 0], others[:, 2])
    overlap = overlap * shared(boxes[:, 1], boxes[:, 3], others[:, 1], others[:, 3])
    area = torch.diff(boxes.reshape(-1, 2, 2), dim=1).prod(-1)
    other = torch.diff(others.reshape(-1, 2, 2), dim=1).prod(-1)
    union = area.reshape(-1, 1) + other.reshape(1, -1) - overlap
    return overlap / union.masked_fill(union == 0, 1)


@mistake("box_iou", edit={"upper_left = torch": "boxes, others = boxes.clamp(min=0), others.clamp(min=0)\n    upper_left = torch"}, hint=BELOW_ZERO)
def edges_below_zero_cut(): ...


@mistake("box_iou", edit={"torch.where(union > 0, union, 1.0)": "(union + 1e-7)"}, hint=EPSILON)
def union_with_a_ten_millionth(): ...


@mistake("box_iou", edit={"torch.where(union > 0, union, 1.0)": "(union + 1e-8)"}, hint=EPSILON)
def union_with_a_hundred_millionth(): ...


@mistake("box_iou", edit={"torch.where(union > 0, union, 1.0)": "(union + 1e-9)"}, hint=EPSILON)
def union_with_a_billionth(): ...


@mistake("box_iou", edit={"torch.where(union > 0, union, 1.0)": "(union + 1e-12)"}, hint=EPSILON)
def union_with_a_trillionth(): ...


@mistake("box_iou", edit={"torch.where(union > 0, union, 1.0)": "union.clamp(min=1e-6)"}, hint=EPSILON)
def union_of_at_least_a_millionth(): ...


@mistake("box_iou", edit={"torch.where(union > 0, union, 1.0)": "union.clamp(min=1e-7)"}, hint=EPSILON)
def union_of_at_least_a_ten_millionth(): ...


@mistake("box_iou", edit={"return common / torch.where(union > 0, union, 1.0)": "found = common / torch.where(union > 0, union, 1.0)\n    return torch.where((boxes[:, None] == others).all(dim=-1), 1.0, found)"}, hint="A line or a point has an IoU of 1 with itself: without an area there is nothing to share, and it is 0.")
def equal_boxes_have_one(): ...


@mistake("box_iou", edit={".clamp(min=0).prod(dim=-1)": ".clamp(min=0).sum(dim=-1)"}, hint="Width and height of the overlap are added: an area is their product.")
def sides_of_the_overlap_added(): ...


@mistake("box_iou", edit={"(lower_right - upper_left)": "(lower_right - upper_left + 1)"}, hint=PLUS_ONE)
def overlap_with_one_more(): ...


# iou_loss


@mistake("iou_loss", edit={".clamp(min=0).prod(dim=-1)": ".prod(dim=-1)"}, hint=UNCLAMPED)
def loss_of_sides_below_zero(): ...


@mistake("iou_loss", edit={"(lower_right - upper_left).clamp(min=0).prod(dim=-1)": "((lower_right - upper_left)[..., 0].clamp(min=0) * (lower_right - upper_left)[..., 1])"}, hint=ONE_SIDE)
def loss_with_widths_clamped(): ...


@mistake("iou_loss", edit={".prod(dim=-1) - common": ".prod(dim=-1)"}, hint=DOUBLE_COUNT)
def loss_of_a_double_count(): ...


@mistake("iou_loss", edit={"return 1 - iou": "return iou"}, hint="This is the IoU itself, largest for the best box: a loss is smallest there.")
def iou_for_a_loss(): ...


@mistake("iou_loss", edit={"return 1 - iou": "return (1 - iou) * (iou > 0)"}, hint="Without overlap the loss is 0, as if all were well: the IoU is 0 there, and the loss as large as it gets.")
def no_loss_without_overlap(): ...


@mistake("iou_loss", edit={"-iou.masked_fill": "iou.masked_fill"}, hint="The sign of the logarithm is missing: ln of a share is negative.")
def logarithm_without_its_sign(): ...


@mistake("iou_loss", edit={".log())": ".log2())"}, hint="This is the logarithm to the base of 2: the natural one is asked for.")
def logarithm_to_the_base_of_two(): ...


@mistake("iou_loss", edit={"(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf)": "-(1 - iou).masked_fill(apart, 0.0).log()"}, hint="The logarithm of the loss is taken: that of the IoU is asked for.")
def logarithm_of_the_loss(): ...


@mistake("iou_loss", edit={"(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf)": "torch.where(apart, math.inf, -iou.log())"}, hint=NAN_SLOPE)
def logarithm_with_a_nan_slope(): ...


@mistake("iou_loss", edit={".masked_fill(apart, math.inf)": ""}, hint="Without overlap the logarithm's loss is 0: what was filled in to save the gradient has to become infinity afterwards.")
def zero_for_infinity(): ...


@mistake("iou_loss", edit={"(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf)": "-iou.clamp(min=1e-7).log()"}, hint=NOT_FINITE)
def logarithm_of_a_small_number(): ...


@mistake("iou_loss", edit={"torch.where(whole > 0, whole, 1.0)": "(whole + 1e-7)"}, hint=EPSILON)
def loss_with_an_epsilon(): ...


@mistake("iou_loss", edit={"part / torch.where(whole > 0, whole, 1.0)": "part / whole"}, hint=NAN_POINTS)
def loss_with_nan_for_points(): ...


@mistake("iou_loss", edit={"part / torch.where(whole > 0, whole, 1.0)": "torch.where(whole > 0, part / whole, 0.0)"}, hint=NAN_SLOPE)
def loss_with_a_nan_slope_for_points(): ...


@mistake("iou_loss", edit={"return 1 - iou": "return (1 - iou).mean()"}, hint=MEAN)
def loss_as_a_mean(): ...


@mistake("iou_loss", hint=TABLE_FOR_PAIRS)
def loss_of_a_table(boxes, targets, log=False):
    iou = box_iou(boxes.reshape(-1, 4), targets.reshape(-1, 4))
    return -iou.log() if log else 1 - iou


@mistake("iou_loss", edit={"iou = _share(common, union)": "iou = _share(common, union.detach())"}, hint="The union is taken for a constant: it changes with the box, and that has a part in the gradient.")
def loss_with_a_constant_union(): ...


@right("iou_loss")
def loss_by_choosing_pairs(boxes, targets, log=False):
    boxes, targets = torch.broadcast_tensors(boxes, targets)
    sides = torch.min(boxes, targets)[..., 2:] - torch.max(boxes, targets)[..., :2]
    overlap = torch.where((sides > 0).all(-1), sides[..., 0] * sides[..., 1], 0.0)
    first, second = boxes[..., 2:] - boxes[..., :2], targets[..., 2:] - targets[..., :2]
    union = first[..., 0] * first[..., 1] + second[..., 0] * second[..., 1] - overlap
    iou = overlap / union.masked_fill(union == 0, 1)
    if log:
        meets = iou > 0
        return torch.where(meets, -torch.log(torch.where(meets, iou, 1.0)), float("inf"))
    return 1 - iou


@right("iou_loss")
def loss_from_two_logarithms(boxes, targets, log=False):
    x1, y1, x2, y2 = (boxes[..., k] for k in (0, 1, 2, 3))
    a1, b1, a2, b2 = (targets[..., k] for k in (0, 1, 2, 3))
    width, height = torch.minimum(x2, a2) - torch.maximum(x1, a1), torch.minimum(y2, b2) - torch.maximum(y1, b1)
    meets = (width > 0) & (height > 0)
    overlap = torch.relu(width) * torch.relu(height)
    union = (x2 - x1) * (y2 - y1) + (a2 - a1) * (b2 - b1) - overlap
    if log:
        logarithm = torch.where(meets, union, 1).log() - torch.where(meets, overlap, 1).log()
        return logarithm.masked_fill(~meets, math.inf)
    return 1 - torch.where(meets, overlap, 0) / torch.where(union > 0, union, 1)


@right("iou_loss")
def loss_written_into_infinities(boxes, targets, log=False):
    boxes, targets = torch.broadcast_tensors(boxes, targets)
    sides = (torch.min(boxes[..., 2:], targets[..., 2:]) - torch.max(boxes[..., :2], targets[..., :2])).clamp(min=0)
    overlap = sides.prod(-1)
    union = (boxes[..., 2:] - boxes[..., :2]).prod(-1) + (targets[..., 2:] - targets[..., :2]).prod(-1) - overlap
    iou = overlap / torch.where(union == 0, torch.ones_like(union), union)
    if not log:
        return 1 - iou
    loss = torch.full_like(iou, math.inf)
    loss[iou > 0] = -iou[iou > 0].log()
    return loss


@mistake("iou_loss", edit={"common, union = _common": "boxes, targets = boxes.clamp(min=0), targets.clamp(min=0)\n    common, union = _common"}, hint=BELOW_ZERO)
def loss_of_edges_cut_at_zero(): ...


@mistake("iou_loss", edit={"(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf)": "-iou.clamp(min=1e-6).log()"}, hint=NOT_FINITE)
def logarithm_of_at_least_a_millionth(): ...


@mistake("iou_loss", edit={"(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf)": "-iou.clamp(min=1e-8).log()"}, hint=NOT_FINITE)
def logarithm_of_at_least_a_hundred_millionth(): ...


@mistake("iou_loss", edit={"(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf)": "-iou.clamp(min=1e-9).log()"}, hint=NOT_FINITE)
def logarithm_of_at_least_a_billionth(): ...


@mistake("iou_loss", edit={"(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf)": "-iou.clamp(min=1e-12).log()"}, hint=NOT_FINITE)
def logarithm_of_at_least_a_trillionth(): ...


@mistake("iou_loss", edit={"(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf)": "-(iou + 1e-6).log()"}, hint=NOT_FINITE)
def logarithm_with_a_millionth(): ...


@mistake("iou_loss", edit={"(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf)": "-(iou + 1e-7).log()"}, hint=NOT_FINITE)
def logarithm_with_a_ten_millionth(): ...


@mistake("iou_loss", edit={"(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf)": "-(iou + 1e-8).log()"}, hint=NOT_FINITE)
def logarithm_with_a_hundred_millionth(): ...


@mistake("iou_loss", edit={"return 1 - iou": "return (1 - iou).mean()", "(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf)": "(-iou.masked_fill(apart, 1.0).log()).masked_fill(apart, math.inf).mean()"}, hint=MEAN)
def both_losses_as_a_mean(): ...


@mistake("iou_loss", edit={".clamp(min=0).prod(dim=-1)": ".prod(dim=-1)", "iou = _share(common, union)": "iou = torch.where(common > 0, common / torch.where(common > 0, union, 1.0), 0.0)"}, hint=UNCLAMPED)
def loss_of_products_above_zero(): ...


@mistake("iou_loss", edit={"common, union = _common_and_union(boxes, targets)": "common, union = _common_and_union(boxes[..., None, :], targets)"}, hint=TABLE_FOR_PAIRS)
def loss_of_each_with_each(): ...


@mistake("iou_loss", edit={"common, union = _common": "boxes = boxes.expand_as(targets)\n    common, union = _common"}, hint="The boxes are stretched to the shape of the targets: the targets may be those that have to stretch, or both.")
def boxes_stretched_to_the_targets(): ...


@mistake("iou_loss", edit={"common, union = _common": "targets = targets.expand_as(boxes)\n    common, union = _common"}, hint="The targets are stretched to the shape of the boxes: the boxes may be those that have to stretch, or both.")
def targets_stretched_to_the_boxes(): ...


@mistake("iou_loss", edit={"torch.where(whole > 0, whole, 1.0)": "whole.clamp(min=1e-6)"}, hint=EPSILON)
def loss_with_a_union_of_a_millionth(): ...


@mistake("iou_loss", edit={"torch.where(whole > 0, whole, 1.0)": "whole.clamp(min=1e-7)"}, hint=EPSILON)
def loss_with_a_union_of_a_ten_millionth(): ...


@mistake("iou_loss", edit={"torch.where(whole > 0, whole, 1.0)": "(whole + 1e-6)"}, hint=EPSILON)
def loss_with_a_millionth(): ...


@mistake("iou_loss", edit={"torch.where(whole > 0, whole, 1.0)": "(whole + 1e-9)"}, hint=EPSILON)
def loss_with_a_billionth(): ...


@right("iou_loss")
def loss_of_sides_that_are_chosen(boxes, targets, log=False):
    low, high = torch.max(boxes[..., :2], targets[..., :2]), torch.min(boxes[..., 2:], targets[..., 2:])
    sides = torch.where(high >= low, high - low, 0.0)  # has a slope where boxes touch
    common = sides[..., 0] * sides[..., 1]
    union = (boxes[..., 2:] - boxes[..., :2]).prod(-1) + (targets[..., 2:] - targets[..., :2]).prod(-1) - common
    iou = common / torch.where(union > 0, union, 1.0)
    if not log:
        return 1 - iou
    met = common > 0
    return torch.where(met, -torch.where(met, iou, 1.0).log(), math.inf)


# giou


@mistake("giou", edit={"_share(frame - union, frame)": "_share(frame - common, frame)"}, hint="The area outside of what both cover is taken off: it is the area that neither covers. Two boxes that fill their frame leave nothing.")
def outside_of_the_overlap(): ...


@mistake("giou", edit={"_share(frame - union, frame)": "_share(frame - union, union)"}, hint="The empty area is divided by the union: it is a share of the frame.")
def empty_over_union(): ...


@mistake("giou", edit={"- _share(frame - union, frame)": "+ _share(frame - union, frame)"}, hint=ADDED)
def empty_share_added(): ...


@mistake("giou", edit={"- _share(frame - union, frame)": "- _share(union, frame)"}, hint="The share that is covered is taken off: it is the share that is empty.")
def covered_share_taken_off(): ...


@mistake("giou", edit={"return _share(common, union) -": "return 1 - _share(common, union) +"}, hint=LOSS)
def giou_loss_for_giou(): ...


@mistake("giou", edit={
        "torch.minimum(boxes[..., :2]": "torch.maximum(boxes[..., :2]",
        "torch.maximum(boxes[..., 2:]": "torch.minimum(boxes[..., 2:]",
    }, hint=FULL)
def overlap_for_the_frame(): ...


@mistake("giou", edit={"frame = (lower_right - upper_left)": "frame = (lower_right - upper_left + 1)"}, hint=PLUS_ONE)
def frame_with_one_more(): ...


@mistake("giou", edit={"frame = (lower_right - upper_left).prod(dim=-1)": "frame = (lower_right - upper_left).square().sum(dim=-1)"}, hint="The frame is measured by its diagonal: its area is asked for.")
def diagonal_for_the_frame(): ...


@mistake("giou", edit={"return _share(common, union) - _share(frame - union, frame)": "return _share(common, union) - (frame - union) / frame"}, hint=NAN_POINTS)
def giou_with_nan_for_points(): ...


@mistake("giou", edit={"_share(frame - union, frame)": "(frame - union) / (frame + 1e-7)"}, hint=EPSILON)
def giou_with_an_epsilon(): ...


@mistake("giou", edit={"_share(frame - union, frame)": "torch.where(frame > 0, (frame - union) / frame, 0.0)"}, hint=NAN_SLOPE)
def giou_with_a_nan_slope(): ...


@mistake("giou", edit={"return _share(common, union) - _share(frame - union, frame)": "return (_share(common, union) - _share(frame - union, frame)).clamp(min=0)"}, hint="Negative values are cut off: boxes that lie apart are told from each other by these alone.")
def giou_of_at_least_zero(): ...


@mistake("giou", edit={"_share(frame - union, frame)": "_share(frame - union, frame).detach()"}, hint="The second fraction has no gradient: it is the one that pulls boxes from afar.")
def empty_share_detached(): ...


@mistake("giou", edit={"frame = (lower_right - upper_left).prod(dim=-1)": "frame = (lower_right - upper_left).prod(dim=-1).detach()"}, hint="The frame is taken for a constant: it moves with the box, and that is where the pull from afar comes from.")
def frame_detached(): ...


@mistake("giou", edit={"common, union = _common": "if not boxes.numel():\n        return boxes.sum()\n    common, union = _common"}, hint=EMPTY)
def giou_of_nothing(): ...


@mistake("giou", edit={"frame = (lower_right - upper_left).prod(dim=-1)": "frame = (lower_right.reshape(-1, 2).amax(dim=0) - upper_left.reshape(-1, 2).amin(dim=0)).prod().expand_as(union)"}, hint="One frame is laid around all boxes: each pair has its own.")
def one_frame_for_all(): ...


@right("giou")
def giou_from_four_edges(boxes, targets):
    x1, y1, x2, y2 = torch.movedim(boxes, -1, 0)
    a1, b1, a2, b2 = torch.movedim(targets, -1, 0)
    overlap = torch.relu(torch.min(x2, a2) - torch.max(x1, a1)) * torch.relu(torch.min(y2, b2) - torch.max(y1, b1))
    union = (x2 - x1) * (y2 - y1) + (a2 - a1) * (b2 - b1) - overlap
    frame = (torch.max(x2, a2) - torch.min(x1, a1)) * (torch.max(y2, b2) - torch.min(y1, b1))
    return overlap / union.masked_fill(union == 0, 1) - (frame - union) / frame.masked_fill(frame == 0, 1)


@right("giou")
def giou_from_the_loss(boxes, targets):
    boxes, targets = torch.broadcast_tensors(boxes, targets)
    low, high = torch.min(boxes, targets)[..., :2], torch.max(boxes, targets)[..., 2:]
    frame = (high - low).prod(-1)
    inside = (torch.min(boxes, targets)[..., 2:] - torch.max(boxes, targets)[..., :2]).clamp(min=0).prod(-1)
    covered = (boxes[..., 2:] - boxes[..., :2]).prod(-1) + (targets[..., 2:] - targets[..., :2]).prod(-1) - inside
    has_frame = frame > 0
    empty = torch.where(has_frame, 1 - covered / torch.where(has_frame, frame, 1), 0)
    return 1 - iou_loss(boxes, targets) - empty


@right("giou")
def giou_of_stacked_corners(boxes, targets):
    both = torch.stack(torch.broadcast_tensors(boxes, targets))
    smallest, largest = both.amin(0), both.amax(0)
    areas = (both[..., 2] - both[..., 0]) * (both[..., 3] - both[..., 1])
    sides = torch.relu(smallest[..., 2:] - largest[..., :2])
    overlap = sides[..., 0] * sides[..., 1]
    union = areas.sum(0) - overlap
    frame = (largest[..., 2:] - smallest[..., :2]).prod(-1)
    one = torch.ones_like(frame)
    return overlap / torch.where(union > 0, union, one) - (frame - union) / torch.where(frame > 0, frame, one)


@mistake("giou", edit={"common, union = _common_and_union(boxes, targets)": "common, union = _common_and_union(boxes, targets)\n    union = union + common\n    common = (torch.minimum(boxes[..., 2:], targets[..., 2:]) - torch.maximum(boxes[..., :2], targets[..., :2])).prod(dim=-1)\n    union = union - common"}, hint=UNCLAMPED)
def giou_of_sides_below_zero(): ...


@mistake("giou", edit={"common, union = _common_and_union(boxes, targets)": "common, union = _common_and_union(boxes, targets)\n    union = union + common\n    common = (torch.minimum(boxes[..., 2:], targets[..., 2:]) - torch.maximum(boxes[..., :2], targets[..., :2])).prod(dim=-1)\n    union = union - common", "return _share(common, union) - _share(frame - union, frame)": "return torch.where(union > 0, _share(common, union), 0.0) - torch.where(frame > 0, _share(frame - union, frame), 0.0)"}, hint=UNCLAMPED)
def giou_of_sides_below_zero_guarded(): ...


@mistake("giou", edit={"return _share(common, union) - _share(frame - union, frame)": "return common / (union + 1e-6) - (frame - union) / (frame + 1e-6)"}, hint=EPSILON)
def giou_with_a_millionth_twice(): ...


@mistake("giou", edit={"return _share(common, union) - _share(frame - union, frame)": "return common / (union + 1e-7) - (frame - union) / (frame + 1e-7)"}, hint=EPSILON)
def giou_with_a_ten_millionth_twice(): ...


@mistake("giou", edit={"return _share(common, union) - _share(frame - union, frame)": "return common / (union + 1e-8) - (frame - union) / (frame + 1e-8)"}, hint=EPSILON)
def giou_with_a_hundred_millionth_twice(): ...


@mistake("giou", edit={"return _share(common, union) - _share(frame - union, frame)": "return common / (union + 1e-9) - (frame - union) / (frame + 1e-9)"}, hint=EPSILON)
def giou_with_a_billionth_twice(): ...


@mistake("giou", edit={"return _share(common, union) - _share(frame - union, frame)": "return common / (union + 1e-12) - (frame - union) / (frame + 1e-12)"}, hint=EPSILON)
def giou_with_a_trillionth_twice(): ...


@mistake("giou", edit={"frame = (lower_right - upper_left).prod": "frame = lower_right.prod"}, hint="The frame begins at (0, 0): it is the smallest box that holds both, wherever they lie.")
def frame_from_the_origin(): ...


@mistake("giou", edit={"torch.minimum(boxes[..., :2]": "torch.maximum(boxes[..., :2]"}, hint=HALF_FRAME)
def frame_from_the_inner_corner(): ...


@mistake("giou", edit={"torch.maximum(boxes[..., 2:]": "torch.minimum(boxes[..., 2:]"}, hint=HALF_FRAME)
def frame_to_the_inner_corner(): ...


@mistake("giou", edit={"return _share(common, union) - _share(frame - union, frame)": "return (_share(common, union) - _share(frame - union, frame)).mean()"}, hint=MEAN)
def giou_as_a_mean(): ...


@mistake("giou", edit={"_share(frame - union, frame)": "torch.where(union > 0, _share(frame - union, union), 0.0)"}, hint="The empty area is divided by the union: it is a share of the frame.")
def empty_over_union_guarded(): ...


@mistake("giou", edit={"_share(frame - union, frame)": "torch.where(union > 0, _share(frame - union, frame), 0.0)"}, hint=NO_FRAME)
def no_frame_without_a_union(): ...


@mistake("giou", edit={"_share(frame - union, frame)": "_share(frame - union - common, frame)"}, hint="The overlap is taken off the frame twice: what is covered is the union, in which it counts once.")
def overlap_taken_off_twice(): ...


# diou


@mistake("diou", edit={"(doubled / 2).square()": "doubled.square()"}, hint="The distance of the middles is four times too large, squared: a middle is half of a sum.")
def middles_doubled(): ...


@mistake("diou", edit={"boxes[..., :2] + boxes[..., 2:] - targets[..., :2] - targets[..., 2:]": "2 * boxes[..., :2] - 2 * targets[..., :2]"}, hint="The distance is that of the upper left corners: the middles are asked for.")
def distance_of_corners(): ...


@mistake("diou", edit={"return _share(common, union) - _share(distance, diagonal)": "return _share(common, union) - _share(distance, diagonal).sqrt()"}, hint="The distance over the diagonal is taken off as it is: both are squared here.")
def distance_not_squared(): ...


@mistake("diou", edit={"_share(distance, diagonal)": "_share(distance.sqrt(), diagonal)"}, hint="The distance isn't squared, and the diagonal is: the fraction has a unit like that.")
def distance_over_squared_diagonal(): ...


@mistake("diou", edit={"reach.square().sum(dim=-1)": "reach.prod(dim=-1)"}, hint="The distance is divided by the area of the frame: it is its diagonal, squared.")
def distance_over_the_area(): ...


@mistake("diou", edit={"reach.square().sum(dim=-1)": "reach.sum(dim=-1).square()"}, hint="The sides are added and then squared: the diagonal has to do with Pythagoras.")
def sides_added_first(): ...


@mistake("diou", edit={"(doubled / 2).square().sum(dim=-1)": "(doubled / 2).sum(dim=-1).square()"}, hint="The differences in x and y are added before they are squared: they can cancel each other.")
def differences_added_first(): ...


@mistake("diou", edit={"reach = torch.maximum(boxes[..., 2:], targets[..., 2:])": "reach = torch.minimum(boxes[..., 2:], targets[..., 2:])", "torch.minimum(boxes[..., :2], targets[..., :2])": "torch.maximum(boxes[..., :2], targets[..., :2])"}, hint=FULL)
def diagonal_of_the_overlap(): ...


@mistake("diou", edit={"reach = reach - torch.minimum(boxes[..., :2], targets[..., :2])": "reach = (targets[..., 2:] - targets[..., :2]).expand_as(reach)"}, hint="The diagonal is that of the target: the frame holds both boxes.")
def diagonal_of_the_target(): ...


@mistake("diou", edit={"- _share(distance, diagonal)": "+ _share(distance, diagonal)"}, hint=ADDED)
def distance_added(): ...


@mistake("diou", edit={"return _share(common, union) -": "return 1 - _share(common, union) +"}, hint=LOSS)
def diou_loss_for_diou(): ...


@mistake("diou", edit={"return _share(common, union) - _share(distance, diagonal)": "return _share(common, union) - distance / diagonal"}, hint=NAN_POINTS)
def diou_with_nan_for_points(): ...


@mistake("diou", edit={"_share(distance, diagonal)": "distance / (diagonal + 1e-7)"}, hint=EPSILON)
def diou_with_an_epsilon(): ...


@mistake("diou", edit={"(doubled / 2).square().sum(dim=-1)": "(doubled / 2).square().sum(dim=-1).sqrt() ** 2"}, hint=NAN_SLOPE)
def diou_through_a_root(): ...


@mistake("diou", edit={"_share(distance, diagonal)": "_share(distance, diagonal.detach())"}, hint="The frame's diagonal is taken for a constant: it changes with the box, and has a gradient.")
def diagonal_detached(): ...


@mistake("diou", edit={"common, union = _common": "if not boxes.numel():\n        return boxes.sum()\n    common, union = _common"}, hint=EMPTY)
def diou_of_nothing(): ...


@right("diou")
def diou_from_middles(boxes, targets):
    middle, other = (boxes[..., :2] + boxes[..., 2:]) / 2, (targets[..., :2] + targets[..., 2:]) / 2
    low, high = torch.min(boxes[..., :2], targets[..., :2]), torch.max(boxes[..., 2:], targets[..., 2:])
    squared = (high - low).pow(2).sum(-1)
    away = (middle - other).pow(2).sum(-1) / squared.masked_fill(squared == 0, 1)
    return 1 - iou_loss(boxes, targets) - away


@right("diou")
def diou_from_four_edges(boxes, targets):
    x1, y1, x2, y2 = boxes.unbind(-1)
    a1, b1, a2, b2 = targets.unbind(-1)
    overlap = torch.relu(torch.min(x2, a2) - torch.max(x1, a1)) * torch.relu(torch.min(y2, b2) - torch.max(y1, b1))
    union = (x2 - x1) * (y2 - y1) + (a2 - a1) * (b2 - b1) - overlap
    across, down = torch.max(x2, a2) - torch.min(x1, a1), torch.max(y2, b2) - torch.min(y1, b1)
    diagonal = across * across + down * down
    distance = ((x1 + x2 - a1 - a2) ** 2 + (y1 + y2 - b1 - b2) ** 2) / 4
    return overlap / torch.where(union > 0, union, 1) - distance / torch.where(diagonal > 0, diagonal, 1)


@right("diou")
def diou_of_stacked_boxes(boxes, targets):
    both = torch.stack(torch.broadcast_tensors(boxes, targets))
    smallest, largest = both.amin(0), both.amax(0)
    areas = (both[..., 2:] - both[..., :2]).prod(-1)
    overlap = torch.relu(smallest[..., 2:] - largest[..., :2]).prod(-1)
    union = areas.sum(0) - overlap
    middles = both.reshape(*both.shape[:-1], 2, 2).mean(-2)
    distance = torch.diff(middles, dim=0)[0].square().sum(-1)
    diagonal = (largest[..., 2:] - smallest[..., :2]).square().sum(-1)
    return overlap / union.masked_fill(union == 0, 1) - distance / diagonal.masked_fill(diagonal == 0, 1)


@mistake("diou", edit={"return _share(common, union) - _share(distance, diagonal)": "return common / (union + 1e-6) - distance / (diagonal + 1e-6)"}, hint=EPSILON)
def diou_with_a_millionth_twice(): ...


@mistake("diou", edit={"return _share(common, union) - _share(distance, diagonal)": "return common / (union + 1e-7) - distance / (diagonal + 1e-7)"}, hint=EPSILON)
def diou_with_a_ten_millionth_twice(): ...


@mistake("diou", edit={"return _share(common, union) - _share(distance, diagonal)": "return common / (union + 1e-8) - distance / (diagonal + 1e-8)"}, hint=EPSILON)
def diou_with_a_hundred_millionth_twice(): ...


@mistake("diou", edit={"return _share(common, union) - _share(distance, diagonal)": "return common / (union + 1e-9) - distance / (diagonal + 1e-9)"}, hint=EPSILON)
def diou_with_a_billionth_twice(): ...


@mistake("diou", edit={"return _share(common, union) - _share(distance, diagonal)": "return common / (union + 1e-12) - distance / (diagonal + 1e-12)"}, hint=EPSILON)
def diou_with_a_trillionth_twice(): ...


@mistake("diou", edit={"return _share(common, union) - _share(distance, diagonal)": "area = reach.prod(dim=-1)\n    return _share(common, union) - torch.where(area > 0, _share(distance, area), 0.0)"}, hint="The distance is divided by the area of the frame: it is its diagonal, squared.")
def distance_over_the_area_guarded(): ...


@mistake("diou", edit={"(doubled / 2).square().sum(dim=-1)": "(doubled.square() / 2).sum(dim=-1)"}, hint="The squared distance of the middles is twice too large: the half of a middle is squared with it.")
def middles_halved_once(): ...


@mistake("diou", edit={"boxes[..., :2] + boxes[..., 2:] - targets[..., :2] - targets[..., 2:]": "boxes[..., 2:] - boxes[..., :2] - targets[..., 2:] + targets[..., :2]"}, hint="The distance is that of half the sides: a middle is half of the sum of two edges, not of their difference.")
def halves_of_the_sides_for_middles(): ...


@mistake("diou", edit={"return _share(common, union) - _share(distance, diagonal)": "return _share(common, union) - _share(distance, diagonal) - _share(reach.prod(dim=-1) - union, reach.prod(dim=-1))"}, hint="The empty share of the frame is taken off as well: DIoU begins with IoU, not with GIoU.")
def empty_share_taken_off_too(): ...


@mistake("diou", edit={"return _share(common, union) - _share(distance, diagonal)": "return _share(common, union) - _share(distance, diagonal).clamp(min=1e-30).sqrt()"}, hint="The distance over the diagonal is taken off as it is: both are squared here.")
def distance_not_squared_guarded(): ...


@mistake("diou", edit={"(doubled / 2).square().sum(dim=-1)": "(doubled / 2)[..., 0].square()"}, hint="Only the distance in x counts: the middles may differ in y, too.")
def distance_across_only(): ...


@mistake("diou", edit={"reach = torch.maximum(boxes[..., 2:], targets[..., 2:])": "reach = torch.minimum(boxes[..., 2:], targets[..., 2:])", "torch.minimum(boxes[..., :2], targets[..., :2])": "torch.maximum(boxes[..., :2], targets[..., :2])", "return _share(common, union) - _share(distance, diagonal)": "return _share(common, union) - torch.where(diagonal > 0, _share(distance, diagonal), 0.0)"}, hint=FULL)
def diagonal_of_the_overlap_guarded(): ...


@mistake("diou", edit={"torch.minimum(boxes[..., :2], targets[..., :2])": "torch.maximum(boxes[..., :2], targets[..., :2])"}, hint=HALF_FRAME)
def diagonal_from_the_inner_corner(): ...


@mistake("diou", edit={"torch.maximum(boxes[..., 2:], targets[..., 2:])": "torch.minimum(boxes[..., 2:], targets[..., 2:])"}, hint=HALF_FRAME)
def diagonal_to_the_inner_corner(): ...


@mistake("diou", edit={"_share(distance, diagonal)": "torch.where(union > 0, _share(distance, diagonal), 0.0)"}, hint=NO_FRAME)
def no_distance_without_a_union(): ...


@mistake("diou", edit={"return _share(common, union) - _share(distance, diagonal)": "return (_share(common, union) - _share(distance, diagonal)).mean()"}, hint=MEAN)
def diou_as_a_mean(): ...


# ciou


@mistake("ciou", edit={"- alpha * v": "- v"}, hint="alpha is missing: the difference of the shapes counts in full, however far the boxes are apart.")
def ciou_without_alpha(): ...


@mistake("ciou", edit={"with torch.no_grad():": "with torch.enable_grad():"}, hint=ALPHA_SLOPE)
def alpha_with_a_gradient(): ...


@mistake("ciou", edit={"1 - _share(common, union) + v": "1 - _share(common, union)"}, hint="v is missing below alpha's fraction.")
def alpha_without_v_below(): ...


@mistake("ciou", edit={"1 - _share(common, union) + v": "_share(common, union) + v"}, hint="Below alpha's fraction stands the IoU: it is one minus the IoU, so that alpha grows with the overlap.")
def alpha_by_iou(): ...


@mistake("ciou", edit={"4 / math.pi**2": "4 / math.pi"}, hint="The factor of v is 4 over the square of pi: only then 1 is its bound.")
def pi_not_squared(): ...


@mistake("ciou", edit={"(angle_t - angle).square()": "(angle_t - angle)"}, hint=ANGLES)
def angles_not_squared(): ...


@mistake("ciou", edit={"torch.atan(w / torch.where(h > 0, h, 1.0))": "w / torch.where(h > 0, h, 1.0)", "torch.atan(wt / torch.where(ht > 0, ht, 1.0))": "wt / torch.where(ht > 0, ht, 1.0)"}, hint="The ratios themselves are compared: a ratio has no bound, its arctangent has.")
def ratios_for_angles(): ...


@mistake("ciou", edit={"torch.atan(wt / torch.where(ht > 0, ht, 1.0))": "torch.atan(ht / torch.where(wt > 0, wt, 1.0))"}, hint="One ratio is width over height, the other height over width: boxes of one shape would differ.")
def one_ratio_upside_down(): ...


@mistake("ciou", edit={"- alpha * v": "+ alpha * v"}, hint=ADDED)
def shape_added(): ...


@mistake("ciou", edit={"return diou(boxes, targets) - alpha * v": "return 1 - diou(boxes, targets) + alpha * v"}, hint=LOSS)
def ciou_loss_for_ciou(): ...


@mistake("ciou", edit={"return diou(boxes, targets) - alpha * v": "return 1 - iou_loss(boxes, targets) - alpha * v"}, hint="The distance of the middles is missing: CIoU begins with DIoU.")
def shape_without_distance(): ...


@mistake("ciou", edit={"alpha = _share(v, 1 - _share(common, union) + v)": "alpha = v / (1 - _share(common, union) + v)"}, hint="Boxes that agree in everything get NaN: alpha is 0/0 there, and multiplies 0.")
def alpha_with_nan(): ...


@mistake("ciou", edit={"v = torch.where((w * h > 0) & (wt * ht > 0), v, 0.0)\n": "v = v * 1.0\n"}, hint=SHAPED)
def lines_with_a_shape(): ...


@mistake("ciou", edit={"torch.atan(w / torch.where(h > 0, h, 1.0))": "torch.atan(w / h)", "torch.atan(wt / torch.where(ht > 0, ht, 1.0))": "torch.atan(wt / ht)"}, hint=NAN_SLOPE)
def ratio_with_a_nan_slope(): ...


@mistake("ciou", edit={"- alpha * v": "- alpha * v.detach()"}, hint=V_CONSTANT)
def shape_without_a_gradient(): ...


@mistake("ciou", edit={"v = v.detach() + (v - v.detach()) * (w**2 + h**2).detach()": "v = v * (w**2 + h**2).detach()"}, hint="With paper=True the value of v changes as well: only its gradient is to be another one.")
def paper_changes_the_value(): ...


@mistake("ciou", edit={"v = v.detach() + (v - v.detach()) * (w**2 + h**2).detach()": "v = v.detach() + (v - v.detach()) / (w**2 + h**2).detach()"}, hint="The factor 1 / (w² + h²) comes in twice: to make it 1, what has the gradient to be multiplied by?")
def paper_divides_once_more(): ...


@mistake("ciou", edit={"(w**2 + h**2).detach()": "(wt**2 + ht**2).detach()"}, hint="With paper=True the sides of the target are used: the factor is made of those of the box.")
def paper_with_the_targets_sides(): ...


@mistake("ciou", edit={"(w**2 + h**2).detach()": "(w + h).detach() ** 2"}, hint="With paper=True the sides are added and then squared: it is the sum of the squares.")
def paper_with_a_squared_sum(): ...


@mistake("ciou", edit={"w, h = (boxes": "if not boxes.numel():\n        return boxes.sum()\n    w, h = (boxes"}, hint=EMPTY)
def ciou_of_nothing(): ...


@mistake("ciou", edit={"1 - _share(common, union) + v)": "1 - _share(common, union) + v) * (_share(common, union) >= 0.5)"}, hint="alpha is 0 wherever the IoU is below one half: a later variant does that, the formula of the text has no such step.")
def alpha_only_for_good_boxes(): ...


@right("ciou")
def ciou_from_four_edges(boxes, targets, paper=False):
    x1, y1, x2, y2 = boxes.unbind(-1)
    a1, b1, a2, b2 = targets.unbind(-1)
    w, h, p, q = torch.broadcast_tensors(x2 - x1, y2 - y1, a2 - a1, b2 - b1)
    has_shape = (w * h > 0) & (p * q > 0)
    ratio, other = w / torch.where(has_shape, h, 1), p / torch.where(has_shape, q, 1)
    turn = torch.where(has_shape, other.atan() - ratio.atan(), 0)
    v = (2 / math.pi * turn) ** 2
    constant = v.detach()
    below = iou_loss(boxes, targets).detach() + constant
    alpha = torch.where(below > 0, constant / below, 0)
    if paper:
        times = (w * w + h * h).detach()
        v = constant + times * v - times * constant
    return diou(boxes, targets) - alpha * v


class _TamedSquare(torch.autograd.Function):
    @staticmethod
    def forward(ctx, w, h, turn):
        ctx.save_for_backward(w, h, turn)
        return 4 / math.pi**2 * turn**2

    @staticmethod
    def backward(ctx, slope):
        w, h, turn = ctx.saved_tensors
        pull = -slope * 8 / math.pi**2 * turn
        return pull * h, -pull * w, None


@right("ciou")
def ciou_with_its_own_backward(boxes, targets, paper=False):
    boxes, targets = torch.broadcast_tensors(boxes, targets)
    (w, h), (p, q) = ((b[..., 2:] - b[..., :2]).unbind(-1) for b in (boxes, targets))
    flat = (w * h == 0) | (p * q == 0)
    one = torch.ones_like(w)
    turn = torch.atan(torch.where(flat, one, p) / torch.where(flat, one, q))
    turn = turn - torch.atan(torch.where(flat, one, w) / torch.where(flat, one, h))
    v = _TamedSquare.apply(w, h, turn.detach()) if paper else 4 / math.pi**2 * turn**2
    iou = 1 - iou_loss(boxes, targets)
    alpha = torch.nan_to_num(v / (1 - iou + v), nan=0.0).detach()
    return diou(boxes, targets) - alpha * v


@right("ciou")
def ciou_by_heights_over_widths(boxes, targets, paper=False):
    sides, others = boxes[..., 2:] - boxes[..., :2], targets[..., 2:] - targets[..., :2]
    solid = (sides.prod(-1) > 0) & (others.prod(-1) > 0)

    def slant(pair):
        return torch.atan(pair[..., 1] / torch.where(pair[..., 0] > 0, pair[..., 0], 1))

    v = torch.where(solid, 4 / math.pi**2 * (slant(sides) - slant(others)) ** 2, 0.0)
    with torch.no_grad():
        below = iou_loss(boxes, targets) + v
        alpha = v / torch.where(below == 0, 1, below)
        factor = sides.square().sum(-1)
    if paper:
        v = factor * v + ((1 - factor) * v).detach()
    return diou(boxes, targets) - alpha * v


@right("ciou")
def ciou_with_a_small_number_below_alpha(boxes, targets, paper=False):
    w, h = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    p, q = targets[..., 2] - targets[..., 0], targets[..., 3] - targets[..., 1]
    solid = (w > 0) & (h > 0) & (p > 0) & (q > 0)
    turn = torch.atan(p / q.clamp(min=1e-30)) - torch.atan(w / torch.where(solid, h, 1.0))
    v = (4 / math.pi**2) * torch.where(solid, turn, 0.0) ** 2
    alpha = (v / (iou_loss(boxes, targets) + v + 1e-7)).detach()
    if paper:
        factor = (w**2 + h**2).detach()
        v = v.detach() * (1 - factor) + v * factor
    return diou(boxes, targets) - alpha * v


@mistake("ciou", edit={"1 - _share(common, union) + v": "1 - _share(common, union) + v + 1e-3"}, hint=ALPHA_LESS)
def alpha_with_a_thousandth(): ...


@mistake("ciou", edit={"1 - _share(common, union) + v": "1 - _share(common, union) + v + 1e-4"}, hint=ALPHA_LESS)
def alpha_with_a_ten_thousandth(): ...


@mistake("ciou", edit={"1 - _share(common, union) + v": "1 - _share(common, union) + v + 1e-5"}, hint=ALPHA_LESS)
def alpha_with_a_hundred_thousandth(): ...


@mistake("ciou", edit={"with torch.no_grad():\n        common, union = _common_and_union(boxes, targets)\n        alpha = _share(v, 1 - _share(common, union) + v)": "common, union = _common_and_union(boxes, targets)\n    alpha = _share(v, 1 - _share(common, union).detach() + v)"}, hint=ALPHA_SLOPE)
def alpha_with_v_in_the_gradient(): ...


@mistake("ciou", edit={"with torch.no_grad():\n        common, union = _common_and_union(boxes, targets)\n        alpha = _share(v, 1 - _share(common, union) + v)": "common, union = _common_and_union(boxes, targets)\n    alpha = _share(v.detach(), 1 - _share(common, union) + v.detach())"}, hint=ALPHA_SLOPE)
def alpha_with_iou_in_the_gradient(): ...


@mistake("ciou", edit={"1 - _share(common, union) + v": "1 - diou(boxes, targets) + v"}, hint="Below alpha's fraction stands DIoU: it is the IoU alone.")
def alpha_by_diou(): ...


@mistake("ciou", edit={"return diou": "return giou"}, hint="GIoU is where this begins: CIoU is DIoU with the shape taken off.")
def giou_and_the_shape(): ...


@mistake("ciou", edit={"torch.atan(w / torch.where(h > 0, h, 1.0))": "torch.atan(torch.where(w * h > 0, w, 1.0) / torch.where(w * h > 0, h, 1.0))", "torch.atan(wt / torch.where(ht > 0, ht, 1.0))": "torch.atan(torch.where(wt * ht > 0, wt, 1.0) / torch.where(wt * ht > 0, ht, 1.0))", "torch.where((w * h > 0) & (wt * ht > 0), v, 0.0)": "v * 1.0"}, hint=SHAPED)
def lines_with_the_shape_of_a_square(): ...


@mistake("ciou", edit={"torch.where((w * h > 0) & (wt * ht > 0), v, 0.0)": "torch.where((w * h > 0).expand(v.shape), v, 0.0)"}, hint=SHAPED)
def target_lines_with_a_shape(): ...


@mistake("ciou", edit={"torch.atan(w / torch.where(h > 0, h, 1.0))": "torch.atan(torch.where(w * h > 0, w, 1.0) / torch.where(w * h > 0, h, 1.0))", "torch.atan(wt / torch.where(ht > 0, ht, 1.0))": "torch.atan(torch.where(wt * ht > 0, wt, 1.0) / torch.where(wt * ht > 0, ht, 1.0))", "torch.where((w * h > 0) & (wt * ht > 0), v, 0.0)": "torch.where((w * h > 0).expand(v.shape), v, 0.0)"}, hint=SHAPED)
def target_lines_with_the_shape_of_a_square(): ...


@mistake("ciou", edit={"torch.where((w * h > 0) & (wt * ht > 0), v, 0.0)": "torch.where((wt * ht > 0).expand(v.shape), v, 0.0)"}, hint=SHAPED)
def box_lines_with_a_shape(): ...


@mistake("ciou", edit={"torch.where((w * h > 0) & (wt * ht > 0), v, 0.0)": "torch.where((h > 0) & (ht > 0), v, 0.0)"}, hint=SHAPED)
def only_heights_asked(): ...


@mistake("ciou", edit={"(angle_t - angle).square()": "(angle_t - angle).abs()"}, hint=ANGLES)
def angles_without_a_sign(): ...


@mistake("ciou", edit={"if paper:": "if False:"}, hint="With paper=True nothing changes: the gradient of v is to be another one then.")
def paper_ignored(): ...


@mistake("ciou", edit={"if paper:\n        v = v.detach() + (v - v.detach()) * (w**2 + h**2).detach()\n    return diou(boxes, targets) - alpha * v": "found = diou(boxes, targets) - alpha * v\n    if paper:\n        return found.detach() + (found - found.detach()) * (w**2 + h**2).detach()\n    return found"}, hint="With paper=True the gradient of the whole measure gets the factor: it is that of v alone.")
def paper_for_the_whole_measure(): ...


@mistake("ciou", edit={"(w**2 + h**2).detach()": "(w**2 + h**2).sqrt().detach()"}, hint="With paper=True the factor is the diagonal of the box: what is to be replaced by 1 has its square.")
def paper_with_the_diagonal(): ...


@mistake("ciou", edit={"- alpha * v": "- alpha * (v if paper else v.detach())"}, hint=V_CONSTANT)
def shape_without_a_gradient_by_default(): ...


@mistake("ciou", edit={"return diou(boxes, targets) - alpha * v": "return (diou(boxes, targets) - alpha * v).mean()"}, hint=MEAN)
def ciou_as_a_mean(): ...


# letterbox


@mistake("letterbox", edit={"scale = min(": "scale = max("}, hint="The larger scale is taken: the picture sticks out of the frame. The smaller one lets it fit in both directions.")
def the_larger_scale(): ...


@mistake("letterbox", edit={"scale = min(frame[0] / picture[0], frame[1] / picture[1])": "scale = frame[1] / picture[1]"}, hint="Only the columns decide on the scale: a tall picture sticks out of the frame.")
def columns_decide(): ...


@mistake("letterbox", edit={"scale = min(": "scale = min(1.0, "}, hint="Small images stay small: the scale may be above 1.")
def never_enlarged(): ...


@mistake("letterbox", edit={"top, left = (frame[0] - height) // 2, (frame[1] - width) // 2": "top, left = 0, 0"}, hint="The picture stands at the upper left: what is left over goes to both sides.")
def all_margins_after(): ...


@mistake("letterbox", edit={"top, left = (frame[0] - height) // 2, (frame[1] - width) // 2": "top, left = (frame[0] - height + 1) // 2, (frame[1] - width + 1) // 2"}, hint="An odd row goes above, an odd column to the left: the larger part belongs below and to the right.")
def odd_ones_before(): ...


@mistake("letterbox", edit={"[left, top, left, top]": "[top, left, top, left]"}, hint="The boxes are moved by the margins in exchanged order: x goes with the left one.")
def margins_exchanged(): ...


@mistake("letterbox", edit={"return framed, boxes * scale + move": "return framed, (boxes + move) * scale"}, hint="On the way into the frame the boxes are moved before they are scaled: the margins are measured in pixels of the frame.")
def moved_before_scaled(): ...


@mistake("letterbox", edit={"return framed, boxes * scale + move": "return framed, boxes * scale"}, hint="On the way into the frame the boxes are scaled and not moved: the picture begins behind the margin.")
def boxes_not_moved(): ...


@mistake("letterbox", edit={"return framed, boxes * scale + move": "return framed, boxes * boxes.new_tensor([width / picture[1], height / picture[0]] * 2) + move"}, hint=EXACT_SCALE)
def scaled_by_whole_sides(): ...


@mistake("letterbox", edit={"return whole, (boxes - move) / scale": "return whole, (boxes - move) * boxes.new_tensor([picture[1] / width, picture[0] / height] * 2)"}, hint=EXACT_SCALE)
def scaled_back_by_whole_sides(): ...


@mistake("letterbox", edit={"return whole, (boxes - move) / scale": "return whole, boxes / scale - move"}, hint="On the way back the boxes are scaled before they are moved: it is the reverse, in reverse order.")
def moved_after_scaled(): ...


@mistake("letterbox", edit={"return whole, (boxes - move) / scale": "return whole, (boxes - move) * scale"}, hint="On the way back the boxes are multiplied by the scale once more: they have to be divided by it.")
def scaled_twice(): ...


@mistake("letterbox", edit={"picture, frame = (size, given) if back else (given, size)": "picture, frame = given, size"}, hint="On the way back the roles are as on the way there: what is given is the frame then, and the picture's own size is what is to come.")
def roles_not_changed(): ...


@mistake("letterbox", edit={"math.floor(scale * side + 0.5)": "int(scale * side)"}, hint="Rows and columns are always rounded down: the nearest whole number is asked for.")
def rounded_down(): ...


@mistake("letterbox", edit={"math.floor(scale * side + 0.5)": "math.ceil(scale * side - 1e-9)"}, hint="Rows and columns are always rounded up: the nearest whole number is asked for.")
def rounded_up(): ...


@mistake("letterbox", edit={"math.floor(scale * side + 0.5)": "round(scale * side)"}, hint="Halves are rounded to even numbers, as Python's round does: they should go up.")
def halves_to_even(): ...


@mistake("letterbox", edit={"max(1, math.floor(scale * side + 0.5))": "math.floor(scale * side + 0.5)"}, hint="Of a very thin image no row is left: one stays at least.")
def no_row_left(): ...


@mistake("letterbox", edit={"part = image[:, top : top + height, left : left + width]": "part = image"}, hint="On the way back the margins are resized with the picture: cut it out of the frame first.")
def margins_resized_too(): ...


@mistake("letterbox", edit={'size=(height, width), mode="bilinear"': 'size=(height, width), mode="nearest"'}, hint=NEAREST)
def nearest_pixels(): ...


@mistake("letterbox", edit={'size=(height, width), mode="bilinear"': 'size=(height, width), mode="bilinear", align_corners=True'}, hint=ALIGNED)
def corners_aligned(): ...


@mistake("letterbox", edit={"return framed, boxes * scale + move": "return framed, (boxes * scale + move).clamp(min=0)"}, hint="Boxes that stick out are cut off: they are to come back as they were.")
def boxes_cut_off(): ...


@mistake("letterbox", edit={"framed = image.new_full((image.shape[0], *frame), fill)": "framed = image.new_full((image.shape[0], *frame), fill)\n    top, left = frame[0] - height, frame[1] - width"}, hint="The picture stands at the lower right of the frame: what is left over goes to both sides.")
def picture_at_the_end(): ...


@mistake("letterbox", hint="The image is stretched to the frame in each direction by itself: a letterbox has one scale, and grey beside the picture.")
def stretched(image, boxes, size, fill=0.5, back=False):
    rows, columns = image.shape[1:]
    down, across = size[0] / rows, size[1] / columns
    whole = F.interpolate(image[None], size=tuple(size), mode="bilinear")[0]
    return whole, boxes * boxes.new_tensor([across, down, across, down])


@mistake("letterbox", edit={"given = image.shape[1:]": "given, size = image.shape[1:], (size[1], size[0])"}, hint="The size is read as columns and rows: it names the rows first.")
def size_read_the_other_way(): ...


@mistake("letterbox", edit={'size=(height, width), mode="bilinear"': 'size=(height, width), mode="bilinear", antialias=True'}, hint=SMOOTHED)
def smoothed_first(): ...


@mistake("letterbox", edit={"[left, top, left, top]": "[(frame[1] - width) / 2, (frame[0] - height) / 2] * 2"}, hint="The boxes are moved by half of what is left over, also where that is no whole number: the picture itself is moved by a whole one.")
def moved_by_halves(): ...


@mistake("letterbox", edit={"size=(height, width), mode=\"bilinear\"": "size=(height, width)", "size=tuple(size), mode=\"bilinear\"": "size=tuple(size)"}, hint=NEAREST)
def nearest_pixels_both_ways(): ...


@mistake("letterbox", edit={"size=(height, width), mode=\"bilinear\"": "size=(height, width), mode=\"bilinear\", align_corners=True", "size=tuple(size), mode=\"bilinear\"": "size=tuple(size), mode=\"bilinear\", align_corners=True"}, hint=ALIGNED)
def corners_aligned_both_ways(): ...


@mistake("letterbox", edit={"size=(height, width), mode=\"bilinear\"": "size=(height, width), mode=\"bilinear\", antialias=True", "size=tuple(size), mode=\"bilinear\"": "size=tuple(size), mode=\"bilinear\", antialias=True"}, hint=SMOOTHED)
def smoothed_both_ways(): ...


@mistake("letterbox", edit={"(boxes - move) / scale": "(boxes - move) * min(picture[0] / frame[0], picture[1] / frame[1])"}, hint="On the way back the boxes are scaled as if the frame were fitted into the picture: what was done on the way there is to be undone.")
def frame_fitted_into_the_picture(): ...


@mistake("letterbox", edit={"return framed, boxes * scale + move": "return framed, boxes * boxes.new_tensor([width / picture[1], height / picture[0]] * 2) + move", "return whole, (boxes - move) / scale": "return whole, (boxes - move) / boxes.new_tensor([width / picture[1], height / picture[0]] * 2)"}, hint=EXACT_SCALE)
def scaled_by_whole_sides_both_ways(): ...


@mistake("letterbox", edit={"return framed, boxes * scale + move": "return framed, torch.minimum((boxes * scale + move).clamp(min=0), boxes.new_tensor([frame[1], frame[0]] * 2))"}, hint="Boxes that stick out are cut off: they are to come back as they were.")
def boxes_cut_at_the_frame(): ...


@mistake("letterbox", edit={"return framed, boxes * scale + move": "return framed, torch.minimum((boxes * scale + move).clamp(min=0), boxes.new_tensor([frame[1], frame[0]] * 2))", "return whole, (boxes - move) / scale": "return whole, torch.minimum(((boxes - move) / scale).clamp(min=0), boxes.new_tensor([picture[1], picture[0]] * 2))"}, hint="Boxes that stick out are cut off: they are to come back as they were.")
def boxes_cut_both_ways(): ...


@mistake("letterbox", edit={"scale = min(": "scale = max(", "top, left = (": "height, width = min(height, frame[0]), min(width, frame[1])\n    top, left = ("}, hint="The larger scale is taken: the picture sticks out of the frame. The smaller one lets it fit in both directions.")
def the_larger_scale_held_in_the_frame(): ...


@mistake("letterbox", edit={"height, width = (max(1, math.floor(scale * side + 0.5)) for side in picture)": "height, width = frame"}, hint="The image is stretched to the frame in each direction by itself: a letterbox has one scale, and grey beside the picture.")
def image_stretched_and_boxes_not(): ...


@right("letterbox")
def letterbox_by_padding(image, boxes, size, fill=0.5, back=False):
    (rows, columns), (high, wide) = (size, image.shape[-2:]) if back else (image.shape[-2:], size)
    scale = min(high / rows, wide / columns)
    inner = (max(int(rows * scale + 0.5), 1), max(int(columns * scale + 0.5), 1))
    above, before = (high - inner[0]) // 2, (wide - inner[1]) // 2
    below, after = high - inner[0] - above, wide - inner[1] - before
    shift = torch.tensor([before, above, before, above], dtype=boxes.dtype, device=boxes.device)
    if not back:
        small = F.interpolate(image.unsqueeze(0), inner, mode="bilinear", align_corners=False).squeeze(0)
        return F.pad(small, (before, after, above, below), value=fill), shift + scale * boxes
    cut = image.narrow(1, above, inner[0]).narrow(2, before, inner[1])
    return F.interpolate(cut.unsqueeze(0), tuple(size), mode="bilinear").squeeze(0), (boxes - shift) / scale


@right("letterbox")
def letterbox_in_two_functions(image, boxes, size, fill=0.5, back=False):
    def plan(picture, frame):
        scale = min(frame[0] / picture[0], frame[1] / picture[1])
        inner = [max(1, math.floor(one * scale + 0.5)) for one in picture]
        return scale, inner, [(frame[k] - inner[k]) // 2 for k in (0, 1)]

    def resized(x, to):
        return F.interpolate(x[None], size=list(to), mode="bilinear")[0]

    result = boxes.clone()
    if back:
        scale, inner, (top, left) = plan(size, image.shape[1:])
        result[:, 0::2] = (boxes[:, 0::2] - left) / scale
        result[:, 1::2] = (boxes[:, 1::2] - top) / scale
        return resized(image[:, top:, left:][:, : inner[0], : inner[1]], size), result
    scale, inner, (top, left) = plan(image.shape[1:], size)
    result[:, 0::2] = boxes[:, 0::2] * scale + left
    result[:, 1::2] = boxes[:, 1::2] * scale + top
    framed = torch.full((len(image), *size), fill, dtype=image.dtype, device=image.device)
    framed[:, top : top + inner[0], left : left + inner[1]] = resized(image, inner)
    return framed, result


@right("letterbox")
def letterbox_by_concatenation(image, boxes, size, fill=0.5, back=False):
    picture, frame = (tuple(size), tuple(image.shape[1:])) if back else (tuple(image.shape[1:]), tuple(size))
    scale = frame[0] / picture[0] if frame[0] * picture[1] < frame[1] * picture[0] else frame[1] / picture[1]
    height, width = (max(1, int(math.floor(side * scale + 0.5))) for side in picture)
    top, left = (frame[0] - height) // 2, (frame[1] - width) // 2
    move = torch.tensor((left, top) * 2).to(boxes)
    if back:
        part = image[:, top : top + height][..., left : left + width]
        return F.interpolate(part[None], size=picture, mode="bilinear")[0], (boxes - move) / scale
    part = F.interpolate(image[None], size=(height, width), mode="bilinear")[0]
    grey = torch.full_like(part[:, :, :1], fill)
    part = torch.cat((grey.expand(-1, -1, left), part, grey.expand(-1, -1, frame[1] - width - left)), 2)
    row = torch.full_like(part[:, :1], fill)
    return torch.cat((row.expand(-1, top, -1), part, row.expand(-1, frame[0] - height - top, -1)), 1), boxes * scale + move
