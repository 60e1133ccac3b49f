"""What students write in yolo_modern: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

# CSPBlock


@mistake("CSPBlock", edit={"torch.cat([self.leave(deep), self.short(x)], dim=1)": "torch.cat([self.short(x), self.leave(deep)], dim=1)"}, hint="The two halves are joined in the other order. What has been through the blocks comes first.")
def ShortFirst(): ...


@mistake("CSPBlock", edit={"deep = deep + block(deep)": "deep = block(deep)"}, hint="The blocks are no residual ones: what comes in is not added to what they give.")
def NoResidual(): ...


@mistake("CSPBlock", edit={"self.short(x)], dim=1)": "self.short(deep)], dim=1)", "self.short = ConvMish(out_channels, half, 1)": "self.short = ConvMish(half, half, 1)"}, hint="The half that should go around takes its input from the blocks. It is made of what down gives.")
def ShortBehindTheBlocks(): ...


@mistake("CSPBlock", edit={"        deep = self.enter(x)\n": "        deep = self.enter(x)\n        start = deep\n", "        return self.join": "        deep = deep + start\n        return self.join"}, hint="There is one addition too many, around all of the blocks. Each block has its own, and no more.")
def AddedAroundAll(): ...


@mistake("CSPBlock", edit={"ConvMish(half, half, 1), ConvMish(half, half, 3)": "ConvMish(half, half, 3), ConvMish(half, half, 1)"}, hint="In a block the 3 × 3 convolution comes first. It is the 1 × 1 that does.")
def ThreeByThreeFirst(): ...


@mistake("CSPBlock", edit={"ConvMish(half, half, 1), ConvMish(half, half, 3)": "ConvMish(half, half // 2, 1), ConvMish(half // 2, half, 3)"}, hint="The blocks are narrower inside, as version 3's are. Here both layers have half of the stage's channels.")
def NarrowInside(): ...


@mistake("CSPBlock", edit={"self.down = ConvMish(in_channels, out_channels, 3, stride=2)": "self.down = ConvMish(in_channels, out_channels, 3)"}, hint="The sides aren't halved: what has down to do?")
def NotHalved(): ...


@mistake("CSPBlock", edit={"self.down = ConvMish(in_channels, out_channels, 3, stride=2)": "self.down = nn.Sequential(ConvMish(in_channels, out_channels, 3), nn.MaxPool2d(2))"}, hint="The sides are halved by a pooling. They are halved by the 3 × 3 convolution itself.")
def HalvedByPooling(): ...


@mistake("CSPBlock", edit={"self.leave(deep), self.short(x)": "deep, self.short(x)"}, hint="leave is stored and never used.")
def LeaveUnused(): ...


@mistake("CSPBlock", edit={"return self.join(torch.cat([self.leave(deep), self.short(x)], dim=1))": "return self.join(torch.cat([self.leave(deep), self.short(x)], dim=1)) + x"}, hint="The stage's input is added at the end. A half that goes around is there in place of such a sum.")
def StageIsResidual(): ...


@mistake("CSPBlock", edit={"for _ in range(num_blocks)": "for _ in range(max(num_blocks, 1))"}, hint="With num_blocks = 0 there is a block all the same.")
def AtLeastOneBlock(): ...


@mistake("CSPBlock", edit={"            nn.Sequential(ConvMish(half, half, 1), ConvMish(half, half, 3))\n            for _ in range(num_blocks)\n": "            [nn.Sequential(ConvMish(half, half, 1), ConvMish(half, half, 3))] * num_blocks\n"}, hint="All blocks are one and the same object. Each one has its own weights: make a new one for each.")
def OneBlockRepeated(): ...


@mistake("CSPBlock", edit={"deep = self.enter(x)": "deep = x[:, : x.shape[1] // 2]"}, hint="The half that goes through is a slice of the channels. A convolution of its own makes it.")
def EnterIsASlice(): ...


@mistake("CSPBlock", edit={"        deep = self.enter(x)\n": "        first = deep = self.enter(x)\n", "deep = deep + block(deep)": "deep = deep + block(first)"}, hint="Each block takes what enter gives, so the blocks stand side by side. What goes into the second one?")
class BlocksSideBySide: ...


@mistake("CSPBlock", edit={"deep = self.enter(x)": "deep = self.short(x)", "self.short(x)]": "self.enter(x)]"}, hint="The blocks work on short's half, and enter's goes around. Which of the two does the docstring send through the blocks?")
class HalvesExchanged: ...


@mistake("CSPBlock", edit={"x = self.down(x)": "x = self.down(x.float())"}, hint="The input is brought to float32, so a stage in float64 can't take it. A layer leaves the dtype as it is.")
class InFloat32: ...


@mistake("CSPBlock", edit={"self.down = ConvMish(in_channels, out_channels, 3, stride=2)": "self.down = ConvMish(in_channels, out_channels, 1, stride=2)"}, hint="The window of down is another one. How large is it in the docstring?")
class DownOfOnePixel: ...


@mistake("CSPBlock", edit={"x = self.down(x)": "x = self.down(x[..., : x.shape[-2] // 2 * 2, : x.shape[-1] // 2 * 2])"}, hint="Odd sides are rounded down. A padded 3 × 3 convolution of stride 2 rounds them up by itself, if nothing is cut off.")
class SidesRoundedDown: ...


@mistake("CSPBlock", edit={"deep = deep + block(deep)": "deep += block(deep)"}, hint="The sum is written over the block's input, which the backward pass still needs. Make a new tensor of it.")
class AddedInPlace: ...


@mistake("CSPBlock", edit={"self.join = ConvMish(2 * half, out_channels, 1)": "self.join = nn.Conv2d(2 * half, out_channels, 1, bias=False)"}, hint="One of the parts is a bare convolution. Each is a ConvMish, with its norm and its Mish.")
class JoinOfAConvolutionAlone: ...


@mistake("CSPBlock", edit={"nn.Sequential(ConvMish(half, half, 1), ConvMish(half, half, 3))": "nn.ModuleDict({\"a\": ConvMish(half, half, 1), \"b\": ConvMish(half, half, 3)})", "deep = deep + block(deep)": "deep = deep + block[\"b\"](block[\"a\"](deep))"}, hint="The two layers of a block stand there by other names. Which container of PyTorch names its parts \"0\" and \"1\" by itself?")
class OtherNames: ...


@mistake("CSPBlock", edit={"nn.Sequential(ConvMish(half, half, 1), ConvMish(half, half, 3))": "nn.ModuleDict({\"first\": ConvMish(half, half, 1), \"second\": ConvMish(half, half, 3)})", "deep = deep + block(deep)": "deep = deep + block[\"second\"](block[\"first\"](deep))"}, hint="The two layers of a block stand there by other names. Which container of PyTorch names its parts \"0\" and \"1\" by itself?")
class NamedAttributes: ...


@mistake("CSPBlock", edit={"self.short(x)], dim=1)": "self.leave(self.short(x))], dim=1)"}, hint="leave is used for the half that goes around as well. Only what comes from the blocks goes through it.")
class LeaveForBothHalves: ...


@mistake("CSPBlock", edit={"deep = deep + block(deep)": "deep = F.mish(deep + block(deep))"}, hint="There is one more Mish, after a block's sum. The sum goes on as it is.")
class MishAfterTheSum: ...


@mistake("CSPBlock", edit={"for _ in range(num_blocks)": "for _ in range(num_blocks - 1)"}, hint="There is one block too few.")
class OneBlockTooFew: ...


@mistake("CSPBlock", edit={"deep = deep + block(deep)": "deep = block(deep)", "        deep = self.enter(x)\n": "        deep = start = self.enter(x)\n", "        return self.join": "        deep = deep + start if len(self.blocks) else deep\n        return self.join"}, hint="There is a single addition, around all of the blocks. Each block adds its own input.")
class OneSumAroundAll: ...


@mistake("CSPBlock", edit={"self.blocks = nn.ModuleList(": "self.blocks = list("}, hint="The blocks are missing among the stored weights. In a plain Python list PyTorch does not find them.")
class BlocksInAPlainList: ...


@mistake("CSPBlock", edit={"deep = deep + block(deep)": "deep = block[0](deep)\n            deep = deep + block[1](deep)"}, hint="What is added is the first layer's output. It is what comes into the block.")
class SumWithTheFirstLayer: ...


@mistake("CSPBlock", edit={"self.enter = ConvMish(out_channels, half, 1)": "self.enter = ConvMish(half, half, 1)", "deep = self.enter(x)": "deep = self.enter(self.short(x))"}, hint="enter stands behind short. Both take what down gives, with all its channels.")
class EnterBehindShort: ...


@mistake("CSPBlock", edit={"        return self.join(torch.cat([self.leave(deep), self.short(x)], dim=1))": "        both = self.leave(deep) + self.short(x)\n        return self.join(torch.cat([both, both], dim=1))"}, hint="The two halves are added. They are to stand next to each other, as channels.")
class HalvesAdded: ...


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


@mistake("yolo_v4_decode", edit={"- (scale - 1) / 2": ""}, hint="The sigmoid is stretched, but not around its middle: with t = 0 the centre isn't in the middle of its cell.")
def no_shift(): ...


@mistake("yolo_v4_decode", edit={"- (scale - 1) / 2": "- (scale - 1)"}, hint="The shift is twice what it should be: a stretched sigmoid is longer by scale - 1, and half of that belongs on each side.")
def whole_shift(): ...


@mistake("yolo_v4_decode", edit={"(scale * t[..., :2].sigmoid() - (scale - 1) / 2 + cells)": "((scale * t[..., :2]).sigmoid() + cells)"}, hint="The scale stands inside of the sigmoid. There it makes the curve steeper, and its ends stay where they were.")
def scale_inside(): ...


@mistake("yolo_v4_decode", edit={"(scale * t[..., :2].sigmoid() - (scale - 1) / 2 + cells)": "(scale * (t[..., :2].sigmoid() + cells) - (scale - 1) / 2)"}, hint="The cells are stretched as well. Only the place inside of a cell is.")
def cells_stretched(): ...


@mistake("yolo_v4_decode", edit={"scale * t[..., :2].sigmoid() - (scale - 1) / 2": "2 * t[..., :2].sigmoid() - 0.5"}, hint="The scale is always 2, which is version 5's.")
def scale_of_version_5(): ...


@mistake("yolo_v4_decode", edit={"t[..., 2:].exp()": "(2 * t[..., 2:].sigmoid()).square()"}, hint="The sides are decoded as in version 5. Version 4 kept the exponential.")
def sides_of_version_5(): ...


@mistake("yolo_v4_decode", edit={"t[..., 2:].exp()": "t[..., 2:].clamp(max=4).exp()"}, hint="The exponent is given a limit. Here there is none.")
def limited_exponent(): ...


@mistake("yolo_v4_decode", edit={"torch.stack([x, y], dim=-1)": "torch.stack([y, x], dim=-1)"}, hint=EXCHANGED)
def v4_rows_for_columns(): ...


@mistake("yolo_v4_decode", edit={"half = anchors[:, None, None]": "half = anchors.flip(1)[:, None, None]"}, hint=ANCHOR_SIDES)
def v4_anchor_sides(): ...


@mistake("yolo_v4_decode", edit={"[centres - half, centres + half]": "[centres, centres + 2 * half]"}, hint=CORNER)
def v4_corner(): ...


@mistake("yolo_v4_decode", edit={"[centres - half, centres + half]": "[centres, 2 * half]"}, hint=CENTRE_FORM)
def v4_centre_form(): ...


@mistake("yolo_v4_decode", edit={"+ cells) * stride": "+ cells * stride)"}, hint="Only the cells are multiplied by the stride: a place inside of a cell is in cells too.")
def v4_share_in_pixels(): ...


@mistake("yolo_v4_decode", edit={"+ cells) * stride": "+ cells)"}, hint=NO_STRIDE)
def v4_in_cells(): ...


@mistake("yolo_v4_decode", edit={".exp() / 2": ".exp() / 2 * stride"}, hint=SIDES_TIMES_STRIDE)
def v4_sides_times_stride(): ...


@mistake("yolo_v4_decode", edit={".exp() / 2": ".exp()"}, hint=TWICE)
def v4_twice(): ...


@mistake("yolo_v4_decode", edit={"return torch.cat([centres - half, centres + half], dim=-1)": "return torch.cat([centres - half, centres + half], dim=-1).clamp(min=0)"}, hint="Boxes are cut off at the image's edge. They should stay as they are.")
def v4_cut(): ...


v4_boxes = yolo_v4_decode


@mistake("yolo_v4_decode", hint="One image after the other in a loop: it is slow, and without images there is nothing to stack.")
def v4_image_by_image(t, anchors, stride, scale=1.05):
    return torch.stack([v4_boxes(one[None], anchors, stride, scale)[0] for one in t])


@mistake("yolo_v4_decode", edit={"+ cells) * stride": "+ cells + 0.5) * stride"}, hint="Half a cell is added. A cell begins at its left and upper border, and the sigmoid of 0 is a half already.")
def half_a_cell_too_far(): ...


@mistake("yolo_v4_decode", edit={"+ cells) * stride": "+ cells + 1) * stride"}, hint="All boxes lie one cell too far to the right and below: rows and columns count from 0.")
def cells_from_one(): ...


@mistake("yolo_v4_decode", edit={"scale * t[..., :2].sigmoid() - (scale - 1) / 2": "(scale * t[..., :2].sigmoid() - (scale - 1) / 2).clamp(0, 1)"}, hint="The centres are held back in their cells. With a scale above 1 they may lie a little outside.")
def kept_in_the_cell(): ...


@mistake("yolo_v4_decode", edit={"return torch.cat([centres - half, centres + half], dim=-1)": "return torch.cat([centres - half, centres + half], dim=-1)[..., [0, 2, 1, 3]]"}, hint="The four numbers are the right ones in another order. Which comes after left?")
def left_right_top_bottom(): ...


@mistake("yolo_v4_decode", edit={"anchors[:, None, None]": "anchors[0]"}, hint="All boxes have the first anchor's sides. Each of the A has its own.")
def first_anchor_for_all(): ...


@mistake("yolo_v4_decode", edit={"+ cells) * stride": "+ cells) * int(stride)"}, hint="The stride is cut to a whole number. It may be 7.5.")
def whole_stride(): ...


@mistake("yolo_v4_decode", edit={"- (scale - 1) / 2": "+ (scale - 1) / 2"}, hint="The shift goes the wrong way: with t = 0 the centre should lie in the middle of its cell.")
def shift_added(): ...


@mistake("yolo_v4_decode", edit={"t[..., 2:].exp() / 2": "t[..., 2:].exp() * scale / 2"}, hint="The sides are multiplied by the scale too. Only centres are scaled.")
def sides_scaled(): ...


@mistake("yolo_v4_decode", edit={"cells = torch.stack([x, y], dim=-1).to(t)": "number = torch.arange(H * W).reshape(H, W)\n    cells = torch.stack([number % H, number // H], dim=-1).to(t)"}, hint="The cells' numbers are right for a square grid alone. How many cells does a row have?")
def divided_by_the_height(): ...


@mistake("yolo_v4_decode", edit={"- (scale - 1) / 2": "- 0.5"}, hint="The shift is 0.5 for any scale. That fits a scale of 2 alone: with t = 0 the centre should lie in the middle of its cell.")
def shift_of_version_5(): ...


@mistake("yolo_v4_decode", edit={"half = anchors[:, None, None] * t[..., 2:].exp() / 2": "half = torch.stack([anchors[a] * t[:, a, ..., 2:].exp() / 2 for a in range(len(anchors))], dim=1)"}, hint="The anchors are taken one by one in a loop. All at once they need an axis for each of the rows and columns.")
def anchor_by_anchor_v4(): ...


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


@mistake("yolo_v5_decode", edit={"(2 * said[..., :2] - 0.5 + cells)": "(said[..., :2] + cells)"}, hint="The centres are decoded as in version 3: they can't leave their cells.")
def centres_of_version_3(): ...


@mistake("yolo_v5_decode", edit={"(2 * said[..., :2] - 0.5 + cells)": "(2 * said[..., :2] - 1 + cells)"}, hint="With zeros the centre lies on the corner of its cell, where the middle is wanted.")
def centres_around_the_corner(): ...


@mistake("yolo_v5_decode", edit={"(2 * said[..., :2] - 0.5 + cells)": "(2 * said[..., :2] + cells)"}, hint="The centres lie half a cell too far to the right and below.")
def centres_without_shift(): ...


@mistake("yolo_v5_decode", edit={"(2 * said[..., 2:4]).square()": "2 * said[..., 2:4].square()"}, hint="Only the sigmoid is squared, and not the 2: zeros no longer give the anchor.")
def two_not_squared(): ...


@mistake("yolo_v5_decode", edit={"(2 * said[..., 2:4]).square()": "2 * said[..., 2:4]"}, hint="The factor of a side ends at 2, as it isn't squared.")
def sides_not_squared(): ...


@mistake("yolo_v5_decode", edit={"(2 * said[..., 2:4]).square()": "raw.unflatten(1, (len(anchors), -1)).movedim(2, -1)[..., 2:4].exp()"}, hint="The sides grow exponentially, as in version 4. Here they end at four times the anchor.")
def sides_of_version_4(): ...


@mistake("yolo_v5_decode", edit={"said[..., 4:5] * said[..., 5:]": "said[..., 5:]"}, hint="The scores are those of the classes alone. Where nothing is, they mean nothing: what says whether something is there?")
def scores_without_objectness(): ...


@mistake("yolo_v5_decode", edit={"scores = said[..., 4:5] * said[..., 5:]": "z = raw.unflatten(1, (len(anchors), -1)).movedim(2, -1)\n    scores = said[..., 4:5] * z[..., 5:].softmax(dim=-1)"}, hint="The classes go through a softmax. Each has a sigmoid of its own, as an object may be of two.")
def softmax_of_the_classes(): ...


@mistake("yolo_v5_decode", edit={"said[..., 4:5] * said[..., 5:]": "(said[..., 4:5] * said[..., 5:]).sqrt()"}, hint="The root of the product is taken. The score is the product.")
def root_of_the_score(): ...


@mistake("yolo_v5_decode", edit={"raw.unflatten(1, (len(anchors), -1)).movedim(2, -1)": "raw.unflatten(1, (-1, len(anchors))).movedim(1, -1)"}, hint="The channels are split as if all anchors' tx came first, then all ty. They come anchor after anchor.")
def channels_number_after_number(): ...


@mistake("yolo_v5_decode", edit={"raw.unflatten(1, (len(anchors), -1)).movedim(2, -1)": "raw.reshape(len(raw), len(anchors), H, W, raw.shape[1] // len(anchors))"}, hint="The axes are renamed by a reshape where they should be moved: numbers of different places get mixed.")
def reshaped_in_place_of_moved(): ...


@mistake("yolo_v5_decode", edit={"return boxes.flatten(1, 3), scores.flatten(1, 3)": "return boxes.permute(0, 2, 3, 1, 4).flatten(1, 3), scores.permute(0, 2, 3, 1, 4).flatten(1, 3)"}, hint="The places run slowest: all anchors of a cell stand together. The anchors should come one after the other, each with all its places.")
def places_first(): ...


@mistake("yolo_v5_decode", edit={"return boxes.flatten(1, 3), scores.flatten(1, 3)": "return boxes.transpose(2, 3).flatten(1, 3), scores.transpose(2, 3).flatten(1, 3)"}, hint="The places come column by column. They should come row by row.")
def column_by_column(): ...


@mistake("yolo_v5_decode", edit={"return boxes.flatten(1, 3), scores.flatten(1, 3)": "return boxes, scores"}, hint="Anchors, rows and columns still have axes of their own. All places of an image stand in one axis.")
def not_flattened(): ...


@mistake("yolo_v5_decode", edit={"torch.stack([x, y], dim=-1)": "torch.stack([y, x], dim=-1)"}, hint=EXCHANGED)
def v5_rows_for_columns(): ...


@mistake("yolo_v5_decode", edit={"half = anchors[:, None, None]": "half = anchors.flip(1)[:, None, None]"}, hint=ANCHOR_SIDES)
def v5_anchor_sides(): ...


@mistake("yolo_v5_decode", edit={"[centres - half, centres + half]": "[centres, 2 * half]"}, hint=CENTRE_FORM)
def v5_centre_form(): ...


@mistake("yolo_v5_decode", edit={".square() / 2": ".square() / 2 * stride"}, hint=SIDES_TIMES_STRIDE)
def v5_sides_times_stride(): ...


@mistake("yolo_v5_decode", edit={"+ cells) * stride": "+ cells)"}, hint=NO_STRIDE)
def v5_in_cells(): ...


@mistake("yolo_v5_decode", edit={"said[..., 4:5] * said[..., 5:]": "(said[..., 4:5] * said[..., 5:]).amax(-1, keepdim=True)"}, hint="Only the largest class score is left. Each of the C classes has its own.")
def best_class_alone(): ...


@mistake("yolo_v5_decode", edit={"boxes = torch.cat([centres - half, centres + half], dim=-1)": "boxes = torch.cat([centres - half, centres + half], dim=-1).clamp(min=0)\n    boxes = torch.minimum(boxes, torch.tensor([W, H, W, H]).to(raw) * stride)"}, hint="Boxes are cut off at the image's edge. They should stay as they are.")
def v5_cut(): ...


@mistake("yolo_v5_decode", edit={"boxes = torch.cat([centres - half, centres + half], dim=-1)": "boxes = torch.cat([centres - half, centres + half], dim=-1).clamp(min=0)"}, hint="Boxes are cut off at the image's edge. They should stay as they are.")
def v5_cut_at_zero(): ...


@mistake("yolo_v5_decode", edit={"said[..., 4:5] * said[..., 5:]": "said[..., 4:5] * said[..., 4:]"}, hint="There is one score too many: the objectness is no class. Where do the C classes begin?")
def objectness_as_a_class(): ...


@mistake("yolo_v5_decode", edit={"said[..., 4:5] * said[..., 5:]": "said[..., 4:5].amax(1, keepdim=True) * said[..., 5:]"}, hint="The objectness is shared by a cell's anchors. Each anchor has its own.")
def best_objectness_of_a_cell(): ...


@mistake("yolo_v5_decode", edit={"said[..., 4:5] * said[..., 5:]": "said[..., 4:5] * said[..., 5:].sigmoid()"}, hint="The classes go through a sigmoid twice.")
def two_sigmoids(): ...


@mistake("yolo_v5_decode", edit={"said[..., 4:5] * said[..., 5:]": "said[:1, ..., 4:5] * said[..., 5:]"}, hint="All images have the first one's objectness.")
def objectness_of_the_first_image(): ...


@mistake("yolo_v5_decode", edit={"said[..., 4:5] * said[..., 5:]": "said[..., 4:5] * said[..., 5:] * (said[..., 4:5] > 0.01)"}, hint="Small scores are set to 0. Nothing is sorted out here.")
def low_scores_dropped(): ...


@mistake("yolo_v5_decode", edit={"scores = said[..., 4:5] * said[..., 5:]": "z = raw.unflatten(1, (len(anchors), -1)).movedim(2, -1)\n    scores = z[..., 4:5] * said[..., 5:]"}, hint="The objectness goes in without its sigmoid.")
def raw_objectness(): ...


@mistake("yolo_v5_decode", edit={"scores.flatten(1, 3)": "scores.permute(0, 2, 3, 1, 4).flatten(1, 3)"}, hint="The boxes are in the right order, and the scores in another one: place after place.")
def scores_in_another_order(): ...


@mistake("yolo_v5_decode", edit={"scores = said[..., 4:5] * said[..., 5:]": "z = raw.unflatten(1, (len(anchors), -1)).movedim(2, -1)\n    scores = (z[..., 4:5] * z[..., 5:]).sigmoid()"}, hint="The product is taken before the sigmoid. Two very negative numbers then make a large score: each has a sigmoid of its own.")
def sigmoid_of_the_product(): ...


@mistake("yolo_v5_decode", edit={"scores.flatten(1, 3)": "scores.flatten(1, 3).squeeze(-1)"}, hint="With one class the scores lose their last axis. It is (N, A H W, C) with C = 1 too.")
def one_class_squeezed(): ...


@mistake("yolo_v5_decode", edit={"+ cells) * stride": "+ cells) * int(stride)"}, hint="The stride is cut to a whole number. It may be 7.5.")
def v5_whole_stride(): ...


@mistake("yolo_v5_decode", edit={"said = raw.unflatten": "said = raw.float().unflatten"}, hint="Something goes through float32 on the way. What comes in as float64 is to stay so.")
def v5_float32(): ...


@mistake("yolo_v5_decode", edit={"(len(anchors), -1)": "(len(anchors), 85)"}, hint="The number of classes is written in. It follows from the channels and the anchors.")
def eighty_classes(): ...


@mistake("yolo_v5_decode", edit={"(len(anchors), -1)": "(3, -1)"}, hint="The number of anchors is written in. `anchors` has a row for each.")
def three_anchors(): ...


@mistake("yolo_v5_decode", edit={".square() / 2": ".square()"}, hint="The whole width is laid on each side of the centre: boxes are twice as large as they should be.")
def v5_twice(): ...


@mistake("yolo_v5_decode", edit={"+ cells) * stride": "+ cells + 1) * stride"}, hint="All boxes lie one cell too far to the right and below: rows and columns count from 0.")
def v5_cells_from_one(): ...


@mistake("yolo_v5_decode", edit={"boxes = torch.cat([centres - half, centres + half], dim=-1)": "boxes = torch.cat([centres - half, centres + half], dim=-1)[..., [0, 2, 1, 3]]"}, hint="The four numbers are the right ones in another order. Which comes after left?")
def v5_left_right(): ...


@mistake("yolo_v5_decode", edit={"raw.unflatten(1, (len(anchors), -1))": "raw.reshape(len(raw), len(anchors), 85, H, W)"}, hint="The number of classes is written in. It follows from the channels and the anchors.")
def eighty_classes_by_reshape(): ...


@mistake("yolo_v5_decode", edit={"raw.unflatten(1, (len(anchors), -1))": "raw.reshape(len(raw), 3, -1, H, W)", "(2 * said[..., :2] - 0.5": "(2 * torch.stack([said[..., 0], said[..., 1]], dim=-1) - 0.5", "(2 * said[..., 2:4])": "(2 * torch.stack([said[..., 2], said[..., 3]], dim=-1))"}, hint="The number of anchors is written in. `anchors` has a row for each.")
def three_anchors_number_by_number(): ...


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


@right("yolo_v5_decode", edit={"raw.unflatten(1, (len(anchors), -1))": "raw.reshape(len(raw), len(anchors), -1, H, W)"})
def reshaped_with_what_is_left(): ...


# yolo_v4_match

ROW_COLUMN = "Row and column are exchanged. The row comes first, and it is made of y."
EDGE = "A centre outside of the grid is given the nearest cell. It has none."
SQUEEZED_OUT = "Objects that match nothing change the numbers of those behind them. An object keeps its place in boxes."


@mistake("yolo_v4_match", edit={"if iou > threshold or (level, a) == best:": "if iou > threshold:"}, hint="An object may go without any anchor. The best one learns it in any case.")
def no_best(): ...


@mistake("yolo_v4_match", edit={"if iou > threshold or (level, a) == best:": "if (level, a) == best:"}, hint="Only the best anchor learns an object: that is version 3. Every other one above the threshold does so too.")
def best_alone(): ...


@mistake("yolo_v4_match", edit={"if iou > threshold or (level, a) == best:": "if iou >= threshold or (level, a) == best:"}, hint="An IoU of exactly the threshold counts. It should be above.")
def at_the_threshold(): ...


@mistake("yolo_v4_match", edit={"if iou > threshold or (level, a) == best:": "if iou > threshold or iou == ious.max():"}, hint="Of several equally good anchors all are taken. Only the first one is.")
def all_of_the_best(): ...


@mistake("yolo_v4_match", edit={"best = divmod(int(ious.argmax()), anchors.shape[1])": "flat = ious.flatten()\n        best = divmod(len(flat) - 1 - int(flat.flip(0).argmax()), anchors.shape[1])"}, hint="Of equally good anchors the last one is taken, where the first one should be.")
def last_of_the_best(): ...


@mistake("yolo_v4_match", edit={"if iou > threshold or (level, a) == best:": "if iou > threshold or a == int(ious[level].argmax()):"}, hint="Each grid has a best anchor of its own. It is the best of all grids together.")
def best_of_each_grid(): ...


@mistake("yolo_v4_match", edit={"if iou > threshold or (level, a) == best:": "if level == best[0] and (iou > threshold or a == best[1]):"}, hint="Only the best anchor's grid takes part. Anchors of every grid do, if they are above the threshold.")
def best_grid_alone(): ...


@mistake("yolo_v4_match", edit={"[k, level, a, int(y), int(x)]": "[k, level, a, int(x), int(y)]"}, hint=ROW_COLUMN)
def v4_column_row(): ...


@mistake("yolo_v4_match", edit={"[k, level, a, int(y), int(x)]": "[k, level, a, round(y), round(x)]"}, hint="The centre is rounded to the nearest whole number, so from the middle of a cell on the next one is taken.")
def rounded_cells(): ...


@mistake("yolo_v4_match", edit={"x, y = (left + right) / 2 / stride, (top + bottom) / 2 / stride": "x, y = left / stride, top / stride"}, hint="The cell is that of the upper left corner. It is the centre that decides.")
def cell_of_the_corner(): ...


@mistake("yolo_v4_match", edit={"            if not (0 <= x < W and 0 <= y < H):\n                continue\n": "            x, y = min(max(x, 0), W - 1), min(max(y, 0), H - 1)\n"}, hint=EDGE)
def clamped_cells(): ...


@mistake("yolo_v4_match", edit={"if not (0 <= x < W and 0 <= y < H):": "if not (-1 < x < W and -1 < y < H):"}, hint="A centre just left of the image or above it comes into the first column or row: cutting off the decimals of -0.3 gives 0.")
def decimals_cut_off(): ...


@mistake("yolo_v4_match", edit={"if not (0 <= x < W and 0 <= y < H):": "if not (0 <= x <= W and 0 <= y <= H):"}, hint="A centre exactly on the right or lower edge gets a cell that doesn't exist.")
def edge_counts(): ...


@mistake("yolo_v4_match", edit={"if not (0 <= x < W and 0 <= y < H):": "if not (0 <= x < H and 0 <= y < W):"}, hint="Height and width of the grid are exchanged: x runs along W columns.")
def grid_exchanged(): ...


@mistake("yolo_v4_match", edit={"anchors[..., 0].clamp(max=w) * anchors[..., 1].clamp(max=h)": "anchors[..., 1].clamp(max=w) * anchors[..., 0].clamp(max=h)"}, hint="Anchors are read as height and width. The width comes first.")
def anchors_exchanged(): ...


@mistake("yolo_v4_match", edit={"(w * h + anchors.prod(dim=-1) - shared)": "(w * h + anchors.prod(dim=-1))"}, hint="The shared area counts twice below the line: the area of both together is less than the sum.")
def union_with_the_shared_area(): ...


@mistake("yolo_v4_match", edit={"(w * h + anchors.prod(dim=-1) - shared)": "(w * h)"}, hint="What is compared is the share of the object that is covered: a huge anchor is then always best.")
def share_of_the_object(): ...


@mistake("yolo_v4_match", edit={"        if w <= 0 or h <= 0:\n            continue\n": ""}, hint="An object without width or height gets an anchor. It matches nothing.")
def v4_flat_objects(): ...


@mistake("yolo_v4_match", edit={"    for k, (left, top, right, bottom) in enumerate(boxes.tolist()):": "    sides = boxes[:, 2:] - boxes[:, :2]\n    boxes = boxes[(sides > 0).all(dim=1)]\n    for k, (left, top, right, bottom) in enumerate(boxes.tolist()):"}, hint=SQUEEZED_OUT)
def v4_renumbered(): ...


@mistake("yolo_v4_match", edit={"    return table.reshape(-1, 5)": "    return table"}, hint="Where nothing matches, the answer has one axis. It is (0, 5).")
def v4_no_shape(): ...


@mistake("yolo_v4_match", edit={"    return table.reshape(-1, 5)": "    table = table.reshape(-1, 5)\n    last = {tuple(row[1:]): n for n, row in enumerate(table.tolist())}\n    return table[sorted(last.values())]"}, hint="Where two objects meet in one place, only the last one is kept. Both rows stand in the table.")
def last_object_wins(): ...


@mistake("yolo_v4_match", edit={"    return table.reshape(-1, 5)": "    table = table.reshape(-1, 5)\n    return table[table[:, 1].argsort(stable=True)]"}, hint="The rows come grid by grid. They come object by object.")
def v4_grid_by_grid(): ...


@mistake("yolo_v4_match", edit={"matches.append([k, level, a, int(y), int(x)])": "at = sum(row[0] < k for row in matches) if (level, a) == best else len(matches)\n                    matches.insert(at, [k, level, a, int(y), int(x)])"}, hint="The best anchor's row comes first for each object. The rows of an object are sorted by grid and anchor, the best one among them.")
def best_row_first(): ...


@mistake("yolo_v4_match", edit={"x, y = (left + right) / 2 / stride, (top + bottom) / 2 / stride": "x, y = -(-((left + right) / 2) // stride) - 1, -(-((top + bottom) / 2) // stride) - 1"}, hint="On a border the left or upper cell is taken. It is the right or lower one.")
def border_to_the_left(): ...


@mistake("yolo_v4_match", edit={"    for k, (left, top, right, bottom) in enumerate(boxes.tolist()):\n": "    for k, (left, top, right, bottom) in enumerate(boxes.tolist()):\n        left, right = (min(max(v, 0), grids[0][1] * strides[0]) for v in (left, right))\n        top, bottom = (min(max(v, 0), grids[0][0] * strides[0]) for v in (top, bottom))\n"}, hint="Boxes are cut to the image first, and that moves their centres and changes their shapes.")
def boxes_cut_first(): ...


@mistake("yolo_v4_match", edit={"if iou > threshold or (level, a) == best:": "if (iou > threshold or (level, a) == best) and all(row[1:] != [level, a, int(y), int(x)] for row in matches):"}, hint="Where two objects meet in one place, only the first one is kept. Both rows stand in the table.")
def first_object_wins(): ...


@mistake("yolo_v4_match", edit={"if w <= 0 or h <= 0:": "if w <= 0 and h <= 0:"}, hint="A box is left out only if width and height are both missing. One of them is enough.")
def flat_in_both(): ...


@mistake("yolo_v4_match", edit={"matches.append([k, level, a, int(y), int(x)])": "matches.append([k, level, level * anchors.shape[1] + a, int(y), int(x)])"}, hint="The anchor's number runs on through all grids. It is its place in its own grid, 0 to A - 1.")
def anchor_numbered_through(): ...


@mistake("yolo_v4_match", edit={"if not (0 <= x < W and 0 <= y < H):": "if not (0 <= x < W + 1 and 0 <= y < H + 1):", "matches.append([k, level, a, int(y), int(x)])": "matches.append([k, level, a, min(int(y), H - 1), min(int(x), W - 1)])"}, hint="A centre on the right or lower edge is given the last cell. From the edge on it is outside.")
def last_cell_at_the_edge(): ...


@mistake("yolo_v4_match", edit={"x, y = (left + right) / 2 / stride, (top + bottom) / 2 / stride": "x, y = round((left + right) / 2 / stride), round((top + bottom) / 2 / stride)"}, hint="The centre is rounded to the nearest whole number, so from the middle of a cell on the next one is taken.")
def rounded_first(): ...


@mistake("yolo_v4_match", edit={"best = divmod(int(ious.argmax()), anchors.shape[1])": "best = divmod(int(ious.argmax()), anchors.shape[1])\n        (H, W), s = grids[best[0]], strides[best[0]]\n        if not (0 <= (left + right) / 2 / s < W and 0 <= (top + bottom) / 2 / s < H):\n            continue"}, hint="Where the best anchor's grid doesn't hold the centre, the object is lost to the other grids too. Their anchors above the threshold still learn it.")
def dropped_with_its_best(): ...


@mistake("yolo_v4_match", edit={"zip(grids, strides)": "zip(grids, strides[:1] * len(grids))"}, hint="The first grid's stride is used for all grids.")
def v4_first_stride(): ...


@mistake("yolo_v4_match", edit={"best = divmod(int(ious.argmax()), anchors.shape[1])": "held = torch.tensor([[0 <= left + right < 2 * W * s and 0 <= top + bottom < 2 * H * s] for (H, W), s in zip(grids, strides)])\n        best = divmod(int(torch.where(held, ious, -1.0).argmax()), anchors.shape[1])"}, hint="The best anchor is sought only among grids that hold the centre. If its own grid doesn't, no other place gets the object for it.")
def best_that_holds_the_centre(): ...


@mistake("yolo_v4_match", edit={"zip(grids, strides)": "zip(grids, map(int, strides))"}, hint="The strides are cut to whole numbers. They may be 7.5.")
def v4_whole_strides(): ...


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

OUTSIDE = "A centre outside of the grid still gets a cell in it. It matches nothing there."
MIDDLE = "A centre exactly in the middle of its cell has a neighbour. There it has none on either side."


@mistake("yolo_v5_match", edit={"torch.maximum(ratios, 1 / ratios)": "ratios"}, hint="Only objects that are too large for an anchor are sorted out. One that is four times smaller is out of reach too.")
def too_large_alone(): ...


@mistake("yolo_v5_match", edit={"torch.maximum(ratios, 1 / ratios) < threshold": "torch.maximum(ratios, 1 / ratios) <= threshold"}, hint="A factor of exactly the threshold counts. It should be below.")
def v5_at_the_threshold(): ...


@mistake("yolo_v5_match", edit={"< threshold).all(dim=-1)": "< threshold).any(dim=-1)"}, hint="It is enough that one of the two sides fits. Both have to.")
def one_side_is_enough(): ...


@mistake("yolo_v5_match", edit={"ratios = sides[:, None, None] / anchors": "ratios = (sides.prod(dim=1)[:, None, None] / anchors.prod(dim=-1))[..., None]"}, hint="Areas are compared. Widths are to be compared with widths, and heights with heights.")
def ratio_of_areas(): ...


@mistake("yolo_v5_match", edit={"ratios = sides[:, None, None] / anchors": "ratios = sides.flip(1)[:, None, None] / anchors"}, hint="Widths are compared with heights.")
def sides_exchanged(): ...


@mistake("yolo_v5_match", edit={"    fits &= (sides > 0)": "    nearest = torch.maximum(ratios, 1 / ratios).amax(-1).flatten(1)\n    if len(boxes):\n        fits = fits | F.one_hot(nearest.argmin(1), nearest.shape[1]).bool().reshape(fits.shape)\n    fits &= (sides > 0)"}, hint="An object out of every anchor's reach gets one all the same. In version 5 it matches nothing.")
def nearest_in_any_case(): ...


@mistake("yolo_v5_match", edit={"(across < 0.5) & (column > 0)": "(across > 0.5) & (column > 0)", "(across > 0.5) & (column < W - 1)": "(across < 0.5) & (column < W - 1)", "(down < 0.5) & (row > 0)": "(down > 0.5) & (row > 0)", "(down > 0.5) & (row < H - 1)": "(down < 0.5) & (row < H - 1)"}, hint="The farther neighbours are taken. It is the nearer ones that can reach the centre.")
def farther_neighbours(): ...


@mistake("yolo_v5_match", edit={"(across < 0.5) & (column > 0)": "(column > 0)", "(across > 0.5) & (column < W - 1)": "(column < W - 1)", "(down < 0.5) & (row > 0)": "(row > 0)", "(down > 0.5) & (row < H - 1)": "(row < H - 1)"}, hint="All four neighbours are taken. At most two are near enough.")
def all_neighbours(): ...


@mistake("yolo_v5_match", edit={"(across > 0.5) & (column < W - 1)": "(across > 0.5) & (column < 0)", "(down > 0.5) & (row < H - 1)": "(down > 0.5) & (row < 0)"}, hint="Neighbours at the right and below are missing.")
def left_and_upper_alone(): ...


@mistake("yolo_v5_match", edit={"(across < 0.5) & (column > 0)": "(across < 0.5) & (column < 0)", "(across > 0.5) & (column < W - 1)": "(across > 0.5) & (column < 0)", "(down < 0.5) & (row > 0)": "(down < 0.5) & (row < 0)", "(down > 0.5) & (row < H - 1)": "(down > 0.5) & (row < 0)"}, hint="No neighbour takes part: only the centre's own cell does.")
def no_neighbours(): ...


@mistake("yolo_v5_match", edit={"(across < 0.5) & (column > 0)": "(across <= 0.5) & (column > 0)", "(down < 0.5) & (row > 0)": "(down <= 0.5) & (row > 0)"}, hint=MIDDLE)
def middle_goes_left(): ...


@mistake("yolo_v5_match", edit={"(across > 0.5) & (column < W - 1)": "(across >= 0.5) & (column < W - 1)", "(down > 0.5) & (row < H - 1)": "(down >= 0.5) & (row < H - 1)"}, hint=MIDDLE)
def middle_goes_right(): ...


@mistake("yolo_v5_match", edit={"(across < 0.5) & (column > 0)": "(across < 0.5)", "(across > 0.5) & (column < W - 1)": "(across > 0.5)", "(down < 0.5) & (row > 0)": "(down < 0.5)", "(down > 0.5) & (row < H - 1)": "(down > 0.5)"}, hint="Neighbours outside of the grid are matched: cells that don't exist.")
def neighbours_outside(): ...


@mistake("yolo_v5_match", edit={"column < W - 1": "column < H - 1", "row < H - 1": "row < W - 1"}, hint="Whether a neighbour exists is asked of the wrong side of the grid: columns number W.")
def neighbours_of_an_exchanged_grid(): ...


@mistake("yolo_v5_match", edit={"column, row = x.floor(), y.floor()": "column, row = x.floor().clamp(0, W - 1), y.floor().clamp(0, H - 1)"}, hint=OUTSIDE)
def v5_clamped(): ...


@mistake("yolo_v5_match", edit={"a, i[which], j[which]]": "a, j[which], i[which]]"}, hint=ROW_COLUMN)
def v5_column_row(): ...


@mistake("yolo_v5_match", edit={"x, y = ((boxes[:, :2] + boxes[:, 2:]) / 2 / stride).unbind(1)": "x, y = (boxes[:, :2] / stride).unbind(1)"}, hint="The cell is that of the upper left corner. It is the centre that decides.")
def v5_cell_of_the_corner(): ...


@mistake("yolo_v5_match", edit={"    return torch.cat(found).unique(dim=0)": "    return torch.cat(found)"}, hint="The rows are in the order in which they were found, the wanted ones all the same. Sort them by object, grid, anchor, row, column.")
def v5_unsorted(): ...


@mistake("yolo_v5_match", edit={"    return torch.cat(found).unique(dim=0)": "    out = torch.cat(found).unique(dim=0)\n    return out[out[:, 1].argsort(stable=True)]"}, hint="The rows come grid by grid. They come object by object.")
def v5_grid_by_grid(): ...


@mistake("yolo_v5_match", edit={"    fits &= (sides > 0).all(dim=1)[:, None, None]\n": "", "    ratios = sides[:, None, None] / anchors\n": "    ratios = sides.clamp(min=3)[:, None, None] / anchors\n"}, hint="Small sides are replaced by larger ones, so an object without width gets anchors. It matches nothing.")
def small_sides_replaced(): ...


@mistake("yolo_v5_match", edit={"    return torch.cat(found).unique(dim=0)": "    out = torch.cat(found).unique(dim=0)\n    last = {tuple(row[1:]): n for n, row in enumerate(out.tolist())}\n    return out[sorted(last.values())]"}, hint="Where two objects meet in one place, only the last one is kept. Both rows stand in the table.")
def v5_last_object_wins(): ...


@mistake("yolo_v5_match", edit={"(row - 1, column, (down < 0.5) & (row > 0)),": "(row - 1, column, (down < 0.5) & (row > 0)),\n            (row - 1, column - 1, (down < 0.5) & (row > 0) & (across < 0.5) & (column > 0)),"}, hint="A diagonal neighbour takes part. Only those at the sides, above and below do.")
def diagonal_neighbour(): ...


@mistake("yolo_v5_match", edit={"a, i[which], j[which]]": "a + level * anchors.shape[1], i[which], j[which]]"}, hint="The anchor's number runs on through all grids. It is its place in its own grid, 0 to A - 1.")
def v5_numbered_through(): ...


@mistake("yolo_v5_match", edit={"    fits = (torch.maximum(ratios, 1 / ratios) < threshold).all(dim=-1)\n": "    fits = (torch.maximum(ratios, 1 / ratios) < threshold).all(dim=-1)\n    worst = torch.maximum(ratios, 1 / ratios).amax(dim=-1)\n    fits |= worst == worst.amin(dim=-1, keepdim=True)\n"}, hint="An object out of every anchor's reach gets one all the same. In version 5 it matches nothing.")
def nearest_of_each_grid(): ...


@mistake("yolo_v5_match", edit={"        inside = (column >= 0)": "        column, row = column.clamp(0, W - 1), row.clamp(0, H - 1)\n        inside = (column >= 0)"}, hint=OUTSIDE)
def v5_clamped_late(): ...


@mistake("yolo_v5_match", edit={"            (row + 1, column, (down > 0.5) & (row < H - 1)),\n": "            (row + 1, column, (down > 0.5) & (row < H - 1)),\n            (row - 1, column - 1, (down < 0.5) & (row > 0) & (across < 0.5) & (column > 0)),\n            (row - 1, column + 1, (down < 0.5) & (row > 0) & (across > 0.5) & (column < W - 1)),\n            (row + 1, column - 1, (down > 0.5) & (row < H - 1) & (across < 0.5) & (column > 0)),\n            (row + 1, column + 1, (down > 0.5) & (row < H - 1) & (across > 0.5) & (column < W - 1)),\n"}, hint="A diagonal neighbour takes part. Only those at the sides, above and below do.")
def all_diagonals(): ...


@mistake("yolo_v5_match", edit={"    found = []\n": "    if len(boxes) == 0:\n        return boxes.new_zeros(0).long()\n    found = []\n"}, hint="Without objects the answer has one axis. It is (0, 5).")
def v5_no_shape(): ...


@mistake("yolo_v5_match", edit={"(column > 0)": "(column > 1)", "(row > 0)": "(row > 1)"}, hint="The first row and column of the grid are never a neighbour. They exist: the count begins at 0.")
def first_neighbours_missing(): ...


@mistake("yolo_v5_match", edit={"(column < W - 1)": "(column < W - 2)", "(row < H - 1)": "(row < H - 2)"}, hint="The last row and column of the grid are never a neighbour. They exist.")
def last_neighbours_missing(): ...


@mistake("yolo_v5_match", edit={"((H, W), stride)": "((W, H), stride)"}, hint="Height and width of the grid are exchanged: x runs along W columns.")
def v5_grid_exchanged(): ...


@mistake("yolo_v5_match", edit={"zip(grids, strides)": "zip(grids, strides[:1] * len(grids))"}, hint="The first grid's stride is used for all grids.")
def v5_first_stride(): ...


@mistake("yolo_v5_match", edit={"zip(grids, strides)": "zip(grids, map(int, strides))"}, hint="The strides are cut to whole numbers. They may be 7.5.")
def v5_whole_strides(): ...


@mistake("yolo_v5_match", edit={"    fits = (torch.maximum(ratios, 1 / ratios) < threshold).all(dim=-1)\n": "    shared = torch.minimum(sides[:, None, None], anchors).prod(dim=-1)\n    union = sides.prod(dim=-1)[:, None, None] + anchors.prod(dim=-1) - shared\n    fits = shared / union > 1 / threshold\n"}, hint="Shapes are compared by an IoU, as in version 4. Here each side is compared with the anchor's.")
def iou_of_the_shapes(): ...


@mistake("yolo_v5_match", edit={"        across, down = x - column, y - row\n": "        across, down = x - column, y - row\n        flat = (across - 0.5).abs() >= (down - 0.5).abs()\n", "(across < 0.5) & (column > 0)": "(across < 0.5) & (column > 0) & flat", "(across > 0.5) & (column < W - 1)": "(across > 0.5) & (column < W - 1) & flat", "(down < 0.5) & (row > 0)": "(down < 0.5) & (row > 0) & ~flat", "(down > 0.5) & (row < H - 1)": "(down > 0.5) & (row < H - 1) & ~flat"}, hint="Only the nearer of the two neighbours takes part. One beside the cell and one above or below it do.")
def nearest_neighbour_alone(): ...


@mistake("yolo_v5_match", edit={"across, down = x - column, y - row": "across, down = x * stride % 1, y * stride % 1"}, hint="Whether a centre is in the left half is asked of its pixel. It is the half of its cell that counts.")
def halves_in_pixels(): ...


@mistake("yolo_v5_match", edit={"(across < 0.5) & (column > 0)": "(across < 0.5)", "(across > 0.5) & (column < W - 1)": "(across > 0.5)", "(down < 0.5) & (row > 0)": "(down < 0.5)", "(down > 0.5) & (row < H - 1)": "(down > 0.5)", "a, i[which], j[which]]": "a, i.clamp(0, H - 1)[which], j.clamp(0, W - 1)[which]]", "    return torch.cat(found).unique(dim=0)": "    rows = torch.cat(found)\n    for k in (4, 3, 2, 1, 0):\n        rows = rows[rows[:, k].sort(stable=True).indices]\n    return rows"}, hint="A neighbour outside of the grid is moved back into it, so a cell stands there twice. It is left out.")
def neighbours_moved_back(): ...


@mistake("yolo_v5_match", edit={"(across < 0.5) & (column > 0)": "(across > 0.5) & (column > 0)", "(across > 0.5) & (column < W - 1)": "(across < 0.5) & (column < W - 1)"}, hint="The farther neighbours are taken. It is the nearer ones that can reach the centre.")
def columns_farther(): ...


@mistake("yolo_v5_match", edit={"(down < 0.5) & (row > 0)": "(down > 0.5) & (row > 0)", "(down > 0.5) & (row < H - 1)": "(down < 0.5) & (row < H - 1)"}, hint="The farther neighbours are taken. It is the nearer ones that can reach the centre.")
def rows_farther(): ...


@mistake("yolo_v5_match", edit={"    return torch.cat(found).unique(dim=0)": "    first = {}\n    for row in torch.cat(found).unique(dim=0).tolist():\n        first.setdefault(tuple(row[1:]), row)\n    return boxes.new_tensor(list(first.values())).long().reshape(-1, 5)"}, hint="Where two objects meet in one place, only the first one is kept. Both rows stand in the table.")
def v5_first_object_wins(): ...


@mistake("yolo_v5_match", edit={"    return torch.cat(found).unique(dim=0)": "    rows = torch.cat(found)\n    for k in (2, 1, 0):\n        rows = rows[rows[:, k].sort(stable=True).indices]\n    return rows"}, hint="Within an anchor the cells are in the order of the cross. They come sorted by row, then column.")
def cells_unsorted(): ...


@mistake("yolo_v5_match", edit={"        inside = (column >= 0)": "        inside = (x > 0) & (y > 0) & (column >= 0)"}, hint="A centre exactly on the left or upper edge is left out. It is in the grid: on a border the right or lower cell holds it.")
def edge_left_out(): ...


@mistake("yolo_v5_match", edit={"column, row = x.floor(), y.floor()": "column, row = x.trunc(), y.trunc()"}, hint="A centre just left of the image or above it comes into the first column or row: cutting off the decimals of -0.3 gives 0.")
def cut_toward_zero(): ...


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


@right("yolo_v5_match", edit={"    fits &= (sides > 0).all(dim=1)[:, None, None]\n": ""})
def a_side_of_zero_has_an_infinite_ratio(): ...


@right("yolo_v5_match", edit={"sides = boxes[:, 2:] - boxes[:, :2]": "sides = (boxes[:, 2:] - boxes[:, :2]).abs()"})
def absolute_sides(): ...


# balanced_objectness_loss


@mistake("balanced_objectness_loss", edit={"return (weights * losses).sum(),": "return losses.sum(),"}, hint="The grids' losses are added up without their weights.")
def not_weighed(): ...


@mistake("balanced_objectness_loss", edit={"(weights * losses).sum(),": "(weights * losses).mean(),"}, hint="The weighed losses are averaged. They are added up.")
def mean_over_grids(): ...


@mistake("balanced_objectness_loss", edit={"(weights * losses).sum(),": "(weights * losses).sum() / weights.sum(),"}, hint="The loss is divided by the sum of the weights. It is the sum itself.")
def weighted_mean(): ...


@mistake("balanced_objectness_loss", edit={"(weights * losses).sum(),": "(weights.flip(0) * losses).sum(),"}, hint="The weights are read from behind. The first one belongs to the first grid.")
def weights_reversed(): ...


@mistake("balanced_objectness_loss", edit={"(weights * losses).sum(),": "(mixed / mixed[keep] * losses).sum(),"}, hint="The loss of this step uses the next step's weights already.")
def new_weights_at_once(): ...


@mistake("balanced_objectness_loss", edit={"F.binary_cross_entropy_with_logits(z, q)": "F.binary_cross_entropy_with_logits(z, q, reduction=\"sum\")"}, hint="Each grid's losses are added up, so a fine grid weighs more by its number of cells. Each grid has a mean.")
def sum_over_places(): ...


@mistake("balanced_objectness_loss", edit={"F.binary_cross_entropy_with_logits(z, q)": "F.binary_cross_entropy_with_logits(z, q, reduction=\"sum\") / len(z)"}, hint="A grid's losses are divided by the number of images. The mean goes over all places.")
def mean_over_images(): ...


@mistake("balanced_objectness_loss", edit={"F.binary_cross_entropy_with_logits(z, q)": "F.binary_cross_entropy_with_logits(z, (q > 0.5).to(z))"}, hint="The targets are made 0 or 1. They count as they are: how good a box is.")
def hard_targets(): ...


@mistake("balanced_objectness_loss", edit={"F.binary_cross_entropy_with_logits(z, q)": "F.mse_loss(z.sigmoid(), q)"}, hint="The loss is a squared distance. It is a binary cross-entropy.")
def squared_distance(): ...


@mistake("balanced_objectness_loss", edit={"F.binary_cross_entropy_with_logits(z, q)": "-(q * z.sigmoid().log() + (1 - q) * (1 - z.sigmoid()).log()).mean()"}, hint="The logarithm of a sigmoid that has become 0 or 1: large logits make infinite or undefined losses. Which routine starts from logits?")
def log_of_the_sigmoid(): ...


@mistake("balanced_objectness_loss", edit={"rate / losses.detach()": "rate * losses.detach()"}, hint="The losses themselves are mixed in, so a grid with a large loss gets a larger weight. It is their inverse.")
def loss_in_place_of_inverse(): ...


@mistake("balanced_objectness_loss", edit={"(mixed / mixed[keep]).detach()": "mixed.detach()"}, hint="The next weights aren't divided by the one that is to stay 1.")
def not_normalised(): ...


@mistake("balanced_objectness_loss", edit={"(mixed / mixed[keep]).detach()": "(mixed / mixed.sum()).detach()"}, hint="The next weights are divided by their sum. One grid's weight is to stay 1.")
def normalised_by_the_sum(): ...


@mistake("balanced_objectness_loss", edit={"(mixed / mixed[keep]).detach()": "(mixed / mixed[1]).detach()"}, hint="It is always the second grid whose weight stays 1. keep says which.")
def keep_is_ignored(): ...


@mistake("balanced_objectness_loss", edit={"(1 - rate) * weights + rate / losses.detach()": "weights + rate / losses.detach()"}, hint="The old weights count in full. With 1 - rate they fade.")
def old_weights_in_full(): ...


@mistake("balanced_objectness_loss", edit={"(1 - rate) * weights + rate / losses.detach()": "rate * weights + (1 - rate) / losses.detach()"}, hint="The rate belongs to the new part: the old weights count 1 - rate.")
def rate_exchanged(): ...


@mistake("balanced_objectness_loss", edit={"rate / losses.detach()": "rate / losses", "(mixed / mixed[keep]).detach()": "mixed / mixed[keep]"}, hint="A gradient passes through the next weights. They are numbers, made without the graph.")
def weights_with_gradient(): ...


@mistake("balanced_objectness_loss", edit={"losses = torch.stack(each)": "losses = torch.stack(each).detach().requires_grad_()"}, hint="The losses are cut off from the graph before they are added up: no gradient reaches the logits.")
def loss_detached(): ...


@mistake("balanced_objectness_loss", edit={"(weights * losses).sum(),": "(losses.new_tensor([4.0, 1.0, 0.4]) * losses).sum(),"}, hint="The loss uses 4, 1 and 0.4 whatever the weights are. They are an argument.")
def usual_weights(): ...


@mistake("balanced_objectness_loss", edit={"(mixed / mixed[keep]).detach()": "torch.cat([mixed[: keep + 1] / mixed[keep], mixed[keep + 1 :]]).detach()"}, hint="The weights behind keep aren't divided by what they should be: when their turn comes, the one of keep is 1 already.")
def kept_divided_first(): ...


@mistake("balanced_objectness_loss", edit={"(mixed / mixed[keep]).detach()": "(mixed / weights[keep]).detach()"}, hint="The next weights are divided by keep's old weight, so keep's next one isn't 1.")
def divided_by_the_old_weight(): ...


@mistake("balanced_objectness_loss", edit={"rate / losses.detach()": "rate / (losses.detach() + 1e-3)"}, hint="A small number is added to the losses before their inverse. They are above 0: it changes the weights.")
def small_number_added(): ...


@mistake("balanced_objectness_loss", edit={"(weights * losses).sum(), (mixed": "(weights * losses * losses.new_tensor([z.numel() for z in logits])).sum() / sum(z.numel() for z in logits), (mixed"}, hint="The mean goes over the places of all grids together, so the fine grid counts most. Each grid has a mean of its own.")
def mean_over_all_places(): ...


@mistake("balanced_objectness_loss", edit={"F.binary_cross_entropy_with_logits(z, q)": "F.binary_cross_entropy(z.sigmoid().clamp(1e-7, 1 - 1e-7), q)"}, hint="The probabilities go through a logarithm that is cut off: a logit of 200 where the target is 0 should cost 200. Which routine starts from logits?")
def clamped_probabilities(): ...


@mistake("balanced_objectness_loss", edit={"F.binary_cross_entropy_with_logits(z, q)": "F.binary_cross_entropy(z.sigmoid(), q)"}, hint="The probabilities go through a logarithm that is cut off: a logit of 200 where the target is 0 should cost 200. Which routine starts from logits?")
def loss_of_probabilities(): ...


@mistake("balanced_objectness_loss", edit={"pairs = zip(logits, targets)": "pairs = zip(logits, targets, weights)", "[F.binary_cross_entropy_with_logits(z, q) for z, q in pairs]": "[F.binary_cross_entropy_with_logits(z, q, pos_weight=w) for z, q, w in pairs]", "(weights * losses).sum(),": "losses.sum(),"}, hint="The weights go into the cross-entropy as pos_weight, so they weigh the targets' part alone. What do they multiply?")
def weights_of_the_positive(): ...


@mistake("balanced_objectness_loss", edit={"F.binary_cross_entropy_with_logits(z, q)": "F.binary_cross_entropy_with_logits(z, (q > 0).to(z))"}, hint="The targets are made 0 or 1. They count as they are: how good a box is.")
def positive_counts_as_one(): ...


@mistake("balanced_objectness_loss", edit={"F.binary_cross_entropy_with_logits(z, q)": "F.binary_cross_entropy_with_logits(q, z)"}, hint="Logits and targets are exchanged in the cross-entropy.")
def logits_and_targets_exchanged(): ...


@mistake("balanced_objectness_loss", edit={"rate / losses.detach()": "rate / (weights * losses).detach()"}, hint="The inverse is taken of the weighed losses. It is that of a grid's mean loss, without its weight.")
def inverse_of_the_weighed_loss(): ...


@mistake("balanced_objectness_loss", edit={"return (weights * losses).sum(), (mixed / mixed[keep]).detach()": "total = (weights.clone() * losses).sum()\n    with torch.no_grad():\n        weights.copy_(mixed / mixed[keep])\n    return total, weights"}, hint="The next weights are written into the given tensor. The inputs stay as they are.")
def written_into_the_weights(): ...


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


@mistake("focus_to_convolution", edit={".permute(0, 3, 4, 2, 5, 1)": ".permute(0, 3, 4, 1, 5, 2)"}, hint="In the order \"focus\" row and column in the block are exchanged. Channel 1 of one channel's four has its weight in row 1, column 0.")
def focus_column_faster(): ...


@mistake("focus_to_convolution", edit={".permute(0, 1, 4, 2, 5, 3)": ".permute(0, 1, 4, 3, 5, 2)"}, hint="In the order \"pixel_unshuffle\" row and column in the block are exchanged. Channel 1 of one channel's four has its weight in row 0, column 1.")
def unshuffle_row_faster(): ...


@mistake("focus_to_convolution", edit={".permute(0, 3, 4, 2, 5, 1)": ".permute(0, 3, 2, 4, 1, 5)"}, hint="In the order \"focus\" the window's place is the fast axis and the block's the slow one: a row should be 2 v + d.")
def focus_blocks_slow(): ...


@mistake("focus_to_convolution", edit={".permute(0, 1, 4, 2, 5, 3)": ".permute(0, 1, 2, 4, 3, 5)"}, hint="In the order \"pixel_unshuffle\" the window's place is the fast axis and the block's the slow one: a row should be 2 v + d.")
def unshuffle_blocks_slow(): ...


@mistake("focus_to_convolution", edit={"weight.reshape(O, 2, 2, C, h, w).permute(0, 3, 4, 2, 5, 1)": "weight.reshape(O, C, 2, 2, h, w).permute(0, 1, 4, 3, 5, 2)"}, hint="In the order \"focus\" the four maps of one channel are taken to stand together. A whole image stands after the other: all C channels of one place in the block.")
def focus_channels_slow(): ...


@mistake("focus_to_convolution", edit={"weight.reshape(O, C, 2, 2, h, w).permute(0, 1, 4, 2, 5, 3)": "weight.reshape(O, 2, 2, C, h, w).permute(0, 3, 4, 1, 5, 2)"}, hint="In the order \"pixel_unshuffle\" the C channels are taken to run fastest. All four maps of one channel stand together.")
def unshuffle_channels_fast(): ...


@mistake("focus_to_convolution", edit={"if order == \"focus\":": "if True:"}, hint="The order \"pixel_unshuffle\" gives what \"focus\" gives.")
def always_focus(): ...


@mistake("focus_to_convolution", edit={"if order == \"focus\":": "if False:"}, hint="The order \"focus\" gives what \"pixel_unshuffle\" gives.")
def always_unshuffle(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return split.reshape(O, C, 2 * h, 2 * w).flip(2, 3)"}, hint="The window is turned by 180 degrees. What is called convolution in a network turns nothing.")
def turned(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return split.reshape(O, C, 2 * h, 2 * w).transpose(2, 3).reshape(O, C, 2 * h, 2 * w)"}, hint="The whole window is transposed: rows have become columns, those of the small window too.")
def transposed(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return weight.reshape(O, C, 2 * h, 2 * w)"}, hint="The weights are only given another shape. Each has to move to its own row and column.")
def reshaped_alone(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return F.interpolate(weight[:, :C], scale_factor=2.0)"}, hint="Each weight of the first C channels is written four times. The other channels have weights too.")
def enlarged(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return split.reshape(O, C, 2 * h, 2 * w) / 4"}, hint="The weights are divided by 4. No number changes: each pixel has a weight of its own.")
def divided(): ...


@mistake("focus_to_convolution", edit={".permute(0, 3, 4, 2, 5, 1)": ".permute(0, 3, 2, 4, 1, 5)", ".permute(0, 1, 4, 2, 5, 3)": ".permute(0, 1, 2, 4, 3, 5)"}, hint="The window's place is the fast axis and the block's the slow one: a row should be 2 v + d.")
def blocks_slow(): ...


@mistake("focus_to_convolution", edit={".permute(0, 3, 4, 2, 5, 1)": ".permute(0, 3, 2, 4, 5, 1)", ".permute(0, 1, 4, 2, 5, 3)": ".permute(0, 1, 2, 4, 5, 3)"}, hint="Along the rows the window's place is the fast axis and the block's the slow one: a row should be 2 v + d.")
def block_rows_slow(): ...


@mistake("focus_to_convolution", edit={".permute(0, 3, 4, 2, 5, 1)": ".permute(0, 3, 4, 2, 1, 5)", ".permute(0, 1, 4, 2, 5, 3)": ".permute(0, 1, 4, 2, 3, 5)"}, hint="Along the columns the window's place is the fast axis and the block's the slow one: a column should be 2 u + e.")
def block_columns_slow(): ...


@mistake("focus_to_convolution", edit={"weight.reshape(O, 2, 2, C, h, w)": "weight.reshape(O, 2, 2, C, h, w).flip(2)", "weight.reshape(O, C, 2, 2, h, w)": "weight.reshape(O, C, 2, 2, h, w).flip(2)"}, hint="The two rows of the block are exchanged: row d = 0 is the upper one.")
def block_rows_exchanged(): ...


@mistake("focus_to_convolution", edit={"O, channels, h, w = weight.shape": "weight = weight.flip(2, 3)\n    O, channels, h, w = weight.shape"}, hint="The small window is turned by 180 degrees. What is called convolution in a network turns nothing.")
def small_window_turned(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return split.reshape(O, C, 2 * h, 2 * w).float()"}, hint="The answer is always float32. Its dtype is the weights'.")
def always_float32(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return split.reshape(O, C, 2 * h, 2 * w).transpose(0, 1)"}, hint="Filters and channels are exchanged: the filters come first.")
def filters_exchanged(): ...


@mistake("focus_to_convolution", edit={"C = channels // 4": "C = 3"}, hint="The number of channels is written in. It is a quarter of what weight has.")
def three_channels(): ...


@mistake("focus_to_convolution", edit={"O, channels, h, w = weight.shape": "O, channels = weight.shape[:2]\n    h = w = 3"}, hint="The window's size is written in. It is weight's own.")
def window_of_three(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return F.pad(split.reshape(O, C, 2 * h, 2 * w), (0, 1, 0, 1))"}, hint="A row and a column of zeros are added. The large window is exactly twice as high and wide, without a middle.")
def padded_window(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "split, large = split.reshape(O, C, 2 * h, 2 * w), weight.new_zeros(O, C, 2 * h, 2 * w)\n    for d, e in ((0, 0), (0, 1), (1, 0), (1, 1)):\n        large[:, :, d : d + h, e : e + w] += split[:, :, d::2, e::2]\n    return large"}, hint="The four maps are laid over each other, each moved by a pixel. A map's weights stand two rows and columns apart.")
def blocks_laid_over_each_other(): ...


@mistake("focus_to_convolution", edit={"if order == \"focus\":": "if order != \"focus\":"}, hint="The two orders are exchanged: each gives what the other should.")
def orders_exchanged(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return split.reshape(O, C, 2 * h, 2 * w).roll((-1, -1), (2, 3))"}, hint="All weights stand one row and one column too early: row 2 v + d begins with 0.")
def moved_by_one(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "return split.reshape(O, C, 2 * h, 2 * h)"}, hint="The height is used for both sides. The window need not be square.")
def square_window(): ...


@mistake("focus_to_convolution", edit={"O, channels, h, w = weight.shape": "weight = weight.transpose(2, 3)\n    O, channels, h, w = weight.shape"}, hint="The small window is transposed: its columns have become rows.")
def small_window_transposed(): ...


@mistake("focus_to_convolution", edit={"weight.reshape(O, 2, 2, C, h, w)": "weight.reshape(O, 2, 2, C, h, w).mean(dim=(1, 2), keepdim=True).expand(O, 2, 2, C, h, w)", "weight.reshape(O, C, 2, 2, h, w)": "weight.reshape(O, C, 2, 2, h, w).mean(dim=(2, 3), keepdim=True).expand(O, C, 2, 2, h, w)"}, hint="Each weight is a mean of the four maps. No number changes: each has a place of its own.")
def mean_of_the_maps(): ...


@mistake("focus_to_convolution", edit={"    C = channels // 4\n": "    C = channels // 4\n    parts = range(4)\n", "weight.reshape(O, 2, 2, C, h, w).permute(0, 3, 4, 2, 5, 1)": "torch.stack([weight[:, k::4] for k in parts], dim=1).reshape(O, 2, 2, C, h, w).permute(0, 3, 4, 2, 5, 1)", "weight.reshape(O, C, 2, 2, h, w).permute(0, 1, 4, 2, 5, 3)": "torch.stack([weight[:, k * C : (k + 1) * C] for k in parts], dim=2).reshape(O, C, 2, 2, h, w).permute(0, 1, 4, 2, 5, 3)"}, hint="The channels of a map are picked as in the other order: by steps of 4 where C stand together, and the other way round.")
def slices_of_the_other_order(): ...


@mistake("focus_to_convolution", edit={"return split.reshape(O, C, 2 * h, 2 * w)": "out = split.reshape(O, C, 2 * h, 2 * w).clone()\n    weight.data.copy_(split.permute(0, 1, 3, 5, 2, 4).reshape(weight.shape))\n    return out"}, hint="The given weights are changed on the way. They stay as they are.")
def sorted_in_place(): ...


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
