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


@mistake("MBConv", edit={"nn.BatchNorm2d(width, eps=eps)": "nn.BatchNorm2d(width)"}, hint="The normalisations have torch's usual eps. Each takes the `eps` that is given.")
def ignores_eps(): ...


@mistake("MBConv", edit={"nn.BatchNorm2d(width, eps=eps)": "nn.BatchNorm2d(width, eps=eps if active else 1e-5)"}, hint="The projection's normalisation has torch's usual eps. It takes the `eps` that is given, like the others.")
def ignores_eps_in_the_projection(): ...


@mistake("MBConv", edit={"nn.BatchNorm2d(width, eps=eps)": "nn.BatchNorm2d(width, eps, eps)"}, hint="`eps` is the momentum of the running numbers too. Which argument of nn.BatchNorm2d comes third?")
def eps_is_the_momentum_too(): ...


@mistake("MBConv", edit={"self.block = nn.Sequential(*steps)": "self.block = nn.Sequential(*[part for step in steps for part in (step if isinstance(step, nn.Sequential) else [step])])"}, hint="All layers stand in one row. Each convolution has an nn.Sequential of its own, so that the names have two numbers.")
def lies_flat(): ...


@mistake("MBConv", edit={"groups=wide)": "groups=in_channels)"}, hint="The depthwise convolution has as many groups as channels enter the block. It works on the wide map: a filter for each of its channels.")
def as_many_groups_as_come_in(): ...


@mistake("MBConv", edit={"[] if expand_ratio == 1": "[nn.Identity()] if expand_ratio == 1"}, hint="Where expand_ratio is 1, something still holds the expansion's place, so all others stand one too high.")
def keeps_the_place_of_the_expansion(): ...


@mistake("MBConv", edit={"ACTIVATIONS[activation]()": "{'silu': nn.SiLU, 'relu6': nn.ReLU}[activation]()"}, hint="relu6 has become a ReLU: it also cuts what is above 6. ACTIVATIONS has the class.")
def rectifies_without_a_limit(): ...


@mistake("MBConv", edit={"stride == 1 and in_channels == out_channels": "stride == 1 and in_channels == out_channels and expand_ratio > 1"}, hint="Without an expansion the input is not added. The conditions for the way around are the same there.")
def goes_around_only_where_it_expands(): ...


@mistake("MBConv", edit={"stride == 1 and in_channels == out_channels": "in_channels == out_channels", "x + out if": "out + x if"}, hint="With a stride the map gets smaller, so the input can't be added, even where the channels agree.")
def goes_around_a_stride_the_other_way_round(): ...


@mistake("MBConv", edit={"stride == 1 and in_channels == out_channels": "stride == 1", "x + out if": "out + x if"}, hint="The input is added where the channels differ, too. Both conditions are needed.")
def goes_around_other_channels_the_other_way_round(): ...


@mistake("MBConv", edit={"wide = in_channels * expand_ratio": "wide = make_divisible(in_channels * expand_ratio) if expand_ratio > 1 else in_channels"}, hint="The wide map is rounded to a multiple of 8. Here it is just expand_ratio times as wide.")
def rounds_the_wide_map(): ...


@mistake("MBConv", edit={"max(1, in_channels // 4)": "max(1, round(in_channels / 4))"}, hint="The quarter is rounded to the nearest. It is floored: a block of 7 channels squeezes to 1.")
def rounds_the_quarter(): ...


@mistake("MBConv", edit={"padding = kernel // 2": "padding = max(0, (kernel - stride + 1) // 2)"}, hint="The padding gets smaller with the stride. It hangs on the kernel alone, at any stride.")
def pads_less_for_a_stride(): ...


@mistake("MBConv", edit={"groups=groups, bias=False": "groups=groups, bias=False, padding_mode='replicate'"}, hint="The border is padded with copies of the outer pixels. It is padded with zeros.")
def repeats_the_border(): ...


@mistake("MBConv", edit={"return x + out if": "return x.add_(out) if"}, hint="The sum is written into the input, which the caller still needs. Make a new tensor of it.")
def adds_into_its_input(): ...


@mistake("MBConv", edit={"x + out if": "x.detach() + out if"}, hint="The way around is cut off from autograd: no gradient goes back along it.")
def detaches_the_way_around(): ...


