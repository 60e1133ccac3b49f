"""What students write in pyramids: mistakes with the hint each deserves, and other right answers."""

import math
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

NO_BIAS = "There are convolutions without a bias. Many write them so where a batch norm follows; here none does."
LONGER_SIDE = "The longer side decides. It is the root of the area, so that a long and thin box counts as a small one."
NO_FINEST = "Large boxes get the coarsest level, but small ones get levels below the finest, where there is none."
TOO_WIDE = "With `fast` each window is two too large, so what follows reaches too far. From a to b it takes b - a and a little more: how much? Try it on 3 and 5."
SOFTMAX_FOR_FAST = "The fast form has a softmax. It is there to do without: negative weights count as 0, and the rest is divided by its sum."
EPSILON_ON_EACH = "Epsilon is added to each weight. It stands once, beside the sum."
ANY_METHOD = "Any other word is taken for `method`. One that isn't known is a ValueError."
AVERAGED = "The windows are averaged. Here it is their maximum."
CUT_OFF = "The weights are cut off from the graph, so they can't be learned."
EXACT = "The mode nearest-exact takes from where the middle of the new place lies. The mode here is nearest: place i of 5 takes from i · 3 / 5, rounded down."
PLAIN_LIST = "The maps come out in another kind of container: an OrderedDict with the names that came in is wanted."
ONE_FOR_ALL = "All levels share one convolution. Each has its own: make a new one for each."
ZERO_AROUND = "Zeros are put around the map, and where all values are negative a zero is the largest. What lies outside of the map takes no part."
IN_PLACE = "An input is changed in place, and the caller still needs it: make a new tensor."

# FeaturePyramid


@mistake("FeaturePyramid", edit={"levels.append(layer(merged))": "merged = layer(merged)\n            levels.append(merged)"}, hint="What goes on to the next finer level has been through the 3 × 3 convolution. Two things leave a level: which of them goes out, and which goes on?")
def SmoothedGoesOn(): ...


@mistake("FeaturePyramid", edit={"size=lateral.shape[2:]": "scale_factor=2"}, hint="The coarser map is enlarged by two. The finer one needn't be twice as large: which size has the result to have?")
def EnlargedByTwo(): ...


@mistake("FeaturePyramid", edit={"size=lateral.shape[2:]": 'size=lateral.shape[2:], mode="bilinear"'}, hint="The coarser map is enlarged with values between its own. Here each place of the finer map takes one value of the coarser one, as it is.")
def EnlargedBilinearly(): ...


@mistake("FeaturePyramid", edit={"nn.Conv2d(channels, out_channels, 1)": "nn.Conv2d(channels, out_channels, 1, bias=False)", "3, padding=1)": "3, padding=1, bias=False)"}, hint=NO_BIAS)
def PyramidWithoutBiases(): ...


@mistake("FeaturePyramid", edit={"zip(maps, reversed(levels), strict=True)": "zip(maps, levels, strict=True)"}, hint="The results were made coarsest first, and come out under the names of the maps that came in, finest first. One of the two has to be turned round.")
def CoarsestUnderTheFinestName(): ...


@mistake("FeaturePyramid", edit={"OrderedDict(zip(maps, reversed(levels), strict=True))": "OrderedDict(zip(reversed(maps), levels, strict=True))"}, hint="Names and maps belong together, but they come out coarsest first. They come in finest first, and so they go out.")
def CoarsestFirst(): ...


@mistake("FeaturePyramid", edit={"OrderedDict(zip(maps, reversed(levels), strict=True))": "OrderedDict((str(i), one) for i, one in enumerate(reversed(levels)))"}, hint="The maps come out under numbers. They keep the names under which they came.")
def NumbersForNames(): ...


@mistake("FeaturePyramid", edit={"levels[0][:, :, ::2, ::2]": "F.max_pool2d(levels[0], 2, ceil_mode=True)"}, hint="The level more is a maximum of four places. It is each second row and column as they are: torchvision's max pooling there has a window of 1.")
def PoolOfFour(): ...


@mistake("FeaturePyramid", edit={"levels[0][:, :, ::2, ::2]": "F.avg_pool2d(levels[0], 2, ceil_mode=True)"}, hint="The level more is a mean of four places. It is each second row and column as they are.")
def MeanOfFour(): ...


@mistake("FeaturePyramid", edit={"levels[0][:, :, ::2, ::2]": "levels[-1][:, :, ::2, ::2]"}, hint="The level more is made of the finest map. It is for objects larger than any other level's: which map is it made of?")
def PoolOfTheFinest(): ...


@mistake("FeaturePyramid", edit={"levels[0][:, :, ::2, ::2]": "self.inner_blocks[-1](list(maps.values())[-1])[:, :, ::2, ::2]"}, hint="The level more is made of the map before its 3 × 3 convolution. It is made of the one that comes out.")
def PoolBeforeSmoothing(): ...


@mistake("FeaturePyramid", edit={"3, padding=1)": "3)"}, hint="The 3 × 3 convolution has no padding, so each map loses a frame of a pixel.")
def PyramidWithoutPadding(): ...


@mistake("FeaturePyramid", edit={"layer(merged)": "merged"}, hint="The sums go out as they are: the 3 × 3 convolutions are stored and never used.")
def NothingSmoothed(): ...


@mistake("FeaturePyramid", edit={"lateral = inner(x)": "lateral = F.relu(inner(x))"}, hint="There is an activation behind the lateral convolution. The pyramid is linear: it has none.")
def PyramidWithRelu(): ...


@mistake("FeaturePyramid", edit={"nn.Sequential(lateral)": "lateral", "nn.Sequential(smooth)": "smooth"}, hint="The convolutions stand in the list themselves, so their names lack a number: inner_blocks.0.weight, where inner_blocks.0.0.weight is wanted.")
def NamesWithoutTheSequence(): ...


@mistake("FeaturePyramid", edit={"for channels in in_channels:": "smooth = nn.Conv2d(out_channels, out_channels, 3, padding=1)\n        for channels in in_channels:", "            smooth = nn.Conv2d(out_channels, out_channels, 3, padding=1)\n": ""}, hint=ONE_FOR_ALL)
def OneSmoothForAll(): ...


@mistake("FeaturePyramid", edit={"lateral + F.interpolate(merged, size=lateral.shape[2:])": "torch.maximum(lateral, F.interpolate(merged, size=lateral.shape[2:]))"}, hint="The larger of the two maps is taken at each place. They are added.")
def LargerInPlaceOfSum(): ...


@mistake("FeaturePyramid", edit={"lateral + F.interpolate(merged, size=lateral.shape[2:])": "(lateral + F.interpolate(merged, size=lateral.shape[2:])) / 2"}, hint="The two maps are averaged. They are added.")
def MeanInPlaceOfSum(): ...


@mistake("FeaturePyramid", edit={"lateral + F.interpolate(merged, size=lateral.shape[2:])": "lateral"}, hint="Nothing comes down from the coarser levels: each map goes through on its own.")
def NothingComesDown(): ...


@mistake("FeaturePyramid", edit={"F.interpolate(merged, size=lateral.shape[2:])": "F.interpolate(merged, size=lateral.shape[2:]).detach()"}, hint="What comes down from the coarser level is cut off from the graph, so coarse levels learn nothing from fine ones.")
def PyramidDetaches(): ...


@mistake("FeaturePyramid", edit={"        return out\n": "        return dict(out)\n"}, hint=PLAIN_LIST)
def PlainDict(): ...


@mistake("FeaturePyramid", edit={"        blocks = zip(": "        maps = dict(sorted(maps.items()))\n        blocks = zip("}, hint="The maps are sorted by name. Their order is the one in which they come, and names say nothing.")
def SortedByName(): ...


