"""What students write in deeplab: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

# LargeFOV


@right("LargeFOV")
class FovFunctional(nn.Module):
    """Layers of its own, a rule for the places, and what is kept by an index."""

    def __init__(self, in_channels, num_classes, width=1024, rate=12, dropout=0.5):
        super().__init__()
        self.rate = rate
        self.p = dropout
        self.fc6 = nn.Conv2d(in_channels, width, kernel_size=3, dilation=rate)
        self.fc7 = nn.Conv2d(width, width, kernel_size=1)
        self.fc8 = nn.Conv2d(width, num_classes, kernel_size=1)

    def forward(self, x):
        x = F.pad(x, [self.rate] * 4)
        for layer in (self.fc6, self.fc7):
            x = F.dropout(F.relu(layer(x)), self.p, training=self.training)
        return self.fc8(x)

    @torch.no_grad()
    def load_dense(self, fc6, fc7):
        weight, bias = fc6
        width, channels = self.fc6.out_channels, self.fc6.in_channels
        size = math.isqrt(weight.shape[1] // channels)
        kept = torch.tensor([0, size // 2, size - 1], device=weight.device)
        units = torch.arange(width, device=weight.device) * (weight.shape[0] // width)
        later = torch.arange(width, device=weight.device) * (fc7[0].shape[0] // width)
        kernels = weight.view(-1, channels, size, size) if weight.is_contiguous() else weight.reshape(-1, channels, size, size)
        kernels = kernels.index_select(0, units).index_select(2, kept).index_select(3, kept)
        self.fc6.weight.data.copy_(kernels)
        self.fc6.bias.data.copy_(bias.index_select(0, units))
        self.fc7.weight.data.copy_(fc7[0].index_select(0, later).index_select(1, units).unsqueeze(-1).unsqueeze(-1))
        self.fc7.bias.data.copy_(fc7[1].index_select(0, later))


@right("LargeFOV")
class FovSequential(nn.Module):
    """The layers in a row, and a state dict to load."""

    def __init__(self, in_channels, num_classes, width=1024, rate=12, dropout=0.5):
        super().__init__()
        self.fc6 = nn.Conv2d(in_channels, width, 3, padding="same", dilation=rate)
        self.fc7 = nn.Conv2d(width, width, 1)
        self.fc8 = nn.Conv2d(width, num_classes, 1)
        self.relu6, self.drop6, self.relu7, self.drop7 = nn.ReLU(inplace=True), nn.Dropout(dropout), nn.ReLU(inplace=True), nn.Dropout(dropout)

    def forward(self, x):
        x = self.drop6(self.relu6(self.fc6(x)))
        x = self.drop7(self.relu7(self.fc7(x)))
        return self.fc8(x)

    def load_dense(self, fc6, fc7):
        (w6, b6), (w7, b7) = fc6, fc7
        width, channels = self.fc7.in_channels, self.fc6.in_channels
        k = int(round(math.sqrt(w6.shape[1] / channels)))
        m, n = w6.shape[0] // width, w7.shape[0] // width
        places = [0, (k - 1) // 2, k - 1]
        small = w6.detach().reshape(-1, channels, k, k)[::m][:, :, places][:, :, :, places]
        state = self.state_dict()
        state["fc6.weight"], state["fc6.bias"] = small, b6.detach()[::m]
        state["fc7.weight"], state["fc7.bias"] = w7.detach()[::n, ::m].reshape(width, width, 1, 1), b7.detach()[::n]
        self.load_state_dict(state)


@right("LargeFOV")
class FovByLoops(nn.Module):
    """Each unit and each place by itself."""

    def __init__(self, in_channels, num_classes, width=1024, rate=12, dropout=0.5):
        super().__init__()
        self.fc6 = nn.Conv2d(in_channels, width, 3, 1, (rate, rate), (rate, rate))
        self.fc7 = nn.Conv2d(width, width, 1)
        self.fc8 = nn.Conv2d(width, num_classes, 1)
        self.drop = nn.Dropout(p=dropout)

    def forward(self, x):
        return self.fc8(self.drop(torch.clamp(self.fc7(self.drop(torch.clamp(self.fc6(x), min=0))), min=0)))

    def load_dense(self, fc6, fc7):
        width, channels = self.fc6.weight.shape[0], self.fc6.weight.shape[1]
        size = 1
        while channels * size * size < fc6[0].shape[1]:
            size += 2
        step6, step7 = len(fc6[1]) // width, len(fc7[1]) // width
        with torch.no_grad():
            for unit in range(width):
                kernel = fc6[0][unit * step6].reshape(channels, size, size)
                for a in range(3):
                    for b in range(3):
                        self.fc6.weight[unit, :, a, b] = kernel[:, a * (size // 2), b * (size // 2)]
                self.fc6.bias[unit] = fc6[1][unit * step6]
                self.fc7.bias[unit] = fc7[1][unit * step7]
                for other in range(width):
                    self.fc7.weight[unit, other, 0, 0] = fc7[0][unit * step7, other * step6]


DENSE = "load_dense"


@mistake("LargeFOV", edit={"padding=rate, dilation=rate": "padding=1, dilation=rate"}, hint="The map gets smaller: a border of 1 is enough for a kernel whose numbers lie side by side. How far does yours reach?")
def fov_padding_of_one(): ...


@mistake("LargeFOV", edit={"padding=rate, dilation=rate": "padding=1"}, hint="fc6 has no holes: its numbers lie side by side, whatever the rate is.")
def fov_without_dilation(): ...


@mistake("LargeFOV", edit={"padding=rate, dilation=rate": "padding=rate, dilation=rate, padding_mode='replicate'"}, hint="The border repeats the edge of the map. It holds zeros.")
def fov_border_of_copies(): ...


@mistake("LargeFOV", edit={"width, 3, padding=rate, dilation=rate": "width, 7, padding=3 * rate, dilation=rate"}, hint="fc6 still has 7 x 7 numbers. Nine of them stay.")
def fov_seven_by_seven(): ...


@mistake("LargeFOV", edit={"padding=rate, dilation=rate": "padding=rate, dilation=rate, bias=False", "self.fc6.bias.copy_(bias6[::units])": "pass"}, hint="fc6 has no bias. All three convolutions have one: only the count in the text leaves it out.")
def fov_fc6_without_bias(): ...


@mistake("LargeFOV", edit={"self.drop(self.fc6(x).relu())": "self.drop(self.fc6(x))"}, hint="There is no ReLU behind fc6.")
def fov_no_relu_behind_fc6(): ...


@mistake("LargeFOV", edit={"self.drop(self.fc7(x).relu())": "self.drop(self.fc7(x))"}, hint="There is no ReLU behind fc7.")
def fov_no_relu_behind_fc7(): ...


@mistake("LargeFOV", edit={"return self.fc8(x)": "return self.fc8(x).relu()"}, hint="The scores are never negative: a ReLU stands behind fc8.")
def fov_relu_behind_fc8(): ...


@mistake("LargeFOV", edit={"return self.fc8(x)": "return self.fc8(x).softmax(dim=1)"}, hint="Probabilities come out. Scores are what fc8 says, with nothing behind it.")
def fov_softmax(): ...


@mistake("LargeFOV", edit={"x = self.drop(self.fc7(x).relu())": "x = self.fc7(x).relu()"}, hint="Only what fc6 makes is dropped in training. A dropout stands behind fc7 too.")
def fov_one_dropout(): ...


@mistake("LargeFOV", edit={"x = self.drop(self.fc6(x).relu())": "x = self.fc6(x).relu()"}, hint="Only what fc7 makes is dropped in training. A dropout stands behind fc6 too.")
def fov_dropout_behind_fc7_alone(): ...


@mistake("LargeFOV", edit={"return self.fc8(x)": "return self.drop(self.fc8(x))"}, hint="Scores are dropped in training. Behind which layers does a dropout stand?")
def fov_drops_scores(): ...


@mistake("LargeFOV", edit={"nn.Dropout(dropout)": "nn.Dropout2d(dropout)"}, hint="Whole maps are dropped. It is to be single numbers.")
def fov_drops_whole_maps(): ...


@mistake("LargeFOV", edit={"nn.Dropout(dropout)": "nn.Dropout(1 - dropout)"}, hint="The share that is kept is dropped: with a dropout of 0 nothing is left.")
def fov_keeps_what_it_should_drop(): ...


@mistake("LargeFOV", edit={"nn.Dropout(dropout)": "(lambda x: F.dropout(x, dropout))"}, hint="Numbers are dropped in evaluation too: F.dropout is in training mode where nothing else is said.")
def fov_drops_in_evaluation(): ...


@mistake("LargeFOV", edit={"far, units, later = size // 2,": "far, units, later = 3,"}, hint="The places that stay are right for kernels of 7 x 7 alone. How far is it to the middle of a kernel of 5?")
def fov_every_third_place(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "kernels[::units, :, far - 1 : far + 2, far - 1 : far + 2]"}, hint="The nine places in the middle of the kernel stay. The first, the middle and the last span all of it.")
def fov_middle_of_the_kernel(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "kernels[::units, :, :3, :3]"}, hint="The first three rows and columns of the kernel stay. Which three span all of it?")
def fov_corner_of_the_kernel(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "F.adaptive_avg_pool2d(kernels[::units], 3)"}, hint="Neighbours in the kernel are averaged. Decimation takes single numbers and throws the others away.")
def fov_kernels_pooled(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "F.interpolate(kernels[::units], (3, 3), mode='nearest')"}, hint="Resizing takes other places of the kernel than the first, the middle and the last.")
def fov_kernels_resized(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "kernels[: self.fc6.out_channels, :, ::far, ::far]", "bias6[::units]": "bias6[: self.fc6.out_channels]", "weights7[::later, ::units, None, None]": "weights7[: self.fc7.out_channels, : self.fc6.out_channels, None, None]", "bias7[::later]": "bias7[: self.fc7.out_channels]"}, hint="The first units stay, all in a row. Of F units it is to be every (F / width)-th.")
def fov_first_units(): ...


@mistake("LargeFOV", edit={"weights7[::later, ::units, None, None]": "weights7[::later, : self.fc6.out_channels, None, None]"}, hint="fc7's columns are the first ones. Column j read the unit j of fc6: which of these stayed?")
def fov_first_columns_of_fc7(): ...


@mistake("LargeFOV", edit={"weights7[::later, ::units, None, None]": "weights7[::later, ::units].T[:, :, None, None]"}, hint="fc7's rows and columns have changed places.")
def fov_fc7_transposed(): ...


@mistake("LargeFOV", edit={"weights6.reshape(-1, channels, size, size)": "weights6.reshape(-1, channels, size, size).transpose(2, 3)"}, hint="Rows and columns of fc6's kernels have changed places.")
def fov_kernels_transposed(): ...


@mistake("LargeFOV", edit={"weights6.reshape(-1, channels, size, size)": "weights6.reshape(-1, size, size, channels).permute(0, 3, 1, 2)"}, hint="fc6's weights are read with the channels last. The maps were flattened channels first.")
def fov_channels_last(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "kernels[::units, :, ::far, ::far] * size**2 / 9"}, hint="The kept weights are scaled up for those that are gone. Nothing is scaled.")
def fov_scaled(): ...


@mistake("LargeFOV", edit={"self.fc6.bias.copy_(bias6[::units])": "pass"}, hint="fc6's bias is not taken over.")
def fov_bias6_left(): ...


@mistake("LargeFOV", edit={"self.fc7.bias.copy_(bias7[::later])": "pass"}, hint="fc7's bias is not taken over.")
def fov_bias7_left(): ...


@mistake("LargeFOV", edit={"self.fc6.weight.copy_(kernels[::units, :, ::far, ::far])": "self.fc6.weight = nn.Parameter(kernels[::units, :, ::far, ::far].clone())"}, hint="fc6.weight is a new parameter. An optimiser that was made before would go on with the old one.")
def fov_new_parameter(): ...


@mistake("LargeFOV", edit={"self.fc6.weight.copy_(kernels[::units, :, ::far, ::far])": "self.fc6.weight.data = kernels.detach()[::units, :, ::far, ::far]"}, hint="fc6.weight shares its memory with the given weights: training it would change the classifier.")
def fov_shares_memory(): ...


@mistake("LargeFOV", edit={"        with torch.no_grad():\n            self.fc6": "        self.requires_grad_(False)\n        with torch.no_grad():\n            self.fc6"}, hint="The parameters are frozen by the loading. They learn on.")
def fov_frozen(): ...


@mistake("LargeFOV", edit={"self.fc7 = nn.Conv2d(width, width, 1)": "self.fc7 = nn.Linear(width, width)", "self.drop(self.fc7(x).relu())": "self.drop(self.fc7(x.movedim(1, 3)).relu()).movedim(3, 1)", "weights7[::later, ::units, None, None]": "weights7[::later, ::units]"}, hint="fc7 is a dense layer over the channels. It gives the same numbers, but its weights have another shape than those of a 1 x 1 convolution.")
def fov_fc7_is_linear(): ...