@mistake("MBConv", hint="This is torchvision's block, or a part of it. It is what yours is to be: make it of single layers.")
class mbconv_from_torchvision(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1, expand_ratio=6, squeeze=True, activation="silu", eps=1e-3):
        super().__init__()
        from torchvision.models.efficientnet import MBConv, MBConvConfig

        inner = MBConv(MBConvConfig(expand_ratio, kernel_size, stride, in_channels, out_channels, 1), 0.0, nn.BatchNorm2d)
        self.block, self.goes_around = inner.block, inner.use_res_connect

    def forward(self, x):
        return x + self.block(x) if self.goes_around else self.block(x)


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


@mistake("FusedMBConv", edit={"nn.BatchNorm2d(wide, eps=eps)": "nn.BatchNorm2d(wide)", "nn.BatchNorm2d(out_channels, eps=eps)": "nn.BatchNorm2d(out_channels)"}, hint="The normalisations have torch's usual eps. Each takes the `eps` that is given.")
def fused_ignores_eps(): ...


@mistake("FusedMBConv", edit={"                    padding=(kernel_size - 1) // 2,\n                    bias=False,\n": "                    padding=(kernel_size - 1) // 2,\n", "nn.Conv2d(wide, out_channels, 1, bias=False)": "nn.Conv2d(wide, out_channels, 1)"}, hint="The convolutions have biases. A normalisation follows each and takes a mean away, so they have none.")
def fused_keeps_both_biases(): ...


@mistake("FusedMBConv", edit={"                nn.BatchNorm2d(wide, eps=eps),\n                ACTIVATIONS[activation](),\n": "                ACTIVATIONS[activation](),\n                nn.BatchNorm2d(wide, eps=eps),\n"}, hint="The activation stands before the normalisation. The order is convolution (0), normalisation (1), activation (2).")
def fused_activates_before_it_normalises(): ...


@mistake("FusedMBConv", edit={"        self.goes_around =": "        self.block = self.block if expand_ratio > 1 else self.block[0]\n        self.goes_around ="}, hint="Without an expansion the layers stand in `block` itself. There too the convolution has an nn.Sequential of its own, at place 0.")
def fused_lies_flat_without_expansion(): ...


@mistake("FusedMBConv", edit={"                    kernel_size,\n                    stride,\n                    padding=(kernel_size - 1) // 2,\n": "                    *([1, 1, 0] if expand_ratio > 1 else [kernel_size, stride, kernel_size // 2]),\n", "nn.Conv2d(wide, out_channels, 1, bias=False)": "nn.Conv2d(wide, out_channels, kernel_size, stride, kernel_size // 2, bias=False)"}, hint="The first convolution is 1 x 1, and the projection has the kernel and the stride. It is the other way round.")
def fused_looks_around_while_projecting(): ...


@mistake("FusedMBConv", edit={"                    nn.BatchNorm2d(out_channels, eps=eps),\n": ""}, hint="The projection is not normalised. Only its activation is left out.")
def fused_projects_without_norm(): ...


@mistake("FusedMBConv", edit={"padding=(kernel_size - 1) // 2": "padding=0"}, hint="Nothing is padded, so the map shrinks at its edges. At stride 1 it keeps its size.")
def fused_pads_nothing(): ...


@mistake("FusedMBConv", edit={"nn.Conv2d(wide, out_channels, 1, bias=False)": "nn.Conv2d(wide, out_channels, 1, stride, bias=False)"}, hint="Both convolutions have the stride, so the map shrinks twice. It stands in the wide one.")
def fused_strides_twice(): ...


@mistake("FusedMBConv", edit={"if expand_ratio > 1 else out_channels": "if expand_ratio > 1 else in_channels"}, hint="Without an expansion the one convolution goes to in_channels. It is the whole block, so it must end at out_channels.")
def fused_keeps_the_channels_without_expansion(): ...


@mistake("FusedMBConv", edit={"stride == 1 and in_channels == out_channels": "stride == 1 and in_channels == wide"}, hint="The way around asks for the wide map's channels. What counts is what enters the block and what leaves it.")
def fused_goes_around_by_the_wide_map(): ...


@mistake("FusedMBConv", edit={"return x + out if": "return x.add_(out) if"}, hint="The sum is written into the input, which the caller still needs. Make a new tensor of it.")
def fused_adds_into_its_input(): ...