@mistake("FeaturePyramid", edit={'levels.append(layer(merged))': 'levels.append(layer(merged) if levels else merged)'}, hint="The coarsest map goes out as it is. Each level has a 3 × 3 convolution, the coarsest too.")
def CoarsestNotSmoothed(): ...


@mistake("FeaturePyramid", edit={'        return out\n': '        maps.update(out)\n        return maps\n'}, hint="The dict that came in is written into, and the caller still needs it: make a new one.")
def MapsUpdated(): ...


@mistake("FeaturePyramid", edit={'size=lateral.shape[2:]': 'size=lateral.shape[2:], mode="nearest-exact"'}, hint=EXACT)
def PyramidNearestExact(): ...


@mistake("FeaturePyramid", edit={'nn.Conv2d(channels, out_channels, 1)': 'nn.Conv2d(channels, out_channels, 1, bias=False)'}, hint=NO_BIAS)
def LateralWithoutBias(): ...


@mistake("FeaturePyramid", edit={'3, padding=1)': '3, padding=1, bias=False)'}, hint=NO_BIAS)
def SmoothWithoutBias(): ...


@mistake("FeaturePyramid", edit={'3, padding=1)': '3, padding=1, padding_mode="replicate")'}, hint="The frame around each map is made of copies of its border. nn.Conv2d pads with zeros where nothing else is said.")
def PaddedWithCopies(): ...


@mistake("FeaturePyramid", edit={'levels[0][:, :, ::2, ::2]': 'levels[0][:, :, 1::2, 1::2]'}, hint="The level more begins with the second row and column. It takes each second one from the first on.")
def PoolFromTheSecond(): ...


@mistake("FeaturePyramid", edit={'            self.inner_blocks.append(': '            for one in (lateral, smooth):\n                nn.init.kaiming_uniform_(one.weight, a=1)\n                nn.init.zeros_(one.bias)\n            self.inner_blocks.append('}, hint="The weights start as in torchvision's pyramid, with biases of 0. Here they are left as nn.Conv2d makes them.")
def StartsAsInTorchvision(): ...


@mistake("FeaturePyramid", edit={'F.interpolate(merged, size=lateral.shape[2:])': 'F.interpolate(merged, scale_factor=2)[:, :, : lateral.shape[2], : lateral.shape[3]]'}, hint="The coarser map is enlarged by two, and what is too much is cut off. Enlarged to the size of the finer one, other places meet: look at the row of 5 in the text.")
def EnlargedByTwoAndCut(): ...


@right("FeaturePyramid")
class PyramidByIndex(nn.Module):
    """The way of torchvision: a list that grows at its front."""

    def __init__(self, in_channels, out_channels, pool=False):
        super().__init__()
        self.pool = pool
        self.inner_blocks = nn.ModuleList([nn.Sequential(nn.Conv2d(c, out_channels, kernel_size=1)) for c in in_channels])
        self.layer_blocks = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1)) for _ in in_channels]
        )

    def forward(self, maps):
        names, x = list(maps.keys()), list(maps.values())
        last = self.inner_blocks[-1](x[-1])
        results = [self.layer_blocks[-1](last)]
        for i in range(len(x) - 2, -1, -1):
            here = self.inner_blocks[i](x[i])
            last = here + F.interpolate(last, size=here.shape[-2:], mode="nearest")
            results.insert(0, self.layer_blocks[i](last))
        if self.pool:
            names.append("pool")
            results.append(F.max_pool2d(results[-1], kernel_size=1, stride=2))
        return OrderedDict(zip(names, results, strict=True))


@right("FeaturePyramid")
class PyramidByIndexing(nn.Module):
    """Each place looks up the place of the coarser map that it takes from."""

    def __init__(self, in_channels, out_channels, pool=False):
        super().__init__()
        self.inner_blocks = nn.ModuleList()
        self.layer_blocks = nn.ModuleList()
        self.has_pool = pool
        for c in in_channels:
            self.inner_blocks.append(nn.Sequential(nn.Conv2d(c, out_channels, 1)))
            self.layer_blocks.append(nn.Sequential(nn.Conv2d(out_channels, out_channels, 3, 1, 1)))

    @staticmethod
    def enlarged(coarse, size):
        rows = torch.arange(size[0], device=coarse.device) * coarse.shape[2] // size[0]
        columns = torch.arange(size[1], device=coarse.device) * coarse.shape[3] // size[1]
        return coarse[:, :, rows][:, :, :, columns]

    def forward(self, maps):
        sums = [inner(x) for inner, x in zip(self.inner_blocks, maps.values(), strict=True)]
        for i in reversed(range(len(sums) - 1)):
            sums[i] = sums[i] + self.enlarged(sums[i + 1], sums[i].shape[2:])
        out = OrderedDict()
        for name, layer, x in zip(maps, self.layer_blocks, sums, strict=True):
            out[name] = layer(x)
        if self.has_pool:
            out["pool"] = out[name][..., ::2, ::2]
        return out


@right("FeaturePyramid")
class PyramidByRecursion(nn.Module):
    def __init__(self, in_channels: list, out_channels: int, pool: bool = False):
        super().__init__()
        self.pool = pool
        inner, layer = [], []
        for width in in_channels:
            inner += [nn.Sequential(nn.Conv2d(width, out_channels, (1, 1)))]
            layer += [nn.Sequential(nn.Conv2d(out_channels, out_channels, (3, 3), padding="same"))]
        self.inner_blocks, self.layer_blocks = nn.ModuleList(inner), nn.ModuleList(layer)

    def merged(self, x, i):
        here = self.inner_blocks[i](x[i])
        if i + 1 == len(x):
            return here
        return here + F.interpolate(self.merged(x, i + 1), size=here.size()[2:])

    def forward(self, maps):
        x = list(maps.values())
        out = OrderedDict((name, self.layer_blocks[i](self.merged(x, i))) for i, name in enumerate(maps))
        if self.pool:
            out["pool"] = next(reversed(out.values()))[:, :, ::2, ::2].clone()
        return out


# assign_level


@mistake("assign_level", edit={"(boxes[:, 2:] - boxes[:, :2]).prod": "(boxes[:, 2:] - boxes[:, :2] + 1).prod"}, hint="A width is right - left: with one pixel more, a box from 0 to 112 would be 113 wide.")
def one_pixel_more(): ...


@mistake("assign_level", edit={".prod(dim=1).sqrt()": ".prod(dim=1)"}, hint="The area is compared with a side. Its root is a length.")
def area_for_its_root(): ...


@mistake("assign_level", edit={"torch.log2(": "torch.log("}, hint="This is the natural logarithm. A level is a doubling: the logarithm to the base of 2.")
def natural_logarithm(): ...


@mistake("assign_level", edit={"1e-6).floor()": "1e-6).round()"}, hint="The level is rounded to the nearest. It is rounded down: a box reaches the next level when its root has doubled, not before.")
def rounded_to_the_nearest(): ...


@mistake("assign_level", edit={"1e-6).floor()": "1e-6).ceil()"}, hint="The level is rounded up. It is rounded down.")
def rounded_up(): ...


@mistake("assign_level", edit={"1e-6).floor()": "1e-6).trunc()"}, hint="The level is rounded towards zero, which is upwards where it is negative. It is rounded down.")
def rounded_towards_zero(): ...


@mistake("assign_level", edit={".prod(dim=1).sqrt()": ".amax(dim=1)"}, hint=LONGER_SIDE)
def longer_side(): ...


@mistake("assign_level", edit={".prod(dim=1).sqrt()": ".amin(dim=1)"}, hint="The shorter side decides. It is the root of the area.")
def shorter_side(): ...


@mistake("assign_level", edit={".prod(dim=1).sqrt()": ".mean(dim=1)"}, hint="The mean of width and height decides. It is the root of their product.")
def mean_of_the_sides(): ...


