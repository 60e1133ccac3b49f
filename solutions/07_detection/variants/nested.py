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

# ResidualUBlock


@mistake("ResidualUBlock", edit={"return first + x": "return x"}, hint="The way around the U is missing. What is added to the U's answer at the end?")
def NoWayAround(): ...


@mistake("ResidualUBlock", edit={"return first + x": "return (first + x).relu()"}, hint="There is a ReLU behind the sum, as in ResNet. Compare in the docstring what comes after it here.")
def ReluBehindTheSum(): ...


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


@mistake("ResidualUBlock", edit={"            levels.append(x)\n": "", "x = F.max_pool2d(x, 2, ceil_mode=True)\n": "x = F.max_pool2d(x, 2, ceil_mode=True)\n            levels.append(x)\n"}, hint="What you keep of each level has been pooled. The way up needs the map as it was before.")
def KeptBehindThePooling(): ...


@mistake("ResidualUBlock", edit={"            before = out_channels if i == 1 else mid_channels\n": "            before = in_channels if i == 1 else mid_channels\n", "first = x = self.rebnconvin(x)": "first = self.rebnconvin(x)"}, hint="rebnconv1 is given the input x. The U stands behind rebnconvin, and is given what that one made.")
def UBesideTheFirst(): ...


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