@mistake("FusedMBConv", hint="This is torchvision's block, or a part of it. It is what yours is to be: make it of single layers.")
class fused_from_torchvision(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1, expand_ratio=4, activation="silu", eps=1e-3):
        super().__init__()
        from torchvision.models.efficientnet import FusedMBConv, FusedMBConvConfig

        inner = FusedMBConv(FusedMBConvConfig(expand_ratio, kernel_size, stride, in_channels, out_channels, 1), 0.0, nn.BatchNorm2d)
        self.block, self.goes_around = inner.block, inner.use_res_connect

    def forward(self, x):
        return x + self.block(x) if self.goes_around else self.block(x)


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


@mistake("ConvNeXtBlock", edit={"            Permute([0, 2, 3, 1]),\n            nn.LayerNorm(dim, eps=1e-6),\n": "            nn.BatchNorm2d(dim, eps=1e-6),\n            Permute([0, 2, 3, 1]),\n"}, hint="This is batch normalisation, with running numbers. ConvNeXt has a layer norm, which needs none.")
def has_batch_norm_before_the_turn(): ...


class _MapLinear(nn.Conv2d):
    def __init__(self, channels, width):
        super().__init__(channels, width, 1)

    def forward(self, x):
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


@mistake("ConvNeXtBlock", edit={"nn.Linear(dim, 4 * dim)": "_MapLinear(dim, 4 * dim)", "nn.Linear(4 * dim, dim)": "_MapLinear(4 * dim, dim)"}, hint="The layers at 3 and 5 are 1 x 1 convolutions. They compute the same, but their weights have two axes more, so stored ones don't load: nn.Linear is asked for.")
def expands_by_convolutions(): ...


@mistake("ConvNeXtBlock", edit={"groups=dim)": "groups=dim, bias=False)"}, hint="The depthwise convolution has no bias. All layers have one here, since no batch normalisation follows.")
def convolves_without_bias(): ...


@mistake("ConvNeXtBlock", edit={"nn.Linear(dim, 4 * dim)": "nn.Linear(dim, 4 * dim, bias=False)", "nn.Linear(4 * dim, dim)": "nn.Linear(4 * dim, dim, bias=False)"}, hint="The linear layers have no biases. All layers have one here, since no batch normalisation follows.")
def linear_without_biases(): ...


@mistake("ConvNeXtBlock", edit={"nn.Linear(dim, 4 * dim)": "nn.Linear(dim, 3 * dim)", "nn.Linear(4 * dim, dim)": "nn.Linear(3 * dim, dim)"}, hint="The map gets three times as wide. It is four times.")
def expands_three_times(): ...


@mistake("ConvNeXtBlock", edit={"            nn.GELU(),\n            nn.Linear(4 * dim, dim),\n": "            nn.Linear(4 * dim, dim),\n            nn.GELU(),\n"}, hint="The GELU stands after the projection. It stands where the map is wide, between the two linear layers.")
def bends_after_the_projection(): ...


@mistake("ConvNeXtBlock", edit={"nn.LayerNorm(dim, eps=1e-6)": "nn.LayerNorm(dim, eps=1e-6, elementwise_affine=False)"}, hint="The layer norm has no weight and no bias. It keeps both, as nn.LayerNorm has them unless told otherwise.")
def norm_learns_nothing(): ...


@mistake("ConvNeXtBlock", edit={"Permute([0, 3, 1, 2])": "Permute([0, 2, 3, 1])"}, hint="The way back reorders the axes as the way there did. Which axis comes from where?")
def turns_back_the_same_way(): ...


@mistake("ConvNeXtBlock", edit={"self.block(x)": "self.block[2:6](self.block[0](x).reshape(x.shape[0], *x.shape[2:], -1)).reshape(x.shape)"}, hint="A reshape keeps the numbers in their order in memory and so mixes pixels and channels. The axes must be reordered.")
def reshapes_for_a_turn(): ...


@mistake("ConvNeXtBlock", edit={"self.layer_scale = nn.Parameter(torch.full((dim, 1, 1), layer_scale))": "self.register_buffer('layer_scale', torch.full((dim, 1, 1), layer_scale))"}, hint="layer_scale is a buffer: it is stored and moved, but not trained. It is a parameter.")
def scale_is_a_buffer(): ...