@mistake("assign_level", edit={".prod(dim=1).sqrt()": ".norm(dim=1)"}, hint="The diagonal decides. It is the root of the area.")
def diagonal(): ...


@mistake("assign_level", edit={"(boxes[:, 2:] - boxes[:, :2]).prod": "boxes[:, 2:].prod"}, hint="The lower right corner is taken for width and height. The boxes are left, top, right, bottom: what is a width?")
def corner_for_a_size(): ...


@mistake("assign_level", edit={".clamp(k_min, k_max)": ""}, hint="Boxes that are very small or very large get levels that don't exist. And minus infinity is no whole number at all: k_min to k_max are all there is.")
def no_last_level(): ...


@mistake("assign_level", edit={".clamp(k_min, k_max)": ".clamp(max=k_max)"}, hint=NO_FINEST)
def no_finest_level(): ...


@mistake("assign_level", edit={" + 1e-6).floor()": ").floor()"}, hint="The level is rounded down as it is, so one that is below a whole number by an error of rounding alone falls a whole level. What is added before?")
def no_millionth(): ...


@mistake("assign_level", edit={"1e-6).floor()": "1e-3).floor()"}, hint="What is added before rounding down is too much: boxes that are clearly below a bound count as on it. It is a millionth.")
def a_thousandth(): ...


@mistake("assign_level", edit={".clamp(k_min, k_max).long()": ".clamp(k_min, k_max).long() - k_min"}, hint="The levels are counted from 0, the finest. Here a level is called by its own number, k_min for the finest.")
def counted_from_zero(): ...


@mistake("assign_level", edit={".clamp(k_min, k_max).long()": ".clamp(k_min, k_max)"}, hint="The levels are floats. They will be used as indices: int64.")
def float_levels(): ...


@mistake("assign_level", edit={'.prod(dim=1).sqrt()': '.prod(dim=1).clamp(min=1e-6).sqrt()'}, hint="An area of 0 is replaced by a small one, which has a level of its own. No area belongs to k_min, however far down that lies.")
def area_at_least_a_millionth(): ...


@mistake("assign_level", edit={'torch.log2(roots / side)': 'torch.log2(roots**2 / side**2)'}, hint="An area is compared with an area, so that a doubling of the side counts as two levels. It is one.")
def area_by_area(): ...


@mistake("assign_level", edit={'levels = (k_middle + torch.log2(roots / side) + 1e-6).floor()': 'levels = k_middle + (torch.log2(roots / side) + 1e-6).floor().clamp(k_min, k_max)'}, hint="What is held between k_min and k_max isn't the level yet: k_middle is added afterwards.")
def cut_off_before_the_middle(): ...


@mistake("assign_level", edit={'levels.clamp(k_min, k_max).long()': '(levels.long() - k_min).clamp(0, k_max - k_min) + k_min'}, hint="Minus infinity is turned into an int64, and there is none: what comes out is reckoned on with, and overflows.")
def int64_first(): ...


@mistake("assign_level", edit={'roots / side': 'side / roots'}, hint="Large boxes get the fine levels: the ratio is upside down.")
def upside_down(): ...


@mistake("assign_level", edit={'roots = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1).sqrt()': 'sizes = boxes[:, 2:] - boxes[:, :2]\n    roots = sizes.amax(dim=1) * (sizes.prod(dim=1) > 0)'}, hint=LONGER_SIDE)
def longer_side_of_an_area(): ...


@mistake("assign_level", edit={'torch.log2(roots / side)': 'torch.log2(torch.where(roots > 0, roots, side) / side)'}, hint="A box without an area is taken for one of side × side. It belongs to level k_min.")
def no_area_in_the_middle(): ...


@mistake("assign_level", edit={'levels.clamp(k_min, k_max).long()': 'torch.where(roots > 0, levels, float(k_min)).clamp(max=k_max).long()'}, hint=NO_FINEST)
def no_finest_level_but_for_no_area(): ...


@mistake("assign_level", edit={'torch.log2(roots / side) + 1e-6': 'torch.log2((roots + 1e-6) / side)'}, hint="The millionth is added to the root. It is added to the level, behind the logarithm.")
def millionth_to_the_root(): ...


@right("assign_level")
def by_counting_bounds(boxes, k_min=2, k_max=5, k_middle=4, side=224.0):
    """How many bounds the root has reached, with bounds a hair lower."""
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    steps = torch.arange(k_min + 1, k_max + 1, device=boxes.device, dtype=torch.float64)
    bounds = side * 2 ** (steps - k_middle - 1e-6)
    return k_min + ((wide * high).double().sqrt()[:, None] >= bounds).sum(dim=1)


@right("assign_level")
def by_half_the_logarithm_of_the_area(boxes, k_min=2, k_max=5, k_middle=4, side=224.0):
    left, top, right, bottom = boxes.unbind(dim=1)
    area = (right - left) * (bottom - top)
    exact = k_middle + torch.log2(area / side**2) / 2
    return torch.floor(exact + 1e-6).clamp(min=k_min, max=k_max).to(torch.int64)


@right("assign_level")
def by_the_natural_logarithm(boxes, k_min=2, k_max=5, k_middle=4, side=224.0):
    sizes = boxes[:, 2:4] - boxes[:, 0:2]
    roots = torch.sqrt(sizes[:, 0] * sizes[:, 1])
    levels = k_middle + torch.log(roots / side) / math.log(2) + 1e-6
    levels = torch.where(roots > 0, levels, torch.full_like(levels, float(k_min)))
    return torch.clamp(torch.floor(levels), k_min, k_max).long()


# PathAggregation


@mistake("PathAggregation", edit={"last = out[name] = F.relu(fuse(both))": "out[name] = F.relu(fuse(both))\n            last = level"}, hint="Each step up starts from the pyramid's map below, so nothing comes further than one level. Where should it start?")
def StartsFromThePyramid(): ...


@mistake("PathAggregation", edit={"F.relu(down(last))": "down(last)"}, hint="A ReLU stands behind one of the two convolutions only: it is missing behind that with the stride.")
def NoReluBelow(): ...


@mistake("PathAggregation", edit={"F.relu(fuse(both))": "fuse(both)"}, hint="A ReLU stands behind one of the two convolutions only: it is missing behind the second.")
def NoReluAbove(): ...


@mistake("PathAggregation", edit={"F.relu(fuse(both))": "fuse(both)", "F.relu(down(last))": "down(last)"}, hint="There is no ReLU anywhere: one stands behind each convolution.")
def NoReluAtAll(): ...


@mistake("PathAggregation", edit={"torch.cat([below, level], dim=1)": "torch.cat([level, below], dim=1)"}, hint="The two maps are concatenated the other way round. What comes from the finer level stands first.")
def OtherWayRound(): ...


@mistake("PathAggregation", edit={"out = OrderedDict({first: last})": "last = F.relu(last)\n        out = OrderedDict({first: last})"}, hint="Something is done to the finest map. It goes out as it came, and the first step starts from it.")
def FinestThroughRelu(): ...


@mistake("PathAggregation", edit={"F.relu(down(last))": "F.relu(F.max_pool2d(F.conv2d(last, down.weight, down.bias, padding=1), 2, ceil_mode=True))"}, hint="The map is made smaller by a pooling. Here the convolution itself has a stride of 2.")
def SmallerByPooling(): ...


@mistake("PathAggregation", edit={"wide = channels if join == \"add\" else 2 * channels": "wide = channels"}, hint="The second convolution takes `channels` in both cases. How many are there when two maps are concatenated?")
def ForgetsTheSecondHalf(): ...


@mistake("PathAggregation", edit={"nn.Conv2d(wide, channels, 3, padding=1)": "nn.Conv2d(wide, wide, 3, padding=1)"}, hint="Where maps are concatenated, twice as many channels come out of the second convolution: each map that goes out has as many as those that came.")
def StaysWide(): ...


