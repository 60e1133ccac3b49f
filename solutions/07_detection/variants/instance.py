"""What students write in instance: mistakes with the hint each deserves, and other right answers."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import roi_align

from autograder.authoring import mistake, right

# polygon_to_mask


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


@mistake("polygon_to_mask", edit={"x < crossing": "x > crossing"}, hint="The ray goes to the left. That is as good as to the right, but for points that lie exactly on an edge: those on a left edge are to be in.")
def ray_to_the_left(): ...


@mistake("polygon_to_mask", edit={"x < crossing": "x <= crossing"}, hint="Points exactly on a right edge are in, and points on a left edge out. The rule wants the reverse.")
def right_edges_in(): ...


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