@mistake("ConvNeXtBlock", edit={"torch.full((dim, 1, 1), layer_scale)": "torch.full((1, dim, 1, 1), layer_scale)"}, hint="layer_scale has another shape than the docstring says, so stored weights don't fit.")
def scale_of_four_axes(): ...


@mistake("ConvNeXtBlock", edit={"torch.full((dim, 1, 1), layer_scale)": "torch.full((dim,), layer_scale)"}, hint="layer_scale has one axis, so it multiplies along the width of the map. Which shape multiplies channels?")
def scale_along_the_width(): ...


@mistake("ConvNeXtBlock", edit={"x + self.layer_scale * self.block(x)": "self.layer_scale * x + self.block(x)"}, hint="The layer scale multiplies the input. It multiplies what the block adds to it.")
def scales_the_input(): ...


@mistake("ConvNeXtBlock", edit={"return x + self.layer_scale * self.block(x)": "x += self.layer_scale * self.block(x)\n        return x"}, hint="The sum is written into the input, which the caller still needs. Make a new tensor of it.")
def adds_into_the_input(): ...


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


@mistake("compound_scaling", edit={"times <= 0 or step <= 1": "times <= 0"}, hint="Where the multiply-adds don't grow at phi = 1, no phi gives the growth that is asked for. That is a ValueError.")
def accepts_bases_that_shrink(): ...


@mistake("compound_scaling", edit={"    if times <= 0 or step <= 1:": "    if times <= 0:\n        return {'phi': 0.0, 'stages': stages, 'resolution': resolution, 'growth': 1.0}\n    if step <= 1:"}, hint="Nothing, or less than nothing, times the work can't be had. Leaving the network as it is hides the slip of whoever asked: raise a ValueError.")
def leaves_it_where_nothing_is_left(): ...


@mistake("compound_scaling", edit={"width * beta**phi": "width * gamma**phi", "resolution * gamma**phi": "resolution * beta**phi"}, hint="Width and resolution have exchanged their bases: beta is the width's, gamma the resolution's.")
def width_and_resolution_change_places(): ...


@mistake("compound_scaling", edit={"math.ceil(num * alpha**phi)": "int(num * alpha**phi) + 1"}, hint="Where the number of blocks is whole already, one too many comes out. Rounding up leaves whole numbers as they are.")
def one_block_more(): ...


@mistake("compound_scaling", edit={"math.ceil(num * alpha**phi)": "num * math.ceil(alpha**phi)"}, hint="The factor of the depth is rounded before it multiplies. What is rounded up is the number of blocks.")
def rounds_the_factor(): ...


@mistake("compound_scaling", edit={"make_divisible(width * beta**phi, divisor)": "math.ceil(width * beta**phi / divisor) * divisor"}, hint="The channels go to the multiple above. make_divisible goes to the nearest.")
def multiple_above(): ...


@mistake("compound_scaling", edit={"make_divisible(width * beta**phi, divisor)": "make_divisible(int(width * beta**phi), divisor)"}, hint="The channels are cut to a whole number before make_divisible rounds them. It takes floats.")
def cuts_before_the_multiple(): ...


@mistake("compound_scaling", edit={"    step = alpha": "    alpha, beta, gamma = 1.2, 1.1, 1.15\n    step = alpha"}, hint="alpha, beta and gamma are EfficientNet's, whatever is asked for. They are arguments.")
def bases_are_written_in(): ...


@mistake("compound_scaling", edit={"step <= 1": "step < 1"}, hint="Where the multiply-adds stay as they are at phi = 1, the logarithm of the bracket is 0, and you divide by it. That is a ValueError, too.")
def divides_by_zero(): ...


@mistake("compound_scaling", edit={"step <= 1": "step == 1"}, hint="Where the multiply-adds get fewer at phi = 1, nothing refuses. That is a ValueError, too.")
def refuses_only_one(): ...


@mistake("compound_scaling", edit={"step <= 1": "min(alpha, beta, gamma) <= 1"}, hint="One base that isn't above 1 is enough for your error. What must grow is the product in the bracket, and a single dial can see to that.")
def wants_all_three_to_grow(): ...


