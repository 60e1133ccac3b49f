"""What students write in nested: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

POOL = "if not self.dilated and i <= self.height - 2:"
ALIGNED = "The maps are enlarged with the corners laid on corners. Here align_corners is False."
NEAREST = "The maps are enlarged by repeating places. Here what lies between is mixed, bilinearly."
ORDER_UP = "The two maps that are joined stand in the other order: that from below comes first, what rebnconv{i} gave second."
KEPT = "What you keep of each level has been pooled. The way up needs the map as it was before."

# ResidualUBlock


@mistake("ResidualUBlock", edit={"return first + x": "return x"}, hint="The way around the U is missing. What is added to the U's answer at the end?")
def NoWayAround(): ...


@mistake("ResidualUBlock", edit={"ceil_mode=True": "ceil_mode=False"}, hint="A map of 5 pixels becomes one of 2. What does the docstring say about odd sizes?")
def PooledAndRoundedDown(): ...


@mistake("ResidualUBlock", edit={POOL: "if not self.dilated and i <= self.height - 1:"}, hint="There is a pooling too many. In the picture, which two boxes have maps of the same size?")
def OnePoolingTooMany(): ...


@mistake("ResidualUBlock", edit={POOL: "if not self.dilated and i < self.height - 2:"}, hint="There is a pooling too few. In the picture, how many are there in a block of five levels?")
def OnePoolingTooFew(): ...


@mistake("ResidualUBlock", edit={POOL: "if i <= self.height - 2:"}, hint="The dilated block pools too. Its kernels are spread *instead*.")
def DilatedAndPooled(): ...


@mistake("ResidualUBlock", edit={"F.max_pool2d(x, 2, ceil_mode=True)": "F.avg_pool2d(x, 2, ceil_mode=True)"}, hint="The maps are made smaller by means. It is the maximum of each 2 x 2 that goes on.")
def MeanPooling(): ...


@mistake("ResidualUBlock", edit={"else 1 + (i == height)": "else 1"}, hint="If the block isn't dilated, all your convolutions have a dilation of 1. One has not: which?")
def LastNotDilated(): ...


@mistake("ResidualUBlock", edit={"align_corners=False": "align_corners=True"}, hint=ALIGNED)
def CornersOnCorners(): ...


@mistake("ResidualUBlock", edit={', mode="bilinear", align_corners=False': ""}, hint=NEAREST)
def EnlargedByRepeating(): ...


@mistake("ResidualUBlock", edit={"torch.cat([x, beside], dim=1)": "torch.cat([beside, x], dim=1)"}, hint=ORDER_UP)
def BridgeFirst(): ...


@mistake("ResidualUBlock", edit={"            rate = 2 ** (i - 1) if dilated else 1\n": "            rate = 1\n"}, hint="If dilated, your way up has a dilation of 1 throughout. What does the picture write into its boxes?")
def NoDilationOnTheWayUp(): ...


@mistake("ResidualUBlock", edit={"            rate = 2 ** (i - 1) if dilated else 1 + (i == height)": "            rate = i if dilated else 1 + (i == height)", "            rate = 2 ** (i - 1) if dilated else 1\n": "            rate = i if dilated else 1\n"}, hint="The dilations grow by one from level to level: 1, 2, 3, 4. From one level to the next they should double.")
def DilationsThatGrowByOne(): ...


@mistake("ResidualUBlock", edit={"            rate = 2 ** (i - 1) if dilated else 1\n": "            rate = 2 ** (height - 1 - i) if dilated else 1\n"}, hint="On the way up your dilations run the wrong way. The layers i and i with a d, side by side in the picture, have the same one.")
def DilationsTurnedRoundOnTheWayUp(): ...


@mistake("ResidualUBlock", edit={"            levels.append(x)\n": "", "x = F.max_pool2d(x, 2, ceil_mode=True)\n": "x = F.max_pool2d(x, 2, ceil_mode=True)\n            levels.append(x)\n"}, hint=KEPT)
def KeptBehindThePooling(): ...


@mistake("ResidualUBlock", edit={"            before = out_channels if i == 1 else mid_channels\n": "            before = in_channels if i == 1 else mid_channels\n", "first = x = self.rebnconvin(x)": "first = self.rebnconvin(x)"}, hint="rebnconv1 is given the input x. The U stands behind rebnconvin, and is given what that one made.")
def UBesideTheFirst(): ...


@mistake("ResidualUBlock", edit={'            levels.append(x)\n': '', 'x = F.max_pool2d(x, 2, ceil_mode=True)\n': 'x = F.max_pool2d(x, 2, ceil_mode=True)\n            levels.append(x)\n', 'return first + x': 'return first + F.interpolate(x, first.shape[2:], mode="bilinear", align_corners=False)'}, hint=KEPT)
def KeptBehindThePoolingAndMended(): ...


@mistake("ResidualUBlock", edit={'first = x = self.rebnconvin(x)': 'given = x\n        first = x = self.rebnconvin(x)', 'return first + x': 'return x + (given if given.shape == x.shape else first)'}, hint='Wherever its shape fits, the input x goes around the U. In this block it is always what rebnconvin made of it.')
def InputAroundWhereItFits(): ...


@mistake("ResidualUBlock", edit={'return first + x': 'return first.detach() + x'}, hint='No gradient goes the way around the U. The sum is right, but what is added was cut off from the graph.')
def NoGradientAround(): ...


@mistake("ResidualUBlock", edit={'x = F.interpolate(x, beside.shape[2:], mode="bilinear", align_corners=False)': 'if x.shape[2:] != beside.shape[2:]:\n                x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)[..., : beside.shape[2], : beside.shape[3]]'}, hint="The map from below is enlarged by 2, and cut where that is too much. Where a size is odd this isn't the same as enlarging it to the size of the map beside it.")
def EnlargedByTwoAndCut(): ...


@mistake("ResidualUBlock", edit={'            rate = 2 ** (i - 1) if dilated else 1\n': '            rate = 2**i if dilated else 1\n'}, hint='On the way up your dilations are one level ahead. The layers i and i with a d, side by side in the picture, have the same one.')
def DilationsOneLevelAhead(): ...


@right("ResidualUBlock")
class RightByPlainLists(nn.Module):
    def __init__(self, in_channels, mid_channels, out_channels, height=7, dilated=False):
        super().__init__()
        self.levels = list(range(1, height + 1))
        self.pooled = set() if dilated else set(range(1, height - 1))
        self.add_module("rebnconvin", ConvNormReLU(in_channels, out_channels))
        down = [out_channels] + [mid_channels] * height
        up = [out_channels] + [mid_channels] * height
        rates = [2**i for i in range(height)] if dilated else [1] * (height - 1) + [2]
        for i in self.levels:
            self.add_module(f"rebnconv{i}", ConvNormReLU(down[i - 1], mid_channels, dilation=rates[i - 1]))
            if i < height:
                self.add_module(f"rebnconv{i}d", ConvNormReLU(2 * mid_channels, up[i - 1], rates[i - 1]))

    def forward(self, x):
        layer = dict(self.named_children())
        start = layer["rebnconvin"](x)
        kept, now = {}, start
        for i in self.levels:
            now = kept[i] = layer[f"rebnconv{i}"](now)
            if i in self.pooled:
                now = nn.MaxPool2d(2, stride=2, ceil_mode=True)(now)
        for i in self.levels[-2::-1]:
            if now.shape[2:] != kept[i].shape[2:]:
                now = F.interpolate(now, size=kept[i].shape[2:], mode="bilinear", align_corners=False)
            now = layer[f"rebnconv{i}d"](torch.cat((now, kept[i]), 1))
        return now + start


@right("ResidualUBlock")
class RightByRecursion(nn.Module):
    def __init__(self, in_channels, mid_channels, out_channels, height=7, dilated=False):
        super().__init__()
        self.height, self.dilated = height, dilated
        self.rebnconvin = ConvNormReLU(in_channels, out_channels)
        for i in range(1, height + 1):
            wide = out_channels if i == 1 else mid_channels
            rate = 2 ** (i - 1) if dilated else 1
            setattr(self, f"rebnconv{i}", ConvNormReLU(wide, mid_channels, 2 if i == height and not dilated else rate))
            if i < height:
                setattr(self, f"rebnconv{i}d", ConvNormReLU(2 * mid_channels, wide, rate))

    def below(self, x, i):
        """Return what the U from level i on makes of its input."""
        here = getattr(self, f"rebnconv{i}")(x)
        if i == self.height:
            return here
        pooled = not self.dilated and i < self.height - 1
        deeper = self.below(F.max_pool2d(here, 2, 2, ceil_mode=True) if pooled else here, i + 1)
        if pooled:
            deeper = nn.Upsample(size=here.shape[2:], mode="bilinear")(deeper)
        return getattr(self, f"rebnconv{i}d")(torch.cat([deeper, here], dim=1))

    def forward(self, x):
        x = self.rebnconvin(x)
        return x + self.below(x, 1)


@right("ResidualUBlock")
class RightWithModulesByName(nn.Module):
    def __init__(self, in_channels, mid_channels, out_channels, height=7, dilated=False):
        super().__init__()
        self.height = height
        self.dilated = dilated
        plan = [("in", in_channels, out_channels, 1), ("1", out_channels, mid_channels, 1)]
        for i in range(2, height):
            plan.append((str(i), mid_channels, mid_channels, 2 ** (i - 1) if dilated else 1))
        plan.append((str(height), mid_channels, mid_channels, 2 ** (height - 1) if dilated else 2))
        for i in range(height - 1, 1, -1):
            plan.append((f"{i}d", 2 * mid_channels, mid_channels, 2 ** (i - 1) if dilated else 1))
        plan.append(("1d", 2 * mid_channels, out_channels, 1))
        for name, before, after, rate in plan:
            self.__setattr__("rebnconv" + name, ConvNormReLU(before, after, rate))

    def layer(self, name, x):
        return self._modules["rebnconv" + name](x)

    def forward(self, x):
        around = self.layer("in", x)
        stack, y = [], around
        for i in range(1, self.height):
            y = self.layer(str(i), y)
            stack.append(y)
            if i < self.height - 1 and not self.dilated:
                y = F.max_pool2d(y, kernel_size=2, stride=2, ceil_mode=True)
        y = self.layer(str(self.height), y)
        for i in range(self.height - 1, 0, -1):
            skip = stack.pop()
            y = F.interpolate(y, size=skip.shape[-2:], mode="bilinear", align_corners=False)
            y = self.layer(f"{i}d", torch.cat([y, skip], dim=1))
        return y + around


# NestedUNet

PRUNED = "For a depth of k more is computed than head k needs. Which nodes does it need, which heads?"
SHARED_UP = "The nodes of a row share one up. Each has one of its own, with its own weights."
AGAIN = "Nodes are computed again wherever they are asked for. What could remember them, for one call?"
SOFTMAX = "Classes share one softmax here. Each has a sigmoid of its own, and with a single class a softmax is 1 everywhere."


@mistake("NestedUNet", edit={"row = [done[i, k] for k in range(j)]": "row = [done[i, j - 1]] * j"}, hint="A node is given the node just before it over and over. It is given *each* node before it in its row.")
def OnlyTheLastOfTheRow(): ...


@mistake("NestedUNet", edit={"row = [done[i, k] for k in range(j)]": "row = [done[i, k] for k in reversed(range(j))]"}, hint="The nodes of the row are joined from the nearest back to the encoder. They stand from j = 0 on.")
def RowTurnedRound(): ...


@mistake("NestedUNet", edit={"torch.cat([*row, below], dim=1)": "torch.cat([below, *row], dim=1)"}, hint="What comes from below stands before the nodes of the row. In which order does the docstring name them?")
def BelowFirst(): ...


@mistake("NestedUNet", edit={"before = (j + 1) * width": "before = 2 * width", "row = [done[i, k] for k in range(j)]": "row = [done[i, j - 1]]"}, hint="Each node is given two maps: that before it and that from below. In UNet++ it is given all before it in its row, so later ones are wider.")
def TwoMapsForEachNode(): ...


@mistake("NestedUNet", edit={"row = [done[i, k] for k in range(j)]": "row = [done[i, 0]]", "before = (j + 1) * width": "before = 2 * width"}, hint="Each node is given the encoder's map of its row and that from below. In UNet++ it is given all nodes before it in its row.")
def EncoderAlone(): ...


@mistake("NestedUNet", edit={"F.max_pool2d(done[i - 1, 0], 2)": "F.avg_pool2d(done[i - 1, 0], 2)"}, hint="The encoder's maps are made smaller by means. It is a max pooling.")
def EncoderOfMeans(): ...


@mistake("NestedUNet", edit={".sigmoid().mean(dim=0)": ".mean(dim=0).sigmoid()"}, hint="Logits are averaged, and then made a probability. It is the probabilities whose mean is wanted, and the two differ.")
def MeanOfLogits(): ...


@mistake("NestedUNet", edit={"return torch.stack(self(x)).sigmoid().mean(dim=0)": "return self(x)[-1].sigmoid()"}, hint="Without a depth you give the last head alone. What does the docstring want of all of them?")
def LastHeadForAll(): ...


@mistake("NestedUNet", edit={".sigmoid().mean(dim=0)": ".softmax(dim=2).mean(dim=0)"}, hint=SOFTMAX)
def SoftmaxOverClasses(): ...


@mistake("NestedUNet", edit={"torch.stack(self(x)).sigmoid().mean(dim=0)": "torch.stack(self(x)).mean(dim=0)", "self.tops(x, depth)[-1]).sigmoid()": "self.tops(x, depth)[-1])"}, hint="predict gives logits. It is to give probabilities.")
def LogitsForProbabilities(): ...


@mistake("NestedUNet", edit={'getattr(self, f"final{depth}")(self.tops(x, depth)[-1]).sigmoid()': "self(x)[depth - 1].sigmoid()"}, hint="All nodes and all heads are computed, and then most are thrown away. " + PRUNED)
def NothingPruned(): ...


@mistake("NestedUNet", edit={'return getattr(self, f"final{depth}")(self.tops(x, depth)[-1]).sigmoid()': 'return [getattr(self, f"final{j}")(top) for j, top in enumerate(self.tops(x, depth), 1)][-1].sigmoid()'}, hint="The nodes are pruned, but heads are asked whose answer nobody needs.")
def AllHeadsUpToDepth(): ...


@mistake("NestedUNet", edit={"self.tops(x, depth)[-1]": "self.tops(x, depth)[0]"}, hint="For any depth, the head is laid on the first node of the top row. Which one belongs to head k?")
def HeadOnTheFirst(): ...


@mistake("NestedUNet", edit={'f"final{depth}"': 'f"final{self.depth}"'}, hint="The last head is laid on the node of another depth. Each head has weights of its own, and goes with its own node.")
def LastHeadOnAnyNode(): ...


@mistake("NestedUNet", edit={"if not 1 <= depth <= self.depth:": "if depth > self.depth:"}, hint="A depth that is too small isn't refused. What would head 0 be?")
def DepthZeroIsTaken(): ...


@mistake("NestedUNet", edit={"if not 1 <= depth <= self.depth:": "if not 0 <= depth <= self.depth:"}, hint="Depths are counted from 1 on, as the heads are: 0 is a ValueError.")
def DepthZeroGoesThrough(): ...


@mistake("NestedUNet", edit={"if not 1 <= depth <= self.depth:": "if depth < 1:"}, hint="A depth that is too large fails by itself, with another error. It is to be refused with a ValueError.")
def TooDeepIsNotRefused(): ...


@mistake("NestedUNet", edit={"if depth is None:": "if not depth:"}, hint="A depth of 0 counts as none here: 0 is falsy in Python. It is a depth that doesn't exist.")
def ZeroCountsAsNone(): ...


@mistake("NestedUNet", edit={"        if depth is None:\n": "        self.eval()\n        if depth is None:\n"}, hint="predict puts the network in evaluation mode, and leaves it so. The mode is the caller's.")
def PredictEvaluates(): ...


@mistake("NestedUNet", edit={"tops = enumerate(self.tops(x, self.depth), 1)\n        return [": "tops = list(enumerate(self.tops(x, self.depth), 1))[::-1]\n        return ["}, hint="The heads come out from the last to the first. That of final1 comes first.")
def HeadsTurnedRound(): ...


@mistake("NestedUNet", edit={'return [getattr(self, f"final{j}")(top) for j, top in tops]': 'return [getattr(self, f"final{j}")(top).sigmoid() for j, top in tops]', "torch.stack(self(x)).sigmoid()": "torch.stack(self(x))"}, hint="forward gives probabilities. It gives logits, for the sake of the loss, and only predict has a sigmoid.")
def SigmoidInForward(): ...


@mistake("NestedUNet", edit={'nn.ConvTranspose2d(widths[i + 1], width, 2, stride=2)': 'nn.ConvTranspose2d(2 * width, width, 2, stride=2)'}, hint='What enlarges expects twice the channels of its own level. Widths need not double: how many has the level below?')
def UpOfTwiceTheWidth(): ...


@mistake("NestedUNet", edit={'return [getattr(self, f"final{j}")(top) for j, top in tops]': 'return [getattr(self, f"final{j}")(top) for j, top in tops][-1:]'}, hint='forward gives the last head alone. The logits of all heads are asked for, as each is held to the truth.')
def LastHeadAlone(): ...


@mistake("NestedUNet", edit={'setattr(self, f"up{i}_{j}", up)': 'setattr(self, f"up{i}_1", up)', 'getattr(self, f"up{i}_{j}")': 'getattr(self, f"up{i}_1")'}, hint=SHARED_UP)
def OneUpForARow(): ...


@mistake("NestedUNet", edit={'setattr(self, f"up{i}_{j}", up)': 'setattr(self, f"up{i}_{j}", up if j == 1 else getattr(self, f"up{i}_1"))'}, hint=SHARED_UP)
def OneUpUnderManyNames(): ...


@mistake("NestedUNet", edit={'.sigmoid().mean(dim=0)': '.softmax(dim=2).mean(dim=0)', 'self.tops(x, depth)[-1]).sigmoid()': 'self.tops(x, depth)[-1]).softmax(dim=1)'}, hint=SOFTMAX)
def SoftmaxEverywhere(): ...


@mistake("NestedUNet", edit={'        done = {}\n': '        if getattr(self, "seen", None) == (x.shape, depth):\n            return self.old\n        done = {}\n', '        return [done[0, j] for j in range(1, depth + 1)]': '        self.seen, self.old = (x.shape, depth), [done[0, j] for j in range(1, depth + 1)]\n        return self.old'}, hint='For images of the same size as the last ones, what was computed for those is given again. Nothing may be kept from one call to the next.')
def MapsKeptByTheirSize(): ...


@mistake("NestedUNet", edit={'            return torch.stack(self(x)).sigmoid().mean(dim=0)': '            mode = self.training\n            out = torch.stack(self.eval()(x)).sigmoid().mean(dim=0)\n            self.train(mode)\n            return out', '        return getattr(self, f"final{depth}")(self.tops(x, depth)[-1]).sigmoid()': '        mode = self.training\n        self.eval()\n        out = getattr(self, f"final{depth}")(self.tops(x, depth)[-1]).sigmoid()\n        self.train(mode)\n        return out'}, hint='predict goes to evaluation mode and back. It works in the mode in which the network is.')
def EvaluatesAndGoesBack(): ...


@mistake("NestedUNet", edit={'torch.stack(self(x)).sigmoid().mean(dim=0)': 'torch.stack([self.predict(x, k) for k in range(1, self.depth + 1)]).mean(dim=0)'}, hint='Without a depth each head is computed from the beginning, and the nodes that heads share again and again. What gives all heads at once?')
def MeanOfPredictions(): ...


@right("NestedUNet")
class RightColumnByColumn(nn.Module):
    def __init__(self, in_channels, num_classes, widths, residual=False):
        super().__init__()
        self.num = len(widths)
        enter = [in_channels, *widths[:-1]]
        for j in range(self.num):
            for i in range(self.num - j):
                channels = enter[i] if j == 0 else widths[i] * (j + 1)
                self.add_module(f"conv{i}_{j}", Node(channels, widths[i], residual=residual))
                if j:
                    self.add_module(f"up{i}_{j}", nn.ConvTranspose2d(widths[i + 1], widths[i], kernel_size=2, stride=2))
            if j:
                self.add_module(f"final{j}", nn.Conv2d(widths[0], num_classes, kernel_size=1))

    def tops(self, x, depth):
        layer = self._modules
        rows = []
        for i in range(depth + 1):
            rows.append([layer[f"conv{i}_0"](x)])
            x = F.max_pool2d(rows[i][0], kernel_size=2, stride=2) if i < depth else None
        for j in range(1, depth + 1):
            for i in range(depth + 1 - j):
                up = layer[f"up{i}_{j}"](rows[i + 1][j - 1])
                rows[i].append(layer[f"conv{i}_{j}"](torch.cat(rows[i] + [up], 1)))
        return rows[0][1:]

    def head(self, j, top):
        return self._modules[f"final{j}"](top)

    def forward(self, x):
        return [self.head(j + 1, top) for j, top in enumerate(self.tops(x, self.num - 1))]

    def predict(self, x, depth=None):
        if depth is None:
            heads = self.forward(x)
            return sum(torch.sigmoid(one) for one in heads) / len(heads)
        if depth not in range(1, self.num):
            raise ValueError("there is no such head")
        return torch.sigmoid(self.head(depth, self.tops(x, depth)[depth - 1]))


@right("NestedUNet")
class RightByRecursionOnNodes(nn.Module):
    def __init__(self, in_channels, num_classes, widths, residual=False):
        super().__init__()
        self.depth = len(widths) - 1
        for i in range(self.depth + 1):
            first = in_channels if i == 0 else widths[i - 1]
            setattr(self, f"conv{i}_0", Node(first, widths[i], residual))
            for j in range(1, self.depth + 1 - i):
                setattr(self, f"up{i}_{j}", nn.ConvTranspose2d(widths[i + 1], widths[i], 2, 2))
                setattr(self, f"conv{i}_{j}", Node(widths[i] * j + widths[i], widths[i], residual))
        for j in range(self.depth):
            setattr(self, f"final{j + 1}", nn.Conv2d(widths[0], num_classes, 1))

    def node(self, i, j, x, known):
        """Return X^{i, j}, computed once."""
        if (i, j) not in known:
            if j == 0:
                given = x if i == 0 else F.max_pool2d(self.node(i - 1, 0, x, known), 2)
            else:
                before = [self.node(i, k, x, known) for k in range(j)]
                below = getattr(self, f"up{i}_{j}")(self.node(i + 1, j - 1, x, known))
                given = torch.cat(before + [below], dim=1)
            known[i, j] = getattr(self, f"conv{i}_{j}")(given)
        return known[i, j]

    def forward(self, x):
        known = {}
        return [getattr(self, f"final{j}")(self.node(0, j, x, known)) for j in range(1, self.depth + 1)]

    def predict(self, x, depth=None):
        if depth is None:
            return torch.stack([one.sigmoid() for one in self(x)], dim=0).mean(0)
        if depth < 1 or depth > self.depth:
            raise ValueError(f"depth {depth}")
        return getattr(self, f"final{depth}")(self.node(0, depth, x, {})).sigmoid()


@right("NestedUNet")
class RightByAGrowingRow(nn.Module):
    def __init__(self, in_channels, num_classes, widths, residual=False):
        super().__init__()
        self.widths = list(widths)
        d = len(widths) - 1
        for i, w in enumerate(widths):
            for j in range(d - i + 1):
                if j == 0:
                    n = in_channels if i == 0 else widths[i - 1]
                else:
                    n = j * w + w
                    setattr(self, f"up{i}_{j}", nn.ConvTranspose2d(widths[i + 1], w, (2, 2), (2, 2)))
                setattr(self, f"conv{i}_{j}", Node(n, w, residual))
        for j in range(1, d + 1):
            setattr(self, f"final{j}", nn.Conv2d(widths[0], num_classes, 1))

    def tops(self, x, depth):
        joined = {}
        ends = []
        for total in range(depth + 1):
            for i in range(total, -1, -1):
                j = total - i
                if j == 0:
                    given = x if i == 0 else F.max_pool2d(joined[i - 1][:, : self.widths[i - 1]], 2)
                    out = getattr(self, f"conv{i}_0")(given)
                    joined[i] = out
                else:
                    given = torch.cat([joined[i], getattr(self, f"up{i}_{j}")(out)], dim=1)
                    out = getattr(self, f"conv{i}_{j}")(given)
                    joined[i] = torch.cat([joined[i], out], dim=1)
            if total:
                ends.append(out)
        return ends

    def forward(self, x):
        ends = self.tops(x, len(self.widths) - 1)
        return [self._modules[f"final{j + 1}"](end) for j, end in enumerate(ends)]

    def predict(self, x, depth=None):
        if depth is not None:
            if not 0 < depth < len(self.widths):
                raise ValueError("depth")
            return self._modules[f"final{depth}"](self.tops(x, depth).pop()).sigmoid()
        return torch.cat([one.sigmoid()[None] for one in self(x)]).mean(0)


@mistake("NestedUNet", of=RightColumnByColumn, edit={'for i in range(depth + 1):': 'for i in range(self.num):', 'if i < depth else None': 'if i < self.num - 1 else None'}, hint='For a depth of k the whole encoder is computed. Which of its levels does head k need?')
def WholeEncoder(): ...


@mistake("NestedUNet", of=RightByRecursionOnNodes, edit={'            known[i, j] = getattr(self, f"conv{i}_{j}")(given)': '            return getattr(self, f"conv{i}_{j}")(given)'}, hint=AGAIN)
def NothingRemembered(): ...


@mistake("NestedUNet", of=RightByRecursionOnNodes, edit={'            known[i, j] = getattr(self, f"conv{i}_{j}")(given)': '            return getattr(self, f"conv{i}_{j}")(given)', 'getattr(self, f"final{depth}")(self.node(0, depth, x, {})).sigmoid()': 'getattr(self, f"final{depth}")([self.node(0, j, x, {}) for j in range(1, depth + 1)][-1]).sigmoid()'}, hint=AGAIN)
def NothingRememberedInTops(): ...


# u2net_loss

ENLARGED_PROBABILITIES = "Probabilities are enlarged. The sigmoid comes after enlarging, so that logits are what is mixed."
FUSED_FIRST = "The fused map stands first among the terms. Sides come in their order, then the fused map."


@mistake("u2net_loss", edit={"factors = [*([1.0] * len(sides) if weights is None else weights), fused_weight]\n    return (each * each.new_tensor(factors)).sum(), each": "factors = [*([1.0] * len(sides) if weights is None else weights), fused_weight]\n    return (each * each.new_tensor(factors)).mean(), each"}, hint="The total is divided by the number of outputs. It is a sum.")
def MeanOfTheTerms(): ...


@mistake("u2net_loss", edit={"(each * each.new_tensor(factors)).sum()": "(each * each.new_tensor(factors)).sum() / sum(factors)"}, hint="The total is divided by the sum of the weights. It is a sum, nothing is divided.")
def WeightedMean(): ...


@mistake("u2net_loss", edit={"(each * each.new_tensor(factors)).sum(), each": "(each * each.new_tensor(factors)).sum(), each * each.new_tensor(factors)"}, hint="The terms come out with their weights. They are asked for without.")
def TermsWithWeights(): ...


@mistake("u2net_loss", edit={'align_corners=False': 'align_corners=True'}, hint=ALIGNED)
def LossWithCornersOnCorners(): ...


@mistake("u2net_loss", edit={', mode="bilinear", align_corners=False': ""}, hint=NEAREST)
def LossByRepeating(): ...


@mistake("u2net_loss", edit={'one = F.interpolate(one, target.shape[2:], mode="bilinear", align_corners=False)': 'one = F.interpolate(one.sigmoid(), target.shape[2:], mode="bilinear", align_corners=False).logit()'}, hint=ENLARGED_PROBABILITIES)
def ProbabilitiesAreEnlarged(): ...


@mistake("u2net_loss", edit={"F.binary_cross_entropy_with_logits(one, target)": "F.binary_cross_entropy(one.sigmoid(), target)"}, hint="The logits become probabilities first. At a logit of 1000 the sigmoid is exactly 1, and what the logarithm then gives is cut off.")
def ByWayOfProbabilities(): ...


@mistake("u2net_loss", edit={"F.binary_cross_entropy_with_logits(one, target)": "-(target * one.sigmoid().log() + (1 - target) * (1 - one.sigmoid()).log()).mean()"}, hint="The formula is written with probabilities, and where a logit is 1000, a logarithm of 0 stands in it. Is there a form that starts from the logit?")
def FormulaWithInfinities(): ...


@mistake("u2net_loss", edit={"F.binary_cross_entropy_with_logits(one, target)": "F.binary_cross_entropy_with_logits(one.sigmoid(), target)"}, hint="There are two sigmoids, yours and that of the loss. Which of torch's cross-entropies takes what?")
def SigmoidTwice(): ...


@mistake("u2net_loss", edit={"F.binary_cross_entropy_with_logits(one, target)": 'F.binary_cross_entropy_with_logits(one, target, reduction="sum") / len(target)'}, hint="Each term is a sum over the pixels of an image. It is the mean over images and pixels.")
def SumOverPixels(): ...


@mistake("u2net_loss", edit={'one = F.interpolate(one, target.shape[2:], mode="bilinear", align_corners=False)\n        terms.append(F.binary_cross_entropy_with_logits(one, target))': 'terms.append(F.binary_cross_entropy_with_logits(one, F.interpolate(target, one.shape[2:], mode="bilinear", align_corners=False)))'}, hint="The target is made smaller, to the size of each side output. It is the outputs that are enlarged: each is held to the truth at full size.")
def TargetMadeSmaller(): ...


@mistake("u2net_loss", edit={'one = F.interpolate(one, target.shape[2:], mode="bilinear", align_corners=False)\n        terms.append(F.binary_cross_entropy_with_logits(one, target))': 'terms.append(F.binary_cross_entropy_with_logits(one, F.interpolate(target, one.shape[2:])))'}, hint="The target is made smaller, to the size of each side output, by taking single pixels. It is the outputs that are enlarged.")
def TargetPicked(): ...


@mistake("u2net_loss", edit={"[*sides, fused]:": "[fused, *sides]:"}, hint=FUSED_FIRST)
def FusedFirst(): ...


@mistake("u2net_loss", edit={", fused_weight]": ", 1.0]"}, hint="The weight of the fused map is ignored.")
def FusedWeightIgnored(): ...


@mistake("u2net_loss", edit={"each = torch.stack(terms)": "each = torch.stack(terms)\n    if not sides:\n        return each[0], each"}, hint="Without side outputs the fused map's weight is forgotten.")
def AloneWithoutItsWeight(): ...


@mistake("u2net_loss", edit={"F.binary_cross_entropy_with_logits(one, target)": "F.binary_cross_entropy_with_logits(one, target.round())"}, hint="The target is rounded to 0 and 1. Values between are allowed, and mean what they say.")
def TargetRounded(): ...


@mistake("u2net_loss", edit={"return (each * each.new_tensor(factors)).sum(), each": "return (each[:-1].detach() * each.new_tensor(factors[:-1])).sum() + each[-1] * fused_weight, each"}, hint="No gradient reaches the side outputs. Without it, there is no deep supervision.")
def SidesDetached(): ...


@mistake("u2net_loss", edit={'[*sides, fused]:': '[fused, *sides]:', 'factors = [*([1.0] * len(sides) if weights is None else weights), fused_weight]': 'factors = [fused_weight, *([1.0] * len(sides) if weights is None else weights)]'}, hint=FUSED_FIRST)
def FusedAndItsWeightFirst(): ...


@mistake("u2net_loss", edit={'        one = F.interpolate(one, target.shape[2:], mode="bilinear", align_corners=False)\n': '        if one.shape[2:] != target.shape[2:]:\n            one = F.interpolate(one.sigmoid(), target.shape[2:], mode="bilinear", align_corners=False).logit()\n'}, hint=ENLARGED_PROBABILITIES)
def SidesEnlargedAsProbabilities(): ...


@mistake("u2net_loss", edit={'each = torch.stack(terms)': 'each = fused.new_tensor([one.item() for one in terms])'}, hint='The terms are made plain numbers on the way, and no gradient flows through a number. What joins tensors and keeps the graph?')
def TermsAsNumbers(): ...


@mistake("u2net_loss", edit={', fused_weight]': ', fused_weight or 1.0]'}, hint='A weight of 0 for the fused map counts as 1: 0 is falsy in Python.')
def ZeroIsNoWeight(): ...


@mistake("u2net_loss", edit={'F.binary_cross_entropy_with_logits(one, target)': '((1 + one.exp()).log() - target * one).mean()'}, hint="The exponential of a large logit is infinite, and so is what is made of it. Which of torch's functions is the logarithm of 1 + exp in one?")
def LogarithmOfTheExponential(): ...


@right("u2net_loss")
def by_the_softplus(sides, fused, target, weights=None, fused_weight=1.0):
    if weights is None:
        weights = [1.0 for _ in sides]
    size = tuple(target.shape[-2:])
    maps = [F.interpolate(one, size=size, mode="bilinear", align_corners=False) for one in sides] + [fused]
    terms = torch.stack([(F.softplus(z) - target * z).mean() for z in maps])
    total = fused_weight * terms[-1]
    for weight, term in zip(weights, terms[:-1]):
        total = total + weight * term
    return total, terms


@right("u2net_loss")
def with_the_module(sides, fused, target, weights=None, fused_weight=1.0):
    criterion = nn.BCEWithLogitsLoss()
    enlarge = nn.Upsample(size=target.shape[2:], mode="bilinear", align_corners=False)
    terms = []
    for side in sides:
        if side.shape != target.shape:
            side = enlarge(side)
        terms.append(criterion(side, target))
    terms.append(criterion(fused, target))
    all_weights = (list(weights) if weights else [1] * len(sides)) + [fused_weight]
    return sum(w * t for w, t in zip(all_weights, terms)), torch.stack(terms)


@right("u2net_loss")
def of_one_stack(sides, fused, target, weights=None, fused_weight=1.0):
    maps = torch.stack([F.interpolate(z, target.shape[2:], mode="bilinear") for z in (*sides, fused)])
    each = F.binary_cross_entropy_with_logits(maps, target.expand_as(maps), reduction="none").flatten(1).mean(dim=1)
    factors = torch.ones_like(each)
    if weights is not None:
        factors[:-1] = torch.as_tensor(weights, dtype=each.dtype, device=each.device)
    factors[-1] = fused_weight
    return each @ factors, each


@right("u2net_loss")
def by_log_sigmoid(sides, fused, target, weights=None, fused_weight=1.0):
    def cost(z):
        z = F.interpolate(z, target.shape[2:], mode="bilinear", align_corners=False)
        return -(target * F.logsigmoid(z) + (1 - target) * F.logsigmoid(-z)).mean()

    terms = [cost(side) for side in sides] + [cost(fused)]
    weights = [1.0] * len(sides) if weights is None else list(weights)
    total = fused_weight * terms[-1]
    for m in range(len(sides)):
        total = total + weights[m] * terms[m]
    return total, torch.stack(terms)


# saliency_metrics

NAN = "There is a NaN where a share is 0/0. The docstring says what counts there."


@mistake("saliency_metrics", edit={"right=True": "right=False"}, hint="A value that is equal to the threshold is not found. It is, if it is at least as large.")
def EqualIsNotFound(): ...


@mistake("saliency_metrics", edit={"(each / every).where(every > 0, 1.0)": "(each / every).where(every > 0, 0.0)"}, hint="Where nothing is found your precision is 0. Nothing that was said is wrong there.")
def NothingFoundIsZero(): ...


@mistake("saliency_metrics", edit={"(each / size).where(size > 0, 1.0)": "(each / size).where(size > 0, 0.0)"}, hint="Where the target is empty your recall is 0. Nothing is missing there.")
def EmptyTargetIsZero(): ...


@mistake("saliency_metrics", edit={"(each / size).where(size > 0, 1.0)": "(each / size)"}, hint=NAN)
def RecallOfNothingIsNan(): ...


@mistake("saliency_metrics", edit={"(each / every).where(every > 0, 1.0)": "(each / every)"}, hint=NAN)
def PrecisionOfNothingIsNan(): ...


@mistake("saliency_metrics", edit={"    f = f.where(below > 0, 0.0)\n": ""}, hint="Where precision and recall are both 0, F is 0/0 in your answer. It is 0 there.")
def FOfNothingIsNan(): ...


@mistake("saliency_metrics", edit={"(each / size).where(size > 0, 1.0).mean(dim=0)": "(each / size)[size.flatten() > 0].mean(dim=0)"}, hint="Images with an empty target are left out of the mean recall. They count, with a recall of 1.")
def EmptyTargetsLeftOut(): ...


@mistake("saliency_metrics", edit={"below = beta_squared * precision + recall": "below = precision + beta_squared * recall"}, hint="In the denominator the factor stands at the recall. At which of the two does the formula have it, and which then weighs more?")
def FactorAtRecall(): ...


@mistake("saliency_metrics", edit={"below = beta_squared * precision + recall": "below = beta_squared**2 * precision + recall", "f = (1 + beta_squared)": "f = (1 + beta_squared**2)"}, hint="The argument is squared once more. It is the square already.")
def SquaredAgain(): ...


@mistake("saliency_metrics", edit={"f = (1 + beta_squared) * precision": "f = 2 * precision"}, hint="The numerator has the 2 of F1. For another beta it is another number.")
def TwoInTheNumerator(): ...


@mistake("saliency_metrics", edit={"precision = (each / every).where(every > 0, 1.0).mean(dim=0)": "precision = (each / every).where(every > 0, 1.0)", "recall = (each / size).where(size > 0, 1.0).mean(dim=0)": "recall = (each / size).where(size > 0, 1.0)", "    f = f.where(below > 0, 0.0)\n": "    f = f.where(below > 0, 0.0).mean(dim=0)\n    precision, recall = precision.mean(dim=0), recall.mean(dim=0)\n"}, hint="F is made for each image, and then averaged. Here precision and recall are averaged first, and F is made of the means.")
def MeanOfTheFs(): ...


@mistake("saliency_metrics", edit={"precision = (each / every).where(every > 0, 1.0).mean(dim=0)": "each, every, size = each.sum(dim=0), every.sum(dim=0), size.sum()\n    precision = (each / every).where(every > 0, 1.0)", "recall = (each / size).where(size > 0, 1.0).mean(dim=0)": "recall = (each / size).where(size > 0, 1.0)"}, hint="The pixels of all images are counted together. Each image has its own precision and recall, and then the mean is taken.")
def AllImagesAsOne(): ...


@mistake("saliency_metrics", edit={"f=f, max_f=f.max()": "f=f, max_f=f[(thresholds - 0.5).abs().argmin()]"}, hint="max_f is F at the threshold nearest to a half. It is the largest of all.")
def FAtAHalf(): ...


@mistake("saliency_metrics", edit={"f=f, max_f=f.max()": "f=f, max_f=f.mean()"}, hint="max_f is the mean over the thresholds. It is the largest.")
def MeanF(): ...


@mistake("saliency_metrics", edit={"(saliency - target.to(saliency.dtype)).abs().mean()": "(saliency - target.to(saliency.dtype)).square().mean()"}, hint="The errors are squared. It is the mean *absolute* error.")
def SquaredError(): ...


@mistake("saliency_metrics", edit={"(saliency - target.to(saliency.dtype)).abs().mean()": "((saliency >= 0.5).to(saliency.dtype) - target.to(saliency.dtype)).abs().mean()"}, hint="The map is cut at a threshold before the error is taken. The MAE is that of the map itself.")
def ErrorOfTheMask(): ...


@mistake("saliency_metrics", edit={"(saliency - target.to(saliency.dtype)).abs().mean()": "(saliency - target.to(saliency.dtype)).abs()[target].mean()"}, hint="Only the errors on the objects are averaged. All pixels count.")
def ErrorOnObjects(): ...


@mistake("saliency_metrics", hint="A tensor on the way compares each pixel with each threshold. What one number says at which thresholds a pixel is found?")
def AllComparedAtOnce(saliency, target, thresholds, beta_squared=0.3):
    found = saliency.flatten(1)[:, :, None] >= thresholds
    inside = target.flatten(1)[:, :, None]
    right = (found & inside).sum(dim=1).to(saliency.dtype)
    every, size = found.sum(dim=1), inside.sum(dim=1)
    precision = torch.where(every > 0, right / every, 1.0).to(saliency.dtype).mean(dim=0)
    recall = torch.where(size > 0, right / size, 1.0).to(saliency.dtype).mean(dim=0)
    below = beta_squared * precision + recall
    f = torch.where(below > 0, (1 + beta_squared) * precision * recall / below, 0.0).to(saliency.dtype)
    error = (saliency - target.to(saliency.dtype)).abs().mean()
    return {"precision": precision, "recall": recall, "f": f, "max_f": f.max(), "mae": error}


@mistake("saliency_metrics", hint="There is a loop over the thresholds. With a histogram it needs none.")
def LoopOverThresholds(saliency, target, thresholds, beta_squared=0.3):
    rows = []
    size = target.flatten(1).sum(dim=1)
    for step in thresholds:
        found = saliency >= step
        right = (found & target).flatten(1).sum(dim=1).to(saliency.dtype)
        every = found.flatten(1).sum(dim=1)
        rows.append([(right / every).where(every > 0, 1.0).mean(), (right / size).where(size > 0, 1.0).mean()])
    precision, recall = (torch.stack(part) for part in zip(*rows))
    below = beta_squared * precision + recall
    f = ((1 + beta_squared) * precision * recall / below).where(below > 0, 0.0)
    error = (saliency - target.to(saliency.dtype)).abs().mean()
    return {"precision": precision, "recall": recall, "f": f, "max_f": f.max(), "mae": error}


@mistake("saliency_metrics", edit={'max_f=f.max()': 'max_f=(1 + beta_squared) * precision.max() * recall.max() / (beta_squared * precision.max() + recall.max())'}, hint='max_f is made of the largest precision and the largest recall, which stand at different thresholds. It is the largest F of one threshold.')
def LargestOfBothShares(): ...


@mistake("saliency_metrics", edit={'    f = f.where(below > 0, 0.0)\n': '    f = f.where(below > 0, 0.0)\n    p, r = (each / every).where(every > 0, 1.0), (each / size).where(size > 0, 1.0)\n    own = ((1 + beta_squared) * p * r / (beta_squared * p + r)).nan_to_num()\n', 'max_f=f.max()': 'max_f=own.amax(dim=1).mean()'}, hint="max_f is the mean of each image's largest F, at a threshold of its own. It is the largest of f.")
def AThresholdForEachImage(): ...


@mistake("saliency_metrics", edit={'flip(1)[:, 1:]': 'flip(1)[:, :-1]'}, hint='Your curve is one threshold late: its first sums hold all pixels. Those in bin 0 have passed no threshold.')
def SumsFromBinZero(): ...


@right("saliency_metrics")
def by_adding_into_a_table(saliency, target, thresholds, beta_squared=0.3):
    dtype = saliency.dtype
    n, t = saliency.shape[0], thresholds.shape[0]
    values, truth = saliency.reshape(n, -1), target.reshape(n, -1)
    place = torch.searchsorted(thresholds.contiguous(), values.contiguous(), side="right")
    table = torch.zeros(n, t + 1, dtype=dtype, device=values.device)
    hits = table.scatter_add(1, place, truth.to(dtype))
    both = table.scatter_add(1, place, torch.ones_like(values))
    hits = hits.sum(1, keepdim=True) - hits.cumsum(1)[:, :-1]
    both = both.sum(1, keepdim=True) - both.cumsum(1)[:, :-1]
    size = truth.sum(1, keepdim=True).to(dtype)
    p = torch.where(both > 0, hits / both, torch.ones_like(both)).mean(0)
    r = torch.where(size > 0, hits / size, torch.ones_like(hits)).mean(0)
    top, bottom = (1 + beta_squared) * p * r, beta_squared * p + r
    f = torch.where(bottom > 0, top / bottom, torch.zeros_like(top))
    mae = torch.mean(torch.abs(values - truth.to(dtype)))
    return {"precision": p, "recall": r, "f": f, "max_f": torch.max(f), "mae": mae}


@right("saliency_metrics")
def by_sorting_the_pixels(saliency, target, thresholds, beta_squared=0.3):
    values, order = saliency.flatten(1).sort(dim=1)
    truth = target.flatten(1).gather(1, order).to(saliency.dtype)
    pixels = truth.shape[1]
    steps = thresholds.expand(len(values), -1).contiguous()
    below = torch.searchsorted(values.contiguous(), steps)
    found = (pixels - below).to(saliency.dtype)
    before = F.pad(truth.cumsum(dim=1), (1, 0)).gather(1, below)
    size = truth.sum(dim=1, keepdim=True)
    right_ones = size - before
    precision = torch.where(found > 0, right_ones / found.clamp(min=1), 1.0).to(saliency.dtype).mean(dim=0)
    recall = torch.where(size > 0, right_ones / size.clamp(min=1), 1.0).to(saliency.dtype).mean(dim=0)
    weighed = beta_squared * precision + recall
    f = torch.nan_to_num((1 + beta_squared) * precision * recall / weighed, nan=0.0)
    error = (saliency - target.to(saliency.dtype)).abs().mean()
    return {"precision": precision, "recall": recall, "f": f, "max_f": f.amax(), "mae": error}


@right("saliency_metrics")
def with_two_histograms_in_one(saliency, target, thresholds, beta_squared=0.3):
    n, t = len(saliency), len(thresholds)
    k = torch.bucketize(saliency.contiguous(), thresholds, right=True).flatten(1)
    image = torch.arange(n, device=k.device).reshape(-1, 1)
    key = (image * (t + 1) + k) * 2 + target.flatten(1)
    counts = torch.bincount(key.reshape(-1), minlength=2 * n * (t + 1)).reshape(n, t + 1, 2)
    found = counts.sum(1, keepdim=True) - counts.cumsum(1)
    wrong, hit = found[:, :-1].to(saliency.dtype).unbind(2)
    size = counts[:, :, 1].sum(1, keepdim=True)
    p = hit / (hit + wrong)
    p[(hit + wrong) == 0] = 1
    r = hit / size
    r = r.masked_fill(size == 0, 1)
    p, r = p.mean(0), r.mean(0)
    f = (1 + beta_squared) * p * r / (beta_squared * p + r)
    f[(p == 0) & (r == 0)] = 0
    mae = (saliency - target.to(saliency)).abs().mean()
    return {"precision": p, "recall": r, "f": f, "max_f": f.max(), "mae": mae}


# boundary_f_measure

SQUARE_BRUSH = "The boundary is made thicker with a square, whose corners reach further than its sides. What lies within a distance is a disc."
LESS = "A pixel at exactly the tolerance is out in your answer. It counts as near."


@mistake("boundary_f_measure", edit={"disc = (steps[:, None] + steps <= tolerance**2).float()[None, None]": "disc = torch.ones(1, 1, 2 * reach + 1, 2 * reach + 1, device=masks.device)"}, hint=SQUARE_BRUSH)
def SquareBrush(): ...


@mistake("boundary_f_measure", edit={"disc = (steps[:, None] + steps <= tolerance**2)": "disc = (steps.sqrt()[:, None] + steps.sqrt() <= tolerance)"}, hint="Distances are counted along rows and columns. They are as the crow flies.")
def CityBlocks(): ...


@mistake("boundary_f_measure", edit={"<= tolerance**2": "< tolerance**2 + 1e-9 * (tolerance == 0)"}, hint=LESS)
def LessThanTheTolerance(): ...


@mistake("boundary_f_measure", edit={"<= tolerance**2": "<= reach**2"}, hint="The tolerance is rounded down to a whole number. At 1.5 a pixel across a corner, at 1.41, is near.")
def ToleranceRoundedDown(): ...


@mistake("boundary_f_measure", edit={"value=True": "value=False"}, hint="Where a mask meets the edge of the image, you see a boundary. There is none: what lies outside of the image is no ground.")
def EdgeOfTheImage(): ...


@mistake("boundary_f_measure", edit={"inner = across & around[..., :-2, 1:-1] & around[..., 2:, 1:-1]": "inner = across & around[..., :-2, 1:-1] & around[..., 2:, 1:-1] & around[..., :-2, :-2] & around[..., :-2, 2:] & around[..., 2:, :-2] & around[..., 2:, 2:]"}, hint="Eight neighbours decide. A pixel is on the boundary for one of four, those across a corner don't count.")
def EightNeighbours(): ...


@mistake("boundary_f_measure", edit={"edges = both & ~inner": "edges = (both & ~inner) | (~both & ~(~around[..., 1:-1, :-2] & ~around[..., 1:-1, 2:] & ~around[..., :-2, 1:-1] & ~around[..., 2:, 1:-1]))"}, hint="Pixels of the ground that touch the mask are boundary too in your answer. The boundary belongs to the mask.")
def BothSides(): ...


@mistake("boundary_f_measure", edit={"edges = both & ~inner": "edges = both"}, hint="All pixels of the masks are compared, and not those at their boundaries.")
def WholeMasks(): ...


@mistake("boundary_f_measure", edit={"inner = across & around[..., :-2, 1:-1] & around[..., 2:, 1:-1]": "inner = around[..., 1:-1, 2:] & around[..., 2:, 1:-1]"}, hint="Only the neighbours at the right and below are looked at. All four count.")
def TwoNeighbours(): ...


@mistake("boundary_f_measure", edit={"return f, precision, recall": "return f, recall, precision"}, hint="Precision and recall have changed places. Which of them is a share of the found boundary?")
def ChangedPlaces(): ...


@mistake("boundary_f_measure", edit={"(hits / sizes).where(sizes > 0, 1.0)": "(hits / sizes).where(sizes > 0, 0.0)"}, hint="A share of nothing is 0 in your answer. It is 1: of what was said nothing is wrong, or nothing is missing.")
def ShareOfNothingIsZero(): ...


@mistake("boundary_f_measure", edit={"(hits / sizes).where(sizes > 0, 1.0)": "hits / sizes"}, hint=NAN)
def ShareOfNothingIsNan(): ...


@mistake("boundary_f_measure", edit={"(2 * precision * recall / total).where(total > 0, 0.0)": "2 * precision * recall / total"}, hint="Where both shares are 0, F is 0/0 in your answer. It is 0 there.")
def BoundaryFIsNan(): ...


@mistake("boundary_f_measure", edit={"f = (2 * precision * recall / total).where(total > 0, 0.0)": "f = total / 2"}, hint="F is the plain mean of both shares. It is their harmonic mean.")
def PlainMean(): ...


@mistake("boundary_f_measure", edit={"(2 * precision * recall / total)": "(1.3 * precision * recall / (0.3 * precision + recall))"}, hint="This F has the 0.3 of the saliency measures. Here both shares count alike.")
def ThreeTenths(): ...


@mistake("boundary_f_measure", edit={"tolerance = math.ceil(": "tolerance = math.floor("}, hint="Without a tolerance, 0.8 % of the diagonal are not rounded up: for small images your tolerance is 0.")
def DefaultRoundedDown(): ...


@mistake("boundary_f_measure", edit={"math.hypot(*masks.shape[1:])": "max(masks.shape[1:])"}, hint="Without a tolerance you take a share of the longer side. It is a share of the diagonal.")
def ShareOfTheSide(): ...


@mistake("boundary_f_measure", edit={"tolerance = math.ceil(0.008 * math.hypot(*masks.shape[1:]))": "tolerance = 1"}, hint="Without a tolerance you take 1 pixel. It grows with the image: see the docstring.")
def DefaultOfOne(): ...


@mistake("boundary_f_measure", edit={"if tolerance is None:": "if not tolerance:"}, hint="A tolerance of 0 counts as none: 0 is falsy in Python.")
def ZeroIsNone(): ...


@mistake("boundary_f_measure", edit={"hits, sizes = near.sum(dim=(2, 3)), edges.sum(dim=(2, 3))": "hits, sizes = near.sum(dim=(2, 3)), edges.sum(dim=(2, 3))\n    hits, sizes = (one.sum(dim=1, keepdim=True).expand(one.shape) for one in (hits, sizes))"}, hint="The pixels of all images are counted together. Each image has its own numbers.")
def AllBoundariesAsOne(): ...


@mistake("boundary_f_measure", edit={'<= tolerance**2': '< tolerance**2'}, hint=LESS)
def LessThanTheToleranceEvenZero(): ...


@mistake("boundary_f_measure", edit={'    both = torch.stack([masks, targets])': '    tolerance = math.ceil(tolerance)\n    both = torch.stack([masks, targets])'}, hint='A tolerance that is given is rounded up: 1.5 counts as 2. Only where none is given is there something to round.')
def ToleranceRoundedUp(): ...


@mistake("boundary_f_measure", edit={'F.conv2d(edges.float()': 'F.conv2d(both.float()'}, hint="You ask how near a boundary pixel is to the other *mask*. It is the other mask's boundary that has to be near.")
def NearTheMask(): ...


@mistake("boundary_f_measure", edit={'edges = both & ~inner': 'grown = F.pad(both, (1, 1, 1, 1))\n    edges = ~both & (grown[..., 1:-1, :-2] | grown[..., 1:-1, 2:] | grown[..., :-2, 1:-1] | grown[..., 2:, 1:-1])'}, hint='Your boundary lies on the ground, around the mask. Its pixels belong to the mask.')
def OuterBoundary(): ...


@mistake("boundary_f_measure", edit={'inner = across & around[..., :-2, 1:-1] & around[..., 2:, 1:-1]': 'inner = both.roll(1, 2) & both.roll(-1, 2) & both.roll(1, 3) & both.roll(-1, 3)'}, hint='What is moved out of the image comes in again at the opposite edge, as with `roll`. Pixels there are no neighbours.')
def AroundTheImage(): ...


@right("boundary_f_measure")
def by_a_table_of_distances(masks, targets, tolerance=None):
    height, width = masks.shape[1:]
    if tolerance is None:
        tolerance = math.ceil(0.008 * (height**2 + width**2) ** 0.5)

    def boundary(mask):
        edge = torch.zeros_like(mask)
        edge[:, 1:] |= mask[:, 1:] & ~mask[:, :-1]
        edge[:, :-1] |= mask[:, :-1] & ~mask[:, 1:]
        edge[:, :, 1:] |= mask[:, :, 1:] & ~mask[:, :, :-1]
        edge[:, :, :-1] |= mask[:, :, :-1] & ~mask[:, :, 1:]
        return edge

    found, true = boundary(masks), boundary(targets)
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    places = torch.stack([y.flatten(), x.flatten()], dim=1).to(masks.device)
    apart = (places[:, None] - places).square().sum(dim=2)
    close = (apart <= tolerance**2).float()

    def share(some, others):
        some, others = some.flatten(1), others.flatten(1)
        near = (others.float() @ close) > 0
        hits, all_of_them = (some & near).sum(dim=1), some.sum(dim=1)
        return torch.where(all_of_them > 0, hits / all_of_them.clamp(min=1), torch.ones(len(some), device=some.device))

    p, r = share(found, true), share(true, found)
    f = torch.where(p + r > 0, 2 * p * r / (p + r).clamp(min=1e-9), torch.zeros_like(p))
    return f, p, r


@right("boundary_f_measure")
def by_convolving_both(masks, targets, tolerance=None):
    n, h, w = masks.shape
    if tolerance is None:
        tolerance = math.ceil(0.008 * math.sqrt(h * h + w * w))

    def outline(mask):
        padded = F.pad(mask.float()[:, None], (1, 1, 1, 1), mode="replicate")
        cross = torch.tensor([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]], device=mask.device)[None, None]
        return mask & (F.conv2d(padded, cross)[:, 0] < 3.5)

    radius = min(int(tolerance), max(h, w))
    line = torch.arange(-radius, radius + 1, device=masks.device)
    brush = (line[:, None] ** 2 + line[None] ** 2 <= tolerance**2).float()[None, None]
    edges = [outline(masks), outline(targets)]
    wide = [F.conv2d(one.float()[:, None], brush, padding=radius)[:, 0] > 0 for one in edges]
    shares = []
    for one, other in ((0, 1), (1, 0)):
        total = edges[one].flatten(1).sum(1).float()
        near = (edges[one] & wide[other]).flatten(1).sum(1).float()
        share = near / total
        share[total == 0] = 1.0
        shares.append(share)
    precision, recall = shares
    return torch.nan_to_num(2 * precision * recall / (precision + recall)), precision, recall


@right("boundary_f_measure")
def by_eroding_with_max_pools(masks, targets, tolerance=None):
    if tolerance is None:
        tolerance = math.ceil(0.008 * math.hypot(masks.shape[1], masks.shape[2]))
    both = torch.cat([masks, targets])[:, None]
    ground = (~both).float()
    beside = torch.maximum(F.max_pool2d(ground, (1, 3), 1, (0, 1)), F.max_pool2d(ground, (3, 1), 1, (1, 0)))
    edges = (both & (beside > 0)).float()
    reach = min(math.floor(tolerance), max(masks.shape[1:]))
    side = 2 * reach + 1
    rows = torch.arange(side, device=masks.device) - reach
    disc = (rows[:, None].square() + rows.square() <= tolerance**2).float()
    wide = (F.conv2d(edges, disc[None, None], padding=reach) > 0).float()
    n = len(masks)
    near = edges * torch.cat([wide[n:], wide[:n]])
    hits, sizes = near.sum(dim=(1, 2, 3)), edges.sum(dim=(1, 2, 3))
    shares = torch.where(sizes > 0, hits / sizes, torch.ones_like(sizes))
    precision, recall = shares[:n], shares[n:]
    f = 2 * precision * recall / (precision + recall)
    return f.masked_fill(precision + recall == 0, 0.0), precision, recall