@mistake("PathAggregation", edit={"for _ in range(num_levels - 1):": "for _ in range(num_levels):", "zip(rest, self.down_blocks, self.out_blocks, strict=True)": "zip(rest, self.down_blocks, self.out_blocks)"}, hint="There is a pair of convolutions for each level. One is made for each step, and there is one step less than there are levels.")
def APairTooMany(): ...


@mistake("PathAggregation", edit={"        for _ in range(num_levels - 1):\n": "        fuse = nn.Conv2d(wide, channels, 3, padding=1)\n        for _ in range(num_levels - 1):\n", "self.out_blocks.append(nn.Conv2d(wide, channels, 3, padding=1))": "self.out_blocks.append(fuse)"}, hint=ONE_FOR_ALL)
def OneFuseForAll(): ...


@mistake("PathAggregation", edit={"both = below + level": "both = (below + level) / 2"}, hint="The two maps are averaged. They are added.")
def MeanOfBoth(): ...


@mistake("PathAggregation", edit={"both = below + level": "both = level.add_(below)"}, hint=IN_PLACE)
def AddsInPlace(): ...


@mistake("PathAggregation", edit={"both = below + level": "both = below"}, hint="The pyramid's own map is left out, so coarse levels lose what they knew: it is joined with what comes from below.")
def ForgetsThePyramid(): ...


@mistake("PathAggregation", edit={"stride=2, padding=1)": "stride=2)"}, hint="The convolution with the stride has no padding: from 5 it makes 2, and half of 5, rounded up, is 3.")
def StrideWithoutPadding(): ...


@mistake("PathAggregation", edit={"last = out[name] = F.relu(fuse(both))": "last = both\n            out[name] = F.relu(fuse(both))"}, hint="The next step starts from the joined maps, before the second convolution. It starts from the level's result.")
def StartsFromTheJoined(): ...


@mistake("PathAggregation", edit={"        return out\n": "        return dict(out)\n"}, hint=PLAIN_LIST)
def PathInAPlainDict(): ...


@mistake("PathAggregation", edit={"stride=2, padding=1)": "stride=2, padding=1, bias=False)", "nn.Conv2d(wide, channels, 3, padding=1)": "nn.Conv2d(wide, channels, 3, padding=1, bias=False)"}, hint=NO_BIAS)
def PathWithoutBiases(): ...


@mistake("PathAggregation", edit={'if join not in ("add", "concat"):\n            raise ValueError(f"join is add or concat, not {join!r}")': "pass"}, hint="Any word is taken for `join`. One that isn't known is a ValueError, when the module is made.")
def TakesAnyWord(): ...


@mistake("PathAggregation", edit={"F.relu(down(last))": "F.relu(down(last)).detach()"}, hint="What comes from below is cut off from the graph, so nothing below can learn from it.")
def PathDetaches(): ...


@mistake("PathAggregation", edit={'last = out[name] = F.relu(fuse(both))': 'out[name] = F.relu(fuse(both))\n            last = below'}, hint="The next step starts from the map that was just made smaller, before it was joined with anything. It starts from the level's result.")
def StartsFromTheSmaller(): ...


@mistake("PathAggregation", edit={'        return out\n': '        return OrderedDict(reversed(out.items()))\n'}, hint="The maps come out coarsest first. They come in finest first, and so they go out.")
def PathCoarsestFirst(): ...


@mistake("PathAggregation", edit={'stride=2, padding=1)': 'stride=2, padding=1, bias=False)'}, hint=NO_BIAS)
def DownWithoutBias(): ...


@mistake("PathAggregation", edit={'nn.Conv2d(wide, channels, 3, padding=1)': 'nn.Conv2d(wide, channels, 3, padding=1, bias=False)'}, hint=NO_BIAS)
def OutWithoutBias(): ...


@mistake("PathAggregation", edit={'F.relu(fuse(both))': 'F.relu(self.out_blocks[0](both))'}, hint="Each step goes through the same out_blocks.0. There is one for each step.")
def AlwaysTheFirstFuse(): ...


@mistake("PathAggregation", edit={'F.relu(down(last))': 'F.relu(self.down_blocks[0](last))'}, hint="Each step goes through the same down_blocks.0. There is one for each step.")
def AlwaysTheFirstDown(): ...


@mistake("PathAggregation", edit={'both = below + level': 'both = below + F.relu(level)'}, hint="The pyramid's map goes through a ReLU before it is added. A ReLU stands behind each convolution, and nowhere else.")
def PyramidThroughRelu(): ...


@mistake("PathAggregation", edit={'both = below + level': 'both = below + F.relu_(level)'}, hint="The pyramid's map goes through a ReLU before it is added, and in place: the caller's map is changed. A ReLU stands behind each convolution, and nowhere else.")
def PyramidThroughReluInPlace(): ...


@mistake("PathAggregation", edit={'F.relu(fuse(both))': 'F.relu(fuse(F.relu(both)))'}, hint="There is a third ReLU, on what is joined. One stands behind each convolution, and nowhere else.")
def ReluOnWhatIsJoined(): ...


@right("PathAggregation")
class PathByIndex(nn.Module):
    def __init__(self, channels, num_levels, join="add"):
        super().__init__()
        if join == "add":
            taken = channels
        elif join == "concat":
            taken = channels * 2
        else:
            raise ValueError(join)
        self.join = join
        steps = range(num_levels - 1)
        self.down_blocks = nn.ModuleList([nn.Conv2d(channels, channels, 3, 2, 1) for _ in steps])
        self.out_blocks = nn.ModuleList([nn.Conv2d(taken, channels, 3, 1, 1) for _ in steps])

    def forward(self, levels):
        names, results = list(levels), list(levels.values())
        for i in range(len(self.down_blocks)):
            small = torch.relu(self.down_blocks[i](results[i]))
            parts = [small, results[i + 1]]
            joined = sum(parts) if self.join == "add" else torch.cat(parts, 1)
            results[i + 1] = torch.relu(self.out_blocks[i](joined))
        return OrderedDict(zip(names, results, strict=True))


@right("PathAggregation")
class PathByRecursion(nn.Module):
    """The result of a level asks for that of the one below."""

    def __init__(self, channels, num_levels, join="add"):
        super().__init__()
        self.times = {"add": 1, "concat": 2}.get(join, 0)
        if not self.times:
            raise ValueError(f"unknown way to join: {join}")
        self.down_blocks, self.out_blocks = nn.ModuleList(), nn.ModuleList()
        for _ in range(1, num_levels):
            self.down_blocks.append(nn.Conv2d(channels, channels, (3, 3), stride=(2, 2), padding=(1, 1)))
            self.out_blocks.append(nn.Conv2d(self.times * channels, channels, (3, 3), padding="same"))

    def result(self, maps, i):
        if i == 0:
            return maps[0]
        small = self.down_blocks[i - 1](self.result(maps, i - 1)).clamp(min=0)
        joined = small + maps[i] if self.times == 1 else torch.cat((small, maps[i]), dim=1)
        return self.out_blocks[i - 1](joined).clamp(min=0)

    def forward(self, levels):
        maps = list(levels.values())
        return OrderedDict((name, self.result(maps, i)) for i, name in enumerate(levels))


@right("PathAggregation")
class PathByTwoHalves(nn.Module):
    """Concatenating as a sum of two convolutions, each with its half of the weights."""

    def __init__(self, channels, num_levels, join="add"):
        super().__init__()
        if join not in {"add", "concat"}:
            raise ValueError("join")
        self.half = channels if join == "concat" else 0
        self.down_blocks, self.out_blocks = nn.ModuleList(), nn.ModuleList()
        for _ in range(num_levels - 1):
            self.down_blocks.append(nn.Conv2d(channels, channels, 3, stride=2, padding=1))
            self.out_blocks.append(nn.Conv2d(channels + self.half, channels, 3, padding=1))

    def forward(self, levels):
        items = iter(levels.items())
        name, x = next(items)
        out = OrderedDict([(name, x)])
        for step, (name, level) in enumerate(items):
            small, fuse = F.relu(self.down_blocks[step](x)), self.out_blocks[step]
            if self.half:
                x = F.conv2d(small, fuse.weight[:, : self.half], fuse.bias, padding=1)
                x = F.relu(x + F.conv2d(level, fuse.weight[:, self.half :], padding=1))
            else:
                x = F.relu(fuse(level + small))
            out[name] = x
        return out