@mistake("compound_scaling", edit={"    if times <= 0 or step <= 1:\n        raise ValueError(f\"no phi makes {step:g} ** phi be {times:g}\")": "    assert times > 0 and step > 1"}, hint="An assert raises an AssertionError, and Python can be told to leave it out. Raise a ValueError.")
def asserts(): ...


@mistake("compound_scaling", edit={"times <= 0": "times < 0", "math.log(times) / math.log(step)": "math.log(times) / math.log(step) if times else -math.inf"}, hint="A network of no multiply-adds at all can't be had: no phi gives 0 times the work. That is a ValueError.")
def shrinks_to_nothing(): ...


@mistake("compound_scaling", edit={"math.log(times) / math.log(step)": "max(0.0, math.log(times) / math.log(step))"}, hint="phi stops at 0, so a network never shrinks. Below 1 times the work, phi is below 0.")
def phi_never_below_zero(): ...


@mistake("compound_scaling", edit={"math.log(times) / math.log(step)": "round(math.log(times) / math.log(step))"}, hint="phi is rounded to whole steps. It is a float: only what it leads to is rounded.")
def whole_steps(): ...


@mistake("compound_scaling", edit={"n * (c * pixels / shrunk) ** 2": "n * (c * pixels) ** 2 / shrunk"}, hint="The reduction divides the multiply-adds once. It makes both sides of a map smaller.")
def growth_with_reduction_once(): ...


@mistake("compound_scaling", edit={"(c * pixels / shrunk)": "(c * (pixels // shrunk))"}, hint="The side of each map is cut to whole pixels. Here it is just resolution / reduction, a real number.")
def growth_on_whole_pixels(): ...


@mistake("compound_scaling", edit={"work(grown, side)": "work(grown, resolution * gamma**phi)"}, hint="The new network is counted on an image that isn't rounded yet. The image's side is a whole number, too.")
def growth_before_rounding_the_image(): ...


@mistake("compound_scaling", edit={"work(grown, side) / work(stages, resolution)": "work(stages, resolution) / work(grown, side)"}, hint="The fraction stands on its head: old over new.")
def growth_upside_down(): ...


@mistake("compound_scaling", edit={"        (\n            math.ceil(num * alpha**phi),\n            make_divisible(width * beta**phi, divisor),\n            shrunk,\n        )\n": "        [\n            math.ceil(num * alpha**phi),\n            make_divisible(width * beta**phi, divisor),\n            shrunk,\n        ]\n"}, hint="Each stage is a list. It is a tuple, as it came in.")
def stages_as_lists(): ...


@mistake("compound_scaling", edit={"round(resolution * gamma**phi)": "math.ceil(resolution * gamma**phi)"}, hint="The resolution is rounded up. It goes to the nearest whole number.")
def resolution_rounded_up(): ...


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
    if not history:
        history = [(one, score(one)) for one in everything if cost(one) <= budget][:1]
    best, _ = max(history, key=lambda tried: (tried[1], -cost(tried[0])))
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


@mistake("architecture_search", edit={"[:num_trials].tolist()": ".tolist()", "    return best, history": "    return best, history[:num_trials]"}, hint="Everything that fits is scored, and the history cut afterwards. A score is dear: num_trials of them are all.")
def keeps_of_all(): ...


@mistake("architecture_search", edit={"best, _ = max(": "best = max("}, hint="The best comes as a pair with its score. It is the architecture alone.")
def returns_the_pair(): ...


@mistake("architecture_search", edit={"(fitting[place], score(fitting[place])) for": "(fitting[place], score(fitting[place]), cost(fitting[place])) for", "best, _ = max(": "best, *_ = max("}, hint="The history has more than pairs. Each entry is an architecture and its score.")
def history_with_costs(): ...


@mistake("architecture_search", hint="The history has the scores alone. Each entry is a pair: the architecture and its score.")
def history_of_scores(*args):
    best, history = solved_search(*args)
    return best, [value for _, value in history]


@mistake("architecture_search", hint="Architectures are tuples of choices. Each is a dict, with the names of the space.")
def architectures_as_tuples(*args):
    best, history = solved_search(*args)
    return tuple(best.values()), [(tuple(one.values()), value) for one, value in history]


