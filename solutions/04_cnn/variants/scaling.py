"""What students write in scaling: mistakes with the hint each deserves, and other right answers."""

import itertools
import math
import random

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right
from coursekit.blocks import Permute, SqueezeExcitation, make_divisible

SolvedMBConv, SolvedFused, SolvedConvNeXt = MBConv, FusedMBConv, ConvNeXtBlock
solved_scaling, solved_search = compound_scaling, architecture_search


# MBConv


@mistake("MBConv", edit={"max(1, in_channels // 4)": "max(1, wide // 4)"}, hint="The squeeze is a quarter of the wide map. Its inner width is counted from the channels that enter the block.")
def squeezes_from_the_wide_map(): ...


@mistake("MBConv", edit={"max(1, in_channels // 4)": "max(1, out_channels // 4)"}, hint="The squeeze is a quarter of the channels that leave the block. Count from those that enter it.")
def squeezes_from_what_goes_out(): ...


@mistake("MBConv", edit={"max(1, in_channels // 4)": "in_channels // 4"}, hint="For fewer than four channels a quarter, floored, is nothing: the squeeze keeps at least one.")
def squeezes_to_nothing(): ...


@mistake("MBConv", edit={", active=False": ""}, hint="The projection is activated. The bottleneck is linear: what leaves the block is narrow, and nothing bends it.")
def activates_the_projection(): ...


@mistake("MBConv", edit={"stride == 1 and in_channels == out_channels": "in_channels == out_channels"}, hint="With a stride the map gets smaller, so the input can't be added, even where the channels agree.")
def goes_around_a_stride(): ...


@mistake("MBConv", edit={"stride == 1 and in_channels == out_channels": "stride == 1"}, hint="The input is added where the channels differ, too. Both conditions are needed.")
def goes_around_other_channels(): ...


@mistake("MBConv", edit={"x + out if self.goes_around else out": "out"}, hint="The way around is missing: where input and output have the same shape, the input is added.")
def never_goes_around(): ...


@mistake("MBConv", edit={"[] if expand_ratio == 1 else [layer(in_channels, wide)]": "[layer(in_channels, wide)]"}, hint="Where expand_ratio is 1 there is no expansion at all, so all other steps stand one place earlier.")
def always_expands(): ...


@mistake("MBConv", edit={"[layer(in_channels, wide)]": "[layer(in_channels, wide, 1, stride)]", "layer(wide, wide, kernel_size, stride, groups=wide)": "layer(wide, wide, kernel_size, 1, groups=wide) if expand_ratio > 1 else layer(wide, wide, kernel_size, stride, groups=wide)"}, hint="The stride stands in the expansion, which then throws pixels away unseen. It belongs to the depthwise convolution.")
def strides_in_the_expansion(): ...


@mistake("MBConv", edit={"layer(wide, wide, kernel_size, stride, groups=wide)": "layer(wide, wide, kernel_size, groups=wide)", "layer(wide, out_channels, active=False)": "layer(wide, out_channels, stride=stride, active=False)"}, hint="The stride stands in the projection. It belongs to the depthwise convolution.")
def strides_in_the_projection(): ...


@mistake("MBConv", edit={", groups=wide)": ")"}, hint="The middle convolution mixes all channels. A depthwise one has a filter for each channel: what must `groups` be?")
def mixes_in_the_middle(): ...


@mistake("MBConv", edit={"padding = kernel // 2": "padding = 0 if kernel == 1 else 1"}, hint="The padding is 1 for every kernel, which fits 3 only. How much keeps the size for a kernel of 5?")
def pads_for_a_kernel_of_three(): ...


@mistake("MBConv", edit={"padding = kernel // 2": "padding = 0"}, hint="Nothing is padded, so the map shrinks at its edges. At stride 1 it keeps its size.")
def pads_nothing(): ...


@mistake("MBConv", edit={", bias=False": ""}, hint="The convolutions have biases. A normalisation follows each and takes a mean away, so they have none.")
def keeps_biases(): ...


@mistake("MBConv", edit={"wide = in_channels * expand_ratio": "wide = out_channels * expand_ratio"}, hint="The expansion multiplies the channels that leave the block. It multiplies those that enter it.")
def expands_what_goes_out(): ...


@mistake("MBConv", edit={"x + out if": "ACTIVATIONS['silu']()(x + out) if"}, hint="An activation follows the sum, as in a ResNet. Nothing comes after the sum here.")
def activates_the_sum(): ...


@mistake("MBConv", edit={"        steps.append(layer(wide, wide, kernel_size, stride, groups=wide))\n        if squeeze:\n            steps.append(SqueezeExcitation(wide, max(1, in_channels // 4)))\n": "        if squeeze:\n            steps.append(SqueezeExcitation(wide, max(1, in_channels // 4)))\n        steps.append(layer(wide, wide, kernel_size, stride, groups=wide))\n"}, hint="The squeeze stands before the depthwise convolution. It comes after it: expand, depthwise, squeeze, project.")
def squeezes_too_early(): ...


@mistake("MBConv", edit={"        if squeeze:\n            steps.append(SqueezeExcitation(wide, max(1, in_channels // 4)))\n        steps.append(layer(wide, out_channels, active=False))\n": "        steps.append(layer(wide, out_channels, active=False))\n        if squeeze:\n            steps.append(SqueezeExcitation(out_channels, max(1, in_channels // 4)))\n"}, hint="The squeeze stands after the projection. It weighs the channels of the wide map, before the projection.")
def squeezes_too_late(): ...


