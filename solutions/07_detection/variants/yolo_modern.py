"""What students write in yolo_modern: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

# CSPBlock


@mistake(
    "CSPBlock",
    edit={"torch.cat([self.leave(deep), self.short(x)], dim=1)": "torch.cat([self.short(x), self.leave(deep)], dim=1)"},
    hint="The two halves are joined in the other order. What has been through the blocks comes first.",
)
def ShortFirst(): ...


@mistake(
    "CSPBlock",
    edit={"deep = deep + block(deep)": "deep = block(deep)"},
    hint="The blocks are no residual ones: what comes in is not added to what they give.",
)
def NoResidual(): ...


@mistake(
    "CSPBlock",
    edit={
        "self.short(x)], dim=1)": "self.short(deep)], dim=1)",
        "self.short = ConvMish(out_channels, half, 1)": "self.short = ConvMish(half, half, 1)",
    },
    hint="The half that should go around takes its input from the blocks. It is made of what down gives.",
)
def ShortBehindTheBlocks(): ...


@mistake(
    "CSPBlock",
    edit={
        "        deep = self.enter(x)\n": "        deep = self.enter(x)\n        start = deep\n",
        "        return self.join": "        deep = deep + start\n        return self.join",
    },
    hint="There is one addition too many, around all of the blocks. Each block has its own, and no more.",
)
def AddedAroundAll(): ...


@mistake(
    "CSPBlock",
    edit={"ConvMish(half, half, 1), ConvMish(half, half, 3)": "ConvMish(half, half, 3), ConvMish(half, half, 1)"},
    hint="In a block the 3 × 3 convolution comes first. It is the 1 × 1 that does.",
)
def ThreeByThreeFirst(): ...


@mistake(
    "CSPBlock",
    edit={
        "ConvMish(half, half, 1), ConvMish(half, half, 3)": "ConvMish(half, half // 2, 1), ConvMish(half // 2, half, 3)"
    },
    hint="The blocks are narrower inside, as version 3's are. Here both layers have half of the stage's channels.",
)
def NarrowInside(): ...


@mistake(
    "CSPBlock",
    edit={
        "self.down = ConvMish(in_channels, out_channels, 3, stride=2)": "self.down = ConvMish(in_channels, out_channels, 3)"
    },
    hint="The sides aren't halved: what has down to do?",
)
def NotHalved(): ...


@mistake(
    "CSPBlock",
    edit={
        "self.down = ConvMish(in_channels, out_channels, 3, stride=2)": "self.down = nn.Sequential(ConvMish(in_channels, out_channels, 3), nn.MaxPool2d(2))"
    },
    hint="The sides are halved by a pooling. They are halved by the 3 × 3 convolution itself.",
)
def HalvedByPooling(): ...


@mistake(
    "CSPBlock", edit={"self.leave(deep), self.short(x)": "deep, self.short(x)"}, hint="leave is stored and never used."
)
def LeaveUnused(): ...


@mistake(
    "CSPBlock",
    edit={
        "return self.join(torch.cat([self.leave(deep), self.short(x)], dim=1))": "return self.join(torch.cat([self.leave(deep), self.short(x)], dim=1)) + x"
    },
    hint="The stage's input is added at the end. A half that goes around is there in place of such a sum.",
)
def StageIsResidual(): ...


@mistake(
    "CSPBlock",
    edit={"for _ in range(num_blocks)": "for _ in range(max(num_blocks, 1))"},
    hint="With num_blocks = 0 there is a block all the same.",
)
def AtLeastOneBlock(): ...


@mistake(
    "CSPBlock",
    edit={
        "            nn.Sequential(ConvMish(half, half, 1), ConvMish(half, half, 3))\n            for _ in range(num_blocks)\n": "            [nn.Sequential(ConvMish(half, half, 1), ConvMish(half, half, 3))] * num_blocks\n"
    },
    hint="All blocks are one and the same object. Each one has its own weights: make a new one for each.",
)
def OneBlockRepeated(): ...


@mistake(
    "CSPBlock",
    edit={"deep = self.enter(x)": "deep = x[:, : x.shape[1] // 2]"},
    hint="The half that goes through is a slice of the channels. A convolution of its own makes it.",
)
def EnterIsASlice(): ...


@right("CSPBlock")
class BlocksInASequence(nn.Module):
    class Added(nn.Sequential):
        def forward(self, x):
            return x + super().forward(x)

    def __init__(self, in_channels, out_channels, num_blocks):
        super().__init__()
        c = out_channels // 2
        self.down = ConvMish(in_channels, out_channels, 3, 2)
        self.short, self.enter = (ConvMish(out_channels, c, 1) for _ in range(2))
        self.blocks = nn.Sequential(*[self.Added(ConvMish(c, c, 1), ConvMish(c, c, 3)) for _ in range(num_blocks)])
        self.leave = ConvMish(c, c, 1)
        self.join = ConvMish(out_channels, out_channels, 1)

    def forward(self, x):
        x = self.down(x)
        return self.join(torch.cat((self.leave(self.blocks(self.enter(x))), self.short(x)), 1))


@right("CSPBlock")
class BlocksAppended(nn.Module):
    def __init__(self, in_channels, out_channels, num_blocks):
        super().__init__()
        self.half = int(out_channels / 2)
        self.join = ConvMish(out_channels, out_channels, 1)
        self.leave = ConvMish(self.half, self.half, 1)
        self.blocks = nn.ModuleList()
        for _ in range(num_blocks):
            self.blocks.append(nn.ModuleList([ConvMish(self.half, self.half, 1), ConvMish(self.half, self.half, 3)]))
        self.enter = ConvMish(out_channels, self.half, 1)
        self.short = ConvMish(out_channels, self.half, 1)
        self.down = ConvMish(in_channels, out_channels, 3, stride=2)

    def forward(self, x):
        x = self.down(x)
        around, y = self.short(x), self.enter(x)
        for first, second in self.blocks:
            before = y
            y = second(first(y))
            y = y + before
        return self.join(torch.cat([self.leave(y), around], dim=1))


@right("CSPBlock")
class FilledByHand(nn.Module):
    def __init__(self, in_channels, out_channels, num_blocks):
        super().__init__()
        parts = {"short": out_channels, "enter": out_channels, "leave": out_channels // 2}
        self.down = ConvMish(in_channels, out_channels, 3, stride=2)
        for name, before in parts.items():
            self.add_module(name, ConvMish(before, out_channels // 2, 1))
        self.join = ConvMish(out_channels, out_channels, 1)
        self.blocks = nn.ModuleList(
            [
                nn.Sequential(*(ConvMish(out_channels // 2, out_channels // 2, k) for k in (1, 3)))
                for _ in range(num_blocks)
            ]
        )

    def forward(self, x):
        x = self.down(x)
        out = self.enter(x)
        for block in self.blocks:
            out = torch.add(block(out), out)
        both = x.new_empty(x.shape)
        half = x.shape[1] // 2
        both = torch.cat([both[:, :0], self.leave(out), self.short(x)], dim=1)
        assert both.shape[1] == 2 * half
        return self.join(both)


# yolo_v4_decode

EXCHANGED = "Rows and columns are exchanged: a column number moves a box along x."
ANCHOR_SIDES = "Width and height of the anchors are exchanged: an anchor has its width first."
CORNER = "The centre is taken for the upper left corner: the box should lie around it."
CENTRE_FORM = "What comes is centre, width and height. Boxes are left, top, right, bottom."
NO_STRIDE = "The centres are in cells. Boxes are in pixels."
SIDES_TIMES_STRIDE = "The sides are multiplied by the stride. Anchors are in pixels already."
TWICE = "The whole width is laid on each side of the centre: boxes are twice as large as they should be."


@mistake(
    "yolo_v4_decode",
    edit={"- (scale - 1) / 2": ""},
    hint="The sigmoid is stretched, but not around its middle: with t = 0 the centre isn't in the middle of its cell.",
)
def no_shift(): ...


@mistake(
    "yolo_v4_decode",
    edit={"- (scale - 1) / 2": "- (scale - 1)"},
    hint="The shift is twice what it should be: a stretched sigmoid is longer by scale - 1, and half of that belongs on each side.",
)
def whole_shift(): ...


@mistake(
    "yolo_v4_decode",
    edit={"(scale * t[..., :2].sigmoid() - (scale - 1) / 2 + cells)": "((scale * t[..., :2]).sigmoid() + cells)"},
    hint="The scale stands inside of the sigmoid. There it makes the curve steeper, and its ends stay where they were.",
)
def scale_inside(): ...


@mistake(
    "yolo_v4_decode",
    edit={
        "(scale * t[..., :2].sigmoid() - (scale - 1) / 2 + cells)": "(scale * (t[..., :2].sigmoid() + cells) - (scale - 1) / 2)"
    },
    hint="The cells are stretched as well. Only the place inside of a cell is.",
)
def cells_stretched(): ...


@mistake(
    "yolo_v4_decode",
    edit={"scale * t[..., :2].sigmoid() - (scale - 1) / 2": "2 * t[..., :2].sigmoid() - 0.5"},
    hint="The scale is always 2, which is version 5's.",
)
def scale_of_version_5(): ...


@mistake(
    "yolo_v4_decode",
    edit={"t[..., 2:].exp()": "(2 * t[..., 2:].sigmoid()).square()"},
    hint="The sides are decoded as in version 5. Version 4 kept the exponential.",
)
def sides_of_version_5(): ...


@mistake(
    "yolo_v4_decode",
    edit={"t[..., 2:].exp()": "t[..., 2:].clamp(max=4).exp()"},
    hint="The exponent is given a limit. Here there is none.",
)
def limited_exponent(): ...


@mistake("yolo_v4_decode", edit={"torch.stack([x, y], dim=-1)": "torch.stack([y, x], dim=-1)"}, hint=EXCHANGED)
def v4_rows_for_columns(): ...


@mistake(
    "yolo_v4_decode", edit={"half = anchors[:, None, None]": "half = anchors.flip(1)[:, None, None]"}, hint=ANCHOR_SIDES
)
def v4_anchor_sides(): ...


@mistake("yolo_v4_decode", edit={"[centres - half, centres + half]": "[centres, centres + 2 * half]"}, hint=CORNER)
def v4_corner(): ...


@mistake("yolo_v4_decode", edit={"[centres - half, centres + half]": "[centres, 2 * half]"}, hint=CENTRE_FORM)
def v4_centre_form(): ...


@mistake(
    "yolo_v4_decode",
    edit={"+ cells) * stride": "+ cells * stride)"},
    hint="Only the cells are multiplied by the stride: a place inside of a cell is in cells too.",
)
def v4_share_in_pixels(): ...


@mistake("yolo_v4_decode", edit={"+ cells) * stride": "+ cells)"}, hint=NO_STRIDE)
def v4_in_cells(): ...


@mistake("yolo_v4_decode", edit={".exp() / 2": ".exp() / 2 * stride"}, hint=SIDES_TIMES_STRIDE)
def v4_sides_times_stride(): ...


@mistake("yolo_v4_decode", edit={".exp() / 2": ".exp()"}, hint=TWICE)
def v4_twice(): ...


@mistake(
    "yolo_v4_decode",
    edit={
        "return torch.cat([centres - half, centres + half], dim=-1)": "return torch.cat([centres - half, centres + half], dim=-1).clamp(min=0)"
    },
    hint="Boxes are cut off at the image's edge. They should stay as they are.",
)
def v4_cut(): ...


v4_boxes = yolo_v4_decode


@mistake(
    "yolo_v4_decode",
    hint="One image after the other in a loop: it is slow, and without images there is nothing to stack.",
)
def v4_image_by_image(t, anchors, stride, scale=1.05):
    return torch.stack([v4_boxes(one[None], anchors, stride, scale)[0] for one in t])


@right("yolo_v4_decode")
def number_by_number(t, anchors, stride, scale=1.05):
    tx, ty, tw, th = t.unbind(-1)
    j = torch.arange(t.shape[3], device=t.device, dtype=t.dtype)
    i = torch.arange(t.shape[2], device=t.device, dtype=t.dtype)[:, None]
    x = (0.5 + scale * (torch.sigmoid(tx) - 0.5) + j) * stride
    y = (0.5 + scale * (torch.sigmoid(ty) - 0.5) + i) * stride
    w = anchors[:, 0].reshape(-1, 1, 1) * torch.exp(tw)
    h = anchors[:, 1].reshape(-1, 1, 1) * torch.exp(th)
    return torch.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], dim=-1)


@right("yolo_v4_decode")
def by_the_library_s_format(t, anchors, stride, scale=1.05):
    from torchvision.ops import box_convert

    H, W = t.shape[2], t.shape[3]
    out = torch.empty_like(t)
    out[..., :2] = t[..., :2].sigmoid() * scale - 0.5 * (scale - 1)
    out[..., 0] += torch.arange(W).to(t)
    out[..., 1] += torch.arange(H).to(t).unsqueeze(1)
    out[..., :2] *= stride
    out[..., 2:] = (
        t[..., 2:].exp() * anchors.view(1, -1, 1, 1, 2)
        if anchors.is_contiguous()
        else (t[..., 2:].exp() * anchors.reshape(1, -1, 1, 1, 2))
    )
    return box_convert(out.reshape(-1, 4), "cxcywh", "xyxy").reshape(t.shape)


@right("yolo_v4_decode")
def with_the_hyperbolic_tangent(t, anchors, stride, scale=1.05):
    place = torch.cartesian_prod(torch.arange(t.shape[2]), torch.arange(t.shape[3])).to(t)
    place = place.reshape(t.shape[2], t.shape[3], 2).flip(-1)
    middle = (place + 0.5 + scale / 2 * torch.tanh(t[..., :2] / 2)) * stride
    sides = torch.einsum("ak,nahwk->nahwk", anchors, t[..., 2:].exp())
    return torch.cat([middle - sides / 2, middle + sides / 2], -1)


# yolo_v5_decode


@mistake(
    "yolo_v5_decode",
    edit={"(2 * said[..., :2] - 0.5 + cells)": "(said[..., :2] + cells)"},
    hint="The centres are decoded as in version 3: they can't leave their cells.",
)
def centres_of_version_3(): ...


@mistake(
    "yolo_v5_decode",
    edit={"(2 * said[..., :2] - 0.5 + cells)": "(2 * said[..., :2] - 1 + cells)"},
    hint="With zeros the centre lies on the corner of its cell, where the middle is wanted.",
)
def centres_around_the_corner(): ...


@mistake(
    "yolo_v5_decode",
    edit={"(2 * said[..., :2] - 0.5 + cells)": "(2 * said[..., :2] + cells)"},
    hint="The centres lie half a cell too far to the right and below.",
)
def centres_without_shift(): ...


@mistake(
    "yolo_v5_decode",
    edit={"(2 * said[..., 2:4]).square()": "2 * said[..., 2:4].square()"},
    hint="Only the sigmoid is squared, and not the 2: zeros no longer give the anchor.",
)
def two_not_squared(): ...


@mistake(
    "yolo_v5_decode",
    edit={"(2 * said[..., 2:4]).square()": "2 * said[..., 2:4]"},
    hint="The factor of a side ends at 2, as it isn't squared.",
)
def sides_not_squared(): ...


@mistake(
    "yolo_v5_decode",
    edit={"(2 * said[..., 2:4]).square()": "(said[..., 2:4] / (1 - said[..., 2:4]))"},
    hint="The sides grow exponentially, as in version 4. Here they end at four times the anchor.",
)
def sides_of_version_4(): ...


@mistake(
    "yolo_v5_decode",
    edit={"said[..., 4:5] * said[..., 5:]": "said[..., 5:]"},
    hint="The scores are those of the classes alone. Where nothing is, they mean nothing: what says whether something is there?",
)
def scores_without_objectness(): ...


@mistake(
    "yolo_v5_decode",
    edit={
        "scores = said[..., 4:5] * said[..., 5:]": "z = raw.unflatten(1, (len(anchors), -1)).movedim(2, -1)\n    scores = said[..., 4:5] * z[..., 5:].softmax(dim=-1)"
    },
    hint="The classes go through a softmax. Each has a sigmoid of its own, as an object may be of two.",
)
def softmax_of_the_classes(): ...


@mistake(
    "yolo_v5_decode",
    edit={"said[..., 4:5] * said[..., 5:]": "(said[..., 4:5] * said[..., 5:]).sqrt()"},
    hint="The root of the product is taken. The score is the product.",
)
def root_of_the_score(): ...


@mistake(
    "yolo_v5_decode",
    edit={"raw.unflatten(1, (len(anchors), -1)).movedim(2, -1)": "raw.unflatten(1, (-1, len(anchors))).movedim(1, -1)"},
    hint="The channels are split as if all anchors' tx came first, then all ty. They come anchor after anchor.",
)
def channels_number_after_number(): ...


@mistake(
    "yolo_v5_decode",
    edit={
        "raw.unflatten(1, (len(anchors), -1)).movedim(2, -1)": "raw.reshape(len(raw), len(anchors), H, W, raw.shape[1] // len(anchors))"
    },
    hint="The axes are renamed by a reshape where they should be moved: numbers of different places get mixed.",
)
def reshaped_in_place_of_moved(): ...


@mistake(
    "yolo_v5_decode",
    edit={
        "return boxes.flatten(1, 3), scores.flatten(1, 3)": "return boxes.permute(0, 2, 3, 1, 4).flatten(1, 3), scores.permute(0, 2, 3, 1, 4).flatten(1, 3)"
    },
    hint="The places run slowest: all anchors of a cell stand together. The anchors should come one after the other, each with all its places.",
)
def places_first(): ...


@mistake(
    "yolo_v5_decode",
    edit={
        "return boxes.flatten(1, 3), scores.flatten(1, 3)": "return boxes.transpose(2, 3).flatten(1, 3), scores.transpose(2, 3).flatten(1, 3)"
    },
    hint="The places come column by column. They should come row by row.",
)
def column_by_column(): ...


@mistake(
    "yolo_v5_decode",
    edit={"return boxes.flatten(1, 3), scores.flatten(1, 3)": "return boxes, scores"},
    hint="Anchors, rows and columns still have axes of their own. All places of an image stand in one axis.",
)
def not_flattened(): ...


@mistake("yolo_v5_decode", edit={"torch.stack([x, y], dim=-1)": "torch.stack([y, x], dim=-1)"}, hint=EXCHANGED)
def v5_rows_for_columns(): ...


@mistake(
    "yolo_v5_decode", edit={"half = anchors[:, None, None]": "half = anchors.flip(1)[:, None, None]"}, hint=ANCHOR_SIDES
)
def v5_anchor_sides(): ...


@mistake("yolo_v5_decode", edit={"[centres - half, centres + half]": "[centres, 2 * half]"}, hint=CENTRE_FORM)
def v5_centre_form(): ...


@mistake("yolo_v5_decode", edit={".square() / 2": ".square() / 2 * stride"}, hint=SIDES_TIMES_STRIDE)
def v5_sides_times_stride(): ...


@mistake("yolo_v5_decode", edit={"+ cells) * stride": "+ cells)"}, hint=NO_STRIDE)
def v5_in_cells(): ...


@right("yolo_v5_decode")
def as_the_software_does(raw, anchors, stride):
    N, channels, H, W = raw.shape
    A = anchors.shape[0]
    y = raw.reshape(N, A, channels // A, H, W).permute(0, 1, 3, 4, 2).contiguous().sigmoid()
    grid = torch.stack(torch.meshgrid(torch.arange(W), torch.arange(H), indexing="xy"), dim=2).to(raw) - 0.5
    xy = (y[..., 0:2] * 2 + grid) * stride
    wh = (y[..., 2:4] * 2) ** 2 * anchors.reshape(1, A, 1, 1, 2)
    boxes = torch.cat([xy - wh / 2, xy + wh / 2], dim=-1).reshape(N, A * H * W, 4)
    return boxes, (y[..., 5:] * y[..., 4:5]).reshape(N, A * H * W, channels // A - 5)


@right("yolo_v5_decode")
def anchor_by_anchor(raw, anchors, stride):
    boxes, scores = [], []
    for own, z in zip(anchors, raw.sigmoid().chunk(len(anchors), dim=1)):
        x = (2 * z[:, 0] - 0.5 + torch.arange(z.shape[3]).to(raw)) * stride
        y = (2 * z[:, 1] - 0.5 + torch.arange(z.shape[2]).to(raw)[:, None]) * stride
        w, h = own[0] * 4 * z[:, 2] ** 2 / 2, own[1] * 4 * z[:, 3] ** 2 / 2
        boxes.append(torch.stack([x - w, y - h, x + w, y + h], dim=-1).flatten(1, 2))
        scores.append((z[:, 4:5] * z[:, 5:]).movedim(1, -1).flatten(1, 2))
    return torch.cat(boxes, dim=1), torch.cat(scores, dim=1)


@right("yolo_v5_decode")
def flattened_first(raw, anchors, stride):
    N, _, H, W = raw.shape
    A = len(anchors)
    z = (
        torch.sigmoid(raw)
        .reshape(N, A, raw.shape[1] // A, H * W)
        .transpose(2, 3)
        .reshape(N, A * H * W, raw.shape[1] // A)
    )
    place = torch.arange(H * W).repeat(A)
    cells = torch.stack([place % W, torch.div(place, W, rounding_mode="floor")], dim=1).to(raw)
    sides = anchors.repeat_interleave(H * W, dim=0) * (2 * z[..., 2:4]).pow(2)
    centres = (2 * z[..., :2] + cells - 0.5) * stride
    return torch.cat([centres - sides / 2, centres + sides / 2], dim=2), z[..., 5:] * z[..., 4:5]


# yolo_v4_match

ROW_COLUMN = "Row and column are exchanged. The row comes first, and it is made of y."
EDGE = "A centre outside of the grid is given the nearest cell. It has none."
SQUEEZED_OUT = "Objects that match nothing change the numbers of those behind them. An object keeps its place in boxes."


@mistake(
    "yolo_v4_match",
    edit={"if iou > threshold or (level, a) == best:": "if iou > threshold:"},
    hint="An object may go without any anchor. The best one learns it in any case.",
)
def no_best(): ...


@mistake(
    "yolo_v4_match",
    edit={"if iou > threshold or (level, a) == best:": "if (level, a) == best:"},
    hint="Only the best anchor learns an object: that is version 3. Every other one above the threshold does so too.",
)
def best_alone(): ...


@mistake(
    "yolo_v4_match",
    edit={"if iou > threshold or (level, a) == best:": "if iou >= threshold or (level, a) == best:"},
    hint="An IoU of exactly the threshold counts. It should be above.",
)
def at_the_threshold(): ...


@mistake(
    "yolo_v4_match",
    edit={"if iou > threshold or (level, a) == best:": "if iou > threshold or iou == ious.max():"},
    hint="Of several equally good anchors all are taken. Only the first one is.",
)
def all_of_the_best(): ...


@mistake(
    "yolo_v4_match",
    edit={
        "best = divmod(int(ious.argmax()), anchors.shape[1])": "flat = ious.flatten()\n        best = divmod(len(flat) - 1 - int(flat.flip(0).argmax()), anchors.shape[1])"
    },
    hint="Of equally good anchors the last one is taken, where the first one should be.",
)
def last_of_the_best(): ...


@mistake(
    "yolo_v4_match",
    edit={"if iou > threshold or (level, a) == best:": "if iou > threshold or a == int(ious[level].argmax()):"},
    hint="Each grid has a best anchor of its own. It is the best of all grids together.",
)
def best_of_each_grid(): ...


@mistake(
    "yolo_v4_match",
    edit={"if iou > threshold or (level, a) == best:": "if level == best[0] and (iou > threshold or a == best[1]):"},
    hint="Only the best anchor's grid takes part. Anchors of every grid do, if they are above the threshold.",
)
def best_grid_alone(): ...


@mistake("yolo_v4_match", edit={"[k, level, a, int(y), int(x)]": "[k, level, a, int(x), int(y)]"}, hint=ROW_COLUMN)
def v4_column_row(): ...


@mistake(
    "yolo_v4_match",
    edit={"[k, level, a, int(y), int(x)]": "[k, level, a, round(y), round(x)]"},
    hint="The centre is rounded to the nearest whole number, so from the middle of a cell on the next one is taken.",
)
def rounded_cells(): ...


@mistake(
    "yolo_v4_match",
    edit={"x, y = (left + right) / 2 / stride, (top + bottom) / 2 / stride": "x, y = left / stride, top / stride"},
    hint="The cell is that of the upper left corner. It is the centre that decides.",
)
def cell_of_the_corner(): ...


@mistake(
    "yolo_v4_match",
    edit={
        "            if not (0 <= x < W and 0 <= y < H):\n                continue\n": "            x, y = min(max(x, 0), W - 1), min(max(y, 0), H - 1)\n"
    },
    hint=EDGE,
)
def clamped_cells(): ...


@mistake(
    "yolo_v4_match",
    edit={"if not (0 <= x < W and 0 <= y < H):": "if not (-1 < x < W and -1 < y < H):"},
    hint="A centre just left of the image or above it comes into the first column or row: cutting off the decimals of -0.3 gives 0.",
)
def decimals_cut_off(): ...


@mistake(
    "yolo_v4_match",
    edit={"if not (0 <= x < W and 0 <= y < H):": "if not (0 <= x <= W and 0 <= y <= H):"},
    hint="A centre exactly on the right or lower edge gets a cell that doesn't exist.",
)
def edge_counts(): ...


@mistake(
    "yolo_v4_match",
    edit={"if not (0 <= x < W and 0 <= y < H):": "if not (0 <= x < H and 0 <= y < W):"},
    hint="Height and width of the grid are exchanged: x runs along W columns.",
)
def grid_exchanged(): ...


@mistake(
    "yolo_v4_match",
    edit={
        "anchors[..., 0].clamp(max=w) * anchors[..., 1].clamp(max=h)": "anchors[..., 1].clamp(max=w) * anchors[..., 0].clamp(max=h)"
    },
    hint="Anchors are read as height and width. The width comes first.",
)
def anchors_exchanged(): ...


@mistake(
    "yolo_v4_match",
    edit={"(w * h + anchors.prod(dim=-1) - shared)": "(w * h + anchors.prod(dim=-1))"},
    hint="The shared area counts twice below the line: the area of both together is less than the sum.",
)
def union_with_the_shared_area(): ...


@mistake(
    "yolo_v4_match",
    edit={"(w * h + anchors.prod(dim=-1) - shared)": "(w * h)"},
    hint="What is compared is the share of the object that is covered: a huge anchor is then always best.",
)
def share_of_the_object(): ...


@mistake(
    "yolo_v4_match",
    edit={"        if w <= 0 or h <= 0:\n            continue\n": ""},
    hint="An object without width or height gets an anchor. It matches nothing.",
)
def v4_flat_objects(): ...


@mistake(
    "yolo_v4_match",
    edit={
        "    for k, (left, top, right, bottom) in enumerate(boxes.tolist()):": "    sides = boxes[:, 2:] - boxes[:, :2]\n    boxes = boxes[(sides > 0).all(dim=1)]\n    for k, (left, top, right, bottom) in enumerate(boxes.tolist()):"
    },
    hint=SQUEEZED_OUT,
)
def v4_renumbered(): ...


@mistake(
    "yolo_v4_match",
    edit={"    return table.reshape(-1, 5)": "    return table"},
    hint="Where nothing matches, the answer has one axis. It is (0, 5).",
)
def v4_no_shape(): ...


@mistake(
    "yolo_v4_match",
    edit={
        "    return table.reshape(-1, 5)": "    table = table.reshape(-1, 5)\n    last = {tuple(row[1:]): n for n, row in enumerate(table.tolist())}\n    return table[sorted(last.values())]"
    },
    hint="Where two objects meet in one place, only the last one is kept. Both rows stand in the table.",
)
def last_object_wins(): ...


@mistake(
    "yolo_v4_match",
    edit={
        "    return table.reshape(-1, 5)": "    table = table.reshape(-1, 5)\n    return table[table[:, 1].argsort(stable=True)]"
    },
    hint="The rows come grid by grid. They come object by object.",
)
def v4_grid_by_grid(): ...


@right("yolo_v4_match")
def by_masks(boxes, anchors, grids, strides, threshold=0.213):
    L, A = anchors.shape[:2]
    w, h = (boxes[:, 2:] - boxes[:, :2]).unbind(1)
    both = torch.minimum(w[:, None, None], anchors[..., 0]) * torch.minimum(h[:, None, None], anchors[..., 1])
    iou = both / ((w * h)[:, None, None] + anchors[..., 0] * anchors[..., 1] - both)
    take = iou > threshold
    if len(boxes):
        best = iou.flatten(1).argmax(dim=1)
        take = take | F.one_hot(best, L * A).bool().reshape(-1, L, A)
    take &= ((w > 0) & (h > 0))[:, None, None]
    k, level, a = take.nonzero().unbind(1)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    place = centre[k] / torch.tensor(strides, dtype=boxes.dtype)[level][:, None]
    size = torch.tensor(grids)[level].flip(1)
    inside = ((place >= 0) & (place < size)).all(dim=1)
    cell = place.floor().long()
    return torch.stack([k, level, a, cell[:, 1], cell[:, 0]], dim=1)[inside]


@right("yolo_v4_match")
def with_the_library_s_iou(boxes, anchors, grids, strides, threshold=0.213):
    from torchvision.ops import box_iou

    def at_origin(sides):
        return torch.cat([-sides, sides], dim=1) / 2

    rows = []
    flat = anchors.reshape(-1, 2)
    for k, box in enumerate(boxes):
        sides = box[2:] - box[:2]
        if not bool((sides > 0).all()):
            continue
        ious = box_iou(at_origin(sides[None]), at_origin(flat))[0]
        ious[int(ious.argmax())] = math.inf
        for n in (ious > threshold).nonzero().flatten().tolist():
            level, a = n // anchors.shape[1], n % anchors.shape[1]
            x, y = ((box[:2] + box[2:]) / 2 / strides[level]).tolist()
            j, i = math.floor(x), math.floor(y)
            if i in range(grids[level][0]) and j in range(grids[level][1]):
                rows.append((k, level, a, i, j))
    return torch.tensor(rows).long().reshape(len(rows), 5)


@right("yolo_v4_match")
def plain_lists(boxes, anchors, grids, strides, threshold=0.213):
    found = []
    own = [(g, a, *side) for g, row in enumerate(anchors.tolist()) for a, side in enumerate(row)]
    for k, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
        if x2 <= x1 or y2 <= y1:
            continue
        w, h, best, top = x2 - x1, y2 - y1, None, -1.0
        ious = {}
        for g, a, aw, ah in own:
            both = min(w, aw) * min(h, ah)
            ious[g, a] = both / (w * h + aw * ah - both)
            if ious[g, a] > top:
                best, top = (g, a), ious[g, a]
        for (g, a), iou in ious.items():
            j, i = (x1 + x2) / 2 // strides[g], (y1 + y2) / 2 // strides[g]
            if (iou > threshold or (g, a) == best) and 0 <= i < grids[g][0] and 0 <= j < grids[g][1]:
                found.append([k, g, a, int(i), int(j)])
    return torch.tensor(sorted(found), dtype=torch.int64) if found else torch.zeros(0, 5, dtype=torch.int64)


# yolo_v5_match

MIDDLE = "A centre exactly in the middle of its cell has a neighbour. There it has none on either side."


@mistake(
    "yolo_v5_match",
    edit={"torch.maximum(ratios, 1 / ratios)": "ratios"},
    hint="Only objects that are too large for an anchor are sorted out. One that is four times smaller is out of reach too.",
)
def too_large_alone(): ...


@mistake(
    "yolo_v5_match",
    edit={"torch.maximum(ratios, 1 / ratios) < threshold": "torch.maximum(ratios, 1 / ratios) <= threshold"},
    hint="A factor of exactly the threshold counts. It should be below.",
)
def v5_at_the_threshold(): ...


@mistake(
    "yolo_v5_match",
    edit={"< threshold).all(dim=-1)": "< threshold).any(dim=-1)"},
    hint="It is enough that one of the two sides fits. Both have to.",
)
def one_side_is_enough(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "ratios = sides[:, None, None] / anchors": "ratios = (sides.prod(dim=1)[:, None, None] / anchors.prod(dim=-1))[..., None]"
    },
    hint="Areas are compared. Widths are to be compared with widths, and heights with heights.",
)
def ratio_of_areas(): ...


@mistake(
    "yolo_v5_match",
    edit={"ratios = sides[:, None, None] / anchors": "ratios = sides.flip(1)[:, None, None] / anchors"},
    hint="Widths are compared with heights.",
)
def sides_exchanged(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "    fits &= (sides > 0)": "    nearest = torch.maximum(ratios, 1 / ratios).amax(-1).flatten(1)\n    if len(boxes):\n        fits = fits | F.one_hot(nearest.argmin(1), nearest.shape[1]).bool().reshape(fits.shape)\n    fits &= (sides > 0)"
    },
    hint="An object out of every anchor's reach gets one all the same. In version 5 it matches nothing.",
)
def nearest_in_any_case(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "(across < 0.5) & (column > 0)": "(across > 0.5) & (column > 0)",
        "(across > 0.5) & (column < W - 1)": "(across < 0.5) & (column < W - 1)",
        "(down < 0.5) & (row > 0)": "(down > 0.5) & (row > 0)",
        "(down > 0.5) & (row < H - 1)": "(down < 0.5) & (row < H - 1)",
    },
    hint="The farther neighbours are taken. It is the nearer ones that can reach the centre.",
)
def farther_neighbours(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "(across < 0.5) & (column > 0)": "(column > 0)",
        "(across > 0.5) & (column < W - 1)": "(column < W - 1)",
        "(down < 0.5) & (row > 0)": "(row > 0)",
        "(down > 0.5) & (row < H - 1)": "(row < H - 1)",
    },
    hint="All four neighbours are taken. At most two are near enough.",
)
def all_neighbours(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "(across > 0.5) & (column < W - 1)": "(across > 0.5) & (column < 0)",
        "(down > 0.5) & (row < H - 1)": "(down > 0.5) & (row < 0)",
    },
    hint="Neighbours at the right and below are missing.",
)
def left_and_upper_alone(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "(across < 0.5) & (column > 0)": "(across < 0.5) & (column < 0)",
        "(across > 0.5) & (column < W - 1)": "(across > 0.5) & (column < 0)",
        "(down < 0.5) & (row > 0)": "(down < 0.5) & (row < 0)",
        "(down > 0.5) & (row < H - 1)": "(down > 0.5) & (row < 0)",
    },
    hint="No neighbour takes part: only the centre's own cell does.",
)
def no_neighbours(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "(across < 0.5) & (column > 0)": "(across <= 0.5) & (column > 0)",
        "(down < 0.5) & (row > 0)": "(down <= 0.5) & (row > 0)",
    },
    hint=MIDDLE,
)
def middle_goes_left(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "(across > 0.5) & (column < W - 1)": "(across >= 0.5) & (column < W - 1)",
        "(down > 0.5) & (row < H - 1)": "(down >= 0.5) & (row < H - 1)",
    },
    hint=MIDDLE,
)
def middle_goes_right(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "(across < 0.5) & (column > 0)": "(across < 0.5)",
        "(across > 0.5) & (column < W - 1)": "(across > 0.5)",
        "(down < 0.5) & (row > 0)": "(down < 0.5)",
        "(down > 0.5) & (row < H - 1)": "(down > 0.5)",
    },
    hint="Neighbours outside of the grid are matched: cells that don't exist.",
)
def neighbours_outside(): ...


@mistake(
    "yolo_v5_match",
    edit={"column < W - 1": "column < H - 1", "row < H - 1": "row < W - 1"},
    hint="Whether a neighbour exists is asked of the wrong side of the grid: columns number W.",
)
def neighbours_of_an_exchanged_grid(): ...


@mistake(
    "yolo_v5_match",
    edit={"column, row = x.floor(), y.floor()": "column, row = x.floor().clamp(0, W - 1), y.floor().clamp(0, H - 1)"},
    hint=EDGE,
)
def v5_clamped(): ...


@mistake("yolo_v5_match", edit={"a, i[which], j[which]]": "a, j[which], i[which]]"}, hint=ROW_COLUMN)
def v5_column_row(): ...


@mistake(
    "yolo_v5_match",
    edit={"x, y = ((boxes[:, :2] + boxes[:, 2:]) / 2 / stride).unbind(1)": "x, y = (boxes[:, :2] / stride).unbind(1)"},
    hint="The cell is that of the upper left corner. It is the centre that decides.",
)
def v5_cell_of_the_corner(): ...


@mistake(
    "yolo_v5_match",
    edit={"    return torch.cat(found).unique(dim=0)": "    return torch.cat(found)"},
    hint="The rows are in the order in which they were found, the wanted ones all the same. Sort them by object, grid, anchor, row, column.",
)
def v5_unsorted(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "    return torch.cat(found).unique(dim=0)": "    out = torch.cat(found).unique(dim=0)\n    return out[out[:, 1].argsort(stable=True)]"
    },
    hint="The rows come grid by grid. They come object by object.",
)
def v5_grid_by_grid(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "    fits &= (sides > 0).all(dim=1)[:, None, None]\n": "",
        "    ratios = sides[:, None, None] / anchors\n": "    ratios = sides.clamp(min=3)[:, None, None] / anchors\n",
    },
    hint="Small sides are replaced by larger ones, so an object without width gets anchors. It matches nothing.",
)
def small_sides_replaced(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "    return torch.cat(found).unique(dim=0)": "    out = torch.cat(found).unique(dim=0)\n    last = {tuple(row[1:]): n for n, row in enumerate(out.tolist())}\n    return out[sorted(last.values())]"
    },
    hint="Where two objects meet in one place, only the last one is kept. Both rows stand in the table.",
)
def v5_last_object_wins(): ...


@mistake(
    "yolo_v5_match",
    edit={
        "(row - 1, column, (down < 0.5) & (row > 0)),": "(row - 1, column, (down < 0.5) & (row > 0)),\n            (row - 1, column - 1, (down < 0.5) & (row > 0) & (across < 0.5) & (column > 0)),"
    },
    hint="A diagonal neighbour takes part. Only those at the sides, above and below do.",
)
def diagonal_neighbour(): ...


@right("yolo_v5_match")
def by_offsets(boxes, anchors, grids, strides, threshold=4.0):
    centre, side = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    big = torch.maximum(side[:, None, None], anchors)
    small = torch.minimum(side[:, None, None], anchors)
    fits = (big < threshold * small).all(dim=3)
    steps = torch.tensor([[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1]]).to(boxes)
    pieces = []
    for level in range(len(grids)):
        size = torch.tensor([grids[level][1], grids[level][0]]).to(boxes)
        place = centre / strides[level]
        cell = place.floor()
        inside = ((place >= 0) & (place < size)).all(dim=1)
        lean = torch.sign(place - cell - 0.5)
        near = ((steps == 0) | (steps == lean[:, None])).all(dim=2)
        target = cell[:, None] + steps
        exists = ((target >= 0) & (target < size)).all(dim=2)
        which, a, step = (fits[:, level, :, None] & (inside[:, None] & near & exists)[:, None]).nonzero().unbind(1)
        xy = target[which, step].long()
        pieces.append(torch.stack([which, torch.full_like(which, level), a, xy[:, 1], xy[:, 0]], dim=1))
    return torch.unique(torch.cat(pieces), dim=0)


@right("yolo_v5_match")
def by_all_cells(boxes, anchors, grids, strides, threshold=4.0):
    """Ask every cell whether its middle is less than one away across and less than a half down, or the reverse."""
    side = (boxes[:, 2:] - boxes[:, :2])[:, None, None]
    fits = (torch.max(side / anchors, anchors / side).amax(dim=-1) < threshold) & (side > 0).all(dim=-1)
    found = []
    for level, (H, W) in enumerate(grids):
        x, y = ((boxes[:, 0] + boxes[:, 2]) / 2 / strides[level], (boxes[:, 1] + boxes[:, 3]) / 2 / strides[level])
        j, i = torch.arange(W).to(boxes), torch.arange(H).to(boxes)
        own_x, own_y = x.floor()[:, None] == j, y.floor()[:, None] == i
        side_x = ((x[:, None] - j - 0.5).abs() < 1) & ~own_x
        side_y = ((y[:, None] - i - 0.5).abs() < 1) & ~own_y
        cells = own_y[:, :, None] & (own_x | side_x)[:, None] | side_y[:, :, None] & own_x[:, None]
        cells &= ((x >= 0) & (x < W) & (y >= 0) & (y < H))[:, None, None]
        n, a, i, j = (fits[:, level][:, :, None, None] & cells[:, None]).nonzero().unbind(1)
        found.append(torch.stack([n, torch.full_like(n, level), a, i, j], dim=1))
    return torch.cat(found).unique(dim=0)


@right("yolo_v5_match")
def sorted_at_the_end(boxes, anchors, grids, strides, threshold=4.0):
    A = anchors.shape[1]
    middle, sides = boxes.reshape(-1, 2, 2).mean(dim=1), boxes[:, 2:] - boxes[:, :2]
    rows = [boxes.new_zeros(0, 5, dtype=torch.int64)]
    for g in range(len(grids)):
        p = middle / strides[g]
        c = p.floor().long()
        top = torch.tensor([grids[g][1], grids[g][0]], device=boxes.device)
        ok = ((p >= 0) & (p < top)).all(1) & (sides > 0).all(1)
        rest = p - c
        for a in range(A):
            r = sides / anchors[g, a]
            fit = ok & (torch.max(r, r.reciprocal()).max(dim=1).values < threshold)
            for axis, step in ((0, 0), (0, -1), (0, 1), (1, -1), (1, 1)):
                to = c.clone()
                to[:, axis] += step
                keep = fit & ((to >= 0) & (to < top)).all(1)
                if step:
                    keep = keep & (step * (rest[:, axis] - 0.5) > 0)
                (k,) = keep.nonzero(as_tuple=True)
                rows.append(torch.stack([k, k * 0 + g, k * 0 + a, to[k, 1], to[k, 0]], dim=1))
    out = torch.cat(rows)
    for column in (4, 3, 2, 1, 0):
        out = out[torch.sort(out[:, column], stable=True).indices]
    return out


# balanced_objectness_loss


@mistake(
    "balanced_objectness_loss",
    edit={"return (weights * losses).sum(),": "return losses.sum(),"},
    hint="The grids' losses are added up without their weights.",
)
def not_weighed(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"(weights * losses).sum(),": "(weights * losses).mean(),"},
    hint="The weighed losses are averaged. They are added up.",
)
def mean_over_grids(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"(weights * losses).sum(),": "(weights * losses).sum() / weights.sum(),"},
    hint="The loss is divided by the sum of the weights. It is the sum itself.",
)
def weighted_mean(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"(weights * losses).sum(),": "(weights.flip(0) * losses).sum(),"},
    hint="The weights are read from behind. The first one belongs to the first grid.",
)
def weights_reversed(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"(weights * losses).sum(),": "(mixed / mixed[keep] * losses).sum(),"},
    hint="The loss of this step uses the next step's weights already.",
)
def new_weights_at_once(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"F.binary_cross_entropy_with_logits(z, q)": 'F.binary_cross_entropy_with_logits(z, q, reduction="sum")'},
    hint="Each grid's losses are added up, so a fine grid weighs more by its number of cells. Each grid has a mean.",
)
def sum_over_places(): ...


@mistake(
    "balanced_objectness_loss",
    edit={
        "F.binary_cross_entropy_with_logits(z, q)": 'F.binary_cross_entropy_with_logits(z, q, reduction="sum") / len(z)'
    },
    hint="A grid's losses are divided by the number of images. The mean goes over all places.",
)
def mean_over_images(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"F.binary_cross_entropy_with_logits(z, q)": "F.binary_cross_entropy_with_logits(z, (q > 0.5).to(z))"},
    hint="The targets are made 0 or 1. They count as they are: how good a box is.",
)
def hard_targets(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"F.binary_cross_entropy_with_logits(z, q)": "F.mse_loss(z.sigmoid(), q)"},
    hint="The loss is a squared distance. It is a binary cross-entropy.",
)
def squared_distance(): ...


@mistake(
    "balanced_objectness_loss",
    edit={
        "F.binary_cross_entropy_with_logits(z, q)": "-(q * z.sigmoid().log() + (1 - q) * (1 - z.sigmoid()).log()).mean()"
    },
    hint="The logarithm of a sigmoid that has become 0 or 1: large logits make infinite or undefined losses. Which routine starts from logits?",
)
def log_of_the_sigmoid(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"rate / losses.detach()": "rate * losses.detach()"},
    hint="The losses themselves are mixed in, so a grid with a large loss gets a larger weight. It is their inverse.",
)
def loss_in_place_of_inverse(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"(mixed / mixed[keep]).detach()": "mixed.detach()"},
    hint="The next weights aren't divided by the one that is to stay 1.",
)
def not_normalised(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"(mixed / mixed[keep]).detach()": "(mixed / mixed.sum()).detach()"},
    hint="The next weights are divided by their sum. One grid's weight is to stay 1.",
)
def normalised_by_the_sum(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"(mixed / mixed[keep]).detach()": "(mixed / mixed[1]).detach()"},
    hint="It is always the second grid whose weight stays 1. keep says which.",
)
def keep_is_ignored(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"(1 - rate) * weights + rate / losses.detach()": "weights + rate / losses.detach()"},
    hint="The old weights count in full. With 1 - rate they fade.",
)
def old_weights_in_full(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"(1 - rate) * weights + rate / losses.detach()": "rate * weights + (1 - rate) / losses.detach()"},
    hint="The rate belongs to the new part: the old weights count 1 - rate.",
)
def rate_exchanged(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"rate / losses.detach()": "rate / losses", "(mixed / mixed[keep]).detach()": "mixed / mixed[keep]"},
    hint="A gradient passes through the next weights. They are numbers, made without the graph.",
)
def weights_with_gradient(): ...


@mistake(
    "balanced_objectness_loss",
    edit={"losses = torch.stack(each)": "losses = torch.stack(each).detach().requires_grad_()"},
    hint="The losses are cut off from the graph before they are added up: no gradient reaches the logits.",
)
def loss_detached(): ...


@right("balanced_objectness_loss")
def grid_by_grid(logits, targets, weights, rate=0.0001, keep=1):
    total, new = 0.0, []
    for z, q, w in zip(logits, targets, weights.detach()):
        loss = (z.clamp(min=0) - z * q + torch.log1p(torch.exp(-z.abs()))).mean()
        total = total + w * loss
        new.append((1 - rate) * w + rate / loss.detach())
    return total, torch.stack([w / new[keep] for w in new])


@right("balanced_objectness_loss")
def by_softplus(logits, targets, weights, rate=0.0001, keep=1):
    means = [(q * F.softplus(-z) + (1 - q) * F.softplus(z)).mean() for z, q in zip(logits, targets)]
    with torch.no_grad():
        following = torch.stack([w * (1 - rate) + rate / loss for w, loss in zip(weights, means)])
        following = following / following[keep].clone()
    return sum(w * loss for w, loss in zip(weights.unbind(), means)), following


@right("balanced_objectness_loss")
def by_a_dot_product(logits, targets, weights, rate=0.0001, keep=1):
    criterion = nn.BCEWithLogitsLoss()
    losses = torch.stack([criterion(*pair) for pair in zip(logits, targets)])
    old, now = weights.detach(), losses.detach()
    new = torch.lerp(old, now.reciprocal(), rate)
    return losses @ weights, new / new[keep]


# focus_to_convolution


@mistake(
    "focus_to_convolution",
    edit={".permute(0, 3, 4, 2, 5, 1)": ".permute(0, 3, 4, 1, 5, 2)"},
    hint='In the order "focus" row and column in the block are exchanged. Channel 1 of one channel\'s four has its weight in row 1, column 0.',
)
def focus_column_faster(): ...


@mistake(
    "focus_to_convolution",
    edit={".permute(0, 1, 4, 2, 5, 3)": ".permute(0, 1, 4, 3, 5, 2)"},
    hint='In the order "pixel_unshuffle" row and column in the block are exchanged. Channel 1 of one channel\'s four has its weight in row 0, column 1.',
)
def unshuffle_row_faster(): ...


@mistake(
    "focus_to_convolution",
    edit={".permute(0, 3, 4, 2, 5, 1)": ".permute(0, 3, 2, 4, 1, 5)"},
    hint="In the order \"focus\" the window's place is the fast axis and the block's the slow one: a row should be 2 v + d.",
)
def focus_blocks_slow(): ...


@mistake(
    "focus_to_convolution",
    edit={".permute(0, 1, 4, 2, 5, 3)": ".permute(0, 1, 2, 4, 3, 5)"},
    hint="In the order \"pixel_unshuffle\" the window's place is the fast axis and the block's the slow one: a row should be 2 v + d.",
)
def unshuffle_blocks_slow(): ...


@mistake(
    "focus_to_convolution",
    edit={
        "weight.reshape(O, 2, 2, C, h, w).permute(0, 3, 4, 2, 5, 1)": "weight.reshape(O, C, 2, 2, h, w).permute(0, 1, 4, 3, 5, 2)"
    },
    hint='In the order "focus" the four maps of one channel are taken to stand together. A whole image stands after the other: all C channels of one place in the block.',
)
def focus_channels_slow(): ...


@mistake(
    "focus_to_convolution",
    edit={
        "weight.reshape(O, C, 2, 2, h, w).permute(0, 1, 4, 2, 5, 3)": "weight.reshape(O, 2, 2, C, h, w).permute(0, 3, 4, 1, 5, 2)"
    },
    hint='In the order "pixel_unshuffle" the C channels are taken to run fastest. All four maps of one channel stand together.',
)
def unshuffle_channels_fast(): ...


@mistake(
    "focus_to_convolution",
    edit={'if order == "focus":': "if True:"},
    hint='The order "pixel_unshuffle" gives what "focus" gives.',
)
def always_focus(): ...


@mistake(
    "focus_to_convolution",
    edit={'if order == "focus":': "if False:"},
    hint='The order "focus" gives what "pixel_unshuffle" gives.',
)
def always_unshuffle(): ...


@mistake(
    "focus_to_convolution",
    edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return split.reshape(O, C, 2 * h, 2 * w).flip(2, 3)"},
    hint="The window is turned by 180 degrees. What is called convolution in a network turns nothing.",
)
def turned(): ...


@mistake(
    "focus_to_convolution",
    edit={
        "return split.reshape(O, C, 2 * h, 2 * w)": "return split.reshape(O, C, 2 * h, 2 * w).transpose(2, 3).reshape(O, C, 2 * h, 2 * w)"
    },
    hint="The whole window is transposed: rows have become columns, those of the small window too.",
)
def transposed(): ...


@mistake(
    "focus_to_convolution",
    edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return weight.reshape(O, C, 2 * h, 2 * w)"},
    hint="The weights are only given another shape. Each has to move to its own row and column.",
)
def reshaped_alone(): ...


@mistake(
    "focus_to_convolution",
    edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return F.interpolate(weight[:, :C], scale_factor=2.0)"},
    hint="Each weight of the first C channels is written four times. The other channels have weights too.",
)
def enlarged(): ...


@mistake(
    "focus_to_convolution",
    edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return split.reshape(O, C, 2 * h, 2 * w) / 4"},
    hint="The weights are divided by 4. No number changes: each pixel has a weight of its own.",
)
def divided(): ...


@right("focus_to_convolution")
def by_slices(weight, order="focus"):
    C = weight.shape[1] // 4
    out = weight.new_zeros(len(weight), C, 2 * weight.shape[2], 2 * weight.shape[3])
    for d in range(2):
        for e in range(2):
            start = (2 * e + d) * C
            own = weight[:, start : start + C] if order == "focus" else weight[:, 2 * d + e :: 4]
            out[:, :, d::2, e::2] = own
    return out


@right("focus_to_convolution")
def by_pixel_shuffle(weight, order="focus"):
    if order == "focus":
        parts = weight.chunk(4, dim=1)
        weight = torch.stack([parts[0], parts[2], parts[1], parts[3]], dim=2).flatten(1, 2)
    return F.pixel_shuffle(weight, 2)


@right("focus_to_convolution")
def pixel_by_pixel(weight, order="focus"):
    filters, four, h, w = weight.shape
    C = four // 4
    out = torch.empty(filters, C, 2 * h, 2 * w, dtype=weight.dtype, device=weight.device)
    for row in range(2 * h):
        for column in range(2 * w):
            v, d = divmod(row, 2)
            u, e = divmod(column, 2)
            for c in range(C):
                channel = (2 * e + d) * C + c if order == "focus" else 4 * c + 2 * d + e
                out[:, c, row, column] = weight[:, channel, v, u]
    return out