# SpatialPyramidPooling


@mistake("SpatialPyramidPooling", edit={"F.max_pool2d(start, window, stride=1, padding=window // 2)": "F.max_pool2d(F.pad(start, (window // 2,) * 4), window, stride=1)"}, hint=ZERO_AROUND)
def ZerosAround(): ...


@mistake("SpatialPyramidPooling", edit={"F.max_pool2d(start, window, stride=1, padding=window // 2)": "F.avg_pool2d(start, window, stride=1, padding=window // 2)"}, hint=AVERAGED)
def MeansOfWindows(): ...


@mistake("SpatialPyramidPooling", edit={"torch.cat(maps, dim=1)": "torch.cat(maps[::-1], dim=1)"}, hint="The maps are concatenated from the largest window to the smallest, the map itself last. It is the other way round.")
def LargestFirst(): ...


@mistake("SpatialPyramidPooling", edit={"torch.cat(maps, dim=1)": "torch.cat([*maps[1:], maps[0]], dim=1)"}, hint="The map itself stands behind its maxima. It comes first.")
def ItselfLast(): ...


@mistake("SpatialPyramidPooling", edit={"hidden_channels * (1 + len(kernel_sizes))": "hidden_channels * len(kernel_sizes)", "torch.cat(maps, dim=1)": "torch.cat(maps[1:], dim=1)"}, hint="Only the maxima are joined. The map that cv1 makes is one of those that cv2 gets.")
def WithoutItself(): ...


@mistake("SpatialPyramidPooling", edit={"whole = (maps[0], size)": "whole = (maps[-1], size)"}, hint="Without `fast`, windows of full size follow one another, so the last one reaches much too far: each starts from what cv1 makes.")
def SlowInARow(): ...


@mistake("SpatialPyramidPooling", edit={"size - done + 1) if": "size) if"}, hint="With `fast`, windows of full size follow one another, so they reach too far. How far does a window have to reach if the map before it reached so far already?")
def FastOfFullSize(): ...


@mistake("SpatialPyramidPooling", edit={"size - done + 1) if": "self.kernel_sizes[0]) if"}, hint="With `fast` the first window is taken each time. For 5, 9 and 13 this is right; for 3, 9 and 11 it isn't: how much is missing from one window to the next?")
def FastOfFirstSize(): ...


@mistake("SpatialPyramidPooling", edit={"size - done + 1) if": "size - done + 1 + (done > 1) * 2) if"}, hint=TOO_WIDE)
def FastTooWide(): ...


@mistake("SpatialPyramidPooling", edit={"(maps[-1], size - done + 1) if self.fast else whole": "whole"}, hint="`fast` makes no difference: all windows start from the same map. The numbers are right, the work is not less.")
def NeverFast(): ...


@mistake("SpatialPyramidPooling", edit={"stride=1, padding=window // 2": "stride=1"}, hint="Nothing is put around the map, so each window makes it smaller, and maps of different sizes can't be joined.")
def NothingAround(): ...


@mistake("SpatialPyramidPooling", edit={"stride=1, padding=window // 2": "padding=window // 2"}, hint="The pooling has no stride given, and PyTorch then takes the window's side. What stride keeps the size of the map?")
def StrideOfTheWindow(): ...


@mistake("SpatialPyramidPooling", edit={"maps, done = [self.cv1(x)], 1": "maps, done = [F.relu(self.cv1(x))], 1"}, hint="There is an activation behind cv1. Here the convolutions stand alone.")
def ActivationBetween(): ...


@mistake("SpatialPyramidPooling", edit={"if any(size % 2 == 0 for size in kernel_sizes):\n            raise ValueError(f\"windows have odd sides, not {kernel_sizes}\")": "pass"}, hint="Even windows are accepted. They have no middle, and the map would grow: ValueError, when the module is made.")
def EvenWindows(): ...


@mistake("SpatialPyramidPooling", edit={"(1 + len(kernel_sizes))": "4"}, hint="cv2 takes four maps, whatever kernel_sizes says. How many are joined?")
def AlwaysFour(): ...


@mistake("SpatialPyramidPooling", edit={"in_channels, hidden_channels, 1)": "in_channels, hidden_channels, 1, bias=False)", "joined, out_channels, 1)": "joined, out_channels, 1, bias=False)"}, hint=NO_BIAS)
def PoolingWithoutBiases(): ...


@mistake("SpatialPyramidPooling", edit={"maps.append(F.max_pool2d(start": "maps.append(F.max_pool2d(start.abs()"}, hint="The maximum is taken of absolute values.")
def MaximumOfAbsolutes(): ...


@mistake("SpatialPyramidPooling", edit={"torch.cat(maps, dim=1)": "torch.stack(maps, dim=2).flatten(1, 2)"}, hint="The channels of the maps are mixed: channel 0 of each, then channel 1 of each. One whole map follows the other.")
def ChannelsInTurn(): ...


@mistake("SpatialPyramidPooling", edit={"maps.append(F.max_pool2d(start, window, stride=1, padding=window // 2))": "maps.append(F.max_pool2d(start.detach(), window, stride=1, padding=window // 2))"}, hint="The maxima are cut off from the graph, so nothing before them learns from them.")
def PoolingDetaches(): ...


@mistake("SpatialPyramidPooling", edit={'(maps[-1], size - done + 1) if': '(maps[0], size - done + 1) if'}, hint="With `fast` the small windows all start from what cv1 makes, so none of them reaches far. Where does each of them start?")
def FastFromTheMapItself(): ...


@mistake("SpatialPyramidPooling", edit={'any(size % 2 == 0 for size in kernel_sizes)': 'kernel_sizes[0] % 2 == 0'}, hint="Only the first window is looked at. Any of them may be even.")
def OnlyTheFirstWindowLookedAt(): ...


@mistake("SpatialPyramidPooling", edit={'F.max_pool2d(start, window, stride=1, padding=window // 2)': 'F.avg_pool2d(start, window, stride=1, padding=window // 2, count_include_pad=False)'}, hint=AVERAGED)
def MeansOfWhatIsInside(): ...


@mistake("SpatialPyramidPooling", edit={'in_channels, hidden_channels, 1)': 'in_channels, hidden_channels, 1, bias=False)'}, hint=NO_BIAS)
def FirstWithoutBias(): ...


@mistake("SpatialPyramidPooling", edit={'joined, out_channels, 1)': 'joined, out_channels, 1, bias=False)'}, hint=NO_BIAS)
def SecondWithoutBias(): ...


@mistake("SpatialPyramidPooling", edit={'self.cv2(torch.cat(maps, dim=1))': 'F.relu(self.cv2(torch.cat(maps, dim=1)))'}, hint="There is an activation behind cv2. Here the convolutions stand alone.")
def ActivationBehind(): ...


@mistake("SpatialPyramidPooling", edit={'torch.cat(maps, dim=1)': 'torch.cat([maps[0], *maps[:0:-1]], dim=1)'}, hint="The maxima are joined from the largest window to the smallest. They come in the order of kernel_sizes.")
def LargestWindowFirst(): ...