@mistake("MBConv", edit={"*[ACTIVATIONS[activation]()] * active": "*[ACTIVATIONS[activation]()] * (active and groups == 1)"}, hint="No activation follows the depthwise convolution. Expansion and depthwise convolution both have one.")
def depthwise_without_activation(): ...


@mistake("MBConv", edit={"*[ACTIVATIONS[activation]()] * active": "*[ACTIVATIONS[activation]()] * (active and groups > 1)"}, hint="No activation follows the expansion. Expansion and depthwise convolution both have one.")
def expansion_without_activation(): ...


@mistake("MBConv", hint="Two blocks with the same settings are given the same layers, so training one trains the other. Each instance makes its own.")
class keeps_its_layers_in_the_class(nn.Module):
    made = {}

    def __init__(self, *args, **settings):
        super().__init__()
        key = (args, tuple(settings.items()))
        one = self.made.setdefault(key, None) or SolvedMBConv(*args, **settings)
        self.made[key] = one
        self.block, self.goes_around = one.block, one.goes_around

    def forward(self, x):
        return x + self.block(x) if self.goes_around else self.block(x)


@right("MBConv")
class with_modules_one_by_one(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1, expand_ratio=6, squeeze=True, activation="silu", eps=1e-3):
        super().__init__()
        hidden = expand_ratio * in_channels
        act = ACTIVATIONS[activation]
        self.shortcut = in_channels == out_channels and stride == 1
        block = nn.Sequential()
        if expand_ratio != 1:
            block.append(nn.Sequential(nn.Conv2d(in_channels, hidden, 1, bias=False), nn.BatchNorm2d(hidden, eps), act()))
        block.append(nn.Sequential(
            nn.Conv2d(hidden, hidden, kernel_size, stride=stride, padding=(kernel_size - 1) // 2, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden, eps),
            act(),
        ))
        if squeeze:
            block.append(SqueezeExcitation(hidden, in_channels // 4 or 1))
        block.append(nn.Sequential(nn.Conv2d(hidden, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels, eps)))
        self.block = block

    def forward(self, x):
        if not self.shortcut:
            return self.block(x)
        result = self.block(x)
        result += x
        return result


@right("MBConv")
class with_a_module_list(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1, expand_ratio=6, squeeze=True, activation="silu", eps=1e-3):
        super().__init__()
        wide = in_channels * expand_ratio
        self.in_channels, self.out_channels, self.stride = in_channels, out_channels, stride
        sizes = [(wide, wide, kernel_size, stride, wide), (wide, out_channels, 1, 1, 1)]
        if wide > in_channels:
            sizes.insert(0, (in_channels, wide, 1, 1, 1))
        layers = []
        for number, (a, b, k, s, g) in enumerate(sizes):
            one = nn.ModuleList([nn.Conv2d(a, b, k, s, k // 2, groups=g, bias=False), nn.BatchNorm2d(b, eps=eps)])
            if number + 1 < len(sizes):
                one.append(ACTIVATIONS[activation]())
            layers.append(one)
        if squeeze:
            layers.insert(-1, SqueezeExcitation(wide, max(in_channels // 4, 1)))
        self.block = nn.ModuleList(layers)

    def forward(self, x):
        out = x
        for step in self.block:
            for layer in step if isinstance(step, nn.ModuleList) else [step]:
                out = layer(out)
        return out.add(x) if self.stride == 1 and self.in_channels == self.out_channels else out


class _Layer(nn.Sequential):
    def __init__(self, channels, width, kernel, stride, groups, eps, act=None):
        layers = [nn.Conv2d(channels, width, kernel, stride, padding="same" if stride == 1 else kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(width, eps=eps)]
        super().__init__(*layers, *([] if act is None else [act]))


@right("MBConv")
class with_a_layer_class(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1, expand_ratio=6, squeeze=True, activation="silu", eps=1e-3):
        super().__init__()
        wide, act = in_channels * expand_ratio, ACTIVATIONS[activation]()
        self.block = nn.Sequential(*filter(None, [
            _Layer(in_channels, wide, 1, 1, 1, eps, act) if expand_ratio != 1 else None,
            _Layer(wide, wide, kernel_size, stride, wide, eps, act),
            SqueezeExcitation(wide, max(1, in_channels // 4)) if squeeze else None,
            _Layer(wide, out_channels, 1, 1, 1, eps),
        ]))

    def forward(self, x):
        out = self.block(x)
        return out + x if out.shape == x.shape and self._strides() == 1 else out

    def _strides(self):
        return max(m.stride[0] for m in self.modules() if isinstance(m, nn.Conv2d))


# FusedMBConv


@mistake("FusedMBConv", edit={"in_channels * expand_ratio if expand_ratio > 1 else out_channels": "in_channels * expand_ratio", "        if expand_ratio > 1:\n": "        if True:\n"}, hint="Where expand_ratio is 1 there is still a projection. There the one convolution is the whole block.")
def always_projects(): ...


@mistake("FusedMBConv", edit={"ACTIVATIONS[activation]()": "nn.Identity() if expand_ratio == 1 else ACTIVATIONS[activation]()"}, hint="Without an expansion the one convolution has lost its activation. Only a projection is linear, and there is none.")
def one_convolution_without_activation(): ...


@mistake("FusedMBConv", edit={"nn.BatchNorm2d(out_channels, eps=eps)": "nn.BatchNorm2d(out_channels, eps=eps), ACTIVATIONS[activation]()"}, hint="The projection is activated. What leaves the bottleneck is linear.")
def activates_the_fused_projection(): ...


@mistake("FusedMBConv", edit={"nn.Conv2d(wide, out_channels, 1, bias=False)": "nn.Conv2d(wide, out_channels, kernel_size, padding=kernel_size // 2, bias=False)"}, hint="The projection has the large kernel too. It is 1 x 1: the neighbours were looked at before.")
def projects_with_the_kernel(): ...


@mistake("FusedMBConv", edit={"                    stride,\n": "                    stride if expand_ratio == 1 else 1,\n", "nn.Conv2d(wide, out_channels, 1, bias=False)": "nn.Conv2d(wide, out_channels, 1, stride, bias=False)"}, hint="The stride stands in the projection. It belongs to the wide convolution.")
def fused_strides_in_the_projection(): ...


@mistake("FusedMBConv", edit={"padding=(kernel_size - 1) // 2,": "padding=(kernel_size - 1) // 2, groups=math.gcd(in_channels, wide),"}, hint="The wide convolution is grouped. Fused means that it is an ordinary one: it mixes neighbours and channels at once.")
def still_depthwise(): ...


@mistake("FusedMBConv", edit={"stride == 1 and in_channels == out_channels": "in_channels == out_channels"}, hint="With a stride the map gets smaller, so the input can't be added, even where the channels agree.")
def fused_goes_around_a_stride(): ...


@mistake("FusedMBConv", edit={"x + out if self.goes_around else out": "out"}, hint="The way around is missing: where input and output have the same shape, the input is added.")
def fused_never_goes_around(): ...


@mistake("FusedMBConv", edit={"stride == 1 and in_channels == out_channels": "stride == 1 and in_channels == out_channels and expand_ratio > 1"}, hint="Without an expansion the input is not added. The conditions for the way around are the same there.")
def no_way_around_without_expansion(): ...


@mistake("FusedMBConv", edit={"                    padding=(kernel_size - 1) // 2,\n                    bias=False,\n": "                    padding=(kernel_size - 1) // 2,\n"}, hint="The wide convolution has a bias. A normalisation follows that takes a mean away, so it has none.")
def fused_keeps_a_bias(): ...


@mistake("FusedMBConv", edit={"padding=(kernel_size - 1) // 2": "padding=1"}, hint="The padding is 1 for every kernel, which fits 3 only. How much keeps the size for a kernel of 5?")
def fused_pads_for_a_kernel_of_three(): ...


@mistake("FusedMBConv", edit={"in_channels * expand_ratio if expand_ratio > 1 else out_channels": "out_channels * expand_ratio"}, hint="The expansion multiplies the channels that leave the block. It multiplies those that enter it.")
def fused_expands_what_goes_out(): ...


@mistake("FusedMBConv", edit={"        if expand_ratio > 1:\n": "        if expand_ratio > 1:\n            self.block.append(SqueezeExcitation(wide, max(1, in_channels // 4)))\n"}, hint="A squeeze stands between, as in MBConv. The fused block has none.")
def fused_squeezes(): ...


@mistake("FusedMBConv", edit={"x + out if": "F.silu(x + out) if"}, hint="An activation follows the sum, as in a ResNet. Nothing comes after the sum here.")
def fused_activates_the_sum(): ...


@mistake("FusedMBConv", edit={"ACTIVATIONS[activation]()": "nn.Identity() if expand_ratio > 1 else ACTIVATIONS[activation]()"}, hint="Where the block is wide no activation bends anything, so its two convolutions are one linear map. The wide convolution is activated.")
def fused_without_any_activation(): ...


@right("FusedMBConv")
class fused_by_cases(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1, expand_ratio=4, activation="silu", eps=1e-3):
        super().__init__()
        act, pad = ACTIVATIONS[activation], kernel_size // 2
        if expand_ratio == 1:
            conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, pad, bias=False)
            self.block = nn.Sequential(nn.Sequential(conv, nn.BatchNorm2d(out_channels, eps), act()))
        else:
            wide = expand_ratio * in_channels
            self.block = nn.Sequential(
                nn.Sequential(nn.Conv2d(in_channels, wide, kernel_size, stride, pad, bias=False), nn.BatchNorm2d(wide, eps), act()),
                nn.Sequential(nn.Conv2d(wide, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels, eps)),
            )
        self.residual = in_channels == out_channels and stride == 1

    def forward(self, x):
        if self.residual:
            return self.block(x) + x
        return self.block(x)


@right("FusedMBConv")
class fused_of_a_list(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1, expand_ratio=4, activation="silu", eps=1e-3):
        super().__init__()
        widths = [in_channels, in_channels * expand_ratio, out_channels] if expand_ratio != 1 else [in_channels, out_channels]
        layers = []
        for place, (a, b) in enumerate(zip(widths, widths[1:])):
            k, s = (kernel_size, stride) if place == 0 else (1, 1)
            parts = [nn.Conv2d(a, b, (k, k), (s, s), (k // 2, k // 2), bias=False), nn.BatchNorm2d(b, eps=eps)]
            layers.append(nn.Sequential(*parts, ACTIVATIONS[activation]()) if place == 0 else nn.Sequential(*parts))
        self.block = nn.Sequential(*layers)
        self.skip = nn.Identity() if stride == 1 and in_channels == out_channels else None

    def forward(self, x):
        y = self.block(x)
        return y if self.skip is None else self.skip(x) + y


@right("FusedMBConv")
class fused_step_by_step(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1, expand_ratio=4, activation="silu", eps=1e-3):
        super().__init__()
        self.same, self.act = stride == 1 and in_channels == out_channels, ACTIVATIONS[activation]()
        mid = out_channels if expand_ratio == 1 else in_channels * expand_ratio
        first = [nn.Conv2d(in_channels, mid, kernel_size, stride, kernel_size // 2, bias=False), nn.BatchNorm2d(mid, eps)]
        self.block = nn.ModuleList([nn.ModuleList(first)])
        if expand_ratio != 1:
            self.block.append(nn.ModuleList([nn.Conv2d(mid, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels, eps)]))

    def forward(self, x):
        out = self.act(self.block[0][1](self.block[0][0](x)))
        for conv, norm in self.block[1:]:
            out = norm(conv(out))
        return out + x if self.same else out


# ConvNeXtBlock


@mistake("ConvNeXtBlock", edit={"nn.GELU()": "nn.ReLU()"}, hint="The activation is a ReLU. ConvNeXt has GELU.")
def rectifies(): ...


@mistake("ConvNeXtBlock", edit={"nn.GELU()": 'nn.GELU(approximate="tanh")'}, hint="This is GELU's approximation by tanh. Asked for is the exact one.")
def approximates_gelu(): ...


@mistake("ConvNeXtBlock", edit={"nn.GELU()": "nn.Identity()"}, hint="Nothing bends between the two linear layers, so they are one linear map. The GELU is missing.")
def has_no_activation(): ...


@mistake("ConvNeXtBlock", edit={"nn.LayerNorm(dim, eps=1e-6)": "nn.LayerNorm(dim)"}, hint="The layer norm has torch's usual eps of 1e-5. Here it is 1e-6.")
def usual_eps(): ...


@mistake("ConvNeXtBlock", edit={"x + self.layer_scale * self.block(x)": "self.layer_scale * (x + self.block(x))"}, hint="The layer scale multiplies the sum, so the input fades as well. It multiplies the block's own part only.")
def scales_the_sum(): ...


@mistake("ConvNeXtBlock", edit={"x + self.layer_scale * self.block(x)": "x + self.block(x)"}, hint="layer_scale is there and isn't used: it multiplies what the block adds.")
def forgets_the_scale(): ...


@mistake("ConvNeXtBlock", edit={"x + self.layer_scale * self.block(x)": "self.layer_scale * self.block(x)"}, hint="The input is not added. Here it is, always: the shape never changes.")
def adds_nothing(): ...


@mistake("ConvNeXtBlock", edit={"nn.Parameter(torch.full((dim, 1, 1), layer_scale))": "torch.full((dim, 1, 1), layer_scale)"}, hint="layer_scale is a plain tensor: it is neither stored nor trained, nor moved to another device. What makes a tensor a parameter?")
def scale_is_no_parameter(): ...


@mistake("ConvNeXtBlock", edit={"nn.Parameter(torch.full((dim, 1, 1), layer_scale))": "nn.Parameter(torch.full((dim,), layer_scale))", "self.layer_scale * ": "self.layer_scale[:, None, None] * "}, hint="layer_scale has another shape than the docstring says, so stored weights don't fit.")
def scale_of_another_shape(): ...


@mistake("ConvNeXtBlock", edit={"nn.Parameter(torch.full((dim, 1, 1), layer_scale))": "nn.Parameter(torch.full((1, 1, 1), layer_scale))"}, hint="There is one scale for all channels. Each channel has its own.")
def one_scale_for_all(): ...


@mistake("ConvNeXtBlock", edit={"nn.Parameter(torch.full((dim, 1, 1), layer_scale))": "nn.Parameter(torch.full((dim, 1, 1), layer_scale), requires_grad=False)"}, hint="layer_scale takes no gradient, so it stays where it starts. It is learned.")
def scale_is_frozen(): ...


@mistake("ConvNeXtBlock", edit={", layer_scale))": ", 1.0))"}, hint="layer_scale starts at 1, whatever is asked for.")
def scale_starts_at_one(): ...


@mistake("ConvNeXtBlock", edit={", groups=dim": ""}, hint="The convolution mixes all channels. A depthwise one has a filter for each channel.")
def mixes_channels(): ...


@mistake("ConvNeXtBlock", edit={"            Permute([0, 2, 3, 1]),\n            nn.LayerNorm(dim, eps=1e-6),\n": "            nn.Identity(),\n            nn.Sequential(nn.GroupNorm(1, dim, eps=1e-6), Permute([0, 2, 3, 1])),\n"}, hint="The normalisation has another name in your block, or takes all pixels together. It is an nn.LayerNorm over the channels of each pixel, at place 2.")
def normalises_in_a_group(): ...


class _NormOverTheMap(nn.GroupNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


@mistake("ConvNeXtBlock", edit={"nn.LayerNorm(dim, eps=1e-6)": "_NormOverTheMap(1, dim, eps=1e-6)"}, hint="Mean and variance are taken over all pixels of an image. A layer norm here looks at the channels of one pixel.")
def normalises_over_the_map(): ...


@mistake("ConvNeXtBlock", edit={"nn.LayerNorm(dim, eps=1e-6)": "nn.Sequential(Permute([0, 3, 1, 2]), nn.BatchNorm2d(dim), Permute([0, 2, 3, 1]))"}, hint="This is batch normalisation, with running numbers. ConvNeXt has a layer norm, which needs none.")
def normalises_over_the_batch(): ...


@mistake("ConvNeXtBlock", edit={"            nn.Linear(4 * dim, dim),\n": "            nn.Linear(4 * dim, dim),\n            nn.GELU(),\n"}, hint="A second GELU follows the projection. There is one activation in the block.")
def activates_twice(): ...


@mistake("ConvNeXtBlock", edit={"nn.Linear(4 * dim, dim)": "nn.Linear(4 * dim, dim, bias=False)"}, hint="The second linear layer has no bias. All layers have one here, since no batch normalisation follows.")
def last_bias_missing(): ...


@mistake("ConvNeXtBlock", edit={"padding=kernel_size // 2": "padding=3"}, hint="The padding is 3 for every kernel, which fits 7 only.")
def pads_for_seven(): ...


@mistake("ConvNeXtBlock", edit={"Permute([0, 3, 1, 2])": "Permute([0, 3, 2, 1])"}, hint="On the way back height and width change places. Which axis comes from where?")
def swaps_height_and_width(): ...


@mistake("ConvNeXtBlock", hint="This is torchvision's block. It is what yours is to be: make it of single layers.")
class from_torchvision(nn.Module):
    def __init__(self, dim, kernel_size=7, layer_scale=1e-6):
        super().__init__()
        from torchvision.models.convnext import CNBlock

        inner = CNBlock(dim, layer_scale, 0.0)
        inner.block[0] = nn.Conv2d(dim, dim, kernel_size, padding=kernel_size // 2, groups=dim)
        self.block, self.layer_scale = inner.block, inner.layer_scale

    def forward(self, x):
        return x + self.layer_scale * self.block(x)


@right("ConvNeXtBlock")
class convnext_in_the_forward(nn.Module):
    def __init__(self, dim, kernel_size=7, layer_scale=1e-6):
        super().__init__()
        self.block = nn.ModuleDict({
            "0": nn.Conv2d(dim, dim, kernel_size, stride=1, padding=(kernel_size - 1) // 2, groups=dim, bias=True),
            "2": nn.LayerNorm((dim,), eps=1e-6),
            "3": nn.Linear(dim, dim * 4),
            "5": nn.Linear(dim * 4, dim),
        })
        self.layer_scale = nn.Parameter(torch.ones(dim, 1, 1) * layer_scale)

    def forward(self, x):
        y = self.block["0"](x).permute(0, 2, 3, 1)
        y = self.block["5"](F.gelu(self.block["3"](self.block["2"](y))))
        return x + y.permute(0, 3, 1, 2) * self.layer_scale


class _Norm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        centred = x - x.mean(dim=-1, keepdim=True)
        return centred / (centred.square().mean(dim=-1, keepdim=True) + 1e-6).sqrt() * self.weight + self.bias


@right("ConvNeXtBlock")
class convnext_with_its_own_norm(nn.Module):
    def __init__(self, dim, kernel_size=7, layer_scale=1e-6):
        super().__init__()
        self.layer_scale = nn.Parameter(torch.tensor([[[float(layer_scale)]]]).repeat(dim, 1, 1))
        self.block = nn.Sequential(
            nn.Conv2d(dim, dim, kernel_size, padding="same", groups=dim), Permute([0, 2, 3, 1]), _Norm(dim),
            nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim), Permute([0, 3, 1, 2]),
        )

    def forward(self, x):
        out = self.block(x) * self.layer_scale
        out += x
        return out


@right("ConvNeXtBlock", edit={"Permute([0, 2, 3, 1])": "Permute([0, 3, 2, 1])", "Permute([0, 3, 1, 2])": "Permute([0, 3, 2, 1])"})
def turned_and_turned_back(): ...


@right("ConvNeXtBlock")
class convnext_with_einsum(nn.Module):
    def __init__(self, dim, kernel_size=7, layer_scale=1e-6):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(dim, dim, kernel_size, 1, kernel_size // 2, groups=dim), nn.Identity(), nn.LayerNorm(dim, eps=1e-6),
            nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim),
        )
        self.layer_scale = nn.Parameter(layer_scale * torch.ones(dim, 1, 1))

    def forward(self, x):
        conv, _, norm, up, gelu, down = self.block
        wide = gelu(up(norm(conv(x).movedim(1, -1))))
        out = torch.einsum("nhwk,ck->nchw", wide, down.weight) + down.bias[:, None, None]
        return torch.addcmul(x, self.layer_scale, out)


# compound_scaling


@mistake("compound_scaling", edit={"alpha * beta**2 * gamma**2": "alpha * beta * gamma"}, hint="Width and resolution enter the cost once. Each enters squared: both sides of a 1 x 1 convolution, both sides of a map.")
def squares_nothing(): ...


@mistake("compound_scaling", edit={"alpha * beta**2 * gamma**2": "alpha * beta**2 * gamma"}, hint="The resolution enters the cost once. A map has two sides.")
def resolution_counts_once(): ...


@mistake("compound_scaling", edit={"alpha * beta**2 * gamma**2": "alpha * beta * gamma**2"}, hint="The width enters the cost once. It counts on both sides of a convolution, in and out.")
def width_counts_once(): ...


@mistake("compound_scaling", edit={"math.log(times) / math.log(step)": "math.log2(times)"}, hint="phi is taken as if one step doubled the work. That is only about true for the usual bases: divide by the logarithm of what one step does.")
def doubles_at_each_step(): ...


@mistake("compound_scaling", edit={"math.log(times) / math.log(step)": "times / step"}, hint="phi stands in the exponent: to get it down takes a logarithm.")
def divides_instead_of_logarithms(): ...


@mistake("compound_scaling", edit={"math.log(times) / math.log(step)": "math.log(times)"}, hint="The logarithm of `times` is not divided by anything: step ** phi = times.")
def forgets_the_steps_logarithm(): ...


@mistake("compound_scaling", edit={"math.ceil(num * alpha**phi)": "round(num * alpha**phi)"}, hint="The number of blocks is rounded to the nearest. It is rounded up.")
def rounds_blocks(): ...


@mistake("compound_scaling", edit={"math.ceil(num * alpha**phi)": "max(1, int(num * alpha**phi))"}, hint="The number of blocks is rounded down. It is rounded up.")
def floors_blocks(): ...


@mistake("compound_scaling", edit={"make_divisible(width * beta**phi, divisor)": "round(width * beta**phi)"}, hint="The channels are rounded to whole numbers only. They are multiples of `divisor`, by make_divisible.")
def channels_not_divisible(): ...


@mistake("compound_scaling", edit={"make_divisible(width * beta**phi, divisor)": "max(divisor, round(width * beta**phi / divisor) * divisor)"}, hint="The channels go to the nearest multiple always, also where that loses more than a tenth. make_divisible knows that rule.")
def nearest_multiple_always(): ...


@mistake("compound_scaling", edit={"make_divisible(width * beta**phi, divisor)": "make_divisible(width, divisor) * beta**phi"}, hint="The channels are rounded before they grow. Round what comes out.")
def rounds_before_growing(): ...


@mistake("compound_scaling", edit={"round(resolution * gamma**phi)": "int(resolution * gamma**phi)"}, hint="The resolution is rounded down. It goes to the nearest whole number.")
def floors_the_resolution(): ...


@mistake("compound_scaling", edit={"round(resolution * gamma**phi)": "make_divisible(resolution * gamma**phi, divisor)"}, hint="The resolution is made a multiple of `divisor`. That rule is for the channels.")
def divisible_resolution(): ...


@mistake("compound_scaling", edit={"round(resolution * gamma**phi)": "resolution"}, hint="The resolution doesn't grow: it is a dial like the others.")
def resolution_stays(): ...


@mistake("compound_scaling", edit={"work(grown, side) / work(stages, resolution)": "step**phi"}, hint="This growth is the one that was wished for. Asked for is that of the rounded network: count both.")
def growth_as_wished(): ...


@mistake("compound_scaling", edit={"work(grown, side) / work(stages, resolution)": "sum(work([a], side) / work([b], resolution) for a, b in zip(grown, stages)) / len(stages)"}, hint="This is the mean of the stages' growths, so a stage that costs little counts as much as one that costs much. Divide the two sums.")
def growth_as_a_mean(): ...


@mistake("compound_scaling", edit={"(c * pixels / shrunk) ** 2": "(c * pixels) ** 2"}, hint="All stages count as if their maps had the image's size. Each map is smaller by the stage's reduction.")
def growth_without_reduction(): ...


@mistake("compound_scaling", edit={"work(grown, side)": "work(grown, resolution)"}, hint="The new network is counted on the old image. Its maps have grown too.")
def growth_on_the_old_image(): ...


@mistake("compound_scaling", edit={"n * (c * pixels / shrunk) ** 2": "n * c * (pixels / shrunk) ** 2"}, hint="The channels count once in your growth. They count on both sides of a convolution.")
def growth_with_channels_once(): ...


@mistake("compound_scaling", edit={"n * (c * pixels / shrunk) ** 2": "n * c**2"}, hint="This is the growth of the parameters: the maps don't enter. Multiply-adds count each weight once for each pixel.")
def growth_of_parameters(): ...


@mistake("compound_scaling", edit={"alpha**phi": "alpha**times"}, hint="The depth grows by alpha ** times. The exponent is phi, for all three.")
def depth_by_times(): ...


@mistake("compound_scaling", edit={"if times <= 0 or step <= 1": "if times < 1 or step <= 1"}, hint="Below 1 the network shrinks, with a phi below 0. That is no error.")
def refuses_to_shrink(): ...


@mistake("compound_scaling", edit={"times <= 0 or step <= 1": "times <= 0"}, hint="Where nothing grows at phi = 1, no phi gives the growth that is asked for. That is a ValueError.")
def accepts_bases_that_shrink(): ...


@mistake("compound_scaling", edit={"    if times <= 0 or step <= 1:": "    if times <= 0:\n        return {'phi': 0.0, 'stages': stages, 'resolution': resolution, 'growth': 1.0}\n    if step <= 1:"}, hint="Nothing, or less than nothing, times the work can't be had. Leaving the network as it is hides the slip of whoever asked: raise a ValueError.")
def leaves_it_where_nothing_is_left(): ...


@right("compound_scaling", edit={"times <= 0 or step <= 1": "step <= 1"})
def leaves_the_logarithm_to_refuse(): ...


@right("compound_scaling")
def by_loops(stages, resolution, times, alpha=1.2, beta=1.1, gamma=1.15, divisor=8):
    base = alpha * beta * beta * gamma * gamma
    if not times > 0:
        raise ValueError("times must be positive")
    if not base > 1:
        raise ValueError("these bases don't grow")
    phi = math.log(times, base)
    new, old_work, new_work = [], 0.0, 0.0
    new_resolution = int(math.floor(resolution * math.pow(gamma, phi) + 0.5))
    for blocks, channels, reduction in stages:
        more = math.ceil(blocks * math.pow(alpha, phi))
        wider = make_divisible(channels * math.pow(beta, phi), divisor)
        new.append((more, wider, reduction))
        old_work += blocks * channels * channels * (resolution / reduction) ** 2
        new_work += more * wider * wider * (new_resolution / reduction) ** 2
    return dict(phi=phi, stages=new, resolution=new_resolution, growth=new_work / old_work)


@right("compound_scaling")
def with_tensors(stages, resolution, times, alpha=1.2, beta=1.1, gamma=1.15, divisor=8):
    bases = torch.tensor([alpha, beta, beta, gamma, gamma], dtype=torch.float64)
    if times <= 0 or bases.prod() <= 1:
        raise ValueError("no such phi")
    phi = (torch.tensor(times, dtype=torch.float64).log() / bases.log().sum()).item()
    d, w, r = (base**phi for base in (alpha, beta, gamma))
    grown = [(-int(-(n * d) // 1), make_divisible(c * w, divisor), s) for n, c, s in stages]
    side = round(resolution * r)
    old, new = (torch.tensor(one, dtype=torch.float64) for one in (stages, grown))
    work = [(t[:, 0] * t[:, 1] ** 2 / t[:, 2] ** 2).sum() for t in (old, new)]
    growth = (work[1] / work[0]).item() * side**2 / resolution**2
    return {"growth": growth, "resolution": side, "stages": grown, "phi": phi}


@right("compound_scaling")
def with_helpers(stages, resolution, times, alpha=1.2, beta=1.1, gamma=1.15, divisor=8):
    if times <= 0:
        raise ValueError("times")
    exponent = math.log(alpha) + 2 * math.log(beta) + 2 * math.log(gamma)
    if exponent <= 0:
        raise ValueError("bases")
    phi = math.log(times) / exponent

    def macs(network, pixels):
        return math.fsum(blocks * channels**2 * pixels**2 / stride**2 for blocks, channels, stride in network)

    blocks = [math.ceil(stage[0] * alpha**phi) for stage in stages]
    channels = [make_divisible(stage[1] * beta**phi, divisor) for stage in stages]
    network = list(zip(blocks, channels, [stage[2] for stage in stages]))
    pixels = round(resolution * gamma**phi)
    return {"phi": phi, "stages": network, "resolution": pixels, "growth": macs(network, pixels) / macs(stages, resolution)}


# architecture_search


@mistake("architecture_search", edit={"torch.randperm(len(fitting), generator=generator)[:num_trials].tolist()": "torch.randint(len(fitting), (min(num_trials, len(fitting)),), generator=generator).tolist()"}, hint="The draws are independent, so some architectures come twice and others never. Draw without replacement.")
def draws_with_replacement(): ...


@mistake("architecture_search", edit={"[one for one in everything if cost(one) <= budget]": "everything"}, hint="Architectures above the budget are tried too. The cost is known before the training: leave them out.")
def ignores_the_budget(): ...


@mistake("architecture_search", edit={"cost(one) <= budget": "cost(one) < budget"}, hint="What costs exactly the budget is left out, and is allowed.")
def just_as_much_is_too_much(): ...


@mistake("architecture_search", hint="Architectures above the budget use up trials, so fewer are scored than were asked for. Draw from those that fit.")
def dear_ones_use_up_trials(space, cost, score, budget, num_trials, seed=0):
    everything = [dict(zip(space, choices)) for choices in itertools.product(*space.values())]
    if not any(cost(one) <= budget for one in everything):
        raise ValueError("nothing fits")
    order = torch.randperm(len(everything), generator=torch.Generator().manual_seed(seed))[:num_trials].tolist()
    history = [(everything[i], score(everything[i])) for i in order if cost(everything[i]) <= budget]
    best, _ = max(history, key=lambda tried: (tried[1], -cost(tried[0])), default=(everything[0], 0))
    return best, history


@mistake("architecture_search", edit={"torch.randperm(len(fitting), generator=generator)[:num_trials].tolist()": "list(range(len(fitting)))[:num_trials]"}, hint="The first ones of the list are tried, whatever the seed: that is no random search, and half of the space is never seen.")
def takes_the_first(): ...


@mistake("architecture_search", edit={"[:num_trials].tolist()": ".tolist()"}, hint="Everything that fits is scored, whatever num_trials says. A score is dear: that is the reason for the search.")
def scores_everything(): ...


@mistake("architecture_search", edit={"torch.Generator().manual_seed(seed)": "torch.manual_seed(seed)"}, hint="This sets the seed of all of torch, also of the training inside `score`. Make a torch.Generator of the search's own.")
def seeds_all_of_torch(): ...


@mistake("architecture_search", edit={"torch.Generator().manual_seed(seed)": "torch.Generator().manual_seed(0)"}, hint="Every search tries the same architectures: the seed isn't used.")
def one_seed_for_all(): ...


@mistake("architecture_search", edit={"(tried[1], -cost(tried[0]))": "tried[1]"}, hint="Of equal scores yours is the one tried first. The cheapest comes before it.")
def ties_by_order_alone(): ...


@mistake("architecture_search", edit={"(tried[1], -cost(tried[0]))": "(tried[1], cost(tried[0]))"}, hint="Of equal scores yours is the dearest. It is to be the cheapest.")
def ties_by_the_dearest(): ...


@mistake("architecture_search", edit={"max(history, key=lambda tried: (tried[1], -cost(tried[0])))": "sorted(history, key=lambda tried: (tried[1], -cost(tried[0])))[-1]"}, hint="Where score and cost are equal yours is the one tried last, as the end of a sorted list is. It is to be the first.")
def ties_by_the_last(): ...


@mistake("architecture_search", edit={"max(history": "min(history", "-cost(": "cost("}, hint="The worst is returned: a score is better where it is higher.")
def takes_the_worst(): ...


@mistake("architecture_search", hint="Width first and then what fits beside it: an architecture with few others of its kind is then drawn more often. Draw from the list of all that fit.")
def dial_by_dial(space, cost, score, budget, num_trials, seed=0):
    generator = torch.Generator().manual_seed(seed)
    left = [one for one in (dict(zip(space, c)) for c in itertools.product(*space.values())) if cost(one) <= budget]
    if not left:
        raise ValueError("nothing fits")
    history = []
    while left and len(history) < num_trials:
        some = left
        for name in space:
            choices = sorted({one[name] for one in some})
            pick = choices[int(torch.randint(len(choices), (1,), generator=generator))]
            some = [one for one in some if one[name] == pick]
        left.remove(some[0])
        history.append((some[0], score(some[0])))
    return max(history, key=lambda tried: (tried[1], -cost(tried[0])))[0], history


@mistake("architecture_search", hint="The best so far starts at a score of 0, so where all scores are negative nothing is ever better. Start with the first, or with minus infinity.")
def best_starts_at_zero(space, cost, score, budget, num_trials, seed=0):
    _, history = solved_search(space, cost, score, budget, num_trials, seed)
    best, best_score, best_cost = {}, 0.0, math.inf
    for one, value in history:
        if value > best_score or (value == best_score and cost(one) < best_cost):
            best, best_score, best_cost = one, value, cost(one)
    return best, history


@mistake("architecture_search", edit={"history = [(fitting[place], score(fitting[place])) for place in order]": "history = [(fitting[place], score(fitting[place])) for place in order]\n    for tried, _ in history:\n        score(tried)"}, hint="score is called twice for each architecture, and every call is a training. Keep what it said.")
def trains_twice(): ...


@mistake("architecture_search", edit={"    return best, history": "    history = sorted(history, key=lambda tried: -tried[1])\n    return best, history"}, hint="The history is in the order of the scores. It is to be in the order in which architectures were tried.")
def sorts_the_history(): ...


@mistake("architecture_search", edit={"        raise ValueError(f\"no architecture costs {budget:g} or less\")": "        return {}, []"}, hint="Where nothing fits the budget, an empty answer hides it. Raise a ValueError.")
def nothing_fits_and_nothing_is_said(): ...


@mistake("architecture_search", edit={"[:num_trials].tolist()": "[: max(1, num_trials - 1)].tolist()"}, hint="One trial too few: num_trials architectures are scored.")
def one_trial_too_few(): ...


@mistake("architecture_search", edit={"itertools.product(*space.values())": "zip(*space.values())"}, hint="zip pairs the first choices with each other, then the second. Every choice goes with every other.")
def pairs_only(): ...


@right("architecture_search")
def by_rejection(space, cost, score, budget, num_trials, seed=0):
    names, total = list(space), math.prod(len(choices) for choices in space.values())
    every = list(itertools.product(*(range(len(choices)) for choices in space.values())))
    prices = [cost({n: space[n][i] for n, i in zip(names, places)}) for places in every]
    num = min(num_trials, sum(price <= budget for price in prices))
    if num == 0:
        raise ValueError("the budget is too small")
    rng, seen, history, best = random.Random(seed), set(), [], None
    while len(history) < num:
        at = rng.randrange(total)
        if at in seen or prices[at] > budget:
            continue
        seen.add(at)
        architecture = {n: space[n][i] for n, i in zip(names, every[at])}
        value = score(architecture)
        history.append((architecture, value))
        if best is None or value > best[1] or (value == best[1] and prices[at] < best[2]):
            best = (architecture, value, prices[at])
    return best[0], history


@right("architecture_search")
def by_recursion(space, cost, score, budget, num_trials, seed=0):
    def all_of(names):
        if not names:
            return [{}]
        return [{names[0]: choice, **rest} for choice in space[names[0]] for rest in all_of(names[1:])]

    candidates = list(filter(lambda one: cost(one) <= budget, all_of(list(space))))
    if len(candidates) == 0:
        raise ValueError(f"budget {budget} fits nothing")
    random.Random(seed).shuffle(candidates)
    history = []
    for candidate in candidates[:num_trials]:
        history.append((candidate, score(candidate)))
    highest = max(value for _, value in history)
    ties = [candidate for candidate, value in history if value == highest]
    return min(ties, key=cost), history


@right("architecture_search")
def by_noise_and_sorting(space, cost, score, budget, num_trials, seed=0):
    generator = torch.Generator()
    generator.manual_seed(seed)
    names = tuple(space.keys())
    fitting = []
    for values in itertools.product(*[space[name] for name in names]):
        candidate = {name: value for name, value in zip(names, values)}
        if not cost(candidate) > budget:
            fitting.append(candidate)
    if not fitting:
        raise ValueError("nothing to try")
    keys = torch.rand(len(fitting), generator=generator, dtype=torch.float64)
    tried = [fitting[i] for i in torch.argsort(keys)[:num_trials]]
    scores = [score(candidate) for candidate in tried]
    best = 0
    for i in range(1, len(tried)):
        if (scores[i], -cost(tried[i])) > (scores[best], -cost(tried[best])):
            best = i
    return tried[best], list(zip(tried, scores))
