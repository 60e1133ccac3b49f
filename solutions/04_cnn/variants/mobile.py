"""What students write in mobile: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

# DepthwiseSeparableConv


@mistake("DepthwiseSeparableConv", edit={"                groups=in_channels,\n": ""}, hint="The first convolution mixes the channels: each is to be a group of its own.")
def NoGroups(): ...


@mistake("DepthwiseSeparableConv", edit={"                groups=in_channels,\n                bias=False,": "                groups=in_channels,"}, hint="The first convolution has a bias, which batch normalisation takes out again: leave it out.")
def DepthwiseBias(): ...


@mistake("DepthwiseSeparableConv", edit={"out_channels, 1, bias=False": "out_channels, 1"}, hint="The 1 x 1 convolution has a bias, which batch normalisation takes out again: leave it out.")
def PointwiseBias(): ...


@mistake("DepthwiseSeparableConv", edit={"nn.BatchNorm2d(in_channels),\n            nn.ReLU(),": "nn.BatchNorm2d(in_channels),"}, hint="There is no ReLU between the two steps: it follows either batch normalisation.")
def NoReluBetween(): ...


@mistake("DepthwiseSeparableConv", edit={"nn.BatchNorm2d(out_channels),\n            nn.ReLU(),": "nn.BatchNorm2d(out_channels),"}, hint="The second step has no ReLU: this block is not V2's, whose end is linear.")
def NoReluAtTheEnd(): ...


@mistake("DepthwiseSeparableConv", edit={"padding = (kernel_size[0] // 2, kernel_size[1] // 2)": "padding = (1, 1)"}, hint="The padding is 1 for any kernel: it is half of the kernel, for height and width apart.")
def PaddingOfOne(): ...


@mistake("DepthwiseSeparableConv", edit={"padding = (kernel_size[0] // 2, kernel_size[1] // 2)": "padding = (kernel_size[1] // 2, kernel_size[0] // 2)"}, hint="The padding's two numbers are exchanged: height comes first.")
def PaddingExchanged(): ...


@mistake("DepthwiseSeparableConv", edit={"padding = (kernel_size[0] // 2, kernel_size[1] // 2)": "padding = 0"}, hint="Without padding the image shrinks: pad by half of the kernel.")
def NoPadding(): ...


@mistake("DepthwiseSeparableConv", edit={"kernel_size, stride, padding)": "kernel_size, 1, padding)", "out_channels, 1, bias=False": "out_channels, 1, stride, bias=False"}, hint="The stride stands in the 1 x 1 convolution: the depthwise one takes it, so that fewer places are filtered.")
def StrideInThePointwise(): ...


@mistake("DepthwiseSeparableConv", edit={"nn.BatchNorm2d(in_channels),\n            nn.ReLU(),": "nn.BatchNorm2d(in_channels),\n            nn.ReLU6(),", "nn.BatchNorm2d(out_channels),\n            nn.ReLU(),": "nn.BatchNorm2d(out_channels),\n            nn.ReLU6(),"}, hint="The activation is cut off at 6: V1's is a plain ReLU here.")
def Relu6(): ...


@mistake("DepthwiseSeparableConv", edit={"self.pointwise(self.depthwise(x))": "self.pointwise(self.depthwise(x)) + x if x.shape[1] == self.pointwise[0].out_channels else self.pointwise(self.depthwise(x))"}, hint="The input is added to the output: V1's block has no shortcut.")
def WithAShortcut(): ...


@mistake("DepthwiseSeparableConv", edit={"nn.BatchNorm2d(in_channels),\n            nn.ReLU(),": "nn.ReLU(),\n            nn.BatchNorm2d(in_channels),", "nn.BatchNorm2d(out_channels),\n            nn.ReLU(),": "nn.ReLU(),\n            nn.BatchNorm2d(out_channels),"}, hint="The batch normalisation comes after the ReLU and has number 2: it comes before, as part 1.")
def NormAfterRelu(): ...


@mistake("DepthwiseSeparableConv", edit={"kernel_size, stride, padding)": "kernel_size, stride[0], padding)"}, hint="The stride downwards is used to the right as well: there are two numbers.")
def OneStrideForBoth(): ...


@mistake("DepthwiseSeparableConv", edit={"padding = (kernel_size[0] // 2, kernel_size[1] // 2)": "padding = kernel_size[0] // 2"}, hint="Half of the kernel's height pads the width as well: it needs a number of its own.")
def PaddingByHeight(): ...


@mistake("DepthwiseSeparableConv", edit={"nn.BatchNorm2d(in_channels)": "nn.BatchNorm2d(in_channels, 0.001, 0.01)", "nn.BatchNorm2d(out_channels)": "nn.BatchNorm2d(out_channels, 0.001, 0.01)"}, hint="Batch normalisation has V3's eps and momentum: here it has torch's own.")
def NormOfV3(): ...


@mistake("DepthwiseSeparableConv", edit={"nn.BatchNorm2d(in_channels),\n            nn.ReLU(),": "nn.ReLU(),\n            nn.BatchNorm2d(in_channels),"}, hint="In `depthwise` the batch normalisation comes after the ReLU and has number 2: it comes before, as part 1.")
def DepthwiseNormAfterRelu(): ...


@mistake("DepthwiseSeparableConv", edit={"nn.BatchNorm2d(in_channels)": "nn.BatchNorm2d(in_channels, 0.001, 0.01)"}, hint="The batch normalisation of `depthwise` has V3's eps and momentum: here it has torch's own.")
def DepthwiseNormOfV3(): ...


@right("DepthwiseSeparableConv")
class SeparableFromAList(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=(3, 3), stride=(1, 1)):
        super().__init__()
        half = [side // 2 for side in kernel_size]
        filters = nn.Conv2d(in_channels, in_channels, kernel_size, stride, half, 1, in_channels, False)
        mixes = nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False)
        self.depthwise = nn.Sequential(filters, nn.BatchNorm2d(in_channels))
        self.pointwise = nn.Sequential(mixes, nn.BatchNorm2d(out_channels))

    def forward(self, x):
        for part in (self.depthwise, self.pointwise):
            x = part(x).relu()
        return x


@right("DepthwiseSeparableConv")
class SeparablePaddedSame(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=(3, 3), stride=(1, 1)):
        super(SeparablePaddedSame, self).__init__()

        def step(a, b, k, s, p, g):
            return nn.Sequential(nn.Conv2d(a, b, k, s, p, groups=g, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True))

        pad = tuple((k - 1) // 2 for k in kernel_size)
        self.depthwise = step(in_channels, in_channels, kernel_size, stride, pad, in_channels)
        self.pointwise = step(in_channels, out_channels, 1, 1, 0, 1)

    def forward(self, x):
        x = self.depthwise(x)
        x = self.pointwise(x)
        return x


@right("DepthwiseSeparableConv")
class SeparableByOperations(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=(3, 3), stride=(1, 1)):
        super().__init__()
        self.step, (kh, kw) = stride, kernel_size
        self.around = (kw // 2, kw // 2, kh // 2, kh // 2)
        self.depthwise = nn.Sequential()
        self.depthwise.append(nn.Conv2d(in_channels, in_channels, kernel_size, stride=stride, groups=in_channels, bias=False))
        self.depthwise.append(nn.BatchNorm2d(in_channels))
        self.pointwise = nn.Sequential(nn.Conv2d(in_channels, out_channels, (1, 1), bias=False), nn.BatchNorm2d(out_channels))

    def forward(self, x):
        y = torch.relu(self.depthwise(F.pad(x, self.around)))
        return torch.relu(self.pointwise(y))


# InvertedResidual


@mistake("InvertedResidual", edit={"layers.append(nn.BatchNorm2d(out_channels))": "layers.append(nn.BatchNorm2d(out_channels))\n        layers.append(nn.ReLU6())"}, hint="An activation follows the last convolution, in few channels: the bottleneck is linear.")
def NotLinear(): ...


@mistake("InvertedResidual", edit={"x + self.conv(x) if": "F.relu(x + self.conv(x)) if"}, hint="A ReLU follows the sum: nothing comes after it.")
def ReluAfterTheSum(): ...


@mistake("InvertedResidual", edit={"nn.BatchNorm2d(hidden), nn.ReLU6()))\n        filters": "nn.BatchNorm2d(hidden), nn.ReLU()))\n        filters", "layers.append(nn.Sequential(filters, nn.BatchNorm2d(hidden), nn.ReLU6()))": "layers.append(nn.Sequential(filters, nn.BatchNorm2d(hidden), nn.ReLU()))"}, hint="The activation has no ceiling: V2's is ReLU6.")
def PlainRelu(): ...


@mistake("InvertedResidual", edit={"stride == 1 and in_channels == out_channels": "in_channels == out_channels"}, hint="The input is added at stride 2 as well, where the sizes differ: what must be equal for a sum?")
def ShortcutAtStrideTwo(): ...


@mistake("InvertedResidual", edit={"x + self.conv(x) if self.is_residual else self.conv(x)": "self.conv(x)"}, hint="The input is never added: with stride 1 and as many channels it is.")
def NoShortcut(): ...


@mistake("InvertedResidual", edit={"stride == 1 and in_channels == out_channels": "stride == 1"}, hint="The input is added at stride 1 whatever the channels are: what must be equal for a sum?")
def ShortcutBetweenWidths(): ...


@mistake("InvertedResidual", edit={"if expand_ratio != 1:": "if True:"}, hint="With expand_ratio 1 there is still a convolution to expand: it is left out, and the numbers move up.")
def AlwaysExpands(): ...


@mistake("InvertedResidual", edit={"round(in_channels * expand_ratio)": "int(in_channels * expand_ratio)"}, hint="The hidden width is cut off: it is rounded to the nearest whole number.")
def HiddenCutOff(): ...


@mistake("InvertedResidual", edit={"round(in_channels * expand_ratio)": "round(out_channels * expand_ratio)"}, hint="The hidden width comes from out_channels: it is the input that is expanded.")
def HiddenFromTheOutput(): ...


@mistake("InvertedResidual", edit={"groups=hidden, bias=False": "bias=False"}, hint="The 3 x 3 convolution mixes the channels: each is to be a group of its own.")
def MiddleNotDepthwise(): ...


@mistake("InvertedResidual", edit={"layers.append(nn.Conv2d(hidden, out_channels, 1, bias=False))\n        layers.append(nn.BatchNorm2d(out_channels))": "layers.append(nn.Sequential(nn.Conv2d(hidden, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)))"}, hint="The last convolution and its batch normalisation stand in a Sequential of their own: in torchvision they are two parts of `conv`, each with a number.")
def LastPairNested(): ...


@mistake("InvertedResidual", edit={"        if stride not in (1, 2):\n            raise ValueError(f\"the stride is {stride}, expected 1 or 2\")\n": ""}, hint="A stride that is neither 1 nor 2 is taken without a word: the docstring names the error.")
def AnyStride(): ...


@mistake("InvertedResidual", edit={"nn.Conv2d(in_channels, hidden, 1, bias=False)": "nn.Conv2d(in_channels, hidden, 1, stride, bias=False)", "nn.Conv2d(hidden, hidden, 3, stride, 1,": "nn.Conv2d(hidden, hidden, 3, 1, 1,"}, hint="The stride stands where the channels are expanded: the depthwise convolution has it.")
def StrideWhileExpanding(): ...


@mistake("InvertedResidual", edit={"x + self.conv(x) if": "F.relu6(x + self.conv(x)) if"}, hint="A ReLU6 follows the sum: nothing comes after it.")
def Relu6AfterTheSum(): ...


@mistake("InvertedResidual", edit={"raise ValueError(f\"the stride": "raise AssertionError(f\"the stride"}, hint="A wrong stride ends in an AssertionError: the docstring names another.")
def AnAssertion(): ...


@mistake("InvertedResidual", edit={"layers.append(nn.Sequential(expand, nn.BatchNorm2d(hidden), nn.ReLU6()))": "layers += [expand, nn.BatchNorm2d(hidden), nn.ReLU6()]", "layers.append(nn.Sequential(filters, nn.BatchNorm2d(hidden), nn.ReLU6()))": "layers += [filters, nn.BatchNorm2d(hidden), nn.ReLU6()]"}, hint="All layers stand flat in `conv`: what expands and what filters are nn.Sequentials of their own.")
def AllFlat(): ...


@mistake("InvertedResidual", edit={"groups=hidden": "groups=in_channels"}, hint="There are as many groups as input channels: it is the hidden ones that are filtered, each by itself.")
def GroupsOfTheInput(): ...


@mistake("InvertedResidual", edit={"round(in_channels * expand_ratio)": "-int(-in_channels * expand_ratio // 1)"}, hint="The hidden width is always rounded up: it is rounded to the nearest whole number.")
def HiddenRoundedUp(): ...


@mistake("InvertedResidual", edit={"nn.ReLU6()))\n        filters": "nn.ReLU6()))\n        else:\n            layers.append(nn.Identity())\n        filters"}, hint="With nothing to expand an empty part takes a number: what is left out has none.")
def EmptyPartHasANumber(): ...


@mistake("InvertedResidual", edit={"if expand_ratio != 1:": "if hidden != in_channels:"}, hint="The expansion is left out wherever the widths are equal, as in V3: here expand_ratio decides.")
def LeftOutByWidth(): ...


@mistake("InvertedResidual", edit={"return x + self.conv(x) if self.is_residual else self.conv(x)": "y = self.conv(x)\n        return x + y if y.shape == x.shape else y"}, hint="The input is added wherever the shapes agree. On an image of one place they do at stride 2 as well.")
def ShortcutByShape(): ...


@mistake("InvertedResidual", edit={"x + self.conv(x) if": "x.add_(self.conv(x)) if"}, hint="The sum is written into x: the caller still needs it.")
def SumInPlace(): ...


@mistake("InvertedResidual", hint="That is torchvision's block: make yours of torch's own layers.")
class TorchvisionsBlock(nn.Module):
    def __new__(cls, *args):
        from torchvision.models import mobilenetv2

        return mobilenetv2.InvertedResidual(*args)


@right("InvertedResidual")
class InvertedWithAHelper(nn.Module):
    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__()
        if stride != 1 and stride != 2:
            raise ValueError("stride must be 1 or 2")

        def conv_bn_relu(a, b, k=1, s=1, g=1):
            return nn.Sequential(nn.Conv2d(a, b, k, s, (k - 1) // 2, groups=g, bias=False), nn.BatchNorm2d(b), nn.ReLU6(inplace=True))

        hidden = int(round(in_channels * expand_ratio))
        first = [] if expand_ratio == 1 else [conv_bn_relu(in_channels, hidden)]
        last = [nn.Conv2d(hidden, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)]
        self.conv = nn.Sequential(*first, conv_bn_relu(hidden, hidden, 3, stride, hidden), *last)
        self.add = stride == 1 and in_channels == out_channels

    def forward(self, x):
        out = self.conv(x)
        if self.add:
            out = out + x
        return out


@right("InvertedResidual")
class InvertedByClamping(nn.Module):
    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__()
        if stride not in {1, 2}:
            raise ValueError(stride)
        self.same = (stride, in_channels) == (1, out_channels)
        hidden = math.floor(in_channels * expand_ratio + 0.5)
        self.conv = nn.Sequential()
        if expand_ratio != 1:
            self.conv.append(nn.Sequential(nn.Conv2d(in_channels, hidden, 1, bias=False), nn.BatchNorm2d(hidden)))
        self.conv.append(nn.Sequential(nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False), nn.BatchNorm2d(hidden)))
        self.conv.append(nn.Conv2d(hidden, out_channels, 1, bias=False))
        self.conv.append(nn.BatchNorm2d(out_channels))

    def forward(self, x):
        y = x
        for part in self.conv[:-2]:
            y = part(y).clamp(0, 6)
        y = self.conv[-1](self.conv[-2](y))
        return x + y if self.same else y


@right("InvertedResidual")
class InvertedAsked(nn.Module):
    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__()
        if not 1 <= stride <= 2:
            raise ValueError(f"stride {stride}")
        width = round(in_channels * expand_ratio)
        modules = []
        widths = [(in_channels, width, 1, 1, 1)] * (expand_ratio != 1) + [(width, width, 3, stride, width)]
        for a, b, k, s, g in widths:
            modules += [nn.Sequential(nn.Conv2d(a, b, k, stride=s, padding=k // 2, groups=g, bias=False), nn.BatchNorm2d(b), nn.Hardtanh(0, 6))]
        modules += [nn.Conv2d(width, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)]
        self.conv = nn.Sequential(*modules)
        self.stride = stride

    def forward(self, x):
        out = self.conv(x)
        return torch.add(out, x) if self.stride == 1 and out.shape == x.shape else out


# scale_channels


@mistake("scale_channels", edit={"int(wanted + divisor / 2) // divisor * divisor": "round(wanted / divisor) * divisor"}, hint="Python's round takes a tie to the even multiple: here it goes up.")
def tie_to_even(channels, width, divisor=8): ...


@mistake("scale_channels", edit={"int(wanted + divisor / 2) // divisor * divisor": "int(wanted) // divisor * divisor"}, hint="The width is rounded down: the nearest multiple is asked for.")
def rounds_down(channels, width, divisor=8): ...


@mistake("scale_channels", edit={"return rounded + divisor if rounded < 0.9 * wanted else rounded": "return rounded"}, hint="Where rounding takes more than a tenth away, the next multiple is asked for.")
def no_rule_of_a_tenth(channels, width, divisor=8): ...


@mistake("scale_channels", edit={"rounded < 0.9 * wanted": "rounded < 0.9 * channels"}, hint="What is lost is compared with the channels at width 1: compare with channels * width.")
def a_tenth_of_the_channels(channels, width, divisor=8): ...


@mistake("scale_channels", hint="A narrow layer gets 0 channels: the divisor is the least, and a tenth that is lost is made up for.")
def no_least_number(channels, width, divisor=8):
    steps = math.floor(channels * width / divisor + 0.5)
    return (steps + (0 < steps * divisor < 0.9 * channels * width)) * divisor


@mistake("scale_channels", hint="The least number is 1 channel: it is the divisor.")
def at_least_one_channel(channels, width, divisor=8):
    wanted = channels * width
    rounded = int(wanted + divisor / 2) // divisor * divisor
    if rounded and rounded < 0.9 * wanted:
        rounded += divisor
    return max(1, rounded)


@mistake("scale_channels", edit={"int(wanted + divisor / 2) // divisor * divisor": "math.ceil(wanted / divisor - 0.5) * divisor"}, hint="A tie goes down: it is to go up.")
def tie_goes_down(channels, width, divisor=8): ...


@mistake("scale_channels", edit={"rounded < 0.9 * wanted": "rounded < wanted"}, hint="The answer is always the multiple above: that is asked for only where the nearest takes more than a tenth away.")
def any_loss(channels, width, divisor=8): ...


@mistake("scale_channels", edit={"channels * width\n": "int(channels * width)\n"}, hint="The product is cut off before it is rounded: what is lost is compared with channels * width as it is.")
def product_cut_off(channels, width, divisor=8): ...


@mistake("scale_channels", edit={"return rounded + divisor if": "return float(rounded + divisor) if", "else rounded": "else float(rounded)"}, hint="The answer is a float: channels are counted in whole numbers.")
def a_float(channels, width, divisor=8): ...


@mistake("scale_channels", edit={"divisor / 2": "divisor // 2"}, hint="Half of an odd divisor is cut to a whole number: a tie then goes down.")
def half_is_cut(channels, width, divisor=8): ...


@mistake("scale_channels", edit={"rounded < 0.9 * wanted": "1.1 * rounded < wanted"}, hint="What is compared is 1.1 times the answer: nine tenths of the wanted width is another number.")
def eleven_tenths(channels, width, divisor=8): ...


@mistake("scale_channels", edit={"max(divisor,": "max(8,"}, hint="The least number is always 8: it is the divisor.")
def at_least_eight(channels, width, divisor=8): ...


@mistake("scale_channels", edit={"channels * width\n": "round(channels * width)\n"}, hint="The product is rounded to a whole number first: take channels * width as it is.")
def product_rounded(channels, width, divisor=8): ...


@mistake("scale_channels", edit={"int(wanted + divisor / 2) // divisor": "(wanted + divisor / 2) // divisor"}, hint="The answer is a float wherever it isn't the divisor: `//` of a float is one. Channels are counted in whole numbers.")
def stays_a_float(channels, width, divisor=8): ...


@right("scale_channels")
def by_remainder(channels, width, divisor=8):
    wanted = channels * width
    below = int(wanted // divisor) * divisor
    nearest = below + divisor if wanted - below >= divisor / 2 else below
    nearest = max(nearest, divisor)
    if nearest < 0.9 * wanted:
        nearest += divisor
    return nearest


@right("scale_channels")
def by_floor_of_a_half_more(channels, width, divisor=8):
    target = channels * width
    steps = max(1, math.floor(target / divisor + 0.5))
    while steps * divisor < 0.9 * target:
        steps += 1
    return steps * divisor


@right("scale_channels")
def by_trying_multiples(channels, width, divisor=8):
    target = channels * width
    candidates = [divisor * k for k in range(1, int(target // divisor) + 3)]
    best = min(candidates, key=lambda c: (abs(c - target), -c))
    return best if best >= 0.9 * target else best + divisor


# Rounded to 0, any number has lost more than a tenth, and gets the divisor
@right("scale_channels", edit={"max(divisor, int(wanted + divisor / 2) // divisor * divisor)": "int(wanted + divisor / 2) // divisor * divisor"})
def without_a_floor(channels, width, divisor=8): ...


# MobileNetV3Block


@mistake("MobileNetV3Block", edit={"            layers.append(ChannelWeights())\n        layers.append(nn.Sequential(*normed(wide, out_channels)))": "            layers.append(ChannelWeights())\n        layers.append(nn.Sequential(*normed(wide, out_channels), curve()))"}, hint="An activation follows the last convolution: the bottleneck is linear.")
def ThirdNotLinear(): ...


@mistake("MobileNetV3Block", edit={"F.hardsigmoid(": "torch.sigmoid("}, hint="The channels are weighed by a sigmoid: V3 has the hard one, of three straight pieces.")
def SoftSigmoid(): ...


@mistake("MobileNetV3Block", edit={"self.fc1(mean).relu()": "curve()(self.fc1(mean))"}, hint="Inside the weighing the activation is the block's: there it is always a ReLU.")
def BlocksCurveInside(): ...


@mistake("MobileNetV3Block", edit={"self.fc1(mean).relu()": "self.fc1(mean)"}, hint="Between fc1 and fc2 there is no ReLU: without it, two linear layers are one.")
def NoReluInside(): ...


@mistake("MobileNetV3Block", edit={"return x * F.hardsigmoid": "return F.hardsigmoid"}, hint="The weights themselves are handed on: multiply what came in by them.")
def WeightsInPlaceOfTheChannels(): ...


@mistake("MobileNetV3Block", edit={", eps=0.001, momentum=0.01": ""}, hint="Batch normalisation has torch's own eps and momentum: V3 has others, see the docstring.")
def UsualBatchNorm(): ...


@mistake("MobileNetV3Block", edit={", momentum=0.01": ""}, hint="The running statistics move at torch's usual pace: the docstring gives another momentum.")
def UsualMomentum(): ...


@mistake("MobileNetV3Block", edit={"kernel // 2": "min(kernel // 2, 1)"}, hint="The padding is 1 for a kernel of 5 too: it is half of the kernel.")
def ThirdPaddingOfOne(): ...


@mistake("MobileNetV3Block", edit={"layers.append(nn.Sequential(*filters, curve()))\n        if squeeze_channels:\n            layers.append(ChannelWeights())": "layers.append(nn.Sequential(*filters))\n        if squeeze_channels:\n            layers.append(ChannelWeights())\n        layers[-1] = nn.Sequential(layers[-1], curve()) if squeeze_channels else nn.Sequential(*layers[-1], curve())\n        if squeeze_channels:\n            inner = layers[-1][0]\n            inner.register_forward_hook(lambda one, given, out: curve()(out))\n            layers[-1] = inner"}, hint="The channels are weighed before the depthwise part's activation: it comes first.")
def WeighsBeforeTheActivation(): ...


@mistake("MobileNetV3Block", edit={"if wide != in_channels:": "if True:"}, hint="With nothing to expand there is still a convolution that expands: it is left out, and the numbers move up.")
def ThirdAlwaysExpands(): ...


@mistake("MobileNetV3Block", edit={"stride == 1 and in_channels == out_channels": "in_channels == out_channels"}, hint="The input is added at stride 2 as well, where the sizes differ: what must be equal for a sum?")
def ThirdShortcutAtStrideTwo(): ...


@mistake("MobileNetV3Block", edit={"return x + self.block(x) if self.is_residual else self.block(x)": "return self.block(x)"}, hint="The input is never added: with stride 1 and as many channels it is.")
def ThirdNoShortcut(): ...


@mistake("MobileNetV3Block", edit={"F.hardsigmoid(self.fc2(self.fc1(mean).relu()))": "F.hardsigmoid(self.fc2(self.fc1(mean).relu())).detach()"}, hint="No gradient reaches fc1 and fc2: what is detached is never learned.")
def WeightsDetached(): ...


@mistake("MobileNetV3Block", edit={"x.mean(dim=(2, 3), keepdim=True)": "x.detach().mean(dim=(2, 3), keepdim=True)"}, hint="What is squeezed is detached: a gradient goes back through the mean as well.")
def MeanDetached(): ...


@mistake("MobileNetV3Block", edit={"x.mean(dim=(2, 3), keepdim=True)": "x.amax(dim=(2, 3), keepdim=True)"}, hint="Each channel's largest value is squeezed: it is the mean over the image.")
def SqueezesTheLargest(): ...


@mistake("MobileNetV3Block", edit={"(wide, squeeze_channels, 1)": "(wide, squeeze_channels, 1, bias=False)", "(squeeze_channels, wide, 1)": "(squeeze_channels, wide, 1, bias=False)"}, hint="fc1 and fc2 have no biases: no batch normalisation follows them, so they need theirs.")
def NoBiasInside(): ...


@mistake("MobileNetV3Block", edit={"curve = nn.ReLU if": "curve = nn.ReLU6 if"}, hint="The ReLU is cut off at 6: that was V2's.")
def ThirdRelu6(): ...


@mistake("MobileNetV3Block", edit={"else nn.Hardswish": "else nn.SiLU"}, hint="The activation is the smooth swish: the hard one is asked for.")
def SmoothSwish(): ...


class _Weigh(nn.Module):
    def __init__(self, channels, squeeze):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeeze, 1)
        self.fc2 = nn.Conv2d(squeeze, channels, 1)

    def forward(self, x):
        s = F.relu(self.fc1(self.avgpool(x)))
        return x * (F.relu6(self.fc2(s) + 3) / 6)


def _third_layer(a, b, k, s, g, act):
    layers = [nn.Conv2d(a, b, k, s, (k - 1) // 2, groups=g, bias=False), nn.BatchNorm2d(b, 0.001, 0.01)]
    return nn.Sequential(*layers, *([act()] if act else []))


@mistake("MobileNetV3Block", edit={"return x + self.block(x) if": "return F.relu(x + self.block(x)) if"}, hint="An activation follows the sum: nothing does.")
def ReluAfterTheThirdSum(): ...


@mistake("MobileNetV3Block", edit={"if wide != in_channels:": "if wide > in_channels:"}, hint="Nothing expands where the middle is narrower than the entrance: it is left out where they are equal.")
def ExpandsIfWider(): ...


@mistake("MobileNetV3Block", edit={"nn.Conv2d(wide, squeeze_channels, 1)": "nn.Linear(wide, squeeze_channels)", "nn.Conv2d(squeeze_channels, wide, 1)": "nn.Linear(squeeze_channels, wide)", "x.mean(dim=(2, 3), keepdim=True)": "x.mean(dim=(2, 3))", "F.hardsigmoid(self.fc2(self.fc1(mean).relu()))": "F.hardsigmoid(self.fc2(self.fc1(mean).relu()))[..., None, None]"}, hint="fc1 and fc2 are nn.Linear, whose weights have two axes: they are 1 x 1 convolutions.")
def LinearInside(): ...


@mistake("MobileNetV3Block", edit={"layers.append(nn.Sequential(*normed(wide, out_channels)))": "layers += normed(wide, out_channels)"}, hint="The last convolution and its normalisation stand flat, as in V2: here they are an nn.Sequential.")
def FlatEnd(): ...


@mistake("MobileNetV3Block", edit={"x.mean(dim=(2, 3), keepdim=True)": "x.mean(dim=(0, 2, 3), keepdim=True)"}, hint="The batch is averaged as well: each image has its own weights.")
def SqueezesTheBatch(): ...


@mistake("MobileNetV3Block", edit={"eps=0.001, momentum=0.01": "eps=0.01, momentum=0.001"}, hint="eps and momentum are exchanged.")
def NormExchanged(): ...


@mistake("MobileNetV3Block", edit={"momentum=0.01": "momentum=0.99"}, hint="The momentum is 0.99, as another library counts: torch's is the new batch's share.")
def OtherMomentum(): ...


@mistake("MobileNetV3Block", edit={"nn.Sequential(*normed(wide, out_channels))": "nn.Sequential(nn.Conv2d(wide, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels))"}, hint="The last batch normalisation has torch's own eps and momentum: all three have V3's.")
def LastNormIsTorchs(): ...


@mistake("MobileNetV3Block", edit={"            layers.append(ChannelWeights())\n": "            layers.append(ChannelWeights())\n        else:\n            layers.append(nn.Identity())\n"}, hint="Without weighing an empty part takes a number: what is left out has none.")
def EmptyWeighing(): ...


@mistake("MobileNetV3Block", edit={"        if activation not in (\"relu\", \"hardswish\"):\n            raise ValueError(f\"activation is {activation!r}, not 'relu' or 'hardswish'\")\n": ""}, hint="Any word that isn't \"relu\" counts as \"hardswish\": the docstring names an error.")
def AnyWord(): ...


@mistake("MobileNetV3Block", edit={"return x + self.block(x) if self.is_residual else self.block(x)": "y = self.block(x)\n        return x + y if y.shape == x.shape else y"}, hint="The input is added wherever the shapes agree. On an image of one place they do at stride 2 as well.")
def ThirdShortcutByShape(): ...


@right("MobileNetV3Block")
class ThirdWithTwoClasses(nn.Module):
    def __init__(self, in_channels, expanded_channels, out_channels, kernel_size=3, stride=1, squeeze_channels=0, activation="relu"):
        super().__init__()
        acts = {"relu": nn.ReLU, "hardswish": nn.Hardswish}
        if activation not in acts:
            raise ValueError(activation)
        act = acts[activation]
        parts = []
        if expanded_channels != in_channels:
            parts.append(_third_layer(in_channels, expanded_channels, 1, 1, 1, act))
        parts.append(_third_layer(expanded_channels, expanded_channels, kernel_size, stride, expanded_channels, act))
        if squeeze_channels > 0:
            parts.append(_Weigh(expanded_channels, squeeze_channels))
        parts.append(_third_layer(expanded_channels, out_channels, 1, 1, 1, None))
        self.block = nn.Sequential(*parts)
        self.use_res = stride == 1 and in_channels == out_channels

    def forward(self, x):
        result = self.block(x)
        if self.use_res:
            result = result + x
        return result


@right("MobileNetV3Block")
class ThirdWithInPlaceCurves(nn.Module):
    def __init__(self, in_channels, expanded_channels, out_channels, kernel_size=3, stride=1, squeeze_channels=0, activation="relu"):
        super().__init__()
        if activation not in ("relu", "hardswish"):
            raise ValueError("activation")

        def make():
            return nn.ReLU(inplace=True) if activation == "relu" else nn.Hardswish(inplace=True)

        def norm(c):
            return nn.BatchNorm2d(c, eps=1e-3, momentum=1e-2)

        e = expanded_channels
        expand = [nn.Sequential(nn.Conv2d(in_channels, e, 1, bias=False), norm(e), make())] if e != in_channels else []
        depth = nn.Sequential(nn.Conv2d(e, e, kernel_size, stride, kernel_size // 2, groups=e, bias=False), norm(e), make())
        weigh = [_Weigh(e, squeeze_channels)] if squeeze_channels else []
        project = nn.Sequential(nn.Conv2d(e, out_channels, 1, bias=False), norm(out_channels))
        self.block = nn.Sequential(*expand, depth, *weigh, project)
        self.add = in_channels == out_channels and stride == 1

    def forward(self, x):
        y = self.block(x)
        return y.add(x) if self.add else y


class _WeighByHand(nn.Module):
    def __init__(self, channels, squeeze):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, squeeze, 1), nn.Conv2d(squeeze, channels, 1)

    def forward(self, x):
        n, c = x.shape[:2]
        mean = x.flatten(2).sum(2) / (x.shape[2] * x.shape[3])
        hidden = (mean @ self.fc1.weight.flatten(1).T + self.fc1.bias).clamp(min=0)
        gate = ((hidden @ self.fc2.weight.flatten(1).T + self.fc2.bias + 3) / 6).clamp(0, 1)
        return torch.einsum("nchw,nc->nchw", x, gate)


@right("MobileNetV3Block")
class ThirdWithCurvesByHand(nn.Module):
    def __init__(self, in_channels, expanded_channels, out_channels, kernel_size=3, stride=1, squeeze_channels=0, activation="relu"):
        super().__init__()
        if activation not in ["relu", "hardswish"]:
            raise ValueError(activation)
        self.hard, self.num_curves = activation == "hardswish", 1 + (expanded_channels != in_channels)
        parts = []
        if expanded_channels != in_channels:
            parts.append(_third_layer(in_channels, expanded_channels, 1, 1, 1, None))
        parts.append(_third_layer(expanded_channels, expanded_channels, kernel_size, stride, expanded_channels, None))
        if squeeze_channels:
            parts.append(_WeighByHand(expanded_channels, squeeze_channels))
        self.block = nn.Sequential(*parts, _third_layer(expanded_channels, out_channels, 1, 1, 1, None))
        self.same = stride == 1 and in_channels == out_channels

    def forward(self, x):
        y = x
        for index, part in enumerate(self.block):
            y = part(y)
            if index < self.num_curves:
                y = y * (y + 3).clamp(0, 6) / 6 if self.hard else y.clamp(min=0)
        return x + y if self.same else y


# channel_shuffle


@mistake("channel_shuffle", edit={"x.reshape(num, groups, channels // groups, height, width)": "x.reshape(num, channels // groups, groups, height, width)"}, hint="The table has a column for each group: it needs a row for each, so that reading by columns takes one of every group. This is the shuffle's way back.")
def the_way_back(x, groups): ...


@mistake("channel_shuffle", edit={"table.transpose(1, 2).reshape": "table.reshape"}, hint="The channels come out as they went in: the table is read by rows.")
def nothing_moves(x, groups): ...


@mistake("channel_shuffle", edit={"table.transpose(1, 2)": "table.flip(1)"}, hint="The groups change places and stay together: deal one channel of each in turn.")
def groups_change_places(x, groups): ...


@mistake("channel_shuffle", edit={"table.transpose(1, 2)": "table.transpose(1, 2).flip(2)"}, hint="The last group comes first in each round: the first one does.")
def last_group_first(x, groups): ...


@mistake("channel_shuffle", edit={"    if channels % groups:\n        raise ValueError(f\"{channels} channels don't fall into {groups} equal groups\")\n": ""}, hint="Groups that don't divide the channels end in torch's error about a shape: the docstring names another.")
def no_question_asked(x, groups): ...


@mistake("channel_shuffle", hint="The order is drawn at random: a shuffle deals the channels out, the same way each time.")
def at_random(x, groups):
    if x.shape[1] % groups:
        raise ValueError("groups")
    order = torch.randperm(x.shape[1], generator=torch.Generator().manual_seed(0)).to(x.device)
    return x[:, order]


@mistake("channel_shuffle", edit={"table.transpose(1, 2)": "table.roll(1, 2)"}, hint="Channels move within their group only: one of each group should come in turn.")
def within_the_group(x, groups): ...


@mistake("channel_shuffle", hint="The channels are put in their places one by one, in Python: reshape, exchange two axes, reshape.")
def one_by_one(x, groups):
    if x.shape[1] % groups:
        raise ValueError("groups")
    size = x.shape[1] // groups
    return torch.stack([x[:, group * size + place] for place in range(size) for group in range(groups)], dim=1)


@mistake("channel_shuffle", hint="That is torch's own: deal the channels out yourself.")
def torchs_own(x, groups):
    if x.shape[1] % groups:
        raise ValueError("groups")
    return nn.ChannelShuffle(groups)(x)


@mistake("channel_shuffle", edit={"table.transpose(1, 2).reshape(num, channels, height, width)": "table.permute(0, 2, 1, 4, 3).reshape(num, channels, height, width)"}, hint="The pixels are turned as well: only the channels change places.")
def pixels_too(x, groups): ...


@mistake("channel_shuffle", edit={"x.reshape(num, groups, channels // groups, height, width)\n    return table.transpose(1, 2).reshape(num, channels, height, width)": "x.chunk(2, dim=1)\n    return torch.stack(table, dim=2).flatten(1, 2)"}, hint="There are always two groups: `groups` says how many.")
def always_two(x, groups): ...


@mistake("channel_shuffle", edit={"x.reshape(num, groups, channels // groups, height, width)\n    return table.transpose(1, 2)": "x.reshape(groups, num * channels // groups, height, width)\n    return table.transpose(0, 1)"}, hint="Images are dealt out with the channels: the batch keeps an axis of its own.")
def batch_in_the_table(x, groups): ...


@mistake("channel_shuffle", edit={"table.transpose(1, 2).reshape": "table.transpose(1, 2).view"}, hint="After two axes are exchanged, the memory isn't in order: `view` minds.")
def view_of_columns(x, groups): ...


@mistake("channel_shuffle", edit={"    if channels % groups:\n        raise ValueError(f\"{channels} channels don't fall into {groups} equal groups\")\n    table = x.reshape": "    channels = channels // groups * groups\n    table = x[:, :channels].reshape"}, hint="Channels that are over are dropped without a word: the docstring names an error.")
def what_is_over_is_dropped(x, groups): ...


@right("channel_shuffle")
def by_order(x, groups):
    channels = x.shape[1]
    if channels % groups != 0:
        raise ValueError("channels must be divisible by groups")
    order = torch.arange(channels, device=x.device).view(groups, -1).t().reshape(-1)
    return x.index_select(1, order)


@right("channel_shuffle")
def by_unflatten(x, groups):
    if x.shape[1] % groups:
        raise ValueError(groups)
    return x.unflatten(1, (groups, x.shape[1] // groups)).transpose(1, 2).flatten(1, 2)


@right("channel_shuffle")
def by_permute_and_view(x, groups):
    n, c, h, w = x.size()
    per_group, rest = divmod(c, groups)
    if rest:
        raise ValueError(f"{c} % {groups}")
    x = x.contiguous().view(n, groups, per_group, h, w)
    return x.permute(0, 2, 1, 3, 4).contiguous().view(n, c, h, w)


# ShuffleUnit


@mistake("ShuffleUnit", edit={"return channel_shuffle(torch.cat([past, self.branch2(through)], dim=1), 2)": "return torch.cat([past, self.branch2(through)], dim=1)"}, hint="Version 2 ends without a shuffle: the two halves would never meet.")
def SecondWithoutShuffle(): ...


@mistake("ShuffleUnit", edit={"torch.cat([past, self.branch2(through)], dim=1)": "torch.cat([self.branch2(through), past], dim=1)"}, hint="In version 2 the two sides are joined the wrong way round: what goes past, or branch1, comes first.")
def SecondJoinedTheWrongWay(): ...


@mistake("ShuffleUnit", edit={"past, through = x.chunk(2, dim=1)": "through, past = x.chunk(2, dim=1)"}, hint="In version 2 the first half goes through the branch: it is the second that does.")
def FirstHalfGoesThrough(): ...


@mistake("ShuffleUnit", edit={"past, through = x.chunk(2, dim=1)": "past, through = x[:, ::2], x[:, 1::2]"}, hint="In version 2 every other channel goes through the branch: the split is into two halves, and the shuffle does the mixing.")
def EveryOther(): ...


@mistake("ShuffleUnit", edit={"y = channel_shuffle(F.relu(self.compress(x)), self.groups)": "y = F.relu(self.compress(x))"}, hint="Version 1 has no shuffle: between its grouped convolutions the groups never meet.")
def FirstWithoutShuffle(): ...


@mistake("ShuffleUnit", edit={"F.relu(self.compress(x)), self.groups)": "F.relu(self.compress(x)), 2)"}, hint="Version 1 shuffles with 2 groups: its shuffle has as many as its convolutions.")
def FirstShufflesInTwo(): ...


@mistake("ShuffleUnit", edit={"self.expand(self.depthwise(y))": "self.expand(F.relu(self.depthwise(y)))"}, hint="In version 1 a ReLU follows the depthwise convolution: none does.")
def ReluAfterDepthwise(): ...


@mistake("ShuffleUnit", edit={"            *depthwise(half),\n": "            *depthwise(half),\n            nn.ReLU(),\n"}, hint="In version 2 a ReLU follows the depthwise convolution of branch2, and all later numbers move up: none does.")
def SecondReluAfterDepthwise(): ...


@mistake("ShuffleUnit", edit={"return F.relu(x + y)": "return x + F.relu(y)"}, hint="In version 1 the ReLU comes before the sum: it follows it.")
def ReluBeforeTheSum(): ...


@mistake("ShuffleUnit", edit={"return F.relu(torch.cat([F.avg_pool2d(x, 3, 2, 1), y], dim=1))": "return torch.cat([F.avg_pool2d(x, 3, 2, 1), F.relu(y)], dim=1)"}, hint="In version 1 at stride 2 the ReLU leaves the pooled input out: it comes last, after both are joined.")
def ReluOnTheBranchAlone(): ...


@mistake("ShuffleUnit", edit={"F.avg_pool2d(x, 3, 2, 1), y]": "F.max_pool2d(x, 3, 2, 1), y]"}, hint="The shortcut of version 1 takes the largest of each window: it takes the mean.")
def LargestOfTheWindow(): ...


@mistake("ShuffleUnit", edit={"F.avg_pool2d(x, 3, 2, 1), y]": "F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), y]"}, hint="At the edge the average pool leaves the padded zeros out: they are counted.")
def ZerosNotCounted(): ...


@mistake("ShuffleUnit", edit={"[F.avg_pool2d(x, 3, 2, 1), y]": "[y, F.avg_pool2d(x, 3, 2, 1)]"}, hint="In version 1 at stride 2 the pooled input is joined behind the branch: it comes first.")
def PooledLast(): ...


@mistake("ShuffleUnit", edit={"middle = out_channels // 4": "middle = in_channels // 4 if stride == 2 else out_channels // 4"}, hint="At stride 2 the middle of version 1 is a quarter of the input's channels: it is a quarter of the output's.")
def QuarterOfTheInput(): ...


@mistake("ShuffleUnit", edit={"made = out_channels if stride == 1 else out_channels - in_channels": "made = out_channels"}, hint="At stride 2 the branch of version 1 makes all of the output's channels: the pooled input is joined to it.")
def BranchMakesAll(): ...


@mistake("ShuffleUnit", edit={"pointwise(middle, made, groups)": "pointwise(middle, made)"}, hint="The last 1 x 1 convolution of version 1 has no groups: both have them.")
def LastWithoutGroups(): ...


@mistake("ShuffleUnit", edit={"        if stride == 1 and in_channels != out_channels:\n            raise ValueError(f\"{in_channels} to {out_channels} channels at stride 1\")\n": ""}, hint="Other widths at stride 1 are taken without a word: the docstring names the error.")
def AnyWidths(): ...


def _norm_of(*layers):
    return [part for layer in layers for part in (layer, nn.BatchNorm2d(layer.out_channels))]


@mistake("ShuffleUnit", edit={"if stride == 1 and in_channels != out_channels:": "if in_channels != out_channels:"}, hint="Other widths are refused at stride 2 as well: only at stride 1 must both be equal.")
def RefusedAtStrideTwo(): ...


@mistake("ShuffleUnit", edit={"F.relu(self.compress(x))": "self.compress(x)"}, hint="In version 1 no ReLU follows `compress`: one stands before the shuffle.")
def NoReluAfterCompress(): ...


@mistake("ShuffleUnit", edit={"return F.relu(x + y)": "return x + F.relu(y)", "return F.relu(torch.cat([F.avg_pool2d(x, 3, 2, 1), y], dim=1))": "return torch.cat([F.avg_pool2d(x, 3, 2, 1), F.relu(y)], dim=1)"}, hint="In version 1 the last ReLU sees the branch alone, at either stride: it comes after the sum, or after both are joined.")
def ReluOnEitherBranch(): ...


@mistake("ShuffleUnit", edit={"if stride == 2:\n            self.branch1": "if True:\n            self.branch1"}, hint="`branch1` has weights at stride 1 as well: there the first half goes past, and there are no others.")
def BranchOneAlways(): ...


@mistake("ShuffleUnit", edit={"*pointwise(in_channels, half), nn.ReLU()\n": "*pointwise(in_channels, half)\n"}, hint="`branch1` has no ReLU at its end.")
def BranchOneWithoutRelu(): ...


@mistake("ShuffleUnit", edit={"dim=1), 2)": "dim=1), self.groups)"}, hint="Version 2 shuffles with `groups`: these are version 1's, here there are two halves.")
def SecondShufflesByGroups(): ...


@mistake("ShuffleUnit", edit={"F.relu(x + y)": "F.relu(x.add_(y))"}, hint="The sum of version 1 is written into x: the caller still needs it.")
def FirstSumInPlace(): ...


@mistake("ShuffleUnit", edit={"= stride, version, groups\n": "= stride, version, 3\n        groups = 3\n"}, hint="Version 1 always has 3 groups: `groups` says how many.")
def AlwaysThreeGroups(): ...


@mistake("ShuffleUnit", edit={"y = channel_shuffle(F.relu(self.compress(x)), self.groups)\n            y = self.expand(self.depthwise(y))": "y = self.expand(channel_shuffle(self.depthwise(F.relu(self.compress(x))), self.groups))"}, hint="Version 1 shuffles after the depthwise convolution, which then filters other channels: it does so before.")
def FirstShufflesLate(): ...


@mistake("ShuffleUnit", edit={"[past, self.branch2(through)]": "[past, self.branch2(through) + (past if self.stride == 1 else 0)]"}, hint="In version 2 the half that goes past is added to the branch as well: it is joined only.")
def PastIsAdded(): ...


@mistake("ShuffleUnit", edit={"F.avg_pool2d(x, 3, 2, 1), y]": "F.avg_pool2d(x, 2, 2, ceil_mode=True), y]"}, hint="The shortcut of version 1 pools 2 x 2 windows: they are 3 x 3, with padding 1.")
def PoolOfTwo(): ...


@mistake("ShuffleUnit", edit={"if stride == 1 and in_channels != out_channels:": "if version == 2 and stride == 1 and in_channels != out_channels:"}, hint="Version 1 takes other widths at stride 1 without a word: the error is named for both.")
def AnyWidthsInTheFirst(): ...


@right("ShuffleUnit")
class UnitInTwoMethods(nn.Module):
    def __init__(self, in_channels, out_channels, stride, version=2, groups=3):
        super().__init__()
        if stride == 1 and in_channels != out_channels:
            raise ValueError("channels")
        self.stride = stride
        self.groups = groups
        if version == 1:
            self.run = self.first
            mid = out_channels // 4
            out = out_channels - in_channels * (stride == 2)
            self.compress = nn.Sequential(nn.Conv2d(in_channels, mid, 1, groups=groups, bias=False), nn.BatchNorm2d(mid), nn.ReLU(inplace=True))
            self.depthwise = nn.Sequential(nn.Conv2d(mid, mid, 3, stride, 1, groups=mid, bias=False), nn.BatchNorm2d(mid))
            self.expand = nn.Sequential(nn.Conv2d(mid, out, 1, groups=groups, bias=False), nn.BatchNorm2d(out))
        else:
            self.run = self.second
            c = out_channels // 2
            a = in_channels if stride == 2 else c
            one, two, three = nn.Conv2d(a, c, 1, bias=False), nn.Conv2d(c, c, 3, stride, 1, groups=c, bias=False), nn.Conv2d(c, c, 1, bias=False)
            self.branch2 = nn.Sequential(*_norm_of(one), nn.ReLU(), *_norm_of(two, three), nn.ReLU())
            self.branch1 = nn.Sequential()
            if stride == 2:
                deep = nn.Conv2d(a, a, 3, stride, 1, groups=a, bias=False)
                self.branch1 = nn.Sequential(*_norm_of(deep, nn.Conv2d(a, c, 1, bias=False)), nn.ReLU())

    def first(self, x):
        out = self.compress(x)
        out = channel_shuffle(out, self.groups)
        out = self.depthwise(out)
        out = self.expand(out)
        if self.stride == 2:
            return torch.relu(torch.cat((nn.AvgPool2d(3, stride=2, padding=1)(x), out), 1))
        return torch.relu(out + x)

    def second(self, x):
        if self.stride == 1:
            half = x.shape[1] // 2
            return channel_shuffle(torch.cat((x[:, :half], self.branch2(x[:, half:])), 1), 2)
        return channel_shuffle(torch.cat((self.branch1(x), self.branch2(x)), 1), 2)

    def forward(self, x):
        return self.first(x) if hasattr(self, "compress") else self.second(x)


@right("ShuffleUnit")
class UnitWithItsOwnShuffle(nn.Module):
    def __init__(self, in_channels, out_channels, stride, version=2, groups=3):
        super().__init__()
        if stride == 1 and in_channels != out_channels:
            raise ValueError(f"{in_channels} != {out_channels}")
        self.s, self.v, self.g = stride, version, groups

        def conv(a, b, k=1, s=1, g=1):
            return nn.Conv2d(a, b, k, s, k // 2, groups=g, bias=False)

        if version == 1:
            m, e = out_channels // 4, out_channels if stride == 1 else out_channels - in_channels
            for name, layer in (("compress", conv(in_channels, m, g=groups)), ("depthwise", conv(m, m, 3, stride, m)), ("expand", conv(m, e, g=groups))):
                setattr(self, name, nn.Sequential(*_norm_of(layer)))
        else:
            h = out_channels // 2
            b = h if stride == 1 else in_channels
            self.branch2 = nn.Sequential(*_norm_of(conv(b, h)), nn.ReLU(), *_norm_of(conv(h, h, 3, stride, h), conv(h, h)), nn.ReLU())
            if stride > 1:
                self.branch1 = nn.Sequential(*_norm_of(conv(b, b, 3, stride, b), conv(b, h)), nn.ReLU())

    @staticmethod
    def deal(x, g):
        return x.unflatten(1, (g, -1)).transpose(1, 2).flatten(1, 2)

    def forward(self, x):
        if self.v == 2:
            left, right = (self.branch1(x), x) if self.s == 2 else x.split(x.shape[1] // 2, dim=1)
            return self.deal(torch.cat([left, self.branch2(right)], dim=1), 2)
        y = self.expand(self.depthwise(self.deal(self.compress(x).clamp(min=0), self.g)))
        y = torch.cat([F.avg_pool2d(x, 3, stride=2, padding=1), y], dim=1) if self.s == 2 else y + x
        return y.clamp(min=0)


@right("ShuffleUnit")
class UnitStacked(nn.Module):
    def __init__(self, in_channels, out_channels, stride, version=2, groups=3):
        super().__init__()
        if stride == 1 and out_channels != in_channels:
            raise ValueError
        self.stride, self.version, self.groups = stride, version, groups

        def block(a, b, k, g, s=1):
            return nn.Sequential(nn.Conv2d(a, b, k, stride=s, padding=k // 2, groups=g, bias=False), nn.BatchNorm2d(b))

        if version == 1:
            middle = out_channels // 4
            self.compress = block(in_channels, middle, 1, groups)
            self.depthwise = block(middle, middle, 3, middle, stride)
            self.expand = block(middle, [0, out_channels, out_channels - in_channels][stride], 1, groups)
            return
        half = out_channels // 2
        inner = half if stride == 1 else in_channels
        self.branch2 = nn.Sequential(*block(inner, half, 1, 1), nn.ReLU(), *block(half, half, 3, half, stride), *block(half, half, 1, 1), nn.ReLU())
        if stride == 2:
            self.branch1 = nn.Sequential(*block(inner, inner, 3, inner, 2), *block(inner, half, 1, 1), nn.ReLU())

    def forward(self, x):
        if self.version == 1:
            made = self.expand(self.depthwise(channel_shuffle(self.compress(x).relu(), self.groups)))
            return (x + made).relu() if self.stride == 1 else torch.cat((F.avg_pool2d(x, 3, 2, 1), made), 1).relu()
        first, second = x.tensor_split(2, dim=1) if self.stride == 1 else (self.branch1(x), x)
        # Both halves dealt out in turn: first, second, first, second
        return torch.stack((first, self.branch2(second)), dim=2).flatten(1, 2)


# arithmetic_intensity


@mistake("arithmetic_intensity", edit={"operations = 2 * places": "operations = places"}, hint="Multiply-adds are counted as one: each is two operations.")
def one_for_two(): ...


@mistake("arithmetic_intensity", edit={"met = channels // groups *": "met = channels *"}, hint="With groups, an output number meets the channels of its own group only.")
def all_channels_met(): ...


@mistake("arithmetic_intensity", edit={" + out_channels * met\n": "\n"}, hint="The weights are not among the bytes: they are read as well.")
def no_weights(): ...


@mistake("arithmetic_intensity", edit={"(read + places * out_channels)": "read"}, hint="The output is not among the bytes: it is written.")
def no_output(): ...


@mistake("arithmetic_intensity", edit={"read = num * channels": "read = channels"}, hint="The input of one image is counted: the batch has N of them.")
def one_image_read(): ...


@mistake("arithmetic_intensity", edit={"+ out_channels * met\n": "+ num * out_channels * met\n"}, hint="The weights are read anew for each image: once is enough for the batch.")
def weights_for_each_image(): ...


@mistake("arithmetic_intensity", edit={"(side + 2 * pad - k) // step + 1": "(side + pad - k) // step + 1"}, hint="The padding is counted on one side: it stands on both.")
def padding_on_one_side(): ...


@mistake("arithmetic_intensity", edit={"(side + 2 * pad - k) // step + 1": "-(-(side + 2 * pad - k) // step) + 1"}, hint="The output's size is rounded up: a kernel that doesn't fit any more is left out.")
def rounded_up(): ...


@mistake("arithmetic_intensity", edit={"(side + 2 * pad - k) // step + 1": "side // step"}, hint="The output's size is taken for the input's over the stride: kernel and padding count too.")
def same_size(): ...


@mistake("arithmetic_intensity", edit={"num * channels * sides[0] * sides[1] +": "num * channels * (sides[0] + 2 * padding[0]) * (sides[1] + 2 * padding[1]) +"}, hint="The padded zeros are among the bytes: padding is not stored.")
def zeros_are_read(): ...


@mistake("arithmetic_intensity", edit={"return operations / (bytes_per_number * (read + places * out_channels))": "return bytes_per_number * (read + places * out_channels) / operations"}, hint="These are bytes for each operation: turn it round.")
def turned_round(): ...


@mistake("arithmetic_intensity", edit={"operations = 2 * places * out_channels * met": "operations = 2 * places * met"}, hint="The operations of one output channel are counted: there are C_out.")
def one_output_channel(): ...


@mistake("arithmetic_intensity", edit={"operations = 2 * places": "operations = 2 * places // num"}, hint="The operations are those of one image, the bytes those of the batch.")
def batch_left_out(): ...


@mistake("arithmetic_intensity", edit={"return operations / (": "return operations // ("}, hint="The answer is cut to a whole number.")
def a_whole_number(): ...


@mistake("arithmetic_intensity", edit={"(side + 2 * pad - k) // step + 1": "(side + 2 * pad - k + 1) // step"}, hint="In the output's size the 1 is added before the division: it comes after.")
def one_too_early(): ...


@mistake("arithmetic_intensity", edit={"(side + 2 * pad - k) // step + 1": "-(-side // step)"}, hint="The output's size is taken for the input's over the stride, rounded up: kernel and padding count too.")
def same_size_rounded_up(): ...


@mistake("arithmetic_intensity", edit={"kernel_size, stride, padding, strict": "kernel_size, stride, [padding[0]] * 2, strict"}, hint="The padding of the height is used for the width as well.")
def padding_of_height(): ...


@mistake("arithmetic_intensity", edit={"kernel_size, stride, padding, strict": "kernel_size, [stride[0]] * 2, padding, strict"}, hint="The stride of the height is used for the width as well.")
def stride_of_height(): ...


@mistake("arithmetic_intensity", edit={"zip(sides, kernel_size,": "zip(sides, kernel_size[::-1],"}, hint="The kernel's height and width are exchanged.")
def kernel_exchanged(): ...


@right("arithmetic_intensity")
def by_steps(x_shape, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), groups=1, bytes_per_number=4):
    n, c, h, w = x_shape
    kh, kw = kernel_size
    oh = (h + 2 * padding[0] - kh) // stride[0] + 1
    ow = (w + 2 * padding[1] - kw) // stride[1] + 1
    flops = 2 * n * out_channels * oh * ow * (c // groups) * kh * kw
    numbers = n * c * h * w + out_channels * (c // groups) * kh * kw + n * out_channels * oh * ow
    return flops / (numbers * bytes_per_number)


@right("arithmetic_intensity")
def by_a_layer_on_no_device(x_shape, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), groups=1, bytes_per_number=4):
    layer = nn.Conv2d(x_shape[1], out_channels, tuple(kernel_size), tuple(stride), tuple(padding), groups=groups, bias=False, device="meta")
    x = torch.empty(*x_shape, device="meta")
    out = layer(x)
    operations = 2 * out.numel() * layer.weight[0].numel()
    return operations / (bytes_per_number * sum(one.numel() for one in (x, layer.weight, out)))


@right("arithmetic_intensity")
def by_counting_positions(x_shape, out_channels, kernel_size, stride=(1, 1), padding=(0, 0), groups=1, bytes_per_number=4):
    positions = [len(range(0, s + 2 * p - k + 1, step)) for s, p, k, step in zip(x_shape[2:], padding, kernel_size, stride)]
    kernel = math.prod(kernel_size) * x_shape[1] // groups
    out = x_shape[0] * out_channels * math.prod(positions)
    moved = math.prod(x_shape) + out_channels * kernel + out
    return 2.0 * out * kernel / moved / bytes_per_number