@mistake("SpatialPyramidPooling", edit={'maps.append(F.max_pool2d(start, window, stride=1, padding=window // 2))': 'window = min(window, *start.shape[2:])\n            pooled = F.max_pool2d(start, window, stride=1, padding=window // 2)\n            maps.append(pooled[..., : start.shape[2], : start.shape[3]])'}, hint="Windows are cut to the size of the map, so they reach less far, and an even one is not centred. A window may be larger than the map: what lies outside takes no part.")
def WindowsCutToTheMap(): ...


@mistake("SpatialPyramidPooling", edit={'size - done + 1) if': 'size - done + 3) if'}, hint=TOO_WIDE)
def FastTwoTooWide(): ...


@right("SpatialPyramidPooling")
class PoolingByLayers(nn.Module):
    def __init__(self, in_channels, hidden_channels, out_channels, kernel_sizes=(5, 9, 13), fast=False):
        super().__init__()
        for k in kernel_sizes:
            if k % 2 != 1:
                raise ValueError(f"even window {k}")
        self.fast = fast
        self.cv1 = nn.Conv2d(in_channels, hidden_channels, 1)
        self.cv2 = nn.Conv2d(hidden_channels * (len(kernel_sizes) + 1), out_channels, 1)
        before = [1, *kernel_sizes]
        sizes = [k - b + 1 for k, b in zip(kernel_sizes, before, strict=False)] if fast else kernel_sizes
        self.pools = nn.ModuleList([nn.MaxPool2d(k, stride=1, padding=(k - 1) // 2) for k in sizes])

    def forward(self, x):
        x = self.cv1(x)
        out = [x]
        for pool in self.pools:
            out.append(pool(out[-1] if self.fast else x))
        return self.cv2(torch.cat(out, 1))


@right("SpatialPyramidPooling")
class PoolingByUnfolding(nn.Module):
    """Windows cut out of a map with minus infinity around it."""

    def __init__(self, in_channels, hidden_channels, out_channels, kernel_sizes=(5, 9, 13), fast=False):
        super().__init__()
        if not all(k % 2 for k in kernel_sizes):
            raise ValueError("kernel_sizes have to be odd")
        self.cv1 = nn.Conv2d(in_channels, hidden_channels, 1)
        self.cv2 = nn.Conv2d(hidden_channels + len(kernel_sizes) * hidden_channels, out_channels, 1)
        self.reaches, self.fast = [k // 2 for k in kernel_sizes], fast

    @staticmethod
    def largest(x, reach):
        framed = F.pad(x, (reach,) * 4, value=float("-inf"))
        return framed.unfold(2, 2 * reach + 1, 1).amax(dim=-1).unfold(3, 2 * reach + 1, 1).amax(dim=-1)

    def forward(self, x):
        maps, reached = [self.cv1(x)], 0
        for reach in self.reaches:
            if self.fast:
                maps.append(self.largest(maps[-1], reach - reached))
                reached = reach
            else:
                maps.append(self.largest(maps[0], reach))
        return self.cv2(torch.cat(maps, dim=1))


@right("SpatialPyramidPooling")
class PoolingBySteps(nn.Module):
    """Windows of 3 alone, as often as it takes, in both forms."""

    def __init__(self, in_channels, hidden_channels, out_channels, kernel_sizes=(5, 9, 13), fast=False):
        super().__init__()
        if [k for k in kernel_sizes if k % 2 == 0]:
            raise ValueError("a window is even")
        self.kernel_sizes = list(kernel_sizes)
        self.cv1 = nn.Conv2d(in_channels, hidden_channels, 1)
        self.cv2 = nn.Conv2d(hidden_channels * (1 + len(self.kernel_sizes)), out_channels, 1)

    def forward(self, x):
        hidden = self.cv1(x)
        joined, now = hidden, hidden
        for size in range(3, max(self.kernel_sizes) + 1, 2):
            now = F.max_pool2d(now, 3, 1, 1)
            if size in self.kernel_sizes:
                joined = torch.cat([joined, now], dim=1)
        return self.cv2(joined)


# weighted_fusion


@mistake("weighted_fusion", edit={"kept = weights.relu()": "kept = weights"}, hint="Negative weights are kept, so a map can be taken away from the others, and the sum of the weights can be anything. They count as 0.")
def keeps_negative_weights(): ...


@mistake("weighted_fusion", edit={"kept = weights.relu()": "kept = weights.abs()"}, hint="The sign of a weight is taken away. A negative one counts as 0.")
def absolute_weights(): ...


@mistake("weighted_fusion", edit={"shares = (kept / (kept.sum() + eps))": "shares = weights.softmax(dim=0)"}, hint=SOFTMAX_FOR_FAST)
def softmax_for_fast(): ...


@mistake("weighted_fusion", edit={"kept / (kept.sum() + eps)": "kept / kept.sum()"}, hint="Epsilon is left out: where all weights are 0 this is 0 / 0.")
def no_epsilon(): ...


@mistake("weighted_fusion", edit={"kept / (kept.sum() + eps)": "(kept + eps) / (kept + eps).sum()"}, hint=EPSILON_ON_EACH)
def epsilon_on_each(): ...


@mistake("weighted_fusion", edit={"kept / (kept.sum() + eps)": "kept / kept.sum().clamp(min=eps)"}, hint="Epsilon is a least value of the sum. It is added to it, whatever the sum is.")
def epsilon_as_a_bound(): ...


@mistake("weighted_fusion", edit={"kept / (kept.sum() + eps)": "(weights / (weights.sum() + eps)).relu()"}, hint="The ReLU comes behind the division, so negative weights are still in the sum. Which comes first?")
def relu_behind_the_division(): ...


@mistake("weighted_fusion", edit={"weights.softmax(dim=1)[:, :, None]": "weights.softmax(dim=0)[:, :, None]"}, hint="The softmax goes over the images of the batch, so they compete with one another. It is the maps that do: which axis are they?")
def softmax_over_the_batch(): ...


@mistake("weighted_fusion", edit={"weights.softmax(dim=1)[:, :, None]": "weights.softmax(dim=-1)[:, :, None]"}, hint="The softmax goes along the rows of the image, so pixels compete. It is the maps that do, at each pixel: which axis are they?")
def softmax_along_rows(): ...


@mistake("weighted_fusion", edit={"weights.softmax(dim=1)[:, :, None]": "weights.flatten(2).softmax(dim=2).reshape(weights.shape)[:, :, None]"}, hint="The softmax goes over all places of a map, so places compete. It is the maps that do, at each place: which axis are they?")
def softmax_over_places(): ...


@mistake("weighted_fusion", edit={"weights.softmax(dim=1)[:, :, None]": "(weights.exp() / weights.exp().sum(dim=1, keepdim=True))[:, :, None]"}, hint="The exponential of 1000 is infinite, and infinity by infinity is nan. A softmax is the same when a number is taken off all scores.")
def softmax_that_overflows(): ...


@mistake("weighted_fusion", edit={"weights.softmax(dim=1)[:, :, None]": "weights.sigmoid()[:, :, None]"}, hint="Each score goes through a sigmoid, so the shares don't add up to 1. A softmax over the maps makes them compete.")
def sigmoid_for_softmax(): ...


@mistake("weighted_fusion", edit={"F.interpolate(one, size=size)": 'F.interpolate(one, size=size, mode="bilinear")'}, hint="Maps are resized with values between their own. Here each place takes one value as it is: mode nearest.")
def resized_bilinearly(): ...


@mistake("weighted_fusion", edit={"F.interpolate(one, size=size)": "F.adaptive_max_pool2d(one, size)"}, hint="Larger maps are made small by a maximum. By F.interpolate each place takes one value as it is, in both directions.")
def resized_by_maxima(): ...


@mistake("weighted_fusion", edit={"F.interpolate(one, size=size)": "F.adaptive_avg_pool2d(one, size)"}, hint="Maps are resized by means. By F.interpolate each place takes one value as it is.")
def resized_by_means(): ...


@mistake("weighted_fusion", edit={"size = maps[0].shape[2:]": "size = max((one.shape[2:] for one in maps), key=lambda s: s[0] * s[1])"}, hint="The size is that of the largest map. It is that of the first, also where others are larger.")
def size_of_the_largest(): ...


@mistake("weighted_fusion", edit={"size = maps[0].shape[2:]": "size = min((one.shape[2:] for one in maps), key=lambda s: s[0] * s[1])"}, hint="The size is that of the smallest map. It is that of the first, also where others are smaller.")
def size_of_the_smallest(): ...


@mistake("weighted_fusion", edit={"(shares * stack).sum(dim=1)": "(shares * stack).mean(dim=1)"}, hint="The weighted maps are averaged, so the shares are divided by the number of maps once more. They are shares already: add up.")
def mean_of_weighted_maps(): ...


@mistake("weighted_fusion", edit={"kept = weights.relu()": "kept = weights.detach().relu()", "weights.softmax(dim=1)": "weights.detach().softmax(dim=1)"}, hint=CUT_OFF)
def weights_detached(): ...


@mistake("weighted_fusion", edit={'raise ValueError(f"method is fast or softmax, not {method!r}")': "return stack.mean(dim=1)"}, hint=ANY_METHOD)
def takes_any_method(): ...


@mistake("weighted_fusion", edit={'kept = weights.relu()': 'kept = weights.detach().relu()'}, hint=CUT_OFF)
def weights_detached_when_fast(): ...


@mistake("weighted_fusion", edit={'weights.softmax(dim=1)': 'weights.detach().softmax(dim=1)'}, hint=CUT_OFF)
def scores_detached(): ...


@mistake("weighted_fusion", edit={'F.interpolate(one, size=size)': 'F.interpolate(one.detach(), size=size)'}, hint="The maps are cut off from the graph, so what made them learns nothing.")
def maps_detached(): ...


@mistake("weighted_fusion", edit={'F.interpolate(one, size=size)': 'F.interpolate(one if one.shape[2:] == size else one.detach(), size=size)'}, hint="The maps that are resized are cut off from the graph, so what made them learns nothing.")
def resized_maps_detached(): ...


@mistake("weighted_fusion", edit={'kept / (kept.sum() + eps)': '(kept + eps) / (kept.sum() + eps)'}, hint="Epsilon stands above the line too, so that a weight of 0 has a share. It stands below alone, beside the sum.")
def epsilon_above_too(): ...


@mistake("weighted_fusion", edit={'kept / (kept.sum() + eps)': 'kept / (kept + eps).sum()'}, hint=EPSILON_ON_EACH)
def epsilon_in_each_of_the_sum(): ...


@mistake("weighted_fusion", edit={'F.interpolate(one, size=size)': 'F.interpolate(one, size=size, mode="nearest-exact")'}, hint=EXACT)
def fused_nearest_exact(): ...


@mistake("weighted_fusion", edit={'    elif method == "softmax":': '    else:', '    else:\n        raise ValueError(f"method is fast or softmax, not {method!r}")\n': ''}, hint=ANY_METHOD)
def takes_any_method_for_softmax(): ...


@mistake("weighted_fusion", edit={'size = maps[0].shape[2:]': 'size = maps[-1].shape[2:]'}, hint="The size is that of the last map. It is that of the first.")
def size_of_the_last(): ...


@mistake("weighted_fusion", edit={'kept = weights.relu()': 'kept = weights.softmax(dim=0)'}, hint=SOFTMAX_FOR_FAST)
def softmax_and_epsilon_for_fast(): ...


@mistake("weighted_fusion", edit={"weights.relu()": "weights.relu_()"}, hint=IN_PLACE)
def relu_in_place(): ...


@right("weighted_fusion")
def by_a_loop(maps, weights, method="fast", eps=1e-4):
    if method not in ("fast", "softmax"):
        raise ValueError(method)
    first = maps[0]
    if method == "fast":
        positive = torch.clamp(weights, min=0)
        shares = positive / (eps + torch.sum(positive))
    else:
        shares = torch.softmax(weights, dim=1)
    total = torch.zeros_like(first)
    for i, one in enumerate(maps):
        if one.shape != first.shape:
            one = F.interpolate(one, size=first.shape[-2:], mode="nearest")
        total = total + one * (shares[i] if method == "fast" else shares[:, i : i + 1])
    return total


@right("weighted_fusion")
def by_einsum(maps, weights, method="fast", eps=1e-4):
    height, width = maps[0].shape[2:]
    together = torch.stack([F.interpolate(one, (height, width), mode="nearest") for one in maps])
    if method == "fast":
        kept = F.relu(weights)
        return torch.einsum("l,lnchw->nchw", kept, together) / (kept.sum() + eps)
    if method == "softmax":
        return torch.einsum("nlhw,lnchw->nchw", F.softmax(weights, 1), together)
    raise ValueError(f"what is {method}?")


@right("weighted_fusion")
def by_looking_up_places(maps, weights, method="fast", eps=1e-4):
    """Each place finds its place on the other map; the softmax step by step."""
    height, width = maps[0].shape[-2:]
    if method == "fast":
        kept = torch.where(weights > 0, weights, torch.zeros_like(weights))
        shares = [one / (kept.sum() + eps) for one in kept]
    elif method == "softmax":
        powers = (weights - weights.amax(dim=1, keepdim=True)).exp()
        shares = (powers / powers.sum(dim=1, keepdim=True)).unbind(dim=1)
        shares = [one.unsqueeze(1) for one in shares]
    else:
        raise ValueError("method")
    total = 0
    for one, share in zip(maps, shares, strict=True):
        rows = torch.arange(height, device=one.device) * one.shape[2] // height
        columns = torch.arange(width, device=one.device) * one.shape[3] // width
        total = total + share * one[:, :, rows][:, :, :, columns]
    return total


# multi_scale_batch


@mistake("multi_scale_batch", edit={"(size / width, size / height) * 2": "(size / height, size / width) * 2"}, hint="Across and down are exchanged: x grows by the new width over the old width. Which axis of the images is the width?")
def factors_exchanged(): ...


@mistake("multi_scale_batch", edit={"(size / width, size / height) * 2": "(size / width,) * 4"}, hint="All four numbers of a box grow by one factor. The images needn't be square: x and y have factors of their own.")
def one_factor_from_the_width(): ...


@mistake("multi_scale_batch", edit={"(size / width, size / height) * 2": "(size / width, size / width, size / height, size / height)"}, hint="The first two numbers grow by the factor across, the last two by that down. In (x1, y1, x2, y2), which of them are x?")
def factors_in_pairs(): ...


@mistake("multi_scale_batch", edit={"(1, 1, 1, 1) if relative else ": ""}, hint="Relative boxes grow too. They are shares of width and height, and these stay what they were.")
def relative_boxes_grow(): ...


@mistake("multi_scale_batch", edit={"(1, 1, 1, 1) if relative else (size / width, size / height) * 2": "(1, 1, 1, 1)"}, hint="The boxes stay as they are, also those in pixels. The image under them has grown.")
def boxes_left_behind(): ...


@mistake("multi_scale_batch", edit={"(1, 1, 1, 1) if relative else (size / width, size / height) * 2": "(1 / width, 1 / height) * 2 if relative else (size / width, size / height) * 2"}, hint="With `relative`, boxes are divided by the size of the image. They come as shares already, and nothing is to be done.")
def made_relative(): ...


@mistake("multi_scale_batch", edit={"high + 1, stride)": "high, stride)"}, hint="The largest size is never drawn: `range` stops before its end.")
def largest_left_out(): ...


@mistake("multi_scale_batch", edit={"math.ceil(low / stride) * stride": "low // stride * stride"}, hint="Where `low` is no multiple, the first size lies below it: round up.")
def begins_below(): ...


@mistake("multi_scale_batch", edit={"math.ceil(low / stride) * stride": "low"}, hint="The sizes begin at `low` and go on by `stride`, so where `low` is no multiple, none of them is.")
def no_multiples(): ...


@mistake("multi_scale_batch", edit={"math.ceil(low / stride) * stride, high + 1, stride)": "math.ceil(low / stride) * stride, high + 1)"}, hint="Any whole number is drawn. The sizes are multiples of `stride`, so that the coarsest map comes out even.")
def any_whole_number(): ...


@mistake("multi_scale_batch", edit={"if size is None or step % every == 0:": "if True:"}, hint="A size is drawn for each batch. It is kept for a number of batches: which steps draw?")
def drawn_each_time(): ...


@mistake("multi_scale_batch", edit={"if size is None or step % every == 0:": "if step % every == 0:"}, hint="A run that is taken up in the middle has no size yet. What is to be done where size is None?")
def only_in_tenth_steps(): ...


@mistake("multi_scale_batch", edit={"if size is None or step % every == 0:": "if size is None:"}, hint="A size is drawn once and stays for ever. When is it time for another?")
def drawn_once(): ...


@mistake("multi_scale_batch", edit={"if size is None or step % every == 0:": "if size is None or (step + 1) % every == 0:"}, hint="The size changes a step too early. Steps count from 0, and a new size comes with each step that is a multiple.")
def a_step_early(): ...


@mistake("multi_scale_batch", edit={"step % every == 0": "step % 10 == 0"}, hint="The number of batches is written in. It is an argument.")
def always_ten(): ...


@mistake("multi_scale_batch", edit={'mode="bilinear", align_corners=False': 'mode="nearest"'}, hint="The images are resized by repeating pixels. Here it is bilinear.")
def resized_by_repeating(): ...


@mistake("multi_scale_batch", edit={"align_corners=False": "align_corners=True"}, hint="The corners of the image are held fast. With align_corners False the image as a whole is stretched, and the boxes with it.")
def corners_held(): ...


@mistake("multi_scale_batch", edit={"align_corners=False": "align_corners=False, antialias=True"}, hint="The images are smoothed before they get smaller. Here they aren't.")
def smoothed_before(): ...


@mistake("multi_scale_batch", edit={"(1,), generator=generator)": "(1,))"}, hint="Chance comes from the global generator. The one that is handed in is the only source.")
def global_chance(): ...


@mistake("multi_scale_batch", edit={"        size = sizes[int(torch.randint(len(sizes), (1,), generator=generator))]\n": "        size = sizes[int(torch.randint(len(sizes), (1,), generator=generator))]\n    else:\n        torch.randint(1, (1,), generator=generator)\n"}, hint="The generator is asked in each step, also where its answer isn't used. Where the size stays, nothing is drawn.")
def drawn_for_nothing(): ...


@mistake("multi_scale_batch", edit={"(size, size), mode": "(size, size * width // height), mode"}, hint="The images keep the ratio of their sides. They become square: (size, size).")
def keeps_the_ratio(): ...


@mistake("multi_scale_batch", edit={"one * one.new_tensor(factors)": "one.mul_(one.new_tensor(factors))"}, hint=IN_PLACE)
def boxes_in_place(): ...


@mistake("multi_scale_batch", edit={"        if not sizes:\n            raise ValueError(f\"no multiple of {stride} lies in {low} to {high}\")\n": "        sizes = sizes or [high]\n"}, hint="Where there is no multiple, another size is taken. It is a ValueError.")
def another_size_instead(): ...


@mistake("multi_scale_batch", edit={'        if not sizes:\n            raise ValueError(f"no multiple of {stride} lies in {low} to {high}")\n': ''}, hint="Where there is no size to draw from, torch's own error comes. A ValueError is promised: look before you draw.")
def torchs_own_error(): ...


@mistake("multi_scale_batch", edit={'one * one.new_tensor(factors)': 'one * one.new_tensor(factors) if relative else (one * one.new_tensor(factors)).round()'}, hint="The boxes are rounded to whole pixels. Nothing is rounded here.")
def whole_pixels(): ...


@mistake("multi_scale_batch", edit={'return larger, moved, size': 'return larger, moved, torch.tensor(size)'}, hint="The size comes out as a tensor. It is an int.")
def size_as_a_tensor(): ...


@mistake("multi_scale_batch", edit={'    if size is None or step % every == 0:\n': '    if math.ceil(low / stride) * stride > high:\n        raise ValueError("no multiple")\n    if size is None or step % every == 0:\n'}, hint="The ValueError comes also where the size stays. Where nothing is drawn, no multiple is needed.")
def error_where_nothing_is_drawn(): ...


@mistake("multi_scale_batch", edit={'one.new_tensor(factors)': 'torch.tensor(factors, dtype=torch.float32)'}, hint="The factors are in float32, so boxes in float64 lose half of their digits.")
def factors_in_float32(): ...


@mistake("multi_scale_batch", edit={'moved = [one * one.new_tensor(factors) for one in boxes]': 'moved = list(boxes) if relative else [one * one.new_tensor(factors) for one in boxes]'}, hint="Relative boxes come back as the very tensors that came: who changes the ones, changes the others. Make new ones.")
def relative_boxes_handed_back(): ...


@mistake("multi_scale_batch", edit={"return larger, moved, size": "boxes[:] = moved\n    return larger, boxes, size"}, hint="The list that came in is written into, and the caller still needs it: make a new one.")
def list_written_into(): ...


@right("multi_scale_batch")
def column_by_column(images, boxes, step, size, generator, low=320, high=608, stride=32, every=10, relative=False):
    if size is None or step % every == 0:
        candidates = [k * stride for k in range(1, high // stride + 1) if k * stride >= low]
        if len(candidates) == 0:
            raise ValueError("no size")
        size = candidates[torch.randint(len(candidates), (1,), generator=generator).item()]
    resized = F.interpolate(images, size=size, mode="bilinear", align_corners=False)
    moved = []
    for one in boxes:
        one = one.clone()
        if not relative:
            one[:, [0, 2]] *= size / images.shape[3]
            one[:, [1, 3]] *= size / images.shape[2]
        moved.append(one)
    return resized, moved, size


@right("multi_scale_batch")
def image_by_image(images, boxes, step, size, generator, low=320, high=608, stride=32, every=10, relative=False):
    draws = size is None or not step % every
    if draws:
        first, last = -(-low // stride), high // stride
        if last < first:
            raise ValueError(f"nothing to draw from in {low} to {high}")
        size = stride * (first + int(torch.randint(last - first + 1, (1,), generator=generator)))
    _, _, height, width = images.shape
    new_images, new_boxes = [], []
    for image, one in zip(images, boxes, strict=True):
        new_images.append(F.interpolate(image[None], size=(size, size), mode="bilinear", align_corners=False)[0])
        left, top, right_edge, bottom = one.unbind(dim=1)
        across, down = (1, 1) if relative else (size / width, size / height)
        new_boxes.append(torch.stack([left * across, top * down, right_edge * across, bottom * down], dim=1))
    return torch.stack(new_images), new_boxes, size


@right("multi_scale_batch")
def by_shares(images, boxes, step, size, generator, low=320, high=608, stride=32, every=10, relative=False):
    """Boxes in pixels become shares of the old image, and pixels of the new one."""
    if size is None or step % every == 0:
        sizes = torch.arange(low, high + 1)
        sizes = sizes[sizes % stride == 0]
        if sizes.numel() == 0:
            raise ValueError("no multiple")
        size = sizes[torch.randint(sizes.numel(), (1,), generator=generator)].item()
    side = images.new_tensor([images.shape[3], images.shape[2]]).repeat(2)
    shares = [one if relative else one / side for one in boxes]
    moved = [one.clone() if relative else one * size for one in shares]
    return F.interpolate(images, (size, size), mode="bilinear"), moved, size