@mistake("architecture_search", edit={"dict(zip(space, choices)) for choices in itertools.product(*space.values())": "dict(zip(sorted(space), choices))\n        for choices in itertools.product(*(space[name] for name in sorted(space)))"}, hint="The names of an architecture are sorted. They stand in the order of the space.")
def names_by_the_alphabet(): ...


@mistake("architecture_search", edit={"order = torch.randperm(len(fitting), generator=generator)[:num_trials].tolist()": "order = torch.randperm(len(everything), generator=generator)[:num_trials].tolist()", "[(fitting[place], score(fitting[place])) for place in order]": "[(everything[place], score(everything[place])) for place in order]", "max(history, key": "max([one for one in history if cost(one[0]) <= budget] or history, key"}, hint="Architectures above the budget are tried too. The cost is known before the training: leave them out.")
def dear_ones_are_only_not_best(): ...


@mistake("architecture_search", edit={"torch.randperm(len(fitting), generator=generator)[:num_trials].tolist()": "sorted(range(len(fitting)), key=lambda place: cost(fitting[place]))[:num_trials]"}, hint="The cheapest are tried first, whatever the seed. Everything that fits is to have the same chance.")
def cheapest_first(): ...


@mistake("architecture_search", edit={"(tried[1], -cost(tried[0]))": "(-cost(tried[0]), tried[1])"}, hint="The cheapest wins, and the score decides only between equals. It is the other way round.")
def cheapest_is_best(): ...


@mistake("architecture_search", edit={"(tried[1], -cost(tried[0]))": "tried[1] / cost(tried[0])"}, hint="Yours is the one with the most score for its cost. The score decides, and the cost only between equals.")
def score_for_the_money(): ...


@mistake("architecture_search", edit={"if not fitting:": "if len(fitting) < num_trials:"}, hint="Where fewer fit than are to be tried, an error comes. All that fit are tried then; only where none does is it a ValueError.")
def refuses_too_many_trials(): ...


@mistake("architecture_search", edit={", generator=generator)": ")"}, hint="The order comes from torch's global random numbers, so the seed has no say, and those of others move on. Draw from a torch.Generator of the search's own.")
def draws_from_all_of_torch(): ...


@mistake("architecture_search", edit={"torch.randperm(len(fitting), generator": "torch.randperm(max(1, len(fitting) - 1), generator"}, hint="One of those that fit is never tried: the permutation is one too short.")
def never_the_last(): ...


@mistake("architecture_search", edit={"max(history, key": "max(sorted(history, key=lambda one: fitting.index(one[0])), key"}, hint="Where score and cost are equal yours is the first in the space's order. It is to be the one tried first.")
def ties_by_the_space(): ...


@mistake("architecture_search", edit={"    history = [": "    order = list(range(len(fitting)))\n    for i in range(len(fitting) - 1, 0, -1):\n        j = int(torch.randint(0, i, (1,), generator=generator))\n        order[i], order[j] = order[j], order[i]\n    order = order[:num_trials]\n    history = ["}, hint="Your shuffle can't leave an architecture where it stands, so not all orders are possible. Draw the place to change with from one more.")
def shuffles_in_a_circle(): ...


@mistake("architecture_search", edit={"dict(zip(space, choices)) for choices in itertools.product(*space.values())": "{'block': b, 'width': w, 'depth': d} for b in space['block'] for w in space['width'] for d in space['depth']"}, hint="The names of this notebook's space are written in. A space may have any names, and any number of them.")
def works_for_one_space(): ...


@mistake("architecture_search", hint="A draw that comes twice, or is too dear, uses up a trial, so too few are scored. As many are tried as were asked for, or all that fit.")
def draws_and_skips(space, cost, score, budget, num_trials, seed=0):
    everything = [dict(zip(space, choices)) for choices in itertools.product(*space.values())]
    if not any(cost(one) <= budget for one in everything):
        raise ValueError("nothing fits")
    generator, history = torch.Generator().manual_seed(seed), []
    for _ in range(num_trials):
        one = everything[int(torch.randint(len(everything), (1,), generator=generator))]
        if cost(one) <= budget and all(one != old for old, _ in history):
            history.append((one, score(one)))
    return max(history, key=lambda tried: (tried[1], -cost(tried[0])), default=(None, 0))[0], history


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
    best, best_score, best_cost = None, 0.0, math.inf
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
