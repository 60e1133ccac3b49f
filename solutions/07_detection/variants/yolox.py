"""What students write in yolox: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import box_iou

from autograder.authoring import mistake, right

# DecoupledHead


@mistake("DecoupledHead", edit={"self.obj_preds[k](where)": "self.obj_preds[k](what)"}, hint="Objectness is read from the branch of the classes. Which of the two branches knows where things are?")
def objectness_from_the_classes(): ...


@mistake("DecoupledHead", edit={"torch.cat([box, is_object, self.cls_preds[k](what)], dim=1)": "torch.cat([box, self.cls_preds[k](what), is_object], dim=1)"}, hint="Objectness stands behind the classes. A row has the box, then objectness, then the classes.")
def objectness_last(): ...


@mistake("DecoupledHead", edit={"torch.cat([box, is_object, self.cls_preds[k](what)], dim=1)": "torch.cat([self.cls_preds[k](what), box, is_object], dim=1)"}, hint="The classes stand before the box. A row begins with the box.")
def classes_first(): ...


@mistake("DecoupledHead", edit={"torch.cat([box, is_object, self.cls_preds[k](what)], dim=1)": "torch.cat([is_object, box, self.cls_preds[k](what)], dim=1)"}, hint="Objectness stands before the box. A row begins with the box's four numbers.")
def objectness_first(): ...


@mistake("DecoupledHead", edit={"said.flatten(2).transpose(1, 2)": "said.reshape(len(said), -1, said.shape[1])"}, hint="The shape is right, but the numbers are mixed up: in memory a map has one channel after the other. An axis has to change its place before others are joined.")
def reshaped_only(): ...


@mistake("DecoupledHead", edit={"said.flatten(2).transpose(1, 2)": "said.transpose(2, 3).flatten(2).transpose(1, 2)"}, hint="The cells come column by column. They should come row by row.")
def column_by_column(): ...


@mistake("DecoupledHead", edit={"is_object = self.reg_preds[k](where), self.obj_preds[k](where)": "is_object = self.reg_preds[k](where), self.obj_preds[k](where).sigmoid()"}, hint="Objectness goes through a sigmoid. Logits are asked for: the loss takes the sigmoid by itself.")
def sigmoid_of_objectness(): ...


@mistake("DecoupledHead", edit={"torch.cat([box, is_object, self.cls_preds[k](what)], dim=1)": "torch.cat([box, is_object.sigmoid(), self.cls_preds[k](what).sigmoid()], dim=1)"}, hint="Objectness and classes go through a sigmoid, as in the authors' code when it doesn't learn. Logits are asked for.")
def sigmoid_of_all_chances(): ...


@mistake("DecoupledHead", edit={"return torch.cat(levels, dim=1)": "return torch.cat(levels[::-1], dim=1)"}, hint="The last level comes first. The rows follow the maps in the order in which they come.")
def levels_reversed(): ...


@mistake("DecoupledHead", edit={"self.reg_convs[k](stem)": "self.reg_convs[k](self.cls_convs[k](stem))"}, hint="One branch goes on where the other ends. They stand side by side, both behind the stem.")
def one_branch_after_the_other(): ...


@mistake("DecoupledHead", edit={"stem = self.stems[k](level)": "stem = self.stems[0](level) if self.stems[0].conv.in_channels == level.shape[1] else self.stems[k](level)", "what, where = self.cls_convs[k](stem), self.reg_convs[k](stem)": "what, where = self.cls_convs[0](stem), self.reg_convs[0](stem)"}, hint="The branches of the first level are used for all levels. Each level has its own.")
def one_head_for_all_levels(): ...


@mistake("DecoupledHead", edit={"math.log(prior / (1 - prior))": "math.log((1 - prior) / prior)"}, hint="The biases have the wrong sign: a new head is nearly sure of everything. What is the sigmoid of them?")
def sure_of_everything(): ...


@mistake("DecoupledHead", edit={"math.log(prior / (1 - prior))": "prior"}, hint="The biases of a new head are the chance itself. They are logits: which number has this sigmoid?")
def bias_is_the_chance(): ...


@mistake("DecoupledHead", edit={"math.log(prior / (1 - prior))": "math.log(0.01 / 0.99)"}, hint="A new head begins at a chance of 0.01 whatever prior says.")
def prior_of_its_own(): ...


@mistake("DecoupledHead", edit={"[*self.cls_preds, *self.obj_preds]": "[*self.cls_preds]"}, hint="Objectness begins where torch lets it. Both chances begin at prior, that of a class and that of an object.")
def objectness_begins_anywhere(): ...


@mistake("DecoupledHead", edit={"[*self.cls_preds, *self.obj_preds]": "[*self.obj_preds]"}, hint="The classes begin where torch lets them. Both chances begin at prior, that of a class and that of an object.")
def classes_begin_anywhere(): ...


@mistake("DecoupledHead", edit={"[*self.cls_preds, *self.obj_preds]": "[*self.cls_preds, *self.obj_preds, *self.reg_preds]"}, hint="The boxes' biases begin at the logit of a chance too. A box is no chance: its numbers begin as torch has them.")
def boxes_begin_with_the_chance(): ...


@mistake("DecoupledHead", edit={"self.stems = nn.ModuleList(BaseConv(width, hidden, 1) for width in in_channels)": "self.stems = nn.ModuleList(BaseConv(width, hidden, 3) for width in in_channels)"}, hint="The stems look at neighbours: they are convolutions of side 1.")
def stems_of_three(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "for layer in [self.cls_preds[-1], self.obj_preds[-1]]:"}, hint="Only the last level begins at a small chance. Every level has biases of its own.")
def last_level_alone(): ...


@mistake("DecoupledHead", edit={"math.log(prior / (1 - prior))": "math.log(prior)"}, hint="The biases are the logarithm of the chance. What is the sigmoid of them?")
def log_of_prior(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "for layer in self.reg_preds:\n            nn.init.zeros_(layer.bias)\n        for layer in [*self.cls_preds, *self.obj_preds]:"}, hint="The boxes' biases begin at 0. All but the two kinds of biases begins as torch has it.")
def boxes_begin_at_zero(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "for layer in self.cls_preds:\n            nn.init.zeros_(layer.weight)\n        for layer in [*self.cls_preds, *self.obj_preds]:"}, hint="Weights of the last layers begin at 0 too. Only biases are set; weights begin as torch has them.")
def weights_begin_at_zero(): ...


@mistake("DecoupledHead", edit={"self.cls_preds[k](what)": "self.cls_preds[k](where)"}, hint="Classes are read from the branch of the boxes. Which of the two branches knows what it is?")
def classes_from_the_boxes(): ...


@mistake("DecoupledHead", edit={"said = torch.cat([box, is": "box = torch.cat([box[:, :2], box[:, 2:].exp()], dim=1)\n            said = torch.cat([box, is"}, hint="Width and height went through an exponential. The head's numbers come as they are; boxes are made elsewhere.")
def sizes_decoded(): ...


@mistake("DecoupledHead", edit={"self.cls_preds[k](what)]": "self.cls_preds[k](what).softmax(dim=1)]"}, hint="The classes went through a softmax. Logits are asked for.")
def softmax_in_the_head(): ...


@mistake("DecoupledHead", edit={"return torch.cat(levels, dim=1)": "return torch.cat(levels, dim=1).detach()"}, hint="The answer is cut from the graph: nothing in the head can learn.")
def result_detached(): ...


@mistake("DecoupledHead", edit={"self.cls_preds[k](what)], dim=1)": "self.cls_preds[0](what)], dim=1)"}, hint="The first level's predictors are used for all levels. Each level has its own.")
def first_predictors(): ...


@mistake("DecoupledHead", edit={"BaseConv(hidden, hidden, 3)": "BaseConv(hidden, hidden, 1)"}, hint="The branches' convolutions look at a single place. Their side is 3; that of the stem is 1.")
def branches_of_side_one(): ...


@mistake("DecoupledHead", edit={"return torch.cat(levels, dim=1)": "return torch.cat(levels, dim=1).transpose(1, 2)"}, hint="The cells are the last axis, and their numbers the one before. It should be the other way round.")
def channels_come_first(): ...


@mistake("DecoupledHead", edit={"answers(num_classes), answers(4)": "answers(num_classes + 1), answers(4)"}, hint="There is one class too many. No class stands for the background here: what says that there is nothing?")
def a_class_for_the_background(): ...


@mistake("DecoupledHead", edit={"hidden: int = 256": "hidden: int = 128"}, hint="The default of hidden is another. The signature was given.")
def another_default_width(): ...


@mistake("DecoupledHead", edit={"prior: float = 0.01": "prior: float = 0.1"}, hint="The default of prior is another. The signature was given.")
def another_default_prior(): ...


@mistake("DecoupledHead", edit={"super().__init__()": "super().__init__()\n        hidden = 256"}, hint="There are 256 channels whatever hidden says.")
def width_of_its_own(): ...


@mistake("DecoupledHead", edit={"BaseConv(width, hidden, 1)": "BaseConv(width, 256, 1)"}, hint="There are 256 channels whatever hidden says.")
def stem_width_of_its_own(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "self.cls_convs = nn.ModuleList([self.cls_convs[0]] * len(in_channels))\n        for layer in [*self.cls_preds, *self.obj_preds]:"}, hint="Levels share one stack of layers: an entry of a list stands in it several times. Each level has layers of its own.")
def one_cls_stack(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "self.reg_convs = nn.ModuleList([self.reg_convs[0]] * len(in_channels))\n        for layer in [*self.cls_preds, *self.obj_preds]:"}, hint="Levels share one stack of layers: an entry of a list stands in it several times. Each level has layers of its own.")
def one_reg_stack(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "self.cls_convs = nn.ModuleList([self.cls_convs[0]] * len(in_channels))\n        self.reg_convs = nn.ModuleList([self.reg_convs[0]] * len(in_channels))\n        for layer in [*self.cls_preds, *self.obj_preds]:"}, hint="Levels share one stack of layers: an entry of a list stands in it several times. Each level has layers of its own.")
def one_stack_of_each(): ...


@mistake("DecoupledHead", edit={"stem = self.stems[k](level)": "stem = maps[k] = self.stems[k](level)"}, hint="The list of maps that came in is changed. It belongs to whoever called.")
def maps_are_replaced(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "self.reg_convs = nn.ModuleList(nn.Sequential(pair[0]) for pair in self.reg_convs)\n        for layer in [*self.cls_preds, *self.obj_preds]:"}, hint="A branch has a single convolution. How many are asked for?")
def one_reg_conv(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "self.cls_convs = nn.ModuleList(nn.Sequential(pair[0]) for pair in self.cls_convs)\n        for layer in [*self.cls_preds, *self.obj_preds]:"}, hint="A branch has a single convolution. How many are asked for?")
def one_cls_conv(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "self.reg_convs = nn.ModuleList(nn.Sequential(pair[0]) for pair in self.reg_convs)\n        self.cls_convs = nn.ModuleList(nn.Sequential(pair[0]) for pair in self.cls_convs)\n        for layer in [*self.cls_preds, *self.obj_preds]:"}, hint="A branch has a single convolution. How many are asked for?")
def one_conv_each(): ...


@mistake("DecoupledHead", edit={"self.stems = nn.ModuleList(BaseConv(width, hidden, 1) for width in in_channels)": "self.stems = [BaseConv(width, hidden, 1) for width in in_channels]"}, hint="One of the six parts is a plain list, whose layers nobody finds: it has no parameters for the optimizer.")
def stems_in_a_plain_list(): ...


@mistake("DecoupledHead", edit={"return nn.ModuleList(nn.Sequential(*layers) for layers in pairs)": "return [nn.Sequential(*layers) for layers in pairs]"}, hint="One of the six parts is a plain list, whose layers nobody finds: it has no parameters for the optimizer.")
def branches_in_plain_lists(): ...


@mistake("DecoupledHead", edit={"return nn.ModuleList(nn.Conv2d(hidden, channels, 1) for _ in in_channels)": "return [nn.Conv2d(hidden, channels, 1) for _ in in_channels]"}, hint="One of the six parts is a plain list, whose layers nobody finds: it has no parameters for the optimizer.")
def answers_in_plain_lists(): ...


@mistake("DecoupledHead", edit={"answers(num_classes), answers(4)": "answers(num_classes), nn.ModuleList(nn.Conv2d(hidden, 4, 1, bias=False) for _ in in_channels)"}, hint="A last layer has no bias. Each is made with one, as torch has it.")
def boxes_without_a_bias(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "for one in self.cls_convs:\n            one[1] = one[0]\n        for layer in [*self.cls_preds, *self.obj_preds]:"}, hint="The two convolutions of a branch are one and the same layer. Each is made anew.")
def one_conv_twice_for_classes(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "for one in self.reg_convs:\n            one[1] = one[0]\n        for layer in [*self.cls_preds, *self.obj_preds]:"}, hint="The two convolutions of a branch are one and the same layer. Each is made anew.")
def one_conv_twice_for_boxes(): ...


@mistake("DecoupledHead", edit={"for layer in [*self.cls_preds, *self.obj_preds]:": "for one in [*self.cls_convs, *self.reg_convs]:\n            one[1] = one[0]\n        for layer in [*self.cls_preds, *self.obj_preds]:"}, hint="The two convolutions of a branch are one and the same layer. Each is made anew.")
def one_conv_twice(): ...


@mistake("DecoupledHead", edit={"self.reg_convs[k](stem)": "self.cls_convs[k](stem)"}, hint="The classes' branch answers both questions. What becomes of reg_convs?")
def one_branch_for_both(): ...


@right("DecoupledHead")
class HeadStepByStep(nn.Module):
    def __init__(self, num_classes, in_channels, hidden=256, prior=0.01):
        super().__init__()
        self.num_outputs = 5 + num_classes
        self.stems = nn.ModuleList()
        self.cls_convs, self.reg_convs = nn.ModuleList(), nn.ModuleList()
        self.cls_preds, self.reg_preds, self.obj_preds = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        start = -math.log((1 - prior) / prior)
        for width in in_channels:
            self.stems.append(BaseConv(width, hidden, 1))
            self.cls_convs.append(nn.Sequential(BaseConv(hidden, hidden, 3), BaseConv(hidden, hidden, 3)))
            self.reg_convs.append(nn.Sequential(BaseConv(hidden, hidden, 3), BaseConv(hidden, hidden, 3)))
            self.cls_preds.append(nn.Conv2d(hidden, num_classes, 1))
            self.reg_preds.append(nn.Conv2d(hidden, 4, 1))
            self.obj_preds.append(nn.Conv2d(hidden, 1, 1))
            self.cls_preds[-1].bias.data.fill_(start)
            self.obj_preds[-1].bias.data.fill_(start)

    def forward(self, maps):
        rows = []
        parts = zip(
            maps, self.stems, self.cls_convs, self.reg_convs, self.cls_preds, self.reg_preds, self.obj_preds
        )
        for x, stem, cls_conv, reg_conv, cls_pred, reg_pred, obj_pred in parts:
            x = stem(x)
            regression = reg_conv(x)
            joined = torch.cat((reg_pred(regression), obj_pred(regression), cls_pred(cls_conv(x))), 1)
            rows.append(joined.permute(0, 2, 3, 1).reshape(x.shape[0], -1, self.num_outputs))
        return torch.cat(rows, 1)


@right("DecoupledHead")
class HeadThatJoinsRows(nn.Module):
    def __init__(self, num_classes, in_channels, hidden=256, prior=0.01):
        super().__init__()
        levels = range(len(in_channels))
        self.stems = nn.ModuleList([BaseConv(in_channels[i], hidden, 1) for i in levels])
        for name in ("cls_convs", "reg_convs"):
            pairs = [nn.Sequential(*[BaseConv(hidden, hidden, 3) for _ in range(2)]) for _ in levels]
            setattr(self, name, nn.ModuleList(pairs))
        for name, channels in (("cls_preds", num_classes), ("reg_preds", 4), ("obj_preds", 1)):
            setattr(self, name, nn.ModuleList([nn.Conv2d(hidden, channels, 1) for _ in levels]))
        with torch.no_grad():
            for i in levels:
                self.cls_preds[i].bias[:] = torch.logit(torch.tensor(prior, dtype=torch.float64))
                self.obj_preds[i].bias[:] = torch.logit(torch.tensor(prior, dtype=torch.float64))

    def rows(self, x):
        return x.flatten(2).permute(0, 2, 1)

    def forward(self, maps):
        boxes, objects, classes = [], [], []
        for i, x in enumerate(maps):
            x = self.stems[i](x)
            near = self.reg_convs[i](x)
            boxes.append(self.rows(self.reg_preds[i](near)))
            objects.append(self.rows(self.obj_preds[i](near)))
            classes.append(self.rows(self.cls_preds[i](self.cls_convs[i](x))))
        return torch.cat([torch.cat(boxes, 1), torch.cat(objects, 1), torch.cat(classes, 1)], 2)


@right("DecoupledHead", edit={"math.log(prior / (1 - prior))": "torch.logit(torch.tensor(prior, dtype=torch.float64)).item()"})
def start_from_torch(): ...


@right("DecoupledHead")
class HeadIntoAnEmptyTensor(nn.Module):
    def __init__(self, num_classes, in_channels, hidden=256, prior=0.01):
        super().__init__()
        n = len(in_channels)
        two = lambda: nn.Sequential(BaseConv(hidden, hidden, 3), BaseConv(hidden, hidden, 3))  # noqa: E731
        self.reg_preds = nn.ModuleList([nn.Conv2d(hidden, 4, 1) for _ in range(n)])
        self.obj_preds = nn.ModuleList([nn.Conv2d(hidden, 1, 1) for _ in range(n)])
        self.cls_preds = nn.ModuleList([nn.Conv2d(hidden, num_classes, 1) for _ in range(n)])
        self.reg_convs = nn.ModuleList([two() for _ in range(n)])
        self.cls_convs = nn.ModuleList([two() for _ in range(n)])
        self.stems = nn.ModuleList([BaseConv(c, hidden, 1) for c in in_channels])
        bias = math.log(prior) - math.log1p(-prior)
        for one in list(self.cls_preds) + list(self.obj_preds):
            nn.init.constant_(one.bias, bias)

    def forward(self, maps):
        out = []
        for i, x in enumerate(maps):
            n, _, h, w = x.shape
            x = self.stems[i](x)
            a, b = self.reg_convs[i](x), self.cls_convs[i](x)
            level = torch.zeros(n, h * w, 5 + self.cls_preds[i].out_channels, dtype=x.dtype, device=x.device)
            level[:, :, :4] = self.reg_preds[i](a).reshape(n, 4, -1).mT
            level[:, :, 4] = self.obj_preds[i](a).reshape(n, -1)
            level[:, :, 5:] = self.cls_preds[i](b).reshape(n, -1, h * w).mT
            out.append(level)
        return torch.cat(out, dim=1)


# yolox_decode


@mistake("yolox_decode", edit={"(raw[..., :2] - 0.5)": "raw[..., :2]"}, hint="The centre is counted from the cell's middle. It counts from the upper left corner.")
def from_the_middle(): ...


@mistake("yolox_decode", edit={"(raw[..., :2] - 0.5)": "(raw[..., :2] + 0.5)"}, hint="From the middle to the upper left corner it goes half a stride to the left and up. Here it goes to the right and down.")
def from_the_lower_corner(): ...


@mistake("yolox_decode", edit={"(raw[..., :2] - 0.5) * stride": "raw[..., :2] * stride - 0.5"}, hint="The corner lies half a pixel from the middle. It should be half a stride.")
def half_a_pixel(): ...


@mistake("yolox_decode", edit={"(raw[..., :2] - 0.5) * stride": "(raw[..., :2] - 0.5 * stride)"}, hint="The way to the centre is taken in pixels. It is in strides.")
def way_in_pixels(): ...


@mistake("yolox_decode", edit={"(raw[..., :2] - 0.5) * stride": "(raw[..., :2].sigmoid() - 0.5) * stride"}, hint="A sigmoid holds the centre inside its cell, as in YOLO of version 3. Here it may lie anywhere.")
def sigmoid_of_the_centre(): ...


@mistake("yolox_decode", edit={"raw[..., 2:4].exp() * stride / 2": "raw[..., 2:4].exp() / 2"}, hint="Width and height are left in strides. Boxes are in pixels.")
def sides_in_strides(): ...


@mistake("yolox_decode", edit={"raw[..., 2:4].exp() * stride / 2": "raw[..., 2:4] * stride / 2"}, hint="Width and height are no logarithms here: four zeros give a box without area. What undoes a logarithm?")
def no_exponential(): ...


@mistake("yolox_decode", edit={"raw[..., 2:4].exp() * stride / 2": "(raw[..., 2:4] * stride).exp() / 2"}, hint="The stride is inside the exponential. First comes the factor e to the number, then the stride.")
def stride_inside(): ...


@mistake("yolox_decode", edit={"raw[..., 2:4].exp() * stride / 2": "raw[..., 2:4].exp() * stride"}, hint="Each box reaches a whole width to the left of its centre, and a whole one to the right.")
def twice_as_large(): ...


@mistake("yolox_decode", edit={"raw[..., 2:4].exp() * stride / 2": "(2 * raw[..., 2:4].sigmoid()).square() * stride / 2"}, hint="Width and height are decoded as YOLO of version 5 does, with a sigmoid and a square. Here it is an exponential.")
def sides_of_version_five(): ...


@mistake("yolox_decode", edit={"[centre - half, centre + half, raw[..., 4:]]": "[centre, 2 * half, raw[..., 4:]]"}, hint="What comes is centre, width and height, as in the authors' code. Here boxes are left, top, right, bottom.")
def centre_and_sides(): ...


@mistake("yolox_decode", edit={"[centre - half, centre + half, raw[..., 4:]]": "[centre, centre + 2 * half, raw[..., 4:]]"}, hint="The centre is taken for the upper left corner of the box.")
def box_starts_at_its_centre(): ...


@mistake("yolox_decode", edit={"[centre - half, centre + half, raw[..., 4:]]": "[centre - half, centre + half]"}, hint="Only the boxes come back. What stands behind them in a row belongs to the answer too.")
def boxes_alone(): ...


@mistake("yolox_decode", edit={"[centre - half, centre + half, raw[..., 4:]]": "[centre - half, centre + half, raw[..., 4:].sigmoid()]"}, hint="The other numbers went through a sigmoid. They come back as they are.")
def sigmoid_of_the_rest(): ...


@mistake("yolox_decode", edit={"[centre - half, centre + half, raw[..., 4:]]": "[(centre - half).clamp(min=0), centre + half, raw[..., 4:]]"}, hint="Boxes that reach out of the picture are cut off. They stay as they are.")
def cut_at_the_edge(): ...


@mistake("yolox_decode", edit={"stride = cells[:, 2:]": "stride = cells[0, 2]"}, hint="The first cell's stride is used for all cells.")
def one_stride_for_all(): ...


@mistake("yolox_decode", edit={"raw[..., 2:4].exp() * stride / 2": "raw[..., [3, 2]].exp() * stride / 2"}, hint="Width and height are exchanged.")
def sides_exchanged(): ...


@mistake("yolox_decode", edit={"cells[:, :2] + (raw[..., :2] - 0.5)": "cells[:, :2] + (raw[..., [1, 0]] - 0.5)"}, hint="The way right and the way down are exchanged.")
def ways_exchanged(): ...


@mistake("yolox_decode", edit={"raw[..., 2:4].exp() * stride / 2": "raw[..., 2:4].clamp(max=math.log(1000 / 16)).exp() * stride / 2"}, hint="The logarithms have a limit, as torchvision's coder has. Here they have none.")
def with_a_limit(): ...


@mistake("yolox_decode", edit={"half = raw[..., 2:4].exp()": "half = raw[..., 2:4].detach().exp()"}, hint="No gradient goes through width and height.")
def sides_never_learn(): ...


@mistake("yolox_decode", edit={"raw[..., 2:4].exp()": "raw[..., 2:4].exp2()"}, hint="The sides grow by powers of 2. The logarithms are natural ones.")
def base_two(): ...


@mistake("yolox_decode", edit={"raw[..., 2:4].exp()": "F.softplus(raw[..., 2:4])"}, hint="The sides go through a softplus. What undoes a logarithm?")
def with_softplus_sides(): ...


@mistake("yolox_decode", edit={"(raw[..., :2] - 0.5)": "(raw[..., :2] - 1)"}, hint="A whole stride is taken from the middle. How far is it to the corner?")
def a_whole_stride(): ...


@mistake("yolox_decode", edit={"[centre - half, centre + half, raw[..., 4:]]": "[centre - half, centre + half - 1, raw[..., 4:]]"}, hint="One pixel is taken from the right and lower edge. Edges are positions here, not numbers of pixels.")
def less_one_pixel(): ...


@mistake("yolox_decode", edit={"[centre - half, centre + half, raw[..., 4:]]": "[centre - half, 2 * half, raw[..., 4:]]"}, hint="What comes is left, top, width and height. Here boxes are left, top, right, bottom.")
def left_top_and_sides(): ...


@mistake("yolox_decode", edit={"[centre - half, centre + half, raw[..., 4:]]": "[(centre - half).round(), (centre + half).round(), raw[..., 4:]]"}, hint="The boxes are rounded to whole pixels. They stay as exact as they are.")
def rounded_boxes(): ...


@mistake("yolox_decode", edit={"[centre - half, centre + half, raw[..., 4:]]": "[centre - half, centre + half, raw[..., 5:]]"}, hint="Objectness is lost. All that stands behind the box belongs to the answer.")
def objectness_lost(): ...


@mistake("yolox_decode", edit={"raw[..., 2:4].exp()": "raw[..., 2:4].clamp(max=4.0).exp()"}, hint="The logarithms have a limit, as torchvision's coder has. Here they have none.")
def with_a_limit_of_four(): ...


@mistake("yolox_decode", edit={"raw[..., 4:]], dim=-1)": "raw[..., 4:]], dim=-1).float()"}, hint="The answer is always float32. It has the dtype of what came in.")
def always_single(): ...


@mistake("yolox_decode", edit={"raw[..., 4:]], dim=-1)": "raw[..., 4:]], dim=-1).detach()"}, hint="No gradient goes through: the answer is cut from the graph.")
def nothing_learns(): ...


@mistake("yolox_decode", edit={"centre = cells[:, :2] + (raw[..., :2] - 0.5) * stride": "centre = (cells[:, :2] + (raw[..., :2] - 0.5) * stride).round()", "raw[..., 2:4].exp() * stride / 2": "(raw[..., 2:4].exp() * stride).round() / 2"}, hint="The boxes are rounded to whole pixels. They stay as exact as they are.")
def rounded_centres_and_sides(): ...


@mistake("yolox_decode", edit={"(raw[..., :2] - 0.5) * stride": "raw[..., :2] * stride - 4"}, hint="Four pixels are taken off for the corner of every cell. That is half of a stride of 8; each cell has its own.")
def corner_of_a_stride_of_eight(): ...


@right("yolox_decode")
def by_columns(raw, cells):
    x, y, stride = cells.T
    tx, ty, tw, th = (raw[..., k] for k in range(4))
    cx, cy = x - stride / 2 + tx * stride, y - stride / 2 + ty * stride
    w, h = torch.exp(tw) * stride, torch.exp(th) * stride
    box = torch.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], dim=-1)
    return torch.cat([box, raw[..., 4:]], dim=-1)


@right("yolox_decode")
def in_a_copy(raw, cells):
    corner = cells[None, :, :2] - cells[None, :, 2:3] / 2
    out = raw.clone()
    centre = corner + raw[:, :, 0:2] * cells[None, :, 2:3]
    size = raw[:, :, 2:4].exp() * cells[None, :, 2:3]
    out[:, :, 0:2] = centre - size / 2
    out[:, :, 2:4] = centre + size / 2
    return out


@right("yolox_decode")
def in_units_of_a_stride(raw, cells):
    stride = cells[:, 2].reshape(1, -1, 1)
    corners = cells[:, :2].unsqueeze(0) / stride - 0.5
    middle, half = corners + raw[..., 0:2], 0.5 * torch.exp(raw[..., 2:4])
    return torch.cat([torch.cat([middle - half, middle + half], dim=2) * stride, raw[..., 4:]], dim=2)


# simota_candidates


@mistake("simota_candidates", edit={"(left < x) & (x < right) & (top < y) & (y < bottom)": "(left <= x) & (x <= right) & (top <= y) & (y <= bottom)"}, hint="A middle on the edge of a box counts as inside. It should not.")
def edges_belong_to_the_box(): ...


@mistake("simota_candidates", edit={"torch.maximum(across, down) < radius * stride": "torch.maximum(across, down) <= radius * stride"}, hint="A middle on the edge of the square counts as near. It should not.")
def edges_belong_to_the_square(): ...


@mistake("simota_candidates", edit={"(left < x) & (x < right) & (top < y) & (y < bottom)": "(left <= x) & (x < right) & (top <= y) & (y < bottom)"}, hint="Left and top edge of a box count as inside, as with pixels. No edge should.")
def first_edges_belong_to_the_box(): ...


@mistake("simota_candidates", edit={"radius * stride": "radius"}, hint="The square reaches so many pixels. Its reach is in strides.")
def reach_in_pixels(): ...


@mistake("simota_candidates", edit={"radius * stride": "radius * stride / 2"}, hint="The radius is taken for the whole side of the square. It is the way from the centre to each side.")
def radius_is_the_side(): ...


@mistake("simota_candidates", edit={"radius * stride": "radius * stride[0]"}, hint="The first cell's stride is used for all cells.")
def stride_of_the_first(): ...


@mistake("simota_candidates", edit={"torch.maximum(across, down) < radius * stride": "torch.hypot(across, down) < radius * stride"}, hint="The region around the centre is a circle. It should be a square.")
def near_is_a_circle(): ...


@mistake("simota_candidates", edit={"torch.maximum(across, down) < radius * stride": "across + down < radius * stride"}, hint="The region around the centre is a square on its tip: the ways across and down are added. Each of them has to be short enough by itself.")
def near_is_a_diamond(): ...


@mistake("simota_candidates", edit={"torch.maximum(across, down) < radius * stride": "torch.minimum(across, down) < radius * stride"}, hint="It is enough that the cell is near across, or down. Both must hold.")
def near_is_a_cross(): ...


@mistake("simota_candidates", edit={"torch.maximum(across, down) < radius * stride": "in_box & (torch.maximum(across, down) < radius * stride)"}, hint="The second table has the cells that are in both regions. It should have all that are near the centre, also outside of the box.")
def second_table_is_both(): ...


@mistake("simota_candidates", edit={"torch.maximum(across, down) < radius * stride": "in_box | (torch.maximum(across, down) < radius * stride)"}, hint="The second table has the cells that are in one of the regions at least. It should have those that are near the centre, and no others.")
def second_table_is_either(): ...


@mistake("simota_candidates", edit={"x, y, stride = cells.unbind(dim=1)": "x, y, stride = cells.unbind(dim=1)\n    x, y = x - stride / 2, y - stride / 2"}, hint="The upper left corners of the cells are looked at. Their middles decide.")
def corners_of_cells(): ...


@mistake("simota_candidates", edit={"x, y, stride = cells.unbind(dim=1)": "y, x, stride = cells.unbind(dim=1)"}, hint="The x and y of the cells are exchanged.")
def cells_exchanged(): ...


@mistake("simota_candidates", edit={"(left < x) & (x < right) & (top < y) & (y < bottom)": "(left < x) & (x < right)"}, hint="In the box is only asked across. It must hold down as well.")
def across_alone(): ...


@mistake("simota_candidates", edit={"(left < x) & (x < right) & (top < y) & (y < bottom)": "((left < x) & (x < right)) | ((top < y) & (y < bottom))"}, hint="It is enough that the middle is inside across, or down. Both must hold.")
def across_or_down(): ...


@mistake("simota_candidates", edit={"(x - (left + right) / 2).abs(), (y - (top + bottom) / 2).abs()": "(x - left).abs(), (y - top).abs()"}, hint="Near is measured from the object's upper left corner. It should be measured from its centre.")
def near_the_corner(): ...


@mistake("simota_candidates", edit={"(x - (left + right) / 2).abs(), (y - (top + bottom) / 2).abs()": "(x - (left + right) / 2), (y - (top + bottom) / 2)"}, hint="Cells far to the left, or above, count as near: their distance is negative.")
def no_absolute_value(): ...


@mistake("simota_candidates", edit={"torch.maximum(across, down) < radius * stride": "(across < radius * (right - left) / 2) & (down < radius * (bottom - top) / 2)"}, hint="The region around the centre grows with the object. It depends on the stride of the cell alone.")
def square_grows_with_the_object(): ...


@mistake("simota_candidates", edit={"return in_box, torch.maximum(across, down) < radius * stride": "near = torch.maximum(across, down) < radius * stride\n    return in_box, near & (left < right) & (top < bottom)"}, hint="A box without an area has no cells near its centre. It has a centre like any other, and cells around it.")
def no_area_is_left_out(): ...


@mistake("simota_candidates", edit={"radius * stride": "2.5 * stride"}, hint="The square reaches 2.5 strides whatever radius says.")
def radius_of_its_own(): ...


@mistake("simota_candidates", edit={"radius * stride": "radius * 8"}, hint="A stride of 8 is used for all cells. Each cell has its own.")
def stride_is_eight(): ...


@mistake("simota_candidates", edit={"return in_box, torch.maximum(across, down) < radius * stride": "return torch.maximum(across, down) < radius * stride, in_box"}, hint="The two tables are exchanged.")
def tables_exchanged(): ...


@mistake("simota_candidates", edit={"(x - (left + right) / 2).abs(), (y - (top + bottom) / 2).abs()": "(x - (right - left) / 2).abs(), (y - (bottom - top) / 2).abs()"}, hint="The centre is taken for half the size. Where does the box begin?")
def centre_is_half_the_size(): ...


@mistake("simota_candidates", edit={"(x - (left + right) / 2).abs(), (y - (top + bottom) / 2).abs()": "(x - ((left + right) / 2).floor()).abs(), (y - ((top + bottom) / 2).floor()).abs()"}, hint="The object's centre is cut to whole pixels. It may lie between them.")
def centre_in_whole_pixels(): ...


@mistake("simota_candidates", edit={"(left < x) & (x < right) & (top < y) & (y < bottom)": "(left < x) & (x <= right) & (top < y) & (y <= bottom)"}, hint="Right and lower edge of a box count as inside. No edge should.")
def right_edges_belong(): ...


@mistake("simota_candidates", edit={"(x - (left + right) / 2).abs(), (y - (top + bottom) / 2).abs()": "(x - (top + bottom) / 2).abs(), (y - (left + right) / 2).abs()"}, hint="The x and y of the objects' centres are exchanged.")
def centre_exchanged(): ...


@mistake("simota_candidates", edit={"return in_box, torch.maximum(across, down) < radius * stride": "near = torch.maximum(across, down) < radius * stride\n    keep = (in_box | near).any(dim=0)\n    return in_box[:, keep], near[:, keep]"}, hint="Only the columns of candidates are in the tables. Every cell has a column.")
def candidates_alone_in_tables(): ...


@mistake("simota_candidates", edit={"radius: float = 2.5": "radius: float = 1.5"}, hint="The default of radius is that of the later code. The signature was given.")
def another_default_radius(): ...


@mistake("simota_candidates", edit={"x, y, stride = cells.unbind(dim=1)": "if len(boxes) == 0:\n        return (torch.zeros(0, dtype=torch.bool, device=cells.device),) * 2\n    x, y, stride = cells.unbind(dim=1)"}, hint="Without objects the tables have one axis. They are (0, A) then.")
def no_tables_without_objects(): ...


@mistake("simota_candidates", edit={"(x - (left + right) / 2).abs(), (y - (top + bottom) / 2).abs()": "(x - (left + right) / 2), (y - (top + bottom) / 2).abs()"}, hint="Cells far to the left, or above, count as near: their distance is negative.")
def no_absolute_value_across(): ...


@mistake("simota_candidates", edit={"(x - (left + right) / 2).abs(), (y - (top + bottom) / 2).abs()": "(x - (left + right) / 2).abs(), (y - (top + bottom) / 2)"}, hint="Cells far to the left, or above, count as near: their distance is negative.")
def no_absolute_value_down(): ...


@mistake("simota_candidates", edit={"return in_box, torch.maximum(across, down) < radius * stride": "return in_box.T, (torch.maximum(across, down) < radius * stride).T"}, hint="The tables have cells down and objects across. It should be the other way round.")
def cells_down_objects_across(): ...


@mistake("simota_candidates", edit={"return in_box, torch.maximum(across, down) < radius * stride": "near = torch.maximum(across, down) < radius * stride\n    return in_box | near, in_box & near"}, hint="What comes is who is in either region, and who is in both. That is made later, of the two tables asked for here.")
def either_and_both(): ...


@mistake("simota_candidates", edit={"left, top, right, bottom = boxes[:, :, None].unbind(dim=1)": "left, top, right, bottom = boxes[:, :, None].unbind(dim=1)\n    right, bottom = left + right, top + bottom"}, hint="The last two numbers of a box are taken for width and height. They are its right and bottom edge.")
def boxes_as_left_top_and_sides(): ...


@right("simota_candidates")
def by_the_smallest_distance_to_an_edge(cells, boxes, radius=2.5):
    def inside(box):
        ways = [cells[:, 0] - box[..., 0], cells[:, 1] - box[..., 1], box[..., 2] - cells[:, 0], box[..., 3] - cells[:, 1]]
        return torch.stack(ways, dim=0).amin(dim=0) > 0

    centre = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    reach = radius * cells[None, :, 2:]
    square = torch.cat([centre - reach, centre + reach], dim=2)
    return inside(boxes[:, None]), inside(square)


@right("simota_candidates")
def with_both_axes_at_once(cells, boxes, radius=2.5):
    middles = cells[:, :2].unsqueeze(0)
    low, high = boxes[:, :2].unsqueeze(1), boxes[:, 2:].unsqueeze(1)
    in_box = torch.logical_and(middles > low, middles < high).all(dim=-1)
    near = ((middles - (low + high) / 2).abs() < radius * cells[:, 2].view(1, -1, 1)).all(dim=-1)
    return in_box, near


@right("simota_candidates")
def with_expanded_tensors(cells, boxes, radius=2.5):
    num, places = boxes.shape[0], cells.shape[0]
    x, y, s = (cells[:, k].expand(num, places) for k in range(3))
    x1, y1, x2, y2 = (boxes[:, k : k + 1].expand(num, places) for k in range(4))
    first = torch.logical_and(torch.logical_and(x1 < x, y1 < y), torch.logical_and(x2 > x, y2 > y))
    cx, cy = 0.5 * (x1 + x2), 0.5 * (y1 + y2)
    second = ~((torch.abs(cx - x) >= s * radius) | (torch.abs(cy - y) >= s * radius))
    return first, second


# dynamic_match


@mistake("dynamic_match", edit={"best.sum(dim=1).floor().clamp(min=1)": "best.sum(dim=1).round().clamp(min=1)"}, hint="The sum of IoUs is rounded. What is behind the point is dropped: 2.9 makes two cells.")
def rounded_sum(): ...


@mistake("dynamic_match", edit={"best.sum(dim=1).floor().clamp(min=1)": "best.sum(dim=1).clamp(min=1)"}, hint="A sum of 2.2 makes three cells here. What is behind the point has to be dropped: ranks begin at 0.")
def sum_not_cut(): ...


@mistake("dynamic_match", edit={"best.sum(dim=1).floor().clamp(min=1)": "best.sum(dim=1).floor()"}, hint="An object with poor boxes chooses no cell at all. At least one is asked for.")
def no_cell_at_least(): ...


@mistake("dynamic_match", edit={"best.sum(dim=1).floor().clamp(min=1)": "(best.sum(dim=1).floor() + 1)"}, hint="One cell is added to the sum. It is at least one, not one more.")
def one_more(): ...


@mistake("dynamic_match", edit={"best = ious.topk(min(top, ious.shape[1]), dim=1).values": "best = ious"}, hint="All IoUs of an object are added up. Only the largest ones are, as many as top says.")
def all_are_added(): ...


@mistake("dynamic_match", edit={"best = ious.topk(min(top, ious.shape[1]), dim=1).values": "best = ious[:, :top]"}, hint="The first IoUs are added up. It should be the largest ones.")
def first_are_added(): ...


@mistake("dynamic_match", edit={"best.sum(dim=1).floor().clamp(min=1)": "torch.full_like(best.sum(dim=1), best.shape[1])"}, hint="Every object chooses as many cells as top says. How many it chooses depends on its IoUs.")
def always_top(): ...


@mistake("dynamic_match", edit={"best.sum(dim=1).floor().clamp(min=1)": "torch.ones_like(best.sum(dim=1))"}, hint="Every object chooses a single cell. How many it chooses is the sum of its IoUs; their mean is never above 1.")
def always_one(): ...


@mistake("dynamic_match", edit={"best.sum(dim=1).floor().clamp(min=1)": "best.sum(dim=1).floor().clamp(min=1).amax().expand(len(costs))"}, hint="All objects choose as many cells as the one that chooses most. Each has a number of its own.")
def the_same_for_all(): ...


@mistake("dynamic_match", edit={"ious.topk(min(top, ious.shape[1]), dim=1).values": "ious.topk(top, dim=1).values"}, hint="Where there are fewer cells than IoUs to add, it fails. Then all are added.")
def needs_enough_cells(): ...


@mistake("dynamic_match", edit={"rank = costs.argsort(dim=1, stable=True).argsort(dim=1)": "rank = costs.argsort(dim=1, stable=True)"}, hint="Sorting says which cell is at place 0, 1, 2, … of the order. What you need is the other way round: at which place a cell is.")
def order_for_rank(): ...


@mistake("dynamic_match", edit={"rank = costs.argsort(dim=1, stable=True).argsort(dim=1)": "rank = costs.argsort(dim=1, descending=True, stable=True).argsort(dim=1)"}, hint="Objects choose the dearest cells. They should choose the cheapest.")
def dearest_cells(): ...


@mistake("dynamic_match", edit={"rank = costs.argsort(dim=1, stable=True).argsort(dim=1)": "rank = ious.argsort(dim=1, descending=True, stable=True).argsort(dim=1)"}, hint="Objects choose the cells with the largest IoU. The IoUs say how many, and the costs say which.")
def chosen_by_overlap(): ...


@mistake("dynamic_match", edit={"rank = costs.argsort(dim=1, stable=True).argsort(dim=1)": "rank = costs.shape[1] - 1 - costs.flip(1).argsort(dim=1, descending=True, stable=True).argsort(dim=1).flip(1)", "best = ious.topk(min(top, ious.shape[1]), dim=1).values": "best = ious.sort(dim=1, descending=True).values[:, :top]", "costs.masked_fill(~is_chosen, math.inf).argmin(dim=0)": "costs.masked_fill(~is_chosen, math.inf).min(dim=0).indices", "is_chosen = rank < num[:, None]": "is_chosen = (costs[:, None] < costs[:, :, None]).sum(dim=2) < num[:, None]"}, hint="Where several cells cost the same, more are chosen than k. Of equal cells the first ones are chosen, and no more.")
def all_of_equal_cells(): ...


@mistake("dynamic_match", edit={"rank = costs.argsort(dim=1, stable=True).argsort(dim=1)": "rank = (costs.shape[1] - 1 - costs.flip(1).argsort(dim=1, stable=True)).argsort(dim=1)"}, hint="Of cells that cost the same, the last ones are chosen. It should be the first.")
def last_of_equal_cells(): ...


@mistake("dynamic_match", edit={"costs.masked_fill(~is_chosen, math.inf).argmin(dim=0)": "is_chosen.int().argmax(dim=0)"}, hint="A cell that several objects chose goes to the first of them. It goes to the one that it costs least.")
def conflict_to_the_first(): ...


@mistake("dynamic_match", edit={"costs.masked_fill(~is_chosen, math.inf).argmin(dim=0)": "len(costs) - 1 - is_chosen.int().flip(0).argmax(dim=0)"}, hint="A cell that several objects chose goes to the last of them: each object overwrites what those before it have taken. It goes to the one that it costs least.")
def conflict_to_the_last(): ...


@mistake("dynamic_match", edit={"costs.masked_fill(~is_chosen, math.inf).argmin(dim=0)": "ious.masked_fill(~is_chosen, -1).argmax(dim=0)"}, hint="A cell that several objects chose goes to the one with the largest IoU. It goes to the one that it costs least.")
def conflict_by_overlap(): ...


@mistake("dynamic_match", edit={"costs.masked_fill(~is_chosen, math.inf).argmin(dim=0)": "costs.masked_fill(~is_chosen, -math.inf).argmax(dim=0)"}, hint="A cell that several objects chose goes to the one that it costs most.")
def conflict_to_the_dearest(): ...


@mistake("dynamic_match", edit={"costs.masked_fill(~is_chosen, math.inf).argmin(dim=0)": "torch.where(is_chosen.sum(dim=0) > 1, costs.argmin(dim=0), is_chosen.int().argmax(dim=0))"}, hint="A cell that several objects chose goes to the object that has it cheapest of all, as in the authors' code. Only those that chose it take part here.")
def conflict_as_in_the_code(): ...


@mistake("dynamic_match", edit={"costs.masked_fill(~is_chosen, math.inf).argmin(dim=0)": "costs.argmin(dim=0)"}, hint="A cell goes to the object that has it cheapest of all, whether that one chose it or not.")
def cheapest_of_all(): ...


@mistake("dynamic_match", edit={"costs.masked_fill(~is_chosen, math.inf).argmin(dim=0)": "(costs * is_chosen).argmin(dim=0)"}, hint="What was not chosen is made to cost 0, which is less than what the others cost. It has to cost more than anything.")
def not_chosen_is_free(): ...


@mistake("dynamic_match", edit={"return torch.where(is_chosen.any(dim=0), cheapest, -1)": "return cheapest"}, hint="Cells that nobody chose belong to object 0. They are background.")
def no_background(): ...


@mistake("dynamic_match", edit={"return torch.where(is_chosen.any(dim=0), cheapest, -1)": "return torch.where(is_chosen.any(dim=0), cheapest + 1, 0)"}, hint="Objects are counted from 1 and background is 0. Here objects count from 0, and background is -1.")
def background_is_zero(): ...


@mistake("dynamic_match", edit={"return torch.where(is_chosen.any(dim=0), cheapest, -1)": "return torch.where(is_chosen.sum(dim=0) == 1, cheapest, -1)"}, hint="A cell that several objects chose becomes background. One of them should have it.")
def conflict_to_nobody(): ...


@mistake("dynamic_match", hint="One object after the other takes the cheapest cells that are left, so one that loses a cell gets another, and the first objects take what others have cheaper. All choose first, and then conflicts are settled.")
def one_object_after_the_other(costs, ious, top=10):
    matches = costs.new_full(costs.shape[1:], -1, dtype=torch.int64)
    for k in range(len(costs)):
        num = max(1, int(ious[k].topk(min(top, ious.shape[1])).values.sum()))
        free = costs[k].masked_fill(matches >= 0, math.inf)
        order = free.argsort(stable=True)[:num]
        matches[order[free[order] < math.inf]] = k
    return matches


@mistake("dynamic_match", hint="All numbers are right, but no objects at all are not: all cells are background then.")
def fails_without_objects(costs, ious, top=10):
    num = ious.topk(min(top, ious.shape[1]), dim=1).values.sum(dim=1).int().clamp(min=1)
    is_chosen = costs.argsort(dim=1, stable=True).argsort(dim=1) < num[:, None]
    cheapest = costs.masked_fill(~is_chosen, math.inf).min(dim=0).indices
    cheapest[~is_chosen.any(dim=0)] = -1
    return cheapest


@mistake("dynamic_match", hint="Each cell is settled in a loop of its own. There are thousands of them: settle all at once.")
def cell_by_cell(costs, ious, top=10):
    matches = torch.full(costs.shape[1:], -1, device=costs.device)
    if costs.numel() == 0:
        return matches
    num = ious.topk(min(top, ious.shape[1]), dim=1).values.sum(dim=1).int().clamp(min=1)
    is_chosen = costs.argsort(dim=1, stable=True).argsort(dim=1) < num[:, None]
    for place in range(costs.shape[1]):
        wanting = is_chosen[:, place].nonzero().flatten()
        if len(wanting) > 0:
            matches[place] = wanting[costs[wanting, place].argmin()]
    return matches


@mistake("dynamic_match", edit={"costs.masked_fill(~is_chosen, math.inf).argmin(dim=0)": "costs.masked_fill(~is_chosen, 1e5).argmin(dim=0)"}, hint="What was not chosen is made to cost 100,000, and what was chosen may cost more. It has to cost more than anything.")
def wall_for_infinity(): ...


@mistake("dynamic_match", edit={"best.sum(dim=1).floor().clamp(min=1)": "best.floor().sum(dim=1).clamp(min=1)"}, hint="Each IoU is cut before they are added. First comes the sum.")
def each_iou_is_cut(): ...


@mistake("dynamic_match", edit={"best.sum(dim=1).floor().clamp(min=1)": "best.sum(dim=1).floor().clamp(1, 5)"}, hint="An object gets five cells at most. Nothing but top and the IoUs limits it.")
def five_at_most(): ...


@mistake("dynamic_match", edit={"min(top, ious.shape[1])": "min(10, ious.shape[1])"}, hint="Ten IoUs are added whatever top says.")
def always_ten(): ...


@mistake("dynamic_match", edit={"min(top, ious.shape[1]), dim=1)": "min(top, ious.shape[1]), dim=1, largest=False)"}, hint="The smallest IoUs are added up. It should be the largest ones.")
def smallest_are_added(): ...


@mistake("dynamic_match", edit={"return torch.where(is_chosen.any(dim=0), cheapest, -1)": "return torch.where(is_chosen.any(dim=0), cheapest, len(costs))"}, hint="Cells that nobody chose get the number of objects. Background is -1.")
def background_is_the_number_of_objects(): ...


@mistake("dynamic_match", edit={"costs.masked_fill(~is_chosen, math.inf).argmin(dim=0)": "len(costs) - 1 - costs.masked_fill(~is_chosen, math.inf).flip(0).argmin(dim=0)"}, hint="Of objects that a cell costs the same, the last one gets it. It should be the first.")
def equal_objects_to_the_last(): ...


@mistake("dynamic_match", edit={"if len(costs) == 0:": "if costs.shape[1] < 0:"}, hint="All numbers are right, but no objects at all are not: all cells are background then.")
def no_case_without_objects(): ...


@mistake("dynamic_match", edit={"if len(costs) == 0:\n        return costs.new_full(costs.shape[1:], -1, dtype=torch.int64)": "if len(costs) == 0:\n        return costs.new_full(costs.shape[1:], 0, dtype=torch.int64)"}, hint="Without objects all cells belong to object 0. They are background.")
def without_objects_all_are_zero(): ...


@mistake("dynamic_match", edit={"rank < num[:, None]": "rank <= num[:, None]"}, hint="Each object chooses one cell too many. Which is the rank of the cheapest cell?")
def one_rank_too_many(): ...


@mistake("dynamic_match", edit={"costs.argsort(dim=1, stable=True).argsort(dim=1)": "costs.argsort(dim=0, stable=True).argsort(dim=0)"}, hint="The ranks are those of the objects at each cell. Each object ranks the cells: along which axis?")
def ranks_among_objects(): ...


@right("dynamic_match")
def object_by_object_then_conflicts(costs, ious, top=10):
    num_objects, num_cells = costs.shape
    chosen = torch.zeros(num_objects, num_cells, dtype=torch.bool, device=costs.device)
    for k in range(num_objects):
        largest = torch.sort(ious[k], descending=True).values[:top]
        num = max(int(largest.sum().item()), 1)
        chosen[k, torch.sort(costs[k], stable=True).indices[:num]] = True
    matches = torch.full((num_cells,), -1, dtype=torch.int64, device=costs.device)
    if num_objects == 0:
        return matches
    prices = torch.where(chosen, costs, torch.full_like(costs, float("inf")))
    wanted = chosen.sum(dim=0) > 0
    matches[wanted] = prices.argmin(dim=0)[wanted]
    return matches


@right("dynamic_match")
def by_the_lowest_offer(costs, ious, top=10):
    matches = torch.full(costs.shape[1:], -1, dtype=torch.int64, device=costs.device)
    paid = torch.full(costs.shape[1:], math.inf, dtype=costs.dtype, device=costs.device)
    top = min(top, costs.shape[1])
    for k, (prices, overlaps) in enumerate(zip(costs, ious)):
        num = overlaps.topk(top).values.sum().int().clamp(min=1)
        wish = torch.zeros_like(matches, dtype=torch.bool)
        wish[prices.argsort(stable=True)[:num]] = True
        takes = wish & (prices < paid)
        matches[takes] = k
        paid = torch.where(takes, prices, paid)
    return matches


@right("dynamic_match")
def with_a_matching_matrix(costs, ious, top=10):
    matrix = torch.zeros_like(costs, dtype=torch.int64)
    if matrix.numel() == 0:
        return torch.full((costs.shape[1],), -1, device=costs.device)
    values, _ = torch.topk(ious, min(top, ious.shape[1]), dim=1)
    dynamic_ks = torch.clamp(values.sum(1).int(), min=1)
    order = torch.argsort(costs, dim=1, stable=True)
    place = torch.arange(costs.shape[1], device=costs.device).expand_as(order)
    matrix.scatter_(1, order, (place < dynamic_ks[:, None]).long())
    several = matrix.sum(0) > 1
    winner = torch.where(matrix == 1, costs, math.inf).argmin(0)
    matrix[:, several] = F.one_hot(winner[several], len(costs)).T
    return torch.where(matrix.sum(0) == 1, matrix.argmax(0), -1)


# simota_assign


@mistake("simota_assign", edit={".sigmoid()).sqrt()": ".sigmoid())"}, hint="The product of the two chances is taken as it is. Its root is asked for.")
def no_root(): ...


@mistake("simota_assign", edit={"(here[:, 4:5].sigmoid() * here[:, 5:].sigmoid()).sqrt()": "here[:, 5:].sigmoid()"}, hint="Objectness plays no part in how sure a cell is of a class.")
def no_objectness(): ...


@mistake("simota_assign", edit={"(here[:, 4:5].sigmoid() * here[:, 5:].sigmoid()).sqrt()": "here[:, 5:].sigmoid().sqrt()"}, hint="Objectness plays no part in how sure a cell is of a class.")
def no_objectness_but_a_root(): ...


@mistake("simota_assign", edit={"F.binary_cross_entropy(*pairs": "F.binary_cross_entropy_with_logits(*pairs"}, hint="The chances are taken for logits: a second sigmoid is applied to them.")
def chances_for_logits(): ...


@mistake("simota_assign", edit={"reduction=\"none\").sum(dim=2)": "reduction=\"none\").mean(dim=2)"}, hint="The cost of the class is a mean over the classes. It should be the sum.")
def mean_over_classes(): ...


@mistake("simota_assign", edit={"reduction=\"none\").sum(dim=2)": "reduction=\"none\").mul(pairs[1]).sum(dim=2)"}, hint="Only the object's own class costs something. The other classes have a target of 0, and cost something too.")
def own_class_alone(): ...


@mistake("simota_assign", edit={"- 3 * (ious + 1e-8).log()": "- (ious + 1e-8).log()"}, hint="The box counts as much as the class. It should count three times.")
def box_counts_once(): ...


@mistake("simota_assign", edit={"- 3 * (ious + 1e-8).log()": "+ 3 * (1 - ious)"}, hint="The box costs 1 - IoU. Its cost should be the negative logarithm.")
def one_minus_iou(): ...


@mistake("simota_assign", edit={"- 3 * (ious + 1e-8).log()": "+ 3 * (1 - ious.square())"}, hint="The box costs what its loss is, 1 - IoU². Its cost should be the negative logarithm.")
def one_minus_square(): ...


@mistake("simota_assign", edit={"- 3 * (ious + 1e-8).log()": "+ 3 * (ious + 1e-8).log()"}, hint="The better the box, the more it costs: a logarithm of something below 1 is negative.")
def wrong_sign(): ...


@mistake("simota_assign", edit={"costs = kinds - 3 * (ious + 1e-8).log()": "costs = -3 * (ious + 1e-8).log()"}, hint="The class costs nothing here.")
def class_is_free(): ...


@mistake("simota_assign", edit={"costs = kinds - 3 * (ious + 1e-8).log()": "costs = kinds"}, hint="The box costs nothing here.")
def box_is_free(): ...


@mistake("simota_assign", edit={" + 1e5 * outside": ""}, hint="A cell outside of one of the regions costs no more than one in both. Where is the wall?")
def no_wall(): ...


@mistake("simota_assign", edit={"outside = ~(in_box & near)[:, is_candidate]": "outside = ~(in_box | near)[:, is_candidate]"}, hint="The wall is only before cells that are in neither region of the object. It should be before all that are not in both.")
def wall_before_neither(): ...


@mistake("simota_assign", edit={"outside = ~(in_box & near)[:, is_candidate]": "outside = ~in_box[:, is_candidate]"}, hint="The wall asks for the box alone. A cell has to be near the centre as well.")
def wall_of_the_box(): ...


@mistake("simota_assign", edit={"outside = ~(in_box & near)[:, is_candidate]": "outside = ~near[:, is_candidate]"}, hint="The wall asks for the centre alone. A cell has to be in the box as well.")
def wall_of_the_centre(): ...


@mistake("simota_assign", edit={"is_candidate = (in_box | near).any(dim=0)": "is_candidate = (in_box & near).any(dim=0)"}, hint="Only cells that are in both regions of an object are candidates. One of the two is enough; the others will cost more.")
def candidates_in_both(): ...


@mistake("simota_assign", edit={"is_candidate = (in_box | near).any(dim=0)": "is_candidate = in_box.any(dim=0)"}, hint="Only cells in a box are candidates. Those near a centre are as well.")
def candidates_in_boxes(): ...


@mistake("simota_assign", edit={"is_candidate = (in_box | near).any(dim=0)": "is_candidate = near.any(dim=0)"}, hint="Only cells near a centre are candidates. Those in a box are as well.")
def candidates_near_centres(): ...


@mistake("simota_assign", edit={"is_candidate = (in_box | near).any(dim=0)": "is_candidate = torch.ones_like(cells[:, 0], dtype=torch.bool)"}, hint="All cells take part, also those that are neither in a box nor near a centre. Their IoUs count for k, and they can be chosen.")
def all_are_candidates(): ...


@mistake("simota_assign", edit={"is_candidate = (in_box | near).any(dim=0)": "is_candidate = (in_box | near).all(dim=0)"}, hint="Only cells that come into question for all objects are candidates. For one of them is enough.")
def candidates_of_all_objects(): ...


@mistake("simota_assign", edit={"dynamic_match(costs, ious, top)": "dynamic_match(costs, ious * ~outside, top)"}, hint="Only cells in both regions of an object count for its k. All candidates do.")
def only_inside_counts(): ...


@mistake("simota_assign", edit={"matches[is_candidate] = dynamic_match(costs, ious, top)": "matches[: len(here)] = dynamic_match(costs, ious, top)"}, hint="The answers for the candidates stand at the beginning, whichever cells these are. Each belongs to the place of its cell.")
def places_are_lost(): ...


@mistake("simota_assign", edit={"matches[is_candidate] = dynamic_match(costs, ious, top)": "matches = dynamic_match(costs, ious, top)"}, hint="Only the candidates are in the answer. Every cell has a place in it.")
def candidates_alone(): ...


@mistake("simota_assign", edit={"torch.full_like(is_candidate, -1, dtype=torch.int64)": "torch.full_like(is_candidate, 0, dtype=torch.int64)"}, hint="Cells that are no candidates belong to object 0. They have none, which is -1.")
def rest_has_the_first(): ...


@mistake("simota_assign", edit={"F.one_hot(labels, chances.shape[1])": "F.one_hot((labels - 1).clamp(min=0), chances.shape[1])"}, hint="The labels are shifted by one, as if 0 were the background. There is none: labels count from 0.")
def labels_from_one(): ...


@mistake("simota_assign", edit={"(here[:, 4:5].sigmoid() * here[:, 5:].sigmoid()).sqrt()": "(here[:, 4:5].sigmoid() * here[:, 5:].softmax(dim=1)).sqrt()"}, hint="The classes share one softmax. Each has a chance of its own here.")
def softmax_of_classes(): ...


@mistake("simota_assign", edit={"ious = box_iou(boxes, here[:, :4])": "sides = here[:, 2:4] / 2\n    ious = box_iou(boxes, torch.cat([here[:, :2] - sides, here[:, :2] + sides], dim=1))"}, hint="The boxes that the cells say are taken for centre, width and height. They are left, top, right, bottom.")
def boxes_as_centres(): ...


@mistake("simota_assign", edit={"1e5 * outside": "10 * outside"}, hint="The wall is low: a cell in both regions with a hopeless box costs more than one behind it.")
def a_low_wall(): ...


@mistake("simota_assign", edit={"- 3 * (ious + 1e-8).log()": "- 3 * (ious + 1e-2).log()"}, hint="More than 1e-8 is added to the IoU: small overlaps are nearly the same then.")
def a_large_epsilon(): ...


@mistake("simota_assign", edit={"- 3 * (ious + 1e-8).log()": "- 3 * (ious + 1e-8).log10()"}, hint="The logarithm of the IoU has base 10. It is the natural one.")
def log_of_base_ten(): ...


@mistake("simota_assign", edit={"(here[:, 4:5].sigmoid() * here[:, 5:].sigmoid()).sqrt()": "(here[:, 4:5].sigmoid() + here[:, 5:].sigmoid()) / 2"}, hint="The two chances are averaged. The root of their product is asked for.")
def mean_of_the_chances(): ...


@mistake("simota_assign", edit={"(here[:, 4:5].sigmoid() * here[:, 5:].sigmoid()).sqrt()": "(here[:, 4:5].sigmoid() * here[:, 5:].sigmoid()).sqrt().clamp(1e-3, 1 - 1e-3)"}, hint="The chances have a floor, so hopeless cells are all alike. Only the logarithm has one, at -100.")
def chances_with_a_floor(): ...


@mistake("simota_assign", edit={"simota_candidates(cells, boxes, radius)": "simota_candidates(cells, boxes)"}, hint="The radius isn't handed on.")
def no_radius_handed_on(): ...


@mistake("simota_assign", edit={"dynamic_match(costs, ious, top)": "dynamic_match(costs, ious)"}, hint="The number of IoUs, top, isn't handed on.")
def no_top_handed_on(): ...


@mistake("simota_assign", hint="The class costs of each cell are worked out in a loop of its own. There are thousands of cells: take all at once.")
def cost_by_cost(said, cells, boxes, labels, radius=2.5, top=10):
    in_box, near = simota_candidates(cells, boxes, radius)
    mask = (in_box | near).any(dim=0)
    here = said.detach()[mask]
    ious = box_iou(boxes, here[:, :4])
    kinds = torch.zeros_like(ious)
    target = F.one_hot(labels, said.shape[1] - 5).to(here)
    for place, one in enumerate(here):
        chance = (one[4].sigmoid() * one[5:].sigmoid()).sqrt().expand_as(target)
        kinds[:, place] = F.binary_cross_entropy(chance, target, reduction="none").sum(dim=1)
    costs = kinds - 3 * (ious + 1e-8).log() + 1e5 * ~(in_box & near)[:, mask]
    matches = torch.full((len(cells),), -1, device=said.device)
    matches[mask] = dynamic_match(costs, ious, top)
    return matches


@mistake("simota_assign", edit={"matches[is_candidate] = dynamic_match(costs, ious, top)": "matches = dynamic_match(costs, ious, top) if len(here) else matches"}, hint="Only the candidates are in the answer. Every cell has a place in it.")
def candidates_alone_if_any(): ...


@mistake("simota_assign", edit={"ious = box_iou(boxes, here[:, :4])": "middle, half = cells[is_candidate, :2], cells[is_candidate, 2:] / 2\n    ious = box_iou(boxes, torch.cat([middle - half, middle + half], dim=1))"}, hint="The squares of the cells are held to the objects. It should be the boxes that the cells say.")
def overlap_of_the_cells(): ...


@mistake("simota_assign", edit={"dynamic_match(costs, ious, top)": "dynamic_match(costs, (-costs).sigmoid(), top)"}, hint="How many cells an object gets is taken from the costs. It depends on the IoUs.")
def number_by_the_cost(): ...


@mistake("simota_assign", edit={"(ious + 1e-8).log()": "ious.log()"}, hint="A box that overlaps nothing costs infinitely much, and then nothing else counts. What is added to the IoU?")
def no_epsilon(): ...


@mistake("simota_assign", edit={"torch.broadcast_tensors(chances, is_label)": "torch.broadcast_tensors(chances, is_label * ious[..., None])"}, hint="The target of the label is the IoU, as in the loss. In the cost it is 1.")
def target_is_the_overlap(): ...


@mistake("simota_assign", edit={"matches[is_candidate] = dynamic_match(costs, ious, top)": "found = dynamic_match(costs, ious, top)\n    matches[is_candidate] = torch.where(found >= 0, labels[found], -1) if len(labels) else found"}, hint="Cells get the label of their object. They get its number.")
def labels_for_objects(): ...


@mistake("simota_assign", edit={"F.binary_cross_entropy(*pairs, reduction=\"none\")": "torch.where(pairs[1] > 0, -pairs[0].log(), -(1 - pairs[0]).log())"}, hint="A chance of exactly 0 or 1 has an infinite cost, and then nothing else counts. What does the docstring say of such logarithms?")
def logarithm_of_zero(): ...


@mistake("simota_assign", edit={"here[:, 4:5].sigmoid()": "here[:, 5:6].sigmoid()"}, hint="The first class is taken for objectness. What stands where in a row?")
def objectness_of_the_first_class(): ...


@mistake("simota_assign", edit={"(here[:, 4:5].sigmoid() * here[:, 5:].sigmoid()).sqrt()": "(here[:, 4:5] * here[:, 5:]).sigmoid().sqrt()"}, hint="The logits are multiplied. It is the chances whose product is asked for.")
def sigmoid_of_the_product(): ...


@mistake("simota_assign", edit={"+ 1e5 * outside": "+ torch.where(outside, math.inf, 0.0)"}, hint="What lies behind the wall costs infinitely much, so all of it costs the same. An object with too few cells inside takes the best of the others.")
def the_wall_is_a_ban(): ...


@mistake("simota_assign", edit={"+ 1e5 * outside": "+ 1e5 * ~outside"}, hint="The wall stands before the cells that are in both regions. It should stand before all others.")
def wall_before_those_inside(): ...


@right("simota_assign")
def without_the_detour_of_candidates(said, cells, boxes, labels, radius=2.5, top=10):
    num, places = len(boxes), len(cells)
    matches = torch.full((places,), -1, dtype=torch.int64, device=said.device)
    if num == 0:
        return matches
    said = said.detach()
    in_box, near = simota_candidates(cells, boxes, radius)
    index = (in_box.any(0) | near.any(0)).nonzero().flatten()
    object_chance = said[index, 4].sigmoid()
    costs, overlaps = [], []
    for k in range(num):
        iou = box_iou(boxes[k : k + 1], said[index, :4])[0]
        p = torch.sqrt(said[index, 5:].sigmoid() * object_chance[:, None])
        target = torch.zeros_like(p)
        target[:, labels[k]] = 1
        kind = F.binary_cross_entropy(p, target, reduction="none").sum(-1)
        wall = (~(in_box[k, index] & near[k, index])).to(p) * 100000.0
        costs.append(kind + 3.0 * -torch.log(iou + 1e-8) + wall)
        overlaps.append(iou)
    matches[index] = dynamic_match(torch.stack(costs), torch.stack(overlaps), top)
    return matches


@right("simota_assign")
def with_logarithms_by_hand(said, cells, boxes, labels, radius=2.5, top=10):
    with torch.no_grad():
        in_box, near = simota_candidates(cells, boxes, radius)
        mask = torch.logical_or(in_box, near).sum(dim=0) > 0
        one = said[mask]
        p = (one[:, 4].sigmoid().unsqueeze(1) * one[:, 5:].sigmoid()).sqrt()
        yes, no = -p.log().clamp(min=-100), -(1 - p).log().clamp(min=-100)
        kinds = (no.sum(dim=1, keepdim=True) - no + yes).T[labels]
        ious = box_iou(boxes, one[:, :4])
        both = torch.logical_and(in_box, near)[:, mask]
        costs = kinds - 3 * torch.log(ious + 1e-8)
        costs = torch.where(both, costs, costs + 1e5)
        answer = torch.zeros(said.shape[0], dtype=torch.int64, device=said.device) - 1
        answer[mask] = dynamic_match(costs, ious, top)
        return answer


@right("simota_assign")
def with_a_table_of_all_pairs(said, cells, boxes, labels, radius=2.5, top=10):
    in_box, near = simota_candidates(cells, boxes, radius)
    mask = (in_box | near).any(0)
    here, num_classes = said.detach()[mask], said.shape[1] - 5
    chance = here[:, 4:5].sigmoid().sqrt() * here[:, 5:].sigmoid().sqrt()
    chance = chance[None].repeat(len(boxes), 1, 1)
    target = F.one_hot(labels, num_classes).to(said.dtype)[:, None, :].repeat(1, here.shape[0], 1)
    kind = F.binary_cross_entropy(chance, target, reduction="none").sum(2)
    ious = box_iou(boxes, here[:, :4])
    costs = kind + 3 * (-(ious + 1e-8).log()) + 1e5 * (1 - (in_box & near)[:, mask].to(ious))
    matches = torch.full((len(said),), -1, device=said.device)
    matches.masked_scatter_(mask, dynamic_match(costs, ious, top))
    return matches


# yolox_loss


@mistake("yolox_loss", edit={"ious.detach()[:, None]": "ious[:, None]"}, hint="A gradient goes through the targets of the classes: boxes would move so that their classes are easier.")
def no_detach(): ...


@mistake("yolox_loss", edit={"ious = box_iou(learns[:, :4], own).diagonal()": "ious = box_iou(learns[:, :4].detach(), own).diagonal()"}, hint="No gradient reaches the boxes. Of the two uses of the IoU only one is without.")
def boxes_never_learn(): ...


@mistake("yolox_loss", edit={"* ious.detach()[:, None]": "* torch.ones_like(ious)[:, None]"}, hint="The class of a cell is taught 1. Its target is the IoU.")
def class_target_is_one(): ...


@mistake("yolox_loss", edit={"(1 - ious.square()).sum()": "(1 - ious).sum()"}, hint="The loss of boxes is 1 - IoU, as the paper's words would have it. Here the IoU is squared.")
def no_square(): ...


@mistake("yolox_loss", edit={"(1 - ious.square()).sum()": "(1 - ious).square().sum()"}, hint="The square is taken of 1 - IoU. It is the IoU that is squared.")
def square_of_all(): ...


@mistake("yolox_loss", edit={"(1 - ious.square()).sum()": "(-(ious + 1e-8).log()).sum()"}, hint="The loss of boxes is the negative logarithm, which is their cost in the sharing out. The loss is another one.")
def loss_is_the_cost(): ...


@mistake("yolox_loss", edit={"weight * (1 - ious.square()).sum()": "(1 - ious.square()).sum()"}, hint="The boxes' loss comes out without its weight.")
def no_weight(): ...


@mistake("yolox_loss", edit={"cross_entropy(said[..., 4], positive.to(said), reduction=\"sum\")": "cross_entropy(said[..., 4], positive.to(said)) * num"}, hint="Objectness is a mean over all cells. Its sum is divided by the number of cells that have an object.")
def objectness_is_a_mean(): ...


@mistake("yolox_loss", edit={"cross_entropy(said[..., 4], positive.to(said), reduction=\"sum\")": "cross_entropy(learns[:, 4], torch.ones_like(ious), reduction=\"sum\")"}, hint="Only cells that have an object learn objectness. The background has to learn it as well: it learns nothing else.")
def background_learns_nothing(): ...


@mistake("yolox_loss", edit={"positive.to(said), reduction=\"sum\")": "positive.to(said).masked_scatter(positive, ious.detach()), reduction=\"sum\")"}, hint="Objectness is taught the IoU. It is taught 1 where there is an object; the IoU is for the classes.")
def objectness_is_the_iou(): ...


@mistake("yolox_loss", edit={"of_classes = cross_entropy(learns[:, 5:], targets, reduction=\"sum\")": "of_classes = cross_entropy(said[..., 5:], torch.zeros_like(said[..., 5:]).masked_scatter(positive[..., None], targets), reduction=\"sum\")"}, hint="The background learns classes. Only cells that have an object do.")
def background_learns_classes(): ...


@mistake("yolox_loss", edit={"of_classes = cross_entropy(learns[:, 5:], targets, reduction=\"sum\")": "of_classes = cross_entropy(learns[:, 5:], targets, reduction=\"sum\") / max(targets.shape[1], 1)"}, hint="The loss of classes is divided by the number of classes too.")
def mean_over_the_classes(): ...


@mistake("yolox_loss", edit={"of_classes = cross_entropy(learns[:, 5:], targets, reduction=\"sum\")": "of_classes = (ious.detach() * F.cross_entropy(learns[:, 5:], kinds, reduction=\"none\")).sum()"}, hint="The classes share one softmax. Each has a binary cross-entropy of its own.")
def softmax_for_classes(): ...


@mistake("yolox_loss", edit={"num = positive.sum().clamp(min=1)": "num = positive.sum()"}, hint="Without any object it is divided by zero.")
def divided_by_zero(): ...


@mistake("yolox_loss", edit={"num = positive.sum().clamp(min=1)": "num = max(sum(len(one) for one in boxes), 1)"}, hint="It is divided by the number of objects. It should be the number of cells that have one.")
def divided_by_objects(): ...


@mistake("yolox_loss", edit={"num = positive.sum().clamp(min=1)": "num = positive.numel()"}, hint="It is divided by the number of all cells. It should be the number of those that have an object.")
def divided_by_all_cells(): ...


@mistake("yolox_loss", edit={"num = positive.sum().clamp(min=1)": "num = len(said)"}, hint="It is divided by the number of pictures. It should be the number of cells that have an object.")
def divided_by_pictures(): ...


@mistake("yolox_loss", edit={"own = torch.cat([boxes[k][match] for match, k in pairs])": "own = torch.cat(boxes)[torch.cat([match for match, _ in pairs])]"}, hint="The objects of all pictures are one list, but matches count anew in each picture.")
def boxes_of_another_picture(): ...


@mistake("yolox_loss", edit={"kinds = torch.cat([labels[k][match] for match, k in pairs])": "kinds = torch.cat(labels)[torch.cat([match for match, _ in pairs])]"}, hint="The labels of all pictures are one list, but matches count anew in each picture.")
def labels_of_another_picture(): ...


@mistake("yolox_loss", edit={"F.one_hot(kinds, said.shape[2] - 5)": "F.one_hot((kinds - 1).clamp(min=0), said.shape[2] - 5)"}, hint="The labels are shifted by one, as if 0 were the background. There is none: labels count from 0.")
def labels_begin_at_one(): ...


@mistake("yolox_loss", edit={"ious = box_iou(learns[:, :4], own).diagonal()": "ious = box_iou(learns[:, :4], own).amax(dim=1) if len(own) else learns[:, 0]"}, hint="Each box is held to the object that it overlaps most, whichever that is. It belongs to the object that it was given.")
def best_instead_of_own(): ...


@mistake("yolox_loss", edit={"positive = matches >= 0": "positive = matches > 0", "pairs = [(match[match >= 0], k)": "pairs = [(match[match > 0], k)"}, hint="Cells of object 0 are taken for background. Background is -1.")
def first_object_is_background(): ...


@mistake("yolox_loss", edit={"num = positive.sum().clamp(min=1)": "num = positive.sum() + 1"}, hint="It is divided by one more than the number of cells that have an object.")
def one_too_many(): ...


@mistake("yolox_loss", edit={"positive.to(said), red": "1 - positive.to(said), red"}, hint="Objectness is taught 1 where there is nothing. It is 1 where there is an object.")
def objectness_inverted(): ...


@mistake("yolox_loss", edit={"cross_entropy(said[..., 4],": "cross_entropy(said[..., 4].sigmoid(),"}, hint="Objectness goes through a sigmoid before a loss that takes logits: it has two.")
def sigmoid_twice(): ...


@mistake("yolox_loss", edit={"return of_boxes / num, of_objects / num, of_classes / num": "return of_boxes / num, of_classes / num, of_objects / num"}, hint="The losses of objectness and of classes are exchanged.")
def classes_before_objectness(): ...


@mistake("yolox_loss", edit={"ious.detach()[:, None]": "ious.detach().square()[:, None]"}, hint="The class is taught the square of the IoU. Its target is the IoU itself.")
def square_in_the_target(): ...


@mistake("yolox_loss", edit={"return of_boxes / num, of_objects / num, of_classes / num": "return of_boxes / num, of_objects / num, weight * of_classes / num"}, hint="The classes' loss has the weight too. Only the boxes' has it.")
def classes_weighed_too(): ...


@mistake("yolox_loss", edit={"of_boxes = weight *": "of_boxes = 5 *"}, hint="The boxes' loss weighs 5 times whatever weight says.")
def weight_of_its_own(): ...


@mistake("yolox_loss", edit={"boxes[k][match]": "boxes[0][match % max(len(boxes[0]), 1)]"}, hint="The first picture's objects are taken for all pictures. Each has its own.")
def boxes_of_the_first_picture(): ...


@mistake("yolox_loss", edit={"ious = box_iou(learns[:, :4], own).diagonal()": "ious = box_iou(learns[:, :4], own).amax(dim=1)"}, hint="Each box is held to the object that it overlaps most, whichever that is. It belongs to the object that it was given.")
def best_of_all_objects(): ...


@mistake("yolox_loss", edit={"cross_entropy(learns[:, 5:], targets": "cross_entropy(learns[:, 4:-1], targets"}, hint="Objectness is taken for the first class. What stands where in a row?")
def classes_from_objectness_on(): ...


@mistake("yolox_loss", edit={"of_classes = cross_entropy(learns[:, 5:], targets, reduction=\"sum\")": "of_classes = cross_entropy(learns[:, 5:], targets) * num"}, hint="The loss of classes is a mean, over cells and classes. Its sum is divided by the number of cells that have an object.")
def mean_of_the_classes(): ...


@mistake("yolox_loss", edit={"ious = box_iou(learns[:, :4], own).diagonal()": "from torchvision.ops import generalized_box_iou\n\n    ious = generalized_box_iou(learns[:, :4], own).diagonal()"}, hint="It is the generalised IoU, which is below 0 where boxes don't meet. The plain one is asked for.")
def generalised_overlap(): ...


@mistake("yolox_loss", edit={"labels[k][match]": "labels[k][torch.arange(len(match), device=match.device) % max(len(labels[k]), 1)]"}, hint="The labels are taken in the order of the objects. Each cell has that of its own object.")
def labels_in_their_own_order(): ...


@mistake("yolox_loss", edit={"cross_entropy(said[..., 4], positive.to(said), reduction=\"sum\")": "cross_entropy(said[..., 4][~positive], positive.to(said)[~positive], reduction=\"sum\")"}, hint="Only the background learns objectness. The cells that have an object learn it as well.")
def objectness_of_the_background(): ...


@mistake("yolox_loss", edit={"of_boxes = weight * (1 - ious.square()).sum()": "count = positive.sum(dim=1)\n    of_boxes = weight * ((1 - ious.square()) / count.repeat_interleave(count)).sum() / len(said) * num"}, hint="Each picture's losses are divided by its own number of cells. The number is that of the whole batch.")
def boxes_picture_by_picture(): ...


@mistake("yolox_loss", edit={"return of_boxes / num, of_objects / num, of_classes / num": "return (of_boxes + of_objects + of_classes) / num"}, hint="The three losses are added up. They come back one by one.")
def losses_added_up(): ...


@mistake("yolox_loss", edit={"weight: float = 5.0": "weight: float = 1.0"}, hint="The default of weight is another. The signature was given.")
def another_default_weight(): ...


@mistake("yolox_loss", edit={"(1 - ious.square()).sum()": "(1 - box_iou(learns[:, :4], own).square()).sum()"}, hint="Every box is held to the objects of all cells. Each belongs to the object of its own cell.")
def whole_table(): ...


@mistake("yolox_loss", edit={"return of_boxes / num, of_objects / num, of_classes / num": "if len(learns) == 0:\n        of_objects = of_objects.detach()\n    return of_boxes / num, of_objects / num, of_classes / num"}, hint="Without any object the losses are right and nothing can be learnt from them: objectness has no graph.")
def nothing_is_learnt_without_objects(): ...


@mistake("yolox_loss", hint="Each picture's losses are divided by its own number of cells. The number is that of the whole batch.")
def picture_by_picture(said, matches, boxes, labels, weight=5.0):
    parts = [
        whole_loss(said[k : k + 1], matches[k : k + 1], boxes[k : k + 1], labels[k : k + 1], weight)
        for k in range(len(said))
    ]
    return tuple(torch.stack(part).mean() for part in zip(*parts))


whole_loss = yolox_loss


@mistake("yolox_loss", hint="Where no cell has an object all losses are 0. The background still learns objectness.")
def nothing_without_objects(said, matches, boxes, labels, weight=5.0):
    losses = whole_loss(said, matches, boxes, labels, weight)
    return losses if bool((matches >= 0).any()) else tuple(0 * one for one in losses)


@mistake("yolox_loss", hint="The cells that have an object are gone through one by one. Take all of them at once: rows of boxes, and rows of targets.")
def one_cell_after_the_other(said, matches, boxes, labels, weight=5.0):
    has = matches >= 0
    of_boxes = of_classes = said.new_zeros(())
    for picture, cell in has.nonzero().tolist():
        row, match = said[picture, cell], matches[picture, cell]
        iou = box_iou(row[None, :4], boxes[picture][match][None])[0, 0]
        of_boxes = of_boxes + weight * (1 - iou.square())
        taught = F.one_hot(labels[picture][match], len(row) - 5) * iou.detach()
        of_classes = of_classes + F.binary_cross_entropy_with_logits(row[5:], taught, reduction="sum")
    of_objects = F.binary_cross_entropy_with_logits(said[..., 4], has.to(said), reduction="sum")
    num = has.sum().clamp(min=1)
    return of_boxes / num, of_objects / num, of_classes / num


@right("yolox_loss")
def sums_over_pictures(said, matches, boxes, labels, weight=5.0):
    of_boxes = of_objects = of_classes = said.new_zeros(())
    for one, match, own, kinds in zip(said, matches, boxes, labels):
        has = match >= 0
        of_objects = of_objects + F.binary_cross_entropy_with_logits(one[:, 4], has.to(one.dtype), reduction="sum")
        if not has.any():
            continue
        mine, target = one[has], own[match[has]]
        sides = (torch.minimum(mine[:, 2:4], target[:, 2:]) - torch.maximum(mine[:, :2], target[:, :2])).clamp(min=0)
        shared = sides[:, 0] * sides[:, 1]
        area = (mine[:, 2] - mine[:, 0]) * (mine[:, 3] - mine[:, 1])
        area = area + (target[:, 2] - target[:, 0]) * (target[:, 3] - target[:, 1])
        iou = shared / (area - shared)
        of_boxes = of_boxes + weight * (1 - iou**2).sum()
        taught = torch.zeros_like(mine[:, 5:])
        taught[torch.arange(len(mine)), kinds[match[has]]] = iou.detach()
        of_classes = of_classes + F.binary_cross_entropy_with_logits(mine[:, 5:], taught, reduction="sum")
    num = max(1, int((matches >= 0).sum()))
    return of_boxes / num, of_objects / num, of_classes / num


@right("yolox_loss", edit={"return of_boxes / num, of_objects / num, of_classes / num": "nothing = said.new_zeros(())\n    if len(learns) == 0:\n        return nothing, of_objects, nothing\n    return of_boxes / num, of_objects / num, of_classes / num"})
def without_objects_two_have_no_graph(): ...


@right("yolox_loss")
def with_softplus(said, matches, boxes, labels, weight=5.0):
    image, cell = torch.nonzero(matches >= 0, as_tuple=True)
    start = torch.tensor([0] + [len(one) for one in boxes[:-1]], device=said.device).cumsum(0)
    which = start[image] + matches[image, cell]
    own, kinds = torch.cat(list(boxes))[which], torch.cat(list(labels))[which]
    rows = said[image, cell]
    iou = torch.diagonal(box_iou(own, rows[:, :4]))
    per = 1 / max(len(image), 1)
    objectness = F.softplus(said[..., 4]).sum() - rows[:, 4].sum()
    logits = rows[:, 5:]
    mine = logits.gather(1, kinds[:, None])[:, 0]
    classes = F.softplus(logits).sum() - (mine * iou.detach()).sum()
    return weight * per * (len(image) - (iou * iou).sum()), objectness * per, classes * per


@right("yolox_loss")
def with_losses_of_torch_nn(said, matches, boxes, labels, weight=5.0):
    loss = nn.BCEWithLogitsLoss(reduction="none")
    mask = matches.ne(-1)
    count = mask.sum().float().clamp(min=1).to(said.dtype)
    own, kinds = [], []
    for k in range(len(said)):
        index = matches[k][mask[k]]
        own.append(boxes[k].index_select(0, index))
        kinds.append(labels[k].index_select(0, index))
    own, kinds = torch.cat(own, 0), torch.cat(kinds, 0)
    chosen = said[mask]
    n = torch.arange(len(chosen), device=said.device)
    iou = box_iou(chosen[:, :4], own)[n, n]
    target = torch.zeros_like(chosen[:, 5:]).scatter(1, kinds[:, None], iou.detach()[:, None])
    first = weight * torch.sum(1 - torch.pow(iou, 2)) / count
    second = loss(said[:, :, 4], mask.to(said.dtype)).sum() / count
    return first, second, loss(chosen[:, 5:], target).sum() / count
